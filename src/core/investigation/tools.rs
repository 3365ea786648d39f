//! The tools, as a pure function of the spec, and the reading of a call.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    api::MonitoringJobSpec,
    core::{analysis::prompt::subjects, analysis::untrusted::clean, redact::cut, rules},
};

/// As far back as a run may look: seven days.
const MOST_MINUTES: i64 = 7 * 24 * 60;
const MOST_LINES: i64 = 200;
const LINES: i64 = 50;
const MOST_RUNS: i64 = 10;
const MOST_CONTAINS: usize = 100;

/// A tool, as the model is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// The JSON Schema of its arguments.
    pub schema: Value,
}

/// A call that may be made: its names are the job's own, its numbers within their bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// All containers in short.
    ListContainers,
    /// One in full.
    InspectContainer {
        /// Its name.
        container: String,
    },
    /// Lines of a log.
    Logs {
        /// Whose.
        container: String,
        /// From so many minutes ago,
        from_minutes: i64,
        /// until so many minutes ago.
        until_minutes: i64,
        /// Only those with this in them.
        contains: Option<String>,
        /// At most so many.
        limit: usize,
        /// The oldest of them rather than the newest.
        oldest: bool,
    },
    /// What a container uses.
    Stats {
        /// Its name.
        container: String,
    },
    /// What a Docker host tells of the job's containers.
    Events {
        /// Its name.
        host: String,
        /// From so many minutes ago.
        from_minutes: i64,
    },
    /// A website's checks, again.
    CheckWebsite {
        /// Its name.
        website: String,
    },
    /// What earlier runs found.
    PreviousRuns {
        /// At most so many.
        limit: usize,
    },
    /// What earlier runs measured.
    Trends {
        /// Of this one alone.
        subject: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfContainer {
    container: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfLogs {
    container: String,
    from_minutes: i64,
    until_minutes: Option<i64>,
    contains: Option<String>,
    limit: Option<i64>,
    order: Option<Order>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    Newest,
    Oldest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfHost {
    host: String,
    from_minutes: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfWebsite {
    website: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfRuns {
    limit: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfTrends {
    subject: Option<String>,
}

fn containers(spec: &MonitoringJobSpec) -> Vec<&str> {
    rules::containers(spec).map(|(_, container)| container.name.as_str()).collect()
}

fn hosts(spec: &MonitoringJobSpec) -> Vec<&str> {
    spec.docker_hosts.iter().map(|host| host.name.as_str()).collect()
}

fn websites(spec: &MonitoringJobSpec) -> Vec<&str> {
    spec.websites.iter().map(|website| website.name.as_str()).collect()
}

/// The tools for a job: those that it has targets for.
pub fn definitions(spec: &MonitoringJobSpec) -> Vec<Definition> {
    let names = |names: &[&str]| json!({"type": "string", "enum": names});
    let number = |what: &str| json!({"type": "integer", "description": what});
    let or_null = |mut schema: Value| {
        schema["type"] = json!([schema["type"], "null"]);
        schema
    };
    let minutes = || number("From so many minutes ago, 1 to 10080.");
    let (containers, hosts, websites) = (containers(spec), hosts(spec), websites(spec));
    let mut tools = Vec::new();
    let mut tool = |name, description, properties: Value| {
        let required: Vec<&String> = properties.as_object().into_iter().flat_map(Map::keys).collect();
        let schema =
            json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties});
        tools.push(Definition { name, description, schema });
    };
    if !containers.is_empty() {
        tool(
            "list_containers",
            "All containers: state, health, restarts, exit code, when they started. Call it first.",
            json!({}),
        );
        tool(
            "inspect_container",
            "One container in full: state, exit code, OOM kill, the last health checks with what they printed, limits, restart policy.",
            json!({"container": names(&containers)}),
        );
        tool(
            "container_logs",
            "Lines of a container's log between two times. Narrow it by `contains` (plain text, any case) and by time.",
            json!({
                "container": names(&containers),
                "from_minutes": minutes(),
                "until_minutes": or_null(number("Until so many minutes ago; null: until now.")),
                "contains": {"type": ["string", "null"], "description": "At most 100 characters; null: all lines."},
                "limit": or_null(number("How many lines, 1 to 200; null: 50.")),
                "order": {"type": ["string", "null"], "enum": ["newest", "oldest", null], "description": "Which lines when there are more; null: newest."},
            }),
        );
        tool(
            "container_stats",
            "CPU and memory that a running container uses now.",
            json!({"container": names(&containers)}),
        );
        tool(
            "host_events",
            "What a Docker host tells of this job's containers: start, die with exit code, oom, kill, health. It keeps only its last 256.",
            json!({"host": names(&hosts), "from_minutes": minutes()}),
        );
    }
    if !websites.is_empty() {
        tool(
            "check_website",
            "All checks of a website again, now: address, time of each phase (DNS, connect, TLS, first byte, body), certificate, status, what is not as expected.",
            json!({"website": names(&websites)}),
        );
    }
    tool(
        "previous_runs",
        "What earlier runs found, newest first: verdict, findings, probable cause.",
        json!({"limit": or_null(number("How many runs, 1 to 10; null: 5."))}),
    );
    let of: Vec<Value> = subjects(spec).map(Value::from).chain([Value::Null]).collect();
    tool(
        "trends",
        "What earlier runs measured, oldest first: latency, memory, CPU, troubled log records a day.",
        json!({"subject": {"type": ["string", "null"], "enum": of, "description": "Null: all."}}),
    );
    tools
}

/// Reads a call of the model.
///
/// # Errors
/// What is wrong with it, in a sentence for the model.
pub fn parse(spec: &MonitoringJobSpec, name: &str, input: &Map<String, Value>) -> Result<Call, String> {
    let known = definitions(spec);
    if !known.iter().any(|tool| tool.name == name) {
        let names: Vec<_> = known.iter().map(|tool| tool.name).collect();
        return Err(format!("there is no such tool: there are {}", names.join(", ")));
    }
    let container = |name| of("container", name, &containers(spec));
    Ok(match name {
        "list_containers" => {
            let Nothing {} = read(input)?;
            Call::ListContainers
        }
        "inspect_container" => Call::InspectContainer { container: container(read::<OfContainer>(input)?.container)? },
        "container_stats" => Call::Stats { container: container(read::<OfContainer>(input)?.container)? },
        "container_logs" => logs(read(input)?, container)?,
        "host_events" => {
            let OfHost { host, from_minutes } = read(input)?;
            let from_minutes = within("from_minutes", from_minutes, 1, MOST_MINUTES)?;
            Call::Events { host: of("host", host, &hosts(spec))?, from_minutes }
        }
        "check_website" => {
            Call::CheckWebsite { website: of("website", read::<OfWebsite>(input)?.website, &websites(spec))? }
        }
        "previous_runs" => {
            let limit = within("limit", read::<OfRuns>(input)?.limit.unwrap_or(5), 1, MOST_RUNS)?;
            Call::PreviousRuns { limit: usize::try_from(limit).unwrap_or(1) }
        }
        _ => {
            let names: Vec<_> = subjects(spec).collect();
            let subject = read::<OfTrends>(input)?.subject.map(|subject| of("subject", subject, &names));
            Call::Trends { subject: subject.transpose()? }
        }
    })
}

fn logs(args: OfLogs, container: impl Fn(String) -> Result<String, String>) -> Result<Call, String> {
    let from_minutes = within("from_minutes", args.from_minutes, 1, MOST_MINUTES)?;
    let until_minutes = within("until_minutes", args.until_minutes.unwrap_or(0), 0, MOST_MINUTES)?;
    if until_minutes >= from_minutes {
        return Err("until_minutes has to be less than from_minutes: both count back from now".into());
    }
    if args.contains.as_ref().is_some_and(|text| text.chars().count() > MOST_CONTAINS) {
        return Err(format!("contains has to be at most {MOST_CONTAINS} characters"));
    }
    let limit = within("limit", args.limit.unwrap_or(LINES), 1, MOST_LINES)?;
    Ok(Call::Logs {
        container: container(args.container)?,
        from_minutes,
        until_minutes,
        contains: args.contains.filter(|text| !text.is_empty()),
        limit: usize::try_from(limit).unwrap_or(1),
        oldest: matches!(args.order, Some(Order::Oldest)),
    })
}

fn read<T: DeserializeOwned>(input: &Map<String, Value>) -> Result<T, String> {
    T::deserialize(input).map_err(|error| cut(&clean(&format!("wrong arguments: {error}")), 200))
}

fn of(what: &str, name: String, names: &[&str]) -> Result<String, String> {
    if names.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(cut(&format!("this job has no such {what}: it has {}", names.join(", ")), 400))
}

fn within(what: &str, value: i64, least: i64, most: i64) -> Result<i64, String> {
    if (least..=most).contains(&value) { Ok(value) } else { Err(format!("{what} has to be {least} to {most}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> MonitoringJobSpec {
        serde_json::from_value(json!({
            "environment": "E",
            "websites": [{"name": "site", "url": "http://staging.example"}],
            "dockerHosts": [{"name": "host", "host": "tcp://staging:2376", "containers": [{"name": "redis"}, {"name": "web"}]}],
        }))
        .unwrap()
    }

    fn call(name: &str, input: Value) -> Result<Call, String> {
        parse(&spec(), name, input.as_object().unwrap())
    }

    #[test]
    fn tools_are_those_that_the_job_has_targets_for() {
        let names = |spec: &MonitoringJobSpec| definitions(spec).iter().map(|tool| tool.name).collect::<Vec<_>>();
        assert_eq!(names(&spec()).len(), 8);
        let none = serde_json::from_value(json!({"environment": "E"})).unwrap();
        assert_eq!(names(&none), ["previous_runs", "trends"]);
        assert!(parse(&none, "container_logs", &Map::new()).unwrap_err().contains("no such tool"));
    }

    #[test]
    fn no_tool_takes_an_address() {
        for tool in definitions(&spec()) {
            for (name, schema) in tool.schema["properties"].as_object().unwrap() {
                let numeric = schema["type"] == "integer" || schema["type"][0] == "integer";
                assert!(numeric || schema.get("enum").is_some() || name == "contains", "{}: {name}", tool.name);
            }
        }
    }

    #[test]
    fn a_call_is_read_with_what_is_left_out() {
        let logs =
            call("container_logs", json!({"container": "redis", "from_minutes": 30, "contains": "", "order": null}));
        let expected = Call::Logs {
            container: "redis".into(),
            from_minutes: 30,
            until_minutes: 0,
            contains: None,
            limit: 50,
            oldest: false,
        };
        assert_eq!(logs, Ok(expected));
        assert_eq!(call("previous_runs", json!({})), Ok(Call::PreviousRuns { limit: 5 }));
        assert_eq!(call("trends", json!({"subject": null})), Ok(Call::Trends { subject: None }));
        assert_eq!(call("list_containers", json!({})), Ok(Call::ListContainers));
    }

    #[test]
    fn a_wrong_call_is_told_what_is_wrong() {
        for (name, input, why) in [
            ("shell", json!({"command": "id"}), "no such tool"),
            ("list_containers", json!({"host": "10.0.0.1"}), "unknown field"),
            ("inspect_container", json!({}), "missing field"),
            ("inspect_container", json!({"container": "production-db"}), "no such container: it has redis, web"),
            ("inspect_container", json!({"container": "redis", "id": "ab12"}), "unknown field"),
            ("inspect_container", json!({"container": ["redis"]}), "invalid type"),
            ("inspect_container", json!({"container": "../redis"}), "no such container"),
            ("container_stats", json!({"container": "red"}), "no such container"),
            ("container_logs", json!({"container": "redis", "from_minutes": 0}), "1 to 10080"),
            ("container_logs", json!({"container": "redis", "from_minutes": i64::MAX}), "1 to 10080"),
            ("container_logs", json!({"container": "redis", "from_minutes": 5, "until_minutes": 5}), "less than"),
            ("container_logs", json!({"container": "redis", "from_minutes": 5, "limit": 201}), "1 to 200"),
            (
                "container_logs",
                json!({"container": "redis", "from_minutes": 5, "contains": "x".repeat(101)}),
                "100 characters",
            ),
            ("container_logs", json!({"container": "redis", "from_minutes": 5, "order": "random"}), "unknown variant"),
            ("container_logs", json!({"container": "redis", "from_minutes": "5"}), "invalid type"),
            ("host_events", json!({"host": "tcp://10.0.0.1:2375", "from_minutes": 5}), "no such host"),
            ("check_website", json!({"website": "http://evil.example"}), "no such website: it has site"),
            ("check_website", json!({"website": "site", "path": "/admin"}), "unknown field"),
            ("previous_runs", json!({"limit": 11}), "1 to 10"),
            ("trends", json!({"subject": "production-db"}), "no such subject"),
        ] {
            let refused = call(name, input.clone()).unwrap_err();
            assert!(refused.contains(why) && refused.len() <= 400, "{name} {input}: {refused}");
        }
    }
}
