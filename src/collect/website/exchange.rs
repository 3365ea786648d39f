//! One request and its answer over one connection: bounded headers, bounded and decoded body.

use std::io;

use futures::TryStreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body_util::{BodyExt, Empty};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::http1,
};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;
use url::Url;

use crate::{
    core::observation::website::WebsiteFailure,
    net::{self, Driver, Stream, TlsFailure, causes},
};

/// The largest head of an answer, in bytes.
const MAX_HEADERS: usize = 64 * 1024;
/// The most headers of an answer.
const MAX_HEADER_COUNT: usize = 512;
/// The largest body, decoded, in bytes.
pub(super) const MAX_BODY: usize = 2 * 1024 * 1024;

const USER_AGENT: &str = concat!("stagewatch/", env!("CARGO_PKG_VERSION"));

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: WebsiteFailure,
    pub(super) detail: String,
}

impl Failure {
    pub(super) fn new(reason: WebsiteFailure, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// An answer whose body is still to come. Dropping it closes the connection.
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    body: Incoming,
    _driver: Driver,
}

/// Asks for a URL, and waits for the head of the answer.
pub(super) async fn ask(stream: Stream, url: &Url, headers: &[(HeaderName, HeaderValue)]) -> Result<Head, Failure> {
    let request = request(url, headers)?;
    let mut http = http1::Builder::new();
    http.max_header_size(MAX_HEADERS).max_headers(MAX_HEADER_COUNT);
    let (answer, driver) = net::exchange(stream, &http, request).await.map_err(|error| failure(&error))?;
    let (parts, body) = answer.into_parts();
    Ok(Head { status: parts.status.as_u16(), headers: parts.headers, body, _driver: driver })
}

fn request(url: &Url, headers: &[(HeaderName, HeaderValue)]) -> Result<Request<Empty<Bytes>>, Failure> {
    let refuse = |what: &str| Failure::new(WebsiteFailure::ProtocolError, format!("{what} cannot be asked for"));
    let host = url.host_str().ok_or_else(|| refuse("a URL without a host"))?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = Request::get(target).body(Empty::new()).map_err(|_| refuse("this path"))?;
    let all = request.headers_mut();
    all.insert(header::HOST, HeaderValue::try_from(host).map_err(|_| refuse("this host"))?);
    all.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    all.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    all.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br"));
    for (name, value) in headers {
        all.insert(name, value.clone());
    }
    Ok(request)
}

impl Head {
    /// A header's text; none when it is not there or not text.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, decoded, up to the limit. What has come stays in `read` when it is not the whole.
    pub(super) async fn body(self, read: &mut Vec<u8>) -> Result<(), Failure> {
        let too_large = || Failure::new(WebsiteFailure::TooLarge, "the body is larger than 2 MiB");
        let announced = self.header(&header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        let limit = u64::try_from(MAX_BODY).unwrap_or(u64::MAX);
        if announced.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let encoding = self.header(&header::CONTENT_ENCODING).unwrap_or("identity").trim().to_ascii_lowercase();
        let bytes = StreamReader::new(self.body.into_data_stream().map_err(io::Error::other));
        let mut decoded = decoder(&encoding, bytes).await?.take(limit + 1);
        // Grown as bytes come: a header costs nothing to write.
        while decoded.read_buf(read).await.map_err(|error| body_failure(&error, &encoding))? > 0 {}
        if read.len() > MAX_BODY { Err(too_large()) } else { Ok(()) }
    }
}

type Decoded = Box<dyn AsyncRead + Send + Unpin>;

async fn decoder(encoding: &str, mut bytes: impl AsyncBufRead + Send + Unpin + 'static) -> Result<Decoded, Failure> {
    use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder};
    Ok(match encoding {
        "" | "identity" => Box::new(bytes),
        "gzip" | "x-gzip" => Box::new(GzipDecoder::new(bytes)),
        "br" => Box::new(BrotliDecoder::new(bytes)),
        // The standard means zlib; some servers send the bare stream. The first byte of zlib says "method 8".
        "deflate" => {
            let start = bytes.fill_buf().await.map_err(|error| body_failure(&error, encoding))?;
            let zlib = start.first().is_none_or(|first| first & 0x0f == 8);
            if zlib { Box::new(ZlibDecoder::new(bytes)) } else { Box::new(DeflateDecoder::new(bytes)) }
        }
        other => {
            let other: String = other.chars().take(40).collect();
            let detail = format!("the body is encoded as {other:?}, which was not asked for");
            return Err(Failure::new(WebsiteFailure::ProtocolError, detail));
        }
    })
}

fn body_failure(error: &io::Error, encoding: &str) -> Failure {
    match causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>()) {
        Some(error) => failure(error),
        None => Failure::new(WebsiteFailure::ProtocolError, format!("the body is not valid {encoding}")),
    }
}

fn failure(error: &hyper::Error) -> Failure {
    use io::ErrorKind;
    if let Some(tls) = TlsFailure::behind(error) {
        return Failure::new(WebsiteFailure::TlsFailed, tls.to_string());
    }
    let kind = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    if error.is_parse_too_large() {
        Failure::new(WebsiteFailure::TooLarge, "the headers are larger than 64 KiB")
    } else if error.is_parse() || matches!(kind, Some(ErrorKind::InvalidData | ErrorKind::InvalidInput)) {
        let why = causes(error).last().map(ToString::to_string).unwrap_or_default();
        Failure::new(WebsiteFailure::ProtocolError, format!("what came is not HTTP: {why}"))
    } else if matches!(kind, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)) {
        Failure::new(WebsiteFailure::Reset, "the connection was reset")
    } else {
        Failure::new(WebsiteFailure::Reset, "the connection was closed before the answer was whole")
    }
}
