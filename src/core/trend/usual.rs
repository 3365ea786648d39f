//! What is usual for a value, and whether it has left that.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{MAX_VALUES, MISSING};
use crate::{
    api::{MonitoringJobSpec, job_status::Series},
    core::schedule::DEFAULT_ZONE,
};

/// Fewer values than these say nothing about what is usual.
const ENOUGH: usize = 8;
/// The same where no more will ever be known: at one of six times a day.
const ENOUGH_OF_ALL: usize = 5;
/// What was measured on an earlier day within so many minutes of this time of the day was measured at the same time.
const SAME_TIME: i64 = 30;
const HALF_A_DAY: SignedDuration = SignedDuration::from_hours(12);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How far from a whole day a value may be that is taken for one of the day before: the way between two older values.
const ABOUT: SignedDuration = SignedDuration::from_mins(75);

/// What a run knows of what earlier ones measured.
#[derive(Clone, Debug)]
pub struct History<'a> {
    times: &'a [Timestamp],
    trends: &'a [Series],
    now: Timestamp,
    zone: TimeZone,
}

/// What is usual for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// The median of what it is compared with. Where that is not the same time of earlier days, at least what it was at
    /// this time of the day before.
    pub value: i64,
    /// It is of the same time of earlier days.
    pub at_this_time: bool,
    /// The median of the distances from the median.
    distance: i64,
    /// The newest of the values that are compared.
    newest: i64,
    /// How far back they reach.
    reach: SignedDuration,
}

/// What it takes for a drift: both. And in any case more than the usual and six times its usual distance.
#[derive(Clone, Copy, Debug)]
pub struct Drift {
    /// More than this share of the usual.
    pub percent: i64,
    /// At least so much more than the usual.
    pub growth: i64,
}

impl<'a> History<'a> {
    /// What the run that ends `now` knows.
    pub fn new(spec: &MonitoringJobSpec, times: &'a [Timestamp], trends: &'a [Series], now: Timestamp) -> Self {
        let zone = spec.schedule.as_ref().and_then(|s| s.time_zone.as_deref()).unwrap_or(DEFAULT_ZONE);
        Self { times, trends, now, zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC) }
    }

    /// What is usual, where enough is known: at this time of the day; where the schedule is too dense for that, over the
    /// last day.
    pub fn usual(&self, id: &str) -> Option<Usual> {
        let all = self.values(id);
        let only = |keep: &dyn Fn(SignedDuration, Timestamp) -> bool| -> Vec<(Timestamp, i64)> {
            all.iter().copied().filter(|(at, _)| keep(self.now.duration_since(*at), *at)).collect()
        };
        let same = only(&|age, at| age >= HALF_A_DAY && self.is_same_time(at));
        if same.len() >= if all.len() >= MAX_VALUES { ENOUGH_OF_ALL } else { ENOUGH } {
            return Some(self.over(&same, true));
        }
        let day = only(&|age, _| age <= DAY + ABOUT);
        (day.len() >= ENOUGH).then(|| {
            let usual = self.over(&day, false);
            let yesterday = only(&|age, _| (age - DAY).abs() <= ABOUT);
            Usual { value: yesterday.iter().map(|(_, value)| *value).fold(usual.value, i64::max), ..usual }
        })
    }

    /// Whether a value has grown steadily to `now` since `start`, over a day at least: from how much, and in what time.
    pub fn growth(&self, id: &str, start: Timestamp, now: i64, drift: Drift) -> Option<(i64, SignedDuration)> {
        let mut values: Vec<_> = self.values(id).into_iter().filter(|(at, _)| *at > start).collect();
        // The first one after a start may be of a process that is not yet what it will be.
        values.pop();
        values.reverse();
        let (first, from) = *values.first().filter(|_| values.len() >= ENOUGH)?;
        let span = self.now.duration_since(first);
        let mut values: Vec<i64> = values.into_iter().map(|(_, value)| value).chain([now]).collect();
        let third = values.len() / 3;
        let (early, rest) = values.split_at_mut(third);
        let (middle, late) = rest.split_at_mut(rest.len() - third);
        let apart = early.iter().max() < late.iter().min();
        let (early, middle, late) = (median(early), median(middle), median(late));
        // What levels off is a cache that is filled by now.
        let goes_on = (late - middle).saturating_mul(3) >= middle - early;
        let enough = now - from >= drift.growth && now.saturating_mul(100) > from.saturating_mul(drift.percent);
        (span >= DAY && apart && goes_on && enough).then_some((from, span))
    }

    /// What was measured, newest first.
    fn values(&self, id: &str) -> Vec<(Timestamp, i64)> {
        let values = self.trends.iter().find(|s| s.id == id).map_or(&[][..], |s| &s.values);
        let timed = self.times.iter().rev().copied().zip(values.iter().rev().copied());
        timed.filter(|(_, value)| *value > MISSING).collect()
    }

    fn over(&self, newest_first: &[(Timestamp, i64)], at_this_time: bool) -> Usual {
        let mut values: Vec<i64> = newest_first.iter().map(|(_, value)| *value).collect();
        let newest = values.first().copied().unwrap_or(MISSING);
        let value = median(&mut values);
        let mut distances: Vec<i64> = values.iter().map(|other| (other - value).abs()).collect();
        let reach = newest_first.last().map_or(SignedDuration::ZERO, |(at, _)| self.now.duration_since(*at));
        Usual { value, at_this_time, distance: median(&mut distances), newest, reach }
    }

    fn is_same_time(&self, at: Timestamp) -> bool {
        let minute = |at: Timestamp| {
            let time = at.to_zoned(self.zone.clone()).time();
            i64::from(time.hour()) * 60 + i64::from(time.minute())
        };
        let apart = (minute(at) - minute(self.now)).rem_euclid(24 * 60);
        apart.min(24 * 60 - apart) <= SAME_TIME
    }
}

