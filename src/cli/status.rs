//! `stagewatch status`: what `kubectl get mj` and `kubectl get mr` show, without a cluster.

use clap::Args;
use jiff::Timestamp;

use super::{
    Exit, emit,
    settings::{Format, StateFolder},
    table,
};
use crate::{
    api::{MonitoringJob, MonitoringRun},
    store::Store as _,
};

/// Show the jobs and runs of a running, or stopped, `stagewatch watch`
///
/// Its columns are those of `kubectl get monitoringjobs` and `kubectl get monitoringruns`. Exit code: 0 when it was shown, 1 when there is no
/// such state or job, 2 on bad usage. For an exit code by verdict, use `run`, or `trigger --wait`.
#[derive(Args, Debug)]
pub struct Status {
    #[command(flatten)]
    state: StateFolder,
    /// Only this job and its runs
    job: Option<String>,
    /// What to print: tables, or the whole objects
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

impl Status {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let folder = self.state.existing().await?;
        let mut jobs = folder.list::<MonitoringJob>(None).await?;
        let mut runs = folder.list::<MonitoringRun>(None).await?;
        if let Some(name) = &self.job {
            jobs.objects.retain(|job| job.metadata.name.as_ref() == Some(name));
            runs.objects.retain(|run| &run.spec.job_ref.name == name);
            anyhow::ensure!(!jobs.objects.is_empty(), "there is no job {name:?} in this folder");
        }
        for it in jobs.undecodable.iter().chain(&runs.undecodable) {
            tracing::warn!(name = it.name, problem = it.problem, "an object cannot be read and is left out");
        }
        runs.objects.sort_by_key(|run| run.metadata.creation_timestamp.as_ref().map(|t| t.0));
        let now = Timestamp::now();
        let objects = || serde_json::json!({"jobs": jobs.objects, "runs": runs.objects});
        emit(&match self.output {
            Format::Text if runs.objects.is_empty() => table::jobs(&jobs.objects, now),
            Format::Text => format!("{}\n{}", table::jobs(&jobs.objects, now), table::runs(&runs.objects, now)),
            Format::Json => serde_json::to_string_pretty(&objects())? + "\n",
            Format::Yaml => serde_saphyr::to_string(&objects())?,
        })?;
        Ok(Exit::Fine)
    }
}
