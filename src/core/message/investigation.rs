//! What a closer look came to, for a phone: the cause and what to do; the rest is in the run's status.

use super::{
    Message, Run,
    fit::{Group, fit},
    layout::{MAX_LINE, environment, head, headed, look_up, report_time},
    text::Line,
    words::{self, counted},
};
use crate::{
    api::analysis::{Certainty, Investigation, InvestigationReport},
    core::investigation::course::CONCLUDED,
};

/// The most that each sort of line takes, in UTF-16 units, so that the lines which are always there leave room.
const MAX_BROKEN: usize = 140;
const MAX_SINCE: usize = 80;
const MAX_IMPACT: usize = 120;
const MAX_STOP: usize = 120;
const MAX_EVIDENCE: usize = 160;
/// What a lock screen shows beside a title.
const MAX_GIST: usize = 75;
const FOUND: &str = "Claude found: ";
/// The cause takes what the lines that are always there leave of so many units.
const MOST_FIXED: usize = 900;
const CAUSE: (usize, usize) = (200, 400);

/// The first line.
pub(super) fn headline(message: &Message<'_>, investigation: &Investigation) -> Line {
    let what = match &investigation.report {
        Some(report) => gist(report),
        None => Line::new().text("Claude's closer look came to no report"),
    };
    headed(message, "🔬", what)
}

fn gist(report: &InvestigationReport) -> Line {
    Line::new().text(FOUND).foreign(&report.broken).cut(MAX_GIST)
}

/// The message, line by line.
pub(super) fn lines(message: &Message<'_>, run: Run<'_>, investigation: &Investigation) -> Vec<Line> {
    let mut groups = Vec::new();
    let mut facts = Vec::new();
    let mut cause = None;
    if let Some(report) = &investigation.report {
        let of = match report.certainty {
            Certainty::Known => "Cause: ",
            Certainty::Possible => "Possible cause: ",
        };
        cause = Some(Line::new().text(of).foreign(&report.cause));
        facts = around(report);
        groups = vec![
            group(steps(report), "next step"),
            group(bullets("• ", &report.evidence), "piece of evidence"),
            group(bullets("❔ Not checked: ", &report.unchecked), "thing not checked"),
        ];
    }
    facts.extend(why_it_stopped(investigation));
    let mut head = head(message);
    head.push(Line::new());
    let mut foot = vec![Line::new(), report_time(message), environment(message), effort(investigation)];
    foot.extend(look_up(message, "mrun", run.name));
    let spent: usize = head.iter().chain(&facts).chain(&foot).map(|line| line.units() + 1).sum();
    let most = MOST_FIXED.saturating_sub(spent).clamp(CAUSE.0, CAUSE.1);
    head.extend(cause.map(|cause| cause.cut(most)));
    head.extend(facts);
    let fixed: Vec<Line> = head.iter().chain(&foot).cloned().collect();
    let mut shown = fit(&fixed, groups).into_iter();
    let [steps, evidence, unchecked] = std::array::from_fn(|_| shown.next().unwrap_or_default());
    [head, evidence, steps, unchecked, foot].into_iter().flatten().collect()
}

fn group(lines: Vec<Line>, noun: &'static str) -> Group {
    Group { lines, unlisted: 0, noun }
}

/// What the first line has no room for, since when, and what it means.
fn around(report: &InvestigationReport) -> Vec<Line> {
    let told = |label: &str, text: &str, most| Line::new().text(label).foreign(text).cut(most);
    let broken = Line::new().foreign(&report.broken);
    let mut lines: Vec<Line> = (gist(report).units() < FOUND.len() + broken.units())
        .then(|| Line::new().text("Broken: ").line(broken).cut(MAX_BROKEN))
        .into_iter()
        .collect();
    lines.extend(report.since.iter().map(|since| told("Since: ", since, MAX_SINCE)));
    lines.extend((!report.impact.is_empty()).then(|| told("Impact: ", &report.impact, MAX_IMPACT)));
    lines
}

fn steps(report: &InvestigationReport) -> Vec<Line> {
    report.next_steps.iter().map(|step| Line::new().text("👉 ").copied(step).cut(MAX_LINE)).collect()
}

fn bullets(mark: &str, texts: &[String]) -> Vec<Line> {
    texts.iter().map(|text| Line::new().text(mark).foreign(text).cut(MAX_EVIDENCE)).collect()
}

/// Why there is no report, or why it came before Claude was done.
fn why_it_stopped(investigation: &Investigation) -> Option<Line> {
    let reason = investigation.stop_reason.as_deref().filter(|reason| *reason != CONCLUDED)?;
    let label = if investigation.report.is_some() { "⏳ Ended early: " } else { "Why: " };
    let line = Line::new().text(label);
    let line = match &investigation.message {
        Some(message) => line.foreign(message).text(" (").foreign(reason).text(")"),
        None => line.foreign(reason),
    };
    Some(line.cut(MAX_STOP))
}

/// `🤖 Claude AI (claude-sonnet-5-5): 7 turns, 12 tool calls, 45 k tokens, 2 min`.
fn effort(investigation: &Investigation) -> Line {
    let line = Line::new().text("🤖 Claude AI (").foreign(&investigation.model).text(")");
    if investigation.usage.calls == 0 {
        return line;
    }
    let turns = counted(investigation.turns.into(), "turn");
    let calls = counted(investigation.tool_calls.into(), "tool call");
    let tokens = investigation.usage.total().saturating_add(500) / 1000;
    let line = line.text(&format!(": {turns}, {calls}, {tokens} k tokens"));
    match (investigation.start_time, investigation.completion_time) {
        (Some(start), Some(end)) => line.text(", ").text(&words::span(end.duration_since(start))),
        _ => line,
    }
}
