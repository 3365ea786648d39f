//! All parts at once, as the live tests want them.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::docker::Found;
use super::kubernetes::{Binaries, ControlPlane};
use super::scratch::{KUBERNETES, Scratch};
use super::{docker, environment, images};

/// The parts, for as long as they are held.
#[derive(Debug)]
pub struct Parts {
    // In the order in which they go: what runs in a folder before the folder.
    plane: ControlPlane,
    engine: Found,
    binaries: Binaries,
    _scratch: Scratch,
}

impl Parts {
    /// Sets up what is lacking and starts all.
    pub fn set_up() -> Result<Self> {
        // An engine of our own in any case: it also listens with mTLS, and the tests restart and fill it.
        let engine = docker::start_own()?;
        images::ensure(&engine.docker)?;
        let binaries = Binaries::ensure()?;
        let scratch = Scratch::new()?;
        let plane = ControlPlane::start(&binaries, &scratch.path().join(KUBERNETES))?;
        Ok(Self { plane, engine, binaries, _scratch: scratch })
    }

    /// What `Rig::from_env` reads, and the control plane's kubectl first on the PATH.
    pub fn environment(&self, binary: &Path) -> Result<Vec<(&'static str, String)>> {
        let text = |path: &Path| path.display().to_string();
        let tls = self.engine.tls().context("an engine of our own listens with mTLS")?;
        let path = std::env::var("PATH").unwrap_or_default();
        Ok(vec![
            (environment::DOCKER, self.engine.docker.host().to_owned()),
            (environment::DOCKER_TLS, text(&tls)),
            (environment::KUBECONFIG, text(&self.plane.kubeconfig())),
            (environment::AUDIT_LOG, text(&self.plane.audit_log())),
            (environment::KUBERNETES, text(self.binaries.folder())),
            (environment::BINARY, text(binary)),
            ("PATH", format!("{}:{path}", self.binaries.folder().display())),
        ])
    }
}
