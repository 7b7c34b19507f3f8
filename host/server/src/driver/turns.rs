//! The threads on which guests decide: they play turns, and read and replay histories.

use std::sync::Arc;

use kernel::codec::{Link, open_history};
use kernel::model::{ComponentDigest, InstanceId, InstanceNo, LogLevel, LogLine, Start, Step, StepStatus, Turn};
use kernel::orchestration::{Answer, Held, replay, restore};
use kernel::partition::{Found, Input, LoadNo, Played, Work};
use kernel::port::{Key, ReadError, Reader, Sandbox as _, Session as _, TurnFault};
use sandbox::Session;
use store_sqlite::Readers;

use super::{Mail, Mailbox, Sessions};
use crate::hub::Components;

/// Something for a turn thread to do.
#[derive(Debug)]
pub(super) enum Job {
    Load(Key, LoadNo),
    Play(InstanceNo, Work),
}

/// What a turn thread works with.
#[derive(Debug, Clone)]
pub(super) struct TurnWorker {
    pub components: Arc<Components>,
    pub readers: Readers,
    pub sessions: Arc<Sessions<Session>>,
    pub partition: Mailbox,
}

impl TurnWorker {
    pub fn run(&self, job: Job) {
        let input = match job {
            Job::Load(key, load) => {
                let found = self.load(&key);
                Input::Loaded { key, load, found }
            }
            Job::Play(no, work) => Input::Played { no, played: self.play(no, work) },
        };
        // The partition thread is gone only when the host stops, and then nobody wants to know.
        let _ = self.partition.send(Mail::Input(input));
    }

    fn load(&self, key: &Key) -> Found {
        let head = match self.readers.head(key) {
            Ok(Some(head)) => Box::new(head),
            Ok(None) => return Found::Nothing,
            Err(error) => return Found::Unreadable(error.to_string()),
        };
        if head.status.is_terminal() {
            let state = kernel::orchestration::State::Ended(head.status);
            return Found::Instance { head, state };
        }
        let rows = match self.readers.history(head.no, head.last) {
            Ok(rows) => rows,
            Err(ReadError::Damaged(damage)) => return Found::Damaged { head, damage },
            Err(ReadError::Failed(text)) => return Found::Unreadable(text),
        };
        match restore(head.no, Link { seq: head.last, sum: head.sum }, &rows) {
            Ok(restored) => Found::Instance { head: Box::new(restored.head), state: restored.state },
            Err(damage) => Found::Damaged { head, damage },
        }
    }

    fn play(&self, no: InstanceNo, work: Work) -> Played {
        let played = match work {
            Work::First { component, start } => self.play_first(no, component, &start),
            Work::Next { id, turns, last, sum, turn } => self.play_next(no, &id, turns, Link { seq: last, sum }, turn),
        };
        match played {
            Ok(answer) => Played::Answer(answer),
            Err(held) => Played::Held(held),
        }
    }

    fn play_first(&self, no: InstanceNo, component: ComponentDigest, start: &Start) -> Result<Answer, Held> {
        self.components.ensure(component).map_err(Held::Unavailable)?;
        match self.components.sandbox().open(component, start) {
            Ok((session, step)) => Ok(self.answer(no, &start.instance, 1, session, step)),
            Err(fault) => fault_answer(fault),
        }
    }

    fn play_next(&self, no: InstanceNo, id: &InstanceId, turns: u32, at: Link, turn: Turn) -> Result<Answer, Held> {
        let mut session = match self.sessions.take(no, turns) {
            Some(session) => session,
            None => self.replay(no, at)?,
        };
        match session.advance(&[turn]) {
            Ok(step) => Ok(self.answer(no, id, turns + 1, session, step)),
            Err(fault) => fault_answer(fault),
        }
    }

    fn replay(&self, no: InstanceNo, at: Link) -> Result<Session, Held> {
        let rows = self.readers.history(no, at.seq).map_err(|error| match error {
            ReadError::Damaged(damage) => Held::Damaged(damage),
            ReadError::Failed(text) => Held::Unavailable(format!("its history could not be read: {text}")),
        })?;
        let records = open_history(no, at, &rows).map_err(Held::Damaged)?;
        drop(rows);
        if let Some(component) = records.first().and_then(kernel::model::Record::component) {
            self.components.ensure(component).map_err(Held::Unavailable)?;
        }
        replay(self.components.sandbox(), &records)
    }

    fn answer(&self, no: InstanceNo, id: &InstanceId, turns: u32, session: Session, mut step: Step) -> Answer {
        for line in step.logs.drain(..) {
            log(id, &line);
        }
        if step.status == StepStatus::Waiting {
            self.sessions.put(no, turns, session);
        }
        Answer::Step(step)
    }
}

fn fault_answer(fault: TurnFault) -> Result<Answer, Held> {
    match fault {
        TurnFault::Guest(failure) => Ok(Answer::Fault(failure)),
        TurnFault::Unavailable(text) => Err(Held::Unavailable(text)),
    }
}

fn log(instance: &InstanceId, line: &LogLine) {
    let message = &line.message;
    match line.level {
        LogLevel::Trace => tracing::trace!(target: "guest", %instance, "{message}"),
        LogLevel::Debug => tracing::debug!(target: "guest", %instance, "{message}"),
        LogLevel::Info => tracing::info!(target: "guest", %instance, "{message}"),
        LogLevel::Warn => tracing::warn!(target: "guest", %instance, "{message}"),
        LogLevel::Error => tracing::error!(target: "guest", %instance, "{message}"),
    }
}
