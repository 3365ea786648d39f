//! The time that a record's own text tells, for records without the engine's stamp.

use jiff::{Timestamp, ToSpan, civil, tz::Offset};

use super::fields;
use crate::api::Window;

/// A time stands near the start of a record.
const REACH: usize = 120;

/// When the record says that it was written: in its head, or in a field of JSON or logfmt. A time without a zone is in
/// UTC; one without a year is in the year that brings it nearest to the window's end.
pub(super) fn of(record: &[u8], window: Window) -> Option<Timestamp> {
    let line = record.split(|&byte| byte == b'\n').find(|line| !line.is_empty())?;
    if line.first() == Some(&b'{') {
        return fields::json(record).filter(|field| field.is(KEYS)).find_map(|field| of_value(field.value, window));
    }
    // `1:M 24 Nov 2026 …`, `[2026-…`, `<134>1 2026-…`, `E, [2026-…`, `I1124 …`, `172.17.0.1 - - [24/Nov/2026:…`
    let head = &line[..line.len().min(REACH)];
    let after = |mark: u8| memchr::memchr_iter(mark, head).map(|at| at + 1).take(3);
    let starts = [0, 1].into_iter().chain(after(b'[')).chain(after(b' ').take(2)).chain(after(b'>').take(1));
    let told = starts.filter_map(|at| head.get(at..)).find_map(|text| written(text, window));
    told.or_else(|| fields::logfmt(line).filter(|field| field.is(KEYS)).find_map(|field| of_value(field.value, window)))
}

const KEYS: &[&str] = &["ts", "time", "timestamp", "@timestamp", "t", "@t", "datetime", "date", "asctime"];

fn of_value(value: &[u8], window: Window) -> Option<Timestamp> {
    if value.first() == Some(&b'{') {
        // MongoDB: `{"$date":"2026-11-24T05:44:36.123+00:00"}`
        return fields::json(value).find_map(|field| written(field.value, window));
    }
    written(value, window).or_else(|| since_1970(value))
}

/// Seconds, milliseconds, microseconds or nanoseconds, whichever comes nearest to our days.
fn since_1970(value: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    let nanos = |part: &str| format!("{part:0<9}").get(..9).and_then(|digits| digits.parse::<i32>().ok());
    match whole {
        100_000_000..100_000_000_000 => Timestamp::new(whole, nanos(part)?).ok(),
        100_000_000_000..100_000_000_000_000 => Timestamp::from_millisecond(whole).ok(),
        100_000_000_000_000..100_000_000_000_000_000 => Timestamp::from_microsecond(whole).ok(),
        100_000_000_000_000_000.. => Timestamp::from_nanosecond(i128::from(whole)).ok(),
        _ => None,
    }
}

