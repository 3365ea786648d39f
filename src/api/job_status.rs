//! `MonitoringJob.status`: the environment's current state, at most 16 KiB.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Finding, FindingState, Kind, Severity, Verdict, Window,
    analysis::DueInvestigation,
    schema::{Instant, MAX_INTEGER, as_stored},
};

/// The environment's current state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}), transform = as_stored)]
pub struct MonitoringJobStatus {
    /// The generation of the spec that the conditions are about; -1 before the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = MAX_INTEGER))]
    pub observed_generation: Option<i64>,
    /// What the last scheduled run concluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What the rules alone said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_verdict: Option<Verdict>,
    /// The schedule in one line: `15 3 * * *, 30 10 * * * (Etc/UTC)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub schedule: Option<String>,
    /// The findings, most severe first, without their evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub findings: Vec<FindingSummary>,
    /// How many findings above `Info` there are, those that the list has no room for included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = i32::MAX))]
    pub finding_count: Option<i32>,
    /// What most likely broke first, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub probable_cause: Option<String>,
    /// The newest run that is folded into this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<LastRun>,
    /// When the newest run of any trigger was done that is folded into this status: older ones move nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub folded_until: Option<Timestamp>,
    /// When the next slot is, RFC 3339 (a string: kubectl prints a future date as `<invalid>`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub next_run_time: Option<String>,
    /// The newest slot that has its outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub last_schedule_time: Option<Timestamp>,
    /// Slots after this instant count: set on creation, on an edit of the schedule, and on a resume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub schedule_since_time: Option<Timestamp>,
    /// What `scheduleSinceTime` was set for: the schedule, or `suspended`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80))]
    pub schedule_hash: Option<String>,
    /// Slots that nobody was there to start in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<SlotCount>,
    /// Slots that came while a run was going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<SlotCount>,
    /// Runs in a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consecutive: Option<Consecutive>,
    /// The open problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Incident>,
    /// When an incident was last opened by nothing but `Slow`, `HighCpu`, `Flaky` or `Burst`: these do so once a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub soft_incident_time: Option<Timestamp>,
    /// The runs that opened and closed the newest incident; they are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2), inner(length(max = 63)), extend("x-kubernetes-list-type" = "atomic"))]
    pub incident_runs: Vec<String>,
    /// The closer look that Claude is to take, or takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub investigation: Option<DueInvestigation>,
    /// Messages on their way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub outbox: Vec<OutboxEntry>,
    /// The newest message that left the outbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_notification: Option<LastNotification>,
    /// When the runs looked that `trends` remembers, oldest first: at most 30.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Instant>", length(max = 30), extend("x-kubernetes-list-type" = "atomic"))]
    pub trend_times: Vec<Timestamp>,
    /// What is remembered of earlier runs, for what shows only over several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 24), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub trends: Vec<Series>,
    /// The containers as the last run saw them: the baseline for restarts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub containers: Vec<ContainerBaseline>,
    /// What Claude used today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<DayUsage>,
    /// The overrides of the spec that did not match in the last scheduled run, or that may be removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub overrides: Vec<OverrideUse>,
    /// `Ready`, `Stalled`, `Healthy`, `Observed`, `Notified`, `Analyzed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// What Claude used in a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DayUsage {
    /// The day in UTC: `2026-11-24`.
    #[schemars(length(max = 10))]
    pub day: String,
    /// Tokens, sent and answered.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub tokens: i64,
}

/// A verdict that Claude raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Raise {
    /// What it raised it to.
    pub verdict: Verdict,
    /// The run that was analysed.
    #[schemars(length(max = 63))]
    pub run: String,
    /// The ids of the bad findings that it knew: it holds while nothing else is wrong.
    #[schemars(length(max = 100), inner(length(max = 256)), extend("x-kubernetes-list-type" = "set"))]
    pub findings: Vec<String>,
}

/// A finding without its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingSummary {
    /// As in the run.
    #[schemars(length(max = 256))]
    pub id: String,
    /// As in the run.
    pub kind: Kind,
    /// As in the run.
    pub severity: Severity,
    /// As in the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_severity: Option<Severity>,
    /// As in the run.
    #[schemars(length(max = 128))]
    pub subject: String,
    /// As in the run.
    #[schemars(length(max = 64))]
    pub reason: String,
    /// As in the run, cut at 160 characters.
    #[schemars(length(max = 256))]
    pub message: String,
    /// As in the run.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub count: i64,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub first_seen: Option<Timestamp>,
    /// When it was last so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub last_seen: Option<Timestamp>,
    /// Against the run before.
    #[serde(default)]
    pub state: FindingState,
}

