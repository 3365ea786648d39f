//! Claude: what the Messages API speaks, and a client that keeps to a time budget.

pub mod failure;
pub mod messages;
