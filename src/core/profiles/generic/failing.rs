//! What fails in a program that goes on, and the levels of what nothing else claims.

use super::{BAD, FAILED, Known, LevelRule};
use crate::{
    api::Severity::{Critical, Info, Warning},
    core::logs::Level,
};

pub(super) const PATTERNS: &[Known] = &[
    Known::new(
        "open-files-exhausted",
        Warning,
        r"too many open files|\bE[MN]FILE\b|no file descriptors available",
        &["too many open files", "EMFILE", "ENFILE", "no file descriptors"],
        "the program has no open files left",
    )
    .level(BAD)
    .advice("raise the container's ulimit for open files, or find what leaks connections"),
    Known::new(
        "worker-killed",
        Warning,
        r"WORKER TIMEOUT \(pid:|Worker \(pid:\d+\) was sent SIG(?:KILL|ABRT|SEGV)|WorkerLostError|DAMN ! worker \d+ .+ died|child \d+ .*exited on signal (?:6|7|9|11)\b|BrokenProcessPool|Terminating timed out worker|Process '\S+' pid:\d+ exited with 'signal |exited: \S+ \(.*; not expected\)|Child process \[\d+\] died",
        &[
            "WORKER TIMEOUT",
            ") was sent SIG",
            "WorkerLostError",
            "DAMN ! worker",
            "exited on signal",
            "BrokenProcessPool",
            "timed out worker",
            "exited with 'signal",
            "; not expected)",
            "] died",
        ],
        "workers of the program hang, crash or are killed",
    )
    .advice("look for memory that ran out (SIGKILL), or for requests that take longer than the time-out"),
    Known::new(
        "name-not-resolved",
        Warning,
        r"name or service not known|temporary failure in name resolution|name does not resolve|nodename nor servname|: no such host|\bgetaddrinfo (?:ENOTFOUND|EAI_AGAIN|EAI_NONAME|failed)|UnknownHostException: |could not (?:resolve host|translate host name)|failed to lookup address information|no such host is known|: bad address '",
        &[
            "name or service not known",
            "name resolution",
            "name does not resolve",
            "nodename nor servname",
            "no such host",
            "getaddrinfo ",
            "UnknownHostException",
            "could not resolve host",
            "could not translate host name",
            "lookup address information",
            ": bad address '",
        ],
        "the program cannot resolve the name of a service that it needs",
    )
    .level(FAILED)
    .advice("check that the container of that name runs, in the same network"),
    Known::new(
        "tls-failed",
        Warning,
        r"certificate[ _]verify[ _]failed|certificate has expired|x509: |\bCERT_HAS_EXPIRED\b|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|SELF_SIGNED_CERT|SSLHandshakeException|PKIX path \w+ failed|: tls: |invalid peer certificate|\[SSL: [A-Z_]+\]|ERR_TLS_CERT_ALTNAME_INVALID|The SSL connection could not be established",
        &[
            "verify failed",
            "verify_failed",
            "certificate has expired",
            "x509: ",
            "CERT_HAS_EXPIRED",
            "UNABLE_TO_",
            "SELF_SIGNED_CERT",
            "SSLHandshakeException",
            "PKIX path",
            ": tls: ",
            "invalid peer certificate",
            "[SSL: ",
            "ERR_TLS_CERT",
            "The SSL connection could not",
        ],
        "the program cannot agree on TLS with a service that it needs",
    )
    .level(FAILED)
    .advice("check that service's certificate, its time and its issuer"),
    Known::new(
        "credentials-refused",
        Warning,
        r"password authentication failed for user|\bWRONGPASS\b|\bNOAUTH\b|\bACCESS_REFUSED\b|Access denied for user '|MongoServerError: Authentication failed|Login failed for user '|invalid username-password pair|no pg_hba\.conf entry for",
        &[
            "password authentication failed",
            "WRONGPASS",
            "NOAUTH",
            "ACCESS_REFUSED",
            "Access denied for user",
            "Authentication failed",
            "Login failed for user",
            "username-password pair",
            "no pg_hba.conf entry",
        ],
        "a service that the program needs refuses its credentials",
    )
    .level(FAILED)
    .advice("compare the program's user and password with that service's"),
    Known::new(
        "writes-refused",
        Warning,
        r"\bMISCONF |can't write against a read only replica|command not allowed when used memory > 'maxmemory'|cannot execute \w+(?: \w+)? in a read-only transaction|index read-only / allow delete",
        &[
            "MISCONF ",
            "against a read only replica",
            "command not allowed when used memory",
            "in a read-only transaction",
            "index read-only",
        ],
        "a service that the program needs takes no writes",
    )
    .level(FAILED)
    .advice("look at that service: its disk, its memory, and whether it is the primary"),
    Known::new(
        "certificate-not-renewed",
        Warning,
        r"^Failed to renew certificate |\brenewals failed\b|Unable to obtain ACME certificate|could not get certificate from issuer|Could not obtain certificates:",
        &[
            "Failed to renew certificate",
            "renewals failed",
            "ACME certificate",
            "get certificate from issuer",
            "obtain certificates",
        ],
        "a certificate could not be renewed",
    )
    .level(BAD)
    .advice("the record says why; renew it before it expires"),
    Known::new(
        "pool-exhausted",
        Warning,
        r"QueuePool limit of size|Connection is not available, request timed out|ConnectionPoolTimeoutException|Timeout waiting for (?:connection|idle object)|prior to obtaining a connection from the pool|could not obtain a connection from the pool|Timeout acquiring a connection|fetching a new connection from the connection pool|pool timed out while waiting|connection pool (?:is )?(?:exhausted|timed out)|sorry, too many clients already|remaining connection slots are reserved|: Too many connections|max number of clients reached|server reached (?:pm\.)?max_children",
        &[
            "QueuePool limit",
            "Connection is not available",
            "ConnectionPoolTimeout",
            "Timeout waiting for",
            "from the pool",
            "Timeout acquiring a connection",
            "connection pool",
            "pool timed out",
            "too many clients",
            "connection slots are reserved",
            "Too many connections",
            "max number of clients",
            "max_children",
        ],
        "the program has no connections left in a pool",
    )
    .level(BAD)
    .advice("look for slow queries and leaked connections, or enlarge the pool"),
    Known::new(
        "unreachable",
        Warning,
        r#"\b(?:can(?:not|'t)|could not|couldn't|failed to|unable to) (?:reach|connect to) .*\S:\d+|(?:[:.\]>(-] ?"?|=")connection refused|\bECONNREFUSED\b|\b(?:connect|dial \w+) .*(?:ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|i/o timeout)|[:\]] (?:no route to host|network is unreachable|host is unreachable)|Error \d+ connecting to \S+|NoRouteToHostException|ConnectException: |connect(?:ion)? timed out|Connect call failed|Cannot connect to host \S+|Can't connect to \w+ server on|could not connect to server|connection to server at .+ failed|Unable to connect to \S+:\d+|ServerSelectionTimeoutError|Communications link failure|RedisConnectionException|Failed to establish a new connection|(?:Connection|Failed to connect) to \S+:\d+ (?:refused|failed)|All connection attempts failed"#,
        &[
            " reach ",
            " connect to ",
            "connection refused",
            "ECONNREFUSED",
            "ETIMEDOUT",
            "EHOSTUNREACH",
            "ENETUNREACH",
            "i/o timeout",
            "no route to host",
            "is unreachable",
            " connecting to ",
            "NoRouteToHost",
            "ConnectException",
            "connect timed out",
            "connection timed out",
            "Connect call failed",
            "Cannot connect to host",
            "Can't connect to",
            "could not connect to server",
            "connection to server at",
            "Unable to connect to",
            "ServerSelectionTimeout",
            "Communications link failure",
            "RedisConnectionException",
            "establish a new connection",
            "Connection to ",
            "Failed to connect to",
            "connection attempts failed",
        ],
        "the program cannot connect to a service that it needs",
    )
    .level(FAILED)
    .advice("look at the container of the service that the record names"),
    Known::new(
        "connection-lost",
        Warning,
        r"(?:[:\]] |\()connection reset by peer|\bECONNRESET\b|server closed the connection unexpectedly|SSL connection has been closed unexpectedly|Connection closed by server|Lost connection to MySQL|Connection to broker lost|StreamLostError|ConnectionResetError",
        &["connection reset by peer", "ECONNRESET", "closed the connection", "has been closed unexpectedly", "Connection closed by server", "Lost connection to", "broker lost", "StreamLostError", "ConnectionResetError"],
        "connections of the program break off",
    )
    .level(FAILED)
    .advice("look for a restart or a crash of the service that the record names"),
    Known::new(
        "time-out",
        Warning,
        r"Time(?:d)?[Oo]ut\w*(?:Error|Exception): |(?-i:\.\w*Timeout|\b(?:Connect|Pool|Read|Write)Timeout): [^\d\s]|^(?:[\w.]+\.)?\w*Timeout(?:Error|Exception)?$|context deadline exceeded|Timeout reading from|[Rr]ead timed out|\bE(?:SOCKET)?TIMEDOUT\b|Timeout awaiting|operation timed out",
        &["timeout", "timedout", "context deadline exceeded", "read timed out", "operation timed out"],
        "a service that the program needs does not answer in time",
    )
    .level(FAILED)
    .advice("look at the container of the service that the record names"),
    Known::new(
        "schema-wrong",
        Warning,
        r"unapplied migration|PendingMigrationError|Can't locate revision identified by|Target database is not up to date|FlywayException|LiquibaseException|no such (?:table|column): |(?:relation|column) .+ does not exist|does not exist in the current database|Table '.+' doesn't exist|Unknown column '|Invalid object name '|\bP30(?:05|06|09|18)\b.*migrat|(?:^|[:\]] )migrations? (?:\S+ )?failed",
        &["unapplied migration", "PendingMigration", "locate revision", "is not up to date", "Flyway", "Liquibase", "no such table", "no such column", "does not exist", "doesn't exist", "Unknown column", "Invalid object name", "migrat", "P30"],
        "the database is not as the program wants it",
    )
    .level(BAD)
    .advice("run the migrations, or look why they failed"),
    Known::new(
        "database-locked",
        Warning,
        r"database (?:table )?is locked|\bSQLITE_BUSY\b|Lock wait timeout exceeded|deadlock detected|Deadlock found when trying|was deadlocked on lock",
        &["is locked", "SQLITE_BUSY", "Lock wait timeout", "deadlock detected", "Deadlock found", "was deadlocked"],
        "statements wait for each other's locks",
    )
    .level(FAILED)
    .advice("look for a transaction that stays open, and take locks in one order"),
    Known::new(
        "permission-denied",
        Warning,
        r"(?:[:\]] )permission denied|\bEACCES\b|\bEROFS\b|PermissionError: |AccessDeniedException|UnauthorizedAccessException|[:\]] read-only file system",
        &["permission denied", "EACCES", "EROFS", "PermissionError", "AccessDeniedException", "UnauthorizedAccess", "read-only file system"],
        "the program may not read or write a file",
    )
    .level(FAILED)
    .advice("give the file or folder to the user that the container runs as"),
    Known::new(
        "server-errors",
        Warning,
        r#""(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [^"]* HTTP/(?:1\.[01]|[23](?:\.0)?)" 5\d\d\b"#,
        &["HTTP/1.1\" 5", "HTTP/1.0\" 5", "HTTP/2\" 5", "HTTP/2.0\" 5", "HTTP/3\" 5", "HTTP/3.0\" 5"],
        "the program answers with server errors (5xx)",
    )
    .advice("look for the exceptions that it logs at that time")
    .at_least(5, 600),
    Known::new(
        "host-not-allowed",
        Info,
        r"Invalid HTTP_HOST header|\bDisallowedHost: |Blocked hosts?: |Invalid host header",
        &["HTTP_HOST header", "DisallowedHost", "Blocked host", "Invalid host header"],
        "clients ask for a host that the program does not serve: scanners, or one that is missing from its settings",
    ),
    Known::new(
        "php-errors",
        Warning,
        r"^(?:\[.{1,40}\] )?(?:(?:NOTICE|WARNING): )?(?:\[pool \S+\] child \d+ said into std(?:err|out): .)?(?:NOTICE: )?(?:PHP message: )?PHP (?:Fatal|Parse) error: ",
        &["PHP Fatal error", "PHP Parse error"],
        "scripts of PHP end with fatal errors",
    )
    .advice("the record names the file and the line"),
    Known::new(
        "unhandled-exception",
        Warning,
        r#"^Traceback \(most recent call last\)|^Exception in thread "|^(?:\S+ )?Unhandled(?:PromiseRejection| promise rejection| exception| rejection)|^Uncaught |^Exception in ASGI application|^(?:[\w.$]+\.)+[\w$]+(?:Exception|Error)(?:: .*)?\n(?:\t| {2,8})at |\A(?:[\w$]+\.)+[\w$]*(?:Error|Exception): |^[^\w\n]{0,6}\w*Error: .*\n {2,8}at |^thread '.{0,80}' (?:\(\d+\) )?panicked at|http: panic serving |triggerUncaughtException|Fatal error: Uncaught|^ ⨯ (?:\w*Error|\[\w*Error|unhandledRejection)|^prisma:error\b"#,
        &[
            "Traceback (most",
            "Exception",
            "Unhandled",
            "Uncaught",
            "Error: ",
            "panicked at",
            "http: panic serving",
            "Fatal error: Uncaught",
            " ⨯ ",
            "prisma:error",
            "\tat ", "  at ",
        ],
        "the program has unhandled exceptions",
    )
    .level(FAILED)
    .advice("the record says where: look at what changed there"),
    Known::new("fatal-records", Critical, LEVELS, LEVEL_WORDS, "the program logs at a level above error")
        .level(LevelRule::AtLeast(Level::Critical))
        .advice("the record says why")
        .fallback(),
    Known::new("coded-fatal-records", Critical, r"\AF(?:\d\d){2,3} \d\d:\d\d:|\A<\d{1,3}>", &[], "the program logs at a level above error")
        .level(LevelRule::AtLeast(Level::Critical))
        .advice("the record says why")
        .fallback(),
    Known::new("error-records", Warning, LEVELS, LEVEL_WORDS, "the program logs errors")
        .level(LevelRule::AtLeast(Level::Error))
        .advice("the record says why")
        .fallback(),
    Known::new("coded-error-records", Warning, r"\AE(?:\d\d){2,3} \d\d:\d\d:|\A\[E \d{6} |\A<\d{1,3}>", &[], "the program logs errors")
        .level(LevelRule::AtLeast(Level::Error))
        .advice("the record says why")
        .fallback(),
];

/// A record with a level above warning holds one of these; its level is then read from where levels stand. `fail:` is
/// .NET's, `FTL` Serilog's and zerolog's, `FATA[0000]` logrus', `"s":"E"` `MongoDB`'s.
const LEVELS: &str =
    r#"err|severe|crit|fata|panic|alert|emerg|fail: |\[failed\]|\b(?:ftl|pnc)\b|"s": ?"[ef]"|": ?"?[56]0"#;
const LEVEL_WORDS: &[&str] = &[
    "error",
    "err ",
    "err\t",
    "err:",
    "err]",
    "err\"",
    "err>",
    "err)",
    "err|",
    "err!",
    "=err",
    "severe",
    "crit",
    "fata",
    "panic",
    "alert",
    "emerg",
    "erro[",
    "fail: ",
    "[failed]",
    "ftl",
    "pnc",
    "\"s\":\"e\"",
    "\"s\":\"f\"",
    "\":50",
    "\":60",
    "\": 50",
    "\": 60",
    "\":\"50",
    "\":\"60",
    "\": \"50",
    "\": \"60",
];
