//! The fold: (job, finished run) → the job's next status. It is keyed by when the run was done, so that folding twice
//! changes nothing, and it writes the message that the run calls for in the same step.

use jiff::Timestamp;

use super::{
    analysis,
    condition::{self, Truth},
    effective,
    incident::{self, Advance, RunFacts, Standing, Weight},
    investigation::course,
    message::policy::{self, Situation, Sound},
    outbox, overrides,
    previous::update_baseline,
    redact, rules,
    schedule::Schedule,
    trend,
};
use crate::api::{
    FindingState, MonitoringJob, MonitoringJobStatus, MonitoringRun, MonitoringRunStatus, Severity, Verdict,
    analysis::Usage,
    job::Notifications,
    job_status::{DayUsage, FindingSummary, Incident, LastRun, MessageKind, OutboxEntry},
    report::{Outcome, Report, Source},
    run::{Phase, Trigger},
};

/// What the status keeps of a run's findings.
const MAX_FINDINGS: usize = 20;
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
        Trigger::Manual | Trigger::Api | Trigger::Hook if run.spec.dry_run || run.spec.lookback.is_some() => None,
        trigger => Some(weight_of(trigger)),
    }
}

/// What a run with this trigger and without overrides may move.
fn weight_of(trigger: Trigger) -> Weight {
    if trigger == Trigger::Schedule { Weight::Full } else { Weight::Confirming }
}

/// What a run with this report and trigger, and without overrides, would bring about in `job` as it is known; none when it would
/// move nothing.
pub fn foresee(
    job: &MonitoringJob,
    schedule: Option<&Schedule>,
    trigger: Trigger,
    report: &Report,
) -> Option<Situation> {
    let thresholds = effective::thresholds(&job.spec, schedule, report.window.until);
    let facts = RunFacts { name: "", findings: &report.findings, window: report.window };
    let before = standing(&job.status.clone().unwrap_or_default());
    Some(incident::advance(&before, facts, thresholds, weight_of(trigger))?.situation)
}

