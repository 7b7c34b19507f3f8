//! Carries out what the partition decides, as the real driver does, but in an order and after delays that the seed
//! chooses, and with crashes in between.

use kernel::codec::{Link, open_history};
use kernel::model::{InstanceNo, StepStatus};
use kernel::orchestration::{Answer, Held, State, replay, restore};
use kernel::partition::{Effect, Found, Input, LoadNo, Op, Partition, Played, TaskRun, Work};
use kernel::port::{Key, ReadError, Reader, Sandbox, Session, Store, TurnFault};

use super::clients::Ask;
use super::fault::{Crash, Pace};
use super::guest::Guest;
use super::ledger::{Checked, Recorded};
use super::marks::Mark;
use super::program::activity;
use super::queue::{Act, Chosen, Curious, Doing, Happening};
use super::store::Space;
use super::trace;
use super::world::Sim;

impl Sim {
    pub(super) fn handle(&mut self, input: Input) -> Checked {
        let at = self.at;
        self.trace.line(|| format!("{at} <- {}", trace::input(&input)));
        self.note(&input);
        let asked = match &input {
            Input::Loaded { key, .. } => Some(key.clone()),
            _ => None,
        };
        let mut out = Vec::new();
        let now = self.now();
        self.partition.handle(now, input, &mut out);
        let again = |effect: &Effect| matches!(effect, Effect::Load(key, _) if asked.as_ref() == Some(key));
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
                Doing::ReadHead(..) | Doing::ReadHistory(..) | Doing::Play(..) | Doing::Tell(_) => {}
            }
        }
        self.sessions.clear();
        self.seen.clear();
        self.checker.crash();
        for ask in self.clients.crash() {
            if let Ask::Start { id, .. } = ask
                && self.rng.happens(500)
            {
                // Who does not know whether a start was heard asks again.
                let program = self.rng.index(self.native.programs().len());
                let later = self.at + self.delay();
                self.plan_act(later, Act::Start { id, chosen: Chosen::ByCaller, program, curious: Curious::No });
            }
        }
        self.begin_life();
        self.checker.promises(&self.store)?;
        let recovery = self.store.recover()?;
        let mut out = Vec::new();
        let now = self.now();
        self.partition = Partition::recover_with(self.profile.tuning, recovery, now, &mut out);
        self.carry_out(out)
    }

    pub(super) fn delay(&mut self) -> u64 {
        match self.profile.pace {
            Pace::Even => 1,
            Pace::Uneven => self.rng.delay_ms(),
        }
    }

    fn later(&mut self, doing: Doing) {
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
            Effect::Load(key, load) => {
                if let Key::No(no) = &key
                    && self.seen.contains(no)
                {
                    self.marks.hit(Mark::EvictedWoken);
                }
                self.later(Doing::ReadHead(key, load));
            }
            Effect::Play { no, work } => {
                self.checker.play(no)?;
                self.seen.insert(no);
                self.later(Doing::Play(no, work));
            }
            Effect::Run(run) => {
                let now = self.now();
                self.checker.run(&run, now, &mut self.marks)?;
                self.run_task(&run);
            }
            Effect::Cancel(no) => {
                // A result may be on its way already.
                let (rng, gone) = (&mut self.rng, no);
                self.queue.retain(|doing| match doing {
                    Doing::Tell(Input::TaskDone { no, .. }) if *no == gone => rng.happens(500),
                    _ => true,
                });
            }
            Effect::Commit(no, batch) => self.later(Doing::Write(no, batch)),
            Effect::Reply(to, reply) => {
                self.clients.answer(&self.store, &mut self.checker, to, &reply, &mut self.marks)?;
            }
            Effect::Forget(no) => {
                self.sessions.remove(&no);
            }
            Effect::Hold { id, held } => {
                let chain = self.store.find(&id).ok_or_else(|| format!("{id} is held and is not durable"))?;
                self.checker.hold(&self.native, chain, held, &mut self.marks)?;
            }
            Effect::Release(id) => self.checker.release(&id),
        }
        Ok(())
    }

    fn run_task(&mut self, run: &TaskRun) {
        let (no, task, attempt) = (run.no, run.task, run.attempt);
        let done = || Input::TaskDone { no, task, attempt, outcome: activity(&run.input, attempt) };
        self.later(Doing::Tell(done()));
        if self.is_faulty() && self.rng.happens(self.profile.duplicate) {
            self.later(Doing::Tell(done()));
        }
    }

    pub(super) fn go_on(&mut self, doing: Doing) -> Checked {
        match doing {
            Doing::Tell(input) => return self.handle(input),
            Doing::ReadHead(key, load) => self.read_head(key, load),
            Doing::ReadHistory(key, load, head) => {
                let found = if self.is_unreadable() {
                    Found::Unreadable("the simulation says so".to_owned())
                } else {
                    self.read_history(head)
                };
                self.later(Doing::Tell(Input::Loaded { key, load, found }));
            }
            Doing::Play(no, work) => {
                let played = self.play(no, work).map_or_else(Played::Held, Played::Answer);
                self.later(Doing::Tell(Input::Played { no, played }));
            }
            Doing::Write(no, batch) => match self.store.space() {
                Space::Full => {
                    self.marks.hit(Mark::CommitRefused);
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

    fn write(&mut self, batch: &kernel::port::Batch) -> Checked {
        self.checker.batch(&self.store, batch, &mut self.marks)?;
        self.stats.commits += 1;
        self.store.commit(batch).map_err(|error| error.to_string())
    }

    fn is_unreadable(&mut self) -> bool {
        let unreadable = self.is_faulty() && self.rng.happens(self.profile.unreadable);
        if unreadable {
            self.marks.hit(Mark::LoadUnreadable);
        }
        unreadable
    }

    fn read_head(&mut self, key: Key, load: LoadNo) {
        if self.is_unreadable() {
            let found = Found::Unreadable("the simulation says so".to_owned());
            return self.later(Doing::Tell(Input::Loaded { key, load, found }));
        }
        let found = match self.store.head(&key) {
            Ok(None) => Found::Nothing,
            Ok(Some(head)) if head.status.is_terminal() => {
                let state = State::Ended(head.status);
                Found::Instance { head: Box::new(head), state }
            }
            Ok(Some(head)) => return self.later(Doing::ReadHistory(key, load, Box::new(head))),
            Err(error) => Found::Unreadable(error.to_string()),
        };
        self.later(Doing::Tell(Input::Loaded { key, load, found }));
    }

    fn read_history(&self, head: Box<kernel::model::Head>) -> Found {
        let rows = match self.store.history(head.no, head.last) {
            Ok(rows) => rows,
            Err(ReadError::Damaged(damage)) => return Found::Damaged { head, damage },
            Err(ReadError::Failed(why)) => return Found::Unreadable(why),
        };
        match restore(head.no, Link { seq: head.last, sum: head.sum }, &rows) {
            Ok(restored) => Found::Instance { head: Box::new(restored.head), state: restored.state },
            Err(damage) => Found::Damaged { head, damage },
        }
    }

    fn play(&mut self, no: InstanceNo, work: Work) -> Result<Answer, Held> {
        self.stats.turns += 1;
        let (turns, played) = match work {
            Work::First { component, start } => (1, self.native.open(component, &start)),
            Work::Next { turns, last, sum, turn, .. } => {
                if turn.events.len() > 1 {
                    self.marks.hit(Mark::ManyResultsOneTurn);
                }
                let at = Link { seq: last, sum };
                let mut session = self.session(no, turns, at)?;
                let played = session.advance(&[turn]).map(|step| (session, step));
                (turns + 1, played)
            }
        };
        match played {
            Ok((session, step)) => {
                if step.status == StepStatus::Waiting {
                    self.sessions.insert(no, (turns, session));
                }
                Ok(Answer::Step(step))
            }
            Err(TurnFault::Guest(failure)) => {
                self.marks.hit(Mark::TurnFaulted);
                Ok(Answer::Fault(failure))
            }
            Err(TurnFault::Unavailable(why)) => Err(Held::Unavailable(why)),
        }
    }

    /// A session that has played so many turns: the warm one, unless chance took it.
    fn session(&mut self, no: InstanceNo, turns: u32, at: Link) -> Result<Guest, Held> {
        let warm = self.sessions.remove(&no).filter(|(played, _)| *played == turns);
        if let Some((_, session)) = warm
            && !self.rng.happens(self.profile.cold)
        {
            self.marks.hit(Mark::WarmTurn);
            return Ok(session);
        }
        self.marks.hit(Mark::ColdReplay);
        if self.is_unreadable() {
            return Err(Held::Unavailable("its history could not be read: the simulation says so".to_owned()));
        }
        let rows = self.store.history(no, at.seq).map_err(|error| match error {
            ReadError::Damaged(damage) => Held::Damaged(damage),
            ReadError::Failed(why) => Held::Unavailable(format!("its history could not be read: {why}")),
        })?;
        let records = open_history(no, at, &rows).map_err(Held::Damaged)?;
        let session = replay(&self.native, &records)?;
        self.checker.replayed(&self.native, no);
        Ok(session)
    }

    fn note(&mut self, input: &Input) {
        match input {
            Input::Played { no, .. } => self.checker.played(*no),
            Input::Loaded { found: Found::Instance { head, state: State::Live(_) }, .. } => {
                self.seen.insert(head.no);
            }
            Input::TaskDone { no, task, attempt, .. } => {
                let Some(ledger) = self.checker.ledger(*no) else { return };
                let Some(open) = ledger.tasks.get(task) else { return };
                if ledger.ended.is_some() {
                    self.marks.hit(Mark::TaskOfEndedInstance);
                } else if open.result == Recorded::Yes {
                    self.marks.hit(Mark::DuplicateDropped);
                } else if open.attempt > *attempt {
                    self.marks.hit(Mark::LateAttemptDropped);
                }
            }
            Input::Request { op: Op::Terminate { id, .. }, .. } => {
                let no = self.store.find(id).map(|chain| chain.head.no);
                if no.is_some_and(|no| self.checker.is_playing(no)) {
                    self.marks.hit(Mark::TerminatedWhilePlaying);
                }
                if self.checker.held(id).is_some() {
                    self.marks.hit(Mark::TerminatedHeld);
                }
            }
            _ => {}
        }
    }
}
