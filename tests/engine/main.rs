//! The engine in a simulated world: a store in memory, a clock that tests move, targets and a Bot API that do as told.

mod crashes;
mod delivery;
mod runs;
mod sim;
