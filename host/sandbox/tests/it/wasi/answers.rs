//! What each import is answered, and which fail.

use kernel::model::{Play, kind};
use kernel::port::{Session as _, TurnFault};

use super::{SCRATCH, TEXTS, after, begin, byte, draws, half, numbers, open, runs, shows, to_scratch, turn, word};
use crate::Host;
use crate::guest::Guest;
use crate::turns::start;

#[test]
fn clocks_give_the_time_of_the_turn() {
    let host = Host::new();
    let guest = shows(&[
        &after(&to_scratch("$wall"), &word(0)),
        &after(&to_scratch("$wall"), &half(8)),
        "(call $monotonic)",
        &after(&to_scratch("$wall_resolution"), &word(0)),
        &after(&to_scratch("$wall_resolution"), &half(8)),
        "(call $resolution)",
    ]);
    let (mut session, step) = open(&host, &guest, &begin(1, 5_007, Play::New)).unwrap();
    assert_eq!(numbers(&step), [5, 7_000_000, 0, 0, 1_000_000, 1_000_000]);
    let step = session.advance(&[turn(6_000, Play::New)]).unwrap();
    assert_eq!(numbers(&step)[..3], [6, 0, 993_000_000]);
    let step = session.advance(&[turn(7_001, Play::Again), turn(8_999, Play::New)]).unwrap();
    let times: Vec<_> = numbers(&step).chunks(6).map(|turn| (turn[0], turn[1], turn[2])).collect();
    assert_eq!(times, [(7, 1_000_000, 1_994_000_000), (8, 999_000_000, 3_992_000_000)]);
}

#[test]
fn no_wait_takes_any_time() {
    let host = Host::new();
    let check = |call: &str, expect: u64| {
        let step = open(&host, &shows(&[call]), &start(Play::New)).unwrap().1;
        assert_eq!(numbers(&step), [expect], "{call}");
    };
    let later = "(call $duration (i64.const 1000000000000))";
    check(&format!("(i64.extend_i32_u (call $ready {later}))"), 1);
    check("(i64.extend_i32_u (call $ready (call $instant (i64.const -1))))", 1);
    check("(i64.extend_i32_u (call $ready (call $readable (call $stdin))))", 1);
    check("(i64.extend_i32_u (call $ready (call $writable (call $stdout))))", 1);
    check(&after(&format!("(call $block {later})"), "(call $monotonic)"), 0);
    // A pollable that is dropped does not count: there may be more of them in a turn than a guest may hold.
    let many = format!(
        "(loop $more
            (call $drop_pollable {later})
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (br_if $more (i32.lt_u (global.get $count) (i32.const 3000))))"
    );
    let guest = Guest { fields: "(global $count (mut i32) (i32.const 0))".into(), ..runs(&many) };
    open(&host, &guest, &start(Play::New)).unwrap();
    let two = format!(
        "(i32.store (i32.const {TEXTS}) {later}) (i32.store (i32.const {}) {later})
        (call $poll (i32.const {TEXTS}) (i32.const 2) (i32.const {SCRATCH}))",
        TEXTS + 4
    );
    check(&after(&two, &half(4)), 2);
    check(&after(&two, &format!("(i64.load32_u (i32.add (i32.const 4) (i32.load (i32.const {SCRATCH}))))")), 1);
}

#[test]
fn nothing_comes_in() {
    let host = Host::new();
    let check = |call: &str, load: &str, expect: u64| {
        // What was there before is not taken for an answer.
        let call = format!("(i64.store (i32.const {SCRATCH}) (i64.const -1)) {call}");
        let step = open(&host, &shows(&[&after(&call, load)]), &start(Play::New)).unwrap().1;
        assert_eq!(numbers(&step), [expect], "{call}");
    };
    for empty_list in ["$environment", "$arguments", "$folders"] {
        check(&to_scratch(empty_list), &half(4), 0);
    }
    for none in ["$cwd", "$tty_in", "$tty_out", "$tty_err"] {
        check(&to_scratch(none), &byte(0), 0);
    }
    // An error, which is that the stream is closed.
    let input = |name: &str| format!("(call {name} (call $stdin) (i64.const 10) (i32.const {SCRATCH}))");
    check(&input("$read"), &byte(0), 1);
    check(&input("$read"), &byte(4), 1);
    check(&input("$skip"), &byte(8), 1);
    let splice = format!("(call $splice (call $stdout) (call $stdin) (i64.const 10) (i32.const {SCRATCH}))");
    check(&splice, &byte(8), 1);
    // What may be written at once, and that it may be.
    check(&format!("(call $check_write (call $stdout) (i32.const {SCRATCH}))"), &word(8), 65_536);
    check(&format!("(call $flush (call $stderr) (i32.const {SCRATCH}))"), &byte(0), 0);
}

