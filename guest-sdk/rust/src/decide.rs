//! What an orchestrator can ask for: tasks, children, timers, events, its own next life.
//!
//! Each of these takes its decision when it is called, and notes where in the author's code that is.

use std::{future::Future, panic::Location, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    activity::Activity,
    bindings::orchestrator::{Decision, ScheduleActivity, SendEvent, StartChild},
    context::Context,
    event::{ContinueAsNew, WaitEvent},
    failure::{Failure, Result},
    machine::Source,
    options::{Options, to_contract},
    orchestrator::Orchestrator,
    payload::encode,
    task::{Call, Child, Timer},
    time::Timestamp,
};

impl Context {
    /// Calls an activity by name, for one that lives in another component. For one of your own, call its function.
    #[track_caller]
    pub fn call_activity<U: DeserializeOwned>(&self, name: &str, input: &(impl Serialize + ?Sized)) -> Call<U> {
        self.schedule(name, input, Options::default(), Location::caller())
    }

    /// What the function made by `#[activity]` does: schedules the activity with the options it recommends.
    #[track_caller]
    pub fn call<A: Activity>(&self, input: &A::Input) -> Call<A::Output> {
        self.schedule(A::NAME, input, A::options(), Location::caller())
    }

    pub(crate) fn schedule<U>(
        &self,
        name: &str,
        input: &(impl Serialize + ?Sized),
        options: Options,
        source: Source,
    ) -> Call<U> {
        let decision = encode(input, "invalid-input").map(|input| {
            let options = to_contract(options);
            ScheduleActivity { name: name.to_owned(), input, options }
        });
        Call::new(self.machine(), decision, source)
    }

    /// Starts another orchestration by name, for one that lives in another component. For one of your own, call its
    /// function.
    ///
    /// If it fails, the failure has the kind `dacapo:child-failed` and the child's own failure as its first cause. If this
    /// orchestration ends first, the child goes on by itself.
    #[track_caller]
    pub fn call_child<U: DeserializeOwned>(&self, name: &str, input: &(impl Serialize + ?Sized)) -> Child<U> {
        let allowed = self.machine().borrow().sections.may_start_child(name);
        let decision = allowed.and_then(|()| encode(input, "invalid-input")).map(|input| StartChild {
            name: name.to_owned(),
            input,
            instance: None,
            version: None,
            retry: None,
        });
        Child::new(self.machine(), decision, Location::caller())
    }

    /// What the function made by `#[orchestrator]` does: starts it as a child, as [`Self::call_child`] does.
    #[track_caller]
    pub fn start_child<O: Orchestrator>(&self, input: &O::Input) -> Child<O::Output> {
        self.call_child(O::NAME, input)
    }

    /// Wakes after this time. It does not cost anything to wait for a year.
    #[track_caller]
    pub fn sleep(&self, duration: Duration) -> Timer {
        self.timer_at(self.now() + duration)
    }

    /// Wakes at this time, or at once if it has passed.
    #[track_caller]
    pub fn timer_at(&self, time: Timestamp) -> Timer {
        Timer::new(self.machine(), time.as_millis(), Location::caller())
    }

    /// Waits for an external event of this name, in upper or lower case. Events that came when nobody waited are kept, and
    /// are taken in the order in which they came.
    ///
    /// It waits from here on, not from its `.await` on: who began to wait first is served first. A value that does not fit
    /// the type is taken, and is the failure `invalid-event`.
    pub fn wait_event<T: DeserializeOwned>(&self, name: &str) -> WaitEvent<T> {
        WaitEvent::new(self.clone(), name)
    }

    /// Sends an event to another instance, exactly once. If there is no such instance, or it has ended, nothing happens.
    ///
    /// # Errors
    /// `invalid-event` if the value has no JSON form.
    #[track_caller]
    pub fn send_event(&self, instance: &str, name: &str, value: &(impl Serialize + ?Sized)) -> Result<()> {
        let input = encode(value, "invalid-event")?;
        let event = SendEvent { instance: instance.to_owned(), name: name.to_owned(), input };
        self.machine().borrow_mut().decide(Decision::SendEvent(event), Location::caller());
        Ok(())
    }

    /// Ends this execution and begins the next one with a history of its own: `return cx.continue_as_new(&next).await`.
    ///
    /// The `.await` never comes back, unless the input has no JSON form (`invalid-input`). Events that came and that nobody
    /// took are given to the next execution, unless you say [`drop_events`](ContinueAsNew::drop_events). Timers are
    /// cancelled, and tasks that run are abandoned.
    pub fn continue_as_new<T>(&self, input: &(impl Serialize + ?Sized)) -> ContinueAsNew<T> {
        ContinueAsNew::new(self.machine(), encode(input, "invalid-input"))
    }

    /// Tries until an attempt succeeds or `wait` says that it was the last one.
    ///
    /// `attempt` makes the attempt of this number, from 1 on: a call, a child, or anything built of them. `wait` is asked
    /// after each failure how long to wait before the next attempt; it may look at the failure and its causes. The first
    /// attempt is made at once, and the waits are durable timers.
    #[track_caller]
    pub fn retry_with<T, F: Future<Output = Result<T>>>(
        &self,
        mut attempt: impl FnMut(u32) -> F,
        mut wait: impl FnMut(u32, &Failure) -> Option<Duration>,
    ) -> impl Future<Output = Result<T>> {
        let (cx, source) = (self.clone(), Location::caller());
        let mut current = attempt(1);
        async move {
            let mut number = 1;
            loop {
                let failure = match current.await {
                    Ok(output) => return Ok(output),
                    Err(failure) => failure,
                };
                let Some(wait) = wait(number, &failure) else { return Err(failure) };
                Timer::new(cx.machine(), (cx.now() + wait).as_millis(), source).await;
                number += 1;
                current = attempt(number);
            }
        }
    }
}
