//! What an answer of the Bot API means.

use std::time::Duration;

use serde::Deserialize;

/// What a 429 without `retry_after` asks for.
const DEFAULT_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause that is believed.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// What an answer means for the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is in the chat, under this id.
    Accepted(i64),
    /// The bot has to wait.
    Wait(Duration),
    /// The markup is not understood.
    Markup,
    /// The chat has another id now.
    Moved(i64),
    /// It is not wanted, as things are; why.
    Refused(String),
    /// Nobody can tell; why.
    Unclear(String),
}

#[derive(Deserialize)]
struct Body {
    result: Option<Sent>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// What `status` with `body` means; no body where it could not be read in full.
pub(super) fn meaning(status: u16, body: Option<&[u8]>) -> Meaning {
    let body = body.and_then(|body| serde_json::from_slice::<Body>(body).ok());
    let sent = body.as_ref().and_then(|body| body.result.as_ref());
    let parameters = body.as_ref().and_then(|body| body.parameters.as_ref());
    let description = body.as_ref().and_then(|body| body.description.as_deref());
    match (status, sent, parameters.and_then(|p| p.migrate_to_chat_id)) {
        (200..=299, Some(sent), _) => Meaning::Accepted(sent.message_id),
        (200..=299, None, _) => Meaning::Unclear(format!("Telegram answered {status}, without a message id")),
        (429, ..) => {
            let asked = parameters.and_then(|p| p.retry_after).map_or(DEFAULT_PAUSE, Duration::from_secs);
            Meaning::Wait(asked.min(LONGEST_PAUSE))
        }
        (500.., ..) => Meaning::Unclear(format!("Telegram answered {status}")),
        (400, _, Some(chat)) => Meaning::Moved(chat),
        (400, ..) if description.is_some_and(|d| d.to_lowercase().contains("can't parse entities")) => Meaning::Markup,
        _ => Meaning::Refused(match description {
            Some(description) => format!("Telegram answered {status}: {description}"),
            None => format!("Telegram answered {status}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let wait = |seconds| Meaning::Wait(Duration::from_secs(seconds));
        let table = [
            (200, r#"{"ok":true,"result":{"message_id":42,"chat":{}}}"#, Meaning::Accepted(42)),
            (200, "<html>", Meaning::Unclear("Telegram answered 200, without a message id".into())),
            (429, r#"{"ok":false,"parameters":{"retry_after":35}}"#, wait(35)),
            (429, r#"{"ok":false,"parameters":{"retry_after":999999999}}"#, wait(86400)),
            (429, "slow down", wait(5)),
            (502, "<html>", Meaning::Unclear("Telegram answered 502".into())),
            (400, r#"{"description":"Bad Request: can't parse entities: Unmatched end tag"}"#, Meaning::Markup),
            (
                400,
                r#"{"description":"Bad Request: group chat was upgraded","parameters":{"migrate_to_chat_id":-7}}"#,
                Meaning::Moved(-7),
            ),
            (
                400,
                r#"{"description":"Bad Request: chat not found"}"#,
                Meaning::Refused("Telegram answered 400: Bad Request: chat not found".into()),
            ),
            (401, r#"{"description":"Unauthorized"}"#, Meaning::Refused("Telegram answered 401: Unauthorized".into())),
            (403, "{}", Meaning::Refused("Telegram answered 403".into())),
            (404, "<html>", Meaning::Refused("Telegram answered 404".into())),
            (302, "", Meaning::Refused("Telegram answered 302".into())),
        ];
        for (status, body, expected) in table {
            assert_eq!(meaning(status, Some(body.as_bytes())), expected, "{status} {body}");
        }
        assert_eq!(meaning(401, None), Meaning::Refused("Telegram answered 401".into()));
    }
}
