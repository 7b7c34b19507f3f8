//! A chain of tasks of a guest, one after the other, beside others.

use kernel::model::{Failure, TaskId};

use super::program::{Ask, OnFailure};

/// What a guest was told.
#[derive(Debug, Clone)]
pub enum Got {
    /// A value.
    Value(u64),
    /// A failure.
    Failed(Failure),
    /// That a timer fired.
    Fired,
    /// That the timer fired first.
    TimedOut,
}

/// A chain under way.
#[derive(Debug, Clone)]
pub struct Strand {
    asks: Vec<Ask>,
    got: Vec<Got>,
    task: Option<TaskId>,
}

impl Strand {
    /// A chain whose first task was asked for.
    pub fn new(asks: Vec<Ask>, task: TaskId) -> Self {
        Self { asks, got: Vec::new(), task: Some(task) }
    }

    /// Whether this is the task that it waits for.
    pub fn waits_for(&self, task: TaskId) -> bool {
        self.task == Some(task)
    }

    /// Takes the answer of its task, and says what is to be asked for next.
    pub fn take(&mut self, news: Got) -> Option<Ask> {
        self.task = None;
        self.got.push(news);
        if self.failure().is_some() { None } else { self.asks.get(self.got.len()).cloned() }
    }

    /// What was to be asked for was.
    pub fn asked(&mut self, task: TaskId) {
        self.task = Some(task);
    }

    /// Why the orchestrator fails, if this chain makes it fail.
    pub fn failure(&self) -> Option<&Failure> {
        match (self.got.last()?, self.asks[self.got.len() - 1].on_failure()) {
            (Got::Failed(failure), OnFailure::Fail) => Some(failure),
            _ => None,
        }
    }

    /// Whether nothing more comes of it.
    pub fn is_done(&self) -> bool {
        self.task.is_none()
    }

    /// What came of its tasks, and what a failure of each means.
    pub fn learned(&self) -> impl Iterator<Item = (&Got, OnFailure)> {
        self.got.iter().zip(self.asks.iter().map(Ask::on_failure))
    }
}
