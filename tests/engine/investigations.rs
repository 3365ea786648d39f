//! Investigations beside the schedule: when, at every crash, and what is told of them.

use std::time::Duration;

use serde_json::{Value, json};
use stagewatch::{
    api::{
        MonitoringRun, Severity,
        analysis::{Investigation, InvestigationPhase},
        job_status::{MessageKind, OutboxState},
        run::Phase,
    },
    store::{Store, memory::Fault},
};
use tokio_util::sync::CancellationToken;

use crate::sim::{Sim, minutes, refused, told};

const DOWN: &[(&str, Severity)] = &[("container/autopar-redis/NotRunning", Severity::Critical)];
const WORSE: &[(&str, Severity)] = &[
    ("container/autopar-redis/NotRunning", Severity::Critical),
    ("website/staging/home/UnexpectedStatus", Severity::Critical),
];
const ALERT: (MessageKind, bool) = (MessageKind::Alert, true);
const INVESTIGATION: (MessageKind, bool) = (MessageKind::Investigation, false);

fn claude(investigate: &str, daily: i64) -> Value {
    json!({"claude": {
        "model": "claude-sonnet-5-5", "apiKeySecretRef": {"name": "claude", "key": "api-key"},
        "investigate": investigate, "budget": {"dailyTokens": daily},
    }})
}

fn spec(investigate: &str, policy: &str) -> Value {
    json!({
        "schedule": {"cron": ["@every 1m"]}, "notifications": told(policy), "analysis": claude(investigate, 1_000_000),
    })
}

async fn sim(investigate: &str, policy: &str) -> Sim {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    sim.create_job(spec(investigate, policy)).await;
    sim.break_(DOWN);
    sim
}

fn of(run: &MonitoringRun) -> Option<&Investigation> {
    run.status.as_ref().and_then(|status| status.investigation.as_ref())
}

fn stopped(run: &MonitoringRun) -> (InvestigationPhase, i32, &str) {
    let investigation = of(run).unwrap();
    (investigation.phase, investigation.attempt, investigation.stop_reason.as_deref().unwrap())
}

/// Runs an engine for `span`, and lets it die.
async fn crash(sim: &Sim, holder: &str, span: Duration) {
    let engine = tokio::spawn(sim.engine(holder).run(CancellationToken::new()));
    tokio::time::sleep(span).await;
    engine.abort();
    let _ = engine.await;
}

