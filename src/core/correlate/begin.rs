//! When a finding began, as far as that is known.

use jiff::{SignedDuration, Timestamp};

use super::{family, first_seen};
use crate::api::{Finding, FindingState, Kind, Window};

/// How much later a cause may have been seen than what follows from it: health checks and probes come in turns.
pub(super) const SLACK: SignedDuration = SignedDuration::from_mins(2);
/// For how long after its end something that is over still explains what begins: connections are made anew, pools
/// drain, requests run into their time-outs.
const REACH: SignedDuration = SignedDuration::from_mins(15);

/// Not before, and not after; nothing is known where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begin {
    pub(super) earliest: Option<Timestamp>,
    pub(super) latest: Option<Timestamp>,
}

impl Begin {
    /// Of what is only seen by looking, the first look is known, and that it was not so when the run before looked.
    pub(super) fn of(finding: &Finding, window: Window) -> Self {
        let latest = first_seen(finding);
        let state = finding.kind == Kind::State;
        let looked_at = match (family(finding), finding.reason.as_str()) {
            ("website" | "docker", _) => state,
            // Of many ends the engine's events may tell only the last ones.
            ("container", "OomKilled" | "Restarted" | "Restarting") if finding.count > 1 => true,
            ("container", reason) => {
                state && (latest.is_none_or(|at| at >= window.until) || reason.starts_with("High"))
            }
            _ => false,
        };
        let new = finding.state == FindingState::New;
        let earliest = if looked_at && new { latest.map(|at| at.min(window.since)) } else { latest };
        Self { earliest, latest }
    }

    /// Whether it is known to the instant.
    pub(super) fn is_exact(self) -> bool {
        self.latest.is_some() && self.earliest == self.latest
    }
}

/// Whether `other` may have begun because of `cause`, as far as times tell.
pub(super) fn in_time(cause: &Finding, other: &Finding, window: Window) -> bool {
    let (from, to) = (Begin::of(cause, window), Begin::of(other, window));
    // What was so before and is still so did not begin because of what was not.
    let known = |f: &Finding| f.kind == Kind::State && f.state != FindingState::New;
    if !from.is_exact() && from.latest.is_some() && !known(cause) && known(other) {
        return false;
    }
    let before = from.earliest.zip(to.latest).is_none_or(|(from, to)| from <= to + SLACK);
    let end = match cause.kind {
        Kind::State => None,
        Kind::Event => cause.over_since.or(cause.last_seen).max(cause.first_seen),
    };
    before && end.zip(to.latest).is_none_or(|(end, to)| to <= end + REACH)
}
