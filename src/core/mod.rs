//! Decisions. Pure functions of their inputs: no I/O, no clock, no async, no client; time is passed in.

pub mod check;
pub mod condition;
pub mod effective;
pub mod execution;
pub mod fold;
pub mod incident;
pub mod message;
pub mod observation;
pub mod observe;
pub mod outbox;
pub mod plan;
pub mod previous;
pub mod redact;
pub mod schedule;
