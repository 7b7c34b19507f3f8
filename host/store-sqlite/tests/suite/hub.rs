//! A partition without decisions: it makes real records of made-up instances, commits them, and knows what a reader
//! has to answer.

use std::collections::BTreeMap;

use kernel::codec::{Link, Row, SealedLetter, open_history, open_row, seal, seal_letter};
use kernel::model::*;
use kernel::orchestration::{State, extend_head, fold};
use kernel::port::{Batch, CommitError, Dropped, Key, Order, Page, Query, ReadError, Reader, Recovery, Store};

pub use crate::did::{Did, Did::*};
use crate::did::{event, started};

/// What was committed, by the name of the instance.
#[derive(Default)]
pub struct Model {
    pub live: BTreeMap<&'static str, Instance>,
    /// Letters that wait, by what they say.
    pub letters: BTreeMap<&'static str, SealedLetter>,
    /// Instances that went, and rows that did.
    gone: (Vec<InstanceNo>, Vec<LogSeq>),
    next_no: u64,
    next_seq: u64,
    next_letter: u64,
    /// Decided and not yet committed.
    batch: Batch,
}

#[derive(Clone)]
pub struct Instance {
    pub head: Head,
    state: State,
    pub rows: Vec<Row>,
}

impl Model {
    pub fn new(recovery: &Recovery) -> Self {
        let mut model = Self::default();
        model.renumber(recovery);
        model
    }

    /// Goes on with the numbers that a store gives after it was opened again.
    pub fn renumber(&mut self, recovery: &Recovery) {
        (self.next_no, self.next_seq) = (recovery.next_no, recovery.next_seq);
        self.next_letter = recovery.next_letter;
    }

    /// Adds a row to the batch; a start drops the instance that has the name.
    pub fn add(&mut self, id: &'static str, did: &[Did]) -> &mut Self {
        let at = self.now();
        let events = did.iter().map(|did| event(id, at, *did));
        let turn = Event::TurnStarted { takes: 0 };
        if !did[0].begins() {
            let before = self.live.remove(id).expect("it was started");
            return self.append(id, before.head.no, Some(before), [turn].into_iter().chain(events).collect());
        }
        if self.live.contains_key(id) {
            self.purge(id);
        }
        let no = InstanceNo(self.next_no);
        self.next_no += 1;
        let mut events: Vec<Event> = events.collect();
        if !matches!(did[0], StartAt(_)) {
            events.insert(1, turn);
        }
        self.append(id, no, None, events)
    }

    /// Begins the next execution: its first row takes the place of all others.
    pub fn renew(&mut self, id: &'static str, did: &[Did]) -> &mut Self {
        let at = self.now();
        let before = self.leave(id);
        self.batch.trims.push(Dropped { no: before.no, last: before.last });
        let begins = started(id, before.created, before.execution.next());
        let events = [begins, Event::TurnStarted { takes: 0 }].into_iter();
        self.append(id, before.no, None, events.chain(did.iter().map(|did| event(id, at, *did))).collect())
    }

    /// Drops an instance.
    pub fn purge(&mut self, id: &'static str) -> &mut Self {
        let before = self.leave(id);
        self.batch.drops.push(Dropped { no: before.no, last: before.last });
        self.batch.heads.retain(|other| other.no != before.no);
        self.gone.0.push(before.no);
        self
    }

    /// Posts a letter.
    pub fn post(&mut self, text: &'static str) -> &mut Self {
        let event = Raised { name: EventName::parse(text).unwrap(), input: Payload::null() };
        let letter = Letter::Raise { to: InstanceId::parse("a").unwrap(), event };
        let sealed = seal_letter(LetterNo(self.next_letter), &letter);
        self.next_letter += 1;
        self.batch.posts.push(sealed.clone());
        self.letters.insert(text, sealed);
        self
    }

    /// Takes a letter.
    pub fn take_letter(&mut self, text: &str) -> &mut Self {
        let taken = self.letters.remove(text).expect("it was posted");
        self.batch.takes.push(taken.no);
        self
    }

    fn now(&self) -> Timestamp {
        Timestamp(1_000 + self.next_seq)
    }

    fn leave(&mut self, id: &str) -> Head {
        let Instance { head, rows, .. } = self.live.remove(id).expect("it was started");
        self.gone.1.extend(rows.iter().map(|row| row.seq));
        head
    }

