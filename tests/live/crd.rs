//! The definitions on a real API server: it takes them, refuses what the rules refuse in the same words, and shows
//! people what the fields are for.

#[path = "../refused/mod.rs"]
mod refused;

use std::{env, path::Path, process::Command};

use kube::Client;
use serde_json::{Value, json};
use stagewatch::api::{
    MonitoringJob, MonitoringRun,
    validation::{self, Problem},
};

/// `kubectl …`, its stdout; KUBECONFIG and the PATH are set by `cargo xtask test`.
fn kubectl(arguments: &[&str]) -> String {
    assert!(env::var_os("KUBECONFIG").is_some(), "KUBECONFIG is not set: run `cargo xtask test live-crd`");
    let output = Command::new("kubectl").args(arguments).output().expect("kubectl is on the PATH");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "kubectl {arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Applies the definitions and waits until they are served.
fn definitions() {
    kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &file("crds")]);
    for name in ["monitoringjobs", "monitoringruns"] {
        kubectl(&["wait", "--for=condition=Established", &format!("crd/{name}.monitoring.pitchai.net")]);
    }
}

fn file(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string()
}

async fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::try_default().await.expect("KUBECONFIG is set by `cargo xtask test`")
}

/// What the API server says of this object, as kubectl would ask: nothing, or why it is refused.
async fn asked(client: &Client, object: &Value) -> Result<(), String> {
    let plural = if object["kind"] == "MonitoringRun" { "monitoringruns" } else { "monitoringjobs" };
    let request = http::Request::post(format!(
        "/apis/monitoring.pitchai.net/v1alpha1/namespaces/default/{plural}?dryRun=All&fieldValidation=Strict"
    ));
    let request = request.header("content-type", "application/json").body(object.to_string().into_bytes());
    match client.request::<Value>(request.expect("a request")).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) => Err(status.message.clone()),
        Err(error) => panic!("{error}"),
    }
}

fn by_rules(object: &Value) -> Vec<Problem> {
    let object = object.clone();
    if object["kind"] == "MonitoringRun" {
        serde_json::from_value(object).map(|run: MonitoringRun| validation::run_problems(&run)).unwrap_or_default()
    } else {
        serde_json::from_value(object).map(|job: MonitoringJob| validation::problems(&job)).unwrap_or_default()
    }
}

