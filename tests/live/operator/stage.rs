//! One test's own part of the cluster: a namespace, an operator's `ServiceAccount` with the rights that
//! `deploy/operator/rbac.yaml` gives, a Bot API endpoint, and what people would ask with kubectl.

use std::{fmt::Debug, fs, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use k8s_openapi::{
    api::events::v1::Event, apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
    apimachinery::pkg::apis::meta::v1::Condition,
};
use kube::{
    Api, Client, Config, CustomResourceExt as _,
    api::{Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
    core::DynamicObject,
};
use serde_json::{Value, json};
use stagewatch::{
    api::{MonitoringJob, MonitoringJobStatus, MonitoringRun, MonitoringRunStatus, SECRET_USE_LABEL},
    store::kubernetes,
};
use tempfile::TempDir;
use tokio::{sync::OnceCell, time::Instant};
use xtask::{
    rig::{Rig, bot::Bot, command},
    say::say,
};

/// How long what should come at once may take on a machine that is busy.
pub const SOON: Duration = Duration::from_secs(30);
/// How long the next slot of `@every 1m` and its run may take.
pub const NEXT_SLOT: Duration = Duration::from_secs(90);

/// One test's own part of the cluster.
pub struct Stage {
    pub rig: Rig,
    pub namespace: String,
    pub client: Client,
    pub bot: Bot,
    folder: TempDir,
}

impl Stage {
    /// A new namespace, with the Secret `telegram` for the endpoint.
    pub async fn new(name: &str) -> Result<Self> {
        let stage = Self::without_secrets(&format!("op-{name}-{}", std::process::id())).await?;
        stage.telegram("telegram", true).await?;
        Ok(stage)
    }

    /// This namespace, which may be there, without any Secret.
    pub async fn without_secrets(namespace: &str) -> Result<Self> {
        let rig = Rig::from_env();
        let client = client().await?;
        definitions(&client).await?;
        let stage =
            Self { rig, namespace: namespace.to_owned(), client, bot: Bot::start()?, folder: tempfile::tempdir()? };
        stage.rights().await?;
        Ok(stage)
    }

    /// The operator's account and rights, as they are deployed, for this namespace.
    async fn rights(&self) -> Result<()> {
        let namespace = &self.namespace;
        let deployed = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/operator/rbac.yaml"))?;
        let mut documents = vec![format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n")];
        for document in deployed.split("\n---\n") {
            let here = ["stagewatch", "monitoring"].iter().fold(document.to_owned(), |text, there| {
                text.replace(&format!("namespace: {there}"), &format!("namespace: {namespace}"))
            });
            // What is the cluster's is bound under a name of this test's own.
            let own = format!("name: {namespace}");
            let bound = here.contains("kind: ClusterRoleBinding");
            documents.push(if bound { here.replacen("name: stagewatch", &own, 1) } else { here });
        }
        self.apply("rights.yaml", &documents.join("\n---\n")).await?;
        let token = self.kubectl(&["create", "token", "stagewatch", "--duration", "2h"]).await?;
        let mut config: Value = serde_saphyr::from_str(&fs::read_to_string(&self.rig.kubeconfig)?)?;
        *config.pointer_mut("/users/0/user").context("the kubeconfig has no user")? = json!({ "token": token });
        fs::write(self.kubeconfig(), config.to_string())?;
        Ok(())
    }

    /// The operator's own kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Where this stage keeps its files.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// `kubectl -n NAMESPACE …` as a person would, its stdout.
    pub async fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        let mut kubectl = self.rig.kubectl(&[&["--namespace", &self.namespace], arguments].concat());
        tokio::task::spawn_blocking(move || command::output(&mut kubectl)).await?
    }

    /// `kubectl apply` of a file with this text.
    pub async fn apply(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder.path().join(name);
        fs::write(&path, text)?;
        let file = path.display().to_string();
        self.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &file]).await.map(drop)
    }

    /// A Secret with the bot's token and chat.
    pub async fn telegram(&self, name: &str, labelled: bool) -> Result<()> {
        self.secret(name, labelled, &[("TELEGRAM_BOT_TOKEN", Bot::TOKEN), ("TELEGRAM_CHAT_ID", Bot::CHAT)]).await
    }

    /// A Secret with the client certificate for the rig's engine.
    pub async fn docker_tls(&self, name: &str) -> Result<()> {
        let file = |name: &str| self.rig.docker_tls_file(name);
        let (ca, certificate, key) = (file("ca.pem"), file("cert.pem"), file("key.pem"));
        self.secret(name, true, &[("ca.crt", &ca), ("tls.crt", &certificate), ("tls.key", &key)]).await
    }

    /// A Secret with these values, labelled for use or not.
    pub async fn secret(&self, name: &str, labelled: bool, values: &[(&str, &str)]) -> Result<()> {
        let labels = if labelled { json!({SECRET_USE_LABEL: "true"}) } else { json!({}) };
        let data: serde_json::Map<_, _> = values.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "labels": labels}, "stringData": data,
        });
        self.apply(&format!("secret-{name}.json"), &secret.to_string()).await
    }

    pub fn jobs(&self) -> Api<MonitoringJob> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Creates a job whose messages go to the Secret `telegram`.
    pub async fn create_job(&self, name: &str, spec: Value) -> Result<MonitoringJob> {
        let object = json!({"metadata": {"name": name}, "spec": with_defaults(name, &spec)});
        let object = serde_json::from_value(object).with_context(|| format!("the job {name}"))?;
        self.jobs().create(&PostParams::default(), &object).await.with_context(|| format!("the job {name}"))
    }

    /// Merges this into a job's spec.
    pub async fn edit_job(&self, name: &str, spec: Value) -> Result<()> {
        let patch = Patch::Merge(json!({ "spec": spec }));
        self.jobs().patch(name, &PatchParams::default(), &patch).await?;
        Ok(())
    }

    pub async fn job(&self, name: &str) -> Result<MonitoringJobStatus> {
        Ok(self.jobs().get(name).await?.status.unwrap_or_default())
    }

    /// The runs of a job, oldest slot or creation first.
    pub async fn runs(&self, job: &str) -> Result<Vec<MonitoringRun>> {
        let runs = Api::<MonitoringRun>::namespaced(self.client.clone(), &self.namespace);
        let mut runs = runs.list(&kube::api::ListParams::default()).await?.items;
        runs.retain(|run| run.spec.job_ref.name == job);
        runs.sort_by_key(|run| (run.spec.scheduled_time, run.metadata.creation_timestamp.clone().map(|at| at.0)));
        Ok(runs)
    }

    /// Creates a run by hand, and returns its name.
    pub async fn create_run(&self, job: &str) -> Result<String> {
        let runs = Api::<MonitoringRun>::namespaced(self.client.clone(), &self.namespace);
        let run = json!({"metadata": {"generateName": format!("{job}-")}, "spec": {"jobRef": {"name": job}}});
        let run = runs.create(&PostParams::default(), &serde_json::from_value(run)?).await?;
        run.metadata.name.context("the run has no name")
    }

    pub async fn run(&self, name: &str) -> Result<MonitoringRunStatus> {
        let runs = Api::<MonitoringRun>::namespaced(self.client.clone(), &self.namespace);
        Ok(runs.get(name).await?.status.unwrap_or_default())
    }

    /// The Events about the object of this name, as `reason: note`.
    pub async fn events(&self, about: &str) -> Result<Vec<String>> {
        let events = Api::<Event>::namespaced(self.client.clone(), &self.namespace);
        let events = events.list(&kube::api::ListParams::default()).await?.items.into_iter();
        let about = |event: &Event| event.regarding.as_ref().is_some_and(|it| it.name.as_deref() == Some(about));
        let text = |event: Event| format!("{}: {}", event.reason.unwrap_or_default(), event.note.unwrap_or_default());
        Ok(events.filter(about).map(text).collect())
    }

    /// Waits until a job's status is as `holds` says.
    pub async fn until_job(
        &self,
        name: &str,
        what: &str,
        deadline: Duration,
        holds: impl Fn(&MonitoringJobStatus) -> bool,
    ) -> Result<MonitoringJobStatus> {
        until(&format!("{name}: {what}"), deadline, async || {
            let status = self.job(name).await?;
            Ok(if holds(&status) { Ok(status) } else { Err(status) })
        })
        .await
    }

    /// Waits until a run's status is as `holds` says.
    pub async fn until_run(
        &self,
        name: &str,
        what: &str,
        deadline: Duration,
        holds: impl Fn(&MonitoringRunStatus) -> bool,
    ) -> Result<MonitoringRunStatus> {
        until(&format!("{name}: {what}"), deadline, async || {
            let status = self.run(name).await?;
            Ok(if holds(&status) { Ok(status) } else { Err(status) })
        })
        .await
    }

    /// Waits until so many messages were accepted, and gives them as their readers see them.
    pub async fn messages(&self, count: usize, deadline: Duration) -> Result<Vec<String>> {
        let what = format!("{count} messages");
        let seen = until(&what, deadline, async || {
            let messages = self.bot.messages();
            Ok(if messages.len() >= count { Ok(messages) } else { Err((messages, self.bot.refusals())) })
        });
        Ok(seen.await?.into_iter().map(|message| message.plain).collect())
    }
}

