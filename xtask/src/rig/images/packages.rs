//! Debian's packages by way of apt, with a state of our own: the machine's lists and settings are neither read nor changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::rig::command;

/// Dependencies that only matter to package scripts: their names begin so.
pub(super) const NOT_NEEDED: [&str; 14] = [
    "adduser",
    "base-passwd",
    "cron",
    "debconf",
    "dpkg",
    "init-system-helpers",
    "iproute2",
    "libperl",
    "libpython3",
    "logrotate",
    "passwd",
    "perl",
    "python3",
    "usrmerge",
];

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// apt with its state in one folder, for one release of Debian.
pub(super) struct Apt {
    folder: PathBuf,
    config: PathBuf,
}

impl Apt {
    /// Fetches the release's index, checked against Debian's keys, from the mirror that this machine uses.
    pub(super) fn prepare(folder: &Path, suite: &str) -> Result<Self> {
        if !command::exists("apt-get") || !Path::new(KEYRING).exists() {
            bail!(
                "the images are made from Debian's packages: run this on Debian (apt-get and {KEYRING} are needed), or point DOCKER_HOST to an engine that has them"
            );
        }
        let apt = Self { folder: folder.to_owned(), config: folder.join("apt.conf") };
        for inner in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(inner))?;
        }
        fs::write(folder.join("status"), "")?;
        fs::write(folder.join("sources.list"), format!("deb [signed-by={KEYRING}] {} {suite} main\n", mirror()?))?;
        let at = |name: &str| folder.join(name).display().to_string();
        let settings = [
            ("Dir::State", at("")),
            ("Dir::State::lists", at("lists")),
            ("Dir::State::status", at("status")),
            ("Dir::Cache", at("cache")),
            ("Dir::Etc::sourcelist", at("sources.list")),
            ("Dir::Etc::sourceparts", "/dev/null".into()),
            ("Dir::Etc::preferences", "/dev/null".into()),
            ("Dir::Etc::preferencesparts", "/dev/null".into()),
            ("APT::Install-Recommends", "false".into()),
            // An index that could not be fetched is a warning otherwise, and then a package that does not exist.
            ("APT::Update::Error-Mode", "any".into()),
            // The state is ours alone, and the folder may be closed to apt's own user.
            ("APT::Sandbox::User", String::new()),
            ("Debug::NoLocking", "true".into()),
        ];
        fs::write(&apt.config, settings.map(|(key, value)| format!("{key} \"{value}\";\n")).concat())?;
        command::output(&mut apt.get(&["update"])).context("Debian's index could not be fetched")?;
        Ok(apt)
    }

    /// Downloads these packages with all that they need to run; gives the files in order.
    pub(super) fn download(&self, packages: &[&str]) -> Result<Vec<PathBuf>> {
        let planned = command::output(&mut self.get(&[&["install", "--simulate"], packages].concat()))?;
        // "Inst libc6 (2.36-9 Debian:12 [amd64])"
        let mut wanted: Vec<String> = Vec::new();
        for line in planned.lines() {
            let mut words = line.strip_prefix("Inst ").into_iter().flat_map(str::split_whitespace);
            if let (Some(name), Some(version)) = (words.next(), words.next())
                && !NOT_NEEDED.iter().any(|prefix| name.starts_with(prefix))
            {
                wanted.push(format!("{name}={}", version.trim_start_matches('(')));
            }
        }
        let scratch = self.folder.join("packages");
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        fs::create_dir_all(&scratch)?;
        let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
        command::output(self.get(&[&["download"], names.as_slice()].concat()).current_dir(&scratch))
            .context("Debian's packages could not be fetched")?;
        let mut files = fs::read_dir(&scratch)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        files.sort();
        Ok(files)
    }

    fn get(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("apt-get");
        command.args(["--yes", "--quiet"]).args(arguments).env("APT_CONFIG", &self.config).env("LC_ALL", "C");
        command
    }
}

/// Where this machine has Debian itself from.
fn mirror() -> Result<String> {
    let format = ["indextargets", "--format", "$(LABEL) $(CODENAME) $(REPO_URI)", "Created-By: Packages"];
    let indexes = command::output(Command::new("apt-get").args(format))?;
    let mirror = indexes.lines().find_map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
        ["Debian", suite, uri] if !suite.contains('-') => Some(uri.to_owned()),
        _ => None,
    });
    mirror.context("apt knows no mirror of Debian here: run `apt-get update` first")
}
