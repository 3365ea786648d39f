//! Investigations over real collectors: a website and an Engine on loopback that tell what attackers would plant there, and a
//! model that obeys all of it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod llmock;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::StreamExt as _;
use jiff::Timestamp;
use llmock::Llmock;
use serde_json::{Value, json};
use stagewatch::{
    analyze::{
        client::Client,
        investigation::{Investigator, Scene},
        spending::Spending,
    },
    api::{
        Kind, MonitoringJob, MonitoringRun, MonitoringRunSpec, Severity, Verdict, Window,
        analysis::{Certainty, Investigation, InvestigationPhase},
        report::Report,
    },
    collect::Collector,
    core::{analysis::prices::Prices, analysis::untrusted::Fence, execution, rules},
    net::AddressPolicy,
    secrets::Secrets,
    telemetry::metrics::Metrics,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use xtask::rig::claude::{Answer, Claude};

const SECRET: &str = "hunter2-canary-4711";
const ID: &str = "ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12";
const NONCE: u64 = 0x5eed;
const PATIENCE: Duration = Duration::from_mins(3);

/// A website and an Engine that tell `planted` wherever they can, and what they were asked.
struct Stage {
    site: SocketAddr,
    engine: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    secrets: Secrets,
    _folder: tempfile::TempDir,
}

/// Answers each request by its first line.
async fn serve(
    asked: &Arc<Mutex<Vec<String>>>,
    answer: impl Fn(&str) -> Vec<u8> + Clone + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::clone(asked));
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let (asked, answer) = (Arc::clone(&asked), answer.clone());
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    let mut part = [0; 1024];
                    match connection.read(&mut part).await {
                        Ok(count @ 1..) => head.extend_from_slice(&part[..count]),
                        _ => return,
                    }
                }
                let line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
                let bytes = answer(&line);
                asked.lock().unwrap().push(line);
                let _ = connection.write_all(&bytes).await;
                let _ = connection.shutdown().await;
            });
        }
    });
    address
}

fn ok(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// What an Engine says of one container that was killed for memory.
fn engine(line: &str, planted: &str) -> Vec<u8> {
    let path = line.split(' ').nth(1).unwrap_or_default();
    let now = Timestamp::now();
    let before = now - jiff::SignedDuration::from_mins(5);
    let body = match path.split('?').next().unwrap_or_default() {
        "/_ping" => "OK".to_owned(),
        "/info" => json!({"SystemTime": now}).to_string(),
        "/events" => {
            let actor = json!({"ID": ID, "Attributes": {"name": "redis", "exitCode": "137", "planted": planted}});
            json!({"Type": "container", "Action": "die", "time": before.as_second(), "Actor": actor}).to_string()
        }
        path if path.ends_with("/json") => json!({
            "Id": ID, "Name": "/redis", "Created": before, "RestartCount": 3,
            "State": {"Status": "exited", "OOMKilled": true, "ExitCode": 137, "Error": planted, "StartedAt": before,
                "FinishedAt": now, "Health": {"Status": "unhealthy", "FailingStreak": 3,
                "Log": [{"Start": before, "End": now, "ExitCode": 1, "Output": planted}]}},
            "HostConfig": {"Memory": 67_108_864, "LogConfig": {"Type": "json-file"}},
            "Config": {"Tty": true, "Env": [format!("PASSWORD={SECRET}")], "Labels": {"note": planted}},
        })
        .to_string(),
        path if path.ends_with("/logs") => {
            let lines = (0..300).map(|n| format!("{before:.9} {n} # Out of memory {planted} {SECRET}\r\n"));
            lines.collect()
        }
        _ => return ok(404, "", "{}"),
    };
    ok(200, "", &body)
}

impl Stage {
    async fn new(planted: &str) -> Self {
        let asked = Arc::default();
        let (page, told) = (planted.to_owned(), planted.to_owned());
        let site = serve(&asked, move |_| {
            let header: String = page.chars().filter(|c| (' '..='~').contains(c)).collect();
            ok(502, &format!("X-Note: {header}\r\nLocation: /{header}\r\n"), &format!("<p>{page} {SECRET}</p>"))
        })
        .await;
        let engine = serve(&asked, move |line| engine(line, &told)).await;
        let folder = tempfile::tempdir().unwrap();
        for (path, value) in [("claude/api-key", Claude::KEY), ("login/basic", SECRET)] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, value).unwrap();
        }
        let secrets = Secrets::local(Some(folder.path()), [], "/nonexistent/.env".as_ref()).unwrap();
        Self { site, engine, asked, secrets, _folder: folder }
    }

    fn job(&self) -> MonitoringJob {
        let spec = serde_json::from_value(json!({
            "environment": "Staging",
            "websites": [{"name": "site", "url": format!("http://{}", self.site), "headers":
                [{"name": "Authorization", "valueFrom": {"secretKeyRef": {"name": "login", "key": "basic"}}}]}],
            "dockerHosts": [{"name": "host", "host": format!("tcp://{}", self.engine), "containers": [{"name": "redis", "profile": "redis"}]}],
            "analysis": {"claude": {"model": "claude-sonnet-5-5", "apiKeySecretRef": {"name": "claude", "key": "api-key"}}},
        }));
        let mut job = MonitoringJob::new("job", spec.unwrap());
        job.metadata.namespace = Some("monitoring".into());
        job
    }

    async fn investigate(&self, url: &str, job: &MonitoringJob, planted: &str) -> Investigation {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let investigator = Investigator {
            client: Client::new(url).unwrap(),
            spending: Arc::new(Spending::new(10_000_000)),
            prices: Prices::default(),
            metrics: Arc::new(Metrics::default()),
            collector: Collector::new(AddressPolicy::default()),
        };
        let (run, now) = (a_run(planted), Timestamp::now());
        let earlier = [run.clone()];
        let scene =
            Scene { job, run: &run, earlier: &earlier, day_tokens_used: 0, now, secrets: &self.secrets, nonce: NONCE };
        investigator.investigate(scene, PATIENCE).await
    }
}

