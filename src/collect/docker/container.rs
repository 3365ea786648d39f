//! One container: inspected, again if that looks critical, then measured and its log read side by side.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use serde_json::Value;
use tokio::{
    join,
    sync::OnceCell,
    time::{Instant, sleep_until},
};

use super::{
    Looks, edge,
    engine::{AskError, ReadOnlyEngine},
    limits::HostLimits,
    logs::LogReader,
    near::near,
    not_observed,
    request::{ContainerRef, Request},
    rotation::Rotation,
    stats,
};
use crate::{
    api::job::Container,
    collect::Progress,
    core::{
        logs::Matcher,
        observation::{
            docker::{ContainerLook, Inspect, LogLook, Stats},
            raw::Evidence,
        },
        rules::container::cpu_looks_high,
    },
};

/// How far apart two samples of CPU time are where less shows much: a peak is no state. The rules ask for ten seconds
/// between the engine's own stamps.
const LONG: Duration = Duration::from_millis(10_200);

/// What looking at one container takes.
pub(super) struct ContainerLooker {
    pub engine: ReadOnlyEngine,
    pub limits: Arc<HostLimits>,
    /// The names of all containers of the host, once somebody needs them.
    pub names: Arc<OnceCell<Vec<String>>>,
    pub container: Container,
    pub looks: Arc<Looks>,
}

/// An inspected container: what may be kept of the answer, and what is judged of it.
struct Inspected {
    kept: Value,
    judged: Inspect,
}

impl ContainerLooker {
    /// Looks at it.
    pub async fn look(&self) -> ContainerLook {
        let name = &self.container.name;
        let reference = match ContainerRef::try_from(name.as_str()) {
            Ok(reference) => reference,
            Err(error) => return not_observed(error.to_string()),
        };
        self.looks.reporter.tell(Progress::Inspecting { container: name.clone() });
        let mut found = self.inspect(&reference).await;
        for _ in 1..self.looks.patience.attempts {
            let settled = found.as_ref().is_ok_and(|seen| !seen.judged.looks_critical());
            if settled || !self.looks.again(name).await {
                break;
            }
            found = self.inspect(&reference).await;
        }
        let Inspected { kept, judged: inspect } = match found {
            Ok(seen) => seen,
            Err(error) if error.is_not_found() => return ContainerLook::Missing { near: self.near().await },
            Err(error) => return not_observed(self.looks.redactor.redact(&error.to_string())),
        };
        // From here on by its id: another container of that name is another container.
        let reference = ContainerRef::try_from(inspect.id.as_str()).unwrap_or(reference);
        let logs = self.logs(&reference, &inspect, Rotation::of(&kept));
        let (stats, logs) = join!(self.stats(&reference, &inspect), logs);
        self.record(|container| Evidence::Inspect { container, json: kept }).await;
        ContainerLook::Seen { inspect, stats, logs }
    }

    async fn inspect(&self, reference: &ContainerRef) -> Result<Inspected, AskError> {
        let answer = self.json(&Request::Inspect(reference)).await?;
        let kept = edge::inspect(answer, &self.looks.redactor);
        let judged = serde_json::from_value(kept.clone()).ok().filter(|inspect: &Inspect| !inspect.id.is_empty());
        let named = kept.get("Name").and_then(Value::as_str).unwrap_or_default().trim_start_matches('/');
        match judged {
            // The engine takes the beginning of an id for a name, and `db` is the beginning of many.
            Some(_) if named != self.container.name => {
                Err(AskError::Refused { status: StatusCode::NOT_FOUND, message: "it has another name".into() })
            }
            Some(judged) => Ok(Inspected { kept, judged }),
            None => Err(AskError::NotAnEngine("it describes a container in an unknown form".into())),
        }
    }

    async fn near(&self) -> Vec<String> {
        let list = async || names(self.json(&Request::List).await.unwrap_or_default());
        near(&self.container.name, self.names.get_or_init(list).await.iter().cloned())
    }

