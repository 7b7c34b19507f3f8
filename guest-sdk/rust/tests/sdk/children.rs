//! Orchestrations that start others, and what becomes of those that are not wanted any more.

use dacapo::{Orchestrator, prelude::*, testing::Kit};
use expect_test::{Expect, expect};

#[activity]
fn work(n: u32) -> Result<u32> {
    if n == 13 { Err(fail!("unlucky", "{n}").non_retryable()) } else { Ok(10 * n) }
}

/// Sleeps so many seconds, then works.
#[orchestrator]
async fn sleeper(cx: Context, n: u32) -> Result<u32> {
    cx.sleep(Duration::from_secs(n.into())).await;
    work(&cx, n).await
}

fn check<O: Orchestrator>(expect: Expect) {
    let kit = Kit::new::<O>().child::<sleeper>().activity::<work>().takes("work", Duration::from_secs(1));
    expect.assert_eq(&kit.start(&()).to_string());
}

#[test]
fn they_run_side_by_side_with_everything_else() {
    #[orchestrator]
    async fn mixed(cx: Context) -> Result<(u32, u32, (), u32)> {
        let children = (sleeper(&cx, 2), cx.call_child("SLEEPER", &1).id("mine").version("7"));
        let nap = cx.sleep(Duration::from_secs(4));
        let nap = async move {
            nap.await;
            Ok(())
        };
        cx.join((children.0, children.1, nap, work(&cx, 1))).await
    }
    check::<mixed>(expect![[r#"
        0ns start mixed(null)
          0 child sleeper(2)
          1 child SLEEPER(1) as mine of version 7
          2 timer at 4s
          3 schedule work(1)
        1s task 3 completed 10
        2s task 1 completed 10
        3s task 0 completed 20
        4s timer 2 fired
        completed [20,10,null,10]
    "#]]);
}

#[test]
fn a_failure_has_the_failure_of_the_child_as_its_cause() {
    #[orchestrator]
    async fn passes_on(cx: Context) -> Result<u32> {
        let failed = sleeper(&cx, 13).id("c").await;
        let failure = failed.as_ref().expect_err("it is unlucky");
        assert!(failure.is("dacapo:child-failed") && failure.is("unlucky") && !failure.is("lucky"));
        failed
    }
    check::<passes_on>(expect![[r#"
        0ns start passes_on(null)
          0 child sleeper(13) as c
        14s task 0 failed dacapo:child-failed: child c failed: 13, because of unlucky: 13
        failed task-failed: child c failed: 13, because of dacapo:child-failed: child c failed: 13, because of unlucky: 13
    "#]]);
}

#[test]
fn what_is_cancelled_does_not_answer() {
    #[orchestrator]
    async fn cancels(cx: Context) -> Result<u32> {
        let (call, child) = (work(&cx, 1), sleeper(&cx, 1));
        let (answered, dropped) = (work(&cx, 2), sleeper(&cx, 2));
        call.cancel();
        child.cancel();
        drop(dropped);
        cx.sleep(Duration::from_secs(5)).await;
        answered.cancel();
        Ok(1)
    }
    check::<cancels>(expect![[r#"
        0ns start cancels(null)
          0 schedule work(1)
          1 child sleeper(1)
          2 schedule work(2)
          3 child sleeper(2)
          4 cancel task 0
          5 cancel task 1
          6 timer at 5s
        1s task 2 completed 20
        3s task 3 completed 20
        5s timer 6 fired
        completed 1
    "#]]);
}

#[test]
fn a_child_knows_where_it_comes_from() {
    #[orchestrator]
    async fn tells(cx: Context) -> Result<(Option<String>, Option<String>, Vec<(String, String)>)> {
        Ok((cx.parent().map(str::to_owned), cx.version().map(str::to_owned), cx.tags().to_vec()))
    }
    type Told = (Option<String>, Option<String>, Vec<(String, String)>);
    #[orchestrator]
    async fn asks(cx: Context) -> Result<(Told, Told)> {
        cx.join((tells(&cx).version("2"), tells(&cx))).await
    }
    let run = Kit::new::<asks>().child::<tells>().tag("team", "blue").start(&());
    expect![[r#"
        0ns start asks(null)
          0 child tells(null) of version 2
          1 child tells(null)
        0ns task 0 completed ["test","2",[["team","blue"]]]
        0ns task 1 completed ["test",null,[["team","blue"]]]
        completed [["test","2",[["team","blue"]]],["test",null,[["team","blue"]]]]
    "#]]
    .assert_eq(&run.to_string());
}
