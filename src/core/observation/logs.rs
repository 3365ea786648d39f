//! What the scanner found in one container's log of the window.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::Severity;

/// What was found in a log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogScan {
    /// Records read: a stack trace, a report over many lines, is one.
    pub records: u64,
    /// Bytes read.
    pub bytes: u64,
    /// The time stamp of the first record.
    pub first: Option<Timestamp>,
    /// The time stamp of the last record.
    pub last: Option<Timestamp>,
    /// Why not all of the window was read: `rotated`, `cut at 64 MiB: the newest part was read`. None when all was.
    pub incomplete: Option<String>,
    /// The patterns that matched, in the order of the matcher.
    pub matches: Vec<PatternMatch>,
}

/// One pattern and the records that matched it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatternMatch {
    /// The pattern's id: a user's, or a profile's.
    pub id: String,
    /// How much it matters once `min_count` came within `per`.
    pub severity: Severity,
    /// What it means, in one sentence; for a user's pattern the pattern itself.
    pub meaning: String,
    /// What to do, in a few words.
    pub advice: Option<String>,
    /// Records that matched in the window.
    pub count: u64,
    /// The most records that matched within the pattern's `per`; `count` when it has none.
    pub most_within: u64,
    /// How many records within `per` it takes.
    pub min_count: u64,
    /// The first match.
    pub first: Option<Timestamp>,
    /// The last match.
    pub last: Option<Timestamp>,
    /// When a record after the last match said that it is over.
    pub cleared: Option<Timestamp>,
    /// How many different events they tell of, by their templates; at most 65, which means more than 64.
    pub kinds: u64,
    /// What a record of the most frequent kind says happened, at most 400 characters, redacted.
    pub summary: Option<String>,
    /// One record of each kind, at most five, the most frequent first.
    pub evidence: Vec<Evidence>,
}

/// A record that matched, and how many tell of the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The first of them on one line, cut at 400 characters, redacted.
    pub record: String,
    /// How many there were.
    pub count: u64,
}
