//! Containers for one test or one demo: labelled, named so that none meets another, gone with their handle.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{Docker, LABEL};
use crate::rig::wait::wait_for;
use crate::say::say;

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// What a container is run with, beside its image.
#[derive(Debug, Default, Clone)]
pub struct ContainerOptions<'a> {
    /// Options of `docker run`, before the image.
    pub options: &'a [&'a str],
    /// The command, after the image; empty for the image's own.
    pub command: &'a [&'a str],
}

/// A running (or stopped) container; dropping it removes it.
#[derive(Debug)]
pub struct Container {
    docker: Docker,
    name: String,
    id: String,
}

impl Docker {
    /// `docker run --detach` under `<prefix>-<unique>`.
    pub fn run(&self, prefix: &str, image: &str, options: &ContainerOptions<'_>) -> Result<Container> {
        let unique = format!("{prefix}-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        self.run_as(&unique, image, options)
    }

    /// `docker run --detach` under exactly this name.
    pub fn run_as(&self, name: &str, image: &str, options: &ContainerOptions<'_>) -> Result<Container> {
        self.begin("run", &["--detach"], name, image, options)
    }

    /// `docker create` under exactly this name: files can go in before it starts.
    pub fn create_as(&self, name: &str, image: &str, options: &ContainerOptions<'_>) -> Result<Container> {
        self.begin("create", &[], name, image, options)
    }

    fn begin(
        &self,
        verb: &str,
        flags: &[&str],
        name: &str,
        image: &str,
        options: &ContainerOptions<'_>,
    ) -> Result<Container> {
        let head = [verb, "--pull", "never", "--name", name, "--hostname", name, "--label", LABEL];
        let arguments = [&head, flags, options.options, &[image], options.command].concat();
        // A container that was created but did not start is ours too, so the handle comes first.
        let mut container = Container { docker: self.clone(), name: name.to_owned(), id: String::new() };
        container.id = self.docker(&arguments).with_context(|| format!("container {name} could not be started"))?;
        Ok(container)
    }
}

impl Container {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its full id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `docker VERB … NAME`, for example `["kill", "--signal", "SEGV"]` or `["stop"]`.
    pub fn docker(&self, arguments: &[&str]) -> Result<String> {
        self.docker.docker(&[arguments, &[&self.name]].concat())
    }

    /// `docker exec NAME …`, its stdout.
    pub fn exec(&self, command: &[&str]) -> Result<String> {
        self.docker.docker(&[&["exec", &self.name], command].concat())
    }

    /// `docker inspect --format FORMAT`.
    pub fn inspect(&self, format: &str) -> Result<String> {
        self.docker(&["inspect", "--format", format])
    }

    /// Waits until `docker inspect --format` gives this value.
    pub fn wait_inspect(&self, format: &str, value: &str, deadline: Duration) -> Result<()> {
        let what = format!("{} to have {format} = {value}", self.name);
        let mut last = String::new();
        let outcome = wait_for(&what, deadline, || {
            last = self.inspect(format)?;
            Ok((last == value).then_some(()))
        });
        outcome.with_context(|| format!("it is {last:?}; the end of its log:\n{}", self.log_tail()))
    }

    /// Waits until its health check says so.
    pub fn wait_healthy(&self, deadline: Duration) -> Result<()> {
        // One that has ended will never be healthy: there is nothing to wait for.
        let what = format!("{} to be healthy", self.name);
        let outcome =
            wait_for(&what, deadline, || match self.inspect("{{.State.Status}} {{.State.Health.Status}}")?.as_str() {
                "running healthy" => Ok(Some(())),
                state if state.starts_with("exited") => bail!("{} has ended", self.name),
                _ => Ok(None),
            });
        outcome.with_context(|| format!("the end of its log:\n{}", self.log_tail()))
    }

    /// The port of this machine's loopback that `--publish 127.0.0.1::PORT` chose.
    pub fn port(&self, inner: u16) -> Result<u16> {
        let bound = self.docker.docker(&["port", &self.name, &format!("{inner}/tcp")])?;
        let port = bound.lines().next().and_then(|line| line.rsplit(':').next()).and_then(|port| port.parse().ok());
        port.with_context(|| format!("no port of {} leads to {inner}: {bound:?}", self.name))
    }

    fn log_tail(&self) -> String {
        let mut command = self.docker.command(&["logs", "--tail", "15", &self.name]);
        command
            .output()
            .map(|output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
            .unwrap_or_default()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Err(error) = self.docker.docker(&["rm", "--force", "--volumes", &self.name]) {
            say(format!("container {} could not be removed: {error:#}", self.name));
        }
    }
}

/// A network of the user's own kind, in which containers find each other by name; dropping it removes it.
#[derive(Debug)]
pub struct Network {
    docker: Docker,
    name: String,
}

impl Docker {
    /// `docker network create NAME`.
    pub fn network(&self, name: &str) -> Result<Network> {
        self.docker(&["network", "create", "--label", LABEL, name])?;
        Ok(Network { docker: self.clone(), name: name.to_owned() })
    }
}

impl Network {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Err(error) = self.docker.docker(&["network", "rm", &self.name]) {
            say(format!("network {} could not be removed: {error:#}", self.name));
        }
    }
}
