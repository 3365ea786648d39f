//! Lines as servers of 13 to 18 print them. `%m [%p] %q%u@%d ` is Debian's prefix, `%m [%p] ` the official image's.

use crate::{
    api::job::ProfileName::Postgres,
    core::profiles::tests::{counts, scan},
};

fn ids(log: &str) -> Vec<String> {
    counts(Postgres, log).into_iter().map(|(id, _)| id).collect()
}

fn check(cases: &[(&str, &str)]) {
    for (log, expected) in cases {
        assert_eq!(ids(log), [*expected], "{log}");
    }
}

/// `log` with one more of the same in each second, as often as the pattern wants.
fn repeated(message: &str, times: usize) -> String {
    let line =
        |n| format!("2026-11-24T05:44:{n:02}.000000000Z 2026-11-24 05:44:{n:02}.036 UTC [{}] {message}", 300 + n);
    (0..times).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_keeps_it_from_starting() {
    check(STARTING);
}

const STARTING: &[(&str, &str)] = &[
    // The official image's entry point, 13 to 17, and 18.
    (
        "Error: Database is uninitialized and superuser password is not specified.\n       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\".",
        "password-missing",
    ),
    (
        "Error: in 18+, these Docker images are configured to store database data in a\n       format which is compatible with \"pg_ctlcluster\" (specifically, using\n       major-version-specific directory names).",
        "version-mismatch",
    ),
    (
        "psql:/docker-entrypoint-initdb.d/10-schema.sql:3: ERROR:  syntax error at or near \"tabel\"",
        "init-script-failed",
    ),
    ("chown: changing ownership of '/var/lib/postgresql/data': Operation not permitted", "data-directory-unusable"),
    ("initdb: error: directory \"/var/lib/postgresql/data\" exists but is not empty", "data-directory-unusable"),
    (
        "initdb: error: could not change permissions of directory \"/var/lib/postgresql/data\": Operation not permitted",
        "data-directory-unusable",
    ),
    // 15.18 of Debian 12, run to fail so.
    (
        "2026-11-24 12:31:33.456 UTC [18926] FATAL:  database files are incompatible with server\n2026-11-24 12:31:33.456 UTC [18926] DETAIL:  The data directory was initialized by PostgreSQL version 13, which is not compatible with this version 15.18 (Debian 15.18-0+deb12u1).",
        "version-mismatch",
    ),
    (
        "2026-11-24 12:31:31.297 UTC [18880] FATAL:  lock file \"postmaster.pid\" already exists\n2026-11-24 12:31:31.297 UTC [18880] HINT:  Is another postmaster (PID 18776) running in data directory \"/tmp/web/pg/data\"?",
        "already-running",
    ),
    (
        "2026-11-24 12:31:31.297 UTC [1] FATAL:  pre-existing shared memory block (key 54329, ID 5) is still in use",
        "already-running",
    ),
    (
        "2026-11-24 12:31:31.379 UTC [18884] LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use",
        "port-in-use",
    ),
    ("2026-11-24 12:31:31.379 UTC [18884] FATAL:  could not create any TCP/IP sockets", "cannot-listen"),
    (
        "2026-11-24 12:31:31.379 UTC [1] FATAL:  could not create lock file \"/var/run/postgresql/.s.PGSQL.5432.lock\": No such file or directory",
        "cannot-listen",
    ),
    (
        "2026-11-24 12:31:33.476 UTC [18928] FATAL:  \"/tmp/web/pg/data2\" is not a valid data directory\n2026-11-24 12:31:33.476 UTC [18928] DETAIL:  File \"/tmp/web/pg/data2/PG_VERSION\" is missing.",
        "data-directory-unusable",
    ),
    (
        "2026-11-24 12:31:33.625 UTC [18932] FATAL:  data directory \"/tmp/web/pg/data\" has invalid permissions",
        "data-directory-unusable",
    ),
    ("2026-11-24 12:31:33.625 UTC [1] FATAL:  data directory \"/data\" has wrong ownership", "data-directory-unusable"),
    (
        "postgres: could not access directory \"/nope\": No such file or directory\nRun initdb or pg_basebackup to initialize a PostgreSQL data directory.",
        "data-directory-unusable",
    ),
    (
        "2026-11-24 12:31:33.648 GMT [18934] FATAL:  invalid value for parameter \"shared_buffers\": \"lots\"",
        "config-error",
    ),
    (
        "2026-11-24 12:31:33.670 GMT [18935] LOG:  unrecognized configuration parameter \"foo\" in file \"/tmp/web/pg/data/postgresql.conf\" line 824",
        "config-error",
    ),
    (
        "2026-11-24 12:31:33.670 GMT [18935] FATAL:  configuration file \"/tmp/web/pg/data/postgresql.conf\" contains errors",
        "config-error",
    ),
    (
        "2026-11-24 12:31:19.243 UTC [17962] LOG:  configuration file \"/tmp/web/pg/data/postgresql.conf\" contains errors; unaffected changes were applied",
        "config-error",
    ),
    ("2026-11-24 12:31:19.753 UTC [17962] LOG:  pg_hba.conf was not reloaded", "config-error"),
    // 16 and later name the file.
    ("2026-11-24 12:31:19.753 UTC [1] LOG:  /var/lib/postgresql/data/pg_hba.conf was not reloaded", "config-error"),
    ("2026-11-24 12:31:19.753 UTC [1] FATAL:  could not load /etc/postgresql/17/main/pg_hba.conf", "config-error"),
    (
        "2026-11-24 12:31:19.753 UTC [1] LOG:  syntax error in file \"/etc/postgresql/15/main/postgresql.conf\" line 5, near token \"=\"",
        "config-error",
    ),
    (
        "postgres: could not access the server configuration file \"/etc/postgresql.conf\": No such file or directory",
        "config-error",
    ),
    ("\"root\" execution of the PostgreSQL server is not permitted.", "config-error"),
    (
        "2026-11-24 12:31:33.721 UTC [18938] FATAL:  could not load server certificate file \"server.crt\": No such file or directory",
        "certificate-unusable",
    ),
    (
        "2026-11-24 12:31:33.721 UTC [1] FATAL:  private key file \"/etc/ssl/server.key\" has group or world access",
        "certificate-unusable",
    ),
    (
        "2026-11-24 12:31:33.699 UTC [18937] FATAL:  could not access file \"pg_nope\": No such file or directory",
        "library-missing",
    ),
    (
        "2026-11-24 12:31:33.857 UTC [18941] FATAL:  could not map anonymous shared memory: Cannot allocate memory",
        "memory-refused",
    ),
    // 13, 15 and 17 say where, each a little more.
    ("2026-11-24 12:31:33.857 UTC [28] PANIC:  could not locate a valid checkpoint record", "recovery-failed"),
    (
        "2026-11-24 12:31:33.857 UTC [28] PANIC:  could not locate a valid checkpoint record at 0/1940D90",
        "recovery-failed",
    ),
    (
        "2026-11-24 12:31:33.857 UTC [28] FATAL:  requested timeline 2 is not a child of this server's history",
        "recovery-failed",
    ),
    ("2026-11-24 12:31:33.857 UTC [1] FATAL:  incorrect checksum in control file", "recovery-failed"),
    ("2026-11-24 12:31:33.857 UTC [1] LOG:  startup process (PID 28) exited with exit code 1", "startup-failed"),
    ("2026-11-24 12:31:33.857 UTC [1] LOG:  aborting startup due to startup process failure", "startup-failed"),
];

#[test]
fn what_a_running_server_reports() {
    check(RUNNING);
}

const RUNNING: &[(&str, &str)] = &[
    (
        "2026-11-24 05:44:36.123 UTC [77] app@app ERROR:  could not extend file \"base/16384/16385\": No space left on device\n2026-11-24 05:44:36.123 UTC [77] app@app HINT:  Check free disk space.",
        "disk-full",
    ),
    (
        "2026-11-24 05:44:36.123 UTC [77] PANIC:  could not write to file \"pg_wal/xlogtemp.77\": No space left on device",
        "disk-full",
    ),
    (
        "2026-11-24 05:44:36.123 UTC [77] LOG:  could not write temporary statistics file \"pg_stat_tmp/global.tmp\": No space left on device",
        "disk-full",
    ),
    (
        "2026-11-24 05:44:36.123 UTC [77] ERROR:  could not extend file \"base/5/16400\": wrote only 4096 of 8192 bytes at block 12",
        "disk-full",
    ),
    (
        "2026-11-24 05:44:36.123 UTC [77] app@app ERROR:  could not resize shared memory segment \"/PostgreSQL.1804289383\" to 8388608 bytes: No space left on device",
        "shm-full",
    ),
    (
        "2026-11-24 05:44:36.123 UTC [1] LOG:  performing immediate shutdown because data directory lock file is invalid",
        "data-directory-lost",
    ),
    ("2026-11-24 05:44:36.123 UTC [77] ERROR:  invalid page in block 3 of relation base/16384/16385", "data-corrupted"),
    (
        "2026-11-24 05:44:36.123 UTC [77] WARNING:  page verification failed, calculated checksum 1234 but expected 4321",
        "data-corrupted",
    ),
    (
        "2026-11-24 05:44:36.123 UTC [77] app@app ERROR:  could not open file \"base/16384/16385\": No such file or directory",
        "data-corrupted",
    ),
    (
        "2026-11-24 05:44:36.123 UTC [77] app@app ERROR:  missing chunk number 0 for toast value 16391 in pg_toast_16385",
        "data-corrupted",
    ),
    (
        "2026-11-24 05:44:36.123 UTC [77] app@app ERROR:  could not read block 5 in file \"base/5/16400\": Input/output error",
        "io-error",
    ),
    (
        "2026-11-24 05:44:36.123 UTC [77] PANIC:  could not fsync file \"pg_wal/000000010000000000000001\": Input/output error",
        "io-error",
    ),
    (
        "2026-11-24 05:44:36.123 UTC [77] ERROR:  could not open file \"pg_wal/000000010000000000000001\": Permission denied",
        "files-denied",
    ),
    (
        "2026-11-24 12:31:17.245 UTC [17962] LOG:  server process (PID 18435) was terminated by signal 9: Killed\n2026-11-24 12:31:17.245 UTC [17962] DETAIL:  Failed process was running: select pg_sleep(30)",
        "process-crashed",
    ),
    (
        "2026-11-24 12:31:17.245 UTC [1] LOG:  checkpointer process (PID 29) was terminated by signal 11: Segmentation fault",
        "process-crashed",
    ),
    (
        "2026-11-24 12:31:10.542 UTC [18308] postgres@postgres FATAL:  sorry, too many clients already",
        "connections-exhausted",
    ),
    (
        "2026-11-24 12:31:12.965 UTC [18403] app@app FATAL:  remaining connection slots are reserved for non-replication superuser connections",
        "connections-exhausted",
    ),
    // 16 and later.
    (
        "2026-11-24 12:31:12.965 UTC [403] FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "connections-exhausted",
    ),
    ("2026-11-24 12:31:12.965 UTC [403] FATAL:  too many connections for role \"app\"", "role-connections-exhausted"),
    (
        "2026-11-24 12:31:12.965 UTC [1] LOG:  could not fork new process for connection: Resource temporarily unavailable",
        "cannot-fork",
    ),
    // 17 and later.
    (
        "2026-11-24 12:31:12.965 UTC [1] LOG:  could not fork \"client backend\" process: Cannot allocate memory",
        "cannot-fork",
    ),
    (
        "2026-11-24 12:31:12.965 UTC [77] ERROR:  database is not accepting commands to avoid wraparound data loss in database \"app\"",
        "wraparound-stop",
    ),
    // 17 and later.
    (
        "2026-11-24 12:31:12.965 UTC [77] ERROR:  database is not accepting commands that assign new transaction IDs to avoid wraparound data loss in database \"app\"",
        "wraparound-stop",
    ),
    (
        "2026-11-24 12:31:12.965 UTC [77] WARNING:  database \"app\" must be vacuumed within 10985967 transactions",
        "wraparound-near",
    ),
    ("2026-11-24 12:31:12.965 UTC [77] WARNING:  oldest xmin is far in the past", "vacuum-held-back"),
    (
        "2026-11-24 12:31:12.965 UTC [77] WARNING:  cutoff for removing and freezing tuples is far in the past",
        "vacuum-held-back",
    ),
    (
        "2026-11-24 12:31:20.504 UTC [18444] LOG:  database system was not properly shut down; automatic recovery in progress",
        "crash-recovery",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [18268] app@app FATAL:  password authentication failed for user \"app\"\n2026-11-24 12:31:09.602 UTC [18268] app@app DETAIL:  Connection matched pg_hba.conf line 87: \"host    all             all             127.0.0.1/32            scram-sha-256\"",
        "auth-failed",
    ),
    ("2026-11-24 12:31:09.602 UTC [268] FATAL:  Peer authentication failed for user \"app\"", "auth-failed"),
    (
        "2026-11-24 12:31:09.602 UTC [268] FATAL:  no pg_hba.conf entry for host \"172.17.0.3\", user \"app\", database \"app\", no encryption",
        "host-rejected",
    ),
    ("2026-11-24 12:31:09.602 UTC [268] FATAL:  role \"autopar\" does not exist", "role-missing"),
    ("2026-11-24 12:31:09.602 UTC [268] app@nodb FATAL:  database \"nodb\" does not exist", "database-missing"),
    (
        "2026-11-24 12:31:09.602 UTC [268] app@app ERROR:  out of memory\n2026-11-24 12:31:09.602 UTC [268] app@app DETAIL:  Failed on request of size 1073741823 in memory context \"ExecutorState\".",
        "out-of-memory",
    ),
    ("2026-11-24 12:31:09.602 UTC [268] app@app ERROR:  out of shared memory", "lock-table-full"),
    (
        "2026-11-24 12:31:09.602 UTC [268] LOG:  out of file descriptors: Too many open files in system; release and retry",
        "open-files-exhausted",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [268] app@app ERROR:  deadlock detected\n2026-11-24 12:31:09.602 UTC [268] app@app DETAIL:  Process 268 waits for ShareLock on transaction 740; blocked by process 269.",
        "deadlock",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [268] app@app ERROR:  temporary file size exceeds temp_file_limit (1024kB)",
        "temp-file-limit",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] LOG:  archive command failed with exit code 1\n2026-11-24 12:31:09.602 UTC [33] DETAIL:  The failed archive command was: false",
        "archive-failed",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] WARNING:  archiving write-ahead log file \"000000010000000000000001\" failed too many times, will try again later",
        "archive-failed",
    ),
    // 15 and 17 name the receiver differently.
    (
        "2026-11-24 12:31:09.602 UTC [33] FATAL:  could not connect to the primary server: connection to server at \"db-0\" (172.17.0.3), port 5432 failed: Connection refused",
        "replication-broken",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] FATAL:  streaming replication receiver \"walreceiver\" could not connect to the primary server: connection to server at \"db-0\" (172.17.0.3), port 5432 failed: Connection refused",
        "replication-broken",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] FATAL:  could not start WAL streaming: ERROR:  replication slot \"standby1\" does not exist",
        "replication-broken",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] repl@[unknown] ERROR:  requested WAL segment 000000010000000000000001 has already been removed",
        "standby-disconnected",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] LOG:  terminating walsender process due to replication timeout",
        "standby-disconnected",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] LOG:  invalidating obsolete replication slot \"standby1\"",
        "standby-disconnected",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] ERROR:  logical replication target relation \"public.t\" does not exist",
        "subscription-failing",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] ERROR:  extension \"postgis\" is not available\n2026-11-24 12:31:09.602 UTC [33] DETAIL:  Could not open extension control file \"/usr/share/postgresql/15/extension/postgis.control\": No such file or directory.",
        "extension-missing",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] ERROR:  could not open extension control file \"/usr/share/postgresql/13/extension/postgis.control\": No such file or directory",
        "extension-missing",
    ),
    (
        "2026-11-24 12:31:09.973 UTC [289] app@app ERROR:  could not access file \"$libdir/postgis-3\": No such file or directory",
        "extension-missing",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] WARNING:  database \"app\" has a collation version mismatch",
        "collation-changed",
    ),
    (
        "2026-11-24 12:31:09.602 UTC [33] LOG:  could not accept SSL connection: sslv3 alert certificate expired",
        "certificate-refused",
    ),
    ("2026-11-24 12:31:09.602 UTC [33] WARNING:  NOTIFY queue is 50% full", "notify-queue-filling"),
    (
        "2026-11-24 12:31:09.602 UTC [33] FATAL:  terminating connection due to idle-in-transaction timeout",
        "idle-sessions-ended",
    ),
    ("2026-11-24 12:31:09.602 UTC [33] PANIC:  ERRORDATA_STACK_SIZE exceeded", "panic"),
    (
        "2026-11-24 12:31:09.602 UTC [33] FATAL:  terminating connection because protocol synchronization was lost",
        "fatal-records",
    ),
];

