//! `RabbitMQ` 3.10 and 4.0.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use stagewatch::api::{
    Severity::{Critical, Warning},
    Verdict::{ErrorsInvestigate, SuspiciousInvestigate},
    job::ProfileName::Rabbitmq,
};
use xtask::rig::docker::Container;

use crate::support::{
    amqp::Amqp,
    stage::{Look, SOON, Stage, on_both, wait_log},
};

/// `guest` may come from elsewhere, too.
const OPEN_TO_ALL: &str = "loopback_users = none";

/// RabbitMQ with these lines of configuration, after this much of a shell's script.
///
/// The image's own health check starts an Erlang node each time, which is much for a machine with many of them.
fn server(stage: &Stage, options: &[&str], before: &str, config: &[&str]) -> Result<Container> {
    let health = ["--health-cmd", "nc 127.0.0.1 5672 </dev/null", "--health-interval", "1s"];
    let lines = config.join("\\n");
    let script =
        format!("{before}\nprintf '{lines}\\n' > /tmp/rabbitmq.conf\nexec /usr/lib/rabbitmq/bin/rabbitmq-server");
    let all = [&["--env", "RABBITMQ_CONFIG_FILE=/tmp/rabbitmq.conf"], &health[..], options].concat();
    stage.sh("rabbitmq", &all, &script)
}

/// Starting one takes most of a situation's time, so that these have one for all: each looks at its own time only.
#[test]
fn its_clients_and_its_alarms() -> Result<()> {
    on_both(|stage| {
        // It looks for late consumers once in this time, and its configuration file has no word for it.
        let tick = "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-rabbit channel_tick_interval 1000";
        let config = [OPEN_TO_ALL, "consumer_timeout = 1000"];
        let rabbit = server(stage, &["--publish", "127.0.0.1::5672", "--env", tick], "", &config)?;
        rabbit.wait_healthy(SOON * 2)?;
        let port = rabbit.port(5672)?;
        let job = stage.job(&[(&rabbit, Rabbitmq)]);
        let set = |what: &[&str]| rabbit.exec(&[&["rabbitmqctl", "-q"], what].concat());
        let logs = |text: &str, times| wait_log(&stage.docker, &rabbit, text, times);
        let started = stage.look("rabbitmq-started", "rabbitmq was started", &job, Look::default())?;

        let now = Timestamp::now();
        for _ in 0..3 {
            ensure!(Amqp::open(port, "guest", "wrong").is_err(), "it logs in with a wrong password");
        }
        logs("PLAIN login refused", 3)?;
        let done = "a client logged in to rabbitmq with a wrong password three times";
        let logins = stage.look("rabbitmq-failed-logins", done, &job, Look::since(now))?;

        let now = Timestamp::now();
        let mut client = Amqp::open(port, "guest", "guest")?;
        client.declare("tasks")?;
        client.consume("tasks")?;
        client.publish("tasks", b"task")?;
        logs("timed out", 1)?;
        let done = "a consumer of rabbitmq did not acknowledge within the consumer_timeout of 1 s";
        let consumer = stage.look("rabbitmq-consumer-timeout", done, &job, Look::since(now))?;
        // It is told again and again until it is gone.
        drop(client);
        logs("client unexpectedly closed", 1)?;

        let now = Timestamp::now();
        set(&["set_vm_memory_high_watermark", "absolute", "1MB"])?;
        logs("memory resource limit alarm set", 1)?;
        let done = "rabbitmq's memory high watermark was lowered to 1 MB";
        let memory = stage.look("rabbitmq-memory-alarm", done, &job, Look::since(now))?;
        set(&["set_vm_memory_high_watermark", "0.4"])?;
        logs("memory resource limit alarm cleared", 1)?;
        let done = "rabbitmq's memory high watermark was lowered to 1 MB, and raised again";
        let cleared = stage.look("rabbitmq-memory-alarm-cleared", done, &job, Look::since(now))?;

        let now = Timestamp::now();
        set(&["set_disk_free_limit", "900000GB"])?;
        logs("disk resource limit alarm set", 1)?;
        let done = "rabbitmq's disk_free_limit was raised to 900 000 GB";
        let disk = stage.look("rabbitmq-disk-alarm", done, &job, Look::since(now))?;
        let holds = stage.look("rabbitmq-disk-alarm-holds", "nothing was done since", &job, Look::after(&disk))?;
        rabbit.docker(&["restart"])?;
        rabbit.wait_healthy(SOON * 2)?;
        let done = "rabbitmq had a disk alarm, and was restarted by `docker restart`";
        let restarted = stage.look("rabbitmq-restarted", done, &job, Look::after(&holds))?;

        started.is_silent()?;
        let (errors, suspicious) = (ErrorsInvestigate, SuspiciousInvestigate);
        for (seen, verdict, severity, reason) in [
            (&logins, suspicious, Warning, "login-refused"),
            (&consumer, suspicious, Warning, "consumer-timeout"),
            (&memory, errors, Critical, "memory-alarm"),
            (&cleared, suspicious, Warning, "memory-alarm"),
            (&disk, errors, Critical, "disk-alarm"),
            (&holds, errors, Critical, "disk-alarm"),
            (&restarted, suspicious, Warning, "Restarted"),
        ] {
            seen.comes_to(verdict, (severity, rabbit.name(), reason), &[])?;
        }
        Ok(())
    })
}

