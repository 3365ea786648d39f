//! How often a container came back since the run before, and how fast.

use jiff::{SignedDuration, Timestamp};

use super::ends::End;
use crate::{
    api::{Window, job_status::ContainerBaseline},
    core::observation::docker::Inspect,
};

/// A container that came back by itself this often since the run before, the last time just now, is not back.
const LOOP: i64 = 3;
const LOOP_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// What comes back more seldom than this is no loop. The engine waits a minute at most before it starts one again.
const LOOP_PACE: SignedDuration = SignedDuration::from_mins(20);

/// How often a container came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Restarts {
    pub(super) count: i64,
    /// More may have happened unseen.
    pub(super) at_least: bool,
    /// Those that nobody asked for.
    by_itself: i64,
    /// From the first to the last of several ends that the events tell of, and how many these are.
    pace: Option<(SignedDuration, i64)>,
}

impl Restarts {
    /// Against the run before, where it saw this container; else against the window alone, and then counts that
    /// may be older are a baseline and no finding. A container with another id was created anew, which is no crash.
    /// Events can only add to that.
    pub(super) fn of(inspect: &Inspect, baseline: Option<&ContainerBaseline>, ends: &[End], window: Window) -> Self {
        let known = Self::by_state(inspect, baseline, window);
        let ends: Vec<&End> = ends.iter().filter(|end| end.at >= window.since).collect();
        let own: Vec<&&End> = ends.iter().filter(|end| !end.by.is_hand()).collect();
        let back = |ends: &mut dyn Iterator<Item = &&End>| {
            let back = ends.filter(|end| inspect.state.started_at.is_some_and(|started| end.at <= started));
            i64::try_from(back.count()).unwrap_or(i64::MAX)
        };
        let told = back(&mut ends.iter());
        let by_itself = back(&mut own.iter().copied());
        let pace = match own[..] {
            [first, .., last] => Some((last.at.duration_since(first.at), i64::try_from(own.len()).unwrap_or(i64::MAX))),
            _ => None,
        };
        Self {
            count: known.count.max(told),
            at_least: known.at_least || told > known.count,
            by_itself: known.by_itself.max(by_itself),
            pace,
        }
    }

    fn by_state(inspect: &Inspect, baseline: Option<&ContainerBaseline>, window: Window) -> Self {
        let state = &inspect.state;
        let recent = |at: Option<Timestamp>| at.is_some_and(|at| at >= window.since);
        let (finished, started) = (state.finished_at, state.started_at);
        let came_back = recent(finished) && started >= finished;
        match baseline {
            Some(known) if !known.id.is_empty() && inspect.id.starts_with(&known.id) => {
                // A start by hand sets the engine's count back to zero.
                let counted = if inspect.restart_count >= known.restart_count {
                    inspect.restart_count - known.restart_count
                } else {
                    inspect.restart_count
                };
                let anew = known.started_at.is_some() && started > known.started_at;
                let by_hand = anew && counted == 0;
                Self { count: if by_hand { 1 } else { counted }, at_least: by_hand, by_itself: counted, pace: None }
            }
            known if known.is_some() || recent(inspect.created) => {
                let count = inspect.restart_count.max(i64::from(came_back));
                Self { count, at_least: inspect.restart_count == 0, by_itself: inspect.restart_count, pace: None }
            }
            _ => {
                let by_policy = i64::from(inspect.restart_count > 0 && recent(started));
                Self { count: by_policy.max(i64::from(came_back)), at_least: true, by_itself: by_policy, pace: None }
            }
        }
    }

    /// Whether it keeps coming back, the last time at `started`.
    pub(super) fn is_loop(self, started: Option<Timestamp>, window: Window) -> bool {
        let pace = self.pace.map(|(span, ends)| span / i32::try_from(ends.max(2) - 1).unwrap_or(i32::MAX));
        self.by_itself >= LOOP
            && started.is_some_and(|at| window.until.duration_since(at) < LOOP_PAUSE)
            && pace.is_none_or(|pace| pace <= LOOP_PACE)
    }

    /// `once`, `at least once`, `3×`, `9× in 12 min, every 80 s`.
    pub(super) fn times(self) -> String {
        let times = if self.count == 1 { "once".to_owned() } else { format!("{}×", self.count) };
        let times = if self.at_least { format!("at least {times}") } else { times };
        match self.pace.filter(|(span, ends)| *ends >= LOOP && !span.is_zero()) {
            Some((span, ends)) => {
                let every = about(span.as_secs() / (ends - 1).max(1));
                // Where events were lost, those that are left tell the pace, but not how long it went on.
                let within = if ends >= self.count { format!(" in {}", about(span.as_secs())) } else { String::new() };
                format!("{times}{within}, every {every}")
            }
            None => times,
        }
    }
}

/// `8 s`, `80 s`, `12 min`, `3 h`.
fn about(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{} s", seconds.max(1)),
        120..=7_199 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h", (seconds + 1800) / 3600),
    }
}
