//! Names that come near one that is missing.

/// How many are told.
const MOST: usize = 3;

/// At most three of `names` that somebody may have meant with `wanted`, the likeliest first.
pub fn near(wanted: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut found: Vec<(usize, String)> =
        names.into_iter().filter_map(|name| Some((distance(wanted, &name)?, name))).collect();
    found.sort();
    found.dedup();
    found.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// How far one name is from another; none when nobody would take one for the other.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let (wanted, name) = (plain(wanted), plain(name));
    let edits = strsim::osa_distance(&wanted, &name);
    // Compose puts a project before and a number behind: `autopar-redis-1` for `redis`.
    let within = |long: &str, short: &str| format!("-{long}-").contains(&format!("-{short}-"));
    let contained = within(&name, &wanted) || within(&wanted, &name);
    let typed_wrong = edits <= (wanted.chars().count() / 4).clamp(1, 3);
    (contained || typed_wrong).then_some(edits)
}

/// Case and the kind of separator are often remembered wrong, and compose itself changed from `_` to `-`.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_was_meant_and_no_more() {
        let there = ["autopar-redis-1", "autopar-rabbitmq", "autopar_redis", "web", "postgres", "redis-exporter"];
        for (wanted, expected) in [
            ("autopar-redis", vec!["autopar_redis", "autopar-redis-1"]),
            ("autopar-rediss", vec!["autopar_redis", "autopar-redis-1"]),
            ("redis", vec!["autopar_redis", "redis-exporter", "autopar-redis-1"]),
            ("autopar-rabitmq", vec!["autopar-rabbitmq"]),
            ("AUTOPAR-RABBITMQ", vec!["autopar-rabbitmq"]),
            ("bew", vec![]),
            ("wbe", vec!["web"]),
            ("autopar-web", vec!["web"]),
            ("mongo", vec![]),
        ] {
            assert_eq!(near(wanted, there.map(String::from)), expected, "{wanted}");
        }
        assert_eq!(near("a1", (0..10).map(|n| format!("a{n}"))).len(), MOST);
    }
}
