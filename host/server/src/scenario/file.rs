//! Scenario files: what is written in them, as data.
//!
//! It owns the grammar: unknown keys, wrong types and contradictions are refused with the line they are in, before anything
//! is built. It does not know how a scenario is played.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kernel::model::{EntityId, EventName, Failure, FunctionName, InstanceId, Status, Tags};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use toml::Spanned;

use super::words::{self, Json, Length, Moment};
use crate::problem::{Code, Problem};

/// When a scenario begins that does not say so: the beginning of 2026.
const START_MS: u64 = 1_767_225_600_000;

/// All scenarios of a file, in its order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "scenario")]
    scenarios: Vec<Scenario>,
}

/// One life of an orchestration, and what shall come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// What it shows, for people. No two of a file have the same.
    pub name: String,
    /// What is started.
    #[serde(deserialize_with = "words::function")]
    pub orchestrator: FunctionName,
    /// With what.
    #[serde(default)]
    pub input: Json,
    /// As whom.
    #[serde(default = "test", deserialize_with = "words::instance")]
    pub instance: InstanceId,
    /// In which version.
    pub version: Option<String>,
    /// What is attached to it.
    #[serde(default, deserialize_with = "tags")]
    pub tags: Tags,
    /// When.
    #[serde(default = "start")]
    pub start: Moment,
    /// The seed of its generator.
    #[serde(default)]
    pub seed: u64,
    /// When to stop looking, counted from the start. Without it, when the orchestration has ended or nothing more can happen.
    pub until: Option<Length>,
    /// What activities answer.
    #[serde(default, deserialize_with = "words::by_function")]
    pub activities: BTreeMap<FunctionName, Answers>,
    /// What orchestrations answer that others start. Those that are not here are played.
    #[serde(default, deserialize_with = "words::by_function")]
    pub children: BTreeMap<FunctionName, Answers>,
    /// The states that entities begin with.
    #[serde(default, deserialize_with = "words::by_entity")]
    pub entities: BTreeMap<EntityId, Json>,
    /// Events that come from outside.
    #[serde(default, rename = "event")]
    pub events: Vec<Event>,
    /// When clients suspend it.
    #[serde(default)]
    pub suspend: Vec<Operation>,
    /// When clients resume it.
    #[serde(default)]
    pub resume: Vec<Operation>,
    /// When clients terminate it.
    #[serde(default)]
    pub terminate: Vec<Operation>,
    /// What shall come of it.
    #[serde(default)]
    pub expect: Expect,
}

/// An event that comes from outside.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When, counted from the start.
    #[serde(default)]
    pub at: Length,
    /// Its name.
    #[serde(deserialize_with = "event_name")]
    pub name: EventName,
    /// What comes with it.
    #[serde(default)]
    pub data: Json,
    /// Whom it is for, if not the orchestration of the scenario.
    #[serde(default, deserialize_with = "words::other_instance")]
    pub to: Option<InstanceId>,
}

/// Something that a client does to the orchestration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// When, counted from the start.
    pub at: Length,
    /// Why.
    #[serde(default)]
    pub reason: Json,
}

/// What a function answers.
#[derive(Debug, Clone)]
pub enum Answers {
    /// The same each time.
    Always(Answer),
    /// One after another, and as often as there are answers.
    Each(Vec<Answer>),
}

/// One answer of a function.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawAnswer")]
pub struct Answer {
    /// What it must be asked with, if that counts.
    pub input: Option<Json>,
    /// How long it takes.
    pub after: Length,
    /// What it says.
    pub says: Says,
}

/// What a function says.
#[derive(Debug, Clone)]
pub enum Says {
    /// It returns this.
    Output(Json),
    /// It fails.
    Failure(Failure),
    /// Whatever the deployed one says, which is run.
    Real,
}

/// What shall come of a scenario. What is not said may be anything, but that it ends well.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// How it stands. `Failed` if a failure is expected; else `Completed`.
    #[serde(default, deserialize_with = "status")]
    pub status: Option<Status>,
    /// What it returns, or the reason for which it was terminated.
    pub output: Option<Json>,
    /// Why it fails.
    pub failure: Option<ExpectedFailure>,
    /// The custom status at last.
    pub custom_status: Option<Json>,
    /// How long it takes.
    pub elapsed: Option<Length>,
    /// The states of entities at last; `null` if there is no such entity.
    #[serde(default, deserialize_with = "words::by_entity")]
    pub entities: BTreeMap<EntityId, Json>,
    /// All lines that orchestrations and entities write to the log, each with its level: `info: text`.
    pub logs: Option<Vec<String>>,
    /// The history of its last execution, as `dacapo history` prints it.
    pub history: Option<Spanned<String>>,
}

