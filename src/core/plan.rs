//! The plan: (job, its runs, me, now) → at most one effect. Its result is read back before the next is asked for, so
//! every point at which a process can die has a name, and what comes next is decided from what is stored.

mod investigation;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Resource;

use super::{
    effective,
    execution::{self, MAX_ATTEMPTS},
    fold, observe,
    observe::Understood,
    outbox::{self, Delivery},
    schedule,
};
use crate::api::{
    self, MonitoringJob, MonitoringJobStatus, MonitoringRun, MonitoringRunSpec, MonitoringRunStatus, Verdict,
    analysis::Investigation,
    job::ConcurrencyPolicy,
    job_status::{ContainerBaseline, OutboxState, SlotCount},
    report::Report,
    run::{JobRef, Phase, Reason, Trigger},
};

/// How long a new run waits for its job: who applies both at once may be heard in any order.
const ORPHAN_GRACE: SignedDuration = SignedDuration::from_secs(10);

/// What this process does, and what came of it, as far as one job goes.
#[derive(Clone, Debug, Default)]
pub struct Me {
    /// Its identity, another one after each start.
    pub holder: String,
    /// It is stopping: it hands its runs back and starts nothing.
    pub stopping: bool,
    /// It has room for one more run.
    pub capacity: bool,
    /// The runs that it executes right now.
    pub executing: BTreeSet<String>,
    /// The runs that it has executed, and that are not committed yet.
    pub executed: BTreeMap<String, Execution>,
    /// It has room for one more investigation.
    pub room_to_investigate: bool,
    /// The run that it investigates right now.
    pub investigating: Option<String>,
    /// What came of that, which is not committed yet.
    pub investigated: Option<Investigated>,
    /// The outbox entries that it sends right now.
    pub sending: BTreeSet<String>,
    /// The outbox entries that it has sent, and that are not recorded yet.
    pub delivered: BTreeMap<String, Delivery>,
    /// The slot whose name is taken by a run that is not ours.
    pub taken: Option<Timestamp>,
}

/// What came of executing a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Execution {
    /// Its report, and the containers as it saw them.
    Reported(Box<Report>, Vec<ContainerBaseline>),
    /// It took longer than it may.
    TimedOut(SignedDuration),
    /// It broke down; why, without any secret.
    Broken(String),
}

/// What came of investigating a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Investigated {
    /// The run.
    pub run: String,
    /// Which attempt it was.
    pub attempt: i32,
    /// What came of it.
    pub investigation: Box<Investigation>,
}

/// The one thing to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Write the job's status.
    PatchJob(JobWrite, Box<MonitoringJobStatus>),
    /// Write a run's status, provided that it is still as it was held.
    PatchRun(RunWrite, String, Box<MonitoringRunStatus>),
    /// Create the run of a slot.
    Create(Box<MonitoringRun>),
    /// Make the job the owner of a run that somebody created.
    Adopt(String),
    /// Start executing a run that is claimed.
    Execute(String),
    /// Stop executing a run that is no longer ours, and forget what came of it.
    Abandon(String),
    /// Start investigating a run, beside everything else.
    Investigate(String),
    /// Stop investigating a run that is no longer ours to, and forget what came of it.
    AbandonInvestigation,
    /// Send an outbox entry that is marked as being sent.
    Send(String),
    /// Forget what came of sending an entry that is gone.
    ForgetDelivery(String),
    /// Delete a run that is one too many.
    Prune(String),
}

/// Why a job's status is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobWrite {
    /// What follows from spec and time.
    Observe,
    /// Slots that were missed.
    Missed,
    /// A slot that was skipped.
    Skipped,
    /// A finished run.
    Fold,
    /// A message begins to be sent.
    BeginSend,
    /// What became of a message.
    RecordDelivery,
    /// An investigation that ended.
    FoldInvestigation,
}

/// Why a run's status is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunWrite {
    /// It is taken, or taken over.
    Claim,
    /// It has its report.
    Commit,
    /// It will have none.
    Fail,
    /// It is called off.
    Cancel,
    /// It is handed back.
    HandBack,
    /// Its investigation is taken, or taken over.
    BeginInvestigation,
    /// Its investigation has ended.
    EndInvestigation,
    /// Its investigation is handed back.
    HandBackInvestigation,
}

/// An effect, or how long there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Do this.
    Do(Effect),
    /// Nothing to do before this instant, or before something changes.
    Wait(Option<Timestamp>),
}

