//! Turns: what a guest decides, and what it is told when it breaks a limit or the contract.

use kernel::limits::{LOG_LINES_PER_TURN_MAX_COUNT, TURN_FUEL};
use kernel::model::{
    ComponentDigest, Decision, Execution, Failure, FunctionName, Inbound, InstanceId, LogLevel, Millis, Payload, Play,
    Start, StepStatus, TaskId, Timestamp, Turn, kind,
};
use kernel::port::{Sandbox as _, Session as _, TurnFault};
use sandbox::Session;

use crate::Host;
use crate::guest::{Guest, STEP, data, word};

fn start(play: Play) -> Start {
    Start {
        name: FunctionName::parse("o").unwrap(),
        instance: InstanceId::parse("i").unwrap(),
        execution: Execution::FIRST,
        version: Some("v".into()),
        parent: InstanceId::parse("p").ok(),
        now: Timestamp(1),
        seed: 2,
        input: Payload::null(),
        play,
    }
}

fn turns(count: u32, play: Play) -> Vec<Turn> {
    let failure = Failure::from_guest("kind".into(), "message".into(), Some("details".into()), true);
    let turn = |i: u32| Turn {
        now: Timestamp(u64::from(i)),
        play,
        events: vec![
            Inbound::TaskCompleted { task: TaskId(i), output: Payload::null() },
            Inbound::TimerFired { timer: TaskId(i) },
            Inbound::TaskFailed { task: TaskId(i), failure: failure.clone() },
        ],
    };
    (0..count).map(turn).collect()
}

fn open(host: &Host, component: ComponentDigest) -> Session {
    host.sandbox.open(component, &start(Play::New)).unwrap().0
}

