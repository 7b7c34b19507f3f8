//! What clients ask, and what they are told at once.

use super::Partition;
use super::effect::{Effect, Reply, Work};
use super::input::{NewId, NewInstance, Op, ReplyTo};
use super::instances::{Origin, Phase, Slot, drop_waiter};
use crate::model::{Execution, InstanceId, InstanceNo, Payload, Play, Started, Status, Timestamp};
use crate::orchestration::{Begun, EngineRules, Message, State, start_of};
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
        match op {
            Op::Start { .. } if !self.storage.is_open(now) => refuse(reply, &op, Reply::StorageFull, out),
            Op::Start { new, watch } => match &new.id {
                NewId::Generated(_) => self.start_checked(now, reply, *new, watch, None, out),
                NewId::Given(id) => match self.instances.find(id) {
                    Some(no) => self.id_in_use(no, reply, Op::Start { new, watch }, out),
                    None => {
                        let key = Key::Id(id.clone());
                        self.load(key, Some((reply, Op::Start { new, watch })), out);
                    }
                },
            },
            Op::Wait { id } => match self.instances.find(&id) {
                Some(no) => self.instances.watch(no, reply),
                None => self.load(Key::Id(id.clone()), Some((reply, Op::Wait { id })), out),
            },
            Op::Terminate { id, reason } => match self.instances.find(&id) {
                Some(no) => self.terminate(now, no, reply, reason, out),
                None => self.load(Key::Id(id.clone()), Some((reply, Op::Terminate { id, reason })), out),
            },
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
    }

    /// Starts an instance of whose id it is known that no living one has it.
    pub(super) fn start_checked(
        &mut self,
        now: Timestamp,
        reply: ReplyTo,
        new: NewInstance,
        watch: Option<ReplyTo>,
        replaces: Option<Dropped>,
        out: &mut Vec<Effect>,
    ) {
        let (NewId::Given(id) | NewId::Generated(id)) = &new.id;
        if let Some(no) = self.instances.find(id) {
            // Another start that waited for the same load came first.
            return self.id_in_use(no, reply, Op::Start { new: Box::new(new), watch }, out);
        }
        let no = InstanceNo(self.next_no);
        self.next_no += 1;
        let started = started(id.clone(), &new);
        let start = Box::new(start_of(&started, now, Play::New));
        let begun = Begun::start(started, now);
        let mut slot = Slot::new(id.clone(), Phase::Playing { state: State::New, begun });
        slot.watchers.extend(watch);
        slot.origin = Some(Origin { reply, replaces });
        self.instances.insert(no, slot);
        out.push(Effect::Play { no, work: Work::First { component: new.component, start } });
    }

    /// Refuses a start because its id is in use, but not before that is durable: until then the one that came first may
    /// still come to nothing, and so would the answer.
    fn id_in_use(&mut self, no: InstanceNo, reply: ReplyTo, op: Op, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        match slot.origin {
            Some(_) => slot.rivals.push((reply, op)),
            None => refuse(reply, &op, Reply::Exists(Status::Running), out),
        }
    }

    /// Lets those ask again who waited for what becomes of another one's start.
    pub(super) fn ask_again(&mut self, now: Timestamp, waiting: Vec<(ReplyTo, Op)>, out: &mut Vec<Effect>) {
        for (reply, op) in waiting {
            self.request(now, reply, op, out);
        }
    }

    fn terminate(&mut self, now: Timestamp, no: InstanceNo, reply: ReplyTo, reason: Payload, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        slot.terminators.push(reply);
        slot.inbox.push(Message::Terminate { reason });
        self.go_on(now, no, out);
    }
}

fn started(id: InstanceId, new: &NewInstance) -> Started {
    Started {
        id,
        execution: Execution::FIRST,
        name: new.name.clone(),
        component: new.component,
        version: new.version.clone(),
        parent: None,
        seed: new.seed,
        rules: EngineRules::CURRENT.0,
        input: new.input.clone(),
    }
}
