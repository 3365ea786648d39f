//! What follows from what within one subject.

use jiff::{SignedDuration, Timestamp};

use super::{begin::SLACK, effects::is_from_outside, family, first_seen, ties::Ties};
use crate::{
    api::{Finding, Kind, Severity},
    core::{profiles, rules::container::By},
};

/// What a container says when it ends is at most so much earlier than its end.
const LAST_WORDS: SignedDuration = SignedDuration::from_mins(2);
/// What a program goes on with at other times, such as credentials that are refused, ended it when it came right before.
const RIGHT_BEFORE: SignedDuration = SignedDuration::from_secs(5);
/// The engine notes an end at about the time of the last line.
const SAME_INSTANT: SignedDuration = SignedDuration::from_secs(1);

/// How near to the root a finding is among those of its own container.
pub(super) fn rank(finding: &Finding) -> u8 {
    match (family(finding), finding.reason.as_str()) {
        ("docker", _) | ("container", "OomKilled") => 0,
        ("logs", _) if finding.severity == Severity::Critical => 2,
        ("container", "Missing" | "NoNetwork" | "NotRunning" | "Paused") => 1,
        ("container", "Restarting") => 3,
        ("container", "HighMemory") => 4,
        ("container", "Restarted") => 5,
        ("container", "Unhealthy" | "StartingTooLong") => 6,
        _ => 7,
    }
}

/// Whether one finding of a subject follows from another of the same subject.
pub(super) fn explains(ties: &Ties<'_>, cause: &Finding, other: &Finding) -> bool {
    match (family(cause), family(other)) {
        ("container", "container") => {
            let before = first_seen(cause).zip(first_seen(other)).is_none_or(|(from, to)| from <= to + SLACK);
            // Other things of the same container, such as its CPU, are told beside it.
            rank(cause) < rank(other) && rank(other) < 7 && (before || other.kind == Kind::State)
        }
        ("logs", "container") => are_last_words(ties, cause, other),
        ("container", "logs") => {
            let Some((ended, said)) = first_seen(cause).zip(first_seen(other)) else { return false };
            let in_time = match cause.reason.as_str() {
                "OomKilled" | "NotRunning" | "Restarting" | "Paused" => said + SLACK >= ended,
                "NoNetwork" => true,
                "Unhealthy" => said + SLACK >= ended && cause.severity > other.severity,
                "Restarted" => said + SLACK >= ended && said <= cause.last_seen.unwrap_or(ended) + SLACK,
                _ => false,
            };
            // Of several warnings right before an end one is why; the rest follow from the end.
            in_time && !(other.severity == Severity::Critical && are_last_words(ties, other, cause))
        }
        // What is fatal explains what the same log says around it; of two the more specific one, which its profile
        // lists first.
        ("logs", "logs") => {
            let near = cause.first_seen.zip(other.first_seen).is_some_and(|(a, b)| a.duration_since(b).abs() <= SLACK);
            near && cause.severity == Severity::Critical
                && match (index(ties, cause), index(ties, other)) {
                    (Some(cause), Some(other)) => cause < other,
                    _ => cause.first_seen < other.first_seen,
                }
        }
        // Checks of one site that fail alike are one failure.
        ("website", "website") => cause.reason == other.reason && cause.id < other.id,
        _ => false,
    }
}

/// Its last words explain why a container ended, unless it was killed or stopped from outside.
fn are_last_words(ties: &Ties<'_>, words: &Finding, end: &Finding) -> bool {
    let ended_by = ties.ended_by(&end.subject);
    let ended = match end.reason.as_str() {
        "NotRunning" | "Restarting" | "Restarted" => !ended_by.is_some_and(is_from_outside),
        "Unhealthy" => true,
        _ => false,
    };
    let Some((said, at)) = words.first_seen.zip(first_seen(end)) else { return false };
    match words.severity {
        Severity::Critical => {
            ended && (end.kind == Kind::State && said <= at + LAST_WORDS || said <= end.last_seen.unwrap_or(at))
        }
        // What a program goes on with at other times is why it ended where it came right before: where it came then
        // for the first time, or where more is known of it than its level.
        Severity::Warning => {
            let right_before = |said: Option<Timestamp>, ended: Option<Timestamp>| {
                said.zip(ended).is_some_and(|(said, at)| said + RIGHT_BEFORE >= at && said <= at + SAME_INSTANT)
            };
            let again = [first_seen(end), end.last_seen].into_iter().any(|at| right_before(words.last_seen, at));
            ended
                && end.reason != "Unhealthy"
                && ended_by.is_none_or(|by| by == By::Itself)
                && (right_before(Some(said), Some(at)) || again && is_specific(ties, words))
        }
        Severity::Info => false,
    }
}

/// Whether a pattern of the profile knows what the record tells, and not merely its level.
fn is_specific(ties: &Ties<'_>, finding: &Finding) -> bool {
    let Some(profile) = ties.profile(&finding.subject) else { return false };
    profiles::compiled(profile).patterns().iter().any(|pattern| pattern.id == finding.reason && !pattern.fallback)
}

/// Where a pattern stands in the profile of its container; none for a pattern of the job.
pub(super) fn index(ties: &Ties<'_>, finding: &Finding) -> Option<usize> {
    let profile = ties.profile(&finding.subject)?;
    profiles::compiled(profile).patterns().iter().position(|pattern| pattern.id == finding.reason)
}
