//! A container, judged by its state: the engine's events are too few to rest on, and only add times.

mod down;
mod load;
mod restarts;

use jiff::{SignedDuration, Timestamp};

use self::restarts::Restarts;
use super::{finding, plural};
use crate::{
    api::{Finding, Kind, Severity, Window, job::Container, job_status::ContainerBaseline},
    core::{
        observation::docker::{ContainerLook, Event, Health, Inspect, Stats},
        previous::Previous,
        redact::cut,
    },
};

pub use self::load::{cpu_looks_high, cpu_percent, cpu_series, memory_percent};

/// What a health check may take of the engine's own defaults: 30 s between checks, 3 failures.
const INTERVAL: i64 = 30_000_000_000;
const RETRIES: i64 = 3;
/// How long a start may take where nothing says how long.
const START: SignedDuration = SignedDuration::from_mins(5);
/// A container that came back this often since the run before, the last time just now, is not back.
const LOOP: i64 = 3;
const LOOP_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// One container as all its rules see it.
struct Case<'a> {
    container: &'a Container,
    inspect: &'a Inspect,
    /// The engine's events of the window about it, oldest first.
    events: Vec<&'a Event>,
    restarts: Restarts,
    window: Window,
}

/// Judges the state of one container.
pub fn judge(
    container: &Container,
    look: &ContainerLook,
    events: &[Event],
    previous: &Previous,
    window: Window,
) -> Vec<Finding> {
    let (inspect, stats) = match look {
        ContainerLook::Seen { inspect, stats, .. } => (inspect, stats.as_ref()),
        ContainerLook::Missing { near } => return vec![missing(container, near, window)],
        ContainerLook::NotObserved { .. } => return Vec::new(),
    };
    let baseline = previous.containers.iter().find(|c| c.name == container.name);
    let events =
        events.iter().filter(|e| e.container == container.name && (e.id.is_empty() || e.id == inspect.id)).collect();
    let restarts = Restarts::of(inspect, baseline, window);
    Case { container, inspect, events, restarts, window }.judge(stats, previous)
}

/// What the next run compares with.
pub fn baseline(name: &str, inspect: &Inspect) -> ContainerBaseline {
    ContainerBaseline {
        name: name.to_owned(),
        id: inspect.id.clone(),
        restart_count: inspect.restart_count,
        started_at: inspect.state.started_at,
    }
}

