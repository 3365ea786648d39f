//! The program as a person has it: started with arguments, in a home and a folder of its own.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with the files of one test, in which the program is started.
pub struct Place {
    folder: TempDir,
    binary: PathBuf,
}

/// How a command ended, and what it printed.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), binary: binary.into() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// `stagewatch …`, without what the machine's own environment would change.
    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        let ours = ["STAGEWATCH_", "TELEGRAM_", "ANTHROPIC_", "SECRET__", "KUBE", "RUST_LOG", "XDG_", "HOME"];
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| ours.iter().any(|ours| name.starts_with(ours))) {
                command.env_remove(name);
            }
        }
        command.env("HOME", self.path());
        command
    }
}

pub fn ended(output: &Output) -> Ended {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

impl Ended {
    /// What it printed as JSON, and not a word beside it.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert!(self.err.is_empty(), "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The ids of a report's findings with their states.
    #[track_caller]
    pub fn findings(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let report = self.json();
        report["findings"].as_array().unwrap().iter().map(|f| (text(&f["id"]), text(&f["state"]))).collect()
    }
}
