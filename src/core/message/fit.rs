//! What fits into a message, and its parts.

use std::collections::BTreeSet;

use super::{
    text::{Line, units},
    words::counted,
};

/// The most lines of a message.
pub(super) const MAX_LINES: usize = 25;
/// The most UTF-16 units of a message.
pub(super) const MAX_UNITS: usize = 1500;
/// The most UTF-16 units that Telegram takes in one message, markup not counted.
const MAX_PART: usize = 4096;
/// What a line that counts the rest takes at most.
const COUNTER_UNITS: usize = 40;

/// A part of a message: what one `sendMessage` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// In Telegram's HTML.
    pub html: String,
    /// The same without markup, at most 4096 UTF-16 units.
    pub plain: String,
}

/// Lines of one sort, the most important first; the first ones that fit are shown and the rest is counted.
pub(super) struct Group {
    pub(super) lines: Vec<Line>,
    /// How many more there are than `lines` tells.
    pub(super) unlisted: usize,
    /// What the rest is called: `finding`.
    pub(super) noun: &'static str,
}

/// Cuts groups, in the order in which they matter, to what `fixed` leaves of a message.
pub(super) fn fit(fixed: &[Line], groups: Vec<Group>) -> Vec<Vec<Line>> {
    let spent: usize = fixed.iter().map(|line| line.units() + 1).sum();
    let (mut lines_left, mut units_left) = (MAX_LINES.saturating_sub(fixed.len()), MAX_UNITS.saturating_sub(spent));
    let mut waiting = groups.iter().filter(|group| !group.is_empty()).count();
    let mut shown = Vec::with_capacity(groups.len());
    for group in groups {
        if group.is_empty() {
            shown.push(Vec::new());
            continue;
        }
        waiting -= 1;
        let mut taken = Vec::new();
        let mut rest = group.lines.len() + group.unlisted;
        // Two that are cut alike tell no more than one: the other is counted.
        let mut told = BTreeSet::new();
        for line in group.lines.into_iter().filter(|line| told.insert(line.plain())) {
            // Each group to come may need a line to count what it cannot show; so does this one, unless it is all shown.
            let counters = waiting + usize::from(rest > 1);
            let needed = line.units() + 1;
            if lines_left < 1 + counters || units_left < needed + counters * COUNTER_UNITS {
                break;
            }
            lines_left -= 1;
            units_left -= needed;
            rest -= 1;
            taken.push(line);
        }
        if rest > 0 {
            let counter = more(rest, group.noun, !taken.is_empty());
            lines_left = lines_left.saturating_sub(1);
            units_left = units_left.saturating_sub(counter.units() + 1);
            taken.push(counter);
        }
        shown.push(taken);
    }
    shown
}

impl Group {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.unlisted == 0
    }
}

fn more(count: usize, noun: &str, after_some: bool) -> Line {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let words = counted(count, noun);
    // `7 more findings`: the count stands before `more`.
    let words = words.replacen(' ', if after_some { " more " } else { " " }, 1);
    Line::new().text("… and ").text(&words)
}

/// Cuts between lines into parts that Telegram takes.
pub(super) fn parts(lines: Vec<Line>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in lines {
        let line = line.cut(MAX_PART);
        match parts.last_mut() {
            Some(part) if units(&part.plain) + 1 + line.units() <= MAX_PART => {
                part.html.extend(["\n", &line.html()]);
                part.plain.extend(["\n", &line.plain()]);
            }
            _ => parts.push(Part { html: line.html(), plain: line.plain() }),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of this length, each with its number where there is room for it.
    fn lines(count: usize, length: usize) -> Vec<Line> {
        (0..count).map(|n| Line::new().text(&format!("{n:x<length$}"))).collect()
    }

    fn shown(fixed: usize, groups: &[(usize, usize, usize)]) -> Vec<Vec<String>> {
        let groups = groups.iter().map(|&(count, length, unlisted)| Group {
            lines: lines(count, length),
            unlisted,
            noun: "finding",
        });
        let shown = fit(&lines(fixed, 1), groups.collect());
        shown.iter().map(|group| group.iter().map(Line::plain).collect()).collect()
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        assert_eq!(shown(5, &[(3, 1, 0)]), [["0", "1", "2"]]);
        assert_eq!(shown(5, &[(1, 1, 1)]), [["0", "… and 1 more finding"]]);
        assert_eq!(shown(23, &[(3, 1, 0)]), [["0", "… and 2 more findings"]]);
        assert_eq!(shown(24, &[(3, 1, 0)]), [["… and 3 findings"]]);
        assert_eq!(shown(24, &[(1, 1, 0)]), [["0"]]);
        let [first, second] = &shown(5, &[(40, 70, 0), (40, 1, 0)])[..] else { unreachable!() };
        assert_eq!((first.len(), first.last().unwrap().as_str()), (19, "… and 22 more findings"));
        assert_eq!(second[..], ["… and 40 findings"]);
    }

    #[test]
    fn lines_that_are_cut_alike_are_told_once_and_counted() {
        let lines = ["same", "other", "same"].map(|text| Line::new().text(text)).into();
        let shown = fit(&[], vec![Group { lines, unlisted: 0, noun: "finding" }]);
        let shown: Vec<String> = shown[0].iter().map(Line::plain).collect();
        assert_eq!(shown, ["same", "other", "… and 1 more finding"]);
    }

    #[test]
    fn parts_are_cut_between_lines() {
        let parts = parts(lines(3, 2048).into_iter().chain(lines(1, 5000)).collect());
        let lengths: Vec<usize> = parts.iter().map(|part| units(&part.plain)).collect();
        assert_eq!(lengths, [2048, 2048, 2048, 4096]);
        assert_eq!(super::parts(lines(2, 2047)).len(), 1);
    }
}
