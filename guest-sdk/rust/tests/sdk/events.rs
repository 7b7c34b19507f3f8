//! External events, and the end of an execution that is the beginning of the next one.

use dacapo::{
    Orchestrator,
    bindings::orchestrator::{Event, EventRaised, Status, Turn},
    prelude::*,
    testing::Kit,
};
use expect_test::{Expect, expect};

fn check<O: Orchestrator>(events: &[(u64, &str, u32)], expect: Expect) {
    let kit = Kit::new::<O>();
    let send = |kit: Kit, (second, name, value): &(u64, &str, u32)| kit.event_at(s(*second), name, value);
    expect.assert_eq(&events.iter().fold(kit, send).start(&()).to_string());
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn what_nobody_waits_for_is_kept_in_order() {
    #[orchestrator]
    async fn late(cx: Context) -> Result<(u32, u32, u32)> {
        cx.sleep(s(10)).await;
        let first = cx.wait_event("Coin").await?;
        let second = cx.wait_event("COIN").await?;
        Ok((first, second, cx.wait_event("coin").await?))
    }
    check::<late>(
        &[(1, "coin", 1), (2, "note", 9), (3, "cOiN", 2), (12, "Coin", 3)],
        expect![[r#"
            0ns start late(null)
              0 timer at 10s
            1s event coin(1)
            2s event note(9)
            3s event cOiN(2)
            10s timer 0 fired
            12s event Coin(3)
            completed [1,2,3]
        "#]],
    );
}

#[test]
fn who_began_to_wait_first_is_served_first() {
    #[orchestrator]
    async fn several(cx: Context) -> Result<[u32; 3]> {
        let (first, second) = (cx.wait_event("a"), cx.wait_event("A"));
        let (gone, third) = (cx.wait_event::<u32>("a"), cx.wait_event("a"));
        let mut begun = Box::pin(cx.wait_event::<u32>("a").timeout(s(2)));
        assert_eq!(cx.select(&mut begun, cx.sleep(s(3))).await, Either::Left(Ok(None)));
        drop(gone);
        Ok([third.await?, second.await?, first.await?])
    }
    check::<several>(
        &[(1, "a", 1), (4, "A", 2), (5, "a", 3)],
        expect![[r#"
            0ns start several(null)
              0 timer at 2s
              1 timer at 3s
            1s event a(1)
            2s timer 0 fired
              2 cancel timer 1
            4s event A(2)
            5s event a(3)
            completed [3,2,1]
        "#]],
    );
}

#[test]
fn who_gives_up_takes_nothing_away() {
    #[orchestrator]
    async fn gives_up(cx: Context) -> Result<[u32; 2]> {
        let (served, next) = (cx.wait_event::<u32>("a"), cx.wait_event::<u32>("a"));
        cx.sleep(s(2)).await;
        // The event came for it, and it does not take it.
        drop(served);
        let taken = next.await?;
        drop(cx.wait_event::<u32>("a"));
        Ok([taken, cx.wait_event("a").await?])
    }
    check::<gives_up>(
        &[(1, "a", 1), (3, "a", 2)],
        expect![[r#"
            0ns start gives_up(null)
              0 timer at 2s
            1s event a(1)
            2s timer 0 fired
            3s event a(2)
            completed [1,2]
        "#]],
    );
}

#[test]
fn the_first_in_history_wins_even_if_it_is_looked_at_late() {
    #[orchestrator]
    async fn chooses(cx: Context) -> Result<(u32, usize, u32)> {
        let timer = cx.sleep(s(3));
        cx.sleep(s(10)).await;
        let event = match cx.select(timer, cx.wait_event::<u32>("b")).await {
            Either::Left(()) => 0,
            Either::Right(event) => event?,
        };
        let (index, event_too) = cx.race([cx.wait_event::<u32>("c"), cx.wait_event("a")]).await;
        Ok((event, index, event_too?))
    }
    let expect = expect![[r#"
        0ns start chooses(null)
          0 timer at 3s
          1 timer at 10s
        1s event a(1)
        2s event b(2)
        3s timer 0 fired
        4s event c(3)
        10s timer 1 fired
        completed [2,1,1]
    "#]];
    check::<chooses>(&[(1, "a", 1), (2, "b", 2), (4, "c", 3)], expect);
    let expect = expect![[r#"
        0ns start chooses(null)
          0 timer at 3s
          1 timer at 10s
        1s event c(1)
        3s timer 0 fired
        4s event b(2)
        5s event a(3)
        10s timer 1 fired
        completed [0,0,1]
    "#]];
    check::<chooses>(&[(1, "c", 1), (4, "b", 2), (5, "a", 3)], expect);
}

#[test]
fn patience_ends() {
    #[orchestrator]
    async fn patient(cx: Context) -> Result<(Option<u32>, u32, Option<u32>)> {
        let first = cx.wait_event("a").timeout(s(5)).await?;
        let second = cx.wait_event("a").timeout_or(s(5), 42).await?;
        Ok((first, second, cx.wait_event("late").timeout(s(60)).await?))
    }
    check::<patient>(
        &[(1, "a", 1), (7, "late", 2)],
        expect![[r#"
            0ns start patient(null)
              0 timer at 5s
            1s event a(1)
              1 cancel timer 0
              2 timer at 6s
            6s timer 2 fired
              3 timer at 66s
            7s event late(2)
              4 cancel timer 3
            completed [1,42,2]
        "#]],
    );
}

#[test]
fn the_names_that_are_waited_for_are_told() {
    #[orchestrator]
    async fn waits(cx: Context) -> Result<()> {
        let _served = cx.wait_event::<u32>("served");
        let (zebra, ape) = (cx.wait_event::<u32>("Zebra"), cx.wait_event::<u32>("ape"));
        let both = cx.join((zebra, cx.wait_event::<u32>("zebra"), ape));
        both.await.map(drop)
    }
    check::<waits>(
        &[(1, "zebra", 1), (2, "SERVED", 1)],
        expect![[r#"
            0ns start waits(null)
            1s event zebra(1)
            2s event SERVED(1)
            waiting for ape, zebra
            failed dacapo:stalled: nothing can happen any more that the orchestrator waits for
        "#]],
    );
}

#[test]
fn a_value_that_does_not_fit_is_a_failure() {
    #[orchestrator]
    async fn wants_text(cx: Context) -> Result<String> {
        let text = cx.wait_event::<String>("a").await;
        assert!(text.is_err_and(|failure| failure.is("invalid-event") && !failure.retryable));
        cx.wait_event("a").await
    }
    check::<wants_text>(
        &[(1, "a", 1), (2, "a", 2)],
        expect![[r#"
            0ns start wants_text(null)
            1s event a(1)
            2s event a(2)
            failed invalid-event: $: invalid type: integer `2`, expected a string
        "#]],
    );
}

#[test]
fn events_reach_whom_they_are_sent_to() {
    #[orchestrator]
    async fn answers(cx: Context, question: u32) -> Result<()> {
        cx.send_event(cx.parent().unwrap_or("nobody"), "Answer", &(question + 1))
    }
    #[orchestrator]
    async fn asks(cx: Context) -> Result<u32> {
        cx.send_event("nobody", "hello", "?")?;
        cx.send_event(cx.instance_id(), "self", &7)?;
        let unsent = cx.send_event("nobody", "bad", &std::collections::BTreeMap::from([((), 1)]));
        assert!(unsent.is_err_and(|failure| failure.is("invalid-event")));
        drop(answers(&cx, 41).id("child"));
        Ok(cx.wait_event::<u32>("answer").await? + cx.wait_event::<u32>("self").await?)
    }
    let run = Kit::new::<asks>().child::<answers>().start(&());
    expect![[r#"
        0ns start asks(null)
          0 send hello("?") to nobody
          1 send self(7) to test
          2 child answers(41) as child
        0ns event self(7)
        0ns event Answer(42)
        completed 49
    "#]]
    .assert_eq(&run.to_string());
}

#[test]
fn a_new_execution_begins_with_what_was_not_taken() {
    #[orchestrator]
    async fn eternal(cx: Context, taken: Option<Vec<u32>>) -> Result<Vec<u32>> {
        let mut taken = taken.unwrap_or_default();
        let _abandoned = cx.sleep(s(100));
        let _unserved = cx.wait_event::<u32>("b");
        taken.push(cx.wait_event("a").await?);
        cx.sleep(s(2)).await;
        match taken.len() {
            1 => cx.continue_as_new(&taken).await,
            2 => cx.continue_as_new(&taken).keep_events().await,
            3 => cx.continue_as_new(&taken).drop_events().await,
            _ => Ok(taken),
        }
    }
    check::<eternal>(
        &[(1, "a", 1), (2, "b", 7), (2, "A", 2), (2, "a", 3), (9, "a", 4)],
        expect![[r#"
            0ns start eternal(null)
              0 timer at 100s
            1s event a(1)
              1 timer at 3s
            2s event b(7)
            2s event A(2)
            2s event a(3)
            3s timer 1 fired
              2 cancel timer 0
            continued as new with b, A, a
            3s start eternal([1])
              0 timer at 103s
            3s event b(7)
            3s event A(2)
            3s event a(3)
              1 timer at 5s
            5s timer 1 fired
              2 cancel timer 0
            continued as new with b, a
            5s start eternal([1,2])
              0 timer at 105s
            5s event b(7)
            5s event a(3)
              1 timer at 7s
            7s timer 1 fired
              2 cancel timer 0
            continued as new
            7s start eternal([1,2,3])
              0 timer at 107s
            9s event a(4)
              1 timer at 11s
            11s timer 1 fired
              2 cancel timer 0
            completed [1,2,3,4]
        "#]],
    );
}

#[test]
fn an_input_without_a_json_form_does_not_end_anything() {
    #[orchestrator]
    async fn tries(cx: Context) -> Result<u32> {
        let failure = cx.continue_as_new::<u32>(&std::collections::BTreeMap::from([((), 1)])).await;
        assert!(failure.is_err_and(|failure| failure.is("invalid-input")));
        Ok(1)
    }
    check::<tries>(
        &[],
        expect![[r#"
            0ns start tries(null)
            completed 1
        "#]],
    );
}

#[test]
fn what_comes_after_the_end_belongs_to_the_next_execution() {
    mod guest {
        use super::*;
        dacapo::export! { orchestrators: [eternal] }
        #[orchestrator]
        pub async fn eternal(cx: Context) -> Result<()> {
            let _: u32 = cx.wait_event("a").await?;
            cx.continue_as_new(&()).await
        }
    }
    let execution = Kit::new::<guest::eternal>().start(&()).executions()[0].clone();
    let (mut session, _) = guest::COMPONENT.open(execution.start);
    let raised = |name: &str| EventRaised { name: name.to_owned(), input: b"1".to_vec() };
    let events = ["b", "a", "A", "c"].map(raised).map(Event::EventRaised).to_vec();
    let step = session.advance(vec![Turn { now: 1, replaying: false, events }]);
    let Status::ContinuedAsNew(next) = step.status else { panic!("{:?}", step.status) };
    assert_eq!(next.carried, ["b", "A", "c"].map(raised));
}
