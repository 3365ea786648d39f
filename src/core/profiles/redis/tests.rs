use crate::{
    api::job::ProfileName::Redis,
    core::profiles::tests::{Corpus, hold, is_quiet, scan},
};

/// 6 to 8 are Redis, 9 is Valkey 8 and 9.
#[rustfmt::skip]
const CORPUS: Corpus = Corpus {
    known: &[
        ("disk-full", "7", "60:C 24 Nov 2026 05:41:04.986 # Write error saving DB on disk(rdbSaveRio): No space left on device"),
        ("disk-full", "8 9", "60:C 24 Nov 2026 05:41:04.986 # Write error while saving DB to the disk(fflush): No space left on device"),
        ("disk-full", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Error writing to the AOF file: No space left on device"),
        ("disk-full", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA synchronization: Disk quota exceeded"),
        ("fork-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't save in background: fork: Cannot allocate memory"),
        ("fork-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't rewrite append only file in background: fork: Resource temporarily unavailable"),
        ("fork-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't fork for module: Cannot allocate memory"),
        ("out-of-memory", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Out Of Memory allocating 1073741832 bytes!"),
        ("out-of-memory", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Guru Meditation: Redis aborting for OUT OF MEMORY. Allocating 1073741832 bytes! #server.c:6345"),
        ("out-of-memory", "9", "1:M 24 Nov 2026 05:41:04.986 # Guru Meditation: Valkey aborting for OUT OF MEMORY. Allocating 1073741832 bytes! #server.c:6722"),
        ("out-of-memory", "6 7 8 9", "zmalloc: Out of memory trying to allocate 1073741832 bytes"),
        ("crashed", "7", "=== REDIS BUG REPORT START: Cut & paste starting from here ===\n1:M 24 Nov 2026 05:41:17.793 # Redis 7.0.15 crashed by signal: 11, si_code: 2\n1:M 24 Nov 2026 05:41:17.793 # Accessing address: 0x7f3c2ac58000"),
        ("crashed", "8", "=== REDIS BUG REPORT START: Cut & paste starting from here ===\n1:M 24 Nov 2026 05:41:17.793 # === ASSERTION FAILED ===\n1:M 24 Nov 2026 05:41:17.793 # ==> t_hash.c:1214 '0' is not true"),
        ("crashed", "9", "=== VALKEY BUG REPORT START: Cut & paste starting from here ==="),
        ("crashed", "9", "1:M 24 Nov 2026 05:41:04.986 # Valkey 9.1.2 crashed by signal: 11, si_code: 1"),
        ("crashed", "8 9", "1:M 24 Nov 2026 05:41:04.986 # === RECURSIVE ASSERTION FAILED ==="),
        ("crashed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Guru Meditation: Unknown object type #object.c:1044"),
        ("threads-failed", "6 7", "1:M 24 Nov 2026 05:41:04.986 # Fatal: Can't initialize Background Jobs."),
        ("threads-failed", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Fatal: Can't initialize Background Jobs. Error message: Operation not permitted"),
        ("threads-failed", "9", "1:M 24 Nov 2026 05:41:04.986 # Fatal: Can't initialize IO thread, pthread_create failed with: Resource temporarily unavailable"),
        ("file-descriptor-limit", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Your current 'ulimit -n' of 32 is not enough for the server to start. Please increase your open file limit to at least 10032. Exiting."),
        ("file-descriptor-limit", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed creating the event loop. Error message: 'Too many open files'"),
        ("kernel-bug", "6", "1:M 24 Nov 2026 05:41:04.986 # WARNING Your kernel has a bug that could lead to data corruption during background save. Please upgrade to the latest stable kernel."),
        ("kernel-bug", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Redis will now exit to prevent data corruption. Note that it is possible to suppress this warning by setting the following config: ignore-warnings ARM64-COW-BUG"),
        ("acl-error", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Aborting Redis startup because of ACL errors: /etc/redis/users.acl:1: Error in applying operation '+@nope': Unknown command or category name in ACL."),
        ("acl-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Error loading ACL rule '+nope' for the user named 'app': Unknown command or category name in ACL"),
        ("acl-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Critical error while loading ACLs. Exiting."),
        ("acl-error", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. This setup is very likely to lead to configuration errors and security holes, please define either an ACL file or declare users directly in your redis.conf, but not both."),
        ("tls-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed to configure TLS. Check logs for more info."),
        ("tls-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed to load certificate: /tls/redis.crt: error:80000002:system library::No such file or directory"),
        ("tls-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed to load private key: /tls/redis.key: error:0B080074:x509 certificate routines:X509_check_private_key:key values mismatch"),
        ("tls-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed to load DH params file: /tls/dh.pem: error:80000002:system library::No such file or directory"),
        ("tls-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # No tls-cert-file configured!"),
        ("tls-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # No tls-key-file configured!"),
        ("tls-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, tls-replication or tls-auth-clients are enabled!"),
        ("tls-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed to configure CA certificate(s) file/directory: error:80000002:system library::No such file or directory"),
        ("tls-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'."),
        ("tls-error", "9", "1:M 24 Nov 2026 05:41:04.986 # Background TLS reload failed"),
        ("module-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Module /modules/search.so failed to load: /modules/search.so: cannot open shared object file: No such file or directory"),
        ("module-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't load module from /modules/search.so: server aborting"),
        ("module-failed", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Module /modules/search.so initialization failed. Module not loaded"),
        ("module-failed", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Module /modules/x.so does not export RedisModule_OnLoad() symbol. Module not loaded."),
        ("module-failed", "9", "1:M 24 Nov 2026 05:41:04.986 # Failed to load static module: lua. initialization error"),
        ("module-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting"),
        ("config-error", "7", "*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 6\n>>> 'maxmemory \"lots\"'\nargument must be a memory value"),
        ("config-error", "9", "*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***\nReading the configuration file, at line 2\n>>> 'slavof 10.0.0.5 6379'\nBad directive or wrong number of arguments"),
        ("config-error", "6 7 8 9", "60:C 24 Nov 2026 05:41:04.986 # Fatal error, can't open config file '/etc/redis/redis.conf': Permission denied"),
        ("config-error", "6", "60:C 24 Nov 2026 05:41:04.986 # Can't chdir to '/data2': No such file or directory"),
        ("config-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Configured to not listen anywhere, exiting."),
        ("config-error", "7 8", "1:M 24 Nov 2026 05:41:04.986 # Redis port number too high. Cluster communication port is 10,000 port numbers higher than your Redis port. Your Redis port number must be 55535 or less."),
        ("config-error", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # No bind address is configured, but it is required for the Cluster bus."),
        ("config-error", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # Sentinel config file /etc/sentinel.conf is not writable: Permission denied. Exiting..."),
        ("config-error", "7 8 9", "1:X 24 Nov 2026 05:41:04.986 # Sentinel needs config file on disk to save state. Exiting..."),
        ("config-error", "6", "1:X 24 Nov 2026 05:41:04.986 # Sentinel started without a config file. Exiting..."),
        ("config-error", "6", "1:X 24 Nov 2026 05:41:04.986 # Sentinel config from STDIN not allowed."),
        ("config-error", "8", "60:C 24 Nov 2026 05:41:04.986 # Failed to configure LOCALE for invalid locale name."),
        ("listen-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Warning: Could not create server TCP listening socket *:6379: bind: Address already in use"),
        ("listen-failed", "6", "1:M 24 Nov 2026 05:41:04.986 # Could not create server TCP listening socket *:6379: bind: Address already in use"),
        ("listen-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Warning: Could not create server TCP listening socket 10.0.0.5:6379: bind: Cannot assign requested address"),
        ("listen-failed", "7", "1:M 24 Nov 2026 05:41:04.986 # Failed listening on port 6379 (TCP), aborting."),
        ("listen-failed", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed listening on port 6379 (tcp), aborting."),
        ("listen-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed opening Unix socket: bind: No such file or directory"),
        ("listen-failed", "6", "1:M 24 Nov 2026 05:41:04.986 # Opening Unix socket: bind: Permission denied"),
        ("listen-failed", "7", "1:M 24 Nov 2026 05:41:04.986 # Failed to bind"),
        ("rdb-version", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't handle RDB format version 12"),
        ("rdb-version", "9", "1:M 24 Nov 2026 05:41:04.986 # Can't handle foreign type or opcode 22 in RDB with version 12"),
        ("replication-auth-failed", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled."),
        ("replication-auth-failed", "9", "1:S 24 Nov 2026 05:41:04.986 # Unable to AUTH to PRIMARY: -WRONGPASS invalid username-password pair or user is disabled."),
        ("replication-auth-failed", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # MASTER aborted replication with an error: NOAUTH Authentication required."),
        ("replication-auth-failed", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * (Non critical) Master does not understand REPLCONF listening-port: -NOAUTH Authentication required."),
        ("replication-auth-failed", "7 8", "1:S 24 Nov 2026 05:41:04.986 # Error reply to PING from master: '-NOPERM User default has no permissions to run the 'ping' command'"),
        ("replication-broken", "6 7", "1:S 24 Nov 2026 05:41:04.986 # Connection with master lost."),
        ("replication-broken", "8", "1:S 24 Nov 2026 05:41:04.986 * Connection with master lost."),
        ("replication-broken", "9", "1:S 24 Nov 2026 05:41:04.986 * Connection with primary lost."),
        ("replication-broken", "6 7 8 9", "1:S 24 Nov 2026 05:41:04.986 # Error condition on socket for SYNC: Connection refused"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Unable to connect to MASTER: Invalid argument"),
        ("replication-broken", "9", "1:S 24 Nov 2026 05:41:04.986 # Unable to connect to PRIMARY: Resource temporarily unavailable"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # MASTER aborted replication with an error: ERR Can't SYNC while failover is in progress"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # MASTER timeout: no data nor PING received..."),
        ("replication-broken", "9", "1:S 24 Nov 2026 05:41:04.986 # PRIMARY timeout: no data nor PING received..."),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Timeout connecting to the MASTER..."),
        ("replication-broken", "9", "1:S 24 Nov 2026 05:41:04.986 # Timeout connecting to the PRIMARY..."),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value."),
        ("replication-broken", "7", "1:S 24 Nov 2026 05:41:04.986 # Failed trying to load the MASTER synchronization DB from disk: Permission denied"),
        ("replication-broken", "8", "1:S 24 Nov 2026 05:41:04.986 # Failed trying to load the MASTER synchronization DB from socket, check server logs."),
        ("replication-broken", "7 8", "1:S 24 Nov 2026 05:41:04.986 # Failed trying to rename the temp DB into dump.rdb in MASTER <-> REPLICA synchronization: Permission denied"),
        ("replication-broken", "7 8", "1:S 24 Nov 2026 05:41:04.986 # Failed trying to sync DB directory /data in MASTER <-> REPLICA synchronization: Input/output error"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # I/O error reading bulk count from MASTER: Success"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # I/O error trying to sync with MASTER: connection lost"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Opening the temp file needed for MASTER <-> REPLICA synchronization: Permission denied"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA synchronization: short write"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Bad protocol from MASTER, the first byte is not '$' (we received 'HTTP/1.1 400 Bad Request'), are you sure the host and port are right?"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Error reply to PING from master: '-LOADING Redis is loading the dataset in memory'"),
        ("replication-broken", "7 8", "1:S 24 Nov 2026 05:41:04.986 # Master did not reply to PSYNC, will try later"),
        ("replication-broken", "7 8", "1:S 24 Nov 2026 05:41:04.986 # Master did not respond to command during SYNC handshake"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Unexpected reply to PSYNC from master: -ERR unknown command"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Master replied with wrong +FULLRESYNC syntax."),
        ("replication-broken", "6 7 8 9", "1:S 24 Nov 2026 05:41:04.986 # Replication stream EOF marker is broken"),
        ("replication-broken", "8", "1:S 24 Nov 2026 05:41:04.986 # rdb channel sync failed with error: -ERR"),
        ("replication-broken", "9", "1:S 24 Nov 2026 05:41:04.986 # Dual channel sync failed with error -ERR"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Unable to send PSYNC to master: Connection reset by peer"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Sending command to master in replication handshake: Broken pipe"),
        ("replication-broken", "7", "1:S 24 Nov 2026 05:41:04.986 # Internal error in RDB reading offset 0, function at rdb.c:2901 -> Unexpected EOF reading RDB file. Failure loading rdb format from socket, assuming connection error, resuming operation."),
        ("data-unreadable", "7 8", "1:M 24 Nov 2026 05:41:04.986 # Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>"),
        ("data-unreadable", "6", "1:M 24 Nov 2026 05:41:04.986 # Unexpected end of file reading the append only file. You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server."),
        ("data-unreadable", "7 8", "1:M 24 Nov 2026 05:41:04.986 # Unknown command 'SETT' reading the append only file appendonly.aof.1.incr.aof"),
        ("data-unreadable", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Unrecoverable error reading the append only file appendonly.aof.1.incr.aof: Input/output error"),
        ("data-unreadable", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Fatal error: the truncated file is not the last file"),
        ("data-unreadable", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Error reading the RDB base file appendonly.aof.1.base.rdb, AOF loading aborted"),
        ("data-unreadable", "6", "1:M 24 Nov 2026 05:41:04.986 # Error reading the RDB preamble of the AOF file, AOF loading aborted"),
        ("data-unreadable", "7 8 9", "*** FATAL AOF MANIFEST FILE ERROR ***"),
        ("data-unreadable", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Wrong signature trying to load DB from file"),
        ("data-unreadable", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Short read or OOM loading DB. Unrecoverable error, aborting now."),
        ("data-unreadable", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Wrong RDB checksum expected: (8d4a9e8f5f9c0a4e) but got (8d4a9e8f5f9c0a4f). Aborting now."),
        ("data-unreadable", "7", "1:M 24 Nov 2026 05:41:04.986 # Internal error in RDB reading offset 133, function at rdb.c:2901 -> Unknown RDB encoding type 115"),
        ("data-unreadable", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Terminating server after rdb file reading failure."),
        ("data-unreadable", "7", "1:M 24 Nov 2026 05:41:04.986 # Fatal error loading the DB: Invalid argument. Exiting."),
        ("data-unreadable", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Fatal error loading the DB, check server logs. Exiting."),
        ("data-unreadable", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # FATAL: Data file was created with a Redis server configured to handle more than 4 databases. Exiting"),
        ("data-unreadable", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # The RDB file contains AUX module data I can't load: no matching module 'scdtype00'"),
        ("data-unreadable", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # RDB has duplicated key 'a' in DB 0"),
        ("data-not-opened", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Fatal error: can't open the append log file appendonly.aof.1.incr.aof for reading: Permission denied"),
        ("data-not-opened", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Fatal error: can't open the RDB file dump.rdb for reading: Permission denied"),
        ("data-not-opened", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Fatal error: can't open the AOF manifest file appendonly.aof.manifest for reading: Permission denied"),
        ("data-not-opened", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't open or create append-only dir appendonlydir: Permission denied"),
        ("data-not-opened", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't open the append-only file appendonly.aof.1.incr.aof: Permission denied"),
        ("data-not-opened", "6", "1:M 24 Nov 2026 05:41:04.986 # Can't open the append-only file: Permission denied"),
        ("data-not-opened", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # The append log file appendonly.aof.1.incr.aof doesn't exist: No such file or directory"),
        ("data-not-opened", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the above logs for more info about the error."),
        ("data-not-opened", "8", "1:M 24 Nov 2026 05:41:04.986 # FATAL: AOF can't be turned on. Exiting now."),
        ("data-not-opened", "8", "1:M 24 Nov 2026 05:41:04.986 # Failed to enable AOF! Trying it again in one second."),
        ("data-not-opened", "6 7", "1:M 24 Nov 2026 05:41:04.986 # Failed enabling the AOF after successful master synchronization! Trying it again in one second."),
        ("aof-write-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Short write while writing to the AOF file: (nwritten=96553, expected=100032)"),
        ("aof-write-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Error writing to the AOF file: Input/output error"),
        ("aof-write-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting..."),
        ("aof-write-failed", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Could not remove short write from the append-only file. Redis may refuse to load the AOF the next time it starts. ftruncate: Input/output error"),
        ("aof-write-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Replica is applying a command even though it is unable to write to disk."),
        ("aof-sync-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Fail to fsync the AOF file: Input/output error"),
        ("aof-sync-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't persist AOF for fsync error when the AOF fsync policy is 'always': Input/output error. Exiting..."),
        ("save-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Background saving error"),
        ("save-failed", "6", "1:M 24 Nov 2026 05:41:04.986 # Failed opening the RDB file dump.rdb (in server root dir /data) for saving: Read-only file system"),
        ("save-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed opening the temp RDB file temp-25.rdb (in server root dir /data) for saving: Permission denied"),
        ("save-failed", "6", "1:M 24 Nov 2026 05:41:04.986 # Write error saving DB on disk: Input/output error"),
        ("save-failed", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Write error while saving DB to the disk(fsync): Input/output error"),
        ("save-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Error moving temp DB file temp-25.rdb on the final destination dump.rdb (in server root dir /data): Permission denied"),
        ("save-failed", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed to fsync directory while saving DB: Input/output error"),
        ("save-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Error trying to save the DB, can't exit."),
        ("save-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Error trying to save the DB. Exit anyway."),
        ("save-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Background saving terminated by signal 9"),
        ("save-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # BGSAVE for replication failed"),
        ("clients-refused", "6 7", "1:M 24 Nov 2026 05:41:04.986 # Accepting client connection: accept: Too many open files"),
        ("clients-refused", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Accepting client connection: accept: Too many open files in system"),
        ("clients-refused", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Error registering fd event for the new client connection: Numerical result out of range (addr=10.0.0.7:51122 laddr=10.0.0.5:6379)"),
        ("clients-refused", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Module /modules/search.so: dlopen: Too many open files"),
        ("replication-inconsistent", "7 8 9", "1:S 24 Nov 2026 05:41:04.986 # == CRITICAL == This replica is sending an error to its master: 'WRONGTYPE Operation against a key holding the wrong kind of value' after processing the command 'lpush'"),
        ("replication-inconsistent", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # WARNING: Receiving inline protocol from master, master stream corruption? Closing the master connection and discarding the cached master."),
        ("cluster-config-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Fatal: can't update cluster config file."),
        ("cluster-config-failed", "8", r#"1:M 24 Nov 2026 05:41:04.986 # Unrecoverable error: corrupted cluster config file "nodes.conf"."#),
        ("cluster-config-failed", "6 7", "1:M 24 Nov 2026 05:41:04.986 # Sorry, the cluster configuration file nodes.conf is already used by a different Redis Cluster node. Please make sure that different nodes use different cluster configuration files."),
        ("cluster-config-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Loading the cluster node config from nodes.conf: Permission denied"),
        ("cluster-config-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Impossible to lock nodes.conf: No locks available"),
        ("cluster-config-failed", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Could not rename tmp cluster config file: Permission denied"),
        ("cluster-config-failed", "9", "1:M 24 Nov 2026 05:41:04.986 # Cluster config updated even though writing the cluster config file to disk failed."),
        ("cluster-down", "6 7", "1:M 24 Nov 2026 05:41:04.986 # Cluster state changed: fail"),
        ("cluster-down", "8 9", "1:M 24 Nov 2026 05:41:04.986 * Cluster state changed: fail"),
        ("cluster-down", "9", "1:M 24 Nov 2026 05:41:04.986 # Cluster is currently down: At least one hash slot is not served by any available node. Please check the 'cluster-require-full-coverage' configuration."),
        ("cluster-partial", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Marking node 07c37dfeb235213a872192d90877d0cd55635b91 as failing (quorum reached)."),
        ("cluster-partial", "8 9", "1:M 24 Nov 2026 05:41:04.986 * Marking node 07c37dfeb235213a872192d90877d0cd55635b91 (redis-3) as failing (quorum reached)."),
        ("cluster-partial", "6 7", "1:M 24 Nov 2026 05:41:04.986 * FAIL message received from 07c37dfeb235213a872192d90877d0cd55635b91 about e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca"),
        ("cluster-failover-failed", "6 7 8 9", "1:S 24 Nov 2026 05:41:04.986 # Currently unable to failover: Disconnected from master for longer than allowed. Please check the 'cluster-replica-validity-factor' configuration option."),
        ("cluster-failover-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Manual failover timed out."),
        ("sentinel-failover-failed", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # -failover-abort-no-good-slave master mymaster 10.0.0.2 6379"),
        ("sentinel-failover-failed", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # -failover-abort-not-elected master mymaster 10.0.0.2 6379"),
        ("sentinel-primary-down", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # +odown master mymaster 10.0.0.2 6379 #quorum 2/2"),
        ("sentinel-node-down", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # +sdown master mymaster 10.0.0.2 6379"),
        ("sentinel-node-down", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # +sdown slave 10.0.0.3:6379 10.0.0.3 6379 @ mymaster 10.0.0.2 6379"),
        ("sentinel-switched", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # +switch-master mymaster 10.0.0.2 6379 10.0.0.3 6379"),
        ("sentinel-tilt", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # +tilt #tilt mode entered"),
        ("sentinel-script-failed", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # -script-error /etc/notify.sh 0 1"),
        ("sentinel-script-failed", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # -script-timeout /etc/notify.sh 71"),
        ("aof-truncated", "6", "1:M 24 Nov 2026 05:41:04.986 # !!! Warning: short read while loading the AOF file !!!"),
        ("aof-truncated", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # !!! Warning: short read while loading the AOF file appendonly.aof.1.incr.aof!!!"),
        ("aof-truncated", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # !!! Truncating the AOF appendonly.aof.1.incr.aof at offset 1024 !!!"),
        ("aof-truncated", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # AOF appendonly.aof.1.incr.aof loaded anyway because aof-load-truncated is enabled"),
        ("aof-truncated", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Revert incomplete MULTI/EXEC transaction in AOF file appendonly.aof.1.incr.aof"),
        ("aof-rewrite-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Background AOF rewrite terminated with error"),
        ("aof-rewrite-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Background AOF rewrite terminated by signal 9"),
        ("aof-rewrite-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Background AOF rewrite has repeatedly failed and triggered the limit, will retry in 60 minutes"),
        ("aof-rewrite-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Write error writing append only file on disk: Input/output error"),
        ("aof-rewrite-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Error moving temp append only file on the final destination: Permission denied"),
        ("aof-rewrite-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Opening the temp file for AOF rewrite in rewriteAppendOnlyFile(): Permission denied"),
        ("aof-rewrite-failed", "6", "1:M 24 Nov 2026 05:41:04.986 # Unable to open the temporary AOF produced by the child: Permission denied"),
        ("aof-rewrite-failed", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Error trying to rename the temporary AOF base file temp-rewriteaof-bg-43.aof into appendonly.aof.2.base.rdb: Permission denied"),
        ("maxclients-reduced", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # You requested maxclients of 10000 requiring at least 10032 max file descriptors."),
        ("maxclients-reduced", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Server can't set maximum open files to 10032 because of OS error: Operation not permitted."),
        ("maxclients-reduced", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Current maximum open files is 64. maxclients has been reduced to 32 to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'."),
        ("replica-lost", "6 7", "1:M 24 Nov 2026 05:41:04.986 # Connection with replica 10.0.0.3:6379 lost."),
        ("replica-lost", "8 9", "1:M 24 Nov 2026 05:41:04.986 * Connection with replica 10.0.0.3:6379 lost."),
        ("replica-lost", "8", "1:M 24 Nov 2026 05:41:04.986 * Connection with replica (rdb-channel) 10.0.0.3:6379 lost."),
        ("replica-lost", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Disconnecting timedout replica (streaming sync): 10.0.0.3:6379"),
        ("replica-lost", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # SYNC failed. BGSAVE child returned an error"),
        ("replica-lost", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Write error sending DB to replica: Broken pipe"),
        ("replica-lost", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Read error sending DB to replica: premature EOF"),
        ("replica-lost", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Diskless rdb transfer, write error sending DB to replica: Connection reset by peer"),
        ("replica-lost", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Background transfer error"),
        ("replica-lost", "9", "1:M 24 Nov 2026 05:41:04.986 # Background RDB transfer terminated by signal 9"),
        ("replica-lost", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Replica 10.0.0.3:6379 asks for synchronization but with a wrong offset"),
        ("output-buffer-overrun", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Client id=9 addr=10.0.0.7:51122 laddr=10.0.0.5:6379 fd=10 name= age=31 idle=31 flags=P db=0 sub=1 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=2049 omem=33571616 events=rw cmd=subscribe user=default scheduled to be closed ASAP for overcoming of output buffer limits."),
        ("output-buffer-overrun", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Client id=9 addr=10.0.0.7:51122 laddr=10.0.0.5:6379 fd=10 name= age=31 idle=31 flags=P db=0 sub=1 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=2049 omem=33571616 events=rw cmd=subscribe user=default closed for overcoming of output buffer limits."),
        ("query-buffer-overrun", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Closing client that reached max query buffer length: id=9 addr=10.0.0.7:51122 laddr=10.0.0.5:6379 fd=10 name= age=31 idle=31 flags=P db=0 sub=1 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=2049 omem=33571616 events=rw cmd=subscribe user=default (qbuf initial bytes: \"*3\\r\\n$3\\r\\nset\")"),
        ("query-buffer-overrun", "6 7 8 9", r#"1:M 24 Nov 2026 05:41:04.986 # Closing client that reached max query buffer length: id=9 addr=10.0.0.7:51122 laddr=10.0.0.5:6379 fd=10 name= age=31 idle=31 flags=P db=0 sub=1 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=2049 omem=33571616 events=rw cmd=subscribe user=default (qbuf initial bytes: "ERROR No space left on device")"#),
        ("clients-evicted", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 * Evicting client: id=9 addr=10.0.0.7:51122 laddr=10.0.0.5:6379 fd=10 name= age=31 idle=31 flags=P db=0 sub=1 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=2049 omem=33571616 events=rw cmd=subscribe user=default"),
        ("clients-evicted", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Over client maxmemory after evicting all evictable clients"),
        ("maxmemory-too-low", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # WARNING: the new maxmemory value set via CONFIG SET (1048576) is smaller than the current memory usage (12582912). This will result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy."),
        ("maxmemory-too-low", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # WARNING: You specified a maxmemory value that is less than 1MB (current value is 256 bytes). Are you sure this is what you really want?"),
        ("slow-script", "6", "1:M 24 Nov 2026 05:41:04.986 # Lua slow script detected: still in execution after 5000 milliseconds. You can try killing the script using the SCRIPT KILL command. Script SHA1 is: 694a5fe1ddb97a4c6a1bf299d9537c7d3d0f84e7"),
        ("slow-script", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Slow script detected: still in execution after 5000 milliseconds. You can try killing the script using the FUNCTION KILL command. Script name is: drain."),
        ("blocked", "6 7", "--- WATCHDOG TIMER EXPIRED ---"),
        ("slow-disk", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 * Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down Redis."),
        ("slow-disk", "9", "1:M 24 Nov 2026 05:41:04.986 * Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down the server."),
        ("client-tls-failed", "6 7", "1:M 24 Nov 2026 05:41:04.986 # Error accepting a client connection: error:1408F10B:SSL routines:ssl3_get_record:wrong version number (conn: fd=8)"),
        ("client-tls-failed", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Error accepting a client connection: error:0A000412:SSL routines::ssl/tls alert bad certificate (addr=10.0.0.7:51122 laddr=10.0.0.5:6379)"),
        ("security-attack", "6 7", "1:M 24 Nov 2026 05:41:04.986 # Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection aborted."),
        ("security-attack", "9", "1:M 24 Nov 2026 05:41:04.986 # Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Valkey. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Valkey instance. Connection from 10.0.0.7:51122 aborted."),
        ("config-not-saved", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # CONFIG REWRITE failed: Device or resource busy"),
        ("config-not-saved", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # WARNING: Sentinel was not able to save the new configuration on disk!!!: Device or resource busy"),
        ("config-not-saved", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Could not rename tmp config file (Device or resource busy)"),
        ("config-not-saved", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Could not sync config file dir (Input/output error)"),
        ("acl-not-saved", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Opening temp ACL file for ACL SAVE: Permission denied"),
        ("host-not-resolved", "7 8 9", "1:X 24 Nov 2026 05:41:04.986 # Failed to resolve hostname 'redis-2'"),
        ("stop-refused", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # SIGTERM received but errors trying to shut down the server, check the logs for more information"),
        ("stop-refused", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Errors trying to shut down the server. Check the logs for more information."),
        ("stop-refused", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Writing initial AOF, can't exit."),
        ("stop-refused", "9", "1:M 24 Nov 2026 05:41:04.986 # This is a voting primary. Shutting down may cause the cluster to go down. Can't exit."),
        ("failover", "6 7", "1:M 24 Nov 2026 05:41:04.986 # Failover election won: I'm the new master."),
        ("failover", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Manual failover user request accepted."),
        ("failover", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 * FAILOVER requested to 10.0.0.3:6379."),
        ("stopping", "6 7", "1:M 24 Nov 2026 05:41:04.986 # User requested shutdown..."),
        ("stopping", "9", "1:M 24 Nov 2026 05:41:04.986 * User requested shutdown... (user request from 'id=7 addr=10.0.0.7:51122')"),
        ("stopping", "7 8 9", "1:signal-handler (1795498907) Received SIGTERM scheduling shutdown..."),
        ("stopping", "6 7 8 9", "1:signal-handler (1795498907) Received SIGINT scheduling shutdown..."),
        ("stopping", "6 7 8 9", "1:signal-handler (1795498907) Received shutdown signal during loading, exiting now."),
        ("error-records", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Unable to reclaim something new: Input/output error"),
        ("error-records", "7 8", "1:M 24 Nov 2026 05:41:04.986 # <search> Failed to start the worker threads"),
        ("error-records", "9", r#"pid=1 role=primary timestamp="24 Nov 2026 05:41:04.986" level=warning message="Error doing something new""#),
        ("error-records", "9", r#"{"pid":1,"role":"primary","timestamp":"24 Nov 2026 05:41:04.986","level":"warning","message":"Error doing something new"}"#),
        ("warning-records", "8", "1:M 24 Nov 2026 05:41:04.986 # Warning: 32 bit instance detected but no memory limit set. Setting 3 GB maxmemory limit with 'noeviction' policy now."),
        ("warning-records", "9", r#"pid=1 role=primary timestamp="24 Nov 2026 05:41:04.986" level=warning message="Something new""#),
        ("warning-records", "9", r#"{"pid":1,"role":"primary","timestamp":"24 Nov 2026 05:41:04.986","level":"warning","message":"Something new"}"#),
        ("aof-write-failed", "9", r#"pid=1 role=primary timestamp="2026-11-24T05:41:04.986+00:00" level=warning message="Short write while writing to the AOF file: (nwritten=96553, expected=100032)""#),
        ("memory-faulty", "6 7 8 9", "!!! MEMORY ERROR DETECTED! Check your memory ASAP !!!"),
        ("slot-migration-failed", "9", "1:M 24 Nov 2026 05:41:04.986 # Write loss risk! During slot migration 1c3f, new owner did not broadcast ownership before we unpaused ourselves. Any writes we have recorded since unpausing may be lost!"),
        ("slot-migration-failed", "9", "1:M 24 Nov 2026 05:41:04.986 # Slot migration 1c3f timed out during slot failover."),
        ("slot-migration-failed", "9", "1:M 24 Nov 2026 05:41:04.986 # Background SLOT MIGRATION transfer error"),
        ("slot-migration-failed", "9", "1:M 24 Nov 2026 05:41:04.986 # Timing out slot migration 1c3f after not receiving ack for too long"),
        ("slot-migration-failed", "9", "1:M 24 Nov 2026 05:41:04.986 # Received unknown SYNCSLOTS subcommand from slot migration 1c3f. Failing the migration."),
        ("data-unreadable", "9", "1:M 24 Nov 2026 05:41:04.986 # Error reading the append only file appendonly.aof.1.incr.aof, error: Input/output error"),
        ("data-unreadable", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed creating function, Function a already exists"),
        ("data-unreadable", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed loading library, Error compiling function: user_function:1: '=' expected"),
        ("data-unreadable", "9", "1:M 24 Nov 2026 05:41:04.986 # Unknown type or opcode when loading DB. Unrecoverable error, aborting now."),
        ("data-not-opened", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Unable to obtain the AOF file appendonly.aof.1.incr.aof length. stat: Permission denied"),
        ("config-error", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 # Fatal: too many I/O threads configured. The maximum number is 128."),
        ("config-error", "6 7 8 9", "60:C 24 Nov 2026 05:41:04.986 # Config file full path is too long"),
        ("acl-error", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Spaces not allowed in ACL usernames"),
        ("tls-error", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed finding TLS support."),
        ("data-not-opened", "7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't seek the end of the AOF file appendonly.aof.1.incr.aof: Invalid argument"),
        ("save-failed", "9", "1:M 24 Nov 2026 05:41:04.986 # Can't store key 'a' (db 0) in RDB version 80"),
        ("cluster-config-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Can't open nodes.conf in order to acquire a lock: Permission denied"),
        ("cluster-config-failed", "8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed after writing (12) bytes to tmp cluster config file: Input/output error"),
        ("replication-broken", "6 7 8 9", "1:S 24 Nov 2026 05:41:04.986 # Can't create readable event for SYNC: Numerical result out of range (fd=9)"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 # Error resurrecting the cached master, impossible to add the readable handler: Numerical result out of range"),
        ("replication-broken", "7 8 9", "1:S 24 Nov 2026 05:41:04.986 # Failed to read response from the server: Connection reset by peer"),
        ("replication-broken", "9", "1:S 24 Nov 2026 05:41:04.986 # Failed to load RDB"),
        ("replication-broken", "9", "1:S 24 Nov 2026 05:41:04.986 # Failed to read sync metadata"),
        ("replication-broken", "9", "1:S 24 Nov 2026 05:41:04.986 # Replica main thread detected RDB download failure in Bio thread"),
    ],
    clears: &[
        ("disk-full", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 * Background saving terminated with success"),
        ("fork-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 * Background saving terminated with success"),
        ("save-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 * Background saving terminated with success"),
        ("disk-full", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 * DB saved on disk"),
        ("fork-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 * DB saved on disk"),
        ("save-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 * DB saved on disk"),
        ("disk-full", "6 7", "1:M 24 Nov 2026 05:41:04.986 # AOF write error looks solved, Redis can write again."),
        ("fork-failed", "6 7", "1:M 24 Nov 2026 05:41:04.986 # AOF write error looks solved, Redis can write again."),
        ("aof-write-failed", "6 7", "1:M 24 Nov 2026 05:41:04.986 # AOF write error looks solved, Redis can write again."),
        ("disk-full", "9", "1:M 24 Nov 2026 05:41:04.986 * AOF write error looks solved. The server can write again."),
        ("fork-failed", "9", "1:M 24 Nov 2026 05:41:04.986 * AOF write error looks solved. The server can write again."),
        ("aof-write-failed", "9", "1:M 24 Nov 2026 05:41:04.986 * AOF write error looks solved. The server can write again."),
        ("threads-failed", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("file-descriptor-limit", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("kernel-bug", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("acl-error", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("tls-error", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("module-failed", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("config-error", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("listen-failed", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("rdb-version", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("data-unreadable", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("data-not-opened", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections"),
        ("config-error", "8 9", "1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections tcp"),
        ("config-error", "6", "1:M 24 Nov 2026 05:41:04.986 * The server is now ready to accept connections at /run/redis.sock"),
        ("threads-failed", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("file-descriptor-limit", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("kernel-bug", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("acl-error", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("tls-error", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("module-failed", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("config-error", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("listen-failed", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("rdb-version", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("data-unreadable", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("data-not-opened", "7", "1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615"),
        ("replication-auth-failed", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("threads-failed", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("file-descriptor-limit", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("kernel-bug", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("acl-error", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("tls-error", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("module-failed", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("config-error", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("listen-failed", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("rdb-version", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("data-unreadable", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("data-not-opened", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * MASTER <-> REPLICA sync: Finished with success"),
        ("replication-auth-failed", "9", "1:S 24 Nov 2026 05:41:04.986 * PRIMARY <-> REPLICA sync: Finished with success"),
        ("replication-broken", "9", "1:S 24 Nov 2026 05:41:04.986 * PRIMARY <-> REPLICA sync: Finished with success"),
        ("replication-auth-failed", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * Successful partial resynchronization with master."),
        ("replication-broken", "6 7 8", "1:S 24 Nov 2026 05:41:04.986 * Successful partial resynchronization with master."),
        ("replication-auth-failed", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 * MASTER MODE enabled (user request from 'id=3 addr=10.0.0.7:51122')"),
        ("replication-broken", "6 7 8", "1:M 24 Nov 2026 05:41:04.986 * MASTER MODE enabled (user request from 'id=3 addr=10.0.0.7:51122')"),
        ("cluster-down", "6 7", "1:M 24 Nov 2026 05:41:04.986 # Cluster state changed: ok"),
        ("cluster-down", "8 9", "1:M 24 Nov 2026 05:41:04.986 * Cluster state changed: ok"),
        ("cluster-partial", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Clear FAIL state for node 07c37dfeb235213a872192d90877d0cd55635b91: replica is reachable again."),
        ("cluster-failover-failed", "8", "1:M 24 Nov 2026 05:41:04.986 * Failover election won: I'm the new master."),
        ("sentinel-failover-failed", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # +failover-end master mymaster 10.0.0.2 6379"),
        ("sentinel-failover-failed", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # -odown master mymaster 10.0.0.2 6379"),
        ("sentinel-primary-down", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # -odown master mymaster 10.0.0.2 6379"),
        ("sentinel-node-down", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # -sdown slave 10.0.0.3:6379 10.0.0.3 6379 @ mymaster 10.0.0.2 6379"),
        ("sentinel-node-down", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # +reset-master master mymaster 10.0.0.2 6379"),
        ("sentinel-tilt", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # -tilt #tilt mode exited"),
        ("aof-rewrite-failed", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 * Background AOF rewrite terminated with success"),
        ("replica-lost", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 * Synchronization with replica 10.0.0.3:6379 succeeded"),
        ("replica-lost", "6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 * Partial resynchronization request from 10.0.0.3:6379 accepted. Sending 0 bytes of backlog starting from offset 1."),
        ("replica-lost", "6 7", "1:M 24 Nov 2026 05:41:04.986 * Streamed RDB transfer with replica 10.0.0.3:6379 succeeded (socket). Waiting for REPLCONF ACK from slave to enable streaming"),
        ("config-not-saved", "6 7", "1:M 24 Nov 2026 05:41:04.986 # CONFIG REWRITE executed with success."),
        ("config-not-saved", "7 8 9", "1:X 24 Nov 2026 05:41:04.986 * Sentinel new configuration saved on disk"),
        ("sentinel-primary-down", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # +switch-master mymaster 10.0.0.2 6379 10.0.0.3 6379"),
        ("sentinel-failover-failed", "6 7 8 9", "1:X 24 Nov 2026 05:41:04.986 # +switch-master mymaster 10.0.0.2 6379 10.0.0.3 6379"),
    ],
    benign: &[
        ("6 7", "1:M 24 Nov 2026 05:41:04.986 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"),
        ("6 7", "1:M 24 Nov 2026 05:41:04.986 # Redis is now ready to exit, bye bye..."),
        ("9", "1:M 24 Nov 2026 05:41:04.986 # Valkey is now ready to exit, bye bye..."),
        ("6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # There is a child saving an .rdb. Killing it!"),
        ("6", "1:M 24 Nov 2026 05:41:04.986 # Background saving terminated by signal 10"),
        ("7 8", "1:M 24 Nov 2026 05:41:04.986 # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition. Being disabled, it can also cause failures without low memory condition, see https://github.com/jemalloc/jemalloc/issues/1328. To fix this issue add 'vm.overcommit_memory = 1' to /etc/sysctl.conf and then reboot or run the command 'sysctl vm.overcommit_memory=1' for this to take effect."),
        ("6", "1:M 24 Nov 2026 05:41:04.986 # WARNING overcommit_memory is set to 0! Background save may fail under low memory condition. To fix this issue add 'vm.overcommit_memory = 1' to /etc/sysctl.conf and then reboot or run the command 'sysctl vm.overcommit_memory=1' for this to take effect."),
        ("6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # WARNING you have Transparent Huge Pages (THP) support enabled in your kernel. This will create latency and memory usage issues with Redis."),
        ("6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # WARNING: The TCP backlog setting of 511 cannot be enforced because /proc/sys/net/core/somaxconn is set to the lower value of 128."),
        ("7 8 9", "1:M 24 Nov 2026 05:41:04.986 # WARNING Your system is configured to use the 'xen' clocksource which might lead to degraded performance. Check the result of the [slow-clocksource] system check: run 'redis-server --check-system' to check if the system's clocksource isn't degrading performance."),
        ("6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed to test the kernel for a bug that could lead to data corruption during background save. Your system could be affected, please report this error."),
        ("7 8", "1:M 24 Nov 2026 05:41:04.986 # Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf"),
        ("8", "1:M 24 Nov 2026 05:41:04.986 # WARNING: Changing databases number from 16 to 1 since we are in cluster mode"),
        ("6 7", "1:M 24 Nov 2026 05:41:04.986 # CONFIG REWRITE executed with success."),
        ("7", "1:M 24 Nov 2026 05:41:04.986 # Reading config from stdin"),
        ("7 8 9", "1:M 24 Nov 2026 05:41:04.986 # The oom-score-adj-values configuration may not work for non-privileged processes! Please consult the documentation."),
        ("7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Unable to write oom_score_adj: Permission denied"),
        ("6 7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Unable to obtain the current NOFILE limit (Operation not permitted), assuming 1024 and setting the max clients configuration accordingly."),
        ("8 9", "1:M 24 Nov 2026 05:41:04.986 # Failed to write PID file: Permission denied"),
        ("7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Warning: Could not create server TCP listening socket ::1:6379: bind: Cannot assign requested address"),
        ("7 8 9", "1:M 24 Nov 2026 05:41:04.986 # Warning: Could not create server TCP listening socket ::*:6379: unable to bind socket, errno: 97"),
        ("6", "1:M 24 Nov 2026 05:41:04.986 # Not listening to IPv6: unsupported"),
        ("7 8 9", "1:M 24 Nov 2026 05:41:04.986 # systemd supervision error: NOTIFY_SOCKET not found!"),
        ("6", "1:M 24 Nov 2026 05:41:04.986 # WARNING supervised by systemd - you MUST set appropriate values for TimeoutStartSec and TimeoutStopSec in your service unit."),
        ("6 7", "1:M 24 Nov 2026 05:41:04.986 # RDB file was saved with checksum disabled: no check performed."),
        ("6 7", "1:M 24 Nov 2026 05:41:04.986 # Setting secondary replication ID to 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615, valid up to offset: 1. New replication ID is 07c37dfeb235213a872192d90877d0cd55635b91"),
        ("6 7", "1:M 24 Nov 2026 05:41:04.986 # Diskless rdb transfer, done reading from pipe, 1 replicas still up."),
        ("6 7", "1:M 24 Nov 2026 05:41:04.986 # New configEpoch set to 7"),
        ("6 7", "1:M 24 Nov 2026 05:41:04.986 # Failover auth granted to 07c37dfeb235213a872192d90877d0cd55635b91 for epoch 7"),
        ("6 7", "1:X 24 Nov 2026 05:41:04.986 # +new-epoch 7"),
        ("6 7", "1:X 24 Nov 2026 05:41:04.986 # +try-failover master mymaster 10.0.0.2 6379"),
        ("6 7", "1:X 24 Nov 2026 05:41:04.986 # +vote-for-leader 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615 7"),
        ("6 7", "1:X 24 Nov 2026 05:41:04.986 # +failover-state-select-slave master mymaster 10.0.0.2 6379"),
        ("6 7", "1:X 24 Nov 2026 05:41:04.986 # +monitor master mymaster 10.0.0.2 6379 quorum 2"),
        ("6 7", "1:X 24 Nov 2026 05:41:04.986 # Next failover delay: I will not start a failover before Tue Nov 24 05:47:04 2026"),
        ("7", "1:M 24 Nov 2026 05:41:04.986 * Loading RDB produced by version 7.0.15"),
    ],
};

#[test]
fn real_records_are_known() {
    hold(Redis, &CORPUS);
}

/// Start, work and stop, as each version logs them.
const QUIET: [&str; 5] = [
    // 6.0
    "1:C 24 Nov 2026 05:41:04.986 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n\
     1:C 24 Nov 2026 05:41:04.986 # Redis version=6.0.16, bits=64, commit=00000000, modified=0, pid=1, just started\n\
     1:C 24 Nov 2026 05:41:04.986 # Configuration loaded\n\
     1:M 24 Nov 2026 05:41:04.986 * Running mode=standalone, port=6379.\n\
     1:M 24 Nov 2026 05:41:04.986 # Not listening to IPv6: unsupported\n\
     1:M 24 Nov 2026 05:41:04.986 # WARNING: The TCP backlog setting of 511 cannot be enforced because /proc/sys/net/core/somaxconn is set to the lower value of 128.\n\
     1:M 24 Nov 2026 05:41:04.986 # Server initialized\n\
     1:M 24 Nov 2026 05:41:04.986 # WARNING overcommit_memory is set to 0! Background save may fail under low memory condition. To fix this issue add 'vm.overcommit_memory = 1' to /etc/sysctl.conf and then reboot or run the command 'sysctl vm.overcommit_memory=1' for this to take effect.\n\
     1:M 24 Nov 2026 05:41:04.986 # WARNING you have Transparent Huge Pages (THP) support enabled in your kernel. This will create latency and memory usage issues with Redis. To fix this issue run the command 'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled' as root, and add it to your /etc/rc.local in order to retain the setting after a reboot. Redis must be restarted after THP is disabled (set to 'madvise' or 'never').\n\
     1:M 24 Nov 2026 05:41:04.986 * Loading RDB produced by version 6.0.16\n\
     1:M 24 Nov 2026 05:41:04.986 * RDB age 11 seconds\n\
     1:M 24 Nov 2026 05:41:04.986 * RDB memory usage when created 0.77 Mb\n\
     1:M 24 Nov 2026 05:41:04.986 * DB loaded from disk: 0.000 seconds\n\
     1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections\n\
     1:M 24 Nov 2026 05:41:04.986 * 1 changes in 900 seconds. Saving...\n\
     1:M 24 Nov 2026 05:41:04.986 * Background saving started by pid 20\n\
     1:M 24 Nov 2026 05:41:04.986 * Background saving terminated with success\n\
     1:signal-handler (1795498907) Received SIGTERM scheduling shutdown...\n\
     1:M 24 Nov 2026 05:41:04.986 # User requested shutdown...\n\
     1:M 24 Nov 2026 05:41:04.986 # There is a child saving an .rdb. Killing it!\n\
     1:M 24 Nov 2026 05:41:04.986 * Saving the final RDB snapshot before exiting.\n\
     1:M 24 Nov 2026 05:41:04.986 * DB saved on disk\n\
     1:M 24 Nov 2026 05:41:04.986 * Removing the pid file.\n\
     1:M 24 Nov 2026 05:41:04.986 # Redis is now ready to exit, bye bye...",
    // 7.0
    "1:C 24 Nov 2026 05:41:04.986 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n\
     1:C 24 Nov 2026 05:41:04.986 # Redis version=7.0.15, bits=64, commit=00000000, modified=0, pid=1, just started\n\
     1:C 24 Nov 2026 05:41:04.986 # Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf\n\
     1:M 24 Nov 2026 05:41:04.986 * monotonic clock: POSIX clock_gettime\n\
     1:M 24 Nov 2026 05:41:04.986 * Running mode=standalone, port=6379.\n\
     1:M 24 Nov 2026 05:41:04.986 # Server initialized\n\
     1:M 24 Nov 2026 05:41:04.986 # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition. Being disabled, it can can also cause failures without low memory condition, see https://github.com/jemalloc/jemalloc/issues/1328. To fix this issue add 'vm.overcommit_memory = 1' to /etc/sysctl.conf and then reboot or run the command 'sysctl vm.overcommit_memory=1' for this to take effect.\n\
     1:M 24 Nov 2026 05:41:04.986 * The AOF directory appendonlydir doesn't exist\n\
     1:M 24 Nov 2026 05:41:04.986 * Creating AOF base file appendonly.aof.1.base.rdb on server start\n\
     1:M 24 Nov 2026 05:41:04.986 * Creating AOF incr file appendonly.aof.1.incr.aof on server start\n\
     1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections\n\
     1:signal-handler (1795498907) Received SIGTERM scheduling shutdown...\n\
     1:M 24 Nov 2026 05:41:04.986 # User requested shutdown...\n\
     1:M 24 Nov 2026 05:41:04.986 * Calling fsync() on the AOF file.\n\
     1:M 24 Nov 2026 05:41:04.986 * Saving the final RDB snapshot before exiting.\n\
     1:M 24 Nov 2026 05:41:04.986 * DB saved on disk\n\
     1:M 24 Nov 2026 05:41:04.986 # Redis is now ready to exit, bye bye...",
    // 8.0
    "1:C 24 Nov 2026 05:41:04.986 # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition. Being disabled, it can also cause failures without low memory condition, see https://github.com/jemalloc/jemalloc/issues/1328. To fix this issue add 'vm.overcommit_memory = 1' to /etc/sysctl.conf and then reboot or run the command 'sysctl vm.overcommit_memory=1' for this to take effect.\n\
     1:C 24 Nov 2026 05:41:04.986 * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n\
     1:C 24 Nov 2026 05:41:04.986 * Redis version=8.0.2, bits=64, commit=00000000, modified=0, pid=1, just started\n\
     1:C 24 Nov 2026 05:41:04.986 * Configuration loaded\n\
     1:M 24 Nov 2026 05:41:04.986 * monotonic clock: POSIX clock_gettime\n\
     1:M 24 Nov 2026 05:41:04.986 * Running mode=standalone, port=6379.\n\
     1:M 24 Nov 2026 05:41:04.986 * <bf> RedisBloom version 8.0.1 (Git=unknown)\n\
     1:M 24 Nov 2026 05:41:04.986 * Server initialized\n\
     1:M 24 Nov 2026 05:41:04.986 * Loading RDB produced by version 8.0.2\n\
     1:M 24 Nov 2026 05:41:04.986 * Done loading RDB, keys loaded: 3, keys expired: 0.\n\
     1:M 24 Nov 2026 05:41:04.986 * DB loaded from disk: 0.001 seconds\n\
     1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections tcp\n\
     1:signal-handler (1795498907) Received SIGTERM scheduling shutdown...\n\
     1:M 24 Nov 2026 05:41:04.986 * User requested shutdown...\n\
     1:M 24 Nov 2026 05:41:04.986 * Saving the final RDB snapshot before exiting.\n\
     1:M 24 Nov 2026 05:41:04.986 * DB saved on disk\n\
     1:M 24 Nov 2026 05:41:04.986 # Redis is now ready to exit, bye bye...",
    // valkey 9.1
    "1:C 24 Nov 2026 05:41:04.986 * oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo\n\
     1:C 24 Nov 2026 05:41:04.986 * Valkey version=9.1.2, bits=64, commit=00000000, modified=0, pid=1, just started\n\
     1:C 24 Nov 2026 05:41:04.986 # Warning: No config file specified, using the default config. In order to specify a config file use valkey-server /path/to/valkey.conf\n\
     1:M 24 Nov 2026 05:41:04.986 * monotonic clock: POSIX clock_gettime\n\
     1:M 24 Nov 2026 05:41:04.986 * Running mode=standalone, port=6379.\n\
     1:M 24 Nov 2026 05:41:04.986 * Server initialized\n\
     1:M 24 Nov 2026 05:41:04.986 # Warning: Could not create server TCP listening socket ::*:6379: unable to bind socket, errno: 97\n\
     1:M 24 Nov 2026 05:41:04.986 * Ready to accept connections tcp\n\
     1:signal-handler (1795498907) Received SIGTERM scheduling shutdown...\n\
     1:M 24 Nov 2026 05:41:04.986 * User requested shutdown...\n\
     1:M 24 Nov 2026 05:41:04.986 # Valkey is now ready to exit, bye bye...",
    // sentinel 7
    "1:X 24 Nov 2026 05:41:04.986 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n\
     1:X 24 Nov 2026 05:41:04.986 # Redis version=7.0.15, bits=64, commit=00000000, modified=0, pid=1, just started\n\
     1:X 24 Nov 2026 05:41:04.986 # Configuration loaded\n\
     1:X 24 Nov 2026 05:41:04.986 * monotonic clock: POSIX clock_gettime\n\
     1:X 24 Nov 2026 05:41:04.986 * Running mode=sentinel, port=26379.\n\
     1:X 24 Nov 2026 05:41:04.986 * Sentinel new configuration saved on disk\n\
     1:X 24 Nov 2026 05:41:04.986 # Sentinel ID is 3b1c7c2d4c0b6f6e5a0f1e9d8c7b6a5948372615\n\
     1:X 24 Nov 2026 05:41:04.986 # +monitor master mymaster 10.0.0.2 6379 quorum 2\n\
     1:X 24 Nov 2026 05:41:04.986 * +slave slave 10.0.0.3:6379 10.0.0.3 6379 @ mymaster 10.0.0.2 6379\n\
     1:X 24 Nov 2026 05:41:04.986 * +sentinel sentinel 07c37dfeb235213a872192d90877d0cd55635b91 10.0.0.9 26379 @ mymaster 10.0.0.2 6379\n\
     1:signal-handler (1795498907) Received SIGTERM scheduling shutdown...\n\
     1:X 24 Nov 2026 05:41:04.986 # User requested shutdown...\n\
     1:X 24 Nov 2026 05:41:04.986 # Sentinel is now ready to exit, bye bye...",
];

#[test]
fn a_start_and_a_stop_are_quiet() {
    for log in QUIET {
        is_quiet(Redis, log);
    }
}

#[test]
fn a_save_that_succeeds_clears_one_that_failed() {
    let log = "2026-11-24T05:48:09.000000000Z 1:M 24 Nov 2026 05:48:09.000 # Background saving error\n\
               2026-11-24T05:48:19.000000000Z 1:M 24 Nov 2026 05:48:19.000 * Background saving terminated with success";
    let found = scan(Redis, log);
    let saving = found.matches.iter().find(|m| m.id == "save-failed").unwrap();
    assert_eq!((saving.count, saving.cleared), (1, Some("2026-11-24T05:48:19Z".parse().unwrap())));
}
