//! Components that are not accepted: each has a stable code, and a message that names the cause.

use crate::Host;
use crate::guest::{Guest, LIST, data, word};

/// A component of which only the outline matters.
fn outline(imports: &str, exports: &[&str]) -> Vec<u8> {
    let exports: String = exports.iter().map(|name| format!("(export \"{name}\" (instance $empty))")).collect();
    wat::parse_str(format!("(component {imports} (instance $empty) {exports})")).unwrap()
}

const FUNCTIONS: &str = "dacapo:durable/functions@0.1.0";
const ORCHESTRATOR: &str = "dacapo:durable/orchestrator@0.1.0";
const ACTIVITY: &str = "dacapo:durable/activity@0.1.0";

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
    check(&good[..good.len() / 2], "invalid_component", "unexpected end");
    check(&[good.clone(), vec![0xff; 40]].concat(), "invalid_component", "");
    check(&wat::parse_str("(module)").unwrap(), "not_a_component", "wasm-tools component new");
    check(b"\x7fELF\x02\x01\x01 machine code", "precompiled_not_accepted", "deploy the .wasm component");
    check(&vec![b'x'; (32 << 20) + 1], "component_too_large", "33554433");
    check(&component(&"(core module)".repeat(65)), "component_limits_exceeded", "65 core modules");
    let functions = format!("(core module {})", "(func)".repeat(50_001));
    check(&component(&functions), "component_limits_exceeded", "50001 core functions");
    let body = format!("(core module (func {}))", "nop ".repeat(513 << 10));
    check(&component(&body), "component_limits_exceeded", "bytes in one core function");
    let segments = format!("(core module (memory 1) {})", "(data (i32.const 0) \"x\")".repeat(10_001));
    check(&component(&segments), "component_limits_exceeded", "10001 data segments");
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
    let clock = "wasi:clocks/wall-clock@0.2.3";
    check(&outline(&import(clock), &pure), "import_not_allowed", clock);
    check(&outline(&import("wasi:random/random@0.2.0"), &pure), "import_not_allowed", "wasi:random/random@0.2.0");
    check(&outline(&import("wasi:http/outgoing-handler@0.2.0"), &pure), "import_not_allowed", "outgoing-handler");
    check(&outline(&import("wasi:filesystem/types@0.2.0"), &pure), "import_not_allowed", "wasi:filesystem/types");
    check(&outline(r#"(import "log" (func))"#, &pure), "import_not_allowed", "`log`");

    let both = [ORCHESTRATOR, ACTIVITY, FUNCTIONS];
    check(&outline(&import("wasi:http/types@0.2.0"), &both), "import_not_allowed", "not granted the network");
    check(&outline(&import("wasi:sockets/tcp@0.2.0"), &both), "import_not_allowed", "wasi:sockets/tcp@0.2.0");
    check(&outline(&import("wasi:clocks/wall-clock@0.3.0"), &both), "import_not_allowed", "only version 0.2");
    check(&outline(&import("wasi:clock/wall-clock@0.2.3"), &both), "unknown_import", "`wasi:clocks/wall-clock`");
    check(&outline(&import("acme:billing/charge"), &[ACTIVITY, FUNCTIONS]), "unknown_import", "acme:billing/charge");
    check(&outline(r#"(import "x:y/z" (type (sub resource)))"#, &both), "unknown_import", "x:y/z");
    let memory = |pages: u32, exports: &[&str]| {
        let module = format!("(core module (memory {pages}))");
        outline(&module, exports)
    };
    check(&memory(1025, &pure), "memory_limit", "67108864 are allowed");
    check(&memory(2049, &[ACTIVITY, FUNCTIONS]), "memory_limit", "134217728 are allowed");
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
        check(start(guest.clone(), "(drop (memory.grow (i32.const 3000)))"), "memory_limit", "asked for");
        check(Guest { describe: "unreachable".into(), ..guest.clone() }, "describe_failed", "`describe`");
        check(Guest { describe: "(loop br 0) unreachable".into(), ..guest.clone() }, "describe_failed", "");
        check(Guest { describe: "i32.const -8".into(), ..guest }, "describe_failed", "out of bounds");
    }
    let imported = Guest { describe: format!("(call $now (i32.const 0)) i32.const {LIST}"), ..Guest::clocked() };
    check(imported, "describe_failed", "wasi:clocks/wall-clock@0.2.3.now");
}

#[test]
fn catalogues_that_cannot_be_used() {
    let host = Host::new();
    let check = |fields: String, part: &str| {
        let refusal = host.sandbox.deploy(&Guest { memory: "64", fields, ..Guest::application() }.build()).unwrap_err();
        assert_eq!(refusal.code(), "describe_failed", "{refusal}");
        assert!(refusal.to_string().contains(part), "{refusal} has no {part:?}");
    };
    check(data(LIST + 4, &word(0)), "lists no function");
    check(data(LIST, &(word(4_096) + &word(1_001))), "lists 1001 functions");
    check(data(LIST, &(word(4_096) + &word(30_000))), "larger than");
    check(data(8, "?"), "\"?\" is not a function name");
    check(data(9, "\\ff"), "utf-8");
    check(data(8, "A") + &data(72, &word(0)), "lists activity a twice");
    check(data(72, &word(7)), "discriminant");
    // The doc text, and the schema of the input.
    check(data(76, &(word(1) + &word(1_000) + &word(70_000))), "at most 65536");
    check(data(88, &(word(1) + &word(8) + &word(1))), "the input schema of o is not valid JSON");
    // A retry policy with no attempts.
    check(data(112, "\\01"), "max-attempts is 0");
    let wrong_role = Guest { fields: data(72, &word(0)), ..Guest::orchestrations() };
    let refusal = host.sandbox.deploy(&wrong_role.build()).unwrap_err();
    assert!(refusal.to_string().contains("exports no interface for an activity"), "{refusal}");
}
