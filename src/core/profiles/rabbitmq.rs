//! `RabbitMQ` 3.9 to 4. Alarms leave the container healthy; 3.10's start script exits 0 whatever happened.

use super::{Benign, Known, LevelRule, Profile};
use crate::{
    api::Severity::{Critical, Info, Warning},
    core::logs::Level,
};

pub(super) const PROFILE: Profile = Profile {
    patterns: &[
        Known::new(
            "port-in-use",
            Critical,
            r"could not bind to distribution port|dist_port_already_used|eaddrinuse|address already in use",
            &["could not bind", "dist_port_already_used", "eaddrinuse", "already in use"],
            "RabbitMQ does not start: a port it needs is in use",
        )
        .advice("stop the other node on this host, or change the port"),
        Known::new(
            "boot-failed",
            Critical,
            r"^.{0,80}BOOT FAILED|application_start_failure|failed_to_start_child.{0,40}prelaunch|Error during startup",
            &["BOOT FAILED", "application_start_failure", "failed_to_start_child", "Error during startup"],
            "RabbitMQ could not boot",
        )
        .advice("the log names what failed right after BOOT FAILED"),
        Known::new(
            "crashed",
            Critical,
            r"Crash dump is being written to|init terminating in do_boot|Kernel pid terminated|erl_crash\.dump",
            &["Crash dump", "init terminating", "Kernel pid terminated", "erl_crash.dump"],
            "RabbitMQ's Erlang node crashed",
        )
        .advice("read the lines before the crash dump, and the dump's slogan"),
        Known::new(
            "memory-alarm",
            Critical,
            r"memory resource limit alarm set|vm_memory_high_watermark set",
            &["memory resource limit alarm set", "vm_memory_high_watermark set"],
            "RabbitMQ is over its memory high watermark: publishers are blocked",
        )
        .advice("drain the queues, or raise the memory limit or watermark")
        .cleared_by(
            "memory resource limit alarm cleared|vm_memory_high_watermark clear",
            &["memory resource limit alarm cleared", "vm_memory_high_watermark clear"],
        ),
        Known::new(
            "disk-alarm",
            Critical,
            r"disk resource limit alarm set|free disk space is insufficient|No space left on device|\benospc\b",
            &["disk resource limit alarm set", "disk space is insufficient", "no space left", "enospc"],
            "RabbitMQ is short of disk space: publishers are blocked",
        )
        .advice("free space on RabbitMQ's volume, or lower disk_free_limit")
        .cleared_by(
            "disk resource limit alarm cleared|free disk space is sufficient",
            &["disk resource limit alarm cleared", "disk space is sufficient"],
        ),
        Known::new(
            "file-descriptor-alarm",
            Critical,
            r"file descriptor limit alarm set|\bemfile\b|accept.{0,40}too many open files",
            &["file descriptor limit alarm set", "emfile", "too many open files"],
            "RabbitMQ is out of file descriptors: new connections are not accepted",
        )
        .advice("raise the container's ulimit for open files, or find the client that leaks connections")
        .cleared_by("file descriptor limit alarm cleared", &["file descriptor limit alarm cleared"]),
        Known::new(
            "network-partition",
            Critical,
            r"Partial partition detected|running_partitioned_network|inconsistent_database|Cluster minority",
            &["partition detected", "partitioned_network", "inconsistent_database", "Cluster minority"],
            "the RabbitMQ cluster is partitioned",
        )
        .advice("check the network between the nodes; restart the nodes of one side"),
        Known::new(
            "node-down",
            Warning,
            r"rabbit on node .{1,80} down|node .{1,80} down: ",
            &["rabbit on node", " down: "],
            "another node of the RabbitMQ cluster is down",
        )
        .cleared_by("rabbit on node .{1,80} up", &["rabbit on node"]),
        Known::new(
            "login-refused",
            Warning,
            r"login refused|invalid credentials|login was refused|\bauth(?:entication)?_(?:failure|refused)",
            &["login refused", "invalid credentials", "was refused", "auth"],
            "RabbitMQ refused a login",
        )
        .level(LevelRule::NotBelow(Level::Warning))
        .advice("check the user and password that the client uses"),
        Known::new(
            "access-refused",
            Warning,
            r"access to .{1,120} refused for user|access_refused|vhost \S{1,80} not found",
            &["refused for user", "access_refused", " not found"],
            "a client was refused access in RabbitMQ",
        )
        .level(LevelRule::NotBelow(Level::Warning))
        .advice("check the user's permissions and the virtual host"),
        Known::new(
            "missed-heartbeats",
            Warning,
            "missed heartbeats from client",
            &["missed heartbeats"],
            "RabbitMQ closed a connection: the client sent no heartbeats",
        )
        .advice("a client hangs or is blocked, or the network drops its packets"),
        Known::new(
            "handshake-failed",
            Warning,
            r"handshake_timeout|bad_header|handshake_error|TLS .{0,80}(?:alert|failure)",
            &["handshake_timeout", "bad_header", "handshake_error", "TLS "],
            "a connection to RabbitMQ failed in its handshake",
        )
        .level(LevelRule::NotBelow(Level::Warning))
        .advice("something that does not speak AMQP uses the port, or a client hangs while it connects"),
        Known::new(
            "consumer-timeout",
            Warning,
            r"delivery acknowledgement on channel .{0,40} timed out|consumer ack.{0,40}timed out",
            &["delivery acknowledgement", "consumer ack"],
            "a consumer did not acknowledge in time, so its channel was closed",
        ),
        Known::new(
            "channel-errors",
            Warning,
            r"Channel error on connection|caused a channel exception",
            &["Channel error", "channel exception"],
            "clients cause channel errors in RabbitMQ",
        )
        .advice("a client declares or uses what is not there, or not as it declares it"),
        Known::new(
            "client-gone",
            Info,
            "client unexpectedly closed TCP connection",
            &["unexpectedly closed"],
            "clients closed their connections without saying so",
        ),
        Known::new(
            "critical-records",
            Critical,
            r"\[(?:critical|alert|emergency)\]",
            &["[critical]", "[alert]", "[emergency]"],
            "RabbitMQ logs at a level above error",
        )
        .level(LevelRule::AtLeast(Level::Critical))
        .fallback(),
        Known::new("error-records", Warning, r"\[error\]", &["[error]"], "RabbitMQ logs errors")
            .level(LevelRule::AtLeast(Level::Error))
            .fallback(),
    ],
    benign: &[
        Benign::new(r"rebuilding indices from scratch", "each start after one that was not clean does so"),
        Benign::new(r"Feature flags?:", "each start lists them"),
        Benign::new(r"[Dd]eprecated features?:|is deprecated", "it works, and will until a later version"),
        Benign::new(r"not properly closed, repairing", "the file is repaired at once"),
        Benign::new(r"Application \w+ exited with reason: (?:stopped|normal)", "it was asked to stop"),
        Benign::new(
            r"errorContext: (?:shutdown_error|child_terminated)(?s:.{0,200})reason: (?:shutdown|normal|noproc)$",
            "a supervisor's report of a child that was asked to go",
        ),
        Benign::new(r"^.{0,80}\[error\] <[\d.]+>\s*\z", "an empty line of a report"),
    ],
};

