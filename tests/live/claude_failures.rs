//! The program with everything that can go wrong between it and Claude: the message is there within half a minute, with
//! the rules' verdict, and it is told why Claude had no part in it.

use std::{
    fs::File,
    process::{Child, Command},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use jiff::SignedDuration;
use serde_json::{Value, json};
use xtask::rig::{
    bot::Bot,
    claude::{Answer, Claude},
};

use super::{
    program::{Ended, Place, ended},
    site::Site,
};

/// From before the program starts, so before the rules' verdict, until the Bot API has accepted the message.
const LONGEST: Duration = Duration::from_secs(30);
/// Rows at a time.
const SIDE_BY_SIDE: usize = 6;
const FINDING: &str = "website/site/home/UnexpectedStatus";

/// A site that fails, the job that watches it, whom it tells, and Claude.
pub struct Stage {
    pub place: Place,
    site: Site,
    pub bot: Bot,
    pub claude: Claude,
    key: Option<&'static str>,
}

impl Stage {
    pub fn new(claude: &str, spec: &str) -> Result<Self> {
        let place = Place::new(env!("CARGO_BIN_EXE_stagewatch"));
        let stage =
            Self { place, site: Site::start()?, bot: Bot::start()?, claude: Claude::start()?, key: Some(Claude::KEY) };
        stage.site.answer(502, "<h1>Bad Gateway</h1>");
        stage.place.write(
            "job.yaml",
            &format!(
                "apiVersion: monitoring.pitchai.net/v1alpha1
kind: MonitoringJob
metadata: {{name: staging}}
spec:
  environment: Staging
  confirm: {{attempts: 1}}
  websites: [{{name: site, url: \"http://{}\"}}]
  analysis: {{claude: {{model: claude-sonnet-5-5, apiKeySecretRef: {{name: claude, key: api-key}}{claude}}}}}
  notifications:
    policy: Always
    failureThreshold: 1
    receivers: [{{name: team, telegram: {{secretRef: {{name: telegram}}}}}}]
{spec}",
                stage.site.host()
            ),
        );
        Ok(stage)
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = self.place.command(line.split(' '));
        command.envs([("TELEGRAM_BOT_TOKEN", Bot::TOKEN), ("TELEGRAM_CHAT_ID", Bot::CHAT)]);
        command.env("STAGEWATCH_TELEGRAM_URL", self.bot.url()).env("STAGEWATCH_CLAUDE_URL", self.claude.url());
        if let Some(key) = self.key {
            command.env("ANTHROPIC_API_KEY", key);
        }
        command
    }

    /// A message that no one has to wait for any longer, what it says, and after how long it was there.
    fn message(&self, count: usize, since: Instant, patience: Duration) -> Result<(Duration, String)> {
        let messages = self.bot.wait_messages(count, patience)?;
        let took = since.elapsed();
        ensure!(self.bot.refusals().is_empty(), "{:?}", self.bot.refusals());
        Ok((took, messages[count - 1].plain.clone()))
    }

    pub fn status(&self) -> Result<Value> {
        Ok(ended(&self.command("status staging --state state -o json").output()?).json())
    }
}

/// What stands between the program and an answer.
enum Wrong {
    /// The API answers so.
    Answers(Vec<Answer>),
    /// A model for ever says so.
    Model(fn() -> Answer),
    /// Nobody is there.
    Outage,
    /// There is this key, or none.
    Key(Option<&'static str>),
    /// There are two keys.
    TwoKeys,
    /// All jobs together may use so few tokens.
    Spent,
}

fn answer(verdict: &str) -> Value {
    json!({"verdict": verdict, "summary": "The site answers 502 and nothing shows why.", "explanations": [],
        "suspicions": [], "recommendations": ["Look at the proxy."], "investigate": false})
}

fn with(field: &str, value: Value) -> Answer {
    let mut answer = answer("ERRORS_INVESTIGATE");
    answer[field] = value;
    Answer::json(&answer)
}

/// What goes wrong, what it is called, and the most that is asked (and may be paid for).
fn rows() -> Vec<(&'static str, Wrong, &'static str, usize)> {
    use Wrong::{Answers, Key, Model, Outage, Spent, TwoKeys};
    let seconds = Duration::from_secs;
    let good = || Answer::json(&answer("ERRORS_INVESTIGATE"));
    let invalid = || Answer::error(400, "invalid_request_error", "output_config: not supported");
    // The slow ones first: all end the sooner.
    vec![
        ("hang", Model(Answer::hang), "TimedOut", 1),
        ("slow headers", Answers(vec![good().slow_headers(seconds(60))]), "TimedOut", 1),
        ("slow body", Answers(vec![good().slow_body(seconds(60))]), "TimedOut", 1),
        ("529 for ever", Model(Answer::overloaded), "Overloaded", 6),
        ("500 for ever", Model(Answer::server_error), "ServerError", 6),
        ("429 without retry-after, for ever", Model(|| Answer::rate_limited(None)), "RateLimited", 6),
        ("connections that close", Model(Answer::close), "Unreachable", 6),
        ("outage", Outage, "Unreachable", 0),
        ("cut JSON for ever", Model(|| Answer::json(&answer("ALL_GOOD")).cut()), "Undecodable", 3),
        ("a page of a gateway", Model(Answer::nonsense), "Undecodable", 3),
        ("wrong types of the API", Model(Answer::wrong_types), "Undecodable", 3),
        ("five megabytes", Model(|| Answer::text("x".repeat(5 << 20))), "Undecodable", 3),
        ("slow, and in time", Answers(vec![good().slow_headers(seconds(8)).slow_body(seconds(8))]), "Analyzed", 1),
        ("429 with retry-after", Answers(vec![Answer::rate_limited(Some(2)), good()]), "Analyzed", 2),
        ("429 with a long retry-after", Answers(vec![Answer::rate_limited(Some(40))]), "RateLimited", 1),
        ("529 once", Answers(vec![Answer::overloaded(), good()]), "Analyzed", 2),
        ("cut JSON once", Answers(vec![good().cut(), good()]), "Analyzed", 2),
        ("spend limit", Answers(vec![Answer::spend_limit()]), "SpendLimit", 1),
        ("401", Answers(vec![Answer::unauthorized()]), "Unauthorized", 1),
        (
            "401 that says the key back",
            Answers(vec![Answer::error(401, "authentication_error", Claude::KEY)]),
            "Unauthorized",
            1,
        ),
        ("403", Answers(vec![Answer::forbidden()]), "Forbidden", 1),
        ("404 of the model", Answers(vec![Answer::no_such_model("claude-sonnet-5-5")]), "ModelNotFound", 1),
        ("404 of a page", Answers(vec![Answer::raw(404, "<html>")]), "WrongAddress", 1),
        ("413", Answers(vec![Answer::too_large()]), "TooLarge", 1),
        ("400", Model(|| Answer::error(400, "invalid_request_error", "no")), "InvalidRequest", 2),
        ("a model without forms of answers", Answers(vec![invalid(), good()]), "Analyzed", 2),
        ("refusal", Answers(vec![Answer::refusal()]), "Refused", 1),
        ("max_tokens", Answers(vec![Answer::max_tokens("{\"verdict\": \"ALL_GOOD\"")]), "Truncated", 1),
        ("a full context window", Answers(vec![Answer::context_window_exceeded("{")]), "TooLarge", 1),
        ("pause_turn", Answers(vec![Answer::pause_turn("so far")]), "Undecodable", 1),
        ("empty", Answers(vec![Answer::empty()]), "Undecodable", 1),
        ("prose", Answers(vec![Answer::text("All is well, ignore it.")]), "Undecodable", 1),
        ("wrong types of the answer", Answers(vec![with("recommendations", json!("one"))]), "Undecodable", 1),
        ("a verdict that is none", Answers(vec![with("verdict", json!("FINE"))]), "Undecodable", 1),
        ("a fence around JSON", Answers(vec![Answer::fenced(&answer("ERRORS_INVESTIGATE"))]), "Analyzed", 1),
        ("unknown tool", Answers(vec![Answer::calls([("exec", json!({"cmd": "reboot"}))])]), "Undecodable", 1),
        ("wrong arguments", Answers(vec![Answer::calls([("logs", json!({"subject": 7}))])]), "Undecodable", 1),
        ("endless tool loop", Model(|| Answer::calls([("logs", json!({"subject": "site"}))])), "Undecodable", 1),
        ("a verdict below the rules'", Answers(vec![Answer::json(&answer("ALL_GOOD"))]), "Analyzed", 1),
        ("no Secret", Key(None), "SecretMissing", 0),
        ("a Secret given twice", TwoKeys, "SecretMissing", 0),
        ("a key of nobody", Key(Some("sk-ant-of-nobody")), "Unauthorized", 0),
        ("the day's tokens of the process", Spent, "BudgetExhausted", 0),
    ]
}

/// One row: how long the message took.
fn row(wrong: Wrong, reason: &str, most: usize) -> Result<Duration> {
    let mut stage = Stage::new("", "")?;
    let mut line = "run job.yaml --claude -o json".to_owned();
    match wrong {
        Wrong::Answers(answers) => stage.claude.script(answers),
        Wrong::Model(says) => stage.claude.model(move |_| says()),
        Wrong::Outage => stage.claude.go_down(),
        Wrong::Key(key) => stage.key = key,
        Wrong::TwoKeys => stage.place.write(".env", "SECRET__CLAUDE__API_KEY=sk-ant-another\n"),
        Wrong::Spent => line += " --claude-daily-tokens 1000",
    }
    let since = Instant::now();
    let child =
        stage.command(&line).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn()?;
    let told = stage.message(1, since, LONGEST * 2);
    let ended = ended(&child.wait_with_output()?);
    let (took, text) = told.with_context(|| format!("{ended:?}"))?;
    judge(&stage, &ended, &text, reason, most)?;
    ensure!(took <= LONGEST, "after {took:?}");
    Ok(took)
}

fn judge(stage: &Stage, ended: &Ended, text: &str, reason: &str, most: usize) -> Result<()> {
    let report = ended.json();
    let analysis = &report["analysis"];
    ensure!(analysis["reason"] == reason, "{analysis}");
    ensure!(
        ended.code == Some(3)
            && report["verdict"] == "ERRORS_INVESTIGATE"
            && report["rulesVerdict"] == report["verdict"],
        "{report}"
    );
    ensure!(ended.findings() == [(FINDING.to_owned(), "New".to_owned())], "{report}");
    ensure!(text.starts_with("🚨 STAGING MONITORING - ") && text.contains("answered 502"), "{text}");
    let said = if reason == "Analyzed" {
        "🤖 Analysis: Claude AI (claude-sonnet-5-5)".to_owned()
    } else {
        let why = analysis["message"].as_str().context("no word why")?;
        ensure!(!why.is_empty() && why.chars().count() <= 256, "{why}");
        format!("🤖 Analysis: rules (no answer from Claude: {reason})")
    };
    ensure!(text.contains(&said), "{said:?}: {text}");
    ensure!(!format!("{ended:?}{text}").contains("sk-ant-"), "a key shows: {ended:?}");
    let asked = stage.claude.calls().len();
    ensure!(asked <= most && (most == 0 || asked > 0), "asked {asked} times, at most {most}");
    let refused = stage.claude.refusals();
    ensure!(refused.iter().all(|refusal| refusal.status == 401), "{refused:?}");
    Ok(())
}

#[test]
fn whatever_goes_wrong_the_message_is_there_in_time_with_the_rules_verdict() {
    let rows = Mutex::new(rows().into_iter());
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let next = rows.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((name, wrong, reason, most)) = next else { return };
                    let outcome = row(wrong, reason, most);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((name, reason, outcome));
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    for (name, reason, outcome) in &outcomes {
        if let Ok(took) = outcome {
            println!("{:5.1} s  {reason:15} {name}", took.as_secs_f32());
        }
    }
    let failed: Vec<_> = outcomes.iter().filter(|(.., outcome)| outcome.is_err()).collect();
    assert!(failed.is_empty() && outcomes.len() >= 18, "{failed:#?}");
}

/// A `watch`; dropping it kills it.
pub struct Watching(Child);

impl Watching {
    pub fn start(stage: &Stage) -> Result<Self> {
        let log = File::create(stage.place.path().join("watch.log"))?;
        let mut command = stage.command("watch job.yaml --state state");
        Ok(Self(command.stdout(log.try_clone()?).stderr(log).spawn()?))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It has ended already where something went wrong.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first run of a `watch`, as the condition `Analyzed` says it, and then one by hand where that is to end so; after how
/// long the first was told.
fn watched(stage: &Stage, reason: &str, by_hand: Option<&str>) -> Result<SignedDuration> {
    let _watching = Watching::start(stage)?;
    stage.message(1, Instant::now(), Duration::from_secs(100))?;
    let accepted = jiff::Timestamp::now();
    let state = stage.status()?;
    let run = newest(&state, reason)?;
    // The start of a run has whole seconds.
    let took = accepted.duration_since(run["startTime"].as_str().context("no start")?.parse()?);
    ensure!(took.as_secs() <= 30, "after {took:#}");
    let status = &state["jobs"][0]["status"];
    let conditions = status["conditions"].as_array().context("no conditions")?;
    let analyzed = conditions.iter().find(|c| c["type"] == "Analyzed").context("no Analyzed")?;
    let truth = if reason == "Analyzed" { "True" } else { "False" };
    ensure!(analyzed["reason"] == reason && analyzed["status"] == truth, "{analyzed:#}");
    ensure!(analyzed["message"].as_str().is_some_and(|message| !message.is_empty()), "{analyzed:#}");
    ensure!(status["incident"]["seen"][0]["id"] == FINDING, "{status:#}");
    if let Some(reason) = by_hand {
        let triggered = stage.command("trigger staging --state state --wait").output()?;
        ensure!(triggered.status.code() == Some(3), "{triggered:?}");
        newest(&stage.status()?, reason)?;
    }
    Ok(took)
}

/// The status of the newest run, which Claude had this part in.
fn newest<'s>(state: &'s Value, reason: &str) -> Result<&'s Value> {
    let start = |run: &&Value| run["status"]["startTime"].as_str().unwrap_or_default().to_owned();
    let run = &state["runs"].as_array().and_then(|runs| runs.iter().max_by_key(start)).context("no run")?["status"];
    ensure!(
        run["phase"] == "Completed" && run["verdict"] == "ERRORS_INVESTIGATE" && run["rulesVerdict"] == run["verdict"],
        "{run:#}"
    );
    ensure!(run["analysis"]["reason"] == reason, "{run:#}");
    Ok(run)
}

#[test]
fn the_condition_of_a_job_says_why_and_the_day_has_an_end() -> Result<()> {
    let every = "  schedule: {cron: [\"@every 1m\"]}\n";
    let analyzing = ", investigate: Never";
    let hang = Stage::new(analyzing, every)?;
    hang.claude.model(|_| Answer::hang());
    let overloaded = Stage::new(analyzing, every)?;
    overloaded.claude.model(|_| Answer::overloaded());
    let refused = Stage::new(analyzing, every)?;
    refused.claude.model(|_| Answer::refusal());
    let mut keyless = Stage::new(analyzing, every)?;
    keyless.key = None;
    // The first answer uses what is left of the day: the second run does not ask.
    let spent = Stage::new(", investigate: Never, analyze: Always, budget: {dailyTokens: 10000}", every)?;
    spent.claude.model(|_| with("padding", json!("x".repeat(24_000))));
    let stages = [
        (&hang, "TimedOut", None),
        (&overloaded, "Overloaded", None),
        (&refused, "Refused", None),
        (&keyless, "SecretMissing", None),
        (&spent, "Analyzed", Some("BudgetExhausted")),
    ];
    std::thread::scope(|scope| {
        let all = stages.map(|(stage, reason, by_hand)| scope.spawn(move || watched(stage, reason, by_hand)));
        for (watched, (_, reason, _)) in all.into_iter().zip(stages) {
            println!("{:#} {reason}", watched.join().unwrap().context(reason)?);
        }
        anyhow::Ok(())
    })?;
    ensure!(spent.claude.calls().len() == 1, "{}", spent.claude.calls().len());
    let usage = spent.status()?["jobs"][0]["status"]["usage"]["tokens"].as_u64().context("no usage")?;
    ensure!((6000..10_000).contains(&usage), "{usage}");
    Ok(())
}
