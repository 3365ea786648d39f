//! One bad resource never harms another.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use stagewatch::api::{MonitoringJob, MonitoringJobStatus, Verdict, run::Phase};
use xtask::{rig::docker::ContainerOptions, say::say};

use super::{
    site::Site,
    stage::{NEXT_SLOT, SOON, Stage, condition, lag, odd_namespace, second_of_minute, until},
};

/// As many as a job may have, each as expensive as fits.
fn hostile_patterns() -> Vec<Value> {
    let pattern = |n: usize| json!({"id": format!("p{n}"), "severity": "Critical", "regex": format!(r"(\w+[ -]?){{1,5}}never{n}$")});
    (0..64).map(pattern).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_an_unreadable_and_a_hostile_job_leave_a_good_one_on_time() -> Result<()> {
    let site = Site::start().await?;
    // Where a job is that this version cannot read.
    let stage = Stage::without_secrets(&odd_namespace()).await?;
    stage.telegram("telegram", true).await?;
    stage.docker_tls("docker-tls").await?;
    let script = "i=0; while [ $i -lt 100000 ]; do echo \"aaaa bbbb-cccc dddd eeee ffff-gggg xyxyxyz $i\"; i=$((i+1)); done; sleep 600";
    let options = ContainerOptions { options: &["--no-healthcheck"], command: &["sh", "-c", script] };
    let loud = stage.rig.docker.run("op-harm-loud", "stagewatch-rig/redis:12", &options)?;
    let operator = stage.start_leader("operator").await?;
    let every_minute = json!({"cron": ["@every 1m"]});
    let schedule = |mut spec: Value| {
        spec["schedule"] = every_minute.clone();
        spec
    };
    stage.create_job("broken", json!({"schedule": {"cron": ["61 * * * *"]}, "websites": [site.spec("site")]})).await?;
    let hostile = json!({
        "dockerHosts": [{
            "name": "host", "host": stage.rig.docker_tls_host(), "tlsSecretRef": {"name": "docker-tls"},
            "containers": [{"name": loud.name()}],
        }],
        "patterns": hostile_patterns(),
    });
    stage.create_job("hostile", schedule(hostile)).await?;
    stage.create_job("good", schedule(json!({"websites": [site.spec("site")]}))).await?;
    // Somebody asks for a run of the job that cannot be read; it stays as it is.
    let of_odd = stage.create_run("odd").await?;

    let until_good = async |runs: i32| {
        let folded = |s: &MonitoringJobStatus| s.consecutive.is_some_and(|it| it.good >= runs);
        stage.until_job("good", "another good run", NEXT_SLOT, folded).await
    };
    until_good(1).await?;
    // To understand such a spec takes seconds in a debug build: it does so at the next slot, several times over.
    second_of_minute(58).await;
    for edit in 0..4 {
        stage.edit_job("hostile", json!({"title": format!("HOSTILE {edit}")})).await?;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    until_good(2).await?;
    let good = until_good(3).await?;
    assert_eq!((good.verdict, good.missed, good.skipped), (Some(Verdict::AllGood), None, None));
    for run in stage.runs("good").await? {
        let late = lag(&run)?;
        say(format!("beside a hostile job: a run {late:?} after its slot"));
        ensure!(late < Duration::from_secs(3), "{late:?} after its slot");
        let took = run.status.and_then(|it| Some(it.completion_time?.duration_since(it.start_time?)));
        ensure!(took.is_some_and(|it| it.as_secs() < 5), "it took {took:?}");
    }
    // The hostile one was run as well, to the end of what it may take.
    let hostile = stage.runs("hostile").await?;
    let ended = hostile.iter().filter_map(|run| run.status.as_ref()).filter(|it| it.completion_time.is_some());
    ensure!(ended.count() >= 1, "{hostile:#?}");
    let ready = condition(&stage.job("hostile").await?.conditions, "Ready").0.to_owned();
    assert_eq!(ready, "True", "its patterns are taken, however expensive");
    assert_eq!(condition(&stage.job("broken").await?.conditions, "Stalled").0, "True");
    until("an Event about the unreadable job", SOON, async || {
        let events = stage.events("odd").await?;
        let told = events.iter().any(|it| it.starts_with("Undecodable: ") && it.contains("Odd"));
        Ok(if told { Ok(()) } else { Err(events) })
    })
    .await?;
    let phase = stage.run(&of_odd).await?.phase.unwrap_or_default();
    assert_eq!(phase, Phase::Pending, "who can read its job may run it");
    let unreadable = operator.metric(r#"stagewatch_undecodable_objects_total{kind="MonitoringJob"}"#).await?;
    ensure!(unreadable >= Some(1.0), "{unreadable:?}");

    // Once it can be read, it is run.
    let mended =
        json!({"spec": {"notifications": {"policy": "Always", "receivers": []}, "websites": [site.spec("site")]}});
    let mended = kube::api::Patch::Merge(mended);
    kube::Api::<MonitoringJob>::namespaced(stage.client.clone(), &stage.namespace)
        .patch("odd", &kube::api::PatchParams::default(), &mended)
        .await?;
    stage.until_run(&of_odd, "ends", SOON, |status| status.phase == Some(Phase::Completed)).await?;
    stage.done([operator])
}
