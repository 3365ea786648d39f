//! The stores that need nothing but this machine keep what all stores promise.

#[macro_use]
mod conformance;

use anyhow::Result;
use conformance::Subject;
use jiff::Timestamp;
use serde_json::json;
use stagewatch::api::MonitoringJob;
use stagewatch::store::Kind;
use stagewatch::store::folder::Folder;
use stagewatch::store::memory::Memory;
use tempfile::TempDir;

/// A run as a newer version of us might write it.
fn odd_run(name: &str) -> serde_json::Value {
    json!({
        "apiVersion": "monitoring.pitchai.net/v1alpha1",
        "kind": "MonitoringRun",
        "metadata": {"namespace": "monitoring", "name": name, "uid": "11111111-1111-4111-8111-111111111111", "resourceVersion": "1"},
        "spec": {"jobRef": {"name": "staging"}, "trigger": "Odd"},
    })
}

mod memory {
    use super::*;

    struct InMemory(Memory);

    impl Subject for InMemory {
        type Store = Memory;

        fn store(&self) -> &Memory {
            &self.0
        }

        fn other(&self) -> &Memory {
            &self.0
        }

        fn namespace(&self) -> &'static str {
            "monitoring"
        }

        async fn apply(&self, job: &MonitoringJob) -> Result<MonitoringJob> {
            Ok(self.0.apply_job(job)?)
        }

        async fn put_odd_run(&self, name: &str) -> Result<()> {
            Ok(self.0.put(Kind::Run, "monitoring", name, &odd_run(name))?)
        }
    }

    fn subject() -> InMemory {
        InMemory(Memory::new(Timestamp::now))
    }

    conformance!(subject());
}

mod folder {
    use super::*;

    struct InFolder {
        store: Folder,
        other: Folder,
        folder: TempDir,
    }

    impl Subject for InFolder {
        type Store = Folder;

        fn store(&self) -> &Folder {
            &self.store
        }

        /// Opened apart, as another process would: the two share nothing but the files.
        fn other(&self) -> &Folder {
            &self.other
        }

        fn namespace(&self) -> &'static str {
            "monitoring"
        }

        async fn apply(&self, job: &MonitoringJob) -> Result<MonitoringJob> {
            Ok(self.store.apply_job(job).await?)
        }

        async fn put_odd_run(&self, name: &str) -> Result<()> {
            let folder = self.folder.path().join("runs/monitoring");
            std::fs::create_dir_all(&folder)?;
            Ok(std::fs::write(folder.join(format!("{name}.json")), odd_run(name).to_string())?)
        }
    }

    async fn subject() -> Result<InFolder> {
        let folder = tempfile::tempdir()?;
        Ok(InFolder { store: Folder::open(folder.path()).await?, other: Folder::open(folder.path()).await?, folder })
    }

    conformance!(subject().await?);
}
