//! What the API answers: pure, so that it is tested without a socket.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use serde_json::{Value, json};

use super::answer::{Answer, Said, What, error};
use super::asked::Asked;
use super::check::check_after;
use crate::rig::cache::key;

const VERSION: &str = "2023-06-01";
const MODELS: [&str; 4] = ["claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5", "claude-sonnet-4-6"];
/// A shorter beginning is not kept.
const SHORTEST_CACHED: u64 = 1024;
const BYTES_PER_TOKEN: u64 = 4;

/// A request that the API takes, whatever became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The request.
    pub asked: Asked,
    /// The status of its answer; 0 where there was none.
    pub status: u16,
    /// What it is charged with: read, written into the cache, read from the cache, said.
    pub tokens: [u64; 4],
}

/// A request that the API does not take.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: u16,
    /// The message in it.
    pub message: String,
    /// The body of the request.
    pub request: Value,
}

/// What goes back.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    Answer(Sent),
    Hang,
    Close,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sent {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub before: Duration,
    pub over: Duration,
    pub cut: bool,
}

pub(super) type Model = Box<dyn FnMut(&Asked) -> Answer + Send>;

/// The API with all that happened to it.
#[derive(Default)]
pub(super) struct Api {
    pub script: VecDeque<Answer>,
    pub model: Option<Model>,
    pub calls: Vec<Call>,
    pub refusals: Vec<Refusal>,
    paused: bool,
    /// The beginnings that are kept, by their hash.
    kept: HashSet<String>,
    said: u32,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("calls", &self.calls.len())
            .field("refusals", &self.refusals)
            .finish_non_exhaustive()
    }
}

impl Api {
    /// Answers one request.
    pub fn call(&mut self, method: &str, path: &str, headers: &HeaderMap, body: &[u8], api_key: &str) -> Reply {
        let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
        if let Err((status, kind, message)) = self.judge(method, path, headers, &body, api_key) {
            let reply = plain(status, error(kind, &message));
            self.refusals.push(Refusal { status, message, request: body });
            return reply;
        }
        let asked = Asked(body);
        let scripted = self.script.pop_front().or_else(|| self.model.as_mut().map(|model| model(&asked)));
        let answer = scripted.unwrap_or_else(|| Answer::error(500, "api_error", "the script is over"));
        self.answer(answer, asked)
    }

    fn judge(
        &self,
        method: &str,
        path: &str,
        headers: &HeaderMap,
        body: &Value,
        api_key: &str,
    ) -> Result<(), (u16, &'static str, String)> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let invalid = |message: String| (400, "invalid_request_error", message);
        if (method, path) != ("POST", "/v1/messages") {
            return Err((404, "not_found_error", "Not Found".into()));
        }
        if header("x-api-key") != api_key {
            return Err((401, "authentication_error", "invalid x-api-key".into()));
        }
        for (name, expected) in
            [("anthropic-version", VERSION), ("content-type", "application/json"), ("anthropic-beta", "")]
        {
            if header(name) != expected {
                return Err(invalid(format!("{name}: {:?} is not valid", header(name))));
            }
        }
        check_after(body, self.paused).map_err(invalid)?;
        thoughts_are_unchanged(body).map_err(invalid)?;
        match body["model"].as_str() {
            Some(model) if MODELS.contains(&model) => Ok(()),
            model => Err((404, "not_found_error", format!("model: {}", model.unwrap_or_default()))),
        }
    }

    fn answer(&mut self, answer: Answer, asked: Asked) -> Reply {
        let Answer { what, mut headers, before, over, cut } = answer;
        let (status, body, tokens) = match what {
            What::Hang | What::Close => {
                self.calls.push(Call { asked, status: 0, tokens: [0; 4] });
                return if matches!(what, What::Hang) { Reply::Hang } else { Reply::Close };
            }
            What::Raw { status, body } => (status, body, [0; 4]),
            What::Turn { content, stop, details } => {
                self.paused = stop == "pause_turn";
                let content: Vec<Value> = content.into_iter().map(|said| self.block(said, asked.body())).collect();
                let [read, written, cached] = self.cached(asked.body());
                let said = tokens(&Value::from(content.clone()).to_string());
                let usage = json!({"input_tokens": read, "cache_creation_input_tokens": written,
                    "cache_read_input_tokens": cached, "output_tokens": said, "service_tier": "standard"});
                let body = json!({"id": format!("msg_rig_{}", self.calls.len()), "type": "message", "role": "assistant",
                    "model": asked.body()["model"], "content": content, "stop_reason": stop, "stop_sequence": null,
                    "stop_details": details, "container": null, "usage": usage});
                (200, body.to_string(), [read, written, cached, said])
            }
        };
        headers.push(("request-id", "req_rig".into()));
        self.calls.push(Call { asked, status, tokens });
        Reply::Answer(Sent { status, headers, body, before, over, cut })
    }

