//! A partition that does one thing at a time, when a test says so: for cases that a simulation found, kept as scripts.
//!
//! Everything that goes in and comes out is in the log, in the words of [`super::trace`].

use std::collections::VecDeque;
use std::sync::Arc;

use kernel::codec::{Link, open_entity, open_history};
use kernel::model::{Attempted, ComponentDigest, EntityBatch, InstanceNo, Millis, Payload, Timestamp};
use kernel::orchestration::{Answer, State, replay, restore};
use kernel::partition::{
    Applied, BatchNo, Depth, Effect, Found, Input, LoadNo, NewId, NewInstance, Op, Partition, Played, Progress,
    ReplyTo, Tuning, Work,
};
use kernel::port::{Batch, Key, Reader, Recovery, Sandbox, Session, Store};

use super::acts::spec;
use super::guest::Guest;
use super::native::Native;
use super::program::{Program, name};
use super::store::MemStore;
use super::task::activity;
use super::trace;
use super::world::instance_id;

/// A partition on strings.
#[derive(Debug)]
pub struct Puppet {
    partition: Partition,
    tuning: Tuning,
    native: Native,
    store: MemStore,
    now: Timestamp,
    loads: VecDeque<(Key, LoadNo, Depth)>,
    plays: VecDeque<(InstanceNo, Work)>,
    applies: VecDeque<(Option<ComponentDigest>, Box<EntityBatch>)>,
    commits: VecDeque<(BatchNo, Arc<Batch>)>,
    runs: VecDeque<(InstanceNo, Attempted, Payload)>,
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
            tuning,
            native: Native::new(programs),
            store: MemStore::default(),
            now,
            loads: VecDeque::new(),
            plays: VecDeque::new(),
            applies: VecDeque::new(),
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
            component: self.native.serving(&name(program)).expect("the program is served"),
            seed: 1,
            spec: spec(program),
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
        let (key, load, depth) = self.loads.pop_front().expect("a load is under way");
        let found = self.find(&key, depth);
        self.tell(Input::Loaded { key, load, found });
    }

    /// The oldest load is answered as it would have been before what `meanwhile` does.
    pub fn load_around(&mut self, meanwhile: impl FnOnce(&mut Self)) {
        let (key, load, depth) = self.loads.pop_front().expect("a load is under way");
        let found = self.find(&key, depth);
        meanwhile(self);
        self.tell(Input::Loaded { key, load, found });
    }

    /// The oldest load cannot be answered.
    pub fn fail_load(&mut self) {
        let (key, load, _) = self.loads.pop_front().expect("a load is under way");
        self.tell(Input::Loaded { key, load, found: Found::Unreadable("no luck".to_owned()) });
    }

    fn find(&self, key: &Key, depth: Depth) -> Found {
        match self.store.head(key).expect("a store in memory can be read") {
            None => Found::Nothing,
            Some(head) if head.id.is_entity() => {
                let row = self.store.chain(head.no).and_then(|chain| chain.rows.last()).expect("an entity has a row");
                let entity = Box::new(open_entity(row).expect("it is sound"));
                Found::Entity { head: Box::new(head), entity }
            }
            Some(head) if head.status.is_terminal() && depth == Depth::Status => {
                let state = State::Ended(head.status);
                Found::Instance { head: Box::new(head), state }
            }
            Some(head) => {
                let rows = self.store.history(head.no, head.last).expect("a store in memory can be read");
                let restored = restore(head.no, Link { seq: head.last, sum: head.sum }, &rows).expect("it is sound");
                Found::Instance { head: Box::new(restored.head), state: restored.state }
            }
        }
    }

    /// The oldest turn is played.
    pub fn play(&mut self) {
        let (no, work) = self.plays.pop_front().expect("a turn is under way");
        self.play_this(no, work);
    }

    /// The newest turn is played.
    pub fn play_last(&mut self) {
        let (no, work) = self.plays.pop_back().expect("a turn is under way");
        self.play_this(no, work);
    }

    fn play_this(&mut self, no: InstanceNo, work: Work) {
        let played = match work {
            Work::First { component, pick, start } => match self.native.pick(component, pick, &start.name) {
                Ok(component) => {
                    let (_, step) = self.native.open(component, &start).expect("the component is there");
                    Played::First { component, answer: Answer::Step(step) }
                }
                Err(failure) => Played::NoFunction(failure),
            },
            Work::Next { component, at, turn, .. } => {
                let mut session = self.session(no, component, at);
                Played::Next(Answer::Step(session.advance(&[turn]).expect("the program does not trap")))
            }
            Work::Try { component, at } => {
                self.session(no, component, at);
                Played::Fits(component)
            }
        };
        self.tell(Input::Played { no, played });
    }

    fn session(&self, no: InstanceNo, component: ComponentDigest, at: Progress) -> Guest {
        let rows = self.store.history(no, at.last).expect("a store in memory can be read");
        let records = open_history(no, Link { seq: at.last, sum: at.sum }, &rows).expect("it is sound");
        replay(&self.native, component, &records).expect("programs decide the same again")
    }

    /// The oldest turn is not played.
    pub fn hold(&mut self, held: kernel::orchestration::Held) {
        let (no, _) = self.plays.pop_front().expect("a turn is under way");
        self.tell(Input::Played { no, played: Played::Held(held) });
    }

    /// The oldest batch of an entity is run.
    pub fn apply(&mut self) {
        let (before, batch) = self.applies.pop_front().expect("a batch is run");
        let applied = self.native.apply(before, &batch);
        self.tell(Input::Applied { id: batch.id, applied });
    }

    /// The oldest batch of an entity is not run.
    pub fn hold_entity(&mut self, held: kernel::orchestration::Held) {
        let (_, batch) = self.applies.pop_front().expect("a batch is run");
        self.tell(Input::Applied { id: batch.id, applied: Applied::Held(held) });
    }

    /// The oldest attempt ends.
    pub fn finish_task(&mut self) {
        let (no, of, input) = self.runs.pop_front().expect("an attempt runs");
        let outcome = activity(&input.shown(), of.attempt);
        self.tell(Input::TaskDone { no, of, outcome });
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

    /// Everything that is under way goes on in order until nothing is.
    pub fn settle(&mut self) {
        loop {
            if !self.loads.is_empty() {
                self.load();
            } else if !self.plays.is_empty() {
                self.play();
            } else if !self.applies.is_empty() {
                self.apply();
            } else if !self.commits.is_empty() {
                self.commit();
            } else {
                self.flush();
                if self.commits.is_empty() {
                    return;
                }
            }
        }
    }

    /// The host stops and starts again.
    pub fn restart(&mut self) {
        self.log.push("-- it starts again".to_owned());
        self.loads.clear();
        self.plays.clear();
        self.applies.clear();
        self.commits.clear();
        self.runs.clear();
        let mut out = Vec::new();
        let recovery = self.store.recover().expect("heads are what the rows lead to");
        self.partition = Partition::recover_with(self.tuning, recovery, self.now, &mut out);
        self.take(out);
    }

    /// A bit of a letter that is not taken is flipped.
    pub fn damage_letter(&mut self) {
        self.store.damage_letter(0).expect("there is a letter");
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
                Effect::Load(key, load, depth) => self.loads.push_back((key, load, depth)),
                Effect::Play { no, work } => self.plays.push_back((no, work)),
                Effect::Apply { component, batch, .. } => self.applies.push_back((component, batch)),
                Effect::Commit(no, batch) => self.commits.push_back((no, batch)),
                Effect::Run(run) => self.runs.push_back((run.no, run.of, run.input)),
                Effect::Stop(..)
                | Effect::StopAll(_)
                | Effect::Warn(..)
                | Effect::SignalFailed { .. }
                | Effect::Lost(_)
                | Effect::BadLetter(_)
                | Effect::Reply(..)
                | Effect::Forget(_)
                | Effect::Hold { .. }
                | Effect::Release(_) => {}
            }
        }
    }
}
