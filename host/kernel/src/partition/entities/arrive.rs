//! What is asked of entities reaches them: signals of clients, letters, loads.

use super::slots::{Phase, Slot, Waiting};
use crate::entity::{Asked, Errand, may_go};
use crate::limits::{SCHEDULED_SIGNALS_MAX_COUNT, TIMER_MAX_MS};
use crate::model::{Entity, EntityId, Head, Letter, LetterNo, Millis, Operation, Timestamp};
use crate::orchestration::Held;
use crate::partition::Partition;
use crate::partition::asker::{Asker, Wish};
use crate::partition::effect::{Effect, Reply};
use crate::partition::input::{Found, Op, ReplyTo};
use crate::port::Key;

impl Partition {
    /// A client signals an entity.
    pub(in crate::partition) fn signal(
        &mut self,
        now: Timestamp,
        reply: ReplyTo,
        to: EntityId,
        operation: Operation,
        due: Option<Timestamp>,
        out: &mut Vec<Effect>,
    ) {
        if due.is_some_and(|due| due > now) {
            let too_far = due.is_some_and(|due| due.since(now) > Millis(TIMER_MAX_MS));
            if too_far || self.scheduled.len() >= SCHEDULED_SIGNALS_MAX_COUNT {
                return out.push(Effect::Reply(reply, Reply::TooManyPending));
            }
            return self.post_for(reply, Letter::Operate { to, operation, caller: None, due });
        }
        let key = Key::Id(to.instance_id().clone());
        if self.is_undelivered(&key) {
            // What the same client was promised before comes first.
            return self.post_for(reply, Letter::Operate { to, operation, caller: None, due: None });
        }
        if self.loading.contains_key(&key) || !self.entities.contains(&to) {
            let op = Op::Signal { to, operation, due };
            return self.load(key, Some(Wish::Op(reply, op)), out);
        }
        let Some(slot) = self.entities.get_mut(&to) else { return };
        if !slot.has_room() {
            return out.push(Effect::Reply(reply, Reply::TooManyPending));
        }
        if slot.lock().is_some() || slot.held.is_some() {
            // It may take long: the client need not wait for that, once the signal cannot be lost any more.
            return self.post_for(reply, Letter::Operate { to, operation, caller: None, due: None });
        }
        slot.push(Errand::Operate(Asked { operation, caller: None }), Asker::Client(reply));
        self.serve(now, &to, out);
    }

    /// Posts a letter for a client, who is answered once that is durable.
    pub(in crate::partition) fn post_for(&mut self, reply: ReplyTo, letter: Letter) {
        let no = self.number_letter();
        self.commits.post_for(reply, no, letter);
    }

    /// A client asks for something that is done in its turn.
    pub(in crate::partition) fn entity_errand(
        &mut self,
        now: Timestamp,
        reply: ReplyTo,
        id: EntityId,
        op: Op,
        out: &mut Vec<Effect>,
    ) {
        let key = Key::Id(id.instance_id().clone());
        if self.loading.contains_key(&key) || !self.entities.contains(&id) {
            return self.load(key, Some(Wish::Op(reply, op)), out);
        }
        let Some(slot) = self.entities.get_mut(&id) else { return };
        let errand = match op {
            Op::Purge { .. } if slot.head.is_none() && matches!(slot.phase, Phase::Idle) => {
                return out.push(Effect::Reply(reply, Reply::NotFound));
            }
            Op::Purge { .. } => Errand::Purge,
            Op::Unlock { holder, id } => {
                let set = crate::model::LockSet::new(vec![id]).expect("it has one entity");
                Errand::Unlock { set, at: 0, holder, hops: crate::model::Hops::One }
            }
            _ => return out.push(Effect::Reply(reply, Reply::NotFound)),
        };
        match (&errand, &slot.held) {
            (Errand::Purge, Some(_)) => {
                // Even a damaged entity can be forgotten, and what waits for it is for the one that comes after it.
                slot.push_front(Waiting { errand, asker: Asker::Client(reply) });
                self.release_entity(&id, out);
            }
            (_, Some(held)) => return out.push(Effect::Reply(reply, Reply::Unavailable(held.to_string()))),
            (_, None) => slot.push(errand, Asker::Client(reply)),
        }
        self.serve(now, &id, out);
    }

    /// Brings a letter to an entity.
    pub(in crate::partition) fn deliver_to_entity(
        &mut self,
        now: Timestamp,
        no: LetterNo,
        letter: Letter,
        out: &mut Vec<Effect>,
    ) {
        if let Letter::Operate { due: Some(due), .. } = &letter
            && *due > now
        {
            self.scheduled.insert((*due, no), letter);
            return;
        }
        let Some(id) = addressee(&letter) else { return };
        let key = Key::Id(id.instance_id().clone());
        if self.loading.contains_key(&key) || !self.entities.contains(&id) {
            return self.load(key, Some(Wish::Letter(no, letter)), out);
        }
        self.entity_letter(&id, no, letter);
        self.serve(now, &id, out);
    }

