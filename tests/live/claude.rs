//! Claude's API: the client against a strict stand-in, and a conversation against an implementation by others.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod claude_failures;
mod claude_looks;
mod llmock;
#[path = "../cli/program.rs"]
mod program;
#[path = "support/site.rs"]
mod site;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use llmock::Llmock;
use secrecy::SecretString;
use serde_json::{Value, json};
use stagewatch::analyze::{
    client::Client,
    failure::{Failure, Reason},
    messages::{
        Block, CacheControl, Effort, Message, OutputConfig, OutputFormat, Request, Response, Role, StopReason, Text,
        Tool, ToolChoice, ToolResult, Usage,
    },
};
use xtask::rig::claude::{Answer, Claude};

const PATIENCE: Duration = Duration::from_secs(30);

fn client(url: &str) -> Client {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new(url).unwrap()
}

fn key() -> SecretString {
    SecretString::from(format!("{}\n", Claude::KEY))
}

fn schema() -> Value {
    let subject = json!({"type": "string", "description": "one of this job's containers", "enum": ["redis", "web"]});
    json!({"type": "object", "properties": {"subject": subject}, "required": ["subject"], "additionalProperties": false})
}

/// With all that a request can hold.
fn request() -> Request {
    let cached = Some(CacheControl::Ephemeral);
    let tool = |name: &str, cache_control| Tool {
        name: name.into(),
        description: format!("Reads the {name} of a container."),
        input_schema: schema(),
        strict: true,
        cache_control,
    };
    Request {
        model: "claude-sonnet-5-5".into(),
        max_tokens: 1024,
        system: vec![Text { text: "You look, and touch nothing. ".repeat(300), cache_control: cached }],
        messages: vec![Message::user("The site answers 502. Why?")],
        tools: vec![tool("logs", None), tool("stats", cached)],
        tool_choice: Some(ToolChoice::Auto { disable_parallel_tool_use: false }),
        output_config: Some(OutputConfig {
            effort: Some(Effort::Medium),
            format: Some(OutputFormat::JsonSchema { schema: schema() }),
        }),
    }
}

async fn ask(claude: &Claude, patience: Duration) -> Result<Response, Failure> {
    client(&claude.url()).send(&key(), &request(), patience).await
}

/// The plainest loop there is: it answers each call until there is none. An error of the first call of all is in it.
async fn converse(url: &str, mut request: Request) -> (Request, Vec<Response>) {
    let (client, mut said) = (client(url), Vec::new());
    loop {
        let answer = client.send(&key(), &request, PATIENCE).await.unwrap();
        said.push(answer.clone());
        let results: Vec<Block> = answer
            .tool_uses()
            .enumerate()
            .map(|(index, call)| {
                Block::ToolResult(ToolResult {
                    tool_use_id: call.id.clone(),
                    content: format!("{} of {}: nothing to see", call.name, call.input["subject"]),
                    is_error: said.len() == 1 && index == 0,
                    cache_control: (index == 0).then_some(CacheControl::Ephemeral),
                })
            })
            .collect();
        if results.is_empty() {
            return (request, said);
        }
        for message in &mut request.messages {
            for block in &mut message.content {
                if let Block::ToolResult(result) = block {
                    result.cache_control = None;
                }
            }
        }
        request.messages.extend(answer.into_message());
        request.messages.push(Message { role: Role::User, content: results });
    }
}

#[tokio::test]
async fn a_conversation_of_tool_turns_with_the_stand_in() {
    let claude = Claude::start().unwrap();
    let subject = |name: &str| json!({"subject": name});
    claude.script([
        Answer::calls([("logs", subject("redis")), ("stats", subject("redis"))])
            .saying("I look.")
            .thinking("where first"),
        Answer::calls([("stats", subject("web"))]).thinking("then there"),
        Answer::calls([("logs", subject("web"))]),
        Answer::json(&subject("redis")),
    ]);
    let (last, said) = converse(&claude.url(), request()).await;
    assert_eq!(
        said.iter().map(|answer| answer.stop_reason.as_str()).collect::<Vec<_>>(),
        ["tool_use", "tool_use", "tool_use", "end_turn"]
    );
    assert_eq!((said[3].text(), last.messages.len()), (subject("redis").to_string(), 7));
    assert_eq!(claude.refusals(), []);
    assert!(said[1].usage.cache_read_input_tokens > 1024, "{:?}", said[1].usage);
    let bodies: Vec<Value> = claude.calls().iter().map(|call| call.asked.body().clone()).collect();
    assert_eq!(llmock::judge(&bodies).unwrap(), [None, None, None, None], "by the official types");
}

