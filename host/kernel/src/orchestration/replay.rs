//! Playing a history again, and comparing what the guest decides with what is recorded.

use std::fmt;
use std::iter::Peekable;

use super::begin::inbound;
use super::rules::EngineRules;
use crate::codec::Damage;
use crate::limits::{REPLAY_PER_CALL_MAX_BYTES, REPLAY_TURNS_PER_CALL_COUNT};
use crate::model::{
    Decision, Event, Inbound, Payload, Play, Record, Start, Started, Step, StepStatus, TaskId, Timestamp, Turn,
};
use crate::port::{Sandbox, Session, TurnFault};

/// Why an instance does not go on although it has not ended. Nothing is committed; the others run on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Held {
    /// The code does not do what the history says it did.
    #[error("{0}")]
    Diverged(Divergence),
    /// It cannot be played here and now: the component is not there, or the history is for a newer host.
    #[error("the instance cannot be played here and now: {0}")]
    Unavailable(String),
    /// Stored bytes are not what was written.
    #[error("{0}; restore the hub from a backup, or terminate the instance")]
    Damaged(Damage),
}

/// The first difference between a history and the code that plays it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The index of the decision.
    pub decision: u32,
    /// The number of the event in the history, from 1; of the last one if the history has no more.
    pub event: u64,
    /// What the history has there, or `None` if it has no more decisions.
    pub recorded: Option<String>,
    /// What the code has there, or `None` if it decided nothing.
    pub decided: Option<String>,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = "nothing";
        write!(
            f,
            "the code does not replay its history: at decision {} (event {}) the history has {} and the code has {}; \
             deploy code that decides as the history says, or terminate the instance",
            self.decision,
            self.event,
            self.recorded.as_deref().unwrap_or(nothing),
            self.decided.as_deref().unwrap_or(nothing),
        )
    }
}

/// The first turn of an execution.
pub fn start_of(started: &Started, now: Timestamp, play: Play) -> Start {
    Start {
        name: started.name.clone(),
        instance: started.id.clone(),
        execution: started.execution,
        version: started.version.clone(),
        parent: started.parent.clone(),
        now,
        seed: started.seed,
        input: started.input.clone(),
        play,
    }
}

/// Builds a session that has played these records to their end, which must not be the end of the instance.
///
/// The decisions must be the recorded ones in the recorded order. How they are distributed over the turns is not
/// compared: an id is an index, so a decision that comes in an earlier turn than recorded is the same decision.
pub fn replay<S: Sandbox>(sandbox: &S, records: &[Record]) -> Result<S::Session, Held> {
    let Some((first, later)) = records.split_first() else {
        return Err(Held::Unavailable("the history is empty".to_owned()));
    };
    let Some(Event::Started(started)) = first.events.first() else {
        return Err(Held::Unavailable("the history does not begin with a start".to_owned()));
    };
    let rules = EngineRules(started.rules);
    if !rules.is_known() {
        let text =
            format!("it was started under engine rules {}, which this host does not know; use a newer host", rules.0);
        return Err(Held::Unavailable(text));
    }
    let mut check = Check { recorded: recorded(records), matched: 0, events: count(records) };
    let start = start_of(started, first.at, Play::Again);
    let (mut session, step) = sandbox.open(started.component, &start).map_err(|fault| check.fault(fault))?;
    check.step(step)?;
    let mut turns = later.iter().filter_map(turn_of).peekable();
    while turns.peek().is_some() {
        let call = next_call(&mut turns);
        let step = session.advance(&call).map_err(|fault| check.fault(fault))?;
        check.step(step)?;
    }
    check.end()?;
    Ok(session)
}

/// Takes as many turns as one call may hold, and at least one.
fn next_call(turns: &mut Peekable<impl Iterator<Item = Turn>>) -> Vec<Turn> {
    let mut call = Vec::with_capacity(REPLAY_TURNS_PER_CALL_COUNT);
    let mut bytes = 0;
    while call.len() < REPLAY_TURNS_PER_CALL_COUNT {
        let fits = |turn: &Turn| bytes == 0 || bytes + size(turn) <= REPLAY_PER_CALL_MAX_BYTES;
        let Some(turn) = turns.next_if(fits) else { break };
        bytes += size(&turn);
        call.push(turn);
    }
    call
}

fn size(turn: &Turn) -> usize {
    let payload = |event: &Inbound| match event {
        Inbound::TaskCompleted { output, .. } => output.as_bytes().len(),
        Inbound::TaskFailed { .. } | Inbound::TimerFired { .. } => 0,
    };
    1 + turn.events.iter().map(payload).sum::<usize>()
}

