//! How an execution of a program may end, worked out without any engine.
//!
//! It knows what activities return. What a child returned it is told by an [`Oracle`], which reads it from the history;
//! that the history is right about it is checked elsewhere.

use kernel::model::{Ended, EntityId, Failure, Payload, kind};

use super::entity::Deed;
use super::guest::{CAUGHT, FIRED, HEARD, TIMED_OUT};
use super::program::{Ask, Child, End, Haste, Manner, OnFailure, Program, Step, gave_up, known};
use super::rng::{Rng, mix};
use super::task::Call;

/// One way in which an execution may end.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How.
    pub end: Expected,
    /// The custom status that it leaves, or `None` if that depends on how events fell into turns, or on a life before.
    pub custom_status: Option<Option<u64>>,
}

/// How an execution ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// It returns this.
    Returns(u64),
    /// It fails just so.
    Fails(Failure),
    /// The host fails it, with this kind.
    HostFails(&'static str),
    /// It continues as new with this.
    Renews(u64),
}

impl Expected {
    /// Whether an instance that ended so did as it should.
    pub fn is(&self, ended: &Ended) -> bool {
        match (self, ended) {
            (Self::Returns(value), Ended::Completed(output)) => output.shown() == value.to_string(),
            (Self::Fails(expected), Ended::Failed(failure)) => expected == failure,
            (Self::HostFails(kind), Ended::Failed(failure)) => failure.kind == *kind,
            (_, Ended::Completed(_) | Ended::Failed(_) | Ended::Terminated(_)) => false,
        }
    }
}

/// What came of a task.
pub type Result = std::result::Result<u64, Failure>;

/// Knows what came of tasks.
pub trait Oracle {
    /// All that ever came of this child in this execution.
    fn child(&self, child: &Child) -> Vec<Result>;

    /// All that may have come of this call.
    fn activity(&self, call: &Call) -> Vec<Result>;

    /// All that ever came of such a call of this entity in this execution.
    fn call(&self, deed: &Deed, entity: &EntityId) -> Vec<Result>;
}

/// What is known of an execution before it begins.
#[derive(Debug, Clone)]
pub struct Begin<'a> {
    /// The seed of its generator.
    pub seed: u64,
    /// Which life it is, from 1.
    pub life: u32,
    /// Its input.
    pub input: &'a Payload,
}

const PATHS_MAX_COUNT: usize = 4_000;

/// All ways in which an execution may end; `None` if they are too many to be worked out.
pub fn outcomes(program: &Program, begin: &Begin<'_>, oracle: &dyn Oracle) -> Option<Vec<Outcome>> {
    let custom_status = if begin.life == 1 { Some(None) } else { None };
    let path = Path { at: 0, known: known(begin.input), dice: Rng::new(begin.seed), custom_status };
    let mut walk = Walk { program, life: begin.life, oracle, open: vec![path], done: Vec::new() };
    while let Some(path) = walk.open.pop() {
        walk.walk(path);
        if walk.open.len() + walk.done.len() > PATHS_MAX_COUNT {
            return None;
        }
    }
    Some(walk.done)
}

#[derive(Clone)]
struct Path {
    at: usize,
    known: u64,
    dice: Rng,
    custom_status: Option<Option<u64>>,
}

struct Walk<'a> {
    program: &'a Program,
    life: u32,
    oracle: &'a dyn Oracle,
    open: Vec<Path>,
    done: Vec<Outcome>,
}

