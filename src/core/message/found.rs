//! Findings in words: each once, where it is, what it is, and since when.

use jiff::Timestamp;

use super::{
    looks::{host, listed},
    text::Line,
    words::Clock,
};
use crate::{
    api::{Finding, FindingState, Kind, MonitoringJobSpec, Severity, job::ProfileName, report::Source},
    core::{logs::essence, profiles, redact::Redactor, rules},
};

/// The most that the name of a subject takes, in UTF-16 units.
const MAX_NAME: usize = 80;
/// The most that is quoted of a log where there is little room.
const MAX_QUOTE: usize = 64;

/// A finding, with those of the same subject and reason that are told by it.
pub(super) struct Found<'a> {
    pub(super) finding: &'a Finding,
    twins: Vec<&'a Finding>,
}

/// Each (subject, reason) once, in the order of the first of each.
pub(super) fn once<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<Found<'a>> {
    let mut all: Vec<Found<'a>> = Vec::new();
    for finding in findings {
        match all.iter_mut().find(|f| f.is_about(&finding.subject, &finding.reason)) {
            Some(found) => found.twins.push(finding),
            None => all.push(Found { finding, twins: Vec::new() }),
        }
    }
    all
}

impl Found<'_> {
    pub(super) fn is_about(&self, subject: &str, reason: &str) -> bool {
        self.finding.subject == subject && self.finding.reason == reason
    }

    /// Whether one of these is the finding, or its twin.
    pub(super) fn is_among(&self, ids: &[String]) -> bool {
        std::iter::once(&self.finding).chain(&self.twins).any(|finding| ids.contains(&finding.id))
    }

    /// `website`, `container`, `logs`, `docker` or `self`.
    pub(super) fn family(&self) -> &str {
        self.finding.id.split('/').next().unwrap_or_default()
    }

    pub(super) fn mark(&self) -> &'static str {
        match (self.finding.state, self.finding.severity) {
            _ if self.finding.source == Source::Claude => "🤖 suspected: ",
            (FindingState::Unknown, _) => "❔ ",
            (_, Severity::Critical) => "🚨 ",
            _ => "⚠️ ",
        }
    }

    /// The first thing that the message says: `OOM-killed` of `OOM-killed, memory limit 256 MiB`.
    pub(super) fn gist(&self) -> &str {
        self.split().0
    }

    /// What a message says after what was asked for, and whether a colon stands between: `GET /health answered 502`,
    /// `GET /health: connection refused`.
    fn asked(&self) -> Option<(bool, &str)> {
        let words = self.finding.message.strip_prefix("GET /").filter(|_| self.family() == "website")?;
        words.split_once(' ').map(|(path, rest)| (path.ends_with(':'), rest))
    }

    /// Whether it tells of several records of a log.
    fn is_counted(&self) -> bool {
        self.family() == "logs" && self.finding.count > 1
    }

    /// What stands between a subject and what is told of it. A container is the subject of its sentence, as in
    /// `autopar-redis OOM-killed`; what a log says is a sentence of its own.
    fn joint(&self) -> &'static str {
        match (self.family(), self.asked()) {
            ("website", Some((true, _))) => ": ",
            ("website" | "container", _) => " ",
            _ => ": ",
        }
    }

    fn split(&self) -> (&str, &str) {
        let message = self.asked().map_or(self.finding.message.as_str(), |(_, rest)| rest).trim().trim_end_matches('.');
        let mut quoted = false;
        for (at, character) in message.char_indices() {
            quoted ^= character == '"';
            let rest = &message[at..];
            if !quoted && at > 0 && [", ", "; ", ": ", " ("].iter().any(|end| rest.starts_with(end)) {
                return message.split_at(at);
            }
        }
        (message, "")
    }
}

/// How findings of a job are told at one time.
pub(super) struct Teller<'a> {
    pub(super) spec: &'a MonitoringJobSpec,
    pub(super) clock: Clock<'a>,
    /// When the run looked.
    pub(super) until: Option<Timestamp>,
}

