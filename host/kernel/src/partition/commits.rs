//! Group commits: what the next one holds, and what waits behind it.

use std::sync::Arc;

use super::Partition;
use super::asker::Asker;
use super::effect::{Effect, Reply};
use super::input::{BatchNo, ReplyTo};
use super::instances::Phase;
use crate::codec::{Row, seal_letter};
use crate::limits::STORAGE_RETRY_MS;
use crate::model::{BlobRef, EntityId, Head, InstanceNo, Letter, LetterNo, Millis, Timestamp};
use crate::orchestration::State;
use crate::port::{Batch, Dropped, Mark, Referrer};

/// Decided and not yet durable.
#[derive(Debug, Default)]
struct Pending {
    batch: Batch,
    /// What may happen once the batch is durable.
    then: Vec<Then>,
    /// The entities that wait for it.
    entities: Vec<EntityId>,
}

/// Something that waits for a commit.
#[derive(Debug)]
struct Then {
    /// Whose doing it is, if it is that of one orchestration.
    of: Option<InstanceNo>,
    what: After,
}

#[derive(Debug)]
enum After {
    Effect(Effect),
    /// A letter of the batch goes to whom it is for.
    Deliver(LetterNo, Letter),
}

/// What one instance adds to the next commit.
#[derive(Debug)]
pub(super) struct Addition {
    pub row: Row,
    pub head: Head,
    /// The instance whose id it takes over.
    pub drops: Option<Dropped>,
    /// Its own rows of before.
    pub trims: Option<Dropped>,
    /// The blobs that the row refers to.
    pub blobs: Vec<BlobRef>,
    pub letters: Vec<(LetterNo, Letter)>,
    pub takes: Vec<LetterNo>,
    /// What may happen once it is durable.
    pub then: Vec<Effect>,
}

/// What one entity adds to the next commit.
#[derive(Debug)]
pub(super) struct EntityAddition {
    pub id: EntityId,
    /// `None` if nothing of it is kept.
    pub row: Option<(Row, Head)>,
    /// Its row of before, if nothing of it is kept.
    pub drops: Option<Dropped>,
    /// Its row of before, if there is a new one.
    pub trims: Option<Dropped>,
    pub blobs: Vec<BlobRef>,
    pub letters: Vec<(LetterNo, Letter)>,
    pub takes: Vec<LetterNo>,
    /// What may happen once it is durable.
    pub then: Vec<Effect>,
}

/// At most one commit is under way; meanwhile the next one fills.
#[derive(Debug, Default)]
pub(super) struct Commits {
    next: BatchNo,
    filling: Pending,
    under_way: Option<UnderWay>,
}

#[derive(Debug)]
struct UnderWay {
    no: BatchNo,
    batch: Arc<Batch>,
    then: Vec<Then>,
    entities: Vec<EntityId>,
}

/// Whether the store takes anything.
#[derive(Debug)]
pub(super) enum Storage {
    /// It does.
    Open,
    /// It had no space.
    Full {
        /// When to try again.
        retry_at: Timestamp,
    },
}

impl Pending {
    /// Whether nobody waits for it. A batch without rows or letters is waited for as well: what an entity without a state was
    /// asked may leave nothing to write.
    fn is_empty(&self) -> bool {
        self.batch.is_empty() && self.then.is_empty() && self.entities.is_empty()
    }
}

impl EntityAddition {
    pub fn new(id: EntityId, letters: Vec<(LetterNo, Letter)>) -> Self {
        let (blobs, takes, then) = (Vec::new(), Vec::new(), Vec::new());
        Self { id, row: None, drops: None, trims: None, blobs, letters, takes, then }
    }

    /// Whether there is nothing to commit.
    pub fn is_hollow(&self) -> bool {
        self.row.is_none() && self.drops.is_none() && self.letters.is_empty() && self.takes.is_empty()
    }
}

impl Storage {
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.retry_at().is_none_or(|at| at <= now)
    }

    pub fn retry_at(&self) -> Option<Timestamp> {
        match self {
            Self::Open => None,
            Self::Full { retry_at } => Some(*retry_at),
        }
    }
}

impl Commits {
    /// The number of the commit that what is appended now will be in.
    pub fn next(&self) -> BatchNo {
        self.next
    }

    pub fn append(&mut self, addition: Addition) {
        let Addition { row, head, drops, trims, blobs, letters, takes, then } = addition;
        let of = Some(row.no);
        let batch = &mut self.filling.batch;
        batch.blobs.extend(blobs.into_iter().map(|blob| (Referrer::Instance(row.no), blob)));
        batch.rows.push(row);
        batch.heads.push(head);
        batch.drops.extend(drops);
        batch.trims.extend(trims);
        batch.takes.extend(takes);
        self.filling.then.extend(then.into_iter().map(|effect| Then { of, what: After::Effect(effect) }));
        for (no, letter) in letters {
            self.post(of, no, letter);
        }
    }

