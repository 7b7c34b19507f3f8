//! One simulation: its clock, its loop, and how it comes to an end.
//!
//! Time is that of the queue and never goes back. The wall clock runs beside it and may jump; the partition is told a time
//! that jumps ahead with it and goes on by itself when it is set back, as that of the real driver.

use std::collections::{BTreeMap, BTreeSet};

use kernel::model::{Ended, EntityId, InstanceId, InstanceNo, Millis, Reach, Timestamp};
use kernel::partition::{Input, Partition};
use kernel::port::Recovery;

use super::blobs::{Blobs, Library};
use super::checker::Checker;
use super::clients::Clients;
use super::component::{Availability, Home};
use super::fault::Profile;
use super::guest::Guest;
use super::ledger::{Checked, Ledger};
use super::linear::History;
use super::marks::{Mark, Marks};
use super::native::Native;
use super::outside::Messages;
use super::program::{EVENTS_COUNT, Kind, Program};
use super::queue::{Act, Chosen, Curious, Happening, Queue, Request, Start, Whom};
use super::rng::Rng;
use super::store::{MemStore, Space};
use super::trace::Trace;

/// When faults stop, in milliseconds from the begin.
pub(super) const FAULTS_END_MS: u64 = 20_000;
/// More steps than any simulation needs: one that takes more turns in circles.
const STEPS_MAX_COUNT: u64 = 200_000;
/// How late a commit may be begun because there is more to take in.
const CROWD_MS: u64 = 1_500;
/// What the wall clock shows at the begin.
const EPOCH_MS: u64 = 1_000_000_000_000;

/// How much happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Inputs of the partition.
    pub steps: u64,
    /// Effects of the partition.
    pub effects: u64,
    /// Batches that became durable.
    pub commits: u64,
    /// Turns that were played.
    pub turns: u64,
    /// Crashes of the host.
    pub crashes: u64,
}

/// A world with one host in it.
#[derive(Debug)]
pub struct Sim {
    pub(super) rng: Rng,
    pub(super) profile: Profile,
    pub(super) native: Native,
    pub(super) store: MemStore,
    pub(super) blobs: Blobs,
    pub(super) partition: Partition,
    pub(super) sessions: BTreeMap<InstanceNo, (u32, Guest)>,
    pub(super) queue: Queue,
    pub(super) checker: Checker,
    pub(super) clients: Clients,
    /// Starts that are asked for again until they are heard: the program, and how long to wait before, in milliseconds.
    pub(super) insisted: BTreeMap<InstanceId, (usize, u64)>,
    /// The messages that were handled, by this host or one before it, and those that are being handled.
    pub(super) messages: Messages,
    /// How many requests gave a reason.
    pub(super) said: u64,
    /// Instances that were in memory in this life of the host.
    pub(super) seen: BTreeSet<InstanceNo>,
    pub(super) marks: Marks,
    pub(super) trace: Trace,
    pub(super) stats: Stats,
    pub(super) at: u64,
    /// What the wall clock showed at the begin, had it always been as it is now.
    wall_at_zero: u64,
    /// The same for the time that the partition is told.
    told_at_zero: u64,
}

/// What became of a simulation.
#[derive(Debug)]
pub struct Report {
    /// Whether all held that must hold.
    pub result: Checked,
    /// The rare paths that were walked.
    pub marks: Marks,
    /// What happened, if anybody wants to read it.
    pub trace: Trace,
    /// How much happened.
    pub stats: Stats,
}

/// Runs one seed: everything follows from it.
pub fn run(seed: u64, trace: Trace) -> Report {
    let mut rng = Rng::new(seed);
    let profile = Profile::any(&mut rng);
    let mut programs: Vec<_> = (0..8).map(|number| Program::any(&mut rng, Kind::Any, number)).collect();
    // Entities start the first one, and who starts what nobody has is told so only in a log.
    if programs[0].home == Home::Late {
        programs[0].home = Home::Solid;
    }
    let mut sim = Sim::new(rng, profile, programs, trace);
    sim.plan();
    let result = sim.live();
    sim.report(result)
}

impl Sim {
    /// A world in which nothing has happened.
    pub fn new(rng: Rng, profile: Profile, programs: Vec<Program>, trace: Trace) -> Self {
        let now = Timestamp(EPOCH_MS);
        let (recovery, library) = (Recovery::default(), Library::default());
        let partition = Partition::recover_with(profile.tuning, recovery, now, &mut Vec::new());
        Self {
            rng,
            profile,
            native: Native::new(programs),
            store: MemStore::default(),
            blobs: Blobs::new(library.clone()),
            partition,
            sessions: BTreeMap::new(),
            queue: Queue::default(),
            checker: Checker::new(library),
            messages: Messages::default(),
            clients: Clients::default(),
            insisted: BTreeMap::new(),
            said: 0,
            seen: BTreeSet::new(),
            marks: Marks::default(),
            trace,
            stats: Stats::default(),
            at: 0,
            wall_at_zero: EPOCH_MS,
            told_at_zero: EPOCH_MS,
        }
    }

