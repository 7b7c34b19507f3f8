//! Messages become events: in which order, which of them are stale, and whether the guest is called.

use std::collections::BTreeSet;

use super::fold::{Live, TaskPhase};
use crate::model::{Event, Failure, Inbound, Payload, Started, TaskId, Timestamp};

/// Something that waits for an instance.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// An attempt of an activity ended.
    TaskDone {
        /// The task.
        task: TaskId,
        /// Which attempt.
        attempt: u32,
        /// How.
        outcome: Result<Payload, Failure>,
    },
    /// The clock passed a time at which something is due.
    Due,
    /// A client wants the instance to end.
    Terminate {
        /// Why, as JSON.
        reason: Payload,
    },
}

/// What the messages come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Begun {
    /// The time of the record.
    pub at: Timestamp,
    /// What is recorded of the messages, in order.
    pub events: Vec<Event>,
    /// What happens next.
    pub next: Next,
    /// How many messages were stale: duplicates, or answers to what is not asked any more.
    pub stale: usize,
}

/// What follows from [`begin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// There is nothing to record.
    Nothing,
    /// The events are committed and the guest is not called.
    Record,
    /// The guest plays a turn.
    Turn,
}

/// Turns what waits into events, in order of arrival.
pub fn begin(live: &Live, messages: Vec<Message>, now: Timestamp) -> Begun {
    // A wall clock may be set back; the time of an instance is not.
    let at = now.max(live.turn_at);
    let mut draft = Draft { live, at, events: Vec::new(), closed: BTreeSet::new(), stale: 0 };
    for message in messages {
        if let Message::Terminate { reason } = message {
            draft.events.push(Event::Terminated { reason });
            return Begun { at, events: draft.events, next: Next::Record, stale: draft.stale };
        }
        draft.take(message);
    }
    let next = match &draft.events[..] {
        [] => Next::Nothing,
        events if events.iter().any(|event| inbound(event).is_some()) => Next::Turn,
        _ => Next::Record,
    };
    Begun { at, events: draft.events, next, stale: draft.stale }
}

impl Begun {
    /// The begin of an execution: its start, and its first turn.
    pub fn start(started: Started, now: Timestamp) -> Self {
        Self { at: now, events: vec![Event::Started(Box::new(started))], next: Next::Turn, stale: 0 }
    }

    /// What the guest is told in this turn.
    pub fn inbound(&self) -> Vec<Inbound> {
        self.events.iter().filter_map(inbound).collect()
    }
}

/// What a guest is told of an event, if anything.
pub(super) fn inbound(event: &Event) -> Option<Inbound> {
    match event {
        Event::TaskCompleted { task, output } => Some(Inbound::TaskCompleted { task: *task, output: output.clone() }),
        Event::TaskFailed { task, failure } => Some(Inbound::TaskFailed { task: *task, failure: failure.clone() }),
        Event::TimerFired { timer } => Some(Inbound::TimerFired { timer: *timer }),
        Event::Started(_)
        | Event::TurnStarted
        | Event::TaskScheduled { .. }
        | Event::TaskAttemptFailed { .. }
        | Event::TimerCreated { .. }
        | Event::TimerCancelled { .. }
        | Event::CustomStatusSet { .. }
        | Event::Completed { .. }
        | Event::Failed { .. }
        | Event::Terminated { .. } => None,
    }
}

struct Draft<'a> {
    live: &'a Live,
    at: Timestamp,
    events: Vec<Event>,
    /// Tasks and timers that an event of this draft already answers.
    closed: BTreeSet<TaskId>,
    stale: usize,
}

impl Draft<'_> {
    fn take(&mut self, message: Message) {
        match message {
            Message::TaskDone { task, attempt, outcome } => self.task_done(task, attempt, outcome),
            Message::Due => self.due(),
            Message::Terminate { .. } => unreachable!("begin ends the draft at a terminate"),
        }
    }

    fn task_done(&mut self, task: TaskId, attempt: u32, outcome: Result<Payload, Failure>) {
        let open = self.live.tasks.get(&task);
        let Some(open) = open.filter(|open| open.attempt == attempt && open.phase == TaskPhase::Running) else {
            self.stale += 1;
            return;
        };
        if !self.closed.insert(task) {
            self.stale += 1;
            return;
        }
        let event = match outcome {
            Ok(output) => Event::TaskCompleted { task, output },
            Err(failure) => {
                let policy = open.options.retry.as_ref();
                match policy.and_then(|policy| policy.next_attempt(attempt, &failure, open.scheduled, self.at)) {
                    Some(retry_at) => Event::TaskAttemptFailed { task, attempt, failure, retry_at },
                    None => Event::TaskFailed { task, failure },
                }
            }
        };
        self.events.push(event);
    }

    fn due(&mut self) {
        for timer in self.live.due_timers(self.at) {
            if self.closed.insert(timer) {
                self.events.push(Event::TimerFired { timer });
            }
        }
    }
}
