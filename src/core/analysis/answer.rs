//! The answer: read as typed data, and what may be kept of it.

use serde::Deserialize;

use super::{
    ANALYZED,
    prompt::{self, Prompt, TOPICS},
    prose, suspicion,
};
use crate::{
    api::{
        Finding, MonitoringJobSpec, Severity, Verdict,
        analysis::{Analysis, Explanation, Usage},
        report::Report,
    },
    core::redact::Redactor,
};

const MAX_SUMMARY: usize = 300;
const MAX_EXPLANATION: usize = 400;
const MAX_LINE: usize = 200;
const MAX_SUSPICIONS: usize = 5;
const MAX_RECOMMENDATIONS: usize = 5;
/// A shorter quote is found anywhere.
const SHORTEST_QUOTE: usize = 12;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    verdict: Verdict,
    summary: String,
    explanations: Vec<Explained>,
    suspicions: Vec<Suspected>,
    recommendations: Vec<String>,
    investigate: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Explained {
    finding_id: String,
    text: String,
}

#[derive(Deserialize)]
struct Suspected {
    severity: Severity,
    subject: String,
    topic: String,
    message: String,
    evidence: Vec<String>,
}

/// Reads an answer to `prompt`: the analysis, and what Claude suspects besides.
///
/// A code fence around the object is taken off, with the words before it: it is a habit, and no reason to lose an answer
/// that was waited for. All else that is not the object that was asked for is refused whole.
///
/// # Errors
/// Why it is no answer, in a sentence that repeats none of it.
pub fn read(
    spec: &MonitoringJobSpec,
    report: &Report,
    prompt: &Prompt,
    text: &str,
    redactor: &Redactor,
    model: &str,
    usage: Usage,
) -> Result<(Analysis, Vec<Finding>), String> {
    let answer: Answer = serde_json::from_str(unfenced(text))
        .map_err(|error| format!("the answer is not the JSON object that was asked for ({:?})", error.classify()))?;
    let prose = |text: &str, most| prose(text, redactor, &[], most);
    let summary = prose(&answer.summary, MAX_SUMMARY);
    if summary.is_empty() {
        return Err("the answer has no summary".into());
    }
    let mut explanations: Vec<Explanation> = Vec::new();
    for finding in &report.findings {
        let said = answer.explanations.iter().find(|e| e.finding_id == finding.id);
        let text = said.map(|said| prose(&said.text, MAX_EXPLANATION)).filter(|text| !text.is_empty());
        explanations.extend(text.map(|text| Explanation { finding_id: finding.id.clone(), text }));
    }
    explanations.truncate(20);
    let mut suspicions: Vec<Finding> = Vec::new();
    for suspected in &answer.suspicions {
        let Some(subject) = prompt::subjects(spec).find(|subject| *subject == suspected.subject) else { continue };
        let Some(topic) = TOPICS.iter().find(|topic| **topic == suspected.topic) else { continue };
        let evidence: Vec<String> = suspected.evidence.iter().filter_map(|e| found(prompt, e)).take(5).collect();
        let message = prose(&suspected.message, MAX_LINE);
        let id = format!("claude/{subject}/{topic}");
        // Not worse than its own verdict.
        let severity = match answer.verdict {
            Verdict::AllGood => continue,
            Verdict::SuspiciousInvestigate => Severity::Warning,
            Verdict::ErrorsInvestigate => suspected.severity.max(Severity::Warning),
        };
        let known = suspicions.iter().any(|f| f.id == id);
        if !evidence.is_empty() && !message.is_empty() && !known && suspicions.len() < MAX_SUSPICIONS {
            suspicions.push(suspicion(id, subject, severity, message, evidence));
        }
    }
    let recommendations = answer.recommendations.iter().map(|r| prose(r, MAX_LINE)).filter(|r| !r.is_empty());
    let analysis = Analysis {
        model: model.to_owned(),
        reason: ANALYZED.into(),
        message: None,
        verdict: Some(answer.verdict),
        summary: Some(summary),
        explanations,
        recommendations: recommendations.take(MAX_RECOMMENDATIONS).collect(),
        investigate: answer.investigate,
        usage,
    };
    Ok((analysis, suspicions))
}

/// The line of ours that a piece of evidence names or quotes.
fn found(prompt: &Prompt, evidence: &str) -> Option<String> {
    let evidence = evidence.trim();
    let named = prompt.quotable.iter().find(|(id, _)| id == evidence);
    let quoted = || {
        let long = evidence.chars().count() >= SHORTEST_QUOTE;
        prompt.quotable.iter().find(|(_, line)| line == evidence || long && line.contains(evidence))
    };
    named.or_else(quoted).map(|(_, line)| line.clone()).filter(|line| !line.is_empty())
}

/// The text without a code fence around the whole of it.
pub fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_suffix("```") else { return text };
    inner.split_once("```json").or_else(|| inner.split_once("```")).map_or(text, |(_, inner)| inner.trim())
}
