//! What every store promises, as tests that run on all three: what holds in the simulator holds in a cluster.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures::{Stream, StreamExt as _};
use kube::{Resource as _, ResourceExt};
use serde_json::json;
use stagewatch::api::job_status::Consecutive;
use stagewatch::api::run::Phase;
use stagewatch::api::{
    JOB_LABEL, MonitoringJob, MonitoringJobSpec, MonitoringJobStatus, MonitoringRun, MonitoringRunSpec,
    MonitoringRunStatus, Verdict,
};
use stagewatch::store::{Change, Deleted, Store, StoreError, Stored, resource_version};

/// How long anything may take. Garbage collection in a cluster takes seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// A store under test, with a namespace that nobody else uses.
pub trait Subject {
    /// Its form.
    type Store: Store;

    /// The store.
    fn store(&self) -> &Self::Store;

    /// The same objects as another process sees them.
    fn other(&self) -> &Self::Store;

    /// The namespace.
    fn namespace(&self) -> &str;

    /// Does what `kubectl apply` does.
    async fn apply(&self, job: &MonitoringJob) -> Result<MonitoringJob>;

    /// Has a run in the store whose trigger is one that this version does not know.
    async fn put_odd_run(&self, name: &str) -> Result<()>;
}

/// Each promise as a test on the subject that `$subject` makes.
macro_rules! conformance {
    ($subject:expr) => {
        conformance!($subject; a_new_object_has_its_identity, a_taken_name_is_taken, what_is_not_there_is_none,
            only_names_of_kubernetes_are_taken, listings_are_in_order, a_status_is_apart_from_the_spec,
            a_status_patch_removes_what_is_gone, an_equal_status_writes_nothing, an_older_version_conflicts,
            another_object_of_the_name_conflicts, a_removed_object_is_gone, a_delete_is_of_the_object_not_of_the_name,
            a_job_takes_its_runs_with_it, a_run_is_adopted_once, the_generation_moves_with_the_spec,
            a_watch_tells_what_is_there_and_what_comes, a_watch_tells_objects_of_one_name_apart,
            what_cannot_be_read_is_reported_and_skipped, racing_writers_lose_nothing);
    };
    ($subject:expr; $($promise:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() -> anyhow::Result<()> {
                conformance::$promise(&$subject).await
            }
        )+
    };
}
pub async fn a_new_object_has_its_identity(subject: &impl Subject) -> Result<()> {
    let mut wanted = job(subject, "staging");
    wanted.status = Some(MonitoringJobStatus { verdict: Some(Verdict::AllGood), ..MonitoringJobStatus::default() });
    let created = subject.store().create(&wanted).await?;
    assert_eq!(created.spec, wanted.spec);
    let meta = &created.metadata;
    assert!(meta.uid.as_deref().is_some_and(|uid| uid.len() == 36), "{meta:?}");
    assert!(resource_version(&created) > 0, "{meta:?}");
    assert_eq!(meta.generation, Some(1));
    assert!(meta.creation_timestamp.is_some());
    // The status that it came with is not taken.
    assert_eq!(created.status, MonitoringJob::initial_status());
    assert_eq!(subject.other().get(subject.namespace(), "staging").await?.map(bare), Some(bare(created.clone())));

    let run = subject.store().create(&run(subject, "staging-1", "staging")).await?;
    assert_eq!(run.status, None);
    assert_ne!(run.uid(), created.uid());
    assert!(resource_version(&run) > resource_version(&created), "versions grow");
    Ok(())
}

pub async fn a_taken_name_is_taken(subject: &impl Subject) -> Result<()> {
    let first = subject.store().create(&run(subject, "staging-1", "staging")).await?;
    let again = subject.other().create(&run(subject, "staging-1", "another")).await;
    assert_eq!(again.err(), Some(StoreError::AlreadyExists));
    // A job and a run may have the same name.
    subject.store().create(&job(subject, "staging-1")).await?;
    assert_eq!(current(subject, &first).await?.uid(), first.uid());
    Ok(())
}

