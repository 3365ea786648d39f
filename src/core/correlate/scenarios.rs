//! What broke, what was found, and what must be made of it: plausible environments in one table.

use serde_json::json;

use super::*;
use crate::core::{
    fixtures::{at, inspect, seen, window},
    observation::{ContainerObservation, website::CheckObservation},
    rules::finding,
};

const ENVIRONMENT: &str = "
environment: Shop Staging
websites: [{name: shop, url: 'https://shop.example.com', checks: [{name: home, path: /}, {name: health, path: /health}]}]
dockerHosts:
  - name: host
    host: tcp://docker.example.com:2376
    containers:
      - {name: shop-web, profile: nginx}
      - {name: shop-api}
      - {name: shop-worker}
      - {name: shop-reports}
      - {name: shop-redis, profile: redis}
      - {name: shop-rabbitmq, profile: rabbitmq}
      - {name: shop-db}
";
const DEPENDENCIES: &str = "
dependencies:
  - {subject: shop, needs: [shop-web]}
  - {subject: shop-web, needs: [shop-api]}
  - {subject: shop-api, needs: [shop-db, shop-redis]}
  - {subject: shop-worker, needs: [shop-rabbitmq, shop-redis]}
";

struct Scenario {
    what: &'static str,
    /// Whether the spec says what needs what.
    needs: bool,
    /// `severity since.. family subject reason`, of events `severity first..last …`; between them what holds besides,
    /// such as `unknown`, and after a bar the evidence.
    found: &'static [&'static str],
    cause: &'static str,
    then: &'static [&'static str],
    /// What else nothing explains, in its order.
    beside: &'static [&'static str],
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        what: "redis is down, and those who need it log errors",
        needs: true,
        found: &[
            "W 2..14 logs api error-records",
            "W 3..14 logs worker error-records",
            "C 2.. container redis NotRunning",
        ],
        cause: "redis NotRunning",
        then: &["api error-records", "worker error-records"],
        beside: &[],
    },
    Scenario {
        what: "the same, where only the evidence ties them",
        needs: false,
        found: &[
            "W 2..14 logs api error-records | ERROR cache: shop-redis:6379: Name or service not known",
            "W 3..14 logs worker error-records | Error 111 connecting to redis:6379. Connection refused.",
            "C 2.. container redis NotRunning",
        ],
        cause: "redis NotRunning",
        then: &["api error-records", "worker error-records"],
        beside: &[],
    },
    Scenario {
        what: "the same, where nothing ties them",
        needs: false,
        found: &["W 2..14 logs api error-records | ERROR no", "C 2.. container redis NotRunning"],
        cause: "redis NotRunning",
        then: &[],
        beside: &["api error-records"],
    },
    Scenario {
        what: "what a program says right before it ends is why, though it goes on with that at other times",
        needs: true,
        found: &["W 3..3 logs api credentials-refused", "C 3.. container api NotRunning"],
        cause: "api credentials-refused",
        then: &["api NotRunning"],
        beside: &[],
    },
    Scenario {
        what: "a chain: the database is down, the API fails, nginx cannot reach it, the site answers 502",
        needs: true,
        found: &[
            "C 15.. website shop UnexpectedStatus",
            "W 4..14 logs web upstream-refused",
            "C 3.. container api Unhealthy",
            "W 3..14 logs api error-records | could not translate host name \"db\" to address",
            "C 2.. container db NotRunning",
        ],
        cause: "db NotRunning",
        then: &["api Unhealthy", "shop UnexpectedStatus", "api error-records", "web upstream-refused"],
        beside: &[],
    },
    Scenario {
        what: "a web server logs which site's requests its upstream, which nobody watches, does not answer",
        needs: true,
        found: &[
            "C 15.. website shop UnexpectedStatus",
            "W 4..14 logs web upstream-refused | connect() failed (111: Connection refused), upstream: \"http://10.9.9.9:8000/\", host: \"shop.example.com\"",
        ],
        cause: "web upstream-refused",
        then: &["shop UnexpectedStatus"],
        beside: &[],
    },
    Scenario {
        what: "the same, where somebody watches it",
        needs: true,
        found: &[
            "C 15.. website shop UnexpectedStatus",
            "W 4..14 logs web upstream-refused | connect() failed (111: Connection refused), upstream: \"http://api:8000/\", host: \"shop.example.com\"",
            "C 3.. container api NotRunning",
        ],
        cause: "api NotRunning",
        then: &["shop UnexpectedStatus", "web upstream-refused"],
        beside: &[],
    },
    Scenario {
        what: "the same chain by names alone; nothing names what the site needs",
        needs: false,
        found: &[
            "C 15.. website shop UnexpectedStatus",
            "W 4..14 logs web upstream-refused | connect() failed while connecting to upstream: \"http://api:8000/\"",
            "C 3..14 logs api panic | panic: dial tcp: lookup db: no such host",
            "C 2.. container db NotRunning",
        ],
        cause: "db NotRunning",
        then: &["api panic", "web upstream-refused"],
        beside: &["shop UnexpectedStatus"],
    },
    Scenario {
        what: "a diamond: two ways from redis to the site",
        needs: true,
        found: &[
            "C 15.. website shop UnexpectedStatus",
            "C 3.. container api Unhealthy",
            "C 3.. container worker Restarting",
            "C 2..2 container redis OomKilled",
        ],
        cause: "redis OomKilled",
        then: &["api Unhealthy", "worker Restarting", "shop UnexpectedStatus"],
        beside: &[],
    },
    Scenario {
        what: "two causes are two, each with its own",
        needs: true,
        found: &[
            "W 3..14 logs api error-records | redis:6379 refused",
            "W 6..14 logs worker error-records | rabbitmq:5672 refused",
            "C 2.. container redis NotRunning",
            "C 5.. container rabbitmq NotRunning",
        ],
        cause: "redis NotRunning",
        then: &["api error-records"],
        beside: &["rabbitmq NotRunning"],
    },
    Scenario {
        what: "a warning that came first and is not tied is not blamed",
        needs: true,
        found: &[
            "W -50..14 logs reports error-records | smtp relay.example.org: connection timed out",
            "W 3..14 logs api error-records | shop-redis:6379 refused",
            "C 2.. container redis NotRunning",
        ],
        cause: "redis NotRunning",
        then: &["api error-records"],
        beside: &["reports error-records"],
    },
    Scenario {
        what: "errors that began before are no consequence",
        needs: true,
        found: &["W -10..14 logs api error-records", "C 2.. container redis NotRunning"],
        cause: "redis NotRunning",
        then: &[],
        beside: &["api error-records"],
    },
    Scenario {
        what: "a health check may see the cause two minutes after its consequence",
        needs: true,
        found: &["W 2..14 logs api error-records", "C 4.. container redis Unhealthy"],
        cause: "redis Unhealthy",
        then: &["api error-records"],
        beside: &[],
    },
    Scenario {
        what: "and not three",
        needs: true,
        found: &["W 2..14 logs api error-records", "C 5.. container redis Unhealthy"],
        cause: "redis Unhealthy",
        then: &[],
        beside: &["api error-records"],
    },
    Scenario {
        what: "the whole host does not answer; of its containers only what was known is left",
        needs: true,
        found: &[
            "C 15.. website shop Timeout",
            "C -20.. unknown container api Unhealthy",
            "W -20.. unknown container redis HighMemory",
            "C 15.. docker host EngineUnreachable",
        ],
        cause: "host EngineUnreachable",
        then: &["shop Timeout"],
        beside: &["api Unhealthy", "redis HighMemory"],
    },
    Scenario {
        what: "that an engine refuses us says nothing of what it runs",
        needs: true,
        found: &["C 15.. website shop UnexpectedStatus", "C 15.. docker host EngineTlsFailed"],
        cause: "host EngineTlsFailed",
        then: &[],
        beside: &["shop UnexpectedStatus"],
    },
    Scenario {
        what: "what is unknown now is no cause of what was seen",
        needs: true,
        found: &["C 15.. website shop UnexpectedStatus", "C 2.. unknown container api NotRunning"],
        cause: "shop UnexpectedStatus",
        then: &[],
        beside: &["api NotRunning"],
    },
    Scenario {
        what: "the cause recovered, its consequences last",
        needs: true,
        found: &[
            "C 15.. website shop UnexpectedStatus",
            "W 2..14 logs api error-records",
            "C 2..2 container redis OomKilled",
        ],
        cause: "redis OomKilled",
        then: &["shop UnexpectedStatus", "api error-records"],
        beside: &[],
    },
    Scenario {
        what: "a restart an hour ago is not blamed for a site that is down now, and what is so now comes first",
        needs: true,
        found: &["C 15.. website shop UnexpectedStatus", "W -50..-50 container redis Restarted"],
        cause: "shop UnexpectedStatus",
        then: &[],
        beside: &["redis Restarted"],
    },
    Scenario {
        what: "a kill an hour ago that is over comes after what is so now",
        needs: true,
        found: &["C 15.. website shop UnexpectedStatus", "C -50..-50 container redis OomKilled"],
        cause: "shop UnexpectedStatus",
        then: &[],
        beside: &["redis OomKilled"],
    },
    Scenario {
        what: "errors around a planned restart follow from it",
        needs: true,
        found: &["W 2..3 logs api error-records", "W 2..2 container redis Restarted"],
        cause: "redis Restarted",
        then: &["api error-records"],
        beside: &[],
    },
    Scenario {
        what: "load slows others down",
        needs: true,
        found: &["W 15.. website shop Slow", "W 15.. container db HighCpu"],
        cause: "db HighCpu",
        then: &["shop Slow"],
        beside: &[],
    },
    Scenario {
        what: "and breaks nothing",
        needs: true,
        found: &["C 15.. website shop UnexpectedStatus", "W 15.. container db HighMemory"],
        cause: "shop UnexpectedStatus",
        then: &[],
        beside: &["db HighMemory"],
    },
    Scenario {
        what: "RabbitMQ blocks its publishers",
        needs: true,
        found: &["W 6..14 logs worker error-records | publish timed out", "C 5.. logs rabbitmq memory-alarm"],
        cause: "rabbitmq memory-alarm",
        then: &["worker error-records"],
        beside: &[],
    },
    Scenario {
        what: "a mere warning in the log of what it needs breaks no site",
        needs: true,
        found: &["C 15.. website shop UnexpectedStatus", "W 5..14 logs redis maxclients-reduced"],
        cause: "shop UnexpectedStatus",
        then: &[],
        beside: &["redis maxclients-reduced"],
    },
    Scenario {
        what: "a certificate expires whatever else is down",
        needs: true,
        found: &["W 15.. website shop CertificateExpiring", "C 2.. container redis NotRunning"],
        cause: "redis NotRunning",
        then: &[],
        beside: &["shop CertificateExpiring"],
    },
    Scenario {
        what: "a full disk is a fault of its own",
        needs: true,
        found: &["C 3..14 logs api disk-full", "C 2.. container redis NotRunning"],
        cause: "redis NotRunning",
        then: &[],
        beside: &["api disk-full"],
    },
    Scenario {
        what: "who stops a container by hand has no need of another cause",
        needs: true,
        found: &["C 3.. by=Hand container api NotRunning", "C 2.. container redis NotRunning"],
        cause: "redis NotRunning",
        then: &[],
        beside: &["api NotRunning"],
    },
    Scenario {
        what: "what keeps crashing without its database follows from it, with its last words",
        needs: true,
        found: &[
            "C 3.. container api Restarting",
            "C 3..14 logs api unhandled-exception | could not connect to db:5432",
            "C 2.. container db NotRunning",
        ],
        cause: "db NotRunning",
        then: &["api Restarting", "api unhandled-exception"],
        beside: &[],
    },
    Scenario {
        what: "evidence that names another is no evidence against this one",
        needs: true,
        found: &["W 3..14 logs api error-records | ERROR db:5432: timeout", "C 2.. container redis NotRunning"],
        cause: "redis NotRunning",
        then: &[],
        beside: &["api error-records"],
    },
    Scenario {
        what: "what it names may need the cause in its turn",
        needs: true,
        found: &[
            "W 3..14 logs web upstream-refused | upstream: \"http://api:8000/\"",
            "C 2.. container redis NotRunning",
        ],
        cause: "redis NotRunning",
        then: &["web upstream-refused"],
        beside: &[],
    },
    Scenario {
        what: "redis is paused, the site answers 502",
        needs: true,
        found: &["C 15.. website shop UnexpectedStatus", "C 12.. container redis Paused"],
        cause: "redis Paused",
        then: &["shop UnexpectedStatus"],
        beside: &[],
    },
    Scenario {
        what: "since when redis is off its network nobody knows; its clients' errors tell",
        needs: false,
        found: &[
            "W 5..14 logs api error-records | connecting to redis:6379: timeout",
            "C 15.. container redis NoNetwork",
        ],
        cause: "redis NoNetwork",
        then: &["api error-records"],
        beside: &[],
    },
    Scenario {
        what: "a container that is missing explains errors since the run before",
        needs: true,
        found: &["W -30..14 logs api error-records", "C 15.. container db Missing"],
        cause: "db Missing",
        then: &["api error-records"],
        beside: &[],
    },
    Scenario {
        what: "but not a site that was down already then",
        needs: true,
        found: &["C -60.. ongoing website shop UnexpectedStatus", "C 15.. container db Missing"],
        cause: "shop UnexpectedStatus",
        then: &[],
        beside: &["db Missing"],
    },
    Scenario {
        what: "a server that names its client blames nobody for its own log",
        needs: false,
        found: &[
            "W 2..14 logs worker error-records",
            "W 3..14 logs rabbitmq login-refused | user 'shop-worker' refused",
        ],
        cause: "worker error-records",
        then: &[],
        beside: &["rabbitmq login-refused"],
    },
    Scenario {
        what: "a client whose login is refused fails for that",
        needs: true,
        found: &["W 2..14 logs worker error-records", "W 3..14 logs rabbitmq login-refused"],
        cause: "rabbitmq login-refused",
        then: &["worker error-records"],
        beside: &[],
    },
    Scenario {
        what: "checks of a site that fail alike are one failure, and whoever calls the site follows",
        needs: false,
        found: &[
            "C 15.. website shop UnexpectedStatus",
            "C 15.. website/health shop UnexpectedStatus",
            "W 5..14 logs worker error-records | GET https://shop.example.com/api: 502",
        ],
        cause: "shop UnexpectedStatus",
        then: &["shop UnexpectedStatus", "worker error-records"],
        beside: &[],
    },
    Scenario {
        what: "a wrong configuration stops redis, which stops the rest",
        needs: true,
        found: &[
            "W 6..14 logs api error-records",
            "C 5.. container redis NotRunning",
            "C 5..5 logs redis config-error",
            "I 5..5 logs redis stopping",
        ],
        cause: "redis config-error",
        then: &["redis NotRunning", "api error-records"],
        beside: &[],
    },
    Scenario {
        what: "what redis said before it was killed from outside is not why it ended",
        needs: true,
        found: &["C 4.. logs redis save-failed", "C 5.. by=Hand container redis NotRunning"],
        cause: "redis NotRunning",
        then: &["redis save-failed"],
        beside: &[],
    },
    Scenario {
        what: "what a program that gave up warned of right before is why",
        needs: false,
        found: &[
            "C 5.. by=Itself container api NotRunning",
            "W 5..5 logs api unreachable",
            "W 5..5 logs api error-records",
        ],
        cause: "api unreachable",
        then: &["api NotRunning", "api error-records"],
        beside: &[],
    },
    Scenario {
        what: "what a program warned of all the time is not why it ended",
        needs: false,
        found: &["C 5.. by=Itself container api NotRunning", "W 1..5 logs api error-records"],
        cause: "api NotRunning",
        then: &[],
        beside: &["api error-records"],
    },
    Scenario {
        what: "what redis warned of before somebody stopped it is not why it ended",
        needs: false,
        found: &["C 5.. by=Hand container redis NotRunning", "W 5..5 logs redis error-records"],
        cause: "redis NotRunning",
        then: &["redis error-records"],
        beside: &[],
    },
    Scenario {
        what: "a database that is down, a client that says so and gives up, and names it alone",
        needs: false,
        found: &[
            "C 4.. container db NotRunning",
            "W 5..5 logs api unreachable | lookup shop-db: no such host",
            "C 5.. by=Itself container api NotRunning",
        ],
        cause: "db NotRunning",
        then: &["api NotRunning", "api unreachable"],
        beside: &[],
    },
    Scenario {
        what: "a program that fails requests explains the 500 of its site",
        needs: true,
        found: &["C 15.. status=500 website shop UnexpectedStatus", "W 9..14 logs api unhandled-exception"],
        cause: "api unhandled-exception",
        then: &["shop UnexpectedStatus"],
        beside: &[],
    },
    Scenario {
        what: "a program that fails requests explains no 404 of its site",
        needs: true,
        found: &["C 15.. status=404 website shop UnexpectedStatus", "W 9..14 logs api unhandled-exception"],
        cause: "shop UnexpectedStatus",
        then: &[],
        beside: &["api unhandled-exception"],
    },
    Scenario {
        what: "a program that failed requests long before explains no 500 of now",
        needs: true,
        found: &["C 15.. status=500 website shop UnexpectedStatus", "W -30..1 logs api unhandled-exception"],
        cause: "shop UnexpectedStatus",
        then: &[],
        beside: &["api unhandled-exception"],
    },
    Scenario {
        what: "what else a program warns of explains no 500 of its site",
        needs: true,
        found: &[
            "C 15.. status=500 website shop UnexpectedStatus",
            "W 9..14 logs api unreachable | smtp.example.org:25 refused",
        ],
        cause: "shop UnexpectedStatus",
        then: &[],
        beside: &["api unreachable"],
    },
    Scenario {
        what: "more lines than usual break nothing",
        needs: true,
        found: &["W 2..14 logs redis Burst", "W 3..14 logs api error-records | shop-redis:6379 refused"],
        cause: "redis Burst",
        then: &[],
        beside: &["api error-records"],
    },
    Scenario {
        what: "memory that grew breaks nothing",
        needs: true,
        found: &["W 2..14 container redis MemoryDrift", "C 15.. website shop UnexpectedStatus"],
        cause: "shop UnexpectedStatus",
        then: &[],
        beside: &["redis MemoryDrift"],
    },
    Scenario {
        what: "of two things that a log says at once the more specific one is the cause",
        needs: true,
        found: &["C 4.. logs redis save-failed", "C 5..5 logs redis disk-full"],
        cause: "redis disk-full",
        then: &["redis save-failed"],
        beside: &[],
    },
    Scenario {
        what: "since when it keeps restarting the engine may have forgotten",
        needs: true,
        found: &["W -30..14 logs api error-records", "C 10.. count=57 container redis Restarting"],
        cause: "redis Restarting",
        then: &["api error-records"],
        beside: &[],
    },
    Scenario {
        what: "a slow start follows from what it waits for",
        needs: true,
        found: &["W 3.. container api StartingTooLong", "C 2.. container db Restarting"],
        cause: "db Restarting",
        then: &["api StartingTooLong"],
        beside: &[],
    },
];

