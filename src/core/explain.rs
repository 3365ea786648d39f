//! Why a report is as it is: what each log held, what each finding rests on, what each override did. For people who tune
//! a job on a recording of theirs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{
    expect,
    logs::{Example, SetAside},
    observation::{
        Observations,
        docker::{ContainerLook, Inspect, LogLook},
        logs::PatternMatch,
        website::AttemptResult,
    },
    previous::Previous,
    profiles, redact, rules,
};
use crate::api::{
    Finding, FindingState, MonitoringJobSpec, Severity,
    job::{Container, Website},
    report::{Aspect, Report},
};

/// Why a report is as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What each log held.
    pub logs: Vec<OfLog>,
    /// What each finding rests on, in the report's order.
    pub findings: Vec<OfFinding>,
    /// What each override of the job did.
    pub overrides: Vec<OfOverride>,
}

/// What a container's log held.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfLog {
    /// The container.
    pub container: String,
    /// The profile that its records were compared with.
    pub profile: String,
    /// How many records were read.
    pub records: u64,
    /// Why it was not read, or not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// The patterns that matched.
    pub matched: Vec<OfPattern>,
    /// What counts for nothing.
    #[serde(flatten)]
    pub aside: SetAside,
}

/// What matched a pattern.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfPattern {
    /// Its id.
    pub id: String,
    /// It is of the job; else of the profile.
    pub own: bool,
    /// How much it matters.
    pub severity: Severity,
    /// How many records matched.
    pub count: u64,
    /// How many of them within the pattern's time, at most.
    pub most_within: u64,
    /// How many it takes: fewer give no finding.
    pub min_count: u64,
    /// Within how many seconds; none for the whole window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_seconds: Option<i64>,
    /// When a record said that it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared: Option<Timestamp>,
    /// The first record that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
    /// The finding that came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
}

/// What a finding rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfFinding {
    /// Its id, to be copied into an override.
    pub id: String,
    /// What it counts as.
    pub severity: Severity,
    /// Against the run before.
    pub state: FindingState,
    /// What was seen.
    pub facts: Vec<String>,
    /// What the run before knew.
    pub baseline: String,
    /// What it was measured by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
    /// What it is to the probable cause, and why.
    pub cause: String,
    /// What an override made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden: Option<String>,
}

/// What an override did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfOverride {
    /// The finding's id.
    pub id: String,
    /// What came of it.
    pub outcome: String,
}

/// Why `report` is as it is. `aside`: for each container what its log held besides.
pub fn explain(
    spec: &MonitoringJobSpec,
    seen: &Observations,
    previous: &Previous,
    report: &Report,
    mut aside: BTreeMap<String, SetAside>,
) -> Explanation {
    let of_log = |(_, container): (_, &Container)| {
        let aside = aside.remove(&container.name).unwrap_or_default();
        of_log(spec, container, seen, report, aside)
    };
    Explanation {
        logs: rules::containers(spec).map(of_log).collect(),
        findings: report.findings.iter().map(|f| of_finding(spec, seen, previous, report, f)).collect(),
        overrides: overrides(spec, report),
    }
}

fn of_log(
    spec: &MonitoringJobSpec,
    container: &Container,
    seen: &Observations,
    report: &Report,
    aside: SetAside,
) -> OfLog {
    let log = match look(seen, &container.name) {
        Some(ContainerLook::Seen { logs, .. }) => Ok(logs),
        Some(ContainerLook::NotObserved { why }) => Err(why.clone()),
        Some(ContainerLook::Missing { .. }) => Err("there is no container of this name".to_owned()),
        None => Err("the run did not come to it".to_owned()),
    };
    let (records, unread, matches) = match log {
        Ok(LogLook::Read(scan)) => (scan.records, scan.incomplete.clone(), scan.matches.as_slice()),
        Ok(LogLook::Unavailable { why }) => (0, Some(why.clone()), &[][..]),
        Err(why) => (0, Some(why), &[][..]),
    };
    let profile = container.profile.unwrap_or_default();
    OfLog {
        container: container.name.clone(),
        profile: format!("{profile:?}").to_lowercase(),
        records,
        unread,
        matched: matches.iter().map(|found| of_pattern(spec, container, report, found)).collect(),
        aside,
    }
}

