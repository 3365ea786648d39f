//! Investigations without a socket: no conversation whatever leaves its budget, the API's schema or the job's targets.
#![allow(clippy::unwrap_used, reason = "what is not as a test expects ends it")]

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use stagewatch::{
    analyze::{
        conversation::{Conversation, Heard},
        messages::Response,
    },
    api::{MonitoringJobSpec, job::Claude},
    core::{
        investigation::{report, tools::Call},
        redact::Redactor,
    },
};

/// What a model does in one turn.
#[derive(Clone, Debug)]
enum Act {
    Calls(Vec<(&'static str, Value)>),
    Text(String),
    Report,
    Stops(&'static str, String),
    Nothing,
}

/// An API that counts so many bytes as a token, and what it adds by itself.
const HIDDEN: u64 = 500;

fn spec() -> MonitoringJobSpec {
    serde_json::from_value(json!({
        "environment": "E",
        "websites": [{"name": "site", "url": "http://staging.example"}],
        "dockerHosts": [{"name": "host", "host": "tcp://staging:2376", "containers": [{"name": "redis"}, {"name": "web"}]}],
    }))
    .unwrap()
}

fn claude(budget: Value) -> Claude {
    serde_json::from_value(json!({
        "model": "claude-sonnet-5-5", "apiKeySecretRef": {"name": "claude", "key": "api-key"}, "budget": budget,
    }))
    .unwrap()
}

fn a_report() -> Value {
    json!({
        "broken": "redis is down", "since": null, "cause": "out of memory", "certainty": "Known", "evidence": ["exit code 137"],
        "impact": "no sessions", "next_steps": ["docker logs redis"], "unchecked": [],
    })
}

fn act() -> impl Strategy<Value = Act> {
    let call = prop_oneof![
        Just(("list_containers", json!({}))),
        Just(("shell", json!({"command": "rm -rf /"}))),
        prop::sample::select(vec!["redis", "web", "production-db", "../redis", ""])
            .prop_map(|name| ("inspect_container", json!({"container": name}))),
        (prop::sample::select(vec!["redis", "db"]), -1..10_090_i64, any::<Option<i64>>(), any::<Option<String>>())
            .prop_map(|(name, from, limit, contains)| {
                let limit = limit.map(|limit| limit % 300);
                (
                    "container_logs",
                    json!({"container": name, "from_minutes": from, "limit": limit, "contains": contains}),
                )
            }),
        prop::sample::select(vec!["host", "10.0.0.1"])
            .prop_map(|host| ("host_events", json!({"host": host, "from_minutes": 60}))),
        prop::sample::select(vec!["site", "http://evil.example"])
            .prop_map(|site| ("check_website", json!({"website": site}))),
        any::<String>().prop_map(|text| ("trends", json!({"subject": text, "url": text}))),
    ];
    let stops = prop::sample::select(vec![
        "max_tokens",
        "pause_turn",
        "refusal",
        "model_context_window_exceeded",
        "later",
        "end_turn",
    ]);
    prop_oneof![
        8 => prop::collection::vec(call, 1..8).prop_map(Act::Calls),
        1 => ".{0,80}".prop_map(Act::Text),
        1 => Just(Act::Report),
        1 => (stops, ".{0,80}").prop_map(|(reason, text)| Act::Stops(reason, text)),
        1 => Just(Act::Nothing),
    ]
}

fn response(turn: usize, act: &Act, thought: &str, usage: (u64, u64)) -> Response {
    let text = |text: &str| json!([{"type": "thinking", "thinking": thought, "signature": "c2ln"}, {"type": "text", "text": text}]);
    let (content, stop) = match act {
        Act::Calls(calls) => {
            let calls = calls.iter().enumerate().map(|(n, (name, input))| {
                json!({"type": "tool_use", "id": format!("toolu_{turn}_{n}"), "name": name, "input": input})
            });
            (text("I look.").as_array().unwrap().iter().cloned().chain(calls).collect(), "tool_use")
        }
        Act::Text(said) => (text(said), "end_turn"),
        Act::Report => (text(&a_report().to_string()), "end_turn"),
        Act::Stops(reason, said) => (text(said), *reason),
        Act::Nothing => (json!([]), "end_turn"),
    };
    serde_json::from_value(json!({
        "id": "msg", "model": "m", "content": content, "stop_reason": stop,
        "usage": {"input_tokens": usage.0 / 3, "cache_creation_input_tokens": usage.0 / 3,
            "cache_read_input_tokens": usage.0 - 2 * (usage.0 / 3), "output_tokens": usage.1},
    }))
    .unwrap()
}

/// That a call stays within the job: its names are the spec's.
fn is_own(call: &Call) -> bool {
    match call {
        Call::InspectContainer { container } | Call::Stats { container } => {
            ["redis", "web"].contains(&container.as_str())
        }
        Call::Logs { container, from_minutes, until_minutes, limit, .. } => {
            let bounded =
                (1..=10_080).contains(from_minutes) && (0..*from_minutes).contains(until_minutes) && *limit <= 200;
            ["redis", "web"].contains(&container.as_str()) && bounded
        }
        Call::Events { host, .. } => host == "host",
        Call::CheckWebsite { website } => website == "site",
        Call::Trends { subject } => {
            subject.as_ref().is_none_or(|one| ["site", "host", "redis", "web"].contains(&one.as_str()))
        }
        Call::ListContainers | Call::PreviousRuns { .. } => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_conversation_leaves_its_budget_its_schema_or_its_targets(
        acts in prop::collection::vec((act(), any::<u16>(), 0..3000_usize), 1..60),
        told in prop::collection::vec(0..8_300_usize, 1..9),
        (turns, input, output) in (1..50_i64, 10_000..300_000_i64, 1_000..40_000_i64),
        (daily, secs, bytes_per_token, first) in (10_000..600_000_u64, 30..600_u64, 2..5_u64, 100..25_000_usize),
    ) {
        let (spec, claude) = (spec(), claude(json!({"turns": turns, "inputTokens": input, "outputTokens": output})));
        let mut conversation = Conversation::new(&spec, &claude, "x".repeat(first));
        let (mut day, mut time, mut made, mut ended) = (daily, Duration::from_secs(secs), Vec::new(), false);
        for (turn, (act, spoken, thought)) in acts.iter().enumerate() {
            let Ok((request, cost)) = conversation.ask(&claude, day, time) else { ended = true; break };
            let json = serde_json::to_value(&request).unwrap();
            prop_assert_eq!(xtask::rig::claude::check(&json), Ok(()));
            prop_assert_eq!(conversation.last().is_some(), json["tool_choice"]["type"] == "none");
            let sent = json.to_string().len() as u64 / bytes_per_token + HIDDEN;
            let said = u64::from(*spoken) % (u64::from(request.max_tokens) + 1);
            prop_assert!(sent + said <= cost && cost <= day);
            day -= sent + said;
            time = time.saturating_sub(Duration::from_secs(7));
            let was_last = conversation.last().is_some();
            let heard = conversation.heard(response(turn, act, &"t".repeat(*thought), (sent, said)));
            let used = conversation.used();
            prop_assert!(used.input() <= input as u64 && used.output_tokens <= output as u64);
            prop_assert!(u64::from(conversation.turns()) <= turns as u64);
            match heard {
                Heard::Look(calls) => {
                    prop_assert!(!was_last && calls.len() <= 4 && calls.iter().all(is_own));
                    prop_assert!(calls.iter().all(|call| !made.contains(call)), "the same call twice");
                    let results = calls.iter().enumerate().map(|(n, _)| Ok("r".repeat(told[n % told.len()]))).collect();
                    made.extend(calls);
                    conversation.looked(results);
                }
                Heard::GoOn => {}
                Heard::End(stop) => {
                    prop_assert!(!stop.message.is_empty() && stop.reason.chars().all(|c| c.is_ascii_alphanumeric()));
                    ended = true;
                    break;
                }
                Heard::Said(text) => match report::read(&spec, &text, &Redactor::default()) {
                    Ok(_) => { ended = true; break }
                    Err(why) => if !conversation.unreadable(&why) { ended = true; break },
                },
            }
        }
        prop_assert!(ended || acts.len() < turns as usize);
    }
}

/// What happens after these acts: the requests, and how it ended.
fn told(budget: Value, acts: &[Act]) -> (Vec<Value>, String) {
    let (spec, claude) = (spec(), claude(budget));
    let mut conversation = Conversation::new(&spec, &claude, "look".into());
    let mut requests = Vec::new();
    for (turn, act) in acts.iter().enumerate() {
        let request = match conversation.ask(&claude, 1_000_000, Duration::from_mins(5)) {
            Ok((request, _)) => serde_json::to_value(request).unwrap(),
            Err(stop) => return (requests, stop.reason.into()),
        };
        requests.push(request);
        match conversation.heard(response(turn, act, "t", (5000, 100))) {
            Heard::Look(calls) => conversation.looked(calls.iter().map(|_| Ok("told".into())).collect()),
            Heard::GoOn => {}
            Heard::End(stop) => return (requests, stop.reason.into()),
            Heard::Said(text) => match report::read(&spec, &text, &Redactor::default()) {
                Ok(_) => return (requests, conversation.last().map_or("Concluded", |stop| stop.reason).into()),
                Err(why) if conversation.unreadable(&why) => {}
                Err(_) => return (requests, "Undecodable".into()),
            },
        }
    }
    (requests, "it goes on".into())
}

#[test]
fn each_way_to_end_has_its_reason() {
    let call = || Act::Calls(vec![("list_containers", json!({}))]);
    let stops = |reason| Act::Stops(reason, "half of".into());
    for (budget, acts, reason, count) in [
        (json!({}), vec![call(), Act::Report], "Concluded", 2),
        (json!({}), vec![stops("refusal")], "Refused", 1),
        (json!({}), vec![stops("model_context_window_exceeded")], "TooLarge", 1),
        (json!({}), vec![stops("later")], "UnknownStopReason", 1),
        (json!({}), vec![stops("max_tokens"), Act::Report], "Truncated", 2),
        (json!({}), vec![stops("max_tokens"), stops("max_tokens")], "Truncated", 2),
        (json!({}), vec![stops("pause_turn"), Act::Report], "Concluded", 2),
        (json!({}), vec![Act::Text("I am done.".into()), Act::Report], "Undecodable", 2),
        (json!({}), vec![Act::Text("I am done.".into()), Act::Text("Really.".into())], "Undecodable", 2),
        (json!({}), vec![Act::Nothing, Act::Nothing], "Undecodable", 2),
        (json!({"turns": 1}), vec![Act::Report], "TurnLimit", 1),
        (json!({"turns": 2}), vec![call(), Act::Report], "TurnLimit", 2),
        (json!({"turns": 2}), vec![call(), call()], "TurnLimit", 2),
        (json!({"outputTokens": 5200}), vec![call(), Act::Report], "OutputTokenLimit", 2),
        (json!({"inputTokens": 20_000}), vec![call(), call(), Act::Report], "InputTokenLimit", 2),
    ] {
        let (requests, ended) = told(budget.clone(), &acts);
        assert_eq!((ended.as_str(), requests.len()), (reason, count), "{budget} {acts:?}");
        for request in requests {
            xtask::rig::claude::check(&request).unwrap();
        }
    }
}

#[test]
fn what_is_refused_is_told_as_an_error_with_its_reason() {
    let redis = || ("inspect_container", json!({"container": "redis"}));
    let many = (1..7).map(|n| ("host_events", json!({"host": "host", "from_minutes": n}))).collect();
    let acts = [
        Act::Calls(vec![redis(), redis(), ("shell", json!({})), ("inspect_container", json!({"container": "db"}))]),
        Act::Calls(vec![redis()]),
        Act::Calls(many),
        Act::Report,
    ];
    let (requests, ended) = told(json!({}), &acts);
    assert_eq!(ended, "Concluded");
    let turns = requests.last().unwrap()["messages"].as_array().unwrap();
    let results: Vec<String> = turns
        .iter()
        .flat_map(|turn| turn["content"].as_array().unwrap())
        .filter(|block| block["type"] == "tool_result")
        .map(|block| {
            let text = block["content"].as_str().unwrap();
            let mark = if block["is_error"] == true { "!" } else { "" };
            format!("{mark}{}", text.split([':', ';']).take(2).collect::<Vec<_>>().join(":"))
        })
        .collect();
    let same = "!refused: you made the same call before, and its result is above";
    let unknown = "!there is no such tool: there are list_containers, inspect_container, container_logs, container_stats, host_events, check_website, previous_runs, trends";
    let many = "!refused: at most 4 calls a turn";
    let expected = [
        "told",
        same,
        unknown,
        "!this job has no such container: it has redis, web",
        same,
        "told",
        "told",
        "told",
        "told",
        many,
        many,
    ];
    assert_eq!(results, expected);
}

#[test]
fn what_was_answered_is_never_rewritten() {
    let acts = [
        Act::Calls(vec![("list_containers", json!({}))]),
        Act::Stops("pause_turn", "wait".into()),
        Act::Calls(vec![("check_website", json!({"website": "site"}))]),
        Act::Text("done".into()),
        Act::Report,
    ];
    let (requests, _) = told(json!({}), &acts);
    let plain = |request: &Value| {
        let text = request["messages"].to_string().replace(r#","cache_control":{"type":"ephemeral"}"#, "");
        text.replace(r#""cache_control":{"type":"ephemeral"},"#, "")
    };
    assert_eq!(requests.len(), 5);
    for pair in requests.windows(2) {
        let (before, after) = (plain(&pair[0]), plain(&pair[1]));
        assert!(after.starts_with(before.trim_end_matches(']')), "{before}\n{after}");
        for same in ["system", "tools", "output_config", "model"] {
            assert_eq!(pair[0][same], pair[1][same]);
        }
    }
}
