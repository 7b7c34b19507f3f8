//! A guest that is a program: what it decides follows from what it was told, and from nothing else.
//!
//! Whether its session is kept or dropped between any two turns must then make no difference, whatever happens to the
//! instance: not to its history, and not to whether it can go on.

use kernel::model::{
    ComponentDigest, Event, EventName, Inbound, Millis, Payload, Play, Record, Start, Step, StepStatus, Timestamp, Turn,
};
use kernel::orchestration::{
    Answer, Begun, Finished, Gate, Live, Next, Place, State, begin, component_of, finish, fold, replay, start_of,
};
use kernel::port::{Sandbox, Session, TurnFault};

use crate::dice::Dice;
use crate::manners::Manners;
use crate::turns::{is_waiting, waiting};

const SEEDS: u64 = 400;

/// Where programs are begun.
struct Programs;

/// All that a program knows: a digest of what it was told, and what it has decided.
struct Program {
    told: u64,
    manners: Manners,
}

impl Sandbox for Programs {
    type Session = Program;

    fn open(&self, _component: ComponentDigest, start: &Start) -> Result<(Program, Step), TurnFault> {
        let mut program = Program { told: start.seed, manners: Manners::default() };
        let mut step = waiting();
        program.decide(start.now, &mut step);
        Ok((program, step))
    }
}

impl Session for Program {
    fn advance(&mut self, turns: &[Turn]) -> Result<Step, TurnFault> {
        let mut step = waiting();
        for turn in turns {
            for event in &turn.events {
                if is_waiting(&step) {
                    self.take(turn.now, event, &mut step);
                }
            }
        }
        Ok(step)
    }
}

impl Program {
    fn take(&mut self, now: Timestamp, event: &Inbound, step: &mut Step) {
        let digest = |told: u64, byte: u8| (told ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        self.told = format!("{event:?}").bytes().fold(self.told, digest);
        if let Inbound::TaskCompleted { task, .. } | Inbound::TaskFailed { task, .. } = event {
            self.manners.answered(*task);
        }
        let mut dice = Dice(self.told);
        step.status = match event {
            Inbound::TaskFailed { .. } if dice.one_in(2) => StepStatus::Failed(dice.failure()),
            _ if dice.one_in(60) => StepStatus::Completed(dice.value()),
            _ if dice.one_in(30) => StepStatus::ContinuedAsNew { input: dice.value(), carried: Vec::new() },
            _ => return self.decide(now, step),
        };
    }

    fn decide(&mut self, now: Timestamp, step: &mut Step) {
        let mut dice = Dice(!self.told);
        for _ in 0..dice.below(4) {
            step.decisions.push(dice.decision(now, &mut self.manners));
        }
        let events = vec![EventName::parse("Go").expect("it is a name")];
        step.status = StepStatus::Waiting { events };
    }
}

/// What becomes of a session between two turns.
#[derive(Clone, Copy)]
enum Sessions {
    Kept,
    Dropped,
    Either,
}

struct World {
    dice: Dice,
    sessions: Sessions,
    session: Option<Program>,
    state: State,
    /// The records of the present execution.
    records: Vec<Record>,
    /// Those of all of them.
    history: Vec<Record>,
    rewinds: u32,
}

impl World {
    fn commit(&mut self, finished: Finished) {
        if finished.place == Place::First {
            self.records.clear();
        }
        let plays_on = finished.record.events.iter().any(|event| matches!(event, Event::TurnStarted { .. }));
        if !plays_on || finished.state.ended().is_some() {
            self.session = None;
        }
        self.records.push(finished.record.clone());
        self.history.push(finished.record);
        self.state = finished.state;
    }

