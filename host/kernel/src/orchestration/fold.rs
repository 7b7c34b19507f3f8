//! What an instance is, folded from its history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::section::{Section, Stage};
use super::task::{OpenTask, TaskKind, TaskPhase};
use super::unsettled::Unsettled;
use crate::model::{ComponentDigest, Event, Inbound, Payload, Started, Status, TaskId, Timestamp};

/// What folding a history gives.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Nothing happened yet.
    New,
    /// It runs or waits.
    Live(Live),
    /// It failed; what it was before is kept, because it may be rewound.
    Failed(Box<Live>),
    /// Nothing can happen any more.
    Ended(Status),
}

/// An execution that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// What it began with; without the input once the first turn was played.
    pub started: Arc<Started>,
    /// The component that plays it.
    pub component: ComponentDigest,
    /// The time of its last turn; the next one is not earlier.
    pub turn_at: Timestamp,
    /// How many turns were played, which is how far a session must be to go on from here.
    pub turns: u32,
    /// How many decisions were taken: the index of the next one.
    pub decisions: u32,
    /// Activities, children, calls and locks that have neither completed nor failed.
    pub tasks: BTreeMap<TaskId, OpenTask>,
    /// Timers that have neither fired nor been cancelled, and when they are due.
    pub timers: BTreeMap<TaskId, Timestamp>,
    /// Whether the guest is given what comes in.
    pub gate: Gate,
    /// What came in and was not given to the guest yet, in order.
    pub pending: Vec<Inbound>,
    /// The critical section that it is in, or asked for.
    pub section: Option<Box<Section>>,
    /// Tasks that failed since the guest last decided something: those a rewind opens again.
    failed: BTreeMap<TaskId, OpenTask>,
    /// The turns since.
    unsettled: Unsettled,
    /// The open timers and the attempts that wait, earliest first, so that nothing is searched when the clock moves.
    due: BTreeSet<(Timestamp, TaskId)>,
}

/// Whether an instance plays turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It does.
    Open,
    /// What comes in is recorded and kept.
    Closed,
}

/// An event that cannot follow the events before it: the history was not written by this engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event} {why}")]
pub struct IllegalEvent {
    /// The event's name.
    pub event: &'static str,
    /// Why it is illegal.
    pub why: &'static str,
}

/// Takes in one event that was recorded at `at`.
pub fn fold(state: State, at: Timestamp, event: &Event) -> Result<State, IllegalEvent> {
    match (state, event) {
        (State::New, Event::Started(started)) => Ok(State::Live(Live::new(started, at))),
        (State::New, other) => Err(illegal(other, "before the start")),
        (State::Failed(live), Event::Rewound { tasks, .. }) => live.rewind(at, tasks, event).map(State::Live),
        (State::Failed(_) | State::Ended(_), other) => Err(illegal(other, "after the end")),
        (State::Live(live), event) => live.fold(at, event),
    }
}

impl State {
    /// How it ended, if it has.
    pub fn ended(&self) -> Option<Status> {
        match self {
            Self::New | Self::Live(_) => None,
            Self::Failed(_) => Some(Status::Failed),
            Self::Ended(status) => Some(*status),
        }
    }
}

impl Live {
    fn new(started: &Started, at: Timestamp) -> Self {
        Self {
            started: Arc::new(started.clone()),
            component: started.component,
            turn_at: at,
            turns: 0,
            decisions: 0,
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            gate: Gate::Open,
            pending: Vec::new(),
            section: None,
            failed: BTreeMap::new(),
            unsettled: Unsettled::default(),
            due: BTreeSet::new(),
        }
    }

    /// The status that clients are shown.
    pub fn status(&self) -> Status {
        match self.gate {
            Gate::Closed => Status::Suspended,
            Gate::Open if self.turns == 0 && self.started.spec.start_at.is_some() => Status::Pending,
            Gate::Open => Status::Running,
        }
    }

    /// Whether something is open that can wake the instance, external events aside.
    pub fn is_waiting_for_something(&self) -> bool {
        !self.tasks.is_empty() || !self.timers.is_empty() || !self.pending.is_empty()
    }