#[tokio::test]
async fn a_conversation_of_tool_turns_with_an_implementation_by_others() {
    let mock = Llmock::start().unwrap();
    let call = |name: &str, subject: &str| json!({"name": name, "arguments": {"subject": subject}});
    mock.script(json!([
        {"type": "fail", "status": 529, "retry_after": 1, "match": {"path": "/anthropic/*"}},
        {"type": "reply", "text": "I look.", "tool_calls": [call("logs", "redis"), call("stats", "redis")]},
        {"type": "reply", "tool_calls": [call("stats", "web")]},
        {"type": "reply", "tool_calls": [call("logs", "web")]},
        {"type": "reply", "text": "{\"subject\": \"redis\"}"},
    ]))
    .await
    .unwrap();
    let (last, said) = converse(&mock.url(), request()).await;
    let calls: Vec<String> = said
        .iter()
        .flat_map(|answer| answer.tool_uses().map(|call| format!("{} {}", call.name, call.input["subject"])))
        .collect();
    assert_eq!(calls, ["logs \"redis\"", "stats \"redis\"", "stats \"web\"", "logs \"web\""]);
    assert_eq!((said.len(), last.messages.len()), (4, 7));
    let end = said.last().unwrap();
    assert_eq!((end.text().as_str(), &end.stop_reason), (r#"{"subject": "redis"}"#, &StopReason::EndTurn));
    assert!(end.usage.input_tokens > 0);
    let verdict = mock.verdict().await.unwrap();
    assert_eq!(
        (&verdict["passed"], &verdict["findings"], &verdict["attempts"]),
        (&json!(true), &json!([]), &json!(5)),
        "{verdict}"
    );
}

/// llmock watches the client: does it wait as long as it is asked to, and not ask again in vain?
#[tokio::test]
async fn an_implementation_by_others_finds_nothing_wrong_with_how_failures_are_met() {
    let mock = Llmock::start().unwrap();
    let client = client(&mock.url());
    for (behaviors, expected) in [
        (
            json!([{"type": "fail", "status": 429, "retry_after": 2}, {"type": "fail", "status": 500, "retry_after": 1}]),
            None,
        ),
        (json!([{"type": "fail", "status": 400}]), Some(Reason::InvalidRequest)),
        (json!([{"type": "fail", "status": 401}]), Some(Reason::Unauthorized)),
        (json!([{"type": "fail", "status": 403}]), Some(Reason::Forbidden)),
        (json!([{"type": "delay", "seconds": 1}]), None),
    ] {
        mock.script(behaviors.clone()).await.unwrap();
        let mut request = request();
        request.messages = vec![Message::user(behaviors.to_string())];
        let outcome = client.send(&key(), &request, PATIENCE).await;
        assert_eq!(outcome.as_ref().err().map(|failure| failure.reason), expected, "{behaviors}: {outcome:?}");
    }
    let verdict = mock.verdict().await.unwrap();
    assert_eq!((&verdict["passed"], &verdict["findings"]), (&json!(true), &json!([])), "{verdict}");
    // And it is no yes-man: what the types do not have is refused.
    let body = json!({"model": "m", "max_tokens": 1, "temperature": 1, "messages": [{"role": "user", "content": "x"}]});
    let answer = reqwest::Client::new().post(format!("{}/v1/messages", mock.url())).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 400);
}

#[test]
fn the_official_types_refuse_what_the_stand_in_refuses() {
    let good = serde_json::to_value(request()).unwrap();
    assert_eq!(
        (llmock::judge(std::slice::from_ref(&good)).unwrap(), xtask::rig::claude::check(&good)),
        (vec![None], Ok(()))
    );
    let wrong = [
        ("/temperature", json!(1)),
        ("/max_tokens", json!("many")),
        ("/model", json!(null)),
        ("/system/0/type", json!("image")),
        ("/system/0/hint", json!("x")),
        ("/messages/0/role", json!("robot")),
        ("/messages/0/name", json!("x")),
        ("/messages/0/content/0/text", json!(1)),
        ("/messages/0/content/0/hint", json!("x")),
        ("/tools/0/hint", json!("x")),
        ("/tools/0/strict", json!("yes")),
        ("/tools/0/input_schema", json!("any")),
        ("/tool_choice/type", json!("maybe")),
        ("/output_config/effort", json!("huge")),
        ("/output_config/format/type", json!("yaml")),
        ("/output_config/hint", json!("x")),
    ];
    let bodies: Vec<Value> = wrong
        .iter()
        .map(|(at, value)| {
            let (mut body, (parent, field)) = (good.clone(), at.rsplit_once('/').unwrap());
            body.pointer_mut(parent).unwrap()[field] = value.clone();
            body
        })
        .collect();
    for ((body, official), (at, _)) in bodies.iter().zip(llmock::judge(&bodies).unwrap()).zip(&wrong) {
        assert!(official.is_some() && xtask::rig::claude::check(body).is_err(), "{at}: {official:?}");
    }
}

#[tokio::test]
async fn each_failure_says_why_after_as_many_attempts_as_make_sense() {
    let seconds = Duration::from_secs;
    let cases: Vec<(&str, Vec<Answer>, Duration, Reason, u32)> = vec![
        ("401", vec![Answer::unauthorized()], PATIENCE, Reason::Unauthorized, 1),
        ("403", vec![Answer::forbidden()], PATIENCE, Reason::Forbidden, 1),
        ("no model", vec![Answer::no_such_model("claude-none")], PATIENCE, Reason::ModelNotFound, 1),
        ("404 page", vec![Answer::raw(404, "<html>")], PATIENCE, Reason::WrongAddress, 1),
        ("redirect", vec![Answer::raw(302, "").header("location", "/v1/messages")], PATIENCE, Reason::WrongAddress, 1),
        ("413", vec![Answer::too_large()], PATIENCE, Reason::TooLarge, 1),
        ("400", vec![Answer::error(400, "invalid_request_error", "no")], PATIENCE, Reason::InvalidRequest, 1),
        ("429 too long", vec![Answer::rate_limited(Some(40))], PATIENCE, Reason::RateLimited, 1),
        ("429 without", vec![Answer::rate_limited(None); 9], seconds(6), Reason::RateLimited, 3),
        ("spend limit", vec![Answer::spend_limit()], PATIENCE, Reason::SpendLimit, 1),
        ("500", vec![Answer::server_error(); 9], seconds(3), Reason::ServerError, 2),
        ("502 page", vec![Answer::raw(502, "<html>"); 9], seconds(3), Reason::ServerError, 2),
        ("529", vec![Answer::overloaded(); 9], seconds(6), Reason::Overloaded, 3),
        ("final word", vec![Answer::overloaded().header("x-should-retry", "false")], PATIENCE, Reason::Overloaded, 1),
        ("close", vec![Answer::close(); 9], seconds(3), Reason::Unreachable, 2),
        ("hang", vec![Answer::hang()], seconds(2), Reason::TimedOut, 1),
        ("slow headers", vec![Answer::text("x").slow_headers(seconds(20))], seconds(2), Reason::TimedOut, 1),
        ("slow body", vec![Answer::text("x").slow_body(seconds(20))], seconds(2), Reason::TimedOut, 1),
        ("cut", vec![Answer::text("x").cut(); 9], PATIENCE, Reason::Undecodable, 3),
        ("nonsense", vec![Answer::nonsense(); 9], PATIENCE, Reason::Undecodable, 3),
        ("wrong types", vec![Answer::wrong_types(); 9], PATIENCE, Reason::Undecodable, 3),
        ("5 MiB", vec![Answer::text("x".repeat(5 << 20)); 3], PATIENCE, Reason::Undecodable, 3),
    ];
    // A client reads the system's certificates, and the first failure builds what redacts: before the first clock runs.
    let first = Claude::start().unwrap();
    first.script([Answer::unauthorized()]);
    ask(&first, PATIENCE).await.unwrap_err();
    let ready = cases.into_iter().map(|case| {
        let claude = Claude::start().unwrap();
        claude.script(case.1.clone());
        (client(&claude.url()), claude, case)
    });
    let ready: Vec<_> = ready.collect();
    let outcomes =
        futures::future::join_all(ready.iter().map(async |(client, claude, (name, _, patience, reason, attempts))| {
            let start = Instant::now();
            let failure = client.send(&key(), &request(), *patience).await.unwrap_err();
            assert!(start.elapsed() < *patience + Duration::from_millis(500), "{name}: {:?}", start.elapsed());
            assert_eq!((failure.reason, failure.attempts), (*reason, *attempts), "{name}: {failure}");
            assert_eq!(claude.calls().len(), *attempts as usize, "{name}");
            assert_eq!(claude.refusals(), [], "{name}");
            let message = &failure.message;
            assert!(!message.is_empty() && message.chars().count() <= 300, "{name}: {message}");
            assert!(!message.contains("sk-ant") && !message.contains("127.0.0.1"), "{name}: {message}");
            (*name, failure.usage, u64::from(*attempts))
        }))
        .await;
    let sent = serde_json::to_vec(&request()).unwrap().len() as u64 / 4;
    for (name, usage, attempts) in outcomes {
        let paid = match name {
            "wrong types" => Usage { input_tokens: 33, output_tokens: 15, ..Usage::default() },
            // The answer is lost, and may have been paid for.
            "hang" | "slow headers" | "slow body" | "cut" | "nonsense" | "5 MiB" => {
                Usage { input_tokens: sent * attempts, ..Usage::default() }
            }
            _ => Usage::default(),
        };
        assert_eq!(usage, paid, "{name}");
    }
}

#[tokio::test]
async fn nobody_there_and_a_key_that_is_none() {
    let mut claude = Claude::start().unwrap();
    let wrong =
        client(&claude.url()).send(&SecretString::from("sk-ant-of-nobody"), &request(), PATIENCE).await.unwrap_err();
    assert_eq!((wrong.reason, wrong.attempts), (Reason::Unauthorized, 1));
    let broken = client(&claude.url()).send(&SecretString::from("sk\nant"), &request(), PATIENCE).await.unwrap_err();
    assert_eq!((broken.reason, claude.refusals().len()), (Reason::Unauthorized, 1), "and it did not go out");
    let elsewhere = client(&format!("{}/v1", claude.url())).send(&key(), &request(), PATIENCE).await.unwrap_err();
    assert_eq!(elsewhere.reason, Reason::WrongAddress, "{elsewhere}");
    claude.go_down();
    let gone = ask(&claude, Duration::from_secs(3)).await.unwrap_err();
    assert!(gone.reason == Reason::Unreachable && gone.attempts == 2 && gone.message.contains("refused"), "{gone}");
    // An outage that ends within the patience is none.
    let url = claude.url();
    let (answer, ()) = tokio::join!(async { client(&url).send(&key(), &request(), PATIENCE).await }, async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        claude.come_back().unwrap();
        claude.script([Answer::text("back")]);
    });
    assert_eq!(answer.unwrap().text(), "back");
}

