//! What a run knows of those before it: a recording's `previous.json`.

use serde::{Deserialize, Serialize};

use crate::api::{
    FindingState, MonitoringJobStatus, Window,
    job_status::{ContainerBaseline, FindingSummary, Series},
    report::Report,
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
    /// The values of earlier runs.
    pub trends: Vec<Series>,
}

impl Previous {
    /// What the run of `report` leaves to the next, where no status keeps it.
    pub fn after(report: &Report, containers: Vec<ContainerBaseline>, trends: Vec<Series>) -> Self {
        let current = report.findings.iter().filter(|f| f.state != FindingState::Resolved);
        Self { window: Some(report.window), findings: current.map(FindingSummary::from).collect(), containers, trends }
    }
}

impl From<&MonitoringJobStatus> for Previous {
    fn from(status: &MonitoringJobStatus) -> Self {
        Self {
            window: status.last_run.as_ref().and_then(|run| run.window),
            findings: status.findings.clone(),
            containers: status.containers.clone(),
            trends: status.trends.clone(),
        }
    }
}
