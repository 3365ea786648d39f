//! Stagewatch watches staging environments: it probes the sites, inspects the containers behind them, reads their
//! logs, decides a verdict, and tells people.
//!
//! The house reads like the pipeline, from top to bottom; imports only point down:
//! `cli, operator, http → engine → analyze → collect → net, secrets`; `engine → notify, store, recording`;
//! `telemetry` may be used by all above `core`; all may use `core → api`. A test keeps the rule.
#![forbid(unsafe_code)]

pub mod analyze;
pub mod api;
pub mod cli;
pub mod collect;
pub mod core;
pub mod engine;
pub mod http;
pub mod net;
pub mod notify;
pub mod operator;
pub mod recording;
pub mod secrets;
pub mod store;
pub mod telemetry;
