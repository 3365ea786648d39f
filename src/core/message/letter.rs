//! From an outbox entry, and what it is about, to its message.

use jiff::{Timestamp, tz::TimeZone};

use super::{End, Message, Notes, Part, Place, Run, Tells, from_headline, headline, render};
use crate::{
    api::{
        MonitoringJob, MonitoringJobStatus, MonitoringRun, MonitoringRunStatus,
        job_status::{MessageKind, OutboxEntry},
        validation::Problem,
    },
    core::{
        effective,
        schedule::{DEFAULT_ZONE, Schedule},
    },
};

/// An outbox entry and what it is about.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The job.
    pub job: &'a MonitoringJob,
    /// Its status, which may be newer than the one that it carries.
    pub status: &'a MonitoringJobStatus,
    /// Its schedule, where it has one that was understood.
    pub schedule: Option<&'a Schedule>,
    /// What stands in the way of running it.
    pub problems: &'a [Problem],
    /// The run that the entry tells of, while it is kept.
    pub run: Option<&'a MonitoringRun>,
    /// The run that opened the incident that the entry is about, while it is kept.
    pub opened: Option<&'a MonitoringRun>,
    /// The entry.
    pub entry: &'a OutboxEntry,
    /// Where a reader finds the rest.
    pub place: Place<'a>,
    /// When.
    pub now: Timestamp,
}

impl Letter<'_> {
    /// The message in the parts that it is sent in.
    pub fn parts(&self) -> Vec<Part> {
        self.write(render).unwrap_or_else(|| from_headline(&self.entry.headline, self.entry.maybe_sent))
    }

    /// What is left of it when its run is gone.
    pub fn headline(&self) -> String {
        self.write(headline).unwrap_or_default()
    }

    /// The message in some form; none when its run is gone.
    fn write<T>(&self, form: impl FnOnce(&Message<'_>) -> T) -> Option<T> {
        let status = self.run.and_then(|run| run.status.as_ref());
        let seen = status.map(|status| Run { name: &self.entry.run, status });
        let zone =
            self.schedule.map_or_else(|| TimeZone::get(DEFAULT_ZONE).unwrap_or(TimeZone::UTC), |s| s.zone().clone());
        let looked = |status: &MonitoringRunStatus| status.investigation.as_ref().and_then(|i| i.completion_time);
        let done = match self.entry.kind {
            MessageKind::Investigation => status.and_then(looked),
            _ => status.and_then(|s| s.completion_time),
        };
        let at = done.unwrap_or(self.now).to_zoned(zone);
        let slots = self.schedule.filter(|_| !self.job.spec.suspend);
        let next = slots.and_then(|s| Some(s.local(s.next_after(self.now)?)));
        let message = Message {
            job: self.job.metadata.name.as_deref().unwrap_or_default(),
            namespace: self.job.metadata.namespace.as_deref().unwrap_or_default(),
            spec: &self.job.spec,
            tells: self.tells(seen)?,
            at: &at,
            next: next.as_ref(),
            place: self.place,
            notes: Notes {
                missed: self.status.missed.as_ref(),
                skipped: self.status.skipped.as_ref(),
                overrides: &self.status.overrides,
                maybe_sent: self.entry.maybe_sent,
                dry_run: false,
            },
        };
        Some(form(&message))
    }

    fn tells<'s>(&'s self, run: Option<Run<'s>>) -> Option<Tells<'s>> {
        let kind = self.entry.kind;
        if kind == MessageKind::Notice {
            return Some(Tells::Notice(self.problems));
        }
        let run = run?;
        let end = match kind {
            MessageKind::Recovery => End::Recovered,
            MessageKind::Subsided => End::Subsided,
            MessageKind::Muted => End::Muted,
            MessageKind::WasDown => End::WasDown,
            MessageKind::Investigation => {
                return Some(Tells::Investigation { run, investigation: run.status.investigation.as_ref()? });
            }
            MessageKind::Report | MessageKind::Alert | MessageKind::Notice => {
                let good = run.status.findings.iter().all(|finding| !finding.is_bad());
                let streak = self.status.consecutive.unwrap_or_default().bad;
                let needed = effective::thresholds(&self.job.spec, self.schedule, self.now).failure;
                let waiting = self.status.incident.is_none() && streak > 0 && streak < needed;
                return Some(Tells::Run {
                    run,
                    unconfirmed: waiting.then_some((streak, needed)),
                    open_since: self.status.incident.as_ref().filter(|_| good).map(|incident| incident.since),
                });
            }
        };
        let since = self.entry.incident_since.or(run.status.start_time).unwrap_or(self.now);
        Some(Tells::Over { run, end, since, opened: self.opened.and_then(|opened| opened.status.as_ref()) })
    }
}
