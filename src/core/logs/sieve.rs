//! What of a few hundred short sequences of bytes a line holds, in one pass that costs next to nothing when it holds none.
//!
//! A line is read in pairs of bytes. A table tells of each pair at which places of which groups of sequences it may
//! stand; where a group finds its way from its first place to its last, its sequences are compared byte by byte. This is
//! the idea of Hyperscan's FDR (Wang et al., NSDI 2019), here for every second pair, with some bits of the byte before.
//!
//! An automaton has to wait for each of its steps before it can take the next, one for each byte. Here all pairs are
//! looked up independently: two to eight times as many bytes a second, for any number of sequences.

use std::ops::RangeInclusive;

/// The bytes of which one may stand at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bytes([u64; 4]);

/// Bytes in a row.
pub(crate) type Sequence = Vec<Bytes>;

/// How many pairs of a sequence are looked at, and in how many groups sequences are.
const PLACES: usize = 4;
const GROUPS: usize = 16;
/// A bit for each group at each place: set where the group has lost its way.
type State = u64;
const LOST: State = 0xffff;
/// This much of a sequence is looked at: all places are full of it whether it begins at an even place of a line or not.
const LENGTH: usize = 2 * PLACES + 1;
/// A byte without what tells capitals from small letters.
const FOLDED: usize = 64;
/// This much of the byte before a pair is looked at.
const BEFORE: usize = 8;
const PAIRS: usize = BEFORE * ENDS;
/// Pairs without the byte before.
const ENDS: usize = FOLDED * FOLDED;

/// Knows what is sought.
#[derive(Debug)]
pub(super) struct Sieve {
    table: Box<[State; PAIRS]>,
    /// Before the first pair: only groups of short sequences are on their way.
    start: State,
    members: Vec<Member>,
    /// The members of a group whose last pair is this one, folded: where they begin among [`Self::ends`].
    ends_of: Vec<usize>,
    ends: Vec<usize>,
}

/// A sequence, as a group has it.
#[derive(Debug)]
struct Member {
    id: usize,
    sequence: Sequence,
    /// Where in the sequence the last pair begins; a pair that is half of it may begin before it.
    last: isize,
}

impl Bytes {
    /// All of these bytes.
    pub(crate) fn of(ranges: impl IntoIterator<Item = RangeInclusive<u8>>) -> Self {
        let mut set = Self::default();
        for byte in ranges.into_iter().flatten() {
            set.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        set
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] & (1 << (byte & 63)) != 0
    }

    fn folded(&self) -> impl Iterator<Item = usize> {
        let words = self.0.into_iter().zip([0, 64, 128, 192]);
        words.flat_map(|(word, base)| {
            let rest = |word: &u64| Some(word & (word - 1)).filter(|&word| word != 0);
            std::iter::successors(Some(word).filter(|&word| word != 0), rest)
                .map(move |word| fold(base | word.trailing_zeros().to_le_bytes()[0]))
        })
    }

    /// How many bits of knowledge it is worth that one of these is there.
    pub(super) fn weight(&self) -> f64 {
        let mut part = [0.0; FOLDED];
        self.folded().for_each(|byte| part[byte] = share(byte));
        -part.iter().sum::<f64>().clamp(f64::MIN_POSITIVE, 1.0).log2()
    }
}

/// These letters in a row, in capitals or not.
pub(crate) fn sequence(text: &str) -> Sequence {
    text.bytes().map(|b| Bytes::of([b.to_ascii_lowercase(), b.to_ascii_uppercase()].map(|b| b..=b))).collect()
}

/// As much of these bytes as is looked at.
pub(crate) fn rarest_part(bytes: &[u8]) -> Sequence {
    let sequence: Sequence = bytes.iter().map(|&byte| Bytes::of([byte..=byte])).collect();
    let (begin, _) = rarest(&sequence);
    sequence.into_iter().skip(begin).take(LENGTH).collect()
}

/// The part of a sequence that is looked at, by its begin: the rarest. With it how many bits of knowledge it is worth.
pub(crate) fn rarest(sequence: &[Bytes]) -> (usize, f64) {
    let weights: Vec<f64> = sequence.iter().map(Bytes::weight).collect();
    let parts = weights.windows(LENGTH.min(weights.len()).max(1)).map(|part| part.iter().sum());
    parts.enumerate().max_by(|(_, a): &(usize, f64), (_, b)| a.total_cmp(b)).unwrap_or((0, 0.0))
}

