//! Slots, runs, and what a run costs.

use std::time::Duration;

use serde_json::json;
use stagewatch::{
    api::{
        MonitoringRun, Severity, Verdict,
        job_status::MessageKind,
        run::{Phase, Reason},
    },
    core::condition,
    engine::Notice,
    store::Store,
};

use crate::sim::{Sim, minutes, told};

const DOWN: &[(&str, Severity)] = &[("container/autopar-redis/NotRunning", Severity::Critical)];

fn every_minute(policy: &str) -> serde_json::Value {
    json!({"schedule": {"cron": ["@every 1m"]}, "notifications": told(policy)})
}

fn manual(name: &str) -> MonitoringRun {
    let spec = json!({"jobRef": {"name": "autopar-staging"}});
    run(name, spec)
}

fn run(name: &str, spec: serde_json::Value) -> MonitoringRun {
    let mut run = MonitoringRun::new(name, serde_json::from_value(spec).unwrap());
    run.metadata.namespace = Some("monitoring".into());
    run
}

fn status(run: &MonitoringRun) -> &stagewatch::api::MonitoringRunStatus {
    run.status.as_ref().unwrap()
}

#[tokio::test(start_paused = true)]
async fn five_slots_give_five_runs_and_one_ring() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(every_minute("Always")).await;
    sim.break_(DOWN);
    sim.run_for("a", minutes(5)).await;
    let runs = sim.runs().await;
    assert_eq!(runs.len(), 5);
    assert!(runs.iter().all(|r| status(r).verdict == Some(Verdict::ErrorsInvestigate)));
    let (alert, report) = ((MessageKind::Alert, true), (MessageKind::Report, false));
    assert_eq!(sim.kinds(), [alert, report, report, report, report]);
}

#[tokio::test(start_paused = true)]
async fn five_slots_give_one_message_under_changes() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(every_minute("Changes")).await;
    sim.break_(DOWN);
    sim.run_for("a", minutes(5)).await;
    assert_eq!(sim.kinds(), [(MessageKind::Alert, true)]);
}

#[tokio::test(start_paused = true)]
async fn a_recovery_replies_to_its_alert() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(every_minute("Changes")).await;
    sim.break_(DOWN);
    sim.run_for("a", minutes(2)).await;
    sim.break_(&[]);
    sim.run_for("b", minutes(2)).await;
    let accepted = sim.world.accepted.lock().unwrap().clone();
    assert_eq!(
        accepted.iter().map(|m| (m.kind, m.reply_to)).collect::<Vec<_>>(),
        [(MessageKind::Alert, None), (MessageKind::Recovery, Some(101))]
    );
    assert_eq!(sim.job().await.status.unwrap().incident, None);
}

#[tokio::test(start_paused = true)]
async fn a_run_costs_six_writes_and_idling_none() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(json!({
        "schedule": {"cron": ["@every 1h"]}, "notifications": told("Always"), "history": {"keep": 1, "keepProblems": 1},
    }))
    .await;
    sim.run_for("a", minutes(150)).await;
    let before = sim.store.writes();
    sim.run_for("b", minutes(25)).await;
    assert_eq!(sim.store.writes(), before, "an idle engine writes nothing");
    sim.run_for("c", minutes(10)).await;
    assert_eq!(sim.store.writes() - before, 6, "create, claim, commit, fold, sent, prune");
    assert_eq!(sim.runs().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn slots_of_an_outage_are_missed_but_the_newest() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(json!({"schedule": {"cron": ["@every 10m"]}, "notifications": told("Changes")})).await;
    sim.run_for("a", minutes(1)).await;
    tokio::time::sleep(minutes(61)).await;
    sim.run_for("b", minutes(1)).await;
    let job = sim.job().await.status.unwrap();
    let missed = job.missed.unwrap();
    assert_eq!((missed.count, missed.reason.as_str()), (5, "NotStarted"));
    assert_eq!(missed.untold, 0, "the next message told of them");
    assert_eq!(sim.runs().await.len(), 1);
    assert_eq!(job.next_run_time.as_deref(), Some("2026-11-24T04:10:00Z"));
}

