//! Secrets of a namespace: one `get` each.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::core::v1::Secret as Object;
use kube::{Api, Client, Error, ResourceExt};

use super::{Secret, SecretProblem};
use crate::api::SECRET_USE_LABEL;

/// kube's own retries go on for minutes.
const DEADLINE: Duration = Duration::from_secs(10);

pub(super) async fn get(client: &Client, namespace: &str, name: &str) -> Result<Secret, SecretProblem> {
    let api: Api<Object> = Api::namespaced(client.clone(), namespace);
    match tokio::time::timeout(DEADLINE, api.get(name)).await {
        Ok(Ok(object)) => checked(object, namespace, name),
        Ok(Err(error)) => Err(problem(&error, namespace)),
        Err(_) => {
            Err(SecretProblem::Unreadable(format!("the API server did not answer within {} s", DEADLINE.as_secs())))
        }
    }
}

fn checked(object: Object, namespace: &str, name: &str) -> Result<Secret, SecretProblem> {
    if object.labels().get(SECRET_USE_LABEL).map(String::as_str) != Some("true") {
        return Err(SecretProblem::NotLabelled { namespace: namespace.into(), name: name.into() });
    }
    let mut secret = Secret { values: BTreeMap::new(), environment: None };
    for (key, value) in object.data.unwrap_or_default() {
        secret.add(key, value.0);
    }
    Ok(secret)
}

fn problem(error: &Error, namespace: &str) -> SecretProblem {
    match error {
        Error::Api(status) if status.is_not_found() => {
            SecretProblem::NotFound { instead: format!("create it in the namespace {namespace}") }
        }
        Error::Api(status) if status.is_forbidden() => SecretProblem::Unreadable(format!(
            "Stagewatch may not get Secrets in the namespace {namespace}: give its ServiceAccount a Role and a RoleBinding there"
        )),
        Error::Api(status) => SecretProblem::Unreadable(format!("the API server refused it: {}", status.message)),
        // kube's other errors may quote what it could not read.
        _ => SecretProblem::Unreadable("the API server could not be asked".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use axum::{Router, extract::Path, http::StatusCode, response::IntoResponse, routing};
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    /// An API server in memory.
    fn server() -> Client {
        let get = async |Path((namespace, name)): Path<(String, String)>| {
            let status = |code: StatusCode, reason: &str| {
                let body = json!({"kind": "Status", "status": "Failure", "code": code.as_u16(), "reason": reason, "message": reason});
                (code, axum::Json(body)).into_response()
            };
            match name.as_str() {
                "login" => {
                    let labels = json!({SECRET_USE_LABEL: "true"});
                    let metadata = json!({"name": name, "namespace": namespace, "labels": labels});
                    axum::Json(json!({"metadata": metadata, "data": {"basic": "aHVudGVyMg=="}})).into_response()
                }
                "forbidden" => status(StatusCode::FORBIDDEN, "Forbidden"),
                "strange" => (StatusCode::OK, "hunter2").into_response(),
                "silent" => pending().await,
                _ => status(StatusCode::NOT_FOUND, "NotFound"),
            }
        };
        let router = Router::new().route("/api/v1/namespaces/{namespace}/secrets/{name}", routing::get(get));
        Client::new(router, "default")
    }

    #[tokio::test(start_paused = true)]
    async fn asks_the_api_server() {
        for (name, expected) in [
            ("login", Ok("hunter2")),
            ("other", Err("there is no such Secret; create it in the namespace monitoring")),
            (
                "forbidden",
                Err(
                    "Stagewatch may not get Secrets in the namespace monitoring: give its ServiceAccount a Role and a RoleBinding there",
                ),
            ),
            ("strange", Err("the API server could not be asked")),
            ("silent", Err("the API server did not answer within 10 s")),
        ] {
            let secret = get(&server(), "monitoring", name).await;
            let value = secret.and_then(|secret| secret.value("basic").map(|value| value.expose_secret().to_owned()));
            assert_eq!(
                value.map_err(|problem| problem.to_string()),
                expected.map(Into::into).map_err(Into::into),
                "{name}"
            );
        }
    }

    fn object(json: serde_json::Value) -> Object {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn wants_the_label() {
        for labels in [json!({}), json!({SECRET_USE_LABEL: "yes"})] {
            let secret = checked(object(json!({"metadata": {"labels": labels}})), "monitoring", "login");
            assert_eq!(
                secret.unwrap_err().to_string(),
                "it is not labelled for use by Stagewatch: kubectl -n monitoring label secret login monitoring.pitchai.net/use=true"
            );
        }
    }

    #[test]
    fn reads_values_by_key() {
        let labels = json!({SECRET_USE_LABEL: "true"});
        let secret = checked(
            object(json!({
                "metadata": {"labels": labels},
                "data": {"basic": "QmFzaWMgYWJj\nCg==".replace('\n', ""), "binary": "/w==", "empty": ""},
            })),
            "monitoring",
            "login",
        )
        .unwrap();
        assert_eq!(secret.value("basic").unwrap().expose_secret(), "Basic abc");
        assert_eq!(secret.value("binary").unwrap_err().to_string(), "the value of its key binary is not UTF-8 text");
        for key in ["empty", "other"] {
            let expected = format!("it has no value for the key {key}; add it");
            assert_eq!(secret.value(key).unwrap_err().to_string(), expected);
        }
        assert_eq!(secret.values().collect::<Vec<_>>(), ["Basic abc"]);
        assert!(!format!("{secret:?}").contains("abc"));
    }
}
