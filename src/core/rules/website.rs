//! A website: whether each of its checks answered as it should, in time, with a certificate that lasts.

use jiff::{SignedDuration, Timestamp};

use super::finding;
use crate::{
    api::{
        Finding, Kind, Severity,
        job::{Check, Website},
    },
    core::{
        expect,
        observation::{
            CheckObservation,
            website::{Answer, Attempt, AttemptResult, Certificate, WebsiteFailure},
        },
        previous::Previous,
        redact::cut,
        trend,
    },
};

/// How much of a path is told.
pub(super) const PATH_CHARS: usize = 120;
/// `Flaky` warns from this many runs on, of the last ten.
const FLAKY_RUNS: usize = 3;
const FLAKY_OF: usize = 10;
/// When a certificate that is about to expire is told: these, or the share of its life, whichever is less.
const EXPIRY_WARNING: (SignedDuration, i32) = (SignedDuration::from_hours(14 * 24), 3);
const EXPIRY_CRITICAL: (SignedDuration, i32) = (SignedDuration::from_hours(3 * 24), 10);

/// Judges all checks of one website that were looked at, in the spec's order. Checks of other websites are passed over.
pub fn judge(website: &Website, seen: &[CheckObservation], previous: &Previous) -> Vec<Finding> {
    let checks = website.all_checks();
    let looked: Vec<(&Check, &CheckObservation)> = checks
        .iter()
        .filter_map(|check| {
            let looked = seen.iter().find(|looked| looked.website == website.name && looked.check == check.name)?;
            Some((check, looked))
        })
        .collect();
    let mut findings: Vec<Finding> =
        looked.iter().flat_map(|(check, looked)| judge_check(website, check, looked, previous)).collect();
    findings.extend(certificate_findings(website, &looked));
    findings.extend(credentials_finding(website, &looked));
    findings
}

/// Whether an attempt would be critical, so that it is worth another one. How long a certificate lasts does not
/// change within seconds, and does not count.
pub fn is_critical(website: &Website, check: &Check, attempt: &Attempt) -> bool {
    problems(website, check, attempt).iter().any(|problem| problem.severity == Severity::Critical)
}

/// What is wrong with one attempt.
struct Problem {
    reason: &'static str,
    severity: Severity,
    message: String,
    advice: &'static str,
}

impl Problem {
    fn critical(reason: &'static str, message: String, advice: &'static str) -> Self {
        Self { reason, severity: Severity::Critical, message, advice }
    }

    fn finding(self, website: &Website, check: &Check) -> Finding {
        let id = format!("website/{}/{}/{}", website.name, check.name, self.reason);
        Finding {
            advice: Some(self.advice.to_owned()),
            ..finding(id, Kind::State, self.severity, &website.name, self.message)
        }
    }
}

fn judge_check(website: &Website, check: &Check, looked: &CheckObservation, previous: &Previous) -> Vec<Finding> {
    let Some(last) = looked.attempts.last() else {
        if looked.credentials.is_some() {
            return Vec::new();
        }
        let problem = Problem {
            reason: "NotObserved",
            severity: Severity::Warning,
            message: format!("{} was not asked: the run's time was up", get(check)),
            advice: "give the run more time with spec.timeout",
        };
        return vec![problem.finding(website, check)];
    };
    let excerpt = match &last.result {
        AttemptResult::Answered(answer) => answer.excerpt.as_deref(),
        AttemptResult::Failed { .. } => None,
    };
    let mut findings: Vec<Finding> = problems(website, check, last)
        .into_iter()
        .filter(|problem| problem.reason != "CertificateInvalid")
        .map(|problem| {
            let since = looked.attempts.iter().rev().take_while(|attempt| {
                problems(website, check, attempt).iter().any(|earlier| earlier.reason == problem.reason)
            });
            let first_seen = since.last().map(|attempt| attempt.at);
            let timing = matches!(problem.reason, "Slow" | "TooSlow");
            let evidence = excerpt.filter(|_| !timing).map(|text| format!("body: {text}")).into_iter().collect();
            Finding { first_seen, last_seen: Some(last.at), evidence, ..problem.finding(website, check) }
        })
        .collect();
    findings.extend(flaky(website, check, looked, last, previous));
    findings
}

