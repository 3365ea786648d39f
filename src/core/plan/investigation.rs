//! The part of the plan that is about a closer look: it waits for all else, and each step is read back before the next.

use super::{Effect, JobWrite, Me, RunWrite, View, owner};
use crate::{
    api::{
        MonitoringJobStatus, MonitoringRun,
        analysis::{Investigation, InvestigationPhase},
    },
    core::{
        execution::MAX_ATTEMPTS,
        fold,
        investigation::{budget::Limit, course},
    },
};

impl Me {
    /// Lets go of an investigation that is not wanted from this process any more.
    pub fn drops_investigation(&self) -> Option<Effect> {
        (self.investigating.is_some() || self.investigated.is_some()).then_some(Effect::AbandonInvestigation)
    }
}

impl<'a> View<'a> {
    /// The run whose investigation is due.
    fn due_investigation(&self) -> Option<(&'a str, &'a MonitoringRun)> {
        let due = self.job.status.as_ref()?.investigation.as_ref()?;
        let ours = |run: &&MonitoringRun| owner(run).is_none_or(|owner| owner == self.uid());
        self.runs.get(&due.run).filter(ours).map(|run| (due.run.as_str(), run))
    }

    /// Whether the investigation of `run` is this process's.
    fn investigates(&self, run: &MonitoringRun) -> bool {
        investigation_of(run).is_some_and(|held| {
            held.phase == InvestigationPhase::Running && held.holder.as_deref() == Some(self.me.holder.as_str())
        })
    }

    /// What this process holds of the investigation of `run` in memory goes into the store, or is dropped.
    fn investigated(&self, name: &str, run: &MonitoringRun) -> Option<Effect> {
        let ours = self.investigates(run);
        match &self.me.investigated {
            Some(done)
                if ours && done.run == name && investigation_of(run).map(|i| i.attempt) == Some(done.attempt) =>
            {
                let status = course::ended(run, (*done.investigation).clone(), self.now);
                Some(Effect::PatchRun(RunWrite::EndInvestigation, name.to_owned(), Box::new(status)))
            }
            None if ours && self.me.investigating.as_deref() == Some(name) => None,
            _ => self.me.drops_investigation(),
        }
    }

    /// A stopping process commits what came of an investigation, or hands it back.
    pub(super) fn hand_investigation_back(&self) -> Option<Effect> {
        let (name, run) = self.due_investigation()?;
        match self.investigated(name, run) {
            None if self.investigates(run) => {
                let status = course::handed_back(run);
                Some(Effect::PatchRun(RunWrite::HandBackInvestigation, name.to_owned(), Box::new(status)))
            }
            local => local,
        }
    }

    /// A closer look that is due. It comes after all that keeps the schedule, and goes on beside it.
    pub(super) fn investigation(&self) -> Option<Effect> {
        let Some((name, run)) = self.due_investigation() else {
            // Its run was deleted: there is nothing left to look into, and nowhere to keep what came of it.
            let lost = self.job.status.as_ref().is_some_and(|status| status.investigation.is_some());
            let gone = || {
                let status = MonitoringJobStatus { investigation: None, ..self.status() };
                lost.then(|| Effect::PatchJob(JobWrite::FoldInvestigation, Box::new(status)))
            };
            return self.me.drops_investigation().or_else(gone);
        };
        let held = investigation_of(run);
        let phase = held.map_or(InvestigationPhase::Pending, |held| held.phase);
        if matches!(phase, InvestigationPhase::Completed | InvestigationPhase::Failed) {
            let context =
                fold::Context { schedule: self.understood.schedule.as_ref(), holder: &self.me.holder, now: self.now };
            return self.me.drops_investigation().or_else(|| {
                let status = course::fold(self.job, run, context)?;
                Some(Effect::PatchJob(JobWrite::FoldInvestigation, Box::new(status)))
            });
        }
        let end = |model: &str, reason, message: &str| {
            let status = course::ended(run, course::without_report(model, reason, message), self.now);
            Some(Effect::PatchRun(RunWrite::EndInvestigation, name.to_owned(), Box::new(status)))
        };
        let Some(claude) = course::asked(self.job) else {
            let model = held.map_or("", |held| held.model.as_str());
            return end(model, course::WITHDRAWN, "the job no longer asks for investigations");
        };
        if let Some(local) = self.investigated(name, run) {
            return Some(local);
        }
        if self.investigates(run) {
            return self.me.investigating.is_none().then(|| Effect::Investigate(name.to_owned()));
        }
        if !course::may_begin(run) {
            let message = format!("its process was lost {MAX_ATTEMPTS} times");
            return end(&claude.model, course::HOLDER_LOST, &message);
        }
        if course::is_spent(self.job, claude, self.now) {
            let message = "the tokens that this job may use in a day are used";
            return end(&claude.model, Limit::Day.as_str(), message);
        }
        (self.me.room_to_investigate && self.understood.problems.is_empty()).then(|| {
            let status = course::begun(run, &claude.model, &self.me.holder, self.now);
            Effect::PatchRun(RunWrite::BeginInvestigation, name.to_owned(), Box::new(status))
        })
    }
}

