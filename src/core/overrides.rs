//! The overrides of a job: findings that count as something else than the rules say, and overrides that are done with.

use jiff::Timestamp;

use crate::api::{
    Finding, FindingState, MonitoringJobSpec, MonitoringRunStatus,
    job::Override,
    job_status::{OverrideEnd, OverrideUse},
};

/// How many scheduled runs in a row an override may match nothing before that is told.
pub const IDLE_RUNS: i32 = 10;

/// Gives each finding the severity that an override holding at `at` says, and keeps that of the rules beside it. What is
/// over counts for nothing anyway, and is told as what it was.
pub fn apply(spec: &MonitoringJobSpec, findings: &mut [Finding], at: Timestamp) {
    for finding in findings {
        // What was carried on from the run before has the severity of that run.
        finding.severity = finding.rules_severity.take().unwrap_or(finding.severity);
        let holding = spec.overrides.iter().find(|item| item.id == finding.id && item.holds(at));
        let Some(item) = holding.filter(|_| finding.state != FindingState::Resolved) else { continue };
        finding.rules_severity = Some(finding.severity);
        finding.severity = item.severity;
        finding.override_reason = Some(item.reason.clone());
    }
}

/// What came of each override by the completed scheduled run `done`, whose window ends at `at`. What matches and was
/// never told to be done with is not listed.
pub fn used(
    known: &[OverrideUse],
    spec: &MonitoringJobSpec,
    done: &MonitoringRunStatus,
    at: Timestamp,
) -> Vec<OverrideUse> {
    let used = spec.overrides.iter().map(|item| {
        let mut used = known.iter().find(|used| is_of(used, item)).cloned().unwrap_or_else(|| unused(item));
        let matched = done.findings.iter().any(|f| f.id == item.id && f.rules_severity.is_some());
        used.idle_runs = if matched { 0 } else { used.idle_runs.saturating_add(1) };
        let end = if !item.holds(at) {
            Some(OverrideEnd::Expired)
        } else if used.idle_runs >= IDLE_RUNS {
            Some(OverrideEnd::Unused)
        } else {
            None
        };
        // That it was of no use is told once, and so is that it no longer holds.
        used.told = used.told && (end == used.end || end != Some(OverrideEnd::Expired));
        used.end = end;
        used
    });
    used.filter(|used| used.idle_runs > 0 || used.told).collect()
}

fn is_of(used: &OverrideUse, item: &Override) -> bool {
    (used.id.as_str(), used.severity, used.until) == (item.id.as_str(), item.severity, item.until)
}

