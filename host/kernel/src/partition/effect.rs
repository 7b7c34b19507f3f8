//! All that a partition can want done.

use std::sync::Arc;

use super::input::{BatchNo, LoadNo, ReplyTo};
use crate::model::{
    ComponentDigest, Ended, Execution, FunctionName, InstanceId, InstanceNo, LogSeq, Millis, Payload, Start, Status,
    TaskId, Turn,
};
use crate::orchestration::Held;
use crate::port::{Batch, Key};

/// One thing to do. Effects are carried out in the order in which they are given.
#[derive(Debug)]
pub enum Effect {
    /// Read an instance; answered by [`super::Input::Loaded`].
    Load(Key, LoadNo),
    /// Play a turn; answered by [`super::Input::Played`].
    Play {
        /// The instance.
        no: InstanceNo,
        /// The turn.
        work: Work,
    },
    /// Run an attempt of an activity; answered by [`super::Input::TaskDone`].
    Run(Box<TaskRun>),
    /// Stop the activities of an instance: it was terminated, and nobody waits for them.
    Cancel(InstanceNo),
    /// Make a batch durable; answered by [`super::Input::Committed`] or [`super::Input::Refused`].
    Commit(BatchNo, Arc<Batch>),
    /// Answer somebody.
    Reply(ReplyTo, Reply),
    /// Drop the warm session of an instance: it has ended, or has played what was never committed.
    Forget(InstanceNo),
    /// The instance does not go on; tell its operator.
    Hold {
        /// The instance.
        id: InstanceId,
        /// Why.
        held: Held,
    },
    /// The instance is not held any more.
    Release(InstanceId),
}

/// A turn to play.
#[derive(Debug)]
pub enum Work {
    /// The first turn of an execution, in a new session.
    First {
        /// The component.
        component: ComponentDigest,
        /// The turn.
        start: Box<Start>,
    },
    /// A later turn, in a session that has played `turns` turns: a warm one, or one that replays the history up to `last`.
    Next {
        /// The instance, for messages.
        id: InstanceId,
        /// How many turns came before.
        turns: u32,
        /// The newest row of the history.
        last: LogSeq,
        /// The sum of that row.
        sum: [u8; 16],
        /// The turn.
        turn: Turn,
    },
}

/// An attempt to run.
#[derive(Debug, Clone)]
pub struct TaskRun {
    /// The instance, by number.
    pub no: InstanceNo,
    /// The instance, by name.
    pub instance: InstanceId,
    /// Which of its lives.
    pub execution: Execution,
    /// The component that the instance is pinned to, whose own activities come first.
    pub component: ComponentDigest,
    /// The task.
    pub task: TaskId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The activity.
    pub name: FunctionName,
    /// Its input.
    pub input: Payload,
    /// Wall time that the attempt may take, if the caller limited it.
    pub timeout: Option<Millis>,
}

/// What somebody is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The instance is started, and that is durable.
    Started(InstanceId),
    /// The id belongs to an instance that has not ended.
    Exists(Status),
    /// The instance ended in this way, and that is durable.
    Ended(Ended),
    /// The instance had ended before it was asked for.
    AlreadyEnded(Status),
    /// There is no such instance.
    NotFound,
    /// The instance is terminated, and that is durable.
    Terminated,
    /// The instance could not be started: its component cannot be played.
    Unavailable(String),
    /// There is no space; nothing was stored.
    StorageFull,
    /// The store could not be asked.
    Unreadable(String),
}
