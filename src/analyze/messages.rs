//! The Messages API, as far as it is used here: version 2023-06-01, in the words of its official SDK.
//!
//! What is written is written in one order, so that equal requests are equal bytes and prompt caching finds its prefix.
//! What is read may have more in it than is known here.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

/// A request for the next turn of the assistant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Request {
    /// The model's id, such as `claude-sonnet-5-5`.
    pub model: String,
    /// The most tokens of the answer. What the model thinks counts as well, and today's models think unasked.
    pub max_tokens: u32,
    /// What it is told before all else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub system: Vec<Text>,
    /// The conversation: first and last a turn of the user, and between them in turns.
    ///
    /// What was said stays as it was: thoughts of the model are only accepted after exactly what led to them.
    pub messages: Vec<Message>,
    /// What it may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Whether it may. Absent: as [`ToolChoice::Auto`] where there are tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// The shape of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_config: Option<OutputConfig>,
}

/// A turn of the conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// Whose.
    pub role: Role,
    /// What was said; not empty. Results of tools come first.
    pub content: Vec<Block>,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Ours.
    User,
    /// The model's.
    Assistant,
}

/// A part of a turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Text.
    Text(Text),
    /// The model calls a tool.
    ToolUse(ToolUse),
    /// What came of the call; in the turn right after it, each call's exactly once.
    ToolResult(ToolResult),
    /// What we have no use for: thoughts, and kinds that came later. It goes back as it came.
    Other(Map<String, Value>),
}

/// Text that is not blank: the API refuses one that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "text")]
pub struct Text {
    /// The text.
    pub text: String,
    /// Whether all up to here is worth keeping for the next request.
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub cache_control: Option<CacheControl>,
}

/// A call of a tool. Name and input are the model's words: neither is known to be legal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "tool_use")]
pub struct ToolUse {
    /// What its result refers to.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments.
    pub input: Map<String, Value>,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "tool_result")]
pub struct ToolResult {
    /// The call's id.
    pub tool_use_id: String,
    /// What the model is told.
    pub content: String,
    /// Whether the call failed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
    /// Whether all up to here is worth keeping for the next request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<CacheControl>,
}

/// Marks the end of what the API shall keep; at most four in a request. The order is tools, system, messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CacheControl {
    /// For five minutes, and again for each use.
    Ephemeral,
}

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tool {
    /// `^[a-zA-Z0-9_-]{1,64}$`.
    pub name: String,
    /// What it does, and when to call it.
    pub description: String,
    /// The JSON Schema of its input, of type `object`.
    pub input_schema: Value,
    /// Whether the API holds the model to the schema. It then has to keep to the subset of [`OutputFormat`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
    /// Whether all tools up to this one are worth keeping for the next request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<CacheControl>,
}

/// Whether the model may call a tool. (To make it call one is refused by models that think.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToolChoice {
    /// As it likes.
    Auto {
        /// At most one call a turn.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        disable_parallel_tool_use: bool,
    },
    /// None: what it was told by tools has to do. The tools stay in the request, whose prefix stays the same.
    None,
}

/// How the model answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputConfig {
    /// How much it thinks and says; absent: the model's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// The shape of its text; absent: free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<OutputFormat>,
}

/// How much the model thinks and says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Little, and fast.
    Low,
    /// Less than it would.
    Medium,
    /// What most models do unasked.
    High,
}

/// The shape of the model's text.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutputFormat {
    /// JSON that keeps to this schema, unless the answer stops early ([`StopReason::MaxTokens`], [`StopReason::Refusal`]).
    ///
    /// A subset of JSON Schema: each object has `additionalProperties: false`; there is no `minimum`, `maxLength`,
    /// `maxItems`, `pattern` nor recursion, so bounds are checked when it is read.
    JsonSchema {
        /// The schema.
        schema: Value,
    },
}

/// The assistant's turn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Response {
    /// The answer's id.
    pub id: String,
    /// The model that answered.
    pub model: String,
    /// What it said; may be empty.
    pub content: Vec<Block>,
    /// Why it stopped.
    pub stop_reason: StopReason,
    /// More on that; of a refusal.
    #[serde(default)]
    pub stop_details: Option<StopDetails>,
    /// What it cost.
    pub usage: Usage,
}

/// Why the model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum StopReason {
    /// It has said all.
    EndTurn,
    /// `max_tokens` were said: the text is cut.
    MaxTokens,
    /// It said what it should stop at.
    StopSequence,
    /// It waits for what its calls give.
    ToolUse,
    /// The API paused a long turn: sent back as it is, it goes on.
    PauseTurn,
    /// It does not answer this.
    Refusal,
    /// The conversation is longer than the model reads: the text is cut.
    ContextWindowExceeded,
    /// A reason that came later, in the API's word.
    Unknown(String),
}

/// More on why the model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StopDetails {
    /// The policy that a refusal comes from.
    #[serde(default)]
    pub category: Option<String>,
    /// The same for a person.
    #[serde(default)]
    pub explanation: Option<String>,
}

