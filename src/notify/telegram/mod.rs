//! Telegram's Bot API: one call, `sendMessage`, and what became of it.
//!
//! The token is a part of every URL, so no URL and no error of the HTTP client is ever shown.

mod answer;
mod gate;
mod reach;

use std::{
    collections::HashMap,
    error::Error as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use url::Url;

pub use self::reach::Reach;
use self::{
    answer::{Meaning, meaning},
    gate::Gate,
};
use crate::core::{message::Part, redact};

/// Where Telegram's own Bot API is.
pub const DEFAULT_BASE_URL: &str = "https://api.telegram.org";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(20);
/// The most of an answer that is read.
const MAX_BODY: usize = 64 * 1024;
/// The most of an error that is kept, in characters.
const MAX_ERROR: usize = 200;
/// From so many tokens on, gates that hold nothing back are forgotten.
const MANY_GATES: usize = 256;

/// The Bot API at one address. There is one in a process: what a token's bot is asked to wait holds for all jobs.
#[derive(Debug)]
pub struct Telegram {
    client: Client,
    base: Url,
    /// By the token's hash.
    gates: Mutex<HashMap<[u8; 32], Arc<Gate>>>,
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum TelegramError {
    /// The address is none.
    #[error("{0:?} is no base URL of a Bot API: write one such as \"https://api.telegram.org\"")]
    BaseUrl(String),
    /// TLS could not be set up.
    #[error("the HTTP client for Telegram cannot be set up: {0}")]
    Client(String),
}

/// One bot.
#[derive(Clone, Debug)]
pub struct Bot {
    client: Client,
    base: Url,
    token: SecretString,
    gate: Arc<Gate>,
}

/// What became of a part of a message. Errors are at most 200 characters, and hold no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is in the chat.
    Accepted {
        /// Its id there.
        message_id: i64,
    },
    /// Nothing was sent, or Telegram refused it for now: not before this long.
    RetryAfter(Duration),
    /// No byte of it left.
    NotSent {
        /// Why.
        error: String,
    },
    /// It left, and nobody can tell whether it arrived.
    Ambiguous {
        /// Why.
        error: String,
    },
    /// Telegram does not want it, as things are: the token or the chat is wrong.
    Refused {
        /// Why.
        error: String,
    },
}

#[derive(Serialize)]
struct SendMessage<'a> {
    chat_id: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    disable_notification: bool,
    link_preview_options: LinkPreviewOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_parameters: Option<ReplyParameters>,
}

#[derive(Serialize)]
struct LinkPreviewOptions {
    is_disabled: bool,
}

#[derive(Serialize)]
struct ReplyParameters {
    message_id: i64,
    allow_sending_without_reply: bool,
}

/// Reads the address of a Bot API.
pub fn base_url(text: &str) -> Result<Url, TelegramError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| TelegramError::BaseUrl(redact::cut(text, 100)))
}

impl Telegram {
    /// The Bot API at `base_url`. A process has to have a default crypto provider of rustls before.
    pub fn new(base_url: &str) -> Result<Self, TelegramError> {
        let base = self::base_url(base_url)?;
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            // A connection that went stale between two messages could not be told from one that broke with a message on it.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .build()
            .map_err(|error| TelegramError::Client(root_cause(&error)))?;
        Ok(Self { client, base, gates: Mutex::default() })
    }

    /// Whether the Bot API answers at all, whatever it says: a way out of the network is open then.
    pub async fn is_reachable(&self) -> bool {
        self.client.get(self.base.clone()).timeout(CONNECT_TIMEOUT).send().await.is_ok()
    }

    /// The bot with this token.
    pub fn bot(&self, token: &SecretString) -> Bot {
        // A Secret that was made from a file often ends in a new line.
        let token = SecretString::from(token.expose_secret().trim());
        let key = Sha256::digest(token.expose_secret()).into();
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if gates.len() >= MANY_GATES {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1 || !gate.is_idle());
        }
        let gate = Arc::clone(gates.entry(key).or_default());
        Bot { client: self.client.clone(), base: self.base.clone(), token, gate }
    }
}

