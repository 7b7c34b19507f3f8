//! What must hold whatever happens: of everything that is committed, carried out and at the end left behind.
//!
//! It sees what the world sees, batches and effects, and nothing of the partition's inside.

use std::collections::{BTreeMap, BTreeSet};

use kernel::codec::{Row, open_row};
use kernel::model::{Attempted, ComponentDigest, Ended, Event, InstanceId, InstanceNo, Payload, Record, Timestamp};
use kernel::orchestration::Held;
use kernel::partition::TaskRun;
use kernel::port::Batch;

use super::books::Books;
use super::component::{FICKLE, Home};
use super::ledger::{Checked, Fate, Ledger, Noted, What};
use super::marks::{Mark, Marks};
use super::native::Native;
use super::post::{News, Post};
use super::renewal::{Renewal, Renewals};
use super::rng::Rng;
use super::store::{Chain, Condition, MemStore};
use super::verdict;

/// What the checker knows.
#[derive(Debug, Default)]
pub struct Checker {
    books: Books,
    post: Post,
    commits: u64,
    /// Every attempt of an activity that ever began.
    began: BTreeSet<(InstanceNo, Attempted)>,
    /// Every attempt that began in this life of the host.
    began_now: BTreeSet<(InstanceNo, Attempted)>,
    playing: BTreeSet<InstanceNo>,
    renewals: BTreeMap<InstanceNo, Renewals>,
    held: BTreeMap<InstanceId, Held>,
    /// The starts that were asked for, by their seeds.
    asked: BTreeSet<u64>,
    /// The starts that are durable or were, by their seeds, which are unique.
    durable: BTreeSet<u64>,
    /// Those whose callers know.
    acknowledged: BTreeSet<u64>,
    /// Those of whom a caller was told that they are not.
    refused: BTreeSet<u64>,
    /// Events of which a caller was told that nobody will hear of them.
    unheard: BTreeSet<String>,
    /// Why instances may be terminated.
    reasons: BTreeSet<String>,
    purged: BTreeSet<InstanceId>,
    /// Instances whose replay should have been refused.
    believed: BTreeSet<InstanceNo>,
    life: u32,
}

impl Checker {
    /// The durable history of an instance.
    pub fn ledger(&self, no: InstanceNo) -> Option<&Ledger> {
        self.books.get(no)
    }

    /// All durable histories.
    pub fn ledgers(&self) -> impl Iterator<Item = (InstanceNo, &Ledger)> {
        self.books.all()
    }

    /// Why an instance is held, if it is.
    pub fn held(&self, id: &InstanceId) -> Option<&Held> {
        self.held.get(id)
    }

    /// Whether an instance plays a turn.
    pub fn is_playing(&self, no: InstanceNo) -> bool {
        self.playing.contains(&no)
    }

    /// Whether an event came to whom it was for, and that is durable.
    pub fn has_heard(&self, input: &Payload) -> bool {
        self.post.has_heard(input)
    }

    /// Somebody asks for a start.
    pub fn start(&mut self, seed: u64) {
        self.asked.insert(seed);
    }

    /// Whether a start is durable, or was.
    pub fn has_started(&self, seed: u64) -> bool {
        self.durable.contains(&seed)
    }

    /// The caller of a start knows that it is durable.
    pub fn acknowledge(&mut self, seed: u64) {
        self.acknowledged.insert(seed);
    }

    /// The caller of a start was told that it will never be.
    pub fn refuse(&mut self, seed: u64) {
        self.refused.insert(seed);
    }

    /// The sender of an event was told that nobody will hear of it.
    pub fn unheard(&mut self, input: Payload) {
        self.unheard.insert(input.as_str().to_owned());
    }

    /// Somebody asks for the end of an instance.
    pub fn terminate(&mut self, reason: &Payload) {
        self.reasons.insert(reason.as_str().to_owned());
    }

    /// Somebody asks for an instance to be deleted.
    pub fn purge(&mut self, id: InstanceId) {
        self.purged.insert(id);
    }

    /// The host crashed: what was under way is not any more.
    pub fn crash(&mut self) {
        self.life += 1;
        self.playing.clear();
        self.began_now.clear();
        self.held.clear();
        self.renewals.clear();
    }

