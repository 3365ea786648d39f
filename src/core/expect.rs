//! Whether an answer is what a check expects of it.

use serde_json::Value;
use serde_json_path::JsonPath;
use url::Url;

use super::{
    redact::{REDACTED, Redactor, cut},
    visible_text::{collapsed, visible_text},
};
use crate::api::job::{BodyExpectation, Check, Expect, JsonExpectation, Website};

/// How much of a value is told.
const VALUE_CHARS: usize = 80;
/// How much of a text is told, and looked through for secrets before it is cut.
const EXCERPT_CHARS: usize = 200;
const EXCERPT_SOURCE: usize = 16 * 1024;

/// Whether this status is right: one that is named, exactly or as `2xx`; any from 200 to 299 when none is.
pub fn status_is_expected(expect: Option<&Expect>, status: u16) -> bool {
    let named = expect.map_or(&[][..], |expect| &expect.status);
    if named.is_empty() {
        return (200..300).contains(&status);
    }
    named.iter().any(|expected| match expected.strip_suffix("xx") {
        Some(hundreds) => hundreds.parse() == Ok(status / 100),
        None => expected.parse() == Ok(status),
    })
}

/// The statuses that are right, as a person reads them: `200 or 302`.
pub fn expected_statuses(expect: Option<&Expect>) -> String {
    match expect.map(|expect| expect.status.as_slice()) {
        None | Some([]) => "2xx".into(),
        Some(named) => named.join(" or "),
    }
}

/// The URL that a check asks for. Path and query are set, not joined: joined, a path that starts with `//` would name
/// another host.
pub fn url(website: &Website, check: &Check) -> Result<Url, String> {
    let instead = "write scheme and host, such as https://staging.example.com";
    let mut url =
        Url::parse(&website.url).map_err(|error| format!("{:?} is no URL: {error}; {instead}", website.url))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{:?} is neither http nor https; {instead}", website.url));
    }
    let (path, query) = check.path.split_once('?').map_or((&*check.path, None), |(path, query)| (path, Some(query)));
    url.set_path(path);
    url.set_query(query);
    url.set_fragment(None);
    Ok(url)
}

/// Whether a redirect leads where it should: both are read relative to the URL that was asked for, and what stands
/// behind `#` does not matter.
pub fn location_is_expected(asked: &Url, expected: &str, actual: &str) -> bool {
    let whole = |text: &str| {
        asked.join(text).ok().map(|mut url| {
            url.set_fragment(None);
            url
        })
    };
    matches!((whole(expected), whole(actual)), (Some(expected), Some(actual)) if expected == actual)
}

/// A body and how it is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// The header `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The bytes, decoded.
    pub bytes: &'a [u8],
}

/// How a body compares with what is expected of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyOutcome {
    /// The texts that are not there and should be.
    pub missing: Vec<String>,
    /// The texts that are there and should not be.
    pub forbidden: Vec<String>,
    /// What the JSON does not say as it should, one sentence each, redacted.
    pub json_mismatches: Vec<String>,
}

