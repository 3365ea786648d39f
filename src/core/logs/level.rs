//! How severe a record says it is. Words in its prose do not count: "0 jobs failed" is no failure.

use super::{
    fields::{self, Field},
    head::Head,
};

/// A record's own level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Debug, trace, verbose.
    Debug,
    /// Info, notice, `PostgreSQL`'s `LOG`.
    Info,
    /// Warning. All that Redis has above notice.
    Warning,
    /// Error. Also what ends no more than one session or request: `FATAL` of `PostgreSQL` and of Rails.
    Error,
    /// Critical, fatal, panic, alert, emergency.
    Critical,
}

impl Level {
    /// The level that a record's text says it has; none when it says none.
    pub fn of(record: &[u8]) -> Option<Self> {
        let mut lines = record.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let first = lines.next()?;
        if first.first() == Some(&b'{') {
            return Self::of_json(record);
        }
        let head = Head::of(first);
        head.level.or_else(|| {
            let message = first.get(head.end..)?.trim_ascii_start();
            // `java.util.logging` has it at the start of the second line.
            if message.starts_with(b"{\"") {
                return Self::of_json(message);
            }
            lines.next().filter(|_| head.is_dated_by_month).and_then(Self::opening)
        })
    }

    fn of_json(record: &[u8]) -> Option<Self> {
        fields::json(record).find_map(|field| {
            // Elastic's `"log": {"level": …}`, loguru's `"record": {"level": {"name": …}}`.
            let inside = || field.is(&["log", "record"]).then(|| fields::json(field.value).find_map(Self::of_field));
            Self::of_field(field).or_else(|| inside().flatten())
        })
    }

    /// What a field of JSON or logfmt says, if it is one for the level.
    pub(super) fn of_field(field: Field<'_>) -> Option<Self> {
        if field.is(&["levelno"]) {
            return Self::numbered_by_python(field.value);
        }
        if field.key == b"s" {
            // MongoDB: I, W, E, F, and D1 to D5.
            return Self::lettered(*field.value.first()?).filter(|_| field.value.len() <= 2);
        }
        let keys =
            ["level", "severity", "lvl", "levelname", "level_name", "log.level", "loglevel", "@l", "severity_text"];
        if !field.is(&keys) && !field.is(&["severitytext"]) {
            return None;
        }
        if field.value.starts_with(b"{") {
            return fields::json(field.value)
                .find(|inner| inner.is(&["name"]))
                .and_then(|name| Self::named(name.value));
        }
        // slog: `ERROR+2`.
        let word = field.value.split(|&byte| byte == b'+').next()?;
        Self::named(word).or_else(|| Self::numbered(word))
    }

    /// The level that a line opens with: `SEVERE: no`.
    fn opening(line: &[u8]) -> Option<Self> {
        let colon = line.iter().take(12).position(|&byte| byte == b':')?;
        Self::named(&line[..colon])
    }

    /// `I`, `W`, `E`, `F`: glog, klog, `MongoDB`, tornado.
    pub(super) fn lettered(letter: u8) -> Option<Self> {
        match letter {
            b'D' => Some(Self::Debug),
            b'I' => Some(Self::Info),
            b'W' => Some(Self::Warning),
            b'E' => Some(Self::Error),
            b'F' | b'C' => Some(Self::Critical),
            _ => None,
        }
    }

    /// The number of syslog (0 to 7), of pino and bunyan (10 to 60), or of monolog (100 to 600).
    pub(super) fn numbered(digits: &[u8]) -> Option<Self> {
        let number: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        match number {
            0..=2 | 60 | 500..=600 => Some(Self::Critical),
            3 | 50 | 400 => Some(Self::Error),
            4 | 40 | 300 => Some(Self::Warning),
            5 | 6 | 30 | 200 | 250 => Some(Self::Info),
            7 | 10 | 20 | 100 => Some(Self::Debug),
            _ => None,
        }
    }

    fn numbered_by_python(digits: &[u8]) -> Option<Self> {
        match digits {
            b"50" => Some(Self::Critical),
            b"40" => Some(Self::Error),
            b"30" => Some(Self::Warning),
            b"20" => Some(Self::Info),
            b"10" => Some(Self::Debug),
            _ => None,
        }
    }

