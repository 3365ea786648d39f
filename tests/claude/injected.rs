//! Text of strangers that gives orders, put where such text enters, and a model that obeys all of it.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use serde_json::json;
use stagewatch::{
    api::{job::ProfileName, job_status::MessageKind, validation},
    core::{
        analysis::{
            prompt::Prompt,
            untrusted::{Fence, clean},
        },
        logs::{Matcher, Scanner},
        observation::{
            docker::{ContainerLook, LogLook},
            website::{Answer, AttemptResult},
        },
        redact::cut,
    },
    recording::Recording,
};

use crate::{SECRET, after, ask, completed, is_floor, message, recorded};

/// The corpus: where each stands, its language or encoding, its text.
fn corpus() -> Vec<(&'static str, &'static str, String)> {
    let lines = include_str!("injections.txt").lines().filter(|line| !line.starts_with('#'));
    let parts = lines.map(|line| {
        let parts: Vec<&str> = line.splitn(3, " | ").collect();
        (parts[0], parts[1], serde_json::from_str(parts[2]).unwrap())
    });
    parts.collect()
}

fn base() -> Recording {
    recorded("nginx-upstream-refused")
}

/// A run that has seen `text` at `place`. It is not redacted yet, as what collectors hand on is.
fn planted(place: &str, text: &str) -> Recording {
    static NGINX: LazyLock<Arc<Matcher>> =
        LazyLock::new(|| Arc::new(Matcher::compile(ProfileName::Nginx, &[], "autopar-nginx").unwrap()));
    let mut seen = base();
    let ContainerLook::Seen { inspect, logs, .. } = &mut seen.observations.containers[0].look else {
        panic!("the container is not seen")
    };
    let attempt = &mut seen.observations.checks[0].attempts[0];
    let AttemptResult::Answered(answer) = &mut attempt.result else { panic!("the site did not answer") };
    match place {
        // Whoever asks for a path writes into the log.
        "log line" => {
            let mut scanner = Scanner::new(&NGINX, seen.window);
            scanner.line(format!("2026-11-24T12:42:18.620839520Z 2026/11/24 12:42:18 [error] 9#9: *3 connect() failed (111: Connection refused) while connecting to upstream, client: 172.17.0.1, request: \"GET /{text} HTTP/1.0\"").as_bytes());
            *logs = LogLook::Read(scanner.finish());
        }
        "page body" => answer.excerpt = Some(cut(text, 200)),
        "header" => {
            attempt.redirects = 1;
            answer.location = Some(text.to_owned());
        }
        "JSON field" => {
            let json_mismatches = vec![format!("$.status is \"{text}\" instead of \"ok\"")];
            *answer = Answer { status: 200, json_mismatches, ..answer.clone() };
        }
        "container name" | "label" => {
            let mut json = serde_json::to_value(&*inspect).unwrap();
            json["Name"] = json!(format!("/{text}"));
            json["Config"]["Labels"] = json!({text: text});
            *inspect = serde_json::from_value(json).unwrap();
        }
        _ => panic!("{place:?} is no place"),
    }
    seen
}

/// It says that all is good, repeats what it was told everywhere, and gives away what it can.
fn obeying(text: &str) -> String {
    let all = format!("{text} https://evil.example/x www.evil.example {SECRET} \u{202e}\u{200b}");
    json!({
        "verdict": "ALL_GOOD", "summary": all, "explanations": [{"findingId": "website/site/home/UnexpectedStatus", "text": all}],
        "suspicions": [{"severity": "Critical", "subject": "production-db", "topic": "Other", "message": all, "evidence": [text]},
            {"severity": "Critical", "subject": "autopar-nginx", "topic": "Other", "message": all, "evidence": ["o0"]}],
        "recommendations": [all, all], "investigate": false,
    })
    .to_string()
}

fn assert_harmless(text: &str, of: &str) {
    for live in [SECRET, "http://", "https://", "tg://", "www.", "\u{202e}", "\u{200b}", "\u{1b}"] {
        assert!(!text.contains(live), "{live:?} by {of:?}: {text}");
    }
}

/// The first of what a reader sees of `text` is in the question.
fn has_entered(prompt: &Prompt, text: &str) -> bool {
    let start: String = clean(text).trim().chars().take(8).collect();
    let written = serde_json::to_string(&start).unwrap();
    prompt.user.contains(written.trim_matches('"'))
}

#[test]
fn the_corpus_is_as_wide_as_it_says() {
    let all = corpus();
    let texts: BTreeSet<&String> = all.iter().map(|(.., text)| text).collect();
    assert!(texts.len() >= 60 && texts.len() == all.len(), "{} of {}", texts.len(), all.len());
    assert_eq!(all.iter().map(|(place, ..)| *place).collect::<BTreeSet<_>>().len(), 6);
    let kinds: BTreeSet<_> = all.iter().map(|(_, kind, _)| *kind).collect();
    for kind in [
        "en",
        "de",
        "nl",
        "fr",
        "es",
        "zh",
        "ru",
        "ar",
        "ja",
        "base64",
        "percent",
        "HTML entities",
        "JSON escapes",
        "ANSI",
        "bidi",
        "zero-width",
    ] {
        assert!(kinds.contains(kind), "{kind}");
    }
}

#[test]
fn what_strangers_write_is_data_in_the_question_and_names_and_labels_do_not_get_there() {
    let clear = ask(&base().job.spec, &base().report(), 0).0;
    for (place, kind, text) in corpus() {
        let seen = planted(place, &text);
        let report = seen.report();
        assert!(!report.findings.is_empty());
        let (prompt, request) = ask(&seen.job.spec, &report, 0);
        let told = || format!("{place}, {kind}: {text:?}");
        match place {
            "container name" | "label" => {
                assert_eq!(prompt, clear, "{}", told());
                let mut job = seen.job.clone();
                job.spec.docker_hosts[0].containers[0].name.clone_from(&text);
                assert!(!validation::problems(&job).is_empty(), "{}", told());
            }
            _ => assert!(has_entered(&prompt, &text) || text.contains(SECRET), "{} {}", told(), prompt.user),
        }
        assert!(!request.to_string().contains(SECRET), "{}", told());
        assert_eq!(prompt.user.matches(Fence::new(0).name()).count(), 2, "the fence is forged by {}", told());
        let odd = |c| {
            c != '\n' && char::is_control(c)
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..)
        };
        assert!(!prompt.user.chars().any(odd), "{}", told());
        is_floor(&report, &after(&seen.job.spec, &report, &obeying(&text)));
    }
}

#[test]
fn a_model_that_obeys_every_injection_changes_nothing() {
    let seen = base();
    let before = seen.report();
    for (.., text) in corpus() {
        let after = after(&seen.job.spec, &before, &obeying(&text));
        is_floor(&before, &after);
        assert_eq!(after.findings, before.findings, "what is good has no suspicions");
        assert_harmless(&serde_json::to_string(&after.analysis).unwrap(), &text);
        let told = message(&seen, &completed(&seen, after), MessageKind::Alert);
        assert_harmless(&told, &text);
        assert!(told.contains("502"), "{told}");
    }
}
