//! A report as a person reads it in a terminal.

use std::fmt::Write as _;

use serde::Serialize;

use crate::{
    api::{
        Finding, FindingState, MonitoringJobSpec, Severity,
        report::{Outcome, Report},
    },
    cli::{explain, settings::Format},
    core::{explain::Explanation, schedule},
};

/// The report in the form that was asked for, with its final line break.
pub fn print(format: Format, spec: &MonitoringJobSpec, report: &Report) -> anyhow::Result<String> {
    print_explained(format, spec, report, None)
}

/// The same with why it is so: as text below it, as data beside it, in the field `explanation`.
pub fn print_explained(
    format: Format,
    spec: &MonitoringJobSpec,
    report: &Report,
    explanation: Option<&Explanation>,
) -> anyhow::Result<String> {
    let explained = Explained { report, explanation };
    Ok(match format {
        Format::Text => text(spec, report) + &explanation.map_or_else(String::new, |it| explain::text(spec, it)),
        Format::Json => serde_json::to_string_pretty(&explained)? + "\n",
        Format::Yaml => serde_saphyr::to_string(&explained)?,
    })
}

#[derive(Serialize)]
struct Explained<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a Explanation>,
}

/// Instants in the schedule's zone.
pub(super) fn clock(spec: &MonitoringJobSpec) -> impl Fn(jiff::Timestamp) -> String + use<> {
    let zone = spec.schedule.as_ref().and_then(|s| s.time_zone.as_deref()).unwrap_or(schedule::DEFAULT_ZONE);
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    move |at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

fn text(spec: &MonitoringJobSpec, report: &Report) -> String {
    let time = clock(spec);
    let mut out = String::new();
    // Writing into a String does not fail.
    let _ = writeln!(out, "{}  {}", report.verdict.as_str(), spec.environment);
    let _ = writeln!(out, "logs from {} to {}", time(report.window.since), time(report.window.until));
    if let Some(cause) = &report.probable_cause {
        let finding = report.findings.iter().find(|finding| finding.id == cause.finding_id);
        let what = finding.map_or("", |finding| &finding.message);
        let _ = writeln!(out, "\nprobable cause: {} {what} ({})", cause.subject, cause.message);
    }
    if let Some(analysis) = &report.analysis {
        let said = analysis.summary.as_ref().or(analysis.message.as_ref()).map_or("", |said| said);
        let _ = writeln!(out, "\nClaude ({}, {}): {said}", analysis.model, analysis.reason);
        for recommendation in &analysis.recommendations {
            let _ = writeln!(out, "         do: {recommendation}");
        }
    }
    if !report.findings.is_empty() {
        out.push('\n');
    }
    for finding in &report.findings {
        let _ = writeln!(out, "{:8} {}  {}{}", mark(finding), finding.id, finding.message, count(finding));
        let mut details = Vec::new();
        details.extend(finding.first_seen.map(|at| format!("since {}", time(at))));
        details.extend(finding.over_since.map(|at| format!("over since {}", time(at))));
        if let (Some(severity), Some(why)) = (finding.rules_severity, &finding.override_reason) {
            details.push(format!("{severity:?} by the rules, overridden: {why}"));
        }
        details.extend(finding.advice.as_ref().map(|advice| format!("do: {advice}")));
        if !details.is_empty() {
            let _ = writeln!(out, "         {}", details.join(", "));
        }
        let explained = report.analysis.iter().flat_map(|analysis| &analysis.explanations);
        for explanation in explained.filter(|explanation| explanation.finding_id == finding.id) {
            let _ = writeln!(out, "         Claude: {}", explanation.text);
        }
        for line in &finding.evidence {
            let _ = writeln!(out, "         | {}", line.replace('\n', "\n         | "));
        }
    }
    out.push('\n');
    for seen in &report.observations {
        let mark = match seen.outcome {
            Outcome::Good => '✓',
            Outcome::Bad => '✗',
            Outcome::NotObserved => '?',
        };
        let check = seen.check.as_ref().map(|check| format!("/{check}")).unwrap_or_default();
        let _ = writeln!(out, "{mark} {}{check}  {}", seen.subject, seen.message);
    }
    out
}

fn mark(finding: &Finding) -> &'static str {
    match (finding.state, finding.severity) {
        (FindingState::Resolved, _) => "Over",
        _ if finding.is_muted() => "Muted",
        (_, Severity::Info) => "Info",
        (_, Severity::Warning) => "Warning",
        (_, Severity::Critical) => "Critical",
    }
}

fn count(finding: &Finding) -> String {
    if finding.count > 1 { format!(" ({}×)", finding.count) } else { String::new() }
}
