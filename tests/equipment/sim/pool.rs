//! The letters of one commit as far as entities are concerned: each that is posted has one cause, and each cause its letters.
//!
//! It knows how an operation, a lock and their answers follow from each other, and nothing of what entities remember.

use std::collections::{BTreeMap, BTreeSet};

use kernel::model::{
    Attempted, Caller, EntityEffect, EntityId, Failure, Holder, Hops, InstanceId, InstanceNo, Letter, LetterNo,
    LockSet, Operation, OperationDone, OperationName, Payload, Timestamp,
};

use super::blobs::Library;
use super::entity::Deed;
use super::ledger::Checked;
use super::marks::{Mark, Marks};

/// Who sends a letter to an entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    /// An orchestration.
    Orchestration(InstanceNo),
    /// An entity.
    Entity(EntityId),
    /// A client or a trigger: each of their letters is on its own.
    Client,
}

/// What an orchestration wants of entities.
#[derive(Debug, Clone, PartialEq)]
pub enum Dispatch {
    /// Run an operation and answer.
    Call {
        /// Which task it is.
        of: Attempted,
        /// The entity.
        to: EntityId,
        /// The operation.
        name: OperationName,
        /// Its input.
        input: Payload,
    },
    /// Run an operation.
    Signal {
        /// The entity.
        to: EntityId,
        /// The operation.
        name: OperationName,
        /// Its input.
        input: Payload,
        /// Not before this time.
        at: Option<Timestamp>,
    },
    /// Begin a critical section.
    Lock {
        /// Which.
        holder: Holder,
        /// Its entities.
        set: LockSet,
    },
    /// End one.
    Unlock {
        /// Which.
        holder: Holder,
        /// Its entities.
        set: LockSet,
        /// Whether all of them are told at once, or one after the other.
        hops: Hops,
    },
}

/// A letter that waits to be taken.
#[derive(Debug, Clone)]
pub struct Open {
    /// What it says.
    pub letter: Letter,
    /// The commit that it was posted with.
    pub commit: u64,
    /// Who sent it, if it is for an entity.
    pub sender: Sender,
}

/// A letter with an operation that is taken.
#[derive(Debug)]
pub struct Operated {
    /// Its number.
    pub no: LetterNo,
    /// Who sent it.
    pub sender: Sender,
    /// Who waits for the answer.
    pub caller: Option<Caller>,
    /// Whether it was to be run as soon as it came.
    pub is_timely: bool,
}

/// What is left of the letters that a commit posts.
#[derive(Debug)]
pub struct Rest {
    /// Those that have nothing to do with entities.
    pub letters: Vec<(LetterNo, Letter)>,
    /// Who sent the others.
    pub senders: BTreeMap<LetterNo, Sender>,
}

/// All letters of a commit.
#[derive(Debug, Default)]
pub struct Pool {
    taken: Vec<(LetterNo, Open)>,
    posted: Vec<(LetterNo, Letter)>,
    claimed: BTreeMap<LetterNo, Sender>,
    /// The last letter of each orchestration that was claimed.
    order: BTreeMap<InstanceNo, LetterNo>,
    operated: BTreeSet<LetterNo>,
    /// What entities start, by its seed.
    pub started: Vec<(InstanceId, u64)>,
}

impl Pool {
    /// The letters that a commit takes and posts.
    pub fn new(taken: Vec<(LetterNo, Open)>, posted: Vec<(LetterNo, Letter)>) -> Self {
        Self { taken, posted, ..Self::default() }
    }

    /// The entities that did what letters asked them to.
    pub fn operated(&self) -> Vec<EntityId> {
        let to = |(_, open): &(LetterNo, Open)| match &open.letter {
            Letter::Operate { to, .. } => Some(to.clone()),
            Letter::Lock { set, at, .. } | Letter::Unlock { set, at, .. } => set.entities().get(*at).cloned(),
            _ => None,
        };
        self.taken.iter().filter_map(to).collect()
    }

    /// A letter for an entity that is taken, with an operation that it was not said to have run.
    pub fn take_operate(&self, id: &EntityId) -> Option<&Letter> {
        let is_it = |(no, open): &&(LetterNo, Open)| {
            matches!(&open.letter, Letter::Operate { to, .. } if to == id) && !self.operated.contains(no)
        };
        self.taken.iter().find(is_it).map(|(_, open)| &open.letter)
    }

    /// The letter that brought an operation, if one did.
    pub fn take_operate_of(&mut self, id: &EntityId, token: &str, library: &Library) -> Option<Operated> {
        for (no, open) in &self.taken {
            if let Letter::Operate { to, operation, caller, due } = &open.letter
                && to == id
                && Deed::read(&operation.name, &library.read(&operation.input)).1 == token
                && self.operated.insert(*no)
            {
                return Some(Operated {
                    no: *no,
                    sender: open.sender.clone(),
                    caller: *caller,
                    is_timely: due.is_none(),
                });
            }
        }
        None
    }

