//! The world of a scenario: one partition, driven on one thread in a time that is skipped.
//!
//! It feeds the partition of the kernel and carries its effects out, as the driver of a host does, but at once and in order:
//! what a guest answers is there at the moment at which it was asked, unless the scenario says how long that takes. When
//! nothing more can happen at a moment, time goes on to the next one at which something is due. It does not know what is
//! expected, and decides nothing about an instance.
//!
//! Invariants:
//! * An input is taken in only when the effects of the one before have been carried out, and what was decided is committed
//!   only when no input is left: as in a host, all results of one moment are few commits.
//! * The partition hears that a batch is durable after the store has it, and not before; so no activity runs, and nobody is
//!   answered, before the commit that caused it.
//! * Time never goes back. What is due at the same moment as something that comes from outside is first.
//! * All that happens follows from the scenario and the components: two worlds of the same scenario are equal, whether their
//!   sessions stay or go, or the component is not deterministic.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kernel::limits::{SCENARIO_TIME_MAX_MS, SCENARIO_TURNS_MAX_COUNT};
use kernel::model::{
    Entity, EntityState, EventName, FunctionKind, InstanceId, InstanceNo, LogLine, Millis, Raised, Reach, StartSpec,
    Timestamp,
};
use kernel::partition::{Effect, Input, NewId, NewInstance, Op, Partition, Reply, ReplyTo, TaskRun};

use super::answers::{Script, Tape};
use super::file::{Answer, Event, Operation, Says, Scenario};
use super::run::Run;
use super::stage::{Stage, timed_out, timeout};
use super::store::Store;
use super::trouble::{Of, Trouble};
use super::words::Length;
use crate::egress;

/// What is left of a session when its next turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// It is kept.
    Warm,
    /// It is dropped, and the history is replayed.
    Cold,
}

/// Everything that there is while a scenario is played.
pub struct World<'a, S: Stage> {
    pub(super) stage: &'a S,
    pub(super) scenario: &'a Scenario,
    pub(super) memory: Memory,
    pub(super) script: Script<'a>,
    pub(super) store: Store,
    partition: Partition,
    pub(super) sessions: BTreeMap<InstanceNo, (u32, S::Session)>,
    pub(super) actors: BTreeMap<InstanceNo, (kernel::model::ComponentDigest, S::Actor)>,
    /// Children that the scenario answers for: no guest plays them.
    pub(super) answered: BTreeSet<InstanceNo>,
    /// The external events that instances wait for.
    pub(super) waits: BTreeMap<InstanceId, Vec<EventName>>,
    pub(super) logs: Vec<LogLine>,
    notes: Vec<String>,
    now: Timestamp,
    inbox: VecDeque<Input>,
    later: BTreeMap<(Timestamp, u64), Later<'a>>,
    /// How often something was put off, so that what is due at the same moment happens in the order in which it was asked for.
    put_off: u64,
    /// What was asked of the partition from outside, beside the start.
    asked: Vec<Act<'a>>,
    turns: usize,
    /// How often time went on.
    moments: usize,
}

/// Something that happens at a later moment.
enum Later<'a> {
    Tell(Box<Input>),
    Ask(Act<'a>),
}