fn of_pattern(spec: &MonitoringJobSpec, container: &Container, report: &Report, found: &PatternMatch) -> OfPattern {
    let own = spec
        .patterns
        .iter()
        .find(|p| p.id == found.id && (p.subjects.is_empty() || p.subjects.contains(&container.name)));
    let known = profiles::compiled(container.profile.unwrap_or_default()).patterns();
    let per_seconds = match own {
        Some(own) => own.per.map(|per| per.signed().as_secs()),
        None => known.iter().find(|known| known.id == found.id).map(|known| known.per_secs),
    };
    let id = format!("logs/{}/{}", container.name, found.id);
    OfPattern {
        id: found.id.clone(),
        own: own.is_some(),
        severity: found.severity,
        count: found.count,
        most_within: found.most_within,
        min_count: found.min_count,
        per_seconds: per_seconds.filter(|per| *per > 0),
        cleared: found.cleared,
        example: found.evidence.first().map(|shown| Example { at: found.first, text: redact::cut(&shown.record, 200) }),
        finding: report.findings.iter().find(|f| f.id == id).map(|f| f.id.clone()),
    }
}

fn of_finding(
    spec: &MonitoringJobSpec,
    seen: &Observations,
    previous: &Previous,
    report: &Report,
    finding: &Finding,
) -> OfFinding {
    let known = previous.findings.iter().find(|known| known.id == finding.id);
    let mut baseline = match known {
        Some(known) => known.first_seen.map_or_else(
            || "the run before found it, too".to_owned(),
            |since| format!("the run before found it, too, since {}", instant(since)),
        ),
        None if previous.window.is_none() => "there was no run before".to_owned(),
        None => "the run before did not find it".to_owned(),
    };
    let parts: Vec<&str> = finding.id.split('/').collect();
    let mut facts = lines(report, finding, &parts);
    if finding.state == FindingState::Unknown {
        facts.push("carried on from the run before: what would show it was not observed now".to_owned());
    }
    let mut threshold = None;
    match parts[..] {
        ["website", website, check, reason] => {
            let site = spec.websites.iter().find(|w| w.name == website);
            threshold = site.and_then(|site| website_threshold(site, check, reason));
            let looked = seen.checks.iter().filter(|c| c.website == website && c.check == check);
            facts.extend(looked.flat_map(|c| &c.attempts).take(5).map(|attempt| {
                let what = match &attempt.result {
                    AttemptResult::Answered(answer) => format!("answered {}", answer.status),
                    AttemptResult::Failed { reason, detail } => format!("{reason:?}: {detail}"),
                };
                format!("attempt at {}: {what} after {} ms", instant(attempt.at), attempt.phases.total_ms)
            }));
        }
        ["container", name, reason] => {
            if let Some(ContainerLook::Seen { inspect, .. }) = look(seen, name) {
                facts.push(of_inspect(inspect));
            }
            if let Some(known) = previous.containers.iter().find(|known| known.name == name) {
                let started = known.started_at.map_or_else(String::new, |at| format!(", started {}", instant(at)));
                let (id, count) = (short(&known.id), known.restart_count);
                baseline = format!("{baseline}; it saw {id} restarted {count}×{started}");
            }
            let container = rules::containers(spec).map(|(_, container)| container).find(|c| c.name == name);
            threshold =
                container.and_then(|c| rules::container::thresholds_of(c, reason)).map(|(warning, critical)| {
                    let critical =
                        critical.map_or_else(String::new, |critical| format!(", is critical at {critical} %"));
                    format!("warns at {warning} %{critical}")
                });
        }
        ["logs", name, pattern] => {
            if let Some(ContainerLook::Seen { logs: LogLook::Read(scan), .. }) = look(seen, name)
                && let Some(found) = scan.matches.iter().find(|found| found.id == pattern)
            {
                let time = |what: &str, at: Option<Timestamp>| {
                    at.map_or_else(String::new, |at| format!(", the {what} at {}", instant(at)))
                };
                let last = found.last.filter(|_| found.count > 1);
                let times = time(if last.is_some() { "first" } else { "one" }, found.first) + &time("last", last);
                facts.push(format!("records that match {pattern}: {}{times}", found.count));
                threshold = (found.min_count > 1).then(|| {
                    format!("takes {}, and {} came within the pattern's time", found.min_count, found.most_within)
                });
            }
        }
        _ => {}
    }
    OfFinding {
        id: finding.id.clone(),
        severity: finding.severity,
        state: finding.state,
        facts,
        baseline,
        threshold,
        cause: cause(report, finding),
        overridden: finding.rules_severity.map(|rules| {
            let why = finding.override_reason.as_deref().unwrap_or_default();
            format!("{rules:?} by the rules, {:?} by the override: {why}", finding.severity)
        }),
    }
}

