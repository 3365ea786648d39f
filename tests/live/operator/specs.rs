//! Specs that the schema takes and only the operator can judge.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{
    site::Site,
    stage::{SOON, Stage, condition, until},
};

/// Each row: what is wrong, as an edit of a good spec, and the path that is told.
fn table() -> Vec<(&'static str, Value, &'static str)> {
    let cron = |text: &str| json!({"schedule": {"cron": [text]}});
    let check = |expect: Value| json!({"websites": [{"name": "site", "url": "http://127.0.0.1:1", "checks": [{"name": "home", "path": "/", "expect": expect}]}]});
    let pattern = |regex: &str| {
        json!({
            "dockerHosts": [{"name": "host", "host": "tcp://127.0.0.1:2375", "containers": [{"name": "redis"}]}],
            "patterns": [{"id": "p", "severity": "Warning", "regex": regex}],
        })
    };
    vec![
        ("cron-text", cron("61 * * * *"), "spec.schedule.cron[0]"),
        ("cron-seconds", cron("0 15 3 * * *"), "spec.schedule.cron[0]"),
        ("impossible-date", cron("0 0 30 2 *"), "spec.schedule.cron[0]"),
        ("too-often", cron("@every 10s"), "spec.schedule.cron[0]"),
        ("zone-in-cron", cron("TZ=Europe/Amsterdam 15 3 * * *"), "spec.schedule.cron[0]"),
        ("zone", json!({"schedule": {"cron": ["15 3 * * *"], "timeZone": "Amsterdam"}}), "spec.schedule.timeZone"),
        ("timeout", json!({"schedule": {"cron": ["@every 10m"]}, "timeout": "9m"}), "spec.timeout"),
        ("regex", pattern("(retry"), "spec.patterns[0].regex"),
        ("look-around", pattern("(?=retry)"), "spec.patterns[0].regex"),
        ("json-path", check(json!({"json": [{"path": "status["}]})), "spec.websites[0].checks[0].expect.json[0].path"),
        (
            "cycle",
            json!({
                "dockerHosts": [{"name": "host", "host": "tcp://127.0.0.1:2375", "containers": [{"name": "a"}, {"name": "b"}]}],
                "dependencies": [{"subject": "a", "needs": ["b"]}, {"subject": "b", "needs": ["a"]}],
            }),
            "spec.dependencies[0]",
        ),
        (
            "unix-socket",
            json!({"dockerHosts": [{"name": "host", "host": "unix:///var/run/docker.sock", "containers": [{"name": "a"}]}]}),
            "spec.dockerHosts[0].host",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_operator_can_judge_is_told_everywhere_once() -> Result<()> {
    let (stage, site) = (Stage::new("specs").await?, Site::start().await?);
    let operator = stage.start_leader("operator").await?;
    for (name, wrong, _) in table() {
        let mut spec = json!({"title": format!("JOB {name}."), "websites": [site.spec("site")]});
        stagewatch::store::merge::apply(&mut spec, &wrong);
        stage.create_job(name, spec).await?;
    }
    let asked_by_hand = stage.create_run("regex").await?;
    for (name, _, path) in table() {
        let status = stage
            .until_job(name, "its notice is sent", Duration::from_mins(2), |s| s.last_notification.is_some())
            .await?;
        for (type_, truth) in [("Ready", "False"), ("Stalled", "True")] {
            let (status, reason, message) = condition(&status.conditions, type_);
            assert_eq!((status, reason), (truth, "InvalidSpec"), "{name}");
            ensure!(message.starts_with(&format!("{path}: ")), "{name}: {message}");
        }
        let (_, _, message) = condition(&status.conditions, "Ready");
        ensure!(status.next_run_time.is_none() && status.outbox.is_empty(), "{name}: {status:#?}");
        until(&format!("an Event about {name}"), SOON, async || {
            let events = stage.events(name).await?;
            Ok(if events == [format!("InvalidSpec: {message}")] { Ok(()) } else { Err(events) })
        })
        .await?;
        let messages = stage.bot.messages();
        let told: Vec<_> = messages.iter().filter(|it| it.plain.contains(&format!("JOB {name}."))).collect();
        let [one] = told[..] else { anyhow::bail!("{name}: {told:#?}") };
        ensure!(!one.silent && one.plain.contains("cannot be run: ") && one.plain.contains(path), "{}", one.plain);
    }
    let run = stage.until_run(&asked_by_hand, "ends", SOON, |status| status.completion_time.is_some()).await?;
    let why = run.message.unwrap_or_default();
    ensure!(why.starts_with("the job cannot be run: spec.patterns[0].regex: "), "{why}");

    // A new leader finds nothing new to say, and a spec that is mended runs.
    operator.terminate().await?;
    let second = stage.start_leader("second").await?;
    stage.edit_job("regex", json!({"patterns": [{"id": "p", "severity": "Warning", "regex": "retry"}]})).await?;
    let mended =
        stage.until_job("regex", "it is ready", SOON, |s| condition(&s.conditions, "Ready").0 == "True").await?;
    assert_eq!(condition(&mended.conditions, "Stalled").0, "False");
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(stage.bot.messages().len(), table().len());
    stage.done([operator, second])
}
