//! What an engine sends as a log, cut into lines.
//!
//! Without a terminal it comes in frames, one for each record: a byte for the stream, three of nothing, four for the
//! length, then a time stamp, a blank and the text. A record of more than 16 KiB comes as several, each with a stamp of
//! its own and only the last with a newline. With a terminal the same comes without frames, each line ending in `\r\n`.

/// The most that is kept of one line; the rest of it is dropped.
pub const MAX_LINE: usize = 64 * 1024;
/// The largest record that an engine writes as one.
const RECORD: usize = 16 * 1024;
const HEADER: usize = 8;
/// More than any time stamp is long.
const MAX_STAMP: usize = 40;
/// The most that is kept of what the engine says of itself.
const MAX_COMPLAINT: usize = 400;

/// Why no more lines can be cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinesError {
    /// The engine could not go on reading.
    #[error("the engine stopped: {0}")]
    Complaint(String),
    /// The bytes are no frames.
    #[error("the engine sent a log in an unknown form")]
    NotFrames,
}

/// Cuts a log into lines, however it is split on its way. Memory is flat.
#[derive(Debug)]
pub struct Lines {
    form: Form,
    stdout: Line,
    stderr: Line,
    records: u64,
}

#[derive(Debug)]
enum Form {
    Terminal,
    Header { bytes: [u8; HEADER], filled: usize },
    Payload { stream: Stream, left: u32, stamp: Stamp },
    Complaint { left: u32, text: Vec<u8> },
}

#[derive(Clone, Copy, Debug)]
enum Stream {
    Stdout,
    Stderr,
}

/// Whether the next bytes are a stamp in the midst of a line.
#[derive(Clone, Copy, Debug)]
enum Stamp {
    Keep,
    Skip { seen: usize },
}

#[derive(Debug, Default)]
struct Line {
    text: Vec<u8>,
    length: usize,
}

impl Lines {
    /// For a container with (`terminal`) or without a terminal.
    pub fn new(terminal: bool) -> Self {
        let form = if terminal { Form::Terminal } else { Form::NEXT };
        Self { form, stdout: Line::default(), stderr: Line::default(), records: 0 }
    }

    /// Takes the next bytes, and gives each line that is whole, without its end.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), LinesError> {
        while !bytes.is_empty() {
            if matches!(self.form, Form::Header { filled: 0, .. })
                && let Some(rest) = self.whole_line(bytes, &mut each)
            {
                bytes = rest;
                continue;
            }
            match &mut self.form {
                Form::Terminal => {
                    let records = self.stdout.push(bytes, &mut each);
                    self.records += records;
                    return Ok(());
                }
                Form::Header { bytes: header, filled } => {
                    let part = bytes.len().min(HEADER - *filled);
                    header[*filled..*filled + part].copy_from_slice(&bytes[..part]);
                    *filled += part;
                    bytes = &bytes[part..];
                    if *filled == HEADER {
                        let header = *header;
                        self.begin(header)?;
                    }
                }
                Form::Payload { stream, left, stamp } => {
                    let (mut part, rest) = bytes.split_at(bytes.len().min(*left as usize));
                    bytes = rest;
                    *left -= u32::try_from(part.len()).unwrap_or(*left);
                    let whole = *left == 0;
                    if let Stamp::Skip { seen } = stamp {
                        let most = part.len().min(MAX_STAMP - *seen);
                        let blank = memchr::memchr(b' ', &part[..most]);
                        let end = blank.map_or(most, |blank| blank + 1);
                        *seen += end;
                        if blank.is_some() || *seen == MAX_STAMP {
                            *stamp = Stamp::Keep;
                        }
                        part = &part[end..];
                    }
                    let line = match stream {
                        Stream::Stdout => &mut self.stdout,
                        Stream::Stderr => &mut self.stderr,
                    };
                    line.push(part, &mut each);
                    if whole {
                        self.records += 1;
                        self.form = Form::NEXT;
                    }
                }
                Form::Complaint { left, text } => {
                    let (part, rest) = bytes.split_at(bytes.len().min(*left as usize));
                    bytes = rest;
                    *left -= u32::try_from(part.len()).unwrap_or(*left);
                    text.extend(&part[..part.len().min(MAX_COMPLAINT - text.len())]);
                    if *left == 0 || text.len() == MAX_COMPLAINT {
                        return Err(LinesError::Complaint(String::from_utf8_lossy(text).trim().to_owned()));
                    }
                }
            }
        }
        Ok(())
    }

    /// Gives what never got its end: a prompt, or what was being written.
    pub fn finish(&mut self, mut each: impl FnMut(&[u8])) {
        self.stdout.end(&mut each);
        self.stderr.end(&mut each);
    }

    /// How many of the engine's records came; never fewer than that.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Nearly all frames come whole and are one line. Gives it, and tells what follows; None when it is not so.
    #[inline]
    fn whole_line<'b>(&mut self, bytes: &'b [u8], each: &mut impl FnMut(&[u8])) -> Option<&'b [u8]> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let [kind @ 0..=2, 0, 0, 0, a, b, c, d] = *header else { return None };
        let (payload, rest) = rest.split_at_checked(u32::from_be_bytes([a, b, c, d]) as usize)?;
        let line = payload.strip_suffix(b"\n")?;
        let begun = if kind == 2 { &self.stderr } else { &self.stdout };
        if begun.length > 0 || line.len() > MAX_LINE || memchr::memchr(b'\n', line).is_some() {
            return None;
        }
        self.records += 1;
        each(line.strip_suffix(b"\r").unwrap_or(line));
        Some(rest)
    }

    fn begin(&mut self, header: [u8; HEADER]) -> Result<(), LinesError> {
        let [kind, 0, 0, 0, a, b, c, d] = header else { return Err(LinesError::NotFrames) };
        let left = u32::from_be_bytes([a, b, c, d]);
        self.form = match kind {
            // An empty record is one all the same.
            0..=2 if left == 0 => {
                self.records += 1;
                Form::NEXT
            }
            0 | 1 => Form::Payload { stream: Stream::Stdout, left, stamp: self.stdout.stamp() },
            2 => Form::Payload { stream: Stream::Stderr, left, stamp: self.stderr.stamp() },
            3 => Form::Complaint { left, text: Vec::new() },
            _ => return Err(LinesError::NotFrames),
        };
        Ok(())
    }
}

