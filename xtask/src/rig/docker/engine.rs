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
use crate::rig::wait::settled;
use crate::say::say;

const READY_WITHIN: Duration = Duration::from_mins(1);
const NAME: &str = "dockerd";

/// A running engine of our own. Whoever lets go of it last stops it.
#[derive(Debug)]
pub struct Engine {
    folder: PathBuf,
    isolated: bool,
    /// Held shared by everyone who uses the engine: who can have it alone is the last.
    users: File,
    daemon: Option<Daemon>,
}

impl Engine {
    /// Starts the engine of this folder, or joins the one that runs there already; it has networks and publishes ports.
    pub fn start(folder: &Path) -> Result<Self> {
        Self::start_or_join(folder, false)
    }

    /// A second engine beside the rig's, for a test that stops or restarts it: its containers have no network.
    pub fn start_isolated(folder: &Path) -> Result<Self> {
        Self::start_or_join(folder, true)
    }

    fn start_or_join(folder: &Path, isolated: bool) -> Result<Self> {
        let path = folder.to_owned();
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        let starting = File::create(path.join("starting.lock"))?;
        starting.lock()?;
        let users = File::create(path.join("users.lock"))?;
        users.lock_shared()?;
        let mut engine = Self { folder: path, isolated, users, daemon: None };
        // One that runs on a busy machine is given time: others may be using it.
        let runs = daemon::recorded(NAME, &engine.folder).is_some();
        if engine.docker().answers() || (runs && settled(READY_WITHIN, || engine.docker().answers())) {
            return Ok(engine);
        }
        // What an earlier run left without an answer would keep the folder locked.
        daemon::end_recorded(NAME, &engine.folder)?;
        engine.launch()?;
        Ok(engine)
    }

    fn launch(&mut self) -> Result<()> {
        let begun = Instant::now();
        // Without a file of its own it would read the machine's.
        fs::write(self.folder.join("daemon.json"), "{}")?;
        let at = |name: &str| self.folder.join(name).display().to_string();
        // In a network of its own: an engine that is told to have no bridge removes the one that others use.
        let mut command = Command::new(if self.isolated { "unshare" } else { "dockerd" });
        if self.isolated {
            command.args(["--net", "--", "dockerd", "--bridge", "none", "--iptables=false"]);
        }
        // A PATH without sbin hides iptables from it.
        command.env("PATH", format!("{}:/usr/local/sbin:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()));
        command.args(["--data-root", &at("data"), "--exec-root", &at("exec"), "--pidfile", &at("engine.pid")]);
        command.args([
            "--config-file",
            &at("daemon.json"),
            "--host",
            &format!("unix://{}", unix_socket(&self.folder)?.display()),
        ]);
        if !self.isolated {
            command.args(self.tls_arguments()?);
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

    fn tls_arguments(&self) -> Result<Vec<String>> {
        let tls = self.tls();
        let [port] = free_ports()?;
        write_tls(&tls, port)?;
        let at = |name: &str| tls.join(name).display().to_string();
        let host = format!("--host=tcp://127.0.0.1:{port}");
        let files = [("tlscacert", "ca.pem"), ("tlscert", "server-cert.pem"), ("tlskey", "server-key.pem")];
        let files = files.map(|(flag, file)| format!("--{flag}={}", at(file)));
        Ok([host, "--tlsverify".to_owned()].into_iter().chain(files).collect())
    }

    /// How to talk to it.
    pub fn docker(&self) -> Docker {
        Docker::at(format!("unix://{}", self.folder.join("docker.sock").display()))
    }

    /// The folder with `ca.pem`, `ca-key.pem`, `cert.pem`, `key.pem` and `host`; an isolated engine has a socket alone.
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

    /// Starts it again after `stop`, with the same containers.
    pub fn start_again(&mut self) -> Result<()> {
        self.launch()
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
