//! Why a finding is taken for the cause, in a sentence.

use std::collections::BTreeMap;

use super::ties::Ties;
use crate::api::Finding;

/// How many subjects are told by their names.
const MAX_NAMED: usize = 3;

/// What ties one subject to the cause.
struct Tied<'f> {
    subject: &'f str,
    needs: bool,
    names: bool,
    /// How many seconds later than the cause it began, where both are known.
    later: Option<i64>,
}

/// `autopar-api needs it and failed 20 s later; its log names autopar-redis`.
pub(super) fn sentence(ties: &Ties<'_>, cause: &Finding, consequences: &[&Finding]) -> String {
    let mut tied: BTreeMap<&str, Tied<'_>> = BTreeMap::new();
    for finding in consequences.iter().filter(|f| f.subject != cause.subject) {
        let (from, to) = (ties.begin(cause), ties.begin(finding));
        let exact = from.is_exact() && to.is_exact();
        let later = from.latest.zip(to.latest).filter(|_| exact).map(|(from, to)| to.duration_since(from).as_secs());
        let subject = finding.subject.as_str();
        let one = tied.entry(subject).or_insert(Tied { subject, needs: false, names: false, later });
        one.needs |= ties.needs(subject, &cause.subject);
        one.names |= ties.names(finding, &cause.subject);
        one.later = one.later.min(later).or(one.later).or(later);
    }
    let of = |pick: fn(&Tied<'_>) -> bool| tied.values().filter(|t| pick(t)).collect::<Vec<_>>();
    let (needing, naming) = (of(|t| t.needs), of(|t| !t.needs && t.names));
    let indirect = of(|t| !t.needs && !t.names);
    let mut parts = Vec::new();
    if !needing.is_empty() {
        parts.push(format!("{} it{}", verb(&needing, "needs", "need"), when(&needing)));
        let names = needing.iter().filter(|t| t.names).count();
        let logs = match (names, needing.len()) {
            (0, _) => None,
            (_, 1) => Some("its log names"),
            (n, all) if n == all => Some("their logs name"),
            _ => Some("what they log names"),
        };
        parts.extend(logs.map(|logs| format!("{logs} {}", cause.subject)));
    }
    if !naming.is_empty() {
        parts.push(format!("{} it in what was found there{}", verb(&naming, "names", "name"), when(&naming)));
    }
    if !indirect.is_empty() {
        parts.push(format!("{} from those", verb(&indirect, "follows", "follow")));
    }
    match (parts.is_empty(), consequences.is_empty()) {
        (false, _) => parts.join("; "),
        (true, false) => format!("the other findings about {} follow from it", cause.subject),
        (true, true) => "nothing else that was found explains it".to_owned(),
    }
}

/// `autopar-api and autopar-worker need`.
fn verb(tied: &[&Tied<'_>], one: &str, many: &str) -> String {
    let names: Vec<&str> = tied.iter().map(|t| t.subject).collect();
    match names[..] {
        [name] => format!("{name} {one}"),
        [ref first @ .., last] if names.len() <= MAX_NAMED => format!("{} and {last} {many}", first.join(", ")),
        _ => format!("{} and {} more {many}", names[..MAX_NAMED].join(", "), names.len() - MAX_NAMED),
    }
}

/// ` and failed 20 s later`, where it is known.
fn when(tied: &[&Tied<'_>]) -> String {
    let Some(all) = tied.iter().map(|t| t.later).collect::<Option<Vec<i64>>>() else { return String::new() };
    let first = all.iter().copied().min().unwrap_or_default();
    let each = if tied.len() > 1 { ", the first" } else { "" };
    match first {
        ..1 => " and failed at the same time".to_owned(),
        1..120 => format!(" and failed{each} {first} s later"),
        _ => format!(" and failed{each} {} min later", first / 60),
    }
}
