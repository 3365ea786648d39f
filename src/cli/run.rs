//! `stagewatch run FILE`: one run, no cluster needed.

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::mpsc, time::Instant};

use super::{
    Exit, FailOnArg, emit, files, progress, report,
    settings::{self, Ask, Claude, Format, SecretsFolder, Targets},
};
use crate::{
    api::{
        Duration, MonitoringJob, MonitoringRun, MonitoringRunSpec, Severity, Verdict, Window,
        job_status::{MessageKind, OutboxEntry},
        report::Report,
        run::{JobRef, Trigger},
    },
    collect::Collector,
    core::{
        effective, execution, observation::Observations, outbox::Delivery, plan, previous::Previous, report as reports,
    },
    engine::{Listeners, Live, Notice, Whereabouts, World as _},
    notify::telegram::Telegram,
    recording,
};

/// How many raw answers may wait to be written.
const EVIDENCE: usize = 64;
const NOT_RECORDED: &str = "the recording could not be written";
/// How often a message is sent to a receiver whose bot is asked to wait, and how long it is waited for at most.
const ATTEMPTS: i32 = 3;
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Look once at everything that the job in FILE names, and print what was found
///
/// Sends one message to the job's receivers, unless --dry-run is given or the job has none. Exit code: 0 below
/// --fail-on, 3 at or above it, 1 when it could not run or tell, 2 on bad usage.
#[derive(Args, Debug)]
#[expect(clippy::struct_field_names, reason = "as the flag is called")]
pub struct Run {
    /// A file with one MonitoringJob, or with several of which --job names one
    file: PathBuf,
    /// The job to run, where FILE holds several
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// How many hours of logs to read [default: the job's lookback, or those since the run of --previous, or 4]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=168))]
    hours: Option<u8>,
    /// Do everything but the sending
    #[arg(long)]
    dry_run: bool,
    /// Write all that is seen into this folder, which must not exist or be empty, for `stagewatch replay`
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// A recording whose run counts as the one before: what it found and how it saw the containers
    #[arg(long, value_name = "DIR")]
    previous: Option<PathBuf>,
    /// What to print
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    fail_on: FailOnArg,
    #[command(flatten)]
    secrets: SecretsFolder,
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    claude: Claude,
}

