//! What is not as it usually is: a log with more trouble than usual, and what drifts. Quiet until enough is known, and
//! where another finding says already what is wrong.

use jiff::SignedDuration;

use super::{container, finding, logs};
use crate::{
    api::{
        Finding, FindingState, Kind, MonitoringJobSpec, Severity, Window,
        job::{Container, Website},
    },
    core::{
        observation::{
            CheckObservation, Observations,
            docker::{ContainerLook, Inspect, LogLook},
            logs::LogScan,
            website::AttemptResult,
        },
        previous::Previous,
        redact::cut,
        trend::{self, Drift, History, Usual},
    },
};

/// The reasons of what is only not as usual: nobody sees the end of it, since in time it becomes what is usual.
pub const REASONS: [&str; 4] = ["Burst", "LatencyDrift", "CpuDrift", "MemoryDrift"];

/// What it takes for a [`REASONS`] of a log: more than three times the usual, and so many records in the window.
const BURST_PERCENT: i64 = 300;
const BURST_RECORDS: u64 = 20;
/// A quarter of a second is what a visitor begins to feel.
const LATENCY: Drift = Drift { percent: 200, growth: 250 };
/// In percent of the quota, or of all CPUs: a sample is short, and so scatters.
const CPU: Drift = Drift { percent: 200, growth: 30 };
/// In percent of the limit, and in MiB.
const MEMORY_PERCENT: Drift = Drift { percent: 150, growth: 20 };
const MEMORY_MIB: Drift = Drift { percent: 150, growth: 256 };
/// What a process does while it starts is not what it does.
const START: SignedDuration = SignedDuration::from_mins(10);

/// What is not as usual, in the spec's order; `found` is what the other rules found.
pub fn judge(
    spec: &MonitoringJobSpec,
    seen: &Observations,
    previous: &Previous,
    window: Window,
    found: &[Finding],
) -> Vec<Finding> {
    let history = History::new(spec, &previous.trend_times, &previous.trends, window.until);
    let case = Case { history, previous, window, found };
    let mut findings = Vec::new();
    for (website, check) in super::checks(spec) {
        let looked = seen.checks.iter().find(|c| c.website == website.name && c.check == check);
        findings.extend(looked.and_then(|looked| case.latency(website, looked)));
    }
    for (_, container) in super::containers(spec) {
        let looked = seen.containers.iter().find(|c| c.name == container.name);
        if let Some(ContainerLook::Seen { inspect, stats, logs }) = looked.map(|looked| &looked.look) {
            if let Some(stats) = stats.as_ref().filter(|_| inspect.state.status == "running") {
                let cpu = container::cpu_percent(inspect, stats);
                findings.extend(cpu.and_then(|percent| case.cpu(container, inspect, percent)));
                findings.extend(case.memory(container, inspect, container::memory(inspect, stats)));
            }
            if let LogLook::Read(scan) = logs {
                findings.extend(case.burst(container, scan));
            }
        }
    }
    findings
}

struct Case<'a> {
    history: History<'a>,
    previous: &'a Previous,
    window: Window,
    found: &'a [Finding],
}

