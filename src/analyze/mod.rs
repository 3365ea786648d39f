//! Claude: what the Messages API speaks, and a client that keeps to a time budget.

pub mod analyst;
mod answer;
pub mod client;
pub mod failure;
pub mod messages;
mod retry;
pub mod spending;
