//! A website on loopback that does as it is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

/// A website.
pub struct Site {
    server: MockServer,
    status: Arc<AtomicU16>,
    delay: Arc<AtomicU64>,
}

impl Site {
    /// One that answers 200 at once.
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        let (status, delay) = (Arc::new(AtomicU16::new(200)), Arc::new(AtomicU64::new(0)));
        let (code, wait) = (Arc::clone(&status), Arc::clone(&delay));
        let answer = move |_: &wiremock::Request| {
            let delay = Duration::from_millis(wait.load(Ordering::Relaxed));
            ResponseTemplate::new(code.load(Ordering::Relaxed)).set_body_string("AutoPAR").set_delay(delay)
        };
        Mock::given(any()).respond_with(answer).mount(&server).await;
        Self { server, status, delay }
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
        json!({"name": name, "url": self.server.uri(), "timeout": "20s"})
    }
}
