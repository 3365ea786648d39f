//! What a record's lines look like, which says what may follow.

/// What the lines so far are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Plain,
    /// An exception of Java, .NET, Node, Ruby or PHP, or a chain of causes of Rust: frames and causes follow.
    Trace,
    /// Python, up to the line that names the exception.
    Traceback,
    /// Python, after that line: the exception may be said to come from another.
    AfterTraceback,
    /// Python, after it is said so: the other one's trace follows.
    ChainedTraceback,
    GoPanic,
    /// Rust; whether the message is still to come, on a line of its own.
    RustPanic {
        message: bool,
    },
    /// Node: `/app/index.js:5`, then the code, a caret, and the error.
    NodeSource,
    /// Lines that start with `#`: the report of a JVM that crashed.
    JvmReport,
    RedisReport,
    /// After its END: some indented advice.
    RedisAdvice,
    /// A fatal configuration error, and how many of its lines were seen.
    RedisConfig(u8),
    /// `RabbitMQ` up to 3.6, to the next blank line.
    ErlangReport,
    /// What Spring Boot says of a failed start, in a paragraph of its own.
    Notice,
    /// `fail: Category[13]`, then the message.
    DotnetConsole,
    /// An object of JSON over several lines.
    PrettyJson,
}

impl Shape {
    /// The shape that a record's first line gives it.
    pub(super) fn of(line: &[u8]) -> Self {
        let starts = |parts: &[&[u8]]| parts.iter().any(|part| line.starts_with(part));
        match line.first() {
            Some(b'=') if line.starts_with(b"=== ") && super::contains(line, b" BUG REPORT START") => Self::RedisReport,
            Some(b'=') if line.ends_with(b" ===") && super::contains(line, b" REPORT====") => Self::ErlangReport,
            Some(b'*') if starts(&[b"*** FATAL CONFIG FILE ERROR"]) => Self::RedisConfig(0),
            Some(b'T') if starts(&[b"Traceback (most recent call last)"]) => Self::Traceback,
            Some(b'p' | b'f' | b'S' | b'u') if is_go_failure(line) => Self::GoPanic,
            Some(b't') if starts(&[b"thread '"]) && super::contains(line, b" panicked at ") => {
                Self::RustPanic { message: line.ends_with(b":") }
            }
            Some(b'n' | b'/' | b'f') if is_node_source(line) => Self::NodeSource,
            Some(b'f' | b'w' | b'i' | b'c' | b'd' | b't') if is_dotnet_console(line) => Self::DotnetConsole,
            Some(b'{') if line.len() == 1 => Self::PrettyJson,
            Some(b'#') if line.len() == 1 => Self::JvmReport,
            Some(b' ' | b'\t') if is_frame(line.trim_ascii_start()) => Self::Trace,
            Some(byte) if byte.is_ascii_alphabetic() && (exception(line).is_some() || is_thrown(line)) => Self::Trace,
            _ => Self::Plain,
        }
    }

    /// The shape after this line, which is not indented; none when nothing says that it belongs here.
    pub(super) fn after(self, line: &[u8], lines: u32) -> Option<Self> {
        let starts = |parts: &[&[u8]]| parts.iter().any(|part| line.starts_with(part));
        let stays = |so: bool| so.then_some(self);
        match self {
            Self::Traceback => (!is_start(line)).then_some(Self::AfterTraceback),
            Self::AfterTraceback if is_traceback_link(line) => Some(Self::ChainedTraceback),
            Self::ChainedTraceback => starts(&[b"Traceback (most recent call last)"]).then_some(Self::Traceback),
            // SQLAlchemy puts these after its message.
            Self::AfterTraceback => stays(starts(&[b"(Background on", b"[SQL: ", b"[parameters: "])),
            Self::GoPanic => stays(is_go_line(line) || (lines == 1 && is_go_failure(line))),
            Self::RustPanic { message } => {
                let note = starts(&[b"note: ", b"stack backtrace:"]);
                (note || (message && !is_start(line))).then_some(Self::RustPanic { message: false })
            }
            // The caret before it is indented, so the error is at least the fourth line.
            Self::NodeSource => {
                (lines >= 3 && (!is_start(line) || line.starts_with(b"[Unhandled"))).then_some(Self::Trace)
            }
            Self::JvmReport => stays(line[0] == b'#'),
            Self::RedisConfig(seen) => {
                let fits = match seen {
                    0 => starts(&[b"Reading the configuration file"]),
                    1 => starts(&[b">>> "]),
                    2 => !is_start(line) && line[0] != b'*',
                    _ => false,
                };
                fits.then_some(Self::RedisConfig(seen + 1))
            }
            Self::ErlangReport => stays(line[0] != b'=' && !line[0].is_ascii_digit()),
            Self::Notice => stays(!is_start(line)),
            Self::PrettyJson => (line[0] == b'}').then_some(Self::Plain),
            Self::Trace | Self::Plain | Self::DotnetConsole | Self::RedisReport | Self::RedisAdvice => None,
        }
    }
}

