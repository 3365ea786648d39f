//! The lines of a log that an investigation asks for, picked while the log goes by: memory does not grow with it.

use std::collections::VecDeque;

use crate::core::redact::cut;

/// The most of one line that is kept, in characters.
const MAX_LINE: usize = 500;

/// Picks lines.
#[derive(Debug)]
pub struct Picked {
    contains: Option<String>,
    limit: usize,
    oldest: bool,
    kept: VecDeque<String>,
    /// Lines that went by.
    seen: u64,
    /// Those that match.
    matched: u64,
}

impl Picked {
    /// At most `limit` lines, the oldest or else the newest, of those that contain a text in whatever case.
    pub fn new(contains: Option<&str>, limit: usize, oldest: bool) -> Self {
        let contains = contains.map(str::to_lowercase);
        Self { contains, limit, oldest, kept: VecDeque::new(), seen: 0, matched: 0 }
    }

    /// The log is read again from its begin.
    pub fn anew(&mut self) {
        self.kept.clear();
        (self.seen, self.matched) = (0, 0);
    }

    /// The next part, of whole lines.
    pub fn push(&mut self, part: &[u8]) {
        for line in part.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line = String::from_utf8_lossy(line);
            self.seen += 1;
            if self.contains.as_ref().is_some_and(|wanted| !line.to_lowercase().contains(wanted)) {
                continue;
            }
            self.matched += 1;
            if self.kept.len() >= self.limit {
                if self.oldest {
                    continue;
                }
                self.kept.pop_front();
            }
            self.kept.push_back(cut(&line, MAX_LINE));
        }
    }

    /// What was found, in a sentence, and the lines, oldest first.
    pub fn finish(self) -> (String, Vec<String>) {
        let which = if self.oldest { "oldest" } else { "newest" };
        let of = if self.contains.is_some() { format!(" that match, of {} in all", self.seen) } else { String::new() };
        let all = usize::try_from(self.matched).is_ok_and(|matched| matched == self.kept.len());
        let shown = if all { String::new() } else { format!("; the {which} {} are here", self.kept.len()) };
        (format!("{} lines{of}{shown}", self.matched), self.kept.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(contains: Option<&str>, limit: usize, oldest: bool) -> (String, Vec<String>) {
        let mut picked = Picked::new(contains, limit, oldest);
        picked.push(b"void\n");
        picked.anew();
        picked.push(b"a1\nb2\n");
        picked.push(b"A3\n\xff4\n");
        picked.finish()
    }

    #[test]
    fn the_newest_or_the_oldest_that_match_are_kept() {
        assert_eq!(
            picked(None, 9, false),
            ("4 lines".into(), vec!["a1".into(), "b2".into(), "A3".into(), "\u{fffd}4".into()])
        );
        assert_eq!(
            picked(Some("A"), 1, false),
            ("2 lines that match, of 4 in all; the newest 1 are here".into(), vec!["A3".into()])
        );
        assert_eq!(picked(Some("a"), 1, true).1, ["a1"]);
        assert_eq!(picked(Some("x"), 1, true), ("0 lines that match, of 4 in all".into(), vec![]));
    }
}
