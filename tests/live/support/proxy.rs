//! A proxy before an engine that keeps the first line of each request.

use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, UnixListener, UnixStream},
    task::JoinHandle,
};

/// A running proxy.
pub struct Proxy {
    host: String,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
    _folder: Option<TempDir>,
}

impl Proxy {
    /// On a Unix socket.
    pub fn before(engine: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("proxy.sock");
        let listener = UnixListener::bind(&path)?;
        let (asked, target) = (Arc::default(), socket(engine)?);
        let kept = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, target.clone(), Arc::clone(&kept)));
            }
        });
        Ok(Self { host: format!("unix://{}", path.display()), asked, task, _folder: Some(folder) })
    }

    /// On a port of loopback, without TLS.
    pub fn on_loopback(engine: &str) -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let host = format!("tcp://{}", listener.local_addr()?);
        let listener = TcpListener::from_std(listener)?;
        let (asked, target) = (Arc::default(), socket(engine)?);
        let kept = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, target.clone(), Arc::clone(&kept)));
            }
        });
        Ok(Self { host, asked, task, _folder: None })
    }

    /// Its address.
    pub fn host(&self) -> String {
        self.host.clone()
    }

    /// The first line of each request so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn socket(engine: &str) -> Result<String> {
    Ok(engine.strip_prefix("unix://").context("the rig's engine listens on a Unix socket")?.to_owned())
}

/// Passes one connection on; all that comes from the client is kept, so that a second request in it is not missed.
async fn pass(client: impl AsyncRead + AsyncWrite, engine: String, asked: Arc<Mutex<Vec<String>>>) {
    let Ok(engine) = UnixStream::connect(engine).await else { return };
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_engine, mut to_engine) = engine.into_split();
    let up = async {
        let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            text.extend_from_slice(&buffer[..read]);
            // No request has a body, so each ends with its empty line.
            while let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = text.drain(..end + 4).collect();
                let line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
                if let Ok(mut asked) = asked.lock() {
                    asked.push(line);
                }
            }
            if to_engine.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
    };
    let down = async {
        let _ = tokio::io::copy(&mut from_engine, &mut to_client).await;
        let _ = to_client.shutdown().await;
    };
    tokio::join!(up, down);
}
