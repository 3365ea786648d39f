//! What real services said when they failed, and what must be concluded from it: `tests/recordings/expected.yaml`.
#![allow(clippy::unwrap_used, reason = "what is not as a test expects ends it")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use regex::RegexBuilder;
use serde::Deserialize;
use stagewatch::{
    api::{Finding, MonitoringJobSpec, Severity, Verdict, report::Report},
    recording,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    verdict: Vec<Verdict>,
    /// What the probable cause, or one of the first two findings, matches by its id, reason or message.
    cause: Option<String>,
    /// What that finding is about.
    subject: Option<String>,
    /// The subjects whose findings come before all others.
    #[serde(default)]
    roots: Vec<String>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

fn replay(name: &str) -> (MonitoringJobSpec, Report) {
    let recording = recording::read(&folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let report = recording.report();
    (recording.job.spec, report)
}

/// What of `expected` is not so.
fn wrong(expected: &Expected, spec: &MonitoringJobSpec, report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    if !expected.verdict.contains(&report.verdict) {
        wrong.push(format!("verdict {:?}", report.verdict));
    }
    if expected.verdict == [Verdict::AllGood] && report.findings.iter().any(|f| f.severity > Severity::Info) {
        wrong.push("a finding above Info".to_owned());
    }
    let cause = report.probable_cause.as_ref();
    if let (Some(pattern), Some(subject)) = (&expected.cause, &expected.subject) {
        let pattern =
            RegexBuilder::new(pattern).case_insensitive(true).build().unwrap_or_else(|error| panic!("{error}"));
        let named = report.findings.iter().filter(|f| cause.is_some_and(|cause| cause.finding_id == f.id));
        let fits = |f: &Finding| {
            f.subject == *subject && [&f.id, &f.reason, &f.message].into_iter().any(|text| pattern.is_match(text))
        };
        if !named.chain(report.findings.iter().take(2)).any(fits) {
            wrong.push(format!("no cause like {pattern} about {subject}"));
        }
    }
    if !expected.roots.is_empty() {
        let roots: BTreeSet<_> = expected.roots.iter().collect();
        let others = report.findings.iter().skip_while(|f| roots.contains(&f.subject));
        if others.clone().any(|f| roots.contains(&f.subject)) || others.count() == report.findings.len() {
            wrong.push("the findings of the roots do not come first".to_owned());
        }
        if let [root] = &expected.roots[..] {
            if cause.is_none_or(|cause| cause.subject != *root) {
                wrong.push(format!("the cause is not {root}"));
            }
            for id in cause.iter().flat_map(|cause| &cause.consequences) {
                let tied = report.findings.iter().find(|f| f.id == *id).is_some_and(|f| is_tied(spec, f, root));
                if !tied {
                    wrong.push(format!("{id} is no consequence of {root}"));
                }
            }
        }
    }
    wrong
}

/// What needs the root says so in the job or in its log.
fn is_tied(spec: &MonitoringJobSpec, finding: &Finding, root: &str) -> bool {
    needs(spec, &finding.subject, root) || finding.evidence.iter().any(|line| line.contains(root))
}

/// Whether `subject` is `root` or needs it, over any number of steps; no job here has a circle.
fn needs(spec: &MonitoringJobSpec, subject: &str, root: &str) -> bool {
    let host =
        spec.docker_hosts.iter().any(|host| host.name == root && host.containers.iter().any(|c| c.name == subject));
    let mut direct = spec.dependencies.iter().filter(|d| d.subject == subject).flat_map(|d| &d.needs);
    subject == root || host || direct.any(|needed| needs(spec, needed, root))
}

#[test]
fn each_recording_comes_to_what_is_expected() {
    let yaml = std::fs::read_to_string(folder().join("expected.yaml")).unwrap();
    let expected: BTreeMap<String, Expected> = serde_saphyr::from_str(&yaml).unwrap();
    assert!(expected.len() >= 45);
    let mut failures = Vec::new();
    for (name, expected) in &expected {
        let (spec, report) = replay(name);
        let wrong = wrong(expected, &spec, &report);
        if !wrong.is_empty() {
            let findings: Vec<String> = report
                .findings
                .iter()
                .map(|f| format!("    {:?} {} ×{}: {}", f.severity, f.id, f.count, f.message))
                .collect();
            failures.push(format!(
                "{name}: {}\n{}\n    cause: {:?}",
                wrong.join(", "),
                findings.join("\n"),
                report.probable_cause
            ));
        }
    }
    assert!(failures.is_empty(), "{} of {} are wrong:\n{}", failures.len(), expected.len(), failures.join("\n"));
}
