//! The lines of a message, in their order.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    End, Message, Place, Run, Tells,
    fit::{Group, fit},
    found::{Found, Teller, once},
    investigation,
    looks::{Looks, family, host, listed},
    text::{Line, clean},
    words::{self, Clock, counted},
};
use crate::{
    api::{
        Finding, FindingState, Kind, MonitoringRunStatus, Severity, Verdict,
        job_status::{OverrideEnd, SlotCount},
        report::{Aspect, Source},
        run::Phase,
    },
    core::{analysis, effective, rules::own},
};

/// What the lock screen of a phone shows, in UTF-16 units: the subject and the gist of the cause are within.
const LOCK_SCREEN: usize = 100;
/// The most that each sort of line takes, in UTF-16 units, so that the lines which are always there leave room.
const MAX_HEADLINE: usize = 160;
pub(super) const MAX_LINE: usize = 200;
const MAX_ADVICE: usize = 120;
const MAX_SUMMARY: usize = 300;
/// Several consequences share a line.
const MAX_CONSEQUENCE: usize = 120;
const MAX_THEN: usize = 300;

/// The message, line by line.
pub(super) fn lines(message: &Message<'_>) -> Vec<Line> {
    match message.tells {
        Tells::Notice(_) => notice(message),
        Tells::Investigation { run, investigation } => investigation::lines(message, run, investigation),
        Tells::Over { run, opened, .. } => over(message, run, opened),
        Tells::Run { run, open_since, .. } if is_good(message, run) => good(message, run, open_since),
        Tells::Run { run, unconfirmed, .. } => bad(message, run, unconfirmed),
    }
}

/// The first line.
pub(super) fn headline(message: &Message<'_>) -> Line {
    let clock = Clock(message.at);
    match message.tells {
        Tells::Notice(problems) => {
            let at = problems.first().map_or("spec", |problem| problem.path.as_str());
            headed(message, "⛔", Line::new().text("cannot be run: ").foreign(at).cut(80))
        }
        Tells::Investigation { investigation, .. } => investigation::headline(message, investigation),
        Tells::Over { end: End::Recovered, since, run, opened } => {
            let after = words::span(over_at(message, run, opened).duration_since(since));
            headed(message, "✅", Line::new().text(&format!("RECOVERED after {after}")))
        }
        Tells::Over { end: End::WasDown, since, run, opened } => {
            let critical = was(run, opened).iter().any(|found| found.finding.severity == Severity::Critical);
            let was = if critical { "was down" } else { "had a problem" };
            let span = format!("{was} {}–{}", clock.short(since), clock.short(over_at(message, run, opened)));
            headed(message, "✅", Line::new().text(&span))
        }
        Tells::Over { end: End::Muted, since, .. } => {
            let after = words::span(message.at.timestamp().duration_since(since));
            headed(message, "🔇", Line::new().text(&format!("MUTED after {after}")))
        }
        // Nothing was seen to be good: no check mark.
        Tells::Over { end: End::Subsided, since, run, opened } => {
            let was = was(run, opened);
            let last = was.iter().filter_map(|found| found.finding.last_seen).max();
            let teller = teller(message, run);
            let text = if !was.is_empty() && !was.iter().any(|found| teller.is_watched(found)) {
                "what was wrong is no longer watched".to_owned()
            } else {
                format!("no further occurrence since {}", clock.short(last.unwrap_or(since)))
            };
            headed(message, "ℹ️", Line::new().text(&text))
        }
        Tells::Run { run, .. } if is_good(message, run) => {
            let line = Line::new().text("ALL SYSTEMS HEALTHY");
            let muted = muted(run.status).count();
            headed(message, "🟢", if muted > 0 { line.text(&format!(" ({muted} muted)")) } else { line })
        }
        Tells::Run { run, unconfirmed, .. } => {
            let line = what_is_wrong(message, run);
            headed(
                message,
                mark(run.status),
                match unconfirmed {
                    Some((bad, of)) => line.cut(LOCK_SCREEN).text(&format!(" ({bad} of {of})")),
                    None => line,
                },
            )
        }
    }
}

