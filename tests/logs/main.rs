//! Records as real programs write them (`records.txt`): what level each has, what is masked in it, what it is found to be,
//! and that none of it depends on what other records come before and after.
#![allow(clippy::unwrap_used, reason = "what is not as a test expects ends it")]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use stagewatch::{
    api::{Window, job::ProfileName},
    core::{
        logs::{Level, Matcher, Scanner, template},
        observation::logs::LogScan,
    },
};

const TABLE: &str = include_str!("records.txt");
const PROFILES: [&str; 4] = ["generic", "nginx", "rabbitmq", "redis"];

/// One record of the table.
#[derive(Debug)]
struct Case {
    /// Where it stands in the table.
    line: usize,
    profile: &'static str,
    level: &'static str,
    judgement: Vec<&'static str>,
    record: String,
    template: &'static str,
}

fn table() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (n, line) in TABLE.lines().enumerate() {
        if let Some(head) = line.strip_prefix("@@ ") {
            let [profile, level, judgement] = head.split(" | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
            let judgement = judgement.split(' ').filter(|id| *id != "-").collect();
            cases.push(Case { line: n + 1, profile, level, judgement, record: String::new(), template: "" });
        } else if line.starts_with("# ----") {
            // The next part of the table.
        } else if let Some(case) = cases.last_mut().filter(|case| case.template.is_empty()) {
            match line.strip_prefix("=> ") {
                Some(template) => case.template = template,
                None => case.record.extend([line, "\n"]),
            }
        }
    }
    cases
}

fn matcher(profile: &str) -> Matcher {
    let profile = match profile {
        "nginx" => ProfileName::Nginx,
        "rabbitmq" => ProfileName::Rabbitmq,
        "redis" => ProfileName::Redis,
        "generic" => ProfileName::Generic,
        other => panic!("no profile {other}"),
    };
    Matcher::compile(profile, &[], "c").unwrap()
}

fn scan(matcher: &Matcher, lines: impl IntoIterator<Item = impl AsRef<[u8]>>) -> LogScan {
    let mut scanner = Scanner::new(matcher, Window { since: Timestamp::MIN, until: Timestamp::MAX });
    for line in lines {
        scanner.line(line.as_ref());
    }
    scanner.finish()
}

/// How often each pattern was found; none that needs more records than there are.
fn counts(scan: &LogScan) -> BTreeMap<String, u64> {
    scan.matches.iter().filter(|m| m.count > 0).map(|m| (m.id.clone(), m.count)).collect()
}

fn level(record: &str) -> &'static str {
    match Level::of(record.as_bytes()) {
        None => "-",
        Some(Level::Debug) => "debug",
        Some(Level::Info) => "info",
        Some(Level::Warning) => "warning",
        Some(Level::Error) => "error",
        Some(Level::Critical) => "critical",
    }
}

#[test]
fn each_record_is_what_the_table_says() {
    let matchers: BTreeMap<_, _> = PROFILES.map(|profile| (profile, matcher(profile))).into();
    let mut wrong = Vec::new();
    for case in table() {
        let found = scan(&matchers[case.profile], case.record.lines());
        let judged = found.matches.iter().filter(|m| m.count > 0 && m.most_within >= m.min_count);
        let judged: Vec<&str> = judged.map(|m| m.id.as_str()).collect();
        let record = case.record.trim_end();
        let is = (found.records, level(record), judged, template(record.as_bytes()));
        if is != (1, case.level, case.judgement.clone(), case.template.to_owned()) {
            let (records, level, judged, template) = is;
            wrong.push(format!("line {}: {records} × {level} | {}\n=> {template}", case.line, judged.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{} are not:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn half_of_the_table_is_harmless() {
    let table = table();
    let harmless = table.iter().filter(|case| case.judgement.is_empty()).count();
    assert!(table.len() >= 150 && harmless * 20 >= table.len() * 9, "{harmless} of {}", table.len());
}

/// The lines of these records with the engine's stamps: a record comes at once, and the next one this much later. Two
/// streams of one container may come out of order by a little.
fn stamped(records: &[(&str, i64)]) -> Vec<String> {
    let mut at: Timestamp = "2026-11-24T05:00:00Z".parse().unwrap();
    let mut lines = Vec::new();
    for (record, millis) in records {
        at += SignedDuration::from_millis(*millis);
        for (n, line) in record.lines().enumerate() {
            lines.push(format!("{:.9} {line}", at + SignedDuration::from_micros(n.try_into().unwrap())));
        }
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    /// Records of many programs, in any order: each is found as it is alone.
    #[test]
    fn what_comes_before_and_after_a_record_changes_nothing(
        order in Just((0..table().len()).collect::<Vec<_>>()).prop_shuffle(),
        pauses in proptest::collection::vec(prop_oneof![60..3000_i64, -900..-60_i64], table().len()),
    ) {
        let table = table();
        for profile in PROFILES {
            let matcher = matcher(profile);
            let cases = order.iter().map(|&n| &table[n]).filter(|case| case.profile == profile);
            let records: Vec<(&str, i64)> = cases.zip(&pauses).map(|(case, pause)| (case.record.as_str(), *pause)).collect();
            let together = scan(&matcher, stamped(&records));
            let mut alone = BTreeMap::new();
            for &(record, _) in &records {
                for (id, count) in counts(&scan(&matcher, record.lines())) {
                    *alone.entry(id).or_insert(0) += count;
                }
            }
            prop_assert_eq!(together.records, records.len() as u64);
            prop_assert_eq!(counts(&together), alone);
        }
    }

    /// Where lines of records come in turn, no more is promised than that nothing breaks and nothing grows.
    #[test]
    fn lines_in_any_order_do_no_harm(
        order in Just((0..TABLE.lines().count()).collect::<Vec<_>>()).prop_shuffle(),
        profile in 0..PROFILES.len(),
    ) {
        let lines: Vec<&str> = TABLE.lines().collect();
        let found = scan(&matcher(PROFILES[profile]), order.iter().map(|&n| lines[n]));
        prop_assert!(found.records <= lines.len() as u64);
        prop_assert!(found.matches.iter().all(|m| m.count <= found.records && m.evidence.len() <= 5));
    }
}
