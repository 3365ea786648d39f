//! What is found of one container, by its state before and after.

use serde_json::{Value, json};

use super::*;
use crate::core::fixtures::{all_well_but, at, event, inspect, seen, spec, window};

/// What is found of `autopar-redis`: reason, severity, message.
fn found(change: &Value, previous: &Previous, events: &[Event]) -> Vec<(String, Severity, String)> {
    let mut observations = all_well_but("autopar-redis", seen(inspect(change)));
    observations.hosts[0].events = events.to_vec();
    let findings = crate::core::rules::judge(&spec(), &observations, previous, window());
    findings.into_iter().map(|f| (f.reason, f.severity, f.message)).collect()
}

fn known(id: &str, restart_count: i64, started: i64) -> Previous {
    let baseline =
        ContainerBaseline { name: "autopar-redis".into(), id: id.into(), restart_count, started_at: Some(at(started)) };
    Previous { containers: vec![baseline], ..Previous::default() }
}

#[track_caller]
fn assert_one(found: &[(String, Severity, String)], reason: &str, severity: Severity, message: &str) {
    assert_eq!(found, [(reason.to_owned(), severity, message.to_owned())]);
}

const CRITICAL: Severity = Severity::Critical;
const WARNING: Severity = Severity::Warning;

#[test]
fn a_start_after_the_end_was_told_is_no_new_trouble() {
    let down = inspect(&json!({"State": {"Status": "exited", "ExitCode": 137, "FinishedAt": at(2)}}));
    let told =
        crate::core::rules::judge(&spec(), &all_well_but("autopar-redis", seen(down)), &Previous::default(), window());
    let told: Vec<_> = told.iter().map(crate::api::job_status::FindingSummary::from).collect();
    let previous = Previous { window: Some(window()), findings: told, ..known("aaa", 0, -3000) };
    let up = json!({"State": {"FinishedAt": at(2), "StartedAt": at(20)}});
    assert_one(&found(&up, &previous, &[]), "Restarted", Severity::Info, "runs again");
    // It came back, ended once more, and came back: that is news.
    let again = json!({"State": {"FinishedAt": at(21), "StartedAt": at(22)}});
    assert_eq!(found(&again, &previous, &[])[0].1, WARNING);
}

#[test]
fn what_runs_and_is_well_is_no_finding() {
    let none = Previous::default();
    for change in [
        json!({}),
        json!({"State": {"Health": {"Status": "healthy"}}}),
        json!({"State": {"Health": {"Status": "none"}}}),
        // Restarts before our time are a baseline.
        json!({"RestartCount": 57}),
        // A kill before our time was told then, or never happened in it.
        json!({"RestartCount": 3, "State": {"OOMKilled": true, "StartedAt": at(-600), "FinishedAt": at(-601)}}),
        // A deploy within the window.
        json!({"Created": at(-5), "State": {"StartedAt": at(-5)}}),
    ] {
        assert_eq!(found(&change, &none, &[]), [], "{change}");
    }
}

#[test]
fn what_does_not_run_says_why_and_nothing_else() {
    let exited = |code: i64| json!({"State": {"Status": "exited", "ExitCode": code, "FinishedAt": at(2), "Health": {"Status": "unhealthy", "FailingStreak": 9}}});
    let none = Previous::default();
    for (code, message) in [
        (0, "not running: exited with code 0 (no error)"),
        (1, "not running: exited with code 1"),
        (127, "not running: exited with code 127 (its command was not found)"),
        (137, "not running: exited with code 137 (SIGKILL: killed from outside)"),
        (139, "not running: exited with code 139 (SIGSEGV: it crashed)"),
        (143, "not running: exited with code 143 (SIGTERM: stopped from outside)"),
    ] {
        assert_one(&found(&exited(code), &none, &[]), "NotRunning", CRITICAL, message);
    }
    let created = json!({"State": {"Status": "created", "StartedAt": null, "Error": "port is already allocated"}});
    assert_one(
        &found(&created, &none, &[]),
        "NotRunning",
        CRITICAL,
        "not running: it could not be started: a port that it publishes is taken: port is already allocated",
    );
    assert_one(
        &found(&json!({"State": {"Status": "dead"}}), &none, &[]),
        "NotRunning",
        CRITICAL,
        "not running: the engine calls it \"dead\"",
    );
    assert_one(
        &found(&json!({"State": {"Status": "paused"}}), &none, &[]),
        "Paused",
        CRITICAL,
        "paused: its processes do not run",
    );
    assert_one(
        &found(&json!({"State": {"Status": ""}}), &none, &[]),
        "NotObserved",
        WARNING,
        "could not be looked at: the engine does not say how it is",
    );
}