/// What a second attempt at a message says.
pub(super) fn repeat() -> Line {
    Line::new().text("🔁 Possible repeat: an earlier attempt may have arrived")
}

fn teller<'a>(message: &Message<'a>, run: Run<'a>) -> Teller<'a> {
    Teller { spec: message.spec, clock: Clock(message.at), until: run.status.window.map(|window| window.until) }
}

fn is_good(message: &Message<'_>, run: Run<'_>) -> bool {
    let good = run.status.verdict == Some(Verdict::AllGood) && !run.status.findings.iter().any(Finding::is_bad);
    good && Looks { spec: message.spec, status: run.status }.nothing_dark()
}

fn good(message: &Message<'_>, run: Run<'_>, open_since: Option<Timestamp>) -> Vec<Line> {
    let looks = Looks { spec: message.spec, status: run.status };
    let mut head = head(message);
    head.push(Line::new());
    head.extend(
        [report_time(message)]
            .into_iter()
            .chain(period(run.status))
            .chain([environment(message), analysis(run.status)]),
    );
    if let Some(since) = open_since {
        let since = Clock(message.at).short(since);
        head.push(Line::new().text(&format!("⏳ Open since {since}: good now, and watched until it stays so")));
    }
    head.extend(slots(message));
    head.extend(done_with(message));
    let mut foot = vec![Line::new()];
    let hosts: Vec<String> = message.spec.websites.iter().map(host).collect();
    if let [first, rest @ ..] = &hosts[..] {
        let names = rest.iter().fold(first.clone(), |names, host| names + ", " + host);
        let label = if rest.is_empty() { "🌐 Website: " } else { "🌐 Websites: " };
        foot.push(Line::new().text(label).text(&names).cut(MAX_LINE));
    }
    let containers: Vec<&str> = looks.containers().map(|container| container.name.as_str()).collect();
    if !containers.is_empty() {
        let label = if containers.len() == 1 { "🐳 Container: " } else { "🐳 Containers: " };
        foot.push(Line::new().text(label).line(listed(&containers, MAX_LINE)));
    }
    foot.extend(what_is_muted(muted(run.status)));
    if let Some(next) = next_check(message) {
        foot.extend([Line::new(), next]);
    }
    let what = clean(&effective::title(message.spec)).to_lowercase();
    foot.extend([Line::new(), Line::new().text("Automated ").foreign(&what).text(" by Stagewatch")]);
    foot.extend(dry_run(message));
    let seen = Group { lines: looks.good(), unlisted: 0, noun: "good fact" };
    let mut lines = head;
    lines.push(Line::new());
    let fixed: Vec<Line> = lines.iter().chain(&foot).cloned().collect();
    lines.extend(fit(&fixed, vec![seen]).into_iter().flatten());
    lines.extend(foot);
    lines
}

