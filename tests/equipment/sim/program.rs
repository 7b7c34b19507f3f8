//! What the simulated guests do, as data, and what the simulated activities return.
//!
//! A program is played by [`super::guest`] and, without any engine, by [`super::model`]; neither knows the other.

use kernel::model::{ActivityOptions, ComponentDigest, Failure, FunctionName, Millis, Payload, RetryPolicy};

use super::rng::{Rng, mix};

/// An orchestrator.
#[derive(Debug, Clone)]
pub struct Program {
    /// What it does, one after the other.
    pub steps: Vec<Step>,
    /// What it does then.
    pub end: End,
    /// Whether it can be trusted.
    pub temper: Temper,
    /// The component that it is in.
    pub home: Home,
}

/// One thing that an orchestrator does and awaits.
#[derive(Debug, Clone)]
pub enum Step {
    /// Calls activities and waits for all of them.
    All(Vec<Call>),
    /// Calls an activity and waits for it or for a timer; the loser is cancelled or abandoned.
    Race(Call, Millis),
    /// Sets timers and waits for all of them.
    Sleep(Vec<Millis>),
    /// Sets the custom status to what it knows so far.
    Status,
    /// Draws a number and calls an activity with it.
    Draw(Call),
}

/// A call of an activity.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its input.
    pub value: u64,
    /// How many attempts fail first.
    pub fails: u32,
    /// How they fail.
    pub nature: Nature,
    /// Attempts in all and the wait between them, if it is tried again.
    pub retry: Option<(u32, Millis)>,
    /// What its failure means to the orchestrator.
    pub on_failure: OnFailure,
}

/// How an activity fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// It may be tried again.
    Passing,
    /// Its kind is one that the policy does not retry.
    Declined,
}

/// What a failed activity means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Nothing.
    GoOn,
    /// The orchestrator fails too.
    Fail,
}

/// How an orchestrator ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It returns what it knows.
    Return,
    /// It fails.
    Fail,
    /// It traps.
    Trap,
    /// It waits for something that will never happen.
    Stall,
    /// It decides what the contract does not allow.
    Break,
}

/// Whether an orchestrator decides the same when it is played again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// It does.
    Steady,
    /// It calls its activities with other inputs.
    Fickle,
}

/// The component that a program is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// One that is always there.
    Solid,
    /// One that is sometimes not available.
    Shaky,
}

impl Home {
    /// Its digest.
    pub fn digest(self) -> ComponentDigest {
        match self {
            Self::Solid => ComponentDigest([1; 32]),
            Self::Shaky => ComponentDigest([2; 32]),
        }
    }
}

impl Program {
    /// A sequence of `n` activities.
    pub fn sequence(n: u64) -> Self {
        Self::honest((0..n).map(|value| Step::All(vec![Call::plain(value)])).collect())
    }

    /// `n` activities at once.
    pub fn fan_out(n: u64) -> Self {
        Self::honest(vec![Step::All((0..n).map(Call::plain).collect())])
    }

    /// One timer.
    pub fn sleep(length: Millis) -> Self {
        Self::honest(vec![Step::Sleep(vec![length])])
    }

    /// A program that does these steps and returns.
    pub fn honest(steps: Vec<Step>) -> Self {
        Self { steps, end: End::Return, temper: Temper::Steady, home: Home::Solid }
    }

    /// Any program.
    pub fn any(rng: &mut Rng) -> Self {
        let length = if rng.happens(100) { 12 + rng.below(12) } else { 1 + rng.below(6) };
        let mut races = 0;
        let mut steps = Vec::new();
        for _ in 0..length {
            let step = Step::any(rng);
            races += usize::from(matches!(step, Step::Race(..)));
            // Every race doubles the outcomes that the model allows.
            if races <= 3 || !matches!(step, Step::Race(..)) {
                steps.push(step);
            }
        }
        let end = match rng.below(20) {
            0 => End::Fail,
            1 => End::Trap,
            2 => End::Stall,
            3 => End::Break,
            _ => End::Return,
        };
        let temper = if rng.happens(80) { Temper::Fickle } else { Temper::Steady };
        let home = if rng.happens(250) { Home::Shaky } else { Home::Solid };
        Self { steps, end, temper, home }
    }
}

impl Step {
    fn any(rng: &mut Rng) -> Self {
        match rng.below(12) {
            0..4 => Self::All(vec![Call::any(rng)]),
            4..6 => Self::All((0..2 + rng.below(6)).map(|_| Call::any(rng)).collect()),
            6..8 => Self::Race(Call::any(rng), Millis(rng.below(150))),
            8..10 => {
                let length = |rng: &mut Rng| match rng.below(4) {
                    0 => rng.below(5),
                    1 => rng.below(300),
                    2 => rng.below(8_000),
                    _ => rng.below(20 * 24 * 3_600_000),
                };
                Self::Sleep((0..1 + rng.below(4)).map(|_| Millis(length(rng))).collect())
            }
            10 => Self::Status,
            _ => Self::Draw(Call::any(rng)),
        }
    }
}

impl Call {
    /// A call that succeeds at once.
    pub fn plain(value: u64) -> Self {
        Self { value, fails: 0, nature: Nature::Passing, retry: None, on_failure: OnFailure::Fail }
    }

    fn any(rng: &mut Rng) -> Self {
        if rng.happens(600) {
            return Self::plain(rng.below(1_000));
        }
        Self {
            value: rng.below(1_000),
            fails: u32::try_from(rng.below(4)).expect("it is small"),
            nature: if rng.happens(150) { Nature::Declined } else { Nature::Passing },
            retry: rng.happens(800).then(|| (1 + (rng.number() % 4) as u32, Millis(rng.below(3) * rng.below(400)))),
            on_failure: if rng.happens(500) { OnFailure::GoOn } else { OnFailure::Fail },
        }
    }

    /// The activity's input.
    pub fn input(&self) -> Payload {
        let nature = match self.nature {
            Nature::Passing => 0,
            Nature::Declined => 1,
        };
        Payload::trusted(format!("[{},{},{nature}]", self.value, self.fails).as_bytes())
    }

    /// The activity's options.
    pub fn options(&self) -> ActivityOptions {
        let retry = self.retry.map(|(max_attempts, first_interval)| RetryPolicy {
            max_attempts,
            first_interval,
            coefficient: 2.0,
            max_interval: None,
            retry_timeout: None,
            non_retryable: vec![DECLINED.to_owned()],
        });
        ActivityOptions { retry, timeout: None }
    }
}

const DECLINED: &str = "declined";

/// The activity that all programs call.
pub fn activity_name() -> FunctionName {
    FunctionName::parse("work").expect("it is a name")
}

/// What an attempt of the activity gives: a function of its input and its number, and of nothing else.
pub fn activity(input: &Payload, attempt: u32) -> Result<Payload, Failure> {
    let text = input.as_str().trim_matches(['[', ']']);
    let fields: Vec<u64> = text.split(',').map(|field| field.parse().expect("programs write numbers")).collect();
    let [value, fails, nature] = fields[..] else { panic!("{input:?} is not the input of a call") };
    if u64::from(attempt) > fails {
        return Ok(Payload::trusted(mix(value, 1).to_string().as_bytes()));
    }
    let kind = if nature == 0 { "busy" } else { DECLINED };
    Err(Failure::from_guest(kind.to_owned(), format!("attempt {attempt} of {value}"), None, true))
}
