//! `stagewatch doctor FILE`: what stands between us and the targets, each with the fix. It sends and changes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::PathBuf,
    time::Duration,
};

use clap::{Args, ValueEnum};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;

use super::{
    Exit, emit, files,
    settings::{SecretsFolder, Targets},
};
use crate::{
    api::{
        MonitoringJob, Window,
        job::{Confirm, Receiver},
    },
    collect::{Collector, Look},
    core::{
        diagnosis::{self, Row, Trial},
        previous::Previous,
        report,
        schedule::Schedule,
    },
    notify::telegram::{Reach, Telegram},
    secrets::{SecretProblem, Secrets},
};

/// How much of the logs is read: enough to see that they can be.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// How long all of it may take; what is not reached by then is told as not tried.
const PATIENCE: Duration = Duration::from_mins(1);

/// Tell what stands between us and what FILE names, each with the command or the YAML that mends it
///
/// Tried, one look each, and nothing is sent or changed: the spec and its schedule; each Secret and its keys; Telegram's
/// API, the token (getMe) and the chat (getChat); for each check of a website its name in the DNS, the address policy, the
/// connection, TLS, the certificate, redirects, and an answer as it is expected; for each Docker host the socket and who
/// may open it, the port, both certificates, the proxy before it, and its clock; for each container its name (with those
/// that come near) and whether its log can be read.
///
/// Exit code: 0 when nothing stands in the way, 1 when something does or FILE cannot be read, 2 on bad usage.
#[derive(Args, Debug)]
pub struct Doctor {
    /// A file with one MonitoringJob, or with several of which --job names one
    file: PathBuf,
    /// The job to look at, where FILE holds several
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// What to print
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    secrets: SecretsFolder,
    #[command(flatten)]
    targets: Targets,
}

/// What the rows are printed as.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Text,
    /// A list of `subject`, `trial` (Fine, Wrong, Untried), `detail` and `fix`
    Json,
}

impl Doctor {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let mut job = files::job(&self.file, self.job.as_deref())?;
        // One look is enough: what stands in the way does not go away within seconds.
        job.spec.confirm = Some(Confirm { attempts: Some(1), delay: None });
        let (secrets, telegram) = (self.secrets.open()?, Telegram::new(self.targets.telegram_url.as_str())?);
        let collector = Collector::new(self.targets.policy().with_unix_sockets());
        let now = Timestamp::now();
        let window = Window { since: now - WINDOW, until: now };
        let look = Look { job: &job, window, logs: true, patience: PATIENCE, evidence: None, progress: None };
        let receivers = job.spec.notifications.iter().flat_map(|told| &told.receivers);
        let (of_secrets, receivers, seen) = tokio::join!(
            of_secrets(&secrets, &job),
            join_all(receivers.map(|receiver| of_receiver(&secrets, &telegram, &job, receiver))),
            collector.collect(look, &secrets),
        );
        let report = report::report(&job.spec, &seen, &Previous::default(), window);
        let mut rows = vec![of_schedule(&job, now)];
        rows.extend(of_secrets);
        rows.extend(receivers);
        rows.extend(diagnosis::targets(&job.spec, &seen, &report));
        emit(&match self.output {
            Output::Text => text(&rows),
            Output::Json => serde_json::to_string_pretty(&rows)? + "\n",
        })?;
        let wrong = rows.iter().filter(|row| row.trial == Trial::Wrong).count();
        anyhow::ensure!(wrong == 0, "{wrong} of {} trials went wrong", rows.len());
        Ok(Exit::Fine)
    }
}

fn of_schedule(job: &MonitoringJob, now: Timestamp) -> Row {
    let name = job.metadata.name.as_deref().unwrap_or_default();
    let subject = format!("MonitoringJob {name}");
    let next = job.spec.schedule.as_ref().and_then(|it| Schedule::parse(it).ok()).and_then(|it| it.next_after(now));
    if job.spec.suspend {
        let fix = format!(
            "write suspend: false, or: kubectl patch mj {name} --type merge -p '{{\"spec\":{{\"suspend\":false}}}}'"
        );
        return Row::wrong(subject, "it can be run, and is suspended: no slot starts", fix);
    }
    match next {
        Some(next) => Row::fine(subject, format!("it can be run, next at {}", next.strftime("%Y-%m-%d %H:%M UTC"))),
        None if job.spec.schedule.is_some() => {
            Row::wrong(subject, "its schedule has no slot to come", "correct spec.schedule.cron: [\"15 3 * * *\"]")
        }
        None => Row::fine(subject, "it can be run, on demand only: it has no schedule"),
    }
}