fn bad(message: &Message<'_>, run: Run<'_>, unconfirmed: Option<(i32, i32)>) -> Vec<Line> {
    let teller = teller(message, run);
    let sorted = Sorted::of(run.status);
    let mut head = head(message);
    if let Some((bad, of)) = unconfirmed {
        head.push(Line::new().text(&format!("Not confirmed yet: bad run {bad} of {of}")));
    }
    head.push(Line::new());
    // What the cause's own words say of its container is not said again.
    let said = sorted
        .companion()
        .filter(|with| sorted.lead.as_ref().is_some_and(|lead| lead.finding.message.contains(with.gist())));
    let untold = |f: &&Found<'_>| said.is_none_or(|said| said.finding.id != f.finding.id);
    if let Some(lead) = &sorted.lead {
        let label = match lead.finding.source {
            Source::Claude => "Claude suspects: ",
            Source::Rules if sorted.is_cause => "Cause: ",
            Source::Rules => "Found: ",
        };
        head.push(Line::new().text(label).line(teller.whole(lead)).cut(MAX_LINE));
        let consequences: Vec<&Found<'_>> = sorted.consequences.iter().filter(untold).collect();
        if !consequences.is_empty() {
            head.push(then(&teller, lead, &consequences));
        }
        if let Some(advice) = &lead.finding.advice {
            head.push(Line::new().text("Do: ").foreign(advice).cut(MAX_ADVICE));
        }
    } else if let Some(why) = &run.status.message {
        head.push(Line::new().text("Cause: ").foreign(why).cut(MAX_LINE));
    }
    head.extend(summary(run.status));
    let further = sorted.further.iter().filter(untold);
    let further = further.map(|f| Line::new().text(f.mark()).line(teller.whole(f)).cut(MAX_LINE));
    let resolved = once(resolved(run.status));
    let resolved = resolved.iter().map(|f| Line::new().text("↩️ ").line(teller.over(f)).cut(MAX_LINE)).collect();
    let unlisted = usize::try_from(run.status.finding_count.unwrap_or(0)).unwrap_or(0);
    let middle = Middle {
        findings: further.collect(),
        unlisted: unlisted.saturating_sub(run.status.findings.len()),
        recommended: recommendations(run.status),
        resolved,
        told: |aspect, subject: &str| sorted.tells(aspect, subject),
    };
    let mut foot = compact(message, Some(run.status));
    foot.extend(what_is_muted(muted(run.status)));
    foot.extend(sorted.lead.as_ref().and_then(mute));
    foot.extend(look_up(message, "mrun", run.name));
    foot.extend(dry_run(message));
    assemble(message, run, head, middle, foot)
}

fn over(message: &Message<'_>, run: Run<'_>, opened: Option<&MonitoringRunStatus>) -> Vec<Line> {
    let teller = teller(message, run);
    let mut head = head(message);
    head.push(Line::new());
    let was = was(run, opened);
    let (silenced, was): (Vec<_>, Vec<_>) = was.into_iter().partition(|found| found.finding.is_muted());
    let resolved = was.iter().map(|found| Line::new().text("Was: ").line(teller.over(found)).cut(MAX_LINE)).collect();
    let sorted = Sorted::of(run.status);
    let still = sorted.lead.iter().chain(&sorted.consequences).chain(&sorted.further);
    let still = still.map(|f| Line::new().text(f.mark()).line(teller.whole(f)).cut(MAX_LINE));
    let told = silenced.iter().map(|f| {
        let why = f.finding.override_reason.as_deref().unwrap_or_default();
        Line::new().text("🔇 Muted (").foreign(why).text("): ").line(teller.whole(f)).cut(MAX_LINE)
    });
    let findings = told.chain(still).collect();
    let middle = Middle {
        findings,
        unlisted: 0,
        recommended: Vec::new(),
        resolved,
        told: |aspect, subject: &str| sorted.tells(aspect, subject),
    };
    let mut foot = compact(message, Some(run.status));
    let untold = |f: &&Finding| !silenced.iter().any(|found| found.is_about(&f.subject, &f.reason));
    foot.extend(what_is_muted(muted(run.status).filter(untold)));
    foot.extend(dry_run(message));
    assemble(message, run, head, middle, foot)
}

fn notice(message: &Message<'_>) -> Vec<Line> {
    let Tells::Notice(problems) = message.tells else { return Vec::new() };
    let mut head = head(message);
    head.push(Line::new());
    let problems = problems.iter().map(|p| Line::new().foreign(&p.path).text(": ").foreign(&p.message).cut(MAX_LINE));
    let problems = Group { lines: problems.collect(), unlisted: 0, noun: "problem" };
    let mut foot = compact(message, None);
    foot.extend(look_up(message, "mj", message.job));
    let fixed: Vec<Line> = head.iter().chain(&foot).cloned().collect();
    let mut lines = head;
    lines.extend(fit(&fixed, vec![problems]).into_iter().flatten());
    lines.extend(foot);
    lines
}

