//! What the engine knows of one job: the newest form of it and of its runs that it has seen, and its own part in them.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    api::{MonitoringJob, MonitoringRun},
    core::{
        observe::Understood,
        plan::{self, Me, Step, View},
    },
    store::{Deleted, resource_version},
};

/// How many of the runs before it an investigation may look at.
const MAX_EARLIER: usize = 20;

/// A job's namespace and name.
pub(super) type Key = (String, String);

/// One job name, with the job if there is one, and the runs that name it.
#[derive(Debug, Default)]
pub(super) struct JobState {
    pub(super) job: Option<Arc<MonitoringJob>>,
    /// The job is there, and this version cannot read it.
    pub(super) unreadable: bool,
    pub(super) understood: Arc<Understood>,
    /// What was understood is an earlier spec: the newest is being read, and nothing is planned before.
    pub(super) understanding: bool,
    pub(super) runs: BTreeMap<String, MonitoringRun>,
    pub(super) me: Me,
    /// The executions that go on, by run. They end with the engine.
    pub(super) executions: BTreeMap<String, AbortOnDropHandle<()>>,
    /// Our part in an investigation.
    pub(super) investigation: Part,
    /// An effect is being done: the next one is planned when its result was read back.
    pub(super) busy: bool,
    /// Failures in a row of reaching the store, for the pause before the next try.
    pub(super) failures: u32,
    /// Nothing is tried before this instant.
    pub(super) not_before: Option<Timestamp>,
    /// When this state is looked at again if nothing changes.
    pub(super) wake: Option<Timestamp>,
}

/// The part of this process in an investigation.
#[derive(Debug, Default)]
pub(super) enum Part {
    #[default]
    None,
    /// It is being taken, and needs room already.
    Begins,
    /// It goes on. It ends with the engine.
    GoesOn(#[expect(dead_code, reason = "dropped, it ends the investigation")] AbortOnDropHandle<()>),
}

impl JobState {
    /// Takes a job in, unless a newer form of it is known; tells whether its spec is another one.
    pub(super) fn apply_job(&mut self, job: MonitoringJob) -> bool {
        if self.job.as_ref().is_some_and(|held| resource_version(held.as_ref()) > resource_version(&job)) {
            return false;
        }
        let another = !self.job.as_deref().is_some_and(|held| same_spec(held, &job));
        self.job = Some(Arc::new(job));
        self.unreadable = false;
        another
    }

    /// Takes in what the spec of `job` means, unless it is another one by now, which is being read then.
    pub(super) fn understand(&mut self, job: &MonitoringJob, understood: Understood) {
        if self.job.as_deref().is_some_and(|held| !same_spec(held, job)) {
            return;
        }
        self.understood = Arc::new(understood);
        self.understanding = false;
    }

    /// Takes a run in, unless a newer form of it is known.
    pub(super) fn apply_run(&mut self, run: MonitoringRun) {
        let name = run.metadata.name.clone().unwrap_or_default();
        if self.runs.get(&name).is_none_or(|held| resource_version(held) <= resource_version(&run)) {
            self.runs.insert(name, run);
        }
    }

    /// Forgets a job that is gone, unless another one has its name by now.
    pub(super) fn forget_job(&mut self, gone: &Deleted) {
        if self.job.as_ref().is_none_or(|job| job.metadata.uid.as_deref() == Some(gone.uid.as_str())) {
            self.job = None;
            self.unreadable = false;
        }
    }

    /// Forgets a run that is gone, unless another one has its name by now.
    pub(super) fn forget_run(&mut self, gone: &Deleted) {
        if self.runs.get(&gone.name).is_some_and(|run| run.metadata.uid.as_deref() == Some(gone.uid.as_str())) {
            self.runs.remove(&gone.name);
        }
    }

    /// Finished runs before `run`, newest first.
    pub(super) fn before(&self, run: &MonitoringRun) -> Vec<MonitoringRun> {
        let done = |run: &MonitoringRun| run.status.as_ref().and_then(|status| status.completion_time);
        let job = self.job.as_ref().and_then(|job| job.metadata.uid.as_deref());
        let before = |other: &&MonitoringRun| {
            plan::owner(other).is_none_or(|owner| Some(owner) == job)
                && done(other).is_some()
                && done(other) < done(run)
        };
        let mut earlier: Vec<_> = self.runs.values().filter(before).collect();
        earlier.sort_by_key(|run| std::cmp::Reverse(done(run)));
        earlier.into_iter().take(MAX_EARLIER).cloned().collect()
    }

    /// Whether there is anything left to know.
    pub(super) fn is_empty(&self) -> bool {
        let works = self.busy || !self.executions.is_empty() || !matches!(self.investigation, Part::None);
        self.job.is_none() && !self.unreadable && self.runs.is_empty() && !works
    }

    /// What to do next. Runs without a job are planned for themselves.
    pub(super) fn plan(&self, now: Timestamp) -> Step {
        let Some(job) = self.job.as_deref() else {
            if let Some(run) = self.executions.keys().next() {
                return Step::Do(plan::Effect::Abandon(run.clone()));
            }
            if let Some(effect) = self.me.drops_investigation() {
                return Step::Do(effect);
            }
            // The runs of a job that cannot be read are for a process that can.
            let wait = self.me.stopping || self.unreadable;
            return if wait { Step::Wait(None) } else { plan::plan_orphans(&self.runs, now) };
        };
        if self.understanding && !self.me.stopping {
            return Step::Wait(None);
        }
        plan::plan(View { job, understood: &self.understood, runs: &self.runs, me: &self.me, now })
    }
}

fn same_spec(one: &MonitoringJob, other: &MonitoringJob) -> bool {
    (&one.metadata.uid, one.metadata.generation) == (&other.metadata.uid, other.metadata.generation)
}
