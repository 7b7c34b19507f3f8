//! Warm equals cold: decisions do not depend on how the turns are distributed over calls, nor on how many results
//! came in one turn.

use dacapo::{
    bindings::orchestrator::{Decision, Status, Step, Turn},
    prelude::*,
    testing::{Kit, Run},
};

mod guest {
    use super::*;

    dacapo::export! { orchestrators: [busy] }

    #[activity]
    pub fn work(n: u64) -> Result<u64> {
        if n % 7 == 3 { Err(fail!("three", "{n}")) } else { Ok(n + 1) }
    }

    /// A bit of everything: rounds of joins, races, timers that lose, calls that nobody awaits, chance.
    #[orchestrator]
    pub async fn busy(cx: Context, rounds: u64) -> Result<u64> {
        let mut sum = 0;
        let mut kept = Vec::new();
        for round in 0..rounds {
            let calls: Vec<_> = (0..5).map(|n| work(&cx, cx.random() % 50 + n)).collect();
            kept.push(work(&cx, round));
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
            cx.set_custom_status(&sum)?;
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

fn drive(run: &Run, turns: &[Turn], mut calls: impl FnMut() -> usize) -> Left {
    let (mut session, mut step) = guest::COMPONENT.open(run.first().clone());
    let mut left = Left { decisions: Vec::new(), status: Status::Waiting, custom_status: None };
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

#[test]
fn warm_equals_cold() {
    for seed in 0..200 {
        let kit = Kit::new::<guest::busy>().seed(seed).activity::<guest::work>();
        let run = kit.takes("work", Duration::from_millis(seed % 4)).start(&12);
        let turns: Vec<Turn> = run.turns()[1..].iter().map(|(turn, _)| turn.clone()).collect();
        let warm = drive(&run, &turns, || 1);
        assert!(warm.decisions.len() > 12 && warm.status != Status::Waiting);
        let mut state = seed;
        let random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % 9 + 1
        };
        assert_eq!(drive(&run, &turns, random), warm, "seed {seed}, split at random");
        assert_eq!(drive(&run, &turns, || usize::MAX), warm, "seed {seed}, all in one call");
        assert_eq!(drive(&run, &merge(&turns), || 1), warm, "seed {seed}, several events a turn");
    }
}
