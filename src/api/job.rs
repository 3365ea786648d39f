//! `MonitoringJob`: one environment, when to look at it, and whom to tell.
//!
//! No field inside a list item has a schema default (a GitOps tool would see drift): what an omitted field means is
//! said by the methods here.

mod analysis;

use std::borrow::Cow;

use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::analysis::{Analysis, Analyze, Budget, Claude, Investigate};
use super::{
    Duration, MonitoringJobStatus, Severity,
    schema::{Instant, as_stored},
    validation::rule,
};

/// One environment that is watched: its websites, the containers behind them, the log patterns that matter, when to
/// look, and whom to tell.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "monitoring.pitchai.net",
    version = "v1alpha1",
    kind = "MonitoringJob",
    namespaced,
    status = "MonitoringJobStatus",
    shortname = "mj",
    shortname = "mjob",
    category = "monitoring",
    derive = "PartialEq",
    doc = "One environment that Stagewatch watches: its websites, the containers behind them, when to look, and whom to tell.",
    validation = rule::JOB_NAME.rule(),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status", description = "The spec can be run"),
    printcolumn(name = "Verdict", type_ = "string", json_path = ".status.verdict", description = "What the last scheduled run concluded"),
    printcolumn(name = "Schedule", type_ = "string", json_path = ".status.schedule"),
    printcolumn(name = "Last Run", type_ = "date", json_path = ".status.lastRun.completionTime"),
    printcolumn(name = "Next Run", type_ = "string", json_path = ".status.nextRunTime"),
    printcolumn(name = "Findings", type_ = "integer", json_path = ".status.findingCount", description = "Findings above Info"),
    printcolumn(name = "Cause", type_ = "string", json_path = ".status.probableCause", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = as_stored)]
#[x_kube(validation = rule::SOMETHING.rule())]
#[x_kube(validation = rule::UNIQUE_WEBSITES.rule())]
#[x_kube(validation = rule::UNIQUE_HOSTS.rule())]
#[x_kube(validation = rule::UNIQUE_CONTAINERS.rule())]
#[x_kube(validation = rule::CONTAINER_COUNT.rule())]
#[x_kube(validation = rule::CHECK_COUNT.rule())]
#[x_kube(validation = rule::DEPENDENCY_SUBJECT.rule())]
#[x_kube(validation = rule::DEPENDENCY_NEEDS.rule())]
#[x_kube(validation = rule::PATTERN_SUBJECTS.rule())]
#[x_kube(validation = rule::OVERRIDE_SUBJECT.rule())]
pub struct MonitoringJobSpec {
    /// The environment's name as people know it, such as `Autopar Staging`.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = rule::LINE.rule())]
    pub environment: String,
    /// The heading of every message. Default: the environment in capitals and `MONITORING`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = rule::LINE.rule())]
    pub title: Option<String>,
    /// When to look. Absent: only on demand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// No scheduled run starts while this is true; a resume does not make up for the slots between.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
    /// How far back logs are read, `1m` to `7d`. Default: since the last slot's window ended; the first run 4h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::LOOKBACK.rule())]
    pub lookback: Option<Duration>,
    /// The longest that a run may take, `10s` to `10m`. Default: 0.8 of the shortest way between two slots, at most `10m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::RUN_TIMEOUT.rule())]
    pub timeout: Option<Duration>,
    /// Does everything but the sending.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// How many finished runs are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// How what would be critical is observed again before it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
    /// The sites to probe.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub websites: Vec<Website>,
    /// The Docker hosts, with the containers to inspect on each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub docker_hosts: Vec<DockerHost>,
    /// What needs what: with it a failing dependency is named as the cause of what fails behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["subject"]))]
    pub dependencies: Vec<Dependency>,
    /// Log patterns, on top of the profiles' own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub patterns: Vec<Pattern>,
    /// Findings that count as something else than the rules say: false ones are muted here, each with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub overrides: Vec<Override>,
    /// Who explains and investigates what the rules find. Absent: the rules decide alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    /// Whom to tell, and when. Absent: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Notifications>,
}

