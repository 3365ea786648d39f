//! How often Claude is asked.

use jiff::SignedDuration;
use serde_json::{Value, json};
use stagewatch::{
    api::{
        Verdict,
        analysis::{Analysis, Usage},
        job_status::Raise,
        report::Report,
    },
    core::analysis,
};

use super::world::{World, at, engine_gone};

fn asking(analyze: &str) -> Value {
    json!({"analysis": {"claude": {"model": "claude-sonnet-5-5", "apiKeySecretRef": {"name": "claude", "key": "api-key"}, "analyze": analyze}}})
}

fn answered(report: &mut Report, verdict: Verdict, held: Option<&Raise>) {
    let usage = Usage { calls: 1, input_tokens: 700, cache_read_tokens: 200, output_tokens: 100, ..Usage::default() };
    let unanswered = analysis::unanswered("claude-sonnet-5-5", analysis::ANALYZED, "", usage);
    let answer = Analysis { verdict: Some(verdict), summary: Some("The disk is full.".into()), ..unanswered };
    analysis::take_in(report, answer, Vec::new(), held);
}

fn raises(report: &mut Report, held: Option<&Raise>) {
    answered(report, Verdict::ErrorsInvestigate, held);
}

fn agrees(report: &mut Report, held: Option<&Raise>) {
    answered(report, Verdict::SuspiciousInvestigate, held);
}

fn fails(report: &mut Report, held: Option<&Raise>) {
    unheard(report, "Overloaded", "too much to do", held);
}

fn unheard(report: &mut Report, reason: &str, why: &str, held: Option<&Raise>) {
    analysis::unheard(report, analysis::unanswered("claude-sonnet-5-5", reason, why, Usage::default()), held);
}

/// How often Claude is asked, and looks closer, in a week of two runs a day; the site fails in some of those from the fifth
/// to the eighth, which are two days.
fn week(analyze: &str, investigate: &str, failing: &[i64]) -> (usize, usize) {
    let mut change = asking(analyze);
    change["analysis"]["claude"]["investigate"] = investigate.into();
    let mut world = World::new(&change);
    for run in 0..14_i64 {
        let slot = if run % 2 == 0 { "03:15" } else { "10:30" };
        let now = at(slot) + SignedDuration::from_hours(24 * (run / 2));
        world.run(now, |seen| {
            if failing.contains(&run) {
                seen.site(503, 84);
            }
        });
    }
    (world.asked, world.looked)
}

#[test]
fn a_week_costs_what_it_brings() {
    let figures = [("OnChange", "OnIncident"), ("OnProblem", "OnIncident"), ("Always", "Always")]
        .map(|(analyze, look)| (week(analyze, look, &[]), week(analyze, look, &[4, 5, 6, 7])));
    assert_eq!(figures, [((0, 0), (1, 1)), ((0, 0), (4, 1)), ((14, 0), (14, 4))]);
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
    assert_eq!((world.asked, world.looked), (2, 2), "the site, and then the engine");
}

/// A warning of the site, told as critical by Claude: 6 s where 3 warn and 10 are critical.
#[test]
fn a_raise_holds_over_runs_until_something_new_is_found_or_nothing_is_wrong() {
    let mut world = World::new(&asking("OnChange"));
    let verdict = |world: &World| (world.status().verdict.unwrap(), world.status().rules_verdict.unwrap());
    let raised = (Verdict::ErrorsInvestigate, Verdict::SuspiciousInvestigate);
    world.claude = raises;
    let told = world.run(at("03:15"), |seen| seen.site(200, 6000)).unwrap();
    assert_eq!((verdict(&world), told.rings), (raised, true), "{}", told.text);
    assert!(told.text.contains("Claude AI (claude-sonnet-5-5), which raised the rules' verdict"), "{}", told.text);
    for (run, time) in ["10:30", "+1 03:15", "+1 10:30"].into_iter().enumerate() {
        let told = world.run(at(time), |seen| seen.site(200, 6000)).unwrap();
        assert_eq!((verdict(&world), world.asked, told.rings), (raised, 1, false), "{run}: {}", told.text);
        assert!(told.text.contains("rules, raised by Claude AI before"), "{}", told.text);
    }
    // Another thing is wrong: it is asked again, and sees it otherwise.
    world.claude = agrees;
    let slow_and_warm = |seen: &mut crate::world::Seen<'_>| {
        seen.site(200, 6000);
        seen.load("autopar-redis", 5, 256 * 90 / 100);
    };
    world.run(at("+2 03:15"), slow_and_warm);
    assert_eq!((verdict(&world).0, world.asked), (Verdict::SuspiciousInvestigate, 2));
    world.run(at("+2 10:30"), slow_and_warm);
    assert_eq!((verdict(&world).0, world.asked), (Verdict::SuspiciousInvestigate, 2), "the raise is gone");
    world.run(at("+3 03:15"), |_| {});
    assert_eq!(verdict(&world).0, Verdict::AllGood);
}

