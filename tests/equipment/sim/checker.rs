//! What must hold whatever happens: of everything that is committed, carried out and at the end left behind.
//!
//! It sees what the world sees, batches and effects, and nothing of the partition's inside.

use std::collections::{BTreeMap, BTreeSet};

use kernel::codec::{Link, open_row};
use kernel::model::{Ended, Event, InstanceId, InstanceNo, TaskId, Timestamp};
use kernel::orchestration::{Held, State, replay, restore};
use kernel::partition::TaskRun;
use kernel::port::Batch;

use super::guest::Native;
use super::ledger::{Checked, Ledger, Noted, Recorded};
use super::marks::{Mark, Marks};
use super::model;
use super::program::{Home, Temper};
use super::store::{Chain, Condition, MemStore};

/// What the checker knows.
#[derive(Debug, Default)]
pub struct Checker {
    ledgers: BTreeMap<InstanceNo, Ledger>,
    /// Every attempt that ever began.
    began: BTreeSet<(InstanceNo, TaskId, u32)>,
    /// Every attempt that began in this life of the host.
    began_now: BTreeSet<(InstanceNo, TaskId, u32)>,
    playing: BTreeSet<InstanceNo>,
    held: BTreeMap<InstanceId, Held>,
    /// The starts that are durable or were, by their seeds, which are unique.
    durable: BTreeSet<u64>,
    /// Those whose callers know.
    acknowledged: BTreeSet<u64>,
    /// Those of whom a caller was told that they are not.
    refused: BTreeSet<u64>,
    terminated: BTreeSet<InstanceId>,
    /// Instances whose replay should have been refused.
    believed: BTreeSet<InstanceNo>,
    life: u32,
}

impl Checker {
    /// The durable history of an instance.
    pub fn ledger(&self, no: InstanceNo) -> Option<&Ledger> {
        self.ledgers.get(&no)
    }

    /// Why an instance is held, if it is.
    pub fn held(&self, id: &InstanceId) -> Option<&Held> {
        self.held.get(id)
    }

    /// The instances that are held.
    pub fn all_held(&self) -> impl Iterator<Item = (&InstanceId, &Held)> {
        self.held.iter()
    }

    /// Whether an instance plays a turn.
    pub fn is_playing(&self, no: InstanceNo) -> bool {
        self.playing.contains(&no)
    }

    /// The caller of a start knows that it is durable.
    pub fn acknowledge(&mut self, seed: u64) {
        self.acknowledged.insert(seed);
    }

    /// The caller of a start was told that it will never be.
    pub fn refuse(&mut self, seed: u64) {
        self.refused.insert(seed);
    }

    /// Somebody asked for the end of an instance.
    pub fn terminate(&mut self, id: InstanceId) {
        self.terminated.insert(id);
    }

    /// The host crashed: what was under way is not any more.
    pub fn crash(&mut self) {
        self.life += 1;
        self.playing.clear();
        self.began_now.clear();
        self.held.clear();
    }

    /// A turn begins.
    pub fn play(&mut self, no: InstanceNo) -> Checked {
        if self.playing.insert(no) { Ok(()) } else { Err(format!("#{} plays two turns at once", no.0)) }
    }

    /// A turn is over.
    pub fn played(&mut self, no: InstanceNo) {
        self.playing.remove(&no);
    }

    /// A history was replayed and nothing was found wrong with it.
    pub fn replayed(&mut self, native: &Native, no: InstanceNo) {
        let Some(ledger) = self.ledgers.get(&no) else { return };
        let fickle = native.program(&ledger.started.name).is_some_and(|program| program.temper == Temper::Fickle);
        if fickle && !ledger.tasks.is_empty() {
            self.believed.insert(no);
        }
    }

