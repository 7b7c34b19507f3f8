//! A batch of an entity that was run, and what follows from it.

use kernel::model::{
    ComponentDigest, EntityBatch, EntityEffect, EntityState, Failure, NewState, Operation, OperationDone, Outcome,
};

use super::Success;

/// A batch that was run.
#[derive(Debug)]
pub(super) struct Ran {
    pub batch: EntityBatch,
    pub what: What,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum What {
    Outcome(ComponentDigest, Outcome),
    Nobody(Failure),
}

impl Ran {
    /// The state that it leads to.
    pub fn state(&self) -> Option<EntityState> {
        match &self.what {
            What::Outcome(_, Outcome { state: NewState::Set(state), .. }) => Some(state.clone()),
            What::Outcome(_, Outcome { state: NewState::Deleted, .. }) => None,
            What::Outcome(_, Outcome { state: NewState::Unchanged, .. }) | What::Nobody(_) => self.batch.state.clone(),
        }
    }

    pub fn success(&self, at: usize) -> Success {
        if self.result(at).is_ok() { Success::Yes } else { Success::No }
    }

    pub fn effects(&self) -> impl Iterator<Item = (&Operation, EntityEffect)> {
        let operations = self.batch.operations.iter().map(|asked| &asked.operation).enumerate();
        operations.flat_map(|(at, operation)| {
            let effects = self.result(at).map(|done| done.effects).unwrap_or_default();
            effects.into_iter().map(move |effect| (operation, effect))
        })
    }

    pub fn result(&self, at: usize) -> Result<OperationDone, Failure> {
        match &self.what {
            What::Outcome(_, outcome) => outcome.results[at].clone(),
            What::Nobody(failure) => Err(failure.clone()),
        }
    }
}