impl Case<'_> {
    fn judge(&self, stats: Option<&Stats>, previous: &Previous) -> Vec<Finding> {
        match self.inspect.state.status.as_str() {
            "running" => {
                let mut findings = self.of_running();
                if let Some(stats) = stats {
                    findings.extend(load::memory(self, stats));
                    findings.extend(load::cpu(self, stats, previous));
                }
                findings
            }
            "paused" => {
                let advice = Some("docker unpause it, or find who paused it".to_owned());
                vec![Finding { advice, ..self.state("Paused", Severity::Critical, "paused: its processes do not run") }]
            }
            "restarting" => vec![self.restarting()],
            "" => vec![self.state(
                "NotObserved",
                Severity::Warning,
                "could not be looked at: the engine does not say how it is",
            )],
            _ => vec![down::judge(self)],
        }
    }

    fn of_running(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let state = &self.inspect.state;
        let looping = self.restarts.count >= LOOP
            && state.started_at.is_some_and(|at| self.window.until.duration_since(at) < LOOP_PAUSE);
        if looping {
            findings.push(self.restarting());
        } else if self.restarts.count > 0 && state.oom_killed {
            findings.push(self.oom_killed());
        } else if self.restarts.count > 0 {
            findings.push(self.restarted());
        }
        match state.health.as_ref().map(|health| (health.status.as_str(), health)) {
            Some(("unhealthy", health)) => findings.push(self.unhealthy(health)),
            Some(("starting", _)) => findings.extend(self.starting_too_long()),
            _ => {}
        }
        findings
    }

    /// Restarted by now, and the kernel had killed it.
    fn oom_killed(&self) -> Finding {
        let times = self.restarts.count;
        let mut message = format!("OOM-killed{}, restarted", self.memory_limit());
        if times > 1 {
            message = format!("{message} {}", self.restarts.times());
        }
        let kills = self.times_of("oom");
        Finding {
            advice: Some(OOM_ADVICE.to_owned()),
            count: i64::try_from(kills.len()).unwrap_or(1).max(1),
            first_seen: kills.first().copied().or(self.inspect.state.finished_at),
            last_seen: self.inspect.state.finished_at,
            ..self.event("OomKilled", Severity::Critical, message)
        }
    }

    fn restarted(&self) -> Finding {
        let mut message = format!("restarted {}", self.restarts.times());
        if let Some(code) = self.last_exit_code() {
            message = format!("{message}; before that it exited with {}", down::exit_words(code));
        }
        Finding {
            count: self.restarts.count,
            first_seen: self.first_death(),
            last_seen: self.inspect.state.started_at,
            ..self.event("Restarted", Severity::Warning, message)
        }
    }

    fn restarting(&self) -> Finding {
        let state = &self.inspect.state;
        let times = match self.restarts.count {
            0 => String::new(),
            _ => format!(" ({})", self.restarts.times()),
        };
        let first_seen = self.first_death();
        if state.oom_killed {
            let message = format!("OOM-killed{}, still restarting{times}", self.memory_limit());
            let count = i64::try_from(self.times_of("oom").len()).unwrap_or(1).max(1);
            let advice = Some(OOM_ADVICE.to_owned());
            return Finding { advice, count, first_seen, ..self.state("OomKilled", Severity::Critical, message) };
        }
        let code = Some(state.exit_code).filter(|code| *code != 0).or_else(|| self.last_exit_code());
        let exit = code.map(|code| format!("; last exited with {}", down::exit_words(code))).unwrap_or_default();
        let why = if state.error.is_empty() { exit } else { format!("{exit}: {}", cut(&state.error, 160)) };
        Finding {
            count: self.restarts.count.max(1),
            first_seen,
            advice: Some("its log before each end says why".to_owned()),
            ..self.state("Restarting", Severity::Critical, format!("keeps restarting{times}{why}"))
        }
    }

    fn unhealthy(&self, health: &Health) -> Finding {
        let failing: Vec<_> = health.log.iter().rev().take_while(|check| check.exit_code != 0).collect();
        let mut message = format!(
            "unhealthy: {} in a row failed",
            plural(u64::try_from(health.failing_streak).unwrap_or(0), "check")
        );
        if let Some(output) = failing.first().map(|check| check.output.trim()).filter(|output| !output.is_empty()) {
            message = format!("{message}, the last with {:?}", cut(output, 160));
        }
        let event = self.events.iter().rev().find(|e| e.action.starts_with("health_status: unhealthy")).map(|e| e.at);
        let evidence = failing.iter().map(|check| cut(check.output.trim(), 400)).filter(|output| !output.is_empty());
        Finding {
            first_seen: failing.last().and_then(|check| check.start).or(event),
            evidence: evidence.take(3).collect(),
            ..self.state("Unhealthy", Severity::Critical, message)
        }
    }

    fn starting_too_long(&self) -> Option<Finding> {
        let started = self.inspect.state.started_at?;
        let allowed = self.inspect.config.healthcheck.as_ref().map_or(START, |check| {
            let or = |value: i64, default: i64| if value > 0 { value } else { default };
            let checks = or(check.interval, INTERVAL).saturating_mul(or(check.retries, RETRIES));
            SignedDuration::from_nanos(check.start_period.max(0).saturating_add(checks))
        });
        let took = self.window.until.duration_since(started);
        (took > allowed).then(|| {
            let message = format!("still starting after {} s", took.as_secs());
            Finding { first_seen: Some(started), ..self.state("StartingTooLong", Severity::Warning, message) }
        })
    }

    fn state(&self, reason: &str, severity: Severity, message: impl AsRef<str>) -> Finding {
        Finding { last_seen: Some(self.window.until), ..self.finding(reason, Kind::State, severity, message) }
    }

    fn event(&self, reason: &str, severity: Severity, message: impl AsRef<str>) -> Finding {
        self.finding(reason, Kind::Event, severity, message)
    }

    fn finding(&self, reason: &str, kind: Kind, severity: Severity, message: impl AsRef<str>) -> Finding {
        finding(format!("container/{}/{reason}", self.container.name), kind, severity, &self.container.name, message)
    }

    fn memory_limit(&self) -> String {
        match self.inspect.host_config.memory {
            limit if limit > 0 => format!(", memory limit {} MiB", limit / (1 << 20)),
            _ => String::new(),
        }
    }

    fn times_of(&self, action: &str) -> Vec<Timestamp> {
        self.events.iter().filter(|e| e.action == action && e.at >= self.window.since).map(|e| e.at).collect()
    }

    fn first_death(&self) -> Option<Timestamp> {
        self.times_of("die").first().copied().or(self.inspect.state.finished_at).filter(|at| *at >= self.window.since)
    }

    /// The exit code before the last start: inspect forgets it.
    fn last_exit_code(&self) -> Option<i64> {
        let started = self.inspect.state.started_at?;
        self.events.iter().rev().find(|e| e.action == "die" && e.at <= started).and_then(|e| e.exit_code)
    }
}

const OOM_ADVICE: &str = "raise the memory limit, or find what grew";

fn missing(container: &Container, near: &[String], window: Window) -> Finding {
    let near = match near {
        [] => String::new(),
        names => format!("; names that come near: {}", names.join(", ")),
    };
    Finding {
        last_seen: Some(window.until),
        advice: Some("create it, or correct its name in the job".to_owned()),
        ..finding(
            format!("container/{}/Missing", container.name),
            Kind::State,
            Severity::Critical,
            &container.name,
            format!("there is no container of this name{near}"),
        )
    }
}
