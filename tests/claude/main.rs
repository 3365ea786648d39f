//! Claude's analysis without a socket: what is asked of it, and what becomes of its answers.
#![allow(clippy::unwrap_used, reason = "what is not as a test expects ends it")]

mod injected;
mod looked;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, PoisonError},
};

use proptest::prelude::*;
use serde_json::{Value, json};
use stagewatch::{
    analyze::analyst,
    api::{
        Finding, MonitoringJobSpec, MonitoringRun, MonitoringRunSpec, Verdict,
        analysis::Usage,
        job_status::{MessageKind, OutboxEntry},
        report::{Report, Source},
    },
    core::{
        analysis::{self, answer, prompt, untrusted::Fence},
        execution,
        message::{Letter, Place},
        redact::Redactor,
    },
    recording::{self, Recording},
};

const SECRET: &str = "hunter2-canary-4711";
const MODEL: &str = "claude-sonnet-5-5";

/// Reading compiles what is sought in logs, which takes longer than all else: each is read once.
fn recorded(name: &str) -> Recording {
    static READ: Mutex<BTreeMap<String, Recording>> = Mutex::new(BTreeMap::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    read.entry(name.to_owned()).or_insert_with(|| recording::read(&folder).unwrap()).clone()
}

fn ask(spec: &MonitoringJobSpec, report: &Report, nonce: u64) -> (prompt::Prompt, Value) {
    let prompt = prompt::prompt(spec, report, &Fence::new(nonce), &Redactor::new([SECRET]));
    let request = serde_json::to_value(analyst::request(MODEL, &prompt)).unwrap();
    xtask::rig::claude::check(&request).unwrap();
    (prompt, request)
}

/// The report after an answer; as it was where the answer is none.
fn after(spec: &MonitoringJobSpec, report: &Report, text: &str) -> Report {
    let mut after = report.clone();
    let (prompt, _) = ask(spec, report, 7);
    let read = answer::read(spec, report, &prompt, text, &Redactor::new([SECRET]), MODEL, Usage::default());
    match read {
        Ok((analysis, suspicions)) => analysis::take_in(&mut after, analysis, suspicions, None),
        Err(why) => after.analysis = Some(analysis::unanswered(MODEL, "Undecodable", &why, Usage::default())),
    }
    after
}

fn completed(seen: &Recording, report: Report) -> MonitoringRun {
    let mut run = MonitoringRun::new("run", MonitoringRunSpec::default());
    run.status = Some(execution::completed(&run, report, vec![], seen.recorded_at));
    run
}

fn message(seen: &Recording, run: &MonitoringRun, kind: MessageKind) -> String {
    let letter = Letter {
        job: &seen.job,
        status: &seen.job.status.clone().unwrap_or_default(),
        schedule: None,
        problems: &[],
        run: Some(run),
        opened: None,
        entry: &OutboxEntry::new("team", kind, "run"),
        place: Place::Nowhere,
        now: seen.recorded_at,
    };
    letter.parts().iter().map(|part| part.plain.as_str()).collect()
}

fn answered(verdict: &str) -> Value {
    json!({
        "verdict": verdict, "summary": "Redis ran out of memory and was killed.", "explanations": [], "suspicions": [],
        "recommendations": ["Raise the memory limit."], "investigate": true,
    })
}

fn is_floor(before: &Report, after: &Report) {
    assert!(after.verdict >= before.verdict && after.rules_verdict == before.rules_verdict);
    assert_eq!(after.findings[..before.findings.len()], before.findings, "nothing is hidden or changed");
    let more = &after.findings[before.findings.len()..];
    assert!(more.len() <= 5 && more.iter().all(|f| f.source == Source::Claude && f.id.starts_with("claude/")));
}

#[test]
fn a_suspicion_needs_a_subject_of_the_job_and_evidence_that_was_sent() {
    let seen = recorded("correlated-redis-killed");
    let report = seen.report();
    let quote = report.observations.iter().find(|o| o.subject == "autopar-redis").unwrap().message.clone();
    let told = |verdict: &str, subject: &str, topic: &str, evidence: &str| {
        let mut answer = answered(verdict);
        answer["suspicions"] = json!([{"severity": "Critical", "subject": subject, "topic": topic, "message": "m", "evidence": [evidence]}]);
        let after = after(&seen.job.spec, &report, &answer.to_string());
        is_floor(&report, &after);
        let of_claude: Vec<Finding> = after.findings.into_iter().filter(|f| f.source == Source::Claude).collect();
        of_claude.into_iter().map(|f| (f.id, f.evidence)).next()
    };
    let kept = Some(("claude/autopar-redis/Memory".to_owned(), vec![quote.clone()]));
    assert_eq!(told("ERRORS_INVESTIGATE", "autopar-redis", "Memory", &quote), kept);
    assert_eq!(told("ERRORS_INVESTIGATE", "autopar-redis", "Memory", "word for word, and made up"), None);
    assert_eq!(told("ERRORS_INVESTIGATE", "autopar-redis", "Memory", "a"), None, "too short to be a quote");
    assert_eq!(told("ERRORS_INVESTIGATE", "production-db", "Memory", &quote), None);
    assert_eq!(told("ERRORS_INVESTIGATE", "autopar-redis", "Gremlins", &quote), None);
    assert_eq!(told("ALL_GOOD", "autopar-redis", "Memory", &quote), None);
}

#[test]
fn what_is_no_answer_says_so_and_a_fence_around_it_is_taken_off() {
    let seen = recorded("redis-healthy-idle");
    let report = seen.report();
    let good = answered("ERRORS_INVESTIGATE");
    let (mut types, mut word) = (good.clone(), good.clone());
    types["recommendations"] = json!("one");
    word["verdict"] = json!("FINE");
    let cut = &good.to_string()[..40];
    for (text, reason) in [
        (good.to_string(), "Analyzed"),
        (format!("```json\n{good}\n```"), "Analyzed"),
        (format!("```\n{good}```\n"), "Analyzed"),
        (format!("Here it is:\n```json\n{good:#}\n```"), "Analyzed"),
        ("```".to_owned(), "Undecodable"),
        (format!("Here it is: {good}"), "Undecodable"),
        (cut.to_owned(), "Undecodable"),
        (types.to_string(), "Undecodable"),
        (word.to_string(), "Undecodable"),
        (String::new(), "Undecodable"),
        ("null".to_owned(), "Undecodable"),
    ] {
        let after = after(&seen.job.spec, &report, &text);
        let raised = reason == "Analyzed";
        let expected = if raised { Verdict::ErrorsInvestigate } else { Verdict::AllGood };
        assert_eq!((after.analysis.unwrap().reason.as_str(), after.verdict), (reason, expected), "{text}");
    }
}

/// Reviewed: the rules' cause is first, Claude's words are after it, a raise is told as Claude's.
#[test]
fn two_failing_recordings_with_a_scripted_answer() {
    for (name, finding, summary, advice) in [
        (
            "correlated-redis-oom",
            "container/autopar-redis/OomKilled",
            "Redis was killed by the kernel at its memory limit and what needs it fails since; nothing else is broken.",
            "Compare the data set with the limit before raising it: docker stats autopar-redis shows both.",
        ),
        (
            "rabbitmq-disk-alarm",
            "logs/autopar-rabbitmq/disk-alarm",
            "RabbitMQ blocks all publishers because its disk is nearly full. Consumers go on.",
            "Free space on the volume of autopar-rabbitmq, see https://www.rabbitmq.com/docs/disk-alarms.",
        ),
    ] {
        let seen = recorded(name);
        let report = seen.report();
        let mut answer = answered("ERRORS_INVESTIGATE");
        answer["summary"] = json!(summary);
        answer["recommendations"] = json!([advice]);
        answer["explanations"] = json!([{"findingId": report.findings[0].id, "text": "It is the first of its kind in this window."}, {"findingId": finding, "text": "second"}]);
        let after = after(&seen.job.spec, &report, &answer.to_string());
        is_floor(&report, &after);
        insta::assert_yaml_snapshot!(format!("{name}-analysis"), after.analysis);
        insta::assert_snapshot!(
            format!("{name}-message"),
            message(&seen, &completed(&seen, after), MessageKind::Alert)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_the_model_says_the_rules_are_a_floor(
        verdict in prop::sample::select(vec!["ALL_GOOD", "SUSPICIOUS_INVESTIGATE", "ERRORS_INVESTIGATE", "x"]),
        severity in prop::sample::select(vec!["Info", "Warning", "Critical"]),
        (summary, evidence) in ("\\PC{0,40}", "\\PC{0,40}"),
        raw in any::<Option<String>>(),
    ) {
        let seen = recorded("redis-aof-disk-full");
        let report = seen.report();
        let mut answer = answered(verdict);
        answer["summary"] = json!(summary);
        answer["suspicions"] = json!([{"severity": severity, "subject": "autopar-redis", "topic": "Disk", "message": evidence, "evidence": ["o0", evidence]}]);
        is_floor(&report, &after(&seen.job.spec, &report, &raw.unwrap_or_else(|| answer.to_string())));
    }

    #[test]
    fn the_request_is_pure_bounded_and_legal(text in any::<String>(), times in 1..200_usize, nonce: u64) {
        let seen = recorded("correlated-redis-oom");
        let mut report = seen.report();
        let long = text.repeat(times);
        for finding in &mut report.findings {
            finding.evidence = vec![long.clone(); 5];
        }
        let (more, spec) = (report.findings[0].clone(), &seen.job.spec);
        report.findings.extend(std::iter::repeat_n(more, times % 100));
        let (first, request) = ask(spec, &report, nonce);
        prop_assert_eq!(&first, &ask(spec, &report.clone(), nonce).0);
        prop_assert!(request.to_string().len() < 64 * 1024);
        prop_assert_eq!(first.user.matches(Fence::new(nonce).name()).count(), 2);
    }
}
