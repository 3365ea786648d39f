//! The recordings of runs that opened an incident: `<root>/<namespace>/<job>/<run>/`. The oldest go first.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use jiff::Timestamp;
use tokio::{
    fs,
    sync::{
        mpsc::{self, Sender},
        oneshot,
    },
    task::{self, JoinHandle},
};

use super::{RecordingError, Writer, write};
use crate::{
    api::{MonitoringJob, Window},
    core::{observation::raw::Evidence, previous::Previous},
};

/// What one recording may take of a disk, in bytes.
const MOST: u64 = 20 << 20;
/// Recordings kept of one job,
const OF_A_JOB: usize = 5;
/// and of all jobs together.
const OF_ALL: usize = 100;
/// Recordings that go on. No job has this name.
const PARTS: &str = ".parts";
/// Pieces of evidence between the collectors and the disk.
const PIECES: usize = 64;

/// Where recordings are kept. Only one process may use a folder.
#[derive(Clone, Debug)]
pub struct Keeper {
    root: PathBuf,
}

/// A recording whose run goes on. It is not kept when this is dropped.
#[derive(Debug)]
pub struct Keeping {
    keep: oneshot::Sender<()>,
    done: JoinHandle<Result<(), RecordingError>>,
}

impl Keeper {
    /// In the folder `root`, which is created when it is needed. What an earlier process did not finish goes.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        match std::fs::remove_dir_all(root.join(PARTS)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self { root }),
        }
    }

    /// Where the recording of a run is, or would be.
    pub fn path(&self, namespace: &str, job: &str, run: &str) -> PathBuf {
        self.root.join(write::name(namespace)).join(write::name(job)).join(write::name(run))
    }

    /// Begins to record `run` of `job`. The evidence goes into what is returned first, which has to be dropped before the
    /// recording can end.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub async fn begin(
        &self,
        job: &MonitoringJob,
        run: &str,
        previous: &Previous,
        window: Window,
        now: Timestamp,
    ) -> Result<(Sender<Evidence>, Keeping), RecordingError> {
        let [namespace, name] =
            [&job.metadata.namespace, &job.metadata.name].map(|part| part.as_deref().unwrap_or_default());
        let part = self.root.join(PARTS).join(format!("{}.{}", write::name(namespace), write::name(run)));
        // An attempt of ours that was broken off.
        remove(&part).await?;
        let containers = job.spec.docker_hosts.iter().map(|host| host.containers.len()).sum();
        let writer = Writer::bounded(&part, MOST, containers).await?;
        let (sender, evidence) = mpsc::channel(PIECES);
        let (keep, kept) = oneshot::channel();
        let (whole, root) = (self.path(namespace, name, run), self.root.clone());
        let (job, previous) = (job.clone(), previous.clone());
        let done = tokio::spawn(async move {
            let written = writer.write(&job, &previous, window, now, evidence).await;
            match written {
                Ok(()) if kept.await.is_ok() => settle(part, whole, root).await,
                written => remove(&part).await.and(written),
            }
        });
        Ok((sender, Keeping { keep, done }))
    }
}

impl Keeping {
    /// Keeps the recording. All its evidence has to be in.
    ///
    /// # Errors
    /// Why it could not be kept.
    pub async fn keep(self) -> Result<(), RecordingError> {
        // Where it has ended already, it says why.
        let _ = self.keep.send(());
        self.done.await.unwrap_or_else(|broken| Err(at("recording".as_ref())(io::Error::other(broken))))
    }
}

/// Moves a finished recording to its place.
async fn settle(part: PathBuf, whole: PathBuf, root: PathBuf) -> Result<(), RecordingError> {
    remove(&whole).await?;
    if let Some(job) = whole.parent() {
        fs::create_dir_all(job).await.map_err(at(job))?;
    }
    fs::rename(&part, &whole).await.map_err(at(&whole))?;
    let trimmed = task::spawn_blocking({
        let root = root.clone();
        move || trim(&root)
    });
    trimmed.await.unwrap_or_else(|broken| Err(io::Error::other(broken))).map_err(at(&root))
}

/// A recording that is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    written: SystemTime,
    /// The name of its run.
    pub run: String,
    /// The name of its job.
    pub job: String,
    /// Where it is.
    pub path: PathBuf,
}

