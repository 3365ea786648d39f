//! What records of one event have in common: their text with `*` where numbers, ids, addresses, paths' variable parts,
//! times and quoted values stand.

use super::record::write_summary;

/// The longest template, in bytes.
pub const LONGEST: usize = 240;

/// The template of a record: of what it says happened, whatever it carries. It is never longer than [`LONGEST`], and a
/// template's template is itself.
pub fn template(record: &[u8]) -> String {
    let (mut summary, mut out) = (Vec::new(), Vec::new());
    write_template(record, &mut summary, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// [`template`], by way of buffers that are used again.
pub(super) fn write_template(record: &[u8], summary: &mut Vec<u8>, out: &mut Vec<u8>) {
    write_summary(record, summary);
    out.clear();
    mask(summary, out);
}

const ELLIPSIS: &[u8] = "…".as_bytes();

fn mask(text: &[u8], out: &mut Vec<u8>) {
    const ROOM: usize = LONGEST - ELLIPSIS.len();
    let mut at = 0;
    // Once a quote is not closed, none after it is: so all of this is linear.
    let mut unclosed = [false; 2];
    while let Some(&byte) = text.get(at) {
        let (rest, before) = (&text[at..], out.len());
        let token = rest.iter().take_while(|byte| is_of_token(**byte)).count();
        at += if token > 0 {
            mask_token(&rest[..token], out);
            token
        } else if let Some(inside) = quoted(rest, at.checked_sub(1).map(|at| text[at]), &mut unclosed) {
            out.push(byte);
            star(out);
            out.push(byte);
            inside + 2
        } else if byte == b'*' {
            star(out);
            1
        } else if byte.is_ascii_whitespace() {
            // One blank is as good as many.
            if !out.is_empty() && out.last() != Some(&b' ') {
                out.push(b' ');
            }
            1
        } else {
            add_character(rest, out)
        };
        if out.len() > ROOM && (out.len() > LONGEST || at < text.len()) {
            out.truncate(before);
            out.extend_from_slice(ELLIPSIS);
            break;
        }
    }
    while out.last() == Some(&b' ') {
        out.pop();
    }
}

/// Adds the character that the text starts with, `?` for what is none, and says how many bytes it was.
fn add_character(text: &[u8], out: &mut Vec<u8>) -> usize {
    let length = match text[0] {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    };
    let character = text.get(..length).filter(|character| std::str::from_utf8(character).is_ok());
    out.extend_from_slice(character.unwrap_or(b"?"));
    character.map_or(1, <[u8]>::len)
}

/// Adds a `*`, and takes what parts it from the one before for a part of it: `172.17.0.1:44638` is one, as is a list.
fn star(out: &mut Vec<u8>) {
    let end = out.iter().rposition(|byte| !b" .:-_/,+".contains(byte)).map_or(0, |at| at + 1);
    if end > 0 && out[end - 1] == b'*' {
        out.truncate(end);
    } else {
        out.push(b'*');
    }
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.:/@%+#~\\$".contains(&byte)
}

/// How long the value is that stands in quotes at the start of the text, after `before`. An apostrophe is no quote.
fn quoted(text: &[u8], before: Option<u8>, unclosed: &mut [bool; 2]) -> Option<usize> {
    let joins = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'?') || byte >= 0x80;
    let (&quote, inside) = text.split_first()?;
    let unclosed = &mut unclosed[usize::from(quote == b'"')];
    if !matches!(quote, b'"' | b'\'') || *unclosed || before.is_some_and(joins) {
        return None;
    }
    let mut at = 0;
    while let Some(&byte) = inside.get(at) {
        if byte == quote && !inside.get(at + 1).copied().is_some_and(joins) {
            return Some(at);
        }
        at += if byte == b'\\' { 2 } else { 1 };
    }
    *unclosed = true;
    None
}

/// A word, a number, an address, a path, an id.
fn mask_token(token: &[u8], out: &mut Vec<u8>) {
    let end = token.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |at| at + 1);
    let (token, tail) = token.split_at(end);
    mask_word(token, out);
    out.extend_from_slice(tail);
}

fn mask_word(token: &[u8], out: &mut Vec<u8>) {
    let at_sign = memchr::memchr(b'@', token).filter(|&at| at > 0 && token[at..].contains(&b'.'));
    if let Some(at) = at_sign {
        star(out);
        return mask_pieces(&token[at..], out);
    }
    if !token.iter().any(u8::is_ascii_digit) {
        out.extend_from_slice(token);
    } else if is_uuid(token) || is_address_or_time(token) {
        star(out);
    } else {
        mask_pieces(token, out);
    }
}

fn mask_pieces(token: &[u8], out: &mut Vec<u8>) {
    let mut rest = token;
    while let Some(&byte) = rest.first() {
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if length > 0 {
            mask_piece(&rest[..length], out);
        } else {
            out.push(byte);
        }
        rest = &rest[length.max(1)..];
    }
}

