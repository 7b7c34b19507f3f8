//! What a guest has to know of itself to keep to the rules of critical sections: told in another way than the kernel does.

use kernel::model::{Decision, EntityId, LockSet, TaskId};
use kernel::orchestration::{Live, Stage, TaskKind};

/// What a guest knows of itself.
#[derive(Clone, Default)]
pub struct Manners {
    next: u32,
    /// The section that it is in: its entities, and whether it has them.
    section: Option<(TaskId, LockSet, Stage)>,
    /// The calls that are open.
    calls: Vec<(TaskId, EntityId)>,
}

impl Manners {
    /// Those of an instance that has come so far.
    pub fn of(live: &Live) -> Self {
        let calls = live.tasks.iter().filter_map(|(task, open)| match &open.kind {
            TaskKind::Call { to, .. } => Some((*task, to.clone())),
            _ => None,
        });
        let section = live.section.as_ref().map(|section| (section.lock, section.set.clone(), section.stage));
        Self { next: live.decisions, section, calls: calls.collect() }
    }

    /// The index of the next decision.
    pub fn next(&self) -> u32 {
        self.next
    }

    /// The section that it is in.
    pub fn section(&self) -> Option<TaskId> {
        self.section.as_ref().map(|(lock, ..)| *lock)
    }

    /// Whether a decision keeps to the rules.
    pub fn allow(&self, decision: &Decision) -> bool {
        let Some((lock, set, stage)) = &self.section else { return !matches!(decision, Decision::ReleaseLock { .. }) };
        match decision {
            Decision::StartChild { .. } | Decision::LockEntities { .. } => false,
            Decision::CallEntity { to, .. } => set.contains(to) && self.calls.iter().all(|(_, called)| called != to),
            Decision::SignalEntity { to, .. } => !set.contains(to),
            Decision::ReleaseLock { lock: released } => released == lock,
            Decision::Cancel { target } => target != lock || *stage == Stage::Granted,
            Decision::ScheduleActivity { .. } | Decision::CreateTimer { .. } | Decision::SendEvent { .. } => true,
        }
    }

    /// A decision was taken.
    pub fn note(&mut self, decision: &Decision) {
        let id = TaskId(self.next);
        self.next += 1;
        match decision {
            Decision::CallEntity { to, .. } => self.calls.push((id, to.clone())),
            Decision::LockEntities { set } => self.section = Some((id, set.clone(), Stage::Asked)),
            Decision::ReleaseLock { .. } => self.section = None,
            Decision::Cancel { target } => self.calls.retain(|(task, _)| task != target),
            _ => {}
        }
    }

    /// A task was answered.
    pub fn answered(&mut self, task: TaskId) {
        self.calls.retain(|(call, _)| *call != task);
        if let Some((_, _, stage)) = self.section.as_mut().filter(|(lock, ..)| *lock == task) {
            *stage = Stage::Granted;
        }
    }
}
