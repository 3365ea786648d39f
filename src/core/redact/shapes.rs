//! What secrets look like when nobody told us their values.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use aho_corasick::AhoCorasick;
use regex::Regex;

use crate::core::logs::{
    required,
    sieve::{Bytes, Sequence, rarest, sequence},
};

/// Words that say of what follows them that it is a secret, whatever stands before them: `DB_PASSWORD`, `x-auth-token`.
macro_rules! names {
    () => {
        r"(?:password|passwd|passphrase|pwd|(?:db|smtp|user|pg|_)pass|secret|token|credentials?|signature|session_?id|sessid|connect\.sid|(?:api|access|account|private|secret|signing|encryption|auth|shared)[_-]?key)"
    };
}

/// A value behind such a word: quoted, quoted within JSON that is quoted itself, or up to what ends a word. What was
/// hidden before stays as it is.
macro_rules! value {
    () => {
        r#"(?:\[redacted\]|\\?"[^"\\]*\\?"|'[^']*'|[^\s"'&,;)}\]\\]+)"#
    };
}

const URL: &str = "://";

/// Each with the words of which a text that holds it has one, in any case.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &[&str])] = &[
    // The keys of TLS, SSH and PGP, over lines or with `\n` written out.
    (r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)", "[redacted]", &["-----begin"]),
    // JSON Web Tokens, signed or not.
    (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,3}", "[redacted]", &["eyj"]),
    // Headers: a scheme and its credentials, or something long that can be nothing else; cookies whole.
    (r#"(?i)\b(authorization\W{1,5}(?:basic|bearer|token|negotiate|apikey)\s+)[^\s"',;]+"#, "${1}[redacted]", &["authorization"]),
    (r#"(?i)\b(authorization\W{1,5}(?:digest|aws4-hmac-sha256)\s+)[^"'\r\n]+"#, "${1}[redacted]", &["authorization"]),
    (r"(?i)\b(authorization\W{1,5})[A-Za-z0-9._~+/=-]{20,}", "${1}[redacted]", &["authorization"]),
    (r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{16,}", "${1}[redacted]", &["bearer"]),
    (r#"(?i)\b((?:set-)?cookie["']?\s*[:=]\s*["']?)(?:\[redacted\]|[^\s"'=;]+=[^"'\r\n]*)"#, "${1}[redacted]", &["cookie"]),
    (r#"(?i)\b(x-[\w-]*(?:key|token|secret|auth)["']?\s*:\s*)(?:\[redacted\]|"[^"]*"|'[^']*'|[^\s"',;]+)"#, "${1}[redacted]", &["x-"]),
    // `scheme://user:password@host`.
    (r#"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/"'<>]+@"#, "${1}[redacted]@", &[URL]),
    // `?code=…&sig=…` of a URL.
    (r#"(?i)([?&](?:code|key|sig|auth|pass|pw)=)(?:\[redacted\]|[^\s"'&#<>]+)"#, "${1}[redacted]", &["code=", "key=", "sig=", "auth=", "pass=", "pw="]),
    // `password=x`, `"password": "x"`, `--password x`; with a bare colon only words that mean nothing else.
    (
        concat!(r"(?i)\b([\w.-]*", names!(), r#"\\?["']?\s*(?:=>?|["']\s*:)\s*)"#, value!()),
        "${1}[redacted]",
        &["passw", "passphrase", "pwd", "_pass", "dbpass", "smtppass", "userpass", "pgpass", "secret", "token", "credential", "signature", "sessionid", "session_id", "sessid", "connect.sid", "_key", "-key", "apikey", "accesskey", "accountkey", "privatekey", "signingkey", "encryptionkey", "authkey", "sharedkey"],
    ),
    (
        concat!(r"(?i)\b([\w.-]*(?:password|passwd|passphrase|secret|(?:api|access|account|private|secret|signing|auth)[_-]?key):\s*)", value!()),
        "${1}[redacted]",
        &["passw", "passphrase", "secret:", "key:"],
    ),
    (r"(?i)\b(token:\s*)[A-Za-z0-9._~+/=-]{20,}", "${1}[redacted]", &["token:"]),
    (r#"(?i)(--?(?:password|passwd|pass|token|secret|api-?key|auth)[ =])(?:\[redacted\]|"[^"]*"|'[^']*'|[^\s"']+)"#, "${1}[redacted]", &["-pass", "-token", "-secret", "-api", "-auth"]),
    // What Redis and SQL call it.
    (r#"(?i)\b((?:requirepass|masterauth|primaryauth|sentinel auth-pass \S+)\s+)(?:\[redacted\]|"[^"]*"|[^\s"']+)"#, "${1}[redacted]", &["requirepass", "masterauth", "primaryauth", "auth-pass"]),
    (r#"(?i)("auth")(?:\s+(?:"[^"]*"|\[redacted\]))+"#, "${1} [redacted]", &["\"auth\""]),
    (r"(?i)\b((?:identified\s+(?:with\s+\S+\s+)?by|password)\s+(?:as\s+)?)E?'[^']*'", "${1}[redacted]", &["identified", "password"]),
    // Hashes of passwords: bcrypt, argon2, crypt, SCRAM.
    (r"\$(?:2[abxy]|argon2(?:id|i|d)|scrypt|[156y]|apr1)\$[A-Za-z0-9./+=,$-]{20,}", "[redacted]", &["$2", "$argon2", "$scrypt", "$1$", "$5$", "$6$", "$y$", "$apr1"]),
    (r"SCRAM-SHA-(?:1|256|512)\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+", "[redacted]", &["scram-sha-1$", "scram-sha-256$", "scram-sha-512$"]),
    // What clouds and services hand out.
    (r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b", "[redacted]", &["akia", "asia", "abia", "acca"]),
    (r"\bAIza[A-Za-z0-9_-]{35}|\bya29\.[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{20,}", "[redacted]", &["aiza", "ya29.", "gocspx-"]),
    (r"\b(?:sk|rk|pk|whsec)[-_][A-Za-z0-9_-]{20,}", "[redacted]", &["sk-", "sk_", "rk_", "pk_", "whsec_"]),
    (r"\bgh[opsur]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}|\bgl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_-]{20,}", "[redacted]", &["gho_", "ghp_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-", "glptt-", "glcbt-"]),
    (r"\bxox[abeprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}", "[redacted]", &["xox", "xapp-"]),
    (r"\b((?:hooks\.slack\.com/(?:services|workflows)|discord(?:app)?\.com/api/webhooks|[\w.-]+\.webhook\.office\.com/webhookb2)/)[^\s\x22'<>]+", "${1}[redacted]", &["hooks.slack.com", "/api/webhooks", "webhook.office.com"]),
    (r"\b(?:npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{20,}|dckr_pat_[A-Za-z0-9_-]{20,}|dop_v1_[a-f0-9]{64}|hf_[A-Za-z0-9]{30,}|hv[sbr]\.[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|glsa_[A-Za-z0-9_]{32,}|sntry[su]_[A-Za-z0-9+/=_-]{20,})", "[redacted]", &["npm_", "pypi-age", "dckr_pat_", "dop_v1_", "hf_", "hvs.", "hvb.", "hvr.", "sg.", "glsa_", "sntrys_", "sntryu_"]),
    // Telegram's bot tokens: no word tells of them.
    (r"\d{8,10}:[A-Za-z0-9_-]{35}", "[redacted]", &[]),
];

struct Shapes {
    /// A text without any of these holds none but perhaps a bot token: one cheap pass, and nearly all lines end here.
    words: AhoCorasick,
    /// The place in the table of each of them.
    rows: Vec<usize>,
    regexes: Vec<Regex>,
}

#[expect(clippy::expect_used, reason = "the table is constant, and a test builds it")]
static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    let build = || -> Result<Shapes, Box<dyn std::error::Error>> {
        Ok(Shapes {
            words: AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(TABLE.iter().flat_map(|(.., words)| *words))?,
            rows: TABLE.iter().enumerate().flat_map(|(row, (.., words))| words.iter().map(move |_| row)).collect(),
            regexes: TABLE.iter().map(|(regex, ..)| Regex::new(regex)).collect::<Result<_, _>>()?,
        })
    };
    build().expect("the shapes build")
});

/// Some rows of the table, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows(u64);

impl Rows {
    /// Those of URLs with a password.
    pub(super) fn urls() -> Self {
        TABLE.iter().enumerate().filter(|(_, (.., words))| *words == [URL]).map(|(row, _)| Self::of(row)).collect()
    }

    fn of(row: usize) -> Self {
        Self(1 << row)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn contains(self, row: usize) -> bool {
        self.0 & (1 << row) != 0
    }
}

impl FromIterator<Self> for Rows {
    fn from_iter<I: IntoIterator<Item = Self>>(rows: I) -> Self {
        Self(rows.into_iter().fold(0, |all, Self(row)| all | row))
    }
}

/// Bits of knowledge.
const FAR: f64 = 4.0;

/// The rarest of what a text holds one of when it holds a shape, and the rows that it tells of: a row's words, or bytes
/// that its expression requires and that are rarer by far: words are of secrets, and rarer than their letters. Of a URL with a password nothing is rarer than its `@`, which is left to the caller.
static SOUGHT: LazyLock<(Vec<Sequence>, Vec<Rows>)> = LazyLock::new(|| {
    let mut all = BTreeMap::<Sequence, Vec<Rows>>::new();
    for (row, (regex, _, words)) in TABLE.iter().enumerate().filter(|(_, (.., words))| *words != [URL]) {
        let least =
            |sequences: &[Sequence]| sequences.iter().map(|sequence| rarest(sequence).1).fold(f64::INFINITY, f64::min);
        let words: Vec<Sequence> = if words.is_empty() {
            vec![[vec![Bytes::of([b'0'..=b'9']); 8], sequence(":")].concat()]
        } else {
            words.iter().map(|word| sequence(word)).collect()
        };
        let required = regex_syntax::parse(regex).ok().and_then(|hir| required(&hir));
        for sequence in required.filter(|required| least(required) > least(&words) + FAR).unwrap_or(words) {
            all.entry(sequence).or_default().push(Rows::of(row));
        }
    }
    all.into_iter().map(|(sequence, rows)| (sequence, rows.into_iter().collect::<Rows>())).unzip()
});

/// What to look for, see [`rows_of`].
pub(super) fn sought() -> &'static [Sequence] {
    &SOUGHT.0
}

/// What a text may hold that holds these of [`sought`].
pub(super) fn rows_of(held: impl Iterator<Item = usize>) -> Rows {
    held.filter_map(|n| SOUGHT.1.get(n)).copied().collect()
}

/// What a text may hold.
pub(super) fn rows_in(text: &[u8]) -> Rows {
    let words = SHAPES.words.find_overlapping_iter(text).map(|word| Rows::of(SHAPES.rows[word.pattern()]));
    let tokens = || TABLE.iter().enumerate().filter(|(_, (.., words))| words.is_empty()).map(|(row, _)| Rows::of(row));
    words.chain(may_hold_a_bot_token(text).then(tokens).into_iter().flatten()).collect()
}

/// The text with what is named like a secret, or looks like one, hidden; of these rows only.
pub(super) fn hide(mut text: Cow<'_, str>, rows: Rows) -> Cow<'_, str> {
    for (row, (_, replacement, words)) in TABLE.iter().enumerate().filter(|(row, _)| rows.contains(*row)) {
        if words.is_empty() && !may_hold_a_bot_token(text.as_bytes()) {
            continue;
        }
        if let Cow::Owned(hidden) = SHAPES.regexes[row].replace_all(&text, *replacement) {
            text = Cow::Owned(hidden);
        }
    }
    text
}

/// `\d{8,10}:[\w-]{35}` has no literal to look for but its colon.
fn may_hold_a_bot_token(text: &[u8]) -> bool {
    memchr::memchr_iter(b':', text).any(|at| {
        at >= 8
            && text[at - 8..at].iter().all(u8::is_ascii_digit)
            && text.get(at + 1..at + 36).is_some_and(|token| {
                token.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a redactor without known values does it.
    fn hidden(text: &str) -> Cow<'_, str> {
        hide(text.into(), rows_in(text.as_bytes()))
    }

    #[test]
    fn shapes_of_secrets_are_hidden() {
        for (text, expected) in [
            ("password=hunter2 next", "password=[redacted] next"),
            ("DB_PASSWORD: 'hunter2'", "DB_PASSWORD: [redacted]"),
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=[redacted] psql"),
            ("redis-cli --pass hunter2 ping", "redis-cli --pass [redacted] ping"),
            ("tool --api-key=abc --x", "tool --api-key=[redacted] --x"),
            (r#"{"user":"a","password":"hunter2","n":1}"#, r#"{"user":"a","password":[redacted],"n":1}"#),
            (r#"body="{\"password\":\"hunter2\"}""#, r#"body="{\"password\":[redacted]}""#),
            (r#"{:password=>"hunter2", :a=>1}"#, "{:password=>[redacted], :a=>1}"),
            ("GET /?token=abc&x=1", "GET /?token=[redacted]&x=1"),
            ("GET /cb?code=4%2F0AX4&state=x", "GET /cb?code=[redacted]&state=x"),
            (
                "https://a.blob.core.windows.net/c?sv=2024&sig=abc%3D",
                "https://a.blob.core.windows.net/c?sv=2024&sig=[redacted]",
            ),
            ("AccountName=a;AccountKey=Zm9v+/==;Endpoint", "AccountName=a;AccountKey=[redacted];Endpoint"),
            ("Server=db;User Id=sa;Password=hunter2;", "Server=db;User Id=sa;Password=[redacted];"),
            ("api_key=abc, secret=def", "api_key=[redacted], secret=[redacted]"),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"),
            (r#"{"authorization":"Bearer abc.def","a":1}"#, r#"{"authorization":"Bearer [redacted]","a":1}"#),
            (
                "authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=ab12",
                "authorization: AWS4-HMAC-SHA256 [redacted]",
            ),
            ("authorization: 0123456789abcdef0123456789", "authorization: [redacted]"),
            ("X-Api-Key: abc def", "X-Api-Key: [redacted] def"),
            ("x-auth-token: abc", "x-auth-token: [redacted]"),
            ("Set-Cookie: session=abc; Path=/; HttpOnly", "Set-Cookie: [redacted]"),
            (r#""cookie": "sid=abc; b=1", "host": "x""#, r#""cookie": "[redacted]", "host": "x""#),
            ("PHPSESSID=abc JSESSIONID=def", "PHPSESSID=[redacted] JSESSIONID=[redacted]"),
            ("got bearer abcdefghijklmnop1234", "got bearer [redacted]"),
            ("amqp://app:s3cret@rabbit:5672/", "amqp://[redacted]@rabbit:5672/"),
            ("redis://:p@ss@redis:6379/0", "redis://[redacted]@redis:6379/0"),
            ("key AKIAIOSFODNN7EXAMPLE used", "key [redacted] used"),
            ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = [redacted]"),
            ("POST /bot123456789:AAF9abcdefghijklmnopqrstuvwxyz01234/send", "POST /bot[redacted]/send"),
            (">>> 'requirepass foobared'", ">>> 'requirepass [redacted]'"),
            (
                r#"1700000000.1 [0 127.0.0.1:5] "AUTH" "default" "hunter2""#,
                r#"1700000000.1 [0 127.0.0.1:5] "AUTH" [redacted]"#,
            ),
            (
                "STATEMENT:  ALTER USER app WITH PASSWORD 'hunter2';",
                "STATEMENT:  ALTER USER app WITH PASSWORD [redacted];",
            ),
            ("CREATE USER a IDENTIFIED BY 'hunter2'", "CREATE USER a IDENTIFIED BY [redacted]"),
            ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_x", "jwt [redacted]"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- tail", "[redacted] tail"),
            (r"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n", r"[redacted]\n"),
            ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----", "[redacted]"),
            ("hash $2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", "hash [redacted]"),
            ("SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy", "[redacted]"),
            ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "[redacted]"),
            ("glpat-abcdefghij0123456789", "[redacted]"),
            ("ghp_abcdefghij0123456789abcdefghij012345", "[redacted]"),
            ("xoxb-123456789012-abcdef", "[redacted]"),
            ("https://hooks.slack.com/services/T00/B00/XXX", "https://hooks.slack.com/services/[redacted]"),
            ("sk-ant-api03-abcdefghij0123456789", "[redacted]"),
            ("sk_live_abcdefghij0123456789", "[redacted]"),
            ("hvs.CAESIabcdefghij0123456789", "[redacted]"),
        ] {
            assert_eq!(hidden(text), expected);
            assert_eq!(hidden(expected), expected, "what is hidden stays as it is");
        }
    }

    #[test]
    fn ordinary_lines_stay_as_they_are() {
        for text in [
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused: user 'app' - invalid credentials",
            "INFO authentication failed attempts in the last hour: 0",
            "unexpected token: end of input",
            "SyntaxError: Unexpected token < in JSON at position 0",
            "max_tokens=200 used",
            "see https://example.org/a@b",
            "GET http://api:8080/users/a@b.c?page=2&sort=key 200",
            "Basic authentication failed",
            "FATAL:  password authentication failed for user \"app\"",
            "ERROR secret \"db\" not found",
            "task-0123456789 done, risk-assessment_of_everything ok",
            "duplicate key value violates unique constraint \"users_pkey\"",
            "DETAIL:  Key (email)=(a@b.c) already exists.",
            "primary key: id, foreign key: user_id",
            "session closed for user root",
            "12345678:short and 10:20:30",
            "tests: pass=12 fail=0",
        ] {
            assert_eq!(hidden(text), text);
        }
    }
}
