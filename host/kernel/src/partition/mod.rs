//! Many instances, one owner, one order of commits: a state machine without I/O.
//!
//! The driver feeds [`Input`]s to [`Partition::handle`], calls [`Partition::flush`] when it has no more of them at hand, and
//! carries the [`Effect`]s out in order. The partition owns which instances are in memory, which turn is running, what
//! waits for whom, and what the next commit holds. It does not know how a turn is played, where rows are kept or what time
//! it is.
//!
//! Invariants:
//! * An instance has at most one turn or commit under way; what arrives meanwhile waits and is one turn.
//! * An effect that lets something leave the host (a task, an answer) stands behind the commit that caused it.
//! * What one instance sends to another is a letter, posted in the commit of the one and taken in the commit of the other.
//! * All that was decided since the last commit is the next commit. There is no second way to change an instance.

mod append;
mod asker;
mod commits;
mod due;
mod effect;
mod ended;
mod entities;
mod hold;
mod input;
mod instances;
mod letters;
mod loads;
mod requests;
mod tasks;
mod turns;

use std::collections::BTreeMap;

pub use effect::{Depth, Effect, Pick, Progress, Reply, TaskRun, Work};
pub use input::{Applied, BatchNo, Found, Input, LoadNo, NewId, NewInstance, Op, Played, ReplyTo};

use crate::codec::open_letter;
use crate::limits::{DUE_LOADS_MAX_COUNT, IDLE_ENTITIES_MAX_COUNT, IDLE_INSTANCES_MAX_COUNT};
use crate::model::{ComponentDigest, FunctionName, InstanceNo, Letter, LetterNo, Timestamp};
use crate::port::{Key, Recovery};
use commits::{Commits, Storage};
use ended::Purging;
use entities::Entities;
use instances::Instances;
use loads::Loading;

/// How much a partition keeps in memory and does at once. The defaults are those of [`crate::limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// How many instances that wait for something are kept in memory, beside those with open tasks.
    pub idle_instances_max_count: usize,
    /// How many entities that nobody asks anything of are kept in memory.
    pub idle_entities_max_count: usize,
    /// How many instances may be loading because a timer of theirs is due. At least one.
    pub due_loads_max_count: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            idle_instances_max_count: IDLE_INSTANCES_MAX_COUNT,
            idle_entities_max_count: IDLE_ENTITIES_MAX_COUNT,
            due_loads_max_count: DUE_LOADS_MAX_COUNT,
        }
    }
}

/// The state of one partition.
#[derive(Debug)]
pub struct Partition {
    tuning: Tuning,
    next_no: u64,
    next_seq: u64,
    instances: Instances,
    entities: Entities,
    /// Signals whose time is yet to come.
    scheduled: BTreeMap<(Timestamp, LetterNo), Letter>,
    loading: BTreeMap<Key, Loading>,
    next_load: LoadNo,
    next_letter: u64,
    /// Letters that could not be delivered because the store could not be read, and when to try again.
    undelivered: Vec<(Timestamp, LetterNo, Letter)>,
    /// Instances that are about to be gone from the store.
    purging: BTreeMap<InstanceNo, Purging>,
    /// The components that serve functions, as far as they were told of.
    serving: BTreeMap<FunctionName, ComponentDigest>,
    commits: Commits,
    storage: Storage,
}

impl Partition {
    /// Goes on where the store says that the host before stopped.
    pub fn recover(recovery: Recovery, now: Timestamp, out: &mut Vec<Effect>) -> Self {
        Self::recover_with(Tuning::default(), recovery, now, out)
    }

    /// The same with other limits.
    pub fn recover_with(tuning: Tuning, recovery: Recovery, now: Timestamp, out: &mut Vec<Effect>) -> Self {
        let mut partition = Self {
            tuning,
            next_no: recovery.next_no,
            next_seq: recovery.next_seq,
            instances: Instances::default(),
            entities: Entities::default(),
            scheduled: BTreeMap::new(),
            loading: BTreeMap::new(),
            next_load: LoadNo(0),
            next_letter: recovery.next_letter,
            undelivered: Vec::new(),
            purging: BTreeMap::new(),
            serving: BTreeMap::new(),
            commits: Commits::default(),
            storage: Storage::Open,
        };
        for (at, no) in recovery.wakes {
            partition.instances.remember_wake(at, no);
        }
        for no in recovery.busy {
            // Loading an instance with open tasks runs them.
            partition.load(Key::No(no), None, out);
        }
        for sealed in recovery.letters {
            match open_letter(&sealed) {
                Ok(letter) => partition.deliver(now, sealed.no, letter, out),
                Err(why) => out.push(Effect::BadLetter(why)),
            }
        }
        partition.wake_due(now, out);
        partition
    }

    /// Takes in one thing that happened. `now` never goes back.
    pub fn handle(&mut self, now: Timestamp, input: Input, out: &mut Vec<Effect>) {
        match input {
            Input::Request { reply, op } => self.request(now, reply, op, out),
            Input::Left { id, reply } => self.leave(id, reply),
            Input::Loaded { key, load, found } => self.loaded(now, key, load, found, out),
            Input::Played { no, played } => self.played(now, no, played, out),
            Input::Applied { id, applied } => self.applied(now, &id, applied, out),
            Input::TaskDone { no, of, outcome } => self.task_done(now, no, of, outcome, out),
            Input::Committed(batch) => self.committed(now, batch, out),
            Input::Refused(batch) => self.refused(now, batch, out),
            Input::Deployed(functions) => self.deployed(now, functions, out),
            Input::Retry => self.retry(now, out),
            Input::Tick => {}
        }
        self.wake_due(now, out);
    }

    /// Begins a commit of all that was decided, unless one is under way. To be called when no input is at hand.
    pub fn flush(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        if self.storage.is_open(now)
            && let Some((no, batch)) = self.commits.begin()
        {
            out.push(Effect::Commit(no, batch));
        }
        self.instances.evict(self.tuning.idle_instances_max_count);
        self.entities.evict(self.tuning.idle_entities_max_count);
    }

    /// When [`Input::Tick`] is wanted, if nothing else comes in before.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let retry = self.storage.retry_at().filter(|_| self.commits.may_begin());
        let due = self.instances.next_wake().filter(|_| self.may_load_due());
        let letters = self.undelivered.iter().map(|(at, ..)| *at).min();
        let signals = self.scheduled.first_key_value().map(|((at, _), _)| *at);
        retry.into_iter().chain(due).chain(letters).chain(signals).min()
    }

    /// Whether nothing is under way or waiting for a commit.
    pub fn is_quiet(&self) -> bool {
        self.loading.is_empty()
            && self.undelivered.is_empty()
            && self.commits.is_empty()
            && self.instances.all_at_rest()
            && self.entities.all_at_rest()
    }

    /// Whether something is decided and not yet durable.
    pub fn is_committing(&self) -> bool {
        !self.commits.is_empty()
    }

    /// How many instances are in memory, entities among them.
    pub fn resident(&self) -> usize {
        self.instances.len() + self.entities.len()
    }

    /// Checks what must always hold; for tests.
    pub fn audit(&self) -> Result<(), String> {
        self.instances.audit(&self.commits)?;
        self.entities.audit()
    }
}
