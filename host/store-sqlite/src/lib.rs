//! A hub in one folder: history, index, letters, references to blobs, marks and deployments in one SQLite file, component
//! bytes beside it.
//!
//! It owns the schema and its migrations, the lock that gives the folder one owner, the one connection that writes, the
//! connections that read, and recovery. It does not know what a row or a letter means: they come sealed from the kernel
//! and are verified by it, and at recovery the kernel says what a history amounts to.
//!
//! The log is the only truth. It is written at its end alone; its rows are never changed, and go when their execution or
//! their instance does. The index of instances trails it: a commit appends rows and publishes the heads in memory
//! (`overlay`); heads reach their table later, many versions of one as one write. So a commit dirties the end of one
//! table instead of a page for each instance.
//!
//! Invariants:
//! - A commit is acknowledged after its transaction is durable, and readers see it before that.
//! - Every log row up to the watermark is reflected in the index; recovery reads the rest.
//! - An entity is in the index from its first commit on: it has one row, and if that is damaged nothing else would tell
//!   that the entity existed.
//! - A number is never given twice: it is below the one that the hub's own row has, or a row of the log witnesses it.
//! - One thread writes. No connection is used again after an error that leaves the outcome of a commit open.

mod bindings;
mod blob_refs;
mod catalog;
mod components;
mod connection;
mod failure;
mod hub;
mod instances;
mod letters;
mod lock;
mod log;
mod marks;
mod overlay;
mod reader;
mod recovery;
mod schema;
mod state;
mod sum;
mod thread;
mod transaction;
mod writer;

pub use bindings::{Bindings, NewBindings};
pub use catalog::{Catalog, CatalogError, Deployment};
pub use components::{ComponentError, ComponentFiles};
pub use connection::{Durability, Options};
pub use failure::OpenError;
pub use hub::{BootNo, Hub, Opened};
pub use reader::Readers;
pub use thread::{WriterHandle, spawn_writer};
pub use writer::{Flushed, Reopened, Writer};
