//! Messages become events: in which order, which of them are stale, and whether the guest is called.

use std::collections::BTreeSet;

use super::fold::{Gate, Live};
use super::task::chance;
use crate::limits::TURN_INBOUND_MAX_BYTES;
use crate::model::{Attempted, Event, Failure, Inbound, Payload, Raised, Reach, Record, Started, TaskId, Timestamp};

/// Something that waits for an instance.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// An attempt of an activity or a child ended.
    TaskDone {
        /// Which.
        of: Attempted,
        /// How.
        outcome: Result<Payload, Failure>,
    },
    /// The clock passed a time at which something is due.
    Due,
    /// An external event.
    Raised(Raised),
    /// A client wants the instance to stop for a while.
    Suspend {
        /// Why, as JSON.
        reason: Payload,
    },
    /// A client wants the instance to go on.
    Resume {
        /// Why, as JSON.
        reason: Payload,
    },
    /// A client wants the instance to end.
    Terminate {
        /// Why, as JSON.
        reason: Payload,
        /// Whether its children end too.
        reach: Reach,
    },
}

/// What the messages come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Begun {
    /// The time of the record.
    pub at: Timestamp,
    /// What is recorded of the messages, in order, and the turn if there is one.
    pub events: Vec<Event>,
    /// What happens next.
    pub next: Next,
    /// What the guest is given in the turn.
    pub given: Vec<Inbound>,
    /// How many of the messages were stale: duplicates, or answers to what is not asked any more.
    pub stale: usize,
    /// Whether an end takes the children along.
    pub reach: Reach,
}

/// What follows from [`begin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// There is nothing to record.
    Nothing,
    /// The events are committed and the guest is not called.
    Record,
    /// The guest plays the first turn of an execution.
    First,
    /// The guest plays a later turn.
    Turn,
}

/// Turns what waits into events, in order of arrival. What follows the end of the instance is not taken from `messages`. While
/// `gate` is closed no turn follows, whatever the instance says.
pub fn begin(live: &Live, messages: impl IntoIterator<Item = Message>, gate: Gate, now: Timestamp) -> Begun {
    // A wall clock may be set back; the time of an instance is not.
    let at = now.max(live.turn_at);
    let mut draft = Draft::new(live, at);
    for message in messages {
        if draft.take(message) == Goes::Ends {
            break;
        }
    }
    draft.finish(gate)
}

impl Begun {
    /// The begin of an instance: its start, and its first turn unless that is scheduled for later.
    pub fn start(started: Started, now: Timestamp) -> Self {
        let next = match started.spec.start_at {
            Some(at) if at > now => Next::Record,
            Some(_) | None => Next::First,
        };
        let mut events = vec![Event::Started(Box::new(started))];
        if next == Next::First {
            events.push(Event::TurnStarted { takes: 0 });
        }
        Self { at: now, events, next, given: Vec::new(), stale: 0, reach: Reach::Alone }
    }

    /// Whether a task is answered.
    pub fn answers(&self, task: TaskId) -> bool {
        self.events.iter().any(|event| match event {
            Event::TaskCompleted { task: of, .. } | Event::TaskFailed { task: of, .. } => *of == task,
            Event::TaskAttemptFailed { task: of, .. } => *of == task,
            _ => false,
        })
    }

    /// Whether the instance ends without a turn.
    pub fn ends(&self) -> bool {
        matches!(self.events.last(), Some(Event::Terminated { .. }))
    }

    /// The begin of the next execution, whose first record this is, and its first turn.
    pub fn renewal(record: Record) -> Self {
        let Record { at, mut events } = record;
        events.push(Event::TurnStarted { takes: 0 });
        Self { at, events, next: Next::First, given: Vec::new(), stale: 0, reach: Reach::Alone }
    }

    /// The same without its turn: what came in is recorded and kept for later.
    pub fn without_turn(mut self) -> Self {
        self.events.retain(|event| !matches!(event, Event::TurnStarted { .. }));
        self.given.clear();
        self.next = if self.events.is_empty() { Next::Nothing } else { Next::Record };
        self
    }
}

