//! One pass over a container's log of a window.

use std::{borrow::Cow, collections::BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    Matcher,
    line::{Bounds, Stamp, plain, split},
    record::Record,
    tally::Sliding,
};
use crate::{
    api::{Severity, Window},
    core::{
        observation::logs::{LogScan, PatternMatch},
        redact::cut,
    },
};

/// How many lines a finding rests on: the first ones and the last.
const EVIDENCE: usize = 5;
const EVIDENCE_CHARS: usize = 400;
/// Of the newest match this much is kept until it is known to be the last one.
const LAST_BYTES: usize = 4096;

/// Reads a log line by line. Its memory does not grow with the log.
#[derive(Debug)]
pub struct Scanner<'m> {
    matcher: &'m Matcher,
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
    evidence: Vec<String>,
    newest: Vec<u8>,
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
            let at = self.record.stamp.and_then(Stamp::time);
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
        if self.evidence.len() < EVIDENCE - 1 {
            self.evidence.push(cut(&Record::told(record), EVIDENCE_CHARS));
        } else {
            self.newest.clear();
            self.newest.extend_from_slice(&record[..record.len().min(LAST_BYTES)]);
        }
    }

    fn finish(mut self, pattern: &Described<'_>) -> PatternMatch {
        if !self.newest.is_empty() {
            self.evidence.push(cut(&Record::told(&self.newest), EVIDENCE_CHARS));
        }
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
            evidence: self.evidence,
        }
    }
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
