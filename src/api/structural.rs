//! What a structural schema refuses, said for a file as the API server would say it for an object.
//!
//! A walk of our own over our own schema, since it is a dozen keywords: a JSON Schema crate brings 60 more crates and
//! still knows neither list-maps nor unknown fields, which Kubernetes refuses by its own rules.

use std::collections::BTreeSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use regex::Regex;

use super::{
    validation::Problem,
    yaml::{Node, Yaml},
};

/// What `schema` refuses of `node`, which `path` names.
pub fn problems(schema: &JSONSchemaProps, path: &str, node: &Node) -> Vec<Problem> {
    let mut found = Vec::new();
    walk(schema, path, node, &mut found);
    found
}

fn walk(schema: &JSONSchemaProps, path: &str, node: &Node, found: &mut Vec<Problem>) {
    let mut add = |message: String| found.push(Problem { path: path.to_owned(), message });
    let wanted = schema.type_.as_deref().unwrap_or("object");
    match (&node.value, wanted) {
        (Yaml::Text(text), "string") => {
            let length = text.chars().count();
            if let Some(max) = schema.max_length.filter(|&max| exceeds(length, max)) {
                add(format!("{length} characters are too many: at most {max}"));
            }
            if let Some(min) = schema.min_length.filter(|&min| !exceeds(length, min - 1)) {
                add(format!("{length} characters are too few: at least {min}"));
            }
            if let Some(pattern) = &schema.pattern
                && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
            {
                let mut rules = schema.x_kubernetes_validations.iter().flatten();
                let said = rules.find_map(|rule| rule.message.as_deref());
                add(said.map_or_else(|| format!("it has to match {pattern}"), str::to_owned));
            }
            if let Some(values) = &schema.enum_
                && !values.iter().any(|value| value.0.as_str() == Some(text))
            {
                let values = values.iter().map(|value| value.0.to_string()).collect::<Vec<_>>().join(", ");
                add(format!("{text:?} is not among the values that are supported: {values}"));
            }
        }
        (Yaml::Number(number), "integer") => {
            let value = number.as_f64().unwrap_or(f64::NAN);
            if value.fract() != 0.0 {
                add(format!("{number} is no whole number"));
            }
            if let Some(max) = schema.maximum.filter(|&max| value > max) {
                add(format!("{number} is too much: at most {max}"));
            }
            if let Some(min) = schema.minimum.filter(|&min| value < min) {
                add(format!("{number} is too little: at least {min}"));
            }
        }
        (Yaml::Bool(_), "boolean") => {}
        (Yaml::List(items), "array") => list(schema, path, items, found),
        (Yaml::Map(fields), "object") => map(schema, path, fields, found),
        (value, wanted) => add(format!("{} where {} belongs", kind(value), article(wanted))),
    }
}

fn list(schema: &JSONSchemaProps, path: &str, items: &[Node], found: &mut Vec<Problem>) {
    let mut add = |path: &str, message: String| found.push(Problem { path: path.to_owned(), message });
    if let Some(max) = schema.max_items.filter(|&max| exceeds(items.len(), max)) {
        add(path, format!("{} items are too many: at most {max}", items.len()));
    }
    if let Some(min) = schema.min_items.filter(|&min| !exceeds(items.len(), min - 1)) {
        add(path, format!("{} items are too few: at least {min}", items.len()));
    }
    let keys = schema.x_kubernetes_list_map_keys.as_deref().unwrap_or_default();
    let is_set = schema.x_kubernetes_list_type.as_deref() == Some("set");
    let mut seen = BTreeSet::new();
    for (i, item) in items.iter().enumerate() {
        let identity = if is_set {
            Some(item.json().to_string())
        } else {
            keys.iter()
                .map(|key| item.get(key).map(|value| value.json().to_string()))
                .reduce(|a, b| Some(a? + &b?))
                .flatten()
        };
        if let Some(identity) = identity
            && !seen.insert(identity.clone())
        {
            add(&format!("{path}[{i}]"), format!("{identity} is there twice: write it once"));
        }
    }
    if let Some(JSONSchemaPropsOrArray::Schema(of_item)) = &schema.items {
        for (i, item) in items.iter().enumerate() {
            walk(of_item, &format!("{path}[{i}]"), item, found);
        }
    }
}

fn map(schema: &JSONSchemaProps, path: &str, fields: &[(String, Node)], found: &mut Vec<Problem>) {
    let own = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for name in schema.required.iter().flatten() {
        if !fields.iter().any(|(field, node)| field == name && node.value != Yaml::Null) {
            found.push(Problem { path: own(name), message: "a value is required here".to_owned() });
        }
    }
    let known = schema.properties.as_ref();
    for (name, node) in fields {
        match (known.and_then(|known| known.get(name)), &schema.additional_properties) {
            // The API server drops it.
            _ if node.value == Yaml::Null => {}
            (Some(of_field), _) => walk(of_field, &own(name), node, found),
            (None, Some(JSONSchemaPropsOrBool::Schema(of_any))) => walk(of_any, &own(name), node, found),
            (None, _) if schema.x_kubernetes_preserve_unknown_fields == Some(true) => {}
            (None, _) => {
                let names = known.into_iter().flatten().map(|(name, _)| name.as_str());
                found.push(Problem { path: own(name), message: unknown_field(name, names) });
            }
        }
    }
}

/// Says that there is no such field, with the one that was probably meant.
pub fn unknown_field<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let lower = name.to_lowercase();
    let near = known
        .map(|known| (strsim::jaro_winkler(&lower, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, near)) => format!("there is no field {name:?}: write {near:?}"),
        None => format!("there is no field {name:?}: take it out"),
    }
}

fn exceeds(length: usize, bound: i64) -> bool {
    i64::try_from(length).unwrap_or(i64::MAX) > bound
}

fn kind(value: &Yaml) -> &'static str {
    match value {
        Yaml::Null => "nothing",
        Yaml::Bool(_) => "true or false",
        Yaml::Number(_) => "a number",
        Yaml::Text(_) => "a text",
        Yaml::List(_) => "a list",
        Yaml::Map(_) => "fields",
    }
}

fn article(wanted: &str) -> &'static str {
    match wanted {
        "string" => "a text (put quotes around it)",
        "integer" => "a whole number (without quotes)",
        "boolean" => "true or false (without quotes)",
        "array" => "a list (each item begins with \"- \")",
        _ => "a block of fields (name: value)",
    }
}
