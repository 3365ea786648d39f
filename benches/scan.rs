//! The log path as `run` takes it, for `cargo xtask bench scan`, which compares it with ripgrep.
//!
//! `bench-scan expressions JOB PROFILE` prints what ripgrep is to look for; `bench-scan read JOB PROFILE FRAMES` reads a log in the
//! form that an engine sends, and prints what was found. JOB holds the job's own patterns as JSON.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::{env, fs::File, io::Read as _};

use anyhow::{Context as _, Result, anyhow, bail};
use jiff::Timestamp;
use stagewatch::{
    api::{
        Window,
        job::{Pattern, ProfileName},
    },
    collect::docker::Intake,
    core::{logs::Matcher, redact::Redactor},
};

/// As much as comes from a socket at a time.
const PART: usize = 64 << 10;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["expressions", job, profile] => {
            for expression in matcher(job, profile)?.expressions() {
                println!("{expression}");
            }
            Ok(())
        }
        ["read", job, profile, frames] => read(&matcher(job, profile)?, frames),
        _ => bail!("usage: bench-scan expressions JOB PROFILE | bench-scan read JOB PROFILE FRAMES"),
    }
}

fn matcher(job: &str, profile: &str) -> Result<Matcher> {
    let patterns: Vec<Pattern> = serde_json::from_reader(File::open(job)?).context("not a list of patterns")?;
    let profile: ProfileName = serde_json::from_value(profile.into())?;
    Matcher::compile(profile, &patterns, "c").map_err(|problems| anyhow!("{problems:?}"))
}

fn read(matcher: &Matcher, frames: &str) -> Result<()> {
    let redactor = Redactor::new(["a-secret-value-of-the-job", "another/secret+value"]);
    let window = Window { since: "2026-11-24T00:00:00Z".parse()?, until: Timestamp::MAX };
    let mut intake = Intake::new(false, matcher, &redactor, window);
    let (mut file, mut part) = (File::open(frames)?, vec![0; PART]);
    loop {
        let read = file.read(&mut part)?;
        if read == 0 {
            break;
        }
        intake.push(&part[..read])?;
    }
    let found = intake.finish();
    println!("{} records, {} bytes", found.records, found.bytes);
    if let Some(why) = found.incomplete {
        println!("incomplete: {why}");
    }
    for matched in found.matches {
        println!("{} {} cleared {:?}", matched.count, matched.id, matched.cleared);
    }
    Ok(())
}
