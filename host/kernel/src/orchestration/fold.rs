//! What an instance is, folded from its history.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ActivityOptions, Event, FunctionName, Payload, Status, TaskId, Timestamp};

/// What folding a history gives.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Nothing happened yet.
    New,
    /// It runs or waits.
    Live(Live),
    /// Nothing can happen any more.
    Ended(Status),
}

/// An execution that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// The time of its last turn; the next one is not earlier.
    pub turn_at: Timestamp,
    /// How many turns were played, which is how far a session must be to go on from here.
    pub turns: u32,
    /// How many decisions were taken: the index of the next one.
    pub decisions: u32,
    /// Activities that have neither completed nor failed.
    pub tasks: BTreeMap<TaskId, OpenTask>,
    /// Timers that have neither fired nor been cancelled, and when they are due.
    pub timers: BTreeMap<TaskId, Timestamp>,
    /// The open timers and the attempts that wait, earliest first, so that nothing is searched when the clock moves.
    due: BTreeSet<(Timestamp, TaskId)>,
}

/// An activity that was asked for and is not done.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenTask {
    /// The activity.
    pub name: FunctionName,
    /// Its input.
    pub input: Payload,
    /// How it is treated.
    pub options: ActivityOptions,
    /// When it was asked for.
    pub scheduled: Timestamp,
    /// The attempt that runs or is next, from 1.
    pub attempt: u32,
    /// Whether it runs.
    pub phase: TaskPhase,
}

/// Where an open task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskPhase {
    /// The attempt is to run now, or runs.
    Running,
    /// The attempt is not to begin before this time.
    Waiting {
        /// When.
        retry_at: Timestamp,
    },
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
        (State::New, Event::Started(_)) => Ok(State::Live(Live {
            turn_at: at,
            turns: 0,
            decisions: 0,
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            due: BTreeSet::new(),
        })),
        (State::New, other) => Err(illegal(other, "before the start")),
        (State::Ended(_), other) => Err(illegal(other, "after the end")),
        (State::Live(live), event) => live.fold(at, event),
    }
}

impl Live {
    /// Whether something is open that can wake the instance.
    pub fn is_waiting_for_something(&self) -> bool {
        !self.tasks.is_empty() || !self.timers.is_empty()
    }

    /// When the next timer or retry is due.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
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
            Event::TurnStarted => {
                self.turn_at = self.turn_at.max(at);
                self.turns += 1;
            }
            Event::TaskScheduled { task, name, input, options } => {
                self.decide(*task, event)?;
                let task_state = OpenTask {
                    name: name.clone(),
                    input: input.clone(),
                    options: options.clone(),
                    scheduled: at,
                    attempt: 1,
                    phase: TaskPhase::Running,
                };
                self.tasks.insert(*task, task_state);
            }
            Event::TaskAttemptFailed { task, attempt, retry_at, .. } => {
                let open = self.tasks.get_mut(task).ok_or(illegal(event, "for a task that is not open"))?;
                if open.attempt != *attempt {
                    return Err(illegal(event, "for another attempt than the one that ran"));
                }
                open.attempt += 1;
                // An attempt that follows a wait is not recorded, so the one that failed may still be noted as waiting.
                let before = std::mem::replace(&mut open.phase, TaskPhase::Waiting { retry_at: *retry_at });
                self.stop_waiting(*task, before);
                self.due.insert((*retry_at, *task));
            }
            Event::TaskCompleted { task, .. } | Event::TaskFailed { task, .. } => {
                let open = self.tasks.remove(task).ok_or(illegal(event, "for a task that is not open"))?;
                self.stop_waiting(*task, open.phase);
            }
            Event::TimerCreated { timer, fire_at } => {
                self.decide(*timer, event)?;
                self.timers.insert(*timer, *fire_at);
                self.due.insert((*fire_at, *timer));
            }
            Event::TimerFired { timer } => {
                let fire_at = self.timers.remove(timer).ok_or(illegal(event, "for a timer that is not open"))?;
                self.due.remove(&(fire_at, *timer));
            }
            Event::TimerCancelled { timer } => {
                if timer.0 >= self.decisions || self.tasks.contains_key(timer) {
                    return Err(illegal(event, "for what is not a timer"));
                }
                self.decisions += 1;
                // A timer that fired before it was cancelled is not open any more.
                if let Some(fire_at) = self.timers.remove(timer) {
                    self.due.remove(&(fire_at, *timer));
                }
            }
            Event::CustomStatusSet { .. } => {}
            Event::Completed { .. } => return Ok(State::Ended(Status::Completed)),
            Event::Failed { .. } => return Ok(State::Ended(Status::Failed)),
            Event::Terminated { .. } => return Ok(State::Ended(Status::Terminated)),
        }
        Ok(State::Live(self))
    }

    fn decide(&mut self, id: TaskId, event: &Event) -> Result<(), IllegalEvent> {
        if id.0 != self.decisions {
            return Err(illegal(event, "with an id that is not the index of the decision"));
        }
        self.decisions += 1;
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
