//! Slots: the scheduled instants of a job.
//!
//! The slots of a schedule are what going forward from any instant yields; everything else here is told in terms of
//! that, so that a slot has one name however it is found. Fixed times run once in a DST overlap, and once, at the end
//! of the gap, where a clock skips them.

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use sha2::{Digest, Sha256};

use crate::api::{self, Duration, validation::Problem};

/// The zone of a schedule that names none.
pub const DEFAULT_ZONE: &str = "Etc/UTC";
/// The bounds of how late a slot may start when the spec does not say.
const DEADLINE_BOUNDS: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(30), SignedDuration::from_hours(6));
/// The most slots that are counted one by one after an outage: a week of one a minute, four times over.
const COUNT_CAP: u64 = 40_000;
/// How far back the newest slot is looked for, step by step: dense schedules end at the first, sparse ones at the last.
const LOOK_BACK_HOURS: [i64; 5] = [1, 24, 24 * 8, 24 * 32, 24 * 366 * 5];

/// A schedule that was understood.
#[derive(Clone, Debug)]
pub struct Schedule {
    entries: Vec<Entry>,
    zone: TimeZone,
    text: String,
    deadline: Option<SignedDuration>,
}

#[derive(Clone, Debug)]
enum Entry {
    Cron(Box<Cron>),
    Every(SignedDuration),
}

/// The slots that wait for an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The newest slot, if it may still start.
    pub run: Option<Timestamp>,
    /// Slots that nobody started in time.
    pub missed: u64,
    /// The newest of those.
    pub last_missed: Option<Timestamp>,
}

impl Schedule {
    /// Understands `spec`, or says for each text what is wrong with it.
    pub fn parse(spec: &api::job::Schedule) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let name = spec.time_zone.as_deref().unwrap_or(DEFAULT_ZONE);
        let zone = TimeZone::get(name).unwrap_or_else(|_| {
            problems.push(Problem {
                path: "spec.schedule.timeZone".into(),
                message: format!(
                    "no time zone {name:?}: write an IANA name, such as \"Europe/Amsterdam\" or \"Etc/UTC\""
                ),
            });
            TimeZone::UTC
        });
        let mut entries = Vec::new();
        for (i, text) in spec.cron.iter().enumerate() {
            match Entry::parse(text, &zone) {
                Ok(entry) => entries.push(entry),
                Err(message) => problems.push(Problem { path: format!("spec.schedule.cron[{i}]"), message }),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let text = format!("{} ({name})", spec.cron.join(", "));
        Ok(Self { entries, zone, text, deadline: spec.starting_deadline.map(Duration::signed) })
    }

    /// The schedule in one line: `15 3 * * *, 30 10 * * * (Etc/UTC)`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The zone that its times are told in.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first slot after `instant`; none when there is none within the years that are searched.
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        self.entries.iter().filter_map(|entry| entry.next_after(instant, &self.zone)).min()
    }

    /// The slots after `instant`, in order.
    pub fn slots_after(&self, instant: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        std::iter::successors(self.next_after(instant), |slot| self.next_after(*slot))
    }

    /// The newest slot in `(after, until]`.
    fn newest(&self, after: Timestamp, until: Timestamp) -> Option<Timestamp> {
        LOOK_BACK_HOURS.iter().find_map(|hours| {
            let from = (until - SignedDuration::from_hours(*hours)).max(after);
            self.slots_after(from).take_while(|slot| *slot <= until).last()
        })
    }

    /// What is due at `now` when every slot up to `accounted` has its outcome and the job's slots start `offset` late.
    pub fn due(&self, accounted: Timestamp, now: Timestamp, offset: SignedDuration) -> Due {
        let now = now - offset;
        let nothing = Due { run: None, missed: 0, last_missed: None };
        let Some(newest) = self.newest(accounted, now) else { return nothing };
        let run = (now <= self.deadline_of(newest)).then_some(newest);
        let mut missed = 0;
        let mut last_missed = None;
        for slot in self.slots_after(accounted).take_while(|slot| *slot <= newest && Some(*slot) != run) {
            missed += 1;
            last_missed = Some(slot);
            if missed == COUNT_CAP {
                last_missed = run.map_or(Some(newest), |_| Some(slot));
                break;
            }
        }
        Due { run, missed, last_missed }
    }

    /// The last instant at which `slot` may start.
    fn deadline_of(&self, slot: Timestamp) -> Timestamp {
        let late = self.deadline.unwrap_or_else(|| {
            let way = self.next_after(slot).map_or(DEADLINE_BOUNDS.1, |next| next.duration_since(slot));
            SignedDuration::from_secs(way.as_secs() / 2).clamp(DEADLINE_BOUNDS.0, DEADLINE_BOUNDS.1)
        });
        slot + late
    }