/// The lines of the report on what was seen of the finding's thing.
fn lines(report: &Report, finding: &Finding, parts: &[&str]) -> Vec<String> {
    let aspect = match parts.first() {
        Some(&"website") => Aspect::Website,
        Some(&"container") => Aspect::Container,
        Some(&"logs") => Aspect::Logs,
        Some(&"docker") => Aspect::DockerHost,
        _ => return Vec::new(),
    };
    let check = parts.get(2).filter(|_| aspect == Aspect::Website);
    let seen = report.observations.iter().filter(|o| {
        o.aspect == aspect
            && o.subject == finding.subject
            && check.is_none_or(|check| o.check.as_deref() == Some(check))
    });
    seen.map(|o| o.message.clone()).collect()
}

fn website_threshold(site: &Website, check: &str, reason: &str) -> Option<String> {
    let latency = site.latency.as_ref();
    match reason {
        "Slow" => Some(format!("slow above {}", latency?.warning?)),
        "TooSlow" => Some(format!("too slow above {}", latency?.critical?)),
        "Timeout" => Some(format!("the timeout is {}", site.attempt_timeout())),
        "UnexpectedStatus" => {
            let checks = site.all_checks();
            let expected = checks.iter().find(|c| c.name == check)?.expect.as_ref();
            Some(format!("expected is {}", expect::expected_statuses(expected)))
        }
        "CertificateExpiring" => {
            let limit = |limit: Option<crate::api::Duration>, default: &str| {
                limit.map_or_else(|| default.to_owned(), |limit| limit.to_string())
            };
            let tls = site.tls.as_ref();
            let warning = limit(tls.and_then(|tls| tls.warning), "14d or a third of its life");
            let critical = limit(tls.and_then(|tls| tls.critical), "3d or a tenth of its life");
            Some(format!("warns with less than {warning} left, is critical with less than {critical}"))
        }
        _ => None,
    }
}

fn of_inspect(inspect: &Inspect) -> String {
    let state = &inspect.state;
    let time =
        |what: &str, at: Option<Timestamp>| at.map_or_else(String::new, |at| format!(", {what} {}", instant(at)));
    format!(
        "{}: status {}, exit code {}, OOM-killed {}, restarted {}×{}{}{}",
        short(&inspect.id),
        state.status,
        state.exit_code,
        state.oom_killed,
        inspect.restart_count,
        time("created", inspect.created),
        time("started", state.started_at),
        time("ended", state.finished_at),
    )
}

/// What a finding is to the probable cause.
fn cause(report: &Report, finding: &Finding) -> String {
    match &report.probable_cause {
        _ if finding.is_muted() => "muted, so it is neither cause nor consequence".to_owned(),
        _ if !finding.is_bad() => "counts for nothing".to_owned(),
        Some(cause) if cause.finding_id == finding.id => format!("the probable cause: {}", cause.message),
        Some(cause) if cause.consequences.contains(&finding.id) => {
            format!("folded under {}: {}", cause.finding_id, cause.message)
        }
        Some(cause) => format!("on its own: nothing ties it to {}", cause.finding_id),
        None => "on its own".to_owned(),
    }
}

fn overrides(spec: &MonitoringJobSpec, report: &Report) -> Vec<OfOverride> {
    let outcome = |item: &crate::api::job::Override| {
        let found = report.findings.iter().find(|f| f.id == item.id);
        match (item.holds(report.window.until), found) {
            (false, _) => "has expired: remove it".to_owned(),
            (true, Some(found)) if found.is_muted() => "mutes a finding".to_owned(),
            (true, Some(_)) => format!("makes a finding {:?}", item.severity),
            (true, None) => "matches nothing here".to_owned(),
        }
    };
    spec.overrides.iter().map(|item| OfOverride { id: item.id.clone(), outcome: outcome(item) }).collect()
}

fn look<'o>(seen: &'o Observations, name: &str) -> Option<&'o ContainerLook> {
    seen.containers.iter().find(|c| c.name == name).map(|c| &c.look)
}

/// A container's id as people write it.
fn short(id: &str) -> String {
    id.chars().take(12).collect()
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