/// What is left for the tests that come after: nothing.
impl Drop for Stage {
    fn drop(&mut self) {
        let gone = ["--wait=false", "--ignore-not-found"];
        for what in [["namespace", &self.namespace], ["clusterrolebinding", &self.namespace]] {
            let deleted = command::output(&mut self.rig.kubectl(&[&["delete"], &what[..], &gone].concat()));
            if let Err(error) = deleted {
                say(format!("{} could not be deleted: {error:#}", what.join(" ")));
            }
        }
    }
}

/// A job's spec with what it does not say: nothing is looked at twice, one bad run opens an incident and one good one
/// closes it, and messages go to the Secret `telegram`.
fn with_defaults(name: &str, spec: &Value) -> Value {
    let mut whole = json!({
        "environment": name,
        "confirm": {"attempts": 1},
        "notifications": {
            "failureThreshold": 1,
            "successThreshold": 1,
            "receivers": [{"name": "team", "telegram": {"secretRef": {"name": "telegram"}}}],
        },
    });
    stagewatch::store::merge::apply(&mut whole, spec);
    whole
}

/// Waits until `look` gives `Ok`; past the deadline the error says what was seen last.
pub async fn until<T, E: Debug>(
    what: &str,
    deadline: Duration,
    look: impl AsyncFn() -> Result<Result<T, E>>,
) -> Result<T> {
    let end = Instant::now() + deadline;
    loop {
        match look().await? {
            Ok(seen) => return Ok(seen),
            Err(last) => ensure!(Instant::now() < end, "{what}: not within {deadline:?}; last seen: {last:#?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The condition of this type: its status, reason and message.
pub fn condition<'a>(conditions: &'a [Condition], type_: &str) -> (&'a str, &'a str, &'a str) {
    let found = conditions.iter().find(|condition| condition.type_ == type_);
    found.map_or(("", "", ""), |it| (&it.status, &it.reason, &it.message))
}

/// How long after its slot a run started.
pub fn lag(run: &MonitoringRun) -> Result<Duration> {
    let slot = run.spec.scheduled_time.context("it has no slot")?;
    let start = run.status.as_ref().and_then(|status| status.start_time).context("it has not started")?;
    Ok(start.duration_since(slot).try_into()?)
}

/// Sleeps until so many seconds of a minute have gone by, so that no slot of `@every 1m` is near.
pub async fn second_of_minute(second: i64) {
    let now = Timestamp::now().as_second().rem_euclid(60);
    let wait = u64::try_from((second - now).rem_euclid(60)).unwrap_or(0);
    tokio::time::sleep(Duration::from_secs(wait)).await;
}

async fn client() -> Result<Client> {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let file = Kubeconfig::from_env()?.context("KUBECONFIG is not set: run `cargo xtask test`, which sets it up")?;
    Ok(kubernetes::client(Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?)?)
}

/// The namespace with a job that this version cannot read.
pub fn odd_namespace() -> String {
    format!("op-odd-{}", std::process::id())
}

/// Installs the definitions once, and before them, under a schema that admits more, the job `odd`: a change of the
/// schema later would interrupt the watches of every test.
async fn definitions(client: &Client) -> Result<()> {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let installed = INSTALLED.get_or_try_init(async || {
        install(client, serde_json::to_value(MonitoringRun::crd())?).await?;
        let crd = serde_json::to_value(MonitoringJob::crd())?;
        let mut newer = crd.clone();
        let policy =
            "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/notifications/properties/policy";
        let policy = newer.pointer_mut(policy).and_then(Value::as_object_mut).context("the schema has no policy")?;
        policy.remove("enum").context("the policy is no enumeration")?;
        install(client, newer).await?;
        odd_job(client).await?;
        install(client, crd).await
    });
    installed.await.map(drop)
}

async fn odd_job(client: &Client) -> Result<()> {
    let namespace = odd_namespace();
    let object = serde_json::from_value(json!({"metadata": {"name": namespace}}))?;
    let namespaces = Api::<k8s_openapi::api::core::v1::Namespace>::all(client.clone());
    namespaces.create(&PostParams::default(), &object).await?;
    let resource = MonitoringJob::api_resource();
    let jobs = Api::<DynamicObject>::namespaced_with(client.clone(), &namespace, &resource);
    let spec = json!({
        "environment": "Odd",
        "websites": [{"name": "site", "url": "https://staging.example.com"}],
        "notifications": {"policy": "Odd"},
    });
    let odd = DynamicObject::new("odd", &resource).data(json!({ "spec": spec }));
    until("the schema that admits more", SOON, async || Ok(jobs.create(&PostParams::default(), &odd).await)).await?;
    Ok(())
}

async fn install(client: &Client, mut crd: Value) -> Result<()> {
    let crds = Api::<CustomResourceDefinition>::all(client.clone());
    let name = crd.pointer("/metadata/name").and_then(Value::as_str).context("the CRD has no name")?.to_owned();
    crd["apiVersion"] = json!("apiextensions.k8s.io/v1");
    crd["kind"] = json!("CustomResourceDefinition");
    crds.patch(&name, &PatchParams::apply("live-test").force(), &Patch::Apply(crd)).await?;
    until(&format!("{name} established"), SOON, async || {
        let conditions = crds.get(&name).await?.status.and_then(|status| status.conditions).unwrap_or_default();
        let served = conditions.iter().any(|it| it.type_ == "Established" && it.status == "True");
        Ok(if served { Ok(()) } else { Err(conditions) })
    })
    .await
}