fn turn_of(record: &Record) -> Option<Turn> {
    let played = record.events.iter().any(|event| matches!(event, Event::TurnStarted));
    played.then(|| Turn {
        now: record.at,
        play: Play::Again,
        events: record.events.iter().filter_map(inbound).collect(),
    })
}

fn count(records: &[Record]) -> u64 {
    records.iter().map(|record| record.events.len() as u64).sum()
}

/// The recorded decisions, each with the number of its event.
fn recorded(records: &[Record]) -> Vec<(u64, Decision)> {
    let events = records.iter().flat_map(|record| &record.events);
    (1..).zip(events).filter_map(|(number, event)| Some((number, decision_of(event)?))).collect()
}

fn decision_of(event: &Event) -> Option<Decision> {
    match event {
        Event::TaskScheduled { name, input, options, .. } => {
            Some(Decision::ScheduleActivity { name: name.clone(), input: input.clone(), options: options.clone() })
        }
        Event::TimerCreated { fire_at, .. } => Some(Decision::CreateTimer { fire_at: *fire_at }),
        Event::TimerCancelled { timer } => Some(Decision::CancelTimer { timer: *timer }),
        _ => None,
    }
}

/// How far the code has agreed with the history.
struct Check {
    recorded: Vec<(u64, Decision)>,
    matched: usize,
    events: u64,
}

impl Check {
    fn step(&mut self, step: Step) -> Result<(), Held> {
        for decision in step.decisions {
            match self.recorded.get(self.matched) {
                Some((_, recorded)) if *recorded == decision => self.matched += 1,
                recorded => {
                    let recorded = recorded.map(|(_, recorded)| recorded);
                    return Err(self.diverged(Some(describe(&decision, recorded)), Some(&decision)));
                }
            }
        }
        match step.status {
            StepStatus::Waiting => Ok(()),
            StepStatus::Completed(_) => Err(self.diverged(Some("completed".to_owned()), None)),
            StepStatus::Failed(failure) => Err(self.diverged(Some(format!("failed with {failure}")), None)),
        }
    }

    fn end(&self) -> Result<(), Held> {
        if self.matched < self.recorded.len() { Err(self.diverged(None, None)) } else { Ok(()) }
    }

    /// A fault within the recorded prefix is a divergence: when it was recorded, the code went on.
    fn fault(&self, fault: TurnFault) -> Held {
        match fault {
            TurnFault::Unavailable(text) => Held::Unavailable(text),
            TurnFault::Guest(failure) => self.diverged(Some(format!("a fault: {failure}")), None),
        }
    }

    fn diverged(&self, decided: Option<String>, decision: Option<&Decision>) -> Held {
        let recorded = self.recorded.get(self.matched);
        Held::Diverged(Divergence {
            decision: u32::try_from(self.matched).unwrap_or(u32::MAX),
            event: recorded.map_or(self.events, |(number, _)| *number),
            recorded: recorded.map(|(_, recorded)| describe(recorded, decision)),
            decided,
        })
    }
}

/// A decision for people, and of what may be long the part in which it differs from another one.
fn describe(decision: &Decision, other: Option<&Decision>) -> String {
    match decision {
        Decision::ScheduleActivity { name, input, options } => {
            let other = match other {
                Some(Decision::ScheduleActivity { input, options, .. }) => Some((input, options)),
                Some(Decision::CreateTimer { .. } | Decision::CancelTimer { .. }) | None => None,
            };
            let shown = excerpt(input, other.map(|(input, _)| input));
            match other {
                Some((_, other)) if other != options => format!("schedule-activity {name}({shown}) with {options}"),
                _ => format!("schedule-activity {name}({shown})"),
            }
        }
        Decision::CreateTimer { fire_at: Timestamp(at) } => format!("create-timer {at}"),
        Decision::CancelTimer { timer: TaskId(timer) } => format!("cancel-timer {timer}"),
    }
}

/// The start of a payload, or the stretch around the first byte in which it differs from the other one.
fn excerpt(input: &Payload, other: Option<&Payload>) -> String {
    const BEFORE_BYTES: usize = 20;
    const SHOWN_BYTES: usize = 80;
    let text = input.as_str();
    let same =
        other.map_or(0, |other| input.as_bytes().iter().zip(other.as_bytes()).take_while(|(a, b)| a == b).count());
    let start = if same < SHOWN_BYTES { 0 } else { text.floor_char_boundary(same - BEFORE_BYTES) };
    let end = text.floor_char_boundary(start + SHOWN_BYTES);
    match (start > 0, end < text.len()) {
        (false, false) => text.to_owned(),
        (cut_before, cut_behind) => {
            let (before, behind) = (if cut_before { "…" } else { "" }, if cut_behind { "…" } else { "" });
            format!("{before}{}{behind} of {} bytes", &text[start..end], text.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
