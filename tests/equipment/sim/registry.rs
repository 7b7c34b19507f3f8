//! What must hold of entities: every operation takes effect once, in order and with nobody in between, and what it led to
//! leaves with it.
//!
//! It sees what batches were given and came to, and what is committed. Invariant: [`Registry::known`] is what is durable.

mod promises;
mod ran;

use std::collections::{BTreeMap, BTreeSet};

use kernel::model::{
    BatchOperation, Entity, EntityBatch, EntityId, EntityState, Failure, Holder, LetterNo, Operation, OperationDone,
};
use kernel::partition::Applied;

use super::blobs::Library;
use super::entity::{self, Deed, number_of};
use super::ledger::Checked;
use super::linear::History;
use super::marks::{Mark, Marks};
use super::pool::{Pool, Sender, attempt_of};
use ran::{Ran, What};

/// What is known of all entities.
#[derive(Debug, Default)]
pub struct Registry {
    library: Library,
    /// What was seen of entities from outside.
    pub history: History,
    known: BTreeMap<EntityId, Known>,
    /// Batches that were run and are not durable.
    ran: BTreeMap<EntityId, Ran>,
    given: BTreeMap<EntityId, EntityBatch>,
    /// Every operation that was run and is durable, and whether it succeeded.
    done: BTreeMap<String, Success>,
    /// The operations that clients and triggers asked for, and of whom.
    direct: BTreeMap<String, EntityId>,
    /// The operations that have or had a letter.
    posted: BTreeSet<String>,
    /// Operations of which a client was told that they will never be run.
    refused: BTreeSet<String>,
    /// Operations of which a client was told that they were run or will be.
    promised: BTreeSet<String>,
    /// The last letter of each sender that each entity did as it was told.
    order: BTreeMap<(Sender, EntityId), LetterNo>,
    /// The last operation of each conversation that an entity ran.
    spoken: BTreeMap<(String, EntityId), u64>,
    /// Purges that were asked for and not answered.
    wiping: BTreeMap<EntityId, u32>,
    /// Entities whose lock an operator may have broken.
    forced: BTreeSet<EntityId>,
    /// Locks that an operator released, because nobody was alive who held them.
    freed: BTreeSet<(EntityId, Holder)>,
    /// Entities that were there once and are gone.
    gone: BTreeSet<EntityId>,
}

/// An entity as it is durable.
#[derive(Debug, Clone, Default)]
pub struct Known {
    state: Option<EntityState>,
    /// Whose it is, if it is locked.
    pub lock: Option<Holder>,
}

/// Whether an operation succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Success {
    Yes,
    No,
}

/// What a batch of the store does to one entity.
#[derive(Debug, Default)]
pub struct Touched {
    /// Its new row, opened.
    pub row: Option<Entity>,
    /// Whether its row of before goes and none comes.
    pub is_dropped: bool,
    /// Whether anything else shows that its batch is durable.
    is_run: bool,
}

impl Registry {
    /// Nothing is known yet but what is in the library.
    pub fn new(library: Library) -> Self {
        Self { library, ..Self::default() }
    }

    /// The critical section that an entity is locked for.
    pub fn lock(&self, id: &EntityId) -> Option<Holder> {
        self.known.get(id)?.lock
    }

    /// All locks.
    pub fn locks(&self) -> impl Iterator<Item = (&EntityId, Holder)> {
        self.known.iter().filter_map(|(id, known)| Some((id, known.lock?)))
    }

    /// The number that is durable of each entity.
    pub fn numbers(&self) -> impl Iterator<Item = (&EntityId, i64)> {
        self.known.iter().filter_map(|(id, known)| Some((id, number_of(&self.library, known.state.as_ref())?)))
    }

    /// Whether an operator may have broken a lock of an entity.
    pub fn is_forced(&self, id: &EntityId) -> bool {
        self.forced.contains(id)
    }

    /// Whether an operator may have broken any lock: executions may wait for each other then.
    pub fn is_any_forced(&self) -> bool {
        !self.forced.is_empty()
    }

    fn is_released(&self, id: &EntityId, holder: Holder, pool: &Pool) -> bool {
        self.forced.contains(id) || self.freed.contains(&(id.clone(), holder)) || pool.is_unlocked(id, holder)
    }

    /// The host crashed: what was run is not, unless it is durable.
    pub fn crash(&mut self) {
        self.ran.clear();
        self.given.clear();
        self.wiping.clear();
    }

