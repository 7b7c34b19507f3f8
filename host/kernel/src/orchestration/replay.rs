//! Playing a history again, and comparing what the guest decides with what is recorded.

use std::iter::Peekable;

use super::begin::{inbound, size};
use super::divergence::{Divergence, Held, describe};
use super::rules::EngineRules;
use super::unsettled::Unsettled;
use crate::limits::{REPLAY_PER_CALL_MAX_BYTES, REPLAY_TURNS_PER_CALL_COUNT};
use crate::model::{
    ComponentDigest, Decision, Event, Inbound, Play, Record, Start, Started, Step, StepStatus, Timestamp, Turn,
};
use crate::port::{Sandbox, Session, TurnFault};

/// The first turn of an execution.
pub fn start_of(started: &Started, now: Timestamp, play: Play) -> Start {
    let spec = &started.spec;
    Start {
        name: spec.name.clone(),
        instance: started.id.clone(),
        execution: started.execution,
        version: spec.version.clone(),
        parent: spec.parent.as_ref().map(|parent| parent.id.clone()),
        tags: spec.tags.clone(),
        now,
        seed: started.seed,
        input: spec.input.clone(),
        play,
    }
}

/// The component that made a history, so far as it goes: the one it began with or was pinned to last.
pub fn component_of(records: &[Record]) -> Option<ComponentDigest> {
    let mut newest_first = records.iter().rev().flat_map(|record| record.events.iter().rev());
    newest_first.find_map(pinned)
}

fn pinned(event: &Event) -> Option<ComponentDigest> {
    match event {
        Event::Started(started) => Some(started.component),
        Event::Repinned { component } => Some(*component),
        _ => None,
    }
}

/// Builds a session of `component` that has played these records to their end, which must not be the end of the
/// instance.
///
/// The decisions must be the recorded ones in the recorded order. How they are distributed over the turns is not
/// compared: an id is an index, so a decision that comes in an earlier turn than recorded is the same decision.
pub fn replay<S: Sandbox>(sandbox: &S, component: ComponentDigest, records: &[Record]) -> Result<S::Session, Held> {
    let started = beginning(records)?;
    let mut check = Check::new(started, component, records);
    let mut turns = turns_of(records).into_iter();
    let Some(first) = turns.next() else {
        return Err(Held::Unavailable("no turn of it was played yet".to_owned()));
    };
    let start = start_of(started, first.now, Play::Again);
    let (mut session, step) = sandbox.open(component, &start).map_err(|fault| check.fault(fault))?;
    check.step(step)?;
    let mut turns = turns.peekable();
    while turns.peek().is_some() {
        let call = next_call(&mut turns);
        let step = session.advance(&call).map_err(|fault| check.fault(fault))?;
        check.step(step)?;
    }
    check.end()?;
    Ok(session)
}

/// The start of a history that this host can play.
pub(super) fn beginning(records: &[Record]) -> Result<&Started, Held> {
    let Some(started) = records.first().and_then(Record::started) else {
        return Err(Held::Unavailable("the history does not begin with a start".to_owned()));
    };
    let rules = EngineRules(started.rules);
    if !rules.is_known() {
        let text =
            format!("it was started under engine rules {}, which this host does not know; use a newer host", rules.0);
        return Err(Held::Unavailable(text));
    }
    Ok(started)
}

/// The turns of a history, in order, each with what it was given. Those that a rewind took back are not among them.
pub(super) fn turns_of(records: &[Record]) -> Vec<Turn> {
    let mut turns = Vec::with_capacity(records.len());
    let mut pending = Vec::new();
    let mut unsettled = Unsettled::default();
    for (now, event) in records.iter().flat_map(|record| record.events.iter().map(|event| (record.at, event))) {
        if let Event::TurnStarted { takes } = event {
            let takes = usize::try_from(*takes).unwrap_or(usize::MAX).min(pending.len());
            let events: Vec<Inbound> = pending.drain(..takes).collect();
            unsettled.give(u32::try_from(turns.len()).unwrap_or(u32::MAX), &events);
            turns.push(Turn { now, play: Play::Again, events });
        } else if let Event::Rewound { tasks, .. } = event {
            let played = unsettled.rewind(tasks, &mut pending);
            turns.truncate(played.map_or(usize::MAX, |played| played as usize));
        } else if decision_of(event).is_some() {
            unsettled.settle();
        }
        pending.extend(inbound(event));
    }
    turns
}

/// Takes as many turns as one call may hold, and at least one.
fn next_call(turns: &mut Peekable<impl Iterator<Item = Turn>>) -> Vec<Turn> {
    let mut call = Vec::with_capacity(REPLAY_TURNS_PER_CALL_COUNT);
    let mut bytes = 0;
    while call.len() < REPLAY_TURNS_PER_CALL_COUNT {
        let fits = |turn: &Turn| bytes == 0 || bytes + weight(turn) <= REPLAY_PER_CALL_MAX_BYTES;
        let Some(turn) = turns.next_if(fits) else { break };
        bytes += weight(&turn);
        call.push(turn);
    }
    call
}

fn weight(turn: &Turn) -> usize {
    1 + turn.events.iter().map(size).sum::<usize>()
}

/// The recorded decisions, each with the number of its event.
fn recorded(records: &[Record]) -> Vec<(u64, Decision)> {
    let events = records.iter().flat_map(|record| &record.events);
    (1..).zip(events).filter_map(|(number, event)| Some((number, decision_of(event)?))).collect()
}

