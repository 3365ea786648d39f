//! A crash at every point, two holders at once, and a rollout.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use stagewatch::{
    api::{Severity, job_status::MessageKind, run::Phase},
    store::memory::Fault,
};

use crate::sim::{Sim, minutes, told};

const DOWN: &[(&str, Severity)] = &[("container/autopar-redis/NotRunning", Severity::Critical)];

async fn sim() -> Sim {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(json!({"schedule": {"cron": ["@every 1m"]}, "notifications": told("Changes")})).await;
    sim.break_(DOWN);
    sim
}

/// What holds whatever happened: each slot one run that came to its end, and the alert told.
async fn nothing_is_lost(sim: &Sim, crashes: usize, context: &str) {
    let runs = sim.runs().await;
    let mut slots = BTreeMap::new();
    for run in &runs {
        *slots.entry(run.spec.scheduled_time).or_insert(0) += 1;
        assert_eq!(run.status.as_ref().unwrap().phase, Some(Phase::Completed), "{context}");
    }
    let status = sim.job().await.status.unwrap();
    let missed = usize::try_from(status.missed.map_or(0, |m| m.count)).unwrap();
    let skipped = usize::try_from(status.skipped.map_or(0, |m| m.count)).unwrap();
    assert_eq!(slots.len() + missed + skipped, 3, "{context}: each slot has exactly one outcome");
    assert!(slots.values().all(|n| *n == 1), "{context}");
    let alerts = sim.world.accepted.lock().unwrap().iter().filter(|m| m.kind == MessageKind::Alert).count();
    assert!((1..=1 + crashes).contains(&alerts), "{context}: {alerts} alerts");
    assert_eq!(status.outbox.len(), 0, "{context}");
    for (run, attempts) in sim.world.executions.lock().unwrap().iter().fold(BTreeMap::new(), |mut map, (run, _)| {
        *map.entry(run.clone()).or_insert(0) += 1;
        map
    }) {
        assert!(attempts <= 1 + crashes, "{context}: {run} executed {attempts} times");
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_loses_nothing() {
    // The first slot's run, from its creation to its message, takes less than five seconds of these.
    for tenths in 0..40 {
        let sim = sim().await;
        let engine = tokio::spawn(sim.engine("a").run(tokio_util::sync::CancellationToken::new()));
        tokio::time::sleep(Duration::from_millis(29_900 + tenths * 100)).await;
        engine.abort();
        let _ = engine.await;
        sim.run_for("b", Duration::from_millis(180_000 - 29_900 - tenths * 100)).await;
        nothing_is_lost(&sim, 1, &format!("crash after {} ms", 29_900 + tenths * 100)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_at_any_call_loses_nothing() {
    let undisturbed = sim().await;
    let before = undisturbed.store.calls();
    undisturbed.run_for("a", minutes(3)).await;
    for fault in [Fault::Before, Fault::After] {
        for call in 0..undisturbed.store.calls() - before {
            let sim = sim().await;
            sim.store.fail(call, 1, fault);
            sim.run_for("a", minutes(3)).await;
            nothing_is_lost(&sim, 0, &format!("{fault:?} at call {call}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_holders_at_once_are_safe() {
    let sim = sim().await;
    let (a, b) = (sim.run_for("a", minutes(3)), sim.run_for("b", minutes(3)));
    tokio::join!(a, b);
    let runs = sim.runs().await;
    assert_eq!(runs.len(), 3);
    let alerts = sim.world.accepted.lock().unwrap().iter().filter(|m| m.kind == MessageKind::Alert).count();
    assert!(alerts >= 1);
}

#[tokio::test(start_paused = true)]
async fn a_rollout_costs_no_attempt() {
    let sim = sim().await;
    *sim.world.takes.lock().unwrap() = Duration::from_secs(20);
    for (i, holder) in ["a", "b", "c", "d"].into_iter().enumerate() {
        // The first slot comes after 30 s; each of the holders is stopped in the middle of its run.
        sim.run_for(holder, Duration::from_secs(if i == 0 { 35 } else { 5 })).await;
    }
    sim.run_for("e", Duration::from_secs(40)).await;
    let runs = sim.runs().await;
    let first = runs[0].status.as_ref().unwrap();
    assert_eq!((first.phase, first.attempt), (Some(Phase::Completed), Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_run_is_taken_over_once_and_then_fails() {
    let sim = sim().await;
    *sim.world.takes.lock().unwrap() = Duration::from_secs(20);
    for (i, holder) in ["a", "b"].into_iter().enumerate() {
        let engine = tokio::spawn(sim.engine(holder).run(tokio_util::sync::CancellationToken::new()));
        tokio::time::sleep(Duration::from_secs(if i == 0 { 35 } else { 5 })).await;
        engine.abort();
        let _ = engine.await;
    }
    sim.run_for("c", Duration::from_secs(10)).await;
    let runs = sim.runs().await;
    let first = runs[0].status.as_ref().unwrap();
    assert_eq!((first.phase, first.attempt), (Some(Phase::Failed), Some(2)));
    assert_eq!(first.findings[0].id, "self/run/Failed");
    assert_eq!(sim.kinds(), [(MessageKind::Alert, true)]);
}