fn investigation_of(run: &MonitoringRun) -> Option<&Investigation> {
    run.status.as_ref().and_then(|s| s.investigation.as_ref())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        api::MonitoringJob,
        core::{observe::Understood, plan::Investigated},
    };

    const RUN: &str = "run-1";

    fn now() -> Timestamp {
        "2026-11-24T03:16:00Z".parse().unwrap()
    }

    /// What is planned for a job whose run's investigation is as `held`.
    fn planned(held: &Value, asked: bool, used: i64, me: &Me) -> Option<Effect> {
        let mut job: MonitoringJob = serde_json::from_value(json!({
            "apiVersion": "monitoring.pitchai.net/v1alpha1", "kind": "MonitoringJob",
            "metadata": {"name": "staging", "uid": "u1"},
            "spec": {"environment": "Staging", "analysis": {"claude": {
                "model": "claude-sonnet-5-5", "apiKeySecretRef": {"name": "claude", "key": "api-key"},
                "investigate": if asked { "OnIncident" } else { "Never" },
            }}},
            "status": {
                "investigation": {"run": RUN, "told": true}, "usage": {"day": "2026-11-24", "tokens": used},
            },
        }))
        .unwrap();
        let mut run: MonitoringRun = serde_json::from_value(json!({
            "apiVersion": "monitoring.pitchai.net/v1alpha1", "kind": "MonitoringRun", "metadata": {"name": RUN},
            "spec": {"jobRef": {"name": "staging"}}, "status": {"phase": "Completed"},
        }))
        .unwrap();
        if held.is_string() {
            job.status.as_mut().unwrap().investigation.as_mut().unwrap().run = "deleted".into();
        } else {
            run.status.as_mut().unwrap().investigation = serde_json::from_value(held.clone()).unwrap();
        }
        let runs = BTreeMap::from([(RUN.to_owned(), run)]);
        View { job: &job, understood: &Understood::default(), runs: &runs, me, now: now() }.investigation()
    }

    fn held(phase: &str, holder: &str, attempt: i32) -> Value {
        let usage =
            json!({"calls": 0, "inputTokens": 0, "cacheWriteTokens": 0, "cacheReadTokens": 0, "outputTokens": 0});
        json!({
            "phase": phase, "model": "m", "holder": holder, "attempt": attempt, "turns": 0, "toolCalls": 0, "usage": usage,
        })
    }

    /// The name of an effect, with what it writes into the run's investigation.
    fn told(effect: Option<Effect>) -> String {
        match effect {
            Some(Effect::PatchRun(write, _, status)) => {
                let it = status.investigation.unwrap();
                format!("{write:?} {:?} {} {}", it.phase, it.attempt, it.stop_reason.unwrap_or_default())
            }
            Some(Effect::PatchJob(write, status)) => format!("{write:?} due: {}", status.investigation.is_some()),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_comes_next() {
        let me = |room| Me { holder: "me".into(), room_to_investigate: room, ..Me::default() };
        let at_it = |run: &str| Me { investigating: Some(run.into()), ..me(true) };
        let done = |run: &str, attempt| {
            let investigation = Box::new(course::without_report("m", "Overloaded", ""));
            Me { investigated: Some(Investigated { run: run.into(), attempt, investigation }), ..me(true) }
        };
        let gone = Value::from("gone");
        let over = "FoldInvestigation due: false";
        let drop = "Some(AbandonInvestigation)";
        for (case, held, me, expected) in [
            ("due", Value::Null, me(true), "BeginInvestigation Running 1 "),
            ("no room", Value::Null, me(false), "None"),
            ("handed back", held("Pending", "", 1), me(true), "BeginInvestigation Running 2 "),
            ("ours, not begun", held("Running", "me", 1), me(false), "Some(Investigate(\"run-1\"))"),
            ("ours, goes on", held("Running", "me", 1), at_it(RUN), "None"),
            ("done", held("Running", "me", 1), done(RUN, 1), "EndInvestigation Failed 1 Overloaded"),
            ("done, of an earlier attempt", held("Running", "me", 2), done(RUN, 1), drop),
            ("done, of another run", held("Running", "me", 1), done("run-0", 1), drop),
            ("another's", held("Running", "another", 1), me(true), "BeginInvestigation Running 2 "),
            ("another's by now", held("Running", "another", 2), at_it(RUN), drop),
            ("done, another's by now", held("Running", "another", 2), done(RUN, 1), drop),
            ("lost twice", held("Running", "another", 2), me(false), "EndInvestigation Failed 2 HolderLost"),
            ("ended", held("Failed", "another", 2), me(false), over),
            ("ended by another", held("Completed", "another", 2), at_it(RUN), drop),
            ("its run is gone", gone.clone(), me(false), over),
            ("its run is gone meanwhile", gone, at_it(RUN), drop),
        ] {
            assert_eq!(told(planned(&held, true, 0, &me)), expected, "{case}");
        }
        for (case, held, expected) in [
            ("due", Value::Null, "EndInvestigation Failed 0 Withdrawn"),
            ("ours", held("Running", "me", 1), "EndInvestigation Failed 1 Withdrawn"),
            ("withdrawn", held("Failed", "me", 1), over),
        ] {
            assert_eq!(told(planned(&held, false, 0, &me(true))), expected, "{case}");
        }
        let spent = told(planned(&Value::Null, true, 2_000_000, &me(true)));
        assert_eq!(spent, "EndInvestigation Failed 0 DailyTokenLimit");
        assert_eq!(
            told(planned(&held("Running", "me", 1), true, 2_000_000, &at_it(RUN))),
            "None",
            "it has its own limit"
        );
    }
}
