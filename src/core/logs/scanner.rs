//! One pass over a container's log of a window.

use std::{borrow::Cow, collections::BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    Matcher,
    kinds::Kinds,
    line::{Bounds, Stamp, plain, split},
    record::Record,
    tally::Sliding,
    time,
};
use crate::{
    api::{Severity, Window},
    core::observation::logs::{Evidence, LogScan, PatternMatch},
};

/// How many records a finding rests on: one of each of the most frequent kinds.
const EVIDENCE: usize = 5;
const EVIDENCE_CHARS: usize = 400;

/// Reads a log line by line. Its memory does not grow with the log.
#[derive(Debug)]
pub struct Scanner<'m> {
    matcher: &'m Matcher,
    window: Window,
    bounds: Bounds,
    record: Record,
    records: u64,
    bytes: u64,
    first: Option<Stamp>,
    last: Option<Stamp>,
    incomplete: Option<String>,
    /// The own patterns, then the profile's.
    tallies: Vec<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    count: u64,
    sliding: Option<Sliding>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    cleared: Option<Timestamp>,
    kinds: Kinds,
}

impl<'m> Scanner<'m> {
    /// A scanner that counts what is stamped within the window, and what has no stamp.
    pub fn new(matcher: &'m Matcher, window: Window) -> Self {
        let own = matcher.own.iter().map(|p| p.per);
        let known =
            matcher.profile.patterns().iter().map(|p| (p.per_secs > 0).then(|| SignedDuration::from_secs(p.per_secs)));
        let tally = |per: Option<SignedDuration>| Tally { sliding: per.map(Sliding::new), ..Tally::default() };
        Self {
            matcher,
            window,
            bounds: Bounds::of(window),
            record: Record::new(),
            records: 0,
            bytes: 0,
            first: None,
            last: None,
            incomplete: None,
            tallies: own.chain(known).map(tally).collect(),
        }
    }

    /// Reads one line as `docker logs --timestamps` prints it, redacted, without its newline.
    pub fn line(&mut self, line: &[u8]) {
        let (stamp, text) = split(line);
        if stamp.is_some_and(|stamp| !self.bounds.contain(stamp)) {
            return;
        }
        self.bytes += line.len() as u64 + 1;
        let text: Cow<'_, [u8]> = plain(text);
        if !self.record.take(stamp, &text) {
            self.finish_record();
            if text.is_empty() {
                return;
            }
            self.record.start(stamp, &text);
        }
        if !self.record.candidate {
            self.record.candidate = self.matcher.may_match(&text);
        }
    }

    /// Says that not all of the window was read; the first reason stays.
    pub fn incomplete(&mut self, why: impl Into<String>) {
        self.incomplete.get_or_insert_with(|| why.into());
    }

    /// What was found.
    pub fn finish(mut self) -> LogScan {
        self.finish_record();
        let own = self.matcher.own.iter().map(|p| Described {
            id: &p.id,
            severity: p.severity.unwrap_or(Severity::Info),
            meaning: &p.meaning,
            advice: None,
            min_count: p.min_count,
        });
        let known = self.matcher.profile.patterns().iter().map(|p| Described {
            id: p.id,
            severity: p.severity,
            meaning: p.meaning,
            advice: p.advice,
            min_count: p.min_count,
        });
        let matches = own
            .chain(known)
            .zip(self.tallies)
            .filter(|(_, tally)| tally.count > 0 || tally.cleared.is_some())
            // A pattern of the job takes the place of the profile's with the same id.
            .scan(BTreeSet::new(), |ids, (pattern, tally)| Some(ids.insert(pattern.id).then_some((pattern, tally))))
            .flatten()
            .map(|(pattern, tally)| tally.finish(&pattern))
            .collect();
        LogScan {
            records: self.records,
            bytes: self.bytes,
            first: self.first.and_then(Stamp::time),
            last: self.last.and_then(Stamp::time),
            incomplete: self.incomplete,
            matches,
        }
    }

    fn finish_record(&mut self) {
        if !self.record.is_open() {
            return;
        }
        self.records += 1;
        self.first = self.first.or(self.record.stamp);
        self.last = self.record.stamp.or(self.last);
        if self.record.candidate || self.matcher.always_matches(&self.record.text) {
            let own_time = || time::of(&self.record.text, self.window);
            let at = self.record.stamp.and_then(Stamp::time).or_else(own_time);
            let hits = self.matcher.attribute(&self.record.text);
            let own = self.matcher.own.len();
            for i in hits.own.into_iter().chain(hits.known.into_iter().map(|i| own + i)) {
                if let Some(tally) = self.tallies.get_mut(i) {
                    tally.add(at, &self.record.text);
                }
            }
            for i in hits.cleared {
                if let Some(tally) = self.tallies.get_mut(own + i) {
                    tally.cleared = at.or(tally.cleared);
                }
            }
        }
        self.record.close();
    }
}

/// What a match says besides its counts.
struct Described<'p> {
    id: &'p str,
    severity: Severity,
    meaning: &'p str,
    advice: Option<&'p str>,
    min_count: u64,
}

impl Tally {
    fn add(&mut self, at: Option<Timestamp>, record: &[u8]) {
        self.count += 1;
        self.first = earliest(self.first, at);
        self.last = self.last.max(at);
        self.cleared = None;
        if let Some(sliding) = &mut self.sliding {
            sliding.add(at);
        }
        self.kinds.add(record, EVIDENCE_CHARS);
    }

