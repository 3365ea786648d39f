//! A container's log: patterns that came often enough, and what could not be read.

use jiff::Timestamp;

use super::{finding, plural};
use crate::{
    api::{Finding, Kind, Severity, Window, job::Container},
    core::{
        logs::essence,
        observation::{
            docker::{ContainerLook, Inspect, LogLook},
            logs::{LogScan, PatternMatch},
        },
        previous::Previous,
        profiles,
        redact::cut,
    },
};

/// Judges the log of one container.
pub fn judge(container: &Container, look: &ContainerLook, previous: &Previous, window: Window) -> Vec<Finding> {
    let ContainerLook::Seen { inspect, logs, .. } = look else { return Vec::new() };
    let about = |reason: &str, message: String| Finding {
        last_seen: Some(window.until),
        ..finding(format!("logs/{}/{reason}", container.name), Kind::State, Severity::Warning, &container.name, message)
    };
    match logs {
        LogLook::Unavailable { why } => {
            let advice = Some("use a log driver that can be read: json-file, local or journald".to_owned());
            vec![Finding {
                advice,
                ..about("LogsUnavailable", format!("its log could not be read: {}", cut(why, 200)))
            }]
        }
        LogLook::Read(scan) => {
            let incomplete = scan.incomplete.as_ref().map(|why| {
                about("LogsIncomplete", format!("not all of its log of this time was read: {}", cut(why, 200)))
            });
            let found = scan.matches.iter().filter(|m| m.count > 0 && m.most_within >= m.min_count);
            let found = found.map(|m| pattern(container, inspect, m));
            found.chain(still(container, inspect, scan, previous)).chain(incomplete).collect()
        }
    }
}

fn pattern(container: &Container, inspect: &Inspect, found: &PatternMatch) -> Finding {
    let state = is_state(container, &found.id);
    let over = found.cleared.or_else(|| restarted_after(inspect, found.last).filter(|_| state));
    let mut message = found.meaning.clone();
    if found.count > 1 {
        message = format!("{message} ({})", plural(found.count, "record"));
    }
    if let Some(example) = found.evidence.first() {
        message = format!("{message}: {}", cut(essence(example), 160));
    }
    let severity = if over.is_some() { found.severity.min(Severity::Warning) } else { found.severity };
    Finding {
        advice: found.advice.clone(),
        count: i64::try_from(found.count).unwrap_or(i64::MAX),
        first_seen: found.first,
        last_seen: found.last,
        over_since: over,
        evidence: found.evidence.clone(),
        ..finding(
            id(container, &found.id),
            if state && over.is_none() { Kind::State } else { Kind::Event },
            severity,
            &container.name,
            message,
        )
    }
}

/// States that a run before found and that nothing has ended: an alarm is logged when it is set, not while it lasts.
fn still<'a>(
    container: &'a Container,
    inspect: &'a Inspect,
    scan: &'a LogScan,
    previous: &'a Previous,
) -> impl Iterator<Item = Finding> {
    let known = previous.findings.iter().filter(|f| f.kind == Kind::State && f.subject == container.name);
    known.filter(|f| f.id == id(container, &f.reason) && is_state(container, &f.reason)).filter_map(|f| {
        let found = scan.matches.iter().any(|m| m.id == f.reason);
        let restarted = restarted_after(inspect, f.last_seen).is_some();
        (!found && !restarted).then(|| Finding {
            count: f.count,
            first_seen: f.first_seen,
            last_seen: f.last_seen,
            ..finding(f.id.clone(), Kind::State, f.severity, &f.subject, &f.message)
        })
    })
}

/// When a state that the log told of is seen to be over although this run found nothing bad of it.
pub(crate) fn cleared(
    container: &Container,
    look: &ContainerLook,
    pattern: &str,
    last: Option<Timestamp>,
) -> Option<Timestamp> {
    let ContainerLook::Seen { inspect, logs: LogLook::Read(scan), .. } = look else { return None };
    let told = scan.matches.iter().find(|m| m.id == pattern).and_then(|m| m.cleared);
    told.or_else(|| restarted_after(inspect, last).filter(|_| is_state(container, pattern)))
}

fn id(container: &Container, pattern: &str) -> String {
    format!("logs/{}/{pattern}", container.name)
}

fn is_state(container: &Container, pattern: &str) -> bool {
    profiles::compiled(container.profile.unwrap_or_default()).is_state(pattern)
}

/// When the container was started anew after this instant: what its process was in before is over.
fn restarted_after(inspect: &Inspect, last: Option<Timestamp>) -> Option<Timestamp> {
    inspect.state.started_at.filter(|started| last.is_some_and(|last| *started > last))
}
