//! Secrets out of text, before anything is kept, judged or shown. First redact, then [`cut`]: a cut secret is no
//! longer recognised.

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::LazyLock};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use regex::Regex;

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
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("knows_values", &self.exact.is_some()).finish()
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new(Vec::<String>::new())
    }
}

impl Redactor {
    /// A redactor that knows these values, plain, in base64 and URL-encoded. Values under six characters are left
    /// to the shapes.
    pub fn new(secret_values: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut known = BTreeSet::new();
        for value in secret_values {
            let value = value.as_ref().trim();
            for line in value.lines().map(str::trim).filter(|l| l.len() >= SHORTEST_LINE && !l.starts_with("-----")) {
                known.insert(line.to_owned());
            }
            if (SHORTEST_VALUE..=LONGEST_VALUE).contains(&value.len()) {
                known.extend([STANDARD_NO_PAD.encode(value), URL_SAFE_NO_PAD.encode(value)]);
                known.insert(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
                known.insert(value.to_owned());
            }
        }
        let build = |known| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(known);
        Self { exact: if known.is_empty() { None } else { build(known).ok() } }
    }

    /// The text with `[redacted]` where a secret stood.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        if let Some(exact) = self.exact.as_ref().filter(|exact| exact.is_match(text.as_bytes())) {
            let mut out = String::with_capacity(text.len());
            exact.replace_all_with(&text, &mut out, |_, _, out| {
                out.push_str(REDACTED);
                true
            });
            text = Cow::Owned(out);
        }
        if may_hold_a_secret(text.as_bytes()) {
            for (shape, with) in SHAPES.iter() {
                if let Cow::Owned(changed) = shape.replace_all(&text, *with) {
                    text = Cow::Owned(changed);
                }
            }
        }
        text
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
    /// The line with `[redacted]` where a secret stood. What is not UTF-8 is kept, unless the line holds a secret:
    /// then it becomes U+FFFD.
    pub fn redact<'t>(&mut self, line: &'t [u8]) -> Cow<'t, [u8]> {
        if self.key_lines > 0 {
            self.key_lines -= 1;
            let over = KEY_END.is_match(line);
            if over {
                self.key_lines = 0;
            }
            return Cow::Owned(hide_key_line(line, over));
        }
        let known = self.redactor.exact.as_ref().is_some_and(|exact| exact.is_match(line));
        if !known && !may_hold_a_secret(line) {
            return Cow::Borrowed(line);
        }
        if KEY_START.is_match(line) && !KEY_END.is_match(line) {
            self.key_lines = LONGEST_KEY_LINES;
        }
        Cow::Owned(self.redactor.redact(&String::from_utf8_lossy(line)).into_owned().into_bytes())
    }
}

/// Keeps a line's engine stamp and hides the rest, all but what follows the key's end.
fn hide_key_line(line: &[u8], over: bool) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    let (stamp, rest) = text.split_once(' ').filter(|(s, _)| s.ends_with('Z') && s.len() > 19).unwrap_or(("", &text));
    let tail = if over { rest.rsplit_once("KEY-----").map_or("", |(_, tail)| tail) } else { "" };
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

/// One cheap pass: nearly all lines hold none of these.
fn may_hold_a_secret(text: &[u8]) -> bool {
    TRIGGERS.is_match(text) || holds_a_bot_token(text)
}

/// `\d{8,10}:[\w-]{35}` has no literal to look for but its colon.
fn holds_a_bot_token(text: &[u8]) -> bool {
    memchr::memchr_iter(b':', text).any(|at| {
        at >= 8
            && text[at - 8..at].iter().all(u8::is_ascii_digit)
            && text.get(at + 1..at + 36).is_some_and(|token| {
                token.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
            })
    })
}

static TRIGGERS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "these literals are constants, and a test builds them")]
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build([
            "-----begin",
            "eyj",
            "bearer",
            "authorization",
            "passw",
            "pwd",
            "requirepass",
            "masterauth",
            "token",
            "secret",
            "api_key",
            "apikey",
            "api-key",
            "access_key",
            "accesskey",
            "://",
            "akia",
            "asia",
            "sk-",
            "ghp_",
            "gho_",
            "ghs_",
            "github_pat_",
            "xox",
        ])
        .expect("constant literals build")
});