    fn finish(self, pattern: &Described<'_>) -> PatternMatch {
        let different = self.kinds.different();
        let mut kinds = self.kinds.most_frequent();
        kinds.truncate(EVIDENCE);
        PatternMatch {
            id: pattern.id.to_owned(),
            severity: pattern.severity,
            meaning: pattern.meaning.to_owned(),
            advice: pattern.advice.map(ToOwned::to_owned),
            count: self.count,
            most_within: self.sliding.map_or(self.count, |sliding| sliding.most()),
            min_count: pattern.min_count,
            first: self.first,
            last: self.last,
            cleared: self.cleared,
            kinds: different,
            summary: kinds.first().map(|kind| kind.summary.clone()),
            evidence: kinds.into_iter().map(|kind| Evidence { record: kind.example, count: kind.count }).collect(),
        }
    }
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{api::job::ProfileName, core::logs::record::MOST_BYTES};

    const WINDOW: Window = Window { since: Timestamp::MIN, until: Timestamp::MAX };

    fn scan(profile: ProfileName, lines: impl IntoIterator<Item = impl AsRef<[u8]>>) -> LogScan {
        let matcher = Matcher::compile(profile, &[], "c").unwrap();
        let mut scanner = Scanner::new(&matcher, WINDOW);
        for line in lines {
            scanner.line(line.as_ref());
        }
        scanner.finish()
    }

    #[test]
    fn evidence_is_one_record_of_each_kind() {
        let log = (0..1000).map(|n| if n % 10 == 0 { format!("ERROR never {n}") } else { format!("ERROR no {n}") });
        let found = scan(ProfileName::Generic, log);
        let evidence: Vec<_> = found.matches[0].evidence.iter().map(|e| (e.record.as_str(), e.count)).collect();
        assert_eq!(evidence, [("ERROR no 1", 900), ("ERROR never 0", 100)]);
        assert_eq!((found.matches[0].kinds, found.matches[0].summary.as_deref()), (2, Some("ERROR no 1")));
        assert_eq!((found.records, found.matches[0].count, found.matches[0].most_within), (1000, 1000, 1000));
    }

    #[test]
    fn times_are_the_engines() {
        let found = scan(
            ProfileName::Generic,
            [
                "2026-11-24T03:01:00.000000001Z ERROR no",
                "ERROR without a stamp",
                "2026-11-24T03:02:00.000000001Z ERROR no",
            ],
        );
        let time = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!(found.first, time("2026-11-24T03:01:00.000000001Z"));
        assert_eq!(found.last, time("2026-11-24T03:02:00.000000001Z"));
        assert_eq!(
            (found.matches[0].count, found.matches[0].first, found.matches[0].last),
            (3, found.first, found.last)
        );
    }

    #[test]
    fn a_record_without_a_stamp_is_of_its_own_time_and_in_no_window() {
        let matcher = Matcher::compile(ProfileName::Generic, &[], "c").unwrap();
        let window =
            Window { since: "2026-11-24T03:00:00Z".parse().unwrap(), until: "2026-11-24T04:00:00Z".parse().unwrap() };
        let mut scanner = Scanner::new(&matcher, window);
        scanner.line(b"2026-11-24 02:44:36,123 ERROR no");
        let found = scanner.finish();
        assert_eq!(found.matches[0].first, Some("2026-11-24T02:44:36.123Z".parse().unwrap()));
    }

    #[test]
    fn a_window_leaves_out_what_is_before_and_after() {
        let matcher = Matcher::compile(ProfileName::Generic, &[], "c").unwrap();
        let window =
            Window { since: "2026-11-24T03:00:00Z".parse().unwrap(), until: "2026-11-24T04:00:00Z".parse().unwrap() };
        let mut scanner = Scanner::new(&matcher, window);
        for hour in 1..6 {
            scanner.line(format!("2026-11-24T0{hour}:30:00.000000001Z ERROR no").as_bytes());
        }
        scanner.incomplete("rotated");
        scanner.incomplete("cut");
        let found = scanner.finish();
        assert_eq!((found.records, found.matches[0].count, found.incomplete.as_deref()), (1, 1, Some("rotated")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_bytes_are_read_in_bounded_memory(
            lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..30),
            profile in 0..4_usize,
        ) {
            let profile = [ProfileName::Generic, ProfileName::Redis, ProfileName::Rabbitmq, ProfileName::Nginx][profile];
            let matcher = Matcher::compile(profile, &[], "c").unwrap();
            let mut scanner = Scanner::new(&matcher, WINDOW);
            scanner.line(&b"ERROR x".repeat(10_000));
            for line in &lines {
                scanner.line(line);
                prop_assert!(scanner.record.text.len() <= MOST_BYTES);
            }
            scanner.line(b"=== REDIS BUG REPORT START");
            scanner.line(&b"y".repeat(2 * MOST_BYTES));
            prop_assert!(scanner.record.text.len() <= MOST_BYTES);
            let found = scanner.finish();
            prop_assert!(found.matches.iter().all(|m| m.evidence.len() <= EVIDENCE));
            prop_assert!(found.matches.iter().flat_map(|m| &m.evidence).all(|e| e.record.chars().count() <= EVIDENCE_CHARS));
        }
    }
}