impl Form {
    const NEXT: Self = Self::Header { bytes: [0; HEADER], filled: 0 };
}

impl Line {
    /// How a record's stamp is read: the next record of a line that has not ended continues it.
    fn stamp(&self) -> Stamp {
        if self.length == 0 { Stamp::Keep } else { Stamp::Skip { seen: 0 } }
    }

    /// Gives each line that ends in `bytes`, and says how many records they were at least.
    fn push(&mut self, mut bytes: &[u8], each: &mut impl FnMut(&[u8])) -> u64 {
        let mut records = 0;
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (part, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.length == 0 && part.len() <= MAX_LINE {
                records += 1 + (part.len() / RECORD) as u64;
                each(part.strip_suffix(b"\r").unwrap_or(part));
            } else {
                self.append(part);
                records += 1 + (self.length / RECORD) as u64;
                self.end(each);
            }
            bytes = rest;
        }
        self.append(bytes);
        records
    }

    fn append(&mut self, bytes: &[u8]) {
        self.length += bytes.len();
        self.text.extend(&bytes[..bytes.len().min(MAX_LINE - self.text.len())]);
    }

    fn end(&mut self, each: &mut impl FnMut(&[u8])) {
        if self.length > 0 {
            each(self.text.strip_suffix(b"\r").unwrap_or(&self.text));
        }
        self.text.clear();
        self.length = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind, 0, 0, 0];
        bytes.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    /// The lines of `bytes` when they come in pieces of these lengths, the last piece being what is left.
    fn cut(terminal: bool, bytes: &[u8], pieces: &[usize]) -> (Vec<String>, u64, Result<(), LinesError>) {
        let (mut lines, mut found) = (Lines::new(terminal), Vec::new());
        let mut keep = |line: &[u8]| found.push(String::from_utf8_lossy(line).into_owned());
        let (mut rest, mut result) = (bytes, Ok(()));
        for piece in pieces.iter().copied().chain([bytes.len()]) {
            let (now, later) = rest.split_at(piece.min(rest.len()));
            rest = later;
            result = result.and_then(|()| lines.push(now, &mut keep));
        }
        lines.finish(&mut keep);
        (found, lines.records(), result)
    }

