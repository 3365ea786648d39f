//! The rules, each with what the API server evaluates (CEL) and what is said to whoever breaks it.
//!
//! A message tells what to write instead, with a value that would be accepted: it may be all that somebody sees at
//! `kubectl apply`.

use std::sync::OnceLock;

use kube::core::Rule;
use regex::Regex;

use crate::api::Duration;

/// A rule over several fields: its Rust twin is in [`super::problems`].
#[derive(Debug)]
pub struct Across {
    /// What the API server evaluates.
    pub cel: &'static str,
    /// What is wrong, and what to write instead.
    pub message: &'static str,
}

/// A form that a text has to have.
#[derive(Debug)]
pub struct Form {
    /// A regular expression that RE2 and Rust's `regex` read alike; without a double quote.
    pub pattern: &'static str,
    /// What is wrong, and what to write instead.
    pub message: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

/// Bounds of a duration, both included.
#[derive(Debug)]
pub struct Span {
    /// The shortest.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
    /// What is wrong, and what to write instead.
    pub message: &'static str,
}

impl Across {
    /// Its CEL twin.
    pub fn rule(&self) -> Rule {
        Rule::new(self.cel).message(self.message)
    }
}

impl Form {
    const fn new(pattern: &'static str, message: &'static str) -> Self {
        Self { pattern, message, compiled: OnceLock::new() }
    }

    /// Its CEL twin, for a text.
    pub fn rule(&self) -> Rule {
        Rule::new(format!("self.matches(r\"{}\")", self.pattern)).message(self.message)
    }

    /// Its CEL twin, for a list of texts.
    pub fn rule_for_each(&self) -> Rule {
        Rule::new(format!("self.all(item, item.matches(r\"{}\"))", self.pattern)).message(self.message)
    }

