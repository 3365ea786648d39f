//! Messages to look at: one of each sort, and any number of hostile ones.
#![allow(clippy::unwrap_used, reason = "test data")]

use std::collections::BTreeMap;

use jiff::{Timestamp, Zoned};
use proptest::prelude::*;
use stagewatch::{
    api::{
        Finding, FindingState, Kind, MonitoringJobSpec, MonitoringRunStatus, Observation, ProbableCause, Severity,
        Verdict, Window,
        analysis::Investigation,
        job_status::{OverrideEnd, OverrideUse, SlotCount},
        report::{Aspect, Outcome, Source},
        run::{Phase, Reason},
        validation::Problem,
    },
    core::message::{End, Message, Notes, Part, Place, Run, Tells, render},
};

const SPEC: &str = r"
environment: Autopar Staging
title: AUTOPAR MONITORING
schedule: {cron: ['15 3 * * *', '30 10 * * *']}
websites:
  - name: staging
    url: https://staging.autopar.pitchai.net
    checks:
      - {name: home, path: /}
      - {name: health, path: /health}
dockerHosts:
  - name: staging-host
    host: tcp://staging-host:2376
    containers:
      - {name: autopar-redis, label: Redis, profile: redis}
      - {name: autopar-rabbitmq, label: RabbitMQ, profile: rabbitmq}
";

/// What a message is made of, owned.
#[derive(Clone, Debug)]
pub struct Case {
    pub spec: MonitoringJobSpec,
    pub status: MonitoringRunStatus,
    pub opened: Option<MonitoringRunStatus>,
    pub tells: Telling,
    pub problems: Vec<Problem>,
    pub at: Zoned,
    pub next: Option<Zoned>,
    pub in_cluster: bool,
    pub missed: Option<SlotCount>,
    pub overrides: Vec<OverrideUse>,
    pub maybe_sent: bool,
    pub dry_run: bool,
}

/// `Tells`, owned.
#[derive(Clone, Copy, Debug)]
pub enum Telling {
    Run { unconfirmed: Option<(i32, i32)>, open_since: Option<Timestamp> },
    Over { end: End, since: Timestamp },
    Investigation,
    Notice,
}

impl Case {
    pub fn message(&self) -> Message<'_> {
        let run = Run { name: "autopar-staging-202611240315-3f9a1c", status: &self.status };
        Message {
            job: "autopar-staging",
            namespace: "monitoring",
            spec: &self.spec,
            tells: match self.tells {
                Telling::Run { unconfirmed, open_since } => Tells::Run { run, unconfirmed, open_since },
                Telling::Over { end, since } => Tells::Over { run, end, since, opened: self.opened.as_ref() },
                Telling::Investigation => {
                    Tells::Investigation { run, investigation: self.status.investigation.as_ref().unwrap() }
                }
                Telling::Notice => Tells::Notice(&self.problems),
            },
            at: &self.at,
            next: self.next.as_ref(),
            place: if self.in_cluster { Place::Cluster } else { Place::Folder("/var/lib/stagewatch") },
            notes: Notes {
                missed: self.missed.as_ref(),
                skipped: None,
                overrides: &self.overrides,
                maybe_sent: self.maybe_sent,
                dry_run: self.dry_run,
            },
        }
    }

    pub fn render(&self) -> Vec<Part> {
        render(&self.message())
    }
}

pub fn at(time: &str) -> Timestamp {
    format!("2026-11-24T{time}:00Z").parse().unwrap()
}

pub fn observation(aspect: Aspect, subject: &str, check: Option<&str>, outcome: Outcome, message: &str) -> Observation {
    Observation {
        subject: subject.into(),
        aspect,
        check: check.map(Into::into),
        outcome,
        message: message.into(),
        values: BTreeMap::new(),
    }
}

