//! `cargo xtask demo`: the main job on real local parts, in three acts, each of which has to come out as it should.

mod example;
mod stage;
mod staging;

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::Value;
use xtask::rig::bot::Message;
use xtask::rig::kubernetes::Binaries;
use xtask::rig::wait::{interrupted, wait_for};
use xtask::say::{print, say};

use crate::cargo;
use example::JOB;
use stage::Stage;
use staging::{HEALTHY_WITHIN, HOST, REDIS, SITE, Staging};

/// A slot comes each minute; its run may take most of one, and the first slot may just have gone by.
const RUN_WITHIN: Duration = Duration::from_mins(4);
const MESSAGE_WITHIN: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(crate) struct Options {
    /// As the operator of a real Kubernetes control plane, instead of without a cluster
    #[arg(long)]
    pub(crate) kubernetes: bool,
    /// Let everything run on until Ctrl-C, and print each message as it comes
    #[arg(long)]
    pub(crate) keep: bool,
}

pub(crate) fn demo(options: &Options) -> Result<()> {
    say("building stagewatch, where that is needed");
    let binary = cargo::stagewatch(&cargo::metadata()?)?;
    let binaries = options.kubernetes.then(Binaries::ensure).transpose()?;
    let staging = Staging::set_up()?;
    let manifest = example::adapted(&staging)?;
    print("");
    let stage = match &binaries {
        Some(binaries) => Stage::in_a_cluster(&staging, &binary, &manifest, binaries)?,
        None => Stage::without_a_cluster(&staging, &binary, &manifest)?,
    };
    let mut play = Play { stage, staging: &staging, told: 0 };
    play.all_is_well()?;
    let alert = play.redis_breaks()?;
    play.redis_is_mended(alert)?;
    print(format!("\nALL_GOOD, ERRORS_INVESTIGATE with {REDIS} named, RECOVERED as a reply: as it should be."));
    if options.keep {
        play.goes_on()?;
    }
    Ok(())
}

struct Play<'a> {
    stage: Stage,
    staging: &'a Staging,
    /// How many messages have been printed.
    told: usize,
}

