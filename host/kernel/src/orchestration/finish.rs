//! Decisions become events: what the contract allows, and what is committed of a turn.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::begin::{Begun, Next};
use super::budget::{Used, Warning, may_go_on, warnings};
use super::fold::{IllegalEvent, Live, State, fold};
use super::renew::renew;
use super::replay::decision_of;
use super::section::{Released, Rules, released, released_at_end};
use super::task::{OpenTask, TaskKind, TaskPhase, scheduled};
use crate::limits::{
    CARRIED_EVENTS_MAX_COUNT, CUSTOM_STATUS_MAX_BYTES, DECISIONS_PER_TURN_MAX_COUNT, TIMER_MAX_MS, VERSION_MAX_BYTES,
};
use crate::model::{
    ComponentDigest, Decision, EntityId, Event, Failure, Head, InstanceId, Millis, OperationName, Payload, Raised,
    Reach, Record, Started, Status, Step, StepStatus, TaskId, Timestamp, kind,
};

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
    /// Whether the record goes on with the history or begins a new one.
    pub place: Place,
    /// What the instance is after it.
    pub state: State,
    /// What the execution began with that the tasks to stop belong to.
    pub started: Option<Arc<Started>>,
    /// Tasks to run once the record is durable.
    pub run: Vec<TaskId>,
    /// Tasks that are not wanted any more, to be stopped once the record is durable.
    pub stop: Vec<(TaskId, OpenTask)>,
    /// What to send once the record is durable, each with the index of its decision.
    pub send: Vec<(TaskId, Sent)>,
    /// Limits that the instance comes close to with this record.
    pub warnings: Vec<Warning>,
}

/// Something that goes to another instance and is not answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// An event.
    Event {
        /// Whom.
        to: InstanceId,
        /// What.
        event: Raised,
    },
    /// An operation.
    Signal {
        /// The entity.
        to: EntityId,
        /// The operation.
        name: OperationName,
        /// Its input.
        input: Payload,
        /// Not before this time.
        at: Option<Timestamp>,
    },
    /// A critical section is over.
    Unlock(Released),
}

/// Where a record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Behind the others.
    Next,
    /// In the place of all others: a new execution begins.
    First,
}

/// Appends what the guest decided to what the messages came to.
///
/// An error means that the state and the messages do not belong together, which no caller can bring about.
pub fn finish(state: State, head: Option<&Head>, begun: Begun, answer: Answer) -> Result<Finished, IllegalEvent> {
    let Begun { at, mut events, next, reach, .. } = begun;
    // What begins an execution has a history of its own, and says itself what stays of the one before.
    let head = head.filter(|_| state != State::New);
    let before = Used::of(&state);
    let children = if reach == Reach::Children { children(&state) } else { Vec::new() };
    let (mut started, mut send) = (None, Vec::new());
    if let State::Live(live) = &state {
        started = Some(Arc::clone(&live.started));
        send.extend(released(live, &events).map(unlock));
    }
    let state = fold_all(state, at, &events)?;
    let State::Live(live) = &state else {
        return Ok(Finished { started, send, ..Finished::new(Record { at, events }, state, children) });
    };
    let started = Some(Arc::clone(&live.started));
    let Decided { events: mut decided, waits, dropped } = match answer {
        Answer::None => Decided { events: Vec::new(), waits: Waits::AsBefore, dropped: Vec::new() },
        Answer::Fault(failure) => Decided::failed(failure),
        Answer::Step(step) => match admit(live, at, step) {
            Ok(Admitted::Decided(decided)) => decided,
            Ok(Admitted::Renewed { decided, input, carried }) => {
                let (mut send, stop) = (sent(live, &decided), stopped(live, &decided, &[]));
                send.extend(released_at_end(live, &decided).map(unlock));
                let (record, state) =
                    renew(live, at, input, custom_status(head, events.iter().chain(&decided)), carried)?;
                return Ok(Finished { place: Place::First, started, send, ..Finished::new(record, state, stop) });
            }
            Err(failure) => Decided::failed(failure),
        },
    };
    let stop = stopped(live, &decided, &dropped);
    let mut send = sent(live, &decided);
    let (over, over_at_end) = (released(live, &decided), released_at_end(live, &decided));
    let mut state = fold_all(state, at, &decided)?;
    let grows_by = events.len() + decided.len();
    if let State::Live(live) = &state
        && counts(next, &events)
        && let Err(failure) = may_go_on(live, head, grows_by, waits)
    {
        // The decisions stay in front of it, so that the history shows what led to the end.
        let failed = Event::Failed { failure };
        state = fold(state, at, &failed)?;
        decided.push(failed);
    }
    let (mut run, mut warned) = (Vec::new(), Vec::new());
    // What an ended instance asked for is abandoned: nobody could be given the result.
    if let State::Live(live) = &state {
        run.extend(decided.iter().filter_map(scheduled).filter(|task| live.tasks.contains_key(task)));
        warned = warnings(live, head, &before, grows_by, &decided);
    }
    send.extend(if state.ended().is_some() { over_at_end } else { over }.map(unlock));
    events.extend(decided);
    Ok(Finished { started, run, send, warnings: warned, ..Finished::new(Record { at, events }, state, stop) })
}

