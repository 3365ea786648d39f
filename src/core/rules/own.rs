//! Ourselves: whether it is us who cannot see.

use super::finding;
use crate::{
    api::{Finding, FindingState, Kind, MonitoringJobSpec, Severity, Window},
    core::observation::{
        Observations,
        docker::{Engine, EngineFailure},
        website::{AttemptResult, WebsiteFailure},
    },
};

/// Our own subject.
pub const SUBJECT: &str = "stagewatch";

/// Whether every target on the network failed in DNS or connect, and there was one. If the Bot API cannot be reached
/// either, then we are offline, and [`offline`] is all that can be said.
pub fn reached_nothing(spec: &MonitoringJobSpec, seen: &Observations) -> bool {
    let asked = seen.checks.iter().filter(|check| check.credentials.is_none());
    let checks = asked.map(|check| {
        check.attempts.last().is_some_and(|attempt| {
            matches!(
                attempt.result,
                AttemptResult::Failed { reason: WebsiteFailure::DnsFailed | WebsiteFailure::ConnectFailed, .. }
            )
        })
    });
    let remote = |name: &str| spec.docker_hosts.iter().any(|host| host.name == name && !host.host.starts_with("unix:"));
    let hosts = seen
        .hosts
        .iter()
        .filter(|host| remote(&host.name))
        .map(|host| matches!(host.engine, Engine::Failed { reason: EngineFailure::EngineUnreachable, .. }));
    let failed: Vec<bool> = checks.chain(hosts).collect();
    !failed.is_empty() && failed.into_iter().all(|failed| failed)
}

const OFFLINE: &str = "self/run/Offline";

/// Whether a run with these findings was offline.
pub fn is_offline(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.id == OFFLINE && matches!(f.state, FindingState::New | FindingState::Ongoing))
}

/// Whether a finding tells that we were offline until this run.
pub fn is_return(finding: &Finding) -> bool {
    finding.id == OFFLINE && finding.state == FindingState::Resolved
}

/// We are offline: nothing can be said of any target.
pub fn offline(window: Window) -> Finding {
    Finding {
        last_seen: Some(window.until),
        advice: Some("check our own network and DNS".to_owned()),
        ..finding(
            OFFLINE.to_owned(),
            Kind::State,
            Severity::Warning,
            SUBJECT,
            "could not look: neither a target nor the Bot API can be reached from here",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fixtures::{all_well, spec};

    #[test]
    fn nothing_was_reached_only_when_all_of_it_failed_to_connect() {
        let (spec, mut seen) = (spec(), all_well());
        assert!(!reached_nothing(&spec, &seen));
        let failed = |reason| AttemptResult::Failed { reason, detail: "x".into() };
        seen.checks[0].attempts[0].result = failed(WebsiteFailure::DnsFailed);
        assert!(!reached_nothing(&spec, &seen), "the host answered");
        seen.hosts[0].engine = Engine::Failed { reason: EngineFailure::EngineUnreachable, detail: "x".into() };
        assert!(reached_nothing(&spec, &seen));
        seen.checks[0].attempts[0].result = failed(WebsiteFailure::Timeout);
        assert!(!reached_nothing(&spec, &seen), "it connected");
        assert!(!reached_nothing(&spec, &Observations::default()));
    }
}