pub fn finding(id: &str, severity: Severity, kind: Kind, message: &str) -> Finding {
    let words: Vec<&str> = id.split('/').collect();
    Finding {
        id: id.into(),
        kind,
        severity,
        rules_severity: None,
        override_reason: None,
        subject: words[1].into(),
        reason: words.last().copied().unwrap_or_default().into(),
        message: message.into(),
        advice: None,
        count: 1,
        first_seen: None,
        last_seen: None,
        over_since: None,
        evidence: Vec::new(),
        state: FindingState::New,
        source: Source::Rules,
    }
}

/// All is well.
pub fn good() -> Case {
    let good = |aspect, subject, check| observation(aspect, subject, check, Outcome::Good, "seen");
    Case {
        spec: serde_saphyr::from_str(SPEC).unwrap(),
        status: MonitoringRunStatus {
            phase: Some(Phase::Completed),
            window: Some(Window { since: at("14:00"), until: at("18:00") }),
            observations: vec![
                good(Aspect::Website, "staging", Some("home")),
                good(Aspect::Website, "staging", Some("health")),
                good(Aspect::DockerHost, "staging-host", None),
                good(Aspect::Container, "autopar-redis", None),
                good(Aspect::Container, "autopar-rabbitmq", None),
                good(Aspect::Logs, "autopar-redis", None),
                good(Aspect::Logs, "autopar-rabbitmq", None),
            ],
            verdict: Some(Verdict::AllGood),
            ..Default::default()
        },
        opened: None,
        tells: Telling::Run { unconfirmed: None, open_since: None },
        problems: Vec::new(),
        at: "2026-11-24T18:00[Etc/UTC]".parse().unwrap(),
        next: Some("2026-11-24T19:00[Etc/UTC]".parse().unwrap()),
        in_cluster: true,
        missed: None,
        overrides: Vec::new(),
        maybe_sent: false,
        dry_run: false,
    }
}

/// The outcome of one look, changed.
pub fn see(case: &mut Case, aspect: Aspect, subject: &str, outcome: Outcome, message: &str) {
    for seen in case.status.observations.iter_mut().filter(|o| o.aspect == aspect && o.subject == subject) {
        seen.outcome = outcome;
        seen.message = message.into();
    }
}

fn bad(mut case: Case, verdict: Verdict, findings: Vec<Finding>) -> Case {
    case.status.window = Some(Window { since: "2026-11-23T10:30:00Z".parse().unwrap(), until: at("03:15") });
    case.at = "2026-11-24T03:15[Etc/UTC]".parse().unwrap();
    case.next = Some("2026-11-24T10:30[Etc/UTC]".parse().unwrap());
    case.status.verdict = Some(verdict);
    case.status.findings = findings;
    case
}

/// The same with two more containers.
fn wider() -> Case {
    let mut case = good();
    let host = &mut case.spec.docker_hosts[0];
    for name in ["autopar-worker", "autopar-web"] {
        host.containers.push(stagewatch::api::job::Container { name: name.into(), ..Default::default() });
        for aspect in [Aspect::Container, Aspect::Logs] {
            case.status.observations.push(observation(aspect, name, None, Outcome::Good, "seen"));
        }
    }
    case
}