/// The verdict went back and forth with the API, and with what the model made of the same.
#[test]
fn a_raise_holds_whatever_comes_of_the_next_question_about_the_same() {
    let mut world = World::new(&asking("OnProblem"));
    world.claude = raises;
    world.run(at("03:15"), |seen| seen.site(200, 6000));
    world.claude = fails;
    let told = world.run(at("10:30"), |seen| seen.site(200, 6000)).unwrap();
    assert_eq!((world.status().verdict, world.asked), (Some(Verdict::ErrorsInvestigate), 2));
    let line = "rules, raised by Claude AI before (no answer from Claude: Overloaded)";
    assert!(told.text.contains(line), "{}", told.text);
    world.claude = agrees;
    world.run(at("+1 03:15"), |seen| seen.site(200, 6000));
    assert_eq!(world.status().verdict, Some(Verdict::ErrorsInvestigate), "nothing new is wrong, and nothing less");
    world.run(at("+1 10:30"), |_| {});
    assert_eq!(world.status().verdict, Some(Verdict::AllGood));
}

#[test]
fn the_condition_tells_the_last_answer_and_moves_when_it_turns() {
    let mut world = World::new(&asking("OnProblem"));
    let mut since = None;
    let mut said = |world: &World| {
        let analyzed = world.status().conditions.iter().find(|c| c.type_ == "Analyzed").unwrap().clone();
        let moved = since.replace(analyzed.last_transition_time.clone()) != Some(analyzed.last_transition_time);
        (analyzed.status, analyzed.reason, analyzed.message, moved)
    };
    let is = |status: &str, reason: &str, message: &str, moved: bool| {
        (status.to_owned(), reason.to_owned(), message.to_owned(), moved)
    };
    let mut times = (0..9).map(|run| at("03:15") + SignedDuration::from_hours(24 * run));
    let mut run = |world: &mut World, claude: fn(&mut Report, Option<&Raise>), status: u16| {
        world.claude = claude;
        world.run(times.next().unwrap(), |seen| seen.site(status, 84));
    };
    run(&mut world, fails, 200);
    assert_eq!(said(&world), is("Unknown", "NotAsked", "", true));
    run(&mut world, fails, 503);
    assert_eq!(said(&world), is("False", "Overloaded", "too much to do", true));
    run(&mut world, |report, held| unheard(report, "Refused", "no", held), 503);
    assert_eq!(said(&world), is("False", "Refused", "no", false), "another reason is no transition");
    run(&mut world, raises, 503);
    assert_eq!(said(&world), is("True", "Analyzed", "The disk is full.", true));
    run(&mut world, fails, 200);
    assert_eq!(said(&world), is("True", "Analyzed", "The disk is full.", false), "a run without a question keeps it");
    run(&mut world, |report, held| unheard(report, analysis::SECRET_MISSING, "none", held), 503);
    assert_eq!(said(&world), is("False", "SecretMissing", "none", true));
    run(&mut world, fails, 200);
    assert_eq!(said(&world), is("Unknown", "NotAsked", "", true), "the key is there again");
    world.edit(&json!({"analysis": null}));
    run(&mut world, fails, 200);
    assert!(!world.status().conditions.iter().any(|c| c.type_ == "Analyzed"));
}

#[test]
fn usage_is_summed_over_a_day_and_starts_anew() {
    let mut world = World::new(&asking("Always"));
    let used = |world: &World| world.status().usage.as_ref().map(|usage| (usage.day.clone(), usage.tokens));
    let day = |day: &str, tokens| Some((format!("2026-11-{day}"), tokens));
    world.claude = agrees;
    world.run(at("03:15"), |_| {});
    assert_eq!(used(&world), day("24", 1000));
    world.run(at("10:30"), |seen| seen.site(503, 84));
    assert_eq!(used(&world), day("24", 2000));
    world.claude = fails;
    world.run(at("+1 03:15"), |_| {});
    assert_eq!(used(&world), day("24", 2000), "what used nothing is not written");
    world.claude = raises;
    world.run(at("+1 10:30"), |_| {});
    assert_eq!(used(&world), day("25", 1000));
}
