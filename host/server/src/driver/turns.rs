//! The threads on which guests decide: they play turns, and read and replay histories.

use std::sync::Arc;

use kernel::codec::{Link, open_history};
use kernel::model::{
    ComponentDigest, EntityBatch, Head, InstanceId, InstanceNo, LogLevel, LogLine, Record, Start, Step, StepStatus,
    Turn,
};
use kernel::orchestration::{Answer, Held, Restored, State, replay, restore};
use kernel::partition::{Depth, Found, Input, LoadNo, Pick, Played, Progress, Work};
use kernel::port::{self, Key, ReadError, Reader, Sandbox as _, Session as _, TurnFault};
use sandbox::Session;
use store_sqlite::Readers;

use super::histories::Histories;
use super::payloads::Payloads;
use super::sessions::Warm;
use super::{Mail, Mailbox, Sessions};
use crate::hub::Components;

/// Something for a turn thread to do.
#[derive(Debug)]
pub(super) enum Job {
    Load(Key, LoadNo, Depth),
    Play(InstanceNo, Work),
    Apply(InstanceNo, Option<ComponentDigest>, Box<EntityBatch>),
}

/// What a turn thread works with.
#[derive(Debug, Clone)]
pub(super) struct TurnWorker {
    pub components: Arc<Components>,
    pub readers: Readers,
    pub payloads: Payloads,
    pub sessions: Arc<Sessions<Warm>>,
    pub histories: Histories,
    pub partition: Mailbox,
}

impl TurnWorker {
    pub fn run(&self, job: Job) {
        let input = match job {
            Job::Load(key, load, depth) => {
                let found = self.load(&key, depth);
                Input::Loaded { key, load, found }
            }
            Job::Apply(no, component, batch) => {
                let id = batch.id.clone();
                Input::Applied { id, applied: self.apply(no, component, *batch) }
            }
            Job::Play(no, work) => Input::Played { no, played: self.play(no, work).unwrap_or_else(Played::Held) },
        };
        // The partition thread is gone only when the host stops, and then nobody wants to know.
        let _ = self.partition.send(Mail::Input(input));
    }

    fn load(&self, key: &Key, depth: Depth) -> Found {
        let head = match self.readers.head(key) {
            Ok(Some(head)) => Box::new(head),
            Ok(None) => return Found::Nothing,
            Err(error) => return Found::Unreadable(error.to_string()),
        };
        if head.id.is_entity() {
            return self.load_entity(head);
        }
        if head.status.is_terminal() && depth == Depth::Status {
            let state = State::Ended(head.status);
            return Found::Instance { head, state };
        }
        let rows = match self.readers.history(head.no, head.last) {
            Ok(rows) => rows,
            Err(ReadError::Damaged(damage)) => return Found::Damaged { head, damage },
            Err(ReadError::Failed(text)) => return Found::Unreadable(text),
        };
        match restore(head.no, Link { seq: head.last, sum: head.sum }, &rows) {
            Ok(Restored { head, state, records }) => {
                if let State::Live(_) = state {
                    self.histories.put(&head, records);
                }
                Found::Instance { head: Box::new(head), state }
            }
            Err(damage) => Found::Damaged { head, damage },
        }
    }

    fn load_entity(&self, head: Box<Head>) -> Found {
        match self.readers.entity(&head) {
            Ok(entity) => Found::Entity { head, entity: Box::new(entity) },
            Err(ReadError::Damaged(damage)) => Found::Damaged { head, damage },
            Err(ReadError::Failed(text)) => Found::Unreadable(text),
        }
    }

    fn play(&self, no: InstanceNo, work: Work) -> Result<Played, Held> {
        match work {
            Work::First { component, pick, start } => self.play_first(no, component, pick, *start),
            Work::Next { id, component, at, turn } => self.play_next(no, &id, component, at, turn),
            Work::Try { component, at } if at.turns == 0 => {
                self.components.ensure(component).map_err(Held::Unavailable)?;
                Ok(Played::Fits(component))
            }
            Work::Try { component, at } => {
                let session = self.replay(no, component, at)?;
                self.keep(no, at.turns, session);
                Ok(Played::Fits(component))
            }
        }
    }

    fn play_first(
        &self,
        no: InstanceNo,
        component: ComponentDigest,
        pick: Pick,
        mut start: Start,
    ) -> Result<Played, Held> {
        let component = match pick {
            Pick::Pinned => component,
            Pick::OwnFirst => match self.components.playing(component, &start.name) {
                Ok(component) => component,
                Err(failure) => return Ok(Played::NoFunction(failure)),
            },
            Pick::Serving => self.components.orchestrator(&start.name).unwrap_or(component),
        };
        self.components.ensure(component).map_err(Held::Unavailable)?;
        let opened = self.payloads.get_all(start.payloads_mut());
        let opened = opened.and_then(|()| self.components.sandbox().open(component, &start));
        let answer = match opened {
            Ok((session, step)) => self.answer(no, &start.instance, 1, session, step)?,
            Err(fault) => fault_answer(fault)?,
        };
        Ok(Played::First { component, answer })
    }

