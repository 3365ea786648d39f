//! What a run saw of each thing that the spec names: the `✅` and `❔` lines.

use super::text::{Line, clean};
use crate::api::{
    FindingState, MonitoringJobSpec, MonitoringRunStatus, Observation,
    job::{Container, Website},
    report::{Aspect, Outcome},
};

/// The most that one line of these takes, in UTF-16 units.
const MAX_LINE: usize = 200;
/// What a website without checks is asked for.
const DEFAULT_CHECK: &str = "home";

/// A spec, and what a run saw of it.
pub(super) struct Looks<'a> {
    pub(super) spec: &'a MonitoringJobSpec,
    pub(super) status: &'a MonitoringRunStatus,
}

/// What came of looking at one thing.
enum Look<'a> {
    Good,
    Bad,
    /// Not all of it was seen; why, where that is known.
    Dark(Option<&'a str>),
}

impl<'a> Looks<'a> {
    /// Whether something was seen, and nothing was there that could not be.
    pub(super) fn nothing_dark(&self) -> bool {
        let seen = &self.status.observations;
        // That something is not seen may be muted, too: it is named with what is.
        let muted = |o: &Observation| {
            self.status
                .findings
                .iter()
                .any(|f| f.is_muted() && f.subject == o.subject && f.id.starts_with(family(o.aspect)))
        };
        seen.iter().any(|o| o.outcome == Outcome::Good)
            && seen.iter().all(|o| o.outcome != Outcome::NotObserved || muted(o))
    }

    /// One line for each thing that was seen and good.
    pub(super) fn good(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for website in self.spec.websites.iter().filter(|w| matches!(self.website(w), Look::Good)) {
            lines.push(Line::new().text("✅ Website: ").text(&host(website)).text(" accessible"));
        }
        let well = |c: &&Container| matches!(self.container(c), Look::Good) && !self.is_accused(&c.name);
        for container in self.containers().filter(well) {
            let line = match &container.label {
                Some(label) => Line::new().text("✅ ").foreign(label).text(": "),
                None => Line::new().text("✅ "),
            };
            lines.push(line.foreign(&container.name).text(" container healthy"));
        }
        let mut logs = self.containers().map(|c| self.logs(c)).peekable();
        if logs.peek().is_some() && logs.all(|look| matches!(look, Look::Good)) {
            lines.push(Line::new().text("✅ Logs: No critical errors detected"));
        }
        lines.into_iter().map(|line| line.cut(MAX_LINE)).collect()
    }

    /// One line for each reason why something was not seen, with what it hides; without what a finding above, for which
    /// `told` holds, says already.
    pub(super) fn dark(&self, told: impl Fn(Aspect, &str) -> bool) -> Vec<Line> {
        if self.status.observations.is_empty() {
            return vec![Line::new().text("❔ Nothing was observed")];
        }
        let mut lines = Vec::new();
        for website in self.spec.websites.iter().filter(|w| !told(Aspect::Website, &w.name)) {
            if let Look::Dark(why) = self.website(website) {
                let line = Line::new().text("❔ Website: ").text(&host(website)).text(" not observed");
                lines.push(with_why(line, why));
            }
        }
        let mut containers = Vec::new();
        let mut logs = Vec::new();
        for container in self.containers() {
            match (self.container(container), self.logs(container)) {
                (Look::Dark(why), _) if !told(Aspect::Container, &container.name) => {
                    containers.push((why, container.name.as_str()));
                }
                // The log of what could not be looked at goes without saying.
                (Look::Dark(_), _) => {}
                // That of what is not there, too.
                (_, Look::Dark(_)) if self.is_missing(&container.name) => {}
                (_, Look::Dark(why)) if !told(Aspect::Logs, &container.name) => {
                    logs.push((why, container.name.as_str()));
                }
                _ => {}
            }
        }
        for (why, names) in by_reason(containers) {
            let line = Line::new().text(if names.len() == 1 { "❔ Container: " } else { "❔ Containers: " });
            lines.push(with_why(line.line(listed(&names, 80)).text(" not observed"), why));
        }
        for (why, names) in by_reason(logs) {
            lines.push(with_why(Line::new().text("❔ Logs of ").line(listed(&names, 80)).text(": not read"), why));
        }
        lines.into_iter().map(|line| line.cut(MAX_LINE)).collect()
    }

    fn is_missing(&self, container: &str) -> bool {
        self.status.findings.iter().any(|f| f.is_bad() && f.subject == container && f.reason == "Missing")
    }

