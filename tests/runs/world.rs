//! A job, its runs one after the other, and what is told of them. Nothing here decides anything.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stagewatch::{
    api::{
        Finding, MonitoringJob, MonitoringJobSpec, MonitoringJobStatus, MonitoringRun, MonitoringRunSpec, Window,
        job_status::{MessageKind, OutboxEntry, Raise},
        report::Report,
        run::{JobRef, Trigger},
    },
    core::{
        analysis::{
            self,
            when::{self, Decision},
        },
        execution, fold,
        logs::Scanner,
        message::{Letter, Place},
        observation::{
            CheckObservation, ContainerObservation, HostObservation, Observations,
            docker::{ContainerLook, Engine, EngineFailure, LogLook, Stats},
            website::{Answer, Attempt, AttemptResult, Phases},
        },
        outbox::{self, Delivery},
        previous::Previous,
        report,
        schedule::Schedule,
    },
    store::merge,
};

use crate::matchers::matcher;

const SPEC: &str = "
environment: Autopar Staging
title: AUTOPAR MONITORING
schedule: {cron: ['15 3 * * *', '30 10 * * *']}
websites:
  - name: staging
    url: https://staging.autopar.example
    latency: {warning: 3s, critical: 10s}
dockerHosts:
  - name: staging-host
    host: tcp://staging-host:2376
    containers:
      - {name: autopar-redis, label: Redis, profile: redis}
      - {name: autopar-rabbitmq, label: RabbitMQ, profile: rabbitmq}
      - {name: autopar-worker}
dependencies:
  - {subject: staging, needs: [autopar-redis]}
notifications:
  policy: Always
  receivers: [{name: team, telegram: {secretRef: {name: telegram}}}]
";

/// A moment of 24 November, as `03:15`; `+1 03:15` is one of the day after.
pub fn at(time: &str) -> Timestamp {
    let (days, time) = time.strip_prefix('+').and_then(|rest| rest.split_once(' ')).unwrap_or(("0", time));
    let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
    let day: Timestamp = format!("2026-11-24T{time}Z").parse().unwrap();
    day + SignedDuration::from_hours(24 * days.parse::<i64>().unwrap())
}

/// What was told of a run.
#[derive(Clone, Debug)]
pub struct Told {
    pub kind: MessageKind,
    pub rings: bool,
    pub replies: bool,
    pub text: String,
}

pub struct World {
    pub job: MonitoringJob,
    runs: Vec<MonitoringRun>,
    /// How often Claude was asked.
    pub asked: usize,
    /// How often a closer look became due; each is over before the next run.
    pub looked: usize,
    /// What comes of a question.
    pub claude: fn(&mut Report, Option<&Raise>),
    /// What is known without a status, as `run --previous` has it.
    alone: Previous,
}

impl World {
    /// The job, with some fields of its spec as in `change`.
    pub fn new(change: &Value) -> Self {
        let spec: MonitoringJobSpec = serde_saphyr::from_str(SPEC).unwrap();
        let mut world = Self {
            job: MonitoringJob::new("autopar-staging", spec),
            runs: Vec::new(),
            asked: 0,
            looked: 0,
            claude: |_, _| {},
            alone: Previous::default(),
        };
        world.job.metadata.namespace = Some("monitoring".into());
        world.job.metadata.generation = Some(1);
        world.edit(change);
        world
    }

    /// Changes the spec.
    pub fn edit(&mut self, change: &Value) {
        let mut spec = serde_json::to_value(&self.job.spec).unwrap();
        merge::apply(&mut spec, change);
        self.job.spec = serde_json::from_value(spec).unwrap();
    }

