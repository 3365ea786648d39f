//! What stands between us and what a job names, each with what mends it: a command, or the YAML to write.
//!
//! Told is only what keeps us from seeing, or makes what we see misleading. That a container has crashed is what a run
//! is for.

use serde::Serialize;

use super::{
    observation::{
        Observations,
        docker::ContainerLook,
        website::{Attempt, AttemptResult, Certificate},
    },
    redact::cut,
};
use crate::api::{
    Finding, MonitoringJobSpec, Observation,
    report::{Aspect, Outcome, Report},
};

/// How a trial went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Trial {
    /// Nothing stands in the way.
    Fine,
    /// Something does.
    Wrong,
    /// It could not be tried, because of something else that is wrong.
    Untried,
}

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// What was tried: `website staging, check health`.
    pub subject: String,
    /// How it went.
    pub trial: Trial,
    /// What was seen, in one sentence without any secret.
    pub detail: String,
    /// What mends it: commands or YAML, over one line or several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Row {
    /// Nothing stands in the way.
    pub fn fine(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), trial: Trial::Fine, detail: detail.into(), fix: None }
    }

    /// Something does, and this mends it.
    pub fn wrong(subject: impl Into<String>, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { subject: subject.into(), trial: Trial::Wrong, detail: detail.into(), fix: Some(fix.into()) }
    }

    /// It could not be tried.
    pub fn untried(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), trial: Trial::Untried, detail: detail.into(), fix: None }
    }
}

/// The rows of all targets, in the spec's order: what one look at them saw, and what stood in its way.
pub fn targets(spec: &MonitoringJobSpec, seen: &Observations, report: &Report) -> Vec<Row> {
    report.observations.iter().flat_map(|observation| of_target(spec, seen, report, observation)).collect()
}

fn of_target(spec: &MonitoringJobSpec, seen: &Observations, report: &Report, observed: &Observation) -> Vec<Row> {
    let name = &observed.subject;
    let (subject, stem) = match observed.aspect {
        Aspect::Website => {
            let check = observed.check.as_deref().unwrap_or_default();
            (format!("website {name}, check {check}"), format!("website/{name}/{check}/"))
        }
        Aspect::Container => (format!("container {name}"), format!("container/{name}/")),
        Aspect::Logs => (format!("log of {name}"), format!("logs/{name}/")),
        Aspect::DockerHost => (format!("Docker host {name}"), format!("docker/{name}/")),
    };
    let wrong = report.findings.iter().filter(|finding| finding.id.starts_with(&stem)).filter_map(|finding| {
        let fix = fix(spec, seen, observed, finding)?;
        Some(Row::wrong(&subject, &finding.message, fix))
    });
    let wrong: Vec<Row> = wrong.collect();
    match observed.outcome {
        _ if !wrong.is_empty() => wrong,
        Outcome::NotObserved => vec![Row::untried(subject, &observed.message)],
        Outcome::Good | Outcome::Bad => vec![Row::fine(subject, &observed.message)],
    }
}

/// What mends what this finding tells of, where it keeps us from seeing.
fn fix(spec: &MonitoringJobSpec, seen: &Observations, observed: &Observation, finding: &Finding) -> Option<String> {
    match observed.aspect {
        Aspect::Website => of_website(spec, seen, observed, finding),
        Aspect::Container => of_container(seen, finding),
        Aspect::Logs => (finding.reason == "LogsUnavailable").then(|| {
            let name = &finding.subject;
            format!("create {name} anew with a log driver that can be read: docker run --log-driver=json-file …, or in its compose file\n  logging: {{driver: json-file}}")
        }),
        Aspect::DockerHost => of_host(spec, finding),
    }
}

fn of_website(
    spec: &MonitoringJobSpec,
    seen: &Observations,
    observed: &Observation,
    finding: &Finding,
) -> Option<String> {
    let n = spec.websites.iter().position(|website| website.name == finding.subject)?;
    let website = &spec.websites[n];
    let check = website.all_checks().iter().find(|check| Some(&check.name) == observed.check.as_ref()).cloned()?;
    let url = format!("{}{}", website.url, check.path);
    let looked = seen.checks.iter().find(|looked| looked.website == website.name && looked.check == check.name)?;
    let last = looked.attempts.last();
    let path = format!("spec.websites[{n}]");
    Some(match finding.reason.as_str() {
        "DnsFailed" => format!(
            "correct {path}.url, add the name to the DNS that this machine asks, or write where it is\n  resolve: 10.0.0.5"
        ),
        "ConnectFailed" | "Reset" => {
            format!("start the web server, or open its port to this machine; the same from here: curl -v {url}")
        }
        "Timeout" => format!(
            "open the port to this machine, or give it more time with {path}.timeout; the same from here: curl -v {url}"
        ),
        "TlsFailed" => format!(
            "where the port does not speak TLS, write {path}.url: {}; the same from here: curl -v {url}",
            website.url.replacen("https://", "http://", 1)
        ),
        "CertificateInvalid" => certificate(&path, &host(&website.url), last?),
        "AddressDenied" => allow(last.and_then(|attempt| attempt.address.as_deref())),
        "ProtocolError" => format!("what answers is no web server: correct the port in {path}.url"),
        "RedirectLoop" => format!(
            "mend the site's redirects, or judge the first one: followRedirects: false in the check {}",
            check.name
        ),
        "TooLarge" => format!("check a smaller page: correct path in the check {}", check.name),
        "UnexpectedStatus" => unexpected(&check.name, &url, last?),
        "UnexpectedLocation" => {
            let location = match &last?.result {
                AttemptResult::Answered(answer) => answer.location.as_deref().unwrap_or("/"),
                AttemptResult::Failed { .. } => return None,
            };
            format!(
                "where that is right, write in the check {}\n  expect: {{location: {}}}",
                check.name,
                cut(location, 100)
            )
        }
        "ContentMissing" | "ContentForbidden" | "JsonMismatch" => {
            format!(
                "compare what is expected with what comes: curl -sL {url}; then correct expect in the check {}",
                check.name
            )
        }
        _ => return None,
    })
}

