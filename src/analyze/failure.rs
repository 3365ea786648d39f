//! Why there is no answer.

use std::fmt;

use super::messages::Usage;

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its kind.
    pub reason: Reason,
    /// One sentence for a person, of at most 300 characters, without a secret in it.
    pub message: String,
    /// How often it was tried.
    pub attempts: u32,
    /// What answers cost that could not be read.
    pub usage: Usage,
}

/// The kinds of failures. By name they are reasons of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No connection.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The key is none.
    Unauthorized,
    /// The key may not do this.
    Forbidden,
    /// There is no such model, or not for this key.
    ModelNotFound,
    /// What answers at the base URL is not the Messages API.
    WrongAddress,
    /// Too many requests or tokens a minute.
    RateLimited,
    /// The money for this month is spent, or the bill not paid.
    SpendLimit,
    /// The API has too much to do.
    Overloaded,
    /// The API failed.
    ServerError,
    /// The API does not take this request.
    InvalidRequest,
    /// The request is longer than the API or the model reads.
    TooLarge,
    /// The answer is cut, too long, or none that the API gives.
    Undecodable,
}

impl Reason {
    /// `CamelCase`, as a condition's reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "Unreachable",
            Self::TimedOut => "TimedOut",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::ModelNotFound => "ModelNotFound",
            Self::WrongAddress => "WrongAddress",
            Self::RateLimited => "RateLimited",
            Self::SpendLimit => "SpendLimit",
            Self::Overloaded => "Overloaded",
            Self::ServerError => "ServerError",
            Self::InvalidRequest => "InvalidRequest",
            Self::TooLarge => "TooLarge",
            Self::Undecodable => "Undecodable",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
