//! The rules that a spec has to keep beyond types and bounds, each once in Rust and once in CEL.
//!
//! The API server refuses what breaks one of them; here they run for files, and for objects that were stored before a
//! rule came. What only a process can judge, such as a regular expression, is in [`crate::core::check`].

pub mod rule;

use std::{collections::BTreeSet, net::IpAddr};

use self::rule::{Across, Form, Span};
use super::{
    Duration, MonitoringJob, MonitoringJobSpec, MonitoringRun,
    job::{
        Analysis, Check, Container, Dependency, DockerHost, Header, Pattern, PatternSeverity, Percent, SecretKeyRef,
        SecretRef, Tls, Website,
    },
    run::Trigger,
};

/// Something wrong with a spec: where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field's path, such as `spec.schedule.cron[0]`.
    pub path: String,
    /// What is wrong, with a value that would be accepted.
    pub message: String,
}

/// The headers that are the client's own, in lower case.
const RESERVED_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What is wrong with a job, in the order of its fields; nothing when its rules are kept.
pub fn problems(job: &MonitoringJob) -> Vec<Problem> {
    let mut found = Found::default();
    found.unless(job.metadata.name.as_ref().is_none_or(|name| name.len() <= 40), "metadata.name", &rule::JOB_NAME);
    found.job(&job.spec);
    found.0
}

/// What is wrong with a run that is to be created.
pub fn run_problems(run: &MonitoringRun) -> Vec<Problem> {
    let (mut found, spec) = (Found::default(), &run.spec);
    found.unless(run.metadata.name.as_ref().is_none_or(|name| name.len() <= 63), "metadata.name", &rule::RUN_NAME);
    found.text("spec.jobRef.name", Some(&spec.job_ref.name), &rule::OBJECT_NAME);
    found.span("spec.lookback", spec.lookback, &rule::LOOKBACK);
    let scheduled = spec.trigger == Some(Trigger::Schedule);
    found.unless(spec.scheduled_time.is_some() == scheduled, "spec", &rule::RUN_SLOT);
    found.0
}

