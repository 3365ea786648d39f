//! What a running nginx says of its workers, its upstreams, its files and its clients.

use super::{Known, OLD_GOES_ON, answered, says};
use crate::api::Severity::{Critical, Info, Warning};

pub(super) const PATTERNS: &[Known] = &[
    Known::new(
        "workers-gone",
        Critical,
        says!("alert", r"\w[\w ]* process \d+ exited with fatal code|could not respawn|fork\(\) failed|no more than \d+ processes"),
        &["exited with fatal code", "could not respawn", "fork() failed", "no more than "],
        "nginx cannot keep its workers",
    )
    .advice("the log says right before why the worker ended; check the limits of memory and processes"),
    Known::new(
        "connections-exhausted",
        Critical,
        says!("alert", r"\d+ worker_connections are not enough"),
        &["worker_connections are not enough"],
        "nginx refuses clients: it has no connections left",
    )
    .advice("raise worker_connections, and the ulimit for open files with it"),
    Known::new(
        "no-live-upstreams",
        Critical,
        says!("error", "no live upstreams"),
        &["no live upstreams"],
        "nginx has no upstream left that answers",
    )
    .advice("look at the upstream's container"),
    Known::new(
        "worker-crashed",
        Critical,
        says!("alert", r"\w[\w ]* process \d+ exited on signal (?:4|5|6|7|8|11|31)\b"),
        &["exited on signal"],
        "a worker of nginx crashed: its requests were lost",
    )
    .advice("look for a module or a version that crashes; the core dump tells where"),
    Known::new(
        "worker-killed",
        Warning,
        says!("alert", r"\w[\w ]* process \d+ exited on signal 9\b"),
        &["exited on signal"],
        "a worker of nginx was killed: its requests were lost",
    )
    .advice("memory most often ran out: raise the container's limit, or lower buffers and zones"),
    Known::new(
        "local-ports-exhausted",
        Warning,
        says!("crit|error", r"connect\(\) to \S+ failed \(99: [^)]*\) while connecting to upstream"),
        &["failed (99: "],
        "nginx has no local ports left to connect to an upstream",
    )
    .advice("keep connections to upstreams alive (keepalive in the upstream block)"),
    Known::new(
        "upstream-refused",
        Warning,
        says!(
            "error|crit|alert",
            r"connect\(\) (?:to \S+ )?failed \((?:2|11|13|101|104|110|111|112|113): [^)]*\) while (?:connecting to upstream|in auth_http)"
        ),
        &["while connecting to upstream", "while in auth_http"],
        "nginx could not connect to an upstream",
    )
    .advice("look at the upstream's container, and at the port or socket that the log names"),
    Known::new(
        "upstream-timeout",
        Warning,
        says!("error", r"(?:upstream|auth http server \S+) timed out \(110: [^)]*\) while (?:connecting|reading|sending|SSL|in)"),
        &["timed out (110: "],
        "an upstream of nginx did not answer in time",
    )
    .advice("look at what the upstream waits for; its container may be overloaded or stuck"),
    Known::new(
        "upstream-tls",
        Warning,
        says!(
            "error|crit",
            r"upstream SSL certificate (?:verify error|does not match)|(?:SSL_do_handshake\(\) failed|peer closed connection in SSL handshake) .*while SSL handshaking to upstream"
        ),
        &["upstream SSL certificate", "while SSL handshaking to upstream"],
        "nginx and an upstream cannot agree on TLS",
    )
    .advice("check the upstream's certificate and its time, proxy_ssl_name, and that its port speaks TLS"),
    Known::new(
        "upstream-header-too-big",
        Warning,
        says!("error", "upstream sent too big header"),
        &["upstream sent too big header"],
        "an upstream's header does not fit: nginx answers 502",
    )
    .advice("raise proxy_buffer_size (or fastcgi_buffer_size), or make cookies smaller"),
    Known::new(
        "upstream-closed",
        Warning,
        says!(
            "error|crit",
            r"upstream prematurely closed|(?:recv|readv|send|writev|sendfile|SSL_read|SSL_write)\(\) failed \([^)]*\) while (?:reading response header from upstream|reading upstream|sending (?:request )?to upstream)|upstream sent (?:invalid|no valid|no :status|duplicate|unexpected|unsupported|truncated|too (?:large|many|short|long)|frame|data frame|goaway|zero|response body larger)|upstream rejected request"
        ),
        &["upstream prematurely closed", "reading response header from upstream", "while reading upstream", "to upstream", "upstream sent ", "upstream rejected"],
        "an upstream of nginx broke off or answered nonsense",
    )
    .advice("look at the log of the upstream's container for a crash or a restart at that time"),
    Known::new(
        "name-not-resolved",
        Warning,
        says!(
            "error|crit",
            r"\S+ could not be resolved \(\d+: |no resolver defined to resolve|(?:recv|send|connect)\(\) (?:to \S+ )?failed \([^)]*\) while resolving"
        ),
        &["could not be resolved", "no resolver defined", "while resolving"],
        "nginx cannot resolve the name of an upstream",
    )
    .advice("check the name, and that the resolver of the configuration answers (Docker's is 127.0.0.11)"),
    Known::new(
        "redirect-cycle",
        Warning,
        says!("error", "rewrite or internal redirection cycle|subrequests cycle|could not find named location"),
        &["redirection cycle", "subrequests cycle", "named location"],
        "nginx's rules lead in a circle: it answers 500",
    )
    .advice("check try_files, rewrite and error_page: the file they end with must exist"),
    Known::new(
        "permission-denied",
        Warning,
        says!("alert|crit|error", r#"(?:\w+\(\) )?(?:to )?"[^"]*" (?:failed|is forbidden) \((?:1|13|30): "#),
        &["(1: ", "(13: ", "(30: "],
        "nginx may not read or write a file",
    )
    .advice("let the user that nginx runs as read the file, and enter each folder above it"),
    Known::new(
        "zone-full",
        Warning,
        says!("crit|alert|warn|error", r"ngx_slab_alloc\(\) failed: no memory|could not allocate (?:node|new session|new entry)"),
        &["ngx_slab_alloc() failed", "could not allocate "],
        "a shared memory zone of nginx is full",
    )
    .advice("enlarge the zone that the log names"),
    Known::new(
        "fastcgi-failed",
        Warning,
        says!(
            "error",
            r#"FastCGI sent in stderr: ".*(?:PHP (?:Fatal|Parse) error|Uncaught |Primary script unknown|Unable to open primary script)"#
        ),
        &["FastCGI sent in stderr"],
        "a FastCGI application fails",
    )
    .advice("the record holds its error; for an unknown script check root and SCRIPT_FILENAME"),
    Known::new(
        "auth-request-failed",
        Warning,
        says!("error", "auth request unexpected status"),
        &["auth request unexpected status"],
        "the service that authorises requests fails: clients get 500",
    )
    .advice("look at the upstream of auth_request"),
    Known::new(
        "certificate-revoked",
        Warning,
        says!("error", r#"certificate status "revoked""#),
        &["certificate status \"revoked\""],
        "nginx's certificate was revoked",
    )
    .advice("put a new certificate in place and reload"),
    Known::new(
        "certificate-refused",
        Warning,
        says!("info", r"SSL_do_handshake\(\) failed \(SSL: [^)]*alert certificate (?:expired|revoked)[^)]*\) while SSL handshaking, client"),
        &["alert certificate expired", "alert certificate revoked"],
        "clients refuse nginx's certificate: it has expired or was revoked",
    )
    .advice("put a new certificate in place and reload"),
    Known::new(
        "templates-not-written",
        Warning,
        r"^(?:/\S*/)?\d+-[\w-]+\.(?:env)?sh: ERROR: ",
        &["sh: ERROR: "],
        "the start scripts of nginx's image could not write its configuration",
    )
    .advice("make /etc/nginx/conf.d writable for the user that nginx runs as"),
    Known::new(
        "gateway-errors",
        Warning,
        answered!("50[24]"),
        &["\" 502 ", "\" 504 ", "\"status\":502", "\"status\":504", "\"status\":\"502", "\"status\":\"504", "\"status\": 50", "\"status\": \"50"],
        "nginx answers 502 or 504: an upstream fails",
    )
    .advice("look at the upstream's container")
    .at_least(5, 600),
    Known::new(
        "server-errors",
        Warning,
        answered!("5(?:0[0135-9]|[12]\\d)"),
        &["\" 50", "\" 51", "\" 52", "\"status\":5", "\"status\":\"5", "\"status\": 5", "\"status\": \"5"],
        "nginx answers with server errors (5xx)",
    )
    .advice("look at the log of the application behind it; 503 is also nginx' own where requests are limited")
    .at_least(5, 600),
    Known::new(
        "front-page-forbidden",
        Warning,
        says!("error", r#"directory index of "[^"]*" is forbidden, client: [^,]*, server: [^,]*, request: "(?:GET|HEAD) / "#),
        &["directory index of"],
        "the front page is missing: its folder has no index file",
    )
    .advice("check that the site's files are mounted at its root")
    .at_least(5, 600),
    Known::new(
        "file-not-found",
        Info,
        says!("error|crit", r#"(?:\w+\(\) )?"[^"]*" (?:failed|is not found) \((?:2|20|36|40): |directory index of "#),
        &["(2: ", "(20: ", "(36: ", "(40: ", "directory index of"],
        "files that were asked for are not there",
    )
    .at_least(20, 600),
    Known::new(
        "requests-limited",
        Info,
        says!("error|warn|notice", r"limiting (?:requests|connections)|delaying request"),
        &["limiting requests", "limiting connections", "delaying request"],
        "requests are limited, as the configuration wants",
    ),
    Known::new(
        "body-too-large",
        Info,
        says!("error", r"client intended to send too large"),
        &["client intended to send too large"],
        "clients send larger bodies than client_max_body_size allows",
    ),
    Known::new(
        "login-failed",
        Info,
        says!("error", r#"user "[^"]*"(?: was not found in|: password mismatch)"#),
        &["was not found in", "password mismatch"],
        "logins with a wrong name or password",
    ),
    Known::new(
        "ocsp-failed",
        Info,
        says!("error|crit", r#"[^",]*OCSP|certificate status (?:not found|"(?:unknown|good))"#),
        &["OCSP", "certificate status"],
        "nginx cannot staple the state of its certificate",
    ),
    Known::new(
        "fastcgi-messages",
        Info,
        says!("error", r#"FastCGI sent in stderr: "(?:PHP message: )?PHP (?:Warning|Notice|Deprecated|User)"#),
        &["FastCGI sent in stderr"],
        "a FastCGI application warns",
    ),
    Known::new(
        "connections-short",
        Info,
        says!("warn", r"\d+ worker_connections (?:are not enough, reusing|exceed)"),
        &["worker_connections are not enough", "worker_connections exceed"],
        "nginx is short of connections: it closes idle ones",
    ),
    Known::new(
        "server-name-conflict",
        Info,
        says!("warn", "conflicting server name"),
        &["conflicting server name"],
        "two servers of the configuration have the same name: one of them is never used",
    ),
    Known::new(
        "config-error",
        Critical,
        says!("emerg", ""),
        &["[emerg]"],
        "nginx does not start: its configuration is wrong",
    )
    .survived(OLD_GOES_ON)
    .advice("correct what the log names; nginx -t checks it")
    .fallback(),
    Known::new(
        "alert-records",
        Warning,
        says!("alert", ""),
        &["[alert]"],
        "nginx logs alerts",
    )
    .advice("the record says why")
    .fallback(),
    Known::new(
        "error-records",
        Warning,
        says!("error|crit", ""),
        &["[error]", "[crit]"],
        "nginx logs errors",
    )
    .advice("the record says why")
    .fallback(),
];
