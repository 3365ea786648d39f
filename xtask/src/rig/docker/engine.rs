//! An engine of our own: `dockerd` by hand, with everything it has in one folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::{Docker, unix_socket};
use crate::rig::certificates::Authority;
use crate::rig::daemon::{self, Daemon};
use crate::rig::free_ports;
use crate::say::say;

const READY_WITHIN: Duration = Duration::from_mins(1);
const NAME: &str = "dockerd";

/// The folder of an engine, and how the engine in it runs.
#[derive(Debug, Clone)]
pub struct EngineFolder {
    path: PathBuf,
    isolated: bool,
}

impl EngineFolder {
    /// The rig's engine: shared by all runs, with networks and published ports.
    pub fn shared(path: &Path) -> Self {
        Self { path: path.to_owned(), isolated: false }
    }

    /// A second engine beside it for a test that stops or restarts it: its containers have no network.
    pub fn isolated(path: &Path) -> Self {
        Self { path: path.to_owned(), isolated: true }
    }
}

/// A running engine of our own. Whoever lets go of it last stops it.
#[derive(Debug)]
pub struct Engine {
    folder: PathBuf,
    /// Held shared by everyone who uses the engine: who can have it alone is the last.
    users: File,
    daemon: Option<Daemon>,
}

impl Engine {
    /// Starts the engine of this folder, or joins the one that runs there already.
    pub fn start(folder: &EngineFolder) -> Result<Self> {
        let path = folder.path.clone();
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        let starting = File::create(path.join("starting.lock"))?;
        starting.lock()?;
        let users = File::create(path.join("users.lock"))?;
        users.lock_shared()?;
        let mut engine = Self { folder: path, users, daemon: None };
        if engine.docker().answers() {
            return Ok(engine);
        }
        // What an earlier run left without an answer would keep the folder locked.
        daemon::end_recorded(NAME, &engine.folder)?;
        engine.launch(folder.isolated)?;
        Ok(engine)
    }

    fn launch(&mut self, isolated: bool) -> Result<()> {
        let begun = Instant::now();
        let port = free_ports::<1>()?[0];
        let tls = self.tls();
        write_tls(&tls, port)?;
        let at = |name: &str| self.folder.join(name).display().to_string();
        let mut command = Command::new("dockerd");
        // A PATH without sbin hides iptables from it.
        command.env("PATH", format!("{}:/usr/local/sbin:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()));
        command.args(["--data-root", &at("data"), "--exec-root", &at("exec"), "--pidfile", &at("engine.pid")]);
        command.args([
            "--config-file",
            "/dev/null",
            "--host",
            &format!("unix://{}", unix_socket(&self.folder)?.display()),
        ]);
        command.args(["--host", &format!("tcp://127.0.0.1:{port}"), "--tlsverify"]);
        for (flag, file) in
            [("--tlscacert", "ca.pem"), ("--tlscert", "server-cert.pem"), ("--tlskey", "server-key.pem")]
        {
            command.arg(flag).arg(tls.join(file));
        }
        if isolated {
            command.args(["--bridge", "none", "--iptables=false", "--ip6tables=false"]);
        }
        let mut daemon = Daemon::start(NAME, &self.folder, &mut command)?;
        let docker = self.docker();
        daemon.wait_ready(READY_WITHIN, || docker.answers())?;
        say(format!(
            "started a Docker Engine of our own at {} in {:.1} s",
            docker.host(),
            begun.elapsed().as_secs_f32()
        ));
        self.daemon = Some(daemon);
        Ok(())
    }

    /// How to talk to it.
    pub fn docker(&self) -> Docker {
        Docker::at(format!("unix://{}", self.folder.join("docker.sock").display()))
    }

    /// The folder with `ca.pem`, `ca-key.pem`, `cert.pem`, `key.pem` and `host`.
    pub fn tls(&self) -> PathBuf {
        self.folder.join("tls")
    }

    /// Ends the engine now; its containers end with it.
    pub fn stop(&mut self) -> Result<()> {
        match self.daemon.take() {
            Some(mut daemon) => daemon.stop()?,
            None => drop(daemon::end_recorded(NAME, &self.folder)?),
        }
        Ok(())
    }

    /// Starts it again after `stop`, with the same containers, on a new TLS port.
    pub fn start_again(&mut self, folder: &EngineFolder) -> Result<()> {
        self.launch(folder.isolated)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Our own share first: a lock cannot be raised while it is held.
        let last = self.users.unlock().is_ok() && self.users.try_lock().is_ok();
        if !last {
            if let Some(daemon) = self.daemon.take() {
                daemon.keep();
            }
            return;
        }
        if let Err(error) = self.stop() {
            say(format!("the engine could not be stopped: {error:#}"));
        }
    }
}

/// New certificates for each start, good for this machine alone.
fn write_tls(folder: &Path, port: u16) -> Result<()> {
    fs::create_dir_all(folder)?;
    let authority = Authority::new("Stagewatch rig engine CA")?;
    let server = authority.server(&["localhost", "127.0.0.1"])?;
    let client = authority.client("stagewatch-rig")?;
    let files = [
        ("ca.pem", authority.certificate()),
        ("ca-key.pem", authority.key()),
        ("server-cert.pem", server.certificate),
        ("server-key.pem", server.key),
        ("cert.pem", client.certificate),
        ("key.pem", client.key),
        ("host", format!("tcp://127.0.0.1:{port}")),
    ];
    for (name, text) in files {
        super::super::write_private(&folder.join(name), &text)?;
    }
    Ok(())
}
