//! What an investigation is told, which tools it has, what it may use, and what is taken from its report.
//!
//! All tools look, and take a name of the job's own targets from a closed list: none takes a host, a path, a URL or an id.

pub mod budget;
pub mod course;
pub mod lines;
pub mod prompt;
pub mod report;
pub mod shown;
pub mod tools;
