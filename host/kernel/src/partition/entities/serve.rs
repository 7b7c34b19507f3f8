//! What is done for an entity: errands one after another, operations as many at once as wait.

use super::slots::{Applying, Phase, Waiting};
use crate::codec::seal_entity;
use crate::entity::{Asked, Draft, Errand, head_of, may_go};
use crate::limits::{ENTITY_BATCH_MAX_COUNT, TURN_INBOUND_MAX_BYTES};
use crate::model::{BatchOperation, EntityBatch, EntityId, LogSeq, OperationKind, Timestamp};
use crate::partition::Partition;
use crate::partition::asker::Asker;
use crate::partition::commits::EntityAddition;
use crate::partition::effect::{Effect, Reply};
use crate::partition::input::{Applied, BatchNo};
use crate::port::Dropped;

impl Partition {
    /// Does what can be done for an entity now, if nothing is under way for it.
    pub(in crate::partition) fn serve(&mut self, now: Timestamp, id: &EntityId, out: &mut Vec<Effect>) {
        if !self.is_idle(id) {
            return;
        }
        let Some(slot) = self.entities.get_mut(id) else { return };
        let mut draft = Draft::new(slot.entity.clone(), now);
        let mut others = Vec::new();
        self.settle_errands(id, &mut draft, &mut others);
        let Some(slot) = self.entities.get_mut(id) else { return };
        let (batch, askers): (Vec<_>, Vec<_>) = take_batch(slot, &draft).into_iter().unzip();
        if batch.is_empty() && others.is_empty() {
            return self.entities.touch(id);
        }
        if batch.is_empty() {
            return self.append_entity(now, id, draft, others, out);
        }
        let operation = |asked: &Asked| BatchOperation {
            operation: asked.operation.clone(),
            kind: if asked.caller.is_some() { OperationKind::Call } else { OperationKind::Signal },
        };
        let (no, component, state) = (slot.no, draft.entity.component, draft.entity.state.clone());
        let operations = batch.iter().map(operation).collect();
        let run = EntityBatch { id: id.clone(), now: draft.entity.at, state, operations };
        let serving = self.serving.get(&id.name()).copied();
        slot.phase = Phase::Applying(Box::new(Applying { draft, batch, askers, others, serving }));
        self.entities.touch(id);
        self.let_clients_go(id);
        out.push(Effect::Apply { no, component, batch: Box::new(run) });
    }

    /// Does the errands for which no guest is needed, up to the first operation that can be run.
    fn settle_errands(&mut self, id: &EntityId, draft: &mut Draft, told: &mut Vec<Asker>) {
        loop {
            let Some(slot) = self.entities.get_mut(id) else { return };
            let lock = draft.entity.lock;
            let first = slot.inbox.iter().position(|waiting| may_go(lock, &waiting.errand));
            let Some(at) = first else { return };
            if matches!(slot.inbox[at].errand, Errand::Operate(_)) {
                return;
            }
            let Some(Waiting { errand, asker }) = slot.take_at(at) else { return };
            told.push(asker);
            match errand {
                Errand::Lock { set, at, holder } => draft.lock(set, at, holder),
                Errand::Unlock { set, at, holder, hops } => draft.unlock(set, at, holder, hops),
                Errand::Purge => draft.purge(),
                Errand::Operate(_) => unreachable!("operations are left where they are"),
            }
        }
    }

    /// What came of a batch.
    pub(in crate::partition) fn applied(
        &mut self,
        now: Timestamp,
        id: &EntityId,
        applied: Applied,
        out: &mut Vec<Effect>,
    ) {
        let Some(slot) = self.entities.get_mut(id) else { return };
        let Phase::Applying(applying) = std::mem::replace(&mut slot.phase, Phase::Idle) else { return };
        let Applying { mut draft, batch, askers, mut others, serving } = *applying;
        match applied {
            Applied::Ran { component, outcome } => draft.ran(component, &batch, outcome),
            Applied::NoFunction(failure) => draft.failed(&batch, &failure),
            Applied::Held(held) => {
                for (asked, asker) in batch.into_iter().zip(askers).rev() {
                    slot.push_front(Waiting { errand: Errand::Operate(asked), asker });
                }
                // Another component may have been deployed before this was known.
                if self.serving.get(&id.name()).copied() == serving {
                    self.hold_entity(id, held, out);
                }
                // What was done before the batch is not held.
                return if others.is_empty() {
                    self.serve(now, id, out)
                } else {
                    self.append_entity(now, id, draft, others, out)
                };
            }
        }
        for failed in std::mem::take(&mut draft.failed) {
            out.push(Effect::SignalFailed { id: id.clone(), failed });
        }
        others.extend(askers);
        // What came meanwhile and needs no guest is the same commit.
        draft.entity.at = draft.entity.at.max(now);
        self.settle_errands(id, &mut draft, &mut others);
        self.append_entity(now, id, draft, others, out);
    }

