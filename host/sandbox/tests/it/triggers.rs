//! Timer and stream triggers: what they are given, what they ask, and how they fail.

use std::sync::Arc;

use kernel::limits::PAYLOAD_MAX_BYTES;
use kernel::model::{ComponentDigest, Failure, FunctionName, InstanceId, Payload, Timestamp, kind};
use sandbox::{Ask, Firing, NoClient, Role, StreamMessage, Told};

use crate::Host;
use crate::activities::{attempt, block_on};
use crate::client::{Arguments, Recorder, call, memory};
use crate::guest::{FIRED, Guest, RESULT};
use crate::layout::{Layout, Value, case, claim, record, text};

fn firing() -> Firing {
    Firing { name: FunctionName::parse("t").unwrap(), scheduled: Timestamp(2), now: Timestamp(3), missed: 4 }
}

fn message() -> StreamMessage {
    StreamMessage {
        subject: "events.a".into(),
        sequence: 5,
        time: Timestamp(6),
        delivery: 7,
        headers: vec![("H".into(), "v".into())],
        data: b"\xff!".to_vec(),
    }
}

fn fire(host: &Host, component: ComponentDigest) -> Result<(), Failure> {
    block_on(host.sandbox.fire(component, &firing(), Arc::new(NoClient)))
}

fn receive(host: &Host, component: ComponentDigest) -> Result<(), Failure> {
    let name = FunctionName::parse("s").unwrap();
    block_on(host.sandbox.receive(component, &name, &message(), Arc::new(NoClient)))
}

#[test]
fn runs_and_failures() {
    let host = Host::new();
    let check = |guest: Guest, expect: Result<(), (&str, &str, bool)>| {
        let component = host.deploy(&guest);
        for got in [fire(&host, component), receive(&host, component)] {
            match (got, expect) {
                (Ok(()), Ok(())) => {}
                (Err(failure), Err((kind, part, retryable))) => {
                    assert_eq!((failure.kind.as_str(), failure.retryable), (kind, retryable), "{failure:?}");
                    assert!(failure.message.contains(part), "{failure:?} has no {part:?}");
                }
                (got, expect) => panic!("{got:?} is not {expect:?}"),
            }
        }
    };
    let code = |body: &str| Guest { fire: body.into(), receive: body.into(), ..Guest::triggers() };
    check(Guest::triggers(), Ok(()));
    check(Guest::everything(), Ok(()));
    let failed = record([("kind", text("poor")), ("message", text("m")), ("retryable", Value::Number(1))]);
    check(Guest { fired: case("err", failed), ..Guest::triggers() }, Err(("poor", "m", true)));
    check(code("unreachable"), Err((kind::TRAP, "the guest trapped", true)));
    check(code("i32.const -4"), Err((kind::PROTOCOL, "out of bounds", false)));
    let only = format!("has no {}, only {}", Role::TimerTrigger, Role::Activity);
    let failure = fire(&host, host.deploy(&Guest::activities())).unwrap_err();
    assert!(failure.kind == kind::NOT_FOUND && failure.message.contains(&only), "{failure:?}");
    let failure = receive(&host, ComponentDigest::of(b"never deployed")).unwrap_err();
    assert_eq!(failure.kind, kind::NOT_FOUND);
}

/// Shows texts as those of a failure, and its numbers as one digit each in its details.
fn shows(texts: &[(usize, usize)], numbers: &[String]) -> (String, Value) {
    const DIGITS: usize = 2_048;
    let failure = FIRED as usize + 4;
    let layout = Layout::new();
    let mut body = String::new();
    for (field, (address, length)) in ["kind", "message"].into_iter().zip(texts) {
        let at = failure + layout.offset("failure", field);
        body += &format!("(i32.store (i32.const {at}) (local.get {address}))");
        body += &format!("(i32.store (i32.const {}) (local.get {length}))", at + 4);
    }
    for (place, number) in numbers.iter().enumerate() {
        body += &format!("(i32.store8 (i32.const {}) (i32.add (i32.const 48) {number}))", DIGITS + place);
    }
    let length = u32::try_from(numbers.len()).unwrap();
    let digits = case("some", claim(u32::try_from(DIGITS).unwrap(), length));
    (body + &format!("i32.const {FIRED}"), case("err", record([("details", digits)])))
}

