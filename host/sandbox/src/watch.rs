//! What a running attempt of an activity and its host tell each other: progress one way, cancellation the other.
//!
//! It owns the time at which an attempt is given up. It does not know what is shown of the progress, nor who cancels.
//! That time follows from what was noted, so no report can move it behind the grace of one that was cancelled.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::limits::ACTIVITY_TIMEOUT_MAX_MS;
use kernel::model::{Millis, Payload};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The line between an attempt and its host. Cheap to clone; all clones are the same line.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Line>);

#[derive(Debug, Default)]
struct Line {
    state: Mutex<State>,
    /// The time to give up may have come nearer.
    hurried: Notify,
}

#[derive(Debug, Default)]
struct State {
    run: Option<Run>,
    cancelled: Option<Instant>,
    progress: Option<Payload>,
}

/// An attempt that runs.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// How long it may be silent.
    timeout: Duration,
    /// How long it may go on after it was cancelled.
    grace: Duration,
    begun: Instant,
    /// When it gave the last sign of life.
    heard: Instant,
}

/// Whether somebody waits for the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Yes,
    /// Nobody does. A guest that listens has a grace to find out.
    No,
}

/// Why an attempt is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// It had its timeout, and reported no progress within it.
    Silent,
    /// However much progress is reported, it does not run for ever.
    TooLong,
    /// Nobody waits for it, and it had its grace.
    Cancelled,
}

impl Watch {
    /// What the guest reported last.
    pub fn progress(&self) -> Option<Payload> {
        self.lock().progress.clone()
    }

    /// Tells the guest that nobody waits for it any more, and gives it a grace to stop by itself.
    pub fn cancel(&self) {
        self.lock().cancelled.get_or_insert(Instant::now());
        self.0.hurried.notify_one();
    }

    /// Ends when nobody waits for the attempt any more.
    pub async fn cancelled(&self) {
        loop {
            let hurried = self.0.hurried.notified();
            if self.lock().cancelled.is_some() {
                return;
            }
            hurried.await;
        }
    }

    /// The attempt begins to run, unless it is over before. `grace` is for a guest that listens; one that does not is
    /// broken off at once.
    pub(crate) fn begin(&self, timeout: Millis, grace: Millis) -> Result<(), GivenUp> {
        let now = Instant::now();
        let mut state = self.lock();
        state.run = Some(Run::new(timeout, grace, now));
        match state.end() {
            Some((at, why)) if at <= now => Err(why),
            _ => Ok(()),
        }
    }

    /// The guest is alive: it has its timeout before it again.
    pub(crate) fn report(&self, progress: Payload) -> Wanted {
        self.lock().report(progress, Instant::now())
    }

    /// The guest is alive, and has nothing to show for it.
    pub(crate) fn sign_of_life(&self) {
        if let Some(run) = &mut self.lock().run {
            run.heard = Instant::now();
        }
    }

    /// Ends when the attempt is to be given up.
    pub(crate) async fn given_up(&self) -> GivenUp {
        loop {
            let hurried = self.0.hurried.notified();
            let end = self.lock().end();
            match end {
                Some((at, why)) if at <= Instant::now() => return why,
                Some((at, _)) => tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = hurried => {}
                },
                None => hurried.await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing can panic while the lock is held.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    fn new(timeout: Millis, grace: Millis, now: Instant) -> Self {
        let timeout = Duration::from_millis(timeout.0.min(ACTIVITY_TIMEOUT_MAX_MS));
        Self { timeout, grace: Duration::from_millis(grace.0), begun: now, heard: now }
    }
}

impl State {
    fn report(&mut self, progress: Payload, now: Instant) -> Wanted {
        self.progress = Some(progress);
        if let Some(run) = &mut self.run {
            run.heard = now;
        }
        if self.cancelled.is_some() { Wanted::No } else { Wanted::Yes }
    }

    /// When the attempt is given up as things are now, and why; `None` before it begins.
    fn end(&self) -> Option<(Instant, GivenUp)> {
        let Run { timeout, grace, begun, heard } = self.run?;
        let silent = (heard + timeout, GivenUp::Silent);
        let too_long = (begun + Duration::from_millis(ACTIVITY_TIMEOUT_MAX_MS), GivenUp::TooLong);
        // Who was cancelled before it began hears of it only then.
        let cancelled = self.cancelled.map(|at| (at.max(begun) + grace, GivenUp::Cancelled));
        cancelled.into_iter().chain([silent, too_long]).min_by_key(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Sign {
        Begin,
        Report(Wanted),
        Cancel,
    }
    use Sign::{Begin, Cancel, Report};

    #[test]
    fn when_an_attempt_is_given_up() {
        // Times in ms; the timeout is 1,000 and the grace 50.
        let check = |signs: &[(u64, Sign)], expect: Option<(u64, GivenUp)>| {
            let zero = Instant::now();
            let mut state = State::default();
            for &(at, sign) in signs {
                let now = zero + Duration::from_millis(at);
                match sign {
                    Begin => state.run = Some(Run::new(Millis(1_000), Millis(50), now)),
                    Report(answer) => assert_eq!(state.report(Payload::null(), now), answer, "{signs:?}"),
                    Cancel => _ = state.cancelled.get_or_insert(now),
                }
            }
            let expect = expect.map(|(at, why)| (zero + Duration::from_millis(at), why));
            assert_eq!(state.end(), expect, "{signs:?}");
        };
        let (yes, no) = (Report(Wanted::Yes), Report(Wanted::No));
        check(&[], None);
        check(&[(5, Cancel)], None);
        check(&[(5, Begin)], Some((1_005, GivenUp::Silent)));
        check(&[(5, Begin), (700, yes), (1_600, yes)], Some((2_600, GivenUp::Silent)));
        check(&[(5, Begin), (300, Cancel)], Some((350, GivenUp::Cancelled)));
        // Neither a report nor another cancellation makes the grace longer, nor does the grace the timeout.
        check(&[(5, Begin), (300, Cancel), (340, no)], Some((350, GivenUp::Cancelled)));
        check(&[(5, Begin), (300, Cancel), (340, Cancel)], Some((350, GivenUp::Cancelled)));
        check(&[(5, Begin), (1_000, Cancel)], Some((1_005, GivenUp::Silent)));
        check(&[(5, Cancel), (300, Begin), (310, no)], Some((350, GivenUp::Cancelled)));
        let last = ACTIVITY_TIMEOUT_MAX_MS;
        check(&[(0, Begin), (last - 10, yes)], Some((last, GivenUp::TooLong)));
        check(&[(0, Begin), (last - 1_000, yes)], Some((last, GivenUp::Silent)));
    }
}
