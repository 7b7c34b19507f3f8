//! Deleting what nobody refers to any more.
//!
//! It asks the caller about each blob and knows nothing of rows. It deletes only what is older than the grace, was not
//! put lately, and has the name of a blob; a commit that comes later than its put by more than the grace loses its blob.

use std::mem;

use futures_util::{StreamExt, stream};
use kernel::limits::BLOB_DELETES_MAX_COUNT;
use kernel::model::{BlobDigest, Timestamp};
use object_store::ObjectMeta;

use crate::blobs::Blobs;
use crate::failure::{SweepError, Unavailable};
use crate::name::{digest_of, path_of};

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// How many blobs it deleted.
    pub deleted: u64,
    /// How many blobs it left.
    pub kept: u64,
    /// How many bytes the store got back.
    pub bytes: u64,
}

/// A blob that nobody refers to.
#[derive(Debug)]
struct Dead {
    digest: BlobDigest,
    bytes: u64,
}

impl Blobs {
    /// Deletes the blobs that are older than the grace and to which nobody refers. It may run beside everything else,
    /// and not beside itself.
    ///
    /// The question is asked on a thread of the runtime, so its answer must not take long.
    pub async fn sweep<E>(
        &self,
        now: Timestamp,
        is_referenced: impl Fn(BlobDigest) -> Result<bool, E>,
    ) -> Result<Swept, SweepError<E>> {
        let grace = self.0.grace;
        self.0.recent.lock().await.age(now, grace);
        let mut swept = Swept::default();
        let mut dead = Vec::new();
        let mut objects = self.0.backend.store.list(None);
        while let Some(object) = objects.next().await {
            let object = object.map_err(|error| self.unavailable(error))?;
            let Some(digest) = digest_of(&object.location) else { continue };
            let young = now.since(written(&object)) < grace;
            if young || is_referenced(digest).map_err(|error| SweepError::Unknown(digest, error))? {
                swept.kept += 1;
                continue;
            }
            dead.push(Dead { digest, bytes: object.size });
            if dead.len() == BLOB_DELETES_MAX_COUNT {
                self.bury(mem::take(&mut dead), &mut swept).await?;
            }
        }
        self.bury(dead, &mut swept).await?;
        if let Some(folder) = &self.0.backend.folder {
            swept.bytes += folder.clean(now, grace).await.map_err(|error| self.unavailable(error))?;
        }
        Ok(swept)
    }

    async fn bury(&self, dead: Vec<Dead>, swept: &mut Swept) -> Result<(), Unavailable> {
        // Held until all of them are deleted: who puts one of them now waits, and then finds it gone.
        let recent = self.0.recent.lock().await;
        let (saved, dead): (Vec<_>, Vec<_>) = dead.into_iter().partition(|blob| recent.contains(blob.digest));
        swept.kept += saved.len() as u64;
        let paths: Vec<_> = dead.iter().map(|blob| Ok(path_of(blob.digest))).collect();
        let mut deleted = self.0.backend.store.delete_stream(stream::iter(paths).boxed());
        for blob in dead {
            match deleted.next().await {
                Some(Ok(_)) => {
                    swept.deleted += 1;
                    swept.bytes += blob.bytes;
                }
                // Somebody else was faster.
                Some(Err(object_store::Error::NotFound { .. })) | None => {}
                Some(Err(error)) => return Err(self.unavailable(error)),
            }
        }
        Ok(())
    }
}

/// When an object was written, by the clock of the store.
fn written(object: &ObjectMeta) -> Timestamp {
    Timestamp(u64::try_from(object.last_modified.timestamp_millis()).unwrap_or_default())
}
