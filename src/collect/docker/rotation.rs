//! Whether what is missing of a log was there once.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// What a `json-file` record has beside what is sent of it: names of fields, the stream, a stamp written out.
const OVERHEAD: u64 = 31;
/// A program may say nothing for a while after its start; that nothing was said is not told from what was dropped.
const SILENCE: SignedDuration = SignedDuration::from_mins(1);

/// How much of a log its driver keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rotation {
    /// The size in bytes at which another file is begun.
    size: u64,
    /// How many files are kept.
    files: u64,
}

/// What was read of a log, from its first record on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub oldest: Timestamp,
    pub records: u64,
    pub bytes: u64,
}

impl Rotation {
    /// Reads it from a container's `/json`; none when nothing is ever dropped, and none with one file, whose size says
    /// nothing of what was in it before.
    pub(super) fn of(inspect: &Value) -> Option<Self> {
        let log = inspect.pointer("/HostConfig/LogConfig")?;
        let option = |name: &str| log["Config"][name].as_str();
        let files = option("max-file")?.parse().ok().filter(|files| *files >= 2)?;
        let size = bytes(option("max-size")?).filter(|size| *size > 0)?;
        matches!(log["Type"].as_str(), Some("json-file" | "local")).then_some(Self { size, files })
    }

    /// Whether records from after `since` are surely gone: the log begins later than it should, and all files but the
    /// newest are full, as they are once the first one was dropped.
    pub(super) fn has_dropped(self, log: Extent, since: Timestamp, created: Option<Timestamp>) -> bool {
        let begin = created.map_or(since, |created| created.max(since));
        let kept = log.bytes.saturating_add(log.records.saturating_mul(OVERHEAD));
        log.oldest.duration_since(begin) > SILENCE && kept >= self.size.saturating_mul(self.files - 1)
    }
}

/// `10m` as the drivers read it.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.trim_end_matches('b').trim_end_matches('i');
    let (number, scale) = match text.char_indices().last()? {
        (at, 'k') => (&text[..at], 1 << 10),
        (at, 'm') => (&text[..at], 1 << 20),
        (at, 'g') => (&text[..at], 1 << 30),
        _ => (text, 1_u64),
    };
    number.trim().parse::<u64>().ok()?.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rotation(driver: &str, config: &Value) -> Option<Rotation> {
        Rotation::of(&json!({"HostConfig": {"LogConfig": {"Type": driver, "Config": config}}}))
    }

    #[test]
    fn reads_how_much_is_kept() {
        let kept =
            |size: &str| rotation("json-file", &json!({"max-size": size, "max-file": "3"})).map(|kept| kept.size);
        for (size, expected) in [
            ("10m", Some(10 << 20)),
            ("10MB", Some(10 << 20)),
            ("1GiB", Some(1 << 30)),
            ("100k", Some(100 << 10)),
            ("5000", Some(5000)),
            ("-1", None),
            ("0", None),
            ("many", None),
            ("", None),
        ] {
            assert_eq!(kept(size), expected, "{size}");
        }
        assert_eq!(rotation("json-file", &json!({})), None);
        assert_eq!(rotation("json-file", &json!({"max-size": "1m"})), None);
        assert_eq!(rotation("journald", &json!({"max-size": "1m", "max-file": "3"})), None);
        assert_eq!(Rotation::of(&json!(null)), None);
    }

    #[test]
    fn only_a_late_begin_and_full_files_together_say_that_something_is_gone() {
        let at = |text: &str| format!("2026-11-24T{text}Z").parse::<Timestamp>().unwrap();
        let kept = Rotation { size: 1000, files: 3 };
        let log = |oldest: &str, bytes| Extent { oldest: at(oldest), records: 10, bytes };
        let since = at("10:00:00");
        for (log, created, dropped) in [
            (log("10:05:00", 1690), Some(at("09:00:00")), true),
            (log("10:05:00", 1690), None, true),
            // Files that are not full: there was no more.
            (log("10:05:00", 1689), Some(at("09:00:00")), false),
            // The log reaches back before the window, or the container is no older than its log.
            (log("09:59:00", 5000), Some(at("09:00:00")), false),
            (log("10:05:00", 5000), Some(at("10:04:30")), false),
        ] {
            assert_eq!(kept.has_dropped(log, since, created), dropped, "{log:?} {created:?}");
        }
    }
}
