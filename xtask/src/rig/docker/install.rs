//! Installing the Docker Engine where there is none: on Debian, as root, from Debian's own packages.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::rig::command;
use crate::say::say;

/// Makes sure that `dockerd`, `docker` and `iptables` are there.
pub fn ensure() -> Result<()> {
    let lacking: Vec<&str> =
        ["dockerd", "docker", "iptables"].into_iter().filter(|program| !installed(program)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    if !rustix::process::geteuid().is_root() || !command::exists("apt-get") {
        bail!(
            "no Docker Engine answers and {} cannot be installed here: start your Docker Engine (or set DOCKER_HOST), or run this as root on Debian",
            lacking.join(", ")
        );
    }
    say(format!("installing the Docker Engine with apt-get ({} not found)", lacking.join(", ")));
    // Debian 13 has the command line in a package of its own.
    let packages: &[&str] = if command::output(Command::new("apt-cache").args(["show", "docker-cli"]))
        .is_ok_and(|about| !about.is_empty())
    {
        &["docker.io", "docker-cli", "iptables"]
    } else {
        &["docker.io", "iptables"]
    };
    if install(packages).is_err() {
        // Most often the package lists are old or were never fetched.
        command::output(&mut apt_get(&["update"])).context("the package lists could not be fetched")?;
        install(packages).context("the Docker Engine could not be installed")?;
    }
    Ok(())
}

fn install(packages: &[&str]) -> Result<()> {
    let arguments = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    command::output(&mut apt_get(&arguments)).map(drop)
}

/// RUNLEVEL=1 keeps the package from starting a service of its own: the engine that we start is ours to stop.
fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    command
}

/// dockerd and iptables live in `sbin`, which is not on every PATH.
fn installed(program: &str) -> bool {
    command::exists(program)
        || ["/usr/sbin", "/sbin", "/usr/local/sbin"]
            .iter()
            .any(|folder| std::path::Path::new(folder).join(program).is_file())
}
