//! `cargo xtask cluster up|down`: a control plane that stays, one at a time.

use anyhow::{Result, bail};
use clap::Subcommand;
use xtask::rig::cache;
use xtask::rig::kubernetes::{Binaries, ControlPlane, end_kept, kept};
use xtask::say::{print, say};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Starts it (or finds it running) and prints the path of its kubeconfig
    Up,
    /// Ends it and removes its state
    Down,
}

pub(crate) fn cluster(verb: &Verb) -> Result<()> {
    let folder = cache::folder("cluster")?;
    match verb {
        Verb::Up => {
            let kubeconfig = if let Some(kubeconfig) = kept(&folder) {
                kubeconfig
            } else {
                // Half of one may be left: it could not be used, and its files would be in the way.
                end_kept(&folder)?;
                let plane = ControlPlane::start(&Binaries::ensure()?, &folder)?;
                let kubeconfig = plane.kubeconfig();
                plane.keep();
                kubeconfig
            };
            say(
                "it runs until `cargo xtask cluster down`; use it with: export KUBECONFIG=\"$(cargo xtask cluster up)\"",
            );
            print(kubeconfig.display());
        }
        Verb::Down => {
            if !end_kept(&folder)? {
                bail!("no cluster of ours is running; `cargo xtask cluster up` starts one");
            }
            say("the cluster is gone");
        }
    }
    Ok(())
}