#[test]
fn a_kill_for_memory_is_said_once() {
    let none = Previous::default();
    let down = json!({"State": {"Status": "exited", "OOMKilled": true, "ExitCode": 137, "FinishedAt": at(2)}});
    assert_one(&found(&down, &none, &[]), "OomKilled", CRITICAL, "OOM-killed, memory limit 256 MiB, not running");
    let back = json!({"RestartCount": 1, "State": {"OOMKilled": true, "StartedAt": at(3), "FinishedAt": at(2)}});
    assert_one(
        &found(&back, &known("aaa", 0, -3000), &[]),
        "OomKilled",
        CRITICAL,
        "OOM-killed, memory limit 256 MiB, restarted",
    );
    let looping = json!({"RestartCount": 9, "State": {"Status": "restarting", "OOMKilled": true, "ExitCode": 137, "StartedAt": at(14), "FinishedAt": at(14)}});
    assert_one(
        &found(&looping, &known("aaa", 0, -3000), &[]),
        "OomKilled",
        CRITICAL,
        "OOM-killed, memory limit 256 MiB, still restarting (9×)",
    );
}

#[test]
fn unhealthy_is_not_healthy() {
    let health = json!({"Status": "unhealthy", "FailingStreak": 3, "Log": [
        {"Start": at(1), "ExitCode": 0, "Output": "PONG"},
        {"Start": at(2), "ExitCode": 1, "Output": "no answer"},
        {"Start": at(3), "ExitCode": 1, "Output": "no answer\n"},
    ]});
    let found = found(&json!({"State": {"Health": health}}), &Previous::default(), &[]);
    assert_one(&found, "Unhealthy", CRITICAL, "unhealthy: 3 checks in a row failed, the last with \"no answer\"");
}

#[test]
fn restart_count_is_read_where_the_engine_puts_it() {
    let change = json!({"RestartCount": 57, "State": {"StartedAt": at(-20), "FinishedAt": at(-21), "Health": {"Status": "unhealthy", "FailingStreak": 3}}});
    let found = found(&change, &known("aaa", 0, -3000), &[event(-21, "autopar-redis", "die", Some(1))]);
    let reasons: Vec<&str> = found.iter().map(|(reason, ..)| reason.as_str()).collect();
    assert_eq!(reasons, ["Restarted", "Unhealthy"]);
    assert!(found[0].2.starts_with("restarted 57×"), "{}", found[0].2);
}

#[test]
fn restarts_are_counted_against_the_run_before() {
    let none = Previous::default();
    let restarted = json!({"RestartCount": 2, "State": {"StartedAt": at(-10), "FinishedAt": at(-11)}});
    assert_one(&found(&restarted, &known("aaa", 0, -3000), &[]), "Restarted", WARNING, "restarted 2×");
    assert_one(&found(&restarted, &known("aaa", 1, -500), &[]), "Restarted", WARNING, "restarted once");
    assert_eq!(found(&restarted, &known("aaa", 2, -10), &[]), []);
    assert_one(&found(&restarted, &none, &[]), "Restarted", WARNING, "restarted at least once");
    // By hand: the engine does not count it.
    let by_hand = json!({"State": {"StartedAt": at(-10), "FinishedAt": at(-11)}});
    assert_one(&found(&by_hand, &known("aaa", 0, -3000), &[]), "Restarted", WARNING, "restarted at least once");
    assert_one(&found(&by_hand, &none, &[]), "Restarted", WARNING, "restarted at least once");
    // Recreated: a deploy, unless it came back since.
    let recreated = json!({"Id": "bbb", "Created": at(-10), "State": {"StartedAt": at(-10)}});
    assert_eq!(found(&recreated, &known("aaa", 5, -3000), &[]), []);
    let twice = json!({"Id": "bbb", "RestartCount": 2, "Created": at(-10), "State": {"StartedAt": at(-2), "FinishedAt": at(-3)}});
    assert_one(&found(&twice, &known("aaa", 5, -3000), &[]), "Restarted", WARNING, "restarted 2×");
    // Events of its first container add nothing.
    let exit = [event(-11, "autopar-redis", "die", Some(139))];
    assert_one(&found(&by_hand, &none, &exit), "Restarted", WARNING, "restarted at least once");
}

