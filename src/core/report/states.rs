//! Findings against the run before: new, ongoing, resolved, or unknown because nobody could look.

use jiff::Timestamp;

use crate::{
    api::{
        Finding, FindingState, Kind, MonitoringJobSpec, Severity, Window, job::Container, job_status::FindingSummary,
    },
    core::{
        observation::{
            Observations,
            docker::{ContainerLook, Engine, LogLook},
            website::AttemptResult,
        },
        previous::Previous,
        rules::{self, carried},
    },
};

/// Decides each finding's state, and adds those of the run before that were not found again.
pub(super) fn against(
    spec: &MonitoringJobSpec,
    mut found: Vec<Finding>,
    seen: &Observations,
    previous: &Previous,
    window: Window,
) -> Vec<Finding> {
    let known: Vec<&FindingSummary> = previous.findings.iter().filter(|f| f.state != FindingState::Resolved).collect();
    for finding in &mut found {
        if let Some(before) = known.iter().find(|before| before.id == finding.id) {
            finding.state = FindingState::Ongoing;
            if finding.kind == Kind::State && before.kind == Kind::State {
                // It has been so since then, whatever the last of its signs says.
                finding.first_seen = before.first_seen.or(finding.first_seen);
            }
        }
        if finding.kind == Kind::State {
            finding.first_seen = finding.first_seen.or(Some(window.until));
        }
    }
    for before in known {
        let muted = before.severity == Severity::Info && before.rules_severity.is_some_and(|s| s > Severity::Info);
        // What was merely worth knowing is told once, and its end is no news.
        if before.severity == Severity::Info && !muted || found.iter().any(|f| f.id == before.id) {
            continue;
        }
        let Some(fate) = fate(spec, seen, before, window) else { continue };
        let (state, over_since) = match fate {
            Fate::Over(_) if muted => continue,
            Fate::Over(at) => (FindingState::Resolved, at),
            Fate::Unknown => (FindingState::Unknown, None),
        };
        found.push(Finding { over_since, ..carried(before, state) });
    }
    found
}

/// What became of a finding that was not found again.
#[derive(Clone, Copy)]
enum Fate {
    /// It was seen to be over, at this instant where that is known.
    Over(Option<Timestamp>),
    /// What would show it was not seen.
    Unknown,
}

/// None when it is no longer watched.
fn fate(spec: &MonitoringJobSpec, seen: &Observations, before: &FindingSummary, window: Window) -> Option<Fate> {
    // An event is not over since then: it did not recur.
    let over = Fate::Over(Some(window.until).filter(|_| before.kind == Kind::State));
    let observed = |observed: bool| Some(if observed { over } else { Fate::Unknown });
    if !rules::is_watched(spec, &before.id) {
        return None;
    }
    let parts: Vec<&str> = before.id.split('/').collect();
    match parts[..] {
        ["website", website, check, reason] => observed(website_shows(seen, website, check, reason)),
        ["docker", host, reason] => {
            let engine = seen.hosts.iter().find(|h| h.name == host).map(|h| &h.engine);
            observed(match engine {
                Some(Engine::Answered { clock_offset_ms, .. }) => reason != "ClockOffset" || clock_offset_ms.is_some(),
                _ => false,
            })
        }
        ["container", name, reason] => observed(container_shows(look(seen, name), reason)),
        ["logs", name, pattern] => {
            let (_, container) = rules::containers(spec).find(|(_, c)| c.name == name)?;
            Some(log_fate(container, look(seen, name), before, pattern, window))
        }
        ["self", ..] => observed(true),
        _ => None,
    }
}

fn look<'o>(seen: &'o Observations, name: &str) -> Option<&'o ContainerLook> {
    seen.containers.iter().find(|c| c.name == name).map(|c| &c.look)
}

/// Whether this run saw what would show the finding, and so that it is not there.
fn website_shows(seen: &Observations, website: &str, check: &str, reason: &str) -> bool {
    let Some(looked) = seen.checks.iter().find(|c| c.website == website && c.check == check) else { return false };
    let Some(last) = looked.attempts.last().filter(|_| looked.credentials.is_none()) else { return false };
    match (reason, &last.result) {
        ("CertificateExpiring", _) => last.certificate.is_some(),
        // One failure in the place of another is no recovery.
        (_, AttemptResult::Failed { .. }) => matches!(reason, "CredentialsMissing" | "NotObserved" | "AddressDenied"),
        (_, AttemptResult::Answered(_)) => true,
    }
}

fn container_shows(look: Option<&ContainerLook>, reason: &str) -> bool {
    match look {
        Some(ContainerLook::Missing { .. }) => reason == "NotObserved",
        Some(ContainerLook::Seen { inspect, stats, .. }) => {
            let running = inspect.state.status == "running";
            let health = inspect.state.health.as_ref().map(|health| health.status.as_str());
            match reason {
                "Missing" | "NotObserved" => true,
                "Unhealthy" | "StartingTooLong" => running && !matches!(health, Some("starting" | "unhealthy")),
                "HighMemory" | "HighCpu" | "MemoryDrift" | "CpuDrift" => running && stats.is_some(),
                _ => running,
            }
        }
        _ => false,
    }
}

fn log_fate(
    container: &Container,
    look: Option<&ContainerLook>,
    before: &FindingSummary,
    pattern: &str,
    window: Window,
) -> Fate {
    let Some(look @ ContainerLook::Seen { logs, .. }) = look else { return Fate::Unknown };
    if let Some(at) = rules::logs::cleared(container, look, pattern, before.last_seen) {
        return Fate::Over(Some(at));
    }
    match logs {
        LogLook::Read(_) if matches!(pattern, "LogsUnavailable") => Fate::Over(Some(window.until)),
        LogLook::Read(scan) if scan.incomplete.is_none() => {
            // An event that did not recur: nobody saw it end.
            Fate::Over(Some(window.until).filter(|_| before.kind == Kind::State))
        }
        _ => Fate::Unknown,
    }
}