    pub fn append_entity(&mut self, addition: EntityAddition) {
        let EntityAddition { id, row, drops, trims, blobs, letters, takes, then } = addition;
        let batch = &mut self.filling.batch;
        if let Some((row, head)) = row {
            batch.blobs.extend(blobs.into_iter().map(|blob| (Referrer::Instance(row.no), blob)));
            batch.rows.push(row);
            batch.heads.push(head);
        }
        batch.drops.extend(drops);
        batch.trims.extend(trims);
        batch.takes.extend(takes);
        self.filling.then.extend(then.into_iter().map(|effect| Then { of: None, what: After::Effect(effect) }));
        self.filling.entities.push(id);
        for (no, letter) in letters {
            self.post(None, no, letter);
        }
    }

    /// Posts a letter for a client, who is told once it is durable.
    pub fn post_for(&mut self, reply: ReplyTo, no: LetterNo, letter: Letter) {
        self.post(None, no, letter);
        self.filling.then.push(Then { of: None, what: After::Effect(Effect::Reply(reply, Reply::Done)) });
    }

    /// Notes what a trigger has handled, and tells it once that is durable.
    pub fn mark(&mut self, reply: ReplyTo, marks: Vec<Mark>) {
        self.filling.batch.marks.extend(marks);
        self.filling.then.push(Then { of: None, what: After::Effect(Effect::Reply(reply, Reply::Done)) });
    }

    /// Posts a letter without a row.
    pub fn post(&mut self, of: Option<InstanceNo>, no: LetterNo, letter: Letter) {
        self.filling.batch.blobs.extend(letter.blobs().map(|blob| (Referrer::Letter(no), blob)));
        self.filling.batch.posts.push(seal_letter(no, &letter));
        self.filling.then.push(Then { of, what: After::Deliver(no, letter) });
    }

    /// Takes a letter that changes nothing.
    pub fn take_letter(&mut self, no: LetterNo) {
        self.filling.batch.takes.push(no);
    }

    /// Deletes an instance that has ended, and answers once that is durable.
    pub fn purge(&mut self, dropped: Dropped, reply: ReplyTo) {
        self.filling.batch.drops.push(dropped);
        self.filling.then.push(Then { of: Some(dropped.no), what: After::Effect(Effect::Reply(reply, Reply::Done)) });
    }

    /// Takes what is to be committed now, if there is something and nothing is under way.
    pub fn begin(&mut self) -> Option<(BatchNo, Arc<Batch>)> {
        if !self.may_begin() {
            return None;
        }
        let Pending { batch, then, entities } = std::mem::take(&mut self.filling);
        let (no, batch) = (self.next, Arc::new(batch));
        self.next = BatchNo(no.0 + 1);
        self.under_way = Some(UnderWay { no, batch: Arc::clone(&batch), then, entities });
        Some((no, batch))
    }

    /// Whether there is something to commit and nothing is under way.
    pub fn may_begin(&self) -> bool {
        self.under_way.is_none() && !self.filling.is_empty()
    }

    pub fn is_empty(&self) -> bool {
        self.under_way.is_none() && self.filling.is_empty()
    }

    /// Whether a commit that was not yet answered holds something of an instance.
    pub fn holds(&self, batch: BatchNo, no: InstanceNo) -> bool {
        let rows = match &self.under_way {
            Some(under_way) if under_way.no == batch => &under_way.batch.rows,
            _ if batch == self.next => &self.filling.batch.rows,
            _ => return false,
        };
        rows.iter().any(|row| row.no == no)
    }

    fn finish(&mut self, no: BatchNo) -> Option<UnderWay> {
        self.under_way.take_if(|under_way| under_way.no == no)
    }

    /// Puts a batch that was refused in front of what came after it.
    fn put_back(&mut self, under_way: UnderWay) {
        let UnderWay { batch, then, entities, .. } = under_way;
        let mut batch = Arc::unwrap_or_clone(batch);
        let later = std::mem::take(&mut self.filling.batch);
        batch.rows.extend(later.rows);
        batch.heads.extend(later.heads);
        batch.drops.extend(later.drops);
        batch.trims.extend(later.trims);
        batch.posts.extend(later.posts);
        batch.takes.extend(later.takes);
        batch.blobs.extend(later.blobs);
        batch.marks.extend(later.marks);
        self.filling.batch = batch;
        self.filling.entities.splice(0..0, entities);
        self.filling.then.splice(0..0, then);
    }