/// When to look.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Five fields each (`15 3 * * *`), or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`, or `@every 5m` (its multiples since 1970, at least `1m`).
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 100)), extend("x-kubernetes-list-type" = "set"))]
    pub cron: Vec<String>,
    /// The IANA name of the zone that `cron` is written in. Default `Etc/UTC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub time_zone: Option<String>,
    /// How late a slot may still start, `30s` to `6h`. Default: half the way to the next slot, within the same bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::STARTING_DEADLINE.rule())]
    pub starting_deadline: Option<Duration>,
    /// What happens to a slot that comes while a run is going on. Default `Forbid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency_policy: Option<ConcurrencyPolicy>,
    /// Spreads the start over this much time, up to `1h`, by the job's UID; the slot keeps its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::JITTER.rule())]
    pub jitter: Option<Duration>,
}

/// What happens to a slot that comes while a run is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ConcurrencyPolicy {
    /// The slot is counted as skipped.
    #[default]
    Forbid,
    /// The run going on is cancelled.
    Replace,
}

/// How many finished runs are kept. The runs that opened or closed the last incident are kept besides.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// How many of those that were good. Default 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub keep: Option<i32>,
    /// How many of those that found a problem or failed. Default 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub keep_problems: Option<i32>,
}

/// How what would be critical is observed again before it counts.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirm {
    /// How often it is looked at, the first time included: 1 (never again) to 5. Default 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 5))]
    pub attempts: Option<i32>,
    /// How long to wait between, up to `1m`. Default `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::CONFIRM_DELAY.rule())]
    pub delay: Option<Duration>,
}

/// A site to probe.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Website {
    /// Its name in findings, unique among all websites, Docker hosts and containers of the job.
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(validation = rule::NAME.rule())]
    pub name: String,
    /// Scheme and host, such as `https://staging.example.com`; paths belong to the checks.
    #[schemars(length(min = 1, max = 512))]
    #[x_kube(validation = rule::URL.rule())]
    pub url: String,
    /// The longest that one attempt at one check may take, redirects and body included; `100ms` to `5m`. Default `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::CHECK_TIMEOUT.rule())]
    pub timeout: Option<Duration>,
    /// How slow is too slow. Absent: only `timeout` counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// How its certificate is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// The IP address to connect to instead of what the name resolves to, as `curl --resolve` does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 45))]
    #[x_kube(validation = rule::RESOLVE.rule())]
    pub resolve: Option<String>,
    /// Headers to send. They are dropped when a redirect leaves the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub headers: Vec<Header>,
    /// The endpoints. Default: one check named `home` of `/`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub checks: Vec<Check>,
}

impl Website {
    /// The endpoints: those that are written, or `home` at `/`.
    pub fn all_checks(&self) -> Cow<'_, [Check]> {
        if self.checks.is_empty() {
            vec![Check { name: "home".into(), path: "/".into(), ..Check::default() }].into()
        } else {
            self.checks.as_slice().into()
        }
    }

    /// The longest that one attempt at one check may take.
    pub fn attempt_timeout(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(10))
    }
}

/// How slow is too slow, from the first byte sent to the last byte read.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rule::LATENCY_ORDER.rule())]
pub struct Latency {
    /// Above this an answer is `Slow`; `1ms` to `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::LATENCY.rule())]
    pub warning: Option<Duration>,
    /// Above this it is `TooSlow`; `1ms` to `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::LATENCY.rule())]
    pub critical: Option<Duration>,
}

/// How a certificate is judged.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rule::TLS_ORDER.rule())]
#[x_kube(validation = rule::TLS_TRUST.rule())]
pub struct Tls {
    /// Warns when less than this is left. Default: the smaller of `14d` and a third of the certificate's life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Duration>,
    /// Is critical when less than this is left. Default: the smaller of `3d` and a tenth of the certificate's life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<Duration>,
    /// A Secret whose key `ca.crt` holds the PEM certificates of the only authorities to trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_secret_ref: Option<SecretRef>,
    /// Trusts any certificate; its dates are judged all the same.
    #[serde(default, skip_serializing_if = "is_false")]
    pub insecure_skip_verify: bool,
}

/// A Secret of the job's namespace. It has to carry the label `monitoring.pitchai.net/use: "true"`.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretRef {
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = rule::OBJECT_NAME.rule())]
    pub name: String,
}

