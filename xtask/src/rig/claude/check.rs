//! Which requests the API takes. Written by hand and narrower than the API, field by field as the official SDK has them.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::schema;

const MOST_MESSAGES: usize = 100_000;
const MOST_CACHE_MARKS: usize = 4;
const MOST_STRICT_TOOLS: usize = 20;
/// What today's models write at most.
const MOST_TOKENS: u64 = 128_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    model: String,
    max_tokens: u64,
    #[serde(default)]
    system: Vec<System>,
    messages: Vec<Message>,
    #[serde(default)]
    tools: Vec<Tool>,
    tool_choice: Option<ToolChoice>,
    output_config: Option<OutputConfig>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum System {
    Text { text: String, cache_control: Option<CacheControl> },
}

#[derive(Deserialize)]
#[serde(tag = "role", rename_all = "snake_case", deny_unknown_fields)]
enum Message {
    User { content: Vec<Ours> },
    Assistant { content: Vec<Theirs> },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Ours {
    Text {
        text: String,
        cache_control: Option<CacheControl>,
    },
    ToolResult {
        tool_use_id: String,
        #[serde(rename = "content")]
        _content: String,
        #[serde(default, rename = "is_error")]
        _is_error: bool,
        cache_control: Option<CacheControl>,
    },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Theirs {
    Text {
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(rename = "input")]
        _input: Map<String, Value>,
    },
    Thinking {
        #[serde(rename = "thinking")]
        _thinking: String,
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum CacheControl {
    Ephemeral {},
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    name: String,
    description: String,
    input_schema: Value,
    #[serde(default)]
    strict: bool,
    cache_control: Option<CacheControl>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum ToolChoice {
    Auto {
        #[serde(default, rename = "disable_parallel_tool_use")]
        _disable_parallel_tool_use: bool,
    },
    None {},
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputConfig {
    #[serde(rename = "effort")]
    _effort: Option<Effort>,
    format: Option<Format>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Effort {
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Format {
    JsonSchema { schema: Value },
}

/// Why the API would refuse this body.
pub fn check(body: &Value) -> Result<(), String> {
    check_after(body, false)
}

/// The same; `paused`: the turn before did not end, so that it may be the last.
pub(super) fn check_after(body: &Value, paused: bool) -> Result<(), String> {
    // Serde's own words say which field is absent, unknown or of the wrong type.
    let request = Request::deserialize(body).map_err(|error| error.to_string())?;
    if request.model.is_empty() {
        return Err("model: String should have at least 1 character".into());
    }
    if !(1..=MOST_TOKENS).contains(&request.max_tokens) {
        return Err(format!("max_tokens: {} is not within 1 and {MOST_TOKENS}", request.max_tokens));
    }
    for System::Text { text, .. } in &request.system {
        not_blank(text, "system")?;
    }
    tools(&request)?;
    turns(&request, paused)?;
    let marks = cache_marks(&request);
    if marks > MOST_CACHE_MARKS {
        return Err(format!("A maximum of 4 blocks with cache_control may be provided. Found {marks}."));
    }
    Ok(())
}

fn tools(request: &Request) -> Result<(), String> {
    let (mut names, mut strict, mut optional) = (BTreeSet::new(), 0, 0);
    for (index, tool) in request.tools.iter().enumerate() {
        let at = format!("tools.{index}");
        word(&tool.name, 64, &format!("{at}.name"))?;
        not_blank(&tool.description, &at)?;
        if !names.insert(&tool.name) {
            return Err("tools: Tool names must be unique.".into());
        }
        if tool.input_schema["type"] != "object" {
            return Err(format!("{at}.input_schema.type: Input should be 'object'"));
        }
        if tool.strict {
            strict += 1;
            optional += schema::check(&tool.input_schema, &format!("{at}.input_schema"))?;
        }
    }
    if let Some(Format::JsonSchema { schema }) =
        request.output_config.as_ref().and_then(|config| config.format.as_ref())
    {
        optional += schema::check(schema, "output_config.format.schema")?;
    }
    if strict > MOST_STRICT_TOOLS || optional > schema::MOST_OPTIONAL {
        return Err(format!("Schemas are too complex: {strict} strict tools, {optional} optional parameters"));
    }
    if request.tool_choice.is_some() && request.tools.is_empty() {
        return Err("tool_choice: may only be specified while providing tools".into());
    }
    Ok(())
}

fn turns(request: &Request, paused: bool) -> Result<(), String> {
    let (count, mut ids) = (request.messages.len(), BTreeSet::new());
    if count == 0 || count > MOST_MESSAGES {
        return Err(format!("messages: {count} messages"));
    }
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in request.messages.iter().enumerate() {
        let at = format!("messages.{index}");
        match message {
            Message::User { content } if index % 2 == 0 => {
                user_turn(content, &open, &at)?;
                open.clear();
            }
            Message::Assistant { content } if index % 2 == 1 => {
                open = assistant_turn(content, &at)?;
                if let Some(id) = open.iter().find(|id| !ids.insert(**id)) {
                    return Err(format!("{at}: `tool_use` ids must be unique: {id}"));
                }
            }
            _ => return Err(format!("{at}: roles must alternate, the user's first")),
        }
    }
    if count.is_multiple_of(2) && !(paused && open.is_empty()) {
        return Err(
            "This model does not support assistant message prefill. The conversation must end with a user message."
                .into(),
        );
    }
    if !ids.is_empty() && request.tools.is_empty() {
        return Err("Requests which include `tool_use` or `tool_result` blocks must define tools".into());
    }
    Ok(())
}

/// Answers each call that is `open`, exactly once, and before all else.
fn user_turn(content: &[Ours], open: &[&str], at: &str) -> Result<(), String> {
    if content.is_empty() {
        return Err(format!("{at}: user messages must have non-empty content"));
    }
    let (mut results, mut texts) = (BTreeSet::new(), false);
    for block in content {
        match block {
            Ours::Text { text, .. } => {
                not_blank(text, at)?;
                texts = true;
            }
            Ours::ToolResult { tool_use_id, .. } => {
                if texts {
                    return Err(format!("{at}: `tool_result` blocks come before text"));
                }
                if !open.contains(&tool_use_id.as_str()) {
                    return Err(format!("{at}: unexpected `tool_use_id` found in `tool_result` blocks: {tool_use_id}"));
                }
                if !results.insert(tool_use_id.as_str()) {
                    return Err(format!("{at}: each `tool_use` must have a single result: {tool_use_id}"));
                }
            }
        }
    }
    match open.iter().find(|id| !results.contains(*id)) {
        Some(id) => {
            Err(format!("{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {id}"))
        }
        None => Ok(()),
    }
}

/// The calls in it.
fn assistant_turn<'a>(content: &'a [Theirs], at: &str) -> Result<Vec<&'a str>, String> {
    if content.is_empty() {
        return Err(format!("{at}: all messages must have non-empty content"));
    }
    let mut calls = Vec::new();
    for block in content {
        match block {
            Theirs::Text { text } => not_blank(text, at)?,
            Theirs::ToolUse { id, name, .. } => {
                word(id, 200, &format!("{at}.tool_use.id"))?;
                word(name, 200, &format!("{at}.tool_use.name"))?;
                calls.push(id.as_str());
            }
            Theirs::Thinking { signature: sealed, .. } | Theirs::RedactedThinking { data: sealed } => {
                not_blank(sealed, at)?;
            }
        }
    }
    Ok(calls)
}

fn cache_marks(request: &Request) -> usize {
    let system = request.system.iter().filter(|System::Text { cache_control, .. }| cache_control.is_some()).count();
    let tools = request.tools.iter().filter(|tool| tool.cache_control.is_some()).count();
    let ours = request.messages.iter().flat_map(|message| match message {
        Message::User { content } => content.as_slice(),
        Message::Assistant { .. } => &[],
    });
    let marked = ours.filter(|block| {
        let (Ours::Text { cache_control, .. } | Ours::ToolResult { cache_control, .. }) = block;
        cache_control.is_some()
    });
    system + tools + marked.count()
}

fn not_blank(text: &str, at: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        Err(format!("{at}: text content blocks must contain non-whitespace text"))
    } else {
        Ok(())
    }
}

fn word(text: &str, most: usize, at: &str) -> Result<(), String> {
    let legal = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if legal && (1..=most).contains(&text.len()) {
        Ok(())
    } else {
        Err(format!("{at}: String should match pattern '^[a-zA-Z0-9_-]{{1,{most}}}$'"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A conversation with all that we send.
    fn whole() -> Value {
        let cached = json!({"type": "ephemeral"});
        let schema = json!({"type": "object", "properties": {"subject": {"type": "string", "enum": ["redis", "web"]},
            "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, "required": ["subject"], "additionalProperties": false});
        json!({
            "model": "claude-sonnet-5-5", "max_tokens": 2048,
            "system": [{"type": "text", "text": "You look.", "cache_control": cached}],
            "tools": [{"name": "logs", "description": "Reads.", "input_schema": schema, "strict": true, "cache_control": cached}],
            "tool_choice": {"type": "auto", "disable_parallel_tool_use": true},
            "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": schema}},
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Look.", "cache_control": cached}]},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "", "signature": "s"}, {"type": "redacted_thinking", "data": "d"},
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "a", "name": "logs", "input": {"subject": "redis"}},
                    {"type": "tool_use", "id": "b", "name": "logs", "input": {}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "b", "content": "no subject", "is_error": true},
                    {"type": "tool_result", "tool_use_id": "a", "content": "", "cache_control": cached},
                    {"type": "text", "text": "Three turns are left."}]},
            ],
        })
    }

    #[test]
    fn all_that_we_send_is_taken() {
        assert_eq!(check(&whole()), Ok(()));
    }

    #[test]
    fn each_thing_that_is_wrong_is_refused() {
        let text = |text: &str| json!({"type": "text", "text": text});
        let turns =
            |count: usize| (0..count).map(|i| json!({"role": (["user", "assistant"][i % 2]), "content": [text("x")]}));
        let result = json!({"type": "tool_result", "tool_use_id": "a", "content": "x"});
        for (at, value, words) in [
            ("/temperature", json!(0.5), "unknown field"),
            ("/model", json!(""), "at least 1 character"),
            ("/max_tokens", json!(0), "max_tokens"),
            ("/max_tokens", json!(200_000), "max_tokens"),
            ("/system/0/text", json!(" "), "non-whitespace"),
            ("/system/0/type", json!("image"), "unknown variant"),
            ("/system/0/cache_control/ttl", json!("1h"), "unknown field"),
            ("/messages", json!([]), "0 messages"),
            ("/messages", json!([turns(2).nth(1)]), "alternate"),
            ("/messages", json!([turns(1).next(), turns(1).next()]), "alternate"),
            ("/messages", turns(2).collect(), "prefill"),
            ("/messages/0/content", json!([]), "non-empty"),
            ("/messages/0/content", json!("text"), "invalid type"),
            ("/messages/0/content/0/citations", json!(null), "unknown field"),
            ("/messages/0/name", json!("x"), "unknown field"),
            ("/messages/0/content/0", result, "unexpected `tool_use_id`"),
            ("/messages/1/content/3/input", json!("all"), "invalid type"),
            ("/messages/1/content/3/caller", json!({"type": "direct"}), "unknown field"),
            ("/messages/1/content/3/name", json!("a b"), "pattern"),
            ("/messages/1/content/4/id", json!("a"), "unique"),
            ("/messages/1/content/0/signature", json!(""), "non-whitespace"),
            ("/messages/2/content/0/tool_use_id", json!("c"), "unexpected `tool_use_id`"),
            ("/messages/2/content/0/tool_use_id", json!("a"), "single result"),
            ("/messages/2/content/0", text("first"), "before text"),
            ("/messages/2/content", json!([text("no results")]), "without `tool_result`"),
            ("/messages/2/content/2/cache_control", json!({"type": "ephemeral"}), "Found 5"),
            ("/tools", json!([]), "tool_choice"),
            ("/tools/0/name", json!("log lines"), "pattern"),
            ("/tools/0/input_schema/type", json!("array"), "'object'"),
            ("/tools/0/input_schema/additionalProperties", json!(true), "not supported"),
            ("/tools/0/input_schema/properties/limit/maximum", json!(5), "not supported"),
            ("/tools/0/input_schema/properties/subject/maxLength", json!(5), "not supported"),
            ("/tools/0/input_schema/required", json!(["nothing"]), "is no property"),
            ("/tools/0/type", json!("custom"), "unknown field"),
            ("/tool_choice", json!({"type": "any"}), "unknown variant"),
            ("/output_config/format/schema", json!({"type": "object"}), "additionalProperties"),
            ("/output_config/effort", json!("huge"), "unknown variant"),
            ("/output_config/format/name", json!("x"), "unknown field"),
        ] {
            let mut body = whole();
            let (parent, field) = at.rsplit_once('/').unwrap();
            match body.pointer_mut(parent).unwrap() {
                Value::Object(object) => drop(object.insert(field.into(), value)),
                Value::Array(array) => array[field.parse::<usize>().unwrap()] = value,
                other => unreachable!("{other}"),
            }
            let refused = check(&body).unwrap_err();
            assert!(refused.contains(words), "{at}: {refused}");
        }
    }

    #[test]
    fn a_paused_turn_may_be_the_last() {
        let mut body = whole();
        body["messages"]
            .as_array_mut()
            .unwrap()
            .push(json!({"role": "assistant", "content": [{"type": "text", "text": "x"}]}));
        assert!(check(&body).is_err());
        assert_eq!(check_after(&body, true), Ok(()));
    }
}
