//! The futures that an event answers: [`Call`] of an activity, [`Child`] and [`Timer`].
//!
//! The decision is issued when the future is made, in program order, not when it is first polled: two calls that are
//! made before the first is awaited run side by side.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    task::{Context as PollContext, Poll, ready},
    time::Duration,
};

use serde::de::DeserializeOwned;

use crate::{
    bindings::orchestrator::{Decision, ScheduleActivity, StartChild},
    entity::EntityId,
    failure::{Failure, Result},
    machine::{Id, Moment, Outcome, Shared, Source},
    options::Retry,
    payload::decode,
    time::millis,
};

/// A running activity; await it for its output.
///
/// Dropped, it is abandoned and not lost: the activity runs, and its result is recorded but ignored.
#[must_use = "the activity runs whether or not you await it, but only `.await` gives its result"]
pub struct Call<T> {
    task: Task,
    output: PhantomData<fn() -> T>,
}

/// A running orchestration that this one started; await it for its output.
///
/// Dropped, it is abandoned and not lost: the child goes on, and its result is recorded but ignored.
#[must_use = "the child runs whether or not you await it, but only `.await` gives its result"]
pub struct Child<T> {
    task: Task,
    output: PhantomData<fn() -> T>,
}

/// A timer; await it until its time has come.
///
/// Dropped before that, it is cancelled.
#[must_use = "a timer that is not kept is cancelled at once"]
pub struct Timer {
    machine: Shared,
    id: Option<Id>,
    source: Source,
}

/// What [`Call`], [`Child`] and [`EntityCall`](crate::EntityCall) have in common.
pub(crate) struct Task {
    machine: Shared,
    state: State,
}

enum State {
    Asked {
        id: Id,
        at: Moment,
    },
    /// The input has no JSON form, or a critical section forbids it.
    Refused(Failure),
    Done,
}

impl<T> Call<T> {
    pub(crate) fn new(machine: Shared, decision: Result<ScheduleActivity>, source: Source) -> Self {
        Call { task: Task::new(machine, decision.map(Decision::ScheduleActivity), source), output: PhantomData }
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

    /// Tells the activity that nobody waits for it any more. Without effect if it was answered already.
    #[track_caller]
    pub fn cancel(mut self) {
        self.task.cancel(Location::caller());
    }

    fn amend(self, change: impl FnOnce(&mut ScheduleActivity)) -> Self {
        self.task.amend(|decision| match decision {
            Decision::ScheduleActivity(decision) => change(decision),
            _ => unreachable!("a call is made of this decision"),
        });
        self
    }
}

impl<T> Child<T> {
    pub(crate) fn new(machine: Shared, decision: Result<StartChild>, source: Source) -> Self {
        Child { task: Task::new(machine, decision.map(Decision::StartChild), source), output: PhantomData }
    }

    /// Gives the child this id instead of one that the host derives. An instance of that id that has not ended fails the
    /// call.
    ///
    /// # Panics
    /// If something was awaited since the child was started: options belong to its start.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.amend(|decision| decision.instance = Some(id.into()))
    }

    /// What the child sees as [`Context::version`](crate::Context::version).
    ///
    /// # Panics
    /// If something was awaited since the child was started: options belong to its start.
    pub fn version(self, version: impl Into<String>) -> Self {
        self.amend(|decision| decision.version = Some(version.into()))
    }

    /// Tries again as this policy says; each attempt is a new instance.
    ///
    /// # Panics
    /// If something was awaited since the child was started: options belong to its start.
    pub fn retry(self, retry: Retry) -> Self {
        self.amend(|decision| decision.retry = Some(retry.0))
    }

    /// Terminates the child. Without effect if it has ended.
    #[track_caller]
    pub fn cancel(mut self) {
        self.task.cancel(Location::caller());
    }

    fn amend(self, change: impl FnOnce(&mut StartChild)) -> Self {
        self.task.amend(|decision| match decision {
            Decision::StartChild(decision) => change(decision),
            _ => unreachable!("a child is made of this decision"),
        });
        self
    }
}

impl Task {
    pub(crate) fn new(machine: Shared, decision: Result<Decision>, source: Source) -> Self {
        let state = match decision {
            Ok(decision) => {
                let mut machine = machine.borrow_mut();
                State::Asked { id: machine.ask(decision, source), at: machine.moment() }
            }
            Err(failure) => State::Refused(failure),
        };
        Task { machine, state }
    }

    /// Notes for critical sections that it calls this entity.
    pub(crate) fn is_call_of(&self, entity: &EntityId) {
        if let State::Asked { id, .. } = self.state {
            self.machine.borrow_mut().sections.called(id, entity);
        }
    }

    fn amend(&self, change: impl FnOnce(&mut Decision)) {
        if let State::Asked { id, at } = self.state {
            let mut machine = self.machine.borrow_mut();
            // The decision may still be here by chance, because several turns came in one call. Only the moment tells.
            assert!(machine.moment() == at, "set the options of a call where you make it, before you await anything");
            if let Some(decision) = machine.decision_mut(id) {
                change(decision);
            }
        }
    }

    fn cancel(&mut self, source: Source) {
        if let State::Asked { id, .. } = std::mem::replace(&mut self.state, State::Done) {
            self.machine.borrow_mut().cancel(id, source);
        }
    }

    pub(crate) fn poll<T: DeserializeOwned>(&mut self, cx: &mut PollContext<'_>) -> Poll<Result<T>> {
        if let State::Asked { id, .. } = self.state {
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
            State::Asked { .. } | State::Done => unreachable!("a task is polled only until it is ready"),
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let State::Asked { id, .. } = self.state {
            self.machine.borrow_mut().abandon(id);
        }
    }
}

impl<T: DeserializeOwned> Future for Call<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut PollContext<'_>) -> Poll<Self::Output> {
        self.task.poll(cx)
    }
}

impl<T: DeserializeOwned> Future for Child<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut PollContext<'_>) -> Poll<Self::Output> {
        self.task.poll(cx)
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Call").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Child<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Child").finish_non_exhaustive()
    }
}

impl Timer {
    pub(crate) fn new(machine: Shared, at: u64, source: Source) -> Self {
        let id = machine.borrow_mut().ask(Decision::CreateTimer(at), source);
        Timer { machine, id: Some(id), source }
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
            self.machine.borrow_mut().cancel(id, self.source);
        }
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Timer").field("id", &self.id).finish_non_exhaustive()
    }
}
