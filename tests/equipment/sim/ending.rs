//! How a simulation comes to its end: faults are over, and whatever waits for the world is given what it waits for.

use kernel::codec::Link;
use kernel::model::{EventName, InstanceId, InstanceNo, Parent, Reach};
use kernel::orchestration::{Held, State, replay, restore};

use super::component::{FICKLE, MENDED};
use super::fault::Pace;
use super::ledger::{Checked, Gate, Ledger};
use super::queue::{Act, Request, Whom};
use super::store::Condition;
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
            if alive == 0 {
                return Ok(());
            }
            if wanted.is_empty() {
                return Err(format!("{alive} wait for each other"));
            }
            for (id, request) in wanted {
                self.plan_act(self.at, Act::Ask(Whom::Named(id), request));
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
            Some(Held::Unavailable(_)) => return Ok(Some(Request::Resume)),
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
        if self.waits_for_child(no, id, ledger) { Ok(None) } else { Err("it waits for nothing".to_owned()) }
    }

    fn awaited(&self, no: InstanceNo) -> Result<Option<EventName>, String> {
        let chain = self.store.chain(no).ok_or("it is lost")?;
        let last = Link { seq: chain.head.last, sum: chain.head.sum };
        let restored = restore(no, last, &chain.rows).map_err(|damage| damage.to_string())?;
        if !matches!(&restored.state, State::Live(live) if live.turns > 0) {
            return Ok(None);
        }
        let component = if chain.head.component == FICKLE { MENDED } else { chain.head.component };
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