#[test]
fn what_one_client_may_do_takes_many_to_matter() {
    for (message, id, times) in [
        ("app@app ERROR:  canceling statement due to statement timeout", "statement-timeout", 5),
        ("LOG:  process 31 still waiting for ShareLock on transaction 740 after 1000.123 ms", "lock-waits", 5),
        ("app@app ERROR:  canceling statement due to conflict with recovery", "standby-conflicts", 5),
        ("app@app ERROR:  cannot execute INSERT in a read-only transaction", "read-only", 3),
        ("LOG:  checkpoints are occurring too frequently (5 seconds apart)", "checkpoints-too-frequent", 10),
        ("app@app ERROR:  relation \"nope\" does not exist at character 15", "schema-missing", 5),
        ("app@app ERROR:  column \"nope\" does not exist at character 8", "schema-missing", 5),
        ("app@app ERROR:  permission denied for schema public at character 14", "statements-denied", 3),
        ("app@app ERROR:  division by zero", "sql-errors", 20),
        ("app@app ERROR:  duplicate key value violates unique constraint \"t_pkey\"", "sql-errors", 20),
        ("app@app ERROR:  null value in column \"a\" of relation \"t\" violates not-null constraint", "sql-errors", 20),
        ("app@app ERROR:  syntax error at or near \"selct\" at character 1", "sql-errors", 20),
    ] {
        let found = scan(Postgres, &repeated(message, times));
        let matched: Vec<_> = found.matches.iter().map(|m| (m.id.as_str(), m.most_within, m.min_count)).collect();
        let times = times as u64;
        assert_eq!(matched, [(id, times, times)], "{message}");
    }
}

