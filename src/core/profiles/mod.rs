//! What is known of services' logs: one file of data each, with tests on real lines beside it.
//!
//! A new profile is a file like `redis.rs` and a line in [`compiled`].

mod generic;
mod nginx;
mod postgres;
mod rabbitmq;
mod redis;

use std::{
    collections::BTreeMap,
    sync::{LazyLock, OnceLock},
};

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, Look, literal::Extractor};

use crate::{
    api::{Severity, job::ProfileName},
    core::logs::{
        Level, required,
        sieve::{Bytes, Sequence, sequence},
    },
};

/// What is known of one service's log.
#[derive(Debug)]
pub struct Profile {
    /// The records that matter, what is more specific first: a record is counted by the first that matches it.
    pub patterns: &'static [Known],
    /// Records that look alarming and are not: no pattern of the profile counts them. Patterns of a job do.
    pub benign: &'static [Benign],
}

/// A record that looks alarming and is not.
#[derive(Debug)]
pub struct Benign {
    /// What the record matches, compared as [`Known::regex`] is.
    pub regex: &'static str,
    /// Why it is harmless, in a few words.
    pub why: &'static str,
}

impl Benign {
    const fn new(regex: &'static str, why: &'static str) -> Self {
        Self { regex, why }
    }
}

/// A record that matters. All expressions are compared without regard to case, with `^` at each line.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its id in findings.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What the record matches.
    pub regex: &'static str,
    /// Each match has one of these on one of its lines, whatever its case. Empty: every record is compared, so the
    /// expression has to fail fast.
    pub literals: &'static [&'static str],
    /// What the record's own level has to be.
    pub level: LevelRule,
    /// It only counts records that nothing else claims.
    pub fallback: bool,
    /// How many records it takes.
    pub min_count: u64,
    /// Within how many seconds; 0 for the whole window.
    pub per_secs: i64,
    /// What it means, in one sentence without its full stop.
    pub meaning: &'static str,
    /// What to do, in a few words.
    pub advice: Option<&'static str>,
    /// The record that says it is over, and its literals. With it, the pattern tells a state, which holds until then.
    pub clears: Option<(&'static str, &'static [&'static str])>,
    /// It keeps the service from starting, so that another start alone does not end it.
    pub of_start: bool,
    /// For a record that tells why a process does not start: what it means when the process goes on all the same, such
    /// as after a reload that failed. It only warns, then.
    pub survived: Option<&'static str>,
}

/// What a record's own level has to be for a pattern to count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelRule {
    /// Any, or none.
    Any,
    /// Not below this, where it says one.
    NotBelow(Level),
    /// It says one, and at least this.
    AtLeast(Level),
}