    /// A batch begins: it must be given what is durable.
    pub fn apply(&mut self, batch: &EntityBatch, marks: &mut Marks) -> Checked {
        let id = &batch.id;
        self.settle(id);
        if self.ran.contains_key(id) || self.given.insert(id.clone(), batch.clone()).is_some() {
            return Err(format!("{id} runs two batches at once"));
        }
        let known = self.known.get(id).and_then(|known| known.state.clone());
        if batch.state != known && !(batch.state.is_none() && self.is_wiping(id)) {
            return Err(format!("{id} is given {:?} and has {known:?}", batch.state));
        }
        if batch.operations.len() > 1 {
            marks.hit(Mark::ManyOperationsOneBatch);
        }
        Ok(())
    }

    /// A batch is over.
    pub fn applied(&mut self, id: &EntityId, applied: &Applied) -> Checked {
        let batch = self.given.remove(id).ok_or_else(|| format!("{id} ran what it was not given"))?;
        let what = match applied {
            Applied::Held(_) => return Ok(()),
            Applied::Ran { component, outcome } => What::Outcome(*component, outcome.clone()),
            Applied::NoFunction(failure) => What::Nobody(failure.clone()),
        };
        self.ran.insert(id.clone(), Ran { batch, what });
        Ok(())
    }

    /// What comes to nothing on an entity that has nothing leaves no trace in the store if no letter brought it.
    fn settle(&mut self, id: &EntityId) {
        let is_nothing = |ran: &Ran| (ran.state().is_none() || self.is_wiping(id)) && !self.known.contains_key(id);
        let is_direct = |asked: &BatchOperation| !self.posted.contains(&self.token(&asked.operation));
        if let Some(ran) = self.ran.get(id)
            && is_nothing(ran)
            && ran.batch.operations.iter().all(is_direct)
            && ran.effects().next().is_none()
        {
            let ran = self.ran.remove(id).expect("it was just there");
            for at in 0..ran.batch.operations.len() {
                let token = self.token(&ran.batch.operations[at].operation);
                self.done.insert(attempt_of(&token, 1), ran.success(at));
            }
        }
    }

    fn token(&self, operation: &Operation) -> String {
        Deed::read(&operation.name, &self.library.read(&operation.input)).1
    }

    /// What a batch of the store does to entities. The pool knows which letters are taken and which are posted.
    pub fn batch(&mut self, touched: BTreeMap<EntityId, Touched>, pool: &mut Pool, marks: &mut Marks) -> Checked {
        let mut touched = touched;
        for id in pool.operated() {
            touched.entry(id).or_default();
        }
        for (id, ran) in &self.ran {
            if ran.effects().any(|(operation, effect)| pool.is_posted(operation, &effect)) {
                touched.entry(id.clone()).or_default().is_run = true;
            }
        }
        for (id, touched) in touched {
            self.entity(&id, touched, pool, marks).map_err(|what| format!("{id}: {what}"))?;
        }
        Ok(())
    }

    fn entity(&mut self, id: &EntityId, touched: Touched, pool: &mut Pool, marks: &mut Marks) -> Checked {
        let before = self.known.get(id).cloned().unwrap_or_default();
        if touched.row.is_none() && !touched.is_dropped && !touched.is_run && pool.take_operate(id).is_none() {
            // A request for a lock was taken back, or granted and released at once: nothing is left of either.
            return pool.expect_locks(id, before.lock, marks);
        }
        let ran = self.ran.remove(id);
        let mut expected = before.state.clone();
        if let Some(ran) = &ran {
            self.operations(id, ran, before.lock, pool, marks)?;
            expected = ran.state();
        }
        if let Some(asked) = pool.take_operate(id) {
            return Err(format!("{asked:?} is taken and was not run"));
        }
        let row = touched.row.as_ref();
        let (state, lock) = (row.and_then(|row| row.state.clone()), row.and_then(|row| row.lock));
        if row.is_none() && !touched.is_dropped && self.known.contains_key(id) {
            return Err("it was changed and has no new row".to_owned());
        }
        if state != expected && !(state.is_none() && self.is_wiping(id)) {
            return Err(format!("it has {state:?} and should have {expected:?}"));
        }
        if let (Some(Ran { what: What::Outcome(component, _), .. }), Some(row)) = (&ran, row)
            && row.component != Some(*component)
        {
            return Err(format!("{component:?} ran it and its row says {:?}", row.component));
        }
        self.locked(id, (before.lock, lock), ran.is_some(), pool, marks)?;
        if state.is_none() && lock.is_none() {
            if touched.row.is_some() {
                return Err("it has nothing and is kept".to_owned());
            }
            if self.known.remove(id).is_some() {
                self.gone.insert(id.clone());
            }
        } else {
            if !self.known.contains_key(id) && self.gone.remove(id) {
                marks.hit(Mark::EntityReborn);
            }
            self.known.insert(id.clone(), Known { state, lock });
        }
        Ok(())
    }

