//! Writes a recording while its run goes on.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::Serialize;
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
    sync::mpsc::Receiver,
};

use super::{Header, LookNotes, RecordingError, log::LogFile};
use crate::{
    api::{MonitoringJob, Window},
    core::{
        observation::{
            ContainerObservation,
            docker::{ContainerLook, LogLook},
            raw::Evidence,
        },
        previous::Previous,
        redact::{REDACTED, Redactor},
    },
};

/// What a recording may take of a disk.
const MAX_BYTES: u64 = 2 << 30;

/// A recording that is being written.
#[derive(Debug)]
pub struct Writer {
    root: PathBuf,
    logs: HashMap<String, LogFile>,
    /// The most bytes of each log, where the newest part will do.
    log_bytes: Option<u64>,
    events: Option<File>,
    offline: bool,
    most: u64,
    left: u64,
}

/// The job without its status and without what somebody may have written into it that is a secret: annotations hold
/// the whole of it once more.
fn without_secrets(job: &MonitoringJob) -> MonitoringJob {
    let mut job = MonitoringJob { status: None, ..job.clone() };
    (job.metadata.annotations, job.metadata.managed_fields) = (None, None);
    let shapes = Redactor::default();
    for website in &mut job.spec.websites {
        website
            .headers
            .iter_mut()
            .filter_map(|header| header.value.as_mut())
            .for_each(|value| REDACTED.clone_into(value));
        website.checks.iter_mut().for_each(|check| check.path = shapes.redact(&check.path).into_owned());
    }
    job
}

impl Writer {
    /// Begins a recording in the folder `root`, which is created and has to be empty.
    ///
    /// # Errors
    /// A folder that is not empty, and whatever the disk says.
    pub async fn create(root: &Path) -> Result<Self, RecordingError> {
        let at = |source| RecordingError::File { path: root.to_owned(), source };
        fs::create_dir_all(root).await.map_err(at)?;
        let mut entries = fs::read_dir(root).await.map_err(at)?;
        if entries.next_entry().await.map_err(at)?.is_some() {
            let problem = "the folder is not empty: name a new one".to_owned();
            return Err(RecordingError::Content { path: root.to_owned(), problem });
        }
        Ok(Self {
            root: root.to_owned(),
            logs: HashMap::new(),
            log_bytes: None,
            events: None,
            offline: false,
            most: MAX_BYTES,
            left: MAX_BYTES,
        })
    }

    /// The same for a recording of at most about `most` bytes: of the logs of its `containers` the newest parts are kept.
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub async fn bounded(root: &Path, most: u64, containers: usize) -> Result<Self, RecordingError> {
        // A quarter is for all else, and ends the recording where it does not do.
        let rest = most / 4;
        let log_bytes = Some((most - rest) / containers.max(1) as u64);
        Ok(Self { log_bytes, most: rest, left: rest, ..Self::create(root).await? })
    }

    /// Writes what comes through `evidence` until all senders are gone. The job is written without its status, its
    /// annotations and the values of its headers.
    ///
    /// # Errors
    /// Whatever the disk says, and that the recording would be too large.
    pub async fn write(
        mut self,
        job: &MonitoringJob,
        previous: &Previous,
        window: Window,
        recorded_at: Timestamp,
        mut evidence: Receiver<Evidence>,
    ) -> Result<(), RecordingError> {
        let yaml = serde_saphyr::to_string(&without_secrets(job)).map_err(|error| self.content("job.yaml", &error))?;
        self.put("job.yaml", yaml.as_bytes()).await?;
        self.put_json("previous.json", previous).await?;
        while let Some(piece) = evidence.recv().await {
            self.keep(piece).await?;
        }
        // Last, so that a recording which was broken off is not taken for one.
        let header = Header { recorded_at, window, offline: self.offline };
        self.put_json("recording.json", &header).await?;
        self.close().await
    }

