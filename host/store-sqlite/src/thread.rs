//! The thread that owns the writer.
//!
//! It sleeps until there is something to do and never polls. A batch is committed as soon as it arrives. What can wait
//! is done after its answer was given: bringing the write-ahead log into the file when it has grown, and writing heads
//! to their table, in slices, when many wait or when no batch came for a while; then, too, free space is given back.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use kernel::model::{ComponentDigest, Function, Timestamp};
use kernel::port::{Batch, CommitError, Store};

use crate::bindings::NewBindings;
use crate::writer::{Flushed, Writer};

/// How long nothing must have come before heads are written. Longer than a step of a sequence should take, so that
/// a sequence does not pay for it.
const IDLE: Duration = Duration::from_millis(250);

/// Gives work to a writer's thread. `T` names a batch in its answer.
#[derive(Debug)]
pub struct WriterHandle<T> {
    jobs: Sender<Job<T>>,
    thread: JoinHandle<Writer>,
}

#[derive(Debug)]
enum Job<T> {
    Commit(T, Arc<Batch>),
    Deploy {
        digest: ComponentDigest,
        functions: Vec<Function>,
        now: Timestamp,
        bindings: Option<NewBindings>,
        done: SyncSender<Result<(), CommitError>>,
    },
    Flush {
        done: SyncSender<Result<(), CommitError>>,
    },
    Stop,
}

/// Starts the thread. It calls `on_done` once for every batch, in the order in which they were submitted.
///
/// A batch that follows a refused one is tried nevertheless, so a caller has at most one under way.
///
/// # Errors
/// If the system has no thread to give.
pub fn spawn_writer<T: Send + 'static>(
    writer: Writer,
    on_done: impl FnMut(T, Result<(), CommitError>) + Send + 'static,
) -> io::Result<WriterHandle<T>> {
    let (jobs, inbox) = channel();
    let thread = Builder::new().name("hub-writer".to_owned()).spawn(move || run(writer, &inbox, on_done))?;
    Ok(WriterHandle { jobs, thread })
}

impl<T> WriterHandle<T> {
    /// Hands a batch over. `on_done` is called when it is durable, or is not.
    ///
    /// # Errors
    /// [`CommitError::Lost`] if the thread has ended, which only a panic of `on_done` can bring about.
    pub fn submit(&self, name: T, batch: Arc<Batch>) -> Result<(), CommitError> {
        self.send(Job::Commit(name, batch))
    }

    /// As [`Writer::deploy`], after the batches that wait. Blocks until it is durable.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn deploy(
        &self,
        digest: ComponentDigest,
        functions: Vec<Function>,
        now: Timestamp,
        bindings: Option<NewBindings>,
    ) -> Result<(), CommitError> {
        self.ask(|done| Job::Deploy { digest, functions, now, bindings, done })
    }

    /// Writes all heads that wait to their table, and blocks until that is done.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn flush(&self) -> Result<(), CommitError> {
        self.ask(|done| Job::Flush { done })
    }

    /// Ends the thread after the batches that wait, and gives the writer back: to be dropped, or after
    /// [`CommitError::Lost`] to be opened again. It does not flush.
    ///
    /// # Panics
    /// With the panic that ended the thread.
    pub fn stop(self) -> Writer {
        // If the thread has ended already, joining it says why.
        let _ = self.send(Job::Stop);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn send(&self, job: Job<T>) -> Result<(), CommitError> {
        self.jobs.send(job).map_err(|_| ended())
    }

    fn ask(&self, job: impl FnOnce(SyncSender<Result<(), CommitError>>) -> Job<T>) -> Result<(), CommitError> {
        let (done, answer) = sync_channel(1);
        self.send(job(done))?;
        answer.recv().unwrap_or_else(|_| Err(ended()))
    }
}

fn ended() -> CommitError {
    CommitError::Lost("the thread of the writer has ended".to_owned())
}

fn run<T>(mut writer: Writer, inbox: &Receiver<Job<T>>, mut on_done: impl FnMut(T, Result<(), CommitError>)) -> Writer {
    let mut rest = rest_after(&writer);
    while let Some(job) = next(inbox, rest) {
        match job {
            Some(Job::Commit(name, batch)) => on_done(name, writer.commit(&batch)),
            // An answer that nobody waits for any more is no loss.
            Some(Job::Deploy { digest, functions, now, bindings, done }) => {
                drop(done.send(writer.deploy(digest, &functions, now, bindings.as_ref())))
            }
            Some(Job::Flush { done }) => drop(done.send(flush(&mut writer))),
            Some(Job::Stop) => break,
            None => {
                rest = slice(&mut writer);
                continue;
            }
        }
        if writer.wants_checkpoint() {
            writer.checkpoint();
        }
        rest = rest_after(&writer);
    }
    writer
}

/// What to do when nothing is to be done.
#[derive(Debug, Clone, Copy)]
enum Rest {
    /// Sleep.
    Idle,
    /// Look after the file, if nothing comes for a while.
    Soon,
    /// Look after the file, if nothing waits.
    Now,
}

fn rest_after(writer: &Writer) -> Rest {
    match writer.backlog() {
        1.. => Rest::Now,
        0 => Rest::Soon,
    }
}

/// The next job; `Some(None)` if it is time for the file, `None` if there will be no more jobs.
fn next<T>(inbox: &Receiver<Job<T>>, rest: Rest) -> Option<Option<Job<T>>> {
    let wait = match rest {
        Rest::Idle => return inbox.recv().ok().map(Some),
        Rest::Soon => IDLE,
        Rest::Now => Duration::ZERO,
    };
    match inbox.recv_timeout(wait) {
        Ok(job) => Some(Some(job)),
        Err(RecvTimeoutError::Timeout) => Some(None),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

fn slice(writer: &mut Writer) -> Rest {
    let outcome = match writer.flush() {
        Ok(Flushed::All) => writer.shrink(),
        more => more,
    };
    match outcome {
        Ok(Flushed::Some) => {
            if writer.wants_checkpoint() {
                writer.checkpoint();
            }
            Rest::Now
        }
        Ok(Flushed::All) => {
            writer.checkpoint();
            Rest::Idle
        }
        // Without space the heads stay where they are; the next commit finds out what else may be wrong.
        Err(CommitError::Full(_) | CommitError::Lost(_)) => Rest::Idle,
    }
}

fn flush(writer: &mut Writer) -> Result<(), CommitError> {
    while writer.flush()? == Flushed::Some {}
    writer.checkpoint();
    Ok(())
}
