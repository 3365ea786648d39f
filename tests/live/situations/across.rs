//! What one container's trouble does to others, and what is none.

use anyhow::{Result, ensure};
use stagewatch::api::{
    MonitoringJobSpec,
    Severity::Critical,
    Verdict::{ErrorsInvestigate, SuspiciousInvestigate},
    job::ProfileName::{Generic, Nginx, Redis},
};
use xtask::rig::{
    Rig,
    docker::{self, Container, Network},
    free_ports, images,
    wait::wait_until,
};

use crate::support::{
    site::Site,
    stage::{Look, SOON, Stage, ask, needs, on_both, site, wait_log},
};

/// An API that rests on Redis: without it, it logs an error and breaks off.
const API: &str = r#"cat > /tmp/answer <<'END'
#!/bin/sh
while read -r line && [ ${#line} -gt 1 ]; do :; done
if printf 'PING\r\nQUIT\r\n' | timeout 2 nc REDIS 6379 2>/tmp/why | grep -q PONG
then printf 'HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n'
else echo "ERROR cannot reach Redis at REDIS:6379: $(cat /tmp/why)" >/proc/1/fd/2
fi
END
chmod +x /tmp/answer
exec nc -ll -p 8000 -e /tmp/answer"#;

/// nginx before an API before Redis, in a network of their own.
struct Chain {
    // In the order in which they go.
    nginx: Container,
    api: Container,
    redis: Container,
    network: Network,
    port: u16,
}

impl Chain {
    fn start(stage: &Stage) -> Result<Self> {
        let network = stage.network()?;
        let inside = ["--network", network.name()];
        let redis = stage.run("redis", &inside, &[])?;
        let plain = [&inside[..], &["--no-healthcheck"]].concat();
        let api = stage.sh("redis", &plain, &API.replace("REDIS", redis.name()))?;
        // One that stays over a restart.
        let [port] = free_ports()?;
        let publish = format!("127.0.0.1:{port}:80");
        let server = format!("server {{ listen 80; location / {{ proxy_pass http://{}:8000; }} }}", api.name());
        let script = format!("echo '{server}' > /etc/nginx/conf.d/default.conf; exec nginx -g 'daemon off;'");
        let nginx = stage.sh("nginx", &[&inside[..], &["--publish", &publish]].concat(), &script)?;
        redis.wait_healthy(SOON)?;
        nginx.wait_healthy(SOON)?;
        Ok(Self { nginx, api, redis, network, port })
    }

    fn job(&self, stage: &Stage) -> MonitoringJobSpec {
        let (nginx, api, redis) = (&self.nginx, &self.api, &self.redis);
        MonitoringJobSpec {
            websites: vec![site("http", self.port)],
            dependencies: vec![
                needs("site", &[nginx.name()]),
                needs(nginx.name(), &[api.name()]),
                needs(api.name(), &[redis.name()]),
            ],
            ..stage.job(&[(nginx, Nginx), (api, Generic), (redis, Redis)])
        }
    }

    /// As a deploy does: another redis under the same name.
    fn deployed_anew(self, stage: &Stage) -> Result<Self> {
        let name = self.redis.name().to_owned();
        drop(self.redis);
        let redis = stage.run_as(&name, "redis", &["--network", self.network.name()])?;
        redis.wait_healthy(SOON)?;
        Ok(Self { redis, ..self })
    }

    /// A user of the site meets the trouble, and it is logged.
    fn is_met(&self, stage: &Stage) -> Result<()> {
        ensure!(ask(self.port)?.contains(" 502 "), "the site does not answer 502");
        wait_log(&stage.docker, &self.nginx, " 502 ", 1)?;
        wait_log(&stage.docker, &self.api, "cannot reach Redis", 1)
    }
}

#[test]
fn redis_is_paused_and_the_site_answers_502() -> Result<()> {
    on_both(|stage| {
        let chain = Chain::start(stage)?;
        let job = chain.job(stage);
        let well = stage.look("across-well", "nginx, an API and redis were started", &job, Look::default())?;
        well.is_silent()?;
        // With a health check just starting in it, the kernel may refuse to freeze it.
        wait_until("redis to be paused", SOON, || chain.redis.docker(&["pause"]).is_ok())?;
        chain.is_met(stage)?;
        let done = "redis was paused, behind an API behind nginx";
        let seen = stage.look("across-redis-paused", done, &job, Look::after(&well));
        chain.redis.docker(&["unpause"])?;
        let seen = seen?;
        let beside = ["UnexpectedStatus", "unreachable", "upstream-closed"];
        seen.comes_to(ErrorsInvestigate, (Critical, chain.redis.name(), "Paused"), &beside)?;
        seen.explains(&["UnexpectedStatus"])
    })
}

#[test]
fn redis_is_off_the_network() -> Result<()> {
    on_both(|stage| {
        let chain = Chain::start(stage)?;
        let job = chain.job(stage);
        stage.docker.docker(&["network", "disconnect", chain.network.name(), chain.redis.name()])?;
        chain.is_met(stage)?;
        let done = "redis was taken off the network, behind an API behind nginx";
        let seen = stage.look("across-redis-off-network", done, &job, Look::default())?;
        let beside = ["UnexpectedStatus", "name-not-resolved", "upstream-closed"];
        seen.comes_to(ErrorsInvestigate, (Critical, chain.redis.name(), "NoNetwork"), &beside)?;
        seen.explains(&["UnexpectedStatus"])
    })
}

#[test]
fn a_deploy_is_silent_and_a_planned_restart_is_told_as_one() -> Result<()> {
    on_both(|stage| {
        let chain = Chain::start(stage)?;
        let job = chain.job(stage);
        let done = "nginx, an API and redis were started";
        let well = stage.look("across-before-deploy", done, &job, Look::default())?;
        well.is_silent()?;
        let chain = chain.deployed_anew(stage)?;
        let done = "redis was removed and created anew under its name";
        let anew = stage.look("across-recreated", done, &job, Look::after(&well))?;
        anew.is_silent()?;
        for one in [&chain.redis, &chain.nginx] {
            one.docker(&["restart"])?;
            one.wait_healthy(SOON)?;
        }
        let done = "redis and nginx were restarted by `docker restart`";
        let seen = stage.look("across-restarted", done, &job, Look::after(&anew))?;
        seen.is_only("Restarted", SuspiciousInvestigate, &[chain.redis.name(), chain.nginx.name()])
    })
}

#[test]
fn the_engine_has_stopped() -> Result<()> {
    let rig = Rig::from_env().docker;
    let home = tempfile::tempdir()?;
    let mut engine = docker::start_isolated(&home.path().join("engine"))?;
    let stage = Stage::of(engine.docker(), "12");
    images::copy(&rig, &stage.docker, "stagewatch-rig/redis:12")?;
    let redis = stage.run("redis", &["--network", "none"], &[])?;
    redis.wait_healthy(SOON)?;
    let behind = Site::start()?;
    let port = behind.host().rsplit(':').next().unwrap_or_default().parse()?;
    let job = MonitoringJobSpec {
        websites: vec![site("http", port)],
        dependencies: vec![needs("site", &[redis.name()])],
        ..stage.job(&[(&redis, Redis)])
    };
    let well = stage.look("across-before-engine", "redis was started, and a site beside it", &job, Look::default())?;
    well.is_silent()?;
    engine.stop()?;
    behind.answer(502, "bad gateway");
    let done = "the Docker engine was stopped; the site that rests on its redis answers 502";
    let seen = stage.look("across-engine-stopped", done, &job, Look::after(&well));
    // What it holds can only be removed while it runs.
    engine.start_again()?;
    let seen = seen?;
    seen.comes_to(ErrorsInvestigate, (Critical, "staging-host", "EngineUnreachable"), &["UnexpectedStatus"])?;
    seen.explains(&["UnexpectedStatus"])
}
