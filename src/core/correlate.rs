//! Which findings follow from which: in time, along `dependencies`, and along names that the evidence itself mentions.
//!
//! A finding is taken for the cause of another only when both is so: the two are tied, and the cause began before the
//! other, or within two minutes of it. What began first but is not tied is not blamed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use super::{profiles, redact::cut, rules};
use crate::api::{Finding, FindingState, Kind, MonitoringJobSpec, ProbableCause, Severity, job::ProfileName};

/// How much later a cause may have been seen than what follows from it: health checks and probes come in turns.
const SLACK: SignedDuration = SignedDuration::from_mins(2);
/// A finding that follows from another within the same subject came this long before its container ended, at most.
const LAST_WORDS: SignedDuration = SignedDuration::from_mins(2);

/// The findings, most severe first, the probable cause before its consequences; and that cause, if anything is bad.
pub fn order(spec: &MonitoringJobSpec, findings: Vec<Finding>) -> (Vec<Finding>, Option<ProbableCause>) {
    let ties = Ties::of(spec, &findings);
    let causes = causes(&findings, &ties);
    let roots: Vec<usize> = (0..findings.len()).map(|n| root(&causes, n)).collect();
    let worth = |n: usize| {
        let group = (0..findings.len()).filter(|&m| roots[m] == n).map(|m| standing(&findings[m])).max();
        group.unwrap_or((false, Severity::Info)).max(standing(&findings[n]))
    };
    let worths: Vec<_> =
        (0..findings.len()).map(|n| if roots[n] == n { worth(n) } else { standing(&findings[n]) }).collect();
    let following =
        |n: usize| (0..findings.len()).filter(move |&m| m != n).filter(|&m| roots[m] == n).collect::<Vec<_>>();
    let cause = (0..findings.len()).filter(|&n| roots[n] == n && findings[n].is_bad()).min_by_key(|&n| {
        let unseen = findings[n].state == FindingState::Unknown;
        let followed = !following(n).is_empty();
        (std::cmp::Reverse(findings[n].severity), unseen, !followed, begin(&findings[n]), findings[n].id.clone())
    });
    let probable = cause.map(|n| {
        let consequences: Vec<&Finding> =
            following(n).into_iter().map(|m| &findings[m]).filter(|f| f.is_bad()).collect();
        ProbableCause {
            finding_id: findings[n].id.clone(),
            subject: findings[n].subject.clone(),
            message: cut(&(ties.sentence(&findings[n], &consequences) + &muted(&findings, n, &ties)), 400),
            consequences: consequences.iter().map(|f| f.id.clone()).take(100).collect(),
        }
    });
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|&n| {
        let first = cause != Some(n);
        (std::cmp::Reverse(worths[n]), first, roots[n] != n, begin(&findings[n]), findings[n].id.clone())
    });
    let mut findings: Vec<Option<Finding>> = findings.into_iter().map(Some).collect();
    (order.into_iter().filter_map(|n| findings.get_mut(n)?.take()).collect(), probable)
}

/// What is muted is not blamed, and may explain all the same what it was muted for.
fn muted(findings: &[Finding], cause: usize, ties: &Ties<'_>) -> String {
    let mut muted = findings.iter().filter(|f| f.is_muted() && ties.explains(f, &findings[cause]));
    muted
        .next()
        .map_or_else(String::new, |f| format!("; it may follow from {} {}, which is muted", f.subject, f.reason))
}

/// What is over comes after all that is not, however severe it was.
fn standing(finding: &Finding) -> (bool, Severity) {
    (finding.state != FindingState::Resolved, finding.severity)
}

fn begin(finding: &Finding) -> Option<Timestamp> {
    finding.first_seen.or(finding.last_seen)
}

