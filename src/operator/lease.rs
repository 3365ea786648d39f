//! One holder at a time, by a `Lease`.
//!
//! The lease saves double work; nothing rests on it, since each write of the engine is a compare-and-swap. So are the
//! writes here: two candidates that saw the same lease cannot both have it. A holder stops by its own clock before
//! another could begin, also when the API server is out of reach. A candidate watches, so that a lease which is
//! released is taken at once; whether one has run out it tells by its own clock too, from the last change that it saw,
//! never by comparing clocks.

use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Client;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::watch_object;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::api::MANAGED_BY;
use crate::store::resource_version;

/// The lease's name.
pub const NAME: &str = "stagewatch";

/// How long a lease is good for after its last renewal.
const DURATION: Duration = Duration::from_secs(15);
/// How long the holder itself believes in it: what is under way then has time to end before another begins.
const BELIEF: Duration = Duration::from_secs(12);
/// How often the holder renews it.
const RENEWAL: Duration = Duration::from_secs(5);
/// How long to wait after a request that failed.
const RETRY: Duration = Duration::from_secs(1);
/// The longest that a request takes.
const REQUEST: Duration = Duration::from_secs(4);

/// A process that wants the lease, takes it when it is free, and keeps it.
#[derive(Debug)]
pub struct Candidate {
    held: watch::Receiver<bool>,
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Candidate {
    /// Begins to want the lease of `namespace`. `identity` names this process and no other, nor one before it.
    pub fn start(client: Client, namespace: &str, identity: impl Into<String>) -> Self {
        let (sender, held) = watch::channel(false);
        let stop = CancellationToken::new();
        let election = Election {
            api: Api::namespaced(client, namespace),
            me: identity.into(),
            held: sender,
            seen: None,
            until: None,
            due: Instant::now(),
        };
        let task = tokio::spawn(election.run(stop.clone()));
        Self { held, stop: stop.drop_guard(), task }
    }

    /// Whether this process holds the lease, now and as it changes.
    pub fn held(&self) -> watch::Receiver<bool> {
        self.held.clone()
    }

    /// Gives the lease back, so that another can take it at once, and no longer wants it: for when all work that needs
    /// it has ended. A candidate that is dropped does the same behind the scenes.
    pub async fn release(self) {
        drop(self.stop);
        // A task that panicked holds nothing that could be given back; the lease runs out.
        let _ = self.task.await;
    }
}

struct Election {
    api: Api<Lease>,
    me: String,
    held: watch::Sender<bool>,
    /// The lease as last seen, and since when it has been so. `None` when that is not known.
    seen: Option<Seen>,
    /// While we hold it: when we cease to believe so.
    until: Option<Instant>,
    /// When there is something to do.
    due: Instant,
}

struct Seen {
    /// `None`: there is none.
    lease: Option<Lease>,
    since: Instant,
}

impl Election {
    async fn run(mut self, stop: CancellationToken) {
        let mut changes = pin!(watch_object(self.api.clone(), NAME).default_backoff());
        loop {
            let wake = self.until.map_or(self.due, |until| until.min(self.due));
            tokio::select! {
                () = stop.cancelled() => break,
                Some(change) = changes.next() => match change {
                    Ok(lease) => self.told(lease),
                    // It goes on by itself; meanwhile the clock wakes us.
                    Err(error) => tracing::debug!(%error, "the watch of the lease was interrupted"),
                },
                () = sleep_until(wake) => {}
            }
            self.act().await;
        }
        self.give_back().await;
    }

    /// Takes in what the watch says, unless it is older than what is known.
    fn told(&mut self, lease: Option<Lease>) {
        let known = self.seen.as_ref().and_then(|seen| seen.lease.as_ref()).map_or(0, resource_version);
        match &lease {
            // A listing from before our own first write has none: whether it is gone, a look tells.
            None if self.until.is_some() => {
                self.seen = None;
                self.due = Instant::now();
            }
            Some(lease) if resource_version(lease) <= known => {}
            _ => self.see(lease),
        }
    }

    fn see(&mut self, lease: Option<Lease>) {
        let now = Instant::now();
        let since = match &self.seen {
            Some(seen) if spec(seen.lease.as_ref()) == spec(lease.as_ref()) => seen.since,
            _ => now,
        };
        let free = free_at(lease.as_ref(), since, &self.me);
        if self.until.is_none() {
            self.due = free.unwrap_or(now);
        } else if holder(lease.as_ref()) != Some(&self.me) {
            self.lose("it was taken away");
            // Not at once, also when it is free: the loss is to be noticed.
            self.due = free.unwrap_or(now + RETRY);
        }
        self.seen = Some(Seen { lease, since });
    }

