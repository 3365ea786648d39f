//! An incident: when a problem opens, what joins it, and when it is over.
//!
//! It rests on the rules' findings, by id and severity; prose is never compared. What an incident has seen stays seen
//! until it closes, so a problem that comes and goes is told once.

use jiff::{SignedDuration, Timestamp};

use super::message::policy::Situation;
use crate::api::{
    Finding, FindingState, Kind, Severity, Window,
    job_status::{Consecutive, Incident, SeenFinding},
};

/// How much log time without a recurrence ends an event.
const QUIET: SignedDuration = SignedDuration::from_mins(30);
/// What comes and goes by itself, and so opens an incident on its own at most once within [`SOFT_PAUSE`].
const SOFT_REASONS: [&str; 4] = ["Slow", "HighCpu", "Flaky", "Burst"];
const SOFT_PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// What fits into the status; the most severe stay.
const MAX_SEEN: usize = 100;

/// How many runs in a row it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Bad ones to open.
    pub failure: i32,
    /// Good ones to close.
    pub success: i32,
}

/// What a run may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// All of it: a run of the schedule.
    Full,
    /// It may confirm a problem that a scheduled run has seen, and close an incident; it never opens one by itself.
    Confirming,
}

/// Where a job stands between runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The open problem.
    pub incident: Option<Incident>,
    /// Runs in a row.
    pub consecutive: Consecutive,
    /// When an incident was last opened by nothing but soft findings.
    pub soft_incident: Option<Timestamp>,
}

/// The part of a finished run that incidents rest on.
#[derive(Clone, Copy, Debug)]
pub struct RunFacts<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it found.
    pub findings: &'a [Finding],
    /// What it looked at.
    pub window: Window,
}

/// What a run made of a standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Where the job stands now.
    pub standing: Standing,
    /// What there is to tell.
    pub situation: Situation,
    /// The incident that this run closed.
    pub closed: Option<Incident>,
}

/// What `run` makes of `before`; none when it may not move anything.
pub fn advance(before: &Standing, run: RunFacts<'_>, thresholds: Thresholds, weight: Weight) -> Option<Advance> {
    let bad: Vec<&Finding> = run.findings.iter().filter(|f| f.is_bad()).collect();
    let Consecutive { bad: bad_runs, good: good_runs } = before.consecutive;
    match (&before.incident, bad.is_empty(), weight) {
        (None, false, Weight::Confirming) if bad_runs == 0 => None,
        (None, true, Weight::Confirming) | (Some(_), false, Weight::Confirming) => None,
        (None, true, Weight::Full) => Some(Advance {
            standing: Standing {
                consecutive: Consecutive { bad: 0, good: good_runs.saturating_add(1) },
                ..before.clone()
            },
            situation: Situation::GoodNothingOpen,
            closed: None,
        }),
        (None, false, _) => Some(without_incident(before, run, &bad, thresholds)),
        (Some(incident), false, Weight::Full) => Some(worse_or_same(before, incident, run, &bad)),
        (Some(incident), true, _) => Some(better(before, incident, run, thresholds)),
    }
}

fn without_incident(before: &Standing, run: RunFacts<'_>, bad: &[&Finding], thresholds: Thresholds) -> Advance {
    let consecutive = Consecutive { bad: before.consecutive.bad.saturating_add(1), good: 0 };
    let mut standing = Standing { consecutive, ..before.clone() };
    if consecutive.bad < thresholds.failure {
        let situation = Situation::BadUnconfirmed { run: consecutive.bad, of: thresholds.failure };
        return Advance { standing, situation, closed: None };
    }
    let soft = bad.iter().all(|f| SOFT_REASONS.contains(&f.reason.as_str()));
    if soft && before.soft_incident.is_some_and(|last| run.window.until.duration_since(last) < SOFT_PAUSE) {
        return Advance { standing, situation: Situation::BadNothingNew, closed: None };
    }
    if soft {
        standing.soft_incident = Some(run.window.until);
    }
    let since = bad.iter().filter_map(|f| f.first_seen).min().unwrap_or(run.window.until);
    let mut incident = Incident {
        since: since.min(run.window.until),
        severity: Severity::Warning,
        opened_by: run.name.to_owned(),
        seen: Vec::new(),
        alerts: Vec::new(),
    };
    remember(&mut incident, run);
    standing.incident = Some(incident);
    Advance { standing, situation: Situation::Opens, closed: None }
}

