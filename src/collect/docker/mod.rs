//! Docker hosts and their containers, read-only: state, health, events, use of CPU and memory, logs.
//!
//! Over hyper itself rather than an Engine client: what can be asked is the closed list in [`request`], an answer has a
//! size limit, the log's frames are cut without ever holding one, and an unknown field or value in an answer harms
//! nothing.

mod address;
mod container;
mod edge;
mod engine;
mod failure;
mod intake;
mod limits;
mod lines;
mod logs;
mod near;
mod request;
mod rotation;
mod stats;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::{
    join,
    sync::{OnceCell, mpsc::Sender},
    time::{Instant, sleep, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;

use self::{
    address::Address,
    container::ContainerLooker,
    engine::{AskError, ReadOnlyEngine},
    limits::HostLimits,
    request::Request,
};
use super::{Patience, Progress, Reporter};
use crate::{
    api::{
        Window,
        job::{DockerHost, Pattern},
    },
    core::{
        observation::{
            ContainerObservation, HostObservation, MissingCredentials,
            docker::{ContainerLook, Engine, EngineFailure, Event},
            raw::Evidence,
        },
        redact::Redactor,
    },
    net::{Dialer, Identity, TlsClient, Trust},
    secrets::RunSecrets,
};

pub use self::{intake::Intake, limits::Hosts, lines::LinesError};

/// How long after the deadline a look may still take to say what it saw.
const GRACE: Duration = Duration::from_millis(500);

/// What all looks of one run share.
pub struct Looks {
    /// Opens the connections.
    pub dialer: Dialer,
    /// How much may be asked of each host at a time.
    pub hosts: Arc<Hosts>,
    /// The Secrets of this run.
    pub secrets: Arc<RunSecrets>,
    /// Knows their values.
    pub redactor: Redactor,
    /// The job's own patterns.
    pub patterns: Vec<Pattern>,
    /// Which part of the events, and of the logs, is read.
    pub window: Window,
    /// Whether logs are read at all.
    pub logs: bool,
    /// How what looks critical is looked at again.
    pub patience: Patience,
    /// How far apart two samples of CPU time are; where that shows much, a third one is taken ten seconds after the
    /// first. Zero takes one, from which no use of CPU can be told.
    pub cpu_window: Duration,
    /// When all has to be done.
    pub deadline: Instant,
    /// Where the raw answers go when the run is recorded.
    pub evidence: Option<Sender<Evidence>>,
    /// Where each step is told.
    pub reporter: Reporter,
}

/// Looks at one host and its containers. Whatever happens there, each of them is told about.
pub async fn look(host: &DockerHost, looks: &Arc<Looks>) -> (HostObservation, Vec<ContainerObservation>) {
    let seen = match connect(host, looks) {
        Ok(engine) => ask(host, &engine, looks).await,
        Err(engine) => unasked(host, engine),
    };
    if let Some(evidence) = &looks.evidence {
        // A recording that went away is not our concern.
        let _ = evidence.send(Evidence::Host(seen.0.clone())).await;
        for container in &seen.1 {
            let _ = evidence.send(Evidence::Container(Box::new(container.clone()))).await;
        }
    }
    seen
}

/// What is said of a host that could not be asked, and of its containers.
pub(super) fn unasked(host: &DockerHost, engine: Engine) -> (HostObservation, Vec<ContainerObservation>) {
    let looks = host.containers.iter().map(|_| not_observed("its Docker host could not be asked")).collect();
    (HostObservation { name: host.name.clone(), engine, events: Vec::new() }, observations(host, looks))
}

fn observations(host: &DockerHost, looks: Vec<ContainerLook>) -> Vec<ContainerObservation> {
    let of = |(name, look)| ContainerObservation { name, host: host.name.clone(), look };
    host.containers.iter().map(|container| container.name.clone()).zip(looks).map(of).collect()
}

fn not_observed(why: impl Into<String>) -> ContainerLook {
    ContainerLook::NotObserved { why: why.into() }
}

/// An engine to ask, or why there is none: its address or its Secret cannot be used.
fn connect(host: &DockerHost, looks: &Looks) -> Result<ReadOnlyEngine, Engine> {
    let address = Address::parse(&host.host)
        .map_err(|error| Engine::Failed { reason: EngineFailure::AddressDenied, detail: error.to_string() })?;
    let tls = match &host.tls_secret_ref {
        Some(secret) => Some(client(&secret.name, &looks.secrets).map_err(|problem| {
            Engine::CredentialsMissing(MissingCredentials {
                secret: secret.name.clone(),
                problem,
                at: Timestamp::now(),
            })
        })?),
        None => None,
    };
    Ok(ReadOnlyEngine::new(looks.dialer.clone(), address, tls))
}

/// Trusts the Secret's authority alone, and shows its certificate.
fn client(name: &str, secrets: &RunSecrets) -> Result<TlsClient, String> {
    let secret = secrets.get(name).map_err(|problem| problem.to_string())?;
    let value = |key| secret.value(key).map_err(|problem| problem.to_string());
    let identity = Identity { certificates: value("tls.crt")?.expose_secret(), key: value("tls.key")? };
    TlsClient::new(Trust::Only(value("ca.crt")?.expose_secret()), Some(identity)).map_err(|error| error.to_string())
}

async fn ask(
    host: &DockerHost,
    engine: &ReadOnlyEngine,
    looks: &Arc<Looks>,
) -> (HostObservation, Vec<ContainerObservation>) {
    let limits = looks.hosts.limits(&host.host);
    looks.reporter.tell(Progress::Connecting { host: host.name.clone() });
    let latency = match ping(host, engine, looks).await {
        Ok(latency) => latency,
        Err(error) => {
            let (reason, detail) = failure::of(&error);
            let detail = looks.redactor.redact(&detail).into_owned();
            return unasked(host, Engine::Failed { reason, detail });
        }
    };
    let ((clock_offset_ms, events), containers) =
        join!(clock_and_events(host, engine, looks), containers(host, engine, &limits, looks));
    let answered = Engine::Answered { latency_ms: millis(latency), clock_offset_ms };
    (HostObservation { name: host.name.clone(), engine: answered, events }, observations(host, containers))
}

/// Pings, again after a while if there is no answer: the last one counts.
async fn ping(host: &DockerHost, engine: &ReadOnlyEngine, looks: &Looks) -> Result<Duration, AskError> {
    let mut pong = engine.ping(looks.deadline).await;
    for _ in 1..looks.patience.attempts {
        // What we refuse ourselves stays refused.
        let settled = pong.as_ref().map_or_else(|error| failure::of(error).0 == EngineFailure::AddressDenied, |_| true);
        if settled || !looks.again(&host.name).await {
            break;
        }
        pong = engine.ping(looks.deadline).await;
    }
    pong
}

async fn containers(
    host: &DockerHost,
    engine: &ReadOnlyEngine,
    limits: &Arc<HostLimits>,
    looks: &Arc<Looks>,
) -> Vec<ContainerLook> {
    let names = Arc::new(OnceCell::new());
    let tasks: Vec<_> = host
        .containers
        .iter()
        .map(|container| {
            let looker = ContainerLooker {
                engine: engine.clone(),
                limits: Arc::clone(limits),
                names: Arc::clone(&names),
                container: container.clone(),
                looks: Arc::clone(looks),
            };
            // A task each, so that one log is scanned beside the other, and a defect met in one harms no other.
            AbortOnDropHandle::new(tokio::spawn(async move { looker.look().await }))
        })
        .collect();
    let mut seen = Vec::new();
    for task in tasks {
        seen.push(match timeout_at(looks.deadline + GRACE, task).await {
            Ok(Ok(look)) => look,
            Ok(Err(_)) => not_observed("looking at it failed: a defect of Stagewatch"),
            Err(_) => not_observed("the run's time was over before it was seen"),
        });
    }
    seen
}

/// How far the engine's clock is ahead, and its events of the window. Both are aids: without them the run goes on.
async fn clock_and_events(host: &DockerHost, engine: &ReadOnlyEngine, looks: &Looks) -> (Option<i64>, Vec<Event>) {
    let asked = Timestamp::now();
    let info = engine.json(&Request::Info, looks.deadline).await.ok();
    let answered = Timestamp::now();
    let theirs: Option<Timestamp> = info.and_then(|info| info["SystemTime"].as_str()?.parse().ok());
    let offset = theirs.map(|theirs| {
        // The clock was read somewhere between question and answer.
        let ours = asked.as_millisecond().midpoint(answered.as_millisecond());
        theirs.as_millisecond() - ours
    });
    // Asked for events to come, an engine would wait for them.
    let until = looks.window.until.min(theirs.unwrap_or(asked));
    (offset, events(host, engine, looks, until).await)
}

async fn events(host: &DockerHost, engine: &ReadOnlyEngine, looks: &Looks, until: Timestamp) -> Vec<Event> {
    let names: Vec<&str> = host.containers.iter().map(|container| container.name.as_str()).collect();
    let since = looks.window.since;
    if names.is_empty() || since >= until {
        return Vec::new();
    }
    let request = Request::Events { since, until, containers: &names };
    let answers = engine.json_lines(&request, looks.deadline).await.unwrap_or_default();
    let mut events = Vec::new();
    for answer in answers {
        let kept = edge::event(&answer);
        let Some(event) = Event::from_engine(&kept) else { continue };
        // The engine takes a name for the beginning of one.
        if !names.contains(&event.container.as_str()) || !(since..until).contains(&event.at) {
            continue;
        }
        if let Some(evidence) = &looks.evidence {
            let _ = evidence.send(Evidence::Event(kept)).await;
        }
        events.push(event);
    }
    events
}

impl Looks {
    /// Waits before another look; false when no time is left for one.
    async fn again(&self, subject: &str) -> bool {
        if Instant::now() + self.patience.delay >= self.deadline {
            return false;
        }
        self.reporter.tell(Progress::LookingAgain { subject: subject.to_owned(), after: self.patience.delay });
        sleep(self.patience.delay).await;
        true
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
