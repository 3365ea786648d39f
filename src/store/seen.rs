//! What a watch has told of, so that it can tell what is gone when it was not there to see it go.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Deleted, Stored, Undecodable};

/// The objects that a watch has told of: UIDs by namespace and name.
#[derive(Default)]
pub(super) struct Seen {
    uids: BTreeMap<(String, String), String>,
}

impl Seen {
    /// What to tell of an object that is there. Another one of the same name means that the one before is gone.
    pub fn there<K: Stored>(&mut self, object: Result<K, Undecodable>) -> Vec<Change<K>> {
        let (namespace, name, uid) = match &object {
            Ok(object) => {
                let meta = object.meta();
                (meta.namespace.clone(), meta.name.clone(), meta.uid.clone())
            }
            Err(it) => (Some(it.namespace.clone()), Some(it.name.clone()), Some(it.uid.clone())),
        };
        let (namespace, name) = (namespace.unwrap_or_default(), name.unwrap_or_default());
        let uid = uid.unwrap_or_default();
        let before = self.uids.insert((namespace.clone(), name.clone()), uid.clone());
        let mut changes = Vec::new();
        if let Some(before) = before.filter(|before| *before != uid) {
            changes.push(Change::Deleted(Deleted { namespace, name, uid: before }));
        }
        changes.push(object.map_or_else(Change::Undecodable, Change::Applied));
        changes
    }

    /// What to tell of an object that is gone; nothing when it was never told of.
    pub fn gone<K>(&mut self, namespace: &str, name: &str) -> Option<Change<K>> {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        let uid = self.uids.remove(&(namespace.clone(), name.clone()))?;
        Some(Change::Deleted(Deleted { namespace, name, uid }))
    }

    /// What to tell when `listed` is all that is there.
    pub fn only<K>(&mut self, listed: &BTreeSet<(String, String)>) -> Vec<Change<K>> {
        let gone: Vec<_> = self.uids.keys().filter(|key| !listed.contains(*key)).cloned().collect();
        gone.into_iter().filter_map(|(namespace, name)| self.gone(&namespace, &name)).collect()
    }
}