fn worse_or_same(before: &Standing, incident: &Incident, run: RunFacts<'_>, bad: &[&Finding]) -> Advance {
    let is_new = |f: &&Finding| {
        let seen = incident.seen.iter().any(|s| s.id == f.id && s.severity >= f.severity);
        f.state != FindingState::Unknown && !seen
    };
    let situation = if bad.iter().any(is_new) { Situation::Opens } else { Situation::BadNothingNew };
    let mut incident = incident.clone();
    remember(&mut incident, run);
    let consecutive = Consecutive { bad: before.consecutive.bad.saturating_add(1), good: 0 };
    Advance { standing: Standing { incident: Some(incident), consecutive, ..before.clone() }, situation, closed: None }
}

fn better(before: &Standing, incident: &Incident, run: RunFacts<'_>, thresholds: Thresholds) -> Advance {
    let consecutive = Consecutive { bad: 0, good: before.consecutive.good.saturating_add(1) };
    let mut incident = incident.clone();
    remember(&mut incident, run);
    let muted = |seen: &SeenFinding| run.findings.iter().any(|f| f.id == seen.id && f.is_muted());
    let quiet = incident.seen.iter().all(|seen| {
        let last = seen.last_seen.unwrap_or(incident.since);
        seen.kind == Kind::State || seen.over || muted(seen) || run.window.until.duration_since(last) >= QUIET
    });
    if !quiet || consecutive.good < thresholds.success {
        let standing = Standing { incident: Some(incident), consecutive, ..before.clone() };
        return Advance { standing, situation: Situation::GoodNotClosed, closed: None };
    }
    let subsided = incident.seen.iter().all(|s| s.kind == Kind::Event && !s.over && s.id.starts_with("logs/"));
    // What is muted is not over: nothing recovered.
    let still = incident.seen.iter().any(muted);
    Advance {
        standing: Standing { incident: None, consecutive, ..before.clone() },
        situation: if still { Situation::Mutes } else { Situation::Closes { subsided } },
        closed: Some(incident),
    }
}

