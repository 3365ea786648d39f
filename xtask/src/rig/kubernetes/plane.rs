//! Starting and ending a control plane in one folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::build::Binaries;
use crate::rig::certificates::{Authority, key_pair};
use crate::rig::daemon::{self, Daemon};
use crate::rig::{command, free_ports, write_private};
use crate::say::say;

const READY_WITHIN: Duration = Duration::from_secs(90);

/// In the order in which they end: an API server whose etcd went first hangs.
const ORDER: [&str; 3] = ["kube-controller-manager", "kube-apiserver", "etcd"];

/// Every request, once, when it is answered.
const AUDIT_POLICY: &str =
    "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n";

/// A running control plane; dropping it ends it.
#[derive(Debug)]
pub struct ControlPlane {
    folder: PathBuf,
    binaries: Binaries,
    /// In the order of `ORDER`.
    daemons: Vec<Daemon>,
}

impl ControlPlane {
    /// Starts one with all its state in `folder`, which should be empty, and waits until it is ready to use.
    pub fn start(binaries: &Binaries, folder: &Path) -> Result<Self> {
        let begun = Instant::now();
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let [etcd_port, peer_port, port] = free_ports()?;
        let plane = Files { folder, etcd: format!("http://127.0.0.1:{etcd_port}"), port };
        plane.write()?;
        let mut started = Self { folder: folder.to_owned(), binaries: binaries.clone(), daemons: Vec::new() };
        let mut launch = |name: &str, arguments: Vec<String>| -> Result<()> {
            let daemon =
                Daemon::start(name, folder, Command::new(binaries.program(name)).args(arguments).current_dir(folder))?;
            started.daemons.insert(0, daemon);
            Ok(())
        };
        launch("etcd", plane.etcd_arguments(peer_port))?;
        launch("kube-apiserver", plane.apiserver_arguments())?;
        launch("kube-controller-manager", plane.manager_arguments())?;
        // Its last step is the controller manager's, so with it all three are there.
        started.wait_ready(1, "readyz", &["get", "--raw", "/readyz"])?;
        started.wait_ready(0, "service account", &["get", "serviceaccount", "default", "--namespace", "default"])?;
        say(format!("started Kubernetes {} in {:.1} s", super::version()?, begun.elapsed().as_secs_f32()));
        Ok(started)
    }

    fn wait_ready(&mut self, daemon: usize, what: &str, arguments: &[&str]) -> Result<()> {
        let kubectl =
            |arguments: &[&str]| command::output(&mut kubectl(&self.binaries, &self.folder, arguments)).is_ok();
        let Some(daemon) = self.daemons.get_mut(daemon) else { return Ok(()) };
        daemon
            .wait_ready(READY_WITHIN, || kubectl(arguments))
            .with_context(|| format!("Kubernetes is not ready ({what})"))
    }

    /// The file for `KUBECONFIG`: an administrator's.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// Where the API server writes each request, one JSON object a line.
    pub fn audit_log(&self) -> PathBuf {
        self.folder.join("audit.log")
    }

    /// `kubectl …` as the administrator, its stdout.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        command::output(&mut kubectl(&self.binaries, &self.folder, arguments))
    }

    /// Lets it run on when this handle goes away; `end_kept` ends it.
    pub fn keep(mut self) {
        self.daemons.drain(..).for_each(Daemon::keep);
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        // One after the other, from the front: the order matters.
        self.daemons.drain(..).for_each(drop);
    }
}

fn kubectl(binaries: &Binaries, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binaries.program("kubectl"));
    command.args(["--request-timeout", "10s"]).args(arguments).env("KUBECONFIG", folder.join("kubeconfig"));
    command
}

/// The kubeconfig of the control plane that runs in this folder, if all of it does.
pub fn kept(folder: &Path) -> Option<PathBuf> {
    ORDER.iter().all(|name| daemon::recorded(name, folder).is_some()).then(|| folder.join("kubeconfig"))
}

/// Ends what runs in this folder and removes the folder; tells whether anything ran.
pub fn end_kept(folder: &Path) -> Result<bool> {
    let mut ran = false;
    for name in ORDER {
        ran |= daemon::end_recorded(name, folder)?;
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(ran)
}

/// What the programs are told, in files and arguments.
struct Files<'a> {
    folder: &'a Path,
    etcd: String,
    port: u16,
}

