//! The patterns of one container, made so that a healthy log costs one pass.
//!
//! Nearly every expression requires one of a few sequences of bytes on one of a record's lines. Each line is looked
//! through for all of them at once; a record is compared only with the expressions whose sequences it holds.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use jiff::SignedDuration;

use super::{
    Level,
    aside::Why,
    own::{OwnRegex, Searches, TooSlow},
    sieve::{Sequence, Sieve},
};
use crate::{
    api::{
        Duration, Severity,
        job::{Pattern, ProfileName},
        validation::Problem,
    },
    core::profiles::{self, Compiled, Needs},
};

/// What all expressions of a job may take together, compiled.
const ALL_REGEXES: usize = 16 << 20;

/// The patterns that one container's log is compared with.
#[derive(Debug)]
pub struct Matcher {
    pub(super) profile: &'static Compiled,
    pub(super) own: Vec<OwnPattern>,
    /// What is sought in each line.
    pub(super) sought: Vec<Sequence>,
    /// Knows it; made for the first log that needs no more than that.
    sieve: OnceLock<Arc<Sieve>>,
    /// The expressions that require each of it: the own ones, then the profile's.
    requiring: Vec<Vec<usize>>,
    /// The expressions that are compared with each record that begins with this byte.
    beginning: Vec<Vec<usize>>,
}

/// A pattern of the spec.
#[derive(Debug)]
pub(super) struct OwnPattern {
    pub(super) id: String,
    /// None for `Ignore`.
    pub(super) severity: Option<Severity>,
    pub(super) meaning: String,
    pub(super) min_count: u64,
    pub(super) per: Option<SignedDuration>,
    source: String,
    regex: OwnRegex,
}

impl Matcher {
    /// Compiles the patterns of a container: its profile's, and those of `patterns` that are for it.
    ///
    /// # Errors
    /// A problem for each pattern, of this container or another, that cannot be compiled or is too big.
    pub fn compile(profile: ProfileName, patterns: &[Pattern], container: &str) -> Result<Self, Vec<Problem>> {
        let profile = profiles::compiled(profile);
        let ours = |p: &Pattern| p.subjects.is_empty() || p.subjects.iter().any(|s| s == container);
        let own: Vec<OwnPattern> = compile_all(patterns)?
            .into_iter()
            .zip(patterns)
            .filter(|(_, pattern)| ours(pattern))
            .map(|(regex, pattern)| OwnPattern {
                id: pattern.id.clone(),
                severity: pattern.severity.severity(),
                meaning: meaning(pattern),
                min_count: u64::try_from(pattern.min_count.unwrap_or(1)).unwrap_or(1).max(1),
                per: pattern.per.map(Duration::signed).filter(SignedDuration::is_positive),
                source: regex_of(pattern),
                regex,
            })
            .collect();
        let mut requiring = BTreeMap::<Sequence, Vec<usize>>::new();
        let mut beginning = vec![Vec::new(); 256];
        let required = own.iter().map(|pattern| pattern.regex.required().map(Needs::Sequences));
        let known = profile.expressions().iter().map(|expression| expression.needs().cloned());
        for (n, needs) in required.chain(known).enumerate() {
            if let Some(Needs::Sequences(sequences)) = needs {
                for sequence in sequences {
                    requiring.entry(sequence).or_default().push(n);
                }
                continue;
            }
            for (byte, expressions) in (0..=u8::MAX).zip(&mut beginning) {
                if !matches!(&needs, Some(Needs::First(first)) if !first.contains(byte)) {
                    expressions.push(n);
                }
            }
        }
        let (sought, requiring) = requiring.into_iter().unzip();
        Ok(Self { profile, own, sought, sieve: OnceLock::new(), requiring, beginning })
    }

    /// Finds [`Self::sought`].
    pub(super) fn sieve(&self) -> Arc<Sieve> {
        Arc::clone(self.sieve.get_or_init(|| Arc::new(Sieve::new(&self.sought))))
    }