#[test]
fn the_csv_and_json_forms_say_the_same() {
    check(&[
        (
            r#"2026-11-24 12:31:10.542 UTC,"app","app",18308,"172.17.0.3:51234",6924f0ce.4784,1,"",2026-11-24 12:31:10 UTC,,0,FATAL,53300,"sorry, too many clients already",,,,,,,,,"","client backend",,0"#,
            "connections-exhausted",
        ),
        (
            r#"{"timestamp":"2026-11-24 12:31:10.542 UTC","user":"app","dbname":"app","pid":308,"error_severity":"FATAL","state_code":"53300","message":"sorry, too many clients already","backend_type":"client backend","query_id":0}"#,
            "connections-exhausted",
        ),
        // CloudNativePG.
        (
            r#"{"level":"info","ts":"2026-11-24T12:31:10Z","logger":"postgres","msg":"record","record":{"log_time":"2026-11-24 12:31:10.542 UTC","process_id":"308","error_severity":"FATAL","sql_state_code":"3D000","message":"database \"nodb\" does not exist","backend_type":"client backend"}}"#,
            "database-missing",
        ),
        // log_error_verbosity = verbose
        ("2026-11-24 12:31:10.542 UTC [18308] FATAL:  53300: sorry, too many clients already", "connections-exhausted"),
        // No prefix at all.
        ("FATAL:  sorry, too many clients already", "connections-exhausted"),
    ]);
}