impl Files<'_> {
    fn at(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn write(&self) -> Result<()> {
        let authority = Authority::new("Stagewatch rig Kubernetes CA")?;
        let names =
            ["127.0.0.1", "10.96.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
        let server = authority.server(&names)?;
        let (public, private) = key_pair()?;
        let (admin, manager) = (token()?, token()?);
        let users = format!(
            "{admin},admin,admin,\"system:masters\"\n{manager},system:kube-controller-manager,manager,\"system:kube-controller-manager\"\n"
        );
        let files = [
            ("ca.crt", authority.certificate()),
            ("server.crt", server.certificate),
            ("server.key", server.key),
            ("service-accounts.pub", public),
            ("service-accounts.key", private),
            ("users.csv", users),
            ("audit-policy.yaml", AUDIT_POLICY.to_owned()),
            ("kubeconfig", self.kubeconfig("admin", &admin)),
            ("manager.kubeconfig", self.kubeconfig("manager", &manager)),
        ];
        files.iter().try_for_each(|(name, text)| write_private(&self.folder.join(name), text))
    }

    fn kubeconfig(&self, user: &str, token: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: rig\n  cluster: {{server: \"https://127.0.0.1:{}\", certificate-authority: \"{}\"}}\n\
             users:\n- name: {user}\n  user: {{token: {token}}}\n\
             contexts:\n- name: rig\n  context: {{cluster: rig, user: {user}}}\ncurrent-context: rig\n",
            self.port,
            self.at("ca.crt")
        )
    }

    fn etcd_arguments(&self, peer_port: u16) -> Vec<String> {
        let peer = format!("http://127.0.0.1:{peer_port}");
        let data = self.at("etcd");
        let flags = [
            ("data-dir", data.as_str()),
            ("listen-client-urls", &self.etcd),
            ("advertise-client-urls", &self.etcd),
            ("listen-peer-urls", &peer),
            ("initial-advertise-peer-urls", &peer),
            ("initial-cluster", &format!("default={peer}")),
            ("log-level", "warn"),
        ];
        // Nothing in here has to outlive a power cut.
        arguments(&flags, &["--unsafe-no-fsync"])
    }

    fn apiserver_arguments(&self) -> Vec<String> {
        let (port, public, private) =
            (self.port.to_string(), self.at("service-accounts.pub"), self.at("service-accounts.key"));
        let flags = [
            ("etcd-servers", self.etcd.as_str()),
            ("bind-address", "127.0.0.1"),
            ("secure-port", &port),
            // It may not be loopback, and nobody is told of it, since no pod runs here.
            ("advertise-address", "192.0.2.1"),
            ("endpoint-reconciler-type", "none"),
            ("tls-cert-file", &self.at("server.crt")),
            ("tls-private-key-file", &self.at("server.key")),
            ("token-auth-file", &self.at("users.csv")),
            ("authorization-mode", "Node,RBAC"),
            ("service-account-issuer", "https://kubernetes.default.svc"),
            ("service-account-key-file", &public),
            ("service-account-signing-key-file", &private),
            ("service-cluster-ip-range", "10.96.0.0/16"),
            ("audit-policy-file", &self.at("audit-policy.yaml")),
            ("audit-log-path", &self.at("audit.log")),
        ];
        arguments(&flags, &[])
    }

    fn manager_arguments(&self) -> Vec<String> {
        let kubeconfig = self.at("manager.kubeconfig");
        let flags = [
            ("kubeconfig", kubeconfig.as_str()),
            ("authentication-kubeconfig", &kubeconfig),
            ("authorization-kubeconfig", &kubeconfig),
            ("service-account-private-key-file", &self.at("service-accounts.key")),
            ("root-ca-file", &self.at("ca.crt")),
            ("leader-elect", "false"),
            ("secure-port", "0"),
            // With its default limits its own start alone takes seconds.
            ("kube-api-qps", "1000"),
            ("kube-api-burst", "2000"),
        ];
        arguments(&flags, &["--use-service-account-credentials"])
    }
}

fn arguments(flags: &[(&str, &str)], more: &[&str]) -> Vec<String> {
    flags
        .iter()
        .map(|(flag, value)| format!("--{flag}={value}"))
        .chain(more.iter().map(|flag| (*flag).to_owned()))
        .collect()
}

/// A secret for this control plane alone.
fn token() -> Result<String> {
    // A fresh private key is as random as a token has to be.
    Ok(crate::rig::cache::key(&key_pair()?.1) + &crate::rig::cache::key(&key_pair()?.1))
}