/// Tokens that were paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// Read, and neither from nor into the cache.
    pub input_tokens: u64,
    /// Written into the cache.
    #[serde(default, deserialize_with = "or_zero")]
    pub cache_creation_input_tokens: u64,
    /// Read from the cache.
    #[serde(default, deserialize_with = "or_zero")]
    pub cache_read_input_tokens: u64,
    /// Said, and thought.
    pub output_tokens: u64,
}

/// What the API answers when it does not answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ErrorBody {
    /// What is wrong.
    pub error: ErrorObject,
    /// What to ask the API's makers about.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// What is wrong with a request, or with the API.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ErrorObject {
    /// Its kind, such as `rate_limit_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for a person; it may say back what it was sent.
    pub message: String,
    /// More on some.
    #[serde(default)]
    pub details: Option<ErrorDetails>,
}

/// More on what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ErrorDetails {
    /// The cause, such as `enforced_spend_limit_reached`.
    #[serde(default)]
    pub error_code: Option<String>,
}

impl Text {
    /// Text without a mark.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), cache_control: None }
    }
}

impl Message {
    /// A turn of the user with this text.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, content: vec![Block::Text(Text::new(text))] }
    }
}

impl Response {
    /// All text of the answer.
    pub fn text(&self) -> String {
        self.content
            .iter()
            .filter_map(|block| if let Block::Text(text) = block { Some(&*text.text) } else { None })
            .collect()
    }

    /// The calls in the answer, in its order.
    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.content.iter().filter_map(|block| if let Block::ToolUse(call) = block { Some(call) } else { None })
    }

    /// The answer as a turn of the conversation; none where nothing is left of it. Blank text, which the API says but does
    /// not take, is left out.
    pub fn into_message(self) -> Option<Message> {
        let mut content = self.content;
        content.retain(|block| !matches!(block, Block::Text(text) if text.text.trim().is_empty()));
        if content.is_empty() { None } else { Some(Message { role: Role::Assistant, content }) }
    }
}

impl StopReason {
    /// The API's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::EndTurn => "end_turn",
            Self::MaxTokens => "max_tokens",
            Self::StopSequence => "stop_sequence",
            Self::ToolUse => "tool_use",
            Self::PauseTurn => "pause_turn",
            Self::Refusal => "refusal",
            Self::ContextWindowExceeded => "model_context_window_exceeded",
            Self::Unknown(word) => word,
        }
    }
}

impl From<String> for StopReason {
    fn from(word: String) -> Self {
        match &*word {
            "end_turn" => Self::EndTurn,
            "max_tokens" => Self::MaxTokens,
            "stop_sequence" => Self::StopSequence,
            "tool_use" => Self::ToolUse,
            "pause_turn" => Self::PauseTurn,
            "refusal" => Self::Refusal,
            "model_context_window_exceeded" => Self::ContextWindowExceeded,
            _ => Self::Unknown(word),
        }
    }
}

impl Usage {
    /// All tokens that were read.
    pub fn input(&self) -> u64 {
        self.input_tokens.saturating_add(self.cache_creation_input_tokens).saturating_add(self.cache_read_input_tokens)
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        for (sum, more) in [
            (&mut self.input_tokens, more.input_tokens),
            (&mut self.cache_creation_input_tokens, more.cache_creation_input_tokens),
            (&mut self.cache_read_input_tokens, more.cache_read_input_tokens),
            (&mut self.output_tokens, more.output_tokens),
        ] {
            // Whoever answers may say any number.
            *sum = sum.saturating_add(more);
        }
    }
}

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::ToolUse(call) => call.serialize(serializer),
            Self::ToolResult(result) => result.serialize(serializer),
            Self::Other(block) => block.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By hand: serde's own fallback would take a call that is wrong for a kind that is unknown, and drop it.
        let block = Map::deserialize(deserializer)?;
        match block.get("type").and_then(Value::as_str) {
            Some("text") => Text::deserialize(block).map(Self::Text).map_err(de::Error::custom),
            Some("tool_use") => ToolUse::deserialize(block).map(Self::ToolUse).map_err(de::Error::custom),
            Some(_) => Ok(Self::Other(block)),
            None => Err(de::Error::missing_field("type")),
        }
    }
}