/// For each finding the one that it follows from, without circles.
fn causes(findings: &[Finding], ties: &Ties<'_>) -> Vec<Option<usize>> {
    let mut causes: Vec<Option<usize>> = vec![None; findings.len()];
    let mut order: Vec<usize> = (0..findings.len()).filter(|&n| findings[n].is_bad()).collect();
    // The latest first: what came last most surely follows from something.
    order.sort_by_key(|&n| std::cmp::Reverse((begin(&findings[n]), findings[n].id.clone())));
    for &n in &order {
        let candidates = order
            .iter()
            .copied()
            .filter(|&m| m != n && root(&causes, m) != n && ties.explains(&findings[m], &findings[n]));
        causes[n] = candidates.min_by_key(|&m| {
            let own = findings[m].subject == findings[n].subject;
            (
                std::cmp::Reverse(findings[m].severity),
                !own,
                rank(&findings[m]),
                begin(&findings[m]),
                findings[m].id.clone(),
            )
        });
    }
    causes
}

fn root(causes: &[Option<usize>], mut n: usize) -> usize {
    // No circle is ever made, and still a bound costs nothing.
    for _ in 0..causes.len() {
        match causes[n] {
            Some(cause) => n = cause,
            None => break,
        }
    }
    n
}

/// How near to the root a finding is among those of its own container.
fn rank(finding: &Finding) -> u8 {
    match (kind(finding), finding.reason.as_str()) {
        ("docker", _) | ("container", "OomKilled") => 0,
        ("logs", _) if finding.severity == Severity::Critical => 2,
        ("container", "Missing" | "NotRunning" | "Paused") => 1,
        ("container", "Restarting") => 3,
        ("container", "HighMemory") => 4,
        ("container", "Restarted") => 5,
        ("container", "Unhealthy" | "StartingTooLong") => 6,
        _ => 7,
    }
}

fn kind(finding: &Finding) -> &str {
    finding.id.split('/').next().unwrap_or_default()
}

type Profiles<'s> = BTreeMap<&'s str, ProfileName>;

/// Where a pattern stands in the profile of its container; none for a pattern of the job.
fn index(profiles: &Profiles<'_>, finding: &Finding) -> Option<usize> {
    let profile = profiles.get(finding.subject.as_str())?;
    profiles::compiled(*profile).patterns().iter().position(|pattern| pattern.id == finding.reason)
}

/// What needs what, and who names whom.
struct Ties<'s> {
    /// Each subject and all that it needs, over any number of steps.
    needs: BTreeMap<&'s str, BTreeSet<&'s str>>,
    /// For each finding the subjects that its own words mention.
    mentions: BTreeMap<String, BTreeSet<&'s str>>,
    profiles: Profiles<'s>,
}

impl<'s> Ties<'s> {
    fn of(spec: &'s MonitoringJobSpec, findings: &[Finding]) -> Self {
        let mut direct: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for dependency in &spec.dependencies {
            direct.entry(&dependency.subject).or_default().extend(dependency.needs.iter().map(String::as_str));
        }
        for (host, container) in rules::containers(spec) {
            direct.entry(&container.name).or_default().insert(&host.name);
        }
        let needs = direct.keys().map(|&subject| (subject, reach(&direct, subject))).collect();
        let known = names(spec);
        let mentions = findings.iter().map(|finding| {
            let texts =
                std::iter::once(&finding.message).chain(&finding.evidence).map(String::as_str).collect::<Vec<_>>();
            let named = known.iter().filter(|(name, subject, _)| {
                *subject != finding.subject
                    && *name != finding.subject
                    && texts.iter().any(|text| text.contains(name.as_str()))
            });
            let named = named.filter(|(.., whole)| texts.iter().any(|text| whole.is_match(text)));
            (finding.id.clone(), named.map(|&(_, subject, _)| subject).collect())
        });
        let profiles = rules::containers(spec).map(|(_, c)| (c.name.as_str(), c.profile.unwrap_or_default())).collect();
        Self { needs, mentions: mentions.collect(), profiles }
    }

    fn needs(&self, subject: &str, other: &str) -> bool {
        self.needs.get(subject).is_some_and(|all| all.contains(other))
    }

    fn mentions(&self, finding: &Finding, other: &str) -> bool {
        self.mentions.get(&finding.id).is_some_and(|all| all.contains(other))
    }

