//! A store in memory: what is committed survives, because nothing else is kept.
//!
//! It does not check what it is given; that is the checker's. Invariant: a batch changes all or nothing.

use std::collections::{BTreeMap, BTreeSet};

use kernel::codec::{Damage, DamageKind, Link, Row, SealedLetter, open_entity};
use kernel::entity::head_of;
use kernel::model::{BlobDigest, Head, InstanceId, InstanceNo, LetterNo, LogSeq};
use kernel::orchestration::restore;
use kernel::port::{
    Batch, CommitError, Key, Linked, Order, Page, Query, ReadError, Reader, Recovery, Referrer, Store, What,
};

/// All that is durable.
#[derive(Debug, Clone, Default)]
pub struct MemStore {
    chains: BTreeMap<InstanceNo, Chain>,
    ids: BTreeMap<InstanceId, InstanceNo>,
    letters: BTreeMap<LetterNo, SealedLetter>,
    refs: BTreeSet<(Referrer, BlobDigest)>,
    marks: BTreeSet<(String, u64)>,
    /// The numbers that come next: none is given twice, even if what had it is gone.
    next: Next,
    space: Space,
}

#[derive(Debug, Clone, Copy, Default)]
struct Next {
    no: u64,
    seq: u64,
    letter: u64,
}

/// An instance.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Its index entry.
    pub head: Head,
    /// Its history.
    pub rows: Vec<Row>,
    /// Whether the history is what was written.
    pub condition: Condition,
}

/// Whether something is what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It is.
    Sound,
    /// It is not.
    Damaged,
}

/// Whether there is space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Space {
    /// There is.
    #[default]
    Left,
    /// There is none.
    Full,
}

impl MemStore {
    /// Makes the space end or come back.
    pub fn set_space(&mut self, space: Space) {
        self.space = space;
    }

    /// Whether there is space.
    pub fn space(&self) -> Space {
        self.space
    }

    /// All instances.
    pub fn chains(&self) -> impl Iterator<Item = &Chain> {
        self.chains.values()
    }

    /// An instance by number.
    pub fn chain(&self, no: InstanceNo) -> Option<&Chain> {
        self.chains.get(&no)
    }

    /// An instance by name.
    pub fn find(&self, id: &InstanceId) -> Option<&Chain> {
        self.chains.get(self.ids.get(id)?)
    }

    /// Letters that were not taken.
    pub fn letters(&self) -> impl Iterator<Item = &SealedLetter> {
        self.letters.values()
    }

    /// The number that the next instance has at least.
    pub fn next_no(&self) -> InstanceNo {
        InstanceNo(self.next.no)
    }

    /// Whether there is nothing of any instance.
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty() && self.ids.is_empty() && self.letters.is_empty() && self.refs.is_empty()
    }

    /// Flips a bit of a letter, chosen by `chance`. Gives its number.
    pub fn damage_letter(&mut self, chance: usize) -> Option<LetterNo> {
        let count = self.letters.len().max(1);
        let (no, letter) = self.letters.iter_mut().nth(chance % count)?;
        let byte = chance / 7 % letter.body.len();
        letter.body[byte] ^= 1 << (chance % 8);
        Some(*no)
    }

    /// Flips a bit of a row of an instance, chosen by `chance`.
    pub fn damage(&mut self, no: InstanceNo, chance: usize) {
        let Some(chain) = self.chains.get_mut(&no) else { return };
        let row = chance % chain.rows.len();
        let body = &mut chain.rows[row].body;
        let byte = chance / 7 % body.len();
        body[byte] ^= 1 << (chance % 8);
        chain.condition = Condition::Damaged;
    }

    /// What a partition begins with, from the rows alone; the heads must be what the rows lead to.
    pub fn recover(&self) -> Result<Recovery, String> {
        let mut recovery = Recovery {
            next_no: self.next.no,
            next_seq: self.next.seq,
            next_letter: self.next.letter,
            letters: self.letters.values().cloned().collect(),
            ..Recovery::default()
        };
        for (no, chain) in &self.chains {
            let head = chain.restored(*no)?;
            if head.status.is_terminal() || head.id.is_entity() {
                continue;
            }
            if head.open_tasks > 0 {
                recovery.busy.push(*no);
            } else {
                recovery.wakes.extend(head.wake_at.map(|at| (at, *no)));
            }
        }
        Ok(recovery)
    }
}

impl Chain {
    fn restored(&self, no: InstanceNo) -> Result<Head, String> {
        if self.condition == Condition::Damaged {
            return Ok(self.head.clone());
        }
        if self.head.id.is_entity() {
            let [row] = &self.rows[..] else { return Err(format!("{} has {} rows", self.head.id, self.rows.len())) };
            let entity = open_entity(row).map_err(|damage| damage.to_string())?;
            let is_right = head_of(row, &entity) == self.head;
            return if is_right { Ok(self.head.clone()) } else { Err(format!("the head is {:?}", self.head)) };
        }
        let last = self.rows.last().ok_or_else(|| format!("instance {} has no rows", no.0))?;
        let last = Link { seq: last.seq, sum: last.sum };
        let restored = restore(no, last, &self.rows).map_err(|damage| damage.to_string())?;
        // That an attempt began after its wait is not recorded, so with open tasks the rows may name an earlier wake. It
        // is not used then: the instance is loaded, and its wake follows from its state.
        let wake_at = if self.head.open_tasks > 0 { self.head.wake_at } else { restored.head.wake_at };
        if (Head { wake_at, ..restored.head.clone() }) != self.head {
            return Err(format!("the rows give {:?} and the head is {:?}", restored.head, self.head));
        }
        Ok(restored.head)
    }
}

