//! An engine that can be asked, and cannot be told.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, client::conn::http1};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{
    address::Address,
    request::{Request, may_go_out},
};
use crate::net::{self, DialError, Dialer, Driver, Endpoint, Stream, TlsClient, TlsFailure};

/// The longest that an answer may take, its body included; a log's body has its own deadline.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The most that is read of an answer that is one JSON value.
const MAX_JSON: usize = 8 << 20;
/// The most that is read of an answer that says what is wrong.
const MAX_COMPLAINT: usize = 4 << 10;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No connection.
    #[error(transparent)]
    Dial(DialError),
    /// TLS failed, in the handshake or after it.
    #[error(transparent)]
    Tls(TlsFailure),
    /// Whoever reads along could answer in its place, and everything that is asked could be read.
    #[error("tcp:// without TLS only reaches this machine, not {0}: give the host a tlsSecretRef")]
    NotThisMachine(String),
    /// The request is none of those that may go out.
    #[error("{0} is not one of the requests that are ever sent")]
    NotReadOnly(String),
    /// It accepted the connection, and then stayed silent or was too slow.
    #[error("it accepted the connection and gave no answer within {} s", .0.as_secs_f32().round().max(1.0))]
    Silent(Duration),
    /// The connection ended before the answer did.
    #[error("the connection was closed before the answer was complete")]
    Closed,
    /// What answers is no engine.
    #[error("what answers there is no Docker Engine: {0}")]
    NotAnEngine(String),
    /// It says no.
    #[error("it answered {}{}", .status.as_u16(), if .message.is_empty() { String::new() } else { format!(": {}", .message) })]
    Refused {
        /// The status.
        status: StatusCode,
        /// What it says, at most 200 characters.
        message: String,
    },
    /// More than is ever read.
    #[error("its answer is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
}

impl AskError {
    /// Whether the engine says that there is no such container.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: StatusCode::NOT_FOUND, .. })
    }
}

impl From<DialError> for AskError {
    fn from(error: DialError) -> Self {
        match error {
            DialError::Tls(failure) => Self::Tls(failure),
            other => Self::Dial(other),
        }
    }
}

impl From<hyper::Error> for AskError {
    fn from(error: hyper::Error) -> Self {
        // Over TLS 1.3 an engine refuses a client certificate only after the handshake.
        match TlsFailure::behind(&error) {
            Some(failure) => Self::Tls(failure),
            None if error.is_parse() => Self::NotAnEngine("it does not speak HTTP".into()),
            None => Self::Closed,
        }
    }
}

/// An engine, and all that it can be asked: see [`Request`].
#[derive(Clone, Debug)]
pub struct ReadOnlyEngine {
    dialer: Dialer,
    address: Address,
    tls: Option<TlsClient>,
}

/// An answer whose body is still to come.
pub struct Answer {
    body: Incoming,
    // Drives the connection; without it nothing more comes, so it ends with the answer.
    _driver: Driver,
}

impl ReadOnlyEngine {
    /// The engine at this address. Over TCP it is reached with TLS, or is on this machine.
    pub fn new(dialer: Dialer, address: Address, tls: Option<TlsClient>) -> Self {
        Self { dialer, address, tls }
    }

    /// Whether it is there, and how long it took to say so, connecting included.
    pub async fn ping(&self, deadline: Instant) -> Result<Duration, AskError> {
        let begun = Instant::now();
        self.bytes(&Request::Ping, MAX_COMPLAINT, deadline).await?;
        Ok(begun.elapsed())
    }

    /// Asks for one JSON value.
    pub async fn json(&self, request: &Request<'_>, deadline: Instant) -> Result<Value, AskError> {
        let bytes = self.bytes(request, MAX_JSON, deadline).await?;
        serde_json::from_slice(&bytes).map_err(|_| AskError::NotAnEngine("its answer is not JSON".into()))
    }

    /// Asks for JSON values one after another, as events come; what follows the first unreadable one is left out.
    pub async fn json_lines(&self, request: &Request<'_>, deadline: Instant) -> Result<Vec<Value>, AskError> {
        let bytes = self.bytes(request, MAX_JSON, deadline).await?;
        Ok(serde_json::Deserializer::from_slice(&bytes).into_iter().map_while(Result::ok).collect())
    }

