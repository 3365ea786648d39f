//! Lines to records: a stack trace, a report over many lines, is one record and one count.
//!
//! A line continues a record when it says so: it is indented, it repeats the record's header, or it is of a form that
//! only comes within what the record is. What looks like a record of its own never does, so that programs whose records
//! come in turn are told apart.

mod shape;
mod told;

use jiff::SignedDuration;

use self::shape::{Shape, is_frame, is_start};
use super::{Level, head::Head, line::Stamp};

pub use told::essence;
pub(super) use told::{summary, told, write_summary};

/// A record keeps this much; what comes after belongs to the next one, or, in a crash report, is read and dropped.
const MOST_LINES: u32 = 200;
pub(super) const MOST_BYTES: usize = 64 * 1024;
/// A Redis crash report is some hundred lines. One that never ends is over here.
const LONGEST_REPORT: u32 = 20_000;
/// What a program writes at once has stamps some microseconds apart: the engine stamps each line as it reads it. So an
/// exception that follows a logger's line within this belongs to it, even on a busy machine.
const INSTANT: SignedDuration = SignedDuration::from_millis(50);

/// The record that lines are being added to.
#[derive(Debug)]
pub(super) struct Record {
    /// Its lines, joined by `\n`, without engine stamps.
    pub(super) text: Vec<u8>,
    /// The stamp of its first line.
    pub(super) stamp: Option<Stamp>,
    open: bool,
    last: Option<Stamp>,
    lines: u32,
    /// How much of the first line the lines of one `RabbitMQ` report share: date, time, level and process.
    header: usize,
    shape: Shape,
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            text: Vec::with_capacity(1024),
            stamp: None,
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
        (self.stamp, self.last, self.lines, self.open) = (stamp, stamp, 1, true);
        self.header = shared_header(line);
        self.shape = Shape::of(line);
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
        match self.shape {
            Shape::RedisReport => {
                if contains(line, b" BUG REPORT END") || self.lines >= LONGEST_REPORT {
                    self.shape = Shape::RedisAdvice;
                }
                return !contains(line, b"oO0OoO0OoO0Oo");
            }
            Shape::RedisAdvice => return line.is_empty() || matches!(line[0], b' ' | b'\t'),
            _ => {}
        }
        if self.lines >= MOST_LINES || self.text.len() + line.len() >= MOST_BYTES || !self.is_near(stamp) {
            return false;
        }
        match line.first() {
            // Blank lines part nothing, but old reports of `RabbitMQ`.
            None => {
                if self.shape == Shape::ErlangReport {
                    self.shape = Shape::Plain;
                }
                true
            }
            Some(b' ' | b'\t') => self.takes_indented(line),
            Some(_) => self.takes(stamp, line),
        }
    }

    fn takes_indented(&mut self, line: &[u8]) -> bool {
        match self.shape {
            Shape::PrettyJson => return true,
            // .NET's console indents all but the first line by six.
            Shape::DotnetConsole if line.starts_with(b"      ") => return true,
            _ => {}
        }
        let word = line.trim_ascii_start();
        if word.is_empty() {
            return true;
        }
        if is_frame(word) {
            // Frames whose exception stands in another record are one of their own: the line between them is another
            // program's, and says nothing of them.
            return self.tells_of_a_failure();
        }
        if matches!(word[0], b'+' | b'|') && contains(word, b"Traceback (most recent call last)") {
            // Of a group of exceptions Python draws the tree.
            self.shape = Shape::AfterTraceback;
        }
        // A level of its own makes it a record of its own, indented or not.
        !shape::starts_with_level(word)
    }

    /// Whether this line, which is not indented, belongs to the record.
    fn takes(&mut self, stamp: Option<Stamp>, line: &[u8]) -> bool {
        if self.repeats_header(line) {
            return true;
        }
        if self.shape == Shape::Notice && !self.is_instant(stamp) {
            return false;
        }
        if let Some(next) = self.shape.after(line, self.lines) {
            self.shape = next;
            return true;
        }
        match line[0] {
            b'T' if line.starts_with(b"Traceback (most recent call last)") => {
                // `logger.exception(…)`: the trace belongs to the error that was logged.
                self.joins(stamp, Level::Warning, Shape::Traceback)
            }
            b'g' if line.starts_with(b"goroutine ") && line.ends_with(b":") => {
                // What net/http and klog write of a panic begins with a line of the log.
                self.shape = Shape::GoPanic;
                true
            }
            b'*' if line.starts_with(b"** ") => self.header > 0,
            b'*' if line.starts_with(b"*****") => self.joins(stamp, Level::Error, Shape::Notice),
            b'C' | b'S' | b'R' | b'N' | b'E' | b'a' | b'.' | b'-' | b'#' | b'[' | b'n' | b's' | b'L' | b'"'
                if shape::is_of_a_trace(line) && self.tells_of_a_failure() =>
            {
                self.shape = Shape::Trace;
                true
            }
            // What Node and others print of an object ends so.
            b'}' | b']' | b')' => self.lines > 1 && line.len() <= 3,
            b'(' if line.starts_with(b"(node:") => {
                self.text.starts_with(b"(node:") && contains(line, b"Warning: Unhandled promise rejection.")
            }
            // Rails writes what ended a request line by line.
            b'F' if line.starts_with(b"F, [") => self.text.starts_with(b"F, [") && self.is_instant(stamp),
            byte if byte.is_ascii_alphabetic() => self.takes_words(stamp, line),
            _ => false,
        }
    }

    fn takes_words(&mut self, stamp: Option<Stamp>, line: &[u8]) -> bool {
        if let Some(is_qualified) = shape::exception(line) {
            // Java and .NET name what was thrown by its full name, whatever the level it was logged at. A bare
            // `Error: no` after a line of information is more likely a failure of its own.
            let least = if is_qualified { Level::Debug } else { Level::Warning };
            return self.joins(stamp, least, Shape::Trace);
        }
        if self.lines == 1 && shape::is_dated_by_month(&self.text) && shape::starts_with_level(line) {
            // `java.util.logging`: time and method on one line, level and message on the next.
            return self.is_instant(stamp) && Level::of(&self.text).is_none();
        }
        // `RabbitMQ` 3.8 writes the header once: `… [error] <0.1.0> Error on AMQP connection <0.1.0> (…):`.
        self.lines == 1 && self.header > 0 && self.text.ends_with(b":") && self.is_instant(stamp) && !is_start(line)
    }

    /// Whether what follows at once belongs to the logger's line that this record is. An object of JSON is complete.
    fn joins(&mut self, stamp: Option<Stamp>, least: Level, shape: Shape) -> bool {
        let joins = matches!(self.shape, Shape::Plain | Shape::Notice)
            && self.text.first() != Some(&b'{')
            && self.is_instant(stamp)
            && Level::of(&self.text) >= Some(least);
        if joins {
            self.shape = shape;
        }
        joins
    }

    /// Whether it begins as the first line does: the lines of one `RabbitMQ` report do, those of npm, and what
    /// `PostgreSQL` adds to a message.
    fn repeats_header(&self, line: &[u8]) -> bool {
        if self.header > 0 {
            // npm begins with a code.
            return line.starts_with(&self.text[..self.header]) && !line[self.header..].starts_with(b" code ");
        }
        let same = |length: usize| line.get(..length).is_some_and(|start| self.text.starts_with(start));
        // Of the same second, and then of the same process; some prefixes number the lines: `[71]: [2-1] `.
        line[0].is_ascii_digit()
            && same("2026-11-24 05:44:36".len())
            && shape::postgres_field(line).is_some_and(|at| same(memchr::memchr(b']', &line[..at]).unwrap_or(at)))
    }

    /// Whether an exception, an error or a panic is named in it: then frames and causes may follow.
    fn tells_of_a_failure(&self) -> bool {
        let named = || {
            let text = &self.text[..self.text.len().min(4096)];
            [&b"rror"[..], b"xception", b"hrowable", b"anic", b"Trace", b"ERR"].iter().any(|part| contains(text, part))
        };
        !matches!(self.shape, Shape::Plain | Shape::PrettyJson) || named()
    }

    fn is_near(&self, stamp: Option<Stamp>) -> bool {
        match (self.last, stamp) {
            (Some(last), Some(stamp)) => last.is_near(stamp),
            _ => true,
        }
    }

    fn is_instant(&self, stamp: Option<Stamp>) -> bool {
        match (self.last.and_then(Stamp::time), stamp.and_then(Stamp::time)) {
            (Some(last), Some(stamp)) => stamp.duration_since(last).abs() <= INSTANT,
            _ => true,
        }
    }
}

/// How long `2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>` is at the start of the line, without the zone in
/// `RabbitMQ` 3.8, or `npm ERR!`; 0 when it is not there.
fn shared_header(line: &[u8]) -> usize {
    if line.len() > 30 && line[4] == b'-' && line[10] == b' ' && line[13] == b':' && line[0].is_ascii_digit() {
        if !matches!((line[24], line.get(33)), (b'[', _) | (_, Some(b'['))) {
            return 0;
        }
        let reach = &line[..line.len().min(96)];
        let process = memchr::memmem::find(reach, b"] <");
        return process.and_then(|at| memchr::memchr(b'>', &reach[at..]).map(|n| at + n + 1)).unwrap_or(0);
    }
    let npm = [&b"npm ERR!"[..], b"npm error"].into_iter().find(|start| line.starts_with(start));
    npm.map_or(0, <[u8]>::len)
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(line, part).is_some()
}

#[cfg(test)]
mod tests;
