//! Telegram's HTML, judged as `TDLib`'s `parseTextEntities` judges it, with its words.

/// Tags that Telegram knows.
const TAGS: [&str; 17] = [
    "a",
    "b",
    "blockquote",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "pre",
    "s",
    "span",
    "strike",
    "strong",
    "tg-emoji",
    "tg-spoiler",
    "tg-time",
    "u",
];

const INVALID: &str =
    "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units";

/// What is left of `text` for a reader when its markup is taken away, or why Telegram refuses it.
pub fn parse(text: &str) -> Result<String, String> {
    let mut parser = Parser { bytes: text.as_bytes(), at: 0 };
    let mut plain = Vec::new();
    let mut open: Vec<String> = Vec::new();
    while let Some(byte) = parser.peek() {
        match byte {
            b'&' => parser.reference(&mut plain),
            b'<' if parser.bytes.get(parser.at + 1) == Some(&b'/') => parser.end_tag(&mut open)?,
            b'<' => open.push(parser.start_tag()?),
            _ => {
                plain.push(byte);
                parser.at += 1;
            }
        }
    }
    match open.pop() {
        Some(tag) => Err(format!("Can't find end tag corresponding to start tag \"{tag}\"")),
        None => String::from_utf8(plain).map_err(|_| INVALID.into()),
    }
}

/// The length as Telegram counts it.
pub fn utf16_length(text: &str) -> usize {
    text.encode_utf16().count()
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_while(&mut self, condition: impl Fn(u8) -> bool) -> String {
        let begin = self.at;
        while self.peek().is_some_and(&condition) {
            self.at += 1;
        }
        String::from_utf8_lossy(self.bytes.get(begin..self.at).unwrap_or_default()).into_owned()
    }

    fn skip_space(&mut self) {
        self.skip_while(is_space);
    }

    /// `&lt;`, `&#60;` or `&#x3c;`; anything else stays as it was written.
    fn reference(&mut self, into: &mut Vec<u8>) {
        let begin = self.at;
        self.at += 1;
        let found = if self.peek() == Some(b'#') {
            self.at += 1;
            let hexadecimal = matches!(self.peek(), Some(b'x' | b'X'));
            if hexadecimal {
                self.at += 1;
            }
            let digits =
                self.skip_while(|byte| if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() });
            let number = u32::from_str_radix(&digits, if hexadecimal { 16 } else { 10 }).ok();
            number.filter(|number| (1..0x10_ffff).contains(number))
        } else {
            match self.skip_while(|byte| byte.is_ascii_alphabetic()).as_str() {
                "lt" => Some(u32::from(b'<')),
                "gt" => Some(u32::from(b'>')),
                "amp" => Some(u32::from(b'&')),
                "quot" => Some(u32::from(b'"')),
                _ => None,
            }
        };
        if let Some(character) = found {
            if self.peek() == Some(b';') {
                self.at += 1;
            }
            // Half a surrogate pair becomes a byte that no text has: it is refused at the end, and only in the text.
            match char::from_u32(character) {
                Some(character) => into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                None => into.push(0xff),
            }
        } else {
            self.at = begin + 1;
            into.push(b'&');
        }
    }

    fn start_tag(&mut self) -> Result<String, String> {
        let begin = self.at;
        self.at += 1;
        let tag = self.skip_while(|byte| !is_space(byte) && byte != b'>').to_lowercase();
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        if !TAGS.contains(&tag.as_str()) {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let (mut class, mut emoji) = (None, None);
        loop {
            self.skip_space();
            if self.peek() == Some(b'>') {
                break;
            }
            let name = self.skip_while(|byte| !is_space(byte) && byte != b'=' && byte != b'>');
            if name.is_empty() {
                return Err(format!("Empty attribute name in the tag \"{tag}\" at byte offset {begin}"));
            }
            self.skip_space();
            match self.peek() {
                None => return Err(format!("Unclosed start tag \"{tag}\" at byte offset {begin}")),
                Some(b'=') => {}
                Some(_) => continue,
            }
            self.at += 1;
            self.skip_space();
            let value = self.attribute_value(&tag, begin)?;
            match name.as_str() {
                "class" => class = Some(value),
                "emoji-id" => emoji = value.parse::<i64>().ok(),
                _ => {}
            }
        }
        self.at += 1;
        if tag == "tg-emoji" && emoji.is_none_or(|id| id == 0) {
            return Err("Invalid custom emoji identifier specified".into());
        }
        if tag == "span" && class.as_deref() != Some("tg-spoiler") {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"));
        }
        Ok(tag)
    }

    fn attribute_value(&mut self, tag: &str, begin: usize) -> Result<String, String> {
        let value = match self.peek() {
            None => return Err(format!("Unclosed start tag \"{tag}\" at byte offset {begin}")),
            Some(quote @ (b'"' | b'\'')) => {
                self.at += 1;
                let mut value = Vec::new();
                while let Some(byte) = self.peek().filter(|byte| *byte != quote) {
                    if byte == b'&' {
                        self.reference(&mut value);
                    } else {
                        value.push(byte);
                        self.at += 1;
                    }
                }
                // Past the closing quote; where it is absent the text ends here.
                self.at = (self.at + 1).min(self.bytes.len());
                String::from_utf8_lossy(&value).into_owned()
            }
            Some(_) => {
                let token = self.at;
                let value =
                    self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-').to_lowercase();
                if self.peek().is_some_and(|byte| !is_space(byte) && byte != b'>') {
                    return Err(format!("Unexpected end of name token at byte offset {token}"));
                }
                value
            }
        };
        match self.peek() {
            None => Err(format!("Unclosed start tag at byte offset {begin}")),
            Some(_) => Ok(value),
        }
    }

    fn end_tag(&mut self, open: &mut Vec<String>) -> Result<(), String> {
        let begin = self.at;
        let Some(expected) = open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        self.at += 2;
        let found = self.skip_while(|byte| !is_space(byte) && byte != b'>').to_lowercase();
        self.skip_space();
        if self.peek() != Some(b'>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !found.is_empty() && found != expected {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{expected}>\", found \"</{found}>\""
            ));
        }
        Ok(())
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'\0' | 0x0b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `TDLib` 1.8.69 answered to `parseTextEntities`: the text, or why not.
    const TDLIB: &str = include_str!("tdlib.json");

    #[test]
    fn every_text_is_judged_as_tdlib_judges_it() {
        let cases: Vec<(String, Option<String>, Option<String>)> =
            serde_json::from_str(TDLIB).expect("the table is JSON");
        assert!(cases.len() > 60);
        for (text, plain, error) in cases {
            let told = error.map(|error| error.trim_start_matches("Can't parse entities: ").to_owned());
            assert_eq!(parse(&text), told.map_or_else(|| Ok(plain.unwrap_or_default()), Err), "{text:?}");
        }
    }

    #[test]
    fn lengths_are_utf16() {
        assert_eq!(utf16_length("a🟢é"), 4);
    }
}
