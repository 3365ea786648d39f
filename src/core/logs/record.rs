//! Lines to records: a stack trace, a report over many lines, is one record and one count.

use std::sync::LazyLock;

use regex::Regex;

use super::{Level, line::Stamp};

/// A record keeps this much; what comes after belongs to the next one, or, in a crash report, is read and dropped.
const MOST_LINES: u32 = 200;
pub(super) const MOST_BYTES: usize = 64 * 1024;
/// A Redis crash report is some hundred lines. One that never ends is over here.
const LONGEST_REPORT: u32 = 20_000;

/// The record that lines are being added to.
#[derive(Debug)]
pub(super) struct Record {
    /// Its lines, joined by `\n`, without engine stamps.
    pub(super) text: Vec<u8>,
    /// The stamp of its first line.
    pub(super) stamp: Option<Stamp>,
    /// A line of it holds a literal that some pattern starts from.
    pub(super) candidate: bool,
    open: bool,
    last: Option<Stamp>,
    lines: u32,
    /// How much of the first line the lines of one `RabbitMQ` report share: date, time, level and process.
    header: usize,
    shape: Shape,
}

/// What the lines so far look like, which says what may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Plain,
    /// Python, up to the line that names the exception.
    Traceback,
    /// Python, after that line: the exception may be said to come from another.
    AfterTraceback,
    GoPanic,
    RedisReport,
    /// After its END: some indented advice.
    RedisAdvice,
    /// A fatal configuration error, and how many lines it still has.
    RedisConfig(u8),
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            text: Vec::with_capacity(1024),
            stamp: None,
            candidate: false,
            open: false,
            last: None,
            lines: 0,
            header: 0,
            shape: Shape::Plain,
        }
    }

    /// Whether there is a record.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Forgets the record, keeping its memory.
    pub(super) fn close(&mut self) {
        self.text.clear();
        self.open = false;
    }

    /// Starts a record with its first line.
    pub(super) fn start(&mut self, stamp: Option<Stamp>, line: &[u8]) {
        self.text.clear();
        self.text.extend_from_slice(&line[..line.len().min(MOST_BYTES)]);
        (self.stamp, self.last, self.lines, self.open, self.candidate) = (stamp, stamp, 1, true, false);
        self.header = header(line);
        self.shape = if line.starts_with(b"=== REDIS BUG REPORT START") {
            Shape::RedisReport
        } else if line.starts_with(b"*** FATAL CONFIG FILE ERROR") {
            Shape::RedisConfig(4)
        } else if line.starts_with(b"Traceback (most recent call last)") {
            Shape::Traceback
        } else if line.starts_with(b"panic: ") || line.starts_with(b"fatal error: ") {
            Shape::GoPanic
        } else {
            Shape::Plain
        };
    }

    /// Adds the line when it belongs to this record; false when it starts another.
    pub(super) fn take(&mut self, stamp: Option<Stamp>, line: &[u8]) -> bool {
        if !self.open || !self.continues(stamp, line) {
            return false;
        }
        self.lines = self.lines.saturating_add(1);
        self.last = stamp.or(self.last);
        if self.lines <= MOST_LINES && self.text.len() + line.len() < MOST_BYTES {
            self.text.push(b'\n');
            self.text.extend_from_slice(line);
        }
        true
    }

    fn continues(&mut self, stamp: Option<Stamp>, line: &[u8]) -> bool {
        if self.shape == Shape::RedisReport {
            let ends = contains(line, b"=== REDIS BUG REPORT END") || self.lines >= LONGEST_REPORT;
            if ends {
                self.shape = Shape::RedisAdvice;
            }
            return !is_redis_start(line);
        }
        if self.shape == Shape::RedisAdvice {
            return line.is_empty() || matches!(line[0], b' ' | b'\t');
        }
        if self.lines >= MOST_LINES || self.text.len() + line.len() >= MOST_BYTES || !self.is_near(stamp) {
            return false;
        }
        if line.is_empty() {
            // Blank lines part nothing; outside of a shape they are nobody's, and nothing to keep.
            return true;
        }
        let indented = matches!(line[0], b' ' | b'\t');
        match self.shape {
            Shape::RedisConfig(left) if left > 0 && !line[0].is_ascii_digit() => {
                self.shape = Shape::RedisConfig(left - 1);
                return true;
            }
            Shape::Traceback if !indented => {
                // Not indented: the line that names the exception.
                self.shape = Shape::AfterTraceback;
                return true;
            }
            Shape::AfterTraceback if is_traceback_link(line) => return true,
            Shape::GoPanic if is_go_frame(line) => return true,
            _ => {}
        }
        if line.starts_with(b"Traceback (most recent call last)") {
            // `logger.exception(…)`: the trace belongs to the error that was logged, or to the trace before.
            let joins = self.shape == Shape::AfterTraceback || Level::of(&self.text) >= Some(Level::Error);
            if joins {
                self.shape = Shape::Traceback;
            }
            return joins;
        }
        if self.header > 0 && line.len() >= self.header && line[..self.header] == self.text[..self.header] {
            return true;
        }
        if indented {
            // A level of its own makes it a record of its own, indented or not.
            return !starts_with_level(line);
        }
        let told = line.starts_with(b"Caused by: ") || line.starts_with(b"... ") || line.starts_with(b"at ");
        // `}` ends what Node prints of an error.
        told || (self.lines > 1 && matches!(line[0], b'}' | b']' | b')') && line.len() <= 3)
    }

    fn is_near(&self, stamp: Option<Stamp>) -> bool {
        match (self.last, stamp) {
            (Some(last), Some(stamp)) => last.is_near(stamp),
            _ => true,
        }
    }

    /// The record for people: one line, without the header that each line of a `RabbitMQ` report repeats.
    pub(super) fn told(text: &[u8]) -> String {
        let shared = header(text);
        let mut out = String::new();
        for (n, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = if n > 0 && shared > 0 { line.strip_prefix(&text[..shared]).unwrap_or(line) } else { line };
            let line = String::from_utf8_lossy(line);
            let line = line.trim();
            if !line.is_empty() && out.len() < 4096 {
                if !out.is_empty() {
                    out.push_str(" ⏎ ");
                }
                out.push_str(line);
            }
        }
        out
    }
}

