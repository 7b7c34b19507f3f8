//! How a program may end, worked out without any engine.

use kernel::model::{Ended, Failure, kind};

use super::program::{Call, End, OnFailure, Program, Step, activity};
use super::rng::{Rng, mix};

/// One way in which an instance may end.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How.
    pub end: Expected,
    /// The custom status that it leaves, or `None` if that depends on how events fell into turns.
    pub custom_status: Option<Option<u64>>,
}

/// How an instance ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// It returns this.
    Returns(u64),
    /// It fails just so.
    Fails(Failure),
    /// The host fails it, with this kind.
    HostFails(&'static str),
}

impl Expected {
    /// Whether an instance that ended so did as it should.
    pub fn is(&self, ended: &Ended) -> bool {
        match (self, ended) {
            (Self::Returns(value), Ended::Completed(output)) => output.as_str() == value.to_string(),
            (Self::Fails(expected), Ended::Failed(failure)) => expected == failure,
            (Self::HostFails(kind), Ended::Failed(failure)) => failure.kind == *kind,
            (_, Ended::Completed(_) | Ended::Failed(_) | Ended::Terminated(_)) => false,
        }
    }
}

/// What stands for things that have no value.
pub const FIRED: u64 = 7;
/// What stands for a failure that was caught.
pub const CAUGHT: u64 = 13;
/// What stands for a race that the timer won.
pub const TIMED_OUT: u64 = 17;

/// All ways in which an instance of a program may end. Several only if it has races.
pub fn outcomes(program: &Program, seed: u64) -> Vec<Outcome> {
    let mut done = Vec::new();
    let mut open = vec![Path { at: 0, known: 0, dice: Rng::new(seed), custom_status: None }];
    while let Some(path) = open.pop() {
        path.walk(program, &mut open, &mut done);
    }
    done
}

struct Path {
    at: usize,
    known: u64,
    dice: Rng,
    custom_status: Option<u64>,
}

impl Path {
    fn walk(mut self, program: &Program, open: &mut Vec<Self>, done: &mut Vec<Outcome>) {
        while let Some(step) = program.steps.get(self.at) {
            self.at += 1;
            let result = match step {
                Step::All(calls) => self.all(calls),
                Step::Sleep(lengths) => {
                    self.known = lengths.iter().fold(self.known, |known, _| mix(known, FIRED));
                    Ok(())
                }
                Step::Status => {
                    self.custom_status = Some(self.known);
                    Ok(())
                }
                Step::Draw(call) => {
                    let value = self.dice.below(1_000);
                    self.all(&[Call { value, ..call.clone() }])
                }
                Step::Race(call, _) => {
                    let known = mix(self.known, TIMED_OUT);
                    open.push(Self { known, dice: self.dice.clone(), ..self });
                    self.all(std::slice::from_ref(call))
                }
            };
            if let Err(failure) = result {
                return done.push(Outcome { end: Expected::Fails(failure), custom_status: Some(self.custom_status) });
            }
        }
        let (end, custom_status) = match program.end {
            End::Return => (Expected::Returns(self.known), Some(self.custom_status)),
            End::Fail => (Expected::Fails(gave_up(self.known)), Some(self.custom_status)),
            End::Stall => (Expected::HostFails(kind::STALLED), Some(self.custom_status)),
            // Nothing of a turn that broke is kept, and which steps were in it depends on the order of events.
            End::Trap => (Expected::HostFails(kind::TRAP), None),
            End::Break => (Expected::HostFails(kind::PROTOCOL), None),
        };
        done.push(Outcome { end, custom_status });
    }

    fn all(&mut self, calls: &[Call]) -> Result<(), Failure> {
        let mut first = None;
        for call in calls {
            match (result(call), call.on_failure) {
                (Ok(value), _) => self.known = mix(self.known, value),
                (Err(_), OnFailure::GoOn) => self.known = mix(self.known, CAUGHT),
                (Err(failure), OnFailure::Fail) => first = first.or(Some(failure)),
            }
        }
        first.map_or(Ok(()), Err)
    }
}

/// How an orchestrator fails that was written to fail.
pub fn gave_up(known: u64) -> Failure {
    Failure::from_guest("gave-up".to_owned(), known.to_string(), None, false)
}

fn result(call: &Call) -> Result<u64, Failure> {
    let attempts = call.retry.map_or(1, |(attempts, _)| attempts);
    let mut attempt = 1;
    loop {
        match activity(&call.input(), attempt) {
            Ok(output) => return Ok(output.as_str().parse().expect("activities return numbers")),
            Err(failure) if attempt == attempts || failure.kind == "declined" => return Err(failure),
            Err(_) => attempt += 1,
        }
    }
}
