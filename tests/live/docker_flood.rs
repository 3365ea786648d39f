//! A log of a gigabyte, read by a process that stays small. A target of its own: its memory is what is measured.

#[expect(dead_code, reason = "the other target uses the rest of it")]
mod support {
    pub mod looking;
}

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use stagewatch::api::job::{Pattern, PatternSeverity, ProfileName};
use xtask::rig::{Rig, docker::ContainerOptions};

use support::looking::{Look, log};

const GIGABYTE: u64 = 1_000_000_000;
const MOST_KIB: u64 = 64 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_flood_is_found_in_little_memory() -> Result<()> {
    let docker = Rig::from_env().docker;
    // Lines of 2 KB: how fast an engine writes a log depends on their number.
    let flood = "yes \"GET /health 200 $(head -c 1980 /dev/zero | tr '\\0' x)\" | head -c 1000000000; echo
        i=0; while [ $i -lt 1000 ]; do echo \"payment $i: ledger-lost\"; i=$((i+1)); done";
    let options = ContainerOptions { options: &["--no-healthcheck"], command: &["sh", "-c", flood] };
    let writer = docker.run("flood", "stagewatch-rig/redis:12", &options)?;
    writer.wait_inspect("{{.State.Status}}", "exited", Duration::from_mins(5))?;

    let mut look = Look::at(docker.host());
    let pattern = Pattern {
        id: "ledger".into(),
        severity: PatternSeverity::Critical,
        contains: Some("ledger-lost".into()),
        regex: None,
        case_sensitive: false,
        min_count: None,
        per: None,
        subjects: Vec::new(),
    };
    look.patterns.push(pattern);
    let begun = Instant::now();
    let seen = look.container(writer.name(), ProfileName::Redis).await?;
    let took = begun.elapsed();
    let stagewatch::core::observation::docker::LogLook::Read(scan) = log(&seen)? else { anyhow::bail!("{:?}", seen.1) };
    let found = scan.matches.iter().find(|found| found.id == "ledger").context("the end was not read")?;
    ensure!(found.count == 1000, "{found:?}");
    let incomplete = scan.incomplete.as_deref().unwrap_or_default();
    ensure!(incomplete.starts_with("too long to be read whole (at most 64 MiB): the newest"), "{incomplete:?}");
    ensure!(scan.bytes > 32 << 20 && scan.bytes < GIGABYTE / 10, "{}", scan.bytes);

    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse()?;
    println!("read {} MiB in {took:?}, at most {} MiB in memory: {incomplete}", scan.bytes >> 20, peak >> 10);
    ensure!(peak < MOST_KIB, "{peak} KiB");
    Ok(())
}
