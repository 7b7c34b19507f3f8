//! The ledgers of all instances that are durable.

use std::collections::BTreeMap;

use kernel::model::{InstanceId, InstanceNo, Parent};

use super::ledger::Ledger;

/// Every ledger, and whose it is.
#[derive(Debug, Default)]
pub struct Books {
    ledgers: BTreeMap<InstanceNo, Ledger>,
    ids: BTreeMap<InstanceId, InstanceNo>,
    /// The commit with which each of them began.
    born: BTreeMap<InstanceNo, u64>,
}

impl Books {
    /// The ledger of an instance.
    pub fn get(&self, no: InstanceNo) -> Option<&Ledger> {
        self.ledgers.get(&no)
    }

    /// The same, to write into.
    pub fn get_mut(&mut self, no: InstanceNo) -> Option<&mut Ledger> {
        self.ledgers.get_mut(&no)
    }

    /// The number of the instance that has an id.
    pub fn find(&self, id: &InstanceId) -> Option<InstanceNo> {
        self.ids.get(id).copied()
    }

    /// The instance that has an id, if it has not ended.
    pub fn alive(&self, id: &InstanceId) -> Option<&Ledger> {
        self.ledgers.get(self.ids.get(id)?).filter(|ledger| ledger.ended.is_none())
    }

    /// Whether the instance that has an id is this very child and has not ended.
    pub fn is_alive_child(&self, id: &InstanceId, parent: &Parent) -> bool {
        self.alive(id).is_some_and(|ledger| ledger.started.spec.parent.as_ref() == Some(parent))
    }

    /// Whether the instance that has an id began with a later commit than this.
    pub fn began_after(&self, id: &InstanceId, commit: u64) -> bool {
        self.find(id).and_then(|no| self.born.get(&no)).is_some_and(|born| *born > commit)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (InstanceNo, &Ledger)> {
        self.ledgers.iter().map(|(no, ledger)| (*no, ledger))
    }

    /// A new execution, of a new instance or of one that is known.
    pub fn open(&mut self, no: InstanceNo, ledger: Ledger, commit: u64) {
        self.ids.insert(ledger.started.id.clone(), no);
        self.born.entry(no).or_insert(commit);
        self.ledgers.insert(no, ledger);
    }

    /// An instance goes.
    pub fn close(&mut self, no: InstanceNo) -> Option<Ledger> {
        let ledger = self.ledgers.remove(&no)?;
        self.born.remove(&no);
        if self.ids.get(&ledger.started.id) == Some(&no) {
            self.ids.remove(&ledger.started.id);
        }
        Some(ledger)
    }
}
