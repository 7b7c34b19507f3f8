//! From a component to machine code, and from an artifact back to it.
//!
//! The only unsafe code of the crate is here: loading machine code believes every byte of it, which is right only for
//! bytes that [`crate::artifact`] has found to be this host's own.

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::artifact::Images;
use crate::engine::Engines;
use crate::refusal::Refusal;
use crate::roles::Roles;

/// A component as machine code, for each engine that its roles need.
pub(crate) struct Compiled {
    pub(crate) journaled: Option<Component>,
    pub(crate) activity: Option<Component>,
}

impl Compiled {
    /// Compiles a component that was inspected.
    pub(crate) fn new(engines: &Engines, roles: &Roles, component: &[u8]) -> Result<Self, Refusal> {
        let compile = |engine: &Engine| {
            Component::from_binary(engine, component).map_err(|error| Refusal::CompileFailed(format!("{error:#}")))
        };
        let journaled = roles.has_journaled().then(|| compile(&engines.journaled)).transpose()?;
        let activity = roles.has_active().then(|| compile(&engines.activity)).transpose()?;
        Ok(Self { journaled, activity })
    }

    /// Loads what [`Compiled::images`] gave; they must have been found to be unchanged.
    pub(crate) fn load(engines: &Engines, images: &Images) -> wasmtime::Result<Self> {
        let load = |engine: &Engine, image: &[u8]| -> wasmtime::Result<Option<Component>> {
            if image.is_empty() {
                return Ok(None);
            }
            #[allow(unsafe_code, reason = "machine code can only be loaded on trust")]
            // SAFETY: the bytes come from `Component::serialize` of this host: their HMAC was checked, and it is these
            // bytes that are loaded, not a file that may have changed since.
            unsafe { Component::deserialize(engine, image) }.map(Some)
        };
        Ok(Self {
            journaled: load(&engines.journaled, &images.journaled)?,
            activity: load(&engines.activity, &images.activity)?,
        })
    }

    /// The machine code as bytes, to be kept.
    pub(crate) fn images(&self) -> wasmtime::Result<Images> {
        let image = |component: &Option<Component>| component.as_ref().map_or(Ok(Vec::new()), Component::serialize);
        Ok(Images { journaled: image(&self.journaled)?, activity: image(&self.activity)? })
    }
}