#[cfg(test)]
mod tests {
    use crate::{
        api::job::ProfileName::Rabbitmq,
        core::profiles::tests::{counts, scan},
    };

    fn id(log: &str) -> Vec<String> {
        counts(Rabbitmq, log).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn lines_of_rabbitmq_3_10_and_4_0_are_known() {
        for (log, expected) in [
            (
                "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: starting):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused: user 'app' - invalid credentials",
                &["login-refused"][..],
            ),
            (
                "2026-11-24 05:44:41.815095+00:00 [error] <0.825.0> access to vhost '/' refused for user 'app'",
                &["access-refused"],
            ),
            ("2026-11-24 05:44:41.316628+00:00 [error] <0.810.0> vhost /nope not found", &["access-refused"]),
            ("2026-11-24 05:44:51.697733+00:00 [error] <0.808.0> {bad_header,<<\"GET / HT\">>}", &["handshake-failed"]),
            (
                "2026-11-24 05:45:00.719134+00:00 [error] <0.866.0> missed heartbeats from client, timeout: 2s",
                &["missed-heartbeats"],
            ),
            (
                "2026-11-24 05:43:11.679304+00:00 [warning] <0.288.0> memory resource limit alarm set on node rabbit@rabbit.",
                &["memory-alarm"],
            ),
            (
                "2026-11-24 05:47:29.781694+00:00 [warning] <0.288.0> file descriptor limit alarm set.",
                &["file-descriptor-alarm"],
            ),
            (
                "ERROR: could not bind to distribution port 25672, it is in use by another node: rabbit@localhost",
                &["port-in-use"],
            ),
            ("Crash dump is being written to: /var/log/rabbitmq/erl_crash.dump...done", &["crashed"]),
            (
                "2026-11-24 05:44:54.708597+00:00 [error] <0.844.0> operation queue.declare caused a channel exception not_found: no queue 'missing' in vhost '/'",
                &["channel-errors"],
            ),
            ("2026-11-24 05:44:54.708597+00:00 [error] <0.844.0> something new", &["error-records"]),
        ] {
            assert_eq!(id(log), expected, "{log}");
        }
    }

    #[test]
    fn what_looks_alarming_and_is_not() {
        for log in [
            "2026-11-24 05:43:27.010534+00:00 [warning] <0.633.0> Message store \"628WB79CIFDYO9LJI6DKMI09L/msg_store_persistent\": rebuilding indices from scratch",
            "2026-11-24 05:43:24.207191+00:00 [notice] <0.44.0> Application syslog exited with reason: stopped",
            "2026-11-24 05:43:24.207191+00:00 [info] <0.44.0> Memory high watermark set to 9642 MiB (10110605721 bytes) of 24105 MiB (25276514304 bytes) total",
            "dets: file \"/var/lib/rabbitmq/mnesia/rabbit@rabbit/quorum/rabbit@rabbit/meta.dets\" not properly closed, repairing ...",
            "2026-11-24 05:45:03.727746+00:00 [error] <0.799.0>     supervisor: {<0.799.0>,rabbit_channel_sup_sup}\n2026-11-24 05:45:03.727746+00:00 [error] <0.799.0>     errorContext: shutdown_error\n2026-11-24 05:45:03.727746+00:00 [error] <0.799.0>     reason: shutdown\n2026-11-24 05:45:03.727746+00:00 [error] <0.799.0>     offender: [{nb_children,1},",
            "2026-11-24 05:44:51.697733+00:00 [info] <0.808.0> connection <0.840.0>: user 'app' authenticated and granted access to vhost '/'",
        ] {
            assert_eq!(id(log), Vec::<String>::new(), "{log}");
        }
    }

    #[test]
    fn an_alarm_that_cleared_is_cleared() {
        let log = "2026-11-24T05:43:11.679304000Z 2026-11-24 05:43:11.679304+00:00 [warning] <0.288.0> memory resource limit alarm set on node rabbit@rabbit.\n\
                   2026-11-24T05:43:17.575452000Z 2026-11-24 05:43:17.575452+00:00 [warning] <0.288.0> memory resource limit alarm cleared on node rabbit@rabbit";
        let found = scan(Rabbitmq, log);
        assert_eq!(found.matches[0].count, 1);
        assert_eq!(found.matches[0].cleared, Some("2026-11-24T05:43:17.575452Z".parse().unwrap()));
    }
}
