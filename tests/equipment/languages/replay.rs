//! Random schedules, and the replay rule: the same decisions however the turns are dealt out to calls and sessions.

use anyhow::{Context, Result, bail, ensure};
use kernel::model::{
    ComponentDigest, Execution, FunctionName, InstanceId, Payload, Play, Raised, Start, Step, StepStatus, Tags,
    Timestamp, Turn,
};
use kernel::port::{Sandbox as _, Session as _, TurnFault};
use sandbox::Sandbox;
use serde_json::Value;

use super::outside::{Outside, payload};
use super::plan::{self, Plans};
use super::{Stage, told};
use crate::sim::rng::Rng;

/// More than any plan needs.
const TURNS_MAX_COUNT: usize = 2_000;
const YEAR_2026: Timestamp = Timestamp(1_767_225_600_000);

/// One execution: what it was given, and what it did.
#[derive(Debug, Clone)]
struct Life {
    start: Start,
    turns: Vec<Turn>,
    left: Left,
}

/// All that leaves a session, however it was driven.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Left {
    decisions: Vec<String>,
    status: String,
    custom_status: Option<String>,
}

/// Plays one random plan under one random schedule, replays it in every way, and tells what was decided.
///
/// # Errors
/// The guest breaks the contract, or a replay differs.
pub fn check(stage: &Stage, component: ComponentDigest, plans: Plans, seed: u64) -> Result<String> {
    let mut rng = Rng::new(seed);
    let plan = plan::plan(&mut rng, plans);
    let lives = play(&stage.before, component, &plan, &mut rng)?;
    for life in &lives {
        replay(stage, component, life, &mut rng).with_context(|| format!("execution {}", life.start.execution.0))?;
    }
    let lines = lives.iter().flat_map(|Life { left, .. }| {
        let shown = left.custom_status.clone().unwrap_or_default();
        left.decisions.iter().cloned().chain([left.status.clone(), shown])
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// The start of an instance in the year 2026.
pub fn start(name: &str, input: Payload, seed: u64) -> Result<Start> {
    Ok(Start {
        name: FunctionName::parse(name)?,
        instance: InstanceId::parse("game-1")?,
        execution: Execution::FIRST,
        version: None,
        parent: None,
        tags: Tags::new([("team".to_owned(), "blue".to_owned())])?,
        now: YEAR_2026,
        seed,
        input,
        play: Play::New,
    })
}

/// Plays all executions of a plan, turn by turn, each in one warm session.
fn play(sandbox: &Sandbox, component: ComponentDigest, plan: &Value, rng: &mut Rng) -> Result<Vec<Life>> {
    let mut start = Start {
        version: rng.happens(300).then(|| "2".to_owned()),
        parent: rng.happens(300).then(|| InstanceId::parse("parent")).transpose()?,
        ..start("dice", payload(plan)?, rng.number())?
    };
    let (mut lives, mut carried) = (Vec::new(), Vec::new());
    loop {
        let (life, end, now) = live(sandbox, component, start.clone(), std::mem::take(&mut carried), rng)
            .with_context(|| format!("execution {} of {plan}", start.execution.0))?;
        lives.push(life);
        let StepStatus::ContinuedAsNew { input, carried: over } = end else { return Ok(lives) };
        carried = over;
        start = Start { execution: start.execution.next(), input, now, seed: rng.number(), ..start };
    }
}

fn live(
    sandbox: &Sandbox,
    component: ComponentDigest,
    start: Start,
    carried: Vec<Raised>,
    rng: &mut Rng,
) -> Result<(Life, StepStatus, Timestamp)> {
    let mut outside = Outside::new(Rng::new(rng.number()), start.now, carried);
    let (mut turns, mut left) = (Vec::new(), Left::nothing());
    let (mut session, mut step) = sandbox.open(component, &start).map_err(fault)?;
    loop {
        left.add(&step);
        let StepStatus::Waiting { events } = &step.status else {
            return Ok((Life { start, turns, left }, step.status, outside.now));
        };
        outside.take(&step.decisions, events);
        let turn = outside.turn().with_context(|| format!("after {}", left.decisions.join("\n")))?;
        step = session.advance(std::slice::from_ref(&turn)).map_err(fault)?;
        turns.push(turn);
        ensure!(turns.len() < TURNS_MAX_COUNT, "it does not end");
    }
}

/// Cold, in groups, with a loss of the session on the way, and event by event.
fn replay(stage: &Stage, component: ComponentDigest, life: &Life, rng: &mut Rng) -> Result<()> {
    let same = |how: &str, left: Left| match left == life.left {
        true => Ok(()),
        false => bail!("{how}, it did\n{left:#?}\nand not\n{:#?}\n{:#?}", life.left, life.turns),
    };
    let whole = life.turns.len();
    let drive = |sandbox: &Sandbox, recorded: usize, calls: &mut dyn FnMut() -> usize| {
        drive(sandbox, component, &life.start, &as_of(&life.turns, recorded), calls)
    };
    same("cold after a restart", drive(&stage.after, whole, &mut || whole)?)?;
    let lost = rng.index(whole + 1);
    let mut first = Some(lost.max(1));
    same("with the session lost", drive(&stage.before, lost, &mut || first.take().unwrap_or(1))?)?;
    same("in groups", drive(&stage.before, 0, &mut || 1 + rng.index(5))?)?;
    let single: Vec<_> = life.turns.iter().flat_map(one_event_each).collect();
    same("event by event", self::drive(&stage.before, component, &life.start, &single, &mut || 1)?)
}

/// Plays an execution in calls of so many turns each.
fn drive(
    sandbox: &Sandbox,
    component: ComponentDigest,
    start: &Start,
    turns: &[Turn],
    calls: &mut dyn FnMut() -> usize,
) -> Result<Left> {
    let play = turns.first().map_or(Play::New, |turn| turn.play);
    let (mut session, step) = sandbox.open(component, &Start { play, ..start.clone() }).map_err(fault)?;
    let mut left = Left::nothing();
    left.add(&step);
    let mut rest = turns;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(calls().clamp(1, rest.len()));
        left.add(&session.advance(now).map_err(fault)?);
        rest = later;
    }
    Ok(left)
}

/// The turns, so many of which were played before.
fn as_of(turns: &[Turn], recorded: usize) -> Vec<Turn> {
    let play = |at| if at < recorded { Play::Again } else { Play::New };
    turns.iter().enumerate().map(|(at, turn)| Turn { play: play(at), ..turn.clone() }).collect()
}

fn one_event_each(turn: &Turn) -> impl Iterator<Item = Turn> {
    turn.events.iter().map(|event| Turn { now: turn.now, play: turn.play, events: vec![event.clone()] })
}

/// A fault as an error of the test.
pub fn fault(fault: TurnFault) -> anyhow::Error {
    anyhow::anyhow!("{fault:?}")
}

impl Left {
    fn nothing() -> Self {
        Self { decisions: Vec::new(), status: String::new(), custom_status: None }
    }

    fn add(&mut self, step: &Step) {
        self.decisions.extend(step.decisions.iter().map(told::decision));
        self.status = told::status(&step.status);
        let shown = step.custom_status.as_ref().map(told::json);
        self.custom_status = shown.or(self.custom_status.take());
    }
}