    fn append(&mut self, id: &'static str, no: InstanceNo, before: Option<Instance>, events: Vec<Event>) -> &mut Self {
        let at = self.now();
        let record = Record { at, events };
        let link = before.as_ref().map(|instance| Link { seq: instance.head.last, sum: instance.head.sum });
        let row = seal(no, LogSeq(self.next_seq), link, &record);
        self.next_seq += 1;
        let (head, state, mut rows) = match before {
            Some(Instance { head, state, rows }) => (Some(head), state, rows),
            None => (None, State::New, Vec::new()),
        };
        let state = record.events.iter().fold(state, |state, event| fold(state, at, event).expect("a legal history"));
        let head = extend_head(head, &row, &record, &state).expect("it begins with a start");
        rows.push(row.clone());
        self.batch.rows.push(row);
        self.batch.heads.retain(|other| other.no != no);
        self.batch.heads.push(head.clone());
        self.live.insert(id, Instance { head, state, rows });
        self
    }

    /// Commits what was added.
    pub fn commit(&mut self, store: &mut impl Store) -> Result<(), CommitError> {
        store.commit(&std::mem::take(&mut self.batch))
    }

    /// What was added, for a test that commits it by itself.
    pub fn take(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
    }

    /// Compares all that a reader says with what was committed.
    pub fn check(&self, reader: &impl Reader) {
        for (id, instance) in &self.live {
            let head = &instance.head;
            assert_eq!(reader.head(&Key::No(head.no)).unwrap().as_ref(), Some(head), "{id}");
            assert_eq!(reader.head(&Key::Id(head.id.clone())).unwrap().as_ref(), Some(head), "{id}");
            let rows = reader.history(head.no, head.last).unwrap();
            assert_eq!(rows, instance.rows, "{id}");
            open_history(head.no, Link { seq: head.last, sum: head.sum }, &rows).unwrap();
            for row in rows {
                let linked = reader.row(row.seq).unwrap().expect("the row is there");
                open_row(&linked.row, linked.prev_sum).unwrap();
                assert_eq!(linked.row, row, "{id}");
            }
        }
        for no in &self.gone.0 {
            assert_eq!(reader.head(&Key::No(*no)), Ok(None), "{no:?}");
        }
        for seq in &self.gone.1 {
            assert_eq!(reader.row(*seq), Ok(None), "{seq:?}");
        }
        let listed = pages(reader, &Query { limit: 3, order: Order::OldestFirst, ..Query::default() });
        assert_eq!(listed, self.heads());
    }

    /// All heads, by number.
    pub fn heads(&self) -> Vec<Head> {
        let mut heads: Vec<Head> = self.live.values().map(|instance| instance.head.clone()).collect();
        heads.sort_by_key(|head| head.no);
        heads
    }

    /// All letters that wait, by number.
    pub fn letters_in_order(&self) -> Vec<SealedLetter> {
        let mut letters: Vec<SealedLetter> = self.letters.values().cloned().collect();
        letters.sort_by_key(|letter| letter.no);
        letters
    }

    /// Compares what a store recovered with what was committed. It may leave numbers of letters out.
    pub fn check_recovery(&self, found: &Recovery) {
        let letters = self.letters_in_order();
        let (next_no, next_seq, next_letter) = (self.next_no, self.next_seq, found.next_letter);
        let mut expect = Recovery { next_no, next_seq, next_letter, letters, ..Recovery::default() };
        for head in self.heads().into_iter().filter(|head| !head.status.is_terminal()) {
            match head.wake_at {
                _ if head.open_tasks > 0 => expect.busy.push(head.no),
                Some(at) => expect.wakes.push((at, head.no)),
                None => {}
            }
        }
        expect.wakes.sort();
        assert_eq!(*found, expect);
        assert!(next_letter >= self.next_letter, "a number of a letter is given twice");
    }
}

/// What a reader says of an instance, as the partition would ask.
pub fn load(reader: &impl Reader, no: InstanceNo) -> Result<Option<Head>, ReadError> {
    let Some(head) = reader.head(&Key::No(no))? else { return Ok(None) };
    let rows = reader.history(no, head.last)?;
    open_history(no, Link { seq: head.last, sum: head.sum }, &rows)?;
    Ok(Some(head))
}

/// All pages of a query, one after the other.
pub fn pages(reader: &impl Reader, query: &Query) -> Vec<Head> {
    let mut query = query.clone();
    let mut all = Vec::new();
    loop {
        let Page { heads, next } = reader.query(&query).unwrap();
        assert!(heads.len() <= query.limit);
        all.extend(heads);
        query.after = next;
        if next.is_none() {
            return all;
        }
    }
}
