//! The verdict: the highest severity among the findings that count.

use crate::api::{Finding, Verdict};

/// What a run with these findings concludes. `ALL_GOOD` exactly when none above `Info` counts.
pub fn verdict<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Verdict {
    findings.into_iter().filter(|f| f.is_bad()).map(|f| f.severity.into()).max().unwrap_or_default()
}