/// Without what tells capitals from small letters, and ASCII from what is not.
fn fold(byte: u8) -> usize {
    usize::from((byte & 0x1f) | ((byte >> 1) & 0x20))
}

/// Which part of a log's bytes are like this one, folded; roughly, as in the recordings of this project.
fn share(folded: usize) -> f64 {
    const LETTERS: [f64; 26] = [
        0.045, 0.012, 0.028, 0.03, 0.075, 0.014, 0.014, 0.02, 0.05, 0.003, 0.008, 0.03, 0.02, 0.05, 0.05, 0.018, 0.002,
        0.04, 0.045, 0.06, 0.02, 0.008, 0.01, 0.004, 0.01, 0.002,
    ];
    match folded {
        0x00 => 0.1,
        0x10..=0x19 => 0.025,
        0x0c..=0x0f | 0x1a => 0.015,
        0x21..=0x3a => LETTERS[folded - 0x21],
        _ => 0.006,
    }
}

/// The pairs of a sequence that are looked at, each with the byte before it; None where any may be.
#[derive(PartialEq)]
struct Trail {
    pairs: [Option<[Bytes; 3]>; PLACES],
    last: isize,
}

impl Sieve {
    /// Seeks these; the numbers that [`Self::find`] tells are their places here. Empty ones are nowhere.
    pub(super) fn new<'s>(sequences: impl IntoIterator<Item = &'s Sequence>) -> Self {
        let mut all: Vec<(Trail, usize, &Sequence)> = Vec::new();
        for (id, sequence) in sequences.into_iter().enumerate().filter(|(_, sequence)| !sequence.is_empty()) {
            all.extend([0, 1].map(|odd| (Trail::of(sequence, odd), id, sequence)));
        }
        // Those that end alike share a group, and short ones do not share one with long ones.
        all.sort_by_cached_key(|(trail, ..)| {
            (trail.length(), trail.pairs.map(|pair| pair.map(smallest)).into_iter().rev().collect::<Vec<_>>())
        });
        #[expect(clippy::expect_used, reason = "its length is a constant")]
        let table = vec![State::MAX; PAIRS].into_boxed_slice().try_into().expect("it is as long as that");
        let mut sieve =
            Self { table, start: 0, members: Vec::new(), ends_of: vec![0; GROUPS * ENDS + 1], ends: Vec::new() };
        let (mut anything, mut ends) = (State::MAX, Vec::new());
        for (group, members) in groups(&all).into_iter().enumerate() {
            for (trail, id, sequence) in members {
                for (place, pair) in trail.pairs.iter().enumerate() {
                    let admitted = !(1 << (16 * place + group));
                    match pair {
                        Some(pair) => sieve.admit(*pair, admitted),
                        None => anything &= admitted,
                    }
                }
                if let Some([_, first, second]) = trail.pairs[PLACES - 1] {
                    let all = distinct(first, FOLDED)
                        .into_iter()
                        .flat_map(|a| distinct(second, FOLDED).into_iter().map(move |b| a | b << 6));
                    ends.extend(all.map(|pair| (group * ENDS + pair, sieve.members.len())));
                }
                sieve.members.push(Member { id: *id, sequence: (*sequence).clone(), last: trail.last });
            }
        }
        ends.sort_unstable();
        for (end, member) in ends {
            sieve.ends_of[end + 1] += 1;
            sieve.ends.push(member);
        }
        // From how many there are to where they begin.
        for end in 1..sieve.ends_of.len() {
            sieve.ends_of[end] += sieve.ends_of[end - 1];
        }
        sieve.table.iter_mut().for_each(|entry| *entry &= anything);
        sieve.start = (0..PLACES).fold(0, |state, _| (state << 16) | anything);
        sieve
    }

    fn admit(&mut self, [before, first, second]: [Bytes; 3], admitted: State) {
        let (before, first, second) = (distinct(before, BEFORE), distinct(first, FOLDED), distinct(second, FOLDED));
        for before in before {
            for first in &first {
                for second in &second {
                    self.table[first | second << 6 | before << 12] &= admitted;
                }
            }
        }
    }

    /// Tells which sequences the line holds, some of them more than once.
    #[inline]
    pub(super) fn find(&self, line: &[u8], mut found: impl FnMut(usize)) {
        let (chunks, rest) = line.as_chunks::<8>();
        let mut way = Way { state: self.start, before: 0 };
        for (n, chunk) in chunks.iter().enumerate() {
            let from = way;
            if self.read(*chunk, &mut way) {
                self.compare(line, n * 8, from, &mut found);
            }
        }
        if !rest.is_empty() {
            let from = way;
            if self.read(padded(rest), &mut way) {
                self.compare(line, chunks.len() * 8, from, &mut found);
            }
        }
    }

    /// Whether a group has found its way to its end at one of these bytes.
    #[inline]
    fn read(&self, chunk: [u8; 8], way: &mut Way) -> bool {
        let mut arrived = State::MAX;
        for pair in way.pairs(chunk) {
            way.state = (way.state << 16) | self.table[pair];
            arrived &= way.state;
        }
        arrived >> 48 != LOST
    }

    /// Compares the sequences of the groups that arrive within these eight bytes.
    #[cold]
    fn compare(&self, line: &[u8], at: usize, mut way: Way, found: &mut impl FnMut(usize)) {
        let chunk = padded(&line[at..line.len().min(at + 8)]);
        for (n, pair) in way.pairs(chunk).into_iter().enumerate() {
            way.state = (way.state << 16) | self.table[pair];
            let mut arrived = !(way.state >> 48) & LOST;
            while arrived != 0 {
                let end = arrived.trailing_zeros() as usize * ENDS + pair % ENDS;
                arrived &= arrived - 1;
                for &member in &self.ends[self.ends_of[end]..self.ends_of[end + 1]] {
                    if self.members[member].is_at(line, at + 2 * n) {
                        found(self.members[member].id);
                    }
                }
            }
        }
    }
}

