//! Orchestrators and entities: calls, signals, locks, and the rules of critical sections.

use dacapo::{Orchestrator, prelude::*, testing::Kit};
use expect_test::{Expect, expect};

#[payload]
#[derive(Clone, Default)]
struct Counter {
    value: i64,
}

#[entity]
impl Counter {
    fn add(&mut self, n: i64) -> Result<i64> {
        self.value += n;
        if self.value < 0 { Err(fail!("negative", "{} is below zero", self.value)) } else { Ok(self.value) }
    }

    fn get(&self) -> i64 {
        self.value
    }

    /// Tells whoever is named of it, and lets an orchestration look.
    fn share(&mut self, cx: &EntityContext, with: String) -> Result<String> {
        cx.signal::<Counter>(with).add(self.value)?;
        cx.start(Start::of::<looks>(&cx.key().to_owned())?)
    }
}

#[orchestrator]
async fn looks(cx: Context, key: String) -> Result<i64> {
    cx.entity::<Counter>(key).get().await
}

fn check<O: Orchestrator>(expect: Expect) {
    let kit = Kit::new::<O>().entity_with::<Counter>("a", &Counter { value: 5 }).child::<looks>().child::<moves>();
    expect.assert_eq(&kit.start(&()).to_string());
}

#[test]
fn calls_are_answered_and_signals_are_not() {
    #[orchestrator]
    async fn mixes(cx: Context) -> Result<(i64, i64, String)> {
        let counter = cx.entity::<Counter>("a");
        let failure = counter.add(-9).await.expect_err("it is below zero");
        assert!(failure.is("negative"));
        cx.signal::<Counter>("b").add(1)?;
        cx.signal_at::<Counter>(cx.now() + Duration::from_secs(60), "b").add(10)?;
        cx.sleep(Duration::from_secs(30)).await;
        let shared = counter.share("b".to_owned()).await?;
        let before = cx.entity::<Counter>("b").get().await?;
        cx.sleep(Duration::from_secs(60)).await;
        let after = cx.call_entity(&EntityId::new("COUNTER", "b"), "GET", &()).await?;
        cx.entity::<Counter>("b").delete().await?;
        Ok((before, after, shared))
    }
    check::<mixes>(expect![[r#"
        0ns start mixes(null)
          0 call @counter@a add(-9)
        0ns task 0 failed negative: -4 is below zero
          1 signal @counter@b add(1)
          2 signal @counter@b add(10) at 60s
          3 timer at 30s
        30s timer 3 fired
          4 call @counter@a share("b")
        30s task 4 completed "975835de1c9756ce:1"
          5 call @counter@b get(null)
        30s task 5 completed 6
          6 timer at 90s
        90s timer 6 fired
          7 call @counter@b GET(null)
        90s task 7 completed 16
          8 call @counter@b delete(null)
        90s task 8 completed null
        completed [6,16,"975835de1c9756ce:1"]
    "#]]);
}

#[test]
fn what_fails_there_fails_here() {
    #[orchestrator]
    async fn passes_on(cx: Context) -> Result<i64> {
        cx.call_entity::<()>(&EntityId::of::<Counter>("a"), "lose", &()).await.expect_err("there is no such operation");
        cx.entity::<Counter>("a").add(-6).await
    }
    check::<passes_on>(expect![[r#"
        0ns start passes_on(null)
          0 call @counter@a lose(null)
        0ns task 0 failed unknown-operation: counter has no operation "lose"; it has add, get, share and delete
          1 call @counter@a add(-6)
        0ns task 1 failed negative: -1 is below zero
        failed negative: -1 is below zero
    "#]]);
}

#[test]
fn a_lock_ends_with_its_guard() {
    #[orchestrator]
    async fn locks(cx: Context) -> Result<i64> {
        {
            let _lock = cx.lock(["b", "a", "b"].map(EntityId::of::<Counter>)).await?;
            cx.entity::<Counter>("b").add(1).await?;
        }
        let lock = cx.lock([EntityId::of::<Counter>("a")]).await?;
        lock.release();
        drop(cx.lock([EntityId::of::<Counter>("b")]));
        let _until_the_end = cx.lock([EntityId::of::<Counter>("a")]).await?;
        cx.entity::<Counter>("a").get().await
    }
    check::<locks>(expect![[r#"
        0ns start locks(null)
          0 lock @counter@a @counter@b
        0ns task 0 completed null
          1 call @counter@b add(1)
        0ns task 1 completed 1
          2 release lock 0
          3 lock @counter@a
        0ns task 3 completed null
          4 release lock 3
          5 lock @counter@b
          6 release lock 5
          7 lock @counter@a
        0ns task 7 completed null
          8 call @counter@a get(null)
        0ns task 8 completed 5
          9 release lock 7
        completed 5
    "#]]);
}

/// Moves one piece from one counter to another.
#[orchestrator]
async fn moves(cx: Context, (from, to): (String, String)) -> Result<()> {
    let _lock = cx.lock([EntityId::of::<Counter>(&from), EntityId::of::<Counter>(&to)]).await?;
    cx.entity::<Counter>(from).add(-1).await?;
    cx.entity::<Counter>(to).add(1).await?;
    Ok(())
}

#[test]
fn sections_wait_for_each_other_and_never_for_ever() {
    #[orchestrator]
    async fn contends(cx: Context) -> Result<[i64; 3]> {
        let pairs = [("a", "b"), ("b", "a"), ("a", "c"), ("b", "c")];
        let moves = pairs.map(|(from, to)| moves(&cx, (from.to_owned(), to.to_owned())));
        cx.join_all(moves).await?;
        let mut values = [0; 3];
        for (value, key) in values.iter_mut().zip(["a", "b", "c"]) {
            *value = cx.entity::<Counter>(key).get().await?;
        }
        Ok(values)
    }
    let kit = Kit::new::<contends>().child::<moves>().entity_with::<Counter>("b", &Counter { value: 5 });
    let run = kit.entity_with::<Counter>("a", &Counter { value: 5 }).start(&());
    assert_eq!(run.output::<[i64; 3]>(), Ok([4, 4, 2]));
}

#[test]
fn rules_are_checked_before_anything_is_done() {
    #[orchestrator]
    async fn breaks_rules(cx: Context) -> Result<Vec<String>> {
        let mut told = Vec::new();
        let (a, b) = (EntityId::of::<Counter>("a"), EntityId::of::<Counter>("b"));
        let asked = cx.lock([a.clone()]);
        told.push(cx.entity::<Counter>("a").get().await.map(drop));
        let lock = asked.await?;
        told.push(cx.lock([b.clone()]).await.map(drop));
        told.push(looks(&cx, "a".to_owned()).await.map(drop));
        told.push(cx.entity::<Counter>("b").get().await.map(drop));
        told.push(cx.signal::<Counter>("a").add(1));
        let (first, second) = (cx.entity::<Counter>("a").get(), cx.entity::<Counter>("a").get());
        told.push(second.await.map(drop));
        first.await?;
        lock.release();
        told.push(cx.lock([]).await.map(drop));
        told.push(cx.lock((0..101).map(|key| EntityId::of::<Counter>(key.to_string()))).await.map(drop));
        // Outside, all of it is allowed; inside, so are signals to others.
        cx.signal_entity(&a, "add", &1)?;
        let calls = (cx.entity::<Counter>("a").get(), cx.entity::<Counter>("a").get());
        cx.join(calls).await?;
        let _lock = cx.lock([a.clone()]).await?;
        cx.signal_entity_at(cx.now() + Duration::from_secs(1), &b, "add", &1)?;
        Ok(told.into_iter().map(|result| result.expect_err("a rule was broken").to_string()).collect())
    }
    check::<breaks_rules>(expect![[r#"
        0ns start breaks_rules(null)
          0 lock @counter@a
        0ns task 0 completed null
          1 call @counter@a get(null)
        0ns task 1 completed 5
          2 release lock 0
          3 signal @counter@a add(1)
          4 call @counter@a get(null)
          5 call @counter@a get(null)
        0ns task 4 completed 6
        0ns task 5 completed 6
          6 lock @counter@a
        0ns task 6 completed null
          7 signal @counter@b add(1) at 1s
          8 release lock 6
        completed ["critical-section: @counter@a is called before its lock is there; await the lock first","critical-section: entities are locked within a critical section; release that one first, or lock all at once","critical-section: the child looks is started within a critical section; release the lock first","critical-section: @counter@b is called within a critical section that does not lock it","critical-section: @counter@a is signalled within the critical section that locks it; call it instead","critical-section: @counter@a is called while another call of it is open; within a critical section await each","critical-section: a lock has 1 to 100 entities, not 0","critical-section: a lock has 1 to 100 entities, not 101"]
    "#]]);
}
