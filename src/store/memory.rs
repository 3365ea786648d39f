//! The store of the simulator: a map, with the clock and the faults that a test gives it. It is deterministic: the
//! same calls in the same order give the same UIDs, versions and events.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{Stream, StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::semantics::{self, Key, Table};
use super::{Change, Deleted, Kind, Listing, Store, StoreError, Stored};
use crate::api::{MonitoringJob, MonitoringRun};

/// Objects in memory. Clones share them.
#[derive(Clone)]
pub struct Memory {
    state: Arc<Mutex<State>>,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happened.
    Before,
    /// It was done, and the answer was lost.
    After,
}

struct State {
    documents: BTreeMap<Key, Value>,
    version: u64,
    clock: Box<dyn Fn() -> Timestamp + Send>,
    watchers: Vec<Watcher>,
    watches_held: bool,
    calls: usize,
    writes: usize,
    faults: VecDeque<Option<Fault>>,
}

/// One watch, and the events that are kept from it while watches are held.
struct Watcher {
    kind: Kind,
    sender: UnboundedSender<Event>,
    kept: Vec<Event>,
}

#[derive(Clone)]
enum Event {
    Applied(Key, Value),
    Deleted(Deleted),
    Listed,
}

impl Memory {
    /// An empty store whose objects are created at the time that `clock` tells.
    pub fn new(clock: impl Fn() -> Timestamp + Send + 'static) -> Self {
        let state = State {
            documents: BTreeMap::new(),
            version: 0,
            clock: Box::new(clock),
            watchers: Vec::new(),
            watches_held: false,
            calls: 0,
            writes: 0,
            faults: VecDeque::new(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Lets the next `skip` calls pass and the `count` after them fail as [`StoreError::Unavailable`]. Calls are those
    /// of [`Store`] but `watch`. Faults that were set before and have not come yet are forgotten.
    pub fn fail(&self, skip: usize, count: usize, fault: Fault) {
        let faults = std::iter::repeat_n(None, skip).chain(std::iter::repeat_n(Some(fault), count));
        self.lock().faults = faults.collect();
    }

    /// While held, watches stay silent, as they do in a cluster that is slow or cut off; afterwards they tell what
    /// they kept, in order.
    pub fn hold_watches(&self, held: bool) {
        let mut state = self.lock();
        state.watches_held = held;
        if !held {
            for watcher in &mut state.watchers {
                for event in std::mem::take(&mut watcher.kept) {
                    // One that nobody listens to is dropped at the next event.
                    let _ = watcher.sender.send(event);
                }
            }
        }
    }

    /// How often [`Store`] was called, `watch` apart.
    pub fn calls(&self) -> usize {
        self.lock().calls
    }

    /// How often something was written or removed.
    pub fn writes(&self) -> usize {
        self.lock().writes
    }

    /// Creates the job, or gives the one of that name its spec, labels and annotations, as `kubectl apply` does.
    pub fn apply_job(&self, job: &MonitoringJob) -> Result<MonitoringJob, StoreError> {
        semantics::apply_job(&mut *self.lock(), job)
    }

    /// Puts a document there as it is, readable or not, as another program could.
    pub fn put(&self, kind: Kind, namespace: &str, name: &str, document: &Value) -> Result<(), StoreError> {
        self.lock().write(&Key::new(kind, namespace, name)?, document)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every write is one step, so that a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call. Others may go first, so that a simulation sees calls interleave.
    async fn call<T>(&self, act: impl FnOnce(&mut State) -> Result<T, StoreError> + Send) -> Result<T, StoreError> {
        tokio::task::yield_now().await;
        let mut state = self.lock();
        state.calls += 1;
        let fault = state.faults.pop_front().flatten();
        if fault != Some(Fault::Before) {
            let answer = act(&mut state);
            if fault.is_none() {
                return answer;
            }
        }
        Err(StoreError::Unavailable("the simulated API server did not answer".to_owned()))
    }
}

impl Store for Memory {
    async fn get<K: Stored>(&self, namespace: &str, name: &str) -> Result<Option<K>, StoreError> {
        let key = Key::new(K::KIND, namespace, name)?;
        self.call(|state| state.read(&key)?.map(semantics::decode).transpose()).await
    }

    async fn list<K: Stored>(&self, namespace: Option<&str>) -> Result<Listing<K>, StoreError> {
        namespace.map_or(Ok(()), semantics::check_namespace)?;
        self.call(|state| {
            let mut listing = Listing::default();
            for (key, document) in state.of_kind(K::KIND) {
                if namespace.is_none_or(|namespace| namespace == key.namespace) {
                    match semantics::decode_or_report(key, Ok(document.clone())) {
                        Ok(object) => listing.objects.push(object),
                        Err(problem) => listing.undecodable.push(problem),
                    }
                }
            }
            Ok(listing)
        })
        .await
    }

    async fn create<K: Stored>(&self, object: &K) -> Result<K, StoreError> {
        self.call(|state| semantics::create(state, object)).await
    }

    async fn patch_status<K: Stored>(&self, held: &K, status: &K::Status) -> Result<K, StoreError> {
        match semantics::status_patch(held, status)? {
            None => Ok(held.clone()),
            Some(patch) => self.call(|state| semantics::patch(state, held, &patch)).await,
        }
    }

    async fn adopt(&self, run: &MonitoringRun, owner: &MonitoringJob) -> Result<MonitoringRun, StoreError> {
        match semantics::adoption_patch(run, owner)? {
            None => Ok(run.clone()),
            Some(patch) => self.call(|state| semantics::adopt(state, run, owner, &patch)).await,
        }
    }

    async fn delete<K: Stored>(&self, held: &K) -> Result<(), StoreError> {
        self.call(|state| semantics::delete(state, held)).await
    }

    fn watch<K: Stored>(&self) -> impl Stream<Item = Change<K>> + Send + use<K> {
        let (sender, receiver) = unbounded_channel();
        let mut state = self.lock();
        for (key, document) in state.of_kind(K::KIND) {
            // The receiver is here.
            let _ = sender.send(Event::Applied(key.clone(), document.clone()));
        }
        let _ = sender.send(Event::Listed);
        state.watchers.push(Watcher { kind: K::KIND, sender, kept: Vec::new() });
        drop(state);
        stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|event| (event, receiver)))
            .map(|event| match event {
                Event::Listed => Change::Listed,
                Event::Deleted(deleted) => Change::Deleted(deleted),
                Event::Applied(key, document) => {
                    semantics::decode_or_report(&key, Ok(document)).map_or_else(Change::Undecodable, Change::Applied)
                }
            })
            // A watch does not end, not even when the store is gone.
            .chain(stream::pending())
    }
}

impl State {
    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&Key, &Value)> {
        self.documents.iter().filter(move |(key, _)| key.kind == kind)
    }

    fn tell(&mut self, kind: Kind, event: &Event) {
        let held = self.watches_held;
        self.watchers.retain_mut(|watcher| {
            if watcher.kind != kind {
                true
            } else if held {
                watcher.kept.push(event.clone());
                true
            } else {
                watcher.sender.send(event.clone()).is_ok()
            }
        });
    }
}

impl Table for State {
    fn read(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        Ok(self.documents.get(key).cloned())
    }

