//! Batches of entities: the guest runs as many operations at once as it can.
//!
//! It owns what becomes of a batch that fails as a whole: it is run in halves until the operation that traps is alone. It
//! does not know what an operation does, or when its outcome is committed.

use kernel::model::{ComponentDigest, EntityBatch, Failure, InstanceId, InstanceNo, NewState, Outcome, kind};
use kernel::orchestration::Held;
use kernel::partition::Applied;
use kernel::port::TurnFault;
use sandbox::EntitySession;

use super::sessions::Warm;
use super::turns::{TurnWorker, log};

impl TurnWorker {
    /// Runs a batch with the component that serves the entity now, or else with the one that ran the batch before.
    pub(super) fn apply(&self, no: InstanceNo, before: Option<ComponentDigest>, mut batch: EntityBatch) -> Applied {
        let name = batch.id.name();
        let Some(component) = self.components.entity(&name).or(before) else {
            let text = format!("no deployed component has an entity named {name}; deploy one, or correct the name");
            return Applied::NoFunction(Failure::host(kind::NOT_FOUND, text));
        };
        if let Err(text) = self.components.ensure(component) {
            return Applied::Held(Held::Unavailable(text));
        }
        if let Err(fault) = self.payloads.get_all(batch.payloads_mut()) {
            return Applied::Held(held(fault));
        }
        let id = batch.id.instance_id().clone();
        let mut run = Run { worker: self, component, session: self.warm(no, component) };
        let mut outcome = match in_halves(batch, &mut |batch| run.call(batch)) {
            Ok(outcome) => outcome,
            Err(held) => return Applied::Held(held),
        };
        run.keep(no);
        if let Err(fault) = self.payloads.put_all(outcome.payloads_mut()) {
            return Applied::Held(held(fault));
        }
        self.log(&id, &mut outcome);
        Applied::Ran { component, outcome }
    }

    fn warm(&self, no: InstanceNo, component: ComponentDigest) -> Option<EntitySession> {
        match self.sessions.take(no, 0) {
            Some(Warm::Entity(by, session)) if by == component => Some(session),
            _ => None,
        }
    }

    fn log(&self, id: &InstanceId, outcome: &mut Outcome) {
        for line in outcome.logs.drain(..) {
            log(id, &line);
        }
    }
}

fn held(fault: TurnFault) -> Held {
    match fault {
        TurnFault::Blob { blob, why } => Held::Blob { blob, why },
        TurnFault::Unavailable(text) => Held::Unavailable(text),
        TurnFault::Guest(failure) => Held::Unavailable(failure.to_string()),
    }
}

/// Runs a batch by `call`. If the guest traps, it is run in halves until the operation that traps is alone; that one fails.
pub(crate) fn in_halves(
    mut batch: EntityBatch,
    call: &mut impl FnMut(&EntityBatch) -> Result<Outcome, TurnFault>,
) -> Result<Outcome, Held> {
    match call(&batch) {
        Ok(outcome) => return Ok(outcome),
        Err(TurnFault::Guest(failure)) if batch.operations.len() <= 1 => {
            let results = batch.operations.iter().map(|_| Err(failure.clone())).collect();
            return Ok(Outcome { results, state: NewState::Unchanged, logs: Vec::new() });
        }
        Err(TurnFault::Guest(_)) => {}
        Err(fault) => return Err(held(fault)),
    }
    let later = batch.operations.split_off(batch.operations.len() / 2);
    let (id, now, before) = (batch.id.clone(), batch.now, batch.state.clone());
    let mut outcome = in_halves(batch, call)?;
    let state = match &outcome.state {
        NewState::Unchanged => before,
        NewState::Set(state) => Some(state.clone()),
        NewState::Deleted => None,
    };
    let rest = in_halves(EntityBatch { id, now, state, operations: later }, call)?;
    if rest.state != NewState::Unchanged {
        outcome.state = rest.state;
    }
    outcome.results.extend(rest.results);
    outcome.logs.extend(rest.logs);
    Ok(outcome)
}

struct Run<'a> {
    worker: &'a TurnWorker,
    component: ComponentDigest,
    session: Option<EntitySession>,
}

impl Run<'_> {
    fn call(&mut self, batch: &EntityBatch) -> Result<Outcome, TurnFault> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => self.worker.components.sandbox().entity(self.component)?,
        };
        let mut outcome = session.apply(batch)?;
        self.worker.payloads.check_all(outcome.payloads_mut())?;
        self.session = Some(session);
        Ok(outcome)
    }

    fn keep(self, no: InstanceNo) {
        if let Some(session) = self.session.filter(|session| !session.is_large()) {
            let warm = Warm::Entity(self.component, session);
            self.worker.sessions.put(no, 0, warm.bytes(), warm);
        }
    }
}
