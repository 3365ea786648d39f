//! How a container's process ended: by itself, by the kernel, or by somebody's hand.

use jiff::{SignedDuration, Timestamp};

use crate::core::observation::docker::{Event, Inspect};

/// The engine tells of a kill for memory at about the time of the end that it brought about.
const OOM_REACH: SignedDuration = SignedDuration::from_secs(5);
/// Signals that make a process read its configuration again, or its logs, and do not end it: HUP, USR1, USR2, WINCH.
const GENTLE: [i64; 4] = [1, 10, 12, 28];

/// Who ended a container's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Nothing tells.
    Unknown,
    /// Its own doing: nobody had asked for it.
    Itself,
    /// The kernel, for memory.
    Kernel,
    /// `docker stop`, `docker restart`, or what does the same.
    Stop,
    /// `docker kill`, or what does the same.
    Kill,
}

/// One end of a container's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub(super) at: Timestamp,
    pub(super) code: Option<i64>,
    pub(super) by: By,
}

impl By {
    /// Somebody wanted it.
    pub fn is_hand(self) -> bool {
        matches!(self, Self::Stop | Self::Kill)
    }
}

/// The ends that the engine's events of this container tell of, oldest first. `first` is the oldest event that the
/// engine still had: what came before it is not known.
pub(super) fn told(events: &[&Event], first: Option<Timestamp>) -> Vec<End> {
    let mut ends: Vec<End> = Vec::new();
    let (mut killed, mut oom) = (None, None);
    for event in events {
        match event.action.as_str() {
            "kill" => killed = killed.or_else(|| killed_by(event)),
            "oom" => match ends.last_mut() {
                // The engine may tell of the end first.
                Some(end) if end.code == Some(137) && event.at.duration_since(end.at) <= OOM_REACH => {
                    end.by = By::Kernel;
                }
                _ => oom = Some(event.at),
            },
            "die" => {
                let for_memory = oom.take().is_some_and(|oom| event.at.duration_since(oom) <= OOM_REACH);
                let by = match (for_memory, killed) {
                    (true, _) => By::Kernel,
                    (_, Some(by)) => by,
                    _ if first.is_none_or(|first| first >= event.at) => By::Unknown,
                    _ => By::Itself,
                };
                ends.push(End { at: event.at, code: event.exit_code, by });
            }
            "stop" | "restart" => {
                if let Some(end) = ends.last_mut().filter(|end| end.by != By::Kernel) {
                    end.by = By::Stop;
                }
            }
            "start" => (killed, oom) = (None, None),
            _ => {}
        }
    }
    ends
}

/// Who sends this signal, if it is one that ends a process: `docker stop` begins with a gentle one.
fn killed_by(event: &Event) -> Option<By> {
    match event.signal {
        Some(9) => Some(By::Kill),
        Some(signal) if GENTLE.contains(&signal) => None,
        _ => Some(By::Stop),
    }
}

/// Kills for memory that no end of the container followed: one of its other processes was killed.
pub(super) fn inner_kills(events: &[&Event]) -> Vec<Timestamp> {
    let ends: Vec<Timestamp> = events.iter().filter(|e| e.action == "die").map(|e| e.at).collect();
    let fatal = |oom: Timestamp| ends.iter().any(|end| end.duration_since(oom).abs() <= OOM_REACH);
    events.iter().filter(|e| e.action == "oom" && !fatal(e.at)).map(|e| e.at).collect()
}

/// Who ended the process last: the events where they tell, else what inspect gives away. The engine may have ended it
/// after the events were read.
pub(super) fn last(inspect: &Inspect, events: &[&Event], ends: &[End]) -> By {
    let state = &inspect.state;
    if state.oom_killed && state.status != "running" {
        return By::Kernel;
    }
    let lived = |e: &&&Event| matches!(e.action.as_str(), "start" | "die" | "kill");
    let dying = events.iter().rfind(lived).filter(|e| e.action == "kill").and_then(|e| killed_by(e));
    let told = dying.or_else(|| ends.last().map(|end| end.by)).filter(|by| *by != By::Unknown);
    if let Some(by) = told {
        return by;
    }
    match (state.status.as_str(), inspect.host_config.restart_policy.name.as_str()) {
        // The engine starts such a container again whatever its exit code, unless somebody stopped it.
        ("exited", "always" | "unless-stopped") if state.error.is_empty() => By::Stop,
        _ if matches!(state.exit_code, 0 | 130 | 137 | 143) => By::Unknown,
        _ => By::Itself,
    }
}

/// An exit code and what it means.
pub(super) fn exit_words(code: i64) -> String {
    let meaning = match code {
        0 => "no error",
        125 => "the engine could not run it",
        126 => "its command cannot be executed",
        127 => "its command was not found",
        128 => "the engine could not start it",
        129 => "SIGHUP",
        130 => "SIGINT: stopped by hand",
        132 => "SIGILL: it crashed",
        134 => "SIGABRT: it crashed",
        135 => "SIGBUS: it crashed",
        136 => "SIGFPE: it crashed",
        137 => "SIGKILL: killed from outside",
        139 => "SIGSEGV: it crashed",
        141 => "SIGPIPE",
        143 => "SIGTERM: stopped from outside",
        _ => return format!("code {code}"),
    };
    format!("code {code} ({meaning})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fixtures::at;

    /// Events a minute apart, such as `kill 15` or `die 0`.
    fn ends_of(words: &[&str]) -> Vec<By> {
        let event = |(n, word): (usize, &&str)| {
            let (action, number) = word.split_once(' ').unwrap_or((word, ""));
            let number = number.parse().ok();
            Event {
                at: at(i64::try_from(n).unwrap()),
                container: "c".into(),
                id: "c".into(),
                action: action.into(),
                exit_code: number.filter(|_| action == "die"),
                signal: number.filter(|_| action == "kill"),
            }
        };
        let mut events: Vec<Event> = words.iter().enumerate().map(event).collect();
        for n in 1..events.len() {
            if events[n].action == "oom" || events[n - 1].action == "oom" {
                events[n].at = events[n - 1].at;
            }
        }
        told(&events.iter().collect::<Vec<_>>(), events.first().map(|e| e.at)).into_iter().map(|end| end.by).collect()
    }

    #[test]
    fn events_tell_who_ended_it() {
        for (words, by) in [
            (&["start", "die 1"][..], &[By::Itself][..]),
            (&["start", "kill 15", "die 0", "stop"], &[By::Stop]),
            (&["start", "kill 15", "die 143", "start", "restart"], &[By::Stop]),
            (&["start", "kill 9", "die 137"], &[By::Kill]),
            (&["start", "oom", "die 137"], &[By::Kernel]),
            (&["start", "die 137", "oom"], &[By::Kernel]),
            // A reload is no end, and an old one explains none.
            (&["start", "kill 1", "die 1"], &[By::Itself]),
            (&["start", "kill 15", "die 0", "stop", "start", "die 139"], &[By::Stop, By::Itself]),
            // What came before the oldest event is not known.
            (&["die 137"], &[By::Unknown]),
            (&["die 0", "stop"], &[By::Stop]),
        ] {
            assert_eq!(ends_of(words), by, "{words:?}");
        }
    }
}
