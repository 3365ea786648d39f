//! Secrets out of text, before anything is kept, judged or shown. First redact, then [`cut`]: a cut secret is no
//! longer recognised.

mod encodings;
mod shapes;

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::LazyLock};

use aho_corasick::{AhoCorasick, MatchKind};

use self::shapes::Rows;
use crate::core::logs::sieve::{Sequence, rarest_part};

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// A shorter value is found in ordinary words, and redacting those would hide what happened.
const SHORTEST_VALUE: usize = 6;
/// Of a longer value (a certificate) its lines are known, which is how it would come into a log.
const LONGEST_VALUE: usize = 1024;
const SHORTEST_LINE: usize = 20;
/// A private key that does not end is over after this many lines, so that a stray BEGIN cannot hide a whole log.
const LONGEST_KEY_LINES: u32 = 120;

/// Knows this run's secret values, and the shapes that secrets have.
#[derive(Clone)]
pub struct Redactor {
    exact: Option<AhoCorasick>,
    /// A part of each value.
    known: Vec<Sequence>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("knows_values", &self.exact.is_some()).finish_non_exhaustive()
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new(Vec::<String>::new())
    }
}

impl Redactor {
    /// A redactor that knows these values, plain, in base64, URL-encoded and within JSON. Values under six characters are left
    /// to the shapes.
    pub fn new(secret_values: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut known = BTreeSet::new();
        for value in secret_values {
            let value = value.as_ref().trim();
            for line in value.lines().map(str::trim).filter(|l| l.len() >= SHORTEST_LINE && !l.starts_with("-----")) {
                known.insert(line.to_owned());
            }
            if (SHORTEST_VALUE..=LONGEST_VALUE).contains(&value.len()) {
                known.extend(encodings::of(value));
            }
        }
        let parts = known.iter().map(|value| rarest_part(value.as_bytes())).collect();
        let build = |known| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(known);
        Self { exact: if known.is_empty() { None } else { build(known).ok() }, known: parts }
    }

    /// What a line holds one of when it holds a secret, unless [`LineRedactor::is_suspicious`].
    pub(crate) fn sought(&self) -> impl Iterator<Item = &Sequence> {
        self.known.iter().chain(shapes::sought())
    }

    /// The text with `[redacted]` where a secret stood.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let text = self.hide_known(text);
        let rows = shapes::rows_in(text.as_bytes());
        shapes::hide(text, rows)
    }

    fn hide_known<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(exact) = self.exact.as_ref().filter(|exact| exact.is_match(text.as_bytes())) else {
            return Cow::Borrowed(text);
        };
        let mut out = String::with_capacity(text.len());
        exact.replace_all_with(text, &mut out, |_, _, out| {
            out.push_str(REDACTED);
            true
        });
        Cow::Owned(out)
    }

    /// Redacts a log line by line: a private key spans several.
    pub fn lines(&self) -> LineRedactor<'_> {
        LineRedactor { redactor: self, key_lines: 0 }
    }
}

/// Redacts the lines of one log, in order.
#[derive(Clone, Debug)]
pub struct LineRedactor<'r> {
    redactor: &'r Redactor,
    key_lines: u32,
}

impl LineRedactor<'_> {
    /// Whether a line with this text is to be redacted although it may hold nothing of [`Redactor::sought`]: it is within
    /// a private key, or holds what each URL with a password does.
    pub(crate) fn is_suspicious(&self, text: &[u8]) -> bool {
        self.key_lines > 0 || may_hold_a_url_with_a_password(text)
    }

    /// The line with `[redacted]` where a secret stood. What is not UTF-8 is kept, unless the line holds a secret:
    /// then it becomes U+FFFD.
    pub fn redact<'t>(&mut self, line: &'t [u8]) -> Cow<'t, [u8]> {
        let known = self.redactor.exact.as_ref().is_some_and(|exact| exact.is_match(line));
        self.hide(line, known, shapes::rows_in(line))
    }

    /// The same for a line that holds these of [`Redactor::sought`].
    pub(crate) fn redact_held<'t>(
        &mut self,
        line: &'t [u8],
        held: impl Iterator<Item = usize> + Clone,
    ) -> Cow<'t, [u8]> {
        let known = self.redactor.known.len();
        let shapes = shapes::rows_of(held.clone().filter_map(|n| n.checked_sub(known)));
        let urls = if may_hold_a_url_with_a_password(line) { Rows::urls() } else { Rows::default() };
        self.hide(line, held.into_iter().any(|n| n < known), [shapes, urls].into_iter().collect())
    }

    fn hide<'t>(&mut self, line: &'t [u8], known: bool, rows: Rows) -> Cow<'t, [u8]> {
        if self.key_lines > 0 {
            self.key_lines -= 1;
            let over = KEY_END.is_match(line);
            if over {
                self.key_lines = 0;
            }
            return Cow::Owned(hide_key_line(line, over));
        }
        if !known && rows.is_empty() {
            return Cow::Borrowed(line);
        }
        if KEY_START.is_match(line) && !KEY_END.is_match(line) {
            self.key_lines = LONGEST_KEY_LINES;
        }
        let text = String::from_utf8_lossy(line);
        // What stands for a known value may itself be what a shape is told by.
        let hidden = if known { self.redactor.redact(&text) } else { shapes::hide(Cow::Borrowed(&text), rows) };
        if hidden == text { Cow::Borrowed(line) } else { Cow::Owned(hidden.into_owned().into_bytes()) }
    }
}

