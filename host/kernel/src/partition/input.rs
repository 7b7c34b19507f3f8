//! All that can happen to a partition.

use crate::codec::Damage;
use crate::model::{
    Attempted, ComponentDigest, Entity, EntityId, Failure, FunctionName, Head, Holder, InstanceId, InstanceNo, Letter,
    Operation, Outcome, Payload, Raised, Reach, StartSpec, Timestamp,
};
use crate::orchestration::{Answer, Held, State};
use crate::port::{Key, Mark};

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
    /// The answer to [`super::Effect::Apply`].
    Applied {
        /// The entity.
        id: EntityId,
        /// What came of it.
        applied: Applied,
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
    /// What is held because a blob could not be had may be tried again, and entities that could not be run.
    Retry,
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
    /// Run an operation of an entity. Answered once it was run and that is durable, or, if it has to wait for long, once it
    /// cannot be lost any more.
    Signal {
        /// The entity.
        to: EntityId,
        /// The operation.
        operation: Operation,
        /// Not before this time.
        due: Option<Timestamp>,
    },
    /// Release a lock of an entity whose critical section is no more.
    Unlock {
        /// The entity.
        id: EntityId,
        /// The critical section.
        holder: Holder,
    },
    /// Post letters together with marks, in one commit.
    Post {
        /// The letters.
        letters: Vec<Letter>,
        /// What they come from.
        marks: Vec<Mark>,
    },
    /// Delete an instance that has ended, or an entity.
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
    /// The entity, verified.
    Entity {
        /// Its index entry.
        head: Box<Head>,
        /// All of it.
        entity: Box<Entity>,
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

/// What came of a batch.
#[derive(Debug)]
pub enum Applied {
    /// It was run.
    Ran {
        /// The component that ran it.
        component: ComponentDigest,
        /// One result for each operation.
        outcome: Outcome,
    },
    /// No component has such an entity, nor had one.
    NoFunction(Failure),
    /// It could not be run.
    Held(Held),
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
