//! All of one job's targets, side by side.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::{FutureExt, future::join_all};
use tokio::{sync::mpsc, time::Instant};

use super::{
    Patience, Progress, Reporter,
    docker::{self, Hosts, Looks},
    website::{self, Probe},
};
use crate::{
    api::{MonitoringJob, MonitoringJobSpec, Window},
    core::{
        observation::{Observations, docker::Engine, docker::EngineFailure, raw::Evidence},
        redact::Redactor,
    },
    net::{AddressPolicy, Dialer},
    secrets::{self, Secrets},
};

/// What a run keeps of its time for what comes after looking.
const RESERVE: Duration = Duration::from_secs(1);

/// Looks at targets. There is one in a process: how much is asked of a host at a time holds for all jobs together.
#[derive(Debug)]
pub struct Collector {
    dialer: Dialer,
    hosts: Arc<Hosts>,
    /// How far apart the two samples of CPU time are.
    cpu_window: Duration,
}

/// One look at a job's targets.
#[derive(Debug)]
pub struct Look<'a> {
    /// The job.
    pub job: &'a MonitoringJob,
    /// Which part of the logs is read.
    pub window: Window,
    /// How long it may take.
    pub patience: Duration,
    /// Where the raw answers go when the run is recorded.
    pub evidence: Option<mpsc::Sender<Evidence>>,
    /// Who is told the steps.
    pub progress: Option<mpsc::UnboundedSender<Progress>>,
}

impl Collector {
    /// A collector that connects where `policy` allows.
    pub fn new(policy: AddressPolicy, cpu_window: Duration) -> Self {
        Self { dialer: Dialer::new(policy), hosts: Arc::default(), cpu_window }
    }

    /// Looks at everything that the job names. A target whose collector breaks down was not observed; the others were.
    pub async fn collect(&self, look: Look<'_>, secrets: &Secrets) -> Observations {
        let spec = &look.job.spec;
        let namespace = look.job.metadata.namespace.as_deref().unwrap_or_default();
        let deadline = Instant::now() + look.patience.saturating_sub(RESERVE);
        let secrets = Arc::new(secrets.gather(namespace, secrets_of(spec)).await);
        let redactor = Redactor::new(secrets.values());
        let patience = Patience::from(spec.confirm.as_ref());
        let reporter = Reporter::new(look.progress);
        let probe = Probe {
            dialer: &self.dialer,
            secrets: &secrets,
            redactor: &redactor,
            patience,
            deadline,
            evidence: look.evidence.clone(),
            reporter: reporter.clone(),
        };
        let looks = Arc::new(Looks {
            dialer: self.dialer.clone(),
            hosts: Arc::clone(&self.hosts),
            secrets: Arc::clone(&secrets),
            redactor: redactor.clone(),
            patterns: spec.patterns.clone(),
            window: look.window,
            patience,
            cpu_window: self.cpu_window,
            deadline,
            evidence: look.evidence,
            reporter,
        });
        let checks = AssertUnwindSafe(website::check_all(&spec.websites, &probe)).catch_unwind();
        let hosts = join_all(spec.docker_hosts.iter().map(|host| {
            let looks = &looks;
            async move {
                let seen = AssertUnwindSafe(docker::look(host, looks)).catch_unwind().await;
                seen.unwrap_or_else(|_| {
                    let reason = EngineFailure::EngineUnreachable;
                    docker::unasked(
                        host,
                        Engine::Failed { reason, detail: "its collector broke down: a defect of Stagewatch".into() },
                    )
                })
            }
        }));
        let (checks, hosts) = futures::join!(checks, hosts);
        // A check that is missing here is a finding of the rules: the run did not come to it.
        let mut seen = Observations { checks: checks.unwrap_or_default(), ..Observations::default() };
        for (host, containers) in hosts {
            seen.hosts.push(host);
            seen.containers.extend(containers);
        }
        seen
    }
}

/// The Secrets whose values must not show: those of the targets, and those of the receivers.
fn secrets_of(spec: &MonitoringJobSpec) -> impl Iterator<Item = &str> {
    let receivers = spec.notifications.iter().flat_map(|told| &told.receivers);
    secrets::of_targets(spec).into_iter().chain(receivers.map(|to| to.telegram.secret_ref.name.as_str()))
}
