//! Expressions of a job that are refused although they compile: comparing them would take too long.
//!
//! A search takes the length of the text times what of the expression is under way at once. Counted repetitions are
//! what lets a short expression have much under way: `(?:.?){5000}y` took 1.9 s for 64 KiB, one of 1000 took 0.4 s.

use regex_syntax::hir::{Hir, HirKind};

/// How many characters may stand in counted repetitions, written out.
const MOST_REPEATED: u64 = 1000;

/// Why this expression is refused, and what to write.
pub(super) fn objection(regex: &Hir) -> Option<String> {
    let repeated = repeated(regex);
    (repeated > MOST_REPEATED).then(|| {
        format!(
            "its counted repetitions are {repeated} characters long, written out, and {MOST_REPEATED} are compared in time, where + or * counts once"
        )
    })
}

/// The length of what is repeated by a count, written out.
fn repeated(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Repetition(repetition) if times(repetition.min, repetition.max) > 1 => length(hir),
        HirKind::Repetition(repetition) => repeated(&repetition.sub),
        HirKind::Capture(capture) => repeated(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(repeated).fold(0, u64::saturating_add),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => 0,
    }
}

/// The length of an expression, written out.
fn length(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Repetition(repetition) => {
            length(&repetition.sub).saturating_mul(times(repetition.min, repetition.max))
        }
        HirKind::Capture(capture) => length(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(length).fold(0, u64::saturating_add),
    }
}

fn times(min: u32, max: Option<u32>) -> u64 {
    u64::from(max.unwrap_or(min)).max(1)
}

#[cfg(test)]
mod tests {
    fn objection(regex: &str) -> Option<String> {
        super::objection(&regex_syntax::ParserBuilder::new().utf8(false).build().parse(regex).unwrap())
    }

    #[test]
    fn what_takes_too_long_is_refused() {
        for regex in ["(?-u)(?:.?){5000}y", "(a{0,1000}){1000}b", "((((a{100}){100}){100}){100})"] {
            assert!(objection(regex).unwrap().contains("written out"), "{regex}");
        }
    }

    #[test]
    fn what_people_write_is_not() {
        for regex in [
            r"\bretry(ing)?\b",
            r"(?i)user \w{1,32} failed",
            r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12} failed",
            r"timeout.{0,500}redis",
            r".*[^A-Z]|[A-Z]",
            r"(x+x+)+y",
            r"^\s+at ",
        ] {
            assert_eq!(objection(regex), None, "{regex}");
        }
    }
}