/// The time that a text starts with.
fn written(text: &[u8], window: Window) -> Option<Timestamp> {
    let mut read = Reader { text };
    let (date, year_is_known) = match read.number() {
        // `2026-11-24`, `2026/11/24`
        Some((year, 4)) if read.one_of(b"-/.") => {
            let month = read.two()?;
            if !read.one_of(b"-/.") {
                return None;
            }
            (civil::Date::new(i16::try_from(year).ok()?, month, read.day()?).ok()?, true)
        }
        // klog: `1124 05:44:36.000000`
        Some((day, 4)) if day <= 1231 && read.text.first() == Some(&b' ') => {
            let (month, day) = (i8::try_from(day / 100).ok()?, i8::try_from(day % 100).ok()?);
            (civil::Date::new(2000, month, day).ok()?, false)
        }
        // `24 Nov 2026`, `24/Nov/2026`, `24-Nov-2026`
        Some((day, 1 | 2)) if read.one_of(b" /-") => {
            let month = read.month()?;
            let year = if read.one_of(b" /-") { read.number().filter(|(_, digits)| *digits == 4) } else { None }?.0;
            (civil::Date::new(i16::try_from(year).ok()?, month, i8::try_from(day).ok()?).ok()?, true)
        }
        Some(_) => return None,
        // `Nov 24`, `Nov 24, 2026`, `Tue Nov 24`
        None => {
            let month = read.month().or_else(|| {
                read.text = read.text.get(4..)?;
                read.month()
            })?;
            read.blanks();
            let day = read.day()?;
            if read.one_of(b",") {
                read.blanks();
                let year = read.number()?.0;
                (civil::Date::new(i16::try_from(year).ok()?, month, day).ok()?, true)
            } else {
                (civil::Date::new(2000, month, day).ok()?, false)
            }
        }
    };
    if !read.one_of(b"T :") {
        return None;
    }
    while read.one_of(b" :") {}
    let mut time = read.time()?;
    read.one_of(b" ");
    if read.text.starts_with(b"PM") && time.hour() < 12 {
        time += 12.hours();
    } else if read.text.starts_with(b"AM") && time.hour() == 12 {
        time -= 12.hours();
    }
    let offset = read.offset().unwrap_or(Offset::UTC);
    // Apache: `Tue Nov 24 05:44:36.123456 2026`
    let year = if year_is_known { None } else { read.number().filter(|(_, digits)| *digits == 4) };
    let at = |date: civil::Date| offset.to_timestamp(date.to_datetime(time)).ok();
    match year {
        Some((year, _)) => at(civil::Date::new(i16::try_from(year).ok()?, date.month(), date.day()).ok()?),
        None if year_is_known => at(date),
        None => {
            let end = window.until.to_zoned(jiff::tz::TimeZone::UTC).year();
            let years = [end.checked_sub(1), Some(end), end.checked_add(1)];
            let near = years
                .into_iter()
                .flatten()
                .filter_map(|year| at(civil::Date::new(year, date.month(), date.day()).ok()?));
            near.min_by_key(|at| at.duration_since(window.until).abs())
        }
    }
}

struct Reader<'t> {
    text: &'t [u8],
}