    async fn stats(&self, reference: &ContainerRef, inspect: &Inspect) -> Option<Stats> {
        if !matches!(inspect.state.status.as_str(), "running" | "paused") {
            return None;
        }
        let request = Request::Stats(reference);
        let first = self.json(&request).await.ok()?;
        let begun = Instant::now();
        let (mut kept, mut judged) = (first.clone(), None);
        for way in [self.looks.cpu_window, LONG] {
            if self.looks.cpu_window.is_zero() || begun + way >= self.looks.deadline {
                break;
            }
            self.looks.reporter.tell(Progress::Measuring { container: self.container.name.clone() });
            sleep_until(begun + way).await;
            let Ok(later) = self.json(&request).await else { break };
            kept = stats::pair(&first, later);
            judged = serde_json::from_value(kept.clone()).ok();
            if !judged.as_ref().is_some_and(|stats| cpu_looks_high(&self.container, inspect, stats)) {
                break;
            }
        }
        let judged = judged.or_else(|| serde_json::from_value(kept.clone()).ok());
        self.record(|container| Evidence::Stats { container, json: kept }).await;
        judged
    }

    async fn logs(&self, reference: &ContainerRef, inspect: &Inspect, rotation: Option<Rotation>) -> LogLook {
        if !self.looks.logs {
            return LogLook::Unavailable { why: "nothing of it was asked for".into() };
        }
        let Container { name, profile, .. } = &self.container;
        let (looks, profile, of) = (Arc::clone(&self.looks), profile.unwrap_or_default(), name.clone());
        // Many and large patterns take a while, in which others of this thread would wait.
        let compiled = tokio::task::spawn_blocking(move || Matcher::compile(profile, &looks.patterns, &of)).await;
        let matcher = match compiled {
            Ok(Ok(matcher)) => matcher,
            Ok(Err(problems)) => {
                let first = problems.first().map_or("", |problem| &problem.message);
                return LogLook::Unavailable { why: format!("its patterns cannot be used: {first}") };
            }
            Err(_) => return LogLook::Unavailable { why: "to compile its patterns broke down".into() },
        };
        self.looks.reporter.tell(Progress::ReadingLogs { container: name.clone() });
        let reader = LogReader {
            engine: &self.engine,
            permits: &self.limits.logs,
            container: reference,
            name,
            terminal: inspect.config.tty,
            driver: &inspect.host_config.log_config.driver,
            rotation,
            created: inspect.created,
            matcher: &matcher,
            redactor: &self.looks.redactor,
            window: self.looks.window,
            evidence: self.looks.evidence.as_ref(),
            deadline: self.looks.deadline,
        };
        reader.read().await
    }

    async fn json(&self, request: &Request<'_>) -> Result<Value, AskError> {
        let _permit = self.limits.requests.acquire().await;
        self.engine.json(request, self.looks.deadline).await
    }

    async fn record(&self, evidence: impl FnOnce(String) -> Evidence) {
        if let Some(recording) = &self.looks.evidence {
            // A recording that went away is not our concern.
            let _ = recording.send(evidence(self.container.name.clone())).await;
        }
    }
}

/// The names in `/containers/json`, where each begins with a slash; `/web/redis` is what `web` calls another.
fn names(list: Value) -> Vec<String> {
    let Value::Array(containers) = list else { return Vec::new() };
    let all = containers.iter().filter_map(|container| container["Names"].as_array()).flatten();
    let plain = all.filter_map(|name| name.as_str()?.strip_prefix('/')).filter(|name| !name.contains('/'));
    plain.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_names_of_a_list() {
        let list = json!([{"Names": ["/web", "/proxy/web"]}, {"Names": ["/autopar-redis-1"]}, {"Names": null}, {}]);
        assert_eq!(names(list), ["web", "autopar-redis-1"]);
        assert!(names(json!({"message": "no"})).is_empty());
    }
}
