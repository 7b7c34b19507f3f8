//! Those who ask: what they asked, and whether what they are told is true at that moment.

use std::collections::BTreeMap;

use kernel::model::{Ended, EntityId, InstanceId, InstanceNo, Payload, Status};
use kernel::partition::{Reply, ReplyTo};

use super::checker::Checker;
use super::ledger::Checked;
use super::marks::{Mark, Marks};
use super::queue::Signal;
use super::store::MemStore;

/// What somebody asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Of which instance.
    pub id: InstanceId,
    /// What.
    pub what: What,
}

/// What can be asked.
#[derive(Debug, Clone)]
pub enum What {
    /// To start it, with this seed, by which the start is known.
    Start(u64),
    /// How it ends, from its start on.
    Watch,
    /// How it ends.
    Wait,
    /// To hear this event.
    Raise(Payload),
    /// To suspend or resume it, for this reason.
    Gate(Payload),
    /// To rewind it, for this reason.
    Rewind(Payload),
    /// To end it, for this reason.
    Terminate(Payload),
    /// To delete it; instances that are not there yet have this number or a higher one.
    Purge(InstanceNo),
    /// The same of an entity.
    Wipe,
    /// To release the lock of an entity.
    Unlock,
    /// To run an operation.
    Signal(Box<Signal>),
    /// To note what a message led to.
    Message(u64),
}

/// What follows from an answer.
#[derive(Debug)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// A start came to nothing.
    StartAgain(InstanceId),
    /// Whoever signals goes on.
    Talk(Signal),
    /// A message was handled, or was not.
    Heard(u64, bool),
}

/// Those who were not answered yet.
#[derive(Debug, Default)]
pub struct Clients {
    asking: BTreeMap<ReplyTo, Ask>,
    /// Who left may still be answered.
    left: BTreeMap<ReplyTo, Ask>,
    next: u64,
}

impl Clients {
    /// Somebody asks.
    pub fn ask(&mut self, id: InstanceId, what: What) -> ReplyTo {
        self.next += 1;
        self.asking.insert(ReplyTo(self.next), Ask { id, what });
        ReplyTo(self.next)
    }

    /// Somebody does not want to know any more; the id that they asked for, if they were not answered.
    pub fn leave(&mut self, reply: ReplyTo) -> Option<InstanceId> {
        let ask = self.asking.remove(&reply)?;
        let id = ask.id.clone();
        self.left.insert(reply, ask);
        Some(id)
    }

    /// The host crashed: nobody will be answered. Gives what they had asked.
    pub fn crash(&mut self) -> Vec<Ask> {
        self.left.clear();
        std::mem::take(&mut self.asking).into_values().collect()
    }

    /// Nobody must wait any more.
    pub fn finish(&self) -> Checked {
        match self.asking.iter().next() {
            Some((reply, ask)) => Err(format!("request {} was never answered: {ask:?}", reply.0)),
            None => Ok(()),
        }
    }

    /// An answer: it must be the only one, and true of what is durable now.
    pub fn answer(
        &mut self,
        store: &MemStore,
        checker: &mut Checker,
        to: ReplyTo,
        reply: &Reply,
        marks: &mut Marks,
    ) -> Result<Next, String> {
        let ask = self.asking.remove(&to).or_else(|| self.left.remove(&to));
        let Some(ask) = ask else { return Err(format!("request {} is answered twice, with {reply:?}", to.0)) };
        match (&ask.what, reply) {
            (What::Start(seed), Reply::Started(_)) => checker.acknowledge(*seed),
            (What::Start(seed), _) => checker.refuse(*seed),
            (What::Raise(_), Reply::Done) => {}
            (What::Raise(input), _) => checker.unheard(input.clone()),
            (What::Signal(signal), Reply::Done) => {
                let is_run = checker.registry.has_run(&signal.token);
                if !is_run && !checker.is_posted(&signal.token) {
                    return Err(format!("{signal:?} is done, and was neither run nor posted"));
                }
                marks.hit(if is_run { Mark::SignalRun } else { Mark::SignalPosted });
                checker.registry.promise(signal.token.clone());
            }
            (What::Signal(signal), _) => checker.registry.refuse(signal.token.clone()),
            (What::Wipe, _) => {
                if let Some(id) = EntityId::of(&ask.id) {
                    checker.registry.wiped(&id);
                }
            }
            _ => {}
        }
        note(&ask.what, reply, marks);
        if is_true(&ask, reply, store, checker) {
            let started = matches!(reply, Reply::Started(_) | Reply::Exists(_));
            return Ok(match ask.what {
                What::Start(_) if !started => Next::StartAgain(ask.id),
                What::Signal(signal) if *reply == Reply::Done => Next::Talk(*signal),
                What::Message(seq) => Next::Heard(seq, *reply == Reply::Done),
                _ => Next::Nothing,
            });
        }
        Err(format!("{ask:?} (request {}) is told {reply:?}, which is not so", to.0))
    }
}

