//! The futures that an event answers: [`Call`] of an activity and [`Timer`].
//!
//! The decision is issued when the future is made, in program order, not when it is first polled: two calls that are
//! made before the first is awaited run side by side.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context as PollContext, Poll, ready},
    time::Duration,
};

use serde::de::DeserializeOwned;

use crate::{
    bindings::orchestrator::{Decision, ScheduleActivity},
    failure::{Failure, Result},
    machine::{Id, Moment, Outcome, Shared},
    options::Retry,
    payload::decode,
    time::millis,
};

/// A running activity; await it for its output.
///
/// Dropped, it is abandoned and not lost: the activity runs, and its result is recorded but ignored.
#[must_use = "the activity runs whether or not you await it, but only `.await` gives its result"]
pub struct Call<T> {
    machine: Shared,
    state: State,
    output: PhantomData<fn() -> T>,
}

enum State {
    Issued {
        id: Id,
        at: Moment,
    },
    /// The input has no JSON form.
    Refused(Failure),
    Done,
}

impl<T> Call<T> {
    pub(crate) fn new(machine: Shared, decision: Result<ScheduleActivity>) -> Self {
        let state = match decision {
            Ok(decision) => {
                let mut machine = machine.borrow_mut();
                State::Issued { id: machine.ask(Decision::ScheduleActivity(decision)), at: machine.moment() }
            }
            Err(failure) => State::Refused(failure),
        };
        Call { machine, state, output: PhantomData }
    }

    /// Tries again as this policy says, whatever the activity recommends.
    ///
    /// # Panics
    /// If something was awaited since the call was made: options belong to the call.
    pub fn retry(self, retry: Retry) -> Self {
        self.amend(|decision| decision.options.retry = Some(retry.0))
    }

    /// Gives up on an attempt after this wall time, whatever the activity recommends.
    ///
    /// # Panics
    /// If something was awaited since the call was made: options belong to the call.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.amend(|decision| decision.options.timeout = Some(millis(timeout)))
    }

    fn amend(self, change: impl FnOnce(&mut ScheduleActivity)) -> Self {
        if let State::Issued { id, at } = self.state {
            let mut machine = self.machine.borrow_mut();
            // The decision may still be here by chance, because several turns came in one call. Only the moment tells.
            assert!(machine.moment() == at, "set the options of a call where you make it, before you await anything");
            if let Some(Decision::ScheduleActivity(decision)) = machine.decision_mut(id) {
                change(decision);
            }
        }
        self
    }
}

impl<T: DeserializeOwned> Future for Call<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut PollContext<'_>) -> Poll<Self::Output> {
        if let State::Issued { id, .. } = self.state {
            let outcome = ready!(self.machine.borrow_mut().claim(id, cx.waker()));
            self.state = State::Done;
            return Poll::Ready(match outcome {
                Outcome::Output(payload) => decode(&payload, "invalid-output"),
                Outcome::Failed(failure) => Err(failure),
                Outcome::Fired => unreachable!("a task was answered as if it were a timer"),
            });
        }
        match std::mem::replace(&mut self.state, State::Done) {
            State::Refused(failure) => Poll::Ready(Err(failure)),
            State::Issued { .. } | State::Done => unreachable!("a call is polled only until it is ready"),
        }
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        if let State::Issued { id, .. } = self.state {
            self.machine.borrow_mut().abandon(id);
        }
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Call").finish_non_exhaustive()
    }
}

/// A timer; await it until its time has come.
///
/// Dropped before that, it is cancelled.
#[must_use = "a timer that is not kept is cancelled at once"]
pub struct Timer {
    machine: Shared,
    id: Option<Id>,
}

impl Timer {
    pub(crate) fn new(machine: Shared, at: u64) -> Self {
        let id = machine.borrow_mut().ask(Decision::CreateTimer(at));
        Timer { machine, id: Some(id) }
    }

    /// Cancels the timer unless it has fired. The same as dropping it, in one word.
    pub fn cancel(self) {}
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut PollContext<'_>) -> Poll<()> {
        let id = self.id.expect("a timer is polled only until it is ready");
        ready!(self.machine.borrow_mut().claim(id, cx.waker()));
        self.id = None;
        Poll::Ready(())
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.machine.borrow_mut().cancel_timer(id);
        }
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Timer").field("id", &self.id).finish_non_exhaustive()
    }
}
