//! What the durable history of one execution says, read without the kernel's own folding, so that the two can disagree.

mod entry;
mod sections;

use std::collections::{BTreeMap, BTreeSet};

use kernel::model::{
    Attempted, Ended, Event, Failure, InstanceNo, Payload, Raised, Record, Started, TaskId, Timestamp,
};

use super::blobs::Library;
use super::marks::Mark;
use super::pool::Dispatch;
use super::task::activity;
pub use entry::{Fate, Gate, Noted, Task, Told, What};
use entry::{Section, Timer};

/// What went wrong, in a sentence.
pub type Checked = Result<(), String>;

/// The history of one execution, record by record.
#[derive(Debug)]
pub struct Ledger {
    /// Whose it is.
    pub no: InstanceNo,
    library: Library,
    /// What it began with.
    pub started: Started,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
    /// The activities, children, calls and locks that it asked for.
    pub tasks: BTreeMap<TaskId, Task>,
    /// Whether it plays turns.
    pub gate: Gate,
    /// What came in and was not given to the guest.
    inbound: Vec<Told>,
    /// What it was given since it was told of a failure, while it decided nothing.
    unsettled: Vec<Told>,
    /// What those said who suspended, resumed or rewound it.
    pub reasons: BTreeSet<String>,
    /// How often it was rewound.
    pub rewinds: u32,
    section: Option<Section>,
    timers: BTreeMap<TaskId, Timer>,
    turns: u32,
    decisions: u32,
    turn_at: Timestamp,
}

impl Ledger {
    /// What an execution began with. Gives what was carried over to it.
    pub fn begin(no: InstanceNo, library: &Library, record: &Record, life: u32) -> Result<(Self, Vec<Noted>), String> {
        let Some((Event::Started(started), rest)) = record.events.split_first() else {
            return Err("a history does not begin with a start".to_owned());
        };
        let mut ledger = Self {
            no,
            library: library.clone(),
            section: None,
            started: (**started).clone(),
            ended: None,
            tasks: BTreeMap::new(),
            gate: Gate::Open,
            inbound: Vec::new(),
            unsettled: Vec::new(),
            reasons: BTreeSet::new(),
            rewinds: 0,
            timers: BTreeMap::new(),
            turns: 0,
            decisions: 0,
            turn_at: record.at,
        };
        let noted = ledger.events(record.at, rest, life)?;
        Ok((ledger, noted))
    }

    /// A further record.
    pub fn record(&mut self, record: &Record, life: u32) -> Result<Vec<Noted>, String> {
        self.events(record.at, &record.events, life)
    }

    /// What an activity or a call was given.
    pub fn text(&self, payload: &Payload) -> String {
        self.library.read(payload)
    }

