//! A guest in WebAssembly text that keeps the contract, with places where something hostile can be put.
//!
//! The core module is written by hand and wrapped by the encoder that guests are built with, so what is tested is what
//! an author could deploy.

use std::fmt::Write;

use wit_component::{ComponentEncoder, StringEncoding};

use crate::layout::{Layout, Memory, Value, case, record, tag, text};

/// WIT that a guest which reads the clock is built against.
const CLOCKS: &str = "
    package wasi:clocks@0.2.3;
    interface wall-clock {
        record datetime { seconds: u64, nanoseconds: u32 }
        now: func() -> datetime;
    }";
const CLOCKED: &str = "
    package test:worlds;
    world clocked { include dacapo:durable/application@0.1.0; import wasi:clocks/wall-clock@0.2.3; }
    world clocked-activities { include dacapo:durable/activities@0.1.0; import wasi:clocks/wall-clock@0.2.3; }";

/// What bodies may call; who does not call it does not import it.
const IMPORTS: [(&str, &str); 2] = [
    ("$now", r#"(import "wasi:clocks/wall-clock@0.2.3" "now" (func $now (param i32)))"#),
    ("$report", r#"(import "dacapo:durable/progress@0.1.0" "report" (func $report (param i32 i32) (result i32)))"#),
];

/// Where `catalogue`, `step` and `result` lie, which is what `describe`, `open` and `advance`, and `run` return when
/// nothing else is said; and where the texts and lists in them lie.
pub const LIST: u32 = 16;
pub const STEP: u32 = 32;
pub const RESULT: u32 = 256;
const HEAP: u32 = 4_096;
/// What the guest allocates, the arguments of its functions, lies here and behind.
const ALLOCATED: u32 = 65_536;

/// The parts of a guest. Bodies are instructions of the exported functions.
#[derive(Clone)]
pub struct Guest {
    pub world: &'static str,
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
}

impl Guest {
    /// Has an activity `a` that returns `null`, and an orchestrator `o` that waits for ever.
    pub fn new(world: &'static str) -> Self {
        let mut functions = vec![function("o", "orchestrator"), function("a", "activity")];
        functions
            .retain(|(kind, _)| !world.contains(if *kind == "activity" { "orchestrations" } else { "activities" }));
        Self {
            world,
            memory: 2,
            fields: String::new(),
            catalogue: Value::List(functions.into_iter().map(|(_, function)| function).collect()),
            describe: format!("i32.const {LIST}"),
            step: record([]),
            open: format!("i32.const {STEP}"),
            advance: format!("i32.const {STEP}"),
            result: case("ok", text("null")),
            run: format!("i32.const {RESULT}"),
        }
    }

    pub fn activities() -> Self {
        Self::new("dacapo:durable/activities@0.1.0")
    }

    pub fn orchestrations() -> Self {
        Self::new("dacapo:durable/orchestrations@0.1.0")
    }

    pub fn application() -> Self {
        Self::new("dacapo:durable/application@0.1.0")
    }

    pub fn clocked() -> Self {
        Self::new("test:worlds/clocked")
    }

    pub fn clocked_activities() -> Self {
        Self::new("test:worlds/clocked-activities")
    }

    pub fn build(&self) -> Vec<u8> {
        let Layout { mut resolve, .. } = Layout::new();
        resolve.push_str("clocks.wit", CLOCKS).unwrap();
        let package = resolve.push_str("worlds.wit", CLOCKED).unwrap();
        let world = resolve.select_world(&[package], Some(self.world)).unwrap();
        let mut module = wat::parse_str(self.text()).unwrap();
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
        ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    }

    fn text(&self) -> String {
        let Self { memory, fields, describe, open, advance, run, .. } = self;
        let bodies = [describe, open, advance, run];
        let is_called = |name: &str| bodies.iter().any(|body| body.contains(name));
        let imports: String = IMPORTS.iter().filter(|(name, _)| is_called(name)).map(|(_, import)| *import).collect();
        let mut roles = String::new();
        if !self.world.contains("activities") {
            roles += &format!(
                r#"(func $open (export "dacapo:durable/orchestrator@0.1.0#open") (param i32) (result i32) {open})
                (func $advance (export "dacapo:durable/orchestrator@0.1.0#advance") (param i32 i32) (result i32)
                    {advance})"#
            );
        }
        if !self.world.contains("orchestrations") {
            roles +=
                &format!(r#"(func $run (export "dacapo:durable/activity@0.1.0#run") (param i32) (result i32) {run})"#);
        }
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
        assert!(memory.bytes.len() <= ALLOCATED as usize, "what the guest has does not fit below what it allocates");
        data(0, &memory.bytes)
    }
}

/// An entry of the catalogue, by its kind.
fn function(name: &str, kind: &'static str) -> (&'static str, Value) {
    (kind, record([("name", text(name)), ("kind", tag(kind))]))
}

/// Bytes of memory, as a field of the module.
pub fn data(at: u32, bytes: &[u8]) -> String {
    let mut field = format!("(data (i32.const {at}) \"");
    for byte in bytes {
        write!(field, "\\{byte:02x}").unwrap();
    }
    field + "\")\n"
}
