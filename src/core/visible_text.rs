//! What a reader of a page sees of its HTML.

use std::convert::Infallible;

use html5gum::{
    Span, Tokenizer,
    emitters::callback::{CallbackEmitter, CallbackEvent},
};

/// Elements whose content a reader does not see. (`noscript`: whoever looks at a page has scripts.)
const HIDDEN: [&str; 8] = ["script", "style", "template", "noscript", "iframe", "noembed", "noframes", "object"];

/// Elements that do not part the words around them.
const INLINE: [&str; 30] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label",
    "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
];

/// The visible text of a page: no tags, scripts, styles, comments or templates; entities decoded; one blank where any
/// white space was. The title counts as visible.
pub fn visible_text(html: &str) -> String {
    let mut page = Page::default();
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
        page.event(event);
        None
    });
    emitter.naively_switch_states(true);
    let Ok(()) = Tokenizer::new_with_emitter(html, emitter).finish();
    collapsed(&page.text)
}

#[derive(Default)]
struct Page {
    text: String,
    /// The hidden element that we are in, and how many of its kind are open.
    hidden: Option<(Vec<u8>, usize)>,
}

impl Page {
    fn event(&mut self, event: CallbackEvent<'_>) {
        match (event, &mut self.hidden) {
            (CallbackEvent::OpenStartTag { name }, Some((hidden, depth))) if name == hidden => *depth += 1,
            (CallbackEvent::EndTag { name }, Some((hidden, depth))) if name == hidden => {
                *depth -= 1;
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            (CallbackEvent::OpenStartTag { name }, None) => {
                if is_one_of(name, &HIDDEN) {
                    self.hidden = Some((name.to_vec(), 1));
                }
                self.part(name);
            }
            (CallbackEvent::EndTag { name }, None) => self.part(name),
            (CallbackEvent::String { value }, None) => self.text.push_str(&String::from_utf8_lossy(value)),
            _ => {}
        }
    }

    fn part(&mut self, name: &[u8]) {
        if !is_one_of(name, &INLINE) {
            self.text.push(' ');
        }
    }
}

fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|known| known.as_bytes() == name)
}

/// The text with one blank where any white space or control characters were, and without characters of no width.
pub fn collapsed(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {}
            c if !c.is_whitespace() && !c.is_control() => collapsed.push(c),
            _ if collapsed.is_empty() || collapsed.ends_with(' ') => {}
            _ => collapsed.push(' '),
        }
    }
    collapsed.truncate(collapsed.trim_end().len());
    collapsed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_what_a_reader_sees() {
        for (html, seen) in [
            ("<!doctype html><title>AutoPAR</title><h1>Hello</h1><p>World</p>", "AutoPAR Hello World"),
            ("<p>Auto<b>PAR</b> is\n  up</p>", "AutoPAR is up"),
            ("a<script>maintenance</script>b", "a b"),
            ("<script>if (a < b) document.write('</p>maintenance')</script>up", "up"),
            ("<style>.x::after{content:'maintenance'}</style>up", "up"),
            ("up<!-- maintenance --> and running", "up and running"),
            ("<template><p>maintenance</p><template>x</template>y</template>up", "up"),
            ("<noscript>maintenance</noscript>up", "up"),
            ("Fish &amp; chips&nbsp;&eacute;&#x41;", "Fish & chips éA"),
            ("<p title='maintenance'>up</p>", "up"),
            ("main<wbr>ten&shy;ance", "maintenance"),
            ("<td>1</td><td>2</td>", "1 2"),
            ("no tags < at all > here", "no tags < at all > here"),
            ("<script>never closed", ""),
            ("", ""),
        ] {
            assert_eq!(visible_text(html), seen, "{html}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_never_has_two_blanks(html in "(<[a-z!/]{0,6}>?|[a-z&;# \\n]|\\PC){0,60}") {
            let text = visible_text(&html);
            prop_assert!(!text.contains("  ") && text.trim() == text, "{text:?}");
        }
    }
}
