//! Secrets from the cluster, or, without one, from a folder and the environment. Read at each run, never listed or
//! watched, never printed.

mod cluster;
mod local;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};
use secrecy::{ExposeSecret, SecretString};

use crate::api::{MonitoringJobSpec, SECRET_USE_LABEL, job::SecretKeyRef};
pub use local::LocalSecretsError;

/// The largest value that is used, in bytes.
pub const MAX_VALUE: usize = 64 * 1024;
/// How many Secrets of one run are read side by side.
const SIDE_BY_SIDE: usize = 4;

/// Where Secrets are read from.
#[derive(Clone)]
pub struct Secrets(Source);

#[derive(Clone)]
enum Source {
    Cluster(kube::Client),
    Local(Arc<local::Local>),
}

impl Secrets {
    /// The cluster's. Only what carries the label `monitoring.pitchai.net/use: "true"` is used.
    pub fn cluster(client: kube::Client) -> Self {
        Self(Source::Cluster(client))
    }

    /// Those without a cluster: `DIR/<secret>/<key>`, and, from the environment and from a `.env` file,
    /// `TELEGRAM_BOT_TOKEN` and `TELEGRAM_CHAT_ID` bare, any other as `SECRET__<NAME>__<KEY>` in capitals with `_` for
    /// what is neither letter nor digit. Nothing is exported to the environment. A `.env` that does not exist is none.
    pub fn local(
        dir: Option<&std::path::Path>,
        environment: impl IntoIterator<Item = (std::ffi::OsString, std::ffi::OsString)>,
        dotenv: &std::path::Path,
    ) -> Result<Self, LocalSecretsError> {
        local::Local::new(dir, environment, dotenv).map(|local| Self(Source::Local(Arc::new(local))))
    }

    /// One Secret. The namespace means nothing without a cluster. Takes ten seconds at most.
    pub async fn get(&self, namespace: &str, name: &str) -> Result<Secret, SecretProblem> {
        match &self.0 {
            Source::Cluster(client) => cluster::get(client, namespace, name).await,
            Source::Local(local) => local::get(local, name).await,
        }
    }

    /// The key of Claude. Without a cluster the environment and `.env` may give it as `ANTHROPIC_API_KEY`.
    pub async fn api_key(&self, namespace: &str, at: &SecretKeyRef) -> Result<SecretString, SecretProblem> {
        let secret = self.get(namespace, &at.name).await?;
        secret.value_or(&at.key, Some(local::API_KEY)).cloned()
    }

    /// The Secrets of these names, each read once.
    pub async fn gather(&self, namespace: &str, names: impl IntoIterator<Item = &str>) -> RunSecrets {
        let names: BTreeSet<String> = names.into_iter().map(ToOwned::to_owned).collect();
        let all = stream::iter(names).map(|name| async move {
            let secret = self.get(namespace, &name).await;
            (name, secret)
        });
        RunSecrets(all.buffer_unordered(SIDE_BY_SIDE).collect().await)
    }
}

/// The Secrets that one run uses: read once, so that all of the run sees the same values and its redactor knows them.
#[derive(Debug, Default)]
pub struct RunSecrets(BTreeMap<String, Result<Secret, SecretProblem>>);

impl RunSecrets {
    /// The Secret of this name, if it was gathered and can be used.
    pub fn get(&self, name: &str) -> Result<&Secret, SecretProblem> {
        match self.0.get(name) {
            Some(Ok(secret)) => Ok(secret),
            Some(Err(problem)) => Err(problem.clone()),
            None => Err(SecretProblem::Unreadable("it was not read for this run".into())),
        }
    }

    /// All values, for the redactor.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().flatten().flat_map(Secret::values)
    }
}

/// The names of the Secrets that a run needs to look at this job's targets: headers, authorities, client certificates.
pub fn of_targets(spec: &MonitoringJobSpec) -> BTreeSet<&str> {
    let websites = spec.websites.iter().flat_map(|website| {
        let headers = website.headers.iter().filter_map(|header| header.value_from.as_ref());
        let authorities = website.tls.iter().filter_map(|tls| tls.ca_secret_ref.as_ref());
        headers.map(|from| from.secret_key_ref.name.as_str()).chain(authorities.map(|secret| secret.name.as_str()))
    });
    let hosts = spec.docker_hosts.iter().filter_map(|host| host.tls_secret_ref.as_ref());
    websites.chain(hosts.map(|secret| secret.name.as_str())).collect()
}

/// One Secret: values by key.
#[derive(Clone, Debug)]
pub struct Secret {
    values: BTreeMap<String, Result<SecretString, SecretProblem>>,
    /// What else may hold its values, and its name there.
    environment: Option<(Arc<local::Local>, String)>,
}

