//! Carries out what the partition decides, as the real driver does, but in an order and after delays that the seed
//! chooses, and with crashes in between.

use kernel::model::{Attempted, ComponentDigest, EntityBatch, InstanceNo};
use kernel::orchestration::{Held, State};
use kernel::partition::{Applied, Effect, Found, Input, Op, Partition, TaskRun};
use kernel::port::{Batch, Key, Store};

use super::clients::{Next, What};
use super::edge;
use super::fault::{Crash, Pace};
use super::ledger::{Checked, Fate, Gate};
use super::marks::Mark;
use super::queue::{Act, Chosen, Curious, Doing, Happening, Start};
use super::store::Space;
use super::task::activity;
use super::trace;
use super::world::Sim;

/// How long a task waits whose input cannot be had.
const RETRY_MS: u64 = 1_000;

impl Sim {
    pub(super) fn handle(&mut self, mut input: Input) -> Checked {
        let at = self.at;
        edge::put(&mut self.blobs, at, &mut input, &mut self.marks);
        self.trace.line(|| format!("{at} <- {}", trace::input(&input)));
        self.note(&input)?;
        let asked = match &input {
            Input::Loaded { key, .. } => Some(key.clone()),
            _ => None,
        };
        let mut out = Vec::new();
        let now = self.now();
        self.partition.handle(now, input, &mut out);
        let again = |effect: &Effect| matches!(effect, Effect::Load(key, ..) if asked.as_ref() == Some(key));
        if out.iter().any(again) {
            self.marks.hit(Mark::StaleLoadRepeated);
        }
        self.carry_out(out)
    }

    pub(super) fn carry_out(&mut self, out: Vec<Effect>) -> Checked {
        self.partition.audit()?;
        for effect in out {
            if self.crashes_now() {
                return self.crash();
            }
            let at = self.at;
            self.trace.line(|| format!("{at} -> {}", trace::effect(&effect)));
            self.begin(effect)?;
        }
        Ok(())
    }

    fn crashes_now(&mut self) -> bool {
        self.stats.effects += 1;
        match self.profile.crash {
            Crash::Never => false,
            Crash::Sometimes(per_mille) => self.is_faulty() && self.rng.happens(per_mille),
            Crash::Before(effect) => self.stats.effects == effect,
        }
    }

    /// Everything in memory is lost, and the host starts again.
    pub(super) fn crash(&mut self) -> Checked {
        self.stats.crashes += 1;
        let at = self.at;
        self.trace.line(|| format!("{at} crash"));
        for doing in self.queue.crash() {
            match doing {
                // A write that was under way is durable or it is not.
                Doing::Write(_, batch) if self.rng.happens(500) && self.store.space() == Space::Left => {
                    self.marks.hit(Mark::CommitReplyLost);
                    self.write(&batch)?;
                }
                Doing::Write(..) => self.marks.hit(Mark::CommitLost),
                Doing::Tell(Input::Committed(_)) => self.marks.hit(Mark::CommitReplyLost),
                Doing::ReadHead(..)
                | Doing::ReadHistory(..)
                | Doing::Play(..)
                | Doing::Apply(..)
                | Doing::Run(_)
                | Doing::Tell(_) => {}
            }
        }
        self.sessions.clear();
        self.seen.clear();
        self.checker.crash();
        for ask in self.clients.crash() {
            match ask.what {
                What::Start(_) => self.start_again(ask.id),
                What::Message(seq) => self.message_again(seq),
                _ => {}
            }
        }
        self.begin_life();
        self.checker.promises(&self.store)?;
        let recovery = self.store.recover()?;
        if !recovery.letters.is_empty() {
            self.marks.hit(Mark::LettersRecovered);
        }
        let mut out = Vec::new();
        let now = self.now();
        self.partition = Partition::recover_with(self.profile.tuning, recovery, now, &mut out);
        let crashes = self.stats.crashes;
        self.carry_out(out)?;
        if crashes == self.stats.crashes { self.handle(Input::Deployed(self.native.served())) } else { Ok(()) }
    }

