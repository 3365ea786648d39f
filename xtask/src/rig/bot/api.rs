//! What `sendMessage` and its neighbours answer: pure, so that it is tested without a socket.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::{Value, json};

use super::html;

const MOST_UNITS: usize = 4096;

/// What the endpoint does with a call instead of judging it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 429, with `parameters.retry_after` in seconds.
    TooManyRequests(u64),
    /// 400 with this description after `Bad Request: `.
    BadRequest(String),
    /// 400 with `migrate_to_chat_id`.
    Migrated(i64),
    /// This status from 500 up, without a JSON body, as a gateway answers.
    ServerError(u16),
    /// The message is accepted, and the answer never comes.
    AcceptThenHang,
    /// The message is accepted, and the connection closed without an answer.
    AcceptThenClose,
    /// The connection is closed without an answer once the request was read, and nothing is accepted.
    CloseAfterRead,
}

/// A message as it was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The id that the sender was told.
    pub id: i64,
    /// The chat, as it was addressed.
    pub chat: String,
    /// The text as it was sent.
    pub text: String,
    /// The text as a reader sees it.
    pub plain: String,
    /// The message that this one answers.
    pub reply_to: Option<i64>,
    /// The topic.
    pub thread: Option<i64>,
    /// Whether it came without a sound.
    pub silent: bool,
    /// Whether link previews were off.
    pub previews_off: bool,
}

/// A call that was not accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The status of the answer; 0 where there was none.
    pub status: u16,
    /// The description in it.
    pub description: String,
    /// The body of the request.
    pub request: Value,
}

/// What goes back: a status and a body, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    Json(u16, Value),
    Text(u16, &'static str),
    Hang,
    Close,
}

