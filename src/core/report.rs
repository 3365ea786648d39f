//! What a run concludes: findings against the run before, in their order, what was seen in lines for people, the verdict.

mod seen;
mod states;

use super::{
    correlate,
    observation::{Observations, docker::ContainerLook},
    overrides,
    previous::Previous,
    redact::{Redactor, cut},
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

fn conclude(spec: &MonitoringJobSpec, seen: &Observations, mut findings: Vec<Finding>, window: Window) -> Report {
    overrides::apply(spec, &mut findings, window.until);
    let verdict = verdict(&findings);
    let (mut findings, probable_cause) = correlate::order(spec, seen, window, findings);
    findings.truncate(MAX_FINDINGS);
    // What was seen is redacted; what the spec says is not: a check's path may carry a token.
    let shapes = Redactor::default();
    for finding in &mut findings {
        finding.message = shapes.redact(&finding.message).into_owned();
        finding.evidence.truncate(MAX_EVIDENCE);
        for line in &mut finding.evidence {
            *line = cut(line, EVIDENCE_CHARS);
        }
    }
    let mut observations = seen::lines(spec, seen, &findings);
    for observation in &mut observations {
        observation.message = shapes.redact(&observation.message).into_owned();
    }
    Report { verdict, rules_verdict: verdict, window, findings, probable_cause, observations, analysis: None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        api::{Kind, Severity, Verdict, job_status::FindingSummary, report::Aspect},
        core::{
            fixtures::{all_well, all_well_but, at, inspect, look_of, seen, spec, window, write_log},
            observation::docker::{Engine, EngineFailure, LogLook},
        },
    };

    fn down() -> Observations {
        all_well_but("autopar-redis", seen(inspect(&json!({"State": {"Status": "exited", "FinishedAt": at(2)}}))))
    }

    /// What the next run knows.
    fn remembered(report: &Report) -> Previous {
        let findings = report.findings.iter().filter(|f| f.state != FindingState::Resolved);
        let findings = findings.map(|f| FindingSummary {
            id: f.id.clone(),
            kind: f.kind,
            severity: f.severity,
            rules_severity: f.rules_severity,
            subject: f.subject.clone(),
            reason: f.reason.clone(),
            message: f.message.clone(),
            count: f.count,
            first_seen: f.first_seen,
            last_seen: f.last_seen,
            state: f.state,
        });
        Previous { window: Some(report.window), findings: findings.collect(), ..Previous::default() }
    }

    fn states(report: &Report) -> Vec<(&str, FindingState)> {
        report.findings.iter().map(|f| (f.id.as_str(), f.state)).collect()
    }

    #[test]
    fn all_well_is_all_good() {
        let report = report(&spec(), &all_well(), &Previous::default(), window());
        assert_eq!((report.verdict, &report.findings[..], &report.probable_cause), (Verdict::AllGood, &[][..], &None));
        let told: Vec<_> = report.observations.iter().map(|o| (o.outcome, o.message.as_str())).collect();
        assert_eq!(told[0], (Outcome::Good, "GET / answered 200 in 84 ms"));
        assert_eq!(told[1], (Outcome::Good, "the Docker engine answered in 3 ms"));
        assert_eq!(told[2], (Outcome::Good, "running, restarted 0 times"));
        assert_eq!(told[3], (Outcome::Good, "0 records read"));
        assert_eq!(told.len(), 8);
    }

    #[test]
    fn findings_are_new_then_ongoing_then_resolved() {
        let first = report(&spec(), &down(), &Previous::default(), window());
        assert_eq!(states(&first), [("container/autopar-redis/NotRunning", FindingState::New)]);
        let second = report(&spec(), &down(), &remembered(&first), window());
        assert_eq!(states(&second), [("container/autopar-redis/NotRunning", FindingState::Ongoing)]);
        assert_eq!(second.verdict, Verdict::ErrorsInvestigate);
        let third = report(&spec(), &all_well(), &remembered(&second), window());
        assert_eq!(states(&third), [("container/autopar-redis/NotRunning", FindingState::Resolved)]);
        assert_eq!((third.verdict, third.findings[0].over_since), (Verdict::AllGood, Some(window().until)));
        let fourth = report(&spec(), &all_well(), &remembered(&third), window());
        assert_eq!(states(&fourth), []);
    }

    #[test]
    fn blind_is_not_healthy() {
        // Nothing was looked at: all of it is told, and none of it is good.
        let nothing = report(&spec(), &Observations::default(), &Previous::default(), window());
        assert_eq!(nothing.verdict, Verdict::SuspiciousInvestigate);
        assert_eq!(nothing.findings.len(), 5);
        assert!(nothing.observations.iter().all(|o| o.outcome == Outcome::NotObserved));
        // What was known of a host that does not answer stays known.
        let before = remembered(&report(&spec(), &down(), &Previous::default(), window()));
        let mut blind = all_well();
        blind.hosts[0].engine =
            Engine::Failed { reason: EngineFailure::EngineUnreachable, detail: "connection refused".into() };
        for container in &mut blind.containers {
            container.look = ContainerLook::NotObserved { why: "its host's engine did not answer".into() };
        }
        let report = report(&spec(), &blind, &before, window());
        assert_eq!(
            states(&report),
            [
                ("docker/staging-host/EngineUnreachable", FindingState::New),
                ("container/autopar-redis/NotRunning", FindingState::Unknown)
            ]
        );
        assert_eq!(report.findings[1].severity, Severity::Critical);
        let unseen = report.observations.iter().filter(|o| o.outcome == Outcome::NotObserved).count();
        assert_eq!(unseen, 7);
    }

    #[test]
    fn a_log_that_was_not_read_resolves_nothing_and_is_not_good() {
        let mut bad = all_well();
        write_log(&mut bad, &spec(), "autopar-worker", &[(1, "ERROR no")]);
        let first = report(&spec(), &bad, &Previous::default(), window());
        let mut unread = all_well();
        let ContainerLook::Seen { logs, .. } = look_of(&mut unread, "autopar-worker") else { panic!() };
        *logs = LogLook::Unavailable { why: "log driver none".into() };
        let second = report(&spec(), &unread, &remembered(&first), window());
        let known = ("logs/autopar-worker/error-records", FindingState::Unknown);
        assert!(states(&second).contains(&known), "{:?}", states(&second));
        let line =
            second.observations.iter().find(|o| o.subject == "autopar-worker" && o.aspect == Aspect::Logs).unwrap();
        assert_eq!((line.outcome, line.message.as_str()), (Outcome::NotObserved, "not read: log driver none"));
        let read = report(&spec(), &all_well(), &remembered(&second), window());
        let over = read.findings.iter().find(|f| f.id == known.0).unwrap();
        assert_eq!((over.state, over.over_since, over.kind), (FindingState::Resolved, None, Kind::Event));
    }

    #[test]
    fn an_unhealthy_container_that_stopped_is_not_well_again() {
        let sick = all_well_but("autopar-redis", seen(inspect(&json!({"State": {"Health": {"Status": "unhealthy"}}}))));
        let first = report(&spec(), &sick, &Previous::default(), window());
        let second = report(&spec(), &down(), &remembered(&first), window());
        assert_eq!(
            states(&second),
            [
                ("container/autopar-redis/NotRunning", FindingState::New),
                ("container/autopar-redis/Unhealthy", FindingState::Unknown)
            ]
        );
    }

    #[test]
    fn a_flood_of_errors_is_seen() {
        let mut observations = all_well();
        write_log(&mut observations, &spec(), "autopar-worker", &vec![(1, "ERROR PANIC out of disk space"); 1000]);
        let report = report(&spec(), &observations, &Previous::default(), window());
        assert_eq!((report.verdict, report.findings[0].count), (Verdict::ErrorsInvestigate, 1000));
    }

    #[test]
    fn what_left_the_spec_is_forgotten() {
        let first = report(&spec(), &down(), &Previous::default(), window());
        let mut smaller = spec();
        smaller.docker_hosts[0].containers.remove(0);
        assert_eq!(states(&report(&smaller, &all_well(), &remembered(&first), window())), []);
    }

    #[test]
    fn offline_says_nothing_of_any_target() {
        let before = remembered(&report(&spec(), &down(), &Previous::default(), window()));
        let report = offline(&spec(), &all_well(), &before, window());
        assert_eq!(
            states(&report),
            [("container/autopar-redis/NotRunning", FindingState::Unknown), ("self/run/Offline", FindingState::New)]
        );
        assert!(report.observations.iter().all(|o| o.outcome == Outcome::NotObserved));
        let fresh = offline(&spec(), &all_well(), &Previous::default(), window());
        assert_eq!(fresh.verdict, Verdict::SuspiciousInvestigate);
    }

    #[test]
    fn own_words_are_never_judged() {
        // A report full of words such as "errors" and "failed", read back as a log at no level, is no finding.
        let text = serde_json::to_string(&report(&spec(), &all_well(), &Previous::default(), window())).unwrap();
        let mut observations = all_well();
        let lines = [(1, "Total Warnings: 0, no critical errors detected, 0 failed"), (2, text.as_str())];
        write_log(&mut observations, &spec(), "autopar-worker", &lines);
        assert_eq!(report(&spec(), &observations, &Previous::default(), window()).findings, []);
    }

    /// Records of a worker, from harmless to fatal, none of which continues another.
    const RECORDS: [&str; 8] = [
        "INFO job done",
        "0 jobs failed, 0 exceptions",
        "WARN slow",
        "ERROR no",
        "FATAL no configuration",
        "ERROR disk full",
        "panic: no",
        r#"{"level":50,"msg":"no"}"#,
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn another_record_never_lowers_the_verdict(
            records in proptest::collection::vec((0..15_i64, 0..RECORDS.len()), 0..12),
            more in 0..RECORDS.len(),
            place in 0..12_usize,
        ) {
            let mut lines: Vec<(i64, &str)> = records.iter().map(|&(minute, n)| (minute, RECORDS[n])).collect();
            lines.sort_unstable();
            let verdict = |lines: &[(i64, &str)]| {
                let mut observations = all_well();
                write_log(&mut observations, &spec(), "autopar-worker", lines);
                report(&spec(), &observations, &Previous::default(), window()).verdict
            };
            let before = verdict(&lines);
            let place = place.min(lines.len());
            lines.insert(place, (lines.get(place).map_or(14, |line| line.0), RECORDS[more]));
            prop_assert!(verdict(&lines) >= before);
        }
    }
}
