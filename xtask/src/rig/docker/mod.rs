//! A Docker Engine for the rig: the one that answers, or one of our own.

mod container;
mod engine;
mod install;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

pub use container::{Container, ContainerOptions, Network};
pub use engine::Engine;

use super::{cache, command};
use crate::say::say;

/// The label on everything that the rig creates in an engine.
pub const LABEL: &str = "net.pitchai.stagewatch.rig";

/// An engine to talk to, by the `docker` command line.
#[derive(Debug, Clone)]
pub struct Docker {
    host: String,
}

impl Docker {
    /// The engine at this address, as `DOCKER_HOST` would say it.
    pub fn at(host: impl Into<String>) -> Self {
        Self { host: host.into() }
    }

    /// Its address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// `docker …` against this engine, whatever the environment says.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(arguments).env("DOCKER_HOST", &self.host).env_remove("DOCKER_CONTEXT");
        if self.host.starts_with("unix:") {
            command.env_remove("DOCKER_TLS_VERIFY").env_remove("DOCKER_CERT_PATH");
        }
        command
    }

    /// `docker …`, its stdout.
    pub fn docker(&self, arguments: &[&str]) -> Result<String> {
        command::output(&mut self.command(arguments))
    }

    /// Whether an engine answers there.
    pub fn answers(&self) -> bool {
        self.docker(&["version", "--format", "{{.Server.Version}}"]).is_ok_and(|version| !version.is_empty())
    }
}

/// An engine that is ready, and the hold on it when it is ours.
#[derive(Debug)]
pub struct Found {
    /// How to talk to it.
    pub docker: Docker,
    /// Our own engine, stopped when the last that uses it lets go.
    pub engine: Option<Engine>,
}

impl Found {
    /// The folder with `ca.pem`, `ca-key.pem`, `cert.pem`, `key.pem` and `host`, when the engine is ours and so also listens with mTLS.
    pub fn tls(&self) -> Option<PathBuf> {
        self.engine.as_ref().map(Engine::tls)
    }
}

/// An engine of our own beside every other, for a test that stops or restarts it; all it has is in `folder`.
pub fn start_isolated(folder: &Path) -> Result<Engine> {
    install::ensure()?;
    Engine::start_isolated(folder)
}

/// The user's own engine when it answers, else one of ours, which is installed first where that is possible.
pub fn find_or_start() -> Result<Found> {
    if let Some(docker) = users_own() {
        say(format!("using the Docker Engine at {}", docker.host()));
        return Ok(Found { docker, engine: None });
    }
    start_own()
}

/// An engine of our own, with mTLS beside its socket, whatever else runs here.
pub fn start_own() -> Result<Found> {
    install::ensure()?;
    if !rustix::process::geteuid().is_root() {
        bail!(
            "a Docker Engine of our own takes root: run this as root; the demo also takes your own engine, when it runs"
        );
    }
    let engine = Engine::start(&cache::folder("engine")?)?;
    Ok(Found { docker: engine.docker(), engine: Some(engine) })
}

/// What the docker command line would talk to by itself, if it answers.
fn users_own() -> Option<Docker> {
    if !command::exists("docker") {
        return None;
    }
    let context = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
    let host =
        std::env::var("DOCKER_HOST").ok().or_else(|| command::output(Command::new("docker").args(context)).ok())?;
    let docker = Docker::at(host);
    docker.answers().then_some(docker)
}

/// A socket's address has an end that some folders are too long for.
fn unix_socket(folder: &Path) -> Result<PathBuf> {
    let socket = folder.join("docker.sock");
    if socket.as_os_str().len() > 100 {
        bail!("{} is too long for a unix socket; set XDG_CACHE_HOME to a shorter folder", socket.display());
    }
    Ok(socket)
}
