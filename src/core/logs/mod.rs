//! From the bytes of a container's log to what was found in it: lines → records → patterns → counts.
//!
//! [`Scanner`] reads a log line by line and keeps a bounded amount of memory whatever comes; [`Matcher`] knows the
//! patterns of one container: its profile's and the job's own.

mod aside;
mod fields;
mod head;
mod hostile;
mod kinds;
mod level;
mod line;
mod matcher;
mod own;
mod reader;
mod record;
mod required;
mod scanner;
pub(crate) mod sieve;
mod tally;
mod template;
mod time;

pub use aside::{Aside, Example, SetAside, Sorter};
pub use level::Level;
pub use matcher::{Matcher, problems};
pub use record::essence;
pub(crate) use required::required;
pub use scanner::Scanner;
pub use template::template;
