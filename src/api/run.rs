//! `MonitoringRun`: one execution of a job, a record once finished.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Duration, Finding, Observation, ProbableCause, Verdict, Window,
    analysis::{Analysis, Investigation},
    job_status::ContainerBaseline,
    report::Report,
    schema::{Instant, MAX_INTEGER, as_stored},
    validation::rule,
};

/// One execution of a job. Whoever may create one triggers a run.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "monitoring.pitchai.net",
    version = "v1alpha1",
    kind = "MonitoringRun",
    namespaced,
    status = "MonitoringRunStatus",
    shortname = "mr",
    shortname = "mrun",
    category = "monitoring",
    derive = "PartialEq",
    selectable = ".spec.jobRef.name",
    validation = rule::RUN_NAME.rule(),
    doc = "One execution of a MonitoringJob; a record once finished. Create one to look now.",
    printcolumn(name = "Job", type_ = "string", json_path = ".spec.jobRef.name"),
    printcolumn(name = "Trigger", type_ = "string", json_path = ".spec.trigger"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Verdict", type_ = "string", json_path = ".status.verdict"),
    printcolumn(name = "Started", type_ = "date", json_path = ".status.startTime"),
    printcolumn(name = "Duration", type_ = "string", json_path = ".status.duration"),
    printcolumn(name = "Cause", type_ = "string", json_path = ".status.probableCause.subject", priority = 1),
    printcolumn(name = "Why", type_ = "string", json_path = ".status.probableCause.message", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = as_stored)]
#[x_kube(validation = rule::RUN_SLOT.rule())]
#[x_kube(validation = rule::RUN_UNCHANGED.rule())]
pub struct MonitoringRunSpec {
    /// The job to run.
    pub job_ref: JobRef,
    /// Who asked for it. Default `Manual`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// The slot that it is for, of a scheduled run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub scheduled_time: Option<Timestamp>,
    /// How far back logs are read, instead of the job's; `1m` to `7d`. The run then moves nothing but its own status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::LOOKBACK.rule())]
    pub lookback: Option<Duration>,
    /// Does everything but the sending; the run then moves nothing but its own status.
    #[serde(default, skip_serializing_if = "super::job::is_false")]
    pub dry_run: bool,
    /// The verdict from which on the condition `Passed` is false. Default `ERRORS_INVESTIGATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<FailOn>,
}

/// A job of the run's namespace.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRef {
    /// The job's name.
    #[schemars(length(min = 1, max = 40))]
    #[x_kube(validation = rule::OBJECT_NAME.rule())]
    pub name: String,
}

/// Who asked for a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Trigger {
    /// A slot of the schedule.
    Schedule,
    /// A person.
    #[default]
    Manual,
    /// The HTTP API.
    Api,
    /// A GitOps hook.
    Hook,
}

/// The verdict from which on a run does not pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FailOn {
    /// What is only suspicious, too.
    #[serde(rename = "SUSPICIOUS_INVESTIGATE")]
    SuspiciousInvestigate,
    /// What is broken.
    #[default]
    #[serde(rename = "ERRORS_INVESTIGATE")]
    ErrorsInvestigate,
}

impl FailOn {
    /// Whether `verdict` passes.
    pub fn passes(self, verdict: Verdict) -> bool {
        verdict
            < match self {
                Self::SuspiciousInvestigate => Verdict::SuspiciousInvestigate,
                Self::ErrorsInvestigate => Verdict::ErrorsInvestigate,
            }
    }
}

/// What became of a run, at most 32 KiB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = as_stored)]
pub struct MonitoringRunStatus {
    /// How far it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Why it failed or was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The same in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub message: Option<String>,
    /// The process that executes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub holder: Option<String>,
    /// Which attempt this is, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub attempt: Option<i32>,
    /// When it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub start_time: Option<Timestamp>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub completion_time: Option<Timestamp>,
    /// How long it took, such as `2.4s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub duration: Option<String>,
    /// The span of log time that it read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The job as it was when the run started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobIdentity>,
    /// What was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), extend("x-kubernetes-list-type" = "atomic"))]
    pub observations: Vec<Observation>,
    /// What matters of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub findings: Vec<Finding>,
    /// How many findings there are, those that the list has no room for included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = i32::MAX))]
    pub finding_count: Option<i32>,
    /// What most likely broke first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probable_cause: Option<ProbableCause>,
    /// What Claude made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    /// What Claude found when it looked closer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub investigation: Option<Investigation>,
    /// What the rules say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_verdict: Option<Verdict>,
    /// What holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The containers as they were seen: the next run's baseline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub containers: Vec<ContainerBaseline>,
    /// `Complete` and `Passed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// Nobody has taken it yet.
    #[default]
    Pending,
    /// Its holder executes it.
    Running,
    /// It has a verdict.
    Completed,
    /// It has none.
    Failed,
    /// It was called off.
    Cancelled,
}

impl MonitoringRunStatus {
    /// The report of a run that came to one.
    pub fn report(self) -> Option<Report> {
        let verdict = self.verdict?;
        Some(Report {
            verdict,
            rules_verdict: self.rules_verdict.unwrap_or(verdict),
            window: self.window?,
            findings: self.findings,
            probable_cause: self.probable_cause,
            observations: self.observations,
            analysis: self.analysis,
        })
    }
}

impl Phase {
    /// Whether nothing more will happen.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// Why a run failed or was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Reason {
    /// It took longer than `spec.timeout`.
    TimedOut,
    /// Its second holder is gone too.
    HolderLost,
    /// A newer slot took its place.
    Replaced,
    /// Its job was deleted.
    JobDeleted,
    /// There is no such job.
    JobNotFound,
    /// Its job's spec cannot be run.
    JobInvalid,
}

/// A job at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobIdentity {
    /// Its UID.
    #[schemars(length(max = 64))]
    pub uid: String,
    /// The generation of its spec.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub generation: i64,
}
