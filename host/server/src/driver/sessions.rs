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

impl Warm {
    /// Memory that it holds on to at most.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Orchestration(session) => session.linear_bytes(),
            Self::Entity(_, session) => session.linear_bytes(),
        }
    }
}

/// What a cache may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Sessions.
    pub count: usize,
    /// Bytes of all of them together.
    pub bytes: usize,
}

/// A bounded cache; the least recently used session goes first.
#[derive(Debug)]
pub(crate) struct Sessions<S> {
    budget: Budget,
    table: Mutex<Table<S>>,
}

#[derive(Debug)]
struct Table<S> {
    warm: HashMap<InstanceNo, Entry<S>>,
    by_use: BTreeMap<u64, InstanceNo>,
    uses: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry<S> {
    session: S,
    /// How many turns it has played.
    turns: u32,
    bytes: usize,
    last_use: u64,
}

impl<S> Sessions<S> {
    pub fn new(budget: Budget) -> Self {
        let table = Table { warm: HashMap::new(), by_use: BTreeMap::new(), uses: 0, bytes: 0 };
        Self { budget, table: Mutex::new(table) }
    }

    /// Takes the session of an instance if it has played exactly so many turns.
    pub fn take(&self, no: InstanceNo, turns: u32) -> Option<S> {
        let found = self.lock().remove(no)?;
        (found.turns == turns).then_some(found.session)
    }

    /// Keeps a session of so many bytes. What has to go is dropped after the lock is released: it frees a wasm instance.
    pub fn put(&self, no: InstanceNo, turns: u32, bytes: usize, session: S) {
        let mut table = self.lock();
        let before = table.remove(no);
        table.insert(no, turns, bytes, session);
        let mut surplus = Vec::new();
        while table.warm.len() > self.budget.count || table.bytes > self.budget.bytes {
            surplus.extend(table.remove_oldest());
        }
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
    fn insert(&mut self, no: InstanceNo, turns: u32, bytes: usize, session: S) {
        self.uses += 1;
        self.bytes += bytes;
        let last_use = self.uses;
        self.by_use.insert(last_use, no);
        self.warm.insert(no, Entry { session, turns, bytes, last_use });
    }

    fn remove(&mut self, no: InstanceNo) -> Option<Entry<S>> {
        let found = self.warm.remove(&no)?;
        self.by_use.remove(&found.last_use);
        self.bytes -= found.bytes;
        Some(found)
    }

    fn remove_oldest(&mut self) -> Option<Entry<S>> {
        let (_, &no) = self.by_use.first_key_value()?;
        self.remove(no)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Budget = Budget { count: 2, bytes: 100 };

    #[test]
    fn a_session_is_taken_once_and_only_where_it_stands() {
        let sessions = Sessions::new(TWO);
        sessions.put(InstanceNo(1), 3, 1, "one");
        assert_eq!(sessions.take(InstanceNo(1), 3), Some("one"));
        assert_eq!(sessions.take(InstanceNo(1), 3), None);
        sessions.put(InstanceNo(1), 3, 1, "one");
        assert_eq!(sessions.take(InstanceNo(1), 2), None, "a session elsewhere is of no use");
        assert_eq!(sessions.take(InstanceNo(1), 3), None, "and is not kept");
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let sessions = Sessions::new(TWO);
        for no in 1..=3 {
            sessions.put(InstanceNo(no), 1, 1, no);
        }
        assert_eq!(sessions.take(InstanceNo(1), 1), None);
        sessions.put(InstanceNo(2), 2, 1, 2);
        sessions.put(InstanceNo(4), 1, 1, 4);
        assert_eq!(sessions.take(InstanceNo(3), 1), None);
        sessions.forget(InstanceNo(4));
        assert_eq!((sessions.take(InstanceNo(2), 2), sessions.take(InstanceNo(4), 1)), (Some(2), None));
    }

    #[test]
    fn all_together_have_a_budget() {
        let check = |sizes: &[usize], expect: &[u64]| {
            let sessions = Sessions::new(Budget { count: 10, bytes: 100 });
            let all = || (1..).zip(sizes);
            all().for_each(|(no, &bytes)| sessions.put(InstanceNo(no), 1, bytes, no));
            let kept: Vec<_> = all().filter_map(|(no, _)| sessions.take(InstanceNo(no), 1)).collect();
            assert_eq!(kept, expect, "{sizes:?}");
        };
        check(&[50, 50], &[1, 2]);
        check(&[50, 50, 1], &[2, 3]);
        check(&[10, 20, 90], &[3]);
        check(&[10, 101], &[]);
    }
}
