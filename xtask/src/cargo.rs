//! cargo, started by a program that cargo started.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use xtask::rig::command;

/// What `cargo metadata` tells, as far as it is needed.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: PathBuf,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) targets: Vec<Target>,
}

#[derive(Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    pub(crate) test: bool,
}

pub(crate) fn metadata() -> Result<Metadata> {
    let text = command::output(&mut cargo(&["metadata", "--no-deps", "--locked", "--format-version", "1"])?)?;
    serde_json::from_str(&text).context("`cargo metadata` says something else than expected")
}

/// Builds the program, and tells where it is.
pub(crate) fn stagewatch(metadata: &Metadata) -> Result<PathBuf> {
    command::run(&mut cargo(&["build", "--locked", "--package", "stagewatch"])?)?;
    Ok(metadata.target_directory.join("debug/stagewatch"))
}

/// `cargo …` at the workspace's root.
pub(crate) fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(workspace()?);
    // What cargo told us about ourselves would make build scripts that read it run again, and all above them be built anew.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// The workspace's root.
pub(crate) fn workspace() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask is in no workspace")
}
