//! Entities: what a batch gives to the guest and what comes back, and what one that breaks the contract is told.

use kernel::limits::{FUEL_PER_BYTE, PAYLOAD_MAX_BYTES, TURN_FUEL, WARM_SESSION_MEMORY_MAX_BYTES};
use kernel::model::{
    BatchOperation, EntityBatch, EntityEffect, EntityId, EntityState, FunctionName, InstanceId, LogLevel, LogLine,
    NewState, Operation, OperationDone, OperationKind, OperationName, Outcome, Payload, Timestamp, kind,
};
use kernel::port::TurnFault;

use crate::Host;
use crate::guest::{Guest, OUTCOME};
use crate::layout::{Layout, Value, case, claim, list, record, some, tag, text};

fn json(text: &str) -> Payload {
    Payload::parse(text.as_bytes()).unwrap()
}

fn entity(name: &str, key: &str) -> EntityId {
    EntityId::new(name, key).unwrap()
}

fn operation(name: &str, input: Payload, kind: OperationKind, seed: u64) -> BatchOperation {
    BatchOperation { operation: Operation { name: OperationName::parse(name).unwrap(), input, seed }, kind }
}

fn state(data: &str, version: u32) -> EntityState {
    EntityState { data: json(data), version }
}

fn batch(operations: usize) -> EntityBatch {
    let one = operation("Add", json("1"), OperationKind::Signal, 7);
    EntityBatch { id: entity("E", "k"), now: Timestamp(9), state: None, operations: vec![one; operations] }
}

fn applied(host: &Host, guest: &Guest, batch: &EntityBatch) -> Result<Outcome, TurnFault> {
    host.sandbox.entity(host.deploy(guest)).unwrap().apply(batch)
}

/// A guest that answers each batch with this.
fn answers(outcome: Value) -> Guest {
    Guest { memory: 3_000, outcome, ..Guest::entities() }
}

fn done(output: &str, effects: Vec<Value>) -> Value {
    case("ok", record([("output", text(output)), ("effects", Value::List(effects))]))
}

fn id(name: &str, key: &str) -> Value {
    record([("name", text(name)), ("key", text(key))])
}

#[test]
fn an_outcome_is_read_field_by_field() {
    let host = Host::new();
    let signal = [("entity", id("Other", "@k")), ("operation", text("Set")), ("input", text("[1]"))];
    let later = [&signal[..], &[("at", some(Value::Number(1 << 40)))]].concat();
    let start = [("name", text("O.x")), ("input", text("2"))];
    let chosen = [("instance", some(text("i-1"))), ("version", some(text("v2"))), ("at", some(Value::Number(3)))];
    let chosen = [&start[..], &chosen].concat();
    let effects = vec![
        case("signal", Value::Record(signal.to_vec())),
        case("signal", Value::Record(later)),
        case("start", Value::Record(start.to_vec())),
        case("start", Value::Record(chosen)),
    ];
    let failure = record([("kind", text("poor")), ("message", text("m")), ("retryable", Value::Number(1))]);
    let line = record([("level", tag("error")), ("message", text("\x1b[1m"))]);
    let outcome = record([
        ("results", list([done("17", effects), case("err", failure), done("null", vec![])])),
        ("state", case("set", record([("data", text("{\"n\":3}")), ("version", Value::Number(4))]))),
        ("logs", list([line])),
    ]);
    let Outcome { results, state: got, logs } = applied(&host, &answers(outcome), &batch(3)).unwrap();
    let to = entity("other", "@k");
    let set = |at| {
        let name = OperationName::parse("Set").unwrap();
        EntityEffect::Signal { to: to.clone(), name, input: json("[1]"), at }
    };
    let begin = |instance: Option<&str>, version: Option<&str>, at| EntityEffect::Start {
        name: FunctionName::parse("O.x").unwrap(),
        input: json("2"),
        instance: instance.map(|id| InstanceId::parse(id).unwrap()),
        version: version.map(str::to_owned),
        at,
    };
    let effects = vec![
        set(None),
        set(Some(Timestamp(1 << 40))),
        begin(None, None, None),
        begin(Some("i-1"), Some("v2"), Some(Timestamp(3))),
    ];
    assert_eq!(results[0], Ok(OperationDone { output: json("17"), effects }));
    let failure = results[1].as_ref().unwrap_err();
    assert_eq!((failure.kind.as_str(), failure.message.as_str(), failure.retryable), ("poor", "m", true));
    assert_eq!(results[2], Ok(OperationDone { output: Payload::null(), effects: vec![] }));
    assert_eq!(got, NewState::Set(state("{\"n\":3}", 4)));
    assert_eq!(logs, [LogLine { level: LogLevel::Error, message: "\\u{1b}[1m".into() }]);
}

