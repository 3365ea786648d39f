use serde_json::{Map, Value, json};

use super::*;

const AT: &str = "2026-11-24T08:00:00Z";

fn object(json: Value) -> Map<String, Value> {
    let Value::Object(object) = json else { panic!("{json} is no object") };
    object
}

fn website(json: Value) -> Website {
    let mut whole = json!({"name": "staging", "url": "https://staging.example.com"});
    whole.as_object_mut().unwrap().extend(object(json));
    serde_json::from_value(whole).unwrap()
}

fn attempt(json: Value) -> Value {
    let mut whole = json!({
        "at": AT, "redirects": 0,
        "phases": {"dnsMs": 1, "connectMs": 2, "tlsMs": 3, "firstByteMs": 70, "bodyMs": 8, "totalMs": 84},
        "result": {"answered": {"status": 200, "bodyBytes": 5}},
    });
    whole.as_object_mut().unwrap().extend(object(json));
    whole
}

fn failed(reason: &str, detail: &str) -> Value {
    attempt(json!({"result": {"failed": {"reason": reason, "detail": detail}}}))
}

fn answered(json: Value) -> Value {
    let mut answer = json!({"status": 200, "bodyBytes": 5});
    answer.as_object_mut().unwrap().extend(object(json));
    attempt(json!({"result": {"answered": answer}}))
}

fn certificate(from: &str, until: &str) -> Value {
    json!({"notBefore": from, "notAfter": until, "issuer": "R3", "names": ["staging.example.com"]})
}

fn observation(check: &str, path: &str, attempts: Vec<Value>) -> CheckObservation {
    let json = json!({"website": "staging", "check": check, "host": "staging.example.com", "path": path, "attempts": Value::Array(attempts)});
    serde_json::from_value(json).unwrap()
}

/// `Critical home/Timeout: message`, one a finding.
fn told(findings: &[Finding]) -> Vec<String> {
    let told = |f: &Finding| {
        assert_eq!(f.subject, "staging");
        assert!(f.advice.is_some() && f.message.chars().count() <= 400, "{f:?}");
        format!("{:?} {}: {}", f.severity, f.id.strip_prefix("website/staging/").unwrap(), f.message)
    };
    findings.iter().map(told).collect()
}

