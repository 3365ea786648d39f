//! Records of one pattern by their template: how often each came, and one example.

use super::{
    record::{summary, told},
    template::write_template,
};
use crate::core::redact::cut;

/// So many templates are told apart; the records of others are only counted.
const MOST: usize = 64;

/// Counts records by template, in bounded memory.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    known: Vec<Kind>,
    others: u64,
    summary: Vec<u8>,
    template: Vec<u8>,
}

/// Records of one template.
#[derive(Debug)]
pub(super) struct Kind {
    template: Box<[u8]>,
    pub(super) count: u64,
    /// The first of them on one line, cut.
    pub(super) example: String,
    /// What that one says happened, cut.
    pub(super) summary: String,
}

impl Kinds {
    pub(super) fn add(&mut self, record: &[u8], chars: usize) {
        write_template(record, &mut self.summary, &mut self.template);
        if let Some(kind) = self.known.iter_mut().find(|kind| *kind.template == *self.template) {
            kind.count += 1;
        } else if self.known.len() < MOST {
            self.known.push(Kind {
                template: self.template.as_slice().into(),
                count: 1,
                example: cut(&told(record, chars), chars),
                summary: cut(&summary(record), chars),
            });
        } else {
            self.others += 1;
        }
    }

    /// How many kinds there were; where it is one more than can be told apart, there were at least that many.
    pub(super) fn different(&self) -> u64 {
        self.known.len() as u64 + u64::from(self.others > 0)
    }

    /// The kinds, most frequent first.
    pub(super) fn most_frequent(mut self) -> Vec<Kind> {
        self.known.sort_by_key(|kind| std::cmp::Reverse(kind.count));
        self.known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_what_is_not_told_apart_is_counted() {
        let mut kinds = Kinds::default();
        let word = |n: usize| ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"][n % 10];
        for n in 0..10_000 {
            let record = format!("ERROR {}{}{} failed {n}", word(n), word(n / 10), word(n / 100));
            kinds.add(record.as_bytes(), 400);
        }
        assert_eq!((kinds.known.len(), kinds.different()), (MOST, MOST as u64 + 1));
        assert_eq!(kinds.others, 10_000 - MOST as u64 * 10);
    }

    #[test]
    fn the_most_frequent_comes_first() {
        let mut kinds = Kinds::default();
        for record in ["ERROR no 1", "ERROR failed 1", "ERROR failed 2", "ERROR never"] {
            kinds.add(record.as_bytes(), 400);
        }
        let kinds: Vec<_> = kinds.most_frequent().into_iter().map(|kind| (kind.example, kind.count)).collect();
        assert_eq!(kinds, [("ERROR failed 1".into(), 2), ("ERROR no 1".into(), 1), ("ERROR never".into(), 1)]);
    }
}
