//! What a run knows of those before it: a recording's `previous.json`.

use serde::{Deserialize, Serialize};

use super::observation::{ContainerObservation, Observations, docker::ContainerLook};
use crate::api::{
    MonitoringJobStatus, Window,
    job_status::{ContainerBaseline, FindingSummary, Series},
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

/// The containers as a run saw them: the baseline of the next.
pub fn baselines(seen: &Observations) -> Vec<ContainerBaseline> {
    let baseline = |container: &ContainerObservation| match &container.look {
        ContainerLook::Seen { inspect, .. } => Some(ContainerBaseline {
            name: container.name.clone(),
            id: inspect.id.clone(),
            restart_count: inspect.restart_count,
            started_at: inspect.state.started_at,
        }),
        ContainerLook::Missing { .. } | ContainerLook::NotObserved { .. } => None,
    };
    seen.containers.iter().filter_map(baseline).collect()
}
