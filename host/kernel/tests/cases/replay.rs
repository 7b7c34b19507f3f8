//! Replay: a history, and what a guest decides when it is played again.
//!
//! ```text
//! case TITLE
//!   have TIME EVENT; …       a record of the history
//!   guest STEP               what the guest does in its next turn, as in the cases of turns; or unavailable TEXT
//!   ticks COUNT              so many timers one after the other, recorded, and played by the guest just so
//!   replay
//! ```

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use kernel::model::{ComponentDigest, Decision, Event, Inbound, Play, Start, Step, StepStatus, Timestamp, Turn};
use kernel::orchestration::{Answer, Held, State, replay};
use kernel::port::{Sandbox, Session, TurnFault};

use crate::casefile::{Bless, Player, check_folder};
use crate::notation;
use crate::turns::{Instance, answer};

#[test]
fn replays() {
    check_folder::<Case>("../../tests/data/replay");
}

/// What a guest does in one turn.
#[derive(Clone)]
pub enum Acted {
    Step(Step),
    Fault(TurnFault),
}

/// A guest that decides what it was told to decide, and a note of how it was called.
#[derive(Clone, Default)]
pub struct Script {
    turns: VecDeque<Acted>,
    calls: Rc<RefCell<Vec<String>>>,
}

impl Script {
    pub fn new(turns: impl IntoIterator<Item = Acted>) -> Self {
        Self { turns: turns.into_iter().collect(), calls: Rc::default() }
    }

    fn act(&mut self, into: &mut Step) -> Result<(), TurnFault> {
        match self.turns.pop_front().expect("the script has a line for every turn") {
            Acted::Step(step) => {
                into.decisions.extend(step.decisions);
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
        let called = match turns {
            [first, .., last] if turns.len() > 12 => format!("advance @{} … @{}", first.now.0, last.now.0),
            turns => format!("advance{}", turns.iter().map(show_turn).collect::<String>()),
        };
        self.calls.borrow_mut().push(format!("{called} ({} turns)", turns.len()));
        let mut step = waiting();
        for _ in turns {
            self.act(&mut step)?;
            if step.status != StepStatus::Waiting {
                break;
            }
        }
        Ok(step)
    }
}

fn waiting() -> Step {
    Step { decisions: Vec::new(), status: StepStatus::Waiting, custom_status: None, logs: Vec::new() }
}

fn show_turn(turn: &Turn) -> String {
    let events = turn.events.iter().cloned().map(|event| match event {
        Inbound::TaskCompleted { task, output } => Event::TaskCompleted { task, output },
        Inbound::TaskFailed { task, failure } => Event::TaskFailed { task, failure },
        Inbound::TimerFired { timer } => Event::TimerFired { timer },
    });
    format!(" [@{} {}]", turn.now.0, notation::show_all(&events.collect::<Vec<_>>()))
}

struct Case {
    history: Instance,
    script: Script,
}

impl Player for Case {
    const BLESS: Bless = Bless::Everything;

    fn begin() -> Self {
        Self { history: Instance::begin(), script: Script::default() }
    }

    fn play(&mut self, line: &str) -> Result<Vec<String>, String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "have" => self.history.have(rest)?,
            "guest" => self.script.turns.push_back(acted(rest)?),
            "ticks" => self.ticks(crate::words::parse(rest, "a count of ticks")?)?,
            "replay" if rest.is_empty() => return self.replay(),
            other => return Err(format!("{other:?} is not known here")),
        }
        Ok(Vec::new())
    }

    fn end(self) -> Result<(), String> {
        if self.script.calls.borrow().is_empty() && !self.script.turns.is_empty() {
            return Err("the guest was never called".to_owned());
        }
        Ok(())
    }
}

impl Case {
    fn ticks(&mut self, count: u32) -> Result<(), String> {
        for _ in 0..count {
            let State::Live(live) = &self.history.state else { return Err("no execution is under way".to_owned()) };
            let (timer, fire_at) = live.timers.iter().next().ok_or("no timer is open")?;
            let (timer, now) = (timer.0, fire_at.0);
            let decision = Decision::CreateTimer { fire_at: Timestamp(now + 10) };
            self.history.have(&format!("{now} turn; timer-fired {timer}; timer # {}", now + 10))?;
            self.script.turns.push_back(Acted::Step(Step { decisions: vec![decision], ..waiting() }));
        }
        Ok(())
    }

    fn replay(&mut self) -> Result<Vec<String>, String> {
        let events = self.history.records.iter().flat_map(|record| &record.events);
        let turns = events.filter(|event| matches!(event, Event::TurnStarted)).count();
        let goes_on = |acted: &Acted| matches!(acted, Acted::Step(step) if step.status == StepStatus::Waiting);
        // Without any line the guest must not be called, which the script itself sees to.
        if (1..turns).contains(&self.script.turns.len()) && self.script.turns.iter().all(goes_on) {
            return Err(format!("{} guest lines for {turns} turns", self.script.turns.len()));
        }
        let outcome = replay(&self.script, &self.history.records).map(|_| ());
        let mut said = self.script.calls.borrow().clone();
        let held = |held: &Held| match held {
            Held::Diverged(_) => "diverged",
            Held::Unavailable(_) => "unavailable",
            Held::Damaged(_) => "damaged",
        };
        said.push(outcome.map_or_else(|why| format!("{}: {why}", held(&why)), |()| "ok".to_owned()));
        Ok(said)
    }
}

fn acted(rest: &str) -> Result<Acted, String> {
    if let Some(text) = rest.strip_prefix("unavailable ") {
        return Ok(Acted::Fault(TurnFault::Unavailable(text.to_owned())));
    }
    Ok(match answer(rest)? {
        Answer::Step(step) => Acted::Step(step),
        Answer::Fault(failure) => Acted::Fault(TurnFault::Guest(failure)),
        Answer::None => return Err("a guest line says what the guest does".to_owned()),
    })
}
