//! Critical sections of programs, as data.

use kernel::model::{EntityId, LockSet, Millis};

use super::entity::{Deed, any_entity, entity_id};
use super::program::{Ask, OnFailure};
use super::rng::Rng;

/// A critical section.
#[derive(Debug, Clone)]
pub struct Section {
    /// The entities.
    pub set: LockSet,
    /// What is done in it, at once; each entity is in one chain at most.
    pub chains: Vec<Vec<Ask>>,
    /// How it begins and ends.
    pub manner: Manner,
}

/// How a critical section begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It waits for its entities, does everything, and releases them.
    Proper,
    /// It does not wait for its entities before it calls them.
    Eager,
    /// It waits for its entities only so long.
    Impatient(Millis),
    /// It does not release them: the end of the execution does.
    Careless,
}

impl Section {
    /// Any.
    pub(super) fn any(rng: &mut Rng) -> Self {
        let entities: Vec<_> = (0..1 + rng.below(3)).map(|_| any_entity(rng)).collect();
        let set = LockSet::new(entities).expect("it has one at least");
        let mut chain = |id: &EntityId| -> Vec<Ask> {
            let mut asks: Vec<_> = (0..1 + rng.below(2)).map(|_| Ask::any_call(id.clone(), rng)).collect();
            if rng.happens(300) {
                asks.push(Ask::Timer(Millis(rng.below(400))));
            }
            asks
        };
        let chains = set.entities().iter().map(&mut chain).collect();
        let manner = match rng.below(10) {
            0 | 1 => Manner::Eager,
            2 | 3 => Manner::Impatient(Millis(rng.below(60))),
            4 => Manner::Careless,
            _ => Manner::Proper,
        };
        Self { set, chains, manner }
    }

    /// Moves so much from one account to another.
    pub fn transfer(from: &str, to: &str, amount: i64) -> Self {
        let (from, to) = (entity_id("tally", from), entity_id("tally", to));
        let call = |id: &EntityId, deed| vec![Ask::Call(id.clone(), deed, OnFailure::Fail)];
        let chains = vec![call(&from, Deed::Add(-amount)), call(&to, Deed::Add(amount))];
        Self { set: LockSet::new(vec![from, to]).expect("there are two"), chains, manner: Manner::Proper }
    }
}
