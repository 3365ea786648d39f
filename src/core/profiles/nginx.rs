//! nginx 1.18 to 1.29, and what is built from it: its error log, the combined and JSON forms of its access log, and the
//! start scripts of its official image. What it never logs: that a certificate of its own has expired.
//!
//! Errors are told by their numbers: musl, and so the Alpine images, words them otherwise than glibc. What clients
//! wrote comes after `, client: ` or stands between quotes; nothing is looked for there.

mod running;
mod starting;

use super::{Benign, Known, Profile, join};

pub(super) const PROFILE: Profile = Profile { patterns: &PATTERNS, benign: BENIGN };

static PATTERNS: [Known; starting::PATTERNS.len() + running::PATTERNS.len()] =
    join(starting::PATTERNS, running::PATTERNS);

/// A message of one of these levels. Only a process that starts, or checks its configuration, says `nginx: `.
macro_rules! says {
    ($level:literal, $message:literal) => {
        concat!(
            r"^(?:nginx: |\d{4}/\d\d/\d\d [\d:]{8} )\[(?:",
            $level,
            r")\] (?:\d+#\d+: )?(?:\*\d+ )?(?:",
            $message,
            ")"
        )
    };
}

/// A request of the access log that was answered so, in the combined form (or one with more before or after it) or in
/// JSON.
macro_rules! answered {
    ($status:literal) => {
        concat!(
            r#"^[^"\[\]]+\[\d\d/\w{3}/\d{4}:[\d:]{8} [+-]\d{4}\] "[^"]*" (?:"#,
            $status,
            r#") \d|^\{.*"status": ?"?(?:"#,
            $status,
            r#")"?\s*[,}]"#
        )
    };
}
use answered;
use says;

const OLD_GOES_ON: &str = "a reload of nginx failed: it goes on with the old configuration, and would not start again";

const BENIGN: &[Benign] = &[
    Benign::new(
        says!(
            "alert|crit|error",
            r"SSL_do_handshake\(\) failed .*while SSL handshaking, client|(?:SSL_\w+|ignoring stale global SSL error).* while (?:waiting for request|keepalive|closing|processing HTTP/|reading client|sending (?:response )?to client)"
        ),
        "a client that does not speak our TLS, such as a scanner of the internet",
    ),
    Benign::new(
        says!("error|crit", "client (?:prematurely|sent|closed|timed out|canceled)"),
        "the client's doing, not the server's",
    ),
    Benign::new(says!("error", r"access forbidden by rule"), "the configuration refuses this on purpose"),
    Benign::new(
        says!("error|crit", r".* while proxying (?:upgraded )?connection, "),
        "a WebSocket or stream that idled too long or was closed by one side",
    ),
    Benign::new(
        says!("alert", r"could not open error log file"),
        "the built-in error log, tried before the configuration is read",
    ),
    Benign::new(
        says!("alert", r"open socket #\d+ left in connection|aborting$|[^,]* failed, ignored"),
        "an old worker's last connections, or an option that the kernel does not have",
    ),
    Benign::new(says!("notice", r"signal \d+ \(SIG\w+\)"), "it was told to stop, reload or reap"),
];

#[cfg(test)]
mod tests;