/// `shop-redis` of `redis`.
fn subject(short: &str) -> String {
    if matches!(short, "shop" | "host") { short.to_owned() } else { format!("shop-{short}") }
}

fn read(line: &str, seen_too: &mut Observations) -> Finding {
    let (line, evidence) = line.split_once(" | ").unwrap_or((line, ""));
    let words: Vec<&str> = line.split(' ').collect();
    let [severity, times, .., family, short, reason] = words[..] else { panic!("{line}") };
    let flags = &words[2..words.len() - 3];
    let (first, last) = times.split_once("..").unwrap();
    let minute = |text: &str| at(text.parse().unwrap());
    let severity = match severity {
        "C" => Severity::Critical,
        "W" => Severity::Warning,
        _ => Severity::Info,
    };
    let name = subject(short);
    let (family, check) = family.split_once('/').unwrap_or((family, "home"));
    let id = match family {
        "website" => format!("{family}/{name}/{check}/{reason}"),
        _ => format!("{family}/{name}/{reason}"),
    };
    let ended = flags.iter().find_map(|flag| match *flag {
        "by=Hand" => Some((143, "always")),
        "by=Itself" => Some((1, "no")),
        _ => None,
    });
    if let Some((code, policy)) = ended {
        let ended =
            json!({"State": {"Status": "exited", "ExitCode": code}, "HostConfig": {"RestartPolicy": {"Name": policy}}});
        seen_too.containers.push(ContainerObservation {
            name: name.clone(),
            host: "host".into(),
            look: seen(inspect(&ended)),
        });
    }
    if let Some(status) = flags.iter().find_map(|flag| flag.strip_prefix("status=")) {
        let answered = json!({"at": at(15), "phases": {"dnsMs": 0, "connectMs": 0, "tlsMs": 0, "firstByteMs": 0, "bodyMs": 0, "totalMs": 0},
            "redirects": 0, "result": {"answered": {"status": status.parse::<u16>().unwrap(), "bodyBytes": 0}}});
        seen_too.checks.push(CheckObservation {
            website: name.clone(),
            check: check.into(),
            host: "shop.example.com".into(),
            path: "/".into(),
            credentials: None,
            attempts: vec![serde_json::from_value(answered).unwrap()],
        });
    }
    let (kind, last) = if last.is_empty() { (Kind::State, at(15)) } else { (Kind::Event, minute(last)) };
    let state = match flags {
        ["unknown"] => FindingState::Unknown,
        ["ongoing"] => FindingState::Ongoing,
        _ => FindingState::New,
    };
    let count = flags.iter().find_map(|flag| flag.strip_prefix("count=")).map_or(1, |n| n.parse().unwrap());
    Finding {
        count,
        first_seen: Some(minute(first)),
        last_seen: Some(last),
        evidence: vec![evidence.to_owned()],
        state,
        ..finding(id, kind, severity, &name, "x")
    }
}