fn problems(website: &Website, check: &Check, attempt: &Attempt) -> Vec<Problem> {
    match &attempt.result {
        AttemptResult::Failed { reason, detail } => vec![failed(check, attempt, *reason, detail)],
        AttemptResult::Answered(answer) => {
            if let Some(problem) = wrong_status(check, attempt, answer) {
                // What else is wrong with it follows from that.
                return vec![problem];
            }
            let mut problems = wrong_content(website, check, answer);
            problems.extend(slow(website, check, attempt));
            problems
        }
    }
}

fn failed(check: &Check, attempt: &Attempt, reason: WebsiteFailure, detail: &str) -> Problem {
    let (reason, advice) = match reason {
        WebsiteFailure::DnsFailed => ("DnsFailed", "check the DNS record, and our own resolver"),
        WebsiteFailure::ConnectFailed => ("ConnectFailed", "look whether the web server runs, and what is in between"),
        WebsiteFailure::Reset => ("Reset", "look at the web server's log: it may have crashed while it answered"),
        WebsiteFailure::TlsFailed => ("TlsFailed", "look at the TLS settings of the server, and at the port in url"),
        WebsiteFailure::CertificateInvalid => {
            let message = invalid_certificate(attempt, detail);
            return Problem::critical(
                "CertificateInvalid",
                message,
                "renew the certificate, or name its authority in tls.caSecretRef",
            );
        }
        WebsiteFailure::Timeout => ("Timeout", "look at the load and the logs of what answers it"),
        WebsiteFailure::ProtocolError => ("ProtocolError", "look at what listens on that port"),
        WebsiteFailure::RedirectLoop => {
            ("RedirectLoop", "look at the redirects of the site, or set followRedirects: false")
        }
        WebsiteFailure::TooLarge => ("TooLarge", "check a smaller page"),
        WebsiteFailure::AddressDenied => {
            return Problem {
                reason: "AddressDenied",
                severity: Severity::Warning,
                message: format!(
                    "{}{}: {detail}",
                    get(check),
                    if attempt.redirects == 0 { " was not asked" } else { "" }
                ),
                advice: "have the operator allow the address, or correct the URL",
            };
        }
    };
    Problem::critical(reason, format!("{}: {detail}", get(check)), advice)
}

fn invalid_certificate(attempt: &Attempt, detail: &str) -> String {
    match &attempt.certificate {
        Some(certificate) if certificate.not_after <= attempt.at => expiry(certificate, attempt.at),
        Some(certificate) => format!("{detail}; it was issued by {}", certificate.issuer),
        None => detail.to_owned(),
    }
}

fn wrong_status(check: &Check, attempt: &Attempt, answer: &Answer) -> Option<Problem> {
    let wanted = check.expect.as_ref();
    if expect::status_is_expected(wanted, answer.status) {
        return None;
    }
    let redirected = match (attempt.redirects, &answer.location) {
        (0, _) => String::new(),
        (_, Some(location)) => format!(" after being redirected to {}", cut(location, PATH_CHARS)),
        (_, None) => " after redirects".to_owned(),
    };
    let expects_redirect = wanted.is_some_and(|expect| expect.status.iter().any(|status| status.starts_with('3')));
    let advice = match answer.status {
        _ if attempt.redirects > 0 && expects_redirect => {
            "set followRedirects: false, so that the redirect itself is judged"
        }
        300..=399 => "if the redirect is right, expect its status, or let it be followed",
        401 | 403 => "check the headers of the website, and the Secrets that they come from",
        404 | 410 => "check the path of the check, and what was deployed",
        429 => "let us through the site's rate limit, or look less often",
        500.. => "look at the application, and at the proxy before it",
        _ => "look at the site's log",
    };
    let status = http::StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
    let status = status.map_or_else(|| answer.status.to_string(), |reason| format!("{} {reason}", answer.status));
    let message =
        format!("{} answered {status}{redirected}, expected {}", get(check), expect::expected_statuses(wanted));
    Some(Problem::critical("UnexpectedStatus", message, advice))
}

