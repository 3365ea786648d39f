//! What can break something else, and what can be broken by something else.

use super::family;
use crate::{
    api::{Finding, FindingState, Severity},
    core::rules::container::By,
};

/// Words of the ids of log patterns that tell of a fault of their own: a full disk, a taken port, a wrong setting.
const OWN_FAULTS: [&str; 12] = [
    "certificate",
    "config",
    "corrupt",
    "descriptor",
    "disk",
    "maxclients",
    "memory",
    "partition",
    "permission",
    "port",
    "unreadable",
    "wraparound",
];
/// Log patterns of the profiles that tell of requests which end with a server's error.
const FAILED_REQUESTS: [&str; 6] =
    ["fastcgi-failed", "php-errors", "pool-exhausted", "schema-wrong", "server-errors", "unhandled-exception"];
/// Failures of a website that no failure behind it brings about.
const OF_THE_SITE: [&str; 10] = [
    "AddressDenied",
    "CertificateExpiring",
    "CertificateInvalid",
    "CredentialsMissing",
    "DnsFailed",
    "NotObserved",
    "ProtocolError",
    "RedirectLoop",
    "TlsFailed",
    "TooLarge",
];
/// What may slow others down, and breaks nothing.
const LOAD: [&str; 6] = ["Burst", "CpuDrift", "EngineSlow", "HighCpu", "HighMemory", "MemoryDrift"];
/// What is slow.
const SLOW: [&str; 5] = ["Flaky", "LatencyDrift", "Slow", "Timeout", "TooSlow"];

/// Whether a failure like `cause` makes something else fail like `other`. `named`: the evidence of `other` says so.
pub(super) fn can_break(cause: &Finding, other: &Finding, named: bool) -> bool {
    // What could not be seen explains nothing that was.
    if cause.state == FindingState::Unknown && other.state != FindingState::Unknown {
        return false;
    }
    match family(cause) {
        _ if LOAD.contains(&cause.reason.as_str()) => SLOW.contains(&other.reason.as_str()),
        // A host that is down takes all with it; that we are refused says nothing of what runs there.
        "docker" => cause.reason == "EngineUnreachable",
        "container" => cause.reason != "NotObserved",
        "logs" if is_of_the_log(cause) => false,
        // A mere warning is not taken for what broke something elsewhere, unless that says so, or it was worse and is over.
        "logs" => named || cause.severity >= other.severity || cause.over_since.is_some(),
        "website" => {
            !OF_THE_SITE.contains(&cause.reason.as_str()) && !["LatencyDrift", "Slow"].contains(&&*cause.reason)
        }
        _ => false,
    }
}

/// Whether something like `finding` can follow from a failure elsewhere. `ended_by`: who ended the container, where it is
/// about that.
pub(super) fn can_follow(finding: &Finding, ended_by: Option<By>) -> bool {
    match family(finding) {
        "website" => !OF_THE_SITE.contains(&finding.reason.as_str()),
        "logs" => !is_of_the_log(finding) && !finding.reason.split('-').any(|word| OWN_FAULTS.contains(&word)),
        "container" => match finding.reason.as_str() {
            "Unhealthy" | "StartingTooLong" => true,
            "NotRunning" | "Restarting" | "Restarted" => !ended_by.is_some_and(is_from_outside),
            _ => false,
        },
        _ => false,
    }
}

/// Nothing that the program met made it end.
pub(super) fn is_from_outside(by: By) -> bool {
    by.is_hand() || by == By::Kernel
}

/// Whether a log tells of requests that its program answers with a server's error.
pub(super) fn tells_of_failed_requests(finding: &Finding) -> bool {
    family(finding) == "logs" && FAILED_REQUESTS.contains(&finding.reason.as_str())
}

/// Whether it tells of the log, and not of what the log says.
fn is_of_the_log(finding: &Finding) -> bool {
    matches!(finding.reason.as_str(), "LogsUnavailable" | "LogsIncomplete") || finding.severity == Severity::Info
}
