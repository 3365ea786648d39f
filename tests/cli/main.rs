//! The program, black-box: what each command prints and with which code it ends. Nothing here needs a network.
#![allow(clippy::unwrap_used, reason = "what is not as a test expects ends it")]

mod claude;
mod defects;
mod explain;
mod program;

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use program::{Ended, Place, ended};
use serde_json::Value;

const JOB: &str = "apiVersion: monitoring.pitchai.net/v1alpha1
kind: MonitoringJob
metadata: {name: staging}
spec:
  environment: Staging
  confirm: {attempts: 1}
  dockerHosts:
    - name: here
      host: unix:///nowhere/docker.sock
      containers: [{name: autopar-redis, profile: redis}]
";
const TOLD: &str = "  notifications: {receivers: [{name: team, telegram: {secretRef: {name: telegram}}}]}\n";
const TOKEN: &str = "123456789:a-token-that-must-not-show";
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

impl Place {
    /// `stagewatch …`, with the words of `line`.
    fn stagewatch(&self, line: &str) -> Ended {
        ended(&self.command(line.split_whitespace()).output().unwrap())
    }
}

fn place() -> Place {
    let place = Place::new(env!("CARGO_BIN_EXE_stagewatch"));
    place.write("job.yaml", JOB);
    place.write("told.yaml", &format!("{JOB}{TOLD}"));
    place
}

fn recording(name: &str) -> String {
    format!("{ROOT}/tests/recordings/{name}")
}

#[track_caller]
fn assert_fails(ended: &Ended, code: i32, error: &str) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert!(ended.err.contains(error), "{error:?} is not in {ended:?}");
    assert!(ended.out.is_empty(), "{ended:?}");
}

