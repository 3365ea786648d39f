//! The Docker collector against live containers: each situation, and what is seen of it.

mod support {
    pub mod looking;
    pub mod proxy;
    pub mod tls;
}

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use stagewatch::{
    api::job::ProfileName,
    core::observation::docker::{ContainerLook, Engine, EngineFailure, LogLook},
};
use tempfile::tempdir;
use tokio::net::{TcpListener, UnixListener};
use xtask::rig::{
    Rig,
    docker::{self, Container, ContainerOptions, Docker},
    images,
};

use support::{
    looking::{Look, Seen, inspect, log, only},
    proxy::Proxy,
    tls::{Authority, Server},
};

const SOON: Duration = Duration::from_mins(1);
const REDIS: &str = "stagewatch-rig/redis:12";
/// Without the health check that the image brings.
const PLAIN: &[&str] = &["--no-healthcheck"];

/// Fails unless the rules find exactly these, each written as `Reason` of the container or as a whole id.
fn finds(look: &Look, seen: &Seen, previous: Option<&Seen>, expected: &[&str]) -> Result<()> {
    let name = &seen.1[0].name;
    let whole = |id: &&str| if id.contains('/') { (*id).to_owned() } else { format!("container/{name}/{id}") };
    let (expected, found) = (expected.iter().map(whole).collect::<Vec<_>>(), look.findings(seen, previous));
    ensure!(found == expected, "found {found:?}, not {expected:?}");
    Ok(())
}

fn shell(docker: &Docker, prefix: &str, options: &[&str], script: &str) -> Result<Container> {
    docker.run(prefix, REDIS, &ContainerOptions { options, command: &["sh", "-c", script] })
}

