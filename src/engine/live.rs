//! The real world: runs look at real targets, messages go to Telegram.

use std::{
    future::Future,
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use tokio::{sync::mpsc, time::Instant};

use super::world::{Notice, World};
use crate::{
    analyze::{
        analyst::Analyst,
        investigation::{Investigator, Scene},
    },
    api::{
        MonitoringJob, MonitoringRun, MonitoringRunSpec, Window,
        analysis::Investigation,
        job::Receiver,
        job_status::{ContainerBaseline, OutboxEntry},
        report::Report,
        run::Trigger,
        validation::{self, Problem},
    },
    collect::{Collector, Look, Progress},
    core::{
        check, effective, fold,
        investigation::course,
        message::{Letter, Part, Place, policy::Situation},
        observation::{Observations, raw::Evidence},
        observe::Understood,
        outbox::Delivery,
        previous::Previous,
        report, rules,
        schedule::Schedule,
    },
    notify::telegram::{self, Telegram},
    recording::keep::{Keeper, Keeping},
    secrets::{SecretProblem, Secrets},
};

/// The real world.
pub struct Live<T> {
    /// Looks at targets.
    pub collector: Collector,
    /// Where Secrets are read.
    pub secrets: Secrets,
    /// Where recordings of what opens an incident are kept, if anywhere.
    pub recordings: Option<Keeper>,
    /// Asks Claude; none where nobody is to be asked, whatever the jobs say.
    pub analyst: Option<Analyst>,
    /// Where messages go.
    pub telegram: Telegram,
    /// Where a message's reader finds the rest.
    pub place: Whereabouts,
    /// Jobs may name Unix sockets of this machine.
    pub unix_sockets: bool,
    /// Tells notices.
    pub teller: T,
}

/// Where a message's reader finds the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In the cluster.
    Cluster,
    /// In this folder.
    Folder(String),
    /// Nowhere.
    Nowhere,
}

/// Who listens to a run while it goes on.
#[derive(Clone, Debug, Default)]
pub struct Listeners {
    /// The raw answers, for a recording.
    pub evidence: Option<mpsc::Sender<Evidence>>,
    /// The steps, for a terminal.
    pub progress: Option<mpsc::UnboundedSender<Progress>>,
}

impl<T: Fn(Notice) + Send + Sync + 'static> Live<T> {
    /// Looks at everything that `job` names, and judges it.
    pub async fn look(
        &self,
        job: &MonitoringJob,
        window: Window,
        patience: Duration,
        previous: &Previous,
        listeners: Listeners,
    ) -> (Report, Observations) {
        let Listeners { evidence, progress } = listeners;
        let recorder = evidence.clone();
        let look = Look { job, window, logs: true, patience, evidence, progress };
        let seen = self.collector.collect(look, &self.secrets).await;
        let offline = rules::own::reached_nothing(&job.spec, &seen) && !self.telegram.is_reachable().await;
        if let Some(recorder) = recorder.filter(|_| offline) {
            // Whoever has stopped recording needs no more.
            let _ = recorder.send(Evidence::Offline).await;
        }
        let judge = if offline { report::offline } else { report::report };
        (judge(&job.spec, &seen, previous, window), seen)
    }

    /// Begins to record a run that may open an incident.
    async fn record(
        &self,
        job: &MonitoringJob,
        run: &MonitoringRun,
        previous: &Previous,
        window: Window,
    ) -> Option<(mpsc::Sender<Evidence>, Keeping)> {
        let keeper = self.recordings.as_ref().filter(|_| !run.spec.dry_run && run.spec.lookback.is_none())?;
        let name = run.metadata.name.as_deref()?;
        let begun = keeper.begin(job, name, previous, window, Timestamp::now()).await;
        begun.inspect_err(|error| tracing::warn!(%error, "the run is not recorded")).ok()
    }

    /// Takes Claude's part into a report, where the job wants it. The run has to end at `until`.
    pub async fn analyze(&self, job: &MonitoringJob, trigger: Trigger, report: &mut Report, until: Instant) {
        if let Some(analyst) = &self.analyst {
            analyst.analyze(&self.secrets, job, trigger, report, until).await;
        }
    }

    /// Sends what is left of a message to one receiver.
    pub async fn deliver(&self, namespace: &str, receiver: &Receiver, entry: &OutboxEntry, parts: &[Part]) -> Delivery {
        let sent = usize::try_from(entry.parts_sent).unwrap_or(0);
        let mut parts_sent = entry.parts_sent;
        let (token, chat) = match self.address(namespace, receiver).await {
            Ok(found) => found,
            Err(problem) => {
                let secret = &receiver.telegram.secret_ref.name;
                let error = format!("the Secret {secret:?} cannot be used: {problem}");
                return Delivery::NotSent { error, parts_sent };
            }
        };
        let bot = self.telegram.bot(&token);
        let thread = receiver.telegram.message_thread_id;
        let mut first = None;
        for part in parts.iter().skip(sent) {
            match bot.send(chat.expose_secret(), thread, part, !entry.rings, entry.reply_to).await {
                telegram::Delivery::Accepted { message_id } => first = first.or(Some(message_id)),
                telegram::Delivery::RetryAfter(pause) => {
                    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::from_mins(1));
                    return Delivery::RetryAfter { pause, parts_sent };
                }
                telegram::Delivery::NotSent { error } => return Delivery::NotSent { error, parts_sent },
                telegram::Delivery::Ambiguous { error } => return Delivery::Ambiguous { error, parts_sent },
                telegram::Delivery::Refused { error } => return Delivery::Refused { error, parts_sent },
            }
            parts_sent += 1;
        }
        Delivery::Accepted { message_id: first.unwrap_or_default() }
    }

    async fn address(
        &self,
        namespace: &str,
        receiver: &Receiver,
    ) -> Result<(secrecy::SecretString, secrecy::SecretString), SecretProblem> {
        let secret = self.secrets.get(namespace, &receiver.telegram.secret_ref.name).await?;
        Ok((secret.value("TELEGRAM_BOT_TOKEN")?.clone(), secret.value("TELEGRAM_CHAT_ID")?.clone()))
    }

    /// The message that an outbox entry stands for, as of now.
    pub fn message(
        &self,
        job: &MonitoringJob,
        understood: &Understood,
        run: Option<&MonitoringRun>,
        opened: Option<&MonitoringRun>,
        entry: &OutboxEntry,
        now: Timestamp,
    ) -> Vec<Part> {
        let status = job.status.clone().unwrap_or_default();
        let letter = Letter {
            job,
            status: &status,
            schedule: understood.schedule.as_ref(),
            problems: &understood.problems,
            run,
            opened,
            entry,
            place: match &self.place {
                Whereabouts::Cluster => Place::Cluster,
                Whereabouts::Folder(folder) => Place::Folder(folder),
                Whereabouts::Nowhere => Place::Nowhere,
            },
            now,
        };
        letter.parts()
    }

    /// The problems that this process has with a job that another may not have.
    fn local_problems(&self, job: &MonitoringJob) -> impl Iterator<Item = Problem> {
        let refused = !self.unix_sockets;
        let hosts: Vec<_> = job
            .spec
            .docker_hosts
            .iter()
            .enumerate()
            .filter(|(_, h)| refused && h.host.starts_with("unix://"))
            .map(|(i, _)| i)
            .collect();
        hosts.into_iter().map(|i| Problem {
            path: format!("spec.dockerHosts[{i}].host"),
            message: "a Unix socket is out of an operator's reach: write tcp://host:2376 with tlsSecretRef, or start the operator with --allow-unix-sockets".into(),
        })
    }
}

