//! Decisions become events: what the contract allows, and what is committed of a turn.

use std::collections::BTreeSet;

use super::begin::{Begun, Next};
use super::fold::{IllegalEvent, Live, State, fold};
use crate::limits::{
    CUSTOM_STATUS_MAX_BYTES, DECISIONS_PER_TURN_MAX_COUNT, HISTORY_MAX_BYTES, HISTORY_MAX_EVENTS,
    OPEN_PER_INSTANCE_MAX_COUNT, TIMER_MAX_MS,
};
use crate::model::{Decision, Event, Failure, Head, Millis, Record, Step, StepStatus, TaskId, Timestamp, kind};

/// What the guest made of a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// There was no turn: [`Next::Record`].
    None,
    /// It returned.
    Step(Step),
    /// It trapped, ran out of something or broke the contract. That is the end of the instance.
    Fault(Failure),
}

/// What is committed of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The record.
    pub record: Record,
    /// What the instance is after it.
    pub state: State,
    /// Tasks to run once the record is durable.
    pub run: Vec<TaskId>,
}

/// Appends what the guest decided to what the messages came to.
///
/// An error means that the state and the messages do not belong together, which no caller can bring about.
pub fn finish(state: State, head: Option<&Head>, begun: Begun, answer: Answer) -> Result<Finished, IllegalEvent> {
    let at = begun.at;
    let mut events = begun.events;
    if begun.next == Next::Turn {
        // The start comes first, and then the turn that it causes.
        let place = usize::from(matches!(events.first(), Some(Event::Started(_))));
        events.insert(place, Event::TurnStarted);
    }
    let state = fold_all(state, at, &events)?;
    let mut decided = match (&state, answer) {
        (_, Answer::None) | (State::New | State::Ended(_), _) => Vec::new(),
        (State::Live(_), Answer::Fault(failure)) => vec![Event::Failed { failure }],
        (State::Live(live), Answer::Step(step)) => {
            admit(live, at, step).unwrap_or_else(|failure| vec![Event::Failed { failure }])
        }
    };
    let mut state = fold_all(state, at, &decided)?;
    if let State::Live(live) = &state
        && let Err(failure) = may_go_on(live, head, events.len() + decided.len())
    {
        // The decisions stay in front of it, so that the history shows what led to the end.
        let failed = Event::Failed { failure };
        state = fold(state, at, &failed)?;
        decided.push(failed);
    }
    let run = match &state {
        State::Live(_) => decided.iter().filter_map(scheduled).collect(),
        // What an ended instance asked for is abandoned: nobody could be given the result.
        State::New | State::Ended(_) => Vec::new(),
    };
    events.extend(decided);
    Ok(Finished { record: Record { at, events }, state, run })
}

const STALLED: &str =
    "the orchestrator waits, but no activity and no timer of it is open: it awaits something that is not durable";

fn fold_all(state: State, at: Timestamp, events: &[Event]) -> Result<State, IllegalEvent> {
    events.iter().try_fold(state, |state, event| fold(state, at, event))
}

fn scheduled(event: &Event) -> Option<TaskId> {
    match event {
        Event::TaskScheduled { task, .. } => Some(*task),
        _ => None,
    }
}

/// Checks a step against the contract and gives the events that it leads to.
fn admit(live: &Live, at: Timestamp, step: Step) -> Result<Vec<Event>, Failure> {
    if step.decisions.len() > DECISIONS_PER_TURN_MAX_COUNT {
        let count = step.decisions.len();
        let message = format!("the turn took {count} decisions; at most {DECISIONS_PER_TURN_MAX_COUNT} are allowed");
        return Err(Failure::host(kind::LIMIT, message));
    }
    let mut events = Vec::with_capacity(step.decisions.len() + 2);
    let mut new_tasks = BTreeSet::new();
    for (decision, index) in step.decisions.into_iter().zip(live.decisions..) {
        let id = TaskId(index);
        if matches!(decision, Decision::ScheduleActivity { .. }) {
            new_tasks.insert(id);
        }
        let is_task = |id| live.tasks.contains_key(&id) || new_tasks.contains(&id);
        events.push(admit_decision(id, at, decision, is_task)?);
    }
    if let Some(value) = step.custom_status {
        let bytes = value.as_bytes().len();
        if bytes > CUSTOM_STATUS_MAX_BYTES {
            let message = format!("the custom status has {bytes} bytes; at most {CUSTOM_STATUS_MAX_BYTES} are allowed");
            return Err(Failure::host(kind::TOO_LARGE, message));
        }
        events.push(Event::CustomStatusSet { value });
    }
    match step.status {
        StepStatus::Waiting => {}
        StepStatus::Completed(output) => events.push(Event::Completed { output }),
        StepStatus::Failed(failure) => events.push(Event::Failed { failure }),
    }
    Ok(events)
}

fn admit_decision(
    id: TaskId,
    at: Timestamp,
    decision: Decision,
    is_task: impl Fn(TaskId) -> bool,
) -> Result<Event, Failure> {
    let broken = |text: String| Failure::host(kind::PROTOCOL, format!("decision {}: {text}", id.0));
    match decision {
        Decision::ScheduleActivity { name, input, options } => {
            options.check().map_err(|error| broken(format!("activity {name}: {error}")))?;
            Ok(Event::TaskScheduled { task: id, name, input, options })
        }
        Decision::CreateTimer { fire_at } => {
            let ahead = fire_at.since(at);
            if ahead > Millis(TIMER_MAX_MS) {
                return Err(broken(format!("a timer {ahead} ahead; at most {TIMER_MAX_MS} ms are allowed")));
            }
            Ok(Event::TimerCreated { timer: id, fire_at })
        }
        Decision::CancelTimer { timer } if timer >= id || is_task(timer) => {
            Err(broken(format!("cancels timer {}, and there is no such timer", timer.0)))
        }
        Decision::CancelTimer { timer } => Ok(Event::TimerCancelled { timer }),
    }
}

/// Whether an instance that has not ended may stay so, now that its history grows by `recorded` events.
fn may_go_on(live: &Live, head: Option<&Head>, recorded: usize) -> Result<(), Failure> {
    if !live.is_waiting_for_something() {
        return Err(Failure::host(kind::STALLED, STALLED));
    }
    if live.tasks.len() + live.timers.len() > OPEN_PER_INSTANCE_MAX_COUNT {
        let message = format!("more than {OPEN_PER_INSTANCE_MAX_COUNT} tasks and timers are open at once");
        return Err(Failure::host(kind::LIMIT, message));
    }
    let (had_events, bytes) = head.map_or((0, 0), |head| (head.events, head.bytes));
    let events = had_events + recorded as u64;
    if events > HISTORY_MAX_EVENTS || bytes > HISTORY_MAX_BYTES {
        let message = format!(
            "the history has {events} events, and had {bytes} bytes before this turn; at most {HISTORY_MAX_EVENTS} \
             events and {HISTORY_MAX_BYTES} bytes are allowed: split the work over several instances"
        );
        return Err(Failure::host(kind::LIMIT, message));
    }
    Ok(())
}
