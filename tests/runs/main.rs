//! What happens over several runs, from what was seen to the message, through the same functions as in the operator.
#![allow(clippy::unwrap_used, reason = "what is not as a test expects ends it")]

mod analysis;
mod any;
mod second;
mod trends;
mod world;
