//! Redis 6 to 8, Valkey 8 and 9, and Sentinel, which is the same program. What they never log: a refusal over
//! `maxmemory` or `maxclients`, a failed authentication, a kill, being blocked.
//!
//! Up to Redis 7 `#` is only the highest of four levels: starting and stopping are logged with it.

use super::{Benign, Known, LevelRule, Profile};
use crate::{
    api::Severity::{Critical, Info, Warning},
    core::logs::Level,
};

/// A save or a write to the append-only file that succeeded.
const SAVED: &str = "saving terminated with success|DB saved on disk|AOF write error looks solved";
const SAVED_LITERALS: &[&str] = &["saving terminated with success", "DB saved on disk", "AOF write error looks solved"];
/// It started, or a replica loaded what its primary sent.
const READY: &str = "Ready to accept connections|Sentinel ID is|sync: Finished with success";
const READY_LITERALS: &[&str] = &["Ready to accept", "Sentinel ID", "Finished with success"];
/// A replica that has what its primary has.
const SYNCED: &str =
    r"sync: Finished with success|Successful partial resynchronization|(?:MASTER|PRIMARY) MODE enabled";
const SYNCED_LITERALS: &[&str] = &["Finished with success", "Successful partial", "MODE enabled"];

pub(super) const PROFILE: Profile = Profile {
    patterns: &[
        // These quote what a client sent, which may look like anything below.
        Known::new(
            "query-buffer-overrun",
            Warning,
            "reached max query buffer length",
            &["max query buffer"],
            "Redis closed a client that sent too much at once",
        )
        .advice("find the client that sends such big commands, or raise client-query-buffer-limit"),
        Known::new(
            "output-buffer-overrun",
            Warning,
            "for overcoming of output buffer limits",
            &["output buffer limits"],
            "Redis closed a client that reads too slowly (output buffer limit)",
        )
        .advice("find the slow subscriber, replica or MONITOR, or raise client-output-buffer-limit"),
        Known::new(
            "clients-evicted",
            Warning,
            "Evicting client: |Over client maxmemory",
            &["Evicting client", "Over client maxmemory"],
            "Redis closes clients: their buffers use more than maxmemory-clients",
        )
        .advice("find the clients with big buffers (CLIENT LIST), or raise maxmemory-clients"),
        Known::new(
            "replication-inconsistent",
            Critical,
            "== CRITICAL == This |(?:master|primary) stream corruption",
            &["== CRITICAL ==", "stream corruption"],
            "a replica and its primary have different data",
        )
        .advice("rebuild the replica from its primary; look for writes to the replica and for different versions"),
        Known::new(
            "disk-full",
            Critical,
            "No space left on device|Disk quota exceeded",
            &["No space left", "Disk quota"],
            "the disk that Redis writes to is full",
        )
        .advice("free space on the volume of Redis' data, or enlarge it")
        .cleared_by(SAVED, SAVED_LITERALS),
        Known::new(
            "fork-failed",
            Critical,
            "in background: fork: |Can't fork for module: ",
            &["background: fork", "fork for module"],
            "Redis cannot fork to save its data: memory or processes are short",
        )
        .advice("raise the container's memory or pids limit, or set vm.overcommit_memory=1 on the host")
        .cleared_by(SAVED, SAVED_LITERALS),
        Known::new(
            "out-of-memory",
            Critical,
            "Out Of Memory allocating|aborting for OUT OF MEMORY|Out of memory trying to allocate",
            &["Out of memory"],
            "Redis could not allocate memory and ended",
        )
        .advice("raise the container's memory limit, or set maxmemory with an eviction policy"),
        Known::new(
            "memory-faulty",
            Critical,
            "MEMORY ERROR DETECTED",
            &["MEMORY ERROR DETECTED"],
            "Redis crashed, and its test of the host's memory failed: the memory is broken",
        )
        .advice("test the host's memory, and move Redis to another host"),
        Known::new(
            "crashed",
            Critical,
            "(?:REDIS|VALKEY) BUG REPORT START|crashed by signal|=== (?:RECURSIVE )?ASSERTION FAILED ===|Guru Meditation",
            &["BUG REPORT START", "crashed by signal", "ASSERTION FAILED", "Guru Meditation"],
            "Redis crashed and wrote a bug report",
        )
        .advice("read the signal or assertion and the stack trace in the log, then look for the version's known bugs"),
        Known::new(
            "threads-failed",
            Critical,
            "Can't initialize (?:Background Jobs|IO thread)",
            &["initialize Background Jobs", "initialize IO thread"],
            "Redis does not start: it cannot create threads",
        )
        .advice("raise the container's pids limit; an engine that is too old for the image refuses threads by its seccomp profile")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "file-descriptor-limit",
            Critical,
            r"ulimit -n' of \d+ is not enough|Failed creating the event loop",
            &["ulimit -n", "creating the event loop"],
            "Redis does not start: the limit of open files (ulimit) is too low",
        )
        .advice("raise the container's ulimit for open files")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "kernel-bug",
            Critical,
            "will now exit to prevent data corruption|Your kernel has a bug that could lead to data corruption",
            &["data corruption"],
            "Redis does not start: the host's kernel corrupts data",
        )
        .advice("upgrade the host's kernel")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "acl-error",
            Critical,
            "startup because of ACL errors|Error loading ACL rule|Spaces not allowed in ACL usernames|Critical error while loading ACLs|at the same setting an ACL file path is invalid",
            &["ACL usernames", "ACL errors", "loading ACL", "ACL file path"],
            "Redis does not start: its access list (ACL) is wrong",
        )
        .advice("correct the users in the ACL file or in the configuration, in one of the two only")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "tls-error",
            Critical,
            "Failed to configure TLS|Failed finding TLS support|Failed to load (?:server |client )?(?:certificate|private key|DH params file): |No tls-(?:cert|key)-file configured|Either tls-ca-cert-file or tls-ca-cert-dir must|Failed to configure (?:CA certificate|cipher)|Invalid tls-protocols|TLS reload failed",
            &["TLS support", "configure TLS", "certificate", "private key", "DH params", "tls-", "Failed to configure", "TLS reload"],
            "Redis' TLS configuration is wrong",
        )
        .advice("check that the certificate, key and CA files exist, fit each other and can be read by Redis' user")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "module-failed",
            Critical,
            r"Can't load module from |Module \S+ (?:failed to load|initialization failed)|Module \S+ does not export |Failed to load static module|Module Configuration detected without loadmodule",
            &["load module", "failed to load", "initialization failed", "does not export", "load static module", "Module Configuration"],
            "Redis could not load a module",
        )
        .advice("check the module's path, its permissions and that it is built for this version")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "config-error",
            Critical,
            "FATAL CONFIG FILE ERROR|can't open config file|Can't chdir to |Configured to not listen anywhere|port number too high|too many I/O threads configured|Config file full path is too long|required for the Cluster bus|Sentinel (?:config file .{1,200}Exiting|needs config file|started without)|Sentinel config from STDIN|Failed to configure LOCALE for invalid",
            &["too many I/O threads", "full path is too long", "FATAL CONFIG FILE", "open config file", "chdir to", "not listen anywhere", "port number too high", "Cluster bus", "Sentinel config", "Sentinel needs", "Sentinel started", "configure LOCALE"],
            "Redis does not start: its configuration is wrong",
        )
        .advice("correct the line of the configuration that the log names")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "listen-failed",
            Critical,
            "Could not create server TCP listening socket|Failed listening on port|Failed opening Unix socket|# Opening Unix socket: |Failed to bind",
            &["TCP listening socket", "Failed listening", "Unix socket", "Failed to bind"],
            "Redis does not start: it cannot listen on its address or port",
        )
        .advice("find what holds the port, or correct bind and port")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "rdb-version",
            Critical,
            "Can't handle RDB format version|Can't handle foreign type or opcode",
            &["handle RDB format", "handle foreign type"],
            "Redis cannot read its data: a newer version wrote it",
        )
        .advice("run the version that wrote the data, or a later one; RDB files cannot be read by an older one")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "replication-auth-failed",
            Warning,
            r"Unable to AUTH to (?:MASTER|PRIMARY)|(?:MASTER|PRIMARY|PING from \w+|REPLCONF \S+: ).{0,60}(?:NOAUTH|WRONGPASS|NOPERM)",
            &["AUTH to", "NOAUTH", "WRONGPASS", "NOPERM"],
            "a replica may not read from its primary: its password is wrong or missing",
        )
        .advice("set masterauth (primaryauth) and masteruser on the replica")
        .cleared_by(SYNCED, SYNCED_LITERALS),
        Known::new(
            "replication-broken",
            Warning,
            r"Failure loading rdb format from socket|Connection with (?:master|primary) lost|Error condition on socket for (?:SYNC|rdb channel)|Unable to connect to (?:MASTER|PRIMARY)|(?:MASTER|PRIMARY) (?:aborted replication|timeout: no data)|Timeout (?:connecting to|receiving bulk data from)|Failed trying to \w+ the (?:MASTER|PRIMARY|temp DB)|Failed trying to \w+ (?:the temp DB|DB directory)|I/O error (?:reading bulk count from|trying to sync with|writing to) |Opening the temp file needed for|Write error or short write writing to the DB dump|Bad protocol from|Error reply to PING from|did not (?:reply to PSYNC|respond to)|Unexpected reply to PSYNC|wrong \+FULLRESYNC|stream EOF marker is broken|(?:rdb channel|Dual channel) sync failed|Unable to send PSYNC|Can't create readable event for|Error resurrecting the cached|Failed to read response from the server|Failed to (?:load RDB|read sync metadata)$|RDB download failure|Sending command to \w+ in replication handshake",
            &["readable event for", "resurrecting the cached", "response from the server", "Failed to load RDB", "sync metadata", "RDB download failure", "rdb format from socket", "Connection with", "on socket for", "connect to", "aborted replication", "no data nor PING", "Timeout", "Failed trying to", "I/O error", "temp file needed", "DB dump", "Bad protocol", "reply to PING", "PSYNC", "did not respond", "FULLRESYNC", "EOF marker", "channel sync failed", "replication handshake"],
            "a replica is cut off from its primary",
        )
        .advice("look at the primary and the network to it; the replica tries again by itself")
        .cleared_by(SYNCED, SYNCED_LITERALS),
        Known::new(
            "data-unreadable",
            Critical,
            r"Bad file format reading the append only file|Error reading the append only file|Unexpected end of file reading the append only file|Unknown command '.{0,80}' reading the append only file|Unrecoverable error reading the append only file|the truncated file is not the last file|Error reading the RDB (?:base file|preamble)|FATAL AOF MANIFEST FILE ERROR|Wrong signature trying to load DB|Short read or OOM loading DB|Wrong RDB checksum|Internal error in RDB reading|Terminating server after rdb file reading failure|Fatal error loading the DB|configured to handle more than \d+ databases|The RDB file contains |RDB has duplicated key|Failed (?:creating function|loading library), |Unknown type or opcode when loading DB",
            &["Failed creating function", "Failed loading library", "append only file", "truncated file", "Error reading the RDB", "AOF MANIFEST", "load DB", "loading DB", "RDB checksum", "error in RDB", "rdb file reading", "loading the DB", "to handle more than", "RDB file contains", "duplicated key"],
            "Redis cannot read its data files",
        )
        .advice("check the files with redis-check-aof or redis-check-rdb, and restore a backup or repair a copy")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "data-not-opened",
            Critical,
            "can't open the (?:append log|AOF manifest|RDB) file|Can't open (?:or create append-only dir|the append-only file|the AOF manifest file)|The append log file .{1,200} doesn't exist|needs to enable the AOF but can't|(?:Unable to obtain|Can't seek the end of) the AOF file|AOF can't be turned on|Failed (?:enabling the|to enable) AOF",
            &["obtain the AOF", "end of the AOF", "open the append", "append-only dir", "AOF manifest", "open the RDB", "append log file", "enable the AOF", "turned on", "enable AOF", "enabling the AOF"],
            "Redis cannot open its data files",
        )
        .advice("check the permissions, the owner and the files of Redis' data directory")
        .until_started(READY, READY_LITERALS),
        Known::new(
            "aof-write-failed",
            Critical,
            "Short write while writing to the AOF file|Error writing to the AOF file|from AOF write error when|Could not remove short write from the append-only file|unable to write (?:to|command to) disk",
            &["writing to the AOF", "AOF write error when", "short write from", "unable to write"],
            "Redis cannot write its append-only file, so it refuses writes: most often its disk is full",
        )
        .advice("check space and permissions of the volume of the append-only file")
        .cleared_by("AOF write error looks solved", &["AOF write error looks solved"]),
        Known::new(
            "aof-sync-failed",
            Critical,
            "Fail to fsync (?:the AOF file|the temp AOF file|AOF directory)|Can't persist AOF for fsync error",
            &["Fail to fsync", "AOF for fsync"],
            "Redis could not flush its append-only file to disk: what was written last may be lost",
        )
        .advice("check the disk under Redis' data for errors and space"),
        Known::new(
            "save-failed",
            Critical,
            "Background saving error|Failed opening the (?:temp )?RDB file|Write error (?:while )?saving DB|Error moving temp DB file|Failed to fsync directory while saving DB|Error trying to save the DB|Background saving terminated by signal|BGSAVE for replication failed|Can't store key .{0,200}in RDB version",
            &["store key", "saving error", "opening the RDB", "opening the temp RDB", "saving DB", "temp DB file", "save the DB", "saving terminated by", "BGSAVE for replication failed"],
            "Redis cannot save its data to disk, so it refuses writes",
        )
        .advice("check space, owner and permissions of Redis' data directory; by a signal: its memory limit")
        .cleared_by("saving terminated with success|DB saved on disk", &["saving terminated with success", "DB saved on disk"]),
        Known::new(
            "clients-refused",
            Critical,
            "Accepting client connection: |Error registering fd event for the new client|Too many open files",
            &["Accepting client", "for the new client", "Too many open files"],
            "Redis cannot accept clients: it is out of open files",
        )
        .advice("find the client that leaks connections, or raise the container's ulimit for open files"),
        Known::new(
            "cluster-config-failed",
            Critical,
            "Fatal: can't update cluster config file|in order to acquire a lock|Failed after writing .{1,40}tmp cluster config|corrupted cluster config file|cluster configuration file .{1,200} is already used by|(?:Loading the cluster node config from|Impossible to lock|Unable to obtain the cluster node config file stat) |Could not (?:open|rename|sync) (?:temp |tmp )?cluster config file|writing the cluster config file to disk failed",
            &["acquire a lock", "cluster config", "cluster configuration file", "cluster node config", "Impossible to lock"],
            "Redis cannot read or write its cluster configuration (nodes.conf)",
        )
        .advice("check space and permissions of Redis' data directory, and that no two nodes share it"),
        Known::new(
            "cluster-down",
            Critical,
            "Cluster state changed: fail|Cluster is currently down: ",
            &["Cluster state changed: fail", "Cluster is currently down"],
            "the Redis cluster is down",
        )
        .advice("bring back the primaries that serve the missing slots, or fail over to their replicas")
        .cleared_by("Cluster state changed: ok", &["Cluster state changed: ok"]),
        Known::new(
            "cluster-partial",
            Warning,
            r"Marking node \S+ (?:\(.{0,60}\) )?as failing|FAIL message received from",
            &["as failing", "FAIL message received"],
            "a node of the Redis cluster has failed",
        )
        .advice("look at the node that the log names")
        .cleared_by("Clear FAIL state for node", &["Clear FAIL state"]),
        Known::new(
            "cluster-failover-failed",
            Warning,
            "Currently unable to failover: (?:Disconnected|Failover attempt)|Manual failover timed out",
            &["unable to failover", "failover timed out"],
            "a replica of the Redis cluster cannot take over",
        )
        .advice("look at the replica's link to its primary, and at cluster-replica-validity-factor")
        .cleared_by("Failover election won", &["Failover election won"]),
        Known::new(
            "sentinel-failover-failed",
            Critical,
            r"-failover-abort-\S+ ",
            &["-failover-abort-"],
            "Sentinel gave up a failover",
        )
        .advice("look for a replica that is up to date and reachable, and for a majority of Sentinels")
        .cleared_by(r"\+(?:switch-master|failover-end) |-odown master ", &["+switch-master", "+failover-end", "-odown master"]),
        Known::new(
            "sentinel-primary-down",
            Critical,
            r"\+odown master ",
            &["+odown master"],
            "Sentinel's quorum says that the Redis primary is down",
        )
        .advice("look at the primary that the log names")
        .cleared_by(r"\+switch-master |-odown master ", &["+switch-master", "-odown master"]),
        Known::new(
            "sentinel-node-down",
            Warning,
            r"\+sdown (?:master|slave|sentinel) ",
            &["+sdown "],
            "Sentinel cannot reach a Redis node",
        )
        .advice("look at the node that the log names, and at the network to it")
        .cleared_by(r"-sdown (?:master|slave|sentinel) |\+reset-master ", &["-sdown ", "+reset-master "]),
        Known::new(
            "sentinel-switched",
            Warning,
            r"\+switch-master ",
            &["+switch-master"],
            "Sentinel made another Redis the primary",
        )
        .advice("look at why the former primary failed, and that clients follow"),
        Known::new(
            "sentinel-tilt",
            Warning,
            r"\+tilt ",
            &["+tilt "],
            "Sentinel does not trust its clock and does not act",
        )
        .advice("look at the host's load and clock")
        .cleared_by(r"-tilt ", &["-tilt "]),
        Known::new(
            "sentinel-script-failed",
            Warning,
            "-script-(?:error|timeout) ",
            &["-script-error", "-script-timeout"],
            "a script that Sentinel calls failed",
        )
        .advice("run the script by hand with the arguments that the log shows"),
        Known::new(
            "slot-migration-failed",
            Warning,
            r"Write loss risk!|Slot migration .{0,60}(?:failed|timed out)|SLOT MIGRATION transfer (?:error|terminated by signal)|Timing out slot migration|slot migration .{0,60}Failing",
            &["Write loss risk", "slot migration"],
            "a migration of slots in the Valkey cluster failed",
        )
        .advice("look at the nodes at both ends, then start the migration again"),
        Known::new(
            "aof-truncated",
            Warning,
            "short read while loading the AOF file|Truncating the AOF|loaded anyway because aof-load-truncated|incomplete MULTI/EXEC transaction in AOF",
            &["short read while", "Truncating the AOF", "loaded anyway", "incomplete MULTI"],
            "the end of Redis' append-only file was cut off: the last writes before it ended are lost",
        )
        .advice("look at why Redis ended; appendfsync always loses less"),
        Known::new(
            "aof-rewrite-failed",
            Warning,
            "Background AOF rewrite terminated (?:with error|by signal)|Background AOF rewrite has repeatedly failed|Write error writing append only file|Error moving temp append only file|Opening the temp file for AOF rewrite|Unable to open the temporary AOF|Error trying to (?:rename|write|flush|move) the .{1,40}AOF",
            &["AOF rewrite terminated", "repeatedly failed", "append only file", "temp file for AOF", "temporary AOF", "Error trying to"],
            "Redis cannot rewrite its append-only file, which grows",
        )
        .advice("check space, owner and permissions of Redis' data directory; by a signal: its memory limit")
        .cleared_by("AOF rewrite terminated with success", &["AOF rewrite terminated with success"]),
        Known::new(
            "maxclients-reduced",
            Warning,
            "maxclients has been reduced|can't set maximum open files|You requested maxclients of",
            &["maxclients has been", "maximum open files", "requested maxclients"],
            "Redis admits fewer clients than configured: the limit of open files (ulimit) is too low",
        )
        .advice("raise the container's ulimit for open files, or lower maxclients"),
        Known::new(
            "replica-lost",
            Warning,
            "Connection with replica .{0,80}lost|Disconnecting timedout replica|SYNC failed|Write error sending (?:DB|RDB preamble) to replica|Read error sending DB to replica|Diskless rdb transfer, (?:read|write) error|Background (?:RDB )?transfer (?:error|terminated by signal)|asks for synchronization but with a wrong offset",
            &["with replica", "timedout replica", "SYNC failed", "to replica", "rdb transfer", "transfer error", "transfer terminated by", "wrong offset"],
            "a replica lost its link to this primary",
        )
        .advice("look at the replica and the network to it; it comes back by itself")
        .cleared_by("Synchronization with replica .{0,80}succeeded|Partial resynchronization request from .{0,80}accepted|Streamed RDB transfer with replica .{0,80}succeeded", &["Synchronization with replica", "request from", "Streamed RDB transfer"]),
        Known::new(
            "maxmemory-too-low",
            Warning,
            "maxmemory value set via CONFIG SET .{1,40} is smaller than|maxmemory value that is less than 1MB",
            &["maxmemory value"],
            "Redis' maxmemory is below what it uses: it evicts keys or refuses writes",
        )
        .advice("raise maxmemory"),
        Known::new(
            "slow-script",
            Warning,
            "[Ss]low script detected",
            &["slow script detected"],
            "a script blocks Redis: other clients get BUSY",
        )
        .advice("find the script that the log names; SCRIPT KILL or FUNCTION KILL ends it"),
        Known::new(
            "blocked",
            Warning,
            "WATCHDOG TIMER EXPIRED",
            &["WATCHDOG TIMER"],
            "Redis was blocked for longer than its watchdog allows",
        )
        .advice("read the stack trace in the log: it shows the command that blocks"),
        Known::new(
            "slow-disk",
            Warning,
            "AOF fsync is taking too long",
            &["fsync is taking too long"],
            "the disk is too slow for Redis' append-only file: writes are delayed",
        )
        .at_least(3, 3600)
        .advice("look at what else writes to the disk, or use a faster one"),
        Known::new(
            "client-tls-failed",
            Warning,
            "Error accepting a client connection: ",
            &["accepting a client"],
            "clients fail to connect to Redis in the TLS handshake",
        )
        .at_least(3, 600)
        .advice("check that clients speak TLS to this port and trust its certificate"),
        Known::new(
            "security-attack",
            Warning,
            "Possible SECURITY ATTACK detected",
            &["SECURITY ATTACK"],
            "something speaks HTTP to Redis: a port scan or an attack",
        )
        .advice("do not expose Redis' port"),
        Known::new(
            "config-not-saved",
            Warning,
            "CONFIG REWRITE failed|Sentinel was not able to save the new configuration|(?:Could not|Failed after writing) .{1,60}tmp config file|Could not sync config file dir",
            &["CONFIG REWRITE failed", "Sentinel was not able", "tmp config file", "config file dir"],
            "Redis could not write its configuration file",
        )
        .advice("check the permissions of the configuration file and its directory; a mounted file cannot be replaced")
        .cleared_by("CONFIG REWRITE executed with success|Sentinel new configuration saved", &["CONFIG REWRITE executed", "new configuration saved"]),
        Known::new(
            "acl-not-saved",
            Warning,
            "for ACL SAVE: ",
            &["for ACL SAVE"],
            "Redis could not write its ACL file",
        )
        .advice("check the permissions of the ACL file and its directory"),
        Known::new(
            "host-not-resolved",
            Warning,
            "Failed to resolve hostname",
            &["resolve hostname"],
            "a name that Sentinel needs does not resolve",
        )
        .advice("check the name and the DNS of the container's network"),
        Known::new(
            "stop-refused",
            Warning,
            r"errors trying to shut down the server|can't exit\.",
            &["shut down the server", "can't exit"],
            "Redis was asked to stop and did not, so as not to lose data",
        )
        .advice("look at the error before it in the log; SHUTDOWN NOSAVE stops it without saving"),
        Known::new(
            "failover",
            Info,
            "Failover election won|(?:Forced failover|Manual failover) user request accepted|FAILOVER requested to",
            &["election won", "failover user request", "FAILOVER requested"],
            "another Redis became the primary",
        ),
        Known::new(
            "stopping",
            Info,
            "User requested shutdown|Received (?:SIGTERM|SIGINT|shutdown signal)",
            &["requested shutdown", "Received SIG", "shutdown signal"],
            "Redis was asked to stop",
        ),
        Known::new(
            "error-records",
            Warning,
            r#"(?: # |message"?[:=]")(?:<[\w-]+> )?(?:fatal|critical|error|can't|cannot|could not|unable to|failed|fail to|unrecoverable|invalid|impossible|bad )"#,
            &[" # ", "message=\"", "\"message\":\""],
            "Redis logs errors",
        )
        .level(LevelRule::AtLeast(Level::Warning))
        .fallback()
        .advice("read the record in the log: it says what failed"),
        Known::new(
            "warning-records",
            Info,
            r#"(?: # |message"?[:=]")"#,
            &[" # ", "message=\"", "\"message\":\""],
            "Redis logs warnings",
        )
        .level(LevelRule::AtLeast(Level::Warning))
        .fallback(),
    ],
    benign: &[
        Benign::new(r"# (?:oO0OoO0OoO0Oo Redis is starting|Redis version=|Configuration loaded|Server initialized|Sentinel ID is|\+monitor master )", "up to 7 each start says so at this level"),
        Benign::new("is now ready to exit, bye bye", "it was asked to stop"),
        Benign::new("There is a (?:child|module fork child|slot migration child).{0,30}Killing it!", "it stops, so it ends its child"),
        Benign::new(r"terminated by signal 10\b", "it ended its own child: a flush, a newer save or a stop"),
        Benign::new("(?:Memory overcommit must be enabled|overcommit_memory is set to 0)", "advice on the host's kernel, given at each start"),
        Benign::new("you have Transparent Huge Pages", "advice on the host's kernel, given at each start"),
        Benign::new(r"TCP backlog setting of \d+ cannot be enforced", "the kernel's own limit holds instead"),
        Benign::new("is configured to use the 'xen' clocksource", "advice on the host's kernel, given at each start"),
        Benign::new("Failed to test the kernel for a bug", "a container may not make this test of the kernel"),
        Benign::new("no config file specified, using the default config", "it was started without a configuration"),
        Benign::new("Reading config from stdin|CONFIG REWRITE executed with success", "it was told to"),
        Benign::new("oom-score-adj-values configuration may not work|Unable to (?:write|read) oom_score_adj", "a container may not change its own OOM score"),
        Benign::new("Unable to obtain the current NOFILE limit|Failed to write PID file", "it runs as well without"),
        Benign::new(r"Could not create server TCP listening socket \S*:\S*:\d+: (?:bind: Cannot assign requested|unable to bind socket, errno: 97|.{0,20}not supported)|Not listening to IPv6: unsupported", "the network has no IPv6, and IPv4 does"),
        Benign::new("supervis(?:ion|ed).{0,60}(?:NOTIFY_SOCKET|UPSTART_JOB) not found|by systemd - you MUST set", "there is no systemd in a container"),
        Benign::new("Changing databases number from", "a cluster has one database"),
        Benign::new("RDB file was saved with checksum disabled", "its configuration says so"),
        Benign::new("# (?:Setting secondary replication ID|Master replication ID changed|Latest backlog is|Diskless rdb transfer, done reading|AOF was enabled|Lua script killed by user|Failover request received)", "up to 7 ordinary work says so at this level"),
        Benign::new("# (?:New configEpoch set|configEpoch (?:set|updated)|Address updated for node|IP address for this node updated|Failover auth granted|Start of election delayed|Starting a failover election|Configuration change detected|All master replication stream processed)", "up to 7 ordinary work of a cluster says so at this level"),
        Benign::new(r"# (?:\+(?:new-epoch|vote-for-leader|config-update-from|elected-leader|try-failover|failover-state-\S+|selected-slave|promoted-slave|failover-end|set|reset-master)|-monitor|\S+ voted for|Next failover delay|Executing user requested FAILOVER)[ :]", "a step of Sentinel's work; what it found has a record of its own"),
    ],
};

#[cfg(test)]
mod tests;
