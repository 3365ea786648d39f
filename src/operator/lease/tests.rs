use std::future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::*;

/// One lease, as an API server keeps it; its watch stays silent, so that what is seen here is what the clock does.
#[derive(Clone, Default)]
struct Server {
    lease: Arc<Mutex<Option<Value>>>,
    version: Arc<Mutex<u64>>,
    /// Requests are not answered, and not done.
    silent: Arc<AtomicBool>,
    /// Writes are done, and not answered.
    deaf: Arc<AtomicBool>,
    /// Listings are from before the first write.
    stale: Arc<AtomicBool>,
}

type Answer = (StatusCode, Json<Value>);

impl Server {
    fn client(&self) -> Client {
        let leases = "/apis/coordination.k8s.io/v1/namespaces/monitoring/leases";
        let router = Router::new()
            .route(leases, get(Self::list).post(Self::create))
            .route(&format!("{leases}/{NAME}"), get(Self::read).put(Self::replace))
            .with_state(self.clone());
        Client::new(router, "monitoring")
    }

    fn spec(&self) -> LeaseSpec {
        let lease = self.lease.lock().unwrap().clone().unwrap();
        serde_json::from_value(lease["spec"].clone()).unwrap()
    }

    fn write(&self, mut lease: Value) -> Answer {
        let mut version = self.version.lock().unwrap();
        *version += 1;
        lease["metadata"]["resourceVersion"] = json!(version.to_string());
        *self.lease.lock().unwrap() = Some(lease.clone());
        (StatusCode::OK, Json(lease))
    }

    async fn heard(&self) {
        if self.silent.load(Ordering::Relaxed) {
            future::pending::<()>().await;
        }
    }

    async fn answered(&self, answer: Answer) -> Answer {
        if self.deaf.load(Ordering::Relaxed) {
            future::pending::<()>().await;
        }
        answer
    }

    async fn list(State(it): State<Self>, Query(query): Query<Vec<(String, String)>>) -> Answer {
        it.heard().await;
        if query.iter().any(|(key, _)| key == "watch") {
            future::pending::<()>().await;
        }
        let stale = it.stale.load(Ordering::Relaxed);
        let items: Vec<Value> = it.lease.lock().unwrap().iter().filter(|_| !stale).cloned().collect();
        let version = it.version.lock().unwrap().to_string();
        (StatusCode::OK, Json(json!({"metadata": {"resourceVersion": version}, "items": items})))
    }

    async fn read(State(it): State<Self>) -> Answer {
        it.heard().await;
        it.lease.lock().unwrap().clone().map_or_else(|| refusal(404, "NotFound"), |lease| (StatusCode::OK, Json(lease)))
    }

    async fn create(State(it): State<Self>, Json(lease): Json<Value>) -> Answer {
        it.heard().await;
        if it.lease.lock().unwrap().is_some() {
            return refusal(409, "AlreadyExists");
        }
        let answer = it.write(lease);
        it.answered(answer).await
    }

    async fn replace(State(it): State<Self>, Json(lease): Json<Value>) -> Answer {
        it.heard().await;
        let version = |lease: &Value| lease["metadata"]["resourceVersion"].clone();
        let current = it.lease.lock().unwrap().as_ref().map(version);
        match current {
            None => refusal(404, "NotFound"),
            Some(current) if current != version(&lease) => refusal(409, "Conflict"),
            Some(_) => {
                let answer = it.write(lease);
                it.answered(answer).await
            }
        }
    }
}

fn refusal(code: u16, reason: &str) -> Answer {
    let status = json!({"kind": "Status", "status": "Failure", "reason": reason, "code": code, "message": reason});
    (StatusCode::from_u16(code).unwrap(), Json(status))
}

