//! That the answers are the same again: warm, cold, however turns are grouped, on another host.

use kernel::model::{
    BatchOperation, EntityBatch, EntityId, LogLevel, Operation, OperationKind, OperationName, Payload, Play, Timestamp,
};
use kernel::port::{Sandbox as _, Session as _};

use super::{DECISIONS, after, begin, draws, line, numbers, open, shows, to_scratch, turn, with_imports, word, writes};
use crate::Host;
use crate::guest::{Guest, OUTCOME};
use crate::layout::{Value, case, list, record, text};

#[test]
fn the_same_turns_have_the_same_chance() {
    let host = Host::new();
    let component = host.deploy(&shows(&["(call $random)", "(call $monotonic)"]));
    let times = [10, 25, 25, 70];
    let play = |seed: u64, calls: &[usize], play: Play| {
        let (mut session, step) = host.sandbox.open(component, &begin(seed, 3, play)).unwrap();
        let mut all = numbers(&step);
        let mut rest = &times[..];
        for &count in calls {
            let (now, later) = rest.split_at(count);
            let turns: Vec<_> = now.iter().map(|&now| turn(now, play)).collect();
            all.extend(numbers(&session.advance(&turns).unwrap()));
            rest = later;
        }
        all
    };
    let warm = play(7, &[1, 1, 1, 1], Play::New);
    assert_eq!(warm.len(), 10);
    for cold in [&[4][..], &[1, 3], &[2, 2], &[1, 1, 1, 1]] {
        assert_eq!(play(7, cold, Play::Again), warm, "{cold:?}");
    }
    let chances = |seed: u64| play(seed, &[4], Play::New).into_iter().step_by(2).collect::<Vec<_>>();
    let (mine, other) = (chances(7), chances(8));
    assert!(mine.iter().all(|draw| !other.contains(draw)), "another seed has another chance");
    let another_host = Host::new();
    let (_, step) = open(&another_host, &shows(&["(call $random)"]), &begin(7, 3, Play::New)).unwrap();
    assert_eq!(numbers(&step), warm[..1]);
}

#[test]
fn what_happens_before_the_first_turn_is_the_same_everywhere() {
    let host = Host::new();
    let guest = shows(&["(global.get $first)", "(global.get $then)", "(call $random)"]);
    let guest = with_imports(guest, "$random $monotonic");
    let fields = "(global $first (mut i64) (i64.const 0)) (global $then (mut i64) (i64.const 9))
        (func $init (global.set $first (call $random)) (global.set $then (call $monotonic))) (start $init)";
    let guest = Guest { fields: fields.into(), ..guest };
    let component = host.deploy(&guest);
    let begun = |seed: u64| numbers(&host.sandbox.open(component, &begin(seed, 9, Play::New)).unwrap().1);
    assert_eq!(begun(1)[..2], [draws(0).next().unwrap(), 0]);
    assert_eq!(begun(1)[..2], begun(2)[..2]);
    assert_ne!(begun(1)[2], begun(2)[2]);
}

fn batch(seeds: &[u64], now: u64) -> EntityBatch {
    let operation = |&seed: &u64| BatchOperation {
        operation: Operation { name: OperationName::parse("a").unwrap(), input: Payload::null(), seed },
        kind: OperationKind::Signal,
    };
    let id = EntityId::new("e", "k").unwrap();
    EntityBatch { id, now: Timestamp(now), state: None, operations: seeds.iter().map(operation).collect() }
}

#[test]
fn an_entity_has_the_time_and_the_chance_of_its_batch() {
    let host = Host::new();
    let (said, write) = writes(0, "said\n", "$stdout");
    // The numbers are the letters of a text, low bits only, so that a text can show them.
    let show = |index: usize, number: &str| {
        let letter = format!("(i32.add (i32.const 65) (i32.wrap_i64 (i64.and (i64.const 15) {number})))");
        format!("(i32.store8 (i32.const {}) {letter})", DECISIONS as usize + 1 + index)
    };
    let done = case("ok", record([("output", Value::At(DECISIONS, Box::new(text("\"????\""))))]));
    let numbers = [
        "(call $random)".to_owned(),
        "(call $random)".to_owned(),
        "(i64.div_u (call $monotonic) (i64.const 1000000))".to_owned(),
        after(&to_scratch("$wall"), &word(0)),
    ];
    let code: String = numbers.iter().enumerate().map(|(index, number)| show(index, number)).collect();
    let code = code + &write;
    let guest = Guest {
        apply: format!("{code} i32.const {OUTCOME}"),
        outcome: record([("results", list([done]))]),
        fields: said,
        ..Guest::entities()
    };
    let mut session = host.sandbox.entity(host.deploy(&with_imports(guest, &code))).unwrap();
    let mut check = |seed: u64, now: u64| {
        let outcome = session.apply(&batch(&[seed], now)).unwrap();
        let low: Vec<u64> = draws(seed).take(2).chain([now, now / 1_000]).map(|number| number & 15).collect();
        let letters: String = low.iter().map(|&low| char::from(65 + u8::try_from(low).unwrap())).collect();
        let output = &outcome.results[0].as_ref().unwrap().output;
        assert_eq!(output.inline().unwrap(), format!("\"{letters}\"").as_bytes());
        assert_eq!(outcome.logs, [line(LogLevel::Info, "said")]);
    };
    check(5, 3_002);
    check(6, 9_011);
    // A session remembers nothing of the batch before.
    check(5, 3_002);
}
