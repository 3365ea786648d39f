//! A container whose processes are frozen.

use super::Case;
use crate::api::{Finding, Severity};

pub(super) fn now(case: &Case<'_>) -> Finding {
    Finding {
        first_seen: case.events.iter().rev().find(|e| e.action == "pause").map(|e| e.at),
        advice: Some("docker unpause it, or find who paused it".to_owned()),
        ..case.state("Paused", Severity::Critical, "paused: its processes do not run")
    }
}

/// It was paused within the window, and runs again.
pub(super) fn before(case: &Case<'_>) -> Option<Finding> {
    let began = *case.times_of("pause").first()?;
    let over = case.times_of("unpause").into_iter().rfind(|at| *at >= began)?;
    Some(case.over("Paused", "was paused", began, over))
}
