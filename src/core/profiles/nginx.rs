//! nginx 1.18 and later: its error log, and the combined form of its access log.

use super::{Benign, Known, LevelRule, Profile};
use crate::{
    api::Severity::{Critical, Info, Warning},
    core::logs::Level,
};

pub(super) const PROFILE: Profile = Profile {
    patterns: &[
        Known::new(
            "port-in-use",
            Critical,
            r"bind\(\) to .{1,80} failed \(98: ",
            &["bind() to"],
            "nginx does not start: its port is in use",
        )
        .advice("find what holds the port, or change it"),
        Known::new(
            "upstream-unknown",
            Critical,
            r"host not found in upstream",
            &["host not found in upstream"],
            "nginx does not start: the name of an upstream does not resolve",
        )
        .advice("start the upstream first, or correct its name"),
        Known::new(
            "config-error",
            Critical,
            r"\[emerg\] (?:\d+#\d+: )?(?:unknown directive|invalid |unexpected |directive |cannot load|no )",
            &["[emerg]"],
            "nginx's configuration is wrong",
        )
        .advice("correct what the log names; nginx -t checks it"),
        Known::new(
            "no-live-upstreams",
            Critical,
            "no live upstreams",
            &["no live upstreams"],
            "nginx has no upstream left that answers",
        )
        .advice("look at the upstream's container"),
        Known::new(
            "upstream-refused",
            Warning,
            r"connect\(\) failed \((?:111|113|104|110): .{1,60}\) while connecting to upstream",
            &["while connecting to upstream"],
            "nginx could not connect to an upstream",
        )
        .advice("look at the upstream's container"),
        Known::new(
            "upstream-timeout",
            Warning,
            r"upstream timed out",
            &["upstream timed out"],
            "an upstream of nginx did not answer in time",
        ),
        Known::new(
            "upstream-closed",
            Warning,
            r"upstream prematurely closed connection|upstream sent (?:invalid|too big|unexpected)|recv\(\) failed \(104: .{1,60}\) while reading response header from upstream",
            &["upstream prematurely closed", "upstream sent", "response header from upstream"],
            "an upstream of nginx broke off or answered nonsense",
        ),
        Known::new(
            "worker-crashed",
            Critical,
            r"worker process \d+ exited on signal (?:4|6|7|8|9|11)\b",
            &["exited on signal"],
            "a worker of nginx crashed",
        ),
        Known::new(
            "connections-exhausted",
            Critical,
            r"worker_connections are not enough|Too many open files",
            &["worker_connections", "too many open files"],
            "nginx has no connections or open files left",
        )
        .advice("raise worker_connections and the ulimit for open files"),
        Known::new(
            "disk-full",
            Critical,
            "No space left on device",
            &["no space left on device"],
            "the disk that nginx writes to is full",
        )
        .advice("free space, or enlarge the volume"),
        Known::new(
            "permission-denied",
            Warning,
            r"\(13: Permission denied\)",
            &["permission denied"],
            "nginx may not read or write a file",
        ),
        Known::new(
            "server-errors",
            Warning,
            r#"^\S+ \S+ \S+ \[[^\]]+\] "[^"]{0,2000}" 5\d\d \d+"#,
            &["\" 50", "\" 51", "\" 52"],
            "nginx answers with server errors (5xx)",
        )
        .at_least(5, 600),
        Known::new(
            "file-not-found",
            Info,
            r"(?:open|stat|opendir)\(\) .{1,400} failed \(2: ",
            &["failed (2: "],
            "files that were asked for are not there",
        ),
        Known::new(
            "critical-records",
            Critical,
            r"^\d{4}/\d\d/\d\d [\d:]{8} \[(?:alert|emerg)\]",
            &["[alert]", "[emerg]"],
            "nginx logs at a level above critical",
        )
        .level(LevelRule::AtLeast(Level::Critical))
        .fallback(),
        Known::new(
            "error-records",
            Warning,
            r"^\d{4}/\d\d/\d\d [\d:]{8} \[(?:error|crit)\]",
            &["[error]", "[crit]"],
            "nginx logs errors",
        )
        .level(LevelRule::AtLeast(Level::Error))
        .fallback(),
    ],
    benign: &[
        Benign::new(
            r"SSL_do_handshake\(\) failed|SSL_read\(\) failed|SSL_shutdown\(\) failed",
            "a client that does not speak our TLS, such as a scanner of the internet",
        ),
        Benign::new(r"client (?:prematurely|sent|closed|intended to send)", "the client's doing, not the server's"),
        Benign::new(r"access forbidden by rule", "the configuration refuses this on purpose"),
        Benign::new(r"signal \d+ \(SIG(?:QUIT|TERM|CHLD|HUP|WINCH)\)", "it was told to stop, reload or reap"),
    ],
};

#[cfg(test)]
mod tests {
    use crate::{api::job::ProfileName::Nginx, core::profiles::tests::counts};

    fn id(log: &str) -> Vec<String> {
        counts(Nginx, log).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn lines_of_nginx_1_18_to_1_27_are_known() {
        for (log, expected) in [
            (
                "2026/11/24 05:44:36 [error] 31#31: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 172.17.0.1, server: localhost, request: \"GET / HTTP/1.1\", upstream: \"http://172.17.0.3:8000/\", host: \"localhost\"",
                &["upstream-refused"][..],
            ),
            (
                "2026/11/24 05:44:36 [error] 31#31: *9 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 172.17.0.1",
                &["upstream-timeout"],
            ),
            (
                "2026/11/24 05:44:36 [emerg] 1#1: host not found in upstream \"autopar-api\" in /etc/nginx/nginx.conf:12",
                &["upstream-unknown"],
            ),
            (
                "2026/11/24 05:44:36 [emerg] 1#1: unknown directive \"prxy_pass\" in /etc/nginx/nginx.conf:12",
                &["config-error"],
            ),
            (
                "2026/11/24 05:44:36 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address already in use)",
                &["port-in-use"],
            ),
            ("2026/11/24 05:44:36 [alert] 1#1: worker process 31 exited on signal 11", &["worker-crashed"]),
            (
                "2026/11/24 05:44:36 [error] 31#31: *1 open() \"/usr/share/nginx/html/x\" failed (2: No such file or directory), client: 172.17.0.1",
                &["file-not-found"],
            ),
            (
                "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET / HTTP/1.1\" 502 157 \"-\" \"curl/8\" \"-\"",
                &["server-errors"],
            ),
            ("2026/11/24 05:44:36 [error] 31#31: *1 something new", &["error-records"]),
        ] {
            assert_eq!(id(log), expected, "{log}");
        }
    }

    #[test]
    fn what_looks_alarming_and_is_not() {
        for log in [
            "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET /error?q=[crit] HTTP/1.1\" 200 157 \"-\" \"curl/8\" \"-\"",
            "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET /500 HTTP/1.1\" 404 502 \"-\" \"curl/8\"",
            "2026/11/24 05:44:36 [crit] 31#31: *1 SSL_do_handshake() failed (SSL: error:0A00006C) while SSL handshaking",
            "2026/11/24 05:44:36 [notice] 1#1: signal 3 (SIGQUIT) received, shutting down",
        ] {
            assert_eq!(id(log), Vec::<String>::new(), "{log}");
        }
    }
}
