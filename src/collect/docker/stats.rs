//! Two samples of what a container uses: the Engine's own pair is one second apart, too short to judge.

use serde_json::Value;

/// The later sample, with the earlier one as what came before it, as the Engine itself would write it.
pub fn pair(earlier: &Value, mut later: Value) -> Value {
    let used = |sample: &Value| sample["cpu_stats"]["cpu_usage"]["total_usage"].as_u64().unwrap_or(0);
    // A container that was started anew between the two counts from zero.
    if used(&later) >= used(earlier)
        && let Value::Object(sample) = &mut later
    {
        sample.insert("preread".into(), earlier["read"].clone());
        sample.insert("precpu_stats".into(), earlier["cpu_stats"].clone());
    }
    later
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::core::observation::docker::Stats;

    #[test]
    fn the_earlier_sample_is_what_came_before() {
        let sample = |read: &str, used: u64| {
            json!({
                "read": read, "preread": "0001-01-01T00:00:00Z",
                "cpu_stats": {"cpu_usage": {"total_usage": used}, "system_cpu_usage": used * 10, "online_cpus": 2},
                "precpu_stats": {"cpu_usage": {"total_usage": 0}},
            })
        };
        let earlier = sample("2026-11-24T10:00:00Z", 100);
        let read = |json| serde_json::from_value::<Stats>(json).unwrap();
        let both = read(pair(&earlier, sample("2026-11-24T10:00:10Z", 300)));
        assert_eq!(both.read.unwrap().duration_since(both.preread.unwrap()).as_secs(), 10);
        assert_eq!((both.precpu_stats.cpu_usage.total_usage, both.cpu_stats.cpu_usage.total_usage), (100, 300));
        let anew = read(pair(&earlier, sample("2026-11-24T10:00:10Z", 5)));
        assert_eq!((anew.preread, anew.precpu_stats.cpu_usage.total_usage), (None, 0));
        assert_eq!(read(pair(&json!(null), json!({"cpu_stats": null}))), Stats::default());
    }
}
