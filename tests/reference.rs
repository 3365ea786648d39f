//! The README's table of the spec is what the schema says.

use std::{env, fmt::Write as _, fs, path::Path};

use serde_json::Value;

const BEGIN: &str = "<!-- reference of the spec: written by `UPDATE_README=1 cargo test --test reference` -->\n";
const END: &str = "<!-- end of the reference -->\n";

#[test]
fn the_readme_has_each_field_with_its_bounds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("README.md has the reference's beginning");
    let (kept, after) = rest.split_once(END).expect("README.md has the reference's end");
    let wanted = reference();
    if kept == wanted {
        return;
    }
    assert!(
        env::var_os("UPDATE_README").is_some(),
        "README.md is behind: run `UPDATE_README=1 cargo test --test reference`"
    );
    fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
}

fn reference() -> String {
    let mut text = String::new();
    for (crd, kind) in stagewatch::api::schema::crds().iter().zip(["MonitoringJob", "MonitoringRun"]) {
        let crd = serde_json::to_value(crd).expect("JSON");
        let spec = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let _ =
            write!(text, "\n**{kind}**\n\n| `spec.` | what it is | values | default |\n| --- | --- | --- | --- |\n");
        fields(spec, "", &mut text);
    }
    text.push('\n');
    text
}

fn fields(schema: &Value, path: &str, text: &mut String) {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let is_required = required.contains(&Value::from(name.as_str()));
        let (what, default) = described(field["description"].as_str().unwrap_or_default());
        let default = match default {
            _ if is_required => "*required*".to_owned(),
            Some(default) => default,
            None if field["type"] == "boolean" => "false".to_owned(),
            None => "–".to_owned(),
        };
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let mark = if field["type"] == "array" { "[]" } else { "" };
        let _ = writeln!(text, "| `{path}{mark}` | {what} | {} | {default} |", values(field).replace('|', "\\|"));
        fields(field, &path, text);
        fields(&field["items"], &format!("{path}[]"), text);
    }
}

/// A description, and what it says of the default.
fn described(description: &str) -> (String, Option<String>) {
    let description = description.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    for mark in ["Default: ", "Default ", "Absent: "] {
        if let Some((before, after)) = description.split_once(mark) {
            let end = after.find(". ").unwrap_or_else(|| after.trim_end_matches('.').len());
            let rest = after.get(end + 1..).unwrap_or_default();
            return (format!("{before}{}", rest.trim()).trim().to_owned(), Some(after[..end].to_owned()));
        }
    }
    (description, None)
}

fn values(field: &Value) -> String {
    // Bounds of numbers are floating-point numbers in a schema; as text they are the whole numbers that they are.
    let bound = |key: &str| field[key].as_f64().map(|bound| bound.to_string());
    if let Some(values) = field["enum"].as_array() {
        return values
            .iter()
            .map(|value| format!("`{}`", value.as_str().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(", ");
    }
    match (field["type"].as_str().unwrap_or_default(), field["format"].as_str()) {
        ("string", Some("duration")) => "duration".to_owned(),
        ("string", Some("date-time")) => "instant".to_owned(),
        ("string", _) => bound("maxLength").map_or_else(String::new, |max| format!("text, at most {max}")),
        ("integer", _) => {
            format!("{} to {}", bound("minimum").unwrap_or_default(), bound("maximum").unwrap_or_default())
        }
        ("boolean", _) => "`true`, `false`".to_owned(),
        ("array", _) => {
            let items = if field["items"]["type"] == "string" {
                format!(", each {}", values(&field["items"]))
            } else {
                String::new()
            };
            format!("list, at most {}{items}", bound("maxItems").unwrap_or_default())
        }
        _ => "fields".to_owned(),
    }
}