/// A row for each Secret that the job names.
async fn of_secrets(secrets: &Secrets, job: &MonitoringJob) -> Vec<Row> {
    let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
    let rows = wanted(job).into_iter().map(|(name, keys)| async move {
        let subject = format!("Secret {name}");
        let secret = match secrets.get(namespace, name).await {
            Ok(secret) => secret,
            Err(problem) => return vec![missing(subject, problem)],
        };
        let wrong: Vec<Row> = keys
            .iter()
            .filter_map(|key| secret.value(key).err())
            .map(|problem| missing(subject.clone(), problem))
            .collect();
        if !wrong.is_empty() {
            return wrong;
        }
        vec![Row::fine(subject, format!("has {}", keys.into_iter().collect::<Vec<_>>().join(", ")))]
    });
    join_all(rows).await.concat()
}

/// The keys that are used of each Secret.
fn wanted(job: &MonitoringJob) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut wanted = BTreeMap::<&str, BTreeSet<&str>>::new();
    for website in &job.spec.websites {
        for from in website.headers.iter().filter_map(|header| header.value_from.as_ref()) {
            wanted.entry(&from.secret_key_ref.name).or_default().insert(&from.secret_key_ref.key);
        }
        if let Some(authority) = website.tls.as_ref().and_then(|tls| tls.ca_secret_ref.as_ref()) {
            wanted.entry(&authority.name).or_default().insert("ca.crt");
        }
    }
    for secret in job.spec.docker_hosts.iter().filter_map(|host| host.tls_secret_ref.as_ref()) {
        wanted.entry(&secret.name).or_default().extend(["ca.crt", "tls.crt", "tls.key"]);
    }
    for receiver in job.spec.notifications.iter().flat_map(|told| &told.receivers) {
        let keys = ["TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"];
        wanted.entry(&receiver.telegram.secret_ref.name).or_default().extend(keys);
    }
    wanted
}

fn missing(subject: String, problem: SecretProblem) -> Row {
    match problem {
        SecretProblem::NotFound { instead } => Row::wrong(subject, "there is no such Secret", instead),
        SecretProblem::NoKey { key, instead } => {
            Row::wrong(subject, format!("it has no value for the key {key}"), instead)
        }
        SecretProblem::GivenTwice { key, places: [one, other] } => {
            let detail = format!("its key {key} has a value in {one} and in {other}");
            Row::wrong(subject, detail, "remove one of them")
        }
        other => {
            let text = other.to_string();
            let (detail, fix) = text.split_once(": ").unwrap_or((&text, "make it readable"));
            Row::wrong(subject, detail, fix)
        }
    }
}

async fn of_receiver(secrets: &Secrets, telegram: &Telegram, job: &MonitoringJob, receiver: &Receiver) -> Row {
    let subject = format!("receiver {}", receiver.name);
    let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
    let name = &receiver.telegram.secret_ref.name;
    let secret = secrets.get(namespace, name).await;
    let values = secret
        .as_ref()
        .ok()
        .and_then(|secret| Some((secret.value("TELEGRAM_BOT_TOKEN").ok()?, secret.value("TELEGRAM_CHAT_ID").ok()?)));
    let Some((token, chat)) = values else {
        return Row::untried(subject, format!("Telegram was not asked: the Secret {name} is not as it has to be"));
    };
    match telegram.bot(token).reach(chat.expose_secret()).await {
        Reach::Fine { bot, chat } => Row::fine(subject, format!("the bot @{bot} is in the chat {chat:?}")),
        Reach::Unreachable(why) => Row::wrong(
            subject,
            format!("Telegram does not answer: {why}"),
            "let this machine out to Telegram's API at port 443, or name another with --telegram-url",
        ),
        Reach::NoBot(why) => Row::wrong(
            subject,
            format!("the token is no bot's: {why}"),
            format!(
                "ask @BotFather for it (/mybots, API Token), and write it as TELEGRAM_BOT_TOKEN of the Secret {name}"
            ),
        ),
        Reach::NoChat { moved: Some(id), .. } => Row::wrong(
            subject,
            "the chat has become a supergroup, which has another id",
            format!("write {id} as TELEGRAM_CHAT_ID of the Secret {name}"),
        ),
        Reach::NoChat { bot, why, moved: None } => Row::wrong(
            subject,
            format!("the bot @{bot} is not in the chat: {why}"),
            format!(
                "add @{bot} to the group, or write /start to it; the id, which of a group is negative, is in its getUpdates: write it as TELEGRAM_CHAT_ID of the Secret {name}"
            ),
        ),
    }
}

fn text(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let mark = match row.trial {
            Trial::Fine => "✅",
            Trial::Wrong => "❌",
            Trial::Untried => "❔",
        };
        let _ = writeln!(text, "{mark} {}: {}", row.subject, row.detail);
        for (n, line) in row.fix.iter().flat_map(|fix| fix.lines()).enumerate() {
            let _ = writeln!(text, "   {} {line}", if n == 0 { "→" } else { " " });
        }
    }
    text
}