impl Reader<'_> {
    /// A number and how many digits it has, at most nine.
    fn number(&mut self) -> Option<(u32, usize)> {
        let digits = self.text.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(&self.text[..digits]).ok()?.parse().ok()?;
        self.text = &self.text[digits..];
        Some((number, digits))
    }

    fn two(&mut self) -> Option<i8> {
        self.number().filter(|(_, digits)| *digits <= 2).and_then(|(number, _)| i8::try_from(number).ok())
    }

    fn day(&mut self) -> Option<i8> {
        self.two()
    }

    fn one_of(&mut self, bytes: &[u8]) -> bool {
        let found = self.text.first().is_some_and(|byte| bytes.contains(byte));
        if found {
            self.text = &self.text[1..];
        }
        found
    }

    fn blanks(&mut self) {
        self.text = self.text.trim_ascii_start();
    }

    fn month(&mut self) -> Option<i8> {
        const MONTHS: [&[u8]; 12] =
            [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
        let name = self.text.get(..3)?;
        let month = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(month))?;
        self.text = &self.text[3..];
        i8::try_from(month + 1).ok()
    }

    /// `05:44:36`, `5:44:36.123`, `05:44:36,123456`
    fn time(&mut self) -> Option<civil::Time> {
        let hour = self.two()?;
        let minute = if self.one_of(b":") { self.two()? } else { return None };
        let second = if self.one_of(b":") { self.two()? } else { return None };
        let mut nanos = 0;
        if matches!(self.text, [b'.' | b',', digit, ..] if digit.is_ascii_digit()) {
            self.text = &self.text[1..];
            let (part, digits) = self.number()?;
            nanos = i32::try_from(part).ok()? * 10_i32.pow(u32::try_from(9 - digits).ok()?);
        }
        civil::Time::new(hour, minute, second, nanos).ok()
    }

    /// `Z`, `+01:00`, `+0100`, `-05`.
    fn offset(&mut self) -> Option<Offset> {
        if self.one_of(b"Z") {
            return Some(Offset::UTC);
        }
        let sign = match self.text.first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let mut read = Reader { text: &self.text[1..] };
        let (hours, minutes) = match read.number()? {
            (both, 4) => (both / 100, both % 100),
            (hours, 2) => (hours, if read.one_of(b":") { read.number()?.0 } else { 0 }),
            _ => return None,
        };
        self.text = read.text;
        Offset::from_seconds(sign * i32::try_from(hours * 3600 + minutes * 60).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Window {
        Window { since: "2026-11-24T03:00:00Z".parse().unwrap(), until: "2026-11-24T07:00:00Z".parse().unwrap() }
    }

    #[test]
    fn a_record_tells_its_own_time() {
        for (record, time) in [
            ("2026-11-24T05:44:36.123456Z ERROR no", "2026-11-24T05:44:36.123456Z"),
            ("2026-11-24T06:44:36+01:00 ERROR no", "2026-11-24T05:44:36Z"),
            ("2026-11-24 05:44:36,123 ERROR no", "2026-11-24T05:44:36.123Z"),
            ("[2026-11-24 05:44:36 +0000] [7] [ERROR] no", "2026-11-24T05:44:36Z"),
            ("[2026-11-24 05:44:36,123: ERROR/MainProcess] no", "2026-11-24T05:44:36.123Z"),
            ("2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> no", "2026-11-24T05:44:41.303372Z"),
            ("1:M 24 Nov 2026 02:47:25.822 # no", "2026-11-24T02:47:25.822Z"),
            ("2026/11/24 05:44:36 [error] 31#31: *1 no", "2026-11-24T05:44:36Z"),
            ("172.17.0.1 - - [24/Nov/2026:05:44:36 +0000] \"GET / HTTP/1.1\" 502 157", "2026-11-24T05:44:36Z"),
            ("24-Nov-2026 05:44:36.123 SEVERE [main] no", "2026-11-24T05:44:36.123Z"),
            ("[24-Nov-2026 05:44:36 UTC] PHP Warning:  no", "2026-11-24T05:44:36Z"),
            ("=ERROR REPORT==== 24-Nov-2026::05:44:41 ===\nno", "2026-11-24T05:44:41Z"),
            ("[Tue Nov 24 05:44:36.123456 2026] [core:error] no", "2026-11-24T05:44:36.123456Z"),
            ("Nov 24, 2026 5:44:36 PM org.apache.X start\nSEVERE: no", "2026-11-24T17:44:36Z"),
            ("Nov 24 05:44:36 host app[1]: no", "2026-11-24T05:44:36Z"),
            ("<134>1 2026-11-24T05:44:36Z host app - - - no", "2026-11-24T05:44:36Z"),
            ("E1124 05:44:36.000000       1 main.go:10] no", "2026-11-24T05:44:36Z"),
            ("I1231 23:59:59.000000       1 main.go:10] no", "2026-12-31T23:59:59Z"),
            ("I0101 00:00:00.000000       1 main.go:10] no", "2027-01-01T00:00:00Z"),
            ("E, [2026-11-24T05:44:36.123456 #1] ERROR -- : no", "2026-11-24T05:44:36.123456Z"),
            (r#"{"level":50,"time":1795499076123,"msg":"no"}"#, "2026-11-24T05:44:36.123Z"),
            (r#"{"level":"error","ts":1795499076.1234,"msg":"no"}"#, "2026-11-24T05:44:36.1234Z"),
            (r#"{"time":"2026-11-24T05:44:36Z","msg":"no"}"#, "2026-11-24T05:44:36Z"),
            (r#"{"t":{"$date":"2026-11-24T05:44:36.123+00:00"},"s":"E"}"#, "2026-11-24T05:44:36.123Z"),
            (r#"time="2026-11-24T05:44:36Z" level=error msg=no"#, "2026-11-24T05:44:36Z"),
            ("ts=1795499076 level=error msg=no", "2026-11-24T05:44:36Z"),
        ] {
            assert_eq!(of(record.as_bytes(), window()), Some(time.parse().unwrap()), "{record}");
        }
    }

    #[test]
    fn what_is_no_time_of_the_record_is_none() {
        for record in [
            "",
            "ERROR no",
            "backup of the night of 2026-11-23 12:00:00 is done",
            "24 jobs done",
            "2026-13-45 99:99:99 no",
            "1124 no",
            r#"{"msg":"2026-11-24T05:44:36Z"}"#,
            "05:44:36.123 [main] ERROR no",
        ] {
            assert_eq!(of(record.as_bytes(), window()), None, "{record}");
        }
        let endless = Window { since: Timestamp::MIN, until: Timestamp::MAX };
        assert!(of(b"Nov 24 05:44:36 host app: no", endless).is_some());
    }
}
