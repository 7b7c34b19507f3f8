//! WASI in the roles that are replayed. Here are the guests that ask; beside this file, what they are answered.

mod answers;
mod output;
mod replays;

use kernel::model::{Decision, Inbound, LogLevel, LogLine, Play, Start, Step, TaskId, Timestamp, Turn};
use kernel::port::{Sandbox as _, TurnFault};
use sandbox::Session;

use crate::Host;
use crate::guest::{Guest, STEP, data};
use crate::layout::{Layout, Value, case, record};
use crate::turns::start;

/// Imports under the names by which the guests here call them.
const IMPORTS: &[(&str, &str, &str, &str)] = &[
    ("$wall", "wasi:clocks/wall-clock", "now", "(param i32)"),
    ("$wall_resolution", "wasi:clocks/wall-clock", "resolution", "(param i32)"),
    ("$monotonic", "wasi:clocks/monotonic-clock", "now", "(result i64)"),
    ("$resolution", "wasi:clocks/monotonic-clock", "resolution", "(result i64)"),
    ("$instant", "wasi:clocks/monotonic-clock", "subscribe-instant", "(param i64) (result i32)"),
    ("$duration", "wasi:clocks/monotonic-clock", "subscribe-duration", "(param i64) (result i32)"),
    ("$zone", "wasi:clocks/timezone", "utc-offset", "(result i32)"),
    ("$random", "wasi:random/random", "get-random-u64", "(result i64)"),
    ("$bytes", "wasi:random/random", "get-random-bytes", "(param i64 i32)"),
    ("$insecure", "wasi:random/insecure", "get-insecure-random-u64", "(result i64)"),
    ("$insecure_bytes", "wasi:random/insecure", "get-insecure-random-bytes", "(param i64 i32)"),
    ("$seed", "wasi:random/insecure-seed", "insecure-seed", "(param i32)"),
    ("$ready", "wasi:io/poll", "[method]pollable.ready", "(param i32) (result i32)"),
    ("$block", "wasi:io/poll", "[method]pollable.block", "(param i32)"),
    ("$drop_pollable", "wasi:io/poll", "[resource-drop]pollable", "(param i32)"),
    ("$poll", "wasi:io/poll", "poll", "(param i32 i32 i32)"),
    ("$read", "wasi:io/streams", "[method]input-stream.blocking-read", "(param i32 i64 i32)"),
    ("$skip", "wasi:io/streams", "[method]input-stream.skip", "(param i32 i64 i32)"),
    ("$readable", "wasi:io/streams", "[method]input-stream.subscribe", "(param i32) (result i32)"),
    ("$check_write", "wasi:io/streams", "[method]output-stream.check-write", "(param i32 i32)"),
    ("$write", "wasi:io/streams", "[method]output-stream.write", "(param i32 i32 i32 i32)"),
    ("$print", "wasi:io/streams", "[method]output-stream.blocking-write-and-flush", "(param i32 i32 i32 i32)"),
    ("$flush", "wasi:io/streams", "[method]output-stream.blocking-flush", "(param i32 i32)"),
    ("$zeroes", "wasi:io/streams", "[method]output-stream.write-zeroes", "(param i32 i64 i32)"),
    ("$splice", "wasi:io/streams", "[method]output-stream.splice", "(param i32 i32 i64 i32)"),
    ("$writable", "wasi:io/streams", "[method]output-stream.subscribe", "(param i32) (result i32)"),
    ("$environment", "wasi:cli/environment", "get-environment", "(param i32)"),
    ("$arguments", "wasi:cli/environment", "get-arguments", "(param i32)"),
    ("$cwd", "wasi:cli/environment", "initial-cwd", "(param i32)"),
    ("$exit", "wasi:cli/exit", "exit", "(param i32)"),
    ("$exit_code", "wasi:cli/exit", "exit-with-code", "(param i32)"),
    ("$stdin", "wasi:cli/stdin", "get-stdin", "(result i32)"),
    ("$stdout", "wasi:cli/stdout", "get-stdout", "(result i32)"),
    ("$stderr", "wasi:cli/stderr", "get-stderr", "(result i32)"),
    ("$tty_in", "wasi:cli/terminal-stdin", "get-terminal-stdin", "(param i32)"),
    ("$tty_out", "wasi:cli/terminal-stdout", "get-terminal-stdout", "(param i32)"),
    ("$tty_err", "wasi:cli/terminal-stderr", "get-terminal-stderr", "(param i32)"),
    ("$folders", "wasi:filesystem/preopens", "get-directories", "(param i32)"),
    ("$files", "wasi:filesystem/types", "everything", ""),
    ("$socket", "wasi:sockets/tcp-create-socket", "create-tcp-socket", "(param i32 i32)"),
    ("$request", "wasi:http/outgoing-handler", "handle", ""),
    ("$lend", "wasi:http/types", "lend", "(param i32)"),
];

