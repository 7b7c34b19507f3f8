//! Turns: when one begins, and what becomes of it.

use super::Partition;
use super::asker::{Asker, Mail};
use super::effect::{Effect, Pick, Progress, Reply, Work};
use super::input::Played;
use super::instances::{InPlay, Phase, Slot};
use super::tasks;
use crate::codec::{Damage, DamageKind};
use crate::limits::TURN_INBOUND_MAX_BYTES;
use crate::model::{
    Attempted, ComponentDigest, Event, Execution, Failure, Head, InstanceNo, Letter, LogSeq, Payload, Play, Timestamp,
    Turn,
};
use crate::orchestration::{
    Answer, Begun, Finished, Gate, Held, Live, Message, Next, Place, State, begin, finish, start_of,
};

impl Partition {
    pub(super) fn task_done(
        &mut self,
        now: Timestamp,
        no: InstanceNo,
        of: Attempted,
        outcome: Result<Payload, Failure>,
        out: &mut Vec<Effect>,
    ) {
        // An instance with a running activity is in memory; if it is not, it ended meanwhile.
        let Some(slot) = self.instances.get_mut(no) else { return };
        slot.inbox.push(Mail { message: Message::TaskDone { of, outcome }, asker: None });
        self.go_on(now, no, out);
    }

    /// Begins the next turn of an instance, if it is free and something waits.
    pub(super) fn go_on(&mut self, now: Timestamp, no: InstanceNo, out: &mut Vec<Effect>) {
        let mut retried = Vec::new();
        let Some(slot) = self.instances.get_mut(no) else { return };
        let (begun, asked) = match &mut slot.phase {
            Phase::Playing(_) | Phase::Trying(_) | Phase::Committing { .. } => return,
            Phase::Damaged => return self.end_damaged(now, no, out),
            Phase::Idle(live) => {
                let is_due = slot.inbox.iter().any(|mail| mail.message == Message::Due);
                let gate = if slot.held.is_some() { Gate::Closed } else { Gate::Open };
                let begun = begin_with(live, &mut slot.inbox, gate, now);
                if let Some(head) = slot.head.as_ref().filter(|_| is_due) {
                    retried = begin_retries(head, live, &begun.0, now, out);
                }
                begun
            }
        };
        for letter in retried {
            self.post(Some(no), letter);
        }
        match begun.next {
            Next::Nothing => self.rest(now, no, asked, out),
            Next::Record | Next::First | Next::Turn => self.begin_turn(now, no, begun, asked, out),
        }
    }

    /// Nothing came of what waited.
    fn rest(&mut self, now: Timestamp, no: InstanceNo, asked: Vec<Asker>, out: &mut Vec<Effect>) {
        for asker in asked {
            self.tell(asker, Reply::Done, out);
        }
        let Some(slot) = self.instances.get_mut(no) else { return };
        if !slot.inbox.is_empty() {
            return self.go_on(now, no, out);
        }
        if let Phase::Idle(live) = &slot.phase {
            // A first turn that is due and cannot be played must not be waited for: its time has passed.
            let wake = live.wake_at().filter(|at| slot.held.is_none() || *at > now);
            self.instances.set_wake(no, wake);
            self.instances.touch(no);
        }
        self.try_next(now, no, out);
    }

    fn begin_turn(&mut self, now: Timestamp, no: InstanceNo, begun: Begun, asked: Vec<Asker>, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        let Phase::Idle(live) = std::mem::replace(&mut slot.phase, Phase::Damaged) else {
            unreachable!("a turn begins only when nothing is under way");
        };
        let work = work(slot, &live, &begun);
        slot.phase = Phase::Playing(InPlay { state: State::Live(live), begun, asked, place: Place::Next });
        self.instances.touch(no);
        match work {
            Some(work) => out.push(Effect::Play { no, work }),
            None => self.record(now, no, out),
        }
    }

    /// Commits what came in, for which no guest is needed.
    pub(super) fn record(&mut self, now: Timestamp, no: InstanceNo, out: &mut Vec<Effect>) {
        self.played(now, no, Played::Next(Answer::None), out);
    }

    pub(super) fn played(&mut self, now: Timestamp, no: InstanceNo, played: Played, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        let mut turn = match std::mem::replace(&mut slot.phase, Phase::Damaged) {
            Phase::Playing(turn) => turn,
            Phase::Trying(live) => return self.tried(now, no, live, played, out),
            other => {
                slot.phase = other;
                return;
            }
        };
        let answer = match played {
            Played::Next(answer) => answer,
            Played::First { component, answer } => {
                note_component(&mut turn, component);
                answer
            }
            // What is durable already waits until there is one.
            Played::NoFunction(failure) if slot.head.is_some() => {
                return self.hold(now, no, turn, Held::Unavailable(failure.message), out);
            }
            Played::NoFunction(failure) => return self.no_function(now, no, turn.begun, failure, out),
            Played::Held(held) => return self.hold(now, no, turn, held, out),
            Played::Fits(_) => unreachable!("a turn is not answered like a trial"),
        };
        self.finish(now, no, turn, answer, out);
    }

    /// Commits what was begun and what the guest made of it.
    pub(super) fn finish(
        &mut self,
        now: Timestamp,
        no: InstanceNo,
        turn: InPlay,
        answer: Answer,
        out: &mut Vec<Effect>,
    ) {
        let InPlay { state, begun, asked, place } = turn;
        let Some(slot) = self.instances.get_mut(no) else { return };
        match finish(state, slot.head.as_ref(), begun, answer) {
            Ok(finished) if place == Place::Next && finished.only_renews() => self.renew(no, finished, asked, out),
            Ok(finished) if place == Place::First => {
                self.append(no, Finished { place, ..finished }, asked, out);
            }
            Ok(finished) => self.append(no, finished, asked, out),
            Err(error) => {
                let seq = slot.head.as_ref().map_or(LogSeq(0), |head| head.last);
                let what = DamageKind::Illegal(error.to_string());
                self.damaged(now, no, Damage { no, seq, what }, asked, out);
            }
        }
    }

