//! What people are told.

pub mod policy;
