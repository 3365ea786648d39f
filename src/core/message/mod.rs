//! What people are told: one message of a run, as Telegram's HTML and as plain text.
//!
//! Every line is true of the run that it tells of. A check mark stands for something that was observed and good; what
//! was not observed has a `❔`, or the finding that says so.

mod fit;
mod found;
mod investigation;
mod layout;
mod letter;
mod looks;
pub mod policy;
mod text;
mod words;

use jiff::{Timestamp, Zoned};

use self::text::Line;
pub use self::{fit::Part, letter::Letter};
use crate::api::{
    MonitoringJobSpec, MonitoringRunStatus,
    analysis::Investigation,
    job_status::{OverrideUse, SlotCount},
    validation::Problem,
};

/// What fits into [`headline`], in characters.
const MAX_HEADLINE: usize = 200;

/// All that a message is made of.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The job's name.
    pub job: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// What it asks for.
    pub spec: &'a MonitoringJobSpec,
    /// What there is to tell.
    pub tells: Tells<'a>,
    /// When the run, or the closer look at it, was done, in the schedule's zone: all times of the message are in this zone.
    pub at: &'a Zoned,
    /// The next slot; none where there is no schedule.
    pub next: Option<&'a Zoned>,
    /// Where a reader finds the rest.
    pub place: Place<'a>,
    /// What there is to tell besides.
    pub notes: Notes<'a>,
}

/// A finished run.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Its name.
    pub name: &'a str,
    /// What became of it.
    pub status: &'a MonitoringRunStatus,
}

/// What a message tells.
#[derive(Clone, Copy, Debug)]
pub enum Tells<'a> {
    /// How a run found things: a report, or an alert.
    Run {
        /// The run.
        run: Run<'a>,
        /// Bad runs in a row, and how many open an incident, where it takes more.
        unconfirmed: Option<(i32, i32)>,
        /// The run is good, and this is since when the incident is open that it does not close yet.
        open_since: Option<Timestamp>,
    },
    /// An incident is over.
    Over {
        /// The run that closed it.
        run: Run<'a>,
        /// How it ended.
        end: End,
        /// When it began.
        since: Timestamp,
        /// The run that opened it, where it is still known: it tells what was wrong.
        opened: Option<&'a MonitoringRunStatus>,
    },
    /// What a closer look at a run came to.
    Investigation {
        /// The run.
        run: Run<'a>,
        /// What it came to.
        investigation: &'a Investigation,
    },
    /// The job cannot be run.
    Notice(&'a [Problem]),
}

/// How an incident ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was told, and then seen to be over.
    Recovered,
    /// It merely stopped being logged.
    Subsided,
    /// What is left of it is muted.
    Muted,
    /// It was over before anybody could be told.
    WasDown,
}

/// Where a reader finds the rest of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// In a cluster: `kubectl`.
    Cluster,
    /// In a folder: `stagewatch recording JOB --state …`, `stagewatch status --state …`.
    Folder(&'a str),
    /// Nowhere: it is printed, and forgotten.
    Nowhere,
}

/// What there is to tell besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notes<'a> {
    /// Slots that nobody was there to start; what is untold of them is told.
    pub missed: Option<&'a SlotCount>,
    /// Slots that came while a run was going on.
    pub skipped: Option<&'a SlotCount>,
    /// The job's overrides; which of them are done with, and untold, is told.
    pub overrides: &'a [OverrideUse],
    /// An earlier attempt at this message may have arrived.
    pub maybe_sent: bool,
    /// It is a dry run: the message is shown, and not sent.
    pub dry_run: bool,
}

/// The message in parts that Telegram takes, nearly always one: at most 25 lines and 1500 UTF-16 units in all; what
/// does not fit is counted.
pub fn render(message: &Message<'_>) -> Vec<Part> {
    fit::parts(layout::lines(message))
}

/// The first line, which is what a lock screen shows, as plain text of at most 200 characters.
pub fn headline(message: &Message<'_>) -> String {
    crate::core::redact::cut(&layout::headline(message).plain(), MAX_HEADLINE)
}

/// What is left to send of a message whose run is gone: its [`headline`].
pub fn from_headline(headline: &str, maybe_sent: bool) -> Vec<Part> {
    let mut lines = vec![Line::new().foreign(headline).cut(fit::MAX_UNITS / 2).bold()];
    if maybe_sent {
        lines.push(layout::repeat());
    }
    lines.push(Line::new().text("The run that this tells of is no longer kept."));
    fit::parts(lines)
}
