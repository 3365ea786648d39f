//! One attempt at one check: the request, redirects by hand, the body, and what came of it.

use std::time::Duration;

use http::{HeaderName, HeaderValue, header};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::{
    Probe,
    access::Access,
    certificate,
    exchange::{self, Failure, Head},
};
use crate::{
    api::{
        self,
        job::{Check, Expect, Website},
    },
    core::{
        expect::{self, Body},
        observation::website::{Answer, Attempt, AttemptResult, Certificate, Phases, WebsiteFailure},
        redact::{Redactor, cut},
    },
    net::{DialError, Endpoint},
};

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;
const DETAIL_CHARS: usize = 300;
const LOCATION_CHARS: usize = 512;

/// Asks once, within the website's timeout and the run's deadline.
pub(super) async fn attempt(website: &Website, check: &Check, access: &Access, probe: &Probe<'_>) -> Attempt {
    let (at, started) = (Timestamp::now(), Instant::now());
    let mut walk = Walk {
        website,
        access,
        probe,
        deadline: (started + website.attempt_timeout().unsigned()).min(probe.deadline),
        phases: Phases::default(),
        visited: Vec::new(),
        address: None,
        certificate: None,
    };
    let result = match walk.answer(check).await {
        Ok(answer) => AttemptResult::Answered(answer),
        Err(Failure { reason, detail }) => {
            let detail = if reason == WebsiteFailure::Timeout {
                format!("no whole answer within {}: {detail}", span(walk.deadline - started))
            } else {
                detail
            };
            AttemptResult::Failed { reason, detail: cut(&probe.redactor.redact(&detail), DETAIL_CHARS) }
        }
    };
    let phases = Phases { total_ms: millis(started.elapsed()), ..walk.phases };
    let redirects = u32::try_from(walk.visited.len().saturating_sub(1)).unwrap_or(u32::MAX);
    Attempt { at, phases, redirects, address: walk.address, certificate: walk.certificate, result }
}

/// The way from the first request to the last answer.
struct Walk<'a> {
    website: &'a Website,
    access: &'a Access,
    probe: &'a Probe<'a>,
    deadline: Instant,
    phases: Phases,
    /// The URLs that were asked, in order.
    visited: Vec<Url>,
    address: Option<String>,
    certificate: Option<Certificate>,
}

impl Walk<'_> {
    async fn answer(&mut self, check: &Check) -> Result<Answer, Failure> {
        let asked = expect::url(self.website, check);
        let mut url =
            asked.map_err(|problem| Failure::new(WebsiteFailure::ProtocolError, format!("url: {problem}")))?;
        let mut headers = self.access.headers.as_slice();
        loop {
            self.visited.push(url.clone());
            let head = self.ask(&url, headers).await?;
            let location = location(&head);
            let next = location.as_deref().filter(|_| check.follow_redirects.unwrap_or(true));
            let Some(next) = next.filter(|_| matches!(head.status, 301 | 302 | 303 | 307 | 308)) else {
                return self.judge(check, head, location).await;
            };
            let next = self.next(&url, next)?;
            if !stays(&url, &next) {
                // For good: who was elsewhere in between may have been sent back by somebody else.
                headers = &[];
            }
            url = next;
        }
    }

    /// Connects, and waits for the head of the answer.
    async fn ask(&mut self, url: &Url, headers: &[(HeaderName, HeaderValue)]) -> Result<Head, Failure> {
        let own = url.host() == self.visited[0].host();
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err(Failure::new(WebsiteFailure::ProtocolError, format!("{url} names no host"))),
        };
        let tls = match (url.scheme(), &self.access.tls) {
            ("https", Ok(client)) => Some(client),
            ("https", Err(error)) => return Err(Failure::new(WebsiteFailure::TlsFailed, error.to_string())),
            _ => None,
        };
        let resolve = match self.website.resolve.as_deref().filter(|_| own) {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| {
                Failure::new(WebsiteFailure::DnsFailed, format!("resolve: {text:?} is not an IP address"))
            })?),
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let dialed = self.probe.dialer.dial(Endpoint { host: &host, port, resolve, tls }, self.deadline).await;
        self.phases.dns_ms += millis(dialed.timings.dns);
        self.phases.connect_ms += millis(dialed.timings.connect);
        self.phases.tls_ms += millis(dialed.timings.tls);
        self.address = dialed.address.map(|address| address.to_string()).or_else(|| self.address.take());
        if own && self.certificate.is_none() {
            self.certificate = dialed.certificate.and_then(|der| certificate::read(&der));
        }
        let stream = dialed.stream.map_err(|error| self.on_the_way(dial_failure(&error)))?;
        let started = Instant::now();
        let head = timeout_at(self.deadline, exchange::ask(stream, url, headers)).await;
        self.phases.first_byte_ms += millis(started.elapsed());
        head.unwrap_or_else(|_| Err(Failure::new(WebsiteFailure::Timeout, "waiting for the answer")))
            .map_err(|failure| self.on_the_way(failure))
    }

    /// Where a redirect leads, if it may be followed.
    fn next(&self, url: &Url, location: &str) -> Result<Url, Failure> {
        let shown = self.told(location, LOCATION_CHARS);
        let mut next = url.join(location).map_err(|error| {
            Failure::new(WebsiteFailure::ProtocolError, format!("redirects to {shown:?}, which is no URL: {error}"))
        })?;
        next.set_fragment(None);
        if !matches!(next.scheme(), "http" | "https") {
            return Err(Failure::new(
                WebsiteFailure::ProtocolError,
                format!("redirects to {shown}, which is not HTTP"),
            ));
        }
        let told = |why: &str| Failure::new(WebsiteFailure::RedirectLoop, format!("{}: {why}", self.path_to(&next)));
        if self.visited.contains(&next) {
            return Err(told("comes back"));
        }
        if self.visited.len() > MAX_REDIRECTS {
            return Err(told("more than five redirects"));
        }
        Ok(next)
    }

    /// First redacted, then cut.
    fn told(&self, text: &str, max_chars: usize) -> String {
        cut(&self.probe.redactor.redact(text), max_chars)
    }

    fn path_to(&self, next: &Url) -> String {
        let hops = self.visited.iter().chain([next]).map(|url| self.told(url.as_str(), 60));
        hops.collect::<Vec<_>>().join(" → ")
    }

    /// Behind a redirect, a failure is that of another place than the one that was asked for.
    fn on_the_way(&self, failure: Failure) -> Failure {
        match self.visited.as_slice() {
            [_, .., last] => Failure {
                detail: format!("redirected to {}: {}", self.told(last.as_str(), 120), failure.detail),
                ..failure
            },
            _ => failure,
        }
    }

    /// Reads the body, and compares the answer with what is expected.
    async fn judge(&mut self, check: &Check, head: Head, location: Option<String>) -> Result<Answer, Failure> {
        let status = head.status;
        let content_type = head.header(&header::CONTENT_TYPE).map(ToOwned::to_owned);
        let (mut bytes, started) = (Vec::new(), Instant::now());
        let body = timeout_at(self.deadline, head.body(&mut bytes)).await;
        self.phases.body_ms += millis(started.elapsed());
        body.unwrap_or_else(|_| {
            Err(Failure::new(WebsiteFailure::Timeout, format!("reading the body, {} bytes so far", bytes.len())))
        })
        .map_err(|failure| self.on_the_way(failure))?;
        let led_to = self.visited.get(1..).and_then(<[Url]>::last).map(Url::to_string);
        let location = location.or(led_to);
        let body = Body { content_type: content_type.as_deref(), bytes: &bytes };
        Ok(answer(check.expect.as_ref(), status, location, &self.visited[0], body, self.probe.redactor))
    }
}

