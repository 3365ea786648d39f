//! What time it is. In tests it follows tokio's clock, which can be paused and moved.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// What time it is.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// A given instant, and what tokio's clock has gone on since.
    Following {
        /// The given instant.
        base: Timestamp,
        /// When it was given.
        started: Instant,
    },
}

impl Clock {
    /// A clock that stands at `base` now and goes on with tokio's.
    pub fn following(base: Timestamp) -> Self {
        Self::Following { base, started: Instant::now() }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Following { base, started } => {
                *base + SignedDuration::try_from(started.elapsed()).unwrap_or(SignedDuration::ZERO)
            }
        }
    }
}
