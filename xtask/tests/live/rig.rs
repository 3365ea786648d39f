//! The rig itself: each part does what the tests that use it rely on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use xtask::rig::bot::{Answer, Bot};
use xtask::rig::command::output;
use xtask::rig::docker::{self, ContainerOptions};
use xtask::rig::scratch::Scratch;
use xtask::rig::{Rig, images};

const SOON: Duration = Duration::from_mins(2);

#[test]
fn each_service_of_each_release_is_healthy() -> Result<()> {
    let docker = Rig::from_env().docker;
    let mut containers = Vec::new();
    for service in ["redis", "rabbitmq", "nginx"] {
        for release in ["12", "13"] {
            let image = format!("stagewatch-rig/{service}:{release}");
            containers.push(docker.run(service, &image, &ContainerOptions::default())?);
        }
    }
    for container in containers {
        container.wait_healthy(SOON).with_context(|| container.inspect("{{json .State}}").unwrap_or_default())?;
    }
    Ok(())
}

#[test]
fn the_two_releases_are_two_major_versions() -> Result<()> {
    let docker = Rig::from_env().docker;
    let version = |release: &str| {
        docker.docker(&["run", "--rm", &format!("stagewatch-rig/redis:{release}"), "redis-server", "--version"])
    };
    ensure!(version("12")?.contains("v=7."), "Debian 12: {}", version("12")?);
    ensure!(version("13")?.contains("v=8."), "Debian 13: {}", version("13")?);
    Ok(())
}

#[test]
fn a_published_port_reaches_redis() -> Result<()> {
    let options = ContainerOptions { options: &["--publish", "127.0.0.1::6379"], command: &[] };
    let redis = Rig::from_env().docker.run("redis", "stagewatch-rig/redis:12", &options)?;
    redis.wait_healthy(SOON)?;
    let mut stream = TcpStream::connect(("127.0.0.1", redis.port(6379)?))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    ensure!(&answer == b"+PONG\r\n");
    Ok(())
}

#[test]
fn the_same_engine_answers_over_mtls_and_only_to_its_clients() -> Result<()> {
    let rig = Rig::from_env();
    let id = |command: &mut Command| output(command.args(["info", "--format", "{{.ID}}"]));
    let over_tls = |verify: &str| {
        let mut command = Command::new("docker");
        command.env("DOCKER_HOST", rig.docker_tls_host()).env(verify, "1").env("DOCKER_CERT_PATH", &rig.docker_tls);
        command
    };
    ensure!(id(&mut over_tls("DOCKER_TLS_VERIFY"))? == id(&mut rig.docker.command(&[]))?);
    let mut without = Command::new("docker");
    without.args([
        "--host",
        &rig.docker_tls_host(),
        "--tls",
        "--tlscacert",
        &rig.docker_tls.join("ca.pem").display().to_string(),
    ]);
    without.env("DOCKER_CONFIG", "/nonexistent").env_remove("DOCKER_CERT_PATH");
    ensure!(id(&mut without).is_err(), "a client without a certificate was served");
    Ok(())
}

#[test]
fn an_isolated_engine_can_be_stopped_and_comes_back_with_its_containers() -> Result<()> {
    let scratch = Scratch::new()?;
    let mut engine = docker::start_isolated(&scratch.path().join("engine"))?;
    images::ensure_release(&engine.docker(), "12")?;
    let redis = engine.docker().run("redis", "stagewatch-rig/redis:12", &ContainerOptions::default())?;
    redis.wait_healthy(SOON)?;
    engine.stop()?;
    ensure!(!engine.docker().answers());
    engine.start_again()?;
    redis.wait_inspect("{{.State.Status}}", "exited", SOON)?;
    redis.docker(&["start"])?;
    redis.wait_healthy(SOON)
}

#[test]
fn kubernetes_collects_garbage_and_logs_each_request() -> Result<()> {
    let rig = Rig::from_env();
    let version: Value = serde_json::from_str(&output(&mut rig.kubectl(&["version", "--output", "json"]))?)?;
    ensure!(version["serverVersion"]["gitVersion"] == xtask::rig::kubernetes::version()?, "{version}");
    let name = format!("rig-{}", std::process::id());
    output(&mut rig.kubectl(&["create", "namespace", &name]))?;
    output(&mut rig.kubectl(&["create", "configmap", "kept", "--namespace", &name, "--from-literal", "a=b"]))?;
    output(&mut rig.kubectl(&["delete", "namespace", &name, "--timeout", "60s"]))?;
    let audit = std::fs::read_to_string(&rig.audit_log)?;
    let created = audit.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).any(|event| {
        event["verb"] == "create"
            && event["objectRef"]["resource"] == "namespaces"
            && event["objectRef"]["name"] == name.as_str()
    });
    ensure!(created, "the audit log does not show who created namespace {name}");
    Ok(())
}

#[test]
fn the_bot_answers_over_http_as_it_is_told() -> Result<()> {
    let mut bot = Bot::start()?;
    let (status, body) = send(&bot, "x")?;
    ensure!(status == 200 && body["ok"] == true && bot.messages().len() == 1, "{status} {body}");
    bot.script([Answer::TooManyRequests(3), Answer::ServerError(502), Answer::CloseAfterRead, Answer::AcceptThenClose]);
    ensure!(send(&bot, "x")?.0 == 429);
    ensure!(send(&bot, "x")?.0 == 502);
    ensure!(send(&bot, "x").is_err() && bot.messages().len() == 1, "closed after it was read");
    ensure!(send(&bot, "x").is_err() && bot.messages().len() == 2, "closed after it was accepted");

    bot.script([Answer::AcceptThenHang]);
    let begun = Instant::now();
    ensure!(send(&bot, "x").is_err() && begun.elapsed() >= PATIENCE, "it hangs");
    ensure!(bot.messages().len() == 3);

    bot.go_down();
    ensure!(send(&bot, "x").is_err());
    bot.come_back()?;
    ensure!(send(&bot, "x")?.0 == 200 && bot.messages().len() == 4, "on the same port, with the same chat");
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(1);

/// A client of a few lines: what is tested is the other side.
fn send(bot: &Bot, text: &str) -> Result<(u16, Value)> {
    let body = json!({"chat_id": Bot::CHAT, "text": text}).to_string();
    let mut stream = TcpStream::connect(bot.url().trim_start_matches("http://"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let head = format!(
        "POST /bot{}/sendMessage HTTP/1.1\r\nHost: bot\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        Bot::TOKEN,
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
    Ok((status, serde_json::from_str(body).unwrap_or_default()))
}
