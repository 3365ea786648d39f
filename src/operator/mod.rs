//! A process in a cluster: who may act, and what it is made of.

pub mod lease;