fn note(what: &What, reply: &Reply, marks: &mut Marks) {
    let mark = match (what, reply) {
        (What::Start(_), Reply::Exists(_)) => Mark::IdInUse,
        (What::Start(_), Reply::StorageFull) => Mark::StartWithdrawn,
        (What::Start(_), Reply::Unavailable(_)) => Mark::StartUnavailable,
        (What::Raise(_), Reply::AlreadyEnded(_)) => Mark::EventTooLate,
        (What::Rewind(_), Reply::NotRewindable) => Mark::NotRewindable,
        (What::Rewind(_), Reply::NotFailed(_)) => Mark::RewoundTooEarly,
        (What::Purge(_), Reply::NotEnded(_)) => Mark::PurgedTooEarly,
        (What::Purge(_), Reply::Done) => Mark::Purged,
        (What::Purge(_), Reply::NotFound) => Mark::PurgedNothing,
        _ => return,
    };
    marks.hit(mark);
}

fn is_true(ask: &Ask, reply: &Reply, store: &MemStore, checker: &Checker) -> bool {
    let chain = store.find(&ask.id);
    let ledger = chain.and_then(|chain| checker.ledger(chain.head.no));
    let has_status = |status: Status| chain.is_some_and(|chain| chain.head.status == status);
    match (&ask.what, reply) {
        (_, Reply::StorageFull | Reply::Unavailable(_) | Reply::Unreadable(_)) => true,
        (What::Start(seed), Reply::Started(started)) => {
            &ask.id == started && chain.is_some() && checker.has_started(*seed)
        }
        (What::Start(_) | What::Watch, Reply::Exists(_)) => chain.is_some(),
        (What::Watch | What::Wait, Reply::Ended(ended)) => {
            ledger.is_some_and(|ledger| ledger.ended.as_ref() == Some(ended))
        }
        (What::Start(_), _) => false,
        (What::Signal(_), Reply::TooManyPending) => true,
        (What::Wipe | What::Unlock, Reply::NotFound) => chain.is_none(),
        (What::Wipe | What::Unlock | What::Signal(_) | What::Message(_), reply) => *reply == Reply::Done,
        (What::Rewind(_) | What::Purge(_), Reply::AlreadyEnded(_)) => false,
        (_, Reply::AlreadyEnded(status)) => has_status(*status),
        (_, Reply::NotFound) => chain.is_none(),
        (What::Raise(input), Reply::Done) => checker.has_heard(input),
        (What::Raise(_), Reply::TooManyPending) => true,
        // Whoever wants what is so already is told that it is done.
        (What::Gate(reason), Reply::Done) => {
            ledger.is_some_and(|ledger| ledger.reasons.contains(&*reason.shown())) || chain.is_some()
        }
        (What::Rewind(reason), Reply::Done) => ledger.is_some_and(|ledger| ledger.reasons.contains(&*reason.shown())),
        (What::Terminate(reason), Reply::Done) => {
            ledger.is_some_and(|ledger| ledger.ended == Some(Ended::Terminated(reason.clone())))
        }
        (What::Purge(next), Reply::Done) => chain.is_none_or(|chain| chain.head.no >= *next),
        // What is asked of one that has not ended is refused at once: that need not be durable.
        (What::Rewind(_), Reply::NotFailed(_)) | (What::Purge(_), Reply::NotEnded(_)) => true,
        (What::Rewind(_), Reply::NotRewindable) => has_status(Status::Failed),
        (_, _) => false,
    }
}
