//! What stands behind the imports of one session: a time, a chance, and what is written.
//!
//! It follows from what the guest is given. Between turns it stands still.

use kernel::model::{LogLevel, LogLine, Play, Timestamp};

use super::chance::Chance;
use super::output::Output;

/// How many of the last lines are shown with a failure.
const LAST_WORDS_MAX_COUNT: usize = 30;

/// What a guest finds instead of a world.
#[derive(Debug)]
pub(crate) struct World {
    /// Where the monotonic clock begins.
    origin: Timestamp,
    now: Timestamp,
    chance: Chance,
    output: Output,
}

impl World {
    /// Before a guest is asked anything: what it does to begin with must not differ from one session to the next.
    pub(crate) fn at_rest() -> Self {
        let zero = Timestamp(0);
        Self { origin: zero, now: zero, chance: Chance::of(0), output: Output::of_turn(Play::New) }
    }

    /// An execution begins, or a batch.
    pub(crate) fn begin(&mut self, origin: Timestamp, seed: u64) {
        self.origin = origin;
        self.chance = Chance::of(seed);
    }

    /// A turn begins.
    pub(crate) fn turn(&mut self, now: Timestamp, play: Play) {
        self.now = now;
        self.output = Output::of_turn(play);
    }

    /// What the guest wrote in the turn that ends.
    pub(crate) fn take_lines(&mut self) -> Vec<LogLine> {
        std::mem::replace(&mut self.output, Output::of_turn(Play::Again)).finish()
    }

    /// What the guest wrote to its standard error before it failed. Languages say there why they give up.
    pub(crate) fn last_words(&mut self) -> String {
        let lines = self.take_lines();
        let errors: Vec<_> = lines.into_iter().filter(|line| line.level == LogLevel::Warn).collect();
        let last = &errors[errors.len().saturating_sub(LAST_WORDS_MAX_COUNT)..];
        last.iter().map(|line| format!("{}\n", line.message)).collect()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn nanos_since_origin(&self) -> u64 {
        self.now.0.saturating_sub(self.origin.0).saturating_mul(1_000_000)
    }

    pub(super) fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }

    pub(super) fn output(&mut self) -> &mut Output {
        &mut self.output
    }
}
