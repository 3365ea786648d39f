//! Settings that several commands share.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use ipnet::IpNet;
use url::Url;

use crate::{net::AddressPolicy, notify::telegram, secrets::Secrets, store::folder::Folder};

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

/// Where Secrets are without a cluster.
#[derive(Args, Clone, Debug)]
pub struct SecretsFolder {
    /// A folder with the Secrets: DIR/<secret>/<key>. The environment and .env give TELEGRAM_BOT_TOKEN and
    /// TELEGRAM_CHAT_ID, and any other value as SECRET__<NAME>__<KEY>
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
