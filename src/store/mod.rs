//! Jobs and runs with Kubernetes' semantics, in three forms: [`kubernetes`], [`folder`] and [`memory`].
//!
//! The engine knows only [`Store`], so that what holds in a cluster holds without one, and in the simulator. What the
//! trait promises is written down as a test, `tests/store_conformance/`, that runs on all three.

pub mod folder;
pub mod kubernetes;
pub mod memory;
pub mod merge;

mod seen;
mod semantics;

use std::fmt::Debug;
use std::future::Future;

use futures::Stream;
use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::core::object::HasStatus;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::{MonitoringJob, MonitoringJobStatus, MonitoringRun};

/// Which of our two resources an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A `MonitoringJob`.
    Job,
    /// A `MonitoringRun`.
    Run,
}

/// Our two resources, as a store keeps them.
pub trait Stored:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + HasStatus<Status: Serialize + DeserializeOwned + Clone + Debug + Default + PartialEq + Send + Sync>
    + Serialize
    + DeserializeOwned
    + Clone
    + Debug
    + Send
    + Sync
    + 'static
{
    /// Which of the two.
    const KIND: Kind;

    /// The status that an object is created with: the default of its schema.
    fn initial_status() -> Option<Self::Status>;
}

impl Stored for MonitoringJob {
    const KIND: Kind = Kind::Job;

    fn initial_status() -> Option<MonitoringJobStatus> {
        Some(MonitoringJobStatus { observed_generation: Some(-1), ..MonitoringJobStatus::default() })
    }
}

impl Stored for MonitoringRun {
    const KIND: Kind = Kind::Run;

    fn initial_status() -> Option<Self::Status> {
        None
    }
}

/// A small object store: what the engine needs of Kubernetes, and no more.
///
/// A call takes at most ten seconds; one that failed with [`StoreError::Unavailable`] may have taken effect all the
/// same. An object that was handed out is *held*: writes name the version that they were decided on.
pub trait Store: Clone + Send + Sync + 'static {
    /// The object, or `None` when there is none of that name.
    fn get<K: Stored>(&self, namespace: &str, name: &str)
    -> impl Future<Output = Result<Option<K>, StoreError>> + Send;

    /// All objects of one namespace, or of all namespaces that the store serves, by namespace and name.
    fn list<K: Stored>(&self, namespace: Option<&str>) -> impl Future<Output = Result<Listing<K>, StoreError>> + Send;

    /// Writes a new object and returns it with its UID, version, generation 1 and creation time. A status that it
    /// carries is not taken: a new object has [`Stored::initial_status`].
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken, were it by an object that cannot be read; `Invalid` for a name, a
    /// namespace or a spec that no store takes; `Gone` when the namespace or the owner that it names is not there (a
    /// cluster creates the latter and collects it soon after).
    fn create<K: Stored>(&self, object: &K) -> impl Future<Output = Result<K, StoreError>> + Send;

    /// Makes `status` the status of `held`: a merge patch of what differs between the two, so that fields of a newer
    /// version of us stay. When nothing differs, nothing is asked or written, and `held` comes back.
    ///
    /// # Errors
    /// `Conflict` when the object has changed since it was handed out, or is another one of the same name; `Gone` when
    /// there is none of that name.
    fn patch_status<K: Stored>(
        &self,
        held: &K,
        status: &K::Status,
    ) -> impl Future<Output = Result<K, StoreError>> + Send;

    /// Makes `owner` the controller of `run`, so that the run goes when its job goes, and labels it with the job's
    /// name. A run that is owned so already comes back as it is.
    ///
    /// # Errors
    /// Those of [`Self::patch_status`]; `Invalid` when the run has another controller.
    fn adopt(
        &self,
        run: &MonitoringRun,
        owner: &MonitoringJob,
    ) -> impl Future<Output = Result<MonitoringRun, StoreError>> + Send;

    /// Removes the object that is held, whatever its version by now, and the runs that it owns. That it is gone, or
    /// that another one has its name, is no error; the other one stays.
    fn delete<K: Stored>(&self, held: &K) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// All objects as they are now, then [`Change::Listed`] once, then what changes. It never ends: when the source
    /// fails, it is asked again with growing pauses, and what changed meanwhile comes as changes. Several changes of
    /// one object may come as one, the newest.
    fn watch<K: Stored>(&self) -> impl Stream<Item = Change<K>> + Send + use<Self, K>;
}

/// What a listing found.
#[derive(Clone, Debug)]
pub struct Listing<K> {
    /// The objects, by namespace and name.
    pub objects: Vec<K>,
    /// Those that are there and cannot be read.
    pub undecodable: Vec<Undecodable>,
}

impl<K> Default for Listing<K> {
    fn default() -> Self {
        Self { objects: Vec::new(), undecodable: Vec::new() }
    }
}

/// What a watch saw.
#[derive(Clone, Debug)]
pub enum Change<K> {
    /// An object is there, or has changed.
    Applied(K),
    /// An object is gone.
    Deleted(Deleted),
    /// An object is there that cannot be read. What was known of an earlier form of it no longer holds.
    Undecodable(Undecodable),
    /// All that was there at the beginning has been delivered. Comes once.
    Listed,
}

/// An object that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID: another object of the same name is another object.
    pub uid: String,
}

/// An object that is there and that this version cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID, as far as that can be read.
    pub uid: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The name is taken.
    #[error("an object of that name exists already")]
    AlreadyExists,
    /// The object has changed since it was handed out. After an own write whose outcome is unknown, this may be that
    /// write: read again before concluding that somebody else was first.
    #[error("the object has changed meanwhile")]
    Conflict,
    /// There is no such object.
    #[error("the object is gone")]
    Gone,
    /// The object is refused, and will be refused again.
    #[error("refused: {0}")]
    Invalid(String),
    /// We may not do this.
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// The object is there, and this version cannot read it.
    #[error("not readable: {0}")]
    Undecodable(String),
    /// No answer, or one that says to come back later. Whether a write took effect is not known.
    #[error("not available now: {0}")]
    Unavailable(String),
}

/// The version of an object as a number that grows with each write; 0 for one that no store has handed out.
/// The greater of two versions of one object is the newer one.
pub fn resource_version<K: Resource>(object: &K) -> u64 {
    object.meta().resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or(0)
}
