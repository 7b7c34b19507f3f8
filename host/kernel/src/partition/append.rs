//! What a turn led to goes into the next commit, and behind it what may leave the instance then.

use super::Partition;
use super::asker::Asker;
use super::commits::Addition;
use super::effect::{Effect, Reply};
use super::instances::Phase;
use super::letters::child_done;
use super::tasks::{self, Stop};
use crate::codec::{Link, seal};
use crate::model::{Ended, Event, Head, InstanceNo, Letter, LogSeq, Payload, Started, Status, TaskId};
use crate::orchestration::{Finished, Place, Sent, State, extend_head};
use crate::port::Dropped;

impl Partition {
    /// Appends a record. Those who asked for it are answered once it is durable.
    pub(super) fn append(&mut self, no: InstanceNo, finished: Finished, asked: Vec<Asker>, out: &mut Vec<Effect>) {
        let Finished { record, place, state, started, run, stop, send, warnings } = finished;
        let seq = LogSeq(self.next_seq);
        let Some(slot) = self.instances.get_mut(no) else { return };
        let before = slot.head.take();
        let link = |head: &Head| Link { seq: head.last, sum: head.sum };
        let prev = before.as_ref().filter(|_| place == Place::Next).map(link);
        let trims = before.as_ref().filter(|_| place == Place::First).map(|head| Dropped { no, last: head.last });
        let row = seal(no, seq, prev, &record);
        let Some(head) = extend_head(before, &row, &record, &state) else {
            unreachable!("a first record begins with a start");
        };
        self.next_seq += 1;

        let mut letters = Vec::new();
        let mut then = Vec::new();
        let mut takes = Vec::new();
        let origin = slot.origin.as_ref().map(|origin| (origin.asker, Reply::Started(slot.id.clone())));
        for (asker, reply) in origin.into_iter().chain(asked.into_iter().map(|asker| (asker, Reply::Done))) {
            match asker {
                Asker::Client(to) => then.push(Effect::Reply(to, reply)),
                Asker::Letter(no) => takes.push(no),
            }
        }
        out.extend(warnings.into_iter().map(|warning| Effect::Warn(slot.id.clone(), warning)));
        if place == Place::First {
            // What the execution before still runs, before anything of the new one runs.
            then.push(Effect::StopAll(no));
        }
        if let State::Live(live) = &state {
            let open = run.iter().filter_map(|task| Some((*task, live.tasks.get(task)?)));
            then.extend(open.filter_map(|(task, open)| tasks::run(&head, &live.started, task, open)));
        }
        letters.extend(decided(&head, &state, started.as_deref(), &run, send));
        if let Some(started) = started {
            let reason = match record.ended() {
                Some(Ended::Terminated(reason)) => reason,
                _ => Payload::null(),
            };
            for (task, open) in &stop {
                match tasks::stop(&head, &started, *task, open, &reason) {
                    Some(Stop::Effect(effect)) => then.push(effect),
                    Some(Stop::Letter(letter)) => letters.push(letter),
                    None => {}
                }
            }
        }
        if let Some(ended) = record.ended() {
            then.extend(slot.held.take().map(|_| Effect::Release(slot.id.clone())));
            if ended.status() == Status::Terminated {
                then.push(Effect::StopAll(no));
            }
            then.extend(slot.watchers.drain(..).map(|to| Effect::Reply(to, Reply::Ended(ended.clone()))));
            letters.extend(head.parent.as_ref().map(|parent| child_done(&slot.id, parent, &ended)));
        }
        let played = record.events.iter().any(|event| matches!(event, Event::TurnStarted { .. }));
        if (place == Place::First && !played) || state.ended().is_some() {
            out.push(Effect::Forget(no));
        }
        let wake = if let State::Live(live) = &state { live.wake_at() } else { None };
        slot.head = Some(head.clone());
        slot.phase = Phase::Committing { state, batch: self.commits.next() };
        let drops = slot.origin.as_ref().and_then(|origin| origin.replaces);
        self.instances.set_wake(no, wake);
        let letters = letters.into_iter().map(|letter| (self.number_letter(), letter)).collect();
        let blobs = record.blobs().collect();
        self.commits.append(Addition { row, head, drops, trims, blobs, letters, takes, then });
    }
}

/// What the decisions of a turn ask of others and send to them, in their order, which is that in which one instance hears
/// from another.
fn decided(
    head: &Head,
    state: &State,
    started: Option<&Started>,
    run: &[TaskId],
    send: Vec<(TaskId, Sent)>,
) -> impl Iterator<Item = Letter> {
    let mut letters = Vec::new();
    if let State::Live(live) = state {
        let open = run.iter().filter_map(|task| Some((*task, live.tasks.get(task)?)));
        letters.extend(open.filter_map(|(task, open)| Some((task, tasks::start(head, &live.started, task, open)?))));
    }
    if let Some(started) = started {
        letters.extend(send.into_iter().flat_map(|(id, sent)| {
            tasks::send(head.no, started, id, sent).into_iter().map(move |letter| (id, letter))
        }));
    }
    letters.sort_by_key(|(id, _)| *id);
    letters.into_iter().map(|(_, letter)| letter)
}