/// All recordings in the folder of a [`Keeper`], oldest first; none where there is no such folder.
///
/// # Errors
/// Whatever the disk says.
pub fn kept(root: &Path) -> io::Result<Vec<Kept>> {
    let mut all = Vec::new();
    for namespace in folders(root)?.into_iter().filter(|namespace| !namespace.ends_with(PARTS)) {
        for job in folders(&namespace)? {
            for path in folders(&job)? {
                let written = path.join("recording.json").metadata().and_then(|file| file.modified());
                let (run, job) = (named(&path), named(&job));
                all.push(Kept { written: written.unwrap_or(SystemTime::UNIX_EPOCH), run, job, path });
            }
        }
    }
    all.sort();
    Ok(all)
}

/// Removes what is too much of a job, and then of all.
fn trim(root: &Path) -> io::Result<()> {
    let (mut of_job, mut of_all) = (HashMap::new(), 0);
    for old in kept(root)?.into_iter().rev() {
        let count = of_job.entry(old.path.parent().map(Path::to_owned)).or_insert(0);
        if *count < OF_A_JOB && of_all < OF_ALL {
            *count += 1;
            of_all += 1;
        } else {
            std::fs::remove_dir_all(old.path)?;
        }
    }
    Ok(())
}

fn folders(of: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(of) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?.collect::<io::Result<Vec<_>>>()?,
    };
    Ok(entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
}

fn named(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

async fn remove(folder: &Path) -> Result<(), RecordingError> {
    match fs::remove_dir_all(folder).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(folder)(error)),
        _ => Ok(()),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> RecordingError {
    let path = path.to_owned();
    |source| RecordingError::File { path, source }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(name: &str) -> MonitoringJob {
        let spec = json!({"environment": "E", "dockerHosts": [{"name": "h", "host": "tcp://h:2375", "containers": [{"name": "redis"}]}]});
        let mut job = MonitoringJob::new(name, serde_json::from_value(spec).unwrap());
        job.metadata.namespace = Some("monitoring".into());
        job
    }

    async fn record(keeper: &Keeper, job: &MonitoringJob, run: &str, megabytes: usize) -> Keeping {
        let window = Window { since: Timestamp::UNIX_EPOCH, until: Timestamp::UNIX_EPOCH };
        let (evidence, keeping) =
            keeper.begin(job, run, &Previous::default(), window, Timestamp::UNIX_EPOCH).await.unwrap();
        let line = format!("2026-11-24T03:01:00.000000000Z {}\n", "x".repeat(1000)).into_bytes();
        for _ in 0..megabytes * 1000 {
            evidence.send(Evidence::Logs { container: "redis".into(), bytes: line.clone() }).await.unwrap();
        }
        keeping
    }

    fn bytes(folder: &Path) -> u64 {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { bytes(&path) } else { path.metadata().unwrap().len() }).sum()
    }

    #[tokio::test]
    async fn only_what_is_wanted_is_kept_the_newest_of_each_job_and_not_too_much_of_any() {
        let dir = tempfile::tempdir().unwrap();
        let keeper = Keeper::open(dir.path()).unwrap();
        for n in 0..8 {
            record(&keeper, &job("staging"), &format!("run-{n}"), 0).await.keep().await.unwrap();
        }
        record(&keeper, &job("another"), "run-0", 0).await.keep().await.unwrap();
        let unwanted = record(&keeper, &job("staging"), "run-9", 1).await;
        let Keeping { keep, done } = unwanted;
        drop(keep);
        done.await.unwrap().unwrap();
        let mut kept: Vec<_> = folders(&dir.path().join("monitoring/staging")).unwrap();
        kept.sort();
        let expected: Vec<_> = (3..8).map(|n| keeper.path("monitoring", "staging", &format!("run-{n}"))).collect();
        assert_eq!(kept, expected);
        assert!(keeper.path("monitoring", "another", "run-0").join("recording.json").exists());
        assert_eq!(folders(&dir.path().join(PARTS)).unwrap(), Vec::<PathBuf>::new());

        record(&keeper, &job("flood"), "run-0", 30).await.keep().await.unwrap();
        let flooded = keeper.path("monitoring", "flood", "run-0");
        assert!((7 << 20..MOST).contains(&bytes(&flooded)), "{}", bytes(&flooded));
    }

    #[tokio::test]
    async fn what_an_earlier_process_did_not_finish_goes() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join(PARTS).join("monitoring.run")).unwrap();
        Keeper::open(dir.path()).unwrap();
        assert!(!dir.path().join(PARTS).exists());
    }
}