#[tokio::test(start_paused = true)]
async fn a_slot_during_a_run_is_skipped_or_replaces_it() {
    for (policy, runs, skipped) in [("Forbid", 1, Some(2)), ("Replace", 3, None)] {
        let sim = Sim::new("2026-11-24T03:00:30Z");
        *sim.world.takes.lock().unwrap() = minutes(3);
        sim.create_job(json!({"schedule": {"cron": ["@every 1m"], "concurrencyPolicy": policy}, "timeout": "5m"}))
            .await;
        sim.run_for("a", minutes(3)).await;
        assert_eq!(sim.runs().await.len(), runs, "{policy}");
        let job = sim.job().await.status.unwrap();
        assert_eq!(job.skipped.map(|s| s.count), skipped, "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_too_long_fails_and_is_told() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    *sim.world.takes.lock().unwrap() = minutes(60);
    sim.create_job(every_minute("Changes")).await;
    sim.run_for("a", minutes(2)).await;
    let runs = sim.runs().await;
    assert_eq!((status(&runs[0]).phase, status(&runs[0]).reason), (Some(Phase::Failed), Some(Reason::TimedOut)));
    assert_eq!(status(&runs[0]).findings[0].id, "self/run/Failed");
    assert_eq!(sim.kinds(), [(MessageKind::Alert, true)]);
}

#[tokio::test(start_paused = true)]
async fn whoever_creates_a_run_triggers_one_and_it_is_never_pruned() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(json!({"history": {"keep": 1}})).await;
    for i in 0..3 {
        sim.store.create(&manual(&format!("by-hand-{i}"))).await.unwrap();
    }
    sim.run_for("a", minutes(1)).await;
    let runs = sim.runs().await;
    assert_eq!(runs.len(), 3);
    for run in &runs {
        assert!(condition::holds(&status(run).conditions, "Passed"));
        assert_eq!(run.metadata.owner_references.as_ref().unwrap()[0].name, "autopar-staging");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_by_hand_opens_nothing_and_may_close() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(json!({"schedule": {"cron": ["@every 1h"]}, "notifications": told("Changes")})).await;
    sim.run_for("a", minutes(1)).await;
    sim.break_(DOWN);
    sim.store.create(&manual("by-hand-1")).await.unwrap();
    sim.run_for("b", minutes(1)).await;
    assert_eq!(sim.kinds(), []);
    assert_eq!(sim.job().await.status.unwrap().verdict, None, "it moves nothing");
    tokio::time::sleep(minutes(58)).await;
    sim.run_for("c", minutes(1)).await;
    assert_eq!(sim.kinds(), [(MessageKind::Alert, true)]);
    sim.break_(&[]);
    sim.store.create(&run("by-hand-2", json!({"jobRef": {"name": "autopar-staging"}, "dryRun": true}))).await.unwrap();
    sim.run_for("d", minutes(1)).await;
    assert!(sim.job().await.status.unwrap().incident.is_some(), "a dry run moves nothing but its own status");
    sim.store.create(&manual("by-hand-3")).await.unwrap();
    sim.run_for("e", minutes(1)).await;
    assert_eq!(sim.kinds()[1..], [(MessageKind::Recovery, false)]);
}

#[tokio::test(start_paused = true)]
async fn a_run_without_a_job_says_so() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.store.create(&manual("by-hand")).await.unwrap();
    sim.run_for("a", minutes(1)).await;
    let runs = sim.runs().await;
    assert_eq!((status(&runs[0]).phase, status(&runs[0]).reason), (Some(Phase::Failed), Some(Reason::JobNotFound)));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_heard_of_before_its_job_waits_for_it() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.store.create(&manual("by-hand")).await.unwrap();
    let engine = sim.run_for("a", minutes(1));
    let later = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        sim.create_job(json!({})).await;
    };
    tokio::join!(engine, later);
    assert_eq!(status(&sim.runs().await[0]).phase, Some(Phase::Completed));
}

#[tokio::test(start_paused = true)]
async fn the_runs_of_a_job_that_cannot_be_read_stay_as_they_are() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    let odd = json!({"metadata": {"name": "autopar-staging"}, "spec": 5});
    sim.store.put(stagewatch::store::Kind::Job, "monitoring", "autopar-staging", &odd).unwrap();
    sim.store.create(&manual("by-hand")).await.unwrap();
    sim.run_for("a", minutes(1)).await;
    assert_eq!(sim.runs().await[0].status, None);
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_was_not_sent_is_dropped_when_the_spec_is_mended() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    *sim.world.deliveries.lock().unwrap() = vec![crate::sim::refused()];
    sim.create_job(json!({"schedule": {"cron": ["15 3 * *"]}, "notifications": told("Changes")})).await;
    sim.run_for("a", Duration::from_secs(5)).await;
    assert_eq!(sim.job().await.status.unwrap().outbox.len(), 1);
    sim.store.apply_job(&crate::sim::job("autopar-staging", every_minute("Changes"))).unwrap();
    sim.run_for("b", minutes(2)).await;
    assert_eq!(sim.kinds(), []);
    assert_eq!(sim.job().await.status.unwrap().outbox, []);
}

