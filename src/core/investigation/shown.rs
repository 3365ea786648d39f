//! What the tools tell: facts, one JSON object a line.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    api::{Finding, MonitoringJobStatus, MonitoringRun},
    core::{
        analysis::untrusted::clean,
        observation::{
            CheckObservation, ContainerObservation, HostObservation,
            docker::{ContainerLook, Engine, Event, Inspect, Stats},
        },
        rules::container::{Memory, cpu_of, cpu_percent, memory},
    },
};

const MOST_FINDINGS: usize = 10;

/// Its texts are cleaned before JSON escapes hide what is to be cleaned.
fn line(value: &impl Serialize) -> String {
    // Nothing here has no JSON.
    cleaned(serde_json::to_value(value).unwrap_or_default()).to_string()
}

fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) => clean(&text).into(),
        Value::Array(values) => values.into_iter().map(cleaned).collect(),
        Value::Object(values) => values.into_iter().map(|(name, value)| (clean(&name), cleaned(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// Containers in short.
pub fn containers(seen: &[ContainerObservation]) -> Vec<String> {
    seen.iter().map(|one| line(&in_short(one))).collect()
}

fn in_short(one: &ContainerObservation) -> Value {
    let ContainerLook::Seen { inspect, .. } = &one.look else { return not_seen(one) };
    let state = &inspect.state;
    json!({
        "container": one.name, "host": one.host, "state": state.status, "exitCode": state.exit_code,
        "oomKilled": state.oom_killed, "health": state.health.as_ref().map(|health| &health.status),
        "restarts": inspect.restart_count, "startedAt": state.started_at, "finishedAt": state.finished_at,
    })
}

fn not_seen(one: &ContainerObservation) -> Value {
    match &one.look {
        ContainerLook::Missing { near } => {
            json!({"container": one.name, "host": one.host, "state": "there is no such container", "similarNames": near})
        }
        ContainerLook::NotObserved { why } => {
            json!({"container": one.name, "host": one.host, "state": "not observed", "why": why})
        }
        ContainerLook::Seen { .. } => Value::Null,
    }
}

/// A container in full, as the Engine tells it.
pub fn inspected(one: &ContainerObservation) -> Vec<String> {
    match &one.look {
        ContainerLook::Seen { inspect, .. } => parts(inspect),
        _ => vec![line(&not_seen(one))],
    }
}

/// A part of it a line, so that one which is long costs no other.
fn parts(inspect: &Inspect) -> Vec<String> {
    let all = serde_json::to_value(inspect).unwrap_or_default();
    all.as_object().into_iter().flatten().map(|(name, part)| line(&json!({name: part}))).collect()
}

/// What a container uses.
pub fn stats(one: &ContainerObservation) -> Vec<String> {
    let ContainerLook::Seen { inspect, stats, .. } = &one.look else { return vec![line(&not_seen(one))] };
    let used = stats.as_ref().map_or_else(
        || json!({"container": one.name, "stats": "none: it does not run", "state": inspect.state.status}),
        |stats| used(one, inspect, stats),
    );
    vec![line(&used)]
}

fn used(one: &ContainerObservation, inspect: &Inspect, stats: &Stats) -> Value {
    let (percent, mib) = match memory(inspect, stats) {
        Some(Memory::Percent(percent)) => (Some(percent), None),
        Some(Memory::Mib(mib)) => (None, Some(mib)),
        None => (None, None),
    };
    json!({
        "container": one.name, "cpuPercent": cpu_percent(inspect, stats), "cpuPercentOf": cpu_of(inspect),
        "memoryPercentOfLimit": percent, "memoryMibWithoutLimit": mib, "memoryLimitBytes": inspect.host_config.memory,
        "memoryUsedBytesWithPageCache": stats.memory_stats.usage, "at": stats.read,
    })
}

/// What a host tells, newest last.
pub fn events(host: &HostObservation) -> Vec<String> {
    let engine = match &host.engine {
        Engine::Answered { .. } => None,
        engine => Some(line(&json!({"host": host.name, "engine": engine}))),
    };
    engine.into_iter().chain(host.events.iter().map(event)).collect()
}

fn event(event: &Event) -> String {
    let Event { at, container, id: _, action, exit_code, signal } = event;
    line(&json!({"at": at, "container": container, "action": action, "exitCode": exit_code, "signal": signal}))
}

/// Checks of a website.
pub fn checks(seen: &[CheckObservation]) -> Vec<String> {
    seen.iter().map(line).collect()
}

/// Earlier runs.
pub fn runs(runs: &[MonitoringRun]) -> Vec<String> {
    runs.iter().map(|run| line(&of_run(run))).collect()
}

fn of_run(run: &MonitoringRun) -> Value {
    let status = run.status.clone().unwrap_or_default();
    let finding = |f: &Finding| json!({"id": f.id, "severity": f.severity, "state": f.state, "message": f.message, "firstSeen": f.first_seen});
    json!({
        "run": run.metadata.name, "window": status.window, "phase": status.phase, "verdict": status.verdict,
        "probableCause": status.probable_cause.map(|cause| json!({"findingId": cause.finding_id, "because": cause.message})),
        "findings": status.findings.iter().take(MOST_FINDINGS).map(finding).collect::<Vec<_>>(),
        "findingCount": status.finding_count,
    })
}

/// What earlier runs measured; of one subject alone, if given.
pub fn trends(status: &MonitoringJobStatus, subject: Option<&str>) -> Vec<String> {
    let of = |id: &str| subject.is_none_or(|subject| id.split('/').nth(1) == Some(subject));
    let series: Vec<_> = status.trends.iter().filter(|series| of(&series.id)).collect();
    if series.is_empty() {
        return Vec::new();
    }
    let times: Vec<String> = status.trend_times.iter().map(|at: &Timestamp| format!("{at:.0}")).collect();
    let head = json!({"times": times, "note": "values stand for the last of these times; -1 was not measured"});
    let value = |series: &&_| {
        let crate::api::job_status::Series { id, values } = series;
        line(&json!({"id": id, "values": values}))
    };
    std::iter::once(line(&head)).chain(series.iter().map(value)).collect()
}

/// Lines that fit into so many bytes, the last ones where `newest` counts; and how many had no room.
pub fn fitting(lines: Vec<String>, most: usize, newest: bool) -> (String, usize) {
    let all = lines.len();
    let mut room = most;
    let mut fits = |line: &String| {
        let fits = line.len() < room;
        room = room.saturating_sub(line.len() + 1);
        fits
    };
    let mut kept: Vec<String> = if newest {
        lines.into_iter().rev().take_while(&mut fits).collect()
    } else {
        lines.into_iter().take_while(&mut fits).collect()
    };
    if newest {
        kept.reverse();
    }
    (kept.join("\n"), all - kept.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept_from_the_end_that_counts() {
        let lines = || vec!["aaa".to_owned(), "bbb".to_owned(), "ccc".to_owned()];
        assert_eq!(fitting(lines(), 100, false), ("aaa\nbbb\nccc".into(), 0));
        assert_eq!(fitting(lines(), 8, false), ("aaa\nbbb".into(), 1));
        assert_eq!(fitting(lines(), 8, true), ("bbb\nccc".into(), 1));
        assert_eq!(fitting(lines(), 3, true), (String::new(), 3));
    }

    #[test]
    fn trends_are_of_one_subject() {
        let status: MonitoringJobStatus = serde_json::from_value(json!({
            "trendTimes": ["2026-11-24T10:00:00Z"],
            "trends": [{"id": "container/redis/cpuPercent", "values": [5]}, {"id": "website/site/home/latencyMs", "values": [7]}],
        }))
        .unwrap();
        assert_eq!(trends(&status, None).len(), 3);
        assert_eq!(trends(&status, Some("redis"))[1..], [r#"{"id":"container/redis/cpuPercent","values":[5]}"#]);
        assert!(trends(&status, Some("web")).is_empty());
    }

    #[test]
    fn what_was_not_seen_is_told() {
        let one = |look| ContainerObservation { name: "redis".into(), host: "host".into(), look };
        let missing = one(ContainerLook::Missing { near: vec!["redis-1".into()] });
        for told in [containers(std::slice::from_ref(&missing)), inspected(&missing), stats(&missing)] {
            assert!(told[0].contains("no such container") && told[0].contains("redis-1"), "{told:?}");
        }
        let idle = one(ContainerLook::Seen {
            inspect: Inspect::default(),
            stats: None,
            logs: crate::core::observation::docker::LogLook::Unavailable { why: String::new() },
        });
        assert!(stats(&idle)[0].contains("does not run"));
    }
}
