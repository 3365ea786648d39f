//! An investigation as a conversation, without a socket or a clock: which request comes next, and what an answer means.
//!
//! What the model has answered to stays as it was; only our newest turn, which it has not, may get longer.

use std::{collections::BTreeSet, time::Duration};

use super::messages::{
    Block, CacheControl, Effort, Message, OutputConfig, OutputFormat, Request, Response, Role, StopReason, Text, Tool,
    ToolChoice, ToolResult, ToolUse, Usage,
};
use crate::{
    api::{MonitoringJobSpec, job::Claude},
    core::investigation::{
        budget::{self, Left, Limit, Room},
        prompt::SYSTEM,
        report,
        tools::{self, Call},
    },
};

/// Calls of one turn that are answered.
const MOST_CALLS: usize = 4;
const NO_ROOM: &str = "left out: no tokens are left to tell it";

/// A conversation that goes on.
#[derive(Debug)]
pub struct Conversation<'s> {
    spec: &'s MonitoringJobSpec,
    request: Request,
    turns: u32,
    calls: u32,
    used: Usage,
    /// Calls that were answered.
    made: Vec<Call>,
    /// Of the calls of the newest turn, by the model's id: what was refused at once, and what is to be looked at.
    open: Vec<(String, Result<Call, String>)>,
    /// Bytes of the newest request,
    asked: u64,
    /// and of the newest one that was answered, with the tokens that it was.
    known: Option<(u64, u64)>,
    /// Why the call that is under way, or comes next, is the last.
    last: Option<Stop>,
    ids: BTreeSet<String>,
}

/// Why an investigation ended, in CamelCase and in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The reason.
    pub reason: &'static str,
    /// The sentence.
    pub message: String,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Make these calls, and tell [`Conversation::looked`] what came of them, in this order.
    Look(Vec<Call>),
    /// Ask again.
    GoOn,
    /// The model is done: this should be its report.
    Said(String),
    /// There will be no report.
    End(Stop),
}

impl Stop {
    /// It ended for this.
    pub fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl From<Limit> for Stop {
    fn from(limit: Limit) -> Self {
        Self::new(limit.as_str(), format!("its {} are used up", limit.what()).replace("time are", "time is"))
    }
}

impl<'s> Conversation<'s> {
    /// Begins with what the user says `first`.
    pub fn new(spec: &'s MonitoringJobSpec, claude: &Claude, first: String) -> Self {
        let tools = tools::definitions(spec).into_iter().map(|tool| Tool {
            name: tool.name.into(),
            description: tool.description.into(),
            input_schema: tool.schema,
            strict: true,
            cache_control: None,
        });
        let request = Request {
            model: claude.model.clone(),
            max_tokens: 0,
            // It is after the tools, so that they are kept as well.
            system: vec![Text { cache_control: Some(CacheControl::Ephemeral), ..Text::new(SYSTEM) }],
            messages: vec![Message::user(first)],
            tools: tools.collect(),
            tool_choice: Some(ToolChoice::Auto { disable_parallel_tool_use: false }),
            output_config: Some(OutputConfig {
                effort: Some(Effort::Medium),
                format: Some(OutputFormat::JsonSchema { schema: report::schema() }),
            }),
        };
        Self {
            spec,
            request,
            turns: 0,
            calls: 0,
            used: Usage::default(),
            made: Vec::new(),
            open: Vec::new(),
            asked: 0,
            known: None,
            last: None,
            ids: BTreeSet::new(),
        }
    }

    /// Turns taken.
    pub fn turns(&self) -> u32 {
        self.turns
    }

    /// Calls of tools, refused ones included.
    pub fn calls(&self) -> u32 {
        self.calls
    }

    /// What was used.
    pub fn used(&self) -> Usage {
        self.used
    }

    /// Why the newest call was the last; none when it was not.
    pub fn last(&self) -> Option<&Stop> {
        self.last.as_ref()
    }

