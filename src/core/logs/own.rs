//! A job's own expressions: whatever a person writes, comparing them ends soon.
//!
//! The regex crate's searches take a time that is linear in text times expression. With expressions of up to a megabyte
//! that is no bound that helps: a record of 64 KiB can take seconds. Nearly all are compared by an automaton that is
//! built as it is needed, at a nanosecond or two a byte. What makes it grow without end, or has Unicode's words in text
//! that is not ASCII, is simulated, and of that a log may have [`STEPS`].

use regex_automata::{
    Anchored, Input,
    hybrid::dfa::{self, DFA},
    nfa::thompson::{self, NFA, pikevm},
};
use regex_syntax::hir::Hir;

use super::{hostile, required::required, sieve::Sequence};
use crate::core::redact::cut;

/// What one expression may take, compiled.
const ONE_REGEX: usize = 1 << 20;
/// What an automaton may take as it is built; 64 expressions stay below 32 MiB.
const CACHE: usize = 512 << 10;
/// How much of the slow way all expressions of a log may go together: states of an expression times bytes of text. A
/// step takes 1 to 2 ns, so this is about a second.
pub(super) const STEPS: u64 = 500_000_000;

/// A compiled expression.
#[derive(Debug)]
pub(super) struct OwnRegex {
    fast: Option<DFA>,
    slow: pikevm::PikeVM,
    hir: Hir,
}

/// What is kept between searches, and how much may still be done the slow way.
#[derive(Debug)]
pub(super) struct Searches {
    caches: Vec<Option<Caches>>,
    steps: u64,
}

#[derive(Debug)]
struct Caches {
    fast: Option<dfa::Cache>,
    slow: pikevm::Cache,
    /// Its automaton grew without end, so that it is not tried again.
    grew: bool,
}

/// An expression cannot be compared with a record any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooSlow;

impl OwnRegex {
    /// Compiles an expression; the error says what is wrong with it.
    pub(super) fn compile(regex: &str) -> Result<Self, String> {
        let parsed = regex_syntax::ParserBuilder::new().utf8(false).multi_line(true).build().parse(regex);
        let hir = parsed.map_err(|error| {
            // The error draws the expression over several lines and says what is wrong on the last.
            let text = error.to_string();
            cut(text.lines().last().unwrap_or("not a regular expression").trim_start_matches("error: "), 160)
        })?;
        if let Some(objection) = hostile::objection(&hir) {
            return Err(objection);
        }
        let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(ONE_REGEX));
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(&hir).map_err(|error| {
            error.size_limit().map_or_else(
                || cut(&error.to_string(), 160),
                |limit| {
                    let kib = limit / 1024;
                    format!("compiles to more than {kib} KiB (\\w and \\d are all of Unicode's: [0-9a-z_] is smaller)")
                },
            )
        })?;
        // A new state costs as much as the expression has states. With this many bytes read for each, that is at most
        // some 20 ns a byte.
        let worth = (nfa.states().len() / 4).max(10);
        let config = dfa::Config::new()
            .unicode_word_boundary(true)
            .cache_capacity(CACHE)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(2))
            .minimum_bytes_per_state(Some(worth));
        let fast = dfa::Builder::new().configure(config).build_from_nfa(nfa.clone()).ok();
        let slow = pikevm::PikeVM::new_from_nfa(nfa).map_err(|error| cut(&error.to_string(), 160))?;
        Ok(Self { fast, slow, hir })
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        self.nfa().memory_usage()
    }

    /// The sequences of which each match holds one.
    pub(super) fn required(&self) -> Option<Vec<Sequence>> {
        required(&self.hir)
    }

    fn nfa(&self) -> &NFA {
        self.slow.get_nfa()
    }
}

impl Searches {
    /// For so many expressions, which may together go so many steps the slow way.
    pub(super) fn new(expressions: usize, steps: u64) -> Self {
        Self { caches: (0..expressions).map(|_| None).collect(), steps }
    }

