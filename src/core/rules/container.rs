//! A container, judged by its state: the engine's events are too few to rest on, and only add times.

mod down;
mod load;
mod restarts;

use jiff::{SignedDuration, Timestamp};

use self::restarts::Restarts;
use super::{finding, plural};
use crate::{
    api::{Finding, FindingState, Kind, Severity, Window, job::Container, job_status::ContainerBaseline},
    core::{
        observation::docker::{ContainerLook, Event, Health, Inspect, Stats},
        previous::Previous,
        redact::cut,
    },
};

pub use self::load::{Memory, cpu_looks_high, cpu_of, cpu_percent, memory};

/// As much of a container's id as people are shown, too: there are many baselines in a status.
const SHORT_ID: usize = 12;
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
    /// The run before told that it was down, and it has not ended again since.
    known_down: bool,
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
    let known_down = known_down(container, inspect, previous);
    Case { container, inspect, events, restarts, known_down, window }.judge(stats, previous)
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
                let mut findings = self.of_running();
                if let Some(stats) = stats {
                    findings.extend(load::high_memory(self, stats, previous));
                    findings.extend(load::high_cpu(self, stats, previous));
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
        } else if self.known_down {
            let message = "runs again";
            let first_seen = state.started_at;
            findings.push(Finding {
                first_seen,
                last_seen: first_seen,
                ..self.event("Restarted", Severity::Info, message)
            });
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

    fn state(&self, reason: &str, severity: Severity, message: impl Into<String>) -> Finding {
        Finding { last_seen: Some(self.window.until), ..self.finding(reason, Kind::State, severity, message) }
    }

    fn event(&self, reason: &str, severity: Severity, message: impl Into<String>) -> Finding {
        self.finding(reason, Kind::Event, severity, message)
    }

    fn finding(&self, reason: &str, kind: Kind, severity: Severity, message: impl Into<String>) -> Finding {
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

#[cfg(test)]
mod tests {
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
        let baseline = ContainerBaseline {
            name: "autopar-redis".into(),
            id: id.into(),
            restart_count,
            started_at: Some(at(started)),
        };
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
        let told = crate::core::rules::judge(
            &spec(),
            &all_well_but("autopar-redis", seen(down)),
            &Previous::default(),
            window(),
        );
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
            "not running: it could not be started: port is already allocated",
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
        assert_one(
            &found(&start(9, &Value::Null), &none, &[]),
            "StartingTooLong",
            WARNING,
            "still starting after 360 s",
        );
    }

    #[test]
    fn a_missing_container_is_told_with_names_that_come_near() {
        let look = ContainerLook::Missing { near: vec!["autopar-redis-1".into()] };
        let findings =
            crate::core::rules::judge(&spec(), &all_well_but("autopar-redis", look), &Previous::default(), window());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].id, "container/autopar-redis/Missing");
        assert_eq!(findings[0].message, "there is no container of this name; names that come near: autopar-redis-1");
    }
}
