//! Settings that several commands share.

use std::io::ErrorKind;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use clap::Args;
use ipnet::IpNet;
use url::Url;

use crate::{
    analyze::{
        analyst::{self, Analyst},
        client::{self, Client},
        spending::Spending,
    },
    api::{MonitoringJob, report::Report},
    core::analysis::prices::Prices,
    net::AddressPolicy,
    notify::telegram,
    secrets::Secrets,
    store::folder::Folder,
    telemetry::metrics::Metrics,
};

/// What may be connected to, and where messages go.
#[derive(Args, Clone, Debug)]
pub struct Targets {
    /// Never connect to addresses of this network; may be repeated
    #[arg(long = "denied-cidr", value_name = "CIDR", env = "STAGEWATCH_DENIED_CIDRS", value_delimiter = ',')]
    pub denied: Vec<IpNet>,
    /// Connect to addresses of these networks only; may be repeated. Link-local, metadata, multicast and unspecified
    /// addresses are refused in any case
    #[arg(long = "allowed-cidr", value_name = "CIDR", env = "STAGEWATCH_ALLOWED_CIDRS", value_delimiter = ',')]
    pub allowed: Vec<IpNet>,
    /// Where Telegram's Bot API is
    #[arg(long, value_name = "URL", env = "STAGEWATCH_TELEGRAM_URL", hide_env_values = true, default_value = telegram::DEFAULT_BASE_URL, value_parser = telegram::base_url)]
    pub telegram_url: Url,
}

impl Targets {
    /// The policy that these flags ask for.
    pub fn policy(&self) -> AddressPolicy {
        AddressPolicy::new(self.denied.clone(), self.allowed.clone())
    }
}

/// Where Claude is, and what it may use.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "as the flags are called")]
pub struct Claude {
    /// Where Claude's Messages API is
    #[arg(long, value_name = "URL", env = "STAGEWATCH_CLAUDE_URL", hide_env_values = true, default_value = client::DEFAULT_BASE_URL, value_parser = client::base_url)]
    pub claude_url: Url,
    /// The most tokens, sent and answered, that all jobs of this process may use in a day (UTC)
    #[arg(
        long,
        value_name = "N",
        env = "STAGEWATCH_CLAUDE_DAILY_TOKENS",
        default_value_t = 10_000_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub claude_daily_tokens: u64,
    /// A YAML file with what a million tokens cost in US dollars, for the metrics:
    /// `claude-sonnet-5-5: {input: 3, cacheWrite: 3.75, cacheRead: 0.3, output: 15}`
    #[arg(long, value_name = "FILE", env = "STAGEWATCH_CLAUDE_PRICES")]
    pub claude_prices: Option<PathBuf>,
}

impl Claude {
    /// Who asks it, and counts it in `metrics`.
    ///
    /// # Errors
    /// When the prices cannot be read.
    pub fn analyst(&self, metrics: Arc<Metrics>) -> anyhow::Result<Analyst> {
        let prices = match &self.claude_prices {
            Some(path) => {
                let context = || format!("the prices in {}", path.display());
                serde_saphyr::from_str(&std::fs::read_to_string(path).with_context(context)?).with_context(context)?
            }
            None => Prices::default(),
        };
        Ok(Analyst {
            client: Client::new(self.claude_url.as_str())?,
            spending: Arc::new(Spending::new(self.claude_daily_tokens)),
            prices,
            metrics,
        })
    }
}

/// Whether Claude is asked about one run.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub struct Ask {
    /// Ask Claude, as the job's spec.analysis says; without this flag nothing is sent to it
    #[arg(long)]
    pub claude: bool,
    /// Print the request to Claude about this run, as JSON, and send nothing to anybody; needs no key
    #[arg(long)]
    pub show_prompt: bool,
}

/// The request that Claude would be sent, with its final line break.
///
/// # Errors
/// When the job does not want Claude to be asked.
pub async fn shown_prompt(secrets: &Secrets, job: &MonitoringJob, report: &Report) -> anyhow::Result<String> {
    let analysis = job.spec.analysis.as_ref().context(NO_ANALYSIS)?;
    let redactor = analyst::redactor(secrets, job).await;
    let (_, request) = analyst::question(job, &analysis.claude, report, &redactor);
    Ok(serde_json::to_string_pretty(&request)? + "\n")
}

/// What to do for a job that does not want Claude to be asked.
pub const NO_ANALYSIS: &str = "the job has no spec.analysis: add `analysis: {claude: {model: claude-sonnet-5-5, apiKeySecretRef: {name: claude, key: api-key}}}`";

/// Where Secrets are without a cluster.
#[derive(Args, Clone, Debug)]
pub struct SecretsFolder {
    /// A folder with the Secrets: DIR/<secret>/<key>. The environment and .env give TELEGRAM_BOT_TOKEN,
    /// TELEGRAM_CHAT_ID and ANTHROPIC_API_KEY, and any other value as SECRET__<NAME>__<KEY>
    #[arg(long, value_name = "DIR")]
    pub secrets: Option<PathBuf>,
}

impl SecretsFolder {
    /// The Secrets of the folder, the environment and `.env`.
    ///
    /// # Errors
    /// When one of them cannot be read, or a value is there twice.
    pub fn open(&self) -> anyhow::Result<Secrets> {
        Ok(Secrets::local(self.secrets.as_deref(), std::env::vars_os(), Path::new(".env"))?)
    }
}

/// Where `watch` keeps its state.
#[derive(Args, Clone, Debug)]
pub struct StateFolder {
    /// The folder with the state of `stagewatch watch` [default: $XDG_STATE_HOME/stagewatch or ~/.local/state/stagewatch]
    #[arg(long, value_name = "DIR", env = "STAGEWATCH_STATE")]
    pub state: Option<PathBuf>,
}

impl StateFolder {
    /// The store in a folder where `watch` has run.
    ///
    /// # Errors
    /// When it has not.
    pub async fn existing(&self) -> anyhow::Result<Folder> {
        let path = self.path()?;
        match std::fs::metadata(path.join("jobs")) {
            Ok(jobs) if jobs.is_dir() => Ok(Folder::open(path).await?),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("the state in {} cannot be read", path.display()))
            }
            _ => anyhow::bail!(
                "there is no state in {}: name the folder of a `stagewatch watch` with --state DIR",
                path.display()
            ),
        }
    }

    /// Where the recordings are kept in it.
    ///
    /// # Errors
    /// When none was named and there is no home.
    pub fn recordings(&self) -> anyhow::Result<PathBuf> {
        Ok(self.path()?.join("recordings"))
    }

    /// The folder that was named, or the usual one.
    ///
    /// # Errors
    /// When none was named and there is no home.
    pub fn path(&self) -> anyhow::Result<PathBuf> {
        if let Some(named) = &self.state {
            return Ok(named.clone());
        }
        let base = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        base.or_else(|| std::env::home_dir().map(|home| home.join(".local/state")))
            .map(|base| base.join("stagewatch"))
            .ok_or_else(|| anyhow::anyhow!("there is no home to keep the state in: name a folder with --state DIR"))
    }
}

/// What a report is printed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// All of it, as JSON.
    Json,
    /// All of it, as YAML.
    Yaml,
}
