//! Reads histories and plays turns, as the real driver does: with warm sessions that chance takes away.

use kernel::codec::{Damage, DamageKind, Link, open_entity, open_history};
use kernel::model::{ComponentDigest, Head, Inbound, InstanceNo, Start, Status, Step, StepStatus, Turn};
use kernel::orchestration::{Answer, Held, State, replay, restore};
use kernel::partition::{Depth, Found, Input, LoadNo, Pick, Played, Progress, Work};
use kernel::port::{Key, ReadError, Reader, Sandbox, Session, TurnFault};

use super::edge;
use super::guest::Guest;
use super::marks::Mark;
use super::queue::Doing;
use super::renewal::{IsFirst, Renewal};
use super::world::Sim;

impl Sim {
    fn is_unreadable(&mut self) -> bool {
        let unreadable = self.is_faulty() && self.rng.happens(self.profile.unreadable);
        if unreadable {
            self.marks.hit(Mark::LoadUnreadable);
        }
        unreadable
    }

    pub(super) fn read_head(&mut self, key: Key, load: LoadNo, depth: Depth) {
        let found = if self.is_unreadable() {
            Found::Unreadable("the simulation says so".to_owned())
        } else {
            match self.store.head(&key) {
                Ok(None) => Found::Nothing,
                Ok(Some(head))
                    if head.status.is_terminal() && (depth, head.status) != (Depth::History, Status::Failed) =>
                {
                    let state = State::Ended(head.status);
                    Found::Instance { head: Box::new(head), state }
                }
                Ok(Some(head)) if head.id.is_entity() => self.read_entity(Box::new(head)),
                Ok(Some(head)) => return self.later(Doing::ReadHistory(key, load, Box::new(head))),
                Err(error) => Found::Unreadable(error.to_string()),
            }
        };
        self.later(Doing::Tell(Input::Loaded { key, load, found }));
    }

    fn read_entity(&self, head: Box<Head>) -> Found {
        let row = self.store.chain(head.no).and_then(|chain| chain.rows.last());
        let missing = Damage { no: head.no, seq: head.last, what: DamageKind::Missing };
        match row.ok_or(missing).and_then(open_entity) {
            Ok(entity) => Found::Entity { head, entity: Box::new(entity) },
            Err(damage) => Found::Damaged { head, damage },
        }
    }

    pub(super) fn read_history(&mut self, head: Box<Head>) -> Found {
        if self.is_unreadable() {
            return Found::Unreadable("the simulation says so".to_owned());
        }
        let rows = match self.store.history(head.no, head.last) {
            Ok(rows) => rows,
            Err(ReadError::Damaged(damage)) => return Found::Damaged { head, damage },
            Err(ReadError::Failed(why)) => return Found::Unreadable(why),
        };
        match restore(head.no, Link { seq: head.last, sum: head.sum }, &rows) {
            Ok(restored) => Found::Instance { head: Box::new(restored.head), state: restored.state },
            Err(damage) => Found::Damaged { head, damage },
        }
    }

    pub(super) fn play(&mut self, no: InstanceNo, work: Work) -> Played {
        self.stats.turns += 1;
        match work {
            Work::First { component, pick, mut start } => match edge::fetch(&self.blobs, start.payloads_mut()) {
                Ok(()) => self.play_first(no, component, pick, &start),
                Err(held) => Played::Held(held),
            },
            Work::Next { component, at, mut turn, .. } => match edge::fetch(&self.blobs, turn.payloads_mut()) {
                Ok(()) => self.play_next(no, component, at, turn),
                Err(held) => Played::Held(held),
            },
            Work::Try { component, at } => self.try_component(no, component, at).unwrap_or_else(|held| {
                self.marks.hit(Mark::TriedInVain);
                Played::Held(held)
            }),
        }
    }