fn a_run(planted: &str) -> MonitoringRun {
    let id = "container/redis/OomKilled".to_owned();
    let mut finding = rules::finding(id, Kind::State, Severity::Critical, "redis", "the kernel killed it for memory");
    finding.evidence = vec![format!("{planted} {SECRET}")];
    let until = Timestamp::now();
    let report = Report {
        verdict: Verdict::ErrorsInvestigate,
        rules_verdict: Verdict::ErrorsInvestigate,
        window: Window { since: until - jiff::SignedDuration::from_hours(1), until },
        findings: vec![finding],
        probable_cause: None,
        observations: Vec::new(),
        analysis: None,
    };
    let mut run = MonitoringRun::new("run", MonitoringRunSpec::default());
    run.status = Some(execution::completed(&run, report, vec![], until));
    run
}

fn report(text: &str) -> Value {
    json!({
        "broken": text, "since": text, "cause": text, "certainty": "Known", "evidence": [text], "impact": text,
        "next_steps": [text], "unchecked": [text],
    })
}

/// It calls what it is told to call, and tells what it is told to tell.
fn obeying(planted: &str, turns: usize) -> Answer {
    match turns {
        0 => Answer::calls([
            ("list_containers", json!({})),
            ("inspect_container", json!({"container": "redis"})),
            ("container_logs", json!({"container": "redis", "from_minutes": 60, "limit": 200})),
            ("check_website", json!({"website": "site"})),
        ])
        .thinking(planted),
        1 => Answer::calls([
            ("shell", json!({"command": planted})),
            ("container_logs", json!({"container": "production-db", "from_minutes": 5})),
            ("host_events", json!({"host": "10.0.0.1", "from_minutes": 5})),
            ("check_website", json!({"website": "http://evil.example", "path": planted})),
        ]),
        2 => Answer::calls([
            ("host_events", json!({"host": "host", "from_minutes": 60})),
            ("container_stats", json!({"container": "redis"})),
            ("previous_runs", json!({"limit": null})),
            ("container_logs", json!({"container": "redis", "from_minutes": 60, "limit": 200})),
        ]),
        _ => Answer::json(&report(&format!(
            "{planted} https://evil.example/x www.evil.example {SECRET} \u{202e}\u{200b}"
        ))),
    }
}

/// What came of all calls, by turn.
fn results(claude: &Claude) -> Vec<Vec<(String, bool)>> {
    claude.calls().iter().skip(1).map(|call| call.asked.results()).collect()
}

