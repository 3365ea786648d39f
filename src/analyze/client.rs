//! One request, within a time budget: what passes is tried again, what stays is told.
//!
//! Answers come whole, not as a stream. Ours are short (some thousand tokens, so a minute or two), a whole one is either
//! there or not, and a schema is of use only for a whole one. What a stream would tell earlier, that nobody is there any
//! more, TCP's keep-alive tells.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use reqwest::{Url, header::HeaderValue, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    answer::{Missed, meaning},
    failure::{Failure, Reason},
    messages::{Request, Response, Usage},
    retry,
};
use crate::{
    core::{
        analysis::prose,
        redact::{self, Redactor},
    },
    net,
};

/// Where the API itself is.
pub const DEFAULT_BASE_URL: &str = "https://api.anthropic.com";
/// Its name, which sentences of ours tell as a link.
pub(super) const DEFAULT_HOST: &str = "api.anthropic.com";

/// The version of the API that this speaks.
const VERSION: &str = "2023-06-01";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The most of an answer that is read.
const MAX_BODY: usize = 4 << 20;
/// The most of a failure's sentence that is kept, in characters.
const MAX_MESSAGE: usize = 300;

/// The Messages API at one address.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    url: Url,
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is none.
    #[error("{0:?} is no base URL of Claude's API: write one such as \"https://api.anthropic.com\"")]
    BaseUrl(String),
    /// TLS could not be set up.
    #[error("the HTTP client for Claude's API cannot be set up: {0}")]
    Setup(String),
}

/// Reads the address of a Messages API: what comes before `/v1/messages`.
pub fn base_url(text: &str) -> Result<Url, ClientError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| ClientError::BaseUrl(redact::cut(text, 100)))
}

impl Client {
    /// The API at `base_url`. A process has to have a default crypto provider of rustls before.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        let mut url = self::base_url(base_url)?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["v1", "messages"]);
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_keepalive(KEEP_ALIVE)
            .build()
            .map_err(|error| ClientError::Setup(root_cause(&error)))?;
        Ok(Self { http, url })
    }

    /// Asks for the next turn, for at most `patience`. What earlier attempts cost is in the usage of what comes back; of one
    /// whose answer is lost that is what was sent, at four bytes a token.
    pub async fn send(&self, key: &SecretString, request: &Request, patience: Duration) -> Result<Response, Failure> {
        let deadline = Instant::now() + patience;
        let (mut attempts, mut usage) = (0, Usage::default());
        loop {
            attempts += 1;
            let missed = match self.attempt(key, request, deadline).await {
                Ok(mut response) => {
                    response.usage += usage;
                    return Ok(response);
                }
                Err(missed) => missed,
            };
            usage += paid(&missed, request);
            let left = deadline.saturating_duration_since(Instant::now());
            match retry::pause(&missed, attempts, left, RandomState::new().hash_one(attempts)) {
                Some(pause) => sleep(pause).await,
                None => return Err(failure(&missed, attempts, usage, key)),
            }
        }
    }

    async fn attempt(&self, key: &SecretString, request: &Request, deadline: Instant) -> Result<Response, Missed> {
        // A Secret that was made from a file often ends in a new line.
        let Ok(mut key) = HeaderValue::from_str(key.expose_secret().trim()) else {
            return Err(Missed::new(Reason::Unauthorized, "the key has a character in it that no header can hold"));
        };
        key.set_sensitive(true);
        let start = Instant::now();
        let end = deadline.min(start + retry::longest_attempt(request.max_tokens));
        timeout_at(end, self.exchange(key, request)).await.unwrap_or_else(|_| {
            let waited = (end - start).as_secs_f32();
            Err(Missed::new(Reason::TimedOut, format!("no answer from Claude's API within {waited:.0} s")))
        })
    }

    async fn exchange(&self, key: HeaderValue, request: &Request) -> Result<Response, Missed> {
        let request = self
            .http
            .post(self.url.clone())
            .header("x-api-key", key)
            .header("anthropic-version", VERSION)
            .json(request);
        let response = request.send().await.map_err(|error| not_answered(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        meaning(status, &headers, body(response).await)
    }
}

/// What an attempt without an answer cost.
fn paid(missed: &Missed, request: &Request) -> Usage {
    let lost = matches!(missed.reason, Reason::TimedOut | Reason::Undecodable);
    if !lost || missed.usage != Usage::default() {
        return missed.usage;
    }
    // A request has JSON: it was sent as such.
    let bytes = serde_json::to_vec(request).map_or(0, |json| json.len() as u64);
    Usage { input_tokens: bytes / 4, ..Usage::default() }
}

/// All of the body, or why there is not all.
async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_BODY => {
                return Err(format!("is longer than {} MiB", MAX_BODY >> 20));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(format!("is cut: {}", root_cause(&error))),
        }
    }
}

fn not_answered(error: &reqwest::Error) -> Missed {
    let cause = root_cause(error);
    Missed::new(
        Reason::Unreachable,
        if error.is_connect() {
            format!("no connection to Claude's API: {cause}")
        } else {
            format!("the connection to Claude's API broke before its answer: {cause}")
        },
    )
}

/// The innermost cause: the outer ones name the URL.
fn root_cause(error: &reqwest::Error) -> String {
    net::causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn failure(missed: &Missed, attempts: u32, usage: Usage, key: &SecretString) -> Failure {
    // Whoever answers may have said the key back.
    let tail = if attempts > 1 { format!(" ({attempts} attempts)") } else { String::new() };
    let known = Redactor::new([key.expose_secret()]);
    let message = prose(&missed.message, &known, &[DEFAULT_HOST], MAX_MESSAGE - tail.len()) + &tail;
    Failure { reason: missed.reason, message, attempts, usage }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_has_a_scheme_and_a_host() {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        for base in ["", "api.anthropic.com", "unix:///x", "mailto:a@b", "/v1"] {
            let error = Client::new(base).unwrap_err().to_string();
            assert!(error.contains("https://api.anthropic.com"), "{error}");
        }
        for (base, url) in [
            (DEFAULT_BASE_URL, "https://api.anthropic.com/v1/messages"),
            ("http://127.0.0.1:1/under/", "http://127.0.0.1:1/under/v1/messages"),
        ] {
            assert_eq!(Client::new(base).unwrap().url.as_str(), url);
        }
    }

    #[test]
    fn a_failure_is_short_and_has_no_secret() {
        let key = SecretString::from("sk-ant-very-secret\n");
        let missed =
            Missed::new(Reason::Forbidden, format!("not for sk-ant-very-secret\r\nat all {}", "x".repeat(500)));
        let failure = failure(&missed, 3, Usage::default(), &key);
        assert!(failure.message.starts_with("not for [redacted] at all xx"), "{failure}");
        assert!(failure.message.ends_with("x… (3 attempts)"), "{failure}");
        assert_eq!(failure.message.chars().count(), MAX_MESSAGE);
    }
}
