//! Which findings follow from which: in time, along `dependencies`, and along names that the evidence itself mentions.
//!
//! A finding is taken for the cause of another only when all of this is so: the two are tied; the one can break the
//! other; and it began before the other, or within two minutes of it. What began first but is not tied is not blamed.

mod begin;
mod effects;
mod names;
mod reason;
#[cfg(test)]
mod scenarios;
mod ties;
mod within;

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::Timestamp;

use self::ties::Ties;
use super::{observation::Observations, redact::cut};
use crate::api::{Finding, FindingState, Kind, MonitoringJobSpec, ProbableCause, Severity, Window};

/// What tells of our own looking, and of nothing that is broken.
const BLIND: [&str; 6] =
    ["AddressDenied", "ClockOffset", "CredentialsMissing", "LogsIncomplete", "LogsUnavailable", "NotObserved"];
/// What a report lists of what follows from the cause.
const MAX_CONSEQUENCES: usize = 100;
/// The longest reason of a cause, in characters.
const MAX_REASON: usize = 400;

/// The findings, most severe first, those of a cause's subject before what follows from it; and the probable cause, if
/// anything is bad. The same for any order of `findings`, of what was seen and of the spec's lists.
pub fn order(
    spec: &MonitoringJobSpec,
    seen: &Observations,
    window: Window,
    findings: Vec<Finding>,
) -> (Vec<Finding>, Option<ProbableCause>) {
    let ties = Ties::of(spec, seen, window, &findings);
    let causes = causes(&findings, &ties);
    let roots: Vec<usize> = (0..findings.len()).map(|n| root(&causes, n)).collect();
    let groups = Groups { findings: &findings, roots: &roots };
    let cause = groups.probable();
    let order = groups.order(cause);
    let probable = cause.map(|cause| {
        let following = order.iter().copied().filter(|&n| n != cause && roots[n] == cause);
        let consequences: Vec<&Finding> = following.map(|n| &findings[n]).filter(|f| f.is_bad()).collect();
        ProbableCause {
            finding_id: findings[cause].id.clone(),
            subject: findings[cause].subject.clone(),
            message: cut(
                &(reason::sentence(&ties, &findings[cause], &consequences) + &muted(&findings, cause, &ties)),
                MAX_REASON,
            ),
            consequences: consequences.iter().map(|f| f.id.clone()).take(MAX_CONSEQUENCES).collect(),
        }
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

/// For each finding the one that it follows from, without circles.
fn causes(findings: &[Finding], ties: &Ties<'_>) -> Vec<Option<usize>> {
    let mut causes: Vec<Option<usize>> = vec![None; findings.len()];
    let mut order: Vec<usize> = (0..findings.len()).filter(|&n| findings[n].is_bad()).collect();
    // The latest first: what came last most surely follows from something. At one time an end comes after its last words.
    let is_end = |n: usize| family(&findings[n]) == "container";
    order.sort_by_key(|&n| Reverse((ties.begin(&findings[n]).latest, is_end(n), findings[n].id.clone())));
    for &n in &order {
        let other = &findings[n];
        let candidates = order.iter().copied().filter(|&m| m != n && root(&causes, m) != n);
        causes[n] = candidates.filter(|&m| ties.explains(&findings[m], other)).min_by_key(|&m| {
            let cause = &findings[m];
            let own = cause.subject == other.subject;
            let named = ties.names(other, &cause.subject);
            // Of what one log says the more specific, which its profile lists first.
            let place = own.then(|| within::index(ties, cause)).flatten();
            let near = (place, ties.apart(cause, other));
            (Reverse(cause.severity), !own, !named, within::rank(cause), near, cause.id.clone())
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

/// What is over comes after all that is not, however severe it was.
fn standing(finding: &Finding) -> (bool, Severity) {
    (finding.state != FindingState::Resolved, finding.severity)
}

/// `website`, `container`, `logs`, `docker` or `self`.
fn family(finding: &Finding) -> &str {
    finding.id.split('/').next().unwrap_or_default()
}

/// How much a root matters, and since when.
type Place = ((bool, Severity), Reverse<Option<Timestamp>>);

/// Findings, each with the root that it follows from, which may be itself.
struct Groups<'a> {
    findings: &'a [Finding],
    roots: &'a [usize],
}

impl Groups<'_> {
    fn of(&self, root: usize) -> impl Iterator<Item = &Finding> {
        (0..self.findings.len()).filter(move |&n| self.roots[n] == root).map(|n| &self.findings[n])
    }

    fn is_root(&self, n: usize) -> bool {
        self.roots[n] == n && self.findings[n].is_bad()
    }

    /// How much a root matters: as much as the worst that follows from it.
    fn worth(&self, root: usize) -> (bool, Severity) {
        self.of(root).map(standing).max().unwrap_or((false, Severity::Info))
    }

    /// The root that most likely broke first what matters most: what holds now before what is over, and of several the
    /// one from which something elsewhere follows.
    fn probable(&self) -> Option<usize> {
        (0..self.findings.len()).filter(|&n| self.is_root(n)).min_by_key(|&n| {
            let finding = &self.findings[n];
            let seen = finding.state != FindingState::Unknown && !BLIND.contains(&finding.reason.as_str());
            let holds = |f: &Finding| f.kind == Kind::State && f.severity == self.worth(n).1;
            let reaches = self.of(n).any(|f| f.subject != finding.subject);
            let weight = (self.worth(n), seen, self.of(n).any(holds), reaches, finding.severity);
            (Reverse(weight), first_seen(finding), finding.id.clone())
        })
    }

    /// By what matters most; all that is told of a root's subject before what follows from it elsewhere.
    fn order(&self, cause: Option<usize>) -> Vec<usize> {
        let mut subjects: BTreeMap<&str, Place> = BTreeMap::new();
        for n in (0..self.findings.len()).filter(|&n| self.is_root(n)) {
            let place = (self.worth(n), Reverse(first_seen(&self.findings[n])));
            let known = subjects.entry(&self.findings[n].subject).or_insert(place);
            *known = (*known).max(place);
        }
        let cause_subject = cause.map(|n| self.findings[n].subject.as_str());
        let mut order: Vec<usize> = (0..self.findings.len()).collect();
        order.sort_by_key(|&n| {
            let finding = &self.findings[n];
            let subject = finding.subject.as_str();
            let own = (cause != Some(n), Reverse(standing(finding)), first_seen(finding), finding.id.clone());
            match subjects.get(subject).filter(|_| finding.state != FindingState::Resolved) {
                Some((worth, Reverse(began))) => {
                    (Reverse(*worth), false, cause_subject != Some(subject), *began, subject, own)
                }
                None => (Reverse(standing(finding)), true, true, first_seen(finding), subject, own),
            }
        });
        order
    }
}

fn first_seen(finding: &Finding) -> Option<Timestamp> {
    finding.first_seen.or(finding.last_seen)
}
