//! All that can happen to a partition.

use crate::codec::Damage;
use crate::model::{ComponentDigest, Failure, FunctionName, Head, InstanceId, InstanceNo, Payload, TaskId};
use crate::orchestration::{Answer, Held, State};
use crate::port::Key;

/// One thing that happened.
#[derive(Debug)]
pub enum Input {
    /// Somebody asks for something, and is answered by one [`super::Effect::Reply`].
    Request {
        /// Whom to answer.
        reply: ReplyTo,
        /// What is asked.
        op: Op,
    },
    /// Somebody who waits for an instance does not want to know any more.
    Left {
        /// The instance.
        id: InstanceId,
        /// Who.
        reply: ReplyTo,
    },
    /// The answer to [`super::Effect::Load`].
    Loaded {
        /// What was asked for.
        key: Key,
        /// Which load.
        load: LoadNo,
        /// What was found.
        found: Found,
    },
    /// The answer to [`super::Effect::Play`].
    Played {
        /// The instance.
        no: InstanceNo,
        /// What came of it.
        played: Played,
    },
    /// The answer to [`super::Effect::Run`]. May come twice, or late.
    TaskDone {
        /// The instance.
        no: InstanceNo,
        /// The task.
        task: TaskId,
        /// The attempt.
        attempt: u32,
        /// Its outcome.
        outcome: Result<Payload, Failure>,
    },
    /// A batch is durable.
    Committed(BatchNo),
    /// There was no space for a batch. Nothing of it was written.
    Refused(BatchNo),
    /// The time of [`super::Partition::wake_at`] has come.
    Tick,
}

/// What can be asked of a partition.
#[derive(Debug)]
pub enum Op {
    /// Start an instance. Answered once its first turn is durable.
    Start {
        /// What to start.
        new: Box<NewInstance>,
        /// Who else wants to know how it ends.
        watch: Option<ReplyTo>,
    },
    /// Tell how an instance ends, once it has.
    Wait {
        /// The instance.
        id: InstanceId,
    },
    /// End an instance.
    Terminate {
        /// The instance.
        id: InstanceId,
        /// Why, as JSON.
        reason: Payload,
    },
}

/// An instance to start.
#[derive(Debug)]
pub struct NewInstance {
    /// Its name.
    pub id: NewId,
    /// The orchestrator.
    pub name: FunctionName,
    /// The component that plays it.
    pub component: ComponentDigest,
    /// Its input.
    pub input: Payload,
    /// The version that the caller asked for.
    pub version: Option<String>,
    /// The seed of its generator.
    pub seed: u64,
}

/// Where the name of a new instance comes from.
#[derive(Debug)]
pub enum NewId {
    /// The caller chose it: there may be an instance of that name.
    Given(InstanceId),
    /// The host made it from the time and random bits: there is none, and nobody need look.
    Generated(InstanceId),
}

/// What a load found.
#[derive(Debug)]
pub enum Found {
    /// No such instance.
    Nothing,
    /// The instance, verified and folded.
    Instance {
        /// Its index entry.
        head: Box<Head>,
        /// Its state.
        state: State,
    },
    /// An instance whose history cannot be trusted.
    Damaged {
        /// Its index entry, which is enough to terminate it.
        head: Box<Head>,
        /// What is wrong.
        damage: Damage,
    },
    /// The store could not be asked, or the index entry itself is damaged.
    Unreadable(String),
}

/// What came of a turn.
#[derive(Debug)]
pub enum Played {
    /// The guest answered, or failed to.
    Answer(Answer),
    /// The turn could not be played.
    Held(Held),
}

/// Whom to answer: a name that the driver gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyTo(pub u64);

/// The number of a group commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct BatchNo(pub u64);

/// The number of a load, by which a late answer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoadNo(pub u64);