#[test]
fn it_does_not_boot() -> Result<()> {
    on_both(|stage| {
        let wrong = "channel_tick_interval = 1000";
        let closed = ["--tmpfs", "/data:mode=0700", "--env", "RABBITMQ_MNESIA_BASE=/data"];
        let booting = [
            ("rabbitmq-port-in-use", "another process holds port 5672", "port-in-use"),
            ("rabbitmq-bad-config", "rabbitmq.conf has a setting that no version knows", "config-error"),
            ("rabbitmq-unwritable-data", "rabbitmq may not write in its data folder", "data-dir-unwritable"),
        ];
        let servers = [
            server(stage, &[], "nc -ll -p 5672 -e true & sleep 0.5", &[OPEN_TO_ALL])?,
            server(stage, &[], "", &[wrong])?,
            server(stage, &closed, "", &[OPEN_TO_ALL])?,
        ];
        let mut seen = Vec::new();
        for (rabbit, (situation, done, reason)) in servers.iter().zip(booting) {
            rabbit.wait_inspect("{{.State.Status}}", "exited", SOON * 2)?;
            seen.push((
                stage.look(situation, done, &stage.job(&[(rabbit, Rabbitmq)]), Look::default())?,
                rabbit,
                reason,
            ));
        }
        for (seen, rabbit, reason) in seen {
            // One report on its way to standard output may be cut in two by what comes on standard error.
            let beside = ["boot-failed", "crashed", "error-records", "listener-failed", "NotRunning"];
            seen.comes_to(ErrorsInvestigate, (Critical, rabbit.name(), reason), &beside)?;
            seen.explains(&["NotRunning"])?;
        }
        Ok(())
    })
}

#[test]
fn it_runs_out_of_descriptors() -> Result<()> {
    on_both(|stage| {
        let options = ["--publish", "127.0.0.1::5672", "--ulimit", "nofile=120:120"];
        let rabbit = server(stage, &options, "", &[OPEN_TO_ALL])?;
        rabbit.wait_healthy(SOON * 2)?;
        let port = rabbit.port(5672)?;
        let clients: Vec<_> = (0..120).map_while(|_| Amqp::open(port, "guest", "guest").ok()).collect();
        wait_log(&stage.docker, &rabbit, "descriptor", 1)?;
        let done = format!("rabbitmq with 120 file descriptors was given {} connections", clients.len());
        let seen = stage.look("rabbitmq-descriptors", &done, &stage.job(&[(&rabbit, Rabbitmq)]), Look::default())?;
        drop(clients);
        // RabbitMQ 4 has no such alarm any more: it fails as each of its parts does.
        let reason = if stage.is_12() { "file-descriptor-alarm" } else { "out-of-file-descriptors" };
        let beside = ["Unhealthy", "process-crashed", "error-records"];
        seen.comes_to(ErrorsInvestigate, (Critical, rabbit.name(), reason), &beside)
    })
}
