//! What was seen, in one line each, for people. A line is good only when the thing was seen and nothing is known against it.

use std::collections::BTreeMap;

use crate::{
    api::{
        Finding, MonitoringJobSpec, Observation, Severity,
        job::Container,
        report::{Aspect, Outcome},
    },
    core::{
        observation::{
            CheckObservation, Observations,
            docker::{ContainerLook, ContainerObservation, Engine, Inspect, LogLook, Stats},
            logs::LogScan,
            website::AttemptResult,
        },
        redact::cut,
        rules::{
            self,
            container::{self, Memory},
        },
        trend,
    },
};

const MESSAGE: usize = 200;

/// The lines, in the spec's order: checks, then each host with its containers and their logs.
pub(super) fn lines(spec: &MonitoringJobSpec, seen: &Observations, findings: &[Finding]) -> Vec<Observation> {
    let mut lines = Vec::new();
    for (website, check) in rules::checks(spec) {
        let looked = seen.checks.iter().find(|c| c.website == website.name && c.check == check);
        let stem = format!("website/{}/{check}/", website.name);
        let fact = looked.map_or_else(Fact::not_reached, of_check);
        lines.push(Observation {
            check: Some(check.to_owned()),
            ..fact.line(&website.name, Aspect::Website, &stem, findings)
        });
    }
    for host in &spec.docker_hosts {
        let looked = seen.hosts.iter().find(|h| h.name == host.name).map(|h| &h.engine);
        if let Some(fact) = looked.map_or_else(|| Some(Fact::not_reached()), of_engine) {
            lines.push(fact.line(&host.name, Aspect::DockerHost, &format!("docker/{}/", host.name), findings));
        }
        for container in &host.containers {
            let looked = seen.containers.iter().find(|c| c.name == container.name);
            lines.extend(of_container(container, looked, findings));
        }
    }
    lines
}

/// A line before it is known what the findings make of it.
struct Fact {
    seen: bool,
    message: String,
    values: BTreeMap<String, i64>,
}

impl Fact {
    fn seen(message: String) -> Self {
        Self { seen: true, message, values: BTreeMap::new() }
    }

    fn unseen(message: String) -> Self {
        Self { seen: false, message, values: BTreeMap::new() }
    }

    fn not_reached() -> Self {
        Self::unseen("not looked at: the run did not come to it".to_owned())
    }

    fn with(mut self, name: &str, value: Option<i64>) -> Self {
        if let Some(value) = value {
            self.values.insert(name.to_owned(), value);
        }
        self
    }

    fn line(self, subject: &str, aspect: Aspect, stem: &str, findings: &[Finding]) -> Observation {
        // What is muted does not count, and is no more good for it.
        let bad = findings.iter().any(|f| f.id.starts_with(stem) && (f.is_bad() || f.is_muted()));
        let outcome = match (self.seen, bad) {
            (false, _) => Outcome::NotObserved,
            (true, true) => Outcome::Bad,
            (true, false) => Outcome::Good,
        };
        let (subject, message) = (subject.to_owned(), cut(&self.message, MESSAGE));
        Observation { subject, aspect, check: None, outcome, message, values: self.values }
    }
}

fn of_check(looked: &CheckObservation) -> Fact {
    let path = &looked.path;
    if let Some(missing) = &looked.credentials {
        return Fact::unseen(format!(
            "GET {path} was not asked: the Secret {:?} cannot be used: {}",
            missing.secret, missing.problem
        ));
    }
    let Some(last) = looked.attempts.last() else { return Fact::not_reached() };
    let fact = match &last.result {
        AttemptResult::Answered(answer) => {
            let took = last.phases.total_ms;
            Fact::seen(format!("GET {path} answered {} in {took} ms", answer.status))
                .with(trend::LATENCY, Some(took))
                .with("status", Some(answer.status.into()))
        }
        AttemptResult::Failed { reason, detail } => Fact::seen(format!("GET {path} failed: {reason:?}: {detail}")),
    };
    fact.with(trend::ATTEMPTS, i64::try_from(looked.attempts.len()).ok())
}

