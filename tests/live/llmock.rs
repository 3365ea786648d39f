//! Claude's Messages API by others: `llmock` behind the types of the official SDK, both from `PyPI`, in a virtual environment
//! of the rig's cache.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use xtask::rig::{cache, command};

const PACKAGES: [&str; 3] = ["llmock==0.2.2", "anthropic==2.13.0", "jsonschema==4.26.0"];
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/messages_api.py");

/// A running mock; it stops when it is dropped.
pub struct Llmock {
    process: Child,
    base: String,
}

impl Llmock {
    /// Starts one on a free port of loopback.
    pub fn start() -> Result<Self> {
        let mut process = Command::new(python()?).args([SCRIPT, "serve"]).stdout(Stdio::piped()).spawn()?;
        let stdout = process.stdout.take().context("it has a stdout")?;
        let mut mock = Self { process, base: String::new() };
        let mut port = String::new();
        BufReader::new(stdout).read_line(&mut port)?;
        mock.base = format!("http://127.0.0.1:{}", port.trim().parse::<u16>().context("llmock did not start")?);
        Ok(mock)
    }

    /// The base URL of its Messages API.
    pub fn url(&self) -> String {
        format!("{}/anthropic", self.base)
    }

    /// What happens to the next requests, in its words: `reply`, `fail`, `delay`.
    pub async fn script(&self, behaviors: Value) -> Result<()> {
        let sent = reqwest::Client::new()
            .post(format!("{}/_llmock/scenario", self.base))
            .json(&json!({"behaviors": behaviors}));
        let answer = sent.send().await?;
        ensure!(answer.status() == 201, "{}", answer.text().await?);
        Ok(())
    }

    /// What it says of how a client copes with what happened.
    pub async fn verdict(&self) -> Result<Value> {
        let answer = reqwest::Client::new().get(format!("{}/_llmock/verdict", self.base)).send().await?;
        Ok(answer.json().await?)
    }
}

impl Drop for Llmock {
    fn drop(&mut self) {
        // It has nothing to tell but that it ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Why the official types refuse these bodies, in their order.
pub fn judge(bodies: &[Value]) -> Result<Vec<Option<String>>> {
    let mut process =
        Command::new(python()?).args([SCRIPT, "judge"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = process.stdin.take().context("it has a stdin")?;
    let lines: Vec<String> = bodies.iter().map(Value::to_string).collect();
    // Both pipes are small: writing and reading go on side by side.
    let writer = std::thread::spawn(move || lines.iter().try_for_each(|line| writeln!(stdin, "{line}")));
    let output = process.wait_with_output()?;
    writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    ensure!(output.status.success(), "the judge failed");
    let judgements = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let judgements = judgements.map(serde_json::from_slice).collect::<Result<Vec<_>, _>>()?;
    ensure!(judgements.len() == bodies.len(), "{} judgements of {} bodies", judgements.len(), bodies.len());
    Ok(judgements)
}

/// The interpreter of a virtual environment that has all packages.
fn python() -> Result<PathBuf> {
    let recipe = PACKAGES.join(" ");
    let folder = cache::folder(&format!("llmock-{}", cache::key(&recipe)))?;
    let _lock = cache::lock(&folder)?;
    let (python, complete) = (folder.join("venv/bin/python"), folder.join("complete"));
    if !complete.exists() {
        command::output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv")))
            .context("llmock needs Python's venv: on Debian, apt-get install python3-venv")?;
        command::output(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
        std::fs::write(&complete, recipe)?;
    }
    Ok(python)
}
