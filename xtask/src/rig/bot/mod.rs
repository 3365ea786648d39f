//! A strict local endpoint of Telegram's Bot API: what it accepts, the real one accepts, and it words its refusals alike.
//!
//! Stricter in one thing on purpose: a field that `sendMessage` does not have is refused, where Telegram ignores it.

mod api;
mod html;
mod server;

pub use api::{Answer, Message, Refusal};
pub use html::{parse, utf16_length};
pub use server::Bot;
