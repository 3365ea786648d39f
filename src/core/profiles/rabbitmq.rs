//! `RabbitMQ` 3.8 to 4. Alarms leave the container healthy; 3.10's start script exits 0 whatever happened.
//!
//! 3.9 cuts the names of levels to four letters: `[erro]`, `[warn]`.

use super::{Benign, Known, LevelRule, Profile};
use crate::{
    api::Severity::{Critical, Info, Warning},
    core::logs::Level,
};

const STARTED: &str = "Server startup complete";
const STARTED_LITERALS: &[&str] = &["Server startup complete"];
/// Not an info record: it may quote a client or a configuration.
const BAD: LevelRule = LevelRule::NotBelow(Level::Warning);

pub(super) const PROFILE: Profile = Profile {
    patterns: &[
        // It quotes a name that anybody may send, which may look like anything below.
        Known::new(
            "login-refused",
            Warning,
            "login refused|invalid credentials|(?:MQTT|STOMP) login failed|HTTP access denied|connection failed: access refused|can only connect via localhost|Secret update was refused|closing due to an authentication failure",
            &["login refused", "invalid credentials", "login failed", "access denied", "access refused", "via localhost", "Secret update", "authentication failure"],
            "RabbitMQ refused a login",
        )
        .level(BAD)
        .advice("check the user and password that the client uses; guest may log in from localhost only"),
        Known::new(
            "port-in-use",
            Critical,
            r"could not bind to distribution port|dist_port_already_used|\beaddrinuse\b|address already in use",
            &["bind to distribution port", "dist_port_already_used", "eaddrinuse", "already in use"],
            "RabbitMQ does not start: a port it needs is in use",
        )
        .level(BAD)
        .advice("stop what holds the port (the other node on this host), or change the port")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "node-name-in-use",
            Critical,
            "node with name .{1,80} is already running on|duplicate_node_name",
            &["node with name", "duplicate_node_name"],
            "RabbitMQ does not start: another node of the same name runs on this host",
        )
        .level(BAD)
        .advice("stop the other node, or give this one another name")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "cookie-unusable",
            Critical,
            r"Cookie file .{1,200} must be accessible by owner only|(?:Error when reading|Failed to create cookie file) '?.{1,200}\.erlang\.cookie",
            &["Cookie file", ".erlang.cookie"],
            "RabbitMQ does not start: it cannot use its Erlang cookie file",
        )
        .level(BAD)
        .advice("give the cookie file to RabbitMQ's user, with mode 400, or let it create one in a directory that it may write")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "file-unreadable",
            Critical,
            "file does not exist or cannot be read by the node",
            &["file does not exist or cannot"],
            "RabbitMQ does not start: a file that its configuration names is missing or cannot be read",
        )
        .level(BAD)
        .advice("check the path of the file, that it is mounted and that RabbitMQ's user may read it")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "config-error",
            Critical,
            r"\A.{0,80}\[erro\w?\] <[\d.]+>   - |You've tried to set |Conf file attempted to set unknown variable|Failed to load advanced configuration file|no_configuration_schema_found|No configuration schema found|Missing passphrase|Error while decrypting key|Invalid Erlang distribution TCP port|invalid_dist_port|Syntax error (?:after|before)|Invalid value for \$RABBITMQ_",
            &[">   - ", "advanced configuration", "You've tried to set", "Conf file", "Missing passphrase", "decrypting key", "distribution TCP", "dist_port", "Syntax error", "RABBITMQ_", "configuration_schema", "configuration schema"],
            "RabbitMQ does not start: its configuration is wrong",
        )
        .level(BAD)
        .advice("correct what the log names in rabbitmq.conf, advanced.config or the environment")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "feature-flags-missing",
            Critical,
            "(?:required|mandatory) feature flag not enabled|disabled_(?:required|mandatory)_feature_flag|failed_to_initialize_feature_flags_registry|incompatible_feature_flags|is INCOMPATIBLE: feature flags",
            &["feature flag not enabled", "_feature_flag", "feature_flags", "INCOMPATIBLE"],
            "RabbitMQ does not start: its data lacks feature flags that this version needs",
        )
        .level(BAD)
        .advice("go back to the version before, enable all feature flags there (rabbitmqctl enable_feature_flag all), then upgrade")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "deprecated-feature-used",
            Critical,
            "can't deny deprecated feature because it is actively used|failed_to_deny_deprecated_features",
            &["deny deprecated feature", "deny_deprecated_features"],
            "RabbitMQ does not start: its configuration denies a deprecated feature that is in use",
        )
        .level(BAD)
        .advice("permit the feature again (deprecated_features.permit.…), or stop using it first")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "erlang-unsupported",
            Critical,
            "cannot run on Erlang|erlang_version_too_old",
            &["run on Erlang", "erlang_version_too_old"],
            "RabbitMQ does not start: this version does not run on this Erlang",
        )
        .advice("use an image in which both fit")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "plugins-unusable",
            Critical,
            "missing_dependencies|Failed to update enabled plugins file|(?:malformed|cannot_read)_enabled_plugins_file|plugin_built_with_incompatible_erlang",
            &["missing_dependencies", "update enabled plugins", "_enabled_plugins_file", "plugin_built_with"],
            "RabbitMQ does not start: a plugin, or the list of plugins, is wrong",
        )
        .level(BAD)
        .advice("check that the plugins are there and built for this version, and the file enabled_plugins")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "definitions-failed",
            Critical,
            "Could not (?:read definitions|list files in)|Definitions file at path .{1,200} failed validation|Definitions import: some|Requested definitions from remote URL .{1,200} error",
            &["read definitions", "list files in", "Definitions file", "Definitions import", "Requested definitions"],
            "RabbitMQ could not import its definitions",
        )
        .level(BAD)
        .advice("correct the definitions file that the log names")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "tls-files-unusable",
            Critical,
            r"\{options,\s*\{?(?:certfile|keyfile|cacertfile|\{(?:certfile|keyfile|cacertfile))",
            &["{options,"],
            "RabbitMQ cannot use its TLS certificate or key: clients cannot connect with TLS",
        )
        .level(BAD)
        .advice("check that the certificate, key and CA files exist, fit each other and can be read by RabbitMQ's user"),
        Known::new(
            "listener-failed",
            Critical,
            r"Failed to start (?:Ranch|\S{1,40}) listener|listen_error",
            &["listener", "listen_error"],
            "RabbitMQ does not start: it cannot listen on a port",
        )
        .level(BAD)
        .advice("check the listener's address and TLS files in the log")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "peers-missing",
            Critical,
            "timeout_waiting_for_tables|Timeout contacting cluster nodes|Error while waiting for Mnesia tables|inconsistent_cluster",
            &["timeout_waiting_for", "contacting cluster nodes", "waiting for Mnesia", "inconsistent_cluster"],
            "RabbitMQ does not start: it waits for other nodes of its cluster",
        )
        .level(BAD)
        .advice("start the other nodes, the one that stopped last first; rabbitmqctl force_boot starts it alone and may lose changes")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "disk-full",
            Critical,
            r"no space left on device|\benospc\b",
            &["no space left", "enospc"],
            "the disk that RabbitMQ writes to is full",
        )
        .level(BAD)
        .advice("free space on RabbitMQ's volume, or enlarge it")
        .cleared_by("disk resource limit alarm cleared|Free disk space is sufficient|Server startup complete", &["disk resource limit alarm cleared", "disk space is sufficient", "Server startup complete"]),
        Known::new(
            "data-damaged",
            Critical,
            r"schema_integrity_check_failed|schema integrity check failed|record failed CRC check|crc validation failure|CRC32 check failed|corrupted chunks|\*\* FATAL \*\*|segment_writer: \d+ failures|pre_init failed|not_a_(?:dets|log)_file|Cannot read schema|unexpected_eof",
            &["schema_integrity", "schema integrity", "CRC", "corrupted chunks", "** FATAL **", "segment_writer", "pre_init failed", "not_a_", "Cannot read schema", "unexpected_eof"],
            "RabbitMQ's data is damaged",
        )
        .level(BAD)
        .advice("copy the data directory, then restore a backup or remove what the log names"),
        Known::new(
            "data-dir-unwritable",
            Critical,
            r"\beacces\b|\berofs\b|cannot_create_\w+_dir|cannot_log_to_file|failed to (?:open log file|create parent directory)|Failed to create (?:Ra data|feature flags file)|the `feature_flags` file at",
            &["eacces", "erofs", "cannot_create_", "cannot_log_to_file", "failed to open log", "parent directory", "Failed to create", "feature_flags"],
            "RabbitMQ may not read or write its data or log directory",
        )
        .level(LevelRule::NotBelow(Level::Error))
        .advice("give the directory that the log names to RabbitMQ's user")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "out-of-memory",
            Critical,
            r"_alloc: Cannot (?:re)?allocate \d+ bytes",
            &["_alloc: Cannot"],
            "RabbitMQ's Erlang node ended: it could not allocate memory",
        )
        .advice("raise the container's memory limit, or lower vm_memory_high_watermark"),
        Known::new(
            "memory-alarm",
            Critical,
            "memory resource limit alarm set|vm_memory_high_watermark set",
            &["memory resource limit alarm set", "vm_memory_high_watermark set"],
            "RabbitMQ is over its memory high watermark: publishers are blocked",
        )
        .advice("drain the queues, or raise the memory limit or watermark")
        .cleared_by("memory resource limit alarm cleared|vm_memory_high_watermark clear", &["memory resource limit alarm cleared", "vm_memory_high_watermark clear"]),
        Known::new(
            "disk-alarm",
            Critical,
            "disk resource limit alarm set|Free disk space is insufficient",
            &["disk resource limit alarm set", "disk space is insufficient"],
            "RabbitMQ is short of disk space: publishers are blocked",
        )
        .advice("free space on RabbitMQ's volume, or lower disk_free_limit")
        .cleared_by("disk resource limit alarm cleared|Free disk space is sufficient", &["disk resource limit alarm cleared", "disk space is sufficient"]),
        Known::new(
            "file-descriptor-alarm",
            Critical,
            "file descriptor limit alarm set",
            &["file descriptor limit alarm set"],
            "RabbitMQ is out of file descriptors: new connections are not accepted",
        )
        .advice("raise the container's ulimit for open files, or find the client that leaks connections")
        .cleared_by("file descriptor limit alarm cleared", &["file descriptor limit alarm cleared"]),
        Known::new(
            "out-of-file-descriptors",
            Critical,
            r"reducing accept rate: out of file descriptors|\bemfile\b|too many open files",
            &["out of file descriptors", "emfile", "too many open files"],
            "RabbitMQ is out of file descriptors: connections wait, and files cannot be opened",
        )
        .level(BAD)
        .advice("raise the container's ulimit for open files, or find the client that leaks connections"),
        Known::new(
            "network-partition",
            Critical,
            "Partial partition d|running_partitioned_network|starting_partitioned_network|Cluster minority/secondary status detected|We will therefore (?:intentionally disconnect|pause)",
            &["Partial partition", "partitioned_network", "Cluster minority", "We will therefore"],
            "the RabbitMQ cluster is partitioned",
        )
        .advice("check the network between the nodes; restart the nodes of one side if they do not heal by themselves")
        .cleared_by("Autoheal finished|Server startup complete", &["Autoheal finished", "Server startup complete"]),
        Known::new(
            "vhost-down",
            Critical,
            "Unable to (?:initialize vhost data store|recover vhost)|vhost '.{1,100}' is down|Failed to start (?:a )?message store",
            &["vhost data store", "recover vhost", "' is down", "message store"],
            "a virtual host of RabbitMQ is down",
        )
        .level(BAD)
        .advice("read the reason in the log; rabbitmqctl restart_vhost starts it again"),
        Known::new(
            "boot-failed",
            Critical,
            r"BOOT FAILED|(?:Error|Exception) during startup|Failed to start Ra system|application_start_failure|failed_to_start_child.{0,40}prelaunch|rabbit_prelaunch_sup\}",
            &["BOOT FAILED", "during startup", "start Ra system", "application_start_failure", "failed_to_start_child", "rabbit_prelaunch_sup"],
            "RabbitMQ could not boot",
        )
        .level(BAD)
        .advice("the log names what failed right after BOOT FAILED")
        .until_started(STARTED, STARTED_LITERALS),
        Known::new(
            "crashed",
            Critical,
            "Crash dump is being written to|init terminating in do_boot|Kernel pid terminated|Runtime terminating during boot",
            &["Crash dump", "init terminating", "Kernel pid terminated", "Runtime terminating"],
            "RabbitMQ's Erlang node crashed",
        )
        .advice("read the lines before the crash dump, and the dump's slogan"),
        Known::new(
            "messages-lost",
            Critical,
            r"dropped (?:[1-9]\d*/\d+/\d+|\d+/[1-9]\d*/\d+|\d+/\d+/[1-9]\d*) persistent messages|Deleting invalid v\d segment file",
            &["persistent messages", "segment file"],
            "RabbitMQ lost persistent messages when it ended uncleanly",
        )
        .advice("look at why it ended; quorum queues survive that"),
        Known::new(
            "node-down",
            Warning,
            r"rabbit on node .{1,80} down|\*\* Node .{1,80} not responding|node .{1,80} down: ",
            &["rabbit on node", "not responding", " down: "],
            "another node of the RabbitMQ cluster is down",
        )
        .advice("look at the node that the log names, and at the network to it")
        .cleared_by("rabbit on node .{1,80} up|Removing node .{1,80} from cluster", &["rabbit on node", "Removing node"]),
        Known::new(
            "cookie-refused",
            Warning,
            "Connection attempt (?:from|to) (?:disallowed )?node .{1,120} (?:rejected|aborted)|Invalid challenge reply",
            &["Connection attempt", "challenge reply"],
            "nodes or tools of RabbitMQ refuse each other: their Erlang cookies differ",
        )
        .advice("give all nodes and tools the same Erlang cookie"),
        Known::new(
            "not-clustered",
            Warning,
            "could not discover and join another node|Could not successfully contact any node of|Could not auto-cluster|could not auto-cluster with node|Failed to (?:lock|register) with peer discovery|Peer discovery(?::| returned an| backend).{0,40}(?:error|failed)",
            &["join another node", "contact any node", "auto-cluster", "Peer discovery"],
            "RabbitMQ did not join its cluster and may run alone",
        )
        .level(BAD)
        .advice("look at the other nodes and at the peer discovery settings"),
        Known::new(
            "epmd-lost",
            Warning,
            "epmd monitor failed to retrieve our port|epmd does not know us|keep epmd alive|epmd_error|epmd error for host",
            &["epmd"],
            "RabbitMQ is not known to the Erlang port mapper: other nodes and tools cannot reach it",
        )
        .level(BAD)
        .advice("look at the epmd process of the host")
        .cleared_by("epmd monitor knows us|Server startup complete", &["epmd monitor knows us", "Server startup complete"]),
        Known::new(
            "quorum-queue-failed",
            Warning,
            r"leader not known\. Command is dropped|Leader node .{1,80} might be down|NOT appended to (?:Raft )?log|quorum queue .{1,120} could not be (?:re)?started|Ra: failed to start ra server|encountered during server recovery|not enough nodes\s+online to reach a quorum|failed to perform operation on queue .{1,160}(?:leader|timeout)",
            &["leader not known", "might be down", "NOT appended", "quorum queue", "start ra server", "server recovery", "reach a quorum", "perform operation on"],
            "a quorum queue or the metadata store has no majority or no leader",
        )
        .level(BAD)
        .advice("bring back the nodes of the cluster that are down"),
        Known::new(
            "queue-crashed",
            Warning,
            "Restarting crashed |Queue .{1,160} failed to initialise|has crashed and failed to restart|process is stopped by supervisor",
            &["Restarting crashed", "failed to initialise", "failed to restart", "stopped by supervisor"],
            "a queue of RabbitMQ crashed",
        )
        .level(BAD)
        .advice("read the report before it in the log"),
        Known::new(
            "disk-unmonitored",
            Warning,
            "Free disk space monitor(?:ing)? (?:failed|encountered an error)",
            &["Free disk space monitor"],
            "RabbitMQ does not see how much disk is free, so its disk alarm does not work",
        )
        .level(BAD)
        .advice("check that df works in the container"),
        Known::new(
            "state-not-saved",
            Warning,
            "Unable to (?:save message store|store file summary)",
            &["Unable to save", "file summary"],
            "RabbitMQ could not write a file of its own",
        )
        .level(BAD)
        .advice("check space and permissions of RabbitMQ's data directory"),
        Known::new(
            "connection-limit",
            Warning,
            r"connection limit .{0,12}is reached|has reached the (?:negotiated channel_max|maximum allowed limit)|connection limit \(\d+\)|reached maximum \(\d+\) of consumers",
            &["connection limit", "has reached the", "reached maximum"],
            "RabbitMQ refuses clients: a limit of connections, channels or consumers is reached",
        )
        .level(BAD)
        .advice("find the client that leaks connections or channels, or raise the limit that the log names"),
        Known::new(
            "access-refused",
            Warning,
            r"access to .{1,160} refused for user|access_refused|vhost \S{1,80} not found|virtual host '.{1,80}' does not exist|access refused: |closing due to an authorization failure",
            &["refused for user", "access_refused", " not found", "does not exist", "access refused:", "authorization failure"],
            "a client was refused access in RabbitMQ",
        )
        .level(BAD)
        .advice("check the user's permissions and that the virtual host exists"),
        Known::new(
            "auth-backend-failed",
            Warning,
            "LDAP failed to perform|authentication failed with internal error|OAuth 2 JWT: failed to download keys",
            &["LDAP failed", "internal error", "OAuth 2 JWT"],
            "RabbitMQ could not reach what it checks logins with",
        )
        .level(BAD)
        .advice("look at the LDAP, HTTP or OAuth server"),
        Known::new(
            "missed-heartbeats",
            Warning,
            r"missed heartbeats from client|missed client heartbeat|\(keepalive timeout\)|\{heartbeat_send_error",
            &["missed heartbeats", "missed client heartbeat", "keepalive timeout", "heartbeat_send_error"],
            "RabbitMQ closed a connection: the client sent no heartbeats",
        )
        .level(BAD)
        .advice("a client hangs or is blocked, or the network drops its packets"),
        Known::new(
            "tls-handshake-failed",
            Warning,
            "TLS (?:server|client): In state .{1,80} (?:generated (?:SERVER|CLIENT)|received (?:SERVER|CLIENT)) ALERT|detected TLS (?:upgrade|certificate verification) error|ssl_upgrade_error",
            &["ALERT", "detected TLS", "ssl_upgrade_error"],
            "clients fail to connect to RabbitMQ in the TLS handshake",
        )
        .at_least(3, 600)
        .advice("check the certificates' dates and names, and that client and server trust each other's CA"),
        Known::new(
            "handshake-failed",
            Warning,
            r"handshake_timeout|bad_header|handshake_error|bad_version|detected on (?:non-TLS )?AMQP port|did not start with AMQP protocol header|requires SASL security layer|never completed connection handshake|\(login timeout\)|failed to negotiate connection parameters",
            &["handshake", "bad_header", "bad_version", "AMQP port", "protocol header", "SASL security", "login timeout", "failed to negotiate"],
            "connections to RabbitMQ failed before they were open",
        )
        .level(BAD)
        .at_least(3, 600)
        .advice("something that does not speak AMQP uses the port, or a client hangs while it connects"),
        Known::new(
            "consumer-timeout",
            Warning,
            "delivery acknowledgement on channel .{0,40} timed out|timed out waiting for (?:a consumer|delivery) acknowledgement",
            &["timed out"],
            "a consumer did not acknowledge in time, so its channel was closed",
        )
        .level(BAD)
        .advice("find the consumer that hangs or holds messages too long, or raise consumer_timeout"),
        Known::new(
            "plugin-failed",
            Warning,
            "Failed to enable (?:some plugins|plugin )|Could not unzip plugin|Plugin (?:archive|directory) .{1,200} doesn't contain|Problem reading some plugins",
            &["Failed to enable", "unzip plugin", "Plugin archive", "Plugin directory", "some plugins"],
            "RabbitMQ runs without a plugin that it should have",
        )
        .level(BAD)
        .advice("check that the plugin is there and built for this version"),
        Known::new(
            "feature-flag-not-enabled",
            Warning,
            "Feature flags?:? `.{1,60}`:? (?:failed to enable|failed to migrate|migration function crashed)|refuse to enable feature flags",
            &["failed to enable", "failed to migrate", "migration function crashed", "refuse to enable"],
            "RabbitMQ could not enable a feature flag",
        )
        .level(BAD)
        .advice("start all nodes of the cluster, then enable it again"),
        Known::new(
            "file-descriptors-short",
            Warning,
            r"Recovering \d+ queues, available file handles",
            &["available file handles"],
            "RabbitMQ has more queues than file descriptors: it may not come up",
        )
        .level(BAD)
        .advice("raise the container's ulimit for open files"),
        Known::new(
            "dead-letter-failed",
            Warning,
            "Cannot forward any dead-letter messages|Dead-letter queues cycle detected",
            &["dead-letter"],
            "a quorum queue cannot hand on its dead letters: they pile up",
        )
        .level(BAD)
        .advice("create the dead-letter exchange and its binding that the log names"),
        Known::new(
            "shovel-failed",
            Warning,
            "Shovel .{1,120} (?:failed to connect|has no more URIs|could not connect to|is stopping|decided to stop|detected .{1,40}(?:failure|heartbeats))",
            &["Shovel "],
            "a shovel of RabbitMQ does not work",
        )
        .level(BAD)
        .advice("look at the broker at its other end, and at its URI")
        .cleared_by("Shovel .{1,120} connected to destination", &["Shovel "]),
        Known::new(
            "federation-failed",
            Warning,
            "Federation .{1,160} (?:did not connect|disconnected from|failed to open a command channel)|Federation link could not",
            &["Federation "],
            "a federation link of RabbitMQ is down",
        )
        .advice("look at the upstream broker, and at the upstream's URI")
        .cleared_by("Federation .{1,160} connected to ", &["Federation "]),
        Known::new(
            "client-gone",
            Info,
            r"client unexpectedly closed TCP connection|\{writer,send_failed,",
            &["unexpectedly closed", "send_failed"],
            "clients closed their connections without saying so",
        ),
        Known::new(
            "channel-errors",
            Warning,
            "Channel error on connection|caused a channel exception",
            &["Channel error", "channel exception"],
            "clients cause channel errors in RabbitMQ",
        )
        .level(BAD)
        .advice("a client declares or uses what is not there, or not as it declares it"),
        Known::new(
            "connection-errors",
            Warning,
            "caused a connection exception|Error on (?:AMQP|direct client|Direct)|MQTT (?:protocol error|detected|cannot|connection .{1,160} failed)|STOMP (?:detected|connection|error frame)|Stream protocol connection socket error",
            &["connection exception", "Error on AMQP", "Error on direct", "MQTT ", "STOMP ", "Stream protocol"],
            "clients' connections to RabbitMQ fail",
        )
        .level(BAD)
        .at_least(3, 600)
        .advice("the log names the client and the error"),
        Known::new(
            "process-crashed",
            Warning,
            r"\*\* (?:Generic server|State machine) .{1,200} terminating|CRASH REPORT|^.{0,80}  crasher:|reason: reached_max_restart_intensity",
            &["** Generic server", "** State machine", "CRASH REPORT", "crasher:", "reached_max_restart"],
            "a process inside RabbitMQ crashed",
        )
        .level(LevelRule::NotBelow(Level::Error))
        .advice("read the reason in the report; RabbitMQ starts the process again"),
        Known::new(
            "mnesia-overloaded",
            Warning,
            "Mnesia is overloaded",
            &["Mnesia is overloaded"],
            "RabbitMQ's metadata store cannot keep up",
        )
        .at_least(5, 600)
        .advice("look for clients that declare and delete queues all the time, and at the disk"),
        Known::new(
            "maintenance",
            Warning,
            r"being put into maintenance \(drain\) mode|Suspended all listeners and will no longer accept",
            &["maintenance (drain)", "Suspended all listeners"],
            "RabbitMQ is in maintenance mode: it accepts no clients",
        )
        .advice("rabbitmq-upgrade revive, or restart it, when the maintenance is done")
        .cleared_by("back from maintenance|Resumed all listeners|Resetting node maintenance status", &["back from maintenance", "Resumed all listeners", "Resetting node maintenance"]),
        Known::new(
            "file-descriptors-low",
            Info,
            r"Available file handles: \d+\. Please",
            &["Available file handles"],
            "RabbitMQ may open few files, connections included",
        ),
        Known::new(
            "end-of-life",
            Info,
            "release series has reached end of life",
            &["reached end of life"],
            "this RabbitMQ is no longer supported",
        ),
        Known::new(
            "stopping",
            Info,
            "SIGTERM received - shutting down|is asked to stop",
            &["SIGTERM received", "asked to stop"],
            "RabbitMQ was asked to stop",
        ),
        Known::new(
            "critical-records",
            Critical,
            r#"\A\S{1,32} \S{1,32} \[(?:crit|aler|emer)\w*\] |\A\{.{0,400}"level":\s?"(?:crit|aler|emer)"#,
            &["[crit", "[aler", "[emer", "\"crit", "\"aler", "\"emer"],
            "RabbitMQ logs at a level above error",
        )
        .fallback()
        .advice("read the record in the log: it says what failed"),
        Known::new(
            "error-records",
            Warning,
            r#"\A\S{1,32} \S{1,32} \[erro\w?\] |\A=(?:ERROR|CRASH|SUPERVISOR) REPORT|\A\{.{0,400}"level":\s?"err"#,
            &["[erro", "REPORT==", "\"err"],
            "RabbitMQ logs errors",
        )
        .fallback()
        .advice("read the record in the log: it says what failed"),
    ],
    benign: &[
        Benign::new("Feature flags: another registry module was loaded in the meantime", "it loads the list of feature flags again"),
        Benign::new("(?:vhost|table) no longer exists!", "a virtual host is being deleted"),
        Benign::new(r"Closed \d+ local .{0,12}client connections|Logging: testing \w+ log level", "somebody asked for it"),
        Benign::new("rebuilding indices from scratch", "each start after one that was not clean does so"),
        Benign::new(r"\[(?:info|noti\w*|debug)\] <[\d.]+> Feature flags?: ", "each start lists and enables them"),
        Benign::new(r"\[warn\w*\] <[\d.]+> Deprecated features: ", "it works, and will until a later version"),
        Benign::new("not properly closed, repairing|recovery terms DETS file .{1,200}Will delete it and retry", "the file is repaired at once"),
        Benign::new(r"Application \w+ exited with reason: (?:stopped|normal)", "it was asked to stop"),
        Benign::new("errorContext: shutdown_error(?s:.{0,300})reason: (?:shutdown|normal|noproc|killed)$|errorContext: child_terminated(?s:.{0,300})reason: (?:shutdown|normal|noproc)$", "a supervisor's report of a child that was asked to go"),
        Benign::new("exit with reason (?:shutdown|normal|noproc|killed) in context (?:shutdown_error|child_terminated)", "a supervisor's report of a child that was asked to go"),
        Benign::new(r"\A.{0,80}\[erro\w?\] <[\d.]+>\s*\z", "an empty line of a report"),
        Benign::new(r"\A.{0,80}\[erro\w?\] <[\d.]+> (?:Error on AMQP|closing AMQP|Channel error on) .*:\z", "up to 3.8 the reason is a record of its own"),
        Benign::new(r"\A.{0,80}\[erro\w?\] <[\d.]+>  +(?:Did you mean one of these\?|[\w.$]+)\s*\z|Are these files using the Cuttlefish format", "a hint to the error before it"),
        Benign::new(r"\A(?:BOOT FAILED|(?:Error|Exception) during startup:)\s*\z|\] <[\d.]+> Error (?:preparing|parsing) configuration", "what failed comes on lines of its own"),
        Benign::new("broker forced connection closure|a connection exception connection_forced: ", "RabbitMQ itself closed it: a stop, or somebody in the management UI"),
        Benign::new(r"could not find context rabbitmq_\w+_tls", "it stops"),
        Benign::new("Failed to get memory page size|list of nodes does not contain the local node|Overriding Erlang cookie|Failed to (?:write|create) PID file", "it runs as well so"),
        Benign::new(r"alarm_handler: \{(?:set|clear),\s*\{*(?:system_memory_high_watermark|disk_almost_full)", "Erlang's own look at the host's memory and disks, which blocks nobody"),
    ],
};

#[cfg(test)]
mod tests;
