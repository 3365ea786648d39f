//! How often Claude is asked.

use jiff::SignedDuration;
use serde_json::json;

use super::world::{World, at, engine_gone};

/// A week of two runs a day; the site fails in some of those from the fifth to the eighth, which are two days.
fn week(analyze: &str, failing: &[i64]) -> usize {
    let claude = json!({"model": "claude-sonnet-5-5", "apiKeySecretRef": {"name": "claude", "key": "api-key"}, "analyze": analyze});
    let mut world = World::new(&json!({"analysis": {"claude": claude}}));
    for run in 0..14_i64 {
        let slot = if run % 2 == 0 { "03:15" } else { "10:30" };
        let now = at(slot) + SignedDuration::from_hours(24 * (run / 2));
        world.run(now, |seen| {
            if failing.contains(&run) {
                seen.site(503, 84);
            }
        });
    }
    world.asked
}

#[test]
fn a_week_costs_what_it_brings() {
    let figures = ["OnChange", "OnProblem", "Always"].map(|analyze| (week(analyze, &[]), week(analyze, &[4, 5, 6, 7])));
    assert_eq!(figures, [(0, 1), (0, 4), (14, 14)]);
}

#[test]
fn what_joins_is_asked_once_and_what_comes_and_goes_within_an_incident_is_not() {
    let claude = json!({"model": "claude-sonnet-5-5", "apiKeySecretRef": {"name": "claude", "key": "api-key"}});
    let mut world = World::new(
        &json!({"analysis": {"claude": claude}, "schedule": {"cron": ["*/5 * * * *"]}, "notifications": {"failureThreshold": 1, "successThreshold": 2}}),
    );
    for run in 0..40_i64 {
        world.run(at("03:00") + SignedDuration::from_mins(5 * run), |seen| match run {
            20 => engine_gone(seen),
            run if run % 2 == 0 => seen.site(503, 84),
            _ => {}
        });
    }
    assert_eq!(world.asked, 2, "the site, and then the engine");
}