    async fn act(&mut self) {
        if self.until.is_some_and(|until| Instant::now() >= until) {
            self.lose("it could not be renewed in time");
        }
        if Instant::now() < self.due {
            return;
        }
        // A candidate reads before it takes, since its watch may be behind; the holder knows its own last write.
        if self.until.is_none() || self.seen.is_none() {
            self.read().await;
            if Instant::now() < self.due {
                return;
            }
        }
        self.write().await;
    }

    async fn read(&mut self) {
        match self.answer(self.api.get_opt(NAME)).await {
            Ok(lease) => self.see(lease),
            Err(error) => self.failed("read", &error),
        }
    }

    /// One request, which ends before our belief does.
    async fn answer<T>(&self, request: impl Future<Output = kube::Result<T>>) -> Result<T, String> {
        let deadline = Instant::now() + REQUEST;
        match timeout_at(self.until.map_or(deadline, |until| until.min(deadline)), request).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err("the API server did not answer in time".to_owned()),
        }
    }

    /// Takes the lease or renews it: whoever was faster makes this fail.
    async fn write(&mut self) {
        let begun = Instant::now();
        let before = self.seen.as_ref().and_then(|seen| seen.lease.clone());
        let new = before.is_none();
        let mut lease = before.unwrap_or_else(|| Lease {
            metadata: ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() },
            spec: None,
        });
        let spec = lease.spec.get_or_insert_default();
        let now = MicroTime(Timestamp::now());
        if self.until.is_none() {
            spec.holder_identity = Some(self.me.clone());
            spec.acquire_time = Some(now.clone());
            spec.lease_transitions = Some(spec.lease_transitions.unwrap_or(0).saturating_add(1));
        }
        spec.lease_duration_seconds = i32::try_from(DURATION.as_secs()).ok();
        spec.renew_time = Some(now);
        let params = PostParams { field_manager: Some(MANAGED_BY.to_owned()), ..PostParams::default() };
        let request = async {
            if new { self.api.create(&params, &lease).await } else { self.api.replace(NAME, &params, &lease).await }
        };
        match self.answer(request).await {
            Ok(lease) => {
                self.seen = Some(Seen { lease: Some(lease), since: Instant::now() });
                // From before the request: those who see it change begin to count later.
                self.until = Some(begun + BELIEF);
                self.due = begun + RENEWAL;
                if self.tell(true) {
                    tracing::info!(holder = self.me, "holding the lease");
                }
            }
            Err(error) => {
                // It may have been done, or another may have been faster: read before the next attempt.
                self.seen = None;
                self.failed("written", &error);
            }
        }
    }

    fn failed(&mut self, what: &str, error: &str) {
        self.due = Instant::now() + RETRY;
        tracing::warn!(%error, "the lease could not be {what}");
    }

    /// Says whether we hold it, and returns whether that is news.
    fn tell(&self, now: bool) -> bool {
        self.held.send_if_modified(|held| std::mem::replace(held, now) != now)
    }

    fn lose(&mut self, why: &str) {
        self.until = None;
        self.tell(false);
        tracing::warn!(holder = self.me, "no longer holding the lease: {why}");
    }

    async fn give_back(mut self) {
        if self.until.is_none() {
            return;
        }
        self.tell(false);
        if self.seen.is_none() {
            self.read().await;
        }
        let Some(mut lease) = self.seen.take().and_then(|seen| seen.lease) else { return };
        if holder(Some(&lease)) != Some(&self.me) {
            return;
        }
        lease.spec =
            lease.spec.map(|spec| LeaseSpec { holder_identity: None, renew_time: None, acquire_time: None, ..spec });
        match self.answer(self.api.replace(NAME, &PostParams::default(), &lease)).await {
            Ok(_) => tracing::info!(holder = self.me, "the lease is released"),
            Err(error) => tracing::warn!(%error, "the lease was not released, and runs out"),
        }
    }
}

fn spec(lease: Option<&Lease>) -> Option<&LeaseSpec> {
    lease.and_then(|lease| lease.spec.as_ref())
}

fn holder(lease: Option<&Lease>) -> Option<&str> {
    spec(lease).and_then(|spec| spec.holder_identity.as_deref()).filter(|holder| !holder.is_empty())
}

/// When a lease that has not changed since `since` may be taken; `None`: at once.
fn free_at(lease: Option<&Lease>, since: Instant, me: &str) -> Option<Instant> {
    holder(lease).filter(|holder| *holder != me)?;
    let seconds =
        spec(lease).and_then(|spec| spec.lease_duration_seconds).and_then(|seconds| u64::try_from(seconds).ok());
    Some(since + seconds.map_or(DURATION, Duration::from_secs))
}

#[cfg(test)]
mod tests;