    /// The shortest way between two of the next slots: of a week, at most a thousand.
    pub fn shortest_way(&self, from: Timestamp) -> Option<SignedDuration> {
        let horizon = from + SignedDuration::from_hours(24 * 8);
        let slots: Vec<_> =
            self.slots_after(from).take(1000).enumerate().take_while(|(i, s)| *i < 2 || *s < horizon).collect();
        slots.windows(2).map(|pair| pair[1].1.duration_since(pair[0].1)).min()
    }

    /// `instant` as people of this schedule read it.
    pub fn local(&self, instant: Timestamp) -> Zoned {
        instant.to_zoned(self.zone.clone())
    }
}

impl Entry {
    fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        if let Some(span) = text.strip_prefix("@every ") {
            let span: Duration = span.trim().parse().map_err(|e| format!("{e}"))?;
            if span < Duration::from_mins(1) || span > Duration::MAX {
                return Err(format!("{text:?}: write \"@every 1m\" or longer, at most \"@every 366d\""));
            }
            return Ok(Self::Every(span.signed()));
        }
        if text.contains('=') {
            return Err(format!("{text:?}: the zone belongs into timeZone, such as timeZone: Europe/Amsterdam"));
        }
        let fields = text.split_whitespace().count();
        if !text.starts_with('@') && fields != 5 {
            return Err(format!(
                "{text:?} has {fields} fields: write five (minute hour day month weekday), such as \"15 3 * * *\", or \"@every 5m\""
            ));
        }
        if text.contains('?') {
            return Err(format!("{text:?}: write \"*\" instead of \"?\""));
        }
        let cron = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build()
            .parse(text)
            .map_err(|error| {
                let why = error.to_string();
                let why = why.rsplit(": ").next().unwrap_or(&why).trim_end_matches('.').to_lowercase();
                format!("{text:?} is no schedule: {why}; write five fields, such as \"15 3 * * *\", or \"@hourly\", \"@daily\", \"@every 5m\"")
            })?;
        // An impossible date parses, and is then searched for in vain at each look: it is refused here, once.
        let entry = Self::Cron(Box::new(cron));
        if entry.next_after(Timestamp::UNIX_EPOCH, zone).is_none() {
            return Err(format!("{text:?} never comes: write a date that exists, such as \"0 0 28 2 *\""));
        }
        Ok(entry)
    }

    fn next_after(&self, instant: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => {
                let next = cron.find_next_occurrence(&instant.to_zoned(zone.clone()), false).ok()?;
                Some(next.timestamp())
            }
            Self::Every(span) => {
                let span = span.as_secs();
                let next = (instant.as_second().div_euclid(span) + 1).checked_mul(span)?;
                Timestamp::from_second(next).ok()
            }
        }
    }
}

/// How late a job's slots start: the same share of `jitter` for a job's whole life.
pub fn offset(jitter: Option<Duration>, uid: &str) -> SignedDuration {
    let Some(jitter) = jitter.map(|j| j.signed().as_secs()).filter(|secs| *secs > 0) else {
        return SignedDuration::ZERO;
    };
    let digest = Sha256::digest(uid.as_bytes());
    let share = i64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]));
    SignedDuration::from_secs(share % (jitter + 1))
}

