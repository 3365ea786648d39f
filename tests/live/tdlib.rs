//! `TDLib`'s parser, which is the one that Telegram's server uses: from `PyPI`, in a virtual environment of the rig's cache.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use xtask::rig::{cache, command};

const PACKAGE: &str = "tdjson==1.8.69";

/// A message to judge.
#[derive(Serialize)]
pub struct Text<'a> {
    /// In Telegram's HTML.
    pub text: &'a str,
    /// The websites in it, which may become links.
    pub hosts: &'a [&'a str],
}

/// What `TDLib` says of a message.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Judgement {
    /// Why Telegram would refuse it.
    pub error: Option<String>,
    /// How long it takes it for.
    pub units: usize,
    /// What it would make of others' text for a reader to tap.
    pub links: Vec<String>,
}

/// What `TDLib` says of these, in their order.
pub fn judge(texts: &[Text<'_>]) -> Result<Vec<Judgement>> {
    let lines = texts.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    let mut python = Command::new(python()?)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/parse_entities.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start TDLib's Python")?;
    let mut stdin = python.stdin.take().context("it has a stdin")?;
    let stdout = python.stdout.take().context("it has a stdout")?;
    // Both pipes are small: writing and reading go on side by side.
    let writer = std::thread::spawn(move || lines.iter().try_for_each(|line| writeln!(stdin, "{line}")));
    let answers = BufReader::new(stdout).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect();
    writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    anyhow::ensure!(python.wait()?.success(), "TDLib's Python failed");
    answers
}

/// The interpreter of a virtual environment that has `TDLib`.
fn python() -> Result<PathBuf> {
    let folder = cache::folder(&format!("tdlib-{}", cache::key(PACKAGE)))?;
    let _lock = cache::lock(&folder)?;
    let (python, complete) = (folder.join("venv/bin/python"), folder.join("complete"));
    if !complete.exists() {
        command::output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv")))
            .context("TDLib needs Python's venv: on Debian, apt-get install python3-venv")?;
        command::output(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]))?;
        std::fs::write(&complete, PACKAGE)?;
    }
    Ok(python)
}
