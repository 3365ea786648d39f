//! What ends a program, or keeps it from starting.

use super::{BAD, FAILED, Known};
use crate::api::Severity::Critical;

pub(super) const PATTERNS: &[Known] = &[
    Known::new(
        "out-of-memory",
        Critical,
        r"OutOfMemoryError: (?:Java heap|GC overhead|Metaspace|Direct buffer|Requested array)|heap out of memory|Cannot allocate memory|\bstd::bad_alloc\b|memory allocation of \d+ bytes failed|^(?:fatal error|runtime): out of memory|^(?:[\w.]+\.)?MemoryError\b|\bENOMEM\b|(?:^|[:\]] )out of memory|System\.OutOfMemoryException",
        &[
            "OutOfMemory",
            "out of memory",
            "Cannot allocate memory",
            "std::bad_alloc",
            "memory allocation of",
            "MemoryError",
            "ENOMEM",
        ],
        "the program ran out of memory",
    )
    .level(BAD)
    .advice("raise the container's memory limit, or find what grew"),
    Known::new(
        "panic",
        Critical,
        r"^(?-i:panic: |fatal error: )|^thread 'main' (?:\(\d+\) )?(?:has overflowed its stack|panicked at)|^Fatal Python error|^Segmentation fault|^\*\*\* stack smashing detected|^terminate called (?:after throwing|without an active)|^# A fatal error has been detected by the Java Runtime|^Unhandled exception\. |: Assertion .+ failed\.$",
        &[
            "panic: ",
            "fatal error: ",
            "thread 'main'",
            "Fatal Python error",
            "Segmentation fault",
            "stack smashing",
            "terminate called",
            "A fatal error has been detected",
            "Unhandled exception. ",
            ": Assertion ",
        ],
        "the program crashed",
    )
    .advice("the record says where: look at what changed there"),
    Known::new(
        "disk-full",
        Critical,
        r"no space left on device|\bENOSPC\b|not enough (?:free )?(?:disk )?space on|disk quota exceeded|\bEDQUOT\b|database or disk is full|(?:[:\]] |^(?:[\w:.,+-]+ ){0,4}(?:ERROR|FATAL|CRITICAL|PANIC) (?:PANIC )?)(?:out of disk space|disk (?:is )?full)|flood[- ]stage disk watermark .* exceeded",
        &["no space left", "ENOSPC", "disk is full", "disk full", "out of disk space", "space on", "quota exceeded", "EDQUOT", "disk watermark"],
        "a disk is full",
    )
    .level(BAD)
    .advice("free space on the volume that the log names, or enlarge it"),
    Known::new(
        "data-damaged",
        Critical,
        r"database disk image is malformed|\bSQLITE_CORRUPT\b|\bCorruptIndexException\b|\bCorruptRecordException\b|\bWT_PANIC\b|WT_ERROR: non-specific WiredTiger error.{0,200}checksum|\[InnoDB\] (?:Database page corruption|Corrupted page|Header page contains inconsistent data)|InnoDB: (?:Database page corruption|Corrupted page|Header page contains inconsistent data)",
        &[
            "disk image is malformed",
            "SQLITE_CORRUPT",
            "CorruptIndexException",
            "CorruptRecordException",
            "WT_PANIC",
            "WT_ERROR",
            "page corruption",
            "Corrupted page",
            "Header page contains",
        ],
        "the data that the program keeps is damaged",
    )
    .level(BAD)
    .advice("stop it, copy its data directory, then repair the copy or restore a backup"),
    Known::new(
        "port-in-use",
        Critical,
        r"address (?:is )?(?:already )?in use|\bEADDRINUSE\b|Connection in use: \(|port \d+ (?:is already|was already) in use|Only one usage of each socket address",
        &["in use", "EADDRINUSE", "Only one usage of each"],
        "the program cannot listen: its port is in use",
    )
    .level(BAD)
    .survived("the program could not listen on a port that is in use, and goes on")
    .advice("find what holds the port, or change it"),
    Known::new(
        "start-failed",
        Critical,
        r"^ModuleNotFoundError: No module named|^ImportError: |^Error: Cannot find module|\bERR_MODULE_NOT_FOUND\b|^Error: (?:Could not find or load main class|Unable to access jarfile)|error while loading shared libraries|exec format error|executable file not found in|version .GLIBC(?:XX)?_[\d.]+. not found|^Could not execute because the specified command|^(?:sh|bash|/bin/\w+|\S+\.sh): .+: (?:not found|No such file or directory|Permission denied)$",
        &[
            "No module named",
            "ImportError: ",
            "Cannot find module",
            "ERR_MODULE_NOT_FOUND",
            "load main class",
            "access jarfile",
            "loading shared libraries",
            "exec format error",
            "executable file not found",
            "GLIBC",
            "the specified command",
            ": not found",
            ": No such file or directory",
            ": Permission denied",
        ],
        "the program does not start: a file or a library of it is missing",
    )
    .level(FAILED)
    .survived("a part of the program could not be loaded")
    .advice("look at the image: what it was built from, and for which platform"),
    Known::new(
        "gave-up",
        Critical,
        r"\bgave up: \S+ entered FATAL state",
        &["entered FATAL state"],
        "supervisord gave a program up: it does not start",
    )
    .advice("look at that program's own log"),
    Known::new(
        "setting-missing",
        Critical,
        r#"environment variables? ["'`]?[A-Z][A-Z0-9_]+["'`]? (?:is |are |was )?(?:not (?:set|defined|found|present)|missing|required|undefined|must be)|(?:missing|undefined|required) (?:required )?(?:environment|env) var(?:iable)?s?\b(?: is missing| not set)?:? ["'`]?[A-Z][A-Z0-9_]+|(?:os\.py|<frozen os>)", line \d+, in __getitem__\n(?:.*\n)?KeyError: '|: NotPresent$|validation errors? for \w*(?:Settings|Config)|ImproperlyConfigured|Could not resolve placeholder '|Failed to bind properties under|Failed to configure a DataSource: |Database is uninitialized and (?:superuser )?password (?:option )?is not specified"#,
        &[
            "environment var",
            "env var",
            "in __getitem__",
            "NotPresent",
            " for ",
            "ImproperlyConfigured",
            "resolve placeholder",
            "Failed to bind properties",
            "configure a DataSource",
            "Database is uninitialized",
        ],
        "the program does not start: a setting is missing",
    )
    .level(FAILED)
    .survived("the program misses a setting")
    .advice("set what the record names: an environment variable or a file of the configuration"),
    Known::new(
        "boot-aborted",
        Critical,
        r"\bAPPLICATION FAILED TO START\b|Worker failed to boot",
        &["APPLICATION FAILED TO START", "Worker failed to boot"],
        "the program does not start: it gives up while it boots",
    )
    .level(FAILED)
    .survived("a part of the program gave up while it booted")
    .advice("the record and those before it say why"),
    Known::new(
        "threads-exhausted",
        Critical,
        r"unable to create (?:new )?native thread|can't start new thread|pthread_create (?:failed|returned)|(?:fork|spawn): Resource temporarily unavailable|failed to create new OS thread",
        &["native thread", "start new thread", "pthread_create", "Resource temporarily unavailable", "new OS thread"],
        "the program cannot start threads or processes",
    )
    .level(FAILED)
    .advice("raise the container's pids limit, or find what leaks threads"),
];
