//! Instances that do not go on although they have not ended, and what lets them.

use super::Partition;
use super::asker::Asker;
use super::effect::{Effect, Pick, Reply, Work};
use super::input::Played;
use super::instances::{InPlay, Phase};
use super::turns::{pick, progress};
use crate::codec::Damage;
use crate::model::{ComponentDigest, Event, FunctionName, InstanceNo, Timestamp};
use crate::orchestration::{Answer, Finished, Held, Live, Message, Next, State};

impl Partition {
    /// A turn could not be played. What came in is recorded and kept for when it can; what a client started comes to
    /// nothing.
    pub(super) fn hold(&mut self, now: Timestamp, no: InstanceNo, turn: InPlay, held: Held, out: &mut Vec<Effect>) {
        if let Held::Damaged(damage) = held {
            return self.damaged(now, no, damage, turn.asked, out);
        }
        out.push(Effect::Forget(no));
        let Some(slot) = self.instances.get_mut(no) else { return };
        if matches!(&slot.origin, Some(origin) if matches!(origin.asker, Asker::Client(_))) {
            return self.come_to_nothing(now, no, Reply::Unavailable(held.to_string()), out);
        }
        slot.held = Some(held.clone());
        // Another component may have been deployed before this was known.
        let component = if let State::Live(live) = &turn.state { Some((&live.started, live.component)) } else { None };
        let serving = match (&component, turn.begun.events.first()) {
            (Some((started, _)), _) => self.serving.get(&started.spec.name),
            (None, Some(Event::Started(started))) => self.serving.get(&started.spec.name),
            (None, _) => None,
        };
        let is_new = |by: &ComponentDigest| component.is_none_or(|(_, component)| component != *by);
        if let Some(by) = serving.copied().filter(|by| is_new(by) && slot.tried != Some(*by)) {
            slot.try_later(by);
        }
        out.push(Effect::Hold { id: slot.id.clone(), held });
        let InPlay { state, begun, asked, place } = turn;
        let begun = begun.without_turn();
        match (begun.next, state) {
            (Next::Nothing, State::Live(live)) => {
                slot.phase = Phase::Idle(live);
                self.go_on(now, no, out);
            }
            (_, state) => self.finish(now, no, InPlay { state, begun, asked, place }, Answer::None, out),
        }
    }

    /// Takes back a start of which nothing is durable.
    fn come_to_nothing(&mut self, now: Timestamp, no: InstanceNo, why: Reply, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.remove(no) else { return };
        let waiting = slot.inbox.into_iter().filter_map(|mail| mail.asker);
        let watchers = slot.watchers.into_iter().map(Asker::Client);
        let told: Vec<_> = slot.origin.into_iter().map(|origin| origin.asker).chain(watchers).chain(waiting).collect();
        for asker in told {
            self.tell(asker, why.clone(), out);
        }
        self.ask_again(now, slot.rivals, out);
    }

    /// The history of an instance cannot be read: nothing can be added to it but its end.
    pub(super) fn damaged(
        &mut self,
        now: Timestamp,
        no: InstanceNo,
        damage: Damage,
        asked: Vec<Asker>,
        out: &mut Vec<Effect>,
    ) {
        out.push(Effect::Forget(no));
        let held = Held::Damaged(damage);
        let Some(slot) = self.instances.get_mut(no) else { return };
        slot.phase = Phase::Damaged;
        slot.held = Some(held.clone());
        let why = Reply::Unavailable(held.to_string());
        out.push(Effect::Hold { id: slot.id.clone(), held });
        self.instances.set_wake(no, None);
        for asker in asked {
            // A letter stays where it is, and may be for a repaired history after a restart.
            if let Asker::Client(_) = asker {
                self.tell(asker, why.clone(), out);
            }
        }
        self.end_damaged(now, no, out);
    }

    /// Ends a damaged instance if somebody asked for that. What else waits for it is refused: it cannot be recorded.
    pub(super) fn end_damaged(&mut self, now: Timestamp, no: InstanceNo, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        let why = slot.held.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut ends = None;
        let mut refused = Vec::new();
        let waiting = std::mem::take(&mut slot.inbox);
        for mail in waiting {
            match (&ends, mail.message) {
                (None, Message::Terminate { reason, .. }) => ends = Some((reason, mail.asker)),
                _ => refused.extend(mail.asker.filter(|asker| matches!(asker, Asker::Client(_)))),
            }
        }
        let at = slot.head.as_ref().map_or(now, |head| now.max(head.updated));
        for asker in refused {
            self.tell(asker, Reply::Unavailable(why.clone()), out);
        }
        if let Some((reason, asker)) = ends {
            self.append(no, Finished::terminated(at, reason), asker.into_iter().collect(), out);
        }
    }

