//! What a guest returns from a turn: read field by field, and refused where it breaks the contract.

use kernel::limits::{LOG_LINE_MAX_BYTES, LOG_LINES_PER_TURN_MAX_COUNT};
use kernel::model::{
    ActivityOptions, Cause, ChildOptions, Decision, EntityId, EventName, Failure, FunctionName, InstanceId, LockSet,
    LogLevel, LogLine, Millis, OperationName, Payload, Play, Raised, RetryPolicy, Step, StepStatus, TaskId, Timestamp,
    kind,
};
use kernel::port::{Sandbox as _, TurnFault};

use crate::Host;
use crate::guest::Guest;
use crate::layout::{Value, case, claim, list, record, some, tag, text};
use crate::turns::start;

/// The step of a guest, with these fields.
fn played(host: &Host, step: Value, play: Play) -> Result<Step, TurnFault> {
    let component = host.deploy(&Guest { memory: 3_000, step, ..Guest::orchestrations() });
    host.sandbox.open(component, &start(play)).map(|(_, step)| step)
}

fn name(name: &str) -> FunctionName {
    FunctionName::parse(name).unwrap()
}

fn id(id: &str) -> InstanceId {
    InstanceId::parse(id).unwrap()
}

fn event(name: &str) -> EventName {
    EventName::parse(name).unwrap()
}

fn json(text: &str) -> Payload {
    Payload::parse(text.as_bytes()).unwrap()
}

fn raised(name: &str, input: &str) -> Value {
    record([("name", text(name)), ("input", text(input))])
}

