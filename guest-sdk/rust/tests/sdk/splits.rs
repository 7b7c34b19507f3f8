//! Warm equals cold: decisions do not depend on how the turns are distributed over calls, nor on how many results
//! came in one turn.

use dacapo::{
    bindings::orchestrator::{Decision, Status, Step, Turn},
    prelude::*,
    testing::{Execution, Kit},
};

mod guest {
    use super::*;

    dacapo::export! { orchestrators: [busy], entities: [pot] }

    #[activity]
    pub fn work(n: u64) -> Result<u64> {
        if n % 7 == 3 { Err(fail!("three", "{n}")) } else { Ok(n + 1) }
    }

    #[orchestrator]
    pub async fn child(cx: Context, n: u64) -> Result<u64> {
        cx.sleep(Duration::from_millis(n % 3)).await;
        work(&cx, n).await
    }

    /// Holds a number.
    #[entity]
    pub fn pot(held: &mut u64, operation: Pot) -> Result<u64> {
        match operation {
            Pot::Put(n) if n % 5 == 4 => Err(fail!("four", "{n}")),
            Pot::Put(n) => {
                *held = (*held + n) % 100;
                Ok(*held)
            }
            Pot::Look => Ok(*held),
        }
    }

    #[payload]
    pub enum Pot {
        Put(u64),
        Look,
    }

    #[payload]
    pub struct Rounds {
        pub left: u64,
        pub sum: u64,
    }

    /// A bit of everything: rounds of joins, races, timers that lose, children, events that nobody awaits, entities, locks,
    /// chance, and two executions.
    #[orchestrator]
    pub async fn busy(cx: Context, rounds: Rounds) -> Result<u64> {
        let mut sum = rounds.sum;
        let (mut kept, mut waits) = (Vec::new(), Vec::new());
        for round in 0..rounds.left {
            let calls: Vec<_> = (0..5).map(|n| work(&cx, cx.random() % 50 + n)).collect();
            kept.push(work(&cx, round));
            waits.push(cx.wait_event::<u64>(["a", "B"][round as usize % 2]));
            let patience = cx.sleep(Duration::from_millis(cx.random() % 4));
            sum += match cx.select(cx.join_all(calls), patience).await {
                Either::Left(Ok(outputs)) => outputs.iter().sum(),
                Either::Left(Err(failure)) => failure.message.len() as u64,
                Either::Right(()) => cx.random() % 9,
            };
            if round % 3 == 2 {
                let (index, first) = cx.race(kept.drain(..)).await;
                sum += index as u64 + first.unwrap_or(1);
            }
            if round % 4 == 1 {
                let offspring = child(&cx, cx.random());
                let event = cx.wait_event::<u64>("A").timeout_or(Duration::from_millis(cx.random() % 3), 7);
                sum += match cx.select(offspring, cx.race(waits.drain(..2))).await {
                    Either::Left(output) => output.map_or(2, |n| n % 10),
                    Either::Right((index, value)) => index as u64 + value?,
                };
                sum += event.await?;
            }
            if round % 3 == 1 {
                let keys = [cx.random() % 3, cx.random() % 3].map(|key| key.to_string());
                let lock = cx.lock(keys.each_ref().map(EntityId::of::<pot>)).await?;
                let put = cx.entity::<pot>(&keys[0]).call(Pot::Put(cx.random() % 50));
                let patience = cx.sleep(Duration::from_millis(cx.random() % 3));
                if let Either::Left(held) = cx.select(put, patience).await {
                    sum += held.unwrap_or(3);
                }
                // The call may be open still: then the rules forbid another one.
                sum += cx.entity::<pot>(&keys[0]).call(Pot::Look).await.unwrap_or(5);
                drop(lock);
                cx.signal::<pot>(&keys[1]).send(Pot::Put(1))?;
            }
            cx.set_custom_status(&sum)?;
            if round == 7 {
                let next = cx.continue_as_new(&Rounds { left: rounds.left - 8, sum });
                return if sum.is_multiple_of(2) { next.await } else { next.drop_events().await };
            }
        }
        Ok(sum)
    }
}

/// All that leaves a session, however it was driven.
#[derive(Debug, PartialEq)]
struct Left {
    decisions: Vec<Decision>,
    status: Status,
    custom_status: Option<Vec<u8>>,
}

fn drive(execution: &Execution, turns: &[Turn], mut calls: impl FnMut() -> usize) -> Left {
    let (mut session, mut step) = guest::COMPONENT.open(execution.start.clone());
    let mut left = Left { decisions: Vec::new(), status: Status::Waiting(Vec::new()), custom_status: None };
    let mut rest = turns;
    loop {
        let Step { decisions, status, custom_status, .. } = step;
        left.decisions.extend(decisions);
        left.status = status;
        left.custom_status = custom_status.or(left.custom_status);
        if rest.is_empty() {
            return left;
        }
        let (now, later) = rest.split_at(calls().min(rest.len()));
        rest = later;
        step = session.advance(now.to_vec());
    }
}

/// Turns of the same time become one turn with several events.
fn merge(turns: &[Turn]) -> Vec<Turn> {
    let mut merged: Vec<Turn> = Vec::new();
    for turn in turns {
        match merged.last_mut() {
            Some(last) if last.now == turn.now => last.events.extend(turn.events.clone()),
            _ => merged.push(turn.clone()),
        }
    }
    merged
}

fn check(seed: u64, execution: &Execution) {
    let turns: Vec<Turn> = execution.turns[1..].iter().map(|(turn, _)| turn.clone()).collect();
    let warm = drive(execution, &turns, || 1);
    assert!(!matches!(warm.status, Status::Waiting(_)), "seed {seed}: {:?}", warm.status);
    let mut state = seed;
    let random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % 9 + 1
    };
    assert_eq!(drive(execution, &turns, random), warm, "seed {seed}, split at random");
    assert_eq!(drive(execution, &turns, || usize::MAX), warm, "seed {seed}, all in one call");
    assert_eq!(drive(execution, &merge(&turns), || 1), warm, "seed {seed}, several events a turn");
}

#[test]
fn warm_equals_cold() {
    let (mut carried, mut dropped) = (0, 0);
    for seed in 0..200 {
        let mut kit = Kit::new::<guest::busy>().seed(seed).activity::<guest::work>().child::<guest::child>();
        kit = kit.entity::<guest::pot>();
        for n in 0..40 {
            kit = kit.event_at(Duration::from_millis(n * seed % 23), ["A", "b"][(n * seed / 3) as usize % 2], &n);
        }
        let run = kit.takes("work", Duration::from_millis(seed % 4)).start(&guest::Rounds { left: 12, sum: 0 });
        assert_eq!(run.executions().len(), 2, "{run}");
        for execution in run.executions() {
            check(seed, execution);
        }
        match &run.executions()[0].status {
            Status::ContinuedAsNew(next) if next.carried.is_empty() => dropped += 1,
            _ => carried += 1,
        }
    }
    assert!(carried > 20 && dropped > 20, "{carried} {dropped}");
}
