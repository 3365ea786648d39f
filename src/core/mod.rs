//! Decisions. Pure functions of their inputs: no I/O, no clock, no async, no client; time is passed in.

pub mod analysis;
pub mod check;
pub mod condition;
pub mod correlate;
pub mod diagnosis;
pub mod effective;
pub mod execution;
pub mod expect;
pub mod explain;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod fold;
pub mod incident;
pub mod investigation;
pub mod logs;
pub mod message;
pub mod observation;
pub mod observe;
pub mod outbox;
pub mod overrides;
pub mod plan;
pub mod previous;
pub mod profiles;
pub mod redact;
pub mod report;
pub mod rules;
pub mod schedule;
pub mod trend;
pub mod verdict;
pub mod visible_text;