    /// An instance is held: there must be a reason.
    pub fn hold(&mut self, native: &Native, chain: &Chain, held: Held, marks: &mut Marks) -> Checked {
        let program = native.program(&chain.head.name).ok_or("an instance of no program is held")?;
        let (mark, just) = match &held {
            Held::Diverged(_) => (Mark::HeldDiverged, program.temper == Temper::Fickle),
            Held::Damaged(_) => (Mark::HeldDamaged, chain.condition == Condition::Damaged),
            Held::Unavailable(why) => {
                (Mark::HeldUnavailable, program.home == Home::Shaky || why.contains("could not be read"))
            }
        };
        marks.hit(mark);
        let id = chain.head.id.clone();
        if !just {
            return Err(format!("{id} is held without reason: {held}"));
        }
        self.held.insert(id, held);
        Ok(())
    }

    /// An instance is not held any more.
    pub fn release(&mut self, id: &InstanceId) {
        self.held.remove(id);
    }

    /// An attempt begins: what caused it must be durable, and it must be needed.
    pub fn run(&mut self, run: &TaskRun, now: Timestamp, marks: &mut Marks) -> Checked {
        let fail = |what: &str| Err(format!("#{} task {} attempt {}: {what}", run.no.0, run.task.0, run.attempt));
        let Some(ledger) = self.ledgers.get(&run.no) else { return fail("it runs before its start is durable") };
        let Some(task) = ledger.tasks.get(&run.task) else { return fail("it runs before it is durable") };
        if ledger.ended.is_some() || task.result == Recorded::Yes {
            return fail("it runs although its result is recorded or not wanted");
        }
        if task.attempt != run.attempt || task.input != run.input {
            return fail("it is not the attempt that history asks for");
        }
        if run.attempt > 1 {
            if now < task.not_before {
                return fail("it runs before its time");
            }
            marks.hit(Mark::RetryFired);
            if task.failed_in != Some(self.life) {
                marks.hit(Mark::RetryFiredAfterCrash);
            }
        }
        let attempt = (run.no, run.task, run.attempt);
        if !self.began_now.insert(attempt) {
            return fail("it runs twice");
        }
        if !self.began.insert(attempt) {
            marks.hit(Mark::RecoveredWithOpenTasks);
        }
        Ok(())
    }

    /// A batch is about to become durable.
    pub fn batch(&mut self, store: &MemStore, batch: &Batch, marks: &mut Marks) -> Checked {
        if batch.rows.len() != batch.heads.len() || batch.rows.is_empty() {
            return Err(format!("{} rows and {} heads", batch.rows.len(), batch.heads.len()));
        }
        let newest = store.chains().filter_map(|chain| chain.rows.last()).map(|row| row.seq).max();
        let seqs: Vec<_> = newest.into_iter().chain(batch.rows.iter().map(|row| row.seq)).collect();
        if !seqs.is_sorted_by(|left, right| left < right) {
            return Err("the log does not grow".to_owned());
        }
        for dropped in &batch.drops {
            let ledger = self.ledgers.remove(&dropped.no).ok_or("an instance is dropped that is not durable")?;
            let taken_over = batch.heads.iter().any(|head| head.id == ledger.started.id);
            if ledger.ended.is_none() || !taken_over {
                return Err(format!("{} is dropped", ledger.started.id));
            }
            marks.hit(Mark::IdReplaced);
        }
        if batch.rows.len() > 1 {
            marks.hit(Mark::GroupCommit);
        }
        for (row, head) in batch.rows.iter().zip(&batch.heads) {
            let owner = store.find(&head.id).map(|chain| chain.head.no).filter(|no| self.ledgers.contains_key(no));
            if owner.is_some_and(|no| no != row.no) || head.no != row.no {
                return Err(format!("{} belongs to two", head.id));
            }
            if self.held.contains_key(&head.id) {
                return Err(format!("{} is held and goes on", head.id));
            }
            self.row(store, row, marks).map_err(|what| format!("{} (#{}): {what}", head.id, row.no.0))?;
        }
        Ok(())
    }