    fn play_next(
        &self,
        no: InstanceNo,
        id: &InstanceId,
        component: ComponentDigest,
        at: Progress,
        mut turn: Turn,
    ) -> Result<Played, Held> {
        let mut session = match self.sessions.take(no, at.turns) {
            Some(Warm::Orchestration(session)) => session,
            Some(Warm::Entity(..)) | None => self.replay(no, component, at)?,
        };
        let played = self.payloads.get_all(turn.payloads_mut()).and_then(|()| session.advance(&[turn]));
        let answer = match played {
            Ok(step) => self.answer(no, id, at.turns + 1, session, step)?,
            Err(fault) => fault_answer(fault)?,
        };
        Ok(Played::Next(answer))
    }

    fn replay(&self, no: InstanceNo, component: ComponentDigest, at: Progress) -> Result<Session, Held> {
        let records = self.history(no, at)?;
        self.components.ensure(component).map_err(Held::Unavailable)?;
        let fetching = Fetching { inner: self.components.sandbox(), payloads: &self.payloads };
        replay(&fetching, component, &records).map(|session| session.inner)
    }

    fn keep(&self, no: InstanceNo, turns: u32, session: Session) {
        if !session.is_large() {
            let warm = Warm::Orchestration(session);
            self.sessions.put(no, turns, warm.bytes(), warm);
        }
    }

    fn history(&self, no: InstanceNo, at: Progress) -> Result<Vec<Record>, Held> {
        if let Some(records) = self.histories.take(no, at.last) {
            return Ok(records);
        }
        let rows = self.readers.history(no, at.last).map_err(|error| match error {
            ReadError::Damaged(damage) => Held::Damaged(damage),
            ReadError::Failed(text) => Held::Unavailable(format!("its history could not be read: {text}")),
        })?;
        open_history(no, Link { seq: at.last, sum: at.sum }, &rows).map_err(Held::Damaged)
    }

    fn answer(
        &self,
        no: InstanceNo,
        id: &InstanceId,
        turns: u32,
        session: Session,
        mut step: Step,
    ) -> Result<Answer, Held> {
        if let Err(fault) = self.payloads.put_all(step.payloads_mut()) {
            return fault_answer(fault);
        }
        for line in step.logs.drain(..) {
            log(id, &line);
        }
        if let StepStatus::Waiting { .. } = step.status {
            self.keep(no, turns, session);
        }
        Ok(Answer::Step(step))
    }
}

fn fault_answer(fault: TurnFault) -> Result<Answer, Held> {
    match fault {
        TurnFault::Guest(failure) => Ok(Answer::Fault(failure)),
        TurnFault::Unavailable(text) => Err(Held::Unavailable(text)),
        TurnFault::Blob { blob, why } => Err(Held::Blob { blob, why }),
    }
}

/// A sandbox whose guests are given payloads where a history has the names of blobs.
struct Fetching<'a, S> {
    inner: &'a S,
    payloads: &'a Payloads,
}

struct FetchingSession<'a, S> {
    inner: S,
    payloads: &'a Payloads,
}

impl<'a, S: port::Sandbox> port::Sandbox for Fetching<'a, S> {
    type Session = FetchingSession<'a, S::Session>;

    fn open(&self, component: ComponentDigest, start: &Start) -> Result<(Self::Session, Step), TurnFault> {
        let mut start = start.clone();
        self.payloads.get_all(start.payloads_mut())?;
        let (inner, step) = self.inner.open(component, &start)?;
        Ok((FetchingSession { inner, payloads: self.payloads }, step))
    }
}

impl<S: port::Session> port::Session for FetchingSession<'_, S> {
    fn advance(&mut self, turns: &[Turn]) -> Result<Step, TurnFault> {
        if !turns.iter().any(Turn::has_blobs) {
            return self.inner.advance(turns);
        }
        let mut turns = turns.to_vec();
        self.payloads.get_all(turns.iter_mut().flat_map(Turn::payloads_mut))?;
        self.inner.advance(&turns)
    }
}

pub(super) fn log(instance: &InstanceId, line: &LogLine) {
    let message = &line.message;
    match line.level {
        LogLevel::Trace => tracing::trace!(target: "guest", %instance, "{message}"),
        LogLevel::Debug => tracing::debug!(target: "guest", %instance, "{message}"),
        LogLevel::Info => tracing::info!(target: "guest", %instance, "{message}"),
        LogLevel::Warn => tracing::warn!(target: "guest", %instance, "{message}"),
        LogLevel::Error => tracing::error!(target: "guest", %instance, "{message}"),
    }
}