#[test]
fn what_comes_back_and_back_is_not_back() {
    let none = Previous::default();
    let between = json!({"RestartCount": 9, "State": {"StartedAt": at(14), "FinishedAt": at(14)}});
    assert_one(&found(&between, &known("aaa", 0, -3000), &[]), "Restarting", CRITICAL, "keeps restarting (9×)");
    let restarting = json!({"RestartCount": 4, "State": {"Status": "restarting", "ExitCode": 1, "StartedAt": at(14), "FinishedAt": at(14)}});
    assert_one(
        &found(&restarting, &none, &[]),
        "Restarting",
        CRITICAL,
        "keeps restarting (at least once); last exited with code 1",
    );
}

#[test]
fn a_start_may_take_its_time() {
    let start = |minute: i64, check: &Value| json!({"State": {"StartedAt": at(minute), "Health": {"Status": "starting"}}, "Config": {"Healthcheck": check}});
    let none = Previous::default();
    let second = 1_000_000_000_i64;
    let check = json!({"Interval": 30 * second, "Retries": 3, "StartPeriod": 60 * second});
    assert_eq!(found(&start(13, &check), &none, &[]), []);
    assert_one(&found(&start(12, &check), &none, &[]), "StartingTooLong", WARNING, "still starting after 180 s");
    assert_eq!(found(&start(11, &Value::Null), &none, &[]), []);
    assert_one(&found(&start(9, &Value::Null), &none, &[]), "StartingTooLong", WARNING, "still starting after 360 s");
}

#[test]
fn a_missing_container_is_told_with_names_that_come_near() {
    let look = ContainerLook::Missing { near: vec!["autopar-redis-1".into()] };
    let findings =
        crate::core::rules::judge(&spec(), &all_well_but("autopar-redis", look), &Previous::default(), window());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].id, "container/autopar-redis/Missing");
    assert_eq!(
        findings[0].message,
        "missing: its engine has no container of this name; names that come near: autopar-redis-1"
    );
}

/// Events of `autopar-redis`, each a minute, what happened, and its number.
fn events(told: &[(i64, &str, i64)]) -> Vec<Event> {
    let of = |&(minute, action, number): &(i64, &str, i64)| Event {
        id: "aaa".into(),
        signal: Some(number).filter(|_| action == "kill"),
        ..event(minute, "autopar-redis", action, Some(number).filter(|_| action == "die"))
    };
    told.iter().map(of).collect()
}

#[test]
fn who_ended_it_is_told() {
    let none = Previous::default();
    let exited = |code: i64, policy: &str| {
        json!({
            "State": {"Status": "exited", "ExitCode": code, "FinishedAt": at(2)},
            "HostConfig": {"RestartPolicy": {"Name": policy, "MaximumRetryCount": 3}}, "RestartCount": 3,
        })
    };
    for (code, policy, told, message) in [
        (
            0,
            "no",
            &[(-9, "start", 0), (2, "kill", 15), (2, "die", 0), (2, "stop", 0)][..],
            "stopped by hand, exited with code 0",
        ),
        (137, "always", &[(-9, "start", 0), (2, "kill", 9), (2, "die", 137)], "killed by hand, exited with code 137"),
        // It ended after the events were read.
        (0, "no", &[(-9, "start", 0), (2, "kill", 15)], "stopped by hand, exited with code 0"),
        // The engine would have started it again.
        (137, "unless-stopped", &[], "stopped by hand, exited with code 137"),
        (1, "on-failure", &[(-9, "start", 0), (2, "die", 1)], "exited with code 1: its restart policy allows no more"),
    ] {
        assert_one(
            &found(&exited(code, policy), &none, &events(told)),
            "NotRunning",
            CRITICAL,
            &format!("not running: {message}"),
        );
    }
    let port = json!({"State": {"Status": "exited", "ExitCode": 128, "FinishedAt": at(2), "Error": "Bind for 0.0.0.0:6379 failed: port is already allocated"}});
    let message = "not running: it cannot start again: a port that it publishes is taken: Bind for 0.0.0.0:6379 failed: port is already allocated";
    assert_one(&found(&port, &none, &[]), "NotRunning", CRITICAL, message);
}

