//! The entities of a simulation: one number each, and what can be done with it.
//!
//! An operation carries a token by which it is known wherever it turns up; no two operations have the same one.

use kernel::model::{
    EntityBatch, EntityEffect, EntityId, EntityState, Failure, InstanceId, Millis, NewState, Operation, OperationDone,
    OperationName, Outcome, Payload, Timestamp,
};

use super::blobs::{Library, payload};
use super::component::Home;
use super::program::name;
use super::rng::Rng;

/// What can be done with the number of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Adds to it. Returns the sum.
    Add(i64),
    /// Sets it. Returns what it was, or -1.
    Write(i64),
    /// Sets one of its bits. Returns whether it was not set.
    Insert(u32),
    /// Returns it, or -1 if there is none.
    Get,
    /// Fails, after it has changed it.
    Fail,
    /// Forgets it. Returns what it was, or -1.
    Delete,
    /// Has another entity, or this one, add one.
    Relay(EntityId),
    /// The same, after a while.
    Later(EntityId, Millis),
    /// Starts an orchestration, with an id of its choice if there is one.
    Spawn(usize, Option<InstanceId>),
}

/// How an operation that was written to fail does so.
const FAILED: &str = "refused";

impl Deed {
    /// Any deed; those that start orchestrations start the first program, which has no children.
    pub fn any(rng: &mut Rng) -> Self {
        match rng.below(20) {
            0..8 => Self::Add(i64::try_from(1 + rng.below(9)).expect("it is small")),
            8 | 9 => Self::Write(i64::try_from(rng.below(100)).expect("it is small")),
            10 => Self::Insert((rng.number() % 8) as u32),
            11 | 12 => Self::Get,
            13 | 14 => Self::Fail,
            15 => Self::Delete,
            16 => Self::Relay(any_entity(rng)),
            17 => Self::Later(any_entity(rng), Millis(rng.below(3_000))),
            18 => Self::Spawn(0, rng.happens(300).then(|| spawned(rng.below(3)))),
            _ => Self::Add(1),
        }
    }

    /// Any that an orchestration waits for.
    pub fn any_call(rng: &mut Rng) -> Self {
        if rng.happens(300) { Self::Get } else { Self::any(rng) }
    }

    /// Makes it something else if it starts an orchestration.
    pub fn start_nothing(&mut self) {
        if let Self::Spawn(..) = self {
            *self = Self::Get;
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Add(_) => "add",
            Self::Write(_) => "write",
            Self::Insert(_) => "insert",
            Self::Get => "get",
            Self::Fail => "fail",
            Self::Delete => "delete",
            Self::Relay(_) => "relay",
            Self::Later(..) => "later",
            Self::Spawn(..) => "spawn",
        }
    }

    fn arguments(&self) -> String {
        match self {
            Self::Add(n) | Self::Write(n) => n.to_string(),
            Self::Insert(bit) => bit.to_string(),
            Self::Get | Self::Fail | Self::Delete => String::new(),
            Self::Relay(to) => to.to_string(),
            Self::Later(to, Millis(after)) => format!("{to}|{after}"),
            Self::Spawn(program, id) => format!("{program}|{}", id.as_ref().map_or("", |id| id.as_str())),
        }
    }

    /// The name of the operation. Case does not matter to entities.
    pub fn name(&self) -> OperationName {
        OperationName::parse(self.word()).expect("it is a name")
    }

    /// The input of the operation that this token names. About one in eight is large.
    pub fn input(&self, token: &str) -> Payload {
        let chance = token.bytes().map(u64::from).sum();
        payload(&format!("\"{token}|{}\"", self.arguments()), chance)
    }

    /// The deed that an operation is, and its token.
    pub fn read(name: &OperationName, input: &str) -> (Self, String) {
        let fields: Vec<&str> = input.trim().trim_matches('"').split('|').collect();
        let number = |at: usize| -> i64 { fields[at].parse().expect("tokens are followed by numbers") };
        let entity = |at: usize| EntityId::parse(fields[at]).expect("it is the id of an entity");
        let deed = match name.as_str() {
            "add" => Self::Add(number(1)),
            "write" => Self::Write(number(1)),
            "insert" => Self::Insert(u32::try_from(number(1)).expect("it is a bit")),
            "get" => Self::Get,
            "fail" => Self::Fail,
            "delete" => Self::Delete,
            "relay" => Self::Relay(entity(1)),
            "later" => Self::Later(entity(1), Millis(number(2).unsigned_abs())),
            "spawn" => {
                Self::Spawn(usize::try_from(number(1)).expect("it is a program"), InstanceId::parse(fields[2]).ok())
            }
            other => panic!("{other} is no deed"),
        };
        (deed, fields[0].to_owned())
    }