impl Usual {
    /// Whether `value` is more than the usual and six times its usual distance, and more than `percent` of the usual.
    pub fn is_exceeded_by(&self, value: i64, percent: i64) -> bool {
        let far = self.value.saturating_add(self.distance.saturating_mul(6));
        value > far && value.saturating_mul(100) > self.value.saturating_mul(percent)
    }

    /// The same for a drift. It takes values of a whole day: a job that began at night has not yet seen a day's load.
    pub fn has_drifted_to(&self, value: i64, drift: Drift) -> bool {
        self.reach >= DAY - ABOUT && value - self.value >= drift.growth && self.is_exceeded_by(value, drift.percent)
    }

    /// Whether the newest of the values that are compared is a drift, too.
    pub fn had_drifted(&self, drift: Drift) -> bool {
        self.has_drifted_to(self.newest, drift)
    }

    /// ` at this time`, where that is so.
    pub fn when(&self) -> &'static str {
        if self.at_this_time { " at this time" } else { "" }
    }
}

/// The middle one; of two, the lower. Sorts the values.
fn median(values: &mut [i64]) -> i64 {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{
        fixtures::{at, spec},
        trend::remember,
    };

    const DRIFT: Drift = Drift { percent: 200, growth: 250 };

    /// What is usual at `now` of values that were measured at these minutes.
    fn known(values: impl IntoIterator<Item = (i64, i64)>) -> (Vec<Timestamp>, Vec<Series>) {
        let (mut times, mut trends) = (Vec::new(), Vec::new());
        for (minute, value) in values {
            remember(&mut times, &mut trends, vec![("a".into(), Some(value))], at(minute));
        }
        (times, trends)
    }

    fn usual(values: impl IntoIterator<Item = (i64, i64)>, now: i64) -> Option<Usual> {
        let (times, trends) = known(values);
        History::new(&spec(), &times, &trends, at(now)).usual("a")
    }

    /// A value at 03:15 and one at 10:30 on each of so many days.
    fn twice_a_day(days: i64, early: i64, late: i64) -> Vec<(i64, i64)> {
        (0..days).flat_map(|day| [(day * 1440 + 15, early + day % 3), (day * 1440 + 450, late)]).collect()
    }

    #[test]
    fn a_time_of_day_is_compared_with_the_same_on_earlier_days() {
        assert_eq!(usual(twice_a_day(3, 84, 400), 3 * 1440 + 15), None, "six values are not enough");
        let early = usual(twice_a_day(12, 84, 400), 12 * 1440 + 20).unwrap();
        assert_eq!((early.value, early.at_this_time), (85, true));
        assert!(early.has_drifted_to(400, DRIFT) && !early.has_drifted_to(300, DRIFT));
        let late = usual(twice_a_day(12, 84, 400), 12 * 1440 + 450).unwrap();
        assert_eq!((late.value, late.at_this_time), (400, true));
        assert!(!late.has_drifted_to(800, DRIFT) && late.has_drifted_to(801, DRIFT));
    }

    #[test]
    fn a_dense_schedule_is_compared_with_its_last_day() {
        // A day's load comes at 09:00 and goes at 17:00, on two days.
        let load = |minute: i64| if (540..1020).contains(&((minute + 180) % 1440)) { 900 } else { 100 };
        let until = |minute: i64| (0..minute / 5).map(move |run| (run * 5, load(run * 5)));
        let first_morning = usual(until(360), 360).unwrap();
        assert!(!first_morning.has_drifted_to(900, DRIFT), "a day has to be known");
        let second_morning = usual(until(1440 + 365), 1440 + 365).unwrap();
        assert!(!second_morning.has_drifted_to(1000, DRIFT), "it was so yesterday");
        let second_night = usual(until(1440), 1440).unwrap();
        assert_eq!((second_night.value, second_night.at_this_time), (100, false));
        assert!(second_night.has_drifted_to(900, DRIFT));
    }

    #[test]
    fn a_few_times_a_day_are_compared_with_all_that_is_ever_known_of_each() {
        for every in [240, 360] {
            let values = (0..40).map(|run| (run * every, run * every % 1440));
            assert_eq!(usual(values.clone().take(29), 29 * every), None);
            let known = usual(values.clone(), 40 * every).unwrap();
            assert_eq!((known.value, known.distance, known.at_this_time), (40 * every % 1440, 0, true));
        }
    }

    #[test]
    fn scatter_is_usual() {
        let scattered =
            |day: i64| (day * 1440, [40, 90, 300, 45, 700, 60, 250, 80, 50][usize::try_from(day % 9).unwrap()]);
        let usual = usual((0..9).map(scattered), 9 * 1440).unwrap();
        assert_eq!((usual.value, usual.distance), (80, 35));
        assert!(!usual.is_exceeded_by(290, 200) && usual.is_exceeded_by(291, 200));
    }

    #[test]
    fn the_time_of_day_is_that_of_the_zone() {
        let mut spec = spec();
        spec.schedule = serde_saphyr::from_str("{cron: ['15 3 * * *'], timeZone: Europe/Amsterdam}").unwrap();
        // 02:15 UTC in winter is 03:15 there, as is 01:15 UTC in summer.
        let winter: Timestamp = "2026-11-01T02:15:00Z".parse().unwrap();
        let summer: Timestamp = "2026-10-20T01:15:00Z".parse().unwrap();
        let zoned = History::new(&spec, &[], &[], winter);
        assert!(zoned.is_same_time(summer));
        assert!(!History { zone: TimeZone::UTC, ..zoned }.is_same_time(summer));
    }

    #[test]
    fn a_leak_grows_and_a_cache_fills() {
        let leak = Drift { percent: 150, growth: 20 };
        let grown = |values: &[(i64, i64)], start: i64, now: i64| {
            let (times, trends) = known(values.iter().copied());
            let minute = values.last().unwrap().0 + 720;
            let history = History::new(&spec(), &times, &trends, at(minute));
            history.growth("a", at(start), now, leak)
        };
        let twice_a_day = |value: fn(i64) -> i64| (0..14).map(|run| (run * 720, value(run))).collect::<Vec<_>>();
        let steady = twice_a_day(|run| 30 + 3 * run);
        assert_eq!(grown(&steady, -5, 72), Some((33, SignedDuration::from_hours(13 * 12))));
        assert_eq!(grown(&steady, 6 * 720, 72), None, "seven values since its start are not enough");
        assert_eq!(grown(&twice_a_day(|run| 40 + run % 2), -5, 45), None);
        assert_eq!(grown(&twice_a_day(|run| (20 + 8 * run).min(70)), -5, 70), None, "it levels off");
        assert_eq!(grown(&twice_a_day(|run| 30 + run), -5, 44), None, "too little");
        // A sawtooth comes down by itself.
        assert_eq!(grown(&twice_a_day(|run| 30 + 10 * (run % 5)), -5, 70), None);
    }
}
