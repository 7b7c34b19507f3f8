//! The futures that no decision stands behind: [`WaitEvent`] for an external event, [`ContinueAsNew`] for the end.

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
    context::Context,
    failure::Result,
    machine::{Next, Shared, Source, Untaken},
    mailbox::{Name, Ticket},
    order::{self, Either},
    payload::decode,
    task::Timer,
};

/// Waits for an external event; await it for the value that was sent.
///
/// Who began to wait first is served first. Dropped, it takes nothing with it: the event that would have been its own
/// goes to the next one who waits, or stays until somebody does.
#[must_use = "an event is taken only by `.await`"]
pub struct WaitEvent<T> {
    context: Context,
    name: Name,
    ticket: Option<Ticket>,
    value: PhantomData<fn() -> T>,
}

/// Ends this execution and begins the next one; see [`Context::continue_as_new`].
#[must_use = "the execution ends only with `.await`"]
pub struct ContinueAsNew<T> {
    machine: Shared,
    /// The input of the next execution; gone once it was polled.
    input: Option<Result<Vec<u8>>>,
    untaken: Untaken,
    output: PhantomData<fn() -> T>,
}

impl<T> WaitEvent<T> {
    pub(crate) fn new(context: Context, name: &str) -> Self {
        let (name, ticket) = context.machine().borrow_mut().wait(name);
        WaitEvent { context, name, ticket: Some(ticket), value: PhantomData }
    }
}

impl<T: DeserializeOwned> WaitEvent<T> {
    /// Waits so long and no longer; without an event until then there is `None`. The timer that loses is cancelled.
    #[track_caller]
    pub fn timeout(self, patience: Duration) -> impl Future<Output = Result<Option<T>>> + use<T> {
        self.within(patience, Location::caller())
    }

    /// Waits so long and no longer; without an event until then there is the default. The timer that loses is cancelled.
    #[track_caller]
    pub fn timeout_or(self, patience: Duration, default: T) -> impl Future<Output = Result<T>> + use<T> {
        let value = self.within(patience, Location::caller());
        async move { Ok(value.await?.unwrap_or(default)) }
    }

    fn within(self, patience: Duration, source: Source) -> impl Future<Output = Result<Option<T>>> + use<T> {
        let machine = self.context.machine();
        let timer = Timer::new(machine.clone(), (self.context.now() + patience).as_millis(), source);
        async move {
            match order::select(machine, self, timer).await {
                Either::Left(value) => value.map(Some),
                Either::Right(()) => Ok(None),
            }
        }
    }
}

impl<T: DeserializeOwned> Future for WaitEvent<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut PollContext<'_>) -> Poll<Self::Output> {
        let ticket = self.ticket.expect("a wait is polled only until it is ready");
        let input = ready!(self.context.machine().borrow_mut().receive(&self.name, ticket, cx.waker()));
        self.ticket = None;
        Poll::Ready(decode(&input, "invalid-event"))
    }
}

impl<T> Drop for WaitEvent<T> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.context.machine().borrow_mut().leave(&self.name, ticket);
        }
    }
}

impl<T> ContinueAsNew<T> {
    pub(crate) fn new(machine: Shared, input: Result<Vec<u8>>) -> Self {
        ContinueAsNew { machine, input: Some(input), untaken: Untaken::Carried, output: PhantomData }
    }

    /// Gives the events that nobody took to the next execution, as its first ones. So it is unless you say otherwise.
    pub fn keep_events(self) -> Self {
        ContinueAsNew { untaken: Untaken::Carried, ..self }
    }

    /// Drops the events that nobody took.
    pub fn drop_events(self) -> Self {
        ContinueAsNew { untaken: Untaken::Dropped, ..self }
    }
}

/// Ready only if the input has no JSON form.
impl<T> Future for ContinueAsNew<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, _: &mut PollContext<'_>) -> Poll<Self::Output> {
        match self.input.take() {
            Some(Ok(input)) => {
                self.machine.borrow_mut().next = Some(Next { input, untaken: self.untaken });
                Poll::Pending
            }
            Some(Err(failure)) => Poll::Ready(Err(failure)),
            None => Poll::Pending,
        }
    }
}

impl<T> fmt::Debug for WaitEvent<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("WaitEvent").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for ContinueAsNew<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ContinueAsNew").finish_non_exhaustive()
    }
}