impl Walk<'_> {
    /// One step further, in every way that is possible.
    fn walk(&mut self, mut path: Path) {
        let Some(step) = self.program.steps.get(path.at) else { return self.end(&path) };
        path.at += 1;
        match step {
            Step::Chains(chains, Haste::Patient) => self.patient(path, chains),
            Step::Chains(chains, Haste::Hasty) => {
                // Any failure that ends a chain may come first.
                self.any_failure(&path, chains);
                let before = self.done.len();
                self.patient(path, chains);
                self.done.truncate(before);
            }
            Step::Draw(call) => {
                let value = path.dice.below(1_000);
                self.patient(path, &[vec![Ask::Activity(Call { value, ..call.clone() })]]);
            }
            Step::Race(ask, _, _) => {
                self.open.push(Path { known: mix(path.known, TIMED_OUT), ..path.clone() });
                self.patient(path, &[vec![ask.clone()]]);
            }
            Step::Await(event, timeout) => {
                if timeout.is_some() {
                    self.open.push(Path { known: mix(path.known, TIMED_OUT), ..path.clone() });
                }
                self.open.push(Path { known: mix(path.known, HEARD + event), ..path });
            }
            Step::Section(section) => {
                if let Manner::Impatient(_) = section.manner {
                    self.open.push(Path { known: mix(path.known, TIMED_OUT), ..path.clone() });
                }
                self.patient(path, &section.chains);
            }
            Step::Send(..) | Step::Signal(..) => self.open.push(path),
            Step::Status => self.open.push(Path { custom_status: Some(Some(path.known)), ..path }),
        }
    }

    fn patient(&mut self, path: Path, chains: &[Vec<Ask>]) {
        let mut ways: Vec<(u64, Option<Failure>)> = vec![(path.known, None)];
        for chain in chains {
            let mut ended = Vec::new();
            let mut going = ways;
            for ask in chain {
                let results = self.results(ask);
                let mut next = Vec::new();
                for (known, first) in &going {
                    for result in &results {
                        match result {
                            Ok(value) => next.push((mix(*known, *value), first.clone())),
                            Err(failure) => ended.push((*known, Some(first.clone().unwrap_or(failure.clone())))),
                        }
                    }
                }
                next.dedup();
                going = next;
                if going.len() + ended.len() > PATHS_MAX_COUNT {
                    going.truncate(PATHS_MAX_COUNT);
                }
            }
            going.extend(ended);
            ways = going;
        }
        for (known, failure) in ways {
            match failure {
                Some(failure) => self.fails(&path, failure),
                None => self.open.push(Path { known, ..path.clone() }),
            }
        }
    }

    /// What may come of an ask; a failure that is caught counts as a value.
    fn results(&self, ask: &Ask) -> Vec<Result> {
        let results = match ask {
            Ask::Timer(_) => vec![Ok(FIRED)],
            Ask::Activity(call) => self.oracle.activity(call),
            Ask::Child(child) => self.oracle.child(child),
            Ask::Call(entity, deed, _) => self.oracle.call(deed, entity),
        };
        let mut seen = Vec::new();
        for result in results {
            let result = match (result, ask.on_failure()) {
                (Err(_), OnFailure::GoOn) => Ok(CAUGHT),
                (result, _) => result,
            };
            if !seen.contains(&result) {
                seen.push(result);
            }
        }
        seen
    }

    fn any_failure(&mut self, path: &Path, chains: &[Vec<Ask>]) {
        for ask in chains.iter().flatten() {
            for result in self.results(ask) {
                if let Err(failure) = result {
                    self.fails(path, failure);
                }
            }
        }
    }

    fn fails(&mut self, path: &Path, failure: Failure) {
        self.done.push(Outcome { end: Expected::Fails(failure), custom_status: path.custom_status });
    }

    fn end(&mut self, path: &Path) {
        let Path { known, custom_status, .. } = *path;
        let (end, custom_status) = match self.program.end {
            End::Renew(lives) if self.life < lives => (Expected::Renews(known), custom_status),
            End::Return | End::Renew(_) => (Expected::Returns(known), custom_status),
            End::Fail => (Expected::Fails(gave_up(known)), custom_status),
            End::Stall => (Expected::HostFails(kind::STALLED), custom_status),
            // Nothing of a turn that broke is kept, and which steps were in it depends on the order of events.
            End::Trap => (Expected::HostFails(kind::TRAP), None),
            End::Break => (Expected::HostFails(kind::PROTOCOL), None),
        };
        self.done.push(Outcome { end, custom_status });
    }
}
