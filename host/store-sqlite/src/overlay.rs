//! Heads that are newer than the index, in memory: committed with their rows, not yet written to their table.
//!
//! The writer alone changes it, after each commit and each flush; readers look here first and at the table second. It
//! does not know SQL.
//!
//! Invariants:
//! - A dirty entry knows the first row that its table does not reflect; the lowest of them bounds the watermark.
//! - An entry leaves only after the transaction that wrote it to its table is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kernel::codec::Damage;
use kernel::model::{Head, InstanceId, InstanceNo, LogSeq};
use kernel::port::{Batch, Key};

/// The overlay as the writer and the readers share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<RwLock<Overlay>>);

/// What is known of some instances beyond their table.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    entries: BTreeMap<InstanceNo, Entry>,
    ids: BTreeMap<InstanceId, InstanceNo>,
    /// The dirty ones by the first row that their table does not reflect. A damaged row may be that of two instances.
    dirty: BTreeSet<(LogSeq, InstanceNo)>,
}

#[derive(Debug)]
struct Entry {
    known: Known,
    /// The first row that the table does not reflect; `None` if it reflects them all.
    since: Option<LogSeq>,
}

/// What an entry says.
#[derive(Debug, Clone)]
pub(crate) enum Known {
    /// This is the head.
    Head(Head),
    /// The table is behind and the log is damaged: the instance cannot be used. Stays until the hub is opened again.
    Held {
        /// Its id, if that can still be told.
        id: Option<InstanceId>,
        /// What is wrong.
        damage: Damage,
        /// Its newest row.
        last: LogSeq,
    },
}

impl Shared {
    pub fn read(&self) -> RwLockReadGuard<'_, Overlay> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, Overlay> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Overlay {
    /// The head of an instance, if it is here; an error if the instance is held.
    pub fn get(&self, key: &Key) -> Option<Result<&Head, &Damage>> {
        let no = match key {
            Key::No(no) => no,
            Key::Id(id) => self.ids.get(id)?,
        };
        Some(match &self.entries.get(no)?.known {
            Known::Head(head) => Ok(head),
            Known::Held { damage, .. } => Err(damage),
        })
    }

    pub fn contains(&self, no: InstanceNo) -> bool {
        self.entries.contains_key(&no)
    }

    /// All instances that are here, in order; what their table says is out of date.
    pub fn numbers(&self) -> Vec<InstanceNo> {
        self.entries.keys().copied().collect()
    }

    /// The heads, in order of their numbers.
    pub fn heads(&self) -> impl DoubleEndedIterator<Item = &Head> {
        self.entries.values().filter_map(|entry| match &entry.known {
            Known::Head(head) => Some(head),
            Known::Held { .. } => None,
        })
    }

    /// How many entries are to be written.
    pub fn dirty_count(&self) -> usize {
        self.dirty.len()
    }

    /// The entries that wait longest to be written, and the first row that the others do not reflect.
    pub fn oldest(&self, limit: usize) -> (Vec<(InstanceNo, Known)>, Option<LogSeq>) {
        let mut dirty = self.dirty.iter();
        let picked = dirty.by_ref().take(limit).map(|(_, no)| (*no, self.entries[no].known.clone())).collect();
        (picked, dirty.next().map(|(since, _)| *since))
    }

    /// The first row that some table does not reflect.
    pub fn low(&self) -> Option<LogSeq> {
        self.dirty.first().map(|(since, _)| *since)
    }

    /// Takes over a batch that is durable.
    pub fn publish(&mut self, batch: &Batch) {
        for dropped in &batch.drops {
            self.remove(dropped.no);
        }
        let mut firsts = BTreeMap::new();
        for row in &batch.rows {
            firsts.entry(row.no).or_insert(row.seq);
        }
        for head in &batch.heads {
            let since = firsts.get(&head.no).copied().unwrap_or(head.last);
            self.put(Known::Head(head.clone()), head.no, since);
        }
    }

    /// Adds or replaces an entry; `since` counts unless an older row waits already.
    pub fn put(&mut self, known: Known, no: InstanceNo, since: LogSeq) {
        if let Some(id) = known.id()
            && self.ids.get(id) != Some(&no)
        {
            self.ids.insert(id.clone(), no);
        }
        let since = self.entries.get(&no).and_then(|entry| entry.since).unwrap_or(since);
        self.dirty.insert((since, no));
        self.entries.insert(no, Entry { known, since: Some(since) });
    }

    /// Notes that entries are in their table. Heads leave; a held instance stays known.
    pub fn written(&mut self, numbers: impl IntoIterator<Item = InstanceNo>) {
        for no in numbers {
            let Some(entry) = self.entries.get_mut(&no) else { continue };
            if let Some(since) = entry.since.take() {
                self.dirty.remove(&(since, no));
            }
            match entry.known {
                Known::Head(_) => self.remove(no),
                Known::Held { .. } => {}
            }
        }
    }

    fn remove(&mut self, no: InstanceNo) {
        let Some(entry) = self.entries.remove(&no) else { return };
        if let Some(since) = entry.since {
            self.dirty.remove(&(since, no));
        }
        if let Some(id) = entry.known.id()
            && self.ids.get(id) == Some(&no)
        {
            self.ids.remove(id);
        }
    }
}

impl Known {
    fn id(&self) -> Option<&InstanceId> {
        match self {
            Self::Head(head) => Some(&head.id),
            Self::Held { id, .. } => id.as_ref(),
        }
    }
}
