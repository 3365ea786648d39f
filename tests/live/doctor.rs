//! `stagewatch doctor`: each thing that may stand in the way is put there for real, told with what mends it, and gone once
//! that is done.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../cli/program.rs"]
#[expect(dead_code, reason = "the other target uses the rest of it")]
mod program;
#[path = "website/servers.rs"]
#[expect(dead_code, reason = "the other target uses the rest of it")]
mod servers;
mod support {
    #[expect(dead_code, reason = "the other target uses the rest of it")]
    pub mod proxy;
}

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use rcgen::date_time_ymd;
use serde_json::{Value, json};
use xtask::rig::{
    Rig,
    bot::Bot,
    docker::{Container, ContainerOptions},
};

use program::{Place, ended};
use servers::{Authority, by_request, bytes, http, plain, tls};
use support::proxy::Proxy;

/// A user that may do nothing.
const NOBODY: &str = "65534";

/// A job of which nothing stands in the way.
struct Stage {
    rig: Rig,
    place: Place,
    bot: Bot,
    container: Container,
    job: Value,
}

/// What is put in the way, and taken out of it again.
struct Fault {
    /// The JSON pointer of what is written in the spec, what is wrong there, and what is right.
    spec: Vec<(&'static str, Value, Value)>,
    /// A file of the Secrets folder, with what is wrong in it (none: it is not there), and what is right.
    secret: Option<(&'static str, Option<String>, String)>,
    /// More arguments while it is wrong.
    arguments: Vec<String>,
    /// The row that tells of it, a part of what it says, and of what mends it.
    subject: String,
    detail: &'static str,
    fix: String,
}

impl Fault {
    fn of(subject: impl Into<String>, detail: &'static str, fix: impl Into<String>) -> Self {
        let (subject, fix) = (subject.into(), fix.into());
        Self { spec: Vec::new(), secret: None, arguments: Vec::new(), subject, detail, fix }
    }

    fn spec(mut self, at: &'static str, wrong: impl Into<Value>, right: impl Into<Value>) -> Self {
        self.spec.push((at, wrong.into(), right.into()));
        self
    }

    fn secret(mut self, path: &'static str, wrong: Option<&str>, right: &str) -> Self {
        self.secret = Some((path, wrong.map(ToOwned::to_owned), right.to_owned()));
        self
    }

    fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(ToString::to_string).collect();
        self
    }
}

impl Stage {
    async fn new() -> Result<Self> {
        let rig = Rig::from_env();
        let options = ContainerOptions { options: &["--no-healthcheck"], command: &["sh", "-c", "sleep 600"] };
        let container = rig.docker.run("doctor-app-1", "stagewatch-rig/redis:12", &options)?;
        let site = plain(by_request(|head| match head.split(' ').nth(1) {
            Some("/") => http("200 OK", &[], "welcome"),
            Some("/old") => http("302 Found", &["Location: /"], ""),
            Some("/private") => http("401 Unauthorized", &[], "who are you?"),
            _ => http("404 Not Found", &[], "nothing here"),
        }))
        .await;
        let (place, bot) = (Place::new(&rig.binary), Bot::start()?);
        let stage = Self {
            job: json!({
                "apiVersion": "monitoring.pitchai.net/v1alpha1", "kind": "MonitoringJob", "metadata": {"name": "staging"},
                "spec": {
                    "environment": "Staging",
                    "schedule": {"cron": ["15 3 * * *"]},
                    "websites": [{"name": "site", "url": format!("http://{site}"), "checks": [{"name": "home", "path": "/"}]}],
                    "dockerHosts": [{"name": "here", "host": rig.docker.host(), "containers": [{"name": container.name()}]}],
                    "notifications": {"receivers": [{"name": "team", "telegram": {"secretRef": {"name": "telegram"}}}]}
                }
            }),
            rig,
            place,
            bot,
            container,
        };
        stage.secret("telegram/TELEGRAM_BOT_TOKEN", Some(Bot::TOKEN))?;
        stage.secret("telegram/TELEGRAM_CHAT_ID", Some(Bot::CHAT))?;
        Ok(stage)
    }

