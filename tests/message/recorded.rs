//! A check mark stands for something that the run saw: recordings in which it was not, and the line that is not there.

use std::fs;

use serde_json::json;
use stagewatch::{
    api::{
        MonitoringRun, MonitoringRunSpec,
        job_status::{MessageKind, OutboxEntry},
    },
    core::{
        execution,
        message::{Letter, Place},
        report,
    },
    recording,
};

const SPEC: &str = "apiVersion: monitoring.pitchai.net/v1alpha1
kind: MonitoringJob
metadata: {name: autopar-staging, namespace: monitoring}
spec:
  environment: Autopar Staging
  title: AUTOPAR MONITORING
  websites:
    - {name: staging, url: \"https://staging.autopar.pitchai.net\"}
  dockerHosts:
    - name: staging-host
      host: unix:///var/run/docker.sock
      containers:
        - {name: autopar-redis, label: Redis, profile: redis}
        - {name: autopar-rabbitmq, label: RabbitMQ, profile: rabbitmq}
";

const MARKS: [(&str, &str); 4] = [
    ("website/staging/home.json", "✅ Website: staging.autopar.pitchai.net accessible"),
    ("containers/autopar-redis/inspect.json", "✅ Redis: autopar-redis container healthy"),
    ("containers/autopar-rabbitmq/inspect.json", "✅ RabbitMQ: autopar-rabbitmq container healthy"),
    ("containers/autopar-redis/logs.txt", "✅ Logs: No critical errors detected"),
];

/// The message of a run that saw all but `absent`, all of it well.
fn message(absent: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let window = json!({"since": "2026-11-24T02:00:00Z", "until": "2026-11-24T03:15:00Z"});
    write("recording.json", &json!({"recordedAt": "2026-11-24T03:15:20Z", "window": window}).to_string());
    write("job.yaml", SPEC);
    let attempt = json!({
        "at": "2026-11-24T03:15:01Z", "redirects": 0, "result": {"answered": {"status": 200, "bodyBytes": 5}},
        "phases": {"dnsMs": 1, "connectMs": 2, "tlsMs": 3, "firstByteMs": 7, "bodyMs": 8, "totalMs": 21},
    });
    let check = json!({
        "website": "staging", "check": "home", "host": "staging.autopar.pitchai.net", "path": "/", "attempts": [attempt],
    });
    write("website/staging/home.json", &check.to_string());
    for name in ["autopar-redis", "autopar-rabbitmq"] {
        let inspect = json!({
            "Id": "3f", "Name": format!("/{name}"), "Created": "2026-11-20T00:00:00Z", "RestartCount": 0,
            "State": {"Status": "running", "StartedAt": "2026-11-20T00:00:01Z", "Health": {"Status": "healthy"}},
        });
        write(&format!("containers/{name}/inspect.json"), &inspect.to_string());
        write(&format!("containers/{name}/logs.txt"), "2026-11-24T03:00:00.000000000Z ready\n");
    }
    if let Some(absent) = absent {
        fs::remove_file(folder.path().join(absent)).unwrap();
    }
    let seen = recording::read(folder.path()).unwrap();
    let report = report::report(&seen.job.spec, &seen.observations, &seen.previous, seen.window);
    let mut run = MonitoringRun::new("run", MonitoringRunSpec::default());
    run.status = Some(execution::completed(&run, report, vec![], seen.recorded_at));
    let letter = Letter {
        job: &seen.job,
        status: &seen.job.status.clone().unwrap_or_default(),
        schedule: None,
        problems: &[],
        run: Some(&run),
        opened: None,
        entry: &OutboxEntry::new("team", MessageKind::Report, "run"),
        place: Place::Nowhere,
        now: seen.recorded_at,
    };
    letter.parts().iter().map(|part| part.plain.as_str()).collect()
}

#[test]
fn what_was_not_observed_has_no_check_mark() {
    let whole = message(None);
    for (file, mark) in MARKS {
        assert!(whole.contains(mark), "{whole}");
        let blind = message(Some(file));
        assert!(!blind.contains(mark), "without {file}:\n{blind}");
        assert!(!blind.contains("🟢"), "without {file}:\n{blind}");
    }
}
