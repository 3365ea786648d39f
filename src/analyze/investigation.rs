//! An investigation of one run: the conversation, and the tools that it uses.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::{FutureExt as _, future::join_all};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::time::{Instant, timeout_at};

use super::{
    client::{Client, DEFAULT_HOST},
    conversation::{Conversation, Heard, Stop},
    failure::{Failure, Reason},
    messages::{Request, Response},
    spending::Spending,
    tools::Tools,
};
use crate::{
    api::{
        self, MonitoringJob, MonitoringRun, MonitoringRunStatus,
        analysis::{Investigation, InvestigationPhase, InvestigationReport},
        job::Claude,
    },
    collect::{self, Collector},
    core::{
        analysis::{self, prices::Prices, untrusted::Fence},
        investigation::{budget::Limit, course::CONCLUDED, prompt, report},
        redact::{Redactor, cut},
    },
    secrets::Secrets,
    telemetry::metrics::Metrics,
};

/// Characters of why it ended; the schema admits some more.
const MAX_MESSAGE: usize = 250;
/// How long after its time an investigation may still take to say how it ended.
const GRACE: Duration = Duration::from_secs(3);

/// Investigates runs. READ-ONLY: all that it can do is to ask the collectors and Claude.
#[derive(Debug)]
pub struct Investigator {
    /// The API.
    pub client: Client,
    /// What it may use, analyses included.
    pub spending: Arc<Spending>,
    /// What it costs.
    pub prices: Prices,
    /// Where calls are counted.
    pub metrics: Arc<Metrics>,
    /// Looks at targets.
    pub collector: Collector,
}

/// What is investigated.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The job.
    pub job: &'a MonitoringJob,
    /// The run, completed.
    pub run: &'a MonitoringRun,
    /// Its job's finished runs before it, newest first.
    pub earlier: &'a [MonitoringRun],
    /// Tokens that the job is known to have used today (UTC).
    pub day_tokens_used: u64,
    /// When it begins.
    pub now: Timestamp,
    /// Where Secrets are read.
    pub secrets: &'a Secrets,
    /// Drawn at random: the name of the fence.
    pub nonce: u64,
}

/// How it ended: with the report, if there is one.
type Ended = (Stop, Option<InvestigationReport>);

/// What all calls of one investigation share.
struct Case<'a> {
    scene: Scene<'a>,
    claude: &'a Claude,
    key: SecretString,
    redactor: Redactor,
    until: Instant,
}

impl Investigator {
    /// Investigates, for at most `patience` and what the job's budget gives. Whatever happens, it says how it ended; holder and
    /// attempt are left to the caller.
    pub async fn investigate(&self, scene: Scene<'_>, patience: Duration) -> Investigation {
        let begun = Instant::now();
        let mut done = Investigation {
            phase: InvestigationPhase::Failed,
            model: String::new(),
            holder: None,
            attempt: 0,
            start_time: Some(scene.now),
            completion_time: None,
            stop_reason: None,
            message: None,
            report: None,
            turns: 0,
            tool_calls: 0,
            usage: api::analysis::Usage::default(),
        };
        let (stop, report) = match scene.job.spec.analysis.as_ref().map(|analysis| &analysis.claude) {
            Some(claude) => {
                done.model.clone_from(&claude.model);
                let of_budget = claude.budget.clone().unwrap_or_default().time().unsigned_abs();
                let until = begun + patience.min(of_budget);
                let going = AssertUnwindSafe(self.begin(scene, claude, until, &mut done)).catch_unwind();
                match timeout_at(until + GRACE, going).await {
                    Ok(Ok(ended)) => ended,
                    Ok(Err(_)) => (Stop::new(analysis::BROKEN, "it broke down: a defect of Stagewatch"), None),
                    Err(_) => (Stop::from(Limit::Time), None),
                }
            }
            None => (Stop::new("NotConfigured", "the job names no model"), None),
        };
        if report.is_some() {
            done.phase = InvestigationPhase::Completed;
        }
        let took = SignedDuration::try_from(begun.elapsed()).unwrap_or_default();
        done.completion_time = Some(scene.now.checked_add(took).unwrap_or(scene.now));
        self.metrics.claude("investigation", stop.reason, &done.usage, self.prices.cost(&done.model, &done.usage));
        done.stop_reason = Some(stop.reason.into());
        done.message = Some(cut(&stop.message, MAX_MESSAGE)).filter(|message| !message.is_empty());
        done.report = report;
        done
    }

