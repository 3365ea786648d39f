//! `stagewatch trigger` in a cluster.

use std::process::Output;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{site::Site, stage::Stage};

/// `stagewatch trigger …` as a person with a kubeconfig.
async fn trigger(stage: &Stage, line: &str) -> Result<(Option<i32>, String, String)> {
    let mut command = Command::new(&stage.rig.binary);
    command.arg("trigger").args(line.split(' ')).args(["--namespace", &stage.namespace]);
    command.env("KUBECONFIG", &stage.rig.kubeconfig).env_remove("STAGEWATCH_STATE").env_remove("RUST_LOG");
    let Output { status, stdout, stderr } = command.output().await?;
    Ok((status.code(), String::from_utf8(stdout)?, String::from_utf8(stderr)?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_triggered_run_ends_with_its_report_and_its_exit_code() -> Result<()> {
    let (stage, site) = (Stage::new("trigger").await?, Site::start().await?);
    stage.create_job("staging", json!({"websites": [site.spec("site")], "confirm": {"attempts": 1}})).await?;

    let (code, out, err) = trigger(&stage, "other").await?;
    ensure!(code == Some(1) && err.contains("there is no job \"other\"; known are: staging"), "{out}{err}");
    let (code, out, err) = trigger(&stage, "staging --wait --timeout 1").await?;
    ensure!(code == Some(1) && err.contains("was not done within 1 s: is an operator"), "{out}{err}");

    let operator = stage.start_leader("operator").await?;
    let (code, out, err) = trigger(&stage, "staging --wait --timeout 60").await?;
    ensure!(code == Some(0) && err.is_empty() && out.starts_with("ALL_GOOD  "), "{code:?} {out}{err}");
    site.answers(502);
    let (code, out, err) = trigger(&stage, "staging --wait --timeout 60 --dry-run --hours 2 -o json").await?;
    let report: Value = serde_json::from_str(&out)?;
    ensure!(code == Some(3) && err.is_empty() && report["verdict"] == "ERRORS_INVESTIGATE", "{code:?} {out}{err}");
    ensure!(report["findings"][0]["id"] == "website/site/home/UnexpectedStatus", "{out}");

    let (code, out, err) = trigger(&stage, "staging --fail-on SUSPICIOUS_INVESTIGATE").await?;
    ensure!(code == Some(0) && out.starts_with("monitoringrun/staging-") && out.ends_with(" created\n"), "{out}{err}");
    let name = out.split([' ', '/']).nth(1).unwrap_or_default();
    let spec = stage.kubectl(&["get", "monitoringrun", name, "-o", "jsonpath={.spec.trigger} {.spec.failOn}"]).await?;
    ensure!(spec == "Manual SUSPICIOUS_INVESTIGATE", "{spec}");
    stage.done([operator])
}