/// Redis out of memory, and what follows.
pub fn oom() -> Case {
    let mut case = wider();
    see(&mut case, Aspect::Website, "staging", Outcome::Bad, "GET /health answered 502");
    see(&mut case, Aspect::Container, "autopar-redis", Outcome::Bad, "restarting");
    see(&mut case, Aspect::Logs, "autopar-worker", Outcome::Bad, "214 matches");
    see(&mut case, Aspect::Logs, "autopar-web", Outcome::NotObserved, "log driver none");
    let mut killed = finding(
        "container/autopar-redis/OomKilled",
        Severity::Critical,
        Kind::Event,
        "OOM-killed, memory limit 256 MiB, still restarting",
    );
    killed.first_seen = Some(at("03:02"));
    killed.last_seen = Some(at("03:02"));
    killed.advice = Some("raise the limit, or find what grew".into());
    let mut restarting = finding(
        "container/autopar-redis/Restarting",
        Severity::Critical,
        Kind::State,
        "restarting (9×); last exited with code 137",
    );
    restarting.count = 9;
    let mut health = finding(
        "website/staging/health/UnexpectedStatus",
        Severity::Critical,
        Kind::State,
        "GET /health answered 502 Bad Gateway, expected 2xx",
    );
    health.first_seen = Some(at("03:03"));
    let mut refused = finding(
        "logs/autopar-worker/connection-refused",
        Severity::Critical,
        Kind::Event,
        "connection refused (214 records): dial tcp autopar-redis:6379",
    );
    refused.count = 214;
    refused.first_seen = Some(at("03:03"));
    refused.last_seen = Some(at("03:14"));
    let unread = finding(
        "logs/autopar-web/LogsUnavailable",
        Severity::Warning,
        Kind::State,
        "its log could not be read: log driver none",
    );
    let consequences = vec![health.id.clone(), refused.id.clone(), restarting.id.clone()];
    let mut case = bad(case, Verdict::ErrorsInvestigate, vec![killed, restarting, health, refused, unread]);
    case.status.probable_cause = Some(ProbableCause {
        finding_id: "container/autopar-redis/OomKilled".into(),
        subject: "autopar-redis".into(),
        message: "began first".into(),
        consequences,
    });
    case
}

fn warning() -> Case {
    let mut case = good();
    see(&mut case, Aspect::Container, "autopar-rabbitmq", Outcome::Bad, "memory 87 %");
    let mut memory = finding(
        "container/autopar-rabbitmq/HighMemory",
        Severity::Warning,
        Kind::State,
        "uses 87 % of its memory limit of 512 MiB",
    );
    memory.advice = Some("look at queue lengths".into());
    let slow = |check: &str| {
        let id = format!("website/staging/{check}/Slow");
        let path = if check == "home" { "/" } else { "/health" };
        finding(&id, Severity::Warning, Kind::State, &format!("GET {path} took 4100 ms, more than 3s"))
    };
    bad(case, Verdict::SuspiciousInvestigate, vec![memory, slow("home"), slow("health")])
}

fn recovery(end: End) -> Case {
    let opened = oom().status;
    let mut case = wider();
    let over = |mut finding: Finding, since: Option<&str>| {
        finding.state = FindingState::Resolved;
        finding.over_since = since.map(at);
        finding
    };
    let findings =
        vec![over(opened.findings[0].clone(), Some("05:05")), over(opened.findings[2].clone(), Some("05:09"))];
    case = bad(case, Verdict::AllGood, findings);
    case.at = "2026-11-24T05:09[Etc/UTC]".parse().unwrap();
    case.next = Some("2026-11-25T03:15[Etc/UTC]".parse().unwrap());
    case.opened = Some(opened);
    case.tells = Telling::Over { end, since: at("03:02") };
    case
}

fn subsided() -> Case {
    let mut case = recovery(End::Subsided);
    let mut opened = case.opened.take().unwrap();
    opened.findings = vec![opened.findings[3].clone()];
    case.status.findings.clear();
    case.opened = Some(opened);
    case
}

fn dark() -> Case {
    let mut case = good();
    see(&mut case, Aspect::Logs, "autopar-rabbitmq", Outcome::NotObserved, "log driver none");
    let unread = finding(
        "logs/autopar-rabbitmq/LogsUnavailable",
        Severity::Warning,
        Kind::State,
        "its log could not be read: log driver none",
    );
    bad(case, Verdict::SuspiciousInvestigate, vec![unread])
}

