//! What comes to entities from outside: clients who talk to them, messages that come again, and operators.

use std::collections::BTreeSet;

use kernel::codec::open_entity;
use kernel::model::{Afresh, EntityId, InstanceId, Letter, Millis, Operation};
use kernel::orchestration::Held;
use kernel::partition::{Input, Op};
use kernel::port::{Mark as Marked, Reader};

use super::acts::spec;
use super::clients::What;
use super::entity::{Deed, any_entity};
use super::ledger::Checked;
use super::marks::Mark;
use super::program::name;
use super::queue::{Act, Request, Signal, Whom};
use super::world::Sim;

/// Messages that come from outside, again and again until they are known to be handled.
#[derive(Debug, Default)]
pub struct Messages {
    handled: BTreeSet<u64>,
    under_way: BTreeSet<u64>,
    count: u64,
}

/// Where the messages come from.
const SOURCE: &str = "stream";

impl Sim {
    /// Plans what clients, messages and operators will do with entities.
    pub(super) fn plan_entities(&mut self) {
        let events = self.profile.events.clone();
        for talk in 0..events.talks {
            let more = if self.rng.happens(400) { 1 + self.rng.below(4) } else { 0 };
            let signal = Signal {
                token: format!("talk{talk}.0"),
                to: any_entity(&mut self.rng),
                deed: Deed::any(&mut self.rng),
                ahead: (more == 0 && self.rng.happens(250)).then(|| Millis(self.rng.below(4_000))),
                more,
            };
            self.plan_some(Act::Signal(signal));
        }
        for seq in 0..events.messages {
            // A message may come more than once.
            for _ in 0..1 + self.rng.below(3) {
                self.plan_some(Act::Message(seq));
            }
        }
        self.messages.count = events.messages;
        for _ in 0..events.wipes {
            let id = any_entity(&mut self.rng);
            self.plan_some(Act::Ask(Whom::Named(id.instance_id().clone()), Request::Purge));
        }
    }

    /// A client signals an entity.
    pub(super) fn signal(&mut self, signal: Signal) -> Checked {
        let Signal { token, to, deed, ahead, .. } = signal.clone();
        self.checker.registry.signal(token.clone(), to.clone(), deed.clone());
        let operation = Operation { name: deed.name(), input: deed.input(&token), seed: self.rng.number() };
        let due = ahead.map(|ahead| self.now() + ahead);
        let reply = self.clients.ask(to.instance_id().clone(), What::Signal(Box::new(signal)));
        self.handle(Input::Request { reply, op: Op::Signal { to, operation, due } })
    }

    /// A client reads an entity.
    pub(super) fn read(&mut self, id: &EntityId) -> Checked {
        let row = self.store.find(id.instance_id()).and_then(|chain| chain.rows.last());
        let entity = row.map(open_entity).transpose().map_err(|damage| damage.to_string())?;
        self.checker.registry.read(id, entity.as_ref());
        Ok(())
    }

    /// Whoever talks goes on, now that they know that they were heard.
    pub(super) fn talk_on(&mut self, signal: Signal) {
        let Some((talk, count)) = signal.token.split_once('.').filter(|_| signal.more > 0) else { return };
        let count: u64 = count.parse().expect("it was written as a number");
        let token = format!("{talk}.{}", count + 1);
        let next = Signal { token, deed: Deed::any(&mut self.rng), more: signal.more - 1, ..signal };
        let at = self.at + self.delay();
        self.plan_act(at, Act::Signal(next));
    }

    /// A message comes. If it is marked it was handled; if it is being handled it is left alone.
    pub(super) fn message(&mut self, seq: u64) -> Checked {
        if self.store.is_marked(SOURCE, seq).map_err(|error| error.to_string())? || self.messages.handled.contains(&seq)
        {
            self.marks.hit(Mark::MarkSeenAgain);
            self.messages.handled.insert(seq);
            return Ok(());
        }
        if !self.messages.under_way.insert(seq) {
            return Ok(());
        }
        let letters = (0..1 + seq % 2).map(|part| {
            let (to, deed) = (any_entity(&mut self.rng), Deed::any(&mut self.rng));
            // What a message leads to is the same however often it is handled: at most one of these is durable.
            let token = format!("message-{seq}-{part}");
            self.checker.registry.signal(token.clone(), to.clone(), deed.clone());
            let operation = Operation { name: deed.name(), input: deed.input(&token), seed: self.rng.number() };
            Letter::Operate { to, operation, caller: None, due: None }
        });
        let mut letters: Vec<_> = letters.collect();
        if seq % 3 == 2 {
            letters.extend(self.started_by(seq));
        }
        let first_open = (0..self.messages.count).find(|seq| !self.messages.handled.contains(seq)).unwrap_or(0);
        let marks = vec![Marked { source: SOURCE.to_owned(), seq, floor: first_open }];
        let reply = self.clients.ask(InstanceId::parse("message").expect("it is an id"), What::Message(seq));
        self.handle(Input::Request { reply, op: Op::Post { letters, marks } })
    }

    /// What a message starts.
    fn started_by(&mut self, seq: u64) -> Option<Letter> {
        let own = self.native.serving(&name(0))?;
        let seed = self.rng.number();
        self.checker.start(seed);
        let id = InstanceId::parse(&format!("{SOURCE}-{seq}")).expect("it is an id");
        Some(Letter::Start { id, after: Afresh::Always, own, seed, spec: Box::new(spec(0)) })
    }

    /// A message was not handled, or nobody knows: it comes again.
    pub(super) fn message_again(&mut self, seq: u64) {
        self.messages.under_way.remove(&seq);
        let at = self.at + 500 + self.delay();
        self.plan_act(at, Act::Message(seq));
    }

    /// A message is known to be handled.
    pub(super) fn message_done(&mut self, seq: u64) {
        self.messages.under_way.remove(&seq);
        self.messages.handled.insert(seq);
    }

    /// Tries again what is held.
    pub(super) fn mend(&mut self) -> Checked {
        self.handle(Input::Deployed(self.native.served()))?;
        self.handle(Input::Retry)
    }

    /// What operators must do for entities so that everything comes to its end.
    pub(super) fn wanted_by_entities(&self) -> Vec<Act> {
        let mut wanted = Vec::new();
        for (id, held) in self.checker.all_held().filter(|(id, _)| id.is_entity()) {
            wanted.push(match held {
                Held::Damaged(_) => Act::Ask(Whom::Named(id.clone()), Request::Purge),
                Held::Diverged(_) | Held::Unavailable(_) | Held::Blob { .. } => Act::Mend,
            });
        }
        let is_alive = |no| self.checker.ledger(no).is_some_and(|ledger| ledger.ended.is_none());
        let orphans = self.checker.registry.locks().filter(|(_, holder)| !is_alive(holder.no));
        let release = |id: &EntityId| Act::Ask(Whom::Named(id.instance_id().clone()), Request::Unlock);
        wanted.extend(orphans.map(|(id, _)| release(id)));
        wanted
    }
}