#[test]
fn a_step_is_read_field_by_field() {
    let host = Host::new();
    // Decisions at 1024, 112 bytes each: an activity with all options, a timer, a cancelled timer.
    let decisions = data(STEP, &(word(1024) + &word(3)))
        + &data(1024, "\\00")
        + &data(1032, &(word(9) + &word(1) + &word(32) + &word(4)))
        + &data(1048, "\\01")
        + &data(1056, &(word(5) + &word(0) + &word(7) + &word(0) + "\\00\\00\\00\\00\\00\\00\\f8\\3f"))
        + &data(1080, &(word(1) + &word(0) + &word(8) + &word(0)))
        + &data(1112, &(word(2048) + &word(1)))
        + &data(1120, &(word(1) + &word(0) + &word(6) + &word(0)))
        + &data(2048, &(word(32) + &word(4)))
        + &data(1136, &("\\01".to_owned() + "\\00\\00\\00\\00\\00\\00\\00" + &word(77) + &word(0)))
        + &data(1248, &("\\02".to_owned() + "\\00\\00\\00\\00\\00\\00\\00" + &word(1) + &word(0)));
    let logs = data(STEP + 56, &(word(3072) + &word(1)))
        + &data(3072, &("\\03\\00\\00\\00".to_owned() + &word(3100) + &word(4)))
        + &data(3100, "\\1b[1m");
    let status =
        data(STEP + 8, &(word(1) + &word(32) + &word(4))) + &data(STEP + 44, &(word(1) + &word(32) + &word(4)));
    let component = host.deploy(&Guest { fields: decisions + &logs + &status, ..Guest::application() });
    let (_, step) = host.sandbox.open(component, &start(Play::New)).unwrap();
    let [Decision::ScheduleActivity { name, input, options }, timer, cancel] = &step.decisions[..] else {
        panic!("{:?}", step.decisions);
    };
    assert_eq!((name.as_str(), input.as_str(), options.timeout), ("a", "null", Some(Millis(6))));
    let retry = options.retry.as_ref().unwrap();
    assert_eq!((retry.max_attempts, retry.first_interval, retry.coefficient), (5, Millis(7), 1.5));
    assert_eq!(
        (retry.max_interval, retry.retry_timeout, &retry.non_retryable[..]),
        (Some(Millis(8)), None, &["null".to_owned()][..])
    );
    assert_eq!(
        (timer, cancel),
        (&Decision::CreateTimer { fire_at: Timestamp(77) }, &Decision::CancelTimer { timer: TaskId(1) })
    );
    assert_eq!((&step.status, &step.custom_status), (&StepStatus::Completed(Payload::null()), &Some(Payload::null())));
    assert_eq!((step.logs[0].level, step.logs[0].message.as_str()), (LogLevel::Warn, "\\u{1b}[1m"));

    // What is played again was logged before.
    let (_, again) = host.sandbox.open(component, &start(Play::Again)).unwrap();
    assert_eq!((again.decisions, again.logs), (step.decisions, vec![]));
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
    check(code("(loop (drop (memory.grow (i32.const 16))) br 0) unreachable"), kind::OUT_OF_MEMORY, "67108864");
    let tables =
        Guest { fields: "(table $t 1 funcref)".into(), ..code("(table.grow $t (ref.null func) (i32.const 200000))") };
    check(tables, kind::OUT_OF_MEMORY, "200001 table elements");
    let clocked = Guest { open: "(call $now (i32.const 0)) unreachable".into(), ..Guest::clocked() };
    check(clocked, kind::IMPORT_DENIED, "`wasi:clocks/wall-clock@0.2.3.now`");

    let answer = |fields: String| Guest { fields, ..Guest::application() };
    check(code("i32.const -4"), kind::PROTOCOL, "out of bounds");
    check(answer(data(STEP + 8, "\\09")), kind::PROTOCOL, "discriminant");
    check(
        answer(data(STEP + 8, &(word(1) + &word(32) + &word(3)))),
        kind::INVALID_JSON,
        "the output of the orchestrator",
    );
    check(answer(data(STEP + 8, &(word(1) + &word(64) + &word(2 << 20)))), kind::PROTOCOL, "out of bounds");
    let large = Guest { memory: "40", ..answer(data(STEP + 8, &(word(1) + &word(64) + &word(2 << 20)))) };
    check(large, kind::TOO_LARGE, "2097152 bytes");
    check(answer(data(STEP + 44, &(word(1) + &word(8) + &word(1)))), kind::INVALID_JSON, "the custom status");
    check(
        answer(data(STEP, &(word(1024) + &word(1))) + &data(1032, &(word(64) + &word(1)))),
        kind::PROTOCOL,
        "decision 0",
    );
    let input = data(STEP, &(word(1024) + &word(1))) + &data(1032, &(word(9) + &word(1) + &word(8) + &word(1)));
    check(answer(input), kind::INVALID_JSON, "the input of activity a, decision 0 of the call,");
    let flood = Guest { memory: "200", ..answer(data(STEP, &(word(4096) + &word(100_000)))) };
    check(flood, kind::TOO_LARGE, "return less");
}

#[test]
fn lines_beyond_the_limit_are_counted_and_dropped() {
    let host = Host::new();
    let fields = data(STEP + 56, &(word(4096) + &word(1_500)));
    let component = host.deploy(&Guest { fields, ..Guest::application() });
    let (_, step) = host.sandbox.open(component, &start(Play::New)).unwrap();
    assert_eq!(step.logs.len(), LOG_LINES_PER_TURN_MAX_COUNT + 1);
    assert!(step.logs.last().unwrap().message.starts_with("500 more lines were dropped"));
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
fn a_component_that_is_not_there_is_no_fault_of_a_guest() {
    let host = Host::new();
    let check = |component, part: &str| {
        let fault = host.sandbox.open(component, &start(Play::New)).map(|(_, step)| step).unwrap_err();
        assert!(matches!(&fault, TurnFault::Unavailable(text) if text.contains(part)), "{fault:?}");
    };
    check(ComponentDigest::of(b"never deployed"), "is not deployed");
    check(host.deploy(&Guest::activities()), "has no orchestrators");
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
