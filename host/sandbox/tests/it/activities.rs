//! Activities: their results, their limits, and that nothing of one call is left for another.

use std::sync::Arc;
use std::time::Duration;

use kernel::limits::ACTIVITIES_RUNNING_MAX_COUNT;
use kernel::model::{
    ComponentDigest, FunctionName, InstanceId, Millis, Payload, TaskId, Timestamp, TraceContext, kind,
};
use sandbox::{Attempt, NoClient, Watch};

use crate::Host;
use crate::guest::{Guest, RESULT};
use crate::layout::{Layout, Value, case, claim, list, record, text};

/// A first attempt with a line of its own.
pub fn attempt(timeout_ms: u64) -> Attempt {
    Attempt {
        name: FunctionName::parse("a").unwrap(),
        instance: InstanceId::parse("i").unwrap(),
        task: TaskId(3),
        attempt: 1,
        idempotency_key: "i/1/3".into(),
        deadline: Timestamp(1_000),
        timeout: Millis(timeout_ms),
        trace: None,
        watch: Watch::default(),
        client: Arc::new(NoClient),
    }
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

#[test]
fn results_and_failures() {
    let host = Host::new();
    let check = |guest: Guest, timeout_ms: u64, expect: Result<&str, (&str, &str, bool)>| {
        let component = host.deploy(&guest);
        let got = block_on(host.sandbox.run(component, &attempt(timeout_ms), &Payload::null()));
        match (got, expect) {
            (Ok(output), Ok(expect)) => assert_eq!(output.shown(), expect),
            (Err(failure), Err((kind, part, retryable))) => {
                assert_eq!((failure.kind.as_str(), failure.retryable), (kind, retryable), "{failure:?}");
                assert!(failure.message.contains(part), "{failure:?} has no {part:?}");
            }
            (got, expect) => panic!("{got:?} is not {expect:?}"),
        }
    };
    let minute = 60_000;
    let code = |run: &str| Guest { run: run.into(), ..Guest::activities() };
    let answer = |result: Value| Guest { result, ..Guest::activities() };
    check(Guest::activities(), minute, Ok("null"));
    check(Guest::application(), minute, Ok("null"));
    let failed = |kind: &str| record([("kind", text(kind)), ("message", text("m")), ("retryable", Value::Number(1))]);
    check(answer(case("err", failed("declined"))), minute, Err(("declined", "m", true)));
    check(answer(case("err", failed("dacapo:timeout"))), minute, Err((kind::PASSED_ON, "m", true)));
    check(code("unreachable"), minute, Err((kind::TRAP, "in `run`", true)));
    check(code("(loop br 0) unreachable"), 30, Err((kind::TIMEOUT, "longer than 30 ms", true)));
    check(
        code("(loop (drop (memory.grow (i32.const 16))) br 0) unreachable"),
        minute,
        Err((kind::OUT_OF_MEMORY, "536870912", true)),
    );
    check(
        code("call $run_again unreachable").with("(func $run_again call $run_again)"),
        minute,
        Err((kind::STACK_OVERFLOW, "run_again", true)),
    );
    check(answer(case("ok", text("o"))), minute, Err((kind::INVALID_JSON, "the output of activity a", false)));
    check(answer(case("ok", claim(64, 1 << 30))), minute, Err((kind::PROTOCOL, "out of bounds", false)));
    check(code("i32.const -4"), minute, Err((kind::PROTOCOL, "out of bounds", false)));
    let clocked = format!(
        "(call $now (i32.const 2048)) (if (i64.eqz (i64.load (i32.const 2048))) (then unreachable)) i32.const {RESULT}"
    );
    check(Guest { run: clocked.clone(), ..Guest::application() }, minute, Ok("null"));
    check(Guest { run: clocked, ..Guest::activities() }, minute, Ok("null"));
    // A socket is an error for the guest, which is that access is denied.
    let imports =
        r#"(import "wasi:sockets/tcp-create-socket@0.2.3" "create-tcp-socket" (func $socket (param i32 i32)))"#;
    let run = format!(
        "(call $socket (i32.const 0) (i32.const 2048))
        (if (i32.ne (i32.load8_u (i32.const 2048)) (i32.const 1)) (then unreachable))
        (if (i32.ne (i32.load8_u (i32.const 2052)) (i32.const 1)) (then unreachable))
        i32.const {RESULT}"
    );
    check(Guest { imports: imports.into(), run, ..Guest::activities() }, minute, Ok("null"));
    let orchestrations = host.deploy(&Guest::orchestrations());
    for component in [orchestrations, ComponentDigest::of(b"never deployed")] {
        let failure = block_on(host.sandbox.run(component, &attempt(minute), &Payload::null())).unwrap_err();
        assert_eq!((failure.kind.as_str(), failure.retryable), (kind::NOT_FOUND, false));
    }
}

impl Guest {
    fn with(self, fields: &str) -> Self {
        Self { fields: fields.into(), ..self }
    }
}

#[test]
fn an_invocation_reaches_the_guest_field_by_field() {
    // Where the guest puts what it was given: the texts of a failure, and its numbers as one digit each.
    let (causes, digits) = (1_024, 2_048);
    let layout = Layout::new();
    let at = |path: &str| format!("(i32.add (local.get 0) (i32.const {}))", layout.argument("activity", "run", path));
    let mut run = String::new();
    for (place, path) in ["task", "attempt", "deadline", "trace", "trace.some.state"].into_iter().enumerate() {
        let digit = format!("(i32.add (i32.const 48) (i32.load8_u {}))", at(&format!("invocation.{path}")));
        run += &format!("(i32.store8 (i32.const {}) {digit})", digits + place);
    }
    let trace = ["invocation.trace.some.parent", "invocation.trace.some.state.some"];
    let texts = ["invocation.name", "invocation.instance", "invocation.idempotency-key", "input"];
    for (place, path) in texts.into_iter().chain(trace).enumerate() {
        let to = causes + place / 2 * layout.size("cause") + layout.offset("cause", ["kind", "message"][place % 2]);
        run += &format!("(i64.store (i32.const {to}) (i64.load {}))", at(path));
    }
    run += &format!("i32.const {RESULT}");
    let address = |place: usize| u32::try_from(place).unwrap();
    let failure = record([
        ("kind", Value::At(address(digits), Box::new(text("?????")))),
        ("causes", Value::At(address(causes), Box::new(list([record([]), record([]), record([])])))),
    ]);
    let host = Host::new();
    let component = host.deploy(&Guest { run, result: case("err", failure), ..Guest::activities() });
    let check = |trace: Option<TraceContext>, expect: (&str, [&str; 2])| {
        let attempt = Attempt { trace, deadline: Timestamp(7), ..attempt(60_000) };
        let input = Payload::parse(b"[1]").unwrap();
        let failure = block_on(host.sandbox.run(component, &attempt, &input)).unwrap_err();
        let texts: Vec<_> = failure.causes.iter().flat_map(|cause| [&cause.kind, &cause.message]).collect();
        let (digits, [parent, state]) = expect;
        assert_eq!((failure.kind.as_str(), texts.len()), (digits, 6), "{failure:?}");
        assert_eq!(texts, ["a", "i", "i/1/3", "[1]", parent, state]);
    };
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    check(TraceContext::parse(parent, Some("k=v")), ("31711", [parent, "k=v"]));
    check(TraceContext::parse(parent, None), ("31710", [parent, ""]));
    check(None, ("31700", ["", ""]));
}

#[test]
fn nothing_of_one_call_is_left_for_another() {
    let host = Host::new();
    // Traps if it finds what it left behind.
    let run = format!(
        "(if (i32.load (i32.const 90000)) (then unreachable))
        (i32.store (i32.const 90000) (i32.const 1))
        i32.const {RESULT}"
    );
    let component = host.deploy(&Guest { run, ..Guest::activities() });
    for _ in 0..3 * ACTIVITIES_RUNNING_MAX_COUNT {
        block_on(host.sandbox.run(component, &attempt(60_000), &Payload::null())).unwrap();
    }
}

#[test]
fn those_that_find_no_slot_wait_for_one() {
    let host = Host::new();
    let looping = host.deploy(&Guest { run: "(loop br 0) unreachable".into(), ..Guest::activities() });
    let quick = host.deploy(&Guest::activities());
    block_on(async {
        let input = Payload::null();
        let attempt = attempt(60_000);
        let mut endless: Vec<_> =
            (0..ACTIVITIES_RUNNING_MAX_COUNT).map(|_| Box::pin(host.sandbox.run(looping, &attempt, &input))).collect();
        // All slots are taken, and each guest is in the middle of its loop.
        for run in &mut endless {
            assert!(tokio::time::timeout(Duration::ZERO, run).await.is_err());
        }
        let mut waiting = Box::pin(host.sandbox.run(quick, &attempt, &input));
        assert!(tokio::time::timeout(Duration::ZERO, &mut waiting).await.is_err());
        // A dropped future gives its slot back.
        endless.pop();
        assert_eq!(waiting.await.unwrap(), Payload::null());
    });
}
