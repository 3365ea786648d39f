use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::time::Instant;

use super::*;
use crate::store::Deleted;

const RUNS: &str = "/apis/monitoring.pitchai.net/v1alpha1/namespaces/monitoring/monitoringruns";

/// The store over an API server that is a function.
fn store(router: Router) -> Kubernetes {
    Kubernetes::new(Client::new(router, "monitoring"), Some("monitoring".to_owned()))
}

fn run(name: &str, uid: &str, version: u64, trigger: &str) -> Value {
    json!({
        "apiVersion": "monitoring.pitchai.net/v1alpha1",
        "kind": "MonitoringRun",
        "metadata": {"namespace": "monitoring", "name": name, "uid": uid, "resourceVersion": version.to_string(),
            "managedFields": [{"manager": "kubectl", "operation": "Update"}]},
        "spec": {"jobRef": {"name": "staging"}, "trigger": trigger},
    })
}

fn status(code: u16, reason: &str, message: &str) -> Response {
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code});
    (StatusCode::from_u16(code).unwrap(), Json(body)).into_response()
}

async fn got(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
) -> Result<Option<MonitoringRun>, StoreError> {
    let router = Router::new().route(&format!("{RUNS}/staging-1"), get(move || future::ready(answer())));
    store(router).get("monitoring", "staging-1").await
}

#[tokio::test]
async fn each_answer_of_an_api_server_has_its_meaning() {
    let text = |text: &str| text.to_owned();
    for (code, reason, meaning) in [
        (401, "Unauthorized", StoreError::Forbidden(text("why"))),
        (403, "Forbidden", StoreError::Forbidden(text("why"))),
        (409, "AlreadyExists", StoreError::AlreadyExists),
        (409, "Conflict", StoreError::Conflict),
        (410, "Expired", StoreError::Unavailable(text("why"))),
        (400, "BadRequest", StoreError::Invalid(text("why"))),
        (413, "RequestEntityTooLarge", StoreError::Invalid(text("why"))),
        (422, "Invalid", StoreError::Invalid(text("why"))),
        (408, "Timeout", StoreError::Unavailable(text("why"))),
        (429, "TooManyRequests", StoreError::Unavailable(text("why"))),
        (500, "InternalError", StoreError::Unavailable(text("why"))),
        (503, "ServiceUnavailable", StoreError::Unavailable(text("why"))),
        (504, "Timeout", StoreError::Unavailable(text("why"))),
    ] {
        assert_eq!(got(move || status(code, reason, "why")).await, Err(meaning), "{code} {reason}");
    }
    assert_eq!(got(|| status(404, "NotFound", "why")).await, Ok(None));
}

