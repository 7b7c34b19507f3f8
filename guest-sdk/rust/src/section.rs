//! The rules of critical sections, checked where the author breaks them: before a decision goes out.
//!
//! The host checks them as well. There a breach fails the instance; here it fails one call, and says what to do.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    entity::EntityId,
    failure::{Failure, Result},
    machine::Id,
};

/// How many entities one lock may have.
const ENTITIES_MAX_COUNT: usize = 100;

/// What an execution may do with entities now.
#[derive(Default)]
pub(crate) struct Sections {
    section: Option<Section>,
    /// Calls of entities that were not answered.
    calls: BTreeMap<Id, EntityId>,
}

/// The critical section that was asked for and is not over.
struct Section {
    lock: Id,
    entities: BTreeSet<EntityId>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Asked,
    Granted,
}

impl Sections {
    pub(crate) fn may_call(&self, entity: &EntityId) -> Result<()> {
        let Some(section) = &self.section else { return Ok(()) };
        if !section.entities.contains(entity) {
            return Err(breach(format!("{entity} is called within a critical section that does not lock it")));
        }
        if section.stage == Stage::Asked {
            return Err(breach(format!("{entity} is called before its lock is there; await the lock first")));
        }
        if self.calls.values().any(|called| called == entity) {
            let message =
                format!("{entity} is called while another call of it is open; within a critical section await each");
            return Err(breach(message));
        }
        Ok(())
    }

    pub(crate) fn may_signal(&self, entity: &EntityId) -> Result<()> {
        match &self.section {
            Some(section) if section.entities.contains(entity) => {
                Err(breach(format!("{entity} is signalled within the critical section that locks it; call it instead")))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn may_start_child(&self, name: &str) -> Result<()> {
        match &self.section {
            Some(_) => {
                Err(breach(format!("the child {name} is started within a critical section; release the lock first")))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn may_lock(&self, entities: &BTreeSet<EntityId>) -> Result<()> {
        if self.section.is_some() {
            return Err(breach(
                "entities are locked within a critical section; release that one first, or lock all at once",
            ));
        }
        match entities.len() {
            1..=ENTITIES_MAX_COUNT => Ok(()),
            count => Err(breach(format!("a lock has 1 to {ENTITIES_MAX_COUNT} entities, not {count}"))),
        }
    }

    /// Notes a call.
    pub(crate) fn called(&mut self, call: Id, entity: &EntityId) {
        self.calls.insert(call, entity.clone());
    }

    /// Notes the answer of a task, of whatever kind it was.
    pub(crate) fn answered(&mut self, task: Id) {
        self.calls.remove(&task);
    }

    /// Notes that a section was asked for.
    pub(crate) fn asked(&mut self, lock: Id, entities: BTreeSet<EntityId>) {
        self.section = Some(Section { lock, entities, stage: Stage::Asked });
    }

    /// Notes that a section begins.
    pub(crate) fn granted(&mut self, lock: Id) {
        self.section.as_mut().filter(|section| section.lock == lock).expect("it was asked for").stage = Stage::Granted;
    }

    /// Notes that a section is over.
    pub(crate) fn released(&mut self, lock: Id) {
        self.section.take_if(|section| section.lock == lock);
    }
}

fn breach(message: impl Into<String>) -> Failure {
    Failure::new("critical-section", message).non_retryable()
}