impl From<&Finding> for FindingSummary {
    fn from(finding: &Finding) -> Self {
        Self {
            id: finding.id.clone(),
            kind: finding.kind,
            severity: finding.severity,
            rules_severity: finding.rules_severity,
            subject: finding.subject.clone(),
            reason: finding.reason.clone(),
            message: finding.message.chars().take(160).collect(),
            count: finding.count,
            first_seen: finding.first_seen,
            last_seen: finding.last_seen,
            state: finding.state,
        }
    }
}

/// What came of an override. An edit of its `severity` or `until` begins anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverrideUse {
    /// The finding's id.
    #[schemars(length(max = 256))]
    pub id: String,
    /// As in the spec.
    pub severity: Severity,
    /// As in the spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub until: Option<Timestamp>,
    /// Scheduled runs in a row that found nothing for it.
    #[schemars(range(min = 0, max = i32::MAX))]
    pub idle_runs: i32,
    /// Why it may be removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<OverrideEnd>,
    /// A message has told so.
    #[serde(default, skip_serializing_if = "super::job::is_false")]
    pub told: bool,
}

/// Why an override may be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OverrideEnd {
    /// Its `until` has passed: the rules' severity holds again.
    Expired,
    /// Ten scheduled runs in a row found nothing for it.
    Unused,
}

/// The newest run that is folded into the status. Its UID is the watermark of the fold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastRun {
    /// Its name.
    #[schemars(length(max = 63))]
    pub name: String,
    /// Its UID.
    #[schemars(length(max = 64))]
    pub uid: String,
    /// When it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub start_time: Option<Timestamp>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub completion_time: Option<Timestamp>,
    /// What it looked at; where it failed or was offline, what was looked at before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// What it concluded; absent when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Its critical findings.
    #[schemars(range(min = 0, max = i32::MAX))]
    pub critical: i32,
    /// Its warnings.
    #[schemars(range(min = 0, max = i32::MAX))]
    pub warnings: i32,
}

/// Slots without a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SlotCount {
    /// How many, ever.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub count: i64,
    /// The newest.
    #[schemars(with = "Instant")]
    pub last_time: Timestamp,
    /// Why, in CamelCase.
    #[schemars(length(max = 64))]
    pub reason: String,
    /// How many of them no message has told yet.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub untold: i64,
}

/// Runs in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consecutive {
    /// With a finding above `Info`.
    #[schemars(range(min = 0, max = i32::MAX))]
    pub bad: i32,
    /// Without.
    #[schemars(range(min = 0, max = i32::MAX))]
    pub good: i32,
}

/// An open problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// When it began: the earliest of the findings that opened it, else its run's start.
    #[schemars(with = "Instant")]
    pub since: Timestamp,
    /// The highest severity seen in it.
    pub severity: Severity,
    /// The run that opened it.
    #[schemars(length(max = 63))]
    pub opened_by: String,
    /// The findings seen in it, each with the highest severity it had.
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub seen: Vec<SeenFinding>,
    /// Claude's raise of the verdict, which holds while nothing new is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raise: Option<Raise>,
    /// The message that told of it, for each receiver: recoveries reply to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["receiver"]))]
    pub alerts: Vec<AlertMessage>,
}

/// A finding that an incident has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeenFinding {
    /// Its id.
    #[schemars(length(max = 256))]
    pub id: String,
    /// The highest severity it had.
    pub severity: Severity,
    /// When it was last so, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub last_seen: Option<Timestamp>,
    /// State or event: an event is over when it did not recur, a state when it was observed good.
    pub kind: Kind,
    /// It was seen to be over.
    #[serde(default, skip_serializing_if = "super::job::is_false")]
    pub over: bool,
}

/// The message that told of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertMessage {
    /// The receiver's name.
    #[schemars(length(max = 63))]
    pub receiver: String,
    /// The message's id in its chat.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub message_id: i64,
}

