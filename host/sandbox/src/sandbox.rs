//! The components that a host has deployed, ready to run.
//!
//! It owns the way from bytes to something that runs: inspect, compile or take the artifact, link, describe. It keeps
//! nothing of what runs: sessions belong to their caller, activities to their future.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Body;
use hyper::{Request, Response};
use kernel::limits::{ACTIVITIES_RUNNING_MAX_COUNT, TRIGGER_SLOT_WAIT_MS, TRIGGERS_RUNNING_MAX_COUNT};
use kernel::model::{ComponentDigest, Failure, Function, FunctionName, Payload, Start, Step, kind};
use kernel::port::{self, TurnFault};
use tokio::sync::Semaphore;

use crate::activity::Attempt;
use crate::artifact::{Artifacts, Images};
use crate::client::Client;
use crate::compile::Compiled;
use crate::describe::mismatch;
use crate::engine::Engines;
use crate::entity::EntitySession;
use crate::http::{HttpFault, ResponseBody};
use crate::inspect::{Inspection, inspect};
use crate::ready::Ready;
use crate::refusal::Refusal;
use crate::roles::Roles;
use crate::session::Session;
use crate::trigger::{Firing, StreamMessage};

/// Runs components. Cheap to clone; all clones are the same sandbox.
///
/// Calls of turns and of [`Sandbox::deploy`] occupy their thread and run guests on its stack: 2 MiB are enough.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    engines: Engines,
    artifacts: Artifacts,
    components: RwLock<BTreeMap<ComponentDigest, Arc<Ready>>>,
    /// One at a time: the compiler uses all cores, and much memory.
    deploying: Mutex<()>,
    activities_running: Semaphore,
    triggers_running: Arc<Semaphore>,
}

/// A component that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// SHA-256 of its bytes, by which it is called from now on.
    pub digest: ComponentDigest,
    /// Which roles it has.
    pub roles: Roles,
    /// What it can do, in its own order.
    pub functions: Vec<Function>,
    /// Where its machine code came from.
    pub origin: Origin,
}

/// Where machine code came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From the compiler, now.
    Compiled,
    /// From the artifact of an earlier run.
    Artifact,
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The engines do not start: the address space or the system is too small.
    #[error("the WebAssembly engines do not start: {0}; allow the process at least 16 TiB of virtual address space")]
    Engine(String),
    /// The folder of artifacts cannot be used.
    #[error("the folder of compiled components cannot be used: {0}; it must be writable by this user")]
    Artifacts(#[from] io::Error),
}

impl Sandbox {
    /// Starts the engines and opens the folder of artifacts. `fresh_key` is 32 random bytes, used if the folder is new.
    pub fn open(artifacts: &Path, fresh_key: [u8; 32]) -> Result<Self, OpenError> {
        let engines = Engines::new().map_err(|error| OpenError::Engine(format!("{error:#}")))?;
        let artifacts = Artifacts::open(artifacts, fresh_key, engines.fingerprint())?;
        Ok(Self(Arc::new(Inner {
            engines,
            artifacts,
            components: RwLock::default(),
            deploying: Mutex::default(),
            activities_running: Semaphore::new(ACTIVITIES_RUNNING_MAX_COUNT),
            triggers_running: Arc::new(Semaphore::new(TRIGGERS_RUNNING_MAX_COUNT)),
        })))
    }

    /// Accepts a component, or says why not. Compiles it unless this host did so before, which may take seconds; runs
    /// its start functions and `describe`. Not to be called from asynchronous code.
    ///
    /// The compiler works within this process; a process of its own, with limits, is left for later.
    pub fn deploy(&self, component: &[u8]) -> Result<Deployed, Refusal> {
        let Inspection { digest, roles, .. } = inspect(component)?;
        let _one_at_a_time = self.0.deploying.lock().unwrap_or_else(PoisonError::into_inner);
        let (ready, fresh) = match self.0.stored(digest) {
            Some(ready) => (ready, None),
            None => self.0.compile(&roles, component).map(|(ready, images)| (ready, Some(images)))?,
        };
        let functions = ready.describe()?;
        // Not before: what is refused leaves nothing behind.
        let origin = match fresh {
            None => Origin::Artifact,
            Some(images) => {
                self.0.keep(digest, &images);
                Origin::Compiled
            }
        };
        let roles = ready.roles().clone();
        self.0.insert(digest, ready);
        Ok(Deployed { digest, roles, functions, origin })
    }

    /// Takes a component from its artifact, without a look at the component itself; `None` if there is no artifact that
    /// can be trusted, and the component must be deployed again.
    pub fn restore(&self, digest: ComponentDigest) -> Option<Deployed> {
        let ready = self.0.stored(digest)?;
        let described =
            ready.describe().inspect_err(|error| tracing::warn!(%digest, "an artifact does not describe: {error}"));
        let functions = described.ok()?;
        let roles = ready.roles().clone();
        self.0.insert(digest, ready);
        Some(Deployed { digest, roles, functions, origin: Origin::Artifact })
    }

