//! One pass over a container's log of a window.

use std::{borrow::Cow, collections::BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    Matcher,
    kinds::Kinds,
    line::Stamp,
    matcher::Hits,
    own::{STEPS, Searches},
    reader::Reader,
    record::Record,
    tally::Sliding,
    time,
};
use crate::{
    api::{Severity, Window},
    core::{
        observation::logs::{Evidence, LogScan, PatternMatch},
        redact::Redactor,
    },
};

/// How many records a finding rests on: one of each of the most frequent kinds.
const EVIDENCE: usize = 5;
const EVIDENCE_CHARS: usize = 400;

/// Reads a log line by line. Its memory does not grow with the log.
pub struct Scanner<'m> {
    reader: Reader<'m>,
    found: Found<'m>,
}

/// What was found in the records up to here.
struct Found<'m> {
    matcher: &'m Matcher,
    window: Window,
    searches: Searches,
    records: u64,
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
    /// A scanner of redacted lines that counts what is stamped within the window, and what has no stamp.
    pub fn new(matcher: &'m Matcher, window: Window) -> Self {
        Self::over(matcher, window, None)
    }

    /// The same for lines that may hold secrets.
    pub fn redacting(matcher: &'m Matcher, window: Window, redactor: &'m Redactor) -> Self {
        Self::over(matcher, window, Some(redactor))
    }

    fn over(matcher: &'m Matcher, window: Window, redactor: Option<&'m Redactor>) -> Self {
        let own = matcher.own.iter().map(|p| p.per);
        let known =
            matcher.profile.patterns().iter().map(|p| (p.per_secs > 0).then(|| SignedDuration::from_secs(p.per_secs)));
        let tally = |per: Option<SignedDuration>| Tally { sliding: per.map(Sliding::new), ..Tally::default() };
        let found = Found {
            matcher,
            window,
            searches: Searches::new(matcher.own.len(), STEPS),
            records: 0,
            first: None,
            last: None,
            incomplete: None,
            tallies: own.chain(known).map(tally).collect(),
        };
        Self { reader: Reader::new(matcher, window, redactor), found }
    }

    /// Reads one line as `docker logs --timestamps` prints it, without its newline. Gives it as it may be kept, which is
    /// redacted; None when it is not of the window.
    #[inline]
    pub fn line<'l>(&mut self, line: &'l [u8]) -> Option<Cow<'l, [u8]>> {
        self.reader.line(line, |record, held| self.found.add(record, held))
    }

    /// Says that not all of the window was read; the first reason stays.
    pub fn incomplete(&mut self, why: impl Into<String>) {
        self.found.incomplete.get_or_insert_with(|| why.into());
    }

    /// What was found.
    pub fn finish(mut self) -> LogScan {
        self.reader.finish(|record, held| self.found.add(record, held));
        let found = self.found;
        let own = found.matcher.own.iter().map(|p| Described {
            id: &p.id,
            severity: p.severity.unwrap_or(Severity::Info),
            meaning: &p.meaning,
            advice: None,
            min_count: p.min_count,
        });
        let known = found.matcher.profile.patterns().iter().map(|p| Described {
            id: p.id,
            severity: p.severity,
            meaning: p.meaning,
            advice: p.advice,
            min_count: p.min_count,
        });
        let matches = own
            .chain(known)
            .zip(found.tallies)
            .filter(|(_, tally)| tally.count > 0 || tally.cleared.is_some())
            // A pattern of the job takes the place of the profile's with the same id.
            .scan(BTreeSet::new(), |ids, (pattern, tally)| Some(ids.insert(pattern.id).then_some((pattern, tally))))
            .flatten()
            .map(|(pattern, tally)| tally.finish(&pattern))
            .collect();
        LogScan {
            records: found.records,
            bytes: self.reader.bytes,
            first: found.first.and_then(Stamp::time),
            last: found.last.and_then(Stamp::time),
            incomplete: found.incomplete,
            matches,
        }
    }
}

impl Found<'_> {
    #[inline]
    fn add(&mut self, record: &Record, held: &[usize]) {
        self.records += 1;
        self.first = self.first.or(record.stamp);
        self.last = record.stamp.or(self.last);
        let hits = self.matcher.attribute(&record.text, held, &mut self.searches);
        if let Some(pattern) = hits.not_compared.and_then(|n| self.matcher.own.get(n)) {
            self.incomplete.get_or_insert_with(|| {
                let since =
                    record.stamp.and_then(Stamp::time).map_or_else(String::new, |at| format!(" from {at:.0} on"));
                format!("the pattern {} takes too long: not all records{since} were compared with it", pattern.id)
            });
        }
        if hits.count() {
            self.count(record, &hits);
        }
    }

    fn count(&mut self, record: &Record, hits: &Hits) {
        let own_time = || time::of(&record.text, self.window);
        let at = record.stamp.and_then(Stamp::time).or_else(own_time);
        let own = self.matcher.own.len();
        for i in hits.own.iter().copied().chain(hits.known.map(|i| own + i)) {
            if let Some(tally) = self.tallies.get_mut(i) {
                tally.add(at, &record.text);
            }
        }
        for i in &hits.cleared {
            if let Some(tally) = self.tallies.get_mut(own + i) {
                tally.cleared = at.or(tally.cleared);
            }
        }
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
    use crate::{
        api::job::{Pattern, ProfileName},
        core::logs::record::MOST_BYTES,
    };

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

    #[test]
    fn a_pattern_that_takes_too_long_is_told_and_harms_no_other() {
        let own: Vec<Pattern> = serde_json::from_value(serde_json::json!([
            {"id": "hostile", "severity": "Info", "regex": r"e[\w\s[:punct:]]{20}\d.{20}q"},
            {"id": "refused", "severity": "Critical", "contains": "refused"},
        ]))
        .unwrap();
        let matcher = Matcher::compile(ProfileName::Generic, &own, "c").unwrap();
        let mut scanner = Scanner::new(&matcher, WINDOW);
        scanner.found.searches = Searches::new(2, 1_000_000);
        let mut random = 1_u64;
        for n in 0..100 {
            let text: String = (0..1000)
                .map(|_| {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    char::from(b"e 1ae2,e"[usize::from(random.to_be_bytes()[0] % 8)])
                })
                .collect();
            scanner.line(format!("2026-11-24T03:01:{:02}.000000001Z refused {text}", n % 60).as_bytes());
        }
        let found = scanner.finish();
        assert_eq!(found.matches.iter().map(|m| (m.id.as_str(), m.count)).collect::<Vec<_>>(), [("refused", 100)]);
        let why = found.incomplete.unwrap();
        assert!(why.starts_with("the pattern hostile takes too long: not all records from 2026-11-24T03:01:"), "{why}");
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
                prop_assert!(scanner.reader.record.text.len() <= MOST_BYTES);
            }
            scanner.line(b"=== REDIS BUG REPORT START");
            scanner.line(&b"y".repeat(2 * MOST_BYTES));
            prop_assert!(scanner.reader.record.text.len() <= MOST_BYTES);
            let found = scanner.finish();
            prop_assert!(found.matches.iter().all(|m| m.evidence.len() <= EVIDENCE));
            prop_assert!(found.matches.iter().flat_map(|m| &m.evidence).all(|e| e.record.chars().count() <= EVIDENCE_CHARS));
        }
    }
}