#[test]
fn what_becomes_of_the_state() {
    let host = Host::new();
    let check = |value: Value, expect: NewState| {
        let outcome = applied(&host, &answers(record([("state", value)])), &batch(0)).unwrap();
        assert_eq!(outcome, Outcome { results: vec![], state: expect, logs: vec![] });
    };
    check(tag("unchanged"), NewState::Unchanged);
    check(tag("deleted"), NewState::Deleted);
    check(case("set", record([("data", text("null"))])), NewState::Set(state("null", 0)));
}

#[test]
fn a_batch_reaches_the_guest_field_by_field() {
    // Shows the texts as the causes of a failure, and the numbers as its kind.
    const CAUSES: usize = 1_024;
    const DIGITS: usize = 2_048;
    let layout = Layout::new();
    let mut apply = String::new();
    let mut show = |place: usize, address: &str, length: &str| {
        let to = CAUSES + place / 2 * layout.size("cause") + layout.offset("cause", ["kind", "message"][place % 2]);
        apply += &format!("(i32.store (i32.const {to}) {address}) (i32.store (i32.const {}) {length})\n", to + 4);
    };
    let local = |index: usize| format!("(local.get {index})");
    show(0, &local(0), &local(1));
    show(1, &local(2), &local(3));
    show(2, &local(6), &local(7));
    let operation = |place: usize, field: &str, behind: usize| {
        let at = place * layout.size("operation") + layout.offset("operation", field) + behind;
        format!("(i32.load (i32.add (local.get 9) (i32.const {at})))")
    };
    for (place, (index, field)) in [(0, "name"), (0, "input"), (1, "name"), (1, "input")].into_iter().enumerate() {
        show(3 + place, &operation(index, field, 0), &operation(index, field, 4));
    }
    let numbers = [
        "(i32.wrap_i64 (local.get 4))".to_owned(),
        local(5),
        local(8),
        local(10),
        format!("(i32.and {} (i32.const 1))", operation(0, "kind", 0)),
        operation(0, "seed.low", 0),
        format!("(i32.and {} (i32.const 1))", operation(1, "kind", 0)),
        operation(1, "seed.low", 0),
    ];
    for (place, number) in numbers.iter().enumerate() {
        let digit = format!("(i32.add (i32.const 48) {number})");
        apply += &format!("(i32.store8 (i32.const {}) {digit})\n", DIGITS + place);
    }
    apply += &format!("i32.const {OUTCOME}");
    let place = |at: usize| u32::try_from(at).unwrap();
    let causes = Value::At(place(CAUSES), Box::new(Value::List(vec![record([]); 4])));
    let digits = Value::At(place(DIGITS), Box::new(text("????????")));
    let failure = case("err", record([("kind", digits), ("causes", causes)]));
    let guest = Guest { apply, ..answers(record([("results", list([failure.clone(), failure]))])) };
    let host = Host::new();
    let check = |state: Option<EntityState>, data: &str, digits: &str| {
        let operations = vec![
            operation_of("Add", "1", OperationKind::Call, 3),
            operation_of("geT", "[2]", OperationKind::Signal, 4),
        ];
        let batch = EntityBatch { id: entity("Counter", "a@b"), now: Timestamp(5), state, operations };
        let outcome = applied(&host, &guest, &batch).unwrap();
        let failure = outcome.results[0].as_ref().unwrap_err();
        let texts: Vec<_> = failure.causes.iter().flat_map(|cause| [&cause.kind, &cause.message]).collect();
        assert_eq!(failure.kind, digits);
        assert_eq!(texts, ["counter", "a@b", data, "Add", "1", "geT", "[2]", ""]);
    };
    check(Some(state("{}", 6)), "{}", "51620314");
    check(None, "", "50020314");
}

