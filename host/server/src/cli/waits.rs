//! What an instance waits for, told from its history.

use kernel::codec::Export;
use kernel::model::{EntityId, Record, Started, TaskId};
use kernel::orchestration::{Live, OpenTask, State, TaskKind, TaskPhase, child_id, fold};

use crate::http::rfc3339;

/// What an instance with this history waits for, what is due first before the rest. Nothing if it has ended, or if the
/// history makes no sense.
pub fn waits(export: &Export) -> Vec<String> {
    let Some(started) = export.records.first().and_then(Record::started) else { return Vec::new() };
    let mut events = export.records.iter().flat_map(|record| record.events.iter().map(|event| (record.at, event)));
    match events.try_fold(State::New, |state, (at, event)| fold(state, at, event)) {
        Ok(State::Live(live)) => of(started, &live),
        Ok(State::New | State::Failed(_) | State::Ended(_)) | Err(_) => Vec::new(),
    }
}

fn of(started: &Started, live: &Live) -> Vec<String> {
    let mut waits = Vec::new();
    if let (0, Some(at)) = (live.turns, started.spec.start_at) {
        waits.push(format!("its start at {}", rfc3339(at)));
    }
    waits.extend(live.tasks.iter().map(|(task, open)| of_task(started, *task, open)));
    let mut timers: Vec<_> = live.timers.values().collect();
    timers.sort();
    waits.extend(timers.into_iter().map(|at| format!("a timer due at {}", rfc3339(*at))));
    if !live.pending.is_empty() {
        waits.push(format!("its next turn (events to take in: {})", live.pending.len()));
    }
    if waits.is_empty() {
        // With nothing open, anything else would be a failure.
        waits.push("an external event".to_owned());
    }
    waits
}

fn of_task(started: &Started, task: TaskId, open: &OpenTask) -> String {
    let what = match &open.kind {
        TaskKind::Call { to, operation } => format!("the operation {operation} of {to}"),
        TaskKind::Lock { set } => {
            let entities: Vec<_> = set.entities().iter().map(EntityId::to_string).collect();
            format!("the lock of {}", entities.join(", "))
        }
        TaskKind::Activity { .. } => format!("activity {}", open.name),
        TaskKind::Child { instance, .. } => {
            format!("child {} ({})", child_id(started, task, open.attempt, instance.as_ref()), open.name)
        }
    };
    match (open.attempt, open.phase) {
        (attempt, TaskPhase::Waiting { retry_at }) => format!("{what}, attempt {attempt} at {}", rfc3339(retry_at)),
        (1, TaskPhase::Running) => what,
        (attempt, TaskPhase::Running) => format!("{what}, attempt {attempt}"),
    }
}
