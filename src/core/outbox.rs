//! Messages on their way. An alert stays until it was accepted, over any number of runs, in order; what nobody can tell
//! to have arrived is sent again at most once, and says so.

use jiff::{SignedDuration, Timestamp};

use super::{
    condition::{self, Truth},
    fold::Context,
    message::{Letter, Place},
    redact,
};
use crate::api::{
    MonitoringJob, MonitoringJobStatus, MonitoringRun,
    job_status::{AlertMessage, LastNotification, MessageKind, OutboxEntry, OutboxState},
};

/// What fits into the status.
pub const MAX_ENTRIES: usize = 8;
/// How long a refused message waits: a person has to mend the token or the chat.
const REFUSED_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// How long an ambiguous message waits before it is sent for the second time.
const AMBIGUOUS_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// The pauses after an attempt that sent nothing: they double.
const RETRY_PAUSE: (SignedDuration, SignedDuration) = (SignedDuration::from_secs(10), SignedDuration::from_mins(10));

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It was accepted.
    Accepted {
        /// Its id in the chat; of the first part.
        message_id: i64,
    },
    /// The bot has to wait.
    RetryAfter {
        /// How long.
        pause: SignedDuration,
        /// Parts that were accepted before.
        parts_sent: i32,
    },
    /// No byte left: the endpoint was not reached, or a Secret is missing.
    NotSent {
        /// Why, without any secret.
        error: String,
        /// Parts that were accepted before.
        parts_sent: i32,
    },
    /// The bytes left, and no answer came.
    Ambiguous {
        /// Why, without any secret.
        error: String,
        /// Parts that were accepted before.
        parts_sent: i32,
    },
    /// It will not be accepted as things are: a wrong token, an unknown chat.
    Refused {
        /// Why, without any secret.
        error: String,
        /// Parts that were accepted before.
        parts_sent: i32,
    },
}

/// What the outbox asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing, before this instant.
    Wait(Option<Timestamp>),
    /// Mark this entry as being sent.
    Begin(String),
    /// Send this entry: it is marked as ours.
    Send(String),
    /// Somebody who is gone was sending this entry.
    Abandoned(String),
}

/// What the outbox asks `holder` for at `now`; `sending` tells whether an entry is on the wire right now. The first
/// entry of each receiver is the only one that may go: messages keep their order.
pub fn next(status: &MonitoringJobStatus, holder: &str, sending: impl Fn(&str) -> bool, now: Timestamp) -> Next {
    let mut wake = None;
    let mut receivers: Vec<&str> = Vec::new();
    for entry in &status.outbox {
        if receivers.contains(&entry.receiver.as_str()) {
            continue;
        }
        receivers.push(&entry.receiver);
        match entry.state {
            _ if sending(&entry.id) => {}
            OutboxState::Sending if entry.holder.as_deref() == Some(holder) => return Next::Send(entry.id.clone()),
            OutboxState::Sending => return Next::Abandoned(entry.id.clone()),
            _ => match entry.not_before {
                Some(later) if later > now => wake = Some(wake.map_or(later, |w: Timestamp| w.min(later))),
                _ => return Next::Begin(entry.id.clone()),
            },
        }
    }
    Next::Wait(wake)
}

/// Puts `entry`, which tells of `run`, into the box, with its first line. It goes out at once where nothing waits for the
/// same receiver, and nowhere in a dry run.
pub fn post(
    status: &mut MonitoringJobStatus,
    job: &MonitoringJob,
    run: &MonitoringRun,
    mut entry: OutboxEntry,
    context: Context<'_>,
) {
    let letter = Letter {
        job,
        status,
        schedule: context.schedule,
        problems: &[],
        run: Some(run),
        opened: None,
        entry: &entry,
        place: Place::Nowhere,
        now: context.now,
    };
    entry.headline = letter.headline();
    if job.spec.dry_run {
        leave(status, &entry, OutboxState::DryRun, None, None, context.now);
        return;
    }
    if status.outbox.iter().all(|e| e.receiver != entry.receiver || gives_way(e, &entry)) {
        begin(&mut entry, context.holder);
    }
    push(status, entry);
}