/// What shall be true of a failure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFailure {
    /// Its kind.
    pub kind: Option<String>,
    /// Its message.
    pub message: Option<String>,
    /// The kind of one of its causes.
    pub because: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnswer {
    input: Option<Json>,
    #[serde(default)]
    after: Length,
    output: Option<Json>,
    failure: Option<RawFailure>,
    run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFailure {
    kind: String,
    message: Option<String>,
    details: Option<String>,
    #[serde(default = "yes")]
    retryable: bool,
}

/// Reads the scenarios of a file.
pub fn parse(text: &str, path: &Path) -> Result<Vec<Scenario>, Problem> {
    let refuse = |why: &str| Problem::new(Code::InvalidScenario, format!("{}: {}", path.display(), why.trim_end()));
    let File { scenarios } = toml::from_str(text).map_err(|error| refuse(&error.to_string()))?;
    if scenarios.is_empty() {
        return Err(refuse("there is no [[scenario]] in it"));
    }
    let mut names = BTreeSet::new();
    for scenario in &scenarios {
        if !names.insert(&scenario.name) {
            return Err(refuse(&format!("two scenarios are called {:?}", scenario.name)));
        }
        scenario.check().map_err(|why| refuse(&format!("scenario {:?}: {why}", scenario.name)))?;
    }
    Ok(scenarios)
}

impl Scenario {
    fn check(&self) -> Result<(), String> {
        let Expect { status, output, failure, .. } = &self.expect;
        let is_failed = status.unwrap_or(Status::Failed) == Status::Failed;
        match (output, failure) {
            (Some(_), Some(_)) => Err("it expects an output and a failure".to_owned()),
            (None, Some(_)) if !is_failed => Err("it expects a failure and a status other than Failed".to_owned()),
            (Some(_), None) if *status == Some(Status::Failed) => {
                Err("it expects an output and the status Failed".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl Expect {
    /// How the scenario shall stand at last.
    pub fn status(&self) -> Status {
        self.status.unwrap_or(if self.failure.is_some() { Status::Failed } else { Status::Completed })
    }
}

impl TryFrom<RawAnswer> for Answer {
    type Error = &'static str;

    fn try_from(raw: RawAnswer) -> Result<Self, Self::Error> {
        let RawAnswer { input, after, output, failure, run } = raw;
        let says = match (output, failure, run) {
            (Some(output), None, None) => Says::Output(output),
            (None, Some(RawFailure { kind, message, details, retryable }), None) => {
                let message = message.unwrap_or_else(|| kind.clone());
                Says::Failure(Failure { kind, message, details, retryable, causes: Vec::new() })
            }
            (None, None, Some(true)) => Says::Real,
            _ => return Err("an answer has one of `output = VALUE`, `failure = { kind = TEXT }` and `run = true`"),
        };
        Ok(Self { input, after, says })
    }
}

/// One table is the answer each time; an array of tables has one for each time.
impl<'de> Deserialize<'de> for Answers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Answers;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an answer such as { output = 7 }, or an array of answers")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Answers, A::Error> {
                Answer::deserialize(MapAccessDeserializer::new(map)).map(Answers::Always)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Answers, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Answers::Each)
            }
        }
        from.deserialize_any(OneOrMany)
    }
}

fn test() -> InstanceId {
    InstanceId::parse("test").expect("it is an id")
}

fn start() -> Moment {
    Moment(kernel::model::Timestamp(START_MS))
}

fn yes() -> bool {
    true
}

fn tags<'de, D: Deserializer<'de>>(from: D) -> Result<Tags, D::Error> {
    Tags::new(BTreeMap::<String, String>::deserialize(from)?).map_err(D::Error::custom)
}

fn event_name<'de, D: Deserializer<'de>>(from: D) -> Result<EventName, D::Error> {
    EventName::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn status<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Status>, D::Error> {
    use Status::{Completed, Failed, Pending, Running, Suspended, Terminated};
    let text = String::deserialize(from)?;
    let found =
        [Pending, Running, Suspended, Completed, Failed, Terminated].into_iter().find(|known| known.as_str() == text);
    let why = || {
        D::Error::custom(format!(
            "{text:?} is not a status; there are Pending, Running, Suspended, Completed, Failed and Terminated"
        ))
    };
    found.map(Some).ok_or_else(why)
}

#[cfg(test)]
mod tests;