#[test]
fn a_planned_restart_is_only_restarted() {
    let told = [(3, "kill", 15), (3, "die", 0), (3, "stop", 0), (3, "start", 0), (3, "restart", 0)];
    let back = json!({"State": {"StartedAt": at(3), "FinishedAt": at(3), "Health": {"Status": "healthy"}}});
    let message = "restarted at least once, by hand; before that it exited with code 0 (no error)";
    let mut all = events(&[(1, "start", 0)]);
    all.extend(events(&told));
    for previous in [Previous::default(), known("aaa", 0, -3000)] {
        assert_one(&found(&back, &previous, &all), "Restarted", WARNING, message);
    }
    // Three of them within minutes are no loop.
    let thrice: Vec<_> = (11..14).flat_map(|n| told.map(|(_, action, number)| (n, action, number))).collect();
    let mut all = events(&[(1, "start", 0)]);
    all.extend(events(&thrice));
    let back = json!({"State": {"StartedAt": at(13), "FinishedAt": at(13)}});
    let message = "restarted at least 3×, by hand; before that it exited with code 0 (no error)";
    assert_one(&found(&back, &known("aaa", 0, -3000), &all), "Restarted", WARNING, message);
}

#[test]
fn a_loop_has_its_count_and_its_pace() {
    let crashes: Vec<_> = (2..=14).step_by(2).flat_map(|n| [(n, "die", 1), (n, "start", 0)]).collect();
    let mut all = events(&[(1, "start", 0)]);
    all.extend(events(&crashes));
    let between = |count: i64| json!({"RestartCount": count, "State": {"StartedAt": at(14), "FinishedAt": at(14)}});
    let none = Previous::default();
    let known = known("aaa", 0, -3000);
    for (count, previous, message) in [
        (7, &known, "keeps restarting (7× in 12 min, every 2 min); last exited with code 1"),
        // The engine lost events.
        (57, &known, "keeps restarting (57×, every 2 min); last exited with code 1"),
        // Nothing is known of before.
        (57, &none, "keeps restarting (at least 7× in 12 min, every 2 min); last exited with code 1"),
    ] {
        assert_one(&found(&between(count), previous, &all), "Restarting", CRITICAL, message);
    }
    // Three ends in half a day, the last a minute ago, are no loop.
    let seldom: Vec<_> = [-59, -20, 14].iter().flat_map(|&n| [(n, "die", 1), (n, "start", 0)]).collect();
    let mut all = events(&[(-60, "start", 0)]);
    all.extend(events(&seldom));
    let message = "restarted 3× in 73 min, every 37 min; before that it exited with code 1";
    assert_one(&found(&between(3), &known, &all), "Restarted", WARNING, message);
}

#[test]
fn a_process_within_that_was_killed_for_memory_is_told() {
    let mut all = events(&[(1, "start", 0)]);
    all.extend(events(&[(3, "oom", 0), (4, "oom", 0)]));
    let message = "had a process OOM-killed, memory limit 256 MiB; the container itself runs on";
    assert_one(&found(&json!({}), &Previous::default(), &all), "OomKilled", CRITICAL, message);
    // Engines forget the flag when they start it again; the event tells.
    let back =
        json!({"RestartCount": 1, "HostConfig": {"Memory": 0}, "State": {"StartedAt": at(3), "FinishedAt": at(3)}});
    let all = events(&[(1, "start", 0), (3, "oom", 0), (3, "die", 137), (3, "start", 0)]);
    let message = "OOM-killed, without a memory limit, restarted";
    assert_one(&found(&back, &known("aaa", 0, -3000), &all), "OomKilled", CRITICAL, message);
}

#[test]
fn what_was_so_within_the_window_and_is_over_is_told_with_its_end() {
    let healthy = json!({"State": {"Health": {"Status": "healthy"}}});
    let flap = [(2, "health_status: unhealthy", 0), (5, "health_status: healthy", 0)];
    let mut observations = all_well_but("autopar-redis", seen(inspect(&healthy)));
    observations.hosts[0].events = events(&flap);
    observations.hosts[0].events.extend(events(&[(6, "pause", 0), (7, "unpause", 0)]));
    let findings = crate::core::rules::judge(&spec(), &observations, &Previous::default(), window());
    let told: Vec<_> =
        findings.iter().map(|f| (f.reason.as_str(), f.severity, f.kind, f.message.as_str(), f.over_since)).collect();
    assert_eq!(
        told,
        [
            ("Unhealthy", WARNING, Kind::Event, "was unhealthy", Some(at(5))),
            ("Paused", WARNING, Kind::Event, "was paused", Some(at(7))),
        ]
    );
    // A restart tells it already, and what was before the window was told then.
    let mut restarted = events(&flap[..1]);
    restarted.extend(events(&[(3, "die", 1), (3, "start", 0), (5, "health_status: healthy", 0)]));
    let back =
        json!({"RestartCount": 1, "State": {"StartedAt": at(3), "FinishedAt": at(3), "Health": {"Status": "healthy"}}});
    assert_eq!(found(&back, &known("aaa", 0, -3000), &restarted).len(), 1);
    assert_eq!(
        found(
            &healthy,
            &Previous::default(),
            &events(&[(-70, "health_status: unhealthy", 0), (5, "health_status: healthy", 0)])
        ),
        []
    );
}