    /// Without its containers, whose load takes seconds to see.
    fn of_the_site_alone(mut self) -> Self {
        self.job["spec"]["dockerHosts"] = json!([]);
        self
    }

    /// Writes a value, or takes it away.
    fn secret(&self, path: &str, value: Option<&str>) -> Result<()> {
        let path = self.place.path().join("secrets").join(path);
        fs::create_dir_all(path.parent().context("DIR/<secret>/<key>")?)?;
        match value {
            Some(value) => fs::write(path, value)?,
            None if path.exists() => fs::remove_file(path)?,
            None => {}
        }
        Ok(())
    }

    fn doctor(&self) -> Command {
        let mut command = self.place.command(["doctor", "job.yaml", "-o", "json", "--secrets", "secrets"]);
        command.env("STAGEWATCH_TELEGRAM_URL", self.bot.url());
        command
    }

    /// The rows, of which some are wrong or none.
    fn rows(&self, job: &Value, command: &mut Command) -> Result<Vec<Value>> {
        self.place.write("job.yaml", &job.to_string());
        let ended = ended(&command.output()?);
        ensure!(!format!("{ended:?}").contains(Bot::TOKEN), "the token shows: {ended:?}");
        let rows: Vec<Value> = serde_json::from_str(&ended.out).with_context(|| format!("{ended:?}"))?;
        let wrong = rows.iter().any(|row| row["trial"] == "Wrong");
        ensure!(ended.code == Some(i32::from(wrong)), "{ended:?}");
        Ok(rows)
    }

