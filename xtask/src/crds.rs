//! `cargo xtask crds`: the CRDs as files, for `kubectl apply` and the chart.

use std::fs;

use anyhow::{Context as _, Result, bail};
use xtask::rig::command;
use xtask::say::say;

use crate::cargo::{cargo, workspace};

pub(crate) fn crds() -> Result<()> {
    let printed =
        command::output(&mut cargo(&["run", "--quiet", "--locked", "--package", "stagewatch", "--", "crds"])?)?;
    let folder = workspace()?.join("crds");
    fs::create_dir_all(&folder)?;
    let documents = documents(&printed)?;
    for (name, text) in &documents {
        fs::write(folder.join(format!("{name}.yaml")), text)?;
        say(format!("wrote crds/{name}.yaml"));
    }
    Ok(())
}

/// Each document by the plural of its kind, which is the first part of its name.
fn documents(printed: &str) -> Result<Vec<(String, String)>> {
    let mut documents = Vec::new();
    for text in format!("\n{printed}\n").split("\n---\n").map(str::trim).filter(|text| !text.is_empty()) {
        let name =
            text.lines().find_map(|line| line.strip_prefix("  name: ")).context("a document without metadata.name")?;
        let plural = name.split('.').next().unwrap_or(name);
        documents.push((plural.to_owned(), format!("{text}\n")));
    }
    if documents.is_empty() {
        bail!("`stagewatch crds` printed nothing");
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_apart_and_named() {
        let printed = "---\nkind: A\nmetadata:\n  name: jobs.example\n---\nkind: B\nmetadata:\n  name: runs.example\n";
        let documents = documents(printed).expect("two documents");
        assert_eq!(documents.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["jobs", "runs"]);
        assert!(documents.iter().all(|(_, text)| text.starts_with("kind: ") && text.ends_with(".example\n")));
    }
}