impl<T: Fn(Notice) + Send + Sync + 'static> World for Live<T> {
    fn understand(&self, job: &MonitoringJob) -> Understood {
        let mut problems = validation::problems(job);
        problems.extend(check::problems(&job.spec));
        problems.extend(self.local_problems(job));
        let schedule = job.spec.schedule.as_ref().and_then(|s| Schedule::parse(s).ok());
        Understood { schedule, problems }
    }

    async fn execute(
        &self,
        job: Arc<MonitoringJob>,
        run: MonitoringRun,
        previous: Previous,
        patience: Duration,
    ) -> (Report, Vec<ContainerBaseline>) {
        let window = run.status.as_ref().and_then(|s| s.window);
        let window = window.unwrap_or_else(|| effective::window(&job, &MonitoringRunSpec::default(), Timestamp::now()));
        let until = Instant::now() + patience;
        let (evidence, recorded) = self.record(&job, &run, &previous, window).await.unzip();
        let listeners = Listeners { evidence, ..Listeners::default() };
        let (mut report, seen) = self.look(&job, window, patience, &previous, listeners).await;
        let trigger = run.spec.trigger.unwrap_or_default();
        self.analyze(&job, trigger, &mut report, until).await;
        let schedule = job.spec.schedule.as_ref().and_then(|s| Schedule::parse(s).ok());
        if let Some(recorded) = recorded
            && fold::foresee(&job, schedule.as_ref(), trigger, &report) == Some(Situation::Opens)
            && let Err(error) = recorded.keep().await
        {
            tracing::warn!(%error, "the run is not recorded");
        }
        (report, report::containers(&seen))
    }

    async fn investigate(
        &self,
        job: Arc<MonitoringJob>,
        run: MonitoringRun,
        earlier: Vec<MonitoringRun>,
        patience: Duration,
    ) -> Investigation {
        let Some(analyst) = &self.analyst else {
            let model = course::asked(&job).map_or("", |claude| claude.model.as_str());
            return course::without_report(model, "NotAsked", "this process asks Claude nothing");
        };
        let investigator = Investigator {
            client: analyst.client.clone(),
            spending: Arc::clone(&analyst.spending),
            prices: analyst.prices.clone(),
            metrics: Arc::clone(&analyst.metrics),
            collector: self.collector.clone(),
        };
        let now = Timestamp::now();
        let scene = Scene {
            job: &job,
            run: &run,
            earlier: &earlier,
            day_tokens_used: course::used(&job, now),
            now,
            secrets: &self.secrets,
            nonce: RandomState::new().hash_one(now.as_nanosecond()),
        };
        investigator.investigate(scene, patience).await
    }

    fn send(
        &self,
        job: Arc<MonitoringJob>,
        understood: Arc<Understood>,
        run: Option<MonitoringRun>,
        opened: Option<MonitoringRun>,
        entry: OutboxEntry,
    ) -> impl Future<Output = Delivery> + Send {
        let receivers = job.spec.notifications.iter().flat_map(|n| &n.receivers);
        let receiver = receivers.into_iter().find(|r| r.name == entry.receiver).cloned();
        let parts = self.message(&job, &understood, run.as_ref(), opened.as_ref(), &entry, Timestamp::now());
        async move {
            let Some(receiver) = receiver else {
                let error = format!("the job no longer has a receiver {:?}", entry.receiver);
                return Delivery::Refused { error, parts_sent: entry.parts_sent };
            };
            let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
            self.deliver(namespace, &receiver, &entry, &parts).await
        }
    }

    fn tell(&self, notice: Notice) {
        (self.teller)(notice);
    }
}
