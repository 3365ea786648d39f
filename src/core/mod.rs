//! Decisions. Pure functions of their inputs: no I/O, no clock, no async, no client; time is passed in.

pub mod incident;
pub mod message;
pub mod observation;
pub mod previous;
pub mod schedule;
