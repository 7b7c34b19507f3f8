//! Group commits: what the next one holds, and what waits behind it.

use std::sync::Arc;

use super::Partition;
use super::effect::{Effect, Reply};
use super::input::{BatchNo, ReplyTo};
use super::instances::Phase;
use crate::codec::Row;
use crate::limits::STORAGE_RETRY_MS;
use crate::model::{Head, InstanceNo, Millis, Status, Timestamp};
use crate::orchestration::State;
use crate::port::{Batch, Dropped};

/// Decided and not yet durable.
#[derive(Debug, Default)]
struct Pending {
    batch: Batch,
    /// What may happen once the batch is durable, each with the instance that it belongs to.
    then: Vec<(InstanceNo, Effect)>,
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
    then: Vec<(InstanceNo, Effect)>,
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

    pub fn append(&mut self, row: Row, head: Head, drops: Option<Dropped>, then: Vec<Effect>) {
        let no = row.no;
        self.filling.batch.rows.push(row);
        self.filling.batch.heads.push(head);
        self.filling.batch.drops.extend(drops);
        self.filling.then.extend(then.into_iter().map(|effect| (no, effect)));
    }

    /// Takes what is to be committed now, if there is something and nothing is under way.
    pub fn begin(&mut self) -> Option<(BatchNo, Arc<Batch>)> {
        if !self.may_begin() {
            return None;
        }
        let Pending { batch, then } = std::mem::take(&mut self.filling);
        let (no, batch) = (self.next, Arc::new(batch));
        self.next = BatchNo(no.0 + 1);
        self.under_way = Some(UnderWay { no, batch: Arc::clone(&batch), then });
        Some((no, batch))
    }

    /// Whether there is something to commit and nothing is under way.
    pub fn may_begin(&self) -> bool {
        self.under_way.is_none() && !self.filling.batch.rows.is_empty()
    }

    pub fn is_empty(&self) -> bool {
        self.under_way.is_none() && self.filling.batch.rows.is_empty()
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

    fn take(&mut self, no: BatchNo) -> Option<UnderWay> {
        self.under_way.take_if(|under_way| under_way.no == no)
    }

    /// Puts a batch that was refused in front of what came after it.
    fn put_back(&mut self, under_way: UnderWay) {
        let UnderWay { batch, then, .. } = under_way;
        let mut batch = Arc::unwrap_or_clone(batch);
        batch.rows.append(&mut self.filling.batch.rows);
        batch.heads.append(&mut self.filling.batch.heads);
        batch.drops.append(&mut self.filling.batch.drops);
        self.filling.batch = batch;
        self.filling.then.splice(0..0, then);
    }

    /// Takes an instance back, and says who was to be answered.
    fn withdraw(&mut self, no: InstanceNo, replaces: Option<Dropped>) -> Vec<ReplyTo> {
        let Pending { batch, then } = &mut self.filling;
        let answers = then.iter().filter_map(|(of, effect)| match effect {
            Effect::Reply(to, _) if *of == no => Some(*to),
            _ => None,
        });
        let told = answers.collect();
        batch.rows.retain(|row| row.no != no);
        batch.heads.retain(|head| head.no != no);
        batch.drops.retain(|dropped| Some(*dropped) != replaces);
        then.retain(|(of, _)| *of != no);
        told
    }
}

impl Partition {
    pub(super) fn committed(&mut self, now: Timestamp, batch: BatchNo, out: &mut Vec<Effect>) {
        let Some(done) = self.commits.take(batch) else { return };
        self.storage = Storage::Open;
        out.extend(done.then.into_iter().map(|(_, effect)| effect));
        for row in &done.batch.rows {
            self.settle(now, row.no, out);
        }
    }

    /// What an instance does once its commit is durable.
    fn settle(&mut self, now: Timestamp, no: InstanceNo, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        slot.origin = None;
        let rivals = std::mem::take(&mut slot.rivals);
        match std::mem::replace(&mut slot.phase, Phase::Held) {
            Phase::Committing { state: State::Live(live), .. } => {
                slot.phase = Phase::Idle(live);
                self.go_on(now, no, out);
            }
            Phase::Committing { state: State::Ended(status), .. } => {
                if let Some(slot) = self.instances.remove(no) {
                    let answer = match status {
                        Status::Terminated => Reply::Terminated,
                        other => Reply::AlreadyEnded(other),
                    };
                    out.extend(slot.terminators.into_iter().map(|to| Effect::Reply(to, answer.clone())));
                    // Who came to watch while the end was being committed finds it in the store.
                    let late = Reply::AlreadyEnded(status);
                    out.extend(slot.watchers.into_iter().map(|to| Effect::Reply(to, late.clone())));
                }
            }
            other => slot.phase = other,
        }
        self.ask_again(now, rivals, out);
    }

    /// There was no space: starts are taken back and refused, the rest waits for space.
    pub(super) fn refused(&mut self, now: Timestamp, batch: BatchNo, out: &mut Vec<Effect>) {
        let Some(under_way) = self.commits.take(batch) else { return };
        self.commits.put_back(under_way);
        self.storage = Storage::Full { retry_at: now + Millis(STORAGE_RETRY_MS) };
        let next = self.commits.next();
        let rows: Vec<InstanceNo> = self.commits.filling.batch.rows.iter().map(|row| row.no).collect();
        for no in rows {
            let Some(slot) = self.instances.get_mut(no) else { continue };
            if let Phase::Committing { batch, .. } = &mut slot.phase {
                *batch = next;
            }
            let Some(origin) = slot.origin else { continue };
            let told = self.commits.withdraw(no, origin.replaces).into_iter();
            let told = told.chain(slot.watchers.drain(..)).chain(slot.terminators.drain(..));
            out.extend(told.map(|reply| Effect::Reply(reply, Reply::StorageFull)));
            out.push(Effect::Forget(no));
            let rivals = std::mem::take(&mut slot.rivals);
            self.instances.remove(no);
            self.ask_again(now, rivals, out);
        }
    }
}
