//! A `watch`, a container that was killed, and a closer look at it: the alert first, then what was found, as a silent
//! reply; and what the run saw, to be looked at once more.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use xtask::rig::{Rig, claude::Answer, docker::ContainerOptions};

use super::{
    claude_failures::{Stage, Watching},
    program::ended,
};

const SOON: Duration = Duration::from_mins(1);
const CAUSE: &str = "somebody killed the container: nothing in its log led there";

/// It looks at all there is, then concludes.
fn investigator(container: &str, turns: usize) -> Answer {
    let of = |more: Value| {
        let mut input = json!({"container": container});
        input.as_object_mut().into_iter().for_each(|input| input.extend(more.as_object().cloned().unwrap_or_default()));
        input
    };
    match turns {
        0 => Answer::calls([
            ("list_containers", json!({})),
            ("inspect_container", of(json!({}))),
            ("container_logs", of(json!({"from_minutes": 60, "contains": "READY to accept"}))),
            ("container_stats", of(json!({}))),
        ]),
        1 => Answer::calls([
            ("host_events", json!({"host": "host", "from_minutes": 60})),
            ("check_website", json!({"website": "site"})),
            ("previous_runs", json!({"limit": 5})),
            ("trends", json!({"subject": null})),
        ]),
        _ => Answer::json(&json!({
            "broken": format!("{container} is down"), "since": "since it was killed", "cause": CAUSE, "certainty": "Possible",
            "evidence": ["exit code 137"], "impact": "no cache", "next_steps": [format!("docker start {container}")],
            "unchecked": [],
        })),
    }
}

#[test]
fn what_was_found_on_a_real_engine_comes_as_a_silent_reply_to_the_alert() -> Result<()> {
    let docker = Rig::from_env().docker;
    let redis = docker.run("looked-into", "stagewatch-rig/redis:12", &ContainerOptions::default())?;
    redis.wait_healthy(SOON)?;
    redis.docker(&["kill"])?;
    let spec = format!(
        "  schedule: {{cron: [\"@every 1m\"]}}
  dockerHosts: [{{name: host, host: \"{}\", containers: [{{name: {}, profile: redis}}]}}]
",
        docker.host(),
        redis.name()
    );
    let stage = Stage::new("", &spec)?;
    let name = redis.name().to_owned();
    stage.claude.model(move |asked| {
        if !asked.tools().is_empty() {
            return investigator(&name, asked.turns());
        }
        Answer::json(&json!({
            "verdict": "ERRORS_INVESTIGATE", "summary": "Redis is down.", "explanations": [], "suspicions": [],
            "recommendations": [], "investigate": true,
        }))
    });
    let watching = Watching::start(&stage)?;
    let [alert, reply] = &stage.bot.wait_messages(2, 2 * SOON)?[..2] else { unreachable!("there are two") };
    ensure!(!alert.silent && alert.plain.contains("🤖 Redis is down."), "{alert:#?}");
    ensure!(reply.silent && reply.reply_to == Some(alert.id), "{reply:#?}");
    ensure!(reply.plain.contains(CAUSE) && reply.plain.contains("3 turns, 8 tool calls"), "{}", reply.plain);

    // What it saw of the engine, the site and ourselves.
    let calls = stage.claude.calls();
    let told: Vec<String> = calls.iter().flat_map(|call| call.asked.results()).map(|(text, _)| text).collect();
    let held = [
        "exited",
        "\"ExitCode\":137",
        "Ready to accept connections",
        "exited",
        "\"kill\"",
        "502",
        "nothing",
        "troublePerDay",
    ];
    ensure!(told.len() == held.len(), "{told:#?}");
    for (told, held) in told.iter().zip(held) {
        ensure!(told.contains(held), "no {held:?} in {told}");
    }

    // What the run saw, in two commands from the alert.
    drop(watching);
    let (_, command) = alert.plain.split_once("🔎 stagewatch ").context("no command")?;
    let kept = ended(&stage.command(command.lines().next().unwrap_or_default()).output()?).out;
    let replayed = ended(&stage.command(&format!("replay {} -o json", kept.trim())).output()?);
    let seen =
        |of: &Value| of["findings"].as_array().into_iter().flatten().map(|f| f["id"].clone()).collect::<Vec<_>>();

    // What is kept of it, and what it used.
    let status = stage.status()?;
    let run = &status["runs"].as_array().and_then(|runs| runs.first()).context("no run")?["status"];
    ensure!(!seen(run).is_empty() && seen(&replayed.json()) == seen(run) && replayed.code == Some(3), "{replayed:?}");
    let kept = &run["investigation"];
    ensure!(
        kept["phase"] == "Completed" && kept["stopReason"] == "Concluded" && kept["report"]["cause"] == CAUSE,
        "{kept:#}"
    );
    let used = |of: &Value| -> BTreeMap<String, u64> {
        let usage = of["usage"].as_object().into_iter().flatten();
        usage.filter_map(|(name, count)| Some((name.clone(), count.as_u64()?))).collect()
    };
    let tokens =
        |used: &BTreeMap<String, u64>| used.iter().filter(|(name, _)| *name != "calls").map(|(_, n)| n).sum::<u64>();
    let (analysis, looked) = (used(&run["analysis"]), used(kept));
    println!(
        "{} tokens of an analysis {analysis:?}, {} of an investigation {looked:?}",
        tokens(&analysis),
        tokens(&looked)
    );
    ensure!(status["jobs"][0]["status"]["usage"]["tokens"] == tokens(&analysis) + tokens(&looked), "{status:#}");
    ensure!(stage.bot.refusals().is_empty() && stage.claude.refusals().is_empty());
    Ok(())
}
