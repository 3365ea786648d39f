//! A container that came back: once, again and again, or after the kernel killed it for memory.

use super::{
    Case,
    ends::{self, By, exit_words},
    start_error,
};
use crate::api::{Finding, Severity};

/// What a running container's restarts and kills come to: at most one finding.
pub(super) fn judge(case: &Case<'_>) -> Option<Finding> {
    let state = &case.inspect.state;
    if case.restarts.is_loop(state.started_at, case.window) {
        Some(restarting(case))
    } else if case.known_down {
        let at = state.started_at;
        Some(Finding { first_seen: at, last_seen: at, ..case.event("Restarted", Severity::Info, "runs again") })
    } else if case.restarts.count > 0 {
        let by_kernel = state.oom_killed || case.ends.iter().any(|e| e.by == By::Kernel && e.at >= case.window.since);
        Some(if by_kernel { oom_killed(case) } else { restarted(case) })
    } else {
        inner_kill(case)
    }
}

/// The kernel had killed it, and it runs again.
fn oom_killed(case: &Case<'_>) -> Finding {
    let (limit, advice) = case.of_memory();
    let mut message = format!("OOM-killed{limit}, restarted");
    if case.restarts.count > 1 {
        message = format!("{message} {}", case.restarts.times());
    }
    let kills = case.times_of("oom");
    Finding {
        advice,
        count: i64::try_from(kills.len()).unwrap_or(1).max(1),
        first_seen: kills.first().copied().or(case.inspect.state.finished_at),
        last_seen: case.inspect.state.finished_at,
        ..case.event("OomKilled", Severity::Critical, message)
    }
}

/// The kernel killed one of its processes, and not the one that the container lives by: a worker of a pool.
fn inner_kill(case: &Case<'_>) -> Option<Finding> {
    let mut kills = ends::inner_kills(&case.events);
    kills.retain(|at| *at >= case.window.since);
    let (limit, advice) = case.of_memory();
    Some(Finding {
        advice,
        count: i64::try_from(kills.len()).unwrap_or(i64::MAX),
        first_seen: Some(*kills.first()?),
        last_seen: kills.last().copied(),
        ..case.event(
            "OomKilled",
            Severity::Critical,
            format!("had a process OOM-killed{limit}; the container itself runs on"),
        )
    })
}

fn restarted(case: &Case<'_>) -> Finding {
    let end = case.ends.iter().rev().find(|end| case.inspect.state.started_at.is_some_and(|start| end.at <= start));
    let (by, advice) = match end.map(|end| (end.by, end.code)) {
        Some((By::Stop | By::Kill, _)) => (", by hand", "nothing, if it was planned"),
        Some((_, Some(code))) if code != 0 => ("", "its log before the end says why"),
        _ => ("", "find who restarted it, if it was not planned"),
    };
    let mut message = format!("restarted {}{by}", case.restarts.times());
    if let Some(code) = end.and_then(|end| end.code) {
        message = format!("{message}; before that it exited with {}", exit_words(code));
    }
    Finding {
        advice: Some(advice.to_owned()),
        count: case.restarts.count,
        first_seen: case.first_death(),
        last_seen: case.inspect.state.started_at,
        ..case.event("Restarted", Severity::Warning, message)
    }
}

/// It ends as often as it is started.
pub(super) fn restarting(case: &Case<'_>) -> Finding {
    let state = &case.inspect.state;
    let times = match case.restarts.count {
        0 => String::new(),
        _ => format!(" ({})", case.restarts.times()),
    };
    let first_seen = case.first_death();
    if state.oom_killed || case.ends.last().is_some_and(|end| end.by == By::Kernel) {
        let (limit, advice) = case.of_memory();
        let kills = i64::try_from(case.times_of("oom").len()).unwrap_or(1);
        let count = kills.max(case.restarts.count).max(1);
        let message = format!("OOM-killed{limit}, still restarting{times}");
        return Finding { advice, count, first_seen, ..case.state("OomKilled", Severity::Critical, message) };
    }
    let code = Some(state.exit_code).filter(|code| *code != 0).or_else(|| case.ends.last()?.code);
    let mut message = format!("keeps restarting{times}");
    let mut advice = "its log before each end says why";
    if let Some(error) = start_error::of(&state.error) {
        message = format!("{message}; it cannot start: {}", error.words);
        advice = error.advice;
    } else if let Some(code) = code {
        message = format!("{message}; last exited with {}", exit_words(code));
    }
    Finding {
        count: case.restarts.count.max(1),
        first_seen,
        advice: Some(advice.to_owned()),
        ..case.state("Restarting", Severity::Critical, message)
    }
}
