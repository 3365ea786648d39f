//! Long-running programs that the rig starts: known by pid, ended exactly, with their output in a file.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::wait::{settled, wait_for};

/// How long a program may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that runs until it is stopped; dropping it stops it.
#[derive(Debug)]
pub struct Daemon {
    name: String,
    child: Child,
    log: PathBuf,
    kept: bool,
}

impl Daemon {
    /// Starts `command` with its output in `folder/<name>.log` and its pid in `folder/<name>.pid`.
    ///
    /// It gets a process group of its own: Ctrl-C at the terminal is ours to handle, in the right order.
    pub fn start(name: &str, folder: &Path, command: &mut Command) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
        fs::write(folder.join(format!("{name}.pid")), child.id().to_string())?;
        Ok(Self { name: name.to_owned(), child, log, kept: false })
    }

    /// Waits until `ready` says so; when the program ends before, the error carries the end of its log.
    pub fn wait_ready(&mut self, deadline: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
        let what = format!("{} to be ready", self.name);
        let outcome = wait_for(&what, deadline, || {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended at once ({status})", self.name);
            }
            Ok(ready().then_some(()))
        });
        outcome.with_context(|| format!("the end of {}:\n{}", self.log.display(), tail(&self.log)))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where its output goes.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Lets it run on when this handle goes away; `end_recorded` ends it later.
    pub fn keep(mut self) {
        self.kept = true;
    }

    /// Asks it to end, waits, and ends it by force past the deadline.
    pub fn stop(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        if let Some(pid) = pid_of(self.child.id()) {
            // It may have ended between the look and the signal.
            let _ = kill_process(pid, Signal::TERM);
        }
        if settled(PATIENCE, || matches!(self.child.try_wait(), Ok(Some(_)))) {
            return Ok(());
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = self.stop()
        {
            crate::say::say(format!("{} (pid {}) could not be stopped: {error:#}", self.name, self.child.id()));
        }
    }
}

/// Whether the program recorded in `folder/<name>.pid` is still that program: a pid alone may have been given to somebody else since.
pub fn recorded(name: &str, folder: &Path) -> Option<u32> {
    let pid: u32 = fs::read_to_string(folder.join(format!("{name}.pid"))).ok()?.trim().parse().ok()?;
    test_kill_process(pid_of(pid)?).ok()?;
    command_line(pid)?.contains(&*folder.to_string_lossy()).then_some(pid)
}

/// Ends the program recorded in `folder/<name>.pid`, if it still is that program, and forgets it.
pub fn end_recorded(name: &str, folder: &Path) -> Result<bool> {
    let Some(pid) = recorded(name, folder) else { return Ok(false) };
    let Some(target) = pid_of(pid) else { return Ok(false) };
    kill_process(target, Signal::TERM).with_context(|| format!("cannot end {name} (pid {pid})"))?;
    if !settled(PATIENCE, || recorded(name, folder).is_none()) {
        kill_process(target, Signal::KILL).with_context(|| format!("cannot end {name} (pid {pid})"))?;
        if !settled(Duration::from_secs(5), || recorded(name, folder).is_none()) {
            bail!("{name} (pid {pid}) does not end, not even by force");
        }
    }
    fs::remove_file(folder.join(format!("{name}.pid")))?;
    Ok(true)
}

fn pid_of(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

/// What the process was started as: from /proc, or from `ps` where there is none. A zombie has no command line.
fn command_line(pid: u32) -> Option<String> {
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(words) => Some(String::from_utf8_lossy(&words).replace('\0', " ")),
        Err(_) => super::command::output(Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()])).ok(),
    }
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_ends_with_its_handle_and_a_foreign_pid_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = format!("sleep 60 # {}", folder.path().display());
        let daemon = Daemon::start("sleeper", folder.path(), Command::new("sh").args(["-c", &format!("{script}\n:")]))
            .expect("sh starts");
        let pid = daemon.pid();
        // Between fork and exec it has no command line of its own yet.
        assert!(settled(PATIENCE, || recorded("sleeper", folder.path()) == Some(pid)));
        drop(daemon);
        assert_eq!(recorded("sleeper", folder.path()), None);
        fs::write(folder.path().join("other.pid"), std::process::id().to_string()).expect("a pid file");
        assert!(!end_recorded("other", folder.path()).expect("nothing to end"));
    }

    #[test]
    fn one_that_ends_at_once_says_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut daemon =
            Daemon::start("failing", folder.path(), Command::new("sh").args(["-c", "echo no such flag; exit 1"]))
                .expect("sh starts");
        let error = daemon.wait_ready(Duration::from_secs(10), || false).expect_err("it ended");
        assert!(format!("{error:#}").contains("no such flag"), "{error:#}");
    }
}
