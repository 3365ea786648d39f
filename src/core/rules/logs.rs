//! A container's log: patterns that came often enough, and what could not be read.

use jiff::{SignedDuration, Timestamp};

use super::{finding, plural};
use crate::{
    api::{Finding, Kind, Severity, Window, job::Container},
    core::{
        observation::{
            docker::{ContainerLook, Inspect, LogLook},
            logs::{Evidence, LogScan, PatternMatch},
        },
        previous::Previous,
        profiles::{self, Compiled},
        redact::cut,
    },
};

/// A process that says why it does not start says so this soon: nginx tries to bind for 2.5 s.
const FIRST_WORDS: SignedDuration = SignedDuration::from_secs(3);
/// It ends within this.
const LAST_WORDS: SignedDuration = SignedDuration::from_secs(1);
/// One that runs for this long has started: services read their configuration and open their port first.
const START: SignedDuration = SignedDuration::from_secs(10);

/// Judges the log of one container.
pub fn judge(container: &Container, look: &ContainerLook, previous: &Previous, window: Window) -> Vec<Finding> {
    let ContainerLook::Seen { inspect, logs, .. } = look else { return Vec::new() };
    let about = |reason: &str, message: String| Finding {
        last_seen: Some(window.until),
        ..finding(format!("logs/{}/{reason}", container.name), Kind::State, Severity::Warning, &container.name, message)
    };
    match logs {
        LogLook::Unavailable { why } => {
            let advice = Some("use a log driver that can be read: json-file, local or journald".to_owned());
            vec![Finding {
                advice,
                ..about("LogsUnavailable", format!("its log could not be read: {}", cut(why, 200)))
            }]
        }
        LogLook::Read(scan) => {
            let incomplete = scan.incomplete.as_ref().map(|why| {
                about("LogsIncomplete", format!("not all of its log of this time was read: {}", cut(why, 200)))
            });
            let found = scan.matches.iter().filter(|m| m.count > 0 && m.most_within >= m.min_count);
            let found = found.map(|m| pattern(container, inspect, m, window.until));
            found.chain(still(container, inspect, scan, previous)).chain(incomplete).collect()
        }
    }
}

fn pattern(container: &Container, inspect: &Inspect, found: &PatternMatch, until: Timestamp) -> Finding {
    let state = is_state(container, &found.id);
    let survived = profile(container).survived(&found.id).filter(|_| runs_on(inspect, found.last, until));
    // In a restart loop the next start comes after the last record, and ends nothing.
    let ends_with_process = survived.is_some() || state && !profile(container).is_of_start(&found.id);
    let over = found.cleared.or_else(|| restarted_after(inspect, found.last).filter(|_| ends_with_process));
    let mut message = survived.filter(|_| over.is_none()).map_or_else(|| found.meaning.clone(), ToOwned::to_owned);
    let kinds = match found.kinds {
        0 | 1 => String::new(),
        65.. => " of more than 64 kinds".to_owned(),
        kinds => format!(" of {kinds} kinds"),
    };
    if found.count > 1 {
        message = format!("{message} ({}{kinds})", plural(found.count, "record"));
    }
    if let Some(summary) = &found.summary {
        message = format!("{message}: {}", cut(summary, 160));
    }
    let mild = over.is_some() || survived.is_some();
    let severity = if mild { found.severity.min(Severity::Warning) } else { found.severity };
    Finding {
        advice: found.advice.clone(),
        count: i64::try_from(found.count).unwrap_or(i64::MAX),
        first_seen: found.first,
        last_seen: found.last,
        over_since: over,
        evidence: evidence(found),
        ..finding(
            id(container, &found.id),
            if state && over.is_none() { Kind::State } else { Kind::Event },
            severity,
            &container.name,
            message,
        )
    }
}

/// One record of each kind; how often each came, where there are several.
pub(super) fn evidence(found: &PatternMatch) -> Vec<String> {
    let told = |record: &Evidence| match record.count {
        2.. if found.kinds > 1 => format!("{} ({}×)", cut(&record.record, 390), record.count),
        _ => record.record.clone(),
    };
    found.evidence.iter().map(told).collect()
}

