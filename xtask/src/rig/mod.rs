//! The real parts that the live tests and the demo run against, and how to have each of them.

pub mod bot;
pub mod cache;
pub mod certificates;
pub mod claude;
pub mod command;
pub mod daemon;
pub mod docker;
mod environment;
pub mod images;
pub mod kubernetes;
mod parts;
pub mod scratch;
pub mod site;
pub mod wait;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

pub use environment::Rig;
pub use parts::Parts;

/// As many ports of loopback that nobody listens on.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    // All are held until all are chosen, so that no two are the same.
    let mut listeners = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port on loopback")?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

/// Writes a file that others cannot read.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).with_context(context)?;
    file.write_all(text.as_bytes()).with_context(context)
}
