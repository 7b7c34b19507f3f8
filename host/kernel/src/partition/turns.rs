//! Turns: when one begins, and what becomes of it.

use super::Partition;
use super::effect::{Effect, Reply, Work};
use super::input::Played;
use super::instances::{Phase, Slot};
use super::loads::run;
use crate::codec::{Damage, DamageKind, Link, seal};
use crate::limits::TURN_INBOUND_MAX_BYTES;
use crate::model::{Event, Failure, InstanceNo, LogSeq, Payload, Play, Record, Status, TaskId, Timestamp, Turn};
use crate::orchestration::{Answer, Begun, Finished, Held, Message, Next, State, begin, extend_head, finish};

impl Partition {
    pub(super) fn task_done(
        &mut self,
        now: Timestamp,
        no: InstanceNo,
        task: TaskId,
        attempt: u32,
        outcome: Result<Payload, Failure>,
        out: &mut Vec<Effect>,
    ) {
        // An instance with a running task is in memory; if it is not, it ended meanwhile.
        let Some(slot) = self.instances.get_mut(no) else { return };
        slot.inbox.push(Message::TaskDone { task, attempt, outcome });
        self.go_on(now, no, out);
    }

    /// Begins the next turn of an instance, if it is free and something waits.
    pub(super) fn go_on(&mut self, now: Timestamp, no: InstanceNo, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        match &mut slot.phase {
            Phase::Playing { .. } | Phase::Committing { .. } => return,
            Phase::Held => return self.end_held(now, no, out),
            Phase::Idle(live) => {
                if slot.inbox.iter().any(|message| matches!(message, Message::Due))
                    && let Some(head) = &slot.head
                {
                    let retried = live.begin_due_retries(now);
                    out.extend(retried.iter().filter_map(|task| Some(run(head, *task, live.tasks.get(task)?))));
                }
                let begun = begin(live, take_turn(&mut slot.inbox), now);
                match begun.next {
                    Next::Nothing if slot.inbox.is_empty() => {
                        let wake = live.wake_at();
                        self.instances.set_wake(no, wake);
                        return self.instances.touch(no);
                    }
                    Next::Nothing => return self.go_on(now, no, out),
                    Next::Record | Next::Turn => begin_turn(no, slot, begun, out),
                }
            }
        }
        self.instances.touch(no);
        if let Some(slot) = self.instances.get_mut(no)
            && matches!(&slot.phase, Phase::Playing { begun, .. } if begun.next == Next::Record)
        {
            self.played(now, no, Played::Answer(Answer::None), out);
        }
    }

    pub(super) fn played(&mut self, now: Timestamp, no: InstanceNo, played: Played, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        let phase = std::mem::replace(&mut slot.phase, Phase::Held);
        let Phase::Playing { state, begun } = phase else {
            slot.phase = phase;
            return;
        };
        match played {
            Played::Held(held) => self.hold(now, no, held, out),
            Played::Answer(answer) => match finish(state, slot.head.as_ref(), begun, answer) {
                Ok(finished) => self.append(no, finished, out),
                Err(error) => {
                    let seq = slot.head.as_ref().map_or(LogSeq(0), |head| head.last);
                    let what = DamageKind::Illegal(error.to_string());
                    self.hold(now, no, Held::Damaged(Damage { no, seq, what }), out);
                }
            },
        }
    }

    /// Ends a held instance if somebody asked for that. What else waits for it is dropped: a task's result is not
    /// recorded, so the task runs again once the instance goes on.
    fn end_held(&mut self, now: Timestamp, no: InstanceNo, out: &mut Vec<Effect>) {
        let Some(slot) = self.instances.get_mut(no) else { return };
        let reason = slot.inbox.drain(..).find_map(|message| match message {
            Message::Terminate { reason } => Some(reason),
            Message::TaskDone { .. } | Message::Due => None,
        });
        let Some(reason) = reason else { return };
        let at = slot.head.as_ref().map_or(now, |head| now.max(head.updated));
        let record = Record { at, events: vec![Event::Terminated { reason }] };
        out.push(Effect::Release(slot.id.clone()));
        self.append(no, Finished { record, state: State::Ended(Status::Terminated), run: Vec::new() }, out);
    }

