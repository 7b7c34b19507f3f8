//! Plays programs: an execution in plain Rust, that can be replayed like one in WebAssembly.

use std::collections::VecDeque;
use std::rc::Rc;

use kernel::model::{
    ComponentDigest, Decision, EventName, Failure, Inbound, Play, Raised, Start, Step as Stepped, StepStatus, TaskId,
    Timestamp, Turn, kind,
};
use kernel::port::{Session, TurnFault};

use super::blobs::payload;
use super::component::FICKLE;
use super::program::{
    Ask, End, Haste, Loser, Manner, OnFailure, Program, Section, Step, Target, gave_up, input, known, name,
};
use super::rng::{Rng, mix};
use super::strand::{Got, Strand};
use super::task::{Call, activity_name};

/// What stands for things that have no value.
pub const FIRED: u64 = 7;
/// What stands for a failure that was caught.
pub const CAUGHT: u64 = 13;
/// What stands for a timer that won.
pub const TIMED_OUT: u64 = 17;
/// What stands for the first kind of event; the others follow.
pub const HEARD: u64 = 1_000;

/// An execution of a program.
#[derive(Debug, Clone)]
pub struct Guest {
    program: Rc<Program>,
    start: Rc<Start>,
    component: ComponentDigest,
    dice: Rng,
    at: usize,
    known: u64,
    decided: u32,
    /// Events that came and that nobody took.
    heard: VecDeque<Raised>,
    /// The lock of the critical section that it is in and will release.
    section: Option<TaskId>,
    wait: Wait,
    step: Stepped,
}

#[derive(Debug, Clone)]
enum Wait {
    Nothing,
    Chains(Vec<Strand>, Haste),
    Race { ask: TaskId, on_failure: OnFailure, timer: TaskId, loser: Loser, got: Option<Got> },
    Grant { lock: TaskId, section: Section, timer: Option<TaskId>, got: Option<Got> },
    Event { event: u64, timer: Option<TaskId>, timed_out: Option<Got> },
    ForEver,
}

impl Session for Guest {
    fn advance(&mut self, turns: &[Turn]) -> Result<Stepped, TurnFault> {
        for turn in turns {
            for event in &turn.events {
                if self.step.status == waiting() {
                    self.take(event, turn.now, turn.play);
                    self.go_on(turn.now, turn.play).map_err(TurnFault::Guest)?;
                }
            }
        }
        Ok(self.take_step())
    }
}

impl Guest {
    /// Plays the first turn.
    pub fn open(
        program: &Rc<Program>,
        component: ComponentDigest,
        start: &Start,
    ) -> Result<(Self, Stepped), TurnFault> {
        let mut guest = Self {
            program: Rc::clone(program),
            start: Rc::new(start.clone()),
            component,
            dice: Rng::new(start.seed),
            at: 0,
            known: known(&start.input),
            decided: 0,
            heard: VecDeque::new(),
            section: None,
            wait: Wait::Nothing,
            step: empty_step(),
        };
        guest.go_on(start.now, start.play).map_err(TurnFault::Guest)?;
        let step = guest.take_step();
        Ok((guest, step))
    }

    /// What it is played by.
    pub fn component(&self) -> ComponentDigest {
        self.component
    }

    /// The event that it waits for, if it waits for one.
    pub fn awaits(&self) -> Option<EventName> {
        match self.wait {
            Wait::Event { event, timed_out: None, .. } => Some(event_name(event)),
            _ => None,
        }
    }

    fn take_step(&mut self) -> Stepped {
        let events = self.awaits().into_iter().collect();
        let mut step = std::mem::replace(&mut self.step, empty_step());
        if step.status == waiting() {
            step.status = StepStatus::Waiting { events };
        }
        step
    }

    fn take(&mut self, event: &Inbound, now: Timestamp, play: Play) {
        let (id, news) = match event {
            Inbound::TaskCompleted { task, output } => (*task, Got::Value(super::task::number(output))),
            Inbound::TaskFailed { task, failure } => (*task, Got::Failed(failure.clone())),
            Inbound::TimerFired { timer } => (*timer, Got::Fired),
            Inbound::Raised(raised) => return self.heard.push_back(raised.clone()),
        };
        match &mut self.wait {
            Wait::Chains(strands, haste) => {
                let Some(index) = strands.iter().position(|strand| strand.waits_for(id)) else { return };
                let next = strands[index].take(news);
                if *haste == Haste::Hasty
                    && let Some(failure) = strands[index].failure()
                {
                    self.step.status = StepStatus::Failed(failure.clone());
                } else if let Some(ask) = next {
                    let task = self.ask(&ask, now, play);
                    if let Wait::Chains(strands, _) = &mut self.wait {
                        strands[index].asked(task);
                    }
                }
            }
            Wait::Race { ask, timer, got, .. } if got.is_none() && (*ask == id || *timer == id) => {
                *got = Some(if *timer == id { Got::TimedOut } else { news });
            }
            Wait::Grant { lock, timer, got, .. } if got.is_none() && (*lock == id || *timer == Some(id)) => {
                *got = Some(if *timer == Some(id) { Got::TimedOut } else { news });
            }
            Wait::Event { timer, timed_out, .. } if *timer == Some(id) => *timed_out = Some(news),
            // What was abandoned may still happen.
            Wait::Race { .. } | Wait::Grant { .. } | Wait::Event { .. } | Wait::Nothing | Wait::ForEver => {}
        }
    }

