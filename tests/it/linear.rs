//! Linearizability: what clients and orchestrations see of counters, registers and sets, with crashes in between, could have
//! been seen of one that does one thing at a time.
//!
//! `DACAPO_SIM_SEED=n` runs one seed and prints its trace; `DACAPO_SIM_SEEDS=n` sets how many are run.

use kernel::model::{EntityId, Reach};
use tests::sim::entity::{Deed, entity_id};
use tests::sim::fault::Profile;
use tests::sim::linear::Tally;
use tests::sim::program::{Ask, OnFailure, Program, Step};
use tests::sim::queue::{Act, Request, Signal, Whom};
use tests::sim::rng::Rng;
use tests::sim::trace::Trace;
use tests::sim::{Sim, instance_id};

use crate::sim::number;

const SEEDS_DEFAULT_COUNT: u64 = 300;
const PROGRAMS_COUNT: usize = 5;
const CALLS_MAX_COUNT: u64 = 8;
const CLIENTS_COUNT: u64 = 16;
const READS_COUNT: u64 = 16;
const LENGTH_MS: u64 = 1_500;
const TRACE_TAIL_LINES: usize = 80;

/// Something that may be asked of a counter, a register or a set.
fn any(rng: &mut Rng) -> (EntityId, Deed) {
    let number = rng.below(5);
    let signed = i64::try_from(number).expect("it is small");
    let (key, change) = match rng.below(3) {
        0 => ("counter", Deed::Add(signed)),
        1 => ("register", Deed::Write(signed)),
        _ => ("set", Deed::Insert(u32::try_from(number).expect("it is small"))),
    };
    let deed = match rng.below(10) {
        0..3 => Deed::Get,
        3 => Deed::Fail,
        _ => change,
    };
    (entity_id("tally", key), deed)
}

fn program(rng: &mut Rng) -> Program {
    let mut ask = || {
        let (to, deed) = any(rng);
        Ask::Call(to, deed, OnFailure::GoOn)
    };
    let two = (0..2).map(|_| ask()).collect();
    let mut steps = vec![Step::all(two)];
    steps.extend((0..CALLS_MAX_COUNT - 2).map(|_| Step::all(vec![ask()])));
    Program::honest(steps)
}

fn run(seed: u64, trace: Trace) -> (Result<(), String>, Tally, Trace) {
    let mut rng = Rng::new(seed);
    let profile = Profile::rough(&mut rng);
    let programs = (0..PROGRAMS_COUNT).map(|_| program(&mut rng)).collect();
    let mut dice = rng.clone();
    let mut sim = Sim::new(rng, profile, programs, trace);
    sim.plan_faults();
    (0..PROGRAMS_COUNT).for_each(|program| sim.start(&instance_id(&format!("i{program}")), program));
    for client in 0..CLIENTS_COUNT {
        let (to, deed) = any(&mut dice);
        let signal = Signal { token: format!("client{client}"), to, deed, ahead: None, more: 0 };
        sim.plan_act(dice.below(LENGTH_MS), Act::Signal(signal));
    }
    for _ in 0..READS_COUNT {
        let (of, _) = any(&mut dice);
        sim.plan_act(dice.below(LENGTH_MS), Act::Read(of));
    }
    if dice.happens(500) {
        let whom = Whom::Any(dice.number());
        sim.plan_act(dice.below(LENGTH_MS), Act::Ask(whom, Request::Terminate(Reach::Alone)));
    }
    let result = sim.live().and_then(|()| sim.history().check());
    let tally = sim.history().tally();
    let report = sim.report(result);
    (report.result, tally, report.trace)
}

#[test]
fn what_is_seen_of_entities_has_an_order() {
    if let Some(seed) = number("DACAPO_SIM_SEED") {
        return run(seed, Trace::Print).0.expect("the seed fails");
    }
    let count = number("DACAPO_SIM_SEEDS").unwrap_or(SEEDS_DEFAULT_COUNT);
    let mut sum = Tally::default();
    for seed in 0..count {
        let (result, tally, _) = run(seed, Trace::Off);
        if let Err(what) = result {
            let (_, _, trace) = run(seed, Trace::On(Vec::new()));
            panic!("{}\nseed {seed}: {what}; DACAPO_SIM_SEED={seed} runs it again", trace.tail(TRACE_TAIL_LINES));
        }
        sum.ok += tally.ok;
        sum.failed += tally.failed;
        sum.unknown += tally.unknown;
    }
    println!("{count} seeds: {} ok, {} failed, {} unknown", sum.ok, sum.failed, sum.unknown);
    assert!(sum.ok > 0 && sum.failed > 0 && sum.unknown > 0, "{sum:?}");
}
