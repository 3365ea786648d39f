//! Lines to records, each with what its lines hold of what is sought in them.

use std::{borrow::Cow, sync::Arc};

use super::{
    Matcher,
    line::{Bounds, Stamp, is_plain, plain, split},
    record::Record,
    sieve::Sieve,
};
use crate::{
    api::Window,
    core::redact::{LineRedactor, Redactor},
};

/// Reads the lines of one log. Its memory does not grow with the log.
pub(super) struct Reader<'m> {
    redactor: Option<LineRedactor<'m>>,
    /// Knows what the matcher seeks, then what the redactor does.
    sieve: Arc<Sieve>,
    /// How much of it the matcher seeks.
    of_matcher: usize,
    /// What the line holds of it.
    found: Vec<usize>,
    bounds: Bounds,
    pub(super) record: Record,
    /// What the record's lines hold of what the matcher seeks.
    held: Vec<usize>,
    /// How much was read, redacted.
    pub(super) bytes: u64,
}

impl<'m> Reader<'m> {
    /// Reads what is stamped within the window, and what has no stamp. Without a redactor lines are redacted already.
    pub(super) fn new(matcher: &'m Matcher, window: Window, redactor: Option<&'m Redactor>) -> Self {
        Self {
            redactor: redactor.map(Redactor::lines),
            sieve: redactor.map_or_else(
                || matcher.sieve(),
                |redactor| Arc::new(Sieve::new(matcher.sought.iter().chain(redactor.sought()))),
            ),
            of_matcher: matcher.sought.len(),
            found: Vec::new(),
            bounds: Bounds::of(window),
            record: Record::new(),
            held: Vec::new(),
            bytes: 0,
        }
    }

