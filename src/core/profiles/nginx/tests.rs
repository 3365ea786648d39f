//! Lines as nginx 1.18 to 1.29 print them, of glibc and musl, and of OpenSSL 1.1 and 3.

use crate::{
    api::job::ProfileName::Nginx,
    core::profiles::tests::{counts, scan},
};

/// What follows the message of a request.
const REQUEST: &str = ", client: 172.17.0.1, server: localhost, request: \"GET / HTTP/1.1\", upstream: \"http://172.17.0.3:8000/\", host: \"localhost\"";

fn ids(log: &str) -> Vec<String> {
    counts(Nginx, log).into_iter().map(|(id, _)| id).collect()
}

fn check(cases: &[(&str, &[&str])]) {
    for (message, expected) in cases {
        let log =
            if message.starts_with('[') { format!("2026/11/24 05:44:36 {message}") } else { (*message).to_owned() };
        assert_eq!(ids(&log), *expected, "{log}");
    }
}

#[test]
fn what_keeps_it_from_starting() {
    check(&[
        ("[emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address already in use)", &["port-in-use"]),
        ("[emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address in use)", &["port-in-use"]),
        ("[emerg] 1#1: still could not bind()", &["port-in-use"]),
        ("nginx: [emerg] bind() to [::]:80 failed (98: Address already in use)", &["port-in-use"]),
        ("[emerg] 1#1: bind() to 0.0.0.0:80 failed (13: Permission denied)", &["cannot-listen"]),
        ("[emerg] 1#1: bind() to 10.0.0.9:80 failed (99: Cannot assign requested address)", &["cannot-listen"]),
        ("[emerg] 1#1: socket() [::]:80 failed (97: Address family not supported by protocol)", &["cannot-listen"]),
        ("[emerg] 1#1: host not found in upstream \"autopar-api\" in /etc/nginx/nginx.conf:12", &["upstream-unknown"]),
        (
            "nginx: [emerg] host not found in upstream \"autopar-api\" in /etc/nginx/nginx.conf:12",
            &["upstream-unknown"],
        ),
        // 1.18 with OpenSSL 1.1, then 1.22 and later with OpenSSL 3.
        (
            "[emerg] 1#1: cannot load certificate \"/etc/ssl/site.pem\": BIO_new_file() failed (SSL: error:02001002:system library:fopen:No such file or directory:fopen('/etc/ssl/site.pem','r') error:2006D080:BIO routines:BIO_new_file:no such file)",
            &["certificate-unusable"],
        ),
        (
            "nginx: [emerg] cannot load certificate key \"/etc/ssl/site.key\": PEM_read_bio_PrivateKey() failed (SSL: error:1E08010C:DECODER routines::unsupported)",
            &["certificate-unusable"],
        ),
        (
            "[emerg] 1#1: SSL_CTX_use_PrivateKey(\"/etc/ssl/site.key\") failed (SSL: error:05800074:x509 certificate routines::key values mismatch)",
            &["certificate-unusable"],
        ),
        (
            "[emerg] 1#1: no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive in /etc/nginx/conf.d/site.conf:1",
            &["certificate-unusable"],
        ),
        ("[emerg] 1#1: unknown directive \"prxy_pass\" in /etc/nginx/nginx.conf:12", &["config-error"]),
        ("nginx: [emerg] unexpected \"}\" in /etc/nginx/nginx.conf:12", &["config-error"]),
        (
            "[emerg] 1#1: could not build server_names_hash, you should increase server_names_hash_bucket_size: 64",
            &["config-error"],
        ),
        ("[emerg] 1#1: open() \"/etc/nginx/nginx.conf\" failed (2: No such file or directory)", &["config-error"]),
        ("[emerg] 1#1: mkdir() \"/var/cache/nginx/client_temp\" failed (13: Permission denied)", &["files-unusable"]),
        (
            "[emerg] 1#1: mkdir() \"/var/cache/nginx/client_temp\" failed (30: Read-only file system)",
            &["files-unusable"],
        ),
        (
            "[emerg] 1#1: chown(\"/var/cache/nginx/client_temp\", 101) failed (1: Operation not permitted)",
            &["files-unusable"],
        ),
        ("[emerg] 1#1: open() \"/run/nginx.pid\" failed (13: Permission denied)", &["files-unusable"]),
        ("[emerg] 1#1: open() \"/run/nginx.pid\" failed (28: No space left on device)", &["disk-full"]),
        ("[emerg] 1#1: malloc(1048576) failed (12: Cannot allocate memory)", &["out-of-memory"]),
        (
            "20-envsubst-on-templates.sh: ERROR: /etc/nginx/templates exists, but /etc/nginx/conf.d is not writable",
            &["templates-not-written"],
        ),
    ]);
}