#[tokio::test(flavor = "multi_thread")]
async fn healthy() -> Result<()> {
    let docker = Rig::from_env().docker;
    let redis = docker.run("healthy", REDIS, &ContainerOptions { options: &["--memory", "64m"], command: &[] })?;
    redis.wait_healthy(SOON)?;
    let look = Look::at(docker.host());
    let seen = look.container(redis.name(), ProfileName::Redis).await?;
    let Engine::Answered { latency_ms, clock_offset_ms: Some(offset) } = seen.0.engine else {
        anyhow::bail!("{:?}", seen.0.engine)
    };
    ensure!((0..5000).contains(&latency_ms) && offset.abs() < 2000, "{latency_ms} {offset}");
    let ContainerLook::Seen { inspect, stats: Some(stats), logs: LogLook::Read(scan) } = only(&seen)? else {
        anyhow::bail!("{:?}", seen.1)
    };
    ensure!(inspect.id == redis.id() && !inspect.looks_critical(), "{:?}", inspect.state);
    ensure!(inspect.host_config.memory == 64 << 20 && inspect.host_config.log_config.driver == "json-file");
    let between = stats.read.context("no time")?.duration_since(stats.preread.context("no time before")?);
    ensure!(between.as_millis() >= 500 && between.as_secs() < 8, "{between}");
    ensure!(stats.cpu_stats.system_cpu_usage > stats.precpu_stats.system_cpu_usage && stats.cpu_stats.online_cpus > 0);
    ensure!(stats.memory_stats.usage > 0 && stats.memory_stats.limit == 64 << 20, "{:?}", stats.memory_stats);
    ensure!(scan.records > 3 && scan.incomplete.is_none() && scan.first.is_some(), "{scan:?}");
    let started = seen.0.events.iter().any(|event| event.action == "start" && event.container == redis.name());
    ensure!(started, "{:?}", seen.0.events);
    finds(&look, &seen, None, &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn unhealthy_after_a_second_look() -> Result<()> {
    let docker = Rig::from_env().docker;
    let health = ["--health-cmd", "echo no; false", "--health-interval", "1s", "--health-retries", "1"];
    let ill = shell(&docker, "unhealthy", &health, "sleep 600")?;
    ill.wait_inspect("{{.State.Health.Status}}", "unhealthy", SOON)?;
    let mut look = Look::at(docker.host());
    (look.patience.attempts, look.patience.delay) = (3, Duration::from_millis(200));
    let begun = Instant::now();
    let seen = look.container(ill.name(), ProfileName::Generic).await?;
    ensure!(begun.elapsed() >= Duration::from_millis(400), "it was looked at twice more");
    let health = inspect(&seen)?.state.health.clone().context("no health")?;
    ensure!(health.status == "unhealthy" && health.log.iter().all(|check| check.output == "no\n"), "{health:?}");
    finds(&look, &seen, None, &["Unhealthy"])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mends_itself_before_the_last_look_counts_as_well() -> Result<()> {
    let docker = Rig::from_env().docker;
    let late = shell(&docker, "mending", PLAIN, "sleep 600")?;
    late.docker(&["pause"])?;
    let mut look = Look::at(docker.host());
    (look.patience.attempts, look.patience.delay) = (2, Duration::from_secs(3));
    let mending = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        late.docker(&["unpause"])
    };
    let (seen, mended) = tokio::join!(look.container(late.name(), ProfileName::Generic), mending);
    mended?;
    let seen = seen?;
    ensure!(inspect(&seen)?.state.status == "running");
    finds(&look, &seen, None, &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_and_what_comes_near() -> Result<()> {
    let docker = Rig::from_env().docker;
    let there = shell(&docker, "near-redis", PLAIN, "sleep 600")?;
    let wanted = there.name().replace("redis", "redsi");
    let look = Look::at(docker.host());
    let seen = look.container(&wanted, ProfileName::Redis).await?;
    let ContainerLook::Missing { near } = only(&seen)? else { anyhow::bail!("{:?}", seen.1) };
    ensure!(near.first().is_some_and(|first| first == there.name()) && near.len() <= 3, "{near:?}");
    finds(&look, &seen, None, &["Missing"])
}

/// `docker ps --filter name=` takes a part of a name, and the engine the beginning of an id.
#[tokio::test(flavor = "multi_thread")]
async fn neither_a_part_of_a_name_nor_the_beginning_of_an_id_is_a_name() -> Result<()> {
    let docker = Rig::from_env().docker;
    let there = shell(&docker, "whole-redis", PLAIN, "sleep 600")?;
    let part = there.name().strip_prefix("whole-").context("it has another name")?;
    for wanted in [part, &there.name()[..there.name().len() - 1], &there.id()[..12], &there.id()[..4], there.id()] {
        let look = Look::at(docker.host());
        let seen = look.container(wanted, ProfileName::Redis).await?;
        ensure!(matches!(only(&seen)?, ContainerLook::Missing { .. }), "{wanted}: {:?}", seen.1);
        finds(&look, &seen, None, &["Missing"])?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_killed_and_out_of_memory() -> Result<()> {
    let docker = Rig::from_env().docker;
    let stopped = shell(&docker, "stopped", PLAIN, "trap 'echo bye; exit 0' TERM; while :; do sleep 0.1; done")?;
    stopped.docker(&["stop"])?;
    let killed = shell(&docker, "killed", PLAIN, "sleep 600")?;
    killed.docker(&["kill"])?;
    let memory = ["--no-healthcheck", "--memory", "16m", "--memory-swap", "16m"];
    let greedy = shell(&docker, "oom", &memory, "exec tail /dev/zero")?;
    greedy.wait_inspect("{{.State.Status}}", "exited", SOON)?;
    let look = Look::at(docker.host());
    for (container, exit_code, oom_killed, last, found) in [
        (&stopped, 0, false, "die", "NotRunning"),
        (&killed, 137, false, "kill", "NotRunning"),
        (&greedy, 137, true, "oom", "OomKilled"),
    ] {
        let seen = look.container(container.name(), ProfileName::Generic).await?;
        let ContainerLook::Seen { inspect, stats: None, logs: LogLook::Read(_) } = only(&seen)? else {
            anyhow::bail!("{:?}", seen.1)
        };
        let state = &inspect.state;
        ensure!(state.status == "exited" && inspect.looks_critical(), "{state:?}");
        ensure!((state.exit_code, state.oom_killed) == (exit_code, oom_killed), "{state:?}");
        ensure!(state.finished_at > state.started_at);
        let event = seen
            .0
            .events
            .iter()
            .find(|event| event.action == last)
            .with_context(|| format!("{last}: {:?}", seen.0.events))?;
        ensure!(event.id == container.id() && (last != "die" || event.exit_code == Some(0)), "{event:?}");
        finds(&look, &seen, None, &[found])?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn restarting_paused_starting_and_recreated() -> Result<()> {
    let docker = Rig::from_env().docker;
    let look = Look::at(docker.host());

    let failing = shell(&docker, "restarting", &["--no-healthcheck", "--restart", "always"], "sleep 0.1; exit 3")?;
    failing.wait_inspect("{{.State.Status}} {{gt .RestartCount 3}}", "restarting true", SOON)?;
    let seen = look.container(failing.name(), ProfileName::Generic).await?;
    finds(&look, &seen, None, &["Restarting"])?;
    let seen = inspect(&seen)?;
    ensure!(seen.state.status == "restarting" && seen.restart_count > 3 && seen.state.exit_code == 3, "{seen:?}");

    let paused = shell(&docker, "paused", PLAIN, "sleep 600")?;
    paused.docker(&["pause"])?;
    let seen = look.container(paused.name(), ProfileName::Generic).await?;
    ensure!(inspect(&seen)?.state.status == "paused" && inspect(&seen)?.looks_critical());
    finds(&look, &seen, None, &["Paused"])?;
    paused.docker(&["unpause"])?;

    let slow = ["--health-cmd", "false", "--health-interval", "1s", "--health-start-period", "10m"];
    let starting = shell(&docker, "starting", &slow, "sleep 600")?;
    let seen = look.container(starting.name(), ProfileName::Generic).await?;
    finds(&look, &seen, None, &[])?;
    let seen = inspect(&seen)?;
    ensure!(seen.state.health.as_ref().is_some_and(|health| health.status == "starting") && !seen.looks_critical());
    let start_period = seen.config.healthcheck.as_ref().map(|check| check.start_period);
    ensure!(start_period == Some(600_000_000_000), "{start_period:?}");

    let first = shell(&docker, "recreated", PLAIN, "sleep 600")?;
    let name = first.name().to_owned();
    let before = look.container(&name, ProfileName::Generic).await?;
    drop(first);
    let options = ContainerOptions { options: PLAIN, command: &["sleep", "600"] };
    let second = docker.run_as(&name, REDIS, &options)?;
    let after = look.container(&name, ProfileName::Generic).await?;
    // A deploy is no crash.
    finds(&look, &after, Some(&before), &[])?;
    let (before, after) = (inspect(&before)?, inspect(&after)?);
    ensure!(after.id == second.id() && after.id != before.id && after.created > before.created);
    ensure!(after.restart_count == 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_both_streams_with_and_without_a_terminal() -> Result<()> {
    let docker = Rig::from_env().docker;
    let script = "echo one; echo ERROR two >&2; printf 'no end'; head -c 40000 /dev/zero | tr '\\0' x; echo; echo last";
    for options in [&["--no-healthcheck"][..], &["--no-healthcheck", "--tty"]] {
        let writer = shell(&docker, "lines", options, script)?;
        writer.wait_inspect("{{.State.Status}}", "exited", SOON)?;
        let (scan, lines) = Look::at(docker.host()).recorded(writer.name()).await?;
        ensure!(scan.incomplete.is_none(), "{scan:?}");
        let texts: Vec<&str> = lines.iter().filter_map(|line| Some(line.split_once(' ')?.1)).collect();
        ensure!(texts.contains(&"one") && texts.contains(&"ERROR two") && texts.contains(&"last"), "{texts:.60?}");
        let long = texts.iter().find(|text| text.starts_with("no end")).context("the long line is missing")?;
        ensure!(!long.contains('\r') && long.len() >= 40_006, "{}", long.len());
        if !options.contains(&"--tty") {
            // A stamp in its midst would be longer.
            ensure!(long.len() == 40_006 && texts.len() == 4, "{} {}", long.len(), texts.len());
        }
        let errors: u64 = scan.matches.iter().map(|found| found.count).sum();
        ensure!(errors >= 1, "{scan:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_window_holds_is_read() -> Result<()> {
    let docker = Rig::from_env().docker;
    let script = "i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); sleep 0.1; done";
    let writer = shell(&docker, "window", PLAIN, script)?;
    writer.wait_inspect("{{.State.Status}}", "exited", SOON)?;
    let (all, lines) = Look::at(docker.host()).recorded(writer.name()).await?;
    ensure!(all.records == 40 && lines.len() == 40, "{all:?}");
    let stamp = |n: usize| lines[n].split(' ').next().and_then(|stamp| stamp.parse().ok()).context("no stamp");
    let mut look = Look::at(docker.host());
    // To the nanosecond, the first instant included and the last not.
    (look.window.since, look.window.until) = (stamp(7)?, stamp(23)?);
    let (scan, part) = look.recorded(writer.name()).await?;
    ensure!(part == lines[7..23] && scan.records == 16, "{part:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_log_is_told_to_be_one() -> Result<()> {
    let docker = Rig::from_env().docker;
    let options = ["--no-healthcheck", "--log-opt", "max-size=20k", "--log-opt", "max-file=3"];
    // What is dropped has to be older than a silence that may be the program's own.
    let script = "echo begin; sleep 65; i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done";
    let rotated = shell(&docker, "rotated", &options, script)?;
    let kept =
        shell(&docker, "kept", &options, "echo begin; i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done")?;
    rotated.wait_inspect("{{.State.Status}}", "exited", SOON * 3)?;
    for (container, whole) in [(&rotated, false), (&kept, true)] {
        let (scan, lines) = Look::at(docker.host()).recorded(container.name()).await?;
        ensure!(scan.incomplete.is_none() == whole, "{scan:?}");
        ensure!(scan.incomplete.is_none_or(|why| why.starts_with("rotated: it begins at 20")));
        ensure!(lines.iter().any(|line| line.ends_with("begin")) == whole);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn log_driver_none() -> Result<()> {
    let docker = Rig::from_env().docker;
    let silent = shell(&docker, "none", &["--no-healthcheck", "--log-driver", "none"], "echo one; sleep 600")?;
    let look = Look::at(docker.host());
    let seen = look.container(silent.name(), ProfileName::Generic).await?;
    let LogLook::Unavailable { why } = log(&seen)? else { anyhow::bail!("{:?}", seen.1) };
    ensure!(why == "log driver none", "{why}");
    finds(&look, &seen, None, &[&format!("logs/{}/LogsUnavailable", silent.name())])
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_but_what_may_be() -> Result<()> {
    let docker = Rig::from_env().docker;
    let proxy = Proxy::before(docker.host())?;
    let tty = shell(&docker, "asked", &["--no-healthcheck", "--tty"], "echo one; sleep 600")?;
    let dead = shell(&docker, "asked", PLAIN, "exit 1")?;
    let mut look = Look::at(&proxy.host());
    (look.patience.attempts, look.patience.delay) = (2, Duration::from_millis(100));
    let names = [tty.name(), dead.name(), "asked-nowhere", "not a name/../../images/json"];
    let seen = look.containers(&names.map(|name| (name, ProfileName::Generic))).await?;
    ensure!(seen.1.len() == 4 && matches!(seen.1[3].look, ContainerLook::NotObserved { .. }), "{:?}", seen.1);
    let asked = proxy.asked();
    let id = |path: &str, end: &str| {
        path.strip_prefix("/containers/").and_then(|rest| rest.strip_suffix(end)).is_some_and(|id| !id.contains('/'))
    };
    for line in &asked {
        let mut words = line.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let has = |pair: &str| query.split('&').any(|part| part == pair);
        let allowed = match path {
            "/_ping" | "/version" | "/info" | "/containers/json" => true,
            "/events" => query.contains("until="),
            _ if id(path, "/json") => query.is_empty(),
            _ if id(path, "/stats") => has("stream=false"),
            _ if id(path, "/logs") => has("follow=0"),
            _ => false,
        };
        ensure!(method == "GET" && allowed, "{line}");
    }
    for path in ["/_ping", "/info", "/containers/json", "/stats?", "/logs?", "/events?", "/json HTTP"] {
        ensure!(asked.iter().any(|line| line.contains(path)), "{path} was not asked: {asked:#?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_forgets_stops_and_comes_back() -> Result<()> {
    let rig = Rig::from_env().docker;
    let home = tempdir()?;
    let mut engine = docker::start_isolated(&home.path().join("engine"))?;
    let docker = engine.docker();
    images::copy(&rig, &docker, REDIS)?;
    let options = ["--no-healthcheck", "--network", "none", "--restart", "always"];
    let memory = ["--memory", "16m", "--memory-swap", "16m"];
    // Each life goes on until it is told to end in its way.
    let greedy = "while ! [ -e /tmp/eat ]; do sleep 0.1; done; rm /tmp/eat; exec tail /dev/zero";
    let greedy = shell(&docker, "greedy", &[&options[..], &memory].concat(), greedy)?;
    let failing = "while ! [ -e /tmp/fail ]; do sleep 0.1; done; rm /tmp/fail; exit 3";
    let failing = shell(&docker, "failing", &options, failing)?;
    let memory = ["--no-healthcheck", "--network", "none", "--memory", "16m", "--memory-swap", "16m"];
    let lost = "while ! [ -e /tmp/eat ]; do sleep 0.1; done; exec tail /dev/zero";
    let lost = shell(&docker, "lost", &memory, lost)?;
    let deployed = shell(&docker, "deployed", &options, "sleep 6000")?;
    let name = deployed.name().to_owned();
    let look = Look::at(docker.host());
    let names = [greedy.name(), failing.name(), lost.name(), &name].map(|name| (name, ProfileName::Generic));
    let before = look.containers(&names).await?;
    ensure!(look.findings(&before, None).is_empty(), "{:?}", look.findings(&before, None));

    greedy.exec(&["touch", "/tmp/eat"])?;
    lost.exec(&["touch", "/tmp/eat"])?;
    failing.exec(&["touch", "/tmp/fail"])?;
    drop(deployed);
    let command = ContainerOptions { options: &options, command: &["sleep", "6000"] };
    let _deployed = docker.run_as(&name, REDIS, &command)?;
    for container in [&greedy, &failing] {
        container.wait_inspect("{{.State.Status}} {{.RestartCount}}", "running 1", SOON)?;
    }
    lost.wait_inspect("{{.State.Status}}", "exited", SOON)?;
    let fresh = look.containers(&names).await?;
    ensure!(fresh.0.events.iter().any(|event| event.action == "oom"), "{:?}", fresh.0.events);
    for _ in 0..100 {
        failing.exec(&["true"])?;
    }
    let id = |container: &Container, reason: &str| format!("container/{}/{reason}", container.name());
    let expected = [id(&greedy, "OomKilled"), id(&failing, "Restarted"), id(&lost, "OomKilled")];
    let later = look.containers(&names).await?;
    ensure!(
        later.0.events.iter().all(|event| event.action.starts_with("exec_")),
        "300 events later all else is forgotten"
    );
    for seen in [&fresh, &later] {
        let found = look.findings(seen, Some(&before));
        ensure!(found == expected, "found {found:?}, not {expected:?}");
    }
    let made = |seen: &Seen| match &seen.1[3].look {
        ContainerLook::Seen { inspect, .. } => Ok(inspect.id.clone()),
        other => Err(anyhow::anyhow!("{other:?}")),
    };
    ensure!(made(&before)? != made(&later)?, "the container was made anew");

    engine.stop()?;
    let begun = Instant::now();
    let gone = look.containers(&names).await?;
    ensure!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    ensure!(gone.1.iter().all(|one| matches!(one.look, ContainerLook::NotObserved { .. })), "{:?}", gone.1);
    finds(&look, &gone, None, &["docker/staging-host/EngineUnreachable"])?;

    engine.start_again()?;
    for container in [&greedy, &failing] {
        container.wait_inspect("{{.State.Status}}", "running", SOON)?;
    }
    let back = look.containers(&names).await?;
    ensure!(!back.0.events.iter().any(|event| event.action == "oom"), "the engine remembers: {:?}", back.0.events);
    // To stop them was another end, after which the engine knows nothing of the one before. Who stayed down is as he was.
    let expected = [id(&greedy, "Restarted"), id(&failing, "Restarted"), id(&lost, "OomKilled")];
    let found = look.findings(&back, Some(&before));
    ensure!(expected.iter().all(|id| found.contains(id)), "found {found:?}, not {expected:?}");
    ensure!(made(&back)? == made(&later)?, "the container made anew is still that one");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_not_there_is_silent_or_is_none() -> Result<()> {
    let home = tempdir()?;
    let nowhere = format!("unix://{}", home.path().join("nowhere.sock").display());
    let silent = home.path().join("silent.sock");
    // The kernel accepts for a listener that never does.
    let _listener = UnixListener::bind(&silent)?;
    let refusing = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    for (host, reason, detail, at_most) in [
        (nowhere, EngineFailure::EngineUnreachable, "No such file", 2),
        (format!("unix://{}", silent.display()), EngineFailure::EngineUnreachable, "gave no answer within 10 s", 12),
        (format!("tcp://{refusing}"), EngineFailure::EngineUnreachable, "connection refused", 2),
        ("tcp://no-such-host.invalid:2375".into(), EngineFailure::AddressDenied, "give the host a tlsSecretRef", 2),
        ("ssh://user@host".into(), EngineFailure::AddressDenied, "is no Docker host: write tcp://host:2376", 2),
    ] {
        let begun = Instant::now();
        let seen = Look::at(&host).container("autopar-redis", ProfileName::Redis).await?;
        let Engine::Failed { reason: seen_reason, detail: seen_detail } = &seen.0.engine else {
            anyhow::bail!("{host}: {:?}", seen.0)
        };
        ensure!(*seen_reason == reason && seen_detail.contains(detail), "{host}: {seen_reason:?} {seen_detail}");
        ensure!(begun.elapsed() < Duration::from_secs(at_most), "{host}: {:?}", begun.elapsed());
        ensure!(matches!(only(&seen)?, ContainerLook::NotObserved { .. }));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_over_mtls_and_over_plain_loopback() -> Result<()> {
    let rig = Rig::from_env();
    let container = shell(&rig.docker, "mtls", PLAIN, "echo one; sleep 600")?;
    let mut look = Look::at(&rig.docker_tls_host());
    look.tls(&rig.docker_tls_file("ca.pem"), &rig.docker_tls_file("cert.pem"), &rig.docker_tls_file("key.pem"))?;
    let seen = look.container(container.name(), ProfileName::Generic).await?;
    ensure!(inspect(&seen)?.state.status == "running" && matches!(log(&seen)?, LogLook::Read(_)), "{:?}", seen.1);

    let proxy = Proxy::on_loopback(rig.docker.host())?;
    let seen = Look::at(&proxy.host()).container(container.name(), ProfileName::Generic).await?;
    ensure!(inspect(&seen)?.state.status == "running");

    // Without a client certificate the engine's port is no way in.
    let seen = Look::at(&rig.docker_tls_host()).container(container.name(), ProfileName::Generic).await?;
    let Engine::Failed { reason: EngineFailure::EngineRefused, detail } = &seen.0.engine else {
        anyhow::bail!("{:?}", seen.0)
    };
    ensure!(detail.contains("HTTP request to an HTTPS server"), "{detail}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_of_tls_is_told_apart() -> Result<()> {
    let (ours, theirs) = (Authority::new()?, Authority::new()?);
    let good = Server::start(&ours, &["localhost", "127.0.0.1"], false, &ours).await?;
    let expired = Server::start(&ours, &["localhost", "127.0.0.1"], true, &ours).await?;
    let elsewhere = Server::start(&ours, &["elsewhere.example"], false, &ours).await?;
    let stranger = Server::start(&theirs, &["localhost", "127.0.0.1"], false, &ours).await?;
    let strict = Server::start(&ours, &["localhost", "127.0.0.1"], false, &theirs).await?;
    for (server, detail) in [
        (&expired, "server certificate: the certificate has expired"),
        (&elsewhere, "server certificate: the certificate is for elsewhere.example, not for 127.0.0.1"),
        (&stranger, "server certificate: the certificate is not from a trusted authority"),
        (&strict, "client certificate: the server refused"),
    ] {
        // A refused client certificate comes only after the handshake, and must not be lost in the closing.
        for _ in 0..30 {
            let mut look = Look::at(&server.host());
            let (certificate, key) = ours.client()?;
            look.tls(&ours.pem(), &certificate, &key)?;
            let seen = look.container("autopar-redis", ProfileName::Redis).await?;
            let Engine::Failed { reason: EngineFailure::EngineTlsFailed, detail: said } = &seen.0.engine else {
                anyhow::bail!("{detail}: {:?}", seen.0.engine)
            };
            ensure!(said.starts_with(detail), "{said}");
        }
    }
    let mut look = Look::at(&good.host());
    let (certificate, key) = ours.client()?;
    look.tls(&ours.pem(), &certificate, &key)?;
    let seen = look.container("autopar-redis", ProfileName::Redis).await?;
    ensure!(matches!(seen.0.engine, Engine::Answered { .. }), "{:?}", seen.0);

    look.tls(&ours.pem(), &certificate, "no key")?;
    let seen = look.container("autopar-redis", ProfileName::Redis).await?;
    let Engine::CredentialsMissing(missing) = &seen.0.engine else { anyhow::bail!("{:?}", seen.0) };
    ensure!(missing.problem.starts_with("tls.key holds no private key"), "{missing:?}");
    Ok(())
}