#[test]
fn chance_is_one_seeded_stream() {
    let host = Host::new();
    let first_of = |name: &str, count: u32| {
        let call = format!("(call {name} (i64.const {count}) (i32.const {SCRATCH}))");
        after(&call, &format!("(i64.load (i32.load (i32.const {SCRATCH})))"))
    };
    let guest = shows(&[
        "(call $random)",
        "(call $insecure)",
        &first_of("$bytes", 9),
        &first_of("$insecure_bytes", 8),
        &after(&to_scratch("$seed"), &word(8)),
        &after(&format!("(call $bytes (i64.const 65536) (i32.const {SCRATCH}))"), &half(4)),
    ]);
    let step = open(&host, &guest, &begin(42, 1, Play::New)).unwrap().1;
    let all: Vec<_> = draws(42).take(7).collect();
    // Nine bytes are two draws; the two halves of a seed are one each, and the second is shown.
    assert_eq!(numbers(&step), [all[0], all[1], all[2], all[4], all[6], 65_536]);
}

#[test]
fn calls_that_fail() {
    let host = Host::new();
    let check = |code: &str, kind: &str, part: &str| {
        let fault = open(&host, &runs(code), &start(Play::New)).map(|(_, step)| step).unwrap_err();
        let TurnFault::Guest(failure) = fault else { panic!("{fault:?}") };
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.message.contains(part), "{failure:?} has no {part:?}");
    };
    check("(call $exit (i32.const 1))", kind::TRAP, "called exit(1)");
    check("(call $exit (i32.const 0))", kind::TRAP, "called exit(0)");
    check("(call $exit_code (i32.const 7))", kind::TRAP, "called exit(7)");
    check("(call $files)", kind::IMPORT_DENIED, "`wasi:filesystem/types@0.2.3.everything`");
    check("(call $files)", kind::IMPORT_DENIED, "there are no files; read and write them in an activity");
    let socket = format!("(call $socket (i32.const 0) (i32.const {SCRATCH}))");
    check(&socket, kind::IMPORT_DENIED, "`wasi:sockets/tcp-create-socket@0.2.3.create-tcp-socket`");
    check(&socket, kind::IMPORT_DENIED, "or call the activity `dacapo.http`");
    check("(call $request)", kind::IMPORT_DENIED, "`wasi:http/outgoing-handler@0.2.3.handle`");
    // It uses a stream of another interface under a name of its own.
    check("(call $lend (call $stdin))", kind::IMPORT_DENIED, "`wasi:http/types@0.2.3.lend`");
    check("(drop (call $zone))", kind::IMPORT_DENIED, "`wasi:clocks/timezone@0.2.3.utc-offset`");
    let bytes = format!("(call $bytes (i64.const 65537) (i32.const {SCRATCH}))");
    check(&bytes, kind::TOO_LARGE, "65537 random bytes at once");
    let polls_none = format!("(call $poll (i32.const 0) (i32.const 0) (i32.const {SCRATCH}))");
    check(&polls_none, kind::PROTOCOL, "an empty list");
    let much = format!("(call $write (call $stdout) (i32.const 0) (i32.const 65537) (i32.const {SCRATCH}))");
    check(&much, kind::PROTOCOL, "65537 bytes at once");
    let zeroes = format!("(call $zeroes (call $stdout) (i64.const 65537) (i32.const {SCRATCH}))");
    check(&zeroes, kind::PROTOCOL, "65537 bytes at once");
    check("(loop (drop (call $random)) br 0)", kind::OUT_OF_FUEL, "used up its fuel");
    let endless = format!("(loop (call $bytes (i64.const 65536) (i32.const {SCRATCH})) br 0)");
    let fault = open(&host, &runs(&endless), &start(Play::New)).map(|(_, step)| step).unwrap_err();
    assert!(matches!(&fault, TurnFault::Guest(failure) if failure.kind == kind::OUT_OF_MEMORY), "{fault:?}");
}
