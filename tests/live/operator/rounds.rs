//! Five slots with Redis down.

use std::time::Duration;

use anyhow::{Result, ensure};
use jiff::SignedDuration;
use serde_json::json;
use stagewatch::api::{Verdict, run::Phase};
use xtask::rig::docker::ContainerOptions;

use super::stage::{NEXT_SLOT, SOON, Stage, lag};

#[tokio::test(flavor = "multi_thread")]
async fn five_slots_with_redis_down_ring_once() -> Result<()> {
    let stage = Stage::new("rounds").await?;
    stage.docker_tls("docker-tls").await?;
    let redis = stage.rig.docker.run("op-rounds-redis", "stagewatch-rig/redis:13", &ContainerOptions::default())?;
    redis.wait_healthy(SOON)?;
    redis.docker(&["stop"])?;
    let operator = stage.start_leader("operator").await?;
    for policy in ["Always", "Changes"] {
        let spec = json!({
            "title": format!("REDIS {policy}"),
            "schedule": {"cron": ["@every 1m"]},
            "dockerHosts": [{
                "name": "host", "host": stage.rig.docker_tls_host(), "tlsSecretRef": {"name": "docker-tls"},
                "containers": [{"name": redis.name(), "profile": "redis"}],
            }],
            "notifications": {"policy": policy},
        });
        stage.create_job(&policy.to_lowercase(), spec).await?;
    }
    let mut last = None;
    for _ in 0..5 {
        for job in ["always", "changes"] {
            let another = |slot| slot > last;
            let folded = stage.until_job(job, "another slot is folded", NEXT_SLOT, |status| {
                another(status.last_run.as_ref().and(status.last_schedule_time)) && status.outbox.is_empty()
            });
            let folded = folded.await?.last_schedule_time;
            if job == "changes" {
                last = folded;
            }
        }
    }
    for job in ["always", "changes"] {
        let runs = stage.runs(job).await?;
        ensure!(runs.len() == 5, "{job}: {} runs", runs.len());
        let slots: Vec<_> = runs.iter().filter_map(|run| run.spec.scheduled_time).collect();
        let minute = |pair: &[jiff::Timestamp]| pair[1].duration_since(pair[0]) == SignedDuration::from_mins(1);
        ensure!(slots.windows(2).all(minute), "{job}: {slots:?}");
        for run in &runs {
            let status = run.status.clone().unwrap_or_default();
            assert_eq!(
                (status.phase, status.verdict, status.attempt),
                (Some(Phase::Completed), Some(Verdict::ErrorsInvestigate), Some(1))
            );
            ensure!(lag(run)? < Duration::from_secs(3), "{job}: {:?} after its slot", lag(run)?);
        }
        let status = stage.job(job).await?;
        assert_eq!((status.missed, status.skipped), (None, None));
    }
    let messages = stage.bot.messages();
    let told = |job: &str| messages.iter().filter(|it| it.plain.contains(job)).map(|it| !it.silent).collect::<Vec<_>>();
    assert_eq!(told("REDIS Always"), [true, false, false, false, false], "{messages:#?}");
    assert_eq!(told("REDIS Changes"), [true], "{messages:#?}");
    ensure!(messages.iter().all(|it| it.plain.lines().next().is_some_and(|line| line.contains(redis.name()))));
    stage.done([operator])
}
