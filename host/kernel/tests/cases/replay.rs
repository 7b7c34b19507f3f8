//! Replay: a history, and what a guest decides when it is played again.
//!
//! ```text
//! case TITLE
//!   have TIME EVENT; …       a record of the history
//!   guest STEP               what the guest does in its next turn, as in the cases of turns; or unavailable TEXT
//!   ticks COUNT              so many timers one after the other, recorded, and played by the guest just so
//!   replay [COMPONENT]       by the component of the history, or by this one
//! ```

use kernel::model::{ComponentDigest, Decision, Timestamp};
use kernel::orchestration::{Answer, Held, State, component_of, replay};
use kernel::port::TurnFault;

use crate::casefile::{Bless, Player, check_folder};
use crate::notation;
use crate::script::{Acted, Script};
use crate::turns::{Instance, answer, waiting};

#[test]
fn replays() {
    check_folder::<Case>("../../tests/data/replay");
}

struct Case {
    history: Instance,
    turns: Vec<Acted>,
    replayed: bool,
}

impl Player for Case {
    const BLESS: Bless = Bless::Everything;

    fn begin() -> Self {
        Self { history: Instance::begin(), turns: Vec::new(), replayed: false }
    }

    fn play(&mut self, line: &str) -> Result<Vec<String>, String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "have" => self.history.have(rest)?,
            "guest" => self.turns.push(acted(rest)?),
            "ticks" => self.ticks(crate::words::parse(rest, "a count of ticks")?)?,
            "replay" => {
                let recorded_by = component_of(&self.history.records).unwrap_or(notation::named("hello.wasm"));
                return self.replay(if rest.is_empty() { recorded_by } else { notation::named(rest) });
            }
            other => return Err(format!("{other:?} is not known here")),
        }
        Ok(Vec::new())
    }

    fn end(self) -> Result<(), String> {
        if self.replayed { Ok(()) } else { Err("nothing is replayed".to_owned()) }
    }
}

impl Case {
    fn ticks(&mut self, count: u32) -> Result<(), String> {
        for _ in 0..count {
            let State::Live(live) = &self.history.state else { return Err("no execution is under way".to_owned()) };
            let (timer, fire_at) = live.timers.iter().next().ok_or("no timer is open")?;
            let (timer, now) = (timer.0, fire_at.0);
            let mut step = waiting();
            step.decisions.push(Decision::CreateTimer { fire_at: Timestamp(now + 10) });
            self.history.have(&format!("{now} timer-fired {timer}; turn 1; timer # {}", now + 10))?;
            self.turns.push(Acted::Step(step));
        }
        Ok(())
    }

    fn replay(&mut self, component: ComponentDigest) -> Result<Vec<String>, String> {
        self.replayed = true;
        let script = Script::new(self.turns.clone());
        let outcome = replay(&script, component, &self.history.records);
        let mut said = script.calls();
        said.push(match outcome {
            Ok(session) if session.lines_left() > 0 => {
                return Err("the history has no turn for a guest line".to_owned());
            }
            Ok(_) => "ok".to_owned(),
            Err(Held::Diverged(found)) => {
                let text = found.to_string();
                for (name, value) in found.lines() {
                    assert!(text.contains(&value), "the line of {name} says something else: {value}");
                }
                format!("diverged: {text}")
            }
            Err(held @ Held::Unavailable(_)) => format!("unavailable: {held}"),
            Err(held @ Held::Blob { .. }) => format!("without a blob: {held}"),
            Err(held @ Held::Damaged(_)) => format!("damaged: {held}"),
        });
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
