//! What people write and read: the two resources, the report, and the rules that a spec has to keep.
//!
//! Everything here is data. Serde is never stricter than the schema: what the API server admits, we can read, so that
//! one odd object cannot stop the list for all the others. What is admitted and still wrong is said by [`validation`].

pub mod analysis;
pub mod duration;
pub mod job;
pub mod job_status;
pub mod manifest;
pub mod report;
pub mod run;
pub mod schema;
pub mod structural;
pub mod validation;
pub mod yaml;

pub use duration::Duration;
pub use job::{MonitoringJob, MonitoringJobSpec};
pub use job_status::MonitoringJobStatus;
pub use report::{Finding, FindingState, Kind, Observation, ProbableCause, Severity, Verdict, Window};
pub use run::{MonitoringRun, MonitoringRunSpec, MonitoringRunStatus};

/// The API group of both resources.
pub const GROUP: &str = "monitoring.pitchai.net";
/// The version that is served and stored.
pub const VERSION: &str = "v1alpha1";
/// On a run: the name of its job, so that a job's runs can be listed.
pub const JOB_LABEL: &str = "monitoring.pitchai.net/job";
/// On a run that the schedule created. Only those are pruned.
pub const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";
/// The value of [`MANAGED_BY_LABEL`] on our own runs.
pub const MANAGED_BY: &str = "stagewatch";
/// On a Secret, with the value `"true"`: Stagewatch may use it. Without it a job's author, who may not read Secrets,
/// could have any Secret of the namespace sent to a host of his own.
pub const SECRET_USE_LABEL: &str = "monitoring.pitchai.net/use";
