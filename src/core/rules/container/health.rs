//! What a container's health check says, now and in the window.

use jiff::{SignedDuration, Timestamp};

use super::{Case, plural};
use crate::{
    api::{Finding, Severity},
    core::{
        observation::docker::{Health, HealthCheckResult},
        redact::cut,
    },
};

/// What a health check may take of the engine's own defaults: 30 s between checks, 3 failures.
const INTERVAL: i64 = 30_000_000_000;
const RETRIES: i64 = 3;
/// How long a start may take where nothing says how long.
const START: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn judge(case: &Case<'_>) -> Option<Finding> {
    let health = case.inspect.state.health.as_ref()?;
    match health.status.as_str() {
        "unhealthy" => Some(unhealthy(case, health)),
        "starting" => starting_too_long(case),
        "healthy" => was_unhealthy(case),
        _ => None,
    }
}

fn unhealthy(case: &Case<'_>, health: &Health) -> Finding {
    let failing: Vec<_> = health.log.iter().rev().take_while(|check| check.exit_code != 0).collect();
    let mut message =
        format!("unhealthy: {} in a row failed", plural(u64::try_from(health.failing_streak).unwrap_or(0), "check"));
    let mut advice = "its log says why, and the check's output";
    if let Some(last) = failing.first() {
        let output = last.output.trim();
        message = match output {
            "" => format!("{message}, the last with exit code {}", last.exit_code),
            _ => format!("{message}, the last with {:?}", cut(output, 160)),
        };
        advice = self::advice(last);
    }
    let told = case.events.iter().rev().find(|e| e.action.starts_with("health_status: unhealthy")).map(|e| e.at);
    // Of more failures than the engine keeps the first is not known, and these come as regularly as those that are.
    let oldest = failing.last().and_then(|check| check.start);
    let unseen = health.failing_streak.saturating_sub(i64::try_from(failing.len()).unwrap_or(i64::MAX));
    let pace = failing.first().and_then(|check| check.start).zip(oldest).map(|(newest, oldest)| {
        newest.duration_since(oldest) / i32::try_from(failing.len().max(2) - 1).unwrap_or(i32::MAX)
    });
    let first = oldest.zip(pace).filter(|_| unseen > 0).map(|(oldest, pace)| {
        let before = SignedDuration::from_secs(pace.as_secs().saturating_mul(unseen));
        let started = case.inspect.state.started_at.unwrap_or(oldest);
        oldest.checked_sub(before).unwrap_or(started).max(started)
    });
    let evidence = failing.iter().map(|check| cut(check.output.trim(), 400)).filter(|output| !output.is_empty());
    Finding {
        first_seen: told.filter(|_| unseen > 0).or(first).or(oldest).or(told),
        evidence: evidence.take(3).collect(),
        advice: Some(advice.to_owned()),
        ..case.state("Unhealthy", Severity::Critical, message)
    }
}

fn advice(check: &HealthCheckResult) -> &'static str {
    let output = check.output.to_lowercase();
    if output.contains("exceeded timeout") {
        "it does not answer: look at its load, and at what it waits for"
    } else if check.exit_code == 127
        || ["executable file not found", "oci runtime exec failed"].iter().any(|s| output.contains(s))
    {
        "correct the health check: its command cannot be run in this image"
    } else {
        "its log says why, and the check's output"
    }
}

/// It was unhealthy within the window and is well again, without a restart that would tell it.
fn was_unhealthy(case: &Case<'_>) -> Option<Finding> {
    let told = |words: &str| {
        let events = case.events.iter().filter(|e| e.at >= case.window.since && e.action.starts_with(words));
        events.map(|e| e.at).collect::<Vec<Timestamp>>()
    };
    let times = told("health_status: unhealthy");
    let (began, last) = (*times.first()?, *times.last()?);
    let ended = case.ends.iter().any(|end| end.at > last);
    let over = told("health_status: healthy").into_iter().find(|at| *at > last).filter(|_| !ended)?;
    let again = if times.len() > 1 { format!(", {}×", times.len()) } else { String::new() };
    let count = i64::try_from(times.len()).unwrap_or(i64::MAX);
    Some(Finding { count, ..case.over("Unhealthy", format!("was unhealthy{again}"), began, over) })
}

fn starting_too_long(case: &Case<'_>) -> Option<Finding> {
    let started = case.inspect.state.started_at?;
    let allowed = case.inspect.config.healthcheck.as_ref().map_or(START, |check| {
        let or = |value: i64, default: i64| if value > 0 { value } else { default };
        let checks = or(check.interval, INTERVAL).saturating_mul(or(check.retries, RETRIES));
        SignedDuration::from_nanos(check.start_period.max(0).saturating_add(checks))
    });
    let took = case.window.until.duration_since(started);
    (took > allowed).then(|| {
        let message = format!("still starting after {} s", took.as_secs());
        let advice = Some("its log says what it waits for".to_owned());
        Finding { first_seen: Some(started), advice, ..case.state("StartingTooLong", Severity::Warning, message) }
    })
}
