//! Which runs are analysed.

use crate::{
    api::{
        Finding, MonitoringJob, MonitoringRunStatus,
        job::Analyze,
        job_status::Raise,
        report::{Report, Source},
        run::Trigger,
    },
    core::{fold, message::policy::Situation, rules::own, schedule::Schedule},
};

/// What to do with a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Ask Claude.
    Ask,
    /// Nothing new is wrong: what it raised before holds.
    Hold(Raise),
    /// Make no call.
    Leave,
}

/// What `job` wants done with the report of a run with this trigger.
///
/// `OnChange` asks when an incident opens or something new joins it, by the same rule by which messages ring: whatever
/// comes and goes within an incident is asked once. A run by hand asks about what its incident has not seen.
pub fn decide(job: &MonitoringJob, schedule: Option<&Schedule>, trigger: Trigger, report: &Report) -> Decision {
    let Some(claude) = job.spec.analysis.as_ref().map(|analysis| &analysis.claude) else { return Decision::Leave };
    if own::is_offline(&report.findings) {
        return Decision::Leave;
    }
    let status = job.status.clone().unwrap_or_default();
    let mut bad = report.findings.iter().filter(|f| f.source == Source::Rules && f.is_bad()).peekable();
    let wanted = match claude.analyze.unwrap_or_default() {
        Analyze::Always => true,
        Analyze::OnProblem => bad.peek().is_some(),
        Analyze::OnChange if trigger == Trigger::Schedule => {
            fold::foresee(job, schedule, trigger, report) == Some(Situation::Opens)
        }
        Analyze::OnChange => {
            let seen = status.incident.iter().flat_map(|incident| &incident.seen);
            bad.any(|f| !seen.clone().any(|s| s.id == f.id && s.severity >= f.severity))
        }
    };
    if wanted {
        return Decision::Ask;
    }
    holding(job, report).map_or(Decision::Leave, Decision::Hold)
}

/// What was raised before, where it still holds.
pub fn holding(job: &MonitoringJob, report: &Report) -> Option<Raise> {
    let raise = job.status.as_ref()?.incident.as_ref()?.raise.as_ref()?;
    Some(raise.clone()).filter(|raise| holds(raise, &report.findings))
}

/// Whether something is wrong, and all of it was known when the verdict was raised.
pub fn holds(raise: &Raise, findings: &[Finding]) -> bool {
    let mut bad = findings.iter().filter(|f| f.source == Source::Rules && f.is_bad()).peekable();
    bad.peek().is_some() && bad.all(|f| raise.findings.contains(&f.id))
}

/// What the answer to a run's question raised, for the runs to come.
pub fn raise(run: &str, done: &MonitoringRunStatus) -> Option<Raise> {
    let bad = done.findings.iter().filter(|f| f.source == Source::Rules && f.is_bad());
    let verdict = done.verdict.filter(|verdict| Some(*verdict) > done.rules_verdict)?;
    Some(Raise { verdict, run: run.to_owned(), findings: bad.map(|f| f.id.clone()).collect() })
}
