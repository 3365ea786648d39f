//! An environment for which messages are computed as a run does: from what was seen, over the rules, to the letter.

use jiff::Timestamp;
use serde_json::{Value, json};
use stagewatch::{
    api::{
        MonitoringJob, MonitoringJobSpec, MonitoringJobStatus, MonitoringRun, MonitoringRunSpec, Window,
        job_status::{MessageKind, OutboxEntry},
        report::Report,
    },
    core::{
        execution,
        logs::Scanner,
        message::{Letter, Part, Place},
        observation::{
            CheckObservation, ContainerObservation, HostObservation, Observations,
            docker::{ContainerLook, Engine, Event, LogLook},
            logs::LogScan,
            website::{Attempt, AttemptResult, WebsiteFailure},
        },
        previous::Previous,
        report,
    },
    store::merge,
};

use super::{matchers::matcher, sample::at};

const SPEC: &str = "
environment: Autopar Staging
title: AUTOPAR MONITORING
websites:
  - name: staging
    url: https://staging.autopar.pitchai.net
    latency: {warning: 3s, critical: 10s}
    checks: [{name: home, path: /}, {name: health, path: /health}]
dockerHosts:
  - name: staging-host
    host: tcp://staging-host:2376
    containers:
      - {name: autopar-web, label: nginx, profile: nginx}
      - {name: autopar-api, label: API}
      - {name: autopar-worker, label: Worker}
      - {name: autopar-redis, label: Redis, profile: redis}
      - {name: autopar-rabbitmq, label: RabbitMQ, profile: rabbitmq}
dependencies:
  - {subject: staging, needs: [autopar-web]}
  - {subject: autopar-web, needs: [autopar-api]}
  - {subject: autopar-api, needs: [autopar-redis]}
  - {subject: autopar-worker, needs: [autopar-redis, autopar-rabbitmq]}
";

/// What a run looks at: 02:00 to 03:15.
pub fn window() -> Window {
    Window { since: at("02:00"), until: at("03:15") }
}

/// An environment, and what is known of it.
pub struct Environment {
    pub spec: MonitoringJobSpec,
    pub seen: Observations,
    pub previous: Previous,
}

impl Environment {
    /// All is well.
    pub fn new() -> Self {
        let spec: MonitoringJobSpec = serde_saphyr::from_str(SPEC).unwrap();
        let check = |(check, path): (&str, &str)| CheckObservation {
            website: "staging".into(),
            check: check.into(),
            host: "staging.autopar.pitchai.net".into(),
            path: path.into(),
            credentials: None,
            attempts: vec![attempt(&json!({"answered": {"status": 200, "bodyBytes": 5}}))],
        };
        let container = |name: &String| ContainerObservation {
            name: name.clone(),
            host: "staging-host".into(),
            look: ContainerLook::Seen {
                inspect: serde_json::from_value(inspect(name, &json!({}))).unwrap(),
                stats: None,
                logs: LogLook::Read(LogScan::default()),
            },
        };
        let names: Vec<String> = spec.docker_hosts[0].containers.iter().map(|c| c.name.clone()).collect();
        let engine = Engine::Answered { latency_ms: 3, clock_offset_ms: Some(0) };
        let seen = Observations {
            checks: [("home", "/"), ("health", "/health")].map(check).into(),
            hosts: vec![HostObservation { name: "staging-host".into(), engine, events: vec![] }],
            containers: names.iter().map(container).collect(),
        };
        Self { spec, seen, previous: Previous::default() }
    }

    /// How a container is: what of its inspect is not as when it is well.
    pub fn state(mut self, name: &str, change: &Value) -> Self {
        let changed = serde_json::from_value(inspect(name, change)).unwrap();
        let ContainerLook::Seen { inspect, .. } = self.look(name) else { panic!("{name} is not there") };
        *inspect = changed;
        self
    }

