//! The state of one execution: what was decided, what has arrived, what it knows about time and chance.
//!
//! It knows events and decisions but no futures beyond their wakers: [`crate::session`] polls, [`crate::call`] asks.
//! Every operation costs the logarithm of the number of *open* tasks; nothing here grows with the length of the
//! history.
//!
//! Invariant: the state after an event depends on the events before it and on nothing else, in particular not on how
//! they were distributed over calls.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    task::{Poll, Waker},
};

use crate::{
    bindings::orchestrator::{Decision, Event, LogLine},
    failure::{Failure, from_contract},
    random::SplitMix64,
};

pub(crate) type Shared = Rc<RefCell<Machine>>;

/// The id of a task or timer: the number of the decision that made it.
pub(crate) type Id = u32;

/// Counts the events of an execution: the first turn is moment 0, the first event moment 1.
pub(crate) type Moment = u64;

/// Everything has arrived that has arrived.
pub(crate) const NO_HORIZON: Moment = Moment::MAX;

pub(crate) enum Outcome {
    Output(Vec<u8>),
    Failed(Failure),
    Fired,
}

#[derive(Default)]
struct Slot {
    arrived: Option<(Moment, Outcome)>,
    waker: Option<Waker>,
}

pub(crate) struct Machine {
    pub(crate) now: u64,
    pub(crate) replaying: bool,
    pub(crate) random: SplitMix64,
    /// The custom status, if it was changed since the last step.
    pub(crate) custom_status: Option<Vec<u8>>,
    pub(crate) logs: Vec<LogLine>,
    moment: Moment,
    /// Results that arrived later than this are not shown.
    horizon: Moment,
    /// How many decisions have left in earlier steps.
    issued: u32,
    decisions: Vec<Decision>,
    /// Tasks and timers that somebody may still ask for.
    slots: BTreeMap<Id, Slot>,
    open: usize,
}

impl Machine {
    pub(crate) fn new(now: u64, replaying: bool, seed: u64) -> Self {
        Machine {
            now,
            replaying,
            random: SplitMix64::new(seed),
            custom_status: None,
            logs: Vec::new(),
            moment: 0,
            horizon: NO_HORIZON,
            issued: 0,
            decisions: Vec::new(),
            slots: BTreeMap::new(),
            open: 0,
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        self.moment
    }

    /// Decides something that an event will answer.
    pub(crate) fn ask(&mut self, decision: Decision) -> Id {
        let id = self.decide(decision);
        self.slots.insert(id, Slot::default());
        self.open += 1;
        id
    }

    fn decide(&mut self, decision: Decision) -> Id {
        let id = self.issued + self.decisions.len() as Id;
        self.decisions.push(decision);
        id
    }

    /// The decision of an id, as long as it has not left.
    pub(crate) fn decision_mut(&mut self, id: Id) -> Option<&mut Decision> {
        self.decisions.get_mut(id.checked_sub(self.issued)? as usize)
    }

    /// The decisions since the last step.
    pub(crate) fn take_decisions(&mut self) -> Vec<Decision> {
        let decisions = std::mem::take(&mut self.decisions);
        self.issued += decisions.len() as u32;
        decisions
    }

    /// Notes what happened. An answer that nobody waits for any more is dropped.
    pub(crate) fn deliver(&mut self, event: Event) -> Option<Waker> {
        self.moment += 1;
        let (id, outcome) = match event {
            Event::TaskCompleted(done) => (done.task, Outcome::Output(done.output)),
            Event::TaskFailed(failed) => (failed.task, Outcome::Failed(from_contract(failed.failure))),
            Event::TimerFired(timer) => (timer, Outcome::Fired),
        };
        let slot = self.slots.get_mut(&id)?;
        if slot.arrived.is_some() {
            return None;
        }
        slot.arrived = Some((self.moment, outcome));
        self.open -= 1;
        slot.waker.take()
    }

    /// Takes the outcome, or keeps the waker until it arrives or the horizon passes it.
    pub(crate) fn claim(&mut self, id: Id, waker: &Waker) -> Poll<Outcome> {
        let slot = self.slots.get_mut(&id).expect("a future is polled only until it is ready");
        match slot.arrived.take_if(|(moment, _)| *moment <= self.horizon) {
            Some((_, outcome)) => {
                self.slots.remove(&id);
                Poll::Ready(outcome)
            }
            None => {
                match &mut slot.waker {
                    Some(known) => known.clone_from(waker),
                    none => *none = Some(waker.clone()),
                }
                Poll::Pending
            }
        }
    }

    /// Nobody will ask for this task; it runs on, and its answer is dropped.
    pub(crate) fn abandon(&mut self, id: Id) {
        if let Some(slot) = self.slots.remove(&id)
            && slot.arrived.is_none()
        {
            self.open -= 1;
        }
    }

    /// Nobody will ask for this timer, so it is cancelled unless it has fired.
    pub(crate) fn cancel_timer(&mut self, id: Id) {
        if let Some(slot) = self.slots.remove(&id)
            && slot.arrived.is_none()
        {
            self.open -= 1;
            self.decide(Decision::CancelTimer(id));
        }
    }

    /// Whether an event can still wake the execution.
    pub(crate) fn is_waiting(&self) -> bool {
        self.open > 0
    }

    /// The moments of the results that have arrived and that nobody has taken, within the horizon, in order.
    pub(crate) fn unclaimed(&self) -> Vec<Moment> {
        if self.open == self.slots.len() {
            return Vec::new();
        }
        let arrived = self.slots.values().filter_map(|slot| slot.arrived.as_ref().map(|(moment, _)| *moment));
        let mut moments: Vec<Moment> = arrived.filter(|moment| *moment <= self.horizon).collect();
        moments.sort_unstable();
        moments
    }

    /// Shows results up to this moment only, and wakes whoever waits for the result that becomes visible.
    pub(crate) fn set_horizon(&mut self, horizon: Moment) -> Moment {
        let before = std::mem::replace(&mut self.horizon, horizon);
        for slot in self.slots.values_mut() {
            if slot.arrived.as_ref().is_some_and(|(moment, _)| *moment > before && *moment <= horizon)
                && let Some(waker) = slot.waker.take()
            {
                waker.wake();
            }
        }
        before
    }
}
