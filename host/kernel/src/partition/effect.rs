//! All that a partition can want done.

use std::sync::Arc;

use super::input::{BatchNo, LoadNo, ReplyTo};
use crate::entity::FailedSignal;
use crate::model::{
    Attempted, ComponentDigest, Ended, EntityBatch, EntityId, FunctionName, InstanceId, InstanceNo, LogSeq, Millis,
    Payload, Start, Status, TraceContext, Turn,
};
use crate::orchestration::{Held, Warning};
use crate::port::{Batch, Key};

/// One thing to do. Effects are carried out in the order in which they are given.
#[derive(Debug)]
pub enum Effect {
    /// Read an instance; answered by [`super::Input::Loaded`].
    Load(Key, LoadNo, Depth),
    /// Play a turn; answered by [`super::Input::Played`].
    Play {
        /// The instance.
        no: InstanceNo,
        /// The turn.
        work: Work,
    },
    /// Run a batch of an entity; answered by [`super::Input::Applied`].
    Apply {
        /// The number under which a warm session is kept.
        no: InstanceNo,
        /// The component that ran the one before, for the case that none serves the entity now.
        component: Option<ComponentDigest>,
        /// The batch.
        batch: Box<EntityBatch>,
    },
    /// Run an attempt of an activity; answered by [`super::Input::TaskDone`].
    Run(Box<TaskRun>),
    /// Tell one activity to stop: nobody waits for it.
    Stop(InstanceNo, Attempted),
    /// Tell the activities of an instance to stop: it was terminated or begins its next execution.
    StopAll(InstanceNo),
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
    /// The instance comes close to a limit; tell its operator.
    Warn(InstanceId, Warning),
    /// A signal failed, and nobody waits for its result; tell the operator.
    SignalFailed {
        /// The entity.
        id: EntityId,
        /// What failed, and why.
        failed: FailedSignal,
    },
    /// What was sent came to nothing; tell the operator.
    Lost(String),
    /// A letter cannot be read, and stays where it is; tell the operator.
    BadLetter(String),
}

/// How much of an instance that has ended is read. One that has not is always read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// How it ended.
    Status,
    /// What it takes to rewind it.
    History,
}

/// Something to play.
#[derive(Debug)]
pub enum Work {
    /// The first turn of an execution, in a new session. Answered by [`super::Played::First`].
    First {
        /// The component, subject to `pick`.
        component: ComponentDigest,
        /// Which component it is.
        pick: Pick,
        /// The turn.
        start: Box<Start>,
    },
    /// A later turn, in a session that has played `turns` turns: a warm one, or one of `component` that replays the
    /// history up to `last`.
    Next {
        /// The instance, for messages.
        id: InstanceId,
        /// The component.
        component: ComponentDigest,
        /// How far the session is.
        at: Progress,
        /// The turn.
        turn: Turn,
    },
    /// No turn: see whether the component replays the history, and keep the session if it does. Answered by
    /// [`super::Played::Fits`].
    Try {
        /// The component.
        component: ComponentDigest,
        /// How far the session is.
        at: Progress,
    },
}

/// How far a history goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many turns were played.
    pub turns: u32,
    /// The newest row.
    pub last: LogSeq,
    /// The sum of that row.
    pub sum: [u8; 16],
}

/// Which component plays an execution that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// The one that is named.
    Pinned,
    /// The one that is named if it has the function, as a parent's has its children's; else the one that serves it.
    OwnFirst,
    /// The one that serves the function now; if none does, the one that is named.
    Serving,
}

/// An attempt to run.
#[derive(Debug, Clone)]
pub struct TaskRun {
    /// The instance, by number.
    pub no: InstanceNo,
    /// The instance, by name.
    pub instance: InstanceId,
    /// Which attempt of which task.
    pub of: Attempted,
    /// The component that the instance is pinned to, whose own activities come first.
    pub component: ComponentDigest,
    /// The activity.
    pub name: FunctionName,
    /// Its input.
    pub input: Payload,
    /// Wall time that the attempt may take, if the caller limited it.
    pub timeout: Option<Millis>,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
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
    /// What was asked is done, and that is durable.
    Done,
    /// Only an instance that has ended can be purged.
    NotEnded(Status),
    /// Only an instance that failed can be rewound.
    NotFailed(Status),
    /// No task's failure led to its failure, so there is nothing that could go better.
    NotRewindable,
    /// Too many messages wait for the instance.
    TooManyPending,
    /// The component cannot be played, or the history is damaged.
    Unavailable(String),
    /// There is no space; nothing was stored.
    StorageFull,
    /// The store could not be asked.
    Unreadable(String),
}