impl Store for MemStore {
    fn commit(&mut self, batch: &Batch) -> Result<(), CommitError> {
        if self.space == Space::Full {
            return Err(CommitError::Full("the simulation says so".to_owned()));
        }
        for dropped in &batch.drops {
            if let Some(chain) = self.chains.remove(&dropped.no) {
                self.ids.remove(&chain.head.id);
            }
            self.refs.retain(|(by, _)| *by != Referrer::Instance(dropped.no));
        }
        for trimmed in &batch.trims {
            if let Some(chain) = self.chains.get_mut(&trimmed.no) {
                chain.rows.retain(|row| row.seq > trimmed.last);
                if chain.rows.is_empty() {
                    chain.condition = Condition::Sound;
                }
            }
            self.refs.retain(|(by, _)| *by != Referrer::Instance(trimmed.no));
        }
        for letter in &batch.posts {
            self.letters.insert(letter.no, letter.clone());
            self.next.letter = self.next.letter.max(letter.no.0 + 1);
        }
        for no in &batch.takes {
            self.letters.remove(no);
            self.refs.retain(|(by, _)| *by != Referrer::Letter(*no));
        }
        self.refs.extend(batch.blobs.iter().map(|(by, blob)| (*by, blob.digest)));
        for mark in &batch.marks {
            self.marks.insert((mark.source.clone(), mark.seq));
            self.marks.retain(|(source, seq)| *source != mark.source || *seq >= mark.floor);
        }
        for (row, head) in batch.rows.iter().zip(&batch.heads) {
            self.ids.insert(head.id.clone(), head.no);
            self.next.no = self.next.no.max(head.no.0 + 1);
            self.next.seq = self.next.seq.max(row.seq.0 + 1);
            let new = || Chain { head: head.clone(), rows: Vec::new(), condition: Condition::Sound };
            let chain = self.chains.entry(row.no).or_insert_with(new);
            chain.rows.push(row.clone());
            chain.head = head.clone();
        }
        Ok(())
    }
}

impl Reader for MemStore {
    fn head(&self, key: &Key) -> Result<Option<Head>, ReadError> {
        let chain = match key {
            Key::Id(id) => self.find(id),
            Key::No(no) => self.chains.get(no),
        };
        Ok(chain.map(|chain| chain.head.clone()))
    }

    fn history(&self, no: InstanceNo, last: LogSeq) -> Result<Vec<Row>, ReadError> {
        let missing = Damage { no, seq: last, what: DamageKind::Missing };
        let chain = self.chains.get(&no).ok_or(ReadError::Damaged(missing))?;
        Ok(chain.rows.iter().filter(|row| row.seq <= last).cloned().collect())
    }

    fn row(&self, seq: LogSeq) -> Result<Option<Linked>, ReadError> {
        Ok(self.chains.values().find_map(|chain| {
            let at = chain.rows.iter().position(|row| row.seq == seq)?;
            let prev_sum = at.checked_sub(1).map(|before| chain.rows[before].sum);
            Some(Linked { row: chain.rows[at].clone(), prev_sum })
        }))
    }

    fn query(&self, query: &Query) -> Result<Page, ReadError> {
        let wanted = |head: &&Head| {
            head.id.is_entity() == (query.what == What::Entities)
                && query.prefix.as_ref().is_none_or(|prefix| head.id.as_str().starts_with(prefix))
                && (query.statuses.is_empty() || query.statuses.contains(&head.status))
                && query.created_from.is_none_or(|from| head.created >= from)
                && query.created_to.is_none_or(|to| head.created <= to)
                && query.updated_from.is_none_or(|from| head.updated >= from)
                && query.updated_to.is_none_or(|to| head.updated <= to)
        };
        let heads = self.chains.values().map(|chain| &chain.head).filter(wanted);
        let mut heads: Vec<Head> = match query.order {
            Order::OldestFirst => heads.filter(|head| query.after.is_none_or(|no| head.no > no)).cloned().collect(),
            Order::NewestFirst => {
                heads.rev().filter(|head| query.after.is_none_or(|no| head.no < no)).cloned().collect()
            }
        };
        let more = heads.len() > query.limit;
        heads.truncate(query.limit);
        let next = heads.last().filter(|_| more).map(|head| head.no);
        Ok(Page { heads, next })
    }

    fn is_referred_to(&self, blob: BlobDigest) -> Result<bool, ReadError> {
        Ok(self.refs.iter().any(|(_, digest)| *digest == blob))
    }

    fn is_marked(&self, source: &str, seq: u64) -> Result<bool, ReadError> {
        Ok(self.marks.contains(&(source.to_owned(), seq)))
    }

    fn last_mark(&self, source: &str) -> Result<Option<u64>, ReadError> {
        Ok(self.marks.iter().filter(|(of, _)| of == source).map(|(_, seq)| *seq).max())
    }
}
