//! The simulator at work: many seeds, each with its own programs, faults and order of events.
//!
//! `DACAPO_SIM_SEED=n` runs one seed and prints its trace; `DACAPO_SIM_SEEDS=n` sets how many are run.

use std::collections::BTreeMap;
use std::panic::catch_unwind;

use kernel::model::{InstanceId, Millis};
use tests::sim::fault::{Crash, Pace, Profile};
use tests::sim::marks::{ALL, Marks};
use tests::sim::program::{Ask, Child, End, Haste, Kind, Loser, OnFailure, Program, Step, Target};
use tests::sim::rng::Rng;
use tests::sim::task::Call;
use tests::sim::trace::Trace;
use tests::sim::{Report, Sim, instance_id, run};

const SEEDS_DEFAULT_COUNT: u64 = 1_000;
const DETERMINED_SEEDS_COUNT: u64 = 100;
const CRASHED_SEEDS_COUNT: u64 = 2;
const TRACE_TAIL_LINES: usize = 60;

/// Runs a seed and, should it fail, runs it again with a trace and says what happened.
fn check(seed: u64) -> Report {
    match catch_unwind(|| run(seed, Trace::Off)) {
        Ok(report) if report.result.is_ok() => report,
        Ok(_) => {
            let Report { result, trace, .. } = run(seed, Trace::On(Vec::new()));
            panic!("{}\nseed {seed}: {result:?}; DACAPO_SIM_SEED={seed} runs it again", trace.tail(TRACE_TAIL_LINES))
        }
        // A panic leaves no trace behind, so it is printed as it grows.
        Err(_) => {
            println!("seed {seed} panics; DACAPO_SIM_SEED={seed} runs it again");
            run(seed, Trace::Print)
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[test]
fn every_seed_keeps_every_promise() {
    if let Some(seed) = number("DACAPO_SIM_SEED") {
        let report = run(seed, Trace::Print);
        println!("{:?}", report.stats);
        return report.result.expect("the seed fails");
    }
    let count = number("DACAPO_SIM_SEEDS").unwrap_or(SEEDS_DEFAULT_COUNT);
    let mut marks = Marks::default();
    let (mut steps, mut commits, mut turns, mut crashes) = (0, 0, 0, 0);
    let begun = std::time::Instant::now();
    for seed in 0..count {
        let report = check(seed);
        marks.add(&report.marks);
        steps += report.stats.steps;
        commits += report.stats.commits;
        turns += report.stats.turns;
        crashes += report.stats.crashes;
    }
    let per_s = steps as f64 / begun.elapsed().as_secs_f64();
    println!("{count} seeds: {steps} steps ({per_s:.0}/s), {commits} commits, {turns} turns, {crashes} crashes");
    for mark in ALL {
        println!("{:>8} {mark:?}", marks.count(*mark));
    }
    if count >= SEEDS_DEFAULT_COUNT {
        assert_eq!(marks.missing(), [], "rare paths that no seed walked");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..10 {
        let (first, second) = (run(seed, Trace::On(Vec::new())), run(seed, Trace::On(Vec::new())));
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_eq!((first.marks, first.stats), (second.marks, second.stats), "seed {seed}");
    }
}

/// A little of everything, so that a crash can fall between any two effects of it.
fn mixed() -> Vec<Program> {
    let failing = Call { retry: Some((3, Millis(40))), ..Call::failing(5, 2) };
    let child = |program, retry| Ask::Child(Child { program, id: None, retry, on_failure: OnFailure::GoOn });
    let race = Step::Race(Ask::Activity(Call::plain(1)), Millis(2), Loser::Cancelled);
    let sleep = [5, 9_000, 70].map(|length| Ask::Timer(Millis(length)));
    let fails = Program { end: End::Fail, ..Program::sequence(1) };
    let eternal = vec![Step::Send(Target::Itself, 0), Step::Await(0, None), Step::Send(Target::Itself, 1)];
    vec![
        Program::sequence(3),
        Program::fan_out(4),
        Program::honest(vec![race, Step::Status, Step::Draw(Call::plain(0))]),
        Program::honest(vec![Step::all(vec![Ask::Activity(failing)]), Step::all(sleep.into())]),
        fails,
        Program { end: End::Renew(3), ..Program::honest(eternal) },
        Program::honest(vec![
            Step::Send(Target::Other(instance_id("i7")), 2),
            Step::Chains(
                vec![vec![child(0, None), child(5, None)], vec![child(4, Some((2, Millis(30))))]],
                Haste::Patient,
            ),
            Step::Send(Target::Other(instance_id("i7")), 2),
        ]),
        Program::honest(vec![Step::Await(2, None), Step::Await(2, None)]),
    ]
}

/// How six instances of programs that can come to one end only come to it.
fn ends(seed: u64, profile: Profile, trace: Trace) -> Result<BTreeMap<InstanceId, String>, String> {
    let mut rng = Rng::new(seed);
    let programs: Vec<_> = (0..6).map(|number| Program::any(&mut rng, Kind::Determined, number)).collect();
    let mut sim = Sim::new(rng, profile, programs, trace);
    sim.plan_faults();
    (0..6).for_each(|program| sim.start(&instance_id(&format!("i{program}")), program));
    let result = sim.live();
    let ends = sim.ends();
    let Report { result, trace, .. } = sim.report(result);
    result.map(|()| ends).map_err(|what| format!("{}\n{what}", trace.tail(TRACE_TAIL_LINES)))
}

#[test]
fn what_is_determined_ends_in_the_same_way_whatever_goes_wrong() {
    for seed in 0..DETERMINED_SEEDS_COUNT {
        let calm = ends(seed, Profile::calm(), Trace::On(Vec::new())).expect("nothing goes wrong");
        let rough = || Profile::rough(&mut Rng::new(seed));
        let Ok(found) = ends(seed, rough(), Trace::Off) else {
            panic!("seed {seed}:\n{:?}", ends(seed, rough(), Trace::On(Vec::new())));
        };
        assert_eq!(calm, found, "seed {seed}");
    }
}

#[test]
fn a_crash_before_any_effect_loses_nothing() {
    for pace in [Pace::Even, Pace::Uneven] {
        // Each seed has its own order of events, and its own luck with the commit that is under way.
        for seed in 0..CRASHED_SEEDS_COUNT {
            for effect in 1.. {
                let profile = Profile { crash: Crash::Before(effect), pace, ..Profile::calm() };
                let mut sim = Sim::new(Rng::new(seed), profile, mixed(), Trace::On(Vec::new()));
                (0..8).for_each(|program| sim.start(&instance_id(&format!("i{program}")), program));
                let result = sim.live();
                let Report { result, trace, stats, .. } = sim.report(result);
                assert_eq!(result, Ok(()), "seed {seed}, crash before effect {effect}:\n{}", trace.tail(60));
                if stats.effects < effect {
                    break;
                }
            }
        }
    }
}