    fn turn(&mut self, begun: Begun, place: Place, drop: bool) {
        let answer = match begun.next {
            Next::Nothing => return,
            Next::Record => Answer::None,
            Next::First => {
                let mut events = self.records.iter().flat_map(|record| &record.events).chain(&begun.events).rev();
                let started = events.find_map(|event| if let Event::Started(it) = event { Some(it) } else { None });
                let start = start_of(started.expect("it was started"), begun.at, Play::New);
                let opened = Programs.open(ComponentDigest([0; 32]), &start);
                let (session, step) = opened.expect("a program has no faults");
                self.session = Some(session);
                Answer::Step(step)
            }
            Next::Turn => {
                let turn = Turn { now: begun.at, play: Play::New, events: begun.given.clone() };
                let mut session = self.session.take().filter(|_| !drop).unwrap_or_else(|| self.replayed());
                let step = session.advance(&[turn]).expect("a program has no faults");
                self.session = Some(session);
                Answer::Step(step)
            }
        };
        let state = std::mem::replace(&mut self.state, State::New);
        let finished = finish(state, None, begun, answer).expect("what was begun is never refused");
        if place == Place::Next && finished.only_renews() && self.dice.one_in(2) {
            return self.turn(Begun::renewal(finished.record), Place::First, drop);
        }
        self.commit(if place == Place::First { Finished { place, ..finished } } else { finished });
    }

    fn replayed(&self) -> Program {
        let component = component_of(&self.records).expect("a history has a start");
        match replay(&Programs, component, &self.records) {
            Ok(session) => session,
            Err(held) => panic!("{held}\n{:#?}", self.records),
        }
    }

    fn rewind(&mut self, failed: &Live, now: Timestamp) -> bool {
        let tasks: Vec<_> = failed.rewindable().collect();
        if tasks.is_empty() {
            return false;
        }
        let event = Event::Rewound { reason: Payload::null(), tasks };
        let at = now.max(failed.turn_at);
        let state = fold(self.state.clone(), at, &event).expect("what is rewindable can be rewound");
        self.commit(Finished::rewound(Record { at, events: vec![event] }, state));
        self.rewinds += 1;
        true
    }

    /// Lets something happen. Whether a session is dropped has no part in what.
    fn go_on(&mut self, now: Timestamp) -> bool {
        let drop = match self.sessions {
            Sessions::Kept => false,
            Sessions::Dropped => true,
            Sessions::Either => now.0.is_multiple_of(2),
        };
        match &mut self.state {
            State::Live(live) => {
                live.begin_due_retries(now);
                let gate = if self.dice.one_in(8) { Gate::Closed } else { Gate::Open };
                let begun = begin(live, self.dice.messages(live), gate, now);
                self.turn(begun, Place::Next, drop);
                true
            }
            State::Failed(failed) => {
                let failed = failed.clone();
                self.rewind(&failed, now)
            }
            State::New | State::Ended(_) => false,
        }
    }
}

fn live(seed: u64, sessions: Sessions) -> (Vec<Record>, u32) {
    let (records, history) = (Vec::new(), Vec::new());
    let dice = Dice(seed);
    let mut world = World { dice, sessions, session: None, state: State::New, records, history, rewinds: 0 };
    let mut now = Timestamp(1_000);
    let begun = Begun::start(world.dice.started(), now);
    world.turn(begun, Place::Next, false);
    for _ in 0..80 {
        now = now + Millis(world.dice.below(60));
        if !world.go_on(now) {
            break;
        }
    }
    (world.history, world.rewinds)
}

#[test]
fn a_dropped_session_makes_no_difference() {
    let (mut turns, mut rewinds) = (0, 0);
    for seed in 0..SEEDS {
        let (kept, rewound) = live(seed, Sessions::Kept);
        assert_eq!(live(seed, Sessions::Dropped).0, kept, "seed {seed}: dropped after each turn");
        assert_eq!(live(seed, Sessions::Either).0, kept, "seed {seed}: dropped now and then");
        turns += kept.iter().flat_map(|r| &r.events).filter(|e| matches!(e, Event::TurnStarted { .. })).count();
        rewinds += rewound;
    }
    assert!(turns > 2_000 && rewinds > 20, "{turns} turns and {rewinds} rewinds");
}
