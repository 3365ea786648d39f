//! From what was seen to what matters. Rules judge typed facts, never text that we wrote ourselves.
//!
//! What could not be observed is a finding, too: nothing here turns silence into health.

pub mod container;
pub mod host;
pub mod logs;
pub mod own;
pub mod trends;
pub mod website;

use super::{
    observation::{Observations, docker::ContainerLook},
    previous::Previous,
    redact::cut,
};
use crate::api::{
    Finding, FindingState, Kind, MonitoringJobSpec, Severity, Window,
    job::{Check, Container, DockerHost, Website},
    job_status::FindingSummary,
    report::Source,
};

/// The longest message of a finding, in characters.
const MESSAGE: usize = 400;

/// All that the rules find in what was seen, in the spec's order, each id once. Their `state` is not decided yet.
pub fn judge(spec: &MonitoringJobSpec, seen: &Observations, previous: &Previous, window: Window) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (website, check) in checks(spec) {
        if !seen.checks.iter().any(|c| c.website == website.name && c.check == check) {
            findings.push(not_looked_at(&format!("website/{}/{check}", website.name), &website.name, NOT_REACHED));
        }
    }
    findings.extend(spec.websites.iter().flat_map(|website| website::judge(website, &seen.checks, previous)));
    for host in &spec.docker_hosts {
        let looked = seen.hosts.iter().find(|h| h.name == host.name);
        match looked {
            Some(looked) => findings.extend(host::judge(host, looked, window)),
            None => findings.push(not_looked_at(&format!("docker/{}", host.name), &host.name, NOT_REACHED)),
        }
        for container in &host.containers {
            let Some(looked_at) = seen.containers.iter().find(|c| c.name == container.name) else {
                findings.push(not_looked_at(&format!("container/{}", container.name), &container.name, NOT_REACHED));
                continue;
            };
            if let ContainerLook::NotObserved { why } = &looked_at.look {
                // The host's own finding says it for all of its containers.
                if !looked.is_some_and(host::says_why) {
                    findings.push(not_looked_at(&format!("container/{}", container.name), &container.name, why));
                }
                continue;
            }
            let events = looked.map_or(&[][..], |h| &h.events);
            findings.extend(container::judge(container, &looked_at.look, events, previous, window));
            findings.extend(logs::judge(container, &looked_at.look, previous, window));
        }
    }
    let unusual = trends::judge(spec, seen, previous, window, &findings);
    findings.extend(unusual);
    findings
}

const NOT_REACHED: &str = "the run did not come to it";

/// The checks of a spec with their websites; a website without checks has one of `/`, named `home`.
pub fn checks(spec: &MonitoringJobSpec) -> impl Iterator<Item = (&Website, &str)> {
    spec.websites.iter().flat_map(|website| {
        let implied = website.checks.is_empty().then_some("home");
        website.checks.iter().map(|Check { name, .. }| name.as_str()).chain(implied).map(move |check| (website, check))
    })
}

/// The containers of a spec with their hosts.
pub fn containers(spec: &MonitoringJobSpec) -> impl Iterator<Item = (&DockerHost, &Container)> {
    spec.docker_hosts.iter().flat_map(|host| host.containers.iter().map(move |container| (host, container)))
}

/// Whether the spec still names what the finding of this id is about.
pub fn is_watched(spec: &MonitoringJobSpec, id: &str) -> bool {
    match id.split('/').collect::<Vec<_>>()[..] {
        ["website", website, check, _] => checks(spec).any(|(w, c)| w.name == website && c == check),
        ["docker", host, _] => spec.docker_hosts.iter().any(|h| h.name == host),
        ["container" | "logs", name, _] => containers(spec).any(|(_, c)| c.name == name),
        ["self", ..] => true,
        _ => false,
    }
}

fn not_looked_at(stem: &str, subject: &str, why: &str) -> Finding {
    finding(
        format!("{stem}/NotObserved"),
        Kind::State,
        Severity::Warning,
        subject,
        format!("could not be looked at: {why}"),
    )
}

/// A finding with what every one needs. Its reason is the last part of its id.
pub fn finding(id: String, kind: Kind, severity: Severity, subject: &str, message: impl Into<String>) -> Finding {
    Finding {
        reason: id.rsplit('/').next().unwrap_or_default().to_owned(),
        id,
        kind,
        severity,
        rules_severity: None,
        override_reason: None,
        subject: subject.to_owned(),
        message: cut(&message.into(), MESSAGE),
        advice: None,
        count: 1,
        first_seen: None,
        last_seen: None,
        over_since: None,
        evidence: Vec::new(),
        state: FindingState::New,
        source: Source::Rules,
    }
}

/// A finding of the run before that was not found again.
pub fn carried(before: &FindingSummary, state: FindingState) -> Finding {
    Finding {
        rules_severity: before.rules_severity,
        reason: before.reason.clone(),
        count: before.count,
        first_seen: before.first_seen,
        last_seen: before.last_seen,
        state,
        ..finding(before.id.clone(), before.kind, before.severity, &before.subject, &before.message)
    }
}

/// `1 record`, `3 records`.
fn plural(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
