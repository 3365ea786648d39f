//! What people see: columns, conditions to wait for, probes and metrics.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use xtask::rig::docker::ContainerOptions;

use super::{
    site::Site,
    stage::{NEXT_SLOT, SOON, Stage, until},
};

/// The columns of a job.
const COLUMNS: [&str; 8] = ["NAME", "READY", "VERDICT", "SCHEDULE", "LAST RUN", "NEXT RUN", "FINDINGS", "AGE"];

/// The words of a table's row of this name under its headings; two words of a heading are one.
fn row(table: &str, headings: &[&str], name: &str) -> Result<Vec<(String, String)>> {
    let mut lines = table.lines();
    let heading = lines.next().context("no heading")?;
    ensure!(heading.split("  ").filter(|it| !it.is_empty()).map(str::trim).eq(headings.iter().copied()), "{table}");
    let line = lines.find(|line| line.starts_with(name)).with_context(|| format!("no {name} in\n{table}"))?;
    let starts: Vec<usize> = headings.iter().filter_map(|it| heading.find(it)).collect();
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    let cell =
        |(start, end): (&usize, usize)| line.get(*start..end.min(line.len())).unwrap_or_default().trim().to_owned();
    Ok(headings.iter().map(ToString::to_string).zip(starts.iter().zip(ends).map(cell)).collect())
}

fn values(row: &[(String, String)]) -> Vec<&str> {
    row.iter().map(|(_, value)| value.as_str()).collect()
}

