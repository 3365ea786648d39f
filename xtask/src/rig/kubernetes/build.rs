//! Building Kubernetes' own programs from its Go module, once for each version.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::rig::{cache, command};
use crate::say::say;

const MODULE: &str = include_str!("../../../kubernetes/go.mod");

/// The programs and their packages, quickest first.
const PROGRAMS: [(&str, &str); 4] = [
    ("etcd", "go.etcd.io/etcd/server/v3"),
    ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
    ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
    ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
];

/// The folder with the built programs.
#[derive(Debug, Clone)]
pub struct Binaries {
    folder: PathBuf,
}

/// The version of Kubernetes that `kubernetes/go.mod` asks for.
pub fn version() -> Result<&'static str> {
    let line =
        MODULE.lines().find_map(|line| line.trim_start_matches("require").trim().strip_prefix("k8s.io/kubernetes "));
    line.and_then(|rest| rest.split(' ').next()).context("kubernetes/go.mod names no version of k8s.io/kubernetes")
}

impl Binaries {
    /// Builds what the cache does not have yet.
    pub fn ensure() -> Result<Self> {
        let version = version()?;
        let folder = cache::folder(&format!("kubernetes/{version}"))?;
        let _one_at_a_time = cache::lock(&folder)?;
        let lacking: Vec<_> = PROGRAMS.into_iter().filter(|(program, _)| !folder.join(program).exists()).collect();
        if !lacking.is_empty() {
            if !command::exists("go") {
                bail!(
                    "Go is not on the PATH: Kubernetes {version} is built from its Go module; install Go 1.26 or later (https://go.dev/dl)"
                );
            }
            let names = lacking.iter().map(|(program, _)| *program).collect::<Vec<_>>().join(", ");
            say(format!(
                "building {names} of Kubernetes {version}, once; cold on two cores this takes about eight minutes"
            ));
        }
        for (program, package) in lacking {
            let begun = Instant::now();
            build(program, package, version, &folder)?;
            say(format!("built {program} in {:.0} s", begun.elapsed().as_secs_f32()));
        }
        Ok(Self { folder })
    }

    /// The path of one of them.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The folder, to be put on a PATH.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn build(program: &str, package: &str, version: &str, folder: &Path) -> Result<()> {
    // Next to its place and then renamed, so that a half-written one is never taken for whole.
    let part = folder.join(format!(".{program}.part"));
    // Without its version the program is of a template's, which kubectl and helm refuse.
    let flags = format!("-s -w -X k8s.io/component-base/version.gitVersion={version}");
    let mut go = Command::new("go");
    go.args(["build", "-trimpath", "-ldflags", &flags, "-o"]).arg(&part).arg(package);
    go.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("kubernetes")).env("CGO_ENABLED", "0");
    command::output(&mut go).with_context(|| format!("{program} could not be built"))?;
    std::fs::rename(&part, folder.join(program))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_is_the_one_of_go_mod() {
        let version = super::version().expect("go.mod names it");
        assert!(version.starts_with("v1.") && version.split('.').count() == 3, "{version}");
    }
}
