//! The fold: (job, finished run) → the job's next status. It is keyed by when the run was done, so that folding twice
//! changes nothing, and it writes the message that the run calls for in the same step.

use jiff::Timestamp;

use super::{
    condition::{self, Truth},
    effective,
    incident::{self, Advance, RunFacts, Standing, Weight},
    message::{
        Letter, Place,
        policy::{self, Situation, Sound},
    },
    outbox, overrides, redact, rules,
    schedule::Schedule,
};
use crate::api::{
    FindingState, MonitoringJob, MonitoringJobStatus, MonitoringRun, MonitoringRunStatus, Severity, Verdict,
    job::Notifications,
    job_status::{
        ContainerBaseline, FindingSummary, Incident, LastNotification, LastRun, MessageKind, OutboxEntry, OutboxState,
        Series,
    },
    report::{Aspect, Outcome},
    run::{Phase, Trigger},
};

/// What the status keeps of a run's findings.
const MAX_FINDINGS: usize = 20;
/// How many runs a series remembers, and how many series there are.
const MAX_VALUES: usize = 30;
const MAX_SERIES: usize = 24;
/// What a status may weigh, as JSON.
const MAX_BYTES: usize = 16 * 1024;

/// What the fold needs to know besides the job and the run.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The job's schedule, where it has one that was understood.
    pub schedule: Option<&'a Schedule>,
    /// Who will send what goes out at once.
    pub holder: &'a str,
    /// When.
    pub now: Timestamp,
}

/// Whether the fold has seen `run`, or never will.
pub fn is_folded(status: &MonitoringJobStatus, run: &MonitoringRun) -> bool {
    let done = run.status.as_ref().and_then(|s| s.completion_time);
    weight(run).is_none() || done.is_some_and(|done| status.folded_until.is_some_and(|until| done <= until))
}

/// What `run` may move; none for a run with overrides.
fn weight(run: &MonitoringRun) -> Option<Weight> {
    match run.spec.trigger.unwrap_or_default() {
        Trigger::Schedule => Some(Weight::Full),
        Trigger::Manual | Trigger::Api | Trigger::Hook if run.spec.dry_run || run.spec.lookback.is_some() => None,
        Trigger::Manual | Trigger::Api | Trigger::Hook => Some(Weight::Confirming),
    }
}

