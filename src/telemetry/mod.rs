//! What the process tells of itself.

pub mod metrics;

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person at a terminal.
    Text,
    /// For a collector: a JSON object a line.
    Json,
}

/// Log lines go to stderr, from `default` on, or as `RUST_LOG` says. kube's client is kept to errors whatever that
/// says: it logs whole bodies at WARN when they do not decode, and a Secret may be one.
pub fn init(format: LogFormat, default: &str) {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV)
        .ok()
        .filter(|asked| !asked.is_empty() && EnvFilter::try_new(asked).is_ok());
    let filter = EnvFilter::new(format!("{},kube_client=error", asked.as_deref().unwrap_or(default)));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        // Colours are for a terminal: in a file they are in the way.
        LogFormat::Text => lines.with_target(false).with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}