/// Adds `entry`. A report that still waits for the same receiver is told by the newer message, and so is a notice by a
/// newer notice, and an investigation by a newer one; what does not fit is merged into the oldest message about something
/// that is over. An investigation makes room for any other message, and has none made for it.
pub fn push(status: &mut MonitoringJobStatus, entry: OutboxEntry) {
    status.outbox.retain(|old| {
        let told = match (old.kind, entry.kind) {
            (MessageKind::Investigation | MessageKind::Notice, kind) => kind == old.kind,
            (MessageKind::Report, kind) => kind != MessageKind::Investigation,
            _ => false,
        };
        !(told && old.receiver == entry.receiver && may_still_change(old))
    });
    if entry.kind != MessageKind::Investigation {
        while status.outbox.len() >= MAX_ENTRIES {
            let spare = |e: &OutboxEntry| e.kind == MessageKind::Investigation && may_still_change(e);
            let Some(oldest) = status.outbox.iter().position(spare) else { break };
            status.outbox.remove(oldest);
        }
        make_room(status, &entry);
    }
    if status.outbox.len() < MAX_ENTRIES {
        let first = status.outbox.iter().position(|e| gives_way(e, &entry));
        status.outbox.insert(first.unwrap_or(status.outbox.len()), entry);
    }
}

/// Whether `old` waits for `entry`: an alert has no time for what was found out about another one, and what was found out
/// follows the message that its own alert was merged into.
fn gives_way(old: &OutboxEntry, entry: &OutboxEntry) -> bool {
    let same = old.receiver == entry.receiver && entry.kind != MessageKind::Investigation;
    same && old.kind == MessageKind::Investigation && may_still_change(old)
}

fn make_room(status: &mut MonitoringJobStatus, entry: &OutboxEntry) {
    while status.outbox.len() >= MAX_ENTRIES {
        let over = |e: &OutboxEntry| e.kind == MessageKind::WasDown && may_still_change(e);
        let Some(oldest) = status.outbox.iter().position(over) else { break };
        let merged = status.outbox.remove(oldest);
        if let Some(next) = status.outbox.iter_mut().find(|e| e.receiver == merged.receiver && over(e)) {
            next.incident_since = merged.incident_since;
            next.opened_by = merged.opened_by;
        } else {
            status.outbox.insert(oldest, merged);
            break;
        }
    }
    if status.outbox.len() >= MAX_ENTRIES {
        // Nothing is over and nothing is routine: the newest message of this receiver tells the most.
        if let Some(old) = status.outbox.iter().rposition(|e| e.receiver == entry.receiver && may_still_change(e)) {
            status.outbox.remove(old);
        }
    }
}

/// Takes the alerts of the incident that began at `since` out of the box for `receiver`, where certainly nothing of
/// them was seen; tells whether there were any.
pub fn take_untold_alerts(status: &mut MonitoringJobStatus, receiver: &str, since: Timestamp) -> bool {
    let before = status.outbox.len();
    status.outbox.retain(|e| {
        let this = e.receiver == receiver && e.kind == MessageKind::Alert && e.incident_since == Some(since);
        !(this && may_still_change(e))
    });
    status.outbox.len() < before
}

/// Certainly nobody has seen any of it.
fn may_still_change(entry: &OutboxEntry) -> bool {
    entry.state != OutboxState::Sending && !entry.maybe_sent && entry.parts_sent == 0
}

/// Marks an entry as being sent by `holder`.
pub fn begin(entry: &mut OutboxEntry, holder: &str) {
    entry.state = OutboxState::Sending;
    entry.holder = Some(holder.to_owned());
    entry.attempts = entry.attempts.saturating_add(1);
    entry.not_before = None;
}

/// Notes what became of the attempt at the entry `id`.
pub fn record(
    status: &mut MonitoringJobStatus,
    id: &str,
    delivery: &Delivery,
    generation: Option<i64>,
    now: Timestamp,
) {
    let Some(at) = status.outbox.iter().position(|e| e.id == id) else { return };
    let entry = &mut status.outbox[at];
    entry.holder = None;
    entry.state = OutboxState::Pending;
    let (error, parts_sent) = match delivery {
        Delivery::Accepted { message_id } => {
            let entry = status.outbox.remove(at);
            accepted(status, &entry, *message_id);
            leave(status, &entry, OutboxState::Sent, Some(*message_id), None, now);
            notified(status, generation, now);
            return;
        }
        Delivery::RetryAfter { pause, parts_sent } => {
            entry.not_before = Some(now + *pause);
            (format!("Telegram asks to wait {} s", pause.as_secs()), *parts_sent)
        }
        Delivery::NotSent { error, parts_sent } => {
            let doubled = RETRY_PAUSE.0.saturating_mul(1 << entry.attempts.clamp(1, 7).saturating_sub(1));
            entry.not_before = Some(now + doubled.min(RETRY_PAUSE.1));
            (error.clone(), *parts_sent)
        }
        Delivery::Ambiguous { error, parts_sent } => {
            if entry.maybe_sent {
                let entry = status.outbox.remove(at);
                leave(status, &entry, OutboxState::Ambiguous, None, Some(error), now);
                notified(status, generation, now);
                return;
            }
            entry.maybe_sent = true;
            entry.not_before = Some(now + AMBIGUOUS_PAUSE);
            (error.clone(), *parts_sent)
        }
        Delivery::Refused { error, parts_sent } => {
            entry.state = OutboxState::Failed;
            entry.not_before = Some(now + REFUSED_PAUSE);
            (error.clone(), *parts_sent)
        }
    };
    entry.parts_sent = entry.parts_sent.max(parts_sent);
    entry.error = Some(redact::cut(&error, 200));
    notified(status, generation, now);
}