pub async fn what_is_not_there_is_none(subject: &impl Subject) -> Result<()> {
    assert_eq!(subject.store().get::<MonitoringJob>(subject.namespace(), "staging").await?, None);
    assert!(subject.store().list::<MonitoringRun>(Some(subject.namespace())).await?.objects.is_empty());
    Ok(())
}

pub async fn only_names_of_kubernetes_are_taken(subject: &impl Subject) -> Result<()> {
    for name in ["", "..", "../staging", "Staging", "a/b", "-a", "a-", "a..b", ".a", &"a".repeat(254), "a\0", "ä"] {
        let created = subject.store().create(&run(subject, name, "staging")).await;
        assert!(matches!(created, Err(StoreError::Invalid(_))), "{name:?}: {created:?}");
        let got = subject.store().get::<MonitoringRun>(subject.namespace(), name).await;
        assert!(matches!(got, Err(StoreError::Invalid(_))), "{name:?}: {got:?}");
    }
    let mut elsewhere = run(subject, "staging-1", "staging");
    for namespace in [None, Some(".."), Some("a.b"), Some("a/b"), Some("")] {
        if namespace.is_some() {
            let listed = subject.store().list::<MonitoringRun>(namespace).await;
            assert!(matches!(listed, Err(StoreError::Invalid(_))), "{namespace:?}: {listed:?}");
        }
        elsewhere.metadata.namespace = namespace.map(str::to_owned);
        let created = subject.store().create(&elsewhere).await;
        assert!(matches!(created, Err(StoreError::Invalid(_))), "{created:?}");
    }
    Ok(())
}

pub async fn listings_are_in_order(subject: &impl Subject) -> Result<()> {
    for name in ["b", "a.b", "c", "a"] {
        subject.store().create(&run(subject, name, "staging")).await?;
    }
    for namespace in [None, Some(subject.namespace())] {
        let listing = subject.other().list::<MonitoringRun>(namespace).await?;
        assert!(listing.undecodable.is_empty());
        assert_eq!(listing.objects.iter().map(ResourceExt::name_any).collect::<Vec<_>>(), ["a", "a.b", "b", "c"]);
    }
    assert!(subject.store().list::<MonitoringJob>(None).await?.objects.is_empty());
    Ok(())
}

pub async fn a_status_is_apart_from_the_spec(subject: &impl Subject) -> Result<()> {
    let created = subject.store().create(&job(subject, "staging")).await?;
    let status = MonitoringJobStatus { observed_generation: Some(1), ..MonitoringJobStatus::default() };
    // What is held is only looked at for its version and its status.
    let mut held = created.clone();
    "Elsewhere".clone_into(&mut held.spec.environment);
    let patched = subject.store().patch_status(&held, &status).await?;
    assert_eq!(patched.spec, created.spec);
    assert_eq!(patched.status, Some(status));
    assert_eq!(patched.metadata.generation, Some(1));
    assert_eq!(patched.uid(), created.uid());
    assert!(resource_version(&patched) > resource_version(&created));
    assert_eq!(bare(current(subject, &created).await?), bare(patched));
    Ok(())
}

pub async fn a_status_patch_removes_what_is_gone(subject: &impl Subject) -> Result<()> {
    let run = subject.store().create(&run(subject, "staging-1", "staging")).await?;
    let first = MonitoringRunStatus {
        phase: Some(Phase::Running),
        holder: Some("a".to_owned()),
        attempt: Some(1),
        message: Some("begun".to_owned()),
        ..MonitoringRunStatus::default()
    };
    let run = subject.store().patch_status(&run, &first).await?;
    assert_eq!(run.status.as_ref(), Some(&first));
    let second =
        MonitoringRunStatus { phase: Some(Phase::Pending), attempt: Some(1), ..MonitoringRunStatus::default() };
    let run = subject.store().patch_status(&run, &second).await?;
    assert_eq!(run.status.as_ref(), Some(&second));
    assert_eq!(current(subject, &run).await?.status, Some(second));
    Ok(())
}

