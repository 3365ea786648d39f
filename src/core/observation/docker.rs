//! What a Docker Engine says of itself and of a container: the part of its answers that is judged and recorded.
//!
//! The types read the Engine's own JSON, so that a recording's `inspect.json` and a live answer are read by the same
//! code. They hold no environment, command, arguments or labels: these never get past the edge.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::{MissingCredentials, logs::LogScan};

/// One Docker host, looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostObservation {
    /// Its name in the spec.
    pub name: String,
    /// What its engine said, or why it said nothing.
    pub engine: Engine,
    /// The Engine's events of the window that are about this job's containers, oldest first. An aid: the engine keeps
    /// only its last 256, so their absence proves nothing.
    #[serde(default)]
    pub events: Vec<Event>,
}

/// What an engine said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Engine {
    /// It answered.
    Answered {
        /// How long `/_ping` took, in milliseconds.
        latency_ms: i64,
        /// How far its clock is ahead of ours, in milliseconds; negative when it is behind. Not known from a recording.
        clock_offset_ms: Option<i64>,
    },
    /// It did not, so nothing is known of its containers.
    Failed {
        /// Why.
        reason: EngineFailure,
        /// The cause in a few words, without any secret.
        detail: String,
    },
    /// We could not even ask.
    CredentialsMissing(MissingCredentials),
    /// A recording: only its containers were kept.
    NotRecorded,
}

/// Why an engine did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EngineFailure {
    /// No connection, or no answer in time.
    EngineUnreachable,
    /// It answered, and refused.
    EngineRefused,
    /// The TLS handshake failed; the detail says which way.
    EngineTlsFailed,
    /// The address policy forbids it.
    AddressDenied,
}

/// One container, looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerObservation {
    /// Its name in the spec.
    pub name: String,
    /// The Docker host's name in the spec.
    pub host: String,
    /// What was seen.
    pub look: ContainerLook,
}

/// What was seen of a container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::large_enum_variant, reason = "nearly all are seen")]
pub enum ContainerLook {
    /// It is there.
    Seen {
        /// The Engine's `/containers/{id}/json`.
        inspect: Inspect,
        /// The Engine's `/containers/{id}/stats`; none when it does not run.
        stats: Option<Stats>,
        /// Its log of the window.
        logs: LogLook,
    },
    /// The engine knows no such container.
    Missing {
        /// At most three names of its containers that come near.
        near: Vec<String>,
    },
    /// It could not be looked at: its host's engine gave no answer, or this request failed.
    NotObserved {
        /// Why, in a few words.
        why: String,
    },
}

/// What was seen of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LogLook {
    /// It was read.
    Read(LogScan),
    /// It was not.
    Unavailable {
        /// Why, in a few words: `log driver none`.
        why: String,
    },
}

/// The part of `/containers/{id}/json` that is judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Inspect {
    /// The container's id: another one after it was created anew.
    pub id: String,
    /// When it was created.
    #[serde(deserialize_with = "instant")]
    pub created: Option<Timestamp>,
    /// How often the engine restarted it, by its restart policy.
    #[serde(deserialize_with = "or_default")]
    pub restart_count: i64,
    /// How it is.
    #[serde(deserialize_with = "or_default")]
    pub state: State,
    /// Limits and policies.
    #[serde(deserialize_with = "or_default")]
    pub host_config: HostConfig,
    /// Its health check and terminal.
    #[serde(deserialize_with = "or_default")]
    pub config: Config,
    /// What it is connected to.
    #[serde(deserialize_with = "or_default")]
    pub network_settings: NetworkSettings,
}

/// What a container is connected to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NetworkSettings {
    /// By the networks' names; none where the engine does not say.
    pub networks: Option<BTreeMap<String, Endpoint>>,
}

/// A container's place in a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    /// Its address; empty while it does not run.
    #[serde(rename = "IPAddress", deserialize_with = "or_default")]
    pub ip_address: String,
}

/// How a container is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct State {
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
    #[serde(deserialize_with = "or_default")]
    pub status: String,
    /// The kernel killed it for memory, now or before its last restart.
    #[serde(rename = "OOMKilled", deserialize_with = "or_default")]
    pub oom_killed: bool,
    /// The exit code of the last time it ended; 0 while it runs.
    #[serde(deserialize_with = "or_default")]
    pub exit_code: i64,
    /// Why the engine could not start it.
    #[serde(deserialize_with = "or_default")]
    pub error: String,
    /// When it was last started.
    #[serde(deserialize_with = "instant")]
    pub started_at: Option<Timestamp>,
    /// When it last ended.
    #[serde(deserialize_with = "instant")]
    pub finished_at: Option<Timestamp>,
    /// What its health check says; none when it has no health check. Stale once it does not run.
    pub health: Option<Health>,
}

