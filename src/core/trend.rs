//! What earlier runs measured, and so what is usual: for what shows only over several runs.
//!
//! All series share the times of their runs. The newest ten runs stay as they are; of older ones as many as it takes for
//! a day of a dense schedule, or for 30 runs of a sparse one. So a job with a few slots a day is compared with the same
//! time of earlier days, and one that looks every few minutes with the last 24 hours, whatever its schedule is called.

mod usual;

use jiff::{SignedDuration, Timestamp};

pub use self::usual::{Drift, History, Usual};
use super::rules;
use crate::api::{
    Finding, MonitoringJobSpec, Observation, Severity, Window,
    job_status::Series,
    report::{Aspect, Outcome},
};

/// How many series there are, and how many runs they remember.
pub const MAX_SERIES: usize = 24;
const MAX_VALUES: usize = 30;
/// So many of the newest runs stay, however near to each other: `Flaky` counts in them.
const RECENT: usize = 10;
/// Older runs are at least so far apart that the other twenty reach back for a day.
const APART: SignedDuration = SignedDuration::from_mins(72);
/// What a run has in place of a value that it did not measure.
const MISSING: i64 = -1;

/// Attempts that a check took.
pub const ATTEMPTS: &str = "attempts";
/// How long a check's answer took, in milliseconds.
pub const LATENCY: &str = "latencyMs";
/// Records of a log that a pattern of severity `Warning` or worse matched, for each day that was read: windows differ
/// in length.
///
/// Not all records, since their number follows the load, which is no fault; and not all at the level of an error, since
/// every service has harmless ones, which its profile knows.
pub const TROUBLE: &str = "troublePerDay";
/// Memory in use, in percent of the limit.
pub const MEMORY_PERCENT: &str = "memoryPercent";
/// Memory in use where there is no limit, in MiB.
pub const MEMORY_MIB: &str = "memoryMib";
/// CPU in use, in percent of the quota, else of all CPUs.
pub const CPU: &str = "cpuPercent";

/// The id of a series about a check of a website.
pub fn of_check(website: &str, check: &str, value: &str) -> String {
    format!("website/{website}/{check}/{value}")
}

/// The id of a series about a container.
pub fn of_container(name: &str, value: &str) -> String {
    format!("container/{name}/{value}")
}

/// The id of a series about a container's log.
pub fn of_log(name: &str, value: &str) -> String {
    format!("logs/{name}/{value}")
}

/// What a run measured, each with its series; none where it did not. In the order in which they win when there are more
/// than [`MAX_SERIES`]: one sort after the other, so that each subject has one series before any has a second, and
/// within a sort as the spec has them. First what a visitor feels, then what a log says, then memory, which fails late
/// and hard, then CPU.
pub fn measured(
    spec: &MonitoringJobSpec,
    observations: &[Observation],
    findings: &[Finding],
    window: Window,
) -> Vec<(String, Option<i64>)> {
    let value = |aspect: Aspect, subject: &str, check: Option<&str>, name: &str| {
        let seen = observations.iter().filter(|o| o.outcome != Outcome::NotObserved);
        let mut seen = seen.filter(|o| o.aspect == aspect && o.subject == subject && o.check.as_deref() == check);
        seen.find_map(|o| o.values.get(name).copied())
    };
    // How fast an error page comes says nothing about the page.
    let wrong = |website: &str, check: &str| {
        let stem = of_check(website, check, "");
        findings.iter().any(|f| f.severity == Severity::Critical && f.reason != "TooSlow" && f.id.starts_with(&stem))
    };
    let mut measured = Vec::new();
    for name in [ATTEMPTS, LATENCY] {
        measured.extend(rules::checks(spec).map(|(website, check)| {
            let value = value(Aspect::Website, &website.name, Some(check), name);
            let value = value.filter(|_| name == ATTEMPTS || !wrong(&website.name, check));
            (of_check(&website.name, check, name), value)
        }));
    }
    measured.extend(rules::containers(spec).map(|(_, container)| {
        let records = value(Aspect::Logs, &container.name, None, "trouble");
        (of_log(&container.name, TROUBLE), records.map(|records| per_day(records, window)))
    }));
    for name in [MEMORY_PERCENT, MEMORY_MIB, CPU] {
        measured.extend(rules::containers(spec).map(|(_, container)| {
            let value = value(Aspect::Container, &container.name, None, name);
            (of_container(&container.name, name), value)
        }));
    }
    measured
}