    /// A turn begins.
    pub fn play(&mut self, no: InstanceNo) -> Checked {
        if self.playing.insert(no) { Ok(()) } else { Err(format!("#{} plays two turns at once", no.0)) }
    }

    /// A turn is over.
    pub fn played(&mut self, no: InstanceNo) {
        self.playing.remove(&no);
    }

    /// A guest wants to continue as new.
    pub fn renews(&mut self, no: InstanceNo, renewal: Renewal) {
        self.renewals.entry(no).or_default().add(renewal);
    }

    /// A history was replayed and nothing was found wrong with it.
    pub fn replayed(&mut self, no: InstanceNo, component: ComponentDigest) {
        let Some(ledger) = self.books.get(no) else { return };
        if component == FICKLE && !ledger.tasks.is_empty() {
            self.believed.insert(no);
        }
    }

    /// An instance is held: there must be a reason.
    pub fn hold(
        &mut self,
        native: &Native,
        id: InstanceId,
        chain: Option<&Chain>,
        held: Held,
        marks: &mut Marks,
    ) -> Checked {
        let home = chain.and_then(|chain| native.program(&chain.head.name)).map(|program| program.home);
        let (mark, just) = match &held {
            Held::Diverged(divergence) => (Mark::HeldDiverged, divergence.played_by == FICKLE),
            Held::Damaged(_) => (Mark::HeldDamaged, chain.is_some_and(|chain| chain.condition == Condition::Damaged)),
            Held::Unavailable(why) => {
                let is_told = ["could not be read", "it is shaky"].iter().any(|reason| why.contains(reason));
                (Mark::HeldUnavailable, is_told || home.is_none_or(|home| home != Home::Solid))
            }
        };
        marks.hit(mark);
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
        let fail = |what: &str| Err(format!("#{} {:?}: {what}", run.no.0, run.of));
        let Some(ledger) = self.books.get(run.no) else { return fail("it runs before its start is durable") };
        let Some(task) = ledger.tasks.get(&run.of.task) else { return fail("it runs before it is durable") };
        if !ledger.waits_for(run.of) || task.what != What::Activity(run.input.clone()) {
            return fail("it runs although its result is recorded or not wanted, or is not what history asks for");
        }
        if run.of.attempt > 1 {
            if now < task.not_before {
                return fail("it runs before its time");
            }
            marks.hit(Mark::RetryFired);
            if task.failed_in != Some(self.life) {
                marks.hit(Mark::RetryFiredAfterCrash);
            }
        }
        if !self.began_now.insert((run.no, run.of)) {
            return fail("it runs twice");
        }
        if !self.began.insert((run.no, run.of)) {
            marks.hit(Mark::RecoveredWithOpenTasks);
        }
        Ok(())
    }

    /// A batch is about to become durable.
    pub fn batch(&mut self, native: &Native, store: &MemStore, batch: &Batch, marks: &mut Marks) -> Checked {
        self.commits += 1;
        let newest = store.chains().filter_map(|chain| chain.rows.last()).map(|row| row.seq).max();
        let seqs: Vec<_> = newest.into_iter().chain(batch.rows.iter().map(|row| row.seq)).collect();
        if batch.is_empty() || batch.rows.len() != batch.heads.len() || !seqs.is_sorted_by(|left, right| left < right) {
            return Err(format!("{} rows and {} heads do not make the log grow", batch.rows.len(), batch.heads.len()));
        }
        for dropped in &batch.drops {
            let chain = store.chain(dropped.no).filter(|chain| chain.head.last == dropped.last);
            let ledger = self.books.close(dropped.no).filter(|_| chain.is_some());
            let ledger = ledger.ok_or_else(|| format!("{dropped:?} is dropped and is not so"))?;
            let taken_over = batch.heads.iter().any(|head| head.id == ledger.started.id && head.no != dropped.no);
            if ledger.ended.is_none() || !(taken_over || self.purged.contains(&ledger.started.id)) {
                return Err(format!("{} is dropped", ledger.started.id));
            }
            marks.hit(if taken_over { Mark::IdReplaced } else { Mark::Dropped });
        }
        if batch.rows.len() > 1 {
            marks.hit(Mark::GroupCommit);
        }
        let mut news = News::default();
        for (row, head) in batch.rows.iter().zip(&batch.heads) {
            if head.no != row.no || self.books.find(&head.id).is_some_and(|no| no != row.no) {
                return Err(format!("{} belongs to two", head.id));
            }
            let trimmed = batch.trims.iter().find(|trimmed| trimmed.no == row.no).map(|trimmed| trimmed.last);
            if trimmed != store.chain(row.no).map(|chain| chain.head.last).filter(|_| row.prev.is_none()) {
                return Err(format!("{} begins anew and {trimmed:?} is trimmed", head.id));
            }
            let chain = store.chain(row.no);
            let ended = self.row(native, chain, row, &mut news, marks);
            let ended = ended.map_err(|what| format!("{} (#{}): {what}", head.id, row.no.0))?;
            if let Some(ledger) = self.books.get(row.no).filter(|_| ended == Ends::Now) {
                verdict::ended(native, ledger, head, &self.reasons, marks)?;
            }
        }
        self.post.batch(&self.books, batch, &news, self.commits, marks)
    }

