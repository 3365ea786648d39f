//! A recording's replay is its run.

use std::path::Path;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Writer, read};
use crate::{
    api::{MonitoringJob, job_status::ContainerBaseline},
    core::{
        fixtures::{all_well, at, look_of, spec, window, write_log},
        observation::{
            Observations,
            docker::{ContainerLook, Engine, EngineFailure, Event, Inspect, LogLook, Stats},
            raw::Evidence,
        },
        previous::Previous,
        report::report,
    },
};

const LOG: [(i64, &str); 4] = [
    (1, "1:M 24 Nov 2026 03:01:00.767 * Background saving started by pid 60"),
    (2, "60:C 24 Nov 2026 03:02:00.773 # Write error saving DB on disk(rdbSaveRio): No space left on device"),
    (3, "1:M 24 Nov 2026 03:03:00.344 # Background saving error"),
    (40, "1:M 24 Nov 2026 03:40:00.344 # after the window"),
];

/// What a collector saw, and the evidence that it sends meanwhile.
fn run() -> (Observations, Vec<Evidence>) {
    let mut seen = all_well();
    let mut evidence: Vec<Evidence> = seen.checks.iter().cloned().map(Evidence::Check).collect();
    let inspect = json!({
        "Id": "autopar-redis", "Created": at(-3000), "RestartCount": 2, "Image": "sha256:1",
        "State": {"Status": "running", "OOMKilled": true, "StartedAt": at(5), "FinishedAt": at(4), "Health": {"Status": "healthy", "Log": null}},
        "HostConfig": {"Memory": 268_435_456},
    });
    let stats = json!({"memory_stats": {"usage": 250 << 20, "stats": {"inactive_file": 0}}});
    let redis = "autopar-redis".to_owned();
    *look_of(&mut seen, &redis) = ContainerLook::Seen {
        inspect: serde_json::from_value::<Inspect>(inspect.clone()).unwrap(),
        stats: Some(serde_json::from_value::<Stats>(stats.clone()).unwrap()),
        logs: LogLook::Read(crate::core::observation::logs::LogScan::default()),
    };
    write_log(&mut seen, &spec(), &redis, &LOG);
    let bytes =
        LOG[..3].iter().map(|(minute, text)| format!("{:.9} {text}", at(*minute))).collect::<Vec<_>>().join("\n")
            + "\n";
    let (start, rest) = bytes.split_at(bytes.find("60:C").unwrap());
    evidence.extend([
        // An earlier look, which the later one replaces.
        Evidence::Inspect { container: redis.clone(), json: json!({"State": {"Status": "restarting"}}) },
        Evidence::Inspect { container: redis.clone(), json: inspect },
        Evidence::Stats { container: redis.clone(), json: stats },
        Evidence::Logs { container: redis.clone(), bytes: b"void\n".to_vec() },
        Evidence::LogsAnew { container: redis.clone() },
        Evidence::Logs { container: redis.clone(), bytes: start.into() },
        Evidence::Logs { container: redis, bytes: rest.into() },
    ]);
    let oom = json!({"Type": "container", "Action": "oom", "time": at(4).as_second(), "Actor": {"ID": "autopar-redis", "Attributes": {"name": "autopar-redis"}}});
    seen.hosts[0].events = vec![Event::from_engine(&oom).unwrap()];
    evidence.push(Evidence::Event(oom));
    seen.hosts[0].engine = Engine::Answered { latency_ms: 2500, clock_offset_ms: Some(-40_000) };
    *look_of(&mut seen, "autopar-rabbitmq") = ContainerLook::Missing { near: vec!["autopar-rabbit".into()] };
    let worker = json!({"Id": "autopar-worker", "State": {"Status": "running", "StartedAt": at(-3000)}});
    *look_of(&mut seen, "autopar-worker") = ContainerLook::Seen {
        inspect: serde_json::from_value(worker.clone()).unwrap(),
        stats: None,
        logs: LogLook::Unavailable { why: "log driver none".into() },
    };
    evidence.push(Evidence::Inspect { container: "autopar-worker".into(), json: worker });
    evidence.extend(seen.hosts.iter().cloned().map(Evidence::Host));
    evidence.extend(seen.containers.iter().cloned().map(|c| Evidence::Container(Box::new(c))));
    (seen, evidence)
}

