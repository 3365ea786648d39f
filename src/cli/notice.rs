//! What people have to know besides what a status says: a log line, and in a cluster an Event.

use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Resource as _,
    runtime::events::{Event, EventType, Recorder},
};

use crate::{
    api::{GROUP, VERSION},
    core::redact,
    engine::Notice,
};

/// The longest that recording an Event may take: kube has no limit of its own.
const DEADLINE: Duration = Duration::from_secs(10);
/// What an Event's note may hold.
const MAX_NOTE: usize = 1000;

/// Tells a notice by a log line.
pub fn log(notice: &Notice) {
    let (about, reason, note, _) = words(notice);
    let (kind, name, namespace) = (about.kind, about.name, about.namespace);
    tracing::warn!(kind, namespace, name, reason, "{note}");
}

/// Tells a notice by a log line and an Event.
pub fn log_and_record(recorder: &Recorder, notice: &Notice) {
    log(notice);
    let (about, reason, note, action) = words(notice);
    let recorder = recorder.clone();
    tokio::spawn(async move {
        let event = Event {
            type_: EventType::Warning,
            reason: reason.into(),
            note: Some(redact::cut(&note, MAX_NOTE)),
            action: action.into(),
            secondary: None,
        };
        match tokio::time::timeout(DEADLINE, recorder.publish(&event, &about)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, reason, "an Event could not be recorded"),
            Err(_) => tracing::warn!(reason, "an Event could not be recorded: the API server did not answer in time"),
        }
    });
}

fn words(notice: &Notice) -> (ObjectReference, &'static str, String, &'static str) {
    match notice {
        Notice::SpecInvalid { job, problems } => (job.object_ref(&()), "InvalidSpec", problems.clone(), "Observe"),
        Notice::NameTaken { job, run } => {
            let note =
                format!("the name of this slot's run, {run}, is taken by a run that is not ours: the slot is missed");
            (job.object_ref(&()), "NameTaken", note, "CreateRun")
        }
        Notice::Refused { job, problem } => (job.object_ref(&()), "Refused", problem.clone(), "Write"),
        Notice::Undecodable { kind, namespace, name, uid, problem } => {
            let about = ObjectReference {
                api_version: Some(format!("{GROUP}/{VERSION}")),
                kind: Some((*kind).to_owned()),
                namespace: Some(namespace.clone()),
                name: Some(name.clone()),
                uid: Some(uid.clone()),
                ..Default::default()
            };
            (about, "Undecodable", format!("this version cannot read the object, which is skipped: {problem}"), "Read")
        }
    }
}
