//! The life of one entity, as pure functions: who may use it now, and what a batch of operations comes to.
//!
//! It does not know that there are other entities, what waits for this one, or how a batch is run.
//!
//! Invariant: all that is kept of an entity is in its newest row. What an operation that failed wanted is in none.

mod draft;
mod head;

pub use draft::{Asked, Draft, Errand, FailedSignal, may_go};
pub use head::head_of;

#[cfg(test)]
mod tests;
