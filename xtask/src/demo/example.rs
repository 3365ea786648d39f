//! The example, as it is in `deploy/`, but for the lines that have to differ on this machine.

use std::fs;

use anyhow::{Context as _, Result, bail};
use xtask::say::print;

use super::staging::Staging;
use crate::cargo::workspace;

pub(crate) const JOB: &str = "autopar-staging";
pub(crate) const NAMESPACE: &str = "monitoring";
const PATH: &str = "deploy/examples/autopar-staging.yaml";

/// A line of the example and what stands in its place.
struct Change {
    why: &'static str,
    line: &'static str,
    instead: Vec<String>,
}

/// The example for this staging environment; what differs is printed.
pub(crate) fn adapted(staging: &Staging) -> Result<String> {
    let path = workspace()?.join(PATH);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let changes = changes(staging)?;
    let adapted = adapt(&text, &changes)?;
    print(format!("\nThe job is {PATH}, but for these lines:\n"));
    for Change { why, line, instead } in &changes {
        print(format!("  # {why}\n  - {line}"));
        for line in instead {
            print(format!("  + {line}"));
        }
    }
    Ok(adapted)
}

fn changes(staging: &Staging) -> Result<Vec<Change>> {
    let tls_line = "      tlsSecretRef: {name: autopar-docker-tls}";
    let engine = match staging.docker_tls_host()? {
        Some(host) => vec![format!("      host: {host}"), tls_line.to_owned()],
        None => vec![format!("      host: {}", staging.docker_host())],
    };
    let mut changes = vec![
        Change {
            why: "a slot each minute: a demo has no time to wait for 03:15",
            line: r#"    cron: ["15 3 * * *", "30 10 * * *"]"#,
            instead: vec![r#"    cron: ["@every 1m"]"#.into()],
        },
        Change {
            why: "the site is on this machine",
            line: "      url: https://staging.autopar.pitchai.net",
            instead: vec![
                format!("      url: https://staging.autopar.pitchai.net:{}", staging.site_port()),
                "      resolve: 127.0.0.1".into(),
            ],
        },
        Change {
            why: "and its certificate is from an authority that nobody else knows",
            line: "      tls: {warning: 14d, critical: 3d}",
            instead: vec!["      tls: {warning: 14d, critical: 3d, caSecretRef: {name: site-ca}}".into()],
        },
        Change {
            why: "the Docker Engine is on this machine too",
            line: "      host: tcp://staging-host:2376",
            instead: engine[..1].to_vec(),
        },
        Change {
            why: "one run is enough to open and to close an incident: with slots less than 30m apart it takes two",
            line: "    policy: Always",
            instead: vec![
                "    policy: Always".into(),
                "    failureThreshold: 1".into(),
                "    successThreshold: 1".into(),
            ],
        },
    ];
    if engine.len() == 1 {
        changes.push(Change { why: "which is reached by its socket", line: tls_line, instead: Vec::new() });
    }
    Ok(changes)
}

/// Each line has to be there once: an example that was edited is told, not guessed at.
fn adapt(text: &str, changes: &[Change]) -> Result<String> {
    let mut lines: Vec<Vec<String>> = text.lines().map(|line| vec![line.to_owned()]).collect();
    for Change { line, instead, .. } in changes {
        let mut places = lines.iter_mut().filter(|place| place.as_slice() == [*line]);
        match (places.next(), places.next()) {
            (Some(place), None) => place.clone_from(instead),
            _ => bail!("{PATH} should have the line {line:?} exactly once; change the demo with it"),
        }
    }
    Ok(lines.concat().join("\n") + "\n")
}