impl Bot {
    /// Sends one part to `chat`, under the topic `thread`, as a reply to `reply_to` where that still exists; `silent`:
    /// without a sound. Markup that is refused goes once more as plain text; a chat that moved is followed.
    pub async fn send(
        &self,
        chat: &str,
        thread: Option<i64>,
        part: &Part,
        silent: bool,
        reply_to: Option<i64>,
    ) -> Delivery {
        let mut chat = chat.trim().to_owned();
        let (mut as_html, mut moved) = (true, false);
        loop {
            if let Err(wait) = self.gate.pass(&chat).await {
                return Delivery::RetryAfter(wait);
            }
            let call = SendMessage {
                chat_id: &chat,
                text: if as_html { &part.html } else { &part.plain },
                parse_mode: as_html.then_some("HTML"),
                message_thread_id: thread,
                disable_notification: silent,
                link_preview_options: LinkPreviewOptions { is_disabled: true },
                reply_parameters: reply_to
                    .map(|message_id| ReplyParameters { message_id, allow_sending_without_reply: true }),
            };
            match self.call(&call).await {
                Ok(Meaning::Accepted(message_id)) => return Delivery::Accepted { message_id },
                Ok(Meaning::Wait(pause)) => {
                    self.gate.close(pause);
                    return Delivery::RetryAfter(pause);
                }
                Ok(Meaning::Markup) if as_html => as_html = false,
                Ok(Meaning::Moved(to)) if !moved => (chat, moved) = (to.to_string(), true),
                Ok(Meaning::Markup) => return self.refused("Telegram does not even take the plain text"),
                Ok(Meaning::Moved(_)) => return self.refused("the chat moves from one id to the next"),
                Ok(Meaning::Refused(error)) => return self.refused(&error),
                Ok(Meaning::Unclear(error)) => return Delivery::Ambiguous { error: self.without_secret(&error) },
                Err(error) => return self.failed(&error),
            }
        }
    }

    async fn call(&self, call: &SendMessage<'_>) -> Result<Meaning, reqwest::Error> {
        let (status, body) = self.post("sendMessage", call).await?;
        Ok(meaning(status, body.as_deref()))
    }

    /// The status of an answer, and its body where it came in full.
    async fn post(&self, method: &str, call: &impl Serialize) -> Result<(u16, Option<Vec<u8>>), reqwest::Error> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&format!("bot{}", self.token.expose_secret())).push(method);
        }
        let mut response = self.client.post(url).json(call).send().await?;
        let mut body = Some(Vec::new());
        // The status alone tells enough when the rest does not come.
        while let Some(read) = &mut body {
            match response.chunk().await {
                Ok(Some(chunk)) if read.len() + chunk.len() <= MAX_BODY => read.extend_from_slice(&chunk),
                Ok(None) => break,
                Ok(Some(_)) | Err(_) => body = None,
            }
        }
        Ok((response.status().as_u16(), body))
    }

    /// What an attempt without an answer is.
    fn failed(&self, error: &reqwest::Error) -> Delivery {
        let cause = root_cause(error);
        if error.is_connect() {
            return Delivery::NotSent { error: self.without_secret(&format!("no connection to Telegram: {cause}")) };
        }
        if error.is_builder() {
            return self.refused("the token is none that a URL can hold");
        }
        let error = if error.is_timeout() {
            format!("no answer from Telegram within {} s", TOTAL_TIMEOUT.as_secs())
        } else {
            format!("the connection to Telegram broke before its answer: {cause}")
        };
        Delivery::Ambiguous { error: self.without_secret(&error) }
    }

    fn refused(&self, error: &str) -> Delivery {
        Delivery::Refused { error: self.without_secret(error) }
    }

    /// Whoever answers under the base URL may have said the token back.
    fn without_secret(&self, error: &str) -> String {
        let token = self.token.expose_secret();
        let error = if token.is_empty() { error.to_owned() } else { error.replace(token, "[redacted]") };
        let error: String = error.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        redact::cut(&error, MAX_ERROR)
    }
}

/// The innermost cause: the outer ones name the URL.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "no cause is known".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn telegram() -> Telegram {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Telegram::new(DEFAULT_BASE_URL).unwrap()
    }

    #[test]
    fn a_base_url_has_a_scheme_and_a_host() {
        telegram();
        for base in ["", "api.telegram.org", "unix:///x", "mailto:a@b", "/bot"] {
            let error = Telegram::new(base).unwrap_err().to_string();
            assert!(error.contains("https://api.telegram.org"), "{error}");
        }
        assert!(Telegram::new("http://127.0.0.1:1/under/").is_ok());
    }

    #[test]
    fn one_gate_for_a_token_in_the_whole_process() {
        let telegram = telegram();
        let bot = |token: &str| telegram.bot(&SecretString::from(token));
        assert!(Arc::ptr_eq(&bot("1:a").gate, &bot("1:a\n").gate));
        assert!(!Arc::ptr_eq(&bot("1:a").gate, &bot("2:b").gate));
        for i in 0..1000 {
            bot(&i.to_string());
        }
        assert!(telegram.gates.lock().unwrap().len() <= MANY_GATES);
    }

    #[test]
    fn the_token_is_in_nothing_that_is_shown() {
        let bot = telegram().bot(&SecretString::from("123:very-secret"));
        assert!(!format!("{bot:?}").contains("very-secret"));
        let Delivery::Refused { error } =
            bot.refused(&format!("no such bot: /bot123:very-secret/x\n{}", "x".repeat(500)))
        else {
            unreachable!()
        };
        assert!(error.starts_with("no such bot: /bot[redacted]/x x") && error.chars().count() == 200, "{error}");
    }
}
