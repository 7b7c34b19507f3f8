//! What a guest is given: guests that show what lies in their memory, field by field.

use kernel::model::{Cause, EventName, Failure, Inbound, Payload, Play, Raised, StepStatus, TaskId, Timestamp, Turn};
use kernel::port::{Sandbox as _, Session as _};

use crate::Host;
use crate::guest::{Guest, STEP};
use crate::layout::{Layout, Value, case, list, record, text};
use crate::turns::start;

/// Where the guest puts the texts that it shows, and its numbers as one digit each; it shows both as its sources.
const TEXTS: u32 = 2_048;
const DIGITS: u32 = 3_072;

/// A step with room for so many digits and texts.
fn shows(digits: usize, texts: usize) -> Value {
    let digits = Value::At(DIGITS, Box::new(text("?".repeat(digits))));
    let mut sources = vec![text(""); texts];
    sources.push(digits);
    record([("sources", Value::At(TEXTS, Box::new(Value::List(sources))))])
}

/// The address `offset` bytes behind another one.
fn behind(address: &str, offset: usize) -> String {
    format!("(i32.add {address} (i32.const {offset}))")
}

/// Shows the text whose address and length lie there.
fn show_text(place: usize, address: &str) -> String {
    format!("(i64.store (i32.const {}) (i64.load {address}))\n", TEXTS as usize + 8 * place)
}

/// Shows a small number of one byte or more that lies there.
fn show_digit(place: usize, address: &str) -> String {
    let digit = format!("(i32.add (i32.const 48) (i32.load8_u {address}))");
    format!("(i32.store8 (i32.const {}) {digit})\n", DIGITS as usize + place)
}

#[test]
fn a_start_reaches_the_guest_field_by_field() {
    let host = Host::new();
    let layout = Layout::new();
    let at = |path: &str| behind("(local.get 0)", layout.argument("orchestrator", "open", &format!("start.{path}")));
    let mut open = String::new();
    for (place, path) in ["name", "instance", "version.some", "parent.some", "input"].into_iter().enumerate() {
        open += &show_text(place, &at(path));
    }
    let tags = format!("(i32.load {})", at("tags"));
    for place in 0..4 {
        open += &show_text(5 + place, &behind(&tags, 8 * place));
    }
    // A list is its address and then its length.
    let count = behind(&at("tags"), 4);
    let numbers = [at("execution"), at("now"), at("seed.low"), at("replaying"), at("version"), at("parent"), count];
    for (place, address) in numbers.iter().enumerate() {
        open += &show_digit(place, address);
    }
    open += &format!("i32.const {STEP}");
    let component = host.deploy(&Guest { open, step: shows(7, 9), ..Guest::application() });
    let check = |play: Play, digits: &str| {
        let (_, step) = host.sandbox.open(component, &start(play)).unwrap();
        assert_eq!(step.sources, ["o", "i", "v", "p", "null", "t1", "v1", "t2", "", digits]);
    };
    check(Play::New, "1320112");
    check(Play::Again, "1321112");
}

fn failed(causes: &[&str]) -> Failure {
    let cause = |kind: &&str| Cause { kind: (*kind).into(), message: "m2".into(), details: Some("d2".into()) };
    Failure {
        kind: "k".into(),
        message: "m".into(),
        details: Some("d".into()),
        retryable: true,
        causes: causes.iter().map(cause).collect(),
    }
}

