//! A store in memory: what a scenario keeps of its instances, and nothing that outlives it.
//!
//! It keeps the rows of executions that are over as well, where a host deletes them, so that each can be played again.
//! Invariant: a batch changes all or nothing; here nothing can go wrong between the two.

use std::collections::BTreeMap;

use kernel::codec::{Damage, Link, Row, open_entity, open_history, seal_entity};
use kernel::entity::head_of;
use kernel::model::{Entity, Head, InstanceId, InstanceNo, LogSeq, Record};
use kernel::orchestration::{State, restore};
use kernel::partition::{Depth, Found};
use kernel::port::{Batch, Key, Recovery};

/// All that was committed.
#[derive(Debug, Default)]
pub struct Store {
    chains: BTreeMap<InstanceNo, Chain>,
    /// Executions after which another one took their place, in the order in which they ended.
    past: Vec<Chain>,
}

/// An execution.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The index entry of its instance.
    pub head: Head,
    rows: Vec<Row>,
}

impl Chain {
    /// Its history; empty if it is an entity's.
    pub fn records(&self) -> Result<Vec<Record>, Damage> {
        match self.rows.last() {
            Some(last) if !self.head.id.is_entity() => {
                open_history(last.no, Link { seq: last.seq, sum: last.sum }, &self.rows)
            }
            _ => Ok(Vec::new()),
        }
    }
}

impl Store {
    /// A store that has these entities already, and where a partition goes on from there.
    pub fn with(entities: impl IntoIterator<Item = Entity>) -> (Self, Recovery) {
        let mut store = Self::default();
        for (number, entity) in (0..).zip(entities) {
            let row = seal_entity(InstanceNo(number), LogSeq(number), &entity);
            store.chains.insert(row.no, Chain { head: head_of(&row, &entity), rows: vec![row] });
        }
        let next = store.chains.len() as u64;
        (store, Recovery { next_no: next, next_seq: next, ..Recovery::default() })
    }

    /// Takes a batch in.
    pub fn commit(&mut self, batch: &Batch) {
        let gone = batch.drops.iter().chain(&batch.trims).filter_map(|gone| self.chains.remove(&gone.no));
        self.past.extend(gone.filter(|chain| !chain.head.id.is_entity()));
        for (row, head) in batch.rows.iter().zip(&batch.heads) {
            let chain = self.chains.entry(row.no).or_insert_with(|| Chain { head: head.clone(), rows: Vec::new() });
            chain.rows.push(row.clone());
            chain.head = head.clone();
        }
    }

    /// An instance by name.
    pub fn find(&self, id: &InstanceId) -> Option<&Chain> {
        self.chains.values().find(|chain| chain.head.id == *id)
    }

    /// An entity by name.
    pub fn entity(&self, id: &InstanceId) -> Option<Entity> {
        self.find(id)?.rows.last().and_then(|row| open_entity(row).ok())
    }

    /// All executions, those that are over first.
    pub fn executions(&self) -> impl Iterator<Item = &Chain> {
        self.past.iter().chain(self.chains.values()).filter(|chain| !chain.head.id.is_entity())
    }

    /// The history of an instance up to a row.
    pub fn history(&self, no: InstanceNo, last: Link) -> Result<Vec<Record>, Damage> {
        let rows = self.chains.get(&no).map_or(&[][..], |chain| &chain.rows);
        let end = rows.partition_point(|row| row.seq <= last.seq);
        open_history(no, last, &rows[..end])
    }

    /// What a load finds.
    pub fn load(&self, key: &Key, depth: Depth) -> Found {
        let chain = match key {
            Key::Id(id) => self.find(id),
            Key::No(no) => self.chains.get(no),
        };
        let Some(Chain { head, rows }) = chain else { return Found::Nothing };
        let head = Box::new(head.clone());
        if head.id.is_entity() {
            return match rows.last().map(open_entity) {
                Some(Ok(entity)) => Found::Entity { head, entity: Box::new(entity) },
                Some(Err(damage)) => Found::Damaged { head, damage },
                None => Found::Nothing,
            };
        }
        if head.status.is_terminal() && depth == Depth::Status {
            let state = State::Ended(head.status);
            return Found::Instance { head, state };
        }
        match restore(head.no, Link { seq: head.last, sum: head.sum }, rows) {
            Ok(restored) => Found::Instance { head: Box::new(restored.head), state: restored.state },
            Err(damage) => Found::Damaged { head, damage },
        }
    }
}
