//! Turns: what a guest is told when it breaks a limit, and what its sessions may use.

use kernel::limits::TURN_FUEL;
use kernel::model::{
    ComponentDigest, Execution, FunctionName, Inbound, InstanceId, Payload, Play, Start, Tags, TaskId, Timestamp, Turn,
    kind,
};
use kernel::port::{Sandbox as _, Session as _, TurnFault};
use sandbox::Session;

use crate::Host;
use crate::guest::{Guest, STEP};

/// The first turn of an execution of `o`.
pub fn start(play: Play) -> Start {
    Start {
        name: FunctionName::parse("o").unwrap(),
        instance: InstanceId::parse("i").unwrap(),
        execution: Execution::FIRST,
        version: Some("v".into()),
        parent: InstanceId::parse("p").ok(),
        tags: Tags::new([("t1", "v1"), ("t2", "")].map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap(),
        now: Timestamp(3),
        seed: 2,
        input: Payload::null(),
        play,
    }
}

fn turns(count: u64, play: Play) -> Vec<Turn> {
    let events = vec![Inbound::TimerFired { timer: TaskId(0) }];
    (0..count).map(|now| Turn { now: Timestamp(now), play, events: events.clone() }).collect()
}

fn open(host: &Host, component: ComponentDigest) -> Session {
    host.sandbox.open(component, &start(Play::New)).unwrap().0
}

#[test]
fn what_a_guest_does_wrong_is_a_failure_of_the_guest() {
    let host = Host::new();
    let check = |guest: Guest, kind: &str, part: &str| {
        let component = host.deploy(&guest);
        let fault = host.sandbox.open(component, &start(Play::New)).map(|(_, step)| step).unwrap_err();
        let TurnFault::Guest(failure) = fault else { panic!("{fault:?}") };
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.message.contains(part), "{failure:?} has no {part:?}");
        assert!(!failure.retryable, "{failure:?}");
        failure
    };
    let code = |open: &str| Guest { open: open.into(), ..Guest::application() };
    let trap = check(code("unreachable"), kind::TRAP, "the guest trapped in `open`");
    assert_eq!(trap.details.as_deref(), Some("0: open\n"));
    check(code("(i32.div_u (i32.const 1) (i32.const 0))"), kind::TRAP, "divide by zero");
    check(code("(i32.load (i32.const -4))"), kind::TRAP, "out of bounds memory access");
    check(code("(loop br 0) unreachable"), kind::OUT_OF_FUEL, &format!("{TURN_FUEL} instructions in `open`"));
    let recursion = Guest { fields: "(func $deep call $deep)".into(), ..code("call $deep unreachable") };
    check(recursion, kind::STACK_OVERFLOW, "in `deep`");
    check(code("(loop (drop (memory.grow (i32.const 16))) br 0) unreachable"), kind::OUT_OF_MEMORY, "536870912");
    let interpreted = "(func $_PyEval_EvalFrameDefault unreachable)".to_owned();
    let interpreted = Guest { fields: interpreted, ..code("call $_PyEval_EvalFrameDefault unreachable") };
    let trap = check(interpreted, kind::TRAP, "the guest trapped: `unreachable`");
    let left_out = "it happened within the interpreter of the component, whose own frames are left out\n";
    assert_eq!(trap.details.as_deref(), Some(left_out));
    let tables =
        Guest { fields: "(table $t 1 funcref)".into(), ..code("(table.grow $t (ref.null func) (i32.const 200000))") };
    check(tables, kind::OUT_OF_MEMORY, "200001 table elements");
    let reporting = "(drop (call $report (i32.const 0) (i32.const 0))) unreachable";
    check(code(reporting), kind::IMPORT_DENIED, "`dacapo:durable/progress@0.1.0.report`");
    check(code("i32.const -4"), kind::PROTOCOL, "out of bounds");
}

#[test]
fn fuel_is_for_each_turn() {
    let host = Host::new();
    // Burns three quarters of a turn's fuel for every turn that it is given.
    let rounds = TURN_FUEL / 4 * 3 / 8;
    let advance = format!(
        "(local $i i64)
        (local.set $i (i64.mul (i64.extend_i32_u (local.get 1)) (i64.const {rounds})))
        (loop (br_if 0 (i64.ne (i64.const 0) (local.tee $i (i64.sub (local.get $i) (i64.const 1))))))
        i32.const {STEP}"
    );
    let component = host.deploy(&Guest { advance, ..Guest::application() });
    let mut session = open(&host, component);
    session.advance(&turns(1, Play::New)).unwrap();
    session.advance(&turns(3, Play::Again)).unwrap();
    session.advance(&turns(1, Play::New)).unwrap();
}

#[test]
fn what_a_component_begins_with_is_not_counted_against_its_sessions() {
    let host = Host::new();
    let check = |pages: u32, expect: bool| {
        let grow = format!("(drop (memory.grow (i32.const {pages}))) i32.const {STEP}");
        let component = host.deploy(&Guest { memory: 300, open: grow, ..Guest::orchestrations() });
        let session = open(&host, component);
        assert_eq!((session.is_large(), session.linear_bytes()), (expect, (300 + pages as usize) << 16));
    };
    check(0, false);
    check(128, false);
    check(129, true);
}

#[test]
fn a_component_that_is_not_there_is_no_fault_of_a_guest() {
    let host = Host::new();
    let check = |component, part: &str| {
        let fault = host.sandbox.open(component, &start(Play::New)).map(|(_, step)| step).unwrap_err();
        assert!(matches!(&fault, TurnFault::Unavailable(text) if text.contains(part)), "{fault:?}");
    };
    check(ComponentDigest::of(b"never deployed"), "is not deployed");
    check(host.deploy(&Guest::activities()), "has no orchestrator, only activity");
    let component = host.deploy(&Guest::application());
    let sessions: Vec<_> = std::iter::from_fn(|| host.sandbox.open(component, &start(Play::New)).ok()).collect();
    assert!(sessions.len() >= kernel::limits::WARM_SESSIONS_MAX_COUNT);
    check(component, "all slots");
    drop(sessions);
    open(&host, component).advance(&turns(1, Play::New)).unwrap();
}

#[test]
fn sessions_move_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<Session>();
}
