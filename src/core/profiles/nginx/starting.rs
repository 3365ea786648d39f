//! What keeps nginx from starting, and what a full disk or the limits of the system do to it at any time.

use super::{Known, OLD_GOES_ON, says};
use crate::api::Severity::Critical;

pub(super) const PATTERNS: &[Known] = &[
    Known::new(
        "port-in-use",
        Critical,
        says!("emerg", r"bind\(\) to \S+ failed \(98: |still could not bind\(\)"),
        &["bind() to ", "still could not bind()"],
        "nginx does not start: its port is in use",
    )
    .survived(OLD_GOES_ON)
    .advice("find what holds the port, or change it"),
    Known::new(
        "cannot-listen",
        Critical,
        says!("emerg", r"(?:bind|listen)\(\) to .+ failed \((?:9[0-79]|[1-8]\d?|1\d\d): |socket\(\) \S+ failed"),
        &["bind() to ", "listen() to ", "socket() "],
        "nginx does not start: it cannot listen where it should",
    )
    .survived(OLD_GOES_ON)
    .advice("use a port above 1023 or grant CAP_NET_BIND_SERVICE; listen only on addresses that the container has"),
    Known::new(
        "upstream-unknown",
        Critical,
        says!("emerg", "host not found in"),
        &["host not found in"],
        "nginx does not start: the name of an upstream does not resolve",
    )
    .survived("a reload of nginx failed: the name of an upstream does not resolve; the old configuration goes on")
    .advice("start the upstream first, correct its name, or let a resolver look for it at each request"),
    Known::new(
        "certificate-unusable",
        Critical,
        says!(
            "emerg|alert|crit|error",
            r#"cannot load certificate|SSL_CTX_(?:use_|load_|set0_chain|set_cipher|set_tmp|add_)\w*\(|SSL_(?:use_|load_|set0_chain)\w*\(|PEM_read_bio|X509_LOOKUP_load_file|BIO_new_file|no "\w*ssl_\w*certificate\w*" |no \w*ssl_\w*certificate for"#
        ),
        &["certificate", "SSL_CTX_", "SSL_use_", "SSL_set0_chain", "SSL_load_", "PEM_read_bio", "X509_LOOKUP", "BIO_new_file"],
        "nginx does not start: it cannot use a certificate or key",
    )
    .survived("nginx cannot use a certificate or key: a reload failed, or handshakes do")
    .advice("check that the file is there and readable, and that key and certificate belong together; nginx -t tells"),
    Known::new(
        "disk-full",
        Critical,
        says!(
            "emerg|alert|crit|error",
            r#"[^",]*(?:"[^"]*"[^",]*)*(?:failed \((?:28|122): |has written only |was incomplete: )"#
        ),
        &["failed (28: ", "failed (122: ", "has written only", "was incomplete"],
        "the disk that nginx writes to is full",
    )
    .advice("free space on the volume of its logs, caches and temporary files, or enlarge it"),
    Known::new(
        "io-error",
        Critical,
        says!("emerg|alert|crit|error", r#"[^",]*(?:"[^"]*"[^",]*)+failed \((?:5|117): "#),
        &["failed (5: ", "failed (117: "],
        "nginx cannot read or write its disk",
    )
    .advice("check the disk and its mount on the host"),
    Known::new(
        "open-files-exhausted",
        Critical,
        says!(
            "emerg|alert|crit|error",
            r#"[^",]*(?:"[^"]*"[^",]*)*failed \(2[34]: |the new socket has number \d+, but only"#
        ),
        &["failed (23: ", "failed (24: ", "the new socket has number"],
        "nginx has no open files left",
    )
    .advice("raise worker_rlimit_nofile and the container's ulimit for open files"),
    Known::new(
        "out-of-memory",
        Critical,
        says!("emerg|alert", r#"[^",]*(?:"[^"]*"[^",]*)*failed \(12: "#),
        &["failed (12: "],
        "nginx could not allocate memory",
    )
    .advice("raise the container's memory limit, or lower buffers and zones"),
    Known::new(
        "files-unusable",
        Critical,
        says!("emerg", r#"(?:open|mkdir|chown|chmod|rename|unlink)\(\)? ?\(?"[^"]*".* failed \((?:1|13|30): "#),
        &["failed (1: ", "failed (13: ", "failed (30: "],
        "nginx does not start: it may not write its logs, caches or pid file",
    )
    .survived(OLD_GOES_ON)
    .advice("give the folder to the user that nginx runs as, or mount a writable one (tmpfs)"),
];
