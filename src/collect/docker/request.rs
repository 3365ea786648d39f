//! All that an engine is ever asked, twice: as a type that can say nothing else, and as a check of what goes out.

use std::fmt;

use http::{Method, Uri};
use jiff::Timestamp;
use url::form_urlencoded;

/// One question to an engine. There is no other: what changes anything cannot be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// `GET /_ping`.
    Ping,
    /// `GET /info`.
    Info,
    /// `GET /containers/json?all=true`.
    List,
    /// `GET /containers/{id}/json`.
    Inspect(&'a ContainerRef),
    /// `GET /containers/{id}/stats?stream=false`: one sample at once.
    Stats(&'a ContainerRef),
    /// `GET /containers/{id}/logs?follow=0`, stdout and stderr with time stamps.
    Logs {
        /// Whose.
        container: &'a ContainerRef,
        /// From the second that this lies in.
        since: Timestamp,
        /// At most so many records, the newest.
        tail: u64,
    },
    /// `GET /events?until=…`, those of containers.
    Events {
        /// From then.
        since: Timestamp,
        /// Until then; not later than the engine's own now, or it would wait.
        until: Timestamp,
        /// Of the containers whose name or id starts so.
        containers: &'a [&'a str],
    },
}

impl Request<'_> {
    /// Path and query.
    pub fn target(&self) -> String {
        match self {
            Self::Ping => "/_ping".to_owned(),
            Self::Info => "/info".to_owned(),
            Self::List => "/containers/json?all=true".to_owned(),
            Self::Inspect(container) => format!("/containers/{container}/json"),
            Self::Stats(container) => format!("/containers/{container}/stats?stream=false&one-shot=true"),
            Self::Logs { container, since, tail } => {
                let since = since.as_second();
                format!(
                    "/containers/{container}/logs?follow=0&stdout=1&stderr=1&timestamps=1&since={since}&tail={tail}"
                )
            }
            Self::Events { since, until, containers } => {
                let filters = serde_json::json!({"type": ["container"], "container": containers}).to_string();
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair("since", &seconds(*since))
                    .append_pair("until", &seconds(*until))
                    .append_pair("filters", &filters)
                    .finish();
                format!("/events?{query}")
            }
        }
    }
}

/// As the Engine reads an instant: seconds and nanoseconds.
fn seconds(at: Timestamp) -> String {
    format!("{}.{:09}", at.as_second(), at.subsec_nanosecond().max(0))
}

/// A container's name or id, as it may stand in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerRef(String);

/// The text names no container.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no container's name: write up to 128 letters, digits, \"_\", \".\" and \"-\", such as \"autopar-redis\""
)]
pub struct NotAContainer(String);

impl TryFrom<&str> for ContainerRef {
    type Error = NotAContainer;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        if is_container(text) { Ok(Self(text.to_owned())) } else { Err(NotAContainer(text.chars().take(40).collect())) }
    }
}

