//! A container that does not run: why.

use super::{
    Case,
    ends::{self, By, exit_words},
    start_error,
};
use crate::{
    api::{Finding, Severity},
    core::redact::cut,
};

/// One finding, however it ended: the engine keeps `unhealthy` on an exited container, and that is not said again.
pub(super) fn judge(case: &Case<'_>) -> Finding {
    let state = &case.inspect.state;
    let count = case.inspect.restart_count;
    let after = match (count, case.restarts.count) {
        (0, _) | (_, 0) => String::new(),
        (1, _) => ", after 1 restart".to_owned(),
        (n, _) => format!(", after {n} restarts"),
    };
    let deaths = case.times_of("die");
    let first_seen = deaths.first().copied().filter(|_| count > 0).or(state.finished_at);
    let by = ends::last(case.inspect, &case.events, &case.ends);
    if by == By::Kernel {
        let kills = case.times_of("oom");
        let (limit, advice) = case.of_memory();
        return Finding {
            advice,
            count: i64::try_from(kills.len()).unwrap_or(1).max(1),
            first_seen: kills.first().copied().or(first_seen),
            ..case.state("OomKilled", Severity::Critical, format!("OOM-killed{limit}, not running{after}"))
        };
    }
    let (message, advice) = why(case, by, &after);
    Finding {
        advice: Some(advice.to_owned()),
        first_seen,
        ..case.state("NotRunning", Severity::Critical, format!("not running: {message}"))
    }
}

fn why(case: &Case<'_>, by: By, after: &str) -> (String, &'static str) {
    let state = &case.inspect.state;
    let (code, exit) = (state.exit_code, exit_words(state.exit_code));
    let never = state.status == "created";
    match (state.status.as_str(), start_error::of(&state.error)) {
        ("created" | "exited", Some(error)) => {
            let could = if never { "it could not be started" } else { "it cannot start again" };
            (format!("{could}{after}: {}", error.words), error.advice)
        }
        ("created", None) => ("created, and never started".to_owned(), "start it, or find who created it"),
        ("exited", None) => match by {
            By::Stop => (format!("stopped by hand, exited with code {code}"), "start it, or find who stopped it"),
            By::Kill => (format!("killed by hand, exited with code {code}"), "start it, or find who killed it"),
            _ => (format!("exited with {exit}{after}{}", given_up(case)), advice(code)),
        },
        (other, _) => (format!("the engine calls it {:?}", cut(other, 40)), "remove it, and create it anew"),
    }
}

/// What its restart policy says of a container that ended by itself.
fn given_up(case: &Case<'_>) -> &'static str {
    let policy = &case.inspect.host_config.restart_policy;
    let most = policy.maximum_retry_count;
    let spent = policy.name == "on-failure" && most > 0 && case.inspect.restart_count >= most;
    if spent { ": its restart policy allows no more" } else { "" }
}

fn advice(code: i64) -> &'static str {
    match code {
        0 | 130 | 143 => "start it, and find who stopped it",
        137 => "start it, and find who killed it: its host's kernel, where memory is short",
        125..=127 => "correct its image or command",
        _ => "its log before the end says why",
    }
}
