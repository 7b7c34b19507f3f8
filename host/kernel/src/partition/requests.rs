//! What clients ask, and what they are told at once.

use super::Partition;
use super::asker::{Asker, Mail, Wish, drop_waiter, op_id};
use super::effect::{Effect, Pick, Reply, Work};
use super::input::{NewId, NewInstance, Op, ReplyTo};
use super::instances::{InPlay, Origin, Phase, Slot};
use crate::limits::PENDING_EVENTS_MAX_COUNT;
use crate::model::{EntityId, Execution, InstanceId, InstanceNo, Play, Started, Timestamp};
use crate::orchestration::{Begun, EngineRules, Gate, Message, Next, Place, State, has_room, start_of};
use crate::port::{Dropped, Key};

/// Tells somebody, and whoever else was to hear of it, that nothing came of a request.
pub(super) fn refuse(reply: ReplyTo, op: &Op, answer: Reply, out: &mut Vec<Effect>) {
    if let Op::Start { watch: Some(watch), .. } = op {
        out.push(Effect::Reply(*watch, answer.clone()));
    }
    out.push(Effect::Reply(reply, answer));
}

impl Partition {
    pub(super) fn request(&mut self, now: Timestamp, reply: ReplyTo, op: Op, out: &mut Vec<Effect>) {
        let is_start = matches!(op, Op::Start { .. });
        if is_start && !self.storage.is_open(now) {
            return refuse(reply, &op, Reply::StorageFull, out);
        }
        match op {
            Op::Start { new, watch } if matches!(new.id, NewId::Generated(_)) => {
                self.start_checked(now, Asker::Client(reply), *new, watch, None, out);
            }
            Op::Signal { .. } | Op::Post { .. } if !self.storage.is_open(now) => {
                out.push(Effect::Reply(reply, Reply::StorageFull));
            }
            Op::Signal { to, operation, due } => self.signal(now, reply, to, operation, due, out),
            Op::Unlock { ref id, .. } => self.entity_errand(now, reply, id.clone(), op, out),
            Op::Post { letters, marks } if letters.is_empty() && marks.is_empty() => {
                out.push(Effect::Reply(reply, Reply::Done));
            }
            Op::Post { letters, marks } => {
                for letter in letters {
                    self.post(None, letter);
                }
                self.commits.mark(reply, marks);
            }
            op if op_id(&op).is_entity() => {
                let id = EntityId::of(op_id(&op)).expect("it was just asked whether it is one");
                self.entity_errand(now, reply, id, op, out);
            }
            op => {
                let wish = Wish::Op(reply, op);
                let key = wish.key();
                match (self.present(&key), wish) {
                    (Some(no), Wish::Op(reply, op)) => self.request_of(now, no, reply, op, out),
                    (_, wish) => self.load(key, Some(wish), out),
                }
            }
        }
    }

    /// A request for an instance in memory.
    fn request_of(&mut self, now: Timestamp, no: InstanceNo, reply: ReplyTo, op: Op, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        let message = match op {
            Op::Start { .. } => return self.id_in_use(no, reply, op, out),
            Op::Wait { .. } => return self.instances.watch(no, reply),
            Op::Purge { .. } | Op::Rewind { .. } if slot.is_ending() => return slot.rivals.push(Wish::Op(reply, op)),
            Op::Purge { .. } => return out.push(Effect::Reply(reply, Reply::NotEnded(slot.status()))),
            Op::Rewind { .. } => return out.push(Effect::Reply(reply, Reply::NotFailed(slot.status()))),
            Op::Raise { .. } if !has_room_for_event(slot) => {
                return out.push(Effect::Reply(reply, Reply::TooManyPending));
            }
            Op::Raise { event, .. } => Message::Raised(event),
            Op::Suspend { reason, .. } => Message::Suspend { reason },
            Op::Resume { reason, .. } => Message::Resume { reason },
            Op::Terminate { reason, reach, .. } => Message::Terminate { reason, reach },
            Op::Signal { .. } | Op::Unlock { .. } | Op::Post { .. } => {
                unreachable!("what is not for an orchestration goes another way")
            }
        };
        let is_resumed = matches!(message, Message::Resume { .. });
        slot.inbox.push(Mail { message, asker: Some(Asker::Client(reply)) });
        self.go_on(now, no, out);
        if is_resumed {
            self.try_again(now, no, out);
        }
    }

