//! The jobs in files, with every problem told by file and line.

use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};

use super::validate;
use crate::api::{
    MonitoringJob,
    manifest::{self, Document, Located, Object},
};

/// The namespace of a job that names none.
const NAMESPACE: &str = "default";

/// The job in `file`, which can be run: the only one, or the one that is named.
pub fn job(file: &Path, name: Option<&str>) -> anyhow::Result<MonitoringJob> {
    let mut jobs = read(file)?;
    if let Some(name) = name {
        jobs.retain(|(job, _)| job.metadata.name.as_deref() == Some(name));
    }
    let (job, document) = match (jobs.len(), name) {
        (1, _) => jobs.remove(0),
        (0, Some(name)) => bail!("there is no MonitoringJob {name:?} in {}", file.display()),
        (0, None) => bail!("there is no MonitoringJob in {}", file.display()),
        (n, _) => bail!("there are {n} MonitoringJobs in {}: name one with --job", file.display()),
    };
    refuse(file, validate::problems(&document, &job))?;
    Ok(job)
}

/// The jobs in all of `files`, each as the API server would take it.
pub fn jobs(files: &[PathBuf]) -> anyhow::Result<Vec<MonitoringJob>> {
    let mut found = Vec::new();
    for file in files {
        found.extend(read(file)?.into_iter().map(|(job, _)| job));
    }
    Ok(found)
}

/// The jobs of one file, with what knows their lines.
fn read(file: &Path) -> anyhow::Result<Vec<(MonitoringJob, Document)>> {
    let text = validate::read(file).map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))?;
    let documents = manifest::read(&text).or_else(|located| refuse(file, [located]).map(|()| Vec::new()))?;
    refuse(file, documents.iter().filter_map(|document| document.object.as_ref().err()).flatten().cloned())?;
    let job = |document: Document| match &document.object {
        Ok(Object::Job(job)) => {
            let mut job = job.as_ref().clone();
            job.metadata.namespace.get_or_insert_with(|| NAMESPACE.to_owned());
            Some((job, document))
        }
        _ => None,
    };
    Ok(documents.into_iter().filter_map(job).collect())
}

/// Refuses a file for what is wrong in it, each told as `file:line: path: message`.
fn refuse(file: &Path, problems: impl IntoIterator<Item = Located>) -> anyhow::Result<()> {
    let line = |it: Located| format!("{}:{}", file.display(), validate::words(&it));
    let lines: Vec<String> = problems.into_iter().map(line).collect();
    ensure!(lines.is_empty(), "{} cannot be used:\n{}", file.display(), lines.join("\n"));
    Ok(())
}
