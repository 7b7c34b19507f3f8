//! Putting texts into the store and getting them back.
//!
//! A put first looks whether the object is there already. It believes the object only after reading it whole, which
//! costs less than writing it; if this process has written or read it lately, its size is enough. So an object that was
//! damaged, cut or deleted is written again, and one that a thousand activities share is written once.
//!
//! Hashing and packing happen on the threads for blocking work, and no more of them at once than memory allows. All of it
//! needs a tokio runtime; a thread outside of one uses [`tokio::runtime::Handle::block_on`].

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::StreamExt;
use kernel::limits::BLOB_WORKING_MAX_BYTES;
use kernel::model::{BlobRef, Millis, Payload};
use object_store::ObjectStoreExt;
use tokio::sync::{Mutex as AsyncMutex, Semaphore, SemaphorePermit};

use crate::backend::{Backend, BlobOptions};
use crate::cache::Cache;
use crate::failure::{GetError, OpenBlobsError, PutError, Unavailable, is_full, told};
use crate::format;
use crate::name::path_of;
use crate::recent::Recent;

/// The blobs of one hub. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs(pub(crate) Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) backend: Backend,
    pub(crate) grace: Millis,
    /// Entered before the store is asked whether an object is there, and held while a sweep deletes. So what a put
    /// found cannot go, and what a sweep deletes a put does not find.
    pub(crate) recent: AsyncMutex<Recent>,
    threshold_bytes: usize,
    cache: Mutex<Cache>,
    /// A permit is a kibibyte of text.
    working: Semaphore,
}

/// What was read of a blob.
#[derive(Debug)]
struct Read {
    text: Payload,
    object_bytes: u64,
}

const WORKING_MAX_KIB: usize = BLOB_WORKING_MAX_BYTES >> 10;

impl Blobs {
    /// Opens a store, without asking it for anything.
    pub fn open(options: BlobOptions) -> Result<Self, OpenBlobsError> {
        Ok(Self::over(Backend::open(options.store)?, options.threshold_bytes, options.grace))
    }

    pub(crate) fn over(backend: Backend, threshold_bytes: usize, grace: Millis) -> Self {
        let (recent, cache) = (AsyncMutex::default(), Mutex::default());
        let working = Semaphore::new(WORKING_MAX_KIB);
        Self(Arc::new(Shared { backend, grace, recent, threshold_bytes, cache, working }))
    }

    /// The largest payload that does not become a blob, in bytes.
    pub fn threshold(&self) -> usize {
        self.0.threshold_bytes
    }

    /// A payload as rows hold it: one over the threshold is put, any other one is left as it is.
    pub async fn store(&self, payload: Payload) -> Result<Payload, PutError> {
        if payload.len() <= self.threshold() {
            return Ok(payload);
        }
        self.put(&payload).await.map(Payload::blob)
    }

    /// A payload as guests and clients get it: one that is a blob is got, any other one is left as it is.
    pub async fn fetch(&self, payload: &Payload) -> Result<Payload, GetError> {
        match payload.blob_ref() {
            Some(blob) => self.get(blob).await,
            None => Ok(payload.clone()),
        }
    }

    /// Puts a text, however small. When this returns, it is durable; and it stays for the grace, though nobody may
    /// refer to it yet.
    pub async fn put(&self, text: &Payload) -> Result<BlobRef, PutError> {
        if let Some(blob) = text.blob_ref() {
            return Ok(blob);
        }
        let _room = self.room(text.len()).await;
        let blob = self.work(text.clone(), BlobRef::of).await?;
        self.0.recent.lock().await.remember(blob.digest);
        if !self.holds(blob).await? {
            self.write(blob, text).await?;
        }
        Ok(blob)
    }

    /// The text of a blob.
    pub async fn get(&self, blob: BlobRef) -> Result<Payload, GetError> {
        if let Some(text) = self.cache().text(blob) {
            return Ok(text);
        }
        let _room = self.room(Payload::blob(blob).len()).await;
        let read = self.read(blob).await?;
        self.cache().keep(blob, read.text.clone(), read.object_bytes);
        Ok(read.text)
    }

