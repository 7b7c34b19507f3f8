//! Activities that go wrong in plain code.

use std::hint::black_box;

use dacapo::{Progress, prelude::*, progress};

/// Returns what it gets. The only one here that behaves.
#[activity]
pub fn echo(number: u32) -> u32 {
    number
}

/// Fails until the attempt of this number.
#[activity(retry(max_attempts = 3, first_interval = "10ms"))]
pub fn flaky(cx: ActivityContext, succeeds_at: u32) -> Result<u32> {
    if cx.attempt >= succeeds_at { Ok(cx.attempt) } else { Err(fail!("flaky", "attempt {}", cx.attempt)) }
}

/// Runs until somebody stops it.
#[activity]
pub fn task_loops() {
    loop {
        black_box(());
    }
}

/// Panics.
#[activity]
pub fn task_panics() {
    panic!("an activity that panics");
}

/// Calls itself until the stack ends.
#[activity]
pub fn task_recurses() -> u64 {
    descend(0)
}

/// Takes memory until there is none.
#[activity]
pub fn task_allocates() -> u64 {
    hoard()
}

/// Returns a text of so many bytes.
#[activity]
pub fn task_returns_much(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// Works for long and reports so many times that it is alive; returns how many reports it made until nobody waited.
#[activity]
pub fn task_reports(times: u64) -> u64 {
    report(times)
}

/// Works until nobody waits any more, and stops then.
#[activity]
pub fn task_works_until_cancelled() -> u64 {
    report(u64::MAX)
}

/// Reports that it is alive and does not listen to the answer.
#[activity]
pub fn task_ignores_cancel() {
    loop {
        work();
        progress("still here");
    }
}

/// Reports a detail of so many bytes, once.
#[activity]
pub fn task_reports_much(bytes: usize) {
    progress(&"x".repeat(bytes));
}

/// Fails with a kind that belongs to the host.
#[activity]
pub fn task_poses_as_host() -> Result<()> {
    Err(fail!("dacapo:timeout", "not really"))
}

fn report(times: u64) -> u64 {
    (0..times)
        .take_while(|report| {
            work();
            progress(report) == Progress::GoOn
        })
        .count() as u64
}

/// Takes some milliseconds.
fn work() {
    for step in 0..10_000_000_u32 {
        black_box(step);
    }
}

pub(crate) fn descend(depth: u64) -> u64 {
    // Work after the call, or the compiler makes a loop of it.
    if black_box(depth) == u64::MAX { 0 } else { black_box(descend(depth + 1)) + 1 }
}

pub(crate) fn hoard() -> u64 {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1_u8; 64 * 1024]));
        if hoard.len() == usize::MAX {
            return 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use dacapo::testing::reports;

    use super::*;

    #[test]
    fn who_listens_stops_when_nobody_waits() {
        let cancel = |report| if report < 3 { Progress::GoOn } else { Progress::Cancelled };
        assert_eq!(reports(cancel, task_works_until_cancelled::run).0, 2);
        assert_eq!(
            reports(|_| Progress::GoOn, || task_reports::run(3)),
            (3, ["0", "1", "2"].map(String::from).to_vec())
        );
    }
}
