//! Components that are not accepted: each has a stable code, and a message that names the cause.

use sandbox::inspect;

use crate::Host;
use crate::guest::{Guest, LIST};
use crate::layout::{Value, claim, list, record, some, tag, text};

/// A component of which only the outline matters.
fn outline(imports: &str, exports: &[&str]) -> Vec<u8> {
    let exports: String = exports.iter().map(|name| format!("(export \"{name}\" (instance $empty))")).collect();
    wat::parse_str(format!("(component {imports} (instance $empty) {exports})")).unwrap()
}

const FUNCTIONS: &str = "dacapo:durable/functions@0.1.0";
const ORCHESTRATOR: &str = "dacapo:durable/orchestrator@0.1.0";
const ACTIVITY: &str = "dacapo:durable/activity@0.1.0";
const PROGRESS: &str = "dacapo:durable/progress@0.1.0";
const CLIENT: &str = "dacapo:durable/client@0.1.0";
const ENTITY: &str = "dacapo:durable/entity@0.1.0";

fn import(name: &str) -> String {
    format!("(import \"{name}\" (instance (export \"now\" (func))))")
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {text})")).unwrap()
}

#[test]
fn what_is_not_a_component() {
    let host = Host::new();
    let check = |bytes: &[u8], code: &str, part: &str| {
        let refusal = host.sandbox.deploy(bytes).unwrap_err();
        assert_eq!(refusal.code(), code, "{refusal}");
        assert!(refusal.to_string().contains(part), "{refusal} has no {part:?}");
    };
    let good = Guest::application().build();
    check(b"", "invalid_component", "the file is empty");
    check(b"(component)", "invalid_component", "WebAssembly text");
    check(b"PK\x03\x04 a zip", "invalid_component", "does not begin with");
    check(b"\0asm", "invalid_component", "unexpected end");
    check(&good[..good.len() - 1], "invalid_component", "unexpected end");
    check(&[good.clone(), vec![0xff; 40]].concat(), "invalid_component", "");
    check(&wat::parse_str("(module)").unwrap(), "not_a_component", "wasm-tools component new");
    check(b"\x7fELF\x02\x01\x01 machine code", "precompiled_not_accepted", "deploy the .wasm component");
    check(&vec![b'x'; (64 << 20) + 1], "component_too_large", "67108865");
    check(&component(&"(core module)".repeat(65)), "component_limits_exceeded", "65 core modules");
    let functions = format!("(core module {})", "(func)".repeat(50_001));
    check(&component(&functions), "component_limits_exceeded", "50001 core functions");
    let body = format!("(core module (func {}))", "nop ".repeat(513 << 10));
    check(&component(&body), "component_limits_exceeded", "bytes in one core function");
    let segments = format!("(core module (memory 1) {})", "(data (i32.const 0) \"x\")".repeat(50_001));
    check(&component(&segments), "component_limits_exceeded", "50001 data segments");
    let nested = format!("{}{}", "(component ".repeat(8), ")".repeat(8));
    check(&component(&nested), "component_limits_exceeded", "9 levels");
    check(&component("(core module (table 100001 funcref))"), "component_limits_exceeded", "100001 elements");
    check(&component("(core module (memory i64 1))"), "unsupported_feature", "memory64");
    check(&component("(core module (memory 1 1 shared))"), "unsupported_feature", "threads");
    check(&component("(core module (tag))"), "unsupported_feature", "exceptions");
    check(&component("(core module (type (struct)))"), "unsupported_feature", "gc");
    let relaxed = "(core module (func (param v128) (result v128)
        local.get 0 local.get 0 i8x16.relaxed_swizzle))";
    check(&component(relaxed), "unsupported_feature", "relaxed SIMD");
}

