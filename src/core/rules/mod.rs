//! From what was seen to what matters. Rules judge typed facts, never text that we wrote ourselves.
//!
//! What could not be observed is a finding, too: nothing here turns silence into health.

pub mod website;

use super::redact::cut;
use crate::api::{Finding, FindingState, Kind, Severity, report::Source};

/// The longest message of a finding, in characters.
const MESSAGE: usize = 400;

/// A finding with what every one needs. Its reason is the last part of its id.
pub fn finding(id: String, kind: Kind, severity: Severity, subject: &str, message: impl AsRef<str>) -> Finding {
    Finding {
        reason: id.rsplit('/').next().unwrap_or_default().to_owned(),
        id,
        kind,
        severity,
        subject: subject.to_owned(),
        message: cut(message.as_ref(), MESSAGE),
        advice: None,
        count: 1,
        first_seen: None,
        last_seen: None,
        over_since: None,
        evidence: Vec::new(),
        state: FindingState::New,
        source: Source::Rules,
    }
}
