//! cargo, started by a program that cargo started.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

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
