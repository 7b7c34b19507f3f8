//! Where turns are played.

use crate::model::{BlobRef, ComponentDigest, Failure, Start, Step, Turn};

/// Plays orchestrators. Shared by the threads that play turns.
pub trait Sandbox {
    /// A live execution.
    type Session: Session;

    /// Begins an execution and plays its first turn.
    fn open(&self, component: ComponentDigest, start: &Start) -> Result<(Self::Session, Step), TurnFault>;
}

/// A live component instance that has played some prefix of a history.
///
/// After a fault it must be dropped: its state is unknown.
pub trait Session {
    /// Plays further turns in one call of the guest.
    fn advance(&mut self, turns: &[Turn]) -> Result<Step, TurnFault>;
}

/// Why a turn has no step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnFault {
    /// The guest trapped, ran out of something, or returned what the contract does not allow.
    Guest(Failure),
    /// The component cannot be played here and now: not there, damaged, or not for this host. Says what to do.
    Unavailable(String),
    /// A large payload that the guest is to be given, or that it gave, cannot be had or kept now.
    Blob {
        /// Which.
        blob: BlobRef,
        /// Why.
        why: String,
    },
}