    /// Every expression that a record may be compared with, in the syntax of the regex crate, with its flags.
    pub fn expressions(&self) -> Vec<String> {
        let known = self.profile.expressions().iter().map(profiles::Expression::source);
        self.own.iter().map(|pattern| pattern.source.clone()).chain(known).collect()
    }

    /// What a record is: the own patterns and the profile's that match; none when it is to be ignored.
    /// `held`: which of [`Self::sought`] its lines hold.
    pub(super) fn attribute(&self, record: &[u8], held: &[usize], searches: &mut Searches) -> Hits {
        let mut hits = Hits::default();
        let candidates = self.candidates(record, held);
        if candidates.is_empty() {
            return hits;
        }
        let (own, known) = candidates.split_at(candidates.partition_point(|&n| n < self.own.len()));
        for &n in own {
            match searches.is_match(n, &self.own[n].regex, record) {
                Ok(true) => hits.own.push(n),
                Ok(false) => {}
                Err(TooSlow) => hits.not_compared = Some(n),
            }
        }
        hits.ignored_by = hits.own.iter().copied().find(|&n| self.own[n].severity.is_none());
        if hits.ignored_by.is_some() {
            hits.own.clear();
            return hits;
        }
        let (all, mut matching) = (self.profile.expressions(), Vec::new());
        for n in known.iter().map(|n| n - self.own.len()) {
            // What is harmless takes out what else there is.
            if matching.is_empty() && n >= self.profile.first_benign() {
                break;
            }
            if all[n].is_match(record) {
                matching.push(n);
            }
        }
        let known = self.profile.attribute(&matching, || Level::of(record), !hits.own.is_empty());
        (hits.known, hits.cleared) = (known.counted_by, known.cleared);
        hits
    }

    /// The expressions that may match, in order: the own ones, then the profile's.
    fn candidates(&self, record: &[u8], held: &[usize]) -> Vec<usize> {
        let beginning = record.first().map_or(&[][..], |first| &self.beginning[usize::from(*first)]);
        let mut candidates: Vec<usize> =
            held.iter().flat_map(|&n| &self.requiring[n]).chain(beginning).copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// Why a record of which this was found counts for nothing, where anything tells.
    pub(super) fn aside(&self, record: &[u8], held: &[usize], hits: &Hits) -> Option<Why<'_>> {
        if let Some(n) = hits.ignored_by {
            return Some(Why::Ignored(&self.own[n].id));
        }
        if hits.count() {
            return None;
        }
        let known = self.candidates(record, held).into_iter().filter_map(|n| n.checked_sub(self.own.len()));
        let benign = self.profile.benign(known, record).map(|benign| Why::Harmless(benign.regex, benign.why));
        benign.or_else(|| (Level::of(record) >= Some(Level::Error)).then_some(Why::Unmatched))
    }
}

/// What a record was found to be.
#[derive(Debug, Default)]
pub(super) struct Hits {
    pub(super) own: Vec<usize>,
    pub(super) known: Option<usize>,
    pub(super) cleared: Vec<usize>,
    /// An own pattern that takes it out.
    pub(super) ignored_by: Option<usize>,
    /// An own pattern that takes too long on this log.
    pub(super) not_compared: Option<usize>,
}

impl Hits {
    /// Whether there is anything to count.
    pub(super) fn count(&self) -> bool {
        !self.own.is_empty() || self.known.is_some() || !self.cleared.is_empty()
    }
}

/// What is wrong with the patterns of a spec, each with its path.
pub fn problems(patterns: &[Pattern]) -> Vec<Problem> {
    compile_all(patterns).err().unwrap_or_default()
}