    /// The children that it waits for.
    pub fn open_children(&self) -> impl Iterator<Item = Attempted> + '_ {
        let open = |task: &Task| task.fate == Fate::Open && matches!(task.what, What::Child { .. });
        self.tasks.iter().filter(move |(_, task)| open(task)).map(|(id, task)| self.attempted(*id, task))
    }

    /// Whether it waits for this very attempt.
    pub fn waits_for(&self, of: Attempted) -> bool {
        let open = |task: &Task| task.fate == Fate::Open && task.attempt == of.attempt;
        self.ended.is_none() && self.started.execution == of.execution && self.tasks.get(&of.task).is_some_and(open)
    }

    /// The external events that it was not given.
    pub fn unheard(&self) -> impl Iterator<Item = &Raised> {
        self.inbound.iter().filter_map(|told| match told {
            Told::Raised(raised) => Some(raised),
            Told::Failure(_) | Told::Other => None,
        })
    }

    fn attempted(&self, id: TaskId, task: &Task) -> Attempted {
        Attempted { execution: self.started.execution, task: id, attempt: task.attempt }
    }

    fn events(&mut self, at: Timestamp, events: &[Event], life: u32) -> Result<Vec<Noted>, String> {
        let mut noted = Vec::new();
        for event in events {
            if self.ended.is_some() && !matches!(event, Event::Rewound { .. }) {
                return Err(format!("{} after the end", event.name()));
            }
            self.event(at, event, life, &mut noted)?;
        }
        if let Some(section) = &mut self.section {
            section.is_new = false;
        }
        Ok(noted)
    }

    fn event(&mut self, at: Timestamp, event: &Event, life: u32, noted: &mut Vec<Noted>) -> Checked {
        match event {
            Event::Started(_) => return Err("it started twice".to_owned()),
            Event::TurnStarted { takes } => self.turn(at, *takes)?,
            Event::TaskScheduled { task, input, .. } => self.ask(at, *task, What::Activity(input.clone()))?,
            Event::ChildScheduled { task, name, options, .. } => {
                let what = What::Child { name: name.clone(), id: options.instance.clone() };
                self.ask(at, *task, what)?;
                noted.push(Noted::Asked(self.attempted(*task, &self.tasks[task])));
            }
            Event::EntityCalled { task, to, name, input } => {
                let (to, name, input) = (to.clone(), name.clone(), input.clone());
                self.ask(at, *task, What::Call { to, name, input })?;
                noted.push(Noted::Dispatched(self.call(*task)?));
            }
            Event::EntitySignaled { to, name, input, at } => {
                self.decided();
                let (to, name, input) = (to.clone(), name.clone(), input.clone());
                noted.push(Noted::Dispatched(Dispatch::Signal { to, name, input, at: *at }));
            }
            Event::LockRequested { task, set } => self.lock(at, *task, set, noted)?,
            Event::LockReleased { lock } => self.release(*lock, noted)?,
            Event::TaskAttemptFailed { task, attempt, failure, retry_at } => {
                self.answered(*task, Some(*attempt), &Err(failure.clone()), noted)?;
                let open = self.open(*task)?;
                open.attempt += 1;
                open.not_before = *retry_at;
                open.failed_in = Some(life);
            }
            Event::TaskCompleted { task, output } => self.result(*task, Ok(output.clone()), noted)?,
            Event::TaskFailed { task, failure } => self.result(*task, Err(failure.clone()), noted)?,
            Event::TimerCreated { timer, fire_at } => {
                self.decide(*timer)?;
                self.timers.insert(*timer, Timer { fire_at: *fire_at, over: false, created_in: life });
            }
            Event::TimerFired { timer } => self.timer_fired(at, *timer, life, noted)?,
            Event::Cancelled { target } => self.cancelled(*target, noted),
            Event::Sent { to, event } => {
                self.decided();
                noted.push(Noted::Sent(to.clone(), event.clone()));
            }
            Event::Raised(raised) => {
                self.inbound.push(Told::Raised(raised.clone()));
                noted.push(Noted::Heard(raised.clone()));
            }
            Event::Suspended { reason } => self.managed(Gate::Closed, reason, Mark::Suspended, noted)?,
            Event::Resumed { reason } => self.managed(Gate::Open, reason, Mark::Resumed, noted)?,
            Event::Rewound { reason, tasks } => self.rewound(reason, tasks, noted)?,
            Event::CustomStatusSet { .. } => {}
            Event::Repinned { .. } => noted.push(Noted::Managed(Mark::Repinned)),
            Event::Completed { output } => self.end(Ended::Completed(output.clone()), noted),
            Event::Failed { failure } => self.end(Ended::Failed(failure.clone()), noted),
            Event::Terminated { reason } => self.end(Ended::Terminated(reason.clone()), noted),
        }
        Ok(())
    }

    fn end(&mut self, ended: Ended, noted: &mut Vec<Noted>) {
        self.ended = Some(ended);
        noted.extend(self.released_at_end().map(Noted::Dispatched));
    }

    fn turn(&mut self, at: Timestamp, takes: u32) -> Checked {
        if at < self.turn_at {
            return Err(format!("its time went back from {} to {}", self.turn_at.0, at.0));
        }
        if self.gate == Gate::Closed {
            return Err("it played while it was suspended".to_owned());
        }
        if self.turns == 0 && self.started.spec.start_at.is_some_and(|start_at| at < start_at) {
            return Err("it began before its time".to_owned());
        }
        let takes = takes as usize;
        let all = if self.turns == 0 { 0 } else { self.inbound.len() };
        if takes != all {
            return Err(format!("a turn took {takes} of {}", self.inbound.len()));
        }
        let given: Vec<_> = self.inbound.drain(..takes).collect();
        if !self.unsettled.is_empty() || given.iter().any(|told| matches!(told, Told::Failure(_))) {
            self.unsettled.extend(given);
        }
        self.turn_at = at;
        self.turns += 1;
        Ok(())
    }

    fn managed(&mut self, gate: Gate, reason: &Payload, how: Mark, noted: &mut Vec<Noted>) -> Checked {
        if std::mem::replace(&mut self.gate, gate) == gate {
            return Err(format!("it was {how:?} twice"));
        }
        self.reasons.insert(reason.shown().into_owned());
        noted.push(Noted::Managed(how));
        Ok(())
    }

    fn rewound(&mut self, reason: &Payload, tasks: &[TaskId], noted: &mut Vec<Noted>) -> Checked {
        if !matches!(self.ended.take(), Some(Ended::Failed(_))) {
            return Err("it was rewound and had not failed".to_owned());
        }
        self.reasons.insert(reason.shown().into_owned());
        self.rewinds += 1;
        for id in tasks {
            let task = self.tasks.get_mut(id).ok_or_else(|| format!("task {} is rewound and is none", id.0))?;
            if !matches!(task.fate, Fate::Answered(Err(_))) {
                return Err(format!("task {} is rewound and had not failed", id.0));
            }
            task.fate = Fate::Open;
            task.not_before = Timestamp(0);
            if !matches!(task.what, What::Child { .. }) {
                task.attempt += 1;
            }
            if let What::Call { .. } = task.what {
                noted.push(Noted::Dispatched(self.call(*id)?));
            }
        }
        // What came with the failure is told again, for the guest may decide upon it now.
        self.inbound.splice(0..0, std::mem::take(&mut self.unsettled));
        self.inbound.retain(|told| !matches!(told, Told::Failure(task) if tasks.contains(task)));
        Ok(())
    }

    fn ask(&mut self, at: Timestamp, id: TaskId, what: What) -> Checked {
        self.decide(id)?;
        self.tasks.insert(id, Task { what, attempt: 1, not_before: at, failed_in: None, fate: Fate::Open });
        Ok(())
    }

    fn cancelled(&mut self, target: TaskId, noted: &mut Vec<Noted>) {
        self.decided();
        if let Some(timer) = self.timers.get_mut(&target) {
            timer.over = true;
        }
        if let Some(task) = self.tasks.get_mut(&target).filter(|task| task.fate == Fate::Open) {
            task.fate = Fate::Cancelled;
            if let What::Child { .. } = task.what {
                noted.push(Noted::Unwanted(self.attempted(target, &self.tasks[&target])));
            }
        }
    }

    fn timer_fired(&mut self, at: Timestamp, timer: TaskId, life: u32, noted: &mut Vec<Noted>) -> Checked {
        let open = self.timers.get_mut(&timer).ok_or("a timer fired that is none")?;
        if open.fire_at > at {
            return Err(format!("timer {} was due at {} and fired at {}", timer.0, open.fire_at.0, at.0));
        }
        if std::mem::replace(&mut open.over, true) {
            return Err(format!("timer {} fired and was over", timer.0));
        }
        if open.created_in != life {
            noted.push(Noted::OldTimerFired);
        }
        self.inbound.push(Told::Other);
        Ok(())
    }

    fn result(&mut self, id: TaskId, outcome: Result<Payload, Failure>, noted: &mut Vec<Noted>) -> Checked {
        self.answered(id, None, &outcome, noted)?;
        self.inbound.push(if outcome.is_ok() { Told::Other } else { Told::Failure(id) });
        self.open(id)?.fate = Fate::Answered(outcome);
        Ok(())
    }

    /// An activity must have given what activities give; what a child gave others know.
    fn answered(
        &mut self,
        id: TaskId,
        attempt: Option<u32>,
        outcome: &Result<Payload, Failure>,
        noted: &mut Vec<Noted>,
    ) -> Checked {
        let (execution, library) = (self.started.execution, self.library.clone());
        let open = self.open(id)?;
        if attempt.is_some_and(|attempt| attempt != open.attempt) {
            return Err(format!("another attempt of task {} failed than the one that ran", id.0));
        }
        match &open.what {
            What::Activity(input) if activity(&library.read(input), open.attempt) != *outcome => {
                return Err(format!("attempt {} of task {} did not end with {outcome:?}", open.attempt, id.0));
            }
            What::Activity(_) => {}
            What::Child { .. } | What::Call { .. } | What::Lock(_) => {
                let of = Attempted { execution, task: id, attempt: open.attempt };
                noted.push(Noted::Answered(of, outcome.clone()));
            }
        }
        noted.extend(self.grant(id).map(|(holder, set)| Noted::Granted(holder, set)));
        Ok(())
    }

    fn open(&mut self, id: TaskId) -> Result<&mut Task, String> {
        let open = self.tasks.get_mut(&id).ok_or_else(|| format!("task {} was never asked for", id.0))?;
        match open.fate {
            Fate::Open => Ok(open),
            Fate::Answered(_) => Err(format!("a result of task {} is recorded twice", id.0)),
            Fate::Cancelled => Err(format!("a result of task {} is recorded that was cancelled", id.0)),
        }
    }

    fn decide(&mut self, id: TaskId) -> Checked {
        if id.0 != self.decisions {
            return Err(format!("decision {} has the id {}", self.decisions, id.0));
        }
        self.decided();
        Ok(())
    }

    fn decided(&mut self) {
        self.decisions += 1;
        self.unsettled.clear();
    }
}
