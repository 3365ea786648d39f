//! Messages as people read them: one of each sort, and what no input may bring about.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod environment;
#[path = "../support/matchers.rs"]
mod matchers;
mod recorded;
mod sample;
mod situations;

use proptest::prelude::*;
use sample::{Case, finding, good, hostile_case, observation, oom, samples, see};
use stagewatch::{
    api::{
        FindingState, Kind, Severity,
        job::{Check, Container},
        report::{Aspect, Outcome},
    },
    core::message::{Part, from_headline, headline},
};

#[test]
fn one_of_each_sort() {
    for (name, case) in samples() {
        let parts = case.render();
        insta::assert_snapshot!(name, parts.iter().map(|part| part.html.as_str()).collect::<Vec<_>>().join("\n---\n"));
        check(&parts).unwrap();
    }
}

/// DESIGN §6 but for the times and the line that names what decided.
#[test]
fn the_all_good_message_to_the_letter() {
    let expected = "\
🟢 AUTOPAR MONITORING - ALL SYSTEMS HEALTHY

📅 Report Time: 2026-11-24 18:00 UTC
⏱️ Period Analyzed: 4 hours
🎯 Environment: Autopar Staging
🤖 Analysis: rules

✅ Website: staging.autopar.pitchai.net accessible
✅ Redis: autopar-redis container healthy
✅ RabbitMQ: autopar-rabbitmq container healthy
✅ Logs: No critical errors detected

🌐 Website: staging.autopar.pitchai.net
🐳 Containers: autopar-redis, autopar-rabbitmq

🔄 Next Check: 19:00 UTC

Automated autopar monitoring by Stagewatch";
    assert_eq!(plain(&good()), expected);
}

/// DESIGN §6, the second sample.
#[test]
fn the_message_of_a_cause_and_what_follows() {
    let expected = "\
🚨 AUTOPAR MONITORING - autopar-redis OOM-killed, restarting (9×)

Cause: 🐳 autopar-redis OOM-killed at 03:02, memory limit 256 MiB, still restarting
Then: 🌐 /health answered 502 Bad Gateway since 03:03 · autopar-worker 214 × \"connection refused\" 03:03–03:14
Do: raise the limit, or find what grew
✅ RabbitMQ: autopar-rabbitmq container healthy
✅ autopar-web container healthy
❔ Logs of autopar-web: not read (log driver none)

📅 Report Time: 2026-11-24 03:15 UTC   ⏱️ Period Analyzed: 16 h 45 min
🎯 Environment: Autopar Staging   🤖 Analysis: rules
🔄 Next Check: 10:30 UTC
🔕 Mute: container/autopar-redis/OomKilled
🔎 kubectl -n monitoring get mrun autopar-staging-202611240315-3f9a1c -o yaml";
    assert_eq!(plain(&oom()), expected);
}

/// For each check mark a run in which that fact was not observed, was bad, or was not looked at.
#[test]
fn a_check_mark_stands_for_something_seen() {
    let lines = [
        ("✅ Website: staging.autopar.pitchai.net accessible", Aspect::Website, "staging"),
        ("✅ Redis: autopar-redis container healthy", Aspect::Container, "autopar-redis"),
        ("✅ RabbitMQ: autopar-rabbitmq container healthy", Aspect::Container, "autopar-rabbitmq"),
        ("✅ Logs: No critical errors detected", Aspect::Logs, "autopar-redis"),
        ("✅ Logs: No critical errors detected", Aspect::Logs, "autopar-rabbitmq"),
    ];
    for (line, aspect, subject) in lines {
        assert!(plain(&good()).contains(line), "{line}");
        for outcome in [Outcome::NotObserved, Outcome::Bad] {
            let mut case = good();
            see(&mut case, aspect, subject, outcome, "the reason");
            let text = plain(&case);
            assert!(!text.contains(line), "{outcome:?}: {text}");
            if outcome == Outcome::NotObserved {
                assert!(text.contains('❔') && text.contains("(the reason)"), "{text}");
                assert!(!text.contains("HEALTHY"), "blind is not healthy: {text}");
            }
        }
        let mut case = good();
        case.status.observations.retain(|o| !(o.aspect == aspect && o.subject == subject));
        assert!(!plain(&case).contains(line), "not looked at: {line}");
        let mut case = good();
        let family = ["website", "container", "logs"][aspect as usize];
        let mut unknown = finding(&format!("{family}/{subject}/Odd"), Severity::Warning, Kind::State, "odd");
        unknown.state = FindingState::Unknown;
        case.status.findings.push(unknown);
        assert!(!plain(&case).contains(line), "carried on: {line}");
    }
}

