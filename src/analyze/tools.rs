//! What the calls of an investigation do: the collectors look at one target of the job, and what they saw is told.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    api::{MonitoringJob, MonitoringJobStatus, MonitoringRun, Window, job::Confirm},
    collect::{Collector, Look},
    core::{
        analysis::untrusted::{Fence, clean},
        investigation::{lines::Picked, shown, tools::Call},
        observation::{
            Observations,
            docker::{ContainerLook, LogLook},
            raw::Evidence,
        },
        redact::Redactor,
    },
    secrets::Secrets,
};

/// The most that one call tells, in bytes.
const MOST_TOLD: usize = 8 << 10;
/// The longest that one call takes.
const LONGEST: Duration = Duration::from_secs(25);
/// How long after that a collector may still take to say what it saw.
const GRACE: Duration = Duration::from_secs(2);
/// Parts of a log between its reader and us.
const PARTS: usize = 16;

/// Looks at one job's targets.
pub(super) struct Tools<'a> {
    pub collector: &'a Collector,
    pub secrets: &'a Secrets,
    pub job: &'a MonitoringJob,
    /// Finished runs, newest first.
    pub earlier: &'a [MonitoringRun],
    /// Knows the values of all of the job's Secrets.
    pub redactor: &'a Redactor,
    pub fence: &'a Fence,
}

/// What came of a call before it is told.
struct Told {
    /// What it is, in words of ours.
    what: String,
    /// What is to know of it, such as that it is not whole.
    note: String,
    lines: Vec<String>,
    /// The last lines count more.
    newest: bool,
    /// How less could be asked for.
    narrower: &'static str,
}