    /// Who does not know whether a start was heard, or was refused for a fault, asks again; at least who insists does.
    fn start_again(&mut self, id: kernel::model::InstanceId) {
        let (program, wait) = match self.insisted.get_mut(&id) {
            Some((program, wait)) => {
                *wait *= 2;
                (*program, *wait)
            }
            None if self.rng.happens(500) => (self.rng.index(self.native.programs().len()), 0),
            None => return,
        };
        let later = self.at + wait + self.delay();
        let (chosen, curious, ahead) = (Chosen::ByCaller, Curious::No, None);
        self.plan_act(later, Act::Start(Start { id, chosen, program, curious, ahead }));
    }

    pub(super) fn delay(&mut self) -> u64 {
        match self.profile.pace {
            Pace::Even => 1,
            Pace::Uneven => self.rng.delay_ms(),
        }
    }

    pub(super) fn later(&mut self, doing: Doing) {
        let at = self.at + self.delay();
        // In a world that is even, what was begun first ends first.
        let chance = match self.profile.pace {
            Pace::Even => 0,
            Pace::Uneven => self.rng.number(),
        };
        self.queue.push(at, chance, Happening::Host(doing));
    }

    fn begin(&mut self, effect: Effect) -> Checked {
        match effect {
            Effect::Load(key, load, depth) => {
                if let Key::No(no) = &key
                    && self.seen.contains(no)
                {
                    self.marks.hit(Mark::EvictedWoken);
                }
                self.later(Doing::ReadHead(key, load, depth));
            }
            Effect::Play { no, work } => {
                self.checker.play(no)?;
                self.seen.insert(no);
                self.later(Doing::Play(no, work));
            }
            Effect::Run(run) => {
                let now = self.now();
                self.checker.run(&run, now, &mut self.marks)?;
                self.later(Doing::Run(run));
            }
            Effect::Apply { no: _, component, batch } => {
                self.checker.registry.apply(&batch, &mut self.marks)?;
                self.later(Doing::Apply(component, batch));
            }
            Effect::Stop(no, of) => self.stop(|gone, stopped| (gone, stopped) == (no, of)),
            Effect::StopAll(no) => self.stop(|gone, _| gone == no),
            Effect::Commit(no, batch) => self.later(Doing::Write(no, batch)),
            Effect::Reply(to, reply) => {
                let (store, checker) = (&self.store, &mut self.checker);
                match self.clients.answer(store, checker, to, &reply, &mut self.marks)? {
                    Next::StartAgain(id) if self.insisted.contains_key(&id) => self.start_again(id),
                    Next::Talk(signal) => self.talk_on(signal),
                    Next::Heard(seq, true) => self.message_done(seq),
                    Next::Heard(seq, false) => self.message_again(seq),
                    Next::StartAgain(_) | Next::Nothing => {}
                }
            }
            Effect::Forget(no) => {
                self.sessions.remove(&no);
            }
            Effect::Hold { id, held } => {
                edge::check(&held)?;
                let chain = self.store.find(&id);
                self.checker.hold(&self.native, id, chain, held, &mut self.marks)?;
            }
            Effect::Release(id) => self.checker.release(&id, &mut self.marks),
            Effect::Warn(id, warning) => return Err(format!("{id}: {warning}, and programs are small")),
            // The registry sees in which batch what failed.
            Effect::SignalFailed { .. } => self.marks.hit(Mark::SignalFailed),
            Effect::Lost(what) => return Err(format!("{what} is lost")),
            Effect::BadLetter(why) => return Err(format!("letters are not damaged here: {why}")),
        }
        Ok(())
    }

    /// An attempt whose input cannot be had waits until it can.
    fn run_task(&mut self, mut run: Box<TaskRun>) -> Checked {
        if let Err(held) = edge::fetch(&self.blobs, [&mut run.input]) {
            edge::check(&held)?;
            self.marks.hit(Mark::TaskWaitsForBlob);
            let (at, chance) = (self.at + RETRY_MS, self.rng.number());
            self.queue.push(at, chance, Happening::Host(Doing::Run(run)));
            return Ok(());
        }
        let (no, of) = (run.no, run.of);
        let done = || Input::TaskDone { no, of, outcome: activity(&run.input.shown(), of.attempt) };
        self.later(Doing::Tell(done()));
        if self.is_faulty() && self.rng.happens(self.profile.duplicate) {
            self.later(Doing::Tell(done()));
        }
        Ok(())
    }