fn standing(status: &MonitoringJobStatus) -> Standing {
    Standing {
        incident: status.incident.clone(),
        consecutive: status.consecutive.unwrap_or_default(),
        soft_incident: status.soft_incident_time,
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
    if let (Some(analysis), Some(at)) = (&done.analysis, done.completion_time) {
        spend(&mut status, &analysis.usage, at);
    }
    if done.phase == Some(Phase::Cancelled) || overtaken || done.window.is_none() {
        return full.then_some(status);
    }
    let before = standing(&held);
    let thresholds = effective::thresholds(&job.spec, context.schedule, context.now);
    let name = run.metadata.name.as_deref().unwrap_or_default();
    let facts = RunFacts { name, findings: &done.findings, window: done.window? };
    let Some(advance) = incident::advance(&before, facts, thresholds, weight) else {
        let spent = status.usage != held.usage;
        status.folded_until = done.completion_time;
        return spent.then_some(status);
    };
    status.folded_until = done.completion_time;
    if full {
        roll_up(&mut status, job, run, done, context.now);
    }
    let told = tell(&mut status, job, run, &advance, context);
    if course::is_wanted(job, done, advance.situation, context.now) {
        let since = advance.standing.incident.as_ref().map(|incident| incident.since);
        course::make_due(&mut status, run, since, told);
    }
    status.consecutive = Some(advance.standing.consecutive);
    status.soft_incident_time = advance.standing.soft_incident;
    if let Some(closed) = &advance.closed {
        status.incident_runs = vec![closed.opened_by.clone(), name.to_owned()];
    } else if let (None, Some(opened)) = (&held.incident, &advance.standing.incident) {
        status.incident_runs = vec![opened.opened_by.clone()];
    }
    status.incident = advance.standing.incident;
    if let (Some(incident), Some(analysis)) = (&mut status.incident, &done.analysis)
        && analysis.reason == analysis::ANALYZED
    {
        let held = incident.raise.take().filter(|raise| analysis::when::holds(raise, &done.findings));
        let raised = analysis::when::raise(name, done);
        // What was raised by so much before knows of more findings.
        incident.raise = held.filter(|held| raised.as_ref().is_none_or(|new| new.verdict <= held.verdict)).or(raised);
    }
    bound(&mut status);
    Some(status)
}

/// Counts what Claude used up to `at` among what the job used that day.
pub(super) fn spend(status: &mut MonitoringJobStatus, used: &Usage, at: Timestamp) {
    let (day, used) = (analysis::day(at), used.total());
    // What ended yesterday is told today at times: that day is over.
    if used > 0 && status.usage.as_ref().is_none_or(|usage| usage.day <= day) {
        let before = status.usage.take().filter(|usage| usage.day == day).map_or(0, |usage| usage.tokens);
        status.usage = Some(DayUsage { day, tokens: before.saturating_add(used) });
    }
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
        i32::try_from(
            done.findings.iter().filter(|f| f.source == Source::Rules && f.is_bad() && f.severity == severity).count(),
        )
        .unwrap_or(i32::MAX)
    };
    let (critical, warnings) = (count(Severity::Critical), count(Severity::Warning));
    status.verdict = done.verdict;
    status.rules_verdict = done.rules_verdict;
    status.findings = done
        .findings
        .iter()
        .filter(|f| f.state != FindingState::Resolved && f.source == Source::Rules)
        .take(MAX_FINDINGS)
        .map(FindingSummary::from)
        .collect();
    status.finding_count = Some(critical.saturating_add(warnings));
    status.probable_cause = done.probable_cause.as_ref().map(|cause| {
        let finding = done.findings.iter().find(|f| f.id == cause.finding_id);
        redact::cut(&finding.map_or_else(|| cause.message.clone(), |f| format!("{} {}", f.subject, f.message)), 200)
    });
    let looked = done.phase == Some(Phase::Completed) && !rules::own::is_offline(&done.findings);
    status.last_run = Some(LastRun {
        name: run.metadata.name.clone().unwrap_or_default(),
        uid: run.metadata.uid.clone().unwrap_or_default(),
        start_time: done.start_time,
        completion_time: done.completion_time,
        // What nobody looked at is still to be looked at.
        window: if looked { done.window } else { status.last_run.as_ref().and_then(|run| run.window) },
        verdict: done.verdict,
        critical,
        warnings,
    });
    let same = done.job.as_ref().is_none_or(|of| of.generation == job.metadata.generation.unwrap_or(0));
    if let Some(window) = done.window.filter(|_| done.phase == Some(Phase::Completed) && same) {
        status.overrides = overrides::used(&status.overrides, &job.spec, done, window.until);
    }
    update_baseline(&mut status.containers, &done.containers, &job.spec);
    if let Some(window) = done.window.filter(|_| looked) {
        let measured = trend::measured(&job.spec, &done.observations, &done.findings, window);
        trend::remember(&mut status.trend_times, &mut status.trends, measured, window.until);
    }
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
    match &done.analysis {
        Some(of) => {
            let truth = (of.reason == analysis::ANALYZED || of.reason == analysis::HELD).into();
            let message = of.message.as_deref().or(of.summary.as_deref()).unwrap_or_default();
            let analyzed = condition::New { type_: "Analyzed", truth, reason: &of.reason, message, generation };
            condition::set(&mut status.conditions, analyzed, now);
        }
        // What came of the last question stays known; a key that was missing is there again.
        None if job.spec.analysis.is_some()
            && status.conditions.iter().any(|c| c.type_ == "Analyzed" && c.reason != analysis::SECRET_MISSING) => {}
        None if job.spec.analysis.is_some() => {
            let (type_, truth, reason) = ("Analyzed", Truth::Unknown, analysis::NOT_ASKED);
            condition::set(
                &mut status.conditions,
                condition::New { type_, truth, reason, message: "", generation },
                now,
            );
        }
        None => status.conditions.retain(|c| c.type_ != "Analyzed"),
    }
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

/// Puts the messages that this run calls for into the outbox, one for each receiver; tells whether there are any.
fn tell(
    status: &mut MonitoringJobStatus,
    job: &MonitoringJob,
    run: &MonitoringRun,
    advance: &Advance,
    context: Context<'_>,
) -> bool {
    let Some(told) = &job.spec.notifications else { return false };
    let incident = advance.standing.incident.as_ref().or(advance.closed.as_ref());
    let Some(sound) = sound(told, status, run, advance.situation) else { return false };
    let watched = |closed: &Incident| closed.seen.iter().any(|seen| rules::is_watched(&job.spec, &seen.id));
    let kind = match advance.situation {
        // Nobody saw the end of it.
        Situation::Closes { .. } if !advance.closed.as_ref().is_some_and(watched) => MessageKind::Subsided,
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
            let on_the_wire = status.outbox.iter().any(|e| {
                let of_this = e.receiver == receiver.name && e.incident_since == Some(closed.since);
                of_this && e.kind != MessageKind::Investigation
            });
            if untold && alert.is_none() && !on_the_wire && kind != MessageKind::Muted {
                entry.kind = MessageKind::WasDown;
            }
        }
        outbox::post(status, job, run, entry, context);
    }
    true
}

/// How a situation is told. A missed slot is told in any case, and so is a time in which nobody could look: the job's
/// silence would look like health.
fn sound(
    told: &Notifications,
    status: &MonitoringJobStatus,
    run: &MonitoringRun,
    situation: Situation,
) -> Option<Sound> {
    let findings = || run.status.iter().flat_map(|run| &run.findings);
    // What Claude raised rings as what the rules found: only what opens an incident by the rules can ring at all.
    let raised = run.status.as_ref().and_then(|done| done.verdict) == Some(Verdict::ErrorsInvestigate);
    let severity = findings().filter(|f| f.is_bad()).map(|f| f.severity).max().unwrap_or(Severity::Info);
    let severity = if raised { severity.max(Severity::Critical) } else { severity };
    let missed = status.missed.as_ref().is_some_and(|m| m.untold > 0);
    let returned = findings().any(rules::own::is_return);
    policy::sends(told.policy.unwrap_or_default(), situation, told.ring_on.unwrap_or_default(), severity)
        .or_else(|| (missed || returned).then_some(Sound::Silent))
        .filter(|_| situation != Situation::CouldNotLook)
}

