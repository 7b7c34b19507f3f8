//! A guest in WebAssembly text that keeps the contract, with places where something hostile can be put.
//!
//! The core module is written by hand and wrapped by the encoder that guests are built with, so what is tested is what
//! an author could deploy.

use std::fmt::Write;

use wit_component::{ComponentEncoder, StringEncoding};

use crate::layout::{Layout, Memory, Value, case, record, tag, text};

/// WIT of what guests may import beside our own.
const WASI: &str = include_str!("wasi/wasi.wit");

/// What bodies may call; who does not call it does not import it.
const IMPORTS: [(&str, &str); 2] = [
    ("$now", r#"(import "wasi:clocks/wall-clock@0.2.3" "now" (func $now (param i32)))"#),
    ("$report", r#"(import "dacapo:durable/progress@0.1.0" "report" (func $report (param i32 i32) (result i32)))"#),
];

/// Where `catalogue`, `step`, `result`, `outcome` and `fired` lie, which is what `describe`, `open` and `advance`,
/// `run`, `apply`, and `fire` and `receive` return when nothing else is said; and where the texts and lists in them
/// lie.
pub const LIST: u32 = 16;
pub const STEP: u32 = 32;
pub const RESULT: u32 = 256;
pub const OUTCOME: u32 = 512;
pub const FIRED: u32 = 640;
const HEAP: u32 = 4_096;
/// What the guest allocates, the arguments of its functions, lies here and behind.
const ALLOCATED: u32 = 65_536;

/// The parts of a guest. Bodies are instructions of the exported functions.
#[derive(Clone)]
pub struct Guest {
    /// Each of them an interface of the contract.
    pub roles: &'static [&'static str],
    /// Imports of a function of `client`, under a name of one's own.
    pub imports: String,
    /// In pages.
    pub memory: u32,
    /// Fields of the module: data, functions, a start section.
    pub fields: String,
    pub catalogue: Value,
    pub describe: String,
    pub step: Value,
    pub open: String,
    pub advance: String,
    pub result: Value,
    pub run: String,
    pub outcome: Value,
    pub apply: String,
    pub fired: Value,
    pub fire: String,
    pub receive: String,
}

impl Guest {
    /// Has one function for each role: an activity `a` that returns `null`, an orchestrator `o` that waits for ever, an
    /// entity `e` that is asked nothing, and triggers `t` and `s` that do nothing.
    pub fn new(roles: &'static [&'static str]) -> Self {
        Self {
            roles,
            imports: String::new(),
            memory: 2,
            fields: String::new(),
            catalogue: Value::List(roles.iter().map(|role| function(&role[..1], role)).collect()),
            describe: format!("i32.const {LIST}"),
            step: record([]),
            open: format!("i32.const {STEP}"),
            advance: format!("i32.const {STEP}"),
            result: case("ok", text("null")),
            run: format!("i32.const {RESULT}"),
            outcome: record([]),
            apply: format!("i32.const {OUTCOME}"),
            fired: tag("ok"),
            fire: format!("i32.const {FIRED}"),
            receive: format!("i32.const {FIRED}"),
        }
    }

    pub fn activities() -> Self {
        Self::new(&["activity"])
    }

    pub fn orchestrations() -> Self {
        Self::new(&["orchestrator"])
    }

    pub fn entities() -> Self {
        Self::new(&["entity"])
    }

    pub fn triggers() -> Self {
        Self::new(&["timer-trigger", "stream-trigger"])
    }

    pub fn application() -> Self {
        Self::new(&["orchestrator", "activity"])
    }

    pub fn everything() -> Self {
        Self::new(&["orchestrator", "entity", "activity", "timer-trigger", "stream-trigger"])
    }

    pub fn build(&self) -> Vec<u8> {
        let Layout { mut resolve, .. } = Layout::new();
        resolve.push_str("wasi.wit", WASI).unwrap();
        let exports: String = self.roles.iter().map(|role| format!("export dacapo:durable/{role}@0.1.0;")).collect();
        let world = format!(
            "package test:worlds;
            world guest {{
                include wasi:everything/imports@0.2.3;
                import dacapo:durable/progress@0.1.0;
                import dacapo:durable/client@0.1.0;
                export dacapo:durable/functions@0.1.0;
                {exports}
            }}"
        );
        let package = resolve.push_str("worlds.wit", &world).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module = wat::parse_str(self.text()).unwrap();
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
        ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    }

    fn text(&self) -> String {
        let Self { memory, fields, describe, open, advance, run, apply, fire, receive, .. } = self;
        let bodies = [describe, open, advance, run];
        let is_called = |name: &str| bodies.iter().any(|body| body.contains(name));
        let imports: String = IMPORTS.iter().filter(|(name, _)| is_called(name)).map(|(_, import)| *import).collect();
        let imports = imports + &self.imports;
        let export = |interface: &str, function: &str, params: &str, body: &str| {
            format!(
                r#"(func ${function} (export "dacapo:durable/{interface}@0.1.0#{function}") (param {params}) (result i32)
                {body})"#
            )
        };
        let role = |role: &&str| match *role {
            "orchestrator" => export(role, "open", "i32", open) + &export(role, "advance", "i32 i32", advance),
            "activity" => export(role, "run", "i32", run),
            // The name, the key, the time; whether there is a state, its data, its version; the operations.
            "entity" => export(role, "apply", "i32 i32 i32 i32 i64 i32 i32 i32 i32 i32 i32", apply),
            // The name; when it was due, now, how often it was missed.
            "timer-trigger" => export(role, "fire", "i32 i32 i64 i64 i32", fire),
            // The name; the subject, the sequence, the time, the delivery, the headers, the data.
            "stream-trigger" => export(role, "receive", "i32 i32 i32 i32 i64 i64 i32 i32 i32 i32 i32", receive),
            other => panic!("no role {other}"),
        };
        let roles: String = self.roles.iter().map(role).collect();
        let data = self.data();
        format!(
            r#"(module
            {imports}
            (memory (export "memory") {memory})
            (global $top (mut i32) (i32.const {ALLOCATED}))
            (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and
                    (i32.add (global.get $top) (i32.sub (local.get 2) (i32.const 1)))
                    (i32.sub (i32.const 0) (local.get 2))))
                (global.set $top (i32.add (local.get $at) (local.get 3)))
                (block $enough (loop $more
                    (br_if $enough (i32.ge_u (i32.mul (memory.size) (i32.const 65536)) (global.get $top)))
                    (drop (memory.grow (i32.const 1)))
                    (br $more)))
                (local.get $at))
            (func $describe (export "dacapo:durable/functions@0.1.0#describe") (result i32) {describe})
            {roles}
            {data}
            {fields})"#
        )
    }

    fn data(&self) -> String {
        let (layout, mut memory) = (Layout::new(), Memory::new(HEAP));
        layout.put_result(&mut memory, LIST, "functions", "describe", &self.catalogue);
        layout.put_result(&mut memory, STEP, "orchestrator", "open", &self.step);
        layout.put_result(&mut memory, RESULT, "activity", "run", &self.result);
        layout.put_result(&mut memory, OUTCOME, "entity", "apply", &self.outcome);
        layout.put_result(&mut memory, FIRED, "timer-trigger", "fire", &self.fired);
        assert!(memory.bytes.len() <= ALLOCATED as usize, "what the guest has does not fit below what it allocates");
        data(0, &memory.bytes)
    }
}

/// An entry of the catalogue.
fn function(name: &str, kind: &'static str) -> Value {
    record([("name", text(name)), ("kind", tag(kind))])
}

/// Bytes of memory, as a field of the module.
pub fn data(at: u32, bytes: &[u8]) -> String {
    let mut field = format!("(data (i32.const {at}) \"");
    for byte in bytes {
        write!(field, "\\{byte:02x}").unwrap();
    }
    field + "\")\n"
}