/// Where imports put what they return, and where the texts lie that are written.
const SCRATCH: u32 = 1_024;
const TEXTS: u32 = 8_192;
/// Where the decisions of a step lie.
const DECISIONS: u32 = 2_048;

/// Whether code calls exactly this.
fn calls(code: &str, name: &str) -> bool {
    code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$')).any(|word| word == name)
}

/// A guest with the imports that its code calls.
fn with_imports(guest: Guest, code: &str) -> Guest {
    let called = IMPORTS.iter().filter(|(name, ..)| calls(code, name));
    let import = |(name, interface, function, signature): &(_, &str, &str, &str)| {
        format!(r#"(import "{interface}@0.2.3" "{function}" (func {name} {signature}))"#)
    };
    Guest { imports: called.map(import).collect(), ..guest }
}

/// An orchestration that shows these numbers in each turn, as the times of timers.
fn shows(numbers: &[&str]) -> Guest {
    let layout = Layout::new();
    let timers = vec![case("create-timer", Value::Number(0)); numbers.len()];
    let step = record([("decisions", Value::At(DECISIONS, Box::new(Value::List(timers))))]);
    let show = |(index, number): (usize, &&str)| {
        let at = DECISIONS as usize + index * layout.size("decision") + layout.offset("decision", "create-timer");
        format!("(i64.store (i32.const {at}) {number})")
    };
    let code: String = numbers.iter().enumerate().map(show).collect();
    let play = format!("{code} i32.const {STEP}");
    with_imports(Guest { step, open: play.clone(), advance: play, ..Guest::orchestrations() }, &code)
}

/// An orchestration whose every turn runs this.
fn runs(code: &str) -> Guest {
    let play = format!("{code} i32.const {STEP}");
    with_imports(Guest { open: play.clone(), advance: play, ..Guest::orchestrations() }, code)
}

/// A text and code that writes it. Each text of a guest has a place of its own.
fn writes(place: u32, text: &str, stream: &str) -> (String, String) {
    let at = TEXTS + place * 64;
    let call =
        format!("(call $print (call {stream}) (i32.const {at}) (i32.const {}) (i32.const {SCRATCH}))", text.len());
    (data(at, text.as_bytes()), call)
}

fn begin(seed: u64, now: u64, play: Play) -> Start {
    Start { seed, now: Timestamp(now), ..start(play) }
}

fn turn(now: u64, play: Play) -> Turn {
    Turn { now: Timestamp(now), play, events: vec![Inbound::TimerFired { timer: TaskId(0) }] }
}

fn numbers(step: &Step) -> Vec<u64> {
    let number = |decision: &Decision| match decision {
        Decision::CreateTimer { fire_at } => fire_at.0,
        other => panic!("{other:?}"),
    };
    step.decisions.iter().map(number).collect()
}

fn open(host: &Host, guest: &Guest, start: &Start) -> Result<(Session, Step), TurnFault> {
    host.sandbox.open(host.deploy(guest), start)
}

/// What an import returned in memory.
fn after(call: &str, load: &str) -> String {
    format!("(block (result i64) {call} {load})")
}

fn word(behind: u32) -> String {
    format!("(i64.load (i32.const {}))", SCRATCH + behind)
}

fn half(behind: u32) -> String {
    format!("(i64.load32_u (i32.const {}))", SCRATCH + behind)
}

fn byte(behind: u32) -> String {
    format!("(i64.load8_u (i32.const {}))", SCRATCH + behind)
}

fn to_scratch(name: &str) -> String {
    format!("(call {name} (i32.const {SCRATCH}))")
}

/// SplitMix64 with the seed of the contract's WASI stream.
fn draws(seed: u64) -> impl Iterator<Item = u64> {
    let next = |state: &mut u64| {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut state = next(&mut (seed ^ 0x7761_7369_0000_0002));
    std::iter::repeat_with(move || next(&mut state))
}

fn line(level: LogLevel, message: &str) -> LogLine {
    LogLine { level, message: message.to_owned() }
}
