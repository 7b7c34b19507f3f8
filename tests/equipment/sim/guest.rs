//! Plays programs: a sandbox whose guests are plain Rust.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use kernel::model::{
    ComponentDigest, Decision, Failure, FunctionName, Inbound, Payload, Play, Start, Step as Stepped, StepStatus,
    TaskId, Timestamp, Turn, kind,
};
use kernel::port::{Sandbox, Session, TurnFault};

use super::model::{CAUGHT, FIRED, TIMED_OUT, gave_up};
use super::program::{Call, End, Home, OnFailure, Program, Step, Temper, activity_name};
use super::rng::{Rng, mix};

/// The programs of a simulation and whether they can be played.
#[derive(Debug, Clone)]
pub struct Native {
    programs: Vec<Rc<Program>>,
    shaky: Rc<Cell<Availability>>,
}

/// Whether the component that is sometimes not available is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It is.
    There,
    /// It is not.
    Gone,
}

impl Native {
    /// A sandbox that has these programs.
    pub fn new(programs: Vec<Program>) -> Self {
        let programs = programs.into_iter().map(Rc::new).collect();
        Self { programs, shaky: Rc::new(Cell::new(Availability::There)) }
    }

    /// The name under which a program is started.
    pub fn name(index: usize) -> FunctionName {
        FunctionName::parse(&format!("p{index}")).expect("it is a name")
    }

    /// The program of that name.
    pub fn program(&self, name: &FunctionName) -> Option<&Rc<Program>> {
        self.programs.get(name.as_str().strip_prefix('p')?.parse::<usize>().ok()?)
    }

    /// The programs, in order of their names.
    pub fn programs(&self) -> &[Rc<Program>] {
        &self.programs
    }

    /// Makes the shaky component come or go.
    pub fn shake(&self, availability: Availability) {
        self.shaky.set(availability);
    }
}

impl Sandbox for Native {
    type Session = Guest;

    fn open(&self, component: ComponentDigest, start: &Start) -> Result<(Guest, Stepped), TurnFault> {
        if component == Home::Shaky.digest() && self.shaky.get() == Availability::Gone {
            return Err(TurnFault::Unavailable("it is shaky".to_owned()));
        }
        let program = self.program(&start.name).expect("only programs are started");
        let mut guest = Guest {
            program: Rc::clone(program),
            dice: Rng::new(start.seed),
            at: 0,
            known: 0,
            decided: 0,
            wait: Wait::Nothing,
            step: Guest::empty_step(),
        };
        guest.go_on(start.now, start.play).map_err(TurnFault::Guest)?;
        let step = guest.take_step();
        Ok((guest, step))
    }
}

/// An execution of a program.
#[derive(Debug, Clone)]
pub struct Guest {
    program: Rc<Program>,
    dice: Rng,
    at: usize,
    known: u64,
    decided: u32,
    wait: Wait,
    step: Stepped,
}

#[derive(Debug, Clone)]
enum Wait {
    Nothing,
    All { asked: Vec<(TaskId, OnFailure)>, got: BTreeMap<TaskId, Got> },
    Race { call: (TaskId, OnFailure), timer: TaskId, got: Option<Got> },
    ForEver,
}

#[derive(Debug, Clone)]
enum Got {
    Value(u64),
    Failed(Failure),
    Fired,
}

impl Session for Guest {
    fn advance(&mut self, turns: &[Turn]) -> Result<Stepped, TurnFault> {
        for turn in turns {
            for event in &turn.events {
                self.take(event);
                self.go_on(turn.now, turn.play).map_err(TurnFault::Guest)?;
            }
        }
        Ok(self.take_step())
    }
}

impl Guest {
    fn empty_step() -> Stepped {
        Stepped { decisions: Vec::new(), status: StepStatus::Waiting, custom_status: None, logs: Vec::new() }
    }

    fn take_step(&mut self) -> Stepped {
        std::mem::replace(&mut self.step, Self::empty_step())
    }

    fn take(&mut self, event: &Inbound) {
        let (id, news) = match event {
            Inbound::TaskCompleted { task, output } => {
                (*task, Got::Value(output.as_str().parse().expect("activities return numbers")))
            }
            Inbound::TaskFailed { task, failure } => (*task, Got::Failed(failure.clone())),
            Inbound::TimerFired { timer } => (*timer, Got::Fired),
        };
        match &mut self.wait {
            Wait::All { asked, got } if asked.iter().any(|(asked, _)| *asked == id) => {
                got.insert(id, news);
            }
            Wait::Race { call, timer, got } if got.is_none() && (call.0 == id || *timer == id) => *got = Some(news),
            // What was abandoned may still happen.
            Wait::All { .. } | Wait::Race { .. } | Wait::Nothing | Wait::ForEver => {}
        }
    }