    #[test]
    fn frames_of_two_streams_give_the_lines_of_each() {
        let bytes = [
            frame(1, b"T1 one\n"),
            frame(2, b"T2 half an "),
            frame(1, b"T3 two\r\n"),
            frame(2, b"T4 error\n"),
            frame(1, b""),
            frame(1, b"T5 no end"),
        ]
        .concat();
        let (lines, records, result) = cut(false, &bytes, &[]);
        assert_eq!(lines, ["T1 one", "T3 two", "T2 half an error", "T5 no end"]);
        assert_eq!((records, result), (6, Ok(())));
    }

    #[test]
    fn a_terminal_gives_plain_lines() {
        let (lines, records, result) = cut(true, b"T1 one\r\n\r\nT2 two\nT3 \x01 prompt", &[]);
        assert_eq!(lines, ["T1 one", "", "T2 two", "T3 \u{1} prompt"]);
        assert_eq!((records, result), (3, Ok(())));
    }

    #[test]
    fn a_line_without_end_is_cut_and_memory_stays_flat() {
        for terminal in [true, false] {
            let mut lines = Lines::new(terminal);
            let mut found = Vec::new();
            for _ in 0..64 {
                let part = [b"T ".as_slice(), &vec![b'x'; RECORD]].concat();
                let bytes = if terminal { part } else { frame(1, &part) };
                lines.push(&bytes, |_| panic!("no line has ended")).unwrap();
            }
            assert_eq!(lines.stdout.text.len(), MAX_LINE);
            let end = if terminal { b"\n".to_vec() } else { frame(1, b"T \n") };
            lines.push(&end, |line| found.push(line.len())).unwrap();
            assert_eq!(found, [MAX_LINE]);
            assert!(lines.records() >= 64, "{}", lines.records());
        }
    }

    #[test]
    fn a_length_is_no_reason_to_take_memory() {
        let mut lines = Lines::new(false);
        lines.push(&[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], |_| ()).unwrap();
        lines.push(&vec![b'x'; 200_000], |_| panic!("no line has ended")).unwrap();
        assert!(lines.stdout.text.capacity() <= 2 * MAX_LINE);
    }

    #[test]
    fn what_the_engine_says_of_itself_is_no_line() {
        let bytes = [frame(1, b"T one\n"), frame(3, b"error grabbing logs: unexpected EOF\n")].concat();
        let (lines, _, result) = cut(false, &bytes, &[]);
        assert_eq!(lines, ["T one"]);
        assert_eq!(result, Err(LinesError::Complaint("error grabbing logs: unexpected EOF".into())));
        for unknown in [&b"2026-11-24T10:00:00Z no frames\n"[..], &frame(4, b"x"), &[1, 0, 9, 0, 0, 0, 0, 1, b'x']] {
            assert_eq!(cut(false, unknown, &[]).2, Err(LinesError::NotFrames));
        }
    }

    proptest! {
        /// However the bytes are split on their way, the same lines come out.
        #[test]
        fn any_split_gives_the_same_lines(
            frames in vec((0..4_u8, vec(prop_oneof![Just(b' '), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..60)), 0..20),
            pieces in vec(0..40_usize, 0..60),
            terminal: bool,
        ) {
            let bytes: Vec<u8> = frames.iter().flat_map(|(kind, text)| frame(*kind, text)).collect();
            prop_assert_eq!(cut(terminal, &bytes, &pieces), cut(terminal, &bytes, &[]));
        }

        /// What a program wrote is what comes out, however it was split into records.
        #[test]
        fn lines_survive_being_split_into_records(texts in vec(("[a-z ]{0,50}", 1..20_usize), 0..20)) {
            let mut bytes = Vec::new();
            for (text, size) in &texts {
                let line = format!("{text}\n");
                for part in line.as_bytes().chunks(*size) {
                    bytes.extend(frame(1, &[b"2026-11-24T10:00:00.000000000Z ", part].concat()));
                }
            }
            let expected: Vec<_> = texts.iter().map(|(text, _)| format!("2026-11-24T10:00:00.000000000Z {text}")).collect();
            prop_assert_eq!(cut(false, &bytes, &[]).0, expected);
        }

        #[test]
        fn anything_at_all_is_read_without_a_panic(bytes in vec(any::<u8>(), 0..300), terminal: bool) {
            let _ = cut(terminal, &bytes, &[]);
        }
    }
}