#[test]
fn what_fails_towards_an_upstream() {
    for (message, expected) in [
        (
            "[error] 31#31: *1 connect() failed (111: Connection refused) while connecting to upstream",
            "upstream-refused",
        ),
        ("[error] 31#31: *1 connect() failed (113: No route to host) while connecting to upstream", "upstream-refused"),
        (
            "[error] 31#31: *1 connect() failed (113: Host is unreachable) while connecting to upstream",
            "upstream-refused",
        ),
        (
            "[crit] 31#31: *1 connect() to unix:/run/php/php8.2-fpm.sock failed (2: No such file or directory) while connecting to upstream",
            "upstream-refused",
        ),
        (
            "[crit] 31#31: *1 connect() to unix:/run/php/php8.2-fpm.sock failed (13: Permission denied) while connecting to upstream",
            "upstream-refused",
        ),
        (
            "[error] 31#31: *1 connect() to unix:/run/app.sock failed (11: Resource temporarily unavailable) while connecting to upstream",
            "upstream-refused",
        ),
        (
            "[crit] 31#31: *1 connect() to 172.17.0.3:8000 failed (99: Cannot assign requested address) while connecting to upstream",
            "local-ports-exhausted",
        ),
        (
            "[error] 31#31: *9 upstream timed out (110: Connection timed out) while connecting to upstream",
            "upstream-timeout",
        ),
        (
            "[error] 31#31: *9 upstream timed out (110: Operation timed out) while reading response header from upstream",
            "upstream-timeout",
        ),
        ("[error] 31#31: *1 no live upstreams while connecting to upstream", "no-live-upstreams"),
        (
            "[error] 31#31: *1 upstream prematurely closed connection while reading response header from upstream",
            "upstream-closed",
        ),
        (
            "[error] 31#31: *1 recv() failed (104: Connection reset by peer) while reading response header from upstream",
            "upstream-closed",
        ),
        ("[error] 31#31: *1 readv() failed (104: Connection reset by peer) while reading upstream", "upstream-closed"),
        ("[error] 31#31: *1 writev() failed (32: Broken pipe) while sending request to upstream", "upstream-closed"),
        (
            "[error] 31#31: *1 upstream sent no valid HTTP/1.0 header while reading response header from upstream",
            "upstream-closed",
        ),
        (
            "[error] 31#31: *1 upstream sent too big header while reading response header from upstream",
            "upstream-header-too-big",
        ),
        (
            "[error] 31#31: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream",
            "upstream-tls",
        ),
        (
            "[error] 31#31: *1 upstream SSL certificate does not match \"api.example.com\" while SSL handshaking to upstream",
            "upstream-tls",
        ),
        (
            "[error] 31#31: *1 SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream",
            "upstream-tls",
        ),
        ("[error] 31#31: *1 autopar-api could not be resolved (3: Host not found)", "name-not-resolved"),
        ("[error] 31#31: *1 autopar-api could not be resolved (110: Operation timed out)", "name-not-resolved"),
        ("[error] 31#31: *1 no resolver defined to resolve autopar-api", "name-not-resolved"),
        ("[error] 31#31: *1 auth request unexpected status: 502 while sending to client", "auth-request-failed"),
        (
            "[error] 31#31: *1 FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Uncaught Error: no\" while reading response header from upstream",
            "fastcgi-failed",
        ),
        (
            "[error] 31#31: *1 FastCGI sent in stderr: \"Primary script unknown\" while reading response header from upstream",
            "fastcgi-failed",
        ),
        (
            "[error] 31#31: *1 FastCGI sent in stderr: \"PHP message: PHP Warning:  Undefined variable $x\" while reading response header from upstream",
            "fastcgi-messages",
        ),
    ] {
        assert_eq!(ids(&format!("2026/11/24 05:44:36 {message}{REQUEST}")), [expected], "{message}");
    }
    check(&[(
        "[error] 31#31: recv() failed (111: Connection refused) while resolving, resolver: 127.0.0.11:53",
        &["name-not-resolved"],
    )]);
}

