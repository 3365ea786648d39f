//! `stagewatch status`: what `kubectl get mj` and `kubectl get mr` show, without a cluster.

use clap::Args;
use jiff::Timestamp;

use super::{Exit, emit, settings::StateFolder, table};
use crate::{
    api::{MonitoringJob, MonitoringRun},
    store::Store as _,
};

/// Show the jobs and runs of a running, or stopped, `stagewatch watch`
///
/// Its columns are those of `kubectl get monitoringjobs` and `kubectl get monitoringruns`, with `-o wide` too. Exit
/// code: 0 when it was shown, 1 when there is no such state or job, 2 on bad usage. For an exit code by verdict, use `run`, or `trigger --wait`.
#[derive(Args, Debug)]
pub struct Status {
    #[command(flatten)]
    state: StateFolder,
    /// Only this job and its runs
    job: Option<String>,
    /// What to print: tables, or the whole objects
    #[arg(short, long, value_enum, default_value_t)]
    output: Shown,
}

/// What is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Shown {
    /// Tables.
    #[default]
    Text,
    /// Tables that name the cause.
    Wide,
    /// The whole objects.
    Json,
    /// The whole objects.
    Yaml,
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
            Shown::Json => serde_json::to_string_pretty(&objects())? + "\n",
            Shown::Yaml => serde_saphyr::to_string(&objects())?,
            tables => {
                let wide = tables == Shown::Wide;
                let jobs = table::jobs(&jobs.objects, wide, now);
                match runs.objects.as_slice() {
                    [] => jobs,
                    runs => format!("{jobs}\n{}", table::runs(runs, wide, now)),
                }
            }
        })?;
        Ok(Exit::Fine)
    }
}