#[test]
fn a_container_on_no_network_is_told_unless_it_was_meant() {
    let on = |mode: &str, networks: &Value| json!({"HostConfig": {"NetworkMode": mode}, "NetworkSettings": {"Networks": networks}});
    let none = Previous::default();
    let message = "on no network: nothing can reach it, and it can reach nothing";
    for mode in ["bridge", "default", "autopar"] {
        assert_one(&found(&on(mode, &json!({})), &none, &[]), "NoNetwork", CRITICAL, message);
        assert_eq!(found(&on(mode, &json!({"autopar": {"IPAddress": "172.20.0.2"}})), &none, &[]), []);
        assert_eq!(found(&on(mode, &Value::Null), &none, &[]), []);
    }
    for mode in ["", "none", "host", "container:82e9", "slirp4netns:port_handler=slirp4netns"] {
        assert_eq!(found(&on(mode, &json!({})), &none, &[]), [], "{mode}");
    }
}

#[test]
fn a_health_check_that_cannot_run_is_told_from_one_that_fails() {
    let advice = |code: i64, output: &str| {
        let health = json!({"Status": "unhealthy", "FailingStreak": 30, "Log": [{"Start": at(3), "ExitCode": code, "Output": output}]});
        let mut observations = all_well_but("autopar-redis", seen(inspect(&json!({"State": {"Health": health}}))));
        observations.hosts[0].events = events(&[(-30, "health_status: unhealthy", 0)]);
        let mut findings = crate::core::rules::judge(&spec(), &observations, &Previous::default(), window());
        let finding = findings.remove(0);
        // The engine keeps five checks of thirty: when it said so is nearer to the truth.
        assert_eq!(finding.first_seen, Some(at(-30)));
        (finding.message, finding.advice.unwrap())
    };
    let (message, advised) =
        advice(-1, "OCI runtime exec failed: exec failed: \"curl\": executable file not found in $PATH");
    assert!(message.contains("30 checks in a row") && advised.starts_with("correct the health check"), "{advised}");
    assert!(advice(-1, "Health check exceeded timeout (2s)").1.starts_with("it does not answer"));
    assert_eq!(advice(1, "").0, "unhealthy: 30 checks in a row failed, the last with exit code 1");
}

#[test]
fn a_container_that_was_removed_is_missing_since_then() {
    let mut observations = all_well_but("autopar-redis", ContainerLook::Missing { near: vec![] });
    observations.hosts[0].events = events(&[(4, "destroy", 0)]);
    let findings = crate::core::rules::judge(&spec(), &observations, &Previous::default(), window());
    assert_eq!((findings[0].first_seen, findings[0].reason.as_str()), (Some(at(4)), "Missing"));
}

#[test]
fn what_was_created_anew_and_fails_has_failed() {
    let anew = |change: &Value| {
        let mut all = json!({"Id": "bbb", "Created": at(-5), "State": {"StartedAt": at(-5)}});
        for (key, value) in change.as_object().unwrap() {
            all["State"][key] = value.clone();
        }
        found(&all, &known("aaa", 2, -3000), &[])
    };
    assert_eq!(anew(&json!({})), []);
    assert_eq!(anew(&json!({"Status": "exited", "ExitCode": 1, "FinishedAt": at(2)}))[0].0, "NotRunning");
    assert_eq!(anew(&json!({"Health": {"Status": "unhealthy"}}))[0].0, "Unhealthy");
}

#[test]
fn the_first_of_many_failed_checks_is_reckoned_where_the_engine_kept_only_the_last() {
    let checks: Vec<Value> = (10..15).map(|n| json!({"Start": at(n), "ExitCode": 1, "Output": "no"})).collect();
    let look = |streak: i64, started: i64| {
        let state = json!({"StartedAt": at(started), "Health": {"Status": "unhealthy", "FailingStreak": streak, "Log": checks}});
        let observations = all_well_but("autopar-redis", seen(inspect(&json!({"State": state}))));
        crate::core::rules::judge(&spec(), &observations, &Previous::default(), window())[0].first_seen
    };
    assert_eq!([look(5, -90), look(35, -90), look(i64::MAX, -90)], [Some(at(10)), Some(at(-20)), Some(at(-90))]);
}
