//! `stagewatch validate FILE…`: what the operator would say of these files, and when the jobs in them would run.

use std::{
    fmt::Write as _,
    io::Read as _,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::Said;
use crate::{
    api::{
        MonitoringJob,
        manifest::{self, Document, Located, MAX_BYTES, Object},
        validation::Problem,
    },
    core::{check, schedule::Schedule},
};

/// How many of the next slots are told.
const SLOTS: usize = 5;

/// Judges each document of each file: code 0 when all can be run, 1 when something is wrong, told as `file:line: path: message`.
pub fn validate(files: &[PathBuf], now: Timestamp) -> Said {
    let mut said = Said { text: String::new(), code: 0 };
    for file in files {
        let name = file.display().to_string();
        let text = match read(file) {
            Ok(text) => text,
            Err(why) => {
                said.problem(&name, &why);
                continue;
            }
        };
        match manifest::read(&text) {
            Ok(documents) if documents.is_empty() => said.problem(&name, "there is no document in this file"),
            Ok(documents) => documents.iter().for_each(|document| said.document(&name, document, now)),
            Err(located) => said.located(&name, &located),
        }
    }
    said
}

/// The text of a file that is not too large.
pub fn read(file: &Path) -> Result<String, String> {
    let mut text = String::new();
    let limit = MAX_BYTES as u64 + 1;
    let opened = std::fs::File::open(file).map_err(|error| format!("cannot be read: {error}"))?;
    opened.take(limit).read_to_string(&mut text).map_err(|error| format!("cannot be read: {error}"))?;
    Ok(text)
}

/// What only the operator can judge of a job, from top to bottom.
pub fn problems(document: &Document, job: &MonitoringJob) -> Vec<Located> {
    let mut problems: Vec<_> = check::problems(&job.spec).into_iter().map(|it| document.locate(it)).collect();
    problems.sort_by_key(|it| it.line);
    problems
}

/// A problem as `line: path: message`.
pub fn words(Located { line, problem: Problem { path, message } }: &Located) -> String {
    if path.is_empty() { format!("{line}: {message}") } else { format!("{line}: {path}: {message}") }
}

impl Said {
    fn problem(&mut self, file: &str, what: &str) {
        let _ = writeln!(self.text, "{file}: {what}");
        self.code = 1;
    }

    fn located(&mut self, file: &str, located: &Located) {
        let _ = writeln!(self.text, "{file}:{}", words(located));
        self.code = 1;
    }

    fn document(&mut self, file: &str, document: &Document, now: Timestamp) {
        let (kind, name) = (&document.kind, &document.name);
        match &document.object {
            Err(problems) => problems.iter().for_each(|problem| self.located(file, problem)),
            Ok(Object::Foreign) => {
                let _ = writeln!(self.text, "{file}: {kind} {name}: not ours, not looked at");
            }
            Ok(Object::Run(run)) => {
                let job = &run.spec.job_ref.name;
                let _ = writeln!(self.text, "{file}: MonitoringRun {name}: can be created, runs {job}");
            }
            Ok(Object::Job(job)) => {
                let problems = problems(document, job);
                for problem in &problems {
                    self.located(file, problem);
                }
                if problems.is_empty() {
                    let _ = writeln!(self.text, "{file}: MonitoringJob {name}: can be run");
                    self.text.push_str(&outlook(job, now));
                    for over in job.spec.overrides.iter().filter(|item| !item.holds(now)) {
                        let _ = writeln!(self.text, "  the override of {} has expired: remove it", over.id);
                    }
                }
            }
        }
    }
}

/// When the job would run next.
fn outlook(job: &MonitoringJob, now: Timestamp) -> String {
    let Some(schedule) = job.spec.schedule.as_ref().and_then(|schedule| Schedule::parse(schedule).ok()) else {
        return "  no schedule: runs only on demand\n".to_owned();
    };
    let mut text = format!("  schedule {}", schedule.text());
    if job.spec.suspend {
        return text + ", suspended\n";
    }
    text.push_str(", next slots:\n");
    for slot in schedule.slots_after(now).take(SLOTS) {
        let _ = writeln!(text, "    {}", schedule.local(slot).strftime("%a %Y-%m-%d %H:%M %Z"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of one file, which is called `job.yaml`.
    fn said(text: &str) -> Said {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("job.yaml");
        std::fs::write(&file, text).unwrap();
        let said = validate(&[file], "2026-11-24T10:00:00Z".parse().unwrap());
        Said { text: said.text.replace(&format!("{}/", folder.path().display()), ""), ..said }
    }

    #[test]
    fn a_job_that_can_be_run_is_told_with_its_next_slots() {
        let said = said(
            "apiVersion: monitoring.pitchai.net/v1alpha1\nkind: MonitoringJob\nmetadata: {name: staging}\nspec:\n  \
             environment: Staging\n  schedule: {cron: [\"0 3 * * *\"], timeZone: Europe/Amsterdam}\n  \
             websites: [{name: site, url: \"https://staging.example.com\"}]\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: telegram}\n",
        );
        insta::assert_snapshot!(said.text, @r#"
        job.yaml: MonitoringJob staging: can be run
          schedule 0 3 * * * (Europe/Amsterdam), next slots:
            Wed 2026-11-25 03:00 CET
            Thu 2026-11-26 03:00 CET
            Fri 2026-11-27 03:00 CET
            Sat 2026-11-28 03:00 CET
            Sun 2026-11-29 03:00 CET
        job.yaml: Secret telegram: not ours, not looked at
        "#);
        assert_eq!(said.code, 0);
    }

    #[test]
    fn an_override_that_expired_is_told_and_stops_nothing() {
        let job = |id: &str, until: &str| {
            said(&format!(
                "apiVersion: monitoring.pitchai.net/v1alpha1\nkind: MonitoringJob\nmetadata: {{name: staging}}\nspec:\n  \
                 environment: Staging\n  websites: [{{name: site, url: \"https://staging.example.com\"}}]\n  overrides:\n    \
                 - {{id: {id}, severity: Info, until: {until}, reason: sized on Monday}}\n"
            ))
        };
        let expired = job("website/site/home/Slow", "2026-11-24T10:00:00Z");
        insta::assert_snapshot!(expired.text, @r#"
        job.yaml: MonitoringJob staging: can be run
          no schedule: runs only on demand
          the override of website/site/home/Slow has expired: remove it
        "#);
        assert_eq!(expired.code, 0);
        assert!(!job("website/site/home/Slow", "2026-11-24T10:00:01Z").text.contains("expired"));
        for (id, says) in
            [("site/Slow", "a finding's id is website/<website>"), ("website/shop/home/Slow", "of this job")]
        {
            let wrong = job(id, "2026-12-01T00:00:00Z");
            assert!(
                wrong.text.starts_with("job.yaml:8: spec.overrides[0].id: ") && wrong.text.contains(says),
                "{}",
                wrong.text
            );
            assert_eq!(wrong.code, 1);
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_file_line_and_path() {
        let said = said(
            r#"apiVersion: monitoring.pitchai.net/v1alpha1
kind: MonitoringJob
metadata: {name: Staging, lables: {team: a}}
spec:
  enviroment: Staging
  schedule:
    cron: ["15 3 * * *", "15 3 * * *"]
    timezone: Europe/Amsterdam
    concurrencyPolicy: Allow
  suspend: "no"
  timeout: 10
  history: {keep: 101}
  websites:
    - name: staging
---
apiVersion: monitoring.pitchai.net/v1alpha1
kind: MonitoringJob
metadata: {name: staging}
spec:
  environment: Staging
  lookback: 30s
  websites:
    - name: staging
      url: https://staging.example.com/health
      latency:
        warning: 10s
        critical: 3s
---
apiVersion: monitoring.pitchai.net/v1alpha1
kind: MonitoringJob
metadata: {name: staging}
spec:
  environment: Staging
  schedule:
    cron:
      - 61 * * * *
    timeZone: Amsterdam
  websites:
    - {name: staging, url: "https://staging.example.com"}
  patterns:
    - id: retries
      severity: Warning
      regex: (retry
"#,
        );
        insta::assert_snapshot!(said.text, @r#"
        job.yaml:3: metadata.name: the name of a Kubernetes object is lower-case letters, digits, "-" and ".", with a letter or digit at both ends, such as "telegram"
        job.yaml:3: metadata.lables: there is no field "lables": write "labels"
        job.yaml:5: spec.environment: a value is required here
        job.yaml:5: spec.enviroment: there is no field "enviroment": write "environment"
        job.yaml:7: spec.schedule.cron[1]: "15 3 * * *" is there twice: write it once
        job.yaml:8: spec.schedule.timezone: there is no field "timezone": write "timeZone"
        job.yaml:9: spec.schedule.concurrencyPolicy: "Allow" is not among the values that are supported: "Forbid", "Replace"
        job.yaml:10: spec.suspend: a text where true or false (without quotes) belongs
        job.yaml:11: spec.timeout: a number where a text (put quotes around it) belongs
        job.yaml:12: spec.history.keep: 101 is too much: at most 100
        job.yaml:14: spec.websites[0].url: a value is required here
        job.yaml:21: spec.lookback: lookback is 1m to 7d, such as "4h"
        job.yaml:24: spec.websites[0].url: a url is http:// or https://, a host, and at most a port, such as "https://staging.example.com" or "http://10.0.0.5:8080": a path belongs to a check, a password to headers
        job.yaml:26: spec.websites[0].latency: warning is at most critical, such as {warning: 3s, critical: 10s}
        job.yaml:36: spec.schedule.cron[0]: "61 * * * *" is no schedule: number out of bounds; write five fields, such as "15 3 * * *", or "@hourly", "@daily", "@every 5m"
        job.yaml:37: spec.schedule.timeZone: no time zone "Amsterdam": write an IANA name, such as "Europe/Amsterdam" or "Etc/UTC"
        job.yaml:43: spec.patterns[0].regex: "(retry": unclosed group: write a regular expression such as '\bretry(ing)?\b'
        "#);
        assert_eq!(said.code, 1);
    }

    #[test]
    fn what_is_no_resource_is_told_too() {
        let texts = [
            "a: [1",
            "",
            "a: 1",
            "kind: MonitoringJob\napiVersion: monitoring.pitchai.net/v1\nmetadata: {name: a}",
            "kind: MonitoringJob\napiVersion: v1",
            "kind: Job\napiVersion: monitoring.pitchai.net/v1alpha1",
            "- 1",
        ];
        let said = texts.map(said);
        assert!(said.iter().all(|said| said.code == 1));
        insta::assert_snapshot!(said.map(|said| said.text).concat(), @r#"
        job.yaml:1: unclosed bracket '[' at line 1, column 4
        job.yaml: there is no document in this file
        job.yaml:1: write apiVersion: monitoring.pitchai.net/v1alpha1 and kind: MonitoringJob
        job.yaml:2: apiVersion: write "monitoring.pitchai.net/v1alpha1"
        job.yaml:1: spec: a value is required here
        job.yaml:2: apiVersion: write "monitoring.pitchai.net/v1alpha1"
        job.yaml:1: kind: write "MonitoringJob" or "MonitoringRun"
        job.yaml:1: write apiVersion: monitoring.pitchai.net/v1alpha1 and kind: MonitoringJob
        "#);
    }

    #[test]
    fn a_huge_or_absent_file_is_refused() {
        assert_eq!(
            said(&"#".repeat(MAX_BYTES + 1)).text,
            "job.yaml:1: the file has 1048577 bytes: at most 1048576 are read\n"
        );
        let absent = validate(&[PathBuf::from("/absent.yaml")], Timestamp::UNIX_EPOCH);
        assert!(absent.code == 1 && absent.text.starts_with("/absent.yaml: cannot be read: "), "{}", absent.text);
    }
}