fn answer(
    expect: Option<&Expect>,
    status: u16,
    location: Option<String>,
    asked: &Url,
    body: Body<'_>,
    redactor: &Redactor,
) -> Answer {
    let outcome = expect.map(|expect| expect::compare(expect, body, redactor)).unwrap_or_default();
    let expected_location = expect.and_then(|expect| expect.location.as_deref());
    let led_right = expected_location
        .is_none_or(|expected| expect::location_is_expected(asked, expected, location.as_deref().unwrap_or_default()));
    let right = expect::status_is_expected(expect, status) && led_right && outcome.is_expected();
    Answer {
        status,
        location: location.map(|location| cut(&redactor.redact(&location), LOCATION_CHARS)),
        body_bytes: u64::try_from(body.bytes.len()).unwrap_or(u64::MAX),
        missing: outcome.missing,
        forbidden: outcome.forbidden,
        json_mismatches: outcome.json_mismatches,
        excerpt: if right { None } else { body.excerpt(redactor) },
    }
}

fn location(head: &Head) -> Option<String> {
    head.headers.get(header::LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Whether a redirect stays with who was asked: the same host and port, or the same host's step up to HTTPS.
fn stays(from: &Url, to: &Url) -> bool {
    let port = |url: &Url| url.port_or_known_default();
    let same = from.scheme() == to.scheme() && port(from) == port(to);
    let up = from.scheme() == "http" && to.scheme() == "https";
    from.host() == to.host() && (same || up)
}

fn dial_failure(error: &DialError) -> Failure {
    let reason = match error {
        DialError::Dns(_) => WebsiteFailure::DnsFailed,
        DialError::Denied { .. } | DialError::UnixDenied => WebsiteFailure::AddressDenied,
        DialError::Refused(_) | DialError::NoPermission(_) | DialError::Unreachable { .. } => {
            WebsiteFailure::ConnectFailed
        }
        DialError::Closed => WebsiteFailure::Reset,
        DialError::Tls(failure) if failure.is_certificate() => WebsiteFailure::CertificateInvalid,
        DialError::Tls(_) => WebsiteFailure::TlsFailed,
        DialError::Timeout(phase) => return Failure::new(WebsiteFailure::Timeout, phase.to_string()),
    };
    Failure::new(reason, error.to_string())
}

/// As the spec writes it: `10s`.
fn span(span: Duration) -> api::Duration {
    SignedDuration::from_millis(millis(span)).into()
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn knows_when_a_redirect_leaves() {
        for (from, to, expected) in [
            ("https://a.example/", "https://a.example/x", true),
            ("https://a.example/", "https://A.example:443/x", true),
            ("http://a.example/", "https://a.example/", true),
            ("http://a.example:8080/", "https://a.example:8443/", true),
            ("https://a.example/", "http://a.example/", false),
            ("https://a.example/", "https://b.example/", false),
            ("https://a.example/", "https://a.example:8443/", false),
            ("https://a.example/", "https://a.example.evil.example/", false),
        ] {
            assert_eq!(stays(&url(from), &url(to)), expected, "{from} {to}");
        }
    }
}
