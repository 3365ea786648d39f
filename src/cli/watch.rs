//! `stagewatch watch FILE…`: the scheduler without a cluster.

use std::{
    collections::BTreeSet,
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{
    Exit, files, notice,
    settings::{Claude, SecretsFolder, StateFolder, Targets},
    stop_signal,
};
use crate::{
    api::MonitoringJob,
    collect::Collector,
    engine::{Clock, Engine, Live, Notice, Whereabouts},
    notify::telegram::Telegram,
    recording::keep::Keeper,
    store::{Store as _, folder::Folder},
    telemetry::metrics::Metrics,
};

/// How often the files are looked at for changes.
const LOOK: Duration = Duration::from_secs(2);

/// Run the jobs in FILEs on their schedules, without a cluster
///
/// State is kept in a folder, so that a restart goes on where it stopped: `stagewatch status` shows it, `stagewatch
/// trigger` starts a run beside it. An edited file is taken over at once; one that becomes wrong is told, and its job
/// goes on as it was. Stop it with Ctrl-C or SIGTERM.
///
/// Exit code: 0 when it was stopped, 1 when it could not start, 2 on bad usage.
#[derive(Args, Debug)]
pub struct Watch {
    /// Files with MonitoringJobs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    state: StateFolder,
    #[command(flatten)]
    secrets: SecretsFolder,
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    claude: Claude,
    /// The most runs at a time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    max_runs: u16,
}

impl Watch {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let folder = Folder::open(self.state.path()?).await?;
        let metrics = Arc::new(Metrics::default());
        let world = Live {
            analyst: Some(self.claude.analyst(Arc::clone(&metrics))?),
            collector: Collector::new(self.targets.policy().with_unix_sockets()),
            secrets: self.secrets.open()?,
            recordings: Some(Keeper::open(self.state.recordings()?).context("the folder of the recordings")?),
            telegram: Telegram::new(self.targets.telegram_url.as_str())?,
            place: Whereabouts::Folder(folder.root().display().to_string()),
            unix_sockets: true,
            teller: |it: Notice| notice::log(&it),
        };
        let stop = stop_signal()?;
        let _alone = only_planner(folder.root())?;
        let mut seen = Files::default();
        seen.take_over(&self.files, &folder).await?;
        let engine = Engine::new(
            folder.clone(),
            Arc::new(world),
            Clock::System,
            super::identity(),
            self.max_runs.into(),
            metrics,
        );
        tracing::info!(state = %folder.root().display(), jobs = seen.jobs.len(), "watching");
        let following = follow(self.files, seen, folder, stop.clone());
        let ((), ()) = tokio::join!(engine.run(stop.clone()), following);
        Ok(Exit::Fine)
    }
}

/// What was last read of the files.
#[derive(Debug, Default)]
struct Files {
    texts: Vec<Option<String>>,
    jobs: BTreeSet<(Option<String>, Option<String>)>,
}

impl Files {
    /// Brings the jobs of all files into the folder, and suspends those that no file has any more.
    async fn take_over(&mut self, files: &[PathBuf], folder: &Folder) -> anyhow::Result<()> {
        let key = |job: &MonitoringJob| (job.metadata.namespace.clone(), job.metadata.name.clone());
        let mut jobs = BTreeSet::new();
        for job in files::jobs(files)? {
            anyhow::ensure!(
                jobs.insert(key(&job)),
                "the job {:?} is in these files twice",
                job.metadata.name.unwrap_or_default()
            );
            folder.apply_job(&job).await?;
        }
        for mut job in folder.list::<MonitoringJob>(None).await?.objects {
            if !jobs.contains(&key(&job)) && !job.spec.suspend {
                tracing::info!(
                    name = job.metadata.name,
                    "no file has this job: it is suspended, and its runs are kept"
                );
                job.spec.suspend = true;
                folder.apply_job(&job).await?;
            }
        }
        self.jobs = jobs;
        Ok(())
    }
}

/// Holds the folder for this process: two that plan would be safe, and would do everything twice.
fn only_planner(root: &Path) -> anyhow::Result<File> {
    let file = File::create(root.join("planner.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            anyhow::bail!(
                "another `stagewatch watch` runs in {}: stop it, or name another folder with --state DIR",
                root.display()
            )
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Takes edits of the files over until `stop`.
async fn follow(files: Vec<PathBuf>, mut seen: Files, folder: Folder, stop: CancellationToken) {
    let read = |files: &[PathBuf]| files.iter().map(|file| std::fs::read_to_string(file).ok()).collect::<Vec<_>>();
    seen.texts = read(&files);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let texts = read(&files);
        if texts == seen.texts {
            continue;
        }
        seen.texts = texts;
        match seen.take_over(&files, &folder).await {
            Ok(()) => tracing::info!("an edited file was taken over"),
            Err(error) => tracing::warn!("an edited file is not taken over, the jobs go on as they were: {error:#}"),
        }
    }
}