fn or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(value: &Value) -> Result<Response, serde_json::Error> {
        let mut whole = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
            "stop_reason": "end_turn", "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 2}});
        whole.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        serde_json::from_value(whole)
    }

    #[test]
    fn a_request_is_written_in_one_order() {
        let cached = Some(CacheControl::Ephemeral);
        let call = ToolUse { id: "toolu_1".into(), name: "stats".into(), input: Map::new() };
        let result =
            ToolResult { tool_use_id: "toolu_1".into(), content: "none".into(), is_error: true, cache_control: cached };
        let request = Request {
            model: "claude-sonnet-5-5".into(),
            max_tokens: 1024,
            system: vec![Text { text: "you are".into(), cache_control: cached }],
            messages: vec![
                Message::user("look"),
                Message { role: Role::Assistant, content: vec![Block::ToolUse(call)] },
                Message { role: Role::User, content: vec![Block::ToolResult(result), Block::Text(Text::new("go on"))] },
            ],
            tools: vec![Tool {
                name: "stats".into(),
                description: "reads".into(),
                input_schema: json!({"type": "object"}),
                strict: true,
                cache_control: None,
            }],
            tool_choice: Some(ToolChoice::Auto { disable_parallel_tool_use: true }),
            output_config: Some(OutputConfig {
                effort: Some(Effort::Low),
                format: Some(OutputFormat::JsonSchema { schema: json!({"type": "object"}) }),
            }),
        };
        let written = serde_json::to_string(&request).unwrap();
        let expected = concat!(
            r#"{"model":"claude-sonnet-5-5","max_tokens":1024,"#,
            r#""system":[{"type":"text","text":"you are","cache_control":{"type":"ephemeral"}}],"#,
            r#""messages":[{"role":"user","content":[{"type":"text","text":"look"}]},"#,
            r#"{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"stats","input":{}}]},"#,
            r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"none","is_error":true,"#,
            r#""cache_control":{"type":"ephemeral"}},{"type":"text","text":"go on"}]}],"#,
            r#""tools":[{"name":"stats","description":"reads","input_schema":{"type":"object"},"strict":true}],"#,
            r#""tool_choice":{"type":"auto","disable_parallel_tool_use":true},"#,
            r#""output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}}}"#
        );
        assert_eq!(written, expected);
    }

    #[test]
    fn an_answer_with_more_in_it_is_read_and_goes_back_as_it_came() {
        let thought = json!({"type": "thinking", "thinking": "", "signature": "c2ln"});
        let hidden = json!({"type": "redacted_thinking", "data": "x"});
        let later = json!({"type": "later", "anything": [1, {"a": null}]});
        let call =
            json!({"type": "tool_use", "id": "toolu_1", "name": "logs", "input": {"subject": "redis", "limit": 5}});
        let mut said = call.clone();
        said["caller"] = json!({"type": "direct"});
        let answer = response(&json!({
            "content": [thought, {"type": "text", "text": " \n", "citations": null}, hidden,
                {"type": "text", "text": "let me look", "citations": []}, later, said],
            "stop_reason": "later_reason", "container": null, "later": {},
            "usage": {"input_tokens": 1, "output_tokens": 2, "cache_creation_input_tokens": null,
                "cache_read_input_tokens": 5, "service_tier": "standard"},
        }))
        .unwrap();
        assert_eq!((answer.text().as_str(), answer.tool_uses().count()), (" \nlet me look", 1));
        assert_eq!(answer.stop_reason, StopReason::Unknown("later_reason".into()));
        assert_eq!((answer.usage.input(), answer.usage.output_tokens), (6, 2));
        let back = serde_json::to_value(answer.into_message().unwrap()).unwrap();
        let content = [thought, hidden, json!({"type": "text", "text": "let me look"}), later, call];
        assert_eq!(back, json!({"role": "assistant", "content": content}));
    }

    #[test]
    fn an_answer_that_is_wrong_where_it_matters_is_not_read() {
        for wrong in [
            json!({"content": [{"type": "tool_use", "id": "t", "name": "logs", "input": "all"}]}),
            json!({"content": [{"type": "tool_use", "id": "t", "name": "logs"}]}),
            json!({"content": [{"type": "text"}]}),
            json!({"content": [{"text": "no type"}]}),
            json!({"content": ["text"]}),
            json!({"content": "text"}),
            json!({"stop_reason": null}),
            json!({"usage": {"input_tokens": -1, "output_tokens": 1}}),
            json!({"usage": null}),
        ] {
            assert!(response(&wrong).is_err(), "{wrong}");
        }
        assert!(response(&json!({"content": []})).unwrap().into_message().is_none(), "nothing to send back");
    }

    #[test]
    fn stop_reasons_are_the_apis_words() {
        for word in [
            "end_turn",
            "max_tokens",
            "stop_sequence",
            "tool_use",
            "pause_turn",
            "refusal",
            "model_context_window_exceeded",
            "later",
        ] {
            let reason = StopReason::from(word.to_owned());
            assert_eq!((reason.as_str(), matches!(reason, StopReason::Unknown(_))), (word, word == "later"));
        }
        let details = json!({"stop_reason": "refusal", "stop_details": {"type": "refusal", "category": "cyber", "explanation": null}});
        let details = response(&details).unwrap().stop_details.unwrap();
        assert_eq!((details.category.as_deref(), details.explanation), (Some("cyber"), None));
    }

    #[test]
    fn a_sum_of_usages_does_not_wrap() {
        let mut sum = Usage { output_tokens: u64::MAX, ..Usage::default() };
        sum += Usage { output_tokens: 1, input_tokens: 3, ..Usage::default() };
        assert_eq!((sum.output_tokens, sum.input()), (u64::MAX, 3));
    }
}