    fn hold(&mut self, now: Timestamp, no: InstanceNo, held: Held, out: &mut Vec<Effect>) {
        out.push(Effect::Forget(no));
        let Some(slot) = self.instances.get_mut(no) else { return };
        if let Some(origin) = slot.origin {
            let why = Reply::Unavailable(held.to_string());
            let told = std::iter::once(origin.reply).chain(slot.watchers.drain(..)).chain(slot.terminators.drain(..));
            out.extend(told.map(|reply| Effect::Reply(reply, why.clone())));
            let rivals = std::mem::take(&mut slot.rivals);
            self.instances.remove(no);
            return self.ask_again(now, rivals, out);
        }
        out.push(Effect::Hold { id: slot.id.clone(), held });
        self.instances.set_wake(no, None);
        self.end_held(now, no, out);
    }

    /// Puts what a turn led to into the next commit, and behind it what may leave the host then.
    fn append(&mut self, no: InstanceNo, finished: Finished, out: &mut Vec<Effect>) {
        let Finished { record, state, run: new_tasks } = finished;
        let seq = LogSeq(self.next_seq);
        let Some(slot) = self.instances.get_mut(no) else { return };
        let prev = slot.head.as_ref().map(|head| Link { seq: head.last, sum: head.sum });
        let row = seal(no, seq, prev, &record);
        let Some(head) = extend_head(slot.head.take(), &row, &record, &state) else {
            unreachable!("a first record begins with a start");
        };
        self.next_seq += 1;
        let mut then = Vec::new();
        if let Some(origin) = slot.origin {
            then.push(Effect::Reply(origin.reply, Reply::Started(slot.id.clone())));
        }
        let mut wake = None;
        match &state {
            State::Live(live) => {
                then.extend(new_tasks.iter().filter_map(|task| Some(run(&head, *task, live.tasks.get(task)?))));
                wake = live.wake_at();
            }
            State::New => {}
            State::Ended(_) => {
                if let Some(ended) = record.ended() {
                    if ended.status() == Status::Terminated {
                        then.push(Effect::Cancel(no));
                    }
                    then.extend(slot.watchers.drain(..).map(|to| Effect::Reply(to, Reply::Ended(ended.clone()))));
                }
                out.push(Effect::Forget(no));
            }
        }
        slot.head = Some(head.clone());
        slot.phase = Phase::Committing { state, batch: self.commits.next() };
        let drops = slot.origin.and_then(|origin| origin.replaces);
        self.instances.set_wake(no, wake);
        self.commits.append(row, head, drops, then);
    }
}

fn begin_turn(no: InstanceNo, slot: &mut Slot, begun: Begun, out: &mut Vec<Effect>) {
    let Phase::Idle(live) = std::mem::replace(&mut slot.phase, Phase::Held) else {
        unreachable!("a turn begins only when nothing is under way");
    };
    if let (Next::Turn, Some(head)) = (begun.next, &slot.head) {
        let turn = Turn { now: begun.at, play: Play::New, events: begun.inbound() };
        let work = Work::Next { id: slot.id.clone(), turns: live.turns, last: head.last, sum: head.sum, turn };
        out.push(Effect::Play { no, work });
    }
    slot.phase = Phase::Playing { state: State::Live(live), begun };
}

/// Takes as many messages as one turn may hold.
fn take_turn(inbox: &mut Vec<Message>) -> Vec<Message> {
    let mut bytes = 0;
    let fits = inbox.iter().take_while(|message| {
        let first = bytes == 0;
        bytes += 1 + match message {
            Message::TaskDone { outcome: Ok(output), .. } => output.as_bytes().len(),
            Message::TaskDone { outcome: Err(_), .. } | Message::Due | Message::Terminate { .. } => 0,
        };
        first || bytes <= TURN_INBOUND_MAX_BYTES
    });
    let count = fits.count();
    let rest = inbox.split_off(count);
    std::mem::replace(inbox, rest)
}