/// What comes from outside.
#[derive(Clone, Copy)]
enum Act<'a> {
    Raise(&'a Event),
    Suspend(&'a Operation),
    Resume(&'a Operation),
    Terminate(&'a Operation),
}

const START: ReplyTo = ReplyTo(0);

/// Plays a scenario to its end, and tells what came of it, and what was wrong with it if anything was.
pub fn play<'a, S: Stage>(
    stage: &'a S,
    scenario: &'a Scenario,
    memory: Memory,
    tape: Tape,
) -> (World<'a, S>, Result<(), Trouble>) {
    let mut world = World::new(stage, scenario, memory, tape);
    let played = world.begin().and_then(|()| world.live());
    (world, played)
}

impl<'a, S: Stage> World<'a, S> {
    fn new(stage: &'a S, scenario: &'a Scenario, memory: Memory, tape: Tape) -> Self {
        let now = scenario.start.0;
        let entities = scenario.entities.iter().map(|(id, state)| {
            let state = Some(EntityState { data: state.0.clone(), version: 0 });
            Entity { state, ..Entity::new(id.clone(), now) }
        });
        let (store, recovery) = Store::with(entities);
        // Nothing is under way in a store that has entities only.
        let partition = Partition::recover(recovery, now, &mut Vec::new());
        Self {
            stage,
            scenario,
            memory,
            script: Script::new(scenario, tape),
            store,
            partition,
            sessions: BTreeMap::new(),
            actors: BTreeMap::new(),
            answered: BTreeSet::new(),
            waits: BTreeMap::new(),
            logs: Vec::new(),
            notes: Vec::new(),
            now,
            inbox: VecDeque::new(),
            later: BTreeMap::new(),
            put_off: 0,
            asked: Vec::new(),
            turns: 0,
            moments: 0,
        }
    }

    /// Plans all that comes from outside.
    fn begin(&mut self) -> Result<(), Trouble> {
        let Scenario { orchestrator, instance, input, version, tags, seed, start, .. } = self.scenario;
        let component = self.stage.cast().serving(FunctionKind::Orchestrator, orchestrator);
        let component = component.ok_or_else(|| Trouble::NoOrchestrator {
            name: orchestrator.clone(),
            known: self.stage.cast().names(FunctionKind::Orchestrator),
        })?;
        let spec = StartSpec {
            name: orchestrator.clone(),
            input: input.0.clone(),
            version: version.clone(),
            tags: tags.clone(),
            trace: None,
            start_at: None,
            parent: None,
        };
        let new = NewInstance { id: NewId::Given(instance.clone()), component, seed: *seed, spec };
        self.inbox.push_back(Input::Deployed(self.stage.cast().journaled()));
        self.inbox.push_back(Input::Request { reply: START, op: Op::Start { new: Box::new(new), watch: None } });
        let Scenario { events, suspend, resume, terminate, .. } = self.scenario;
        let operations = suspend.iter().map(|it| (it.at, Act::Suspend(it)));
        let operations = operations.chain(resume.iter().map(|it| (it.at, Act::Resume(it))));
        let operations = operations.chain(terminate.iter().map(|it| (it.at, Act::Terminate(it))));
        for (at, act) in events.iter().map(|it| (it.at, Act::Raise(it))).chain(operations) {
            self.later(start.0 + at.0, Later::Ask(act));
        }
        Ok(())
    }

    fn live(&mut self) -> Result<(), Trouble> {
        loop {
            let mut effects = Vec::new();
            let input = self.inbox.pop_front();
            let is_quiet = input.is_none();
            match input {
                Some(input) => self.partition.handle(self.now, input, &mut effects),
                None => self.partition.flush(self.now, &mut effects),
            }
            if is_quiet && effects.is_empty() && !self.go_on()? {
                return Ok(());
            }
            for effect in effects {
                self.carry_out(effect)?;
            }
        }
    }

    /// Lets time go on to the next moment at which something happens. Gives back whether there is one.
    fn go_on(&mut self) -> Result<bool, Trouble> {
        let is_planned = self.later.values().any(|later| matches!(later, Later::Ask(_)));
        if self.has_ended() && !is_planned {
            return Ok(false);
        }
        let wake = self.partition.wake_at();
        let next = self.later.first_key_value().map(|((at, _), _)| *at);
        let Some(at) = wake.into_iter().chain(next).min() else { return self.stuck().map(|()| false) };
        let start = self.scenario.start.0;
        if let Some(Length(until)) = self.scenario.until
            && at > start + until
        {
            self.now = self.now.max(start + until);
            return Ok(false);
        }
        self.now = self.now.max(at);
        self.moments += 1;
        if self.elapsed() > Millis(SCENARIO_TIME_MAX_MS) {
            return Err(Trouble::TooLong(Length(self.elapsed())));
        }
        self.check_turns()?;
        if wake == Some(at) {
            self.inbox.push_back(Input::Tick);
        } else if let Some((_, later)) = self.later.pop_first() {
            self.happen(later);
        }
        Ok(true)
    }

    /// Nothing more can happen; that is an end if the scenario expects none.
    fn stuck(&self) -> Result<(), Trouble> {
        if self.scenario.until.is_some() || !self.scenario.expect.status().is_terminal() {
            return Ok(());
        }
        let names = |names: &Vec<EventName>| names.iter().map(EventName::as_str).collect::<Vec<_>>().join(", ");
        let waits = self.waits.iter().filter(|(_, events)| !events.is_empty());
        let waits = waits.map(|(id, events)| format!("{id} waits for the event {}", names(events))).collect::<Vec<_>>();
        let standing = || {
            let status = self.store.find(&self.scenario.instance).map(|chain| chain.head.status);
            format!("it is {}", status.map_or("not there", |status| status.as_str()))
        };
        Err(Trouble::Stuck(if waits.is_empty() { standing() } else { waits.join("; ") }))
    }

    /// Counts a turn that is about to be played, or a batch.
    pub(super) fn count_turn(&mut self) -> Result<(), Trouble> {
        self.check_turns()?;
        self.turns += 1;
        Ok(())
    }

    fn check_turns(&self) -> Result<(), Trouble> {
        if self.turns.max(self.moments) < SCENARIO_TURNS_MAX_COUNT {
            return Ok(());
        }
        Err(Trouble::TooManyTurns { turns: self.turns, at: Length(self.elapsed()) })
    }

    fn elapsed(&self) -> Millis {
        self.now.since(self.scenario.start.0)
    }

    fn has_ended(&self) -> bool {
        self.store.find(&self.scenario.instance).is_some_and(|chain| chain.head.status.is_terminal())
    }

    fn happen(&mut self, later: Later<'a>) {
        let act = match later {
            Later::Tell(input) => return self.inbox.push_back(*input),
            Later::Ask(act) => act,
        };
        let id = act.whom(self.scenario).clone();
        let op = match act {
            Act::Raise(Event { name, data, .. }) => {
                Op::Raise { id, event: Raised { name: name.clone(), input: data.0.clone() } }
            }
            Act::Suspend(Operation { reason, .. }) => Op::Suspend { id, reason: reason.0.clone() },
            Act::Resume(Operation { reason, .. }) => Op::Resume { id, reason: reason.0.clone() },
            Act::Terminate(Operation { reason, .. }) => {
                Op::Terminate { id, reason: reason.0.clone(), reach: Reach::Children }
            }
        };
        self.asked.push(act);
        self.inbox.push_back(Input::Request { reply: ReplyTo(self.asked.len() as u64), op });
    }

    fn later(&mut self, at: Timestamp, later: Later<'a>) {
        self.put_off += 1;
        self.later.insert((at, self.put_off), later);
    }

    /// Lets the partition hear something after a while.
    fn tell(&mut self, after: Length, input: Input) {
        match after.0 {
            Millis(0) => self.inbox.push_back(input),
            length => self.later(self.now + length, Later::Tell(Box::new(input))),
        }
    }

    fn carry_out(&mut self, effect: Effect) -> Result<(), Trouble> {
        match effect {
            Effect::Load(key, load, depth) => {
                let found = self.store.load(&key, depth);
                self.inbox.push_back(Input::Loaded { key, load, found });
            }
            Effect::Play { no, work } => {
                let (after, played) = self.play(no, work)?;
                self.tell(after, Input::Played { no, played });
            }
            Effect::Apply { no, component, batch } => {
                let id = batch.id.clone();
                let applied = self.apply(no, component, *batch)?;
                self.inbox.push_back(Input::Applied { id, applied });
            }
            Effect::Run(run) => self.run_task(&run)?,
            Effect::Commit(no, batch) => {
                self.store.commit(&batch);
                self.inbox.push_back(Input::Committed(no));
            }
            Effect::Reply(to, reply) => return self.told(to, reply),
            Effect::Forget(no) => {
                self.sessions.remove(&no);
                self.actors.remove(&no);
            }
            Effect::Hold { id, held } => return Err(Trouble::Held { id, held }),
            // What an activity answers that was told to stop comes to nothing.
            Effect::Stop(..) | Effect::StopAll(_) | Effect::Release(_) => {}
            Effect::Warn(id, warning) => self.notes.push(format!("{id} comes close to a limit: {warning}")),
            Effect::SignalFailed { id, failed } => {
                self.notes.push(format!("signal {} of {id} failed: {}", failed.name, failed.failure));
            }
            Effect::Lost(what) => self.notes.push(what),
            Effect::BadLetter(why) => unreachable!("letters are not kept from one world to the next: {why}"),
        }
        Ok(())
    }

    fn run_task(&mut self, run: &TaskRun) -> Result<(), Trouble> {
        let answer = self.script.next(Of::Activity, &run.name, &run.input)?;
        let Some(Answer { after, says, .. }) = answer else { unreachable!("an activity has an answer or a trouble") };
        let outcome = match says {
            Says::Output(output) => Ok(output.0.clone()),
            Says::Failure(failure) => Err(failure.clone()),
            Says::Real if run.name.as_str() == egress::ACTIVITY => return Err(Trouble::NotRun(run.name.clone())),
            Says::Real => {
                let key = (run.instance.clone(), run.of);
                let (stage, now) = (self.stage, self.now);
                self.script.tape.entry(key).or_insert_with(|| stage.run(run, now)).clone()
            }
        };
        let limit = timeout(run);
        let (after, outcome) = match after.0 > limit {
            true => (Length(limit), Err(timed_out(run, limit))),
            false => (*after, outcome),
        };
        self.tell(after, Input::TaskDone { no: run.no, of: run.of, outcome });
        Ok(())
    }

    /// Sees to it that what came from outside found whom it was for.
    fn told(&mut self, to: ReplyTo, reply: Reply) -> Result<(), Trouble> {
        let act = usize::try_from(to.0).ok().and_then(|number| self.asked.get(number.checked_sub(1)?));
        let status = match reply {
            Reply::Started(_) | Reply::Done | Reply::Ended(_) => return Ok(()),
            Reply::NotFound => None,
            Reply::AlreadyEnded(status) => Some(status),
            reply => return Err(Trouble::Refused(format!("{reply:?}"))),
        };
        let Some(act) = act else { return Err(Trouble::Refused("it is gone".to_owned())) };
        let id = act.whom(self.scenario).clone();
        Err(Trouble::Nobody { what: act.to_string(), at: act.at(), id, status })
    }

    /// What came of it.
    pub fn outcome(self) -> Run {
        let elapsed = self.elapsed();
        Run::of(self.store, self.scenario, elapsed, self.turns, self.logs, self.notes)
    }
}

impl Act<'_> {
    fn whom<'b>(&'b self, scenario: &'b Scenario) -> &'b InstanceId {
        match self {
            Self::Raise(Event { to: Some(to), .. }) => to,
            Self::Raise(_) | Self::Suspend(_) | Self::Resume(_) | Self::Terminate(_) => &scenario.instance,
        }
    }

    fn at(&self) -> Length {
        match self {
            Self::Raise(Event { at, .. }) => *at,
            Self::Suspend(it) | Self::Resume(it) | Self::Terminate(it) => it.at,
        }
    }
}

impl std::fmt::Display for Act<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Raise(Event { name, .. }) => write!(f, "the event {name}"),
            Self::Suspend(_) => f.write_str("the suspension"),
            Self::Resume(_) => f.write_str("the resumption"),
            Self::Terminate(_) => f.write_str("the termination"),
        }
    }
}
