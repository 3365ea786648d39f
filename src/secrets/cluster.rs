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
    use secrecy::ExposeSecret;

    use super::*;

    fn object(json: serde_json::Value) -> Object {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn wants_the_label() {
        for labels in [serde_json::json!({}), serde_json::json!({SECRET_USE_LABEL: "yes"})] {
            let secret = checked(object(serde_json::json!({"metadata": {"labels": labels}})), "monitoring", "login");
            assert_eq!(
                secret.unwrap_err().to_string(),
                "it is not labelled for use by Stagewatch: kubectl -n monitoring label secret login monitoring.pitchai.net/use=true"
            );
        }
    }

    #[test]
    fn reads_values_by_key() {
        let labels = serde_json::json!({SECRET_USE_LABEL: "true"});
        let secret = checked(
            object(serde_json::json!({
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
            let expected = format!("it has no value for the key {key}: add it");
            assert_eq!(secret.value(key).unwrap_err().to_string(), expected);
        }
        assert_eq!(secret.values().collect::<Vec<_>>(), ["Basic abc"]);
        assert!(!format!("{secret:?}").contains("abc"));
    }
}
