//! Opening a hub: the lock, recovery, the deployments of before, and the threads.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc;

use blobs::{BlobOptions, Blobs};
use kernel::partition::Input;

use super::components::{Bound, Components};
use super::{Hub, Shared};
use crate::driver::{ActivityClients, Clock, Commits, Driver, Mail, Parts, Refusals, start_commits};
use crate::egress::{Egress, Rules};

pub use store_sqlite::Durability;

/// How a hub is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// The data folder of the host.
    pub data: PathBuf,
    /// The name of the hub: a folder in it.
    pub hub: String,
    /// When a commit counts as durable.
    pub durability: Durability,
    /// How many pages of 4 KiB the hub's file may have; no limit but the disk's if `None`.
    pub storage_max_pages: Option<u32>,
    /// Where guests may call.
    pub egress: Rules,
    /// Where large payloads are kept, and which are large.
    pub blobs: BlobOptions,
    /// The largest payload that is taken, in bytes.
    pub payload_max_bytes: usize,
}

/// Why a hub was not opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is another host's, not ours, newer, damaged or not usable.
    #[error(transparent)]
    Store(#[from] store_sqlite::OpenError),
    /// The engines or the folder of compiled components.
    #[error(transparent)]
    Sandbox(#[from] sandbox::OpenError),
    /// The deployments could not be read.
    #[error("the deployments of the hub could not be read: {0}")]
    Catalog(String),
    /// The store of large payloads cannot be used.
    #[error(transparent)]
    Blobs(#[from] blobs::OpenBlobsError),
    /// The system gave no threads.
    #[error("the threads of the hub could not be started: {0}")]
    Threads(#[from] std::io::Error),
}

/// A hub that has to be stopped.
#[derive(Debug)]
pub struct Running {
    driver: Driver,
    commits: Arc<Commits>,
}

impl Running {
    /// Waits for the commit under way and stops all threads. What runs is broken off; it goes on after the next start.
    pub fn stop(self) {
        self.driver.stop();
        if let Err(error) = self.commits.flush() {
            tracing::warn!("the index was not brought up to date, the next start will do it: {error}");
        }
        if let Some(commits) = Arc::into_inner(self.commits) {
            drop(commits.stop());
        }
    }
}

/// Opens the hub in its folder, or makes it. Not to be called from asynchronous code.
pub fn open(options: OpenOptions) -> Result<(Hub, Running), OpenError> {
    let clock = Arc::new(Clock::default());
    let dir = options.data.join("hubs").join(&options.hub);
    let store = store_sqlite::Options { durability: options.durability, max_page_count: options.storage_max_pages };
    let opened = store_sqlite::Hub::open(&dir, store)?;
    for damage in &opened.damaged {
        tracing::error!("{damage}; the instance is held, others run");
    }
    let sandbox = sandbox::Sandbox::open(&options.data.join("compiled"), random_key())?;
    let deployments = opened.catalog.active().map_err(|error| OpenError::Catalog(error.to_string()))?;
    let grace = options.blobs.grace;
    let blobs = Blobs::open(options.blobs)?;
    let bound = bound(&opened.catalog)?;
    let (mailbox, mail) = mpsc::channel();
    let refusals = Refusals::default();
    let commits = Arc::new(start_commits(opened.writer, mailbox.clone(), refusals.clone(), Arc::clone(&clock))?);
    let components = Components::open(sandbox, opened.components, Arc::downgrade(&commits), deployments, bound);
    let components = Arc::new(components);
    // The first thing that the partition hears: instances that are held try what is served already.
    let _ = mailbox.send(Mail::Input(Input::Deployed(components.journaled())));
    let clients = ActivityClients::default();
    let driver = Driver::start(Parts {
        clock: Arc::clone(&clock),
        components: Arc::clone(&components),
        egress: Egress::new(options.egress),
        blobs,
        blob_grace: grace,
        refusals,
        clients: clients.clone(),
        payload_max_bytes: options.payload_max_bytes,
        readers: opened.readers.clone(),
        commits: Arc::clone(&commits),
        recovery: opened.recovery,
        mailbox: mailbox.clone(),
        mail,
        guest_threads: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
    })?;
    let shared = Shared {
        name: options.hub,
        mailbox,
        components,
        readers: opened.readers,
        held: Arc::clone(&driver.held),
        running: driver.running.clone(),
        payloads: driver.payloads.clone(),
        clients,
        clock,
        next_reply: AtomicU64::new(0),
    };
    Ok((Hub { shared: Arc::new(shared) }, Running { driver, commits }))
}

/// What manifests bound to components. What cannot be read is left out, and is bound again by its next deployment.
fn bound(catalog: &store_sqlite::Catalog) -> Result<Vec<Bound>, OpenError> {
    let stored = catalog.bindings().map_err(|error| OpenError::Catalog(error.to_string()))?;
    let read = |stored: store_sqlite::Bindings| match serde_json::from_str(&stored.json) {
        Ok(bindings) => Some(Bound { component: stored.digest, bindings }),
        Err(error) => {
            tracing::error!("what is bound to {} cannot be read, deploy it again: {error}", stored.name);
            None
        }
    };
    Ok(stored.into_iter().filter_map(read).collect())
}

/// What a folder of compiled components is authenticated with.
pub(crate) fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    key[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    key
}
