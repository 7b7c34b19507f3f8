//! What the world does to the host: requests, and faults that last.

use kernel::model::{InstanceId, Millis, Payload};
use kernel::partition::{Input, NewId, NewInstance, Op};

use super::clients::Ask;
use super::guest::Native;
use super::ledger::Checked;
use super::marks::Mark;
use super::queue::{Act, Chosen, Curious};
use super::world::Sim;

fn is_made(id: &InstanceId) -> bool {
    id.as_str().starts_with("made-")
}

impl Sim {
    pub(super) fn act(&mut self, act: Act) -> Checked {
        let at = self.at;
        self.trace.line(|| format!("{at} .. {act:?}"));
        match act {
            Act::Start { id, chosen, program, curious } => self.ask_start(&id, chosen, program, curious),
            // Nobody knows an id that the host made and has not told yet.
            Act::Wait(id) | Act::Terminate(id) if is_made(&id) && self.store.find(&id).is_none() => Ok(()),
            Act::Wait(id) => self.ask_wait(id),
            Act::Leave(reply) => match self.clients.leave(reply) {
                Some(id) => {
                    self.marks.hit(Mark::WaiterLeft);
                    self.handle(Input::Left { id, reply })
                }
                None => Ok(()),
            },
            Act::Terminate(id) => {
                self.checker.terminate(id.clone());
                let reply = self.clients.ask(Ask::Terminate { id: id.clone() });
                let reason = Payload::trusted(b"\"enough\"");
                self.handle(Input::Request { reply, op: Op::Terminate { id, reason } })
            }
            Act::Space(space) => {
                self.store.set_space(space);
                Ok(())
            }
            Act::Shake(availability) => {
                self.native.shake(availability);
                Ok(())
            }
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
                let unfinished = self.store.chains().filter(|chain| !chain.head.status.is_terminal());
                let all: Vec<_> = unfinished.map(|chain| chain.head.no).collect();
                if !all.is_empty() {
                    self.store.damage(all[chance % all.len()], chance);
                }
                Ok(())
            }
        }
    }

    fn ask_start(&mut self, id: &InstanceId, chosen: Chosen, program: usize, curious: Curious) -> Checked {
        let seed = self.rng.number();
        let reply = self.clients.ask(Ask::Start { id: id.clone(), seed });
        let watch = match curious {
            Curious::Yes => Some(self.clients.ask(Ask::Watch { id: id.clone() })),
            Curious::No => None,
        };
        let new = NewInstance {
            id: match chosen {
                Chosen::ByCaller => NewId::Given(id.clone()),
                Chosen::ByHost => NewId::Generated(id.clone()),
            },
            name: Native::name(program),
            component: self.program_of(program).home.digest(),
            input: Payload::null(),
            version: None,
            seed,
        };
        self.handle(Input::Request { reply, op: Op::Start { new: Box::new(new), watch } })
    }

    fn ask_wait(&mut self, id: InstanceId) -> Checked {
        let reply = self.clients.ask(Ask::Wait { id: id.clone() });
        if self.rng.happens(400) {
            let at = self.at + self.delay();
            self.plan_act(at, Act::Leave(reply));
        }
        self.handle(Input::Request { reply, op: Op::Wait { id } })
    }
}