impl Known {
    /// A pattern that counts every record that matches.
    const fn new(
        id: &'static str,
        severity: Severity,
        regex: &'static str,
        literals: &'static [&'static str],
        meaning: &'static str,
    ) -> Self {
        Self {
            id,
            severity,
            regex,
            literals,
            level: LevelRule::Any,
            fallback: false,
            min_count: 1,
            per_secs: 0,
            meaning,
            advice: None,
            clears: None,
            of_start: false,
            survived: None,
        }
    }

    const fn advice(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }

    const fn cleared_by(mut self, regex: &'static str, literals: &'static [&'static str]) -> Self {
        self.clears = Some((regex, literals));
        self
    }

    /// It keeps the service from starting, until this record says that it has.
    const fn until_started(self, regex: &'static str, literals: &'static [&'static str]) -> Self {
        Self { of_start: true, ..self.cleared_by(regex, literals) }
    }

    const fn survived(mut self, meaning: &'static str) -> Self {
        self.survived = Some(meaning);
        self
    }

    const fn level(mut self, level: LevelRule) -> Self {
        self.level = level;
        self
    }

    const fn fallback(mut self) -> Self {
        self.fallback = true;
        self
    }

    const fn at_least(mut self, min_count: u64, per_secs: i64) -> Self {
        self.min_count = min_count;
        self.per_secs = per_secs;
        self
    }

    fn admits(&self, level: Option<Level>) -> bool {
        match self.level {
            LevelRule::Any => true,
            LevelRule::NotBelow(least) => level.is_none_or(|level| level >= least),
            LevelRule::AtLeast(least) => level.is_some_and(|level| level >= least),
        }
    }
}

/// The patterns of two files in one list.
const fn join<const N: usize>(first: &[Known], second: &[Known]) -> [Known; N] {
    let mut all = [first[0]; N];
    let mut n = 1;
    while n < N {
        all[n] = if n < first.len() { first[n] } else { second[n - first.len()] };
        n += 1;
    }
    all
}

/// A profile, made ready once for the process.
#[derive(Debug)]
pub struct Compiled {
    profile: &'static Profile,
    /// Of the patterns, then of what clears them, then of the benign records.
    expressions: Vec<Expression>,
    /// Which patterns each expression of `clears` is for: a start clears many.
    clears: Vec<Vec<usize>>,
}

/// One expression of a profile. It is compiled when a record has to be compared with it, which most never are.
#[derive(Debug)]
pub struct Expression {
    regex: &'static str,
    /// None when there is nothing to tell a match by.
    needs: Option<Needs>,
    compiled: OnceLock<Regex>,
}

/// What each record that matches an expression has.
#[derive(Clone, Debug)]
pub(crate) enum Needs {
    /// One of these sequences on one of its lines.
    Sequences(Vec<Sequence>),
    /// One of these as its first byte: klog's letter.
    First(Bytes),
}

impl Expression {
    fn new(regex: &'static str, literals: &[&str]) -> Self {
        let hir = || syntax().build().parse(regex).ok();
        let needs = if literals.is_empty() {
            hir().and_then(|hir| first(&hir).map(Needs::First).or_else(|| required(&hir).map(Needs::Sequences)))
        } else {
            Some(Needs::Sequences(literals.iter().map(|literal| sequence(literal)).collect()))
        };
        Self { regex, needs, compiled: OnceLock::new() }
    }

    /// In the syntax of the regex crate, with its flags.
    pub fn source(&self) -> String {
        format!("(?i-u){}", self.regex)
    }

    pub(crate) fn needs(&self) -> Option<&Needs> {
        self.needs.as_ref()
    }

    pub(crate) fn is_match(&self, record: &[u8]) -> bool {
        #[expect(clippy::expect_used, reason = "profiles are constants, and a test compiles each")]
        let compile = || {
            RegexBuilder::new(self.regex)
                .case_insensitive(true)
                .unicode(false)
                .multi_line(true)
                .build()
                .expect("it compiles")
        };
        self.compiled.get_or_init(compile).is_match(record)
    }
}

/// If a record may begin with more than these, its first byte tells too little.
const MOST_FIRST: usize = 8;

/// The bytes of which a text that matches begins with one; None when these are many.
fn first(hir: &Hir) -> Option<Bytes> {
    let is_anchored = hir.properties().look_set_prefix().contains(Look::Start);
    let mut prefixes = Extractor::new();
    prefixes.limit_class(MOST_FIRST).limit_literal_len(1).limit_total(MOST_FIRST);
    let prefixes = is_anchored.then(|| prefixes.extract(hir))?;
    let bytes: Option<Vec<u8>> = prefixes.literals()?.iter().map(|prefix| prefix.as_bytes().first().copied()).collect();
    Some(Bytes::of(bytes?.into_iter().map(|byte| byte..=byte)))
}

/// How expressions of profiles are read.
fn syntax() -> regex_syntax::ParserBuilder {
    let mut syntax = regex_syntax::ParserBuilder::new();
    syntax.case_insensitive(true).unicode(false).utf8(false).multi_line(true);
    syntax
}

/// What a record is to a profile: indices of patterns.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// The one that counts it: what a record tells is told once.
    pub counted_by: Option<usize>,
    /// Those that it says are over.
    pub cleared: Vec<usize>,
}

impl Compiled {
    fn new(profile: &'static Profile) -> Self {
        let mut expressions: Vec<_> = profile.patterns.iter().map(|p| Expression::new(p.regex, p.literals)).collect();
        let mut clears = BTreeMap::<_, Vec<usize>>::new();
        for (n, pattern) in profile.patterns.iter().enumerate() {
            if let Some(expression) = pattern.clears {
                clears.entry(expression).or_default().push(n);
            }
        }
        expressions.extend(clears.keys().map(|(regex, literals)| Expression::new(regex, literals)));
        let clears = clears.into_values().collect();
        expressions.extend(profile.benign.iter().map(|benign| Expression::new(benign.regex, &[])));
        Self { profile, expressions, clears }
    }