#[test]
fn run_prints_the_report_alone_and_ends_by_the_verdict() {
    let place = place();
    let text = place.stagewatch("run job.yaml");
    assert_eq!((text.code, text.err.as_str()), (Some(3), ""));
    assert!(text.out.starts_with("ERRORS_INVESTIGATE  Staging\nlogs from "), "{text:?}");
    assert!(
        text.out.contains("\nCritical docker/here/EngineUnreachable  the Docker engine does not answer: "),
        "{text:?}"
    );
    assert!(text.out.ends_with("? autopar-redis  not read: its Docker host could not be asked\n"), "{text:?}");

    let json = place.stagewatch("run job.yaml --dry-run --hours 2 -o json");
    let report = json.json();
    assert_eq!((json.code, &report["verdict"]), (Some(3), &Value::from("ERRORS_INVESTIGATE")));
    assert_eq!(report["findings"][0]["id"], "docker/here/EngineUnreachable");
    assert_eq!(report["probableCause"]["subject"], "here");
    let instant = |name: &str| report["window"][name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(instant("until").duration_since(instant("since")).as_secs(), 7200);

    let yaml = place.stagewatch("run job.yaml -o yaml");
    let same: Value = serde_saphyr::from_str(&yaml.out).unwrap();
    assert_eq!((yaml.code, &same["findings"][0]["id"]), (Some(3), &report["findings"][0]["id"]));
}

#[test]
fn the_exit_code_follows_the_verdict() {
    let place = place();
    let yaml = std::fs::read_to_string(recording("expected.yaml")).unwrap();
    let expected: BTreeMap<String, Value> = serde_saphyr::from_str(&yaml).unwrap();
    let mut codes = Vec::new();
    for (name, expected) in &expected {
        let verdicts = expected["verdict"].as_array().unwrap();
        for (flag, threshold) in [("", 2), ("--fail-on SUSPICIOUS_INVESTIGATE", 1)] {
            let replay = place.stagewatch(&format!("replay {} -o json {flag}", recording(name)));
            let report = replay.json();
            assert!(verdicts.contains(&report["verdict"]), "{name}: {}", report["verdict"]);
            let rank = ["ALL_GOOD", "SUSPICIOUS_INVESTIGATE", "ERRORS_INVESTIGATE"]
                .iter()
                .position(|verdict| report["verdict"] == *verdict);
            let code = if rank.unwrap() >= threshold { 3 } else { 0 };
            assert_eq!(replay.code, Some(code), "{name} {flag}: {}", report["verdict"]);
            codes.push((rank.unwrap(), code));
        }
    }
    for each in [(0, 0), (1, 0), (1, 3), (2, 3)] {
        assert!(codes.contains(&each), "{each:?} is in no recording");
    }
}

#[test]
fn bad_usage_is_code_2_and_says_what_is_wrong() {
    let place = place();
    for (line, error) in [
        ("", "Usage: stagewatch <COMMAND>"),
        ("look", "unrecognized subcommand 'look'"),
        ("run", "<FILE>"),
        ("run job.yaml --hours 0", "0 is not in 1..=168"),
        ("run job.yaml --hours 4h", "invalid digit"),
        ("run job.yaml --fail-on CRITICAL", "possible values: SUSPICIOUS_INVESTIGATE, ERRORS_INVESTIGATE"),
        ("run job.yaml -o xml", "possible values: text, json, yaml"),
        ("run job.yaml --denied-cidr 10.0.0.1/33", "--denied-cidr"),
        ("run job.yaml --telegram-url ftp://bot", "write one such as \"https://api.telegram.org\""),
        ("run job.yaml job.yaml", "unexpected argument"),
        ("watch", "<FILE>"),
        ("watch job.yaml --max-runs 0", "0 is not in 1..=1024"),
        ("replay", "<DIR>"),
        ("validate", "<FILE>"),
        ("trigger", "<JOB>"),
        ("crds extra", "unexpected argument"),
    ] {
        assert_fails(&place.stagewatch(line), 2, error);
    }
}

#[test]
fn a_file_that_cannot_be_run_is_told_with_its_lines() {
    let place = place();
    place.write("broken.yaml", &JOB.replace("environment", "enviroment"));
    place.write("host.yaml", &JOB.replace("unix:///", "unix:/"));
    place.write("cron.yaml", &format!("{JOB}  schedule: {{cron: [\"61 3 * * *\"]}}\n"));
    place.write("text.yaml", "spec: [");
    place.write("run.yaml", "apiVersion: monitoring.pitchai.net/v1alpha1\nkind: MonitoringRun\nmetadata: {name: a}\nspec: {jobRef: {name: staging}}\n");
    place.write("two.yaml", &format!("{JOB}---\n{}", JOB.replace("name: staging", "name: other")));
    for (file, line, error) in [
        ("broken.yaml", Some("broken.yaml:5: spec.enviroment: "), "write \"environment\""),
        ("host.yaml", Some("host.yaml:9: spec.dockerHosts[0].host: "), "unix:///var/run/docker.sock"),
        ("cron.yaml", Some("cron.yaml:11: spec.schedule.cron[0]: "), ""),
        ("text.yaml", Some("text.yaml:1: "), ""),
        ("run.yaml", None, "there is no MonitoringJob in run.yaml"),
        ("two.yaml", None, "there are 2 MonitoringJobs in two.yaml: name one with --job"),
        ("two.yaml --job third", None, "there is no MonitoringJob \"third\" in two.yaml"),
        ("nowhere.yaml", None, "nowhere.yaml: cannot be read: No such file or directory"),
    ] {
        let ended = place.stagewatch(&format!("run {file}"));
        assert_fails(&ended, 1, error);
        let told = |start: &str| ended.err.lines().any(|line| line.starts_with(start) && line.contains(error));
        assert!(line.is_none_or(told), "{line:?} is not in {}", ended.err);
    }
    assert_eq!(place.stagewatch("run two.yaml --job other").code, Some(3));
    assert_fails(&place.stagewatch("watch broken.yaml --state state"), 1, "broken.yaml:5: spec.enviroment: ");
}

#[test]
fn a_message_that_cannot_be_sent_is_an_error_beside_the_report() {
    let place = place();
    let told = place.stagewatch("run told.yaml");
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.out.starts_with("ERRORS_INVESTIGATE  Staging\n"), "{told:?}");
    assert!(told.err.starts_with("error: the message was not delivered to team: "), "{told:?}");
    assert!(told.err.contains("SECRET__TELEGRAM__"), "it says what to set: {told:?}");
    // A dry run sends nothing, so that it needs no receiver's Secret.
    let dry = place.stagewatch("run told.yaml --dry-run");
    assert_eq!((dry.code, dry.err.as_str()), (Some(3), ""));
    place.write("told.yaml", &format!("{JOB}{TOLD}  dryRun: true\n"));
    assert_eq!(place.stagewatch("run told.yaml").code, Some(3));
}