    /// Whether the `n`th expression matches.
    pub(super) fn is_match(&mut self, n: usize, regex: &OwnRegex, text: &[u8]) -> Result<bool, TooSlow> {
        let caches = self.caches[n].get_or_insert_with(|| Caches {
            fast: regex.fast.as_ref().map(DFA::create_cache),
            slow: regex.slow.create_cache(),
            grew: false,
        });
        let input = Input::new(text).anchored(Anchored::No).earliest(true);
        if let (Some(fast), Some(cache), false) = (&regex.fast, &mut caches.fast, caches.grew) {
            match fast.try_search_fwd(cache, &input) {
                Ok(found) => return Ok(found.is_some()),
                Err(error) => {
                    caches.grew = matches!(error.kind(), regex_automata::MatchErrorKind::GaveUp { .. });
                }
            }
        }
        let steps = (regex.nfa().states().len() as u64).saturating_mul(text.len() as u64);
        self.steps = self.steps.checked_sub(steps).ok_or(TooSlow)?;
        Ok(regex.slow.is_match(&mut caches.slow, input))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    /// Makes the automaton grow with each byte, and has some thousands of states.
    const HOSTILE: &str = r"(?i)e[\w\s[:punct:]]{20}\d.{20}q";

    #[test]
    fn what_takes_too_long_is_not_compared_any_more() {
        let regex = OwnRegex::compile(HOSTILE).unwrap();
        let states = regex.nfa().states().len() as u64;
        assert!(states > 1000, "{states}");
        // Words, blanks and digits without any order.
        let next = |n: &u64| Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
        let numbers = std::iter::successors(Some(1_u64), next).take(60_000);
        let text: Vec<u8> = numbers.map(|n| b"e 1ae2,e"[usize::from(n.to_be_bytes()[0] % 8)]).collect();
        let mut searches = Searches::new(1, 3 * states * text.len() as u64);
        let outcomes: Vec<_> = (0..6).map(|_| searches.is_match(0, &regex, &text)).collect();
        assert!(searches.caches[0].as_ref().unwrap().grew);
        assert_eq!(outcomes, [Ok(false), Ok(false), Ok(false), Err(TooSlow), Err(TooSlow), Err(TooSlow)]);
        // What is short enough for what is left is compared all the same; there is nothing left here.
        assert_eq!(searches.is_match(0, &regex, b"x"), Err(TooSlow));
    }

    #[test]
    fn ordinary_expressions_never_go_the_slow_way() {
        for source in [r"\bretry(ing)?\b", r"took \d{4,}ms", "(?i)größe", r".*[^A-Z]|[A-Z]", r"(?i)\w{1,20}@\w{1,20}"]
        {
            let regex = OwnRegex::compile(source).unwrap();
            let mut searches = Searches::new(1, 0);
            for text in ["retrying", "took 12345ms", "a b c", &"x y 1 ".repeat(10_000)] {
                assert!(searches.is_match(0, &regex, text.as_bytes()).is_ok(), "{source}");
            }
        }
    }

    proptest! {
        /// However it is found out.
        #[test]
        fn what_matches_is_what_the_regex_crate_says(
            source in select(vec![r"\bretry(ing)?\b", r"^ab|c$", r"(?i)größe|\d+x", r"a.{1,3}b", r"\A\w+\z", r"[^a]\s?b\b", r"(?-u)\xff", HOSTILE]),
            texts in vec(prop_oneof!["[a-cxe1 öß\n]{0,30}".prop_map(String::into_bytes), vec(any::<u8>(), 0..30)], 1..8),
        ) {
            let regex = OwnRegex::compile(source).unwrap();
            let expected = regex::bytes::RegexBuilder::new(source).multi_line(true).build().unwrap();
            let mut searches = Searches::new(1, u64::MAX);
            for text in texts {
                prop_assert_eq!(searches.is_match(0, &regex, &text), Ok(expected.is_match(&text)));
            }
        }
    }
}
