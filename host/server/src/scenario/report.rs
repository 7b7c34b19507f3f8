//! How the verdicts on scenarios are told: to people, as test runners do it, and as JSON.
//!
//! It owns the words and the layout; what is printed where is the command line's.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::diff::diff;
use super::expect::Mismatch;
use super::run::Run;
use super::words::Length;

/// What is to be said of one scenario.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Its file.
    pub file: PathBuf,
    /// Its name.
    pub name: String,
    /// What could not be played, or was not as it should be; empty if all is well.
    pub problems: Vec<Problem>,
    /// What came of it.
    pub run: Run,
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub enum Problem {
    /// It is said in words.
    Trouble(String),
    /// Something else came.
    Mismatch(Mismatch),
}

impl Verdict {
    /// Whether the scenario is as it should be.
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }

    /// Which scenario it is.
    pub fn title(&self) -> String {
        format!("{}: {}", self.file.display(), self.name)
    }

    /// Which scenario it is, and how much happened in it.
    pub fn line(&self) -> String {
        let Run { turns, elapsed, .. } = self.run;
        let turns = if turns == 1 { "1 turn".to_owned() } else { format!("{turns} turns") };
        format!("{} ({turns}, {})", self.title(), Length(elapsed))
    }

    /// All that is wrong with one that is not as it should be.
    pub fn details(&self) -> String {
        let mut lines = Vec::new();
        for problem in &self.problems {
            lines.push(match problem {
                Problem::Trouble(text) => text.clone(),
                Problem::Mismatch(mismatch) => mismatch.text(),
            });
        }
        if !self.run.notes.is_empty() {
            lines.push(format!("the host says:\n{}", indented(&self.run.notes.join("\n"))));
        }
        let has_told_logs = |problem: &Problem| matches!(problem, Problem::Mismatch(it) if it.what == "logs");
        if !self.run.logs.is_empty() && !self.problems.iter().any(has_told_logs) {
            lines.push(format!("the log:\n{}", indented(&self.run.logs.join("\n"))));
        }
        indented(&lines.join("\n"))
    }

    fn json(&self) -> Value {
        let problem = |problem: &Problem| match problem {
            Problem::Trouble(text) => json!({ "message": text }),
            Problem::Mismatch(Mismatch { what, expected, came }) => {
                json!({ "what": what, "expected": expected, "came": came })
            }
        };
        json!({
            "file": self.file,
            "name": self.name,
            "verdict": if self.is_ok() { "ok" } else { "failed" },
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
            "status": self.run.status.as_str(),
            "elapsedMs": self.run.elapsed.0,
            "turns": self.run.turns,
            "logs": self.run.logs,
            "notes": self.run.notes,
        })
    }
}

impl Mismatch {
    fn text(&self) -> String {
        let Self { what, expected, came } = self;
        match expected.contains('\n') || came.contains('\n') {
            true => format!("{what} (- expected, + came):\n{}", indented(&diff(expected, came))),
            false => format!("{what}:\n  expected  {expected}\n  came      {came}"),
        }
    }
}

/// One document for all.
pub fn document(verdicts: &[Verdict]) -> Value {
    let passed = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
    json!({
        "scenarios": verdicts.iter().map(Verdict::json).collect::<Vec<_>>(),
        "passed": passed,
        "failed": verdicts.len() - passed,
    })
}

/// The last line.
pub fn summary(verdicts: &[Verdict]) -> String {
    let passed = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
    let scenarios = if verdicts.len() == 1 { "scenario" } else { "scenarios" };
    format!("{} {scenarios}: {passed} ok, {} failed", verdicts.len(), verdicts.len() - passed)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
