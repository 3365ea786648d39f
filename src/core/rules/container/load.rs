//! CPU and memory of a container against its thresholds.

use jiff::SignedDuration;

use super::Case;
use crate::{
    api::{
        Finding, FindingState, Severity,
        job::{Container, Percent},
    },
    core::{
        observation::docker::{HostConfig, Inspect, Stats},
        previous::Previous,
        trend,
    },
};

/// A sample over less than this says little; two runs that agree do.
const LONG_ENOUGH: SignedDuration = SignedDuration::from_secs(10);
const CPU: i64 = 90;
const MEMORY: (i64, i64) = (85, 95);
/// So much less than its threshold is clearly less, in percent of the limit.
const MARGIN: i64 = 5;

/// Memory in use without inactive file pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// In percent of the limit.
    Percent(i64),
    /// In MiB, where there is no limit.
    Mib(i64),
}

/// Memory in use; none when it was not measured.
pub fn memory(inspect: &Inspect, stats: &Stats) -> Option<Memory> {
    let memory = &stats.memory_stats;
    let inactive =
        ["inactive_file", "total_inactive_file"].iter().filter_map(|key| memory.stats.get(*key)?.as_u64()).max();
    let used = memory.usage.saturating_sub(inactive.unwrap_or(0));
    let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let limit = u64::try_from(inspect.host_config.memory).ok().filter(|limit| *limit > 0);
    (memory.usage > 0).then(|| match limit {
        Some(limit) => Memory::Percent(whole(used.saturating_mul(100) / limit)),
        None => Memory::Mib(whole(used >> 20)),
    })
}

/// CPU time between the two samples, in percent of the quota, else of all CPUs.
pub fn cpu_percent(inspect: &Inspect, stats: &Stats) -> Option<i64> {
    let spent = stats.cpu_stats.cpu_usage.total_usage.checked_sub(stats.precpu_stats.cpu_usage.total_usage)?;
    let all =
        stats.cpu_stats.system_cpu_usage.checked_sub(stats.precpu_stats.system_cpu_usage).filter(|all| *all > 0)?;
    if stats.precpu_stats.system_cpu_usage == 0 {
        return None;
    }
    let cpus = u128::from(stats.cpu_stats.online_cpus.max(1));
    // In thousandths of a CPU: what it may take, and what there is.
    let quota = quota(&inspect.host_config).map_or(cpus * 1000, u128::from);
    let percent = u128::from(spent) * cpus * 100_000 / (u128::from(all) * quota.max(1));
    i64::try_from(percent).ok()
}

/// What [`cpu_percent`] is a share of.
pub fn cpu_of(inspect: &Inspect) -> &'static str {
    if quota(&inspect.host_config).is_some() { "its CPU quota" } else { "all CPUs" }
}

/// What a container may take, in thousandths of a CPU.
fn quota(config: &HostConfig) -> Option<u64> {
    if config.nano_cpus > 0 {
        return u64::try_from(config.nano_cpus / 1_000_000).ok();
    }
    let period = if config.cpu_period > 0 { config.cpu_period } else { 100_000 };
    (config.cpu_quota > 0).then(|| u64::try_from(config.cpu_quota.saturating_mul(1000) / period).ok())?
}

/// Whether a sample, however short, shows use of CPU that a longer one could confirm as `HighCpu`.
pub fn cpu_looks_high(container: &Container, inspect: &Inspect, stats: &Stats) -> bool {
    let (warning, critical) = thresholds(container.cpu_percent.as_ref(), CPU, None);
    cpu_percent(inspect, stats).is_some_and(|percent| severity(percent, warning, critical).is_some())
}

/// What was found stays until it is clearly less than its threshold, so that memory about there does not come and go.
pub(super) fn high_memory(case: &Case<'_>, stats: &Stats, previous: &Previous) -> Option<Finding> {
    let Some(Memory::Percent(percent)) = memory(case.inspect, stats) else { return None };
    let id = trend::of_container(&case.container.name, "HighMemory");
    let before = previous.findings.iter().find(|f| f.id == id && f.state != FindingState::Resolved).map(|f| f.severity);
    let held = |severity, limit: i64| if before >= Some(severity) { limit - MARGIN } else { limit };
    let (warning, critical) = thresholds(case.container.memory_percent.as_ref(), MEMORY.0, Some(MEMORY.1));
    let warning = held(Severity::Warning, warning);
    let critical = critical.map(|critical| held(Severity::Critical, critical));
    let severity = severity(percent, warning, critical)?;
    let message =
        format!("uses {percent} % of its memory limit of {} MiB", case.inspect.host_config.memory / (1 << 20));
    Some(Finding { advice: Some(super::OOM_ADVICE.to_owned()), ..case.state("HighMemory", severity, message) })
}

