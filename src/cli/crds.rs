//! `stagewatch crds`: the definitions of both resources, as `kubectl apply -f -` takes them.

use super::Said;
use crate::api::schema;

/// Both definitions as YAML documents, always in the same order.
pub fn crds() -> anyhow::Result<Said> {
    let documents = schema::crds().iter().map(serde_saphyr::to_string).collect::<Result<Vec<_>, _>>()?;
    Ok(Said { text: documents.join("---\n"), code: 0 })
}
