//! `replay`: whether a component does what a history says, without a host. What authors run before they deploy.

use std::path::Path;

use kernel::codec::Export;
use kernel::model::{ComponentDigest, Event, Function, FunctionKind, FunctionName, Record};
use kernel::orchestration::{Divergence, Held, State, component_of, fold, replay_to_end};
use serde_json::json;

use super::args::Replay;
use super::client::{Client, block_on};
use super::divergence::{HEADING, block};
use super::exit::{CliError, Exit};
use super::output::{self, Format};
use super::pick;
use super::scratch::Scratch;
use crate::build::read;
use crate::problem::{Code, Problem};

/// A history whose events can follow each other.
struct History {
    function: FunctionName,
    records: Vec<Record>,
}

/// A component and what it is called in messages.
struct Component {
    name: String,
    bytes: Vec<u8>,
}

/// Plays a history again, from a file or from a running host.
pub fn run(args: &Replay, format: Format) -> Result<Exit, CliError> {
    let path = Path::new(&args.history);
    // No id has a slash.
    let (history, component) = match path.is_file() || args.history.contains('/') {
        true => from_file(path, args)?,
        false => block_on(from_host(args))?,
    };
    let History { function, records } = history;
    let scratch = Scratch::new()?;
    let deployed = scratch.sandbox.deploy(&component.bytes);
    let deployed = deployed.map_err(|refusal| CliError::refused(Path::new(&component.name), &refusal))?;
    let plays = |known: &Function| known.kind == FunctionKind::Orchestrator && known.name == function;
    if !deployed.functions.iter().any(plays) {
        return Err(
            Problem::new(Code::UnknownFunction, format!("{} has no orchestrator {function}", component.name)).into()
        );
    }
    match replay_to_end(&scratch.sandbox, deployed.digest, &records) {
        Ok(()) => {
            tell(&records, deployed.digest, format);
            Ok(Exit::DONE)
        }
        Err(Held::Diverged(divergence)) => Ok(tell_difference(&divergence, format)),
        Err(held) => Err(Problem::new(Code::ComponentUnavailable, held.to_string()).into()),
    }
}

fn from_file(path: &Path, args: &Replay) -> Result<(History, Component), CliError> {
    let text = String::from_utf8(read(path)?);
    let text = text.map_err(|_| not_an_export(&args.history, "it is not text"))?;
    let export = Export::from_json(&text).map_err(|error| not_an_export(&args.history, &error.to_string()))?;
    let history = History::check(&args.history, export)?;
    let component = match &args.with {
        Some(file) => given(file)?,
        None => kept(&args.data, history.recorded_by(&args.history)?)?,
    };
    Ok((history, component))
}

async fn from_host(args: &Replay) -> Result<(History, Component), CliError> {
    let client = Client::new(&args.server.server)?;
    let (id, (export, _)) = pick::with_instance(&client, &args.history, async |id| client.export(id).await).await?;
    let history = History::check(&id, export)?;
    let component = match &args.with {
        Some(file) => given(file)?,
        None => {
            let digest = history.recorded_by(&id)?;
            Component { name: format!("{digest:?}"), bytes: client.component(digest).await?.to_vec() }
        }
    };
    Ok((history, component))
}

fn given(file: &Path) -> Result<Component, CliError> {
    Ok(Component { name: file.display().to_string(), bytes: read(file)? })
}

/// A component that a hub of the data folder keeps. Nothing is opened or locked: a host may run there.
fn kept(data: &Path, digest: ComponentDigest) -> Result<Component, Problem> {
    let hubs = std::fs::read_dir(data.join("hubs")).into_iter().flatten().flatten();
    let files = hubs.map(|hub| hub.path().join("components").join(format!("{digest}.wasm")));
    let mut found = files.filter_map(|file| Some((std::fs::read(&file).ok()?, file)));
    let whole = found.find(|(bytes, _)| ComponentDigest::of(bytes) == digest);
    let (bytes, file) = whole.ok_or_else(|| {
        let text = format!("the component {digest:?} that made the history is not in {}", data.display());
        Problem::new(
            Code::UnknownComponent,
            format!("{text}; name a data folder that has it by --data, or another component by --with"),
        )
    })?;
    Ok(Component { name: file.display().to_string(), bytes })
}

impl History {
    /// Sees whether an export makes sense, before anything is compiled for it.
    fn check(name: &str, Export { records }: Export) -> Result<Self, Problem> {
        let started = records.first().and_then(Record::started);
        let started = started.ok_or_else(|| not_an_export(name, "it does not begin with a start"))?;
        let function = started.spec.name.clone();
        let mut state = State::New;
        for (number, record) in (1..).zip(&records) {
            for event in &record.events {
                let folded = fold(state, record.at, event);
                state = folded.map_err(|error| not_an_export(name, &format!("record {number}: {error}")))?;
            }
        }
        Ok(Self { function, records })
    }

    fn recorded_by(&self, name: &str) -> Result<ComponentDigest, Problem> {
        component_of(&self.records).ok_or_else(|| not_an_export(name, "it names no component"))
    }
}

fn not_an_export(history: &str, why: &str) -> Problem {
    Problem::new(Code::NotAnExport, format!("{history}: {why}"))
}

fn tell(records: &[Record], component: ComponentDigest, format: Format) {
    let events = || records.iter().flat_map(|record| &record.events);
    let turns = events().filter(|event| matches!(event, Event::TurnStarted { .. })).count();
    let events = events().count();
    output::data(&match format {
        Format::Text => format!("ok: {events} events, {turns} turns replayed"),
        Format::Json => {
            json!({ "verdict": "ok", "events": events, "turns": turns, "component": component.to_string() }).to_string()
        }
    });
}

/// The verdict is what was asked for, hence data, though the exit code says that it is a bad one.
fn tell_difference(divergence: &Divergence, format: Format) -> Exit {
    let code = Code::HistoryDiverged;
    match format {
        Format::Text => {
            output::note(&format!("{}error[{code}]{}: {HEADING}", output::RED, output::RED.render_reset()));
            let lines = divergence.lines();
            output::data(&block(lines.iter().map(|(name, value)| (*name, value.as_str())), code.hint()));
        }
        Format::Json => {
            let Divergence { instance, function, event, decision, recorded, decided, source, .. } = divergence;
            let document = json!({
                "verdict": "diverged",
                "instance": instance.as_str(),
                "function": function.as_str(),
                "event": event,
                "decision": decision,
                "recorded": recorded,
                "decided": decided,
                "source": source,
                "recordedBy": divergence.recorded_by.to_string(),
                "playedBy": divergence.played_by.to_string(),
            });
            output::data(&document.to_string());
        }
    }
    Exit::DIVERGED
}