fn accepted(status: &mut MonitoringJobStatus, entry: &OutboxEntry, message_id: i64) {
    if let Some(incident) = status.incident.as_mut().filter(|i| entry.incident_since == Some(i.since))
        && entry.kind == MessageKind::Alert
        && !incident.alerts.iter().any(|a| a.receiver == entry.receiver)
    {
        incident.alerts.push(AlertMessage { receiver: entry.receiver.clone(), message_id });
    }
    // An investigation replies to the message of its run, or to the first of its incident.
    let of_same = |run: &str, since: Option<Timestamp>| {
        let of_incident = matches!(entry.kind, MessageKind::Alert | MessageKind::WasDown);
        entry.run == run || of_incident && since.is_some() && entry.incident_since == since
    };
    if let Some(due) = status.investigation.as_mut().filter(|due| of_same(&due.run, due.incident_since))
        && entry.kind != MessageKind::Investigation
        && !due.alerts.iter().any(|a| a.receiver == entry.receiver)
    {
        due.alerts.push(AlertMessage { receiver: entry.receiver.clone(), message_id });
    }
    // A recovery that was folded while its alert was on the wire replies to it all the same, and so does an investigation
    // that ended before.
    for later in status.outbox.iter_mut().filter(|e| e.receiver == entry.receiver && e.reply_to.is_none()) {
        let investigated = later.kind == MessageKind::Investigation && of_same(&later.run, later.incident_since);
        if investigated || entry.kind == MessageKind::Alert && later.incident_since == entry.incident_since {
            later.reply_to = Some(message_id);
        }
    }
    // An investigation tells of nothing but itself.
    let tells = |e: &OutboxEntry| e.kind != MessageKind::Investigation;
    if tells(entry) && !status.outbox.iter().any(tells) {
        for count in [&mut status.missed, &mut status.skipped].into_iter().flatten() {
            count.untold = 0;
        }
        for done_with in status.overrides.iter_mut().filter(|used| used.end.is_some()) {
            done_with.told = true;
        }
    }
}

fn leave(
    status: &mut MonitoringJobStatus,
    entry: &OutboxEntry,
    state: OutboxState,
    message_id: Option<i64>,
    error: Option<&str>,
    now: Timestamp,
) {
    status.last_notification = Some(LastNotification {
        run: entry.run.clone(),
        receiver: entry.receiver.clone(),
        kind: entry.kind,
        state,
        time: now,
        message_id,
        error: error.map(|e| redact::cut(e, 200)),
    });
}