    /// Asks the store for something, so that an operator learns early that it does not answer.
    pub async fn probe(&self) -> Result<(), Unavailable> {
        let first = self.0.backend.store.list(None).next().await;
        first.transpose().map(drop).map_err(|error| self.unavailable(error))
    }

    /// Whether the object of a blob is there, in order and durable.
    async fn holds(&self, blob: BlobRef) -> Result<bool, Unavailable> {
        let known = self.cache().object_bytes(blob);
        if let Some(object_bytes) = known {
            return match self.0.backend.store.head(&path_of(blob.digest)).await {
                Ok(object) => Ok(object.size == object_bytes),
                Err(object_store::Error::NotFound { .. }) => Ok(false),
                Err(error) => Err(self.unavailable(error)),
            };
        }
        match self.read(blob).await {
            Ok(read) => {
                // Whoever wrote it may not have come so far, and may never.
                if let Some(folder) = &self.0.backend.folder {
                    folder.sync(blob.digest).await.map_err(|error| self.unavailable(error))?;
                }
                self.cache().keep(blob, read.text, read.object_bytes);
                Ok(true)
            }
            Err(GetError::Missing { .. }) => Ok(false),
            Err(damaged @ GetError::Damaged { .. }) => {
                tracing::warn!("{damaged}; it is put again and so repaired");
                Ok(false)
            }
            Err(GetError::Unavailable { why, .. }) => Err(why),
        }
    }

    async fn read(&self, blob: BlobRef) -> Result<Read, GetError> {
        let place = || self.0.backend.place.clone();
        let damaged = |why| GetError::Damaged { blob, place: place(), why };
        let failed = |error| match error {
            object_store::Error::NotFound { .. } => GetError::Missing { blob, place: place() },
            error => GetError::Unavailable { blob, why: self.unavailable(error) },
        };
        let found = self.0.backend.store.get(&path_of(blob.digest)).await.map_err(failed)?;
        let object_bytes = found.meta.size;
        format::check_size(blob, object_bytes).map_err(damaged)?;
        let object = found.bytes().await.map_err(failed)?;
        let unpacked = blocking(move || format::unpack(blob, object)).await;
        let unpacked = unpacked.map_err(|stopped| GetError::Unavailable { blob, why: self.unavailable(stopped) })?;
        Ok(Read { text: unpacked.map_err(damaged)?, object_bytes })
    }

    async fn write(&self, blob: BlobRef, text: &Payload) -> Result<(), PutError> {
        let failed = |error: object_store::Error| match is_full(&error) {
            true => PutError::Full { place: self.0.backend.place.clone(), length: text.len(), why: told(&error) },
            false => self.unavailable(error).into(),
        };
        let object = self.work(text.clone(), format::pack).await?.map_err(|error| self.unavailable(error))?;
        let object_bytes = object.content_length() as u64;
        if let Some(folder) = &self.0.backend.folder {
            folder.prepare().await.map_err(|error| failed(generic(error)))?;
        }
        self.0.backend.store.put(&path_of(blob.digest), object).await.map_err(failed)?;
        self.cache().keep(blob, text.clone(), object_bytes);
        Ok(())
    }

    /// Does something with a text on a thread for blocking work.
    async fn work<T: Send + 'static>(
        &self,
        text: Payload,
        work: impl FnOnce(&[u8]) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        let work = move || work(text.inline().expect("what is a blob already is not worked on"));
        blocking(work).await.map_err(|stopped| self.unavailable(stopped))
    }

    /// Waits until memory allows to work on that many bytes of text.
    async fn room(&self, bytes: usize) -> SemaphorePermit<'_> {
        let permits = bytes.div_ceil(1 << 10).min(WORKING_MAX_KIB);
        let permits = u32::try_from(permits).expect("it is bounded far below");
        self.0.working.acquire_many(permits).await.expect("it is never closed")
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.0.cache.lock().expect("nothing panics that holds the cache")
    }

    pub(crate) fn unavailable(&self, error: impl Error + 'static) -> Unavailable {
        Unavailable { place: self.0.backend.place.clone(), why: told(&error) }
    }
}

/// Does something on a thread for blocking work. It fails only when the runtime ends.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(io::Error::other("the host is stopping")),
        },
    }
}

fn generic(error: io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "folder", source: Box::new(error) }
}