    /// Whether a lock is asked for with this commit.
    pub fn is_locked(&self, id: &EntityId, holder: Holder) -> bool {
        self.taken.iter().any(|(_, open)| {
            matches!(&open.letter, Letter::Lock { set, at, holder: by } if set.entities().get(*at) == Some(id) && *by == holder)
        })
    }

    /// Whether a lock is released with this commit.
    pub fn is_unlocked(&self, id: &EntityId, holder: Holder) -> bool {
        self.taken.iter().any(|(_, open)| {
            matches!(&open.letter, Letter::Unlock { set, at, holder: by, .. } if set.entities().get(*at) == Some(id) && *by == holder)
        })
    }

    fn claim(&mut self, sender: &Sender, what: &str, is_it: impl Fn(&Letter) -> bool) -> Result<LetterNo, String> {
        let Self { posted, claimed, .. } = self;
        let free = posted.iter().find(|(no, letter)| !claimed.contains_key(no) && is_it(letter));
        let (no, _) = free.ok_or_else(|| format!("{what} is not sent by {sender:?}"))?;
        claimed.insert(*no, sender.clone());
        Ok(*no)
    }

    /// What comes of an operation leaves with it: its effects in order, and its answer.
    pub fn expect_of(
        &mut self,
        id: &EntityId,
        operation: &Operation,
        caller: Option<Caller>,
        result: Result<OperationDone, Failure>,
        library: &Library,
    ) -> Checked {
        let sender = Sender::Entity(id.clone());
        let mut last = None;
        for effect in result.iter().flat_map(|done| &done.effects) {
            let no = self.claim(&sender, "an effect", |letter| is_effect(letter, operation, effect))?;
            if last.replace(no).is_some_and(|last| last > no) {
                return Err("its effects leave in another order".to_owned());
            }
            if let Some((_, Letter::Start { id, seed, .. })) = self.posted.iter().find(|(posted, _)| *posted == no) {
                self.started.push((id.clone(), *seed));
            }
        }
        let Some(caller) = caller else { return Ok(()) };
        let expected = result.map(|done| library.inline(&done.output));
        self.claim(&sender, "an answer", |letter| is_answer(letter, caller.no, caller.of, &expected))?;
        Ok(())
    }

    /// Whether an effect of an operation leaves with this commit.
    pub fn is_posted(&self, operation: &Operation, effect: &EntityEffect) -> bool {
        self.posted.iter().any(|(_, letter)| is_effect(letter, operation, effect))
    }

