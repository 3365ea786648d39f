//! A line as `docker logs --timestamps` prints it: the engine's stamp, a blank, the text.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::api::Window;

/// The engine's stamp as it is printed: `2026-11-24T05:44:36.659647670Z`. Parsed only where a time is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp([u8; Self::LEN]);

impl Stamp {
    const LEN: usize = 30;

    pub(super) fn time(self) -> Option<Timestamp> {
        std::str::from_utf8(&self.0).ok()?.parse().ok()
    }

    fn of(time: Timestamp) -> Option<Self> {
        Some(Self(format!("{time:.9}").into_bytes().try_into().ok()?))
    }

    /// Whether `later` came within two seconds of this one, by the clock's face: good enough to say that two lines
    /// belong together, and it costs no parsing.
    pub(super) fn is_near(self, later: Self) -> bool {
        let seconds = |at: &[u8; Self::LEN]| {
            let two = |i: usize| i32::from(at[i].wrapping_sub(b'0')) * 10 + i32::from(at[i + 1].wrapping_sub(b'0'));
            two(11) * 3600 + two(14) * 60 + two(17)
        };
        let apart = (seconds(&later.0) - seconds(&self.0)).rem_euclid(86_400);
        apart <= 2 || apart >= 86_398
    }
}

/// The bounds of a window in the engine's own form, which sorts as time does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    since: Option<Stamp>,
    until: Option<Stamp>,
}

impl Bounds {
    pub(super) fn of(window: Window) -> Self {
        Self { since: Stamp::of(window.since), until: Stamp::of(window.until) }
    }

    pub(super) fn contain(&self, stamp: Stamp) -> bool {
        self.since.is_none_or(|since| stamp.0 >= since.0) && self.until.is_none_or(|until| stamp.0 < until.0)
    }
}

/// The stamp of a line and its text. A line without a stamp has no known time.
pub(super) fn split(line: &[u8]) -> (Option<Stamp>, &[u8]) {
    let Some((head, rest)) = line.split_first_chunk::<{ Stamp::LEN }>() else { return (None, line) };
    let shape = head[4] == b'-' && head[10] == b'T' && head[13] == b':' && head[19] == b'.' && head[29] == b'Z';
    let digits = [0, 3, 5, 8, 11, 12, 14, 15, 17, 18, 20, 28].iter().all(|&i| head[i].is_ascii_digit());
    match rest.first() {
        _ if !shape || !digits => (None, line),
        None => (Some(Stamp(*head)), rest),
        Some(b' ') => (Some(Stamp(*head)), &rest[1..]),
        Some(_) => (None, line),
    }
}

/// Whether a text has no terminal colours.
pub(super) fn is_plain(text: &[u8]) -> bool {
    memchr::memchr(0x1b, text).is_none()
}

/// The text without carriage returns at its end and without terminal colours.
pub(super) fn plain(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if memchr::memchr(0x1b, text).is_none() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = memchr::memchr(0x1b, rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(sequence) = rest.strip_prefix(b"[") {
            let end = sequence.iter().position(|byte| (0x40..=0x7e).contains(byte)).map_or(sequence.len(), |n| n + 1);
            rest = &sequence[end..];
        }
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_split_off() {
        let (stamp, text) = split(b"2026-11-24T05:44:36.659647670Z hello");
        assert_eq!(stamp.unwrap().time(), Some("2026-11-24T05:44:36.65964767Z".parse().unwrap()));
        assert_eq!(text, b"hello");
        assert_eq!(split(b"2026-11-24T05:44:36.659647670Z"), (stamp, &b""[..]));
        assert_eq!(split(b"no stamp").0, None);
        assert_eq!(split(b"2026-11-24T05:44:36.659647670Zx").0, None);
    }

    #[test]
    fn a_window_holds_its_first_instant_and_not_its_last() {
        let window =
            Window { since: "2026-11-24T05:00:00Z".parse().unwrap(), until: "2026-11-24T06:00:00Z".parse().unwrap() };
        let holds = |text: &str| Bounds::of(window).contain(split(text.as_bytes()).0.unwrap());
        assert!(holds("2026-11-24T05:00:00.000000000Z"));
        assert!(holds("2026-11-24T05:59:59.999999999Z"));
        assert!(!holds("2026-11-24T06:00:00.000000000Z"));
        assert!(!holds("2026-11-24T04:59:59.999999999Z"));
    }

    #[test]
    fn colours_and_carriage_returns_go() {
        assert_eq!(&*plain(b"\x1b[31mERROR\x1b[0m x\r"), b"ERROR x");
        assert_eq!(&*plain(b"x\x1b["), b"x");
    }

    #[test]
    fn nearness_is_two_seconds_over_midnight_too() {
        let stamp = |text: &str| split(text.as_bytes()).0.unwrap();
        let late = stamp("2026-11-24T23:59:59.000000000Z");
        assert!(late.is_near(stamp("2026-11-25T00:00:01.000000000Z")));
        assert!(!late.is_near(stamp("2026-11-25T00:00:02.000000000Z")));
    }
}
