//! The simulated world.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use stagewatch::{
    api::{
        Finding, FindingState, Kind, MonitoringJob, MonitoringRun, Severity, Verdict,
        analysis::Investigation,
        job_status::{ContainerBaseline, MessageKind, OutboxEntry},
        report::{Report, Source},
    },
    core::{observe::Understood, outbox::Delivery, previous::Previous, schedule::Schedule},
    engine::{Clock, Engine, Notice, World},
    store::{Store, memory::Memory},
    telemetry::metrics::Metrics,
};
use tokio_util::sync::CancellationToken;

/// What a test scripts and what it reads.
pub struct Sim {
    pub clock: Clock,
    pub store: Memory,
    pub world: Arc<SimWorld>,
}

pub struct SimWorld {
    clock: Clock,
    /// What is wrong with the environment now.
    pub broken: Mutex<Vec<(&'static str, Severity)>>,
    /// How long a run takes.
    pub takes: Mutex<Duration>,
    /// What the Bot API does with the next messages; accepted when nothing is scripted.
    pub deliveries: Mutex<Vec<Delivery>>,
    /// How long sending takes.
    pub sending_takes: Mutex<Duration>,
    /// Every message that the Bot API accepted: (kind, rings, run, maybe sent, reply to).
    pub accepted: Mutex<Vec<Message>>,
    /// Every attempt.
    pub attempts: Mutex<Vec<Message>>,
    /// Every execution begun: (run, attempt).
    pub executions: Mutex<Vec<(String, i32)>>,
    /// How long an investigation takes, its time-out not looked at.
    pub investigation_takes: Mutex<Duration>,
    /// Every investigation begun: (run, attempt, runs before it).
    pub investigations: Mutex<Vec<(String, i32, usize)>>,
    pub notices: Mutex<Vec<Notice>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub kind: MessageKind,
    pub rings: bool,
    pub run: String,
    pub maybe_sent: bool,
    pub reply_to: Option<i64>,
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Sim {
    /// A world that stands at `now`. Call it with tokio's clock paused.
    pub fn new(now: &str) -> Self {
        let clock = Clock::following(at(now));
        let world = SimWorld {
            clock,
            broken: Mutex::default(),
            takes: Mutex::new(Duration::from_secs(2)),
            deliveries: Mutex::default(),
            sending_takes: Mutex::new(Duration::from_millis(200)),
            accepted: Mutex::default(),
            attempts: Mutex::default(),
            executions: Mutex::default(),
            investigation_takes: Mutex::new(Duration::from_secs(1)),
            investigations: Mutex::default(),
            notices: Mutex::default(),
        };
        Self { clock, store: Memory::new(move || clock.now()), world: Arc::new(world) }
    }

    pub fn engine(&self, holder: &str) -> Engine<Memory, SimWorld> {
        let world = Arc::clone(&self.world);
        Engine::new(self.store.clone(), world, self.clock, holder.into(), 16, Arc::new(Metrics::default()))
    }

    /// Lets an engine run for `span`, then stops it as a rollout does.
    pub async fn run_for(&self, holder: &str, span: Duration) {
        let stop = CancellationToken::new();
        let engine = tokio::spawn(self.engine(holder).run(stop.clone()));
        tokio::time::sleep(span).await;
        stop.cancel();
        engine.await.unwrap();
    }

    pub async fn create_job(&self, spec: serde_json::Value) -> MonitoringJob {
        self.store.create(&job("autopar-staging", spec)).await.unwrap()
    }

    pub async fn job(&self) -> MonitoringJob {
        self.store.get("monitoring", "autopar-staging").await.unwrap().unwrap()
    }

    pub async fn runs(&self) -> Vec<MonitoringRun> {
        self.store.list::<MonitoringRun>(None).await.unwrap().objects
    }

    pub fn break_(&self, what: &[(&'static str, Severity)]) {
        *self.world.broken.lock().unwrap() = what.to_vec();
    }

    pub fn kinds(&self) -> Vec<(MessageKind, bool)> {
        self.world.accepted.lock().unwrap().iter().map(|m| (m.kind, m.rings)).collect()
    }
}

pub fn job(name: &str, mut spec: serde_json::Value) -> MonitoringJob {
    let fields = spec.as_object_mut().unwrap();
    fields.entry("environment").or_insert("Autopar Staging".into());
    fields.entry("dockerHosts").or_insert(serde_json::json!([
        {"name": "staging-host", "host": "tcp://staging-host:2376", "containers": [{"name": "autopar-redis"}]},
    ]));
    fields.entry("websites").or_insert(serde_json::json!([{"name": "staging", "url": "https://staging.example"}]));
    serde_json::from_value(serde_json::json!({
        "apiVersion": "monitoring.pitchai.net/v1alpha1",
        "kind": "MonitoringJob",
        "metadata": {"name": name, "namespace": "monitoring"},
        "spec": spec,
    }))
    .unwrap()
}

pub fn told(policy: &str) -> serde_json::Value {
    serde_json::json!({
        "policy": policy,
        "failureThreshold": 1,
        "successThreshold": 1,
        "receivers": [{"name": "team", "telegram": {"secretRef": {"name": "telegram"}}}],
    })
}

fn report(clock: Clock, run: &MonitoringRun, broken: &[(&'static str, Severity)], previous: &Previous) -> Report {
    let window = run.status.as_ref().and_then(|s| s.window).unwrap();
    let mut findings: Vec<Finding> = broken
        .iter()
        .map(|(id, severity)| Finding {
            id: (*id).into(),
            kind: Kind::State,
            severity: *severity,
            rules_severity: None,
            override_reason: None,
            subject: id.split('/').nth(1).unwrap().into(),
            reason: id.rsplit('/').next().unwrap().into(),
            message: "is broken".into(),
            advice: None,
            count: 1,
            first_seen: Some(clock.now()),
            last_seen: Some(clock.now()),
            over_since: None,
            evidence: vec![],
            state: if previous.findings.iter().any(|f| f.id == *id) {
                FindingState::Ongoing
            } else {
                FindingState::New
            },
            source: Source::Rules,
        })
        .collect();
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    let verdict = findings.first().map_or(Verdict::AllGood, |f| f.severity.into());
    Report {
        verdict,
        rules_verdict: verdict,
        window,
        findings,
        probable_cause: None,
        observations: vec![],
        analysis: None,
    }
}

impl World for SimWorld {
    fn understand(&self, job: &MonitoringJob) -> Understood {
        assert_ne!(job.spec.environment, "Breaks us", "as the test wants it");
        match job.spec.schedule.as_ref().map(Schedule::parse) {
            None => Understood::default(),
            Some(Ok(schedule)) => Understood { schedule: Some(schedule), problems: vec![] },
            Some(Err(problems)) => Understood { schedule: None, problems },
        }
    }

    async fn execute(
        &self,
        _: Arc<MonitoringJob>,
        run: MonitoringRun,
        previous: Previous,
        _: Duration,
    ) -> (Report, Vec<ContainerBaseline>) {
        let attempt = run.status.as_ref().and_then(|s| s.attempt).unwrap();
        self.executions.lock().unwrap().push((run.metadata.name.clone().unwrap(), attempt));
        let takes = *self.takes.lock().unwrap();
        tokio::time::sleep(takes).await;
        let broken = self.broken.lock().unwrap().clone();
        (report(self.clock, &run, &broken, &previous), vec![])
    }

    async fn investigate(
        &self,
        _: Arc<MonitoringJob>,
        run: MonitoringRun,
        earlier: Vec<MonitoringRun>,
        _: Duration,
    ) -> Investigation {
        let held = run.status.as_ref().unwrap().investigation.clone().unwrap();
        let begun = (run.metadata.name.clone().unwrap(), held.attempt, earlier.len());
        self.investigations.lock().unwrap().push(begun);
        assert_ne!(held.model, "breaks-us", "as the test wants it");
        let takes = *self.investigation_takes.lock().unwrap();
        tokio::time::sleep(takes).await;
        investigation(&held.model)
    }

    async fn send(
        &self,
        _: Arc<MonitoringJob>,
        _: Arc<Understood>,
        _: Option<MonitoringRun>,
        _: Option<MonitoringRun>,
        entry: OutboxEntry,
    ) -> Delivery {
        let message = Message {
            kind: entry.kind,
            rings: entry.rings,
            run: entry.run,
            maybe_sent: entry.maybe_sent,
            reply_to: entry.reply_to,
        };
        self.attempts.lock().unwrap().push(message.clone());
        let takes = *self.sending_takes.lock().unwrap();
        // The message arrives half-way; the answer takes the other half.
        tokio::time::sleep(takes / 2).await;
        let scripted = {
            let mut deliveries = self.deliveries.lock().unwrap();
            (!deliveries.is_empty()).then(|| deliveries.remove(0))
        };
        let delivery = scripted.unwrap_or_else(|| {
            let mut accepted = self.accepted.lock().unwrap();
            accepted.push(message);
            Delivery::Accepted { message_id: i64::try_from(accepted.len()).unwrap() + 100 }
        });
        tokio::time::sleep(takes / 2).await;
        delivery
    }

    fn tell(&self, notice: Notice) {
        self.notices.lock().unwrap().push(notice);
    }
}

/// What an investigation comes to: 1000 tokens, and a report.
fn investigation(model: &str) -> Investigation {
    serde_json::from_value(serde_json::json!({
        "phase": "Completed", "model": model, "attempt": 0, "stopReason": "Concluded", "turns": 3, "toolCalls": 4,
        "usage": {"calls": 3, "inputTokens": 900, "cacheWriteTokens": 0, "cacheReadTokens": 0, "outputTokens": 100},
        "report": {
            "broken": "Redis is down", "cause": "it was stopped by hand", "certainty": "Known", "impact": "no logins",
            "evidence": ["exit code 0 at 03:00"], "nextSteps": ["docker start autopar-redis"], "unchecked": [],
        },
    }))
    .unwrap()
}

pub fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

pub fn refused() -> Delivery {
    Delivery::NotSent { error: "connection refused".into(), parts_sent: 0 }
}

pub fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}
