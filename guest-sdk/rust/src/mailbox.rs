//! External events: those that came and were not taken, and those who wait for one.
//!
//! Nothing is handed out before it is taken. The `n`-th who waits for a name is served by the `n`-th event of that name,
//! whoever asks first; so who gives up waiting leaves nothing behind and takes nothing away.
//!
//! It knows no history beyond the moments that it is given. Names are compared without regard to case.

use std::{
    collections::{BTreeMap, VecDeque},
    task::{Poll, Waker},
};

use crate::{bindings::orchestrator::EventRaised, machine::Moment};

/// What is waited for, in the form in which names are compared.
pub(crate) type Name = String;

/// Who waits; later ones have higher numbers.
pub(crate) type Ticket = u64;

#[derive(Default)]
pub(crate) struct Mailbox {
    queues: BTreeMap<Name, Queue>,
    tickets: Ticket,
}

/// The events and the waiters of one name, one of the two at least.
#[derive(Default)]
struct Queue {
    /// In the order of arrival.
    events: VecDeque<(Moment, EventRaised)>,
    /// In the order in which they began to wait.
    waiters: VecDeque<Waiter>,
}

struct Waiter {
    ticket: Ticket,
    /// As the author wrote it.
    name: String,
    waker: Option<Waker>,
}

impl Mailbox {
    /// Begins to wait.
    pub(crate) fn wait(&mut self, name: &str) -> (Name, Ticket) {
        let key = name.to_lowercase();
        self.tickets += 1;
        let waiter = Waiter { ticket: self.tickets, name: name.to_owned(), waker: None };
        self.queues.entry(key.clone()).or_default().waiters.push_back(waiter);
        (key, self.tickets)
    }

    /// Keeps an event that came, and wakes whom it serves.
    pub(crate) fn raise(&mut self, moment: Moment, event: EventRaised) -> Name {
        let key = event.name.to_lowercase();
        let queue = self.queues.entry(key.clone()).or_default();
        queue.events.push_back((moment, event));
        queue.wake(queue.events.len() - 1);
        key
    }

    /// Takes the event that serves this waiter if it came until the horizon; keeps the waker otherwise.
    pub(crate) fn take(
        &mut self,
        name: &Name,
        ticket: Ticket,
        horizon: Moment,
        waker: &Waker,
    ) -> Poll<(Moment, Vec<u8>)> {
        let queue = self.queues.get_mut(name).expect("who waits has a queue");
        let rank = queue.rank(ticket).expect("a future is polled only until it is ready");
        if queue.events.get(rank).is_none_or(|(moment, _)| *moment > horizon) {
            match &mut queue.waiters[rank].waker {
                Some(known) => known.clone_from(waker),
                none => *none = Some(waker.clone()),
            }
            return Poll::Pending;
        }
        queue.waiters.remove(rank);
        let (moment, event) = queue.events.remove(rank).expect("it was just looked at");
        self.forget_if_empty(name);
        Poll::Ready((moment, event.input))
    }

    /// Stops waiting. What would have served this waiter serves the next one.
    pub(crate) fn leave(&mut self, name: &Name, ticket: Ticket) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        let Some(rank) = queue.rank(ticket) else { return };
        queue.waiters.remove(rank);
        for rank in rank..queue.events.len() {
            queue.wake(rank);
        }
        self.forget_if_empty(name);
    }

    /// Whether somebody waits for the event that came at this moment.
    pub(crate) fn serves(&self, name: &Name, moment: Moment) -> bool {
        self.queues.get(name).is_some_and(|queue| queue.index(moment).is_some_and(|index| index < queue.waiters.len()))
    }

    /// Wakes whom the event of this moment serves.
    pub(crate) fn wake(&mut self, name: &Name, moment: Moment) {
        if let Some(queue) = self.queues.get_mut(name)
            && let Some(index) = queue.index(moment)
        {
            queue.wake(index);
        }
    }

    /// The names that somebody waits for in vain, as the first of them wrote it.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = &str> {
        let unserved = self.queues.values().filter_map(|queue| queue.waiters.get(queue.events.len()));
        unserved.map(|waiter| waiter.name.as_str())
    }

    /// The events that nobody took, in the order of arrival.
    pub(crate) fn untaken(&self) -> Vec<EventRaised> {
        let mut events: Vec<_> = self.queues.values().flat_map(|queue| &queue.events).collect();
        events.sort_unstable_by_key(|(moment, _)| *moment);
        events.into_iter().map(|(_, event)| event.clone()).collect()
    }

    fn forget_if_empty(&mut self, name: &Name) {
        if self.queues.get(name).is_some_and(|queue| queue.events.is_empty() && queue.waiters.is_empty()) {
            self.queues.remove(name);
        }
    }
}

impl Queue {
    fn rank(&self, ticket: Ticket) -> Option<usize> {
        self.waiters.binary_search_by_key(&ticket, |waiter| waiter.ticket).ok()
    }

    fn index(&self, moment: Moment) -> Option<usize> {
        self.events.binary_search_by_key(&moment, |(moment, _)| *moment).ok()
    }

    fn wake(&mut self, rank: usize) {
        if let Some(waker) = self.waiters.get_mut(rank).and_then(|waiter| waiter.waker.take()) {
            waker.wake();
        }
    }
}
