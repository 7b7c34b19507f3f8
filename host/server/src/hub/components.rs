//! Which component serves a function, and the components themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, Weak};

use kernel::model::{ComponentDigest, Failure, Function, FunctionKind, FunctionName, Timestamp, kind};
use sandbox::Sandbox;
use store_sqlite::{ComponentFiles, Deployment, NewBindings};

use super::error::DeployError;
use crate::driver::Commits;
use crate::triggers::Bindings;

/// The deployed components of a hub. A function is served by the component that was deployed last with it; an instance
/// that began with another one stays with that.
#[derive(Debug)]
pub struct Components {
    sandbox: Sandbox,
    files: ComponentFiles,
    /// Where deployments are recorded; gone when the hub stops.
    commits: Weak<Commits>,
    active: RwLock<Active>,
    /// What manifests bind to components, by name.
    bound: RwLock<BTreeMap<String, Bound>>,
    /// The functions of each component that is ready to run.
    ready: RwLock<BTreeMap<ComponentDigest, BTreeSet<(FunctionKind, FunctionName)>>>,
    /// Serializes deployments, so that two of them cannot bind the same route.
    deploying: Mutex<()>,
    /// Serializes loading, so that two turns do not compile the same component.
    loading: Mutex<()>,
}

type Active = BTreeMap<(FunctionKind, FunctionName), DeployedFunction>;

/// A function and the component that serves it.
#[derive(Debug, Clone)]
pub struct DeployedFunction {
    /// What the component says of it.
    pub function: Function,
    /// The component.
    pub component: ComponentDigest,
}

/// A component and what a manifest binds to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The component.
    pub component: ComponentDigest,
    /// What is bound to it.
    pub bindings: Bindings,
}

/// A component that was just deployed.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Its digest.
    pub digest: ComponentDigest,
    /// What it serves.
    pub functions: Vec<Function>,
}

impl Components {
    /// Makes the active deployments of before ready to be played. What cannot be loaded is reported and left out: its
    /// instances are held until it is deployed again.
    pub(super) fn open(
        sandbox: Sandbox,
        files: ComponentFiles,
        commits: Weak<Commits>,
        deployments: Vec<Deployment>,
        bound: Vec<Bound>,
    ) -> Self {
        let active = deployments.into_iter().map(|deployment| {
            let Deployment { function, digest, .. } = deployment;
            ((function.kind, function.name.clone()), DeployedFunction { function, component: digest })
        });
        let components = Self {
            sandbox,
            files,
            commits,
            active: RwLock::new(active.collect()),
            bound: RwLock::new(bound.into_iter().map(|bound| (bound.bindings.name.clone(), bound)).collect()),
            ready: RwLock::default(),
            deploying: Mutex::default(),
            loading: Mutex::default(),
        };
        let served = components.active().values().map(|serving| serving.component).collect::<Vec<_>>();
        let bound = components.bound().into_iter().map(|bound| bound.component);
        let digests: BTreeSet<_> = served.into_iter().chain(bound).collect();
        for digest in digests {
            if let Err(text) = components.ensure(digest) {
                tracing::warn!("{text}");
            }
        }
        components
    }

    /// Where components are played.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Deploys a component: checks it, compiles it, keeps it, and lets its functions be served by it from now on. What is
    /// bound to it takes the place of what was bound under the same name.
    pub fn deploy(&self, component: &[u8], bindings: Bindings, now: Timestamp) -> Result<Deployed, DeployError> {
        let _one_at_a_time = self.deploying.lock().unwrap_or_else(PoisonError::into_inner);
        let deployed = self.sandbox.deploy(component)?;
        bindings.check_component(&deployed)?;
        for other in self.bound() {
            bindings.check_beside(&other.bindings)?;
        }
        let storage = |error: &dyn std::fmt::Display| DeployError::Storage(error.to_string());
        self.files.put(component).map_err(|error| storage(&error))?;
        let commits = self.commits.upgrade().ok_or_else(|| storage(&"the host stops"))?;
        let json = match bindings.is_empty() {
            true => None,
            false => Some(serde_json::to_string(&bindings).map_err(|error| storage(&error))?),
        };
        let stored = NewBindings { name: bindings.name.clone(), json };
        commits
            .deploy(deployed.digest, deployed.functions.clone(), now, Some(stored))
            .map_err(|error| storage(&error))?;
        self.note_ready(deployed.digest, &deployed.functions);
        let mut active = self.active.write().unwrap_or_else(PoisonError::into_inner);
        for function in &deployed.functions {
            let serving = DeployedFunction { function: function.clone(), component: deployed.digest };
            active.insert((function.kind, function.name.clone()), serving);
        }
        drop(active);
        let bound = Bound { component: deployed.digest, bindings };
        self.bound.write().unwrap_or_else(PoisonError::into_inner).insert(bound.bindings.name.clone(), bound);
        Ok(Deployed { digest: deployed.digest, functions: deployed.functions })
    }

