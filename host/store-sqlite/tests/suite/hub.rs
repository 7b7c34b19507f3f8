//! A partition without decisions: it makes real records of made-up instances, commits them, and knows what a reader
//! has to answer.

use std::collections::BTreeMap;

use kernel::codec::{
    Damage, Link, Row, SealedLetter, open_entity, open_history, open_row, seal, seal_entity, seal_letter,
};
use kernel::entity::head_of;
use kernel::model::*;
use kernel::orchestration::{State, extend_head, fold};
use kernel::port::*;

use crate::beside::Beside;
pub use crate::did::{Did, Did::*};
use crate::did::{event, started};

/// What was committed, by the name of the instance.
#[derive(Default)]
pub struct Model {
    pub live: BTreeMap<&'static str, Instance>,
    /// Letters that wait, by what they say.
    pub letters: BTreeMap<&'static str, SealedLetter>,
    pub beside: Beside,
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
        let before = self.trim(id);
        let begins = started(id, before.created, before.execution.next());
        let events = [begins, Event::TurnStarted { takes: 0 }].into_iter();
        self.append(id, before.no, None, events.chain(did.iter().map(|did| event(id, at, *did))).collect())
    }

    /// Runs a batch of an entity, which leaves it with this state; the first one makes it.
    pub fn set(&mut self, id: &'static str, state: &str) -> &mut Self {
        let (no, created) = match self.live.get(id) {
            None => {
                self.next_no += 1;
                (InstanceNo(self.next_no - 1), self.now())
            }
            Some(before) => (before.head.no, before.head.created),
        };
        if self.live.contains_key(id) {
            self.trim(id);
        }
        let mut entity = Entity::new(EntityId::parse(id).unwrap(), created);
        entity.at = self.now();
        entity.state = Some(EntityState { data: Payload::parse(state.as_bytes()).unwrap(), version: 3 });
        let row = seal_entity(no, LogSeq(self.next_seq), &entity);
        self.next_seq += 1;
        let head = head_of(&row, &entity);
        self.push(id, Instance { head, state: State::New, rows: vec![row.clone()] }, row)
    }

    /// Drops an instance.
    pub fn purge(&mut self, id: &'static str) -> &mut Self {
        let before = self.leave(id);
        self.batch.drops.push(Dropped { no: before.no, last: before.last });
        self.batch.heads.retain(|other| other.no != before.no);
        self.gone.0.push(before.no);
        self
    }

    /// Lets an instance, or a letter, refer to the blob of a text.
    pub fn refer(&mut self, who: &str, text: &'static str) -> &mut Self {
        let referrer = match self.live.get(who) {
            Some(instance) => Referrer::Instance(instance.head.no),
            None => Referrer::Letter(self.letters[who].no),
        };
        self.beside.refer(&mut self.batch, referrer, text);
        self
    }

    /// Marks something as handled.
    pub fn mark(&mut self, source: &'static str, seq: u64, floor: u64) -> &mut Self {
        self.beside.mark(&mut self.batch, Mark { source: source.to_owned(), seq, floor });
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
        self.beside.leave(&mut self.batch, Referrer::Letter(taken.no));
        self.batch.takes.push(taken.no);
        self
    }

    fn now(&self) -> Timestamp {
        Timestamp(1_000 + self.next_seq)
    }

    fn leave(&mut self, id: &str) -> Head {
        let Instance { head, rows, .. } = self.live.remove(id).expect("it was started");
        self.gone.1.extend(rows.iter().map(|row| row.seq));
        self.beside.leave(&mut self.batch, Referrer::Instance(head.no));
        head
    }

    fn trim(&mut self, id: &str) -> Head {
        let before = self.leave(id);
        self.batch.trims.push(Dropped { no: before.no, last: before.last });
        before
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
        self.push(id, Instance { head, state, rows }, row)
    }

    fn push(&mut self, id: &'static str, instance: Instance, row: Row) -> &mut Self {
        self.batch.rows.push(row);
        self.batch.heads.retain(|other| other.no != instance.head.no);
        self.batch.heads.push(instance.head.clone());
        self.live.insert(id, instance);
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
            verify(head, &rows).unwrap();
            for row in rows {
                let linked = reader.row(row.seq).unwrap().expect("the row is there");
                assert_eq!(linked.row, row, "{id}");
                if !head.id.is_entity() {
                    open_row(&linked.row, linked.prev_sum).unwrap();
                }
            }
        }
        for no in &self.gone.0 {
            assert_eq!(reader.head(&Key::No(*no)), Ok(None), "{no:?}");
        }
        for seq in &self.gone.1 {
            assert_eq!(reader.row(*seq), Ok(None), "{seq:?}");
        }
        for what in [What::Orchestrations, What::Entities] {
            let listed = pages(reader, &Query { what, limit: 3, order: Order::OldestFirst, ..Query::default() });
            let mut expect = self.heads();
            expect.retain(|head| head.id.is_entity() == (what == What::Entities));
            assert_eq!(listed, expect);
        }
        self.beside.check(reader);
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
    verify(&head, &rows)?;
    Ok(Some(head))
}

fn verify(head: &Head, rows: &[Row]) -> Result<(), Damage> {
    match rows {
        [row] if head.id.is_entity() && (row.no, row.sum) == (head.no, head.sum) => open_entity(row).map(drop),
        rows => open_history(head.no, Link { seq: head.last, sum: head.sum }, rows).map(drop),
    }
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