impl Run {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let job = files::job(&self.file, self.job.as_deref())?;
        if self.ask.claude || self.ask.show_prompt {
            anyhow::ensure!(job.spec.analysis.is_some(), settings::NO_ANALYSIS);
        }
        let analyst = self.ask.claude.then(|| self.claude.analyst(Arc::default())).transpose()?;
        let world = Live {
            analyst,
            collector: Collector::new(self.targets.policy().with_unix_sockets()),
            secrets: self.secrets.open()?,
            recordings: None,
            telegram: Telegram::new(self.targets.telegram_url.as_str())?,
            place: Whereabouts::Nowhere,
            unix_sockets: true,
            teller: |_: Notice| {},
        };
        let understood = world.understand(&job);
        let previous = self.previous.as_deref().map(earlier).transpose()?.unwrap_or_default();
        let started = Timestamp::now();
        let mut run = MonitoringRun::new(
            &format!("{}-{}", job.metadata.name.as_deref().unwrap_or_default(), started.strftime("%Y%m%d%H%M%S")),
            MonitoringRunSpec {
                job_ref: JobRef { name: job.metadata.name.clone().unwrap_or_default() },
                lookback: self.hours.map(|hours| Duration::from_hours(hours.into())),
                dry_run: self.dry_run,
                fail_on: Some(self.fail_on.fail_on()),
                ..Default::default()
            },
        );
        run.status = Some(execution::claimed(&job, &run, "", started));
        let window = effective::window_after(previous.window, &job.spec, &run.spec, started);
        let patience = plan::timeout(&job, &understood, started).unsigned_abs();
        let mut listeners = Listeners::default();
        let recorded = match &self.record {
            Some(folder) => {
                let writer = recording::Writer::create(folder).await.context(NOT_RECORDED)?;
                let (sender, receiver) = mpsc::channel(EVIDENCE);
                listeners.evidence = Some(sender);
                let (job, previous) = (job.clone(), previous.clone());
                Some(tokio::spawn(async move { writer.write(&job, &previous, window, started, receiver).await }))
            }
            None => None,
        };
        let until = Instant::now() + patience;
        let (mut report, seen) = look(&world, &job, window, patience, &previous, listeners).await;
        if self.ask.show_prompt {
            emit(&settings::shown_prompt(&world.secrets, &job, &report).await?)?;
            if let Some(recorded) = recorded {
                recorded.await?.context(NOT_RECORDED)?;
            }
            return Ok(Exit::Fine);
        }
        world.analyze(&job, Trigger::Manual, &mut report, until).await;
        emit(&report::print(self.output, &job.spec, &report)?)?;
        let verdict = report.verdict;
        run.status = Some(execution::completed(&run, report, reports::containers(&seen), Timestamp::now()));
        let told = self.tell(&world, &job, &run, verdict).await;
        if let Some(recorded) = recorded {
            recorded.await?.context(NOT_RECORDED)?;
        }
        told.map(|()| self.fail_on.exit(verdict))
    }

    /// Sends one message to each receiver.
    async fn tell(
        &self,
        world: &Live<impl Fn(Notice) + Send + Sync + 'static>,
        job: &MonitoringJob,
        run: &MonitoringRun,
        verdict: Verdict,
    ) -> anyhow::Result<()> {
        if self.dry_run || job.spec.dry_run {
            return Ok(());
        }
        let understood = world.understand(job);
        let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
        let mut failed = Vec::new();
        for receiver in job.spec.notifications.iter().flat_map(|n| &n.receivers) {
            let kind = if verdict == Verdict::AllGood { MessageKind::Report } else { MessageKind::Alert };
            let mut entry = OutboxEntry {
                rings: verdict == Verdict::from(Severity::Critical),
                attempts: 1,
                ..OutboxEntry::new(&receiver.name, kind, run.metadata.name.as_deref().unwrap_or_default())
            };
            let parts = world.message(job, &understood, Some(run), None, &entry, Timestamp::now());
            loop {
                match world.deliver(namespace, receiver, &entry, &parts).await {
                    Delivery::Accepted { .. } => break,
                    Delivery::RetryAfter { pause, parts_sent }
                        if entry.attempts < ATTEMPTS && pause <= LONGEST_PAUSE =>
                    {
                        entry.attempts += 1;
                        entry.parts_sent = parts_sent;
                        tokio::time::sleep(pause.unsigned_abs()).await;
                    }
                    Delivery::RetryAfter { pause, .. } => {
                        failed.push(format!("{}: Telegram asks to wait {} s", receiver.name, pause.as_secs()));
                        break;
                    }
                    Delivery::NotSent { error, .. }
                    | Delivery::Ambiguous { error, .. }
                    | Delivery::Refused { error, .. } => {
                        failed.push(format!("{}: {error}", receiver.name));
                        break;
                    }
                }
            }
        }
        anyhow::ensure!(failed.is_empty(), "the message was not delivered to {}", failed.join(", "));
        Ok(())
    }
}

/// Looks, while a terminal shows the steps.
async fn look(
    world: &Live<impl Fn(Notice) + Send + Sync + 'static>,
    job: &MonitoringJob,
    window: Window,
    patience: std::time::Duration,
    previous: &Previous,
    mut listeners: Listeners,
) -> (Report, Observations) {
    let shown = std::io::stderr().is_terminal().then(|| {
        let (sender, receiver) = mpsc::unbounded_channel();
        listeners.progress = Some(sender);
        tokio::spawn(progress::show(receiver))
    });
    let looked = world.look(job, window, patience, previous, listeners).await;
    if let Some(shown) = shown {
        // What could not be shown was seen all the same.
        let _ = shown.await;
    }
    looked
}

/// What the run of a recording leaves to the next one.
fn earlier(folder: &Path) -> anyhow::Result<Previous> {
    let recording = recording::read(folder)?;
    let (report, containers) = (recording.report(), reports::containers(&recording.observations));
    Ok(recording.previous.followed_by(&recording.job.spec, &report, &containers))
}
