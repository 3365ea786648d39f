//! A Docker host: whether its engine answers. When it does not, that is one finding, and its containers are unknown.

use super::finding;
use crate::{
    api::{Finding, Kind, Severity, Window, job::DockerHost},
    core::{
        observation::{
            HostObservation,
            docker::{Engine, EngineFailure},
        },
        redact::cut,
    },
};

/// A `/_ping` that takes longer is slow, in milliseconds.
const SLOW: i64 = 2000;
/// Clocks that are further apart make log times misleading, in milliseconds.
const CLOCK_OFFSET: i64 = 30_000;

/// Judges one host.
pub fn judge(host: &DockerHost, looked: &HostObservation, window: Window) -> Vec<Finding> {
    let make = |reason: &str, severity, message: String| Finding {
        last_seen: Some(window.until),
        ..finding(format!("docker/{}/{reason}", host.name), Kind::State, severity, &host.name, message)
    };
    match &looked.engine {
        Engine::Answered { latency_ms, clock_offset_ms } => {
            let slow = (*latency_ms > SLOW).then(|| {
                let message = format!("the Docker engine takes {latency_ms} ms to answer a ping");
                Finding {
                    advice: Some("look at the load of the host, and of its disk".into()),
                    ..make("EngineSlow", Severity::Warning, message)
                }
            });
            let offset = clock_offset_ms.filter(|offset| offset.abs() > CLOCK_OFFSET).map(|offset| {
                let (secs, way) = (offset.abs() / 1000, if offset > 0 { "ahead of" } else { "behind" });
                let message = format!("its clock is {secs} s {way} ours, so times of logs and events are off");
                Finding {
                    advice: Some("let the host's clock follow a time server".into()),
                    ..make("ClockOffset", Severity::Warning, message)
                }
            });
            slow.into_iter().chain(offset).collect()
        }
        Engine::Failed { reason, detail } => {
            let detail = cut(detail, 200);
            let (name, severity, what, advice) = match reason {
                EngineFailure::EngineUnreachable => (
                    "EngineUnreachable",
                    Severity::Critical,
                    "the Docker engine does not answer",
                    "look whether the host is up, and its engine's port open",
                ),
                EngineFailure::EngineRefused => (
                    "EngineRefused",
                    Severity::Critical,
                    "the Docker engine refuses us",
                    "look at what guards the engine: a proxy's list, or its version",
                ),
                EngineFailure::EngineTlsFailed => (
                    "EngineTlsFailed",
                    Severity::Critical,
                    "the TLS handshake with the Docker engine failed",
                    "renew or correct the certificates in the Secret or on the host",
                ),
                EngineFailure::AddressDenied => (
                    "AddressDenied",
                    Severity::Warning,
                    "our address policy forbids the Docker engine's address",
                    "allow its network with the operator's flag, or correct the host",
                ),
            };
            let message = format!("{what}: {detail}; {}", unknown(host));
            vec![Finding { advice: Some(advice.to_owned()), ..make(name, severity, message) }]
        }
        Engine::CredentialsMissing(missing) => {
            let message = format!(
                "the Secret {:?} cannot be used: {}; {}",
                missing.secret,
                cut(&missing.problem, 200),
                unknown(host)
            );
            let advice = Some("create the Secret, or correct its name in the job".to_owned());
            vec![Finding { advice, ..make("CredentialsMissing", Severity::Warning, message) }]
        }
        Engine::NotRecorded => Vec::new(),
    }
}

/// Whether the host's own finding tells why its containers were not observed.
pub(super) fn says_why(looked: &HostObservation) -> bool {
    matches!(looked.engine, Engine::Failed { .. } | Engine::CredentialsMissing(_))
}

fn unknown(host: &DockerHost) -> String {
    match host.containers.len() {
        1 => "its container is unknown".to_owned(),
        n => format!("its {n} containers are unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{
        fixtures::{all_well, spec, window},
        observation::docker::ContainerLook,
        previous::Previous,
        rules,
    };

    fn found(engine: Engine, containers_seen: bool) -> Vec<(String, Severity)> {
        let mut observations = all_well();
        observations.hosts[0].engine = engine;
        if !containers_seen {
            for container in &mut observations.containers {
                container.look = ContainerLook::NotObserved { why: "no answer".into() };
            }
        }
        let findings = rules::judge(&spec(), &observations, &Previous::default(), window());
        findings.into_iter().map(|f| (f.id, f.severity)).collect()
    }

    #[test]
    fn a_host_that_does_not_answer_is_one_finding() {
        for (reason, severity) in [
            (EngineFailure::EngineUnreachable, Severity::Critical),
            (EngineFailure::EngineRefused, Severity::Critical),
            (EngineFailure::EngineTlsFailed, Severity::Critical),
            (EngineFailure::AddressDenied, Severity::Warning),
        ] {
            let id = format!("docker/staging-host/{reason:?}");
            assert_eq!(found(Engine::Failed { reason, detail: "x".into() }, false), [(id, severity)]);
        }
    }

    #[test]
    fn a_container_that_could_not_be_looked_at_is_told_where_its_host_answered() {
        let answered = |latency_ms, offset| Engine::Answered { latency_ms, clock_offset_ms: offset };
        let blind = found(answered(3, None), false);
        assert_eq!(blind.len(), 3);
        assert_eq!(blind[0], ("container/autopar-redis/NotObserved".to_owned(), Severity::Warning));
        assert_eq!(found(Engine::NotRecorded, false).len(), 3);
        assert_eq!(found(answered(3, Some(29_000)), true), []);
        assert_eq!(found(answered(2500, Some(-31_000)), true).len(), 2);
    }
}
