//! The analysis of one run: the key, the budget, the question, the answer.

use std::{
    hash::{BuildHasher as _, RandomState},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use futures::FutureExt as _;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::time::{Instant, timeout_at};

use super::{
    client::Client,
    failure::{Failure, Reason},
    messages::{CacheControl, Effort, Message, OutputConfig, OutputFormat, Request, Response, StopReason, Text, Usage},
    spending::Spending,
};
use crate::{
    api::{self, Finding, MonitoringJob, analysis::Analysis, job::Claude, report::Report, run::Trigger},
    core::{
        analysis::{
            self, answer,
            prices::Prices,
            prompt::{self, Prompt, SYSTEM},
            untrusted::Fence,
            when::{self, Decision},
        },
        redact::Redactor,
        schedule::Schedule,
    },
    secrets::Secrets,
    telemetry::metrics::Metrics,
};

/// How long a message waits for an analysis, all in all.
const LONGEST_WAIT: Duration = Duration::from_secs(28);
/// How long the API is asked, repetitions included.
const LONGEST_CALL: Duration = Duration::from_secs(25);
/// What is left of a run's time for its end.
const RESERVE: Duration = Duration::from_secs(1);
/// Of an answer, what the model thinks included.
const MAX_TOKENS: u32 = 4096;

/// Asks Claude about runs.
#[derive(Debug)]
pub struct Analyst {
    /// The API.
    pub client: Client,
    /// What it may use.
    pub spending: Arc<Spending>,
    /// What it costs.
    pub prices: Prices,
    /// Where calls are counted.
    pub metrics: Arc<Metrics>,
}

/// What came of a question: an analysis and suspicions; or why there is none.
type Answered = Result<(Analysis, Vec<Finding>), Analysis>;

impl Analyst {
    /// Takes Claude's part into `report`, where `job` wants it. Ends 28 seconds later at the latest and before `until`, whatever
    /// happens; what the rules say stays as it is.
    pub async fn analyze(
        &self,
        secrets: &Secrets,
        job: &MonitoringJob,
        trigger: Trigger,
        report: &mut Report,
        until: Instant,
    ) {
        let Some(claude) = job.spec.analysis.as_ref().map(|analysis| &analysis.claude) else { return };
        let until = until.checked_sub(RESERVE).unwrap_or(until).min(Instant::now() + LONGEST_WAIT);
        let schedule = job.spec.schedule.as_ref().and_then(|schedule| Schedule::parse(schedule).ok());
        let decision = when::decide(job, schedule.as_ref(), trigger, report);
        let doing = AssertUnwindSafe(self.ask(secrets, job, claude, &decision, report, until)).catch_unwind();
        let missed = |reason, why: &str| {
            let used = api::analysis::Usage::default();
            self.metrics.claude("analysis", reason, &used, None);
            analysis::unanswered(&claude.model, reason, why, used)
        };
        let answered = match timeout_at(until, doing).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) => Some(Err(missed(analysis::BROKEN, "the analysis broke down: a defect of Stagewatch"))),
            Err(_) if decision == Decision::Ask => {
                Some(Err(missed(Reason::TimedOut.as_str(), "there was no answer before the run had to end")))
            }
            // Of a run that was to make no call it is not told that it made none.
            Err(_) => None,
        };
        let raise = when::holding(job, report);
        match (answered, decision) {
            (Some(Ok((analysis, suspicions))), _) => {
                analysis::take_in(report, analysis, suspicions, raise.as_ref());
            }
            (Some(Err(analysis)), _) => analysis::unheard(report, analysis, raise.as_ref()),
            (None, Decision::Hold(raise)) => analysis::hold(report, &claude.model, &raise),
            (None, _) => {}
        }
    }

    /// None when there is nothing to ask.
    async fn ask(
        &self,
        secrets: &Secrets,
        job: &MonitoringJob,
        claude: &Claude,
        decision: &Decision,
        report: &Report,
        until: Instant,
    ) -> Option<Answered> {
        let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
        let missed = |reason, why: &str, usage| Some(Err(analysis::unanswered(&claude.model, reason, why, usage)));
        // It is read by every run: that it is gone is known before it is needed.
        let key = match secrets.api_key(namespace, &claude.api_key_secret_ref).await {
            Ok(key) => key,
            Err(problem) => {
                let why = format!("the Secret {:?} cannot be used: {problem}", claude.api_key_secret_ref.name);
                return missed(analysis::SECRET_MISSING, &why, api::analysis::Usage::default());
            }
        };
        if *decision != Decision::Ask {
            return None;
        }
        let redactor = redactor(secrets, job).await;
        let (question, request) = question(job, claude, report, &redactor);
        let name = format!("{namespace}/{}", job.metadata.name.as_deref().unwrap_or_default());
        let day = analysis::day(Timestamp::now());
        let usage = job.status.as_ref().and_then(|status| status.usage.as_ref()).filter(|usage| usage.day == day);
        let used = usage.map_or(0, |usage| u64::try_from(usage.tokens).unwrap_or(0));
        let may = claude.budget.clone().unwrap_or_default().daily_tokens();
        let about = (question.user.len() + SYSTEM.len()) as u64 / 4 + u64::from(MAX_TOKENS);
        let reserved = match self.spending.reserve(&day, &name, used, may, about) {
            Ok(reserved) => reserved,
            Err(why) => {
                self.metrics.claude("analysis", "BudgetExhausted", &api::analysis::Usage::default(), None);
                return missed("BudgetExhausted", &why, api::analysis::Usage::default());
            }
        };
        let answered = self.send(&key, request, until).await;
        let (used, calls) = match &answered {
            Ok(response) => (response.usage, 1),
            Err(failure) => (failure.usage, failure.attempts),
        };
        reserved.settle(used.input().saturating_add(used.output_tokens));
        let usage = kept(used, calls);
        let read = answered.map_err(|failure| (failure.reason.as_str(), failure.message)).and_then(|response| {
            let text = said(&response)?;
            answer::read(&job.spec, report, &question, &text, &redactor, &claude.model, usage)
                .map_err(|why| ("Undecodable", why))
        });
        let outcome = read.as_ref().map_or_else(|(reason, _)| *reason, |_| analysis::ANALYZED);
        self.metrics.claude("analysis", outcome, &usage, self.prices.cost(&claude.model, &usage));
        Some(read.map_err(|(reason, why)| analysis::unanswered(&claude.model, reason, &redactor.redact(&why), usage)))
    }

    /// Asks; a model that knows no such form of an answer is asked once more without it, since the question describes it, too.
    async fn send(&self, key: &SecretString, mut request: Request, until: Instant) -> Result<Response, Failure> {
        let patience = |until: Instant| until.saturating_duration_since(Instant::now()).min(LONGEST_CALL);
        let until = until.min(Instant::now() + LONGEST_CALL);
        match self.client.send(key, &request, patience(until)).await {
            Err(failure) if failure.reason == Reason::InvalidRequest => {
                request.output_config = None;
                let again = self.client.send(key, &request, patience(until)).await;
                again.map_err(|second| Failure { attempts: failure.attempts + second.attempts, ..second })
            }
            answered => answered,
        }
    }
}