    /// One run of the schedule that starts at `now` and sees this; what was told of it, if anything was.
    pub fn run(&mut self, now: Timestamp, look: impl FnOnce(&mut Seen<'_>)) -> Option<Told> {
        self.run_as(now, look, report::report)
    }

    /// The same when neither a target nor the Bot API is reached.
    pub fn run_offline(&mut self, now: Timestamp) -> Option<Told> {
        self.run_as(now, engine_gone, report::offline)
    }

    fn run_as(
        &mut self,
        now: Timestamp,
        look: impl FnOnce(&mut Seen<'_>),
        judge: impl Fn(&MonitoringJobSpec, &Observations, &Previous, Window) -> Report,
    ) -> Option<Told> {
        let name = format!("autopar-staging-{}", now.strftime("%Y%m%d%H%M"));
        let spec = MonitoringRunSpec {
            job_ref: JobRef { name: "autopar-staging".into() },
            trigger: Some(Trigger::Schedule),
            scheduled_time: Some(now),
            ..Default::default()
        };
        let mut run = MonitoringRun::new(&name, spec);
        let claimed = execution::claimed(&self.job, &run, "me", now);
        let window = claimed.window.unwrap();
        run.status = Some(claimed);
        let mut seen = Seen { spec: &self.job.spec, window, now, all: all_well(&self.job.spec, now) };
        look(&mut seen);
        let seen = seen.all;
        let previous = Previous::from(&self.job.status.clone().unwrap_or_default());
        let mut report = judge(&self.job.spec, &seen, &previous, window);
        // As a recording has it.
        let recorded = serde_json::from_str(&serde_json::to_string(&previous).unwrap()).unwrap();
        assert_eq!(report, judge(&self.job.spec, &seen, &recorded, window), "a replay equals its run");
        let containers = report::containers(&seen);
        self.alone = std::mem::take(&mut self.alone).followed_by(&self.job.spec, &report, &containers);
        self.analyze(&mut report);
        let done = now + SignedDuration::from_secs(4);
        run.status = Some(execution::completed(&run, report, containers, done));
        self.runs.push(run);
        let told = self.fold(done);
        assert_eq!(Previous::from(self.status()), self.alone, "a folder of recordings knows what a status knows");
        told
    }

    /// As the analyst does it.
    fn analyze(&mut self, report: &mut Report) {
        let schedule = self.job.spec.schedule.as_ref().map(|s| Schedule::parse(s).unwrap());
        match when::decide(&self.job, schedule.as_ref(), Trigger::Schedule, report) {
            Decision::Ask => {
                self.asked += 1;
                (self.claude)(report, when::holding(&self.job, report).as_ref());
            }
            Decision::Hold(raise) => analysis::hold(report, "claude-sonnet-5-5", &raise),
            Decision::Leave => {}
        }
    }

    fn fold(&mut self, now: Timestamp) -> Option<Told> {
        let run = self.runs.last().unwrap();
        let schedule = self.job.spec.schedule.as_ref().map(|s| Schedule::parse(s).unwrap());
        let context = fold::Context { schedule: schedule.as_ref(), holder: "me", now };
        let mut status = fold::fold(&self.job, run, context).unwrap();
        let entry = status.outbox.last().cloned();
        let told = entry.map(|entry| {
            let opened = entry.opened_by.as_ref();
            let letter = Letter {
                job: &self.job,
                status: &status,
                schedule: schedule.as_ref(),
                problems: &[],
                run: Some(run),
                opened: opened.and_then(|name| self.runs.iter().find(|r| r.metadata.name.as_ref() == Some(name))),
                entry: &entry,
                place: Place::Nowhere,
                now,
            };
            let text = letter.parts().into_iter().map(|part| part.plain).collect::<Vec<_>>().join("\n---\n");
            let OutboxEntry { id, kind, rings, reply_to, .. } = entry;
            (id, Told { kind, rings, replies: reply_to.is_some(), text })
        });
        if let Some((id, _)) = &told {
            let accepted = Delivery::Accepted { message_id: i64::try_from(self.runs.len()).unwrap() };
            outbox::record(&mut status, id, &accepted, None, now);
        }
        self.looked += usize::from(status.investigation.take().is_some());
        self.job.status = Some(status);
        told.map(|(_, told)| told)
    }

    /// What the job's status says.
    pub fn status(&self) -> &MonitoringJobStatus {
        self.job.status.as_ref().unwrap()
    }

    /// What the last run found.
    pub fn found(&self) -> &[Finding] {
        self.runs.last().and_then(|run| run.status.as_ref()).map_or(&[], |status| &status.findings)
    }
}

/// What a run sees: all well, until it is changed.
pub struct Seen<'a> {
    spec: &'a MonitoringJobSpec,
    window: Window,
    pub now: Timestamp,
    pub all: Observations,
}

impl Seen<'_> {
    /// The site answers so, in so many milliseconds.
    pub fn site(&mut self, status: u16, ms: i64) {
        let attempt = &mut self.all.checks[0].attempts[0];
        attempt.phases.total_ms = ms;
        if let AttemptResult::Answered(answer) = &mut attempt.result {
            answer.status = status;
        }
    }

    /// The engine's answer to inspect differs in this.
    pub fn container(&mut self, name: &str, change: &Value) {
        let ContainerLook::Seen { inspect, .. } = self.look(name) else { panic!("{name} is not seen") };
        let mut json = serde_json::to_value(&*inspect).unwrap();
        merge::apply(&mut json, change);
        *inspect = serde_json::from_value(json).unwrap();
    }

