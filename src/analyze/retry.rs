//! When to ask again.

use std::time::Duration;

use super::{answer::Missed, failure::Reason};

/// Before the second attempt; then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// With less time left there is no point in asking.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);
/// Attempts in all.
const MOST_ATTEMPTS: u32 = 8;
/// Attempts in all where each may have been paid for.
const MOST_PAID_ATTEMPTS: u32 = 3;

/// The longest that an answer of so many tokens takes.
///
/// The API's own SDKs reckon with an hour for 128 000 tokens. What is not the writing (the way there, a queue, reading the
/// request) has a quarter of a minute.
pub(super) fn longest_attempt(max_tokens: u32) -> Duration {
    Duration::from_secs(15) + Duration::from_hours(1) * max_tokens / 128_000
}

/// How long to wait before asking again after `attempts`, with so much time `left`; none: do not ask again.
///
/// What the API asks for is kept; it is a quarter shorter at most by `random` otherwise, and longer at most by a second.
pub(super) fn pause(missed: &Missed, attempts: u32, left: Duration, random: u64) -> Option<Duration> {
    let most = match missed.reason {
        Reason::Unreachable | Reason::RateLimited | Reason::Overloaded | Reason::ServerError => MOST_ATTEMPTS,
        Reason::TimedOut | Reason::Undecodable => MOST_PAID_ATTEMPTS,
        Reason::Unauthorized
        | Reason::Forbidden
        | Reason::ModelNotFound
        | Reason::WrongAddress
        | Reason::SpendLimit
        | Reason::InvalidRequest
        | Reason::TooLarge => return None,
    };
    if attempts >= most || missed.final_word {
        return None;
    }
    let thousandth = u32::try_from(random % 1000).unwrap_or_default();
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1))).min(LONGEST_PAUSE);
    let pause = missed.wait.map_or(doubled * (4000 - thousandth) / 4000, |wait| {
        // Not all that were told the same come back at once.
        wait.saturating_add(Duration::from_millis(thousandth.into()))
    });
    (pause.saturating_add(SHORTEST_ATTEMPT) <= left).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(5);

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_come_to_an_end() {
        let missed = Missed::new(Reason::Overloaded, "");
        let pauses: Vec<_> = (1..10).map_while(|attempts| pause(&missed, attempts, LONG, 0)).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30].map(secs));
        assert_eq!(
            pause(&missed, 2, LONG, 999),
            Some(Duration::from_micros(1_500_500)),
            "random takes a quarter at most"
        );
        assert_eq!(pause(&missed, 0, LONG, 0), Some(secs(1)));
    }

    #[test]
    fn what_may_have_been_paid_for_is_asked_for_thrice_at_most() {
        for reason in [Reason::TimedOut, Reason::Undecodable] {
            let missed = Missed::new(reason, "");
            assert_eq!((1..10).map_while(|attempts| pause(&missed, attempts, LONG, 0)).count(), 2);
        }
    }

    #[test]
    fn what_the_api_asks_for_is_kept() {
        let missed = |reason| Missed { wait: Some(secs(20)), ..Missed::new(reason, "") };
        assert_eq!(pause(&missed(Reason::RateLimited), 1, LONG, 0), Some(secs(20)));
        assert_eq!(pause(&missed(Reason::Overloaded), 5, LONG, 999), Some(Duration::from_millis(20_999)));
        assert_eq!(pause(&missed(Reason::RateLimited), 1, secs(20), 0), None, "there would be no time left to ask");
        let never = Missed { wait: Some(Duration::MAX), ..Missed::new(Reason::RateLimited, "") };
        assert_eq!(pause(&never, 1, LONG, 5), None);
    }

    #[test]
    fn what_stays_is_not_asked_again() {
        for reason in [
            Reason::Unauthorized,
            Reason::Forbidden,
            Reason::ModelNotFound,
            Reason::WrongAddress,
            Reason::SpendLimit,
            Reason::InvalidRequest,
            Reason::TooLarge,
        ] {
            let missed = Missed { wait: Some(secs(1)), ..Missed::new(reason, "") };
            assert_eq!(pause(&missed, 1, LONG, 0), None, "{reason:?}");
        }
        let told = Missed { final_word: true, ..Missed::new(Reason::ServerError, "") };
        assert_eq!(pause(&told, 1, LONG, 0), None);
    }

    proptest::proptest! {
        #[test]
        fn the_budget_holds(attempts: u32, left in 0_u64..100_000, wait: Option<u32>, random: u64) {
            let left = Duration::from_millis(left);
            let wait = wait.map(|millis| Duration::from_millis(millis.into()));
            let pause = pause(&Missed { wait, ..Missed::new(Reason::RateLimited, "") }, attempts, left, random);
            proptest::prop_assert!(pause.is_none_or(|pause| pause < left && pause >= wait.unwrap_or_default()));
        }
    }

    #[test]
    fn an_attempt_lasts_as_long_as_its_tokens() {
        assert_eq!([1, 1024, 4096, 128_000].map(|tokens| longest_attempt(tokens).as_secs()), [15, 43, 130, 3615]);
        longest_attempt(u32::MAX);
    }
}