/// `Notified`: nothing waits that was tried, and the newest message arrived.
fn notified(status: &mut MonitoringJobStatus, generation: Option<i64>, now: Timestamp) {
    let waiting = status.outbox.iter().find_map(|e| e.error.as_deref());
    let lost = status.last_notification.as_ref().filter(|n| n.state == OutboxState::Ambiguous);
    let (truth, reason, message) = match (waiting, lost) {
        (Some(error), _) => (Truth::False, "Undelivered", error.to_owned()),
        (None, Some(lost)) => (Truth::Unknown, "Ambiguous", lost.error.clone().unwrap_or_default()),
        (None, None) => (Truth::True, "Delivered", String::new()),
    };
    condition::set(
        &mut status.conditions,
        condition::New { type_: "Notified", truth, reason, message: &message, generation },
        now,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{analysis::DueInvestigation, job_status::SlotCount};

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).unwrap()
    }

    fn entry(id: &str, kind: MessageKind) -> OutboxEntry {
        OutboxEntry {
            id: id.into(),
            headline: "headline".into(),
            incident_since: Some(at(0)),
            ..OutboxEntry::new("team", kind, "run")
        }
    }

    fn status(entries: &[OutboxEntry]) -> MonitoringJobStatus {
        MonitoringJobStatus { outbox: entries.to_vec(), ..Default::default() }
    }

    fn ambiguous() -> Delivery {
        Delivery::Ambiguous { error: "no answer within 20 s".into(), parts_sent: 0 }
    }

    #[test]
    fn one_after_the_other() {
        let mut s = status(&[entry("a", MessageKind::Alert), entry("b", MessageKind::Report)]);
        assert_eq!(next(&s, "me", |_| false, at(0)), Next::Begin("a".into()));
        begin(&mut s.outbox[0], "me");
        assert_eq!(next(&s, "me", |_| false, at(0)), Next::Send("a".into()));
        assert_eq!(next(&s, "me", |id| id == "a", at(0)), Next::Wait(None));
        assert_eq!(next(&s, "another", |_| false, at(0)), Next::Abandoned("a".into()));
        record(&mut s, "a", &Delivery::Accepted { message_id: 7 }, None, at(1));
        assert_eq!(next(&s, "me", |_| false, at(1)), Next::Begin("b".into()));
        assert_eq!(s.last_notification.as_ref().unwrap().message_id, Some(7));
        assert!(condition::holds(&s.conditions, "Notified"));
    }

    #[test]
    fn what_was_not_sent_waits_and_stays() {
        let mut s = status(&[entry("a", MessageKind::Alert)]);
        for pause in [10, 20, 40, 80, 160, 320, 600, 600] {
            begin(&mut s.outbox[0], "me");
            record(&mut s, "a", &Delivery::NotSent { error: "connection refused".into(), parts_sent: 0 }, None, at(0));
            assert_eq!(next(&s, "me", |_| false, at(0)), Next::Wait(Some(at(pause))));
        }
        record(&mut s, "a", &Delivery::RetryAfter { pause: SignedDuration::from_secs(35), parts_sent: 0 }, None, at(0));
        assert_eq!(next(&s, "me", |_| false, at(34)), Next::Wait(Some(at(35))));
        record(&mut s, "a", &Delivery::Refused { error: "401".into(), parts_sent: 0 }, None, at(0));
        assert_eq!(next(&s, "me", |_| false, at(3600)), Next::Begin("a".into()));
    }

    #[test]
    fn an_ambiguous_message_is_sent_again_once() {
        let mut s = status(&[entry("a", MessageKind::Alert)]);
        record(&mut s, "a", &ambiguous(), None, at(0));
        assert!(s.outbox[0].maybe_sent);
        record(&mut s, "a", &ambiguous(), None, at(9));
        assert!(s.outbox.is_empty());
        assert_eq!(s.last_notification.unwrap().state, OutboxState::Ambiguous);
    }

    #[test]
    fn a_report_gives_way_and_an_alert_does_not() {
        let mut s = status(&[entry("a", MessageKind::Alert), entry("b", MessageKind::Report)]);
        push(&mut s, entry("c", MessageKind::Report));
        let ids: Vec<_> = s.outbox.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids, ["a", "c"]);
    }

    #[test]
    fn a_notice_gives_way_to_a_newer_one_alone() {
        let mut s = status(&[entry("a", MessageKind::Notice)]);
        push(&mut s, entry("b", MessageKind::Alert));
        push(&mut s, entry("c", MessageKind::Notice));
        let ids: Vec<_> = s.outbox.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids, ["b", "c"]);
    }

    #[test]
    fn a_full_box_merges_what_is_over() {
        let mut s = status(&[]);
        for i in 0..20 {
            push(&mut s, OutboxEntry { incident_since: Some(at(i)), ..entry(&format!("w{i}"), MessageKind::WasDown) });
        }
        push(&mut s, entry("alert", MessageKind::Alert));
        assert_eq!(s.outbox.len(), MAX_ENTRIES);
        assert_eq!(s.outbox[0].incident_since, Some(at(0)));
        assert_eq!(s.outbox.last().unwrap().id, "alert");
    }

    #[test]
    fn a_recovery_folded_while_its_alert_is_on_the_wire_replies_to_it() {
        let mut s = status(&[entry("a", MessageKind::Alert), entry("r", MessageKind::Recovery)]);
        record(&mut s, "a", &Delivery::Accepted { message_id: 7 }, None, at(1));
        assert_eq!(s.outbox[0].reply_to, Some(7));
    }

    #[test]
    fn an_investigation_gives_way_and_displaces_nothing() {
        let mut s = status(&[entry("a", MessageKind::Alert), entry("b", MessageKind::Report)]);
        push(&mut s, entry("i1", MessageKind::Investigation));
        push(&mut s, entry("i2", MessageKind::Investigation));
        let ids = |s: &MonitoringJobStatus| s.outbox.iter().map(|e| e.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&s), ["a", "b", "i2"], "a report that waits tells of more");
        for n in 0..5 {
            push(&mut s, entry(&format!("a{n}"), MessageKind::Alert));
        }
        push(&mut s, entry("last", MessageKind::Alert));
        assert_eq!(ids(&s), ["a", "a0", "a1", "a2", "a3", "a4", "last", "i2"]);
        push(&mut s, entry("one-more", MessageKind::Alert));
        assert_eq!(ids(&s), ["a", "a0", "a1", "a2", "a3", "a4", "last", "one-more"]);
        push(&mut s, entry("i3", MessageKind::Investigation));
        assert_eq!((s.outbox.len(), ids(&s).contains(&"i3".to_owned())), (MAX_ENTRIES, false));
    }

    #[test]
    fn an_investigation_replies_to_the_message_of_its_run_whichever_is_first() {
        let of = |kind| OutboxEntry { run: "run".into(), ..entry("x", kind) };
        let due = |s: &mut MonitoringJobStatus| {
            let (run, incident_since) = ("run".into(), Some(at(0)));
            s.investigation = Some(DueInvestigation { run, incident_since, told: true, alerts: vec![] });
        };
        for kind in [MessageKind::Alert, MessageKind::Report, MessageKind::WasDown] {
            let mut s = status(&[OutboxEntry { id: "a".into(), ..of(kind) }]);
            due(&mut s);
            record(&mut s, "a", &Delivery::Accepted { message_id: 7 }, None, at(1));
            assert_eq!(s.investigation.unwrap().alerts[0].message_id, 7, "{kind:?}");
            let mut s = status(&[
                OutboxEntry { id: "a".into(), ..of(kind) },
                OutboxEntry { id: "i".into(), ..of(MessageKind::Investigation) },
            ]);
            record(&mut s, "a", &Delivery::Accepted { message_id: 7 }, None, at(1));
            assert_eq!(s.outbox[0].reply_to, Some(7), "{kind:?}");
        }
        let mut s = status(&[entry("another", MessageKind::Report)]);
        s.outbox[0].run = "another".into();
        due(&mut s);
        record(&mut s, "another", &Delivery::Accepted { message_id: 7 }, None, at(1));
        assert_eq!(s.investigation.unwrap().alerts, [], "a later run's message is not its run's");
    }

    #[test]
    fn what_an_alert_was_merged_into_comes_before_its_investigation() {
        let mut s = status(&[entry("i", MessageKind::Investigation)]);
        push(&mut s, entry("w", MessageKind::WasDown));
        assert_eq!(s.outbox.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["w", "i"]);
    }

    #[test]
    fn an_alert_does_not_wait_for_an_investigation_that_cannot_be_delivered() {
        let mut s = status(&[entry("i", MessageKind::Investigation)]);
        begin(&mut s.outbox[0], "me");
        record(&mut s, "i", &Delivery::Refused { error: "401".into(), parts_sent: 0 }, None, at(0));
        push(&mut s, entry("a", MessageKind::Alert));
        assert_eq!(next(&s, "me", |_| false, at(1)), Next::Begin("a".into()));
    }

    #[test]
    fn an_investigation_does_not_tell_of_missed_slots() {
        let missed = SlotCount { count: 3, last_time: at(0), reason: "NoProcess".into(), untold: 3 };
        let mut s = MonitoringJobStatus { missed: Some(missed), ..status(&[entry("i", MessageKind::Investigation)]) };
        record(&mut s, "i", &Delivery::Accepted { message_id: 7 }, None, at(1));
        assert_eq!(s.missed.as_ref().unwrap().untold, 3);
        s.outbox = vec![entry("a", MessageKind::Alert), entry("i", MessageKind::Investigation)];
        record(&mut s, "a", &Delivery::Accepted { message_id: 8 }, None, at(2));
        assert_eq!(s.missed.as_ref().unwrap().untold, 0);
    }
}
