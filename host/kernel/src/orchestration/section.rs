//! Critical sections: which of its entities an execution may use how, and whom to tell that one is over.
//!
//! It owns the rules of Durable Task's `lockEntities`: one section at a time; inside of it only the locked entities are called,
//! each once at a time, only others are signalled, and no child is started. They keep executions from waiting for each other.
//! It does not know how an entity is locked; that is the partition's.

use std::collections::BTreeMap;

use super::fold::Live;
use super::task::{OpenTask, TaskKind};
use crate::limits::LOCK_ENTITIES_MAX_COUNT;
use crate::model::{Decision, EntityId, Event, Holder, Hops, InstanceNo, LockSet, Started, TaskId};

/// The critical section of an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The decision that asked for it.
    pub lock: TaskId,
    /// Its entities.
    pub set: LockSet,
    /// How far it is.
    pub stage: Stage,
}

/// How far a critical section is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Not all of its entities are locked yet.
    Asked,
    /// They are.
    Granted,
}

/// A critical section that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Released {
    /// The decision that asked for it.
    pub lock: TaskId,
    /// Its entities.
    pub set: LockSet,
    /// How they are told.
    pub hops: Hops,
}

impl Section {
    /// What has to be told when it is over, having come so far.
    fn released(&self, stage: Stage) -> Released {
        let hops = match stage {
            Stage::Asked => Hops::Onward,
            Stage::Granted => Hops::One,
        };
        Released { lock: self.lock, set: self.set.clone(), hops }
    }
}

/// What the decisions of a turn may ask of entities, one after another.
#[derive(Debug)]
pub(super) struct Rules {
    section: Option<Section>,
    /// The calls that are open.
    calls: BTreeMap<TaskId, EntityId>,
}

impl Rules {
    pub fn new(live: &Live) -> Self {
        let call = |(task, open): (&TaskId, &OpenTask)| match &open.kind {
            TaskKind::Call { to, .. } => Some((*task, to.clone())),
            TaskKind::Activity { .. } | TaskKind::Child { .. } | TaskKind::Lock { .. } => None,
        };
        let section = live.section.as_deref().cloned();
        Self { section, calls: live.tasks.iter().filter_map(call).collect() }
    }

    /// Checks the next decision. An error says which rule it breaks.
    pub fn check(&mut self, id: TaskId, decision: &Decision) -> Result<(), String> {
        self.check_rules(id, decision)?;
        match decision {
            Decision::CallEntity { to, .. } => drop(self.calls.insert(id, to.clone())),
            Decision::Cancel { target } => drop(self.calls.remove(target)),
            _ => {}
        }
        Ok(())
    }

    fn check_rules(&mut self, id: TaskId, decision: &Decision) -> Result<(), String> {
        let Some(Section { lock, set, stage }) = &self.section else {
            match decision {
                Decision::LockEntities { set } if set.entities().len() > LOCK_ENTITIES_MAX_COUNT => {
                    let count = set.entities().len();
                    return Err(format!("locks {count} entities; at most {LOCK_ENTITIES_MAX_COUNT} are allowed"));
                }
                Decision::LockEntities { set } => {
                    self.section = Some(Section { lock: id, set: set.clone(), stage: Stage::Asked });
                }
                Decision::ReleaseLock { lock } => {
                    return Err(format!("ends the critical section {}, which it is not in", lock.0));
                }
                _ => {}
            }
            return Ok(());
        };
        match decision {
            Decision::LockEntities { .. } => {
                Err(format!("locks entities within the critical section {}; release that one first", lock.0))
            }
            Decision::StartChild { name, .. } => {
                Err(format!("starts the child {name} within a critical section, where it could wait for its parent"))
            }
            Decision::CallEntity { to, .. } if !set.contains(to) => {
                Err(format!("calls {to} within a critical section that does not lock it"))
            }
            Decision::CallEntity { to, .. } if self.calls.values().any(|called| called == to) => Err(format!(
                "calls {to} while another call to it is open; within a critical section they go one by one"
            )),
            Decision::SignalEntity { to, .. } if set.contains(to) => {
                Err(format!("signals {to}, which its critical section locks; call it instead"))
            }
            Decision::ReleaseLock { lock: released } if released != lock => {
                Err(format!("ends the critical section {}, but is in {}", released.0, lock.0))
            }
            Decision::ReleaseLock { .. } => {
                self.section = None;
                Ok(())
            }
            Decision::Cancel { target } if target == lock && *stage == Stage::Asked => {
                Err(format!("cancels the lock {}; end the critical section instead", lock.0))
            }
            _ => Ok(()),
        }
    }
}

/// The critical section that these events end, with the index of the decision that did. One that was asked for by them is
/// not told: nobody knows of it.
pub(super) fn released(live: &Live, events: &[Event]) -> Option<(TaskId, Released)> {
    let section = live.section.as_deref()?;
    let (stage, at) = course(live, section, events);
    Some((at?, section.released(stage)))
}

/// The critical section that is over because the execution is, after these events.
pub(super) fn released_at_end(live: &Live, events: &[Event]) -> Option<(TaskId, Released)> {
    let section = live.section.as_deref()?;
    let (stage, at) = course(live, section, events);
    Some((at.unwrap_or(AT_END), section.released(stage)))
}

/// Behind all decisions.
const AT_END: TaskId = TaskId(u32::MAX);

/// How far a section came by these events, and which decision ended it.
fn course(live: &Live, section: &Section, events: &[Event]) -> (Stage, Option<TaskId>) {
    let mut stage = section.stage;
    let mut next = live.decisions;
    for event in events {
        match event {
            Event::TaskCompleted { task, .. } if *task == section.lock => stage = Stage::Granted,
            Event::LockReleased { lock } if *lock == section.lock => return (stage, Some(TaskId(next))),
            Event::Completed { .. } | Event::Failed { .. } | Event::Terminated { .. } => return (stage, Some(AT_END)),
            _ => {}
        }
        next += u32::from(super::replay::decision_of(event).is_some());
    }
    (stage, None)
}

/// The holder that an execution is by one of its decisions.
pub fn holder(no: InstanceNo, started: &Started, lock: TaskId) -> Holder {
    Holder { no, execution: started.execution, task: lock }
}
