//! What the schema cannot judge of a spec: text in other languages (cron, zones, regular expressions, JSONPath, URLs),
//! and what goes round in circles or can never come true.
//!
//! The operator tells these as `Ready=False` with the field's path; a file is told the same by `validate`.

use std::collections::{BTreeMap, BTreeSet};

use regex::RegexBuilder;
use url::Url;

use super::{expect::json_path, logs, schedule::Schedule};
use crate::api::{
    Duration, MonitoringJobSpec,
    job::{Check, DockerHost, Pattern, Website},
    validation::Problem,
};

/// What stands in the way of running a job, in the order of its fields; nothing when it can be run.
pub fn problems(spec: &MonitoringJobSpec) -> Vec<Problem> {
    let mut found = Vec::new();
    schedule(spec, &mut found);
    for (i, website) in spec.websites.iter().enumerate() {
        self::website(&format!("spec.websites[{i}]"), website, spec.timeout, &mut found);
    }
    for (i, host) in spec.docker_hosts.iter().enumerate() {
        docker_host(&format!("spec.dockerHosts[{i}]"), host, &mut found);
    }
    found.extend(cycle(spec));
    // That a pattern is one of contains and regex is said by the rules already.
    found.extend(logs::problems(&spec.patterns).into_iter().filter(|problem| !problem.path.ends_with(']')));
    for (i, pattern) in spec.patterns.iter().enumerate() {
        self::pattern(&format!("spec.patterns[{i}]"), pattern, &mut found);
    }
    found
}

fn add(found: &mut Vec<Problem>, path: impl Into<String>, message: impl Into<String>) {
    found.push(Problem { path: path.into(), message: message.into() });
}

fn schedule(spec: &MonitoringJobSpec, found: &mut Vec<Problem>) {
    let Some(given) = &spec.schedule else { return };
    let schedule = match Schedule::parse(given) {
        Ok(schedule) => schedule,
        Err(problems) => return found.extend(problems),
    };
    let Some(way) = schedule.shortest_way(jiff::Timestamp::UNIX_EPOCH).map(Duration::from) else { return };
    let room = Duration::from_secs(way.signed().as_secs() * 4 / 5);
    if let Some(timeout) = spec.timeout.filter(|&timeout| timeout > room) {
        let message = format!("{timeout} leaves no room before the next slot, {way} later: write at most \"{room}\"");
        add(found, "spec.timeout", message);
    }
    if let Some(jitter) = given.jitter.filter(|&jitter| jitter >= way) {
        let half = Duration::from_secs(way.signed().as_secs() / 2);
        let message = format!("{jitter} is as long as the {way} between two slots: write less, such as \"{half}\"");
        add(found, "spec.schedule.jitter", message);
    }
}

fn website(path: &str, website: &Website, run: Option<Duration>, found: &mut Vec<Problem>) {
    let base = Url::parse(&website.url);
    match &base {
        Ok(url) if url.port() == Some(0) => {
            add(
                found,
                format!("{path}.url"),
                "nothing listens on port 0: write another, such as \"https://staging.example.com:8443\"",
            );
        }
        Ok(_) => {}
        Err(error) => {
            let message =
                format!("{:?} is no URL: {error}; write one such as \"https://staging.example.com\"", website.url);
            add(found, format!("{path}.url"), message);
        }
    }
    let timeout = website.attempt_timeout();
    if let Some(run) = run.filter(|&run| website.timeout.is_some_and(|timeout| timeout > run)) {
        let message = format!(
            "{timeout} is longer than the whole run may take: write at most \"{run}\", or more for spec.timeout"
        );
        add(found, format!("{path}.timeout"), message);
    }
    let latency = website.latency.as_ref();
    for (name, limit) in [("warning", latency.and_then(|l| l.warning)), ("critical", latency.and_then(|l| l.critical))]
    {
        if limit.is_some_and(|limit| limit > timeout) {
            let message = format!(
                "no answer takes longer than the timeout of {timeout}: write at most \"{timeout}\", or a longer timeout"
            );
            add(found, format!("{path}.latency.{name}"), message);
        }
    }
    let mut names = BTreeSet::new();
    for (i, header) in website.headers.iter().enumerate() {
        if !names.insert(header.name.to_ascii_lowercase()) {
            let message = format!("{:?} is there twice, in another case: write it once", header.name);
            add(found, format!("{path}.headers[{i}].name"), message);
        }
    }
    for (i, check) in website.checks.iter().enumerate() {
        self::check(&format!("{path}.checks[{i}]"), check, base.as_ref().ok(), found);
    }
}

