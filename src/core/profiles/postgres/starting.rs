//! What keeps `PostgreSQL` from starting.

use super::{Known, READY, READY_WORDS, says};
use crate::api::Severity::Critical;

pub(super) const PATTERNS: &[Known] = &[
    Known::new(
        "password-missing",
        Critical,
        r"^Error: Database is uninitialized and superuser password is not specified",
        &["Database is uninitialized and superuser password"],
        "PostgreSQL does not start: its data directory is empty and POSTGRES_PASSWORD is not set",
    )
    .advice("set POSTGRES_PASSWORD, or mount the data directory that was meant")
    .until_started(READY, READY_WORDS),
    Known::new(
        "init-script-failed",
        Critical,
        r"^psql:/docker-entrypoint-initdb\.d/.+: (?:ERROR|FATAL):  ",
        &["psql:/docker-entrypoint-initdb.d/"],
        "a script of /docker-entrypoint-initdb.d failed: the database is made, and not filled",
    )
    .advice("correct the script and start again with an empty data directory: the scripts never run twice"),
    Known::new(
        "version-mismatch",
        Critical,
        concat!(
            says!("FATAL", r"database files are incompatible with server"),
            r"|^Error: in 18\+, these Docker images are configured"
        ),
        &["database files are incompatible", "in 18+, these Docker images"],
        "PostgreSQL does not start: its data directory was made by another version",
    )
    .advice("run the version that made the data directory, or move the data with pg_upgrade or a dump")
    .until_started(READY, READY_WORDS),
    Known::new(
        "already-running",
        Critical,
        says!("FATAL", r#"lock file .+ (?:already exists|is empty)|pre-existing shared memory block .*is still in use"#),
        &["lock file ", "pre-existing shared memory block"],
        "PostgreSQL does not start: another server holds its data directory",
    )
    .advice("stop the other server of this data directory; two must never share it")
    .until_started(READY, READY_WORDS),
    Known::new(
        "port-in-use",
        Critical,
        says!("LOG|FATAL", r"could not bind .+: Address already in use"),
        &["Address already in use"],
        "PostgreSQL cannot listen: its port is in use",
    )
    .advice("find what holds the port, or change it")
    .until_started(READY, READY_WORDS),
    Known::new(
        "cannot-listen",
        Critical,
        says!(
            "FATAL",
            r"could not create any (?:TCP/IP|Unix-domain) sockets|no socket created for listening|could not (?:create|open|write) lock file .+\.s\.PGSQL\."
        ),
        &["could not create any", "no socket created", ".s.PGSQL."],
        "PostgreSQL does not start: it cannot open its sockets",
    )
    .advice("check listen_addresses, and that the folder of the Unix socket exists and belongs to postgres")
    .until_started(READY, READY_WORDS),
    Known::new(
        "data-directory-unusable",
        Critical,
        concat!(
            says!(
                "FATAL",
                r"data directory .+ (?:does not exist|has invalid permissions|has wrong ownership)|.+ is not a valid data directory|specified data directory .+ is not a directory|could not read permissions of directory|could not (?:access|change) directory"
            ),
            r#"|^postgres: could not (?:access directory|find the database system)|^initdb: (?:error: )?(?:could not (?:create|access|change|open|read)|directory ").*(?:: (?:Permission denied|Operation not permitted|Read-only file system)|exists but is not empty)|^(?:chown|chmod|mkdir|find): .*/var/lib/postgresql.*(?:Permission denied|Operation not permitted|Read-only file system)"#
        ),
        &[
            "data directory",
            "permissions of directory",
            "could not access directory",
            "could not change directory",
            "could not find the database system",
            "initdb: ",
            "/var/lib/postgresql",
        ],
        "PostgreSQL does not start: it cannot use its data directory",
    )
    .advice("check that the right volume is mounted and belongs to the user of the server, mode 0700")
    .until_started(READY, READY_WORDS),
    Known::new(
        "config-error",
        Critical,
        concat!(
            says!(
                "LOG|FATAL|ERROR",
                r"configuration file .+ contains errors|.+pg_hba\.conf was not reloaded|pg_hba\.conf was not reloaded|could not load .*pg_hba\.conf|invalid value for parameter|unrecognized configuration parameter .+ in file|parameter .+ cannot be changed without restarting the server|syntax error in file .+\.conf|could not open configuration file"
            ),
            "|",
            says!("FATAL", r"unrecognized configuration parameter|-?\d+.* is outside the valid range for parameter"),
            r#"|^postgres:? (?:could not access the server configuration file|does not know where to find)|^"root" execution of the PostgreSQL server is not permitted"#
        ),
        &[
            "configuration file",
            "pg_hba.conf was not reloaded",
            "could not load ",
            "for parameter",
            "configuration parameter",
            "without restarting the server",
            "syntax error in file",
            "does not know where to find",
            "execution of the PostgreSQL server",
        ],
        "PostgreSQL does not start: its configuration is wrong",
    )
    .survived("PostgreSQL refuses settings and keeps the old ones")
    .advice("correct the setting that the log names; where it says so, restart"),
    Known::new(
        "certificate-unusable",
        Critical,
        says!(
            "LOG|FATAL",
            r"could not (?:load|access) (?:server certificate|private key|root certificate|SSL certificate revocation list) file|private key file .+ (?:has group or world access|must be owned)|check of private key failed|SSL configuration was not reloaded"
        ),
        &["certificate file", "private key", "revocation list file", "SSL configuration was not"],
        "PostgreSQL does not start: it cannot use its certificate or key",
    )
    .survived("PostgreSQL keeps its old certificate: it cannot use the new one or its key")
    .advice("check that certificate and key belong together, and that the key is readable by postgres alone"),
    Known::new(
        "library-missing",
        Critical,
        says!(
            "FATAL",
            r#"could not access file|could not load library|incompatible library|extension .+ must be preloaded|.+ must be loaded via "?shared_preload_libraries"#
        ),
        &["could not access file", "could not load library", "incompatible library", "preload"],
        "PostgreSQL cannot load a library that its configuration names",
    )
    .advice("install the extension's package for this version, or take it out of shared_preload_libraries")
    .survived("sessions fail: PostgreSQL cannot load a library that its configuration names"),
    Known::new(
        "memory-refused",
        Critical,
        says!("FATAL", r"could not (?:map anonymous shared memory|create shared memory segment|create semaphores)"),
        &["anonymous shared memory", "shared memory segment", "could not create semaphores"],
        "PostgreSQL does not start: the system gives it no shared memory",
    )
    .advice("lower shared_buffers or huge_pages, or raise the container's memory limit")
    .until_started(READY, READY_WORDS),
    Known::new(
        "recovery-failed",
        Critical,
        says!(
            "FATAL|PANIC",
            r"could not (?:locate (?:a valid|required) checkpoint record|find redo location)|incorrect checksum in control file|control file contains invalid|WAL ends before|WAL was generated with wal_level=minimal|requested timeline|recovery target timeline|recovery ended before|requested recovery stop point|recovery aborted because|backup_label contains data inconsistent|invalid data in (?:history )?file|required WAL directory|unexpected (?:previous )?timeline ID|relation mapping file"
        ),
        &[
            "checkpoint record",
            "redo location",
            "control file",
            "WAL ends before",
            "wal_level=minimal",
            "timeline",
            "recovery ended before",
            "recovery stop point",
            "recovery aborted",
            "backup_label",
            "invalid data in",
            "required WAL directory",
            "relation mapping file",
        ],
        "PostgreSQL cannot recover: its control file or write-ahead log is damaged, missing or of another history",
    )
    .advice("keep a copy of the data directory, then restore a backup; pg_resetwal loses data")
    .until_started(READY, READY_WORDS),
];