    /// What it makes of the number, and what it returns; `None` if it fails.
    pub fn on(&self, number: Option<i64>) -> Option<(Option<i64>, i64)> {
        match self {
            Self::Add(n) => {
                let sum = number.unwrap_or(0) + n;
                Some((Some(sum), sum))
            }
            Self::Write(n) => Some((Some(*n), number.unwrap_or(-1))),
            Self::Insert(bit) => {
                let before = number.unwrap_or(0);
                Some((Some(before | 1 << bit), i64::from(before & 1 << bit == 0)))
            }
            Self::Get => Some((number, number.unwrap_or(-1))),
            Self::Fail => None,
            Self::Delete => Some((None, number.unwrap_or(-1))),
            Self::Relay(_) | Self::Later(..) | Self::Spawn(..) => Some((number, 0)),
        }
    }

    fn effects(&self, operation: &Operation, now: Timestamp) -> Vec<EntityEffect> {
        let signal = |to: &EntityId, at| {
            let deed = Self::Add(1);
            let input = deed.input(&format!("{:016x}.0", operation.seed));
            EntityEffect::Signal { to: to.clone(), name: deed.name(), input, at }
        };
        match self {
            Self::Relay(to) => vec![signal(to, None)],
            Self::Later(to, after) => vec![signal(to, Some(now + *after))],
            Self::Spawn(program, instance) => {
                let (name, input, instance) = (name(*program), Payload::null(), instance.clone());
                vec![EntityEffect::Start { name, input, instance, version: None, at: None }]
            }
            _ => Vec::new(),
        }
    }
}

/// The number that a state holds.
pub fn number_of(library: &Library, state: Option<&EntityState>) -> Option<i64> {
    state.map(|state| library.read(&state.data).parse().expect("states are numbers"))
}

/// The state that holds a number. Some numbers are large.
pub fn state_of(number: i64) -> EntityState {
    EntityState { data: payload(&number.to_string(), number.unsigned_abs()), version: 1 }
}

/// How an operation fails that does.
pub fn failure() -> Failure {
    Failure::from_guest(FAILED.to_owned(), "it was written to fail".to_owned(), None, false, Vec::new())
}

/// Runs a batch whose payloads were fetched.
pub fn apply(batch: &EntityBatch) -> Outcome {
    let library = Library::default();
    let before = number_of(&library, batch.state.as_ref());
    let mut number = before;
    let results = batch.operations.iter().map(|asked| {
        let (deed, _) = Deed::read(&asked.operation.name, &library.read(&asked.operation.input));
        let (after, output) = deed.on(number).ok_or_else(failure)?;
        number = after;
        let output = payload(&output.to_string(), output.unsigned_abs());
        Ok(OperationDone { output, effects: deed.effects(&asked.operation, batch.now) })
    });
    let results = results.collect();
    let state = match number {
        _ if number == before => NewState::Unchanged,
        Some(number) => NewState::Set(state_of(number)),
        None => NewState::Deleted,
    };
    Outcome { results, state, logs: Vec::new() }
}

/// Where an entity of a name lives; `None` for one that nobody has.
pub fn home(id: &EntityId) -> Option<Home> {
    match id.name().as_str() {
        "tally" => Some(Home::Solid),
        "wobbly" => Some(Home::Shaky),
        "coming" => Some(Home::Late),
        _ => None,
    }
}

/// The names of entities that some component has.
pub const NAMES: [&str; 3] = ["tally", "wobbly", "coming"];

/// An entity by name and key.
pub fn entity_id(name: &str, key: &str) -> EntityId {
    EntityId::new(name, key).expect("it is the id of an entity")
}

/// One of a few entities, so that many meet.
pub fn any_entity(rng: &mut Rng) -> EntityId {
    let name = match rng.below(40) {
        0..28 => "Tally",
        28..34 => "wobbly",
        34..38 => "coming",
        _ => "nobody",
    };
    entity_id(name, ["a", "b", "c"][rng.index(3)])
}

fn spawned(number: u64) -> InstanceId {
    InstanceId::parse(&format!("spawned-{number}")).expect("it is an id")
}
