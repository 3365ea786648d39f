//! All of one job's targets, side by side.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::{FutureExt, future::join_all};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

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

/// How far apart two samples of CPU time are; what looks high in them is looked at for longer.
const CPU_WINDOW: Duration = Duration::from_secs(2);
/// What a run keeps of its time for what comes after looking.
const RESERVE: Duration = Duration::from_secs(1);

/// How long after the deadline a target's collector may still take to say what it saw.
const GRACE: Duration = Duration::from_millis(800);

/// Looks at targets. There is one in a process, and its clones: how much is asked of a host at a time holds for all jobs
/// together.
#[derive(Clone, Debug)]
pub struct Collector {
    dialer: Dialer,
    hosts: Arc<Hosts>,
}

/// One look at a job's targets.
#[derive(Debug)]
pub struct Look<'a> {
    /// The job.
    pub job: &'a MonitoringJob,
    /// Which part of the events, and of the logs, is read.
    pub window: Window,
    /// Whether logs are read at all.
    pub logs: bool,
    /// How long it may take.
    pub patience: Duration,
    /// Where the raw answers go when the run is recorded.
    pub evidence: Option<mpsc::Sender<Evidence>>,
    /// Who is told the steps.
    pub progress: Option<mpsc::UnboundedSender<Progress>>,
}

impl Collector {
    /// A collector that connects where `policy` allows.
    pub fn new(policy: AddressPolicy) -> Self {
        Self { dialer: Dialer::new(policy), hosts: Arc::default() }
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
            logs: look.logs,
            patience,
            cpu_window: CPU_WINDOW,
            deadline,
            evidence: look.evidence,
            reporter,
        });
        let checks = contained(deadline, website::check_all(&spec.websites, &probe));
        let hosts = join_all(spec.docker_hosts.iter().map(|host| {
            let looks = &looks;
            async move {
                contained(deadline, docker::look(host, looks)).await.unwrap_or_else(|| {
                    let reason = EngineFailure::EngineUnreachable;
                    let detail = "its collector broke down or did not end: a defect of Stagewatch".into();
                    docker::unasked(host, Engine::Failed { reason, detail })
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

/// What a collector saw; none when it broke down or did not end.
async fn contained<T>(deadline: Instant, collector: impl Future<Output = T>) -> Option<T> {
    timeout_at(deadline + GRACE, AssertUnwindSafe(collector).catch_unwind()).await.ok()?.ok()
}

/// The Secrets whose values must not show: those of the targets, those of the receivers, and that of Claude.
pub fn secrets_of(spec: &MonitoringJobSpec) -> impl Iterator<Item = &str> {
    let receivers = spec.notifications.iter().flat_map(|told| &told.receivers);
    let claude = spec.analysis.iter().map(|analysis| analysis.claude.api_key_secret_ref.name.as_str());
    let receivers = receivers.map(|to| to.telegram.secret_ref.name.as_str());
    secrets::of_targets(spec).into_iter().chain(receivers).chain(claude)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::core::observation::docker::ContainerLook;

    /// What the address policy refuses needs no socket.
    #[tokio::test]
    async fn each_target_is_told_in_the_specs_order_whatever_comes_of_it() {
        let host = |name: &str, host: &str, containers: &[&str]| {
            let containers: Vec<_> = containers.iter().map(|name| json!({"name": name})).collect();
            json!({"name": name, "host": host, "containers": containers})
        };
        let mut secretive = host("secretive", "tcp://staging:2376", &["d"]);
        secretive["tlsSecretRef"] = json!({"name": "docker-tls"});
        let spec = serde_json::from_value(json!({
            "environment": "E",
            "websites": [{"name": "site", "url": "http://staging.example", "resolve": "169.254.169.254"}],
            "dockerHosts": [
                host("local", "unix:///var/run/docker.sock", &["a", "b"]),
                host("open", "tcp://staging:2375", &["c"]),
                secretive,
            ],
        }));
        let job = MonitoringJob::new("job", spec.unwrap());
        let until: Timestamp = "2026-11-24T10:30:00Z".parse().unwrap();
        let (progress, mut steps) = mpsc::unbounded_channel();
        let look = Look {
            job: &job,
            window: Window { since: until - Duration::from_hours(1), until },
            logs: true,
            patience: Duration::from_secs(30),
            evidence: None,
            progress: Some(progress),
        };
        let secrets = Secrets::local(None, [], "/nonexistent/.env".as_ref()).unwrap();
        let seen = Collector::new(AddressPolicy::default()).collect(look, &secrets).await;
        assert_eq!(seen.checks.iter().map(|check| check.website.as_str()).collect::<Vec<_>>(), ["site"]);
        assert_eq!(
            seen.hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>(),
            ["local", "open", "secretive"]
        );
        for host in &seen.hosts[..2] {
            let Engine::Failed { reason, .. } = host.engine else { panic!("{host:?}") };
            assert_eq!(reason, EngineFailure::AddressDenied);
        }
        let Engine::CredentialsMissing(missing) = &seen.hosts[2].engine else { panic!("{:?}", seen.hosts[2]) };
        assert_eq!(missing.secret, "docker-tls");
        assert_eq!(seen.containers.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert!(seen.containers.iter().all(|one| matches!(one.look, ContainerLook::NotObserved { .. })));
        assert!(steps.recv().await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_collector_that_breaks_down_or_never_ends_ends_nothing() {
        let deadline = Instant::now() + Duration::from_mins(1);
        assert_eq!(contained::<()>(deadline, async { panic!("a defect") }).await, None);
        assert_eq!(contained(deadline, std::future::pending::<()>()).await, None);
        assert_eq!(contained(deadline, async { 7 }).await, Some(7));
    }
}
