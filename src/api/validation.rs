//! The rules across fields that a spec has to keep, each once in Rust and once in CEL in `job.rs`.

/// Something wrong with a spec: where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field's path, such as `spec.schedule.cron[0]`.
    pub path: String,
    /// What is wrong, with a value that would be accepted.
    pub message: String,
}