    async fn begin(&self, scene: Scene<'_>, claude: &Claude, until: Instant, done: &mut Investigation) -> Ended {
        let namespace = scene.job.metadata.namespace.as_deref().unwrap_or_default();
        let key = match scene.secrets.api_key(namespace, &claude.api_key_secret_ref).await {
            Ok(key) => key,
            Err(problem) => {
                let why = format!("the Secret {:?} cannot be used: {problem}", claude.api_key_secret_ref.name);
                return (Stop::new(analysis::SECRET_MISSING, why), None);
            }
        };
        let Some(seen) = scene.run.status.clone().and_then(MonitoringRunStatus::report) else {
            return (Stop::new("NoReport", "the run has no report"), None);
        };
        let known = scene.secrets.gather(namespace, collect::secrets_of(&scene.job.spec)).await;
        let redactor = Redactor::new(known.values());
        let fence = Fence::new(scene.nonce);
        let first = prompt::first(&scene.job.spec, &seen, &fence, &redactor);
        let mut conversation = Conversation::new(&scene.job.spec, claude, first);
        let case = Case { scene, claude, key, redactor, until };
        let (mut stop, report) = self.talk(&case, &fence, &mut conversation, done).await;
        stop.message = analysis::prose(&stop.message, &case.redactor, &[DEFAULT_HOST], MAX_MESSAGE);
        (stop, report)
    }

    /// The loop.
    async fn talk(
        &self,
        case: &Case<'_>,
        fence: &Fence,
        conversation: &mut Conversation<'_>,
        done: &mut Investigation,
    ) -> Ended {
        let Scene { job, earlier, secrets, .. } = case.scene;
        let (collector, redactor) = (&self.collector, &case.redactor);
        let tools = Tools { collector, secrets, job, earlier, redactor, fence };
        loop {
            let response = match self.turn(case, conversation, done).await {
                Ok(response) => response,
                Err(stop) => return (stop, None),
            };
            let heard = conversation.heard(response);
            done.turns = count(conversation.turns());
            done.tool_calls = count(conversation.calls());
            match heard {
                Heard::Look(calls) => {
                    let left = case.until.saturating_duration_since(Instant::now());
                    // The other half is for the report.
                    let patience = left.mul_f32(0.5);
                    let told = join_all(calls.iter().map(|call| tools.call(call, patience))).await;
                    conversation.looked(told);
                }
                Heard::GoOn => {}
                Heard::End(stop) => return (stop, None),
                Heard::Said(text) => match report::read(&job.spec, &text, redactor) {
                    Ok(report) => {
                        let concluded = || Stop::new(CONCLUDED, "");
                        return (conversation.last().cloned().unwrap_or_else(concluded), Some(report));
                    }
                    Err(why) if conversation.unreadable(&why) => {}
                    Err(why) => return (Stop::new("Undecodable", why), None),
                },
            }
        }
    }

    /// One call of the API, within what is left.
    async fn turn(
        &self,
        case: &Case<'_>,
        conversation: &mut Conversation<'_>,
        done: &mut Investigation,
    ) -> Result<Response, Stop> {
        let MonitoringJob { metadata, .. } = case.scene.job;
        let [namespace, name] = [&metadata.namespace, &metadata.name].map(|part| part.as_deref().unwrap_or_default());
        let name = format!("{namespace}/{name}");
        let may = case.claude.budget.clone().unwrap_or_default().daily_tokens();
        loop {
            let day = analysis::day(Timestamp::now());
            // What was used yesterday is yesterday's.
            let known = if day == analysis::day(case.scene.now) { case.scene.day_tokens_used } else { 0 };
            let of_day = self.spending.left(&day, &name, known, may);
            let left = case.until.saturating_duration_since(Instant::now());
            let (request, cost) = conversation.ask(case.claude, of_day, left)?;
            let reserved = self
                .spending
                .reserve(&day, &name, known, may, cost)
                .map_err(|why| Stop::new(Limit::Day.as_str(), why))?;
            let answered = self.send(case, &request).await;
            let (used, calls) = match &answered {
                Ok(response) => (response.usage, 1),
                Err(failure) => (failure.usage, failure.attempts),
            };
            reserved.settle(used.input().saturating_add(used.output_tokens));
            done.usage += super::analyst::kept(used, calls);
            match answered {
                Ok(response) => return Ok(response),
                Err(failure) => {
                    conversation.paid(used);
                    let plainer = request.output_config.is_some() && conversation.turns() == 0;
                    if failure.reason != Reason::InvalidRequest || !plainer {
                        return Err(Stop::new(failure.reason.as_str(), failure.message));
                    }
                    conversation.plainly();
                }
            }
        }
    }

    async fn send(&self, case: &Case<'_>, request: &Request) -> Result<Response, Failure> {
        let left = case.until.saturating_duration_since(Instant::now());
        self.client.send(&case.key, request, left).await
    }
}

fn count(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
