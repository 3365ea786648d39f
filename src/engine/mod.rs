//! The scheduler: asks core for the next effect of each job, does it, and reads its result back. The same engine drives
//! the cluster, `watch`, and the simulator; only the store and the world differ.

mod clock;
mod effect;
mod live;
mod state;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

pub use clock::Clock;
pub use live::{Listeners, Live, Whereabouts};
pub use world::{Notice, World};

use crate::{
    api::{MonitoringJob, MonitoringRun, validation::Problem},
    core::{
        observe::Understood,
        outbox::Delivery,
        plan::{Effect, Execution, Investigated, Step},
    },
    store::{Change, Store, StoreError, Undecodable},
    telemetry::metrics::Metrics,
};
use state::{JobState, Key, Part};

/// The longest sleep: after a suspend of the machine, what is due shows within this.
const MAX_SLEEP: Duration = Duration::from_secs(30);
/// How many specs are understood at a time: what the patterns of one compile to may weigh many megabytes.
const UNDERSTANDING: usize = 2;
/// How many investigations go on at a time.
const INVESTIGATIONS: usize = 4;
/// How long a stopping engine waits for a message that is on the wire.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// The scheduler.
#[derive(Debug)]
pub struct Engine<S, W> {
    store: S,
    world: Arc<W>,
    clock: Clock,
    holder: String,
    max_runs: usize,
    metrics: Arc<Metrics>,
    jobs: BTreeMap<Key, JobState>,
    ready: VecDeque<Key>,
    /// Jobs with a run, or an investigation, that waits for room.
    waiting: BTreeSet<Key>,
    /// Turns to understand a spec.
    understanding: Arc<Semaphore>,
    stopping: bool,
    tasks: JoinSet<Done>,
    executed: (mpsc::UnboundedSender<Executed>, mpsc::UnboundedReceiver<Executed>),
    investigated: (mpsc::UnboundedSender<LookedInto>, mpsc::UnboundedReceiver<LookedInto>),
}

/// An effect is done, and what the store says now is read back.
#[derive(Debug)]
struct Done {
    key: Key,
    result: Result<Readback, StoreError>,
}

/// What was read back.
#[derive(Debug)]
enum Readback {
    Job(Option<Box<MonitoringJob>>),
    /// A run by its name, as it is now.
    Run(String, Option<Box<MonitoringRun>>),
    /// The run of this slot exists, and it is not ours.
    Taken(String, Timestamp),
    Delivered(String, Delivery),
    /// What this job's spec means.
    Understood(Arc<MonitoringJob>, Understood),
}

/// A run was executed.
#[derive(Debug)]
struct Executed {
    key: Key,
    run: String,
    attempt: Option<i32>,
    execution: Execution,
}

/// A run was investigated.
#[derive(Debug)]
struct LookedInto {
    key: Key,
    investigated: Investigated,
}

