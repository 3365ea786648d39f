//! Records as the common runtimes and libraries print them.

use crate::{
    api::job::ProfileName::Generic,
    core::profiles::tests::{counts, scan},
};

fn ids(log: &str) -> Vec<String> {
    counts(Generic, log).into_iter().map(|(id, _)| id).collect()
}

fn check(cases: &[(&str, &str)]) {
    for (log, expected) in cases {
        assert_eq!(ids(log), [*expected], "{log}");
    }
}

#[test]
fn levels_are_judged() {
    check(&[
        ("ERROR job failed: no such job", "error-records"),
        ("FATAL no configuration", "fatal-records"),
        ("CRITICAL no configuration", "fatal-records"),
        (r#"{"level":50,"time":1,"msg":"no"}"#, "error-records"),
        (r#"{"severity": "ERROR","message":"no"}"#, "error-records"),
        (r#"{"@t":"2026-11-24T05:44:36Z","@l":"Error","@mt":"no"}"#, "error-records"),
        ("level=error msg=no", "error-records"),
        ("ts=1 msg=no lvl=err", "error-records"),
        ("05:44:36 ERR no", "error-records"),
        ("2026-11-24 05:44:36,123 - app.jobs - ERROR - no", "error-records"),
        ("E1124 05:44:36.000000       1 main.go:10] no", "coded-error-records"),
        ("F1124 05:44:36.000000       1 main.go:10] no", "coded-fatal-records"),
    ]);
}

#[test]
fn what_ends_a_program() {
    check(&[
        ("panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()", "panic"),
        ("fatal error: concurrent map writes\n\ngoroutine 34 [running]:", "panic"),
        ("fatal error: all goroutines are asleep - deadlock!", "panic"),
        ("thread 'main' panicked at src/main.rs:2:5:", "panic"),
        ("thread 'main' (7) panicked at src/main.rs:2:5:", "panic"),
        ("terminate called after throwing an instance of 'std::runtime_error'", "panic"),
        ("# A fatal error has been detected by the Java Runtime Environment:", "panic"),
        (
            "Unhandled exception. System.InvalidOperationException: no\n   at Program.Main() in /src/Program.cs:line 3",
            "panic",
        ),
        ("Fatal Python error: Segmentation fault", "panic"),
        ("app: main.c:3: main: Assertion `x > 0' failed.", "panic"),
        ("java.lang.OutOfMemoryError: Java heap space\n\tat c.e.App.run(App.java:1)", "out-of-memory"),
        (
            "java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached",
            "threads-exhausted",
        ),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "out-of-memory"),
        ("fatal error: runtime: out of memory", "out-of-memory"),
        ("memory allocation of 1073741824 bytes failed", "out-of-memory"),
        ("MemoryError", "out-of-memory"),
        ("ERROR write /data/x: no space left on device", "disk-full"),
        ("OSError: [Errno 28] No space left on device: '/data/x'", "disk-full"),
        ("Error: ENOSPC: no space left on device, write", "disk-full"),
        ("sqlite3.OperationalError: database or disk is full", "disk-full"),
        (
            r#"{"log.level":"WARN","message":"flood stage disk watermark [95%] exceeded on [x][es] free: 1.2gb[4%], all indices on this node will be marked read-only"}"#,
            "disk-full",
        ),
        ("Error: listen EADDRINUSE: address already in use :::3000", "port-in-use"),
        ("2026/11/24 05:44:36 listen tcp :8080: bind: address already in use", "port-in-use"),
        ("[2026-11-24 05:44:36 +0000] [7] [ERROR] Connection in use: ('0.0.0.0', 8000)", "port-in-use"),
        ("Web server failed to start. Port 8080 was already in use.", "port-in-use"),
        ("ModuleNotFoundError: No module named 'redis'", "start-failed"),
        ("Error: Cannot find module 'express'", "start-failed"),
        ("Error: Unable to access jarfile /app/app.jar", "start-failed"),
        ("gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>", "boot-aborted"),
        (
            "/app/server: error while loading shared libraries: libssl.so.1.1: cannot open shared object file",
            "start-failed",
        ),
        ("exec /usr/local/bin/app: exec format error", "start-failed"),
        ("/docker-entrypoint.sh: line 12: /app/run: No such file or directory", "start-failed"),
        ("APPLICATION FAILED TO START", "boot-aborted"),
        ("Missing required environment variable: DATABASE_URL", "setting-missing"),
        ("Error: environment variable REDIS_URL is not set", "setting-missing"),
        (
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    url = os.environ[\"DATABASE_URL\"]\n  File \"<frozen os>\", line 714, in __getitem__\nKeyError: 'DATABASE_URL'",
            "setting-missing",
        ),
        ("django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.", "setting-missing"),
        ("pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings", "setting-missing"),
        (
            "2026-11-24 02:00:05+00:00 [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified",
            "setting-missing",
        ),
        ("Could not resolve placeholder 'db.url' in value \"${db.url}\"", "setting-missing"),
        ("RuntimeError: can't start new thread", "threads-exhausted"),
    ]);
}

#[test]
fn what_a_program_cannot_reach() {
    check(&[
        // Python: redis, sockets, psycopg, urllib3, aiohttp, celery, mongo
        ("ERROR job failed: Error 111 connecting to autopar-redis:6379. Connection refused.", "unreachable"),
        (
            "redis.exceptions.ConnectionError: Error 111 connecting to autopar-redis:6379. Connection refused.",
            "unreachable",
        ),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "unreachable"),
        ("ERROR connect: Host is unreachable", "unreachable"),
        (
            "psycopg2.OperationalError: connection to server at \"db\" (172.17.0.3), port 5432 failed: Connection refused",
            "unreachable",
        ),
        (
            "ERROR aiohttp: Cannot connect to host api:80 ssl:default [Connect call failed ('172.17.0.3', 80)]",
            "unreachable",
        ),
        (
            "[2026-11-24 05:44:36,123: ERROR/MainProcess] consumer: Cannot connect to redis://autopar-redis:6379/0: Error 111 connecting to autopar-redis:6379. Connection refused..",
            "unreachable",
        ),
        ("pymongo.errors.ServerSelectionTimeoutError: mongo:27017: timed out", "unreachable"),
        // Go, Node, Java, Rust, .NET, PHP, curl
        (r#"{"level":"error","msg":"dial tcp 172.17.0.3:6379: connect: connection refused"}"#, "unreachable"),
        ("level=error msg=\"dial tcp 172.17.0.3:6379: i/o timeout\"", "unreachable"),
        (
            "Error: connect ECONNREFUSED 172.17.0.3:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)",
            "unreachable",
        ),
        ("Error: connect ETIMEDOUT 172.17.0.3:5432", "unreachable"),
        (
            "java.net.ConnectException: Connection refused (Connection refused)\n\tat java.base/java.net.Socket.connect(Socket.java:1)",
            "unreachable",
        ),
        ("ERROR c.e.App : Unable to connect to autopar-redis:6379", "unreachable"),
        ("Error: Connection refused (os error 111)", "unreachable"),
        (
            "StackExchange.Redis.RedisConnectionException: It was not possible to connect to the redis server(s).",
            "unreachable",
        ),
        ("PDOException: SQLSTATE[HY000] [2002] Connection refused", "unreachable"),
        ("curl: (7) Failed to connect to api port 80: Connection refused", "unreachable"),
        // Names
        (
            "ERROR job failed: Could not connect to Redis at autopar-redis:6379: Name or service not known",
            "name-not-resolved",
        ),
        (
            "redis.exceptions.ConnectionError: Error -2 connecting to autopar-redis:6379. Name or service not known.",
            "name-not-resolved",
        ),
        ("Error: getaddrinfo ENOTFOUND autopar-redis", "name-not-resolved"),
        ("Error: getaddrinfo EAI_AGAIN autopar-redis", "name-not-resolved"),
        (
            r#"{"level":"error","msg":"dial tcp: lookup autopar-redis on 127.0.0.11:53: no such host"}"#,
            "name-not-resolved",
        ),
        (
            "java.net.UnknownHostException: autopar-redis\n\tat java.base/java.net.Socket.connect(Socket.java:1)",
            "name-not-resolved",
        ),
        (
            "psycopg2.OperationalError: could not translate host name \"db\" to address: Temporary failure in name resolution",
            "name-not-resolved",
        ),
        ("Error: failed to lookup address information: Name does not resolve", "name-not-resolved"),
        // BusyBox
        ("ERROR cannot reach Redis at autopar-redis:6379: nc: bad address 'autopar-redis'", "name-not-resolved"),
        ("wget: can't connect to remote host (172.17.0.3): Connection refused", "unreachable"),
        ("ERROR cannot reach Redis at autopar-redis:6379:", "unreachable"),
        // Lost, late, refused
        (
            "pika.exceptions.StreamLostError: Stream connection lost: ConnectionResetError(104, 'Connection reset by peer')",
            "connection-lost",
        ),
        (
            "Error: read ECONNRESET\n    at TCP.onStreamRead (node:internal/stream_base_commons:217:20)",
            "connection-lost",
        ),
        ("ERROR db: server closed the connection unexpectedly", "connection-lost"),
        ("redis.exceptions.TimeoutError: Timeout reading from autopar-redis:6379", "time-out"),
        ("level=error msg=\"context deadline exceeded\"", "time-out"),
        (
            "ERROR requests.exceptions.ReadTimeout: HTTPConnectionPool(host='api', port=80): Read timed out. (read timeout=5)",
            "time-out",
        ),
        ("asyncio.exceptions.TimeoutError", "time-out"),
        (
            "redis.exceptions.AuthenticationError: WRONGPASS invalid username-password pair or user is disabled.",
            "credentials-refused",
        ),
        ("ERROR FATAL:  password authentication failed for user \"app\"", "credentials-refused"),
        ("ERROR ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN", "credentials-refused"),
        (
            "requests.exceptions.SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1000)",
            "tls-failed",
        ),
        (
            r#"{"level":"error","msg":"Get \"https://api\": tls: failed to verify certificate: x509: certificate signed by unknown authority"}"#,
            "tls-failed",
        ),
        ("javax.net.ssl.SSLHandshakeException: PKIX path building failed", "tls-failed"),
        ("Error: certificate has expired\n    at TLSSocket.onConnectSecure (node:_tls_wrap:1674:34)", "tls-failed"),
    ]);
}

#[test]
fn what_a_program_runs_short_of() {
    check(&[
        ("[2026-11-24 05:44:36 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:12)", "worker-killed"),
        (
            "[2026-11-24 05:44:36 +0000] [7] [ERROR] Worker (pid:12) was sent SIGKILL! Perhaps out of memory?",
            "worker-killed",
        ),
        ("billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 3.", "worker-killed"),
        ("DAMN ! worker 1 (pid: 12) died, killed by signal 9 :( trying respawn ...", "worker-killed"),
        (
            "[24-Nov-2026 05:44:36] WARNING: [pool www] child 12 exited on signal 11 (SIGSEGV) after 3.1 seconds from start",
            "worker-killed",
        ),
        ("2026-11-24 05:44:36,123 INFO exited: app (exit status 1; not expected)", "worker-killed"),
        (
            "2026-11-24 05:44:36,123 INFO gave up: app entered FATAL state, too many start retries too quickly",
            "gave-up",
        ),
        (
            "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
            "pool-exhausted",
        ),
        ("ERROR HikariPool-1 - Connection is not available, request timed out after 30000ms.", "pool-exhausted"),
        ("Error: Knex: Timeout acquiring a connection. The pool is probably full.", "pool-exhausted"),
        (
            "[24-Nov-2026 05:44:36] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it",
            "pool-exhausted",
        ),
        ("OSError: [Errno 24] Too many open files", "open-files-exhausted"),
        (
            "2026/11/24 05:44:36 http: Accept error: accept tcp [::]:80: accept4: too many open files; retrying in 5ms",
            "open-files-exhausted",
        ),
        ("sqlite3.OperationalError: database is locked", "database-locked"),
        ("ERROR deadlock detected", "database-locked"),
        ("django.db.utils.ProgrammingError: relation \"jobs\" does not exist", "schema-wrong"),
        ("sqlite3.OperationalError: no such table: jobs", "schema-wrong"),
        ("The table `public.User` does not exist in the current database.", "schema-wrong"),
        (
            "You have 3 unapplied migration(s). Your project may not work properly until you apply the migrations for app(s): jobs.",
            "schema-wrong",
        ),
        ("PermissionError: [Errno 13] Permission denied: '/data/x'", "permission-denied"),
        ("Error: EACCES: permission denied, open '/data/x'", "permission-denied"),
        ("Error: EROFS: read-only file system, open '/data/x'", "permission-denied"),
    ]);
}

#[test]
fn exceptions_are_shapes() {
    check(&[
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nValueError: no",
            "unhandled-exception",
        ),
        (
            "ERROR:root:no\nTraceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nValueError: no",
            "unhandled-exception",
        ),
        ("java.lang.IllegalStateException: no\n\tat c.e.App.run(App.java:1)", "unhandled-exception"),
        ("Exception in thread \"main\" java.lang.IllegalStateException: no", "unhandled-exception"),
        ("TypeError: x is undefined\n    at y (/app/a.js:1:1)", "unhandled-exception"),
        (" ⨯ TypeError: x is undefined\n    at Page (/app/.next/server/app/page.js:1:1)", "unhandled-exception"),
        ("(node:7) UnhandledPromiseRejectionWarning: Error: no", "unhandled-exception"),
        ("thread 'tokio-runtime-worker' panicked at src/main.rs:2:5:", "unhandled-exception"),
        ("2026/11/24 05:44:36 http: panic serving 172.17.0.1:51234: no", "unhandled-exception"),
        ("PHP Fatal error:  Uncaught Error: no in /app/a.php:3", "php-errors"),
        (" ⨯ TypeError: Cannot read properties of undefined (reading 'map')", "unhandled-exception"),
        ("prisma:error \nInvalid `prisma.user.findMany()` invocation:", "unhandled-exception"),
    ]);
}

#[test]
fn many_answers_of_5xx_are_a_warning() {
    for line in [
        "INFO:     172.17.0.1:51234 - \"GET /jobs HTTP/1.1\" 500 Internal Server Error",
        "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET /jobs HTTP/1.1\" 503 145 \"-\" \"curl/8\"",
        "[24/Nov/2026 05:44:36] \"POST /jobs HTTP/1.1\" 500 145",
    ] {
        let log = (0..5).map(|n| format!("2026-11-24T05:44:{n:02}.000000000Z {line}")).collect::<Vec<_>>().join("\n");
        let found = scan(Generic, &log).matches;
        let found: Vec<_> = found.iter().map(|m| (m.id.as_str(), m.most_within, m.min_count)).collect();
        assert_eq!(found, [("server-errors", 5, 5)], "{line}");
    }
}

#[test]
fn what_looks_alarming_and_is_not() {
    for log in [
        "0 jobs failed, 0 exceptions",
        "INFO 0 jobs failed, 0 exceptions, 0 timeouts",
        "INFO retry policy: max 3 attempts, timeout=30s",
        "INFO authentication failed attempts in the last hour: 0",
        "INFO no errors",
        r#"level=info msg="circuit closed" errors=0 degraded=false"#,
        r#"{"level":"info","msg":"done","error":null,"failed":0}"#,
        r#"{"msg":"done","error":null}"#,
        "Total Warnings: 0",
        "Tests run: 12, Failures: 0, Errors: 0, Skipped: 0",
        "INFO disk full checks: 0",
        "disk full checks: 0",
        "subject=\"Re: FATAL disk full on C:\" from=alice status=delivered",
        "bob asks what to do when the disk is full or out of disk space",
        "connection refused: 0",
        "GET /error/500 200",
        "INFO registered handler for TimeoutError, ConnectionError",
        "registered handler for TimeoutError",
        r#"Using config: {"timeout": 30, "retry_on": ["connection refused", "timeout"]}"#,
        "request timeout: 30s, ReadTimeout: 10s",
        "  connect_timeout: 5",
        "INFO No renewals were attempted, 0 renewals failed",
        "INFO caught TimeoutError: retried, succeeded on attempt 2",
        "WARNING retrying in 2s: [Errno 111] Connection refused",
        "WARN redis: dial tcp 172.17.0.3:6379: connect: connection refused, retrying",
        "INFO 172.17.0.1 - \"GET /search?q=panic:+no+space+left+on+device HTTP/1.1\" 200",
        "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET /wp-login.php HTTP/1.1\" 404 145",
        "172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"POST /login HTTP/1.1\" 401 145",
        "INFO user wrote: \"FATAL: everything is on fire, no space left on device\"",
        "INFO:     Shutting down",
        "INFO tls: certificate has expired for peer example.com, ignoring",
        "DEBUG cache miss: KeyError: 'jobs'",
        "INFO port 8080 is already in use by us",
        "WARN cannot reach autopar-redis:6379, trying again",
        "INFO permission denied for user guest, as configured",
        "I1124 05:44:36.000000       1 main.go:10] error budget: 99.9",
        "2026/11/24 05:44:36 http: TLS handshake error from 45.33.1.1:1234: remote error: tls: unknown certificate",
        "F, [2026-11-24T05:44:36.123456 #1] FATAL -- : [6f1c2d3e] ActionController::RoutingError (No route matches [GET] \"/wp-login.php\"):",
        "F, [2026-11-24T05:44:36.123456 #1] FATAL -- : [6f1c2d3e]   ",
        "[2026-11-24 05:44:36 +0000] [7] [ERROR] Worker (pid:12) was sent SIGTERM!",
        "npm error signal SIGTERM",
        "npm ERR! signal SIGTERM",
        "npm error command sh -c node server.js",
        "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nKeyboardInterrupt",
        "asyncio.exceptions.CancelledError",
        "ERROR o.a.c.c.C : org.apache.catalina.connector.ClientAbortException: java.io.IOException: Broken pipe",
        "ERROR aiohttp.server: Error handling request from 45.33.1.1: aiohttp.http_exceptions.BadStatusLine: 400, message: Invalid method encountered:",
        "[notice] the listen queue holds 0 of 128",
        "Retrying (Retry(total=2)) after connection broken",
        "errors: 0, warnings: 0",
        "error rate 0.0%",
        r#"subject="Re: FATAL disk full on C:" from=alice status=delivered"#,
        "loaded module error_handler from /app/errors/fatal.py",
        r#"ts=1 level=info msg="lookup cache" err=<nil>"#,
        r#"{"severity":"INFO","message":"OutOfMemoryError: Java heap is what we alert on"}"#,
    ] {
        assert_eq!(ids(&format!("{log}\n").repeat(3)), Vec::<String>::new(), "{log}");
    }
}

#[test]
fn a_flood_of_errors_is_seen() {
    let log = "ERROR PANIC out of disk space\n".repeat(1000);
    assert_eq!(counts(Generic, &log), [("disk-full".to_owned(), 1000)]);
}

#[test]
fn a_host_that_is_not_served_is_only_worth_knowing() {
    let log = "ERROR django.security.DisallowedHost: Invalid HTTP_HOST header: '45.33.1.1'. You may need to add '45.33.1.1' to ALLOWED_HOSTS.";
    assert_eq!(ids(log), ["host-not-allowed"]);
}

#[test]
fn a_host_that_is_not_served_is_so_where_the_log_has_no_levels_too() {
    let log = "Invalid HTTP_HOST header: '45.33.1.1'.\nTraceback (most recent call last):\n  File \"request.py\", line 151, in get_host\n    raise DisallowedHost(msg)\ndjango.core.exceptions.DisallowedHost: Invalid HTTP_HOST header: '45.33.1.1'.";
    assert_eq!(ids(log), ["host-not-allowed"]);
}

#[test]
fn a_program_that_gives_up_while_it_boots_is_not_said_to_miss_a_file() {
    check(&[
        (
            "ERROR o.s.b.d.LoggingFailureAnalysisReporter : \n\n***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\nFailed to configure a DataSource: 'url' attribute is not specified and no embedded datasource could be configured.",
            "setting-missing",
        ),
        (
            "2026-11-24 02:00:05+00:00 [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified",
            "setting-missing",
        ),
        (
            "ERROR o.s.b.d.LoggingFailureAnalysisReporter : \n\n***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\nParameter 0 of constructor in c.e.Orders required a bean of type 'c.e.Mailer' that could not be found.",
            "boot-aborted",
        ),
        ("[2026-11-24 05:44:36 +0000] [1] [ERROR] Reason: Worker failed to boot.", "boot-aborted"),
    ]);
}

#[test]
fn data_that_is_damaged_is_named_as_such() {
    check(&[
        ("sqlite3.DatabaseError: database disk image is malformed", "data-damaged"),
        ("Error: SQLITE_CORRUPT: database disk image is malformed", "data-damaged"),
        (
            "2026-11-24T02:00:05.123456Z 1 [ERROR] [MY-012224] [InnoDB] Header page contains inconsistent data in datafile: ./ibdata1",
            "data-damaged",
        ),
        ("2026-11-24  2:00:05 0 [ERROR] InnoDB: Database page corruption on disk or a failed read", "data-damaged"),
        (
            r#"{"log.level":"WARN","message":"org.apache.lucene.index.CorruptIndexException: checksum failed"}"#,
            "data-damaged",
        ),
        (
            r#"{"s":"E","c":"WT","id":22435,"msg":"WiredTiger error message","attr":{"error":-31804,"message":"WT_PANIC: WiredTiger library panic"}}"#,
            "data-damaged",
        ),
        ("ERROR kafka: org.apache.kafka.common.errors.CorruptRecordException: Record is corrupt", "data-damaged"),
    ]);
}

#[test]
fn what_each_runtime_says_in_its_own_way() {
    check(&[
        (
            "[24-Nov-2026 05:44:36] WARNING: [pool www] child 7 said into stderr: \"NOTICE: PHP message: PHP Fatal error:  Uncaught Error: no\"",
            "php-errors",
        ),
        ("NOTICE: PHP message: PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted", "php-errors"),
        (
            "[2026-11-24 05:44:36,123: ERROR/MainProcess] Process 'ForkPoolWorker-1' pid:8 exited with 'signal 9 (SIGKILL)'",
            "worker-killed",
        ),
        ("OSError: [Errno 30] Read-only file system: '/data/up/1.png'", "permission-denied"),
        (
            r#"{"log.level": "WARN", "message":"flood stage disk watermark [95%] exceeded on [x], all indices on this node will be marked read-only"}"#,
            "disk-full",
        ),
        (
            "2026-11-24T05:44:36.123456Z 42 [ERROR] [MY-000035] [Server] Disk is full writing './binlog.000003' (OS errno 28 - No space left on device)",
            "disk-full",
        ),
    ]);
}

#[test]
fn a_service_that_takes_no_writes_is_named_as_such() {
    check(&[
        ("redis.exceptions.ReadOnlyError: You can't write against a read only replica.", "writes-refused"),
        ("ERROR job failed: OOM command not allowed when used memory > 'maxmemory'.", "writes-refused"),
        (
            "redis.exceptions.ResponseError: MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
            "writes-refused",
        ),
        ("ERROR db: cannot execute INSERT in a read-only transaction", "writes-refused"),
        ("ERROR db: cannot execute CREATE TABLE in a read-only transaction", "writes-refused"),
        (
            "ERROR es: index [cars] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index read-only / allow delete]",
            "writes-refused",
        ),
    ]);
}

#[test]
fn a_certificate_that_is_not_renewed_is_seen_before_it_expires() {
    check(&[
        ("Failed to renew certificate site.test with error: Some challenges have failed.", "certificate-not-renewed"),
        ("All renewals failed. The following certificates could not be renewed:", "certificate-not-renewed"),
        (
            "2026-11-24T05:44:36Z ERR Unable to obtain ACME certificate for domains error=\"no\"",
            "certificate-not-renewed",
        ),
        (
            r#"{"level":"error","logger":"tls.obtain","msg":"could not get certificate from issuer","error":"HTTP 403"}"#,
            "certificate-not-renewed",
        ),
        ("2026/11/24 05:44:36 Could not obtain certificates:", "certificate-not-renewed"),
    ]);
}

#[test]
fn an_exception_by_its_full_name_is_one_without_its_frames() {
    check(&[("celery.exceptions.NotRegisteredError: 'app.tasks.x'", "unhandled-exception")]);
}
