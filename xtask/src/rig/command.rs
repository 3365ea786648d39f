//! Running other programs: their output in the error when they fail, and never without an end.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use super::wait::interrupted;

/// Runs to the end and gives stdout, trimmed; the error carries the command and what it said.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({}): {}", output.status, tail(&output.stderr, &output.stdout));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Runs to the end with the terminal's own stdout and stderr; a signal to us ends it, and all that it has started.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    // With a group of its own, Ctrl-C reaches it by way of us and never twice.
    let mut child =
        command.stdin(Stdio::null()).process_group(0).spawn().with_context(|| format!("cannot start `{shown}`"))?;
    let mut asked = false;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if interrupted() && !asked {
            asked = true;
            if let Some(group) = Pid::from_raw(i32::try_from(child.id())?) {
                // It may have ended between the look and the signal.
                let _ = kill_process_group(group, Signal::TERM);
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    if asked {
        bail!("interrupted");
    }
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Whether a program can be found on the PATH.
pub fn exists(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// The command as one would type it, cut where it is longer than a line.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The end of what was said, stderr first: the last lines tell what went wrong.
fn tail(stderr: &[u8], stdout: &[u8]) -> String {
    let said = if stderr.is_empty() { stdout } else { stderr };
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_carries_the_command_and_its_words() {
        let error =
            output(Command::new("sh").args(["-c", "echo reason >&2; exit 7"])).expect_err("it fails").to_string();
        assert!(error.contains("sh -c") && error.contains("reason") && error.contains('7'), "{error}");
        assert_eq!(output(Command::new("echo").arg("hello")).expect("echo works"), "hello");
    }
}