impl<S: Store, W: World> Engine<S, W> {
    /// An engine that acts as `holder`, which has to be another one at each start, and executes at most `max_runs` runs
    /// at a time.
    pub fn new(store: S, world: Arc<W>, clock: Clock, holder: String, max_runs: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            store,
            world,
            clock,
            holder,
            max_runs,
            metrics,
            jobs: BTreeMap::new(),
            ready: VecDeque::new(),
            waiting: BTreeSet::new(),
            understanding: Arc::new(Semaphore::new(UNDERSTANDING)),
            stopping: false,
            tasks: JoinSet::new(),
            executed: mpsc::unbounded_channel(),
            investigated: mpsc::unbounded_channel(),
        }
    }

    /// Runs until `stop` is cancelled, then hands over what it holds and returns. Dropping the future instead leaves
    /// everything as a crash would.
    pub async fn run(mut self, stop: CancellationToken) {
        let store = self.store.clone();
        let mut jobs = pin!(store.watch::<MonitoringJob>());
        let mut runs = pin!(store.watch::<MonitoringRun>());
        let (mut jobs_listed, mut runs_listed) = (false, false);
        let mut patience: Option<Instant> = None;
        loop {
            if jobs_listed && runs_listed {
                while let Some(key) = self.ready.pop_front() {
                    self.step(&key);
                }
            }
            let idle = self.tasks.is_empty();
            if self.stopping && (idle || patience.is_some_and(|until| Instant::now() >= until)) {
                return;
            }
            let sleep = self.sleep().min(patience.map_or(MAX_SLEEP, |until| until.duration_since(Instant::now())));
            tokio::select! {
                Some(change) = jobs.next() => jobs_listed |= self.job_changed(change),
                Some(change) = runs.next() => runs_listed |= self.run_changed(change),
                Some(done) = self.tasks.join_next() => self.done(done),
                Some(executed) = self.executed.1.recv() => self.run_executed(executed),
                Some(looked) = self.investigated.1.recv() => self.run_investigated(looked),
                () = stop.cancelled(), if !self.stopping => {
                    patience = Some(Instant::now() + STOP_PATIENCE);
                    self.stop();
                }
                () = tokio::time::sleep(sleep) => self.wake(),
            }
        }
    }

    fn stop(&mut self) {
        self.stopping = true;
        for (key, state) in &mut self.jobs {
            state.executions.clear();
            state.me.executing.clear();
            (state.investigation, state.me.investigating) = (Part::None, None);
            state.me.stopping = true;
            state.not_before = None;
            self.ready.push_back(key.clone());
        }
    }

    fn state(&mut self, key: &Key) -> &mut JobState {
        let (holder, stopping) = (&self.holder, self.stopping);
        self.jobs.entry(key.clone()).or_insert_with(|| {
            let mut state = JobState::default();
            state.me.holder.clone_from(holder);
            state.me.stopping = stopping;
            state
        })
    }

    fn job_changed(&mut self, change: Change<MonitoringJob>) -> bool {
        match change {
            Change::Applied(job) => self.apply_job(job),
            Change::Deleted(gone) => {
                let key = (gone.namespace.clone(), gone.name.clone());
                self.state(&key).forget_job(&gone);
                self.ready.push_back(key);
            }
            Change::Undecodable(object) => {
                let key = (object.namespace.clone(), object.name.clone());
                let state = self.state(&key);
                (state.job, state.unreadable) = (None, true);
                self.ready.push_back(key);
                self.undecodable("MonitoringJob", object);
            }
            Change::Listed => return true,
        }
        false
    }

    fn run_changed(&mut self, change: Change<MonitoringRun>) -> bool {
        match change {
            Change::Applied(run) => self.apply_run(run),
            Change::Deleted(gone) => {
                let named = |(key, state): (&Key, &JobState)| {
                    (key.0 == gone.namespace && state.runs.contains_key(&gone.name)).then(|| key.clone())
                };
                if let Some(key) = self.jobs.iter().find_map(named) {
                    self.state(&key).forget_run(&gone);
                    self.ready.push_back(key);
                }
            }
            Change::Undecodable(object) => self.undecodable("MonitoringRun", object),
            Change::Listed => return true,
        }
        false
    }

    fn undecodable(&self, kind: &'static str, object: Undecodable) {
        let Undecodable { namespace, name, uid, problem } = object;
        self.metrics.undecodable(kind);
        self.world.tell(Notice::Undecodable { kind, namespace, name, uid, problem });
    }

    fn apply_job(&mut self, job: MonitoringJob) {
        let key = (job.metadata.namespace.clone().unwrap_or_default(), job.metadata.name.clone().unwrap_or_default());
        let state = self.state(&key);
        if state.apply_job(job) {
            state.me.taken = None;
            self.understand(&key);
        }
        self.ready.push_back(key);
    }

    /// Begins to understand a spec. That compiles its patterns, which may take a second: no other job waits for it.
    fn understand(&mut self, key: &Key) {
        let Some(state) = self.jobs.get_mut(key) else { return };
        let Some(job) = state.job.clone() else { return };
        state.understanding = true;
        let (world, turns, key) = (Arc::clone(&self.world), Arc::clone(&self.understanding), key.clone());
        self.tasks.spawn(async move {
            // Nobody closes it.
            let _turn = turns.acquire().await;
            let spec = Arc::clone(&job);
            let understood = tokio::task::spawn_blocking(move || world.understand(&spec)).await;
            let understood = understood.unwrap_or_else(|_| Understood {
                schedule: None,
                problems: vec![Problem {
                    path: "spec".into(),
                    message: "to read it breaks down: a defect of Stagewatch".into(),
                }],
            });
            Done { key, result: Ok(Readback::Understood(job, understood)) }
        });
    }

    fn apply_run(&mut self, run: MonitoringRun) {
        let key = (run.metadata.namespace.clone().unwrap_or_default(), run.spec.job_ref.name.clone());
        self.state(&key).apply_run(run);
        self.ready.push_back(key);
    }

    /// Plans one job and starts the effect.
    fn step(&mut self, key: &Key) {
        let now = self.clock.now();
        let executing: usize = self.jobs.values().map(|state| state.executions.len()).sum();
        let capacity = executing < self.max_runs;
        let investigates = |(other, state): &(&Key, &JobState)| match state.investigation {
            Part::None => false,
            // Whether it was taken is known by now.
            Part::Begins => *other != key,
            Part::GoesOn(_) => true,
        };
        let investigations = self.jobs.iter().filter(investigates).count();
        let Some(state) = self.jobs.get_mut(key) else { return };
        if state.busy || state.not_before.is_some_and(|at| at > now) {
            state.wake = state.not_before;
            return;
        }
        state.me.capacity = capacity;
        if matches!(state.investigation, Part::Begins) {
            state.investigation = Part::None;
            // It may not go on after all, and leaves room for another.
            self.ready.extend(std::mem::take(&mut self.waiting));
        }
        state.me.room_to_investigate = investigations < INVESTIGATIONS;
        state.wake = None;
        match state.plan(now) {
            Step::Wait(at) => {
                state.wake = at;
                let is_due = state.job.as_ref().and_then(|job| job.status.as_ref()?.investigation.as_ref()).is_some();
                if !capacity || is_due && !state.me.room_to_investigate {
                    self.waiting.insert(key.clone());
                }
                if state.is_empty() {
                    self.jobs.remove(key);
                }
            }
            Step::Do(effect) => self.perform(key, effect, now),
        }
    }

    /// How long there is nothing to do.
    fn sleep(&self) -> Duration {
        let now = self.clock.now();
        let next = self.jobs.values().filter_map(|state| state.wake).min();
        next.map_or(MAX_SLEEP, |at| at.duration_since(now).try_into().unwrap_or(Duration::ZERO).min(MAX_SLEEP))
    }

    fn wake(&mut self) {
        let now = self.clock.now();
        let due = self.jobs.iter().filter(|(_, state)| state.wake.is_some_and(|at| at <= now));
        self.ready.extend(due.map(|(key, _)| key.clone()));
    }

    fn run_executed(&mut self, executed: Executed) {
        let Executed { key, run, attempt, execution } = executed;
        let state = self.state(&key);
        // What an earlier attempt of this process found is not what this attempt found.
        let current = state.runs.get(&run).and_then(|r| r.status.as_ref()).and_then(|s| s.attempt);
        if current == attempt && state.me.executing.remove(&run) {
            state.executions.remove(&run);
            state.me.executed.insert(run, execution);
        }
        self.ready.push_back(key);
        self.ready.extend(std::mem::take(&mut self.waiting));
    }

    fn run_investigated(&mut self, looked: LookedInto) {
        let LookedInto { key, investigated } = looked;
        let state = self.state(&key);
        // What an earlier attempt of this process found is not what this attempt found.
        let held = state.runs.get(&investigated.run).and_then(|r| r.status.as_ref()?.investigation.as_ref());
        let current = held.is_some_and(|held| held.attempt == investigated.attempt);
        if current && state.me.investigating.as_ref() == Some(&investigated.run) {
            (state.investigation, state.me.investigating) = (Part::None, None);
            state.me.investigated = Some(investigated);
        }
        self.ready.push_back(key);
        self.ready.extend(std::mem::take(&mut self.waiting));
    }

    fn done(&mut self, done: Result<Done, tokio::task::JoinError>) {
        // A task is aborted only with its execution, which has been forgotten; and no effect panics but a run's own.
        let Ok(Done { key, result }) = done else { return };
        let now = self.clock.now();
        let state = self.state(&key);
        // These go on beside the effects.
        let beside = matches!(result, Ok(Readback::Delivered(..) | Readback::Understood(..)));
        if !beside {
            state.busy = false;
        }
        match result {
            Ok(readback) => {
                if !beside {
                    state.failures = 0;
                    state.not_before = None;
                }
                self.read_back(&key, readback);
            }
            Err(error) => {
                state.failures = state.failures.saturating_add(1);
                let lasting =
                    matches!(error, StoreError::Invalid(_) | StoreError::Forbidden(_) | StoreError::Undecodable(_));
                let pause = if lasting { 60 } else { 1_i64 << state.failures.min(5) };
                state.not_before = Some(now + SignedDuration::from_secs(pause));
                if let (Some(job), true) = (state.job.clone(), lasting && state.failures == 1) {
                    self.world.tell(Notice::Refused { job, problem: error.to_string() });
                }
            }
        }
        self.ready.push_back(key);
    }

    fn read_back(&mut self, key: &Key, readback: Readback) {
        match readback {
            Readback::Job(Some(job)) => self.apply_job(*job),
            Readback::Job(None) => self.state(key).job = None,
            Readback::Run(_, Some(run)) => self.apply_run(*run),
            Readback::Run(name, None) => {
                self.state(key).runs.remove(&name);
            }
            Readback::Taken(run, slot) => {
                let state = self.state(key);
                state.me.taken = Some(slot);
                if let Some(job) = state.job.clone() {
                    self.world.tell(Notice::NameTaken { job, run });
                }
            }
            Readback::Understood(job, understood) => self.state(key).understand(&job, understood),
            Readback::Delivered(id, delivery) => {
                self.metrics.delivered(&delivery);
                let state = self.state(key);
                state.me.sending.remove(&id);
                state.me.delivered.insert(id, delivery);
            }
        }
    }
}

/// An effect that needs no store is done at once.
fn is_local(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Execute(_)
            | Effect::Abandon(_)
            | Effect::Investigate(_)
            | Effect::AbandonInvestigation
            | Effect::Send(_)
            | Effect::ForgetDelivery(_)
    )
}
