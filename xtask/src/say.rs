//! What people read: progress on stderr, one line a step; results on stdout, so that they can be piped.

use std::fmt::Display;
use std::io::Write as _;

/// One line of progress, on stderr.
pub fn say(line: impl Display) {
    // Whoever closed stderr does not want to read it.
    let _ = writeln!(std::io::stderr().lock(), "rig: {line}");
}

/// A line of the result, on stdout.
pub fn print(line: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
