//! What the simulated guests do, as data.
//!
//! A program is played by [`super::guest`] and, without any engine, by [`super::model`]; neither knows the other.

use kernel::model::{ChildOptions, EntityId, Failure, FunctionName, InstanceId, Millis, Payload};

use super::component::Home;
use super::entity::{Deed, any_entity};
use super::rng::Rng;
pub use super::section::{Manner, Section};
use super::task::Call;

/// An orchestrator.
#[derive(Debug, Clone)]
pub struct Program {
    /// What it does, one after the other.
    pub steps: Vec<Step>,
    /// What it does then.
    pub end: End,
    /// The component that it is in.
    pub home: Home,
}

/// One thing that an orchestrator does and awaits.
#[derive(Debug, Clone)]
pub enum Step {
    /// Does several things at once, each of them a chain of tasks, and waits for all.
    Chains(Vec<Vec<Ask>>, Haste),
    /// Asks for something and waits for it or for a timer.
    Race(Ask, Millis, Loser),
    /// Waits for an external event, or for a timer if there is one.
    Await(u64, Option<Millis>),
    /// Sends an external event.
    Send(Target, u64),
    /// Signals an entity, at once or after a while.
    Signal(EntityId, Deed, Option<Millis>),
    /// Locks entities, does things with them, and releases them.
    Section(Section),
    /// Sets the custom status to what it knows so far.
    Status,
    /// Draws a number and calls an activity with it.
    Draw(Call),
}

/// When a failure ends several things that are done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// Once all are done.
    Patient,
    /// At once.
    Hasty,
}

/// What becomes of what was asked for when the timer wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loser {
    /// It is told to stop.
    Cancelled,
    /// It goes on and nobody listens.
    Abandoned,
}

/// One thing that an orchestrator can ask for.
#[derive(Debug, Clone)]
pub enum Ask {
    /// An activity.
    Activity(Call),
    /// A timer.
    Timer(Millis),
    /// Another orchestration.
    Child(Child),
    /// An operation of an entity.
    Call(EntityId, Deed, OnFailure),
}

/// A call of another orchestrator.
#[derive(Debug, Clone)]
pub struct Child {
    /// Which.
    pub program: usize,
    /// Its id, if it is chosen.
    pub id: Option<InstanceId>,
    /// Attempts in all and the wait between them, if it is tried again.
    pub retry: Option<(u32, Millis)>,
    /// What its failure means to the orchestrator.
    pub on_failure: OnFailure,
}

/// To whom an event is sent.
#[derive(Debug, Clone)]
pub enum Target {
    /// To the one that sends it.
    Itself,
    /// To somebody who may or may not be there.
    Other(InstanceId),
}

/// What a failed task means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Nothing.
    GoOn,
    /// The orchestrator fails too.
    Fail,
}

/// How an orchestrator ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It returns what it knows.
    Return,
    /// It fails.
    Fail,
    /// It traps.
    Trap,
    /// It waits for something that will never happen.
    Stall,
    /// It decides what the contract does not allow.
    Break,
    /// It continues as new until it has lived this often, and then returns what it knows.
    Renew(u32),
}

/// What programs may be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of everything.
    Any,
    /// Of what always comes to the same end.
    Determined,
}

impl Program {
    /// A sequence of `n` activities.
    pub fn sequence(n: u64) -> Self {
        Self::honest((0..n).map(|value| Step::all(vec![Ask::Activity(Call::plain(value))])).collect())
    }

    /// `n` activities at once.
    pub fn fan_out(n: u64) -> Self {
        Self::honest(vec![Step::all((0..n).map(Call::plain).map(Ask::Activity).collect())])
    }

    /// One timer.
    pub fn sleep(length: Millis) -> Self {
        Self::honest(vec![Step::all(vec![Ask::Timer(length)])])
    }

    /// One wait for an event.
    pub fn listen(event: u64) -> Self {
        Self::honest(vec![Step::Await(event, None)])
    }

    /// A child with an id of its parent's choice.
    pub fn parent(program: usize, id: &str) -> Self {
        let id = Some(InstanceId::parse(id).expect("it is an id"));
        let child = Child { program, id, retry: None, on_failure: OnFailure::Fail };
        Self::honest(vec![Step::all(vec![Ask::Child(child)])])
    }