pub async fn an_equal_status_writes_nothing(subject: &impl Subject) -> Result<()> {
    let run = subject.store().create(&run(subject, "staging-1", "staging")).await?;
    let status = MonitoringRunStatus { phase: Some(Phase::Running), ..MonitoringRunStatus::default() };
    let run = subject.store().patch_status(&run, &status).await?;
    let again = subject.store().patch_status(&run, &status).await?;
    assert_eq!(resource_version(&again), resource_version(&run));
    assert_eq!(resource_version(&current(subject, &run).await?), resource_version(&run));
    Ok(())
}

pub async fn an_older_version_conflicts(subject: &impl Subject) -> Result<()> {
    let held = subject.store().create(&run(subject, "staging-1", "staging")).await?;
    let claim = |holder: &str| MonitoringRunStatus {
        phase: Some(Phase::Running),
        holder: Some(holder.to_owned()),
        ..MonitoringRunStatus::default()
    };
    subject.store().patch_status(&held, &claim("a")).await?;
    let second = subject.other().patch_status(&held, &claim("b")).await;
    assert_eq!(second.err(), Some(StoreError::Conflict));
    assert_eq!(current(subject, &held).await?.status, Some(claim("a")));
    Ok(())
}

pub async fn another_object_of_the_name_conflicts(subject: &impl Subject) -> Result<()> {
    let old = subject.store().create(&run(subject, "staging-1", "staging")).await?;
    subject.store().delete(&old).await?;
    let new = subject.other().create(&run(subject, "staging-1", "staging")).await?;
    assert_ne!(new.uid(), old.uid());
    let status = MonitoringRunStatus { phase: Some(Phase::Running), ..MonitoringRunStatus::default() };
    assert_eq!(subject.store().patch_status(&old, &status).await.err(), Some(StoreError::Conflict));
    assert_eq!(current(subject, &new).await?.status, None);
    Ok(())
}

pub async fn a_removed_object_is_gone(subject: &impl Subject) -> Result<()> {
    let owner = subject.store().create(&job(subject, "staging")).await?;
    let held = subject.store().create(&run(subject, "staging-1", "staging")).await?;
    subject.other().delete(&held).await?;
    assert_eq!(subject.store().get::<MonitoringRun>(subject.namespace(), "staging-1").await?, None);
    let status = MonitoringRunStatus { phase: Some(Phase::Running), ..MonitoringRunStatus::default() };
    assert_eq!(subject.store().patch_status(&held, &status).await.err(), Some(StoreError::Gone));
    assert_eq!(subject.store().adopt(&held, &owner).await.err(), Some(StoreError::Gone));
    // Gone is what a delete wants.
    subject.store().delete(&held).await?;
    Ok(())
}

pub async fn a_delete_is_of_the_object_not_of_the_name(subject: &impl Subject) -> Result<()> {
    let old = subject.store().create(&run(subject, "staging-1", "staging")).await?;
    // An older version is enough to delete it.
    let status = MonitoringRunStatus { phase: Some(Phase::Running), ..MonitoringRunStatus::default() };
    subject.store().patch_status(&old, &status).await?;
    subject.store().delete(&old).await?;
    let new = subject.store().create(&run(subject, "staging-1", "staging")).await?;
    subject.store().delete(&old).await?;
    assert_eq!(current(subject, &new).await?.uid(), new.uid());
    Ok(())
}

