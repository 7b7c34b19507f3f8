//! How a simulation comes to its end: faults are over, and whatever waits for the world is given what it waits for.

use kernel::codec::Link;
use kernel::model::{EntityId, EventName, InstanceId, InstanceNo, Parent, Reach};
use kernel::orchestration::{Held, State, replay, restore};

use super::component::{FICKLE, MENDED};
use super::fault::Pace;
use super::ledger::{Checked, Gate, Ledger, What};
use super::queue::{Act, Request, Whom};
use super::store::Condition;
use super::verdict::inline;
use super::world::Sim;

/// How often the world gives everybody what they wait for: more often than any program waits.
const ROUNDS_MAX_COUNT: u32 = 400;

impl Sim {
    /// Lets everything happen until nothing more will, and then demands that everything has come to its end.
    pub fn live(&mut self) -> Checked {
        self.run_out()?;
        self.end_all()?;
        let letters_wait = self.store.letters().next().is_some();
        if letters_wait || (self.profile.pace == Pace::Uneven && self.rng.happens(300)) {
            // What was for a damaged instance waits for a host that can read it.
            self.crash()?;
            self.run_out()?;
            self.end_all()?;
        }
        if !self.partition.is_quiet() {
            return Err("nothing will happen any more and the partition waits".to_owned());
        }
        self.clients.finish()?;
        self.checker.finish(&self.store, &self.native)?;
        if self.profile.events.purges > 0 { self.purge_all() } else { Ok(()) }
    }

    fn end_all(&mut self) -> Checked {
        for _ in 0..ROUNDS_MAX_COUNT {
            let mut wanted = Vec::new();
            let mut alive = 0;
            for (no, ledger) in self.checker.ledgers().filter(|(_, ledger)| ledger.ended.is_none()) {
                alive += 1;
                let id = &ledger.started.id;
                match self.wanted_by(no, ledger) {
                    Ok(request) => wanted.extend(request.map(|request| (id.clone(), request))),
                    Err(why) => return Err(format!("{id} (#{}) is stuck: {why}", no.0)),
                }
            }
            let of_entities = self.wanted_by_entities();
            if alive == 0 && of_entities.is_empty() {
                return Ok(());
            }
            if wanted.is_empty() && of_entities.is_empty() {
                wanted = self.robbed();
            }
            if wanted.is_empty() && of_entities.is_empty() {
                return Err(format!("{alive} wait for each other: {}", self.who_waits()));
            }
            for (id, request) in wanted {
                self.plan_act(self.at, Act::Ask(Whom::Named(id), request));
            }
            for act in of_entities {
                self.plan_act(self.at, act);
            }
            self.run_out()?;
        }
        Err("it comes to no end".to_owned())
    }

    /// What an instance needs to go on, or nothing if it waits for a child that needs something.
    fn wanted_by(&self, no: InstanceNo, ledger: &Ledger) -> Result<Option<Request>, String> {
        let id = &ledger.started.id;
        match self.checker.held(id) {
            Some(Held::Damaged(_)) => return Ok(Some(Request::Terminate(Reach::Alone))),
            Some(Held::Unavailable(_) | Held::Blob { .. }) => return Ok(Some(Request::Resume)),
            Some(Held::Diverged(divergence)) => return Err(format!("it is still held: {divergence}")),
            None => {}
        }
        let chain = self.store.chain(no).ok_or("it is lost")?;
        if chain.condition == Condition::Damaged {
            // The host has not noticed, and need not.
            return Ok(Some(Request::Terminate(Reach::Alone)));
        }
        if ledger.gate == Gate::Closed {
            return Ok(Some(Request::Resume));
        }
        if let Some(event) = self.awaited(no)? {
            let number = event.as_str().trim_start_matches("Go").parse().map_err(|_| "it waits for nobody's event")?;
            return Ok(Some(Request::Raise(number)));
        }
        if self.waits_for_child(no, id, ledger) || self.waits_for_entity(no, ledger) {
            return Ok(None);
        }
        Err("it waits for nothing".to_owned())
    }

