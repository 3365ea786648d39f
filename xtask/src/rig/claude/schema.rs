//! The subset of JSON Schema that structured outputs and strict tools keep to: that of the official SDK's `transform_schema`.

use serde_json::{Map, Value};

const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];
/// Over all strict schemas of a request: each doubles what the model's answers are held against.
pub(super) const MOST_OPTIONAL: usize = 24;

/// Refuses what is not in the subset; gives how many properties are optional.
pub(super) fn check(schema: &Value, at: &str) -> Result<usize, String> {
    let Value::Object(object) = schema else { return Err(format!("{at}: a schema is an object")) };
    let mut optional = 0;
    for (keyword, value) in object {
        let here = format!("{at}.{keyword}");
        match (keyword.as_str(), value) {
            ("type", Value::String(kind)) => known_type(kind, &here)?,
            ("type", Value::Array(kinds)) if !kinds.is_empty() => {
                for kind in kinds {
                    known_type(kind.as_str().unwrap_or_default(), &here)?;
                }
            }
            ("properties" | "$defs", Value::Object(parts)) => {
                for (name, part) in parts {
                    optional += check(part, &format!("{here}.{name}"))?;
                }
            }
            ("items", part) => optional += check(part, &here)?,
            ("anyOf" | "allOf", Value::Array(parts)) if !parts.is_empty() => {
                for (index, part) in parts.iter().enumerate() {
                    optional += check(part, &format!("{here}.{index}"))?;
                }
            }
            ("enum", Value::Array(values)) if !values.is_empty() && values.iter().all(is_primitive) => {}
            ("const", value) if is_primitive(value) => {}
            ("required", Value::Array(_))
            | ("$ref" | "description" | "title", Value::String(_))
            | ("additionalProperties", Value::Bool(false)) => {}
            ("format", Value::String(format)) if FORMATS.contains(&format.as_str()) => {}
            ("minItems", value) if value == 0 || value == 1 => {}
            _ => return Err(format!("{here}: {value} is not supported")),
        }
    }
    if object.get("type").is_some_and(|kind| kind == "object") {
        optional += object_schema(object, at)?;
    }
    if !["type", "anyOf", "allOf", "enum", "const", "$ref"].iter().any(|keyword| object.contains_key(*keyword)) {
        return Err(format!("{at}: a schema without a type"));
    }
    Ok(optional)
}

fn object_schema(object: &Map<String, Value>, at: &str) -> Result<usize, String> {
    if !object.contains_key("additionalProperties") {
        return Err(format!("{at}: For 'object' type, 'additionalProperties' must be explicitly set to false"));
    }
    let required: Vec<_> = object.get("required").and_then(Value::as_array).into_iter().flatten().collect();
    let properties = object.get("properties").and_then(Value::as_object);
    let known = |name: &Value| name.as_str().is_some_and(|name| properties.is_some_and(|p| p.contains_key(name)));
    match required.iter().find(|name| !known(name)) {
        Some(name) => Err(format!("{at}.required: {name} is no property")),
        None => Ok(properties.map_or(0, Map::len).saturating_sub(required.len())),
    }
}

fn known_type(kind: &str, at: &str) -> Result<(), String> {
    let known = ["object", "array", "string", "integer", "number", "boolean", "null"].contains(&kind);
    if known { Ok(()) } else { Err(format!("{at}: {kind:?} is no type")) }
}

fn is_primitive(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}
