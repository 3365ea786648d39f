//! Claude: what the Messages API speaks, and a client that keeps to a time budget.

pub mod analyst;
mod answer;
pub mod client;
pub mod conversation;
pub mod failure;
pub mod investigation;
pub mod messages;
mod retry;
pub mod spending;
mod tools;