/// States that a run before found and that nothing has ended: an alarm is logged when it is set, not while it lasts.
fn still<'a>(
    container: &'a Container,
    inspect: &'a Inspect,
    scan: &'a LogScan,
    previous: &'a Previous,
) -> impl Iterator<Item = Finding> {
    let known = previous.findings.iter().filter(|f| f.kind == Kind::State && f.subject == container.name);
    known.filter(|f| f.id == id(container, &f.reason) && is_state(container, &f.reason)).filter_map(|f| {
        let found = scan.matches.iter().any(|m| m.id == f.reason);
        let restarted = restarted_after(inspect, f.last_seen).is_some();
        (!found && !restarted).then(|| Finding {
            rules_severity: f.rules_severity,
            count: f.count,
            first_seen: f.first_seen,
            last_seen: f.last_seen,
            ..finding(f.id.clone(), Kind::State, f.severity, &f.subject, &f.message)
        })
    })
}

/// When a state that the log told of is seen to be over although this run found nothing bad of it.
pub(crate) fn cleared(
    container: &Container,
    look: &ContainerLook,
    pattern: &str,
    last: Option<Timestamp>,
) -> Option<Timestamp> {
    let ContainerLook::Seen { inspect, logs: LogLook::Read(scan), .. } = look else { return None };
    let told = scan.matches.iter().find(|m| m.id == pattern).and_then(|m| m.cleared);
    told.or_else(|| restarted_after(inspect, last).filter(|_| is_state(container, pattern)))
}

fn id(container: &Container, pattern: &str) -> String {
    format!("logs/{}/{pattern}", container.name)
}

fn is_state(container: &Container, pattern: &str) -> bool {
    profile(container).is_state(pattern)
}

fn profile(container: &Container) -> &'static Compiled {
    profiles::compiled(container.profile.unwrap_or_default())
}

/// Whether its process goes on although it said at this instant why it does not start, or was started anew since.
fn runs_on(inspect: &Inspect, said: Option<Timestamp>, until: Timestamp) -> bool {
    let (Some(started), Some(said)) = (inspect.state.started_at, said) else { return false };
    let enough = if started < said {
        said.duration_since(started) >= FIRST_WORDS || until.duration_since(said) >= LAST_WORDS
    } else {
        until.duration_since(started) >= START
    };
    inspect.state.status == "running" && enough
}