    fn block(&mut self, said: Said, asked: &Value) -> Value {
        match said {
            Said::Text(text) => json!({"type": "text", "text": text, "citations": null}),
            Said::Thought(thought) => {
                let signature = seal(asked["messages"].as_array().map_or(&[], Vec::as_slice), &thought);
                json!({"type": "thinking", "thinking": thought, "signature": signature})
            }
            Said::Call { name, input } => {
                self.said += 1;
                let id = format!("toolu_rig_{}", self.said);
                json!({"type": "tool_use", "id": id, "name": name, "input": input, "caller": {"type": "direct"}})
            }
        }
    }

    /// Tokens that are read, written into the cache, and read from it.
    fn cached(&mut self, asked: &Value) -> [u64; 3] {
        let turns = asked["messages"].as_array().into_iter().flatten().map(|message| &message["content"]);
        let parts = [&asked["tools"], &asked["system"]].into_iter().chain(turns);
        let (mut beginning, mut marks, mut from_cache, mut at_mark) = (String::new(), Vec::new(), 0, 0);
        for part in parts.filter_map(Value::as_array).flatten() {
            beginning.push_str(&unmarked(part).to_string());
            let (hash, length) = (key(&beginning), tokens(&beginning));
            if self.kept.contains(&hash) {
                from_cache = length;
            }
            if part.get("cache_control").is_some() && length >= SHORTEST_CACHED {
                at_mark = length;
                marks.push(hash);
            }
        }
        self.kept.extend(marks);
        let from_cache = from_cache.min(at_mark);
        [tokens(&beginning) - at_mark, at_mark - from_cache, from_cache]
    }
}

fn plain(status: u16, body: String) -> Reply {
    let headers = Vec::new();
    Reply::Answer(Sent { status, headers, body, before: Duration::ZERO, over: Duration::ZERO, cut: false })
}

fn tokens(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX).div_ceil(BYTES_PER_TOKEN)
}

fn thoughts_are_unchanged(body: &Value) -> Result<(), String> {
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    for (index, message) in messages.iter().enumerate() {
        for block in message["content"].as_array().into_iter().flatten().filter(|block| block["type"] == "thinking") {
            let thought = block["thinking"].as_str().unwrap_or_default();
            if block["signature"] != seal(&messages[..index], thought).as_str() {
                return Err(format!("messages.{index}: `thinking` blocks in assistant messages cannot be modified"));
            }
        }
    }
    Ok(())
}

/// What only comes of this thought after exactly these turns.
fn seal(before: &[Value], thought: &str) -> String {
    let before: Vec<Value> = before.iter().map(unmarked).collect();
    key(&format!("{}{thought}", Value::from(before)))
}

