//! What a running server of `PostgreSQL` says.

use super::{Known, READY, READY_WORDS, says};
use crate::api::Severity::{Critical, Info, Warning};

pub(super) const PATTERNS: &[Known] = &[
    Known::new(
        "shm-full",
        Warning,
        says!("ERROR|FATAL", r"could not resize shared memory segment .+: No space left on device"),
        &["could not resize shared memory"],
        "queries fail: the container's /dev/shm is full",
    )
    .advice("raise the container's shm_size (64 MiB where none is given)"),
    Known::new(
        "disk-full",
        Critical,
        concat!(
            says!(
                "PANIC|FATAL|ERROR|LOG|WARNING",
                r"could not (?:write|extend|create|open|fsync|rename|link|copy|truncate|close|append).*(?:: (?:No space left on device|Disk quota exceeded)|wrote only \d+ of \d+ bytes)"
            ),
            r"|^(?:initdb|pg_ctl|cp|mkdir): .+: No space left on device"
        ),
        &["No space left on device", "Disk quota exceeded", "wrote only"],
        "the disk that PostgreSQL writes to is full",
    )
    .advice("free space on the volume of the data directory or enlarge it; never delete files of pg_wal by hand"),
    Known::new(
        "data-directory-lost",
        Critical,
        says!("LOG", r"performing immediate shutdown because data directory lock file is invalid"),
        &["data directory lock file is invalid"],
        "PostgreSQL stops: its data directory was removed or replaced under it",
    )
    .advice("find what touched the volume, and check the data before starting again"),
    Known::new(
        "data-corrupted",
        Critical,
        says!(
            "PANIC|FATAL|ERROR|WARNING",
            r"invalid page in block|page verification failed|could not read blocks? .+ read only|could not access status of transaction|(?:missing|unexpected) chunk (?:number|size)|index .+ contains (?:unexpected zero|corrupted) page|compressed (?:pglz |lz4 )?data is corrupt|found (?:xmin|xmax|multixact) .+ from before|right sibling's left-link doesn't match|unexpected data beyond EOF|corrupted page pointers|checksum verification failed|could not open file .?.?(?:base|global)/.+: No such file or directory"
        ),
        &[
            "invalid page in block",
            "page verification failed",
            "could not read block",
            "status of transaction",
            " chunk number",
            " chunk size",
            "zero page",
            "corrupted page",
            "data is corrupt",
            "from before",
            "left-link",
            "beyond EOF",
            "checksum verification failed",
            "could not open file",
        ],
        "PostgreSQL finds damaged data",
    )
    .advice("stop writing, copy the data directory, then check it with pg_amcheck and restore what is damaged"),
    Known::new(
        "io-error",
        Critical,
        says!(
            "PANIC|FATAL|ERROR|LOG|WARNING",
            r"could not .+: (?:Input/output error|Read-only file system|Stale file handle|Structure needs cleaning)"
        ),
        &["Input/output error", "Read-only file system", "Stale file handle", "Structure needs cleaning"],
        "PostgreSQL cannot read or write its disk",
    )
    .advice("check the disk and its mount on the host"),
    Known::new(
        "files-denied",
        Critical,
        says!(
            "PANIC|FATAL|ERROR|LOG",
            r#"could not \w+ (?:temporary |lock )?(?:file|directory) (?:\\?"){1,2}(?:base|global|pg_\w+|postmaster|PG_VERSION|\.).*: Permission denied"#
        ),
        &["Permission denied"],
        "PostgreSQL may not read or write its own files",
    )
    .advice("give the data directory back to the user of the server"),
    Known::new(
        "process-crashed",
        Critical,
        says!("LOG", r".+ \(PID \d+\) was terminated by (?:signal (?:4|5|6|7|8|9|11|31)\b|exception )"),
        &["was terminated by"],
        "a process of PostgreSQL was killed or crashed, so that all sessions ended",
    )
    .advice("signal 9 is most often the kernel's, out of memory: lower work_mem or connections, or raise the limit")
    .cleared_by(READY, READY_WORDS),
    Known::new(
        "startup-failed",
        Critical,
        says!(
            "LOG",
            r"startup process \(PID \d+\) (?:exited with exit code [1-9]|was terminated)|(?:aborting startup|shutting down) due to startup process failure"
        ),
        &["startup process"],
        "PostgreSQL could not start",
    )
    .advice("the log names the reason right before")
    .until_started(READY, READY_WORDS),
    Known::new(
        "connections-exhausted",
        Critical,
        says!(
            "FATAL",
            r"sorry, too many clients already|remaining connection slots are reserved|number of requested standby connections exceeds"
        ),
        &["too many clients already", "connection slots are reserved", "requested standby connections"],
        "PostgreSQL refuses clients: all its connections are taken",
    )
    .advice("find the client that leaks connections in pg_stat_activity, pool them, or raise max_connections"),
    Known::new(
        "cannot-fork",
        Critical,
        says!(
            "LOG|FATAL",
            r"could not fork .+: |could not accept new connection: (?:Too many|Cannot|No )|insufficient file descriptors available"
        ),
        &["could not fork", "could not accept new connection", "insufficient file descriptors"],
        "PostgreSQL cannot start processes for new connections",
    )
    .advice("raise the container's limits of memory, processes (pids) and open files, or lower max_connections"),
    Known::new(
        "wraparound-stop",
        Critical,
        says!("ERROR", r"database is not accepting commands"),
        &["database is not accepting commands"],
        "PostgreSQL takes no more writes: transaction ids are used up",
    )
    .advice("end old transactions, prepared ones and stale replication slots, then VACUUM that database"),
    Known::new(
        "standby-lost",
        Critical,
        says!("FATAL", r"could not receive data from WAL stream: ERROR:  requested WAL segment .+ has already been removed"),
        &["could not receive data from WAL stream"],
        "this standby cannot catch up: the primary no longer has the WAL that it needs",
    )
    .advice("build the standby anew with pg_basebackup; a replication slot or wal_keep_size prevents it")
    .cleared_by(STREAMING, STREAMING_WORDS),
    Known::new(
        "crash-recovery",
        Warning,
        says!("LOG", r"database system was (?:not properly shut down; automatic recovery|interrupted while in recovery)"),
        &["was not properly shut down", "interrupted while in recovery"],
        "PostgreSQL was ended without being shut down, and recovered",
    )
    .advice("find what ended it; a stop needs more time than the container is given, or memory ran out"),
    Known::new(
        "auth-failed",
        Warning,
        says!("FATAL", r".*authentication failed for user|role .+ is not permitted to log in|permission denied for database|connection requires a valid client certificate"),
        &["authentication failed for user", "not permitted to log in", "permission denied for database", "valid client certificate"],
        "logins to PostgreSQL fail",
    )
    .advice("compare user and password of the client that the log names with the server's; a data directory keeps its first password"),
    Known::new(
        "host-rejected",
        Warning,
        says!("FATAL", r"no pg_hba\.conf entry for|pg_hba\.conf rejects"),
        &["no pg_hba.conf entry", "pg_hba.conf rejects"],
        "PostgreSQL rejects a client: pg_hba.conf does not let it in",
    )
    .advice("add a line for this client to pg_hba.conf, or let it connect with SSL"),
    Known::new(
        "role-missing",
        Warning,
        says!("FATAL", r"role .+ does not exist"),
        &["does not exist"],
        "clients log in with a role that does not exist",
    )
    .advice("create the role, or correct the client's user; the image makes POSTGRES_USER only in an empty data directory"),
    Known::new(
        "database-missing",
        Warning,
        says!("FATAL", r"database .+ (?:does not exist|has disappeared|is not currently accepting connections)|cannot connect to invalid database"),
        &["does not exist", "has disappeared", "is not currently accepting", "invalid database"],
        "clients ask for a database that does not exist",
    )
    .advice("create it, or correct the client; a health check names it with pg_isready -d"),
    Known::new(
        "role-connections-exhausted",
        Warning,
        says!("FATAL", r"too many connections for (?:role|database)"),
        &["too many connections for"],
        "PostgreSQL refuses clients: a role or a database has used up its connections",
    )
    .advice("find the client that leaks connections, or raise CONNECTION LIMIT"),
    Known::new(
        "out-of-memory",
        Warning,
        says!("FATAL|ERROR|LOG", r"out of memory"),
        &["out of memory"],
        "PostgreSQL could not allocate memory for a query",
    )
    .advice("lower work_mem or the number of connections, or raise the container's memory limit"),
    Known::new(
        "lock-table-full",
        Warning,
        says!("ERROR|FATAL", r"out of shared memory|too many dynamic shared memory segments"),
        &["out of shared memory", "dynamic shared memory segments"],
        "statements fail: PostgreSQL's table of locks is full",
    )
    .advice("raise max_locks_per_transaction, or lock fewer tables in one transaction"),
    Known::new(
        "open-files-exhausted",
        Warning,
        says!("LOG|ERROR|FATAL", r"out of file descriptors|could not open .+: Too many open files"),
        &["out of file descriptors", "Too many open files"],
        "PostgreSQL has no open files left",
    )
    .advice("raise the container's ulimit for open files, or lower max_files_per_process"),
    Known::new(
        "deadlock",
        Warning,
        says!("ERROR", r"deadlock detected"),
        &["deadlock detected"],
        "transactions blocked each other and one was ended",
    )
    .advice("take locks in the same order everywhere; the record's DETAIL names both statements"),
    Known::new(
        "statement-timeout",
        Warning,
        says!("ERROR|FATAL", r"canceling statement due to statement timeout|terminating connection due to transaction timeout"),
        &["due to statement timeout", "due to transaction timeout"],
        "statements take longer than they may",
    )
    .advice("look for what is slow or blocked: pg_stat_activity, pg_locks")
    .at_least(5, 600),
    Known::new(
        "lock-waits",
        Warning,
        says!("LOG|ERROR", r"process \d+ still waiting for|canceling statement due to lock timeout"),
        &["still waiting for", "due to lock timeout"],
        "statements wait long for locks",
    )
    .advice("find the transaction that holds them: pg_blocking_pids()")
    .at_least(5, 600),
    Known::new(
        "temp-file-limit",
        Warning,
        says!("ERROR", r"temporary file size exceeds temp_file_limit"),
        &["exceeds temp_file_limit"],
        "queries fail: their temporary files are larger than temp_file_limit",
    )
    .advice("raise work_mem or temp_file_limit, or make the query smaller"),
    Known::new(
        "wraparound-near",
        Warning,
        says!("WARNING", r"database .+ must be vacuumed (?:within|before)"),
        &["must be vacuumed"],
        "transaction ids run out: PostgreSQL will stop taking writes",
    )
    .advice("end old transactions, prepared ones and stale replication slots, then VACUUM that database"),
    Known::new(
        "vacuum-held-back",
        Warning,
        says!("WARNING", r"oldest (?:xmin|multixact) is far in the past|cutoff for .+ is far in the past|bypassing nonessential maintenance|autovacuum not started"),
        &["far in the past", "bypassing nonessential maintenance", "autovacuum not started"],
        "autovacuum cannot clean up",
    )
    .advice("end old transactions, prepared ones and stale replication slots; check track_counts"),
    Known::new(
        "archive-failed",
        Warning,
        says!("LOG|FATAL|WARNING", r"archive command (?:failed|was terminated)|archiving write-ahead log file .+ failed too many times"),
        &["archive command", "archiving write-ahead log"],
        "the write-ahead log is not archived: backups have a gap, and the disk fills",
    )
    .advice("run the archive_command that the log shows by hand, and check its target"),
    Known::new(
        "replication-broken",
        Warning,
        says!(
            "FATAL|ERROR|LOG",
            r"(?:streaming replication receiver .+ )?could not connect to the primary server|could not (?:receive data from|send data to) WAL stream|could not start WAL streaming|could not send end-of-streaming message|terminating walreceiver due to timeout|highest timeline \d+ of the primary is behind|database system identifier differs"
        ),
        &[
            "connect to the primary server",
            "WAL stream",
            "end-of-streaming",
            "terminating walreceiver due to timeout",
            "of the primary is behind",
            "database system identifier differs",
        ],
        "this standby does not receive from its primary",
    )
    .advice("check that the primary runs and can be reached, and primary_conninfo")
    .cleared_by(STREAMING, STREAMING_WORDS),
    Known::new(
        "standby-disconnected",
        Warning,
        says!("LOG|ERROR|FATAL", r"terminating walsender process due to replication timeout|requested WAL segment .+ has already been removed|invalidating (?:obsolete replication )?slot|(?:can no longer (?:get changes from|access)|cannot read from) (?:logical )?replication slot|replication slot .+ does not exist"),
        &["due to replication timeout", "has already been removed", "invalidating ", "replication slot"],
        "a standby or subscriber of this server is cut off",
    )
    .advice("look at the standby; one whose WAL is gone has to be built anew"),
    Known::new(
        "subscription-failing",
        Warning,
        concat!(
            says!("ERROR|LOG", r".*could not connect to the publisher|logical replication target relation|subscription .+ has been disabled because of an error|terminating logical replication worker due to timeout"),
            "|",
            says!("CONTEXT", r"processing remote data")
        ),
        &["connect to the publisher", "logical replication target relation", "disabled because of an error", "logical replication worker due to timeout", "processing remote data"],
        "a subscription of this server cannot apply what is published",
    )
    .advice("the record names table and reason: make the row or table fit, or skip that transaction"),
    Known::new(
        "standby-conflicts",
        Warning,
        says!("ERROR|FATAL", r"(?:canceling statement|terminating connection) due to conflict with recovery"),
        &["conflict with recovery"],
        "queries on this standby are ended because replay needs their rows",
    )
    .advice("raise max_standby_streaming_delay, or set hot_standby_feedback")
    .at_least(5, 600),
    Known::new(
        "read-only",
        Warning,
        says!("ERROR", r"cannot execute .+ (?:in a read-only transaction|during recovery)"),
        &["read-only transaction", "during recovery"],
        "clients write to a server that only reads",
    )
    .advice("point them at the primary (target_session_attrs=read-write)")
    .at_least(3, 600),
    Known::new(
        "extension-missing",
        Warning,
        says!("ERROR", r"extension .+ is not available|could not open extension control file|could not access file|could not load library|incompatible library"),
        &["is not available", "extension control file", "could not access file", "could not load library", "incompatible library"],
        "an extension is not installed for this server",
    )
    .advice("install its package for this version of PostgreSQL, or use an image that has it"),
    Known::new(
        "collation-changed",
        Warning,
        says!("WARNING", r"(?:database|collation) .+ has (?:a collation )?version mismatch|database .+ has no actual collation version"),
        &["version mismatch", "collation version"],
        "the system sorts text otherwise than when the indexes were made: they may be wrong",
    )
    .advice("REINDEX what sorts text, then ALTER DATABASE … REFRESH COLLATION VERSION"),
    Known::new(
        "certificate-refused",
        Warning,
        says!("LOG", r"could not accept SSL connection: .*alert certificate (?:expired|revoked)"),
        &["alert certificate expired", "alert certificate revoked"],
        "clients refuse PostgreSQL's certificate: it has expired or was revoked",
    )
    .advice("put a new certificate in place and reload"),
    Known::new(
        "notify-queue-filling",
        Warning,
        says!("WARNING", r"NOTIFY queue is \d+% full"),
        &["NOTIFY queue is"],
        "the queue of NOTIFY fills: a listener keeps a transaction open",
    )
    .advice("end the session that the record names"),
    Known::new(
        "checkpoints-too-frequent",
        Warning,
        says!("LOG", r"checkpoints are occurring too frequently"),
        &["occurring too frequently"],
        "PostgreSQL writes checkpoints too often, which is slow",
    )
    .advice("raise max_wal_size")
    .at_least(10, 3600),
    Known::new(
        "schema-missing",
        Warning,
        says!("ERROR", r"(?:relation|table|column|schema|type|function) .+ does not exist"),
        &["does not exist"],
        "statements name tables or columns that do not exist",
    )
    .advice("run the migrations of the application, or look at the search_path")
    .at_least(5, 600),
    Known::new(
        "statements-denied",
        Warning,
        says!("ERROR", r"permission denied for|must be owner of"),
        &["permission denied for", "must be owner of"],
        "statements fail: the role may not do this",
    )
    .advice("grant what the record names; from 15 on only the owner may create in the schema public")
    .at_least(3, 600),
    Known::new(
        "idle-sessions-ended",
        Info,
        says!("FATAL", r"terminating connection due to idle-(?:in-transaction|session) timeout"),
        &["due to idle-"],
        "sessions that did nothing were ended",
    ),
    Known::new("panic", Critical, says!("PANIC", ""), &["PANIC:  ", ",PANIC,", "PANIC\",\""], "PostgreSQL panicked: all sessions ended")
        .advice("the record says why; look for a full or failing disk first")
        .cleared_by(READY, READY_WORDS)
        .fallback(),
    Known::new(
        "fatal-records",
        Warning,
        says!("FATAL", ""),
        &["FATAL:  ", ",FATAL,", "FATAL\",\""],
        "PostgreSQL ended sessions or refused them",
    )
    .advice("the record says why")
    .fallback(),
    Known::new(
        "sql-errors",
        Warning,
        says!("ERROR", ""),
        &["ERROR:  ", ",ERROR,", "ERROR\",\""],
        "many statements of applications fail",
    )
    .advice("look at the statements in the evidence, and at the application that sends them")
    .at_least(20, 600)
    .fallback(),
];

const STREAMING: &str =
    says!("LOG", r"started streaming WAL from primary|restarted WAL streaming|restored log file .+ from archive");
const STREAMING_WORDS: &[&str] = &["started streaming WAL", "restarted WAL streaming", "restored log file"];