    /// Somebody does not want to know any more.
    pub(super) fn leave(&mut self, id: InstanceId, reply: ReplyTo) {
        if let Some(no) = self.instances.find(&id) {
            self.instances.unwatch(no, reply);
        }
        if let Some(loading) = self.loading.get_mut(&Key::Id(id)) {
            drop_waiter(&mut loading.waiting, reply);
        }
        for purging in self.purging.values_mut() {
            drop_waiter(&mut purging.waiting, reply);
        }
    }

    /// Starts an instance of whose id it is known that no living one has it.
    pub(super) fn start_checked(
        &mut self,
        now: Timestamp,
        asker: Asker,
        new: NewInstance,
        watch: Option<ReplyTo>,
        replaces: Option<Dropped>,
        out: &mut Vec<Effect>,
    ) {
        let id = new.id.as_id().clone();
        if let (Some(no), Asker::Client(reply)) = (self.instances.find(&id), asker) {
            // Another start that waited for the same load came first.
            return self.id_in_use(no, reply, Op::Start { new: Box::new(new), watch }, out);
        }
        let no = InstanceNo(self.next_no);
        self.next_no += 1;
        let pick = match asker {
            Asker::Letter(_) => Pick::OwnFirst,
            Asker::Client(_) => Pick::Pinned,
        };
        let parent = new.spec.parent.clone();
        let started = started(id.clone(), new, now);
        let (start, component) = (Box::new(start_of(&started, now, Play::New)), started.component);
        let begun = Begun::start(started, now);
        let next = begun.next;
        let turn = InPlay { state: State::New, begun, asked: Vec::new(), place: Place::Next };
        let mut slot = Slot::new(id, Phase::Playing(turn));
        slot.watchers.extend(watch);
        slot.origin = Some(Origin { asker, parent, replaces });
        self.instances.insert(no, slot);
        match next {
            Next::First => out.push(Effect::Play { no, work: Work::First { component, pick, start } }),
            Next::Nothing | Next::Record | Next::Turn => self.record(now, no, out),
        }
    }

    /// Refuses a start because its id is in use, but not before that is durable: until then the one that came first may
    /// still come to nothing, and so would the answer. A start may take over the id of one that is about to end.
    fn id_in_use(&mut self, no: InstanceNo, reply: ReplyTo, op: Op, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        if slot.origin.is_some() || slot.is_ending() {
            slot.rivals.push(Wish::Op(reply, op));
        } else {
            refuse(reply, &op, Reply::Exists(slot.status()), out);
        }
    }

    /// Lets those ask again who waited for what becomes of another one's start or end.
    pub(super) fn ask_again(&mut self, now: Timestamp, waiting: Vec<Wish>, out: &mut Vec<Effect>) {
        for wish in waiting {
            match wish {
                Wish::Op(reply, op) => self.request(now, reply, op, out),
                Wish::Letter(no, letter) => self.deliver(now, no, letter, out),
            }
        }
    }
}

/// Whether one more event may wait for an instance.
pub(super) fn has_room_for_event(slot: &Slot) -> bool {
    match &slot.phase {
        Phase::Idle(live) if live.gate == Gate::Closed || live.turns == 0 || slot.held.is_some() => {
            has_room(live, slot.inbox.len())
        }
        _ => slot.inbox.len() < PENDING_EVENTS_MAX_COUNT,
    }
}

fn started(id: InstanceId, new: NewInstance, now: Timestamp) -> Started {
    Started {
        id,
        execution: Execution::FIRST,
        created: now,
        component: new.component,
        seed: new.seed,
        rules: EngineRules::CURRENT.0,
        spec: new.spec,
    }
}