fn operation_of(name: &str, input: &str, kind: OperationKind, seed: u64) -> BatchOperation {
    operation(name, json(input), kind, seed)
}

#[test]
fn what_breaks_the_contract_is_named_with_its_place() {
    let host = Host::new();
    let check = |guest: Guest, kind: &str, part: &str| {
        let fault = applied(&host, &guest, &batch(2)).unwrap_err();
        let TurnFault::Guest(failure) = fault else { panic!("{fault:?}") };
        assert_eq!((failure.kind.as_str(), failure.retryable), (kind, false), "{failure:?}");
        assert!(failure.message.contains(part), "{failure:?} has no {part:?}");
    };
    let results = |results: &[Value]| answers(record([("results", Value::List(results.to_vec()))]));
    let fine = || done("null", vec![]);
    check(results(&[]), kind::PROTOCOL, "0 results for 2 operations");
    check(results(&[fine(), fine(), fine()]), kind::PROTOCOL, "3 results for 2 operations");
    check(results(&[fine(), done("o", vec![])]), kind::INVALID_JSON, "the output of operation 1 of the batch");
    let large = record([("output", claim(200_000, (64 << 20) + 1))]);
    check(results(&[fine(), case("ok", large)]), kind::TOO_LARGE, "67108865 bytes");
    let many = record([("output", text("1")), ("effects", claim(200_000, 1_001))]);
    check(results(&[fine(), case("ok", many)]), kind::LIMIT, "operation 1 of the batch has 1001 effects");

    // The second effect of the second operation, so that the place is told apart from its default.
    let effect = |name, fields: &[(&'static str, Value)]| {
        let good = [("name", text("o")), ("input", text("1"))];
        let effects = vec![case("start", Value::Record(good.to_vec())), case(name, Value::Record(fields.to_vec()))];
        results(&[fine(), done("null", effects)])
    };
    let place = |text: &str| format!("effect 1 of operation 1 of the batch {text}");
    let signal = |name: &str, key: &str, operation: &str, input: &str| {
        effect("signal", &[("entity", id(name, key)), ("operation", text(operation)), ("input", text(input))])
    };
    check(signal("?", "k", "a", "1"), kind::PROTOCOL, &place("signals an entity: the name of an entity"));
    check(signal("e", "a/b", "a", "1"), kind::PROTOCOL, &place("signals an entity: the key of an entity"));
    check(signal("e", "k", "", "1"), kind::PROTOCOL, &place("signals an entity: the name of an event"));
    check(signal("e", "k", "a", "o"), kind::INVALID_JSON, "the input of a, where effect 1 of operation 1");
    let start = |name: &str, input: &str, fields: &[(&'static str, Value)]| {
        effect("start", &[&[("name", text(name)), ("input", text(input))], fields].concat())
    };
    check(start("?", "1", &[]), kind::PROTOCOL, &place("starts an orchestration: \"?\" is not a function"));
    check(start("o", "o", &[]), kind::INVALID_JSON, "the input of o, where effect 1 of operation 1");
    let at = some(text("@e@k"));
    check(start("o", "1", &[("instance", at)]), kind::PROTOCOL, &place("starts an orchestration: an instance id"));
    let version = some(text("v".repeat(101)));
    check(start("o", "1", &[("version", version)]), kind::PROTOCOL, &place("starts an orchestration: a version has"));

    let new_state = |data: Value| answers(record([("state", case("set", record([("data", data)])))]));
    let no_results = |guest: Guest| Guest { apply: format!("i32.const {OUTCOME}"), ..guest };
    check(no_results(new_state(text("o"))), kind::PROTOCOL, "0 results");
    let bad_state =
        record([("results", list([fine(), fine()])), ("state", case("set", record([("data", text("o"))])))]);
    check(answers(bad_state), kind::INVALID_JSON, "the state of the entity is not valid JSON");

    let code = |apply: &str| Guest { apply: apply.into(), ..Guest::entities() };
    check(code("unreachable"), kind::TRAP, "the guest trapped in `apply`");
    check(code("(loop br 0) unreachable"), kind::OUT_OF_FUEL, &format!("{TURN_FUEL} instructions in `apply`"));
    check(code("i32.const -4"), kind::PROTOCOL, "out of bounds");
    let asking = r#"(import "dacapo:durable/client@0.1.0" "purge" (func $purge (param i32 i32 i32)))"#;
    let apply = "(call $purge (i32.const 0) (i32.const 0) (i32.const 0)) unreachable".into();
    let asking = Guest { imports: asking.into(), apply, ..Guest::everything() };
    check(asking, kind::IMPORT_DENIED, "`dacapo:durable/client@0.1.0.purge`");
}

/// Returns its state as the new state and as the output of its only operation.
fn mirror() -> Guest {
    let layout = Layout::new();
    let set = OUTCOME as usize + layout.offset("outcome", "state.set.data");
    let outcome = record([
        ("results", Value::At(2_048, Box::new(list([done("null", vec![])])))),
        ("state", case("set", record([]))),
    ]);
    let apply = format!(
        "(i32.store (i32.const {set}) (local.get 6)) (i32.store (i32.const {}) (local.get 7)) i32.const {OUTCOME}",
        set + 4
    );
    Guest { apply, outcome, ..Guest::entities() }
}

#[test]
fn the_largest_state_goes_in_and_comes_back() {
    let host = Host::new();
    let mut session = host.sandbox.entity(host.deploy(&mirror())).unwrap();
    assert!(!session.is_large());
    let small = EntityBatch { state: Some(state("[1]", 1)), ..batch(1) };
    assert_eq!(session.apply(&small).unwrap().state, NewState::Set(state("[1]", 0)));
    assert!(!session.is_large());
    let text = format!("\"{}\"", "x".repeat(PAYLOAD_MAX_BYTES - 2));
    let large = EntityBatch { state: Some(state(&text, 1)), ..batch(1) };
    let NewState::Set(got) = session.apply(&large).unwrap().state else { panic!("it was set") };
    assert!(got.data == large.state.unwrap().data, "a state of the largest size is another one now");
    assert!(session.is_large());
    const { assert!(PAYLOAD_MAX_BYTES > WARM_SESSION_MEMORY_MAX_BYTES) };
}

#[test]
fn a_component_without_entities_has_no_session() {
    let host = Host::new();
    let fault = host.sandbox.entity(host.deploy(&Guest::application())).unwrap_err();
    assert!(
        matches!(&fault, TurnFault::Unavailable(text) if text.contains("has no entity, only orchestrator, activity"))
    );
}

#[test]
fn what_is_given_has_fuel_of_its_own() {
    let host = Host::new();
    // Burns so much for each byte of the state.
    let burns = |fuel_per_byte: u64| {
        let rounds = fuel_per_byte / 8;
        let apply = format!(
            "(local $i i64)
            (local.set $i (i64.mul (i64.extend_i32_u (local.get 7)) (i64.const {rounds})))
            (loop (br_if 0 (i64.ne (i64.const 0) (local.tee $i (i64.sub (local.get $i) (i64.const 1))))))
            i32.const {OUTCOME}"
        );
        Guest { apply, outcome: record([("results", list([done("1", vec![])]))]), ..Guest::entities() }
    };
    let text = format!("\"{}\"", "x".repeat(2 << 20));
    let batch = EntityBatch { state: Some(state(&text, 1)), ..batch(1) };
    assert_eq!(applied(&host, &burns(FUEL_PER_BYTE - 4), &batch).unwrap().results.len(), 1);
    let fault = applied(&host, &burns(2 * FUEL_PER_BYTE), &batch).unwrap_err();
    assert!(matches!(&fault, TurnFault::Guest(failure) if failure.kind == kind::OUT_OF_FUEL), "{fault:?}");
}
