//! What a text must hold to match an expression: one of a few sequences of bytes, all within one line.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use super::sieve::{Bytes, Sequence, rarest};

/// A sequence worth less than this is on nearly every line: it would sort out nothing. Three ordinary letters are worth
/// more, and so are `<` and a digit.
const FEWEST_BITS: f64 = 9.0;
/// More alternatives than these are no help, either.
const MOST_SEQUENCES: usize = 64;
/// Of `x{9,}` nine are required; of more no more than this is looked at.
const MOST_REPEATED: u32 = 16;

/// The sequences of which each match holds one; None when there is nothing to tell it by.
///
/// In an expression that takes `k` for `K`, the signs U+212A and U+017F, which fold to `k` and `s`, are left out.
pub(crate) fn required(hir: &Hir) -> Option<Vec<Sequence>> {
    let mut reader = Reader::default();
    reader.read(hir);
    reader.end_run();
    reader.best.map(|(sequences, _)| sequences)
}

/// Reads an expression from left to right.
#[derive(Default)]
struct Reader {
    /// What surely stands in a row, up to here.
    run: Sequence,
    /// What was best of all before, and how many bits its least one is worth.
    best: Option<(Vec<Sequence>, f64)>,
}

impl Reader {
    fn read(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => literal.0.iter().for_each(|&byte| self.push(Bytes::of([byte..=byte]))),
            HirKind::Class(class) => match bytes(class) {
                Some(bytes) => self.push(bytes),
                None => self.end_run(),
            },
            HirKind::Capture(capture) => self.read(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.read(part)),
            HirKind::Repetition(repetition) => self.repeat(repetition),
            HirKind::Alternation(branches) => {
                self.end_run();
                let required: Option<Vec<Vec<Sequence>>> = branches.iter().map(required).collect();
                if let Some(required) = required {
                    self.offer(required.concat());
                }
            }
        }
    }

    fn repeat(&mut self, repetition: &Repetition) {
        for _ in 0..repetition.min.min(MOST_REPEATED) {
            self.read(&repetition.sub);
        }
        if repetition.max != Some(repetition.min) || repetition.min > MOST_REPEATED {
            self.end_run();
        }
    }

    fn push(&mut self, bytes: Bytes) {
        // A sequence stands on one line, and what may be nearly anything would only be looked at in vain.
        if bytes.contains(b'\n') || bytes.weight() < 1.0 {
            self.end_run();
        } else {
            self.run.push(bytes);
        }
    }

    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        if !run.is_empty() {
            self.offer(vec![run]);
        }
    }

    fn offer(&mut self, sequences: Vec<Sequence>) {
        let least = sequences.iter().map(|sequence| rarest(sequence).1).fold(f64::INFINITY, f64::min);
        let is_better = self.best.as_ref().is_none_or(|(_, best)| least > *best);
        if least >= FEWEST_BITS && sequences.len() <= MOST_SEQUENCES && is_better {
            self.best = Some((sequences, least));
        }
    }
}

/// The bytes of a class, if each of its characters is one.
fn bytes(class: &Class) -> Option<Bytes> {
    match class {
        Class::Bytes(class) => Some(Bytes::of(class.iter().map(|range| range.start()..=range.end()))),
        Class::Unicode(class) => {
            let foldings = |range: &&regex_syntax::hir::ClassUnicodeRange| {
                !(range.start() == range.end() && matches!(range.start(), '\u{212a}' | '\u{17f}'))
            };
            let ranges = class
                .iter()
                .filter(foldings)
                .map(|range| Some(u8::try_from(range.start()).ok()?..=u8::try_from(range.end()).ok()?));
            let ranges: Vec<_> = ranges.collect::<Option<_>>()?;
            ranges.iter().all(|range| range.end().is_ascii()).then(|| Bytes::of(ranges))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sequences of an expression, each place by its smallest byte.
    fn texts(regex: &str) -> Option<Vec<String>> {
        let hir = regex_syntax::ParserBuilder::new().utf8(false).multi_line(true).build().parse(regex).unwrap();
        let text = |sequence: Sequence| {
            sequence.iter().map(|bytes| char::from((0..=u8::MAX).find(|&byte| bytes.contains(byte)).unwrap())).collect()
        };
        Some(required(&hir)?.into_iter().map(text).collect())
    }

    #[test]
    fn what_is_required_is_the_rarest_run_of_each_alternative() {
        let all = |texts: &[&str]| Some(texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        for (regex, expected) in [
            ("connection refused", all(&["connection refused"])),
            (r"(?i)\bretry(ing)?\b", all(&["RETRY"])),
            (r"(?i)task|desk", all(&["TASK", "DESK"])),
            (r"gave up after \d+ attempts", all(&["gave up after "])),
            (r"a.{0,80}(?:quorum|zlib)x", all(&["quorum", "zlib"])),
            (r"(?-u)\AF\d{4} \d\d:\d\d:", all(&["F0000 00:00:"])),
            (r"(?:abc){2,}\s+the", all(&["abcabc"])),
            (r"first\nsecond lines", all(&["second lines"])),
            (r"größer", all(&["gr\u{c3}\u{b6}\u{c3}\u{9f}er"])),
            (r"AIza[0-9A-Za-z_-]{35}", all(&["AIza"])),
            (r"quorum|.*", None),
            (r"(?:quorum)?|x", None),
            (r"(?:quorum)*", None),
            (r"\d+", None),
            (r"[^a]{9}", None),
        ] {
            assert_eq!(texts(regex), expected, "{regex}");
        }
    }
}
