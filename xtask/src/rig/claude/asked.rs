//! What the model sees.

use serde_json::Value;

/// A request as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked(pub(super) Value);

impl Asked {
    /// The body.
    pub fn body(&self) -> &Value {
        &self.0
    }

    /// All text in it, of whomever: system, turns, calls, results and tools, a part a line.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for part in ["system", "messages", "tools"] {
            strings(&self.0[part], &mut text);
        }
        text
    }

    /// How many turns the model had before.
    pub fn turns(&self) -> usize {
        self.messages().iter().filter(|message| message["role"] == "assistant").count()
    }

    /// What came of the last turn's calls, in order, and whether it failed.
    pub fn results(&self) -> Vec<(String, bool)> {
        let last = self.messages().last().and_then(|message| message["content"].as_array());
        let results = last.into_iter().flatten().filter(|block| block["type"] == "tool_result");
        results
            .map(|block| (block["content"].as_str().unwrap_or_default().to_owned(), block["is_error"] == true))
            .collect()
    }

    /// The tools on offer.
    pub fn tools(&self) -> Vec<String> {
        let tools = self.0["tools"].as_array().into_iter().flatten();
        tools.filter_map(|tool| tool["name"].as_str()).map(str::to_owned).collect()
    }

    fn messages(&self) -> &[Value] {
        self.0["messages"].as_array().map_or(&[], Vec::as_slice)
    }
}

fn strings(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Value::Array(values) => values.iter().for_each(|value| strings(value, out)),
        Value::Object(values) => values.values().for_each(|value| strings(value, out)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
