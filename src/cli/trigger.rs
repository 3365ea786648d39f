//! `stagewatch trigger JOB`: a run now, in the cluster of the kubeconfig or beside a running `watch`.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use futures::StreamExt as _;
use jiff::Timestamp;

use super::{
    Exit, FailOnArg, emit, report,
    settings::{Format, StateFolder},
};
use crate::{
    api::{
        self, MonitoringJob, MonitoringRun, MonitoringRunSpec,
        run::{JobRef, Phase, Trigger as Why},
    },
    store::{
        Change, Store,
        kubernetes::{self, Kubernetes},
    },
};

/// Run a job now
///
/// Without --state this creates a MonitoringRun in the cluster of the kubeconfig; with it, in the folder of a running
/// `stagewatch watch`. Exit code: 0 when the run was created, 1 when it was not, 2 on bad usage. With --wait it is that of `run`:
/// 0 below --fail-on, 3 at or above it, 1 when the run failed or was not done in time.
#[derive(Args, Debug)]
pub struct Trigger {
    /// The job's name
    job: String,
    /// The job's namespace [default: the kubeconfig's; without a cluster: the only one with such a job]
    #[arg(short, long)]
    namespace: Option<String>,
    #[command(flatten)]
    state: StateFolder,
    /// How many hours of logs to read, instead of those since the last slot; the run then moves nothing but itself
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=168))]
    hours: Option<u8>,
    /// Send nothing; the run then moves nothing but itself
    #[arg(long)]
    dry_run: bool,
    /// Wait until the run is done, and print its report
    #[arg(long)]
    wait: bool,
    /// How long to wait, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    timeout: u64,
    /// What to print
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    fail_on: FailOnArg,
}

impl Trigger {
    pub(super) async fn run(mut self) -> anyhow::Result<Exit> {
        if self.state.state.is_some() {
            let folder = self.state.existing().await?;
            return self.on(folder).await;
        }
        let config = kube::Config::infer().await.context(
            "no cluster is known: set KUBECONFIG, or name the folder of `stagewatch watch` with --state DIR",
        )?;
        self.namespace.get_or_insert_with(|| config.default_namespace.clone());
        let store = Kubernetes::new(kubernetes::client(config)?, self.namespace.clone());
        self.on(store).await
    }

    async fn on<S: Store>(self, store: S) -> anyhow::Result<Exit> {
        let listing = store.list::<MonitoringJob>(self.namespace.as_deref()).await?;
        let jobs: Vec<_> = listing.objects.iter().filter(|job| job.metadata.name.as_ref() == Some(&self.job)).collect();
        let job = match jobs.as_slice() {
            [job] => *job,
            [] => {
                let known: Vec<_> =
                    listing.objects.iter().filter_map(|job| job.metadata.name.as_deref()).take(20).collect();
                bail!("there is no job {:?}; known are: {}", self.job, known.join(", "))
            }
            _ => bail!("there are several jobs {:?}: name the --namespace", self.job),
        };
        let created = store.create(&self.run_of(job)).await?;
        let name = created.metadata.name.clone().unwrap_or_default();
        if !self.wait {
            emit(&format!("monitoringrun/{name} created\n"))?;
            return Ok(Exit::Fine);
        }
        let patience = Duration::from_secs(self.timeout);
        let done = tokio::time::timeout(patience, finished(&store, &created)).await.with_context(|| {
            format!(
                "monitoringrun/{name} was not done within {} s: is an operator, or `stagewatch watch`, running?",
                self.timeout
            )
        })?;
        self.tell(job, &done?)
    }

    fn run_of(&self, job: &MonitoringJob) -> MonitoringRun {
        let spec = MonitoringRunSpec {
            job_ref: JobRef { name: self.job.clone() },
            trigger: Some(Why::Manual),
            scheduled_time: None,
            lookback: self.hours.map(|hours| api::Duration::from_hours(hours.into())),
            dry_run: self.dry_run,
            fail_on: Some(self.fail_on.fail_on()),
        };
        let now = Timestamp::now();
        let mut run = MonitoringRun::new(&format!("{}-{}", self.job, now.strftime("%Y%m%d%H%M%S%3f")), spec);
        run.metadata.namespace.clone_from(&job.metadata.namespace);
        run
    }

    fn tell(&self, job: &MonitoringJob, run: &MonitoringRun) -> anyhow::Result<Exit> {
        let status = run.status.clone().unwrap_or_default();
        if status.phase != Some(Phase::Completed) {
            bail!("the run ended as {:?}: {}", status.phase.unwrap_or_default(), status.message.unwrap_or_default());
        }
        let report = status.report().context("the run has no verdict")?;
        emit(&report::print(self.output, &job.spec, &report)?)?;
        Ok(self.fail_on.exit(report.verdict))
    }
}

/// The run once nothing more happens to it.
async fn finished<S: Store>(store: &S, run: &MonitoringRun) -> anyhow::Result<MonitoringRun> {
    let mut changes = std::pin::pin!(store.watch::<MonitoringRun>());
    while let Some(change) = changes.next().await {
        match change {
            Change::Applied(seen)
                if seen.metadata.uid == run.metadata.uid
                    && seen.status.as_ref().and_then(|s| s.phase).unwrap_or_default().is_finished() =>
            {
                return Ok(seen);
            }
            Change::Deleted(gone) if Some(&gone.uid) == run.metadata.uid.as_ref() => bail!("the run was deleted"),
            _ => {}
        }
    }
    bail!("the watch of the runs ended")
}
