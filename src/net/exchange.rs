//! One HTTP/1 request over one connection.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use super::{Stream, last_words::LastWords};

/// Moves the bytes of a connection. Without it nothing more comes of the body, and dropping it closes the connection.
pub type Driver = AbortOnDropHandle<hyper::Result<()>>;

/// Sends a request, and waits for the head of the answer. An error is the connection's own reason where it has one:
/// see [`super::TlsFailure::behind`].
pub async fn exchange(
    stream: Stream,
    http: &http1::Builder,
    request: Request<Empty<Bytes>>,
) -> hyper::Result<(Response<Incoming>, Driver)> {
    let (mut sender, connection) = http.handshake(TokioIo::new(LastWords::of(stream))).await?;
    let driver = AbortOnDropHandle::new(tokio::spawn(connection));
    let response = sender.send_request(request);
    // A request that is handed over while the connection ends lies there for as long as its sender is held.
    drop(sender);
    match response.await {
        Ok(response) => Ok((response, driver)),
        // It had ended before the request was given to it, and knows why.
        Err(error) if error.is_canceled() => match driver.await {
            Ok(Err(why)) => Err(why),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}