    /// Functions are served by other components: those that are held may be able to go on with them.
    pub(super) fn deployed(
        &mut self,
        now: Timestamp,
        functions: Vec<(FunctionName, ComponentDigest)>,
        out: &mut Vec<Effect>,
    ) {
        self.serving.extend(functions.iter().cloned());
        let serves = |name: &FunctionName| functions.iter().any(|(served, _)| served == name);
        for id in self.entities.held(|name, held| !matches!(held, Held::Damaged(_)) && serves(name)) {
            self.release_entity(&id, out);
            self.serve(now, &id, out);
        }
        for no in self.instances.held() {
            let Some(slot) = self.instances.get_mut(no) else { continue };
            let Some(live) = slot.live() else { continue };
            let by = functions.iter().find(|(served, _)| *served == live.started.spec.name).map(|(_, by)| *by);
            if let Some(by) = by {
                slot.try_later(by);
                self.try_next(now, no, out);
            }
        }
    }

    /// What is held because a blob could not be had is tried again, and entities that could not be run: nobody resumes those.
    pub(super) fn retry(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        for no in self.instances.held() {
            if self.instances.get_mut(no).is_some_and(|slot| matches!(slot.held, Some(Held::Blob { .. }))) {
                self.try_again(now, no, out);
            }
        }
        for id in self.entities.held(|_, held| matches!(held, Held::Blob { .. } | Held::Unavailable(_))) {
            self.release_entity(&id, out);
            self.serve(now, &id, out);
        }
    }

    /// Tries a held instance again with the component that it has, and then with the one that serves its function.
    pub(super) fn try_again(&mut self, now: Timestamp, no: InstanceNo, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no).filter(|slot| slot.held.is_some()) else { return };
        let Some(live) = slot.live() else { return };
        let serving = self.serving.get(&live.started.spec.name).copied();
        for component in [Some(live.component), serving].into_iter().flatten() {
            slot.try_later(component);
        }
        self.try_next(now, no, out);
    }

    /// Tries a held instance with the next component that may fit, if nothing else is under way for it. One whose first turn
    /// is yet to be played, by whichever component has the function then, just plays it.
    pub(super) fn try_next(&mut self, now: Timestamp, no: InstanceNo, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no).filter(|slot| slot.held.is_some()) else { return };
        let (Phase::Idle(live), Some(head), false) = (&slot.phase, &slot.head, slot.untried.is_empty()) else { return };
        let (component, at) = (slot.untried.remove(0), progress(head, live));
        slot.tried = Some(component);
        if live.turns == 0 && pick(live) != Pick::Pinned {
            slot.held = None;
            out.push(Effect::Release(slot.id.clone()));
            return self.go_on(now, no, out);
        }
        if let Phase::Idle(live) = std::mem::replace(&mut slot.phase, Phase::Damaged) {
            slot.phase = Phase::Trying(live);
        }
        self.instances.touch(no);
        out.push(Effect::Play { no, work: Work::Try { component, at } });
    }

    /// What came of trying a component.
    pub(super) fn tried(&mut self, now: Timestamp, no: InstanceNo, live: Live, played: Played, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        match played {
            Played::Fits(component) => {
                slot.held = None;
                slot.untried.clear();
                slot.tried = None;
                out.push(Effect::Release(slot.id.clone()));
                if component == live.component {
                    slot.phase = Phase::Idle(live);
                    return self.go_on(now, no, out);
                }
                let at = now.max(live.turn_at);
                self.append(no, Finished::repinned(at, component, live), Vec::new(), out);
            }
            Played::Held(Held::Damaged(damage)) => self.damaged(now, no, damage, Vec::new(), out),
            Played::Held(held) => {
                out.push(Effect::Hold { id: slot.id.clone(), held: held.clone() });
                slot.held = Some(held);
                slot.phase = Phase::Idle(live);
                self.go_on(now, no, out);
            }
            Played::First { .. } | Played::Next(_) | Played::NoFunction(_) => {
                unreachable!("a trial is not answered like a turn");
            }
        }
    }
}
