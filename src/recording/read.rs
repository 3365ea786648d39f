//! Reads a recording back into what its run saw.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, ErrorKind, Read},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::{Header, LookNotes, RecordingError};
use crate::{
    api::{MonitoringJob, Window, job::Container, report::Report},
    core::{
        logs::{Matcher, Scanner, SetAside, Sorter},
        observation::{
            CheckObservation, ContainerObservation, HostObservation, Observations,
            docker::{ContainerLook, Engine, Event, Inspect, LogLook},
        },
        previous::Previous,
        report, rules,
    },
};

/// The largest file that is read at once.
const MAX_FILE: u64 = 64 << 20;
/// What is read of one line of a log or of the events.
const MAX_LINE: u64 = 4 << 20;

/// A run, read back.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The job as it was.
    pub job: MonitoringJob,
    /// When the recording was made.
    pub recorded_at: Timestamp,
    /// What the run looked at.
    pub window: Window,
    /// What it knew of those before it.
    pub previous: Previous,
    /// What it saw.
    pub observations: Observations,
    /// It reached nothing at all, the Bot API included.
    pub offline: bool,
}

impl Recording {
    /// The report of the run.
    pub fn report(&self) -> Report {
        let judge = if self.offline { report::offline } else { report::report };
        judge(&self.job.spec, &self.observations, &self.previous, self.window)
    }
}

/// Reads the recording in the folder `dir`. Files that are absent were not observed.
///
/// # Errors
/// A folder without `recording.json` or `job.yaml`, a file that is not what it should be, a pattern of the job that
/// cannot be compiled.
pub fn read(dir: &Path) -> Result<Recording, RecordingError> {
    let header: Header = required(&dir.join("recording.json"))?;
    let job_path = dir.join("job.yaml");
    let yaml = text(&job_path)?
        .ok_or_else(|| content(&job_path, &"there is no such file: a recording has the job that was run"))?;
    let job: MonitoringJob = serde_saphyr::from_str(&yaml).map_err(|error| content(&job_path, &error))?;
    let previous = optional(&dir.join("previous.json"))?.unwrap_or_default();
    let mut observations = Observations::default();
    for (website, check) in rules::checks(&job.spec) {
        let path = dir.join("website").join(&website.name).join(format!("{check}.json"));
        observations.checks.extend(optional::<CheckObservation>(&path)?);
    }
    let events = events(&dir.join("events.jsonl"))?;
    for host in &job.spec.docker_hosts {
        let known: Option<HostObservation> = optional(&dir.join("hosts").join(format!("{}.json", host.name)))?;
        let engine = known.map_or(Engine::NotRecorded, |known| known.engine);
        let ours = |event: &&Event| host.containers.iter().any(|c| c.name == event.container);
        let events = events.iter().filter(ours).cloned().collect();
        observations.hosts.push(HostObservation { name: host.name.clone(), engine, events });
    }
    for (host, container) in rules::containers(&job.spec) {
        let look = look(&dir.join("containers").join(&container.name), container, &job, header.window)?;
        observations.containers.push(ContainerObservation {
            name: container.name.clone(),
            host: host.name.clone(),
            look,
        });
    }
    let Header { recorded_at, window, offline } = header;
    Ok(Recording { job, recorded_at, window, previous, observations, offline })
}

fn look(
    dir: &Path,
    container: &Container,
    job: &MonitoringJob,
    window: Window,
) -> Result<ContainerLook, RecordingError> {
    let notes: LookNotes = optional(&dir.join("look.json"))?.unwrap_or_default();
    if let Some(near) = notes.missing {
        return Ok(ContainerLook::Missing { near });
    }
    if let Some(why) = notes.not_observed {
        return Ok(ContainerLook::NotObserved { why });
    }
    let Some(inspect) = optional::<Inspect>(&dir.join("inspect.json"))? else {
        return Ok(ContainerLook::NotObserved { why: "it is not in the recording".to_owned() });
    };
    let stats = optional(&dir.join("stats.json"))?;
    let logs = match notes.logs_unavailable {
        Some(why) => LogLook::Unavailable { why },
        None => log(&dir.join("logs.txt"), container, job, window, notes.logs_incomplete)?,
    };
    Ok(ContainerLook::Seen { inspect, stats, logs })
}