/// What holds whatever happened: every slot has its run, and the incident its alert and after it, as a reply, the one
/// investigation.
async fn all_is_told(sim: &Sim, crashes: usize, context: &str) {
    let runs = sim.runs().await;
    assert_eq!(runs.len(), 3, "{context}");
    assert!(runs.iter().all(|run| run.status.as_ref().unwrap().phase == Some(Phase::Completed)), "{context}");
    let investigated: Vec<&MonitoringRun> = runs.iter().filter(|run| of(run).is_some()).collect();
    assert_eq!(investigated.len(), 1, "{context}");
    assert_eq!(stopped(investigated[0]).0, InvestigationPhase::Completed, "{context}");
    let status = sim.job().await.status.unwrap();
    assert_eq!((status.investigation, status.outbox.len()), (None, 0), "{context}");
    assert_eq!(status.usage.unwrap().tokens, 1000, "{context}: counted once");
    let begun = sim.world.investigations.lock().unwrap().len();
    assert!((1..=1 + crashes).contains(&begun), "{context}: begun {begun} times");
    let accepted = sim.world.accepted.lock().unwrap().clone();
    let ids = |kind| (101_i64..).zip(&accepted).filter(move |(_, m)| m.kind == kind);
    let alerts: Vec<i64> = ids(MessageKind::Alert).map(|(id, _)| id).collect();
    let replies: Vec<_> = ids(MessageKind::Investigation).collect();
    assert!((1..=1 + crashes).contains(&alerts.len()), "{context}: {accepted:?}");
    assert!((1..=1 + crashes).contains(&replies.len()), "{context}: {accepted:?}");
    for (id, reply) in replies {
        assert!(!reply.rings && alerts.contains(&reply.reply_to.unwrap()), "{context}: {accepted:?}");
        assert!(alerts[0] < id, "{context}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_incident_is_investigated_once_and_told_as_a_silent_reply() {
    let sim = sim("OnIncident", "Changes").await;
    sim.run_for("a", minutes(3)).await;
    all_is_told(&sim, 0, "undisturbed").await;
    assert_eq!(sim.kinds(), [ALERT, INVESTIGATION]);
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_of_an_investigation_loses_nothing() {
    // From the creation of the first slot's run to the investigation's message it takes less than five seconds.
    for tenths in 0..50 {
        let before = Duration::from_millis(29_900 + tenths * 100);
        let sim = sim("OnIncident", "Changes").await;
        crash(&sim, "a", before).await;
        sim.run_for("b", minutes(3).checked_sub(before).unwrap()).await;
        all_is_told(&sim, 1, &format!("crash after {before:?}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_at_any_call_loses_no_investigation() {
    let undisturbed = sim("OnIncident", "Changes").await;
    let before = undisturbed.store.calls();
    undisturbed.run_for("a", minutes(3)).await;
    for fault in [Fault::Before, Fault::After] {
        for call in 0..undisturbed.store.calls() - before {
            let sim = sim("OnIncident", "Changes").await;
            sim.store.fail(call, 1, fault);
            sim.run_for("a", minutes(3)).await;
            all_is_told(&sim, 0, &format!("{fault:?} at call {call}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_holders_at_once_are_safe() {
    let sim = sim("OnIncident", "Changes").await;
    *sim.world.investigation_takes.lock().unwrap() = Duration::from_secs(10);
    let second = async {
        // The run is done, and its investigation goes on.
        tokio::time::sleep(Duration::from_secs(35)).await;
        sim.run_for("b", minutes(2)).await;
    };
    tokio::join!(sim.run_for("a", minutes(3)), second);
    let first = &sim.runs().await[0];
    assert_eq!(stopped(first).1, 2, "the second holder took it over");
    assert_eq!(sim.world.investigations.lock().unwrap().len(), 2);
    let status = sim.job().await.status.unwrap();
    assert_eq!((status.investigation, status.outbox.len()), (None, 0));
    let told = sim.kinds().iter().filter(|kind| **kind == INVESTIGATION).count();
    assert!((1..=2).contains(&told), "{:?}", sim.kinds());
}

#[tokio::test(start_paused = true)]
async fn an_investigation_is_in_nobodys_way() {
    let sim = sim("OnIncident", "Always").await;
    *sim.world.investigation_takes.lock().unwrap() = minutes(4);
    sim.run_for("a", minutes(3)).await;
    assert_eq!(sim.runs().await.len(), 3);
    let report = (MessageKind::Report, false);
    assert_eq!(sim.kinds(), [ALERT, report, report]);
    assert_eq!(sim.world.investigations.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rollout_costs_an_investigation_no_attempt() {
    let sim = sim("OnIncident", "Changes").await;
    *sim.world.investigation_takes.lock().unwrap() = Duration::from_secs(20);
    for (holder, seconds) in [("a", 40), ("b", 5), ("c", 5), ("d", 40)] {
        sim.run_for(holder, Duration::from_secs(seconds)).await;
    }
    let runs = sim.runs().await;
    assert_eq!(stopped(&runs[0]), (InvestigationPhase::Completed, 1, "Concluded"));
    assert_eq!(sim.kinds(), [ALERT, INVESTIGATION]);
}

#[tokio::test(start_paused = true)]
async fn an_investigation_is_taken_over_once_and_then_given_up_with_its_reason() {
    let sim = sim("OnIncident", "Changes").await;
    *sim.world.investigation_takes.lock().unwrap() = minutes(4);
    crash(&sim, "a", Duration::from_secs(40)).await;
    crash(&sim, "b", Duration::from_secs(10)).await;
    sim.run_for("c", minutes(1)).await;
    assert_eq!(stopped(&sim.runs().await[0]), (InvestigationPhase::Failed, 2, "HolderLost"));
    assert_eq!(sim.kinds(), [ALERT, INVESTIGATION]);
}

#[tokio::test(start_paused = true)]
async fn an_investigation_that_never_ends_is_ended() {
    let sim = sim("OnIncident", "Changes").await;
    *sim.world.investigation_takes.lock().unwrap() = minutes(60);
    sim.run_for("a", minutes(8)).await;
    assert_eq!(stopped(&sim.runs().await[0]), (InvestigationPhase::Failed, 1, "TimeLimit"));
    assert_eq!(sim.kinds(), [ALERT, INVESTIGATION]);
}

#[tokio::test(start_paused = true)]
async fn an_investigation_that_breaks_us_is_told_and_harms_no_run() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    let mut job = spec("OnIncident", "Changes");
    job["analysis"]["claude"]["model"] = "breaks-us".into();
    sim.create_job(job).await;
    sim.break_(DOWN);
    sim.run_for("a", minutes(3)).await;
    assert_eq!(stopped(&sim.runs().await[0]), (InvestigationPhase::Failed, 1, "Broken"));
    assert_eq!(sim.runs().await.len(), 3);
    assert_eq!(sim.kinds(), [ALERT, INVESTIGATION]);
}

#[tokio::test(start_paused = true)]
async fn what_joins_is_investigated_and_what_comes_back_is_not() {
    let sim = sim("OnIncident", "Changes").await;
    for broken in [DOWN, WORSE, DOWN, WORSE, DOWN] {
        sim.break_(broken);
        sim.run_for("a", minutes(1)).await;
    }
    assert_eq!(sim.kinds(), [ALERT, INVESTIGATION, ALERT, INVESTIGATION]);
    let before: Vec<usize> = sim.world.investigations.lock().unwrap().iter().map(|begun| begun.2).collect();
    assert_eq!(before, [0, 1], "the runs before are handed over");
}

#[tokio::test(start_paused = true)]
async fn each_bad_run_is_investigated_where_asked_and_told_where_it_was_told() {
    for (investigate, policy, begun, messages) in [
        ("Always", "Always", 3, vec![ALERT, INVESTIGATION, (MessageKind::Report, false), INVESTIGATION]),
        ("Always", "Changes", 3, vec![ALERT, INVESTIGATION]),
        ("Never", "Changes", 0, vec![ALERT]),
    ] {
        let sim = sim(investigate, policy).await;
        sim.run_for("a", minutes(3)).await;
        assert_eq!(sim.world.investigations.lock().unwrap().len(), begun, "{investigate} {policy}");
        assert_eq!(sim.kinds()[..messages.len()], messages, "{investigate} {policy}");
        let told = sim.kinds().iter().filter(|kind| **kind == INVESTIGATION).count();
        assert_eq!(told, if policy == "Always" { begun } else { begun.min(1) });
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_without_tokens_is_told_and_asks_nothing() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    let mut job = spec("OnIncident", "Changes");
    job["analysis"] = claude("OnIncident", 1000);
    sim.create_job(job).await;
    sim.break_(DOWN);
    sim.run_for("a", minutes(1)).await;
    sim.break_(WORSE);
    sim.run_for("b", minutes(1)).await;
    assert_eq!(sim.world.investigations.lock().unwrap().len(), 1);
    assert_eq!(stopped(&sim.runs().await[1]), (InvestigationPhase::Failed, 0, "DailyTokenLimit"));
    assert_eq!(sim.kinds(), [ALERT, INVESTIGATION, ALERT, INVESTIGATION]);
}

#[tokio::test(start_paused = true)]
async fn one_that_ends_before_its_alert_left_follows_it() {
    let sim = sim("OnIncident", "Changes").await;
    *sim.world.deliveries.lock().unwrap() = vec![refused(), refused()];
    sim.run_for("a", minutes(2)).await;
    let accepted = sim.world.accepted.lock().unwrap().clone();
    assert_eq!(
        accepted.iter().map(|m| (m.kind, m.reply_to)).collect::<Vec<_>>(),
        [(MessageKind::Alert, None), (MessageKind::Investigation, Some(101))]
    );
}

#[tokio::test(start_paused = true)]
async fn one_whose_incident_is_over_is_told_all_the_same() {
    let sim = sim("OnIncident", "Changes").await;
    *sim.world.investigation_takes.lock().unwrap() = minutes(2);
    sim.run_for("a", Duration::from_secs(40)).await;
    sim.break_(&[]);
    sim.run_for("b", minutes(3)).await;
    let accepted = sim.world.accepted.lock().unwrap().clone();
    assert_eq!(
        accepted.iter().map(|m| (m.kind, m.reply_to)).collect::<Vec<_>>(),
        [(MessageKind::Alert, None), (MessageKind::Recovery, Some(101)), (MessageKind::Investigation, Some(101))]
    );
}

#[tokio::test(start_paused = true)]
async fn one_whose_alert_was_merged_replies_to_what_tells_of_both() {
    let sim = sim("OnIncident", "Changes").await;
    *sim.world.deliveries.lock().unwrap() = vec![refused(); 3];
    sim.run_for("a", minutes(1)).await;
    sim.break_(&[]);
    sim.run_for("b", minutes(3)).await;
    let accepted = sim.world.accepted.lock().unwrap().clone();
    assert_eq!(
        accepted.iter().map(|m| (m.kind, m.reply_to)).collect::<Vec<_>>(),
        [(MessageKind::WasDown, None), (MessageKind::Investigation, Some(101))]
    );
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_is_investigated_and_not_told() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    let mut job = spec("OnIncident", "Changes");
    job["dryRun"] = true.into();
    sim.create_job(job).await;
    sim.break_(DOWN);
    sim.run_for("a", minutes(1)).await;
    assert_eq!(stopped(&sim.runs().await[0]).2, "Concluded");
    assert_eq!(sim.kinds(), []);
    let last = sim.job().await.status.unwrap().last_notification.unwrap();
    assert_eq!((last.kind, last.state), (MessageKind::Investigation, OutboxState::DryRun));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_no_longer_asked_for_ends_and_is_not_told() {
    for analysis in [Value::Null, claude("Never", 1_000_000)] {
        let sim = sim("OnIncident", "Changes").await;
        *sim.world.investigation_takes.lock().unwrap() = minutes(4);
        let stop = CancellationToken::new();
        let engine = tokio::spawn(sim.engine("a").run(stop.clone()));
        tokio::time::sleep(Duration::from_secs(40)).await;
        let mut edited = spec("OnIncident", "Changes");
        edited["analysis"] = analysis;
        sim.store.apply_job(&crate::sim::job("autopar-staging", edited)).unwrap();
        tokio::time::sleep(minutes(5)).await;
        stop.cancel();
        engine.await.unwrap();
        assert_eq!(stopped(&sim.runs().await[0]), (InvestigationPhase::Failed, 1, "Withdrawn"));
        assert_eq!(sim.job().await.status.unwrap().investigation, None);
        assert_eq!(sim.kinds(), [ALERT]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_is_kept_until_its_investigation_is_told() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    let mut job = spec("Always", "Changes");
    job["history"] = json!({"keep": 1, "keepProblems": 1});
    sim.create_job(job).await;
    *sim.world.investigation_takes.lock().unwrap() = minutes(4);
    sim.break_(DOWN);
    // The first is the incident's; the second one's investigation goes on while later runs come.
    sim.run_for("a", Duration::from_secs(280)).await;
    sim.run_for("b", minutes(3)).await;
    let due = sim.job().await.status.unwrap().investigation.unwrap();
    assert!(sim.runs().await.iter().any(|run| run.metadata.name.as_ref() == Some(&due.run)), "{due:?}");
    assert!(sim.runs().await.len() <= 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_takes_its_investigation_along() {
    let sim = sim("OnIncident", "Changes").await;
    *sim.world.investigation_takes.lock().unwrap() = minutes(2);
    let stop = CancellationToken::new();
    let engine = tokio::spawn(sim.engine("a").run(stop.clone()));
    tokio::time::sleep(Duration::from_secs(40)).await;
    sim.store.delete(&sim.runs().await[0]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(sim.job().await.status.unwrap().investigation, None);
    sim.break_(WORSE);
    tokio::time::sleep(minutes(1)).await;
    assert!(sim.job().await.status.unwrap().investigation.is_some());
    sim.store.delete(&sim.job().await).await.unwrap();
    tokio::time::sleep(minutes(3)).await;
    stop.cancel();
    engine.await.unwrap();
    assert_eq!(sim.kinds(), [ALERT, ALERT]);
    assert_eq!(sim.runs().await.len(), 0);
}

/// Ten jobs that break at once.
#[tokio::test(start_paused = true)]
async fn a_process_investigates_four_jobs_at_a_time() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    *sim.world.investigation_takes.lock().unwrap() = Duration::from_secs(50);
    for n in 0..10 {
        let job = crate::sim::job(&format!("job-{n}"), spec("OnIncident", "Changes"));
        sim.store.create(&job).await.unwrap();
    }
    sim.break_(DOWN);
    let stop = CancellationToken::new();
    let engine = tokio::spawn(sim.engine("a").run(stop.clone()));
    let mut begun = Vec::new();
    for seconds in [60, 50, 50] {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        begun.push(sim.world.investigations.lock().unwrap().len());
    }
    assert_eq!(begun, [4, 8, 10]);
    stop.cancel();
    engine.await.unwrap();
}

/// The second figure of a week: one incident of two days, in which things come and go.
#[tokio::test(start_paused = true)]
async fn an_incident_of_two_days_is_investigated_once_whatever_flaps() {
    let sim = Sim::new("2026-11-24T00:00:30Z");
    let mut job = spec("OnIncident", "Changes");
    job["schedule"] = json!({"cron": ["@every 10m"]});
    sim.create_job(job).await;
    sim.break_(WORSE);
    let stop = CancellationToken::new();
    let engine = tokio::spawn(sim.engine("a").run(stop.clone()));
    for hour in 0..48 {
        tokio::time::sleep(minutes(60)).await;
        sim.break_(if hour % 2 == 0 { DOWN } else { WORSE });
    }
    stop.cancel();
    engine.await.unwrap();
    assert_eq!(sim.world.investigations.lock().unwrap().len(), 1);
    assert_eq!(sim.kinds(), [ALERT, INVESTIGATION]);
}

/// Under `Always` each bad run is looked into: the one before the alert, which nobody was told of, was still under way.
#[tokio::test(start_paused = true)]
async fn an_incident_that_opens_meanwhile_has_its_turn_and_its_reply() {
    let sim = Sim::new("2026-11-24T03:00:30Z");
    let mut job = spec("Always", "Changes");
    job["notifications"]["failureThreshold"] = 2.into();
    sim.create_job(job).await;
    *sim.world.investigation_takes.lock().unwrap() = Duration::from_secs(90);
    sim.break_(DOWN);
    sim.run_for("a", minutes(5)).await;
    let accepted = sim.world.accepted.lock().unwrap().clone();
    let told: Vec<_> = accepted.iter().map(|m| (m.kind, m.reply_to)).collect();
    assert_eq!(told, [(MessageKind::Alert, None), (MessageKind::Investigation, Some(101))]);
    let alert = sim.job().await.status.unwrap().incident.unwrap().opened_by;
    assert!(sim.world.investigations.lock().unwrap().iter().any(|(run, ..)| *run == alert));
}