/// Letters and digits: `42`, `84ms`, `user42`, `0x7f3c`, `628WB79CIFDYO9`.
fn mask_piece(piece: &[u8], out: &mut Vec<u8>) {
    let Some(digit) = piece.iter().position(u8::is_ascii_digit) else { return out.extend_from_slice(piece) };
    let digits = piece[digit..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let after = &piece[digit + digits..];
    let is_hex = piece.len() >= 6 && piece.iter().all(u8::is_ascii_hexdigit);
    if digit == 0 || is_hex || after.iter().any(u8::is_ascii_digit) {
        return star(out);
    }
    out.extend_from_slice(&piece[..digit]);
    star(out);
    out.extend_from_slice(after);
}

fn is_uuid(token: &[u8]) -> bool {
    token.len() == 36
        && token.iter().enumerate().all(|(n, byte)| match n {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `fe80::1`, `05:44:36`.
fn is_address_or_time(token: &[u8]) -> bool {
    memchr::memchr_iter(b':', token).count() >= 2
        && token.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_event_has_the_same_template() {
        for (records, expected) in [
            (
                &[
                    "2026-11-24 05:44:36,123 ERROR job 42 of user7 failed after 1.5s",
                    "2026-11-25 01:00:00,000 ERROR job 7 of user12 failed after 300ms",
                ][..],
                "job * of user* failed after *",
            ),
            (
                &["ERROR connect to 172.17.0.3:6379 refused", "ERROR connect to [fe80::1]:6379 refused"][..1],
                "ERROR connect to * refused",
            ),
            (
                &[
                    "ERROR request 550e8400-e29b-41d4-a716-446655440000 of ann@example.com: no",
                    "ERROR request 00000000-0000-4000-8000-abcdefabcdef of joe.b@example.com: no",
                ],
                "ERROR request * of *@example.com: no",
            ),
            (
                &["ERROR open \"/data/temp-25.rdb\": no space", "ERROR open \"/data/temp-7.rdb\": no space"],
                "ERROR open \"*\": no space",
            ),
            (&["ERROR GET /api/v1/users/42 500", "ERROR GET /api/v1/users/7 502"], "ERROR GET /api/v*/users/*"),
            (&["ERROR don't touch user's 'x y' and 'z'"], "ERROR don't touch user's '*' and '*'"),
            (&["ERROR ids [1, 2, 3] at 0x7f3c2ac58000", "ERROR ids [4, 5] at 0x564b9b63d65f"], "ERROR ids [*] at *"),
            (
                &[
                    "2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> Error on AMQP connection <0.795.0> (172.17.0.1:44638 -> 172.17.0.2:5672, state: starting):\n2026-11-24 05:44:41.303372+00:00 [error] <0.795.0> PLAIN login refused: user 'app' - invalid credentials",
                ],
                "Error on AMQP connection <*> (* -> *, state: starting): ⏎ PLAIN login refused: user '*' - invalid credentials",
            ),
            (
                &[
                    r#"{"level":"error","ts":1795499076.1,"msg":"request failed","id":"x1","error":"dial tcp 10.0.0.5:6379: connect: connection refused"}"#,
                    r#"{"level":"error","ts":1795499077.1,"msg":"request failed","id":"y2","error":"dial tcp 10.0.0.9:6379: connect: connection refused"}"#,
                ],
                "request failed ⏎ dial tcp *: connect: connection refused",
            ),
            (
                &[
                    "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    x()\nValueError: bad id 17",
                    "Traceback (most recent call last):\n  File \"b.py\", line 2, in <module>\n    y()\nValueError: bad id 4",
                ],
                "ValueError: bad id *",
            ),
            (&["E1124 05:44:36.000000       1 main.go:10] pod \"a/b\" is gone"], "pod \"*\" is gone"),
        ] {
            for record in records {
                assert_eq!(template(record.as_bytes()), expected, "{record}");
            }
        }
    }

    #[test]
    fn other_events_have_other_templates() {
        let templates =
            ["ERROR connect refused", "ERROR login refused", "WARN connect refused"].map(|t| template(t.as_bytes()));
        assert_ne!(templates[0], templates[1]);
        assert_ne!(templates[0], templates[2]);
    }

    fn is_stable(record: &[u8]) -> Result<(), TestCaseError> {
        let once = template(record);
        prop_assert!(once.len() <= LONGEST, "{once}");
        prop_assert_eq!(&template(once.as_bytes()), &once);
        Ok(())
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_stable_template(record in proptest::collection::vec(any::<u8>(), 0..2000)) {
            is_stable(&record)?;
        }

        /// Of the parts that the rules look at, in any order.
        #[test]
        fn records_have_a_stable_template(parts in proptest::collection::vec(prop_oneof![
            "[a-z]{1,9}", "[0-9]{1,12}", "[a-f0-9]{4,12}", "[ '\"*.,:/@=<>\\[\\](){}\\\\-]{1,3}", "é|…|⏎",
            Just("2026-11-24 05:44:36".to_owned()), Just("ERROR ".to_owned()), Just("level=error ".to_owned()),
            Just("msg=".to_owned()), Just("{\"msg\":\"".to_owned()), Just("\"}".to_owned()), Just(" ".to_owned()),
            Just("\n".to_owned()), Just("\n\tat ".to_owned()), Just("Traceback (most recent call last):\n".to_owned()),
            Just("goroutine 1 [running]:\n".to_owned()), Just("[error] <0.1.0> ".to_owned()), Just("E1124 05:44:36.0 1 a.go:1] ".to_owned()),
            Just("1:M 24 Nov 2026 05:41:04.140 # ".to_owned()), Just("DETAIL:  ".to_owned()),
        ], 0..60)) {
            is_stable(parts.concat().as_bytes())?;
        }
    }
}
