//! What ledgers are made of, and what others must know of a record.

use kernel::model::{
    Attempted, EntityId, Failure, FunctionName, Holder, Hops, InstanceId, LockSet, OperationName, Payload, Raised,
    TaskId, Timestamp,
};

use crate::sim::marks::Mark;
use crate::sim::pool::Dispatch;

/// A critical section.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub lock: TaskId,
    pub set: LockSet,
    /// How those who must hear of its end are told.
    pub hops: Hops,
    /// Whether this record asked for it: then nobody knows of it yet.
    pub is_new: bool,
}

/// Whether an instance plays turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It does.
    Open,
    /// It was suspended.
    Closed,
}

/// Something that a guest is to be told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// An external event.
    Raised(Raised),
    /// A failure.
    Failure(TaskId),
    /// Anything else.
    Other,
}

/// A task that was asked for.
#[derive(Debug)]
pub struct Task {
    /// What it is.
    pub what: What,
    /// The attempt that runs or is next.
    pub attempt: u32,
    /// When that attempt may begin.
    pub not_before: Timestamp,
    /// Which life of the host recorded that the attempt before failed, if there was one.
    pub failed_in: Option<u32>,
    /// What came of it.
    pub fate: Fate,
}

/// What a task is.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// An activity with this input.
    Activity(Payload),
    /// A child.
    Child {
        /// Its orchestrator.
        name: FunctionName,
        /// Its id, if its parent chose one.
        id: Option<InstanceId>,
    },
    /// An operation of an entity.
    Call {
        /// The entity.
        to: EntityId,
        /// The operation.
        name: OperationName,
        /// Its input.
        input: Payload,
    },
    /// The lock of a critical section.
    Lock(LockSet),
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// Nothing yet.
    Open,
    /// It is not wanted any more.
    Cancelled,
    /// An answer.
    Answered(Result<Payload, Failure>),
}

#[derive(Debug)]
pub(super) struct Timer {
    pub fire_at: Timestamp,
    pub over: bool,
    pub created_in: u32,
}

/// What a record held that others must know of.
#[derive(Debug, Clone, PartialEq)]
pub enum Noted {
    /// A timer fired that an earlier life of the host created.
    OldTimerFired,
    /// An event came.
    Heard(Raised),
    /// An event was sent.
    Sent(InstanceId, Raised),
    /// A child or an entity answered, or a lock was granted.
    Answered(Attempted, Result<Payload, Failure>),
    /// A child was asked for, or is to go on.
    Asked(Attempted),
    /// A child is not wanted any more.
    Unwanted(Attempted),
    /// Something is to be sent to entities.
    Dispatched(Dispatch),
    /// A critical section was granted.
    Granted(Holder, LockSet),
    /// It was suspended or resumed, or is played by another component.
    Managed(Mark),
}

impl Noted {
    /// The answer that it is, if it is one.
    pub fn answer(&self) -> Option<(Attempted, &Result<Payload, Failure>)> {
        match self {
            Self::Answered(of, outcome) => Some((*of, outcome)),
            _ => None,
        }
    }
}