/// When the container was started anew after this instant: what its process was in before is over.
fn restarted_after(inspect: &Inspect, last: Option<Timestamp>) -> Option<Timestamp> {
    inspect.state.started_at.filter(|started| last.is_some_and(|last| *started > last))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        api::{MonitoringJobSpec, job::ProfileName, job_status::FindingSummary, report::FindingState},
        core::{
            fixtures::{all_well, at, inspect, look_of, spec, window, write_log},
            rules,
        },
    };

    const SET: &str =
        "2026-11-24 03:01:00.679304+00:00 [warning] <0.288.0> memory resource limit alarm set on node rabbit@rabbit.";
    const CLEARED: &str = "2026-11-24 03:05:00.575452+00:00 [warning] <0.288.0> memory resource limit alarm cleared on node rabbit@rabbit";

    fn found(spec: &MonitoringJobSpec, container: &str, lines: &[(i64, &str)], previous: &Previous) -> Vec<Finding> {
        let mut observations = all_well();
        write_log(&mut observations, spec, container, lines);
        rules::judge(spec, &observations, previous, window())
    }

    fn known(id: &str, kind: Kind) -> Previous {
        let [_, subject, reason] = id.split('/').collect::<Vec<_>>()[..] else { panic!() };
        let finding = FindingSummary {
            id: id.into(),
            kind,
            severity: Severity::Critical,
            rules_severity: None,
            subject: subject.into(),
            reason: reason.into(),
            message: "was so".into(),
            count: 1,
            first_seen: Some(at(-90)),
            last_seen: Some(at(-90)),
            state: FindingState::New,
        };
        Previous { findings: vec![finding], ..Previous::default() }
    }

    #[test]
    fn an_alarm_is_a_state_until_it_clears() {
        let none = Previous::default();
        let on = found(&spec(), "autopar-rabbitmq", &[(1, SET)], &none);
        assert_eq!(
            (on.len(), on[0].kind, on[0].severity, on[0].over_since),
            (1, Kind::State, Severity::Critical, None)
        );
        let over = found(&spec(), "autopar-rabbitmq", &[(1, SET), (5, CLEARED)], &none);
        assert_eq!((over[0].kind, over[0].severity, over[0].over_since), (Kind::Event, Severity::Warning, Some(at(5))));
        assert_eq!(found(&spec(), "autopar-rabbitmq", &[(5, CLEARED)], &none), []);
    }

    #[test]
    fn an_alarm_of_the_run_before_holds_while_nothing_ends_it() {
        let alarm = known("logs/autopar-rabbitmq/memory-alarm", Kind::State);
        let still =
            found(&spec(), "autopar-rabbitmq", &[(1, "2026-11-24 03:01:00.679304+00:00 [info] <0.288.0> x")], &alarm);
        assert_eq!((still.len(), still[0].first_seen, still[0].severity), (1, Some(at(-90)), Severity::Critical));
        assert_eq!(found(&spec(), "autopar-rabbitmq", &[(5, CLEARED)], &alarm), []);
        let mut observations = all_well();
        let ContainerLook::Seen { inspect: state, .. } = look_of(&mut observations, "autopar-rabbitmq") else {
            panic!()
        };
        *state = inspect(&json!({"Created": at(-10), "State": {"StartedAt": at(-10)}}));
        assert_eq!(rules::judge(&spec(), &observations, &alarm, window()), []);
        // An event that did not recur is no state.
        assert_eq!(found(&spec(), "autopar-rabbitmq", &[], &known("logs/autopar-rabbitmq/crashed", Kind::Event)), []);
    }

    #[test]
    fn what_keeps_a_service_from_starting_is_not_over_when_it_starts_again() {
        const WRONG: &str = "*** FATAL CONFIG FILE ERROR (Redis 8.0.2) ***";
        let look = |lines: &[(i64, &str)], previous: &Previous| {
            let mut observations = all_well();
            write_log(&mut observations, &spec(), "autopar-redis", lines);
            let ContainerLook::Seen { inspect: state, .. } = look_of(&mut observations, "autopar-redis") else {
                panic!()
            };
            *state = inspect(&json!({"Created": at(-10), "State": {"StartedAt": at(5)}}));
            let found = rules::judge(&spec(), &observations, previous, window());
            found.into_iter().find(|f| f.id == "logs/autopar-redis/config-error")
        };
        let none = Previous::default();
        let looping = look(&[(1, WRONG), (4, WRONG)], &none).unwrap();
        assert_eq!((looping.kind, looping.severity, looping.over_since), (Kind::State, Severity::Critical, None));
        let ready = "1:M 24 Nov 2026 03:05:01.000 * Ready to accept connections tcp";
        assert_eq!(look(&[(1, WRONG), (5, ready)], &none).unwrap().over_since, Some(at(5)));
        // It started since the run before, and said nothing of it again.
        assert_eq!(look(&[], &known("logs/autopar-redis/config-error", Kind::State)), None);
    }

    #[test]
    fn a_reload_that_failed_is_no_failed_start() {
        const WRONG: &str =
            "2026/11/24 03:04:00 [emerg] 1#1: unknown directive \"prxy_pass\" in /etc/nginx/nginx.conf:12";
        let look = |status: &str, started: i64| {
            let mut spec = spec();
            for container in spec.docker_hosts.iter_mut().flat_map(|host| &mut host.containers) {
                container.profile = container.name.eq("autopar-worker").then_some(ProfileName::Nginx);
            }
            let mut observations = all_well();
            write_log(&mut observations, &spec, "autopar-worker", &[(4, WRONG)]);
            let ContainerLook::Seen { inspect: state, .. } = look_of(&mut observations, "autopar-worker") else {
                panic!()
            };
            *state = inspect(&json!({"Created": at(-90), "State": {"Status": status, "StartedAt": at(started)}}));
            let found = rules::judge(&spec, &observations, &Previous::default(), window());
            let found = found.into_iter().find(|f| f.id == "logs/autopar-worker/config-error").unwrap();
            (found.severity, found.over_since, found.message.starts_with("a reload of nginx failed"))
        };
        assert_eq!(look("running", -90), (Severity::Warning, None, true));
        assert_eq!(look("exited", -90), (Severity::Critical, None, false));
        assert_eq!(look("restarting", 5), (Severity::Critical, None, false));
        assert_eq!(look("running", 5), (Severity::Warning, Some(at(5)), false), "it did start in the end");
    }

    #[test]
    fn a_process_runs_on_when_it_is_past_its_start_or_its_last_words() {
        let after = |millis: i64| at(0) + SignedDuration::from_millis(millis);
        for (status, said, until, expected) in [
            ("running", 3400, 4000, true),
            ("running", 500, 1600, true),
            ("running", 2500, 2900, false),
            ("restarting", 3400, 4000, false),
            ("running", -500, 9000, false),
            ("running", -500, 10_000, true),
        ] {
            let state = inspect(&json!({"State": {"Status": status, "StartedAt": at(0)}}));
            assert_eq!(runs_on(&state, Some(after(said)), after(until)), expected, "{status} {said} {until}");
        }
    }

    #[test]
    fn a_pattern_of_the_job_needs_its_count_within_its_time() {
        let mut spec = spec();
        spec.patterns = serde_saphyr::from_str(
            "
- {id: refused, severity: Critical, contains: Connection Refused, minCount: 3, per: 10m}
- {id: retries, severity: Warning, regex: '\\bretry(ing)?\\b', subjects: [autopar-redis]}
- {id: quiet, severity: Ignore, contains: known to be harmless}
- {id: error-records, severity: Info, contains: ERROR}
",
        )
        .unwrap();
        let none = Previous::default();
        let ids = |lines: &[(i64, &str)]| {
            found(&spec, "autopar-worker", lines, &none)
                .into_iter()
                .map(|f| (f.id, f.severity, f.count))
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(&[(0, "connection refused"), (5, "CONNECTION REFUSED"), (12, "connection refused")]), []);
        let three = ids(&[(0, "connection refused"), (5, "connection refused"), (9, "connection refused")]);
        assert_eq!(three, [("logs/autopar-worker/refused".to_owned(), Severity::Critical, 3)]);
        assert_eq!(ids(&[(0, "retrying")]), [], "it is for another container");
        let harmless = "ERROR known to be harmless";
        assert_eq!(ids(&[(0, harmless)]), []);
        assert_eq!(
            ids(&[(0, "ERROR no")]),
            [("logs/autopar-worker/error-records".to_owned(), Severity::Info, 1)],
            "the job's own takes the profile's place"
        );
    }

    #[test]
    fn a_finding_names_the_most_frequent_of_its_kinds() {
        let none = Previous::default();
        let mut log: Vec<(i64, String)> =
            (0..5).map(|n| (n, format!("ERROR job {n} failed: no route to 10.0.0.{n}"))).collect();
        let told = |log: &[(i64, String)]| {
            let lines: Vec<(i64, &str)> = log.iter().map(|(at, line)| (*at, line.as_str())).collect();
            let finding = found(&spec(), "autopar-worker", &lines, &none).remove(0);
            (finding.message, finding.evidence)
        };
        let first = "ERROR job 0 failed: no route to 10.0.0.0";
        assert_eq!(told(&log), (format!("the program logs errors (5 records): {first}"), vec![first.to_owned()]));
        log.insert(0, (0, "2026-11-24 03:00:00,000 ERROR cache is cold".to_owned()));
        assert_eq!(
            told(&log),
            (
                format!("the program logs errors (6 records of 2 kinds): {first}"),
                vec![format!("{first} (5×)"), "2026-11-24 03:00:00,000 ERROR cache is cold".to_owned()]
            )
        );
    }

    #[test]
    fn a_log_that_cannot_be_read_in_full_is_a_finding() {
        let mut observations = all_well();
        let ContainerLook::Seen { logs, .. } = look_of(&mut observations, "autopar-redis") else { panic!() };
        *logs = LogLook::Unavailable { why: "log driver none".into() };
        let ContainerLook::Seen { logs, .. } = look_of(&mut observations, "autopar-worker") else { panic!() };
        *logs = LogLook::Read(LogScan { incomplete: Some("rotated".into()), ..LogScan::default() });
        let findings = rules::judge(&spec(), &observations, &Previous::default(), window());
        let ids: Vec<&str> = findings.iter().map(|f| f.id.as_str()).collect();
        assert_eq!(ids, ["logs/autopar-redis/LogsUnavailable", "logs/autopar-worker/LogsIncomplete"]);
        assert!(findings.iter().all(|f| f.severity == Severity::Warning));
    }
}
