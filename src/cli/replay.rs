//! `stagewatch replay DIR`: the report of a recording, offline.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use tokio::time::Instant;

use super::{
    Exit, FailOnArg, emit, report,
    settings::{self, Ask, Claude, Format, SecretsFolder},
};
use crate::{
    api::run::Trigger,
    core::explain::explain,
    recording::{self, Recording},
};

/// Compute the report of a recording again, offline
///
/// A recording is a folder that `stagewatch run --record` wrote. The exit code is that of `run`: 0 below --fail-on, 3
/// at or above it, 1 when the recording could not be read, 2 on bad usage.
#[derive(Args, Debug)]
pub struct Replay {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Also tell why: what each log held, which patterns matched or did not, what each finding rests on
    #[arg(long)]
    explain: bool,
    /// What to print
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    fail_on: FailOnArg,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    secrets: SecretsFolder,
    #[command(flatten)]
    claude: Claude,
}

impl Replay {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let recording = recording::read(&self.folder)?;
        let mut report = recording.report();
        if self.ask.claude || self.ask.show_prompt {
            anyhow::ensure!(recording.job.spec.analysis.is_some(), settings::NO_ANALYSIS);
        }
        if self.ask.show_prompt {
            emit(&settings::shown_prompt(&self.secrets.open()?, &recording.job, &report).await?)?;
            return Ok(Exit::Fine);
        }
        if self.ask.claude {
            let (analyst, secrets) = (self.claude.analyst(Arc::default())?, self.secrets.open()?);
            let until = Instant::now() + Duration::from_mins(1);
            analyst.analyze(&secrets, &recording.job, Trigger::Manual, &mut report, until).await;
        }
        let explanation = if self.explain {
            let aside = recording::set_aside(&self.folder, &recording)?;
            let Recording { job, observations, previous, .. } = &recording;
            Some(explain(&job.spec, observations, previous, &report, aside))
        } else {
            None
        };
        emit(&report::print_explained(self.output, &recording.job.spec, &report, explanation.as_ref())?)?;
        Ok(self.fail_on.exit(report.verdict))
    }
}
