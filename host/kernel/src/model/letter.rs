//! What one instance sends to another.

use super::{
    Attempted, Caller, ComponentDigest, EntityId, Failure, Holder, InstanceId, InstanceNo, LockSet, Operation, Parent,
    Payload, Raised, StartSpec, Timestamp,
};

/// A message between two instances. It is posted in the commit of the one that sends it, and taken in the commit of the
/// one that it changes: it is lost by neither a crash nor a race, and takes effect once.
#[derive(Debug, Clone, PartialEq)]
pub enum Letter {
    /// An orchestration begins: a child, or what an entity or a trigger starts.
    Start {
        /// Its id.
        id: InstanceId,
        /// What if that id is taken by the same task's child that failed: rewound, a parent wants that one to go on.
        after: Afresh,
        /// The component of the parent, whose own orchestrators come first.
        own: ComponentDigest,
        /// The seed of its generator.
        seed: u64,
        /// What it is started with; the parent is in it.
        spec: Box<StartSpec>,
    },
    /// An event for another instance.
    Raise {
        /// Whom.
        to: InstanceId,
        /// What.
        event: Raised,
    },
    /// A task that another instance worked on is done: a child ended, an operation was run, a lock was granted.
    TaskDone {
        /// Who asked for it.
        to: InstanceNo,
        /// Which attempt it was.
        of: Attempted,
        /// How.
        outcome: Result<Payload, Failure>,
    },
    /// A child is not wanted any more.
    Terminate {
        /// The child.
        to: InstanceId,
        /// What it must be a child of: its id may be somebody else's by now.
        child_of: Parent,
        /// Why, as JSON.
        reason: Payload,
        /// Whether its own children go too.
        reach: Reach,
    },
    /// An operation for an entity.
    Operate {
        /// Which.
        to: EntityId,
        /// What.
        operation: Operation,
        /// Who waits for the result; nobody, if it is a signal.
        caller: Option<Caller>,
        /// Not before this time.
        due: Option<Timestamp>,
    },
    /// A critical section wants the next of its entities.
    Lock {
        /// All of them.
        set: LockSet,
        /// Which of them.
        at: usize,
        /// Whose it is.
        holder: Holder,
    },
    /// A critical section is over.
    Unlock {
        /// Its entities.
        set: LockSet,
        /// Which of them.
        at: usize,
        /// Whose it was.
        holder: Holder,
        /// Whether the others have to be told.
        hops: Hops,
    },
}

/// Who tells the entities of a critical section that it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hops {
    /// Each has a letter of its own: the section had them all.
    One,
    /// Each tells the next one. The request for the lock may be on its way along the same entities, and must not be
    /// overtaken.
    Onward,
}

/// Whether a child goes on where it failed or begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afresh {
    /// It begins anew.
    Always,
    /// It is rewound, and begins anew if that cannot be done.
    UnlessRewound,
}

/// How far an operation on an instance goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// This instance.
    #[default]
    Alone,
    /// And the children that it waits for, and theirs.
    Children,
}