/// Whether a line looks like a record of its own: it begins with a time, a level, a bracket or an object.
pub(super) fn is_start(line: &[u8]) -> bool {
    let klog = || line.len() > 8 && line[1..5].iter().all(u8::is_ascii_digit) && line[5] == b' ';
    let pair = || line.iter().take(16).position(|&byte| byte == b'=').is_some_and(|at| at > 0 && line[..at].is_ascii());
    match line.first() {
        Some(b'0'..=b'9' | b'[' | b'{' | b'<' | b'#') => true,
        Some(b'D' | b'I' | b'W' | b'E' | b'F') if klog() || line[1..].starts_with(b", [") => true,
        Some(b'=' | b'*') => line.starts_with(b"===") || line.starts_with(b"*** "),
        Some(b'T') if line.starts_with(b"Traceback (") => true,
        Some(b't') if line.starts_with(b"thread '") || line.starts_with(b"time=") || line.starts_with(b"ts=") => true,
        Some(b'l') if line.starts_with(b"level=") => true,
        Some(byte) if byte.is_ascii_lowercase() => {
            is_go_failure(line) || is_dotnet_console(line) || (pair() && !line.contains(&b' '))
        }
        _ => starts_with_level(line),
    }
}

/// Whether a line begins with a level in capitals: `ERROR no`, `FATAL: no`, `INFO:     127.0.0.1`.
pub(super) fn starts_with_level(line: &[u8]) -> bool {
    let length = line.iter().take(9).position(|byte| !byte.is_ascii_uppercase()).unwrap_or(0);
    length >= 3
        && matches!(line[length], b' ' | b':' | b'\t' | b'[' | b']')
        && super::Level::named(&line[..length]).is_some()
}

/// A frame of a stack, without its indentation.
pub(super) fn is_frame(word: &[u8]) -> bool {
    word.starts_with(b"at ") || word.starts_with(b"File \"") || (word.starts_with(b"... ") && word.ends_with(b" more"))
}

/// What follows an exception without being indented: causes, and the forms of frames of PHP and others.
pub(super) fn is_of_a_trace(line: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[
        b"Caused by:",
        b"Suppressed: ",
        b"... ",
        b"at ",
        b"--- End of ",
        b"Stack trace:",
        b"Stack backtrace:",
        b"stack backtrace:",
        b"[stacktrace]",
        b"\"}",
        b"note: run with",
        b"Location:",
        b"Require stack:",
        b"- /",
        b"Emitted 'error' event",
        b"Node.js v",
    ];
    let numbered = || line.starts_with(b"#") && line.get(1).is_some_and(u8::is_ascii_digit);
    STARTS.iter().any(|start| start[0] == line[0] && line.starts_with(start)) || numbered()
}

