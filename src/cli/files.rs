//! The jobs in files, with every problem told by file and line.

use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};

use super::validate;
use crate::api::{
    MonitoringJob,
    manifest::{self, Object},
};

/// The namespace of a job that names none.
const NAMESPACE: &str = "default";

/// The job in `file`: the only one, or the one that is named.
pub fn job(file: &Path, name: Option<&str>) -> anyhow::Result<MonitoringJob> {
    let mut jobs = jobs(&[file.to_owned()])?;
    if let Some(name) = name {
        jobs.retain(|job| job.metadata.name.as_deref() == Some(name));
    }
    match (jobs.len(), name) {
        (1, _) => Ok(jobs.remove(0)),
        (0, Some(name)) => bail!("there is no MonitoringJob {name:?} in {}", file.display()),
        (0, None) => bail!("there is no MonitoringJob in {}", file.display()),
        (n, _) => bail!("there are {n} MonitoringJobs in {}: name one with --job", file.display()),
    }
}

/// The jobs in all of `files`.
pub fn jobs(files: &[PathBuf]) -> anyhow::Result<Vec<MonitoringJob>> {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        let text = validate::read(file).map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))?;
        let at = |it: &manifest::Located| {
            let path = if it.problem.path.is_empty() { String::new() } else { format!("{}: ", it.problem.path) };
            format!("{}:{}: {path}{}", file.display(), it.line, it.problem.message)
        };
        match manifest::read(&text) {
            Err(located) => problems.push(at(&located)),
            Ok(documents) => {
                for document in documents {
                    match document.object {
                        Ok(Object::Job(job)) => found.push(*job),
                        Ok(Object::Run(_) | Object::Foreign) => {}
                        Err(located) => problems.extend(located.iter().map(at)),
                    }
                }
            }
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    for job in &mut found {
        job.metadata.namespace.get_or_insert_with(|| NAMESPACE.to_owned());
    }
    Ok(found)
}