#[test]
fn what_looks_alarming_and_is_not() {
    for log in [
        "2026-11-24 12:31:22.111 UTC [18578] postgres@postgres FATAL:  terminating connection due to administrator command\n2026-11-24 12:31:22.111 UTC [18578] postgres@postgres STATEMENT:  select pg_sleep(5)",
        "2026-11-24 12:31:22.111 UTC [578] FATAL:  terminating background worker \"parallel worker\" due to administrator command",
        "2026-11-24 12:31:22.111 UTC [578] FATAL:  terminating walreceiver process due to administrator command",
        "2026-11-24 12:31:22.115 UTC [17962] LOG:  background worker \"logical replication launcher\" (PID 18570) exited with exit code 1",
        "2026-11-24 12:31:20.801 UTC [18550] postgres@postgres FATAL:  the database system is not yet accepting connections\n2026-11-24 12:31:20.801 UTC [18550] postgres@postgres DETAIL:  Consistent recovery state has not been yet reached.",
        "2026-11-24 12:31:20.801 UTC [18550] FATAL:  the database system is starting up",
        "2026-11-24 12:31:20.801 UTC [18550] FATAL:  the database system is shutting down",
        "2026-11-24 12:31:20.801 UTC [18550] LOG:  could not receive data from client: Connection reset by peer",
        "2026-11-24 12:31:20.801 UTC [18550] LOG:  could not send data to client: Broken pipe",
        "2026-11-24 12:31:20.801 UTC [18550] FATAL:  connection to client lost",
        "2026-11-24 12:31:20.801 UTC [18550] LOG:  unexpected EOF on client connection with an open transaction",
        "2026-11-24 12:31:16.713 UTC [18434] [unknown]@[unknown] LOG:  invalid length of startup packet",
        "2026-11-24 12:31:16.713 UTC [18434] [unknown]@[unknown] LOG:  incomplete startup packet",
        "2026-11-24 12:31:16.713 UTC [434] FATAL:  unsupported frontend protocol 16.0: server supports 3.0 to 3.0",
        "2026-11-24 12:31:16.713 UTC [434] FATAL:  no PostgreSQL user name specified in startup packet",
        "2026-11-24 12:31:16.713 UTC [434] FATAL:  canceling authentication due to timeout",
        "2026-11-24 12:31:16.713 UTC [434] FATAL:  role \"root\" does not exist",
        "2026-11-24 12:31:16.713 UTC [434] root@root FATAL:  database \"root\" does not exist",
        r#"{"error_severity":"FATAL","state_code":"28000","message":"role \"root\" does not exist"}"#,
        "2026-11-24 12:31:16.713 UTC [434] ERROR:  canceling autovacuum task\n2026-11-24 12:31:16.713 UTC [434] CONTEXT:  automatic vacuum of table \"app.public.t\"",
        "2026-11-24 12:31:16.713 UTC [434] ERROR:  canceling statement due to user request",
        "2026-11-24 12:31:16.713 UTC [434] WARNING:  terminating connection because of crash of another server process",
        "2026-11-24 12:31:16.713 UTC [434] LOG:  could not bind IPv6 address \"::1\": Cannot assign requested address",
        // What a client wrote is no message of the server.
        "2026-11-24 12:31:16.713 UTC [434] LOG:  statement: insert into notes values ('PANIC:  No space left on device')",
        "2026-11-24 12:31:16.713 UTC [434] app@app STATEMENT:  select 'FATAL:  sorry, too many clients already'",
        "2026-11-24 12:31:16.713 UTC [434] LOG:  duration: 1200.123 ms  statement: select 'ERROR:  deadlock detected'",
        "2026-11-24 12:31:16.713 UTC [434] ERROR:  could not serialize access due to concurrent update",
        "2026-11-24 12:31:16.713 UTC [434] ERROR:  current transaction is aborted, commands ignored until end of transaction block",
    ] {
        assert_eq!(ids(&format!("{log}\n").repeat(30)), Vec::<String>::new(), "{log}");
    }
}

