//! The API on loopback, in a thread of its own, so that it serves tests with and without a runtime.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Poll, Poll as State};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::answer::Answer;
use super::api::{Api, Call, Refusal, Reply, Sent};
use super::asked::Asked;
use crate::rig::wait::wait_until;

/// The most that the API takes.
const LONGEST_BODY: usize = 32 << 20;
/// In how many parts a slow body comes.
const PARTS: u32 = 10;

/// A running API; dropping it closes its port and its connections.
#[derive(Debug)]
pub struct Claude {
    address: SocketAddr,
    api: Arc<Mutex<Api>>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Claude {
    /// The key that is accepted.
    pub const KEY: &str = "sk-ant-rig-key-not-a-secret";

    /// Starts one on a free port of loopback.
    pub fn start() -> Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), Arc::default())
    }

    fn start_at(address: SocketAddr, api: Arc<Mutex<Api>>) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // Bound without the runtime: the caller may be in one of its own, where no other may block.
        let listener = std::net::TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&api);
        let thread = std::thread::Builder::new().name("claude-api".into()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = serve(listener, shared) => {}
                    // The sender goes away with its owner.
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, api, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The answers to the next requests, one each.
    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.api().script.extend(answers);
    }

    /// Who answers when the script is over.
    pub fn model(&self, model: impl FnMut(&Asked) -> Answer + Send + 'static) {
        self.api().model = Some(Box::new(model));
    }

    /// The requests that were taken, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.api().calls.clone()
    }

    /// Those that were not, oldest first.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.api().refusals.clone()
    }

    /// Waits until at least so many requests were taken.
    pub fn wait_calls(&self, count: usize, deadline: Duration) -> Result<Vec<Call>> {
        let outcome = wait_until(&format!("{count} calls of Claude"), deadline, || self.api().calls.len() >= count);
        outcome.with_context(|| format!("taken {}; not taken: {:?}", self.calls().len(), self.refusals()))?;
        Ok(self.calls())
    }

    /// Closes the port: whoever calls now is refused.
    pub fn go_down(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell but that it ended.
            let _ = thread.join();
        }
    }

    /// Opens the same port again, with all that was there before.
    pub fn come_back(&mut self) -> Result<()> {
        self.go_down();
        *self = Self::start_at(self.address, Arc::clone(&self.api))?;
        Ok(())
    }

    fn api(&self) -> MutexGuard<'_, Api> {
        self.api.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claude {
    fn drop(&mut self) {
        self.go_down();
    }
}

async fn serve(listener: TcpListener, api: Arc<Mutex<Api>>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: a moment later there may be some.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let api = Arc::clone(&api);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&api)));
            // A connection that breaks is the caller's to tell.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error closes the connection without an answer.
async fn answer(request: Request<Incoming>, api: Arc<Mutex<Api>>) -> Result<Response<Parts>, &'static str> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LONGEST_BODY).collect().await.map_err(|_| "the body could not be read")?.to_bytes();
    let reply = api.lock().unwrap_or_else(PoisonError::into_inner).call(
        head.method.as_str(),
        head.uri.path(),
        &head.headers,
        &body,
        Claude::KEY,
    );
    let sent = match reply {
        Reply::Close => return Err("closed on purpose"),
        Reply::Hang => std::future::pending().await,
        Reply::Answer(sent) => sent,
    };
    tokio::time::sleep(sent.before).await;
    let mut response = Response::builder().status(sent.status).header("content-type", "application/json");
    for (name, value) in &sent.headers {
        response = response.header(*name, value);
    }
    response.body(Parts::new(sent)).map_err(|_| "no such header")
}

/// A body that takes its time, and may break.
struct Parts {
    length: u64,
    parts: mpsc::Receiver<io::Result<Bytes>>,
}

impl Parts {
    fn new(sent: Sent) -> Self {
        let body = Bytes::from(sent.body);
        let (sender, parts) = mpsc::channel(1);
        let length = body.len() as u64;
        let pause = sent.over / PARTS;
        let size = if pause.is_zero() { body.len() } else { body.len().div_ceil(PARTS as usize) }.max(1);
        let end = if sent.cut { body.len() / 2 } else { body.len() };
        tokio::spawn(async move {
            let kept = body.slice(..end);
            for start in (0..end).step_by(size) {
                tokio::time::sleep(pause).await;
                // Whoever does not listen any more is not told.
                if sender.send(Ok(kept.slice(start..end.min(start + size)))).await.is_err() {
                    return;
                }
            }
            if sent.cut {
                // What was sent before goes out before the connection breaks.
                tokio::time::sleep(Duration::from_millis(20)).await;
                let _ = sender.send(Err(io::Error::other("cut on purpose"))).await;
            }
        });
        Self { length, parts }
    }
}

impl Body for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Poll<'_>) -> State<Option<Result<Frame<Bytes>, io::Error>>> {
        self.get_mut().parts.poll_recv(cx).map(|part| part.map(|part| part.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
