//! The components that a host has deployed, ready to run.
//!
//! It owns the way from bytes to something that runs: inspect, compile or take the artifact, link, describe. It keeps
//! nothing of what runs: sessions belong to their caller, activities to their future.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use kernel::limits::ACTIVITIES_RUNNING_MAX_COUNT;
use kernel::model::{ComponentDigest, Failure, Function, Payload, Start, Step, kind};
use kernel::port::{self, TurnFault};
use tokio::sync::Semaphore;

use crate::activity::{Activities, Attempt};
use crate::artifact::{Artifacts, Images};
use crate::compile::Compiled;
use crate::describe::mismatch;
use crate::engine::Engines;
use crate::inspect::{World, inspect};
use crate::refusal::Refusal;
use crate::session::{Orchestrator, Session};

/// Runs components. Cheap to clone; all clones are the same sandbox.
///
/// Calls of turns and of [`Sandbox::deploy`] occupy their thread and run guests on its stack: 2 MiB are enough.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    engines: Engines,
    artifacts: Artifacts,
    components: RwLock<BTreeMap<ComponentDigest, Arc<Roles>>>,
    /// One at a time: the compiler uses all cores, and much memory.
    deploying: Mutex<()>,
    activities_running: Semaphore,
}

/// A component that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// SHA-256 of its bytes, by which it is called from now on.
    pub digest: ComponentDigest,
    /// Which roles it has.
    pub world: World,
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

/// A component, ready in each role that it has.
struct Roles {
    orchestrator: Option<Orchestrator>,
    activities: Option<Activities>,
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
        })))
    }

    /// Accepts a component, or says why not. Compiles it unless this host did so before, which may take seconds; runs
    /// its start functions and `describe`. Not to be called from asynchronous code.
    ///
    /// The compiler works within this process; a process of its own, with limits, is left for later.
    pub fn deploy(&self, component: &[u8]) -> Result<Deployed, Refusal> {
        let inspection = inspect(component)?;
        let (digest, world) = (inspection.digest, inspection.world);
        let _one_at_a_time = self.0.deploying.lock().unwrap_or_else(PoisonError::into_inner);
        let (roles, fresh) = match self.0.stored(digest) {
            Some(roles) => (roles, None),
            None => self.0.compile(world, component).map(|(roles, images)| (roles, Some(images)))?,
        };
        let functions = roles.describe(world)?;
        // Not before: what is refused leaves nothing behind.
        let origin = match fresh {
            None => Origin::Artifact,
            Some(images) => {
                self.0.keep(digest, &images);
                Origin::Compiled
            }
        };
        self.0.insert(digest, roles);
        Ok(Deployed { digest, world, functions, origin })
    }

    /// Takes a component from its artifact, without a look at the component itself; `None` if there is no artifact that
    /// can be trusted, and the component must be deployed again.
    pub fn restore(&self, digest: ComponentDigest) -> Option<Deployed> {
        let roles = self.0.stored(digest)?;
        let world = roles.world()?;
        let functions = roles.describe(world);
        let described =
            functions.inspect_err(|error| tracing::warn!(%digest, "an artifact does not describe: {error}"));
        let functions = described.ok()?;
        self.0.insert(digest, roles);
        Some(Deployed { digest, world, functions, origin: Origin::Artifact })
    }

    /// Runs one attempt of an activity, in an instance of its own. Waits for a slot if all are taken; the timeout
    /// counts from then. A dropped future stops the guest.
    ///
    /// Needs a tokio runtime with time.
    pub async fn run(&self, digest: ComponentDigest, attempt: &Attempt, input: &Payload) -> Result<Payload, Failure> {
        let Some(roles) = self.0.get(digest) else {
            let text = format!("component {} is not deployed; deploy it again", digest.short());
            return Err(Failure::host(kind::NOT_FOUND, text));
        };
        let Some(activities) = &roles.activities else {
            let text = format!("component {} has no activities; deploy one that has {}", digest.short(), attempt.name);
            return Err(Failure::host(kind::NOT_FOUND, text));
        };
        let _slot = self.0.activities_running.acquire().await.expect("the semaphore is never closed");
        activities.run(attempt, input).await
    }
}

impl port::Sandbox for Sandbox {
    type Session = Session;

    fn open(&self, component: ComponentDigest, start: &Start) -> Result<(Session, Step), TurnFault> {
        let Some(roles) = self.0.get(component) else {
            let text = format!("component {} is not deployed; deploy it again", component.short());
            return Err(TurnFault::Unavailable(text));
        };
        match &roles.orchestrator {
            Some(orchestrator) => orchestrator.open(start),
            None => Err(TurnFault::Unavailable(format!("component {} has no orchestrators", component.short()))),
        }
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Inner {
    fn get(&self, digest: ComponentDigest) -> Option<Arc<Roles>> {
        self.components.read().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned()
    }

    fn insert(&self, digest: ComponentDigest, roles: Roles) {
        self.components.write().unwrap_or_else(PoisonError::into_inner).insert(digest, Arc::new(roles));
    }

    fn stored(&self, digest: ComponentDigest) -> Option<Roles> {
        let images = self.artifacts.find(digest)?;
        let roles = Compiled::load(&self.engines, &images).and_then(|compiled| Roles::link(&compiled));
        roles.inspect_err(|error| tracing::warn!(%digest, "an artifact does not load: {error:#}")).ok()
    }

    fn compile(&self, world: World, component: &[u8]) -> Result<(Roles, Images), Refusal> {
        let compiled = Compiled::new(&self.engines, world, component)?;
        let roles = Roles::link(&compiled).map_err(|error| mismatch(&error))?;
        let images = compiled.images().map_err(|error| Refusal::CompileFailed(format!("{error:#}")))?;
        Ok((roles, images))
    }

    fn keep(&self, digest: ComponentDigest, images: &Images) {
        if let Err(error) = self.artifacts.keep(digest, images) {
            tracing::warn!(%digest, %error, "the compiled component is not kept; the next start compiles it again");
        }
    }
}

impl Roles {
    fn link(compiled: &Compiled) -> wasmtime::Result<Self> {
        Ok(Self {
            orchestrator: compiled.journaled.as_ref().map(Orchestrator::link).transpose()?,
            activities: compiled.activity.as_ref().map(Activities::link).transpose()?,
        })
    }

    fn world(&self) -> Option<World> {
        match (&self.orchestrator, &self.activities) {
            (Some(_), Some(_)) => Some(World::Application),
            (Some(_), None) => Some(World::Orchestrations),
            (None, Some(_)) => Some(World::Activities),
            (None, None) => None,
        }
    }

    /// Asks in the role that is replayed, if there is one: what it answers must not depend on the world.
    fn describe(&self, world: World) -> Result<Vec<Function>, Refusal> {
        match (&self.orchestrator, &self.activities) {
            (Some(orchestrator), _) => orchestrator.describe(world),
            (None, Some(activities)) => activities.describe(world),
            (None, None) => Err(Refusal::WorldMismatch("it has no role".to_owned())),
        }
    }
}
