//! Instances on their way into memory, and what waits for them.

use super::Partition;
use super::asker::{Asker, Wish};
use super::effect::{Depth, Effect, Reply};
use super::input::{Found, LoadNo, NewId, NewInstance, Op};
use super::instances::{Phase, Slot};
use crate::codec::Damage;
use crate::limits::STORAGE_RETRY_MS;
use crate::model::{EntityId, Head, Letter, Millis, Status, Timestamp};
use crate::orchestration::{Held, Live, State, TaskPhase};
use crate::port::{Dropped, Key};

/// A load that is under way.
#[derive(Debug)]
pub(super) struct Loading {
    no: LoadNo,
    depth: Depth,
    /// What was asked of the instance meanwhile, in order.
    pub waiting: Vec<Wish>,
}

impl Partition {
    /// Asks for an instance, or joins those who already did.
    pub(super) fn load(&mut self, key: Key, wanted: Option<Wish>, out: &mut Vec<Effect>) {
        if let Some(loading) = self.loading.get_mut(&key) {
            loading.waiting.extend(wanted);
            return;
        }
        self.begin_load(key, wanted.into_iter().collect(), out);
    }

    /// Whether one more instance may be loaded because its time has come.
    pub(super) fn may_load_due(&self) -> bool {
        self.loading.len() < self.tuning.due_loads_max_count
    }

    pub(super) fn loaded(&mut self, now: Timestamp, key: Key, load: LoadNo, found: Found, out: &mut Vec<Effect>) {
        if self.loading.get(&key).is_none_or(|loading| loading.no != load) {
            return;
        }
        let Some(Loading { depth, waiting, .. }) = self.loading.remove(&key) else { return };
        let (no, ended) = match &found {
            Found::Instance { head, state } => (Some(head.no), state.ended()),
            Found::Entity { .. } => (None, None),
            Found::Damaged { head, .. } => (Some(head.no), None),
            Found::Nothing | Found::Unreadable(_) => (None, None),
        };
        let is_stale = no.is_some_and(|no| self.instances.is_stale(no, load));
        let is_shallow = ended == Some(Status::Failed) && depth < wanted_depth(&waiting);
        if is_stale || is_shallow {
            return self.begin_load(key, waiting, out);
        }
        self.note_loads();
        if let Key::Id(id) = &key
            && let Some(id) = EntityId::of(id)
        {
            return self.entity_loaded(now, &id, found, waiting, out);
        }
        match found {
            Found::Entity { .. } => unreachable!("an id without a leading '@' is not that of an entity"),
            Found::Nothing => self.not_found(now, waiting, out),
            Found::Unreadable(why) => self.unreadable(now, key, waiting, &why, out),
            Found::Instance { head, state: State::Live(live) } => {
                let no = head.no;
                if !self.instances.contains(no) {
                    self.admit(*head, live, out);
                    self.go_on(now, no, out);
                }
                self.ask_again(now, waiting, out);
            }
            Found::Instance { head, state } => self.has_ended(now, &head, &state, waiting, out),
            Found::Damaged { head, damage } if head.status.is_terminal() => {
                self.has_ended_damaged(now, &head, damage, waiting, out);
            }
            Found::Damaged { head, damage } => {
                if !self.instances.contains(head.no) {
                    let (no, id) = (head.no, head.id.clone());
                    let held = Held::Damaged(damage);
                    let mut slot = Slot::new(id.clone(), Phase::Damaged);
                    slot.held = Some(held.clone());
                    slot.head = Some(*head);
                    self.instances.insert(no, slot);
                    out.push(Effect::Hold { id, held });
                }
                self.ask_again(now, waiting, out);
            }
        }
    }

    /// Takes an instance in. Activities that should run are run: an instance leaves memory only when none does, so these
    /// were running when the host stopped. Children look after themselves.
    fn admit(&mut self, head: Head, live: Live, out: &mut Vec<Effect>) {
        let running = live.tasks.iter().filter(|(_, open)| open.phase == TaskPhase::Running);
        out.extend(running.filter_map(|(task, open)| super::tasks::run(&head, &live.started, *task, open)));
        let (no, wake) = (head.no, live.wake_at());
        let mut slot = Slot::new(head.id.clone(), Phase::Idle(live));
        slot.head = Some(head);
        self.instances.insert(no, slot);
        self.instances.set_wake(no, wake);
        self.instances.touch(no);
    }

