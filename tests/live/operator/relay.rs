//! What stands between an operator and the API server, and can fall silent: connections stay open, and nothing passes.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use super::stage::Stage;

/// A running relay.
pub struct Relay {
    silent: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Relay {
    /// From now on the stage's operators reach the API server this way.
    pub async fn before(stage: &Stage) -> Result<Self> {
        let path = stage.kubeconfig();
        let mut config: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let server = config.pointer_mut("/clusters/0/cluster/server").context("the kubeconfig has no server")?;
        let target = server.as_str().and_then(|it| it.strip_prefix("https://")).context("no address")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        *server = json!(format!("https://{address}"));
        std::fs::write(&path, config.to_string())?;
        let (silent, told) = watch::channel(false);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(other) = TcpStream::connect(&target).await else { continue };
                let ((from, to), (back, forth)) = (stream.into_split(), other.into_split());
                tokio::spawn(pass(from, forth, told.clone()));
                tokio::spawn(pass(back, to, told.clone()));
            }
        });
        Ok(Self { silent, task })
    }

    /// Whether nothing passes from now on; what came meanwhile passes later.
    pub fn falls_silent(&self, silent: bool) {
        self.silent.send_replace(silent);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut silent: watch::Receiver<bool>) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if silent.wait_for(|silent| !silent).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
    // What is closed on one side is closed on the other.
    let _ = to.shutdown().await;
}
