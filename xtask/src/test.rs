//! `cargo xtask test`: the plain tests, then the live ones with the parts that they need.

use std::fs::File;
use std::process::Command;
use std::{io, thread};

use anyhow::{Result, bail};
use clap::Args;
use xtask::rig::scratch::Scratch;
use xtask::rig::wait::interrupted;
use xtask::rig::{Parts, command};
use xtask::say::say;

use crate::cargo::{Metadata, cargo, metadata, stagewatch};
use crate::demo::{self, demo};

#[derive(Args)]
pub(crate) struct Options {
    /// A part of a test's name, or the name of a live test target
    filter: Option<String>,
    /// The long ones too: both demos, and ten minutes of load
    #[arg(long)]
    all: bool,
}

/// The live target whose tests wait for the minutes to go by: all of them at once, and beside the other targets.
const WAITING: &str = "live-operator";

/// A test target that plain `cargo test` leaves out, since it needs real parts.
#[derive(Debug, PartialEq)]
struct Live {
    package: String,
    name: String,
}

impl Live {
    /// The command that runs it.
    fn command(&self, filter: Option<&str>, environment: &[(&str, String)]) -> Result<Command> {
        let mut cargo = cargo(&["test", "--locked", "--package", &self.package, "--test", &self.name])?;
        cargo.args(filter).envs(environment.iter().map(|(name, value)| (name, value)));
        if let Some(threads) = self.threads().filter(|_| std::env::var_os("RUST_TEST_THREADS").is_none()) {
            cargo.env("RUST_TEST_THREADS", threads);
        }
        Ok(cargo)
    }

    /// How many of its tests run at once where they wait most of their time, whatever the number of cores.
    fn threads(&self) -> Option<&'static str> {
        match self.name.as_str() {
            WAITING => Some("32"),
            "live-claude" | "live-faults" => Some("8"),
            _ => None,
        }
    }
}

pub(crate) fn test(options: &Options) -> Result<()> {
    let metadata = metadata()?;
    let filter = options.filter.as_deref();
    if let Some(named) = live_targets(&metadata, true).iter().find(|target| Some(target.name.as_str()) == filter) {
        return run_live(&metadata, &[named], None);
    }
    let live = live_targets(&metadata, options.all);
    // The plain ones first: they are quick, and need nothing.
    let plain = command::run(cargo(&["test", "--locked", "--workspace"])?.args(filter));
    let live = run_live(&metadata, &live.iter().collect::<Vec<_>>(), filter);
    let demos = if options.all && filter.is_none() { both_demos() } else { Ok(()) };
    plain.and(live).and(demos)
}

/// Each act of a demo is held to what has to come of it.
fn both_demos() -> Result<()> {
    for kubernetes in [false, true] {
        demo(&demo::Options { kubernetes, keep: false })?;
    }
    Ok(())
}

fn run_live(metadata: &Metadata, targets: &[&Live], filter: Option<&str>) -> Result<()> {
    if targets.is_empty() || interrupted() {
        return Ok(());
    }
    say(format!("setting up real parts for {}", names(targets)));
    let program = stagewatch(metadata)?;
    let parts = Parts::set_up()?;
    let environment = parts.environment(&program)?;
    let waiting = targets.iter().copied().find(|target| target.name == WAITING);
    let mut failed: Vec<&Live> = targets.iter().copied().filter(|target| target.name != WAITING).collect();
    thread::scope(|scope| {
        let beside = waiting.map(|target| (target, scope.spawn(|| run_beside(target, filter, &environment))));
        let run = |target: &Live| command::run(&mut target.command(filter, &environment)?);
        failed.retain(|target| interrupted() || run(target).is_err());
        if let Some((target, run)) = beside
            && !matches!(run.join(), Ok(Ok(())))
        {
            failed.push(target);
        }
    });
    if !failed.is_empty() {
        bail!("failed: {}", names(&failed));
    }
    say(format!("passed: {}", names(targets)));
    Ok(())
}

/// With its words held back until it has ended: those of two at once would mix.
fn run_beside(target: &Live, filter: Option<&str>, environment: &[(&str, String)]) -> Result<()> {
    say(format!("{} runs beside the others, and shows its output when it has ended", target.name));
    let scratch = Scratch::new()?;
    let path = scratch.path().join("output");
    let output = File::create(&path)?;
    let mut cargo = target.command(filter, environment)?;
    let result = command::run(cargo.stdout(output.try_clone()?).stderr(output));
    io::copy(&mut File::open(&path)?, &mut io::stdout())?;
    result
}

/// Targets of kind test with `test = false`; those that are called `long-…` take minutes, and run when asked for.
fn live_targets(metadata: &Metadata, all: bool) -> Vec<Live> {
    let mut live = Vec::new();
    for package in &metadata.packages {
        let targets =
            package.targets.iter().filter(|target| !target.test && target.kind.iter().any(|kind| kind == "test"));
        let wanted = targets.filter(|target| all || !target.name.starts_with("long-"));
        live.extend(wanted.map(|target| Live { package: package.name.clone(), name: target.name.clone() }));
    }
    live
}

fn names(targets: &[&Live]) -> String {
    targets.iter().map(|target| target.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_targets_are_those_that_cargo_test_leaves_out() {
        let metadata = r#"{"target_directory": "/t", "packages": [{"name": "stagewatch", "targets": [
            {"name": "stagewatch", "kind": ["lib"], "test": true}, {"name": "cli", "kind": ["test"], "test": true},
            {"name": "bench", "kind": ["bench"], "test": false}, {"name": "live-docker", "kind": ["test"], "test": false},
            {"name": "long-flood", "kind": ["test"], "test": false}]}]}"#;
        let metadata: Metadata = serde_json::from_str(metadata).expect("it is JSON");
        let names = |all| live_targets(&metadata, all).into_iter().map(|live| live.name).collect::<Vec<_>>();
        assert_eq!(names(false), ["live-docker"]);
        assert_eq!(names(true), ["live-docker", "long-flood"]);
    }
}