/// What stands between the cause and the report time.
struct Middle<Told> {
    findings: Vec<Line>,
    unlisted: usize,
    recommended: Vec<Line>,
    resolved: Vec<Line>,
    told: Told,
}

fn assemble(
    message: &Message<'_>,
    run: Run<'_>,
    head: Vec<Line>,
    middle: Middle<impl Fn(Aspect, &str) -> bool>,
    foot: Vec<Line>,
) -> Vec<Line> {
    let looks = Looks { spec: message.spec, status: run.status };
    let fixed: Vec<Line> = head.iter().chain(&foot).cloned().collect();
    let groups = vec![
        Group { lines: middle.findings, unlisted: middle.unlisted, noun: "finding" },
        Group { lines: middle.recommended, unlisted: 0, noun: "recommendation" },
        Group { lines: looks.dark(middle.told), unlisted: 0, noun: "thing not observed" },
        Group { lines: middle.resolved, unlisted: 0, noun: "finding that is over" },
        Group { lines: looks.good(), unlisted: 0, noun: "good fact" },
    ];
    let mut shown = fit(&fixed, groups).into_iter();
    let [findings, recommended, dark, resolved, good] = std::array::from_fn(|_| shown.next().unwrap_or_default());
    [head, findings, recommended, resolved, good, dark, foot].into_iter().flatten().collect()
}

/// The bad findings of a run, each (subject, reason) once, and what each is to the cause.
struct Sorted<'a> {
    lead: Option<Found<'a>>,
    /// The first one is taken for the cause; else it is merely the first.
    is_cause: bool,
    consequences: Vec<Found<'a>>,
    further: Vec<Found<'a>>,
}

impl<'a> Sorted<'a> {
    fn of(status: &'a MonitoringRunStatus) -> Self {
        let mut all = once(status.findings.iter().filter(|finding| finding.is_bad()));
        let cause = status.probable_cause.as_ref();
        let found = cause.and_then(|c| all.iter().position(|f| f.is_among(std::slice::from_ref(&c.finding_id))));
        let lead = (!all.is_empty()).then(|| all.remove(found.unwrap_or(0)));
        let follows = |f: &Found<'_>| found.is_some() && cause.is_some_and(|c| f.is_among(&c.consequences));
        let (consequences, further): (Vec<_>, Vec<_>) = all.into_iter().partition(follows);
        // That a log was not read is said by its own line, with what hides it.
        let unread = |aspect: Aspect, subject: &str| {
            status.observations.iter().any(|o| o.aspect == aspect && o.subject == subject)
        };
        let further = further
            .into_iter()
            .filter(|f| !(f.finding.reason == "LogsUnavailable" && unread(Aspect::Logs, &f.finding.subject)));
        Self { lead, is_cause: found.is_some(), consequences, further: further.collect() }
    }

    /// What else is wrong with the container that is the cause.
    fn companion(&self) -> Option<&Found<'a>> {
        let lead = self.lead.as_ref().filter(|lead| lead.family() == "container")?;
        let mut others = self.consequences.iter().chain(&self.further);
        others.find(|f| f.family() == "container" && f.finding.subject == lead.finding.subject)
    }

    /// How many other subjects are broken by something else.
    fn others(&self) -> usize {
        let broken = self.further.iter().map(|found| found.finding);
        let broken = broken.filter(|f| f.severity == Severity::Critical && f.state != FindingState::Unknown);
        let subjects: BTreeSet<&str> = broken.map(|f| f.subject.as_str()).collect();
        subjects.iter().filter(|&&subject| self.lead.as_ref().is_none_or(|l| l.finding.subject != subject)).count()
    }

    /// Whether a finding says already what came of looking.
    fn tells(&self, aspect: Aspect, subject: &str) -> bool {
        let family = family(aspect);
        let told = self.lead.iter().chain(&self.consequences).chain(&self.further);
        told.filter(|f| f.finding.state != FindingState::Unknown)
            .any(|f| f.family() == family && f.finding.subject == subject)
    }
}

