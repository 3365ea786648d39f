//! Lines of a message: what is ours and what others wrote, as Telegram's HTML and as plain text.

use crate::core::analysis::untrusted::is_invisible;

/// How a piece of a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Bold,
    /// Telegram finds no links, commands or mentions in it.
    Code,
}

/// One line, without its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    spans: Vec<(Style, String)>,
}

impl Line {
    /// An empty line.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds text of ours, as it is.
    pub(super) fn text(self, text: &str) -> Self {
        self.push(Style::Plain, text)
    }

    /// Adds text to copy.
    pub(super) fn code(self, text: &str) -> Self {
        self.push(Style::Code, text)
    }

    /// Adds text to copy that others wrote.
    pub(super) fn copied(self, text: &str) -> Self {
        self.code(&clean(text))
    }

    /// Adds text that others wrote: cleaned, and without anything that Telegram would turn into a link.
    pub(super) fn foreign(self, text: &str) -> Self {
        let text = clean(text);
        let mut words = text.split(' ').peekable();
        let mut line = self;
        while let Some(word) = words.next() {
            line = line.word(word);
            if words.peek().is_some() {
                line = line.push(Style::Plain, " ");
            }
        }
        line
    }

    /// Adds the pieces of another line.
    pub(super) fn line(self, other: Self) -> Self {
        other.spans.into_iter().fold(self, |line, (style, text)| line.push(style, &text))
    }

    /// The same line in bold.
    pub(super) fn bold(mut self) -> Self {
        for (style, _) in &mut self.spans {
            // Telegram admits no bold code.
            if *style == Style::Plain {
                *style = Style::Bold;
            }
        }
        self
    }

    /// At most so many UTF-16 units, the last of them `…` when something was cut.
    pub(super) fn cut(self, most: usize) -> Self {
        if self.units() <= most {
            return self;
        }
        let mut left = most.saturating_sub(1);
        let mut line = Self::new();
        for (style, text) in self.spans {
            let kept = longest_prefix(&text, left);
            line = line.push(style, kept);
            left -= units(kept);
            if kept.len() < text.len() {
                break;
            }
        }
        line.push(Style::Plain, "…")
    }

    /// How long Telegram takes it for.
    pub(super) fn units(&self) -> usize {
        self.spans.iter().map(|(_, text)| units(text)).sum()
    }

    pub(super) fn plain(&self) -> String {
        self.spans.iter().map(|(_, text)| text.as_str()).collect()
    }

    pub(super) fn html(&self) -> String {
        let mut html = String::new();
        for (style, text) in &self.spans {
            let tag = match style {
                Style::Plain => None,
                Style::Bold => Some("b"),
                Style::Code => Some("code"),
            };
            if let Some(tag) = tag {
                html.extend(["<", tag, ">"]);
            }
            escape(text, &mut html);
            if let Some(tag) = tag {
                html.extend(["</", tag, ">"]);
            }
        }
        html
    }

    /// A word of others; the marks around it are not a part of what would be a link.
    fn word(self, word: &str) -> Self {
        if !becomes_link(word) {
            return self.push(Style::Plain, word);
        }
        let tail = word.trim_start_matches(['(', '"', '\'', '<', '[']);
        let core = tail.trim_end_matches(['.', ',', ';', ':', ')', '"', '\'', '>', ']']);
        let (before, after) = (&word[..word.len() - tail.len()], &tail[core.len()..]);
        self.push(Style::Plain, before).push(Style::Code, core).push(Style::Plain, after)
    }

    fn push(mut self, style: Style, text: &str) -> Self {
        match self.spans.last_mut() {
            _ if text.is_empty() => {}
            Some((last, before)) if *last == style => before.push_str(text),
            _ => self.spans.push((style, text.to_owned())),
        }
        self
    }
}

/// The length in UTF-16 code units, in which Telegram counts.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The longest beginning of `text` within `most` UTF-16 units.
fn longest_prefix(text: &str, most: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.len_utf16();
        if used > most {
            return &text[..at];
        }
    }
    text
}

/// One line of visible characters: white space becomes single blanks; controls, and what changes the direction of text
/// or cannot be seen, goes.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_whitespace() || character.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_invisible(character) {
            out.push(character);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether Telegram might make something to tap of this word: a URL, an address, a command, a mention, a tag.
fn becomes_link(word: &str) -> bool {
    let dots = word.matches('.').count();
    let domain = word.split('.').skip(1).any(|label| label.chars().next().is_some_and(char::is_alphabetic));
    domain || dots >= 3 || word.contains(['/', '@', '#', '$'])
}

/// `'` needs no escape, and Telegram knows no `&apos;`.
fn escape(text: &str, into: &mut String) {
    for character in text.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            other => into.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_cleaned_and_escaped() {
        let cases = [
            ("a <b>&\"'_*[x]", "a &lt;b&gt;&amp;&quot;'_*[x]"),
            (" a\r\n\tb\u{0}c ", "a b c"),
            ("ev\u{202e}il\u{200b}\u{feff}", "evil"),
            ("see http://evil.example/x now", "see <code>http://evil.example/x</code> now"),
            (
                "evil.example, @all #tag $USD /stop",
                "<code>evil.example</code>, <code>@all</code> <code>#tag</code> <code>$USD</code> <code>/stop</code>",
            ),
            ("10.0.0.5:6379 0.8 s 3.4% 31.12.2026", "<code>10.0.0.5:6379</code> 0.8 s 3.4% 31.12.2026"),
            ("(\"evil.example\"). .../", "(&quot;<code>evil.example</code>&quot;). <code>.../</code>"),
            ("...", "..."),
            ("\u{200b}", ""),
        ];
        for (text, html) in cases {
            assert_eq!(Line::new().foreign(text).html(), html, "{text:?}");
        }
    }

    #[test]
    fn a_cut_counts_as_telegram_does_and_splits_no_character() {
        let line = Line::new().text("ab").foreign("🟢🟢 /x");
        assert_eq!(line.units(), 9);
        for most in 1..9 {
            let cut = line.clone().cut(most);
            assert!(cut.units() <= most && cut.plain().ends_with('…'), "{most}: {}", cut.plain());
        }
        assert_eq!(line.clone().cut(9), line);
        assert_eq!(line.cut(8).html(), "ab🟢🟢 …");
    }

    #[test]
    fn bold_goes_around_code() {
        assert_eq!(Line::new().foreign("a /b c").bold().html(), "<b>a </b><code>/b</code><b> c</b>");
    }
}
