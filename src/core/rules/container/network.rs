//! A container that nothing can reach, because it is on no network.

use super::Case;
use crate::api::{Finding, Severity};

/// Networks of its own making, or none by intent: `host`, `none`, another container's, Podman's without root.
const APART: [&str; 8] = ["", "host", "none", "container:", "ns:", "pasta", "private", "slirp4netns"];

pub(super) fn judge(case: &Case<'_>) -> Option<Finding> {
    let networks = case.inspect.network_settings.networks.as_ref()?;
    let mode = case.inspect.host_config.network_mode.as_str();
    let apart = APART.iter().any(|own| mode == *own || own.len() > 2 && mode.starts_with(own));
    (networks.is_empty() && !apart).then(|| Finding {
        advice: Some("connect it again: docker network connect".to_owned()),
        ..case.state("NoNetwork", Severity::Critical, "on no network: nothing can reach it, and it can reach nothing")
    })
}