#[test]
fn no_token_is_in_any_output() {
    let place = place();
    for log in ["warn", "trace"] {
        let mut run = place.command(["run", "told.yaml", "--telegram-url", "http://127.0.0.1:9", "--record", log]);
        run.envs([("TELEGRAM_BOT_TOKEN", TOKEN), ("TELEGRAM_CHAT_ID", "-100987654321"), ("RUST_LOG", log)]);
        let run = ended(&run.output().unwrap());
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.err.contains("error: the message was not delivered to team: "), "{run:?}");
        assert!(!format!("{run:?}").contains("a-token-that"), "{run:?}");
    }
    // A value that is given twice is told by its places.
    place.write(".env", &format!("TELEGRAM_BOT_TOKEN={TOKEN}\nTELEGRAM_CHAT_ID=-100987654321\n"));
    let mut twice = place.command(["run", "told.yaml", "--telegram-url", "http://127.0.0.1:9"]);
    let twice = ended(&twice.env("TELEGRAM_BOT_TOKEN", TOKEN).output().unwrap());
    assert!(twice.err.contains("has a value in the environment (TELEGRAM_BOT_TOKEN) and in .env"), "{twice:?}");
    assert!(!format!("{twice:?}").contains("a-token-that"), "{twice:?}");
    place.write(".env", &format!("TELEGRAM_BOT_TOKEN=\"{TOKEN}\n"));
    let broken = place.stagewatch("run told.yaml");
    assert_fails(&broken, 1, ".env: TELEGRAM_BOT_TOKEN cannot be read");
    assert!(!format!("{broken:?}").contains("a-token-that"), "{broken:?}");
    assert_fails(&place.stagewatch("run job.yaml --secrets nowhere"), 1, "--secrets nowhere is not a folder");
}

#[test]
fn a_recorded_run_replays_to_the_same_report() {
    let place = place();
    let first = place.stagewatch("run job.yaml --record first -o json");
    assert_eq!(first.findings(), [("docker/here/EngineUnreachable".into(), "New".into())]);
    assert_eq!(place.stagewatch("replay first -o json").out, first.out);
    let second = place.stagewatch("run job.yaml --previous first --record second -o json");
    assert_eq!(second.findings(), [("docker/here/EngineUnreachable".into(), "Ongoing".into())]);
    let replay = place.stagewatch("replay second -o json");
    assert_eq!((replay.code, &replay.out), (second.code, &second.out));
}

#[test]
fn a_run_that_reached_nothing_at_all_replays_as_that() {
    let place = place();
    place.write(
        "site.yaml",
        &JOB[..JOB.find("  dockerHosts").unwrap()]
            .replace("attempts: 1}", "attempts: 1}\n  websites: [{name: site, url: \"http://127.0.0.1:9\"}]"),
    );
    let run = place.stagewatch("run site.yaml --telegram-url http://127.0.0.1:9 --record offline -o json");
    assert_eq!(run.findings(), [("self/run/Offline".into(), "New".into())]);
    assert_eq!(place.stagewatch("replay offline -o json").out, run.out);
}