pub async fn a_job_takes_its_runs_with_it(subject: &impl Subject) -> Result<()> {
    let store = subject.store();
    let staging = store.create(&job(subject, "staging")).await?;
    let other = store.create(&job(subject, "other")).await?;
    let mut owned = run(subject, "staging-1", "staging");
    owned.owner_references_mut().extend(staging.controller_owner_ref(&()));
    store.create(&owned).await?;
    let adopted = store.create(&run(subject, "staging-2", "staging")).await?;
    store.adopt(&adopted, &staging).await?;
    let others = store.create(&run(subject, "other-1", "other")).await?;
    store.adopt(&others, &other).await?;
    store.create(&run(subject, "free", "staging")).await?;

    store.delete(&staging).await?;
    eventually("the job's runs go, and no others", async || {
        let left = subject.other().list::<MonitoringRun>(None).await?.objects;
        Ok(left.iter().map(ResourceExt::name_any).collect::<Vec<_>>() == ["free", "other-1"])
    })
    .await
}

pub async fn a_run_is_adopted_once(subject: &impl Subject) -> Result<()> {
    let store = subject.store();
    let staging = store.create(&job(subject, "staging")).await?;
    let mut labelled = run(subject, "staging-1", "staging");
    labelled.labels_mut().insert("team".to_owned(), "web".to_owned());
    let free = store.create(&labelled).await?;

    let adopted = store.adopt(&free, &staging).await?;
    assert_eq!(adopted.owner_references(), staging.controller_owner_ref(&()).as_slice());
    let labels: BTreeMap<_, _> = [(JOB_LABEL, "staging"), ("team", "web")].into();
    assert_eq!(
        adopted.labels().iter().map(|(key, value)| (key.as_str(), value.as_str())).collect::<BTreeMap<_, _>>(),
        labels
    );
    assert_eq!(adopted.spec, free.spec);
    assert_eq!(bare(current(subject, &free).await?), bare(adopted.clone()));

    let again = store.adopt(&adopted, &staging).await?;
    assert_eq!(resource_version(&again), resource_version(&adopted), "nothing is written twice");
    assert_eq!(store.adopt(&free, &staging).await.err(), Some(StoreError::Conflict));
    let other = store.create(&job(subject, "other")).await?;
    let stolen = store.adopt(&adopted, &other).await;
    assert!(matches!(stolen, Err(StoreError::Invalid(_))), "{stolen:?}");
    Ok(())
}

pub async fn the_generation_moves_with_the_spec(subject: &impl Subject) -> Result<()> {
    let mut wanted = job(subject, "staging");
    let first = subject.apply(&wanted).await?;
    assert_eq!(first.metadata.generation, Some(1));
    let status = MonitoringJobStatus { observed_generation: Some(1), ..MonitoringJobStatus::default() };
    let seen = subject.store().patch_status(&first, &status).await?;
    assert_eq!(seen.metadata.generation, Some(1));

    let same = subject.apply(&wanted).await?;
    assert_eq!(resource_version(&same), resource_version(&seen), "the same spec writes nothing");

    wanted.spec.suspend = true;
    wanted.labels_mut().insert("team".to_owned(), "web".to_owned());
    let second = subject.apply(&wanted).await?;
    assert_eq!(second.metadata.generation, Some(2));
    assert_eq!(second.uid(), first.uid());
    assert!(second.spec.suspend);
    assert_eq!(second.labels().get("team").map(String::as_str), Some("web"));
    assert_eq!(second.status, Some(status.clone()), "the status stays");
    assert!(resource_version(&second) > resource_version(&seen));

    wanted.labels_mut().clear();
    let third = subject.apply(&wanted).await?;
    assert_eq!(third.metadata.generation, Some(2), "labels are not the spec");
    assert!(third.labels().is_empty());
    // A status that was decided on the older spec does not pass.
    let late = MonitoringJobStatus { verdict: Some(Verdict::AllGood), ..status };
    assert_eq!(subject.store().patch_status(&seen, &late).await.err(), Some(StoreError::Conflict));
    Ok(())
}

