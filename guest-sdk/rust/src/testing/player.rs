//! One instance of the test kit: its session, what it has decided, and what of that is open.

use std::collections::BTreeMap;

use super::Execution;
use crate::{
    bindings::{
        orchestrator::{ContinueAsNew, Event, ScheduleActivity, Start, StartChild, Status, Step, Turn},
        types::LogLine,
    },
    component::Component,
    random::SplitMix64,
    session::Session,
};

/// A task or timer of an execution of an instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) instance: String,
    pub(super) execution: u32,
    pub(super) id: u32,
}

/// What is decided and not answered.
pub(super) enum Open {
    Timer,
    Task(Task),
}

#[derive(Clone)]
pub(super) struct Task {
    pub(super) order: Order,
    pub(super) since: u64,
}

#[derive(Clone)]
pub(super) enum Order {
    Activity(ScheduleActivity),
    Child(StartChild),
    /// A call of an entity, or a lock of some.
    Entity,
}

impl Key {
    /// Whether the two are of one execution.
    pub(super) fn is_of(&self, other: &Key) -> bool {
        self.instance == other.instance && self.execution == other.execution
    }
}

pub(super) struct Player {
    session: Session,
    pub(super) open: BTreeMap<u32, Open>,
    /// How many decisions the execution has taken.
    pub(super) decided: u32,
    pub(super) executions: Vec<Execution>,
    /// The task of the parent, and which attempt this is.
    pub(super) parent: Option<(Key, u32)>,
    pub(super) custom_status: Option<Vec<u8>>,
    pub(super) logs: Vec<String>,
}

impl Player {
    /// Begins an instance.
    pub(super) fn begin(component: &Component, start: Start, parent: Option<(Key, u32)>) -> (Player, Step) {
        let (session, step) = component.open(start.clone());
        let player = Player {
            session,
            open: BTreeMap::new(),
            decided: 0,
            executions: Vec::new(),
            parent,
            custom_status: None,
            logs: Vec::new(),
        };
        (player.opened(start, &step), step)
    }

    /// Begins the next execution.
    pub(super) fn begin_next(&mut self, component: &Component, now: u64, next: ContinueAsNew) -> Step {
        let last = &self.execution().start;
        let seed = SplitMix64::new(last.seed.into()).next().into();
        let start = Start { execution: last.execution + 1, now, seed, input: next.input, ..last.clone() };
        let parent = self.parent.take();
        let (player, step) = Player::begin(component, start, parent);
        let mut before = std::mem::replace(self, player);
        before.executions.append(&mut self.executions);
        before.logs.append(&mut self.logs);
        self.executions = before.executions;
        self.logs = before.logs;
        step
    }

    /// Plays one turn.
    pub(super) fn advance(&mut self, now: u64, events: Vec<Event>) -> Step {
        let turn = Turn { now, replaying: false, events };
        let step = self.session.advance(vec![turn.clone()]);
        self.note(turn, &step);
        step
    }

    /// The execution that is played.
    pub(super) fn execution(&self) -> &Execution {
        self.executions.last().expect("an instance has an execution")
    }

    /// The name of a task or timer of the execution that is played.
    pub(super) fn key(&self, id: u32) -> Key {
        let Start { instance, execution, .. } = &self.execution().start;
        Key { instance: instance.clone(), execution: *execution, id }
    }

    fn opened(mut self, start: Start, step: &Step) -> Player {
        let turn = Turn { now: start.now, replaying: false, events: Vec::new() };
        self.executions.push(Execution { start, turns: Vec::new(), status: Status::Waiting(Vec::new()) });
        self.note(turn, step);
        self
    }

    fn note(&mut self, turn: Turn, step: &Step) {
        let execution = self.executions.last_mut().expect("an instance has an execution");
        execution.turns.push((turn, step.decisions.clone()));
        execution.status = step.status.clone();
        if let Some(status) = &step.custom_status {
            self.custom_status = Some(status.clone());
        }
        self.logs.extend(step.logs.iter().map(|LogLine { message, .. }| message.clone()));
    }
}