impl Case<'_> {
    fn latency(&self, website: &Website, looked: &CheckObservation) -> Option<Finding> {
        let id = |reason: &str| trend::of_check(&website.name, &looked.check, reason);
        let last = looked.attempts.last().filter(|last| matches!(last.result, AttemptResult::Answered(_)))?;
        // What is wrong with the answer is told, and that it is slow.
        let stem = id("");
        let told = |f: &Finding| f.id.starts_with(&stem) && (f.severity == Severity::Critical || f.reason == "Slow");
        if self.found.iter().any(told) {
            return None;
        }
        let took = last.phases.total_ms;
        let usual = self.history.usual(&id(trend::LATENCY)).filter(|usual| usual.has_drifted_to(took, LATENCY))?;
        let message = format!(
            "GET {} took {took} ms, usually {} ms{}",
            cut(&looked.path, super::website::PATH_CHARS),
            usual.value,
            usual.when()
        );
        let severity = self.severity(&id("LatencyDrift"), usual.had_drifted(LATENCY));
        Some(Finding {
            first_seen: Some(last.at),
            last_seen: Some(last.at),
            advice: Some("look at what changed, and at the load of what answers it".to_owned()),
            ..finding(id("LatencyDrift"), Kind::Event, severity, &website.name, message)
        })
    }

    fn cpu(&self, container: &Container, inspect: &Inspect, percent: i64) -> Option<Finding> {
        let starting = inspect.state.started_at.is_some_and(|at| self.window.until.duration_since(at) < START);
        if starting || self.is_found(container, "HighCpu") {
            return None;
        }
        let usual = self.usual(container, trend::CPU).filter(|usual| usual.has_drifted_to(percent, CPU))?;
        let of = container::cpu_of(inspect);
        let message = format!("uses {percent} % of {of}, usually {} %{}", usual.value, usual.when());
        Some(self.drift(container, "CpuDrift", usual.had_drifted(CPU), message))
    }

    fn memory(&self, container: &Container, inspect: &Inspect, used: Option<container::Memory>) -> Option<Finding> {
        if self.is_found(container, "HighMemory") {
            return None;
        }
        let (series, drift, now, unit, of) = match used? {
            container::Memory::Percent(now) => (trend::MEMORY_PERCENT, MEMORY_PERCENT, now, "%", "its memory limit"),
            container::Memory::Mib(now) => (trend::MEMORY_MIB, MEMORY_MIB, now, "MiB", "memory"),
        };
        let started = inspect.state.started_at.unwrap_or(jiff::Timestamp::MAX);
        let id = trend::of_container(&container.name, series);
        if let Some((from, span)) = self.history.growth(&id, started, now, drift) {
            let span = match span.as_hours() {
                hours @ ..48 => format!("{hours} h"),
                hours => format!("{} days", hours / 24),
            };
            let message = format!("uses {now} {unit} of {of}, steadily more: {from} {unit} {span} ago");
            return Some(self.drift(container, "MemoryDrift", false, message));
        }
        let usual = self.history.usual(&id).filter(|usual| usual.has_drifted_to(now, drift))?;
        let message = format!("uses {now} {unit} of {of}, usually {} {unit}{}", usual.value, usual.when());
        Some(self.drift(container, "MemoryDrift", usual.had_drifted(drift), message))
    }

    /// A pattern that the run before did not find is news by itself: what it counts is said there.
    fn burst(&self, container: &Container, scan: &LogScan) -> Option<Finding> {
        let known = |id: &str| self.is_known(&trend::of_log(&container.name, id));
        let is_new = |id: &str| self.found.iter().any(|f| f.id == trend::of_log(&container.name, id)) && !known(id);
        let trouble = || scan.matches.iter().filter(|m| m.severity > Severity::Info && !is_new(&m.id));
        let records: u64 = trouble().map(|m| m.count).sum();
        let usual = self.usual_log(container)?;
        let rate = trend::per_day(i64::try_from(records).unwrap_or(i64::MAX), self.window);
        if records < BURST_RECORDS || !usual.is_exceeded_by(rate, BURST_PERCENT) {
            return None;
        }
        let usually = trend::within(usual.value, self.window);
        let most = trouble().max_by_key(|m| m.count).filter(|_| trouble().nth(1).is_some());
        let most = most.map_or_else(String::new, |m| format!(", {} of them {}", m.count, m.id));
        let message = format!("more trouble than usual ({records} records, usually {usually}{}){most}", usual.when());
        let evidence = trouble().max_by_key(|m| m.count).map(logs::evidence).unwrap_or_default();
        Some(Finding {
            count: i64::try_from(records).unwrap_or(i64::MAX),
            first_seen: trouble().filter_map(|m| m.first).min(),
            last_seen: trouble().filter_map(|m| m.last).max(),
            advice: Some("look at what changed: the same records came before, and fewer".to_owned()),
            evidence,
            ..finding(trend::of_log(&container.name, "Burst"), Kind::Event, Severity::Warning, &container.name, message)
        })
    }

    fn usual(&self, container: &Container, series: &str) -> Option<Usual> {
        self.history.usual(&trend::of_container(&container.name, series))
    }

    fn usual_log(&self, container: &Container) -> Option<Usual> {
        self.history.usual(&trend::of_log(&container.name, trend::TROUBLE))
    }

    fn drift(&self, container: &Container, reason: &str, again: bool, message: String) -> Finding {
        let id = trend::of_container(&container.name, reason);
        let severity = self.severity(&id, again);
        Finding {
            first_seen: Some(self.window.until),
            last_seen: Some(self.window.until),
            advice: Some("look at what changed, and at its load".to_owned()),
            ..finding(id, Kind::Event, severity, &container.name, message)
        }
    }

    /// One measurement says little, and is merely worth knowing; two that agree warn.
    fn severity(&self, id: &str, again: bool) -> Severity {
        if again || self.is_known(id) { Severity::Warning } else { Severity::Info }
    }

    fn is_known(&self, id: &str) -> bool {
        self.previous.findings.iter().any(|f| f.id == id && f.state != FindingState::Resolved)
    }

    fn is_found(&self, container: &Container, reason: &str) -> bool {
        let id = trend::of_container(&container.name, reason);
        self.found.iter().any(|f| f.id == id)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        api::job_status::FindingSummary,
        core::{
            fixtures::{all_well, at, inspect, look_of, spec, window, write_log},
            rules,
        },
    };

    /// A run knows of twelve days at this time on which this was measured.
    fn twelve_days(series: &[(&str, i64)]) -> Previous {
        let mut previous = Previous::default();
        for day in 0..12 {
            let measured = series.iter().map(|(id, value)| ((*id).to_owned(), Some(*value + day % 2))).collect();
            trend::remember(&mut previous.trend_times, &mut previous.trends, measured, at(15 - 1440 * (12 - day)));
        }
        previous
    }

    fn told(previous: &mut Previous, findings: &[Finding]) {
        previous.findings = findings.iter().map(FindingSummary::from).collect();
    }

    fn found(seen: &Observations, previous: &Previous) -> Vec<Finding> {
        rules::judge(&spec(), seen, previous, window())
    }

    fn said(findings: &[Finding]) -> Vec<(&str, Severity, &str)> {
        findings.iter().map(|f| (f.id.as_str(), f.severity, f.message.as_str())).collect()
    }

    fn answered_in(ms: i64) -> Observations {
        let mut seen = all_well();
        seen.checks[0].attempts[0].phases.total_ms = ms;
        seen
    }

    /// Redis as its engine measures it: CPU percent of two CPUs, MiB in use, and what else is so.
    fn redis(cpu: u64, mib: u64, change: &Value) -> Observations {
        let mut seen = all_well();
        let ContainerLook::Seen { inspect: looked, stats, .. } = look_of(&mut seen, "autopar-redis") else { panic!() };
        *looked = inspect(change);
        *stats = serde_json::from_value(json!({
            "read": at(14), "preread": at(14),
            "cpu_stats": {"cpu_usage": {"total_usage": cpu}, "system_cpu_usage": 200, "online_cpus": 2},
            "precpu_stats": {"cpu_usage": {"total_usage": 0}, "system_cpu_usage": 100},
            "memory_stats": {"usage": mib << 20},
        }))
        .unwrap();
        seen
    }

    fn errors(count: usize) -> Observations {
        let mut seen = all_well();
        write_log(&mut seen, &spec(), "autopar-worker", &vec![(1, "ERROR cannot read mail 7"); count]);
        seen
    }

    #[test]
    fn a_slower_answer_is_known_at_once_and_warns_when_it_stays() {
        let mut previous = twelve_days(&[("website/staging/home/latencyMs", 84)]);
        assert_eq!(found(&answered_in(330), &previous), [], "a quarter of a second");
        let first = found(&answered_in(900), &previous);
        let id = "website/staging/home/LatencyDrift";
        let message = "GET / took 900 ms, usually 84 ms at this time";
        assert_eq!(said(&first), [(id, Severity::Info, message)]);
        told(&mut previous, &first);
        assert_eq!(said(&found(&answered_in(900), &previous)), [(id, Severity::Warning, message)]);
        assert_eq!(found(&answered_in(90), &previous), []);
        // Quiet without history, and where the site is not right anyway.
        assert_eq!(found(&answered_in(900), &Previous::default()), []);
        let mut broken = answered_in(900);
        let AttemptResult::Answered(answer) = &mut broken.checks[0].attempts[0].result else { panic!() };
        answer.status = 502;
        assert_eq!(found(&broken, &previous).len(), 1);
    }

    #[test]
    fn load_drifts() {
        let none = json!({"HostConfig": {"Memory": 0}});
        let series = [("container/autopar-redis/cpuPercent", 12), ("container/autopar-redis/memoryMib", 300)];
        let previous = twelve_days(&series);
        assert_eq!(found(&redis(40, 540, &none), &previous), []);
        assert_eq!(
            said(&found(&redis(74, 900, &none), &previous)),
            [
                (
                    "container/autopar-redis/CpuDrift",
                    Severity::Info,
                    "uses 74 % of all CPUs, usually 12 % at this time"
                ),
                (
                    "container/autopar-redis/MemoryDrift",
                    Severity::Info,
                    "uses 900 MiB of memory, usually 300 MiB at this time"
                ),
            ]
        );
        // A container that has just started is busy with that.
        let started = json!({"HostConfig": {"Memory": 0}, "Created": at(10), "State": {"StartedAt": at(10)}});
        assert_eq!(found(&redis(74, 300, &started), &previous), []);
        // What is high is told as high, and not again as more than usual.
        let high = found(&redis(10, 230, &json!({})), &twelve_days(&[("container/autopar-redis/memoryPercent", 20)]));
        assert_eq!(high.iter().map(|f| f.reason.as_str()).collect::<Vec<_>>(), ["HighMemory"]);
    }

    #[test]
    fn a_leak_is_told_before_it_reaches_the_limit() {
        let mut previous = Previous::default();
        for day in 0..12 {
            let measured = vec![("container/autopar-redis/memoryPercent".to_owned(), Some(25 + 4 * day))];
            trend::remember(&mut previous.trend_times, &mut previous.trends, measured, at(15 - 1440 * (12 - day)));
        }
        let up = json!({"Created": at(-30_000), "State": {"StartedAt": at(-30_000)}});
        let leak = found(&redis(1, 190, &up), &previous);
        assert_eq!(
            said(&leak),
            [(
                "container/autopar-redis/MemoryDrift",
                Severity::Info,
                "uses 74 % of its memory limit, steadily more: 29 % 11 days ago"
            )]
        );
        let restarted = json!({"Created": at(-5000), "State": {"StartedAt": at(-5000)}});
        assert_eq!(found(&redis(1, 190, &restarted), &previous), []);
    }

    #[test]
    fn more_trouble_than_usual_is_a_burst() {
        let usual = |per_window: i64| {
            let mut previous =
                twelve_days(&[("logs/autopar-worker/troublePerDay", trend::per_day(per_window, window()))]);
            // The same errors as every day: they are known.
            told(&mut previous, &found(&errors(1), &Previous::default()));
            previous
        };
        let burst =
            |seen: &Observations, previous: &Previous| found(seen, previous).into_iter().find(|f| f.reason == "Burst");
        let told = burst(&errors(214), &usual(3)).unwrap();
        assert_eq!(
            (told.id.as_str(), told.severity, told.count),
            ("logs/autopar-worker/Burst", Severity::Warning, 214)
        );
        assert_eq!(told.message, "more trouble than usual (214 records, usually 3 at this time)");
        assert_eq!(burst(&errors(19), &usual(0)), None, "fewer than twenty");
        assert_eq!(burst(&errors(60), &usual(20)), None, "not more than three times the usual");
        assert!(burst(&errors(62), &usual(20)).is_some());
        // What nobody knew is news, and says itself how often it came.
        let unknown = Previous { findings: vec![], ..usual(3) };
        assert_eq!(
            found(&errors(214), &unknown).iter().map(|f| f.reason.as_str()).collect::<Vec<_>>(),
            ["error-records"]
        );
        // A busy log is not a bad one.
        let mut busy = all_well();
        write_log(&mut busy, &spec(), "autopar-worker", &vec![(1, "INFO job done"); 5000]);
        assert_eq!(found(&busy, &usual(3)), []);
    }

    #[test]
    fn a_burst_takes_eight_values() {
        let mut previous = Previous::default();
        for run in 0..8 {
            told(&mut previous, &found(&errors(2), &Previous::default()));
            assert!(found(&errors(200), &previous).iter().all(|f| f.reason != "Burst"), "{run}");
            let measured = vec![("logs/autopar-worker/troublePerDay".to_owned(), Some(40))];
            let at: Timestamp = at(15 - 5 * (8 - run));
            trend::remember(&mut previous.trend_times, &mut previous.trends, measured, at);
        }
        let message = &found(&errors(200), &previous).into_iter().find(|f| f.reason == "Burst").unwrap().message;
        assert_eq!(message, "more trouble than usual (200 records, usually 2)");
    }
}