impl Play<'_> {
    fn all_is_well(&mut self) -> Result<()> {
        act("1", "All is well");
        self.turn("ALL_GOOD")?;
        self.stage.table()?;
        let lines = [
            "🟢 AUTOPAR MONITORING - ALL SYSTEMS HEALTHY",
            "✅ Website: staging.autopar.pitchai.net",
            "✅ Redis: autopar-redis container healthy",
            "✅ RabbitMQ: autopar-rabbitmq container healthy",
            "✅ Logs: No critical errors detected",
        ];
        self.message(&format!("a silent message with the lines {lines:#?}"), |message| {
            message.silent && lines.iter().all(|line| message.plain.contains(line))
        })?;
        Ok(())
    }

    /// Gives the id of the alert.
    fn redis_breaks(&mut self) -> Result<i64> {
        act("2", "Redis breaks");
        print(format!("$ docker kill {REDIS}"));
        self.staging.redis.docker(&["kill"])?;
        let job = self.turn("ERRORS_INVESTIGATE")?;
        self.stage.table()?;
        let cause = job["status"]["probableCause"].as_str().unwrap_or_default();
        ensure!(cause.contains(REDIS), "expected a probable cause that names {REDIS}, but it is {cause:?}");
        let alert = self.message(&format!("a message that rings and names {REDIS} in its first line"), |message| {
            let head = message.plain.lines().next().unwrap_or_default();
            !message.silent && head.starts_with('🚨') && head.contains(REDIS)
        })?;
        let (code, report) = self.stage.look()?;
        ensure!(
            code == Some(3) && report.contains(REDIS),
            "expected a report that names {REDIS}, and exit code 3; it is {code:?}"
        );
        Ok(alert.id)
    }

    fn redis_is_mended(&mut self, alert: i64) -> Result<()> {
        act("3", "Redis is mended");
        print(format!("$ docker start {REDIS}"));
        self.staging.redis.docker(&["start"])?;
        self.staging.redis.wait_healthy(HEALTHY_WITHIN)?;
        self.turn("ALL_GOOD")?;
        self.stage.table()?;
        self.message(&format!("a silent message with RECOVERED that answers message {alert}"), |message| {
            message.silent && message.plain.contains("RECOVERED") && message.reply_to == Some(alert)
        })?;
        Ok(())
    }

    /// Prints what comes until a signal ends it.
    fn goes_on(&mut self) -> Result<()> {
        print(format!("\nEverything runs on until Ctrl-C here, and each message is printed as it comes; {HOST} is"));
        print(format!("looked at each minute. Stagewatch logs to {}.", self.stage.log().display()));
        print("Try in another terminal:\n");
        print(format!("  export DOCKER_HOST={}", self.staging.docker_host()));
        print("  docker pause autopar-rabbitmq      # docker unpause autopar-rabbitmq");
        print(format!("  docker stop {SITE}           # docker start {SITE}"));
        self.stage.hints().iter().for_each(|hint| print(format!("  {hint}")));
        while !interrupted() {
            let messages = self.staging.bot.messages();
            messages.iter().skip(self.told).for_each(show);
            self.told = messages.len();
            self.stage.alive()?;
            std::thread::sleep(LOOK);
        }
        say("ending all of it");
        Ok(())
    }

    /// Waits for the scheduled run that comes to this verdict, and gives the job with it.
    fn turn(&self, verdict: &str) -> Result<Value> {
        let mut last = self.stage.job()?["status"]["lastRun"]["uid"].take();
        let (mut announced, mut runs) = (Value::Null, 0);
        wait_for(&format!("a scheduled run with the verdict {verdict}"), RUN_WITHIN, || {
            std::thread::sleep(LOOK);
            let job = self.stage.job()?;
            let status = &job["status"];
            if status["lastRun"]["uid"] != last {
                last = status["lastRun"]["uid"].clone();
                runs += 1;
                if status["verdict"] == verdict {
                    return Ok(Some(job));
                }
                let found =
                    format!("{} found {}: {:#}", status["lastRun"]["name"], status["verdict"], status["findings"]);
                // The first may have begun before what it should have seen.
                ensure!(runs < 2, "expected the verdict {verdict}, but the run {found}");
                say(format!("the run {found}"));
            }
            if status["nextRunTime"].is_string() && status["nextRunTime"] != announced {
                announced = status["nextRunTime"].clone();
                say(format!("waiting for the run of {}", announced.as_str().unwrap_or_default()));
            }
            Ok(None)
        })
    }

    /// Waits for a message that fits, prints what came, and gives it.
    fn message(&mut self, what: &str, fits: impl Fn(&Message) -> bool) -> Result<Message> {
        let bot = &self.staging.bot;
        let come = wait_for(what, MESSAGE_WITHIN, || {
            let messages = bot.messages();
            Ok(messages[self.told..]
                .iter()
                .position(&fits)
                .map(|place| messages[self.told..=self.told + place].to_vec()))
        });
        let come = come.with_context(|| {
            bot.messages().iter().skip(self.told).for_each(show);
            format!("the message of {JOB} is not as expected; refused were: {:?}", bot.refusals())
        })?;
        come.iter().for_each(show);
        self.told += come.len();
        match come.into_iter().next_back() {
            Some(message) => Ok(message),
            None => bail!("{what}: none came"),
        }
    }
}

fn act(number: &str, title: &str) {
    print(format!("\n━━━ {number}. {title} ━━━\n"));
}

/// A message as its readers see it.
fn show(message: &Message) {
    let sound = if message.silent { "silent" } else { "rings" };
    let answers = message.reply_to.map(|id| format!(", a reply to message {id}")).unwrap_or_default();
    print(format!("\nTelegram got message {} ({sound}{answers}):\n", message.id));
    message.plain.lines().for_each(|line| print(format!("  │ {line}").trim_end()));
}
