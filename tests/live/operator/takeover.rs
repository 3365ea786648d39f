//! A rollout, and a crash.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use stagewatch::api::{MonitoringRunStatus, run::Phase};
use xtask::say::say;

use super::{
    site::Site,
    stage::{SOON, Stage, until},
};

/// A run that goes on for a while, in the hands of the operator that leads.
async fn running(stage: &Stage, site: &Site) -> Result<(String, MonitoringRunStatus)> {
    site.takes(Duration::from_secs(8));
    stage.create_job("staging", json!({"websites": [site.spec("site")]})).await?;
    let run = stage.create_run("staging").await?;
    let running = stage.until_run(&run, "is running", SOON, |status| status.phase == Some(Phase::Running)).await?;
    assert_eq!(running.attempt, Some(1));
    Ok((run, running))
}

/// Waits until another holder has the run.
async fn taken(
    stage: &Stage,
    run: &str,
    from: &MonitoringRunStatus,
    deadline: Duration,
) -> Result<MonitoringRunStatus> {
    until("another holder", deadline, async || {
        let status = stage.run(run).await?;
        let other = status.phase == Some(Phase::Running) && status.holder != from.holder;
        Ok(if other { Ok(status) } else { Err(status) })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_hands_a_run_over_within_a_second() -> Result<()> {
    let (stage, site) = (Stage::new("rollout").await?, Site::start().await?);
    let mut operators = vec![stage.start_leader("operator-0").await?];
    let (run, mut before) = running(&stage, &site).await?;
    let mut pauses = Vec::new();
    // Three in a row: beside all the other tests, one of them may have to wait for the machine.
    for n in 1..=3 {
        operators.push(stage.start(&format!("operator-{n}"), &[]).await?);
        let leader = &mut operators[n - 1];
        let asked = Instant::now();
        leader.terminate().await?;
        before = taken(&stage, &run, &before, Duration::from_secs(5)).await?;
        pauses.push(asked.elapsed());
        assert_eq!(before.attempt, Some(1), "a rollout costs no attempt");
        leader.ended().await?;
    }
    say(format!("rollouts: a run that goes on was taken over after {pauses:?}"));
    ensure!(pauses.iter().min() < Some(&Duration::from_secs(1)), "{pauses:?}");
    let done = stage.until_run(&run, "ends", SOON, |status| status.completion_time.is_some()).await?;
    assert_eq!((done.phase, done.attempt), (Some(Phase::Completed), Some(1)));
    stage.done(operators)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_costs_an_attempt_and_at_most_twenty_seconds() -> Result<()> {
    let (stage, site) = (Stage::new("crash").await?, Site::start().await?);
    let mut first = stage.start_leader("first").await?;
    let second = stage.start("second", &[]).await?;
    let (run, before) = running(&stage, &site).await?;
    let killed = Instant::now();
    first.kill().await?;
    let after = taken(&stage, &run, &before, SOON).await?;
    let pause = killed.elapsed();
    say(format!("a crash: a run that goes on was taken over after {pause:?}"));
    ensure!(pause < Duration::from_secs(20), "it took {pause:?}");
    assert_eq!(after.attempt, Some(2));
    let done = stage.until_run(&run, "ends", SOON, |status| status.completion_time.is_some()).await?;
    assert_eq!((done.phase, done.attempt), (Some(Phase::Completed), Some(2)));
    stage.done([first, second])
}
