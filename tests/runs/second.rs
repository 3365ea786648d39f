//! What the run after the first is told as, word for word: `snapshots/`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stagewatch::{api::job_status::MessageKind, core::observation::docker::ContainerLook};

use crate::world::{Seen, Told, World, at, engine_gone};

const REFUSED: &str =
    "2026-11-24 03:01:41.303372+00:00 [error] <0.795.0> PLAIN login refused: user 'app' - invalid credentials";
const ALARM_SET: &str =
    "2026-11-24 03:01:11.679304+00:00 [warning] <0.288.0> memory resource limit alarm set on node rabbit@rabbit.";
const ALARM_CLEARED: &str =
    "2026-11-24 03:05:17.575452+00:00 [warning] <0.288.0> memory resource limit alarm cleared on node rabbit@rabbit";
const FAILED: &str = "ERROR cannot send mail: mailbox unavailable";

/// A run: when, and what it sees.
type Run = (&'static str, fn(&mut Seen<'_>));

fn all_well(_: &mut Seen<'_>) {}

fn stopped(seen: &mut Seen<'_>) {
    let ended = json!({"State": {"Status": "exited", "ExitCode": 137, "FinishedAt": at("03:02")}});
    seen.container("autopar-redis", &ended);
}

/// Killed at 03:02 and restarted at 03:02:01 by its policy.
fn killed(seen: &mut Seen<'_>) {
    let state = json!({"OOMKilled": true, "FinishedAt": at("03:02"), "StartedAt": at("03:02:01")});
    seen.container("autopar-redis", &json!({"RestartCount": 1, "State": state}));
}

fn logged(seen: &mut Seen<'_>, container: &str, lines: &[(&str, &str)]) {
    let lines: Vec<(Timestamp, &str)> = lines.iter().map(|(time, line)| (at(time), *line)).collect();
    seen.log(container, &lines);
}

fn memory(seen: &mut Seen<'_>, percent: u64) {
    seen.load("autopar-redis", 5, percent * 256 / 100 + 1);
}

/// Each the name of its snapshot, and its runs.
const CASES: &[(&str, &[Run])] = &[
    (
        "an event, then quiet",
        &[
            ("03:15", |seen| logged(seen, "autopar-rabbitmq", &[("03:01", REFUSED), ("03:02", REFUSED)])),
            ("10:30", all_well),
        ],
    ),
    (
        "an event, and again in the next run",
        &[
            ("03:15", |seen| logged(seen, "autopar-worker", &[("03:01", FAILED)])),
            ("10:30", |seen| logged(seen, "autopar-worker", &[("09:12", FAILED), ("09:40", FAILED)])),
        ],
    ),
    ("not running, then its engine is gone", &[("03:15", stopped), ("10:30", engine_gone)]),
    ("unknown, then seen to be good", &[("03:15", stopped), ("10:30", engine_gone), ("+1 03:15", all_well)]),
    (
        "an alarm set and cleared in the window",
        &[
            ("03:15", |seen| {
                logged(seen, "autopar-rabbitmq", &[("03:01:11", ALARM_SET), ("03:05:17", ALARM_CLEARED)]);
            }),
            ("10:30", all_well),
        ],
    ),
    (
        "an alarm set, and cleared in the next run",
        &[
            ("03:15", |seen| logged(seen, "autopar-rabbitmq", &[("03:01:11", ALARM_SET)])),
            ("10:30", |seen| logged(seen, "autopar-rabbitmq", &[("03:25:17", ALARM_CLEARED)])),
        ],
    ),
    (
        "an alarm set, and not heard of again",
        &[("03:15", |seen| logged(seen, "autopar-rabbitmq", &[("03:01:11", ALARM_SET)])), ("10:30", all_well)],
    ),
    ("an OOM kill, then healthy", &[("03:15", killed), ("10:30", killed)]),
    (
        "down, then recreated by a deploy",
        &[
            ("03:15", stopped),
            ("10:30", |seen| {
                let anew =
                    json!({"Id": "2-autopar-redis", "Created": at("08:00"), "State": {"StartedAt": at("08:00")}});
                seen.container("autopar-redis", &anew);
            }),
        ],
    ),
    (
        "down, then started again",
        &[
            ("03:15", stopped),
            ("10:30", |seen| {
                let up = json!({"State": {"FinishedAt": at("03:02"), "StartedAt": at("08:00")}});
                seen.container("autopar-redis", &up);
            }),
        ],
    ),
    ("the site answers 502, then is fine", &[("03:15", |seen| seen.site(502, 4)), ("10:30", all_well)]),
    (
        "a finding of a log, then its container restarted",
        &[
            ("03:15", |seen| logged(seen, "autopar-rabbitmq", &[("03:01:11", ALARM_SET)])),
            ("10:30", |seen| {
                let by_hand = json!({"State": {"FinishedAt": at("07:59"), "StartedAt": at("08:00")}});
                seen.container("autopar-rabbitmq", &by_hand);
            }),
        ],
    ),
    ("a warning that gets worse", &[("03:15", |seen| memory(seen, 90)), ("10:30", |seen| memory(seen, 97))]),
    (
        "a warning that got worse and is one again",
        &[
            ("03:15", |seen| memory(seen, 90)),
            ("10:30", |seen| memory(seen, 97)),
            ("+1 03:15", |seen| memory(seen, 88)),
        ],
    ),
    (
        "two findings, one of which is over",
        &[
            ("03:15", |seen| {
                seen.container("autopar-worker", &json!({"State": {"Status": "paused"}}));
                seen.site(502, 4);
            }),
            ("10:30", |seen| seen.site(502, 4)),
        ],
    ),
    (
        "missing, then there",
        &[
            ("03:15", |seen| *seen.look("autopar-worker") = ContainerLook::Missing { near: vec![] }),
            ("10:30", all_well),
        ],
    ),
];

/// The runs under a policy; what was told of each.
fn play(policy: &str, runs: &[Run]) -> (World, Vec<Option<Told>>) {
    let mut world = World::new(&json!({"notifications": {"policy": policy}}));
    // What is known of a healthy job.
    world.run(at("00:00"), all_well);
    let told = runs.iter().map(|(time, look)| world.run(at(time), look)).collect();
    (world, told)
}

/// How each message went out, and the last one in full.
fn shown(told: &[Option<Told>], changes: &[Option<Told>]) -> String {
    let mut lines = String::new();
    for (told, changes) in told.iter().zip(changes) {
        let Some(told) = told else {
            lines += "nothing\n";
            continue;
        };
        let sound = if told.rings { "rings" } else { "silent" };
        let reply = if told.replies { ", a reply" } else { "" };
        let always = if changes.is_none() { ", not under Changes" } else { "" };
        let first = told.text.lines().next().unwrap_or_default();
        lines.extend([&format!("{:?}, {sound}{reply}{always}: ", told.kind), first, "\n"]);
    }
    let last = told.last().cloned().flatten().map_or_else(String::new, |told| told.text);
    format!("{lines}\n{last}")
}

#[test]
fn the_second_message_in_its_words() {
    for (name, runs) in CASES {
        let (always, changes) = (play("Always", runs), play("Changes", runs));
        let kinds = |told: &[Option<Told>]| told.iter().flatten().map(|t| (t.kind, t.rings)).collect::<Vec<_>>();
        for told in kinds(&changes.1) {
            assert!(kinds(&always.1).contains(&told), "{name}: {told:?}");
        }
        insta::with_settings!({description => *name, omit_expression => true, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(name.replace([' ', ','], "-").replace("--", "-"), shown(&always.1, &changes.1));
        });
    }
}

/// What a run with another spec is told as: Redis has left it.
#[test]
fn what_left_the_spec_is_no_longer_watched_and_did_not_recover() {
    let mut world = World::new(&json!({}));
    assert!(world.run(at("03:15"), stopped).unwrap().rings);
    world.edit(&json!({
        "dependencies": [],
        "dockerHosts": [{"name": "staging-host", "host": "tcp://staging-host:2376", "containers": [
            {"name": "autopar-rabbitmq", "label": "RabbitMQ", "profile": "rabbitmq"}, {"name": "autopar-worker"},
        ]}],
    }));
    let told = world.run(at("10:30"), all_well).unwrap();
    assert_eq!((told.kind, told.rings, told.replies), (MessageKind::Subsided, false, true));
    let lines: Vec<&str> = told.text.lines().take(3).collect();
    let was = "Was: 🐳 autopar-redis not running, no longer watched";
    assert_eq!(lines, ["ℹ️ AUTOPAR MONITORING - what was wrong is no longer watched", "", was]);
}

#[test]
fn being_offline_opens_nothing_and_is_told_on_return() {
    for policy in ["Always", "Problems", "Changes"] {
        let mut world = World::new(&json!({
            "schedule": {"cron": ["@every 5m"]},
            "notifications": {"policy": policy, "failureThreshold": 1, "successThreshold": 1},
        }));
        world.run(at("03:10"), all_well);
        for time in ["03:15", "03:20", "03:25", "03:30", "03:35"] {
            assert!(world.run_offline(at(time)).is_none(), "there is nowhere to tell it");
        }
        let status = world.status().clone();
        assert_eq!((status.incident, status.consecutive.unwrap().bad), (None, 0));
        let told = world.run(at("03:40"), all_well).unwrap();
        assert_eq!((told.kind, told.rings), (MessageKind::Report, false));
        let line = "❔ Stagewatch could not look 03:15–03:40: neither a target nor the Bot API was reached";
        assert!(told.text.lines().any(|told| told == line), "{}", told.text);
        assert!(told.text.starts_with("🟢 AUTOPAR MONITORING - ALL SYSTEMS HEALTHY\n"), "{}", told.text);
        // The logs of that time are read now: from 03:10 on.
        assert!(told.text.contains("⏱️ Period Analyzed: 30 min\n"), "{}", told.text);
        assert_eq!(world.run(at("03:45"), all_well).is_some(), policy == "Always", "it is told once");
    }
}

#[test]
fn being_offline_closes_nothing() {
    let mut world = World::new(&json!({"notifications": {"policy": "Changes"}}));
    world.run(at("03:15"), stopped);
    assert!(world.run_offline(at("10:30")).is_none());
    let told = world.run(at("+1 03:15"), all_well).unwrap();
    assert_eq!((told.kind, told.replies), (MessageKind::Recovery, true));
    let head: Vec<&str> = told.text.lines().take(3).collect();
    let was = "Was: 🐳 autopar-redis not running, over since 03:15";
    assert_eq!(head, ["✅ AUTOPAR MONITORING - RECOVERED after 24 h 13 min", "", was]);
    let line = "❔ Stagewatch could not look 2026-11-24 10:30–03:15: neither a target nor the Bot API was reached";
    assert!(told.text.contains(line), "{}", told.text);
}

/// What is told of twenty runs, five minutes apart, of which the even ones see one thing and the odd ones the other.
fn twenty(change: &Value, even: impl Fn(&mut Seen<'_>), odd: impl Fn(&mut Seen<'_>)) -> Vec<Told> {
    let told = json!({"policy": "Changes", "ringOn": "Warning", "failureThreshold": 1, "successThreshold": 1});
    let mut world = World::new(&json!({"schedule": {"cron": ["@every 5m"]}, "notifications": told}));
    world.edit(change);
    let time = |run: i64| at("03:15") + SignedDuration::from_mins(5 * run);
    (0..20).filter_map(|run| world.run(time(run), |seen| if run % 2 == 0 { even(seen) } else { odd(seen) })).collect()
}

#[test]
fn a_warning_that_flaps_around_its_threshold_rings_once_in_twenty_runs() {
    let none = json!({});
    let cases = [
        ("memory", twenty(&none, |seen| memory(seen, 86), |seen| memory(seen, 83))),
        ("CPU", twenty(&none, |seen| seen.load("autopar-redis", 95, 100), |seen| seen.load("autopar-redis", 80, 100))),
        ("latency", twenty(&none, |seen| seen.site(200, 3100), |seen| seen.site(200, 2900))),
        (
            "a log",
            twenty(
                &json!({"patterns": [{"id": "retries", "severity": "Warning", "contains": "retrying"}]}),
                |seen| {
                    let now = seen.now;
                    seen.log("autopar-worker", &[(now - SignedDuration::from_mins(2), "retrying job 7")]);
                },
                |_| {},
            ),
        ),
    ];
    for (name, told) in cases {
        assert_eq!(told.iter().filter(|told| told.rings).count(), 1, "{name}: {told:#?}");
    }
}

/// Whether runs ten minutes apart, of which the first sees this, still have an incident open.
fn open_for(look: impl Fn(&mut Seen<'_>)) -> Vec<bool> {
    let told = json!({"failureThreshold": 1, "successThreshold": 1});
    let mut world = World::new(&json!({"schedule": {"cron": ["@every 10m"]}, "notifications": told}));
    world.run(at("03:00"), all_well);
    let mut open = Vec::new();
    for time in ["03:10", "03:20", "03:30", "03:40"] {
        world.run(at(time), &look);
        open.push(world.status().incident.is_some());
    }
    open
}

#[test]
fn an_event_is_over_after_half_an_hour_and_a_state_when_it_is_seen() {
    // The same log and the same container are seen by each run: records of 03:02 are in the first window alone.
    let event = |seen: &mut Seen<'_>| logged(seen, "autopar-worker", &[("03:02", FAILED)]);
    assert_eq!(open_for(event), [true, true, true, false]);
    assert_eq!(open_for(killed), [true, true, true, false]);
    let cleared =
        |seen: &mut Seen<'_>| logged(seen, "autopar-rabbitmq", &[("03:02", ALARM_SET), ("03:06", ALARM_CLEARED)]);
    assert_eq!(open_for(cleared), [true, false, false, false]);
    let slow = |seen: &mut Seen<'_>| {
        if seen.now == at("03:10") {
            seen.site(502, 4);
        }
    };
    assert_eq!(open_for(slow), [true, false, false, false]);
}
