//! A website on loopback that does as it is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use axum::{Router, http::StatusCode};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running website.
pub struct Site {
    url: String,
    status: Arc<AtomicU16>,
    delay: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Site {
    /// One that answers 200 at once.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (status, delay) = (Arc::new(AtomicU16::new(200)), Arc::new(AtomicU64::new(0)));
        let (code, wait) = (Arc::clone(&status), Arc::clone(&delay));
        let answer = move || {
            let (code, wait) = (Arc::clone(&code), Arc::clone(&wait));
            async move {
                tokio::time::sleep(Duration::from_millis(wait.load(Ordering::Relaxed))).await;
                (StatusCode::from_u16(code.load(Ordering::Relaxed)).unwrap_or_default(), "AutoPAR")
            }
        };
        let task = tokio::spawn(async move {
            // Whoever asks notices when it ends.
            let _ = axum::serve(listener, Router::new().fallback(answer)).await;
        });
        Ok(Self { url, status, delay, task })
    }

    /// From now on it answers with this status.
    pub fn answers(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// From now on it takes this long.
    pub fn takes(&self, delay: Duration) {
        self.delay.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// As a job's `websites` name it.
    pub fn spec(&self, name: &str) -> Value {
        json!({"name": name, "url": self.url, "timeout": "20s"})
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}