pub(super) fn decision_of(event: &Event) -> Option<Decision> {
    match event {
        Event::TaskScheduled { name, input, options, .. } => {
            Some(Decision::ScheduleActivity { name: name.clone(), input: input.clone(), options: options.clone() })
        }
        Event::ChildScheduled { name, input, options, .. } => {
            Some(Decision::StartChild { name: name.clone(), input: input.clone(), options: options.clone() })
        }
        Event::TimerCreated { fire_at, .. } => Some(Decision::CreateTimer { fire_at: *fire_at }),
        Event::Cancelled { target } => Some(Decision::Cancel { target: *target }),
        Event::Sent { to, event } => Some(Decision::SendEvent { to: to.clone(), event: event.clone() }),
        Event::EntityCalled { to, name, input, .. } => {
            Some(Decision::CallEntity { to: to.clone(), name: name.clone(), input: input.clone() })
        }
        Event::EntitySignaled { to, name, input, at } => {
            Some(Decision::SignalEntity { to: to.clone(), name: name.clone(), input: input.clone(), at: *at })
        }
        Event::LockRequested { set, .. } => Some(Decision::LockEntities { set: set.clone() }),
        Event::LockReleased { lock } => Some(Decision::ReleaseLock { lock: *lock }),
        _ => None,
    }
}

/// How far the code has agreed with the history.
struct Check<'a> {
    started: &'a Started,
    records: &'a [Record],
    played_by: ComponentDigest,
    recorded: Vec<(u64, Decision)>,
    matched: usize,
}

/// What the code did where the history has something else.
#[derive(Default)]
struct Instead<'a> {
    what: Option<String>,
    decision: Option<&'a Decision>,
    source: Option<String>,
}

impl<'a> Check<'a> {
    fn new(started: &'a Started, played_by: ComponentDigest, records: &'a [Record]) -> Self {
        Self { started, records, played_by, recorded: recorded(records), matched: 0 }
    }

    fn step(&mut self, step: Step) -> Result<(), Held> {
        for (index, decision) in step.decisions.iter().enumerate() {
            match self.recorded.get(self.matched) {
                Some((_, recorded)) if recorded == decision => self.matched += 1,
                recorded => {
                    let what = Some(describe(decision, recorded.map(|(_, recorded)| recorded)));
                    let source = step.sources.get(index).filter(|source| !source.is_empty()).cloned();
                    return Err(self.diverged(Instead { what, decision: Some(decision), source }));
                }
            }
        }
        let ended = match step.status {
            StepStatus::Waiting { .. } => return Ok(()),
            StepStatus::Completed(_) => "completed".to_owned(),
            StepStatus::Failed(failure) => format!("failed with {failure}"),
            StepStatus::ContinuedAsNew { .. } => "continued as new".to_owned(),
        };
        Err(self.diverged(Instead { what: Some(ended), ..Instead::default() }))
    }

    fn end(&self) -> Result<(), Held> {
        if self.matched < self.recorded.len() { Err(self.diverged(Instead::default())) } else { Ok(()) }
    }

    /// A fault within the recorded prefix is a divergence: when it was recorded, the code went on.
    fn fault(&self, fault: TurnFault) -> Held {
        match fault {
            TurnFault::Unavailable(text) => Held::Unavailable(text),
            TurnFault::Blob { blob, why } => Held::Blob { blob, why },
            TurnFault::Guest(failure) => {
                self.diverged(Instead { what: Some(format!("a fault: {failure}")), ..Instead::default() })
            }
        }
    }

    fn diverged(&self, instead: Instead<'_>) -> Held {
        let recorded = self.recorded.get(self.matched);
        let mut numbered = (1_u64..).zip(self.records.iter().flat_map(|record| &record.events));
        let event = recorded.map_or_else(|| numbered.clone().count() as u64, |(number, _)| *number);
        let before = numbered.by_ref().take_while(|(number, _)| *number <= event);
        let recorded_by = before.filter_map(|(_, event)| pinned(event)).last();
        Held::Diverged(Box::new(Divergence {
            instance: self.started.id.clone(),
            function: self.started.spec.name.clone(),
            decision: u32::try_from(self.matched).unwrap_or(u32::MAX),
            event,
            recorded: recorded.map(|(_, recorded)| describe(recorded, instead.decision)),
            decided: instead.what,
            source: instead.source,
            recorded_by: recorded_by.unwrap_or(self.started.component),
            played_by: self.played_by,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::{Payload, TaskId};

    #[test]
    fn a_call_holds_a_limited_number_of_turns_and_of_bytes() {
        let turn = |bytes: usize| {
            let output = Payload::trusted(&b"1".repeat(bytes));
            let events = vec![Inbound::TaskCompleted { task: TaskId(0), output }];
            Turn { now: Timestamp(0), play: Play::Again, events }
        };
        let check = |sizes: &[usize], expect: &[usize]| {
            let mut turns = sizes.iter().map(|bytes| turn(*bytes)).peekable();
            let calls = std::iter::from_fn(|| Some(next_call(&mut turns).len()).filter(|length| *length > 0));
            assert_eq!(calls.collect::<Vec<_>>(), expect, "{sizes:?}");
        };
        let max = REPLAY_PER_CALL_MAX_BYTES;
        check(&[], &[]);
        check(&[1; 64], &[64]);
        check(&[1; 65], &[64, 1]);
        check(&[max / 2 - 1, max / 2 - 1, 0], &[2, 1]);
        check(&[2 * max, 1, 2 * max], &[1, 1, 1]);
    }
}
