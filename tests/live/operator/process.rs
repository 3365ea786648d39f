//! `stagewatch operator` as a process, and what the API server says that it asked.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::Stdio,
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::process::{Child, Command};
use xtask::say::say;

use super::stage::{SOON, Stage, until};

/// A port of loopback for an operator: of a range from which nobody is given one by chance, so that it stays free until
/// the operator has it.
fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % 150).unwrap_or(0);
    loop {
        let port = 16_000 + own * 100 + NEXT.fetch_add(1, Ordering::Relaxed) % 100;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A running operator; dropping it kills it.
pub struct Operator {
    child: Child,
    address: String,
    log: PathBuf,
    told: bool,
}

impl Stage {
    /// Starts an operator that uses this stage's account, and waits until it is ready.
    pub async fn start(&self, name: &str, more: &[&str]) -> Result<Operator> {
        let address = format!("127.0.0.1:{}", port());
        let log = self.folder().join(format!("{name}.log"));
        let mut command = Command::new(&self.rig.binary);
        command.args(["operator", "--namespace", &self.namespace, "--lease-namespace", &self.namespace]);
        command.args(["--http", &address, "--telegram-url", &self.bot.url()]).args(more);
        command.env("KUBECONFIG", self.kubeconfig()).env("RUST_LOG", "info,stagewatch=trace");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log)?).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("cannot start {}", self.rig.binary.display()))?;
        let operator = Operator { child, address, log, told: false };
        until(&format!("{name} to be ready"), SOON, async || {
            Ok(match operator.get("/readyz").await {
                Ok((200, _)) => Ok(()),
                other => Err((other, operator.said())),
            })
        })
        .await?;
        Ok(operator)
    }

    /// Starts an operator and waits until it leads.
    pub async fn start_leader(&self, name: &str) -> Result<Operator> {
        let operator = self.start(name, &[]).await?;
        operator.until_leading().await?;
        Ok(operator)
    }

    /// What this stage's operators have asked of the API server so far.
    pub fn requests(&self) -> Result<Vec<Request>> {
        let user = format!("system:serviceaccount:{}:stagewatch", self.namespace);
        let log = fs::read_to_string(&self.rig.audit_log)?;
        let ours = log.lines().filter(|line| line.contains(&user));
        let events = ours.map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
        Ok(events.iter().filter(|event| event["user"]["username"] == user.as_str()).map(Request::of).collect())
    }

    /// Those of them that write something, the lease aside.
    pub fn writes(&self) -> Result<Vec<Request>> {
        let mut requests = self.requests()?;
        requests.retain(|request| !["get", "list", "watch"].contains(&request.verb.as_str()));
        requests.retain(|request| request.resource != "leases");
        Ok(requests)
    }

    /// Ends a test: the operators had all the rights that they needed.
    pub fn done(&self, operators: impl IntoIterator<Item = Operator>) -> Result<()> {
        let refused: Vec<_> = self.requests()?.into_iter().filter(|request| request.code == 403).collect();
        ensure!(refused.is_empty(), "not allowed: {refused:#?}");
        operators.into_iter().for_each(Operator::say_nothing);
        Ok(())
    }
}

impl Operator {
    /// What one of its pages answers: status and text.
    pub async fn get(&self, path: &str) -> Result<(u16, String)> {
        let answer = reqwest::Client::new().get(format!("http://{}{path}", self.address)).timeout(SOON).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// The value of a metric, by its name with its labels.
    pub async fn metric(&self, name: &str) -> Result<Option<f64>> {
        let text = self.get("/metrics").await?.1;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.map(str::parse).transpose()?)
    }

    pub async fn until_leading(&self) -> Result<()> {
        until("an operator to lead", SOON, async || {
            let leads = self.metric("stagewatch_leader").await?;
            Ok(if leads == Some(1.0) { Ok(()) } else { Err((leads, self.said())) })
        })
        .await
    }

    /// SIGTERM, as a rollout sends it.
    pub async fn terminate(&self) -> Result<()> {
        let pid = self.child.id().context("it has ended")?.to_string();
        ensure!(Command::new("kill").args(["-TERM", &pid]).status().await?.success(), "it is gone");
        Ok(())
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> Result<()> {
        let status = tokio::time::timeout(Duration::from_secs(15), self.child.wait()).await;
        let status = status.context("it does not end")??;
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }

    /// SIGKILL: nothing is told or handed over.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    fn say_nothing(mut self) {
        self.told = true;
    }

    /// What it logged.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// A test that fails shows what its operators said.
impl Drop for Operator {
    fn drop(&mut self) {
        if !self.told {
            say(format!("{}:\n{}", self.log.display(), self.said()));
        }
    }
}

/// One answered request.
#[derive(Clone, Debug)]
pub struct Request {
    pub at: String,
    pub verb: String,
    /// With its subresource: `monitoringruns/status`.
    pub resource: String,
    pub name: String,
    pub code: u64,
}

impl Request {
    fn of(event: &Value) -> Self {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (resource, part) = (text("/objectRef/resource"), text("/objectRef/subresource"));
        Self {
            at: text("/requestReceivedTimestamp"),
            verb: text("/verb"),
            resource: if part.is_empty() { resource } else { format!("{resource}/{part}") },
            name: text("/objectRef/name"),
            code: event.pointer("/responseStatus/code").and_then(Value::as_u64).unwrap_or(0),
        }
    }
}
