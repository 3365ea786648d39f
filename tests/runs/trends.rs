//! What shows only over many runs, through the job's own status.

use jiff::SignedDuration;
use serde_json::json;
use stagewatch::api::{FindingState, Severity, job_status::MessageKind};

use crate::world::{Seen, World, at, engine_gone};

/// A job that has looked at 03:15 and 10:30 for so many days before 24 November.
fn after_days(days: i64, look: impl Fn(&mut Seen<'_>)) -> World {
    let mut world = World::new(&json!({"notifications": {"policy": "Changes"}}));
    for day in (1..=days).rev() {
        for time in ["03:15", "10:30"] {
            world.run(at(time) - SignedDuration::from_hours(24 * day), &look);
        }
    }
    world
}

fn is_early(seen: &Seen<'_>) -> bool {
    seen.now.strftime("%H").to_string() == "03"
}

/// Mornings are quick, and the half past ten has always been slower.
fn usual_site(seen: &mut Seen<'_>) {
    let ms = if is_early(seen) { 84 } else { 1400 };
    seen.site(200, ms);
}

fn errors(seen: &mut Seen<'_>, count: usize) {
    let at = seen.now - SignedDuration::from_mins(30);
    seen.log("autopar-worker", &vec![(at, "ERROR cannot send mail: mailbox unavailable"); count]);
}

fn reasons(world: &World) -> Vec<(&str, Severity)> {
    world
        .found()
        .iter()
        .filter(|f| f.state != FindingState::Resolved)
        .map(|f| (f.reason.as_str(), f.severity))
        .collect()
}

#[test]
fn a_site_that_became_slower_at_this_time_is_told_when_it_stays_so() {
    let mut world = after_days(12, usual_site);
    assert!(world.run(at("03:15"), |seen| seen.site(200, 900)).is_none(), "once is merely worth knowing");
    assert_eq!(reasons(&world), [("LatencyDrift", Severity::Info)]);
    assert_eq!(world.found()[0].message, "GET / took 900 ms, usually 84 ms at this time");
    assert!(world.run(at("10:30"), usual_site).is_none());
    assert_eq!(reasons(&world), [], "1400 ms are usual at half past ten");
    let told = world.run(at("+1 03:15"), |seen| seen.site(200, 950)).unwrap();
    assert_eq!((told.kind, told.rings), (MessageKind::Alert, false));
    let lines: Vec<&str> = told.text.lines().take(3).collect();
    let words = "Cause: 🌐 staging.autopar.example took 950 ms at 03:15, usually 84 ms at this time";
    assert_eq!(lines, ["⚠️ AUTOPAR MONITORING - staging.autopar.example took 950 ms", "", words]);
    // The end of it, or that it has become usual: nobody claims a recovery.
    let told = world.run(at("+1 10:30"), usual_site).unwrap();
    assert_eq!(told.kind, MessageKind::Subsided);
    assert_eq!(told.text.lines().next(), Some("ℹ️ AUTOPAR MONITORING - no further occurrence since 03:15"));
}

#[test]
fn quiet_until_there_is_enough_history() {
    let mut world = after_days(7, usual_site);
    world.run(at("03:15"), |seen| seen.site(200, 900));
    assert_eq!(reasons(&world), [], "seven mornings are not enough");
    let mut dense = World::new(&json!({"schedule": {"cron": ["@every 20m"]}}));
    for run in 0..60 {
        dense.run(at("03:15") + SignedDuration::from_mins(20 * run), |seen| {
            seen.site(200, if run % 12 == 11 { 2000 } else { 84 });
        });
        assert_eq!(reasons(&dense), [], "run {run}: no day is known yet");
    }
}

#[test]
fn what_drifts_opens_one_incident_a_day() {
    let told = json!({"policy": "Changes", "failureThreshold": 1, "successThreshold": 1});
    let mut world = World::new(&json!({"schedule": {"cron": ["@every 1h"]}, "notifications": told}));
    let hour = |n: i64| at("00:00") + SignedDuration::from_hours(n);
    for n in 0..30 {
        world.run(hour(n), |_| {});
    }
    // Slow for two hours, and well for two, for a day.
    let slow = |n: i64, seen: &mut Seen<'_>| seen.site(200, if n % 4 < 2 { 900 } else { 84 });
    let kinds: Vec<_> =
        (30..54).filter_map(|n| world.run(hour(n), |seen| slow(n, seen))).map(|told| told.kind).collect();
    assert_eq!(kinds, [MessageKind::Alert, MessageKind::Subsided]);
}

#[test]
fn more_of_the_known_trouble_joins_as_a_burst() {
    let mut world = after_days(10, |seen| errors(seen, 3));
    let told = world.run(at("03:15"), |seen| errors(seen, 60)).unwrap();
    assert_eq!((told.kind, told.rings), (MessageKind::Alert, false));
    let words = "autopar-worker: more trouble than usual at 02:45 (60 records, usually 3 at this time)";
    assert!(told.text.contains(words), "{}", told.text);
    assert!(world.run(at("10:30"), |seen| errors(seen, 60)).is_none(), "it is known");
}

#[test]
fn a_longer_window_is_no_burst() {
    let mut world = after_days(10, |seen| errors(seen, if is_early(seen) { 17 } else { 7 }));
    // Nobody was there for three days: one record an hour, as always.
    world.run(at("+3 10:30"), |seen| errors(seen, 88));
    assert!(world.found().iter().all(|f| f.reason != "Burst"), "{:#?}", world.found());
    world.run(at("+4 03:15"), |seen| errors(seen, 88));
    assert!(world.found().iter().any(|f| f.reason == "Burst"));
}

#[test]
fn what_was_not_observed_is_remembered_as_missing() {
    let mut world = after_days(3, |_| {});
    world.run(at("03:15"), engine_gone);
    let series = |world: &World, id: &str| world.status().trends.iter().find(|s| s.id == id).unwrap().values.clone();
    assert_eq!(series(&world, "container/autopar-redis/memoryPercent"), [39, 39, 39, 39, 39, 39, -1]);
    assert_eq!(series(&world, "website/staging/home/latencyMs"), [84; 7]);
    // A page that is wrong says nothing of how long the right one takes.
    world.run(at("10:30"), |seen| seen.site(502, 3));
    assert_eq!(series(&world, "website/staging/home/latencyMs")[6..], [84, -1]);
    let remembered = world.status().trend_times.len();
    world.run_offline(at("+1 03:15"));
    assert_eq!(world.status().trend_times.len(), remembered, "a run that saw nothing is no run");
}
