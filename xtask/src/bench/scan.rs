//! `cargo xtask bench scan`, as its help says: `benches/scan.rs` against ripgrep, then hostile patterns.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use serde_json::json;
use xtask::rig::scratch::Scratch;
use xtask::rig::wait::interrupted;
use xtask::rig::{cache, command};
use xtask::say::{print, say};

use super::{corpus, services::SERVICES};
use crate::cargo::{cargo, metadata};

#[derive(Args)]
pub(crate) struct Options {
    /// How many million bytes of log
    #[arg(long, default_value_t = 500)]
    megabytes: u64,
}

const RIPGREP: &str = "15.2.0";
const PROGRAM: &str = "bench-scan";
const ROUNDS: usize = 5;

/// A corpus, and how fast it has to be read: as many times as fast as ripgrep.
struct Corpus {
    name: &'static str,
    one_hit_in: Option<u64>,
    reach: f64,
}

const CORPORA: [Corpus; 2] = [
    Corpus { name: "healthy", one_hit_in: None, reach: 1.0 },
    Corpus { name: "5 % of records hit", one_hit_in: Some(20), reach: 0.5 },
];

/// Expressions that are accepted and slow, and whether they go over their budget of steps: without it, `window` would
/// take minutes.
const HOSTILE: [(&str, &str, bool); 5] = [
    ("quadratic", r".*[^A-Z]|[A-Z]", false),
    ("window", r"e[\w\s[:punct:]]{20}\d.{20}\pP{5}", true),
    ("words", r"(?:[a-z0-9]{1,16}[^a-z0-9]{1,4}){24}\pP{19}", false),
    ("repeats", r"(?:(?:(?:e.{1,9}){1,9}){1,9})\pP{5}", true),
    ("dots", r"[^e]*e.{990}\pP{5}", true),
];
/// As much as a run reads of a log, and how long that may take.
const MOST_READ: u64 = 64_000_000;
const BUDGET: Duration = Duration::from_secs(5);

/// A service's log in both forms, what is looked for in it, and how long each took.
struct Part {
    profile: &'static str,
    plain: PathBuf,
    frames: PathBuf,
    expressions: PathBuf,
    bytes: u64,
    lines: u64,
    /// How many lines ripgrep counted.
    hit: u64,
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
}

pub(crate) fn scan(options: &Options) -> Result<()> {
    let (ours, theirs) = (build()?, ripgrep()?);
    let scratch = Scratch::new()?;
    let job = scratch.path().join("patterns.json");
    fs::write(&job, job_patterns().to_string())?;
    let mut slow = Vec::new();
    print(format_args!(
        "{:<20} {:<9} {:>6} {:>7} {:>12} {:>10} {:>6}",
        "corpus", "log", "MB", "hit", "stagewatch", "rg -j1", "ratio"
    ));
    for corpus in &CORPORA {
        say(format!("writes {} MB of log: {}", options.megabytes, corpus.name));
        let mut parts = Vec::new();
        for service in SERVICES {
            let file = |ending: &str| scratch.path().join(format!("{}.{ending}", service.profile));
            let (plain, frames, expressions) = (file("log"), file("frames"), file("expressions"));
            let share = options.megabytes * 1_000_000 / SERVICES.len() as u64;
            let (bytes, lines) = corpus::write(service, share, corpus.one_hit_in, &plain, &frames)?;
            let list = command::output(Command::new(&ours).arg("expressions").arg(&job).arg(service.profile))?;
            fs::write(&expressions, for_single_lines(&list))?;
            let (ours, theirs) = (Vec::new(), Vec::new());
            parts.push(Part {
                profile: service.profile,
                plain,
                frames,
                expressions,
                bytes,
                lines,
                hit: 0,
                ours,
                theirs,
            });
        }
        for round in 1..=ROUNDS {
            say(format!("round {round} of {ROUNDS}: {}", corpus.name));
            for part in &mut parts {
                let mut read = Command::new(&ours);
                read.arg("read").arg(&job).arg(part.profile).arg(&part.frames);
                part.ours.push(timed(&mut read, &[0])?.0);
                let mut rg = Command::new(&theirs);
                rg.args(["--no-config", "-j1", "-c", "-f"]).args([&part.expressions, &part.plain]);
                let (time, counted) = timed(&mut rg, &[0, 1])?;
                // Of none it says nothing.
                part.hit = counted.trim().parse().unwrap_or(0);
                part.theirs.push(time);
            }
        }
        let ratio = table(corpus.name, &parts);
        if ratio < corpus.reach {
            slow.push(format!("{}: {ratio:.2} of ripgrep's speed, at least {:.1}", corpus.name, corpus.reach));
        }
    }
    slow.extend(hostile(&ours, scratch.path())?);
    if !slow.is_empty() {
        bail!("too slow: {}", slow.join("; "));
    }
    Ok(())
}

