//! The website collector against servers on loopback: what a server does → what is found, each inside its deadline.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "website/servers.rs"]
mod servers;

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder};
use rcgen::date_time_ymd;
use serde_json::{Value, json};
use stagewatch::{
    api::MonitoringJobSpec,
    collect::{
        Patience, Reporter,
        website::{Probe, check_all},
    },
    core::{
        observation::{CheckObservation, raw::Evidence},
        previous::Previous,
        redact::Redactor,
        rules,
    },
    net::{AddressPolicy, Dialer},
    secrets::{self, Secrets},
};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    time::Instant,
};

use servers::{Authority, by_request, bytes, endless, http, late, plain, tls};

/// What one attempt may take in this test, and how much later its end may be noticed.
const TIMEOUT: Duration = Duration::from_millis(800);
const MARGIN: Duration = Duration::from_millis(500);
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The Secrets of all tests: `DIR/<secret>/<key>`.
struct Rig {
    folder: tempfile::TempDir,
    dialer: Dialer,
}

impl Rig {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Self { folder, dialer: Dialer::new(AddressPolicy::default()) }
    }

    /// Looks at one website with one check, as a run does; what was recorded is the same as what was seen.
    async fn look(&self, website: &Value, patience: Patience) -> (MonitoringJobSpec, CheckObservation) {
        let spec = json!({"environment": "Test", "websites": [website]});
        let spec: MonitoringJobSpec = serde_json::from_value(spec).unwrap();
        let secrets = Secrets::local(Some(self.folder.path()), [], Path::new("/nowhere/.env")).unwrap();
        let secrets = secrets.gather("test", secrets::of_targets(&spec)).await;
        let redactor = Redactor::new(secrets.values());
        let (evidence, mut recorded) = mpsc::channel(8);
        let probe = Probe {
            dialer: &self.dialer,
            secrets: &secrets,
            redactor: &redactor,
            patience,
            deadline: Instant::now() + Duration::from_secs(30),
            evidence: Some(evidence),
            reporter: Reporter::default(),
        };
        let mut seen = check_all(&spec.websites, &probe).await;
        assert_eq!(seen.len(), 1);
        assert_eq!(recorded.try_recv(), Ok(Evidence::Check(seen[0].clone())));
        (spec, seen.remove(0))
    }
}

fn once() -> Patience {
    Patience { attempts: 1, delay: Duration::ZERO }
}

/// `CertificateInvalid: message`, one a finding, most severe first.
fn found(spec: &MonitoringJobSpec, seen: &CheckObservation) -> Vec<String> {
    let mut findings = rules::website::judge(&spec.websites[0], std::slice::from_ref(seen), &Previous::default());
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.iter().map(|finding| format!("{:?} {}: {}", finding.severity, finding.reason, finding.message)).collect()
}

/// A website at this address, with this one check and these other fields.
fn site(scheme: &str, address: SocketAddr, check: Value, more: Value) -> Value {
    let mut whole = json!({
        "name": "site", "url": format!("{scheme}://site.test:{}", address.port()), "resolve": "127.0.0.1",
        "timeout": format!("{}ms", TIMEOUT.as_millis()), "checks": [{"name": "home", "path": "/"}],
    });
    merge(&mut whole, more);
    merge(&mut whole["checks"][0], check);
    whole
}

fn merge(whole: &mut Value, more: Value) {
    let Value::Object(more) = more else { panic!("{more} is no object") };
    whole.as_object_mut().unwrap().extend(more);
}

async fn encoded(encode: impl Fn(Vec<u8>) -> Box<dyn Encode>, body: &[u8]) -> Vec<u8> {
    let mut encoder = encode(Vec::new());
    encoder.write_all(body).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder.into_bytes()
}

trait Encode: AsyncWrite + Unpin {
    fn into_bytes(self: Box<Self>) -> Vec<u8>;
}