    /// What comes of locks and releases of an entity leaves with them.
    pub fn expect_locks(&mut self, id: &EntityId, after: Option<Holder>, marks: &mut Marks) -> Checked {
        let sender = Sender::Entity(id.clone());
        let is_for = |set: &LockSet, at: usize| set.entities().get(at) == Some(id);
        let taken: Vec<_> = self.taken.iter().map(|(_, open)| open.letter.clone()).collect();
        for letter in &taken {
            match letter {
                Letter::Lock { set, at, holder } if is_for(set, *at) => {
                    let next = |letter: &Letter| follows_lock(letter, set, *at, *holder);
                    match self.claim(&sender, "a lock's next step", next) {
                        Ok(_) => marks.hit(Mark::LockGranted),
                        Err(_) if self.is_unlocked(id, *holder) && after != Some(*holder) => {
                            marks.hit(Mark::LockTakenBack);
                        }
                        Err(why) => return Err(why),
                    }
                }
                Letter::Unlock { set, at, holder, hops: Hops::Onward } if is_for(set, *at) => {
                    marks.hit(Mark::ReleasedBeforeGrant);
                    let next = |letter: &Letter| {
                        matches!(letter, Letter::Unlock { set: told, at: next, holder: by, hops: Hops::Onward }
                            if told == set && *next == at + 1 && by == holder)
                    };
                    let is_last = at + 1 == set.entities().len();
                    let found = self.claim(&sender, "an unlock's next step", next);
                    // Its request was taken back, and got no further.
                    let taken_back = self.is_locked(id, *holder);
                    if found.is_err() && !is_last && !taken_back {
                        return Err(format!("{holder:?} is released and the next entity is not told"));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What orchestrations want of entities leaves with their rows, in the order of their decisions.
    pub fn expect_dispatch(&mut self, no: InstanceNo, dispatch: &Dispatch) -> Checked {
        let sender = Sender::Orchestration(no);
        let claimed = match dispatch {
            Dispatch::Call { of, to, name, input } => self.claim(&sender, "a call", |letter| {
                let by = Caller { no, of: *of };
                is_operate(letter, to, name, input, None)
                    && matches!(letter, Letter::Operate { caller: Some(caller), .. } if *caller == by)
            })?,
            Dispatch::Signal { to, name, input, at } => self.claim(&sender, "a signal", |letter| {
                is_operate(letter, to, name, input, *at) && matches!(letter, Letter::Operate { caller: None, .. })
            })?,
            Dispatch::Lock { holder, set } => self.claim(&sender, "a lock", |letter| {
                matches!(letter, Letter::Lock { set: asked, at: 0, holder: by } if asked == set && by == holder)
            })?,
            Dispatch::Unlock { holder, set, hops } => {
                let count = if *hops == Hops::One { set.entities().len() } else { 1 };
                for at in 0..count {
                    self.claim(&sender, "a release", |letter| {
                        matches!(letter, Letter::Unlock { set: told, at: to, holder: by, hops: how }
                            if told == set && *to == at && by == holder && how == hops)
                    })?;
                }
                return Ok(());
            }
        };
        match self.order.insert(no, claimed) {
            Some(before) if before > claimed => Err(format!("#{} sends {dispatch:?} in another order", no.0)),
            Some(_) | None => Ok(()),
        }
    }

    /// What clients and triggers post.
    pub fn expect_clients(
        &mut self,
        library: &Library,
        is_asked: impl Fn(&EntityId, &str) -> bool,
        seeds: &BTreeSet<u64>,
    ) {
        for (no, letter) in &self.posted {
            if let Letter::Start { seed, .. } = letter
                && seeds.contains(seed)
            {
                self.claimed.entry(*no).or_insert(Sender::Client);
            }
            if let Letter::Operate { to, operation, caller: None, .. } = letter
                && is_asked(to, &Deed::read(&operation.name, &library.read(&operation.input)).1)
            {
                self.claimed.entry(*no).or_insert(Sender::Client);
            }
        }
    }

    /// What is left: the letters that have nothing to do with entities. What should have a cause and has none is an error.
    pub fn rest(self) -> Result<Rest, String> {
        let Self { posted, claimed, .. } = self;
        let is_of_entity = |letter: &Letter| match letter {
            Letter::Operate { .. } | Letter::Lock { .. } | Letter::Unlock { .. } => true,
            Letter::Start { spec, .. } => spec.parent.is_none(),
            Letter::Raise { .. } | Letter::TaskDone { .. } | Letter::Terminate { .. } => false,
        };
        let rest: Vec<_> = posted.into_iter().filter(|(no, _)| !claimed.contains_key(no)).collect();
        match rest.iter().find(|(_, letter)| is_of_entity(letter)) {
            Some((_, letter)) => Err(format!("{letter:?} is sent by nobody")),
            None => Ok(Rest { letters: rest, senders: claimed }),
        }
    }
}

fn is_effect(letter: &Letter, operation: &Operation, effect: &EntityEffect) -> bool {
    match effect {
        EntityEffect::Signal { to, name, input, at } => {
            is_operate(letter, to, name, input, *at) && matches!(letter, Letter::Operate { caller: None, .. })
        }
        EntityEffect::Start { instance, .. } => {
            let made = format!("{:016x}:0", operation.seed);
            let expected = instance.as_ref().map_or(made.as_str(), |id| id.as_str());
            matches!(letter, Letter::Start { id, spec, .. } if id.as_str() == expected && spec.parent.is_none())
        }
    }
}

fn is_operate(letter: &Letter, to: &EntityId, name: &OperationName, input: &Payload, at: Option<Timestamp>) -> bool {
    matches!(letter, Letter::Operate { to: told, operation, due, .. }
        if told == to && operation.name == *name && operation.input == *input && *due == at)
}

fn is_answer(letter: &Letter, no: InstanceNo, done: Attempted, expected: &Result<Payload, Failure>) -> bool {
    matches!(letter, Letter::TaskDone { to, of, outcome } if (*to, *of) == (no, done) && outcome == expected)
}

fn follows_lock(letter: &Letter, set: &LockSet, at: usize, holder: Holder) -> bool {
    match letter {
        Letter::Lock { set: asked, at: next, holder: by } => asked == set && *next == at + 1 && *by == holder,
        Letter::TaskDone { to, of, outcome } => {
            let granted = Attempted { execution: holder.execution, task: holder.task, attempt: 1 };
            at + 1 == set.entities().len() && (*to, *of) == (holder.no, granted) && outcome == &Ok(Payload::null())
        }
        _ => false,
    }
}

/// An operation, and which attempt of a call it is: a call that failed may be made again by a rewind.
pub fn attempt_of(token: &str, attempt: u32) -> String {
    format!("{token}/{attempt}")
}