fn local(index: usize) -> String {
    format!("(local.get {index})")
}

fn low(index: usize) -> String {
    format!("(i32.wrap_i64 (local.get {index}))")
}

#[test]
fn a_tick_reaches_the_guest_field_by_field() {
    let host = Host::new();
    let (fire_body, fired) = shows(&[(0, 1)], &[low(2), low(3), local(4)]);
    let component = host.deploy(&Guest { fire: fire_body, fired, ..Guest::triggers() });
    let failure = fire(&host, component).unwrap_err();
    assert_eq!((failure.kind.as_str(), failure.details.as_deref()), ("t", Some("234")));
}

#[test]
fn a_message_reaches_the_guest_field_by_field() {
    let host = Host::new();
    let check = |texts: &[(usize, usize)], expect: [&str; 2]| {
        let header = |place: usize| format!("(i32.load8_u (i32.load (i32.add (local.get 7) (i32.const {place}))))");
        let byte =
            |place: usize| format!("(i32.and (i32.const 1) (i32.load8_u (i32.add (local.get 9) (i32.const {place}))))");
        // 'H' and 'v' are 24 and 70 behind '0'.
        let less = |value: String, by: u32| format!("(i32.sub {value} (i32.const {by}))");
        let numbers = [
            low(4),
            low(5),
            local(6),
            local(8),
            less(header(0), u32::from(b'H')),
            less(header(8), u32::from(b'v')),
            local(10),
            byte(0),
            byte(1),
        ];
        let (receive_body, fired) = shows(texts, &numbers);
        let component = host.deploy(&Guest { receive: receive_body, fired, ..Guest::triggers() });
        let failure = receive(&host, component).unwrap_err();
        assert_eq!([failure.kind.as_str(), failure.message.as_str()], expect);
        assert_eq!(failure.details.as_deref(), Some("567100211"));
    };
    check(&[(0, 1), (2, 3)], ["s", "events.a"]);
}

#[test]
fn a_trigger_reaches_its_hub() {
    let host = Host::new();
    let arguments = Arguments::default().text("i-1");
    let (imports, call) = call("purge", &arguments);
    let body = format!("{call} i32.const {FIRED}");
    let guest = Guest { imports, fields: memory(&arguments), ..Guest::everything() };
    let guest = Guest { fire: body.clone(), receive: body, ..guest };
    let component = host.deploy(&guest);
    let client = Recorder::new(Ok(Told::Done));
    block_on(host.sandbox.fire(component, &firing(), client.clone())).unwrap();
    block_on(host.sandbox.receive(component, &FunctionName::parse("s").unwrap(), &message(), client.clone())).unwrap();
    let purge = Ask::Purge(InstanceId::parse("i-1").unwrap());
    assert_eq!(*client.asked.lock().unwrap(), [purge.clone(), purge]);
    // An answer to another question is the host's mistake, and no answer for the guest.
    let broken = Recorder::new(Ok(Told::Status(None)));
    let failure = block_on(host.sandbox.fire(component, &firing(), broken)).unwrap_err();
    assert!(failure.message.contains("another question"), "{failure:?}");
}

#[test]
fn the_largest_payload_goes_through_an_activity() {
    let host = Host::new();
    let layout = Layout::new();
    let input = layout.argument("activity", "run", "input");
    let run = format!(
        "(i64.store (i32.const {}) (i64.load (i32.add (local.get 0) (i32.const {input})))) i32.const {RESULT}",
        RESULT + 4
    );
    let component = host.deploy(&Guest { run, ..Guest::activities() });
    let largest = Payload::parse(format!("\"{}\"", "x".repeat(PAYLOAD_MAX_BYTES - 2)).as_bytes()).unwrap();
    let output = block_on(host.sandbox.run(component, &attempt(60_000), &largest)).unwrap();
    assert!(output == largest, "a payload of the largest size is another one now");
}