fn previous() -> Previous {
    let baseline = ContainerBaseline {
        name: "autopar-redis".into(),
        id: "autopar-redis".into(),
        restart_count: 1,
        started_at: Some(at(-90)),
    };
    Previous { containers: vec![baseline], ..Previous::default() }
}

async fn record(dir: &Path, evidence: Vec<Evidence>) {
    let (sender, receiver) = mpsc::channel(64);
    for piece in evidence {
        sender.send(piece).await.unwrap();
    }
    drop(sender);
    let job = MonitoringJob::new("autopar-staging", spec());
    let writer = Writer::create(dir).await.unwrap();
    writer.write(&job, &previous(), window(), at(15), receiver).await.unwrap();
}

#[tokio::test]
async fn a_replay_comes_to_the_same_report_as_its_run() {
    let dir = tempfile::tempdir().unwrap();
    let (seen, evidence) = run();
    record(dir.path(), evidence).await;
    let replayed = read(dir.path()).unwrap();
    assert_eq!(replayed.observations, seen);
    assert_eq!((replayed.window, replayed.previous.clone(), replayed.recorded_at), (window(), previous(), at(15)));
    let of_run = report(&spec(), &seen, &previous(), window());
    assert_eq!(serde_json::to_value(replayed.report()).unwrap(), serde_json::to_value(&of_run).unwrap());
    let ids: Vec<&str> = of_run.findings.iter().map(|f| f.id.as_str()).collect();
    assert!(
        ids.contains(&"container/autopar-redis/OomKilled") && ids.contains(&"container/autopar-rabbitmq/Missing"),
        "{ids:?}"
    );
    assert!(
        ids.contains(&"docker/staging-host/ClockOffset") && ids.contains(&"logs/autopar-worker/LogsUnavailable"),
        "{ids:?}"
    );
}

#[tokio::test]
async fn a_host_that_did_not_answer_is_recorded_as_that() {
    let dir = tempfile::tempdir().unwrap();
    let mut seen = all_well();
    seen.hosts[0].engine =
        Engine::Failed { reason: EngineFailure::EngineUnreachable, detail: "connection refused".into() };
    for container in &mut seen.containers {
        container.look = ContainerLook::NotObserved { why: "its host's engine did not answer".into() };
    }
    let evidence = seen.checks.iter().cloned().map(Evidence::Check);
    let hosts = seen.hosts.iter().cloned().map(Evidence::Host);
    let containers = seen.containers.iter().cloned().map(|c| Evidence::Container(Box::new(c)));
    record(dir.path(), evidence.chain(hosts).chain(containers).collect()).await;
    assert_eq!(read(dir.path()).unwrap().observations, seen);
}

#[tokio::test]
async fn a_run_that_was_offline_is_offline_in_its_replay() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), vec![Evidence::Offline]).await;
    let replayed = read(dir.path()).unwrap();
    assert_eq!(replayed.report().findings[0].id, "self/run/Offline");
}

#[tokio::test]
async fn a_folder_that_is_not_empty_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("mine"), "x").unwrap();
    let error = Writer::create(dir.path()).await.unwrap_err();
    assert!(error.to_string().ends_with("the folder is not empty: name a new one"), "{error}");
}

#[test]
fn what_is_no_recording_says_so() {
    let dir = tempfile::tempdir().unwrap();
    assert!(read(dir.path()).unwrap_err().to_string().contains("this folder is no recording"));
    let header: Value = json!({"recordedAt": at(15), "window": window()});
    std::fs::write(dir.path().join("recording.json"), header.to_string()).unwrap();
    assert!(read(dir.path()).unwrap_err().to_string().contains("job.yaml"));
    std::fs::write(dir.path().join("job.yaml"), "spec: [").unwrap();
    assert!(read(dir.path()).unwrap_err().to_string().contains("job.yaml"));
}