/// How long `2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>` is at the start of the line; 0 when it is not there.
fn header(line: &[u8]) -> usize {
    let dated = line.len() > 40 && line[4] == b'-' && line[10] == b' ' && line[13] == b':' && line[33] == b'[';
    if !dated || !line[0].is_ascii_digit() {
        return 0;
    }
    let reach = &line[..line.len().min(96)];
    let process = reach.windows(3).position(|w| w == b"] <");
    process.and_then(|at| reach[at..].iter().position(|&byte| byte == b'>').map(|n| at + n + 1)).unwrap_or(0)
}

/// What a record tells without what many loggers put before it: time, level and process.
pub fn essence(record: &str) -> &str {
    static HEADER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let time = r"\d{4}[-/]\d\d[-/]\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?";
        let redis = r"\d+:[A-Z] \d\d \w{3} \d{4} [\d:.]+ [*#.-]";
        Regex::new(&format!(r"^(?:{redis} |(?:{time}\s+)(?:\[\w+\]\s*)?(?:<[\d.]+>\s*|\d+#\d+: )?)")).ok()
    });
    let header = HEADER.as_ref().and_then(|header| header.find(record)).map_or(0, |found| found.end());
    match record[header..].trim_start() {
        "" => record,
        rest => rest,
    }
}

fn is_redis_start(line: &[u8]) -> bool {
    contains(line, b"oO0OoO0OoO0Oo")
}

fn is_traceback_link(line: &[u8]) -> bool {
    line.starts_with(b"During handling of the above exception")
        || line.starts_with(b"The above exception was the direct cause")
}

/// `goroutine 1 [running]:`, `main.main()`, `[signal SIGSEGV …]`, `created by …`, `exit status 2`.
fn is_go_frame(line: &[u8]) -> bool {
    [&b"goroutine "[..], b"[signal ", b"panic: ", b"created by ", b"exit status ", b"\t", b"runtime."]
        .iter()
        .any(|start| line.starts_with(start))
        || (line.ends_with(b")")
            && line.contains(&b'(')
            && !line[..line.iter().position(|&b| b == b'(').unwrap_or(0)].contains(&b' '))
}