async fn is(held: &mut watch::Receiver<bool>, wanted: bool) {
    timeout_at(Instant::now() + Duration::from_mins(1), held.wait_for(|held| *held == wanted)).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_lease_is_taken_kept_and_given_back() {
    let server = Server::default();
    let candidate = Candidate::start(server.client(), "monitoring", "a");
    let mut held = candidate.held();
    is(&mut held, true).await;
    assert_eq!(server.spec().holder_identity.as_deref(), Some("a"));
    assert_eq!(server.spec().lease_duration_seconds, Some(15));

    sleep(Duration::from_mins(10)).await;
    assert!(!held.has_changed().unwrap(), "it is kept without a break");
    // Ten minutes cost no more than their renewals.
    let writes = *server.version.lock().unwrap();
    assert!((115..=125).contains(&writes), "{writes}");

    candidate.release().await;
    assert!(!*held.borrow());
    assert_eq!(server.spec().holder_identity, None);
    assert_eq!(server.spec().lease_transitions, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_listing_from_before_the_lease_takes_nothing_away() {
    let server = Server::default();
    server.stale.store(true, Ordering::Relaxed);
    let candidate = Candidate::start(server.client(), "monitoring", "a");
    let mut held = candidate.held();
    is(&mut held, true).await;
    sleep(Duration::from_mins(1)).await;
    assert!(!held.has_changed().unwrap(), "it is kept without a break");
    assert_eq!(server.spec().lease_transitions, Some(1), "it was never taken anew");
}

#[tokio::test(start_paused = true)]
async fn a_holder_without_an_api_server_stops_before_another_may_begin() {
    let server = Server::default();
    let cut_off = Server { silent: Arc::default(), ..server.clone() };
    let first = Candidate::start(cut_off.client(), "monitoring", "a");
    let (mut held, begun) = (first.held(), Instant::now());
    is(&mut held, true).await;
    let second = Candidate::start(server.client(), "monitoring", "b");
    let mut next = second.held();
    sleep(Duration::from_secs(7)).await;
    cut_off.silent.store(true, Ordering::Relaxed);

    is(&mut held, false).await;
    // The last renewal was five seconds after the beginning.
    assert!(begun.elapsed() <= Duration::from_millis(17_100), "{:?}", begun.elapsed());
    let stopped = Instant::now();
    assert!(!*next.borrow());
    is(&mut next, true).await;
    let pause = stopped.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(15)).contains(&pause), "{pause:?}");

    // It comes back, sees who holds it, and waits.
    cut_off.silent.store(false, Ordering::Relaxed);
    sleep(Duration::from_mins(2)).await;
    assert!(!*held.borrow());
    assert!(*next.borrow());
    assert_eq!(server.spec().holder_identity.as_deref(), Some("b"));
}

#[tokio::test(start_paused = true)]
async fn one_of_many_candidates_has_an_expired_lease() {
    let server = Server::default();
    let _ = server
        .write(json!({"metadata": {"name": NAME}, "spec": {"holderIdentity": "crashed", "leaseDurationSeconds": 15}}));
    let candidates: Vec<_> =
        (0..5).map(|n| Candidate::start(server.client(), "monitoring", format!("candidate-{n}"))).collect();
    let begun = Instant::now();
    let mut held: Vec<_> = candidates.iter().map(Candidate::held).collect();
    let count = |held: &[watch::Receiver<bool>]| held.iter().filter(|held| *held.borrow()).count();
    while count(&held) == 0 {
        sleep(Duration::from_millis(100)).await;
    }
    let after = begun.elapsed();
    assert!((Duration::from_secs(15)..Duration::from_secs(20)).contains(&after), "{after:?}");
    for _ in 0..600 {
        sleep(Duration::from_millis(100)).await;
        assert_eq!(count(&held), 1);
    }
    let holder = server.spec().holder_identity.unwrap();
    let index = held.iter_mut().position(|held| *held.borrow_and_update()).unwrap();
    assert_eq!(holder, format!("candidate-{index}"));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_was_done_and_not_answered_is_ours() {
    let server = Server::default();
    let candidate = Candidate::start(server.client(), "monitoring", "a");
    let mut held = candidate.held();
    is(&mut held, true).await;
    sleep(Duration::from_secs(4)).await;
    server.deaf.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(3)).await;
    server.deaf.store(false, Ordering::Relaxed);
    sleep(Duration::from_mins(1)).await;
    assert!(!held.has_changed().unwrap());
    candidate.release().await;
    assert_eq!(server.spec().holder_identity, None);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_removed_or_taken_is_lost() {
    let server = Server::default();
    let candidate = Candidate::start(server.client(), "monitoring", "a");
    let mut held = candidate.held();
    is(&mut held, true).await;
    *server.lease.lock().unwrap() = None;
    is(&mut held, false).await;
    is(&mut held, true).await;

    let mut lease = server.lease.lock().unwrap().clone().unwrap();
    lease["spec"]["holderIdentity"] = json!("thief");
    let _ = server.write(lease);
    is(&mut held, false).await;
    assert_eq!(server.spec().holder_identity.as_deref(), Some("thief"));
    // The thief does not renew.
    let begun = Instant::now();
    is(&mut held, true).await;
    assert!(begun.elapsed() > Duration::from_secs(14), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_is_dropped_gives_the_lease_back() {
    let server = Server::default();
    let candidate = Candidate::start(server.client(), "monitoring", "a");
    let mut held = candidate.held();
    is(&mut held, true).await;
    drop(candidate);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(server.spec().holder_identity, None);
}
