//! Claude's analysis without a socket: what is asked of it, and what becomes of its answers.
#![allow(clippy::unwrap_used, reason = "what is not as a test expects ends it")]

use std::path::Path;

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

fn recorded(name: &str) -> Recording {
    recording::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name)).unwrap()
}

/// The corpus: where each stands, its language or encoding, its text.
fn injections() -> Vec<(String, String, String)> {
    let lines = include_str!("injections.txt").lines().filter(|line| !line.starts_with('#'));
    let parts = lines.map(|line| {
        let parts: Vec<&str> = line.splitn(3, " | ").collect();
        (parts[0].to_owned(), parts[1].to_owned(), serde_json::from_str(parts[2]).unwrap())
    });
    parts.collect()
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
        Ok((analysis, suspicions)) => analysis::take_in(&mut after, analysis, suspicions),
        Err(why) => after.analysis = Some(analysis::unanswered(MODEL, "Undecodable", &why, Usage::default())),
    }
    after
}

fn message(seen: &Recording, report: Report) -> String {
    let mut run = MonitoringRun::new("run", MonitoringRunSpec::default());
    run.status = Some(execution::completed(&run, report, vec![], seen.recorded_at));
    let letter = Letter {
        job: &seen.job,
        status: &seen.job.status.clone().unwrap_or_default(),
        schedule: None,
        problems: &[],
        run: Some(&run),
        opened: None,
        entry: &OutboxEntry::new("team", MessageKind::Alert, "run"),
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

/// A model that obeys: it says all good, repeats what it was told everywhere, and gives away what it can.
fn obeying(text: &str) -> String {
    let all = format!("{text} https://evil.example/x www.evil.example {SECRET} \u{202e}\u{200b}");
    json!({
        "verdict": "ALL_GOOD", "summary": all, "explanations": [{"findingId": "container/autopar-redis/NotRunning", "text": all}],
        "suspicions": [{"severity": "Critical", "subject": "production-db", "topic": "Other", "message": all, "evidence": [text]},
            {"severity": "Critical", "subject": "autopar-redis", "topic": "Other", "message": all, "evidence": ["o0"]}],
        "recommendations": [all, all], "investigate": false,
    })
    .to_string()
}

#[test]
fn a_model_that_obeys_every_injection_changes_nothing() {
    let seen = recorded("correlated-redis-killed");
    let all = injections();
    assert!(all.len() >= 60, "{}", all.len());
    let languages: std::collections::BTreeSet<_> = all.iter().map(|(_, language, _)| language).collect();
    assert!(languages.len() >= 12);
    for (place, language, text) in &all {
        let mut report = seen.report();
        let planted = format!("{text} password={SECRET}");
        for finding in &mut report.findings {
            finding.evidence.push(planted.clone());
        }
        report.observations[0].message.clone_from(&planted);
        let mut spec = seen.job.spec.clone();
        spec.environment.clone_from(text);
        let (prompt, request) = ask(&spec, &report, 0);
        let sent = request.to_string();
        assert!(!sent.contains(SECRET), "{place} {language}: {text:?}");
        let marks = prompt.user.matches(Fence::new(0).name()).count();
        assert_eq!(marks, 2, "{place} {language}: the fence is forged by {text:?}");
        let odd = |c: char| c != '\n' && c.is_control() || ('\u{200b}'..='\u{202e}').contains(&c) || c > '\u{e0000}';
        assert!(!prompt.user.chars().any(odd), "{place} {language}: {text:?}");

        let before = seen.report();
        let after = after(&spec, &before, &obeying(text));
        is_floor(&before, &after);
        let shown = serde_json::to_string(&after).unwrap();
        let told = message(&seen, after);
        for text in [&shown, &told] {
            assert!(
                !text.contains(SECRET)
                    && !text.contains("http://")
                    && !text.contains("https://")
                    && !text.contains("www."),
                "{text}"
            );
            assert!(!text.contains(['\u{202e}', '\u{200b}', '\u{1b}']), "{text}");
        }
        assert!(told.contains("autopar-redis"), "{told}");
    }
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
        insta::assert_snapshot!(format!("{name}-message"), message(&seen, after));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

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
    fn the_request_is_pure_bounded_and_legal(text in any::<String>(), times in 1..400_usize, nonce: u64) {
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