/// What the run saw to be over; that we were offline has a line of its own.
fn resolved(status: &MonitoringRunStatus) -> impl Iterator<Item = &Finding> + Clone {
    status.findings.iter().filter(|f| f.state == FindingState::Resolved && !own::is_return(f))
}

/// What an incident was about: what the run that opened it found bad, then what the last one saw to be over; each in the
/// newest words, and muted where it is now.
fn was<'a>(run: Run<'a>, opened: Option<&'a MonitoringRunStatus>) -> Vec<Found<'a>> {
    let resolved = resolved(run.status);
    let before = opened.into_iter().flat_map(|status| &status.findings).filter(|f| f.is_bad());
    let newer = |f: &Finding| resolved.clone().chain(muted(run.status)).find(|r| r.id == f.id);
    // What was over by itself when it was found is not carried on.
    let newest = before
        .map(|f| newer(f).filter(|r| r.is_muted() || r.over_since.is_some() || f.over_since.is_none()).unwrap_or(f));
    once(newest.chain(resolved.clone()))
}

/// When an incident was over: when the last of it was, where that is known of all of it; else by now.
fn over_at(message: &Message<'_>, run: Run<'_>, opened: Option<&MonitoringRunStatus>) -> Timestamp {
    let ends = was(run, opened).iter().map(|found| found.finding.over_since).collect::<Option<Vec<_>>>();
    ends.and_then(|ends| ends.into_iter().max()).unwrap_or_else(|| message.at.timestamp())
}

/// `autopar-redis OOM-killed, restarting (9×)`.
fn what_is_wrong(message: &Message<'_>, run: Run<'_>) -> Line {
    let teller = teller(message, run);
    let sorted = Sorted::of(run.status);
    let Some(lead) = &sorted.lead else {
        if run.status.verdict > run.status.rules_verdict {
            return Line::new().text("Claude AI suspects a problem");
        }
        return Line::new().text(match run.status.phase {
            Some(Phase::Failed | Phase::Cancelled) => "the run failed",
            _ => "not everything was observed",
        });
    };
    let line = teller.headline(lead);
    let with = sorted.companion();
    let line = match with {
        Some(with) => line.text(", ").line(Line::new().foreign(with.gist()).cut(40)),
        None => line,
    };
    let count = with.map_or(0, |f| f.finding.count).max(lead.finding.count);
    // A state is one however often it was logged.
    let one = lead.family() == "logs" && (lead.finding.kind == Kind::State || lead.finding.over_since.is_some());
    let known = line.plain().contains(&count.to_string());
    let line = if count > 1 && !one && !known { line.text(&format!(" ({count}×)")) } else { line };
    match sorted.others() {
        0 => line,
        more => line.text(&format!(", and {more} more")),
    }
}

/// A mark, the title, and `what`, which is not pushed off a lock screen by a long title.
pub(super) fn headed(message: &Message<'_>, mark: &str, what: Line) -> Line {
    let title = Line::new().foreign(&effective::title(message.spec));
    let room = LOCK_SCREEN.saturating_sub(7 + what.units()).max(12);
    Line::new().text(mark).text(" ").line(title.cut(room)).text(" - ").line(what).bold().cut(MAX_HEADLINE)
}

fn mark(status: &MonitoringRunStatus) -> &'static str {
    let failed = matches!(status.phase, Some(Phase::Failed | Phase::Cancelled));
    if failed || status.verdict == Some(Verdict::ErrorsInvestigate) { "🚨" } else { "⚠️" }
}

