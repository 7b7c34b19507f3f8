//! The entities of a partition: who waits for which, one batch at a time.
//!
//! An entity is simpler than an orchestration. Its newest row says all there is to know of it, so nothing is replayed; what
//! waits for it waits in memory, and behind it stands either a letter in the store or a client who was not answered yet.
//!
//! Invariants:
//! * An entity has one batch or commit under way at most; what arrives meanwhile is the next batch.
//! * A letter is taken in the commit of what it led to, so an operation has its effect once.
//! * Errands are done in the order in which they came, except that a locked entity lets others wait.

mod arrive;
mod serve;
mod slots;

pub(super) use arrive::addressee;
pub(super) use slots::Entities;