/// What a health check says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Health {
    /// `starting`, `healthy`, `unhealthy` or `none`.
    #[serde(deserialize_with = "or_default")]
    pub status: String,
    /// How many checks in a row failed.
    #[serde(deserialize_with = "or_default")]
    pub failing_streak: i64,
    /// The last five, oldest first.
    #[serde(deserialize_with = "or_default")]
    pub log: Vec<HealthCheckResult>,
}

/// One run of a health check.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HealthCheckResult {
    /// When it started.
    #[serde(deserialize_with = "instant")]
    pub start: Option<Timestamp>,
    /// When it was done.
    #[serde(deserialize_with = "instant")]
    pub end: Option<Timestamp>,
    /// 0 is healthy.
    #[serde(deserialize_with = "or_default")]
    pub exit_code: i64,
    /// What it printed, redacted, at most 400 characters.
    #[serde(deserialize_with = "or_default")]
    pub output: String,
}

/// A container's limits and policies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostConfig {
    /// The memory limit in bytes; 0 for none.
    #[serde(deserialize_with = "or_default")]
    pub memory: i64,
    /// The CPU quota in billionths of a CPU; 0 for none.
    #[serde(deserialize_with = "or_default")]
    pub nano_cpus: i64,
    /// The CPU quota in microseconds each `CpuPeriod`; 0 for none.
    #[serde(deserialize_with = "or_default")]
    pub cpu_quota: i64,
    /// The period of `CpuQuota` in microseconds; 0 means 100 000.
    #[serde(deserialize_with = "or_default")]
    pub cpu_period: i64,
    /// What the engine does when it ends.
    #[serde(deserialize_with = "or_default")]
    pub restart_policy: RestartPolicy,
    /// How its log is kept.
    #[serde(deserialize_with = "or_default")]
    pub log_config: LogConfig,
    /// The network that it was created in: `default`, `bridge`, a name, `host`, `none`, `container:<id>`.
    #[serde(deserialize_with = "or_default")]
    pub network_mode: String,
}

/// What the engine does when a container ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RestartPolicy {
    /// `no`, `always`, `unless-stopped` or `on-failure`.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// The most restarts under `on-failure`; 0 for any number.
    #[serde(deserialize_with = "or_default")]
    pub maximum_retry_count: i64,
}

/// How a container's log is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LogConfig {
    /// The log driver: `json-file`, `local`, `journald`, `none`, …
    #[serde(rename = "Type", deserialize_with = "or_default")]
    pub driver: String,
}

/// A container's health check and terminal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Config {
    /// It writes to a terminal: one stream, carriage returns.
    #[serde(deserialize_with = "or_default")]
    pub tty: bool,
    /// Its health check.
    pub healthcheck: Option<Healthcheck>,
}

/// When a health check runs; nanoseconds, 0 for the Engine's default (30 s, 30 s, 0 s, 3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Healthcheck {
    /// Between two checks.
    #[serde(deserialize_with = "or_default")]
    pub interval: i64,
    /// How long one may take.
    #[serde(deserialize_with = "or_default")]
    pub timeout: i64,
    /// How long failures do not count after a start.
    #[serde(deserialize_with = "or_default")]
    pub start_period: i64,
    /// How many failures in a row make it unhealthy.
    #[serde(deserialize_with = "or_default")]
    pub retries: i64,
}

/// The part of `/containers/{id}/stats` that is judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// When it was read.
    #[serde(deserialize_with = "instant")]
    pub read: Option<Timestamp>,
    /// When the sample before was read.
    #[serde(deserialize_with = "instant")]
    pub preread: Option<Timestamp>,
    /// CPU time at `read`.
    #[serde(deserialize_with = "or_default")]
    pub cpu_stats: CpuStats,
    /// CPU time at `preread`.
    #[serde(deserialize_with = "or_default")]
    pub precpu_stats: CpuStats,
    /// Memory.
    #[serde(deserialize_with = "or_default")]
    pub memory_stats: MemoryStats,
}

/// CPU time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CpuStats {
    /// The container's.
    #[serde(deserialize_with = "or_default")]
    pub cpu_usage: CpuUsage,
    /// The host's, in nanoseconds over all CPUs.
    #[serde(deserialize_with = "or_default")]
    pub system_cpu_usage: u64,
    /// How many CPUs the host has.
    #[serde(deserialize_with = "or_default")]
    pub online_cpus: u32,
}