    /// Whoever is robbed of a lock by an operator may wait for somebody who waits for them: one of them has to go.
    fn robbed(&self) -> Vec<(InstanceId, Request)> {
        if !self.checker.registry.is_any_forced() {
            return Vec::new();
        }
        let alive = self.checker.ledgers().filter(|(_, ledger)| ledger.ended.is_none());
        let mut robbed = alive.filter(|(_, ledger)| ledger.open_calls().next().is_some());
        let request = |ledger: &Ledger| (ledger.started.id.clone(), Request::Terminate(Reach::Alone));
        robbed.next().map(|(_, ledger)| request(ledger)).into_iter().collect()
    }

    /// What everybody waits for, in words.
    fn who_waits(&self) -> String {
        let alive = self.checker.ledgers().filter(|(_, ledger)| ledger.ended.is_none());
        let waits = alive.map(|(no, ledger)| {
            let calls: Vec<_> = ledger.open_calls().map(|(of, what)| format!("{} {what:?}", of.task.0)).collect();
            let children = ledger.open_children().count();
            format!("{} (#{}) for {children} children and {calls:?}", ledger.started.id, no.0)
        });
        let locks = self.checker.registry.locks().map(|(id, holder)| format!("{id} is locked by #{}", holder.no.0));
        waits.chain(locks).collect::<Vec<_>>().join("; ")
    }

    /// Whether an entity that it wants is held, or locked by somebody who waits for something else.
    fn waits_for_entity(&self, no: InstanceNo, ledger: &Ledger) -> bool {
        let keeps_waiting = |id: &EntityId| {
            let others = self.checker.registry.lock(id).filter(|holder| holder.no != no);
            self.checker.held(id.instance_id()).is_some() || others.is_some()
        };
        ledger.open_calls().any(|(_, what)| match what {
            What::Call { to, .. } => keeps_waiting(to),
            What::Lock(set) => set.entities().iter().any(keeps_waiting),
            What::Activity(_) | What::Child { .. } => false,
        })
    }

    fn awaited(&self, no: InstanceNo) -> Result<Option<EventName>, String> {
        let chain = self.store.chain(no).ok_or("it is lost")?;
        let last = Link { seq: chain.head.last, sum: chain.head.sum };
        let mut restored = restore(no, last, &chain.rows).map_err(|damage| damage.to_string())?;
        if !matches!(&restored.state, State::Live(live) if live.turns > 0) {
            return Ok(None);
        }
        let component = if chain.head.component == FICKLE { MENDED } else { chain.head.component };
        inline(self.checker.library(), &mut restored.records);
        let session = replay(&self.native, component, &restored.records).map_err(|held| held.to_string())?;
        Ok(session.awaits())
    }

    fn waits_for_child(&self, no: InstanceNo, id: &InstanceId, ledger: &Ledger) -> bool {
        let depth = ledger.started.spec.parent.as_ref().map_or(0, |parent| parent.depth) + 1;
        let parents: Vec<_> =
            ledger.open_children().map(|attempted| Parent { no, id: id.clone(), attempted, depth }).collect();
        let mut alive = self.checker.ledgers().filter(|(_, ledger)| ledger.ended.is_none());
        alive.any(|(_, child)| child.started.spec.parent.as_ref().is_some_and(|parent| parents.contains(parent)))
    }

    /// Deletes everything, and demands that nothing is left.
    fn purge_all(&mut self) -> Checked {
        let ids: Vec<_> = self.store.chains().map(|chain| chain.head.id.clone()).collect();
        for id in ids {
            self.plan_act(self.at, Act::Ask(Whom::Named(id), Request::Purge));
        }
        self.run_out()?;
        self.clients.finish()?;
        if self.store.is_empty() && self.partition.is_quiet() {
            return Ok(());
        }
        Err("something is left although everything was deleted".to_owned())
    }
}