#[test]
fn a_recording_never_goes_over_files_and_is_refused_before_anything_is_looked_at() {
    let place = place();
    for folder in [".", "job.yaml", "told.yaml/in"] {
        let refused = place.stagewatch(&format!("run told.yaml --record {folder}"));
        assert_fails(&refused, 1, folder);
        assert_eq!(refused.err.matches("os error").count(), usize::from(folder != "."), "{refused:?}");
    }
    assert_fails(&place.stagewatch("run job.yaml --previous nowhere"), 1, "this folder is no recording");
}

#[test]
fn replay_says_what_is_no_recording() {
    let place = place();
    assert_fails(&place.stagewatch("replay nowhere"), 1, "nowhere/recording.json: there is no such file");
    std::fs::create_dir(place.path().join("broken")).unwrap();
    place.write("broken/recording.json", "{");
    assert_fails(&place.stagewatch("replay broken"), 1, "broken/recording.json: ");
    let text = place.stagewatch(&format!("replay {}", recording("redis-healthy-idle")));
    assert!(text.code == Some(0) && text.out.starts_with("ALL_GOOD  Autopar Staging\n"), "{text:?}");
}

#[test]
fn a_reader_that_leaves_is_no_error_and_changes_no_exit_code() {
    let place = place();
    let replay = |name: &str| format!("replay {}", recording(name));
    let lines = ["crds", "run job.yaml", "validate job.yaml", "validate nowhere.yaml", "--help"].map(str::to_owned);
    let lines = lines.into_iter().chain(["redis-oomkilled", "redis-healthy-idle"].map(replay));
    for line in lines {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = place.command(line.split(' '));
        let left = ended(&command.stdout(Stdio::from(writer)).output().unwrap());
        let stayed = place.stagewatch(&line);
        assert_eq!((left.code, left.err), (stayed.code, String::new()), "{line}");
    }
}

#[test]
fn validate_ends_by_what_is_wrong() {
    let place = place();
    let examples =
        ["autopar-staging", "main-production", "run", "telegram-secret", "docker-tls-secret", "claude-secret"];
    let examples = examples.map(|name| format!("{ROOT}/deploy/examples/{name}.yaml")).join(" ");
    let good = place.stagewatch(&format!("validate {examples} job.yaml"));
    assert_eq!((good.code, good.err.as_str()), (Some(0), ""), "{}", good.out);
    assert!(good.out.ends_with("job.yaml: MonitoringJob staging: can be run\n  no schedule: runs only on demand\n"));
    place.write("bad.yaml", &JOB.replace("unix:///", "unix:/"));
    let bad = place.stagewatch("validate job.yaml bad.yaml nowhere.yaml");
    assert_eq!((bad.code, bad.err.as_str()), (Some(1), ""));
    assert!(bad.out.contains("\nbad.yaml:9: spec.dockerHosts[0].host: "), "{}", bad.out);
    assert!(bad.out.contains("\nnowhere.yaml: cannot be read: "), "{}", bad.out);
}

#[test]
fn crds_are_the_files_in_crds() {
    let place = place();
    let printed = place.stagewatch("crds");
    let files = ["monitoringjobs", "monitoringruns"]
        .map(|name| std::fs::read_to_string(format!("{ROOT}/crds/{name}.yaml")).unwrap());
    assert_eq!((printed.code, printed.out), (Some(0), files.join("---\n")));
}

#[test]
fn what_needs_a_watch_or_a_cluster_says_so_without_one() {
    let place = place();
    for (line, error) in [
        ("status", "there is no state in "),
        (
            "status --state nowhere",
            "there is no state in nowhere: name the folder of a `stagewatch watch` with --state DIR",
        ),
        ("trigger staging --state nowhere", "there is no state in nowhere: name the folder"),
        (
            "trigger staging",
            "no cluster is known: set KUBECONFIG, or name the folder of `stagewatch watch` with --state DIR",
        ),
        ("operator", "no cluster is known: run in a pod with a ServiceAccount, or set KUBECONFIG"),
    ] {
        let ended = place.stagewatch(line);
        assert_fails(&ended, 1, error);
        assert!(ended.err.matches("No such file").count() <= 1, "each cause is told once: {ended:?}");
    }
    assert!(!place.path().join("nowhere").exists(), "looking makes no folder");
}