pub async fn a_watch_tells_what_is_there_and_what_comes(subject: &impl Subject) -> Result<()> {
    let store = subject.store();
    store.create(&job(subject, "not-of-this-kind")).await?;
    let old = store.create(&run(subject, "old", "staging")).await?;
    let mut watch = pin!(store.watch::<MonitoringRun>());
    let first = until(&mut watch, |change| matches!(change, Change::Listed)).await?;
    assert_eq!(names(&first), ["old"], "{first:?}");

    // Own writes.
    let status = |attempt| MonitoringRunStatus { attempt: Some(attempt), ..MonitoringRunStatus::default() };
    let mut held = old.clone();
    for attempt in 1..=3 {
        held = store.patch_status(&held, &status(attempt)).await?;
    }
    let newest = resource_version(&held);
    let changes = until(&mut watch, |change| version(change) == Some(newest)).await?;
    let versions: Vec<_> = changes.iter().filter_map(version).collect();
    assert!(versions.is_sorted(), "{versions:?}");

    // Another process'.
    let new = subject.other().create(&run(subject, "new", "staging")).await?;
    let last = subject.other().patch_status(&new, &status(1)).await?;
    let changes = until(&mut watch, |change| version(change) == Some(resource_version(&last))).await?;
    assert!(names(&changes).iter().all(|name| name == "new"), "{changes:?}");
    subject.other().delete(&new).await?;
    store.delete(&old).await?;
    let mut gone = [&new, &old].map(|run| (run.name_any(), run.uid().unwrap_or_default())).to_vec();
    while !gone.is_empty() {
        match next(&mut watch).await? {
            Change::Deleted(Deleted { namespace, name, uid }) => {
                assert_eq!(namespace, subject.namespace());
                let before = gone.len();
                gone.retain(|it| *it != (name.clone(), uid.clone()));
                ensure!(gone.len() < before, "{name} {uid} was told gone");
            }
            change => bail!("{change:?}"),
        }
    }
    Ok(())
}

pub async fn a_watch_tells_objects_of_one_name_apart(subject: &impl Subject) -> Result<()> {
    let store = subject.store();
    let old = store.create(&run(subject, "staging-1", "staging")).await?;
    let mut watch = pin!(store.watch::<MonitoringRun>());
    until(&mut watch, |change| matches!(change, Change::Listed)).await?;
    subject.other().delete(&old).await?;
    let new = subject.other().create(&run(subject, "staging-1", "staging")).await?;
    let changes = until(&mut watch, |change| version(change) == Some(resource_version(&new))).await?;
    let [Change::Deleted(deleted), Change::Applied(applied)] = changes.as_slice() else { bail!("{changes:?}") };
    assert_eq!(Some(&deleted.uid), old.metadata.uid.as_ref());
    assert_eq!(applied.uid(), new.uid());
    Ok(())
}

pub async fn what_cannot_be_read_is_reported_and_skipped(subject: &impl Subject) -> Result<()> {
    let store = subject.store();
    subject.put_odd_run("odd").await?;
    let good = store.create(&run(subject, "good", "staging")).await?;

    let listing = store.list::<MonitoringRun>(None).await?;
    assert_eq!(listing.objects.iter().map(ResourceExt::name_any).collect::<Vec<_>>(), ["good"]);
    let [odd] = listing.undecodable.as_slice() else { bail!("{:?}", listing.undecodable) };
    assert_eq!((odd.namespace.as_str(), odd.name.as_str()), (subject.namespace(), "odd"));
    assert!(odd.problem.contains("Odd"), "{odd:?}");

    let got = store.get::<MonitoringRun>(subject.namespace(), "odd").await;
    assert!(matches!(&got, Err(StoreError::Undecodable(problem)) if problem.contains("Odd")), "{got:?}");
    let taken = store.create(&run(subject, "odd", "staging")).await;
    assert_eq!(taken.err(), Some(StoreError::AlreadyExists));

    let mut watch = pin!(store.watch::<MonitoringRun>());
    let first = until(&mut watch, |change| matches!(change, Change::Listed)).await?;
    assert_eq!(names(&first), ["good"]);
    assert!(first.iter().any(|change| matches!(change, Change::Undecodable(it) if it == odd)), "{first:?}");
    // It is in nobody's way.
    store.delete(&good).await?;
    until(&mut watch, |change| matches!(change, Change::Deleted(it) if it.name == "good")).await?;
    Ok(())
}