/// So many in `window`, for a day.
pub fn per_day(count: i64, window: Window) -> i64 {
    scale(count, 24 * 3600, seconds(window))
}

/// So many a day, for `window`.
pub fn within(per_day: i64, window: Window) -> i64 {
    scale(per_day, seconds(window), 24 * 3600)
}

fn seconds(window: Window) -> i64 {
    window.until.duration_since(window.since).as_secs().max(1)
}

fn scale(value: i64, times: i64, of: i64) -> i64 {
    let (value, times, of) = (i128::from(value), i128::from(times), i128::from(of));
    i64::try_from((value * times + of / 2) / of).unwrap_or(i64::MAX)
}

/// What the run before measured; none where it did not.
pub fn last(trends: &[Series], id: &str) -> Option<i64> {
    let series = trends.iter().find(|series| series.id == id)?;
    series.values.last().copied().filter(|value| *value > MISSING)
}

/// Adds what the run at `at` measured. A series whose thing is gone from the spec is dropped, and so is one in which
/// nothing was measured, or no more than one attempt.
pub fn remember(
    times: &mut Vec<Timestamp>,
    trends: &mut Vec<Series>,
    measured: Vec<(String, Option<i64>)>,
    at: Timestamp,
) {
    let known = times.len();
    let mut before = std::mem::take(trends);
    for (id, value) in measured {
        let series = before.iter_mut().find(|s| s.id == id).map(|s| std::mem::take(&mut s.values));
        let mut values = series.unwrap_or_default();
        // Values without a time are from before times were remembered.
        values.drain(..values.len().saturating_sub(known));
        values.push(value.unwrap_or(MISSING));
        trends.push(Series { id, values });
    }
    times.push(Timestamp::from_second(at.as_second()).unwrap_or(at));
    let older = times.len().saturating_sub(RECENT + 1);
    if older > 0 && times[older].duration_since(times[older - 1]) < APART {
        forget(times, trends, older);
    }
    while times.len() > MAX_VALUES {
        forget(times, trends, 0);
    }
    for series in trends.iter_mut() {
        let unknown = series.values.iter().take_while(|value| **value == MISSING).count();
        series.values.drain(..unknown);
    }
    trends.retain(|series| {
        let dull = if series.id.ends_with(ATTEMPTS) { 1 } else { MISSING };
        series.values.iter().any(|value| *value > dull)
    });
    trends.truncate(MAX_SERIES);
}

