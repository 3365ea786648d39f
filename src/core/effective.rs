//! What an omitted field of a spec means, where that depends on the schedule or on the runs before.

use jiff::{SignedDuration, Timestamp};

use super::{incident::Thresholds, schedule::Schedule};
use crate::api::{Duration, MonitoringJob, MonitoringJobSpec, MonitoringRunSpec, Window};

/// The longest that a run may take.
const MAX_TIMEOUT: SignedDuration = SignedDuration::from_mins(10);
/// What the first run reads of the logs.
const FIRST_LOOKBACK: SignedDuration = SignedDuration::from_hours(4);
/// The most that a run reads of the logs.
const MAX_LOOKBACK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Slots at least this far apart are news each; closer ones have to agree.
const SPARSE: SignedDuration = SignedDuration::from_mins(30);

/// How long a run of this job may take.
pub fn timeout(spec: &MonitoringJobSpec, schedule: Option<&Schedule>, now: Timestamp) -> SignedDuration {
    spec.timeout.map_or_else(
        || {
            let way = schedule.and_then(|s| s.shortest_way(now)).unwrap_or(MAX_TIMEOUT * 2);
            (way * 4 / 5).min(MAX_TIMEOUT)
        },
        Duration::signed,
    )
}

/// How many runs in a row open and close an incident.
pub fn thresholds(spec: &MonitoringJobSpec, schedule: Option<&Schedule>, now: Timestamp) -> Thresholds {
    let sparse = schedule.and_then(|s| s.shortest_way(now)).is_none_or(|way| way >= SPARSE);
    let default = if sparse { 1 } else { 2 };
    let told = spec.notifications.as_ref();
    Thresholds {
        failure: told.and_then(|n| n.failure_threshold).unwrap_or(default),
        success: told.and_then(|n| n.success_threshold).unwrap_or(default),
    }
}

/// What a run that starts now reads of the logs.
pub fn window(job: &MonitoringJob, run: &MonitoringRunSpec, now: Timestamp) -> Window {
    let last = job.status.as_ref().and_then(|s| s.last_run.as_ref()).and_then(|r| r.window);
    window_after(last, &job.spec, run, now)
}

/// The same after a run that looked at `last`.
pub fn window_after(last: Option<Window>, spec: &MonitoringJobSpec, run: &MonitoringRunSpec, now: Timestamp) -> Window {
    let asked = run.lookback.or(spec.lookback).map(|span| now - span.signed());
    let since = asked.or_else(|| last.map(|window| window.until)).unwrap_or(now - FIRST_LOOKBACK);
    Window { since: since.clamp(now - MAX_LOOKBACK, now), until: now }
}

/// The heading of every message.
pub fn title(spec: &MonitoringJobSpec) -> String {
    spec.title.clone().unwrap_or_else(|| format!("{} MONITORING", spec.environment.to_uppercase()))
}