    /// The patterns, in the order of their indices.
    pub fn patterns(&self) -> &'static [Known] {
        self.profile.patterns
    }

    /// What it means that the process of a container outlived the record of this pattern.
    pub fn survived(&self, id: &str) -> Option<&'static str> {
        self.profile.patterns.iter().find(|p| p.id == id)?.survived
    }

    /// Whether the pattern of this id tells a state: something is known that ends it.
    pub fn is_state(&self, id: &str) -> bool {
        self.profile.patterns.iter().any(|p| p.id == id && p.clears.is_some())
    }

    /// Whether the pattern of this id tells what keeps the service from starting.
    pub fn is_of_start(&self, id: &str) -> bool {
        self.profile.patterns.iter().any(|p| p.id == id && p.of_start)
    }

    /// Its expressions: of the patterns, of what clears them, and of the benign records.
    pub fn expressions(&self) -> &[Expression] {
        &self.expressions
    }

    /// Where among [`Self::expressions`] those of the benign records begin.
    pub fn first_benign(&self) -> usize {
        self.profile.patterns.len() + self.clears.len()
    }

    /// What tells that a record is harmless, if it is one of these of [`Self::expressions`].
    pub fn benign(&self, candidates: impl IntoIterator<Item = usize>, record: &[u8]) -> Option<&'static Benign> {
        let matching =
            candidates.into_iter().filter(|&n| n >= self.first_benign() && self.expressions[n].is_match(record));
        matching.min().and_then(|n| self.profile.benign.get(n - self.first_benign()))
    }

    /// What a record is that these of [`Self::expressions`] match, in their order. `claimed`: a pattern of the job has
    /// it, so that no fallback counts it.
    pub fn attribute(&self, hits: &[usize], level: impl FnOnce() -> Option<Level>, claimed: bool) -> Attribution {
        let patterns = self.profile.patterns.len();
        let mut out = Attribution::default();
        if hits.is_empty() {
            return out;
        }
        out.cleared =
            hits.iter().filter_map(|n| self.clears.get(n.checked_sub(patterns)?)).flatten().copied().collect();
        if hits.iter().any(|&n| n >= self.first_benign()) {
            return out;
        }
        let level = level();
        let hits = hits.iter().copied().filter(|&n| n < patterns && self.profile.patterns[n].admits(level));
        let (fallbacks, known): (Vec<usize>, Vec<usize>) = hits.partition(|&n| self.profile.patterns[n].fallback);
        out.counted_by = known.first().copied();
        if out.counted_by.is_none() && out.cleared.is_empty() && !claimed {
            out.counted_by = fallbacks.into_iter().max_by_key(|&n| self.profile.patterns[n].severity);
        }
        out
    }
}