    /// The engine's answer to stats: CPU in percent of all CPUs, memory in MiB.
    pub fn load(&mut self, name: &str, cpu_percent: u64, mib: u64) {
        let now = self.now;
        let ContainerLook::Seen { stats, .. } = self.look(name) else { panic!("{name} is not seen") };
        *stats = Some(measured(now, cpu_percent, mib));
    }

    /// The log of a container: lines, each with the engine's stamp.
    pub fn log(&mut self, name: &str, lines: &[(Timestamp, &str)]) {
        let hosts = &self.spec.docker_hosts;
        let container = hosts.iter().flat_map(|host| &host.containers).find(|c| c.name == name).unwrap();
        let matcher = matcher(container.profile.unwrap_or_default(), &self.spec.patterns, name);
        let mut scanner = Scanner::new(&matcher, self.window);
        for (at, line) in lines {
            scanner.line(format!("{at:.9} {line}").as_bytes());
        }
        let ContainerLook::Seen { logs, .. } = self.look(name) else { panic!("{name} is not seen") };
        *logs = LogLook::Read(scanner.finish());
    }

    pub fn look(&mut self, name: &str) -> &mut ContainerLook {
        &mut self.all.containers.iter_mut().find(|c| c.name == name).unwrap().look
    }
}

/// The Docker engine does not answer.
pub fn engine_gone(seen: &mut Seen<'_>) {
    let detail = "connection refused by 10.0.0.5:2376".to_owned();
    seen.all.hosts[0].engine = Engine::Failed { reason: EngineFailure::EngineUnreachable, detail };
    for container in &mut seen.all.containers {
        container.look = ContainerLook::NotObserved { why: "its host's engine did not answer".into() };
    }
}

fn measured(now: Timestamp, cpu_percent: u64, mib: u64) -> Stats {
    let stats = json!({
        "read": now, "preread": now - SignedDuration::from_secs(12),
        "cpu_stats": {"cpu_usage": {"total_usage": cpu_percent}, "system_cpu_usage": 200, "online_cpus": 2},
        "precpu_stats": {"cpu_usage": {"total_usage": 0}, "system_cpu_usage": 100},
        "memory_stats": {"usage": mib << 20, "stats": {}},
    });
    serde_json::from_value(stats).unwrap()
}

/// A container that has run since last week.
fn running(name: &str, now: Timestamp) -> ContainerLook {
    let (created, started) =
        (at("00:00") - SignedDuration::from_hours(200), at("00:00") - SignedDuration::from_hours(199));
    let inspect = json!({
        "Id": format!("1-{name}"), "Created": created, "RestartCount": 0,
        "State": {"Status": "running", "StartedAt": started, "FinishedAt": "0001-01-01T00:00:00Z", "ExitCode": 0},
        "HostConfig": {"Memory": 268_435_456, "LogConfig": {"Type": "json-file"}, "RestartPolicy": {"Name": "unless-stopped"}},
    });
    let inspect = serde_json::from_value(inspect).unwrap();
    ContainerLook::Seen {
        inspect,
        stats: Some(measured(now, 5, 100)),
        logs: LogLook::Read(stagewatch::core::observation::logs::LogScan::default()),
    }
}

fn all_well(spec: &MonitoringJobSpec, now: Timestamp) -> Observations {
    let answer = Answer {
        status: 200,
        location: None,
        body_bytes: 5120,
        missing: vec![],
        forbidden: vec![],
        json_mismatches: vec![],
        excerpt: None,
    };
    let attempt = Attempt {
        at: now,
        phases: Phases { total_ms: 84, ..Phases::default() },
        redirects: 0,
        address: Some("10.0.0.5:443".into()),
        certificate: None,
        result: AttemptResult::Answered(answer),
    };
    let checks = spec.websites.iter().map(|website| CheckObservation {
        website: website.name.clone(),
        check: "home".into(),
        host: "staging.autopar.example".into(),
        path: "/".into(),
        credentials: None,
        attempts: vec![attempt.clone()],
    });
    let engine = Engine::Answered { latency_ms: 3, clock_offset_ms: Some(0) };
    let hosts = spec.docker_hosts.iter();
    let containers = hosts.clone().flat_map(|host| host.containers.iter().map(move |c| (host, c)));
    Observations {
        checks: checks.collect(),
        hosts: hosts
            .map(|h| HostObservation { name: h.name.clone(), engine: engine.clone(), events: vec![] })
            .collect(),
        containers: containers
            .map(|(host, c)| ContainerObservation {
                name: c.name.clone(),
                host: host.name.clone(),
                look: running(&c.name, now),
            })
            .collect(),
    }
}