#[test]
fn help_teaches() {
    let place = place();
    for (command, teaches) in [
        ("", &["Exit codes: 0 ", "1 failed", "2 bad usage", "3 the verdict", "run ", "watch ", "replay "][..]),
        (
            "run",
            &[
                "Exit code: 0 below --fail-on, 3 at or above it, 1 when",
                "--dry-run",
                "--record",
                "SECRET__<NAME>__<KEY>",
                "ANTHROPIC_API_KEY",
                "--claude Ask Claude, as the job's spec.analysis says; without this flag nothing is sent to it",
                "--show-prompt Print the request to Claude about this run, as JSON, and send nothing to anybody; needs no key",
                "--claude-daily-tokens",
                "--claude-prices",
            ],
        ),
        ("watch", &["Exit code: 0 when it was stopped, 1 when", "stagewatch status", "SIGTERM", "XDG_STATE_HOME"]),
        ("status", &["Exit code: 0 when", "1 when there is no", "kubectl get monitoringjobs"]),
        ("operator", &["Exit code: 0 when it was stopped, 1 when", "/healthz", "RUST_LOG"]),
        ("trigger", &["Exit code: 0 when the run was created", "--wait", "--state"]),
        (
            "replay",
            &[
                "--claude",
                "--show-prompt",
                "The exit code is that of `run`: 0 below --fail-on, 3 at or above it, 1 when",
            ],
        ),
        ("validate", &["Exit code: 0 when every document", "1 when something is wrong", "file:line: path: message"]),
        ("crds", &["Exit code: 0", "kubectl apply --server-side -f -"]),
    ] {
        let help = place.stagewatch(&format!("{command} --help"));
        assert_eq!((help.code, help.err.as_str()), (Some(0), ""), "{command}");
        let words = help.out.split_whitespace().collect::<Vec<_>>().join(" ");
        for text in teaches {
            assert!(words.contains(text.trim_end()), "{text:?} is not in {words}");
        }
    }
    let version = place.stagewatch("--version");
    assert_eq!((version.code, version.out), (Some(0), format!("stagewatch {}\n", env!("CARGO_PKG_VERSION"))));
}

/// The first system looked once more, and said hello, whenever it was started.
#[test]
fn a_start_of_watch_runs_nothing_and_tells_nobody() {
    let place = place();
    place.write("yearly.yaml", &format!("{JOB}{TOLD}  schedule: {{cron: [\"0 0 1 1 *\"]}}\n"));
    for _ in 0..2 {
        let mut command =
            place.command(["watch", "yearly.yaml", "--state", "state", "--telegram-url", "http://127.0.0.1:9"]);
        let mut watch = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(watch.stderr.take().unwrap()).lines();
        assert!(log.by_ref().any(|line| line.unwrap().contains("watching")));
        let begun = Instant::now();
        let status = loop {
            let status = place.stagewatch("status --state state -o json");
            if status.out.contains("\"nextRunTime\"") || begun.elapsed() > Duration::from_secs(30) {
                break status;
            }
        };
        Command::new("sh").args(["-c", &format!("kill -TERM {}", watch.id())]).status().unwrap();
        let stopping = Instant::now();
        let stopped = watch.wait().unwrap();
        assert!(stopped.code() == Some(0) && stopping.elapsed() < Duration::from_secs(5), "{stopped:?}");
        let status = status.json();
        assert!(status["jobs"][0]["status"]["nextRunTime"].as_str().unwrap().ends_with("-01-01T00:00:00Z"), "{status}");
        assert!(
            status["runs"] == Value::Array(Vec::new()) && status["jobs"][0]["status"].get("outbox").is_none(),
            "{status}"
        );
    }
}

#[test]
fn a_job_is_scheduled_once() {
    let place = place();
    assert_fails(
        &place.stagewatch("watch job.yaml told.yaml --state state"),
        1,
        "the job \"staging\" is in these files twice",
    );
}