    /// Starts an instance of a program now, and again until that is heard.
    pub fn start(&mut self, id: &InstanceId, program: usize) {
        self.insisted.insert(id.clone(), (program, 1));
        let (chosen, curious, ahead) = (Chosen::ByHost, Curious::Yes, None);
        self.plan_act(self.at, Act::Start(Start { id: id.clone(), chosen, program, curious, ahead }));
    }

    /// What became of those that were started, in words that do not depend on the ids of their children.
    pub fn ends(&self) -> BTreeMap<InstanceId, String> {
        let end = |id: &InstanceId| match self.ended(id) {
            Some(Ended::Failed(failure)) => {
                let causes = failure.causes.iter().map(|cause| cause.kind.as_str());
                format!(
                    "failed: {}",
                    std::iter::once(failure.kind.as_str()).chain(causes).collect::<Vec<_>>().join(", ")
                )
            }
            ended => format!("{ended:?}"),
        };
        let status = |id: &InstanceId| self.store.find(id).and_then(|chain| chain.head.custom_status.clone());
        self.insisted.keys().map(|id| (id.clone(), format!("{}, status {:?}", end(id), status(id)))).collect()
    }

    /// The number that each entity has, and that is durable.
    pub fn numbers(&self) -> BTreeMap<EntityId, i64> {
        self.checker.registry.numbers().map(|(id, number)| (id.clone(), number)).collect()
    }

    /// What was seen of entities from outside.
    pub fn history(&self) -> &History {
        &self.checker.registry.history
    }

    /// What entities returned to an instance, in the order of its calls.
    pub fn returned(&self, id: &InstanceId) -> Vec<i64> {
        let ledger = self.store.find(id).and_then(|chain| self.checker.ledger(chain.head.no));
        ledger.map(Ledger::returned).unwrap_or_default()
    }

    /// How an instance ended, if it has and that is durable.
    pub fn ended(&self, id: &InstanceId) -> Option<&Ended> {
        self.checker.ledger(self.store.find(id)?.head.no)?.ended.as_ref()
    }

    /// How much happened so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// What became of it.
    pub fn report(self, result: Checked) -> Report {
        let Self { marks, trace, stats, at, .. } = self;
        let result = result.map_err(|what| format!("at {at} ms: {what}"));
        Report { result, marks, trace, stats }
    }

    pub(super) fn run_out(&mut self) -> Checked {
        loop {
            let wake = self.partition.wake_at().map(|wake| self.at.max(wake.0.saturating_sub(self.told_at_zero)));
            match (self.queue.next_at(), wake) {
                (None, None) => return Ok(()),
                (next, Some(wake)) if next.is_none_or(|next| wake <= next) => {
                    self.at = wake;
                    self.handle(Input::Tick)?;
                }
                (_, _) => self.next()?,
            }
            let soon = self.at + CROWD_MS;
            while self.queue.next_at().is_some_and(|at| at <= soon) && self.rng.happens(self.profile.crowd) {
                self.next()?;
            }
            let mut out = Vec::new();
            let now = self.now();
            self.partition.flush(now, &mut out);
            self.carry_out(out)?;
            self.stats.steps += 1;
            if self.stats.steps > STEPS_MAX_COUNT {
                return Err("it goes on and on".to_owned());
            }
        }
    }

    fn next(&mut self) -> Checked {
        let Some((at, happening)) = self.queue.pop() else { return Ok(()) };
        self.at = self.at.max(at);
        match happening {
            Happening::Host(doing) => self.go_on(doing),
            Happening::World(act) => self.act(act),
        }
    }

