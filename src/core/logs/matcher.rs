//! The patterns of one container, compiled so that a healthy log costs one pass.
//!
//! Nearly every pattern needs one of a few literals on one of a record's lines. These are looked for in each line;
//! only a record that holds one is compared with the patterns themselves.

use aho_corasick::AhoCorasick;
use jiff::SignedDuration;
use regex::bytes::{RegexSet, RegexSetBuilder};

use super::{Level, aside::Why, hostile};
use crate::{
    api::{
        Duration, Severity,
        job::{Pattern, ProfileName},
        validation::Problem,
    },
    core::{
        profiles::{self, Compiled},
        redact::cut,
    },
};

/// What one regular expression of a spec may take, compiled.
const ONE_REGEX: usize = 1 << 20;
/// What all of a container's may take together.
const ALL_REGEXES: usize = 16 << 20;

/// The patterns that one container's log is compared with.
#[derive(Debug)]
pub struct Matcher {
    pub(super) profile: &'static Compiled,
    pub(super) own: Vec<OwnPattern>,
    own_set: RegexSet,
    literals: Option<AhoCorasick>,
    /// Patterns without a literal: compared with every record.
    always: RegexSet,
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
    /// As it stands in the set.
    pub(super) regex: String,
}

impl Matcher {
    /// Compiles the patterns of a container: its profile's, and those of `patterns` that are for it.
    ///
    /// # Errors
    /// A problem for each pattern, of this container or another, that cannot be compiled or is too big.
    pub fn compile(profile: ProfileName, patterns: &[Pattern], container: &str) -> Result<Self, Vec<Problem>> {
        let problems = problems(patterns);
        if !problems.is_empty() {
            return Err(problems);
        }
        let profile = profiles::compiled(profile);
        let ours = patterns.iter().filter(|p| p.subjects.is_empty() || p.subjects.iter().any(|s| s == container));
        let (mut own, mut literals, mut always) = (Vec::new(), profile.literals(), profile.always());
        for pattern in ours {
            let regex = regex_of(pattern);
            match pattern.contains.as_deref().filter(|text| text.is_ascii() && !text.contains('\n')) {
                Some(text) => literals.push(text.to_owned()),
                None => always.push(regex.clone()),
            }
            own.push(OwnPattern {
                id: pattern.id.clone(),
                severity: pattern.severity.severity(),
                meaning: meaning(pattern),
                min_count: u64::try_from(pattern.min_count.unwrap_or(1)).unwrap_or(1).max(1),
                per: pattern.per.map(Duration::signed).filter(SignedDuration::is_positive),
                regex,
            });
        }
        let too_big = |_| vec![together_too_big()];
        let own_set = set(own.iter().map(|p| p.regex.as_str())).map_err(too_big)?;
        let always = set(always.iter().map(String::as_str)).map_err(too_big)?;
        let literals = AhoCorasick::builder().ascii_case_insensitive(true).build(&literals).ok();
        Ok(Self { profile, own, own_set, literals, always })
    }

    /// Whether a line may belong to a record that some pattern matches.
    pub(super) fn may_match(&self, line: &[u8]) -> bool {
        self.literals.as_ref().is_none_or(|literals| literals.is_match(line))
    }

    /// Whether a record is to be compared although none of its lines [`Self::may_match`].
    pub(super) fn always_matches(&self, record: &[u8]) -> bool {
        !self.always.is_empty() && self.always.is_match(record)
    }

    /// The indices of the own patterns and of the profile's that match; none when the record is to be ignored.
    pub(super) fn attribute(&self, record: &[u8]) -> Hits {
        let own: Vec<usize> = self.own_set.matches(record).into_iter().collect();
        if own.iter().any(|&i| self.own[i].severity.is_none()) {
            return Hits::default();
        }
        let known = self.profile.attribute(record, || Level::of(record), !own.is_empty());
        Hits { own, known: known.counted_by, cleared: known.cleared }
    }
}

impl Matcher {
    /// Why a record counts for nothing, where anything tells.
    pub(super) fn aside(&self, record: &[u8]) -> Option<Why<'_>> {
        let own: Vec<&OwnPattern> = self.own_set.matches(record).into_iter().map(|i| &self.own[i]).collect();
        if let Some(ignoring) = own.iter().find(|pattern| pattern.severity.is_none()) {
            return Some(Why::Ignored(&ignoring.id));
        }
        let hits = self.attribute(record);
        if !(hits.own.is_empty() && hits.known.is_none() && hits.cleared.is_empty()) {
            return None;
        }
        let benign = self.profile.benign(record).map(|benign| Why::Harmless(benign.regex, benign.why));
        benign.or_else(|| (Level::of(record) >= Some(Level::Error)).then_some(Why::Unmatched))
    }
}

/// What a record was found to be.
#[derive(Debug, Default)]
pub(super) struct Hits {
    pub(super) own: Vec<usize>,
    pub(super) known: Option<usize>,
    pub(super) cleared: Vec<usize>,
}

/// What is wrong with the patterns of a spec, each with its path.
pub fn problems(patterns: &[Pattern]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (n, pattern) in patterns.iter().enumerate() {
        let mut refuse = |field: &str, message: String| {
            problems.push(Problem { path: format!("spec.patterns[{n}]{field}"), message });
        };
        match (&pattern.contains, &pattern.regex) {
            (Some(_), None) => {}
            (None, Some(regex)) => {
                if let Err(error) = compiles(&regex_of(pattern)) {
                    refuse(
                        ".regex",
                        format!("{regex:?}: {error}: write a regular expression such as '\\bretry(ing)?\\b'"),
                    );
                }
            }
            _ => refuse("", "write either contains, such as \"connection refused\", or regex, not both".to_owned()),
        }
    }
    if problems.is_empty() && set(patterns.iter().map(regex_of).collect::<Vec<_>>().iter().map(String::as_str)).is_err()
    {
        problems.push(together_too_big());
    }
    problems
}

fn compiles(regex: &str) -> Result<(), String> {
    if let Some(objection) = hostile::objection(regex) {
        return Err(objection);
    }
    match regex::bytes::RegexBuilder::new(regex).multi_line(true).size_limit(ONE_REGEX).build() {
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(limit)) => Err(format!(
            "compiles to more than {} KiB (\\w and \\d are all of Unicode's: [0-9a-z_] is smaller)",
            limit / 1024
        )),
        Err(error) => {
            // The error draws the expression over several lines and says what is wrong on the last.
            let text = error.to_string();
            Err(cut(text.lines().last().unwrap_or("not a regular expression").trim_start_matches("error: "), 160))
        }
    }
}

fn set<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns).multi_line(true).size_limit(ALL_REGEXES).dfa_size_limit(ALL_REGEXES).build()
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
            let record = record.as_bytes();
            if matcher.may_match(record) || matcher.always_matches(record) {
                matcher.attribute(record).own
            } else {
                vec![]
            }
        };
        assert_eq!(hits("GRÖSSE GRÖßE"), [0]);
        assert_eq!(hits("Retry"), [1]);
        assert_eq!(hits("retry"), Vec::<usize>::new());
        assert_eq!(hits("two"), [2]);
    }
}
