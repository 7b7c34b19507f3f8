//! What the runs of timers and of streams have in common: a client that collects, and a post that waits for room.
//!
//! A hub that has no room, or cannot be read, is asked again until it has: what was collected is not lost meanwhile, and
//! nothing more is begun. Only a hub that stops ends a run.

use std::sync::Arc;
use std::time::Duration;

use kernel::limits::{TRIGGER_ROOM_RETRY_FIRST_MS, TRIGGER_ROOM_RETRY_MAX_MS};
use kernel::model::Timestamp;
use kernel::port::Mark;
use sandbox::Sandbox;
use tokio::sync::RwLock;

use super::bindings::Bindings;
use super::client::{HubClient, RunId};
use crate::http::UrlBase;
use crate::hub::{Errand, Hub, PostError};

/// Runs triggers of one hub. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Runner {
    hub: Hub,
    urls: UrlBase,
    /// Held while something is posted, shared; whoever wants to know that nothing is takes it alone.
    posting: Arc<RwLock<()>>,
}

/// The hub stops: what was not committed is found again after the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hub stops")]
pub struct Stopped;

impl Runner {
    /// For this hub, which is found under these URLs.
    pub fn new(hub: Hub, urls: UrlBase) -> Self {
        Self { hub, urls, posting: Arc::default() }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.hub.now()
    }

    /// Where guests run.
    pub fn sandbox(&self) -> &Sandbox {
        self.hub.sandbox()
    }

    /// A client for one run.
    pub fn client(&self, bindings: &Arc<Bindings>, run: RunId) -> Arc<HubClient> {
        Arc::new(HubClient::collect(self.hub.clone(), Arc::clone(bindings), self.urls.clone(), run))
    }

    /// Posts what runs collected, with their marks, in one commit. What is being posted is posted, even if nobody waits for
    /// it any more: a mark that came later would come too late for whoever reads the marks meanwhile.
    pub async fn post(&self, outbox: Vec<Errand>, marks: Vec<Mark>) -> Result<(), Stopped> {
        let hub = self.hub.clone();
        let posting = Arc::clone(&self.posting).read_owned().await;
        let posted = tokio::spawn(async move {
            let _posting = posting;
            let mut wait = Wait::default();
            loop {
                match hub.post_all(outbox.clone(), marks.clone()).await {
                    Ok(()) => return Ok(()),
                    Err(PostError::Unknown) => return Err(Stopped),
                    Err(error) => wait.after(&error).await,
                }
            }
        });
        posted.await.unwrap_or(Err(Stopped))
    }

    /// Waits until nothing is being posted.
    pub async fn posted(&self) {
        drop(self.posting.write().await);
    }

    /// The newest mark of a source.
    pub async fn last_mark(&self, source: &str) -> Result<Option<u64>, Stopped> {
        let mut wait = Wait::default();
        loop {
            match self.hub.last_mark(source).await {
                Ok(mark) => return Ok(mark),
                Err(error) => wait.after(&error).await,
            }
        }
    }

    /// Whether a tick or message of a source has a mark.
    pub async fn is_marked(&self, source: &str, sequence: u64) -> Result<bool, Stopped> {
        let mut wait = Wait::default();
        loop {
            match self.hub.is_marked(source, sequence).await {
                Ok(marked) => return Ok(marked),
                Err(error) => wait.after(&error).await,
            }
        }
    }
}

/// Waits that grow, and a warning before the first.
#[derive(Debug, Default)]
struct Wait {
    attempts: u32,
}

impl Wait {
    async fn after(&mut self, error: &impl std::fmt::Display) {
        if self.attempts == 0 {
            tracing::warn!("triggers wait for the hub: {error}");
        }
        let wait_ms = TRIGGER_ROOM_RETRY_FIRST_MS.saturating_mul(1 << self.attempts.min(16));
        self.attempts = self.attempts.saturating_add(1);
        tokio::time::sleep(Duration::from_millis(wait_ms.min(TRIGGER_ROOM_RETRY_MAX_MS))).await;
    }
}
