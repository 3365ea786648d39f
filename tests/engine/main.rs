//! The engine in a simulated world: a store in memory, a clock that tests move, targets and a Bot API that do as told.
#![allow(clippy::unwrap_used, reason = "what is not as a test expects ends it")]

mod crashes;
mod delivery;
mod investigations;
mod runs;
mod sim;
