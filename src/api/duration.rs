//! Spans of time as people write them: `90s`, `1d12h`.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::validation::rule;

/// A span of time: one or more of `<number><unit>` with the units `ms`, `s`, `m`, `h`, `d`; at most 366 days.
///
/// Parsing is total: a number too large for the type becomes the largest span, which the rules refuse with a
/// message, where an error here would make the whole object unreadable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(SignedDuration);

/// The text is not a span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration: write numbers with the units ms, s, m, h or d, such as \"90s\" or \"1d12h\"")]
pub struct ParseDurationError(String);

const UNITS: [(&str, i64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Duration {
    /// The longest span that a spec may hold.
    pub const MAX: Self = Self(SignedDuration::from_hours(366 * 24));

    /// A span of whole milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(SignedDuration::from_millis(millis))
    }

    /// A span of whole seconds.
    pub const fn from_secs(secs: i64) -> Self {
        Self(SignedDuration::from_secs(secs))
    }

    /// A span of whole minutes.
    pub const fn from_mins(mins: i64) -> Self {
        Self(SignedDuration::from_mins(mins))
    }

    /// A span of whole hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self(SignedDuration::from_hours(hours))
    }

    /// A span of whole days of 24 hours.
    pub const fn from_days(days: i64) -> Self {
        Self(SignedDuration::from_hours(days * 24))
    }

    /// The span, for arithmetic with [`jiff::Timestamp`].
    pub const fn signed(self) -> SignedDuration {
        self.0
    }

    /// The span, for timers; zero when it is negative.
    pub fn unsigned(self) -> std::time::Duration {
        self.0.try_into().unwrap_or_default()
    }
}

impl From<SignedDuration> for Duration {
    fn from(span: SignedDuration) -> Self {
        Self(span)
    }
}

impl FromStr for Duration {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParseDurationError(text.chars().take(40).collect());
        let (mut rest, mut millis) = (text, 0_i64);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|&n| n > 0).ok_or_else(refuse)?;
            let (number, tail) = rest.split_at(digits);
            let letters = tail.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(refuse)?;
            millis = millis.saturating_add(number.parse().unwrap_or(i64::MAX).saturating_mul(*scale));
            rest = tail;
        }
        if text.is_empty() { Err(refuse()) } else { Ok(Self(SignedDuration::from_millis(millis))) }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut millis = i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX).max(0);
        if millis == 0 {
            return f.write_str("0s");
        }
        for (unit, scale) in UNITS {
            if millis >= scale {
                write!(f, "{}{unit}", millis / scale)?;
                millis %= scale;
            }
        }
        Ok(())
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "duration",
            "maxLength": 32,
            // No more digits than 366d needs: the API server's own reader overflows silently on longer ones. The
            // example is in it since the pattern is all that the API server shows of this.
            "pattern": "^(1d12h|([0-9]{1,3}d|[0-9]{1,4}h|[0-9]{1,6}m|[0-9]{1,8}s|[0-9]{1,11}ms)+)$",
            "x-kubernetes-validations": [rule::DURATION.rule()],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_the_schema_admits() {
        for (text, millis) in
            [("90s", 90_000), ("1d12h", 129_600_000), ("250ms", 250), ("0s", 0), ("1m1m", 120_000), ("007s", 7000)]
        {
            assert_eq!(text.parse::<Duration>().map(|d| d.0.as_millis()), Ok(millis), "{text}");
        }
        assert!("99999999999999999999h".parse::<Duration>().unwrap() > Duration::MAX);
        for text in ["", "5", "h", "5x", "5S", "-5s", "5s ", "1.5h", "5sm"] {
            assert!(text.parse::<Duration>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn prints_what_it_reads(millis in 0..31_622_400_000_i64) {
            let span = Duration(SignedDuration::from_millis(millis));
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }

        #[test]
        fn parsing_is_total(text in "\\PC{0,40}") {
            let _ = text.parse::<Duration>();
        }
    }
}
