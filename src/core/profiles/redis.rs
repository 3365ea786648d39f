//! Redis 6 to 8. What it never logs: a refusal over `maxmemory`, a failed authentication, a kill, being blocked.

use super::{Benign, Known, Profile};
use crate::api::Severity::{Critical, Info, Warning};

pub(super) const PROFILE: Profile = Profile {
    patterns: &[
        Known::new(
            "crashed",
            Critical,
            r"=== REDIS BUG REPORT START|crashed by signal|=== ASSERTION FAILED",
            &["REDIS BUG REPORT START", "crashed by signal", "ASSERTION FAILED"],
            "Redis crashed and wrote a bug report",
        )
        .advice("read the signal and stack trace in the log, then look for the version's known bugs"),
        Known::new(
            "config-error",
            Critical,
            r"FATAL CONFIG FILE ERROR|Fatal error, can't open config file",
            &["FATAL CONFIG FILE", "can't open config file"],
            "Redis does not start: its configuration is wrong",
        )
        .advice("correct the line of the configuration that the log names"),
        Known::new(
            "disk-full",
            Critical,
            r"No space left on device",
            &["no space left on device"],
            "the disk that Redis writes to is full",
        )
        .advice("free space on the volume of Redis' data, or enlarge it"),
        Known::new(
            "aof-write-failed",
            Critical,
            r"Short write while writing to the AOF file|Error writing to the AOF file|AOF (?:write|fsync) error|Can't (?:open|recover|rename).{0,40}(?:AOF|append)|Fail to fsync the AOF",
            &["AOF", "append"],
            "Redis cannot write its append-only file, so it refuses writes",
        )
        .advice("check space and permissions of the volume of the append-only file")
        .cleared_by("AOF write error looks solved", &["AOF write error looks solved"]),
        Known::new(
            "save-failed",
            Critical,
            r"Background saving error|Failed opening the (?:temp )?RDB file|Write error saving DB|Error trying to save the DB|Background AOF rewrite terminated with error|Error moving temp DB file",
            &["saving error", "RDB file", "saving DB", "save the DB", "rewrite terminated with error", "temp DB file"],
            "Redis cannot save its data to disk, so it refuses writes",
        )
        .advice("check space and permissions of Redis' data directory")
        .cleared_by(
            "Background saving terminated with success|DB saved on disk|Background AOF rewrite terminated with success",
            &["terminated with success", "saved on disk"],
        ),
        Known::new(
            "fork-failed",
            Critical,
            r"Can't (?:save|rewrite).{0,60}fork",
            &["fork: "],
            "Redis cannot fork to save its data: memory is short",
        )
        .advice("raise the container's memory, or set vm.overcommit_memory=1 on the host"),
        Known::new(
            "data-unreadable",
            Critical,
            r"Bad file format reading the append only file|Unexpected end of file reading the append only file|Wrong signature trying to load DB|Short read or OOM loading DB|Internal error in RDB|Fatal error loading|Can't handle RDB format|Terminating server after rdb file reading failure",
            &["append only file", "load DB", "loading", "in RDB", "RDB format", "rdb file reading"],
            "Redis cannot read its data files",
        )
        .advice("check the files with redis-check-aof or redis-check-rdb, or restore a backup"),
        Known::new(
            "port-in-use",
            Critical,
            r"Address already in use|Failed listening on port|Could not create server TCP listening socket",
            &["already in use", "Failed listening", "listening socket"],
            "Redis cannot listen: its port is in use",
        )
        .advice("find what holds the port, or change it"),
        Known::new(
            "out-of-memory",
            Critical,
            r"Out Of Memory allocating|Cannot allocate memory",
            &["Out Of Memory", "Cannot allocate memory"],
            "Redis could not allocate memory",
        )
        .advice("raise the container's memory limit, or set maxmemory with an eviction policy"),
        Known::new(
            "clients-refused",
            Critical,
            r"Error accepting a client connection|max number of clients reached|Too many open files",
            &["accepting a client", "max number of clients", "Too many open files"],
            "Redis refuses clients: too many connections or open files",
        )
        .advice("find the client that leaks connections, or raise maxclients and the ulimit for open files"),
        Known::new(
            "maxclients-reduced",
            Warning,
            r"maxclients has been reduced|Server can't set maximum open files|max(?:imum)? open files.{0,80}not enough",
            &["maxclients", "maximum open files", "max open files"],
            "Redis admits fewer clients than configured: the limit of open files (ulimit) is too low",
        )
        .advice("raise the container's ulimit for open files, or lower maxclients"),
        Known::new(
            "cluster-down",
            Critical,
            "Cluster state changed: fail",
            &["Cluster state changed"],
            "the Redis cluster is down",
        )
        .cleared_by("Cluster state changed: ok", &["Cluster state changed"]),
        Known::new(
            "replication-broken",
            Warning,
            r"Connection with (?:master|replica).{0,40} lost|Error condition on socket for SYNC|Unable to connect to MASTER|MASTER aborted replication|MASTER timeout|Failed trying to load the MASTER",
            &["lost", "for SYNC", "to MASTER", "MASTER aborted", "MASTER timeout", "load the MASTER"],
            "replication is broken",
        )
        .cleared_by(
            "sync: Finished with success|Successful partial resynchronization|Partial resynchronization request .{0,60}accepted|Synchronization with replica .{0,60}succeeded",
            &["Finished with success", "resynchronization", "Synchronization with replica"],
        ),
        Known::new(
            "slow-disk",
            Warning,
            "Asynchronous AOF fsync is taking too long",
            &["fsync is taking too long"],
            "the disk is too slow for Redis' append-only file",
        ),
        Known::new(
            "security-attack",
            Warning,
            "Possible SECURITY ATTACK detected",
            &["SECURITY ATTACK"],
            "something speaks HTTP to Redis: a port scan or an attack",
        )
        .advice("do not expose Redis' port"),
        Known::new(
            "stopping",
            Info,
            "User requested shutdown|Received SIG(?:TERM|INT) scheduling shutdown",
            &["requested shutdown", "scheduling shutdown"],
            "Redis was asked to stop",
        ),
    ],
    benign: &[
        Benign::new(r"WARNING Memory overcommit must be enabled", "advice on the host's kernel, given at each start"),
        Benign::new(r"WARNING you have Transparent Huge Pages", "advice on the host's kernel, given at each start"),
        Benign::new(r"TCP backlog setting of \d+ cannot be enforced", "the kernel's own limit holds instead"),
        Benign::new(r"no config file specified, using the default config", "it was started without a configuration"),
    ],
};

