//! The records of a log that count for nothing, and why. Only who explains a recording asks; a run never does.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Matcher,
    line::Stamp,
    own::{STEPS, Searches},
    reader::Reader,
    record::{Record, told},
};
use crate::{api::Window, core::redact::cut};

/// How many records are shown that nothing matches.
const UNMATCHED: usize = 5;
const EXAMPLE_CHARS: usize = 200;

/// A record, to show what is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// When, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<jiff::Timestamp>,
    /// Its text, redacted, at most 200 characters.
    pub text: String,
}

/// Records that count for nothing for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Aside {
    /// The id of the job's pattern with severity `Ignore`; why the profile takes them for harmless.
    pub why: String,
    /// The profile's expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// How many.
    pub count: u64,
    /// The first.
    pub example: Example,
}

/// The records of a log that count for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetAside {
    /// Those that the profile knows to be harmless.
    pub harmless: Vec<Aside>,
    /// Those that a pattern of the job takes out.
    pub ignored: Vec<Aside>,
    /// How many records of level error or above nothing knows.
    pub unmatched: u64,
    /// The first of these, no two alike but for their numbers.
    pub unmatched_examples: Vec<Example>,
}

/// Why a record counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why<'m> {
    /// The pattern of the job that takes it out.
    Ignored(&'m str),
    /// The profile's expression, and its reason.
    Harmless(&'static str, &'static str),
    /// It says that it is an error, and nothing knows it.
    Unmatched,
}

/// Sorts the records of a recorded log. Its memory does not grow with the log.
pub struct Sorter<'m> {
    reader: Reader<'m>,
    sorted: Sorted<'m>,
}

struct Sorted<'m> {
    matcher: &'m Matcher,
    searches: Searches,
    reasons: BTreeMap<Why<'m>, (u64, Example)>,
    alike: Vec<String>,
    unmatched: (u64, Vec<Example>),
}

impl<'m> Sorter<'m> {
    /// A sorter of redacted lines, of those that a [`super::Scanner`] counts.
    pub fn new(matcher: &'m Matcher, window: Window) -> Self {
        let sorted = Sorted {
            matcher,
            searches: Searches::new(matcher.own.len(), STEPS),
            reasons: BTreeMap::new(),
            alike: Vec::new(),
            unmatched: (0, Vec::new()),
        };
        Self { reader: Reader::new(matcher, window, None), sorted }
    }

    /// Reads one line as `docker logs --timestamps` prints it, without its newline.
    pub fn line(&mut self, line: &[u8]) {
        self.reader.line(line, |record, held| self.sorted.add(record, held));
    }

    /// What was sorted out.
    pub fn finish(mut self) -> SetAside {
        self.reader.finish(|record, held| self.sorted.add(record, held));
        let mut aside = SetAside::default();
        for (why, (count, example)) in self.sorted.reasons {
            match why {
                Why::Ignored(id) => aside.ignored.push(Aside { why: id.to_owned(), regex: None, count, example }),
                Why::Harmless(regex, why) => {
                    aside.harmless.push(Aside { why: why.to_owned(), regex: Some(regex.to_owned()), count, example });
                }
                Why::Unmatched => {}
            }
        }
        (aside.unmatched, aside.unmatched_examples) = self.sorted.unmatched;
        aside
    }
}

impl Sorted<'_> {
    fn add(&mut self, record: &Record, held: &[usize]) {
        let hits = self.matcher.attribute(&record.text, held, &mut self.searches);
        let Some(why) = self.matcher.aside(&record.text, held, &hits) else { return };
        let example = || Example {
            at: record.stamp.and_then(Stamp::time),
            text: cut(&told(&record.text, EXAMPLE_CHARS), EXAMPLE_CHARS),
        };
        if why != Why::Unmatched {
            self.reasons.entry(why).or_insert_with(|| (0, example())).0 += 1;
            return;
        }
        self.unmatched.0 += 1;
        if self.alike.len() < UNMATCHED {
            let example = example();
            let alike = example.text.replace(|c: char| c.is_ascii_digit(), "");
            if !self.alike.contains(&alike) {
                self.alike.push(alike);
                self.unmatched.1.push(example);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::api::job::ProfileName;

    #[test]
    fn what_counts_for_nothing_is_told_with_its_reason() {
        let own = serde_saphyr::from_str::<Vec<crate::api::job::Pattern>>(
            "[{id: summary, severity: Ignore, contains: 0 jobs failed}, {id: slow, severity: Info, contains: slow}]",
        )
        .unwrap();
        let matcher = Matcher::compile(ProfileName::Redis, &own, "c").unwrap();
        let mut sorter = Sorter::new(&matcher, Window { since: Timestamp::MIN, until: Timestamp::MAX });
        for line in [
            "2026-11-24T03:00:00.000000000Z 1:C 24 Nov 2026 03:00:00.000 # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition.",
            "2026-11-24T03:00:01.000000000Z 1:M 24 Nov 2026 03:00:01.000 * Ready to accept connections tcp",
            "2026-11-24T03:00:02.000000000Z level=error msg=\"done, 0 jobs failed\"",
            "2026-11-24T03:00:05.000000000Z level=error msg=\"done, 0 jobs failed\"",
            "2026-11-24T03:00:08.000000000Z level=error msg=\"no such plug 17\"",
            "2026-11-24T03:00:11.000000000Z level=error msg=\"no such plug 18\"",
            "2026-11-24T03:00:14.000000000Z level=error msg=\"slow plug\"",
        ] {
            sorter.line(line.as_bytes());
        }
        let aside = sorter.finish();
        let harmless: Vec<_> =
            aside.harmless.iter().map(|a| (a.count, a.example.text.contains("overcommit"))).collect();
        assert_eq!(harmless, [(1, true)]);
        assert!(!aside.harmless[0].why.is_empty() && aside.harmless[0].regex.is_some());
        let at = |second: u8| Some(format!("2026-11-24T03:00:{second:02}Z").parse().unwrap());
        assert_eq!(
            aside.ignored.iter().map(|a| (a.why.as_str(), a.count, a.example.at)).collect::<Vec<_>>(),
            [("summary", 2, at(2))]
        );
        assert_eq!((aside.unmatched, aside.unmatched_examples.len()), (2, 1), "alike but for a number");
        assert_eq!(aside.unmatched_examples[0].at, at(8));
    }
}