impl fmt::Display for ContainerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// None of these characters has a meaning in a path, so nothing is left to encode; `.` and `..` are not among them.
fn is_container(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// What may be in the query of each path.
const CONTAINERS: &[&str] = &["all"];
const STATS: &[&str] = &["stream", "one-shot"];
const LOGS: &[&str] = &["follow", "stdout", "stderr", "timestamps", "since", "tail"];
const EVENTS: &[&str] = &["since", "until", "filters"];

/// Whether a request may go out: the second lock, beside the type. It looks at what is sent, not at what was meant.
pub fn may_go_out(method: &Method, target: &Uri) -> bool {
    let (keys, needed): (&[&str], &[(&str, &str)]) = match target.path().split('/').collect::<Vec<_>>()[..] {
        ["", "_ping" | "info"] => (&[], &[]),
        ["", "containers", "json"] => (CONTAINERS, &[]),
        ["", "containers", id, "json"] if is_container(id) => (&[], &[]),
        ["", "containers", id, "stats"] if is_container(id) => (STATS, &[("stream", "false")]),
        ["", "containers", id, "logs"] if is_container(id) => (LOGS, &[("follow", "0")]),
        // Without an end it would be followed for ever.
        ["", "events"] if queried(target).any(|(key, value)| key == "until" && !value.is_empty()) => (EVENTS, &[]),
        _ => return false,
    };
    let mut seen = Vec::new();
    let known = queried(target).all(|(key, _)| {
        // What stands there twice may be read either way.
        let fresh = keys.contains(&key.as_str()) && !seen.contains(&key);
        seen.push(key);
        fresh
    });
    let needed = needed.iter().all(|(key, value)| queried(target).any(|(k, v)| k == *key && v == *value));
    method == Method::GET && known && needed
}

fn queried(target: &Uri) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(target.query().unwrap_or_default().as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn goes_out(method: &str, target: &str) -> bool {
        may_go_out(&method.parse().unwrap(), &target.parse().unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn every_question_is_a_get_that_may_go_out() {
        let container = ContainerRef::try_from("autopar-redis").unwrap();
        let (since, until) = (at("2026-11-24T10:00:00Z"), at("2026-11-24T10:30:00.5Z"));
        for (request, target) in [
            (Request::Ping, "/_ping"),
            (Request::Info, "/info"),
            (Request::List, "/containers/json?all=true"),
            (Request::Inspect(&container), "/containers/autopar-redis/json"),
            (Request::Stats(&container), "/containers/autopar-redis/stats?stream=false&one-shot=true"),
            (
                Request::Logs { container: &container, since: until, tail: 20 },
                "/containers/autopar-redis/logs?follow=0&stdout=1&stderr=1&timestamps=1&since=1795516200&tail=20",
            ),
            (
                Request::Events { since, until, containers: &["autopar-redis", "b&until=0"] },
                "/events?since=1795514400.000000000&until=1795516200.500000000&filters=%7B%22container%22%3A%5B%22autopar-redis%22%2C%22b%26until%3D0%22%5D%2C%22type%22%3A%5B%22container%22%5D%7D",
            ),
        ] {
            assert_eq!(request.target(), target);
            assert!(goes_out("GET", target), "{target}");
            for method in ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT"] {
                assert!(!goes_out(method, target), "{method} {target}");
            }
        }
    }

    #[test]
    fn nothing_else_goes_out() {
        for target in [
            "/",
            "/version/x",
            "/v1.41/_ping",
            "/_ping?x=1",
            "/_ping/",
            "//_ping",
            "/images/json",
            "/secrets",
            "/containers/json/",
            "/containers/json?all=true&all=true",
            "/containers/json?filters=%7B%7D",
            "/containers//json",
            "/containers/../json",
            "/containers/a%2Fb/json",
            "/containers/a%00/json",
            "/containers/.hidden/json",
            "/containers/a/json?size=1",
            "/containers/a/exec",
            "/containers/a/archive?path=/etc",
            "/containers/a/export",
            "/containers/a/top",
            "/containers/a/attach/ws",
            "/containers/a/stats",
            "/containers/a/stats?stream=true",
            "/containers/a/stats?stream=false&stream=true",
            "/containers/a/stats?stream=true&stream=false",
            "/containers/a/logs",
            "/containers/a/logs?follow=1",
            "/containers/a/logs?follow=0&follow=1",
            "/containers/a/logs?follow=0&details=1",
            "/events",
            "/events?since=1",
            "/events?until=",
            "/events?until=1&until=",
            "/events?until=1&x=1",
        ] {
            assert!(!goes_out("GET", target), "{target}");
        }
    }

    #[test]
    fn a_containers_name_is_one() {
        for name in ["a", "autopar-redis", "A.b_c-9", &"a".repeat(128)] {
            assert!(ContainerRef::try_from(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "-a", "a/b", "a?b", "a%2e", "a b", "a\n", "é", &"a".repeat(129)] {
            assert!(ContainerRef::try_from(name).is_err(), "{name:?}");
        }
    }

    proptest! {
        /// Whatever a name is: either it is refused, or the request asks for exactly that container.
        #[test]
        fn no_name_leads_astray(name in "\\PC{0,12}") {
            if let Ok(container) = ContainerRef::try_from(name.as_str()) {
                let target: Uri = Request::Inspect(&container).target().parse().unwrap();
                prop_assert!(may_go_out(&Method::GET, &target));
                prop_assert_eq!(target.path(), format!("/containers/{name}/json"));
            }
        }
    }
}
