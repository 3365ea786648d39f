//! Logs like those that services write, the same ones each time: as an engine sends them, and their text alone.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;

use super::services::{Service, Time};

const WORDS: [&str; 24] = [
    "orders", "users", "invoices", "get", "set", "expire", "cart", "search", "payments", "sessions", "reports",
    "stock", "hmset", "billing", "images", "notify", "delivery", "catalog", "pricing", "exports", "mailer", "planner",
    "archive", "ping",
];

/// One record in so many is one that comes seldom: a day of some ten records a second has one about each minute.
const SELDOM: u64 = 100;

/// Writes about so many bytes of a service's log as an engine sends it, and its text alone; one in `one_hit_in` records
/// is one that some pattern is for. Tells how many bytes, without frames, and lines it has.
pub(super) fn write(
    service: Service,
    bytes: u64,
    one_hit_in: Option<u64>,
    plain: &Path,
    frames: &Path,
) -> Result<(u64, u64)> {
    let (mut plain, mut frames) = (writer(plain)?, writer(frames)?);
    let (mut random, mut second, mut written, mut lines) = (Random(42), 0.0, 0, 0);
    let mut text = String::new();
    while written < bytes {
        let hit = one_hit_in.is_some_and(|n| random.below(n) == 0);
        let of = match random.below(SELDOM) {
            _ if hit => service.hits,
            0 => service.seldom,
            _ => service.healthy,
        };
        // A day of log, whatever its size.
        #[expect(clippy::cast_precision_loss, reason = "it places records in time, roughly")]
        (second += 86_400.0 * 150.0 / bytes as f64);
        text.clear();
        fill(random.pick(of), service.time, second, &mut random, &mut text);
        // What is written at once is stamped some microseconds apart.
        let at = random.below(999_000_000);
        for (at, line) in (at..).step_by(20_000).zip(text.split('\n')) {
            let record = format!("{}{at:09}Z {line}\n", stamp(second, 'T', '.'));
            let stream = if hit { 2 } else { 1 };
            frames.write_all(&[stream, 0, 0, 0])?;
            frames.write_all(&u32::try_from(record.len())?.to_be_bytes())?;
            frames.write_all(record.as_bytes())?;
            writeln!(plain, "{line}")?;
            written += record.len() as u64;
            lines += 1;
        }
    }
    plain.flush()?;
    frames.flush()?;
    Ok((written, lines))
}

fn writer(path: &Path) -> io::Result<BufWriter<File>> {
    Ok(BufWriter::with_capacity(1 << 20, File::create(path)?))
}

/// Puts values where a template has marks.
fn fill(template: &str, time: Time, second: f64, random: &mut Random, out: &mut String) {
    let time = match time {
        Time::Redis => format!("24 Nov 2026 {}{:03}", clock(second, '.'), random.below(1000)),
        Time::Rabbitmq => format!("{}{:06}+00:00", stamp(second, ' ', '.'), random.below(1_000_000)),
        Time::Nginx => format!("24/Nov/2026:{}+0000", clock(second, ' ')),
        Time::Postgres => format!("{}{:03} UTC", stamp(second, ' ', '.'), random.below(1000)),
        Time::Iso => format!("{}{:03}", stamp(second, ' ', ','), random.below(1000)),
    };
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match rest.get(..3) {
            Some("{n}") => out.push_str(&random.below(100_000).to_string()),
            Some("{b}") => out.push_str(&random.below(256).to_string()),
            Some("{w}") => out.push_str(random.pick(&WORDS)),
            Some("{t}") => out.push_str(&time),
            _ => {
                out.push('{');
                rest = &rest[1..];
                continue;
            }
        }
        rest = &rest[3..];
    }
    out.push_str(rest);
}

fn stamp(second: f64, between: char, end: char) -> String {
    format!("2026-11-24{between}{}", clock(second, end))
}

fn clock(second: f64, end: char) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a day has 86 400 seconds")]
    let second = second as u32 % 86_400;
    format!("{:02}:{:02}:{:02}{end}", second / 3600, second / 60 % 60, second % 60)
}

/// `SplitMix64`: the same numbers each time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        #[expect(clippy::cast_possible_truncation, reason = "it is below the length of a slice")]
        of[self.below(of.len() as u64) as usize]
    }
}
