//! A run's evidence on disk, and back: `recording.json`, `job.yaml`, `previous.json`, `hosts/<name>.json`,
//! `containers/<name>/{inspect,stats,look}.json` and `logs.txt`, `events.jsonl`, `website/<website>/<check>.json`.
//!
//! All text in it was redacted before it was judged, so that a replay comes to the same report as its run.

pub mod keep;
mod log;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{
    read::{Recording, read, set_aside},
    write::Writer,
};
use crate::api::Window;

/// `recording.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    recorded_at: Timestamp,
    window: Window,
    /// The run reached nothing at all, the Bot API included.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    offline: bool,
}

/// `look.json`: what the engine's answers do not tell of a look at a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LookNotes {
    /// There was no such container; names that come near.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Vec<String>>,
    /// It could not be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_observed: Option<String>,
    /// Its log could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    logs_unavailable: Option<String>,
    /// Not all of its log was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    logs_incomplete: Option<String>,
}

/// Why a recording cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A file or folder.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {problem}", path = path.display())]
    Content {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}
