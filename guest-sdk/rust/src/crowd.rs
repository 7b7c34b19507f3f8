//! Many futures of one kind, of which only those are polled that something happened to.
//!
//! So `n` results for `n` futures cost `n` polls and not `n²`. The order of readiness is the order in which the
//! members were woken, which is that of history.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context as PollContext, Poll, Wake, Waker},
};

pub(crate) struct Crowd<F> {
    members: Vec<Option<(Pin<Box<F>>, Waker)>>,
    bell: Arc<Bell>,
}

/// Which members shall be polled, and whom to tell that there are some.
struct Bell {
    rung_by: Mutex<VecDeque<usize>>,
    parent: Mutex<Waker>,
}

struct Member {
    index: usize,
    bell: Arc<Bell>,
}

impl Wake for Member {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        lock(&self.bell.rung_by).push_back(self.index);
        lock(&self.bell.parent).wake_by_ref();
    }
}

impl<F: Future> Crowd<F> {
    pub(crate) fn new(futures: Vec<F>) -> Self {
        let rung_by = Mutex::new((0..futures.len()).collect());
        let bell = Arc::new(Bell { rung_by, parent: Mutex::new(Waker::noop().clone()) });
        let members = futures.into_iter().enumerate().map(|(index, future)| {
            let waker = Waker::from(Arc::new(Member { index, bell: bell.clone() }));
            Some((Box::pin(future), waker))
        });
        Crowd { members: members.collect(), bell: bell.clone() }
    }

    /// The next member that is ready, in the order of history.
    pub(crate) fn poll_next(&mut self, cx: &mut PollContext<'_>) -> Poll<(usize, F::Output)> {
        lock(&self.bell.parent).clone_from(cx.waker());
        loop {
            let next = lock(&self.bell.rung_by).pop_front();
            let Some(index) = next else { return Poll::Pending };
            // A member may have rung twice: it is then polled in vain, or gone.
            if let Some((future, waker)) = &mut self.members[index]
                && let Poll::Ready(output) = future.as_mut().poll(&mut PollContext::from_waker(waker))
            {
                self.members[index] = None;
                return Poll::Ready((index, output));
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