    fn go_on(&mut self, now: Timestamp, play: Play) -> Result<(), Failure> {
        while self.step.status == waiting() {
            if !self.absorb(now, play) || self.step.status != waiting() {
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
    fn absorb(&mut self, now: Timestamp, play: Play) -> bool {
        match std::mem::replace(&mut self.wait, Wait::Nothing) {
            Wait::Nothing => {}
            Wait::Chains(strands, _) if strands.iter().all(Strand::is_done) => {
                let asked = strands.iter().flat_map(Strand::learned);
                asked.for_each(|(got, on_failure)| self.learn(got, on_failure));
                // Who fails leaves that to the end of the execution.
                if self.step.status == waiting()
                    && let Some(lock) = self.section.take()
                {
                    self.decide(Decision::ReleaseLock { lock });
                }
            }
            Wait::Grant { lock, got: Some(Got::TimedOut), .. } => {
                self.decide(Decision::ReleaseLock { lock });
                self.learn(&Got::TimedOut, OnFailure::GoOn);
            }
            Wait::Grant { lock, section, timer, got: Some(_) } => {
                timer.into_iter().for_each(|timer| self.cancel(timer));
                self.wait = self.enter(lock, &section, now, play);
                return self.absorb(now, play);
            }
            Wait::Race { ask, on_failure, timer, loser, got: Some(got) } => {
                match (&got, loser) {
                    (Got::TimedOut, Loser::Cancelled) => self.cancel(ask),
                    (Got::TimedOut, Loser::Abandoned) => {}
                    (Got::Value(_) | Got::Failed(_) | Got::Fired, _) => self.cancel(timer),
                }
                self.learn(&got, on_failure);
            }
            Wait::Event { timed_out: Some(_), .. } => self.learn(&Got::TimedOut, OnFailure::GoOn),
            Wait::Event { event, timer, timed_out } => {
                if !self.hear(event) {
                    self.wait = Wait::Event { event, timer, timed_out };
                    return false;
                }
                timer.into_iter().for_each(|timer| self.cancel(timer));
            }
            other => {
                self.wait = other;
                return false;
            }
        }
        true
    }

    /// Takes the first event of a name, if there is one.
    fn hear(&mut self, event: u64) -> bool {
        let name = event_name(event);
        let is_it = |raised: &Raised| raised.name.as_str().eq_ignore_ascii_case(name.as_str());
        let Some(place) = self.heard.iter().position(is_it) else { return false };
        self.heard.remove(place);
        self.known = mix(self.known, HEARD + event);
        true
    }

    fn learn(&mut self, got: &Got, on_failure: OnFailure) {
        match (got, on_failure) {
            (Got::Value(value), _) => self.known = mix(self.known, *value),
            (Got::Fired, _) => self.known = mix(self.known, FIRED),
            (Got::TimedOut, _) => self.known = mix(self.known, TIMED_OUT),
            (Got::Failed(_), OnFailure::GoOn) => self.known = mix(self.known, CAUGHT),
            (Got::Failed(failure), OnFailure::Fail) if self.step.status == waiting() => {
                self.step.status = StepStatus::Failed(failure.clone());
            }
            (Got::Failed(_), OnFailure::Fail) => {}
        }
    }

    /// Begins what is done in a critical section.
    fn enter(&mut self, lock: TaskId, section: &Section, now: Timestamp, play: Play) -> Wait {
        if section.manner != Manner::Careless {
            self.section = Some(lock);
        }
        self.chains(&section.chains, Haste::Patient, now, play)
    }

    fn chains(&mut self, chains: &[Vec<Ask>], haste: Haste, now: Timestamp, play: Play) -> Wait {
        let strands = chains.iter().filter(|chain| !chain.is_empty()).map(|chain| {
            let task = self.ask(&chain[0], now, play);
            Strand::new(chain.clone(), task)
        });
        Wait::Chains(strands.collect(), haste)
    }

    fn begin(&mut self, step: &Step, now: Timestamp, play: Play) {
        self.wait = match step {
            Step::Chains(chains, haste) => self.chains(chains, *haste, now, play),
            Step::Section(section) => {
                let lock = self.decide(Decision::LockEntities { set: section.set.clone() });
                let timer = match section.manner {
                    Manner::Impatient(length) => Some(self.decide(Decision::CreateTimer { fire_at: now + length })),
                    Manner::Proper | Manner::Eager | Manner::Careless => None,
                };
                match section.manner {
                    Manner::Eager => self.enter(lock, section, now, play),
                    _ => Wait::Grant { lock, section: section.clone(), timer, got: None },
                }
            }
            Step::Signal(to, deed, after) => {
                let (name, input) = (deed.name(), deed.input(&self.token()));
                self.decide(Decision::SignalEntity { to: to.clone(), name, input, at: after.map(|after| now + after) });
                Wait::Nothing
            }
            Step::Draw(call) => {
                let ask = Ask::Activity(Call { value: self.dice.below(1_000), ..call.clone() });
                let task = self.ask(&ask, now, play);
                Wait::Chains(vec![Strand::new(vec![ask], task)], Haste::Patient)
            }
            Step::Race(ask, length, loser) => {
                let on_failure = ask.on_failure();
                let ask = self.ask(ask, now, play);
                let timer = self.decide(Decision::CreateTimer { fire_at: now + *length });
                Wait::Race { ask, on_failure, timer, loser: *loser, got: None }
            }
            Step::Await(event, _) if self.hear(*event) => Wait::Nothing,
            Step::Await(event, timeout) => {
                let timer = timeout.map(|length| self.decide(Decision::CreateTimer { fire_at: now + length }));
                Wait::Event { event: *event, timer, timed_out: None }
            }
            Step::Send(target, event) => {
                let to = match target {
                    Target::Itself => self.start.instance.clone(),
                    Target::Other(id) => id.clone(),
                };
                // Whoever reads it knows who sent it and what came before it.
                let text = format!("\"{}\"", self.token());
                let name = EventName::parse(&format!("gO{event}")).expect("it is a name");
                let event = Raised { name, input: payload(&text, self.start.seed >> 8) };
                self.decide(Decision::SendEvent { to, event });
                Wait::Nothing
            }
            Step::Status => {
                self.step.custom_status = Some(input(self.known));
                Wait::Nothing
            }
        };
    }

    /// What the next decision is known by. A child that begins anew has the same seed.
    fn token(&self) -> String {
        format!("{:016x}-{:x}.{}", self.start.seed, self.start.now.0, self.decided)
    }

    fn ask(&mut self, ask: &Ask, now: Timestamp, play: Play) -> TaskId {
        let lie = u64::from(self.component == FICKLE && play == Play::Again);
        self.decide(match ask {
            Ask::Timer(length) => Decision::CreateTimer { fire_at: now + *length },
            Ask::Activity(call) => {
                let input = Call { value: call.value + lie, ..call.clone() }.input();
                Decision::ScheduleActivity { name: activity_name(), input, options: call.options() }
            }
            Ask::Call(to, deed, _) => {
                let (to, name, input) = (to.clone(), deed.name(), deed.input(&format!("{}-{lie}", self.token())));
                Decision::CallEntity { to, name, input }
            }
            Ask::Child(child) => {
                Decision::StartChild { name: name(child.program), input: input(lie), options: child.options() }
            }
        })
    }

    fn cancel(&mut self, target: TaskId) {
        self.decide(Decision::Cancel { target });
    }

    fn decide(&mut self, decision: Decision) -> TaskId {
        let id = TaskId(self.decided);
        self.decided += 1;
        self.step.decisions.push(decision);
        id
    }

    fn end(&mut self) -> Result<(), Failure> {
        match self.program.end {
            End::Renew(lives) if self.start.execution.0 < lives => {
                let carried = std::mem::take(&mut self.heard).into();
                self.step.status = StepStatus::ContinuedAsNew { input: input(self.known), carried };
            }
            End::Return | End::Renew(_) => self.step.status = StepStatus::Completed(input(self.known)),
            End::Fail => self.step.status = StepStatus::Failed(gave_up(self.known)),
            End::Trap => return Err(Failure::host(kind::TRAP, "it was written to trap")),
            End::Stall => self.wait = Wait::ForEver,
            End::Break => {
                self.cancel(TaskId(u32::MAX));
                self.wait = Wait::ForEver;
            }
        }
        Ok(())
    }
}

/// How the wait for an event is spelled; those who send it spell it otherwise.
fn event_name(event: u64) -> EventName {
    EventName::parse(&format!("Go{event}")).expect("it is a name")
}

fn waiting() -> StepStatus {
    StepStatus::Waiting { events: Vec::new() }
}

fn empty_step() -> Stepped {
    let (decisions, sources, logs) = (Vec::new(), Vec::new(), Vec::new());
    Stepped { decisions, sources, status: waiting(), custom_status: None, logs }
}
