//! What a job's status says of its spec: whether it can be run, since when its slots count, when the next one is.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::{
    condition::{self, Truth},
    effective, fold, outbox, redact,
    schedule::Schedule,
};
use crate::api::{
    MonitoringJob, MonitoringJobStatus,
    job_status::{MessageKind, OutboxEntry, OutboxState},
    validation::Problem,
};

/// A spec as far as it was understood. It depends on the spec alone, so it is made once for each generation.
#[derive(Clone, Debug, Default)]
pub struct Understood {
    /// The schedule; none when the job runs on demand only, or when its text is no schedule.
    pub schedule: Option<Schedule>,
    /// What stands in the way of running it.
    pub problems: Vec<Problem>,
}

/// The hash that a suspended job has instead of its schedule's.
const SUSPENDED: &str = "suspended";

/// The job's status with all that follows from its spec and the time alone.
pub fn observed(job: &MonitoringJob, understood: &Understood, now: Timestamp) -> MonitoringJobStatus {
    let mut status = job.status.clone().unwrap_or_default();
    let generation = job.metadata.generation;
    status.observed_generation = generation;
    status.schedule = understood.schedule.as_ref().map(|s| redact::cut(s.text(), 250));
    since(&mut status, job, now);
    let slots = understood.schedule.as_ref().filter(|_| !job.spec.suspend && understood.problems.is_empty());
    status.next_run_time =
        slots.and_then(|s| s.next_after(now)).map(|next| next.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    ready(&mut status, job, understood, now);
    if let Some((reason, message)) = stale(&status, slots, now) {
        let healthy = condition::New { type_: "Healthy", truth: Truth::Unknown, reason, message: &message, generation };
        condition::set(&mut status.conditions, healthy, now);
    }
    fold::bound(&mut status);
    status
}

/// When the status becomes stale if nothing happens: the engine looks again then.
pub fn stale_at(job: &MonitoringJob, understood: &Understood) -> Option<Timestamp> {
    let done = job.status.as_ref()?.last_run.as_ref()?.completion_time?;
    let way = understood.schedule.as_ref()?.shortest_way(done)?;
    (!job.spec.suspend).then(|| done + way * 2)
}

/// Slots count from the job's creation, and anew from an edit of its schedule and from a resume.
fn since(status: &mut MonitoringJobStatus, job: &MonitoringJob, now: Timestamp) {
    let hash = match &job.spec.schedule {
        None => None,
        Some(_) if job.spec.suspend => Some(SUSPENDED.to_owned()),
        Some(schedule) => {
            let zone = schedule.time_zone.as_deref().unwrap_or(super::schedule::DEFAULT_ZONE);
            let digest = Sha256::digest(format!("{} {zone}", schedule.cron.join("\n")).as_bytes());
            let start = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            Some(format!("{start:016x}"))
        }
    };
    if status.schedule_hash != hash {
        let first = status.schedule_hash.is_none() && status.schedule_since_time.is_none();
        let created = job.metadata.creation_timestamp.as_ref().map(|t| t.0).filter(|_| first);
        status.schedule_since_time = Some(created.unwrap_or(now).min(now));
        status.schedule_hash = hash;
    }
}

fn ready(status: &mut MonitoringJobStatus, job: &MonitoringJob, understood: &Understood, now: Timestamp) {
    let generation = job.metadata.generation;
    let text = problems_text(&understood.problems);
    let (truth, reason, message) = if !understood.problems.is_empty() {
        (Truth::False, "InvalidSpec", text.as_str())
    } else if job.spec.suspend {
        (Truth::True, "Suspended", "no slot starts while spec.suspend is true")
    } else {
        (Truth::True, "SpecUnderstood", "")
    };
    let told = status.conditions.iter().any(|c| c.type_ == "Ready" && c.status == "False" && c.message == message);
    condition::set(&mut status.conditions, condition::New { type_: "Ready", truth, reason, message, generation }, now);
    let stalled = Truth::from(!understood.problems.is_empty());
    condition::set(
        &mut status.conditions,
        condition::New { type_: "Stalled", truth: stalled, reason, message, generation },
        now,
    );
    if understood.problems.is_empty() {
        // What was not told of problems that are mended would no longer be true.
        status.outbox.retain(|e| e.kind != MessageKind::Notice || e.state == OutboxState::Sending);
    } else if !told && !job.spec.dry_run {
        notice(status, job, &text);
    }
}

/// The problems in one line, each with its path.
pub fn problems_text(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.path, p.message)).collect();
    redact::cut(&lines.join("; "), 1000)
}

/// A job that cannot be run would fall silent: its receivers are told once for each new set of problems.
fn notice(status: &mut MonitoringJobStatus, job: &MonitoringJob, text: &str) {
    let generation = job.metadata.generation.unwrap_or(0);
    for receiver in job.spec.notifications.iter().flat_map(|n| &n.receivers) {
        outbox::push(
            status,
            OutboxEntry {
                id: format!("spec-{generation}/{}", receiver.name),
                headline: redact::cut(&format!("{} - cannot be run: {text}", effective::title(&job.spec)), 250),
                rings: true,
                ..OutboxEntry::new(&receiver.name, MessageKind::Notice, "")
            },
        );
    }
}

/// Why nobody can tell whether the environment is healthy, if so.
fn stale(status: &MonitoringJobStatus, slots: Option<&Schedule>, now: Timestamp) -> Option<(&'static str, String)> {
    let Some(done) = status.last_run.as_ref().and_then(|run| run.completion_time) else {
        return Some(("NotYetRun", "no scheduled run has completed yet".into()));
    };
    let way: SignedDuration = slots?.shortest_way(done)?;
    (now.duration_since(done) >= way * 2)
        .then(|| ("Stale", format!("no scheduled run has completed since {}", done.strftime("%Y-%m-%d %H:%M UTC"))))
}
