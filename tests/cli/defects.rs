//! What the first system got wrong, each as the replay of a run that saw it. What else it got wrong is a test where the
//! right behaviour lives: redirects, scripts and secrets in `tests/live`, messages in `tests/message`, slots in `core`.

use std::fs;

use serde_json::{Value, json};

use super::{Ended, Place, place};

const SPEC: &str = "apiVersion: monitoring.pitchai.net/v1alpha1
kind: MonitoringJob
metadata: {name: autopar-staging, namespace: monitoring}
spec:
  environment: Autopar Staging
  schedule: {cron: [\"15 3 * * *\", \"30 10 * * *\"]}
  websites:
    - {name: staging, url: \"https://staging.autopar.pitchai.net\", latency: {warning: 3s}}
  dockerHosts:
    - name: host
      host: unix:///var/run/docker.sock
      containers: [{name: autopar-redis, label: Redis}]
";

/// A run that saw the site and the Redis, both well.
struct Run {
    spec: String,
    site: Option<Value>,
    inspect: Option<Value>,
    log: String,
}

impl Run {
    fn new() -> Self {
        Self {
            spec: SPEC.to_owned(),
            site: Some(json!({"answered": {"status": 200, "bodyBytes": 5}})),
            inspect: Some(json!({
                "Id": "3f", "Name": "/autopar-redis", "Created": "2026-11-20T00:00:00Z", "RestartCount": 0,
                "State": {"Status": "running", "StartedAt": "2026-11-20T00:00:01Z", "Health": {"Status": "healthy"}},
            })),
            log: "2026-11-24T03:00:00.000000000Z ready\n".to_owned(),
        }
    }

    fn record(self, place: &Place) {
        let root = place.path().join("run");
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let window = json!({"since": "2026-11-24T02:00:00Z", "until": "2026-11-24T03:15:00Z"});
        write("recording.json", &json!({"recordedAt": "2026-11-24T03:15:20Z", "window": window}).to_string());
        write("job.yaml", &self.spec);
        if let Some(result) = self.site {
            let phases =
                json!({"dnsMs": 1, "connectMs": 2, "tlsMs": 3, "firstByteMs": 70, "bodyMs": 8, "totalMs": 2900});
            let attempt = json!({"at": "2026-11-24T03:15:01Z", "redirects": 0, "phases": phases, "result": result});
            let check = json!({
                "website": "staging", "check": "home", "host": "staging.autopar.pitchai.net", "path": "/",
                "attempts": [attempt],
            });
            write("website/staging/home.json", &check.to_string());
        }
        if let Some(inspect) = self.inspect {
            write("containers/autopar-redis/inspect.json", &inspect.to_string());
            write("containers/autopar-redis/logs.txt", &self.log);
        }
    }

    /// The report as JSON, and as a person reads it.
    fn replay(self) -> (Ended, Ended) {
        let place = place();
        self.record(&place);
        (place.stagewatch("replay run -o json"), place.stagewatch("replay run"))
    }

    /// Fails unless the run ends with this code, and with these findings above Info.
    #[track_caller]
    fn comes_to(self, code: i32, expected: &[&str]) -> (Ended, Ended) {
        let (json, text) = self.replay();
        let report = json.json();
        let findings = report["findings"].as_array().unwrap().iter().filter(|f| f["severity"] != "Info");
        let ids: Vec<&str> = findings.map(|f| f["id"].as_str().unwrap()).collect();
        assert_eq!((json.code, &ids[..]), (Some(code), expected), "{}", text.out);
        (json, text)
    }
}

#[test]
fn all_healthy_is_all_good_without_a_warning() {
    let (json, text) = Run::new().comes_to(0, &[]);
    assert_eq!((&json.json()["verdict"], &json.json()["findings"]), (&json!("ALL_GOOD"), &json!([])));
    assert!(!text.out.to_lowercase().contains("warning"), "{}", text.out);
}

#[test]
fn a_site_that_answers_502_is_errors() {
    let mut run = Run::new();
    run.site = Some(json!({"answered": {"status": 502, "bodyBytes": 11, "excerpt": "Bad Gateway"}}));
    let (_, text) = run.comes_to(3, &["website/staging/home/UnexpectedStatus"]);
    assert!(text.out.contains("\n✗ staging/home  GET / answered 502"), "{}", text.out);
}

#[test]
fn a_page_that_is_not_there_is_no_working_endpoint() {
    let mut run = Run::new();
    run.site = Some(json!({"answered": {"status": 404, "bodyBytes": 9, "excerpt": "Not Found"}}));
    run.comes_to(3, &["website/staging/home/UnexpectedStatus"]);
}

#[test]
fn a_site_that_times_out_is_errors() {
    let mut run = Run::new();
    run.site = Some(json!({"failed": {"reason": "Timeout", "detail": "no whole answer within 10s: connecting"}}));
    run.comes_to(3, &["website/staging/home/Timeout"]);
}

#[test]
fn the_sites_own_redirect_with_an_empty_body_is_as_expected() {
    let mut run = Run::new();
    let check =
        "checks: [{name: home, path: /, followRedirects: false, expect: {status: [\"302\"], location: /entry}}]";
    run.spec = run.spec.replace("latency:", &format!("{check}, latency:"));
    run.site = Some(
        json!({"answered": {"status": 302, "location": "https://staging.autopar.pitchai.net/entry", "bodyBytes": 0}}),
    );
    let (json, _) = run.comes_to(0, &[]);
    assert_eq!(json.json()["observations"][0]["outcome"], "Good");
}

#[test]
fn a_thousand_lines_of_panic_are_not_good() {
    let mut run = Run::new();
    run.log = "2026-11-24T03:00:00.000000000Z ERROR PANIC out of disk space\n".repeat(1000);
    let (json, _) = run.replay();
    let report = json.json();
    assert_ne!(report["verdict"], "ALL_GOOD");
    assert!(report["findings"][0]["count"].as_u64() >= Some(1000), "{report}");
}

#[test]
fn a_summary_of_no_failures_is_no_failure() {
    let mut run = Run::new();
    run.log.push_str("2026-11-24T03:00:01.000000000Z 0 jobs failed, 0 exceptions\n");
    run.comes_to(0, &[]);
}

#[test]
fn an_unhealthy_container_is_not_healthy_and_its_57_restarts_are_57() {
    let mut run = Run::new();
    if let Some(inspect) = &mut run.inspect {
        inspect["RestartCount"] = json!(57);
        inspect["State"]["Health"] = json!({"Status": "unhealthy", "FailingStreak": 4});
        inspect["State"]["Status"] = json!("running");
    }
    let (json, text) = run.replay();
    let report = json.json();
    assert_eq!((json.code, &report["verdict"]), (Some(3), &json!("ERRORS_INVESTIGATE")));
    assert!(text.out.contains("Critical container/autopar-redis/Unhealthy"), "{}", text.out);
    assert!(text.out.contains("✗ autopar-redis  running, unhealthy, restarted 57 times"), "{}", text.out);
}

#[test]
fn whoever_sees_nothing_says_so() {
    let mut run = Run::new();
    (run.site, run.inspect) = (None, None);
    let (json, text) = run.replay();
    assert_eq!(json.json()["verdict"], "SUSPICIOUS_INVESTIGATE");
    assert!(!text.out.contains('✓') && text.out.matches("\n? ").count() == 3, "{}", text.out);
}

#[test]
fn the_thresholds_and_patterns_of_the_spec_are_what_is_judged() {
    let slow = |warning: &str, critical: &str| {
        let mut run = Run::new();
        run.spec = run.spec.replace("{warning: 3s}", &format!("{{warning: {warning}, critical: {critical}}}"));
        run
    };
    slow("3s", "4s").comes_to(0, &[]);
    slow("2s", "4s").comes_to(0, &["website/staging/home/Slow"]);
    slow("1s", "2s").comes_to(3, &["website/staging/home/TooSlow"]);
    for (severity, code, found) in [("Ignore", 0, &[][..]), ("Critical", 3, &["logs/autopar-redis/cars"])] {
        let mut run = Run::new();
        let pattern = format!("{{id: cars, severity: {severity}, contains: no cars left}}");
        run.spec = run.spec.replace("  websites:", &format!("  patterns: [{pattern}]\n  websites:"));
        run.log.push_str("2026-11-24T03:00:01.000000000Z No cars left in the yard\n");
        run.comes_to(code, found);
    }
}

#[test]
fn the_machines_time_zone_changes_nothing() {
    let place = place();
    Run::new().record(&place);
    place.write("spec.yaml", SPEC);
    for line in ["replay run", "replay run -o json", "validate spec.yaml"] {
        let zones = ["UTC", "Europe/Amsterdam", "America/Los_Angeles"].map(|zone| {
            let mut command = place.command(line.split(' '));
            super::ended(&command.env("TZ", zone).output().unwrap()).out
        });
        assert!(zones[0].contains("UTC") || zones[0].contains("03:15:00Z"), "{}", zones[0]);
        assert!(zones.iter().all(|out| *out == zones[0]), "{zones:#?}");
    }
}
