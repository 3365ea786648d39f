//! What ties two subjects: one needs the other, or what was found of one names the other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{
    begin::{Begin, in_time},
    effects::{can_break, can_follow, tells_of_failed_requests},
    family,
    names::Names,
    within,
};
use crate::{
    api::{Finding, FindingState, MonitoringJobSpec, Window, job::ProfileName},
    core::{
        observation::{Observations, docker::ContainerLook, website::AttemptResult},
        rules::{self, container::By},
    },
};

/// What needs what, and who names whom.
pub(super) struct Ties<'s> {
    window: Window,
    /// Each subject and all that it needs, over any number of steps.
    needs: BTreeMap<&'s str, BTreeSet<&'s str>>,
    /// For each finding the subjects that its evidence names.
    named: BTreeMap<String, BTreeSet<&'s str>>,
    profiles: BTreeMap<&'s str, ProfileName>,
    /// Who ended each container that was seen.
    ended_by: BTreeMap<&'s str, By>,
    /// The checks that a server answered with its own failure: website and check.
    server_errors: BTreeSet<(&'s str, &'s str)>,
}

/// What a program logs fails a check now, where it was logged within this before the run.
const STILL_FAILING: SignedDuration = SignedDuration::from_mins(10);

impl<'s> Ties<'s> {
    pub(super) fn of(
        spec: &'s MonitoringJobSpec,
        seen: &'s Observations,
        window: Window,
        findings: &[Finding],
    ) -> Self {
        let names = Names::of(spec, seen);
        let named = findings.iter().map(|finding| (finding.id.clone(), names.named_by(finding)));
        let profiles = rules::containers(spec).map(|(_, c)| (c.name.as_str(), c.profile.unwrap_or_default()));
        let ended_by = seen.containers.iter().filter_map(|container| {
            let ContainerLook::Seen { inspect, .. } = &container.look else { return None };
            let events = seen.hosts.iter().find(|h| h.name == container.host).map_or(&[][..], |h| &h.events);
            Some((container.name.as_str(), rules::container::last_ended_by(&container.name, inspect, events)))
        });
        let server_errors = seen.checks.iter().filter(|check| {
            let last = check.attempts.last().map(|attempt| &attempt.result);
            matches!(last, Some(AttemptResult::Answered(answer)) if answer.status >= 500)
        });
        Self {
            window,
            server_errors: server_errors.map(|check| (check.website.as_str(), check.check.as_str())).collect(),
            needs: needs(spec),
            named: named.collect(),
            profiles: profiles.collect(),
            ended_by: ended_by.collect(),
        }
    }

    pub(super) fn needs(&self, subject: &str, other: &str) -> bool {
        self.needs.get(subject).is_some_and(|all| all.contains(other))
    }

    /// Whether the evidence of a finding names this subject.
    pub(super) fn names(&self, finding: &Finding, subject: &str) -> bool {
        self.named.get(&finding.id).is_some_and(|all| all.contains(subject))
    }

    pub(super) fn profile(&self, container: &str) -> Option<ProfileName> {
        self.profiles.get(container).copied()
    }

    pub(super) fn ended_by(&self, container: &str) -> Option<By> {
        self.ended_by.get(container).copied()
    }

    pub(super) fn begin(&self, finding: &Finding) -> Begin {
        Begin::of(finding, self.window)
    }

    /// How far apart two findings began: of several possible causes the nearest is the likeliest.
    pub(super) fn apart(&self, cause: &Finding, other: &Finding) -> SignedDuration {
        let (cause, other) = (self.begin(cause).latest, self.begin(other).latest);
        cause.zip(other).map_or(SignedDuration::MAX, |(cause, other)| cause.duration_since(other).abs())
    }

    /// Whether `other` may follow from `cause`.
    pub(super) fn explains(&self, cause: &Finding, other: &Finding) -> bool {
        if cause.subject == other.subject {
            let seen = cause.state != FindingState::Unknown || other.state == FindingState::Unknown;
            return seen && within::explains(self, cause, other);
        }
        let named = self.names(other, &cause.subject) || self.tells_of(cause, &other.subject);
        (named || self.needs_alone(cause, other))
            && !self.is_of_its_client(cause, other)
            && !self.tells_of(other, &cause.subject)
            && can_break(cause, other, named || self.fails_requests(cause, other))
            && can_follow(other, self.ended_by(&other.subject))
            && in_time(cause, other, self.window)
    }

    /// Whether the need ties them: not where the evidence names others, none of which needs the cause.
    fn needs_alone(&self, cause: &Finding, other: &Finding) -> bool {
        let named = self.named.get(&other.id).filter(|named| !named.is_empty());
        let leads_there = |named: &BTreeSet<&str>| named.iter().any(|name| self.needs(name, &cause.subject));
        self.needs(&other.subject, &cause.subject) && named.is_none_or(leads_there)
    }

    /// Whether a log tells of what needs its container: a web server logs which site's requests it could not answer.
    fn tells_of(&self, finding: &Finding, subject: &str) -> bool {
        family(finding) == "logs" && self.needs(subject, &finding.subject) && self.names(finding, subject)
    }

    /// Whether a program that a site needs logs of requests that fail, and the site was answered with a server's error.
    fn fails_requests(&self, cause: &Finding, other: &Finding) -> bool {
        let ["website", website, check, "UnexpectedStatus"] = other.id.split('/').collect::<Vec<_>>()[..] else {
            return false;
        };
        let lasts = cause.last_seen.is_some_and(|last| last + STILL_FAILING >= self.window.until);
        lasts && tells_of_failed_requests(cause) && self.server_errors.contains(&(website, check))
    }

    /// Servers name their clients. That a client logs errors, too, is no cause of what its server logs.
    fn is_of_its_client(&self, cause: &Finding, other: &Finding) -> bool {
        let serves = matches!(self.profile(&other.subject), Some(ProfileName::Redis | ProfileName::Rabbitmq));
        let client = self.needs(&cause.subject, &other.subject) && !self.needs(&other.subject, &cause.subject);
        family(cause) == "logs" && family(other) == "logs" && (serves || client)
    }
}

/// Each subject and all that it needs: what `dependencies` say, a container its host, a website the host of that name.
fn needs(spec: &MonitoringJobSpec) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut direct: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for dependency in &spec.dependencies {
        direct.entry(&dependency.subject).or_default().extend(dependency.needs.iter().map(String::as_str));
    }
    for (host, container) in rules::containers(spec) {
        direct.entry(&container.name).or_default().insert(&host.name);
    }
    for website in &spec.websites {
        let same = |address: &str| {
            super::names::host_of(address).is_some_and(|h| Some(h) == super::names::host_of(&website.url))
        };
        let hosts = spec.docker_hosts.iter().filter(|host| same(&host.host)).map(|host| host.name.as_str());
        direct.entry(&website.name).or_default().extend(hosts);
    }
    direct.keys().map(|&subject| (subject, reach(&direct, subject))).collect()
}

fn reach<'s>(direct: &BTreeMap<&'s str, BTreeSet<&'s str>>, subject: &str) -> BTreeSet<&'s str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = direct.get(subject).into_iter().flatten().copied().collect();
    while let Some(next) = open.pop() {
        if next != subject && found.insert(next) {
            open.extend(direct.get(next).into_iter().flatten());
        }
    }
    found
}
