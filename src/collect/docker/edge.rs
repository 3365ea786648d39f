//! What of an engine's answers gets past the edge: no environment, command, argument or label, no text that was not
//! redacted.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::core::redact::{Redactor, cut};

/// The most that is kept of one text: what a health check printed, why a start failed.
const MAX_TEXT: usize = 400;

/// What may hold a secret, or says how a program was called.
const DROPPED: [(&str, &[&str]); 4] = [
    ("", &["Args", "ExecIDs", "Path"]),
    ("/Config", &["Annotations", "Cmd", "Entrypoint", "Env", "Labels", "Shell"]),
    ("/Config/Healthcheck", &["Test"]),
    ("/HostConfig", &["Annotations"]),
];
/// Options of a log driver, of which some are tokens. These say how much of a log is kept.
const LOG_OPTIONS: [&str; 2] = ["max-file", "max-size"];
/// The attributes of an event that are no label.
const EVENT_ATTRIBUTES: [&str; 5] = ["execID", "exitCode", "image", "name", "signal"];
const EVENT_FIELDS: [&str; 8] = ["Action", "Type", "from", "id", "scope", "status", "time", "timeNano"];

/// `/containers/{id}/json`, as it may be kept.
pub fn inspect(mut answer: Value, redactor: &Redactor) -> Value {
    for (place, keys) in DROPPED {
        if let Some(Value::Object(object)) = answer.pointer_mut(place) {
            object.retain(|key, _| !keys.contains(&key.as_str()));
        }
    }
    if let Some(Value::Object(options)) = answer.pointer_mut("/HostConfig/LogConfig/Config") {
        options.retain(|key, _| LOG_OPTIONS.contains(&key.as_str()));
    }
    // By its id and name it is known, even where some secret is the same word.
    let fields = answer.as_object_mut().into_iter().flatten();
    fields.filter(|(key, _)| !["Id", "Name"].contains(&key.as_str())).for_each(|(_, value)| tidy(value, redactor));
    answer
}

/// One of `/events`, as it may be kept.
pub fn event(answer: &Value) -> Value {
    let mut kept = pick(answer, &EVENT_FIELDS);
    for action in ["Action", "status"] {
        if let Some(Value::String(text)) = kept.get_mut(action) {
            *text = told(text).into_owned();
        }
    }
    if let Some(actor) = answer.get("Actor") {
        let mut about = pick(actor, &["ID"]);
        about.insert("Attributes".into(), pick(&actor["Attributes"], &EVENT_ATTRIBUTES).into());
        kept.insert("Actor".into(), about.into());
    }
    kept.into()
}

/// `exec_create: redis-cli -a …` says how a program was called.
fn told(action: &str) -> Cow<'_, str> {
    match action.split_once(':') {
        Some((verb, _)) if verb.starts_with("exec_") => verb.into(),
        _ => action.into(),
    }
}

fn pick(from: &Value, keys: &[&str]) -> Map<String, Value> {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), from.get(key)?.clone()))).collect()
}

/// Redacts and cuts each text: a mount, an image's name or an error may hold a secret, too.
fn tidy(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => *text = cut(&redactor.redact(text), MAX_TEXT),
        Value::Array(values) => values.iter_mut().for_each(|value| tidy(value, redactor)),
        Value::Object(object) => object.values_mut().for_each(|value| tidy(value, redactor)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CANARY: &str = "c4n4ry-0f-th3-3dg3";

    #[test]
    fn an_inspected_container_says_nothing_of_its_environment() {
        let redactor = Redactor::new([CANARY]);
        let kept = inspect(
            json!({
                "Id": "ab12", "Name": "/autopar-redis", "Path": CANARY, "Args": [CANARY], "ExecIDs": [CANARY],
                "State": {
                    "Status": "running",
                    "Error": format!("exec {CANARY}: no such file"),
                    "Health": {"Status": "unhealthy", "Log": [{"ExitCode": 1, "Output": format!("AUTH {CANARY}{}", "x".repeat(5000))}]},
                },
                "Mounts": [{"Source": format!("/data/{CANARY}")}],
                "HostConfig": {
                    "Memory": 1024, "Binds": [format!("//nas/x?password={CANARY}:/data")],
                    "Annotations": {"a": CANARY},
                    "LogConfig": {"Type": "splunk", "Config": {"splunk-token": CANARY, "max-size": "10m"}},
                },
                "Config": {
                    "Tty": true, "Env": [CANARY], "Cmd": [CANARY], "Entrypoint": [CANARY], "Labels": {"a": CANARY}, "Shell": [CANARY],
                    "Healthcheck": {"Test": ["CMD", CANARY], "Interval": 5},
                },
            }),
            &redactor,
        );
        assert!(!kept.to_string().contains(CANARY), "{kept}");
        assert_eq!(kept["Id"], "ab12");
        assert_eq!(kept["Config"], json!({"Tty": true, "Healthcheck": {"Interval": 5}}));
        assert_eq!(kept["HostConfig"]["LogConfig"], json!({"Type": "splunk", "Config": {"max-size": "10m"}}));
        assert_eq!(kept["State"]["Health"]["Log"][0]["ExitCode"], 1);
        let output = kept["State"]["Health"]["Log"][0]["Output"].as_str().unwrap();
        assert!(output.starts_with("AUTH ") && output.chars().count() <= MAX_TEXT, "{output}");
    }

    #[test]
    fn a_container_is_known_by_a_name_that_is_a_secret_elsewhere() {
        let kept = inspect(json!({"Id": CANARY, "Name": format!("/{CANARY}")}), &Redactor::new([CANARY]));
        assert_eq!(kept, json!({"Id": CANARY, "Name": format!("/{CANARY}")}));
    }

    #[test]
    fn any_answer_is_taken() {
        for answer in [json!(null), json!([]), json!({"Config": null, "State": {"Health": {"Log": [1, null]}}})] {
            assert_eq!(inspect(answer.clone(), &Redactor::new([CANARY])), answer);
            event(&answer);
        }
    }

    #[test]
    fn an_event_keeps_what_happened_and_no_command() {
        let action = format!("exec_create: redis-cli -a {CANARY}");
        let kept = event(&json!({
            "status": action, "id": "ab12", "from": "redis:7", "Type": "container", "Action": action,
            "Actor": {"ID": "ab12", "Attributes": {"image": "redis:7", "name": "autopar-redis", "execID": "e1", "com.example": CANARY}},
            "scope": "local", "time": 1, "timeNano": 1_000_000_000, "else": CANARY,
        }));
        assert_eq!(
            kept,
            json!({
                "status": "exec_create", "id": "ab12", "from": "redis:7", "Type": "container", "Action": "exec_create",
                "Actor": {"ID": "ab12", "Attributes": {"image": "redis:7", "name": "autopar-redis", "execID": "e1"}},
                "scope": "local", "time": 1, "timeNano": 1_000_000_000,
            })
        );
        assert_eq!(
            event(&json!({"Action": "health_status: unhealthy"})),
            json!({"Action": "health_status: unhealthy"})
        );
    }
}