impl Tools<'_> {
    /// Makes a call, within `patience`: what the model is told of it.
    pub async fn call(&self, call: &Call, patience: Duration) -> Result<String, String> {
        let patience = patience.min(LONGEST);
        let told = match timeout(patience + GRACE, self.look(call, patience)).await {
            Ok(told) => told?,
            Err(_) => return Err("it took too long, and was given up".into()),
        };
        Ok(self.tell(&told))
    }

    /// Redacted, cleaned, cut and within its fence.
    fn tell(&self, told: &Told) -> String {
        // One by one: what stands in one line must not reach over its end.
        let fit = |line: &String| self.redactor.redact(&clean(line).replace('\n', " ")).into_owned();
        let count = told.lines.len();
        let (text, omitted) = shown::fitting(told.lines.iter().map(fit).collect(), MOST_TOLD, told.newest);
        let mut note = self.redactor.redact(&clean(&told.note)).into_owned();
        if omitted > 0 {
            let more = format!("{omitted} of {count} lines had no room: {}", told.narrower);
            note = if note.is_empty() { more } else { format!("{note}; {more}") };
        }
        let text = if text.is_empty() { "nothing".to_owned() } else { text };
        let text = if note.is_empty() { text } else { format!("{text}\n({note})") };
        self.fence.around(&told.what, &text)
    }

    async fn look(&self, call: &Call, patience: Duration) -> Result<Told, String> {
        let told = |what: &str, lines| Told {
            what: what.to_owned(),
            note: String::new(),
            lines,
            newest: false,
            narrower: "ask for one by name",
        };
        Ok(match call {
            Call::ListContainers => {
                let job = self.narrowed(|_| false, |_| true, |_| true);
                let seen = self.collect(&job, 0, 0, patience, None).await;
                told("the containers", shown::containers(&seen.containers))
            }
            Call::InspectContainer { container } => {
                let seen = self.container(container, patience).await;
                let lines = seen.containers.iter().flat_map(shown::inspected).collect();
                Told { narrower: "there is no narrower call", ..told(&format!("the container {container}"), lines) }
            }
            Call::Stats { container } => {
                let seen = self.container(container, patience).await;
                told(&format!("the use of {container}"), seen.containers.iter().flat_map(shown::stats).collect())
            }
            Call::Logs { container, from_minutes, until_minutes, contains, limit, oldest } => {
                let picked = Picked::new(contains.as_deref(), *limit, *oldest);
                let (note, lines) = self.log(container, *from_minutes, *until_minutes, picked, patience).await?;
                Told {
                    what: format!("the log of {container}"),
                    note,
                    lines,
                    newest: !oldest,
                    narrower: "ask for a shorter time, with `contains`, or for fewer lines",
                }
            }
            Call::Events { host, from_minutes } => {
                let job = self.narrowed(|_| false, |name| name == host, |_| true);
                let seen = self.collect(&job, *from_minutes, 0, patience, None).await;
                let lines = seen.hosts.iter().flat_map(shown::events).collect();
                let narrower = "ask for fewer minutes";
                Told { newest: true, narrower, ..told(&format!("the events of {host}"), lines) }
            }
            Call::CheckWebsite { website } => {
                let job = self.narrowed(|name| name == website, |_| false, |_| false);
                let seen = self.collect(&job, 0, 0, patience, None).await;
                let narrower = "there is no narrower call";
                Told { narrower, ..told(&format!("the checks of {website}"), shown::checks(&seen.checks)) }
            }
            Call::PreviousRuns { limit } => {
                let lines = shown::runs(&self.earlier[..self.earlier.len().min(*limit)]);
                Told { narrower: "ask for fewer runs", ..told("earlier runs", lines) }
            }
            Call::Trends { subject } => {
                let known = MonitoringJobStatus::default();
                let status = self.job.status.as_ref().unwrap_or(&known);
                told("what earlier runs measured", shown::trends(status, subject.as_deref()))
            }
        })
    }

    async fn container(&self, name: &str, patience: Duration) -> Observations {
        let job = self.narrowed(|_| false, |_| true, |one| one == name);
        self.collect(&job, 0, 0, patience, None).await
    }

    /// Lines of a log, and what is to know of them.
    async fn log(
        &self,
        container: &str,
        from: i64,
        until: i64,
        mut picked: Picked,
        patience: Duration,
    ) -> Result<(String, Vec<String>), String> {
        let job = self.narrowed(|_| false, |_| true, |one| one == container);
        let (sender, mut parts) = mpsc::channel(PARTS);
        let pick = async {
            while let Some(evidence) = parts.recv().await {
                match evidence {
                    Evidence::LogsAnew { .. } => picked.anew(),
                    Evidence::Logs { bytes, .. } => picked.push(&bytes),
                    _ => {}
                }
            }
        };
        let (seen, ()) = futures::join!(self.collect(&job, from, until, patience, Some(sender)), pick);
        let why = match seen.containers.first().map(|one| &one.look) {
            Some(ContainerLook::Seen { logs: LogLook::Read(scan), .. }) => {
                let (mut note, lines) = picked.finish();
                if let Some(incomplete) = &scan.incomplete {
                    note = format!("{note}; not the whole log: {incomplete}");
                }
                return Ok((note, lines));
            }
            Some(
                ContainerLook::Seen { logs: LogLook::Unavailable { why }, .. } | ContainerLook::NotObserved { why },
            ) => why.as_str(),
            Some(ContainerLook::Missing { .. }) => "there is no such container on its host",
            None => "it was not looked at",
        };
        let why = self.fence.around("why", &self.redactor.redact(&clean(why)));
        Err(format!("the log cannot be read\n{why}"))
    }

    /// The job with these targets alone, to be looked at once and without judging.
    fn narrowed(
        &self,
        website: impl Fn(&str) -> bool,
        host: impl Fn(&str) -> bool,
        container: impl Fn(&str) -> bool,
    ) -> MonitoringJob {
        let mut job = self.job.clone();
        let spec = &mut job.spec;
        spec.websites.retain(|one| website(&one.name));
        spec.docker_hosts.retain_mut(|one| {
            let wanted = host(&one.name);
            one.containers.retain(|one| container(&one.name));
            wanted && !one.containers.is_empty()
        });
        for container in spec.docker_hosts.iter_mut().flat_map(|host| &mut host.containers) {
            container.profile = None;
        }
        spec.patterns = Vec::new();
        spec.confirm = Some(Confirm { attempts: Some(1), ..Confirm::default() });
        job
    }

    async fn collect(
        &self,
        job: &MonitoringJob,
        from: i64,
        until: i64,
        patience: Duration,
        evidence: Option<mpsc::Sender<Evidence>>,
    ) -> Observations {
        let now = Timestamp::now();
        // They are within seven days.
        let ago = |minutes| now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(now);
        let window = Window { since: ago(from), until: ago(until) };
        let look = Look { job, window, logs: evidence.is_some(), patience, evidence, progress: None };
        self.collector.collect(look, self.secrets).await
    }
}
