//! A user tunes a job on a recording: the explanation says what to change, and the change does what it said.

use serde_json::Value;

use crate::{Place, place};

const JOB: &str = "apiVersion: monitoring.pitchai.net/v1alpha1
kind: MonitoringJob
metadata: {name: staging}
spec:
  environment: Staging
  dockerHosts:
    - name: here
      host: unix:///nowhere/docker.sock
      containers: [{name: redis, profile: redis, memoryPercent: {warning: 80}}, {name: worker}, {name: gone}]
  patterns:
    - {id: retries, severity: Warning, contains: retrying, minCount: 3, per: 10m}
    - {id: summary, severity: Ignore, contains: 0 jobs failed}
";
const LOG: &str = "2026-11-24T03:01:00.000000000Z retrying job 17
2026-11-24T03:05:00.000000000Z ERROR done, 0 jobs failed
2026-11-24T03:09:00.000000000Z ERROR no such job: 17
2026-11-24T03:12:00.000000000Z retrying job 18
";
const REDIS: &str = "2026-11-24T03:00:01.000000000Z 1:C 24 Nov 2026 03:00:01.000 # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition.
2026-11-24T03:00:04.000000000Z level=error msg=\"no such plug\"
";

fn recorded(place: &Place, more: &str) {
    let inspect = r#"{"Id": "0123456789abcdef", "Created": "2026-11-23T00:00:00Z", "RestartCount": 2,
        "State": {"Status": "running", "StartedAt": "2026-11-24T02:59:00Z", "FinishedAt": "2026-11-24T02:58:50Z"}, "HostConfig": {"Memory": 1000}}"#;
    for folder in ["redis", "worker"] {
        std::fs::create_dir_all(place.path().join("rec/containers").join(folder)).unwrap();
        place.write(&format!("rec/containers/{folder}/inspect.json"), inspect);
    }
    place.write("rec/containers/redis/stats.json", r#"{"memory_stats": {"usage": 830}}"#);
    place.write("rec/containers/redis/logs.txt", REDIS);
    place.write("rec/containers/worker/logs.txt", LOG);
    place.write(
        "rec/recording.json",
        r#"{"recordedAt": "2026-11-24T03:15:00Z", "window": {"since": "2026-11-24T03:00:00Z", "until": "2026-11-24T03:15:00Z"}}"#,
    );
    place.write(
        "rec/previous.json",
        r#"{"window": {"since": "2026-11-24T02:45:00Z", "until": "2026-11-24T03:00:00Z"}, "containers":
            [{"name": "redis", "id": "0123456789abcdef", "restartCount": 2, "startedAt": "2026-11-24T02:59:00Z"}]}"#,
    );
    place.write("rec/job.yaml", &format!("{JOB}{more}"));
}

#[test]
fn a_replay_says_why_it_comes_to_its_report() {
    let place = place();
    recorded(&place, "");
    let plain = place.stagewatch("replay rec");
    let explained = place.stagewatch("replay rec --explain");
    assert_eq!((explained.code, plain.code), (Some(0), Some(0)));
    insta::assert_snapshot!(explained.out.strip_prefix(plain.out.as_str()).unwrap(), @r#"

        log of redis, profile redis: 2 records
          harmless  1 record: advice on the host's kernel, given at each start (by (?:Memory overcommit must be enabled|overcommit_memory is set to 0))
                    | 2026-11-24 03:00:01 UTC  1:C 24 Nov 2026 03:00:01.000 # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition.
          unknown   1 record of level error that no pattern knows
                    | 2026-11-24 03:00:04 UTC  level=error msg="no such plug"

        log of worker, profile generic: 4 records
          too few   retries of the job, Warning: 2 records, at most 1 within 600 s, takes 3
                    | 2026-11-24 03:01:00 UTC  retrying job 17
          matched   error-records of the profile, Warning: 1 record
                    | 2026-11-24 03:09:00 UTC  ERROR no such job: 17
          ignored   1 record by summary of the job
                    | 2026-11-24 03:05:00 UTC  ERROR done, 0 jobs failed

        log of gone, profile generic: 0 records
          unread    it is not in the recording

        container/redis/HighMemory  Warning, New
          seen      running, restarted 2 times, memory 83 %
          seen      0123456789ab: status running, exit code 0, OOM-killed false, restarted 2×, created 2026-11-23 00:00:00 UTC, started 2026-11-24 02:59:00 UTC, ended 2026-11-24 02:58:50 UTC
          threshold warns at 80 %, is critical at 95 %
          before    the run before did not find it; it saw 0123456789ab restarted 2×, started 2026-11-24 02:59:00 UTC
          cause     the probable cause: nothing else that was found explains it

        logs/worker/error-records  Warning, New
          seen      4 records read
          seen      records that match error-records: 1, the one at 2026-11-24 03:09:00 UTC
          before    the run before did not find it
          cause     on its own: nothing ties it to container/redis/HighMemory

        container/gone/NotObserved  Warning, New
          seen      not looked at: it is not in the recording
          before    the run before did not find it
          cause     on its own: nothing ties it to container/redis/HighMemory

        A finding that is false here is muted by its id, in the job's spec:
          overrides:
            - {id: container/redis/HighMemory, severity: Info, until: …, reason: …}
        "#);
}

#[test]
fn what_the_explanation_offers_does_what_it_says() {
    let place = place();
    recorded(&place, "");
    let json = |place: &Place| -> Value {
        serde_json::from_str(&place.stagewatch("replay rec --explain -o json").out).unwrap()
    };
    let before = json(&place);
    assert_eq!(before["verdict"], "SUSPICIOUS_INVESTIGATE");
    let overrides: Vec<String> = before["explanation"]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| format!("    - {{id: {}, severity: Info, reason: tuned}}\n", finding["id"].as_str().unwrap()))
        .collect();
    let nothing = "    - {id: container/redis/Paused, severity: Info, reason: x}\n    - {id: container/redis/OomKilled, severity: Info, until: 2026-11-24T03:15:00Z, reason: x}\n";
    recorded(&place, &format!("  overrides:\n{}{nothing}", overrides.concat()));
    let after = json(&place);
    assert_eq!(after["verdict"], "ALL_GOOD");
    let severities = |of: &Value| -> Vec<(String, String)> {
        let text = |finding: &Value, field: &str| finding[field].as_str().unwrap_or("none").to_owned();
        let mut all: Vec<_> =
            of["findings"].as_array().unwrap().iter().map(|f| (text(f, "id"), text(f, "rulesSeverity"))).collect();
        all.sort();
        all
    };
    let ids = |of: &Value| severities(of).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(&after), ids(&before), "all of it stays in the report");
    assert!(severities(&after).iter().all(|(_, rules)| rules == "Warning"), "{after}");
    let outcomes: Vec<&str> =
        after["explanation"]["overrides"].as_array().unwrap().iter().map(|o| o["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes[outcomes.len() - 2..], ["matches nothing here", "has expired: remove it"]);
    assert!(outcomes[..outcomes.len() - 2].iter().all(|outcome| *outcome == "mutes a finding"), "{outcomes:?}");
    let yaml = place.stagewatch("replay rec --explain -o yaml").out;
    assert_eq!(serde_saphyr::from_str::<Value>(&yaml).unwrap(), after);
    assert!(!place.stagewatch("replay rec -o json").out.contains("explanation"));
}
