//! The store in a cluster: the API server.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{Stream, StreamExt as _, future, stream};
use k8s_openapi::NamespaceResourceScope;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::{DeserializeGuard, Status};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Client, Config, Resource, ResourceExt};
use serde_json::{Value, json};

use super::seen::Seen;
use super::semantics::{self, Key};
use super::{Change, Listing, Store, StoreError, Stored, Undecodable};
use crate::api::{MANAGED_BY, MonitoringJob, MonitoringRun};

/// The longest that one request takes. kube has no limit of its own: a server that accepts and stays silent would be
/// waited for for ever.
const DEADLINE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);

/// How many objects one answer of a listing may hold, so that its size is bounded: the client reads whatever comes.
const PAGE: u32 = 100;

/// How long one watch request stays open. A connection that died in silence is noticed five seconds after.
const WATCH_SECONDS: u32 = 60;

/// What a message of the API server is cut at: it may repeat much of the object.
const MAX_MESSAGE: usize = 1024;

/// Jobs and runs of one namespace, or of the cluster. Clones share the connections.
#[derive(Clone)]
pub struct Kubernetes {
    client: Client,
    namespace: Option<String>,
}

/// A client without the retries of kube, which hide an outage for minutes, and which send a write again that may have
/// been done.
pub fn client(mut config: Config) -> Result<Client, StoreError> {
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT);
    Client::try_from(config).map_err(|error| store_error(&error))
}

impl Kubernetes {
    /// The objects of `namespace`, or of all namespaces.
    pub fn new(client: Client, namespace: Option<String>) -> Self {
        Self { client, namespace }
    }

    fn api<K: Resource<DynamicType = (), Scope = NamespaceResourceScope>>(&self, namespace: Option<&str>) -> Api<K> {
        match namespace.or(self.namespace.as_deref()) {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        }
    }

    /// Patches what is held, and fails when it is no longer what there is.
    async fn patch<K: Stored>(&self, held: &K, mut patch: Value, status: bool) -> Result<K, StoreError> {
        let key = Key::of(held)?;
        // A version is of one object: were there another of the same name by now, it would have another version.
        let version = json!({"metadata": {"resourceVersion": held.resource_version()}});
        super::merge::apply(&mut patch, &version);
        let (params, patch) =
            (PatchParams { field_manager: Some(MANAGED_BY.to_owned()), ..PatchParams::default() }, Patch::Merge(patch));
        let api: Api<DeserializeGuard<K>> = self.api(Some(&key.namespace));
        let answer = if status {
            answer(api.patch_status(&key.name, &params, &patch)).await?
        } else {
            answer(api.patch(&key.name, &params, &patch)).await?
        };
        readable(answer).map_err(|it| StoreError::Undecodable(it.problem))
    }
}