#[test]
fn what_ends_a_state_clears_it() {
    for (bad, good) in [
        (
            "LOG:  server process (PID 18435) was terminated by signal 9: Killed",
            "LOG:  database system is ready to accept connections",
        ),
        (
            "PANIC:  could not write to file \"x\": Interrupted system call",
            "LOG:  database system is ready to accept connections",
        ),
        // 13 writes it in two words.
        (
            "LOG:  startup process (PID 28) exited with exit code 1",
            "LOG:  database system is ready to accept read only connections",
        ),
        (
            "FATAL:  could not connect to the primary server: connection to server at \"db-0\" (172.17.0.3), port 5432 failed: Connection refused",
            "LOG:  started streaming WAL from primary at 0/3000000 on timeline 1",
        ),
        (
            "FATAL:  could not receive data from WAL stream: ERROR:  requested WAL segment 000000010000000000000001 has already been removed",
            "LOG:  restored log file \"000000010000000000000001\" from archive",
        ),
    ] {
        let log = format!(
            "2026-11-24T05:48:09.000000000Z 2026-11-24 05:48:09.000 UTC [31] {bad}\n2026-11-24T05:48:19.000000000Z 2026-11-24 05:48:19.000 UTC [1] {good}"
        );
        let found = scan(Postgres, &log).matches;
        assert!(!found.is_empty(), "{bad}");
        let cleared = Some("2026-11-24T05:48:19Z".parse().unwrap());
        assert!(found.iter().filter(|m| m.count > 0).all(|m| m.cleared == cleared), "{bad}: {found:?}");
    }
}