    fn not_found(&mut self, now: Timestamp, waiting: Vec<Wish>, out: &mut Vec<Effect>) {
        for wish in waiting {
            // An instance of that name may have been started by one of those before.
            match (self.find(&wish.key()), wish) {
                (Some(_), wish) => self.ask_again(now, vec![wish], out),
                (None, Wish::Op(reply, Op::Start { new, watch })) => {
                    self.start_checked(now, Asker::Client(reply), *new, watch, None, out);
                }
                (None, Wish::Op(reply, _)) => out.push(Effect::Reply(reply, Reply::NotFound)),
                (None, Wish::Letter(no, letter)) => self.letter_to_nobody(now, no, letter, None, out),
            }
        }
    }

    fn has_ended(&mut self, now: Timestamp, head: &Head, state: &State, waiting: Vec<Wish>, out: &mut Vec<Effect>) {
        for wish in waiting {
            if let Some(purging) = self.purging.get_mut(&head.no) {
                purging.waiting.push(wish);
                continue;
            }
            match (self.find(&Key::Id(head.id.clone())), wish) {
                (Some(_), wish) => self.ask_again(now, vec![wish], out),
                (None, Wish::Op(reply, Op::Start { new, watch })) => {
                    let replaces = Some(Dropped { no: head.no, last: head.last });
                    self.start_checked(now, Asker::Client(reply), *new, watch, replaces, out);
                }
                (None, Wish::Op(reply, Op::Rewind { reason, .. })) => {
                    let refused = self.rewind(Asker::Client(reply), head, state, reason, now, out).err();
                    out.extend(refused.map(|refusal| Effect::Reply(reply, refusal)));
                }
                (None, Wish::Op(reply, Op::Purge { .. })) => self.purge(head, reply),
                (None, Wish::Op(reply, _)) => out.push(Effect::Reply(reply, Reply::AlreadyEnded(head.status))),
                (None, Wish::Letter(no, letter)) => self.letter_to_nobody(now, no, letter, Some((head, state)), out),
            }
        }
    }

    /// An instance that has ended and whose history is damaged: it can be seen, deleted and replaced, but not rewound.
    fn has_ended_damaged(
        &mut self,
        now: Timestamp,
        head: &Head,
        damage: Damage,
        waiting: Vec<Wish>,
        out: &mut Vec<Effect>,
    ) {
        let why = Held::Damaged(damage).to_string();
        let (rewinds, others) = waiting.into_iter().partition(|wish| matches!(wish, Wish::Op(_, Op::Rewind { .. })));
        for wish in rewinds {
            if let Wish::Op(reply, op) = wish {
                super::requests::refuse(reply, &op, Reply::Unavailable(why.clone()), out);
            }
        }
        self.has_ended(now, head, &State::Ended(head.status), others, out);
    }

    pub(super) fn unreadable(
        &mut self,
        now: Timestamp,
        key: Key,
        waiting: Vec<Wish>,
        why: &str,
        out: &mut Vec<Effect>,
    ) {
        for wish in waiting {
            match wish {
                Wish::Op(reply, op) => super::requests::refuse(reply, &op, Reply::Unreadable(why.to_owned()), out),
                Wish::Letter(no, letter) => self.undelivered.push((now + Millis(STORAGE_RETRY_MS), no, letter)),
            }
        }
        // What was to be woken, or to run again after a restart, still is.
        if let Key::No(no) = key {
            self.instances.remember_wake(now + Millis(STORAGE_RETRY_MS), no);
        }
    }

    fn begin_load(&mut self, key: Key, waiting: Vec<Wish>, out: &mut Vec<Effect>) {
        let no = self.next_load;
        self.next_load = LoadNo(no.0 + 1);
        let depth = wanted_depth(&waiting);
        self.loading.insert(key.clone(), Loading { no, depth, waiting });
        self.note_loads();
        out.push(Effect::Load(key, no, depth));
    }

    fn note_loads(&mut self) {
        let oldest = self.loading.values().map(|loading| loading.no).min();
        self.instances.note_loads(self.next_load, oldest);
    }
}

/// How much is to be read for these.
fn wanted_depth(waiting: &[Wish]) -> Depth {
    let rewinds = waiting.iter().any(|wish| match wish {
        Wish::Op(_, Op::Rewind { .. }) => true,
        Wish::Letter(_, Letter::Start { after, .. }) => *after == crate::model::Afresh::UnlessRewound,
        _ => false,
    });
    if rewinds { Depth::History } else { Depth::Status }
}

/// The instance that a letter starts.
pub(super) fn child(letter: Letter) -> Option<NewInstance> {
    match letter {
        Letter::Start { id, own, seed, spec, .. } => {
            Some(NewInstance { id: NewId::Given(id), component: own, seed, spec: *spec })
        }
        _ => None,
    }
}
