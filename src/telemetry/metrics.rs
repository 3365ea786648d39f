//! Metrics, in the OpenMetrics text format. No label holds a URL, a container or a message: the set is bounded by the
//! number of jobs.

use std::sync::atomic::{AtomicI64, AtomicU64};

use jiff::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use crate::{
    api::{MonitoringRun, MonitoringRunStatus, analysis::Usage, run::Trigger},
    core::{outbox::Delivery, plan::Effect},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    purpose: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Run {
    trigger: &'static str,
    phase: &'static str,
    verdict: &'static str,
}

/// The metrics of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    effects: Family<Kind, Counter>,
    runs: Family<Run, Counter>,
    run_seconds: Histogram,
    lag_seconds: Histogram,
    notifications: Family<Outcome, Counter>,
    undecodable: Family<Kind, Counter>,
    claude: Family<Asked, Counter>,
    claude_tokens: Family<Kind, Counter>,
    claude_cost: Counter<f64, AtomicU64>,
    leader: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("stagewatch");
        let effects = Family::default();
        registry.register("effects", "Effects begun, by kind", effects.clone());
        let runs = Family::default();
        registry.register("runs", "Runs finished, by trigger, phase and verdict", runs.clone());
        let run_seconds = Histogram::new([0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0]);
        registry.register_with_unit("run", "How long runs took", Unit::Seconds, run_seconds.clone());
        let lag_seconds = Histogram::new([0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0]);
        registry.register_with_unit(
            "schedule_lag",
            "From a slot to the start of its run",
            Unit::Seconds,
            lag_seconds.clone(),
        );
        let notifications = Family::default();
        registry.register("notification_attempts", "Attempts to send a message, by outcome", notifications.clone());
        let undecodable = Family::default();
        registry.register("undecodable_objects", "Objects seen that could not be read, by kind", undecodable.clone());
        let claude = Family::default();
        registry.register("claude_requests", "What was asked of Claude, by purpose and outcome", claude.clone());
        let claude_tokens = Family::default();
        registry.register("claude_tokens", "Tokens that Claude used, by kind", claude_tokens.clone());
        let claude_cost = Counter::default();
        registry.register("claude_cost_usd", "What they cost, where their model has a price", claude_cost.clone());
        let leader = Gauge::default();
        registry.register("leader", "1 while this process plans and executes", leader.clone());
        registry.register("build", "The build", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
        Self {
            registry,
            effects,
            runs,
            run_seconds,
            lag_seconds,
            notifications,
            undecodable,
            claude,
            claude_tokens,
            claude_cost,
            leader,
        }
    }
}

impl Metrics {
    /// All of it as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// Whether this process plans and executes.
    pub fn leads(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// An effect begins.
    pub fn effect(&self, effect: &Effect) {
        let kind = match effect {
            Effect::PatchJob(..) => "patch_job",
            Effect::PatchRun(..) => "patch_run",
            Effect::Create(_) => "create_run",
            Effect::Adopt(_) => "adopt_run",
            Effect::Execute(_) => "execute",
            Effect::Abandon(_) => "abandon",
            Effect::Investigate(_) => "investigate",
            Effect::AbandonInvestigation => "abandon_investigation",
            Effect::Send(_) => "send",
            Effect::ForgetDelivery(_) => "forget_delivery",
            Effect::Prune(_) => "prune_run",
        };
        self.effects.get_or_create(&Kind { kind }).inc();
    }

    /// A run starts.
    pub fn started(&self, run: &MonitoringRun, now: Timestamp) {
        if let Some(slot) = run.spec.scheduled_time {
            self.lag_seconds.observe(now.duration_since(slot).as_secs_f64().max(0.0));
        }
    }

    /// A run is done.
    pub fn finished(&self, run: &MonitoringRun, status: &MonitoringRunStatus) {
        let trigger = match run.spec.trigger.unwrap_or_default() {
            Trigger::Schedule => "Schedule",
            Trigger::Manual => "Manual",
            Trigger::Api => "Api",
            Trigger::Hook => "Hook",
        };
        let phase = match status.phase.unwrap_or_default() {
            crate::api::run::Phase::Completed => "Completed",
            crate::api::run::Phase::Cancelled => "Cancelled",
            _ => "Failed",
        };
        let verdict = status.verdict.map_or("", crate::api::Verdict::as_str);
        self.runs.get_or_create(&Run { trigger, phase, verdict }).inc();
        if let (Some(start), Some(end)) = (status.start_time, status.completion_time) {
            self.run_seconds.observe(end.duration_since(start).as_secs_f64());
        }
    }

    /// An attempt to send a message is over.
    pub fn delivered(&self, delivery: &Delivery) {
        let outcome = match delivery {
            Delivery::Accepted { .. } => "accepted",
            Delivery::RetryAfter { .. } => "retry_after",
            Delivery::NotSent { .. } => "not_sent",
            Delivery::Ambiguous { .. } => "ambiguous",
            Delivery::Refused { .. } => "refused",
        };
        self.notifications.get_or_create(&Outcome { outcome }).inc();
    }

    /// Something was asked of Claude. `outcome` is of a closed set: a reason of `Analyzed`, or why an investigation stopped.
    pub fn claude(&self, purpose: &'static str, outcome: &'static str, usage: &Usage, cost: Option<f64>) {
        self.claude.get_or_create(&Asked { purpose, outcome }).inc();
        for (kind, tokens) in [
            ("input", usage.input_tokens),
            ("cache_write", usage.cache_write_tokens),
            ("cache_read", usage.cache_read_tokens),
            ("output", usage.output_tokens),
        ] {
            self.claude_tokens.get_or_create(&Kind { kind }).inc_by(tokens.try_into().unwrap_or(0));
        }
        self.claude_cost.inc_by(cost.unwrap_or(0.0).max(0.0));
    }

    /// An object could not be read.
    pub fn undecodable(&self, kind: &'static str) {
        self.undecodable.get_or_create(&Kind { kind }).inc();
    }
}
