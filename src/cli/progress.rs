//! What is going on, on the last line of a terminal.

use std::{
    collections::BTreeSet,
    io::Write as _,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::UnboundedReceiver;

use crate::collect::Progress;

/// Shows what is still waited for, until there is nothing more; then the line is blank again.
pub async fn show(mut steps: UnboundedReceiver<Progress>) {
    let started = Instant::now();
    let mut waiting = BTreeSet::new();
    let mut tick = tokio::time::interval(Duration::from_millis(250));
    loop {
        tokio::select! {
            step = steps.recv() => match step {
                Some(step) => note(&mut waiting, step),
                None => break,
            },
            _ = tick.tick() => {}
        }
        let names: Vec<_> = waiting.iter().map(String::as_str).collect();
        line(&format!("{:4.1} s  looking at {}", started.elapsed().as_secs_f32(), names.join(", ")));
    }
    line("");
}

fn note(waiting: &mut BTreeSet<String>, step: Progress) {
    match step {
        Progress::Asking { website: subject, .. }
        | Progress::Connecting { host: subject }
        | Progress::Inspecting { container: subject }
        | Progress::ReadingLogs { container: subject }
        | Progress::Measuring { container: subject }
        | Progress::LookingAgain { subject, .. } => {
            waiting.insert(subject);
        }
        Progress::Done { subject } => {
            waiting.remove(&subject);
        }
    }
}

/// Writes over the line, cut to a narrow terminal. A terminal that is gone needs none.
fn line(text: &str) {
    let text: String = text.chars().take(78).collect();
    let mut terminal = std::io::stderr().lock();
    let _ = write!(terminal, "\r\x1b[2K{text}");
    let _ = terminal.flush();
}
