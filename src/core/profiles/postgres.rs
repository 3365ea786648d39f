//! `PostgreSQL` 13 to 18: what its server and the start script of its official image say, in the plain, CSV and JSON
//! forms of its log. What it never logs: the kernel's kill of its first process, and being slow.
//!
//! An ERROR ends a statement, a FATAL a session, a PANIC all of them: most ERRORs are an application's own.

mod running;
mod starting;

use super::{Benign, Known, Profile, join};

pub(super) const PROFILE: Profile = Profile { patterns: &PATTERNS, benign: BENIGN };

/// What keeps it from starting is more specific than what a running server says.
static PATTERNS: [Known; starting::PATTERNS.len() + running::PATTERNS.len()] =
    join(starting::PATTERNS, running::PATTERNS);

/// A message of one of these severities. `log_line_prefix` may stand before it, but no STATEMENT or DETAIL, which hold
/// what clients wrote: they end with a colon and two blanks, as a severity does.
macro_rules! says {
    ($severity:literal, $message:literal) => {
        concat!(
            r"^(?:[^:\n]|:[^ \n]|: [^ \n])*?\b(?:",
            $severity,
            r#")(?::  (?:[0-9A-Z]{5}: )?|,[0-9A-Z]{5},"|",(?:"(?:sql_)?state_code":"[0-9A-Z]{5}",)?"message":")(?:"#,
            $message,
            ")"
        )
    };
}
use says;

/// What a server says once it takes clients; 13 writes `read only`, 14 and later `read-only`.
const READY: &str = says!("LOG", "database system is ready to accept");
const READY_WORDS: &[&str] = &["database system is ready to accept"];

const BENIGN: &[Benign] = &[
    Benign::new(
        says!("FATAL", r"terminating .+ due to administrator command"),
        "said to each client when the server stops, and by pg_terminate_backend",
    ),
    Benign::new(
        says!("LOG", r"background worker .+ exited with exit code [01]$"),
        "the logical replication launcher says so at every stop",
    ),
    Benign::new(
        says!(
            "FATAL",
            r"the database system is (?:starting up|shutting down|in recovery mode|not (?:yet )?accepting connections)"
        ),
        "a client came while the server started, stopped or recovered",
    ),
    Benign::new(
        says!(
            "LOG|FATAL",
            r"could not (?:receive data from|send data to) client|unexpected EOF on|connection to client lost|incomplete message from client"
        ),
        "a client went away without a word",
    ),
    Benign::new(
        says!(
            "LOG|FATAL",
            r"incomplete startup packet|invalid length of startup packet|invalid startup packet layout|unsupported frontend protocol|no PostgreSQL user name specified|expected .+ response, got message type|canceling authentication due to timeout"
        ),
        "a port check or a scanner, no client of PostgreSQL",
    ),
    Benign::new(
        says!("FATAL", r#"(?:role|database) (?:\\?"){1,2}root\W+does not exist"#),
        "a health check such as pg_isready that names no user; give it -U and -d",
    ),
    Benign::new(
        says!("ERROR", r"canceling autovacuum task|canceling statement due to user request"),
        "autovacuum gave way, or a client changed its mind",
    ),
    Benign::new(
        says!("ERROR", r"current transaction is aborted, commands ignored"),
        "follows from the error before it, which counts",
    ),
    Benign::new(
        says!("ERROR", r"could not serialize access|could not obtain lock on row"),
        "the client is asked to try again, which it asked for",
    ),
    Benign::new(
        says!("WARNING", r"terminating connection because of crash of another server process"),
        "said to each client after a crash, which counts itself",
    ),
    Benign::new(
        says!("LOG", r"could not (?:bind IPv6 address|create IPv6 socket)"),
        "a container without IPv6; IPv4 is tried as well",
    ),
];

#[cfg(test)]
mod tests;