    /// Whether `other` may follow from `cause`.
    fn explains(&self, cause: &Finding, other: &Finding) -> bool {
        if cause.state == FindingState::Unknown && other.state != FindingState::Unknown {
            return false;
        }
        if cause.subject == other.subject {
            return within_subject(&self.profiles, cause, other);
        }
        // What could not be looked at, or warns before anything happened, makes nothing else fail.
        if matches!(cause.reason.as_str(), "NotObserved" | "LogsUnavailable" | "LogsIncomplete" | "ClockOffset") {
            return false;
        }
        let tied = self.needs(&other.subject, &cause.subject) || self.mentions(other, &cause.subject);
        tied && match (begin(cause), begin(other)) {
            (Some(cause), Some(other)) => cause <= other + SLACK,
            _ => true,
        }
    }

    /// Why `cause` is taken for the cause.
    fn sentence(&self, cause: &Finding, consequences: &[&Finding]) -> String {
        let others: BTreeSet<&str> =
            consequences.iter().map(|f| f.subject.as_str()).filter(|subject| *subject != cause.subject).collect();
        let (needing, naming): (Vec<&str>, Vec<&str>) =
            others.into_iter().partition(|subject| self.needs(subject, &cause.subject));
        let verb = |subjects: &[&str], one: &str, many: &str| {
            if subjects.len() == 1 { one.to_owned() } else { many.to_owned() }
        };
        let mut reasons = Vec::new();
        if !needing.is_empty() {
            reasons.push(format!("{} {} it", needing.join(", "), verb(&needing, "needs", "need")));
        }
        if !naming.is_empty() {
            reasons.push(format!(
                "{} {} it in what was found there",
                naming.join(", "),
                verb(&naming, "names", "name")
            ));
        }
        match (reasons.is_empty(), consequences.is_empty()) {
            (false, _) => reasons.join("; "),
            (true, false) => format!("the other findings about {} follow from it", cause.subject),
            (true, true) => "nothing else that was found explains it".to_owned(),
        }
    }
}