/// Whether an indented line is itself a record: `  ERROR no`.
fn starts_with_level(line: &[u8]) -> bool {
    let word = line.trim_ascii_start();
    [&b"ERROR "[..], b"WARN ", b"WARNING ", b"FATAL ", b"CRITICAL ", b"INFO ", b"ERROR:", b"FATAL:", b"PANIC "]
        .iter()
        .any(|level| word.starts_with(level))
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(line, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The records of these lines, each as its number of lines.
    fn records(lines: &[&str]) -> Vec<usize> {
        let (mut record, mut out) = (Record::new(), Vec::new());
        for line in lines {
            if !record.take(None, line.as_bytes()) {
                record.start(None, line.as_bytes());
                out.push(0);
            }
            *out.last_mut().unwrap() += 1;
        }
        out
    }

    #[test]
    fn a_rabbitmq_report_is_one_record() {
        assert_eq!(
            records(&[
                "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: starting):",
                "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused: user 'app' - invalid credentials",
                "2026-11-24 05:44:41.304151+00:00 [info] <0.795.0> closing AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672)",
                "2026-11-24 05:44:41.305638+00:00 [info] <0.800.0> accepting AMQP connection <0.800.0> (172.17.0.1:44646 -> 172.17.0.2:5672)",
            ]),
            [2, 1, 1]
        );
    }

    #[test]
    fn stack_traces_are_one_record_each() {
        let java = [
            "2026-11-24 05:44:36.123 ERROR 1 --- [main] c.e.App : failed",
            "java.lang.IllegalStateException: no",
            "\tat c.e.App.run(App.java:1)",
            "Caused by: java.io.IOException: broken",
            "\t... 12 more",
        ];
        // What Java prints after the log line has no indentation: it is a record of its own, with its trace.
        assert_eq!(records(&java), [1, 4]);
        let python = [
            "ERROR:root:job failed",
            "Traceback (most recent call last):",
            "  File \"a.py\", line 1, in <module>",
            "    x()",
            "ValueError: no",
            "",
            "During handling of the above exception, another exception occurred:",
            "",
            "Traceback (most recent call last):",
            "  File \"a.py\", line 3, in <module>",
            "KeyError: 'x'",
            "INFO next",
        ];
        assert_eq!(records(&python), [11, 1]);
        let go = [
            "panic: runtime error: index out of range [1] with length 1",
            "",
            "goroutine 1 [running]:",
            "main.main()",
            "\t/app/main.go:5 +0x1d",
            "exit status 2",
            "level=info msg=started",
        ];
        assert_eq!(records(&go), [6, 1]);
        let node = ["Error: no", "    at x (/app/a.js:1:1) {", "  code: 'ENOENT'", "}", "listening on 3000"];
        assert_eq!(records(&node), [4, 1]);
    }

    #[test]
    fn a_redis_crash_report_is_one_record_however_long() {
        let mut lines = vec!["=== REDIS BUG REPORT START: Cut & paste starting from here ==="];
        lines.extend(["1:M 24 Nov 2026 05:41:17.793 # (00007fffe1620f4f) -> 0000003300000035"; 400]);
        lines.extend([
            "=== REDIS BUG REPORT END. Make sure to include from START to END. ===",
            "",
            "       Please report the crash",
        ]);
        lines.push("1:C 24 Nov 2026 05:41:18.294 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
        assert_eq!(records(&lines), [404, 1]);
    }

    #[test]
    fn a_flood_of_indented_lines_is_not_one_record() {
        assert_eq!(records(&["  ERROR no"; 50]).len(), 50);
        assert_eq!(records(&["  something"; 1000]).len(), 5);
    }

    #[test]
    fn the_essence_of_a_record_has_no_header() {
        for (record, told) in [
            ("2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused", "PLAIN login refused"),
            ("1:M 24 Nov 2026 05:41:04.986 # Short write", "Short write"),
            ("2026/11/24 05:44:36 [error] 31#31: *1 connect() failed", "*1 connect() failed"),
            ("2026-11-24 05:44:36,123 - app - ERROR - no", "- app - ERROR - no"),
            ("ERROR job failed", "ERROR job failed"),
            ("2026-11-24 05:44:41.303372+00:00 ", "2026-11-24 05:44:41.303372+00:00 "),
        ] {
            assert_eq!(essence(record), told);
        }
    }

    #[test]
    fn the_header_of_a_report_is_told_once() {
        let text = b"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on x:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused";
        assert_eq!(
            Record::told(text),
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on x: ⏎ PLAIN login refused"
        );
    }
}