fn judged(website: &Website, attempts: Vec<Value>) -> Vec<String> {
    let check = &website.all_checks()[0];
    told(&judge(website, &[observation(&check.name, &check.path, attempts)], &Previous::default()))
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn facts_to_findings() {
    let plain = website(json!({}));
    let with = |check: Value| {
        let mut whole = json!({"name": "health", "path": "/health"});
        whole.as_object_mut().unwrap().extend(object(check));
        website(json!({ "checks": [whole] }))
    };
    let entry = with(json!({"followRedirects": false, "expect": {"status": ["302"], "location": "/entry"}}));
    let slow = website(json!({"latency": {"warning": "50ms", "critical": "10s"}}));
    let too_slow = website(json!({"latency": {"warning": "50ms", "critical": "80ms"}}));
    let redirected = answered(json!({"location": "https://staging.example.com/entry"}));
    let redirected = {
        let mut attempt = redirected;
        attempt["redirects"] = json!(1);
        attempt
    };
    for (website, last, expected) in [
        (&plain, answered(json!({})), None),
        (
            &plain,
            failed("DnsFailed", "name does not resolve: Name or service not known"),
            Some("Critical home/DnsFailed: GET /: name does not resolve: Name or service not known"),
        ),
        (
            &plain,
            failed("ConnectFailed", "connection refused by 10.0.0.5:443"),
            Some("Critical home/ConnectFailed: GET /: connection refused by 10.0.0.5:443"),
        ),
        (
            &plain,
            failed("Reset", "the connection was reset"),
            Some("Critical home/Reset: GET /: the connection was reset"),
        ),
        (
            &plain,
            failed("TlsFailed", "the server does not speak TLS on this port"),
            Some("Critical home/TlsFailed: GET /: the server does not speak TLS on this port"),
        ),
        (
            &plain,
            failed("Timeout", "no whole answer within 10s: connecting"),
            Some("Critical home/Timeout: GET /: no whole answer within 10s: connecting"),
        ),
        (
            &plain,
            failed("ProtocolError", "what came is not HTTP"),
            Some("Critical home/ProtocolError: GET /: what came is not HTTP"),
        ),
        (
            &plain,
            failed("RedirectLoop", "a → b → a: comes back"),
            Some("Critical home/RedirectLoop: GET /: a → b → a: comes back"),
        ),
        (
            &plain,
            failed("TooLarge", "the body is larger than 2 MiB"),
            Some("Critical home/TooLarge: GET /: the body is larger than 2 MiB"),
        ),
        (
            &plain,
            failed("AddressDenied", "169.254.169.254 is not allowed"),
            Some("Warning home/AddressDenied: GET / was not asked: 169.254.169.254 is not allowed"),
        ),
        (
            &plain,
            failed("CertificateInvalid", "the certificate is not from a trusted authority"),
            Some("Critical home/CertificateInvalid: the certificate is not from a trusted authority"),
        ),
        (
            &with(json!({})),
            answered(json!({"status": 502})),
            Some("Critical health/UnexpectedStatus: GET /health answered 502 Bad Gateway, expected 2xx"),
        ),
        (
            &with(json!({"expect": {"status": ["200", "404"]}})),
            answered(json!({"status": 599, "missing": ["x"]})),
            Some("Critical health/UnexpectedStatus: GET /health answered 599, expected 200 or 404"),
        ),
        (&entry, answered(json!({"status": 302, "location": "/entry"})), None),
        (
            &entry,
            answered(json!({"status": 302, "location": "/login"})),
            Some("Critical health/UnexpectedLocation: GET /health leads to /login, expected /entry"),
        ),
        (
            &entry,
            answered(json!({"status": 302})),
            Some("Critical health/UnexpectedLocation: GET /health leads to nowhere, expected /entry"),
        ),
        (
            &entry,
            redirected.clone(),
            Some(
                "Critical health/UnexpectedStatus: GET /health answered 200 OK after being redirected to https://staging.example.com/entry, expected 302",
            ),
        ),
        (&with(json!({"expect": {"location": "/entry"}})), redirected, None),
        (
            &plain,
            answered(json!({"missing": ["AutoPAR", "Entry"]})),
            Some("Critical home/ContentMissing: GET / answered without the text \"AutoPAR\", \"Entry\""),
        ),
        (
            &plain,
            answered(json!({"forbidden": ["maintenance"]})),
            Some("Critical home/ContentForbidden: GET / answered with the text \"maintenance\""),
        ),
        (
            &plain,
            answered(json!({"jsonMismatches": ["$.a is not there", "$.b is \"1\", expected \"2\""]})),
            Some("Critical home/JsonMismatch: GET /: $.a is not there; $.b is \"1\", expected \"2\""),
        ),
        (
            &slow,
            answered(json!({})),
            Some("Warning home/Slow: GET / took 84 ms, more than 50ms, 70 ms of it waiting for the answer"),
        ),
        (
            &too_slow,
            answered(json!({})),
            Some("Critical home/TooSlow: GET / took 84 ms, more than 80ms, 70 ms of it waiting for the answer"),
        ),
        (
            &too_slow,
            failed("Reset", "the connection was reset"),
            Some("Critical home/Reset: GET /: the connection was reset"),
        ),
    ] {
        assert_eq!(judged(website, vec![last.clone()]), expected.into_iter().collect::<Vec<_>>());
        let attempt: Attempt = serde_json::from_value(last).unwrap();
        let critical = expected.is_some_and(|expected| expected.starts_with("Critical"));
        assert_eq!(is_critical(website, &website.all_checks()[0], &attempt), critical, "{expected:?}");
    }
}

#[test]
fn a_certificate_is_told_before_it_expires() {
    let default = website(json!({}));
    let set = website(json!({"tls": {"warning": "30d", "critical": "1d"}}));
    let expired = "Critical home/CertificateExpiring: certificate expired 3 d ago (2026-11-21 07:00 UTC)";
    for (website, from, until, expected) in [
        (&default, "2026-09-01T00:00:00Z", "2026-12-30T08:00:00Z", None),
        (
            &default,
            "2026-09-01T00:00:00Z",
            "2026-11-30T09:00:00Z",
            Some("Warning home/CertificateExpiring: certificate expires in 6 d (2026-11-30 09:00 UTC)"),
        ),
        (
            &default,
            "2026-09-01T00:00:00Z",
            "2026-11-26T08:00:00Z",
            Some("Critical home/CertificateExpiring: certificate expires in 2 d (2026-11-26 08:00 UTC)"),
        ),
        (&default, "2026-09-01T00:00:00Z", "2026-11-21T07:00:00Z", Some(expired)),
        // A life of a week: warned from 56 h on, critical from 16 h 48 min on.
        (&default, "2026-11-20T08:00:00Z", "2026-11-27T08:00:00Z", None),
        (
            &default,
            "2026-11-19T08:00:00Z",
            "2026-11-26T08:00:00Z",
            Some("Warning home/CertificateExpiring: certificate expires in 2 d (2026-11-26 08:00 UTC)"),
        ),
        (
            &default,
            "2026-11-18T00:00:00Z",
            "2026-11-25T00:00:00Z",
            Some("Critical home/CertificateExpiring: certificate expires in 16 h (2026-11-25 00:00 UTC)"),
        ),
        (
            &set,
            "2026-09-01T00:00:00Z",
            "2026-12-20T08:00:00Z",
            Some("Warning home/CertificateExpiring: certificate expires in 26 d (2026-12-20 08:00 UTC)"),
        ),
        (
            &set,
            "2026-09-01T00:00:00Z",
            "2026-11-24T08:30:00Z",
            Some("Critical home/CertificateExpiring: certificate expires in 30 min (2026-11-24 08:30 UTC)"),
        ),
    ] {
        let last = attempt(json!({"certificate": certificate(from, until)}));
        assert_eq!(judged(website, vec![last]), expected.into_iter().collect::<Vec<_>>(), "{until}");
    }
}

#[test]
fn a_certificate_is_told_once_for_a_website() {
    let website = website(
        json!({"checks": [{"name": "home", "path": "/"}, {"name": "entry", "path": "/entry"}, {"name": "health", "path": "/health"}]}),
    );
    let mut expired = failed("CertificateInvalid", "the certificate has expired");
    expired["certificate"] = certificate("2026-08-21T07:00:00Z", "2026-11-21T07:00:00Z");
    let expiring = |until| attempt(json!({"certificate": certificate("2026-09-01T00:00:00Z", until)}));
    let seen = |entry: Value, health: Value| {
        let home = observation("home", "/", vec![failed("Timeout", "no whole answer within 10s: connecting")]);
        let seen = [home, observation("entry", "/entry", vec![entry]), observation("health", "/health", vec![health])];
        told(&judge(&website, &seen, &Previous::default()))
    };
    let timeout = "Critical home/Timeout: GET /: no whole answer within 10s: connecting";
    let invalid = "Critical home/CertificateInvalid: certificate expired 3 d ago (2026-11-21 07:00 UTC)";
    assert_eq!(seen(expired.clone(), expired.clone()), [timeout, invalid]);
    assert_eq!(seen(expiring("2026-11-30T08:00:00Z"), expired), [timeout, invalid]);
    assert_eq!(
        seen(expiring("2026-11-30T08:00:00Z"), expiring("2026-11-28T08:00:00Z")),
        [timeout, "Warning home/CertificateExpiring: certificate expires in 4 d (2026-11-28 08:00 UTC)"]
    );
}

#[test]
fn flaky_warns_from_the_third_run_of_ten() {
    let website = website(json!({}));
    let flaky = || vec![failed("Reset", "the connection was reset"), attempt(json!({"at": "2026-11-24T08:00:10Z"}))];
    for (earlier, expected) in [
        (vec![], "Info home/Flaky: GET / was right only at attempt 2"),
        (vec![1, 2, 1], "Info home/Flaky: GET / was right only at attempt 2, as in 2 of the last 10 runs"),
        (vec![2, 1, 3, 1], "Warning home/Flaky: GET / was right only at attempt 2, as in 3 of the last 10 runs"),
        // Two of them are too long ago.
        (
            vec![2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1],
            "Info home/Flaky: GET / was right only at attempt 2, as in 2 of the last 10 runs",
        ),
    ] {
        let trends = json!([{"id": "website/staging/home/attempts", "values": earlier}]);
        let previous: Previous = serde_json::from_value(json!({ "trends": trends })).unwrap();
        let findings = judge(&website, &[observation("home", "/", flaky())], &previous);
        assert_eq!(told(&findings), [expected]);
        assert_eq!(findings[0].evidence, ["first: GET /: the connection was reset"]);
        assert_eq!(findings[0].kind, Kind::Event);
    }
    let twice = vec![failed("Reset", "the connection was reset"), failed("Timeout", "connecting")];
    assert_eq!(judged(&website, twice), ["Critical home/Timeout: GET /: connecting"]);
}

#[test]
fn what_was_not_asked_is_told() {
    let website = website(json!({"checks": [{"name": "home", "path": "/"}, {"name": "entry", "path": "/entry"}]}));
    let mut seen = [observation("home", "/", vec![]), observation("entry", "/entry", vec![])];
    assert_eq!(
        told(&judge(&website, &seen, &Previous::default())),
        [
            "Warning home/NotObserved: GET / was not asked: the run's time was up",
            "Warning entry/NotObserved: GET /entry was not asked: the run's time was up"
        ]
    );
    for looked in &mut seen {
        let missing = json!({"secret": "login", "problem": "there is no such Secret", "at": AT});
        looked.credentials = serde_json::from_value(missing).unwrap();
    }
    assert_eq!(
        told(&judge(&website, &seen, &Previous::default())),
        ["Warning home/CredentialsMissing: not asked: the Secret \"login\" cannot be used: there is no such Secret"]
    );
}

#[test]
fn tells_since_when_and_what_was_read() {
    let first = failed("Reset", "the connection was reset");
    let mut second = answered(json!({"status": 502, "excerpt": "nginx: upstream is down"}));
    second["at"] = json!("2026-11-24T08:00:10Z");
    let mut third = second.clone();
    third["at"] = json!("2026-11-24T08:00:20Z");
    let website = website(json!({}));
    let findings = judge(&website, &[observation("home", "/", vec![first, second, third])], &Previous::default());
    assert_eq!(findings[0].first_seen, "2026-11-24T08:00:10Z".parse().ok());
    assert_eq!(findings[0].last_seen, "2026-11-24T08:00:20Z".parse().ok());
    assert_eq!(findings[0].evidence, ["body: nginx: upstream is down"]);
}
