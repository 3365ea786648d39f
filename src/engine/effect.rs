//! Doing one effect.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use jiff::Timestamp;
use tokio_util::task::AbortOnDropHandle;

use super::{
    Done, Engine, Executed, LookedInto, Readback, World, is_local,
    state::{Key, Part},
    world::Notice,
};
use crate::{
    api::{MonitoringJob, MonitoringRun},
    core::{
        analysis, condition,
        investigation::{budget::Limit, course},
        plan::{self, Effect, Execution, Investigated, JobWrite, RunWrite},
        previous::Previous,
    },
    store::{Store, StoreError, Stored},
};

/// What an investigation may take longer than its budget, for its end.
const INVESTIGATION_GRACE: Duration = Duration::from_secs(10);

impl<S: Store, W: World> Engine<S, W> {
    /// Starts `effect`; what the store says afterwards comes back as [`Done`].
    pub(super) fn perform(&mut self, key: &Key, effect: Effect, now: Timestamp) {
        self.metrics.effect(&effect);
        if is_local(&effect) {
            self.perform_locally(key, effect, now);
            self.ready.push_back(key.clone());
            return;
        }
        let Some(state) = self.jobs.get_mut(key) else { return };
        state.busy = true;
        let (store, job) = (self.store.clone(), state.job.clone());
        let run = |name: &str| state.runs.get(name).cloned();
        let key = key.clone();
        match effect {
            Effect::PatchJob(write, status) => {
                let Some(job) = job else { return };
                if write == JobWrite::Observe {
                    let ready = |conditions| condition::holds(conditions, "Ready");
                    let held = job
                        .status
                        .as_ref()
                        .is_none_or(|s| ready(&s.conditions) || s.observed_generation != job.metadata.generation);
                    if held && !ready(&status.conditions) {
                        let problems = crate::core::observe::problems_text(&state.understood.problems);
                        self.world.tell(Notice::SpecInvalid { job: Arc::clone(&job), problems });
                    }
                }
                self.tasks.spawn(async move {
                    let result = patched(&store, job.as_ref(), &status).await;
                    Done { key, result: result.map(|job| Readback::Job(job.map(Box::new))) }
                });
            }
            Effect::PatchRun(write, name, status) => {
                let Some(held) = run(&name) else { return };
                if matches!(write, RunWrite::Commit | RunWrite::Fail | RunWrite::Cancel) {
                    self.metrics.finished(&held, &status);
                }
                if write == RunWrite::BeginInvestigation {
                    state.investigation = Part::Begins;
                }
                self.tasks.spawn(async move {
                    let result = patched(&store, &held, &status).await;
                    Done { key, result: result.map(|run| Readback::Run(name, run.map(Box::new))) }
                });
            }
            Effect::Create(run) => {
                self.tasks.spawn(async move { Done { key, result: created(&store, *run).await } });
            }
            Effect::Adopt(name) => {
                let (Some(held), Some(job)) = (run(&name), job) else { return };
                self.tasks.spawn(async move {
                    let adopted = store.adopt(&held, &job).await;
                    let result = reread(&store, &held, adopted).await;
                    Done { key, result: result.map(|run| Readback::Run(name, run.map(Box::new))) }
                });
            }
            Effect::Prune(name) => {
                let Some(held) = run(&name) else { return };
                self.tasks.spawn(async move {
                    let result = store.delete(&held).await;
                    Done { key, result: result.map(|()| Readback::Run(name, None)) }
                });
            }
            Effect::Execute(_)
            | Effect::Abandon(_)
            | Effect::Investigate(_)
            | Effect::AbandonInvestigation
            | Effect::Send(_)
            | Effect::ForgetDelivery(_) => {}
        }
    }

