//! Messages over a Bot API that fails.

use serde_json::json;
use stagewatch::{
    api::{
        Severity,
        job_status::{MessageKind, OutboxState},
    },
    core::{condition, outbox::Delivery},
};

use crate::sim::{Sim, minutes, refused, seconds, told};

const DOWN: &[(&str, Severity)] = &[("container/autopar-redis/NotRunning", Severity::Critical)];

async fn sim(policy: &str) -> Sim {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(json!({"schedule": {"cron": ["@every 1m"]}, "notifications": told(policy)})).await;
    sim.break_(DOWN);
    sim
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_was_not_sent_is_sent_later() {
    let sim = sim("Changes").await;
    *sim.world.deliveries.lock().unwrap() = vec![refused(), refused(), refused()];
    sim.run_for("a", minutes(5)).await;
    assert_eq!(sim.kinds(), [(MessageKind::Alert, true)]);
    assert!(condition::holds(&sim.job().await.status.unwrap().conditions, "Notified"));
}

#[tokio::test(start_paused = true)]
async fn a_429_waits_as_long_as_it_says() {
    let sim = sim("Changes").await;
    *sim.world.deliveries.lock().unwrap() = vec![Delivery::RetryAfter { pause: seconds(35), parts_sent: 0 }];
    let stop = tokio_util::sync::CancellationToken::new();
    let engine = tokio::spawn(sim.engine("a").run(stop.clone()));
    tokio::time::sleep(minutes(1)).await;
    assert_eq!(sim.kinds(), []);
    let status = sim.job().await.status.unwrap();
    assert_eq!(status.outbox[0].state, OutboxState::Pending);
    assert!(!condition::holds(&status.conditions, "Notified"));
    tokio::time::sleep(std::time::Duration::from_secs(15)).await;
    assert_eq!(sim.kinds(), [(MessageKind::Alert, true)]);
    stop.cancel();
    engine.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_ambiguous_is_sent_again_once_and_says_so() {
    let sim = sim("Changes").await;
    let lost = || Delivery::Ambiguous { error: "no answer within 20 s".into(), parts_sent: 0 };
    *sim.world.deliveries.lock().unwrap() = vec![lost(), lost(), lost()];
    sim.run_for("a", minutes(5)).await;
    let attempts = sim.world.attempts.lock().unwrap().clone();
    assert_eq!(attempts.iter().map(|m| m.maybe_sent).collect::<Vec<_>>(), [false, true]);
    assert_eq!(sim.job().await.status.unwrap().last_notification.unwrap().state, OutboxState::Ambiguous);
}

#[tokio::test(start_paused = true)]
async fn an_alert_and_its_recovery_merge_while_nothing_can_be_sent() {
    let sim = sim("Changes").await;
    *sim.world.deliveries.lock().unwrap() = vec![refused(); 3];
    sim.run_for("a", minutes(1)).await;
    sim.break_(&[]);
    sim.run_for("b", minutes(3)).await;
    assert_eq!(sim.kinds(), [(MessageKind::WasDown, false)]);
}

#[tokio::test(start_paused = true)]
async fn with_the_bot_api_down_every_opening_is_delivered_in_order() {
    let sim = sim("Changes").await;
    *sim.world.deliveries.lock().unwrap() = vec![refused(); 6];
    sim.run_for("a", minutes(1)).await;
    sim.break_(&[]);
    sim.run_for("b", minutes(1)).await;
    sim.break_(&[("website/staging/home/UnexpectedStatus", Severity::Critical)]);
    sim.run_for("c", minutes(15)).await;
    assert_eq!(sim.kinds(), [(MessageKind::WasDown, false), (MessageKind::Alert, true)]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_sends_nothing() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(json!({"schedule": {"cron": ["@every 1m"]}, "notifications": told("Always"), "dryRun": true})).await;
    sim.run_for("a", minutes(2)).await;
    assert_eq!(sim.kinds(), []);
    assert_eq!(sim.job().await.status.unwrap().last_notification.unwrap().state, OutboxState::DryRun);
}