/// Notes what a run found in what its incident has seen.
fn remember(incident: &mut Incident, run: RunFacts<'_>) {
    for finding in run.findings {
        let known = incident.seen.iter_mut().find(|s| s.id == finding.id);
        match (finding.state, known) {
            (FindingState::Unknown, _) | (FindingState::Resolved, None) => {}
            // A state was observed good; an event that merely did not recur is no proof.
            (FindingState::Resolved, Some(seen)) => {
                seen.over |= seen.kind == Kind::State || finding.over_since.is_some();
            }
            (_, Some(seen)) => {
                seen.severity = seen.severity.max(finding.severity);
                seen.last_seen = finding.last_seen.or(Some(run.window.until));
                seen.over = finding.over_since.is_some();
            }
            (_, None) if finding.is_bad() => incident.seen.push(SeenFinding {
                id: finding.id.clone(),
                severity: finding.severity,
                last_seen: finding.last_seen.or(Some(run.window.until)),
                kind: finding.kind,
                over: finding.over_since.is_some(),
            }),
            (_, None) => {}
        }
    }
    incident.seen.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    incident.seen.truncate(MAX_SEEN);
    incident.severity =
        incident.seen.iter().map(|s| s.severity).max().unwrap_or(incident.severity).max(incident.severity);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: Thresholds = Thresholds { failure: 1, success: 1 };
    const TWO: Thresholds = Thresholds { failure: 2, success: 2 };

    fn finding(id: &str, severity: Severity, kind: Kind) -> Finding {
        let reason = id.rsplit('/').next().unwrap().to_owned();
        Finding {
            id: id.into(),
            kind,
            severity,
            rules_severity: None,
            override_reason: None,
            subject: id.split('/').nth(1).unwrap().into(),
            reason,
            message: "broken".into(),
            advice: None,
            count: 1,
            first_seen: None,
            last_seen: None,
            over_since: None,
            evidence: vec![],
            state: FindingState::New,
            source: crate::api::report::Source::Rules,
        }
    }

    fn down() -> Finding {
        finding("container/redis/NotRunning", Severity::Critical, Kind::State)
    }

    /// The situations that runs ten minutes apart bring about, and where the job stands after them.
    fn play(runs: &[(&[Finding], Weight)], thresholds: Thresholds) -> (Vec<Option<Situation>>, Standing) {
        let mut standing = Standing::default();
        let mut told = Vec::new();
        for (i, (findings, weight)) in runs.iter().enumerate() {
            let until = Timestamp::from_second(1_800_000_000 + 600 * i64::try_from(i).unwrap()).unwrap();
            let window = Window { since: until - SignedDuration::from_mins(10), until };
            let advance = advance(&standing, RunFacts { name: "run", findings, window }, thresholds, *weight);
            told.push(advance.as_ref().map(|a| a.situation));
            if let Some(advance) = advance {
                standing = advance.standing;
            }
        }
        (told, standing)
    }

    #[test]
    fn opens_stays_and_closes() {
        let down = [down()];
        let (told, standing) =
            play(&[(&[], Weight::Full), (&down, Weight::Full), (&down, Weight::Full), (&[], Weight::Full)], ONE);
        assert_eq!(
            told,
            [
                Some(Situation::GoodNothingOpen),
                Some(Situation::Opens),
                Some(Situation::BadNothingNew),
                Some(Situation::Closes { subsided: false })
            ]
        );
        assert_eq!(standing.incident, None);
    }

    #[test]
    fn thresholds_hold_back_and_a_manual_run_confirms() {
        let down = [down()];
        let (told, _) = play(
            &[(&down, Weight::Full), (&down, Weight::Confirming), (&[], Weight::Full), (&[], Weight::Confirming)],
            TWO,
        );
        assert_eq!(
            told,
            [
                Some(Situation::BadUnconfirmed { run: 1, of: 2 }),
                Some(Situation::Opens),
                Some(Situation::GoodNotClosed),
                Some(Situation::Closes { subsided: false })
            ]
        );
    }

    #[test]
    fn a_manual_run_never_opens() {
        let down = [down()];
        let (told, standing) = play(&[(&[], Weight::Full), (&down, Weight::Confirming)], ONE);
        assert_eq!(told, [Some(Situation::GoodNothingOpen), None]);
        assert_eq!(standing.incident, None);
    }

    #[test]
    fn what_joins_is_told_and_what_comes_back_is_not() {
        let (first, both) =
            ([down()], [down(), finding("website/site/home/UnexpectedStatus", Severity::Critical, Kind::State)]);
        let (told, _) =
            play(&[(&first, Weight::Full), (&both, Weight::Full), (&first, Weight::Full), (&both, Weight::Full)], ONE);
        assert_eq!(
            told.into_iter().flatten().collect::<Vec<_>>(),
            [Situation::Opens, Situation::Opens, Situation::BadNothingNew, Situation::BadNothingNew]
        );
    }

    #[test]
    fn an_event_closes_after_half_an_hour_and_never_as_recovered() {
        let event = [finding("logs/redis/oom", Severity::Critical, Kind::Event)];
        let (told, _) =
            play(&[(&event, Weight::Full), (&[], Weight::Full), (&[], Weight::Full), (&[], Weight::Full)], ONE);
        assert_eq!(
            told.into_iter().flatten().collect::<Vec<_>>(),
            [
                Situation::Opens,
                Situation::GoodNotClosed,
                Situation::GoodNotClosed,
                Situation::Closes { subsided: true }
            ]
        );
    }

    #[test]
    fn what_is_slow_opens_once_a_day() {
        let slow = [finding("website/site/home/Slow", Severity::Warning, Kind::State)];
        let (told, _) = play(&[(&slow, Weight::Full), (&[], Weight::Full), (&slow, Weight::Full)], ONE);
        assert_eq!(
            told.into_iter().flatten().collect::<Vec<_>>(),
            [Situation::Opens, Situation::Closes { subsided: false }, Situation::BadNothingNew]
        );
    }

    #[test]
    fn what_is_unknown_neither_joins_nor_closes() {
        let mut unknown = down();
        unknown.state = FindingState::Unknown;
        let gone = finding("docker/host/EngineUnreachable", Severity::Critical, Kind::State);
        let (told, standing) = play(&[(&[down()], Weight::Full), (&[unknown, gone], Weight::Full)], ONE);
        assert_eq!(told.into_iter().flatten().collect::<Vec<_>>(), [Situation::Opens, Situation::Opens]);
        assert!(standing.incident.unwrap().seen.iter().all(|s| !s.over));
    }

    proptest! {
        #[test]
        fn an_incident_rings_at_most_once_for_each_finding(runs in prop::collection::vec(prop::collection::vec(any::<bool>(), 4), 1..40)) {
            let runs: Vec<Vec<Finding>> = runs.iter().map(|on| {
                on.iter().enumerate().filter(|(_, on)| **on)
                    .map(|(i, _)| finding(&format!("container/c{i}/NotRunning"), Severity::Critical, Kind::State)).collect()
            }).collect();
            let played: Vec<(&[Finding], Weight)> = runs.iter().map(|f| (f.as_slice(), Weight::Full)).collect();
            let (told, _) = play(&played, Thresholds { failure: 1, success: 3 });
            let mut rings = 0;
            for situation in told.into_iter().flatten() {
                match situation {
                    Situation::Opens => rings += 1,
                    Situation::Closes { .. } => rings = 0,
                    _ => {}
                }
                prop_assert!(rings <= 4);
            }
        }
    }
}