fn may_hold_a_url_with_a_password(text: &[u8]) -> bool {
    memchr::memrchr(b'@', text).is_some_and(|end| memchr::memmem::find(&text[..end], b"://").is_some())
}

/// Keeps a line's engine stamp and hides the rest, all but what follows the key's end.
fn hide_key_line(line: &[u8], over: bool) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    let (stamp, rest) = text.split_once(' ').filter(|(s, _)| s.ends_with('Z') && s.len() > 19).unwrap_or(("", &text));
    let tail = if over { rest.rsplit_once("-----").map_or("", |(_, tail)| tail) } else { "" };
    let blank = if stamp.is_empty() { "" } else { " " };
    format!("{stamp}{blank}{REDACTED}{tail}").into_bytes()
}

/// At most `max_chars` characters of the text, the last of them `…` when something was cut.
pub fn cut(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text.to_owned(),
        Some(_) if max_chars == 0 => String::new(),
        Some(_) => {
            let keep = text.char_indices().nth(max_chars - 1).map_or(0, |(at, _)| at);
            format!("{}…", &text[..keep])
        }
    }
}

static KEY_START: LazyLock<regex::bytes::Regex> =
    LazyLock::new(|| bytes_regex("-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"));
static KEY_END: LazyLock<regex::bytes::Regex> =
    LazyLock::new(|| bytes_regex("-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"));

#[expect(clippy::expect_used, reason = "only constants come here, and a test builds them")]
fn bytes_regex(text: &str) -> regex::bytes::Regex {
    regex::bytes::Regex::new(text).expect("constant pattern builds")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_that_is_known_is_redacted_unless_it_is_short() {
        let redactor = Redactor::new(["p@ss word/1", "short"]);
        assert_eq!(redactor.redact("a p@ss word/1 b"), "a [redacted] b");
        assert_eq!(redactor.redact("a short b"), "a short b");
        assert_eq!(format!("{redactor:?}"), "Redactor { knows_values: true, .. }");
    }

    #[test]
    fn a_private_key_over_lines_is_hidden_line_by_line() {
        let redactor = Redactor::default();
        let mut lines = redactor.lines();
        let mut out = Vec::new();
        for line in [
            "2026-11-24T05:00:00.000000001Z key -----BEGIN PRIVATE KEY-----",
            "2026-11-24T05:00:00.000000002Z MIIEvQIBADANBg",
            "2026-11-24T05:00:00.000000003Z -----END PRIVATE KEY-----",
            "2026-11-24T05:00:00.000000004Z after",
        ] {
            out.push(String::from_utf8(lines.redact(line.as_bytes()).into_owned()).unwrap());
        }
        assert_eq!(out[0], "2026-11-24T05:00:00.000000001Z key [redacted]");
        assert_eq!(out[1], "2026-11-24T05:00:00.000000002Z [redacted]");
        assert_eq!(out[2], "2026-11-24T05:00:00.000000003Z [redacted]");
        assert_eq!(out[3], "2026-11-24T05:00:00.000000004Z after");
    }

    #[test]
    fn cutting_keeps_characters_whole_and_says_so() {
        assert_eq!(cut("grün", 4), "grün");
        assert_eq!(cut("grüne", 4), "grü…");
        assert_eq!(cut("ab", 0), "");
        assert_eq!(cut(&cut("abcdef", 4), 4), "abc…");
    }

    proptest! {
        #[test]
        fn a_known_value_never_comes_through(secret in "[a-zA-Z0-9+/]{8,20}", before in "\\PC{0,20}", after in "\\PC{0,20}") {
            let redactor = Redactor::new([&secret]);
            let text = format!("{before}{secret}{after}");
            prop_assert!(!redactor.redact(&text).contains(&secret));
        }

        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let redactor = Redactor::new(["hunter2"]);
            let _ = redactor.lines().redact(&bytes);
        }
    }
}