    /// Makes sure that a component can be played, from its kept artifact or by compiling it again.
    pub fn ensure(&self, digest: ComponentDigest) -> Result<(), String> {
        if self.is_ready(digest) {
            return Ok(());
        }
        let _one_at_a_time = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_ready(digest) {
            return Ok(());
        }
        let hint = |error: &dyn std::fmt::Display| format!("component {digest:?} cannot run: {error}; deploy it again");
        let deployed = match self.sandbox.restore(digest) {
            Some(deployed) => deployed,
            None => {
                let bytes = self.files.get(digest).map_err(|error| hint(&error))?;
                let bytes = bytes.ok_or_else(|| hint(&"it is not kept here"))?;
                self.sandbox.deploy(&bytes).map_err(|error| hint(&error))?
            }
        };
        self.note_ready(digest, &deployed.functions);
        Ok(())
    }

    fn is_ready(&self, digest: ComponentDigest) -> bool {
        self.ready.read().unwrap_or_else(PoisonError::into_inner).contains_key(&digest)
    }

    fn note_ready(&self, digest: ComponentDigest, functions: &[Function]) {
        let names = functions.iter().map(|function| (function.kind, function.name.clone())).collect();
        self.ready.write().unwrap_or_else(PoisonError::into_inner).insert(digest, names);
    }

    /// What manifests bind to components, by name.
    pub fn bound(&self) -> Vec<Bound> {
        self.bound.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// All functions that are served, by kind and name.
    pub fn functions(&self) -> Vec<DeployedFunction> {
        self.active().values().cloned().collect()
    }

    /// Which component plays each orchestrator and serves each entity.
    pub(super) fn journaled(&self) -> Vec<(FunctionName, ComponentDigest)> {
        let active = self.active();
        let journaled = active.iter().filter(|((kind, _), _)| is_journaled(*kind));
        journaled.map(|((_, name), serving)| (name.clone(), serving.component)).collect()
    }

    /// The component that new instances of an orchestrator are pinned to.
    pub fn orchestrator(&self, name: &FunctionName) -> Option<ComponentDigest> {
        self.active().get(&(FunctionKind::Orchestrator, name.clone())).map(|found| found.component)
    }

    /// The component that serves an entity.
    pub fn entity(&self, name: &FunctionName) -> Option<ComponentDigest> {
        self.active().get(&(FunctionKind::Entity, name.clone())).map(|found| found.component)
    }

    /// The function of a kind whose name is most like one that does not exist.
    pub fn similar(&self, kind: FunctionKind, name: &FunctionName) -> Option<FunctionName> {
        let wanted = name.as_str().to_ascii_lowercase();
        let active = self.active();
        let known = active.keys().filter(|(of, _)| *of == kind).map(|(_, known)| known);
        let scored = known.map(|known| (strsim::jaro_winkler(&wanted, &known.as_str().to_ascii_lowercase()), known));
        let best = scored.filter(|(score, _)| *score > 0.8).max_by(|(a, _), (b, _)| a.total_cmp(b));
        best.map(|(_, known)| known.clone())
    }

    /// The component that runs an activity for an instance of component `own`: its own if it has that activity, else the
    /// active deployment's.
    pub fn serving(&self, own: ComponentDigest, name: &FunctionName) -> Result<ComponentDigest, Failure> {
        if self.has(own, FunctionKind::Activity, name) {
            return Ok(own);
        }
        let found = self.active().get(&(FunctionKind::Activity, name.clone())).map(|found| found.component);
        let Some(digest) = found else {
            let text = format!("no deployed component has an activity named {name}; deploy one, or correct the name");
            return Err(Failure::host(kind::NOT_FOUND, text));
        };
        match self.ensure(digest) {
            Ok(()) => Ok(digest),
            Err(text) => Err(Failure::host(kind::NOT_FOUND, text).retryable()),
        }
    }

    /// The component that plays a child of an instance of component `own`: its own if it has that orchestrator, else the
    /// active deployment's.
    pub fn playing(&self, own: ComponentDigest, name: &FunctionName) -> Result<ComponentDigest, Failure> {
        let found = if self.has(own, FunctionKind::Orchestrator, name) { Some(own) } else { self.orchestrator(name) };
        found.ok_or_else(|| {
            let text =
                format!("no deployed component has an orchestrator named {name}; deploy one, or correct the name");
            Failure::host(kind::NOT_FOUND, text)
        })
    }

    /// The bytes of a component, if they are kept here.
    pub fn bytes(&self, digest: ComponentDigest) -> Option<Vec<u8>> {
        self.files.get(digest).ok().flatten()
    }

    /// Whether a component can run and has a function. After a restart it may not be loaded yet.
    fn has(&self, digest: ComponentDigest, kind: FunctionKind, name: &FunctionName) -> bool {
        self.ensure(digest).is_ok()
            && self
                .ready
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&digest)
                .is_some_and(|functions| functions.contains(&(kind, name.clone())))
    }

    fn active(&self) -> RwLockReadGuard<'_, Active> {
        self.active.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether instances may be held for want of such a function.
pub(super) fn is_journaled(kind: FunctionKind) -> bool {
    matches!(kind, FunctionKind::Orchestrator | FunctionKind::Entity)
}