/// Drops the least of what the status lists until it fits: first what is remembered for trends, then findings, then
/// most of why messages were not delivered, then what Claude raised, and last what the incident has seen, since what is not
/// known to be told is told again.
pub(super) fn bound(status: &mut MonitoringJobStatus) {
    let fits = |s: &MonitoringJobStatus| serde_json::to_vec(s).is_ok_and(|json| json.len() <= MAX_BYTES);
    while !fits(status) {
        let more = status.findings.len() > MAX_FINDINGS / 4;
        let dropped = status.trends.pop().is_some()
            || more && status.findings.pop().is_some()
            || status.outbox.iter_mut().filter_map(|entry| entry.error.as_mut()).any(shorten)
            || status.incident.as_mut().is_some_and(|i| i.raise.take().is_some() || i.seen.pop().is_some());
        if !dropped {
            return;
        }
    }
}

/// Whether there was something to cut off.
fn shorten(text: &mut String) -> bool {
    let short = redact::cut(text, 40);
    std::mem::replace(text, short) != *text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{
        Kind,
        job_status::{Consecutive, ContainerBaseline, SeenFinding, Series},
    };

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_498_500 + 60 * minute).unwrap()
    }

    /// The status of a job with so many containers, full of all that it may hold.
    fn full(containers: usize) -> MonitoringJobStatus {
        let name = |n: usize| format!("autopar-worker-of-a-long-name-{n}");
        let finding = |n: usize| FindingSummary {
            id: format!("container/{}/StartingTooLong", name(n)),
            kind: Kind::State,
            severity: Severity::Critical,
            subject: name(n),
            reason: "StartingTooLong".into(),
            message: "m".repeat(160),
            rules_severity: Some(Severity::Warning),
            count: 1_000_000,
            first_seen: Some(at(0)),
            last_seen: Some(at(0)),
            state: FindingState::Ongoing,
        };
        let entry = |n: usize| OutboxEntry {
            headline: "h".repeat(200),
            error: Some("e".repeat(200)),
            incident_since: Some(at(0)),
            opened_by: Some(format!("autopar-staging-202611240315-{n:06}")),
            not_before: Some(at(1)),
            ..OutboxEntry::new("team", MessageKind::WasDown, &format!("autopar-staging-202611240315-{n:06}"))
        };
        let incident = Incident {
            since: at(0),
            severity: Severity::Critical,
            opened_by: "autopar-staging-202611240315-000000".into(),
            seen: (0..20)
                .map(|n| SeenFinding {
                    id: finding(n).id,
                    severity: Severity::Critical,
                    last_seen: Some(at(0)),
                    kind: Kind::State,
                    over: false,
                })
                .collect(),
            raise: None,
            alerts: vec![],
        };
        MonitoringJobStatus {
            findings: (0..20).map(finding).collect(),
            trend_times: (0..30).map(at).collect(),
            trends: (0..24)
                .map(|n| Series { id: format!("container/{}/memoryPercent", name(n)), values: vec![100_000; 30] })
                .collect(),
            containers: (0..containers)
                .map(|n| ContainerBaseline {
                    name: name(n),
                    id: "0123456789ab".into(),
                    restart_count: 100,
                    started_at: Some(at(0)),
                })
                .collect(),
            incident: Some(incident),
            outbox: (0..outbox::MAX_ENTRIES).map(entry).collect(),
            consecutive: Some(Consecutive { bad: 7, good: 0 }),
            ..MonitoringJobStatus::default()
        }
    }

    #[test]
    fn a_status_stays_within_its_size_and_loses_what_matters_least() {
        for containers in [0, 20, 64] {
            let mut status = full(containers);
            let before = (status.outbox.clone(), status.incident.clone(), status.containers.clone());
            bound(&mut status);
            let size = serde_json::to_vec(&status).unwrap().len();
            assert!(size <= MAX_BYTES, "{containers} containers: {size} bytes");
            let ids = |outbox: &[OutboxEntry]| outbox.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
            assert_eq!((ids(&status.outbox), status.containers), (ids(&before.0), before.2), "nothing of these");
            assert!(status.findings.len() >= 5);
            if containers < 64 {
                assert_eq!(status.incident, before.1, "what was told is known as told");
            }
        }
    }

    #[test]
    fn trends_and_findings_fit_where_nothing_else_is_wrong() {
        let mut status = MonitoringJobStatus { outbox: vec![], incident: None, ..full(0) };
        for finding in &mut status.findings {
            finding.message.truncate(80);
        }
        for series in &mut status.trends {
            series.values = vec![1000; 30];
        }
        let whole = status.clone();
        bound(&mut status);
        assert_eq!(status, whole);
    }
}