    /// An attempt that came to nothing was paid for all the same.
    pub fn paid(&mut self, usage: Usage) {
        self.used += usage;
    }

    /// For a model that knows neither the form of an answer nor strict tools: the prompt describes both. Only before the
    /// first answer.
    pub fn plainly(&mut self) {
        self.request.output_config = None;
        for tool in &mut self.request.tools {
            tool.strict = false;
        }
    }

    /// The next request, and the most tokens that sending it may cost; within the job's budget, the tokens of the day and the
    /// time that are left.
    ///
    /// # Errors
    /// What has run out.
    pub fn ask(&mut self, claude: &Claude, day: u64, time: Duration) -> Result<(Request, u64), Stop> {
        let budget = claude.budget.clone().unwrap_or_default();
        let mut left = Left::of(&budget, day, time);
        left.turns = left.turns.saturating_sub(self.turns).min(if self.last.is_some() { 1 } else { u32::MAX });
        left.input = left.input.saturating_sub(self.used.input());
        left.output = left.output.saturating_sub(self.used.output_tokens);
        let (mut bytes, mut sent) = self.size();
        let mut room = left.room(sent);
        if matches!(room, Room::No(_)) && self.leave_out() {
            (bytes, sent) = self.size();
            room = left.room(sent);
        }
        let answer = match room {
            Room::Turn(answer) => answer,
            Room::Last(answer, limit) => {
                if self.last.is_none() {
                    let stop = Stop::from(limit);
                    self.finish(&format!("This is the last turn: {}.", stop.message), stop);
                }
                answer
            }
            Room::No(limit) => return Err(limit.into()),
        };
        self.request.max_tokens = u32::try_from(answer).unwrap_or(u32::MAX);
        if self.last.is_some() {
            self.request.tool_choice = Some(ToolChoice::None);
        }
        self.asked = bytes;
        Ok((self.marked(), sent + answer))
    }

    /// What an answer means.
    pub fn heard(&mut self, response: Response) -> Heard {
        self.turns += 1;
        self.used += response.usage;
        self.known = Some((self.asked, response.usage.input()));
        let calls: Vec<ToolUse> = response.tool_uses().cloned().collect();
        let text = response.text();
        match &response.stop_reason {
            StopReason::Refusal => return Heard::End(Stop::new("Refused", "the model refuses to go on")),
            StopReason::ContextWindowExceeded => {
                return Heard::End(Stop::new("TooLarge", "the conversation is longer than the model reads"));
            }
            StopReason::Unknown(_) => {
                return Heard::End(Stop::new(
                    "UnknownStopReason",
                    "the model stopped for a reason that is not known here",
                ));
            }
            StopReason::MaxTokens => {
                let stop = Stop::new("Truncated", "an answer was longer than the tokens that were left for it");
                if self.last.is_some() {
                    return Heard::End(stop);
                }
                // Half an answer is none: it is not sent back.
                self.finish("Your answer was too long, so that it is lost.", stop);
                return Heard::GoOn;
            }
            StopReason::EndTurn | StopReason::StopSequence | StopReason::ToolUse | StopReason::PauseTurn => {}
        }
        let paused = response.stop_reason == StopReason::PauseTurn;
        if calls.is_empty() && paused && self.last.is_none() {
            self.answered(response, "Go on.");
            return Heard::GoOn;
        }
        if calls.is_empty() {
            if self.last.is_none() {
                self.answered(response, "");
            }
            return Heard::Said(text);
        }
        if let Some(last) = &self.last {
            return Heard::End(last.clone());
        }
        if !calls.iter().all(|call| is_word(&call.id) && is_word(&call.name) && self.ids.insert(call.id.clone())) {
            return Heard::End(Stop::new("Undecodable", "the model called a tool in a way that the API does not know"));
        }
        self.request.messages.extend(response.into_message());
        self.calls = self.calls.saturating_add(u32::try_from(calls.len()).unwrap_or(u32::MAX));
        self.open = Vec::new();
        let mut wanted = Vec::new();
        for (index, call) in calls.into_iter().enumerate() {
            let read = self.read(index, &call);
            if let Ok(call) = &read {
                self.made.push(call.clone());
                wanted.push(call.clone());
            }
            self.open.push((call.id, read));
        }
        Heard::Look(wanted)
    }