/// A container's CPU time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CpuUsage {
    /// Nanoseconds over all CPUs.
    #[serde(deserialize_with = "or_default")]
    pub total_usage: u64,
}

/// Memory, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryStats {
    /// In use, page cache included.
    #[serde(deserialize_with = "or_default")]
    pub usage: u64,
    /// The limit; the host's memory when it has none.
    #[serde(deserialize_with = "or_default")]
    pub limit: u64,
    /// The kernel's counters: `inactive_file` (cgroup v2) or `total_inactive_file` (v1).
    #[serde(deserialize_with = "or_default")]
    pub stats: BTreeMap<String, serde_json::Value>,
}

/// One event of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The container's name.
    pub container: String,
    /// The container's id.
    pub id: String,
    /// `oom`, `die`, `start`, `kill`, `health_status: unhealthy`, …
    pub action: String,
    /// The exit code of a `die`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// The signal of a `kill`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i64>,
}

impl Inspect {
    /// Whether what is seen would be critical, so that it is looked at again before it counts: the container does not
    /// run, or says itself that it is not well.
    pub fn looks_critical(&self) -> bool {
        let unwell = self.state.health.as_ref().is_some_and(|health| health.status == "unhealthy");
        self.state.status != "running" || unwell
    }
}

impl Event {
    /// Reads one of the Engine's `/events`; none when it is not about a container.
    pub fn from_engine(json: &serde_json::Value) -> Option<Self> {
        let actor = &json["Actor"];
        let attribute = |name: &str| actor["Attributes"][name].as_str();
        let number = |name: &str| attribute(name)?.parse().ok();
        if json["Type"] != "container" {
            return None;
        }
        let at = match json["timeNano"].as_i64() {
            Some(nanos) => Timestamp::from_nanosecond(nanos.into()),
            None => Timestamp::from_second(json["time"].as_i64()?),
        };
        Some(Self {
            at: at.ok()?,
            container: attribute("name")?.to_owned(),
            id: actor["ID"].as_str()?.to_owned(),
            action: json["Action"].as_str()?.to_owned(),
            exit_code: number("exitCode"),
            signal: number("signal"),
        })
    }
}

/// Reads `null` as the default: the Engine writes it where a list or an object is empty.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads the Engine's zero time, `0001-01-01T00:00:00Z`, and anything unreadable as no time.
fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|t| !t.starts_with("0001-")).and_then(|t| t.parse().ok()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_run_or_is_unwell_is_looked_at_again() {
        for (state, critical) in [
            (json!({"Status": "running"}), false),
            (json!({"Status": "running", "Health": {"Status": "healthy"}}), false),
            (json!({"Status": "running", "Health": {"Status": "starting"}}), false),
            (json!({"Status": "running", "Health": {"Status": "unhealthy"}}), true),
            (json!({"Status": "running", "OOMKilled": true}), false),
            (json!({"Status": "exited"}), true),
            (json!({"Status": "paused"}), true),
            (json!({"Status": "restarting"}), true),
            (json!(null), true),
        ] {
            let inspect: Inspect = serde_json::from_value(json!({"State": state})).unwrap();
            assert_eq!(inspect.looks_critical(), critical, "{state}");
        }
    }

    #[test]
    fn reads_the_events_of_containers() {
        let about = |attributes: serde_json::Value| json!({"ID": "ab12", "Attributes": attributes});
        let die = json!({"Type": "container", "Action": "die", "time": 1, "timeNano": 1_500_000_000,
            "Actor": about(json!({"name": "autopar-redis", "exitCode": "137", "image": "redis:7"}))});
        let event = Event::from_engine(&die).unwrap();
        assert_eq!((event.container.as_str(), event.action.as_str()), ("autopar-redis", "die"));
        assert_eq!((event.exit_code, event.signal, event.at.as_millisecond()), (Some(137), None, 1500));
        let kill = json!({"Type": "container", "Action": "kill", "time": 7, "Actor": about(json!({"name": "a", "signal": "9"}))});
        let event = Event::from_engine(&kill).unwrap();
        assert_eq!((event.signal, event.at.as_second()), (Some(9), 7));
        for other in [json!(null), json!({"Type": "network"}), json!({"Type": "container", "Action": "die", "time": 1})]
        {
            assert_eq!(Event::from_engine(&other), None, "{other}");
        }
    }
}
