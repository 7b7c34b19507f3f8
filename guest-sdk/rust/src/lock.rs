//! Locks of entities: [`LockRequest`] waits for one, [`Lock`] holds it.
//!
//! Whoever drops one of the two ends the critical section, so that none outlives the code that needs it.

use std::{
    collections::BTreeSet,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context as PollContext, Poll, ready},
};

use crate::{
    bindings::orchestrator::Decision,
    entity::EntityId,
    failure::{Failure, Result},
    machine::{Id, Outcome, Shared, Source},
};

/// Waits for a lock; await it for the [`Lock`]. Dropped before that, the lock is not wanted any more.
#[must_use = "a lock that is not awaited is given back at once"]
pub struct LockRequest {
    state: State,
}

/// A critical section. It ends when this is dropped.
#[must_use = "the critical section ends when this is dropped: give it a name"]
pub struct Lock {
    held: Held,
}

enum State {
    Asked(Held),
    /// A rule forbids it.
    Refused(Failure),
    Done,
}

/// A lock that was asked for and not given back.
struct Held {
    machine: Shared,
    id: Id,
    source: Source,
}

impl LockRequest {
    pub(crate) fn new(machine: Shared, entities: BTreeSet<EntityId>, source: Source) -> Self {
        let allowed = machine.borrow().sections.may_lock(&entities);
        let state = match allowed {
            Ok(()) => {
                let decision = Decision::LockEntities(entities.iter().map(EntityId::to_contract).collect());
                let id = machine.borrow_mut().ask(decision, source);
                machine.borrow_mut().sections.asked(id, entities);
                State::Asked(Held { machine, id, source })
            }
            Err(failure) => State::Refused(failure),
        };
        LockRequest { state }
    }
}

impl Lock {
    /// Ends the critical section. The same as dropping it, in one word.
    pub fn release(self) {}
}

impl Future for LockRequest {
    type Output = Result<Lock>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut PollContext<'_>) -> Poll<Self::Output> {
        let answered = match &self.state {
            State::Asked(held) => Some(ready!(held.machine.borrow_mut().claim(held.id, cx.waker()))),
            State::Refused(_) | State::Done => None,
        };
        Poll::Ready(match (std::mem::replace(&mut self.state, State::Done), answered) {
            (State::Asked(held), Some(Outcome::Output(_))) => {
                held.machine.borrow_mut().sections.granted(held.id);
                Ok(Lock { held })
            }
            // The host locks nothing then, so there is nothing to give back.
            (State::Asked(held), Some(Outcome::Failed(failure))) => {
                held.machine.borrow_mut().sections.released(held.id);
                Err(failure)
            }
            (State::Refused(failure), _) => Err(failure),
            (State::Asked(_), Some(Outcome::Fired) | None) => unreachable!("a lock was answered as if it were a timer"),
            (State::Done, _) => unreachable!("a lock is polled only until it is ready"),
        })
    }
}

impl Drop for LockRequest {
    fn drop(&mut self) {
        if let State::Asked(held) = &self.state {
            held.release();
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.held.release();
    }
}

impl Held {
    fn release(&self) {
        let mut machine = self.machine.borrow_mut();
        machine.abandon(self.id);
        machine.sections.released(self.id);
        machine.decide(Decision::ReleaseLock(self.id), self.source);
    }
}

impl fmt::Debug for LockRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LockRequest").finish_non_exhaustive()
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Lock").field("id", &self.held.id).finish()
    }
}
