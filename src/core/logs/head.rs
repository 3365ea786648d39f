//! What many loggers put before a record's message: time, process, thread, logger, level.
//!
//! It is read token by token and ends with the first word of prose, so that a level is found where levels stand and
//! nowhere else.

use super::{fields, level::Level};

/// The head of a record's first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) level: Option<Level>,
    /// Where the message begins; 0 when nothing before it is a time.
    pub(super) end: usize,
    /// It begins with the name of a month, as syslog's and `java.util.logging`'s do.
    pub(super) is_dated_by_month: bool,
}

/// More of a line than this is not looked at.
const REACH: usize = 16 * 1024;
const LONGEST_GROUP: usize = 160;

impl Head {
    pub(super) fn of(line: &[u8]) -> Self {
        let line = &line[..line.len().min(REACH)];
        special(line).unwrap_or_else(|| {
            let mut reader = Reader {
                line,
                at: 0,
                before: Before::Start,
                is_timed: false,
                is_logfmt: false,
                month: false,
                spare: 0,
                head: Self::default(),
            };
            while reader.at < line.len() && reader.head.level.is_none() && reader.token() {}
            reader.finish()
        })
    }
}

/// What stands before the next token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Start,
    Time,
    Group,
    /// `-`, `|`, a tab, a colon.
    Separator,
    /// A logger's or a thread's name.
    Name,
}

struct Reader<'l> {
    line: &'l [u8],
    at: usize,
    before: Before,
    is_timed: bool,
    /// Pairs came before any time: it is logfmt, all of which is the message.
    is_logfmt: bool,
    month: bool,
    /// Words of syslog that come after the time: host and program.
    spare: u8,
    head: Head,
}

