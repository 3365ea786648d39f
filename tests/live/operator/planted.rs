//! Secrets of every shape, planted wherever something is read: none of them comes out again.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use axum::{Router, http::StatusCode, routing::get};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{net::TcpListener, process::Command};
use xtask::rig::docker::ContainerOptions;

use super::stage::{NEXT_SLOT, SOON, Stage};

/// In every planted secret, and in nothing else.
const MARK: &str = "Pl4nted";
/// The value of a Secret that the job names: it is known, so it needs no shape.
const KNOWN: &str = "Pl4nted \"value\" of/a+Secret";

/// Lines of a log with secrets of these shapes.
const SHAPES: [(&str, &str); 20] = [
    ("pem", "-----BEGIN RSA PRIVATE KEY-----\nMIIEPl4nted0000000000\n-----END RSA PRIVATE KEY-----"),
    ("jwt", "eyJPl4nted000.eyJzdWIiOiIxMjM0In0.Pl4nted_000000"),
    ("bearer", "Authorization: Bearer Pl4nted-0000000000000000"),
    ("basic", "authorization=Basic Pl4nted000000=="),
    ("password", "password=Pl4nted!0"),
    ("json", r#"{"user":"app","client_secret":"Pl4nted 0"}"#),
    ("yaml", "DB_PASSWORD: 'Pl4nted 0'"),
    ("option", "redis-cli --pass Pl4nted0 ping"),
    ("user-info", "amqp://app:Pl4nted@0@rabbit:5672/"),
    ("query", "GET /callback?code=Pl4nted0&x=1"),
    ("cookie", "Set-Cookie: sid=Pl4nted0; Path=/"),
    ("header", "X-Api-Key: Pl4nted0"),
    ("aws", "aws_secret_access_key = Pl4nted0/K7MDENG"),
    ("azure", "AccountName=a;AccountKey=Pl4nted0000==;"),
    ("google", "AIzaPl4nted0000000000000000000000000000"),
    ("bot-token", "POST /bot123456789:Pl4nted0000000000000000000000000000/x"),
    ("github", "ghp_Pl4nted00000000000000000000000000000"),
    ("model", "sk-ant-Pl4nted0000000000000000"),
    ("sql", "STATEMENT:  ALTER USER app WITH PASSWORD 'Pl4nted 0'"),
    ("redis", ">>> requirepass Pl4nted0"),
];

/// The known value in the forms in which programs print it.
fn known_forms() -> [String; 4] {
    [
        KNOWN.to_owned(),
        STANDARD.encode(format!("app:{KNOWN}")),
        url::form_urlencoded::byte_serialize(KNOWN.as_bytes()).collect(),
        json!(KNOWN).to_string(),
    ]
}

/// What shows that a text holds a planted secret: the mark, or the known value's bytes in base64, at each place that
/// they can have there.
fn marks() -> Vec<String> {
    let shifted = (0..3).map(|by| STANDARD.encode(format!("{}{KNOWN}", &"app"[..by]))[4..20].to_owned());
    shifted.chain([MARK.to_owned()]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_secrets_come_out_nowhere() -> Result<()> {
    let stage = Stage::new("planted").await?;
    stage.docker_tls("docker-tls").await?;
    stage.secret("login", true, &[("value", KNOWN)]).await?;
    let site = site().await?;
    let container = container(&stage)?;
    let operator = stage.start_leader("operator").await?;
    let job = job(&stage, &site, container.name());
    stage.create_job("planted", job["spec"].clone()).await?;
    stage.messages(1, NEXT_SLOT).await?;
    let recorded = recorded(&stage, &job).await?;

    let runs = stage.runs("planted").await?;
    let status = runs.iter().find_map(|run| run.status.as_ref()).context("no run has a status")?;
    // What was planted was found, or nothing is shown here.
    let forms = known_forms();
    let known = (0..forms.len()).map(|n| format!("known-{n}"));
    for id in SHAPES.iter().map(|(id, _)| (*id).to_owned()).chain(known) {
        let id = format!("logs/{}/{id}", container.name());
        let found = status.findings.iter().find(|it| it.id == id).with_context(|| format!("no {id}: {status:#?}"))?;
        ensure!(found.evidence.iter().any(|line| line.contains("[redacted]")), "{found:#?}");
    }
    for id in ["website/site/home/UnexpectedStatus", "website/site/json/JsonMismatch", "website/site/moved/Unexpected"]
    {
        ensure!(status.findings.iter().any(|it| it.id.starts_with(id)), "no {id}: {status:#?}");
    }
    let unhealthy = format!("container/{}/Unhealthy", container.name());
    ensure!(status.findings.iter().any(|it| it.id == unhealthy && it.message.contains("[redacted]")), "{status:#?}");

    let shown = ["get", "mr", "-o", "yaml"];
    let events = ["get", "events.events.k8s.io", "-o", "yaml"];
    let status = ["get", "mj", "planted", "-o", "jsonpath={.status}"];
    for (place, text) in [
        ("runs", stage.kubectl(&shown).await?),
        ("the job's status", stage.kubectl(&status).await?),
        ("Events", stage.kubectl(&events).await?),
        ("the operator's log", operator.said()),
        ("its metrics", operator.get("/metrics").await?.1),
        ("messages", format!("{:?}", stage.bot.messages())),
        ("a recording", recorded),
    ] {
        for mark in marks() {
            let at = text.find(&mark).map(|at| text[at.saturating_sub(200)..].chars().take(400).collect::<String>());
            ensure!(at.is_none(), "{place} show a planted secret: …{}", at.unwrap_or_default());
        }
    }
    stage.done([operator])
}

/// A job that looks for each planted line, and whose own checks carry what its author should have put into a Secret.
fn job(stage: &Stage, site: &str, container: &str) -> Value {
    let shapes = SHAPES.iter().map(|(id, _)| (*id).to_owned());
    let ids = shapes.chain((0..known_forms().len()).map(|n| format!("known-{n}")));
    let patterns: Vec<Value> =
        ids.map(|id| json!({"id": id, "severity": "Warning", "contains": format!("planted {id}:")})).collect();
    json!({
        "apiVersion": "monitoring.pitchai.net/v1alpha1", "kind": "MonitoringJob",
        "metadata": {"name": "planted"},
        "spec": {
            "environment": "Planted",
            "schedule": {"cron": ["@every 1m"]},
            "confirm": {"attempts": 1},
            "websites": [{
                "name": "site", "url": site,
                "headers": [
                    {"name": "X-Login", "valueFrom": {"secretKeyRef": {"name": "login", "key": "value"}}},
                    {"name": "X-Plain", "value": "Pl4nted-plain"},
                ],
                "checks": [
                    {"name": "home", "path": "/?token=Pl4nted-path"},
                    {"name": "json", "path": "/json", "expect": {"json": [{"path": "$.password", "equals": "other"}]}},
                    {"name": "moved", "path": "/moved", "followRedirects": false, "expect": {"status": ["302"], "location": "/x"}},
                ],
            }],
            "dockerHosts": [{
                "name": "host", "host": stage.rig.docker_tls_host(), "tlsSecretRef": {"name": "docker-tls"},
                "containers": [{"name": container}],
            }],
            "patterns": patterns,
            "notifications": {
                "policy": "Always",
                "receivers": [{"name": "team", "telegram": {"secretRef": {"name": "telegram"}}}],
            },
        },
    })
}

/// A container that logs all of them, and has some in its environment, arguments, labels and health check.
fn container(stage: &Stage) -> Result<xtask::rig::docker::Container> {
    let forms = known_forms();
    let known = forms.iter().enumerate().map(|(n, form)| format!("ERROR planted known-{n}: {form}"));
    let lines: Vec<String> =
        SHAPES.iter().map(|(id, secret)| format!("ERROR planted {id}: {secret}")).chain(known).collect();
    let mut command = vec!["sh", "-c", "printf '%s\\n' \"$@\"; sleep 600", "sh"];
    command.extend(lines.iter().map(String::as_str));
    let options = [
        "--env",
        "DB_PASSWORD=Pl4nted-environment",
        "--label",
        "net.example.token=Pl4nted-label",
        "--health-cmd",
        "echo 'password=Pl4nted-health'; exit 1",
        "--health-interval",
        "1s",
        "--health-retries",
        "1",
    ];
    let container = stage.rig.docker.run(
        "op-planted",
        "stagewatch-rig/redis:12",
        &ContainerOptions { options: &options, command: &command },
    )?;
    container.wait_inspect("{{.State.Health.Status}}", "unhealthy", SOON)?;
    Ok(container)
}

/// A site whose headers, bodies and redirects carry them.
async fn site() -> Result<String> {
    let bodies = SHAPES.iter().map(|(_, secret)| *secret).collect::<Vec<_>>().join("\n");
    let body = format!("{}\n{bodies}", known_forms().join("\n"));
    let home = move || async move { (StatusCode::INTERNAL_SERVER_ERROR, [("set-cookie", "sid=Pl4nted-cookie")], body) };
    let moved =
        || async { (StatusCode::FOUND, [("location", "https://app:Pl4nted@example.com/?token=Pl4nted-1")], "") };
    let json = || async { r#"{"password":"Pl4nted json"}"# };
    let app = Router::new().route("/", get(home)).route("/json", get(json)).route("/moved", get(moved));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

/// All that `stagewatch run --record` of the same job writes and prints, and its replay.
async fn recorded(stage: &Stage, job: &Value) -> Result<String> {
    let folder = stage.folder();
    fs::create_dir_all(folder.join("secrets/login"))?;
    fs::create_dir_all(folder.join("secrets/docker-tls"))?;
    fs::write(folder.join("secrets/login/value"), KNOWN)?;
    for (key, file) in [("ca.crt", "ca.pem"), ("tls.crt", "cert.pem"), ("tls.key", "key.pem")] {
        fs::write(folder.join("secrets/docker-tls").join(key), stage.rig.docker_tls_file(file))?;
    }
    fs::write(folder.join("job.yaml"), job.to_string())?;
    let mut all = String::new();
    for line in ["run job.yaml --dry-run --secrets secrets --record recording -o yaml", "replay recording"] {
        let mut command = Command::new(&stage.rig.binary);
        command.args(line.split(' ')).current_dir(folder);
        command.envs([("TELEGRAM_BOT_TOKEN", "1:x"), ("TELEGRAM_CHAT_ID", "1")]);
        let ended = command.output().await?;
        ensure!(ended.status.code() == Some(3), "{line}: {ended:?}");
        all.push_str(&String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()));
    }
    let mut folders = vec![folder.join("recording")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.push_str(&String::from_utf8_lossy(&fs::read(path)?));
                files += 1;
            }
        }
    }
    ensure!(files >= 8, "only {files} files were recorded");
    Ok(all)
}