fn certificate(path: &str, host: &str, attempt: &Attempt) -> String {
    match &attempt.certificate {
        Some(Certificate { not_after, .. }) if *not_after <= attempt.at => {
            "renew the certificate on the web server, and have it read again, such as with nginx -s reload".to_owned()
        }
        Some(Certificate { names, .. }) if !names.is_empty() && !is_for(names, host) => {
            format!("correct {path}.url: the certificate is for {}; or have one issued for {host}", names.join(", "))
        }
        _ => format!(
            "where the authority is your own, give its certificate as the key ca.crt of a Secret, and write in {path}\n  tls: {{caSecretRef: {{name: staging-ca}}}}"
        ),
    }
}

/// The host of a URL, without its port.
fn host(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// Whether a certificate with these names is for `host`.
fn is_for(names: &[String], host: &str) -> bool {
    names.iter().any(|name| {
        let wild = name
            .strip_prefix("*.")
            .is_some_and(|domain| host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain)));
        wild || name.eq_ignore_ascii_case(host)
    })
}

fn allow(address: Option<&str>) -> String {
    let address = address.and_then(|address| address.parse::<std::net::SocketAddr>().ok());
    let network = address.map_or_else(
        || "10.0.0.0/8".to_owned(),
        |address| format!("{}/{}", address.ip(), if address.is_ipv4() { 32 } else { 128 }),
    );
    format!(
        "have our own policy allow it: --allowed-cidr {network}, or take it out of --denied-cidr (STAGEWATCH_ALLOWED_CIDRS and STAGEWATCH_DENIED_CIDRS); link-local and metadata addresses are never asked"
    )
}

fn unexpected(check: &str, url: &str, attempt: &Attempt) -> String {
    let AttemptResult::Answered(answer) = &attempt.result else { return format!("the same from here: curl -v {url}") };
    match answer.status {
        401 | 403 => format!(
            "where the site wants a login, give it to the website\n  headers: [{{name: Authorization, valueFrom: {{secretKeyRef: {{name: staging-login, key: basic}}}}}}]\nand where it refuses strangers by design, write in the check {check}\n  expect: {{status: [\"{}\"]}}",
            answer.status
        ),
        404 | 410 => format!("correct path in the check {check}; the same from here: curl -i {url}"),
        status @ 300..=399 => format!(
            "where the redirect is right, write in the check {check}\n  followRedirects: false\n  expect: {{status: [\"{status}\"]}}"
        ),
        status => format!(
            "see why: curl -i {url}; where it is right, write in the check {check}\n  expect: {{status: [\"{status}\"]}}"
        ),
    }
}

fn of_container(seen: &Observations, finding: &Finding) -> Option<String> {
    let looked = seen.containers.iter().find(|looked| looked.name == finding.subject)?;
    match (&looked.look, finding.reason.as_str()) {
        (ContainerLook::Missing { near }, "Missing") => Some(match near.first() {
            Some(near) => format!("{near} exists: where it is the one, write\n  containers: [{{name: {near}, …}}]"),
            None => format!("start it, or correct its name: docker ps -a on {} lists all", looked.host),
        }),
        _ => None,
    }
}

fn of_host(spec: &MonitoringJobSpec, finding: &Finding) -> Option<String> {
    let n = spec.docker_hosts.iter().position(|host| host.name == finding.subject)?;
    let host = &spec.docker_hosts[n];
    let path = format!("spec.dockerHosts[{n}].host");
    let socket = host.host.strip_prefix("unix://");
    Some(match (finding.reason.as_str(), socket) {
        ("EngineUnreachable", Some(socket)) => {
            format!("start the engine: systemctl start docker; or correct {path}: ls -l {socket} shows whether it is there")
        }
        ("EngineUnreachable", None) => format!(
            "start the engine with its port open (dockerd -H tcp://0.0.0.0:2376 --tlsverify …), let this machine through the firewall, or correct {path}"
        ),
        ("EngineRefused", Some(socket)) => format!(
            "let this user read it: sudo usermod -aG docker $USER, then log in anew; in a container: --group-add $(stat -c %g {socket})"
        ),
        ("EngineRefused", _) => "let these GETs through what guards the engine: /_ping, /version, /info, /containers/*, /events; it needs API 1.41 (Docker 20.10) or newer".to_owned(),
        ("EngineTlsFailed", _) => {
            let secret = host.tls_secret_ref.as_ref().map_or("autopar-docker-tls", |secret| secret.name.as_str());
            format!(
                "{path} and the Secret {secret} have to belong together: its ca.crt signed the engine's certificate, and the engine's --tlscacert signed its tls.crt; see both: openssl s_client -connect {} -CAfile ca.crt -cert tls.crt -key tls.key",
                host.host.trim_start_matches("tcp://")
            )
        }
        ("AddressDenied", _) => allow(None),
        ("ClockOffset", _) => format!("let the clock of {} follow a time server: timedatectl set-ntp true", host.name),
        _ => return None,
    })
}