fn check(path: &str, check: &Check, base: Option<&Url>, found: &mut Vec<Problem>) {
    let Some(expect) = &check.expect else { return };
    if let (Some(location), Some(base)) = (&expect.location, base)
        && let Err(error) = base.join(location)
    {
        let message = format!("{location:?} is no location: {error}; write a path or a URL, such as \"/entry\"");
        add(found, format!("{path}.expect.location"), message);
    }
    let wanted: BTreeSet<_> = expect.body.iter().filter(|b| !b.absent).map(|b| b.contains.to_lowercase()).collect();
    for (i, body) in expect.body.iter().enumerate() {
        if body.absent && wanted.contains(&body.contains.to_lowercase()) {
            let message = format!("{:?} has to be there and must not: take one of the two out", body.contains);
            add(found, format!("{path}.expect.body[{i}]"), message);
        }
    }
    for (i, json) in expect.json.iter().enumerate() {
        if let Err(message) = json_path(&json.path) {
            add(found, format!("{path}.expect.json[{i}].path"), message);
        }
    }
}

fn docker_host(path: &str, host: &DockerHost, found: &mut Vec<Problem>) {
    let Some(address) = host.host.strip_prefix("tcp://") else { return };
    // A scheme without a port of its own, so that the port is what was written.
    let parsed = Url::parse(&format!("stagewatch://{address}"));
    match parsed {
        Ok(url) if url.port().is_some_and(|port| port > 0) => {}
        Ok(_) => add(
            found,
            format!("{path}.host"),
            "nothing listens on port 0: write another, such as \"tcp://staging-host:2376\"",
        ),
        Err(error) => {
            let message =
                format!("{:?} is no address: {error}; write one such as \"tcp://staging-host:2376\"", host.host);
            add(found, format!("{path}.host"), message);
        }
    }
}

/// What compiles and is in every record all the same.
fn pattern(path: &str, pattern: &Pattern, found: &mut Vec<Problem>) {
    if pattern.contains.as_ref().is_some_and(|text| text.trim().is_empty()) {
        add(
            found,
            format!("{path}.contains"),
            "a blank is in every record: write what to find, such as \"connection refused\"",
        );
    }
    let Some(text) = &pattern.regex else { return };
    // One that is larger is refused for that.
    let small = RegexBuilder::new(text).size_limit(1 << 20).build();
    if small.is_ok_and(|regex| regex.is_match("")) {
        let message = format!(
            "{text:?} matches the empty text, and so every record: write what has to be there, such as \"retry+\" for \"(retry)*\""
        );
        add(found, format!("{path}.regex"), message);
    }
}

/// A dependency that leads back to its own subject, told with the whole way.
fn cycle(spec: &MonitoringJobSpec) -> Option<Problem> {
    let needs: BTreeMap<&str, &[String]> =
        spec.dependencies.iter().map(|dependency| (dependency.subject.as_str(), dependency.needs.as_slice())).collect();
    let mut done = BTreeSet::new();
    for (i, dependency) in spec.dependencies.iter().enumerate() {
        let mut way = vec![dependency.subject.as_str()];
        if let Some(way) = find_cycle(&needs, &mut way, &mut done) {
            let way = way.join(" needs ");
            let message =
                format!("{way}: what depends on itself has no cause; take one of these out, such as the last");
            return Some(Problem { path: format!("spec.dependencies[{i}]"), message });
        }
    }
    None
}

