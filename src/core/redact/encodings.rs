//! The forms in which a value that is known comes into a text.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// A shorter piece of base64 is found in ordinary words.
const SHORTEST_PIECE: usize = 8;

/// The value itself, in base64, URL-encoded, and as it stands within a JSON string.
pub(super) fn of(value: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let json = serde_json::Value::from(value).to_string();
    let mut forms = vec![value.to_owned(), encoded.replace('+', "%20"), encoded, json[1..json.len() - 1].to_owned()];
    forms.extend([STANDARD_NO_PAD.encode(value), URL_SAFE_NO_PAD.encode(value)]);
    forms.extend(within_base64(value.as_bytes()));
    forms
}

/// What is left of the value wherever it stands within something in base64, such as `user:value` of a header: its place
/// modulo three decides on all characters but those at both ends, which its neighbours share.
fn within_base64(value: &[u8]) -> impl Iterator<Item = String> {
    (0..3)
        .flat_map(move |before| {
            let shifted = [&b"\0\0"[..before], value].concat();
            [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)].map(|encoded| {
                let end = encoded.len() - usize::from(shifted.len() % 3 != 0);
                encoded[(before * 8).div_ceil(6)..end].to_owned()
            })
        })
        .filter(|piece| piece.len() >= SHORTEST_PIECE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::redact::Redactor;

    #[test]
    fn a_value_is_known_in_each_form() {
        let value = "p@ss \"word\"/1";
        let redactor = Redactor::new([value]);
        for text in [
            value,
            "p%40ss+%22word%22%2F1",
            "p%40ss%20%22word%22%2F1",
            r#"p@ss \"word\"/1"#,
            &STANDARD_NO_PAD.encode(value),
            &URL_SAFE_NO_PAD.encode(value),
        ] {
            assert_eq!(redactor.redact(&format!("a {text} b")), "a [redacted] b");
        }
    }

    proptest! {
        #[test]
        fn no_part_of_a_header_gives_the_value_away(user in "[a-z]{0,5}", value in "[ -~]{8,20}", after in "[a-z]{0,3}") {
            let header = STANDARD_NO_PAD.encode(format!("{user}{value}{after}"));
            let left = Redactor::new([&value]).redact(&header).replace("[redacted]", "");
            // Two characters at each end are shared with what stands beside it.
            let beside = (user.len() + after.len()) * 4 / 3;
            prop_assert!(left.len() <= beside + 4, "{left}");
        }
    }
}
