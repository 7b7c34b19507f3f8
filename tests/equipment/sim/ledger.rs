//! What the durable history of one instance says, read without the kernel's own folding, so that the two can disagree.

use std::collections::BTreeMap;

use kernel::model::{Ended, Event, Payload, Record, Started, TaskId, Timestamp};

use super::program::activity;

/// What went wrong, in a sentence.
pub type Checked = Result<(), String>;

/// The history of one instance, record by record.
#[derive(Debug)]
pub struct Ledger {
    /// What it began with.
    pub started: Started,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
    /// The activities that it asked for.
    pub tasks: BTreeMap<TaskId, Task>,
    timers: BTreeMap<TaskId, Timer>,
    decisions: u32,
    turn_at: Timestamp,
}

/// An activity that was asked for.
#[derive(Debug)]
pub struct Task {
    /// Its input.
    pub input: Payload,
    /// The attempt that runs or is next.
    pub attempt: u32,
    /// When that attempt may begin.
    pub not_before: Timestamp,
    /// Which life of the host recorded that the attempt before failed, if there was one.
    pub failed_in: Option<u32>,
    /// Whether its result is recorded.
    pub result: Recorded,
}

/// Whether something is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is.
    Yes,
    /// It is not.
    No,
}

#[derive(Debug)]
struct Timer {
    fire_at: Timestamp,
    over: Recorded,
    created_in: u32,
}

/// What a record held that the marks are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noted {
    /// A timer fired that an earlier life of the host created.
    OldTimerFired,
}

impl Ledger {
    /// The first record.
    pub fn begin(record: &Record, life: u32) -> Result<Self, String> {
        let Some((Event::Started(started), rest)) = record.events.split_first() else {
            return Err("a history does not begin with a start".to_owned());
        };
        let mut ledger = Self {
            started: (**started).clone(),
            ended: None,
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            decisions: 0,
            turn_at: record.at,
        };
        for event in rest {
            ledger.event(record.at, event, life)?;
        }
        Ok(ledger)
    }

    /// A further record; says what is noteworthy of it.
    pub fn record(&mut self, record: &Record, life: u32) -> Result<Vec<Noted>, String> {
        let mut noted = Vec::new();
        for event in &record.events {
            noted.extend(self.event(record.at, event, life)?);
        }
        Ok(noted)
    }

    fn event(&mut self, at: Timestamp, event: &Event, life: u32) -> Result<Option<Noted>, String> {
        if self.ended.is_some() {
            return Err(format!("{} after the end", event.name()));
        }
        match event {
            Event::Started(_) => return Err("it started twice".to_owned()),
            Event::TurnStarted if at < self.turn_at => {
                return Err(format!("its time went back from {} to {}", self.turn_at.0, at.0));
            }
            Event::TurnStarted => self.turn_at = at,
            Event::TaskScheduled { task, input, .. } => {
                self.decide(*task)?;
                let (input, result) = (input.clone(), Recorded::No);
                let open = Task { input, attempt: 1, not_before: at, failed_in: None, result };
                self.tasks.insert(*task, open);
            }
            Event::TaskAttemptFailed { task, attempt, failure, retry_at } => {
                let open = self.open(*task)?;
                let expected = activity(&open.input, *attempt).err();
                if *attempt != open.attempt || expected.as_ref() != Some(failure) {
                    return Err(format!("attempt {attempt} of task {} did not fail so", task.0));
                }
                open.attempt += 1;
                open.not_before = *retry_at;
                open.failed_in = Some(life);
            }
            Event::TaskCompleted { task, output } => self.result(*task, Ok(output.clone()))?,
            Event::TaskFailed { task, failure } => self.result(*task, Err(failure.clone()))?,
            Event::TimerCreated { timer, fire_at } => {
                self.decide(*timer)?;
                self.timers.insert(*timer, Timer { fire_at: *fire_at, over: Recorded::No, created_in: life });
            }
            Event::TimerFired { timer } => return self.timer_fired(at, *timer, life),
            Event::TimerCancelled { timer } => {
                self.decisions += 1;
                self.timers.get_mut(timer).ok_or("a timer was cancelled that is none")?.over = Recorded::Yes;
            }
            Event::CustomStatusSet { .. } => {}
            Event::Completed { output } => self.ended = Some(Ended::Completed(output.clone())),
            Event::Failed { failure } => self.ended = Some(Ended::Failed(failure.clone())),
            Event::Terminated { reason } => self.ended = Some(Ended::Terminated(reason.clone())),
        }
        Ok(None)
    }

    fn timer_fired(&mut self, at: Timestamp, timer: TaskId, life: u32) -> Result<Option<Noted>, String> {
        let open = self.timers.get_mut(&timer).ok_or("a timer fired that is none")?;
        if open.fire_at > at {
            return Err(format!("timer {} was due at {} and fired at {}", timer.0, open.fire_at.0, at.0));
        }
        if std::mem::replace(&mut open.over, Recorded::Yes) == Recorded::Yes {
            return Err(format!("timer {} fired and was over", timer.0));
        }
        Ok((open.created_in != life).then_some(Noted::OldTimerFired))
    }

    fn result(&mut self, task: TaskId, outcome: Result<Payload, kernel::model::Failure>) -> Checked {
        let open = self.open(task)?;
        if activity(&open.input, open.attempt) != outcome {
            return Err(format!("task {} did not end with {outcome:?}", task.0));
        }
        open.result = Recorded::Yes;
        Ok(())
    }

    fn open(&mut self, task: TaskId) -> Result<&mut Task, String> {
        let open = self.tasks.get_mut(&task).ok_or_else(|| format!("task {} was never asked for", task.0))?;
        match open.result {
            Recorded::No => Ok(open),
            Recorded::Yes => Err(format!("a result of task {} is recorded twice", task.0)),
        }
    }

    fn decide(&mut self, id: TaskId) -> Checked {
        if id.0 != self.decisions {
            return Err(format!("decision {} has the id {}", self.decisions, id.0));
        }
        self.decisions += 1;
        Ok(())
    }
}