    /// The time that the partition is told: it never goes back.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.told_at_zero + self.at)
    }

    /// A new life of the host: it knows nothing of how late it was.
    pub(super) fn begin_life(&mut self) {
        if self.wall_at_zero < self.told_at_zero {
            self.marks.hit(Mark::ClockBehindAfterCrash);
        }
        self.told_at_zero = self.wall_at_zero;
    }

    pub(super) fn shift_wall(&mut self, shift: impl Fn(u64) -> u64) {
        self.marks.hit(Mark::ClockJumped);
        self.wall_at_zero = shift(self.wall_at_zero);
        self.told_at_zero = self.told_at_zero.max(self.wall_at_zero);
    }

    /// Whether faults happen still.
    pub(super) fn is_faulty(&self) -> bool {
        self.at < FAULTS_END_MS
    }

    /// Plans something that the world does.
    pub fn plan_act(&mut self, at: u64, act: Act) {
        let chance = self.rng.number();
        self.queue.push(at, chance, Happening::World(act));
    }

    /// Plans what the world will do, up to the end of faults.
    fn plan(&mut self) {
        let events = self.profile.events.clone();
        for count in 0..events.starts {
            self.plan_start(count, events.starts);
        }
        for (count, requests) in [
            (events.waits, &[Request::Wait] as &[Request]),
            (events.terminates, &[Request::Terminate(Reach::Alone), Request::Terminate(Reach::Children)]),
            (events.raises, &[Request::Raise(0)]),
            (events.gates, &[Request::Suspend, Request::Suspend, Request::Resume]),
            (events.rewinds, &[Request::Rewind]),
            (events.purges, &[Request::Purge]),
        ] {
            for _ in 0..count {
                let request = requests[self.rng.index(requests.len())];
                let whom = match request {
                    Request::Rewind if self.rng.happens(800) => Whom::Failed(self.rng.number()),
                    _ => self.somebody(events.starts),
                };
                let request = match request {
                    Request::Raise(_) => Request::Raise(self.rng.below(EVENTS_COUNT)),
                    other => other,
                };
                self.plan_some(Act::Ask(whom, request));
            }
        }
        self.plan_entities();
        self.plan_faults();
    }

    fn plan_start(&mut self, count: u64, starts: u64) {
        let (id, chosen) = match self.rng.below(3) {
            0 => (format!("made-{count}"), Chosen::ByHost),
            _ => (format!("given-{}", self.rng.below(1 + starts / 2)), Chosen::ByCaller),
        };
        let id = instance_id(&id);
        let program = self.rng.index(self.native.programs().len());
        let curious = if self.rng.happens(400) { Curious::Yes } else { Curious::No };
        let ahead = self.rng.happens(200).then(|| Millis(self.rng.below(3_000)));
        self.plan_some(Act::Start(Start { id, chosen, program, curious, ahead }));
    }

    /// Plans what will go wrong, up to the end of faults.
    pub fn plan_faults(&mut self) {
        let events = self.profile.events.clone();
        for _ in 0..events.full {
            self.plan_while(Act::Space(Space::Full), Act::Space(Space::Left));
        }
        for _ in 0..events.gone {
            self.plan_while(Act::Shake(Availability::Gone), Act::Shake(Availability::There));
        }
        for _ in 0..events.losses {
            let chance = self.rng.number();
            self.plan_while(Act::Lose(chance), Act::Restore);
        }
        for _ in 0..events.sweeps {
            let at = self.rng.below(3 * FAULTS_END_MS);
            self.plan_act(at, Act::Sweep);
        }
        for _ in 0..events.jumps {
            let length = Millis(match self.rng.below(3) {
                0 => self.rng.below(1_000),
                1 => self.rng.below(3_600_000),
                _ => self.rng.below(60 * 24 * 3_600_000),
            });
            let act = if self.rng.happens(500) { Act::Forward(length) } else { Act::Back(length) };
            self.plan_some(act);
        }
        for _ in 0..events.damages {
            self.plan_some(Act::Damage);
        }
        self.plan_act(FAULTS_END_MS, Act::Space(Space::Left));
        self.plan_act(FAULTS_END_MS, Act::Shake(Availability::There));
        self.plan_act(FAULTS_END_MS, Act::Restore);
        self.plan_some(Act::Release);
    }

    fn somebody(&mut self, starts: u64) -> Whom {
        Whom::Named(instance_id(&match self.rng.below(6) {
            0 | 1 => return Whom::Any(self.rng.number()),
            2 => format!("kid-{}", self.rng.below(3)),
            3 => format!("made-{}", self.rng.below(starts)),
            _ => format!("given-{}", self.rng.below(1 + starts / 2)),
        }))
    }

    /// Most of a simulation happens at its begin, where everything meets.
    pub(super) fn plan_some(&mut self, act: Act) {
        let most = if self.rng.happens(700) { FAULTS_END_MS / 20 } else { FAULTS_END_MS };
        let at = self.rng.below(most);
        self.plan_act(at, act);
    }

    fn plan_while(&mut self, begin: Act, end: Act) {
        let at = self.rng.below(FAULTS_END_MS / 2);
        let length = self.rng.below(FAULTS_END_MS / 4);
        self.plan_act(at, begin);
        self.plan_act(at + length, end);
    }
}

/// An id from a text that is one.
pub fn instance_id(text: &str) -> InstanceId {
    InstanceId::parse(text).expect("it is an id")
}
