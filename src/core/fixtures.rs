//! An environment for tests: the seed's, with one site, Redis, RabbitMQ and a worker, all well.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    logs::{Matcher, Scanner},
    observation::{
        CheckObservation, ContainerObservation, HostObservation, Observations,
        docker::{ContainerLook, Engine, Event, Inspect, LogLook},
        website::{Answer, Attempt, AttemptResult, Phases},
    },
};
use crate::api::{MonitoringJobSpec, Window};

/// 03:15 on a day, in the middle of which everything happens.
pub(crate) fn at(minute: i64) -> Timestamp {
    "2026-11-24T03:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

/// 02:00 to 03:15.
pub(crate) fn window() -> Window {
    Window { since: at(-60), until: at(15) }
}

pub(crate) fn spec() -> MonitoringJobSpec {
    serde_saphyr::from_str(
        "
environment: Autopar Staging
websites:
  - {name: staging, url: 'https://staging.example.com'}
dockerHosts:
  - name: staging-host
    host: tcp://staging-host:2376
    containers:
      - {name: autopar-redis, profile: redis}
      - {name: autopar-rabbitmq, profile: rabbitmq}
      - {name: autopar-worker}
dependencies:
  - {subject: staging, needs: [autopar-redis]}
",
    )
    .unwrap()
}

/// A container that has run since yesterday.
pub(crate) fn inspect(change: &Value) -> Inspect {
    let mut json = json!({
        "Id": "aaa", "Created": at(-3000), "RestartCount": 0,
        "State": {"Status": "running", "StartedAt": at(-3000), "FinishedAt": "0001-01-01T00:00:00Z"},
        "HostConfig": {"Memory": 268_435_456, "LogConfig": {"Type": "json-file"}},
    });
    merge(&mut json, change);
    serde_json::from_value(json).unwrap()
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

pub(crate) fn seen(inspect: Inspect) -> ContainerLook {
    ContainerLook::Seen { inspect, stats: None, logs: LogLook::Read(super::observation::logs::LogScan::default()) }
}

/// All well.
pub(crate) fn all_well() -> Observations {
    let spec = spec();
    let answer = Answer {
        status: 200,
        location: None,
        body_bytes: 10,
        missing: vec![],
        forbidden: vec![],
        json_mismatches: vec![],
        excerpt: None,
    };
    let attempt = Attempt {
        at: at(15),
        phases: Phases { total_ms: 84, ..Phases::default() },
        redirects: 0,
        address: None,
        certificate: None,
        result: AttemptResult::Answered(answer),
    };
    let check = CheckObservation {
        website: "staging".into(),
        check: "home".into(),
        host: "staging.example.com".into(),
        path: "/".into(),
        credentials: None,
        attempts: vec![attempt],
    };
    let containers = spec.docker_hosts[0].containers.iter().map(|c| ContainerObservation {
        name: c.name.clone(),
        host: "staging-host".into(),
        look: seen(inspect(&json!({"Id": c.name}))),
    });
    let engine = Engine::Answered { latency_ms: 3, clock_offset_ms: Some(0) };
    Observations {
        checks: vec![check],
        hosts: vec![HostObservation { name: "staging-host".into(), engine, events: vec![] }],
        containers: containers.collect(),
    }
}

/// The same, but for one container.
pub(crate) fn all_well_but(container: &str, look: ContainerLook) -> Observations {
    let mut observations = all_well();
    *look_of(&mut observations, container) = look;
    observations
}

pub(crate) fn look_of<'o>(observations: &'o mut Observations, container: &str) -> &'o mut ContainerLook {
    &mut observations.containers.iter_mut().find(|c| c.name == container).unwrap().look
}

/// Gives a container a log of lines, each a minute of `at` and a text.
pub(crate) fn write_log(
    observations: &mut Observations,
    spec: &MonitoringJobSpec,
    container: &str,
    lines: &[(i64, &str)],
) {
    let described = spec.docker_hosts[0].containers.iter().find(|c| c.name == container).unwrap();
    let matcher = Matcher::compile(described.profile.unwrap_or_default(), &spec.patterns, container).unwrap();
    let mut scanner = Scanner::new(&matcher, window());
    for (minute, text) in lines {
        scanner.line(format!("{:.9} {text}", at(*minute)).as_bytes());
    }
    let ContainerLook::Seen { logs, .. } = look_of(observations, container) else { panic!("{container} is not there") };
    *logs = LogLook::Read(scanner.finish());
}

pub(crate) fn event(minute: i64, container: &str, action: &str, exit_code: Option<i64>) -> Event {
    Event {
        at: at(minute),
        container: container.into(),
        id: container.into(),
        action: action.into(),
        exit_code,
        signal: None,
    }
}
