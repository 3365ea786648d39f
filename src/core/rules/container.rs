//! A container, judged by its state: the engine's events are too few to rest on, and only add times and reasons.

mod back;
mod down;
mod ends;
mod health;
mod load;
mod network;
mod paused;
mod restarts;
mod start_error;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use self::{ends::End, restarts::Restarts};
use super::{finding, plural};
use crate::{
    api::{Finding, FindingState, Kind, Severity, Window, job::Container, job_status::ContainerBaseline},
    core::{
        observation::docker::{ContainerLook, Event, Inspect, Stats},
        previous::Previous,
    },
};

pub use self::{
    ends::By,
    load::{Memory, cpu_looks_high, cpu_of, cpu_percent, memory, thresholds_of},
};

/// As much of a container's id as people are shown, too: there are many baselines in a status.
const SHORT_ID: usize = 12;

/// One container as all its rules see it.
struct Case<'a> {
    container: &'a Container,
    inspect: &'a Inspect,
    /// The engine's events of the window about it, oldest first.
    events: Vec<&'a Event>,
    ends: Vec<End>,
    restarts: Restarts,
    /// The run before told that it was down, and it has not ended again since.
    known_down: bool,
    window: Window,
}

/// Judges the state of one container. `events` are those of its host.
pub fn judge(
    container: &Container,
    look: &ContainerLook,
    events: &[Event],
    previous: &Previous,
    window: Window,
) -> Vec<Finding> {
    let (inspect, stats) = match look {
        ContainerLook::Seen { inspect, stats, .. } => (inspect, stats.as_ref()),
        ContainerLook::Missing { near } => return vec![missing(container, near, events, window)],
        ContainerLook::NotObserved { .. } => return Vec::new(),
    };
    let baseline = previous.containers.iter().find(|c| c.name == container.name);
    let (events, ends) = own(&container.name, inspect, events);
    let restarts = Restarts::of(inspect, baseline, &ends, window);
    let known_down = known_down(container, inspect, previous);
    Case { container, inspect, events, ends, restarts, known_down, window }.judge(stats, previous)
}

/// Who ended the process of a container the last time that it ended. `events` are those of its host.
pub fn last_ended_by(name: &str, inspect: &Inspect, events: &[Event]) -> By {
    let (events, ends) = own(name, inspect, events);
    ends::last(inspect, &events, &ends)
}

/// The events of this container, not of another that had its name, and the ends that they tell of.
fn own<'e>(name: &str, inspect: &Inspect, events: &'e [Event]) -> (Vec<&'e Event>, Vec<End>) {
    let mut own: Vec<&Event> =
        events.iter().filter(|e| e.container == name && (e.id.is_empty() || e.id == inspect.id)).collect();
    own.sort_by_key(|e| e.at);
    let ends = ends::told(&own, events.iter().map(|e| e.at).min());
    (own, ends)
}

/// Whether the run before told that the container was down, and it has not ended since: then its start is the end of
/// that trouble, and no new one.
fn known_down(container: &Container, inspect: &Inspect, previous: &Previous) -> bool {
    let told = |reason: &str| format!("container/{}/{reason}", container.name);
    let down = previous.findings.iter().any(|f| {
        f.state != FindingState::Resolved
            && f.kind == Kind::State
            && (f.id == told("NotRunning") || f.id == told("OomKilled"))
    });
    let ended_before = previous.window.is_some_and(|w| inspect.state.finished_at.is_some_and(|at| at <= w.until));
    down && ended_before
}

/// What the next run compares with.
pub fn baseline(name: &str, inspect: &Inspect) -> ContainerBaseline {
    ContainerBaseline {
        name: name.to_owned(),
        id: inspect.id.chars().take(SHORT_ID).collect(),
        restart_count: inspect.restart_count,
        started_at: inspect.state.started_at,
    }
}

impl Case<'_> {
    fn judge(&self, stats: Option<&Stats>, previous: &Previous) -> Vec<Finding> {
        match self.inspect.state.status.as_str() {
            "running" => {
                let memory = stats.and_then(|stats| load::high_memory(self, stats, previous));
                let cpu = stats.and_then(|stats| load::high_cpu(self, stats, previous));
                let was = [back::judge(self), health::judge(self), paused::before(self)];
                was.into_iter().chain([network::judge(self), memory, cpu]).flatten().collect()
            }
            "paused" => vec![paused::now(self)],
            "restarting" => vec![back::restarting(self)],
            "" => vec![self.state(
                "NotObserved",
                Severity::Warning,
                "could not be looked at: the engine does not say how it is",
            )],
            _ => vec![down::judge(self)],
        }
    }

    fn state(&self, reason: &str, severity: Severity, message: impl Into<String>) -> Finding {
        Finding { last_seen: Some(self.window.until), ..self.finding(reason, Kind::State, severity, message) }
    }

    fn event(&self, reason: &str, severity: Severity, message: impl Into<String>) -> Finding {
        self.finding(reason, Kind::Event, severity, message)
    }

    /// Something that was so within the window, from `began` until it was seen to be over.
    fn over(&self, reason: &str, message: impl Into<String>, began: Timestamp, over: Timestamp) -> Finding {
        let (first_seen, last_seen, over_since) = (Some(began), Some(over), Some(over));
        Finding { first_seen, last_seen, over_since, ..self.event(reason, Severity::Warning, message) }
    }

    fn finding(&self, reason: &str, kind: Kind, severity: Severity, message: impl Into<String>) -> Finding {
        finding(format!("container/{}/{reason}", self.container.name), kind, severity, &self.container.name, message)
    }

    /// What of the window the events tell of this action, oldest first.
    fn times_of(&self, action: &str) -> Vec<Timestamp> {
        self.events.iter().filter(|e| e.action == action && e.at >= self.window.since).map(|e| e.at).collect()
    }

    fn first_death(&self) -> Option<Timestamp> {
        self.times_of("die").first().copied().or(self.inspect.state.finished_at).filter(|at| *at >= self.window.since)
    }

    /// A kill for memory, in the words that follow `OOM-killed`, and what to do about it.
    fn of_memory(&self) -> (String, Option<String>) {
        let (limit, advice) = match self.inspect.host_config.memory {
            limit if limit > 0 => (format!(", memory limit {} MiB", limit / (1 << 20)), OOM_ADVICE),
            _ => (", without a memory limit".to_owned(), "give its host more memory, or find what grew"),
        };
        (limit, Some(advice.to_owned()))
    }
}

const OOM_ADVICE: &str = "raise the memory limit, or find what grew";

fn missing(container: &Container, near: &[String], events: &[Event], window: Window) -> Finding {
    let near = match near {
        [] => String::new(),
        names => format!("; names that come near: {}", names.join(", ")),
    };
    let removed = events.iter().filter(|e| e.container == container.name && e.action == "destroy").map(|e| e.at).max();
    Finding {
        first_seen: removed,
        last_seen: Some(window.until),
        advice: Some("create it, or correct its name in the job".to_owned()),
        ..finding(
            format!("container/{}/Missing", container.name),
            Kind::State,
            Severity::Critical,
            &container.name,
            format!("missing: its engine has no container of this name{near}"),
        )
    }
}