/// One job, as it is planned.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The job.
    pub job: &'a MonitoringJob,
    /// Its spec, as far as it was understood.
    pub understood: &'a Understood,
    /// The runs that name it.
    pub runs: &'a BTreeMap<String, MonitoringRun>,
    /// This process.
    pub me: &'a Me,
    /// When.
    pub now: Timestamp,
}

/// The next step of one job.
pub fn plan(view: View<'_>) -> Step {
    if view.job.metadata.deletion_timestamp.is_some() {
        let executing = view.me.executing.iter().next().map(|run| Effect::Abandon(run.clone()));
        return executing.or_else(|| view.me.drops_investigation()).map_or(Step::Wait(None), Step::Do);
    }
    let effect = view
        .local_results()
        .or_else(|| view.me.stopping.then(|| view.stop()).flatten())
        .or_else(|| if view.me.stopping { None } else { view.proceed() });
    match effect {
        Some(effect) => Step::Do(effect),
        None if view.me.stopping => Step::Wait(None),
        None => Step::Wait(view.wake()),
    }
}

/// The next step of the runs of a job that does not exist.
pub fn plan_orphans(runs: &BTreeMap<String, MonitoringRun>, now: Timestamp) -> Step {
    let mut wake: Option<Timestamp> = None;
    for (name, run) in runs.iter().filter(|(_, run)| !phase(run).is_finished()) {
        let created = run.metadata.creation_timestamp.as_ref().map(|at| at.0);
        if let Some(until) = created.map(|at| at + ORPHAN_GRACE).filter(|until| *until > now) {
            wake = Some(wake.map_or(until, |wake| wake.min(until)));
            continue;
        }
        let (write, status) = if owner(run).is_some() {
            (RunWrite::Cancel, execution::cancelled(run, Reason::JobDeleted, "its job was deleted", now))
        } else {
            let message = format!("there is no MonitoringJob {:?} in this namespace", run.spec.job_ref.name);
            let status = execution::failed(&MonitoringJobStatus::default(), run, Reason::JobNotFound, &message, now);
            (RunWrite::Fail, status)
        };
        return Step::Do(Effect::PatchRun(write, name.clone(), Box::new(status)));
    }
    Step::Wait(wake)
}

fn phase(run: &MonitoringRun) -> Phase {
    run.status.as_ref().and_then(|s| s.phase).unwrap_or_default()
}

fn holder(run: &MonitoringRun) -> Option<&str> {
    run.status.as_ref().and_then(|s| s.holder.as_deref())
}

/// Whether the schedule created this run.
pub fn is_own(run: &MonitoringRun) -> bool {
    run.metadata.labels.as_ref().and_then(|l| l.get(api::MANAGED_BY_LABEL)).is_some_and(|by| by == api::MANAGED_BY)
}

/// The UID of the job that owns `run`.
pub fn owner(run: &MonitoringRun) -> Option<&str> {
    let owners = run.metadata.owner_references.as_deref().unwrap_or_default();
    owners.iter().find(|o| o.kind == MonitoringJob::kind(&())).map(|o| o.uid.as_str())
}

impl<'a> View<'a> {
    fn status(&self) -> MonitoringJobStatus {
        self.job.status.clone().unwrap_or_default()
    }

