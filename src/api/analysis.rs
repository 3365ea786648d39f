//! What Claude made of a run: its analysis, and its investigation. All of it is prose of a model that read untrusted
//! text: it is shown, redacted and bounded, and nothing is decided by it but a raise of the verdict.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Verdict,
    job_status::AlertMessage,
    schema::{Instant, MAX_INTEGER},
};

/// What Claude made of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// The model that was asked.
    #[schemars(length(max = 64))]
    pub model: String,
    /// How it went, in CamelCase: `Analyzed`, `Held` (an earlier raise still holds, no call was made), or why there is
    /// no answer. The reason of the job's condition `Analyzed`.
    #[schemars(length(max = 64))]
    pub reason: String,
    /// Why there is no answer, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub message: Option<String>,
    /// Claude's own verdict. What holds is the higher one of it and the rules'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What is going on, for a phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub summary: Option<String>,
    /// What is behind a finding, in the order of the findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["findingId"]))]
    pub explanations: Vec<Explanation>,
    /// What to do, most urgent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5), inner(length(max = 256)), extend("x-kubernetes-list-type" = "atomic"))]
    pub recommendations: Vec<String>,
    /// Claude would look closer. Nothing rests on it.
    #[serde(default, skip_serializing_if = "crate::api::job::is_false")]
    pub investigate: bool,
    /// What the calls used.
    pub usage: Usage,
}

/// What is behind a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The finding.
    #[schemars(length(max = 256))]
    pub finding_id: String,
    /// The explanation.
    #[schemars(length(max = 512))]
    pub text: String,
}

/// What calls of the Messages API used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Calls that were answered, and the attempts of those that were not.
    #[schemars(range(min = 0, max = i32::MAX))]
    pub calls: i32,
    /// Tokens sent, neither written to the cache nor read from it.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub input_tokens: i64,
    /// Tokens sent, and kept in the cache.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub cache_write_tokens: i64,
    /// Tokens sent that the cache held.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub cache_read_tokens: i64,
    /// Tokens answered.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub output_tokens: i64,
}

impl Usage {
    /// Tokens sent, cached or not.
    pub fn sent(&self) -> i64 {
        self.input_tokens.saturating_add(self.cache_write_tokens).saturating_add(self.cache_read_tokens)
    }

    /// Tokens sent and answered.
    pub fn total(&self) -> i64 {
        self.sent().saturating_add(self.output_tokens)
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.calls = self.calls.saturating_add(more.calls);
        self.input_tokens = self.input_tokens.saturating_add(more.input_tokens);
        self.cache_write_tokens = self.cache_write_tokens.saturating_add(more.cache_write_tokens);
        self.cache_read_tokens = self.cache_read_tokens.saturating_add(more.cache_read_tokens);
        self.output_tokens = self.output_tokens.saturating_add(more.output_tokens);
    }
}

/// A closer look that Claude took, READ-ONLY, at the targets of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Investigation {
    /// How far it is.
    pub phase: InvestigationPhase,
    /// The model.
    #[schemars(length(max = 64))]
    pub model: String,
    /// The process that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub holder: Option<String>,
    /// Which attempt this is, from 1.
    #[schemars(range(min = 0, max = 10))]
    pub attempt: i32,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub start_time: Option<Timestamp>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub completion_time: Option<Timestamp>,
    /// Why it ended, in CamelCase: `Concluded`, the limit that it reached, or how the API failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub stop_reason: Option<String>,
    /// The same in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub message: Option<String>,
    /// What it found; absent when it ended without a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<InvestigationReport>,
    /// Turns taken.
    #[schemars(range(min = 0, max = i32::MAX))]
    pub turns: i32,
    /// Tools called, refused calls included.
    #[schemars(range(min = 0, max = i32::MAX))]
    pub tool_calls: i32,
    /// What the calls used.
    pub usage: Usage,
}

/// An investigation that is due, goes on, or is not told yet. At most one of a job: what joins an incident meanwhile is
/// for that one to see, which looks at the targets as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DueInvestigation {
    /// The run that it looks into, whose `status.investigation` tells how far it is; it is kept until then.
    #[schemars(length(max = 63))]
    pub run: String,
    /// When the incident began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub incident_since: Option<Timestamp>,
    /// Its run was told, and so is what comes of it.
    #[serde(default, skip_serializing_if = "crate::api::job::is_false")]
    pub told: bool,
    /// The message that told of its run, for each receiver: the investigation replies to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["receiver"]))]
    pub alerts: Vec<AlertMessage>,
}

/// How far an investigation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum InvestigationPhase {
    /// It was handed back by a process that stopped, and waits for another one.
    Pending,
    /// It goes on.
    Running,
    /// It came to a report.
    Completed,
    /// It did not.
    Failed,
}

/// What an investigation found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvestigationReport {
    /// What is broken.
    #[schemars(length(max = 512))]
    pub broken: String,
    /// Since when, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub since: Option<String>,
    /// The probable root cause.
    #[schemars(length(max = 512))]
    pub cause: String,
    /// How sure the cause is.
    pub certainty: Certainty,
    /// What the cause rests on.
    #[schemars(length(max = 5), inner(length(max = 512)), extend("x-kubernetes-list-type" = "atomic"))]
    pub evidence: Vec<String>,
    /// What it means for those who use the environment.
    #[schemars(length(max = 512))]
    pub impact: String,
    /// Commands for a person, most urgent first.
    #[schemars(length(max = 5), inner(length(max = 256)), extend("x-kubernetes-list-type" = "atomic"))]
    pub next_steps: Vec<String>,
    /// What could not be checked.
    #[schemars(length(max = 5), inner(length(max = 256)), extend("x-kubernetes-list-type" = "atomic"))]
    pub unchecked: Vec<String>,
}

/// How sure a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Certainty {
    /// The evidence shows it.
    Known,
    /// The evidence fits it.
    Possible,
}
