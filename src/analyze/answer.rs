//! What an answer of the API means.

use std::time::Duration;

use http::{HeaderMap, header::RETRY_AFTER};
use serde::Deserialize;

use super::{
    failure::Reason,
    messages::{ErrorBody, Response, Usage},
};

/// An attempt without an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Missed {
    pub reason: Reason,
    /// For a person; what the API said is in it as it was said.
    pub message: String,
    /// How long the API asks to wait.
    pub wait: Option<Duration>,
    /// The API says that it is of no use to ask again.
    pub final_word: bool,
    /// What it cost all the same.
    pub usage: Usage,
}

impl Missed {
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), wait: None, final_word: false, usage: Usage::default() }
    }
}

/// What `status` with `headers` and `body` means; an error of the body says why it is not there in full.
pub(super) fn meaning(status: u16, headers: &HeaderMap, body: Result<Vec<u8>, String>) -> Result<Response, Missed> {
    if status == 200 {
        return answer(body);
    }
    let error = body.ok().and_then(|body| serde_json::from_slice::<ErrorBody>(&body).ok());
    let reason = reason(status, error.as_ref());
    let said = error.map_or_else(String::new, |error| format!(": {}", error.error.message));
    let mut missed = Missed::new(reason, format!("{} ({status}{said})", sentence(reason)));
    missed.wait = headers.get(RETRY_AFTER).and_then(|value| seconds(value.to_str().ok()?));
    missed.final_word = headers.get("x-should-retry").is_some_and(|value| value == "false");
    Err(missed)
}

fn answer(body: Result<Vec<u8>, String>) -> Result<Response, Missed> {
    let undecodable = |why: String| Missed::new(Reason::Undecodable, format!("the answer of Claude's API {why}"));
    let body = body.map_err(undecodable)?;
    serde_json::from_slice(&body).map_err(|error| {
        /// What can be read of an answer that is wrong elsewhere: it was paid for.
        #[derive(Deserialize)]
        struct Paid {
            usage: Usage,
        }
        let usage = serde_json::from_slice(&body).map_or_else(|_| Usage::default(), |paid: Paid| paid.usage);
        Missed { usage, ..undecodable(format!("is none that it gives: {error}")) }
    })
}

fn reason(status: u16, error: Option<&ErrorBody>) -> Reason {
    let error = error.map(|body| &body.error);
    let kind = error.map_or("", |error| &error.kind);
    let code = error.and_then(|error| error.details.as_ref()?.error_code.as_deref()).unwrap_or("");
    // Three causes have neither a status nor a kind of their own. Nothing but the reason depends on these words.
    let says = |words: &str| error.is_some_and(|error| error.message.to_lowercase().contains(words));
    match status {
        _ if code.ends_with("spend_limit_reached") || kind == "billing_error" => Reason::SpendLimit,
        402 => Reason::SpendLimit,
        400 if says("usage limits") || says("credit balance") => Reason::SpendLimit,
        400 if says("prompt is too long") => Reason::TooLarge,
        401 => Reason::Unauthorized,
        403 => Reason::Forbidden,
        404 if kind == "not_found_error" && says("model") => Reason::ModelNotFound,
        200..400 | 404 | 405 => Reason::WrongAddress,
        408 | 504 => Reason::TimedOut,
        413 => Reason::TooLarge,
        429 => Reason::RateLimited,
        503 | 529 => Reason::Overloaded,
        409 | 500.. => Reason::ServerError,
        _ => Reason::InvalidRequest,
    }
}

fn sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::Unreachable => "no connection to Claude's API",
        Reason::TimedOut => "Claude's API gave up on the request",
        Reason::Unauthorized => "Claude's API does not take the key",
        Reason::Forbidden => "Claude's API does not let the key do this",
        Reason::ModelNotFound => "Claude's API does not have the model, or not for this key",
        Reason::WrongAddress => {
            "what answers at the base URL is not Claude's API: write it without a path, as \"https://api.anthropic.com\""
        }
        Reason::RateLimited => "Claude's API is asked more than its rate limit allows",
        Reason::SpendLimit => "what may be spent on Claude's API is spent",
        Reason::Overloaded => "Claude's API is overloaded",
        Reason::ServerError => "Claude's API failed",
        Reason::InvalidRequest => "Claude's API refuses the request",
        Reason::TooLarge => "the request is too long for Claude's API",
        Reason::Undecodable => "the answer of Claude's API cannot be read",
    }
}