/// What is known of a service.
pub fn compiled(name: ProfileName) -> &'static Compiled {
    static GENERIC: LazyLock<Compiled> = LazyLock::new(|| Compiled::new(&generic::PROFILE));
    static NGINX: LazyLock<Compiled> = LazyLock::new(|| Compiled::new(&nginx::PROFILE));
    static POSTGRES: LazyLock<Compiled> = LazyLock::new(|| Compiled::new(&postgres::PROFILE));
    static RABBITMQ: LazyLock<Compiled> = LazyLock::new(|| Compiled::new(&rabbitmq::PROFILE));
    static REDIS: LazyLock<Compiled> = LazyLock::new(|| Compiled::new(&redis::PROFILE));
    match name {
        ProfileName::Generic => &GENERIC,
        ProfileName::Nginx => &NGINX,
        ProfileName::Postgres => &POSTGRES,
        ProfileName::Rabbitmq => &RABBITMQ,
        ProfileName::Redis => &REDIS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{logs, observation::logs::LogScan};

    const ALL: [ProfileName; 5] =
        [ProfileName::Generic, ProfileName::Nginx, ProfileName::Postgres, ProfileName::Rabbitmq, ProfileName::Redis];

    /// What a profile finds in this log, engine stamps left out.
    pub(super) fn scan(profile: ProfileName, log: &str) -> LogScan {
        read(&logs::Matcher::compile(profile, &[], "c").unwrap(), log)
    }

    fn read(matcher: &logs::Matcher, log: &str) -> LogScan {
        let window = crate::api::Window { since: jiff::Timestamp::MIN, until: jiff::Timestamp::MAX };
        let mut scanner = logs::Scanner::new(matcher, window);
        for line in log.lines() {
            scanner.line(line.as_bytes());
        }
        scanner.finish()
    }

    /// The patterns that count these lines, with their counts.
    pub(super) fn counts(profile: ProfileName, log: &str) -> Vec<(String, u64)> {
        counted(scan(profile, log))
    }

    fn counted(found: LogScan) -> Vec<(String, u64)> {
        found.matches.into_iter().filter(|m| m.count > 0).map(|m| (m.id, m.count)).collect()
    }

    /// A pattern of a profile and a record as the sources of these versions print it.
    pub(super) type Printed = (&'static str, &'static str, &'static str);

    /// Real records of a service.
    pub(super) struct Corpus {
        /// What each pattern counts, and nothing else does.
        pub known: &'static [Printed],
        /// What ends the state that a pattern tells of.
        pub clears: &'static [Printed],
        /// What looks alarming, of which versions, and what it is: nothing.
        pub benign: &'static [(&'static str, &'static str)],
    }

    /// Holds a profile to its corpus: each pattern, each alternative and each literal of it is there for a real
    /// record, and what has to be looked at says what to do.
    pub(super) fn hold(name: ProfileName, corpus: &Corpus) {
        let profile = compiled(name);
        let of = |records: &[Printed], id: &str| -> Vec<&'static str> {
            records.iter().filter(|(of, ..)| *of == id).map(|(.., record)| *record).collect()
        };
        let known = |id: &str| profile.patterns().iter().any(|p| p.id == id);
        let matcher = logs::Matcher::compile(name, &[], "c").unwrap();
        for (id, versions, record) in corpus.known {
            assert!(known(id), "{id} is no pattern");
            assert_eq!(counted(read(&matcher, record)), [((*id).to_owned(), 1)], "{versions}: {record}");
        }
        for (id, versions, record) in corpus.clears {
            assert!(known(id), "{id} is no pattern");
            let stamped: Vec<String> =
                record.lines().map(|line| format!("2026-11-24T03:00:00.000000000Z {line}")).collect();
            let found = read(&matcher, &stamped.join("\n")).matches;
            let over = found.iter().any(|m| m.id == *id && m.count == 0 && m.cleared.is_some());
            assert!(over, "{versions}: {id} is not cleared by {record}");
        }
        for (versions, record) in corpus.benign {
            assert_eq!(counted(read(&matcher, record)), [], "{versions}: {record}");
        }
        for pattern in profile.patterns() {
            each_part_is_there_for_a_record(pattern.id, pattern.regex, pattern.literals, &of(corpus.known, pattern.id));
            if let Some((regex, literals)) = pattern.clears {
                each_part_is_there_for_a_record(pattern.id, regex, literals, &of(corpus.clears, pattern.id));
            }
            assert!(pattern.severity == Severity::Info || pattern.advice.is_some(), "{}: what to do?", pattern.id);
        }
        let records: Vec<&str> = corpus.benign.iter().map(|(_, record)| *record).collect();
        for benign in profile.profile.benign {
            each_part_is_there_for_a_record(benign.why, benign.regex, &[], &records);
        }
    }

    fn each_part_is_there_for_a_record(id: &str, regex: &str, literals: &[&str], records: &[&str]) {
        for part in alternatives(regex) {
            let part = RegexBuilder::new(part).case_insensitive(true).unicode(false).multi_line(true).build().unwrap();
            assert!(records.iter().any(|r| part.is_match(r.as_bytes())), "{id}: no record has {:?}", part.as_str());
        }
        let literals: Vec<String> = literals.iter().map(|literal| literal.to_lowercase()).collect();
        let records: Vec<String> = records.iter().map(|record| record.to_lowercase()).collect();
        for literal in &literals {
            assert!(records.iter().any(|record| record.contains(literal)), "{id}: no record has {literal:?}");
        }
        for record in records.iter().filter(|_| !literals.is_empty()) {
            assert!(literals.iter().any(|literal| record.contains(literal)), "{id}: no literal is in {record}");
        }
    }

    /// The alternatives of an expression that are in no group.
    fn alternatives(regex: &str) -> Vec<&str> {
        let (mut depth, mut class, mut escaped, mut from, mut out) = (0, false, false, 0, Vec::new());
        for (at, c) in regex.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                ']' if class => class = false,
                _ if class => {}
                '[' => class = true,
                '(' => depth += 1,
                ')' => depth -= 1,
                '|' if depth == 0 => {
                    out.push(&regex[from..at]);
                    from = at + 1;
                }
                _ => {}
            }
        }
        out.push(&regex[from..]);
        out
    }

    /// Holds that a log of a service that is well, is started or is stopped, gives nothing above Info.
    pub(super) fn is_quiet(name: ProfileName, log: &str) {
        let loud: Vec<_> =
            scan(name, log).matches.into_iter().filter(|m| m.count > 0 && m.severity > Severity::Info).collect();
        assert!(loud.is_empty(), "{loud:?}");
    }

    #[test]
    fn a_record_is_told_once_by_the_more_specific_pattern() {
        let full =
            b"60:C 24 Nov 2026 05:40:38.773 # Write error saving DB on disk(rdbSaveRio): No space left on device";
        let redis = compiled(ProfileName::Redis);
        let hits: Vec<usize> =
            (0..redis.expressions().len()).filter(|&n| redis.expressions()[n].is_match(full)).collect();
        let counted_by = redis.attribute(&hits, || Some(Level::Warning), false).counted_by;
        assert_eq!(counted_by.map(|n| redis.patterns()[n].id), Some("disk-full"));
    }

    #[test]
    fn profiles_compile_and_keep_the_bounds_of_findings() {
        for name in ALL {
            let compiled = compiled(name);
            let mut ids: Vec<_> = compiled.patterns().iter().map(|p| p.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), compiled.patterns().len(), "{name:?}: an id is there twice");
            for expression in compiled.expressions() {
                assert!(!expression.is_match(b""), "{}", expression.source());
            }
            for pattern in compiled.patterns() {
                assert!(pattern.id.len() <= 63 && pattern.meaning.len() <= 200, "{}", pattern.id);
                assert!(!pattern.meaning.ends_with('.'), "{}", pattern.id);
                assert!(pattern.advice.is_none_or(|advice| advice.len() <= 200), "{}", pattern.id);
                assert!(pattern.survived.is_none_or(|meaning| meaning.len() <= 200), "{}", pattern.id);
                assert!(pattern.advice.is_some() || pattern.severity == Severity::Info, "{}: what to do?", pattern.id);
            }
        }
    }

    #[test]
    fn an_expression_of_a_records_begin_is_told_by_the_first_byte() {
        let needs = |regex| Expression::new(regex, &[]).needs;
        let letters = |letters: &[u8]| Bytes::of(letters.iter().map(|&letter| letter..=letter));
        let klog = needs(r"\AE\d{4} refused|\A<\d");
        assert!(matches!(klog, Some(Needs::First(first)) if first == letters(b"eE<")), "{klog:?}");
        for regex in [r"^E\d{4} refused", r"\A.{0,80}refused", r"\AE\d{4} refused|refused"] {
            assert!(matches!(needs(regex), Some(Needs::Sequences(_))), "{regex}");
        }
        assert!(needs(r"\A.{0,80}").is_none());
    }

    #[test]
    fn own_patterns_leave_the_fallback_nothing_to_say() {
        let generic = compiled(ProfileName::Generic);
        let hits: Vec<usize> = (0..generic.expressions().len())
            .filter(|&n| generic.expressions()[n].is_match(b"ERROR job failed"))
            .collect();
        assert!(generic.attribute(&hits, || Some(Level::Error), false).counted_by.is_some());
        assert_eq!(generic.attribute(&hits, || Some(Level::Error), true).counted_by, None);
    }
}
