//! One execution in memory: plays events against the future of an orchestrator and collects its decisions.
//!
//! After each single event the future is polled until it waits again, and only then the next event is taken, so how
//! the turns of a history are distributed over calls of [`Session::advance`] cannot be seen in the decisions. Futures
//! are polled only if a result that they wait for arrived: a step costs what it changes, not what is open.

use std::{
    cell::RefCell,
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context as PollContext, Poll, Wake, Waker},
};

use crate::{
    bindings::orchestrator::{self as contract, Start, Status, Step, Turn},
    context::{Context, Origin},
    failure::{Failure, Result},
    machine::{Machine, Next, Shared, Untaken},
};

/// The body of an orchestrator with its types erased.
pub(crate) type Root = Pin<Box<dyn Future<Output = Result<Vec<u8>>>>>;

/// An execution that has played its history to some point.
pub struct Session {
    machine: Shared,
    state: State,
    flag: Arc<Flag>,
    waker: Waker,
}

enum State {
    Running(Root),
    Finished(Result<Vec<u8>>),
    ContinuedAsNew(Next),
}

/// Whether something that the root waits for became ready.
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

impl Session {
    /// Begins an execution and plays its first turn.
    pub(crate) fn open(start: Start, body: fn(Context, Vec<u8>) -> Root) -> (Session, Step) {
        let Start { name, instance, execution, version, parent, tags, now, seed, input, replaying } = start;
        let machine = Rc::new(RefCell::new(Machine::new(now, replaying, seed.into())));
        let origin = Origin { name, instance, execution, version, parent, tags };
        let root = body(Context::new(machine.clone(), origin), input);
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(flag.clone());
        let mut session = Session { machine, state: State::Running(root), flag, waker };
        session.run();
        let step = session.step();
        (session, step)
    }

    /// Plays further turns, in order.
    pub fn advance(&mut self, turns: Vec<Turn>) -> Step {
        for turn in turns {
            {
                let mut machine = self.machine.borrow_mut();
                machine.now = turn.now;
                machine.replaying = turn.replaying;
            }
            for event in turn.events {
                self.machine.borrow_mut().deliver(event);
                self.run();
            }
        }
        self.step()
    }

    /// Polls the root until it waits for something that is not there.
    fn run(&mut self) {
        while let State::Running(root) = &mut self.state {
            if self.flag.0.swap(false, Relaxed) {
                let poll = root.as_mut().poll(&mut PollContext::from_waker(&self.waker));
                let next = self.machine.borrow_mut().next.take();
                match (poll, next) {
                    (_, Some(next)) => self.state = State::ContinuedAsNew(next),
                    (Poll::Ready(result), None) => self.state = State::Finished(result),
                    (Poll::Pending, None) => {}
                }
            } else if self.machine.borrow().is_waiting() {
                return;
            } else {
                self.state = State::Finished(Err(stalled()));
            }
        }
    }

    fn step(&mut self) -> Step {
        let mut machine = self.machine.borrow_mut();
        let status = match &self.state {
            State::Running(_) => Status::Waiting(machine.wanted()),
            State::Finished(Ok(output)) => Status::Completed(output.clone()),
            State::Finished(Err(failure)) => Status::Failed(failure.clone().into()),
            State::ContinuedAsNew(Next { input, untaken }) => {
                let carried = match untaken {
                    Untaken::Carried => machine.untaken(),
                    Untaken::Dropped => Vec::new(),
                };
                Status::ContinuedAsNew(contract::ContinueAsNew { input: input.clone(), carried })
            }
        };
        let (decisions, sources) = machine.take_decisions();
        let (custom_status, logs) = (machine.custom_status.take(), std::mem::take(&mut machine.logs));
        Step { decisions, sources, status, custom_status, logs }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Session").finish_non_exhaustive()
    }
}

fn stalled() -> Failure {
    let message = "the orchestrator waits, but for no task, no timer and no event that could wake it: \
                   it awaits something that is not durable";
    Failure::new("stalled", message).non_retryable()
}
