//! The world around one execution: it keeps what the guest asked for, and makes turns of random answers to it.
//!
//! It answers what was asked and nothing else: no task twice, nothing that was cancelled, no timer before its time. Beyond that
//! all is chance: which answer is next, whether it is a failure, how many events a turn has, and how much time passes.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, Result, ensure};
use kernel::model::{Cause, Decision, EventName, Failure, Inbound, Payload, Play, Raised, TaskId, Timestamp, Turn};

use super::plan;
use crate::sim::rng::Rng;

/// What the guest has asked for, and the chance and the time that decide what it is told.
#[derive(Debug)]
pub struct Outside {
    pub rng: Rng,
    pub now: Timestamp,
    open: BTreeMap<u32, Open>,
    decided: u32,
    waits: Vec<EventName>,
    /// Events that came over from the execution before.
    carried: VecDeque<Raised>,
}

/// What waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Activity,
    Child,
    Operation,
    Lock,
    Timer(Timestamp),
}

impl Outside {
    pub fn new(rng: Rng, now: Timestamp, carried: Vec<Raised>) -> Self {
        Self { rng, now, open: BTreeMap::new(), decided: 0, waits: Vec::new(), carried: carried.into() }
    }

    /// Takes what a step decided, and for what it waits.
    pub fn take(&mut self, decisions: &[Decision], waits: &[EventName]) {
        for decision in decisions {
            let opened = match decision {
                Decision::ScheduleActivity { .. } => Some(Open::Activity),
                Decision::StartChild { .. } => Some(Open::Child),
                Decision::CallEntity { .. } => Some(Open::Operation),
                Decision::LockEntities { .. } => Some(Open::Lock),
                Decision::CreateTimer { fire_at } => Some(Open::Timer(*fire_at)),
                Decision::Cancel { target } => {
                    self.open.remove(&target.0);
                    None
                }
                Decision::SendEvent { .. } | Decision::SignalEntity { .. } | Decision::ReleaseLock { .. } => None,
            };
            self.open.extend(opened.map(|open| (self.decided, open)));
            self.decided += 1;
        }
        self.waits = waits.to_vec();
    }

    /// The next turn, with one event at least.
    pub fn turn(&mut self) -> Result<Turn> {
        self.now.0 += self.rng.delay_ms();
        let mut events = Vec::new();
        for _ in 0..1 + self.rng.below(3) {
            match self.event()? {
                Some(event) => events.push(event),
                None => break,
            }
        }
        if events.is_empty() {
            events.push(self.wake()?);
        }
        Ok(Turn { now: self.now, play: Play::New, events })
    }

    /// Something that may happen now, if there is anything.
    fn event(&mut self) -> Result<Option<Inbound>> {
        if let Some(raised) = self.carried.pop_front() {
            return Ok(Some(Inbound::Raised(raised)));
        }
        if self.rng.happens(150) {
            let name = plan::event(&mut self.rng);
            return self.raise(&name).map(Some);
        }
        let is_possible = |open: &Open| !matches!(open, Open::Timer(at) if *at > self.now);
        let possible: Vec<_> = self.open.iter().filter(|(_, open)| is_possible(open)).map(|(id, _)| *id).collect();
        if possible.is_empty() {
            return Ok(None);
        }
        let id = possible[self.rng.index(possible.len())];
        let open = self.open.remove(&id).context("it was found among what is open")?;
        self.answer(TaskId(id), open).map(Some)
    }

    /// What brings it on if nothing may happen now: the next timer, or an event that it waits for.
    fn wake(&mut self) -> Result<Inbound> {
        let timers = self.open.iter().filter_map(|(id, open)| match open {
            Open::Timer(at) => Some((*at, *id)),
            Open::Activity | Open::Child | Open::Operation | Open::Lock => None,
        });
        if let Some((at, id)) = timers.min() {
            self.now = self.now.max(at);
            self.open.remove(&id);
            return Ok(Inbound::TimerFired { timer: TaskId(id) });
        }
        ensure!(!self.waits.is_empty(), "the guest waits, and nothing is open that could wake it");
        let name = self.waits[self.rng.index(self.waits.len())].clone();
        self.raise(name.as_str())
    }

    fn raise(&mut self, name: &str) -> Result<Inbound> {
        let input = payload(&plan::value(&mut self.rng, 2))?;
        Ok(Inbound::Raised(Raised { name: EventName::parse(name)?, input }))
    }

    fn answer(&mut self, task: TaskId, open: Open) -> Result<Inbound> {
        let failed = |failure| Ok(Inbound::TaskFailed { task, failure });
        let unlucky = self.rng.happens(200);
        match open {
            Open::Timer(_) => Ok(Inbound::TimerFired { timer: task }),
            Open::Lock => Ok(Inbound::TaskCompleted { task, output: Payload::null() }),
            Open::Activity if unlucky => failed(failure("unlucky")),
            Open::Operation if unlucky => failed(failure("spilled")),
            Open::Child if unlucky => {
                let Failure { kind, message, details, .. } = failure("unlucky");
                let causes = vec![Cause { kind, message, details }];
                failed(Failure { causes, ..failure("dacapo:child-failed") })
            }
            Open::Activity | Open::Child | Open::Operation => {
                let output = payload(&plan::value(&mut self.rng, 3))?;
                Ok(Inbound::TaskCompleted { task, output })
            }
        }
    }
}

fn failure(kind: &str) -> Failure {
    let (message, details) = ("a 1 was thrown".to_owned(), Some("twice".to_owned()));
    Failure { kind: kind.to_owned(), message, details, retryable: true, causes: Vec::new() }
}

/// A value as its text.
pub fn payload(value: &serde_json::Value) -> Result<Payload> {
    Ok(Payload::parse(value.to_string().as_bytes())?)
}