    async fn keep(&mut self, piece: Evidence) -> Result<(), RecordingError> {
        match piece {
            Evidence::Inspect { container, json } => {
                self.put_json(&of_container(&container, "inspect.json"), &json).await
            }
            Evidence::Stats { container, json } => self.put_json(&of_container(&container, "stats.json"), &json).await,
            Evidence::LogsAnew { container } => {
                if let Some(log) = self.logs.remove(&container) {
                    log.close().await.map_err(|source| file(&self.root, source))?;
                }
                self.put(&of_container(&container, "logs.txt"), b"").await
            }
            Evidence::Logs { container, bytes } => self.append_log(container, &bytes).await,
            Evidence::Event(json) => {
                let line = format!("{json}\n");
                self.take(line.len())?;
                if self.events.is_none() {
                    self.events = Some(self.open("events.jsonl").await?);
                }
                let Some(events) = &mut self.events else { return Ok(()) };
                events.write_all(line.as_bytes()).await.map_err(|source| file(&self.root.join("events.jsonl"), source))
            }
            Evidence::Check(check) => {
                let path = format!("website/{}/{}.json", name(&check.website), name(&check.check));
                self.put_json(&path, &check).await
            }
            Evidence::Host(mut host) => {
                host.events.clear();
                self.put_json(&format!("hosts/{}.json", name(&host.name)), &host).await
            }
            Evidence::Offline => {
                self.offline = true;
                Ok(())
            }
            Evidence::Container(container) => match self.notes(&container) {
                notes if notes == LookNotes::default() => Ok(()),
                notes => self.put_json(&of_container(&container.name, "look.json"), &notes).await,
            },
        }
    }

    async fn append_log(&mut self, container: String, bytes: &[u8]) -> Result<(), RecordingError> {
        if self.log_bytes.is_none() {
            self.take(bytes.len())?;
        }
        let path = self.root.join(of_container(&container, "logs.txt"));
        let at = |source| file(&path, source);
        if !self.logs.contains_key(&container) {
            folder_of(&path).await.map_err(at)?;
            let log = LogFile::create(path.clone(), self.log_bytes.unwrap_or(u64::MAX)).await.map_err(at)?;
            self.logs.insert(container.clone(), log);
        }
        let Some(log) = self.logs.get_mut(&container) else { return Ok(()) };
        log.write(bytes).await.map_err(at)
    }

    fn notes(&self, container: &ContainerObservation) -> LookNotes {
        let mut notes = notes(container);
        if self.logs.get(&container.name).is_some_and(LogFile::is_cut) {
            notes.logs_incomplete.get_or_insert_with(|| "only its newest part was recorded".to_owned());
        }
        notes
    }

    async fn put_json(&mut self, path: &str, value: &impl Serialize) -> Result<(), RecordingError> {
        let json = serde_json::to_vec(value).map_err(|error| self.content(path, &error))?;
        self.put(path, &json).await
    }

    async fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), RecordingError> {
        self.take(bytes.len())?;
        let mut file_ = self.open(path).await?;
        let done = async {
            file_.write_all(bytes).await?;
            file_.flush().await
        };
        done.await.map_err(|source| file(&self.root.join(path), source))
    }

    async fn open(&self, path: &str) -> Result<File, RecordingError> {
        let path = self.root.join(path);
        let at = |source| file(&path, source);
        folder_of(&path).await.map_err(at)?;
        File::create(&path).await.map_err(at)
    }

    fn take(&mut self, bytes: usize) -> Result<(), RecordingError> {
        let left = self.left.checked_sub(bytes as u64);
        self.left = left.ok_or_else(|| RecordingError::Content {
            path: self.root.clone(),
            problem: format!("the recording would be larger than {} MiB", self.most >> 20),
        })?;
        Ok(())
    }

    async fn close(self) -> Result<(), RecordingError> {
        let at = |source| file(&self.root, source);
        for log in self.logs.into_values() {
            log.close().await.map_err(at)?;
        }
        if let Some(mut events) = self.events {
            events.flush().await.map_err(at)?;
        }
        Ok(())
    }

    fn content(&self, path: &str, error: &dyn std::fmt::Display) -> RecordingError {
        RecordingError::Content { path: self.root.join(path), problem: error.to_string() }
    }
}

/// Makes the folder that a file goes into.
async fn folder_of(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(parent) => fs::create_dir_all(parent).await,
        None => Ok(()),
    }
}

fn file(path: &Path, source: std::io::Error) -> RecordingError {
    RecordingError::File { path: path.to_owned(), source }
}

fn of_container(container: &str, file: &str) -> String {
    format!("containers/{}/{file}", name(container))
}

/// Names come from a spec, whose rules admit no separators; nothing is ever written outside of the folder.
pub(super) fn name(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c == '/' || c == '\\' || c == '\0' { '_' } else { c }).collect();
    if plain.starts_with('.') { format!("_{plain}") } else { plain }
}

fn notes(container: &ContainerObservation) -> LookNotes {
    let mut notes = LookNotes::default();
    match &container.look {
        ContainerLook::Missing { near } => notes.missing = Some(near.clone()),
        ContainerLook::NotObserved { why } => notes.not_observed = Some(why.clone()),
        ContainerLook::Seen { logs: LogLook::Unavailable { why }, .. } => notes.logs_unavailable = Some(why.clone()),
        ContainerLook::Seen { logs: LogLook::Read(scan), .. } => notes.logs_incomplete.clone_from(&scan.incomplete),
    }
    notes
}
