//! The closer look that Claude takes at the targets of a job, READ-ONLY: when it is due, how it goes from process to
//! process, and how it ends. It runs beside the schedule and decides nothing.
//!
//! That one is due stands in the job's status, from the fold of its run until what came of it is told; how far it is
//! stands in that run's status, where each step is a compare-and-swap on (holder, attempt).

use jiff::Timestamp;

use crate::{
    api::{
        Finding, MonitoringJob, MonitoringJobStatus, MonitoringRun, MonitoringRunStatus,
        analysis::{DueInvestigation, Investigation, InvestigationPhase, InvestigationReport, Usage},
        job::{Claude, Investigate},
        job_status::{MessageKind, OutboxEntry},
        run::Phase,
    },
    core::{
        analysis::{self, untrusted::clean},
        execution::{self, MAX_ATTEMPTS},
        fold::{self, Context},
        message::policy::Situation,
        outbox,
        redact::cut,
    },
};

use super::report::{MAX_ITEMS, MAX_LINE, MAX_SINCE, MAX_TEXT};

/// The stop reason of one that came to its report by itself.
pub const CONCLUDED: &str = "Concluded";
/// The stop reason of one that is no longer asked for.
pub const WITHDRAWN: &str = "Withdrawn";
/// The stop reason of one whose processes were lost.
pub const HOLDER_LOST: &str = "HolderLost";
/// What a report may weigh, as JSON: most of a run's status is for what the run saw.
const MAX_BYTES: usize = 8 * 1024;

/// Who is to investigate for `job`, if anybody is.
pub fn asked(job: &MonitoringJob) -> Option<&Claude> {
    let claude = job.spec.analysis.as_ref().map(|analysis| &analysis.claude);
    claude.filter(|claude| claude.investigate.unwrap_or_default() != Investigate::Never)
}

/// Whether `job` wants to know more about a run that brought about `situation`.
///
/// `OnIncident` goes by the same rule as alerts, so whatever comes and goes within an incident is looked into once.
/// A run that came to no report says nothing about the targets.
pub fn is_wanted(job: &MonitoringJob, done: &MonitoringRunStatus, situation: Situation, now: Timestamp) -> bool {
    let Some(claude) = asked(job).filter(|_| done.phase == Some(Phase::Completed)) else { return false };
    match (situation, claude.investigate.unwrap_or_default()) {
        (Situation::Opens, _) => true,
        // Nobody has to be told of each run that there are no tokens left.
        (Situation::BadNothingNew | Situation::BadUnconfirmed { .. }, Investigate::Always) => {
            done.findings.iter().any(Finding::is_bad) && !is_spent(job, claude, now)
        }
        _ => false,
    }
}

/// What the job has used of its tokens on the day of `now`, as far as its status knows.
pub fn used(job: &MonitoringJob, now: Timestamp) -> u64 {
    let usage = job.status.as_ref().and_then(|status| status.usage.as_ref());
    let today = usage.filter(|usage| usage.day == analysis::day(now));
    today.map_or(0, |usage| u64::try_from(usage.tokens).unwrap_or(0))
}

/// Whether the job's tokens of the day are used up.
pub fn is_spent(job: &MonitoringJob, claude: &Claude, now: Timestamp) -> bool {
    used(job, now) >= claude.budget.clone().unwrap_or_default().daily_tokens()
}

/// One that ended without a report.
pub fn without_report(model: &str, stop_reason: &str, message: &str) -> Investigation {
    Investigation {
        phase: InvestigationPhase::Failed,
        model: model.to_owned(),
        holder: None,
        attempt: 0,
        start_time: None,
        completion_time: None,
        stop_reason: Some(stop_reason.to_owned()),
        message: Some(message.to_owned()),
        report: None,
        turns: 0,
        tool_calls: 0,
        usage: Usage::default(),
    }
}

/// The status of a run whose investigation `holder` takes.
pub fn begun(run: &MonitoringRun, model: &str, holder: &str, now: Timestamp) -> MonitoringRunStatus {
    let investigation = Investigation {
        phase: InvestigationPhase::Running,
        holder: Some(holder.to_owned()),
        attempt: attempt(run).saturating_add(1),
        start_time: Some(now),
        stop_reason: None,
        message: None,
        ..without_report(model, "", "")
    };
    with(run, investigation)
}