/// One key of a Secret of the job's namespace. The Secret has to carry the label `monitoring.pitchai.net/use: "true"`.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = rule::OBJECT_NAME.rule())]
    pub name: String,
    /// The key in its data.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = rule::SECRET_KEY.rule())]
    pub key: String,
}

/// A header to send: its value, or where the value is kept.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rule::HEADER_SOURCE.rule())]
#[x_kube(validation = rule::HEADER_RESERVED.rule())]
pub struct Header {
    /// The header's name, such as `Authorization`.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = rule::HEADER_NAME.rule())]
    pub name: String,
    /// Its value, where it is no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(validation = rule::HEADER_VALUE.rule())]
    pub value: Option<String>,
    /// Where its value is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_from: Option<ValueFrom>,
}

/// Where a value is kept.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueFrom {
    /// The Secret and its key.
    pub secret_key_ref: SecretKeyRef,
}

/// One endpoint of a website.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rule::LOCATION_UNFOLLOWED.rule())]
pub struct Check {
    /// Its name in findings.
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(validation = rule::NAME.rule())]
    pub name: String,
    /// The path and query to ask for, such as `/health?full=1`.
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(validation = rule::PATH.rule())]
    pub path: String,
    /// Whether redirects are followed, at most five. Default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_redirects: Option<bool>,
    /// What the answer has to be. Default: a status of 200 to 299.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
}

/// What an answer has to be.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expect {
    /// The statuses that are right, as `200` or `2xx`. Default `2xx`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 3, max = 3)), extend("x-kubernetes-list-type" = "set"))]
    #[x_kube(validation = rule::STATUS.rule_for_each())]
    pub status: Vec<String>,
    /// Where a redirect has to lead: a path, or a whole URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(validation = rule::LOCATION.rule())]
    pub location: Option<String>,
    /// What the body has to contain, or must not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub body: Vec<BodyExpectation>,
    /// What the body, read as JSON, has to say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub json: Vec<JsonExpectation>,
}

/// What a body has to contain, or must not.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BodyExpectation {
    /// The text, compared without regard to case, in what a reader of the page sees.
    #[schemars(length(min = 1, max = 256))]
    pub contains: String,
    /// It must not be there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub absent: bool,
    /// Looks at the body as it was sent: scripts, styles and comments too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub raw: bool,
}

/// What a JSON body has to say.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonExpectation {
    /// An RFC 9535 path, such as `$.status`.
    #[schemars(length(min = 1, max = 256))]
    pub path: String,
    /// What the first value found there has to be, as text: `ok`, `"5"`, `"true"`. Absent: any value will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub equals: Option<String>,
}

/// A Docker host and the containers to inspect there.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rule::ENGINE_TLS.rule())]
#[x_kube(validation = rule::ENGINE_SOCKET.rule())]
pub struct DockerHost {
    /// Its name in findings, unique among all websites, Docker hosts and containers of the job.
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(validation = rule::NAME.rule())]
    pub name: String,
    /// Where its engine listens: `tcp://host:2376` with mTLS, `tcp://127.0.0.1:2375`, or, outside a cluster, `unix:///var/run/docker.sock`.
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = rule::ENGINE.rule())]
    pub host: String,
    /// A Secret with `ca.crt`, `tls.crt` and `tls.key` for mTLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_secret_ref: Option<SecretRef>,
    /// The containers to inspect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub containers: Vec<Container>,
}

/// A container to inspect.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// Its name on the host, unique among all websites, Docker hosts and containers of the job.
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(validation = rule::CONTAINER_NAME.rule())]
    pub name: String,
    /// What people call it in messages, such as `Redis`. Default: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = rule::LINE.rule())]
    pub label: Option<String>,
    /// What is known of its logs. Default `generic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileName>,
    /// Thresholds in percent of its CPU quota, or of all CPUs where it has none. Default: warning 90.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_percent: Option<Percent>,
    /// Thresholds in percent of its memory limit. Default: warning 85, critical 95.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_percent: Option<Percent>,
}

/// A service whose logs are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProfileName {
    /// Any program: levels and shapes.
    #[default]
    Generic,
    /// nginx.
    Nginx,
    /// `PostgreSQL`.
    Postgres,
    /// RabbitMQ.
    Rabbitmq,
    /// Redis.
    Redis,
}

