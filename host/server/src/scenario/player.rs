//! How turns and batches of a scenario are played: as a turn thread of a host does it, without the thread.
//!
//! It owns which session plays a turn: the one that is kept, or a new one that replays the history first. A child for which
//! the scenario answers has no session: its one turn says what the scenario says.

use kernel::codec::Link;
use kernel::limits::SCENARIO_COLD_TURNS_COUNT;
use kernel::model::{
    ComponentDigest, EntityBatch, Event, Failure, FunctionKind, InstanceId, InstanceNo, Start, Step, StepStatus, Turn,
    kind,
};
use kernel::orchestration::{Answer, Held, component_of, replay, replay_to_end};
use kernel::partition::{Applied, Pick, Played, Progress, Work};
use kernel::port::{Session as _, TurnFault};

use super::file::Says;
use super::stage::{Actor as _, Stage};
use super::trouble::{Of, Trouble};
use super::words::Length;
use super::world::{Memory, World};
use crate::driver::in_halves;

fn is_turn(event: &Event) -> bool {
    matches!(event, Event::TurnStarted { .. })
}

impl<S: Stage> World<'_, S> {
    /// Plays a turn, and tells how long that takes.
    pub(super) fn play(&mut self, no: InstanceNo, work: Work) -> Result<(Length, Played), Trouble> {
        self.count_turn()?;
        let played = match work {
            Work::First { component, pick, start } => {
                if let Some((after, step)) = self.answered_child(&start)? {
                    self.answered.insert(no);
                    return Ok((after, Played::First { component, answer: Answer::Step(step) }));
                }
                self.play_first(no, component, pick, &start)
            }
            Work::Next { id, component, at, turn } => self.play_next(no, &id, component, at, turn),
            Work::Try { component, at } => self.replayed(no, component, at).map(|session| {
                self.sessions.insert(no, (at.turns, session));
                Played::Fits(component)
            }),
        };
        Ok((Length::default(), played.unwrap_or_else(Played::Held)))
    }

    /// The one turn of a child for which the scenario answers.
    fn answered_child(&mut self, start: &Start) -> Result<Option<(Length, Step)>, Trouble> {
        if start.instance == self.scenario.instance {
            return Ok(None);
        }
        let Some(answer) = self.script.next(Of::Child, &start.name, &start.input)? else { return Ok(None) };
        let status = match &answer.says {
            Says::Output(output) => StepStatus::Completed(output.0.clone()),
            Says::Failure(failure) => StepStatus::Failed(failure.clone()),
            Says::Real => return Ok(None),
        };
        let (decisions, sources, logs) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Some((answer.after, Step { decisions, sources, status, custom_status: None, logs })))
    }

    fn play_first(
        &mut self,
        no: InstanceNo,
        component: ComponentDigest,
        pick: Pick,
        start: &Start,
    ) -> Result<Played, Held> {
        let component = match self.stage.cast().pick(component, pick, &start.name) {
            Ok(component) => component,
            Err(failure) => return Ok(Played::NoFunction(failure)),
        };
        let played = self.stage.open(component, start);
        let answer = self.answer(no, &start.instance, 1, played)?;
        Ok(Played::First { component, answer })
    }

    fn play_next(
        &mut self,
        no: InstanceNo,
        id: &InstanceId,
        component: ComponentDigest,
        at: Progress,
        turn: Turn,
    ) -> Result<Played, Held> {
        let mut session = self.session(no, component, at)?;
        let played = session.advance(&[turn]).map(|step| (session, step));
        self.answer(no, id, at.turns + 1, played).map(Played::Next)
    }

    fn session(&mut self, no: InstanceNo, component: ComponentDigest, at: Progress) -> Result<S::Session, Held> {
        let kept = self.sessions.remove(&no).filter(|(turns, _)| *turns == at.turns);
        match kept {
            Some((_, session)) if !self.drops(at.turns) => Ok(session),
            _ => self.replayed(no, component, at),
        }
    }

    /// Whether a session that has played so many turns is dropped. Of a long history not before each turn: that would take
    /// time with the square of its length.
    fn drops(&self, turns: u32) -> bool {
        match self.memory {
            Memory::Warm => false,
            Memory::Cold => turns <= SCENARIO_COLD_TURNS_COUNT || turns.is_multiple_of(SCENARIO_COLD_TURNS_COUNT),
        }
    }

    fn replayed(&mut self, no: InstanceNo, component: ComponentDigest, at: Progress) -> Result<S::Session, Held> {
        let records = self.store.history(no, Link { seq: at.last, sum: at.sum }).map_err(Held::Damaged)?;
        replay(self.stage, component, &records)
    }

    fn answer(
        &mut self,
        no: InstanceNo,
        id: &InstanceId,
        turns: u32,
        played: Result<(S::Session, Step), TurnFault>,
    ) -> Result<Answer, Held> {
        let (session, mut step) = match played {
            Ok(played) => played,
            Err(TurnFault::Guest(failure)) => return Ok(Answer::Fault(failure)),
            Err(TurnFault::Unavailable(text)) => return Err(Held::Unavailable(text)),
            Err(TurnFault::Blob { blob, why }) => return Err(Held::Blob { blob, why }),
        };
        self.logs.append(&mut step.logs);
        self.waits.remove(id);
        if let StepStatus::Waiting { events } = &step.status {
            self.waits.insert(id.clone(), events.clone());
            self.sessions.insert(no, (turns, session));
        }
        Ok(Answer::Step(step))
    }

    /// Runs a batch of an entity.
    pub(super) fn apply(
        &mut self,
        no: InstanceNo,
        before: Option<ComponentDigest>,
        batch: EntityBatch,
    ) -> Result<Applied, Trouble> {
        self.count_turn()?;
        let name = batch.id.name();
        let Some(component) = self.stage.cast().serving(FunctionKind::Entity, &name).or(before) else {
            let text = format!("no component has an entity named {name}");
            return Ok(Applied::NoFunction(Failure::host(kind::NOT_FOUND, text)));
        };
        let is_kept = self.memory == Memory::Warm;
        let mut kept = self.actors.remove(&no).filter(|(by, _)| is_kept && *by == component).map(|(_, actor)| actor);
        let stage = self.stage;
        let ran = in_halves(batch, &mut |batch| {
            let mut actor = kept.take().map_or_else(|| stage.actor(component), Ok)?;
            let outcome = actor.apply(batch)?;
            kept = Some(actor);
            Ok(outcome)
        });
        self.actors.extend(kept.map(|actor| (no, (component, actor))));
        Ok(match ran {
            Ok(mut outcome) => {
                self.logs.append(&mut outcome.logs);
                Applied::Ran { component, outcome }
            }
            Err(held) => Applied::Held(held),
        })
    }

    /// Plays every execution again, each in a new session and all of its turns, and compares.
    pub(super) fn verify(&self) -> Result<(), Trouble> {
        for chain in self.store.executions().filter(|chain| !self.answered.contains(&chain.head.no)) {
            let differs = |held| Trouble::Differs { held };
            let records = chain.records().map_err(Held::Damaged).map_err(differs)?;
            let was_played = records.iter().flat_map(|record| &record.events).any(is_turn);
            if let Some(component) = component_of(&records).filter(|_| was_played) {
                replay_to_end(self.stage, component, &records).map_err(differs)?;
            }
        }
        Ok(())
    }
}
