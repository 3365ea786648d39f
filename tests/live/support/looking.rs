//! A look at a Docker host, with what a test wants to be different.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, bail, ensure};
use jiff::Timestamp;
use stagewatch::{
    api::{
        MonitoringJobSpec, Window,
        job::{Container, DockerHost, Pattern, ProfileName, SecretRef},
    },
    collect::{
        Patience, Reporter,
        docker::{Hosts, Looks, look},
    },
    core::{
        observation::{
            ContainerObservation, HostObservation, Observations,
            docker::{ContainerLook, Inspect, LogLook},
            logs::LogScan,
            raw::Evidence,
        },
        previous::Previous,
        redact::Redactor,
        report, rules,
    },
    net::{AddressPolicy, Dialer},
    secrets::Secrets,
};
use tempfile::TempDir;
use tokio::{sync::mpsc, time::Instant};

const HOST: &str = "staging-host";
const SECRET: &str = "autopar-docker-tls";

/// What was seen of a host and its containers.
pub type Seen = (HostObservation, Vec<ContainerObservation>);

/// A look at one host.
pub struct Look {
    pub host: String,
    pub window: Window,
    pub patience: Patience,
    pub patterns: Vec<Pattern>,
    pub time: Duration,
    secrets: Option<TempDir>,
}

impl Look {
    /// At this address, over the last hour, each container once.
    pub fn at(host: &str) -> Self {
        let now = Timestamp::now();
        Self {
            host: host.to_owned(),
            window: Window { since: now - Duration::from_hours(1), until: now + Duration::from_mins(2) },
            patience: Patience { attempts: 1, delay: Duration::ZERO },
            patterns: Vec::new(),
            time: Duration::from_mins(2),
            secrets: None,
        }
    }

    /// With this authority, client certificate and key.
    pub fn tls(&mut self, authority: &str, certificate: &str, key: &str) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let secret = folder.path().join(SECRET);
        std::fs::create_dir(&secret)?;
        for (name, text) in [("ca.crt", authority), ("tls.crt", certificate), ("tls.key", key)] {
            std::fs::write(secret.join(name), text)?;
        }
        self.secrets = Some(folder);
        Ok(())
    }

    /// At one container.
    pub async fn container(&self, name: &str, profile: ProfileName) -> Result<Seen> {
        self.containers(&[(name, profile)]).await
    }

    /// At these containers.
    pub async fn containers(&self, containers: &[(&str, ProfileName)]) -> Result<Seen> {
        self.run(containers, None).await
    }

    /// At one container, and the lines of its log as they would be recorded.
    pub async fn recorded(&self, name: &str) -> Result<(LogScan, Vec<String>)> {
        let (sender, mut receiver) = mpsc::channel(4);
        let containers = [(name, ProfileName::Generic)];
        let keep = async {
            let mut kept = Vec::new();
            while let Some(evidence) = receiver.recv().await {
                match evidence {
                    Evidence::LogsAnew { .. } => kept.clear(),
                    Evidence::Logs { bytes, .. } => kept.extend(bytes),
                    _ => {}
                }
            }
            kept
        };
        let (seen, kept) = tokio::join!(self.run(&containers, Some(sender)), keep);
        let seen = seen?;
        let LogLook::Read(scan) = log(&seen)? else { bail!("{:?}", seen.1) };
        ensure!(kept.is_empty() || kept.ends_with(b"\n"));
        Ok((scan.clone(), String::from_utf8(kept)?.lines().map(str::to_owned).collect()))
    }

    async fn run(&self, containers: &[(&str, ProfileName)], evidence: Option<mpsc::Sender<Evidence>>) -> Result<Seen> {
        let folder = self.secrets.as_ref().map(TempDir::path);
        let secrets = Secrets::local(folder, [], "/nonexistent/.env".as_ref())?;
        let secrets = secrets.gather("test", folder.map(|_| SECRET)).await;
        let looks = Looks {
            dialer: Dialer::new(AddressPolicy::default().with_unix_sockets()),
            hosts: Arc::new(Hosts::default()),
            redactor: Redactor::new(secrets.values()),
            secrets: Arc::new(secrets),
            patterns: self.patterns.clone(),
            window: self.window,
            logs: true,
            patience: self.patience,
            cpu_window: Duration::from_millis(500),
            deadline: Instant::now() + self.time,
            evidence,
            reporter: Reporter::default(),
        };
        let container = |(name, profile): &(&str, ProfileName)| Container {
            name: (*name).to_owned(),
            profile: Some(*profile),
            ..Container::default()
        };
        let host = DockerHost {
            name: HOST.into(),
            host: self.host.clone(),
            tls_secret_ref: folder.map(|_| SecretRef { name: SECRET.into() }),
            containers: containers.iter().map(container).collect(),
        };
        Ok(look(&host, &Arc::new(looks)).await)
    }
}

impl Look {
    /// The ids of what the rules find in what was seen, `previous` being what an earlier look saw of the containers.
    pub fn findings(&self, seen: &Seen, previous: Option<&Seen>) -> Vec<String> {
        let container = |one: &ContainerObservation| Container { name: one.name.clone(), ..Container::default() };
        let containers = seen.1.iter().map(container).collect();
        let host = DockerHost { name: HOST.into(), host: self.host.clone(), containers, ..DockerHost::default() };
        let spec = MonitoringJobSpec { docker_hosts: vec![host], ..MonitoringJobSpec::default() };
        let all = |(host, containers): &Seen| Observations {
            hosts: vec![host.clone()],
            containers: containers.clone(),
            ..Observations::default()
        };
        let containers = previous.map(|previous| report::containers(&all(previous))).unwrap_or_default();
        let previous = Previous { containers, ..Previous::default() };
        let found = rules::judge(&spec, &all(seen), &previous, self.window);
        found.iter().filter(|finding| finding.is_bad()).map(|finding| finding.id.clone()).collect()
    }
}

/// What was seen of the only container.
pub fn only(seen: &Seen) -> Result<&ContainerLook> {
    match &seen.1[..] {
        [one] => Ok(&one.look),
        others => bail!("{others:?}"),
    }
}

/// The only container, inspected.
pub fn inspect(seen: &Seen) -> Result<&Inspect> {
    match only(seen)? {
        ContainerLook::Seen { inspect, .. } => Ok(inspect),
        other => bail!("{other:?} on {:?}", seen.0),
    }
}

/// What was seen of the only container's log.
pub fn log(seen: &Seen) -> Result<&LogLook> {
    match only(seen)? {
        ContainerLook::Seen { logs, .. } => Ok(logs),
        other => bail!("{other:?} on {:?}", seen.0),
    }
}