fn compile_all(patterns: &[Pattern]) -> Result<Vec<OwnRegex>, Vec<Problem>> {
    let (mut compiled, mut problems) = (Vec::new(), Vec::new());
    for (n, pattern) in patterns.iter().enumerate() {
        let mut refuse = |field: &str, message: String| {
            problems.push(Problem { path: format!("spec.patterns[{n}]{field}"), message });
        };
        if pattern.contains.is_some() == pattern.regex.is_some() {
            refuse("", "write either contains, such as \"connection refused\", or regex, not both".to_owned());
            continue;
        }
        match OwnRegex::compile(&regex_of(pattern)) {
            Ok(regex) => compiled.push(regex),
            Err(error) => {
                let written = pattern.regex.as_ref().or(pattern.contains.as_ref()).map_or("", String::as_str);
                let message = format!("{written:?}: {error}: write a regular expression such as '\\bretry(ing)?\\b'");
                refuse(if pattern.regex.is_some() { ".regex" } else { ".contains" }, message);
            }
        }
    }
    if problems.is_empty() && compiled.iter().map(OwnRegex::size).sum::<usize>() > ALL_REGEXES {
        problems.push(together_too_big());
    }
    if problems.is_empty() { Ok(compiled) } else { Err(problems) }
}

fn together_too_big() -> Problem {
    let message = "the regular expressions are too big together: write fewer, or simpler ones such as 'retry|again'";
    Problem { path: "spec.patterns".to_owned(), message: message.to_owned() }
}

/// A leading flag holds to the end of the expression, over all its alternatives.
fn regex_of(pattern: &Pattern) -> String {
    let text =
        pattern.contains.as_ref().map(|text| regex::escape(text)).or_else(|| pattern.regex.clone()).unwrap_or_default();
    if pattern.case_sensitive { text } else { format!("(?i){text}") }
}

fn meaning(pattern: &Pattern) -> String {
    match (&pattern.contains, &pattern.regex) {
        (Some(text), _) => format!("the log contains {text:?}"),
        (None, Some(regex)) => format!("the log matches /{regex}/"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(yaml: &str) -> Vec<Pattern> {
        serde_saphyr::from_str(yaml).unwrap()
    }

    #[test]
    fn a_pattern_that_cannot_be_compiled_says_where_and_what_to_write() {
        for (yaml, path, part) in [
            ("[{id: a, severity: Warning, regex: 'a(b'}]", "spec.patterns[0].regex", "unclosed group"),
            ("[{id: a, severity: Warning, regex: '(?=a)'}]", "spec.patterns[0].regex", "look-around"),
            (
                "[{id: ok, severity: Warning, contains: x}, {id: a, severity: Warning, regex: '\\w{1000}{100}'}]",
                "spec.patterns[1].regex",
                "written out",
            ),
            ("[{id: a, severity: Warning, regex: '\\w{1,200}'}]", "spec.patterns[0].regex", "[0-9a-z_] is smaller"),
            ("[{id: a, severity: Warning, regex: '(?:.?){5000}y'}]", "spec.patterns[0].regex", "written out"),
            ("[{id: a, severity: Warning}]", "spec.patterns[0]", "contains"),
            ("[{id: a, severity: Warning, contains: x, regex: y}]", "spec.patterns[0]", "not both"),
        ] {
            let problems = Matcher::compile(ProfileName::Generic, &patterns(yaml), "c").unwrap_err();
            assert_eq!(problems[0].path, path);
            assert!(problems[0].message.contains(part), "{}", problems[0].message);
        }
    }

    #[test]
    fn case_counts_only_where_it_is_asked_for() {
        let own = patterns(
            "[{id: any, severity: Warning, contains: Größe}, {id: exact, severity: Warning, contains: Retry, caseSensitive: true}, {id: either, severity: Info, regex: 'one|TWO'}]",
        );
        let matcher = Matcher::compile(ProfileName::Generic, &own, "c").unwrap();
        let hits = |record: &str| {
            let held: Vec<usize> = (0..matcher.sought.len()).collect();
            matcher.attribute(record.as_bytes(), &held, &mut Searches::new(matcher.own.len(), u64::MAX)).own
        };
        assert_eq!(hits("GRÖSSE GRÖßE"), [0]);
        assert_eq!(hits("Retry"), [1]);
        assert_eq!(hits("retry"), Vec::<usize>::new());
        assert_eq!(hits("two"), [2]);
    }
}
