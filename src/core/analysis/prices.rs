//! What tokens cost.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::api::analysis::Usage;

/// Prices by model, as the configuration has them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Prices(BTreeMap<String, Price>);

/// US dollars for a million tokens of one model.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Price {
    input: f64,
    cache_write: f64,
    cache_read: f64,
    output: f64,
}

impl Prices {
    /// What this usage costs in US dollars; none where the model has no price.
    pub fn cost(&self, model: &str, usage: &Usage) -> Option<f64> {
        let price = self.0.get(model)?;
        #[expect(clippy::cast_precision_loss, reason = "a cost is no balance")]
        let of = |tokens: i64, price: f64| tokens as f64 * price / 1e6;
        Some(
            of(usage.input_tokens, price.input)
                + of(usage.cache_write_tokens, price.cache_write)
                + of(usage.cache_read_tokens, price.cache_read)
                + of(usage.output_tokens, price.output),
        )
    }
}