/// None for a recording of containers alone.
fn of_engine(engine: &Engine) -> Option<Fact> {
    Some(match engine {
        Engine::Answered { latency_ms, .. } => {
            Fact::seen(format!("the Docker engine answered in {latency_ms} ms")).with("latencyMs", Some(*latency_ms))
        }
        Engine::Failed { reason, detail } => Fact::unseen(format!("{reason:?}: {detail}")),
        Engine::CredentialsMissing(missing) => {
            Fact::unseen(format!("the Secret {:?} cannot be used: {}", missing.secret, missing.problem))
        }
        Engine::NotRecorded => return None,
    })
}

fn of_container(
    container: &Container,
    looked: Option<&ContainerObservation>,
    findings: &[Finding],
) -> [Observation; 2] {
    let name = &container.name;
    let (state, log) = match looked.map(|looked| &looked.look) {
        None => (Fact::not_reached(), Fact::not_reached()),
        Some(ContainerLook::NotObserved { why }) => {
            (Fact::unseen(format!("not looked at: {why}")), Fact::unseen(format!("not read: {why}")))
        }
        Some(ContainerLook::Missing { .. }) => (
            Fact::seen("there is no container of this name".to_owned()),
            Fact::unseen("not read: there is no container of this name".to_owned()),
        ),
        Some(ContainerLook::Seen { inspect, stats, logs }) => (of_inspect(inspect, stats.as_ref()), of_log(logs)),
    };
    [
        state.line(name, Aspect::Container, &format!("container/{name}/"), findings),
        log.line(name, Aspect::Logs, &format!("logs/{name}/"), findings),
    ]
}

fn of_inspect(inspect: &Inspect, stats: Option<&Stats>) -> Fact {
    let now = &inspect.state;
    let health = now
        .health
        .as_ref()
        .map(|h| h.status.as_str())
        .filter(|status| now.status == "running" && *status != "none" && !status.is_empty());
    let mut parts = vec![now.status.clone()];
    parts.extend(health.map(ToOwned::to_owned));
    if now.status != "running" {
        parts.push(format!("exit code {}", now.exit_code));
    }
    parts.push(format!("restarted {}", times(inspect.restart_count, "time")));
    let cpu = stats.and_then(|stats| container::cpu_percent(inspect, stats));
    let (percent, mib) = match stats.and_then(|stats| container::memory(inspect, stats)) {
        Some(Memory::Percent(percent)) => (Some(percent), None),
        Some(Memory::Mib(mib)) => (None, Some(mib)),
        None => (None, None),
    };
    parts.extend(cpu.map(|cpu| format!("CPU {cpu} %")));
    parts.extend(percent.map(|percent| format!("memory {percent} %")));
    parts.extend(mib.map(|mib| format!("memory {mib} MiB")));
    Fact::seen(parts.join(", "))
        .with("restartCount", Some(inspect.restart_count))
        .with(trend::CPU, cpu)
        .with(trend::MEMORY_PERCENT, percent)
        .with(trend::MEMORY_MIB, mib)
}

fn of_log(log: &LogLook) -> Fact {
    match log {
        LogLook::Unavailable { why } => Fact::unseen(format!("not read: {why}")),
        LogLook::Read(LogScan { records, incomplete, matches, .. }) => {
            let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            let records = whole(*records);
            let trouble = matches.iter().filter(|m| m.severity > Severity::Info).map(|m| m.count).sum();
            let message = match incomplete {
                None => format!("{} read", times(records, "record")),
                Some(why) => format!("{} read, not all: {why}", times(records, "record")),
            };
            let trouble = Some(whole(trouble)).filter(|_| incomplete.is_none());
            Fact::seen(message).with("records", Some(records)).with("trouble", trouble)
        }
    }
}

fn times(n: i64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