    fn row(
        &mut self,
        native: &Native,
        chain: Option<&Chain>,
        row: &Row,
        news: &mut News,
        marks: &mut Marks,
    ) -> Result<Ends, String> {
        let before = chain.and_then(|chain| chain.rows.last()).filter(|_| row.prev.is_some());
        if row.prev != before.map(|row| row.seq) {
            return Err("a row does not follow the one before it".to_owned());
        }
        let record = open_row(row, before.map(|row| row.sum)).map_err(|damage| damage.to_string())?;
        if record.started().is_some() {
            return self.begins(native, row.no, &record, news, marks);
        }
        let Some(ledger) = self.books.get_mut(row.no) else { return Err("it has no begin".to_owned()) };
        let id = ledger.started.id.clone();
        if self.held.contains_key(&id) && record.events.iter().any(|event| matches!(event, Event::TurnStarted { .. })) {
            return Err("it is held and goes on".to_owned());
        }
        for event in &record.events {
            if let Event::TaskCompleted { task, .. } | Event::TaskFailed { task, .. } = event
                && let Some(open) = ledger.tasks.get(task)
                && let What::Activity(_) = open.what
                && !self.began.contains(&(
                    row.no,
                    Attempted { execution: ledger.started.execution, task: *task, attempt: open.attempt },
                ))
            {
                return Err(format!("task {} has a result and never ran", task.0));
            }
        }
        news.waited.extend(ledger.open_children().map(|of| (row.no, of)));
        let noted = ledger.record(&record, self.life)?;
        if record.is_rewind() {
            // What ran when it failed is not waited for any more, and runs again.
            self.began_now.retain(|(no, _)| *no != row.no);
            let waits = ledger.tasks.values().any(|task| task.fate == Fate::Open && task.failed_in.is_some());
            marks.hit(if waits { Mark::RewoundWithRetries } else { Mark::Rewound });
            news.rewound.insert(id.clone());
            // A retry that waits is begun by the clock.
            let at_once = |of: &Attempted| ledger.tasks.get(&of.task).is_some_and(|task| task.failed_in.is_none());
            news.asked.extend(ledger.open_children().filter(at_once).map(|of| (row.no, of)));
        }
        take_note(row.no, &id, noted, news, marks);
        let Some(ended) = &ledger.ended else { return Ok(Ends::Later) };
        news.ended.extend(ledger.started.spec.parent.clone().map(|parent| (id, parent, ended.clone())));
        let is_sound = chain.is_none_or(|chain| chain.condition == Condition::Sound);
        if let Ended::Terminated(reason) = ended
            && verdict::is_recursive(reason)
            && is_sound
        {
            news.unwanted.extend(ledger.open_children().map(|of| (row.no, of)));
        }
        Ok(Ends::Now)
    }

