//! Messages over a Bot API, and a process, that fail.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use stagewatch::api::{
    MonitoringJobStatus, Verdict,
    job_status::{MessageKind, OutboxState},
};
use xtask::rig::bot::Answer;

use super::{
    site::Site,
    stage::{NEXT_SLOT, SOON, Stage, condition},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_send_and_write_is_sent_again_once_and_says_so() -> Result<()> {
    let (stage, site) = (Stage::new("kill").await?, Site::start().await?);
    let mut first = stage.start_leader("first").await?;
    stage.bot.script([Answer::AcceptThenHang]);
    site.answers(500);
    stage.create_job("staging", json!({"schedule": {"cron": ["@every 1m"]}, "websites": [site.spec("site")]})).await?;
    stage.messages(1, NEXT_SLOT).await?;
    first.kill().await?;
    let status = stage.job("staging").await?;
    assert_eq!(status.outbox.iter().map(|it| it.state).collect::<Vec<_>>(), [OutboxState::Sending]);

    let second = stage.start_leader("second").await?;
    let messages = stage.messages(2, NEXT_SLOT).await?;
    let repeat = "Possible repeat: an earlier attempt may have arrived";
    ensure!(!messages[0].contains(repeat) && messages[1].contains(repeat), "{messages:#?}");
    let heading = |message: &str| message.lines().next().map(ToOwned::to_owned);
    assert_eq!(heading(&messages[0]), heading(&messages[1]));
    let sent = |s: &MonitoringJobStatus| s.outbox.is_empty();
    let status = stage.until_job("staging", "nothing waits", SOON, sent).await?;
    let last = status.last_notification.map(|it| (it.kind, it.state));
    assert_eq!(last, Some((MessageKind::Alert, OutboxState::Sent)));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(stage.bot.messages().len(), 2);
    stage.done([first, second])
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_bot_api_down_every_opening_is_delivered_in_order() -> Result<()> {
    let (mut stage, site) = (Stage::new("down").await?, Site::start().await?);
    let operator = stage.start_leader("operator").await?;
    stage.bot.go_down();
    site.answers(500);
    stage.create_job("staging", json!({"schedule": {"cron": ["@every 1m"]}, "websites": [site.spec("site")]})).await?;
    let run = async |run: &str, verdict: Verdict, before: Option<String>| {
        let another = |s: &MonitoringJobStatus| {
            s.verdict == Some(verdict) && s.last_run.as_ref().is_some_and(|it| Some(&it.name) != before.as_ref())
        };
        let status = stage.until_job("staging", run, NEXT_SLOT, another).await?;
        anyhow::Ok(status.last_run.map(|it| it.name))
    };
    let first = run("a bad run", Verdict::ErrorsInvestigate, None).await?;
    site.answers(200);
    let second = run("a good run", Verdict::AllGood, first).await?;
    site.answers(404);
    run("another bad run", Verdict::ErrorsInvestigate, second).await?;
    let status = stage.job("staging").await?;
    assert_eq!(condition(&status.conditions, "Notified").0, "False");
    assert_eq!(status.outbox.iter().map(|it| it.kind).collect::<Vec<_>>(), [MessageKind::WasDown, MessageKind::Alert]);
    stage.bot.come_back()?;
    // The pauses between attempts have grown meanwhile.
    let messages = stage.messages(2, Duration::from_mins(4)).await?;
    ensure!(messages[0].contains("was down") && messages[0].contains("answered 500"), "{messages:#?}");
    ensure!(messages[1].contains("answered 404"), "{messages:#?}");
    assert_eq!(stage.bot.messages().iter().map(|it| it.silent).collect::<Vec<_>>(), [true, false]);
    let sent = |s: &MonitoringJobStatus| s.outbox.is_empty();
    let status = stage.until_job("staging", "nothing waits", SOON, sent).await?;
    assert_eq!(condition(&status.conditions, "Notified").0, "True");
    stage.done([operator])
}