    /// What a container logged: times and records.
    pub fn log(mut self, name: &str, records: &[(&str, &str)]) -> Self {
        let container = self.spec.docker_hosts[0].containers.iter().find(|c| c.name == name).unwrap();
        let matcher = matcher(container.profile.unwrap_or_default(), &self.spec.patterns, name);
        let mut scanner = Scanner::new(&matcher, window());
        for (time, text) in records {
            scanner.line(format!("{:.9} {text}", at(time)).as_bytes());
        }
        let scan = scanner.finish();
        let ContainerLook::Seen { logs, .. } = self.look(name) else { panic!("{name} is not there") };
        *logs = LogLook::Read(scan);
        self
    }

    /// What the engine told of a container: times, what happened, its number.
    pub fn events(mut self, name: &str, told: &[(&str, &str, i64)]) -> Self {
        let events = told.iter().map(|&(time, action, number)| Event {
            at: at(time),
            container: name.into(),
            id: name.into(),
            action: action.into(),
            exit_code: Some(number).filter(|_| action == "die"),
            signal: Some(number).filter(|_| action == "kill"),
        });
        self.seen.hosts[0].events.extend(events);
        self
    }

    /// What both checks of the site came to.
    pub fn site(mut self, result: &Value) -> Self {
        for check in &mut self.seen.checks {
            check.attempts = vec![attempt(result)];
        }
        self
    }

    pub fn fails(self, reason: WebsiteFailure, detail: &str) -> Self {
        self.site(&json!({"failed": {"reason": reason, "detail": detail}}))
    }

    pub fn answers(self, status: u16) -> Self {
        self.site(&json!({"answered": {"status": status, "bodyBytes": 5}}))
    }

    pub fn look(&mut self, name: &str) -> &mut ContainerLook {
        &mut self.seen.containers.iter_mut().find(|c| c.name == name).unwrap().look
    }

    pub fn report(&self) -> Report {
        report::report(&self.spec, &self.seen, &self.previous, window())
    }

    /// The report of a run, as it is sent.
    pub fn message(&self) -> Vec<Part> {
        let mut job = MonitoringJob::new("autopar-staging", self.spec.clone());
        job.metadata.namespace = Some("monitoring".into());
        let mut run = MonitoringRun::new("autopar-staging-202611240315-3f9a1c", MonitoringRunSpec::default());
        let done = at("03:15");
        run.status = Some(execution::completed(&run, self.report(), vec![], done));
        let letter = Letter {
            job: &job,
            status: &MonitoringJobStatus::default(),
            schedule: None,
            problems: &[],
            run: Some(&run),
            opened: None,
            entry: &OutboxEntry::new("team", MessageKind::Report, "autopar-staging-202611240315-3f9a1c"),
            place: Place::Nowhere,
            now: done,
        };
        letter.parts()
    }
}

pub fn attempt(result: &Value) -> Attempt {
    let result: AttemptResult = serde_json::from_value(result.clone()).unwrap();
    Attempt {
        at: at("03:15"),
        phases: serde_json::from_value(
            json!({"dnsMs": 1, "connectMs": 2, "tlsMs": 3, "firstByteMs": 7, "bodyMs": 8, "totalMs": 21}),
        )
        .unwrap(),
        redirects: 0,
        address: None,
        certificate: None,
        result,
    }
}

/// A container that has run since days, but for this.
fn inspect(name: &str, change: &Value) -> Value {
    let long_ago: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    let mut json = json!({
        "Id": name, "Created": long_ago, "RestartCount": 0,
        "State": {"Status": "running", "StartedAt": long_ago, "Health": {"Status": "healthy"}},
        "HostConfig": {"Memory": 268_435_456, "RestartPolicy": {"Name": "unless-stopped"}, "NetworkMode": "autopar"},
        "NetworkSettings": {"Networks": {"autopar": {"IPAddress": ""}}},
    });
    merge::apply(&mut json, change);
    json
}