fn unreachable() -> Case {
    let mut case = good();
    see(&mut case, Aspect::DockerHost, "staging-host", Outcome::Bad, "connection refused");
    for name in ["autopar-redis", "autopar-rabbitmq"] {
        see(&mut case, Aspect::Container, name, Outcome::NotObserved, "its engine is unreachable");
        see(&mut case, Aspect::Logs, name, Outcome::NotObserved, "its engine is unreachable");
    }
    let mut engine = finding(
        "docker/staging-host/EngineUnreachable",
        Severity::Critical,
        Kind::State,
        "the Docker engine cannot be reached: connection refused by 10.0.0.5:2376; its 2 containers are unknown",
    );
    engine.first_seen = Some(at("03:15"));
    let mut unknown = finding(
        "container/autopar-redis/HighMemory",
        Severity::Warning,
        Kind::State,
        "uses 91 % of its memory limit of 512 MiB",
    );
    unknown.state = FindingState::Unknown;
    bad(case, Verdict::ErrorsInvestigate, vec![engine, unknown])
}

/// The site refuses connections, and nothing behind it is wrong.
fn refused() -> Case {
    let mut case = good();
    see(&mut case, Aspect::Website, "staging", Outcome::Bad, "connection refused");
    let refused = |check: &str, path: &str| {
        let id = format!("website/staging/{check}/ConnectFailed");
        let message = format!("GET {path}: connection refused by 10.0.0.5:443");
        let mut finding = finding(&id, Severity::Critical, Kind::State, &message);
        finding.first_seen = Some(at("03:15"));
        finding
    };
    let mut expires = finding(
        "website/staging/home/CertificateExpiring",
        Severity::Warning,
        Kind::State,
        "certificate expires in 9 d (2026-12-03)",
    );
    expires.state = FindingState::Unknown;
    bad(case, Verdict::ErrorsInvestigate, vec![refused("home", "/"), refused("health", "/health"), expires])
}

fn failed() -> Case {
    let mut case = bad(good(), Verdict::AllGood, Vec::new());
    case.status = MonitoringRunStatus {
        phase: Some(Phase::Failed),
        reason: Some(Reason::TimedOut),
        message: Some("the run took longer than 10m".into()),
        ..Default::default()
    };
    case
}

/// The closer look at an OOM kill, as its run keeps it.
fn looked(case: Case, investigation: &serde_json::Value) -> Case {
    let mut all = serde_json::json!({
        "phase": "Completed", "model": "claude-sonnet-5-5", "attempt": 1, "stopReason": "Concluded",
        "startTime": "2026-11-24T03:15:20Z", "completionTime": "2026-11-24T03:17:05Z", "turns": 7, "toolCalls": 12,
        "usage": {"calls": 7, "inputTokens": 9000, "cacheWriteTokens": 20000, "cacheReadTokens": 61000, "outputTokens": 4100},
    });
    all.as_object_mut().unwrap().extend(investigation.as_object().unwrap().clone());
    let mut case = Case { tells: Telling::Investigation, at: "2026-11-24T03:17[Etc/UTC]".parse().unwrap(), ..case };
    case.status.investigation = Some(serde_json::from_value(all).unwrap());
    case
}

fn investigated() -> Case {
    let report = serde_json::json!({"report": {
        "broken": "autopar-redis is killed by the kernel about every 80 s, and /health answers 502 meanwhile",
        "since": "03:02 UTC, nine kills since",
        "cause": "a queue of 1.9 million keys named celery-task-meta-* without an expiry fills the 256 MiB that the container may use; each restart loads them from dump.rdb and dies again",
        "certainty": "Known",
        "evidence": [
            "OOMKilled=true, exit code 137, restart count 9, the limit is 268435456 bytes",
            "03:01:58 # WARNING Memory usage 262 MB is over the limit, see hxxps://redis[.]io/docs",
            "memory grew from 141 MiB to 254 MiB over the last four runs",
        ],
        "impact": "nobody can log in, and no job is queued; the front page itself is served",
        "nextSteps": [
            "docker update --memory 512m --memory-swap 512m autopar-redis",
            "docker exec autopar-redis redis-cli --bigkeys",
            "set result_expires in the worker's configuration, then deploy it",
        ],
        "unchecked": ["which release of the worker writes the keys: its log begins at 03:10"],
    }});
    looked(oom(), &report)
}

