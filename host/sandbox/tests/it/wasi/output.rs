//! What a guest writes, and where it ends.

use kernel::limits::{LOG_LINE_MAX_BYTES, LOG_LINES_PER_TURN_MAX_COUNT};
use kernel::model::{LogLevel, Play};
use kernel::port::{Sandbox as _, Session as _, TurnFault};

use super::{SCRATCH, TEXTS, begin, line, open, runs, turn, with_imports, writes};
use crate::Host;
use crate::guest::{Guest, data};
use crate::layout::{list, record, tag, text};
use crate::turns::start;

#[test]
fn what_is_written_is_logged_once() {
    let host = Host::new();
    let (first, write_first) = writes(0, "one\ntw", "$stdout");
    let (second, write_second) = writes(1, "bad\x1b\n", "$stderr");
    let (third, write_third) = writes(2, "o\nhalf", "$stdout");
    let code = [write_first, write_second, write_third].concat();
    let step = record([("logs", list([record([("level", tag("error")), ("message", text("own"))])]))]);
    let guest = Guest { fields: [first, second, third].concat(), step, ..runs(&code) };
    let component = host.deploy(&guest);
    let expect = [
        line(LogLevel::Info, "one"),
        line(LogLevel::Warn, "bad\\u{1b}"),
        line(LogLevel::Info, "two"),
        line(LogLevel::Info, "half"),
        line(LogLevel::Error, "own"),
    ];
    let (mut session, step) = host.sandbox.open(component, &begin(1, 1, Play::New)).unwrap();
    assert_eq!(step.logs, expect);
    assert_eq!(session.advance(&[turn(2, Play::New)]).unwrap().logs, expect);
    let (mut session, step) = host.sandbox.open(component, &begin(1, 1, Play::Again)).unwrap();
    assert_eq!(step.logs, []);
    let turns = [turn(2, Play::Again), turn(3, Play::Again), turn(4, Play::New)];
    assert_eq!(session.advance(&turns).unwrap().logs, expect);
}

#[test]
fn what_is_written_has_limits() {
    let host = Host::new();
    let zeroes = |count: u32| format!("(call $zeroes (call $stdout) (i64.const {count}) (i32.const {SCRATCH}))");
    let step = open(&host, &runs(&zeroes(60_000)), &start(Play::New)).unwrap().1;
    assert_eq!(step.logs.len(), 1);
    assert!(step.logs[0].message.len() < LOG_LINE_MAX_BYTES + 16, "a line is cut");

    let lines = "\n".repeat(LOG_LINES_PER_TURN_MAX_COUNT + 5);
    let write =
        format!("(call $write (call $stdout) (i32.const {TEXTS}) (i32.const {}) (i32.const {SCRATCH}))", lines.len());
    let guest = Guest { fields: data(TEXTS, lines.as_bytes()), ..runs(&write) };
    let step = open(&host, &guest, &start(Play::New)).unwrap().1;
    assert_eq!(step.logs.len(), LOG_LINES_PER_TURN_MAX_COUNT + 1);
    assert!(step.logs.last().unwrap().message.starts_with("5 more lines were dropped"), "{:?}", step.logs.last());
}

#[test]
fn the_last_words_of_a_guest_are_in_its_failure() {
    let host = Host::new();
    let (why, write) = writes(0, "why it gave up\n", "$stderr");
    let (other, write_other) = writes(1, "not this\n", "$stdout");
    let guest = Guest { fields: why + &other, ..runs(&format!("{write} {write_other} unreachable")) };
    let fault = open(&host, &guest, &start(Play::New)).map(|(_, step)| step).unwrap_err();
    let TurnFault::Guest(failure) = fault else { panic!("{fault:?}") };
    assert_eq!(failure.details.as_deref(), Some("why it gave up\n\n0: open\n"));
    let (why, write) = writes(0, "no such module\n", "$stderr");
    let guest = with_imports(Guest { fields: why, ..Guest::entities() }, &write);
    let guest = Guest { describe: format!("{write} unreachable"), ..guest };
    let refusal = host.sandbox.deploy(&guest.build()).unwrap_err();
    assert_eq!(refusal.code(), "describe_failed");
    assert!(refusal.to_string().contains("\nno such module\n"), "{refusal}");
}
