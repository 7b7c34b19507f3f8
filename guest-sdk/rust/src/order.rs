//! Waiting for several futures in the order of history.
//!
//! Once a combinator waits, events come one at a time, so whatever becomes ready first *is* first in history. Only at
//! its first poll it may find several things that arrived while the orchestrator awaited something else. Then
//! [`replay`] shows them one after another, oldest first, as if the combinator had been there all along. So the order
//! of arguments decides between two futures only if the same event made both of them ready.

use std::{
    future::Future,
    pin::Pin,
    task::{Context as PollContext, Poll, ready},
};

use crate::{context::Context, crowd::Crowd, failure::Result, machine::Shared};

/// Which of two futures was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first argument.
    Left(A),
    /// The second argument.
    Right(B),
}

/// Futures that [`Context::join`] waits for together: tuples of two to six that give a [`Result`].
pub trait Join {
    /// The tuple of the outputs.
    type Output;

    /// What [`Context::join`] gives.
    fn join(self, cx: Context) -> impl Future<Output = Result<Self::Output>>;
}

impl Context {
    /// Waits for all of a tuple of futures; ends with the failure that is first in history.
    pub fn join<J: Join>(&self, futures: J) -> impl Future<Output = Result<J::Output>> + use<J> {
        futures.join(self.clone())
    }

    /// Waits for all and keeps their order; ends with the failure that is first in history.
    pub fn join_all<T, I>(&self, futures: I) -> impl Future<Output = Result<Vec<T>>> + use<T, I>
    where
        I: IntoIterator<Item: Future<Output = Result<T>>>,
    {
        join_all(self.machine(), futures.into_iter().collect())
    }

    /// Waits for the one that is first in history, and drops the other one: a timer is cancelled, a call abandoned.
    /// Give `&mut future` to keep it.
    ///
    /// If the same event makes both ready, the first argument wins.
    pub fn select<A, B>(&self, a: A, b: B) -> impl Future<Output = Either<A::Output, B::Output>> + use<A, B>
    where
        A: Future,
        B: Future,
    {
        select(self.machine(), a, b)
    }

    /// Waits for the one of many that is first in history, tells its index, and drops the others, as [`Self::select`]
    /// does. Of none at all there is no first: that waits for ever.
    pub fn race<T, I>(&self, futures: I) -> impl Future<Output = (usize, T)> + use<T, I>
    where
        I: IntoIterator<Item: Future<Output = T>>,
    {
        race(self.machine(), futures.into_iter().collect())
    }
}

/// Polls as if what has arrived were arriving now, in order, until that leads to an end.
fn replay<T>(machine: &Shared, mut poll: impl FnMut() -> Poll<T>) -> Poll<T> {
    let end = machine.borrow().horizon();
    let mut next = machine.borrow().next_arrival(0, end);
    if next.is_none() {
        return poll();
    }
    machine.borrow_mut().set_horizon(0);
    let mut result = poll();
    while let (Poll::Pending, Some(moment)) = (&result, next) {
        machine.borrow_mut().set_horizon(moment);
        result = poll();
        next = machine.borrow().next_arrival(moment, end);
    }
    machine.borrow_mut().set_horizon(end);
    result
}

/// What all combinators here are: a poll function whose first poll sees the past in order.
async fn first_replayed<T>(machine: Shared, mut poll: impl FnMut(&mut PollContext<'_>) -> Poll<T>) -> T {
    let mut is_first = true;
    std::future::poll_fn(move |cx| if std::mem::take(&mut is_first) { replay(&machine, || poll(cx)) } else { poll(cx) })
        .await
}

/// The first of two, in the order of history. The other one is dropped.
pub(crate) async fn select<A: Future, B: Future>(machine: Shared, a: A, b: B) -> Either<A::Output, B::Output> {
    let (mut a, mut b) = (Box::pin(a), Box::pin(b));
    first_replayed(machine, move |cx| {
        if let Poll::Ready(a) = a.as_mut().poll(cx) {
            return Poll::Ready(Either::Left(a));
        }
        b.as_mut().poll(cx).map(Either::Right)
    })
    .await
}

/// The first of many and its index. The others are dropped.
async fn race<F: Future>(machine: Shared, futures: Vec<F>) -> (usize, F::Output) {
    let mut crowd = Crowd::new(futures);
    first_replayed(machine, move |cx| crowd.poll_next(cx)).await
}

/// All outputs in the order of the arguments, or the failure that was first in history.
async fn join_all<T, F: Future<Output = Result<T>>>(machine: Shared, futures: Vec<F>) -> Result<Vec<T>> {
    let mut outputs: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    let mut missing = outputs.len();
    let mut crowd = Crowd::new(futures);
    first_replayed(machine, move |cx| {
        while missing > 0 {
            let (index, result) = ready!(crowd.poll_next(cx));
            match result {
                Ok(output) => outputs[index] = Some(output),
                Err(failure) => return Poll::Ready(Err(failure)),
            }
            missing -= 1;
        }
        Poll::Ready(Ok(std::mem::take(&mut outputs).into_iter().flatten().collect()))
    })
    .await
}

/// One member of a tuple: a future, and then its output.
struct Part<T, F> {
    future: Pin<Box<F>>,
    output: Option<T>,
}

impl<T, F: Future<Output = Result<T>>> Part<T, F> {
    fn new(future: F) -> Self {
        Part { future: Box::pin(future), output: None }
    }

    fn poll(&mut self, cx: &mut PollContext<'_>) -> Result<()> {
        if self.output.is_none()
            && let Poll::Ready(result) = self.future.as_mut().poll(cx)
        {
            self.output = Some(result?);
        }
        Ok(())
    }
}

macro_rules! join_tuples {
    ($(($($future:ident $output:ident $part:ident),+))+) => { $(
        impl<$($output, $future: Future<Output = Result<$output>>),+> Join for ($($future,)+) {
            type Output = ($($output,)+);

            async fn join(self, cx: Context) -> Result<Self::Output> {
                let ($($part,)+) = self;
                $(let mut $part = Part::new($part);)+
                first_replayed(cx.machine(), move |cx| {
                    $(if let Err(failure) = $part.poll(cx) {
                        return Poll::Ready(Err(failure));
                    })+
                    if $($part.output.is_some())&&+ {
                        Poll::Ready(Ok(($($part.output.take().expect("all outputs are there"),)+)))
                    } else {
                        Poll::Pending
                    }
                })
                .await
            }
        }
    )+ };
}

join_tuples! {
    (FA A a, FB B b)
    (FA A a, FB B b, FC C c)
    (FA A a, FB B b, FC C c, FD D d)
    (FA A a, FB B b, FC C c, FD D d, FE E e)
    (FA A a, FB B b, FC C c, FD D d, FE E e, FG G g)
}