fn uncertain() -> Case {
    let report = serde_json::json!({
        "stopReason": "TurnLimit", "message": "20 of 20 turns are taken",
        "report": {
            "broken": "staging refuses connections", "cause": "the proxy may not have been started after the host's reboot",
            "certainty": "Possible", "evidence": ["nothing listens on 443"], "impact": "the site is down",
            "nextSteps": ["systemctl status nginx"], "unchecked": ["the proxy: it is no container of this job"],
        },
    });
    looked(refused(), &report)
}

fn without_report() -> Case {
    let ended = serde_json::json!({
        "phase": "Failed", "attempt": 0, "stopReason": "DailyTokenLimit",
        "message": "the tokens that this job may use in a day are used", "turns": 0, "toolCalls": 0,
        "usage": {"calls": 0, "inputTokens": 0, "cacheWriteTokens": 0, "cacheReadTokens": 0, "outputTokens": 0},
    });
    looked(oom(), &ended)
}

/// One message of each sort.
pub fn samples() -> Vec<(&'static str, Case)> {
    let unconfirmed = Case { tells: Telling::Run { unconfirmed: Some((1, 2)), open_since: None }, ..oom() };
    let mut missed = good();
    missed.missed = Some(SlotCount { count: 7, last_time: at("16:00"), reason: "DeadlineExceeded".into(), untold: 2 });
    let mut muted = good();
    let mute = |id: &str, rules: Severity, message: &str| {
        let mut finding = finding(id, Severity::Info, Kind::State, message);
        finding.rules_severity = Some(rules);
        finding.override_reason = Some("sized on Monday".into());
        finding
    };
    see(&mut muted, Aspect::Container, "autopar-rabbitmq", Outcome::Bad, "memory 91 %");
    see(&mut muted, Aspect::Logs, "autopar-redis", Outcome::NotObserved, "log driver none");
    muted.status.findings = vec![
        mute("container/autopar-rabbitmq/HighMemory", Severity::Warning, "uses 91 % of its memory limit of 512 MiB"),
        mute("logs/autopar-redis/LogsUnavailable", Severity::Warning, "its log could not be read: log driver none"),
    ];
    let used = |id: &str, end| OverrideUse {
        id: id.into(),
        severity: Severity::Info,
        until: Some("2026-11-23T00:00:00Z".parse().unwrap()),
        idle_runs: 12,
        end,
        told: false,
    };
    let mut done_with = good();
    done_with.overrides = vec![
        used("container/autopar-redis/HighMemory", Some(OverrideEnd::Expired)),
        used("website/staging/home/Slow", Some(OverrideEnd::Unused)),
        used("website/staging/health/Slow", None),
        OverrideUse { told: true, ..used("logs/autopar-redis/oom", Some(OverrideEnd::Unused)) },
    ];
    let mut not_closed = good();
    not_closed.tells = Telling::Run { unconfirmed: None, open_since: Some(at("03:02")) };
    let notice = Case {
        tells: Telling::Notice,
        next: None,
        problems: vec![Problem {
            path: "spec.schedule.cron[0]".into(),
            message: "\"15 25 * * *\": there is no hour 25: write five fields, such as \"15 3 * * *\"".into(),
        }],
        ..good()
    };
    let amsterdam = Case {
        at: "2026-11-24T19:00[Europe/Amsterdam]".parse().unwrap(),
        next: Some("2026-11-25T03:15[Europe/Amsterdam]".parse().unwrap()),
        ..good()
    };
    vec![
        ("all_good", good()),
        ("all_good_in_another_zone", amsterdam),
        ("good_and_not_closed", not_closed),
        ("oom_with_consequences", oom()),
        ("warning_only", warning()),
        ("unconfirmed", unconfirmed),
        ("log_not_read", dark()),
        ("engine_unreachable", unreachable()),
        ("website_down", refused()),
        ("run_failed", failed()),
        ("recovered", recovery(End::Recovered)),
        ("subsided", subsided()),
        ("was_down", recovery(End::WasDown)),
        ("missed_slots", missed),
        ("muted", muted),
        ("overrides_to_remove", done_with),
        ("notice", notice),
        ("investigated", investigated()),
        ("investigated_in_part", uncertain()),
        ("investigated_in_vain", without_report()),
        ("possible_repeat", Case { maybe_sent: true, ..oom() }),
        ("dry_run", Case { dry_run: true, in_cluster: false, ..oom() }),
    ]
}