/// Thresholds in percent.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rule::PERCENT_ORDER.rule())]
pub struct Percent {
    /// From here on it warns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub warning: Option<i32>,
    /// From here on it is critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub critical: Option<i32>,
}

/// A subject and what it needs to work.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rule::DEPENDENCY_SELF.rule())]
pub struct Dependency {
    /// The name of a website, Docker host or container of this job.
    #[schemars(length(min = 1, max = 128))]
    pub subject: String,
    /// The names of those that it needs.
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 128)), extend("x-kubernetes-list-type" = "set"))]
    pub needs: Vec<String>,
}

/// A log pattern: a text or a regular expression that a record contains.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rule::PATTERN_TEXT.rule())]
#[x_kube(validation = rule::PATTERN_IGNORE.rule())]
pub struct Pattern {
    /// Its name in findings.
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(validation = rule::NAME.rule())]
    pub id: String,
    /// How much a match matters. `Ignore`: a record that matches is never counted, by any pattern.
    pub severity: PatternSeverity,
    /// The text to find.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub contains: Option<String>,
    /// The regular expression to find, in the syntax of Rust's `regex`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub regex: Option<String>,
    /// Upper and lower case differ.
    #[serde(default, skip_serializing_if = "is_false")]
    pub case_sensitive: bool,
    /// How many matches it takes. Default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub min_count: Option<i32>,
    /// Within how much log time they have to come, `1s` to `7d`. Default: the run's window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::PER.rule())]
    pub per: Option<Duration>,
    /// The containers whose logs it is for. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 128)), extend("x-kubernetes-list-type" = "set"))]
    pub subjects: Vec<String>,
}

/// How much a pattern's match matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PatternSeverity {
    /// A record that matches is never counted.
    Ignore,
    /// Worth knowing.
    Info,
    /// Off.
    Warning,
    /// Broken.
    Critical,
}

impl PatternSeverity {
    /// As a finding's severity; none for `Ignore`.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Ignore => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Critical => Some(Severity::Critical),
        }
    }
}

/// A finding that counts as something else than the rules say.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Override {
    /// The finding's id, as messages and reports print it: `container/autopar-rabbitmq/HighMemory`.
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = rule::FINDING_ID.rule())]
    pub id: String,
    /// How much it matters. `Info` mutes it: it stays in the report, and changes no verdict.
    pub severity: Severity,
    /// From when on the rules' own severity holds again. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub until: Option<Timestamp>,
    /// Why, in one line for whoever asks later.
    #[schemars(length(min = 1, max = 200))]
    #[x_kube(validation = rule::LINE.rule())]
    pub reason: String,
}

impl Override {
    /// Whether it holds at this instant.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until)
    }
}

/// Whom to tell, and when.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notifications {
    /// Which runs send a message. Default `Changes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// How many bad runs in a row open an incident, 1 to 10. Default 1 when slots are at least 30m apart, else 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub failure_threshold: Option<i32>,
    /// How many good runs in a row close it, 1 to 10. Default as for `failureThreshold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub success_threshold: Option<i32>,
    /// From which severity on an opening message has a sound. Default `Critical`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_on: Option<RingOn>,
    /// Who is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub receivers: Vec<Receiver>,
}

/// Which runs send a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Policy {
    /// What opens, joins or closes an incident.
    #[default]
    Changes,
    /// Besides, each run that found a problem.
    Problems,
    /// Each run.
    Always,
}

/// From which severity on an opening message has a sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RingOn {
    /// Also what is only suspicious.
    Warning,
    /// What is broken.
    #[default]
    Critical,
}

/// Somebody who is told.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receiver {
    /// Its name in the status.
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(validation = rule::NAME.rule())]
    pub name: String,
    /// A Telegram chat.
    pub telegram: Telegram,
}

/// A Telegram chat.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Telegram {
    /// A Secret with `TELEGRAM_BOT_TOKEN` and `TELEGRAM_CHAT_ID`.
    pub secret_ref: SecretRef,
    /// The topic of a forum group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub message_thread_id: Option<i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
pub(crate) fn is_false(value: &bool) -> bool {
    !value
}
