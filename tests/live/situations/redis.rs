//! Redis 7.0 and 8.0.

use std::net::TcpStream;

use anyhow::Result;
use stagewatch::api::{Severity::Critical, Verdict::ErrorsInvestigate, job::ProfileName::Redis};
use xtask::rig::docker::Container;

use crate::support::stage::{Look, SOON, Stage, on_both, wait_log};

/// Fills a small disk to the last byte.
const FILL: &str = "dd if=/dev/zero of=/data/fill bs=4k 2>/dev/null; true";
/// A health check that notices soon.
const SOON_UNHEALTHY: &[&str] = &["--health-interval", "1s", "--health-timeout", "1s", "--health-retries", "2"];

fn server(stage: &Stage, options: &[&str], arguments: &[&str]) -> Result<Container> {
    let all = [&["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no"], arguments].concat();
    stage.run("redis", options, &all)
}

#[test]
fn a_snapshot_finds_the_disk_full() -> Result<()> {
    on_both(|stage| {
        let saving = ["--dir", "/data", "--save", "1 1"];
        let redis = server(stage, &["--tmpfs", "/data:size=1m"], &saving)?;
        redis.wait_healthy(SOON)?;
        redis.exec(&["sh", "-c", FILL])?;
        redis.exec(&["redis-cli", "set", "key", "value"])?;
        wait_log(&stage.docker, &redis, "Background saving error", 1)?;
        let done = "redis saves each second to a tmpfs of 1 MiB; dd filled it; one key was set";
        let seen = stage.look("redis-rdb-disk-full", done, &stage.job(&[(&redis, Redis)]), Look::default())?;
        seen.comes_to(ErrorsInvestigate, (Critical, redis.name(), "disk-full"), &["save-failed", "Unhealthy"])
    })
}

#[test]
fn the_append_only_file_finds_the_disk_full() -> Result<()> {
    on_both(|stage| {
        let appending = ["--dir", "/data", "--save", "", "--appendonly", "yes"];
        let redis = server(stage, &["--tmpfs", "/data:size=1m"], &appending)?;
        redis.wait_healthy(SOON)?;
        redis.exec(&["sh", "-c", FILL])?;
        // Longer than what is left of the file's last page.
        redis.exec(&["sh", "-c", "redis-cli set key $(head -c 9000 /dev/zero | tr '\\0' x)"])?;
        wait_log(&stage.docker, &redis, "Error writing to the AOF file", 1)?;
        let done = "redis appends to a file on a tmpfs of 1 MiB; dd filled it; a key of 9 kB was set";
        let seen = stage.look("redis-aof-disk-full", done, &stage.job(&[(&redis, Redis)]), Look::default())?;
        seen.comes_to(ErrorsInvestigate, (Critical, redis.name(), "disk-full"), &["aof-write-failed", "Unhealthy"])
    })
}

#[test]
fn the_kernel_kills_it_for_memory() -> Result<()> {
    const LIMITED: &[&str] = &["--memory", "32m", "--memory-swap", "32m"];
    const GROW: &[&str] = &["sh", "-c", "redis-cli debug populate 2000000"];
    on_both(|stage| {
        let debug = ["--save", "", "--enable-debug-command", "yes"];
        let redis = server(stage, LIMITED, &debug)?;
        let always = server(stage, &[LIMITED, &["--restart", "always"]].concat(), &debug)?;
        for one in [&redis, &always] {
            one.wait_healthy(SOON)?;
            // Who asks for it may end with it.
            let _ = one.exec(GROW);
        }
        redis.wait_inspect("{{.State.Status}}", "exited", SOON)?;
        let done = "redis with 32 MiB of memory and no restart policy was given 2 million keys";
        let seen = stage.look("redis-oom", done, &stage.job(&[(&redis, Redis)]), Look::default())?;
        seen.comes_to(ErrorsInvestigate, (Critical, redis.name(), "OomKilled"), &[])?;

        always.wait_inspect("{{.State.Status}} {{.RestartCount}}", "running 1", SOON)?;
        always.wait_healthy(SOON)?;
        let done = "redis with 32 MiB of memory and restart policy always was given 2 million keys; it is back";
        let seen = stage.look("redis-oom-restarted", done, &stage.job(&[(&always, Redis)]), Look::default())?;
        seen.comes_to(ErrorsInvestigate, (Critical, always.name(), "OomKilled"), &[])
    })
}

#[test]
fn no_client_is_admitted() -> Result<()> {
    on_both(|stage| {
        let options = [SOON_UNHEALTHY, &["--publish", "127.0.0.1::6379"]].concat();
        let redis = server(stage, &options, &["--maxclients", "8"])?;
        redis.wait_healthy(SOON)?;
        let port = redis.port(6379)?;
        let clients: Vec<_> = (0..16).map(|_| TcpStream::connect(("127.0.0.1", port))).collect();
        redis.wait_inspect("{{.State.Health.Status}}", "unhealthy", SOON)?;
        let done = "redis with maxclients 8 has 16 connections, so that its health check is refused as well";
        let seen = stage.look("redis-maxclients", done, &stage.job(&[(&redis, Redis)]), Look::default())?;
        drop(clients);
        seen.comes_to(ErrorsInvestigate, (Critical, redis.name(), "Unhealthy"), &[])
    })
}

#[test]
fn it_is_frozen_or_busy_and_answers_nobody() -> Result<()> {
    on_both(|stage| {
        let frozen = server(stage, SOON_UNHEALTHY, &[])?;
        let busy = server(stage, SOON_UNHEALTHY, &["--enable-debug-command", "yes"])?;
        frozen.wait_healthy(SOON)?;
        busy.wait_healthy(SOON)?;
        frozen.docker(&["kill", "--signal", "STOP"])?;
        busy.exec(&["sh", "-c", "redis-cli debug sleep 60 >/dev/null 2>&1 &"])?;
        for (redis, situation, done) in [
            (&frozen, "redis-frozen", "redis was sent SIGSTOP"),
            (&busy, "redis-busy", "redis was told to sleep for a minute"),
        ] {
            redis.wait_inspect("{{.State.Health.Status}}", "unhealthy", SOON)?;
            let seen = stage.look(situation, done, &stage.job(&[(redis, Redis)]), Look::default())?;
            seen.comes_to(ErrorsInvestigate, (Critical, redis.name(), "Unhealthy"), &[])?;
        }
        Ok(())
    })
}

#[test]
fn its_configuration_is_wrong_each_time_it_is_restarted() -> Result<()> {
    on_both(|stage| {
        let redis = server(stage, &["--restart", "always"], &["--maxmemory", "lots"])?;
        wait_log(&stage.docker, &redis, "FATAL CONFIG FILE ERROR", 4)?;
        let done = "redis was started with `maxmemory lots` and restart policy always";
        let seen = stage.look("redis-bad-config", done, &stage.job(&[(&redis, Redis)]), Look::default())?;
        seen.comes_to(ErrorsInvestigate, (Critical, redis.name(), "config-error"), &["Restarting"])?;
        seen.explains(&["Restarting"])
    })
}
