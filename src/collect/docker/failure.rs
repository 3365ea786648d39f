//! Why an engine could not be asked, told apart so that each is somebody's to mend.

use super::engine::AskError;
use crate::{
    core::observation::docker::EngineFailure,
    net::{DialError, TlsFailure},
};

/// The reason, and the cause in a few words.
pub fn of(error: &AskError) -> (EngineFailure, String) {
    let reason = match error {
        AskError::Dial(DialError::Denied { .. } | DialError::UnixDenied) | AskError::NotThisMachine(_) => {
            EngineFailure::AddressDenied
        }
        AskError::Tls(_) => EngineFailure::EngineTlsFailed,
        AskError::Dial(DialError::NoPermission(_))
        | AskError::NotAnEngine(_)
        | AskError::NotReadOnly(_)
        | AskError::Refused { .. }
        | AskError::TooLarge(_) => EngineFailure::EngineRefused,
        AskError::Dial(_) | AskError::Silent(_) | AskError::Closed => EngineFailure::EngineUnreachable,
    };
    let detail = match error {
        AskError::Dial(DialError::NoPermission(path)) => {
            format!("permission denied on {path}: add the user to the group docker")
        }
        AskError::Tls(failure) if failure.is_certificate() => format!("server certificate: {failure}"),
        AskError::Tls(failure @ TlsFailure::ClientCertificateRefused(_)) => format!("client certificate: {failure}"),
        other => other.to_string(),
    };
    (reason, detail)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use super::*;
    use crate::net::{Denial, Phase};

    #[test]
    fn each_cause_has_its_reason_and_its_words() {
        use EngineFailure::{AddressDenied, EngineRefused, EngineTlsFailed, EngineUnreachable};
        let wrong_name = TlsFailure::WrongName { host: "a".into(), names: vec!["b".into()] };
        let refused = |status, message: &str| AskError::Refused { status, message: message.into() };
        for (error, reason, detail) in [
            (
                DialError::Refused("10.0.0.5:2376".into()).into(),
                EngineUnreachable,
                "connection refused by 10.0.0.5:2376",
            ),
            (DialError::Timeout(Phase::Connect).into(), EngineUnreachable, "no answer in time while connecting"),
            (
                AskError::Silent(Duration::from_millis(10_002)),
                EngineUnreachable,
                "it accepted the connection and gave no answer within 10 s",
            ),
            (
                DialError::NoPermission("/var/run/docker.sock".into()).into(),
                EngineRefused,
                "permission denied on /var/run/docker.sock: add the user to the group docker",
            ),
            (refused(StatusCode::FORBIDDEN, "no access"), EngineRefused, "it answered 403: no access"),
            (refused(StatusCode::BAD_GATEWAY, ""), EngineRefused, "it answered 502"),
            (
                DialError::Denied { address: [169, 254, 0, 1].into(), denial: Denial::LinkLocal }.into(),
                AddressDenied,
                "169.254.0.1 is not allowed: link-local addresses are never asked",
            ),
            (
                AskError::NotThisMachine("staging".into()),
                AddressDenied,
                "tcp:// without TLS only reaches this machine, not staging: give the host a tlsSecretRef",
            ),
            (
                DialError::Tls(TlsFailure::UntrustedAuthority).into(),
                EngineTlsFailed,
                "server certificate: the certificate is not from a trusted authority",
            ),
            (AskError::Tls(wrong_name), EngineTlsFailed, "server certificate: the certificate is for b, not for a"),
            (
                AskError::Tls(TlsFailure::ClientCertificateRefused("expired")),
                EngineTlsFailed,
                "client certificate: the server refused the client certificate (expired)",
            ),
        ] {
            assert_eq!(of(&error), (reason, detail.to_owned()));
        }
    }
}