/// The job's status after the finished `run`; none when the run moves nothing.
pub fn fold(job: &MonitoringJob, run: &MonitoringRun, context: Context<'_>) -> Option<MonitoringJobStatus> {
    let held = job.status.clone().unwrap_or_default();
    let weight = weight(run)?;
    let done = run.status.as_ref()?;
    if is_folded(&held, run) {
        return None;
    }
    let mut status = held.clone();
    let full = weight == Weight::Full;
    if full {
        status.last_schedule_time = status.last_schedule_time.max(run.spec.scheduled_time);
        status.next_run_time = context
            .schedule
            .and_then(|s| s.next_after(context.now))
            .map(|next| next.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        status.folded_until = done.completion_time;
    }
    let last = held.last_run.as_ref().and_then(|r| r.window);
    let overtaken = matches!((done.window, last), (Some(this), Some(last)) if this.until < last.until);
    if done.phase == Some(Phase::Cancelled) || overtaken || done.window.is_none() {
        return full.then_some(status);
    }
    let before = Standing {
        incident: held.incident.clone(),
        consecutive: held.consecutive.unwrap_or_default(),
        soft_incident: held.soft_incident_time,
    };
    let thresholds = effective::thresholds(&job.spec, context.schedule, context.now);
    let name = run.metadata.name.as_deref().unwrap_or_default();
    let facts = RunFacts { name, findings: &done.findings, window: done.window? };
    let advance = incident::advance(&before, facts, thresholds, weight)?;
    status.folded_until = done.completion_time;
    if full {
        roll_up(&mut status, job, run, done, context.now);
    }
    tell(&mut status, job, run, &advance, context);
    status.consecutive = Some(advance.standing.consecutive);
    status.soft_incident_time = advance.standing.soft_incident;
    if let Some(closed) = &advance.closed {
        status.incident_runs = vec![closed.opened_by.clone(), name.to_owned()];
    } else if let (None, Some(opened)) = (&held.incident, &advance.standing.incident) {
        status.incident_runs = vec![opened.opened_by.clone()];
    }
    status.incident = advance.standing.incident;
    bound(&mut status);
    Some(status)
}

/// The part of the status that says how the environment is.
fn roll_up(
    status: &mut MonitoringJobStatus,
    job: &MonitoringJob,
    run: &MonitoringRun,
    done: &MonitoringRunStatus,
    now: Timestamp,
) {
    let count = |severity| {
        i32::try_from(done.findings.iter().filter(|f| f.is_bad() && f.severity == severity).count()).unwrap_or(i32::MAX)
    };
    let (critical, warnings) = (count(Severity::Critical), count(Severity::Warning));
    status.verdict = done.verdict;
    status.rules_verdict = done.rules_verdict;
    status.findings = done
        .findings
        .iter()
        .filter(|f| f.state != FindingState::Resolved)
        .take(MAX_FINDINGS)
        .map(FindingSummary::from)
        .collect();
    status.finding_count = Some(critical.saturating_add(warnings));
    status.probable_cause = done.probable_cause.as_ref().map(|cause| {
        let finding = done.findings.iter().find(|f| f.id == cause.finding_id);
        redact::cut(&finding.map_or_else(|| cause.message.clone(), |f| format!("{} {}", f.subject, f.message)), 200)
    });
    status.last_run = Some(LastRun {
        name: run.metadata.name.clone().unwrap_or_default(),
        uid: run.metadata.uid.clone().unwrap_or_default(),
        start_time: done.start_time,
        completion_time: done.completion_time,
        window: done.window,
        verdict: done.verdict,
        critical,
        warnings,
    });
    let same = done.job.as_ref().is_none_or(|of| of.generation == job.metadata.generation.unwrap_or(0));
    if let Some(window) = done.window.filter(|_| done.phase == Some(Phase::Completed) && same) {
        status.overrides = overrides::used(&status.overrides, &job.spec, done, window.until);
    }
    baseline(&mut status.containers, &done.containers, job);
    remember(&mut status.trends, done);
    let generation = job.metadata.generation;
    let (truth, reason) = match done.verdict {
        Some(Verdict::AllGood) => (Truth::True, "AllGood"),
        Some(Verdict::SuspiciousInvestigate) => (Truth::False, "Suspicious"),
        Some(Verdict::ErrorsInvestigate) => (Truth::False, "Errors"),
        None => (Truth::Unknown, "NoVerdict"),
    };
    let message = status.probable_cause.clone().unwrap_or_default();
    let healthy = condition::New { type_: "Healthy", truth, reason, message: &message, generation };
    condition::set(&mut status.conditions, healthy, now);
    let blind: Vec<&str> = done
        .observations
        .iter()
        .filter(|o| o.outcome == Outcome::NotObserved)
        .map(|o| o.subject.as_str())
        .take(8)
        .collect();
    let (truth, reason, message) = if done.phase == Some(Phase::Failed) {
        (Truth::False, "RunFailed", done.message.clone().unwrap_or_default())
    } else if blind.is_empty() {
        (Truth::True, "Observed", String::new())
    } else {
        (Truth::False, "NotObserved", format!("not observed: {}", blind.join(", ")))
    };
    condition::set(
        &mut status.conditions,
        condition::New { type_: "Observed", truth, reason, message: &message, generation },
        now,
    );
}

/// The baseline keeps what it knew of containers that this run did not see, and forgets those that left the spec.
fn baseline(known: &mut Vec<ContainerBaseline>, seen: &[ContainerBaseline], job: &MonitoringJob) {
    known.retain(|old| !seen.iter().any(|new| new.name == old.name));
    known.extend(seen.iter().cloned());
    known.retain(|c| job.spec.docker_hosts.iter().flat_map(|h| &h.containers).any(|spec| spec.name == c.name));
    known.sort_by(|a, b| a.name.cmp(&b.name));
}

/// Adds the run's values to their series; a series whose thing is gone from the spec is dropped.
fn remember(trends: &mut Vec<Series>, done: &MonitoringRunStatus) {
    let mut seen = Vec::new();
    for observation in &done.observations {
        let (id, value) = match (observation.aspect, &observation.check) {
            (Aspect::Website, Some(check)) => {
                (rules::website::attempts_series(&observation.subject, check), "attempts")
            }
            (Aspect::Container, _) => (rules::container::cpu_series(&observation.subject), "cpuPercent"),
            _ => continue,
        };
        seen.push(id.clone());
        let Some(value) = observation.values.get(value) else { continue };
        if let Some(series) = trends.iter_mut().find(|s| s.id == id) {
            series.values.push(*value);
            let extra = series.values.len().saturating_sub(MAX_VALUES);
            series.values.drain(..extra);
        } else if trends.len() < MAX_SERIES {
            trends.push(Series { id, values: vec![*value] });
        }
    }
    trends.retain(|series| seen.contains(&series.id));
}

/// Puts the messages that this run calls for into the outbox, one for each receiver.
fn tell(
    status: &mut MonitoringJobStatus,
    job: &MonitoringJob,
    run: &MonitoringRun,
    advance: &Advance,
    context: Context<'_>,
) {
    let Some(told) = &job.spec.notifications else { return };
    let incident = advance.standing.incident.as_ref().or(advance.closed.as_ref());
    let Some(sound) = sound(told, status, advance.situation, incident) else { return };
    let kind = match advance.situation {
        Situation::Opens => MessageKind::Alert,
        Situation::Closes { subsided: false } => MessageKind::Recovery,
        Situation::Closes { subsided: true } => MessageKind::Subsided,
        Situation::Mutes => MessageKind::Muted,
        _ => MessageKind::Report,
    };
    let name = run.metadata.name.clone().unwrap_or_default();
    for receiver in &told.receivers {
        let mut entry = OutboxEntry {
            rings: sound == Sound::Rings,
            incident_since: incident.map(|i| i.since),
            opened_by: incident.map(|i| i.opened_by.clone()),
            ..OutboxEntry::new(&receiver.name, kind, &name)
        };
        if let Some(closed) = &advance.closed {
            let alert = closed.alerts.iter().find(|a| a.receiver == receiver.name);
            entry.reply_to = alert.map(|a| a.message_id);
            let untold = outbox::take_untold_alerts(status, &receiver.name, closed.since);
            let on_the_wire =
                status.outbox.iter().any(|e| e.receiver == receiver.name && e.incident_since == Some(closed.since));
            if untold && alert.is_none() && !on_the_wire && kind != MessageKind::Muted {
                entry.kind = MessageKind::WasDown;
            }
        }
        entry.headline = Letter {
            job,
            status,
            schedule: context.schedule,
            problems: &[],
            run: Some(run),
            opened: None,
            entry: &entry,
            place: Place::Nowhere,
            now: context.now,
        }
        .headline();
        if job.spec.dry_run {
            let (run, receiver, kind) = (entry.run, entry.receiver, entry.kind);
            let state = OutboxState::DryRun;
            status.last_notification =
                Some(LastNotification { run, receiver, kind, state, time: context.now, message_id: None, error: None });
            continue;
        }
        if status.outbox.iter().all(|e| e.receiver != receiver.name) {
            outbox::begin(&mut entry, context.holder);
        }
        outbox::push(status, entry);
    }
}

/// How a situation is told. A missed slot is told in any case: the job's silence would look like health.
fn sound(
    told: &Notifications,
    status: &MonitoringJobStatus,
    situation: Situation,
    incident: Option<&Incident>,
) -> Option<Sound> {
    let severity = incident.map_or(Severity::Info, |i| i.severity);
    let missed = status.missed.as_ref().is_some_and(|m| m.untold > 0);
    policy::sends(told.policy.unwrap_or_default(), situation, told.ring_on.unwrap_or_default(), severity)
        .or_else(|| missed.then_some(Sound::Silent))
}

/// Drops the least severe of what the status lists until it fits.
pub(super) fn bound(status: &mut MonitoringJobStatus) {
    let fits = |s: &MonitoringJobStatus| serde_json::to_vec(s).is_ok_and(|json| json.len() <= MAX_BYTES);
    while !fits(status) {
        if let Some(incident) = status.incident.as_mut().filter(|i| i.seen.len() > MAX_FINDINGS) {
            incident.seen.pop();
        } else if status.findings.len() > MAX_FINDINGS / 4 {
            status.findings.pop();
        } else if status.trends.pop().is_none() {
            return;
        }
    }
}