/// The chat and all that happened in it.
#[derive(Debug)]
pub(super) struct Chat {
    token: String,
    id: String,
    pub(super) messages: Vec<Message>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) script: VecDeque<Answer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendMessage {
    chat_id: ChatId,
    text: String,
    parse_mode: Option<String>,
    message_thread_id: Option<i64>,
    #[serde(default)]
    disable_notification: bool,
    reply_parameters: Option<ReplyParameters>,
    link_preview_options: Option<LinkPreviewOptions>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ChatId {
    Number(i64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyParameters {
    message_id: i64,
    #[serde(default)]
    allow_sending_without_reply: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkPreviewOptions {
    is_disabled: bool,
}

/// A refusal on its way: status, description and `parameters`.
struct Refused(u16, String, Option<Value>);

impl Chat {
    pub(super) fn new(token: &str, id: &str) -> Self {
        Self { token: token.into(), id: id.into(), messages: Vec::new(), refusals: Vec::new(), script: VecDeque::new() }
    }

    /// Answers one call; `path` is `/bot<token>/<method>`.
    pub(super) fn call(&mut self, path: &str, body: &[u8]) -> Reply {
        let request: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let result = match path.strip_prefix("/bot").and_then(|rest| rest.split_once('/')) {
            Some((token, _)) if token != self.token => Err(Refused(401, "Unauthorized".into(), None)),
            Some((_, "sendMessage")) => return self.send_message(request),
            Some((_, "getMe")) => {
                Ok(json!({"id": 1, "is_bot": true, "first_name": "Stagewatch", "username": "stagewatch_bot"}))
            }
            Some((_, "getChat")) => self.get_chat(&request),
            _ => Err(Refused(404, "Not Found".into(), None)),
        };
        self.reply(result, request)
    }

    fn send_message(&mut self, request: Value) -> Reply {
        let scripted = self.script.pop_front();
        let refused = match &scripted {
            None | Some(Answer::AcceptThenHang | Answer::AcceptThenClose) => None,
            Some(Answer::TooManyRequests(seconds)) => Some(Refused(
                429,
                format!("Too Many Requests: retry after {seconds}"),
                Some(json!({"retry_after": seconds})),
            )),
            Some(Answer::BadRequest(description)) => Some(bad_request(description)),
            Some(Answer::Migrated(chat)) => {
                let description = "Bad Request: group chat was upgraded to a supergroup chat";
                Some(Refused(400, description.into(), Some(json!({"migrate_to_chat_id": chat}))))
            }
            Some(Answer::ServerError(status)) => {
                self.refusals.push(Refusal { status: *status, description: String::new(), request });
                return Reply::Text(*status, "<html>the gateway has no answer</html>");
            }
            Some(Answer::CloseAfterRead) => {
                self.refusals.push(Refusal { status: 0, description: "closed".into(), request });
                return Reply::Close;
            }
        };
        if let Some(refused) = refused {
            return self.reply(Err(refused), request);
        }
        let result = self.accept(&request);
        let accepted = result.is_ok();
        let reply = self.reply(result, request);
        match scripted {
            Some(Answer::AcceptThenHang) if accepted => Reply::Hang,
            Some(Answer::AcceptThenClose) if accepted => Reply::Close,
            _ => reply,
        }
    }

    fn accept(&mut self, request: &Value) -> Result<Value, Refused> {
        // Serde's own words say which field is absent, unknown or of the wrong type.
        let call = SendMessage::deserialize(request).map_err(|error| bad_request(&error.to_string()))?;
        let chat = call.chat_id.to_string();
        if chat != self.id {
            return Err(bad_request("chat not found"));
        }
        let plain = match call.parse_mode.as_deref() {
            None => call.text.clone(),
            Some("HTML") => {
                html::parse(&call.text).map_err(|error| bad_request(&format!("can't parse entities: {error}")))?
            }
            Some(_) => return Err(bad_request("unsupported parse_mode")),
        };
        if plain.trim().is_empty() {
            return Err(bad_request("message text is empty"));
        }
        if html::utf16_length(plain.trim()) > MOST_UNITS {
            return Err(bad_request("message is too long"));
        }
        let reply_to = match call.reply_parameters {
            Some(reply) if self.messages.iter().any(|message| message.id == reply.message_id) => Some(reply.message_id),
            Some(reply) if !reply.allow_sending_without_reply => {
                return Err(bad_request("message to be replied not found"));
            }
            _ => None,
        };
        let id = self.messages.last().map_or(100, |message| message.id) + 1;
        self.messages.push(Message {
            id,
            chat,
            text: call.text,
            plain: plain.trim().to_owned(),
            reply_to,
            thread: call.message_thread_id,
            silent: call.disable_notification,
            previews_off: call.link_preview_options.is_some_and(|options| options.is_disabled),
        });
        Ok(json!({"message_id": id, "date": 1_764_000_000, "chat": self.chat(), "text": plain.trim()}))
    }

    fn get_chat(&self, request: &Value) -> Result<Value, Refused> {
        let chat = ChatId::deserialize(&request["chat_id"]).map_err(|_| bad_request("chat_id is empty"))?;
        if chat.to_string() == self.id { Ok(self.chat()) } else { Err(bad_request("chat not found")) }
    }

    fn chat(&self) -> Value {
        json!({"id": self.id.parse::<i64>().map_or_else(|_| json!(self.id), |id| json!(id)), "type": "supergroup", "title": "Stagewatch"})
    }

    fn reply(&mut self, result: Result<Value, Refused>, request: Value) -> Reply {
        match result {
            Ok(result) => Reply::Json(200, json!({"ok": true, "result": result})),
            Err(Refused(status, description, parameters)) => {
                let mut body = json!({"ok": false, "error_code": status, "description": description});
                if let Some(parameters) = parameters {
                    body["parameters"] = parameters;
                }
                self.refusals.push(Refusal { status, description, request });
                Reply::Json(status, body)
            }
        }
    }
}

impl std::fmt::Display for ChatId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(id) => id.fmt(formatter),
            Self::Text(name) => name.fmt(formatter),
        }
    }
}

fn bad_request(description: &str) -> Refused {
    Refused(400, format!("Bad Request: {description}"), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/bot1:abc/sendMessage";

    fn chat() -> Chat {
        Chat::new("1:abc", "-100")
    }

    fn send(chat: &mut Chat, request: &Value) -> (u16, Value) {
        match chat.call(PATH, request.to_string().as_bytes()) {
            Reply::Json(status, body) => (status, body),
            other => (0, json!(format!("{other:?}"))),
        }
    }

    #[test]
    fn a_good_message_is_kept_as_a_reader_sees_it() {
        let mut chat = chat();
        let request = json!({
            "chat_id": "-100", "text": " <b>up</b> &lt;3 ", "parse_mode": "HTML", "message_thread_id": 12,
            "disable_notification": true, "link_preview_options": {"is_disabled": true},
        });
        let (status, body) = send(&mut chat, &request);
        assert_eq!((status, &body["result"]["message_id"]), (200, &json!(101)));
        let (status, _) =
            send(&mut chat, &json!({"chat_id": -100, "text": "again", "reply_parameters": {"message_id": 101}}));
        assert_eq!(status, 200);
        let [first, second] = chat.messages.as_slice() else { unreachable!("two were sent") };
        assert_eq!(
            (first.plain.as_str(), first.thread, first.silent, first.previews_off),
            ("up <3", Some(12), true, true)
        );
        assert_eq!((second.reply_to, second.silent, second.previews_off), (Some(101), false, false));
    }

    #[test]
    fn what_telegram_refuses_is_refused_in_its_words() {
        let long = "🟢".repeat(2049);
        let cases = [
            (json!({"chat_id": 5, "text": "x"}), "chat not found"),
            (json!({"chat_id": -100, "text": "<b> </b>", "parse_mode": "HTML"}), "message text is empty"),
            (json!({"chat_id": -100, "text": long}), "message is too long"),
            (
                json!({"chat_id": -100, "text": "<b>x", "parse_mode": "HTML"}),
                "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
            ),
            (
                json!({"chat_id": -100, "text": "x", "reply_parameters": {"message_id": 1}}),
                "message to be replied not found",
            ),
            (json!({"chat_id": -100, "text": "x", "disable_web_page_preview": true}), "unknown field"),
            (json!({"chat_id": -100}), "missing field `text`"),
            (json!({"chat_id": -100, "text": "x", "parse_mode": "Html5"}), "unsupported parse_mode"),
        ];
        for (request, words) in cases {
            let mut chat = chat();
            let (status, body) = send(&mut chat, &request);
            let description = body["description"].as_str().unwrap_or_default();
            assert!(
                status == 400 && description.starts_with("Bad Request: ") && description.contains(words),
                "{request}: {body}"
            );
            assert_eq!((chat.messages.len(), chat.refusals.len()), (0, 1));
        }
        let within = json!({"chat_id": -100, "text": format!("<b>{}</b>", "🟢".repeat(2048)), "parse_mode": "HTML"});
        assert_eq!(send(&mut chat(), &within).0, 200);
    }

    #[test]
    fn tokens_and_methods() {
        let call = |path: &str| match chat().call(path, b"") {
            Reply::Json(status, _) => status,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(
            [call("/bot1:abc/getMe"), call("/bot2:abc/getMe"), call("/bot1:abc/sendPhoto"), call("/")],
            [200, 401, 404, 404]
        );
    }

    #[test]
    fn a_script_is_followed_then_over() {
        let mut chat = chat();
        chat.script.extend([
            Answer::TooManyRequests(7),
            Answer::BadRequest("not now".into()),
            Answer::Migrated(-200),
            Answer::ServerError(502),
            Answer::AcceptThenHang,
            Answer::AcceptThenClose,
            Answer::CloseAfterRead,
        ]);
        let request = json!({"chat_id": -100, "text": "x"});
        assert_eq!(send(&mut chat, &request).1["parameters"]["retry_after"], 7);
        assert_eq!(send(&mut chat, &request).1["description"], "Bad Request: not now");
        assert_eq!(send(&mut chat, &request).1["parameters"]["migrate_to_chat_id"], -200);
        let replies: Vec<Reply> = (0..4).map(|_| chat.call(PATH, request.to_string().as_bytes())).collect();
        assert!(
            matches!(replies.as_slice(), [Reply::Text(502, _), Reply::Hang, Reply::Close, Reply::Close]),
            "{replies:?}"
        );
        assert_eq!((chat.messages.len(), chat.refusals.len()), (2, 5));
        assert_eq!(send(&mut chat, &request).0, 200);
    }
}
