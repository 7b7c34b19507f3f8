//! An entity that goes wrong in plain code. Its state is how often an operation of it has succeeded.

use std::hint::black_box;

use dacapo::prelude::*;

use crate::{
    activities::{descend, hoard},
    orchestrators::behaves,
};

/// Counts what it gets away with.
#[payload]
#[derive(Clone, Debug, Default)]
pub struct Moody {
    count: u64,
    ballast: String,
}

/// Does nothing wrong unless it is asked to.
#[entity]
impl Moody {
    /// Does nothing wrong.
    fn behaves(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// How often nothing was wrong.
    fn count(&self) -> u64 {
        self.count
    }

    /// Counts, signals, and fails.
    fn fails(&mut self, cx: &EntityContext) -> Result<u64> {
        self.count += 1;
        cx.signal::<Moody>(cx.key()).behaves()?;
        Err(fail!("moody", "not today, for the {}. time", self.count))
    }

    /// Counts and panics.
    fn panics(&mut self) {
        self.count += 1;
        panic!("an entity that panics");
    }

    /// Runs until its fuel ends.
    fn loops(&self) {
        loop {
            black_box(());
        }
    }

    /// Calls itself until the stack ends.
    fn recurses(&self) -> u64 {
        descend(0)
    }

    /// Takes memory until there is none.
    fn allocates(&self) -> u64 {
        hoard()
    }

    /// Remembers so many bytes from now on.
    fn grows(&mut self, bytes: usize) -> u64 {
        self.ballast = "x".repeat(bytes);
        self.behaves()
    }

    /// Returns a text of so many bytes.
    fn returns_much(&self, bytes: usize) -> String {
        "x".repeat(bytes)
    }

    /// Writes 100,000 lines.
    fn floods_its_log(&self, cx: &EntityContext) {
        for line in 0..100_000 {
            cx.log().info(format!("line {line}: {}", "x".repeat(100)));
        }
    }

    /// Sends so many signals to entities that do nothing wrong.
    fn signals_much(&mut self, cx: &EntityContext, signals: u32) -> Result<()> {
        (0..signals).try_for_each(|n| cx.signal::<Moody>(format!("much-{n}")).behaves())
    }

    /// Signals the entity of this name, which may be none.
    fn signals(&mut self, cx: &EntityContext, name: String) -> Result<()> {
        cx.signal_entity(&EntityId::new(&name, cx.key()), "behaves", &())
    }

    /// Signals itself for ever.
    fn haunts_itself(&mut self, cx: &EntityContext) -> Result<u64> {
        cx.signal::<Moody>(cx.key()).haunts_itself()?;
        Ok(self.behaves())
    }

    /// Starts an orchestration of this id, which may be none, and gives the id.
    fn starts(&mut self, cx: &EntityContext, id: Option<String>) -> Result<String> {
        let start = Start::of::<behaves>(&None)?;
        cx.start(match id {
            Some(id) => start.id(id),
            None => start,
        })
    }

    /// Starts an orchestration of a name that nobody has.
    fn starts_nobody(&mut self, cx: &EntityContext) -> Result<String> {
        cx.start(Start::named("no_such_orchestrator", &())?)
    }
}
