//! What a run knows of those before it: a recording's `previous.json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{rules, trend};
use crate::api::{
    FindingState, MonitoringJobSpec, MonitoringJobStatus, Window,
    job_status::{ContainerBaseline, FindingSummary, Series},
    report::{Report, Source},
};

/// What a run knows of those before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Previous {
    /// What the run before looked at; none for the first run.
    pub window: Option<Window>,
    /// What it found that was not over.
    pub findings: Vec<FindingSummary>,
    /// The containers as it saw them.
    pub containers: Vec<ContainerBaseline>,
    /// When the runs looked that `trends` remembers, oldest first.
    pub trend_times: Vec<Timestamp>,
    /// The values of earlier runs.
    pub trends: Vec<Series>,
}

impl Previous {
    /// What the run of `report` leaves to the next, where no status keeps it.
    #[must_use]
    pub fn followed_by(self, spec: &MonitoringJobSpec, report: &Report, seen: &[ContainerBaseline]) -> Self {
        let current = report.findings.iter();
        let current = current.filter(|f| f.state != FindingState::Resolved && f.source == Source::Rules);
        let findings = current.map(FindingSummary::from).collect();
        let mut next = Self { findings, ..self };
        update_baseline(&mut next.containers, seen, spec);
        if !rules::own::is_offline(&report.findings) {
            next.window = Some(report.window);
            let measured = trend::measured(spec, &report.observations, &report.findings, report.window);
            trend::remember(&mut next.trend_times, &mut next.trends, measured, report.window.until);
        }
        next
    }
}

/// Takes in the containers as a run saw them: what it did not see stays as it was known, what left the spec is forgotten.
pub fn update_baseline(known: &mut Vec<ContainerBaseline>, seen: &[ContainerBaseline], spec: &MonitoringJobSpec) {
    known.retain(|old| !seen.iter().any(|new| new.name == old.name));
    known.extend(seen.iter().cloned());
    known.retain(|old| rules::containers(spec).any(|(_, container)| container.name == old.name));
    known.sort_by(|a, b| a.name.cmp(&b.name));
}

impl From<&MonitoringJobStatus> for Previous {
    fn from(status: &MonitoringJobStatus) -> Self {
        Self {
            window: status.last_run.as_ref().and_then(|run| run.window),
            findings: status.findings.clone(),
            containers: status.containers.clone(),
            trend_times: status.trend_times.clone(),
            trends: status.trends.clone(),
        }
    }
}