/// The status of a run whose investigation its holder hands back: the attempt does not count.
pub fn handed_back(run: &MonitoringRun) -> MonitoringRunStatus {
    let mut status = run.status.clone().unwrap_or_default();
    if let Some(investigation) = &mut status.investigation {
        investigation.phase = InvestigationPhase::Pending;
        investigation.attempt = investigation.attempt.saturating_sub(1);
        (investigation.holder, investigation.start_time) = (None, None);
    }
    status
}

/// The status of a run whose investigation came to `result`, by its holder or for want of one.
pub fn ended(run: &MonitoringRun, result: Investigation, now: Timestamp) -> MonitoringRunStatus {
    let held = run.status.as_ref().and_then(|status| status.investigation.as_ref());
    let mut investigation = Investigation {
        phase: if result.report.is_some() { InvestigationPhase::Completed } else { InvestigationPhase::Failed },
        holder: held.and_then(|held| held.holder.clone()),
        attempt: attempt(run),
        start_time: held.and_then(|held| held.start_time),
        completion_time: Some(now),
        ..result
    };
    bound(&mut investigation);
    with(run, investigation)
}

/// Whether an investigation that nobody finished may be begun once more.
pub fn may_begin(run: &MonitoringRun) -> bool {
    attempt(run) < MAX_ATTEMPTS
}

fn attempt(run: &MonitoringRun) -> i32 {
    run.status.as_ref().and_then(|status| status.investigation.as_ref()).map_or(0, |held| held.attempt)
}

fn with(run: &MonitoringRun, investigation: Investigation) -> MonitoringRunStatus {
    let mut status = run.status.clone().unwrap_or_default();
    status.investigation = Some(investigation);
    execution::bound(&mut status);
    status
}

/// Cuts every text to what the schema admits, and the whole to its share of a run's status: what the store would refuse
/// would stand in the way of all that the job does. A control character weighs six bytes there, and goes.
fn bound(investigation: &mut Investigation) {
    let shorten = |text: &mut String, most: usize| *text = cut(&clean(text), most);
    shorten(&mut investigation.model, 64);
    for (text, most) in [(&mut investigation.stop_reason, 64), (&mut investigation.message, MAX_LINE)] {
        if let Some(text) = text {
            shorten(text, most);
        }
    }
    for count in [&mut investigation.turns, &mut investigation.tool_calls, &mut investigation.usage.calls] {
        *count = (*count).max(0);
    }
    let Some(report) = &mut investigation.report else { return };
    for text in [&mut report.broken, &mut report.cause, &mut report.impact] {
        shorten(text, MAX_TEXT);
    }
    if let Some(since) = &mut report.since {
        shorten(since, MAX_SINCE);
    }
    for (list, most) in
        [(&mut report.evidence, MAX_TEXT), (&mut report.next_steps, MAX_LINE), (&mut report.unchecked, MAX_LINE)]
    {
        list.truncate(MAX_ITEMS);
        for text in list.iter_mut() {
            shorten(text, most);
        }
    }
    let fits = |report: &InvestigationReport| serde_json::to_vec(report).is_ok_and(|json| json.len() <= MAX_BYTES);
    while !fits(report) {
        if !execution::shorten(report) {
            return;
        }
    }
}

/// Makes an investigation of `run` due, unless one is: what joins meanwhile is for that one to see, and then to tell.
pub fn make_due(status: &mut MonitoringJobStatus, run: &MonitoringRun, incident_since: Option<Timestamp>, told: bool) {
    if let Some(due) = &mut status.investigation {
        due.told |= told && due.incident_since == incident_since;
        return;
    }
    let run = run.metadata.name.clone().unwrap_or_default();
    status.investigation = Some(DueInvestigation { run, incident_since, told, alerts: Vec::new() });
}