#[test]
fn events_reach_the_guest_field_by_field() {
    let host = Host::new();
    let layout = Layout::new();
    let turn = |index: usize| behind("(local.get 0)", index * layout.size("turn"));
    let event = |turn: &str, index: usize, path: &str| {
        let events = format!("(i32.load {})", behind(turn, layout.offset("turn", "events")));
        behind(&events, index * layout.size("event") + layout.offset("event", path))
    };
    let cause = |event: &str, index: usize, path: &str| {
        behind(&format!("(i32.load {event})"), index * layout.size("cause") + layout.offset("cause", path))
    };
    let (first, second) = (turn(0), turn(1));
    let causes = [event(&first, 1, "task-failed.failure.causes"), event(&second, 1, "task-failed.failure.causes")];
    let texts = [
        event(&first, 0, "task-completed.output"),
        event(&first, 1, "task-failed.failure.kind"),
        event(&first, 1, "task-failed.failure.message"),
        event(&first, 1, "task-failed.failure.details.some"),
        cause(&causes[0], 0, "kind"),
        cause(&causes[0], 1, "kind"),
        cause(&causes[0], 1, "message"),
        cause(&causes[0], 1, "details.some"),
        event(&first, 3, "event-raised.name"),
        event(&first, 3, "event-raised.input"),
        cause(&causes[1], 0, "kind"),
    ];
    let digits = [
        behind(&first, layout.offset("turn", "now")),
        behind(&first, layout.offset("turn", "replaying")),
        event(&first, 0, "task-completed.task"),
        event(&first, 1, "task-failed.task"),
        event(&first, 1, "task-failed.failure.retryable"),
        behind(&causes[0], 4),
        event(&first, 2, "timer-fired"),
        behind(&second, layout.offset("turn", "now")),
        behind(&second, layout.offset("turn", "replaying")),
        event(&second, 0, "timer-fired"),
        behind(&causes[1], 4),
    ];
    let shown = texts.iter().enumerate().map(|(place, address)| show_text(place, address));
    let shown = shown.chain(digits.iter().enumerate().map(|(place, address)| show_digit(place, address)));
    let advance = shown.collect::<String>() + &format!("i32.const {STEP}");
    let step = shows(digits.len(), texts.len());
    let component = host.deploy(&Guest { advance, step, ..Guest::application() });
    let (mut session, _) = host.sandbox.open(component, &start(Play::New)).unwrap();
    let output = Payload::parse(b"[7]").unwrap();
    let raised = Raised { name: EventName::parse("Paid").unwrap(), input: Payload::parse(b"true").unwrap() };
    let first = vec![
        Inbound::TaskCompleted { task: TaskId(1), output },
        Inbound::TaskFailed { task: TaskId(2), failure: failed(&["c1", "c2"]) },
        Inbound::TimerFired { timer: TaskId(3) },
        Inbound::Raised(raised),
    ];
    let second = vec![
        Inbound::TimerFired { timer: TaskId(4) },
        Inbound::TaskFailed { task: TaskId(5), failure: failed(&["c3"]) },
    ];
    let turns = [
        Turn { now: Timestamp(8), play: Play::Again, events: first },
        Turn { now: Timestamp(9), play: Play::New, events: second },
    ];
    let step = session.advance(&turns).unwrap();
    let texts = ["[7]", "k", "m", "d", "c1", "c2", "m2", "d2", "Paid", "true", "c3"];
    assert_eq!(step.sources[..texts.len()], texts);
    assert_eq!(step.sources[texts.len()..], ["81121239041"]);
}

#[test]
fn a_failure_that_is_passed_on_comes_back_as_it_went() {
    let host = Host::new();
    let layout = Layout::new();
    // Copies the failure of the only event of the only turn into the status.
    let events = format!("(i32.load {})", behind("(local.get 0)", layout.offset("turn", "events")));
    let from = behind(&events, layout.offset("event", "task-failed.failure"));
    let to = STEP as usize + layout.offset("step", "status.failed");
    let size = layout.size("failure");
    let advance = format!("(memory.copy (i32.const {to}) {from} (i32.const {size})) i32.const {STEP}");
    let status = case("failed", record([("causes", list([]))]));
    let component = host.deploy(&Guest { advance, step: record([("status", status)]), ..Guest::application() });
    let check = |failure: Failure, expect: Failure| {
        let (mut session, _) = host.sandbox.open(component, &start(Play::New)).unwrap();
        let events = vec![Inbound::TaskFailed { task: TaskId(1), failure }];
        let step = session.advance(&[Turn { now: Timestamp(8), play: Play::New, events }]).unwrap();
        assert_eq!(step.status, StepStatus::Failed(expect));
    };
    check(failed(&[]), failed(&[]));
    check(failed(&["c1", "dacapo:trap"]), failed(&["c1", "dacapo:trap"]));
    let own = Cause { kind: "dacapo:timeout".into(), message: "m".into(), details: Some("d".into()) };
    let hosts = Failure { kind: own.kind.clone(), ..failed(&["c1"]) };
    let mut passed_on = Failure { kind: "task-failed".into(), ..failed(&["c1"]) };
    passed_on.causes.insert(0, own);
    check(hosts, passed_on);
}
