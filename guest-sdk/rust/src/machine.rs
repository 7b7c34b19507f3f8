//! The state of one execution: what was decided, what has arrived, what it knows about time and chance.
//!
//! It knows events and decisions but no futures beyond their wakers: [`crate::session`] polls, [`crate::task`] asks.
//! Every operation costs the logarithm of the number of *open* tasks; nothing here grows with the length of the
//! history.
//!
//! Invariant: the state after an event depends on the events before it and on nothing else, in particular not on how
//! they were distributed over calls.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    ops::Bound::{Excluded, Included},
    panic::Location,
    rc::Rc,
    task::{Poll, Waker},
};

use crate::{
    bindings::{
        orchestrator::{Decision, Event, EventRaised},
        types::LogLine,
    },
    failure::{Failure, from_contract},
    mailbox::{Mailbox, Name, Ticket},
    random::SplitMix64,
    section::Sections,
};

pub(crate) type Shared = Rc<RefCell<Machine>>;

/// The id of a task or timer: the number of the decision that made it.
pub(crate) type Id = u32;

/// Counts the events of an execution: the first turn is moment 0, the first event moment 1.
pub(crate) type Moment = u64;

/// Where in the author's code something is decided.
pub(crate) type Source = &'static Location<'static>;

/// Everything has arrived that has arrived.
const NO_HORIZON: Moment = Moment::MAX;

pub(crate) enum Outcome {
    Output(Vec<u8>),
    Failed(Failure),
    Fired,
}

/// The end of this execution and the beginning of the next one.
pub(crate) struct Next {
    pub(crate) input: Vec<u8>,
    pub(crate) untaken: Untaken,
}

/// What becomes of the events that nobody took.
#[derive(Clone, Copy)]
pub(crate) enum Untaken {
    Carried,
    Dropped,
}

#[derive(Default)]
struct Slot {
    arrived: Option<(Moment, Outcome)>,
    waker: Option<Waker>,
}

/// What has arrived and was not taken.
enum Arrival {
    Answer(Id),
    Event(Name),
}

pub(crate) struct Machine {
    pub(crate) now: u64,
    pub(crate) replaying: bool,
    pub(crate) random: SplitMix64,
    /// The custom status, if it was changed since the last step.
    pub(crate) custom_status: Option<Vec<u8>>,
    pub(crate) logs: Vec<LogLine>,
    /// Set once the execution shall end and begin anew.
    pub(crate) next: Option<Next>,
    pub(crate) sections: Sections,
    moment: Moment,
    /// What arrived later than this is not shown.
    horizon: Moment,
    /// How many decisions have left in earlier steps.
    issued: u32,
    decisions: Vec<Decision>,
    /// Of those of `decisions` that were taken while replaying: they are the first ones.
    sources: Vec<String>,
    /// Tasks and timers that somebody may still ask for.
    slots: BTreeMap<Id, Slot>,
    open: usize,
    mailbox: Mailbox,
    arrivals: BTreeMap<Moment, Arrival>,
}