    /// A program that does these steps and returns.
    pub fn honest(steps: Vec<Step>) -> Self {
        Self { steps, end: End::Return, home: Home::Solid }
    }

    /// The same, in another component.
    pub fn at(self, home: Home) -> Self {
        Self { home, ..self }
    }

    /// The program of this number; its children have smaller numbers, so that no family is endless.
    pub fn any(rng: &mut Rng, kind: Kind, number: usize) -> Self {
        let length = if rng.happens(100) { 8 + rng.below(8) } else { 1 + rng.below(5) };
        let mut forks = 0;
        let mut steps = Vec::new();
        for _ in 0..length {
            let step = Step::any(rng, kind, number);
            forks += u32::from(step.forks());
            // Every fork doubles the outcomes that the model allows.
            if forks <= 3 || !step.forks() {
                steps.push(step);
            }
        }
        if number == 0 {
            // It is the one that entities start.
            steps.iter_mut().flat_map(Step::deeds).for_each(Deed::start_nothing);
        }
        // After one that is not released nothing else may be locked or started.
        let last = steps.len().saturating_sub(1);
        for step in &mut steps[..last] {
            if let Step::Section(section) = step
                && section.manner == Manner::Careless
            {
                section.manner = Manner::Proper;
            }
        }
        let end = match rng.below(20) {
            0 => End::Fail,
            1 if kind == Kind::Any => End::Trap,
            2 => End::Stall,
            3 if kind == Kind::Any => End::Break,
            4..8 => End::Renew(2 + (rng.number() % 3) as u32),
            _ => End::Return,
        };
        let home = if kind == Kind::Any { Home::any(rng) } else { Home::Solid };
        Self { steps, end, home }
    }
}

impl Step {
    /// Several things at once.
    pub fn all(asks: Vec<Ask>) -> Self {
        Self::Chains(asks.into_iter().map(|ask| vec![ask]).collect(), Haste::Patient)
    }

    fn forks(&self) -> bool {
        match self {
            Self::Race(..) | Self::Await(_, Some(_)) => true,
            Self::Section(section) => matches!(section.manner, Manner::Impatient(_)),
            Self::Chains(_, haste) => *haste == Haste::Hasty,
            Self::Await(_, None) | Self::Send(..) | Self::Signal(..) | Self::Status | Self::Draw(_) => false,
        }
    }

    fn any(rng: &mut Rng, kind: Kind, number: usize) -> Self {
        let any = kind == Kind::Any;
        if any && rng.happens(280) {
            return Self::any_of_entities(rng);
        }
        match rng.below(16) {
            0..3 => Self::all(vec![Ask::any(rng, kind, number)]),
            3..5 => Self::all((0..2 + rng.below(5)).map(|_| Ask::any(rng, kind, number)).collect()),
            5..8 => {
                let mut chain = || (0..1 + rng.below(3)).map(|_| Ask::any(rng, kind, number)).collect();
                let chains = vec![chain(), chain(), chain()];
                let haste = if any && rng.happens(600) { Haste::Hasty } else { Haste::Patient };
                Self::Chains(chains, haste)
            }
            8..10 if any => {
                let ask = Ask::any(rng, kind, number);
                // A call that was abandoned is open still, and a critical section may come.
                let is_call = matches!(ask, Ask::Call(..));
                let loser = if is_call || rng.happens(500) { Loser::Cancelled } else { Loser::Abandoned };
                Self::Race(ask, Millis(rng.below(150)), loser)
            }
            10..12 => {
                let timeout = (any && rng.happens(500)).then(|| Millis(rng.below(200)));
                Self::Await(rng.below(EVENTS_COUNT), timeout)
            }
            12 | 13 => {
                let target = match rng.below(4) {
                    0 => Target::Itself,
                    1 => Target::Other(id(&format!("kid-{}", rng.below(KIDS_COUNT)))),
                    _ => Target::Other(id(&format!("given-{}", rng.below(4)))),
                };
                Self::Send(target, rng.below(EVENTS_COUNT))
            }
            // What is drawn depends on the seed of an execution.
            14 if any => Self::Draw(Call::any(rng)),
            _ => Self::Status,
        }
    }
}