impl Reader<'_> {
    /// Reads one token; false at the first word of prose.
    fn token(&mut self) -> bool {
        self.separators();
        let Some(&byte) = self.line.get(self.at) else { return false };
        match byte {
            b'[' => self.group(b']'),
            b'<' => self.group(b'>'),
            b'(' => self.group(b')'),
            b'{' if self.line.get(self.at + 1) != Some(&b'"') => self.group(b'}'),
            b'0'..=b'9' => self.time_or_number(),
            b'A'..=b'Z' | b'a'..=b'z' | b'@' => self.pair() || self.word(),
            _ => false,
        }
    }

    fn separators(&mut self) {
        let start = self.at;
        let mut parts = false;
        while let Some(&byte) = self.line.get(self.at)
            && matches!(byte, b' ' | b'\t' | b'-' | b'|' | b':' | b',')
        {
            parts |= matches!(byte, b'\t' | b'|' | b':') || (byte == b'-' && self.at > start);
            self.at += 1;
        }
        if parts && start > 0 {
            self.before = Before::Separator;
        }
    }

    /// `[error]`, `<0.1.0>`, `(1)`, `{taskinstance.py:1824}`.
    fn group(&mut self, end: u8) -> bool {
        let rest = &self.line[self.at + 1..];
        let Some(length) = rest.iter().take(LONGEST_GROUP).position(|&byte| byte == end) else { return false };
        let content = rest[..length].trim_ascii();
        self.head.level = self.head.level.or_else(|| {
            let priority = || syslog(content).filter(|_| end == b'>' && self.at == 0);
            in_group(content).or_else(priority)
        });
        self.is_timed |=
            content.windows(6).any(|w| w[2] == b':' && w[5] == b':' && w[1].is_ascii_digit() && w[4].is_ascii_digit());
        self.before = Before::Group;
        self.at += length + 2;
        if self.is_timed || self.head.level.is_some() {
            self.head.end = self.at;
        }
        true
    }

    fn time_or_number(&mut self) -> bool {
        let token = &self.line[self.at..];
        let length = token.iter().position(|&byte| !is_of_time(byte)).unwrap_or(token.len());
        let token = &token[..length];
        let marks = token.iter().filter(|byte| matches!(byte, b':' | b'-' | b'/' | b'.')).count();
        let colon = token.contains(&b':');
        let is_time = marks >= 2 || colon || length >= 10 || (length >= 6 && token.iter().all(u8::is_ascii_digit));
        if self.before == Before::Start && !is_time {
            return false;
        }
        if !is_time && !self.is_timed && self.before != Before::Group && !self.month {
            return false;
        }
        self.at += length;
        self.before = Before::Time;
        if is_time || self.month {
            self.is_timed = true;
            self.head.end = self.at;
        }
        true
    }

    /// `level=error`.
    fn pair(&mut self) -> bool {
        let Some((field, length)) = fields::pair(&self.line[self.at..]) else { return false };
        self.head.level = Level::of_field(field).filter(|_| field.key != b"s");
        self.at += length;
        self.is_logfmt |= !self.is_timed;
        // PostgreSQL: `user=app,db=cars `.
        self.before = Before::Time;
        true
    }

    fn word(&mut self) -> bool {
        let rest = &self.line[self.at..];
        let length = rest.iter().position(|&byte| !is_of_word(byte)).unwrap_or(rest.len());
        let (word, next) = (&rest[..length], rest.get(length).copied());
        if let Some(level) = self.level(word, next) {
            self.head.level = Some(level);
            self.at += length;
            self.head.end = self.at;
            return true;
        }
        let after = rest[length..].trim_ascii_start();
        if self.before == Before::Start {
            if is_date_name(word) && after.first().is_some_and(u8::is_ascii_digit) {
                (self.month, self.head.is_dated_by_month, self.spare) = (true, true, 2);
                (self.before, self.at) = (Before::Time, self.at + length);
                return true;
            }
            if is_weekday(word) {
                self.at += length;
                return true;
            }
            // Python: `root:ERROR:no`, `app.jobs - ERROR - no`.
            let dashed = after.strip_prefix(b"- ");
            let parted = rest[length..].strip_prefix(b":").or(dashed);
            let level = parted.and_then(|text| opening_capitals(text, if dashed.is_some() { b' ' } else { b':' }));
            self.head.level = level;
            return false;
        }
        let is_zone = self.before == Before::Time && ZONES.contains(&word);
        let is_letter = word.len() <= 2 && self.before == Before::Time && self.is_timed;
        if is_letter && let Some(level) = mongo(word, after) {
            self.head.level = Some(level);
        } else if self.spare > 0 && self.is_timed {
            self.spare -= 1;
        } else if !is_zone && !self.is_name(word, next, after) {
            return false;
        } else if !is_zone {
            self.before = Before::Name;
        }
        self.at += length;
        if is_zone || self.head.level.is_some() {
            self.head.end = self.at;
        }
        true
    }

    /// The level that this word is, here.
    fn level(&self, word: &[u8], next: Option<u8>) -> Option<Level> {
        // Laravel and Symfony: `production.ERROR:`.
        let last = word.rsplit(|&byte| byte == b'.').next()?;
        let channel = last.len() < word.len() && next == Some(b':');
        let capitals = last.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if last.len() < 3 || (last.len() < word.len() && !(channel && capitals)) {
            return None;
        }
        // In prose these are words like others, and MySQL's `System` stands in brackets.
        if !capitals
            && [&b"log"[..], b"note", b"fine", b"default", b"system"].iter().any(|name| last.eq_ignore_ascii_case(name))
        {
            return None;
        }
        let level = Level::named(last)?;
        let parted = matches!(next, Some(b'\t' | b'|')) && self.before == Before::Separator;
        // `error: no`, but neither `error::Kind` nor `error://`.
        let colon = next == Some(b':')
            && !matches!(self.line.get(self.at + word.len() + 1), Some(b':' | b'/'))
            && (self.before != Before::Start || last.is_ascii() && is_opening(word, self.rest(word.len() + 1)));
        let ended = matches!(next, None | Some(b' ' | b'\t' | b':' | b']' | b'|' | b'[' | b'(' | b','));
        if !(if capitals { ended } else { colon || parted }) {
            return None;
        }
        // PostgreSQL writes two blanks, and its FATAL ends one session.
        let postgres = next == Some(b':') && self.is_timed && self.rest(word.len()).starts_with(b":  ");
        Some(if postgres && last == b"FATAL" { Level::Error } else { level })
    }

    fn rest(&self, from: usize) -> &[u8] {
        self.line.get(self.at + from..).unwrap_or_default()
    }

    /// Whether this word is a logger's or a thread's name rather than prose.
    fn is_name(&self, word: &[u8], next: Option<u8>, after: &[u8]) -> bool {
        if !self.is_timed && self.before != Before::Separator {
            return false;
        }
        let looks_so = word.iter().any(|byte| matches!(byte, b'.' | b'/' | b'_' | b'-' | b'@' | b'#' | b'0'..=b'9'))
            || [&b"main"[..], b"root"].contains(&word)
            || self.rest(word.len()).starts_with(b"::");
        let parted = self.before == Before::Separator
            && (matches!(next, Some(b'\t' | b'|')) || after.starts_with(b"- ") || after.starts_with(b"| "));
        (looks_so && self.before != Before::Name) || parted
    }

    fn finish(self) -> Head {
        let Self { line, mut head, is_timed, is_logfmt, .. } = self;
        if !is_timed || is_logfmt {
            head.end = 0;
            return head;
        }
        head.end = skip_process(line, head.end);
        head
    }
}

