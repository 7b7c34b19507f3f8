//! Orchestrators that go wrong in plain code.

use std::hint::black_box;

use dacapo::prelude::*;

use crate::activities::{descend, echo, flaky, hoard};

async fn echo_first(cx: &Context, calls: Option<u32>) -> Result<()> {
    for call in 0..calls.unwrap_or(0) {
        echo(cx, call).await?;
    }
    Ok(())
}

/// Does nothing wrong.
#[orchestrator]
pub async fn behaves(cx: Context, after: Option<u32>) -> Result<()> {
    echo_first(&cx, after).await
}

/// Runs until its fuel ends.
#[orchestrator]
pub async fn loops(cx: Context, after: Option<u32>) -> Result<()> {
    echo_first(&cx, after).await?;
    loop {
        black_box(());
    }
}

/// Panics.
#[orchestrator]
pub async fn panics(cx: Context, after: Option<u32>) -> Result<()> {
    echo_first(&cx, after).await?;
    panic!("an orchestrator that panics");
}

/// Calls itself until the stack ends.
#[orchestrator]
pub async fn recurses(cx: Context, after: Option<u32>) -> Result<u64> {
    echo_first(&cx, after).await?;
    Ok(descend(0))
}

/// Takes memory until there is none.
#[orchestrator]
pub async fn allocates(cx: Context, after: Option<u32>) -> Result<u64> {
    echo_first(&cx, after).await?;
    Ok(hoard())
}

/// Writes 100,000 lines, then ends.
#[orchestrator]
pub async fn floods_its_log(cx: Context, after: Option<u32>) -> Result<()> {
    echo_first(&cx, after).await?;
    for line in 0..100_000 {
        cx.log().info(format!("line {line}: {}", "x".repeat(100)));
    }
    Ok(())
}

/// Sets this number of timers (100,000 unless given) in one turn, then waits for one of them.
#[orchestrator]
pub async fn decides_much(cx: Context, timers: Option<u32>) -> Result<usize> {
    let timers: Vec<_> = (0..timers.unwrap_or(100_000)).map(|n| cx.sleep(Duration::from_millis(n.into()))).collect();
    let (index, ()) = cx.race(timers).await;
    Ok(index)
}

/// Returns a text of so many bytes (100 MiB unless given).
#[orchestrator]
pub async fn returns_much(_cx: Context, bytes: Option<usize>) -> Result<String> {
    Ok("x".repeat(bytes.unwrap_or(100 << 20)))
}

/// Waits for something that is not durable and never comes.
#[orchestrator]
pub async fn stalls(cx: Context, after: Option<u32>) -> Result<()> {
    echo_first(&cx, after).await?;
    std::future::pending().await
}

/// Calls an activity that nobody has.
#[orchestrator]
pub async fn calls_nobody(cx: Context, after: Option<u32>) -> Result<()> {
    echo_first(&cx, after).await?;
    cx.call_activity("no_such_activity", &()).await
}

/// Calls `flaky`, which its policy tries three times, and returns the attempt that succeeded.
#[orchestrator]
pub async fn tries(cx: Context, succeeds_at: u32) -> Result<u32> {
    flaky(&cx, succeeds_at).await
}

/// Which activity to call, and with what.
#[payload]
pub struct Task {
    activity: String,
    input: Option<u64>,
}

/// Calls one of the activities that go wrong, and gives it a second.
#[orchestrator]
pub async fn calls(cx: Context, task: Task) -> Result<()> {
    cx.call_activity(&task.activity, &task.input).timeout(Duration::from_secs(1)).await
}

#[cfg(test)]
mod tests {
    use dacapo::{Orchestrator, testing::Kit};

    use super::*;

    fn check<O: Orchestrator>(after: Option<u32>, expect: Result<(), &str>) {
        let run = Kit::new::<O>().activity::<echo>().start(&after);
        assert_eq!(run.output::<()>().map_err(|failure| failure.kind), expect.map_err(str::to_owned));
    }

    #[test]
    fn what_the_sdk_notices_is_a_failure() {
        check::<behaves>(Some(3), Ok(()));
        check::<stalls>(None, Err("stalled"));
        check::<stalls>(Some(2), Err("stalled"));
    }

    #[test]
    fn the_first_of_many_timers_wins() {
        let run = Kit::new::<decides_much>().start(&1_000);
        assert_eq!(run.output::<usize>(), Ok(0));
    }

    #[test]
    fn the_flaky_one_succeeds_when_it_said() {
        let check = |at: u32, expect: Result<u32, &str>| {
            let run = Kit::new::<tries>().activity::<flaky>().start(&at);
            assert_eq!(run.output::<u32>().map_err(|failure| failure.kind), expect.map_err(str::to_owned));
        };
        check(3, Ok(3));
        check(4, Err("flaky"));
    }
}