#[test]
fn what_a_running_server_reports() {
    check(&[
        (
            "[crit] 31#31: *1 pwrite() \"/var/lib/nginx/proxy/1/00/0000000001\" failed (28: No space left on device) while reading upstream, client: 172.17.0.1",
            &["disk-full"],
        ),
        (
            "[alert] 31#31: *1 write() to \"/var/log/nginx/access.log\" failed (28: No space left on device) while logging request, client: 172.17.0.1",
            &["disk-full"],
        ),
        (
            "[crit] 31#31: *1 open() \"/var/lib/nginx/body/0000000001\" failed (28: No space left on device), client: 172.17.0.1",
            &["disk-full"],
        ),
        ("[crit] 31#31: *1 rename() \"/c/1\" to \"/c/2\" failed (28: No space left on device)", &["disk-full"]),
        ("[crit] 31#31: *1 pread() \"/srv/site/x\" failed (5: Input/output error), client: 172.17.0.1", &["io-error"]),
        ("[crit] 31#31: accept4() failed (24: Too many open files)", &["open-files-exhausted"]),
        ("[crit] 31#31: accept4() failed (24: No file descriptors available)", &["open-files-exhausted"]),
        (
            "[alert] 31#31: *1 socket() failed (24: Too many open files) while connecting to upstream, client: 172.17.0.1",
            &["open-files-exhausted"],
        ),
        (
            "[crit] 31#31: *1 open() \"/srv/site/x\" failed (24: Too many open files), client: 172.17.0.1",
            &["open-files-exhausted"],
        ),
        ("[alert] 1#1: worker process 31 exited on signal 11 (core dumped)", &["worker-crashed"]),
        ("[alert] 1#1: cache manager process 32 exited on signal 9", &["worker-killed"]),
        ("[alert] 1#1: worker process 31 exited with fatal code 2 and cannot be respawned", &["workers-gone"]),
        ("[alert] 31#31: 512 worker_connections are not enough", &["connections-exhausted"]),
        (
            "[alert] 31#31: *5 512 worker_connections are not enough while connecting to upstream, client: 172.17.0.1",
            &["connections-exhausted"],
        ),
        ("[warn] 31#31: 512 worker_connections are not enough, reusing connections", &["connections-short"]),
        ("[warn] 1#1: 4096 worker_connections exceed open file resource limit: 1024", &["connections-short"]),
        (
            "[error] 10#10: *2 \"/srv/site/index.html\" is forbidden (13: Permission denied), client: 172.17.0.1, server: , request: \"GET / HTTP/1.0\", host: \"site.test\"",
            &["permission-denied"],
        ),
        (
            "[error] 31#31: *1 open() \"/srv/site/x\" failed (13: Permission denied), client: 172.17.0.1",
            &["permission-denied"],
        ),
        (
            "[crit] 31#31: *1 stat() \"/srv/site/\" failed (13: Permission denied), client: 172.17.0.1",
            &["permission-denied"],
        ),
        (
            "[error] 31#31: *1 rewrite or internal redirection cycle while internally redirecting to \"/index.html\", client: 172.17.0.1",
            &["redirect-cycle"],
        ),
        ("[crit] 31#31: ngx_slab_alloc() failed: no memory in cache keys zone \"site\"", &["zone-full"]),
        (
            "[alert] 31#31: could not allocate new session in SSL session shared cache \"SSL\" while SSL handshaking",
            &["zone-full"],
        ),
        (
            "[error] 31#31: *1 cannot load certificate \"/etc/ssl/a.pem\": BIO_new_file() failed (SSL: error:80000002:system library::No such file or directory) while SSL handshaking, client: 172.17.0.1",
            &["certificate-unusable"],
        ),
        (
            "[error] 31#31: certificate status \"revoked\" in the OCSP response while requesting certificate status, responder: r3.o.lencr.org",
            &["certificate-revoked"],
        ),
        (
            "[info] 31#31: *1 SSL_do_handshake() failed (SSL: error:0A000415:SSL routines::sslv3 alert certificate expired:SSL alert number 45) while SSL handshaking, client: 172.17.0.1, server: 0.0.0.0:443",
            &["certificate-refused"],
        ),
        (
            "[error] 31#31: OCSP responder timed out (110: Connection timed out) while requesting certificate status, responder: r3.o.lencr.org",
            &["ocsp-failed"],
        ),
        (
            "[error] 31#31: *1 limiting requests, excess: 0.500 by zone \"one\", client: 172.17.0.1",
            &["requests-limited"],
        ),
        ("[error] 31#31: *1 limiting connections by zone \"addr\", client: 172.17.0.1", &["requests-limited"]),
        (
            "[error] 31#31: *1 client intended to send too large body: 104857600 bytes, client: 172.17.0.1",
            &["body-too-large"],
        ),
        ("[error] 31#31: *1 user \"x\": password mismatch, client: 172.17.0.1", &["login-failed"]),
        (
            "[error] 31#31: *1 user \"x\" was not found in \"/etc/nginx/.htpasswd\", client: 172.17.0.1",
            &["login-failed"],
        ),
        ("[warn] 1#1: conflicting server name \"localhost\" on 0.0.0.0:80, ignored", &["server-name-conflict"]),
        (
            "[error] 31#31: *1 open() \"/usr/share/nginx/html/x\" failed (2: No such file or directory), client: 172.17.0.1",
            &["file-not-found"],
        ),
        (
            "[error] 31#31: *1 directory index of \"/srv/site/static/\" is forbidden, client: 172.17.0.1, server: , request: \"GET /static/ HTTP/1.1\"",
            &["file-not-found"],
        ),
        ("[alert] 31#31: *1 something new", &["alert-records"]),
        ("[error] 31#31: *1 something new", &["error-records"]),
        ("[crit] 31#31: *1 something new", &["error-records"]),
    ]);
}