/// Prints a line for each hostile expression, and tells which are over the budget or cut without a word.
fn hostile(ours: &Path, folder: &Path) -> Result<Vec<String>> {
    let (job, plain, frames) = (folder.join("hostile.json"), folder.join("hostile.log"), folder.join("hostile.frames"));
    let service = SERVICES[SERVICES.len() - 1];
    corpus::write(service, MOST_READ, Some(20), &plain, &frames)?;
    print(format_args!("\n{:<20} {:>12} {}", "hostile pattern", "CPU", "  told"));
    let mut slow = Vec::new();
    for (id, regex, is_cut) in HOSTILE {
        say(format!("reads {} MB of log with {regex}", MOST_READ / 1_000_000));
        fs::write(&job, json!([{"id": id, "severity": "Info", "regex": regex}]).to_string())?;
        let (time, found) = timed(Command::new(ours).arg("read").arg(&job).arg(service.profile).arg(&frames), &[0])?;
        let incomplete = found.lines().find_map(|line| line.strip_prefix("incomplete: "));
        print(format_args!("{id:<20} {:>10.2} s   {}", time.as_secs_f64(), incomplete.unwrap_or("compared with all")));
        if time > BUDGET {
            slow.push(format!("{id}: {time:.1?} of CPU, at most {BUDGET:?}"));
        }
        if is_cut != incomplete.is_some_and(|why| why.contains(id)) {
            slow.push(format!(
                "{id}: that it is {}compared with all is not what was told",
                if is_cut { "not " } else { "" }
            ));
        }
    }
    Ok(slow)
}

/// Expressions as ripgrep takes them, which looks at single lines: the automaton stays as big as it was.
fn for_single_lines(list: &str) -> String {
    list.replace(r"\n", r"\r").replace(r"\A", "^").replace(r"\z", "$") + "\n"
}

/// The patterns of a job as people write them, besides the profile's.
fn job_patterns() -> serde_json::Value {
    json!([
        {"id": "auth-failed", "severity": "Critical", "contains": "authentication failed"},
        {"id": "refused", "severity": "Critical", "contains": "connection refused", "minCount": 5, "per": "10m"},
        {"id": "retries", "severity": "Warning", "regex": r"\bretry(ing)?\b", "minCount": 20, "per": "10m"},
        {"id": "gave-up", "severity": "Warning", "regex": r"gave up after \d+ attempts"},
        {"id": "summary-line", "severity": "Ignore", "contains": "0 jobs failed"},
    ])
}

/// Prints a line for each part and one for all of them, and gives the latter's ratio: of the medians of each round.
#[expect(clippy::cast_precision_loss, reason = "sizes of files")]
fn table(name: &str, parts: &[Part]) -> f64 {
    let row = |log: &str, parts: &[Part]| {
        let sum = |of: fn(&Part) -> u64| parts.iter().map(of).sum::<u64>() as f64;
        let seconds = |times: fn(&Part) -> &Vec<Duration>| {
            median((0..ROUNDS).map(|round| parts.iter().map(|part| times(part)[round]).sum()).collect())
        };
        let (megabytes, hit) = (sum(|part| part.bytes) / 1e6, 100.0 * sum(|part| part.hit) / sum(|part| part.lines));
        let (ours, theirs) = (megabytes / seconds(|part| &part.ours), megabytes / seconds(|part| &part.theirs));
        let ratio = ours / theirs;
        print(format_args!(
            "{name:<20} {log:<9} {megabytes:>6.0} {hit:>5.1} % {ours:>7.0} MB/s {theirs:>5.0} MB/s {ratio:>6.2}"
        ));
        ratio
    };
    for part in parts {
        row(part.profile, std::slice::from_ref(part));
    }
    row("all", parts)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

/// Runs a program of one thread to its end, and tells how long it had a CPU, and the few lines that it wrote.
fn timed(command: &mut Command, fine: &[i32]) -> Result<(Duration, String)> {
    if interrupted() {
        bail!("interrupted");
    }
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start it")?;
    let pid = Pid::from_raw(i32::try_from(child.id())?).context("a process has an id")?;
    // It has ended, and what the kernel knows of it is still there.
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
    let told = fs::read_to_string(format!("/proc/{}/schedstat", child.id()))?;
    let output = child.wait_with_output()?;
    if !output.status.code().is_some_and(|code| fine.contains(&code)) {
        bail!("{} failed ({})", command.get_program().display(), output.status);
    }
    let nanoseconds = told.split(' ').next().and_then(|number| number.parse().ok());
    let time = Duration::from_nanos(nanoseconds.context("/proc/PID/schedstat has another form")?);
    Ok((time, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// Builds the program that reads logs as `run` does, and tells where it is.
fn build() -> Result<PathBuf> {
    say("builds benches/scan.rs for speed");
    let arguments =
        ["build", "--release", "--locked", "--package", "stagewatch", "--features", "bench", "--bin", PROGRAM];
    command::run(&mut cargo(&arguments)?)?;
    Ok(metadata()?.target_directory.join("release").join(PROGRAM))
}

/// ripgrep in the version that figures are kept of; what is not there is built.
fn ripgrep() -> Result<PathBuf> {
    let folder = cache::folder(&format!("ripgrep-{RIPGREP}"))?;
    let program = folder.join("bin/rg");
    let _lock = cache::lock(&folder)?;
    if !program.exists() {
        say(format!("builds ripgrep {RIPGREP} in {}", folder.display()));
        command::run(cargo(&["install", "ripgrep", "--version", RIPGREP, "--locked", "--root"])?.arg(&folder))?;
    }
    Ok(program)
}
