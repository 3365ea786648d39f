//! Whatever happens in whatever order: what holds for every sequence of runs.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;
use stagewatch::api::{FindingState, Severity, job_status::MessageKind};

use crate::world::{Seen, World, at, engine_gone};

/// What may be so in a run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum So {
    Stopped,
    Paused,
    Killed,
    Memory(u64),
    Busy,
    Status(u16),
    Slow,
    AlarmSet,
    AlarmCleared,
    Refused,
    Errors(usize),
    EngineGone,
    Offline,
}

fn so() -> impl Strategy<Value = So> {
    prop::sample::select(vec![
        So::Stopped,
        So::Paused,
        So::Killed,
        So::Memory(83),
        So::Memory(88),
        So::Memory(97),
        So::Busy,
        So::Status(502),
        So::Status(404),
        So::Slow,
        So::AlarmSet,
        So::AlarmCleared,
        So::Refused,
        So::Errors(1),
        So::Errors(60),
        So::EngineGone,
        So::Offline,
    ])
}

fn apply(seen: &mut Seen<'_>, all: &[So]) {
    let (now, moment) = (seen.now, seen.now - SignedDuration::from_mins(3));
    let mut rabbit = Vec::new();
    for so in all {
        match so {
            So::Stopped => {
                let ended = json!({"State": {"Status": "exited", "ExitCode": 1, "FinishedAt": moment}});
                seen.container("autopar-redis", &ended);
            }
            So::Paused => seen.container("autopar-worker", &json!({"State": {"Status": "paused"}})),
            So::Killed => {
                let state = json!({"OOMKilled": true, "FinishedAt": moment, "StartedAt": moment});
                seen.container("autopar-rabbitmq", &json!({"RestartCount": now.as_second() / 60, "State": state}));
            }
            So::Memory(percent) => seen.load("autopar-redis", 5, percent * 256 / 100 + 1),
            So::Busy => seen.load("autopar-rabbitmq", 97, 40),
            So::Status(status) => seen.site(*status, 4),
            So::Slow => seen.site(200, 3500),
            So::AlarmSet => {
                rabbit.push((moment, "[warning] <0.288.0> memory resource limit alarm set on node rabbit@rabbit."));
            }
            So::AlarmCleared => {
                rabbit.push((moment, "[warning] <0.288.0> memory resource limit alarm cleared on node rabbit@rabbit"));
            }
            So::Refused => {
                rabbit.push((moment, "[error] <0.795.0> PLAIN login refused: user 'app' - invalid credentials"));
            }
            So::Errors(n) => seen.log("autopar-worker", &vec![(moment, "ERROR cannot send mail"); *n]),
            So::EngineGone | So::Offline => {}
        }
    }
    let lines: Vec<_> =
        rabbit.into_iter().map(|(at, line)| (at, format!("2026-11-24 03:01:11.6+00:00 {line}"))).collect();
    let lines: Vec<_> = lines.iter().map(|(at, line)| (*at, line.as_str())).collect();
    seen.log("autopar-rabbitmq", &lines);
    if all.contains(&So::EngineGone) {
        engine_gone(seen);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn an_incident_is_told_rings_few_times_and_ends(
        runs in prop::collection::vec((prop::collection::vec(so(), 0..4), 5..40_i64), 1..14),
        threshold in 1..3_i32,
    ) {
        let told = json!({"policy": "Changes", "ringOn": "Warning", "failureThreshold": threshold, "successThreshold": threshold});
        let mut world = World::new(&json!({"schedule": {"cron": ["@every 5m"]}, "notifications": told}));
        let mut now = at("00:00");
        // Pairs of an id and a severity that the open incident has told, and how often it rang.
        let (mut known, mut rings) = (BTreeSet::new(), 0);
        let well = std::iter::repeat_n((vec![So::AlarmCleared], 30), 6);
        for (all, minutes) in runs.into_iter().chain(well) {
            now += SignedDuration::from_mins(minutes);
            let before = world.job.status.as_ref().and_then(|status| status.incident.clone());
            let told = if all.contains(&So::Offline) {
                let told = world.run_offline(now);
                prop_assert!(told.is_none());
                prop_assert_eq!(&before, &world.status().incident, "being offline moves nothing");
                continue;
            } else {
                world.run(now, |seen| apply(seen, &all))
            };
            let after = world.status().incident.clone();
            let found = world.found().iter().filter(|f| f.is_bad() && f.state != FindingState::Unknown);
            let pairs: BTreeSet<(String, Severity)> = found.map(|f| (f.id.clone(), f.severity)).collect();
            if let (None, Some(opened)) = (&before, &after) {
                prop_assert!(told.as_ref().is_some_and(|t| t.kind == MessageKind::Alert), "an opening is lost: {opened:?}");
                (known, rings) = (BTreeSet::new(), 0);
            }
            if after.is_some() {
                let is_known = |(id, severity): &(String, Severity)| known.iter().any(|(i, s)| i == id && s >= severity);
                if !pairs.iter().all(is_known) {
                    prop_assert!(told.as_ref().is_some_and(|t| t.kind == MessageKind::Alert), "what joins is told: {pairs:?}");
                }
                known.extend(pairs);
                rings += usize::from(told.as_ref().is_some_and(|t| t.rings));
                prop_assert!(rings <= known.len(), "{rings} rings for {known:?}");
            }
            let size = serde_json::to_vec(world.status()).unwrap().len();
            prop_assert!(size <= 16 * 1024, "{size} bytes");
        }
        prop_assert_eq!(&world.status().incident, &None, "it ended well: {:?}", world.found());
    }
}