impl Secret {
    /// The value of a key, without one trailing newline. An empty value counts as none.
    pub fn value(&self, key: &str) -> Result<&SecretString, SecretProblem> {
        self.value_or(key, None)
    }

    /// The same, which the environment may hold under the name `bare` as well.
    fn value_or(&self, key: &str, bare: Option<&str>) -> Result<&SecretString, SecretProblem> {
        let stored = self.values.get(key);
        if let Some((local, name)) = &self.environment {
            return local.value(name, key, bare, stored);
        }
        match stored {
            Some(value) => value.as_ref().map_err(Clone::clone),
            None => Err(SecretProblem::NoKey { key: key.into(), instead: "add it".into() }),
        }
    }

    /// All values, for the redactor.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let stored = self.values.values().flatten();
        let environment = self.environment.iter().flat_map(|(local, name)| local.values(name));
        stored.chain(environment).map(ExposeSecret::expose_secret)
    }

    fn add(&mut self, key: String, bytes: Vec<u8>) {
        let value = text(bytes).map_err(|why| SecretProblem::Unreadable(format!("the value of its key {key} {why}")));
        if value.as_ref().is_ok_and(|value| value.expose_secret().is_empty()) {
            return;
        }
        self.values.insert(key, value);
    }
}

fn text(bytes: Vec<u8>) -> Result<SecretString, &'static str> {
    if bytes.len() > MAX_VALUE {
        return Err("is larger than 64 KiB");
    }
    let mut text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text")?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text.into())
}

/// Why a Secret cannot be used, and what to do. Never holds a value; does not repeat the Secret's name where it is not
/// part of a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretProblem {
    /// There is none of this name.
    #[error("there is no such Secret; {instead}")]
    NotFound {
        /// What to do.
        instead: String,
    },
    /// It does not carry the label that allows its use.
    #[error(
        "it is not labelled for use by Stagewatch: kubectl -n {namespace} label secret {name} {SECRET_USE_LABEL}=true"
    )]
    NotLabelled {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// It has no such key, or no value there.
    #[error("it has no value for the key {key}; {instead}")]
    NoKey {
        /// The key.
        key: String,
        /// What to do.
        instead: String,
    },
    /// Two places give a value.
    #[error("its key {key} has a value in {} and in {}: remove one of them", .places[0], .places[1])]
    GivenTwice {
        /// The key.
        key: String,
        /// Where.
        places: [String; 2],
    },
    /// It could not be read.
    #[error("{0}")]
    Unreadable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_trims_values() {
        let value = |bytes: &[u8]| text(bytes.to_vec()).map(|value| value.expose_secret().to_owned());
        assert_eq!(value(b"abc\n"), Ok("abc".into()));
        assert_eq!(value(b"abc\r\n"), Ok("abc".into()));
        assert_eq!(value(b"abc\n\n"), Ok("abc\n".into()));
        assert_eq!(value(&vec![b'a'; MAX_VALUE]).map(|v| v.len()), Ok(MAX_VALUE));
        assert_eq!(value(&vec![b'a'; MAX_VALUE + 1]), Err("is larger than 64 KiB"));
        assert_eq!(value(b"\xff"), Err("is not UTF-8 text"));
    }

    #[test]
    fn what_is_said_of_a_secret_is_not_taken_for_one() {
        let instead = || "write its values to /s/login/<key>".to_owned();
        for problem in [
            SecretProblem::NotFound { instead: instead() },
            SecretProblem::NotLabelled { namespace: "monitoring".into(), name: "login".into() },
            SecretProblem::NoKey { key: "api-key".into(), instead: instead() },
            SecretProblem::GivenTwice { key: "password".into(), places: ["/s".into(), "the environment".into()] },
        ] {
            let said = format!("the Secret \"login\" cannot be used: {problem}");
            assert_eq!(crate::core::redact::Redactor::default().redact(&said), said);
        }
    }

    #[test]
    fn names_the_secrets_of_targets_once() {
        let spec: MonitoringJobSpec = serde_json::from_value(serde_json::json!({
            "environment": "E",
            "websites": [
                {"name": "a", "url": "https://a.example", "tls": {"caSecretRef": {"name": "ca"}},
                 "headers": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "login", "key": "basic"}}}, {"name": "B", "value": "b"}]},
                {"name": "b", "url": "https://b.example", "headers": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "login", "key": "x"}}}]},
            ],
            "dockerHosts": [{"name": "h", "host": "tcp://h:2376", "tlsSecretRef": {"name": "docker-tls"}}],
            "notifications": {"receivers": [{"name": "team", "telegram": {"secretRef": {"name": "telegram"}}}]},
        }))
        .unwrap();
        assert_eq!(of_targets(&spec).into_iter().collect::<Vec<_>>(), ["ca", "docker-tls", "login"]);
    }
}
