//! Which runs send a message, and which messages have a sound.

use crate::api::{
    Severity,
    job::{Policy, RingOn},
};

/// What a run brought about, as far as telling goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// Good, and no incident is open.
    GoodNothingOpen,
    /// Bad, for the `run`th time of the `of` that it takes.
    BadUnconfirmed {
        /// Bad runs in a row.
        run: i32,
        /// What opens an incident.
        of: i32,
    },
    /// An incident opens, or something new joins it.
    Opens,
    /// Bad, and nothing that was not told before.
    BadNothingNew,
    /// Good, and the incident stays open for now.
    GoodNotClosed,
    /// The incident closes: what is left of it is muted by an override of the spec.
    Mutes,
    /// We are offline: nothing can be said, and there is nowhere to say it. It is told by the run that can look again.
    CouldNotLook,
    /// The incident closes.
    Closes {
        /// It merely stopped being logged.
        subsided: bool,
    },
}

/// Whether a message has a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// It has.
    Rings,
    /// It has not.
    Silent,
}

/// Whether `situation` is told under `policy`, and how; `severity` is the highest among the run's findings.
pub fn sends(policy: Policy, situation: Situation, ring_on: RingOn, severity: Severity) -> Option<Sound> {
    let rings = severity == Severity::Critical || ring_on == RingOn::Warning;
    match (situation, policy) {
        (Situation::CouldNotLook, _) => None,
        (Situation::Opens, _) if rings => Some(Sound::Rings),
        (Situation::Opens | Situation::Mutes | Situation::Closes { .. }, _)
        | (Situation::BadNothingNew, Policy::Problems)
        | (_, Policy::Always) => Some(Sound::Silent),
        (_, Policy::Problems | Policy::Changes) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_when() {
        let silent = Some(Sound::Silent);
        let rings = Some(Sound::Rings);
        for (situation, always, problems, changes) in [
            (Situation::GoodNothingOpen, silent, None, None),
            (Situation::BadUnconfirmed { run: 1, of: 2 }, silent, None, None),
            (Situation::Opens, rings, rings, rings),
            (Situation::BadNothingNew, silent, silent, None),
            (Situation::GoodNotClosed, silent, None, None),
            (Situation::Closes { subsided: false }, silent, silent, silent),
            (Situation::Mutes, silent, silent, silent),
            (Situation::CouldNotLook, None, None, None),
        ] {
            let row = [Policy::Always, Policy::Problems, Policy::Changes]
                .map(|policy| sends(policy, situation, RingOn::Critical, Severity::Critical));
            assert_eq!(row, [always, problems, changes], "{situation:?}");
        }
    }

    #[test]
    fn what_is_only_suspicious_rings_where_asked() {
        let opens = |ring_on| sends(Policy::Changes, Situation::Opens, ring_on, Severity::Warning);
        assert_eq!(opens(RingOn::Critical), Some(Sound::Silent));
        assert_eq!(opens(RingOn::Warning), Some(Sound::Rings));
    }
}