#[test]
fn one_check_of_a_website_that_fails_is_enough() {
    for check in ["home", "health"] {
        for outcome in [Outcome::NotObserved, Outcome::Bad] {
            let mut case = good();
            let seen = case.status.observations.iter_mut().find(|o| o.check.as_deref() == Some(check)).unwrap();
            seen.outcome = outcome;
            assert!(!plain(&case).contains("✅ Website"), "{check} {outcome:?}");
        }
    }
}

#[test]
fn nothing_seen_is_not_healthy() {
    let mut case = good();
    case.status.observations.clear();
    let text = plain(&case);
    assert!(text.contains("❔ Nothing was observed") && !text.contains('✅') && !text.contains('🟢'), "{text}");
}

#[test]
fn what_is_not_in_the_spec_has_no_line() {
    let mut case = good();
    case.spec.websites.clear();
    case.spec.docker_hosts.clear();
    case.next = None;
    let text = plain(&case);
    for absent in ["✅", "🌐", "🐳", "🔄"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
}

#[test]
fn no_reason_of_a_subject_is_told_twice() {
    let (_, mut case) = samples().into_iter().find(|(name, _)| *name == "warning_only").unwrap();
    assert_eq!(plain(&case).matches("took").count(), 1);
    assert!(plain(&case).contains("🌐 staging.autopar.pitchai.net took 4100 ms, more than 3s"), "all of its checks");
    case.spec.websites[0].checks.push(Check { name: "entry".into(), path: "/entry".into(), ..Default::default() });
    assert!(plain(&case).contains("🌐 staging.autopar.pitchai.net /, /health took 4100 ms"), "some of its checks");
}

#[test]
fn the_lock_screen_shows_subject_and_reason() {
    for title in ["T", &"A VERY LONG TITLE ".repeat(4)] {
        for subject in ["db", &"a-container-with-a-long-name-".repeat(4)] {
            let mut case = oom();
            case.spec.title = Some(title.chars().take(64).collect());
            for finding in &mut case.status.findings {
                if finding.subject == "autopar-redis" {
                    finding.subject = (*subject).to_owned();
                }
            }
            let shown: String = headline(&case.message()).chars().take(100).collect();
            let subject: String = subject.chars().take(40).collect();
            assert!(shown.contains(&subject) && shown.contains("OOM-killed"), "{shown}");
        }
    }
}

#[test]
fn many_containers_are_counted() {
    let mut case = good();
    for i in 0..60 {
        let name = format!("autopar-worker-{i}");
        for aspect in [Aspect::Container, Aspect::Logs] {
            case.status.observations.push(observation(aspect, &name, None, Outcome::Good, "seen"));
        }
        case.spec.docker_hosts[0].containers.push(Container { name, ..Default::default() });
    }
    let text = plain(&case);
    check(&case.render()).unwrap();
    assert!(text.contains("… and ") && text.contains(" more good facts") && text.contains(" more\n\n🔄"), "{text}");
    assert!(text.contains("ALL SYSTEMS HEALTHY"));
}

#[test]
fn many_findings_are_counted_with_those_that_have_no_room_in_the_status() {
    let mut case = oom();
    for i in 0..20 {
        let message = &format!("something is off in way {i}, which takes quite a few words to tell");
        let id = format!("logs/autopar-worker/pattern-{i}");
        case.status.findings.push(finding(&id, Severity::Warning, Kind::Event, message));
    }
    case.status.finding_count = Some(100);
    let text = plain(&case);
    check(&case.render()).unwrap();
    let shown = text.matches("something is off").count();
    assert!(shown > 0 && text.contains(&format!("… and {} more findings", 20 - shown + 75)), "{text}");
}

#[test]
fn a_message_whose_run_is_gone_keeps_its_first_line() {
    let parts = from_headline("🚨 AUTOPAR MONITORING - a <b> & http://x.example/", true);
    assert_eq!(
        parts[0].html,
        "<b>🚨 AUTOPAR MONITORING - a &lt;b&gt; &amp; </b><code>http://x.example/</code>\n\
         🔁 Possible repeat: an earlier attempt may have arrived\n\
         The run that this tells of is no longer kept."
    );
}

/// What a model was made to write is nothing to tap on, wherever it stands.
#[test]
fn an_investigation_has_no_live_link() {
    let (_, mut case) = samples().into_iter().find(|(name, _)| *name == "investigated").unwrap();
    let evil = "evil.example http://evil.example/x @evil_bot /evil #evil";
    let investigation = case.status.investigation.as_mut().unwrap();
    investigation.model = evil.into();
    (investigation.stop_reason, investigation.message) = (Some(evil.into()), Some(evil.into()));
    let report = investigation.report.as_mut().unwrap();
    for text in [&mut report.broken, &mut report.cause, &mut report.impact] {
        *text = evil.into();
    }
    report.since = Some(evil.into());
    for list in [&mut report.evidence, &mut report.next_steps, &mut report.unchecked] {
        *list = vec![evil.into()];
    }
    let html = case.render()[0].html.clone();
    let outside: String = html.split("<code>").map(|part| part.rsplit("</code>").next().unwrap()).collect();
    assert!(html.matches("evil").count() > 20 && !outside.contains("evil"), "{html}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_others_wrote_a_message_stays_one(case in hostile_case()) {
        let parts = case.render();
        check(&parts).map_err(TestCaseError::fail)?;
        let headline = headline(&case.message());
        prop_assert!(headline.chars().count() <= 200 && !headline.contains('\n'));
    }
}

fn plain(case: &Case) -> String {
    case.render().into_iter().map(|part| part.plain).collect::<Vec<_>>().join("\n---\n")
}

/// What holds for every message.
fn check(parts: &[Part]) -> Result<(), String> {
    let units: usize = parts.iter().map(|part| part.plain.encode_utf16().count()).sum();
    let lines: usize = parts.iter().map(|part| part.plain.lines().count()).sum();
    if units > 1500 || lines > 25 {
        return Err(format!("{lines} lines, {units} units: {parts:#?}"));
    }
    let mut told = std::collections::BTreeSet::new();
    for line in parts.iter().flat_map(|part| part.plain.lines()).filter(|line| !line.is_empty()) {
        // What was wrong is told once; where two names are alike or cut alike, two good facts may read alike.
        if !line.starts_with(['✅', '❔', '↩', '•', '👉']) && !told.insert(line) {
            return Err(format!("told twice: {line}"));
        }
    }
    for part in parts {
        if part.plain.encode_utf16().count() > 4096 {
            return Err("a part is longer than Telegram takes".into());
        }
        if without_markup(&part.html)? != part.plain {
            return Err(format!("HTML and plain text differ: {part:#?}"));
        }
        if part.plain.chars().any(|c| c != '\n' && c.is_control() || "\u{202e}\u{2066}\u{200b}\u{feff}".contains(c)) {
            return Err(format!("what cannot be seen: {:?}", part.plain));
        }
    }
    Ok(())
}

/// The text without tags and entities; an error when tags are unknown, nested or open.
fn without_markup(html: &str) -> Result<String, String> {
    let (mut text, mut open, mut rest) = (String::new(), None, html);
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let (tag, tail) = rest[at + 1..].split_once('>').ok_or("a tag does not end")?;
        match (open, tag) {
            (None, "b" | "code") => open = Some(tag),
            (Some(opened), _) if tag.strip_prefix('/') == Some(opened) => open = None,
            _ => return Err(format!("<{tag}> in {html}")),
        }
        rest = tail;
    }
    text.push_str(rest);
    if open.is_some() || text.contains('>') {
        return Err(format!("unbalanced: {html}"));
    }
    Ok(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}