    fn apply(&mut self, before: Option<ComponentDigest>, mut batch: EntityBatch) -> Applied {
        if let Err(held) = edge::fetch(&self.blobs, batch.payloads_mut()) {
            return Applied::Held(held);
        }
        let is_served = self.native.serving_entity(&batch.id).is_some();
        if is_served && self.is_faulty() && self.rng.happens(self.profile.holds) {
            return Applied::Held(Held::Unavailable("it is shaky: the simulation says so".to_owned()));
        }
        self.native.apply(before, &batch)
    }

    /// Stops attempts; their results may be on their way already.
    fn stop(&mut self, is_it: impl Fn(InstanceNo, Attempted) -> bool) {
        let rng = &mut self.rng;
        self.queue.retain(|doing| match doing {
            Doing::Tell(Input::TaskDone { no, of, .. }) if is_it(*no, *of) => rng.happens(500),
            Doing::Run(run) if is_it(run.no, run.of) => rng.happens(500),
            _ => true,
        });
    }

    pub(super) fn go_on(&mut self, doing: Doing) -> Checked {
        match doing {
            Doing::Tell(input) => return self.handle(input),
            Doing::ReadHead(key, load, depth) => self.read_head(key, load, depth),
            Doing::ReadHistory(key, load, head) => {
                let found = self.read_history(head);
                self.later(Doing::Tell(Input::Loaded { key, load, found }));
            }
            Doing::Play(no, work) => {
                let played = self.play(no, work);
                self.later(Doing::Tell(Input::Played { no, played }));
            }
            Doing::Apply(component, batch) => {
                let id = batch.id.clone();
                let applied = self.apply(component, *batch);
                self.later(Doing::Tell(Input::Applied { id, applied }));
            }
            Doing::Run(run) => return self.run_task(run),
            Doing::Write(no, batch) => match self.store.space() {
                Space::Full => {
                    self.marks.hit(Mark::CommitRefused);
                    if batch.heads.iter().any(|head| head.id.is_entity()) {
                        self.marks.hit(Mark::EntityRefused);
                    }
                    self.later(Doing::Tell(Input::Refused(no)));
                }
                Space::Left => {
                    self.write(&batch)?;
                    self.later(Doing::Tell(Input::Committed(no)));
                }
            },
        }
        Ok(())
    }

    fn write(&mut self, batch: &Batch) -> Checked {
        self.checker.batch(&self.native, &self.store, batch, &mut self.marks)?;
        self.stats.commits += 1;
        if let Some((by, blob)) = batch.blobs.iter().find(|(_, blob)| !self.blobs.has(*blob)) {
            return Err(format!("{by:?} refers to {blob}, which was swept"));
        }
        self.store.commit(batch).map_err(|error| error.to_string())
    }

    fn note(&mut self, input: &Input) -> Checked {
        match input {
            Input::Played { no, .. } => self.checker.played(*no),
            Input::Applied { id, applied } => self.checker.registry.applied(id, applied)?,
            Input::Loaded { found: Found::Instance { head, state: State::Live(_) }, .. } => {
                self.seen.insert(head.no);
            }
            Input::TaskDone { no, of, .. } => {
                let Some(ledger) = self.checker.ledger(*no) else { return Ok(()) };
                let Some(open) = ledger.tasks.get(&of.task) else { return Ok(()) };
                if ledger.ended.is_some() {
                    self.marks.hit(Mark::TaskOfEndedInstance);
                } else if matches!(open.fate, Fate::Answered(_)) {
                    self.marks.hit(Mark::DuplicateDropped);
                } else if open.attempt > of.attempt {
                    self.marks.hit(Mark::LateAttemptDropped);
                }
            }
            Input::Request { op: Op::Terminate { id, .. }, .. } => {
                let Some(no) = self.store.find(id).map(|chain| chain.head.no) else { return Ok(()) };
                if self.checker.is_playing(no) {
                    self.marks.hit(Mark::TerminatedWhilePlaying);
                }
                if self.checker.held(id).is_some() {
                    self.marks.hit(Mark::TerminatedHeld);
                }
                if self.checker.ledger(no).is_some_and(|ledger| ledger.gate == Gate::Closed) {
                    self.marks.hit(Mark::TerminatedSuspended);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