fn log(
    path: &Path,
    container: &Container,
    job: &MonitoringJob,
    window: Window,
    incomplete: Option<String>,
) -> Result<LogLook, RecordingError> {
    let matcher = matcher(path, container, job)?;
    let mut scanner = Scanner::new(&matcher, recorded(window));
    let found = lines(path, |line| {
        scanner.line(line);
        Ok(())
    })?;
    if !found {
        return Ok(LogLook::Unavailable { why: "it is not in the recording".to_owned() });
    }
    if let Some(why) = incomplete {
        scanner.incomplete(why);
    }
    Ok(LogLook::Read(scanner.finish()))
}

/// What the logs of a recording hold that counts for nothing, by container.
///
/// # Errors
/// As of [`read`].
pub fn set_aside(dir: &Path, recording: &Recording) -> Result<BTreeMap<String, SetAside>, RecordingError> {
    let mut all = BTreeMap::new();
    for (_, container) in rules::containers(&recording.job.spec) {
        let path = dir.join("containers").join(&container.name).join("logs.txt");
        let matcher = matcher(&path, container, &recording.job)?;
        let mut sorter = Sorter::new(&matcher, recorded(recording.window));
        lines(&path, |line| {
            sorter.line(line);
            Ok(())
        })?;
        all.insert(container.name.clone(), sorter.finish());
    }
    Ok(all)
}

fn matcher(path: &Path, container: &Container, job: &MonitoringJob) -> Result<Matcher, RecordingError> {
    let profile = container.profile.unwrap_or_default();
    Matcher::compile(profile, &job.spec.patterns, &container.name).map_err(|problems| {
        let texts: Vec<String> = problems.into_iter().map(|p| format!("{}: {}", p.path, p.message)).collect();
        content(path, &texts.join("; "))
    })
}

/// What was recorded was within the window. One that was noted in whole seconds ends within its last.
fn recorded(window: Window) -> Window {
    Window { until: Timestamp::MAX, ..window }
}

fn events(path: &Path) -> Result<Vec<Event>, RecordingError> {
    let mut events = Vec::new();
    lines(path, |line| {
        let json = serde_json::from_slice(line).map_err(|error| content(path, &error))?;
        events.extend(Event::from_engine(&json));
        Ok(())
    })?;
    Ok(events)
}

/// Hands each line on, without its end; false when there is no such file.
fn lines(path: &Path, mut each: impl FnMut(&[u8]) -> Result<(), RecordingError>) -> Result<bool, RecordingError> {
    let Some(file) = open(path)? else { return Ok(false) };
    let (mut file, mut line) = (BufReader::with_capacity(256 * 1024, file), Vec::new());
    loop {
        line.clear();
        let read = file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(|source| at(path, source))?;
        if read == 0 {
            return Ok(true);
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        each(text)?;
    }
}

fn required<T: DeserializeOwned>(path: &Path) -> Result<T, RecordingError> {
    optional(path)?.ok_or_else(|| content(path, &"there is no such file: this folder is no recording"))
}

fn optional<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RecordingError> {
    text(path)?.map(|json| serde_json::from_str(&json).map_err(|error| content(path, &error))).transpose()
}

fn text(path: &Path) -> Result<Option<String>, RecordingError> {
    let Some(file) = open(path)? else { return Ok(None) };
    let mut text = String::new();
    let read = file.take(MAX_FILE + 1).read_to_string(&mut text).map_err(|source| at(path, source))?;
    if read as u64 > MAX_FILE {
        return Err(content(path, &format!("it is larger than {} MiB", MAX_FILE >> 20)));
    }
    Ok(Some(text))
}

fn open(path: &Path) -> Result<Option<File>, RecordingError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(at(path, source)),
    }
}

fn at(path: &Path, source: std::io::Error) -> RecordingError {
    RecordingError::File { path: path.to_owned(), source }
}

fn content(path: &Path, problem: &dyn std::fmt::Display) -> RecordingError {
    RecordingError::Content { path: PathBuf::from(path), problem: problem.to_string() }
}