/// Whole starts and stops, with `initdb` before the first.
#[test]
fn every_start_and_stop_is_silent() {
    for log in [START_15, START_13_OFFICIAL, START_17_OFFICIAL] {
        assert_eq!(ids(log), Vec::<String>::new());
    }
}

const START_15: &str = "2026-11-24 12:31:07.924 UTC [17962] LOG:  starting PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14+deb12u1) 12.2.0, 64-bit
2026-11-24 12:31:07.924 UTC [17962] LOG:  listening on IPv4 address \"127.0.0.1\", port 54329
2026-11-24 12:31:07.929 UTC [17962] LOG:  listening on Unix socket \"/tmp/web/pg/.s.PGSQL.54329\"
2026-11-24 12:31:07.941 UTC [17967] LOG:  database system was shut down at 2026-11-24 12:31:05 UTC
2026-11-24 12:31:07.957 UTC [17962] LOG:  database system is ready to accept connections
2026-11-24 12:31:19.242 UTC [17962] LOG:  received SIGHUP, reloading configuration files
2026-11-24 12:36:07.100 UTC [17965] LOG:  checkpoint starting: time
2026-11-24 12:36:21.408 UTC [17965] LOG:  checkpoint complete: wrote 963 buffers (5.9%); 0 WAL file(s) added, 0 removed, 0 recycled; write=0.024 s, sync=0.813 s, total=0.856 s; sync files=339, longest=0.017 s, average=0.003 s; distance=4350 kB, estimate=4350 kB
2026-11-24 12:37:22.104 UTC [17962] LOG:  received fast shutdown request
2026-11-24 12:37:22.107 UTC [17962] LOG:  aborting any active transactions
2026-11-24 12:37:22.111 UTC [18578] postgres@postgres FATAL:  terminating connection due to administrator command
2026-11-24 12:37:22.111 UTC [18578] postgres@postgres STATEMENT:  select pg_sleep(5)
2026-11-24 12:37:22.115 UTC [17962] LOG:  background worker \"logical replication launcher\" (PID 18570) exited with exit code 1
2026-11-24 12:37:22.118 UTC [18445] LOG:  shutting down
2026-11-24 12:37:22.118 UTC [18445] LOG:  checkpoint starting: shutdown immediate
2026-11-24 12:37:22.177 UTC [17962] LOG:  database system is shut down
";