    /// Reads one line, without its newline, and hands on the record that it ends. Gives the line as it may be kept,
    /// which is redacted; None when it is not of the window.
    #[inline]
    pub(super) fn line<'l>(&mut self, line: &'l [u8], each: impl FnOnce(&Record, &[usize])) -> Option<Cow<'l, [u8]>> {
        let (stamp, text) = split(line);
        if stamp.is_some_and(|stamp| !self.bounds.contain(stamp)) {
            return None;
        }
        // Nearly all lines hold nothing that could be a secret, and need no more than this one look.
        self.seek(text);
        let secret = self.found.iter().any(|&n| n >= self.of_matcher);
        let suspicious = self.redactor.as_ref().is_some_and(|redactor| redactor.is_suspicious(text));
        if !secret && !suspicious && is_plain(text) {
            self.take(stamp, text.strip_suffix(b"\r").unwrap_or(text), line.len(), each);
            return Some(Cow::Borrowed(line));
        }
        let kept = match &mut self.redactor {
            Some(redactor) => {
                redactor.redact_held(line, self.found.iter().filter_map(|n| n.checked_sub(self.of_matcher)))
            }
            None => Cow::Borrowed(line),
        };
        let (stamp, text) = split(&kept);
        let text = plain(text);
        if matches!(kept, Cow::Owned(_)) || matches!(text, Cow::Owned(_)) {
            self.seek(&text);
        }
        self.take(stamp, &text, kept.len(), each);
        drop(text);
        Some(kept)
    }

    /// Looks a text through.
    #[inline]
    fn seek(&mut self, text: &[u8]) {
        let Self { found, sieve, .. } = self;
        found.clear();
        sieve.find(text, |n| {
            if !found.contains(&n) {
                found.push(n);
            }
        });
    }

    /// Puts a line's text to its record.
    #[inline]
    fn take(&mut self, stamp: Option<Stamp>, text: &[u8], length: usize, each: impl FnOnce(&Record, &[usize])) {
        self.bytes += length as u64 + 1;
        if !self.record.take(stamp, text) {
            self.finish(each);
            if text.is_empty() {
                return;
            }
            self.record.start(stamp, text);
        }
        for &n in self.found.iter().filter(|&&n| n < self.of_matcher) {
            if !self.held.contains(&n) {
                self.held.push(n);
            }
        }
    }

    /// Hands on the record that no line ended.
    #[inline]
    pub(super) fn finish(&mut self, each: impl FnOnce(&Record, &[usize])) {
        if self.record.is_open() {
            each(&self.record, &self.held);
            self.held.clear();
            self.record.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        api::job::{Pattern, ProfileName},
        core::logs::own::Searches,
    };

    const HOUR: Window =
        Window { since: Timestamp::constant(1_795_489_200, 0), until: Timestamp::constant(1_795_492_800, 0) };

    fn judged(matcher: &Matcher, record: &Record, held: &[usize]) -> String {
        let hits = matcher.attribute(&record.text, held, &mut Searches::new(matcher.own.len(), u64::MAX));
        format!("{:?} {} {hits:?}", record.stamp, String::from_utf8_lossy(&record.text))
    }

    /// As a reader does it without its shortcuts: each line redacted, each record compared with all.
    fn slowly(matcher: &Matcher, redactor: &Redactor, lines: &[Vec<u8>]) -> Vec<String> {
        let all: Vec<usize> = (0..matcher.sought.len()).collect();
        let (mut records, mut record, mut redactor) = (Vec::new(), Record::new(), redactor.lines());
        for line in lines.iter().filter(|line| split(line).0.is_none_or(|stamp| Bounds::of(HOUR).contain(stamp))) {
            let line = redactor.redact(line);
            let (stamp, text) = split(&line);
            let text = plain(text);
            if !record.take(stamp, &text) {
                records.extend(record.is_open().then(|| judged(matcher, &record, &all)));
                record.close();
                if !text.is_empty() {
                    record.start(stamp, &text);
                }
            }
        }
        records.extend(record.is_open().then(|| judged(matcher, &record, &all)));
        records
    }

    /// Lines of services, of their failures, with secrets, colours and bytes that are no text; parts of them, joined.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let known = proptest::sample::select(vec![
            "1:M 24 Nov 2026 05:41:04.140 # Error accepting a client connection: accept4: Too many open files",
            "1:M 24 Nov 2026 05:41:04.140 * Background saving terminated with success",
            "=== REDIS BUG REPORT START: Cut & paste starting from here ===",
            "=== REDIS BUG REPORT END. ===",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused: user 'app' - invalid credentials",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> closing AMQP connection <0.795.0> (10.0.0.1:1 -> 10.0.0.2:5672)",
            "2026-11-24 05:43:28.016446+00:00 [warning] <0.288.0> memory resource limit alarm set on node rabbit@a.",
            "2026/11/24 05:44:36 [error] 31#31: *1 connect() failed (111: Connection refused) while connecting to upstream",
            "10.0.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET / HTTP/1.1\" 502 157 \"https://a.example/\" \"curl/8\"",
            "Traceback (most recent call last):",
            "  File \"a.py\", line 1, in <module>",
            "ValueError: no space left on device",
            "E1124 05:44:36.000000       1 main.go:10] no",
            "F1124 05:44:36.000000       1 main.go:10] no",
            "level=error msg=\"gave up after 12 attempts\"",
            "{\"level\":50,\"msg\":\"authentication failed\"}",
            "INFO 0 jobs failed, retrying",
            "\u{1b}[31mERR\u{1b}[0mOR Größe",
            "url amqp://app:s3cret@rabbit:5672/ hunter2-hunter2",
            "db_password=hunter2 \u{1b}[1mtok\u{1b}[0men=abc",
            "bot123456789:AAF9abcdefghijklmnopqrstuvwxyz01234",
            "-----BEGIN PRIVATE KEY-----",
            "MIIEvQIBADANBg refused",
            "-----END PRIVATE KEY----- connection refused",
            "password=[redacted]",
            "",
        ]);
        let part = (known, 0..120_usize, any::<bool>()).prop_map(|(text, at, whole)| {
            let text = text.as_bytes();
            if whole { text.to_vec() } else { text[at.min(text.len())..].to_vec() }
        });
        let noise =
            prop_oneof!["[ -~]{0,40}".prop_map(String::into_bytes), proptest::collection::vec(any::<u8>(), 0..20)];
        let line = proptest::collection::vec(prop_oneof![6 => part, 1 => noise], 1..3).prop_map(|parts| parts.concat());
        (line, any::<bool>()).prop_map(|(mut line, ends)| {
            line.retain(|&byte| byte != b'\n');
            line.extend(ends.then_some(b'\r'));
            line
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        /// What saves time changes nothing.
        #[test]
        fn shortcuts_find_what_is_found_without_them(
            lines in proptest::collection::vec((text(), 0..4_u32, 0..90_u32), 0..30),
            profile in 0..5_usize,
        ) {
            let profile =
                [ProfileName::Generic, ProfileName::Redis, ProfileName::Rabbitmq, ProfileName::Nginx, ProfileName::Postgres][profile];
            let own: Vec<Pattern> = serde_json::from_value(serde_json::json!([
                {"id": "auth", "severity": "Critical", "contains": "authentication failed"},
                {"id": "retries", "severity": "Warning", "regex": r"\bretry(ing)?\b", "minCount": 2, "per": "10m"},
                {"id": "size", "severity": "Info", "contains": "größe"},
                {"id": "hidden", "severity": "Info", "contains": "password=[redacted]"},
                {"id": "any", "severity": "Info", "regex": r"\d\D\d{3}", "caseSensitive": true},
                {"id": "ignored", "severity": "Ignore", "regex": "gave up after \\d+"},
            ]))
            .unwrap();
            let matcher = Matcher::compile(profile, &own, "c").unwrap();
            let redactor = Redactor::new(["hunter2-hunter2"]);
            let lines: Vec<Vec<u8>> = lines
                .into_iter()
                .map(|(text, minute, second)| match minute {
                    0 => text,
                    _ => [format!("2026-11-24T0{minute}:{:02}:{second:02}.000000001Z ", second % 60).as_bytes(), &text].concat(),
                })
                .collect();
            let mut records = Vec::new();
            let mut reader = Reader::new(&matcher, HOUR, Some(&redactor));
            for line in &lines {
                reader.line(line, |record, held| records.push(judged(&matcher, record, held)));
            }
            reader.finish(|record, held| records.push(judged(&matcher, record, held)));
            prop_assert_eq!(records, slowly(&matcher, &redactor, &lines));
        }
    }
}
