//! What a run concludes: findings against the run before, in their order, what was seen in lines for people, the verdict.

mod seen;
mod states;

use super::{
    correlate,
    observation::{Observations, docker::ContainerLook},
    previous::Previous,
    redact::cut,
    rules,
    verdict::verdict,
};
use crate::api::{
    Finding, FindingState, MonitoringJobSpec, Window,
    job_status::ContainerBaseline,
    report::{Outcome, Report},
};

/// What a report lists at most.
const MAX_FINDINGS: usize = 100;
const MAX_EVIDENCE: usize = 5;
const EVIDENCE_CHARS: usize = 400;

/// The report of a run. The same from what was recorded as from what was seen.
pub fn report(spec: &MonitoringJobSpec, seen: &Observations, previous: &Previous, window: Window) -> Report {
    let found = rules::judge(spec, seen, previous, window);
    conclude(spec, seen, states::against(spec, found, seen, previous, window), window)
}

/// The report of a run that reached nothing at all, the Bot API included: what was known stays known, and nothing is
/// said of any target. See [`rules::own::reached_nothing`].
pub fn offline(spec: &MonitoringJobSpec, seen: &Observations, previous: &Previous, window: Window) -> Report {
    let own = rules::own::offline(window);
    let id = own.id.clone();
    let blind = Observations::default();
    let mut findings = states::against(spec, vec![own], &blind, previous, window);
    findings.retain(|f| f.id == id || f.state != FindingState::Resolved);
    let mut report = conclude(spec, seen, findings, window);
    for observation in &mut report.observations {
        observation.outcome = Outcome::NotObserved;
    }
    report
}

/// What the next run compares containers with.
pub fn containers(seen: &Observations) -> Vec<ContainerBaseline> {
    let of = |look: &ContainerLook, name: &str| match look {
        ContainerLook::Seen { inspect, .. } => Some(rules::container::baseline(name, inspect)),
        _ => None,
    };
    seen.containers.iter().filter_map(|c| of(&c.look, &c.name)).collect()
}

fn conclude(spec: &MonitoringJobSpec, seen: &Observations, findings: Vec<Finding>, window: Window) -> Report {
    let verdict = verdict(&findings);
    let (mut findings, probable_cause) = correlate::order(spec, findings);
    findings.truncate(MAX_FINDINGS);
    for finding in &mut findings {
        finding.evidence.truncate(MAX_EVIDENCE);
        for line in &mut finding.evidence {
            *line = cut(line, EVIDENCE_CHARS);
        }
    }
    let observations = seen::lines(spec, seen, &findings);
    Report { verdict, rules_verdict: verdict, window, findings, probable_cause, observations }
}