    /// Plays the first turn of the next execution before anything of it is committed: the two are one commit. A guest that
    /// continues as new again in that turn has to wait for it, so that one which does nothing else does not go on unseen.
    fn renew(&mut self, no: InstanceNo, finished: Finished, asked: Vec<Asker>, out: &mut Vec<Effect>) {
        let (Finished { record, state: State::Live(live), .. }, Some(slot)) = (finished, self.instances.get_mut(no))
        else {
            return;
        };
        let begun = Begun::renewal(record);
        let start = Box::new(start_of(&live.started, begun.at, Play::New));
        out.push(Effect::Forget(no));
        out.push(Effect::Play { no, work: Work::First { component: live.component, pick: Pick::Serving, start } });
        slot.phase = Phase::Playing(InPlay { state: State::New, begun, asked, place: Place::First });
    }

    /// What a letter starts has no component, so it is not started. A parent is told, or else the operator.
    fn no_function(&mut self, now: Timestamp, no: InstanceNo, begun: Begun, failure: Failure, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.remove(no) else { return };
        if let (Some(Event::Started(started)), Some(origin)) = (begun.events.first(), slot.origin) {
            match started.spec.parent {
                Some(_) => self.refuse_child(&slot.id, &started.spec, failure.clone()),
                None => out.push(Effect::Lost(format!("{} was not started: {failure}", slot.id))),
            }
            self.tell(origin.asker, Reply::Unavailable(failure.to_string()), out);
        }
        let waiting = slot.inbox.into_iter().filter_map(|mail| mail.asker);
        for asker in waiting.chain(slot.watchers.into_iter().map(Asker::Client)) {
            self.tell(asker, Reply::NotFound, out);
        }
        self.ask_again(now, slot.rivals, out);
    }
}

/// Begins the attempts whose time has come. Children are begun by the letters that are returned.
fn begin_retries(head: &Head, live: &mut Live, begun: &Begun, now: Timestamp, out: &mut Vec<Effect>) -> Vec<Letter> {
    if begun.ends() {
        return Vec::new();
    }
    let mut letters = Vec::new();
    // After a restart an attempt that waits may be answered already.
    for task in live.begin_due_retries(now).into_iter().filter(|task| !begun.answers(*task)) {
        let Some(open) = live.tasks.get(&task) else { continue };
        out.extend(tasks::run(head, &live.started, task, open));
        letters.extend(tasks::start(head, &live.started, task, open));
    }
    letters
}

/// Begins with as many messages as one turn may hold, and says who waits for what becomes of them.
fn begin_with(live: &Live, inbox: &mut Vec<Mail>, gate: Gate, now: Timestamp) -> (Begun, Vec<Asker>) {
    let count = count_for_turn(inbox);
    let rest = inbox.split_off(count);
    let mut mails = std::mem::replace(inbox, rest).into_iter();
    let mut asked = Vec::new();
    let messages = mails.by_ref().map(|mail| {
        asked.extend(mail.asker);
        mail.message
    });
    let begun = begin(live, messages, gate, now);
    // What follows the end of an instance waits until that is durable, and is then told that it came too late.
    inbox.splice(0..0, mails);
    (begun, asked)
}

fn count_for_turn(inbox: &[Mail]) -> usize {
    let mut bytes = 0;
    let fits = inbox.iter().take_while(|mail| {
        let first = bytes == 0;
        bytes += 1 + match &mail.message {
            Message::TaskDone { outcome: Ok(output), .. } => output.len(),
            Message::Raised(raised) => raised.input.len(),
            _ => 0,
        };
        first || bytes <= TURN_INBOUND_MAX_BYTES
    });
    fits.count()
}

/// What is to be played, if anything is.
fn work(slot: &Slot, live: &Live, begun: &Begun) -> Option<Work> {
    let component = live.component;
    match begun.next {
        Next::Nothing | Next::Record => None,
        Next::First => {
            let pick = pick(live);
            let start = Box::new(start_of(&live.started, begun.at, Play::New));
            Some(Work::First { component, pick, start })
        }
        Next::Turn => {
            let at = progress(slot.head.as_ref()?, live);
            let turn = Turn { now: begun.at, play: Play::New, events: begun.given.clone() };
            Some(Work::Next { id: slot.id.clone(), component, at, turn })
        }
    }
}

/// Which component plays the first turn of an execution.
pub(super) fn pick(live: &Live) -> Pick {
    match (live.started.execution, &live.started.spec.parent) {
        (Execution::FIRST, None) => Pick::Pinned,
        (Execution::FIRST, Some(_)) => Pick::OwnFirst,
        (_, _) => Pick::Serving,
    }
}

/// How far the history of an instance goes.
pub(super) fn progress(head: &Head, live: &Live) -> Progress {
    Progress { turns: live.turns, last: head.last, sum: head.sum }
}

/// Records which component plays an execution, where that was open until its first turn.
fn note_component(turn: &mut InPlay, component: ComponentDigest) {
    let begun = &mut turn.begun;
    match (begun.events.first_mut(), &turn.state) {
        (Some(Event::Started(started)), _) => started.component = component,
        (_, State::Live(live)) if live.component != component => {
            let turn = begun.events.len() - 1;
            begun.events.insert(turn, Event::Repinned { component });
        }
        _ => {}
    }
}
