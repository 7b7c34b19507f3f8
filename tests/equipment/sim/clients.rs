//! Those who ask: what they asked, and whether what they are told is true at that moment.

use std::collections::BTreeMap;

use kernel::model::{InstanceId, Status};
use kernel::partition::{Reply, ReplyTo};

use super::checker::Checker;
use super::ledger::Checked;
use super::marks::{Mark, Marks};
use super::store::MemStore;

/// What somebody asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// To start an instance.
    Start {
        /// Under this id.
        id: InstanceId,
        /// With this seed, by which the start is known.
        seed: u64,
    },
    /// How an instance ends, from its start on.
    Watch {
        /// Its id.
        id: InstanceId,
    },
    /// How an instance ends.
    Wait {
        /// Its id.
        id: InstanceId,
    },
    /// To end an instance.
    Terminate {
        /// Its id.
        id: InstanceId,
    },
}

impl Ask {
    fn id(&self) -> &InstanceId {
        match self {
            Self::Start { id, .. } | Self::Watch { id } | Self::Wait { id } | Self::Terminate { id } => id,
        }
    }
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
    pub fn ask(&mut self, ask: Ask) -> ReplyTo {
        self.next += 1;
        self.asking.insert(ReplyTo(self.next), ask);
        ReplyTo(self.next)
    }

    /// Somebody does not want to know any more; the id that they asked for, if they were not answered.
    pub fn leave(&mut self, reply: ReplyTo) -> Option<InstanceId> {
        let ask = self.asking.remove(&reply)?;
        let id = ask.id().clone();
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
    ) -> Checked {
        let ask = self.asking.remove(&to).or_else(|| self.left.remove(&to));
        let Some(ask) = ask else { return Err(format!("request {} is answered twice, with {reply:?}", to.0)) };
        if let Ask::Start { seed, .. } = &ask {
            match reply {
                Reply::Started(_) => checker.acknowledge(*seed),
                _ => checker.refuse(*seed),
            }
            match reply {
                Reply::Exists(_) => marks.hit(Mark::IdInUse),
                Reply::StorageFull => marks.hit(Mark::StartWithdrawn),
                Reply::Unavailable(_) => marks.hit(Mark::StartUnavailable),
                _ => {}
            }
        }
        if is_true(&ask, reply, store, checker) {
            return Ok(());
        }
        Err(format!("{ask:?} (request {}) is told {reply:?}, which is not so", to.0))
    }
}

fn is_true(ask: &Ask, reply: &Reply, store: &MemStore, checker: &Checker) -> bool {
    let chain = store.find(ask.id());
    let ledger = chain.and_then(|chain| checker.ledger(chain.head.no));
    let has_status = |status: Status| chain.is_some_and(|chain| chain.head.status == status);
    match (ask, reply) {
        (Ask::Start { id, seed }, Reply::Started(started)) => {
            id == started && ledger.is_some_and(|ledger| ledger.started.seed == *seed)
        }
        (Ask::Start { .. } | Ask::Watch { .. }, Reply::Exists(_)) => chain.is_some(),
        (Ask::Watch { .. } | Ask::Wait { .. }, Reply::Ended(ended)) => {
            ledger.is_some_and(|ledger| ledger.ended.as_ref() == Some(ended))
        }
        (Ask::Watch { .. } | Ask::Wait { .. } | Ask::Terminate { .. }, Reply::AlreadyEnded(status)) => {
            has_status(*status)
        }
        (Ask::Terminate { .. }, Reply::Terminated) => has_status(Status::Terminated),
        (Ask::Wait { .. } | Ask::Terminate { .. }, Reply::NotFound) => chain.is_none(),
        (_, Reply::StorageFull | Reply::Unavailable(_) | Reply::Unreadable(_)) => true,
        (_, _) => false,
    }
}
