//! A component, ready in each of its roles.
//!
//! It owns which role is run by what, and what is said of a role that a component does not have.

use std::sync::Arc;

use kernel::model::{ComponentDigest, Function};
use wasmtime::component::Component;

use crate::active::Active;
use crate::activity::Activities;
use crate::compile::Compiled;
use crate::entity::Entities;
use crate::http::HttpTrigger;
use crate::journaled::Journaled;
use crate::refusal::Refusal;
use crate::roles::{Role, Roles};
use crate::session::Orchestrators;
use crate::trigger::{StreamTriggers, TimerTriggers};

/// A component that was compiled and linked. Each role is there if the component has it.
pub(crate) struct Ready {
    digest: ComponentDigest,
    roles: Roles,
    journaled: Option<Arc<Journaled>>,
    active: Option<Arc<Active>>,
    orchestrators: Option<Orchestrators>,
    entities: Option<Entities>,
    activities: Option<Activities>,
    timers: Option<TimerTriggers>,
    streams: Option<StreamTriggers>,
    http: Option<HttpTrigger>,
}

impl Ready {
    /// Resolves all that can be resolved once. Which roles there are follows from what was compiled.
    pub(crate) fn link(digest: ComponentDigest, compiled: &Compiled) -> wasmtime::Result<Self> {
        let any = compiled.journaled.as_ref().or(compiled.activity.as_ref());
        let roles = any.and_then(roles_of).ok_or_else(|| wasmtime::Error::msg("it has no role"))?;
        let journaled = compiled.journaled.as_ref().map(Journaled::link).transpose()?.map(Arc::new);
        let active = compiled.activity.as_ref().map(Active::link).transpose()?.map(Arc::new);
        let for_journaled = |role| journaled.clone().filter(|_| roles.has(role));
        let for_active = |role| active.clone().filter(|_| roles.has(role));
        Ok(Self {
            digest,
            orchestrators: for_journaled(Role::Orchestrator).map(Orchestrators::new).transpose()?,
            entities: for_journaled(Role::Entity).map(Entities::new).transpose()?,
            activities: for_active(Role::Activity).map(Activities::new).transpose()?,
            timers: for_active(Role::TimerTrigger).map(TimerTriggers::new).transpose()?,
            streams: for_active(Role::StreamTrigger).map(StreamTriggers::new).transpose()?,
            http: for_active(Role::HttpTrigger).map(HttpTrigger::new).transpose()?,
            roles,
            journaled,
            active,
        })
    }

    /// Which roles it has.
    pub(crate) fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Asks in a role that is replayed, if there is one: what it answers must not depend on the world.
    pub(crate) fn describe(&self) -> Result<Vec<Function>, Refusal> {
        match (&self.journaled, &self.active) {
            (Some(journaled), _) => journaled.describe(&self.roles),
            (None, Some(active)) => active.describe(&self.roles),
            (None, None) => Err(Refusal::WorldMismatch("it has no role".to_owned())),
        }
    }

    pub(crate) fn orchestrators(&self) -> Result<&Orchestrators, String> {
        self.orchestrators.as_ref().ok_or_else(|| self.missing(Role::Orchestrator))
    }

    pub(crate) fn entities(&self) -> Result<&Entities, String> {
        self.entities.as_ref().ok_or_else(|| self.missing(Role::Entity))
    }

    pub(crate) fn activities(&self) -> Result<&Activities, String> {
        self.activities.as_ref().ok_or_else(|| self.missing(Role::Activity))
    }

    pub(crate) fn timers(&self) -> Result<&TimerTriggers, String> {
        self.timers.as_ref().ok_or_else(|| self.missing(Role::TimerTrigger))
    }

    pub(crate) fn streams(&self) -> Result<&StreamTriggers, String> {
        self.streams.as_ref().ok_or_else(|| self.missing(Role::StreamTrigger))
    }

    pub(crate) fn http(&self) -> Result<&HttpTrigger, String> {
        self.http.as_ref().ok_or_else(|| self.missing(Role::HttpTrigger))
    }

    fn missing(&self, role: Role) -> String {
        format!("component {} has no {role}, only {}; deploy one that has", self.digest.short(), self.roles)
    }
}

fn roles_of(component: &Component) -> Option<Roles> {
    let exports = component.component_type();
    let names: Vec<_> = exports.exports(component.engine()).map(|(name, _)| name.to_owned()).collect();
    Roles::of(names.iter().map(String::as_str))
}