/// Forgets the run at this place of `times`.
fn forget(times: &mut Vec<Timestamp>, trends: &mut [Series], place: usize) {
    let newer = times.len() - place;
    times.remove(place);
    for series in trends {
        if let Some(at) = series.values.len().checked_sub(newer) {
            series.values.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fixtures::{all_well, at, spec, window};

    /// What is remembered after runs at these minutes, of one series that measured the minute.
    fn after(minutes: impl IntoIterator<Item = i64>) -> (Vec<Timestamp>, Vec<Series>) {
        let (mut times, mut trends) = (Vec::new(), Vec::new());
        for minute in minutes {
            remember(&mut times, &mut trends, vec![("a/latencyMs".into(), Some(minute))], at(minute));
            assert!(times.len() <= MAX_VALUES && trends[0].values.len() == times.len());
        }
        (times, trends)
    }

    #[test]
    fn a_dense_schedule_remembers_ten_runs_and_a_day() {
        for every in [1, 5, 15, 60] {
            let runs = 3 * 24 * 60 / every;
            let (times, trends) = after((0..runs).map(|run| run * every));
            let last = (runs - 1) * every;
            assert_eq!(
                trends[0].values[times.len() - RECENT..],
                *(0..10).map(|n| last - (9 - n) * every).collect::<Vec<_>>()
            );
            let reach = at(last).duration_since(times[0]);
            assert!(reach >= SignedDuration::from_hours(23), "every {every} min: {reach}");
            let aligned = trends[0].values.iter().zip(&times).all(|(minute, time)| at(*minute) == *time);
            assert!(aligned, "every {every} min");
        }
    }

    #[test]
    fn a_sparse_schedule_remembers_thirty_runs() {
        let (times, _) = after((0..100).map(|run| run * 8 * 60));
        assert_eq!((times.len(), times[0]), (30, at(70 * 8 * 60)));
    }

    #[test]
    fn what_was_not_measured_is_not_zero() {
        let (mut times, mut trends) = (Vec::new(), Vec::new());
        for (minute, value) in [(0, None), (600, Some(5)), (1200, None), (1800, Some(0))] {
            remember(&mut times, &mut trends, vec![("a".into(), value), ("b".into(), None)], at(minute));
        }
        assert_eq!(trends, [Series { id: "a".into(), values: vec![5, MISSING, 0] }], "no series without a value");
        assert_eq!((last(&trends, "a"), last(&trends, "b")), (Some(0), None));
        remember(&mut times, &mut trends, vec![("a".into(), None)], at(2400));
        assert_eq!(last(&trends, "a"), None);
    }

    #[test]
    fn values_of_a_status_without_times_are_not_taken_for_others() {
        let (mut times, mut trends) = (Vec::new(), vec![Series { id: "a".into(), values: vec![7; 30] }]);
        remember(&mut times, &mut trends, vec![("a".into(), Some(1))], at(0));
        assert_eq!((times.len(), &trends[0].values[..]), (1, &[1][..]));
    }

    #[test]
    fn attempts_are_remembered_while_one_failed() {
        let (mut times, mut trends) = (Vec::new(), Vec::new());
        for run in 0..40 {
            let attempts = if run == 5 { 2 } else { 1 };
            remember(&mut times, &mut trends, vec![("w/c/attempts".into(), Some(attempts))], at(run * 600));
            assert_eq!(!trends.is_empty(), (5..35).contains(&run), "{run}");
        }
    }

    #[test]
    fn what_comes_first_wins_when_there_are_more_series_than_fit() {
        let mut spec = spec();
        let mut seen = all_well();
        for n in 0..20 {
            let mut container = spec.docker_hosts[0].containers[2].clone();
            container.name = format!("worker-{n}");
            spec.docker_hosts[0].containers.push(container);
            let mut look = seen.containers[2].clone();
            look.name = format!("worker-{n}");
            seen.containers.push(look);
        }
        let report = crate::core::report::report(&spec, &seen, &crate::core::previous::Previous::default(), window());
        let mut observations = report.observations;
        for observation in observations.iter_mut().filter(|o| o.aspect == Aspect::Container) {
            observation.values.extend([(CPU.to_owned(), 1), (MEMORY_PERCENT.to_owned(), 40)]);
        }
        let (mut times, mut trends) = (Vec::new(), Vec::new());
        remember(&mut times, &mut trends, measured(&spec, &observations, &[], window()), at(15));
        let ids: Vec<&str> = trends.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(
            (ids.len(), ids[0], ids[1]),
            (24, "website/staging/home/latencyMs", "logs/autopar-redis/troublePerDay")
        );
        assert_eq!(ids[23], "logs/worker-19/troublePerDay");
        // What left the spec makes room.
        spec.docker_hosts[0].containers.truncate(3);
        remember(&mut times, &mut trends, measured(&spec, &observations, &[], window()), at(16));
        let ids: Vec<&str> = trends.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(
            (ids.len(), ids[4], ids[7]),
            (10, "container/autopar-redis/memoryPercent", "container/autopar-redis/cpuPercent")
        );
    }

    #[test]
    fn counts_of_windows_that_differ_in_length_compare() {
        let hours = |n: i64| Window { since: at(-60 * n), until: at(0) };
        assert_eq!((per_day(3, hours(16)), per_day(1, hours(7))), (5, 3));
        assert_eq!(within(per_day(48, hours(16)), hours(8)), 24);
        assert_eq!(per_day(5, hours(0)), 5 * 86_400);
    }
}
