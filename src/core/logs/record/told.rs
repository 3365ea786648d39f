//! A record in words for people: the whole of it, or what it says happened.

use super::{
    super::{
        fields::{self, Field},
        head::Head,
    },
    shape::{is_frame, is_node_source, postgres_field},
    shared_header,
};

/// What parts the lines of a record that is told in one.
const BREAK: &[u8] = " ⏎ ".as_bytes();
/// More of a record than this is not told.
const MOST_TOLD: usize = 4096;
/// So often a message is looked for in a message.
const MOST_NESTED: usize = 6;
/// More of a record's summary than this is not told: a message, an exception and some causes.
pub(in crate::core::logs) const MOST_SUMMARY: usize = 1024;

/// The record on one line, without the header that each line of a `RabbitMQ` report repeats. Where that is longer than
/// `chars` the frames of stacks are left out: what failed is told before where.
pub(in crate::core::logs) fn told(text: &[u8], chars: usize) -> String {
    let join = |lines: &mut dyn Iterator<Item = &[u8]>| {
        let mut out = Vec::new();
        lines.for_each(|line| add(&mut out, line, MOST_TOLD));
        String::from_utf8_lossy(&out).into_owned()
    };
    let whole = join(&mut lines(text).map(|(_, line)| line));
    if whole.chars().count() <= chars { whole } else { join(&mut telling(text)) }
}

/// What a line of a log tells without what many loggers put before it: time, level and process.
pub fn essence(line: &str) -> &str {
    match line.get(Head::of(line.as_bytes()).end..).map(str::trim_start) {
        None | Some("") => line,
        Some(rest) => rest,
    }
}

/// What a record says happened: its message and exceptions, without time, process, frames and further fields.
pub(in crate::core::logs) fn summary(record: &[u8]) -> String {
    let mut out = Vec::new();
    write_summary(record, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// [`summary`] into a buffer that is used again.
pub(in crate::core::logs) fn write_summary(record: &[u8], out: &mut Vec<u8>) {
    out.clear();
    for line in telling(record) {
        if line.starts_with(b"Traceback (most recent call last)") {
            continue;
        }
        if out.is_empty() {
            add_message(out, line, record);
        } else {
            add(out, line, MOST_SUMMARY);
        }
        if out.len() >= MOST_SUMMARY {
            break;
        }
    }
    if out.is_empty() {
        let first = record.trim_ascii().split(|&byte| byte == b'\n').next().unwrap_or_default();
        add(out, first, MOST_SUMMARY);
    }
}

/// Adds what the first line says without its head, or the message of its fields and the error.
fn add_message(out: &mut Vec<u8>, line: &[u8], record: &[u8]) {
    let (message, error) = innermost(line, record).unwrap_or((line, None));
    add(out, message, MOST_SUMMARY);
    if let Some(error) = error.filter(|error| *error != message) {
        add(out, error, MOST_SUMMARY);
    }
}

/// The message of a line, which may be a record of another program in turn, and the outermost error beside it. None when
/// it goes on for longer than programs do.
fn innermost<'r>(line: &'r [u8], record: &'r [u8]) -> Option<(&'r [u8], Option<&'r [u8]>)> {
    let (mut text, mut error) = (line, None);
    for _ in 0..MOST_NESTED {
        let end = Head::of(text).end;
        let rest = text[end..].trim_ascii();
        if rest.is_empty() {
            // `RabbitMQ` begins its reports with a line that is empty but for its header.
            return Some((if text == line { rest } else { text }, error));
        }
        let told = if text == line && record.starts_with(b"{") {
            message(fields::json(record))
        } else if rest.starts_with(b"{") {
            message(fields::json(rest))
        } else {
            message(fields::logfmt(rest))
        };
        match told {
            Some((message, cause)) => (text, error) = (message, error.or(cause)),
            None if end == 0 => return Some((text, error)),
            None => text = rest,
        }
    }
    None
}

const MESSAGE: &[&str] =
    &["msg", "message", "@m", "@mt", "short_message", "event", "text", "textPayload", "renderedMessage"];
const ERROR: &[&str] = &["err", "error", "exception", "exc_info", "@x", "error.message"];

/// The message among these fields, and the error.
fn message<'r>(fields: impl Iterator<Item = Field<'r>>) -> Option<(&'r [u8], Option<&'r [u8]>)> {
    let (mut message, mut error) = (None, None);
    for field in fields {
        if message.is_none() && field.key == b"fields" && field.value.starts_with(b"{") {
            // Rust's tracing.
            message = fields::json(field.value).find(|inner| inner.is(MESSAGE)).map(|inner| inner.value);
        } else if message.is_none() && field.is(MESSAGE) {
            message = Some(field.value);
        } else if error.is_none() && field.is(ERROR) {
            error = Some(field.value);
        }
    }
    let message = message.filter(|text| !text.is_empty())?;
    Some((first_line(message), error.and_then(error_text)))
}

