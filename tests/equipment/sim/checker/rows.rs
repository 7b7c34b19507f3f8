//! What is looked at when a batch is about to become durable: its rows, one after another, and what goes.

use kernel::codec::{Row, open_entity, open_letter, open_row};
use kernel::entity::head_of;
use kernel::model::{Attempted, BlobRef, Ended, EntityId, Event, Head, InstanceId, InstanceNo, Record};
use kernel::port::{Batch, Referrer};

use super::Checker;
use crate::sim::ledger::{Checked, Fate, Ledger, Noted, What};
use crate::sim::marks::{Mark, Marks};
use crate::sim::native::Native;
use crate::sim::post::{Desk, News};
use crate::sim::rng::Rng;
use crate::sim::store::{Chain, Condition, MemStore};
use crate::sim::verdict;

impl Checker {
    /// A batch is about to become durable.
    pub fn batch(&mut self, native: &Native, store: &MemStore, batch: &Batch, marks: &mut Marks) -> Checked {
        self.commits += 1;
        let newest = store.chains().filter_map(|chain| chain.rows.last()).map(|row| row.seq).max();
        let seqs: Vec<_> = newest.into_iter().chain(batch.rows.iter().map(|row| row.seq)).collect();
        if batch.rows.len() != batch.heads.len() || !seqs.is_sorted_by(|left, right| left < right) {
            return Err(format!("{} rows and {} heads do not make the log grow", batch.rows.len(), batch.heads.len()));
        }
        let mut news = News::default();
        for dropped in &batch.drops {
            let chain = store.chain(dropped.no).filter(|chain| chain.head.last == dropped.last);
            if let Some(id) = chain.and_then(|chain| EntityId::of(&chain.head.id)) {
                news.touched.entry(id).or_default().is_dropped = true;
                marks.hit(Mark::EntityDropped);
                continue;
            }
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
        for (row, head) in batch.rows.iter().zip(&batch.heads) {
            if head.no != row.no || self.books.find(&head.id).is_some_and(|no| no != row.no) {
                return Err(format!("{} belongs to two", head.id));
            }
            let trimmed = batch.trims.iter().find(|trimmed| trimmed.no == row.no).map(|trimmed| trimmed.last);
            if trimmed != store.chain(row.no).map(|chain| chain.head.last).filter(|_| row.prev.is_none()) {
                return Err(format!("{} begins anew and {trimmed:?} is trimmed", head.id));
            }
            let chain = store.chain(row.no);
            if let Some(id) = EntityId::of(&head.id) {
                let entity = open_entity(row).map_err(|damage| damage.to_string())?;
                if *head != head_of(row, &entity)
                    || entity.id != id
                    || store.find(&head.id).is_some_and(|chain| chain.head.no != row.no)
                {
                    return Err(format!("{id} (#{}) has a head that is not its own: {head:?}", row.no.0));
                }
                refers(batch, Referrer::Instance(row.no), entity.blobs())?;
                if news.touched.entry(id.clone()).or_default().row.replace(entity).is_some() {
                    return Err(format!("{id} has two rows"));
                }
                continue;
            }
            let ended = self.row((native, batch), chain, (row, head), &mut news, marks);
            let ended = ended.map_err(|what| format!("{} (#{}): {what}", head.id, row.no.0))?;
            if let Some(ledger) = self.books.get(row.no).filter(|_| ended == Ends::Now) {
                verdict::ended(native, ledger, head, &self.reasons, marks)?;
            }
        }
        for sealed in &batch.posts {
            refers(batch, Referrer::Letter(sealed.no), open_letter(sealed)?.blobs())?;
        }
        let Self { books, registry, asked, durable, commits, .. } = self;
        let desk = Desk { books, registry, asked, durable, commit: *commits };
        self.post.batch(desk, batch, &mut news, marks)
    }

    fn row(
        &mut self,
        (native, batch): (&Native, &Batch),
        chain: Option<&Chain>,
        (row, head): (&Row, &Head),
        news: &mut News,
        marks: &mut Marks,
    ) -> Result<Ends, String> {
        let before = chain.and_then(|chain| chain.rows.last()).filter(|_| row.prev.is_some());
        if row.prev != before.map(|row| row.seq) {
            return Err("a row does not follow the one before it".to_owned());
        }
        let record = open_row(row, before.map(|row| row.sum)).map_err(|damage| damage.to_string())?;
        refers(batch, Referrer::Instance(head.no), record.blobs())?;
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
        let is_sound = chain.is_none_or(|chain| chain.condition == Condition::Sound);
        if !is_sound {
            news.damaged.insert(row.no);
        }
        for (of, outcome) in noted.iter().filter_map(Noted::answer) {
            if let Some(What::Call { name, input, .. }) = ledger.tasks.get(&of.task).map(|task| &task.what) {
                self.registry.answered(name, input, outcome);
            }
        }
        take_note(row.no, &id, noted, news, marks);
        let Some(ended) = &ledger.ended else { return Ok(Ends::Later) };
        news.ended.extend(ledger.started.spec.parent.clone().map(|parent| (id, parent, ended.clone())));
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
        let (ledger, noted) = Ledger::begin(no, &self.library, record, self.life)?;
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Now,
    Later,
}

/// Whoever names a blob refers to it.
fn refers(batch: &Batch, by: Referrer, mut blobs: impl Iterator<Item = BlobRef>) -> Checked {
    match blobs.find(|blob| !batch.blobs.contains(&(by, *blob))) {
        Some(blob) => Err(format!("{by:?} names {blob} and does not refer to it")),
        None => Ok(()),
    }
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
            Noted::Dispatched(dispatch) => news.dispatched.push((no, dispatch)),
            Noted::Granted(holder, set) => news.granted.push((holder, set)),
            Noted::Managed(mark) => marks.hit(mark),
        }
    }
}