    /// Runs one attempt of an activity, in an instance of its own. Waits for a slot if all are taken; the timeout
    /// counts from then. A dropped future stops the guest.
    ///
    /// Needs a tokio runtime with time.
    pub async fn run(&self, digest: ComponentDigest, attempt: &Attempt, input: &Payload) -> Result<Payload, Failure> {
        let ready = self.0.get(digest).map_err(not_found)?;
        let activities = ready.activities().map_err(not_found)?;
        let _slot = self.0.activities_running.acquire().await.expect("the semaphore is never closed");
        activities.run(attempt, input).await
    }

    /// Makes a session that runs batches of entities.
    pub fn entity(&self, digest: ComponentDigest) -> Result<EntitySession, TurnFault> {
        let ready = self.0.get(digest).map_err(TurnFault::Unavailable)?;
        ready.entities().map_err(TurnFault::Unavailable)?.open()
    }

    /// Runs a timer trigger once, in an instance of its own. Waits for a slot if all are taken. A dropped future stops
    /// the guest.
    ///
    /// Needs a tokio runtime with time, as do the other triggers.
    pub async fn fire(&self, digest: ComponentDigest, firing: &Firing, client: Arc<dyn Client>) -> Result<(), Failure> {
        let ready = self.0.get(digest).map_err(not_found)?;
        let timers = ready.timers().map_err(not_found)?;
        let _slot = self.0.triggers_running.acquire().await.expect("the semaphore is never closed");
        timers.fire(firing, client).await
    }

    /// Runs a stream trigger on one message, in an instance of its own. Waits for a slot if all are taken. A dropped
    /// future stops the guest.
    pub async fn receive(
        &self,
        digest: ComponentDigest,
        name: &FunctionName,
        message: &StreamMessage,
        client: Arc<dyn Client>,
    ) -> Result<(), Failure> {
        let ready = self.0.get(digest).map_err(not_found)?;
        let streams = ready.streams().map_err(not_found)?;
        let _slot = self.0.triggers_running.acquire().await.expect("the semaphore is never closed");
        streams.receive(name, message, client).await
    }

    /// Lets an HTTP trigger answer a request, in an instance of its own. Waits a moment for a slot if all are taken.
    ///
    /// A future that is dropped before the response begins stops the guest. Afterwards the guest runs to its end in a
    /// task of the runtime on which this was polled, which should be one for guests. A guest that is silent for too
    /// long is stopped at any time.
    pub async fn serve<B>(
        &self,
        digest: ComponentDigest,
        request: Request<B>,
        client: Arc<dyn Client>,
    ) -> Result<Response<ResponseBody>, HttpFault>
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let ready = self.0.get(digest).map_err(HttpFault::NotServed)?;
        let http = ready.http().map_err(HttpFault::NotServed)?;
        let slot = Arc::clone(&self.0.triggers_running).acquire_owned();
        let slot = tokio::time::timeout(Duration::from_millis(TRIGGER_SLOT_WAIT_MS), slot).await;
        let slot = slot.map_err(|_| HttpFault::Busy(format!("{TRIGGERS_RUNNING_MAX_COUNT} triggers run already")))?;
        http.serve(request, client, slot.expect("the semaphore is never closed")).await
    }
}

impl port::Sandbox for Sandbox {
    type Session = Session;

    fn open(&self, component: ComponentDigest, start: &Start) -> Result<(Session, Step), TurnFault> {
        let ready = self.0.get(component).map_err(TurnFault::Unavailable)?;
        ready.orchestrators().map_err(TurnFault::Unavailable)?.open(start)
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Inner {
    /// What was deployed; otherwise what to do.
    fn get(&self, digest: ComponentDigest) -> Result<Arc<Ready>, String> {
        let components = self.components.read().unwrap_or_else(PoisonError::into_inner);
        let missing = || format!("component {} is not deployed; deploy it again", digest.short());
        components.get(&digest).cloned().ok_or_else(missing)
    }

    fn insert(&self, digest: ComponentDigest, ready: Ready) {
        self.components.write().unwrap_or_else(PoisonError::into_inner).insert(digest, Arc::new(ready));
    }

    fn stored(&self, digest: ComponentDigest) -> Option<Ready> {
        let images = self.artifacts.find(digest)?;
        let ready = Compiled::load(&self.engines, &images).and_then(|compiled| Ready::link(digest, &compiled));
        ready.inspect_err(|error| tracing::warn!(%digest, "an artifact does not load: {error:#}")).ok()
    }

    fn compile(&self, roles: &Roles, component: &[u8]) -> Result<(Ready, Images), Refusal> {
        let compiled = Compiled::new(&self.engines, roles, component)?;
        let ready = Ready::link(ComponentDigest::of(component), &compiled).map_err(|error| mismatch(&error))?;
        let images = compiled.images().map_err(|error| Refusal::CompileFailed(format!("{error:#}")))?;
        Ok((ready, images))
    }

    fn keep(&self, digest: ComponentDigest, images: &Images) {
        if let Err(error) = self.artifacts.keep(digest, images) {
            tracing::warn!(%digest, %error, "the compiled component is not kept; the next start compiles it again");
        }
    }
}

fn not_found(text: String) -> Failure {
    Failure::host(kind::NOT_FOUND, text)
}