#[tokio::test(start_paused = true)]
async fn a_spec_that_cannot_be_run_is_told_once_and_mends() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    let job = json!({"schedule": {"cron": ["15 3 * *"]}, "notifications": told("Changes")});
    sim.create_job(job).await;
    sim.run_for("a", minutes(30)).await;
    let status = sim.job().await.status.unwrap();
    let ready = status.conditions.iter().find(|c| c.type_ == "Ready").unwrap();
    assert_eq!((ready.status.as_str(), ready.reason.as_str()), ("False", "InvalidSpec"));
    assert!(ready.message.starts_with("spec.schedule.cron[0]: "), "{}", ready.message);
    assert!(condition::holds(&status.conditions, "Stalled"));
    assert_eq!(sim.kinds(), [(MessageKind::Notice, true)]);
    assert!(matches!(sim.world.notices.lock().unwrap().as_slice(), [Notice::SpecInvalid { .. }]));
    sim.store.apply_job(&crate::sim::job("autopar-staging", every_minute("Changes"))).unwrap();
    sim.run_for("b", minutes(2)).await;
    let status = sim.job().await.status.unwrap();
    assert!(condition::holds(&status.conditions, "Ready"));
    assert_eq!(sim.runs().await.len(), 2);
    assert_eq!(status.missed, None, "no slot counts from before the schedule was mended");
}

#[tokio::test(start_paused = true)]
async fn suspend_and_resume_make_up_for_nothing() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(every_minute("Changes")).await;
    sim.run_for("a", minutes(1)).await;
    let mut suspended = every_minute("Changes");
    suspended["suspend"] = true.into();
    sim.store.apply_job(&crate::sim::job("autopar-staging", suspended)).unwrap();
    sim.run_for("b", minutes(10)).await;
    assert_eq!(sim.job().await.status.unwrap().next_run_time, None);
    sim.store.apply_job(&crate::sim::job("autopar-staging", every_minute("Changes"))).unwrap();
    sim.run_for("c", Duration::from_secs(10)).await;
    let status = sim.job().await.status.unwrap();
    assert_eq!((sim.runs().await.len(), status.missed), (1, None));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_deleted_takes_its_run_along() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    *sim.world.takes.lock().unwrap() = Duration::from_secs(40);
    sim.create_job(every_minute("Changes")).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let engine = tokio::spawn(sim.engine("a").run(stop.clone()));
    tokio::time::sleep(Duration::from_secs(40)).await;
    sim.store.delete(&sim.job().await).await.unwrap();
    tokio::time::sleep(minutes(3)).await;
    stop.cancel();
    engine.await.unwrap();
    assert_eq!(sim.runs().await.len(), 0);
    assert_eq!(sim.kinds(), []);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_is_told_and_counts_as_missed() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    let job = sim.create_job(json!({"schedule": {"cron": ["@every 1h"]}})).await;
    let slot = crate::sim::at("2026-11-24T04:00:00Z");
    let name = stagewatch::core::schedule::run_name("autopar-staging", job.metadata.uid.as_deref().unwrap(), slot);
    sim.store.create(&run(&name, json!({"jobRef": {"name": "another"}}))).await.unwrap();
    sim.run_for("a", minutes(61)).await;
    let missed = sim.job().await.status.unwrap().missed.unwrap();
    assert_eq!((missed.count, missed.reason.as_str(), missed.last_time), (1, "NameTaken", slot));
    assert!(sim.world.notices.lock().unwrap().iter().any(|n| matches!(n, Notice::NameTaken { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_spec_that_breaks_us_is_told_and_harms_no_other() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    let bad = crate::sim::job("bad", json!({"environment": "Breaks us", "schedule": {"cron": ["@every 1m"]}}));
    sim.store.create(&bad).await.unwrap();
    sim.create_job(every_minute("Changes")).await;
    sim.run_for("a", minutes(2)).await;
    assert!(sim.runs().await.iter().all(|run| run.spec.job_ref.name == "autopar-staging"));
    assert_eq!(sim.runs().await.len(), 2);
    let bad: stagewatch::api::MonitoringJob = sim.store.get("monitoring", "bad").await.unwrap().unwrap();
    assert!(condition::holds(&bad.status.unwrap().conditions, "Stalled"));
}

#[tokio::test(start_paused = true)]
async fn one_bad_object_does_not_harm_another() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.store
        .put(stagewatch::store::Kind::Job, "monitoring", "broken", &json!({"metadata": {"name": "broken"}, "spec": 5}))
        .unwrap();
    sim.create_job(every_minute("Changes")).await;
    sim.run_for("a", minutes(2)).await;
    assert_eq!(sim.runs().await.len(), 2);
    assert!(matches!(&sim.world.notices.lock().unwrap()[0], Notice::Undecodable { name, .. } if name == "broken"));
}