fn unused(item: &Override) -> OverrideUse {
    let (id, severity, until) = (item.id.clone(), item.severity, item.until);
    OverrideUse { id, severity, until, idle_runs: 0, end: None, told: false }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::{
        api::{
            Kind, MonitoringJob, MonitoringRun, Severity, Verdict,
            report::{Aspect, Outcome, Report},
            run::{JobRef, MonitoringRunSpec, Trigger},
        },
        core::{
            execution,
            fixtures::{all_well, all_well_but, at, inspect, look_of, seen, spec, window, write_log},
            fold::{self, fold},
            message::{Letter, Place},
            observation::{Observations, website::AttemptResult},
            outbox::{self, Delivery},
            previous::Previous,
            report::report,
            rules::finding,
            schedule::Schedule,
        },
    };

    const REDIS: &str = "container/autopar-redis/NotRunning";

    fn down() -> Observations {
        all_well_but("autopar-redis", seen(inspect(&json!({"State": {"Status": "exited", "FinishedAt": at(2)}}))))
    }

    /// And the site says so.
    fn down_with_site() -> Observations {
        let mut seen = down();
        let AttemptResult::Answered(answer) = &mut seen.checks[0].attempts[0].result else { panic!() };
        answer.status = 502;
        seen
    }

    fn overridden(id: &str, severity: Severity, until: Option<i64>) -> Override {
        Override { id: id.into(), severity, until: until.map(at), reason: "rebuilt this week".into() }
    }

    fn judged(overrides: &[Override], seen: &Observations, previous: &Previous) -> Report {
        let mut spec = spec();
        spec.overrides = overrides.to_vec();
        report(&spec, seen, previous, window())
    }

    fn remembered(report: &Report) -> Previous {
        Previous::default().followed_by(&spec(), report, &[])
    }

    #[test]
    fn what_is_muted_stays_in_the_report_and_changes_no_verdict() {
        let mute = [overridden(REDIS, Severity::Info, None)];
        let report = judged(&mute, &down(), &Previous::default());
        assert_eq!((report.verdict, &report.probable_cause), (Verdict::AllGood, &None));
        let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
        assert_eq!((finding.severity, finding.rules_severity), (Severity::Info, Some(Severity::Critical)));
        assert_eq!(finding.override_reason.as_deref(), Some("rebuilt this week"));
        let line = report.observations.iter().find(|o| o.aspect == Aspect::Container).unwrap();
        assert_eq!(line.outcome, Outcome::Bad, "no check mark for what does not run");
        let again = judged(&mute, &down(), &remembered(&report));
        assert_eq!((again.findings[0].state, again.verdict), (FindingState::Ongoing, Verdict::AllGood));
        assert_eq!(judged(&mute, &all_well(), &remembered(&again)).findings, [], "its end is no news");
    }

    #[test]
    fn an_override_weighs_anew_and_only_what_it_names() {
        let weighed = |severity| judged(&[overridden(REDIS, severity, None)], &down(), &Previous::default()).verdict;
        assert_eq!(weighed(Severity::Warning), Verdict::SuspiciousInvestigate);
        assert_eq!(weighed(Severity::Critical), Verdict::ErrorsInvestigate);
        let other = overridden("container/autopar-worker/NotRunning", Severity::Info, None);
        let report = judged(&[other], &down(), &Previous::default());
        assert_eq!((report.verdict, report.findings[0].rules_severity), (Verdict::ErrorsInvestigate, None));
    }

    #[test]
    fn an_override_holds_until_its_end_by_the_window() {
        let verdict =
            |until| judged(&[overridden(REDIS, Severity::Info, until)], &down(), &Previous::default()).verdict;
        assert_eq!(verdict(Some(16)), Verdict::AllGood);
        assert_eq!(verdict(Some(15)), Verdict::ErrorsInvestigate, "the window ends at 15");
    }

    #[test]
    fn what_a_muted_cause_brings_down_counts_and_says_what_may_explain_it() {
        let report = judged(&[overridden(REDIS, Severity::Info, None)], &down_with_site(), &Previous::default());
        assert_eq!(report.verdict, Verdict::ErrorsInvestigate);
        let cause = report.probable_cause.unwrap();
        assert_eq!((cause.subject.as_str(), &cause.consequences[..]), ("staging", &[][..]));
        assert_eq!(
            cause.message,
            "nothing else that was found explains it; it may follow from autopar-redis NotRunning, which is muted"
        );
        assert_eq!(report.findings.last().unwrap().id, REDIS);
    }

    /// An alarm is logged when it is set: later runs know its severity only from the one before.
    #[test]
    fn what_is_carried_on_has_its_own_severity_again_when_the_override_ends() {
        const ALARM: &str = "2026-11-24 03:01:00.679304+00:00 [warning] <0.288.0> memory resource limit alarm set on node rabbit@rabbit.";
        let mute = [overridden("logs/autopar-rabbitmq/memory-alarm", Severity::Info, None)];
        let mut seen = all_well();
        write_log(&mut seen, &spec(), "autopar-rabbitmq", &[(1, ALARM)]);
        let first = judged(&mute, &seen, &Previous::default());
        assert_eq!((first.verdict, first.findings[0].kind), (Verdict::AllGood, Kind::State));
        let second = judged(&mute, &all_well(), &remembered(&first));
        assert_eq!((second.verdict, second.findings[0].rules_severity), (Verdict::AllGood, Some(Severity::Critical)));
        let ended = judged(&[], &all_well(), &remembered(&second));
        assert_eq!((ended.verdict, ended.findings[0].rules_severity), (Verdict::ErrorsInvestigate, None));
        // And so has what cannot be seen meanwhile.
        let mut dark = all_well();
        *look_of(&mut dark, "autopar-rabbitmq") =
            crate::core::observation::docker::ContainerLook::NotObserved { why: "x".into() };
        let of = |report: &Report| {
            let found = report.findings.iter().find(|f| f.id == mute[0].id).unwrap();
            (found.state, found.severity)
        };
        let unseen = judged(&mute, &dark, &remembered(&second));
        assert_eq!(of(&unseen), (FindingState::Unknown, Severity::Info));
        let ended = judged(&[], &dark, &remembered(&unseen));
        assert_eq!(of(&ended), (FindingState::Unknown, Severity::Critical));
    }

    #[test]
    fn what_is_over_is_told_as_what_it_was() {
        let mut over = finding(REDIS.into(), Kind::State, Severity::Critical, "autopar-redis", "not running");
        over.state = FindingState::Resolved;
        let mut spec = spec();
        spec.overrides = vec![overridden(REDIS, Severity::Info, None)];
        apply(&spec, std::slice::from_mut(&mut over), at(15));
        assert_eq!((over.severity, over.rules_severity), (Severity::Critical, None));
    }

    /// A job and its runs, one an hour, each folded, and its message delivered.
    struct Played {
        job: MonitoringJob,
        runs: Vec<MonitoringRun>,
    }

    impl Played {
        fn new(overrides: &[Override]) -> Self {
            let mut spec = spec();
            spec.schedule = serde_saphyr::from_str("{cron: ['@hourly']}").unwrap();
            spec.notifications = serde_saphyr::from_str(
                "{policy: Changes, receivers: [{name: team, telegram: {secretRef: {name: telegram}}}]}",
            )
            .unwrap();
            spec.overrides = overrides.to_vec();
            let mut job = MonitoringJob::new("staging", spec);
            job.metadata.namespace = Some("monitoring".into());
            Self { job, runs: Vec::new() }
        }

        /// The next run, and its message if there is one.
        fn see(&mut self, seen: &Observations) -> Option<String> {
            let now = at(15) + SignedDuration::from_hours(i64::try_from(self.runs.len()).unwrap());
            let name = format!("run-{}", self.runs.len());
            let spec = MonitoringRunSpec {
                job_ref: JobRef { name: "staging".into() },
                trigger: Some(Trigger::Schedule),
                scheduled_time: Some(now),
                ..Default::default()
            };
            let mut run = MonitoringRun::new(&name, spec);
            let status = execution::claimed(&self.job, &run, "me", now);
            let window = status.window.unwrap();
            run.status = Some(status);
            let previous = self.job.status.as_ref().map(Previous::from).unwrap_or_default();
            let report = report(&self.job.spec, seen, &previous, window);
            run.status = Some(execution::completed(&run, report, vec![], now));
            let schedule = Schedule::parse(self.job.spec.schedule.as_ref().unwrap()).unwrap();
            let context = fold::Context { schedule: Some(&schedule), holder: "me", now };
            let mut status = fold(&self.job, &run, context).unwrap();
            self.runs.push(run);
            let message = status.outbox.first().cloned().map(|entry| {
                let named = |name: &str| self.runs.iter().find(|r| r.metadata.name.as_deref() == Some(name));
                let letter = Letter {
                    job: &self.job,
                    status: &status,
                    schedule: Some(&schedule),
                    problems: &[],
                    run: named(&entry.run),
                    opened: entry.opened_by.as_deref().and_then(named),
                    entry: &entry,
                    place: Place::Nowhere,
                    now,
                };
                let text = letter.parts().into_iter().map(|part| part.plain).collect::<String>();
                outbox::record(&mut status, &entry.id, &Delivery::Accepted { message_id: 7 }, None, now);
                text
            });
            self.job.status = Some(status);
            message
        }

        fn uses(&self) -> Vec<(i32, Option<OverrideEnd>, bool)> {
            self.job.status.iter().flat_map(|s| &s.overrides).map(|o| (o.idle_runs, o.end, o.told)).collect()
        }
    }

    #[test]
    fn an_incident_whose_rest_is_muted_closes_as_muted_and_not_as_recovered() {
        let mut played = Played::new(&[]);
        assert!(played.see(&down()).unwrap().starts_with("🚨"));
        played.job.spec.overrides = vec![overridden(REDIS, Severity::Info, None)];
        insta::assert_snapshot!(played.see(&down()).unwrap(), @r#"
        🔇 AUTOPAR STAGING MONITORING - MUTED after 1 h 13 min

        🔇 Muted (rebuilt this week): 🐳 autopar-redis not running since 03:02: exited with code 0 (no error)
        ✅ Website: staging.example.com accessible
        ✅ autopar-rabbitmq container healthy
        ✅ autopar-worker container healthy
        ✅ Logs: No critical errors detected

        📅 Report Time: 2026-11-24 04:15 UTC   ⏱️ Period Analyzed: 1 hour
        🎯 Environment: Autopar Staging   🤖 Analysis: rules
        🔄 Next Check: 05:00 UTC
        "#);
        assert_eq!(played.job.status.as_ref().unwrap().incident, None);
        assert_eq!(played.see(&down()), None, "and is quiet from then on");
        assert_eq!(played.see(&all_well()), None, "its end is no news either");
    }

    #[test]
    fn what_recovers_beside_what_is_muted_is_told_as_over() {
        let mut played = Played::new(&[]);
        assert!(played.see(&down_with_site()).is_some());
        played.job.spec.overrides = vec![overridden(REDIS, Severity::Info, None)];
        assert_eq!(played.see(&down_with_site()), None, "the site is still down, and known");
        insta::assert_snapshot!(played.see(&down()).unwrap(), @r#"
        🔇 AUTOPAR STAGING MONITORING - MUTED after 2 h 13 min

        🔇 Muted (rebuilt this week): 🐳 autopar-redis not running since 03:02: exited with code 0 (no error)
        Was: 🌐 staging.example.com answered 502 Bad Gateway, over since 05:15
        ✅ Website: staging.example.com accessible
        ✅ autopar-rabbitmq container healthy
        ✅ autopar-worker container healthy
        ✅ Logs: No critical errors detected

        📅 Report Time: 2026-11-24 05:15 UTC   ⏱️ Period Analyzed: 1 hour
        🎯 Environment: Autopar Staging   🤖 Analysis: rules
        🔄 Next Check: 06:00 UTC
        "#);
    }

    #[test]
    fn a_muted_cause_is_named_where_its_consequence_is_told() {
        let mut played = Played::new(&[overridden(REDIS, Severity::Info, None)]);
        assert_eq!(played.see(&down()), None);
        insta::assert_snapshot!(played.see(&down_with_site()).unwrap(), @r#"
        🚨 AUTOPAR STAGING MONITORING - staging.example.com answered 502 Bad Gateway

        Cause: 🌐 staging.example.com answered 502 Bad Gateway since 03:15, expected 2xx
        Do: look at the application, and at the proxy before it
        ✅ autopar-rabbitmq container healthy
        ✅ autopar-worker container healthy
        ✅ Logs: No critical errors detected

        📅 Report Time: 2026-11-24 04:15 UTC   ⏱️ Period Analyzed: 1 hour
        🎯 Environment: Autopar Staging   🤖 Analysis: rules
        🔄 Next Check: 05:00 UTC
        🔇 1 muted: autopar-redis NotRunning
        🔕 Mute: website/staging/home/UnexpectedStatus
        "#);
    }

    #[test]
    fn an_override_that_expired_is_told_once_with_what_counts_again() {
        let mut played = Played::new(&[overridden(REDIS, Severity::Info, Some(30))]);
        assert_eq!(played.see(&down()), None);
        assert_eq!(played.uses(), []);
        insta::assert_snapshot!(played.see(&down()).unwrap(), @r#"
        🚨 AUTOPAR STAGING MONITORING - autopar-redis not running

        Cause: 🐳 autopar-redis not running since 03:02: exited with code 0 (no error)
        Do: start it, and find who stopped it
        ✅ Website: staging.example.com accessible
        ✅ autopar-rabbitmq container healthy
        ✅ autopar-worker container healthy
        ✅ Logs: No critical errors detected

        📅 Report Time: 2026-11-24 04:15 UTC   ⏱️ Period Analyzed: 1 hour
        🎯 Environment: Autopar Staging   🤖 Analysis: rules
        🧹 Override to remove: container/autopar-redis/NotRunning (expired 03:30)
        🔄 Next Check: 05:00 UTC
        🔕 Mute: container/autopar-redis/NotRunning
        "#);
        assert_eq!(played.uses(), [(1, Some(OverrideEnd::Expired), true)]);
        let later = played.see(&all_well()).unwrap();
        assert!(later.contains("RECOVERED") && !later.contains("Override"), "{later}");
        // An edit begins anew.
        played.job.spec.overrides[0].until = None;
        played.see(&down());
        assert_eq!(played.uses(), []);
    }

    #[test]
    fn an_override_that_matched_nothing_in_ten_runs_is_told_once() {
        let mut played = Played::new(&[overridden("container/autopar-worker/HighCpu", Severity::Info, None)]);
        for run in 1..IDLE_RUNS {
            assert_eq!(played.see(&all_well()), None);
            assert_eq!(played.uses(), [(run, None, false)]);
        }
        assert_eq!(played.see(&all_well()), None, "it waits for a message that has to be sent anyway");
        assert_eq!(played.uses(), [(IDLE_RUNS, Some(OverrideEnd::Unused), false)]);
        let told = played.see(&down()).unwrap();
        let line = "🧹 Override to remove: container/autopar-worker/HighCpu (matched nothing in 11 runs)";
        assert!(told.contains(line), "{told}");
        let later = played.see(&all_well()).unwrap();
        assert!(!later.contains("Override"), "{later}");
        // What a run of another spec found says nothing of this one.
        let mut stale = played.runs.last().unwrap().status.clone().unwrap();
        stale.findings.clear();
        let uses = &played.job.status.as_ref().unwrap().overrides;
        assert_eq!(used(uses, &spec(), &stale, at(15)), [], "it is gone from the spec");
    }
}