pub(super) fn high_cpu(case: &Case<'_>, stats: &Stats, previous: &Previous) -> Option<Finding> {
    let percent = cpu_percent(case.inspect, stats)?;
    let (warning, critical) = thresholds(case.container.cpu_percent.as_ref(), CPU, None);
    let before = trend::last(&previous.trends, &trend::of_container(&case.container.name, trend::CPU));
    let sample = stats.read.zip(stats.preread).map(|(read, before)| read.duration_since(before));
    let (percent, over) = match (sample, before) {
        (Some(sample), _) if sample >= LONG_ENOUGH => (percent, format!("over {} s", sample.as_secs())),
        (_, Some(before)) => (percent.min(before), "over two runs".to_owned()),
        _ => return None,
    };
    let severity = severity(percent, warning, critical)?;
    let of = cpu_of(case.inspect);
    Some(case.state("HighCpu", severity, format!("uses {percent} % of {of} {over}")))
}

/// From how many percent on `HighCpu` or `HighMemory` warns and is critical; none of another reason.
pub fn thresholds_of(container: &Container, reason: &str) -> Option<(i64, Option<i64>)> {
    match reason {
        "HighCpu" => Some(thresholds(container.cpu_percent.as_ref(), CPU, None)),
        "HighMemory" => Some(thresholds(container.memory_percent.as_ref(), MEMORY.0, Some(MEMORY.1))),
        _ => None,
    }
}

fn thresholds(set: Option<&Percent>, warning: i64, critical: Option<i64>) -> (i64, Option<i64>) {
    let set_warning = set.and_then(|p| p.warning).map(i64::from);
    let critical = set.and_then(|p| p.critical).map(i64::from).or(critical);
    (set_warning.unwrap_or(warning), critical)
}

fn severity(percent: i64, warning: i64, critical: Option<i64>) -> Option<Severity> {
    if critical.is_some_and(|critical| percent >= critical) {
        Some(Severity::Critical)
    } else {
        (percent >= warning).then_some(Severity::Warning)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        api::job_status::Series,
        core::{
            fixtures::{all_well, inspect, look_of, spec, window},
            observation::docker::ContainerLook,
            rules,
        },
    };

    fn stats(value: &Value) -> Stats {
        serde_json::from_value(value.clone()).unwrap()
    }

    /// What `autopar-redis` does to its host of two CPUs over this many seconds.
    fn busy(seconds: u64, cpu_seconds: u64) -> Stats {
        let second = 1_000_000_000;
        stats(&json!({
            "read": format!("2026-11-24T03:01:{seconds:02}Z"), "preread": "2026-11-24T03:01:00Z",
            "cpu_stats": {"cpu_usage": {"total_usage": cpu_seconds * second}, "system_cpu_usage": second + seconds * 2 * second, "online_cpus": 2},
            "precpu_stats": {"cpu_usage": {"total_usage": 0}, "system_cpu_usage": second},
        }))
    }

    fn found(stats: Stats, limits: &Value, previous: &Previous) -> Vec<(String, Severity, String)> {
        let mut observations = all_well();
        let ContainerLook::Seen { inspect: looked, stats: measured, .. } = look_of(&mut observations, "autopar-redis")
        else {
            panic!()
        };
        *looked = inspect(&json!({"HostConfig": limits}));
        *measured = Some(stats);
        let findings = rules::judge(&spec(), &observations, previous, window());
        findings.into_iter().map(|f| (f.reason, f.severity, f.message)).collect()
    }

    #[test]
    fn memory_is_without_pages_that_can_go_and_of_the_limit() {
        let memory = |used: u64, inactive: &str| {
            stats(&json!({"memory_stats": {"usage": used, "stats": {inactive: 1 << 20}, "limit": 1_u64 << 40}}))
        };
        let mib = |n: u64| n << 20;
        let none = Previous::default();
        assert_eq!(found(memory(mib(218), "inactive_file"), &json!({}), &none), []);
        assert_eq!(found(memory(mib(219), "total_inactive_file"), &json!({}), &none)[0].1, Severity::Warning);
        let high = found(memory(mib(250), "inactive_file"), &json!({}), &none);
        assert_eq!(
            high,
            [("HighMemory".to_owned(), Severity::Critical, "uses 97 % of its memory limit of 256 MiB".to_owned())]
        );
        assert_eq!(found(memory(mib(250), "inactive_file"), &json!({"Memory": 0}), &none), []);
    }

    #[test]
    fn cpu_is_of_the_quota_over_ten_seconds_or_two_runs() {
        let none = Previous::default();
        assert_eq!(found(busy(10, 20), &json!({}), &none)[0].2, "uses 100 % of all CPUs over 10 s");
        assert_eq!(found(busy(10, 10), &json!({}), &none), []);
        assert_eq!(
            found(busy(10, 10), &json!({"NanoCpus": 1_000_000_000_i64}), &none)[0].2,
            "uses 100 % of its CPU quota over 10 s"
        );
        assert_eq!(found(busy(10, 5), &json!({"CpuQuota": 50_000, "CpuPeriod": 100_000}), &none).len(), 1);
        // Two seconds say little by themselves.
        assert_eq!(found(busy(2, 4), &json!({}), &none), []);
        let before = |percent| Previous {
            trends: vec![Series { id: trend::of_container("autopar-redis", trend::CPU), values: vec![10, percent] }],
            ..Previous::default()
        };
        assert_eq!(found(busy(2, 4), &json!({}), &before(95))[0].2, "uses 95 % of all CPUs over two runs");
        assert_eq!(found(busy(2, 4), &json!({}), &before(50)), []);
    }
}
