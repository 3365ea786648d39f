//! Where Stagewatch runs in the demo: by itself with its state in a folder, or as the operator of a cluster.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use xtask::rig::daemon::{Daemon, recorded};
use xtask::rig::kubernetes::{Binaries, ControlPlane};
use xtask::rig::scratch::{KUBERNETES, PROGRAM};
use xtask::rig::{command, free_ports, write_private};
use xtask::say::print;

use super::example::{JOB, NAMESPACE};
use super::staging::{Secret, Staging};
use crate::cargo::workspace;

const READY_WITHIN: Duration = Duration::from_secs(30);
const MANIFEST: &str = "autopar-staging.yaml";

/// Stagewatch at work; dropping it ends it.
pub(crate) struct Stage {
    // In the order in which they go.
    program: Daemon,
    place: Place,
    folder: PathBuf,
}

enum Place {
    /// `stagewatch watch`, with its state in this folder.
    Folder(PathBuf),
    /// `stagewatch operator`.
    Cluster { plane: ControlPlane, kubectl: PathBuf },
}

impl Stage {
    /// `stagewatch watch` with the job's file and the Secrets as files.
    pub(crate) fn without_a_cluster(staging: &Staging, binary: &Path, manifest: &str) -> Result<Self> {
        let folder = staging.folder().to_owned();
        prepare(&folder, binary, manifest)?;
        let (state, secrets) = (folder.join("state"), folder.join("secrets"));
        write_secrets(&secrets, &staging.secrets()?)?;
        let (state_text, secrets) = (state.display().to_string(), secrets.display().to_string());
        let url = staging.bot.url();
        let arguments = ["watch", MANIFEST, "--state", &state_text, "--secrets", &secrets, "--telegram-url", &url];
        shown(&arguments);
        let mut program = Daemon::start(PROGRAM, &folder, &mut stagewatch(&folder, &arguments))?;
        program.wait_ready(READY_WITHIN, || command::output(&mut status(&folder, &state)).is_ok())?;
        Ok(Self { program, place: Place::Folder(state), folder })
    }

    /// A cluster with `stagewatch operator` in it, under the rights that `deploy/operator` gives.
    pub(crate) fn in_a_cluster(staging: &Staging, binary: &Path, manifest: &str, binaries: &Binaries) -> Result<Self> {
        let folder = staging.folder().to_owned();
        prepare(&folder, binary, manifest)?;
        let plane = ControlPlane::start(binaries, &folder.join(KUBERNETES))?;
        let root = workspace()?;
        let at = |path: &str| root.join(path).display().to_string();
        let apply = |what: &str, path: &str| -> Result<()> {
            print(format!("$ kubectl apply -f {what}"));
            print(plane.kubectl(&["apply", "--filename", path])?);
            Ok(())
        };
        print("");
        apply("crds/", &at("crds"))?;
        plane.kubectl(&["wait", "--for=condition=Established", "--filename", &at("crds")])?;
        for file in ["deploy/operator/namespace.yaml", "deploy/operator/rbac.yaml"] {
            apply(file, &at(file))?;
        }
        let secrets = folder.join("secrets.json");
        write_private(&secrets, &secret_list(&staging.secrets()?).to_string())?;
        apply("secrets.json", &secrets.display().to_string())?;

        let program = operator(&folder, staging, &plane)?;
        let kubectl = binaries.folder().join("kubectl");
        let stage = Self { program, place: Place::Cluster { plane, kubectl }, folder };
        print(format!("$ kubectl apply -f {MANIFEST}"));
        print(stage.kubectl(&["apply", "--filename", &stage.folder.join(MANIFEST).display().to_string()])?);
        Ok(stage)
    }

    /// An error with its log when Stagewatch has ended.
    pub(crate) fn alive(&self) -> Result<()> {
        if recorded(PROGRAM, &self.folder).is_none() {
            let log = fs::read_to_string(self.program.log()).unwrap_or_default();
            bail!("stagewatch has ended; its log:\n{log}");
        }
        Ok(())
    }

    /// The job as it is now.
    pub(crate) fn job(&self) -> Result<Value> {
        self.alive()?;
        match &self.place {
            Place::Folder(state) => {
                let text = command::output(&mut status(&self.folder, state))?;
                Ok(serde_json::from_str::<Value>(&text)?["jobs"][0].take())
            }
            Place::Cluster { .. } => {
                let text =
                    self.kubectl(&["get", "monitoringjob", JOB, "--namespace", NAMESPACE, "--output", "json"])?;
                Ok(serde_json::from_str(&text)?)
            }
        }
    }

    /// Prints what a person would look at.
    pub(crate) fn table(&self) -> Result<()> {
        print("");
        match &self.place {
            Place::Folder(state) => {
                let arguments = ["status", "--output", "wide", "--state", &state.display().to_string()];
                shown(&arguments);
                print(command::output(&mut stagewatch(&self.folder, &arguments))?);
            }
            Place::Cluster { .. } => {
                for kind in ["monitoringjobs", "monitoringruns"] {
                    print(format!("$ kubectl -n {NAMESPACE} get {kind} -o wide"));
                    print(self.kubectl(&["get", kind, "--namespace", NAMESPACE, "--output", "wide"])?);
                }
            }
        }
        Ok(())
    }

