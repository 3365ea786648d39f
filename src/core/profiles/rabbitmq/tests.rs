use crate::{
    api::job::ProfileName::Rabbitmq,
    core::profiles::tests::{Corpus, hold, is_quiet, scan},
};

/// Up to 3.8 each line after the first of a record stands alone.
const CORPUS: Corpus = Corpus {
    known: &[
        (
            "port-in-use",
            "3.9 3.10 4.0",
            "ERROR: could not bind to distribution port 25672, it is in use by another node: rabbit@localhost",
        ),
        (
            "port-in-use",
            "3.9 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> BOOT FAILED\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ===========\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ERROR: could not bind to distribution port 25672, it is in use by another node: rabbit@localhost\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ",
        ),
        (
            "port-in-use",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     supervisor: {local,rabbit_prelaunch_sup}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     errorContext: start_error\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     reason: {dist_port_already_used,25672,\"rabbit\",\"localhost\"}",
        ),
        (
            "port-in-use",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Failed to start Ranch listener {acceptor,{0,0,0,0,0,0,0,0},5672} in ranch_tcp:listen([{port,5672},inet6,{backlog,128}]) for reason eaddrinuse (address already in use)",
        ),
        ("node-name-in-use", "3.8 3.10 4.0", r#"ERROR: node with name "rabbit" is already running on host "rabbit-1""#),
        (
            "node-name-in-use",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     supervisor: {local,rabbit_prelaunch_sup}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     errorContext: start_error\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     reason: {duplicate_node_name,\"rabbit\",\"rabbit-1\"}",
        ),
        ("cookie-unusable", "3.8", "Cookie file /var/lib/rabbitmq/.erlang.cookie must be accessible by owner only"),
        (
            "cookie-unusable",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Exception during startup:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> error:{badmatch,{error,{{shutdown,{failed_to_start_child,auth,{\"Failed to create cookie file '/var/lib/rabbitmq/.erlang.cookie': eacces\",[{auth,init_no_setcookie,0,[{file,\"auth.erl\"},{line,313}]}]}}}}}",
        ),
        (
            "file-unreadable",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ssl_options.certfile invalid, file does not exist or cannot be read by the node",
        ),
        (
            "file-unreadable",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>   - ssl_options.certfile invalid, file does not exist or cannot be read by the node",
        ),
        (
            "config-error",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> You've tried to set channel_tick_interval, but there is no setting with that name.",
        ),
        (
            "config-error",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>   - Conf file attempted to set unknown variable: channel_tick_interval",
        ),
        ("config-error", "3.10 4.0", "Error during startup: {error,failed_to_prepare_configuration}"),
        (
            "config-error",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> BOOT FAILED\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ===========\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error during startup: {error,failed_to_parse_advanced_configuration_file}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ",
        ),
        (
            "config-error",
            "3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Failed to load advanced configuration file "/etc/rabbitmq/advanced.config": 3: syntax error before: '}'"#,
        ),
        (
            "config-error",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error during startup: {error,no_configuration_schema_found}",
        ),
        ("config-error", "3.10 4.0", "Missing passphrase or missing passphrase read method in `config_entry_decoder`"),
        (
            "config-error",
            "3.10 4.0",
            "Error while decrypting key 'default_pass'. Please check encrypted value, passphrase, and encryption configuration",
        ),
        ("config-error", "3.10 4.0", "Invalid Erlang distribution TCP port: 99999"),
        (
            "config-error",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error during startup: {error,{invalid_dist_port_range,99999}}",
        ),
        (
            "config-error",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>   - Syntax error after line 3 column 1, parsing incomplete",
        ),
        (
            "config-error",
            "3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Invalid value for $RABBITMQ_NODE_PORT: "abc""#,
        ),
        (
            "feature-flags-missing",
            "3.12 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Feature flags: `stream_single_active_consumer`: required feature flag not enabled! It must be enabled before upgrading RabbitMQ.",
        ),
        (
            "feature-flags-missing",
            "3.11",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Feature flags: `implicit_default_bindings`: mandatory feature flag not enabled! It must be enabled before upgrading RabbitMQ.",
        ),
        (
            "feature-flags-missing",
            "3.12 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Failed to initialize feature flags registry: {disabled_required_feature_flag,\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>                                               stream_single_active_consumer}",
        ),
        (
            "feature-flags-missing",
            "3.11 3.13 4.0",
            "Error during startup: {error,failed_to_initialize_feature_flags_registry}",
        ),
        (
            "feature-flags-missing",
            "3.8 3.10",
            r#"Error during startup: {error,{incompatible_feature_flags,{not_active,"All replicas on diskfull nodes are not active yet"}}}"#,
        ),
        (
            "feature-flags-missing",
            "3.10",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Feature flags: node `rabbit@b` is INCOMPATIBLE: feature flags enabled remotely are not supported locally",
        ),
        (
            "erlang-unsupported",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> This RabbitMQ version cannot run on Erlang 22 (erts 10.4): minimum required version is 23.2 (erts 11.1)",
        ),
        (
            "erlang-unsupported",
            "3.10 4.0",
            r#"Error during startup: {error,{erlang_version_too_old,"Erlang 23.2 or later is required, started on 22"}}"#,
        ),
        (
            "plugin-failed",
            "3.8 3.10 4.0",
            "Error during startup: {error,{missing_dependencies,[eldap],[rabbitmq_auth_backend_ldap]}}",
        ),
        (
            "plugin-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Failed to enable some plugins: \n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0>     rabbitmq_delayed_message_exchange:\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0>         Plugin doesn't support current server version. Actual broker version: \"4.0.5\", supported by the plugin: [\"3.13.0-3.13.x\"]",
        ),
        (
            "plugin-failed",
            "3.8 3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Failed to enable plugin "rabbitmq_delayed_message_exchange": it may have been built with an incompatible (more recent?) version of Erlang"#,
        ),
        (
            "plugin-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Could not unzip plugin archive '/plugins/x-1.0.ez': bad_eocd",
        ),
        (
            "plugin-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Plugin archive '/plugins/x-1.0.ez' doesn't contain an .app file",
        ),
        (
            "plugin-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Plugin directory '/plugins/x-1.0' doesn't contain an .app file",
        ),
        (
            "plugin-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Problem reading some plugins: [{\"/plugins/x-1.0.ez\",{invalid_ez,bad_eocd}}]\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> ",
        ),
        (
            "plugin-failed",
            "3.8 3.10 4.0",
            r#"Error during startup: {error,{malformed_enabled_plugins_file,"/etc/rabbitmq/enabled_plugins",[]}}"#,
        ),
        (
            "plugin-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Exception during startup:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> throw:{plugin_built_with_incompatible_erlang,\"rabbitmq_x\"}",
        ),
        (
            "definitions-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Could not read definitions from file at '/etc/rabbitmq/definitions.json', error: enoent",
        ),
        (
            "definitions-failed",
            "4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Definitions file at path "/etc/rabbitmq/definitions.json" failed validation. The file must be a valid JSON document and all virtual host-scoped resources must have a virtual host field to be set. Definition files exported for a single virtual host CANNOT be imported at boot time"#,
        ),
        (
            "definitions-failed",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Definitions import: some queues, exchanges or bindings in the definition file are missing the virtual host field. Such files are produced when definitions of a single virtual host are exported. They cannot be used to import definitions at boot time",
        ),
        (
            "definitions-failed",
            "3.8 3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Encountered an error when importing definitions: {error,<<"not_found">>}"#,
        ),
        (
            "definitions-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Encountered an error when parsing definitions: {error,not_json}",
        ),
        (
            "definitions-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Could not list files in '/etc/definitions.d', error: eacces",
        ),
        (
            "definitions-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Requested definitions from remote URL 'https://example.com/definitions.json', error: {failed_connect,[]}",
        ),
        (
            "tls-files-unusable",
            "3.8 3.10",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0>:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> {ssl_upgrade_error,{options,{keyfile,\"/tls/rabbit.key\",{error,eacces}}}}",
        ),
        (
            "tls-files-unusable",
            "4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Failed to start Ranch listener {acceptor,{0,0,0,0,0,0,0,0},5671} in ranch_ssl:listen(#{}) for reason {options,{certfile,"/tls/rabbit.crt",{error,enoent}}} (unknown POSIX error)"#,
        ),
        (
            "listener-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Failed to start TCP listener [10.0.0.9]:5672, error: eaddrnotavail",
        ),
        (
            "listener-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Failed to start Ranch listener {acceptor,{10,0,0,9},5672} in ranch_tcp:listen([{ip,{10,0,0,9}},{port,5672}]) for reason eaddrnotavail (can't assign requested address)",
        ),
        (
            "listener-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     supervisor: {<0.579.0>,ranch_listener_sup}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     errorContext: start_error\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     reason: {listen_error,{acceptor,{10,0,0,9},5672},eaddrnotavail}",
        ),
        (
            "listener-failed",
            "3.8 3.10 4.0",
            r#"Error during startup: {error,{could_not_start_listener,"10.0.0.9",5672,eaddrnotavail}}"#,
        ),
        (
            "peers-missing",
            "3.8 3.10 3.13 4.0",
            "Error during startup: {error,{timeout_waiting_for_tables,[rabbit@a,rabbit@b],[rabbit_user]}}",
        ),
        ("peers-missing", "3.8 3.10 3.13 4.0", "Timeout contacting cluster nodes: [rabbit@b]."),
        (
            "peers-missing",
            "3.8 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Error while waiting for Mnesia tables: {timeout,[rabbit_durable_queue]}",
        ),
        (
            "peers-missing",
            "3.8 3.10 3.13 4.0",
            r#"Error during startup: {error,{inconsistent_cluster,"Mnesia: node rabbit@b thinks it's clustered with node rabbit@a, but rabbit@a disagrees"}}"#,
        ),
        (
            "disk-full",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Generic server rabbit_msg_store terminating\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Reason for termination ==\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** {{badmatch,{error,enospc}},[{rabbit_msg_store,write_message,2,[]}]}",
        ),
        ("disk-full", "3.8 3.10 4.0", "sh: write error: No space left on device"),
        (
            "data-damaged",
            "3.8 3.10 3.13 4.0",
            "Error during startup: {error,{schema_integrity_check_failed,[{table_missing,rabbit_vhost}]}}",
        ),
        (
            "data-damaged",
            "3.8 3.10",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> schema integrity check failed: {error,{table_missing,rabbit_vhost}}\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> moving database to backup location and recreating schema from scratch",
        ),
        (
            "data-damaged",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> WAL: record failed CRC check during recovery. Unable to recover WAL data safely",
        ),
        (
            "data-damaged",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> crc validation failure at chunk id 0data size 64:",
        ),
        (
            "data-damaged",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Per-queue store CRC32 check failed in /var/lib/rabbitmq/mnesia/rabbit@a/msg_stores/vhosts/628WB79CIFDYO9LJI6DKMI09L/queues/x/0.qs seq id 1 offset 64 size 12",
        ),
        (
            "data-damaged",
            "4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Multiple corrupted chunks in segment file <<"/var/lib/rabbitmq/stream/x/00000000000000000000.segment">>"#,
        ),
        (
            "data-damaged",
            "3.8 3.10 3.13",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Mnesia(rabbit@a): ** ERROR ** (core dumped to file: \"/var/lib/rabbitmq/MnesiaCore.rabbit@a_1732_426281_303372\")\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>  ** FATAL ** Failed to merge schema: Bad cookie in table definition rabbit_user",
        ),
        (
            "data-damaged",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> segment_writer: 1 failures encountered during segment flush. Errors: [{error,enoent}]",
        ),
        (
            "data-damaged",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     supervisor: {local,ra_coordination_log_sup}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     errorContext: start_error\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     reason: {{badmatch,{error,{not_a_dets_file,\"/var/lib/rabbitmq/mnesia/rabbit@a/coordination/rabbit@a/meta.dets\"}}},[]}",
        ),
        (
            "data-damaged",
            "3.10",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>   crasher:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     initial call: application_master:init/4\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     exception exit: {{aborted,{\"Cannot read schema\",\"/var/lib/rabbitmq/mnesia/rabbit@a/schema.DAT\"}},{rabbit,start,[normal,[]]}}",
        ),
        (
            "data-damaged",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> pre_init failed in system quorum_queues for UId 2F_Q1 with name %2F_q1 This error may need manual intervention, Error {error,invalid}",
        ),
        (
            "data-dir-unwritable",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> File operation error: eacces. Target: /var/lib/rabbitmq/mnesia. Function: make_dir. Process: application_master.",
        ),
        (
            "data-dir-unwritable",
            "3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error during startup: {error,{cannot_create_db_dir,"/var/lib/rabbitmq/mnesia/rabbit@a",erofs}}"#,
        ),
        (
            "data-dir-unwritable",
            "3.10 4.0",
            r#"Error during startup: {error,{cannot_log_to_file,"/var/log/rabbitmq/rabbit.log",enotdir}}"#,
        ),
        (
            "data-dir-unwritable",
            "3.10 4.0",
            "failed to open log file at '/var/log/rabbitmq/rabbit.log', reason: permission denied",
        ),
        (
            "data-dir-unwritable",
            "3.10 4.0",
            "failed to create parent directory for log file at '/log/rabbit.log', reason: permission denied",
        ),
        (
            "data-dir-unwritable",
            "3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Failed to create feature flags file "/var/lib/rabbitmq/mnesia/rabbit@a-feature_flags" directory: permission denied"#,
        ),
        (
            "data-dir-unwritable",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Failed to create Ra data directory at '/var/lib/rabbitmq/mnesia/rabbit@a/quorum/rabbit@a', file system operation error: enotdir",
        ),
        (
            "out-of-memory",
            "3.8 3.10 4.0",
            r#"eheap_alloc: Cannot allocate 1234567890 bytes of memory (of type "heap")."#,
        ),
        (
            "out-of-memory",
            "3.8 3.10 4.0",
            r#"binary_alloc: Cannot reallocate 1234567890 bytes of memory (of type "binary")."#,
        ),
        (
            "memory-alarm",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> memory resource limit alarm set on node rabbit@rabbit.\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> **********************************************************\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> *** Publishers will be blocked until this alarm clears ***\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> **********************************************************\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> ",
        ),
        (
            "memory-alarm",
            "3.8",
            "2026-11-24 05:44:41.303 [warning] <0.795.0> memory resource limit alarm set on node rabbit@node2.",
        ),
        (
            "memory-alarm",
            "3.9",
            "2026-11-24 05:44:41.303372+00:00 [warn] <0.795.0> memory resource limit alarm set on node rabbit@rabbit.",
        ),
        (
            "memory-alarm",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> vm_memory_high_watermark set. Memory used:120610816 allowed:10485760",
        ),
        (
            "disk-alarm",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> disk resource limit alarm set on node rabbit@rabbit.\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> **********************************************************\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> *** Publishers will be blocked until this alarm clears ***\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> **********************************************************\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> ",
        ),
        (
            "disk-alarm",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Free disk space is insufficient. Free bytes: 46080000. Limit: 50000000",
        ),
        (
            "file-descriptor-alarm",
            "3.8 3.10",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> file descriptor limit alarm set.\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> ********************************************************************\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> *** New connections will not be accepted until this alarm clears ***\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> ********************************************************************\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> ",
        ),
        (
            "out-of-file-descriptors",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Ranch acceptor reducing accept rate: out of file descriptors\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> ",
        ),
        (
            "out-of-file-descriptors",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> File operation error: emfile. Target: ./erl_error.beam. Function: read_file. Process: code_server.",
        ),
        (
            "out-of-file-descriptors",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> epmd monitor failed: too many open files",
        ),
        (
            "network-partition",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Partial partition detected:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>  * We saw DOWN from rabbit@b\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>  * We can still see rabbit@c which can see rabbit@b\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> We will therefore intentionally disconnect from rabbit@c\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ",
        ),
        (
            "network-partition",
            "3.8 3.10 3.13",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Mnesia(rabbit@a): ** ERROR ** mnesia_event got {inconsistent_database, running_partitioned_network, rabbit@b}",
        ),
        (
            "network-partition",
            "3.8 3.10 3.13",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Mnesia(rabbit@a): ** ERROR ** mnesia_event got {inconsistent_database, starting_partitioned_network, rabbit@b}",
        ),
        (
            "network-partition",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Cluster minority/secondary status detected - awaiting recovery",
        ),
        (
            "network-partition",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>  * pause_minority mode enabled\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> We will therefore pause until the *entire* cluster recovers",
        ),
        (
            "vhost-down",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Unable to recover vhost <<\"/\">> data. Reason {badmatch,{error,{undefined,\"x\"}}}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>  Stacktrace []",
        ),
        (
            "vhost-down",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Unable to initialize vhost data store for vhost '/'. Reason: {shutdown,{failed_to_start_child,rabbit_vhost_process,{error,shutdown}}}",
        ),
        (
            "vhost-down",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: opening):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> access to vhost '/' refused for user 'app': vhost '/' is down",
        ),
        (
            "vhost-down",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Failed to start message store of type msg_store_persistent for vhost '/': {error,shutdown}",
        ),
        (
            "boot-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> BOOT FAILED\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ===========\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Exception during startup:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> error:{badmatch,undefined}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ",
        ),
        (
            "boot-failed",
            "3.8 3.10 4.0",
            "Error during startup: {error,{failed_to_deny_deprecated_features,[transient_nonexcl_queues]}}",
        ),
        (
            "boot-failed",
            "3.8 3.10 4.0",
            "Kernel pid terminated (application_controller) ({application_start_failure,rabbit,{bad_return,{{rabbit,start,[normal,[]]},{'EXIT',undefined}}}})",
        ),
        (
            "boot-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Application rabbitmq_prelaunch exited with reason: {{shutdown,{failed_to_start_child,prelaunch,undefined}},{rabbit_prelaunch_app,start,[normal,[]]}}",
        ),
        (
            "boot-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     supervisor: {local,rabbit_prelaunch_sup}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     errorContext: start_error\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     reason: undefined",
        ),
        ("crashed", "3.8 3.10 4.0", "Crash dump is being written to: /var/log/rabbitmq/erl_crash.dump...done"),
        ("crashed", "3.8 3.10 4.0", "init terminating in do_boot ({undef,[{rabbit_prelaunch,start,0,[]}]})"),
        (
            "crashed",
            "3.8 3.10 4.0",
            "Kernel pid terminated (application_controller) ({application_terminated,rabbit,shutdown})",
        ),
        ("crashed", "4.0", "Runtime terminating during boot (terminating)"),
        (
            "messages-lost",
            "3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Queue q1 in vhost / dropped 0/3/0 persistent messages and 12 transient messages after unclean shutdown",
        ),
        (
            "messages-lost",
            "3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Queue q1 in vhost / dropped 2/0/0 persistent messages and 0 transient messages after unclean shutdown",
        ),
        (
            "messages-lost",
            "3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Queue q1 in vhost / dropped 0/0/1 persistent messages and 0 transient messages after unclean shutdown",
        ),
        (
            "node-down",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> rabbit on node rabbit@b down",
        ),
        (
            "node-down",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> node rabbit@b down: connection_closed",
        ),
        (
            "node-down",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Node rabbit@b not responding **\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Removing (timedout) connection **\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ",
        ),
        (
            "cookie-refused",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Connection attempt from node 'rabbitmqcli-42-rabbit@a' rejected. Invalid challenge reply. **\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ",
        ),
        (
            "cookie-refused",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Connection attempt to disallowed node rabbit@b aborted **",
        ),
        (
            "not-clustered",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Peer discovery: could not discover and join another node; proceeding as a standalone node",
        ),
        (
            "not-clustered",
            "3.8 3.10",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Could not successfully contact any node of: rabbit@b (as in Erlang distribution). Starting as a blank standalone node...",
        ),
        (
            "not-clustered",
            "3.8 3.10",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Could not auto-cluster with node rabbit@b: {error,tables_not_present}",
        ),
        (
            "not-clustered",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Peer discovery: could not auto-cluster with node 'rabbit@b': {error,timeout}",
        ),
        (
            "not-clustered",
            "3.8 3.10",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Peer discovery returned an error: "nxdomain". Will retry after a delay of 500 ms, 9 retries left..."#,
        ),
        (
            "not-clustered",
            "4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Peer discovery: failed to query the list of nodes from the backend: "nxdomain""#,
        ),
        (
            "epmd-lost",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> epmd monitor failed to retrieve our port from epmd: closed",
        ),
        (
            "epmd-lost",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> epmd does not know us, re-registering rabbit at port 25672",
        ),
        ("epmd-lost", "3.8 3.10 4.0", "ERROR: epmd error for host rabbit-1: nxdomain (non-existing domain)"),
        (
            "epmd-lost",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     supervisor: {local,x}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     errorContext: start_error\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     reason: {epmd_error,\"rabbit-1\",nxdomain}",
        ),
        (
            "quorum-queue-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> {'%2F_q1',rabbit@a}: leader cast - leader not known. Command is dropped.",
        ),
        (
            "quorum-queue-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> RabbitMQ metadata store: await_condition - Leader node rabbit@b might be down. Re-entering follower state.",
        ),
        (
            "quorum-queue-failed",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> queue 'q1' in vhost '/': 12 commands NOT appended to Raft log. Reason: wal_down",
        ),
        (
            "quorum-queue-failed",
            "3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> recover: quorum queue {resource,<<"/">>,queue,<<"q1">>} could not be restarted {error,shutdown}"#,
        ),
        (
            "quorum-queue-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Could not delete quorum 'queue 'q1' in vhost '/'', not enough nodes  online to reach a quorum: [rabbit@a]. Attempting force delete.",
        ),
        (
            "quorum-queue-failed",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Channel error on connection <0.840.0> (172.17.0.1:44684 -> 172.17.0.2:5672, vhost: '/', user: 'app'), channel 1:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> operation queue.declare caused a channel exception internal_error: failed to perform operation on queue 'q1' in vhost '/' due to timeout",
        ),
        (
            "queue-crashed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Restarting crashed queue 'q1' in vhost '/'.",
        ),
        (
            "queue-crashed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Queue <0.712.0> failed to initialise: {error,shutdown}",
        ),
        (
            "queue-crashed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Channel error on connection <0.840.0> (172.17.0.1:44684 -> 172.17.0.2:5672, vhost: '/', user: 'app'), channel 1:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> operation queue.declare caused a channel exception internal_error: queue 'q1' in vhost '/' has crashed and failed to restart",
        ),
        (
            "queue-crashed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Channel error on connection <0.840.0> (172.17.0.1:44684 -> 172.17.0.2:5672, vhost: '/', user: 'app'), channel 1:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> operation queue.declare caused a channel exception not_found: queue 'q1' in vhost '/' process is stopped by supervisor",
        ),
        (
            "disk-unmonitored",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Free disk space monitor failed to start!",
        ),
        (
            "disk-unmonitored",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Free disk space monitor encountered an error (e.g. failed to parse output from OS tools). Retries left: 9 Error:\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> {unparseable,[]}",
        ),
        (
            "disk-unmonitored",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Free disk space monitoring failed to retrieve the amount of available space: timeout",
        ),
        (
            "state-not-saved",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Unable to save message store recovery terms for directory \"/var/lib/rabbitmq/mnesia/x\"\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error: eio",
        ),
        (
            "state-not-saved",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Unable to store file summary for vhost message store for directory \"/var/lib/rabbitmq/mnesia/x\"\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error: eio",
        ),
        (
            "data-dir-unwritable",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Feature flags: failed to write the `feature_flags` file at `/var/lib/rabbitmq/mnesia/rabbit@a-feature_flags`: I/O error",
        ),
        (
            "data-dir-unwritable",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> BOOT FAILED\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ===========\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Exception during startup:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> \n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> throw:{feature_flags_file_read_error,\"/data/rabbit@a-feature_flags\",eacces}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ",
        ),
        (
            "login-refused",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: starting):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused: user 'app' - invalid credentials",
        ),
        (
            "login-refused",
            "3.9",
            "2026-11-24 05:44:41.303372+00:00 [erro] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: starting):\n2026-11-24 05:44:41.303372+00:00 [erro] <0.795.0> PLAIN login refused: user 'app' - invalid credentials",
        ),
        ("login-refused", "3.8", "PLAIN login refused: user 'guest' - invalid credentials"),
        (
            "login-refused",
            "3.9 3.10 3.13 4.0",
            "{\"time\":\"2026-11-24 05:44:41.303372+00:00\",\"level\":\"error\",\"msg\":\"Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: starting):\\nPLAIN login refused: user 'app' - invalid credentials\",\"line\":820,\"pid\":\"<0.795.0>\"}",
        ),
        (
            "login-refused",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: starting):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused: user 'guest' can only connect via localhost",
        ),
        (
            "login-refused",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> MQTT login failed for user 'app': no password provided",
        ),
        (
            "login-refused",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> STOMP login failed for user 'app': authentication failed",
        ),
        (
            "login-refused",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> HTTP access denied: user 'app' - invalid credentials",
        ),
        (
            "login-refused",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> MQTT connection failed: access refused for user 'app':",
        ),
        (
            "login-refused",
            "3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Secret update was refused for user 'app': "expired""#,
        ),
        (
            "login-refused",
            "3.8 3.10",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> MQTT connection 172.17.0.1:44638 -> 172.17.0.2:1883 is closing due to an authentication failure",
        ),
        (
            "connection-limit",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: opening):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> access to vhost '/' refused for user 'app': connection limit (10) is reached",
        ),
        (
            "connection-limit",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on direct connection <0.795.0>\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> number of channels opened for user 'app' has reached the maximum allowed limit of (10)",
        ),
        (
            "connection-limit",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, vhost: '/', user: 'app', state: running), channel 0:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>  operation none caused a connection exception not_allowed: \"connection refused: node connection limit (100) is reached\"",
        ),
        (
            "connection-limit",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Channel error on connection <0.840.0> (172.17.0.1:44684 -> 172.17.0.2:5672, vhost: '/', user: 'app'), channel 1:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> operation basic.consume caused a channel exception not_allowed: reached maximum (10) of consumers per channel",
        ),
        (
            "access-refused",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, user: 'app', state: opening):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> access to vhost '/' refused for user 'app'",
        ),
        (
            "access-refused",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, user: 'app', state: opening):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> vhost /nope not found",
        ),
        (
            "access-refused",
            "3.9 3.10",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Channel error on connection <0.840.0> (172.17.0.1:44684 -> 172.17.0.2:5672, vhost: '/', user: 'app'), channel 1:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> operation queue.declare caused a channel exception access_refused: access to queue 'forbidden' in vhost '/' refused for user 'app'",
        ),
        (
            "access-refused",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Channel error on connection <0.840.0> (172.17.0.1:44684 -> 172.17.0.2:5672, vhost: '/', user: 'app'), channel 1:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> operation queue.declare caused a channel exception access_refused: configure access to queue 'forbidden' in vhost '/' refused for user 'app'",
        ),
        (
            "access-refused",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> MQTT connection failed: virtual host '/nope' does not exist",
        ),
        (
            "access-refused",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> MQTT resource access refused: write access to exchange 'amq.topic' in vhost '/' refused for user 'app'",
        ),
        (
            "access-refused",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> MQTT connection 172.17.0.1:44638 -> 172.17.0.2:1883 is closing due to an authorization failure",
        ),
        (
            "auth-backend-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> LDAP failed to perform an operation. TCP connection to a LDAP server was closed or otherwise defunct. Exhausted all retries.",
        ),
        (
            "auth-backend-failed",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> OAuth 2 JWT: failed to download keys: {error,econnrefused}",
        ),
        (
            "auth-backend-failed",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> MQTT: User 'app' authentication failed with internal error. Enable debug logs to see the real error.",
        ),
        (
            "missed-heartbeats",
            "3.9 3.10",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP connection <0.808.0> (172.17.0.1:35438 -> 172.17.0.2:5672):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> missed heartbeats from client, timeout: 60s",
        ),
        (
            "missed-heartbeats",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP connection <0.808.0> (172.17.0.1:35438 -> 172.17.0.2:5672, duration: '10s'):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> missed heartbeats from client, timeout: 60s",
        ),
        ("missed-heartbeats", "3.8", "missed heartbeats from client, timeout: 60s"),
        (
            "missed-heartbeats",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> STOMP detected missed client heartbeat(s) on connection 172.17.0.1:44638 -> 172.17.0.2:61613, closing it",
        ),
        (
            "missed-heartbeats",
            "3.8 3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing MQTT connection "172.17.0.1:44638 -> 172.17.0.2:1883" (keepalive timeout)"#,
        ),
        (
            "missed-heartbeats",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP connection <0.808.0> (172.17.0.1:35438 -> 172.17.0.2:5672):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> {heartbeat_send_error,{error,etimedout}}",
        ),
        (
            "tls-handshake-failed",
            "3.9",
            "2026-11-24 05:44:41.303372+00:00 [noti] <0.795.0> TLS server: In state wait_finished received CLIENT ALERT: Fatal - Certificate Unknown",
        ),
        (
            "tls-handshake-failed",
            "3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [notice] <0.795.0> TLS server: In state hello at tls_record.erl:564 generated SERVER ALERT: Fatal - Unexpected Message\n2026-11-24 05:44:41.303372+00:00 [notice] <0.795.0>  - {unsupported_record_type,65}",
        ),
        (
            "tls-handshake-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> MQTT detected TLS certificate verification error on 172.17.0.1:44638 -> 172.17.0.2:8883: alert 'unknown CA'",
        ),
        (
            "tls-handshake-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0>:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> {ssl_upgrade_error,{tls_alert,{certificate_expired,\"TLS server: In state wait_cert received CLIENT ALERT: Fatal - Certificate Expired\"}}}",
        ),
        (
            "handshake-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP connection <0.808.0> (172.17.0.1:35438 -> 172.17.0.2:5672):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> {handshake_timeout,frame_header}",
        ),
        (
            "handshake-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP connection <0.808.0> (172.17.0.1:35438 -> 172.17.0.2:5672):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> {bad_header,<<\"GET / HT\">>}",
        ),
        (
            "handshake-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP connection <0.808.0> (172.17.0.1:35438 -> 172.17.0.2:5672):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> {handshake_error,starting,0,{error,undefined}}",
        ),
        (
            "handshake-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP connection <0.808.0> (172.17.0.1:35438 -> 172.17.0.2:5672):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> {bad_version,{1,1,91,21}}",
        ),
        (
            "handshake-failed",
            "4.1",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP connection [::1]:49321 -> [::1]:5672 (duration: '0ms'):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> TLS client detected on non-TLS AMQP port. Ensure the client is connecting to the correct port.",
        ),
        (
            "handshake-failed",
            "4.1",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP connection [::1]:49664 -> [::1]:5672 (duration: '2s'):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> client did not start with AMQP protocol header: <<\"hello\">>",
        ),
        (
            "handshake-failed",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP 1.0 connection (172.17.0.1:44638 -> 172.17.0.2:5672, duration: '0ms'): RabbitMQ requires SASL security layer (expected protocol ID 3, but client sent protocol ID 0)",
        ),
        (
            "handshake-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing STOMP connection that never completed connection handshake (negotiation)",
        ),
        (
            "handshake-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing MQTT connection <0.795.0> (login timeout)",
        ),
        (
            "handshake-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> closing AMQP connection <0.808.0> (172.17.0.1:35438 -> 172.17.0.2:5672):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> failed to negotiate connection parameters: negotiated channel_max = 0 (no limit) is higher than the maximum allowed value (2047)",
        ),
        (
            "consumer-timeout",
            "3.10 3.13",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Consumer 1 on channel 1 has timed out waiting for delivery acknowledgement. Timeout used: 1000 ms. This timeout value can be configured, see consumers doc guide to learn more",
        ),
        (
            "consumer-timeout",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Consumer 'amq.ctag-K8kpy_tJOsiRbC3dIVNoBw' on channel 1 and queue 'tasks' in vhost '/' has timed out waiting for a consumer acknowledgement of a delivery with delivery tag = 1. Timeout used: 1000 ms. This timeout value can be configured, see consumers doc guide to learn more",
        ),
        (
            "consumer-timeout",
            "3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Channel error on connection <0.840.0> (172.17.0.1:44684 -> 172.17.0.2:5672, vhost: '/', user: 'app'), channel 1:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> operation none caused a channel exception precondition_failed: delivery acknowledgement on channel 1 timed out. Timeout value used: 1000 ms. This timeout value can be configured, see consumers doc guide to learn more",
        ),
        (
            "dead-letter-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Cannot forward any dead-letter messages from source quorum queue 'q1' in vhost '/' because its configured dead-letter-exchange exchange 'dlx' in vhost '/' does not exist. Either create the configured dead-letter-exchange or re-configure the dead-letter-exchange policy for the source quorum queue to prevent dead-lettered messages from piling up in the source quorum queue. This message will not be logged again.",
        ),
        (
            "dead-letter-failed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Dead-letter queues cycle detected for source quorum queue 'q1' in vhost '/' with dead-letter exchange exchange 'dlx' in vhost '/' and routing keys undefined: [] This message will not be logged again.",
        ),
        (
            "shovel-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Shovel 's1' in vhost '/' failed to connect (URI: amqp://upstream:5672): connection to target host was refused (ECONNREFUSED)",
        ),
        (
            "shovel-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Shovel 's1' in vhost '/' has no more URIs to try for connection",
        ),
        (
            "shovel-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Shovel 's1' in virtual host '/' could not connect to source: error econnrefused",
        ),
        (
            "shovel-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Shovel 's1' in virtual host '/' is stopping because of a heartbeat timeout",
        ),
        (
            "shovel-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Shovel 's1' in virtual host '/' detected source connection failure: {shutdown,heartbeat_timeout}",
        ),
        (
            "shovel-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Shovel 's1' in virtual host '/' decided to stop due a message from source: autodelete",
        ),
        (
            "federation-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Federation exchange 'x' in vhost '/' did not connect to exchange 'x' in vhost '/' on amqp://upstream. Reason: {error,econnrefused}",
        ),
        (
            "federation-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Federation queue 'q' in vhost '/' disconnected from queue 'q' in vhost '/' on amqp://upstream\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> {shutdown,heartbeat_timeout}",
        ),
        (
            "federation-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Federation exchange 'x' in vhost '/' failed to open a command channel for upstream exchange 'x' in vhost '/' on amqp://upstream\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> closing",
        ),
        (
            "federation-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Federation link could not create a disposable (one-off) channel due to an error error: noproc",
        ),
        (
            "channel-errors",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Channel error on connection <0.840.0> (172.17.0.1:44684 -> 172.17.0.2:5672, vhost: '/', user: 'app'), channel 1:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> operation queue.declare caused a channel exception not_found: no queue 'missing' in vhost '/'",
        ),
        (
            "channel-errors",
            "3.8",
            "operation basic.publish caused a channel exception not_found: no exchange 'nope' in vhost '/'",
        ),
        (
            "channel-errors",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Channel error on connection <0.840.0> (172.17.0.1:44684 -> 172.17.0.2:5672, vhost: '/', user: 'app'), channel 1:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> {{badmatch,undefined},[{rabbit_channel,handle_method,3,[]}]}",
        ),
        (
            "connection-errors",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, vhost: '/', user: 'app', state: running), channel 0:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>  operation basic.publish caused a connection exception unexpected_frame: \"expected content header for class 60, got non content header frame instead\"",
        ),
        (
            "connection-errors",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0>: enotconn (socket is not connected)",
        ),
        (
            "connection-errors",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP 1.0 connection <0.795.0> (running), channel number 0:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> <<\"Unexpected frame\">>",
        ),
        (
            "connection-errors",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on direct client connection <0.795.0>\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> limit of clients",
        ),
        (
            "connection-errors",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> MQTT protocol error on connection 172.17.0.1:44638 -> 172.17.0.2:1883: malformed_packet",
        ),
        (
            "connection-errors",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> STOMP detected network error on 172.17.0.1:44638 -> 172.17.0.2:61613: etimedout",
        ),
        (
            "connection-errors",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Stream protocol connection socket error: etimedout [#Port<0.42>] [<0.795.0>]",
        ),
        (
            "process-crashed",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Generic server rabbit_mgmt_gc terminating\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Last message in was start_gc\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Reason for termination ==\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** {{badmatch,undefined},[{rabbit_mgmt_gc,handle_info,2,[]}]}",
        ),
        (
            "process-crashed",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>   crasher:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     initial call: rabbit_mgmt_gc:init/1\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     pid: <0.795.0>\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     exception exit: {badmatch,undefined}",
        ),
        (
            "process-crashed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** State machine '%2F_q1' terminating\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Last event = {cast,x}",
        ),
        (
            "process-crashed",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     supervisor: {local,rabbit_sup}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     errorContext: shutdown\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     reason: reached_max_restart_intensity\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     offender: [{pid,<0.514.0>},",
        ),
        (
            "process-crashed",
            "3.8",
            "2026-11-24 05:44:41.303 [error] <0.795.0> CRASH REPORT Process <0.795.0> with 0 neighbours crashed with reason: no match of right hand value undefined in rabbit_mgmt_gc:handle_info/2 line 63",
        ),
        (
            "mnesia-overloaded",
            "3.8 3.10 3.13",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Mnesia is overloaded: {dump_log,write_threshold}",
        ),
        (
            "maintenance",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> This node is being put into maintenance (drain) mode",
        ),
        (
            "maintenance",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Suspended all listeners and will no longer accept client connections",
        ),
        (
            "end-of-life",
            "3.10",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> This release series has reached end of life and is no longer supported. Please visit https://rabbitmq.com/versions.html to learn more and upgrade",
        ),
        (
            "client-gone",
            "3.9 3.10",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> closing AMQP connection <0.795.0> (172.17.0.1:35422 -> 172.17.0.2:5672, vhost: '/', user: 'app'):\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> client unexpectedly closed TCP connection",
        ),
        (
            "client-gone",
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Generic server <0.684.0> terminating\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Last message in was {'$gen_cast',terminate}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** Reason for termination ==\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> ** {{shutdown,{writer,send_failed,closed}},{gen_server,call,[<0.682.0>,flush,infinity]}}",
        ),
        (
            "stopping",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [notice] <0.795.0> SIGTERM received - shutting down\n2026-11-24 05:44:41.303372+00:00 [notice] <0.795.0> ",
        ),
        ("stopping", "3.8 3.10 4.0", "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> RabbitMQ is asked to stop..."),
        ("critical-records", "3.9 4.0", "2026-11-24 05:44:41.303372+00:00 [critical] <0.795.0> something new"),
        ("critical-records", "3.9 4.0", "2026-11-24 05:44:41.303372+00:00 [crit] <0.795.0> something new"),
        ("critical-records", "3.9 4.0", "2026-11-24 05:44:41.303372+00:00 [alert] <0.795.0> something new"),
        ("critical-records", "3.9 4.0", "2026-11-24 05:44:41.303372+00:00 [aler] <0.795.0> something new"),
        ("critical-records", "3.9 4.0", "2026-11-24 05:44:41.303372+00:00 [emergency] <0.795.0> something new"),
        ("critical-records", "3.9 4.0", "2026-11-24 05:44:41.303372+00:00 [emer] <0.795.0> something new"),
        (
            "critical-records",
            "4.0",
            r#"{"time":"2026-11-24 05:44:41.303372+00:00","level":"critical","msg":"something new"}"#,
        ),
        (
            "critical-records",
            "4.0",
            r#"{"time":"2026-11-24 05:44:41.303372+00:00","level":"alert","msg":"something new"}"#,
        ),
        (
            "critical-records",
            "4.0",
            r#"{"time":"2026-11-24 05:44:41.303372+00:00","level":"emergency","msg":"something new"}"#,
        ),
        ("error-records", "3.10 4.0", "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> something new"),
        ("error-records", "3.9", "2026-11-24 05:44:41.303372+00:00 [erro] <0.795.0> something new"),
        ("error-records", "3.8", "2026-11-24 05:44:41.303 [error] <0.795.0> something new"),
        (
            "error-records",
            "4.0",
            r#"{"time":"2026-11-24 05:44:41.303372+00:00","level":"error","msg":"something new"}"#,
        ),
        ("error-records", "3.8 3.10 4.0", "=ERROR REPORT==== 24-Nov-2026::12:42:27.370714 ===\nsomething new"),
    ],
    clears: &[
        (
            "file-unreadable",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "port-in-use",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "node-name-in-use",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "cookie-unusable",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "config-error",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "feature-flags-missing",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "erlang-unsupported",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "plugin-failed",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "definitions-failed",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "listener-failed",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "peers-missing",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "data-dir-unwritable",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "boot-failed",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "disk-full",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "network-partition",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        (
            "epmd-lost",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Server startup complete; 3 plugins started.\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_web_dispatch\n2026-11-24 05:44:41.303372+00:00 [info] <0.795.0>  * rabbitmq_management_agent",
        ),
        ("boot-failed", "3.8", "2026-11-24 05:44:41.303 [info] <0.795.0> Server startup complete; 3 plugins started."),
        (
            "disk-full",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> disk resource limit alarm cleared on node rabbit@rabbit",
        ),
        (
            "disk-alarm",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> disk resource limit alarm cleared on node rabbit@rabbit",
        ),
        (
            "disk-full",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Free disk space is sufficient. Free bytes: 146080000. Limit: 50000000",
        ),
        (
            "disk-alarm",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Free disk space is sufficient. Free bytes: 146080000. Limit: 50000000",
        ),
        (
            "memory-alarm",
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> memory resource limit alarm cleared on node rabbit@rabbit",
        ),
        (
            "memory-alarm",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> vm_memory_high_watermark clear. Memory used:109010944 allowed:15165901209",
        ),
        (
            "file-descriptor-alarm",
            "3.8 3.10",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> file descriptor limit alarm cleared\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> ",
        ),
        (
            "network-partition",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Autoheal finished according to winner rabbit@a",
        ),
        ("node-down", "3.8 3.10 4.0", "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> rabbit on node rabbit@b up"),
        (
            "epmd-lost",
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> epmd monitor knows us, inter-node communication (distribution) port: 25672",
        ),
        (
            "shovel-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Shovel 's1' in virtual host '/' connected to destination",
        ),
        (
            "federation-failed",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Federation exchange 'x' in vhost '/' connected to exchange 'x' in vhost '/' on amqp://upstream",
        ),
        (
            "maintenance",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Marked this node as back from maintenance and ready to serve clients",
        ),
        (
            "maintenance",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Resumed all listeners and will accept client connections again",
        ),
        (
            "maintenance",
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Resetting node maintenance status",
        ),
    ],
    benign: &[
        (
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error preparing configuration in phase transform_datatypes:",
        ),
        ("3.10 4.0", "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error parsing configuration:"),
        ("3.10 4.0", "Exception during startup:"),
        (
            "3.8 3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Failed to write PID file "/data/rabbit@a.pid": permission denied"#,
        ),
        (
            "3.8 3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Message store "628WB79CIFDYO9LJI6DKMI09L/msg_store_persistent": rebuilding indices from scratch"#,
        ),
        (
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [notice] <0.795.0> Feature flags: attempt to enable `rabbitmq_4.0.0`...",
        ),
        ("3.9", "2026-11-24 05:44:41.303372+00:00 [noti] <0.795.0> Feature flags: `rabbitmq_4.0.0` enabled"),
        ("3.8", "2026-11-24 05:44:41.303 [info] <0.795.0> Feature flags: list of feature flags found:"),
        (
            "3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Deprecated features: `management_metrics_collection`: Feature `management_metrics_collection` is deprecated.\n2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> By default, this feature can still be used for now.",
        ),
        (
            "3.8 3.10 4.0",
            r#"dets: file "/var/lib/rabbitmq/mnesia/rabbit@rabbit/quorum/rabbit@rabbit/meta.dets" not properly closed, repairing ..."#,
        ),
        (
            "3.10 4.0",
            r#"2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Failed to open a recovery terms DETS file at "/var/lib/rabbitmq/mnesia/rabbit@a/recovery.dets". Will delete it and retry in 10 ms (8 retries left)"#,
        ),
        (
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [notice] <0.795.0> Application syslog exited with reason: stopped",
        ),
        (
            "3.9 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     supervisor: {<0.799.0>,rabbit_channel_sup_sup}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     errorContext: shutdown_error\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     reason: shutdown\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     offender: [{nb_children,1},",
        ),
        (
            "3.8",
            r#"2026-11-24 05:44:41.303 [error] <0.795.0> Supervisor {<0.10276.6984>,amqp_channel_sup_sup} had child channel_sup started with amqp_channel_sup:start_link(direct, <0.10248.6984>, <<"<rabbit@a.7.3.10248.6984>">>) at undefined exit with reason noproc in context shutdown_error"#,
        ),
        (
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     supervisor: {<0.799.0>,rabbit_channel_sup}\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     errorContext: child_terminated\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     reason: shutdown\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     offender: [{pid,<0.514.0>},",
        ),
        ("3.9 4.0", "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> "),
        (
            "3.8",
            "2026-11-24 05:44:41.303 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: starting):",
        ),
        (
            "3.8",
            "2026-11-24 05:44:41.303 [error] <0.795.0> closing AMQP connection <0.31774.55> (10.190.5.190:54288 -> 10.190.5.248:5672):",
        ),
        ("3.10 4.0", "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>   Did you mean one of these?"),
        ("3.10 4.0", "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>     channel_max_per_node"),
        ("3.10 4.0", "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Are these files using the Cuttlefish format?"),
        ("3.8 3.10 4.0", "BOOT FAILED"),
        (
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, vhost: '/', user: 'app', state: running), channel 0:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>  operation none caused a connection exception connection_forced: \"broker forced connection closure with reason 'shutdown'\"",
        ),
        (
            "3.9 3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, vhost: '/', user: 'app', state: running), channel 0:\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0>  operation none caused a connection exception connection_forced: \"Closed via management plugin\"",
        ),
        (
            "3.8",
            r#"operation none caused a connection exception connection_forced: "broker forced connection closure with reason 'shutdown'""#,
        ),
        (
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> HTTP listener registry could not find context rabbitmq_management_tls",
        ),
        (
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Failed to get memory page size, using 4096. Reason: getconf not found in PATH",
        ),
        (
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Classic peer discovery backend: list of nodes does not contain the local node []",
        ),
        (
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Overriding Erlang cookie using the value set in the environment",
        ),
        (
            "4.0",
            "=INFO REPORT==== 24-Nov-2026::12:42:27.370714 ===\n    alarm_handler: {set,{system_memory_high_watermark,[]}}",
        ),
        (
            "4.0",
            "2026-11-24 05:44:41.303372+00:00 [notice] <0.795.0>     alarm_handler: {clear,system_memory_high_watermark}",
        ),
        (
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Memory high watermark set to 9642 MiB (10110605721 bytes) of 24105 MiB (25276514304 bytes) total",
        ),
        (
            "3.8 3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> connection <0.840.0> (172.17.0.1:44684 -> 172.17.0.2:5672): user 'app' authenticated and granted access to vhost '/'",
        ),
        (
            "3.10 3.13 4.0",
            "2026-11-24 05:44:41.303372+00:00 [warning] <0.795.0> Queue q1 in vhost / dropped 0/0/0 persistent messages and 12 transient messages after unclean shutdown",
        ),
        (
            "3.10 4.0",
            "2026-11-24 05:44:41.303372+00:00 [info] <0.795.0> Closing all connections in vhost '/' on node 'rabbit@rabbit' because the vhost is stopping",
        ),
    ],
};

#[test]
fn real_records_are_known() {
    hold(Rabbitmq, &CORPUS);
}

#[test]
fn a_start_and_a_stop_are_quiet() {
    for log in [include_str!("start_and_stop_3_10.log"), include_str!("start_and_stop_4_0.log")] {
        is_quiet(Rabbitmq, log);
    }
}

#[test]
fn an_alarm_that_cleared_is_cleared() {
    let log = "2026-11-24T05:43:11.679304000Z 2026-11-24 05:43:11.679304+00:00 [warning] <0.288.0> memory resource limit alarm set on node rabbit@rabbit.\n\
               2026-11-24T05:43:17.575452000Z 2026-11-24 05:43:17.575452+00:00 [warning] <0.288.0> memory resource limit alarm cleared on node rabbit@rabbit";
    let found = scan(Rabbitmq, log);
    assert_eq!((found.matches[0].id.as_str(), found.matches[0].count), ("memory-alarm", 1));
    assert_eq!(found.matches[0].cleared, Some("2026-11-24T05:43:17.575452Z".parse().unwrap()));
}
