//! A strict local stand-in for Claude's Messages API: what it accepts, the real one accepts, and it words its refusals alike.
//!
//! It is stricter on purpose. A field that we do not send is refused wherever it stands, turns have to alternate, and a
//! schema keeps to the subset for structured outputs. The live target `live-claude` holds it to the types of the official
//! SDK: nothing that passes here may be refused there.
//!
//! ```no_run
//! use serde_json::json;
//! use xtask::rig::claude::{Answer, Claude};
//!
//! # fn main() -> anyhow::Result<()> {
//! let claude = Claude::start()?;
//! // One answer a request, in order ...
//! claude.script([
//!     Answer::overloaded(),
//!     Answer::calls([("logs", json!({"subject": "redis"}))]).thinking("where does it begin"),
//!     Answer::json(&json!({"cause": "out of memory"})).slow_headers(std::time::Duration::from_secs(3)),
//! ]);
//! // ... then a model of your own, which sees all that it was sent: here one that calls a tool for ever.
//! claude.model(|asked| Answer::calls([("logs", json!({"subject": asked.text().len()}))]));
//! // claude.url() and Claude::KEY go into the client.
//! assert!(claude.refusals().is_empty(), "the API would take each request");
//! # Ok(())
//! # }
//! ```
//!
//! - Each well-formed request takes an answer. One that is refused (400, 401, 404) takes none, and is in [`Claude::refusals`]:
//!   a test asserts that it is empty.
//! - Without an answer left and without a model the API fails with 500.
//! - [`check`] is the same judgement without a socket, for properties in plain tests.
//! - Thoughts are signed: they are only taken back unchanged, after exactly the turns that led to them.
//! - Usage is four bytes a token, with a cache that works as the API's, so that tests can count what is read from it.

mod answer;
mod api;
mod asked;
mod check;
mod schema;
mod server;

pub use answer::Answer;
pub use api::{Call, Refusal};
pub use asked::Asked;
pub use check::check;
pub use server::Claude;
