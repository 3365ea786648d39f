//! What `cargo xtask test` tells the live tests, in environment variables, and how they read it.

use std::path::PathBuf;
use std::process::Command;

use super::docker::Docker;

/// The engine's address, as `DOCKER_HOST` would say it.
pub(crate) const DOCKER: &str = "STAGEWATCH_RIG_DOCKER";
/// The folder with `ca.pem`, `ca-key.pem`, `cert.pem`, `key.pem` and `host` for the same engine over mTLS.
pub(crate) const DOCKER_TLS: &str = "STAGEWATCH_RIG_DOCKER_TLS";
/// The administrator's kubeconfig.
pub(crate) const KUBECONFIG: &str = "KUBECONFIG";
/// Where the API server writes each request.
pub(crate) const AUDIT_LOG: &str = "STAGEWATCH_RIG_AUDIT_LOG";
/// The folder with kubectl and the other programs of the control plane.
pub(crate) const KUBERNETES: &str = "STAGEWATCH_RIG_KUBERNETES";
/// The program under test.
pub(crate) const BINARY: &str = "STAGEWATCH_BIN";

/// The real parts, as a live test finds them. A live test never skips: without its parts it fails and says what to run.
#[derive(Debug, Clone)]
pub struct Rig {
    /// The Docker Engine, with the rig's images.
    pub docker: Docker,
    /// The folder with `ca.pem`, `ca-key.pem`, `cert.pem`, `key.pem` and `host`, for the same engine over mTLS.
    pub docker_tls: PathBuf,
    /// The administrator's kubeconfig of a real Kubernetes control plane.
    pub kubeconfig: PathBuf,
    /// Where its API server writes each request, one JSON object a line.
    pub audit_log: PathBuf,
    /// The folder with kubectl and the control plane's programs.
    pub kubernetes: PathBuf,
    /// The `stagewatch` binary.
    pub binary: PathBuf,
}

impl Rig {
    /// The parts that `cargo xtask test` has set up.
    ///
    /// # Panics
    ///
    /// When one is absent: the text says what to run.
    pub fn from_env() -> Self {
        Self {
            docker: Docker::at(variable(DOCKER)),
            docker_tls: variable(DOCKER_TLS).into(),
            kubeconfig: variable(KUBECONFIG).into(),
            audit_log: variable(AUDIT_LOG).into(),
            kubernetes: variable(KUBERNETES).into(),
            binary: variable(BINARY).into(),
        }
    }

    /// The engine's address for mTLS, `tcp://127.0.0.1:PORT`.
    ///
    /// # Panics
    ///
    /// When the folder was not set up by `cargo xtask test`.
    pub fn docker_tls_host(&self) -> String {
        self.docker_tls_file("host")
    }

    /// The text of one of the files in the folder for mTLS.
    ///
    /// # Panics
    ///
    /// When the folder was not set up by `cargo xtask test`.
    #[expect(clippy::panic, reason = "a live test without its parts fails")]
    pub fn docker_tls_file(&self, name: &str) -> String {
        let path = self.docker_tls.join(name);
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask test`", path.display()))
    }

    /// `kubectl …` as the administrator.
    pub fn kubectl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.kubernetes.join("kubectl"));
        command.args(arguments).env(KUBECONFIG, &self.kubeconfig);
        command
    }
}

#[expect(clippy::panic, reason = "a live test without its parts fails")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: the live tests need real parts; run `cargo xtask test`, which sets them up")
    })
}