/// Whether anything but tasks, timers and what was not given yet can wake the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// The guest was not asked.
    AsBefore,
    /// Nothing else.
    ForNoEvent,
    /// An external event.
    ForEvents,
}

struct Decided {
    events: Vec<Event>,
    waits: Waits,
    /// Tasks that are stopped although no event says so.
    dropped: Vec<TaskId>,
}

enum Admitted {
    Decided(Decided),
    /// The next execution begins.
    Renewed {
        decided: Vec<Event>,
        input: Payload,
        carried: Vec<Raised>,
    },
}

impl Decided {
    fn failed(failure: Failure) -> Self {
        Self { events: vec![Event::Failed { failure }], waits: Waits::AsBefore, dropped: Vec::new() }
    }
}

impl Finished {
    /// Whether the next execution begins and nothing else has to happen before it.
    pub fn only_renews(&self) -> bool {
        self.place == Place::First && self.send.is_empty() && self.stop.is_empty()
    }

    /// What is committed of a rewind. Its tasks run again, and so do those that ran when the instance failed: what they
    /// came to meanwhile was told to nobody.
    pub fn rewound(record: Record, state: State) -> Self {
        let runs = |(task, open): (&TaskId, &OpenTask)| (open.phase == TaskPhase::Running).then_some(*task);
        let run =
            if let State::Live(live) = &state { live.tasks.iter().filter_map(runs).collect() } else { Vec::new() };
        Self { run, ..Self::new(record, state, Vec::new()) }
    }

    /// What is committed of an end that no turn led to.
    pub fn terminated(at: Timestamp, reason: Payload) -> Self {
        let record = Record { at, events: vec![Event::Terminated { reason }] };
        Self::new(record, State::Ended(Status::Terminated), Vec::new())
    }

    /// What is committed when another component was found to fit.
    pub fn repinned(at: Timestamp, component: ComponentDigest, live: Live) -> Self {
        let record = Record { at, events: vec![Event::Repinned { component }] };
        Self::new(record, State::Live(live.played_by(component)), Vec::new())
    }

    fn new(record: Record, state: State, stop: Vec<(TaskId, OpenTask)>) -> Self {
        let (run, send, warnings) = (Vec::new(), Vec::new(), Vec::new());
        Self { record, place: Place::Next, state, started: None, run, stop, send, warnings }
    }
}

pub(super) fn fold_all(state: State, at: Timestamp, events: &[Event]) -> Result<State, IllegalEvent> {
    events.iter().try_fold(state, |state, event| fold(state, at, event))
}

/// Whether a record counts for the limits that end an instance. What only comes in does not: an instance that is suspended
/// or held must not be ended by those who send to it, and how much waits for it is limited elsewhere.
fn counts(next: Next, events: &[Event]) -> bool {
    next != Next::Record || events.iter().any(|event| matches!(event, Event::TaskAttemptFailed { .. }))
}

fn children(state: &State) -> Vec<(TaskId, OpenTask)> {
    let State::Live(live) = state else { return Vec::new() };
    let is_child = |open: &OpenTask| matches!(open.kind, TaskKind::Child { .. });
    live.tasks.iter().filter(|(_, open)| is_child(open)).map(|(task, open)| (*task, open.clone())).collect()
}

/// What these decisions send, each with its index.
fn sent(live: &Live, decided: &[Event]) -> Vec<(TaskId, Sent)> {
    let decisions = decided.iter().filter(|event| decision_of(event).is_some());
    let sent = (live.decisions..).map(TaskId).zip(decisions).filter_map(|(id, event)| match event {
        Event::Sent { to, event } => Some((id, Sent::Event { to: to.clone(), event: event.clone() })),
        Event::EntitySignaled { to, name, input, at } => {
            Some((id, Sent::Signal { to: to.clone(), name: name.clone(), input: input.clone(), at: *at }))
        }
        _ => None,
    });
    sent.collect()
}

fn unlock((id, released): (TaskId, Released)) -> (TaskId, Sent) {
    (id, Sent::Unlock(released))
}

/// The custom status after these events, unless there is none.
fn custom_status<'a>(head: Option<&'a Head>, events: impl DoubleEndedIterator<Item = &'a Event>) -> Option<Payload> {
    let set = events.rev().find_map(|event| match event {
        Event::CustomStatusSet { value } => Some(value),
        _ => None,
    });
    set.or_else(|| head?.custom_status.as_ref()).filter(|value| !value.is_null()).cloned()
}

/// The open tasks that these decisions cancel, each once.
fn stopped(live: &Live, decided: &[Event], dropped: &[TaskId]) -> Vec<(TaskId, OpenTask)> {
    let cancelled = decided.iter().filter_map(|event| match event {
        Event::Cancelled { target } => Some(*target),
        _ => None,
    });
    // A task that is cancelled twice is stopped once.
    let targets: BTreeSet<TaskId> = cancelled.chain(dropped.iter().copied()).collect();
    targets.into_iter().filter_map(|target| Some((target, live.tasks.get(&target)?.clone()))).collect()
}

