//! Large payloads in an object store: a folder, or whatever speaks S3.
//!
//! It owns the names of the objects and the bytes in them, what is kept of them in memory, and which of them a sweep
//! deletes. It does not know what a text means, who refers to it, or what time it is: the caller says.
//!
//! Invariants:
//! - The name of a blob is returned after its object is durable, and not before.
//! - No text is handed out whose length or digest is not the one in its name, and none is unpacked beyond that length.
//! - What was put is not deleted for a period of grace, not even by a sweep that began before.
//! - What the host did not write is never deleted.

mod backend;
mod blobs;
mod cache;
mod failure;
mod folder;
mod format;
mod name;
mod recent;
mod sweep;

#[cfg(test)]
mod tests;

pub use backend::{BlobOptions, S3Options, StoreOptions, Transport};
pub use blobs::Blobs;
pub use failure::{GetError, OpenBlobsError, PutError, SweepError, Unavailable};
pub use sweep::Swept;
