//! `stagewatch replay DIR`: the report of a recording, offline.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, FailOnArg, emit, report, settings::Format};
use crate::{
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
}

impl Replay {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let recording = recording::read(&self.folder)?;
        let report = recording.report();
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
