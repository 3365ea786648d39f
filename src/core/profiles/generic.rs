//! Any program: the level that a record says it has, and shapes that mean the same everywhere, as the common runtimes
//! print them. Bare words mean nothing: a shape is an error's name, number or fixed sentence where such things stand.
//!
//! Critical is only what ends the program or leaves it unable to work. What a record below a warning says of failures
//! was not one: a retry that went well, a counter that is zero, a user's text.

mod ending;
mod failing;

use super::{Benign, Known, LevelRule, Profile, join};
use crate::core::logs::Level;

pub(super) const PROFILE: Profile = Profile { patterns: &PATTERNS, benign: BENIGN };

static PATTERNS: [Known; ending::PATTERNS.len() + failing::PATTERNS.len()] = join(ending::PATTERNS, failing::PATTERNS);

/// A record without a level counts; so does a warning.
const BAD: LevelRule = LevelRule::NotBelow(Level::Warning);
/// A record without a level counts; what a program itself only warns of, it handles.
const FAILED: LevelRule = LevelRule::NotBelow(Level::Error);

const BENIGN: &[Benign] = &[
    Benign::new(r"http: TLS handshake error from", "a client that does not speak our TLS, such as a scanner"),
    Benign::new(r"RoutingError \(No route matches", "a client asked for what is not there; Rails calls it fatal"),
    Benign::new(r"FATAL -- : (?:\[[\w-]+\] )?\s*\z", "a blank line of Rails around an exception"),
    Benign::new(r"Worker \(pid:\d+\) was sent SIG(?:TERM|INT|QUIT|HUP)!", "gunicorn says so at every stop and reload"),
    Benign::new(
        r"^npm (?:ERR!|error) (?:signal SIG(?:TERM|INT)|command |path |A complete log)",
        "npm says so when what it runs is stopped",
    ),
    Benign::new(
        r"^KeyboardInterrupt\s*\z|^(?:\w+\.)*CancelledError\s*\z|^SystemExit: 0\s*\z",
        "it was stopped in the middle of something",
    ),
    Benign::new(r"Supervisor is running as root", "supervisord says so at every start in a container"),
    Benign::new(r"ClientAbortException", "a client went away before its answer"),
    Benign::new(
        r"BadStatusLine: 400|Invalid method encountered",
        "a client that does not speak HTTP, such as a scanner",
    ),
];

#[cfg(test)]
mod tests;
