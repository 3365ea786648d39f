//! Two failing recordings, and a scripted investigation of each that sees what was recorded.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use stagewatch::{
    analyze::{
        conversation::{Conversation, Heard},
        messages::Response,
    },
    api::{
        analysis::{Investigation, InvestigationPhase, Usage},
        job::Claude,
        job_status::MessageKind,
    },
    core::{
        analysis::untrusted::Fence,
        investigation::{course, prompt, report, shown, tools::Call},
        redact::Redactor,
    },
    recording::Recording,
};

use crate::{MODEL, completed, message, recorded};

/// What a call tells of a recording.
fn look(seen: &Recording, call: &Call, fence: &Fence) -> Result<String, String> {
    let of = &seen.observations;
    let (what, lines) = match call {
        Call::ListContainers => ("the containers", shown::containers(&of.containers)),
        Call::InspectContainer { container } => {
            let one = of.containers.iter().filter(|one| one.name == *container);
            ("the container", one.flat_map(shown::inspected).collect())
        }
        Call::Trends { subject } => {
            let status = seen.job.status.clone().unwrap_or_default();
            ("what earlier runs measured", shown::trends(&status, subject.as_deref()))
        }
        _ => return Err("it was not recorded".into()),
    };
    Ok(fence.around(what, &lines.join("\n")))
}

fn response(content: &Value, stop: &str) -> Response {
    let usage = json!({"input_tokens": 4000, "output_tokens": 300});
    serde_json::from_value(
        json!({"id": "msg", "model": MODEL, "content": content, "stop_reason": stop, "usage": usage}),
    )
    .unwrap()
}

/// An investigation that makes `calls`, one turn each, then says `said`; with what it was told.
fn investigated(seen: &Recording, calls: &[(&str, Value)], said: &Value) -> (Investigation, Vec<String>) {
    let (spec, redactor, fence) = (&seen.job.spec, Redactor::default(), Fence::new(7));
    let claude: Claude =
        serde_json::from_value(json!({"model": MODEL, "apiKeySecretRef": {"name": "claude", "key": "api-key"}}))
            .unwrap();
    let mut conversation = Conversation::new(spec, &claude, prompt::first(spec, &seen.report(), &fence, &redactor));
    let calls = calls.iter().enumerate().map(|(n, (name, input))| {
        response(&json!([{"type": "tool_use", "id": format!("toolu_{n}"), "name": name, "input": input}]), "tool_use")
    });
    let last = response(&json!([{"type": "text", "text": said.to_string()}]), "end_turn");
    let (mut told, mut report) = (Vec::new(), None);
    for answer in calls.chain([last]) {
        let (request, _) = conversation.ask(&claude, 1_000_000, Duration::from_mins(5)).unwrap();
        xtask::rig::claude::check(&serde_json::to_value(&request).unwrap()).unwrap();
        match conversation.heard(answer) {
            Heard::Look(calls) => {
                let results: Vec<_> = calls.iter().map(|call| look(seen, call, &fence)).collect();
                told.extend(results.iter().map(|result| result.clone().unwrap_or_else(|why| why)));
                conversation.looked(results);
            }
            Heard::Said(text) => report = Some(report::read(spec, &text, &redactor).unwrap()),
            other => panic!("{other:?}"),
        }
    }
    let usage = Usage { calls: 3, input_tokens: 12_000, output_tokens: 900, ..Usage::default() };
    let investigation = Investigation {
        phase: InvestigationPhase::Completed,
        stop_reason: Some(course::CONCLUDED.into()),
        message: None,
        report,
        turns: i32::try_from(conversation.turns()).unwrap(),
        tool_calls: i32::try_from(conversation.calls()).unwrap(),
        usage,
        ..course::without_report(MODEL, "", "")
    };
    (investigation, told)
}

/// Reviewed: the cause is first, what is to be done can be copied, what was not seen is said.
#[test]
fn two_failing_recordings_with_a_scripted_investigation() {
    let inspect = |container: &str| ("inspect_container", json!({"container": container}));
    for (name, calls, held, said) in [
        (
            "correlated-redis-oom",
            [("list_containers", json!({})), inspect("autopar-redis")],
            "\"OOMKilled\":true",
            json!({
                "broken": "autopar-redis is down, and what needs it answers errors",
                "since": "06:01 UTC, when the kernel killed it",
                "cause": "Redis needed more than the 16 MiB that its container may use",
                "certainty": "Known",
                "evidence": ["autopar-redis: OOMKilled=true, exit code 137", "Memory=16777216 in its host configuration"],
                "impact": "the cars cannot be listed and jobs of the worker fail",
                "next_steps": ["docker update --memory 64m --memory-swap 64m autopar-redis", "docker start autopar-redis"],
                "unchecked": ["what filled it: a container that is down has no figures"],
            }),
        ),
        (
            "rabbitmq-disk-alarm",
            [inspect("autopar-rabbitmq"), ("trends", json!({"subject": "autopar-rabbitmq"}))],
            "\"running\"",
            json!({
                "broken": "publishers of autopar-rabbitmq were blocked for a moment",
                "since": "05:43 UTC, from the log",
                "cause": "disk_free_limit was set above what is free, and set back",
                "certainty": "Possible",
                "evidence": ["Free disk space is insufficient, then sufficient again", "the container runs and is healthy"],
                "impact": "messages were accepted late; consumers went on",
                "next_steps": ["docker exec autopar-rabbitmq rabbitmq-diagnostics alarms"],
                "unchecked": ["who set the limit: commands are not in the log"],
            }),
        ),
    ] {
        let seen = recorded(name);
        let (investigation, told) = investigated(&seen, &calls, &said);
        assert!(told.iter().any(|told| told.contains(held)), "no {held} in {told:#?}");
        let mut run = completed(&seen, seen.report());
        run.status = Some(course::ended(&run, investigation, seen.recorded_at + SignedDuration::from_secs(70)));
        insta::assert_yaml_snapshot!(format!("{name}-investigation"), run.status.as_ref().unwrap().investigation);
        insta::assert_snapshot!(format!("{name}-reply"), message(&seen, &run, MessageKind::Investigation));
    }
}
