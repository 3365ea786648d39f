//! What an investigation may use, reckoned before each call: what a call may cost at most has to be left.

use std::time::Duration;

use crate::api::job::Budget;

/// Of one answer, what the model thinks included.
const MOST_ANSWER: u64 = 4096;
/// With less a turn comes to nothing.
const FEWEST_ANSWER: u64 = 1024;
/// With less there is no report.
const FEWEST_REPORT: u64 = 512;
/// Kept for what the tools tell between a call and the last one; what does not fit then is left out.
const GROWTH: u64 = 4000;
/// What a report takes.
const REPORT_TIME: Duration = Duration::from_mins(1);
/// What another turn with its tools takes.
const TURN_TIME: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_secs(5);
/// What the API adds to a request: the use of tools, the form of the answer.
const ADDED: u64 = 1000;
/// A token is at least as many bytes of JSON; of English text and logs it is about four.
const BYTES_PER_TOKEN: u64 = 2;

/// What is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Turns.
    pub turns: u32,
    /// Tokens to send.
    pub input: u64,
    /// Tokens to be answered with.
    pub output: u64,
    /// Tokens of the day, sent and answered.
    pub day: u64,
    /// Time.
    pub time: Duration,
}

/// What runs out first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The turns.
    Turns,
    /// The tokens to send.
    Input,
    /// The tokens to be answered with.
    Output,
    /// The tokens of the day.
    Day,
    /// The time.
    Time,
}

/// Which call there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// One that may use tools, with so many tokens for its answer; a last one fits after it.
    Turn(u64),
    /// A last one, with so many tokens for its answer.
    Last(u64, Limit),
    /// None.
    No(Limit),
}

impl Limit {
    /// `CamelCase`, as a stop reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Turns => "TurnLimit",
            Self::Input => "InputTokenLimit",
            Self::Output => "OutputTokenLimit",
            Self::Day => "DailyTokenLimit",
            Self::Time => "TimeLimit",
        }
    }

    /// What is used up.
    pub fn what(self) -> &'static str {
        match self {
            Self::Turns => "turns",
            Self::Input => "tokens to send",
            Self::Output => "tokens to answer with",
            Self::Day => "tokens of this day",
            Self::Time => "time",
        }
    }
}

impl Left {
    /// What `budget` gives to one investigation, with so many tokens of the day and so much time left.
    pub fn of(budget: &Budget, day: u64, time: Duration) -> Self {
        Self { turns: budget.turns(), input: budget.input_tokens(), output: budget.output_tokens(), day, time }
    }

    /// Which call there is room for when what is sent is at most so many tokens.
    pub fn room(&self, sent: u64) -> Room {
        let answer = |kept: u64| {
            let of_day = self.day.saturating_sub(sent).saturating_sub(kept);
            MOST_ANSWER.min(self.output.saturating_sub(kept)).min(of_day)
        };
        let last = answer(0);
        let short = |turns, input, output, day, time| {
            let limits = [
                (self.turns < turns, Limit::Turns),
                (self.input < input, Limit::Input),
                (self.output < output, Limit::Output),
                (self.day < day, Limit::Day),
                (self.time < time, Limit::Time),
            ];
            limits.into_iter().find(|(short, _)| *short).map(|(_, limit)| limit)
        };
        if let Some(limit) = short(1, sent, FEWEST_REPORT, sent + FEWEST_REPORT, SHORTEST) {
            return Room::No(limit);
        }
        // The last one sends all of this, the answer, and what the tools told.
        let next = sent + FEWEST_ANSWER + GROWTH;
        let output = FEWEST_ANSWER + MOST_ANSWER;
        match short(2, sent + next, output, sent + next + output, REPORT_TIME + TURN_TIME) {
            Some(limit) => Room::Last(last, limit),
            None => {
                let most = self.input.saturating_sub(2 * sent + GROWTH);
                let most = most.min(self.day.saturating_sub(2 * sent + GROWTH + MOST_ANSWER) / 2);
                Room::Turn(answer(MOST_ANSWER).min(most))
            }
        }
    }
}

/// At most how many tokens a request of so many bytes is, after one of so many bytes was so many tokens.
pub fn at_most(bytes: u64, before: Option<(u64, u64)>) -> u64 {
    let (known, tokens) = before.unwrap_or_default();
    tokens + bytes.saturating_sub(known).div_ceil(BYTES_PER_TOKEN) + ADDED
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Left = Left { turns: 20, input: 200_000, output: 16_000, day: 2_000_000, time: Duration::from_mins(5) };

    #[test]
    fn the_last_call_is_made_while_there_is_room_for_it() {
        for (left, sent, room) in [
            (LEFT, 5_000, Room::Turn(4096)),
            (Left { turns: 1, ..LEFT }, 5_000, Room::Last(4096, Limit::Turns)),
            (Left { turns: 0, ..LEFT }, 5_000, Room::No(Limit::Turns)),
            (Left { input: 50_000, ..LEFT }, 22_400, Room::Turn(1200)),
            (Left { input: 50_000, ..LEFT }, 30_000, Room::Last(4096, Limit::Input)),
            (Left { input: 50_000, ..LEFT }, 50_001, Room::No(Limit::Input)),
            (Left { output: 6000, ..LEFT }, 5_000, Room::Turn(1904)),
            (Left { output: 5000, ..LEFT }, 5_000, Room::Last(4096, Limit::Output)),
            (Left { output: 1000, ..LEFT }, 5_000, Room::Last(1000, Limit::Output)),
            (Left { output: 500, ..LEFT }, 5_000, Room::No(Limit::Output)),
            (Left { day: 6000, ..LEFT }, 5_000, Room::Last(1000, Limit::Day)),
            (Left { day: 5000, ..LEFT }, 5_000, Room::No(Limit::Day)),
            (Left { time: Duration::from_mins(1), ..LEFT }, 5_000, Room::Last(4096, Limit::Time)),
            (Left { time: Duration::ZERO, ..LEFT }, 5_000, Room::No(Limit::Time)),
        ] {
            assert_eq!(left.room(sent), room, "{left:?}");
        }
    }

    #[test]
    fn what_was_counted_is_not_reckoned_again() {
        assert_eq!(at_most(8_001, None), 4_001 + ADDED);
        assert_eq!(at_most(9_000, Some((8_000, 2_000))), 2_500 + ADDED);
    }
}
