//! What a long activity and its host tell each other. When an attempt is given up is tested beside the code; here it is
//! that a guest and a host reach each other.

use std::time::Duration;

use kernel::limits::PROGRESS_MAX_BYTES;
use kernel::model::{Failure, Payload, kind};

use crate::Host;
use crate::activities::{attempt, block_on};
use crate::guest::{Guest, RESULT, data};

/// Where the detail lies that guests report.
const DETAIL: u32 = 2_048;

/// An activity with a body of its own, which may report `detail`.
fn guest(run: &str, detail: &str) -> Guest {
    Guest { memory: 1_100, fields: data(DETAIL, detail.as_bytes()), run: run.into(), ..Guest::activities() }
}

/// A call of `report` with so many bytes; 1 is the answer `cancelled`.
fn report(length: usize) -> String {
    format!("(call $report (i32.const {DETAIL}) (i32.const {length}))")
}

/// Reports until it hears that it was cancelled, and returns then.
fn listening() -> Guest {
    guest(&format!("(loop (br_if 0 (i32.eqz {}))) i32.const {RESULT}", report(2)), "17")
}

fn deaf() -> Guest {
    guest("(loop br 0) unreachable", "")
}

#[test]
fn what_a_guest_reports_can_be_seen_and_is_checked() {
    let host = Host::new();
    let check = |detail: &str, length: usize, expect: Result<&str, (&str, &str)>| {
        let component = host.deploy(&guest(&format!("(drop {}) i32.const {RESULT}", report(length)), detail));
        let attempt = attempt(60_000);
        assert_eq!(attempt.watch.progress(), None);
        let got = block_on(host.sandbox.run(component, &attempt, &Payload::null()));
        let seen = attempt.watch.progress();
        match (got, expect) {
            (Ok(output), Ok(detail)) => {
                assert_eq!((output, seen.as_ref().map(Payload::shown)), (Payload::null(), Some(detail.into())));
            }
            (Err(Failure { kind, message, retryable, .. }), Err((expect, part))) => {
                assert_eq!((kind.as_str(), retryable, seen), (expect, false, None), "{message}");
                assert!(message.contains(part), "{message} has no {part:?}");
            }
            (got, expect) => panic!("{got:?} is not {expect:?}"),
        }
    };
    check("{\"done\": 3}", 11, Ok("{\"done\": 3}"));
    check("", 0, Err((kind::INVALID_JSON, "the progress that the activity reports is not valid JSON")));
    check("half", 4, Err((kind::INVALID_JSON, "the progress that the activity reports is not valid JSON")));
    check("", PROGRESS_MAX_BYTES + 1, Err((kind::TOO_LARGE, "the progress that the activity reports is")));
    check("", 1 << 30, Err((kind::PROTOCOL, "out of bounds")));
    let deep = "[".repeat(65) + &"]".repeat(65);
    check(&deep, deep.len(), Err((kind::TOO_LARGE, "the progress that the activity reports is")));
}

#[test]
fn the_last_report_is_what_is_seen() {
    let host = Host::new();
    let twice = format!("(drop {}) (drop {}) i32.const {RESULT}", report(1), report(2));
    let component = host.deploy(&guest(&twice, "17"));
    let attempt = attempt(60_000);
    block_on(host.sandbox.run(component, &attempt, &Payload::null())).unwrap();
    assert_eq!(attempt.watch.progress().unwrap().shown(), "17");
}

/// When nobody waits for it any more.
#[derive(Debug, Clone, Copy)]
enum Cancelled {
    BeforeItBegins,
    WhileItRuns,
}

#[test]
fn who_listens_hears_that_nobody_waits_and_others_are_broken_off() {
    let host = Host::new();
    let check = |guest: Guest, when: Cancelled, expect: Result<(), &str>| {
        let component = host.deploy(&guest);
        let attempt = attempt(60_000);
        let input = Payload::null();
        let got = block_on(async {
            let mut run = Box::pin(host.sandbox.run(component, &attempt, &input));
            match when {
                Cancelled::BeforeItBegins => {}
                // It is in the middle of its loop.
                Cancelled::WhileItRuns => assert!(tokio::time::timeout(Duration::ZERO, &mut run).await.is_err()),
            }
            attempt.watch.cancel();
            run.await
        });
        assert_eq!(got.map(drop).map_err(|failure| failure.kind), expect.map_err(str::to_owned), "{when:?}");
    };
    for when in [Cancelled::BeforeItBegins, Cancelled::WhileItRuns] {
        check(listening(), when, Ok(()));
        check(deaf(), when, Err(kind::TERMINATED));
    }
    // It would be done at once, and does not begin.
    check(Guest::activities(), Cancelled::BeforeItBegins, Err(kind::TERMINATED));
}
