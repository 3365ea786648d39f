//! Probes and metrics, in the plain: whether the process lives, whether it is ready, and what it counts.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::telemetry::metrics::Metrics;

/// What the probes answer with.
#[derive(Clone, Debug)]
pub struct Probes {
    /// Set once the process can do its work: it is known to the API server, or its folder is open.
    pub ready: Arc<AtomicBool>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
}

/// Serves `/healthz`, `/readyz` and `/metrics` on `address` until `stop` is cancelled.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(address: SocketAddr, probes: Probes, stop: CancellationToken) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    axum::serve(listener, router(probes)).with_graceful_shutdown(stop.cancelled_owned()).await
}

fn router(probes: Probes) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(probes)
}

async fn ready(State(probes): State<Probes>) -> impl IntoResponse {
    if probes.ready.load(Ordering::Relaxed) {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn metrics(State(probes): State<Probes>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], probes.metrics.text())
}