    /// Commits what an entity became. Those who brought it about are told once that is durable.
    fn append_entity(&mut self, now: Timestamp, id: &EntityId, draft: Draft, told: Vec<Asker>, out: &mut Vec<Effect>) {
        let Draft { entity, letters, .. } = draft;
        let fresh = self.next_no;
        let letters: Vec<_> = letters.into_iter().map(|letter| (self.number_letter(), letter)).collect();
        let Some(slot) = self.entities.get_mut(id) else { return };
        let before = slot.head.take().map(|head| Dropped { no: head.no, last: head.last });
        let mut addition = EntityAddition::new(id.clone(), letters);
        if entity.is_empty() {
            // Nothing of it need be kept; should it come back, it is another one.
            addition.drops = before;
            if before.is_some() {
                out.push(Effect::Forget(slot.no));
                slot.no = crate::model::InstanceNo(fresh);
                self.next_no += 1;
            }
        } else {
            let row = seal_entity(slot.no, LogSeq(self.next_seq), &entity);
            self.next_seq += 1;
            let head = head_of(&row, &entity);
            slot.head = Some(head.clone());
            addition.trims = before;
            addition.blobs = entity.blobs().collect();
            addition.row = Some((row, head));
        }
        for asker in told {
            match asker {
                Asker::Client(to) => addition.then.push(Effect::Reply(to, Reply::Done)),
                Asker::Letter(no) => addition.takes.push(no),
            }
        }
        slot.entity = entity;
        if addition.is_hollow() {
            // Nothing came of it that could be lost.
            slot.phase = Phase::Idle;
            out.append(&mut addition.then);
            return self.serve(now, id, out);
        }
        slot.phase = Phase::Committing(self.commits.next());
        self.entities.touch(id);
        self.commits.append_entity(addition);
        self.let_clients_go(id);
    }

    /// The commit of an entity is durable.
    pub(in crate::partition) fn entity_committed(&mut self, now: Timestamp, id: &EntityId, out: &mut Vec<Effect>) {
        let Some(slot) = self.entities.get_mut(id) else { return };
        if let Phase::Committing(_) = slot.phase {
            slot.phase = Phase::Idle;
            self.serve(now, id, out);
            self.entities.touch(id);
        }
    }

    /// There was no space for the commit of an entity: it waits for the next one.
    pub(in crate::partition) fn entity_refused(&mut self, id: &EntityId, next: BatchNo) {
        if let Some(slot) = self.entities.get_mut(id)
            && let Phase::Committing(batch) = &mut slot.phase
        {
            *batch = next;
        }
    }
}

/// Takes the operations that can be run now: those up to the first lock that can be granted, as many as one batch holds.
fn take_batch(slot: &mut super::slots::Slot, draft: &Draft) -> Vec<(Asked, Asker)> {
    let lock = draft.entity.lock;
    let mut taken = Vec::new();
    let (mut bytes, mut at) = (0, 0);
    while taken.len() < ENTITY_BATCH_MAX_COUNT {
        let Some(waiting) = slot.inbox.get(at) else { break };
        if !may_go(lock, &waiting.errand) {
            at += 1;
            continue;
        }
        let Errand::Operate(_) = &waiting.errand else { break };
        bytes += 1 + waiting.errand.payload_bytes();
        if !taken.is_empty() && bytes > TURN_INBOUND_MAX_BYTES {
            break;
        }
        if let Some(Waiting { errand: Errand::Operate(asked), asker }) = slot.take_at(at) {
            taken.push((asked, asker));
        }
    }
    taken
}