/// Text as an attacker, a stack trace or a careless person writes it.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "<b>", "</b>", "</code>", "<a href=\"http://evil.example.com\">", "&", "&amp;", "&#60;", "<", ">", "_", "*", "[", "](",
            "`", "\"", "'", "|", "~", "{", "\\", "😀", "👨‍👩‍👧", "🇳🇱", "✅", "\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}", "\u{301}",
            "\u{e0041}", "\u{0}", "\n", "\r", "\t", "\u{85}", "\u{2028}", "שלום", "العربية", "http://evil.example.com/x?a=1&b=2",
            "evil.example.com", "www.evil.example.com", "evil@evil.example.com", "@admin", "#tag", "$USD", "/stop", "tg://resolve?domain=x",
            "https://t.me/x", "10.0.0.5:6379", "main.rs", "пример.рф", "a.b,c.io", ", ", ": ", "; ", " (", ".", " ",
        ]).prop_map(str::to_owned),
        2 => "[ -~]{1,12}",
        1 => any::<char>().prop_map(String::from),
        1 => (1_usize..900).prop_map(|count| "W".repeat(count)),
        1 => (1_usize..300).prop_map(|count| "🟢".repeat(count)),
    ];
    prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

fn hostile_finding() -> impl Strategy<Value = Finding> {
    let family = prop::sample::select(vec!["website", "container", "logs", "docker", "self"]);
    let subject = prop_oneof![
        prop::sample::select(vec!["staging", "autopar-redis", "autopar-rabbitmq"]).prop_map(str::to_owned),
        hostile()
    ];
    let states = [FindingState::New, FindingState::Ongoing, FindingState::Resolved, FindingState::Unknown];
    (
        (family, subject, "[A-Z][a-z]{2,8}", hostile(), prop::option::of(hostile())),
        (prop::sample::select(vec![Severity::Info, Severity::Warning, Severity::Critical]), any::<bool>()),
        (0_i64..100_000, prop::option::of(0_i64..1440), prop::option::of(0_i64..1440), any::<bool>()),
        prop::sample::select(states.to_vec()),
    )
        .prop_map(
            |((family, subject, reason, message, advice), (severity, state), (count, first, last, over), now)| {
                let minute = |m: i64| at("00:00") + jiff::SignedDuration::from_mins(m);
                let id = format!("{family}/{subject}/{reason}");
                Finding {
                    subject,
                    advice,
                    count,
                    first_seen: first.map(minute),
                    last_seen: last.map(minute),
                    over_since: last.filter(|_| over).map(minute),
                    state: now,
                    rules_severity: Some(Severity::Critical).filter(|_| over),
                    override_reason: over.then(|| message.clone()),
                    ..finding(&id, severity, if state { Kind::State } else { Kind::Event }, &message)
                }
            },
        )
}