/// What a guest is told of an event, if anything.
pub(super) fn inbound(event: &Event) -> Option<Inbound> {
    match event {
        Event::TaskCompleted { task, output } => Some(Inbound::TaskCompleted { task: *task, output: output.clone() }),
        Event::TaskFailed { task, failure } => Some(Inbound::TaskFailed { task: *task, failure: failure.clone() }),
        Event::TimerFired { timer } => Some(Inbound::TimerFired { timer: *timer }),
        Event::Raised(raised) => Some(Inbound::Raised(raised.clone())),
        _ => None,
    }
}

/// How many bytes of payload an event carries.
pub(super) fn size(event: &Inbound) -> usize {
    match event {
        Inbound::TaskCompleted { output, .. } => output.len(),
        Inbound::Raised(raised) => raised.input.len(),
        Inbound::TaskFailed { .. } | Inbound::TimerFired { .. } => 0,
    }
}

#[derive(PartialEq, Eq)]
enum Goes {
    On,
    Ends,
}

struct Draft<'a> {
    live: &'a Live,
    at: Timestamp,
    events: Vec<Event>,
    /// Tasks and timers that an event of this draft already answers.
    closed: BTreeSet<TaskId>,
    gate: Gate,
    reach: Reach,
    stale: usize,
}

impl<'a> Draft<'a> {
    fn new(live: &'a Live, at: Timestamp) -> Self {
        let (events, closed) = (Vec::new(), BTreeSet::new());
        Self { live, at, events, closed, gate: live.gate, reach: Reach::Alone, stale: 0 }
    }

    fn take(&mut self, message: Message) -> Goes {
        match message {
            Message::TaskDone { of, outcome } => self.task_done(of, outcome),
            Message::Due => self.due(),
            Message::Raised(raised) => self.events.push(Event::Raised(raised)),
            Message::Suspend { reason } if self.gate == Gate::Open => {
                self.gate = Gate::Closed;
                self.events.push(Event::Suspended { reason });
            }
            Message::Resume { reason } if self.gate == Gate::Closed => {
                self.gate = Gate::Open;
                self.events.push(Event::Resumed { reason });
            }
            Message::Suspend { .. } | Message::Resume { .. } => self.stale += 1,
            Message::Terminate { reason, reach } => {
                self.reach = reach;
                self.events.push(Event::Terminated { reason });
                return Goes::Ends;
            }
        }
        Goes::On
    }

    fn task_done(&mut self, of: Attempted, outcome: Result<Payload, Failure>) {
        let Attempted { execution, task, attempt } = of;
        let started = &self.live.started;
        let open = self.live.tasks.get(&task).filter(|open| execution == started.execution && open.attempt == attempt);
        let Some(open) = open.filter(|_| self.closed.insert(task)) else {
            self.stale += 1;
            return;
        };
        let event = match outcome {
            Ok(output) => Event::TaskCompleted { task, output },
            Err(failure) => {
                let counted = attempt - open.written_off;
                let chance = chance(started, task, attempt);
                let retry = |policy: &crate::model::RetryPolicy| {
                    policy.next_attempt(counted, &failure, open.scheduled, self.at, chance)
                };
                match open.retry.as_ref().and_then(retry) {
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

    fn finish(mut self, gate: Gate) -> Begun {
        let ends = matches!(self.events.last(), Some(Event::Terminated { .. }));
        let may_play = gate == Gate::Open && self.gate == Gate::Open && !ends;
        let mut given = Vec::new();
        let mut next = if self.events.is_empty() { Next::Nothing } else { Next::Record };
        if may_play && self.live.turns == 0 {
            if self.live.started.spec.start_at.is_none_or(|at| at <= self.at) {
                next = Next::First;
            }
        } else if may_play {
            given = self.given();
            if !given.is_empty() {
                next = Next::Turn;
            }
        }
        if matches!(next, Next::First | Next::Turn) {
            let takes = u32::try_from(given.len()).expect("what one turn takes is limited to far less");
            self.events.push(Event::TurnStarted { takes });
        }
        let Self { at, events, reach, stale, .. } = self;
        Begun { at, events, next, given, stale, reach }
    }

    /// As many of those that were not given yet as one turn may hold, and at least one if there is one.
    fn given(&self) -> Vec<Inbound> {
        let new = self.events.iter().filter_map(inbound);
        let mut bytes = 0;
        let fits = |event: &Inbound| {
            let first = bytes == 0;
            bytes += 1 + size(event);
            first || bytes <= TURN_INBOUND_MAX_BYTES
        };
        self.live.pending.iter().cloned().chain(new).take_while(fits).collect()
    }
}