    /// Has the job run at once by `stagewatch trigger`, prints its report, and gives it with the exit code.
    pub(crate) fn look(&self) -> Result<(Option<i32>, String)> {
        print("");
        let mut arguments = vec!["trigger", JOB, "--wait"];
        let state;
        if let Place::Folder(folder) = &self.place {
            state = folder.display().to_string();
            arguments.extend(["--state", &state]);
        } else {
            arguments.extend(["--namespace", NAMESPACE]);
        }
        shown(&arguments);
        let mut command = stagewatch(&self.folder, &arguments);
        if let Place::Cluster { plane, .. } = &self.place {
            command.env("KUBECONFIG", plane.kubeconfig());
        }
        let output = command.output().context("stagewatch cannot be started")?;
        let report = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        print(&report);
        let code = output.status.code();
        print(format!("(exit code {})", code.map_or_else(|| "none".to_owned(), |code| code.to_string())));
        if report.is_empty() {
            bail!("`stagewatch trigger` printed no report: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok((code, report))
    }

    /// What to try while all is kept running.
    pub(crate) fn hints(&self) -> Vec<String> {
        match &self.place {
            Place::Folder(state) => vec![
                format!("export STAGEWATCH_STATE={}", state.display()),
                format!("{}/{PROGRAM} status", self.folder.display()),
                format!("{}/{PROGRAM} trigger {JOB} --wait", self.folder.display()),
            ],
            Place::Cluster { plane, kubectl } => vec![
                format!("export KUBECONFIG={}", plane.kubeconfig().display()),
                format!("{} -n {NAMESPACE} get monitoringjobs,monitoringruns -o wide", kubectl.display()),
                format!("{} explain monitoringjob.spec", kubectl.display()),
            ],
        }
    }

    /// Where Stagewatch logs.
    pub(crate) fn log(&self) -> &Path {
        self.program.log()
    }

    fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        match &self.place {
            Place::Cluster { plane, .. } => plane.kubectl(arguments),
            Place::Folder(_) => bail!("there is no cluster"),
        }
    }
}

/// The operator as the service account that its Deployment would give it.
fn operator(folder: &Path, staging: &Staging, plane: &ControlPlane) -> Result<Daemon> {
    let token = plane.kubectl(&["create", "token", "stagewatch", "--namespace", "stagewatch", "--duration", "24h"])?;
    let mut config: Value = serde_json::from_str(&plane.kubectl(&["config", "view", "--minify", "--output", "json"])?)?;
    config["users"][0]["user"] = json!({"token": token});
    config["contexts"][0]["context"]["namespace"] = json!("stagewatch");
    let kubeconfig = folder.join("operator.kubeconfig");
    write_private(&kubeconfig, &config.to_string())?;

    let [port] = free_ports()?;
    let (http, url) = (format!("127.0.0.1:{port}"), staging.bot.url());
    let mut arguments = vec!["operator", "--http", &http, "--telegram-url", &url];
    if staging.docker_tls_host()?.is_none() {
        arguments.push("--allow-unix-sockets");
    }
    shown(&arguments);
    Daemon::start(PROGRAM, folder, stagewatch(folder, &arguments).env("KUBECONFIG", kubeconfig))
}

/// The job's file, and the program under the folder's own path: so it is known again when the demo was killed.
fn prepare(folder: &Path, binary: &Path, manifest: &str) -> Result<()> {
    symlink(binary, folder.join(PROGRAM)).with_context(|| format!("no link to {}", binary.display()))?;
    Ok(fs::write(folder.join(MANIFEST), manifest)?)
}

/// `stagewatch …`, whatever the environment would make it do.
fn stagewatch(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(folder.join(PROGRAM));
    command.args(arguments).current_dir(folder).env("NO_PROXY", "127.0.0.1");
    let ours = ["STAGEWATCH_", "TELEGRAM_", "SECRET__", "KUBE"];
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| ours.iter().any(|start| name.starts_with(start))) {
            command.env_remove(name);
        }
    }
    command
}

fn status(folder: &Path, state: &Path) -> Command {
    stagewatch(folder, &["status", JOB, "--state", &state.display().to_string(), "--output", "json"])
}

fn shown(arguments: &[&str]) {
    print(format!("$ stagewatch {}", arguments.join(" ")));
}

/// `DIR/<secret>/<key>`, as `--secrets DIR` reads them.
fn write_secrets(folder: &Path, secrets: &[Secret]) -> Result<()> {
    for (name, values) in secrets {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)?;
        values.iter().try_for_each(|(key, value)| write_private(&folder.join(key), value))?;
    }
    Ok(())
}

fn secret_list(secrets: &[Secret]) -> Value {
    let item = |(name, values): &Secret| {
        let values: serde_json::Map<_, _> =
            values.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let labels = json!({"monitoring.pitchai.net/use": "true"});
        let metadata = json!({"name": name, "namespace": NAMESPACE, "labels": labels});
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values})
    };
    json!({"apiVersion": "v1", "kind": "List", "items": secrets.iter().map(item).collect::<Vec<_>>()})
}