    fn perform_locally(&mut self, key: &Key, effect: Effect, now: Timestamp) {
        let Some(state) = self.jobs.get_mut(key) else { return };
        match effect {
            Effect::Execute(name) => {
                let (Some(job), Some(run)) = (state.job.clone(), state.runs.get(&name).cloned()) else { return };
                let previous = job.status.as_ref().map(Previous::from).unwrap_or_default();
                let timeout = plan::timeout(&job, &state.understood, now);
                let patience = timeout.unsigned_abs();
                let attempt = run.status.as_ref().and_then(|s| s.attempt);
                let (world, results, key) = (Arc::clone(&self.world), self.executed.0.clone(), key.clone());
                self.metrics.started(&run, now);
                let (run_name, handle) = (name.clone(), async move {
                    let executing = AssertUnwindSafe(world.execute(job, run, previous, patience)).catch_unwind();
                    let execution = match tokio::time::timeout(patience, executing).await {
                        Ok(Ok((report, containers))) => Execution::Reported(Box::new(report), containers),
                        Ok(Err(_)) => Execution::Broken("the run broke down: a defect of Stagewatch".into()),
                        Err(_) => Execution::TimedOut(timeout),
                    };
                    // The engine is gone when nobody listens; the run then counts as lost.
                    let _ = results.send(Executed { key, run: name, attempt, execution });
                });
                state.me.executing.insert(run_name.clone());
                state.executions.insert(run_name, AbortOnDropHandle::new(tokio::spawn(handle)));
            }
            Effect::Abandon(name) => {
                state.me.executing.remove(&name);
                state.me.executed.remove(&name);
                state.executions.remove(&name);
            }
            Effect::Investigate(name) => {
                let (Some(job), Some(run)) = (state.job.clone(), state.runs.get(&name).cloned()) else { return };
                let (Some(claude), Some(held)) =
                    (course::asked(&job), run.status.as_ref().and_then(|s| s.investigation.as_ref()))
                else {
                    return;
                };
                let (model, attempt) = (claude.model.clone(), held.attempt);
                let patience = claude.budget.clone().unwrap_or_default().time().unsigned_abs();
                let earlier = state.before(&run);
                let (world, results, key) = (Arc::clone(&self.world), self.investigated.0.clone(), key.clone());
                state.me.investigating = Some(name.clone());
                state.investigation = Part::GoesOn(AbortOnDropHandle::new(tokio::spawn(async move {
                    let doing = AssertUnwindSafe(world.investigate(job, run, earlier, patience)).catch_unwind();
                    let without = |reason, why| course::without_report(&model, reason, why);
                    let investigation = match tokio::time::timeout(patience + INVESTIGATION_GRACE, doing).await {
                        Ok(Ok(investigation)) => investigation,
                        Ok(Err(_)) => without(analysis::BROKEN, "it broke down: a defect of Stagewatch"),
                        Err(_) => without(Limit::Time.as_str(), "it was not done in time"),
                    };
                    let investigated = Investigated { run: name, attempt, investigation: Box::new(investigation) };
                    // The engine is gone when nobody listens; the investigation then counts as lost.
                    let _ = results.send(LookedInto { key, investigated });
                })));
            }
            Effect::AbandonInvestigation => {
                state.investigation = Part::None;
                (state.me.investigating, state.me.investigated) = (None, None);
                self.ready.extend(std::mem::take(&mut self.waiting));
            }
            Effect::Send(id) => {
                let entry =
                    state.job.as_ref().and_then(|job| job.status.as_ref()?.outbox.iter().find(|e| e.id == id).cloned());
                let (Some(job), Some(entry)) = (state.job.clone(), entry) else { return };
                let run = state.runs.get(&entry.run).cloned();
                let opened = entry.opened_by.as_ref().and_then(|name| state.runs.get(name)).cloned();
                let (world, understood, key) = (Arc::clone(&self.world), Arc::clone(&state.understood), key.clone());
                state.me.sending.insert(id.clone());
                self.tasks.spawn(async move {
                    let delivery = world.send(job, understood, run, opened, entry).await;
                    Done { key, result: Ok(Readback::Delivered(id, delivery)) }
                });
            }
            Effect::ForgetDelivery(id) => {
                state.me.delivered.remove(&id);
            }
            _ => {}
        }
    }
}

/// Writes a status, and says what the object is like afterwards; none when it is gone.
async fn patched<S: Store, K: Stored>(store: &S, held: &K, status: &K::Status) -> Result<Option<K>, StoreError> {
    let result = store.patch_status(held, status).await;
    reread(store, held, result).await
}

/// A write that lost against another one, or whose outcome is unknown, is settled by looking: our own write that
/// committed and answered too late comes back as a conflict, too.
async fn reread<S: Store, K: Stored>(
    store: &S,
    held: &K,
    result: Result<K, StoreError>,
) -> Result<Option<K>, StoreError> {
    match result {
        Ok(object) => Ok(Some(object)),
        Err(StoreError::Conflict | StoreError::Gone) => {
            let meta = held.meta();
            store.get(meta.namespace.as_deref().unwrap_or_default(), meta.name.as_deref().unwrap_or_default()).await
        }
        Err(error) => Err(error),
    }
}

/// Creates the run of a slot. That it exists already is well when it is the same: somebody was faster, or we were.
async fn created<S: Store>(store: &S, run: MonitoringRun) -> Result<Readback, StoreError> {
    let name = run.metadata.name.clone().unwrap_or_default();
    match store.create(&run).await {
        Ok(created) => Ok(Readback::Run(name, Some(Box::new(created)))),
        Err(StoreError::AlreadyExists) => {
            let namespace = run.metadata.namespace.clone().unwrap_or_default();
            let existing = store.get::<MonitoringRun>(&namespace, &name).await;
            let same = |e: &MonitoringRun| plan::is_own(e) && plan::owner(e) == plan::owner(&run) && e.spec == run.spec;
            match existing {
                Ok(Some(existing)) if same(&existing) => Ok(Readback::Run(name, Some(Box::new(existing)))),
                Ok(Some(_)) | Err(StoreError::Undecodable(_)) => {
                    Ok(Readback::Taken(name, run.spec.scheduled_time.unwrap_or_default()))
                }
                // It was there a moment ago: the next look decides.
                Ok(None) => Err(StoreError::Conflict),
                Err(error) => Err(error),
            }
        }
        // The job is gone: the watch will say so.
        Err(StoreError::Gone) => {
            let namespace = run.metadata.namespace.clone().unwrap_or_default();
            let job = store.get::<MonitoringJob>(&namespace, &run.spec.job_ref.name).await?;
            Ok(Readback::Job(job.map(Box::new)))
        }
        Err(error) => Err(error),
    }
}