fn wrong_content(website: &Website, check: &Check, answer: &Answer) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(expected) = check.expect.as_ref().and_then(|expect| expect.location.as_deref()) {
        let actual = answer.location.as_deref();
        let right = expect::url(website, check)
            .is_ok_and(|asked| actual.is_some_and(|actual| expect::location_is_expected(&asked, expected, actual)));
        if !right {
            let actual = actual.map_or_else(|| "nowhere".to_owned(), |actual| cut(actual, PATH_CHARS));
            let message = format!("{} leads to {actual}, expected {expected}", get(check));
            problems.push(Problem::critical("UnexpectedLocation", message, "look at the redirects of the site"));
        }
    }
    let quoted = |texts: &[String]| texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ");
    if !answer.missing.is_empty() {
        let message = format!("{} answered without the text {}", get(check), quoted(&answer.missing));
        problems.push(Problem::critical(
            "ContentMissing",
            message,
            "look at the page: it may be another one, or an error page",
        ));
    }
    if !answer.forbidden.is_empty() {
        let message = format!("{} answered with the text {}", get(check), quoted(&answer.forbidden));
        problems.push(Problem::critical(
            "ContentForbidden",
            message,
            "look at the page: it says that something is wrong",
        ));
    }
    if !answer.json_mismatches.is_empty() {
        let message = format!("{}: {}", get(check), answer.json_mismatches.join("; "));
        problems.push(Problem::critical("JsonMismatch", message, "look at what the application says of itself"));
    }
    problems
}

fn slow(website: &Website, check: &Check, attempt: &Attempt) -> Option<Problem> {
    let latency = website.latency.as_ref()?;
    let took = SignedDuration::from_millis(attempt.phases.total_ms);
    let over = |limit: Option<crate::api::Duration>| limit.filter(|limit| took > limit.signed());
    let (reason, severity, limit) = match (over(latency.critical), over(latency.warning)) {
        (Some(limit), _) => ("TooSlow", Severity::Critical, limit),
        (None, Some(limit)) => ("Slow", Severity::Warning, limit),
        (None, None) => return None,
    };
    let phases = attempt.phases;
    let slowest = [
        (phases.dns_ms, "resolving the name"),
        (phases.connect_ms, "connecting"),
        (phases.tls_ms, "the TLS handshake"),
        (phases.first_byte_ms, "waiting for the answer"),
        (phases.body_ms, "reading the body"),
    ];
    let slowest = slowest
        .iter()
        .max_by_key(|(ms, _)| *ms)
        .map_or_else(String::new, |(ms, what)| format!(", {ms} ms of it {what}"));
    let message = format!("{} took {} ms, more than {limit}{slowest}", get(check), phases.total_ms);
    Some(Problem { reason, severity, message, advice: "look at the load of what answers it" })
}

fn flaky(
    website: &Website,
    check: &Check,
    looked: &CheckObservation,
    last: &Attempt,
    previous: &Previous,
) -> Option<Finding> {
    let (first, tries) = (looked.attempts.first()?, looked.attempts.len());
    if tries < 2 || is_critical(website, check, last) {
        return None;
    }
    let series = trend::of_check(&website.name, &check.name, trend::ATTEMPTS);
    let earlier = previous.trends.iter().find(|trend| trend.id == series).map_or(&[][..], |trend| &trend.values);
    let runs = 1 + earlier.iter().rev().take(FLAKY_OF - 1).filter(|&&attempts| attempts > 1).count();
    let severity = if runs >= FLAKY_RUNS { Severity::Warning } else { Severity::Info };
    let often = if runs > 1 { format!(", as in {runs} of the last {FLAKY_OF} runs") } else { String::new() };
    let message = format!("{} was right only at attempt {tries}{often}", get(check));
    let evidence =
        problems(website, check, first).into_iter().map(|problem| format!("first: {}", cut(&problem.message, 300)));
    Some(Finding {
        first_seen: Some(first.at),
        last_seen: looked.attempts.iter().rev().nth(1).map(|attempt| attempt.at),
        evidence: evidence.take(1).collect(),
        advice: Some("look at what restarts or is overloaded at times".to_owned()),
        ..finding(
            format!("website/{}/{}/Flaky", website.name, check.name),
            Kind::Event,
            severity,
            &website.name,
            message,
        )
    })
}

