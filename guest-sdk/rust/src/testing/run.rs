//! What a test looks at: the result of a run and all that led to it.

use std::{fmt, time::Duration};

use serde::de::DeserializeOwned;

use crate::{
    bindings::orchestrator::{Decision, Event, Start, Turn},
    failure::{Failure, Result},
    payload,
    testing::BEGIN_MS,
};

/// A run that has ended. Its [`Display`](fmt::Display) is a readable trace, made for golden tests.
#[derive(Clone, Debug)]
pub struct Run {
    pub(crate) result: Result<Vec<u8>>,
    pub(crate) start: Start,
    /// The turns, each with the decisions that it led to.
    pub(crate) turns: Vec<(Turn, Vec<Decision>)>,
    pub(crate) custom_status: Option<Vec<u8>>,
    pub(crate) logs: Vec<String>,
}

impl Run {
    /// What the orchestrator returned, or why it failed.
    pub fn output<U: DeserializeOwned>(&self) -> Result<U> {
        payload::decode(&self.result.clone()?, "invalid-output")
    }

    /// Why it failed.
    ///
    /// # Panics
    /// If it did not.
    pub fn failure(&self) -> &Failure {
        self.result.as_ref().expect_err("the orchestrator was expected to fail")
    }

    /// Virtual time from the first turn to the last.
    pub fn elapsed(&self) -> Duration {
        let end = self.turns.last().map_or(BEGIN_MS, |(turn, _)| turn.now);
        Duration::from_millis(end - BEGIN_MS)
    }

    /// The last custom status.
    pub fn custom_status<U: DeserializeOwned>(&self) -> Option<U> {
        self.custom_status.as_ref().and_then(|status| payload::decode(status, "invalid-status").ok())
    }

    /// The lines of the log, without those of replayed turns.
    pub fn logs(&self) -> &[String] {
        &self.logs
    }

    /// How the execution began.
    pub fn first(&self) -> &Start {
        &self.start
    }

    /// The turns in order, each with the decisions that it led to.
    pub fn turns(&self) -> &[(Turn, Vec<Decision>)] {
        &self.turns
    }
}

impl fmt::Display for Run {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut id = 0;
        for (turn, decisions) in &self.turns {
            let at = Duration::from_millis(turn.now - BEGIN_MS);
            match turn.events.as_slice() {
                [] => writeln!(out, "{at:?} start {}({})", self.start.name, text(&self.start.input))?,
                events => {
                    for event in events {
                        writeln!(out, "{at:?} {}", Happened(event))?;
                    }
                }
            }
            for decision in decisions {
                writeln!(out, "  {id} {}", Decided(decision))?;
                id += 1;
            }
        }
        match &self.result {
            Ok(output) => writeln!(out, "completed {}", text(output)),
            Err(failure) => writeln!(out, "failed {failure}"),
        }
    }
}

struct Happened<'a>(&'a Event);

impl fmt::Display for Happened<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Event::TaskCompleted(done) => write!(out, "task {} completed {}", done.task, text(&done.output)),
            Event::TaskFailed(failed) => {
                write!(out, "task {} failed {}: {}", failed.task, failed.failure.kind, failed.failure.message)
            }
            Event::TimerFired(timer) => write!(out, "timer {timer} fired"),
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
                match task.options.timeout {
                    Some(timeout) => write!(out, " within {:?}", Duration::from_millis(timeout)),
                    None => Ok(()),
                }
            }
            Decision::CreateTimer(at) => {
                write!(out, "timer at {:?}", Duration::from_millis(at.saturating_sub(BEGIN_MS)))
            }
            Decision::CancelTimer(timer) => write!(out, "cancel timer {timer}"),
        }
    }
}

fn text(payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).into_owned()
}