/// Checks a step against the contract and gives the events that it leads to.
fn admit(live: &Live, at: Timestamp, step: Step) -> Result<Admitted, Failure> {
    if step.decisions.len() > DECISIONS_PER_TURN_MAX_COUNT {
        let count = step.decisions.len();
        let message = format!("the turn took {count} decisions; at most {DECISIONS_PER_TURN_MAX_COUNT} are allowed");
        return Err(Failure::host(kind::LIMIT, message));
    }
    let mut events = Vec::with_capacity(step.decisions.len() + 2);
    let mut rules = Rules::new(live);
    for (decision, index) in step.decisions.into_iter().zip(live.decisions..) {
        rules.check(TaskId(index), &decision).map_err(|text| broken(TaskId(index), text))?;
        events.push(admit_decision(TaskId(index), at, decision)?);
    }
    let mut dropped = Vec::new();
    if let StepStatus::Failed(_) = step.status {
        dropped = drop_last_cancels(&mut events);
    }
    if let Some(value) = step.custom_status {
        let bytes = value.len();
        if bytes > CUSTOM_STATUS_MAX_BYTES {
            let message = format!("the custom status has {bytes} bytes; at most {CUSTOM_STATUS_MAX_BYTES} are allowed");
            return Err(Failure::host(kind::TOO_LARGE, message));
        }
        events.push(Event::CustomStatusSet { value });
    }
    let waits = match step.status {
        StepStatus::Waiting { events } if events.is_empty() => Waits::ForNoEvent,
        StepStatus::Waiting { .. } => Waits::ForEvents,
        StepStatus::Completed(output) => {
            events.push(Event::Completed { output });
            Waits::ForNoEvent
        }
        StepStatus::Failed(failure) => {
            events.push(Event::Failed { failure });
            Waits::ForNoEvent
        }
        StepStatus::ContinuedAsNew { carried, .. } if carried.len() > CARRIED_EVENTS_MAX_COUNT => {
            let message = format!(
                "{} events are carried over to the next execution; at most {CARRIED_EVENTS_MAX_COUNT} are allowed",
                carried.len()
            );
            return Err(Failure::host(kind::LIMIT, message));
        }
        StepStatus::ContinuedAsNew { input, carried } => {
            return Ok(Admitted::Renewed { decided: events, input, carried });
        }
    };
    Ok(Admitted::Decided(Decided { events, waits, dropped }))
}

/// What a guest cancels on its way out when it fails is not a decision of its own: its language lets go of what is left.
/// It is stopped and not recorded, so that the failure can be taken back.
fn drop_last_cancels(events: &mut Vec<Event>) -> Vec<TaskId> {
    let mut dropped = Vec::new();
    while let Some(Event::Cancelled { target }) = events.last() {
        dropped.push(*target);
        events.pop();
    }
    dropped
}

fn broken(id: TaskId, text: String) -> Failure {
    Failure::host(kind::PROTOCOL, format!("decision {}: {text}", id.0))
}

fn admit_decision(id: TaskId, at: Timestamp, decision: Decision) -> Result<Event, Failure> {
    let broken = |text: String| broken(id, text);
    let check_ahead = |what: &str, time: Timestamp| {
        let ahead = time.since(at);
        if ahead <= Millis(TIMER_MAX_MS) {
            return Ok(());
        }
        Err(broken(format!("{what} {ahead} ahead; at most {TIMER_MAX_MS} ms are allowed")))
    };
    match decision {
        Decision::ScheduleActivity { name, input, options } => {
            options.check().map_err(|error| broken(format!("activity {name}: {error}")))?;
            Ok(Event::TaskScheduled { task: id, name, input, options })
        }
        Decision::StartChild { name, input, options } => {
            if let Some(policy) = &options.retry {
                policy.check().map_err(|error| broken(format!("child {name}: {error}")))?;
            }
            if options.version.as_ref().is_some_and(|version| version.len() > VERSION_MAX_BYTES) {
                return Err(broken(format!("child {name}: a version has at most {VERSION_MAX_BYTES} bytes")));
            }
            Ok(Event::ChildScheduled { task: id, name, input, options })
        }
        Decision::CreateTimer { fire_at } => {
            check_ahead("a timer", fire_at)?;
            Ok(Event::TimerCreated { timer: id, fire_at })
        }
        Decision::Cancel { target } if target >= id => {
            Err(broken(format!("cancels {}, which was not decided yet", target.0)))
        }
        Decision::Cancel { target } => Ok(Event::Cancelled { target }),
        Decision::SendEvent { to, event } => Ok(Event::Sent { to, event }),
        Decision::CallEntity { to, name, input } => Ok(Event::EntityCalled { task: id, to, name, input }),
        Decision::SignalEntity { to, name, input, at: time } => {
            time.map_or(Ok(()), |time| check_ahead("a signal", time))?;
            Ok(Event::EntitySignaled { to, name, input, at: time })
        }
        Decision::LockEntities { set } => Ok(Event::LockRequested { task: id, set }),
        Decision::ReleaseLock { lock } => Ok(Event::LockReleased { lock }),
    }
}
