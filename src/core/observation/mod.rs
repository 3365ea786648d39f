//! What was seen: typed, measured facts. Collectors make them, recordings keep them, rules judge them.

pub mod docker;
pub mod logs;
pub mod raw;
pub mod website;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use docker::{ContainerObservation, HostObservation};
pub use website::CheckObservation;

/// All that one run saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observations {
    /// One for each check of each website, in the spec's order.
    pub checks: Vec<CheckObservation>,
    /// One for each Docker host, in the spec's order.
    pub hosts: Vec<HostObservation>,
    /// One for each container, in the spec's order.
    pub containers: Vec<ContainerObservation>,
}

/// A Secret that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingCredentials {
    /// The Secret's name.
    pub secret: String,
    /// What is wrong with it, without any value: `there is no such Secret`.
    pub problem: String,
    /// When it was looked for.
    pub at: Timestamp,
}