pub async fn racing_writers_lose_nothing(subject: &impl Subject) -> Result<()> {
    const EACH: i32 = 25;
    subject.store().create(&job(subject, "staging")).await?;
    let count = async |store: &_| {
        for _ in 0..EACH {
            add_one(store, subject.namespace()).await?;
        }
        anyhow::Ok(())
    };
    futures::try_join!(count(subject.store()), count(subject.other()))?;
    let job: MonitoringJob = subject.store().get(subject.namespace(), "staging").await?.context("the job is gone")?;
    assert_eq!(job.status.and_then(|status| status.consecutive).map(|it| it.bad), Some(2 * EACH));
    Ok(())
}

async fn add_one<S: Store>(store: &S, namespace: &str) -> Result<()> {
    loop {
        let job: MonitoringJob = store.get(namespace, "staging").await?.context("the job is gone")?;
        let mut status = job.status.clone().unwrap_or_default();
        let consecutive = status.consecutive.unwrap_or_default();
        status.consecutive = Some(Consecutive { bad: consecutive.bad + 1, ..consecutive });
        match store.patch_status(&job, &status).await {
            Ok(_) => return Ok(()),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

pub fn job(subject: &impl Subject, name: &str) -> MonitoringJob {
    let spec = MonitoringJobSpec { environment: "Staging".to_owned(), ..MonitoringJobSpec::default() };
    let mut job = MonitoringJob::new(name, spec);
    job.spec.websites =
        serde_json::from_value(json!([{"name": "site", "url": "https://staging.example.org"}])).unwrap_or_default();
    job.metadata.namespace = Some(subject.namespace().to_owned());
    job
}

pub fn run(subject: &impl Subject, name: &str, job: &str) -> MonitoringRun {
    let mut run = MonitoringRun::new(name, MonitoringRunSpec::default());
    job.clone_into(&mut run.spec.job_ref.name);
    run.metadata.namespace = Some(subject.namespace().to_owned());
    run
}

async fn current<K: Stored>(subject: &impl Subject, object: &K) -> Result<K> {
    subject.store().get(subject.namespace(), &object.name_any()).await?.context("the object is gone")
}

/// Without what only a cluster has.
fn bare<K: Stored>(mut object: K) -> K {
    object.meta_mut().managed_fields = None;
    object
}

fn version<K: Stored>(change: &Change<K>) -> Option<u64> {
    match change {
        Change::Applied(object) => Some(resource_version(object)),
        _ => None,
    }
}

fn names<K: Stored>(changes: &[Change<K>]) -> Vec<String> {
    let applied = changes.iter().filter_map(|change| match change {
        Change::Applied(object) => Some(object.name_any()),
        _ => None,
    });
    applied.collect()
}

async fn next<K: Stored>(watch: &mut (impl Stream<Item = Change<K>> + Unpin)) -> Result<Change<K>> {
    let change = tokio::time::timeout(PATIENCE, watch.next()).await.context("the watch is silent")?;
    change.context("the watch has ended")
}

/// All changes up to the one that is meant, inclusive.
async fn until<K: Stored>(
    watch: &mut (impl Stream<Item = Change<K>> + Unpin),
    meant: impl Fn(&Change<K>) -> bool,
) -> Result<Vec<Change<K>>> {
    let mut changes = Vec::new();
    loop {
        let change = next(watch).await.with_context(|| format!("after {changes:?}"))?;
        let last = meant(&change);
        changes.push(change);
        if last {
            return Ok(changes);
        }
    }
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let poll = async {
        while !holds().await? {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, poll).await.with_context(|| format!("did not come true: {what}"))?
}
