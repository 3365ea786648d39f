//! The program, black-box, on a live engine, a live site and a strict Bot API: what is recorded and replayed, and `watch`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../cli/program.rs"]
mod program;
mod support {
    pub mod site;
}

use std::{
    fs::File,
    process::{Child, Command},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use xtask::rig::{
    Rig,
    bot::{Answer, Bot},
    docker::{Container, ContainerOptions},
    wait::wait_until,
};

use program::{Ended, Place, ended};
use support::site::Site;

const SOON: Duration = Duration::from_mins(1);

/// A site and a Redis, the job that watches them, and whom it tells.
struct Stage {
    place: Place,
    redis: Container,
    site: Site,
    bot: Bot,
}

impl Stage {
    fn new(schedule: &str) -> Result<Self> {
        let rig = Rig::from_env();
        let options = ContainerOptions { options: &["--restart", "always"], command: &[] };
        let redis = rig.docker.run("cli-redis", "stagewatch-rig/redis:12", &options)?;
        redis.wait_healthy(SOON)?;
        let stage = Self { place: Place::new(rig.binary), redis, site: Site::start()?, bot: Bot::start()? };
        let (site, host, redis) = (stage.site.host(), rig.docker.host(), stage.redis.name());
        stage.place.write(
            "job.yaml",
            &format!(
                "apiVersion: monitoring.pitchai.net/v1alpha1
kind: MonitoringJob
metadata: {{name: staging}}
spec:
  environment: Staging
{schedule}
  confirm: {{attempts: 1}}
  websites:
    - name: site
      url: http://{site}
      checks: [{{name: home, path: /, expect: {{body: [{{contains: welcome}}]}}}}]
  dockerHosts:
    - {{name: here, host: \"{host}\", containers: [{{name: {redis}, label: Redis, profile: redis}}]}}
  dependencies: [{{subject: site, needs: [{redis}]}}]
  notifications:
    policy: Always
    receivers: [{{name: team, telegram: {{secretRef: {{name: telegram}}}}}}]
"
            ),
        );
        Ok(stage)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = self.place.command(line.split(' '));
        command.envs([("TELEGRAM_BOT_TOKEN", Bot::TOKEN), ("TELEGRAM_CHAT_ID", Bot::CHAT)]);
        command.env("STAGEWATCH_TELEGRAM_URL", self.bot.url());
        command
    }

    fn stagewatch(&self, line: &str) -> Result<Ended> {
        let ended = ended(&self.command(line).output()?);
        ensure!(!format!("{ended:?}").contains(Bot::TOKEN), "the token shows: {ended:?}");
        Ok(ended)
    }

    fn container(&self, reason: &str) -> String {
        format!("container/{}/{reason}", self.redis.name())
    }
}

/// A `watch` that goes on; dropping it kills it.
struct Watching<'a> {
    child: Child,
    stage: &'a Stage,
}

impl<'a> Watching<'a> {
    fn start(stage: &'a Stage) -> Result<Self> {
        let log = File::options().create(true).append(true).open(stage.place.path().join("watch.log"))?;
        let child = stage.command("watch job.yaml --state state").stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(Self { child, stage })
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.stage.place.path().join("watch.log")).unwrap_or_default()
    }

    fn wait_log(&self, text: &str) -> Result<()> {
        wait_until(&format!("{text:?} in the log"), SOON, || self.log().contains(text)).with_context(|| self.log())
    }

    /// SIGTERM; how long it took, and the exit code.
    fn stop(mut self) -> Result<(Duration, Option<i32>)> {
        let begun = Instant::now();
        Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status()?;
        let ended = self.child.wait()?;
        Ok((begun.elapsed(), ended.code()))
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, state)| ((*id).to_owned(), (*state).to_owned())).collect()
}