#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, path: impl Into<String>, message: &str) {
        self.0.push(Problem { path: path.into(), message: message.to_owned() });
    }

    fn unless(&mut self, holds: bool, path: impl Into<String>, rule: &Across) {
        if !holds {
            self.add(path, rule.message);
        }
    }

    fn text(&mut self, path: impl Into<String>, text: Option<&str>, form: &Form) {
        if text.is_some_and(|text| !form.holds(text)) {
            self.add(path, form.message);
        }
    }

    fn span(&mut self, path: impl Into<String>, span: Option<Duration>, bounds: &Span) {
        if span.is_some_and(|span| !bounds.holds(span)) {
            self.add(path, bounds.message);
        }
    }

    fn job(&mut self, spec: &MonitoringJobSpec) {
        self.unless(!spec.websites.is_empty() || !spec.docker_hosts.is_empty(), "spec", &rule::SOMETHING);
        self.text("spec.environment", Some(&spec.environment), &rule::LINE);
        self.text("spec.title", spec.title.as_deref(), &rule::LINE);
        if let Some(schedule) = &spec.schedule {
            self.span("spec.schedule.startingDeadline", schedule.starting_deadline, &rule::STARTING_DEADLINE);
            self.span("spec.schedule.jitter", schedule.jitter, &rule::JITTER);
        }
        self.span("spec.lookback", spec.lookback, &rule::LOOKBACK);
        self.span("spec.timeout", spec.timeout, &rule::RUN_TIMEOUT);
        self.span("spec.confirm.delay", spec.confirm.as_ref().and_then(|confirm| confirm.delay), &rule::CONFIRM_DELAY);
        for (i, website) in spec.websites.iter().enumerate() {
            self.website(&format!("spec.websites[{i}]"), website);
        }
        let checks: usize = spec.websites.iter().map(|website| website.checks.len().max(1)).sum();
        self.unless(checks <= 64, "spec.websites", &rule::CHECK_COUNT);
        for (i, host) in spec.docker_hosts.iter().enumerate() {
            self.docker_host(&format!("spec.dockerHosts[{i}]"), host);
        }
        let containers: usize = spec.docker_hosts.iter().map(|host| host.containers.len()).sum();
        self.unless(containers <= 64, "spec.dockerHosts", &rule::CONTAINER_COUNT);
        let names = self.names(spec);
        for (i, dependency) in spec.dependencies.iter().enumerate() {
            self.dependency(&format!("spec.dependencies[{i}]"), dependency, &names);
        }
        let containers: BTreeSet<&str> =
            spec.docker_hosts.iter().flat_map(|host| &host.containers).map(|c| c.name.as_str()).collect();
        for (i, pattern) in spec.patterns.iter().enumerate() {
            self.pattern(&format!("spec.patterns[{i}]"), pattern, &containers);
        }
        for (i, item) in spec.overrides.iter().enumerate() {
            let path = format!("spec.overrides[{i}]");
            self.text(format!("{path}.id"), Some(&item.id), &rule::FINDING_ID);
            self.unless(is_of(spec, &item.id, &containers), format!("{path}.id"), &rule::OVERRIDE_SUBJECT);
            self.text(format!("{path}.reason"), Some(&item.reason), &rule::LINE);
        }
        if let Some(Analysis { claude }) = &spec.analysis {
            let path = "spec.analysis.claude";
            self.text(format!("{path}.model"), Some(&claude.model), &rule::MODEL);
            self.key(&format!("{path}.apiKeySecretRef"), &claude.api_key_secret_ref);
            let time = claude.budget.as_ref().and_then(|budget| budget.time);
            self.span(format!("{path}.budget.time"), time, &rule::INVESTIGATION_TIME);
        }
        for (i, receiver) in spec.notifications.iter().flat_map(|n| &n.receivers).enumerate() {
            let path = format!("spec.notifications.receivers[{i}]");
            self.text(format!("{path}.name"), Some(&receiver.name), &rule::NAME);
            self.secret(&format!("{path}.telegram.secretRef"), Some(&receiver.telegram.secret_ref));
        }
    }

    /// The names of all subjects, each of which has to be unique.
    fn names<'a>(&mut self, spec: &'a MonitoringJobSpec) -> BTreeSet<&'a str> {
        let mut names = BTreeSet::new();
        let websites = spec.websites.iter().enumerate().map(|(i, w)| (format!("spec.websites[{i}].name"), &w.name));
        let hosts = spec.docker_hosts.iter().enumerate().flat_map(|(i, host)| {
            let path = format!("spec.dockerHosts[{i}]");
            let own = (format!("{path}.name"), &host.name);
            let containers = host.containers.iter().enumerate();
            std::iter::once(own)
                .chain(containers.map(move |(i, container)| (format!("{path}.containers[{i}].name"), &container.name)))
        });
        for (path, name) in websites.chain(hosts) {
            self.unless(names.insert(name.as_str()), path, &rule::UNIQUE_WEBSITES);
        }
        names
    }

    fn website(&mut self, path: &str, website: &Website) {
        self.text(format!("{path}.name"), Some(&website.name), &rule::NAME);
        self.text(format!("{path}.url"), Some(&website.url), &rule::URL);
        self.span(format!("{path}.timeout"), website.timeout, &rule::CHECK_TIMEOUT);
        if let Some(latency) = &website.latency {
            self.span(format!("{path}.latency.warning"), latency.warning, &rule::LATENCY);
            self.span(format!("{path}.latency.critical"), latency.critical, &rule::LATENCY);
            let rising = ordered(latency.warning, latency.critical);
            self.unless(rising, format!("{path}.latency"), &rule::LATENCY_ORDER);
        }
        if let Some(tls) = &website.tls {
            self.tls(&format!("{path}.tls"), tls);
        }
        self.unless(website.resolve.as_deref().is_none_or(is_ip), format!("{path}.resolve"), &rule::RESOLVE);
        for (i, header) in website.headers.iter().enumerate() {
            self.header(&format!("{path}.headers[{i}]"), header);
        }
        for (i, check) in website.checks.iter().enumerate() {
            self.check(&format!("{path}.checks[{i}]"), check);
        }
    }

    fn tls(&mut self, path: &str, tls: &Tls) {
        self.span(format!("{path}.warning"), tls.warning, &rule::DURATION);
        self.span(format!("{path}.critical"), tls.critical, &rule::DURATION);
        self.unless(ordered(tls.critical, tls.warning), path, &rule::TLS_ORDER);
        self.secret(&format!("{path}.caSecretRef"), tls.ca_secret_ref.as_ref());
        self.unless(tls.ca_secret_ref.is_none() || !tls.insecure_skip_verify, path, &rule::TLS_TRUST);
    }

    fn header(&mut self, path: &str, header: &Header) {
        self.text(format!("{path}.name"), Some(&header.name), &rule::HEADER_NAME);
        let reserved = RESERVED_HEADERS.contains(&header.name.to_ascii_lowercase().as_str());
        self.unless(!reserved, path, &rule::HEADER_RESERVED);
        self.text(format!("{path}.value"), header.value.as_deref(), &rule::HEADER_VALUE);
        self.unless(header.value.is_some() != header.value_from.is_some(), path, &rule::HEADER_SOURCE);
        if let Some(from) = &header.value_from {
            self.key(&format!("{path}.valueFrom.secretKeyRef"), &from.secret_key_ref);
        }
    }

    fn check(&mut self, path: &str, check: &Check) {
        self.text(format!("{path}.name"), Some(&check.name), &rule::NAME);
        self.text(format!("{path}.path"), Some(&check.path), &rule::PATH);
        let Some(expect) = &check.expect else { return };
        for status in &expect.status {
            self.text(format!("{path}.expect.status"), Some(status), &rule::STATUS);
        }
        self.text(format!("{path}.expect.location"), expect.location.as_deref(), &rule::LOCATION);
        let seen = expect.location.is_none() || check.follow_redirects == Some(false);
        self.unless(seen, path, &rule::LOCATION_UNFOLLOWED);
    }

    fn docker_host(&mut self, path: &str, host: &DockerHost) {
        self.text(format!("{path}.name"), Some(&host.name), &rule::NAME);
        self.text(format!("{path}.host"), Some(&host.host), &rule::ENGINE);
        self.secret(&format!("{path}.tlsSecretRef"), host.tls_secret_ref.as_ref());
        let (tls, socket) = (host.tls_secret_ref.is_some(), host.host.starts_with("unix://"));
        self.unless(tls || socket || rule::LOOPBACK_ENGINE.holds(&host.host), path, &rule::ENGINE_TLS);
        self.unless(!tls || !socket, path, &rule::ENGINE_SOCKET);
        for (i, container) in host.containers.iter().enumerate() {
            self.container(&format!("{path}.containers[{i}]"), container);
        }
    }

    fn container(&mut self, path: &str, container: &Container) {
        self.text(format!("{path}.name"), Some(&container.name), &rule::CONTAINER_NAME);
        self.text(format!("{path}.label"), container.label.as_deref(), &rule::LINE);
        for (name, percent) in [("cpuPercent", &container.cpu_percent), ("memoryPercent", &container.memory_percent)] {
            let rising = percent.as_ref().is_none_or(|Percent { warning, critical }| ordered(*warning, *critical));
            self.unless(rising, format!("{path}.{name}"), &rule::PERCENT_ORDER);
        }
    }

    fn dependency(&mut self, path: &str, dependency: &Dependency, names: &BTreeSet<&str>) {
        let known = |name: &String| names.contains(name.as_str());
        self.unless(known(&dependency.subject), format!("{path}.subject"), &rule::DEPENDENCY_SUBJECT);
        self.unless(dependency.needs.iter().all(known), format!("{path}.needs"), &rule::DEPENDENCY_NEEDS);
        self.unless(!dependency.needs.contains(&dependency.subject), path, &rule::DEPENDENCY_SELF);
    }

    fn pattern(&mut self, path: &str, pattern: &Pattern, containers: &BTreeSet<&str>) {
        self.text(format!("{path}.id"), Some(&pattern.id), &rule::NAME);
        self.unless(pattern.contains.is_some() != pattern.regex.is_some(), path, &rule::PATTERN_TEXT);
        let counted = pattern.severity != PatternSeverity::Ignore;
        self.unless(counted || pattern.per.is_none() && pattern.min_count.is_none(), path, &rule::PATTERN_IGNORE);
        self.span(format!("{path}.per"), pattern.per, &rule::PER);
        let known = pattern.subjects.iter().all(|subject| containers.contains(subject.as_str()));
        self.unless(known, format!("{path}.subjects"), &rule::PATTERN_SUBJECTS);
    }

    fn key(&mut self, path: &str, key: &SecretKeyRef) {
        self.text(format!("{path}.name"), Some(&key.name), &rule::OBJECT_NAME);
        self.text(format!("{path}.key"), Some(&key.key), &rule::SECRET_KEY);
    }

    fn secret(&mut self, path: &str, secret: Option<&SecretRef>) {
        self.text(format!("{path}.name"), secret.map(|secret| secret.name.as_str()), &rule::OBJECT_NAME);
    }
}

/// Whether a finding of this id can be about something of the job; what has not the form of an id is told by its form.
fn is_of(spec: &MonitoringJobSpec, id: &str, containers: &BTreeSet<&str>) -> bool {
    let parts: Vec<&str> = id.split('/').collect();
    match parts[..] {
        [] | [_] | [_, _] => true,
        ["website", website, check, ..] => {
            let website = spec.websites.iter().find(|w| w.name == website);
            website.is_some_and(|website| website.all_checks().iter().any(|c| c.name == check))
        }
        ["docker", host, ..] => spec.docker_hosts.iter().any(|h| h.name == host),
        [_, container, ..] => containers.contains(container),
    }
}

/// Whether both are there in this order, or one is absent.
fn ordered<T: PartialOrd>(low: Option<T>, high: Option<T>) -> bool {
    low.zip(high).is_none_or(|(low, high)| low <= high)
}

/// As `isIP` of the API server's CEL: an IPv4 address in the clothes of IPv6 is written as what it is.
fn is_ip(text: &str) -> bool {
    match text.parse() {
        Ok(IpAddr::V4(_)) => true,
        Ok(IpAddr::V6(address)) => address.to_ipv4_mapped().is_none(),
        Err(_) => false,
    }
}
