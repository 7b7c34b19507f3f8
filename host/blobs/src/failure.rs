//! What can go wrong with a blob, split by what the caller does about it.
//!
//! It knows how an object store words its errors and hides that: outside, a store is full, or it is unavailable.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use kernel::model::{BlobDigest, BlobRef};

/// Why the store cannot be used at all with these options.
#[derive(Debug, thiserror::Error)]
pub enum OpenBlobsError {
    /// The folder is not there and cannot be made.
    #[error("the blob folder {} cannot be used: {why}", path.display())]
    Folder {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The options contradict each other or lack something.
    #[error("the blob store cannot be used with these settings: {0}")]
    Options(String),
}

/// Why a payload is not in the store. Nothing refers to it yet, so it may be put again at any time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PutError {
    /// There is no room. It may be put again after somebody made some.
    #[error("{place} has no room for {length} bytes: {why}; make room there")]
    Full {
        /// Which store.
        place: String,
        /// How many bytes the text has.
        length: usize,
        /// What the store said.
        why: String,
    },
    /// The store does not answer, or refuses. It may be put again in a moment.
    #[error("cannot put a blob: {0}")]
    Unavailable(#[from] Unavailable),
}

/// Why a text cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GetError {
    /// Its object is not there. Who needs it is held until it is brought back.
    #[error("blob {:?} of {} bytes is missing from {place}; bring it back from a backup", blob.digest, blob.length)]
    Missing {
        /// Which one.
        blob: BlobRef,
        /// Where it should be.
        place: String,
    },
    /// What is there is not what was put. Who needs it is held until it is brought back.
    #[error("blob {:?} of {} bytes is damaged in {place}: {why}; bring it back from a backup", blob.digest, blob.length)]
    Damaged {
        /// Which one.
        blob: BlobRef,
        /// Where it is.
        place: String,
        /// What is wrong with its object.
        why: String,
    },
    /// The store does not answer. It may be asked again in a moment.
    #[error("cannot get blob {:?}: {why}", blob.digest)]
    Unavailable {
        /// Which one.
        blob: BlobRef,
        /// What the store said.
        why: Unavailable,
    },
}

/// Why a sweep ended early. What it did delete stays deleted; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum SweepError<E> {
    /// The store does not answer, or refuses.
    #[error("cannot sweep: {0}")]
    Unavailable(#[from] Unavailable),
    /// The caller could not say whether a blob is referred to.
    #[error("cannot tell whether blob {0:?} is referred to: {1}")]
    Unknown(BlobDigest, E),
}

/// A store does not answer, or refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} is unavailable: {why}")]
pub struct Unavailable {
    /// Which store.
    pub place: String,
    /// What it said.
    pub why: String,
}

/// Whether a store failed for want of room.
pub(crate) fn is_full(error: &object_store::Error) -> bool {
    causes(error).any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    })
}

/// What an error says, and its first cause if it keeps that to itself, as those of HTTP do.
pub(crate) fn told(error: &(dyn Error + 'static)) -> String {
    let text = error.to_string();
    match causes(error).last().map(ToString::to_string) {
        Some(cause) if !text.contains(&cause) => format!("{text}: {cause}"),
        _ => text,
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