    /// The level of this name, in any case.
    pub(super) fn named(word: &[u8]) -> Option<Self> {
        let mut lower = [0; 12];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"trace" | b"debug" | b"verbose" | b"fine" | b"finer" | b"finest" | b"dbg" | b"trc" | b"vrb" | b"dbug"
            | b"trce" | b"debu" | b"trac" | b"debug1" | b"debug2" | b"debug3" | b"debug4" | b"debug5" => Self::Debug,
            b"info" | b"information" | b"informational" | b"notice" | b"note" | b"inf" | b"log" | b"default"
            | b"system" | b"noti" => Self::Info,
            b"warn" | b"warning" | b"wrn" => Self::Warning,
            b"error" | b"err" | b"severe" | b"fail" | b"erro" | b"eror" => Self::Error,
            b"critical" | b"crit" | b"fatal" | b"panic" | b"dpanic" | b"alert" | b"emerg" | b"emergency" | b"ftl"
            | b"pnc" | b"fata" | b"pani" | b"aler" | b"emer" => Self::Critical,
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
            (r#"ts=1 msg="level=error" level=info"#, Some(Level::Info)),
            ("time=2026-11-24T05:44:36Z level=ERROR+2 msg=no", Some(Level::Error)),
            ("Set level=error for this logger", None),
            (r#"{"time":"x","level":"error","msg":"x"}"#, Some(Level::Error)),
            (r#"{"level":50,"msg":"x"}"#, Some(Level::Error)),
            (r#"{"levelno":40,"msg":"x"}"#, Some(Level::Error)),
            (r#"{"log":{"level":"error"},"message":"x"}"#, Some(Level::Error)),
            (r#"{"text":"x","record":{"level":{"name":"ERROR","no":40}}}"#, Some(Level::Error)),
            (r#"{"message":"x","level":300,"level_name":"WARNING"}"#, Some(Level::Warning)),
            (r#"{"request":{"level":"error"},"level":"info"}"#, Some(Level::Info)),
            (r#"{"msg":"{\"level\":\"error\"}"}"#, None),
            (r#"{"msg":"ERROR","error":null}"#, None),
            (r#"2026-11-24T05:44:36Z {"level":"error"}"#, Some(Level::Error)),
            ("2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused", Some(Level::Error)),
            // RabbitMQ 3.9 cuts its levels to four letters.
            ("2026-11-24 05:43:28.016446+00:00 [noti] <0.288.0> x", Some(Level::Info)),
            ("2026-11-24 05:43:28.016446+00:00 [aler] <0.288.0> x", Some(Level::Critical)),
            ("2026-11-24 05:43:28.016446+00:00 [emer] <0.288.0> x", Some(Level::Critical)),
            ("2026-11-24 05:43:28.016446+00:00 [warning] <0.288.0> disk", Some(Level::Warning)),
            ("1:M 24 Nov 2026 05:41:04.140 # Server initialized", Some(Level::Warning)),
            ("1:M 24 Nov 2026 05:41:04.140 * Ready to accept connections", Some(Level::Info)),
            ("24:C 24 Nov 2026 05:48:09.091 - Fork CoW for RDB", Some(Level::Debug)),
            ("E1124 05:44:36.000000       1 main.go:10] no", Some(Level::Error)),
            ("2026/11/24 05:44:36 [crit] 1#1: *1 open() failed", Some(Level::Critical)),
            ("2026-11-24 05:44:36,123 - app.jobs - ERROR - no", Some(Level::Error)),
            ("2026-11-24 05:44:36.123  WARN 1 --- [main] c.e.App : no", Some(Level::Warning)),
            ("[2026-11-24 05:44:36] production.ERROR: no", Some(Level::Error)),
            ("ERROR:root:no", Some(Level::Error)),
            ("root:ERROR:no", Some(Level::Error)),
            ("error: no such file", Some(Level::Error)),
            ("<3>no", Some(Level::Error)),
            ("<134>1 2026-11-24T05:44:36Z host app - - - fine", Some(Level::Info)),
            ("GET /error 200", None),
            ("finished with error", None),
            ("User clicked ERROR button", None),
            ("2026-11-24 05:44:36 Received ERROR frame", None),
            ("3 ERROR records purged", None),
            ("", None),
        ] {
            assert_eq!(Level::of(text.as_bytes()), level, "{text}");
        }
    }

    #[test]
    fn postgres_ends_a_session_with_fatal_and_a_server_with_panic() {
        for (severity, level) in [
            ("DEBUG5", Level::Debug),
            ("LOG", Level::Info),
            ("NOTICE", Level::Info),
            ("WARNING", Level::Warning),
            ("ERROR", Level::Error),
            ("FATAL", Level::Error),
            ("PANIC", Level::Critical),
        ] {
            for prefix in ["2026-11-24 05:44:36.123 UTC [71] ", "2026-11-24 05:44:36 UTC [71]: [2-1] user=app,db=cars "]
            {
                assert_eq!(Level::of(format!("{prefix}{severity}:  no").as_bytes()), Some(level), "{prefix}{severity}");
            }
        }
    }

    #[test]
    fn java_util_logging_has_its_level_on_the_second_line() {
        let record = b"Nov 24, 2026 5:44:36 AM org.apache.catalina.core.StandardService startInternal\nSEVERE: no";
        assert_eq!(Level::of(record), Some(Level::Error));
        assert_eq!(Level::of(b"Nov 24 05:44:36 host app: fine\nERROR: no"), Some(Level::Error));
        assert_eq!(Level::of(b"INFO several lines:\nERROR: no"), Some(Level::Info));
    }
}