/// What is wrong with the website's certificate: said once, under the name of its first check.
fn certificate_findings(website: &Website, looked: &[(&Check, &CheckObservation)]) -> Option<Finding> {
    let checks = website.all_checks();
    let first = checks.first()?;
    let lasts = || looked.iter().filter_map(|(check, looked)| Some((*check, looked.attempts.last()?)));
    let invalid = lasts().find_map(|(check, last)| {
        let problem =
            problems(website, check, last).into_iter().find(|problem| problem.reason == "CertificateInvalid")?;
        Some((problem, last))
    });
    let (problem, last) = invalid.or_else(|| {
        // Behind a balancer there may be several: the first to expire is the one that matters.
        let presented = lasts().filter_map(|(_, last)| Some((last.certificate.as_ref()?, last)));
        let (certificate, last) = presented.min_by_key(|(certificate, _)| certificate.not_after)?;
        Some((expiring(website, certificate, last.at)?, last))
    })?;
    let names = last.certificate.iter().map(|certificate| format!("certificate for {}", certificate.names.join(", ")));
    let evidence = names.map(|names| cut(&names, 400)).collect();
    Some(Finding { first_seen: Some(last.at), last_seen: Some(last.at), evidence, ..problem.finding(website, first) })
}

fn expiring(website: &Website, certificate: &Certificate, at: Timestamp) -> Option<Problem> {
    let life = certificate.not_after.duration_since(certificate.not_before);
    let left = certificate.not_after.duration_since(at);
    let tls = website.tls.as_ref();
    let limit = |set: Option<crate::api::Duration>, (span, share): (SignedDuration, i32)| {
        set.map_or_else(|| span.min(life / share), crate::api::Duration::signed)
    };
    let severity = if left < limit(tls.and_then(|tls| tls.critical), EXPIRY_CRITICAL) {
        Severity::Critical
    } else if left < limit(tls.and_then(|tls| tls.warning), EXPIRY_WARNING) {
        Severity::Warning
    } else {
        return None;
    };
    let advice = "renew it, and look why that did not happen by itself";
    Some(Problem { reason: "CertificateExpiring", severity, message: expiry(certificate, at), advice })
}

/// `certificate expired 3 d ago (2026-11-21 08:00 UTC)`, `certificate expires in 6 d (…)`.
fn expiry(certificate: &Certificate, at: Timestamp) -> String {
    let end = certificate.not_after.strftime("%Y-%m-%d %H:%M UTC");
    let left = certificate.not_after.duration_since(at);
    if left.is_negative() || left.is_zero() {
        format!("certificate expired {} ago ({end})", coarse(-left))
    } else {
        format!("certificate expires in {} ({end})", coarse(left))
    }
}

fn coarse(span: SignedDuration) -> String {
    match span.as_hours() {
        48.. => format!("{} d", span.as_hours() / 24),
        2.. => format!("{} h", span.as_hours()),
        _ => format!("{} min", span.as_mins()),
    }
}

/// A missing Secret keeps all checks of a website from being asked: said once, under the name of the first.
fn credentials_finding(website: &Website, looked: &[(&Check, &CheckObservation)]) -> Option<Finding> {
    let (check, missing) = looked.iter().find_map(|(check, looked)| Some((*check, looked.credentials.as_ref()?)))?;
    let message = format!("not asked: the Secret {:?} cannot be used: {}", missing.secret, missing.problem);
    let problem = Problem {
        reason: "CredentialsMissing",
        severity: Severity::Warning,
        message,
        advice: "do what the message says: until then nothing is known of the website",
    };
    Some(Finding { first_seen: Some(missing.at), last_seen: Some(missing.at), ..problem.finding(website, check) })
}

fn get(check: &Check) -> String {
    format!("GET {}", cut(&check.path, PATH_CHARS))
}

#[cfg(test)]
mod tests;
