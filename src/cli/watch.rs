//! `stagewatch watch FILE…`: the scheduler without a cluster.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{Exit, files, notice, settings::{SecretsFolder, StateFolder, Targets}, stop_signal};
use crate::{
    collect::Collector,
    engine::{Clock, Engine, Live, Notice, Whereabouts},
    notify::telegram::Telegram,
    secrets::Secrets,
    store::folder::Folder,
    telemetry::metrics::Metrics,
};

/// How often the files are looked at for changes.
const LOOK: Duration = Duration::from_secs(2);

/// Run the jobs in FILEs on their schedules, without a cluster
///
/// State is kept in a folder, so that a restart goes on where it stopped: `stagewatch status` shows it, `stagewatch
/// trigger` starts a run beside it. An edited file is taken over at once; one that becomes wrong is told, and its job
/// goes on as it was. Stop it with Ctrl-C.
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
    /// The most runs at a time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    max_runs: u16,
}

impl Watch {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let folder = Folder::open(self.state.path()?).await?;
        let world = Live {
            collector: Collector::new(self.targets.policy().with_unix_sockets()),
            secrets: Secrets::local(self.secrets.secrets.as_deref())?,
            telegram: Telegram::new(self.targets.telegram_url.as_str())?,
            place: Whereabouts::Folder(folder.root().display().to_string()),
            teller: |it: Notice| notice::log(&it),
        };
        let stop = stop_signal()?;
        // Nobody else may plan in this folder: what a second process would do is what a second cluster would.
        let _alone = folder.only_planner()?;
        let mut seen = Files::default();
        seen.take_over(&self.files, &folder).await?;
        let engine = Engine::new(
            folder.clone(),
            Arc::new(world),
            Clock::System,
            super::identity(),
            self.max_runs.into(),
            Arc::new(Metrics::default()),
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
    jobs: BTreeSet<(String, String)>,
}

impl Files {
    /// Brings the jobs of all files into the folder, and takes those out that no file has any more.
    async fn take_over(&mut self, files: &[PathBuf], folder: &Folder) -> anyhow::Result<()> {
        let mut jobs = BTreeSet::new();
        for (namespace, job) in files::jobs(files)? {
            let name = job.metadata.name.clone().unwrap_or_default();
            anyhow::ensure!(jobs.insert((namespace.clone(), name.clone())), "the job {name:?} is in these files twice");
            folder.apply_job(&job).await?;
        }
        folder.retain_jobs(&jobs).await?;
        self.jobs = jobs;
        Ok(())
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
