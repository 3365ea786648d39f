//! How often a container came back since the run before.

use jiff::Timestamp;

use crate::{
    api::{Window, job_status::ContainerBaseline},
    core::observation::docker::Inspect,
};

/// How often a container came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Restarts {
    pub(super) count: i64,
    /// More may have happened unseen.
    pub(super) at_least: bool,
}

impl Restarts {
    /// Against the run before, where it saw this container; else against the window alone, and then counts that
    /// may be older are a baseline and no finding. A container with another id was created anew, which is no crash.
    pub(super) fn of(inspect: &Inspect, baseline: Option<&ContainerBaseline>, window: Window) -> Self {
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
                Self { count: if by_hand { 1 } else { counted }, at_least: by_hand }
            }
            known if known.is_some() || recent(inspect.created) => {
                let count = inspect.restart_count.max(i64::from(came_back));
                Self { count, at_least: inspect.restart_count == 0 }
            }
            _ => {
                let by_policy = inspect.restart_count > 0 && recent(started);
                Self { count: i64::from(came_back || by_policy), at_least: true }
            }
        }
    }

    /// `once`, `at least once`, `3×`.
    pub(super) fn times(self) -> String {
        let times = if self.count == 1 { "once".to_owned() } else { format!("{}×", self.count) };
        if self.at_least { format!("at least {times}") } else { times }
    }
}
