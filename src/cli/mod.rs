//! One file a command: what each prints, and with which code it ends.
#![allow(clippy::doc_markdown, reason = "comments on arguments are help texts, printed as they are")]

pub mod crds;
pub mod validate;

mod doctor;
mod explain;
mod files;
mod notice;
mod operator;
mod progress;
mod recording;
mod replay;
mod report;
mod run;
mod settings;
mod status;
mod table;
mod trigger;
mod watch;

use std::{
    io::{ErrorKind, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    api::{Verdict, run::FailOn},
    telemetry::{self, LogFormat},
};

/// What a command that only computes has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// For stdout.
    pub text: String,
    /// For the shell.
    pub code: u8,
}

/// Watches staging environments: probes the sites, inspects the containers behind them, reads their logs, and says what
/// is wrong and why
///
/// Exit codes: 0 done, and the verdict is below --fail-on; 1 failed; 2 bad usage; 3 the verdict is at or above --fail-on.
#[derive(Parser, Debug)]
#[command(name = "stagewatch", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Run(Box<run::Run>),
    Watch(watch::Watch),
    Status(status::Status),
    Operator(operator::Operator),
    Trigger(trigger::Trigger),
    Replay(replay::Replay),
    Recording(recording::Recording),
    Doctor(doctor::Doctor),
    /// Say what the operator would say of these files, and when their jobs would run next
    ///
    /// Each problem is told as `file:line: path: message`. Exit code: 0 when every document can be run or created, 1 when
    /// something is wrong, 2 on bad usage.
    Validate {
        /// YAML files with MonitoringJobs and MonitoringRuns
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print the CustomResourceDefinitions, for `kubectl apply --server-side -f -`
    ///
    /// Exit code: 0.
    Crds,
}

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// 0.
    Fine,
    /// 3: the verdict is not below `--fail-on`.
    Bad,
}

/// From which verdict on the exit code is 3.
#[derive(Args, Clone, Debug)]
struct FailOnArg {
    /// The verdict from which on the exit code is 3
    #[arg(long, value_name = "VERDICT", default_value = "ERRORS_INVESTIGATE", value_parser = ["SUSPICIOUS_INVESTIGATE", "ERRORS_INVESTIGATE"])]
    fail_on: String,
}

impl FailOnArg {
    fn fail_on(&self) -> FailOn {
        if self.fail_on == Verdict::SuspiciousInvestigate.as_str() {
            FailOn::SuspiciousInvestigate
        } else {
            FailOn::ErrorsInvestigate
        }
    }

    fn exit(&self, verdict: Verdict) -> Exit {
        if self.fail_on().passes(verdict) { Exit::Fine } else { Exit::Bad }
    }
}

/// The whole program.
pub fn main() -> ExitCode {
    // Before the first client: two libraries bring their own default otherwise, and then none is chosen.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let command = Cli::parse().command;
    if !matches!(command, Command::Operator(_)) {
        telemetry::init(LogFormat::Text, if matches!(command, Command::Watch(_)) { "info" } else { "warn" });
    }
    match perform(command) {
        Ok(Exit::Fine) => ExitCode::SUCCESS,
        Ok(Exit::Bad) => ExitCode::from(3),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {}", words(&error));
            ExitCode::FAILURE
        }
    }
}

fn perform(command: Command) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match command {
        Command::Run(run) => runtime.block_on(run.run()),
        Command::Watch(watch) => runtime.block_on(watch.run()),
        Command::Status(status) => runtime.block_on(status.run()),
        Command::Operator(operator) => runtime.block_on(operator.run()),
        Command::Trigger(trigger) => runtime.block_on(trigger.run()),
        Command::Replay(replay) => runtime.block_on(replay.run()),
        Command::Recording(recording) => recording.run(),
        Command::Doctor(doctor) => runtime.block_on(doctor.run()),
        Command::Validate { files } => say(&validate::validate(&files, Timestamp::now())),
        Command::Crds => say(&crds::crds()?),
    }
}

fn say(said: &Said) -> anyhow::Result<Exit> {
    emit(&said.text)?;
    if said.code != 0 {
        std::process::exit(said.code.into());
    }
    Ok(Exit::Fine)
}

/// Prints what a command is for. A reader that has seen enough, such as `head`, is no error, and changes no exit code.
fn emit(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("the output could not be written"),
        _ => Ok(()),
    }
}

/// An error and its causes, each once: many an error says its cause in its own words already.
fn words(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| {
        if said.contains(&cause) {
            said
        } else if said.is_empty() {
            cause
        } else {
            format!("{said}: {cause}")
        }
    })
}

/// Names this process and no other, nor one before it.
fn identity() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host.trim().chars().take(60).collect();
    let now = Timestamp::now().as_nanosecond();
    format!("{}-{:x}-{now:x}", if host.is_empty() { "stagewatch" } else { &host }, std::process::id())
}

/// Cancelled by SIGTERM or SIGINT; a second one ends the process at once.
fn stop_signal() -> anyhow::Result<CancellationToken> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        let mut either = async || tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} };
        either().await;
        tracing::info!("stopping; once more ends it at once");
        token.cancel();
        either().await;
        std::process::exit(130);
    });
    Ok(stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_told_once() {
        let error = anyhow::anyhow!("no such file").context("a.json: no such file").context("it cannot be read");
        assert_eq!(words(&error), "it cannot be read: a.json: no such file");
    }
}
