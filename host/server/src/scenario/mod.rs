//! Scenarios: an orchestration from its start to its end, without a host, in no time.
//!
//! ```text
//! suite ─▶ file ─▶ world ─▶ run ─▶ expect ─▶ report
//!                  │  └─ player, answers, store
//!                  └─ stage (the sandbox) and cast (who plays what)
//! ```
//!
//! A scenario is a file; what is played is the deployed component, by the kernel that a host has. It is played twice, with
//! its sessions kept and with them dropped before each turn, and every history is replayed from the beginning at last: code
//! that a host would hold one day is found before it is deployed.
//!
//! It knows no server, port or data folder. How a history is written for people is told to it.

mod answers;
mod bless;
mod cast;
mod diff;
mod expect;
mod file;
mod player;
mod report;
mod run;
mod stage;
mod store;
mod suite;
mod trouble;
mod words;
mod world;

pub use bless::{quote, replace};
pub use cast::Cast;
pub use file::Scenario;
pub use report::{Problem, Verdict, document, summary};
pub use run::Run;
pub use stage::{Deployed, Stage};
pub use suite::{File, Suite};

use answers::Tape;
use diff::diff;
use kernel::model::Record;
use trouble::Trouble;
use world::{Memory, play};

/// Plays a scenario twice and tells what came of it, and all that is wrong.
pub fn judge<S: Stage>(stage: &S, scenario: &Scenario, show: impl Fn(&[Record]) -> String) -> (Run, Vec<Problem>) {
    let (mut world, played) = play(stage, scenario, Memory::Warm, Tape::new());
    let is_over = played.is_ok();
    let mut troubles: Vec<Trouble> = match played {
        Ok(()) => world.script.unused(),
        Err(trouble) => vec![trouble],
    };
    // Code that does not replay may do anything else as well, so this is said first.
    troubles.splice(0..0, world.verify().err());
    let tape = std::mem::take(&mut world.script.tape);
    let run = world.outcome();
    if troubles.is_empty() {
        let (again, played) = play(stage, scenario, Memory::Cold, tape);
        troubles.extend(played.err());
        let again = again.outcome();
        let difference = match run.history == again.history {
            true => run.difference(&again).map(|what| format!(" {what}")),
            false => Some(format!("\n{}", diff(&show(&run.history), &show(&again.history)))),
        };
        troubles.extend(difference.filter(|_| troubles.is_empty()).map(Trouble::ColdDiffers));
    }
    let mut problems: Vec<_> = troubles.iter().map(|trouble| Problem::Trouble(trouble.to_string())).collect();
    if is_over {
        let mismatches = expect::compare(&scenario.expect, &run, &show(&run.history));
        problems.extend(mismatches.into_iter().map(Problem::Mismatch));
    }
    (run, problems)
}

#[cfg(test)]
mod tests;
