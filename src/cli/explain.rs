//! An explanation as a person reads it in a terminal, below its report.

use std::fmt::Write as _;

use crate::{
    api::MonitoringJobSpec,
    cli::report,
    core::{
        explain::{Explanation, OfFinding, OfLog, OfPattern},
        logs::Example,
    },
};

/// The explanation, with its final line break.
pub fn text(spec: &MonitoringJobSpec, explanation: &Explanation) -> String {
    let mut out = Out { text: String::new(), time: Box::new(report::clock(spec)) };
    for log in &explanation.logs {
        out.log(log);
    }
    for finding in &explanation.findings {
        out.finding(finding);
    }
    if !explanation.overrides.is_empty() {
        out.text.push_str("\noverrides\n");
        for item in &explanation.overrides {
            let _ = writeln!(out.text, "  {}  {}", item.id, item.outcome);
        }
    }
    let ours = |finding: &&OfFinding| !finding.id.starts_with("self/");
    if let Some(first) = explanation.findings.iter().find(ours) {
        out.text.push_str("\nA finding that is false here is muted by its id, in the job's spec:\n");
        let _ = writeln!(out.text, "  overrides:\n    - {{id: {}, severity: Info, until: …, reason: …}}", first.id);
    }
    out.text
}

struct Out {
    text: String,
    time: Box<dyn Fn(jiff::Timestamp) -> String>,
}

impl Out {
    fn line(&mut self, label: &str, what: &str) {
        // Writing into a String does not fail.
        let _ = writeln!(self.text, "  {label:9} {what}");
    }

    fn example(&mut self, example: &Example) {
        let at = example.at.map_or_else(|| "at an unknown time".to_owned(), |at| (self.time)(at));
        self.line("", &format!("| {at}  {}", example.text));
    }

    fn log(&mut self, log: &OfLog) {
        let _ = writeln!(self.text, "\nlog of {}, profile {}: {}", log.container, log.profile, records(log.records));
        if let Some(why) = &log.unread {
            self.line("unread", why);
        }
        let (over, matched): (Vec<_>, Vec<_>) = log.matched.iter().partition(|found| found.count == 0);
        let over: Vec<&str> = over.iter().map(|found| found.id.as_str()).collect();
        if !over.is_empty() {
            self.line("cleared", &format!("if they were so before, a record ended: {}", over.join(", ")));
        }
        for found in matched {
            let (label, what) = told(found);
            self.line(label, &what);
            found.example.iter().for_each(|example| self.example(example));
            if let Some(at) = found.cleared {
                let at = (self.time)(at);
                self.line("", &format!("over since {at}, as a record said"));
            }
        }
        for aside in &log.aside.ignored {
            self.line("ignored", &format!("{} by {} of the job", records(aside.count), aside.why));
            self.example(&aside.example);
        }
        for aside in &log.aside.harmless {
            let regex = aside.regex.as_deref().unwrap_or_default();
            self.line("harmless", &format!("{}: {} (by {regex})", records(aside.count), aside.why));
            self.example(&aside.example);
        }
        if log.aside.unmatched > 0 {
            self.line("unknown", &format!("{} of level error that no pattern knows", records(log.aside.unmatched)));
            log.aside.unmatched_examples.iter().for_each(|example| self.example(example));
        }
    }

    fn finding(&mut self, finding: &OfFinding) {
        let _ = writeln!(self.text, "\n{}  {:?}, {:?}", finding.id, finding.severity, finding.state);
        finding.facts.iter().for_each(|fact| self.line("seen", fact));
        finding.threshold.iter().for_each(|threshold| self.line("threshold", threshold));
        self.line("before", &finding.baseline);
        self.line("cause", &finding.cause);
        finding.overridden.iter().for_each(|overridden| self.line("override", overridden));
    }
}

fn told(found: &OfPattern) -> (&'static str, String) {
    let whose = if found.own { "of the job" } else { "of the profile" };
    let mut what = format!("{} {whose}, {:?}: {}", found.id, found.severity, records(found.count));
    if let Some(per) = found.per_seconds {
        let _ = write!(what, ", at most {} within {per} s", found.most_within);
    }
    if found.min_count > 1 {
        let _ = write!(what, ", takes {}", found.min_count);
    }
    match &found.finding {
        Some(_) => ("matched", what),
        None if found.most_within < found.min_count => ("too few", what),
        None => ("no more", what),
    }
}

fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}
