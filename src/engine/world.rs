//! What the engine does outside the store: execute a run, send a message, tell what people have to know.

use std::{future::Future, sync::Arc, time::Duration};

use crate::{
    api::{
        MonitoringJob, MonitoringRun,
        analysis::Investigation,
        job_status::{ContainerBaseline, OutboxEntry},
        report::Report,
    },
    core::{observe::Understood, outbox::Delivery, previous::Previous},
};

/// The world outside the store: the real one, or a simulated one.
pub trait World: Send + Sync + 'static {
    /// Understands a job's spec. Called once for each generation, where it may take its time.
    fn understand(&self, job: &MonitoringJob) -> Understood;

    /// Looks at everything that `run` is to look at, and judges it. What it could not look at within `patience` was
    /// not observed.
    fn execute(
        &self,
        job: Arc<MonitoringJob>,
        run: MonitoringRun,
        previous: Previous,
        patience: Duration,
    ) -> impl Future<Output = (Report, Vec<ContainerBaseline>)> + Send;

    /// Takes a closer look at what `run` found, READ-ONLY, `earlier` being the finished runs before it, newest first. Ends
    /// within `patience`.
    fn investigate(
        &self,
        job: Arc<MonitoringJob>,
        run: MonitoringRun,
        earlier: Vec<MonitoringRun>,
        patience: Duration,
    ) -> impl Future<Output = Investigation> + Send;

    /// Sends one message: of `run`, which may be gone, about an incident that `opened` opened. Ends within its own
    /// deadline.
    fn send(
        &self,
        job: Arc<MonitoringJob>,
        understood: Arc<Understood>,
        run: Option<MonitoringRun>,
        opened: Option<MonitoringRun>,
        entry: OutboxEntry,
    ) -> impl Future<Output = Delivery> + Send;

    /// Tells people, by a log line and, in a cluster, an Event.
    fn tell(&self, notice: Notice);
}

/// What people have to know besides what a status says.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A job's spec cannot be run, and waiting will not help.
    SpecInvalid {
        /// The job.
        job: Arc<MonitoringJob>,
        /// What is wrong, with the fields' paths.
        problems: String,
    },
    /// The name of a slot's run is taken by a run that is not ours.
    NameTaken {
        /// The job.
        job: Arc<MonitoringJob>,
        /// The name.
        run: String,
    },
    /// The store will not do what it is asked, however often.
    Refused {
        /// The job.
        job: Arc<MonitoringJob>,
        /// What was asked, and why it is refused.
        problem: String,
    },
    /// An object is there that this version cannot read; it is skipped.
    Undecodable {
        /// Its kind.
        kind: &'static str,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Its UID, as far as that can be read.
        uid: String,
        /// What is wrong with it.
        problem: String,
    },
}