/// A date, which the header may hold as well, is not what the API sends.
fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Missed {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        meaning(status, &headers, Ok(body.into())).unwrap_err()
    }

    fn error(kind: &str, message: &str) -> String {
        format!(r#"{{"type": "error", "error": {{"type": "{kind}", "message": "{message}"}}, "request_id": "req_1"}}"#)
    }

    #[test]
    fn refusals_of_the_api() {
        let spent = r#"{"type": "error", "error": {"type": "rate_limit_error", "message": "m",
            "details": {"error_code": "enforced_spend_limit_reached", "later": 1}}}"#;
        for (status, body, reason) in [
            (401, error("authentication_error", "invalid x-api-key"), Reason::Unauthorized),
            (402, error("billing_error", "m"), Reason::SpendLimit),
            (403, error("permission_error", "m"), Reason::Forbidden),
            (404, error("not_found_error", "model: claude-none"), Reason::ModelNotFound),
            (404, error("not_found_error", "Not Found"), Reason::WrongAddress),
            (404, "<html>".into(), Reason::WrongAddress),
            (301, String::new(), Reason::WrongAddress),
            (204, String::new(), Reason::WrongAddress),
            (405, String::new(), Reason::WrongAddress),
            (413, error("request_too_large", "m"), Reason::TooLarge),
            (
                400,
                error("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
                Reason::TooLarge,
            ),
            (
                400,
                error("invalid_request_error", "You have reached your specified API usage limits."),
                Reason::SpendLimit,
            ),
            (400, error("invalid_request_error", "Your credit balance is too low"), Reason::SpendLimit),
            (400, error("invalid_request_error", "max_tokens: Field required"), Reason::InvalidRequest),
            (422, "{}".into(), Reason::InvalidRequest),
            (429, error("rate_limit_error", "m"), Reason::RateLimited),
            (429, spent.into(), Reason::SpendLimit),
            (408, String::new(), Reason::TimedOut),
            (504, error("timeout_error", "m"), Reason::TimedOut),
            (500, error("api_error", "Internal server error"), Reason::ServerError),
            (502, "<html>".into(), Reason::ServerError),
            (503, String::new(), Reason::Overloaded),
            (529, error("overloaded_error", "Overloaded"), Reason::Overloaded),
        ] {
            let missed = missed(status, &[], &body);
            assert_eq!(missed.reason, reason, "{status} {body}");
            assert!(missed.message.contains(&status.to_string()), "{missed:?}");
        }
    }

    #[test]
    fn what_the_api_says_is_told_and_what_it_asks_for_known() {
        let limited = missed(429, &[("retry-after", "7")], &error("rate_limit_error", "slow down"));
        assert_eq!(limited.message, "Claude's API is asked more than its rate limit allows (429: slow down)");
        assert_eq!((limited.wait, limited.final_word), (Some(Duration::from_secs(7)), false));
        for (value, wait) in [("0.5", Some(Duration::from_millis(500))), ("-1", None), ("soon", None), ("NaN", None)] {
            assert_eq!(missed(429, &[("retry-after", value)], "").wait, wait, "{value}");
        }
        assert!(missed(500, &[("x-should-retry", "false")], "").final_word);
    }

    #[test]
    fn what_cannot_be_read_may_have_been_paid_for() {
        let usage = r#""usage": {"input_tokens": 7, "output_tokens": 3}"#;
        for (body, paid) in [
            ("<html>".to_owned(), Usage::default()),
            (error("overloaded_error", "m"), Usage::default()),
            (format!(r#"{{"id": 1, {usage}}}"#), Usage { input_tokens: 7, output_tokens: 3, ..Usage::default() }),
        ] {
            let missed = missed(200, &[], &body);
            assert_eq!((missed.reason, missed.usage), (Reason::Undecodable, paid), "{body}");
        }
        let cut = meaning(200, &HeaderMap::new(), Err("is cut: unexpected end".into())).unwrap_err();
        assert_eq!(cut.message, "the answer of Claude's API is cut: unexpected end");
    }
}