#[cfg(test)]
mod tests {
    use crate::{
        api::job::ProfileName::Redis,
        core::profiles::tests::{counts, scan},
    };

    fn id(log: &str) -> Vec<String> {
        counts(Redis, log).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn lines_of_redis_7_and_8_are_known() {
        for (log, expected) in [
            (
                "1:M 24 Nov 2026 05:41:04.986 # Short write while writing to the AOF file: (nwritten=96553, expected=100032)",
                &["aof-write-failed"][..],
            ),
            (
                "60:C 24 Nov 2026 05:40:38.773 # Write error saving DB on disk(rdbSaveRio): No space left on device",
                &["disk-full", "save-failed"],
            ),
            (
                "25:C 24 Nov 2026 05:40:42.806 # Failed opening the temp RDB file temp-25.rdb (in server root dir /data) for saving: Permission denied",
                &["save-failed"],
            ),
            (
                "1:M 24 Nov 2026 05:41:28.995 # Current maximum open files is 64. maxclients has been reduced to 32 to compensate for low ulimit.",
                &["maxclients-reduced"],
            ),
            (
                "*** FATAL CONFIG FILE ERROR (Redis 8.0.2) ***\nReading the configuration file, at line 6\n>>> 'maxmemory \"lots\"'\nargument must be a memory value",
                &["config-error"],
            ),
            (
                "1:M 24 Nov 2026 05:41:28.995 # Warning: Could not create server TCP listening socket *:6379: bind: Address already in use",
                &["port-in-use"],
            ),
        ] {
            assert_eq!(id(log), expected, "{log}");
        }
    }

    #[test]
    fn what_looks_alarming_on_every_start_is_not() {
        for log in [
            "1:C 24 Nov 2026 02:47:25.822 # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition.",
            "1:C 24 Nov 2026 02:47:25.822 # WARNING you have Transparent Huge Pages (THP) support enabled in your kernel.",
            "1:M 24 Nov 2026 05:41:28.995 # Server initialized",
            "1:M 24 Nov 2026 05:40:26.448 . The AOF directory appendonlydir doesn't exist",
            "1:M 24 Nov 2026 05:41:04.142 * Creating AOF base file appendonly.aof.1.base.rdb on server start",
            "1:M 24 Nov 2026 05:41:04.142 * Loading RDB produced by version 7.0.15",
        ] {
            assert_eq!(id(log), Vec::<String>::new(), "{log}");
        }
    }

    #[test]
    fn a_save_that_succeeds_clears_one_that_failed() {
        let log = "2026-11-24T05:48:09.000000000Z 1:M 24 Nov 2026 05:48:09.000 # Background saving error\n\
                   2026-11-24T05:48:19.000000000Z 1:M 24 Nov 2026 05:48:19.000 * Background saving terminated with success";
        let found = scan(Redis, log);
        assert_eq!(found.matches[0].cleared, Some("2026-11-24T05:48:19Z".parse().unwrap()));
    }
}
