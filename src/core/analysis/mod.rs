//! What Claude is asked, and what is taken from its answers. The rules decide: an answer explains, and may raise.

pub mod answer;
pub mod prices;
pub mod prompt;
pub mod untrusted;
pub mod when;

use untrusted::{clean, defang};

use super::redact::{Redactor, cut};
use crate::api::{
    Finding, FindingState, Kind, Severity, Verdict,
    analysis::{Analysis, Usage},
    job_status::Raise,
    report::{Report, Source},
};

/// The reason of an analysis that came to an answer.
pub const ANALYZED: &str = "Analyzed";
/// The reason of a run that made no call, whose verdict an earlier answer raised.
pub const HELD: &str = "Held";
/// The reason of a run that made no call.
pub const NOT_ASKED: &str = "NotAsked";
/// The reason of what broke down.
pub const BROKEN: &str = "Broken";
/// The reason of a run that had no key; each run reads it.
pub const SECRET_MISSING: &str = "SecretMissing";

/// The day of an instant, in UTC: `2026-11-24`.
pub fn day(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// An analysis without an answer: why, in CamelCase and in a sentence.
pub fn unanswered(model: &str, reason: &str, message: &str, usage: Usage) -> Analysis {
    Analysis {
        model: model.to_owned(),
        reason: reason.to_owned(),
        message: Some(cut(message, 250)).filter(|message| !message.is_empty()),
        verdict: None,
        summary: None,
        explanations: Vec::new(),
        recommendations: Vec::new(),
        investigate: false,
        usage,
    }
}

/// Takes an answer into a report: the verdict is the highest of the rules', its own and that of a `raise` which still holds,
/// and what Claude suspects stands after what the rules found, as its own.
pub fn take_in(report: &mut Report, analysis: Analysis, suspicions: Vec<Finding>, raise: Option<&Raise>) {
    let suspected = suspicions.iter().map(|f| Verdict::from(f.severity)).max();
    let raised = suspected.max(analysis.verdict).max(raise.map(|raise| raise.verdict));
    report.verdict = report.rules_verdict.max(raised.unwrap_or_default());
    report.findings.extend(suspicions);
    report.analysis = Some(analysis);
}

/// Takes into a report that there is no answer. What was raised before holds all the same, where nothing else is wrong.
pub fn unheard(report: &mut Report, analysis: Analysis, raise: Option<&Raise>) {
    report.verdict = report.rules_verdict.max(raise.map_or_else(Verdict::default, |raise| raise.verdict));
    report.analysis = Some(analysis);
}

/// Takes a raise that still holds into a report.
pub fn hold(report: &mut Report, model: &str, raise: &Raise) {
    let message = format!("the verdict that it raised in {} holds: nothing else is wrong since", raise.run);
    let held = unanswered(model, HELD, &message, Usage::default());
    unheard(report, Analysis { verdict: Some(raise.verdict), ..held }, Some(raise));
}

/// Prose of others, fit to be kept and shown: one line without anything invisible, without a secret, without a live link but to
/// `own` hosts.
pub fn prose(text: &str, redactor: &Redactor, own: &[&str], most: usize) -> String {
    let text = clean(text).split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&defang(&redactor.redact(&text), own), most)
}

fn suspicion(id: String, subject: &str, severity: Severity, message: String, evidence: Vec<String>) -> Finding {
    Finding {
        evidence,
        state: FindingState::New,
        source: Source::Claude,
        ..super::rules::finding(id, Kind::State, severity, subject, message)
    }
}
