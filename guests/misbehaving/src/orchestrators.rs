//! Orchestrators that go wrong in plain code.

use std::hint::black_box;

use dacapo::{prelude::*, serde_json::Value};

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

/// Sets a timer so many milliseconds from now; before now if it is negative, at the end of time if it is `null`.
#[orchestrator]
pub async fn sets_timer(cx: Context, offset_ms: Option<i64>) -> Result<()> {
    let now = cx.now().as_millis();
    let at = offset_ms.map_or(u64::MAX, |offset_ms| now.saturating_add_signed(offset_ms));
    cx.timer_at(Timestamp::from_millis(at)).await;
    Ok(())
}

/// Waits for the event of this name.
#[orchestrator]
pub async fn waits_for(cx: Context, name: String) -> Result<()> {
    cx.wait_event(&name).await
}

/// Sends this number of events (100,000 unless given) to an instance that does not exist.
#[orchestrator]
pub async fn sends_much(cx: Context, events: Option<u32>) -> Result<()> {
    (0..events.unwrap_or(100_000)).try_for_each(|n| cx.send_event("nobody", "noise", &n))
}

/// Sends itself an event, and waits for it.
#[orchestrator]
pub async fn talks_to_itself(cx: Context, after: Option<u32>) -> Result<String> {
    echo_first(&cx, after).await?;
    cx.send_event(cx.instance_id(), "word", "hello")?;
    cx.wait_event("WORD").await
}

/// Starts a child that has its own id.
#[orchestrator]
pub async fn is_its_own_child(cx: Context, after: Option<u32>) -> Result<()> {
    echo_first(&cx, after).await?;
    behaves(&cx, None).id(cx.instance_id()).await
}

/// Starts a child of the same kind, which starts a child of the same kind.
#[orchestrator]
pub async fn descends_for_ever(cx: Context, depth: Option<u32>) -> Result<()> {
    descends_for_ever(&cx, Some(depth.unwrap_or(0) + 1)).await
}

/// Starts a child of a name that nobody has.
#[orchestrator]
pub async fn starts_nobody(cx: Context, after: Option<u32>) -> Result<()> {
    echo_first(&cx, after).await?;
    cx.call_child("no_such_orchestrator", &()).await
}

/// Starts a child that panics.
#[orchestrator]
pub async fn has_a_bad_child(cx: Context, after: Option<u32>) -> Result<()> {
    panics(&cx, after).await
}

/// Begins anew at once, again and again.
#[orchestrator]
pub async fn begins_anew_for_ever(cx: Context, times: Option<u64>) -> Result<()> {
    cx.continue_as_new(&(times.unwrap_or(0) + 1)).await
}

/// Which activity to cancel, and when.
#[payload]
pub struct Cancel {
    activity: String,
    after_ms: u64,
}

/// Calls an activity, cancels it after a while, and returns how many milliseconds that took.
#[orchestrator]
pub async fn cancels(cx: Context, cancel: Cancel) -> Result<u64> {
    let begin = cx.now();
    let call = cx.call_activity::<u64>(&cancel.activity, &());
    cx.sleep(Duration::from_millis(cancel.after_ms)).await;
    call.cancel();
    cx.sleep(Duration::from_millis(1)).await;
    Ok((cx.now() - begin).as_millis() as u64)
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

/// Which activity to call, with what, and how long it may take; a second if it does not say so.
#[payload]
pub struct Task {
    activity: String,
    input: Option<u64>,
    timeout_ms: Option<u64>,
}

/// Calls one of the activities that go wrong, and returns what it returns.
#[orchestrator]
pub async fn calls(cx: Context, task: Task) -> Result<Value> {
    let timeout = Duration::from_millis(task.timeout_ms.unwrap_or(1_000));
    cx.call_activity(&task.activity, &task.input).timeout(timeout).await
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
    fn odd_wishes_come_to_an_end() {
        fn check<O: Orchestrator>(input: impl dacapo::serde::Serialize, expect: Result<&str, &str>) {
            let kit =
                Kit::new::<O>().child::<behaves>().answer("work", |()| Ok(1)).takes("work", Duration::from_secs(9));
            let run = kit.start(&input);
            let output = run.output::<Value>().map(|output| output.to_string());
            let output =
                output.map_err(|failure| failure.causes.first().map_or(failure.kind, |cause| cause.kind.clone()));
            assert_eq!(output.as_deref().map_err(String::as_str), expect);
        }
        check::<sets_timer>(Some(0), Ok("null"));
        check::<sets_timer>(Some(-1), Ok("null"));
        check::<sets_timer>(Some(i64::MIN), Ok("null"));
        check::<waits_for>("nothing", Err("dacapo:stalled"));
        check::<sends_much>(Some(3), Ok("null"));
        check::<talks_to_itself>((), Ok("\"hello\""));
        check::<is_its_own_child>((), Err("dacapo:child-exists"));
        check::<cancels>(Cancel { activity: "work".to_owned(), after_ms: 5 }, Ok("6"));
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