impl Store for Kubernetes {
    async fn get<K: Stored>(&self, namespace: &str, name: &str) -> Result<Option<K>, StoreError> {
        let key = Key::new(K::KIND, namespace, name)?;
        let api: Api<DeserializeGuard<K>> = self.api(Some(&key.namespace));
        match answer(api.get(&key.name)).await {
            Ok(object) => readable(object).map(Some).map_err(|it| StoreError::Undecodable(it.problem)),
            Err(StoreError::Gone) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list<K: Stored>(&self, namespace: Option<&str>) -> Result<Listing<K>, StoreError> {
        namespace.map_or(Ok(()), semantics::check_namespace)?;
        let api: Api<DeserializeGuard<K>> = self.api(namespace);
        let mut params = ListParams::default().limit(PAGE);
        let mut listing = Listing::default();
        loop {
            let page = answer(api.list(&params)).await?;
            for object in page.items {
                match readable(object) {
                    Ok(object) => listing.objects.push(object),
                    Err(problem) => listing.undecodable.push(problem),
                }
            }
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params.continue_token = Some(token),
                None => return Ok(listing),
            }
        }
    }

    async fn create<K: Stored>(&self, object: &K) -> Result<K, StoreError> {
        let key = Key::of(object)?;
        let params = PostParams { field_manager: Some(MANAGED_BY.to_owned()), ..PostParams::default() };
        answer(self.api::<K>(Some(&key.namespace)).create(&params, object)).await
    }

    async fn patch_status<K: Stored>(&self, held: &K, status: &K::Status) -> Result<K, StoreError> {
        match semantics::status_patch(held, status)? {
            None => Ok(held.clone()),
            Some(patch) => self.patch(held, patch, true).await,
        }
    }

    async fn adopt(&self, run: &MonitoringRun, owner: &MonitoringJob) -> Result<MonitoringRun, StoreError> {
        match semantics::adoption_patch(run, owner)? {
            None => Ok(run.clone()),
            Some(patch) => self.patch(run, patch, false).await,
        }
    }

    async fn delete<K: Stored>(&self, held: &K) -> Result<(), StoreError> {
        let key = Key::of(held)?;
        let params = DeleteParams::background()
            .preconditions(Preconditions { uid: Some(held.uid().unwrap_or_default()), resource_version: None });
        let api: Api<DeserializeGuard<K>> = self.api(Some(&key.namespace));
        match answer(api.delete(&key.name, &params)).await {
            // A conflict is about the UID: the name belongs to another object by now.
            Ok(_) | Err(StoreError::Gone | StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn watch<K: Stored>(&self) -> impl Stream<Item = Change<K>> + Send + use<K> {
        let api: Api<DeserializeGuard<K>> = self.api(None);
        let config = watcher::Config::default().page_size(PAGE).timeout(WATCH_SECONDS);
        watcher(api, config)
            .default_backoff()
            .scan(Watch::default(), |watch, event| future::ready(Some(watch.tell(event))))
            .flat_map(stream::iter)
    }
}

/// What a watch has told, and what a listing that is going on has found.
#[derive(Default)]
struct Watch {
    seen: Seen,
    found: BTreeSet<(String, String)>,
    listed: bool,
}

impl Watch {
    fn tell<K: Stored>(&mut self, event: Result<Event<DeserializeGuard<K>>, watcher::Error>) -> Vec<Change<K>> {
        match event {
            Ok(Event::Init) => {
                self.found.clear();
                Vec::new()
            }
            Ok(Event::InitApply(object)) => {
                self.found.insert((object.namespace().unwrap_or_default(), object.name_any()));
                self.seen.there(readable(object))
            }
            Ok(Event::InitDone) => {
                let mut changes = self.seen.only(&std::mem::take(&mut self.found));
                if !std::mem::replace(&mut self.listed, true) {
                    changes.push(Change::Listed);
                }
                changes
            }
            Ok(Event::Apply(object)) => self.seen.there(readable(object)),
            Ok(Event::Delete(object)) => {
                let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
                self.seen.gone(&namespace, &name).into_iter().collect()
            }
            Err(error) => {
                let error = watch_error(&error);
                tracing::warn!(kind = ?K::KIND, %error, "the watch was interrupted, and goes on after a pause");
                Vec::new()
            }
        }
    }
}

/// The object without the bookkeeping of who wrote which field, which is half of its size and which nobody reads.
fn readable<K: Stored>(object: DeserializeGuard<K>) -> Result<K, Undecodable> {
    match object.0 {
        Ok(mut object) => {
            object.meta_mut().managed_fields = None;
            Ok(object)
        }
        Err(invalid) => Err(Undecodable {
            namespace: invalid.metadata.namespace.unwrap_or_default(),
            name: invalid.metadata.name.unwrap_or_default(),
            uid: invalid.metadata.uid.unwrap_or_default(),
            problem: invalid.error,
        }),
    }
}

/// One request, under the deadline.
async fn answer<T>(request: impl Future<Output = kube::Result<T>>) -> Result<T, StoreError> {
    match tokio::time::timeout(DEADLINE, request).await {
        Ok(answer) => answer.map_err(|error| store_error(&error)),
        Err(_) => {
            Err(StoreError::Unavailable(format!("the API server did not answer within {} s", DEADLINE.as_secs())))
        }
    }
}

fn watch_error(error: &watcher::Error) -> StoreError {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => store_error(error),
        watcher::Error::WatchError(status) => api_error(status),
        watcher::Error::NoResourceVersion => StoreError::Unavailable(error.to_string()),
    }
}

/// What an error of kube means here. What it prints holds no credential: those are in headers, and kube prints none.
fn store_error(error: &kube::Error) -> StoreError {
    match error {
        kube::Error::Api(status) => api_error(status),
        kube::Error::SerdeError(error) => StoreError::Undecodable(cut(&error.to_string())),
        kube::Error::BuildRequest(error) => StoreError::Invalid(cut(&error.to_string())),
        other => StoreError::Unavailable(cut(&other.to_string())),
    }
}

fn api_error(status: &Status) -> StoreError {
    let message = cut(&status.message);
    match status.code {
        // The path itself is unknown: the answer is then no `Status` of an object.
        404 if status.reason != "NotFound" => StoreError::Unavailable(
            "the API server does not know our resources: install them with \"stagewatch crds | kubectl apply -f -\""
                .to_owned(),
        ),
        404 => StoreError::Gone,
        409 if status.is_already_exists() => StoreError::AlreadyExists,
        409 => StoreError::Conflict,
        401 | 403 => StoreError::Forbidden(message),
        // A page of a listing, or the start of a watch, that is too old by now.
        408 | 410 | 429 => StoreError::Unavailable(message),
        400..=499 => StoreError::Invalid(message),
        _ => StoreError::Unavailable(message),
    }
}

fn cut(message: &str) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
