//! A run as text: one line for what happened, indented what was decided.

use std::{fmt, time::Duration};

use super::{BEGIN_MS, Execution, Run};
use crate::{
    bindings::{
        orchestrator::{Decision, Event, Status},
        types,
    },
    entity::EntityId,
};

impl fmt::Display for Run {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.executions.iter().try_for_each(|execution| execution.fmt(out))?;
        match &self.result {
            Ok(output) => writeln!(out, "completed {}", text(output)),
            Err(failure) => writeln!(out, "failed {failure}"),
        }
    }
}

impl fmt::Display for Execution {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut decided: Vec<&Decision> = Vec::new();
        for (turn, decisions) in &self.turns {
            let at = since_begin(turn.now);
            if turn.events.is_empty() {
                writeln!(out, "{at:?} start {}({})", self.start.name, text(&self.start.input))?;
            }
            for event in &turn.events {
                writeln!(out, "{at:?} {}", Happened(event))?;
            }
            for decision in decisions {
                write!(out, "  {} ", decided.len())?;
                match decision {
                    Decision::Cancel(id) => match decided.get(*id as usize) {
                        Some(Decision::CreateTimer(_)) => writeln!(out, "cancel timer {id}")?,
                        _ => writeln!(out, "cancel task {id}")?,
                    },
                    decision => writeln!(out, "{}", Decided(decision))?,
                }
                decided.push(decision);
            }
        }
        match &self.status {
            Status::ContinuedAsNew(next) => {
                let carried: Vec<_> = next.carried.iter().map(|event| event.name.as_str()).collect();
                let carried = if carried.is_empty() { String::new() } else { format!(" with {}", carried.join(", ")) };
                writeln!(out, "continued as new{carried}")
            }
            Status::Waiting(names) if !names.is_empty() => writeln!(out, "waiting for {}", names.join(", ")),
            Status::Waiting(_) | Status::Completed(_) | Status::Failed(_) => Ok(()),
        }
    }
}

struct Happened<'a>(&'a Event);

impl fmt::Display for Happened<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Event::TaskCompleted(done) => write!(out, "task {} completed {}", done.task, text(&done.output)),
            Event::TaskFailed(failed) => {
                let failure = crate::failure::from_contract(failed.failure.clone());
                write!(out, "task {} failed {failure}", failed.task)
            }
            Event::TimerFired(timer) => write!(out, "timer {timer} fired"),
            Event::EventRaised(event) => write!(out, "event {}({})", event.name, text(&event.input)),
        }
    }
}

struct Decided<'a>(&'a Decision);

impl fmt::Display for Decided<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Decision::ScheduleActivity(task) => {
                write!(out, "schedule {}({})", task.name, text(&task.input))?;
                if let Some(retry) = &task.options.retry {
                    write!(out, " up to {} times", retry.max_attempts)?;
                }
                task.options
                    .timeout
                    .map_or(Ok(()), |timeout| write!(out, " within {:?}", Duration::from_millis(timeout)))
            }
            Decision::StartChild(child) => {
                write!(out, "child {}({})", child.name, text(&child.input))?;
                child.instance.as_ref().map_or(Ok(()), |id| write!(out, " as {id}"))?;
                child.version.as_ref().map_or(Ok(()), |version| write!(out, " of version {version}"))?;
                child.retry.as_ref().map_or(Ok(()), |retry| write!(out, " up to {} times", retry.max_attempts))
            }
            Decision::CreateTimer(at) => write!(out, "timer at {:?}", since_begin(*at)),
            Decision::Cancel(id) => write!(out, "cancel {id}"),
            Decision::SendEvent(event) => {
                write!(out, "send {}({}) to {}", event.name, text(&event.input), event.instance)
            }
            Decision::CallEntity(call) => {
                write!(out, "call {} {}({})", id(&call.entity), call.operation, text(&call.input))
            }
            Decision::SignalEntity(signal) => {
                let (entity, at) = (id(&signal.entity), at(signal.at));
                write!(out, "signal {entity} {}({}){at}", signal.operation, text(&signal.input))
            }
            Decision::LockEntities(entities) => {
                let entities: Vec<_> = entities.iter().map(|entity| id(entity).to_string()).collect();
                write!(out, "lock {}", entities.join(" "))
            }
            Decision::ReleaseLock(lock) => write!(out, "release lock {lock}"),
        }
    }
}

/// When something shall happen that may wait, if it shall wait.
pub(super) fn at(time: Option<u64>) -> String {
    time.map_or(String::new(), |time| format!(" at {:?}", since_begin(time)))
}

fn id(entity: &types::EntityId) -> EntityId {
    EntityId::from_contract(entity.clone())
}

fn since_begin(millis: u64) -> Duration {
    Duration::from_millis(millis.saturating_sub(BEGIN_MS))
}

pub(super) fn text(payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).into_owned()
}
