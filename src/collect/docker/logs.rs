//! One container's log of the window, streamed through the scanner: memory does not grow with the log.
//!
//! An engine sends a log oldest first and cannot say how long it is. So what is asked for is its newest part, as many
//! records as surely fit, then, if there are more, as many as may be read at all.

use std::time::Duration;

use jiff::Timestamp;
use tokio::{
    sync::{Semaphore, mpsc::Sender},
    time::{Instant, timeout_at},
};

use super::{
    engine::{AskError, ReadOnlyEngine},
    intake::Intake,
    request::{ContainerRef, Request},
    rotation::{Extent, Rotation},
};
use crate::{
    api::Window,
    core::{
        logs::Matcher,
        observation::{docker::LogLook, logs::LogScan, raw::Evidence},
        redact::Redactor,
    },
};

/// The most that is read of a log.
const MAX_BYTES: u64 = 64 << 20;
/// How many records are asked for at first: all of most windows, and little beside what may be read.
const FIRST: u64 = 20_000;
/// As many as always fit: the engine writes none larger than 16 KiB.
const FEWEST: u64 = 1_000;
/// A log is asked for at most so often.
const MOST_PASSES: usize = 6;
/// Recorded lines are handed on in parts of this size.
const PART: usize = 64 << 10;

/// A log to be read.
pub(super) struct LogReader<'a> {
    pub engine: &'a ReadOnlyEngine,
    /// How many logs of this host may be read at a time.
    pub permits: &'a Semaphore,
    pub container: &'a ContainerRef,
    /// Its name in the spec.
    pub name: &'a str,
    /// It writes to a terminal.
    pub terminal: bool,
    /// Its log driver.
    pub driver: &'a str,
    /// How much of it is kept, if not all.
    pub rotation: Option<Rotation>,
    /// When the container was created.
    pub created: Option<Timestamp>,
    pub matcher: &'a Matcher,
    pub redactor: &'a Redactor,
    pub window: Window,
    pub evidence: Option<&'a Sender<Evidence>>,
    pub deadline: Instant,
}

/// What came of reading at most so many of the newest records.
struct Pass {
    scan: LogScan,
    /// The stamp of the oldest record that came, within the window or not.
    oldest: Option<Timestamp>,
    records: u64,
    bytes: u64,
    end: End,
}

/// Why a pass ended.
enum End {
    /// The engine sent all that was asked for.
    Whole,
    /// It was too much, so that the newest part was not reached.
    Full,
    /// There was not enough time.
    Late,
    /// The engine could not go on.
    Broken(String),
}

