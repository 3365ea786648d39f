//! An incident: when a problem opens, what joins it, and when it is over.
//!
//! It rests on the rules' findings, by id and severity; prose is never compared. What an incident has seen stays seen
//! until it closes, so a problem that comes and goes is told once.

use jiff::{SignedDuration, Timestamp};

use super::{
    message::policy::Situation,
    rules::{own, trends},
};
use crate::api::{
    Finding, FindingState, Kind, Severity, Window,
    job_status::{Consecutive, Incident, SeenFinding},
    report::Source,
};

/// How much log time without a recurrence ends an event.
const QUIET: SignedDuration = SignedDuration::from_mins(30);
/// What comes and goes by itself, as what is merely not as usual, and so opens an incident on its own at most once within [`SOFT_PAUSE`].
const SOFT_REASONS: [&str; 3] = ["Slow", "HighCpu", "Flaky"];
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
    if own::is_offline(run.findings) {
        let advance = Advance { standing: before.clone(), situation: Situation::CouldNotLook, closed: None };
        return Some(advance).filter(|_| weight == Weight::Full);
    }
    let bad: Vec<&Finding> = run.findings.iter().filter(|f| f.source == Source::Rules && f.is_bad()).collect();
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
    let soft = bad.iter().map(|f| f.reason.as_str()).all(|r| SOFT_REASONS.contains(&r) || trends::REASONS.contains(&r));
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
        raise: None,
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
        let cleared = seen.over && shows_no_end(seen.kind, &seen.id);
        seen.kind == Kind::State || cleared || muted(seen) || run.window.until.duration_since(last) >= QUIET
    });
    if !quiet || consecutive.good < thresholds.success {
        let standing = Standing { incident: Some(incident), consecutive, ..before.clone() };
        return Advance { standing, situation: Situation::GoodNotClosed, closed: None };
    }
    let subsided = incident.seen.iter().all(|seen| !seen.over && shows_no_end(seen.kind, &seen.id));
    // What is muted is not over: nothing recovered.
    let still = incident.seen.iter().any(muted);
    Advance {
        standing: Standing { incident: None, consecutive, ..before.clone() },
        situation: if still { Situation::Mutes } else { Situation::Closes { subsided } },
        closed: Some(incident),
    }
}

/// Whether nobody sees the end of it: an event that a log told of, or that was merely not as usual. What happened to a
/// container or a website is over once that was observed good.
fn shows_no_end(kind: Kind, id: &str) -> bool {
    let reason = id.rsplit('/').next().unwrap_or_default();
    kind == Kind::Event && (id.starts_with("logs/") || trends::REASONS.contains(&reason))
}

/// Notes what a run found in what its incident has seen.
fn remember(incident: &mut Incident, run: RunFacts<'_>) {
    for finding in run.findings.iter().filter(|f| f.source == Source::Rules) {
        let known = incident.seen.iter_mut().find(|s| s.id == finding.id);
        match (finding.state, known) {
            (FindingState::Unknown, _) | (FindingState::Resolved, None) => {}
            // An event of a log that merely did not recur is no proof.
            (FindingState::Resolved, Some(seen)) => {
                seen.over |= finding.over_since.is_some() || !shows_no_end(seen.kind, &seen.id);
            }
            (_, Some(seen)) => {
                seen.severity = seen.severity.max(finding.severity);
                seen.kind = finding.kind;
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
            source: Source::Rules,
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

    /// What a finding may do in a run: nothing, be as bad as this, be over, or be unknown.
    fn step() -> impl Strategy<Value = Option<(Severity, FindingState)>> {
        use FindingState::{New, Resolved, Unknown};
        use Severity::{Critical, Info, Warning};
        prop::sample::select(vec![
            None,
            None,
            Some((Info, New)),
            Some((Warning, New)),
            Some((Critical, New)),
            Some((Warning, Resolved)),
            Some((Critical, Unknown)),
        ])
    }

    const IDS: [(&str, Kind); 6] = [
        ("container/redis/NotRunning", Kind::State),
        ("container/redis/OomKilled", Kind::Event),
        ("website/site/home/UnexpectedStatus", Kind::State),
        ("website/site/home/Slow", Kind::State),
        ("logs/worker/error-records", Kind::Event),
        ("logs/worker/Burst", Kind::Event),
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// Counted are pairs of an id and a severity, `Warning` or worse: an incident opens with some of them, and is told
        /// of again only when another one joins. So however they come and go, it rings at most once for each of them.
        #[test]
        fn an_incident_rings_once_for_each_finding_and_severity(
            runs in prop::collection::vec((prop::collection::vec(step(), IDS.len()), 1..90_i64), 1..60),
            (failure, success) in (1..4_i32, 1..4_i32),
        ) {
            let thresholds = Thresholds { failure, success };
            let mut standing = Standing::default();
            let mut until = Timestamp::from_second(1_800_000_000).unwrap();
            let mut known: Vec<(String, Severity)> = Vec::new();
            // However it goes, it ends well.
            let well = std::iter::repeat_n((vec![None; IDS.len()], 30), 4);
            for (steps, minutes) in runs.into_iter().chain(well) {
                let since = until;
                until += SignedDuration::from_mins(minutes);
                let findings: Vec<Finding> = IDS.iter().zip(steps).filter_map(|((id, kind), step)| {
                    let (severity, state) = step?;
                    Some(Finding { state, last_seen: Some(until), ..finding(id, severity, *kind) })
                }).collect();
                let window = Window { since, until };
                let run = RunFacts { name: "run", findings: &findings, window };
                let advance = advance(&standing, run, thresholds, Weight::Full).unwrap();
                let seen = findings.iter().filter(|f| f.is_bad() && f.state == FindingState::New);
                let new: Vec<(String, Severity)> = seen.map(|f| (f.id.clone(), f.severity))
                    .filter(|(id, severity)| !known.iter().any(|(i, s)| i == id && s >= severity)).collect();
                match advance.situation {
                    Situation::Opens => {
                        let opened = standing.incident.is_none();
                        prop_assert!(opened || !new.is_empty(), "nothing joined");
                        known.extend(new);
                    }
                    // What is not told now is told by an incident that has it, or holds no incident.
                    Situation::BadNothingNew if standing.incident.is_some() => prop_assert!(new.is_empty(), "{new:?}"),
                    Situation::Closes { .. } => {
                        prop_assert!(findings.iter().all(|f| !f.is_bad()));
                        known.clear();
                    }
                    _ => {}
                }
                if standing.incident.is_none() && advance.standing.consecutive.bad >= failure {
                    let soft = findings.iter().filter(|f| f.is_bad()).all(|f| matches!(f.reason.as_str(), "Slow" | "Burst"));
                    prop_assert!(soft || advance.situation == Situation::Opens, "an opening is lost");
                }
                standing = advance.standing;
            }
            prop_assert_eq!(standing.incident, None, "it ended well");
        }
    }
}
