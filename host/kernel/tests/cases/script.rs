//! A guest that decides what it was told to decide, and a note of how it was called.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use kernel::model::{ComponentDigest, Play, Start, Step, Turn};
use kernel::port::{Sandbox, Session, TurnFault};

use crate::turns::{is_waiting, waiting};
use crate::{notation, say};

/// What a guest does in one turn.
#[derive(Clone)]
pub enum Acted {
    Step(Step),
    Fault(TurnFault),
}

#[derive(Clone, Default)]
pub struct Script {
    turns: VecDeque<Acted>,
    calls: Rc<RefCell<Vec<String>>>,
    given: Rc<RefCell<Vec<Turn>>>,
}

impl Script {
    pub fn new(turns: impl IntoIterator<Item = Acted>) -> Self {
        Self { turns: turns.into_iter().collect(), ..Self::default() }
    }

    /// How it was called, for people.
    pub fn calls(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }

    /// The turns after the first one that it was given.
    pub fn given(&self) -> Vec<Turn> {
        self.given.borrow().clone()
    }

    /// How many turns it could still play.
    pub fn lines_left(&self) -> usize {
        self.turns.len()
    }

    fn act(&mut self, into: &mut Step) -> Result<(), TurnFault> {
        match self.turns.pop_front().expect("the script has a line for every turn") {
            Acted::Step(step) => {
                into.sources.resize(into.decisions.len(), String::new());
                into.decisions.extend(step.decisions);
                into.sources.extend(step.sources);
                into.status = step.status;
                Ok(())
            }
            Acted::Fault(fault) => Err(fault),
        }
    }
}

impl Sandbox for Script {
    type Session = Self;

    fn open(&self, _component: ComponentDigest, start: &Start) -> Result<(Self, Step), TurnFault> {
        assert_eq!(start.play, Play::Again);
        let called = format!("open @{} {} {}", start.now.0, start.name, notation::show_payload(&start.input));
        self.calls.borrow_mut().push(called);
        let (mut session, mut step) = (self.clone(), waiting());
        session.act(&mut step)?;
        Ok((session, step))
    }
}

impl Session for Script {
    fn advance(&mut self, turns: &[Turn]) -> Result<Step, TurnFault> {
        assert!(turns.iter().all(|turn| turn.play == Play::Again));
        self.given.borrow_mut().extend_from_slice(turns);
        let called = match turns {
            [first, .., last] if turns.len() > 12 => format!("advance @{} … @{}", first.now.0, last.now.0),
            turns => format!("advance{}", turns.iter().map(show_turn).collect::<String>()),
        };
        self.calls.borrow_mut().push(format!("{called} ({} turns)", turns.len()));
        let mut step = waiting();
        for _ in turns {
            self.act(&mut step)?;
            if !is_waiting(&step) {
                break;
            }
        }
        Ok(step)
    }
}

fn show_turn(turn: &Turn) -> String {
    let events: Vec<_> = turn.events.iter().cloned().map(say::event_of).collect();
    let blank = if events.is_empty() { "" } else { " " };
    format!(" [@{}{blank}{}]", turn.now.0, notation::show_all(&events))
}