    /// Asks for what comes in parts. The answer has to begin in time; when it has to end is the caller's business.
    pub async fn stream(&self, request: &Request<'_>, deadline: Instant) -> Result<Answer, AskError> {
        self.ask(request, deadline, async |answer| Ok(answer)).await
    }

    async fn bytes(&self, request: &Request<'_>, limit: usize, deadline: Instant) -> Result<Vec<u8>, AskError> {
        self.ask(request, deadline, async |mut answer| answer.read(limit).await).await
    }

    /// Each request has a connection of its own: none waits for another, and one that is given up ends with it.
    async fn ask<T>(
        &self,
        request: &Request<'_>,
        deadline: Instant,
        read: impl AsyncFnOnce(Answer) -> Result<T, AskError>,
    ) -> Result<T, AskError> {
        let target = request.target();
        let uri: Uri = target.parse().map_err(|_| AskError::NotReadOnly(target.clone()))?;
        if !may_go_out(&Method::GET, &uri) {
            return Err(AskError::NotReadOnly(target));
        }
        let begun = Instant::now();
        let until = deadline.min(begun + ANSWER_WITHIN);
        let (stream, host) = self.dial(until).await?;
        match timeout_at(until, async { read(exchange(stream, uri, &host).await?).await }).await {
            Ok(answer) => answer,
            Err(_) => Err(AskError::Silent(begun.elapsed())),
        }
    }

    async fn dial(&self, deadline: Instant) -> Result<(Stream, String), AskError> {
        let (host, port, tls) = match &self.address {
            Address::Unix(path) => return Ok((self.dialer.dial_unix(path, deadline).await?, "docker".into())),
            Address::Tcp { host, port } => (host, *port, self.tls.as_ref()),
        };
        let not_here = || AskError::NotThisMachine(host.clone());
        // Nobody else's name is even looked up; what "localhost" resolves to is looked at before anything is sent.
        let here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback());
        if tls.is_none() && !here {
            return Err(not_here());
        }
        let dialed = self.dialer.dial(Endpoint { host, port, resolve: None, tls }, deadline).await;
        let stream = dialed.stream?;
        if tls.is_none() && !dialed.address.is_some_and(|address| address.ip().to_canonical().is_loopback()) {
            return Err(not_here());
        }
        let bracketed = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        Ok((stream, bracketed))
    }
}

impl Answer {
    /// The next part of the body; none at its end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, AskError> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    async fn read(&mut self, limit: usize) -> Result<Vec<u8>, AskError> {
        let mut bytes = Vec::new();
        while let Some(part) = self.next().await? {
            if bytes.len() + part.len() > limit {
                return Err(AskError::TooLarge(limit));
            }
            bytes.extend(part);
        }
        Ok(bytes)
    }
}

async fn exchange(stream: Stream, uri: Uri, host: &str) -> Result<Answer, AskError> {
    let mut request = http::Request::new(Empty::<Bytes>::new());
    *request.uri_mut() = uri;
    request.headers_mut().insert(header::HOST, host.parse().map_err(|_| AskError::NotAnEngine(host.to_owned()))?);
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("stagewatch"));
    let (response, driver) = net::exchange(stream, &http1::Builder::new(), request).await?;
    let status = response.status();
    let mut answer = Answer { body: response.into_body(), _driver: driver };
    if status == StatusCode::OK {
        return Ok(answer);
    }
    let said = answer.read(MAX_COMPLAINT).await.unwrap_or_default();
    Err(AskError::Refused { status, message: complaint(&said) })
}

/// What an engine says is wrong: `{"message": "…"}`, or the first line of what stands before it.
fn complaint(bytes: &[u8]) -> String {
    let json: Option<Value> = serde_json::from_slice(bytes).ok();
    let text = String::from_utf8_lossy(bytes);
    let said = json.as_ref().and_then(|json| json["message"].as_str()).or_else(|| text.trim().lines().next());
    // Cut later: a secret that was cut is no longer recognised.
    said.unwrap_or_default().trim().to_owned()
}
