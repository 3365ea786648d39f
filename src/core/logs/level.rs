//! How severe a record says it is. Words in its prose do not count: "0 jobs failed" is no failure.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// A record's own level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Debug, trace, verbose.
    Debug,
    /// Info, notice.
    Info,
    /// Warning. All that Redis has above notice.
    Warning,
    /// Error.
    Error,
    /// Critical, fatal, panic, alert, emergency.
    Critical,
}

/// A level stands near the start of a record, after a stamp, a logger's or a thread's name.
const REACH: usize = 120;
const WORDS: usize = 8;

static JSON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?-u)"(?:level|severity|lvl|levelname|log\.level|loglevel|@l)"\s*:\s*"?([A-Za-z]+|[0-9]{2})"#).ok()
});
static LOGFMT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?-u)(?:^|\s)(?:level|lvl|severity|loglevel)=["']?([A-Za-z]+)"#).ok());

impl Level {
    /// The level that a record's text says it has; none when it says none.
    pub(super) fn of(record: &[u8]) -> Option<Self> {
        let line = record.split(|&byte| byte == b'\n').find(|line| !line.is_empty())?;
        let found = |regex: &LazyLock<Option<Regex>>| {
            let word = regex.as_ref()?.captures(&line[..line.len().min(16 * 1024)])?.get(1)?;
            Self::named(word.as_bytes())
        };
        if line.first() == Some(&b'{') {
            return found(&JSON);
        }
        Self::of_redis(line).or_else(|| Self::of_klog(line)).or_else(|| found(&LOGFMT)).or_else(|| Self::of_word(line))
    }

    /// `1:M 24 Nov 2026 05:41:04.140 # Server initialized`: here `#` is only "warning level".
    fn of_redis(line: &[u8]) -> Option<Self> {
        let colon = line.iter().take(12).position(|&byte| byte == b':')?;
        let (pid, rest) = (&line[..colon], &line[colon + 1..]);
        if pid.is_empty() || !pid.iter().all(u8::is_ascii_digit) || rest.get(1) != Some(&b' ') || rest.len() < 29 {
            return None;
        }
        let mark = rest[..rest.len().min(34)].windows(3).rev().find(|w| w[0] == b' ' && w[2] == b' ').map(|w| w[1])?;
        match mark {
            b'#' => Some(Self::Warning),
            b'*' => Some(Self::Info),
            b'-' | b'.' => Some(Self::Debug),
            _ => None,
        }
    }

    /// `E1124 05:44:36.000000       1 main.go:10] text`.
    fn of_klog(line: &[u8]) -> Option<Self> {
        let dated = line.len() > 8 && line[1..5].iter().all(u8::is_ascii_digit) && line[5] == b' ';
        match line.first().filter(|_| dated)? {
            b'I' => Some(Self::Info),
            b'W' => Some(Self::Warning),
            b'E' => Some(Self::Error),
            b'F' => Some(Self::Critical),
            _ => None,
        }
    }

    /// The first word that is a level: bare in capitals, in any case in brackets or with a colon at the very start.
    fn of_word(line: &[u8]) -> Option<Self> {
        let head = &line[..line.len().min(REACH)];
        let (mut at, mut words) = (0, 0);
        while at < head.len() && words < WORDS {
            let Some(start) = head[at..].iter().position(u8::is_ascii_alphanumeric).map(|n| at + n) else { break };
            let end = head[start..].iter().position(|b| !b.is_ascii_alphanumeric()).map_or(head.len(), |n| start + n);
            let word = &head[start..end];
            let next = head.get(end);
            let bracketed = start > 0
                && matches!((head[start - 1], next), (b'[', Some(b']')) | (b'<', Some(b'>')) | (b'(', Some(b')')));
            let opens = start == 0 && next == Some(&b':');
            let capitals = word.iter().all(u8::is_ascii_uppercase);
            // `ERROR-free`, `ERROR_CODE`, `/ERROR` and `x=ERROR` are no levels.
            let joined = matches!(next, Some(b'_' | b'=' | b'/' | b'.'))
                || (start > 0 && matches!(head[start - 1], b'_' | b'=' | b'/' | b'.' | b'"'));
            if word.first().is_some_and(u8::is_ascii_alphabetic) {
                if (bracketed || opens || capitals)
                    && !joined
                    && let Some(level) = Self::named(word)
                {
                    return Some(level);
                }
                words += 1;
            }
            at = end;
        }
        None
    }

    fn named(word: &[u8]) -> Option<Self> {
        let mut lower = [0; 12];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"trace" | b"debug" | b"verbose" | b"fine" | b"dbg" | b"10" | b"20" => Self::Debug,
            b"info" | b"information" | b"notice" | b"inf" | b"30" => Self::Info,
            b"warn" | b"warning" | b"wrn" | b"40" => Self::Warning,
            b"error" | b"err" | b"severe" | b"50" => Self::Error,
            b"critical" | b"crit" | b"fatal" | b"panic" | b"alert" | b"emerg" | b"emergency" | b"60" => Self::Critical,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_the_level_that_it_says() {
        for (text, level) in [
            ("ERROR job failed: x", Some(Level::Error)),
            ("INFO 0 jobs failed, 0 exceptions, 0 timeouts", Some(Level::Info)),
            ("INFO no errors", Some(Level::Info)),
            ("0 jobs failed, 0 exceptions", None),
            ("ERROR PANIC out of disk space", Some(Level::Error)),
            (r#"level=info msg="circuit closed" errors=0 degraded=false"#, Some(Level::Info)),
            (r#"ts=1 level=error msg="boom""#, Some(Level::Error)),
            (r#"{"time":"x","level":"error","msg":"x"}"#, Some(Level::Error)),
            (r#"{"level":50,"msg":"x"}"#, Some(Level::Error)),
            (r#"{"msg":"ERROR"}"#, None),
            ("2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused", Some(Level::Error)),
            ("2026-11-24 05:43:28.016446+00:00 [warning] <0.288.0> disk", Some(Level::Warning)),
            ("1:M 24 Nov 2026 05:41:04.140 # Server initialized", Some(Level::Warning)),
            ("1:M 24 Nov 2026 05:41:04.140 * Ready to accept connections", Some(Level::Info)),
            ("24:C 24 Nov 2026 05:48:09.091 - Fork CoW for RDB", Some(Level::Debug)),
            ("E1124 05:44:36.000000       1 main.go:10] no", Some(Level::Error)),
            ("2026/11/24 05:44:36 [crit] 1#1: *1 open() failed", Some(Level::Critical)),
            ("2026-11-24 05:44:36,123 - app.jobs - ERROR - no", Some(Level::Error)),
            ("2026-11-24 05:44:36.123  WARN 1 --- [main] c.e.App : no", Some(Level::Warning)),
            ("[2026-11-24 05:44:36] production.ERROR: no", None),
            ("ERROR:root:no", Some(Level::Error)),
            ("error: no such file", Some(Level::Error)),
            ("GET /error 200", None),
            ("finished with error", None),
            ("", None),
        ] {
            assert_eq!(Level::of(text.as_bytes()), level, "{text}");
        }
    }
}