/// Whether this is an age of at most two minutes, as kubectl prints it.
fn is_young(age: &str) -> bool {
    let seconds = age.strip_suffix('s').map(|rest| rest.rsplit('m').next().unwrap_or(rest));
    seconds.is_some_and(|it| it.parse::<u32>().is_ok()) && !age.contains('h')
}

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_of_a_job_are_true() -> Result<()> {
    let (stage, site) = (Stage::new("columns").await?, Site::start().await?);
    stage.docker_tls("docker-tls").await?;
    let redis = stage.rig.docker.run("op-columns-redis", "stagewatch-rig/redis:12", &ContainerOptions::default())?;
    redis.wait_healthy(SOON)?;
    let operator = stage.start_leader("operator").await?;
    let spec = json!({
        "schedule": {"cron": ["@every 1m"]},
        "websites": [site.spec("staging")],
        "dockerHosts": [{
            "name": "host", "host": stage.rig.docker_tls_host(), "tlsSecretRef": {"name": "docker-tls"},
            "containers": [{"name": redis.name(), "profile": "redis"}],
        }],
    });
    stage.create_job("autopar-staging", spec).await?;
    let folded = |runs: i32| {
        let stage = &stage;
        async move {
            let folded =
                |s: &stagewatch::api::MonitoringJobStatus| s.last_run.as_ref().is_some_and(|r| r.critical >= runs);
            stage.until_job("autopar-staging", "a run is folded", NEXT_SLOT, folded).await
        }
    };
    folded(0).await?;
    let shown = row(&stage.kubectl(&["get", "monitoringjobs"]).await?, &COLUMNS, "autopar-staging")?;
    let next = (Timestamp::now().as_second() / 60 + 1) * 60;
    let next = Timestamp::from_second(next)?.to_string();
    let [name, ready, verdict, schedule, last, next_run, findings, age] = values(&shown)[..] else { unreachable!() };
    assert_eq!(
        [name, ready, verdict, schedule, next_run, findings],
        ["autopar-staging", "True", "ALL_GOOD", "@every 1m (Etc/UTC)", &next, "0"]
    );
    ensure!(is_young(last) && is_young(age), "{shown:?}");

    redis.docker(&["stop"])?;
    folded(1).await?;
    let wide = [&COLUMNS[..7], &["CAUSE", "AGE"]].concat();
    let shown = row(&stage.kubectl(&["get", "mj", "-o", "wide"]).await?, &wide, "autopar-staging")?;
    let [_, ready, verdict, _, _, _, findings, cause, _] = values(&shown)[..] else { unreachable!() };
    assert_eq!([ready, verdict, findings], ["True", "ERRORS_INVESTIGATE", "1"]);
    ensure!(cause.contains(redis.name()) && cause.contains("exit"), "{shown:?}");

    let runs = stage.kubectl(&["get", "mr", "--sort-by=.spec.scheduledTime", "-o", "wide"]).await?;
    let columns = ["NAME", "JOB", "TRIGGER", "PHASE", "VERDICT", "STARTED", "DURATION", "CAUSE", "WHY", "AGE"];
    let newest = stage.runs("autopar-staging").await?.pop().context("no run")?.metadata.name.context("no name")?;
    let shown = row(&runs, &columns, &newest)?;
    let [_, job, trigger, phase, verdict, started, duration, cause, why, _] = values(&shown)[..] else {
        unreachable!()
    };
    assert_eq!(
        [job, trigger, phase, verdict, cause],
        ["autopar-staging", "Schedule", "Completed", "ERRORS_INVESTIGATE", redis.name()]
    );
    ensure!(is_young(started) && duration.ends_with('s') && !why.is_empty(), "{runs}");
    stage.done([operator])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_created_with_kubectl_can_be_waited_for_and_goes_with_its_job() -> Result<()> {
    let (stage, site) = (Stage::new("by-hand").await?, Site::start().await?);
    let operator = stage.start_leader("operator").await?;
    stage.create_job("staging", json!({"websites": [site.spec("site")]})).await?;
    let run = json!({
        "apiVersion": "monitoring.pitchai.net/v1alpha1", "kind": "MonitoringRun",
        "metadata": {"generateName": "staging-"}, "spec": {"jobRef": {"name": "staging"}},
    });
    let file = stage.folder().join("run.json");
    std::fs::write(&file, run.to_string())?;
    let create = ["create", "-f", &file.display().to_string(), "-o", "name"];
    let good = stage.kubectl(&create).await?;
    let passed = |timeout| ["wait", "--for=condition=Passed", timeout];
    stage.kubectl(&[&passed("--timeout=30s")[..], &[&good]].concat()).await?;
    site.answers(500);
    let bad = stage.kubectl(&create).await?;
    stage.kubectl(&["wait", "--for=condition=Complete", "--timeout=30s", &bad]).await?;
    stage.kubectl(&["wait", "--for=condition=Passed=false", "--timeout=5s", &bad]).await?;
    ensure!(stage.kubectl(&[&passed("--timeout=1s")[..], &[&bad]].concat()).await.is_err(), "a bad run passes");

    ensure!(stage.runs("staging").await?.len() == 2);
    stage.kubectl(&["delete", "mj", "staging", "--wait=false"]).await?;
    // The collector of the cluster learns of new kinds of objects every half a minute.
    until("no run is left", Duration::from_mins(2), async || {
        let left = stage.kubectl(&["get", "mr,mj", "-o", "name"]).await?;
        Ok(if left.is_empty() { Ok(()) } else { Err(left) })
    })
    .await?;
    stage.done([operator])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_a_job_fails_and_one_that_comes_before_its_job_does_not() -> Result<()> {
    let (stage, site) = (Stage::new("no-job").await?, Site::start().await?);
    let operator = stage.start_leader("operator").await?;
    let (lost, early) = (stage.create_run("nowhere").await?, stage.create_run("staging").await?);
    // As long as one `kubectl apply` of both takes, with time to spare.
    tokio::time::sleep(Duration::from_secs(2)).await;
    stage.create_job("staging", json!({"websites": [site.spec("site")]})).await?;
    let ended = |s: &stagewatch::api::MonitoringRunStatus| s.completion_time.is_some();
    let early = stage.until_run(&early, "ends", SOON, ended).await?;
    ensure!(early.verdict.is_some() && early.reason.is_none(), "{early:?}");
    let lost = stage.until_run(&lost, "ends", SOON, ended).await?;
    let message = lost.message.unwrap_or_default();
    ensure!(message == "there is no MonitoringJob \"nowhere\" in this namespace", "{message}");
    stage.done([operator])
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_metrics_tell_who_leads_and_what_was_done() -> Result<()> {
    let (stage, site) = (Stage::new("metrics").await?, Site::start().await?);
    let first = stage.start_leader("first").await?;
    let second = stage.start("second", &[]).await?;
    stage.create_job("staging", json!({"websites": [site.spec("site")]})).await?;
    let run = stage.create_run("staging").await?;
    stage.until_run(&run, "ends", SOON, |status| status.completion_time.is_some()).await?;
    for operator in [&first, &second] {
        assert_eq!(operator.get("/healthz").await?, (200, "ok\n".to_owned()));
        assert_eq!(operator.get("/readyz").await?, (200, "ok\n".to_owned()));
        assert_eq!(operator.get("/nothing").await?.0, 404);
        let (status, text) = operator.get("/metrics").await?;
        ensure!(status == 200 && text.ends_with("# EOF\n"), "{text}");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').with_context(|| line.to_owned())?;
            ensure!(name.starts_with("stagewatch_") && value.parse::<f64>().is_ok(), "{line}");
        }
    }
    assert_eq!(
        (first.metric("stagewatch_leader").await?, second.metric("stagewatch_leader").await?),
        (Some(1.0), Some(0.0))
    );
    let done = r#"stagewatch_runs_total{trigger="Manual",phase="Completed",verdict="ALL_GOOD"}"#;
    assert_eq!((first.metric(done).await?, second.metric(done).await?), (Some(1.0), None));
    assert_eq!(first.metric("stagewatch_run_seconds_count").await?, Some(1.0));
    let ran = stage.run(&run).await?;
    let took = SignedDuration::try_from(Duration::from_secs_f64(
        first.metric("stagewatch_run_seconds_sum").await?.unwrap_or(-1.0).max(0.0),
    ))?;
    let told = ran.completion_time.zip(ran.start_time).map(|(end, start)| end.duration_since(start));
    assert_eq!(told.map(|it| it.as_millis()), Some(took.as_millis()));
    stage.done([first, second])
}
