//! What the world does to the host: requests, and faults that last.

use kernel::model::{EntityId, EventName, InstanceId, Millis, Payload, Raised, Reach, StartSpec, Status, Tags};
use kernel::partition::{Input, NewId, NewInstance, Op};
use kernel::port::Reader;

use super::blobs::payload;
use super::clients::What;
use super::ledger::Checked;
use super::marks::Mark;
use super::program::name;
use super::queue::{Act, Chosen, Curious, Request, Start, Whom};
use super::world::Sim;

fn is_made(id: &InstanceId) -> bool {
    id.as_str().starts_with("made-")
}

impl Sim {
    pub(super) fn act(&mut self, act: Act) -> Checked {
        let at = self.at;
        self.trace.line(|| format!("{at} .. {act:?}"));
        match act {
            Act::Start(start) => self.ask_start(start),
            Act::Ask(whom, request) => match self.whom(whom) {
                Some(id) => self.ask(id, request),
                None => Ok(()),
            },
            Act::Leave(reply) => match self.clients.leave(reply) {
                Some(id) => {
                    self.marks.hit(Mark::WaiterLeft);
                    self.handle(Input::Left { id, reply })
                }
                None => Ok(()),
            },
            Act::Space(space) => {
                self.store.set_space(space);
                Ok(())
            }
            Act::Shake(availability) => {
                self.native.shake(availability);
                Ok(())
            }
            Act::Release => {
                self.native.release();
                self.handle(Input::Deployed(self.native.served()))
            }
            Act::Signal(signal) => self.signal(signal),
            Act::Read(id) => self.read(&id),
            Act::Message(seq) => self.message(seq),
            Act::Lose(chance) => {
                self.blobs.lose(chance);
                Ok(())
            }
            Act::Restore => {
                self.blobs.restore();
                self.handle(Input::Retry)
            }
            Act::Sweep => {
                let store = &self.store;
                let is_referred_to = |digest| store.is_referred_to(digest).unwrap_or(true);
                if self.blobs.sweep(at, is_referred_to) > 0 {
                    self.marks.hit(Mark::BlobSwept);
                }
                Ok(())
            }
            Act::Mend => self.mend(),
            Act::Forward(Millis(length)) => {
                self.shift_wall(|wall| wall + length);
                Ok(())
            }
            Act::Back(Millis(length)) => {
                self.shift_wall(|wall| wall - length);
                Ok(())
            }
            Act::Damage => {
                let chance = self.rng.index(1 << 20);
                let may_go_on = |status: Status| status == Status::Failed || !status.is_terminal();
                let all = self.store.chains().map(|chain| &chain.head).filter(|head| may_go_on(head.status));
                let all: Vec<_> = all.map(|head| head.no).collect();
                if !all.is_empty() {
                    self.store.damage(all[chance % all.len()], chance);
                }
                Ok(())
            }
        }
    }

    fn whom(&self, whom: Whom) -> Option<InstanceId> {
        match whom {
            // Nobody knows an id that the host made and has not told yet.
            Whom::Named(id) if is_made(&id) && self.store.find(&id).is_none() => None,
            Whom::Named(id) => Some(id),
            Whom::Any(chance) => self.any(chance, |_| true),
            Whom::Failed(chance) => self.any(chance, |status| status == Status::Failed),
        }
    }

    fn any(&self, chance: u64, is_it: impl Fn(Status) -> bool) -> Option<InstanceId> {
        let all: Vec<_> = self.store.chains().map(|chain| &chain.head).filter(|head| is_it(head.status)).collect();
        let count = all.len().max(1) as u64;
        Some(all.get(usize::try_from(chance % count).expect("it is an index"))?.id.clone())
    }

    fn ask_start(&mut self, start: Start) -> Checked {
        let Start { id, chosen, program, curious, ahead } = start;
        let Some(component) = self.native.serving(&name(program)) else { return Ok(()) };
        let seed = self.rng.number();
        self.checker.start(seed);
        let reply = self.clients.ask(id.clone(), What::Start(seed));
        let watch = match curious {
            Curious::Yes => Some(self.clients.ask(id.clone(), What::Watch)),
            Curious::No => None,
        };
        let start_at = ahead.map(|ahead| self.now() + ahead);
        let spec = StartSpec { start_at, ..spec(program) };
        let id = match chosen {
            Chosen::ByCaller => NewId::Given(id),
            Chosen::ByHost => NewId::Generated(id),
        };
        let new = Box::new(NewInstance { id, component, seed, spec });
        self.handle(Input::Request { reply, op: Op::Start { new, watch } })
    }

    /// Something is asked of an entity.
    fn ask_entity(&mut self, id: EntityId, request: Request) -> Checked {
        let instance = id.instance_id().clone();
        let (what, op) = match request {
            Request::Purge => {
                self.checker.registry.wipe(id);
                (What::Wipe, Op::Purge { id: instance.clone() })
            }
            Request::Unlock => {
                let Some(holder) = self.checker.registry.lock(&id) else { return Ok(()) };
                self.marks.hit(Mark::LockFreed);
                self.checker.registry.free(id.clone(), holder);
                (What::Unlock, Op::Unlock { id, holder })
            }
            _ => return Ok(()),
        };
        let reply = self.clients.ask(instance, what);
        self.handle(Input::Request { reply, op })
    }

    fn ask(&mut self, id: InstanceId, request: Request) -> Checked {
        if let Some(id) = EntityId::of(&id) {
            return self.ask_entity(id, request);
        }
        // No two requests say the same, so that it can be seen what became of each.
        self.said += 1;
        let reason = |word: &str| Payload::trusted(format!("\"{word}.{}\"", self.said).as_bytes());
        let (what, op) = match request {
            Request::Wait => return self.ask_wait(id),
            Request::Unlock => return Ok(()),
            Request::Raise(event) => {
                let input = payload(&reason("c").shown(), self.said);
                let name = EventName::parse(&format!("go{event}")).expect("it is a name");
                let event = Raised { name, input: input.clone() };
                (What::Raise(input), Op::Raise { id: id.clone(), event })
            }
            Request::Suspend => {
                let reason = reason("stop");
                (What::Gate(reason.clone()), Op::Suspend { id: id.clone(), reason })
            }
            Request::Resume => {
                let reason = reason("go");
                (What::Gate(reason.clone()), Op::Resume { id: id.clone(), reason })
            }
            Request::Terminate(reach) => {
                let reason = reason(if reach == Reach::Children { "all" } else { "alone" });
                self.checker.terminate(&reason);
                (What::Terminate(reason.clone()), Op::Terminate { id: id.clone(), reason, reach })
            }
            Request::Rewind => {
                let reason = reason("again");
                (What::Rewind(reason.clone()), Op::Rewind { id: id.clone(), reason })
            }
            Request::Purge => {
                self.checker.purge(id.clone());
                (What::Purge(self.store.next_no()), Op::Purge { id: id.clone() })
            }
        };
        let reply = self.clients.ask(id, what);
        self.handle(Input::Request { reply, op })
    }

    fn ask_wait(&mut self, id: InstanceId) -> Checked {
        let reply = self.clients.ask(id.clone(), What::Wait);
        if self.rng.happens(400) {
            let at = self.at + self.delay();
            self.plan_act(at, Act::Leave(reply));
        }
        self.handle(Input::Request { reply, op: Op::Wait { id } })
    }
}

/// What a client starts a program with.
pub fn spec(program: usize) -> StartSpec {
    StartSpec {
        name: name(program),
        input: Payload::null(),
        version: None,
        tags: Tags::default(),
        trace: None,
        start_at: None,
        parent: None,
    }
}
