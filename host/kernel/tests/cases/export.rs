//! Exported histories that somebody edited: what still can be read, and what is said of the rest.

use kernel::codec::Export;
use kernel::model::{ActivityOptions, Event, FunctionName, Payload, Record, TaskId, Timestamp};
use kernel::orchestration::replay;

use crate::casefile::Player;
use crate::dice::Dice;
use crate::notation;
use crate::script::Script;
use crate::turns::Instance;

fn exported() -> String {
    let mut history = Instance::begin();
    let first = "1000 started hello {\"to\":\"Ada\"} tag=team=blue parent=9/1/3/2/1/p \
                 trace=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01; turn; scheduled 0 a 1 attempts=3; \
                 child 1 c 2 as=kid; sent other Go 3";
    let second = "1010 task-completed 0 \"done\"; turn 1; timer 3 5000; signaled @log@ note 1 at=9000; lock 5 @account@a @account@b; \
                  called 6 @account@a take 4";
    let third = "1020 task-completed 5 null; task-completed 6 true; turn 2; released 5";
    for record in [first, second, third] {
        history.have(record).expect("it is well written");
    }
    Export { records: history.records }.to_json()
}

#[test]
fn an_edited_export_is_read_or_refused() {
    let good = exported();
    let read = |text: &str| Export::from_json(text).map(|export| export.to_json()).map_err(|error| error.to_string());
    assert_eq!(read(&good).as_ref(), Ok(&good));
    let check = |find: &str, replace: &str, expect: Result<&str, &str>| {
        assert!(good.contains(find), "{find:?} is not in {good}");
        let got = read(&good.replacen(find, replace, 1));
        let holds = match (&got, expect) {
            (Ok(is), Ok(expect)) | (Err(is), Err(expect)) => is.contains(expect),
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        };
        assert!(holds, "{find} → {replace}: {got:?} is not {expect:?}");
    };
    // What somebody may well do.
    check("Ada", "Eve", Ok("Eve"));
    check("\"fire_at\":5000", "\n \"fire_at\" : 6000 ", Ok("\"fire_at\":6000"));
    check("\"max_attempts\":3", "\"why\":null,\"max_attempts\":4", Ok("\"max_attempts\":4"));
    check("\"at\":9000", "\"at\":null", Ok("\"at\":null"));
    check("[\"@account@a\",\"@account@b\"]", "[\"@account@c\",\"@Account@b\"]", Ok("[\"@account@b\",\"@account@c\"]"));
    // Another document, or part of one.
    let foreign = "not an exported history: ";
    check("dacapo-history/1", "dacapo-history/9", Err("its format is \"dacapo-history/9\", and this host reads"));
    check("\"format\"", "\"version\"", Err(foreign));
    check("\n]}", "", Err(foreign));
    check("\n]}", "\n]}{}", Err("trailing characters"));
    check("\"records\":[", "\"records\":{},\"more\":[", Err(foreign));
    for text in ["", "null", "[]", "{}", "no JSON", "\u{feff}{}", "{\"format\":\"dacapo-history/1\"}"] {
        assert!(read(text).is_err_and(|error| error.starts_with(foreign)), "{text:?} is taken for a history");
    }
    // A record that makes no sense: which, and why.
    check("TimerCreated", "TimerMade", Err("record 2 of the history cannot be read: unknown variant `TimerMade`"));
    check("\"fire_at\":5000", "\"fire_at\":-1", Err("record 2 of the history cannot be read: invalid value"));
    check("\"fire_at\":5000", "\"fire_at\":\"5000\"", Err("invalid type: string \"5000\", expected u64"));
    check("\"timer\":3", "\"timer\":4294967296", Err("expected u32"));
    check("\"fire_at\":5000", "\"at\":5000", Err("missing field `fire_at`"));
    check("{\\\"to\\\":\\\"Ada\\\"}", "{to:1}", Err("record 1 of the history cannot be read: not valid JSON"));
    check("\"component\":\"3", "\"component\":\"x", Err("a digest has 64 hexadecimal digits"));
    check("\"name\":\"a\"", "\"name\":\"a b\"", Err("\"a b\" is not a function name"));
    check("\"instance\":\"kid\"", "\"instance\":\"@kid\"", Err("must not begin with '@'"));
    check("\"name\":\"Go\"", "\"name\":\"\"", Err("the name of an event or an operation has"));
    check("\"to\":\"@log@\"", "\"to\":\"log\"", Err("record 2 of the history cannot be read: the id of an entity has"));
    check("\"name\":\"note\"", "\"name\":\"\"", Err("the name of an event or an operation has"));
    check("[\"@account@a\",\"@account@b\"]", "[]", Err("a lock of no entities"));
    check("\"lock\":5", "\"lock\":-5", Err("record 3 of the history cannot be read: invalid value"));
    check("\"team\"", "\"\"", Err("an instance has at most 32 tags"));
    check("00-4bf", "00-xbf", Err("a malformed trace context"));
}

/// What is read and makes no history is not played.
#[test]
fn an_export_that_is_no_history_is_not_played() {
    let check = |records: &str, expect: &str| {
        let text = format!("{{\"format\":\"dacapo-history/1\",\"records\":[{records}]}}");
        let export = Export::from_json(&text).expect("it can be read");
        let held = replay(&Script::default(), notation::named("hello.wasm"), &export.records).map(|_| ());
        let error = held.expect_err("it cannot be played").to_string();
        assert!(error.contains(expect), "{records}: {error}");
    };
    check("", "the history does not begin with a start");
    check("{\"at\":1,\"events\":[]}", "the history does not begin with a start");
    check("{\"at\":1,\"events\":[{\"TurnStarted\":{\"takes\":9}}]}", "the history does not begin with a start");
}

/// A number is read as the same number: a policy that came back otherwise would be taken for a divergence.
#[test]
fn numbers_come_back_as_they_were() {
    let mut dice = Dice(1);
    let scheduled = |number: u32| {
        let (name, input) = (FunctionName::parse("a").expect("a letter is a name"), Payload::null());
        let options = ActivityOptions { retry: Some(dice.policy()), timeout: None };
        Event::TaskScheduled { task: TaskId(number), name, input, options }
    };
    let record = Record { at: Timestamp(u64::MAX), events: (0..10_000).map(scheduled).collect() };
    let export = Export { records: vec![record] };
    assert_eq!(Export::from_json(&export.to_json()), Ok(export));
}
