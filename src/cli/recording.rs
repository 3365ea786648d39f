//! `stagewatch recording NAME`: where the recording of a run is.

use anyhow::{Context as _, bail};
use clap::Args;

use super::{Exit, emit, settings::StateFolder};
use crate::recording::keep;

/// Print where the recording of a run is
///
/// `stagewatch watch` keeps what it saw in each run that opened an incident or made it worse: of a job the newest five, of
/// 20 MiB at most each. `stagewatch replay "$(stagewatch recording autopar-staging)" --explain` says why the report was
/// as it was. Exit code: 0 when there is one, 1 when there is none, 2 on bad usage.
#[derive(Args, Debug)]
pub struct Recording {
    /// The name of a run; or of a job, for its newest recording
    name: String,
    #[command(flatten)]
    state: StateFolder,
}

impl Recording {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let root = self.state.recordings()?;
        let kept = keep::kept(&root).with_context(|| format!("the recordings in {}", root.display()))?;
        let named = |kept: &&keep::Kept| kept.run == self.name || kept.job == self.name;
        let Some(newest) = kept.iter().rev().find(named) else {
            let known: Vec<_> = kept.iter().rev().map(|kept| kept.run.as_str()).take(5).collect();
            if known.is_empty() {
                bail!("no recording is kept in {}: no run has opened an incident yet", root.display());
            }
            bail!("no recording is kept of {:?}: the newest are {}", self.name, known.join(", "));
        };
        emit(&format!("{}\n", newest.path.display()))?;
        Ok(Exit::Fine)
    }
}