    /// Whether its own log says that something is wrong with it: nobody would call it healthy then.
    fn is_accused(&self, container: &str) -> bool {
        let mut against = self.status.findings.iter().filter(|f| f.is_bad() && f.subject == container);
        against.any(|f| f.state != FindingState::Unknown && !f.reason.starts_with("Logs"))
    }

    /// The containers of all hosts.
    pub(super) fn containers(&self) -> impl Iterator<Item = &'a Container> {
        self.spec.docker_hosts.iter().flat_map(|host| &host.containers)
    }

    fn website(&self, website: &'a Website) -> Look<'a> {
        let named = website.checks.iter().map(|check| check.name.as_str());
        let checks = named.chain(website.checks.is_empty().then_some(DEFAULT_CHECK));
        self.combine(
            checks.map(|check| self.look(Aspect::Website, &website.name, Some(check))),
            "website/",
            &website.name,
        )
    }

    fn container(&self, container: &Container) -> Look<'a> {
        self.combine([self.look(Aspect::Container, &container.name, None)], "container/", &container.name)
    }

    fn logs(&self, container: &Container) -> Look<'a> {
        self.combine([self.look(Aspect::Logs, &container.name, None)], "logs/", &container.name)
    }

    fn look(&self, aspect: Aspect, subject: &str, check: Option<&str>) -> Option<&'a Observation> {
        self.status
            .observations
            .iter()
            .find(|o| o.aspect == aspect && o.subject == subject && (check.is_none() || o.check.as_deref() == check))
    }

    /// Bad when anything is; else dark when anything is. A finding against the subject outweighs any observation.
    fn combine(
        &self,
        looks: impl IntoIterator<Item = Option<&'a Observation>>,
        family: &str,
        subject: &str,
    ) -> Look<'a> {
        let mut worst = Look::Good;
        for look in looks {
            match look.map(|o| (o.outcome, o.message.as_str())) {
                Some((Outcome::Bad, _)) => return Look::Bad,
                Some((Outcome::NotObserved, why)) => worst = Look::Dark(Some(why)),
                None if matches!(worst, Look::Good) => worst = Look::Dark(None),
                Some((Outcome::Good, _)) | None => {}
            }
        }
        let mut against =
            self.status.findings.iter().filter(|f| f.is_bad() && f.subject == subject && f.id.starts_with(family));
        match worst {
            Look::Good if against.clone().any(|f| f.state == FindingState::Unknown) => Look::Dark(None),
            Look::Good if against.next().is_some() => Look::Bad,
            _ => worst,
        }
    }
}

/// How the ids of findings begin that are about this.
pub(super) fn family(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Website => "website",
        Aspect::Container => "container",
        Aspect::Logs => "logs",
        Aspect::DockerHost => "docker",
    }
}

/// The site as people know it: the host of its URL, with the port where it is not the scheme's own.
pub(super) fn host(website: &Website) -> String {
    let url = url::Url::parse(&website.url).ok();
    let host = url.as_ref().and_then(|url| Some((url.host_str()?, url.port())));
    match host {
        Some((host, Some(port))) => clean(&format!("{host}:{port}")),
        Some((host, None)) => clean(host),
        None => clean(&website.name),
    }
}

/// `a, b and 3 more`, at most about `most` UTF-16 units.
pub(super) fn listed(names: &[impl AsRef<str>], most: usize) -> Line {
    let mut line = Line::new();
    for (i, name) in names.iter().enumerate() {
        let name = Line::new().foreign(name.as_ref());
        if i > 0 && line.units() + 2 + name.units() > most {
            return line.text(&format!(" and {} more", names.len() - i));
        }
        line = if i > 0 { line.text(", ") } else { line }.line(name.cut(most));
    }
    line
}

fn with_why(line: Line, why: Option<&str>) -> Line {
    match why {
        Some(why) if !why.trim().is_empty() => {
            // An observation begins with what the line says already.
            let why = why.strip_prefix("not read: ").or_else(|| why.strip_prefix("not looked at: ")).unwrap_or(why);
            line.text(" (").foreign(why).text(")")
        }
        _ => line,
    }
}

/// The names that share a reason, in the order of the first of each.
fn by_reason<'a>(dark: Vec<(Option<&'a str>, &'a str)>) -> Vec<(Option<&'a str>, Vec<&'a str>)> {
    let mut reasons: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
    for (why, name) in dark {
        match reasons.iter_mut().find(|(reason, _)| *reason == why) {
            Some((_, names)) => names.push(name),
            None => reasons.push((why, vec![name])),
        }
    }
    reasons
}