/// What an error says: pino nests it, Python's is the last line of a traceback.
fn error_text(value: &[u8]) -> Option<&[u8]> {
    if value.starts_with(b"{") {
        return fields::json(value).find(|field| field.is(&["message"])).map(|field| first_line(field.value));
    }
    let text = value.strip_suffix(b"\\n").unwrap_or(value);
    let text = if text.starts_with(b"Traceback (") {
        memchr::memmem::rfind(text, b"\\n").map_or(text, |at| &text[at + 2..])
    } else {
        first_line(text)
    };
    (!text.is_empty() && text != b"null" && text != b"false" && text != b"true").then_some(text)
}

/// Up to a line's end, which in JSON is written `\n`.
fn first_line(text: &[u8]) -> &[u8] {
    memchr::memmem::find(text, b"\\n").map_or(text, |at| &text[..at]).trim_ascii()
}

fn add(out: &mut Vec<u8>, line: &[u8], most: usize) {
    if line.is_empty() || out.len() >= most {
        return;
    }
    if !out.is_empty() {
        out.extend_from_slice(BREAK);
    }
    out.extend_from_slice(&line[..line.len().min(most)]);
}

/// The lines that are not blank, trimmed and without a repeated header, each with whether it is indented.
fn lines(text: &[u8]) -> impl Iterator<Item = (bool, &[u8])> {
    let header = &text[..shared_header(text)];
    text.split(|&byte| byte == b'\n').enumerate().filter_map(move |(n, line)| {
        let repeated = if n > 0 && !header.is_empty() {
            line.strip_prefix(header)
        } else {
            // Rails' lines have times of their own.
            (n > 0 && line.starts_with(b"F, [")).then(|| &line[Head::of(line).end..])
        };
        let line = repeated.map_or(line, |line| line.strip_prefix(b" ").unwrap_or(line));
        let trimmed = line.trim_ascii();
        (!trimmed.is_empty()).then(|| (n > 0 && line[0].is_ascii_whitespace(), trimmed))
    })
}

/// The lines that tell what happened: no frames, no code, no statement that failed.
fn telling(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    // Node shows the code before the error, Python below each frame.
    let is_source = is_node_source(text.split(|&byte| byte == b'\n').next().unwrap_or_default());
    let mut in_frames = is_source;
    let told = lines(text).enumerate().take_while(|&(n, (_, line))| n == 0 || !is_end_of_what_happened(line));
    let told = told.filter(move |&(n, (indented, line))| {
        if indented {
            in_frames |= is_frame(line);
            return !in_frames;
        }
        // A statement of PostgreSQL goes on below, too.
        let statement = n > 0 && postgres_field(line).is_some();
        in_frames = statement || line.starts_with(b"Traceback (") || (n == 0 && is_source);
        if n == 0 {
            return !is_source;
        }
        !is_frame(line) && !statement && !line.iter().all(|byte| b"=*#-{}[]()".contains(byte))
    });
    told.map(|(_, (_, line))| line)
}

/// After this only frames and hints follow.
fn is_end_of_what_happened(line: &[u8]) -> bool {
    [
        &b"goroutine "[..],
        b"[signal ",
        b"stack backtrace:",
        b"Stack backtrace:",
        b"Stack trace:",
        b"[stacktrace]",
        b"note: run with",
        b"Require stack:",
        b"Node.js v",
        b"Emitted '",
        b"[SQL: ",
        b"(Background on",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}