/// A message on its way to one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutboxEntry {
    /// `<run>/<receiver>`, and `/investigation` of an investigation; stable over attempts.
    #[schemars(length(max = 144))]
    pub id: String,
    /// The receiver's name.
    #[schemars(length(max = 63))]
    pub receiver: String,
    /// What it tells.
    pub kind: MessageKind,
    /// The run that it tells of.
    #[schemars(length(max = 63))]
    pub run: String,
    /// Its first line, kept for the case that the run is gone when it is sent.
    #[schemars(length(max = 256))]
    pub headline: String,
    /// With sound.
    pub rings: bool,
    /// How far it is.
    pub state: OutboxState,
    /// The holder that is sending it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub holder: Option<String>,
    /// Parts that were accepted.
    #[schemars(range(min = 0, max = i32::MAX))]
    pub parts_sent: i32,
    /// Attempts begun.
    #[schemars(range(min = 0, max = i32::MAX))]
    pub attempts: i32,
    /// An attempt before the one to come may have arrived: the message says so.
    #[serde(default, skip_serializing_if = "super::job::is_false")]
    pub maybe_sent: bool,
    /// Not before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub not_before: Option<Timestamp>,
    /// The message that this one replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub reply_to: Option<i64>,
    /// When the incident began that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub incident_since: Option<Timestamp>,
    /// The run that opened that incident; it is kept until the message left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub opened_by: Option<String>,
    /// Why the last attempt failed, without any secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub error: Option<String>,
}

impl OutboxEntry {
    /// A message of `kind` to `receiver` about `run`, not yet on its way.
    pub fn new(receiver: &str, kind: MessageKind, run: &str) -> Self {
        // An investigation may wait behind the alert of the same run.
        let suffix = if kind == MessageKind::Investigation { "/investigation" } else { "" };
        Self {
            id: format!("{run}/{receiver}{suffix}"),
            receiver: receiver.to_owned(),
            kind,
            run: run.to_owned(),
            headline: String::new(),
            rings: false,
            state: OutboxState::Pending,
            holder: None,
            parts_sent: 0,
            attempts: 0,
            maybe_sent: false,
            not_before: None,
            reply_to: None,
            incident_since: None,
            opened_by: None,
            error: None,
        }
    }
}

/// What a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MessageKind {
    /// A run, nothing new.
    Report,
    /// An incident opened, or something new joined it.
    Alert,
    /// It is over.
    Recovery,
    /// It stopped being logged, which is no proof that it is over.
    Subsided,
    /// What is left of it is muted by an override of the spec: it is not over, and no longer counts.
    Muted,
    /// It opened and was over before anybody could be told.
    WasDown,
    /// What a closer look came to, as a reply to the message of its run.
    Investigation,
    /// The job cannot be run.
    Notice,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OutboxState {
    /// To be sent.
    Pending,
    /// Its bytes may be on their way.
    Sending,
    /// Accepted.
    Sent,
    /// Nobody can tell whether it arrived, and it was sent again once.
    Ambiguous,
    /// Refused for good.
    Failed,
    /// A newer message told what it would have told.
    Suppressed,
    /// Not sent, because the job or the run is a dry run.
    DryRun,
}

/// The newest message that left the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastNotification {
    /// The run that it told of.
    #[schemars(length(max = 63))]
    pub run: String,
    /// The receiver's name.
    #[schemars(length(max = 63))]
    pub receiver: String,
    /// What it told.
    pub kind: MessageKind,
    /// How it ended.
    pub state: OutboxState,
    /// When.
    #[schemars(with = "Instant")]
    pub time: Timestamp,
    /// Its id in the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub message_id: Option<i64>,
    /// Why it was not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub error: Option<String>,
}

/// The values that one thing had over the last runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// What it is of, such as `website/staging/home/attempts`.
    #[schemars(length(max = 256))]
    pub id: String,
    /// The values, newest last, as the last of `trendTimes`; -1 where a run measured none.
    #[schemars(length(max = 30), inner(range(min = -MAX_INTEGER, max = MAX_INTEGER)), extend("x-kubernetes-list-type" = "atomic"))]
    pub values: Vec<i64>,
}

/// A container as a run saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContainerBaseline {
    /// Its name.
    #[schemars(length(max = 128))]
    pub name: String,
    /// The first twelve characters of its id.
    #[schemars(length(max = 64))]
    pub id: String,
    /// How often the engine had restarted it.
    #[schemars(range(min = 0, max = MAX_INTEGER))]
    pub restart_count: i64,
    /// When it was last started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub started_at: Option<Timestamp>,
}