/// The bytes of a set, folded, as far as they are told apart.
fn distinct(bytes: Bytes, of: usize) -> Vec<usize> {
    let mut folded: Vec<usize> = bytes.folded().map(|byte| byte % of).collect();
    folded.sort_unstable();
    folded.dedup();
    folded
}

/// How far a line has been read.
#[derive(Clone, Copy)]
struct Way {
    state: State,
    /// The last byte, folded.
    before: u64,
}

impl Way {
    /// Where the table has the next four pairs.
    #[inline]
    fn pairs(&mut self, chunk: [u8; 8]) -> [usize; 4] {
        let bytes = u64::from_le_bytes(chunk);
        let folded = (bytes & 0x1f1f_1f1f_1f1f_1f1f) | ((bytes >> 1) & 0x2020_2020_2020_2020);
        let (even, odd) = (folded & 0x003f_003f_003f_003f, (folded >> 8) & 0x003f_003f_003f_003f);
        let before = ((odd << 16) | self.before) & (0x0001_0001_0001_0001 * (BEFORE as u64 - 1));
        self.before = odd >> 48;
        let pairs = even | odd << 6 | before << 12;
        #[expect(clippy::cast_possible_truncation, reason = "fifteen bits")]
        [0, 16, 32, 48].map(|shift| (pairs >> shift) as usize & (PAIRS - 1))
    }
}

impl Member {
    /// Whether it is in the line, with its last pair there.
    fn is_at(&self, line: &[u8], pair: usize) -> bool {
        let start = pair.checked_add_signed(-self.last);
        let there = start.and_then(|start| line.get(start..start + self.sequence.len()));
        there.is_some_and(|there| there.iter().zip(&self.sequence).all(|(byte, bytes)| bytes.contains(*byte)))
    }
}

