//! Deletes blobs to which nothing refers any more, from time to time.
//!
//! A blob is put before the commit that refers to it. While the storage is full that commit may be far away, and so nothing
//! is swept until a whole grace has passed since it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use blobs::Blobs;
use kernel::limits::BLOB_SWEEP_INTERVAL_MS;
use kernel::model::{Millis, Timestamp};
use kernel::port::Reader as _;
use store_sqlite::Readers;
use tokio::runtime::Handle;

use super::Clock;

/// When the store refused a commit last. Cheap to clone; all clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(Arc<AtomicU64>);

impl Refusals {
    pub fn note(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::Relaxed);
    }

    fn is_recent(&self, now: Timestamp, grace: Millis) -> bool {
        match self.0.load(Ordering::Relaxed) {
            0 => false,
            last => now.since(Timestamp(last)) < grace,
        }
    }
}

/// Sweeps until the runtime ends.
pub(super) fn start(
    runtime: &Handle,
    blobs: Blobs,
    grace: Millis,
    readers: Readers,
    refusals: Refusals,
    clock: Arc<Clock>,
) {
    let interval = Duration::from_millis(grace.0.min(BLOB_SWEEP_INTERVAL_MS));
    runtime.spawn(async move {
        loop {
            tokio::time::sleep(interval).await;
            let now = clock.now();
            if refusals.is_recent(now, grace) {
                continue;
            }
            match blobs.sweep(now, |blob| readers.is_referred_to(blob)).await {
                Ok(swept) if swept.deleted > 0 => {
                    tracing::info!("swept {} blobs of {} bytes, {} are left", swept.deleted, swept.bytes, swept.kept);
                }
                Ok(_) => {}
                Err(error) => tracing::warn!("the sweep of blobs ended early, the next one goes on: {error}"),
            }
        }
    });
}
