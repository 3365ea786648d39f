//! The bytes of a container's log, in the form that an engine sends, on their way to the scanner.

use jiff::Timestamp;

use super::lines::{Lines, LinesError};
use crate::{
    api::Window,
    core::{
        logs::{Matcher, Scanner},
        observation::logs::LogScan,
        redact::Redactor,
    },
};

/// Frames to lines, lines within the window, redacted, to the scanner: all that is done to a log between the network
/// and what was found in it. Memory does not grow with the log.
pub struct Intake<'a> {
    lines: Lines,
    sink: Sink<'a>,
}

/// Where lines go.
struct Sink<'a> {
    scanner: Scanner<'a>,
    recorded: Option<Vec<u8>>,
    oldest: Option<Timestamp>,
}

impl<'a> Intake<'a> {
    /// For the log of a container with (`terminal`) or without a terminal.
    pub fn new(terminal: bool, matcher: &'a Matcher, redactor: &'a Redactor, window: Window) -> Self {
        let sink = Sink { scanner: Scanner::redacting(matcher, window, redactor), recorded: None, oldest: None };
        Self { lines: Lines::new(terminal), sink }
    }

    /// Keeps the lines, redacted, for [`Self::recorded`].
    pub(super) fn record(&mut self) {
        self.sink.recorded = Some(Vec::new());
    }

    /// Takes the next bytes, however the log is cut on its way.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), LinesError> {
        let Self { lines, sink } = self;
        lines.push(bytes, |line| sink.line(line))
    }

    /// Takes what never got its end as a line.
    pub(super) fn end(&mut self) {
        let Self { lines, sink } = self;
        lines.finish(|line| sink.line(line));
    }

    /// The recorded lines since the last call, once they are at least so many bytes.
    pub(super) fn recorded(&mut self, at_least: usize) -> Option<Vec<u8>> {
        self.sink.recorded.as_mut().filter(|recorded| recorded.len() >= at_least).map(std::mem::take)
    }

    /// The stamp of the first line that has one, within the window or not.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.sink.oldest
    }

    /// How many of the engine's records came; never fewer than that.
    pub(super) fn records(&self) -> u64 {
        self.lines.records()
    }

    /// What was found.
    pub fn finish(mut self) -> LogScan {
        self.end();
        self.sink.scanner.finish()
    }
}

impl Sink<'_> {
    fn line(&mut self, line: &[u8]) {
        if self.oldest.is_none() {
            self.oldest = stamp(line);
        }
        let kept = self.scanner.line(line);
        if let (Some(recorded), Some(kept)) = (&mut self.recorded, kept) {
            recorded.extend_from_slice(&kept);
            recorded.push(b'\n');
        }
    }
}

fn stamp(line: &[u8]) -> Option<Timestamp> {
    let stamp = line.split(|byte| *byte == b' ').next()?;
    std::str::from_utf8(stamp).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;
    use crate::api::job::ProfileName;

    /// What is found and kept of these bytes when they come in pieces of these lengths.
    fn read(matcher: &Matcher, terminal: bool, bytes: &[u8], pieces: &[usize]) -> (LogScan, Vec<u8>) {
        let redactor = Redactor::new(["hunter2-hunter2"]);
        let window = Window { since: Timestamp::MIN, until: Timestamp::MAX };
        let mut intake = Intake::new(terminal, matcher, &redactor, window);
        intake.record();
        let mut rest = bytes;
        for piece in pieces.iter().copied().chain([bytes.len()]) {
            let (now, later) = rest.split_at(piece.min(rest.len()));
            rest = later;
            intake.push(now).unwrap();
        }
        intake.end();
        let kept = intake.recorded(0).unwrap();
        (intake.finish(), kept)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// However a log is cut into frames and pieces on its way, the same is found in it, and the same kept.
        #[test]
        fn any_cut_finds_the_same(
            texts in vec(select(vec![
                "ERROR job failed", "level=info msg=fine", "Traceback (most recent call last):", "  File \"a.py\"",
                "ValueError: no space left on device", "login hunter2-hunter2 password=abc", "\u{1b}[31mFATAL\u{1b}[0m no\r", "",
            ]), 0..20),
            frames in vec(1..40_usize, 1..60),
            pieces in vec(0..50_usize, 0..60),
            terminal: bool,
        ) {
            const STAMP: &str = "2026-11-24T03:00:00.000000001Z ";
            let matcher = Matcher::compile(ProfileName::Generic, &[], "c").unwrap();
            let plain = texts.iter().map(|text| format!("{STAMP}{text}\n")).collect::<Vec<_>>().concat();
            let mut bytes = Vec::new();
            let mut sizes = frames.iter().cycle();
            for text in &texts {
                let line = format!("{text}\n");
                let mut rest = line.as_bytes();
                while !rest.is_empty() {
                    let (part, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
                    rest = later;
                    let payload = [STAMP.as_bytes(), part].concat();
                    bytes.extend([1, 0, 0, 0]);
                    bytes.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
                    bytes.extend(payload);
                }
            }
            let bytes = if terminal { plain.as_bytes() } else { &bytes };
            prop_assert_eq!(read(&matcher, terminal, bytes, &pieces), read(&matcher, true, plain.as_bytes(), &[]));
        }
    }
}