    fn keys(&self, kind: Kind, namespace: &str) -> Result<Vec<Key>, StoreError> {
        Ok(self.of_kind(kind).map(|(key, _)| key).filter(|key| key.namespace == namespace).cloned().collect())
    }

    fn write(&mut self, key: &Key, document: &Value) -> Result<(), StoreError> {
        self.writes += 1;
        self.documents.insert(key.clone(), document.clone());
        self.tell(key.kind, &Event::Applied(key.clone(), document.clone()));
        Ok(())
    }

    fn remove(&mut self, key: &Key, uid: &str) -> Result<(), StoreError> {
        self.writes += 1;
        self.documents.remove(key);
        let (namespace, name) = (key.namespace.clone(), key.name.clone());
        self.tell(key.kind, &Event::Deleted(Deleted { namespace, name, uid: uid.to_owned() }));
        Ok(())
    }

    fn next_version(&mut self) -> Result<u64, StoreError> {
        self.version += 1;
        Ok(self.version)
    }

    fn uid(&self, version: u64) -> String {
        format!("00000000-0000-8000-8000-{version:012x}")
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;
    use crate::api::{MonitoringJobSpec, MonitoringJobStatus};
    use crate::store::resource_version;

    fn store() -> Memory {
        Memory::new(|| "2026-11-24T03:15:00.5Z".parse().unwrap())
    }

    fn job(name: &str) -> MonitoringJob {
        let mut job = MonitoringJob::new(name, MonitoringJobSpec::default());
        job.metadata.namespace = Some("monitoring".to_owned());
        job
    }

    fn status(generation: i64) -> MonitoringJobStatus {
        MonitoringJobStatus { observed_generation: Some(generation), ..MonitoringJobStatus::default() }
    }

    #[tokio::test]
    async fn the_same_calls_give_the_same_objects() {
        let (a, b) = (store().create(&job("a")).await.unwrap(), store().create(&job("a")).await.unwrap());
        assert_eq!(a, b);
        assert_eq!(a.metadata.creation_timestamp.unwrap().0, "2026-11-24T03:15:00Z".parse().unwrap());
    }

    #[tokio::test]
    async fn calls_fail_as_told_before_or_after_they_took_effect() {
        let store = store();
        store.fail(1, 2, Fault::Before);
        store.create(&job("a")).await.unwrap();
        for _ in 0..2 {
            let failed = store.create(&job("b")).await;
            assert!(matches!(failed, Err(StoreError::Unavailable(_))), "{failed:?}");
        }
        let held = store.create(&job("b")).await.unwrap();
        store.fail(0, 1, Fault::After);
        let failed = store.patch_status(&held, &status(1)).await;
        assert!(matches!(failed, Err(StoreError::Unavailable(_))), "{failed:?}");
        // So our own write looks like somebody else's.
        assert_eq!(store.patch_status(&held, &status(1)).await.err(), Some(StoreError::Conflict));
        let now: MonitoringJob = store.get("monitoring", "b").await.unwrap().unwrap();
        assert_eq!(now.status, Some(status(1)));
        assert_eq!((store.calls(), store.writes()), (7, 3));
    }

    #[tokio::test]
    async fn held_watches_tell_later_and_in_order() {
        let store = store();
        let mut watch = Box::pin(store.watch::<MonitoringJob>());
        assert!(matches!(watch.next().await, Some(Change::Listed)));
        store.hold_watches(true);
        let held = store.create(&job("a")).await.unwrap();
        let newer = store.patch_status(&held, &status(1)).await.unwrap();
        assert!(watch.next().now_or_never().is_none());
        // A watch that begins now sees what is, and nothing older afterwards.
        let mut second = Box::pin(store.watch::<MonitoringJob>());
        store.hold_watches(false);
        let mut versions = Vec::new();
        while let Some(Some(Change::Applied(job))) = watch.next().now_or_never() {
            versions.push(resource_version(&job));
        }
        assert_eq!(versions, [resource_version(&held), resource_version(&newer)]);
        assert!(matches!(second.next().await, Some(Change::Applied(job)) if job == newer));
        assert!(matches!(second.next().await, Some(Change::Listed)));
        assert!(second.next().now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_run_of_a_job_that_is_gone_is_refused() {
        let store = store();
        let held = store.create(&job("a")).await.unwrap();
        let mut run = MonitoringRun::new("a-1", crate::api::MonitoringRunSpec::default());
        run.metadata.namespace = Some("monitoring".to_owned());
        let free = store.create(&run).await.unwrap();
        store.delete(&held).await.unwrap();
        assert_eq!(store.adopt(&free, &held).await.err(), Some(StoreError::Gone));
        store.create(&job("a")).await.unwrap();
        assert_eq!(store.adopt(&free, &held).await.err(), Some(StoreError::Gone), "another job of that name");
        run.metadata.name = Some("a-2".to_owned());
        run.metadata.owner_references = Some(kube::Resource::controller_owner_ref(&held, &()).into_iter().collect());
        assert_eq!(store.create(&run).await.err(), Some(StoreError::Gone));
    }
}
