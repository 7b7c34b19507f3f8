//! The part of a ledger that is about entities: calls, and critical sections from their request to their end.
//!
//! Invariant: whoever was asked for a lock hears of the end of its section once, and nobody else does.

use kernel::model::{Attempted, Holder, Hops, LockSet, TaskId, Timestamp};

use super::entry::Section;
use super::{Checked, Fate, Ledger, Noted, Task, What};
use crate::sim::pool::Dispatch;

impl Ledger {
    /// The critical section that the end of the execution ends.
    pub fn released_at_end(&mut self) -> Option<Dispatch> {
        let section = self.section.take().filter(|section| !section.is_new)?;
        Some(self.released(section))
    }

    /// The calls and locks that nobody answered.
    pub fn open_calls(&self) -> impl Iterator<Item = (Attempted, &What)> {
        let open = |task: &Task| task.fate == Fate::Open && matches!(task.what, What::Call { .. } | What::Lock(_));
        let calls = self.tasks.iter().filter(move |(_, task)| open(task));
        calls.map(|(id, task)| (self.attempted(*id, task), &task.what))
    }

    /// What entities returned, in the order of the calls.
    pub fn returned(&self) -> Vec<i64> {
        let returned = |task: &Task| match (&task.what, &task.fate) {
            (What::Call { .. }, Fate::Answered(Ok(output))) => self.text(output).parse().ok(),
            _ => None,
        };
        self.tasks.values().filter_map(returned).collect()
    }

    /// A lock was granted.
    pub fn grant(&mut self, task: TaskId) -> Option<(Holder, LockSet)> {
        let section = self.section.as_mut().filter(|section| section.lock == task)?;
        section.hops = Hops::One;
        let set = section.set.clone();
        Some((self.holder(task), set))
    }

    fn released(&self, Section { lock, set, hops, .. }: Section) -> Dispatch {
        Dispatch::Unlock { holder: self.holder(lock), set, hops }
    }

    fn holder(&self, task: TaskId) -> Holder {
        Holder { no: self.no, execution: self.started.execution, task }
    }

    pub(super) fn call(&self, id: TaskId) -> Result<Dispatch, String> {
        let task = &self.tasks[&id];
        let What::Call { to, name, input } = &task.what else { return Err("a call is none".to_owned()) };
        let (to, name, input) = (to.clone(), name.clone(), input.clone());
        Ok(Dispatch::Call { of: self.attempted(id, task), to, name, input })
    }

    pub(super) fn lock(&mut self, at: Timestamp, lock: TaskId, set: &LockSet, noted: &mut Vec<Noted>) -> Checked {
        self.ask(at, lock, What::Lock(set.clone()))?;
        if self.section.is_some() {
            return Err("it locks twice".to_owned());
        }
        self.section = Some(Section { lock, set: set.clone(), hops: Hops::Onward, is_new: true });
        noted.push(Noted::Dispatched(Dispatch::Lock { holder: self.holder(lock), set: set.clone() }));
        Ok(())
    }

    pub(super) fn release(&mut self, lock: TaskId, noted: &mut Vec<Noted>) -> Checked {
        self.decided();
        let section = self.section.take_if(|section| section.lock == lock).ok_or("it releases what it has not")?;
        if let Some(task) = self.tasks.get_mut(&lock).filter(|task| task.fate == Fate::Open) {
            task.fate = Fate::Cancelled;
        }
        if !section.is_new {
            noted.push(Noted::Dispatched(self.released(section)));
        }
        Ok(())
    }
}