#[test]
fn what_one_request_may_do_takes_many_to_matter() {
    for (message, id, times) in [
        (
            "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET / HTTP/1.1\" 502 157 \"-\" \"curl/8\" \"-\"",
            "gateway-errors",
            5,
        ),
        (
            "example.com:443 172.17.0.1 - a b [24/Nov/2026:05:44:36 +0000] \"GET / HTTP/1.1\" 504 157 \"-\" \"curl/8\"",
            "gateway-errors",
            5,
        ),
        (
            "{\"time\":\"24/Nov/2026:05:44:36 +0000\",\"uri\":\"/\",\"status\": \"502\",\"bytes\":157}",
            "gateway-errors",
            5,
        ),
        (
            "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"POST /jobs HTTP/2.0\" 500 21 \"-\" \"curl/8\"",
            "server-errors",
            5,
        ),
        ("{\"status\":503,\"uri\":\"/\"}", "server-errors", 5),
        (
            "2026/11/24 05:44:36 [error] 31#31: *1 open() \"/usr/share/nginx/html/x\" failed (2: No such file or directory), client: 172.17.0.1",
            "file-not-found",
            20,
        ),
    ] {
        let log =
            (0..times).map(|n| format!("2026-11-24T05:44:{n:02}.000000000Z {message}")).collect::<Vec<_>>().join("\n");
        let found = scan(Nginx, &log).matches;
        let found: Vec<_> = found.iter().map(|m| (m.id.as_str(), m.most_within, m.min_count)).collect();
        assert_eq!(found, [(id, times, times)], "{message}");
    }
    let front = "2026/11/24 05:44:36 [error] 31#31: *1 directory index of \"/srv/site/\" is forbidden, client: 172.17.0.1, server: , request: \"GET / HTTP/1.1\"";
    assert_eq!(ids(front), ["front-page-forbidden"]);
}

#[test]
fn what_looks_alarming_and_is_not() {
    for log in [
        "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET /error?q=[crit] HTTP/1.1\" 200 157 \"-\" \"curl/8\" \"-\"",
        "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET /500 HTTP/1.1\" 404 502 \"-\" \"curl/8\"",
        "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET /x\\x22 502 1 HTTP/1.1\" 200 502 \"http://x/\" \"a \\x22 500 \"",
        "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"\\x16\\x03\\x01\\x02\" 400 150 \"-\" \"-\" \"-\"",
        "{\"status\":200,\"upstream_status\":\"502, 200\",\"body_bytes_sent\":502}",
        "2026/11/24 05:44:36 [crit] 31#31: *1 SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking, client: 45.33.1.1, server: 0.0.0.0:443",
        "2026/11/24 05:44:36 [crit] 31#31: *1 SSL_read() failed (SSL: error:0A000119:SSL routines::decryption failed or bad record mac) while waiting for request, client: 45.33.1.1, server: 0.0.0.0:443",
        "2026/11/24 05:44:36 [error] 31#31: *1 access forbidden by rule, client: 45.33.1.1, server: , request: \"GET /.git HTTP/1.1\"",
        "2026/11/24 05:44:36 [error] 31#31: *1 client sent invalid chunked body, client: 45.33.1.1",
        "2026/11/24 05:44:36 [error] 31#31: *1 recv() failed (104: Connection reset by peer) while proxying upgraded connection, client: 172.17.0.1",
        "2026/11/24 05:44:36 [error] 31#31: *1 upstream timed out (110: Connection timed out) while proxying upgraded connection, client: 172.17.0.1",
        "nginx: [alert] could not open error log file: open() \"/var/log/nginx/error.log\" failed (13: Permission denied)",
        "2026/11/24 05:44:36 [alert] 31#31: *7 open socket #12 left in connection 5",
        "2026/11/24 05:44:36 [alert] 31#31: aborting",
        "2026/11/24 05:44:36 [warn] 31#31: *1 an upstream response is buffered to a temporary file /var/cache/nginx/proxy_temp/1/00/0000000001 while reading upstream, client: 172.17.0.1",
        "2026/11/24 05:44:36 [warn] 31#31: *1 a client request body is buffered to a temporary file /var/cache/nginx/client_temp/0000000001, client: 172.17.0.1",
        "2026/11/24 05:44:36 [warn] 1#1: \"ssl_stapling\" ignored, no OCSP responder URL in the certificate \"/etc/ssl/site.pem\"",
        "2026/11/24 05:44:36 [warn] 1#1: the \"listen ... http2\" directive is deprecated, use the \"http2\" directive instead in /etc/nginx/conf.d/site.conf:2",
        "2026/11/24 05:44:36 [info] 31#31: *1 client closed connection while waiting for request, client: 172.17.0.1",
        "2026/11/24 05:44:36 [info] 31#31: *1 client prematurely closed connection, so upstream connection is closed too while sending request to upstream, client: 172.17.0.1",
        "2026/11/24 05:44:36 [info] 31#31: *1 SSL_do_handshake() failed (SSL: error:0A000416:SSL routines::sslv3 alert certificate unknown:SSL alert number 46) while SSL handshaking, client: 172.17.0.1",
    ] {
        assert_eq!(ids(&format!("{log}\n").repeat(30)), Vec::<String>::new(), "{log}");
    }
}