/// Without the marks of the cache, which move on from request to request.
fn unmarked(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(unmarked).collect(),
        Value::Object(object) => object
            .iter()
            .filter(|(name, _)| *name != "cache_control")
            .map(|(name, value)| (name.clone(), unmarked(value)))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> HeaderMap {
        [("x-api-key", "k"), ("anthropic-version", VERSION), ("content-type", "application/json")]
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn ask(api: &mut Api, body: &Value) -> (u16, Value) {
        match api.call("POST", "/v1/messages", &headers(), body.to_string().as_bytes(), "k") {
            Reply::Answer(sent) => (sent.status, serde_json::from_str(&sent.body).unwrap_or_default()),
            other => unreachable!("{other:?}"),
        }
    }

    fn request() -> Value {
        let mark = json!({"type": "ephemeral"});
        json!({"model": "claude-sonnet-5-5", "max_tokens": 100,
            "system": [{"type": "text", "text": "long ".repeat(2000), "cache_control": mark}],
            "tools": [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}],
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Look."}]}]})
    }

    /// The request after this answer with these results.
    fn next(mut request: Value, answer: &Value, content: &Value) -> Value {
        let turns = request["messages"].as_array_mut().unwrap();
        let mut said = answer["content"].clone();
        for block in said.as_array_mut().unwrap() {
            block.as_object_mut().unwrap().retain(|field, _| !["citations", "caller"].contains(&field.as_str()));
        }
        turns.push(json!({"role": "assistant", "content": said}));
        turns.push(json!({"role": "user", "content": content}));
        request
    }

    #[test]
    fn a_conversation_by_script_then_by_a_model_then_over() {
        let mut api = Api::default();
        api.script.push_back(Answer::calls([("look", json!({}))]).saying("let me").thinking("hm"));
        let (status, first) = ask(&mut api, &request());
        assert_eq!((status, &first["stop_reason"]), (200, &json!("tool_use")));
        let second =
            next(request(), &first, &json!([{"type": "tool_result", "tool_use_id": "toolu_rig_1", "content": "none"}]));
        api.model = Some(Box::new(|asked| {
            Answer::text(format!("{} {:?} {:?}", asked.turns(), asked.results(), asked.tools()))
        }));
        let (_, said) = ask(&mut api, &second);
        assert_eq!(said["content"][0]["text"], r#"1 [("none", false)] ["look"]"#);
        api.model = None;
        assert_eq!(ask(&mut api, &request()).0, 500);
        assert_eq!((api.calls.len(), api.refusals.len()), (3, 0));
    }

    #[test]
    fn thoughts_come_back_as_they_were() {
        let mut api = Api::default();
        api.script.push_back(Answer::text("a").thinking("hm"));
        let (_, first) = ask(&mut api, &request());
        let second = next(request(), &first, &json!([{"type": "text", "text": "And?"}]));
        for (at, value) in [("/messages/1/content/0/thinking", "no"), ("/messages/0/content/0/text", "Look again.")] {
            let mut changed = second.clone();
            *changed.pointer_mut(at).unwrap() = value.into();
            let (status, body) = ask(&mut api, &changed);
            assert!(status == 400 && body.to_string().contains("cannot be modified"), "{body}");
        }
        api.script.push_back(Answer::empty());
        let mut moved = second;
        moved["messages"][0]["content"][0]["cache_control"] = json!({"type": "ephemeral"});
        assert_eq!(ask(&mut api, &moved).0, 200, "a mark of the cache is none of the turn");
    }

    #[test]
    fn what_is_marked_is_read_from_the_cache_the_second_time() {
        let mut api = Api { model: Some(Box::new(|_| Answer::text("ok"))), ..Api::default() };
        ask(&mut api, &request());
        let mut longer = request();
        longer["messages"][0]["content"][0]["text"] = "Look there.".into();
        ask(&mut api, &longer);
        let [first, second] = api.calls.as_slice() else { unreachable!() };
        assert!(first.tokens[1] > 2500 && first.tokens[2] == 0, "{:?}", first.tokens);
        assert_eq!((second.tokens[1], second.tokens[2]), (0, first.tokens[1]));
        assert!(second.tokens[0] > first.tokens[0]);
    }

    #[test]
    fn keys_paths_versions_and_models() {
        let mut api = Api::default();
        let (body, headers) = (request().to_string(), headers());
        let mut call = |method: &str, path: &str, change: &[(&'static str, &str)], key: &str| {
            let mut headers = headers.clone();
            headers.extend(change.iter().map(|(name, value)| (Some(name.parse().unwrap()), value.parse().unwrap())));
            match api.call(method, path, &headers, body.as_bytes(), key) {
                Reply::Answer(sent) => sent.status,
                other => unreachable!("{other:?}"),
            }
        };
        assert_eq!(call("POST", "/v1/messages", &[], "other"), 401);
        assert_eq!([call("GET", "/v1/messages", &[], "k"), call("POST", "/v1/v1/messages", &[], "k")], [404; 2]);
        for header in [("anthropic-version", "2024-01-01"), ("content-type", "text/plain"), ("anthropic-beta", "x")] {
            assert_eq!(call("POST", "/v1/messages", &[header], "k"), 400, "{header:?}");
        }
        assert_eq!(call("POST", "/v1/messages", &[], "k"), 500, "the script is over");
        let mut other = request();
        other["model"] = "claude-none".into();
        let (status, body) = ask(&mut api, &other);
        assert_eq!((status, &body["error"]["message"]), (404, &json!("model: claude-none")));
    }
}