/// The job's status after the investigation of `run` ended, with what it used and what is told of it; none when none was due.
pub fn fold(job: &MonitoringJob, run: &MonitoringRun, context: Context<'_>) -> Option<MonitoringJobStatus> {
    let mut status = job.status.clone()?;
    let due = status.investigation.take()?;
    let done = run.status.as_ref()?.investigation.as_ref()?;
    if let Some(at) = done.completion_time {
        fold::spend(&mut status, &done.usage, at);
    }
    let told = due.told && done.stop_reason.as_deref() != Some(WITHDRAWN);
    for receiver in job.spec.notifications.iter().filter(|_| told).flat_map(|told| &told.receivers) {
        let alert = due.alerts.iter().find(|alert| alert.receiver == receiver.name);
        let entry = OutboxEntry {
            incident_since: due.incident_since,
            reply_to: alert.map(|alert| alert.message_id),
            ..OutboxEntry::new(&receiver.name, MessageKind::Investigation, &due.run)
        };
        outbox::post(&mut status, job, run, entry, context);
    }
    // An incident that opened meanwhile has its turn.
    let later = status.incident.as_ref().filter(|incident| Some(incident.since) != due.incident_since);
    if let Some(incident) = later.filter(|_| asked(job).is_some()) {
        let (run, alerts) = (incident.opened_by.clone(), incident.alerts.clone());
        status.investigation = Some(DueInvestigation { run, incident_since: Some(incident.since), told: true, alerts });
    }
    fold::bound(&mut status);
    Some(status)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Where `value` is more than `schema` admits.
    fn beyond(schema: &Value, value: &Value, path: &str) -> Vec<String> {
        let limit = |key: &str| schema[key].as_f64();
        let more = |have: usize, key: &str| schema[key].as_u64().is_some_and(|most| have as u64 > most);
        let mut wrong: Vec<String> = match value {
            Value::String(text) => more(text.chars().count(), "maxLength"),
            Value::Array(list) => more(list.len(), "maxItems"),
            Value::Number(n) => {
                n.as_f64() < limit("minimum") || limit("maximum").is_some_and(|most| n.as_f64() > Some(most))
            }
            _ => false,
        }
        .then(|| path.to_owned())
        .into_iter()
        .collect();
        for (key, value) in value.as_object().into_iter().flatten() {
            wrong.extend(beyond(&schema["properties"][key], value, &format!("{path}.{key}")));
        }
        for value in value.as_array().into_iter().flatten() {
            wrong.extend(beyond(&schema["items"], value, &format!("{path}[]")));
        }
        wrong
    }

    /// A store that refused it would refuse it again and again, and nothing else of the job would go on.
    #[test]
    fn whatever_came_of_it_the_store_takes_it() {
        let crds = serde_json::to_value(crate::api::schema::crds()).unwrap();
        let schema = &crds[1]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"];
        for letter in ["a", "ü", "🟢", "\"", "\u{7}a"] {
            let long = letter.repeat(3000);
            let many = vec![long.clone(); 30];
            let usage =
                json!({"calls": -1, "inputTokens": 1, "cacheWriteTokens": 0, "cacheReadTokens": 0, "outputTokens": 1});
            let result = json!({
                "phase": "Running", "model": long, "attempt": 7, "stopReason": long, "message": long, "turns": -5,
                "toolCalls": -5, "usage": usage,
                "report": {
                    "broken": long, "since": long, "cause": long, "certainty": "Known", "evidence": many, "impact": long,
                    "nextSteps": many, "unchecked": many,
                },
            });
            let run: MonitoringRun = serde_json::from_value(json!({
                "apiVersion": "monitoring.pitchai.net/v1alpha1", "kind": "MonitoringRun", "metadata": {"name": "run"},
                "spec": {"jobRef": {"name": "staging"}}, "status": {"phase": "Completed"},
            }))
            .unwrap();
            let status = ended(&run, serde_json::from_value(result).unwrap(), Timestamp::UNIX_EPOCH);
            let json = serde_json::to_value(&status).unwrap();
            assert_eq!(beyond(schema, &json, "status"), Vec::<String>::new());
            assert!(json.to_string().len() < 12 * 1024, "{letter}: {}", json.to_string().len());
            assert!(!status.investigation.unwrap().report.unwrap().cause.is_empty());
        }
    }
}