#[tokio::test]
async fn what_passes_is_asked_again() {
    for passing in [
        Answer::rate_limited(Some(1)),
        Answer::rate_limited(None),
        Answer::overloaded(),
        Answer::server_error(),
        Answer::close(),
        Answer::text("half of it").cut(),
        Answer::nonsense(),
    ] {
        let claude = Claude::start().unwrap();
        claude.script([passing.clone(), Answer::text("ok")]);
        let start = Instant::now();
        let answer = ask(&claude, PATIENCE).await;
        assert_eq!(answer.map(|answer| answer.text()), Ok("ok".into()), "{passing:?}");
        assert!(start.elapsed() >= Duration::from_millis(750), "{passing:?}: {:?}", start.elapsed());
        assert_eq!(claude.calls()[0].asked, claude.calls()[1].asked, "the same request");
    }
    let claude = Claude::start().unwrap();
    claude.script([Answer::wrong_types(), Answer::text("ok")]);
    let paid = ask(&claude, PATIENCE).await.unwrap().usage;
    assert_eq!(paid.output_tokens, claude.calls()[1].tokens[3] + 5, "what the first cost is not forgotten");
}

#[tokio::test]
async fn an_answer_that_stops_early_is_an_answer() {
    let claude = Claude::start().unwrap();
    for (answer, stop, text) in [
        (Answer::refusal(), StopReason::Refusal, ""),
        (Answer::max_tokens("{\"ver"), StopReason::MaxTokens, "{\"ver"),
        (Answer::context_window_exceeded("{"), StopReason::ContextWindowExceeded, "{"),
        (Answer::empty(), StopReason::EndTurn, ""),
        (Answer::text("x").stopping("later"), StopReason::Unknown("later".into()), "x"),
        (
            Answer::text("slow").slow_headers(Duration::from_secs(1)).slow_body(Duration::from_secs(1)),
            StopReason::EndTurn,
            "slow",
        ),
    ] {
        claude.script([answer]);
        let response = ask(&claude, PATIENCE).await.unwrap();
        assert_eq!((&response.stop_reason, response.text().as_str()), (&stop, text));
        assert_eq!(response.stop_details.is_some(), stop == StopReason::Refusal);
    }
    // A turn that paused goes back as it is, and goes on.
    claude.script([Answer::pause_turn("so far").thinking("hm"), Answer::text("the rest")]);
    let mut request = request();
    let paused = client(&claude.url()).send(&key(), &request, PATIENCE).await.unwrap();
    assert_eq!(paused.stop_reason, StopReason::PauseTurn);
    request.messages.extend(paused.into_message());
    assert_eq!(client(&claude.url()).send(&key(), &request, PATIENCE).await.unwrap().text(), "the rest");
    assert_eq!(claude.refusals(), []);
}

/// What all libraries below say at the most talkative level.
#[test]
fn the_key_is_in_no_log() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let mut claude = Claude::start().unwrap();
            let echo = format!("no such key: {}", Claude::KEY);
            claude.script([Answer::text("ok"), Answer::error(401, "authentication_error", &echo), Answer::close()]);
            for patience in [30, 30, 1] {
                let outcome = ask(&claude, Duration::from_secs(patience)).await;
                tracing::info!(?outcome, key = ?key(), client = ?client(&claude.url()));
            }
            claude.go_down();
            let outcome = ask(&claude, Duration::from_secs(1)).await;
            tracing::info!(?outcome);
        });
    });
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("no such key: [redacted]") && !log.contains(Claude::KEY), "{log}");
}
