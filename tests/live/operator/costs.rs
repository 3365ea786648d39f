//! What the operator writes, as the API server's audit log has it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use xtask::say::say;

use super::{
    process::Request,
    site::Site,
    stage::{NEXT_SLOT, SOON, Stage, second_of_minute, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_minute_writes_nothing_but_the_lease() -> Result<()> {
    let (stage, site) = (Stage::new("idle").await?, Site::start().await?);
    let operator = stage.start_leader("operator").await?;
    stage.create_job("yearly", json!({"schedule": {"cron": ["0 0 1 1 *"]}, "websites": [site.spec("site")]})).await?;
    stage.create_job("on-demand", json!({"websites": [site.spec("site")]})).await?;
    stage.create_job("broken", json!({"schedule": {"cron": ["every day"]}, "websites": [site.spec("site")]})).await?;
    for job in ["yearly", "on-demand"] {
        let run = stage.create_run(job).await?;
        stage.until_run(&run, "ends", SOON, |status| status.completion_time.is_some()).await?;
    }
    stage.until_job("broken", "its notice is sent", SOON, |s| s.last_notification.is_some()).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = stage.requests()?.len();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let idle = stage.requests()?.split_off(before);
    let (lease, others): (Vec<Request>, _) = idle
        .into_iter()
        .filter(|request| !["get", "list", "watch"].contains(&request.verb.as_str()))
        .partition(|request| request.resource == "leases" && request.verb == "update");
    say(format!("an idle minute: {} renewals of the lease, {} other writes", lease.len(), others.len()));
    ensure!(others.is_empty(), "{others:#?}");
    ensure!((10..=14).contains(&lease.len()), "the lease was renewed {} times", lease.len());
    stage.done([operator])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_costs_at_most_six_writes() -> Result<()> {
    let (stage, site) = (Stage::new("writes").await?, Site::start().await?);
    let operator = stage.start_leader("operator").await?;
    let spec = json!({
        "schedule": {"cron": ["@every 1m"]},
        "history": {"keep": 1},
        "websites": [site.spec("site")],
        "notifications": {"policy": "Always"},
    });
    stage.create_job("staging", spec).await?;
    // Three runs that were pruned: the life of each is over.
    let pruned = until("three runs are pruned", NEXT_SLOT * 4, async || {
        let mut deleted = stage.writes()?;
        deleted.retain(|write| write.verb == "delete");
        Ok(if deleted.len() >= 3 { Ok(deleted) } else { Err(deleted) })
    })
    .await?;
    // Not amid the next one.
    second_of_minute(30).await;
    let writes = stage.writes()?;
    ensure!(writes.iter().all(|write| write.code < 400), "{writes:#?}");
    let created: Vec<&Request> = writes.iter().filter(|write| write.verb == "create").collect();
    for run in pruned.iter().map(|write| &write.name) {
        let at = created.iter().position(|it| &it.name == run).context("it was not created")?;
        let own: Vec<&Request> = writes.iter().filter(|write| &write.name == run).collect();
        let (from, to) = (&created[at].at, created.get(at + 1).map(|next| &next.at).context("no run after it")?);
        let of_job = writes.iter().filter(|write| write.name == "staging" && &write.at >= from && &write.at < to);
        let all: Vec<&Request> = own.into_iter().chain(of_job).collect();
        say(format!("a run: {} writes", all.len()));
        ensure!(all.len() <= 6, "{run}: {} writes: {all:#?}", all.len());
        let has = |verb: &str, resource: &str| all.iter().any(|it| it.verb == verb && it.resource == resource);
        ensure!(has("patch", "monitoringruns/status") && has("patch", "monitoringjobs/status"), "{all:#?}");
    }
    ensure!(stage.bot.messages().len() >= 4, "each run was told: {:#?}", stage.bot.messages());
    stage.done([operator])
}
