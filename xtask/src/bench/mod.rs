//! `cargo xtask bench`: figures that are worth keeping, each with what it has to reach.

mod corpus;
mod scan;
mod services;

use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// How fast logs are read, against ripgrep; exits with 1 when it is too slow
    ///
    /// Logs of the five profiles' services are written, the same ones each time: records of the forms that these
    /// services write, one in a hundred of them of what comes seldom, such as a start or a save. First all is well, then
    /// 5 % of the records are ones that a pattern is for. Two programs of one thread then read them in turn, five times:
    ///
    ///  - stagewatch, as an engine sends them, does all that a run does: frames, stamps, window, redaction, records,
    ///    patterns, what a record is by its level, counts, evidence;
    ///  - rg -j1 -c -f EXPRESSIONS (ripgrep 15.2.0, which is built once) counts lines in the same text, without frames and
    ///    stamps. Its expressions are all that stagewatch compares: the profile's and those of a job. For it an expression
    ///    stays within one line: where one goes on to the next, a carriage return stands, which is nowhere.
    ///
    /// Compared is the time that each had of a CPU, start and compilation included. Figures are medians; MB are of the log
    /// with its stamps for both, and "hit" is the part of lines that rg counted. Over all logs stagewatch has to be as
    /// fast as rg where all is well, and half as fast where 5 % hit. Other work on the machine disturbs both less than it
    /// would by a clock, and still: look at `uptime`.
    ///
    /// Then a job has a hostile pattern, on the most that a run reads of a log: it has to end in 5 s of CPU, and what was
    /// not compared with all records has to be told with the pattern's name.
    #[command(verbatim_doc_comment)]
    Scan(scan::Options),
}

pub(crate) fn bench(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Scan(options) => scan::scan(options),
    }
}
