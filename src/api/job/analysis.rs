//! `spec.analysis`: what Claude is asked to do besides the rules, and what it may cost.

use jiff::SignedDuration;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretKeyRef;
use crate::api::{Duration, validation::rule};

/// Who explains, and investigates, what the rules find. The rules' verdict is a floor in any case.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// Claude.
    pub claude: Claude,
}

/// What Claude is asked to do, and what it may cost.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claude {
    /// The model's name in the Messages API, such as `claude-sonnet-5-5`.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = rule::MODEL.rule())]
    pub model: String,
    /// Where the API key is kept.
    pub api_key_secret_ref: SecretKeyRef,
    /// Which runs Claude is asked to explain. Default `OnChange`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analyze: Option<Analyze>,
    /// When Claude looks closer, READ-ONLY, at the targets of this job. Default `OnIncident`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub investigate: Option<Investigate>,
    /// What it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

/// Which runs Claude is asked to explain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Analyze {
    /// Those that found something new.
    #[default]
    OnChange,
    /// Those that found a problem.
    OnProblem,
    /// Each.
    Always,
}

/// When Claude looks closer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Investigate {
    /// Not at all.
    Never,
    /// When an incident opens or gets worse.
    #[default]
    OnIncident,
    /// After each run that found a problem.
    Always,
}

/// What Claude may cost. A token is about four characters of English.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// Turns of one investigation, 1 to 50. Default 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 50))]
    pub turns: Option<i32>,
    /// Tokens that one investigation may send, those read from the cache included; 10000 to 2000000. Default 200000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10_000, max = 2_000_000))]
    pub input_tokens: Option<i64>,
    /// Tokens that one investigation may be answered with, 1000 to 100000. Default 16000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1_000, max = 100_000))]
    pub output_tokens: Option<i64>,
    /// How long one investigation may take, `30s` to `30m`. Default `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rule::INVESTIGATION_TIME.rule())]
    pub time: Option<Duration>,
    /// Tokens, sent and answered, that this job may use in one day (UTC), analyses included; 10000 to 100000000. Default 2000000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10_000, max = 100_000_000))]
    pub daily_tokens: Option<i64>,
}

impl Budget {
    /// The turns of one investigation.
    pub fn turns(&self) -> u32 {
        self.turns.and_then(|turns| u32::try_from(turns).ok()).unwrap_or(20)
    }

    /// The tokens that one investigation may send.
    pub fn input_tokens(&self) -> u64 {
        self.input_tokens.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(200_000)
    }

    /// The tokens that one investigation may be answered with.
    pub fn output_tokens(&self) -> u64 {
        self.output_tokens.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(16_000)
    }

    /// How long one investigation may take.
    pub fn time(&self) -> SignedDuration {
        self.time.map_or(SignedDuration::from_mins(5), Duration::signed)
    }

    /// The tokens of one day.
    pub fn daily_tokens(&self) -> u64 {
        self.daily_tokens.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(2_000_000)
    }
}