fn find_cycle<'a>(
    needs: &BTreeMap<&'a str, &'a [String]>,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    let subject = *way.last()?;
    if done.contains(subject) {
        return None;
    }
    for need in needs.get(subject).copied().unwrap_or_default() {
        if let Some(start) = way.iter().position(|on_way| on_way == need) {
            return Some(way[start..].iter().copied().chain([need.as_str()]).collect());
        }
        way.push(need);
        if let Some(found) = find_cycle(needs, way, done) {
            return Some(found);
        }
        way.pop();
    }
    done.insert(subject);
    None
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn job() -> Value {
        json!({
            "environment": "Staging",
            "schedule": {"cron": ["@every 10m"], "timeZone": "Europe/Amsterdam"},
            "websites": [{"name": "site", "url": "https://staging.example.com", "checks": [
                {"name": "home", "path": "/", "followRedirects": false, "expect": {
                    "location": "/entry", "body": [{"contains": "Ready"}], "json": [{"path": "$.status"}]
                }}
            ]}],
            "dockerHosts": [{"name": "host", "host": "tcp://127.0.0.1:2375", "containers": [{"name": "a"}, {"name": "b"}]}],
            "dependencies": [{"subject": "site", "needs": ["a"]}, {"subject": "a", "needs": ["b"]}],
            "patterns": [{"id": "p", "severity": "Warning", "regex": "retry"}, {"id": "q", "severity": "Info", "contains": "x"}]
        })
    }

    fn problems_with(pointer: &str, value: Value) -> Vec<Problem> {
        let mut spec = job();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        match spec.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[field.parse::<usize>().unwrap()] = value,
            fields => fields[field] = value,
        }
        problems(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn a_job_that_can_be_run_has_no_problem() {
        assert_eq!(problems(&serde_json::from_value(job()).unwrap()), []);
    }

    /// Each row: what is written where, the path that is told, and what the message offers instead, which is accepted.
    #[test]
    fn what_the_schema_cannot_judge_is_told_with_what_to_write_instead() {
        let cron = "spec.schedule.cron[0]";
        let table = [
            ("/schedule/cron/0", json!("61 * * * *"), cron, json!("15 3 * * *")),
            ("/schedule/cron/0", json!("0 15 3 * * *"), cron, json!("15 3 * * *")),
            ("/schedule/cron", json!(["15 3 ? * *"]), cron, json!(["15 3 * * *"])),
            ("/schedule/cron", json!(["TZ=Europe/Amsterdam 15 3 * * *"]), cron, json!(["15 3 * * *"])),
            ("/schedule/cron/0", json!("0 0 30 2 *"), cron, json!("0 0 28 2 *")),
            ("/schedule/cron/0", json!("@every 30s"), cron, json!("@every 1m")),
            ("/schedule/cron/0", json!("every day"), cron, json!("@every 5m")),
            ("/schedule/timeZone", json!("Amsterdam"), "spec.schedule.timeZone", json!("Etc/UTC")),
            ("/timeout", json!("9m"), "spec.timeout", json!("8m")),
            ("/schedule/jitter", json!("10m"), "spec.schedule.jitter", json!("5m")),
            (
                "/websites/0/url",
                json!("https://a..b:99999"),
                "spec.websites[0].url",
                json!("https://staging.example.com"),
            ),
            (
                "/websites/0/url",
                json!("https://1.2.3.4.5"),
                "spec.websites[0].url",
                json!("https://staging.example.com"),
            ),
            (
                "/websites/0/url",
                json!("https://a:0"),
                "spec.websites[0].url",
                json!("https://staging.example.com:8443"),
            ),
            (
                "/websites/0/latency",
                json!({"critical": "11s"}),
                "spec.websites[0].latency.critical",
                json!({"critical": "10s"}),
            ),
            (
                "/websites/0/headers",
                json!([{"name": "Accept", "value": "a"}, {"name": "accept", "value": "b"}]),
                "spec.websites[0].headers[1].name",
                json!([{"name": "accept", "value": "b"}]),
            ),
            (
                "/websites/0/checks/0/expect/location",
                json!("https://a b"),
                "spec.websites[0].checks[0].expect.location",
                json!("/entry"),
            ),
            (
                "/websites/0/checks/0/expect/body",
                json!([{"contains": "Ready"}, {"contains": "ready", "absent": true}]),
                "spec.websites[0].checks[0].expect.body[1]",
                json!([{"contains": "Ready"}]),
            ),
            (
                "/websites/0/checks/0/expect/json/0/path",
                json!("status["),
                "spec.websites[0].checks[0].expect.json[0].path",
                json!("$.status"),
            ),
            (
                "/dockerHosts/0/host",
                json!("tcp://host:0"),
                "spec.dockerHosts[0].host",
                json!("tcp://staging-host:2376"),
            ),
            (
                "/dockerHosts/0/host",
                json!("tcp://host:70000"),
                "spec.dockerHosts[0].host",
                json!("tcp://staging-host:2376"),
            ),
            ("/dependencies/1/needs", json!(["site"]), "spec.dependencies[0]", json!(["b"])),
            ("/patterns/0/regex", json!("(retry"), "spec.patterns[0].regex", json!("\\bretry(ing)?\\b")),
            ("/patterns/0/regex", json!("(?=retry)"), "spec.patterns[0].regex", json!("\\bretry(ing)?\\b")),
            ("/patterns/0/regex", json!("(retry)*"), "spec.patterns[0].regex", json!("retry+")),
            ("/patterns/0/regex", json!("\\w{500}{500}"), "spec.patterns[0].regex", json!("\\bretry(ing)?\\b")),
            ("/patterns/1/contains", json!("  "), "spec.patterns[1].contains", json!("connection refused")),
        ];
        for (pointer, bad, path, good) in table {
            let found = problems_with(pointer, bad.clone());
            let [problem] = found.as_slice() else { panic!("{pointer} = {bad}: {found:?}") };
            assert_eq!(problem.path, path, "{bad}");
            if let Some(good) = good.as_str() {
                assert!(problem.message.contains(good), "{bad}: {}", problem.message);
            }
            assert_eq!(problems_with(pointer, good.clone()), [], "{pointer} = {good}");
        }
    }

    #[test]
    fn a_website_cannot_wait_longer_than_its_run() {
        let mut spec = job();
        spec["timeout"] = json!("30s");
        spec["websites"][0]["timeout"] = json!("31s");
        let found = problems(&serde_json::from_value(spec).unwrap());
        assert_eq!(found.iter().map(|p| p.path.as_str()).collect::<Vec<_>>(), ["spec.websites[0].timeout"]);
    }

    #[test]
    fn a_cycle_is_told_with_its_whole_way() {
        let found = problems_with("/dependencies/1/needs", json!(["b", "site"]));
        assert!(found[0].message.starts_with("site needs a needs site: "), "{found:?}");
    }
}
