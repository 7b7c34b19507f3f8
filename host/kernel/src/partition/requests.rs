//! What clients ask, and what they are told at once.

use super::Partition;
use super::effect::{Effect, Reply, Work};
use super::input::{NewId, NewInstance, Op, ReplyTo};
use super::instances::{Origin, Phase, Slot};
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
                NewId::Given(id) if self.instances.find(id).is_some() => {
                    refuse(reply, &Op::Start { new, watch }, Reply::Exists(Status::Running), out);
                }
                NewId::Given(id) => {
                    let key = Key::Id(id.clone());
                    self.load(key, Some((reply, Op::Start { new, watch })), out);
                }
            },
            Op::Wait { id } => match self.instances.find(&id).and_then(|no| self.instances.get_mut(no)) {
                Some(slot) => slot.watchers.push(reply),
                None => self.load(Key::Id(id.clone()), Some((reply, Op::Wait { id })), out),
            },
            Op::Terminate { id, reason } => match self.instances.find(&id) {
                Some(no) => self.terminate(now, no, reply, reason, out),
                None => self.load(Key::Id(id.clone()), Some((reply, Op::Terminate { id, reason })), out),
            },
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
        if self.instances.find(id).is_some() {
            // Another start that waited for the same load came first.
            let op = Op::Start { new: Box::new(new), watch };
            return refuse(reply, &op, Reply::Exists(Status::Running), out);
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
