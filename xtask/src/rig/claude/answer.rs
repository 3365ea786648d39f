//! What the model says, and how its answer goes wrong on the way.

use std::time::Duration;

use serde_json::{Value, json};

/// The answer to one request.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) what: What,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Before the status.
    pub(super) before: Duration,
    /// From the first byte of the body to its last.
    pub(super) over: Duration,
    /// Half of the body, and then the connection closes.
    pub(super) cut: bool,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Turn { content: Vec<Said>, stop: &'static str, details: Value },
    Raw { status: u16, body: String },
    Hang,
    Close,
}

#[derive(Debug, Clone)]
pub(super) enum Said {
    Text(String),
    Thought(String),
    Call { name: String, input: Value },
}

impl Answer {
    fn new(what: What) -> Self {
        Self { what, headers: Vec::new(), before: Duration::ZERO, over: Duration::ZERO, cut: false }
    }

    fn turn(content: Vec<Said>, stop: &'static str) -> Self {
        Self::new(What::Turn { content, stop, details: Value::Null })
    }

    /// Text, and the turn is over.
    pub fn text(text: impl Into<String>) -> Self {
        Self::turn(vec![Said::Text(text.into())], "end_turn")
    }

    /// JSON as the text.
    pub fn json(value: &Value) -> Self {
        Self::text(value.to_string())
    }

    /// JSON with a fence of Markdown around it, as models like it.
    pub fn fenced(value: &Value) -> Self {
        Self::text(format!("Here is the analysis:\n```json\n{value:#}\n```\n"))
    }

    /// Calls of tools, each a name and its input.
    pub fn calls<'a>(calls: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        let calls = calls.into_iter().map(|(name, input)| Said::Call { name: name.into(), input }).collect();
        Self::turn(calls, "tool_use")
    }

    /// Nothing at all, and the turn is over.
    pub fn empty() -> Self {
        Self::turn(Vec::new(), "end_turn")
    }

    /// The model does not answer this.
    pub fn refusal() -> Self {
        let details = json!({"type": "refusal", "category": "cyber", "explanation": "this may be an attack"});
        Self::new(What::Turn { content: Vec::new(), stop: "refusal", details })
    }

    /// Text that is cut at the most tokens.
    pub fn max_tokens(text: impl Into<String>) -> Self {
        Self::turn(vec![Said::Text(text.into())], "max_tokens")
    }

    /// Text of a turn that goes on when it is sent back as it is.
    pub fn pause_turn(text: impl Into<String>) -> Self {
        Self::turn(vec![Said::Text(text.into())], "pause_turn")
    }

    /// Text that is cut since the conversation is too long.
    pub fn context_window_exceeded(text: impl Into<String>) -> Self {
        Self::turn(vec![Said::Text(text.into())], "model_context_window_exceeded")
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::error(401, "authentication_error", "invalid x-api-key")
    }

    /// 403.
    pub fn forbidden() -> Self {
        Self::error(403, "permission_error", "Your API key does not have permission to use the specified resource.")
    }

    /// 404 for this model.
    pub fn no_such_model(model: &str) -> Self {
        Self::error(404, "not_found_error", &format!("model: {model}"))
    }

    /// 413.
    pub fn too_large() -> Self {
        Self::error(413, "request_too_large", "Request exceeds the maximum size")
    }

    /// 429, with `retry-after` in seconds or without.
    pub fn rate_limited(retry_after: Option<u64>) -> Self {
        let answer = Self::error(429, "rate_limit_error", "This request would exceed your rate limit.");
        match retry_after {
            Some(seconds) => answer.header("retry-after", seconds.to_string()),
            None => answer,
        }
    }

    /// 429 of the monthly limit: no `retry-after`.
    pub fn spend_limit() -> Self {
        let error = json!({"type": "rate_limit_error", "message": "You have reached your usage limit for this month.",
            "details": {"error_code": "enforced_spend_limit_reached"}});
        Self::raw(429, json!({"type": "error", "error": error, "request_id": "req_rig"}).to_string())
    }

    /// 500.
    pub fn server_error() -> Self {
        Self::error(500, "api_error", "Internal server error")
    }

    /// 529.
    pub fn overloaded() -> Self {
        Self::error(529, "overloaded_error", "Overloaded")
    }

    /// The API's error of this kind.
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        Self::raw(status, error(kind, message))
    }

    /// Whatever body.
    pub fn raw(status: u16, body: impl Into<String>) -> Self {
        Self::new(What::Raw { status, body: body.into() })
    }

    /// 200 with a page of a gateway.
    pub fn nonsense() -> Self {
        Self::raw(200, "<html>the gateway has no answer</html>")
    }

    /// 200 with JSON that is a message but for the types of its fields.
    pub fn wrong_types() -> Self {
        let body = json!({"id": 7, "type": "message", "role": "assistant", "model": "m", "content": "text",
            "stop_reason": 3, "usage": {"input_tokens": 11, "output_tokens": 5}});
        Self::raw(200, body.to_string())
    }

    /// No answer, ever.
    pub fn hang() -> Self {
        Self::new(What::Hang)
    }

    /// The connection closes without an answer once the request was read.
    pub fn close() -> Self {
        Self::new(What::Close)
    }

    /// Thinks this first.
    #[must_use]
    pub fn thinking(self, thought: impl Into<String>) -> Self {
        self.after(Said::Thought(thought.into()))
    }

    /// Says this first.
    #[must_use]
    pub fn saying(self, text: impl Into<String>) -> Self {
        self.after(Said::Text(text.into()))
    }

    fn after(mut self, said: Said) -> Self {
        if let What::Turn { content, .. } = &mut self.what {
            content.insert(0, said);
        }
        self
    }

    /// With another `stop_reason`.
    #[must_use]
    pub fn stopping(mut self, reason: &'static str) -> Self {
        if let What::Turn { stop, .. } = &mut self.what {
            *stop = reason;
        }
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Nothing comes for so long.
    #[must_use]
    pub fn slow_headers(self, before: Duration) -> Self {
        Self { before, ..self }
    }

    /// The status comes at once, the body in ten parts over so long.
    #[must_use]
    pub fn slow_body(self, over: Duration) -> Self {
        Self { over, ..self }
    }

    /// The connection breaks in the middle of the body.
    #[must_use]
    pub fn cut(self) -> Self {
        Self { cut: true, ..self }
    }
}

/// The body of an error.
pub(super) fn error(kind: &str, message: &str) -> String {
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_rig"}).to_string()
}