/// Whether one finding of a subject follows from another of the same subject.
fn within_subject(profiles: &Profiles<'_>, cause: &Finding, other: &Finding) -> bool {
    let (from, to) = (kind(cause), kind(other));
    match (from, to) {
        ("container", "container") => rank(cause) < rank(other),
        // Its last words explain why it ended, unless it was killed or stopped from outside.
        ("logs", "container") => {
            let fatal = cause.severity == Severity::Critical
                && matches!(other.reason.as_str(), "NotRunning" | "Restarting" | "Restarted" | "Unhealthy");
            let from_outside = other.message.contains("from outside");
            fatal
                && !from_outside
                && cause.first_seen.zip(begin(other)).is_some_and(|(said, ended)| {
                    other.kind == Kind::State && said <= ended + LAST_WORDS || said <= other.last_seen.unwrap_or(ended)
                })
        }
        ("container", "logs") => {
            let Some((ended, said)) = begin(cause).zip(begin(other)) else { return false };
            let in_time = match cause.reason.as_str() {
                "OomKilled" | "NotRunning" | "Restarting" | "Paused" => said + SLACK >= ended,
                "Restarted" => said + SLACK >= ended && said <= cause.last_seen.unwrap_or(ended) + SLACK,
                _ => false,
            };
            in_time && !within_subject(profiles, other, cause)
        }
        // What is fatal explains what the same log says around it; of two the more specific one, which its profile
        // lists first.
        ("logs", "logs") => {
            let near = cause.first_seen.zip(other.first_seen).is_some_and(|(a, b)| a.duration_since(b).abs() <= SLACK);
            near && cause.severity == Severity::Critical
                && match (index(profiles, cause), index(profiles, other)) {
                    (Some(cause), Some(other)) => cause < other,
                    _ => cause.first_seen < other.first_seen,
                }
        }
        // Checks of one site that fail alike are one failure.
        ("website", "website") => cause.reason == other.reason && cause.id < other.id,
        _ => false,
    }
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

/// What may be mentioned: the names of containers and Docker hosts, and the hosts of websites, each as a whole word.
fn names(spec: &MonitoringJobSpec) -> Vec<(String, &str, Regex)> {
    let containers = rules::containers(spec).map(|(_, c)| (c.name.clone(), c.name.as_str()));
    let sites = spec.websites.iter().filter_map(|site| {
        let host = site.url.split_once("://")?.1.split(['/', ':', '?']).next()?.to_owned();
        Some((host, site.name.as_str()))
    });
    let word = |name: &str| Regex::new(&format!(r"(?:^|[^\w.-]){}(?:$|[^\w-])", regex::escape(name))).ok();
    let usable = |(name, _): &(String, &str)| name.len() >= 3;
    containers
        .chain(sites)
        .filter(usable)
        .filter_map(|(name, subject)| Some((name.clone(), subject, word(&name)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{
        fixtures::{at, spec},
        rules::finding,
    };

    const CRITICAL: Severity = Severity::Critical;
    const WARNING: Severity = Severity::Warning;

    fn of(id: &str, severity: Severity, minute: i64) -> Finding {
        let subject = id.split('/').nth(1).unwrap();
        let kind = if id.starts_with("logs/") { Kind::Event } else { Kind::State };
        Finding {
            first_seen: Some(at(minute)),
            last_seen: Some(at(15)),
            ..finding(id.into(), kind, severity, subject, "x")
        }
    }

    /// The ids in their order, the cause, and what follows from it.
    fn ordered(findings: Vec<Finding>) -> (Vec<String>, Option<String>, Vec<String>) {
        let (findings, cause) = order(&spec(), findings);
        let consequences = cause.as_ref().map(|cause| cause.consequences.clone()).unwrap_or_default();
        (findings.into_iter().map(|f| f.id).collect(), cause.map(|c| c.finding_id), consequences)
    }

    const REDIS: &str = "container/autopar-redis/NotRunning";
    const SITE: &str = "website/staging/home/UnexpectedStatus";
    const WORKER: &str = "logs/autopar-worker/error-records";

    #[test]
    fn a_dependency_that_failed_is_the_cause_of_what_needs_it() {
        // Seen two minutes later than its consequence, and still the cause.
        for minute in [0, 3, 5] {
            let (ids, cause, consequences) = ordered(vec![of(SITE, CRITICAL, 3), of(REDIS, CRITICAL, minute)]);
            assert_eq!(ids, [REDIS, SITE]);
            assert_eq!(cause.as_deref(), Some(REDIS));
            assert_eq!(consequences, [SITE]);
        }
        let (_, cause, consequences) = ordered(vec![of(SITE, CRITICAL, 3), of(REDIS, CRITICAL, 6)]);
        assert_eq!((cause.as_deref(), consequences.len()), (Some(SITE), 0), "it began too late to be the cause");
    }

    #[test]
    fn a_warning_that_is_the_cause_comes_before_its_consequences() {
        let restarted = Finding { kind: Kind::Event, ..of("container/autopar-redis/Restarted", WARNING, 1) };
        let (ids, cause, _) = ordered(vec![of(SITE, CRITICAL, 2), restarted]);
        assert_eq!(ids, ["container/autopar-redis/Restarted", SITE]);
        assert_eq!(cause.as_deref(), Some("container/autopar-redis/Restarted"));
    }

    #[test]
    fn what_began_first_but_is_not_tied_is_not_blamed() {
        let (ids, cause, consequences) =
            ordered(vec![of(WORKER, WARNING, -50), of(SITE, CRITICAL, 3), of(REDIS, CRITICAL, 2)]);
        assert_eq!(ids, [REDIS, SITE, WORKER]);
        assert_eq!(cause.as_deref(), Some(REDIS));
        assert_eq!(consequences, [SITE]);
    }

    #[test]
    fn names_in_the_evidence_tie() {
        let naming = |text: &str| Finding { evidence: vec![text.into()], ..of(WORKER, WARNING, 2) };
        let (_, _, consequences) =
            ordered(vec![naming("cannot connect to autopar-redis:6379"), of(REDIS, CRITICAL, 2)]);
        assert_eq!(consequences, [WORKER]);
        for other in
            ["cannot connect to autopar-redis-2:6379", "cannot connect to my.autopar-redis:6379", "cannot connect"]
        {
            let (_, _, consequences) = ordered(vec![naming(other), of(REDIS, CRITICAL, 2)]);
            assert!(consequences.is_empty(), "{other}");
        }
        let site =
            Finding { evidence: vec!["GET https://staging.example.com/api: 502".into()], ..of(WORKER, WARNING, 4) };
        assert_eq!(ordered(vec![site, of(SITE, CRITICAL, 3)]).2, [WORKER]);
    }

    #[test]
    fn a_host_that_does_not_answer_explains_what_needs_its_containers() {
        let (ids, cause, consequences) =
            ordered(vec![of(SITE, CRITICAL, 15), of("docker/staging-host/EngineUnreachable", CRITICAL, 15)]);
        assert_eq!(ids[0], "docker/staging-host/EngineUnreachable");
        assert_eq!((cause.as_deref(), consequences.len()), (Some("docker/staging-host/EngineUnreachable"), 1));
    }

    #[test]
    fn within_a_container_the_end_explains_the_log_and_last_words_the_end() {
        let killed = Finding {
            message: "not running: exited with code 137 (SIGKILL: killed from outside)".into(),
            ..of(REDIS, CRITICAL, 5)
        };
        let save = of("logs/autopar-redis/save-failed", CRITICAL, 4);
        assert_eq!(ordered(vec![save.clone(), killed]).1.as_deref(), Some(REDIS));
        let crashed = Finding { message: "not running: exited with code 1".into(), ..of(REDIS, CRITICAL, 5) };
        assert_eq!(
            ordered(vec![crashed.clone(), of("logs/autopar-redis/config-error", CRITICAL, 5)]).1.as_deref(),
            Some("logs/autopar-redis/config-error")
        );
        let oom = of("container/autopar-redis/OomKilled", CRITICAL, 5);
        assert_eq!(ordered(vec![save, oom]).1.as_deref(), Some("container/autopar-redis/OomKilled"));
        // Of two the more specific one.
        let full = of("logs/autopar-redis/disk-full", CRITICAL, 5);
        assert_eq!(
            ordered(vec![of("logs/autopar-redis/save-failed", CRITICAL, 4), full]).1.as_deref(),
            Some("logs/autopar-redis/disk-full")
        );
    }

    #[test]
    fn two_causes_are_two_and_nothing_bad_has_none() {
        let rabbit = of("container/autopar-rabbitmq/Unhealthy", CRITICAL, 1);
        let (ids, cause, consequences) = ordered(vec![rabbit, of(REDIS, CRITICAL, 2), of(SITE, CRITICAL, 3)]);
        assert_eq!(cause.as_deref(), Some(REDIS), "it explains more");
        assert_eq!(ids[0], REDIS);
        assert_eq!(consequences, [SITE]);
        assert_eq!(ordered(vec![of(WORKER, Severity::Info, 1)]).1, None);
        let over = Finding { state: FindingState::Resolved, ..of(REDIS, CRITICAL, 1) };
        assert_eq!(ordered(vec![over, of(WORKER, WARNING, 1)]).0, [WORKER, REDIS]);
    }

    #[test]
    fn checks_of_a_site_that_fail_alike_are_one_failure() {
        let other = of("website/staging/health/UnexpectedStatus", CRITICAL, 2);
        let (ids, cause, consequences) = ordered(vec![of(SITE, CRITICAL, 3), other, of(REDIS, CRITICAL, 2)]);
        assert_eq!((ids.len(), cause.as_deref(), consequences.len()), (3, Some(REDIS), 2));
    }

    #[test]
    fn a_circle_of_needs_ends() {
        let mut spec = spec();
        spec.dependencies = serde_saphyr::from_str(
            "[{subject: autopar-redis, needs: [autopar-rabbitmq]}, {subject: autopar-rabbitmq, needs: [autopar-redis]}]",
        )
        .unwrap();
        let findings = vec![of(REDIS, CRITICAL, 2), of("container/autopar-rabbitmq/NotRunning", CRITICAL, 1)];
        let (findings, cause) = order(&spec, findings);
        assert_eq!(findings.len(), 2);
        assert_eq!(cause.unwrap().finding_id, "container/autopar-rabbitmq/NotRunning");
    }
}
