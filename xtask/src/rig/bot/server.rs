//! The endpoint on loopback, in a thread of its own, so that it serves tests with and without a runtime.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::api::{Answer, Chat, Message, Refusal, Reply};
use crate::rig::wait::wait_until;

/// More than any call of the Bot API that carries text.
const LONGEST_BODY: usize = 1 << 20;

/// A running endpoint; dropping it closes its port and its connections.
#[derive(Debug)]
pub struct Bot {
    address: SocketAddr,
    chat: Arc<Mutex<Chat>>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Bot {
    /// The token that is accepted.
    pub const TOKEN: &str = "123456789:rig-token-not-a-secret";
    /// The chat that exists.
    pub const CHAT: &str = "-1001234567890";

    /// Starts one on a free port of loopback.
    pub fn start() -> Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), Arc::new(Mutex::new(Chat::new(Self::TOKEN, Self::CHAT))))
    }

    fn start_at(address: SocketAddr, chat: Arc<Mutex<Chat>>) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // Bound without the runtime: the caller may be in one of its own, where no other may block.
        let listener = std::net::TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&chat);
        let thread = std::thread::Builder::new().name("bot-api".into()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = serve(listener, shared) => {}
                    // The sender goes away with its owner.
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, chat, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was accepted, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.chat().messages.clone()
    }

    /// What was not accepted, oldest first.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.chat().refusals.clone()
    }

    /// What to do with the next calls of `sendMessage`, one answer each, before they are judged again.
    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.chat().script.extend(answers);
    }

    /// Waits until at least so many messages were accepted.
    pub fn wait_messages(&self, count: usize, deadline: Duration) -> Result<Vec<Message>> {
        let outcome = wait_until(&format!("{count} messages"), deadline, || self.chat().messages.len() >= count);
        outcome.with_context(|| format!("accepted {}; not accepted: {:?}", self.messages().len(), self.refusals()))?;
        Ok(self.messages())
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
        *self = Self::start_at(self.address, Arc::clone(&self.chat))?;
        Ok(())
    }

    fn chat(&self) -> MutexGuard<'_, Chat> {
        self.chat.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.go_down();
    }
}

async fn serve(listener: TcpListener, chat: Arc<Mutex<Chat>>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: a moment later there may be some.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let chat = Arc::clone(&chat);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&chat)));
            // A connection that breaks is the caller's to tell.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error closes the connection without an answer.
async fn answer(request: Request<Incoming>, chat: Arc<Mutex<Chat>>) -> Result<Response<Full<Bytes>>, &'static str> {
    let path = request.uri().path().to_owned();
    let body = Limited::new(request.into_body(), LONGEST_BODY)
        .collect()
        .await
        .map_err(|_| "the body could not be read")?
        .to_bytes();
    let reply = chat.lock().unwrap_or_else(PoisonError::into_inner).call(&path, &body);
    let (status, content_type, text) = match reply {
        Reply::Json(status, body) => (status, "application/json", body.to_string()),
        Reply::Text(status, text) => (status, "text/html", text.to_owned()),
        Reply::Close => return Err("closed on purpose"),
        Reply::Hang => std::future::pending().await,
    };
    let response =
        Response::builder().status(status).header("content-type", content_type).body(Full::new(Bytes::from(text)));
    response.map_err(|_| "no such status")
}