#[test]
fn a_replay_is_its_run_also_after_a_restart_and_with_a_resolved_finding() -> Result<()> {
    let stage = Stage::new("")?;
    stage.site.answer(502, "<h1>Bad Gateway</h1>");
    let first = stage.stagewatch("run job.yaml --record first -o json")?;
    ensure!(
        first.code == Some(3) && first.findings() == pairs(&[("website/site/home/UnexpectedStatus", "New")]),
        "{first:?}"
    );
    let replay = stage.stagewatch("replay first -o json")?;
    ensure!((replay.code, &replay.out) == (first.code, &first.out), "{replay:?} is not {first:?}");

    stage.redis.docker(&["restart"])?;
    stage.redis.wait_healthy(SOON)?;
    stage.site.answer(200, "<h1>Welcome</h1>");
    let second = stage.stagewatch("run job.yaml --previous first --record second -o json")?;
    let found = second.findings();
    let expected = pairs(&[
        (&stage.container("Restarted"), "New"),
        (&format!("logs/{}/stopping", stage.redis.name()), "New"),
        ("website/site/home/UnexpectedStatus", "Resolved"),
    ]);
    ensure!(found == expected && second.code == Some(0), "{second:?}");
    for output in ["json", "yaml", "text"] {
        let replay = stage.stagewatch(&format!("replay second -o {output}"))?;
        ensure!(
            replay.code == Some(0) && (output != "json" || replay.out == second.out),
            "{replay:?} is not {second:?}"
        );
    }
    ensure!(stage.stagewatch("replay second --fail-on SUSPICIOUS_INVESTIGATE")?.code == Some(3));

    // What is over is not told again, and a start that was told is no new trouble.
    let third = stage.stagewatch("run job.yaml --previous second --record third -o json")?;
    ensure!(third.findings().iter().all(|(_, state)| state == "Resolved"), "{third:?}");
    ensure!(stage.stagewatch("replay third -o json")?.out == third.out);

    let texts: Vec<_> = stage.bot.messages().into_iter().map(|message| message.plain).collect();
    ensure!(texts.len() == 3 && stage.bot.refusals().is_empty(), "{texts:?}");
    for (text, begins) in texts.iter().zip([
        format!("🚨 STAGING MONITORING - {} answered 502 Bad Gateway\n", stage.site.host()),
        format!("⚠️ STAGING MONITORING - {} restarted", stage.redis.name()),
        "🟢 STAGING MONITORING - ALL SYSTEMS HEALTHY\n".to_owned(),
    ]) {
        ensure!(text.starts_with(&begins), "{begins:?}: {texts:#?}");
    }
    Ok(())
}

#[test]
fn run_waits_as_telegram_asks_and_says_what_was_refused() -> Result<()> {
    let stage = Stage::new("")?;
    stage.bot.script([Answer::TooManyRequests(1)]);
    let run = stage.stagewatch("run job.yaml")?;
    ensure!(run.code == Some(0) && run.err.is_empty() && run.out.starts_with("ALL_GOOD  Staging\n"), "{run:?}");
    ensure!(stage.bot.messages().len() == 1, "{:?}", stage.bot.refusals());

    stage.bot.script([Answer::BadRequest("chat not found".into()), Answer::BadRequest("chat not found".into())]);
    let run = stage.stagewatch("run job.yaml -o json")?;
    ensure!(run.code == Some(1) && run.out.contains("\"verdict\": \"ALL_GOOD\""), "{run:?}");
    ensure!(run.err.starts_with("error: the message was not delivered to team: "), "{run:?}");
    ensure!(run.err.contains("chat not found"), "{run:?}");
    Ok(())
}

/// The first system said "in an hour", whatever its schedule was.
#[test]
fn the_next_check_is_the_schedules_own() -> Result<()> {
    let stage = Stage::new("  schedule: {cron: [\"15 3 * * *\", \"30 10 * * *\"], timeZone: Europe/Amsterdam}")?;
    let run = stage.stagewatch("run job.yaml")?;
    ensure!(run.code == Some(0), "{run:?}");
    let message = stage.bot.messages().pop().context("no message")?.plain;
    let next = message.lines().find_map(|line| line.strip_prefix("🔄 Next Check: ")).context("no next check")?;
    let slots = stage.stagewatch("validate job.yaml")?;
    let first = slots.out.lines().find(|line| line.starts_with("    ")).context("no slots")?;
    ensure!(first.ends_with(&format!(" {next}")), "{next:?} is not {first:?}");
    Ok(())
}

