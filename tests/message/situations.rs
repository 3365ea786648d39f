//! Named situations, from what was seen to the message of it, and what holds for any.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use stagewatch::{
    api::{FindingState, Severity, Verdict, job::ProfileName, job_status::FindingSummary},
    core::observation::{
        docker::{ContainerLook, Engine, EngineFailure},
        website::{Certificate, WebsiteFailure},
    },
};

use super::{
    check,
    environment::Environment,
    sample::{at, finding},
};

const REFUSED: &str = "ERROR job failed: Error 111 connecting to autopar-redis:6379. Connection refused.";
const ALARM: &str =
    "2026-11-24 03:01:00.679304+00:00 [warning] <0.288.0> memory resource limit alarm set on node rabbit@rabbit.";
const ALARM_OVER: &str =
    "2026-11-24 03:05:00.575452+00:00 [warning] <0.288.0> memory resource limit alarm cleared on node rabbit@rabbit";
const NGINX: &str = "2026/11/24 03:05:00 [error] 29#29: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.9, server: _, request: \"GET / HTTP/1.1\", upstream: \"http://api:8000/\", host: \"staging\"";

fn exited(code: i64, at_time: &str) -> Value {
    json!({"State": {"Status": "exited", "ExitCode": code, "FinishedAt": at(at_time)}, "HostConfig": {"RestartPolicy": {"Name": "no"}}})
}

fn every_minute(from: u32, to: u32, record: &'static str) -> Vec<(String, &'static str)> {
    (from..=to).map(|minute| (format!("03:{minute:02}"), record)).collect()
}

