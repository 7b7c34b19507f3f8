//! Where a partition is kept.

use crate::codec::{Damage, DamageKind, Row, SealedLetter, open_entity};
use crate::model::{BlobDigest, BlobRef, Entity, Head, InstanceId, InstanceNo, LetterNo, LogSeq, Status, Timestamp};

/// The one writer of a partition.
pub trait Store {
    /// Makes a batch durable, all of it or nothing.
    ///
    /// After `Ok` it survives a power loss, and every [`Reader`] sees it. Rows are appended in order; a head replaces the
    /// one with the same number; a trimmed instance loses rows, a dropped one its head as well. Dropping or taking what
    /// is not there does nothing.
    fn commit(&mut self, batch: &Batch) -> Result<(), CommitError>;
}

/// What one group commit holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// New rows, in order of their numbers.
    pub rows: Vec<Row>,
    /// The heads that these rows lead to, at most one for an instance.
    pub heads: Vec<Head>,
    /// Instances that go; another one of this batch may take over the id.
    pub drops: Vec<Dropped>,
    /// Rows that go while their instance stays, because its next execution begins with a row of this batch.
    pub trims: Vec<Dropped>,
    /// Letters that are posted.
    pub posts: Vec<SealedLetter>,
    /// Letters that are taken: they have had their effect, which is in this batch, or can have none.
    pub takes: Vec<LetterNo>,
    /// The blobs that these rows and letters refer to. What goes (drops, trims, takes) takes all of its references along,
    /// before these are added.
    pub blobs: Vec<(Referrer, BlobRef)>,
    /// What triggers have handled.
    pub marks: Vec<Mark>,
}

/// Who refers to a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Referrer {
    /// An instance, by any of its rows.
    Instance(InstanceNo),
    /// A letter.
    Letter(LetterNo),
}

/// The note that something from outside was handled, committed together with what it led to, so that it is known when
/// it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where it came from.
    pub source: String,
    /// Which one it was. Grows within a source, but need not be marked in order.
    pub seq: u64,
    /// Marks of the same source below this go: nothing so old comes again.
    pub floor: u64,
}

/// A chain of rows that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// Whose.
    pub no: InstanceNo,
    /// The newest of them.
    pub last: LogSeq,
}

/// Why a batch was not committed, by what the caller will do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// No space. Nothing changed; try again later.
    #[error("the storage is full: {0}")]
    Full(String),
    /// It is not known what was written. Forget everything and recover from the store.
    #[error("the outcome of a commit is unknown: {0}")]
    Lost(String),
}

/// Reads what is committed. Any number of them, on any thread.
pub trait Reader {
    /// The head of an instance.
    fn head(&self, key: &Key) -> Result<Option<Head>, ReadError>;

    /// The rows of an instance, first row first, up to and with `last`. The caller verifies them.
    fn history(&self, no: InstanceNo, last: LogSeq) -> Result<Vec<Row>, ReadError>;

    /// One row together with the sum of the row before it, which is needed to verify it.
    fn row(&self, seq: LogSeq) -> Result<Option<Linked>, ReadError>;

    /// The entity that a head is of, from its one row.
    fn entity(&self, head: &Head) -> Result<Entity, ReadError> {
        let missing = Damage { no: head.no, seq: head.last, what: DamageKind::Missing };
        let found = self.row(head.last)?.ok_or(missing)?;
        Ok(open_entity(&found.row)?)
    }

    /// One page of heads.
    fn query(&self, query: &Query) -> Result<Page, ReadError>;

    /// Whether anything that is committed refers to a blob.
    fn is_referred_to(&self, blob: BlobDigest) -> Result<bool, ReadError>;

    /// Whether there is a mark.
    fn is_marked(&self, source: &str, seq: u64) -> Result<bool, ReadError>;

    /// The highest mark of a source, if it has any.
    fn last_mark(&self, source: &str) -> Result<Option<u64>, ReadError>;
}

/// A row and what is needed to verify it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The row.
    pub row: Row,
    /// The sum of the row before it.
    pub prev_sum: Option<[u8; 16]>,
}

/// How an instance is looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// By the name that its callers use.
    Id(InstanceId),
    /// By its number.
    No(InstanceNo),
}

/// Which heads are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Orchestrations, or entities.
    pub what: What,
    /// Ids that begin with this.
    pub prefix: Option<String>,
    /// Only these; all if empty.
    pub statuses: Vec<Status>,
    /// Created at or after.
    pub created_from: Option<Timestamp>,
    /// Created at or before.
    pub created_to: Option<Timestamp>,
    /// Changed at or after.
    pub updated_from: Option<Timestamp>,
    /// Changed at or before.
    pub updated_to: Option<Timestamp>,
    /// How many at most.
    pub limit: usize,
    /// Where the page before ended: [`Page::next`].
    pub after: Option<InstanceNo>,
    /// By number, which is the order in which they were started.
    pub order: Order,
}

/// Which kind of instance a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum What {
    /// Orchestrations: ids without a leading `@`.
    #[default]
    Orchestrations,
    /// Entities: ids with one.
    Entities,
}

/// The direction of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The latest first.
    #[default]
    NewestFirst,
    /// The earliest first.
    OldestFirst,
}

/// A part of a query's answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The heads.
    pub heads: Vec<Head>,
    /// Where the next page begins, if there is one.
    pub next: Option<InstanceNo>,
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The stored bytes are wrong: hold the instance.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The store could not be asked: try again.
    #[error("the store could not be read: {0}")]
    Failed(String),
}

/// What a partition begins with after the host was down.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recovery {
    /// The number of the next instance.
    pub next_no: u64,
    /// The number of the next row.
    pub next_seq: u64,
    /// The number of the next letter.
    pub next_letter: u64,
    /// Unfinished instances with open tasks, which must run again.
    pub busy: Vec<InstanceNo>,
    /// When the others want to be woken.
    pub wakes: Vec<(Timestamp, InstanceNo)>,
    /// Letters that were posted and not taken, in order of their numbers.
    pub letters: Vec<SealedLetter>,
}

impl Batch {
    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        // Heads come with rows.
        self.rows.is_empty()
            && self.drops.is_empty()
            && self.trims.is_empty()
            && self.posts.is_empty()
            && self.takes.is_empty()
            && self.marks.is_empty()
    }
}
