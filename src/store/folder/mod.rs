//! The store without a cluster: a folder, `jobs/<namespace>/<name>.json` and `runs/<namespace>/<name>.json`. The files
//! are the truth: any number of processes may use the folder at once (`stagewatch watch`, `trigger`, `status`), and
//! whoever is killed leaves it whole.

mod files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use tokio::sync::watch;

use super::seen::Seen;
use super::semantics::{self, Key};
use super::{Change, Listing, Store, StoreError, Stored};
use crate::api::{MonitoringJob, MonitoringRun};
use files::{Files, Locked, Stamp};

/// The longest that a call takes: a disk of the network may never answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// How often a watch looks for what other processes wrote. Looking is one `stat` a file, works on every file system
/// (notifications do not, on those of the network and of container hosts), and half a second is soon enough for a
/// person who has just typed `stagewatch trigger`. Own writes are told at once.
const LOOK: Duration = Duration::from_millis(500);

/// The longest pause of a watch after looking has failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Objects in a folder. Clones share it.
#[derive(Clone, Debug)]
pub struct Folder {
    files: Arc<Files>,
    /// Tells the watches of this process that it has written something.
    wrote: watch::Sender<()>,
}

impl Folder {
    /// The store in `root`, which is created, readable by its owner alone, when it is not there.
    pub async fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        let files = blocking(move || Files::open(root)).await?;
        Ok(Self { files: Arc::new(files), wrote: watch::Sender::new(()) })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        self.files.root()
    }

    /// Creates the job, or gives the one of that name its spec, labels and annotations, as `kubectl apply` does.
    pub async fn apply_job(&self, job: &MonitoringJob) -> Result<MonitoringJob, StoreError> {
        let job = job.clone();
        self.write(move |table| semantics::apply_job(table, &job)).await
    }

    /// One write, alone among all processes.
    async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Locked<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let files = Arc::clone(&self.files);
        let answer = blocking(move || act(&mut files.lock()?)).await;
        // Also after a failure: half of it may have been done.
        self.wrote.send_replace(());
        answer
    }
}

impl Store for Folder {
    async fn get<K: Stored>(&self, namespace: &str, name: &str) -> Result<Option<K>, StoreError> {
        let key = Key::new(K::KIND, namespace, name)?;
        let files = Arc::clone(&self.files);
        blocking(move || files.read(&key)?.map(semantics::decode).transpose()).await
    }

    async fn list<K: Stored>(&self, namespace: Option<&str>) -> Result<Listing<K>, StoreError> {
        namespace.map_or(Ok(()), semantics::check_namespace)?;
        let namespace = namespace.map(str::to_owned);
        let files = Arc::clone(&self.files);
        blocking(move || {
            let mut listing = Listing::default();
            for key in files.list(K::KIND, namespace.as_deref())?.into_keys() {
                let document = match files.read(&key) {
                    // Removed since the folder was read.
                    Ok(None) => continue,
                    Ok(Some(document)) => Ok(document),
                    Err(problem @ StoreError::Undecodable(_)) => Err(problem),
                    Err(problem) => return Err(problem),
                };
                match semantics::decode_or_report(&key, document) {
                    Ok(object) => listing.objects.push(object),
                    Err(problem) => listing.undecodable.push(problem),
                }
            }
            Ok(listing)
        })
        .await
    }

    async fn create<K: Stored>(&self, object: &K) -> Result<K, StoreError> {
        let object = object.clone();
        self.write(move |table| semantics::create(table, &object)).await
    }

    async fn patch_status<K: Stored>(&self, held: &K, status: &K::Status) -> Result<K, StoreError> {
        let held = held.clone();
        match semantics::status_patch(&held, status)? {
            None => Ok(held),
            Some(patch) => self.write(move |table| semantics::patch(table, &held, &patch)).await,
        }
    }

    async fn adopt(&self, run: &MonitoringRun, owner: &MonitoringJob) -> Result<MonitoringRun, StoreError> {
        let (run, owner) = (run.clone(), owner.clone());
        match semantics::adoption_patch(&run, &owner)? {
            None => Ok(run),
            Some(patch) => self.write(move |table| semantics::adopt(table, &run, &owner, &patch)).await,
        }
    }

    async fn delete<K: Stored>(&self, held: &K) -> Result<(), StoreError> {
        let held = held.clone();
        self.write(move |table| semantics::delete(table, &held)).await
    }

    fn watch<K: Stored>(&self) -> impl Stream<Item = Change<K>> + Send + use<K> {
        let watch = Watch {
            files: Arc::clone(&self.files),
            wrote: self.wrote.subscribe(),
            stamps: Arc::default(),
            seen: Seen::default(),
            listed: false,
            pause: Duration::ZERO,
        };
        stream::unfold(watch, async |mut watch| Some((watch.next::<K>().await, watch))).flat_map(stream::iter)
    }
}

/// A watch of one kind.
struct Watch {
    files: Arc<Files>,
    wrote: watch::Receiver<()>,
    /// The files at the last look.
    stamps: Arc<BTreeMap<Key, Stamp>>,
    seen: Seen,
    listed: bool,
    /// Until the next look.
    pause: Duration,
}

impl Watch {
    /// Looks, and says what has changed since the look before.
    async fn next<K: Stored>(&mut self) -> Vec<Change<K>> {
        tokio::select! {
            () = tokio::time::sleep(self.pause) => {}
            Ok(()) = self.wrote.changed() => {}
        }
        let (files, before) = (Arc::clone(&self.files), Arc::clone(&self.stamps));
        let look = match blocking(move || files.look(K::KIND, &before)).await {
            Ok(look) => look,
            Err(error) => {
                self.pause = (self.pause * 2).clamp(LOOK, LONGEST_PAUSE);
                tracing::warn!(kind = ?K::KIND, %error, "cannot look into the state folder");
                return Vec::new();
            }
        };
        self.pause = LOOK;
        let here = look.stamps.keys().map(|key| (key.namespace.clone(), key.name.clone())).collect();
        self.stamps = Arc::new(look.stamps);
        let mut changes = self.seen.only(&here);
        for (key, document) in look.changed {
            changes.extend(self.seen.there(semantics::decode_or_report(&key, document)));
        }
        if !self.listed {
            self.listed = true;
            changes.push(Change::Listed);
        }
        changes
    }
}

/// File work off the async threads, under the deadline.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::time::timeout(DEADLINE, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(StoreError::Unavailable("the file work was interrupted".to_owned())),
        Err(_) => Err(StoreError::Unavailable(format!("the disk did not answer within {} s", DEADLINE.as_secs()))),
    }
}

#[cfg(test)]
mod tests;