/// The name of the run of `slot`: `<job>-<yyyymmddhhmm>-<six of sha256(uid, slot)>`, so that a store refuses a second.
pub fn run_name(job: &str, uid: &str, slot: Timestamp) -> String {
    let digest = Sha256::digest(format!("{uid}/{}", slot.as_second()).as_bytes());
    format!("{job}-{}-{:02x}{:02x}{:02x}", slot.strftime("%Y%m%d%H%M"), digest[0], digest[1], digest[2])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schedule(cron: &[&str], zone: &str) -> Schedule {
        let spec = api::job::Schedule {
            cron: cron.iter().map(ToString::to_string).collect(),
            time_zone: Some(zone.into()),
            ..Default::default()
        };
        Schedule::parse(&spec).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn slots(cron: &[&str], zone: &str, after: &str, n: usize) -> Vec<String> {
        schedule(cron, zone).slots_after(at(after)).take(n).map(|s| s.to_string()).collect()
    }

    #[test]
    fn the_seed_schedule() {
        assert_eq!(
            slots(&["15 3 * * *", "30 10 * * *"], "Etc/UTC", "2026-11-24T03:15:00Z", 3),
            ["2026-11-24T10:30:00Z", "2026-11-25T03:15:00Z", "2026-11-25T10:30:00Z"]
        );
    }

    #[test]
    fn two_lines_that_meet_give_one_slot() {
        assert_eq!(
            slots(&["0 * * * *", "*/30 * * * *"], "Etc/UTC", "2026-11-24T03:00:00Z", 2),
            ["2026-11-24T03:30:00Z", "2026-11-24T04:00:00Z"]
        );
    }

    #[test]
    fn daylight_saving_time() {
        // The clock goes from 02:00 to 03:00: the fixed time runs once, at the end of the gap.
        assert_eq!(
            slots(&["30 2 * * *"], "Europe/Amsterdam", "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        // The clock goes from 03:00 back to 02:00: it runs once.
        assert_eq!(
            slots(&["30 2 * * *"], "Europe/Amsterdam", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
        // An hourly schedule runs both halves.
        assert_eq!(
            slots(&["30 * * * *"], "Europe/Amsterdam", "2026-10-24T23:45:00Z", 3),
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"]
        );
        // A zone whose clock moves by half an hour.
        assert_eq!(
            slots(&["15 2 * * *"], "Australia/Lord_Howe", "2026-10-02T20:00:00Z", 2),
            ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]
        );
    }

    #[test]
    fn every_is_multiples_since_1970() {
        assert_eq!(
            slots(&["@every 5m"], "Europe/Amsterdam", "2026-11-24T03:17:30Z", 2),
            ["2026-11-24T03:20:00Z", "2026-11-24T03:25:00Z"]
        );
    }

    #[test]
    fn the_newest_slot_runs_and_the_older_are_missed() {
        let s = schedule(&["@every 1h"], "Etc/UTC");
        let due = s.due(at("2026-11-24T00:00:00Z"), at("2026-11-24T05:10:00Z"), SignedDuration::ZERO);
        assert_eq!(due.run, Some(at("2026-11-24T05:00:00Z")));
        assert_eq!((due.missed, due.last_missed), (4, Some(at("2026-11-24T04:00:00Z"))));
        let late = s.due(at("2026-11-24T00:00:00Z"), at("2026-11-24T05:31:00Z"), SignedDuration::ZERO);
        assert_eq!((late.run, late.missed, late.last_missed), (None, 5, Some(at("2026-11-24T05:00:00Z"))));
        let none = s.due(at("2026-11-24T05:00:00Z"), at("2026-11-24T05:31:00Z"), SignedDuration::ZERO);
        assert_eq!(none, Due { run: None, missed: 0, last_missed: None });
    }

    #[test]
    fn an_outage_of_years_costs_no_more_than_its_count() {
        let s = schedule(&["* * * * *"], "Etc/UTC");
        let due = s.due(at("2020-01-01T00:00:00Z"), at("2026-11-24T05:00:10Z"), SignedDuration::ZERO);
        assert_eq!(due.run, Some(at("2026-11-24T05:00:00Z")));
        assert_eq!(due.missed, COUNT_CAP);
    }

    #[test]
    fn jitter_delays_the_start_and_keeps_the_name() {
        let late = offset(Some(Duration::from_mins(10)), "3f9a");
        assert!(late <= SignedDuration::from_mins(10));
        assert_eq!(late, offset(Some(Duration::from_mins(10)), "3f9a"));
        let s = schedule(&["@every 1h"], "Etc/UTC");
        let now = at("2026-11-24T05:00:00Z");
        assert_eq!(s.due(now - SignedDuration::from_secs(1), now, SignedDuration::from_secs(5)).run, None);
        let started =
            s.due(now - SignedDuration::from_secs(1), now + SignedDuration::from_secs(5), SignedDuration::from_secs(5));
        assert_eq!(started.run, Some(now));
        assert_eq!(run_name("autopar-staging", "3f9a", now).len(), "autopar-staging-202611240500-3f9a1c".len());
    }

    #[test]
    fn what_is_no_schedule_says_what_to_write() {
        for (text, expected) in [
            ("15 3 * *", "five"),
            ("0 15 3 * * *", "five"),
            ("0 0 30 2 *", "0 0 28 2 *"),
            ("? * * * *", "\"*\""),
            ("TZ=UTC 0 * * * *", "timeZone"),
            ("@every 30s", "@every 1m"),
            ("@every soon", "90s"),
            ("61 * * * *", "15 3 * * *"),
            ("@fortnightly", "@hourly"),
        ] {
            let spec = api::job::Schedule { cron: vec![text.into()], ..Default::default() };
            let problems = Schedule::parse(&spec).unwrap_err();
            assert_eq!(problems[0].path, "spec.schedule.cron[0]");
            assert!(problems[0].message.contains(expected), "{text}: {}", problems[0].message);
        }
        let spec = api::job::Schedule {
            cron: vec!["@hourly".into()],
            time_zone: Some("Mars/Olympus".into()),
            ..Default::default()
        };
        assert_eq!(Schedule::parse(&spec).unwrap_err()[0].path, "spec.schedule.timeZone");
    }

    proptest! {
        #[test]
        fn slots_grow_and_do_not_depend_on_where_one_starts(
            minute in 0..60_u8, hour in 0..24_u8, start in 1_700_000_000..1_900_000_000_i64, back in 1..100_000_i64,
            zone in prop::sample::select(vec!["Etc/UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe"]),
        ) {
            let s = schedule(&[&format!("{minute} {hour} * * *")], zone);
            let from = Timestamp::from_second(start).unwrap();
            let first = s.next_after(from).unwrap();
            prop_assert!(first > from);
            let earlier = from - SignedDuration::from_secs(back);
            prop_assert_eq!(s.slots_after(earlier).find(|slot| *slot > from), Some(first));
            prop_assert_eq!(s.newest(earlier, first), Some(first));
        }
    }
}
