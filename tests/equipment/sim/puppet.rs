//! A partition that does one thing at a time, when a test says so: for cases that a simulation found, kept as scripts.
//!
//! Everything that goes in and comes out is in the log, in the words of [`super::trace`].

use std::collections::VecDeque;
use std::sync::Arc;

use kernel::codec::Link;
use kernel::model::{InstanceNo, Millis, Payload, TaskId, Timestamp};
use kernel::orchestration::{Answer, State, restore};
use kernel::partition::{
    BatchNo, Effect, Found, Input, LoadNo, NewId, NewInstance, Op, Partition, Played, ReplyTo, Tuning, Work,
};
use kernel::port::{Batch, Key, Reader, Recovery, Sandbox, Store};

use super::guest::Native;
use super::program::{Program, activity};
use super::store::MemStore;
use super::trace;
use super::world::instance_id;

/// A partition on strings.
#[derive(Debug)]
pub struct Puppet {
    partition: Partition,
    native: Native,
    store: MemStore,
    now: Timestamp,
    loads: VecDeque<(Key, LoadNo)>,
    plays: VecDeque<(InstanceNo, Work)>,
    commits: VecDeque<(BatchNo, Arc<Batch>)>,
    runs: VecDeque<(InstanceNo, TaskId, u32, Payload)>,
    asked: u64,
    /// What went in and what came out.
    pub log: Vec<String>,
}

impl Puppet {
    /// A partition without instances.
    pub fn new(tuning: Tuning, programs: Vec<Program>) -> Self {
        let now = Timestamp(0);
        Self {
            partition: Partition::recover_with(tuning, Recovery::default(), now, &mut Vec::new()),
            native: Native::new(programs),
            store: MemStore::default(),
            now,
            loads: VecDeque::new(),
            plays: VecDeque::new(),
            commits: VecDeque::new(),
            runs: VecDeque::new(),
            asked: 0,
            log: Vec::new(),
        }
    }

    /// Somebody starts an instance of a program under an id of theirs. Gives the request.
    pub fn start(&mut self, id: &str, program: usize) -> ReplyTo {
        let new = NewInstance {
            id: NewId::Given(instance_id(id)),
            name: Native::name(program),
            component: self.native.programs()[program].home.digest(),
            input: Payload::null(),
            version: None,
            seed: 1,
        };
        self.ask(Op::Start { new: Box::new(new), watch: None })
    }

    /// Somebody asks for something. Gives the request.
    pub fn ask(&mut self, op: Op) -> ReplyTo {
        self.asked += 1;
        let reply = ReplyTo(self.asked);
        self.tell(Input::Request { reply, op });
        reply
    }

    /// The oldest load finds what is durable.
    pub fn load(&mut self) {
        let (key, load) = self.loads.pop_front().expect("a load is under way");
        let found = match self.store.head(&key).expect("a store in memory can be read") {
            None => Found::Nothing,
            Some(head) if head.status.is_terminal() => {
                let state = State::Ended(head.status);
                Found::Instance { head: Box::new(head), state }
            }
            Some(head) => {
                let rows = self.store.history(head.no, head.last).expect("a store in memory can be read");
                let restored = restore(head.no, Link { seq: head.last, sum: head.sum }, &rows).expect("it is sound");
                Found::Instance { head: Box::new(restored.head), state: restored.state }
            }
        };
        self.tell(Input::Loaded { key, load, found });
    }

    /// The oldest first turn is played.
    pub fn play_first(&mut self) {
        let (no, work) = self.plays.pop_front().expect("a turn is under way");
        let Work::First { component, start } = work else { panic!("it is not a first turn") };
        let (_, step) = self.native.open(component, &start).expect("the component is there");
        self.tell(Input::Played { no, played: Played::Answer(Answer::Step(step)) });
    }

    /// The oldest turn is not played.
    pub fn hold(&mut self, held: kernel::orchestration::Held) {
        let (no, _) = self.plays.pop_front().expect("a turn is under way");
        self.tell(Input::Played { no, played: Played::Held(held) });
    }

    /// The oldest attempt ends.
    pub fn finish_task(&mut self) {
        let (no, task, attempt, input) = self.runs.pop_front().expect("an attempt runs");
        let outcome = activity(&input, attempt);
        self.tell(Input::TaskDone { no, task, attempt, outcome });
    }

    /// Nothing is at hand: a commit may begin.
    pub fn flush(&mut self) {
        let mut out = Vec::new();
        self.partition.flush(self.now, &mut out);
        self.take(out);
    }

    /// The commit that is under way is durable.
    pub fn commit(&mut self) {
        let (no, batch) = self.commits.pop_front().expect("a commit is under way");
        self.store.commit(&batch).expect("there is space");
        self.tell(Input::Committed(no));
    }

    /// There was no space for the commit that is under way.
    pub fn refuse(&mut self) {
        let (no, _) = self.commits.pop_front().expect("a commit is under way");
        self.tell(Input::Refused(no));
    }

    /// Time passes.
    pub fn wait(&mut self, length: Millis) {
        self.now = self.now + length;
    }

    /// Tells the partition something.
    pub fn tell(&mut self, input: Input) {
        self.log.push(format!("<- {}", trace::input(&input)));
        let mut out = Vec::new();
        self.partition.handle(self.now, input, &mut out);
        self.take(out);
    }

    /// Notes how many instances are in memory and when the partition wants to be woken.
    pub fn note_rest(&mut self) {
        let wake = self.partition.wake_at().map(|at| at.0);
        self.log.push(format!("-- {} in memory, wakes at {wake:?}", self.partition.resident()));
    }

    fn take(&mut self, out: Vec<Effect>) {
        self.partition.audit().expect("what must always hold, holds");
        for effect in out {
            self.log.push(format!("-> {}", trace::effect(&effect)));
            match effect {
                Effect::Load(key, load) => self.loads.push_back((key, load)),
                Effect::Play { no, work } => self.plays.push_back((no, work)),
                Effect::Commit(no, batch) => self.commits.push_back((no, batch)),
                Effect::Run(run) => self.runs.push_back((run.no, run.task, run.attempt, run.input)),
                Effect::Cancel(_)
                | Effect::Reply(..)
                | Effect::Forget(_)
                | Effect::Hold { .. }
                | Effect::Release(_) => {}
            }
        }
    }
}
