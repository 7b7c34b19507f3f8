//! How a difference between a history and the code is printed.

use super::output::{fields, printable};

/// What is printed above the block.
pub const HEADING: &str = "the code does not do what the history says:";

/// The parts of a divergence and what to do about it, one a line.
pub fn block<'a>(lines: impl IntoIterator<Item = (&'a str, &'a str)>, remedy: &'a str) -> String {
    let lines = lines.into_iter().chain([("what to do", remedy)]);
    let shown: Vec<_> = lines.map(|(name, value)| (name, printable(value))).collect();
    let indented = fields(&shown).lines().map(|line| format!("  {line}")).collect::<Vec<_>>();
    indented.join("\n")
}