/// What knows the values of all Secrets that `job` names for its targets.
pub async fn redactor(secrets: &Secrets, job: &MonitoringJob) -> Redactor {
    let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
    Redactor::new(secrets.gather(namespace, crate::collect::secrets_of(&job.spec)).await.values())
}

/// The request for the analysis of `report`, which is what `--show-prompt` prints.
pub fn question(job: &MonitoringJob, claude: &Claude, report: &Report, redactor: &Redactor) -> (Prompt, Request) {
    let fence = Fence::new(RandomState::new().hash_one(Timestamp::now().as_nanosecond()));
    let prompt = prompt::prompt(&job.spec, report, &fence, redactor);
    let request = request(&claude.model, &prompt);
    (prompt, request)
}

/// The same without chance.
pub fn request(model: &str, prompt: &Prompt) -> Request {
    Request {
        model: model.to_owned(),
        max_tokens: MAX_TOKENS,
        system: vec![Text { cache_control: Some(CacheControl::Ephemeral), ..Text::new(SYSTEM) }],
        messages: vec![Message::user(prompt.user.clone())],
        tools: Vec::new(),
        tool_choice: None,
        output_config: Some(OutputConfig {
            effort: Some(Effort::Low),
            format: Some(OutputFormat::JsonSchema { schema: prompt.schema.clone() }),
        }),
    }
}

/// The text of a whole answer; or why it is not whole.
fn said(response: &Response) -> Result<String, (&'static str, String)> {
    match &response.stop_reason {
        StopReason::EndTurn | StopReason::StopSequence => Ok(response.text()),
        StopReason::MaxTokens => Err(("Truncated", format!("the answer is longer than {MAX_TOKENS} tokens"))),
        StopReason::Refusal => Err(("Refused", "the model refuses to answer".into())),
        StopReason::ContextWindowExceeded => Err(("TooLarge", "the report is longer than the model reads".into())),
        // It was given no tools.
        StopReason::ToolUse | StopReason::PauseTurn | StopReason::Unknown(_) => {
            Err(("Undecodable", "the model stopped for something that is not here".into()))
        }
    }
}

/// What calls used, as a status keeps it.
pub(super) fn kept(usage: Usage, calls: u32) -> api::analysis::Usage {
    let tokens = |n: u64| i64::try_from(n).unwrap_or(i64::MAX).min(9_007_199_254_740_991);
    api::analysis::Usage {
        calls: i32::try_from(calls).unwrap_or(i32::MAX),
        input_tokens: tokens(usage.input_tokens),
        cache_write_tokens: tokens(usage.cache_creation_input_tokens),
        cache_read_tokens: tokens(usage.cache_read_input_tokens),
        output_tokens: tokens(usage.output_tokens),
    }
}