    /// When something is due by the clock: a timer, a retry, the first turn.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let first_turn = self.started.spec.start_at.filter(|_| self.turns == 0 && self.gate == Gate::Open);
        self.due.first().map(|(at, _)| *at).into_iter().chain(first_turn).min()
    }

    /// Whether a turn can be played now, without anything new coming in.
    pub fn is_ready(&self, now: Timestamp) -> bool {
        match (self.gate, self.turns) {
            (Gate::Closed, _) => false,
            (Gate::Open, 0) => self.started.spec.start_at.is_none_or(|at| at <= now),
            (Gate::Open, _) => !self.pending.is_empty(),
        }
    }

    /// The same execution, played by another component from here on.
    pub(super) fn played_by(self, component: ComponentDigest) -> Self {
        Self { component, ..self }
    }

    /// The tasks that a rewind would open again, if the instance failed now. There are none in a critical section, which
    /// its end released, nor while a call of an entity is open: its answer went to nobody, and to call again would run the
    /// operation twice.
    pub fn rewindable(&self) -> impl Iterator<Item = TaskId> + '_ {
        let calls = self.tasks.values().any(|open| matches!(open.kind, TaskKind::Call { .. } | TaskKind::Lock { .. }));
        self.failed.keys().copied().filter(move |_| !calls && self.section.is_none())
    }

    /// The timers whose time has come, by due time, then by id.
    pub(super) fn due_timers(&self, now: Timestamp) -> impl Iterator<Item = TaskId> + '_ {
        self.due(now).map(|(_, id)| id).filter(|id| self.timers.contains_key(id))
    }

    /// Begins the attempts whose time has come and gives their tasks. That they run is not recorded: it follows from
    /// the failed attempt before and the clock.
    pub fn begin_due_retries(&mut self, now: Timestamp) -> Vec<TaskId> {
        let due: Vec<_> = self.due(now).filter(|(_, id)| self.tasks.contains_key(id)).collect();
        for (at, task) in &due {
            self.due.remove(&(*at, *task));
            if let Some(open) = self.tasks.get_mut(task) {
                open.phase = TaskPhase::Running;
            }
        }
        due.into_iter().map(|(_, task)| task).collect()
    }

    fn due(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, TaskId)> + '_ {
        self.due.range(..=(now, TaskId(u32::MAX))).copied()
    }

    fn fold(mut self, at: Timestamp, event: &Event) -> Result<State, IllegalEvent> {
        match event {
            Event::Started(_) => return Err(illegal(event, "twice")),
            Event::Rewound { .. } => return Err(illegal(event, "before the end")),
            Event::TurnStarted { takes } => self.take(at, *takes, event)?,
            Event::TaskScheduled { task, name, input, options } => {
                let kind = TaskKind::Activity { timeout: options.timeout };
                self.open(event, *task, OpenTask::new(kind, name, input, options.retry.as_ref(), at))?;
            }
            Event::ChildScheduled { task, name, input, options } => {
                let kind = TaskKind::Child { instance: options.instance.clone(), version: options.version.clone() };
                self.open(event, *task, OpenTask::new(kind, name, input, options.retry.as_ref(), at))?;
            }
            Event::EntityCalled { task, to, name, input } => {
                let kind = TaskKind::Call { to: to.clone(), operation: name.clone() };
                self.open(event, *task, OpenTask::new(kind, &to.name(), input, None, at))?;
            }
            Event::LockRequested { task, set } => {
                if self.section.is_some() {
                    return Err(illegal(event, "within a critical section"));
                }
                let first = set.entities()[0].name();
                let kind = TaskKind::Lock { set: set.clone() };
                self.open(event, *task, OpenTask::new(kind, &first, &Payload::null(), None, at))?;
                self.section = Some(Box::new(Section { lock: *task, set: set.clone(), stage: Stage::Asked }));
            }
            Event::LockReleased { lock } => self.release(event, *lock)?,
            Event::TaskAttemptFailed { task, attempt, retry_at, .. } => {
                self.attempt_failed(event, *task, *attempt, *retry_at)?;
            }
            Event::TaskCompleted { task, output } => {
                self.close(event, *task)?;
                if let Some(section) = self.section.as_mut().filter(|section| section.lock == *task) {
                    section.stage = Stage::Granted;
                }
                self.pending.push(Inbound::TaskCompleted { task: *task, output: output.clone() });
            }
            Event::TaskFailed { task, failure } => {
                let open = self.close(event, *task)?;
                // Whether its last attempt was seen to begin does not matter any more.
                self.failed.insert(*task, OpenTask { phase: TaskPhase::Running, ..open });
                self.pending.push(Inbound::TaskFailed { task: *task, failure: failure.clone() });
            }
            Event::TimerCreated { timer, fire_at } => {
                self.decide(*timer, event)?;
                self.timers.insert(*timer, *fire_at);
                self.due.insert((*fire_at, *timer));
            }
            Event::TimerFired { timer } => {
                let fire_at = self.timers.remove(timer).ok_or(illegal(event, "for a timer that is not open"))?;
                self.due.remove(&(fire_at, *timer));
                self.pending.push(Inbound::TimerFired { timer: *timer });
            }
            Event::Cancelled { target } => self.cancel(event, *target)?,
            Event::Sent { .. } | Event::EntitySignaled { .. } => self.decide(TaskId(self.decisions), event)?,
            Event::Raised(raised) => self.pending.push(Inbound::Raised(raised.clone())),
            Event::CustomStatusSet { .. } => {}
            Event::Suspended { .. } => self.gate = Gate::Closed,
            Event::Resumed { .. } => self.gate = Gate::Open,
            Event::Repinned { component } => self.component = *component,
            Event::Completed { .. } => return Ok(State::Ended(Status::Completed)),
            Event::Failed { .. } => return Ok(State::Failed(Box::new(self))),
            Event::Terminated { .. } => return Ok(State::Ended(Status::Terminated)),
        }
        Ok(State::Live(self))
    }

    fn take(&mut self, at: Timestamp, takes: u32, event: &Event) -> Result<(), IllegalEvent> {
        let takes = usize::try_from(takes).unwrap_or(usize::MAX);
        if takes > self.pending.len() || (self.turns == 0 && takes > 0) {
            return Err(illegal(event, "with more than had come in"));
        }
        if self.turns == 0 {
            Arc::make_mut(&mut self.started).spec.input = Payload::null();
        }
        self.unsettled.give(self.turns, &self.pending[..takes]);
        self.pending.drain(..takes);
        self.turn_at = self.turn_at.max(at);
        self.turns += 1;
        Ok(())
    }

    fn open(&mut self, event: &Event, task: TaskId, open: OpenTask) -> Result<(), IllegalEvent> {
        self.decide(task, event)?;
        self.tasks.insert(task, open);
        Ok(())
    }

    fn attempt_failed(
        &mut self,
        event: &Event,
        task: TaskId,
        attempt: u32,
        retry_at: Timestamp,
    ) -> Result<(), IllegalEvent> {
        let open = self.tasks.get_mut(&task).ok_or(illegal(event, "for a task that is not open"))?;
        if open.attempt != attempt {
            return Err(illegal(event, "for another attempt than the one that ran"));
        }
        open.attempt += 1;
        // An attempt that follows a wait is not recorded, so the one that failed may still be noted as waiting.
        let before = std::mem::replace(&mut open.phase, TaskPhase::Waiting { retry_at });
        self.stop_waiting(task, before);
        self.due.insert((retry_at, task));
        Ok(())
    }

    fn close(&mut self, event: &Event, task: TaskId) -> Result<OpenTask, IllegalEvent> {
        let open = self.tasks.remove(&task).ok_or(illegal(event, "for a task that is not open"))?;
        self.stop_waiting(task, open.phase);
        Ok(open)
    }

    fn cancel(&mut self, event: &Event, target: TaskId) -> Result<(), IllegalEvent> {
        if target.0 >= self.decisions {
            return Err(illegal(event, "for what was not decided yet"));
        }
        self.decide(TaskId(self.decisions), event)?;
        // What was answered before it was cancelled is not open any more.
        if let Some(fire_at) = self.timers.remove(&target) {
            self.due.remove(&(fire_at, target));
        }
        if let Some(open) = self.tasks.remove(&target) {
            self.stop_waiting(target, open.phase);
        }
        Ok(())
    }

    fn release(&mut self, event: &Event, lock: TaskId) -> Result<(), IllegalEvent> {
        self.section.take_if(|section| section.lock == lock).ok_or(illegal(event, "for another critical section"))?;
        self.decide(TaskId(self.decisions), event)?;
        self.tasks.remove(&lock);
        Ok(())
    }

    fn rewind(mut self, at: Timestamp, tasks: &[TaskId], event: &Event) -> Result<Self, IllegalEvent> {
        for open in self.tasks.values_mut() {
            open.rewound += 1;
        }
        for task in tasks {
            let mut open = self.failed.remove(task).ok_or(illegal(event, "for a task that had not just failed"))?;
            open.begin_again(at);
            self.tasks.insert(*task, open);
        }
        self.turns = self.unsettled.rewind(tasks, &mut self.pending).unwrap_or(self.turns);
        Ok(self)
    }

    fn decide(&mut self, id: TaskId, event: &Event) -> Result<(), IllegalEvent> {
        if id.0 != self.decisions {
            return Err(illegal(event, "with an id that is not the index of the decision"));
        }
        self.decisions += 1;
        // The guest has seen these failures and gone on, except for those that it was not given yet.
        let pending = &self.pending;
        let is_pending =
            |id: &TaskId| pending.iter().any(|e| matches!(e, Inbound::TaskFailed { task, .. } if task == id));
        self.failed.retain(|task, _| is_pending(task));
        self.unsettled.settle();
        Ok(())
    }

    fn stop_waiting(&mut self, task: TaskId, phase: TaskPhase) {
        if let TaskPhase::Waiting { retry_at } = phase {
            self.due.remove(&(retry_at, task));
        }
    }
}

fn illegal(event: &Event, why: &'static str) -> IllegalEvent {
    IllegalEvent { event: event.name(), why }
}