impl Teller<'_> {
    /// The whole message: `🐳 autopar-redis OOM-killed at 03:02, memory limit 256 MiB`.
    pub(super) fn whole(&self, found: &Found<'_>) -> Line {
        let (gist, rest) = found.split();
        let line = icon(found).line(self.name(found)).text(found.joint()).foreign(gist);
        // Before what may be cut off: whether it is so now is not to be missed.
        let line = line.text(&self.when(found)).text(&self.over_since(found)).line(continued(rest));
        if found.finding.state == FindingState::Unknown { line.text(" (not observed now)") } else { line }
    }

    /// The gist of what follows from `cause`: `🌐 /health answered 502 since 03:03`,
    /// `autopar-worker 214 × "connection refused"`.
    pub(super) fn short(&self, found: &Found<'_>, cause: &Found<'_>) -> Line {
        let finding = found.finding;
        let line = match self.paths(found) {
            Some(paths) if self.spec.websites.len() == 1 && paths.plain() != "/" => paths.text(found.joint()),
            None if finding.subject == cause.finding.subject => Line::new(),
            _ if found.is_counted() => self.name(found).text(" "),
            _ => self.name(found).text(found.joint()),
        };
        let line = icon(found).line(line);
        let quote = self.quote(found);
        let line = if found.is_counted() || quote.is_some() {
            let line = if found.is_counted() { line.text(&format!("{} × ", finding.count)) } else { line };
            let quote = Line::new().foreign(quote.unwrap_or_else(|| found.gist())).cut(MAX_QUOTE);
            line.text("\"").line(quote).text("\"")
        } else {
            line.foreign(found.gist())
        };
        line.text(&self.when(found)).text(&self.over_since(found))
    }

    /// The gist of what is no more: `🌐 /health answered 502, over since 03:20`.
    pub(super) fn over(&self, found: &Found<'_>) -> Line {
        let finding = found.finding;
        let line = icon(found).line(self.name(found)).text(found.joint()).foreign(found.gist());
        if !self.is_watched(found) {
            return line.text(", no longer watched");
        }
        match (finding.over_since, finding.kind, finding.last_seen) {
            (Some(over), _, _) => line.text(&format!(", over since {}", self.clock.short(over))),
            (None, Kind::Event, Some(last)) => {
                line.text(&format!(", no further occurrence since {}", self.clock.short(last)))
            }
            (None, _, _) => line.text(", over"),
        }
    }

    /// Whether the job still names it.
    pub(super) fn is_watched(&self, found: &Found<'_>) -> bool {
        std::iter::once(&found.finding).chain(&found.twins).any(|f| rules::is_watched(self.spec, &f.id))
    }

    /// What is told of it, with its name: `autopar-redis OOM-killed`.
    pub(super) fn headline(&self, found: &Found<'_>) -> Line {
        let line = self.name(found).cut(44).text(found.joint()).line(Line::new().foreign(found.gist()).cut(60));
        line.text(&self.over_since(found))
    }

    /// Of what is no more, although it was in this run's time.
    fn over_since(&self, found: &Found<'_>) -> String {
        found.finding.over_since.map_or_else(String::new, |over| format!(", over since {}", self.clock.short(over)))
    }

    /// A record of a log in its own words, where its pattern says nothing but that it is bad.
    fn quote<'f>(&self, found: &Found<'f>) -> Option<&'f str> {
        let (_, container) = rules::containers(self.spec).find(|(_, c)| c.name == found.finding.subject)?;
        let profile = container.profile.unwrap_or_default();
        let mut patterns = profiles::compiled(profile).patterns().iter();
        let says_little = |pattern: &profiles::Known| pattern.fallback || profile == ProfileName::Generic;
        patterns.find(|pattern| pattern.id == found.finding.reason && says_little(pattern))?;
        found.finding.evidence.first().map(|record| essence(record).lines().next().unwrap_or_default())
    }

    /// `staging.example.com /health`, `autopar-redis`.
    fn name(&self, found: &Found<'_>) -> Line {
        let website =
            self.spec.websites.iter().find(|w| found.family() == "website" && w.name == found.finding.subject);
        let Some(website) = website else { return Line::new().foreign(&found.finding.subject).cut(MAX_NAME) };
        let line = Line::new().text(&host(website)).cut(MAX_NAME);
        match self.paths(found) {
            Some(paths) if paths.plain() != "/" => line.text(" ").line(paths),
            _ => line,
        }
    }

    /// The paths that a website's findings are about, where they are about an answer.
    fn paths(&self, found: &Found<'_>) -> Option<Line> {
        found.asked()?;
        let website =
            self.spec.websites.iter().find(|w| found.family() == "website" && w.name == found.finding.subject)?;
        let findings = std::iter::once(&found.finding).chain(&found.twins);
        let shapes = Redactor::default();
        let mut paths = Vec::new();
        for check in findings.filter_map(|finding| finding.id.split('/').nth(2)) {
            let path = website.checks.iter().find(|c| c.name == check).map_or("/", |c| c.path.as_str());
            let path = shapes.redact(path);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        // That it is all of them goes without saying.
        let all = paths.len() > 1 && paths.len() >= website.checks.len();
        (!paths.is_empty() && !all).then(|| listed(&paths, MAX_NAME / 2))
    }

    /// ` since 03:03` of a state, ` at 03:02` of an event, ` 03:02–03:14` of several.
    fn when(&self, found: &Found<'_>) -> String {
        let finding = found.finding;
        let Some(first) = finding.first_seen.or(finding.last_seen) else { return String::new() };
        // What was seen by looking began at some time before.
        let only_looked = matches!(found.family(), "website" | "docker") || self.until == Some(first);
        let now = finding.state == FindingState::New && self.until.is_some_and(|until| first >= until);
        if finding.kind == Kind::State && only_looked && now {
            return String::new();
        }
        let (first, last) = (self.clock.short(first), self.clock.short(finding.last_seen.unwrap_or(first)));
        match (finding.kind, finding.count > 1 && first != last) {
            (Kind::State, false) if finding.reason == "OomKilled" => format!(" at {first}"),
            (Kind::State, _) => format!(" since {first}"),
            (Kind::Event, true) => format!(" {first}–{last}"),
            (Kind::Event, false) => format!(" at {first}"),
        }
    }
}

fn icon(found: &Found<'_>) -> Line {
    Line::new().text(match found.family() {
        "website" => "🌐 ",
        "container" | "docker" => "🐳 ",
        _ => "",
    })
}

/// What follows a gist keeps its blank.
fn continued(rest: &str) -> Line {
    let line = if rest.starts_with(' ') { Line::new().text(" ") } else { Line::new() };
    line.foreign(rest)
}