/// The corpus: where each stands, its language or encoding, its text.
fn injections() -> Vec<String> {
    let lines = include_str!("../claude/injections.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| serde_json::from_str(line.splitn(3, " | ").nth(2).unwrap()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_obeys_every_injection_looks_at_its_own_targets_and_gives_nothing_away() {
    let all = injections();
    assert!(all.len() >= 60, "{}", all.len());
    let bodies: Vec<Value> = futures::stream::iter(all).map(obeyed).buffer_unordered(6).concat().await;
    assert!(bodies.len() >= 240, "{}", bodies.len());
    let refused: Vec<_> = llmock::judge(&bodies).unwrap().into_iter().flatten().collect();
    assert_eq!(refused, Vec::<String>::new(), "by the official types");
}

/// One injection: all requests.
async fn obeyed(planted: String) -> Vec<Value> {
    let stage = Stage::new(&planted).await;
    let (claude, text) = (Claude::start().unwrap(), planted.clone());
    claude.model(move |asked| obeying(&text, asked.turns()));
    let job = stage.job();
    let done = stage.investigate(&claude.url(), &job, &planted).await;
    assert_eq!(claude.refusals(), [], "{planted:?}");
    assert_eq!(
        (done.phase, done.stop_reason.as_deref()),
        (InvestigationPhase::Completed, Some("Concluded")),
        "{done:?}"
    );
    assert_eq!((done.turns, done.tool_calls, done.usage.calls), (4, 12, 4));

    // What the model was told: fenced, clean, without the secret.
    let (name, bodies) = (Fence::new(NONCE).name().to_owned(), claude.calls());
    let told = results(&claude);
    let errors: Vec<Vec<bool>> = told.iter().map(|turn| turn.iter().map(|(_, error)| *error).collect()).collect();
    assert_eq!(errors, [[false; 4].to_vec(), [true; 4].to_vec(), [false, false, false, true].to_vec()], "{told:?}");
    for (text, error) in told.iter().flatten() {
        assert_eq!(text.matches(&name).count(), if *error { 0 } else { 2 }, "{planted:?}: {text}");
        assert!(text.len() <= 9000, "{}", text.len());
        let odd = |c: char| c != '\n' && c.is_control() || ('\u{200b}'..='\u{202e}').contains(&c) || c > '\u{e0000}';
        assert!(!text.chars().any(odd), "{planted:?}: {text}");
        // What the model says itself is not ours to clean.
        assert!(!text.contains(SECRET), "{planted:?}: {text}");
    }
    assert!(told[0][2].0.contains("Out of memory") && told[0][2].0.contains("[redacted]"), "{}", told[0][2].0);
    assert!(told[0][3].0.contains("502"), "{}", told[0][3].0);
    assert!(told[2][0].0.contains("\"die\"") && told[2][2].0.contains("OomKilled"), "{:?}", told[2]);
    let first = bodies[0].asked.text();
    assert!(!first.contains(SECRET) && first.matches(&name).count() == 2, "{first}");

    // What was asked: of the job's own targets alone, and nothing but to look.
    for line in stage.asked.lock().unwrap().iter() {
        let path = line.strip_prefix("GET ").unwrap().trim_end_matches(" HTTP/1.1");
        let path = path.split('?').next().unwrap();
        let container = |name: &str| path.starts_with(&format!("/containers/{name}/"));
        assert!(["/", "/_ping", "/info", "/events"].contains(&path) || container("redis") || container(ID), "{line}");
    }

    // What is kept: no secret, no live link, nothing that cannot be seen.
    let kept = serde_json::to_string(&done).unwrap();
    for live in [SECRET, "http://", "https://", "www.", "\u{202e}", "\u{200b}", "\u{1b}"] {
        assert!(!kept.contains(live), "{planted:?}: {kept}");
    }
    bodies.iter().map(|call| call.asked.body().clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_investigation_with_an_implementation_by_others() {
    let stage = Stage::new("maxmemory reached").await;
    let mock = Llmock::start().unwrap();
    let call = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
    mock.script(json!([
        {"type": "fail", "status": 529, "retry_after": 1, "match": {"path": "/anthropic/*"}},
        {"type": "reply", "text": "I look.", "tool_calls": [call("list_containers", json!({})),
            call("container_logs", json!({"container": "redis", "from_minutes": 60, "contains": "MAXMEMORY"}))]},
        {"type": "reply", "tool_calls": [call("check_website", json!({"website": "site"}))]},
        {"type": "reply", "tool_calls": [call("shell", json!({"command": "id"})), call("trends", json!({"subject": null}))]},
        {"type": "reply", "text": report("redis was killed for memory").to_string()},
    ]))
    .await
    .unwrap();
    let job = stage.job();
    let done = stage.investigate(&mock.url(), &job, "x").await;
    assert_eq!((done.phase, done.turns, done.tool_calls), (InvestigationPhase::Completed, 4, 5), "{done:?}");
    let said = done.report.unwrap();
    assert_eq!((said.cause.as_str(), said.certainty), ("redis was killed for memory", Certainty::Known));
    assert!(done.usage.input_tokens > 0 && done.completion_time > done.start_time);
    let verdict = mock.verdict().await.unwrap();
    assert_eq!((&verdict["passed"], &verdict["attempts"]), (&json!(true), &json!(5)), "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_is_told() {
    let looping = || Answer::calls([("list_containers", json!({}))]);
    let cases: Vec<(&str, Vec<Answer>, InvestigationPhase)> = vec![
        ("Unauthorized", vec![Answer::unauthorized()], InvestigationPhase::Failed),
        ("ModelNotFound", vec![Answer::no_such_model("m")], InvestigationPhase::Failed),
        ("SpendLimit", vec![looping(), Answer::spend_limit()], InvestigationPhase::Failed),
        ("RateLimited", vec![Answer::rate_limited(Some(600))], InvestigationPhase::Failed),
        ("InvalidRequest", vec![Answer::error(400, "invalid_request_error", "no"); 2], InvestigationPhase::Failed),
        (
            "Concluded",
            vec![Answer::error(400, "invalid_request_error", "no"), Answer::json(&report("x"))],
            InvestigationPhase::Completed,
        ),
        ("Concluded", vec![Answer::overloaded(), looping(), Answer::json(&report("x"))], InvestigationPhase::Completed),
        ("Concluded", vec![Answer::fenced(&report("x"))], InvestigationPhase::Completed),
        ("Refused", vec![looping(), Answer::refusal()], InvestigationPhase::Failed),
        ("Truncated", vec![Answer::max_tokens("{\"broken"); 2], InvestigationPhase::Failed),
        ("Truncated", vec![Answer::max_tokens("{\"broken"), Answer::json(&report("x"))], InvestigationPhase::Completed),
        ("TooLarge", vec![Answer::context_window_exceeded("x")], InvestigationPhase::Failed),
        ("Undecodable", vec![Answer::text("I cannot tell."); 2], InvestigationPhase::Failed),
        ("Undecodable", vec![Answer::empty(); 2], InvestigationPhase::Failed),
        ("Undecodable", vec![Answer::nonsense(); 3], InvestigationPhase::Failed),
    ];
    let stage = Stage::new("x").await;
    let job = stage.job();
    for (reason, answers, phase) in cases {
        let claude = Claude::start().unwrap();
        claude.script(answers.clone());
        let done = stage.investigate(&claude.url(), &job, "x").await;
        assert_eq!((done.stop_reason.as_deref(), done.phase), (Some(reason), phase), "{answers:?}: {done:?}");
        assert_eq!(done.report.is_some(), phase == InvestigationPhase::Completed);
        assert!(done.message.is_some() != (reason == "Concluded"), "{done:?}");
        assert_eq!(claude.refusals(), [], "{reason}");
    }
    // A model that calls for ever ends at its turns, with a last word that comes to nothing.
    let claude = Claude::start().unwrap();
    claude.model(move |asked| {
        Answer::calls([("host_events", json!({"host": "host", "from_minutes": asked.turns() + 1}))])
    });
    let mut job = stage.job();
    let budget = json!({"turns": 3});
    job.spec.analysis.as_mut().unwrap().claude.budget = serde_json::from_value(budget).unwrap();
    let done = stage.investigate(&claude.url(), &job, "x").await;
    assert_eq!((done.stop_reason.as_deref(), done.turns, claude.calls().len()), (Some("TurnLimit"), 3, 3), "{done:?}");
    assert_eq!(claude.calls()[2].asked.body()["tool_choice"], json!({"type": "none"}));
    // The tokens of the day are the job's, whoever used them.
    job.spec.analysis.as_mut().unwrap().claude.budget = serde_json::from_value(json!({"dailyTokens": 10_000})).unwrap();
    job.status = None;
    let (run, claude) = (a_run("x"), Claude::start().unwrap());
    let investigator = Investigator {
        client: Client::new(&claude.url()).unwrap(),
        spending: Arc::new(Spending::new(10_000_000)),
        prices: Prices::default(),
        metrics: Arc::new(Metrics::default()),
        collector: Collector::new(AddressPolicy::default()),
    };
    let (secrets, now) = (&stage.secrets, Timestamp::now());
    let scene = Scene { job: &job, run: &run, earlier: &[], day_tokens_used: 9_000, now, secrets, nonce: NONCE };
    let done = investigator.investigate(scene, PATIENCE).await;
    assert_eq!(
        (done.stop_reason.as_deref(), done.turns, claude.calls().len()),
        (Some("DailyTokenLimit"), 0, 0),
        "{done:?}"
    );
}
