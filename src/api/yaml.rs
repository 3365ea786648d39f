//! YAML that remembers where each value stands, so that what is wrong with it can be pointed at.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

/// A value and its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it begins, from 1.
    pub line: u64,
    /// What it is.
    pub value: Yaml,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// Values in a row.
    List(Vec<Node>),
    /// Values by name, in the order of the file.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The documents of `text`; empty ones are left out.
    pub fn documents(text: &str) -> Result<Vec<Self>, serde_saphyr::Error> {
        let mut options = serde_saphyr::Options::default();
        options.with_snippet = false;
        let documents: Vec<Self> = serde_saphyr::from_multiple_with_options(text, options)?;
        Ok(documents.into_iter().filter(|document| document.value != Yaml::Null).collect())
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match &self.value {
            Yaml::Map(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The text of a field.
    pub fn text(&self, name: &str) -> Option<&str> {
        match &self.get(name)?.value {
            Yaml::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The line of what `path` names (`spec.websites[0].url`), or of the nearest thing around it.
    pub fn line_of(&self, path: &str) -> u64 {
        let mut node = self;
        for step in path.split(['.', '[']) {
            let next = match (&node.value, step.strip_suffix(']')) {
                (Yaml::List(items), Some(index)) => index.parse().ok().and_then(|i: usize| items.get(i)),
                (_, None) => node.get(step),
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node.line
    }

    /// The value as JSON, without the fields that are null: the API server drops those, too.
    pub fn json(&self) -> Value {
        match &self.value {
            Yaml::Null => Value::Null,
            Yaml::Bool(value) => Value::Bool(*value),
            Yaml::Number(value) => Value::Number(value.clone()),
            Yaml::Text(value) => Value::String(value.clone()),
            Yaml::List(items) => Value::Array(items.iter().map(Self::json).collect()),
            Yaml::Map(fields) => {
                let set = fields.iter().filter(|(_, node)| node.value != Yaml::Null);
                Value::Object(set.map(|(name, node)| (name.clone(), node.json())).collect::<Map<_, _>>())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<Yaml>::deserialize(deserializer)?;
        Ok(Self { line: referenced.line(), value })
    }
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Yaml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_none<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Yaml, D::Error> {
        Yaml::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Yaml, E> {
        Ok(Yaml::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Yaml, E> {
        Ok(Yaml::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Yaml, E> {
        Ok(Yaml::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Yaml, E> {
        Ok(Number::from_f64(value).map_or_else(|| Yaml::Text(value.to_string()), Yaml::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Yaml, E> {
        Ok(Yaml::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Yaml, E> {
        Ok(Yaml::Text(value))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut access: A) -> Result<Yaml, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Yaml::List(items))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<Yaml, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = access.next_entry()? {
            fields.push(field);
        }
        Ok(Yaml::Map(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_knows_its_line() {
        let text = "a: 1\n---\n# nothing here\n---\nb:\n  - c: [x,\n      z]\n    d: null\n  - ~\n";
        let documents = Node::documents(text).unwrap();
        assert_eq!(documents.len(), 2);
        let lines = ["b", "b[0].c[1]", "b[0].d", "b[1]", "b[0].e.f"].map(|path| documents[1].line_of(path));
        assert_eq!(lines, [6, 7, 8, 9, 6]);
        assert_eq!(documents[1].json(), serde_json::json!({"b": [{"c": ["x", "z"]}, null]}));
    }

    /// kubectl reads YAML 1.1: what it takes for a truth value must not pass here as a text.
    #[test]
    fn words_for_true_and_false_are_read_as_kubectl_does() {
        let documents = Node::documents("[yes, off, y, NO, \"yes\", 0x10, 1e1]").unwrap();
        assert_eq!(documents[0].json(), serde_json::json!([true, false, true, false, "yes", 16, 10.0]));
    }

    #[test]
    fn a_broken_text_is_an_error_with_its_line() {
        for (text, line) in [("a: [1\n", 1), ("a: 1\na: 2\n", 2)] {
            let error = Node::documents(text).unwrap_err();
            assert_eq!(error.location().map(|at| at.line()), Some(line), "{text:?}: {error}");
        }
    }
}
