//! What an API server does with an object, as functions over a table of JSON documents. The folder and the memory
//! store are this over files and over a map.
//!
//! Documents stay JSON, so that fields which this version does not know survive its writes, as they do in a cluster.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{OwnerReference, Time};
use kube::{Resource, ResourceExt};
use serde_json::{Value, json};

use super::{Kind, StoreError, Stored, Undecodable, merge};
use crate::api::{JOB_LABEL, MonitoringJob, MonitoringRun};

/// Where an object is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub kind: Kind,
    pub namespace: String,
    pub name: String,
}

impl Key {
    pub fn of<K: Stored>(object: &K) -> Result<Self, StoreError> {
        let invalid = |message: &str| StoreError::Invalid(message.to_owned());
        let meta = object.meta();
        let namespace =
            meta.namespace.clone().ok_or_else(|| invalid("metadata.namespace: missing, write \"default\""))?;
        let name = meta.name.clone().ok_or_else(|| invalid("metadata.name: missing, write one such as \"staging\""))?;
        Self::new(K::KIND, &namespace, &name)
    }

    /// Only names that Kubernetes takes; so none of them can lead out of the folder.
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Result<Self, StoreError> {
        check_namespace(namespace)?;
        if name.len() > 253 || !name.split('.').all(is_subdomain_part) {
            return Err(StoreError::Invalid(format!(
                "metadata.name: {name:?} is not a name, write lower-case letters, digits, \"-\" and \".\", at most 253, such as \"autopar-staging\""
            )));
        }
        Ok(Self { kind, namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

/// Only namespaces that Kubernetes takes.
pub(super) fn check_namespace(namespace: &str) -> Result<(), StoreError> {
    if is_label(namespace) {
        return Ok(());
    }
    Err(StoreError::Invalid(format!(
        "metadata.namespace: {namespace:?} is not a name, write lower-case letters, digits and \"-\", at most 63, such as \"monitoring\""
    )))
}

/// A DNS label (RFC 1123).
fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_subdomain_part(text)
}

fn is_subdomain_part(text: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}

/// Documents by key. A write is visible whole or not at all.
pub(super) trait Table {
    /// The document, or `Undecodable` when there is something else.
    fn read(&self, key: &Key) -> Result<Option<Value>, StoreError>;
    /// What there is of one kind in one namespace, in order.
    fn keys(&self, kind: Kind, namespace: &str) -> Result<Vec<Key>, StoreError>;
    /// Writes a document.
    fn write(&mut self, key: &Key, document: &Value) -> Result<(), StoreError>;
    /// Removes the document that `uid` names.
    fn remove(&mut self, key: &Key, uid: &str) -> Result<(), StoreError>;
    /// A number greater than all before it, kept over restarts as the documents are.
    fn next_version(&mut self) -> Result<u64, StoreError>;
    /// A UID for the object whose first version this is.
    fn uid(&self, version: u64) -> String;
    /// Now.
    fn now(&self) -> Timestamp;
}

/// `uid` and `resourceVersion` of an object that was handed out.
struct Precondition<'a> {
    uid: &'a str,
    version: &'a str,
}

impl<'a> Precondition<'a> {
    fn of<K: Resource>(held: &'a K) -> Self {
        let meta = held.meta();
        Self {
            uid: meta.uid.as_deref().unwrap_or_default(),
            version: meta.resource_version.as_deref().unwrap_or_default(),
        }
    }

    fn holds(&self, document: &Value) -> bool {
        uid(document) == self.uid && document.pointer("/metadata/resourceVersion") == Some(&json!(self.version))
    }
}

/// The UID in a document, empty when it has none.
pub(super) fn uid(document: &Value) -> &str {
    document.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default()
}

/// The object that a document is.
pub(super) fn decode<K: Stored>(document: Value) -> Result<K, StoreError> {
    serde_json::from_value(document).map_err(|error| StoreError::Undecodable(error.to_string()))
}

/// The same for a listing or a watch, which report what they cannot read and go on.
pub(super) fn decode_or_report<K: Stored>(key: &Key, document: Result<Value, StoreError>) -> Result<K, Undecodable> {
    let (uid, problem) = match document {
        Ok(document) => {
            let uid = uid(&document).to_owned();
            match decode(document) {
                Ok(object) => return Ok(object),
                Err(problem) => (uid, problem),
            }
        }
        Err(problem) => (String::new(), problem),
    };
    let problem = match problem {
        StoreError::Undecodable(problem) => problem,
        other => other.to_string(),
    };
    Err(Undecodable { namespace: key.namespace.clone(), name: key.name.clone(), uid, problem })
}

/// The document of an object of ours. That cannot fail but for a bug in a type, which is then told and not a panic.
fn encode<K: Stored>(object: &K) -> Result<Value, StoreError> {
    serde_json::to_value(object).map_err(|error| StoreError::Invalid(error.to_string()))
}

/// The patch that makes `status` the status of `held`; `None` when it is.
pub(super) fn status_patch<K: Stored>(held: &K, status: &K::Status) -> Result<Option<Value>, StoreError> {
    let encode = |status: Option<&K::Status>| {
        status.map_or(Ok(Value::Null), serde_json::to_value).map_err(|error| StoreError::Invalid(error.to_string()))
    };
    let patch = merge::diff(&encode(held.status())?, &encode(Some(status))?);
    Ok(patch.map(|status| json!({ "status": status })))
}

/// The patch that makes `owner` the controller of `run`; `None` when it is.
pub(super) fn adoption_patch(run: &MonitoringRun, owner: &MonitoringJob) -> Result<Option<Value>, StoreError> {
    let reference =
        owner.controller_owner_ref(&()).ok_or_else(|| StoreError::Invalid("the owner has no UID".to_owned()))?;
    let mut owners: Vec<OwnerReference> = run.owner_references().to_vec();
    if let Some(other) = owners.iter().find(|other| other.controller == Some(true) && other.uid != reference.uid) {
        return Err(StoreError::Invalid(format!("the run belongs to {} {} already", other.kind, other.name)));
    }
    let labelled = run.labels().get(JOB_LABEL) == Some(&reference.name);
    if labelled && owners.contains(&reference) {
        return Ok(None);
    }
    owners.retain(|other| other.uid != reference.uid);
    owners.push(reference.clone());
    Ok(Some(json!({"metadata": {"ownerReferences": owners, "labels": {JOB_LABEL: reference.name}}})))
}

/// [`super::Store::create`].
pub(super) fn create<K: Stored>(table: &mut impl Table, object: &K) -> Result<K, StoreError> {
    let key = Key::of(object)?;
    match table.read(&key) {
        Ok(None) => {}
        Ok(Some(_)) | Err(StoreError::Undecodable(_)) => return Err(StoreError::AlreadyExists),
        Err(error) => return Err(error),
    }
    for owner in object.owner_references() {
        require_owner(table, &key.namespace, owner)?;
    }
    let version = table.next_version()?;
    let mut object = object.clone();
    let meta = object.meta_mut();
    meta.uid = Some(table.uid(version));
    meta.resource_version = Some(version.to_string());
    meta.generation = Some(1);
    // Whole seconds, as the API server writes it.
    meta.creation_timestamp = Some(Time(Timestamp::from_second(table.now().as_second()).unwrap_or_default()));
    meta.deletion_timestamp = None;
    meta.managed_fields = None;
    *object.status_mut() = K::initial_status();
    table.write(&key, &encode(&object)?)?;
    Ok(object)
}

/// [`super::Store::patch_status`] and the writing half of [`super::Store::adopt`]: compare and swap.
pub(super) fn patch<K: Stored>(table: &mut impl Table, held: &K, patch: &Value) -> Result<K, StoreError> {
    let key = Key::of(held)?;
    let mut document = table.read(&key)?.ok_or(StoreError::Gone)?;
    if !Precondition::of(held).holds(&document) {
        return Err(StoreError::Conflict);
    }
    merge::apply(&mut document, patch);
    finish(table, &key, document)
}

/// [`super::Store::adopt`].
pub(super) fn adopt(
    table: &mut impl Table,
    run: &MonitoringRun,
    owner: &MonitoringJob,
    adoption: &Value,
) -> Result<MonitoringRun, StoreError> {
    if let Some(reference) = owner.controller_owner_ref(&()) {
        require_owner(table, &Key::of(run)?.namespace, &reference)?;
    }
    patch(table, run, adoption)
}

/// [`super::Store::delete`]. The runs go first: were we stopped in between, the job is still there to be deleted, and
/// no run is left that nobody would ever collect.
pub(super) fn delete<K: Stored>(table: &mut impl Table, held: &K) -> Result<(), StoreError> {
    let key = Key::of(held)?;
    let Some(document) = table.read(&key)? else { return Ok(()) };
    let owner = uid(&document).to_owned();
    if Some(owner.as_str()) != held.meta().uid.as_deref() {
        return Ok(());
    }
    if K::KIND == Kind::Job {
        for run in table.keys(Kind::Run, &key.namespace)? {
            match table.read(&run) {
                Ok(Some(document)) if owners(&document).any(|uid| uid == owner) => {
                    table.remove(&run, uid(&document))?;
                }
                // One that is no JSON has no owner that could be read: it is reported, and stays.
                Ok(_) | Err(StoreError::Undecodable(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    table.remove(&key, &owner)
}

/// Creates the job, or gives the one of that name its spec, labels and annotations: `kubectl apply`. The generation
/// moves when the spec does.
pub(super) fn apply_job(table: &mut impl Table, job: &MonitoringJob) -> Result<MonitoringJob, StoreError> {
    let key = Key::of(job)?;
    let Some(mut document) = table.read(&key)? else { return create(table, job) };
    let held: MonitoringJob = decode(document.clone())?;
    let mut wanted = held.clone();
    wanted.spec = job.spec.clone();
    wanted.metadata.labels.clone_from(&job.metadata.labels);
    wanted.metadata.annotations.clone_from(&job.metadata.annotations);
    if wanted.spec != held.spec {
        wanted.metadata.generation = Some(held.metadata.generation.unwrap_or_default() + 1);
    }
    match merge::diff(&encode(&held)?, &encode(&wanted)?) {
        None => Ok(held),
        Some(patch) => {
            merge::apply(&mut document, &patch);
            finish(table, &key, document)
        }
    }
}

/// Gives a document its next version and writes it.
fn finish<K: Stored>(table: &mut impl Table, key: &Key, mut document: Value) -> Result<K, StoreError> {
    let version = table.next_version()?.to_string();
    merge::apply(&mut document, &json!({"metadata": {"resourceVersion": version}}));
    // What could not be read afterwards is not written.
    let object = decode(document.clone())?;
    table.write(key, &document)?;
    Ok(object)
}

/// A cluster would take the object and collect it soon after; here nobody collects, so that it is refused.
fn require_owner(table: &impl Table, namespace: &str, owner: &OwnerReference) -> Result<(), StoreError> {
    if owner.kind != MonitoringJob::kind(&()) {
        return Err(StoreError::Invalid(format!("metadata.ownerReferences: {} cannot own a run here", owner.kind)));
    }
    match table.read(&Key::new(Kind::Job, namespace, &owner.name)?)? {
        Some(job) if uid(&job) == owner.uid => Ok(()),
        _ => Err(StoreError::Gone),
    }
}

fn owners(document: &Value) -> impl Iterator<Item = &str> {
    let references = document.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    references.into_iter().flatten().filter_map(|reference| reference.get("uid").and_then(Value::as_str))
}