    fn play_first(&mut self, no: InstanceNo, component: ComponentDigest, pick: Pick, start: &Start) -> Played {
        let component = match self.native.pick(component, pick, &start.name) {
            Ok(component) => component,
            Err(failure) => return Played::NoFunction(failure),
        };
        let played = self.native.open(component, start);
        match self.answer(no, 1, played, (Vec::new(), IsFirst::Yes)) {
            Ok(answer) => Played::First { component, answer },
            Err(held) => Played::Held(held),
        }
    }

    fn play_next(&mut self, no: InstanceNo, component: ComponentDigest, at: Progress, turn: Turn) -> Played {
        if turn.events.len() > 1 {
            self.marks.hit(Mark::ManyResultsOneTurn);
        }
        let given = turn.events.clone();
        let played = self.session(no, component, at).and_then(|mut session| {
            let played = session.advance(&[turn]).map(|step| (session, step));
            self.answer(no, at.turns + 1, played, (given, IsFirst::No))
        });
        played.map_or_else(Played::Held, Played::Next)
    }

    fn answer(
        &mut self,
        no: InstanceNo,
        turns: u32,
        played: Result<(Guest, Step), TurnFault>,
        (given, is_first): (Vec<Inbound>, IsFirst),
    ) -> Result<Answer, Held> {
        match played {
            Ok((session, step)) => {
                if let StepStatus::Waiting { .. } = step.status {
                    self.sessions.insert(no, (turns, session));
                }
                if let Some(renewal) = Renewal::of(&step, given, is_first) {
                    self.checker.renews(no, renewal);
                }
                Ok(Answer::Step(step))
            }
            Err(TurnFault::Guest(failure)) => {
                self.marks.hit(Mark::TurnFaulted);
                Ok(Answer::Fault(failure))
            }
            Err(TurnFault::Unavailable(why)) => Err(Held::Unavailable(why)),
            Err(TurnFault::Blob { blob, why }) => Err(Held::Blob { blob, why }),
        }
    }

    /// A session that has played so many turns: the warm one, unless chance took it.
    fn session(&mut self, no: InstanceNo, component: ComponentDigest, at: Progress) -> Result<Guest, Held> {
        let fits = |(played, session): &(u32, Guest)| *played == at.turns && session.component() == component;
        let warm = self.sessions.remove(&no).filter(fits);
        if let Some((_, session)) = warm
            && !self.rng.happens(self.profile.cold)
        {
            self.marks.hit(Mark::WarmTurn);
            return Ok(session);
        }
        self.marks.hit(Mark::ColdReplay);
        self.replayed(no, component, at)
    }

    fn replayed(&mut self, no: InstanceNo, component: ComponentDigest, at: Progress) -> Result<Guest, Held> {
        if self.is_unreadable() {
            return Err(Held::Unavailable("its history could not be read: the simulation says so".to_owned()));
        }
        let rows = self.store.history(no, at.last).map_err(|error| match error {
            ReadError::Damaged(damage) => Held::Damaged(damage),
            ReadError::Failed(why) => Held::Unavailable(format!("its history could not be read: {why}")),
        })?;
        let link = Link { seq: at.last, sum: at.sum };
        let mut records = open_history(no, link, &rows).map_err(Held::Damaged)?;
        edge::fetch_history(&self.blobs, &mut records)?;
        let session = replay(&self.native, component, &records)?;
        self.checker.replayed(no, component);
        Ok(session)
    }

    fn try_component(&mut self, no: InstanceNo, component: ComponentDigest, at: Progress) -> Result<Played, Held> {
        let name = self.checker.ledger(no).map(|ledger| ledger.started.spec.name.clone());
        let has_it = name.is_some_and(|name| self.native.has(component, &name));
        if !has_it || !self.native.is_there(component) {
            return Err(Held::Unavailable(format!("{component:?} is not there or does not have it")));
        }
        if at.turns > 0 {
            let session = self.replayed(no, component, at)?;
            self.sessions.insert(no, (at.turns, session));
        }
        Ok(Played::Fits(component))
    }
}
