//! What was seen of one check of one website: a recording's `website/<website>/<check>.json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::MissingCredentials;

/// One check of one website, looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckObservation {
    /// The website's name in the spec.
    pub website: String,
    /// The check's name in the spec.
    pub check: String,
    /// The host of its URL, as people know the site.
    pub host: String,
    /// The path that was asked for.
    pub path: String,
    /// A Secret that it needs and that could not be used: then it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<MissingCredentials>,
    /// The attempts, oldest first; the last one counts. None when a Secret is missing, or when the run's time was up.
    pub attempts: Vec<Attempt>,
}

/// One attempt, redirects included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When it started.
    pub at: Timestamp,
    /// How long each phase took, summed over redirects.
    pub phases: Phases,
    /// How many redirects were followed.
    pub redirects: u32,
    /// The address that was connected to last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The certificate that the site's own host presented, also when it was not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// What came of it.
    pub result: AttemptResult,
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Phases {
    /// Looking the name up.
    pub dns_ms: i64,
    /// The TCP handshake.
    pub connect_ms: i64,
    /// The TLS handshake.
    pub tls_ms: i64,
    /// From the request until the answer's headers were there.
    pub first_byte_ms: i64,
    /// From there to the last byte.
    pub body_ms: i64,
    /// All of it.
    pub total_ms: i64,
}

/// A certificate, as far as it is judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// Who issued it, at most 128 characters.
    pub issuer: String,
    /// The names that it is for, at most 16.
    pub names: Vec<String>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttemptResult {
    /// The site answered.
    Answered(Answer),
    /// It did not, or not in full.
    Failed {
        /// Why.
        reason: WebsiteFailure,
        /// The cause in a few words, redacted.
        detail: String,
    },
}

/// Why a site did not answer in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WebsiteFailure {
    /// The name does not resolve.
    DnsFailed,
    /// No connection.
    ConnectFailed,
    /// The connection was reset or closed before the answer was whole.
    Reset,
    /// The TLS handshake failed.
    TlsFailed,
    /// The certificate is not valid: expired, for another host, from an authority that is not trusted.
    CertificateInvalid,
    /// No whole answer within the website's `timeout`; the detail names the phase.
    Timeout,
    /// What came is not HTTP.
    ProtocolError,
    /// More than five redirects, or one that comes back.
    RedirectLoop,
    /// Headers or body over their limit.
    TooLarge,
    /// Our address policy refuses the address: no outage.
    AddressDenied,
}

/// A whole answer, and how it compares with what is expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The status code of the last answer.
    pub status: u16,
    /// Where it redirects to, or, when redirects were followed, where they led; at most 512 characters, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Bytes of the body, decoded.
    pub body_bytes: u64,
    /// The texts of `expect.body` that were not there and should have been.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The texts of `expect.body` that were there and should not have been.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<String>,
    /// What `expect.json` did not find as it should, one sentence each, redacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub json_mismatches: Vec<String>,
    /// The start of what a reader sees of the body when the answer is not what was expected: at most 200 characters, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}
