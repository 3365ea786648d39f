//! A container that does not run: why.

use super::{Case, OOM_ADVICE};
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
    if state.oom_killed {
        let kills = case.times_of("oom");
        return Finding {
            advice: Some(OOM_ADVICE.to_owned()),
            count: i64::try_from(kills.len()).unwrap_or(1).max(1),
            first_seen: kills.first().copied().or(first_seen),
            ..case.state(
                "OomKilled",
                Severity::Critical,
                format!("OOM-killed{}, not running{after}", case.memory_limit()),
            )
        };
    }
    let message = match state.status.as_str() {
        "created" if state.error.is_empty() => "not running: created, and never started".to_owned(),
        "created" => format!("not running: it could not be started: {}", cut(&state.error, 200)),
        "exited" if state.error.is_empty() => {
            format!("not running: exited with {}{after}", exit_words(state.exit_code))
        }
        "exited" => {
            format!("not running: exited with {}{after}: {}", exit_words(state.exit_code), cut(&state.error, 200))
        }
        other => format!("not running: the engine calls it {:?}", cut(other, 40)),
    };
    Finding {
        advice: Some(advice(state.exit_code).to_owned()),
        first_seen,
        ..case.state("NotRunning", Severity::Critical, message)
    }
}

/// An exit code and what it means.
pub(super) fn exit_words(code: i64) -> String {
    let meaning = match code {
        0 => "no error",
        125 => "the engine could not run it",
        126 => "its command cannot be executed",
        127 => "its command was not found",
        129 => "SIGHUP",
        130 => "SIGINT: stopped by hand",
        132 => "SIGILL: it crashed",
        134 => "SIGABRT: it crashed",
        135 => "SIGBUS: it crashed",
        136 => "SIGFPE: it crashed",
        137 => "SIGKILL: killed from outside",
        139 => "SIGSEGV: it crashed",
        143 => "SIGTERM: stopped from outside",
        _ => return format!("code {code}"),
    };
    format!("code {code} ({meaning})")
}

fn advice(code: i64) -> &'static str {
    match code {
        0 | 130 | 137 | 143 => "start it, and find who stopped it",
        125..=127 => "correct its image or command",
        _ => "its log before the end says why",
    }
}
