//! Runs timer triggers when they are due.
//!
//! A tick is known by its time: the mark of the newest one says where to go on after a restart, and what was missed is one
//! run. A tick whose run fails is tried again a few times and then marked like one that succeeded, with an error in the log.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use kernel::limits::{TIMER_ATTEMPTS_MAX_COUNT, TIMER_RETRY_FIRST_MS, TIMER_RUNNING_MAX_COUNT, TIMER_SLEEP_MAX_MS};
use kernel::model::{ComponentDigest, Timestamp};
use kernel::port::Mark;
use sandbox::Firing;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::bindings::{Bindings, TimerBinding};
use super::client::RunId;
use super::runner::{Runner, Stopped};
use super::schedule::{Due, Schedule};

/// One timer trigger.
#[derive(Debug)]
pub struct Timer {
    /// The component that has the function.
    pub component: ComponentDigest,
    /// All that the component is bound to.
    pub bindings: Arc<Bindings>,
    /// This timer.
    pub binding: TimerBinding,
}

/// Runs all timers of a hub until it stops.
pub async fn run(runner: Runner, timers: Vec<Timer>) {
    let slots = Semaphore::new(TIMER_RUNNING_MAX_COUNT);
    join_all(timers.iter().map(|timer| timer.run(&runner, &slots))).await;
}

impl Timer {
    async fn run(&self, runner: &Runner, slots: &Semaphore) {
        // A hub that stops needs no further notice.
        let _ = self.tick(runner, slots).await;
    }

    async fn tick(&self, runner: &Runner, slots: &Semaphore) -> Result<(), Stopped> {
        let (schedule, source) = (self.binding.schedule(), self.binding.source(&self.bindings.name));
        let mut last = match runner.last_mark(&source).await? {
            Some(mark) => Timestamp(mark),
            None => {
                // It was never due before it was deployed.
                let now = runner.now();
                runner.post(Vec::new(), vec![mark(&source, now)]).await?;
                now
            }
        };
        while let Some(due) = wait(runner, &schedule, last).await {
            let _slot = slots.acquire().await.expect("nobody closes the semaphore");
            self.fire(runner, &source, due).await?;
            last = due.scheduled;
        }
        tracing::warn!(trigger = source, %schedule, "it is not due any more");
        Ok(())
    }

    async fn fire(&self, runner: &Runner, source: &str, due: Due) -> Result<(), Stopped> {
        let Due { scheduled, missed } = due;
        let name = &self.binding.function;
        let marks = vec![mark(source, scheduled)];
        for attempt in 1..=TIMER_ATTEMPTS_MAX_COUNT {
            let run = RunId { source: source.to_owned(), sequence: scheduled.0 };
            let client = runner.client(&self.bindings, run);
            let firing = Firing { name: name.clone(), scheduled, now: runner.now(), missed };
            match runner.sandbox().fire(self.component, &firing, client.clone()).await {
                Ok(()) => return runner.post(client.collected(), marks).await,
                Err(failure) if attempt < TIMER_ATTEMPTS_MAX_COUNT => {
                    tracing::warn!(trigger = source, attempt, "a run failed and is tried again: {failure}");
                    sleep(Duration::from_millis(TIMER_RETRY_FIRST_MS << (attempt - 1))).await;
                }
                Err(failure) => tracing::error!(trigger = source, attempt, "a run failed and is given up: {failure}"),
            }
        }
        runner.post(Vec::new(), marks).await
    }
}

/// Waits until something is due; `None` if nothing will ever be.
async fn wait(runner: &Runner, schedule: &Schedule, last: Timestamp) -> Option<Due> {
    loop {
        let now = runner.now();
        if let Some(due) = schedule.due(last, now) {
            return Some(due);
        }
        let next = schedule.next(now.max(last))?;
        sleep(Duration::from_millis(next.since(now).0.min(TIMER_SLEEP_MAX_MS))).await;
    }
}

/// The newest tick is the only one that has to be known.
fn mark(source: &str, at: Timestamp) -> Mark {
    Mark { source: source.to_owned(), seq: at.0, floor: at.0 }
}