/// A client's words are not nginx's own.
#[test]
fn what_a_client_wrote_is_no_failure() {
    for request in
        ["GET /x failed (28: No space left on device) HTTP/1.1", "GET /no%20live%20upstreams[emerg] HTTP/1.1"]
    {
        let log = format!(
            "2026/11/24 05:44:36 [error] 31#31: *1 limiting requests, excess: 0.5 by zone \"one\", client: 172.17.0.1, server: , request: \"{request}\""
        );
        assert_eq!(ids(&log), ["requests-limited"]);
    }
}

/// The official image: a start, a reload and a stop.
#[test]
fn every_start_reload_and_stop_is_silent() {
    assert_eq!(ids(OFFICIAL_1_27), Vec::<String>::new());
}

const OFFICIAL_1_27: &str =
    "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration
/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/
/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh
10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf
10-listen-on-ipv6-by-default.sh: info: /etc/nginx/conf.d/default.conf differs from the packaged version
/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh
/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh
/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh
/docker-entrypoint.sh: Configuration complete; ready for start up
2026/11/24 05:44:36 [notice] 1#1: using the \"epoll\" event method
2026/11/24 05:44:36 [notice] 1#1: nginx/1.27.3
2026/11/24 05:44:36 [notice] 1#1: built by gcc 12.2.0 (Debian 12.2.0-14)
2026/11/24 05:44:36 [notice] 1#1: OS: Linux 6.1.0-28-amd64
2026/11/24 05:44:36 [notice] 1#1: getrlimit(RLIMIT_NOFILE): 1048576:1048576
2026/11/24 05:44:36 [notice] 1#1: start worker processes
2026/11/24 05:44:36 [notice] 1#1: start worker process 29
172.17.0.1 - - [24/Nov/2026:05:44:40 +0000] \"GET / HTTP/1.1\" 200 615 \"-\" \"curl/7.88.1\" \"-\"
2026/11/24 05:45:36 [notice] 1#1: signal 1 (SIGHUP) received from 40, reconfiguring
2026/11/24 05:45:36 [notice] 1#1: reconfiguring
2026/11/24 05:45:36 [notice] 1#1: start worker processes
2026/11/24 05:45:36 [notice] 1#1: start worker process 41
2026/11/24 05:45:36 [notice] 29#29: gracefully shutting down
2026/11/24 05:45:36 [notice] 29#29: exiting
2026/11/24 05:45:36 [notice] 29#29: exit
2026/11/24 05:45:36 [notice] 1#1: signal 17 (SIGCHLD) received from 29
2026/11/24 05:45:36 [notice] 1#1: worker process 29 exited with code 0
2026/11/24 05:45:36 [notice] 1#1: signal 29 (SIGIO) received
2026/11/24 05:46:36 [notice] 1#1: signal 3 (SIGQUIT) received, shutting down
2026/11/24 05:46:36 [notice] 41#41: gracefully shutting down
2026/11/24 05:46:36 [notice] 41#41: exit
2026/11/24 05:46:36 [notice] 1#1: exit
";
