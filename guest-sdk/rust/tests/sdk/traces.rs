//! Orchestrators and the traces that they leave: one line for what happened, indented what was decided.

use dacapo::{
    Orchestrator,
    prelude::*,
    testing::{Kit, Run},
};
use expect_test::{Expect, expect};

#[activity(retry(max_attempts = 3, first_interval = "1s", coefficient = 2.0))]
fn slow(n: u32) -> u32 {
    n
}

#[activity]
fn quick(n: u32) -> Result<u32> {
    if n == 13 { Err(fail!("unlucky", "{n}").non_retryable()) } else { Ok(10 * n) }
}

fn play<O: Orchestrator>() -> Run {
    let kit = Kit::new::<O>().activity::<slow>().activity::<quick>();
    kit.takes("slow", Duration::from_secs(2)).takes("quick", Duration::from_secs(1)).start(&())
}

fn check<O: Orchestrator>(expect: Expect) {
    expect.assert_eq(&play::<O>().to_string());
}

#[test]
fn calls_run_when_they_are_made() {
    #[orchestrator]
    async fn eager(cx: Context) -> Result<u32> {
        let a = slow(&cx, 1);
        let b = quick(&cx, 2);
        Ok(a.await? + b.await?)
    }
    check::<eager>(expect![[r#"
        0ns start eager(null)
          0 schedule slow(1) up to 3 times
          1 schedule quick(2)
        1s task 1 completed 20
        2s task 0 completed 1
        completed 21
    "#]]);
}

#[test]
fn options_belong_to_the_call() {
    #[orchestrator]
    async fn options(cx: Context) -> Result<u32> {
        let retry = Retry::attempts(7).non_retryable(["broke"]);
        quick(&cx, 1).retry(retry).timeout(Duration::from_secs(5)).await?;
        slow(&cx, 1).timeout(Duration::from_millis(10)).await
    }
    check::<options>(expect![[r#"
        0ns start options(null)
          0 schedule quick(1) up to 7 times within 5s
        1s task 0 completed 10
          1 schedule slow(1) up to 3 times within 10ms
        4.03s task 1 failed dacapo:timeout: no answer within 10 ms
        failed task-failed: no answer within 10 ms, because of dacapo:timeout: no answer within 10 ms
    "#]]);
}

#[test]
fn select_takes_the_first_in_history_even_if_it_comes_late() {
    #[orchestrator]
    async fn late(cx: Context) -> Result<[u32; 3]> {
        let pair = || (slow(&cx, 1), quick(&cx, 2));
        let (calls, blocks, many) = (pair(), pair(), pair());
        cx.sleep(Duration::from_secs(10)).await;
        let first = match cx.select(calls.0, calls.1).await {
            Either::Left(n) | Either::Right(n) => n?,
        };
        let one = async { blocks.0.await.map(|n| n + 2) };
        let two = async { blocks.1.await.map(|n| n + 1) };
        let second = match cx.select(one, two).await {
            Either::Left(n) | Either::Right(n) => n?,
        };
        let (index, third) = cx.race([many.0, many.1]).await;
        Ok([first, second, third? + 100 * index as u32])
    }
    check::<late>(expect![[r#"
        0ns start late(null)
          0 schedule slow(1) up to 3 times
          1 schedule quick(2)
          2 schedule slow(1) up to 3 times
          3 schedule quick(2)
          4 schedule slow(1) up to 3 times
          5 schedule quick(2)
          6 timer at 10s
        1s task 1 completed 20
        1s task 3 completed 20
        1s task 5 completed 20
        2s task 0 completed 1
        2s task 2 completed 1
        2s task 4 completed 1
        10s timer 6 fired
        completed [20,21,120]
    "#]]);
}

#[test]
fn join_fails_with_the_first_failure_in_history() {
    #[orchestrator]
    async fn join_late(cx: Context) -> Result<(u32, u32)> {
        let both = (cx.call_activity::<u32>("slow", "not a number"), quick(&cx, 13));
        cx.sleep(Duration::from_secs(10)).await;
        cx.join(both).await
    }
    check::<join_late>(expect![[r#"
        0ns start join_late(null)
          0 schedule slow("not a number")
          1 schedule quick(13)
          2 timer at 10s
        1s task 1 failed unlucky: 13
        2s task 0 failed invalid-input: $: invalid type: string "not a number", expected u32
        10s timer 2 fired
        failed unlucky: 13
    "#]]);

    #[orchestrator]
    async fn join_all_late(cx: Context) -> Result<Vec<u32>> {
        let all = [cx.call_activity::<u32>("slow", "not a number"), quick(&cx, 13)];
        cx.sleep(Duration::from_secs(10)).await;
        cx.join_all(all).await
    }
    assert_eq!(play::<join_all_late>().failure().kind, "unlucky");
}

#[test]
fn joins_keep_the_order_of_arguments() {
    #[orchestrator]
    async fn joins(cx: Context) -> Result<((u32, u32, String), Vec<u32>)> {
        let text = async { Ok(String::from("text")) };
        let tuple = cx.join((slow(&cx, 1), quick(&cx, 2), text));
        let list = cx.join_all([slow(&cx, 3), quick(&cx, 4)]);
        cx.join((tuple, list)).await
    }
    check::<joins>(expect![[r#"
        0ns start joins(null)
          0 schedule slow(1) up to 3 times
          1 schedule quick(2)
          2 schedule slow(3) up to 3 times
          3 schedule quick(4)
        1s task 1 completed 20
        1s task 3 completed 40
        2s task 0 completed 1
        2s task 2 completed 3
        completed [[1,20,"text"],[3,40]]
    "#]]);
}

#[test]
fn a_dropped_timer_is_cancelled_and_a_dropped_call_abandoned() {
    #[orchestrator]
    async fn drops(cx: Context) -> Result<u32> {
        drop(slow(&cx, 1));
        cx.sleep(Duration::from_secs(60)).cancel();
        let mut patience = cx.sleep(Duration::from_millis(1_500));
        match cx.select(quick(&cx, 1), &mut patience).await {
            Either::Left(_) => patience.await,
            Either::Right(()) => unreachable!("it is quick"),
        }
        let sum = quick(&cx, 1).await?;
        Ok(sum)
    }
    check::<drops>(expect![[r#"
        0ns start drops(null)
          0 schedule slow(1) up to 3 times
          1 timer at 60s
          2 cancel timer 1
          3 timer at 1.5s
          4 schedule quick(1)
        1s task 4 completed 10
        1.5s timer 3 fired
          5 schedule quick(1)
        2s task 0 completed 1
        2.5s task 5 completed 10
        completed 10
    "#]]);
}

#[test]
fn time_and_chance_come_from_the_host() {
    #[orchestrator]
    async fn ambient(cx: Context) -> Result<(u64, u64, String, u64)> {
        let begin = cx.now();
        let chance = (cx.random(), cx.new_guid());
        cx.timer_at(begin + Duration::from_secs(5)).await;
        cx.log().info(format!("{} slept", cx.instance_id()));
        cx.set_custom_status(&("awake", cx.execution()))?;
        assert!(cx.random_f64() < 1.0);
        Ok((begin.as_millis(), chance.0, chance.1, (cx.now() - begin).as_secs()))
    }
    check::<ambient>(expect![[r#"
        0ns start ambient(null)
          0 timer at 5s
        5s timer 0 fired
        completed [1767225600000,16294208416658607535,"6e789e6a-a1b9-45f4-86c4-5d188009454f",5]
    "#]]);
    let run = play::<ambient>();
    assert_eq!(run.logs(), ["test slept"]);
    assert_eq!(run.custom_status::<(String, u32)>(), Some(("awake".to_owned(), 1)));
}

#[test]
fn what_cannot_go_on_says_why() {
    fn fails<O: Orchestrator>(input: &str, expect: Expect) {
        let input: serde_json::Value = serde_json::from_str(input).unwrap();
        let run = Kit::new::<O>().answer("number", |_: ()| Ok("not a number")).start(&input);
        expect.assert_eq(&run.failure().to_string());
    }

    #[orchestrator]
    async fn takes_numbers(_cx: Context, _numbers: Vec<u32>) -> Result<()> {
        Ok(())
    }
    fails::<takes_numbers>("[1, \"2\"]", expect![[r#"invalid-input: $[1]: invalid type: string "2", expected u32"#]]);

    #[orchestrator]
    async fn wants_a_number(cx: Context) -> Result<u32> {
        cx.call_activity("number", &()).await
    }
    fails::<wants_a_number>(
        "null",
        expect![[r#"invalid-output: $: invalid type: string "not a number", expected u32"#]],
    );

    #[orchestrator]
    async fn sends_what_has_no_json(cx: Context) -> Result<u32> {
        cx.call_activity("number", &std::collections::BTreeMap::from([((1, 2), 3)])).await
    }
    fails::<sends_what_has_no_json>("null", expect!["invalid-input: key must be a string"]);

    #[orchestrator]
    async fn waits_outside(cx: Context) -> Result<()> {
        cx.sleep(Duration::from_secs(1)).await;
        std::future::pending().await
    }
    fails::<waits_outside>(
        "null",
        expect![
            "stalled: the orchestrator waits, but for no task, no timer and no event that could wake it: it awaits something that is not durable"
        ],
    );

    #[orchestrator]
    async fn parses(_cx: Context) -> Result<u32> {
        Ok("seven".parse()?)
    }
    fails::<parses>("null", expect!["parse-int-error: invalid digit found in string"]);
}

#[test]
fn retries_wait_longer_each_time() {
    #[orchestrator]
    async fn stubborn(cx: Context) -> Result<u32> {
        slow(&cx, 1).await
    }
    let check = |failures: u32, retryable: bool, expect: Expect| {
        let mut left = failures;
        let answer = move |n: u32| {
            if left == 0 {
                return Ok(n);
            }
            left -= 1;
            Err(Failure { retryable, ..fail!("down", "{left} to go") })
        };
        expect.assert_eq(&Kit::new::<stubborn>().answer("slow", answer).start(&()).to_string());
    };
    check(
        2,
        true,
        expect![[r#"
        0ns start stubborn(null)
          0 schedule slow(1) up to 3 times
        3s task 0 completed 1
        completed 1
    "#]],
    );
    check(
        3,
        true,
        expect![[r#"
        0ns start stubborn(null)
          0 schedule slow(1) up to 3 times
        3s task 0 failed down: 0 to go
        failed down: 0 to go
    "#]],
    );
    check(
        1,
        false,
        expect![[r#"
        0ns start stubborn(null)
          0 schedule slow(1) up to 3 times
        0ns task 0 failed down: 0 to go
        failed down: 0 to go
    "#]],
    );
}

#[test]
fn the_kit_notices_what_is_not_deterministic() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static CALLS: AtomicU32 = AtomicU32::new(0);

    #[orchestrator]
    async fn remembers(cx: Context) -> Result<u32> {
        quick(&cx, CALLS.fetch_add(1, Ordering::Relaxed)).await
    }
    let panic = std::panic::catch_unwind(play::<remembers>).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("is not deterministic: decision 0 was"));
}
