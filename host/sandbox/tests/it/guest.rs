//! A guest in WebAssembly text that keeps the contract, with places where something hostile can be put.
//!
//! The core module is written by hand and wrapped by the encoder that guests are built with, so what is tested is what
//! an author could deploy.

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

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

/// Offsets into memory: what `describe`, `open`, `advance` and `run` return when nothing else is said.
pub const LIST: u32 = 16;
pub const STEP: u32 = 512;
pub const RESULT: u32 = 640;

/// The parts of a guest. Bodies are instructions of the exported functions.
#[derive(Clone)]
pub struct Guest {
    pub world: &'static str,
    pub memory: &'static str,
    /// Fields of the module: data that overwrites, functions, a start section.
    pub fields: String,
    pub describe: String,
    pub open: String,
    pub advance: String,
    pub run: String,
}

impl Guest {
    /// Has an activity `a` that returns `null`, and an orchestrator `o` that waits for ever.
    pub fn new(world: &'static str) -> Self {
        Self {
            world,
            memory: "2",
            fields: String::new(),
            describe: format!("i32.const {LIST}"),
            open: format!("i32.const {STEP}"),
            advance: format!("i32.const {STEP}"),
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
        let mut resolve = Resolve::default();
        resolve.push_dir("../../wit").unwrap();
        resolve.push_str("clocks.wit", CLOCKS).unwrap();
        let package = resolve.push_str("worlds.wit", CLOCKED).unwrap();
        let world = resolve.select_world(&[package], Some(self.world)).unwrap();
        let mut module = wat::parse_str(self.text()).unwrap();
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
        ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    }

    fn text(&self) -> String {
        let Self { memory, fields, describe, open, advance, run, .. } = self;
        let clocked = self.world.contains("clocked");
        let import =
            if clocked { r#"(import "wasi:clocks/wall-clock@0.2.3" "now" (func $now (param i32)))"# } else { "" };
        let is_activities = self.world.contains("activities");
        let orchestrator = format!(
            r#"(func $open (export "dacapo:durable/orchestrator@0.1.0#open")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i64 i32 i32 i32) (result i32) {open})
            (func $advance (export "dacapo:durable/orchestrator@0.1.0#advance") (param i32 i32) (result i32) {advance})"#
        );
        let activity = format!(
            r#"(func $run (export "dacapo:durable/activity@0.1.0#run")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i32) (result i32) {run})"#
        );
        // Two entries of 136 bytes: the orchestrator `o` and the activity `a`.
        let (first, count) = match self.world {
            _ if is_activities => (200, 1),
            "dacapo:durable/orchestrations@0.1.0" => (64, 1),
            _ => (64, 2),
        };
        let orchestrator = if is_activities { "" } else { &orchestrator };
        let activity = if self.world.contains("orchestrations") { "" } else { &activity };
        format!(
            r#"(module
            {import}
            (memory (export "memory") {memory})
            (global $top (mut i32) (i32.const 65536))
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
            {orchestrator}
            {activity}
            (data (i32.const 8) "o") (data (i32.const 9) "a") (data (i32.const 32) "null")
            (data (i32.const {LIST}) "{}{}")
            (data (i32.const 64) "{}{}{}")
            (data (i32.const 200) "{}{}{}")
            (data (i32.const {}) "{}{}")
            {fields})"#,
            word(first),
            word(count),
            word(8),
            word(1),
            word(1),
            word(9),
            word(1),
            word(0),
            RESULT + 4,
            word(32),
            word(4),
        )
    }
}

/// Four bytes of little-endian, as text of a data segment.
pub fn word(value: u32) -> String {
    value.to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// Text that becomes bytes of memory.
pub fn data(at: u32, bytes: &str) -> String {
    format!("(data (i32.const {at}) \"{bytes}\")\n")
}
