//! All that can happen to a partition.

use crate::codec::Damage;
use crate::model::{
    Attempted, ComponentDigest, Failure, FunctionName, Head, InstanceId, InstanceNo, Payload, Raised, Reach, StartSpec,
};
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
        /// Which attempt of which task.
        of: Attempted,
        /// Its outcome.
        outcome: Result<Payload, Failure>,
    },
    /// A batch is durable.
    Committed(BatchNo),
    /// There was no space for a batch. Nothing of it was written.
    Refused(BatchNo),
    /// These functions are served by these components from now on: instances that are held try them, now or when they come to
    /// be held. To be told of all when a partition begins.
    Deployed(Vec<(FunctionName, ComponentDigest)>),
    /// The time of [`super::Partition::wake_at`] has come.
    Tick,
}

/// What can be asked of a partition.
#[derive(Debug)]
pub enum Op {
    /// Start an instance. Answered once its first turn is durable, or its start if that is scheduled for later.
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
    /// Send an external event.
    Raise {
        /// The instance.
        id: InstanceId,
        /// The event.
        event: Raised,
    },
    /// Play no turns until resumed.
    Suspend {
        /// The instance.
        id: InstanceId,
        /// Why, as JSON.
        reason: Payload,
    },
    /// Play turns again; if the instance is held, try whether it can be played now.
    Resume {
        /// The instance.
        id: InstanceId,
        /// Why, as JSON.
        reason: Payload,
    },
    /// End an instance.
    Terminate {
        /// The instance.
        id: InstanceId,
        /// Why, as JSON.
        reason: Payload,
        /// Whether its children end too.
        reach: Reach,
    },
    /// Let an instance that failed go on from its failed tasks.
    Rewind {
        /// The instance.
        id: InstanceId,
        /// Why, as JSON.
        reason: Payload,
    },
    /// Delete an instance that has ended.
    Purge {
        /// The instance.
        id: InstanceId,
    },
}

/// An instance to start.
#[derive(Debug)]
pub struct NewInstance {
    /// Its name.
    pub id: NewId,
    /// The component that plays it.
    pub component: ComponentDigest,
    /// The seed of its generator.
    pub seed: u64,
    /// What it is started with.
    pub spec: StartSpec,
}

/// Where the name of a new instance comes from.
#[derive(Debug)]
pub enum NewId {
    /// The caller chose it: there may be an instance of that name.
    Given(InstanceId),
    /// The host made it from the time and random bits: there is none, and nobody need look.
    Generated(InstanceId),
}

impl NewId {
    /// The name.
    pub fn as_id(&self) -> &InstanceId {
        match self {
            Self::Given(id) | Self::Generated(id) => id,
        }
    }
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

/// What came of a [`super::Work`].
#[derive(Debug)]
pub enum Played {
    /// The first turn of an execution.
    First {
        /// The component that played it.
        component: ComponentDigest,
        /// What the guest answered.
        answer: Answer,
    },
    /// No component has the function of a child.
    NoFunction(Failure),
    /// A later turn: the guest answered, or failed to.
    Next(Answer),
    /// The component replays the history.
    Fits(ComponentDigest),
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