impl Step {
    fn deeds(&mut self) -> Vec<&mut Deed> {
        let chains = match self {
            Self::Signal(_, deed, _) => return vec![deed],
            Self::Race(Ask::Call(_, deed, _), ..) => return vec![deed],
            Self::Chains(chains, _) | Self::Section(Section { chains, .. }) => chains,
            _ => return Vec::new(),
        };
        let deeds = chains.iter_mut().flatten().filter_map(|ask| match ask {
            Ask::Call(_, deed, _) => Some(deed),
            _ => None,
        });
        deeds.collect()
    }

    fn any_of_entities(rng: &mut Rng) -> Self {
        match rng.below(3) {
            0 => {
                let after = rng.happens(300).then(|| Millis(rng.below(2_000)));
                Self::Signal(any_entity(rng), Deed::any(rng), after)
            }
            1 => Self::all((0..1 + rng.below(3)).map(|_| Ask::any_call(any_entity(rng), rng)).collect()),
            _ => Self::Section(Section::any(rng)),
        }
    }
}

/// How many names of events there are.
pub const EVENTS_COUNT: u64 = 3;
/// How many ids parents choose from for their children.
const KIDS_COUNT: u64 = 3;

impl Ask {
    fn any(rng: &mut Rng, kind: Kind, number: usize) -> Self {
        match rng.below(10) {
            0..5 => Self::Activity(Call::any(rng)),
            5..8 if number > 0 => Self::Child(Child::any(rng, kind, number)),
            8 if kind == Kind::Any => Self::any_call(any_entity(rng), rng),
            _ => Self::Timer(Millis(match rng.below(4) {
                0 => rng.below(5),
                1 => rng.below(300),
                2 => rng.below(8_000),
                _ => rng.below(20 * 24 * 3_600_000),
            })),
        }
    }

    /// What its failure means.
    pub fn on_failure(&self) -> OnFailure {
        match self {
            Self::Activity(call) => call.on_failure,
            Self::Child(child) => child.on_failure,
            Self::Call(_, _, on_failure) => *on_failure,
            Self::Timer(_) => OnFailure::GoOn,
        }
    }

    pub(super) fn any_call(id: EntityId, rng: &mut Rng) -> Self {
        let on_failure = if rng.happens(700) { OnFailure::GoOn } else { OnFailure::Fail };
        Self::Call(id, Deed::any_call(rng), on_failure)
    }
}

impl Child {
    fn any(rng: &mut Rng, kind: Kind, number: usize) -> Self {
        let given = kind == Kind::Any && rng.happens(350);
        Self {
            program: rng.index(number),
            id: given.then(|| id(&format!("kid-{}", rng.below(KIDS_COUNT)))),
            retry: rng.happens(500).then(|| (1 + (rng.number() % 3) as u32, Millis(rng.below(3) * rng.below(300)))),
            on_failure: if rng.happens(600) { OnFailure::GoOn } else { OnFailure::Fail },
        }
    }

    /// The options of the decision.
    pub fn options(&self) -> ChildOptions {
        ChildOptions { instance: self.id.clone(), version: None, retry: self.retry.map(super::task::policy) }
    }
}

/// The name under which a program is started.
pub fn name(program: usize) -> FunctionName {
    FunctionName::parse(&format!("p{program}")).expect("it is a name")
}

/// The input of an execution that knows this much already.
pub fn input(known: u64) -> Payload {
    Payload::trusted(known.to_string().as_bytes())
}

/// What an execution with this input knows already.
pub fn known(input: &Payload) -> u64 {
    input.shown().trim().parse().unwrap_or(0)
}

/// How an orchestrator fails that was written to fail.
pub fn gave_up(known: u64) -> Failure {
    Failure::from_guest("gave-up".to_owned(), known.to_string(), None, false, Vec::new())
}

fn id(text: &str) -> InstanceId {
    InstanceId::parse(text).expect("it is an id")
}
