//! What the kernel needs of the outside, as traits; and the data that crosses.
//!
//! A store keeps sealed rows and index entries and never looks into either. A sandbox plays turns. Neither makes ids,
//! reads a clock for the kernel, or decides anything.

mod sandbox;
mod store;

pub use sandbox::{Sandbox, Session, TurnFault};
pub use store::{
    Batch, CommitError, Dropped, Key, Linked, Mark, Order, Page, Query, ReadError, Reader, Recovery, Referrer, Store,
    What,
};
