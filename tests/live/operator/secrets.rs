//! Secrets that are missing, and what works without them.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use stagewatch::api::{Severity, Verdict, job_status::OutboxState};

use super::{
    site::Site,
    stage::{NEXT_SLOT, SOON, Stage, condition},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_waits_for_its_telegram_secret_and_its_label() -> Result<()> {
    let (stage, site) = (Stage::new("telegram").await?, Site::start().await?);
    stage.kubectl(&["delete", "secret", "telegram"]).await?;
    let operator = stage.start_leader("operator").await?;
    site.answers(500);
    let spec = json!({"schedule": {"cron": ["@every 1m"]}, "websites": [site.spec("site")]});
    stage.create_job("staging", spec).await?;
    let waiting = async |words: &str| -> Result<String> {
        let told = |s: &stagewatch::api::MonitoringJobStatus| condition(&s.conditions, "Notified").2.contains(words);
        let status = stage.until_job("staging", words, NEXT_SLOT, told).await?;
        let (truth, reason, message) = condition(&status.conditions, "Notified");
        assert_eq!((truth, reason), ("False", "Undelivered"));
        // Another attempt may be under way by now.
        let entry = status.outbox.first().context("nothing waits")?;
        ensure!(matches!(entry.state, OutboxState::Pending | OutboxState::Sending), "{entry:?}");
        assert_eq!(condition(&status.conditions, "Ready").0, "True");
        assert_eq!(status.verdict, Some(Verdict::ErrorsInvestigate));
        Ok(message.to_owned())
    };
    let missing = waiting("no such Secret").await?;
    ensure!(missing.contains("\"telegram\"") && missing.contains(&stage.namespace), "{missing}");
    stage.telegram("telegram", false).await?;
    let unlabelled = waiting("not labelled").await?;
    let command = unlabelled.split_once("kubectl ").context("no command")?.1;
    ensure!(stage.bot.messages().is_empty());
    // What it says to type is what helps.
    stage.kubectl(&command.split_whitespace().collect::<Vec<_>>()).await?;
    let messages = stage.messages(1, NEXT_SLOT).await?;
    ensure!(messages[0].contains("answered 500"), "{messages:#?}");
    let told = |s: &stagewatch::api::MonitoringJobStatus| condition(&s.conditions, "Notified").0 == "True";
    let status = stage.until_job("staging", "it is notified", SOON, told).await?;
    ensure!(status.outbox.is_empty() && stage.bot.messages().len() == 1, "{:?}", status.outbox);
    ensure!(!stage.bot.messages()[0].silent);
    stage.done([operator])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_without_its_secret_is_told_and_the_rest_runs() -> Result<()> {
    let (stage, site) = (Stage::new("credentials").await?, Site::start().await?);
    let operator = stage.start_leader("operator").await?;
    let (mut login, mut authority) = (site.spec("login"), site.spec("authority"));
    login["headers"] =
        json!([{"name": "Authorization", "valueFrom": {"secretKeyRef": {"name": "staging-login", "key": "basic"}}}]);
    authority["tls"] = json!({"caSecretRef": {"name": "staging-ca"}});
    authority["url"] = json!("https://127.0.0.1:1");
    let spec = json!({
        "websites": [login, authority, site.spec("open")],
        "dockerHosts": [{
            "name": "host", "host": stage.rig.docker_tls_host(), "tlsSecretRef": {"name": "docker-tls"},
            "containers": [{"name": "redis"}],
        }],
    });
    stage.create_job("staging", spec).await?;
    let run = stage.create_run("staging").await?;
    let run = stage.until_run(&run, "ends", SOON, |status| status.completion_time.is_some()).await?;
    let found: Vec<_> = run.findings.iter().filter(|it| it.is_bad()).map(|it| (it.id.as_str(), it.severity)).collect();
    let ids =
        ["docker/host", "website/authority/home", "website/login/home"].map(|it| format!("{it}/CredentialsMissing"));
    let mut seen = found.clone();
    seen.sort_unstable();
    assert_eq!(seen, ids.each_ref().map(|id| (id.as_str(), Severity::Warning)), "{run:#?}");
    for (finding, secret) in [("docker/host", "docker-tls"), ("website/login", "staging-login")] {
        let told = run.findings.iter().find(|it| it.id.starts_with(finding)).context("it is not there")?;
        ensure!(told.message.contains(secret) && told.message.contains(&stage.namespace), "{told:?}");
    }
    assert_eq!(run.verdict, Some(Verdict::SuspiciousInvestigate));
    let open = run.observations.iter().find(|it| it.subject == "open").context("it was not looked at")?;
    assert_eq!(open.outcome, stagewatch::api::report::Outcome::Good, "{open:?}");

    // With its Secret, the host is looked at by the next run.
    stage.docker_tls("docker-tls").await?;
    let run = stage.create_run("staging").await?;
    let run = stage.until_run(&run, "ends", Duration::from_mins(1), |it| it.completion_time.is_some()).await?;
    let ids: Vec<_> = run.findings.iter().filter(|it| it.is_bad()).map(|it| it.id.as_str()).collect();
    ensure!(ids.contains(&"container/redis/Missing") && !ids.iter().any(|id| id.starts_with("docker/")), "{ids:?}");
    stage.done([operator])
}
