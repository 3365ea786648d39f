//! `stagewatch operator`: the scheduler for a cluster.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use kube::runtime::events::{Recorder, Reporter};

use super::{
    Exit, notice,
    settings::{Claude, Targets},
    stop_signal,
};
use crate::{
    api::MANAGED_BY,
    collect::Collector,
    engine::{Live, Notice, Whereabouts},
    notify::telegram::Telegram,
    operator::{self, Options},
    recording::keep::Keeper,
    secrets::Secrets,
    store::kubernetes,
    telemetry::{self, LogFormat, metrics::Metrics},
};

/// Run the scheduler for a cluster
///
/// It watches MonitoringJobs, runs them on their schedules, and writes what it finds into their status. Several may
/// run: one of them works, the others wait. It serves /healthz, /readyz and /metrics. Log lines are JSON; RUST_LOG says
/// how many. Exit code: 0 when it was stopped, 1 when it could not start or lost its lease, 2 on bad usage.
#[derive(Args, Debug)]
pub struct Operator {
    /// Only the jobs of this namespace; without it those of all namespaces
    #[arg(short, long, env = "STAGEWATCH_NAMESPACE")]
    namespace: Option<String>,
    /// The namespace of the lease [default: that of the pod, or of the kubeconfig]
    #[arg(long, env = "STAGEWATCH_LEASE_NAMESPACE")]
    lease_namespace: Option<String>,
    /// Where probes and metrics are served
    #[arg(long, value_name = "ADDRESS", env = "STAGEWATCH_HTTP", default_value = "0.0.0.0:8080")]
    http: SocketAddr,
    /// The most runs at a time
    #[arg(long, value_name = "N", env = "STAGEWATCH_MAX_RUNS", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    max_runs: u16,
    /// Let jobs name Unix sockets of this machine: for an operator that runs on the Docker host itself
    #[arg(long, env = "STAGEWATCH_ALLOW_UNIX_SOCKETS")]
    allow_unix_sockets: bool,
    /// Keep recordings of what this process saw in runs that opened an incident or made it worse, for `stagewatch replay`: the
    /// newest five of a job and a hundred in all, of 20 MiB at most each
    #[arg(long, value_name = "DIR", env = "STAGEWATCH_RECORDINGS")]
    recordings: Option<PathBuf>,
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    claude: Claude,
}

impl Operator {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        telemetry::init(LogFormat::Json, "info");
        let config = kube::Config::infer()
            .await
            .context("no cluster is known: run in a pod with a ServiceAccount, or set KUBECONFIG")?;
        let lease_namespace = self.lease_namespace.unwrap_or_else(|| config.default_namespace.clone());
        let client = kubernetes::client(config)?;
        let identity = super::identity();
        let reporter = Reporter { controller: MANAGED_BY.into(), instance: Some(identity.clone()) };
        let recorder = Recorder::new(client.clone(), reporter);
        let policy = self.targets.policy();
        let policy = if self.allow_unix_sockets { policy.with_unix_sockets() } else { policy };
        let metrics = Arc::new(Metrics::default());
        let world = Live {
            analyst: Some(self.claude.analyst(Arc::clone(&metrics))?),
            collector: Collector::new(policy),
            secrets: Secrets::cluster(client.clone()),
            recordings: self.recordings.map(Keeper::open).transpose().context("the folder of the recordings")?,
            telegram: Telegram::new(self.targets.telegram_url.as_str())?,
            place: Whereabouts::Cluster,
            unix_sockets: self.allow_unix_sockets,
            teller: move |it: Notice| notice::log_and_record(&recorder, &it),
        };
        let options = Options {
            namespace: self.namespace,
            lease_namespace,
            identity,
            http: self.http,
            max_runs: self.max_runs.into(),
            metrics,
        };
        operator::run(client, Arc::new(world), options, stop_signal()?).await?;
        Ok(Exit::Fine)
    }
}
