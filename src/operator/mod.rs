//! A process in a cluster: it waits until it is known, wants the lease, and drives the engine while it holds it.

pub mod lease;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use kube::Client;
use tokio_util::sync::CancellationToken;

use crate::{
    api::{MonitoringJob, MonitoringRun},
    engine::{Clock, Engine, World},
    http::{self, Probes},
    store::{Store as _, kubernetes::Kubernetes},
    telemetry::metrics::Metrics,
};

/// How often the API server is asked again while it does not serve our resources.
const PAUSE: Duration = Duration::from_secs(5);

/// How an operator runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The namespace whose jobs it drives; none for all.
    pub namespace: Option<String>,
    /// The namespace of its lease.
    pub lease_namespace: String,
    /// Names this process and no other, nor one before it.
    pub identity: String,
    /// Where probes and metrics are served.
    pub http: SocketAddr,
    /// The most runs at a time.
    pub max_runs: usize,
    /// What it counts.
    pub metrics: Arc<Metrics>,
}

/// Runs until `stop` is cancelled, then hands over.
///
/// # Errors
/// When the address of the probes cannot be listened on.
pub async fn run<W: World>(
    client: Client,
    world: Arc<W>,
    options: Options,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let metrics = Arc::clone(&options.metrics);
    let probes = Probes { ready: Arc::new(AtomicBool::new(false)), metrics: Arc::clone(&metrics) };
    let serving = CancellationToken::new();
    let server = tokio::spawn(http::serve(options.http, probes.clone(), serving.clone()));
    let drive = async {
        let store = Kubernetes::new(client.clone(), options.namespace.clone());
        tokio::select! {
            () = served(&store) => {}
            () = stop.cancelled() => return,
        }
        probes.ready.store(true, Ordering::Relaxed);
        lead(client, store, world, &options, &metrics, &stop).await;
    };
    tokio::select! {
        () = drive => {}
        ended = server => {
            ended.context("the server of the probes broke down")?.with_context(|| format!("cannot listen on {}", options.http))?;
        }
    }
    serving.cancel();
    Ok(())
}

/// Waits until the API server serves our resources, and says what to do while it does not.
async fn served(store: &Kubernetes) {
    let mut told = false;
    loop {
        let jobs = store.list::<MonitoringJob>(None).await.map(|_| ());
        let both = match jobs {
            Ok(()) => store.list::<MonitoringRun>(None).await.map(|_| ()),
            Err(error) => Err(error),
        };
        match both {
            Ok(()) => return,
            Err(error) if told => tracing::debug!(%error, "the API server does not serve our resources yet"),
            Err(error) => {
                tracing::warn!(%error, "the API server does not serve our resources: run `stagewatch crds | kubectl apply -f -`, and see that our ServiceAccount may list them");
                told = true;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn lead<W: World>(
    client: Client,
    store: Kubernetes,
    world: Arc<W>,
    options: &Options,
    metrics: &Arc<Metrics>,
    stop: &CancellationToken,
) {
    let candidate = lease::Candidate::start(client, &options.lease_namespace, options.identity.clone());
    let mut held = candidate.held();
    let mut terms = 0_u32;
    loop {
        tokio::select! {
            Ok(_) = held.wait_for(|held| *held) => {}
            () = stop.cancelled() => break,
        }
        terms += 1;
        // Each term is another holder: what an earlier term of this process had begun is as lost as a stranger's.
        let holder = format!("{}.{terms}", options.identity);
        tracing::info!(%holder, "this process leads");
        metrics.leads(true);
        let engine = Engine::new(
            store.clone(),
            Arc::clone(&world),
            Clock::System,
            holder,
            options.max_runs,
            Arc::clone(metrics),
        );
        let handing_over = tokio::select! {
            () = engine.run(stop.clone()) => true,
            _ = held.wait_for(|held| !*held) => false,
        };
        metrics.leads(false);
        if handing_over {
            break;
        }
        tracing::warn!("this process no longer leads: what it was doing is left to its successor");
    }
    candidate.release().await;
}
