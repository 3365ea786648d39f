//! The fields of a record that is an object of JSON, or `key=value` pairs (logfmt). Only those at the top: what stands in
//! a nested object or in a quoted text is the program's business, not the record's own.

/// A field's value as it stands in the record, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'r> {
    pub(super) key: &'r [u8],
    pub(super) value: &'r [u8],
}

impl Field<'_> {
    /// Whether the key is one of these, in any case.
    pub(super) fn is(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.key.eq_ignore_ascii_case(key.as_bytes()))
    }
}

/// More than this is not looked at.
const MOST: usize = 16 * 1024;

/// The fields of the object that `record` starts with. What is no JSON ends them; nothing is decoded.
pub(super) fn json(record: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut rest = record[..record.len().min(MOST)].trim_ascii_start().strip_prefix(b"{").unwrap_or_default();
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
        let key = quoted(rest)?;
        let after = rest[key.len() + 2..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let (value, length) = match after.first()? {
            b'"' => quoted(after).map(|text| (text, text.len() + 2))?,
            b'{' | b'[' => nested(after).map(|length| (&after[..length], length))?,
            _ => {
                let length = after.iter().position(|byte| matches!(byte, b',' | b'}')).unwrap_or(after.len());
                (after[..length].trim_ascii_end(), length)
            }
        };
        rest = &after[length..];
        Some(Field { key, value })
    })
}

/// The pairs that `record` starts with, up to the first word that is none.
pub(super) fn logfmt(record: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut rest = &record[..record.len().min(MOST)];
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let (field, length) = pair(rest)?;
        rest = &rest[length..];
        Some(field)
    })
}

/// The pair at the start of this text, and how long it is.
pub(super) fn pair(text: &[u8]) -> Option<(Field<'_>, usize)> {
    let key =
        text.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@')))?;
    let value = text[key..].strip_prefix(b"=").filter(|_| key > 0)?;
    let (value, length) = quoted(value).map_or_else(
        || {
            let length = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
            (&value[..length], length)
        },
        |text| (text, text.len() + 2),
    );
    Some((Field { key: &text[..key], value }, key + 1 + length))
}

/// What stands between the quotes that the text starts with.
fn quoted(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', &inner[at..])?;
        if inner[at] == b'"' {
            return Some(&inner[..at]);
        }
        at = (at + 2).min(inner.len());
    }
}

/// How long the object or list is that the text starts with.
fn nested(text: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_u32, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at += quoted(&text[at..])?.len() + 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs<'r>(fields: impl Iterator<Item = Field<'r>>) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        fields.map(|field| (text(field.key), text(field.value))).collect()
    }

    fn told(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn json_gives_its_own_fields_only() {
        let record = br#"{"a":"x \"level\":\"error\"", "b": {"level":"error","c":["}"]} ,"level":50,"d":null}"#;
        let expected = [
            ("a", r#"x \"level\":\"error\""#),
            ("b", r#"{"level":"error","c":["}"]}"#),
            ("level", "50"),
            ("d", "null"),
        ];
        assert_eq!(pairs(json(record)), told(&expected));
        assert_eq!(pairs(json(br#"{"a":1,"b":"never ends"#)), told(&[("a", "1")]));
        assert_eq!(pairs(json(b"{ no json }")), []);
    }

    #[test]
    fn logfmt_ends_where_prose_begins() {
        let record = br#"time=2026 level=info msg="upstream said level=error" err= n=1 and level=error"#;
        let expected =
            [("time", "2026"), ("level", "info"), ("msg", "upstream said level=error"), ("err", ""), ("n", "1")];
        assert_eq!(pairs(logfmt(record)), told(&expected));
        assert_eq!(pairs(logfmt(b"set level=error for all")), []);
    }
}