    /// Takes an instance back, and says who was to be answered.
    fn withdraw(&mut self, no: InstanceNo, replaces: Option<Dropped>) -> Vec<ReplyTo> {
        let Pending { batch, then, .. } = &mut self.filling;
        let (own, others) = std::mem::take(then).into_iter().partition(|then| then.of == Some(no));
        *then = others;
        let mut told = Vec::new();
        let mut letters = Vec::new();
        for Then { what, .. } in own {
            match what {
                After::Effect(Effect::Reply(to, _)) => told.push(to),
                After::Effect(_) => {}
                After::Deliver(letter, _) => letters.push(letter),
            }
        }
        batch.rows.retain(|row| row.no != no);
        batch.heads.retain(|head| head.no != no);
        batch.drops.retain(|dropped| Some(*dropped) != replaces);
        batch.posts.retain(|posted| !letters.contains(&posted.no));
        batch.blobs.retain(|(by, _)| match by {
            Referrer::Instance(by) => *by != no,
            Referrer::Letter(by) => !letters.contains(by),
        });
        told
    }
}

impl Partition {
    pub(super) fn committed(&mut self, now: Timestamp, batch: BatchNo, out: &mut Vec<Effect>) {
        let Some(done) = self.commits.finish(batch) else { return };
        self.storage = Storage::Open;
        let mut letters = Vec::new();
        for Then { what, .. } in done.then {
            match what {
                After::Effect(effect) => out.push(effect),
                After::Deliver(no, letter) => letters.push((no, letter)),
            }
        }
        for row in &done.batch.rows {
            self.settle(now, row.no, out);
        }
        for id in &done.entities {
            self.entity_committed(now, id, out);
        }
        self.purges_committed(now, batch, out);
        for (no, letter) in letters {
            self.deliver(now, no, letter, out);
        }
    }

    /// What an instance does once its commit is durable.
    fn settle(&mut self, now: Timestamp, no: InstanceNo, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        if !matches!(slot.phase, Phase::Committing { .. }) {
            return;
        }
        slot.origin = None;
        let rivals = std::mem::take(&mut slot.rivals);
        match std::mem::replace(&mut slot.phase, Phase::Damaged) {
            Phase::Committing { state: State::Live(live), .. } => {
                slot.phase = Phase::Idle(live);
                self.go_on(now, no, out);
            }
            Phase::Committing { state, .. } => {
                let Some(status) = state.ended() else { return };
                if let Some(slot) = self.instances.remove(no) {
                    // Who came while the end was being committed came too late.
                    let late = Reply::AlreadyEnded(status);
                    let askers = slot.inbox.into_iter().filter_map(|mail| mail.asker);
                    let watchers = slot.watchers.into_iter().map(Asker::Client);
                    for asker in askers.chain(watchers) {
                        self.tell(asker, late.clone(), out);
                    }
                }
            }
            other => slot.phase = other,
        }
        self.ask_again(now, rivals, out);
    }

    /// There was no space: what clients started is taken back and refused, the rest waits for space.
    pub(super) fn refused(&mut self, now: Timestamp, batch: BatchNo, out: &mut Vec<Effect>) {
        let Some(under_way) = self.commits.finish(batch) else { return };
        self.commits.put_back(under_way);
        self.storage = Storage::Full { retry_at: now + Millis(STORAGE_RETRY_MS) };
        let next = self.commits.next();
        self.purges_refused(now, next, out);
        for id in self.commits.filling.entities.clone() {
            self.entity_refused(&id, next);
        }
        let rows: Vec<InstanceNo> = self.commits.filling.batch.rows.iter().map(|row| row.no).collect();
        for no in rows {
            let Some(slot) = self.instances.get_mut(no) else { continue };
            if let Phase::Committing { batch, .. } = &mut slot.phase {
                *batch = next;
            }
            let Some(origin) = slot.origin.take_if(|origin| matches!(origin.asker, Asker::Client(_))) else { continue };
            let told = self.commits.withdraw(no, origin.replaces).into_iter().map(Asker::Client);
            let waiting = slot.inbox.drain(..).filter_map(|mail| mail.asker);
            let told: Vec<_> = told.chain(slot.watchers.drain(..).map(Asker::Client)).chain(waiting).collect();
            for asker in told {
                self.tell(asker, Reply::StorageFull, out);
            }
            out.push(Effect::Forget(no));
            let rivals = self.instances.remove(no).map(|slot| slot.rivals).unwrap_or_default();
            self.ask_again(now, rivals, out);
        }
    }
}
