//! What a run saw and concluded, in the words of `-o json`, of the recordings and of `MonitoringRun.status`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    analysis::Analysis,
    schema::{Instant, MAX_INTEGER},
};

/// What a run concludes of the environment: from the highest severity among its findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Verdict {
    /// Nothing above `Info`, and everything was observed.
    #[default]
    #[serde(rename = "ALL_GOOD")]
    AllGood,
    /// A warning: something is off, or could not be looked at.
    #[serde(rename = "SUSPICIOUS_INVESTIGATE")]
    SuspiciousInvestigate,
    /// Something is broken.
    #[serde(rename = "ERRORS_INVESTIGATE")]
    ErrorsInvestigate,
}

impl Verdict {
    /// The word that is shown and stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllGood => "ALL_GOOD",
            Self::SuspiciousInvestigate => "SUSPICIOUS_INVESTIGATE",
            Self::ErrorsInvestigate => "ERRORS_INVESTIGATE",
        }
    }
}

impl From<Severity> for Verdict {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::AllGood,
            Severity::Warning => Self::SuspiciousInvestigate,
            Severity::Critical => Self::ErrorsInvestigate,
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Severity {
    /// Worth knowing; never changes a verdict.
    Info,
    /// Off, or not observed.
    Warning,
    /// Broken.
    Critical,
}

/// Whether a finding tells how things are, or what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// True at the run's end.
    State,
    /// Happened in the window: a log record, an OOM kill, a restart.
    Event,
}

/// A finding against the run before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum FindingState {
    /// Not found by the run before.
    #[default]
    New,
    /// Found by the run before too.
    Ongoing,
    /// Found by the run before, seen to be over now. Counts for nothing but the telling.
    Resolved,
    /// Found by the run before; its subject could not be observed now, so it is carried on.
    Unknown,
}

/// Who found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Source {
    /// The rules of `core::rules`.
    #[default]
    Rules,
    /// Claude: a suspicion, with the evidence that it rests on.
    Claude,
}

/// An observation judged to matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Stable over time, free of numbers and prose: `website/<website>/<check>/<Reason>`, `container/<name>/<Reason>`,
    /// `logs/<container>/<pattern id>`, `docker/<host>/<Reason>`, `self/…`. What is muted, compared and counted is this.
    #[schemars(length(min = 1, max = 256))]
    pub id: String,
    /// State or event.
    pub kind: Kind,
    /// How much it matters.
    pub severity: Severity,
    /// How much it matters by the rules, where an override of the job says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_severity: Option<Severity>,
    /// The override's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub override_reason: Option<String>,
    /// The name of the website, container or Docker host that it is about; `stagewatch` for ourselves.
    #[schemars(length(min = 1, max = 128))]
    pub subject: String,
    /// Why, in CamelCase; for a log pattern its id.
    #[schemars(length(min = 1, max = 64))]
    pub reason: String,
    /// One sentence for a person at 03:15, with the numbers, without the subject.
    #[schemars(length(min = 1, max = 512))]
    pub message: String,
    /// What to do about it, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub advice: Option<String>,
    /// How often it happened in the window; 1 for a state.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub count: i64,
    /// When it began, as far as anything tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub first_seen: Option<Timestamp>,
    /// When it was last so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub last_seen: Option<Timestamp>,
    /// When it was seen to be over, within the window: an alarm that cleared, a container that came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub over_since: Option<Timestamp>,
    /// At most five redacted lines, each at most 400 characters, that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5), inner(length(max = 512)), extend("x-kubernetes-list-type" = "atomic"))]
    pub evidence: Vec<String>,
    /// Against the run before.
    #[serde(default)]
    pub state: FindingState,
    /// Who found it.
    #[serde(default)]
    pub source: Source,
}

impl Finding {
    /// Whether it counts: it is so now, as far as is known, and matters more than `Info`.
    pub fn is_bad(&self) -> bool {
        self.severity > Severity::Info && self.state != FindingState::Resolved
    }

    /// Whether it would count, but for an override.
    pub fn is_muted(&self) -> bool {
        self.severity == Severity::Info
            && self.rules_severity.is_some_and(|severity| severity > Severity::Info)
            && self.state != FindingState::Resolved
    }
}

/// What most likely broke first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProbableCause {
    /// The finding.
    #[schemars(length(max = 256))]
    pub finding_id: String,
    /// Its subject.
    #[schemars(length(max = 128))]
    pub subject: String,
    /// Why this is taken for the cause, in one sentence.
    #[schemars(length(max = 512))]
    pub message: String,
    /// The ids of the findings that follow from it.
    #[serde(default)]
    #[schemars(length(max = 100), inner(length(max = 256)), extend("x-kubernetes-list-type" = "atomic"))]
    pub consequences: Vec<String>,
}

/// What an observation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Aspect {
    /// One check of a website.
    Website,
    /// A container's state and resources.
    Container,
    /// A container's log of the window.
    Logs,
    /// A Docker host's engine.
    DockerHost,
}

/// What came of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Outcome {
    /// Seen, and nothing above `Info` is known against it.
    Good,
    /// Seen, and something is.
    Bad,
    /// Not seen; the message says why. Never counts as good.
    NotObserved,
}

/// A measured fact, in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    /// The website, container or Docker host.
    #[schemars(length(max = 128))]
    pub subject: String,
    /// What was looked at.
    pub aspect: Aspect,
    /// The check, where the subject is a website.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub check: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// The fact: `GET /health answered 200 in 84 ms`; or why there is none.
    #[schemars(length(max = 256))]
    pub message: String,
    /// Its numbers, each with its unit in the name: `latencyMs`, `cpuPercent`, `memoryPercent`
    /// (`memoryMib` without a limit), `restartCount`, `attempts`, `records`, `trouble` (records that a pattern of severity
    /// `Warning` or worse matched; absent when not all of the log was read).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16, "additionalProperties" = {"type": "integer", "format": "int64", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}))]
    pub values: BTreeMap<String, i64>,
}

/// The span of log time that a run reads, `[since, until)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// Its first instant.
    #[schemars(with = "Instant")]
    pub since: Timestamp,
    /// The first instant after it.
    #[schemars(with = "Instant")]
    pub until: Timestamp,
}

/// What a run concluded: the same in `-o json`, in `MonitoringRun.status` and from a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What holds.
    pub verdict: Verdict,
    /// What the rules alone say: the floor of `verdict`.
    pub rules_verdict: Verdict,
    /// What was looked at.
    pub window: Window,
    /// Most severe first, the probable cause before its consequences.
    pub findings: Vec<Finding>,
    /// What most likely broke first; null when nothing did.
    pub probable_cause: Option<ProbableCause>,
    /// What was seen.
    pub observations: Vec<Observation>,
    /// What Claude made of it, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
}