#[test]
fn decisions_are_read_field_by_field() {
    let host = Host::new();
    let check = |decision: Value, expect: Decision| {
        let step = played(&host, record([("decisions", list([decision]))]), Play::New).unwrap();
        assert_eq!(step.decisions, [expect]);
    };
    let retry = record([
        ("max-attempts", Value::Number(5)),
        ("first-interval", Value::Number(7)),
        ("coefficient", Value::Float(1.5)),
        ("max-interval", some(Value::Number(8))),
        ("retry-timeout", some(Value::Number(9))),
        ("jitter", Value::Float(0.25)),
        ("non-retryable", list([text("k1"), text("k2")])),
    ]);
    let policy = RetryPolicy {
        max_attempts: 5,
        first_interval: Millis(7),
        coefficient: 1.5,
        max_interval: Some(Millis(8)),
        retry_timeout: Some(Millis(9)),
        jitter: 0.25,
        non_retryable: vec!["k1".into(), "k2".into()],
    };
    let call = |fields: &[(&'static str, Value)]| {
        let mut all = vec![("name", text("F.x")), ("input", text("[1]"))];
        all.extend_from_slice(fields);
        Value::Record(all)
    };
    let activity = |options| Decision::ScheduleActivity { name: name("F.x"), input: json("[1]"), options };
    let options = record([("retry", some(retry.clone())), ("timeout", some(Value::Number(6)))]);
    let asked = ActivityOptions { retry: Some(policy.clone()), timeout: Some(Millis(6)) };
    check(case("schedule-activity", call(&[("options", options)])), activity(asked));
    check(case("schedule-activity", call(&[])), activity(ActivityOptions::default()));

    let child = |options| Decision::StartChild { name: name("F.x"), input: json("[1]"), options };
    let options = [("instance", some(text("c-1"))), ("version", some(text("v2"))), ("retry", some(retry))];
    let asked = ChildOptions { instance: Some(id("c-1")), version: Some("v2".into()), retry: Some(policy) };
    check(case("start-child", call(&options)), child(asked));
    check(case("start-child", call(&[])), child(ChildOptions::default()));

    check(case("create-timer", Value::Number(1 << 40)), Decision::CreateTimer { fire_at: Timestamp(1 << 40) });
    check(case("cancel", Value::Number(70_000)), Decision::Cancel { target: TaskId(70_000) });
    let sent = record([("instance", text("i-2")), ("name", text("Paid, ünï")), ("input", text("true"))]);
    let raised = Raised { name: event("Paid, ünï"), input: json("true") };
    check(case("send-event", sent), Decision::SendEvent { to: id("i-2"), event: raised });
}

fn entity(name: &str, key: &str) -> Value {
    record([("name", text(name)), ("key", text(key))])
}

#[test]
fn decisions_about_entities_are_read_field_by_field() {
    let host = Host::new();
    let check = |decision: Value, expect: Decision| {
        let step = played(&host, record([("decisions", list([decision]))]), Play::New).unwrap();
        assert_eq!(step.decisions, [expect]);
    };
    let id = |name: &str, key: &str| EntityId::new(name, key).unwrap();
    let (to, name) = (id("counter", "@k"), OperationName::parse("Add").unwrap());
    let fields = [("entity", entity("Counter", "@k")), ("operation", text("Add")), ("input", text("[1]"))];
    let called = Decision::CallEntity { to: to.clone(), name: name.clone(), input: json("[1]") };
    check(case("call-entity", Value::Record(fields.to_vec())), called);
    let signal = |at| Decision::SignalEntity { to: to.clone(), name: name.clone(), input: json("[1]"), at };
    check(case("signal-entity", Value::Record(fields.to_vec())), signal(None));
    let later = [&fields[..], &[("at", some(Value::Number(1 << 40)))]].concat();
    check(case("signal-entity", Value::Record(later)), signal(Some(Timestamp(1 << 40))));
    let set = LockSet::new(vec![id("b", ""), id("a", "k")]).unwrap();
    let both = list([entity("B", ""), entity("a", "k"), entity("A", "k")]);
    check(case("lock-entities", both), Decision::LockEntities { set });
    check(case("release-lock", Value::Number(70_000)), Decision::ReleaseLock { lock: TaskId(70_000) });
}

#[test]
fn a_status_is_read_field_by_field() {
    let host = Host::new();
    let check = |status: Value, expect: StepStatus| {
        assert_eq!(played(&host, record([("status", status)]), Play::New).unwrap().status, expect);
    };
    check(case("waiting", list([])), StepStatus::Waiting { events: vec![] });
    let waiting = StepStatus::Waiting { events: vec![event("Go"), event("stop")] };
    check(case("waiting", list([text("Go"), text("stop")])), waiting);
    check(case("completed", text("{\"a\":1}")), StepStatus::Completed(json("{\"a\":1}")));
    let next = record([("input", text("1")), ("carried", list([raised("e1", "2"), raised("E1", "3")]))]);
    let carried = [("e1", "2"), ("E1", "3")].map(|(name, input)| Raised { name: event(name), input: json(input) });
    check(case("continued-as-new", next), StepStatus::ContinuedAsNew { input: json("1"), carried: carried.into() });
}

#[test]
fn a_failure_keeps_its_causes_and_cannot_pose_as_the_host() {
    let host = Host::new();
    let failure = |kind: &str, causes: &[&str]| {
        let cause =
            |kind: &&str| record([("kind", text(kind)), ("message", text("m2")), ("details", some(text("d2")))]);
        record([
            ("kind", text(kind)),
            ("message", text("m1")),
            ("details", some(text("d1"))),
            ("retryable", Value::Number(1)),
            ("causes", Value::List(causes.iter().map(cause).collect())),
        ])
    };
    let cause = |kind: &str, message: &str, details: &str| Cause {
        kind: kind.into(),
        message: message.into(),
        details: Some(details.into()),
    };
    let check = |kind: &str, causes: &[&str], expect_kind: &str, expect: &[Cause]| {
        let step = played(&host, record([("status", case("failed", failure(kind, causes)))]), Play::New).unwrap();
        let expect = Failure {
            kind: expect_kind.into(),
            message: "m1".into(),
            details: Some("d1".into()),
            retryable: true,
            causes: expect.to_vec(),
        };
        assert_eq!(step.status, StepStatus::Failed(expect));
    };
    check("declined", &[], "declined", &[]);
    let (timeout, other) = (cause(kind::TIMEOUT, "m2", "d2"), cause("x", "m2", "d2"));
    check("declined", &[kind::TIMEOUT, "x"], "declined", &[timeout.clone(), other.clone()]);
    check(kind::TRAP, &[], kind::PASSED_ON, &[cause(kind::TRAP, "m1", "d1")]);
    let chain = [cause(kind::CHILD_FAILED, "m1", "d1"), timeout, other.clone()];
    check(kind::CHILD_FAILED, &[kind::TIMEOUT, "x"], kind::PASSED_ON, &chain);
    check("declined", &["x"; 20], "declined", &vec![other; 8]);
    let step = played(&host, record([("status", case("failed", record([])))]), Play::New).unwrap();
    let nothing = Failure::from_guest(String::new(), String::new(), None, false, Vec::new());
    assert_eq!(step.status, StepStatus::Failed(nothing));
}

#[test]
fn what_stands_beside_decisions_is_read_and_cleaned() {
    let host = Host::new();
    let timer = case("create-timer", Value::Number(1));
    let line = record([("level", tag("warn")), ("message", text("\x1b[1m"))]);
    let fields = record([
        ("decisions", list([timer.clone(), timer])),
        ("sources", list([text("src/a.rs:7"), text("\x1b[2J\nb"), text("x".repeat(LOG_LINE_MAX_BYTES + 1))])),
        ("custom-status", some(text("\"half\""))),
        ("logs", list([line])),
    ]);
    let step = played(&host, fields.clone(), Play::New).unwrap();
    let cut = format!("{}…", "x".repeat(LOG_LINE_MAX_BYTES));
    assert_eq!(step.sources, ["src/a.rs:7", "\\u{1b}[2J\\nb", &cut]);
    assert_eq!(step.custom_status, Some(json("\"half\"")));
    assert_eq!(step.logs, [LogLine { level: LogLevel::Warn, message: "\\u{1b}[1m".into() }]);
    // What is played again was logged before.
    assert_eq!(played(&host, fields, Play::Again).unwrap(), Step { logs: vec![], ..step });
}

#[test]
fn lines_beyond_the_limit_are_counted_and_dropped() {
    let host = Host::new();
    let step = played(&host, record([("logs", claim(200_000, 1_500))]), Play::New).unwrap();
    assert_eq!(step.logs.len(), LOG_LINES_PER_TURN_MAX_COUNT + 1);
    assert!(step.logs.last().unwrap().message.starts_with("500 more lines were dropped"));
}

#[test]
fn what_breaks_the_contract_is_named_with_its_place() {
    let host = Host::new();
    let check = |step: Value, kind: &str, part: &str| {
        let fault = played(&host, step, Play::New).unwrap_err();
        let TurnFault::Guest(failure) = fault else { panic!("{fault:?}") };
        assert_eq!((failure.kind.as_str(), failure.retryable), (kind, false), "{failure:?}");
        assert!(failure.message.contains(part), "{failure:?} has no {part:?}");
    };
    let raw = |bytes: &[u8]| Value::Raw(bytes.to_vec());
    let field = |name, value| record([(name, value)]);
    let status = |value| field("status", value);
    let completed = |value| status(case("completed", value));
    check(status(raw(&[9])), kind::PROTOCOL, "discriminant");
    check(completed(text("nul")), kind::INVALID_JSON, "the output of the orchestrator");
    check(completed(text(b"\"\xff\"")), kind::INVALID_JSON, "the output of the orchestrator");
    check(completed(claim(64, 1 << 30)), kind::PROTOCOL, "out of bounds");
    check(completed(claim(64, (64 << 20) + 1)), kind::TOO_LARGE, "67108865 bytes");
    check(field("custom-status", some(text("o"))), kind::INVALID_JSON, "the custom status");
    check(field("decisions", claim(200_000, 1_000_000)), kind::TOO_LARGE, "return less");
    check(field("sources", list([text(b"\xff")])), kind::PROTOCOL, "utf-8");

    // The second of two decisions, so that the place is told apart from its default.
    let decision = |name, fields: &[(&'static str, Value)]| {
        let second = case(name, Value::Record(fields.to_vec()));
        field("decisions", list([case("create-timer", Value::Number(1)), second]))
    };
    let named = |name: &str, input: &str| [("name", text(name)), ("input", text(input))];
    let activity = |name: &str, input: &str| decision("schedule-activity", &named(name, input));
    check(activity("?", "1"), kind::PROTOCOL, "decision 1 of the call schedules an activity: \"?\" is not a function");
    let input = "the input of a, where decision 1 of the call schedules an activity, is not valid JSON";
    check(activity("a", "o"), kind::INVALID_JSON, input);
    let child = |name: &str, input: &str, id: &str| {
        decision("start-child", &[&named(name, input)[..], &[("instance", some(text(id)))]].concat())
    };
    check(child("?", "1", "i"), kind::PROTOCOL, "decision 1 of the call starts a child: \"?\" is not a function");
    let input = "the input of c, where decision 1 of the call starts a child, is not valid JSON";
    check(child("c", "o", "i"), kind::INVALID_JSON, input);
    check(child("c", "1", "a/b"), kind::PROTOCOL, "starts a child: an instance id must not contain '/'");
    check(child("c", "1", ""), kind::PROTOCOL, "starts a child: an instance id must not be empty");
    let sent = |id: &str, name: &str, input: &str| {
        decision("send-event", &[&named(name, input)[..], &[("instance", text(id))]].concat())
    };
    check(sent("@e@k", "n", "1"), kind::PROTOCOL, "decision 1 of the call sends an event: an instance id must not");
    check(
        sent("i", "", "1"),
        kind::PROTOCOL,
        "decision 1 of the call sends an event: the name of an event or an operation has",
    );
    check(
        sent("i", "a\nb", "1"),
        kind::PROTOCOL,
        "decision 1 of the call sends an event: the name of an event or an operation has",
    );
    let input = "the input of event n, where decision 1 of the call sends an event, is not valid JSON";
    check(sent("i", "n", "o"), kind::INVALID_JSON, input);

    let called = |name: &str, key: &str, operation: &str, input: &str| {
        let fields = [("entity", entity(name, key)), ("operation", text(operation)), ("input", text(input))];
        decision("call-entity", &fields)
    };
    check(called("?", "k", "a", "1"), kind::PROTOCOL, "decision 1 of the call calls an entity: the name of an entity");
    check(called("e", "/", "a", "1"), kind::PROTOCOL, "decision 1 of the call calls an entity: the key of an entity");
    check(called("e", "k", "", "1"), kind::PROTOCOL, "decision 1 of the call calls an entity: the name of an event");
    let input = "the input of a, where decision 1 of the call calls an entity, is not valid JSON";
    check(called("e", "k", "a", "o"), kind::INVALID_JSON, input);
    let locked = |entities: Value| field("decisions", list([case("lock-entities", entities)]));
    check(locked(list([])), kind::PROTOCOL, "decision 0 of the call locks entities: none of them");
    check(locked(Value::List(vec![entity("e", "k"); 101])), kind::PROTOCOL, "locks entities: 101 of them");
    check(locked(list([entity("?", "k")])), kind::PROTOCOL, "locks entities: the name of an entity");

    let waiting = |name: &str| status(case("waiting", list([text("fine"), text(name)])));
    check(waiting(""), kind::PROTOCOL, "the guest waits for an event: the name of an event or an operation has");
    check(
        waiting(&"é".repeat(201)),
        kind::PROTOCOL,
        "the guest waits for an event: the name of an event or an operation has",
    );
    let next = |input: &str, event: Value| {
        status(case("continued-as-new", record([("input", text(input)), ("carried", list([event]))])))
    };
    check(next("o", raised("n", "1")), kind::INVALID_JSON, "the input of the next execution is not valid JSON");
    check(next("1", raised("\u{202e}", "1")), kind::PROTOCOL, "the guest carries an event over: the name of an event");
    let input = "the input of event n, where the guest carries an event over, is not valid JSON";
    check(next("1", raised("n", "o")), kind::INVALID_JSON, input);
}