    /// Each operation of a batch was asked for, is run once, in order, and by whom the lock lets.
    fn operations(
        &mut self,
        id: &EntityId,
        ran: &Ran,
        lock: Option<Holder>,
        pool: &mut Pool,
        marks: &mut Marks,
    ) -> Checked {
        let unlocked = lock.is_none_or(|lock| self.is_released(id, lock, pool));
        let mut number = number_of(&self.library, ran.batch.state.as_ref());
        for (at, asked) in ran.batch.operations.iter().enumerate() {
            let (deed, token) = Deed::read(&asked.operation.name, &self.library.read(&asked.operation.input));
            let letter = pool.take_operate_of(id, &token, &self.library);
            let caller = letter.as_ref().and_then(|letter| letter.caller);
            let by_holder = |lock: Holder| {
                caller.is_some_and(|caller| (caller.no, caller.of.execution) == (lock.no, lock.execution))
            };
            if !unlocked && !lock.is_some_and(by_holder) {
                return Err(format!("{token} is run while it is locked by {lock:?}"));
            }
            match &letter {
                Some(letter) if letter.is_timely => {
                    self.in_order(id, &letter.sender, letter.no)?;
                }
                Some(_) => marks.hit(Mark::SignalDue),
                None if self.direct.get(&token) == Some(id) => {}
                None => return Err(format!("{token} is run and nobody asked for it")),
            }
            self.in_conversation(id, &token)?;
            let of = caller.map_or(1, |caller| caller.of.attempt);
            if self.done.insert(attempt_of(&token, of), ran.success(at)).is_some() {
                return Err(format!("{token} is run twice"));
            }
            if let What::Outcome(_, outcome) = &ran.what {
                self.result(&deed, &mut number, outcome.results.get(at))?;
            }
            pool.expect_of(id, &asked.operation, caller, ran.result(at), &self.library)?;
        }
        Ok(())
    }

    fn result(
        &self,
        deed: &Deed,
        number: &mut Option<i64>,
        result: Option<&Result<OperationDone, Failure>>,
    ) -> Checked {
        match (deed.on(*number), result) {
            (None, Some(Err(failure))) if *failure == entity::failure() => Ok(()),
            (Some((after, output)), Some(Ok(done))) if self.library.read(&done.output) == output.to_string() => {
                *number = after;
                Ok(())
            }
            (expected, found) => Err(format!("{deed:?} on {number:?} gave {found:?} and not {expected:?}")),
        }
    }

    fn in_order(&mut self, id: &EntityId, sender: &Sender, no: LetterNo) -> Checked {
        if *sender == Sender::Client {
            return Ok(());
        }
        match self.order.insert((sender.clone(), id.clone()), no) {
            Some(before) if before > no => Err(format!("letter {} of {sender:?} comes after {}", no.0, before.0)),
            Some(_) | None => Ok(()),
        }
    }

    /// A lock changes hands only as letters, and operators, say.
    fn locked(
        &mut self,
        id: &EntityId,
        (before, after): (Option<Holder>, Option<Holder>),
        has_run: bool,
        pool: &mut Pool,
        marks: &mut Marks,
    ) -> Checked {
        if let Some(before) = before
            && after != Some(before)
            && !self.is_released(id, before, pool)
        {
            return Err(format!("the lock of {before:?} is gone and nobody released it"));
        }
        if let Some(after) = after
            && before != Some(after)
        {
            if !pool.is_locked(id, after) {
                return Err(format!("{after:?} has it and did not ask for it"));
            }
            if before.is_some() {
                marks.hit(Mark::LockHandedOn);
            }
            if has_run {
                marks.hit(Mark::LockBehindBatch);
            }
        }
        pool.expect_locks(id, after, marks)
    }

    /// A critical section begins: its entities are locked for it.
    pub fn granted(&self, holder: Holder, set: &[EntityId]) -> Checked {
        match set.iter().find(|id| self.lock(id) != Some(holder) && !self.is_forced(id)) {
            Some(id) => Err(format!("{holder:?} was granted {id}, which {:?} has", self.lock(id))),
            None => Ok(()),
        }
    }
}