    fn read(&self, index: usize, call: &ToolUse) -> Result<Call, String> {
        if index >= MOST_CALLS {
            return Err(format!("refused: at most {MOST_CALLS} calls a turn"));
        }
        let read = tools::parse(self.spec, &call.name, &call.input)?;
        if self.made.contains(&read) {
            return Err("refused: you made the same call before, and its result is above".into());
        }
        Ok(read)
    }

    /// What came of the calls that were asked for, in their order.
    pub fn looked(&mut self, told: Vec<Result<String, String>>) {
        let mut told = told.into_iter();
        let results = std::mem::take(&mut self.open).into_iter().map(|(id, call)| {
            let result = call.and_then(|_| told.next().unwrap_or_else(|| Err(NO_ROOM.into())));
            let is_error = result.is_err();
            let content = result.unwrap_or_else(|why| why);
            Block::ToolResult(ToolResult { tool_use_id: id, content, is_error, cache_control: None })
        });
        let content = results.collect();
        self.request.messages.push(Message { role: Role::User, content });
    }

    /// What was said is no report: it is asked for once more. False when that was the last word.
    pub fn unreadable(&mut self, why: &str) -> bool {
        let again = self.last.is_none();
        if again {
            self.finish(&format!("That was no report: {why}."), Stop::new("Undecodable", why));
        }
        again
    }

    /// The next turn is the last.
    fn finish(&mut self, why: &str, stop: Stop) {
        self.last = Some(stop);
        self.say(format!("{why} Answer now, without a call, with the JSON object of the report from what you know."));
    }

    /// Takes an answer without calls into the conversation, and goes on with a turn of ours.
    fn answered(&mut self, response: Response, text: &str) {
        if let Some(message) = response.into_message() {
            self.request.messages.push(message);
        }
        if !text.is_empty() {
            self.say(text.to_owned());
        }
    }

    /// Says something in our turn.
    fn say(&mut self, text: String) {
        match self.request.messages.last_mut() {
            Some(turn) if turn.role == Role::User => turn.content.push(Block::Text(Text::new(text))),
            _ => self.request.messages.push(Message::user(text)),
        }
    }

    /// Leaves out what the newest calls told; false when there was nothing.
    fn leave_out(&mut self) -> bool {
        let mut left_out = false;
        let newest = self.request.messages.last_mut().into_iter().flat_map(|turn| &mut turn.content);
        for block in newest {
            if let Block::ToolResult(result) = block
                && result.content.len() > NO_ROOM.len()
            {
                NO_ROOM.clone_into(&mut result.content);
                result.is_error = true;
                left_out = true;
            }
        }
        left_out
    }

    /// The bytes of the request, and the most tokens that these may be.
    fn size(&self) -> (u64, u64) {
        // A request has JSON: it is sent as such.
        let bytes = serde_json::to_vec(&self.request).map_or(u64::MAX, |json| json.len() as u64);
        (bytes, budget::at_most(bytes, self.known))
    }

    /// The request, with a mark at its end up to which the API shall keep it.
    fn marked(&self) -> Request {
        let mut request = self.request.clone();
        let newest = request.messages.last_mut().and_then(|turn| turn.content.last_mut());
        match newest {
            Some(Block::Text(text)) => text.cache_control = Some(CacheControl::Ephemeral),
            Some(Block::ToolResult(result)) => result.cache_control = Some(CacheControl::Ephemeral),
            _ => {}
        }
        request
    }
}

/// What the API takes back as an id or a name.
fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}