/// Whether a line names what was thrown, and if so, whether by its full name: `java.io.IOException: broken`,
/// `System.Exception: no`, or `TypeError: x`, `RangeError [ERR_X]: no`.
pub(super) fn exception(line: &[u8]) -> Option<bool> {
    let name =
        line.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$' | b'`')));
    let (name, rest) = line.split_at(name.unwrap_or(line.len()));
    let told = rest.is_empty() || rest[0] == b':' || rest.starts_with(b" [") || rest.starts_with(b" (");
    if !told || name.len() <= 4 || name[0] == b'.' {
        return None;
    }
    let last = name.rsplit(|&byte| byte == b'.').next()?;
    let ends = [&b"Exception"[..], b"Error", b"Throwable", b"Failure", b"Fault"].iter().any(|end| last.ends_with(end));
    (ends && last[0].is_ascii_uppercase()).then_some(last.len() < name.len())
}

/// `Exception in thread "main" java.lang.X: no`, `Unhandled exception. System.X: no`, `Uncaught Error: no`.
fn is_thrown(line: &[u8]) -> bool {
    let starts = |start: &[u8]| line.starts_with(start);
    match line[0] {
        b'E' => starts(b"Exception in thread "),
        b'U' => starts(b"Unhandled exception") || starts(b"Uncaught "),
        b'C' => starts(b"Caused by: "),
        b'P' => starts(b"PHP Fatal error: "),
        _ => false,
    }
}

/// Whether a line begins as `java.util.logging`'s do: `Nov 24, 2026 5:44:36 AM org.apache.X start`.
pub(super) fn is_dated_by_month(line: &[u8]) -> bool {
    line.len() > 12 && line[3] == b' ' && line[4].is_ascii_digit() && super::Head::of(line).is_dated_by_month
}

fn is_traceback_link(line: &[u8]) -> bool {
    line.starts_with(b"During handling of the above exception")
        || line.starts_with(b"The above exception was the direct cause")
}

fn is_go_failure(line: &[u8]) -> bool {
    let starts = |parts: &[&[u8]]| parts.iter().any(|part| line.starts_with(part));
    starts(&[b"panic: ", b"fatal error: ", b"unexpected fault address "])
        || (line.starts_with(b"SIG") && line.iter().take(10).any(|&byte| byte == b':'))
}

/// `goroutine 1 [running]:`, `main.main()`, `[signal SIGSEGV …]`, `created by …`, `rip    0x46b2e1`, `exit status 2`.
fn is_go_line(line: &[u8]) -> bool {
    let starts = |parts: &[&[u8]]| parts.iter().any(|part| line.starts_with(part));
    let call = || {
        let open = memchr::memchr(b'(', line).unwrap_or(0);
        line.ends_with(b")") && open > 0 && !line[..open].contains(&b' ')
    };
    let register = || {
        let name = line.iter().take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()).count();
        (2..=6).contains(&name) && line[name..].trim_ascii_start().starts_with(b"0x") && line[name] == b' '
    };
    starts(&[b"goroutine ", b"[signal ", b"created by ", b"exit status ", b"runtime"])
        || starts(&[b"PC=", b"...additional frames"])
        || call()
        || register()
}

/// `node:internal/modules/cjs/loader:1080`, `/app/index.js:5`, `file:///app/index.mjs:5`.
pub(super) fn is_node_source(line: &[u8]) -> bool {
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let path = [&b"node:"[..], b"/", b"file:///"].iter().any(|start| line.starts_with(start));
    path && digits > 0 && digits < line.len() && line[line.len() - digits - 1] == b':' && !line.contains(&b' ')
}

/// `fail: Microsoft.AspNetCore.Server.Kestrel[13]`.
fn is_dotnet_console(line: &[u8]) -> bool {
    let level = line.len() > 8 && line[4] == b':' && line[5] == b' ' && line.ends_with(b"]");
    level
        && [&b"fail"[..], b"crit", b"warn", b"info", b"dbug", b"trce"].contains(&&line[..4])
        && !line[6..].contains(&b' ')
}

/// Where in a line `DETAIL:  ` and its like stand, which `PostgreSQL` adds to a message with the same prefix.
pub(super) fn postgres_field(line: &[u8]) -> Option<usize> {
    let reach = &line[..line.len().min(240)];
    let colon = memchr::memmem::find(reach, b":  ")?;
    let start = reach[..colon].iter().rposition(|byte| !byte.is_ascii_uppercase()).map_or(0, |at| at + 1);
    let fields = [&b"DETAIL"[..], b"HINT", b"CONTEXT", b"STATEMENT", b"QUERY", b"LOCATION", b"BACKTRACE"];
    fields.contains(&&reach[start..colon]).then_some(start)
}
