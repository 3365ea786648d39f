//! How fast a bot may send: what Telegram asks for after a 429, and the limits that it names, kept before it has to.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// Between two messages to one chat.
const CHAT_SPACING: Duration = Duration::from_secs(1);
/// Between two messages of one bot.
const BOT_SPACING: Duration = Duration::from_millis(40);
/// The longest that a message waits here for its turn. Beyond, the sender is told to come back: who waits in the outbox
/// is not taken for half sent when the process ends.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// From so many chats on, those that could send at once are forgotten.
const MANY_CHATS: usize = 1024;

/// The gate of one bot, shared by all that send with its token.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Nothing is sent before this instant.
    closed_until: Option<Instant>,
    /// When the bot may send next.
    bot: Option<Instant>,
    /// When each chat may be sent to next.
    chats: HashMap<String, Instant>,
}

impl Gate {
    /// Waits for this chat's and the bot's turn; an error is how long it takes until it makes sense to ask again.
    pub(super) async fn pass(&self, chat: &str) -> Result<(), Duration> {
        let turn = self.state().reserve_chat(chat, Instant::now())?;
        sleep_until(turn).await;
        let turn = self.state().reserve_bot(Instant::now())?;
        sleep_until(turn).await;
        // Somebody else may have been told to wait in the meantime.
        self.state().closed(Instant::now()).map_or(Ok(()), Err)
    }

    /// Closes the gate: Telegram asks the bot to wait.
    pub(super) fn close(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut state = self.state();
        state.closed_until = Some(state.closed_until.map_or(until, |before| before.max(until)));
    }

    /// Whether a new gate would behave the same.
    pub(super) fn is_idle(&self) -> bool {
        let (state, now) = (self.state(), Instant::now());
        let later = [state.closed_until, state.bot].into_iter().flatten().chain(state.chats.values().copied());
        later.into_iter().all(|instant| instant <= now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn reserve_chat(&mut self, chat: &str, now: Instant) -> Result<Instant, Duration> {
        self.closed(now).map_or(Ok(()), Err)?;
        let turn = self.chats.get(chat).map_or(now, |next| now.max(*next));
        if turn - now > LONGEST_WAIT {
            return Err(turn - now);
        }
        if self.chats.len() >= MANY_CHATS {
            self.chats.retain(|_, next| *next > now);
        }
        self.chats.insert(chat.to_owned(), turn + CHAT_SPACING);
        Ok(turn)
    }

    fn reserve_bot(&mut self, now: Instant) -> Result<Instant, Duration> {
        self.closed(now).map_or(Ok(()), Err)?;
        let turn = self.bot.map_or(now, |next| now.max(next));
        if turn - now > LONGEST_WAIT {
            return Err(turn - now);
        }
        self.bot = Some(turn + BOT_SPACING);
        Ok(turn)
    }

    fn closed(&self, now: Instant) -> Option<Duration> {
        self.closed_until.filter(|until| *until > now).map(|until| until - now)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::future::join_all;

    use super::*;

    /// When each of these passes, in milliseconds.
    async fn passes(gate: &Arc<Gate>, chats: impl IntoIterator<Item = String>) -> Vec<Result<u128, Duration>> {
        let start = Instant::now();
        join_all(chats.into_iter().map(|chat| async move {
            gate.pass(&chat).await?;
            Ok(start.elapsed().as_millis())
        }))
        .await
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn one_message_a_second_to_a_chat() {
        let gate = Arc::new(Gate::default());
        let passed = passes(&gate, (0..4).map(|_| "a".to_owned())).await;
        assert_eq!(passed, [Ok(0), Ok(1000), Ok(2000), Ok(3000)]);
        tokio::time::advance(secs(1)).await;
        assert_eq!(passes(&gate, ["a".to_owned()]).await, [Ok(0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn twenty_five_a_second_over_all_chats() {
        let gate = Arc::new(Gate::default());
        let mut passed = passes(&gate, (0..50).map(|i| i.to_string())).await;
        passed.sort();
        let expected: Vec<_> = (0..50).map(|i| Ok(i * 40)).collect();
        assert_eq!(passed, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_queue_is_told_to_come_back() {
        let gate = Arc::new(Gate::default());
        let passed = passes(&gate, (0..13).map(|_| "a".to_owned())).await;
        assert!(passed[..11].iter().all(Result::is_ok), "{passed:?}");
        assert_eq!(passed[11..], [Err(secs(11)), Err(secs(11))]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_told_to_wait_holds_back_the_whole_bot() {
        let gate = Arc::new(Gate::default());
        gate.close(secs(35));
        gate.close(secs(3));
        assert_eq!(passes(&gate, ["a".to_owned(), "b".to_owned()]).await, [Err(secs(35)), Err(secs(35))]);
        tokio::time::advance(secs(34)).await;
        assert_eq!(gate.pass("a").await, Err(secs(1)));
        assert!(!gate.is_idle());
        tokio::time::advance(secs(1)).await;
        assert!(gate.is_idle());
        assert_eq!(gate.pass("a").await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn also_who_waits_already() {
        let gate = Arc::new(Gate::default());
        gate.pass("a").await.unwrap();
        let (waiting, ()) = tokio::join!(gate.pass("a"), async { gate.close(secs(20)) });
        assert_eq!(waiting, Err(secs(19)));
    }
}