impl Machine {
    pub(crate) fn new(now: u64, replaying: bool, seed: u64) -> Self {
        Machine {
            now,
            replaying,
            random: SplitMix64::new(seed),
            custom_status: None,
            logs: Vec::new(),
            next: None,
            sections: Sections::default(),
            moment: 0,
            horizon: NO_HORIZON,
            issued: 0,
            decisions: Vec::new(),
            sources: Vec::new(),
            slots: BTreeMap::new(),
            open: 0,
            mailbox: Mailbox::default(),
            arrivals: BTreeMap::new(),
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        self.moment
    }

    /// Decides something that an event will answer.
    pub(crate) fn ask(&mut self, decision: Decision, source: Source) -> Id {
        let id = self.decide(decision, source);
        self.slots.insert(id, Slot::default());
        self.open += 1;
        id
    }

    /// Decides something that nothing answers.
    pub(crate) fn decide(&mut self, decision: Decision, source: Source) -> Id {
        let id = self.issued + self.decisions.len() as Id;
        self.decisions.push(decision);
        if self.replaying {
            self.sources.push(format!("{}:{}", source.file(), source.line()));
        }
        id
    }

    /// The decision of an id, as long as it has not left.
    pub(crate) fn decision_mut(&mut self, id: Id) -> Option<&mut Decision> {
        self.decisions.get_mut(id.checked_sub(self.issued)? as usize)
    }

    /// The decisions since the last step, and where those were taken that are replayed.
    pub(crate) fn take_decisions(&mut self) -> (Vec<Decision>, Vec<String>) {
        let decisions = std::mem::take(&mut self.decisions);
        self.issued += decisions.len() as u32;
        (decisions, std::mem::take(&mut self.sources))
    }

    /// Notes what happened and wakes who waits for it. An answer that nobody waits for any more is dropped.
    pub(crate) fn deliver(&mut self, event: Event) {
        self.moment += 1;
        let (id, outcome) = match event {
            Event::TaskCompleted(done) => (done.task, Outcome::Output(done.output)),
            Event::TaskFailed(failed) => (failed.task, Outcome::Failed(from_contract(failed.failure))),
            Event::TimerFired(timer) => (timer, Outcome::Fired),
            Event::EventRaised(event) => {
                let name = self.mailbox.raise(self.moment, event);
                self.arrivals.insert(self.moment, Arrival::Event(name));
                return;
            }
        };
        self.sections.answered(id);
        if let Some(slot) = self.slots.get_mut(&id)
            && slot.arrived.is_none()
        {
            slot.arrived = Some((self.moment, outcome));
            self.arrivals.insert(self.moment, Arrival::Answer(id));
            self.open -= 1;
            slot.waker.take().into_iter().for_each(Waker::wake);
        }
    }

    /// Takes the outcome, or keeps the waker until it arrives or the horizon passes it.
    pub(crate) fn claim(&mut self, id: Id, waker: &Waker) -> Poll<Outcome> {
        let slot = self.slots.get_mut(&id).expect("a future is polled only until it is ready");
        match slot.arrived.take_if(|(moment, _)| *moment <= self.horizon) {
            Some((moment, outcome)) => {
                self.slots.remove(&id);
                self.arrivals.remove(&moment);
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
        self.forget(id);
    }

    /// Nobody will ask for this task or timer, and it shall stop unless it was answered.
    pub(crate) fn cancel(&mut self, id: Id, source: Source) {
        if let Some(Slot { arrived: None, .. }) = self.forget(id) {
            self.decide(Decision::Cancel(id), source);
        }
    }

    fn forget(&mut self, id: Id) -> Option<Slot> {
        let slot = self.slots.remove(&id)?;
        match &slot.arrived {
            Some((moment, _)) => drop(self.arrivals.remove(moment)),
            None => self.open -= 1,
        }
        Some(slot)
    }

    /// Begins to wait for an external event.
    pub(crate) fn wait(&mut self, name: &str) -> (Name, Ticket) {
        self.mailbox.wait(name)
    }

    /// Takes the event that serves this waiter, or keeps the waker until one comes or the horizon passes it.
    pub(crate) fn receive(&mut self, name: &Name, ticket: Ticket, waker: &Waker) -> Poll<Vec<u8>> {
        self.mailbox.take(name, ticket, self.horizon, waker).map(|(moment, input)| {
            self.arrivals.remove(&moment);
            input
        })
    }

    /// Stops waiting for an external event.
    pub(crate) fn leave(&mut self, name: &Name, ticket: Ticket) {
        self.mailbox.leave(name, ticket);
    }

    /// The names of external events that somebody waits for.
    pub(crate) fn wanted(&self) -> Vec<String> {
        self.mailbox.wanted().map(str::to_owned).collect()
    }

    /// The external events that nobody took, in the order of arrival.
    pub(crate) fn untaken(&self) -> Vec<EventRaised> {
        self.mailbox.untaken()
    }

    /// Whether an event can still wake the execution.
    pub(crate) fn is_waiting(&self) -> bool {
        self.open > 0 || self.mailbox.wanted().next().is_some()
    }

    /// Up to which moment things are shown.
    pub(crate) fn horizon(&self) -> Moment {
        self.horizon
    }

    /// The first moment after `after`, until `end`, of something that was not taken and that somebody may take.
    pub(crate) fn next_arrival(&self, after: Moment, end: Moment) -> Option<Moment> {
        let mut arrivals = self.arrivals.range((Excluded(after), Included(end)));
        let next = arrivals.find(|(moment, arrival)| match arrival {
            Arrival::Answer(_) => true,
            Arrival::Event(name) => self.mailbox.serves(name, **moment),
        });
        next.map(|(moment, _)| *moment)
    }

    /// Shows what arrived up to this moment only, and wakes whoever waits for what becomes visible.
    pub(crate) fn set_horizon(&mut self, horizon: Moment) {
        let before = std::mem::replace(&mut self.horizon, horizon);
        if before >= horizon {
            return;
        }
        for (moment, arrival) in self.arrivals.range((Excluded(before), Included(horizon))) {
            match arrival {
                Arrival::Answer(id) => {
                    let waker = self.slots.get_mut(id).and_then(|slot| slot.waker.take());
                    waker.into_iter().for_each(Waker::wake);
                }
                Arrival::Event(name) => self.mailbox.wake(name, *moment),
            }
        }
    }
}
