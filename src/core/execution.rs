//! A run from its claim to its end, as its status tells it.

use jiff::{SignedDuration, Timestamp};

use super::{
    condition::{self, Truth},
    effective, redact, rules,
};
use crate::api::{
    Finding, FindingState, Kind, MonitoringJob, MonitoringJobStatus, MonitoringRun, MonitoringRunStatus, Severity,
    Verdict,
    analysis::InvestigationReport,
    job_status::ContainerBaseline,
    report::Report,
    run::{JobIdentity, Phase, Reason},
};

/// How often a run is taken over when its holder is gone, the first time included.
pub const MAX_ATTEMPTS: i32 = 2;
/// The id of the finding that a run failed.
const FAILED: &str = "self/run/Failed";
/// What a status may weigh, as JSON.
const MAX_BYTES: usize = 32 * 1024;
/// What a status lists.
const MAX_FINDINGS: usize = 100;
const MAX_OBSERVATIONS: usize = 128;

/// The status of a run that `holder` takes.
pub fn claimed(job: &MonitoringJob, run: &MonitoringRun, holder: &str, now: Timestamp) -> MonitoringRunStatus {
    let held = run.status.clone().unwrap_or_default();
    MonitoringRunStatus {
        phase: Some(Phase::Running),
        holder: Some(holder.to_owned()),
        attempt: Some(held.attempt.unwrap_or(0).saturating_add(1)),
        start_time: Some(now),
        window: Some(effective::window(job, &run.spec, now)),
        job: Some(JobIdentity {
            uid: job.metadata.uid.clone().unwrap_or_default(),
            generation: job.metadata.generation.unwrap_or(0),
        }),
        ..Default::default()
    }
}

/// The status of a run that its holder hands back: the attempt does not count.
pub fn handed_back(run: &MonitoringRun) -> MonitoringRunStatus {
    let attempt = run.status.as_ref().and_then(|s| s.attempt).map(|n| n.saturating_sub(1));
    MonitoringRunStatus { phase: Some(Phase::Pending), attempt, ..Default::default() }
}

/// The status of a run that has its report.
pub fn completed(
    run: &MonitoringRun,
    report: Report,
    containers: Vec<ContainerBaseline>,
    done: Timestamp,
) -> MonitoringRunStatus {
    let mut status = run.status.clone().unwrap_or_default();
    status.finding_count = i32::try_from(report.findings.len()).ok();
    status.observations = report.observations;
    status.findings = report.findings;
    status.probable_cause = report.probable_cause;
    status.analysis = report.analysis;
    status.rules_verdict = Some(report.rules_verdict);
    status.verdict = Some(report.verdict);
    status.window = Some(report.window);
    status.containers = containers;
    finish(run, status, Phase::Completed, done)
}

/// The status of a run that came to no verdict of its own. What was known stays known, and the failure itself is found.
pub fn failed(
    job: &MonitoringJobStatus,
    run: &MonitoringRun,
    reason: Reason,
    message: &str,
    done: Timestamp,
) -> MonitoringRunStatus {
    let mut status = run.status.clone().unwrap_or_default();
    let failure = Finding {
        advice: Some("see the operator's log of that time".into()),
        first_seen: status.start_time,
        last_seen: Some(done),
        state: if job.findings.iter().any(|f| f.id == FAILED) { FindingState::Ongoing } else { FindingState::New },
        ..rules::finding(FAILED.into(), Kind::State, Severity::Critical, rules::own::SUBJECT, message)
    };
    let known = job.findings.iter().filter(|f| f.id != FAILED).map(|f| rules::carried(f, FindingState::Unknown));
    status.findings = std::iter::once(failure).chain(known).collect();
    status.finding_count = i32::try_from(status.findings.len()).ok();
    status.verdict = Some(Verdict::ErrorsInvestigate);
    status.rules_verdict = status.verdict;
    status.reason = Some(reason);
    status.message = Some(redact::cut(message, 500));
    finish(run, status, Phase::Failed, done)
}

/// The status of a run that is called off.
pub fn cancelled(run: &MonitoringRun, reason: Reason, message: &str, done: Timestamp) -> MonitoringRunStatus {
    let mut status = run.status.clone().unwrap_or_default();
    status.reason = Some(reason);
    status.message = Some(redact::cut(message, 500));
    finish(run, status, Phase::Cancelled, done)
}

fn finish(run: &MonitoringRun, mut status: MonitoringRunStatus, phase: Phase, done: Timestamp) -> MonitoringRunStatus {
    status.phase = Some(phase);
    status.completion_time = Some(done);
    status.duration = status.start_time.map(|start| duration_text(done.duration_since(start)));
    let generation = run.metadata.generation;
    let reason = status.reason.map_or_else(|| format!("{phase:?}"), |r| format!("{r:?}"));
    let message = status.message.clone().unwrap_or_default();
    let complete = condition::New {
        type_: "Complete",
        truth: (phase == Phase::Completed).into(),
        reason: &reason,
        message: &message,
        generation,
    };
    condition::set(&mut status.conditions, complete, done);
    let passed =
        phase == Phase::Completed && run.spec.fail_on.unwrap_or_default().passes(status.verdict.unwrap_or_default());
    let verdict = status.verdict.map_or("NoVerdict", |v| match v {
        Verdict::AllGood => "AllGood",
        Verdict::SuspiciousInvestigate => "Suspicious",
        Verdict::ErrorsInvestigate => "Errors",
    });
    let truth = Truth::from(passed);
    condition::set(
        &mut status.conditions,
        condition::New { type_: "Passed", truth, reason: verdict, message: &message, generation },
        done,
    );
    bound(&mut status);
    status
}

/// Drops evidence, then most of what Claude wrote, then observations, then the least severe findings, until the status fits.
pub(super) fn bound(status: &mut MonitoringRunStatus) {
    status.findings.truncate(MAX_FINDINGS);
    status.observations.truncate(MAX_OBSERVATIONS);
    let fits = |s: &MonitoringRunStatus| serde_json::to_vec(s).is_ok_and(|json| json.len() <= MAX_BYTES);
    while !fits(status) {
        if let Some(finding) = status.findings.iter_mut().rev().find(|f| f.evidence.len() > 1) {
            finding.evidence.truncate(1);
        } else if let Some(finding) = status.findings.iter_mut().rev().find(|f| !f.evidence.is_empty()) {
            finding.evidence.clear();
        } else if status.analysis.as_mut().is_some_and(|analysis| analysis.explanations.pop().is_some()) {
            // The summary stays.
        } else if status.investigation.as_mut().and_then(|i| i.report.as_mut()).is_some_and(shorten) {
            // What is broken stays, and why.
        } else if status.observations.len() > status.findings.len() / 2 {
            status.observations.pop();
        } else if status.findings.pop().is_none() {
            return;
        }
    }
}

/// Drops the least of a report; false when nothing is left that it could do without.
pub(super) fn shorten(report: &mut InvestigationReport) -> bool {
    [&mut report.evidence, &mut report.unchecked, &mut report.next_steps].into_iter().any(|list| list.pop().is_some())
}

/// How long the whole of a run took, as its column shows it: `2.4s`.
fn duration_text(took: SignedDuration) -> String {
    if took.as_secs() < 60 {
        format!("{:.1}s", took.as_secs_f64())
    } else {
        format!("{}m{}s", took.as_secs() / 60, took.as_secs() % 60)
    }
}
