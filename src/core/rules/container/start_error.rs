//! Why the engine could not start a container, from what it says of that.

use crate::core::redact::cut;

/// How much of the engine's own words is told.
const MAX_WORDS: usize = 160;

/// Why a container could not be started.
pub(super) struct StartError {
    /// What stands in the way, and the engine's own words.
    pub(super) words: String,
    pub(super) advice: &'static str,
}

/// What the engine says, in lower case, what it means, and what to do. From moby's and runc's sources; the first that fits.
const KNOWN: [(&[&str], &str, &str); 9] = [
    (
        &["port is already allocated", "address already in use"],
        "a port that it publishes is taken",
        "find what holds the port, or publish another",
    ),
    (
        &["no space left on device"],
        "its host's disk is full",
        "free space on the host, where the engine keeps its data",
    ),
    (&["exec format error"], "its image is made for another kind of CPU", "use an image for the host's architecture"),
    (
        &["mount source path", "bind source path", "error mounting", "error while mounting", "failed to mount"],
        "a mount cannot be made",
        "look whether what it mounts is there, and a file or a folder as it should be",
    ),
    (&["executable file not found", "exec: \""], "its command cannot be run", "correct its command or its image"),
    (&["network "], "its network cannot be used", "create the network, or the container anew"),
    (
        &["device driver", "no such device"],
        "a device that it asks for is not there",
        "look at the host's devices and drivers",
    ),
    (&["cannot allocate memory"], "its host is short of memory", "give its host more memory"),
    (
        &["permission denied", "operation not permitted"],
        "something is not permitted to it",
        "look at its rights and its host's",
    ),
];

/// What `error`, the engine's `State.Error`, says; none when it says nothing.
pub(super) fn of(error: &str) -> Option<StartError> {
    let error = error.trim();
    let lower = error.to_lowercase();
    let known = KNOWN.iter().find(|(signs, ..)| signs.iter().any(|sign| lower.contains(sign)));
    let words = innermost(error);
    (!error.is_empty()).then(|| match known {
        Some((_, meaning, advice)) => StartError { words: format!("{meaning}: {words}"), advice },
        None => StartError { words, advice: "what the engine says of it tells why" },
    })
}

/// The engine puts each layer's words before those of the layer below: the last ones say what happened.
fn innermost(error: &str) -> String {
    let error = error.trim_end_matches(": unknown");
    if error.chars().count() <= MAX_WORDS {
        return error.to_owned();
    }
    let starts = error.match_indices(": ").map(|(at, colon)| at + colon.len());
    let short = |at: &usize| error[*at..].chars().count() < MAX_WORDS;
    match starts.into_iter().find(short) {
        Some(at) => format!("… {}", &error[at..]),
        None => cut(error, MAX_WORDS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_words_and_what_they_mean() {
        for (error, words) in [
            (
                "driver failed programming external connectivity on endpoint autopar-redis (8d2f3c6f3e55a9bd8d0df4b5d3b0dd1ee0a6e0c0b0a7bd2a53d8a3a5dd44d5c1): Bind for 0.0.0.0:6379 failed: port is already allocated",
                "a port that it publishes is taken: … Bind for 0.0.0.0:6379 failed: port is already allocated",
            ),
            (
                "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"redis-srv\": executable file not found in $PATH: unknown",
                "its command cannot be run: … OCI runtime create failed: runc create failed: unable to start container process: exec: \"redis-srv\": executable file not found in $PATH",
            ),
            (
                "error while creating mount source path '/srv/redis': mkdir /srv: read-only file system",
                "a mount cannot be made: error while creating mount source path '/srv/redis': mkdir /srv: read-only file system",
            ),
            ("network autopar not found", "its network cannot be used: network autopar not found"),
            (
                "exec /entry.sh: exec format error",
                "its image is made for another kind of CPU: exec /entry.sh: exec format error",
            ),
            ("something new", "something new"),
        ] {
            assert_eq!(of(error).unwrap().words, words);
        }
        assert!(of(" ").is_none());
        assert_eq!(of(&"x".repeat(900)).unwrap().words.chars().count(), MAX_WORDS);
    }
}