    /// An execution begins: the first, or the next one.
    fn begins(
        &mut self,
        native: &Native,
        no: InstanceNo,
        record: &Record,
        news: &mut News,
        marks: &mut Marks,
    ) -> Result<Ends, String> {
        let (ledger, noted) = Ledger::begin(record, self.life)?;
        let id = ledger.started.id.clone();
        let before = self.books.close(no);
        news.waited.extend(before.iter().flat_map(Ledger::open_children).map(|of| (no, of)));
        let renewals = self.renewals.remove(&no).unwrap_or_default();
        if before.is_none() {
            self.is_new(&ledger, renewals.count())?;
            news.began.extend(ledger.started.spec.parent.clone());
            if ledger.started.spec.start_at.is_some() {
                marks.hit(Mark::StartScheduled);
            }
        }
        if before.is_some() || renewals.count() > 0 {
            renewals.check(native, before, &ledger, &self.post, (no, &mut *news), marks)?;
            let others = noted.into_iter().filter(|noted| !matches!(noted, Noted::Heard(_))).collect();
            take_note(no, &id, others, news, marks);
        } else {
            take_note(no, &id, noted, news, marks);
        }
        let ended = ledger.ended.clone();
        let parent = ledger.started.spec.parent.clone();
        self.books.open(no, ledger, self.commits);
        let Some(ended) = ended else { return Ok(Ends::Later) };
        news.ended.extend(parent.map(|parent| (id, parent, ended)));
        Ok(Ends::Now)
    }

    /// A new instance is one that somebody asked for; that it is known by its seed may be some executions ago.
    fn is_new(&mut self, ledger: &Ledger, executions: usize) -> Checked {
        let became = |seed: u64| (0..executions).fold(seed, |seed, _| Rng::new(seed).number());
        let seed = self.asked.iter().copied().find(|asked| became(*asked) == ledger.started.seed);
        match (&ledger.started.spec.parent, seed) {
            (None, Some(seed)) if self.durable.insert(seed) => Ok(()),
            (None, Some(_)) => Err("it was started twice".to_owned()),
            (None, None) => Err("nobody asked for it".to_owned()),
            (Some(_), _) => Ok(()),
        }
    }

    /// What was promised to callers is kept.
    pub fn promises(&self, store: &MemStore) -> Checked {
        if let Some(seed) = self.acknowledged.difference(&self.durable).next() {
            return Err(format!("the start with seed {seed} was acknowledged and is not durable"));
        }
        if let Some(seed) = self.refused.intersection(&self.durable).next() {
            return Err(format!("the start with seed {seed} was refused and is durable"));
        }
        if let Some(input) = self.unheard.iter().find(|input| self.has_heard(&Payload::trusted(input.as_bytes()))) {
            return Err(format!("the event {input} was refused and came"));
        }
        if let Some(no) = self.believed.first() {
            return Err(format!("#{} decided otherwise when it was replayed, and was believed", no.0));
        }
        match self.books.all().find(|(no, _)| store.chain(*no).is_none()) {
            Some((no, _)) => Err(format!("#{} is lost", no.0)),
            None => Ok(()),
        }
    }

    /// Everything came to its end, and every history can be read and played again.
    pub fn finish(&self, store: &MemStore, native: &Native) -> Checked {
        self.promises(store)?;
        if let Some(letter) = self.post.open().next() {
            return Err(format!("{letter:?} was never taken"));
        }
        for (no, ledger) in self.books.all() {
            let id = &ledger.started.id;
            let chain = store.chain(no).ok_or_else(|| format!("{id} is lost"))?;
            if ledger.ended.is_none() {
                return Err(format!("{id} (#{}) is stuck", no.0));
            }
            if self.held.contains_key(id) {
                return Err(format!("{id} (#{}) has ended and is held", no.0));
            }
            if chain.condition == Condition::Sound {
                verdict::prefixes(native, chain).map_err(|what| format!("{id}: {what}"))?;
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Now,
    Later,
}

fn take_note(no: InstanceNo, id: &InstanceId, noted: Vec<Noted>, news: &mut News, marks: &mut Marks) {
    for noted in noted {
        match noted {
            Noted::OldTimerFired => marks.hit(Mark::TimerFiredAfterCrash),
            Noted::Heard(raised) => news.heard.push((id.clone(), raised)),
            Noted::Sent(to, raised) => news.sent.push((to, raised)),
            Noted::Answered(of, outcome) => news.answered.push(((no, of), outcome)),
            Noted::Asked(of) => news.asked.push((no, of)),
            Noted::Unwanted(of) => {
                marks.hit(Mark::ChildCancelled);
                news.unwanted.insert((no, of));
            }
            Noted::Managed(mark) => marks.hit(mark),
        }
    }
}
