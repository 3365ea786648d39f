//! Whether a bot and its chat are there, without sending anything: `getMe` and `getChat`.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Bot, root_cause};
use crate::core::redact;

/// What became of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The bot is in the chat.
    Fine {
        /// The bot's name, without its `@`.
        bot: String,
        /// The chat's title, or its owner's name.
        chat: String,
    },
    /// No answer; why.
    Unreachable(String),
    /// The token is no bot's; what Telegram says.
    NoBot(String),
    /// This bot does not know the chat, or may not be in it; what Telegram says.
    NoChat {
        /// The bot's name, without its `@`.
        bot: String,
        /// Why.
        why: String,
        /// The id that the chat has now, where it moved.
        moved: Option<i64>,
    },
}

#[derive(Serialize)]
struct GetChat<'a> {
    chat_id: &'a str,
}

#[derive(Deserialize)]
struct Body<T> {
    result: Option<T>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    migrate_to_chat_id: Option<i64>,
}

#[derive(Deserialize)]
struct Me {
    username: String,
}

#[derive(Deserialize)]
struct Chat {
    title: Option<String>,
    first_name: Option<String>,
}

/// An answer that is none of what was asked for.
struct Refusal {
    status: u16,
    why: String,
    moved: Option<i64>,
}

impl Bot {
    /// Asks who the bot is, and what chat that is.
    pub async fn reach(&self, chat: &str) -> Reach {
        let bot = match self.ask::<Me>("getMe", &()).await {
            Ok(Ok(me)) => self.shown(&me.username),
            // Telegram says 404 to what has not even a token's form.
            Ok(Err(Refusal { status: 401 | 404, why, .. })) => return Reach::NoBot(why),
            Ok(Err(Refusal { why, .. })) | Err(why) => return Reach::Unreachable(why),
        };
        match self.ask::<Chat>("getChat", &GetChat { chat_id: chat.trim() }).await {
            Ok(Ok(chat)) => {
                let name = chat.title.or(chat.first_name).unwrap_or_else(|| "without a name".to_owned());
                Reach::Fine { bot, chat: self.shown(&name) }
            }
            Ok(Err(Refusal { status: 400 | 403, why, moved })) => Reach::NoChat { bot, why, moved },
            Ok(Err(Refusal { why, .. })) | Err(why) => Reach::Unreachable(why),
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        call: &impl Serialize,
    ) -> Result<Result<T, Refusal>, String> {
        let (status, body) = self.post(method, call).await.map_err(|error| self.without_secret(&root_cause(&error)))?;
        let body = body.and_then(|body| serde_json::from_slice::<Body<T>>(&body).ok());
        let moved = body.as_ref().and_then(|body| body.parameters.as_ref()).and_then(|it| it.migrate_to_chat_id);
        let (result, description) = body.map_or((None, None), |body| (body.result, body.description));
        Ok(result.ok_or_else(|| {
            let why = match description {
                Some(description) => format!("Telegram answered {status}: {description}"),
                None => format!("Telegram answered {status}"),
            };
            Refusal { status, why: self.without_secret(&why), moved }
        }))
    }

    fn shown(&self, name: &str) -> String {
        redact::cut(&self.without_secret(name), 64)
    }
}