    fn plays(&self, fault: &Fault) -> Result<()> {
        let set = |job: &Value, right: bool| {
            let mut job = job.clone();
            for (at, bad, good) in &fault.spec {
                let (parent, field) = at.rsplit_once('/').unwrap();
                let value = if right { good } else { bad };
                let parent = job.pointer_mut(&format!("/spec{parent}")).unwrap();
                match parent {
                    Value::Array(items) => items[field.parse::<usize>().unwrap()] = value.clone(),
                    parent => parent[field] = value.clone(),
                }
            }
            job
        };
        if let Some((path, wrong, _)) = &fault.secret {
            self.secret(path, wrong.as_deref())?;
        }
        let rows = self.rows(&set(&self.job, false), self.doctor().args(&fault.arguments))?;
        let told = rows.iter().filter(|row| row["trial"] == "Wrong").collect::<Vec<_>>();
        let has = |row: &Value, field: &str, part: &str| row[field].as_str().is_some_and(|text| text.contains(part));
        ensure!(
            told.len() == 1
                && told[0]["subject"] == fault.subject
                && has(told[0], "detail", fault.detail)
                && has(told[0], "fix", &fault.fix),
            "{}, {:?}, {:?} is not told: {rows:#?}",
            fault.subject,
            fault.detail,
            fault.fix
        );
        if let Some((path, _, right)) = &fault.secret {
            self.secret(path, Some(right))?;
        }
        let rows = self.rows(&set(&self.job, true), &mut self.doctor())?;
        ensure!(rows.iter().all(|row| row["trial"] == "Fine"), "{} is not mended: {rows:#?}", fault.subject);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_be_read_or_does_not_run() -> Result<()> {
    let stage = Stage::new().await?;
    stage.place.write("job.yaml", &stage.job.to_string().replace("15 3 * * *", "15 3 * *"));
    let ended = ended(&stage.doctor().output()?);
    ensure!(ended.code == Some(1) && ended.err.contains("spec.schedule.cron[0]"), "{ended:?}");
    stage.plays(&Fault::of("MonitoringJob staging", "suspended", "suspend: false").spec("/suspend", true, false))
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_and_telegram() -> Result<()> {
    let stage = Stage::new().await?.of_the_site_alone();
    let (url, other) = (stage.bot.url(), Bot::start()?.url());
    for fault in [
        Fault::of("Secret login", "no such Secret", "secrets/login/<key>")
            .spec(
                "/websites/0/headers",
                json!([{"name": "Authorization", "valueFrom": {"secretKeyRef": {"name": "login", "key": "basic"}}}]),
                json!([{"name": "Authorization", "valueFrom": {"secretKeyRef": {"name": "login", "key": "basic"}}}]),
            )
            .secret("login/basic", None, "Basic dXNlcjpwYXNz"),
        Fault::of("Secret telegram", "no value for the key TELEGRAM_CHAT_ID", "TELEGRAM_CHAT_ID").secret(
            "telegram/TELEGRAM_CHAT_ID",
            None,
            Bot::CHAT,
        ),
        Fault::of("receiver team", "the token is no bot's", "@BotFather").secret(
            "telegram/TELEGRAM_BOT_TOKEN",
            Some("123456789:another-token-that-is-wrong"),
            Bot::TOKEN,
        ),
        Fault::of("receiver team", "@stagewatch_bot is not in the chat", "add @stagewatch_bot to the group").secret(
            "telegram/TELEGRAM_CHAT_ID",
            Some("-100777"),
            Bot::CHAT,
        ),
        Fault::of("receiver team", "Telegram does not answer", "--telegram-url").arguments(&["--telegram-url", &other]),
    ] {
        ensure!(url != other, "the last row asks where nobody listens any more");
        stage.plays(&fault)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn websites() -> Result<()> {
    let stage = Stage::new().await?.of_the_site_alone();
    let url = |site: &Value| site["spec"]["websites"][0]["url"].as_str().map(ToOwned::to_owned);
    let right = url(&stage.job).context("a site")?;
    let port = right.rsplit(':').next().context("a port")?;
    let nobody = servers::nobody().await;
    let authority = Authority::new();
    let good = tls(authority.server("127.0.0.1", |_| {}), bytes(http("200 OK", &[], "welcome"))).await;
    let old = authority.server("127.0.0.1", |params| {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    });
    let old = tls(old, bytes(http("200 OK", &[], "welcome"))).await;
    let stranger = tls(authority.server("other.example", |_| {}), bytes(http("200 OK", &[], "welcome"))).await;
    stage.secret("staging-ca/ca.crt", Some(&authority.pem()))?;
    let home = "website site, check home";
    let trusted = json!({"caSecretRef": {"name": "staging-ca"}});
    for fault in [
        Fault::of(home, "does not resolve", "resolve: 10.0.0.5")
            .spec("/websites/0/url", format!("http://staging.invalid:{port}"), format!("http://staging.invalid:{port}"))
            .spec("/websites/0/resolve", Value::Null, "127.0.0.1"),
        Fault::of(home, "connection refused", "curl -v").spec(
            "/websites/0/url",
            format!("http://{nobody}"),
            right.clone(),
        ),
        Fault::of(home, "is not allowed", "--allowed-cidr").arguments(&["--denied-cidr", "127.0.0.0/8"]),
        Fault::of(home, "TLS", right.as_str()).spec("/websites/0/url", right.replace("http:", "https:"), right.clone()),
        Fault::of(home, "trusted authority", "caSecretRef")
            .spec("/websites/0/url", format!("https://{good}"), format!("https://{good}"))
            .spec("/websites/0/tls", Value::Null, trusted.clone()),
        Fault::of(home, "expired", "renew the certificate")
            .spec("/websites/0/url", format!("https://{old}"), format!("https://{good}"))
            .spec("/websites/0/tls", trusted.clone(), trusted.clone()),
        Fault::of(home, "other.example", "the certificate is for other.example")
            .spec("/websites/0/url", format!("https://{stranger}"), format!("https://{good}"))
            .spec("/websites/0/tls", trusted.clone(), trusted.clone()),
        Fault::of(home, "404", "correct path").spec("/websites/0/checks/0/path", "/nothing", "/"),
        Fault::of(home, "302", "status: [\"302\"]")
            .spec("/websites/0/checks/0/path", "/old", "/old")
            .spec("/websites/0/checks/0/followRedirects", false, false)
            .spec("/websites/0/checks/0/expect", json!({"status": ["200"]}), json!({"status": ["302"]})),
        Fault::of(home, "401", "Authorization").spec("/websites/0/checks/0/path", "/private", "/private").spec(
            "/websites/0/checks/0/expect",
            json!({"status": ["200"]}),
            json!({"status": ["401"]}),
        ),
        Fault::of(home, "without the text", "curl -sL").spec(
            "/websites/0/checks/0/expect",
            json!({"body": [{"contains": "wellcome"}]}),
            json!({"body": [{"contains": "welcome"}]}),
        ),
    ] {
        stage.plays(&fault)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_hosts_and_containers() -> Result<()> {
    let stage = Stage::new().await?;
    let rig = &stage.rig;
    let options = ["--no-healthcheck", "--log-driver", "none"];
    let options = ContainerOptions { options: &options, command: &["sh", "-c", "sleep 600"] };
    let mute = rig.docker.run("doctor-mute", "stagewatch-rig/redis:12", &options)?;
    let name = stage.container.name();
    let near = name.trim_end_matches(|c: char| c != '-').trim_end_matches('-').to_owned();
    let socket = rig.docker.host().to_owned();
    for (key, file) in [("ca.crt", "ca.pem"), ("tls.crt", "cert.pem"), ("tls.key", "key.pem")] {
        stage.secret(&format!("docker-tls/{key}"), Some(&rig.docker_tls_file(file)))?;
        stage.secret(&format!("other-tls/{key}"), Some(&rig.docker_tls_file(file)))?;
    }
    stage.secret("other-tls/ca.crt", Some(&Authority::new().pem()))?;
    let over_tls = rig.docker_tls_host();
    let nobody = servers::nobody().await;
    for fault in [
        Fault::of("Docker host here", "does not answer", "systemctl start docker").spec(
            "/dockerHosts/0/host",
            "unix:///run/no-such-docker.sock",
            socket.clone(),
        ),
        Fault::of("Docker host here", "does not answer", "dockerd -H tcp://").spec(
            "/dockerHosts/0/host",
            format!("tcp://{nobody}"),
            socket.clone(),
        ),
        Fault::of("Docker host here", "TLS handshake", "other-tls")
            .spec("/dockerHosts/0/host", over_tls.clone(), over_tls.clone())
            .spec("/dockerHosts/0/tlsSecretRef", json!({"name": "other-tls"}), json!({"name": "docker-tls"})),
        Fault::of(format!("container {near}"), "missing", format!("{name} exists")).spec(
            "/dockerHosts/0/containers/0/name",
            near.clone(),
            name,
        ),
        Fault::of(format!("log of {}", mute.name()), "could not be read", "--log-driver=json-file").spec(
            "/dockerHosts/0/containers/0/name",
            mute.name(),
            name,
        ),
    ] {
        stage.plays(&fault)?;
    }
    Ok(())
}

/// As whoever has just installed Docker, and is not in its group.
#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_this_user_may_not_open() -> Result<()> {
    let stage = Stage::new().await?;
    let folder = tempfile::tempdir()?;
    let proxy = Proxy::before(stage.rig.docker.host())?;
    let (binary, host) = (folder.path().join("stagewatch"), proxy.host());
    fs::copy(&stage.rig.binary, &binary)?;
    let socket = Path::new(host.trim_start_matches("unix://"));
    let mode = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode));
    mode(folder.path(), 0o755)?;
    mode(socket.parent().context("its folder")?, 0o755)?;
    mode(socket, 0o660)?;
    let mut job = stage.job.clone();
    job["spec"]["dockerHosts"][0]["host"] = host.clone().into();
    job["spec"]["notifications"] = Value::Null;
    let group = "7654";
    let chgrp = Command::new("chgrp").arg(group).arg(socket).status()?;
    ensure!(chgrp.success(), "chgrp failed");
    let ask = |groups: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY]).args(groups).arg(&binary);
        command.args(["doctor", "job.yaml", "-o", "json"]).current_dir(stage.place.path());
        command
    };
    mode(stage.place.path(), 0o755)?;
    let rows = stage.rows(&job, &mut ask(&["--clear-groups"]))?;
    let wrong = rows.iter().find(|row| row["trial"] == "Wrong").context("nothing is wrong")?;
    ensure!(wrong["subject"] == "Docker host here", "{rows:#?}");
    ensure!(wrong["fix"].as_str().is_some_and(|fix| fix.contains("usermod -aG docker")), "{rows:#?}");
    let rows = stage.rows(&job, &mut ask(&["--groups", group]))?;
    ensure!(rows.iter().all(|row| row["trial"] == "Fine"), "{rows:#?}");
    Ok(())
}