type Shape = (Regex, &'static str);

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    [
        (r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z)", "[redacted]"),
        (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?", "[redacted]"),
        (r"(?i)\b(authorization\W{1,5}(?:basic|bearer|digest|token)\s+)[^\s\x22',;]+", "${1}[redacted]"),
        (r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{16,}", "${1}[redacted]"),
        (r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@\x22'<>]+@", "${1}[redacted]@"),
        // `password=x`, `"password": "x"`; with a bare colon only words that mean nothing else.
        (
            r#"(?i)\b([\w.-]*(?:password|passwd|pwd|token|secret|api[_-]?key|access[_-]?key)\\?["']?\s*(?:=|(?:["']\s*:))\s*)(?:\\?"[^"\\]*\\?"|'[^']*'|[^\s"'&,;)}\]\\]+)"#,
            "${1}[redacted]",
        ),
        (r#"(?i)\b([\w.-]*(?:password|passwd|secret|api[_-]?key):\s*)(?:"[^"]*"|'[^']*'|[^\s"'&,;)}\]]+)"#, "${1}[redacted]"),
        (r"(?i)\b((?:requirepass|masterauth)\s+)[^\s']+", "${1}[redacted]"),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", "[redacted]"),
        (r"\d{8,10}:[A-Za-z0-9_-]{35}", "[redacted]"),
        (r"\b(?:sk-[A-Za-z0-9_-]{20,}|gh[pos]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|xox[abprs]-[A-Za-z0-9-]{10,})", "[redacted]"),
    ]
    .into_iter()
    .filter_map(|(shape, with)| Some((Regex::new(shape).ok()?, with)))
    .collect()
});

static KEY_START: LazyLock<regex::bytes::Regex> =
    LazyLock::new(|| bytes_regex("-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----"));
static KEY_END: LazyLock<regex::bytes::Regex> = LazyLock::new(|| bytes_regex("-----END [A-Z0-9 ]*PRIVATE KEY-----"));

#[expect(clippy::expect_used, reason = "only constants come here, and a test builds them")]
fn bytes_regex(text: &str) -> regex::bytes::Regex {
    regex::bytes::Regex::new(text).expect("constant pattern builds")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_shape_is_a_regex() {
        assert_eq!(SHAPES.len(), 11);
    }

    #[test]
    fn shapes_of_secrets_are_redacted() {
        let none = Redactor::default();
        for (text, expected) in [
            ("password=hunter2 next", "password=[redacted] next"),
            ("DB_PASSWORD: 'hunter2'", "DB_PASSWORD: [redacted]"),
            (r#"{"user":"a","password":"hunter2","n":1}"#, r#"{"user":"a","password":[redacted],"n":1}"#),
            ("GET /?token=abc&x=1", "GET /?token=[redacted]&x=1"),
            ("api_key=abc, secret=def", "api_key=[redacted], secret=[redacted]"),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"),
            ("got bearer abcdefghijklmnop1234", "got bearer [redacted]"),
            ("amqp://app:s3cret@rabbit:5672/", "amqp://[redacted]@rabbit:5672/"),
            ("key AKIAIOSFODNN7EXAMPLE used", "key [redacted] used"),
            ("POST /bot123456789:AAF9abcdefghijklmnopqrstuvwxyz01234/send", "POST /bot[redacted]/send"),
            (">>> 'requirepass foobared'", ">>> 'requirepass [redacted]'"),
            ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_x", "jwt [redacted]"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- tail", "[redacted] tail"),
        ] {
            assert_eq!(none.redact(text), expected);
        }
    }

    #[test]
    fn ordinary_lines_stay_as_they_are() {
        let none = Redactor::default();
        for text in [
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused: user 'app' - invalid credentials",
            "INFO authentication failed attempts in the last hour: 0",
            "unexpected token: end of input",
            "max_tokens=200 used",
            "see https://example.org/a@b",
            "Basic authentication failed",
        ] {
            assert!(matches!(none.redact(text), Cow::Borrowed(_)) || none.redact(text) == text, "{text}");
        }
    }

    #[test]
    fn known_values_are_redacted_in_each_encoding() {
        let redactor = Redactor::new(["p@ss word/1", "short"]);
        assert_eq!(redactor.redact("a p@ss word/1 b"), "a [redacted] b");
        assert_eq!(redactor.redact("a p%40ss+word%2F1 b"), "a [redacted] b");
        assert_eq!(redactor.redact(&STANDARD_NO_PAD.encode("p@ss word/1")), "[redacted]");
        assert_eq!(redactor.redact("a short b"), "a short b");
        assert_eq!(format!("{redactor:?}"), "Redactor { knows_values: true }");
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
