//! Times and spans of time in words.

use jiff::{SignedDuration, Timestamp, Zoned};

/// `45 s`, `45 min`, `4 hours`, `16 h 45 min`, `2 days`, `2 d 5 h`: to the minute from one minute on, to the hour from
/// two days on.
pub(super) fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    if seconds < 60 {
        return format!("{seconds} s");
    }
    let minutes = seconds.saturating_add(30) / 60;
    let (hours, rest) = (minutes / 60, minutes % 60);
    match (hours, rest) {
        (0, _) => format!("{minutes} min"),
        (48.., _) => match (hours / 24, hours % 24) {
            (days, 0) => format!("{days} days"),
            (days, hours) => format!("{days} d {hours} h"),
        },
        (_, 0) => counted(hours, "hour"),
        _ => format!("{hours} h {rest} min"),
    }
}

/// `1 slot`, `2 slots`.
pub(super) fn counted(count: i64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Times of one message, in one zone, with the date only where it is not the message's own.
pub(super) struct Clock<'a>(pub(super) &'a Zoned);

impl Clock<'_> {
    /// The message's own time: `2026-11-24 03:15 UTC`.
    pub(super) fn own(&self) -> String {
        dated(self.0)
    }

    /// `10:30 UTC`, or with its date on another day.
    pub(super) fn coming(&self, at: &Zoned) -> String {
        let at = at.with_time_zone(self.0.time_zone().clone());
        if at.date() == self.0.date() { format!("{} {}", at.strftime("%H:%M"), zone_name(&at)) } else { dated(&at) }
    }

    /// `03:02`, or with its date on another day.
    pub(super) fn short(&self, at: Timestamp) -> String {
        let at = at.to_zoned(self.0.time_zone().clone());
        at.strftime(if at.date() == self.0.date() { "%H:%M" } else { "%F %H:%M" }).to_string()
    }
}

fn dated(at: &Zoned) -> String {
    format!("{} {}", at.strftime("%F %H:%M"), zone_name(at))
}

/// `UTC`, `CET`; the zone's whole name where it has no letters of its own.
fn zone_name(at: &Zoned) -> String {
    let abbreviation = at.strftime("%Z").to_string();
    if abbreviation.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return abbreviation;
    }
    at.time_zone().iana_name().map_or(abbreviation, str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_in_words() {
        let table = [
            (-5, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (45 * 60, "45 min"),
            (59 * 60 + 31, "1 hour"),
            (3600, "1 hour"),
            (65 * 60, "1 h 5 min"),
            (4 * 3600, "4 hours"),
            (4 * 3600 - 1, "4 hours"),
            (16 * 3600 + 45 * 60, "16 h 45 min"),
            (127 * 60, "2 h 7 min"),
            (24 * 3600, "24 hours"),
            (48 * 3600, "2 days"),
            (53 * 3600 + 59, "2 d 5 h"),
        ];
        for (seconds, words) in table {
            assert_eq!(span(SignedDuration::from_secs(seconds)), words, "{seconds}");
        }
        assert_eq!(span(SignedDuration::MAX), "106751991167300 d 15 h");
    }

    #[test]
    fn times_name_their_zone_and_another_day() {
        let table = [
            ("2026-11-24T03:15[Etc/UTC]", "2026-11-24 03:15 UTC", "10:30 UTC", "02:59"),
            ("2026-11-24T03:15[Europe/Amsterdam]", "2026-11-24 03:15 CET", "11:30 CET", "03:59"),
            (
                "2026-11-24T03:15[America/Sao_Paulo]",
                "2026-11-24 03:15 America/Sao_Paulo",
                "07:30 America/Sao_Paulo",
                "2026-11-23 23:59",
            ),
            (
                "2026-10-25T02:15+01:00[Europe/Amsterdam]",
                "2026-10-25 02:15 CET",
                "2026-11-24 11:30 CET",
                "2026-11-24 03:59",
            ),
        ];
        let next: Zoned = "2026-11-24T10:30[Etc/UTC]".parse().unwrap();
        let seen: Timestamp = "2026-11-24T02:59:30Z".parse().unwrap();
        for (at, full, coming, short) in table {
            let at: Zoned = at.parse().unwrap();
            let clock = Clock(&at);
            assert_eq!(
                (clock.own(), clock.coming(&next), clock.short(seen)),
                (full.into(), coming.into(), short.into())
            );
        }
    }
}
