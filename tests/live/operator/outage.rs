//! Slots while nobody can start them.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stagewatch::api::{MonitoringJobStatus, run::Phase};

use super::{
    relay::Relay,
    site::Site,
    stage::{NEXT_SLOT, SOON, Stage, second_of_minute, until},
};

fn every_minute(site: &Site) -> Value {
    json!({
        "schedule": {"cron": ["@every 1m"]},
        "websites": [site.spec("site")],
        "notifications": {"policy": "Always"},
    })
}

/// Waits for so many runs of `staging` that are folded, and told.
async fn until_told(stage: &Stage, runs: i32, deadline: Duration) -> Result<MonitoringJobStatus> {
    let told = |s: &MonitoringJobStatus| s.outbox.is_empty() && s.consecutive.is_some_and(|it| it.good >= runs);
    stage.until_job("staging", "another run is told", deadline, told).await
}

/// Each slot between the first run and the last has one outcome.
async fn nothing_is_lost(stage: &Stage) -> Result<()> {
    let runs = stage.runs("staging").await?;
    let mut slots = BTreeSet::new();
    for run in &runs {
        let slot = run.spec.scheduled_time.context("no slot")?;
        ensure!(slots.insert(slot), "two runs of {slot}");
        let status = run.status.clone().unwrap_or_default();
        assert_eq!(status.phase, Some(Phase::Completed), "{status:#?}");
    }
    let status = stage.job("staging").await?;
    let [missed, skipped] = [&status.missed, &status.skipped].map(|it| it.as_ref().map_or(0, |it| it.count));
    let (first, last) = slots.first().zip(slots.last()).context("no runs")?;
    let minutes = last.duration_since(*first).as_mins() + 1;
    let outcomes = i64::try_from(slots.len())? + missed + skipped;
    ensure!(minutes == outcomes, "{minutes} slots, {slots:?}, {missed} missed, {skipped} skipped");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_while_no_operator_ran_is_counted_and_told() -> Result<()> {
    let (stage, site) = (Stage::new("missed").await?, Site::start().await?);
    let mut first = stage.start_leader("first").await?;
    stage.create_job("staging", every_minute(&site)).await?;
    until_told(&stage, 1, NEXT_SLOT).await?;
    first.terminate().await?;
    first.ended().await?;
    // Two slots whose time is over, and a third that is so late that it is missed as well.
    tokio::time::sleep(Duration::from_secs(121)).await;
    second_of_minute(45).await;
    let back = Timestamp::now();
    let second = stage.start_leader("second").await?;
    let missed = |s: &MonitoringJobStatus| s.missed.is_some();
    let missed = stage.until_job("staging", "slots are missed", SOON, missed).await?.missed.context("none")?;
    ensure!((2..=3).contains(&missed.count) && missed.reason == "NotStarted", "{missed:?}");
    ensure!(back.duration_since(missed.last_time) < SignedDuration::from_mins(1), "{missed:?}");
    let told = stage.bot.messages().len();
    let after = until_told(&stage, 2, NEXT_SLOT).await?;
    assert_eq!(after.missed.map(|it| it.untold), Some(0));
    let message = stage.bot.messages().into_iter().nth(told).context("no message")?.plain;
    ensure!(message.contains(&format!("{} slots were missed", missed.count)), "{message}");
    nothing_is_lost(&stage).await?;
    stage.done([first, second])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_falls_silent_is_left_and_come_back_to() -> Result<()> {
    let (stage, site) = (Stage::new("silent").await?, Site::start().await?);
    let relay = Relay::before(&stage).await?;
    let operator = stage.start_leader("operator").await?;
    stage.create_job("staging", every_minute(&site)).await?;
    until_told(&stage, 1, NEXT_SLOT).await?;
    // The next slot comes while what is written does not arrive, and arrives late.
    second_of_minute(55).await;
    relay.falls_silent(true);
    until("the operator to stop leading", SOON, async || {
        let leads = operator.metric("stagewatch_leader").await?;
        Ok(if leads == Some(0.0) { Ok(()) } else { Err(leads) })
    })
    .await?;
    assert_eq!(operator.get("/healthz").await?.0, 200);
    second_of_minute(20).await;
    relay.falls_silent(false);
    operator.until_leading().await?;
    until_told(&stage, 3, NEXT_SLOT * 2).await?;
    nothing_is_lost(&stage).await?;
    let messages = stage.bot.messages().len();
    ensure!(messages == stage.runs("staging").await?.len(), "{messages} messages");
    stage.done([operator])
}