fn borrowed<'a>(records: &'a [(String, &'a str)]) -> Vec<(&'a str, &'a str)> {
    records.iter().map(|(time, text)| (time.as_str(), *text)).collect()
}

fn redis_oom_loop() -> Environment {
    let kills: Vec<(String, &str, i64)> = (2..=14)
        .step_by(2)
        .flat_map(|m| ["oom", "die", "start"].map(|action| (format!("03:{m:02}"), action, 137)))
        .collect();
    let kills: Vec<(&str, &str, i64)> = kills.iter().map(|(time, action, n)| (time.as_str(), *action, *n)).collect();
    Environment::new()
        .state("autopar-redis", &json!({"RestartCount": 7, "State": {"Status": "restarting", "OOMKilled": true, "ExitCode": 137, "StartedAt": at("03:12"), "FinishedAt": at("03:14")}}))
        .events("autopar-redis", &[("02:05", "health_status: healthy", 0)])
        .events("autopar-redis", &kills)
        .log("autopar-worker", &borrowed(&every_minute(2, 14, REFUSED)))
        .answers(502)
}

fn redis_killed() -> Environment {
    Environment::new()
        .state("autopar-redis", &exited(137, "03:02"))
        .events("autopar-redis", &[("02:05", "health_status: healthy", 0), ("03:02", "kill", 9), ("03:02", "die", 137)])
        .log("autopar-worker", &borrowed(&every_minute(3, 9, REFUSED)))
        .log(
            "autopar-api",
            &borrowed(&every_minute(3, 5, "ERROR GET /cars 500: Could not connect to Redis at redis:6379")),
        )
        .answers(502)
}

fn disk_full() -> Environment {
    let full = "1:M 24 Nov 2026 03:04:38.773 # Write error saving DB on disk(rdbSaveRio): No space left on device";
    let failed = "1:M 24 Nov 2026 03:04:38.900 # Background saving error";
    Environment::new().log("autopar-redis", &[("03:04", full), ("03:04", failed)])
}

fn postgres_disk_full() -> Environment {
    let mut environment = Environment::new();
    let name = "autopar-postgres".to_owned();
    let container = &mut environment.spec.docker_hosts[0].containers[3];
    (container.name, container.label) = (name.clone(), Some("PostgreSQL".into()));
    container.profile = Some(ProfileName::Postgres);
    environment.seen.containers[3].name.clone_from(&name);
    for needed in environment.spec.dependencies.iter_mut().flat_map(|d| &mut d.needs).filter(|n| *n == "autopar-redis")
    {
        needed.clone_from(&name);
    }
    environment
        .state("autopar-postgres", &exited(1, "03:05"))
        .log(
            "autopar-postgres",
            &[
                ("03:04", "2026-11-24 03:04:38.773 UTC [71] PANIC:  could not write to file \"pg_wal/xlogtemp.71\": No space left on device"),
                ("03:05", "2026-11-24 03:05:00.100 UTC [80] FATAL:  could not write to file \"pg_wal/xlogtemp.80\": No space left on device"),
            ],
        )
        .log(
            "autopar-api",
            &borrowed(&every_minute(5, 9, "ERROR connection to server at \"autopar-postgres\", port 5432 failed: Connection refused")),
        )
        .answers(500)
}

fn certificate_expired() -> Environment {
    let mut environment = Environment::new().fails(WebsiteFailure::CertificateInvalid, "the certificate expired");
    for check in &mut environment.seen.checks {
        check.attempts[0].certificate = Some(Certificate {
            not_before: "2026-08-25T00:00:00Z".parse().unwrap(),
            not_after: "2026-11-23T00:00:00Z".parse().unwrap(),
            issuer: "Staging CA".into(),
            names: vec!["staging.autopar.pitchai.net".into()],
        });
    }
    environment
}

fn engine_unreachable() -> Environment {
    let mut environment = Environment::new().fails(WebsiteFailure::Timeout, "no connection within 10 s");
    let detail = "connection refused by 10.0.0.5:2376".to_owned();
    environment.seen.hosts[0].engine = Engine::Failed { reason: EngineFailure::EngineUnreachable, detail };
    for container in &mut environment.seen.containers {
        container.look = ContainerLook::NotObserved { why: "its host's engine did not answer".into() };
    }
    environment
}

fn missing() -> Environment {
    let mut environment = Environment::new().log("autopar-worker", &borrowed(&every_minute(0, 9, REFUSED)));
    *environment.look("autopar-redis") = ContainerLook::Missing { near: vec!["autopar_redis_1".into()] };
    environment
}

fn two_causes() -> Environment {
    Environment::new()
        .state("autopar-redis", &exited(1, "03:02"))
        .state("autopar-rabbitmq", &exited(0, "03:06"))
        .events(
            "autopar-rabbitmq",
            &[("02:05", "health_status: healthy", 0), ("03:06", "kill", 15), ("03:06", "die", 0), ("03:06", "stop", 0)],
        )
        .log("autopar-api", &borrowed(&every_minute(3, 9, "ERROR Could not connect to Redis at redis:6379")))
}

fn slow() -> Environment {
    let mut environment = Environment::new();
    for check in &mut environment.seen.checks {
        check.attempts[0].phases.total_ms = 4100;
    }
    environment
}

fn recreated_and_failing() -> Environment {
    let mut environment = Environment::new().state(
        "autopar-api",
        &json!({"Id": "another", "Created": at("02:50"), "RestartCount": 0, "State": {
            "StartedAt": at("02:50"),
            "Health": {"Status": "unhealthy", "FailingStreak": 4, "Log": [{"Start": at("02:53"), "ExitCode": 7, "Output": "curl: (7) Failed to connect to localhost port 8000: Connection refused"}]},
        }}),
    );
    environment.previous.containers =
        serde_json::from_value(json!([{"name": "autopar-api", "id": "one", "restartCount": 2}])).unwrap();
    environment.answers(502)
}

fn off_network() -> Environment {
    let mut environment = Environment::new().log("autopar-worker", &borrowed(&every_minute(3, 9, REFUSED)));
    let ContainerLook::Seen { inspect, .. } = environment.look("autopar-redis") else { unreachable!() };
    inspect.network_settings.networks = Some(BTreeMap::default());
    environment
}

fn planned_restart() -> Environment {
    let told = [
        ("02:05", "health_status: healthy", 0),
        ("03:02", "kill", 15),
        ("03:02", "die", 0),
        ("03:02", "stop", 0),
        ("03:02", "start", 0),
    ];
    Environment::new()
        .state("autopar-redis", &json!({"State": {"StartedAt": at("03:02"), "FinishedAt": at("03:02")}}))
        .events("autopar-redis", &told)
}

fn over_again() -> Environment {
    let mut environment = planned_restart();
    let was = finding(
        "website/staging/home/UnexpectedStatus",
        Severity::Critical,
        stagewatch::api::Kind::State,
        "GET / answered 502 Bad Gateway, expected 200",
    );
    environment.previous.findings = vec![FindingSummary::from(&was)];
    environment
}

fn situations() -> Vec<(&'static str, Environment)> {
    vec![
        ("redis_oom_loop", redis_oom_loop()),
        ("redis_killed_and_502", redis_killed()),
        (
            "rabbitmq_memory_alarm",
            Environment::new()
                .log("autopar-rabbitmq", &[("03:01", ALARM)])
                .log("autopar-worker", &[("03:04", "ERROR publish timed out")]),
        ),
        ("rabbitmq_alarm_over", Environment::new().log("autopar-rabbitmq", &[("03:01", ALARM), ("03:05", ALARM_OVER)])),
        ("redis_disk_full", disk_full()),
        ("postgres_disk_full", postgres_disk_full()),
        (
            "upstream_refused_and_api_down",
            Environment::new()
                .state("autopar-api", &exited(1, "03:04"))
                .log("autopar-web", &[("03:05", NGINX), ("03:06", NGINX)])
                .answers(502),
        ),
        ("certificate_expired", certificate_expired()),
        ("engine_down", engine_unreachable()),
        ("container_missing", missing()),
        ("two_causes", two_causes()),
        ("slow_only", slow()),
        ("recreated_and_failing", recreated_and_failing()),
        ("planned_restart", planned_restart()),
        (
            "redis_paused_and_502",
            Environment::new()
                .state("autopar-redis", &json!({"State": {"Status": "paused"}}))
                .events("autopar-redis", &[("03:10", "pause", 0)])
                .answers(502),
        ),
        ("redis_off_network", off_network()),
        ("site_back_after_restart", over_again()),
    ]
}

#[test]
fn named_situations() {
    for (name, environment) in situations() {
        let parts = environment.message();
        let plain: Vec<&str> = parts.iter().map(|part| part.plain.as_str()).collect();
        insta::assert_snapshot!(name, plain.join("\n---\n"));
        check(&parts).unwrap();
        let report = environment.report();
        let cause = report.probable_cause.unwrap();
        let cause = report.findings.iter().find(|f| f.id == cause.finding_id).unwrap();
        let shown: String = plain[0].chars().take(100).collect();
        let subject = if cause.subject == "staging" { "staging.autopar.pitchai.net" } else { &cause.subject };
        let gist = cause
            .message
            .trim_start_matches("GET / ")
            .trim_start_matches("GET /health ")
            .split([',', ':', ';', '('])
            .next()
            .unwrap()
            .trim();
        assert!(shown.contains(subject) && shown.contains(gist), "{name}: {gist:?} of {subject} is not in {shown:?}");
    }
}

/// Bad facts, each of which makes an environment worse.
fn facts() -> Vec<fn(Environment) -> Environment> {
    vec![
        |e| e.state("autopar-redis", &exited(137, "03:02")),
        |e| e.state("autopar-api", &json!({"State": {"Health": {"Status": "unhealthy", "FailingStreak": 3}}})),
        |e| e.state("autopar-rabbitmq", &json!({"State": {"Status": "paused"}})),
        |e| e.log("autopar-worker", &[("03:03", REFUSED), ("03:09", "FATAL no more")]),
        |e| e.log("autopar-web", &[("03:05", NGINX)]),
        |e| e.events("autopar-api", &[("02:10", "health_status: healthy", 0), ("03:01", "oom", 0)]),
        |e| {
            e.events(
                "autopar-worker",
                &[("03:01", "health_status: unhealthy", 0), ("03:04", "health_status: healthy", 0)],
            )
        },
        |e| e.answers(502),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn more_bad_facts_never_lower_the_verdict_and_no_order_matters(
        chosen in prop::collection::vec(any::<bool>(), 8),
        one_more in 0_usize..8,
        turn in 0_usize..5,
    ) {
        let of = |chosen: &[bool]| {
            facts().into_iter().zip(chosen).filter(|(_, chosen)| **chosen).fold(Environment::new(), |e, (fact, _)| fact(e))
        };
        let before = of(&chosen).report();
        let mut more = chosen.clone();
        more[one_more] = true;
        prop_assert!(of(&more).report().verdict >= before.verdict);
        let mut turned = of(&chosen);
        turned.spec.docker_hosts[0].containers.rotate_left(turn);
        turned.spec.dependencies.rotate_left(turn % 4);
        turned.seen.containers.reverse();
        turned.seen.hosts[0].events.reverse();
        turned.spec.websites[0].checks.reverse();
        turned.seen.checks.reverse();
        let after = turned.report();
        prop_assert_eq!(after.verdict, before.verdict);
        prop_assert_eq!(&after.probable_cause, &before.probable_cause);
        prop_assert_eq!(after.findings, before.findings);
        check(&of(&chosen).message()).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn what_is_over_says_so_and_is_no_news() {
    let report = over_again().report();
    let over: Vec<_> = report.findings.iter().filter(|f| f.state == FindingState::Resolved).collect();
    assert_eq!((over.len(), report.verdict), (1, Verdict::SuspiciousInvestigate));
}
