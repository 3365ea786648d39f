//! The world, seen: websites and Docker hosts → [`Observations`]. Read-only.
//!
//! All are looked at side by side, each under the run's deadline. One that cannot be looked at, or whose collector
//! fails, is told as not observed; it never ends the run.

mod collector;
pub mod docker;
pub mod website;

pub use collector::{Collector, Look, secrets_of};

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::api::job::Confirm;

/// A step of a run, for whoever waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// An endpoint is asked.
    Asking {
        /// The website's name in the spec.
        website: String,
        /// The check's.
        check: String,
    },
    /// A Docker host is asked whether it is there.
    Connecting {
        /// Its name in the spec.
        host: String,
    },
    /// A container is inspected.
    Inspecting {
        /// Its name in the spec.
        container: String,
    },
    /// Its log of the window is read.
    ReadingLogs {
        /// Its name in the spec.
        container: String,
    },
    /// Its use of CPU is measured.
    Measuring {
        /// Its name in the spec.
        container: String,
    },
    /// What looks critical is looked at again after a while.
    LookingAgain {
        /// The website, Docker host or container.
        subject: String,
        /// How long is waited before.
        after: Duration,
    },
    /// All was seen of it that could be.
    Done {
        /// The website, Docker host or container.
        subject: String,
    },
}

/// Tells the steps of a run to whoever listens.
#[derive(Clone, Debug, Default)]
pub struct Reporter(Option<UnboundedSender<Progress>>);

impl Reporter {
    /// Tells this listener; none for nobody.
    pub fn new(listener: Option<UnboundedSender<Progress>>) -> Self {
        Self(listener)
    }

    pub(crate) fn tell(&self, step: Progress) {
        if let Some(listener) = &self.0 {
            // Who has stopped listening needs no step.
            let _ = listener.send(step);
        }
    }
}

/// How what looks critical is looked at again before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often it is looked at, the first time included.
    pub attempts: u32,
    /// How long is waited between.
    pub delay: Duration,
}

impl From<Option<&Confirm>> for Patience {
    fn from(confirm: Option<&Confirm>) -> Self {
        let attempts = confirm.and_then(|confirm| confirm.attempts).unwrap_or(2).clamp(1, 5);
        let delay =
            confirm.and_then(|confirm| confirm.delay).map_or(Duration::from_secs(10), crate::api::Duration::unsigned);
        Self { attempts: attempts.unsigned_abs(), delay: delay.min(Duration::from_mins(1)) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_omitted_confirmation_is_one_more_look() {
        let of = |json| Patience::from(Some(&serde_json::from_value::<Confirm>(json).unwrap()));
        let patience = |attempts, secs| Patience { attempts, delay: Duration::from_secs(secs) };
        assert_eq!(Patience::from(None), patience(2, 10));
        assert_eq!(of(json!({"attempts": 1})), patience(1, 10));
        assert_eq!(of(json!({"attempts": 9, "delay": "3h"})), patience(5, 60));
    }
}
