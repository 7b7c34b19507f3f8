//! Warm sessions: executions that were played to some point and may go on from there.
//!
//! The cache may be emptied at any moment, entry by entry or whole: a session that is not there is replayed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kernel::model::{ComponentDigest, InstanceNo};
use sandbox::{EntitySession, Session};

/// What is kept warm.
#[derive(Debug)]
pub(crate) enum Warm {
    /// An execution that was played to some turn.
    Orchestration(Session),
    /// What ran the last batch of an entity: it knows nothing of it any more.
    Entity(ComponentDigest, EntitySession),
}

/// A bounded cache; the least recently used session goes first.
#[derive(Debug)]
pub(crate) struct Sessions<S> {
    capacity: usize,
    table: Mutex<Table<S>>,
}

#[derive(Debug)]
struct Table<S> {
    warm: HashMap<InstanceNo, Entry<S>>,
    by_use: BTreeMap<u64, InstanceNo>,
    uses: u64,
}

#[derive(Debug)]
struct Entry<S> {
    session: S,
    /// How many turns it has played.
    turns: u32,
    last_use: u64,
}

impl<S> Sessions<S> {
    pub fn new(capacity: usize) -> Self {
        let table = Table { warm: HashMap::new(), by_use: BTreeMap::new(), uses: 0 };
        Self { capacity, table: Mutex::new(table) }
    }

    /// Takes the session of an instance if it has played exactly so many turns.
    pub fn take(&self, no: InstanceNo, turns: u32) -> Option<S> {
        let found = self.lock().remove(no)?;
        (found.turns == turns).then_some(found.session)
    }

    /// Keeps a session. What has to go is dropped after the lock is released: it frees a wasm instance.
    pub fn put(&self, no: InstanceNo, turns: u32, session: S) {
        let mut table = self.lock();
        let before = table.remove(no);
        table.uses += 1;
        let last_use = table.uses;
        table.by_use.insert(last_use, no);
        table.warm.insert(no, Entry { session, turns, last_use });
        let surplus = if table.warm.len() > self.capacity { table.remove_oldest() } else { None };
        drop(table);
        drop((before, surplus));
    }

    /// Drops the session of an instance.
    pub fn forget(&self, no: InstanceNo) {
        let found = self.lock().remove(no);
        drop(found);
    }

    fn lock(&self) -> MutexGuard<'_, Table<S>> {
        // A thread that panicked while it held the lock left at worst a session too few.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Table<S> {
    fn remove(&mut self, no: InstanceNo) -> Option<Entry<S>> {
        let found = self.warm.remove(&no)?;
        self.by_use.remove(&found.last_use);
        Some(found)
    }

    fn remove_oldest(&mut self) -> Option<Entry<S>> {
        let (_, no) = self.by_use.pop_first()?;
        self.warm.remove(&no)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_taken_once_and_only_where_it_stands() {
        let sessions = Sessions::new(2);
        sessions.put(InstanceNo(1), 3, "one");
        assert_eq!(sessions.take(InstanceNo(1), 3), Some("one"));
        assert_eq!(sessions.take(InstanceNo(1), 3), None);
        sessions.put(InstanceNo(1), 3, "one");
        assert_eq!(sessions.take(InstanceNo(1), 2), None, "a session elsewhere is of no use");
        assert_eq!(sessions.take(InstanceNo(1), 3), None, "and is not kept");
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let sessions = Sessions::new(2);
        for no in 1..=3 {
            sessions.put(InstanceNo(no), 1, no);
        }
        assert_eq!(sessions.take(InstanceNo(1), 1), None);
        sessions.put(InstanceNo(2), 2, 2);
        sessions.put(InstanceNo(4), 1, 4);
        assert_eq!(sessions.take(InstanceNo(3), 1), None);
        sessions.forget(InstanceNo(4));
        assert_eq!((sessions.take(InstanceNo(2), 2), sessions.take(InstanceNo(4), 1)), (Some(2), None));
    }
}
