//! A real Kubernetes control plane, without nodes: etcd, API server and controller manager, ready in seconds.

mod build;
mod plane;

pub use build::{Binaries, version};
pub use plane::{ControlPlane, end_kept, kept};