#[test]
fn roles_and_imports() {
    let host = Host::new();
    let check = |bytes: &[u8], code: &str, part: &str| {
        let refusal = host.sandbox.deploy(bytes).unwrap_err();
        assert_eq!(refusal.code(), code, "{refusal}");
        assert!(refusal.to_string().contains(part), "{refusal} has no {part:?}");
    };
    check(&outline("", &[]), "world_mismatch", "it exports nothing");
    check(&outline("", &["wasi:cli/run@0.2.3"]), "world_mismatch", "it exports wasi:cli/run@0.2.3");
    check(&outline("", &["dacapo:durable/activity@0.9.0", FUNCTIONS]), "world_mismatch", "activity@0.9.0");
    check(&outline("", &[ACTIVITY]), "world_mismatch", "does not export `dacapo:durable/functions@0.1.0`");
    check(&outline("", &[ORCHESTRATOR, FUNCTIONS]), "world_mismatch", "another shape");

    let pure = [ORCHESTRATOR, FUNCTIONS];
    // What a guest says of an import is checked against what answers it.
    check(&outline(&import("wasi:clocks/wall-clock@0.2.3"), &pure), "world_mismatch", "wasi:clocks/wall-clock");
    check(&outline(&import("wasi:http/outgoing-handler@0.2.0"), &pure), "world_mismatch", "another shape");
    check(&outline(&import("wasi:clocks/wall-clock@0.3.0"), &pure), "import_not_allowed", "only version 0.2");
    check(&outline(&import("wasi:keyvalue/store@0.2.0"), &pure), "import_not_allowed", "nothing but cli, clocks");
    check(&outline(&import("acme:billing/charge"), &pure), "import_not_allowed", "acme:billing/charge");
    check(&outline(r#"(import "log" (func))"#, &pure), "import_not_allowed", "`log`");

    let both = [ORCHESTRATOR, ACTIVITY, FUNCTIONS];
    check(&outline(&import("wasi:http/types@0.2.0"), &both), "import_not_allowed", "not granted the network");
    check(&outline(&import("wasi:sockets/tcp@0.2.0"), &both), "world_mismatch", "another shape");
    check(&outline(&import("wasi:clocks/timezone@0.2.0"), &both), "unknown_import", "wasi:clocks/timezone");
    check(&outline(&import("wasi:clocks/wall-clock@0.3.0"), &both), "import_not_allowed", "only version 0.2");
    check(&outline(&import("wasi:clock/wall-clock@0.2.3"), &both), "unknown_import", "`wasi:clocks/wall-clock`");
    check(&outline(&import("acme:billing/charge"), &[ACTIVITY, FUNCTIONS]), "unknown_import", "acme:billing/charge");
    let closest = format!("closest that activities are granted is `{PROGRESS}`");
    check(&outline(&import("dacapo:durable/progress@0.9.0"), &both), "unknown_import", &closest);
    for ours in [PROGRESS, CLIENT] {
        check(&outline(&import(ours), &pure), "import_not_allowed", ours);
        check(&outline(&import(ours), &both), "world_mismatch", "another shape");
    }
    check(&outline(r#"(import "x:y/z" (type (sub resource)))"#, &both), "unknown_import", "x:y/z");

    check(&outline("", &[ENTITY]), "world_mismatch", "does not export `dacapo:durable/functions@0.1.0`");
    check(&outline("", &[ENTITY, FUNCTIONS]), "world_mismatch", "another shape");
    check(&outline(&import(CLIENT), &[ENTITY, FUNCTIONS]), "import_not_allowed", CLIENT);
    // The messages of HTTP are for triggers; requests of one's own are for nobody.
    let handler = "wasi:http/incoming-handler@0.2.9";
    check(&outline(&import("wasi:http/types@0.2.0"), &[handler]), "world_mismatch", "another shape");
    check(&outline(&import("wasi:http/types@0.3.0"), &[handler]), "import_not_allowed", "only version 0.2");
    check(&outline(&import("wasi:http/outgoing-handler@0.2.0"), &[handler]), "import_not_allowed", "not granted");
    check(&outline("", &[handler, ENTITY]), "world_mismatch", "does not export `dacapo:durable/functions@0.1.0`");
    let memory = |pages: u32, exports: &[&str]| {
        let module = format!("(core module (memory {pages}))");
        outline(&module, exports)
    };
    check(&memory(8193, &pure), "memory_limit", "536870912 are allowed");
    check(&memory(8193, &[ACTIVITY, FUNCTIONS]), "memory_limit", "536870912 are allowed");
}

#[test]
fn only_who_reports_progress_imports_it() {
    let check = |guest: Guest, expect: &[&str]| assert_eq!(inspect(&guest.build()).unwrap().imports, expect);
    let reporting = format!("(drop (call $report (i32.const 0) (i32.const 0))) i32.const {LIST}");
    for guest in [Guest::activities(), Guest::application(), Guest::orchestrations()] {
        check(guest, &[]);
    }
    check(Guest { run: reporting.clone(), ..Guest::activities() }, &[PROGRESS]);
    check(Guest { run: reporting, ..Guest::application() }, &[PROGRESS]);
}

#[test]
fn each_import_has_an_answer_in_each_kind_of_role() {
    let check = |guest: &Guest, expect: &[(&str, Option<&str>, Option<&str>)]| {
        let inspection = inspect(&guest.build()).unwrap();
        let answers: Vec<_> = inspection.answers().map(|it| (it.import, it.journaled, it.active)).collect();
        assert_eq!(answers, expect);
    };
    let wall = "wasi:clocks/wall-clock@0.2.3";
    let (turn, host) = (Some("the time of the turn"), Some("the host's clock"));
    let clocked = |guest: Guest| Guest { describe: format!("(call $now (i32.const 0)) i32.const {LIST}"), ..guest };
    check(&clocked(Guest::orchestrations()), &[(wall, turn, None)]);
    check(&clocked(Guest::activities()), &[(wall, None, host)]);
    check(&clocked(Guest::application()), &[(wall, turn, host)]);
    let reporting = format!("(drop (call $report (i32.const 0) (i32.const 0))) i32.const {LIST}");
    let reporting = Guest { run: reporting, ..Guest::application() };
    check(&reporting, &[(PROGRESS, Some("each call fails"), Some("shown with the status"))]);
    let import = r#"(import "wasi:cli/exit@0.2.3" "exit" (func (param i32)))"#;
    let exiting = Guest { imports: import.into(), ..Guest::application() };
    check(&exiting, &[("wasi:cli/exit@0.2.3", Some("fails the turn"), Some("fails the attempt"))]);
}

#[test]
fn components_that_fail_before_they_are_asked() {
    let host = Host::new();
    let check = |guest: Guest, code: &str, part: &str| {
        let refusal = host.sandbox.deploy(&guest.build()).unwrap_err();
        assert_eq!(refusal.code(), code, "{refusal}");
        assert!(refusal.to_string().contains(part), "{refusal} has no {part:?}");
    };
    let start = |guest: Guest, body: &str| Guest { fields: format!("(func $init {body}) (start $init)"), ..guest };
    for guest in [Guest::orchestrations(), Guest::activities()] {
        check(start(guest.clone(), "unreachable"), "init_failed", "`init`");
        check(start(guest.clone(), "(loop br 0)"), "init_timeout", "start function");
        check(start(guest.clone(), "call $init"), "init_failed", "stack");
        check(start(guest.clone(), "(drop (memory.grow (i32.const 9000)))"), "memory_limit", "asked for");
        check(Guest { describe: "unreachable".into(), ..guest.clone() }, "describe_failed", "`describe`");
        check(Guest { describe: "(loop br 0) unreachable".into(), ..guest.clone() }, "describe_failed", "");
        check(Guest { describe: "i32.const -8".into(), ..guest }, "describe_failed", "out of bounds");
    }
    let reporting = format!("(drop (call $report (i32.const 0) (i32.const 0))) i32.const {LIST}");
    let denied = Guest { describe: reporting, ..Guest::application() };
    check(denied, "describe_failed", "dacapo:durable/progress@0.1.0.report");
}

#[test]
fn catalogues_that_cannot_be_used() {
    let host = Host::new();
    let check = |guest: Guest, catalogue: Value, part: &str| {
        let refusal = host.sandbox.deploy(&Guest { memory: 3_000, catalogue, ..guest }.build()).unwrap_err();
        assert_eq!(refusal.code(), "describe_failed", "{refusal}");
        assert!(refusal.to_string().contains(part), "{refusal} has no {part:?}");
    };
    let check_all = |catalogue: Value, part: &str| check(Guest::application(), catalogue, part);
    check_all(list([]), "lists no function");
    check_all(claim(200_000, 1_001), "lists 1001 functions");
    check_all(claim(200_000, 1_000_000), "larger than");

    let check_one = |fields: &[(&'static str, Value)], part: &str| {
        let mut all = vec![("name", text("o")), ("kind", tag("orchestrator"))];
        all.extend_from_slice(fields);
        check_all(list([Value::Record(all)]), part);
    };
    check_one(&[("name", text("?"))], "\"?\" is not a function name");
    check_one(&[("name", text("dacapo.http"))], "dacapo.http; names that begin with `dacapo.` are the host's own");
    check_one(&[("name", text("DaCapo.x")), ("kind", tag("activity"))], "DaCapo.x; names that begin with");
    check_one(&[("name", text(b"\xff"))], "utf-8");
    check_one(&[("kind", Value::Raw(vec![7]))], "discriminant");
    check_one(&[("doc", some(claim(200_000, 70_000)))], "at most 65536");
    check_one(&[("input-schema", some(text("o")))], "the input schema of o is not valid JSON");
    check_one(&[("output-schema", some(text("{")))], "the output schema of o is not valid JSON");
    let policy = |jitter| {
        let policy = [("max-attempts", Value::Number(1)), ("coefficient", Value::Float(1.0)), ("jitter", jitter)];
        [("defaults", record([("retry", some(record(policy)))]))]
    };
    check_one(&[("defaults", record([("retry", some(record([])))]))], "max-attempts is 0");
    check_one(&policy(Value::Float(1.5)), "jitter is 1.5");
    check_one(&policy(Value::Float(f64::NAN)), "jitter is NaN");
    let twice = |name: &str| record([("name", text(name)), ("kind", tag("activity"))]);
    check_all(list([twice("a"), twice("A")]), "lists activity A twice");
    check(Guest::orchestrations(), list([twice("a")]), "exports no interface of that kind: activity");
}
