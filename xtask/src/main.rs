//! `cargo xtask`: what people do often, by one word.

mod bench;
mod cargo;
mod cluster;
mod crds;
mod demo;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::rig::wait;
use xtask::say::say;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What people do often, by one word", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// The main job on real local parts: all is well, then Redis breaks, then it is mended
    Demo(demo::Options),
    /// All tests: the plain ones, then those that need real parts, which are set up first
    Test(test::Options),
    /// A real Kubernetes control plane, without nodes
    #[command(subcommand)]
    Cluster(cluster::Verb),
    /// Figures, each with what it has to reach
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Writes crds/ anew from the Rust types
    Crds,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = wait::stop_on_signals().and_then(|()| match arguments.task {
        Task::Demo(options) => demo::demo(&options),
        Task::Test(options) => test::test(&options),
        Task::Cluster(verb) => cluster::cluster(&verb),
        Task::Bench(bench) => bench::bench(&bench),
        Task::Crds => crds::crds(),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
