//! The entities that are in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::entity::{Asked, Draft, Errand};
use crate::limits::{ENTITY_WAITING_MAX_BYTES, ENTITY_WAITING_MAX_COUNT};
use crate::model::{ComponentDigest, Entity, EntityId, FunctionName, Head, Holder, InstanceNo};
use crate::orchestration::Held;
use crate::partition::asker::Asker;
use crate::partition::input::BatchNo;

/// An entity in memory.
#[derive(Debug)]
pub(in crate::partition) struct Slot {
    /// Its number, which its first row makes known.
    pub no: InstanceNo,
    /// `None` if it has no row.
    pub head: Option<Head>,
    /// What it is after its newest decided row.
    pub entity: Entity,
    pub phase: Phase,
    /// What waits for it, in order.
    pub inbox: VecDeque<Waiting>,
    /// Why nothing is done for it.
    pub held: Option<Held>,
    /// Payload of what waits.
    bytes: usize,
    /// Its entry in `idle`.
    idle_since: Option<u64>,
}

/// What is under way for an entity.
#[derive(Debug)]
pub(in crate::partition) enum Phase {
    /// Nothing.
    Idle,
    /// A batch.
    Applying(Box<Applying>),
    /// A commit.
    Committing(BatchNo),
}

/// A batch that is run.
#[derive(Debug)]
pub(in crate::partition) struct Applying {
    /// The entity without what comes of the batch.
    pub draft: Draft,
    pub batch: Vec<Asked>,
    /// Who brought the operations, in the same order.
    pub askers: Vec<Asker>,
    /// Who is told beside them.
    pub others: Vec<Asker>,
    /// The component that served the entity when it began.
    pub serving: Option<ComponentDigest>,
}

#[derive(Debug)]
pub(in crate::partition) struct Waiting {
    pub errand: Errand,
    pub asker: Asker,
}

#[derive(Debug, Default)]
pub(in crate::partition) struct Entities {
    slots: BTreeMap<EntityId, Slot>,
    /// Least recently used first.
    idle: BTreeMap<u64, EntityId>,
    held: BTreeSet<EntityId>,
    uses: u64,
}

impl Slot {
    pub fn new(no: InstanceNo, head: Option<Head>, entity: Entity) -> Self {
        let (phase, inbox) = (Phase::Idle, VecDeque::new());
        Self { no, head, entity, phase, inbox, held: None, bytes: 0, idle_since: None }
    }

    /// The lock after all that is decided.
    pub fn lock(&self) -> Option<Holder> {
        match &self.phase {
            Phase::Applying(applying) => applying.draft.entity.lock,
            Phase::Idle | Phase::Committing(_) => self.entity.lock,
        }
    }

    pub fn push(&mut self, errand: Errand, asker: Asker) {
        self.bytes += errand.payload_bytes();
        self.inbox.push_back(Waiting { errand, asker });
    }

    /// Puts what was taken back in front of what came later.
    pub fn push_front(&mut self, waiting: Waiting) {
        self.bytes += waiting.errand.payload_bytes();
        self.inbox.push_front(waiting);
    }

    /// Takes the first that `may` let go.
    pub fn take_first(&mut self, mut may: impl FnMut(&Errand) -> bool) -> Option<Waiting> {
        let at = self.inbox.iter().position(|waiting| may(&waiting.errand))?;
        self.take_at(at)
    }

    pub fn take_at(&mut self, at: usize) -> Option<Waiting> {
        let waiting = self.inbox.remove(at)?;
        self.bytes -= waiting.errand.payload_bytes();
        Some(waiting)
    }

    /// Whether one more signal of a client may wait.
    pub fn has_room(&self) -> bool {
        self.inbox.len() < ENTITY_WAITING_MAX_COUNT && self.bytes < ENTITY_WAITING_MAX_BYTES
    }
}

impl Entities {
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn get_mut(&mut self, id: &EntityId) -> Option<&mut Slot> {
        self.slots.get_mut(id)
    }

    pub fn contains(&self, id: &EntityId) -> bool {
        self.slots.contains_key(id)
    }

    pub fn insert(&mut self, slot: Slot) {
        self.slots.insert(slot.entity.id.clone(), slot);
    }

    /// Notes that nothing is done for an entity until somebody does something.
    pub fn hold(&mut self, id: &EntityId, held: Held) {
        if let Some(slot) = self.slots.get_mut(id) {
            slot.held = Some(held);
            self.held.insert(id.clone());
        }
    }

    /// Lets an entity go on. Says whether it was held.
    pub fn release(&mut self, id: &EntityId) -> bool {
        if let Some(slot) = self.slots.get_mut(id) {
            slot.held = None;
        }
        self.held.remove(id)
    }

    /// Those that are held and that `which` names.
    pub fn held(&self, which: impl Fn(&FunctionName, &Held) -> bool) -> Vec<EntityId> {
        let is_meant = |id: &&EntityId| {
            let held = self.slots.get(*id).and_then(|slot| slot.held.as_ref());
            held.is_some_and(|held| which(&id.name(), held))
        };
        self.held.iter().filter(is_meant).cloned().collect()
    }

    /// Notes that an entity was used and whether it may be evicted now.
    pub fn touch(&mut self, id: &EntityId) {
        let Some(slot) = self.slots.get_mut(id) else { return };
        if let Some(since) = slot.idle_since.take() {
            self.idle.remove(&since);
        }
        if matches!(slot.phase, Phase::Idle) && slot.inbox.is_empty() && slot.held.is_none() {
            self.uses += 1;
            slot.idle_since = Some(self.uses);
            self.idle.insert(self.uses, id.clone());
        }
    }

    /// Lets go of those that were used longest ago, until no more than `max_count` are left.
    pub fn evict(&mut self, max_count: usize) {
        while self.idle.len() > max_count {
            let Some((_, id)) = self.idle.pop_first() else { return };
            self.slots.remove(&id);
        }
    }

    pub fn all_at_rest(&self) -> bool {
        self.slots.values().all(|slot| matches!(slot.phase, Phase::Idle))
    }

    pub fn audit(&self) -> Result<(), String> {
        for (id, slot) in &self.slots {
            let fail = |what: &str| Err(format!("entity {id}: {what}"));
            let may_go = |waiting: &Waiting| crate::entity::may_go(slot.lock(), &waiting.errand);
            match &slot.phase {
                Phase::Idle if slot.held.is_none() && slot.inbox.iter().any(may_go) => {
                    return fail("it is idle and something could be done");
                }
                Phase::Idle | Phase::Applying(_) | Phase::Committing(_) => {}
            }
            if slot.held.is_some() != self.held.contains(id) {
                return fail("whether it is held is not what the table says");
            }
            if slot.bytes != slot.inbox.iter().map(|waiting| waiting.errand.payload_bytes()).sum::<usize>() {
                return fail("its bytes are not those of what waits");
            }
            let is_bound = |waiting: &Waiting| matches!(waiting.asker, Asker::Client(_));
            if (slot.lock().is_some() || slot.held.is_some())
                && slot.inbox.iter().any(|waiting| is_bound(waiting) && !may_go(waiting))
            {
                return fail("a client waits for a lock, although a letter could");
            }
        }
        let idle = self.slots.values().filter(|slot| slot.idle_since.is_some()).count();
        if idle == self.idle.len() { Ok(()) } else { Err("the idle entities are not those of the table".to_owned()) }
    }
}