impl Trail {
    /// The trail of a sequence whose rarest part begins at an even place of a line (`odd` 0) or not (1).
    fn of(sequence: &Sequence, odd: usize) -> Self {
        let any = Bytes::of([0..=u8::MAX]);
        let (begin, _) = rarest(sequence);
        let byte = |n: usize| n.checked_sub(odd).and_then(|n| sequence.get(begin + n)).copied().unwrap_or(any);
        let length = LENGTH.min(sequence.len()) + odd;
        let mut pairs: Vec<(usize, [Bytes; 3])> = (0..length.div_ceil(2))
            .map(|n| (2 * n, [if n == 0 { any } else { byte(2 * n - 1) }, byte(2 * n), byte(2 * n + 1)]))
            .collect();
        // A pair of which one byte may be any tells least.
        if pairs.len() > PLACES && odd == 1 {
            pairs.remove(0);
        }
        pairs.truncate(PLACES);
        let last = pairs.last().map_or(0, |(at, _)| begin.cast_signed() + at.cast_signed() - odd.cast_signed());
        let mut trail = Self { pairs: [None; PLACES], last };
        for (place, (_, pair)) in trail.pairs.iter_mut().rev().zip(pairs.into_iter().rev()) {
            *place = Some(pair);
        }
        trail
    }

    fn length(&self) -> usize {
        self.pairs.iter().flatten().count()
    }
}

/// The smallest of a pair's bytes, by which trails are sorted.
fn smallest(pair: [Bytes; 3]) -> [usize; 3] {
    pair.map(|bytes| bytes.folded().min().unwrap_or(0))
}

/// Cuts sorted trails into groups, each of one length, and of about the same size.
fn groups<'a, 's>(sorted: &'a [(Trail, usize, &'s Sequence)]) -> Vec<&'a [(Trail, usize, &'s Sequence)]> {
    let lengths: Vec<_> = sorted.chunk_by(|(a, ..), (b, ..)| a.length() == b.length()).collect();
    let needed = |size: usize| lengths.iter().map(|members| members.len().div_ceil(size)).sum::<usize>();
    let size = (1..sorted.len()).find(|&size| needed(size) <= GROUPS).unwrap_or(sorted.len()).max(1);
    lengths.into_iter().flat_map(|members| members.chunks(size)).collect()
}

fn padded(bytes: &[u8]) -> [u8; 8] {
    let mut padded = [0; 8];
    padded[..bytes.len()].copy_from_slice(bytes);
    padded
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn found(sequences: &[Sequence], line: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        Sieve::new(sequences).find(line, |id| found.push(id));
        found.sort_unstable();
        found.dedup();
        found
    }

    fn holds(sequence: &Sequence, line: &[u8]) -> bool {
        line.windows(sequence.len()).any(|part| part.iter().zip(sequence).all(|(byte, bytes)| bytes.contains(*byte)))
    }

    #[test]
    fn sequences_are_found_wherever_they_stand() {
        let all = ["e", "pw", "eyj", "AKIA", "token", "secret", "connection refused"].map(sequence);
        for before in 0..20 {
            for after in 0..10 {
                for (id, text) in ["e", "PW", "eyJ", "akia", "Token", "sEcret", "Connection Refused"].iter().enumerate()
                {
                    let line = format!("{}{text}{}", "-".repeat(before), "-".repeat(after));
                    assert!(found(&all, line.as_bytes()).contains(&id), "{line}");
                }
            }
        }
        assert_eq!(found(&all, b"p w t\xf6ken connection_refusal"), [0]);
        assert_eq!(found(&[], b"anything"), Vec::<usize>::new());
    }

    proptest! {
        /// Neither one too few nor one too many, whatever is sought.
        #[test]
        fn all_that_is_there_is_found(
            texts in vec("[a-dA-D: ]{1,14}", 0..200),
            classes in vec(vec((any::<u8>(), 0..9_u8), 1..12), 0..20),
            lines in vec(prop_oneof!["[a-dA-D: ]{0,60}".prop_map(String::into_bytes), vec(any::<u8>(), 0..60)], 1..20),
        ) {
            let mut all: Vec<Sequence> = texts.iter().map(|text| sequence(text)).collect();
            all.extend(classes.iter().map(|class| class.iter().map(|&(from, more)| Bytes::of([from..=from.saturating_add(more)])).collect()));
            let sieve = Sieve::new(&all);
            for mut line in lines {
                // Something that is there for sure.
                line.extend(texts.first().into_iter().flat_map(|text| text.bytes()));
                let mut found = vec![false; all.len()];
                sieve.find(&line, |id| found[id] = true);
                for (sequence, found) in all.iter().zip(found) {
                    prop_assert_eq!(found, holds(sequence, &line));
                }
            }
        }
    }
}
