//! Conditions: a transition time moves only when the status does.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// What a condition says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody can tell.
    Unknown,
}

impl Truth {
    fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// One condition as it should be from now on.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// Its type.
    pub type_: &'a str,
    /// Whether it holds.
    pub truth: Truth,
    /// Why, in CamelCase.
    pub reason: &'a str,
    /// Why, in a sentence.
    pub message: &'a str,
    /// The generation of the spec that it is about.
    pub generation: Option<i64>,
}

/// Puts `new` among `conditions`, which stay in the order of their types.
pub fn set(conditions: &mut Vec<Condition>, new: New<'_>, now: Timestamp) {
    let old = conditions.iter().position(|c| c.type_ == new.type_);
    let since = old.map(|i| &conditions[i]).filter(|c| c.status == new.truth.as_str());
    let condition = Condition {
        type_: new.type_.to_owned(),
        status: new.truth.as_str().to_owned(),
        reason: new.reason.to_owned(),
        message: super::redact::cut(new.message, 1024),
        observed_generation: new.generation,
        last_transition_time: since.map_or(Time(now), |c| c.last_transition_time.clone()),
    };
    match old {
        Some(i) => conditions[i] = condition,
        None => conditions.push(condition),
    }
    conditions.sort_by(|a, b| a.type_.cmp(&b.type_));
}

/// Whether the condition of this type is `True`.
pub fn holds(conditions: &[Condition], type_: &str) -> bool {
    conditions.iter().any(|c| c.type_ == type_ && c.status == "True")
}