fn spec_of(needs: bool) -> MonitoringJobSpec {
    serde_saphyr::from_str(&format!("{ENVIRONMENT}{}", if needs { DEPENDENCIES } else { "" })).unwrap()
}

/// `redis NotRunning`.
fn short(finding: &Finding) -> String {
    format!("{} {}", finding.subject.trim_start_matches("shop-"), finding.reason)
}

fn ordered(spec: &MonitoringJobSpec, lines: &[&str]) -> (Vec<Finding>, Option<ProbableCause>) {
    let mut seen = Observations::default();
    let findings = lines.iter().map(|line| read(line, &mut seen)).collect();
    order(spec, &seen, window(), findings)
}

#[test]
fn each_scenario_comes_to_its_cause() {
    assert!(SCENARIOS.len() >= 25);
    let mut wrong = Vec::new();
    for Scenario { what, needs, found, cause, then, beside } in SCENARIOS {
        let (findings, probable) = ordered(&spec_of(*needs), found);
        let probable = probable.unwrap();
        let of = |id: &String| findings.iter().find(|f| f.id == *id).map(short).unwrap();
        let consequences: Vec<String> = probable.consequences.iter().map(of).collect();
        let told = |f: &&Finding| f.is_bad() && f.id != probable.finding_id && !probable.consequences.contains(&f.id);
        // A finding that follows from one of those beside is not beside itself.
        let rest: Vec<String> =
            findings.iter().filter(told).map(short).filter(|s| beside.contains(&s.as_str())).collect();
        let unexplained = findings.iter().filter(told).count();
        let followers = unexplained - rest.len();
        let lost = followers > usize::from(*what == "two causes are two, each with its own");
        let first = findings.first().map(short);
        if of(&probable.finding_id) != *cause
            || consequences != *then
            || rest != *beside
            || lost
            || first.as_deref() != Some(*cause)
        {
            wrong.push(format!(
                "{what}: {} then {consequences:?} beside {rest:?}: {}",
                of(&probable.finding_id),
                probable.message
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All that is told of the cause's subject comes before what follows from it elsewhere, and the order of anything given
/// changes nothing.
#[test]
fn order_does_not_matter_and_the_cause_comes_first() {
    for Scenario { what, needs, found, .. } in SCENARIOS {
        let expected = ordered(&spec_of(*needs), found);
        let root = &expected.1.as_ref().unwrap().subject;
        let own = expected.0.iter().take_while(|f| f.subject == *root).count();
        assert_eq!(own, expected.0.iter().filter(|f| f.subject == *root).count(), "{what}");
        let mut lines = found.to_vec();
        let mut spec = spec_of(*needs);
        spec.docker_hosts[0].containers.reverse();
        spec.dependencies.reverse();
        for _ in 0..lines.len() {
            lines.rotate_left(1);
            assert_eq!(ordered(&spec, &lines), expected, "{what}");
        }
        lines.reverse();
        assert_eq!(ordered(&spec, &lines), expected, "{what}");
    }
}

#[test]
fn the_reason_is_a_sentence() {
    for (needs, found, reason) in [
        (
            true,
            &["W 3..14 logs api error-records | shop-redis:6379 refused", "C 2.. container redis NotRunning"][..],
            "shop-api needs it and failed 60 s later; its log names shop-redis",
        ),
        (
            true,
            &[
                "W 3..14 logs api error-records",
                "W 2..14 logs worker error-records",
                "C 2.. container redis NotRunning",
            ],
            "shop-api and shop-worker need it and failed at the same time",
        ),
        (
            false,
            &["W 2..14 logs api error-records | redis:6379 refused", "C 2.. container redis NotRunning"],
            "shop-api names it in what was found there and failed at the same time",
        ),
        (true, &["C 15.. website shop Timeout", "C 2.. container redis Paused"], "shop needs it"),
        (
            true,
            &["C 5..5 logs redis disk-full", "C 4.. logs redis save-failed"],
            "the other findings about shop-redis follow from it",
        ),
        (true, &["C 15.. website shop Timeout"], "nothing else that was found explains it"),
    ] {
        assert_eq!(ordered(&spec_of(needs), found).1.unwrap().message, reason);
    }
}

#[test]
fn a_circle_of_needs_ends() {
    let mut spec = spec_of(false);
    spec.dependencies = serde_saphyr::from_str(
        "[{subject: shop-redis, needs: [shop-rabbitmq]}, {subject: shop-rabbitmq, needs: [shop-redis]}]",
    )
    .unwrap();
    let found = ["C 2.. container redis NotRunning", "C 1.. container rabbitmq NotRunning"];
    let (findings, cause) = ordered(&spec, &found);
    assert_eq!((findings.len(), cause.unwrap().finding_id.as_str()), (2, "container/shop-rabbitmq/NotRunning"));
}

#[test]
fn what_is_over_comes_last_and_what_matters_not_has_no_cause() {
    let (mut lines, mut seen) =
        (vec!["C 1.. container redis NotRunning", "W 2..2 logs api error-records"], Observations::default());
    let mut findings: Vec<Finding> = lines.drain(..).map(|line| read(line, &mut seen)).collect();
    findings[0].state = FindingState::Resolved;
    let (findings, cause) = order(&spec_of(true), &seen, window(), findings);
    assert_eq!(findings.iter().map(short).collect::<Vec<_>>(), ["api error-records", "redis NotRunning"]);
    assert_eq!(cause.unwrap().subject, "shop-api");
    assert_eq!(ordered(&spec_of(true), &["I 2..2 logs api error-records"]).1, None);
}
