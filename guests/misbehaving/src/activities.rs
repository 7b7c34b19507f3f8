//! Activities that go wrong in plain code.

use std::hint::black_box;

use dacapo::prelude::*;

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

/// Fails with a kind that belongs to the host.
#[activity]
pub fn task_poses_as_host() -> Result<()> {
    Err(fail!("dacapo:timeout", "not really"))
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