    /// Whether `text` has the form.
    pub fn holds(&self, text: &str) -> bool {
        // A test compiles every form.
        let regex = self.compiled.get_or_init(|| Regex::new(self.pattern).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl Span {
    /// Its CEL twin.
    pub fn rule(&self) -> Rule {
        let [min, max] = [self.min, self.max].map(|bound| bound.signed().as_millis());
        Rule::new(format!("self >= duration('{min}ms') && self <= duration('{max}ms')")).message(self.message)
    }

    /// Whether `span` is within.
    pub fn holds(&self, span: Duration) -> bool {
        self.min <= span && span <= self.max
    }
}

/// Any duration at all.
pub static DURATION: Span = Span {
    min: Duration::from_secs(0),
    max: Duration::MAX,
    message: "a duration is at most 366d, written as numbers with the units ms, s, m, h and d, such as \"90s\" or \"1d12h\"",
};
/// `spec.lookback` of both resources.
pub static LOOKBACK: Span =
    Span { min: Duration::from_mins(1), max: Duration::from_days(7), message: "lookback is 1m to 7d, such as \"4h\"" };
/// `spec.timeout`.
pub static RUN_TIMEOUT: Span = Span {
    min: Duration::from_secs(10),
    max: Duration::from_mins(10),
    message: "a run's timeout is 10s to 10m, such as \"5m\"",
};
/// `schedule.startingDeadline`.
pub static STARTING_DEADLINE: Span = Span {
    min: Duration::from_secs(30),
    max: Duration::from_hours(6),
    message: "startingDeadline is 30s to 6h, such as \"1h\"",
};
/// `schedule.jitter`.
pub static JITTER: Span = Span {
    min: Duration::from_secs(0),
    max: Duration::from_hours(1),
    message: "jitter is at most 1h, such as \"30s\"",
};
/// `confirm.delay`.
pub static CONFIRM_DELAY: Span =
    Span { min: Duration::from_secs(0), max: Duration::from_mins(1), message: "delay is at most 1m, such as \"10s\"" };
/// `websites[].timeout`.
pub static CHECK_TIMEOUT: Span = Span {
    min: Duration::from_millis(100),
    max: Duration::from_mins(5),
    message: "a website's timeout is 100ms to 5m, such as \"10s\"",
};
/// Both of `latency`.
pub static LATENCY: Span = Span {
    min: Duration::from_millis(1),
    max: Duration::from_mins(5),
    message: "a latency is 1ms to 5m, such as \"3s\"",
};
/// `patterns[].per`.
pub static PER: Span =
    Span { min: Duration::from_secs(1), max: Duration::from_days(7), message: "per is 1s to 7d, such as \"10m\"" };
/// `analysis.claude.budget.time`.
pub static INVESTIGATION_TIME: Span = Span {
    min: Duration::from_secs(30),
    max: Duration::from_mins(30),
    message: "an investigation's time is 30s to 30m, such as \"5m\"",
};

/// What people read in one line: the environment, the title, a label.
pub static LINE: Form =
    Form::new(r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$", "one line of text, such as \"Autopar Staging\"");
/// The name of a website, a Docker host, a check, a pattern or a receiver.
pub static NAME: Form = Form::new(
    "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    "a name is lower-case letters, digits and \"-\", with a letter or digit at both ends, such as \"staging\"",
);
/// A container's name, as Docker has it.
pub static CONTAINER_NAME: Form = Form::new(
    "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$",
    "a container's name is letters, digits, \"_\", \".\" and \"-\", with a letter or digit first, such as \"autopar-redis\"",
);
/// The name of a Secret or of a job.
pub static OBJECT_NAME: Form = Form::new(
    "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$",
    "the name of a Kubernetes object is lower-case letters, digits, \"-\" and \".\", with a letter or digit at both ends, such as \"telegram\"",
);
/// A key of a Secret.
pub static SECRET_KEY: Form =
    Form::new("^[-._a-zA-Z0-9]+$", "a Secret's key is letters, digits, \"-\", \".\" and \"_\", such as \"api-key\"");
/// `analysis.claude.model`.
pub static MODEL: Form = Form::new(
    "^[a-zA-Z0-9][-a-zA-Z0-9._:@/]*$",
    "a model is named as the Messages API names it, such as \"claude-sonnet-5-5\"",
);
/// `websites[].url`.
pub static URL: Form = Form::new(
    r"^https?://([a-zA-Z0-9_]([-a-zA-Z0-9_.]*[a-zA-Z0-9_])?|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?$",
    "a url is http:// or https://, a host, and at most a port, such as \"https://staging.example.com\" or \"http://10.0.0.5:8080\": a path belongs to a check, a password to headers",
);
/// `checks[].path`.
pub static PATH: Form =
    Form::new(r"^/[!-\x22$-~]*$", "a path begins with \"/\", without spaces or \"#\", such as \"/health?full=1\"");
/// `expect.location`.
pub static LOCATION: Form =
    Form::new("^(/|https?://)[!-~]*$", "a location is a path or a whole URL, such as \"/entry\"");
/// An item of `expect.status`.
pub static STATUS: Form =
    Form::new("^[2-5]([0-9][0-9]|xx)$", "a status is three digits or a class, such as \"200\" or \"2xx\"");
/// A header's name.
pub static HEADER_NAME: Form = Form::new(
    "^[-!#$%&'*+.^_`|~0-9A-Za-z]+$",
    "a header's name is letters, digits and \"-\", such as \"Authorization\"",
);
/// A header's value.
pub static HEADER_VALUE: Form = Form::new(
    r"^[!-~]([ -~\t]*[!-~])?$",
    "a header's value is printable ASCII in one line, without spaces at its ends, such as \"text/html\"",
);
/// `dockerHosts[].host`.
pub static ENGINE: Form = Form::new(
    r"^(unix:///[!-~]+|tcp://([a-zA-Z0-9_]([-a-zA-Z0-9_.]*[a-zA-Z0-9_])?|\[[0-9a-fA-F:.]+\]):[0-9]{1,5})$",
    "a Docker host is tcp:// with host and port, or unix:// with the socket's path, such as \"tcp://staging-host:2376\" or \"unix:///var/run/docker.sock\"",
);
/// The id of a finding that is about something of the job.
pub static FINDING_ID: Form = Form::new(
    "^(website/[-a-z0-9]+/[-a-z0-9]+|(container|logs|docker)/[a-zA-Z0-9_.-]+)/[-a-zA-Z0-9]+$",
    "a finding's id is website/<website>/<check>/<Reason>, container/<container>/<Reason>, logs/<container>/<pattern id> or docker/<host>/<Reason>, such as \"container/autopar-redis/HighMemory\": copy it from a message or a report; what Stagewatch says of itself, such as self/run/Failed, counts in any case",
);
macro_rules! loopback_engine {
    () => {
        r"^tcp://(localhost|127[.][0-9]+[.][0-9]+[.][0-9]+|\[::1\]):"
    };
}
/// An engine that only its own machine reaches, so that it needs no mTLS.
pub static LOOPBACK_ENGINE: Form = Form::new(
    loopback_engine!(),
    "tcp:// without tlsSecretRef is only for loopback, such as \"tcp://127.0.0.1:2375\": elsewhere write tlsSecretRef: {name: autopar-docker-tls}, since an open engine gives its machine to anybody",
);

/// An instant.
pub static INSTANT: Across = Across {
    cel: "self >= timestamp('1000-01-01T00:00:00Z')",
    message: "an instant is written as RFC 3339 has it, such as \"2026-11-24T10:30:00Z\"",
};
/// The name of a job.
pub static JOB_NAME: Across = Across {
    cel: "self.metadata.name.size() <= 40",
    message: "a job's name is at most 40 characters, such as \"autopar-staging\": the names of its runs are built from it",
};
/// The name of a run.
pub static RUN_NAME: Across = Across {
    cel: "self.metadata.name.size() <= 63",
    message: "a run's name is at most 63 characters, such as \"autopar-staging-now\"",
};
/// A job watches something.
pub static SOMETHING: Across = Across {
    cel: "has(self.websites) && self.websites.size() > 0 || has(self.dockerHosts) && self.dockerHosts.size() > 0",
    message: "nothing to watch: write at least one item under websites or dockerHosts, such as websites: [{name: staging, url: \"https://staging.example.com\"}]",
};
/// No website has the name of a Docker host or container.
pub static UNIQUE_WEBSITES: Across = Across {
    cel: "!has(self.websites) || !has(self.dockerHosts) || self.websites.all(w, !self.dockerHosts.exists(h, h.name == w.name || has(h.containers) && h.containers.exists(c, c.name == w.name)))",
    message: UNIQUE,
};
/// No container has the name of a Docker host.
pub static UNIQUE_HOSTS: Across = Across {
    cel: "!has(self.dockerHosts) || self.dockerHosts.all(g, !self.dockerHosts.exists(h, has(h.containers) && h.containers.exists(c, c.name == g.name)))",
    message: UNIQUE,
};
/// No container has the name of one on another host.
pub static UNIQUE_CONTAINERS: Across = Across {
    cel: "!has(self.dockerHosts) || self.dockerHosts.all(g, !has(g.containers) || [g.containers.map(c, c.name)].all(names, self.dockerHosts.all(h, h.name == g.name || !has(h.containers) || h.containers.all(c, !(c.name in names)))))",
    message: UNIQUE,
};
const UNIQUE: &str = "a website, Docker host or container has the name of another; findings are told apart by it: give each its own, such as \"staging\" for the site and \"staging-host\" for the engine";
/// As many containers as a status remembers.
pub static CONTAINER_COUNT: Across = Across {
    cel: "!has(self.dockerHosts) || self.dockerHosts.map(h, has(h.containers) ? h.containers.size() : 0).sum() <= 64",
    message: "a job watches at most 64 containers: write those beyond 64 into a second job",
};
/// As many checks as a report has room for.
pub static CHECK_COUNT: Across = Across {
    cel: "!has(self.websites) || self.websites.map(w, has(w.checks) ? w.checks.size() : 1).sum() <= 64",
    message: "a job has at most 64 checks: write those beyond 64 into a second job",
};
/// A dependency's subject is one of the job.
pub static DEPENDENCY_SUBJECT: Across = Across {
    cel: "!has(self.dependencies) || (has(self.dockerHosts) ? [self.dockerHosts.map(h, has(h.containers) ? h.containers.map(c, c.name) : [])] : [[]]).all(lists, self.dependencies.all(d, has(self.websites) && self.websites.exists(w, w.name == d.subject) || has(self.dockerHosts) && self.dockerHosts.exists(h, h.name == d.subject) || lists.exists(l, d.subject in l)))",
    message: DEPENDENCY_NAMES,
};
/// So is each of its needs.
pub static DEPENDENCY_NEEDS: Across = Across {
    cel: "!has(self.dependencies) || (has(self.dockerHosts) ? [self.dockerHosts.map(h, has(h.containers) ? h.containers.map(c, c.name) : [])] : [[]]).all(lists, self.dependencies.all(d, d.needs.all(n, has(self.websites) && self.websites.exists(w, w.name == n) || has(self.dockerHosts) && self.dockerHosts.exists(h, h.name == n) || lists.exists(l, n in l))))",
    message: DEPENDENCY_NAMES,
};
const DEPENDENCY_NAMES: &str = "subject and needs are names of websites, Docker hosts and containers of this job, such as {subject: staging, needs: [autopar-redis]}";
/// Nothing needs itself.
pub static DEPENDENCY_SELF: Across = Across {
    cel: "!(self.subject in self.needs)",
    message: "a subject does not need itself: write what it needs, such as {subject: staging, needs: [autopar-redis]}",
};
/// A pattern's subjects are containers of the job.
pub static PATTERN_SUBJECTS: Across = Across {
    cel: "!has(self.patterns) || (has(self.dockerHosts) ? [self.dockerHosts.map(h, has(h.containers) ? h.containers.map(c, c.name) : [])] : [[]]).all(lists, self.patterns.all(p, !has(p.subjects) || p.subjects.all(s, lists.exists(l, s in l))))",
    message: "a pattern's subjects are names of containers of this job, such as \"autopar-redis\"; without subjects it is for all of them",
};
/// An override is of a finding that can be.
pub static OVERRIDE_SUBJECT: Across = Across {
    cel: "!has(self.overrides) || (has(self.dockerHosts) ? [self.dockerHosts.map(h, has(h.containers) ? h.containers.map(c, c.name) : [])] : [[]]).all(lists, self.overrides.all(o, [o.id.split('/')].all(id, id.size() < 3 || (id[0] == 'website' ? has(self.websites) && self.websites.exists(w, w.name == id[1] && (has(w.checks) && w.checks.size() > 0 ? w.checks.exists(c, c.name == id[2]) : id[2] == 'home')) : id[0] == 'docker' ? has(self.dockerHosts) && self.dockerHosts.exists(h, h.name == id[1]) : lists.exists(l, id[1] in l)))))",
    message: "an override's id names a website and its check, a container or a Docker host of this job, such as \"container/autopar-redis/HighMemory\" or \"website/staging/home/Slow\": copy it from a message or a report, or take the override out",
};
/// A pattern is a text or a regular expression.
pub static PATTERN_TEXT: Across = Across {
    cel: "has(self.contains) != has(self.regex)",
    message: "a pattern has exactly one of contains and regex, such as contains: \"connection refused\"",
};
/// What is ignored is not counted.
pub static PATTERN_IGNORE: Across = Across {
    cel: "self.severity != 'Ignore' || !has(self.per) && !has(self.minCount)",
    message: "minCount and per are not for severity Ignore, which never counts: leave them out, or write severity: Warning",
};
/// Latency warns first.
pub static LATENCY_ORDER: Across = Across {
    cel: "!has(self.warning) || !has(self.critical) || self.warning <= self.critical",
    message: "warning is at most critical, such as {warning: 3s, critical: 10s}",
};
/// A certificate warns first: more time is left then.
pub static TLS_ORDER: Across = Across {
    cel: "!has(self.warning) || !has(self.critical) || self.warning >= self.critical",
    message: "warning is at least critical, such as {warning: 14d, critical: 3d}: both are what is left on the certificate",
};
/// An authority of one's own, or none.
pub static TLS_TRUST: Across = Across {
    cel: "!has(self.caSecretRef) || !has(self.insecureSkipVerify) || !self.insecureSkipVerify",
    message: "insecureSkipVerify trusts any certificate, so that caSecretRef has no effect: write one of them, such as caSecretRef: {name: staging-ca}",
};
/// Percentages warn first.
pub static PERCENT_ORDER: Across = Across {
    cel: "!has(self.warning) || !has(self.critical) || self.warning <= self.critical",
    message: "warning is at most critical, such as {warning: 80, critical: 95}",
};
/// An address to connect to.
pub static RESOLVE: Across =
    Across { cel: "isIP(self)", message: "resolve is an IP address, such as \"10.0.0.5\" or \"fd00::5\"" };
/// A header has one value.
pub static HEADER_SOURCE: Across = Across {
    cel: "has(self.value) != has(self.valueFrom)",
    message: "a header has exactly one of value and valueFrom, such as valueFrom: {secretKeyRef: {name: staging-login, key: basic}}",
};
/// Some headers are the client's own.
pub static HEADER_RESERVED: Across = Across {
    cel: "!(self.name.lowerAscii() in ['connection', 'content-length', 'host', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'])",
    message: "this header is part of how the request is sent and cannot be set: write another, such as \"Authorization\"; for another host or address write url and resolve",
};
/// A location is seen only by who does not follow it.
pub static LOCATION_UNFOLLOWED: Across = Across {
    cel: "!has(self.expect) || !has(self.expect.location) || has(self.followRedirects) && !self.followRedirects",
    message: "expect.location looks at the redirect itself: write followRedirects: false beside it",
};
/// A remote engine proves who it is.
pub static ENGINE_TLS: Across = Across {
    cel: concat!(
        "has(self.tlsSecretRef) || self.host.startsWith('unix://') || self.host.matches(r\"",
        loopback_engine!(),
        "\")"
    ),
    message: LOOPBACK_ENGINE.message,
};
/// A socket has no TLS.
pub static ENGINE_SOCKET: Across = Across {
    cel: "!has(self.tlsSecretRef) || !self.host.startsWith('unix://')",
    message: "a socket has no TLS: leave tlsSecretRef out, or write host: \"tcp://staging-host:2376\"",
};
/// Scheduled runs have a slot, others have none.
pub static RUN_SLOT: Across = Across {
    cel: "has(self.scheduledTime) == (has(self.trigger) && self.trigger == 'Schedule')",
    message: "scheduledTime is the slot of a run with trigger Schedule, and of no other: leave both out, or write trigger: Manual",
};
/// A run's spec stays as it is.
pub static RUN_UNCHANGED: Across = Across {
    cel: "self == oldSelf",
    message: "a run's spec cannot be changed: create another run, such as with kubectl create -f run.yaml",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_compiles_and_its_message_offers_something_of_that_form() {
        let forms = [
            (&LINE, "Autopar Staging"),
            (&NAME, "staging"),
            (&CONTAINER_NAME, "autopar-redis"),
            (&OBJECT_NAME, "telegram"),
            (&SECRET_KEY, "api-key"),
            (&MODEL, "claude-sonnet-5-5"),
            (&URL, "https://staging.example.com"),
            (&URL, "http://10.0.0.5:8080"),
            (&PATH, "/health?full=1"),
            (&LOCATION, "/entry"),
            (&STATUS, "200"),
            (&STATUS, "2xx"),
            (&HEADER_NAME, "Authorization"),
            (&HEADER_VALUE, "text/html"),
            (&ENGINE, "tcp://staging-host:2376"),
            (&ENGINE, "unix:///var/run/docker.sock"),
            (&LOOPBACK_ENGINE, "tcp://127.0.0.1:2375"),
            (&FINDING_ID, "container/autopar-redis/HighMemory"),
        ];
        for (form, example) in forms {
            assert!(form.holds(example), "{example} has not the form {}", form.pattern);
            assert!(form.message.contains(&format!("{example:?}")), "{example} is not in {}", form.message);
            assert!(!form.pattern.contains('"'), "{} would end the CEL text", form.pattern);
        }
    }

    #[test]
    fn every_span_offers_one_within() {
        for span in [
            &LOOKBACK,
            &RUN_TIMEOUT,
            &STARTING_DEADLINE,
            &JITTER,
            &CONFIRM_DELAY,
            &CHECK_TIMEOUT,
            &LATENCY,
            &PER,
            &INVESTIGATION_TIME,
            &DURATION,
        ] {
            let example = span.message.rsplit('"').nth(1).expect("an example in quotes");
            assert!(span.holds(example.parse().expect("a duration")), "{}", span.message);
        }
    }
}