    fn row(&mut self, store: &MemStore, row: &kernel::codec::Row, marks: &mut Marks) -> Checked {
        let before = store.chain(row.no).and_then(|chain| chain.rows.last());
        if row.prev != before.map(|row| row.seq) {
            return Err("a row does not follow the one before it".to_owned());
        }
        let record = open_row(row, before.map(|row| row.sum)).map_err(|damage| damage.to_string())?;
        let Some(ledger) = self.ledgers.get_mut(&row.no) else {
            let ledger = Ledger::begin(&record, self.life)?;
            if !self.durable.insert(ledger.started.seed) {
                return Err("it was started twice".to_owned());
            }
            self.ledgers.insert(row.no, ledger);
            return Ok(());
        };
        for event in &record.events {
            if let Event::TaskCompleted { task, .. } | Event::TaskFailed { task, .. } = event
                && let Some(open) = ledger.tasks.get(task)
                && !self.began.contains(&(row.no, *task, open.attempt))
            {
                return Err(format!("task {} has a result and never ran", task.0));
            }
        }
        for noted in ledger.record(&record, self.life)? {
            match noted {
                Noted::OldTimerFired => marks.hit(Mark::TimerFiredAfterCrash),
            }
        }
        Ok(())
    }

    /// What was promised to callers is kept.
    pub fn promises(&self, store: &MemStore) -> Checked {
        if let Some(seed) = self.acknowledged.difference(&self.durable).next() {
            return Err(format!("the start with seed {seed} was acknowledged and is not durable"));
        }
        if let Some(seed) = self.refused.intersection(&self.durable).next() {
            return Err(format!("the start with seed {seed} was refused and is durable"));
        }
        if let Some(no) = self.believed.first() {
            return Err(format!("#{} decided otherwise when it was replayed, and was believed", no.0));
        }
        match self.ledgers.keys().find(|no| store.chain(**no).is_none()) {
            Some(no) => Err(format!("#{} is lost", no.0)),
            None => Ok(()),
        }
    }

    /// Everything came to its end, to one that the program allows, and every history can be read and played again.
    pub fn finish(&self, store: &MemStore, native: &Native) -> Checked {
        self.promises(store)?;
        for (no, ledger) in &self.ledgers {
            let id = &ledger.started.id;
            let chain = store.chain(*no).ok_or_else(|| format!("{id} is lost"))?;
            let ended = ledger.ended.as_ref().ok_or_else(|| format!("{id} (#{}) is stuck", no.0))?;
            self.outcome(native, ledger, chain, ended)?;
            if chain.condition == Condition::Sound {
                prefixes(native, chain).map_err(|what| format!("{id}: {what}"))?;
            }
        }
        Ok(())
    }

    fn outcome(&self, native: &Native, ledger: &Ledger, chain: &Chain, ended: &Ended) -> Checked {
        let id = &ledger.started.id;
        if chain.head.status != ended.status() {
            return Err(format!("{id} is {:?} by its head and {ended:?} by its history", chain.head.status));
        }
        if matches!(ended, Ended::Terminated(_)) {
            let asked = self.terminated.contains(id);
            return if asked { Ok(()) } else { Err(format!("{id} was terminated and nobody asked for it")) };
        }
        let program = native.program(&ledger.started.name).ok_or("an instance has no program")?;
        let allowed = model::outcomes(program, ledger.started.seed);
        let status = chain.head.custom_status.as_ref().map(|value| value.as_str().to_owned());
        let fits = |outcome: &model::Outcome| {
            let expected = outcome.custom_status.map(|value| value.map(|value| value.to_string()));
            outcome.end.is(ended) && expected.is_none_or(|expected| expected == status)
        };
        if allowed.iter().any(fits) {
            return Ok(());
        }
        Err(format!("{id} ended with {ended:?} and {status:?}; allowed is {allowed:?}"))
    }
}

/// Every prefix of a history is a history, and until the end the program plays it.
fn prefixes(native: &Native, chain: &Chain) -> Checked {
    for count in 1..=chain.rows.len() {
        let rows = &chain.rows[..count];
        let last = rows.last().expect("count is at least one");
        let restored = restore(last.no, Link { seq: last.seq, sum: last.sum }, rows)
            .map_err(|damage| format!("its first {count} rows cannot be restored: {damage}"))?;
        let steady = native.program(&restored.head.name).is_some_and(|program| program.temper == Temper::Steady);
        if matches!(restored.state, State::Live(_)) && steady {
            replay(native, &restored.records).map_err(|held| format!("after {count} rows: {held}"))?;
        }
    }
    Ok(())
}
