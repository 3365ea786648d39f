//! Counts of one pattern: how often, when, and the most within a span.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// Counts matches within a sliding span, exactly up to this many, then to a five-thousandth of the span.
const EXACT: usize = 10_000;

/// The most matches within a span, in bounded memory.
#[derive(Debug)]
pub(super) struct Sliding {
    per: SignedDuration,
    /// Matches of the last `per`, oldest first, near ones taken together once there are many.
    recent: VecDeque<(Timestamp, u64)>,
    within: u64,
    most: u64,
    untimed: u64,
}

impl Sliding {
    pub(super) fn new(per: SignedDuration) -> Self {
        Self { per, recent: VecDeque::new(), within: 0, most: 0, untimed: 0 }
    }

    /// Adds a match. One without a time may have come at any moment, so it counts within every span.
    pub(super) fn add(&mut self, at: Option<Timestamp>) {
        let Some(at) = at else {
            self.untimed += 1;
            return;
        };
        // Two streams of one container come out of order by a little.
        let at = self.recent.back().map_or(at, |&(last, _)| at.max(last));
        self.recent.push_back((at, 1));
        self.within += 1;
        while let Some(&(first, count)) = self.recent.front()
            && at.duration_since(first) >= self.per
        {
            self.recent.pop_front();
            self.within -= count;
        }
        self.most = self.most.max(self.within);
        if self.recent.len() >= EXACT {
            self.take_near_ones_together();
        }
    }

    pub(super) fn most(&self) -> u64 {
        self.most + self.untimed
    }

    fn take_near_ones_together(&mut self) {
        let near = self.per / 5000;
        let mut merged: VecDeque<(Timestamp, u64)> = VecDeque::with_capacity(EXACT / 2 + 1);
        for (at, count) in self.recent.drain(..) {
            match merged.back_mut() {
                Some((last, sum)) if at.duration_since(*last) < near => *sum += count,
                _ => merged.push_back((at, count)),
            }
        }
        self.recent = merged;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_498_000 + second).unwrap()
    }

    #[test]
    fn counts_what_comes_within_the_span() {
        let mut sliding = Sliding::new(SignedDuration::from_mins(10));
        for second in [0, 299, 599, 600, 1300] {
            sliding.add(Some(at(second)));
        }
        assert_eq!(sliding.most(), 3);
        sliding.add(None);
        assert_eq!(sliding.most(), 4);
    }

    #[test]
    fn a_million_matches_take_little_memory() {
        let mut sliding = Sliding::new(SignedDuration::from_hours(24));
        for n in 0..300_000 {
            sliding.add(Some(at(n / 4)));
            assert!(sliding.recent.len() < EXACT);
        }
        assert_eq!(sliding.most(), 300_000);
    }
}
