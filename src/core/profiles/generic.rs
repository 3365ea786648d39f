//! Any program: the level that a record says it has, and shapes that mean the same everywhere. Bare words mean nothing.

use super::{Known, LevelRule, Profile};
use crate::{
    api::Severity::{Critical, Warning},
    core::logs::Level,
};

const BAD: LevelRule = LevelRule::NotBelow(Level::Warning);

pub(super) const PROFILE: Profile = Profile {
    patterns: &[
        Known::new(
            "panic",
            Critical,
            r"^(?-i:panic: |fatal error: )|^thread '.{0,80}' (?:\(\d+\) )?panicked at|^Fatal Python error|^Segmentation fault|^\*\*\* stack smashing detected",
            &["panic", "fatal error: ", "Fatal Python error", "Segmentation fault", "stack smashing"],
            "the program panicked",
        ),
        Known::new(
            "disk-full",
            Critical,
            r"no space left on device|out of disk space|disk (?:is )?full|\bENOSPC\b",
            &["no space left", "out of disk space", "disk full", "disk is full", "ENOSPC"],
            "a disk is full",
        )
        .level(BAD)
        .advice("free space on the volume that the log names"),
        Known::new(
            "out-of-memory",
            Critical,
            r"OutOfMemoryError|heap out of memory|Cannot allocate memory|^(?:.{0,120}\W)?(?:MemoryError|ENOMEM)\b|out of memory",
            &["OutOfMemory", "out of memory", "Cannot allocate memory", "MemoryError", "ENOMEM"],
            "the program ran out of memory",
        )
        .level(BAD)
        .advice("raise the container's memory limit, or find what grew"),
        Known::new(
            "port-in-use",
            Critical,
            r"address (?:is )?already in use|\bEADDRINUSE\b",
            &["already in use", "EADDRINUSE"],
            "the program cannot listen: its port is in use",
        )
        .level(BAD)
        .advice("find what holds the port, or change it"),
        Known::new(
            "unhandled-exception",
            Warning,
            r#"\ATraceback \(most recent call last\)|\AException in thread "|\A(?:.{0,60}\W)?Unhandled(?:PromiseRejection| promise rejection| exception)|\AUncaught |\A(?:[\w.$]+\.)+[\w$]+(?:Exception|Error): .*\n\s+at |\A(?:\w+)?Error: .*\n\s+at "#,
            &["Traceback (most", "Exception", "Unhandled", "Uncaught", "Error: "],
            "the program has unhandled exceptions",
        )
        .level(BAD),
        Known::new("fatal-records", Critical, LEVELS, LEVEL_WORDS, "the program logs at a level above error")
            .level(LevelRule::AtLeast(Level::Critical))
            .fallback(),
        Known::new("klog-fatal-records", Critical, r"\AF\d{4} \d\d:\d\d:", &[], "the program logs at the level fatal")
            .level(LevelRule::AtLeast(Level::Critical))
            .fallback(),
        Known::new("error-records", Warning, LEVELS, LEVEL_WORDS, "the program logs errors")
            .level(LevelRule::AtLeast(Level::Error))
            .fallback(),
        Known::new("klog-error-records", Warning, r"\AE\d{4} \d\d:\d\d:", &[], "the program logs errors")
            .level(LevelRule::AtLeast(Level::Error))
            .fallback(),
    ],
    benign: &[],
};

/// A record with a level above warning holds one of these; its level is then read from where levels stand.
const LEVELS: &str = r#"err|severe|crit|fatal|panic|alert|emerg|":\s*"?[56]0"#;
const LEVEL_WORDS: &[&str] =
    &["err", "severe", "crit", "fatal", "panic", "alert", "emerg", ":50", ":60", ": 50", ": 60"];

#[cfg(test)]
mod tests {
    use crate::{api::job::ProfileName::Generic, core::profiles::tests::counts};

    fn id(log: &str) -> Vec<String> {
        counts(Generic, log).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn levels_and_shapes_are_judged() {
        for (log, expected) in [
            (
                "ERROR job failed: Could not connect to Redis at autopar-redis:6379: Name or service not known",
                &["error-records"][..],
            ),
            ("FATAL no configuration", &["fatal-records"]),
            ("CRITICAL no configuration", &["fatal-records"]),
            (r#"{"level":50,"time":1,"msg":"no"}"#, &["error-records"]),
            ("level=error msg=no", &["error-records"]),
            ("E1124 05:44:36.000000       1 main.go:10] no", &["klog-error-records"]),
            ("panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()", &["panic"]),
            ("thread 'main' panicked at src/main.rs:2:5:", &["panic"]),
            (
                "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nValueError: no",
                &["unhandled-exception"],
            ),
            ("java.lang.IllegalStateException: no\n\tat c.e.App.run(App.java:1)", &["unhandled-exception"]),
            ("TypeError: x is undefined\n    at y (/app/a.js:1:1)", &["unhandled-exception"]),
            ("ERROR write /data/x: no space left on device", &["disk-full"]),
            (
                "<--- JS stacktrace --->\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
                &["out-of-memory"],
            ),
        ] {
            assert_eq!(id(log), expected, "{log}");
        }
    }

    #[test]
    fn zero_jobs_failed_is_not_a_failure() {
        for log in [
            "0 jobs failed, 0 exceptions",
            "INFO 0 jobs failed, 0 exceptions, 0 timeouts",
            "INFO retry policy: max 3 attempts, timeout=30s",
            "INFO authentication failed attempts in the last hour: 0",
            "INFO no errors",
            r#"level=info msg="circuit closed" errors=0 degraded=false"#,
            "Total Warnings: 0",
            "INFO disk full checks: 0",
            "GET /error/500 200",
        ] {
            assert_eq!(id(log), Vec::<String>::new(), "{log}");
        }
    }

    #[test]
    fn a_flood_of_errors_is_seen() {
        let log = "ERROR PANIC out of disk space\n".repeat(1000);
        assert_eq!(counts(Generic, &log), [("disk-full".to_owned(), 1000)]);
    }
}
