//! What one instance sends to another.

use super::{Attempted, ComponentDigest, Failure, InstanceId, InstanceNo, Parent, Payload, Raised, StartSpec};

/// A message between two instances. It is posted in the commit of the one that sends it, and taken in the commit of the
/// one that it changes: it is lost by neither a crash nor a race, and takes effect once.
#[derive(Debug, Clone, PartialEq)]
pub enum Letter {
    /// A child begins.
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
    /// A child ended.
    ChildDone {
        /// Its parent.
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