#[tokio::test]
async fn each_row_is_refused_as_the_rules_refuse_it() {
    definitions();
    let client = client().await;
    for base in [refused::job(), refused::run()] {
        assert_eq!(asked(&client, &base).await, Ok(()));
    }
    let mut wrong = Vec::new();
    for row in refused::table() {
        let bad = row.object(&row.bad);
        match asked(&client, &bad).await {
            Ok(()) => wrong.push(format!("{}: accepted", row.title())),
            Err(said) if !said.to_lowercase().contains(&row.says.to_lowercase()) => {
                wrong.push(format!("{}: does not say {:?}: {said}", row.title(), row.says));
            }
            Err(said) if row.rule => {
                // What blocks the API server's own rules, such as a list that is too long, leaves ours alone.
                for Problem { message, .. } in by_rules(&bad) {
                    if !said.contains(&message) {
                        wrong.push(format!("{}: only we say {message:?}: {said}", row.title()));
                    }
                }
            }
            Err(_) => {}
        }
        if let Err(said) = asked(&client, &row.object(&row.good)).await {
            wrong.push(format!("{} with {}: {said}", row.title(), row.good));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_null_is_an_absent_value() {
    definitions();
    let client = client().await;
    let mut job = refused::job();
    for pointer in
        ["/spec/lookback", "/spec/confirm/delay", "/spec/websites/0/latency/warning", "/spec/patterns/1/contains"]
    {
        let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
        job.pointer_mut(parent).expect("it is there")[field] = json!(null);
    }
    assert_eq!(asked(&client, &job).await, Ok(()));
}

/// Creates `text` as it stands, reads it back with our types, and deletes it.
async fn stored(client: &Client, text: &str) -> Result<MonitoringJob, kube::Error> {
    const JOBS: &str = "/apis/monitoring.pitchai.net/v1alpha1/namespaces/default/monitoringjobs";
    let send = |request: http::request::Builder, body: &str| {
        request.header("content-type", "application/json").body(body.as_bytes().to_vec()).expect("a request")
    };
    client.request::<Value>(send(http::Request::post(JOBS), text)).await?;
    let read = client.request::<MonitoringJob>(send(http::Request::get(format!("{JOBS}/odd")), "")).await;
    client.request::<Value>(send(http::Request::delete(format!("{JOBS}/odd")), "")).await?;
    read
}

#[tokio::test]
async fn what_the_api_server_takes_in_an_odd_form_can_be_read() {
    definitions();
    let client = client().await;
    let mut job = refused::job();
    job["metadata"]["name"] = json!("odd");
    job["spec"]["lookback"] = json!("0001h0m0s0ms");
    let text = job.to_string().replace(r#""keep":10"#, r#""keep":1e1"#).replace(r#""attempts":2"#, r#""attempts":2.0"#);
    let read = stored(&client, &text).await.expect("it is taken, and read");
    assert_eq!(read.spec.history.and_then(|history| history.keep), Some(10));
    assert_eq!(read.spec.confirm.and_then(|confirm| confirm.attempts), Some(2));
    assert_eq!(read.spec.lookback, Some(stagewatch::api::Duration::from_hours(1)));
    // Before anybody has looked at it, a status that says so: nothing is Ready by silence.
    assert_eq!(read.status.and_then(|status| status.observed_generation), Some(-1));
}

#[tokio::test]
async fn a_runs_spec_cannot_be_changed() {
    definitions();
    let path = env::temp_dir().join("stagewatch-live-run.json");
    let mut run = refused::run();
    run["metadata"]["name"] = json!("unchanged");
    std::fs::write(&path, run.to_string()).expect("a temporary file");
    kubectl(&["apply", "-f", &path.display().to_string()]);
    let change = ["patch", "mrun", "unchanged", "--type=merge", "-p", r#"{"spec":{"lookback":"5h"}}"#];
    let refused = Command::new("kubectl").args(change).output().expect("kubectl is on the PATH");
    kubectl(&["delete", "mrun", "unchanged"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains(validation::rule::RUN_UNCHANGED.message), "{said}");
}

#[test]
fn every_file_is_taken_and_jobs_are_shown_as_promised() {
    definitions();
    kubectl(&["apply", "-f", &file("deploy/operator/namespace.yaml")]);
    kubectl(&["apply", "-f", &file("deploy/operator")]);
    for name in ["autopar-staging", "main-production", "telegram-secret", "docker-tls-secret"] {
        kubectl(&["apply", "-f", &file(&format!("deploy/examples/{name}.yaml"))]);
    }
    let run = kubectl(&["create", "-f", &file("deploy/examples/run.yaml"), "-o", "name"]);
    let shown = kubectl(&["-n", "monitoring", "get", "mj", "autopar-staging"]);
    let columns: Vec<&str> = shown.lines().next().expect("a heading").split_whitespace().collect();
    assert_eq!(columns.join(" "), "NAME READY VERDICT SCHEDULE LAST RUN NEXT RUN FINDINGS AGE");
    let shown = kubectl(&["-n", "monitoring", "get", "mr"]);
    let columns: Vec<&str> = shown.lines().next().expect("a heading").split_whitespace().collect();
    assert_eq!(columns.join(" "), "NAME JOB TRIGGER PHASE VERDICT STARTED DURATION AGE");
    let wide = kubectl(&["-n", "monitoring", "get", "mjob,mrun", "-o", "wide"]);
    assert!(wide.contains("CAUSE") && wide.contains("WHY"), "{wide}");
    assert!(
        kubectl(&["-n", "monitoring", "get", "monitoring", "-o", "name"]).contains("monitoringjob"),
        "the category"
    );
    let of_job = ["-n", "monitoring", "get", "mr", "--field-selector=spec.jobRef.name=autopar-staging", "-o", "name"];
    assert!(kubectl(&of_job).contains(run.trim().rsplit('/').next().expect("a name")));
    kubectl(&["-n", "monitoring", "delete", "mj,mr", "--all"]);
    kubectl(&["-n", "monitoring", "delete", "secret", "telegram", "autopar-docker-tls"]);
}

#[test]
fn explain_tells_what_each_field_is_for() {
    definitions();
    let explained = kubectl(&["explain", "mj.spec.websites"]).split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["The sites to probe.", "belong to the checks", "How slow is too slow", "Headers to send."] {
        assert!(explained.contains(words), "{words:?} is not in\n{explained}");
    }
    let explained = kubectl(&["explain", "mj.spec.dockerHosts.containers.profile"]);
    assert!(explained.contains("What is known of its logs. Default `generic`."), "{explained}");
}

#[test]
fn the_operator_may_do_what_it_does_and_no_more() {
    kubectl(&["apply", "-f", &file("deploy/operator/namespace.yaml"), "-f", &file("deploy/operator/rbac.yaml")]);
    let account = "--as=system:serviceaccount:stagewatch:stagewatch";
    let may = |verb: &str, resource: &str, namespace: &str| {
        let (resource, part) = resource.split_once('/').unwrap_or((resource, ""));
        let part = format!("--subresource={part}");
        let asked = ["auth", "can-i", verb, resource, &part, "-n", namespace, account];
        Command::new("kubectl").args(asked).output().expect("kubectl is on the PATH").status.success()
    };
    let jobs = "monitoringjobs.monitoring.pitchai.net";
    let runs = "monitoringruns.monitoring.pitchai.net";
    let rows = [
        ("watch", jobs, "anywhere", true),
        ("patch", &format!("{jobs}/status") as &str, "anywhere", true),
        ("patch", jobs, "anywhere", false),
        ("delete", jobs, "anywhere", false),
        ("create", runs, "anywhere", true),
        ("delete", runs, "anywhere", true),
        ("patch", &format!("{runs}/status"), "anywhere", true),
        ("create", "events.events.k8s.io", "anywhere", true),
        ("update", "leases.coordination.k8s.io", "stagewatch", true),
        ("watch", "leases.coordination.k8s.io", "stagewatch", true),
        ("update", "leases.coordination.k8s.io", "monitoring", false),
        ("get", "secrets", "monitoring", true),
        ("list", "secrets", "monitoring", false),
        ("watch", "secrets", "monitoring", false),
        ("get", "secrets", "anywhere", false),
        ("get", "pods", "monitoring", false),
        ("create", "pods", "stagewatch", false),
    ];
    for (verb, resource, namespace, allowed) in rows {
        assert_eq!(may(verb, resource, namespace), allowed, "{verb} {resource} in {namespace}");
    }
}
