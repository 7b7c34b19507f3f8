//! Bindings that make no sense, alone and beside others.

use super::*;
use kernel::model::ActivityOptions;

/// Bindings as the hub keeps them.
fn bindings(name: &str, json: &str) -> Result<Bindings, String> {
    let text = format!("{{\"name\": {name:?}, {json}}}");
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn check(got: Result<(), impl ToString>, expect: Result<(), &str>) {
    match (got.map_err(|error| error.to_string()), expect) {
        (Ok(()), Ok(())) => {}
        (Err(error), Err(part)) if error.contains(part) => {}
        (got, expect) => panic!("{got:?}, not {expect:?}"),
    }
}

const STREAM: &str = r#""function": "f", "connection": "main", "stream": "S", "durable": "d""#;

#[test]
fn by_themselves() {
    let check = |json: &str, expect| {
        let got = bindings("a/b", json).and_then(|got| got.check().map_err(|error| error.to_string()));
        check(got, expect);
    };
    let stream = |rest: &str, expect| check(&format!(r#""streams": [{{{STREAM}, {rest}}}]"#), expect);
    check(r#""grants": ["start", "read-entity"]"#, Ok(()));
    check(r#""grants": ["urls"]"#, Err("unknown variant `urls`, expected one of `start`"));
    check(r#""http": [{"route": "a"}, {"route": "b", "methods": ["GET", "POST"]}]"#, Ok(()));
    check(r#""http": [{"route": "a", "methods": ["BREW"]}]"#, Err("unknown variant `BREW`"));
    check(r#""http": [{"route": "a", "methods": []}]"#, Err("component a/b: route a: methods is empty"));
    check(r#""http": [{"route": "/a"}]"#, Err("\"/a\" is not a route: leave out the slash"));
    check(r#""http": [{"route": "{x}"}, {"route": "{y}"}]"#, Err("routes {x} and {y} are the same"));
    // The same component serves both.
    check(r#""http": [{"route": "{x}"}, {"route": "a"}]"#, Ok(()));
    check(r#""timers": [{"function": "f", "schedule": "0 0 3 * * *", "time-zone": "Europe/Berlin"}]"#, Ok(()));
    check(r#""timers": [{"function": "f", "schedule": "0 0 25 * * *"}]"#, Err("hours (25)"));
    check(r#""timers": [{"function": "f", "schedule": "@daily", "time-zone": "Mars"}]"#, Err("\"Mars\""));
    check(r#""timers": [{"function": "1f", "schedule": "@daily"}]"#, Err("is not a function name"));
    check(
        r#""timers": [{"function": "f", "schedule": "@daily"}, {"function": "F", "schedule": "@hourly"}]"#,
        Err("function F has two timers"),
    );
    stream(r#""subject": "a.>", "batch": 10, "start": "new", "max-deliveries": 2, "dead-letter": "dead.a""#, Ok(()));
    stream(r#""subject": "a.*.b", "start": 7"#, Ok(()));
    stream(r#""subject": "a..b""#, Err("\"a..b\" is not a subject"));
    stream(r#""subject": "a.>.b""#, Err("is not a subject"));
    stream(r#""subject": "a b""#, Err("is not a subject"));
    stream(r#""subject": "a", "batch": 0"#, Err("batch = 0 must be 1 to"));
    stream(r#""subject": "a", "start": "old""#, Err("start = \"old\""));
    stream(r#""subject": "a", "start": 0"#, Err("start = 0"));
    stream(r#""subject": "a", "max-deliveries": 0"#, Err("max-deliveries = 0"));
    stream(r#""subject": "a", "dead-letter": "dead.>""#, Err("must be one subject"));
    stream(r#""subject": "a.>", "dead-letter": "a.dead""#, Err("is among the messages of subject = \"a.>\""));
    check(
        &format!(r#""streams": [{{{STREAM}, "subject": "a"}}, {{{STREAM}, "subject": "b"}}]"#),
        Err("durable = \"d\" of stream S is used by another binding"),
    );
    let long = "f".repeat(70);
    check(
        &format!(r#""timers": [{{"function": "{long}", "schedule": "@daily"}}]"#),
        Err("ids are made from the names in \"timer/a/b/fff"),
    );
    check(r#""cron": []"#, Err("unknown field `cron`"));
}

#[test]
fn with_the_functions_of_the_component() {
    let function = |name: &str, kind| Function {
        name: FunctionName::parse(name).unwrap(),
        kind,
        doc: None,
        input_schema: None,
        output_schema: None,
        defaults: ActivityOptions::default(),
    };
    let functions = [function("tick", FunctionKind::TimerTrigger), function("each", FunctionKind::StreamTrigger)];
    let check = |json: &str, expect| check(bindings("a", json).unwrap().check_functions(&functions), expect);
    let stream = STREAM.replace("\"f\"", "\"EACH\"");
    check(r#""timers": [{"function": "Tick", "schedule": "@daily"}]"#, Ok(()));
    check(&format!(r#""streams": [{{{stream}, "subject": "a"}}]"#), Ok(()));
    check(
        r#""timers": [{"function": "tock", "schedule": "@daily"}]"#,
        Err("[[component.timer]] function = \"tock\": the component has no function of that name"),
    );
    check(
        r#""timers": [{"function": "each", "schedule": "@daily"}]"#,
        Err("it is of the kind stream-trigger, not timer-trigger"),
    );
}

#[test]
fn beside_others() {
    let check = |(ours, theirs): (&str, &str), expect| {
        let (ours, theirs) = (bindings("a", ours).unwrap(), bindings("b", theirs).unwrap());
        check(ours.check_beside(&theirs), expect);
    };
    let get = r#""http": [{"route": "x/{id}", "methods": ["GET"]}]"#;
    check((get, r#""http": [{"route": "x/y", "methods": ["POST"]}]"#), Ok(()));
    check((get, r#""http": [{"route": "y/{id}"}]"#), Ok(()));
    check(
        (get, r#""http": [{"route": "x/{*rest}"}]"#),
        Err("component a: route x/{id}: GET clashes with route x/{*rest} of b; change one of them, or deploy b again"),
    );
    let stream = format!(r#""streams": [{{{STREAM}, "subject": "a"}}]"#);
    check((&stream, &stream), Err("durable = \"d\" of stream S is used by b"));
    let ours = bindings("a", get).unwrap();
    assert_eq!(ours.check_beside(&ours), Ok(()), "a deployment takes the place of the one before");
}

#[test]
fn connections() {
    let ours = bindings("a", &format!(r#""streams": [{{{STREAM}, "subject": "a"}}]"#)).unwrap();
    check(ours.check_connections(["main"].into_iter()), Ok(()));
    check(ours.check_connections(["x", "y"].into_iter()), Err("there are x, y; the operator adds [streams.main]"));
    check(ours.check_connections(std::iter::empty()), Err("there are none"));
}

#[test]
fn the_hub_reads_what_it_wrote() {
    let stream = format!(r#"{{{STREAM}, "subject": "a.>", "start": 7, "dead-letter": "dead"}}"#);
    let timer = r#"{"function": "f", "schedule": "0 0 3 * * *", "time-zone": "Europe/Berlin"}"#;
    let json =
        format!(r#""grants": ["start"], "http": [{{"route": "a"}}], "timers": [{timer}], "streams": [{stream}]"#);
    let all = bindings("a", &json).unwrap();
    let read: Bindings = serde_json::from_str(&serde_json::to_string(&all).unwrap()).unwrap();
    assert_eq!(read, all);
}
