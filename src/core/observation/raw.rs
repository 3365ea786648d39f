//! What collectors saw, in the form in which it is recorded: the Engine's own answers, already without environment,
//! command, arguments and labels, and redacted.

use serde_json::Value;

use super::{CheckObservation, ContainerObservation, HostObservation};

/// A piece of what a run saw. Collectors send it while they look, when the run is recorded.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// The Engine's `/containers/{id}/json`. A later one replaces an earlier one.
    Inspect {
        /// The container's name in the spec.
        container: String,
        /// The answer.
        json: Value,
    },
    /// The Engine's `/containers/{id}/stats`. A later one replaces an earlier one.
    Stats {
        /// The container's name in the spec.
        container: String,
        /// The answer.
        json: Value,
    },
    /// A container's log begins: what was sent of it before is void, since it is read again.
    LogsAnew {
        /// The container's name in the spec.
        container: String,
    },
    /// The next part of a container's log.
    Logs {
        /// The container's name in the spec.
        container: String,
        /// Whole redacted lines with their stamps, as `docker logs --timestamps` prints them, each ending in `\n`.
        bytes: Vec<u8>,
    },
    /// One of the Engine's events of the window.
    Event(Value),
    /// One check of a website.
    Check(CheckObservation),
    /// What became of a Docker host. Kept of it is what events do not tell: its engine's answer.
    Host(HostObservation),
    /// What became of a container, sent when it has been looked at. Kept of it is what the answers above do not tell:
    /// that it is missing or could not be looked at, and what was wrong with its log.
    Container(Box<ContainerObservation>),
    /// Neither a target nor the Bot API could be reached: see [`crate::core::report::offline`].
    Offline,
}