/// A closer look of a model that writes as it is told.
fn hostile_investigation(words: &[String], early: bool) -> Investigation {
    let word = |n: usize, most: usize| words[n % words.len()].chars().take(most).collect::<String>();
    let list = |from: usize, most: usize| (from..from + 5).map(|n| word(n, most)).collect::<Vec<_>>();
    serde_json::from_value(serde_json::json!({
        "phase": "Completed", "model": word(0, 64), "attempt": 1, "turns": 50, "toolCalls": 400,
        "stopReason": if early { word(1, 64) } else { "Concluded".into() }, "message": word(2, 250),
        "startTime": at("03:15"), "completionTime": at("03:44"),
        "usage": {"calls": 50, "inputTokens": 2_000_000, "cacheWriteTokens": 0, "cacheReadTokens": 0, "outputTokens": 100_000},
        "report": {
            "broken": word(3, 500), "since": word(4, 120), "cause": word(5, 500), "certainty": "Known",
            "evidence": list(6, 500), "impact": word(11, 500), "nextSteps": list(8, 250), "unchecked": list(10, 250),
        },
    }))
    .unwrap()
}

/// A report in which all that others could have written is hostile.
pub fn hostile_case() -> impl Strategy<Value = Case> {
    let outcomes = prop::sample::select(vec![Outcome::Good, Outcome::Bad, Outcome::NotObserved]);
    let looks = prop::collection::vec((outcomes, hostile()), 7);
    let kinds = prop::sample::select(vec![
        Telling::Run { unconfirmed: None, open_since: None },
        Telling::Run { unconfirmed: Some((1, 2)), open_since: Some(at("03:02")) },
        Telling::Over { end: End::Recovered, since: at("03:02") },
        Telling::Over { end: End::Subsided, since: at("03:02") },
        Telling::Over { end: End::Muted, since: at("03:02") },
        Telling::Over { end: End::WasDown, since: at("03:02") },
        Telling::Investigation,
        Telling::Notice,
    ]);
    (
        prop::sample::select(samples()),
        prop::collection::vec(hostile_finding(), 0..12),
        looks,
        kinds,
        (hostile(), hostile(), prop::option::of(hostile()), prop::collection::vec(hostile(), 15)),
        (0_usize..70, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
    )
        .prop_map(|((_, mut case), findings, looks, tells, (environment, label, title, words), shape)| {
            let (containers, good, repeat, dry_run, in_cluster) = shape;
            if good {
                case = self::good();
            } else {
                for (seen, (outcome, message)) in case.status.observations.iter_mut().zip(looks) {
                    seen.outcome = outcome;
                    seen.message = message;
                }
                case.status.verdict = Some(Verdict::ErrorsInvestigate);
                let cause = findings.first().map(|cause| ProbableCause {
                    finding_id: cause.id.clone(),
                    subject: cause.subject.clone(),
                    message: cause.message.clone(),
                    consequences: findings.iter().skip(1).step_by(2).map(|f| f.id.clone()).collect(),
                });
                case.status.probable_cause = cause;
                case.status.findings = findings;
            }
            let problem = |path: &str| Problem { path: path.into(), message: label.clone() };
            case.problems = (0..containers).map(|i| problem(&format!("spec.patterns[{i}].regex"))).collect();
            let host = &mut case.spec.docker_hosts[0];
            host.containers[0].label = Some(label);
            for i in 0..containers {
                let name = format!("autopar-worker.{i}.example.com");
                for aspect in [Aspect::Container, Aspect::Logs] {
                    case.status.observations.push(observation(aspect, &name, None, Outcome::Good, "seen"));
                }
                host.containers.push(stagewatch::api::job::Container { name, ..Default::default() });
            }
            case.spec.environment = environment.chars().take(64).collect();
            case.spec.title = title.map(|title| title.chars().take(64).collect());
            if !matches!(case.tells, Telling::Over { .. }) || !good {
                case.tells = tells;
            }
            case.status.investigation = Some(hostile_investigation(&words, good));
            case.maybe_sent = repeat;
            case.dry_run = dry_run;
            case.in_cluster = in_cluster;
            case
        })
}
