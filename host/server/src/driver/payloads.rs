//! Large payloads on their way into blobs and back.
//!
//! The kernel moves names of blobs about and never their content. So what a guest or a client gives is put before the
//! kernel hears of it, and what a guest or a client gets is fetched after the kernel has spoken. A small payload passes
//! untouched.

use std::time::Duration;

use blobs::{Blobs, GetError, PutError};
use kernel::limits::{BLOB_RETRY_MAX_MS, BLOB_RETRY_MIN_MS};
use kernel::model::{BlobRef, Failure, Payload, kind};
use kernel::port::TurnFault;
use tokio::runtime::Handle;

/// The way of one hub's payloads. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Payloads {
    blobs: Blobs,
    max_bytes: usize,
    /// Where threads that are not of a runtime wait for the store.
    runtime: Handle,
}

/// Why a payload of a client was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// It is larger than the operator allows.
    #[error("a value of {bytes} bytes; this host takes at most {max_bytes}")]
    TooLarge {
        /// How many bytes it has.
        bytes: usize,
        /// How many it may have.
        max_bytes: usize,
    },
    /// It cannot be put now.
    #[error(transparent)]
    Put(#[from] PutError),
}

impl Payloads {
    pub fn new(blobs: Blobs, max_bytes: usize, runtime: Handle) -> Self {
        Self { blobs, max_bytes, runtime }
    }

    /// Where guests run that are not played.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// A payload as the kernel gets it.
    pub async fn put(&self, payload: Payload) -> Result<Payload, PayloadError> {
        if payload.len() > self.max_bytes {
            return Err(PayloadError::TooLarge { bytes: payload.len(), max_bytes: self.max_bytes });
        }
        Ok(self.blobs.store(payload).await?)
    }

    /// A payload as guests and clients get it.
    pub async fn get(&self, payload: &Payload) -> Result<Payload, GetError> {
        self.blobs.fetch(payload).await
    }

    /// Whether what a guest returned is small enough.
    pub fn check_all<'a>(&self, payloads: impl IntoIterator<Item = &'a mut Payload>) -> Result<(), TurnFault> {
        match payloads.into_iter().find(|payload| payload.len() > self.max_bytes) {
            Some(payload) => Err(TurnFault::Guest(self.too_large(payload))),
            None => Ok(()),
        }
    }

    /// Puts what a guest returned in a turn, from a thread of its own.
    pub fn put_all<'a>(&self, payloads: impl IntoIterator<Item = &'a mut Payload>) -> Result<(), TurnFault> {
        for payload in payloads {
            if payload.len() > self.max_bytes {
                return Err(TurnFault::Guest(self.too_large(payload)));
            }
            if payload.len() > self.blobs.threshold() && payload.inline().is_some() {
                *payload = self.runtime.block_on(self.blobs.store(payload.clone())).map_err(|error| {
                    let blob = BlobRef::of(payload.inline().unwrap_or_default());
                    TurnFault::Blob { blob, why: error.to_string() }
                })?;
            }
        }
        Ok(())
    }

    /// Fetches what a guest is to be given in a turn, from a thread of its own.
    pub fn get_all<'a>(&self, payloads: impl IntoIterator<Item = &'a mut Payload>) -> Result<(), TurnFault> {
        for payload in payloads {
            if let Some(blob) = payload.blob_ref() {
                let fetched = self.runtime.block_on(self.blobs.get(blob));
                *payload = fetched.map_err(|error| TurnFault::Blob { blob, why: error.to_string() })?;
            }
        }
        Ok(())
    }

    /// What an activity returned, or the failure that it is too large. While the store does not take it, this waits: the
    /// activity would otherwise have to run again.
    pub async fn put_output(&self, output: Payload, who: &str) -> Result<Payload, Failure> {
        if output.len() > self.max_bytes {
            return Err(self.too_large(&output));
        }
        let mut wait = Backoff::default();
        loop {
            match self.blobs.store(output.clone()).await {
                Ok(kept) => return Ok(kept),
                Err(error) => tracing::warn!("the output of {who} waits until it can be kept: {error}"),
            }
            wait.pause().await;
        }
    }

    /// The input of an activity. While it cannot be had, this waits and says so.
    pub async fn get_input(&self, input: &Payload, mut report: impl FnMut(BlobRef, &str)) -> Payload {
        let Some(blob) = input.blob_ref() else { return input.clone() };
        let mut wait = Backoff::default();
        loop {
            match self.blobs.get(blob).await {
                Ok(fetched) => return fetched,
                Err(error) => report(blob, &error.to_string()),
            }
            wait.pause().await;
        }
    }

    fn too_large(&self, payload: &Payload) -> Failure {
        let text = format!(
            "a value of {} bytes; this host takes at most {}: return less, or keep it elsewhere and return where",
            payload.len(),
            self.max_bytes
        );
        Failure::host(kind::TOO_LARGE, text)
    }
}

/// Waits that grow.
#[derive(Debug, Default)]
struct Backoff(u32);

impl Backoff {
    async fn pause(&mut self) {
        let wait = (BLOB_RETRY_MIN_MS << self.0.min(16)).min(BLOB_RETRY_MAX_MS);
        self.0 += 1;
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
}