    fn uid(&self) -> &'a str {
        self.job.metadata.uid.as_deref().unwrap_or_default()
    }

    /// The runs of this very job: those of an earlier one of its name are not its.
    fn runs(&self) -> impl Iterator<Item = (&'a String, &'a MonitoringRun)> {
        let uid = self.uid();
        self.runs.iter().filter(move |(_, run)| owner(run).is_none_or(|owner| owner == uid))
    }

    fn unfinished(&self) -> impl Iterator<Item = (&'a String, &'a MonitoringRun)> {
        self.runs().filter(|(_, run)| !phase(run).is_finished())
    }

    /// What this process holds in memory goes into the store first.
    fn local_results(&self) -> Option<Effect> {
        let mine = |name: &String| {
            self.runs.get(name).filter(|r| phase(r) == Phase::Running && holder(r) == Some(self.me.holder.as_str()))
        };
        if let Some((name, execution)) = self.me.executed.iter().next() {
            return Some(match mine(name) {
                Some(run) => self.commit(name, run, execution),
                None => Effect::Abandon(name.clone()),
            });
        }
        if let Some(lost) = self.me.executing.iter().find(|name| mine(name).is_none()) {
            return Some(Effect::Abandon(lost.clone()));
        }
        let (id, delivery) = self.me.delivered.iter().next()?;
        let mut status = self.status();
        let ours = |e: &api::job_status::OutboxEntry| {
            &e.id == id && e.state == OutboxState::Sending && e.holder.as_deref() == Some(self.me.holder.as_str())
        };
        if !status.outbox.iter().any(ours) {
            return Some(Effect::ForgetDelivery(id.clone()));
        }
        outbox::record(&mut status, id, delivery, self.job.metadata.generation, self.now);
        Some(Effect::PatchJob(JobWrite::RecordDelivery, Box::new(status)))
    }

    fn commit(&self, name: &str, run: &MonitoringRun, execution: &Execution) -> Effect {
        // The fold goes by this time, so it grows from run to run, whatever the clock does.
        let folded = self.job.status.as_ref().and_then(|s| s.folded_until);
        let done = folded.map_or(self.now, |f| self.now.max(f + SignedDuration::from_millis(1)));
        let status = self.status();
        let (write, status) = match execution {
            Execution::Reported(report, containers) => {
                (RunWrite::Commit, execution::completed(run, (**report).clone(), containers.clone(), done))
            }
            Execution::TimedOut(after) => {
                let message = format!("the run was not done within {}", api::Duration::from(*after));
                (RunWrite::Fail, execution::failed(&status, run, Reason::TimedOut, &message, done))
            }
            Execution::Broken(why) => (RunWrite::Fail, execution::failed(&status, run, Reason::HolderLost, why, done)),
        };
        Effect::PatchRun(write, name.to_owned(), Box::new(status))
    }

    /// A stopping process hands its runs back, so that its successor need not wait for anything.
    fn stop(&self) -> Option<Effect> {
        if let Some((name, run)) = self.unfinished().find(|(_, r)| holder(r) == Some(self.me.holder.as_str())) {
            return Some(Effect::PatchRun(RunWrite::HandBack, name.clone(), Box::new(execution::handed_back(run))));
        }
        self.hand_investigation_back()
    }

    fn proceed(&self) -> Option<Effect> {
        self.observe(Important)
            .or_else(|| self.running())
            .or_else(|| self.fold())
            .or_else(|| self.outbox())
            .or_else(|| self.slots())
            .or_else(|| self.pending())
            .or_else(|| self.investigation())
            .or_else(|| self.prune())
            .or_else(|| self.observe(Cosmetic))
    }

    fn observe(&self, what: Observe) -> Option<Effect> {
        let mut status = observe::observed(self.job, self.understood, self.now);
        if let Important = what {
            // The next slot's time goes along with the fold of the run that is going on, or with a write of its own
            // once nothing else is to be done.
            status.next_run_time = self.job.status.as_ref().and_then(|s| s.next_run_time.clone());
        } else if self.unfinished().next().is_some() {
            return None;
        }
        (self.job.status.as_ref() != Some(&status)).then(|| Effect::PatchJob(JobWrite::Observe, Box::new(status)))
    }

    /// Runs that somebody has claimed.
    fn running(&self) -> Option<Effect> {
        let (name, run) = self.unfinished().find(|(_, run)| phase(run) == Phase::Running)?;
        let attempt = run.status.as_ref().and_then(|s| s.attempt).unwrap_or(1);
        if holder(run) == Some(self.me.holder.as_str()) {
            let busy = self.me.executing.contains(name);
            return (!busy).then(|| Effect::Execute(name.clone()));
        }
        if attempt < MAX_ATTEMPTS {
            return self.claim(name, run);
        }
        let message =
            format!("its process was lost {MAX_ATTEMPTS} times, the last time as {}", holder(run).unwrap_or("nobody"));
        let status = execution::failed(&self.status(), run, Reason::HolderLost, &message, self.now);
        Some(Effect::PatchRun(RunWrite::Fail, name.clone(), Box::new(status)))
    }

    fn claim(&self, name: &str, run: &MonitoringRun) -> Option<Effect> {
        let claim = || execution::claimed(self.job, run, &self.me.holder, self.now);
        self.me.capacity.then(|| Effect::PatchRun(RunWrite::Claim, name.to_owned(), Box::new(claim())))
    }

    fn fold(&self) -> Option<Effect> {
        let status = self.job.status.clone().unwrap_or_default();
        let done = |run: &MonitoringRun| run.status.as_ref().and_then(|s| s.completion_time);
        let mut finished: Vec<&MonitoringRun> = self
            .runs()
            .map(|(_, run)| run)
            .filter(|run| phase(run).is_finished() && !fold::is_folded(&status, run))
            .collect();
        finished.sort_by_key(|run| done(run));
        let context =
            fold::Context { schedule: self.understood.schedule.as_ref(), holder: &self.me.holder, now: self.now };
        let folded = finished.into_iter().find_map(|run| fold::fold(self.job, run, context))?;
        Some(Effect::PatchJob(JobWrite::Fold, Box::new(folded)))
    }

    fn outbox(&self) -> Option<Effect> {
        let mut status = self.status();
        let next = outbox::next(&status, &self.me.holder, |id| self.me.sending.contains(id), self.now);
        let (id, write) = match next {
            outbox::Next::Wait(_) => return None,
            outbox::Next::Send(id) => return Some(Effect::Send(id)),
            outbox::Next::Begin(id) => (id, JobWrite::BeginSend),
            outbox::Next::Abandoned(id) => (id, JobWrite::RecordDelivery),
        };
        if write == JobWrite::BeginSend {
            let entry = status.outbox.iter_mut().find(|e| e.id == id)?;
            outbox::begin(entry, &self.me.holder);
        } else {
            let parts_sent = status.outbox.iter().find(|e| e.id == id).map_or(0, |e| e.parts_sent);
            let lost = Delivery::Ambiguous { error: "the process that was sending it is gone".into(), parts_sent };
            outbox::record(&mut status, &id, &lost, self.job.metadata.generation, self.now);
        }
        Some(Effect::PatchJob(write, Box::new(status)))
    }

    /// The newest slot that has an outcome already.
    fn accounted(&self) -> Option<Timestamp> {
        let status = self.job.status.as_ref()?;
        let since = status.schedule_since_time?;
        let created = self.runs().filter(|(_, r)| is_own(r)).filter_map(|(_, r)| r.spec.scheduled_time).max();
        // A clock that was set back does not stop a job until it has caught up.
        let accounted = since.max(status.last_schedule_time.unwrap_or(since)).max(created.unwrap_or(since));
        Some(accounted.min(self.now))
    }

    fn jitter(&self) -> SignedDuration {
        schedule::offset(self.job.spec.schedule.as_ref().and_then(|s| s.jitter), self.uid())
    }

    fn slots(&self) -> Option<Effect> {
        let schedule = self.understood.schedule.as_ref().filter(|_| !self.job.spec.suspend)?;
        let accounted = self.accounted()?;
        let due = schedule.due(accounted, self.now, self.jitter());
        let taken = due.run.filter(|slot| self.me.taken == Some(*slot));
        if let Some(last) = due.last_missed.max(taken) {
            let reason = if taken.is_some() {
                "NameTaken"
            } else if self.understood.problems.is_empty() {
                "NotStarted"
            } else {
                "InvalidSpec"
            };
            let missed = i64::try_from(due.missed).unwrap_or(i64::MAX).saturating_add(i64::from(taken.is_some()));
            let mut status = self.status();
            add(&mut status.missed, missed, last, reason);
            status.last_schedule_time = Some(last);
            return Some(Effect::PatchJob(JobWrite::Missed, Box::new(status)));
        }
        let slot = due.run.filter(|_| self.understood.problems.is_empty())?;
        let policy = self.job.spec.schedule.as_ref().and_then(|s| s.concurrency_policy).unwrap_or_default();
        match (self.unfinished().next(), policy) {
            (None, _) => Some(Effect::Create(Box::new(self.run_of(slot)))),
            (Some(_), ConcurrencyPolicy::Forbid) => {
                let mut status = self.status();
                add(&mut status.skipped, 1, slot, "RunInProgress");
                status.last_schedule_time = Some(slot);
                Some(Effect::PatchJob(JobWrite::Skipped, Box::new(status)))
            }
            (Some((name, run)), ConcurrencyPolicy::Replace) => {
                let message = format!("the slot {slot} took its place");
                let status = execution::cancelled(run, Reason::Replaced, &message, self.now);
                Some(Effect::PatchRun(RunWrite::Cancel, name.clone(), Box::new(status)))
            }
        }
    }

    fn run_of(&self, slot: Timestamp) -> MonitoringRun {
        let job = self.job.metadata.name.clone().unwrap_or_default();
        let spec = MonitoringRunSpec {
            job_ref: JobRef { name: job.clone() },
            trigger: Some(Trigger::Schedule),
            scheduled_time: Some(slot),
            ..Default::default()
        };
        let mut run = MonitoringRun::new(&schedule::run_name(&job, self.uid(), slot), spec);
        run.metadata.namespace.clone_from(&self.job.metadata.namespace);
        run.metadata.labels = Some(BTreeMap::from([
            (api::JOB_LABEL.to_owned(), job),
            (api::MANAGED_BY_LABEL.to_owned(), api::MANAGED_BY.to_owned()),
        ]));
        run.metadata.owner_references = Some(vec![OwnerReference {
            api_version: MonitoringJob::api_version(&()).into_owned(),
            kind: MonitoringJob::kind(&()).into_owned(),
            name: self.job.metadata.name.clone().unwrap_or_default(),
            uid: self.uid().to_owned(),
            controller: Some(true),
            block_owner_deletion: None,
        }]);
        run
    }

    /// Runs that wait for somebody to take them, oldest first, one at a time.
    fn pending(&self) -> Option<Effect> {
        let created = |run: &MonitoringRun| run.metadata.creation_timestamp.as_ref().map(|t| t.0);
        let mut waiting: Vec<_> = self.unfinished().collect();
        waiting.sort_by_key(|(name, run)| (created(run), *name));
        let (name, run) = waiting.into_iter().next().filter(|(_, run)| phase(run) == Phase::Pending)?;
        let controlled = run.metadata.owner_references.iter().flatten().any(|o| o.controller == Some(true));
        if owner(run).is_none() && !controlled {
            return Some(Effect::Adopt(name.clone()));
        }
        if self.understood.problems.is_empty() {
            return self.claim(name, run);
        }
        let message = format!("the job cannot be run: {}", observe::problems_text(&self.understood.problems));
        let status = execution::failed(&self.status(), run, Reason::JobInvalid, &message, self.now);
        Some(Effect::PatchRun(RunWrite::Fail, name.clone(), Box::new(status)))
    }

    /// Own runs beyond what the history keeps. A run stays while an incident, an investigation or a message on its way refers to it.
    fn prune(&self) -> Option<Effect> {
        let status = self.job.status.as_ref()?;
        let history = self.job.spec.history.clone().unwrap_or_default();
        let opened = status.incident.as_ref().map(|i| &i.opened_by);
        let needed = |name: &String| {
            status.incident_runs.contains(name)
                || opened == Some(name)
                || status.investigation.as_ref().is_some_and(|due| &due.run == name)
                || status.outbox.iter().any(|e| &e.run == name || e.opened_by.as_ref() == Some(name))
                || status.last_run.as_ref().is_some_and(|last| &last.name == name)
        };
        for (good, keep) in [(true, history.keep), (false, history.keep_problems)] {
            let mut runs: Vec<_> = self
                .runs()
                .filter(|(_, r)| is_own(r) && phase(r).is_finished() && fold::is_folded(status, r))
                .filter(|(_, r)| good == (phase(r) == Phase::Completed && verdict(r) == Some(Verdict::AllGood)))
                .collect();
            runs.sort_by_key(|(_, r)| std::cmp::Reverse(r.status.as_ref().and_then(|s| s.completion_time)));
            let keep = usize::try_from(keep.unwrap_or(10)).unwrap_or(10);
            if let Some((name, _)) = runs.into_iter().skip(keep).find(|(name, _)| !needed(name)) {
                return Some(Effect::Prune(name.clone()));
            }
        }
        None
    }

    /// When there is something to do again if nothing changes.
    fn wake(&self) -> Option<Timestamp> {
        let schedule = self.understood.schedule.as_ref().filter(|_| !self.job.spec.suspend);
        let slot = schedule
            .and_then(|s| s.next_after(self.accounted()?.max(self.now - self.jitter())))
            .map(|s| s + self.jitter());
        let next = schedule.and_then(|s| s.next_after(self.now));
        let message = match outbox::next(&self.status(), &self.me.holder, |id| self.me.sending.contains(id), self.now) {
            outbox::Next::Wait(at) => at,
            _ => None,
        };
        let stale = observe::stale_at(self.job, self.understood).filter(|at| *at > self.now);
        [slot, next, message, stale].into_iter().flatten().min()
    }
}

use Observe::{Cosmetic, Important};

/// Which part of what follows from spec and time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Observe {
    Important,
    Cosmetic,
}

fn verdict(run: &MonitoringRun) -> Option<Verdict> {
    run.status.as_ref().and_then(|s| s.verdict)
}

fn add(count: &mut Option<SlotCount>, n: i64, last_time: Timestamp, reason: &str) {
    let (before, untold) = count.as_ref().map_or((0, 0), |c| (c.count, c.untold));
    *count = Some(SlotCount {
        count: before.saturating_add(n),
        last_time,
        reason: reason.to_owned(),
        untold: untold.saturating_add(n),
    });
}

/// How long a run of this job may take.
pub fn timeout(job: &MonitoringJob, understood: &Understood, now: Timestamp) -> SignedDuration {
    effective::timeout(&job.spec, understood.schedule.as_ref(), now)
}
