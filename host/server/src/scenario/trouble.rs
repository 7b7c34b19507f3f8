//! What can be wrong with a scenario that has nothing to do with what it expects: the sentences for its author.

use std::fmt;

use kernel::model::{FunctionName, InstanceId, Payload, Status};
use kernel::orchestration::Held;

use super::words::Length;

/// Why a scenario cannot be played to its end, or is not what its author meant.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Trouble {
    /// There is no such orchestrator.
    #[error("no component has an orchestrator {name}; there are: {known}")]
    NoOrchestrator {
        /// What was to be started.
        name: FunctionName,
        /// The names of those that there are.
        known: String,
    },
    /// An activity was asked for that the scenario does not know.
    #[error(
        "activity {name} is asked with {} and has no answer; write one: activities.{name} = {{ output = … }}, or \
         {{ run = true }} to run the deployed one",
        input.shown()
    )]
    NoAnswer {
        /// The activity.
        name: FunctionName,
        /// What it was asked with.
        input: Payload,
    },
    /// The activity that calls HTTP is the host's own.
    #[error("activity {0} is the host's own and calls out; a scenario has to answer it")]
    NotRun(FunctionName),
    /// All answers were given.
    #[error("{of} {name} is asked with {} for the {asked}. time and has no more answers", input.shown())]
    TooFewAnswers {
        /// What it is.
        of: Of,
        /// Its name.
        name: FunctionName,
        /// How often it was asked.
        asked: usize,
        /// What it was asked with.
        input: Payload,
    },
    /// An answer was meant for another question.
    #[error("{of} {name} is asked for the {asked}. time, with {came}; {expected} is expected")]
    WrongInput {
        /// What it is.
        of: Of,
        /// Its name.
        name: FunctionName,
        /// How often it was asked.
        asked: usize,
        /// What it was to be asked with.
        expected: String,
        /// What it was asked with.
        came: String,
    },
    /// Answers were not asked for.
    #[error("{}", unused(*of, name, *asked, *answers))]
    UnusedAnswers {
        /// What it is.
        of: Of,
        /// Its name.
        name: FunctionName,
        /// How often it was asked.
        asked: usize,
        /// How many answers there are.
        answers: usize,
    },
    /// Something was sent to nobody.
    #[error("{what} at {at} is for nobody: {}", nobody(id, *status))]
    Nobody {
        /// What was sent.
        what: String,
        /// When.
        at: Length,
        /// To whom.
        id: InstanceId,
        /// How it had ended, if it had been there.
        status: Option<Status>,
    },
    /// The host would not let the instance go on.
    #[error("{id} is held: {}", explained(held))]
    Held {
        /// Who.
        id: InstanceId,
        /// Why.
        held: Held,
    },
    /// What is recorded and what the code does when it is played again differ.
    #[error("played again from its history, {}", explained(held))]
    Differs {
        /// The explanation of the host.
        held: Held,
    },
    /// Played again with its session dropped, something else came of it although each replay was the same.
    #[error("played again with the session dropped before each turn, something else comes of it:{0}")]
    ColdDiffers(String),
    /// Time went on and on.
    #[error("it has not ended after {0} of its time; say how far to look: until = \"1h\"")]
    TooLong(Length),
    /// There were too many turns.
    #[error("it has not ended after {turns} turns, {at} of its time; say how far to look: until = \"1h\"")]
    TooManyTurns {
        /// How many turns were played.
        turns: usize,
        /// How much time had passed.
        at: Length,
    },
    /// The partition would not do what was asked.
    #[error("the host refuses: {0}")]
    Refused(String),
    /// Nothing more can happen, and it has not ended.
    #[error("it has not ended and nothing more can happen: {0}")]
    Stuck(String),
}

/// What has answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// An activity.
    Activity,
    /// An orchestration that another one started.
    Child,
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Activity => "activity",
            Self::Child => "child",
        })
    }
}

/// What a host says of an instance that it holds. That nothing was deployed since goes without saying here.
fn explained(held: &Held) -> String {
    let Held::Diverged(divergence) = held else { return held.to_string() };
    let lines = divergence.lines().into_iter().filter(|(name, _)| !name.ends_with(" by"));
    let lines = lines.map(|(name, value)| format!("\n  {name:11}  {value}")).collect::<String>();
    format!("the code does not do what the history says:{lines}")
}

fn unused(of: Of, name: &FunctionName, asked: usize, answers: usize) -> String {
    match asked {
        0 => format!("{of} {name} has an answer and is never asked"),
        _ => format!("{of} {name} has {answers} answers, of which {asked} were asked for"),
    }
}

fn nobody(id: &InstanceId, status: Option<Status>) -> String {
    match status {
        Some(status) => format!("{id} is {} by then", status.as_str()),
        None => format!("there is no instance {id}"),
    }
}