pub(super) fn head(message: &Message<'_>) -> Vec<Line> {
    let mut lines = vec![headline(message)];
    lines.extend(message.notes.maybe_sent.then(repeat));
    lines
}

/// `Then: 🌐 /health answered 502 since 03:03 · autopar-worker 214 × "connection refused"`.
fn then(teller: &Teller<'_>, cause: &Found<'_>, consequences: &[&Found<'_>]) -> Line {
    let mut line = Line::new().text("Then: ");
    for (i, found) in consequences.iter().enumerate() {
        let one = teller.short(found, cause).cut(MAX_CONSEQUENCE);
        if i > 0 && line.units() + 3 + one.units() > MAX_THEN - 20 {
            return line.text(&format!(" · and {} more", consequences.len() - i));
        }
        line = if i > 0 { line.text(" · ") } else { line }.line(one);
    }
    line
}

/// The lines about time and place, two to a line.
fn compact(message: &Message<'_>, status: Option<&MonitoringRunStatus>) -> Vec<Line> {
    let gap = || Line::new().text("   ");
    let mut lines = vec![Line::new()];
    lines.push(match status.and_then(period) {
        Some(period) => report_time(message).line(gap()).line(period),
        None => report_time(message),
    });
    lines.push(match status {
        Some(status) => environment(message).line(gap()).line(analysis(status)),
        None => environment(message),
    });
    lines.extend(slots(message));
    lines.extend(done_with(message));
    lines.extend(next_check(message));
    lines
}

pub(super) fn report_time(message: &Message<'_>) -> Line {
    Line::new().text("📅 Report Time: ").text(&Clock(message.at).own())
}

fn period(status: &MonitoringRunStatus) -> Option<Line> {
    let window = status.window?;
    Some(Line::new().text("⏱️ Period Analyzed: ").text(&words::span(window.until.duration_since(window.since))))
}

pub(super) fn environment(message: &Message<'_>) -> Line {
    Line::new().text("🎯 Environment: ").foreign(&message.spec.environment)
}

/// Who decided: the rules, and Claude where it raised the verdict or was asked in vain.
fn analysis(status: &MonitoringRunStatus) -> Line {
    let line = Line::new().text("🤖 Analysis: ");
    let Some(analysis) = &status.analysis else { return line.text("rules") };
    let by_claude = line.clone().text("Claude AI (").foreign(&analysis.model).text(")");
    let raised = status.verdict > status.rules_verdict;
    match analysis.reason.as_str() {
        analysis::ANALYZED if raised => by_claude.text(", which raised the rules' verdict"),
        analysis::ANALYZED => by_claude,
        analysis::HELD => line.text("rules, raised by Claude AI before"),
        reason => {
            let line = line.text(if raised { "rules, raised by Claude AI before" } else { "rules" });
            line.text(" (no answer from Claude: ").text(reason).text(")")
        }
    }
}

/// What Claude makes of it: `🤖 The site is down because Redis was OOM-killed …`.
fn summary(status: &MonitoringRunStatus) -> Option<Line> {
    let summary = status.analysis.as_ref()?.summary.as_ref()?;
    Some(Line::new().text("🤖 ").foreign(summary).cut(MAX_SUMMARY))
}

fn recommendations(status: &MonitoringRunStatus) -> Vec<Line> {
    let said = status.analysis.iter().flat_map(|analysis| &analysis.recommendations);
    said.take(3).map(|text| Line::new().text("👉 ").foreign(text).cut(MAX_ADVICE)).collect()
}

fn next_check(message: &Message<'_>) -> Option<Line> {
    message.next.map(|next| Line::new().text("🔄 Next Check: ").text(&Clock(message.at).coming(next)))
}

/// Slots without a run that nobody was told of, and the time in which we were offline.
fn slots(message: &Message<'_>) -> Vec<Line> {
    let line = |slots: Option<&SlotCount>, verb: &str| {
        let slots = slots.filter(|slots| slots.untold > 0)?;
        let (were, the) = if slots.untold == 1 { ("was", "") } else { ("were", ", the last one") };
        let at = Clock(message.at).short(slots.last_time);
        let text = format!("⏭️ {} {were} {verb}{the} at {at} (", counted(slots.untold, "slot"));
        Some(Line::new().text(&text).foreign(&slots.reason).text(")"))
    };
    let slots = [line(message.notes.missed, "missed"), line(message.notes.skipped, "skipped")];
    slots.into_iter().chain([could_not_look(message)]).flatten().collect()
}

/// `❔ Stagewatch could not look 03:15–03:40: neither a target nor the Bot API was reached`.
fn could_not_look(message: &Message<'_>) -> Option<Line> {
    let (Tells::Run { run, .. } | Tells::Over { run, .. }) = message.tells else { return None };
    let finding = run.status.findings.iter().find(|f| own::is_return(f))?;
    let clock = Clock(message.at);
    let (first, until) = (clock.short(finding.first_seen?), clock.short(finding.over_since?));
    let why = "neither a target nor the Bot API was reached";
    Some(Line::new().text(&format!("❔ Stagewatch could not look {first}–{until}: {why}")))
}

/// What would count, but for the job's overrides.
fn muted(status: &MonitoringRunStatus) -> impl Iterator<Item = &Finding> + Clone {
    status.findings.iter().filter(|f| f.is_muted())
}

/// `🔇 2 muted: autopar-redis HighMemory, autopar-worker error-records`.
fn what_is_muted<'a>(muted: impl Iterator<Item = &'a Finding>) -> Option<Line> {
    let names: Vec<String> = muted.map(|f| format!("{} {}", f.subject, f.reason)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let line = Line::new().text(&format!("🔇 {} muted: ", names.len()));
    (!names.is_empty()).then(|| line.line(listed(&names, MAX_LINE / 2)))
}

/// What to write below `overrides` where this is a false finding. What we say of ourselves cannot be muted.
fn mute(lead: &Found<'_>) -> Option<Line> {
    let line = Line::new().text("🔕 Mute: ").code(&clean(&lead.finding.id));
    // What is cut cannot be copied.
    (!matches!(lead.family(), "self" | "claude") && line.units() <= MAX_LINE).then_some(line)
}

/// Overrides that nobody was told to be done with.
fn done_with(message: &Message<'_>) -> Option<Line> {
    let clock = Clock(message.at);
    let names = message.notes.overrides.iter().filter(|used| !used.told).filter_map(|used| {
        let why = match (used.end?, used.until) {
            (OverrideEnd::Expired, Some(until)) => format!("expired {}", clock.short(until)),
            _ => format!("matched nothing in {} runs", used.idle_runs),
        };
        Some(format!("{} ({why})", used.id))
    });
    let names: Vec<String> = names.collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let line =
        Line::new().text(if names.len() == 1 { "🧹 Override to remove: " } else { "🧹 Overrides to remove: " });
    (!names.is_empty()).then(|| line.line(listed(&names, MAX_LINE - 40)))
}

/// Where the rest is found.
pub(super) fn look_up(message: &Message<'_>, kind: &str, name: &str) -> Option<Line> {
    let command = match message.place {
        Place::Cluster => format!("kubectl -n {} get {kind} {name} -o yaml", message.namespace),
        // What a bad run saw: the path of its recording.
        Place::Folder(state) if matches!(message.tells, Tells::Run { .. }) => {
            format!("stagewatch recording {} --state {state}", message.job)
        }
        Place::Folder(state) => format!("stagewatch status --state {state}"),
        Place::Nowhere => return None,
    };
    Some(Line::new().text("🔎 ").code(&clean(&command)).cut(MAX_LINE))
}

fn dry_run(message: &Message<'_>) -> Option<Line> {
    message.notes.dry_run.then(|| Line::new().text("🧪 Dry run: this message is not sent"))
}
