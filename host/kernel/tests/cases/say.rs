//! What a case says of what followed, in lines.

use kernel::model::{Event, Hops, Inbound, TaskId};
use kernel::orchestration::{
    Begun, Finished, Gate, Live, OpenTask, Place, Released, Sent, Stage, State, TaskKind, TaskPhase, child_id,
    child_seed, has_room, operation_seed,
};

use crate::notation;

/// More of one kind than this are cut short.
const LIST_MAX_COUNT: usize = 12;

/// What the guest is given, if that is not just what the record tells.
pub fn given(begun: &Begun) -> Option<String> {
    let told = begun.events.iter().filter(|event| {
        use Event::{Raised, TaskCompleted, TaskFailed, TimerFired};
        matches!(event, Raised(_) | TaskCompleted { .. } | TaskFailed { .. } | TimerFired { .. })
    });
    let events: Vec<_> = begun.given.iter().cloned().map(event_of).collect();
    if events.is_empty() || events.iter().eq(told) {
        None
    } else {
        Some(format!("given {}", notation::show_all(&events)))
    }
}

/// The event by which a guest is told something.
pub fn event_of(inbound: Inbound) -> Event {
    match inbound {
        Inbound::TaskCompleted { task, output } => Event::TaskCompleted { task, output },
        Inbound::TaskFailed { task, failure } => Event::TaskFailed { task, failure },
        Inbound::TimerFired { timer } => Event::TimerFired { timer },
        Inbound::Raised(raised) => Event::Raised(raised),
    }
}

/// What is committed, and what leaves the instance then.
pub fn finished(finished: &Finished) -> Vec<String> {
    let Finished { record, place, state, started, run, stop, send, warnings } = finished;
    let place = if *place == Place::First { " anew" } else { "" };
    let mut said = vec![format!("@{}{place} {}", record.at.0, notation::show_all(&record.events))];
    if let State::Live(live) = state {
        said.extend(runs("run", live, run));
    }
    assert!(stop.is_empty() || started.is_some(), "what is to be stopped belongs to an execution");
    said.extend(list("stop ", stop.iter().map(|(task, open)| format!("{}/{}", task.0, open.attempt)), " "));
    // As a partition posts it.
    let mut in_order: Vec<_> = send.iter().collect();
    in_order.sort_by_key(|(id, _)| *id);
    said.extend(list("send ", in_order.into_iter().map(|(id, sent)| self::sent(*id, sent)), "; "));
    said.extend(warnings.iter().map(|warning| format!("warn {warning}")));
    said
}

fn sent(id: TaskId, sent: &Sent) -> String {
    match sent {
        Sent::Event { to, event } => format!("{} to {to}", notation::show_raised(event)),
        Sent::Signal { to, name, input, at } => format!("signal {}", notation::show_operation(to, name, input, *at)),
        Sent::Unlock(Released { lock, set, hops }) => {
            let how = if *hops == Hops::Onward { "one after another" } else { "each" };
            let when = if id == TaskId(u32::MAX) { " at the end" } else { "" };
            format!("unlock {} of {} {how}{when}", lock.0, notation::show_lock_set(set))
        }
    }
}

/// Where an instance stands.
pub fn state(state: &State) -> Vec<String> {
    match state {
        State::New => vec!["nothing happened".to_owned()],
        State::Live(live) => vec![self::live(live)],
        State::Failed(_) => vec!["Failed".to_owned()],
        State::Ended(status) => vec![status.as_str().to_owned()],
    }
}

/// Tasks that run, and what others are asked for those that are no activities.
pub fn runs(word: &str, live: &Live, tasks: &[TaskId]) -> Vec<String> {
    let asked = tasks.iter().filter_map(|task| asked(live, *task, live.tasks.get(task)?));
    let ids = list(&format!("{word} "), tasks.iter().map(|task| task.0.to_string()), " ");
    ids.into_iter().chain(asked).collect()
}

/// The items of a list that is not empty; a long one is cut short.
fn list(title: &str, items: impl Iterator<Item = String>, separator: &str) -> Option<String> {
    let items: Vec<_> = items.collect();
    match &items[..] {
        [] => None,
        [first, .., last] if items.len() > LIST_MAX_COUNT => {
            Some(format!("{title}{first} … {last} ({} in all)", items.len()))
        }
        items => Some(format!("{title}{}", items.join(separator))),
    }
}

fn asked(live: &Live, task: TaskId, open: &OpenTask) -> Option<String> {
    match &open.kind {
        TaskKind::Activity { .. } => None,
        TaskKind::Child { instance, version } => {
            let id = child_id(&live.started, task, open.attempt, instance.as_ref());
            let version = version.as_ref().map(|version| format!(" version {version}")).unwrap_or_default();
            Some(format!("child {} {id} seed {:x}{version}", open.name, child_seed(&live.started, task, open)))
        }
        TaskKind::Call { to, operation } => {
            let seed = operation_seed(&live.started, task, open.attempt);
            Some(format!("call {} seed {seed:x}", notation::show_operation(to, operation, &open.input, None)))
        }
        TaskKind::Lock { set } => Some(format!("lock {}", notation::show_lock_set(set))),
    }
}

fn live(live: &Live) -> String {
    let mut said = vec![format!("turns {}, decisions {}", live.turns, live.decisions)];
    let status = live.status().as_str();
    said.extend(Some(status.to_owned()).filter(|status| status != "Running"));
    if live.component != live.started.component {
        said.push(format!("played by {}", notation::show_component(live.component)));
    }
    let tasks = live.tasks.iter().map(|(id, open)| task(*id, open));
    let timers = live.timers.iter().map(|(id, at)| format!("timer {} at {}", id.0, at.0));
    let pending = live.pending.iter().cloned().map(|event| notation::show(&event_of(event)));
    said.extend(list("", tasks, "; "));
    said.extend(list("", timers, "; "));
    said.extend(live.section.as_ref().map(|section| match section.stage {
        Stage::Asked => format!("section {} asked", section.lock.0),
        Stage::Granted => format!("section {} granted", section.lock.0),
    }));
    said.extend(list("pending ", pending, ", "));
    if !has_room(live, 0) {
        said.push("full".to_owned());
    }
    said.extend(live.wake_at().map(|at| format!("wakes at {}", at.0)));
    assert!(live.gate == Gate::Open || status == "Suspended");
    said.join("; ")
}

fn task(id: TaskId, open: &OpenTask) -> String {
    let kind = match open.kind {
        TaskKind::Activity { .. } => "task",
        TaskKind::Child { .. } => "child",
        TaskKind::Call { .. } => "call",
        TaskKind::Lock { .. } => "lock",
    };
    match open.phase {
        TaskPhase::Running => format!("{kind} {}/{} runs", id.0, open.attempt),
        TaskPhase::Waiting { retry_at } => format!("{kind} {}/{} at {}", id.0, open.attempt, retry_at.0),
    }
}