#[tokio::test]
async fn a_cluster_without_our_resources_is_told_what_to_do() {
    let error = got(|| (StatusCode::NOT_FOUND, "404 page not found\n").into_response()).await;
    assert!(
        matches!(&error, Err(StoreError::Unavailable(problem)) if problem.contains("stagewatch crds")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_long_message_is_cut() {
    let error = got(|| status(422, "Invalid", &"ä".repeat(100_000))).await;
    let Err(StoreError::Invalid(message)) = error else { panic!("{error:?}") };
    assert_eq!(message.chars().count(), MAX_MESSAGE + 1);
}

#[tokio::test(start_paused = true)]
async fn an_api_server_that_stays_silent_is_not_waited_for() {
    let router = Router::new().fallback(future::pending::<Response>);
    let (store, begun) = (store(router), Instant::now());
    let answer = store.list::<MonitoringRun>(None).await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    assert_eq!(begun.elapsed().as_secs(), DEADLINE.as_secs());
}

#[tokio::test]
async fn a_listing_is_read_page_by_page() {
    let router = Router::new().route(
        RUNS,
        get(|Query(query): Query<Vec<(String, String)>>| async move {
            let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            assert_eq!(value("limit"), Some("100"));
            Json(match value("continue") {
                None => json!({"metadata": {"continue": "page2"}, "items": [run("a", "1", 1, "Manual"), run("b", "2", 2, "Odd")]}),
                Some("page2") => json!({"metadata": {"continue": ""}, "items": [run("c", "3", 3, "Api")]}),
                other => panic!("{other:?}"),
            })
        }),
    );
    let listing = store(router).list::<MonitoringRun>(None).await.unwrap();
    assert_eq!(listing.objects.iter().map(ResourceExt::name_any).collect::<Vec<_>>(), ["a", "c"]);
    assert!(listing.objects.iter().all(|run| run.managed_fields().is_empty()));
    let [odd] = listing.undecodable.as_slice() else { panic!("{:?}", listing.undecodable) };
    assert_eq!((odd.namespace.as_str(), odd.name.as_str(), odd.uid.as_str()), ("monitoring", "b", "2"));
}

/// A watch that is cut off, then refused as too old: what happened meanwhile is told from a new listing.
#[tokio::test(start_paused = true)]
async fn a_watch_survives_its_interruption_and_tells_what_it_missed() {
    let listings = Arc::new(AtomicUsize::new(0));
    let router = Router::new().route(
        RUNS,
        get(move |Query(query): Query<Vec<(String, String)>>| {
            let listings = Arc::clone(&listings);
            async move {
                let watch = query.iter().any(|(key, _)| key == "watch");
                match (watch, listings.load(Ordering::Relaxed)) {
                    (false, 0) => {
                        listings.store(1, Ordering::Relaxed);
                        let items =
                            [run("kept", "1", 1, "Api"), run("removed", "2", 2, "Api"), run("replaced", "3", 3, "Api")];
                        Json(json!({"metadata": {"resourceVersion": "3"}, "items": items})).into_response()
                    }
                    (true, 1) => {
                        listings.store(2, Ordering::Relaxed);
                        let event = json!({"type": "MODIFIED", "object": run("kept", "1", 4, "Manual")});
                        Body::from(format!("{event}\n")).into_response()
                    }
                    (true, 2) => {
                        listings.store(3, Ordering::Relaxed);
                        let status = json!({"kind": "Status", "status": "Failure", "code": 410, "reason": "Expired", "message": "too old resource version"});
                        Body::from(format!("{}\n", json!({"type": "ERROR", "object": status}))).into_response()
                    }
                    (false, 3) => {
                        listings.store(4, Ordering::Relaxed);
                        status(503, "ServiceUnavailable", "not now")
                    }
                    (false, 4) => {
                        listings.store(5, Ordering::Relaxed);
                        let items = [run("kept", "1", 4, "Manual"), run("replaced", "4", 9, "Odd")];
                        Json(json!({"metadata": {"resourceVersion": "9"}, "items": items})).into_response()
                    }
                    _ => future::pending().await,
                }
            }
        }),
    );
    let mut watch = pin!(store(router).watch::<MonitoringRun>());
    let mut told = Vec::new();
    while told.len() < 9 {
        let change = tokio::time::timeout(Duration::from_mins(10), watch.next()).await;
        let Ok(Some(change)) = change else { panic!("silent after {told:#?}") };
        told.push(match change {
            Change::Applied(run) => format!("applied {} {}", run.name_any(), run.resource_version().unwrap()),
            Change::Deleted(Deleted { namespace, name, uid }) => format!("deleted {namespace}/{name} {uid}"),
            Change::Undecodable(it) => format!("undecodable {} {}", it.name, it.uid),
            Change::Listed => "listed".to_owned(),
        });
    }
    let expected = [
        "applied kept 1",
        "applied removed 2",
        "applied replaced 3",
        "listed",
        "applied kept 4",
        "applied kept 4",
        "deleted monitoring/replaced 3",
        "undecodable replaced 4",
        "deleted monitoring/removed 2",
    ];
    assert_eq!(told, expected);
}