    /// A letter for an entity in memory.
    fn entity_letter(&mut self, id: &EntityId, no: LetterNo, letter: Letter) {
        let Some(slot) = self.entities.get_mut(id) else { return };
        let errand = match letter {
            Letter::Operate { operation, caller, .. } => Errand::Operate(Asked { operation, caller }),
            Letter::Lock { set, at, holder } => Errand::Lock { set, at, holder },
            Letter::Unlock { set, at, holder, hops } => {
                let is_asked = |errand: &Errand| matches!(errand, Errand::Lock { holder: by, .. } if *by == holder);
                if let Some(asked) = slot.take_first(is_asked) {
                    // The request got no further than here, and is taken back.
                    for asker in [asked.asker, Asker::Letter(no)] {
                        self.tell(asker, Reply::Done, &mut Vec::new());
                    }
                    return;
                }
                Errand::Unlock { set, at, holder, hops }
            }
            Letter::Start { .. } | Letter::Raise { .. } | Letter::TaskDone { .. } | Letter::Terminate { .. } => return,
        };
        slot.push(errand, Asker::Letter(no));
    }

    /// An entity was looked up for these.
    pub(in crate::partition) fn entity_loaded(
        &mut self,
        now: Timestamp,
        id: &EntityId,
        found: Found,
        waiting: Vec<Wish>,
        out: &mut Vec<Effect>,
    ) {
        let (head, entity, held): (Option<Head>, Entity, Option<Held>) = match found {
            Found::Nothing => (None, Entity::new(id.clone(), now), None),
            Found::Entity { head, entity } => (Some(*head), *entity, None),
            Found::Damaged { head, damage } => (Some(*head), Entity::new(id.clone(), now), Some(Held::Damaged(damage))),
            Found::Unreadable(why) => {
                return self.unreadable(now, Key::Id(id.instance_id().clone()), waiting, &why, out);
            }
            Found::Instance { .. } => unreachable!("an id with a leading '@' is that of an entity"),
        };
        let no = head.as_ref().map_or_else(|| self.number_instance(), |head| head.no);
        self.entities.insert(Slot::new(no, head, entity));
        if let Some(held) = held {
            self.hold_entity(id, held, out);
        }
        for wish in waiting {
            match wish {
                Wish::Op(reply, op) => self.request(now, reply, op, out),
                Wish::Letter(no, letter) => self.deliver_to_entity(now, no, letter, out),
            }
        }
        self.entities.touch(id);
    }

    /// Signals whose time has come.
    pub(in crate::partition) fn deliver_due(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        while let Some(first) = self.scheduled.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((_, no), letter) = first.remove_entry();
            self.deliver(now, no, letter, out);
        }
    }

    /// Nothing can be done for an entity. Clients who signalled it need not wait for that.
    pub(super) fn hold_entity(&mut self, id: &EntityId, held: Held, out: &mut Vec<Effect>) {
        self.entities.hold(id, held.clone());
        out.push(Effect::Hold { id: id.instance_id().clone(), held });
        self.let_clients_go(id);
    }

    pub(in crate::partition) fn release_entity(&mut self, id: &EntityId, out: &mut Vec<Effect>) {
        if self.entities.release(id) {
            out.push(Effect::Release(id.instance_id().clone()));
        }
    }

    /// What clients asked of an entity that is locked or held goes on as letters.
    pub(super) fn let_clients_go(&mut self, id: &EntityId) {
        let Some(slot) = self.entities.get_mut(id) else { return };
        let (lock, is_held) = (slot.lock(), slot.held.is_some());
        if lock.is_none() && !is_held {
            return;
        }
        let mut left = Vec::new();
        let mut at = 0;
        while let Some(waiting) = slot.inbox.get(at) {
            let goes = matches!(waiting.asker, Asker::Client(_)) && matches!(waiting.errand, Errand::Operate(_));
            match goes && (is_held || !may_go(lock, &waiting.errand)) {
                true => left.extend(slot.take_at(at)),
                false => at += 1,
            }
        }
        for waiting in left {
            if let (Errand::Operate(Asked { operation, .. }), Asker::Client(reply)) = (waiting.errand, waiting.asker) {
                self.post_for(reply, Letter::Operate { to: id.clone(), operation, caller: None, due: None });
            }
        }
    }

    /// Whether an entity is in memory and nothing is under way for it.
    pub(super) fn is_idle(&mut self, id: &EntityId) -> bool {
        self.entities.get_mut(id).is_some_and(|slot| matches!(slot.phase, Phase::Idle) && slot.held.is_none())
    }
}

/// The entity that a letter is for, if it is for one.
pub(in crate::partition) fn addressee(letter: &Letter) -> Option<EntityId> {
    match letter {
        Letter::Operate { to, .. } => Some(to.clone()),
        Letter::Lock { set, at, .. } | Letter::Unlock { set, at, .. } => set.entities().get(*at).cloned(),
        Letter::Start { .. } | Letter::Raise { .. } | Letter::TaskDone { .. } | Letter::Terminate { .. } => None,
    }
}