const START_13_OFFICIAL: &str = "The files belonging to this database system will be owned by user \"postgres\".
This user must also own the server process.

The database cluster will be initialized with locale \"en_US.utf8\".
Data page checksums are disabled.

fixing permissions on existing directory /var/lib/postgresql/data ... ok
creating subdirectories ... ok
selecting dynamic shared memory implementation ... posix
running bootstrap script ... ok
performing post-bootstrap initialization ... ok
syncing data to disk ... ok

initdb: warning: enabling \"trust\" authentication for local connections
You can change this by editing pg_hba.conf or using the option -A, or
--auth-local and --auth-host, the next time you run initdb.

Success. You can now start the database server using:

    pg_ctl -D /var/lib/postgresql/data -l logfile start

waiting for server to start....2026-11-24 12:31:07.924 UTC [48] LOG:  starting PostgreSQL 13.16 (Debian 13.16-1.pgdg120+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit
2026-11-24 12:31:07.929 UTC [48] LOG:  listening on Unix socket \"/var/run/postgresql/.s.PGSQL.5432\"
2026-11-24 12:31:07.941 UTC [49] LOG:  database system was shut down at 2026-11-24 12:31:05 UTC
2026-11-24 12:31:07.957 UTC [48] LOG:  database system is ready to accept connections
 done
server started
CREATE DATABASE

/usr/local/bin/docker-entrypoint.sh: ignoring /docker-entrypoint-initdb.d/*

2026-11-24 12:31:09.100 UTC [48] LOG:  received fast shutdown request
waiting for server to shut down....2026-11-24 12:31:09.107 UTC [48] LOG:  aborting any active transactions
2026-11-24 12:31:09.115 UTC [48] LOG:  background worker \"logical replication launcher\" (PID 55) exited with exit code 1
2026-11-24 12:31:09.118 UTC [50] LOG:  shutting down
2026-11-24 12:31:09.177 UTC [48] LOG:  database system is shut down
 done
server stopped

PostgreSQL init process complete; ready for start up.

2026-11-24 12:31:09.211 UTC [1] LOG:  starting PostgreSQL 13.16 (Debian 13.16-1.pgdg120+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit
2026-11-24 12:31:09.211 UTC [1] LOG:  listening on IPv4 address \"0.0.0.0\", port 5432
2026-11-24 12:31:09.211 UTC [1] LOG:  listening on IPv6 address \"::\", port 5432
2026-11-24 12:31:09.245 UTC [63] LOG:  database system was shut down at 2026-11-24 12:31:09 UTC
2026-11-24 12:31:09.256 UTC [1] LOG:  database system is ready to accept connections
";

const START_17_OFFICIAL: &str = "
PostgreSQL Database directory appears to contain a database; Skipping initialization

2026-11-24 12:31:09.211 UTC [1] LOG:  starting PostgreSQL 17.2 (Debian 17.2-1.pgdg120+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit
2026-11-24 12:31:09.211 UTC [1] LOG:  listening on IPv4 address \"0.0.0.0\", port 5432
2026-11-24 12:31:09.211 UTC [1] LOG:  listening on IPv6 address \"::\", port 5432
2026-11-24 12:31:09.229 UTC [1] LOG:  listening on Unix socket \"/var/run/postgresql/.s.PGSQL.5432\"
2026-11-24 12:31:09.245 UTC [29] LOG:  database system was shut down at 2026-11-24 12:31:09 UTC
2026-11-24 12:31:09.256 UTC [1] LOG:  database system is ready to accept connections
2026-11-24 12:36:09.300 UTC [27] LOG:  checkpoint starting: time
2026-11-24 12:36:13.527 UTC [27] LOG:  checkpoint complete: wrote 44 buffers (0.3%); 0 WAL file(s) added, 0 removed, 0 recycled; write=4.215 s, sync=0.005 s, total=4.228 s; sync files=12, longest=0.003 s, average=0.001 s; distance=262 kB, estimate=262 kB; lsn=0/1960B78, redo lsn=0/1960AE8
";