    fn go_on(&mut self, now: Timestamp, play: Play) -> Result<(), Failure> {
        while self.step.status == StepStatus::Waiting {
            if !self.absorb() || self.step.status != StepStatus::Waiting {
                return Ok(());
            }
            let program = Rc::clone(&self.program);
            let Some(step) = program.steps.get(self.at) else { return self.end() };
            self.at += 1;
            self.begin(step, now, play);
        }
        Ok(())
    }

    /// Takes in what was waited for, and says whether that is all of it.
    fn absorb(&mut self) -> bool {
        match std::mem::replace(&mut self.wait, Wait::Nothing) {
            Wait::Nothing => true,
            Wait::All { asked, got } if got.len() == asked.len() => {
                for (id, on_failure) in asked {
                    self.learn(&got[&id], on_failure);
                }
                true
            }
            Wait::Race { call, timer, got: Some(got) } => {
                match got {
                    Got::Fired => self.known = mix(self.known, TIMED_OUT),
                    Got::Value(_) | Got::Failed(_) => {
                        self.decide(Decision::CancelTimer { timer });
                        self.learn(&got, call.1);
                    }
                }
                true
            }
            other => {
                self.wait = other;
                false
            }
        }
    }

    fn learn(&mut self, got: &Got, on_failure: OnFailure) {
        match (got, on_failure) {
            (Got::Value(value), _) => self.known = mix(self.known, *value),
            (Got::Fired, _) => self.known = mix(self.known, FIRED),
            (Got::Failed(_), OnFailure::GoOn) => self.known = mix(self.known, CAUGHT),
            (Got::Failed(failure), OnFailure::Fail) if self.step.status == StepStatus::Waiting => {
                self.step.status = StepStatus::Failed(failure.clone());
            }
            (Got::Failed(_), OnFailure::Fail) => {}
        }
    }

    fn begin(&mut self, step: &Step, now: Timestamp, play: Play) {
        self.wait = match step {
            Step::All(calls) => {
                let asked = calls.iter().map(|call| self.call(call, play)).collect();
                Wait::All { asked, got: BTreeMap::new() }
            }
            Step::Draw(call) => {
                let value = self.dice.below(1_000);
                let asked = vec![self.call(&Call { value, ..call.clone() }, play)];
                Wait::All { asked, got: BTreeMap::new() }
            }
            Step::Race(call, length) => {
                let call = self.call(call, play);
                let timer = self.decide(Decision::CreateTimer { fire_at: now + *length });
                Wait::Race { call, timer, got: None }
            }
            Step::Sleep(lengths) => {
                let timers = lengths
                    .iter()
                    .map(|length| (self.decide(Decision::CreateTimer { fire_at: now + *length }), OnFailure::GoOn));
                Wait::All { asked: timers.collect(), got: BTreeMap::new() }
            }
            Step::Status => {
                self.step.custom_status = Some(Payload::trusted(self.known.to_string().as_bytes()));
                Wait::Nothing
            }
        };
    }

    fn call(&mut self, call: &Call, play: Play) -> (TaskId, OnFailure) {
        let lies = self.program.temper == Temper::Fickle && play == Play::Again;
        let value = call.value + u64::from(lies);
        let input = Call { value, ..call.clone() }.input();
        let schedule = Decision::ScheduleActivity { name: activity_name(), input, options: call.options() };
        (self.decide(schedule), call.on_failure)
    }

    fn decide(&mut self, decision: Decision) -> TaskId {
        let id = TaskId(self.decided);
        self.decided += 1;
        self.step.decisions.push(decision);
        id
    }

    fn end(&mut self) -> Result<(), Failure> {
        match self.program.end {
            End::Return => {
                self.step.status = StepStatus::Completed(Payload::trusted(self.known.to_string().as_bytes()));
            }
            End::Fail => self.step.status = StepStatus::Failed(gave_up(self.known)),
            End::Trap => return Err(Failure::host(kind::TRAP, "it was written to trap")),
            End::Stall => self.wait = Wait::ForEver,
            End::Break => {
                self.decide(Decision::CancelTimer { timer: TaskId(u32::MAX) });
                self.wait = Wait::ForEver;
            }
        }
        Ok(())
    }
}