macro_rules! encode {
    ($($encoder:ident),*) => {$(
        impl Encode for $encoder<Vec<u8>> {
            fn into_bytes(self: Box<Self>) -> Vec<u8> {
                self.into_inner()
            }
        }
    )*};
}
encode!(GzipEncoder, ZlibEncoder, DeflateEncoder, BrotliEncoder);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn what_a_server_does_is_found_inside_its_deadline() {
    let ours = Authority::new();
    let rig = Rig::new(&[("ca/ca.crt", &ours.pem())]);
    let with_ca = || json!({"tls": {"caSecretRef": {"name": "ca"}}});
    let none = || json!({});
    let expect = |expect: Value| json!({ "expect": expect });
    let ok = || bytes(OK);
    let html = |body: &str| bytes(http("200 OK", &["Content-Type: text/html; charset=utf-8"], body));
    let redirect = |to: &str| bytes(http("302 Found", &[&format!("Location: {to}")], ""));
    let (silent, _listener) = servers::silent().await;
    let (black_hole, _socket, _waiting) = servers::black_hole().await;
    let expired = ours.server("site.test", |params| {
        params.not_before = date_time_ymd(2024, 1, 1);
        params.not_after = date_time_ymd(2024, 3, 1);
    });
    let text = expect(json!({"body": [{"contains": "AutoPAR"}, {"contains": "maintenance", "absent": true}]}));
    let status = || expect(json!({"json": [{"path": "$.status", "equals": "ok"}]}));
    let bomb = encoded(|to| Box::new(GzipEncoder::new(to)), &vec![0; 64 << 20]).await;
    assert!(bomb.len() < 128 << 10, "{}", bomb.len());
    let packed = |encoding: &str, body: Vec<u8>| {
        let headers = [format!("Content-Encoding: {encoding}"), "Content-Type: application/json".into()];
        bytes(http("200 OK", &headers.each_ref().map(String::as_str), body))
    };
    let json = br#"{"status": "ok"}"#;
    let gzip = encoded(|to| Box::new(GzipEncoder::new(to)), json).await;
    let zlib = encoded(|to| Box::new(ZlibEncoder::new(to)), json).await;
    let deflate = encoded(|to| Box::new(DeflateEncoder::new(to)), json).await;
    let brotli = encoded(|to| Box::new(BrotliEncoder::new(to)), json).await;
    let cut_short = gzip[..gzip.len() - 10].to_vec();
    let numbered = by_request(|head| {
        let number: u32 =
            head.split_once("/?n=").map_or(0, |(_, rest)| rest.split(' ').next().unwrap().parse().unwrap());
        http("302 Found", &[&format!("Location: /?n={}", number + 1)], "")
    });
    let somewhere_else = plain(redirect("/entry")).await;
    let latency = |latency: Value| json!({ "latency": latency });
    let sixty = Duration::from_millis(60);

    for (what, website, expected) in [
        ("well", site("http", plain(ok()).await, none(), none()), None),
        ("refused", site("http", servers::nobody().await, none(), none()), Some("Critical ConnectFailed: GET /: connection refused by 127.0.0.1:")),
        ("reset", site("http", servers::resetting().await, none(), none()), Some("Critical Reset: GET /: the connection was")),
        ("black-holed", site("http", black_hole, none(), none()), Some("Critical Timeout: GET /: no whole answer within 800ms: connecting")),
        ("silent, TLS", site("https", silent, none(), none()), Some("Critical Timeout: GET /: no whole answer within 800ms: in the TLS handshake")),
        ("silent, HTTP", site("http", silent, none(), none()), Some("Critical Timeout: GET /: no whole answer within 800ms: waiting for the answer")),
        ("no such name", json!({"name": "site", "url": "http://no-such-name.invalid", "timeout": "10s"}), Some("Critical DnsFailed: GET /: name does not resolve: ")),
        ("certificate expired", site("https", tls(expired.clone(), ok()).await, none(), with_ca()), Some("Critical CertificateInvalid: certificate expired ")),
        ("expired, not verified", site("https", tls(expired, ok()).await, none(), json!({"tls": {"insecureSkipVerify": true}})), Some("Critical CertificateExpiring: certificate expired ")),
        ("self-signed", site("https", tls(servers::self_signed("site.test"), ok()).await, none(), none()), Some("Critical CertificateInvalid: the certificate is not from a trusted authority; it was issued by rcgen")),
        ("for another host", site("https", tls(ours.server("other.test", |_| ()), ok()).await, none(), with_ca()), Some("Critical CertificateInvalid: the certificate is for other.test, not for site.test")),
        ("private authority", site("https", tls(ours.server("site.test", |_| ()), ok()).await, none(), none()), Some("Critical CertificateInvalid: the certificate is not from a trusted authority; it was issued by Test Authority")),
        ("private authority, trusted", site("https", tls(ours.server("site.test", |_| ()), ok()).await, none(), with_ca()), None),
        (
            "for known clients only",
            site("https", tls(ours.server_for_known_clients("site.test"), ok()).await, none(), with_ca()),
            Some("Critical TlsFailed: GET /: the server refused the client certificate (it requires one)"),
        ),
        ("plain HTTP on the TLS port", site("https", plain(bytes("HTTP/1.1 400 Bad Request\r\n\r\n")).await, none(), none()), Some("Critical TlsFailed: GET /: the server does not speak TLS on this port")),
        ("slow headers", site("http", plain(endless("HTTP/1.1 200 OK\r\n", "X: y\r\n", sixty)).await, none(), none()), Some("Critical Timeout: GET /: no whole answer within 800ms: waiting for the answer")),
        ("one byte at a time", site("http", plain(endless("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "x", sixty)).await, none(), none()), Some("Critical Timeout: GET /: no whole answer within 800ms: reading the body, ")),
        ("endless headers", site("http", plain(endless("HTTP/1.1 200 OK\r\n", "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", Duration::ZERO)).await, none(), none()), Some("Critical TooLarge: GET /: the headers are larger than 64 KiB")),
        ("one endless header", site("http", plain(endless("HTTP/1.1 200 OK\r\nX: ", "y", Duration::ZERO)).await, none(), none()), Some("Critical TooLarge: GET /: the headers are larger than 64 KiB")),
        ("endless body", site("http", plain(endless("HTTP/1.1 200 OK\r\n\r\n", "0123456789abcdef0123456789abcdef0123456789abcdef", Duration::ZERO)).await, none(), none()), Some("Critical TooLarge: GET /: the body is larger than 2 MiB")),
        ("huge body announced", site("http", plain(bytes("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")).await, none(), none()), Some("Critical TooLarge: GET /: the body is larger than 2 MiB")),
        ("gzip bomb", site("http", plain(packed("gzip", bomb)).await, none(), none()), Some("Critical TooLarge: GET /: the body is larger than 2 MiB")),
        ("gzip", site("http", plain(packed("gzip", gzip)).await, status(), none()), None),
        ("deflate as zlib", site("http", plain(packed("deflate", zlib)).await, status(), none()), None),
        ("deflate, bare", site("http", plain(packed("deflate", deflate)).await, status(), none()), None),
        ("brotli", site("http", plain(packed("br", brotli)).await, status(), none()), None),
        ("gzip, cut short", site("http", plain(packed("gzip", cut_short)).await, none(), none()), Some("Critical ProtocolError: GET /: the body is not valid gzip")),
        ("an encoding not asked for", site("http", plain(packed("zstd", vec![1, 2])).await, none(), none()), Some("Critical ProtocolError: GET /: the body is encoded as \"zstd\", which was not asked for")),
        ("body cut short", site("http", plain(bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok")).await, none(), none()), Some("Critical Reset: GET /: the connection was closed before the answer was whole")),
        ("nothing", site("http", plain(bytes("")).await, none(), none()), Some("Critical Reset: GET /: the connection was closed before the answer was whole")),
        ("not HTTP", site("http", plain(bytes("SSH-2.0-OpenSSH_9.6\r\n")).await, none(), none()), Some("Critical ProtocolError: GET /: what came is not HTTP: ")),
        ("redirect to itself", site("http", plain(redirect("/")).await, none(), none()), Some("Critical RedirectLoop: GET /: http://site.test:")),
        ("redirects on and on", site("http", plain(numbered).await, none(), none()), Some("Critical RedirectLoop: GET /: http://site.test:")),
        ("redirect to a metadata address", site("http", plain(redirect("http://169.254.169.254/latest")).await, none(), none()), Some("Warning AddressDenied: GET /: redirected to http://169.254.169.254/latest: 169.254.169.254 is not allowed: a metadata service is never asked")),
        ("redirect to a mapped one", site("http", plain(redirect("http://[::ffff:a9fe:a9fe]/")).await, none(), none()), Some("Warning AddressDenied: GET /: redirected to ")),
        ("redirect to another scheme", site("http", plain(redirect("file:///etc/passwd")).await, none(), none()), Some("Critical ProtocolError: GET /: redirects to file:///etc/passwd, which is not HTTP")),
        ("resolve to a metadata address", site("http", somewhere_else, none(), json!({"resolve": "169.254.169.254"})), Some("Warning AddressDenied: GET / was not asked: 169.254.169.254 is not allowed")),
        ("302 expected and met", site("http", plain(redirect("/entry")).await, json!({"followRedirects": false, "expect": {"status": ["302"], "location": "/entry"}}), none()), None),
        ("302 to elsewhere", site("http", plain(redirect("/login")).await, json!({"followRedirects": false, "expect": {"status": ["302"], "location": "/entry"}}), none()), Some("Critical UnexpectedLocation: GET / leads to /login, expected /entry")),
        ("502", site("http", plain(bytes(http("502 Bad Gateway", &[], "nginx"))).await, none(), none()), Some("Critical UnexpectedStatus: GET / answered 502 Bad Gateway, expected 2xx")),
        ("right text", site("http", plain(html("<h1>Auto<b>PAR</b></h1>")).await, text.clone(), none()), None),
        ("wrong text", site("http", plain(html("<h1>Welcome to nginx!</h1>")).await, text.clone(), none()), Some("Critical ContentMissing: GET / answered without the text \"AutoPAR\"")),
        ("forbidden text", site("http", plain(html("<p>AutoPAR: Maintenance</p>")).await, text.clone(), none()), Some("Critical ContentForbidden: GET / answered with the text \"maintenance\"")),
        ("the same text in a script", site("http", plain(html("<p>AutoPAR</p><script>if (maintenance) {}</script>")).await, text, none()), None),
        ("wrong JSON", site("http", plain(bytes(http("200 OK", &[], "{\"status\":\"degraded\"}"))).await, status(), none()), Some("Critical JsonMismatch: GET /: $.status is \"degraded\", expected \"ok\"")),
        ("slow", site("http", plain(late(Duration::from_millis(200), OK)).await, none(), latency(json!({"warning": "100ms"}))), Some("Warning Slow: GET / took 2")),
        ("too slow", site("http", plain(late(Duration::from_millis(200), OK)).await, none(), latency(json!({"critical": "100ms"}))), Some("Critical TooSlow: GET / took 2")),
        ("a missing Secret", site("http", servers::nobody().await, none(), json!({"headers": [{"name": "Authorization", "valueFrom": {"secretKeyRef": {"name": "login", "key": "basic"}}}]})), Some("Warning CredentialsMissing: not asked: the Secret \"login\" cannot be used: there is no such Secret; write its values to ")),
    ] {
        let limit = if what == "no such name" { Duration::from_secs(10) } else { TIMEOUT };
        let started = Instant::now();
        let (spec, seen) = rig.look(&website, once()).await;
        let took = started.elapsed();
        let found = found(&spec, &seen);
        let as_expected = match (expected, found.as_slice()) {
            (None, []) => true,
            (Some(expected), [only]) => only.starts_with(expected),
            _ => false,
        };
        assert!(as_expected, "{what}: expected {expected:?}, found {found:?}");
        assert!(took < limit + MARGIN, "{what}: took {took:?}");
        let recorded: CheckObservation = serde_json::from_str(&serde_json::to_string(&seen).unwrap()).unwrap();
        assert_eq!(recorded, seen, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_right_the_second_time_is_flaky() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let server = plain(by_request(move |_| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        if first { http("502 Bad Gateway", &[], "") } else { OK.into() }
    }));
    let patience = Patience { attempts: 3, delay: Duration::from_millis(100) };
    let website = site("http", server.await, json!({}), json!({}));
    let (spec, seen) = Rig::new(&[]).look(&website, patience).await;
    assert_eq!(found(&spec, &seen), ["Info Flaky: GET / was right only at attempt 2"]);
    assert_eq!((seen.attempts.len(), asked.load(Ordering::SeqCst)), (2, 2));

    let refused = site("http", servers::nobody().await, json!({}), json!({}));
    let (_, seen) = Rig::new(&[]).look(&refused, patience).await;
    assert_eq!(seen.attempts.len(), 3);
    assert!(seen.attempts[1].at.duration_since(seen.attempts[0].at).as_millis() >= 100);
}

/// A server that keeps the heads of its requests, and answers with a redirect, or else with OK.
async fn keeping(redirect_to: Option<String>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heads);
    let server = plain(by_request(move |head| {
        kept.lock().unwrap().push(head.to_ascii_lowercase());
        match &redirect_to {
            Some(to) if head.starts_with("GET /start ") => http("302 Found", &[&format!("Location: {to}")], ""),
            _ => OK.into(),
        }
    }));
    (server.await, heads)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_stay_with_the_host() {
    let rig = Rig::new(&[("login/basic", "Basic c3RhZ2luZzpodW50ZXIy\n")]);
    let headers = json!({"headers": [
        {"name": "Authorization", "valueFrom": {"secretKeyRef": {"name": "login", "key": "basic"}}}, {"name": "X-Plain", "value": "shown"},
    ]});
    let sent =
        |head: &str| head.contains("authorization: basic c3rhz2luzzpodw50zxiy") && head.contains("x-plain: shown");
    let dropped = |head: &str| !head.contains("authorization") && !head.contains("x-plain");

    let (same, heads) = keeping(Some("/end?x=1".into())).await;
    rig.look(&site("http", same, json!({"path": "/start"}), headers.clone()), once()).await;
    let heads = heads.lock().unwrap().clone();
    assert!(heads.len() == 2 && heads.iter().all(|head| sent(head)), "{heads:?}");
    assert!(heads[1].starts_with("get /end?x=1 http/1.1\r\n"), "{}", heads[1]);
    assert!(heads[1].contains(&format!("host: site.test:{}\r\n", same.port())), "{}", heads[1]);
    assert!(heads[1].contains("accept-encoding: gzip, deflate, br\r\n"), "{}", heads[1]);
    assert!(heads[1].contains(concat!("user-agent: stagewatch/", env!("CARGO_PKG_VERSION"), "\r\n")), "{}", heads[1]);

    let (other, others) = keeping(None).await;
    for to in [format!("http://127.0.0.1:{}/end", other.port()), format!("//localhost:{}/end", other.port())] {
        let (first, firsts) = keeping(Some(to.clone())).await;
        let (_, seen) = rig.look(&site("http", first, json!({"path": "/start"}), headers.clone()), once()).await;
        assert_eq!(seen.attempts[0].redirects, 1, "{to}: {seen:?}");
        assert!(firsts.lock().unwrap().iter().all(|head| sent(head)));
        let heads = std::mem::take(&mut *others.lock().unwrap());
        assert!(heads.len() == 1 && heads.iter().all(|head| dropped(head)), "{to}: {heads:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_comes_back_is_not_kept() {
    let rig = Rig::new(&[("login/token", "hunter2hunter2hunter2")]);
    let headers =
        json!({"headers": [{"name": "X-Token", "valueFrom": {"secretKeyRef": {"name": "login", "key": "token"}}}]});
    let echo = by_request(|head| {
        let location = format!(
            "Location: /login?token={}",
            head.split("x-token: ").nth(1).unwrap_or("").split("\r\n").next().unwrap()
        );
        http("302 Found", &[&location, "Content-Type: text/plain"], head)
    });
    let check = json!({"followRedirects": false, "expect": {"status": ["200"], "location": "/"}});
    let (spec, seen) = rig.look(&site("http", plain(echo).await, check, headers), once()).await;
    let told = format!("{seen:?} {:?}", found(&spec, &seen));
    assert!(told.contains("X-Token: [redacted]") || told.contains("x-token: [redacted]"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_of_the_environment_is_not_used() {
    let (proxy, used) = servers::counting().await;
    let proxy = format!("http://{proxy}");
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "headers_stay_with_the_host"]);
    for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        again.env(variable, &proxy);
    }
    let output = tokio::task::spawn_blocking(move || again.output().unwrap()).await.unwrap();
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.contains("test result: ok. 1 passed"), "{output}");
    assert_eq!(*used.lock().unwrap(), 0);
}
