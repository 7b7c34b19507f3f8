//! A partition without decisions: it makes real records of made-up instances, commits them, and knows what a reader
//! has to answer.

use std::collections::BTreeMap;

use kernel::codec::{Link, Row, open_history, open_row, seal};
use kernel::model::*;
use kernel::orchestration::{State, extend_head, fold};
use kernel::port::{Batch, CommitError, Dropped, Key, Order, Page, Query, ReadError, Reader, Recovery, Store};

/// What was committed, by the name of the instance.
#[derive(Default)]
pub struct Model {
    pub live: BTreeMap<&'static str, Instance>,
    next_no: u64,
    next_seq: u64,
    /// Decided and not yet committed.
    batch: Batch,
}

#[derive(Clone)]
pub struct Instance {
    pub head: Head,
    state: State,
    pub rows: Vec<Row>,
}

/// One thing that happens to an instance.
#[derive(Debug, Clone, Copy)]
pub enum Did {
    Start,
    Schedule(u32),
    Finish(u32),
    Retry(u32, u64),
    Sleep(u32, u64),
    Fire(u32),
    Say(&'static str),
    Complete,
    Fail,
    Terminate,
}

pub use Did::*;

impl Model {
    pub fn new(recovery: &Recovery) -> Self {
        Self { next_no: recovery.next_no, next_seq: recovery.next_seq, ..Self::default() }
    }

    /// Goes on with the numbers that a store gives after it was opened again.
    pub fn renumber(&mut self, recovery: &Recovery) {
        (self.next_no, self.next_seq) = (recovery.next_no, recovery.next_seq);
    }

    /// Adds a row to the batch; a start drops the instance that has the name.
    pub fn add(&mut self, id: &'static str, did: &[Did]) -> &mut Self {
        let at = Timestamp(1_000 + self.next_seq);
        let mut events = vec![Event::TurnStarted];
        events.extend(did.iter().map(|did| event(id, *did)));
        if matches!(did[0], Start) {
            events.swap(0, 1);
            if let Some(old) = self.live.remove(id) {
                self.batch.drops.push(Dropped { no: old.head.no, last: old.head.last });
            }
        }
        let record = Record { at, events };
        let before = self.live.remove(id);
        let no = before.as_ref().map_or(InstanceNo(self.next_no), |instance| instance.head.no);
        self.next_no = self.next_no.max(no.0 + 1);
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
        let listed = pages(reader, &Query { limit: 3, order: Order::OldestFirst, ..Query::default() });
        assert_eq!(listed, self.heads());
    }

    /// All heads, by number.
    pub fn heads(&self) -> Vec<Head> {
        let mut heads: Vec<Head> = self.live.values().map(|instance| instance.head.clone()).collect();
        heads.sort_by_key(|head| head.no);
        heads
    }

    /// What a store has to recover.
    pub fn recovery(&self) -> Recovery {
        let mut recovery = Recovery { next_no: self.next_no, next_seq: self.next_seq, ..Recovery::default() };
        for head in self.heads().into_iter().filter(|head| !head.status.is_terminal()) {
            match head.wake_at {
                _ if head.open_tasks > 0 => recovery.busy.push(head.no),
                Some(at) => recovery.wakes.push((at, head.no)),
                None => {}
            }
        }
        recovery.wakes.sort();
        recovery
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

fn event(id: &str, did: Did) -> Event {
    let failure = || Failure::host(kind::TRAP, "no");
    match did {
        Start => Event::Started(Box::new(Started {
            id: InstanceId::parse(id).unwrap(),
            execution: Execution::FIRST,
            name: FunctionName::parse("orders.Ship").unwrap(),
            component: ComponentDigest::of(id.as_bytes()),
            version: None,
            parent: None,
            seed: 7,
            rules: 1,
            input: Payload::null(),
        })),
        Schedule(task) => Event::TaskScheduled {
            task: TaskId(task),
            name: FunctionName::parse("pack").unwrap(),
            input: Payload::null(),
            options: ActivityOptions::default(),
        },
        Finish(task) => Event::TaskCompleted { task: TaskId(task), output: Payload::null() },
        Retry(task, at) => {
            Event::TaskAttemptFailed { task: TaskId(task), attempt: 1, failure: failure(), retry_at: Timestamp(at) }
        }
        Sleep(id, at) => Event::TimerCreated { timer: TaskId(id), fire_at: Timestamp(at) },
        Fire(id) => Event::TimerFired { timer: TaskId(id) },
        Say(text) => Event::CustomStatusSet { value: Payload::parse(text.as_bytes()).unwrap() },
        Complete => Event::Completed { output: Payload::null() },
        Fail => Event::Failed { failure: failure() },
        Terminate => Event::Terminated { reason: Payload::null() },
    }
}