impl LogReader<'_> {
    /// Reads it.
    pub async fn read(&self) -> LogLook {
        let Ok(Ok(_permit)) = timeout_at(self.deadline, self.permits.acquire()).await else {
            return LogLook::Unavailable { why: "no time was left to read it".into() };
        };
        match self.passes().await {
            Ok(scan) => LogLook::Read(scan),
            Err(AskError::Refused { status: http::StatusCode::NOT_IMPLEMENTED, .. }) => {
                LogLook::Unavailable { why: format!("log driver {}", self.driver) }
            }
            Err(error) => LogLook::Unavailable { why: self.redactor.redact(&error.to_string()).into_owned() },
        }
    }

    async fn passes(&self) -> Result<LogScan, AskError> {
        // What is left after a pass that took too long pays for the newest records.
        let reserve = self.deadline.saturating_duration_since(Instant::now()).mul_f32(0.3);
        let (mut tail, mut fallback) = (FIRST, None);
        for _ in 1..MOST_PASSES {
            let pass = self.pass(tail, reserve).await?;
            match pass.end {
                End::Whole if pass.records < tail || pass.oldest.is_some_and(|oldest| oldest < self.window.since) => {
                    return Ok(self.unless_rotated(pass));
                }
                End::Whole => {
                    let fit = fitting(&pass);
                    if fit < tail / 4 * 5 {
                        return Ok(incomplete(pass.scan, cut_at(tail)));
                    }
                    (tail, fallback) = (fit, Some(tail));
                }
                End::Broken(why) => return Ok(incomplete(pass.scan, why)),
                End::Full if fallback.is_none() && tail > FEWEST => {
                    tail = (tail / 2).min(fitting(&pass)).max(FEWEST);
                }
                End::Full => break,
                End::Late => return self.newest(fallback.unwrap_or(FEWEST), late_at).await,
            }
        }
        self.newest(fallback.unwrap_or(FEWEST), cut_at).await
    }

    /// Of a log that is rotated, all is asked for: only its begin tells whether it begins where it should.
    fn since(&self) -> Timestamp {
        if self.rotation.is_some() { Timestamp::UNIX_EPOCH } else { self.window.since }
    }

    fn unless_rotated(&self, pass: Pass) -> LogScan {
        let Pass { scan, oldest, records, bytes, .. } = pass;
        match (self.rotation, oldest) {
            (Some(rotation), Some(oldest))
                if rotation.has_dropped(Extent { oldest, records, bytes }, self.window.since, self.created) =>
            {
                incomplete(scan, format!("rotated: it begins at {oldest:.0}, and what came before is no longer kept"))
            }
            _ => scan,
        }
    }

    /// What is read when all else was too much or took too long.
    async fn newest(&self, tail: u64, why: impl Fn(u64) -> String) -> Result<LogScan, AskError> {
        let pass = self.pass(tail, Duration::ZERO).await?;
        Ok(match pass.end {
            End::Whole | End::Full => incomplete(pass.scan, why(tail)),
            End::Late => incomplete(pass.scan, "not read in time: the newest part is missing".into()),
            End::Broken(broken) => incomplete(pass.scan, broken),
        })
    }

    async fn pass(&self, tail: u64, reserve: Duration) -> Result<Pass, AskError> {
        let until = self.deadline.checked_sub(reserve).unwrap_or(self.deadline);
        let request = Request::Logs { container: self.container, since: self.since(), tail };
        let mut answer = self.engine.stream(&request, until).await?;
        if let Some(evidence) = self.evidence {
            let _ = evidence.send(Evidence::LogsAnew { container: self.name.to_owned() }).await;
        }
        let mut intake = Intake::new(self.terminal, self.matcher, self.redactor, self.window);
        if self.evidence.is_some() {
            intake.record();
        }
        let mut bytes = 0;
        let end = loop {
            let part = match timeout_at(until, answer.next()).await {
                Ok(Ok(Some(part))) => part,
                Ok(Ok(None)) => break End::Whole,
                Ok(Err(error)) => break End::Broken(error.to_string()),
                Err(_) => break End::Late,
            };
            bytes += part.len() as u64;
            if let Err(error) = intake.push(&part) {
                break End::Broken(self.redactor.redact(&error.to_string()).into_owned());
            }
            self.hand_on(intake.recorded(PART)).await;
            // Patterns can be expensive, and the next part is often there already: others of this thread come first.
            tokio::task::yield_now().await;
            if bytes > MAX_BYTES {
                break End::Full;
            }
        };
        intake.end();
        self.hand_on(intake.recorded(1)).await;
        let (oldest, records) = (intake.oldest(), intake.records());
        Ok(Pass { scan: intake.finish(), oldest, records, bytes, end })
    }

    /// Hands recorded lines on. A recording that went away is not our concern.
    async fn hand_on(&self, recorded: Option<Vec<u8>>) {
        if let (Some(evidence), Some(bytes)) = (self.evidence, recorded) {
            let _ = evidence.send(Evidence::Logs { container: self.name.to_owned(), bytes }).await;
        }
    }
}

/// How many records like these may be read, with room for some that are longer.
fn fitting(pass: &Pass) -> u64 {
    (MAX_BYTES / 5 * 4).saturating_mul(pass.records) / pass.bytes.max(1)
}

fn incomplete(mut scan: LogScan, why: String) -> LogScan {
    scan.incomplete.get_or_insert(why);
    scan
}

fn cut_at(tail: u64) -> String {
    format!("too long to be read whole (at most {} MiB): the newest {tail} lines were read", MAX_BYTES >> 20)
}

fn late_at(tail: u64) -> String {
    format!("not read in time: only the newest {tail} lines were")
}