#[test]
fn watch_runs_its_slots_shows_them_runs_on_demand_and_stops() -> Result<()> {
    let stage = Stage::new("  schedule: {cron: [\"@every 1m\"]}")?;
    stage.site.answer(200, "<h1>Welcome</h1>");
    let watch = Watching::start(&stage)?;
    watch.wait_log("watching")?;

    let second = stage.stagewatch("watch job.yaml --state state")?;
    ensure!(second.code == Some(1) && second.err.contains("another `stagewatch watch` runs in "), "{second:?}");

    let messages = stage.bot.wait_messages(1, Duration::from_secs(90)).with_context(|| watch.log())?;
    ensure!(messages[0].plain.starts_with("🟢 STAGING MONITORING - ALL SYSTEMS HEALTHY"), "{messages:?}");
    ensure!(messages[0].plain.contains("✅ Redis: "), "{messages:?}");

    let status = stage.stagewatch("status --state state")?;
    let lines: Vec<Vec<&str>> = status.out.lines().map(|line| line.split_whitespace().collect()).collect();
    ensure!(
        status.code == Some(0) && lines[0].join(" ") == "NAME READY VERDICT SCHEDULE LAST RUN NEXT RUN FINDINGS AGE",
        "{status:?}"
    );
    ensure!(lines[1][..3] == ["staging", "True", "ALL_GOOD"], "{status:?}");
    ensure!(lines[3].join(" ") == "NAME JOB TRIGGER PHASE VERDICT STARTED DURATION AGE", "{status:?}");
    ensure!(lines[4][1..5] == ["staging", "Schedule", "Completed", "ALL_GOOD"], "{status:?}");
    let objects = stage.stagewatch("status staging --state state -o json")?.json();
    ensure!(objects["jobs"][0]["status"]["verdict"] == "ALL_GOOD", "{objects}");

    stage.site.answer(502, "<h1>Bad Gateway</h1>");
    let triggered = stage.stagewatch("trigger staging --state state --dry-run --wait -o json")?;
    let report = triggered.json();
    ensure!(triggered.code == Some(3) && report["verdict"] == "ERRORS_INVESTIGATE", "{triggered:?}");
    ensure!(report["findings"][0]["id"] == "website/site/home/UnexpectedStatus", "{triggered:?}");
    stage.site.answer(200, "<h1>Welcome</h1>");
    let triggered = stage.stagewatch("trigger staging --state state --wait")?;
    ensure!(triggered.code == Some(0) && triggered.out.starts_with("ALL_GOOD  Staging\n"), "{triggered:?}");
    // Two of one second are two.
    for _ in 0..2 {
        let triggered = stage.stagewatch("trigger staging --state state --dry-run")?;
        ensure!(triggered.code == Some(0) && triggered.out.starts_with("monitoringrun/staging-"), "{triggered:?}");
    }
    let nameless = stage.stagewatch("trigger other --state state")?;
    ensure!(
        nameless.code == Some(1) && nameless.err.contains("there is no job \"other\"; known are: staging"),
        "{nameless:?}"
    );

    // Nobody watches the Redis any more, and a wrong edit changes nothing.
    let job = std::fs::read_to_string(stage.place.path().join("job.yaml"))?;
    stage.place.write("job.yaml", &job.replace("environment", "enviroment"));
    watch.wait_log("an edited file is not taken over")?;
    ensure!(watch.log().contains("job.yaml:5: spec.enviroment: "), "{}", watch.log());
    stage.place.write("job.yaml", &job.replace("environment: Staging", "environment: Stage"));
    watch.wait_log("an edited file was taken over")?;
    let objects = stage.stagewatch("status --state state -o json")?.json();
    ensure!(objects["jobs"][0]["spec"]["environment"] == "Stage", "{objects}");

    let log = watch.log();
    ensure!(!log.contains('\x1b'), "colours in a file: {log}");
    ensure!(!log.contains(Bot::TOKEN) && !log.contains("rig-token"), "{log}");
    let (took, code) = watch.stop()?;
    ensure!(took < Duration::from_secs(5) && code == Some(0), "{took:?} {code:?}");

    // What it knew is kept; nobody is left to run what is asked for.
    let runs = |stage: &Stage| -> Result<usize> {
        let objects = stage.stagewatch("status --state state -o json")?.json();
        Ok(objects["runs"].as_array().map_or(0, Vec::len))
    };
    let before = runs(&stage)?;
    let waited = stage.stagewatch("trigger staging --state state --wait --timeout 1")?;
    ensure!(
        waited.code == Some(1)
            && waited.err.contains("was not done within 1 s: is an operator, or `stagewatch watch`, running?"),
        "{waited:?}"
    );

    // The next one goes on where it stopped: it takes up what was asked for, and greets nobody.
    let told = stage.bot.messages().len();
    let watch = Watching::start(&stage)?;
    let done = || -> bool {
        let objects = stage.stagewatch("status --state state -o json").map_or(Value::Null, |ended| ended.json());
        let runs = objects["runs"].as_array().cloned().unwrap_or_default();
        runs.len() > before && runs.iter().all(|run| run["status"]["phase"] == "Completed")
    };
    wait_until("the run that was asked for", SOON, done).with_context(|| watch.log())?;
    ensure!(stage.bot.messages().len() <= told + 2, "{:?}", stage.bot.messages());
    ensure!(stage.bot.refusals().is_empty(), "{:?}", stage.bot.refusals());
    let (took, code) = watch.stop()?;
    ensure!(took < Duration::from_secs(5) && code == Some(0), "{took:?} {code:?}");
    Ok(())
}
