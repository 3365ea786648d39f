//! Websites: each check asked over `net`, as a visitor would, and compared with what is expected of it.

mod access;
mod attempt;
mod certificate;
mod exchange;

use futures::{StreamExt, future::join_all, stream};
use jiff::Timestamp;
use tokio::{sync::mpsc, time::Instant};
use url::Url;

use self::access::Access;
use super::{Patience, Progress, Reporter};
use crate::{
    api::job::{Check, Website},
    core::{
        observation::{CheckObservation, raw::Evidence},
        redact::Redactor,
        rules,
    },
    net::Dialer,
    secrets::RunSecrets,
};

/// How many checks of one website are asked side by side.
const SIDE_BY_SIDE: usize = 8;

/// What all checks of one run share.
#[derive(Debug)]
pub struct Probe<'a> {
    /// Opens the connections.
    pub dialer: &'a Dialer,
    /// The Secrets of this run: those of headers and private authorities.
    pub secrets: &'a RunSecrets,
    /// Knows their values.
    pub redactor: &'a Redactor,
    /// How what looks critical is looked at again.
    pub patience: Patience,
    /// When all has to be done.
    pub deadline: Instant,
    /// Where each check's observation goes when the run is recorded.
    pub evidence: Option<mpsc::Sender<Evidence>>,
    /// Who is told the steps.
    pub reporter: Reporter,
}

/// Asks every check of every website, side by side: one observation each, in the spec's order.
pub async fn check_all(websites: &[Website], probe: &Probe<'_>) -> Vec<CheckObservation> {
    join_all(websites.iter().map(|website| check_website(website, probe))).await.concat()
}

async fn check_website(website: &Website, probe: &Probe<'_>) -> Vec<CheckObservation> {
    let access = Access::of(website, probe.secrets);
    let checks = website.all_checks();
    let looks: Vec<_> = checks.iter().map(|check| look(website, check, &access, probe)).collect();
    let observations = stream::iter(looks).buffered(SIDE_BY_SIDE).collect().await;
    probe.reporter.tell(Progress::Done { subject: website.name.clone() });
    observations
}

async fn look(
    website: &Website,
    check: &Check,
    access: &Result<Access, access::Missing>,
    probe: &Probe<'_>,
) -> CheckObservation {
    let observation = observe(website, check, access, probe).await;
    if let Some(evidence) = &probe.evidence {
        // Without a reader the run is not recorded, and goes on.
        let _ = evidence.send(Evidence::Check(observation.clone())).await;
    }
    observation
}

async fn observe(
    website: &Website,
    check: &Check,
    access: &Result<Access, access::Missing>,
    probe: &Probe<'_>,
) -> CheckObservation {
    let mut observation = CheckObservation {
        website: website.name.clone(),
        check: check.name.clone(),
        host: host(&website.url),
        path: probe.redactor.redact(&check.path).into_owned(),
        credentials: None,
        attempts: Vec::new(),
    };
    let access = match access {
        Ok(access) => access,
        Err(missing) => {
            observation.credentials = Some(missing.at(Timestamp::now()));
            return observation;
        }
    };
    let (tries, delay) = (probe.patience.attempts, probe.patience.delay);
    for number in 1..=tries {
        if Instant::now() >= probe.deadline {
            break;
        }
        probe.reporter.tell(Progress::Asking { website: website.name.clone(), check: check.name.clone() });
        let attempt = attempt::attempt(website, check, access, probe).await;
        let again = number < tries && rules::website::is_critical(website, check, &attempt);
        observation.attempts.push(attempt);
        // What the run's deadline would cut short proves nothing.
        if !again || Instant::now() + delay + website.attempt_timeout().unsigned() > probe.deadline {
            break;
        }
        probe.reporter.tell(Progress::LookingAgain { subject: website.name.clone(), after: delay });
        tokio::time::sleep(delay).await;
    }
    observation
}

/// The host of a website's URL, with its port where that is not the scheme's own.
fn host(url: &str) -> String {
    Url::parse(url)
        .ok()
        .and_then(|url| {
            let host = url.host_str()?;
            Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
        })
        .unwrap_or_else(|| url.to_owned())
}
