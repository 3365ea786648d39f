//! The store in a cluster, and the lease, on a real API server: `cargo xtask test` sets it up and gives its KUBECONFIG.

#[path = "../store/conformance.rs"]
#[macro_use]
mod conformance;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use conformance::Subject;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::DynamicObject;
use kube::{Api, Client, Config, CustomResourceExt as _, ResourceExt as _};
use serde_json::{Value, json};
use stagewatch::api::{MonitoringJob, MonitoringRun};
use stagewatch::operator::lease::{self, Candidate};
use stagewatch::store::kubernetes::{self, Kubernetes};
use tokio::sync::{OnceCell, watch};

/// How long the API server may take to do what it does by and by.
const PATIENCE: Duration = Duration::from_mins(1);

async fn client() -> Result<Client> {
    let file = Kubeconfig::from_env()?.context("KUBECONFIG is not set: run `cargo xtask test`, which sets it up")?;
    Ok(kubernetes::client(Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?)?)
}

struct InCluster {
    client: Client,
    store: Kubernetes,
    other: Kubernetes,
    namespace: String,
}

impl InCluster {
    async fn new() -> Result<Self> {
        static INSTALLED: OnceCell<()> = OnceCell::const_new();
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let client = client().await?;
        INSTALLED
            .get_or_try_init(async || {
                apply_crd(&client, serde_json::to_value(MonitoringJob::crd())?).await?;
                apply_crd(&client, serde_json::to_value(MonitoringRun::crd())?).await
            })
            .await?;
        let namespace = format!("store-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let object = serde_json::from_value(json!({"metadata": {"name": namespace}}))?;
        Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &object).await?;
        let store = |client| Kubernetes::new(client, Some(namespace.clone()));
        Ok(Self { store: store(client.clone()), other: store(self::client().await?), client, namespace })
    }
}

/// Nothing odd is to be left for the tests that come after.
impl Drop for InCluster {
    fn drop(&mut self) {
        let namespaces = Api::<Namespace>::all(self.client.clone());
        let delete = async { namespaces.delete(&self.namespace, &DeleteParams::background()).await };
        let deleted = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(delete));
        assert!(deleted.is_ok() || std::thread::panicking(), "{deleted:?}");
    }
}

async fn apply_crd(client: &Client, mut crd: Value) -> Result<()> {
    let crds = Api::<CustomResourceDefinition>::all(client.clone());
    let name = crd.pointer("/metadata/name").and_then(Value::as_str).context("the CRD has no name")?.to_owned();
    crd["apiVersion"] = json!("apiextensions.k8s.io/v1");
    crd["kind"] = json!("CustomResourceDefinition");
    crds.patch(&name, &PatchParams::apply("live-test").force(), &Patch::Apply(crd)).await?;
    let begun = Instant::now();
    loop {
        let conditions = crds.get(&name).await?.status.and_then(|status| status.conditions).unwrap_or_default();
        if conditions.iter().any(|condition| condition.type_ == "Established" && condition.status == "True") {
            return Ok(());
        }
        ensure!(begun.elapsed() < PATIENCE, "{name} is not established");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

impl Subject for InCluster {
    type Store = Kubernetes;

    fn store(&self) -> &Kubernetes {
        &self.store
    }

    fn other(&self) -> &Kubernetes {
        &self.other
    }

    fn namespace(&self) -> &str {
        &self.namespace
    }

    async fn apply(&self, job: &MonitoringJob) -> Result<MonitoringJob> {
        let jobs = Api::<MonitoringJob>::namespaced(self.client.clone(), &self.namespace);
        let Some(mut held) = jobs.get_opt(&job.name_any()).await? else {
            return Ok(jobs.create(&PostParams::default(), job).await?);
        };
        held.spec = job.spec.clone();
        held.metadata.labels.clone_from(&job.metadata.labels);
        held.metadata.annotations.clone_from(&job.metadata.annotations);
        Ok(jobs.replace(&job.name_any(), &PostParams::default(), &held).await?)
    }

    /// As a newer version of us would: with a schema that admits more. The schema of this one is put back.
    async fn put_odd_run(&self, name: &str) -> Result<()> {
        let crd = serde_json::to_value(MonitoringRun::crd())?;
        let mut newer = crd.clone();
        let trigger = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/trigger";
        let trigger = newer.pointer_mut(trigger).and_then(Value::as_object_mut).context("the schema has no trigger")?;
        trigger.remove("enum").context("the trigger is no enumeration")?;
        apply_crd(&self.client, newer).await?;

        let resource = MonitoringRun::api_resource();
        let runs = Api::<DynamicObject>::namespaced_with(self.client.clone(), &self.namespace, &resource);
        let odd = DynamicObject::new(name, &resource)
            .data(json!({"spec": {"jobRef": {"name": "staging"}, "trigger": "Odd"}}));
        let begun = Instant::now();
        while let Err(error) = runs.create(&PostParams::default(), &odd).await {
            // The new schema is not everywhere at once.
            ensure!(begun.elapsed() < PATIENCE, error);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        apply_crd(&self.client, crd).await
    }
}

conformance!(InCluster::new().await?);

async fn becomes(held: &mut watch::Receiver<bool>, wanted: bool) -> Result<()> {
    tokio::time::timeout(PATIENCE, held.wait_for(|held| *held == wanted)).await.context("it stays as it is")??;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_candidate_holds_the_lease_and_hands_it_over() -> Result<()> {
    let cluster = InCluster::new().await?;
    let leases = Api::<Lease>::namespaced(cluster.client.clone(), &cluster.namespace);
    let holder = async || anyhow::Ok(leases.get(lease::NAME).await?.spec.and_then(|spec| spec.holder_identity));

    let first = Candidate::start(client().await?, &cluster.namespace, "first");
    becomes(&mut first.held(), true).await?;
    assert_eq!(holder().await?.as_deref(), Some("first"));
    let second = Candidate::start(client().await?, &cluster.namespace, "second");
    // Longer than the lease is good for without its renewals.
    tokio::time::sleep(Duration::from_secs(17)).await;
    assert!(*first.held().borrow());
    assert!(!*second.held().borrow());

    let released = Instant::now();
    first.release().await;
    becomes(&mut second.held(), true).await?;
    let pause = released.elapsed();
    assert!(pause < Duration::from_secs(1), "the hand-over took {pause:?}");
    assert_eq!(holder().await?.as_deref(), Some("second"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_candidates_of_one_moment_make_one_holder() -> Result<()> {
    let cluster = InCluster::new().await?;
    let mut candidates = Vec::new();
    for number in 0..5 {
        candidates.push(Candidate::start(client().await?, &cluster.namespace, format!("candidate-{number}")));
    }
    let held = || candidates.iter().filter(|candidate| *candidate.held().borrow()).count();
    let begun = Instant::now();
    while held() == 0 {
        ensure!(begun.elapsed() < PATIENCE, "nobody holds the lease");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..400 {
        assert_eq!(held(), 1);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
