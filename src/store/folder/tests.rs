use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::pin::pin;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::api::run::Phase;
use crate::api::{MonitoringJobSpec, MonitoringRunSpec, MonitoringRunStatus};
use crate::store::resource_version;

async fn store() -> (TempDir, Folder) {
    let folder = tempfile::tempdir().unwrap();
    let store = Folder::open(folder.path().join("state")).await.unwrap();
    (folder, store)
}

fn job(name: &str) -> MonitoringJob {
    let mut job = MonitoringJob::new(name, MonitoringJobSpec::default());
    job.metadata.namespace = Some("monitoring".to_owned());
    job
}

fn run(name: &str) -> MonitoringRun {
    let mut run = MonitoringRun::new(name, MonitoringRunSpec::default());
    run.metadata.namespace = Some("monitoring".to_owned());
    run
}

fn running() -> MonitoringRunStatus {
    MonitoringRunStatus { phase: Some(Phase::Running), ..MonitoringRunStatus::default() }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn others_on_the_machine_cannot_read_it() {
    let (_folder, store) = store().await;
    store.create(&job("staging")).await.unwrap();
    store.create(&run("staging-1")).await.unwrap();
    let root = store.root();
    for folder in ["", "jobs", "runs", "jobs/monitoring", "runs/monitoring"] {
        assert_eq!(mode(&root.join(folder)), 0o700, "{folder}");
    }
    for file in ["version", "jobs/monitoring/staging.json", "runs/monitoring/staging-1.json"] {
        assert_eq!(mode(&root.join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn a_file_is_what_kubectl_would_show() {
    let (_folder, store) = store().await;
    let created = store.create(&job("staging")).await.unwrap();
    let text = fs::read_to_string(store.root().join("jobs/monitoring/staging.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["apiVersion"], "monitoring.pitchai.net/v1alpha1");
    assert_eq!(document["kind"], "MonitoringJob");
    assert_eq!(document["metadata"]["uid"], json!(created.metadata.uid));
    assert_eq!(document["status"], json!({"observedGeneration": -1}));
    assert!(text.lines().count() > 10, "people read it");
}

#[tokio::test]
async fn what_a_killed_writer_left_is_in_nobodys_way() {
    let (_folder, store) = store().await;
    let held = store.create(&run("staging-1")).await.unwrap();
    let runs = store.root().join("runs/monitoring");
    fs::write(runs.join(".staging-1.json.new"), "{\"half").unwrap();
    fs::write(runs.join(".staging-2.json.new"), "{\"half").unwrap();
    fs::write(runs.join("notes.txt"), "not ours").unwrap();
    let listing = store.list::<MonitoringRun>(None).await.unwrap();
    assert_eq!((listing.objects.len(), listing.undecodable.len()), (1, 0));
    store.patch_status(&held, &running()).await.unwrap();
    store.create(&run("staging-2")).await.unwrap();
}

#[tokio::test]
async fn a_broken_file_is_reported_never_overwritten_and_heals() {
    let (_folder, store) = store().await;
    let held = store.create(&run("staging-1")).await.unwrap();
    let path = store.root().join("runs/monitoring/staging-1.json");
    let good = fs::read(&path).unwrap();
    fs::write(&path, "{\"metadata\": ").unwrap();

    let unreadable = |error: Option<StoreError>| {
        let Some(StoreError::Undecodable(problem)) = error else { panic!("{error:?}") };
        assert!(problem.contains("staging-1.json") && problem.contains("line 1"), "{problem}");
    };
    unreadable(store.get::<MonitoringRun>("monitoring", "staging-1").await.err());
    unreadable(store.patch_status(&held, &running()).await.err());
    unreadable(store.delete(&held).await.err());
    assert_eq!(store.create(&run("staging-1")).await.err(), Some(StoreError::AlreadyExists));
    assert_eq!(fs::read(&path).unwrap(), b"{\"metadata\": ");

    let mut watch = pin!(store.watch::<MonitoringRun>());
    let Some(Change::Undecodable(it)) = watch.next().await else { panic!("it is not reported") };
    assert_eq!((it.name.as_str(), it.uid.as_str()), ("staging-1", ""));
    assert!(matches!(watch.next().await, Some(Change::Listed)));
    fs::write(&path, good).unwrap();
    let healed = loop {
        match watch.next().await {
            Some(Change::Applied(run)) => break run,
            Some(Change::Deleted(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(healed, held);
    store.patch_status(&held, &running()).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_read() {
    let (_folder, store) = store().await;
    store.create(&run("staging-1")).await.unwrap();
    let path = store.root().join("runs/monitoring/staging-1.json");
    File::options().write(true).open(&path).unwrap().set_len(64 << 30).unwrap();
    let got = store.get::<MonitoringRun>("monitoring", "staging-1").await;
    assert!(matches!(&got, Err(StoreError::Undecodable(problem)) if problem.contains("larger than")), "{got:?}");
}

#[tokio::test]
async fn what_is_too_large_or_too_long_is_refused() {
    let (_folder, store) = store().await;
    let mut large = job("staging");
    large.spec.environment = "x".repeat(4 << 20);
    let refused = store.create(&large).await;
    assert!(matches!(&refused, Err(StoreError::Invalid(problem)) if problem.contains("larger than")), "{refused:?}");
    let refused = store.create(&run(&"a".repeat(250))).await;
    assert!(matches!(&refused, Err(StoreError::Invalid(problem)) if problem.contains("at most 240")), "{refused:?}");
    store.create(&run(&"a".repeat(240))).await.unwrap();
}

#[tokio::test]
async fn fields_of_a_newer_version_stay() {
    let (_folder, store) = store().await;
    let held = store.create(&run("staging-1")).await.unwrap();
    let path = store.root().join("runs/monitoring/staging-1.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    document["status"] = json!({"later": {"deep": [1]}});
    document["spec"]["later"] = json!(true);
    fs::write(&path, document.to_string()).unwrap();
    store.patch_status(&held, &running()).await.unwrap();
    let document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(document["status"], json!({"later": {"deep": [1]}, "phase": "Running"}));
    assert_eq!(document["spec"]["later"], json!(true));
}

#[tokio::test]
async fn versions_grow_also_when_their_file_was_lost() {
    let (_folder, store) = store().await;
    let first = store.create(&run("staging-1")).await.unwrap();
    let second = store.patch_status(&first, &running()).await.unwrap();
    for damage in ["", "nonsense", "99999999999999999999999999999999999"] {
        fs::write(store.root().join("version"), damage).unwrap();
        let next = store.create(&run(&format!("after-{}", damage.len()))).await.unwrap();
        assert!(resource_version(&next) > resource_version(&second), "{damage:?}");
        assert!(next.metadata.uid != second.metadata.uid);
    }
    fs::remove_file(store.root().join("version")).unwrap();
    let last = store.create(&run("last")).await.unwrap();
    assert!(resource_version(&last) > resource_version(&second) + 3);
}

#[tokio::test]
async fn objects_outlive_the_process() {
    let (_folder, store) = store().await;
    let created = store.create(&job("staging")).await.unwrap();
    let root = store.root().to_owned();
    drop(store);
    let store = Folder::open(root).await.unwrap();
    assert_eq!(store.get::<MonitoringJob>("monitoring", "staging").await.unwrap(), Some(created));
}

/// On a busy machine it took longer than a look.
#[tokio::test(start_paused = true)]
async fn own_writes_are_told_at_once() {
    let (_folder, store) = store().await;
    let mut watch = pin!(store.watch::<MonitoringRun>());
    assert!(matches!(watch.next().await, Some(Change::Listed)));
    let begun = tokio::time::Instant::now();
    store.create(&run("staging-1")).await.unwrap();
    assert!(matches!(watch.next().await, Some(Change::Applied(_))));
    assert!(begun.elapsed() < LOOK, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_writer_waits_for_another_and_a_reader_does_not() {
    let (_folder, store) = store().await;
    store.create(&run("staging-1")).await.unwrap();
    let lock = File::options().write(true).open(store.root().join("version")).unwrap();
    lock.lock().unwrap();
    let second = run("staging-2");
    let mut writer = pin!(store.create(&second));
    let waited = tokio::time::timeout(Duration::from_millis(50), &mut writer).await;
    assert!(waited.is_err(), "{waited:?}");
    assert_eq!(store.list::<MonitoringRun>(None).await.unwrap().objects.len(), 1);
    lock.unlock().unwrap();
    writer.await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let opened = Folder::open(file.join("state")).await.map(|_| ());
    assert!(matches!(&opened, Err(StoreError::Unavailable(problem)) if problem.contains("file/state")), "{opened:?}");
}
