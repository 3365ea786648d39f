//! A folder for one run of the rig, and the sweeping up after a run that was killed.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;
use rustix::process::{Pid, test_kill_process};

use super::{cache, daemon, kubernetes};
use crate::say::say;

/// The name under which the program itself runs in such a folder.
pub const PROGRAM: &str = "stagewatch";
/// The folder in it that a control plane has for itself.
pub const KUBERNETES: &str = "kubernetes";

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A folder that is removed with its handle.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// A new one, named after this process; what dead processes left is ended and removed.
    pub fn new() -> Result<Self> {
        let base = cache::folder("run")?;
        sweep(&base)?;
        let path = base.join(format!("{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            say(format!("{} could not be removed: {error}", self.path.display()));
        }
    }
}

fn sweep(base: &Path) -> Result<()> {
    for entry in fs::read_dir(base)? {
        let path = entry?.path();
        let owner = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.split('-').next())
            .and_then(|pid| pid.parse().ok());
        let alive = owner.and_then(Pid::from_raw).is_none_or(|pid| test_kill_process(pid).is_ok());
        if alive {
            continue;
        }
        let mut ran = daemon::end_recorded(PROGRAM, &path)?;
        ran |= kubernetes::end_kept(&path.join(KUBERNETES))?;
        match fs::remove_dir_all(&path) {
            // Another run sweeps at the same time.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            other => other?,
        }
        if ran {
            say(format!("ended what a killed run had left in {}", path.display()));
        }
    }
    Ok(())
}
