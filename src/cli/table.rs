//! Tables as kubectl prints them: the same columns, ages and blanks, so that both read alike.

use jiff::Timestamp;

use crate::{
    api::{MonitoringJob, MonitoringRun},
    core::condition,
};

/// How long ago, as kubectl writes it: `45s`, `3m20s`, `12m`, `5h10m`, `30h`, `5d`.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let secs = now.duration_since(then).as_secs().max(0);
    let (mins, hours, days) = (secs / 60, secs / 3600, secs / 86_400);
    let two = |whole: i64, unit: &str, rest: i64, small: &str| {
        if rest == 0 { format!("{whole}{unit}") } else { format!("{whole}{unit}{rest}{small}") }
    };
    match secs {
        0..120 => format!("{secs}s"),
        120..600 => two(mins, "m", secs % 60, "s"),
        600..10_800 => format!("{mins}m"),
        10_800..28_800 => two(hours, "h", mins % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, "d", hours % 24, "h"),
        _ => format!("{days}d"),
    }
}

/// The columns that only a wide table has.
const WIDE: [&str; 2] = ["CAUSE", "WHY"];

/// What `kubectl get monitoringjobs` prints; `wide`: with `-o wide`.
pub fn jobs(jobs: &[MonitoringJob], wide: bool, now: Timestamp) -> String {
    let head = ["NAME", "READY", "VERDICT", "SCHEDULE", "LAST RUN", "NEXT RUN", "FINDINGS", "CAUSE", "AGE"];
    let row = |job: &MonitoringJob| {
        let status = job.status.as_ref();
        let ready = status.map(|s| &s.conditions).and_then(|all| {
            all.iter()
                .find(|c| c.type_ == "Ready")
                .map(|_| if condition::holds(all, "Ready") { "True" } else { "False" })
        });
        let last = status.and_then(|s| s.last_run.as_ref()).and_then(|r| r.completion_time);
        [
            job.metadata.name.clone().unwrap_or_default(),
            ready.unwrap_or_default().to_owned(),
            status.and_then(|s| s.verdict).map(|v| v.as_str().to_owned()).unwrap_or_default(),
            status.and_then(|s| s.schedule.clone()).unwrap_or_default(),
            last.map(|then| age(then, now)).unwrap_or_default(),
            status.and_then(|s| s.next_run_time.clone()).unwrap_or_default(),
            status.and_then(|s| s.finding_count).map(|n| n.to_string()).unwrap_or_default(),
            status.and_then(|s| s.probable_cause.clone()).unwrap_or_default(),
            job.metadata.creation_timestamp.as_ref().map(|t| age(t.0, now)).unwrap_or_default(),
        ]
    };
    print(head, wide, jobs.iter().map(row))
}

/// What `kubectl get monitoringruns` prints; `wide`: with `-o wide`.
pub fn runs(runs: &[MonitoringRun], wide: bool, now: Timestamp) -> String {
    let head = ["NAME", "JOB", "TRIGGER", "PHASE", "VERDICT", "STARTED", "DURATION", "CAUSE", "WHY", "AGE"];
    let row = |run: &MonitoringRun| {
        let status = run.status.as_ref();
        let cause = status.and_then(|s| s.probable_cause.as_ref());
        [
            run.metadata.name.clone().unwrap_or_default(),
            run.spec.job_ref.name.clone(),
            format!("{:?}", run.spec.trigger.unwrap_or_default()),
            format!("{:?}", status.and_then(|s| s.phase).unwrap_or_default()),
            status.and_then(|s| s.verdict).map(|v| v.as_str().to_owned()).unwrap_or_default(),
            status.and_then(|s| s.start_time).map(|then| age(then, now)).unwrap_or_default(),
            status.and_then(|s| s.duration.clone()).unwrap_or_default(),
            cause.map(|cause| cause.subject.clone()).unwrap_or_default(),
            cause.map(|cause| cause.message.clone()).unwrap_or_default(),
            run.metadata.creation_timestamp.as_ref().map(|t| age(t.0, now)).unwrap_or_default(),
        ]
    };
    print(head, wide, runs.iter().map(row))
}

/// Columns as wide as their widest cell and three blanks, the last one as it is.
fn print<const N: usize>(head: [&str; N], wide: bool, rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let shown: Vec<usize> = (0..N).filter(|column| wide || !WIDE.contains(&head[*column])).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = shown.iter().map(|column| width(*column)).collect();
    let line = |row: &[String; N]| {
        let cells = shown.iter().zip(&widths).map(|(column, width)| format!("{:<width$}", row[*column]));
        cells.collect::<Vec<_>>().join("   ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn ages_as_kubectl_writes_them() {
        let now: Timestamp = "2026-11-24T03:15:00Z".parse().unwrap();
        for (secs, text) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (200, "3m20s"),
            (720, "12m"),
            (18_600, "5h10m"),
            (108_000, "30h"),
            (432_000, "5d"),
            (435_600, "5d1h"),
            (900_000, "10d"),
            (-5, "0s"),
        ] {
            assert_eq!(age(now - SignedDuration::from_secs(secs), now), text, "{secs}");
        }
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = || [["x", "why", ""], ["long", "", "y"]].map(|row| row.map(str::to_owned)).into_iter();
        assert_eq!(print(["A", "CAUSE", "B"], false, rows()), "A      B\nx\nlong   y\n");
        assert_eq!(print(["A", "CAUSE", "B"], true, rows()), "A      CAUSE   B\nx      why\nlong           y\n");
    }
}