/// Past what comes between the level and the message: blanks and colons, `<0.795.0>`, `31#31:`, Spring's `1 --- [main]`.
fn skip_process(line: &[u8], from: usize) -> usize {
    let rest = &line[from..];
    let start =
        rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b':' | b'-' | b'|' | b']')).unwrap_or(rest.len());
    let at = from + start;
    let digits = |text: &[u8]| text.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'#')).count();
    let rest = &line[at..];
    let process = if let Some(inner) = rest.strip_prefix(b"<") {
        let n = digits(inner);
        (n > 0 && inner.get(n) == Some(&b'>')).then_some(n + 2)
    } else {
        let n = digits(rest);
        let tail = &rest[n..];
        if n > 0 && tail.starts_with(b": ") && rest[..n].contains(&b'#') {
            Some(n + 1)
        } else if n > 0 && tail.starts_with(b" --- [") {
            memchr::memchr(b']', tail).map(|end| n + end + 1)
        } else {
            None
        }
    };
    process.map_or(at, |length| {
        let rest = &line[at + length..];
        at + length + rest.iter().position(|byte| *byte != b' ').unwrap_or(rest.len())
    })
}

/// Forms that no rule but their own describes.
fn special(line: &[u8]) -> Option<Head> {
    let head = |level, end| Some(Head { level, end, is_dated_by_month: false });
    match line.first()? {
        b'0'..=b'9' => {
            // Redis: `1:M 24 Nov 2026 05:41:04.140 # Server initialized`, where `#` is only "warning level".
            let colon = line.iter().take(12).position(|&byte| byte == b':')?;
            let rest = &line[colon + 1..];
            if !line[..colon].iter().all(u8::is_ascii_digit) || rest.get(1) != Some(&b' ') || rest.len() < 29 {
                return None;
            }
            let reach = &rest[..rest.len().min(34)];
            let mark = reach.windows(3).rposition(|w| w[0] == b' ' && w[2] == b' ' && b"#*-.".contains(&w[1]))?;
            let level = match reach[mark + 1] {
                b'#' => Level::Warning,
                b'*' => Level::Info,
                _ => Level::Debug,
            };
            head(Some(level), colon + 1 + mark + 3)
        }
        letter @ (b'D' | b'I' | b'W' | b'E' | b'F' | b'A' | b'U') => {
            let level = Level::lettered(*letter);
            // Ruby: `E, [2026-11-24T05:44:36.123456 #1] ERROR -- : no`. Rails writes each failed request as FATAL.
            if line[1..].starts_with(b", [") {
                let end = memchr::memmem::find(&line[..line.len().min(160)], b" -- ")?;
                let colon = memchr::memchr(b':', &line[end..])?;
                return head(level.map(|level| level.min(Level::Error)), end + colon + 1);
            }
            // klog: `E1124 05:44:36.000000       1 main.go:10] no`; CockroachDB has the year before the month.
            let digits = line[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let dated =
                matches!(digits, 4 | 6) && line.get(digits + 1) == Some(&b' ') && line.get(digits + 4) == Some(&b':');
            let end = memchr::memchr(b']', &line[..line.len().min(200)]).filter(|_| dated);
            if dated { head(level, end.map_or(0, |end| end + 1)) } else { None }
        }
        b'=' => {
            // RabbitMQ 3.6: `=ERROR REPORT==== 24-Nov-2026::05:44:41 ===`.
            let kind = line[1..].split(|&byte| byte == b' ').next()?;
            memchr::memmem::find(&line[..line.len().min(40)], b" REPORT===")?;
            let level = match kind {
                b"ERROR" | b"CRASH" | b"SUPERVISOR" => Level::Error,
                b"WARNING" => Level::Warning,
                _ => Level::Info,
            };
            head(Some(level), line.len())
        }
        b'n' if line.starts_with(b"npm ") => {
            let word = line[4..].split(|&byte| matches!(byte, b' ' | b'!')).next()?;
            head(Level::named(word), 0)
        }
        _ => php(line),
    }
}

/// `PHP Fatal error:  Uncaught …`, which ends one request; FPM passes it on as a notice.
fn php(line: &[u8]) -> Option<Head> {
    let message = line.strip_prefix(b"NOTICE: PHP message: ").unwrap_or(line).strip_prefix(b"PHP ")?;
    let starts = |kinds: &[&[u8]]| kinds.iter().any(|kind| message.starts_with(kind));
    let level = if starts(&[b"Fatal error:", b"Parse error:", b"Recoverable fatal error:", b"Core error:"]) {
        Level::Error
    } else if starts(&[b"Warning:", b"Core warning:"]) {
        Level::Warning
    } else if starts(&[b"Notice:", b"Deprecated:", b"Strict standards:"]) {
        Level::Info
    } else {
        return None;
    };
    Some(Head { level: Some(level), ..Head::default() })
}

/// `<134>`: eight times the facility, and the severity.
fn syslog(digits: &[u8]) -> Option<Level> {
    let priority: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let severity = [b'0' + u8::try_from(priority % 8).ok()?];
    Level::numbered(&severity).filter(|_| priority < 192)
}

/// The level that a group in brackets tells.
fn in_group(content: &[u8]) -> Option<Level> {
    // `[FAILED] Failed to start …`
    let whole = || if content == b"FAILED" { Some(Level::Error) } else { Level::named(content) };
    whole().or_else(|| {
        let dated = content.first()?.is_ascii_digit();
        let mut parts = content.split(|byte| matches!(byte, b' ' | b':' | b'|' | b'/' | b'\t' | b','));
        if dated {
            // `[05:44:36 ERR]`, `[2026-11-24 05:44:36,123: ERROR/MainProcess]`, `[2026-11-24T05:44:36Z ERROR my_crate]`
            return parts.find_map(|part| {
                let capitals = part.len() >= 3 && part.iter().all(u8::is_ascii_uppercase);
                Level::named(part).filter(|_| capitals)
            });
        }
        let (first, second) = (parts.next()?, parts.next()?);
        if first.len() == 1 && second.first().is_some_and(u8::is_ascii_digit) {
            // tornado: `[E 261124 05:44:36 web:2344]`
            return Level::lettered(first[0]);
        }
        // Apache: `[core:error]`
        let parted = !content.contains(&b' ') && content.contains(&b':') && parts.next().is_none();
        Level::named(second).filter(|_| parted)
    })
}

/// `E NETWORK  [conn1] no`: `MongoDB` before 4.4.
fn mongo(word: &[u8], after: &[u8]) -> Option<Level> {
    let numbered = word.len() == 1 || (word[0] == b'D' && word[1].is_ascii_digit());
    let component = after.first().is_some_and(|byte| byte.is_ascii_uppercase() || *byte == b'-')
        && after.get(1).is_some_and(|byte| byte.is_ascii_uppercase() || *byte == b' ');
    Level::lettered(word[0]).filter(|_| numbered && component)
}

/// Whether a line may open with this word in any case: `error: no`, `ERROR:root:no`, not `note:this`.
fn is_opening(word: &[u8], after: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_uppercase) || after.first().is_none_or(u8::is_ascii_whitespace)
}

/// The level in capitals that this text opens with, up to `end`.
fn opening_capitals(text: &[u8], end: u8) -> Option<Level> {
    let length = text.iter().take(12).position(|&byte| byte == end)?;
    let word = &text[..length];
    Level::named(word).filter(|_| word.iter().all(u8::is_ascii_uppercase))
}

fn is_of_time(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b',' | b'+' | b'-' | b'/' | b'#')
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'/' | b'@' | b'#' | b'+' | b'~' | b'-' | b'=')
}

const ZONES: &[&[u8]] = &[
    b"AM", b"PM", b"UTC", b"GMT", b"CET", b"CEST", b"BST", b"EST", b"EDT", b"CST", b"CDT", b"PST", b"PDT", b"IST",
    b"JST",
];

fn is_date_name(word: &[u8]) -> bool {
    const MONTHS: &[&[u8]] =
        &[b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    MONTHS.contains(&word)
}

fn is_weekday(word: &[u8]) -> bool {
    const DAYS: &[&[u8]] = &[b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    DAYS.contains(&word)
}