impl BodyOutcome {
    /// Whether the body is what is expected.
    pub fn is_expected(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares a body with what is expected of it.
pub fn compare(expect: &Expect, body: Body<'_>, redactor: &Redactor) -> BodyOutcome {
    let mut outcome =
        BodyOutcome { json_mismatches: json_mismatches(&expect.json, body.bytes, redactor), ..Default::default() };
    if expect.body.is_empty() {
        return outcome;
    }
    let text = body.text();
    let raw = text.to_lowercase();
    let seen = if body.is_html(&text) { visible_text(&text).to_lowercase() } else { raw.clone() };
    for BodyExpectation { contains, absent, raw: as_sent } in &expect.body {
        let wanted = contains.to_lowercase();
        let there = if *as_sent { raw.contains(&wanted) } else { seen.contains(&wanted) };
        match (there, absent) {
            (false, false) => outcome.missing.push(contains.clone()),
            (true, true) => outcome.forbidden.push(contains.clone()),
            _ => {}
        }
    }
    outcome
}

impl Body<'_> {
    /// The start of what a reader sees, on one line, at most 200 characters, redacted before it is cut.
    pub fn excerpt(self, redactor: &Redactor) -> Option<String> {
        let text = self.text();
        let seen = if self.is_html(&text) { visible_text(&text) } else { collapsed(&text) };
        let start = seen.char_indices().nth(EXCERPT_SOURCE).map_or(seen.as_str(), |(end, _)| &seen[..end]);
        Some(cut(&redactor.redact(start), EXCERPT_CHARS)).filter(|excerpt| !excerpt.is_empty())
    }

    fn text(self) -> String {
        let content_type = self.content_type.unwrap_or_default().to_ascii_lowercase();
        let charset = content_type.split("charset=").nth(1).unwrap_or_default().trim_matches(['"', '\'', ' ']);
        match charset.split(';').next() {
            // Both agree on all that people expect to find.
            Some("iso-8859-1" | "latin1" | "windows-1252") => self.bytes.iter().map(|&byte| char::from(byte)).collect(),
            _ => String::from_utf8_lossy(self.bytes).into_owned(),
        }
    }

    fn is_html(self, text: &str) -> bool {
        match self.content_type {
            Some(content_type) => content_type.to_ascii_lowercase().contains("html"),
            None => text.trim_start().starts_with('<'),
        }
    }
}

fn json_mismatches(expected: &[JsonExpectation], bytes: &[u8], redactor: &Redactor) -> Vec<String> {
    if expected.is_empty() {
        return Vec::new();
    }
    let Ok(json) = serde_json::from_slice::<Value>(bytes) else { return vec!["the body is not JSON".into()] };
    expected.iter().filter_map(|expectation| json_mismatch(expectation, &json, redactor)).collect()
}

fn json_mismatch(
    JsonExpectation { path, equals }: &JsonExpectation,
    json: &Value,
    redactor: &Redactor,
) -> Option<String> {
    let told = |text: &str| {
        // `$.password` says what its value is.
        let named = format!("{path}={text:?}");
        if redactor.redact(&named).ends_with(&format!("={REDACTED}")) {
            return REDACTED.to_owned();
        }
        format!("{:?}", cut(&redactor.redact(text), VALUE_CHARS))
    };
    let found = match json_path(path) {
        Ok(path) => path.query(json).first(),
        Err(problem) => return Some(problem),
    };
    match (found, equals) {
        (None, None) => Some(format!("{path} is not there")),
        (None, Some(equals)) => Some(format!("{path} is not there, expected {}", told(equals))),
        (Some(_), None) => None,
        (Some(value), Some(equals)) => {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            (value != *equals).then(|| format!("{path} is {}, expected {}", told(&value), told(equals)))
        }
    }
}

/// Reads a JSON path that a spec holds. What it costs has to stay in proportion to the document, since both may come
/// from somebody hostile; so one `..`, one filter and one `$` at most, and no list of selectors in brackets.
pub fn json_path(text: &str) -> Result<JsonPath, String> {
    let path = JsonPath::parse(text)
        .map_err(|error| format!("{text:?} is not a JSON path: {}; write such as $.status", error.message()))?;
    let bare = without_quoted(text);
    let count = |what| bare.matches(what).count();
    if count("..") > 1 || count("?") > 1 || count("$") > 1 || has_list_of_selectors(&bare) {
        return Err(format!(
            "{text:?} costs too much: at most one .., one ? and one $, and no list of selectors; write such as $.checks[?@.name == 'db'].status"
        ));
    }
    Ok(path)
}

/// The path without what stands in quotes.
fn without_quoted(path: &str) -> String {
    let mut bare = String::new();
    let mut rest = path.chars();
    while let Some(c) = rest.next() {
        bare.push(c);
        if c == '\'' || c == '"' {
            while let Some(quoted) = rest.next().filter(|&quoted| quoted != c) {
                if quoted == '\\' {
                    rest.next();
                }
            }
        }
    }
    bare
}

/// Whether there is a comma directly inside brackets; one inside parentheses parts arguments.
fn has_list_of_selectors(bare: &str) -> bool {
    let mut open = Vec::new();
    bare.chars().any(|c| {
        match c {
            '[' | '(' => open.push(c),
            ']' | ')' => drop(open.pop()),
            _ => {}
        }
        c == ',' && open.last() == Some(&'[')
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn none() -> Redactor {
        Redactor::new([""; 0])
    }

    fn expect(json: Value) -> Expect {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn knows_statuses() {
        for (expected, status, right) in [
            (vec![], 200, true),
            (vec![], 204, true),
            (vec![], 302, false),
            (vec!["302"], 302, true),
            (vec!["302"], 301, false),
            (vec!["2xx", "404"], 204, true),
            (vec!["2xx", "404"], 404, true),
            (vec!["2xx", "404"], 500, false),
            (vec!["nonsense"], 500, false),
        ] {
            let expect = Expect { status: expected.iter().map(ToString::to_string).collect(), ..Expect::default() };
            assert_eq!(status_is_expected(Some(&expect), status), right, "{expected:?} {status}");
        }
        assert!(status_is_expected(None, 200) && !status_is_expected(None, 502));
        assert_eq!(expected_statuses(None), "2xx");
        assert_eq!(expected_statuses(Some(&expect(serde_json::json!({"status": ["200", "302"]})))), "200 or 302");
    }

    #[test]
    fn a_path_never_names_another_host() {
        let website = Website { url: "https://staging.example.com/base?x#y".into(), ..Website::default() };
        for (path, expected) in [
            ("/", "https://staging.example.com/"),
            ("/health?full=1&x=%20", "https://staging.example.com/health?full=1&x=%20"),
            ("//evil.example/", "https://staging.example.com//evil.example/"),
            ("/\\evil.example/", "https://staging.example.com//evil.example/"),
            ("/a?b?c", "https://staging.example.com/a?b?c"),
        ] {
            let check = Check { path: path.into(), ..Check::default() };
            assert_eq!(url(&website, &check).unwrap().as_str(), expected, "{path}");
        }
    }

    #[test]
    fn compares_locations_relative_to_the_url() {
        let asked = Url::parse("https://staging.example.com/").unwrap();
        for (expected, actual, right) in [
            ("/entry", "/entry", true),
            ("/entry", "entry", true),
            ("/entry", "https://staging.example.com/entry", true),
            ("/entry", "https://staging.example.com:443/entry#top", true),
            ("https://staging.example.com/entry", "/entry", true),
            ("/entry", "/entry/", false),
            ("/entry", "/entry?x=1", false),
            ("/entry", "http://staging.example.com/entry", false),
            ("/entry", "//other.example.com/entry", false),
            ("https://sso.example.com/login", "https://SSO.example.com/login", true),
            ("/entry", "http://[", false),
        ] {
            assert_eq!(location_is_expected(&asked, expected, actual), right, "{expected} {actual}");
        }
    }

    #[test]
    fn looks_at_what_a_reader_sees() {
        let expect = expect(serde_json::json!({"body": [
            {"contains": "AutoPAR"}, {"contains": "maintenance", "absent": true}, {"contains": "maintenance", "raw": true, "absent": true},
        ]}));
        for (content_type, body, missing, forbidden) in [
            (Some("text/html; charset=utf-8"), "<p>autopar</p>", 0, 0),
            (Some("text/html"), "<p>Welcome</p>", 1, 0),
            (Some("text/html"), "<p>AutoPAR: Maintenance</p>", 0, 2),
            (Some("text/html"), "<p>AutoPAR</p><script>maintenance</script>", 0, 1),
            (None, "<script>AutoPAR</script>", 1, 0),
            (Some("text/plain"), "<script>AutoPAR</script>", 0, 0),
        ] {
            let outcome = compare(&expect, Body { content_type, bytes: body.as_bytes() }, &none());
            assert_eq!(
                (outcome.missing.len(), outcome.forbidden.len()),
                (missing, forbidden),
                "{content_type:?} {body}"
            );
        }
    }

    #[test]
    fn reads_the_charset() {
        let expect = expect(serde_json::json!({"body": [{"contains": "Störung"}]}));
        for (content_type, bytes) in [
            ("text/html; charset=ISO-8859-1", b"<p>St\xf6rung</p>".as_slice()),
            ("text/html", "St&ouml;rung".as_bytes()),
        ] {
            assert!(
                compare(&expect, Body { content_type: Some(content_type), bytes }, &none()).is_expected(),
                "{content_type}"
            );
        }
    }

    #[test]
    fn judges_json() {
        let mismatches = |body: &str, expected: Value| {
            let expect = expect(serde_json::json!({ "json": expected }));
            compare(
                &expect,
                Body { content_type: Some("application/json"), bytes: body.as_bytes() },
                &Redactor::new(["hunter2hunter2"]),
            )
            .json_mismatches
        };
        let status = serde_json::json!([{"path": "$.status", "equals": "ok"}]);
        assert!(mismatches(r#"{"status":"ok"}"#, status.clone()).is_empty());
        assert_eq!(
            mismatches(r#"{"status":"degraded"}"#, status.clone()),
            [r#"$.status is "degraded", expected "ok""#]
        );
        assert_eq!(mismatches("{}", status.clone()), [r#"$.status is not there, expected "ok""#]);
        let long = format!(r#"{{"status":"{} hunter2hunter2"}}"#, "x".repeat(VALUE_CHARS - 6));
        assert!(!mismatches(&long, status.clone())[0].contains("hunt"));
        assert_eq!(mismatches("<html>", status), ["the body is not JSON"]);
        let secret = serde_json::json!([{"path": "$.db.password", "equals": "other"}]);
        assert_eq!(
            mismatches(r#"{"db":{"password":"Tr0ub4dor & 3"}}"#, secret),
            ["$.db.password is [redacted], expected [redacted]"]
        );
        let more = serde_json::json!([
            {"path": "$.n", "equals": "5"}, {"path": "$.up", "equals": "true"}, {"path": "$.checks[?@.name == 'db'].state", "equals": "up"}, {"path": "$..missing"},
        ]);
        assert_eq!(
            mismatches(r#"{"n":5,"up":true,"checks":[{"name":"web"},{"name":"db","state":"up"}]}"#, more),
            ["$..missing is not there"]
        );
    }

    #[test]
    fn refuses_paths_that_cost_too_much() {
        for path in
            ["$.status", "$..status", "$['a,b..c?$'].d", r"$['it\'s, $']", "$[?match(@.name, 'a,b')].x", "$.a[0].b[-1]"]
        {
            assert!(json_path(path).is_ok(), "{path}: {:?}", json_path(path));
        }
        for path in ["$..*..*", "$[*,*][*,*]", "$[?$[*]]", "$[?@[?@.a]]", "$['a','b']", r"$['\\',0]"] {
            assert!(json_path(path).unwrap_err().contains("costs too much"), "{path}");
        }
        for path in ["", "status", "$.", "$[?]"] {
            assert!(json_path(path).unwrap_err().contains("is not a JSON path"), "{path}");
        }
    }

    #[test]
    fn redacts_before_it_cuts() {
        let redactor = Redactor::new(["hunter2hunter2"]);
        for before in EXCERPT_CHARS - 20..EXCERPT_CHARS {
            let body = format!("<p>{} hunter2hunter2 {}</p>", "x".repeat(before), "y".repeat(EXCERPT_SOURCE));
            let excerpt = Body { content_type: Some("text/html"), bytes: body.as_bytes() }.excerpt(&redactor).unwrap();
            assert_eq!(excerpt.chars().count(), EXCERPT_CHARS);
            assert!(!excerpt.contains("hunt"), "{excerpt}");
        }
        assert_eq!(Body { content_type: None, bytes: b" \n" }.excerpt(&redactor), None);
    }

    proptest! {
        #[test]
        fn is_total(content_type in proptest::option::of("\\PC{0,20}"), bytes in proptest::collection::vec(any::<u8>(), 0..200), path in "[$.@?\\[\\]*a',\"\\\\(]{0,20}") {
            let expect = Expect {
                body: vec![BodyExpectation { contains: "a".into(), ..BodyExpectation::default() }],
                json: vec![JsonExpectation { path, equals: None }],
                ..Expect::default()
            };
            let body = Body { content_type: content_type.as_deref(), bytes: &bytes };
            compare(&expect, body, &none());
            body.excerpt(&none());
        }
    }
}
