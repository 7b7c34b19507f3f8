//! What happened, one line each, for people and for comparing two runs.

use kernel::partition::{Effect, Found, Input, NewId, Op, Played, Work};
use kernel::port::Key;

/// Collects lines, or nothing if nobody will read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// Nobody will.
    Off,
    /// The lines so far.
    On(Vec<String>),
    /// They are printed as they come.
    Print,
}

impl Trace {
    /// Adds a line, which is made only if it is wanted.
    pub fn line(&mut self, line: impl FnOnce() -> String) {
        match self {
            Self::Off => {}
            Self::On(lines) => lines.push(line()),
            Self::Print => println!("{}", line()),
        }
    }

    /// The last lines.
    pub fn tail(&self, count: usize) -> String {
        match self {
            Self::Off | Self::Print => String::new(),
            Self::On(lines) => lines[lines.len().saturating_sub(count)..].join("\n"),
        }
    }
}

/// An input in a line.
pub fn input(input: &Input) -> String {
    match input {
        Input::Request { reply, op: Op::Start { new, watch } } => {
            let (NewId::Given(id) | NewId::Generated(id)) = &new.id;
            let watched = watch.map_or(String::new(), |to| format!(" watched by {}", to.0));
            format!("request {}: start {id} as {}{watched}", reply.0, new.name)
        }
        Input::Request { reply, op: Op::Wait { id } } => format!("request {}: wait for {id}", reply.0),
        Input::Request { reply, op: Op::Terminate { id, .. } } => format!("request {}: terminate {id}", reply.0),
        Input::Loaded { key, load, found } => {
            format!("load {} of {}: {}", load.0, key_in_words(key), found_in_words(found))
        }
        Input::Played { no, played: Played::Answer(answer) } => format!("played #{}: {answer:?}", no.0),
        Input::Played { no, played: Played::Held(held) } => format!("not played #{}: {held}", no.0),
        Input::TaskDone { no, task, attempt, outcome } => {
            format!("done #{} task {} attempt {attempt}: {outcome:?}", no.0, task.0)
        }
        Input::Left { id, reply } => format!("request {} for {id} left", reply.0),
        Input::Committed(no) => format!("commit {} is durable", no.0),
        Input::Refused(no) => format!("commit {} found no space", no.0),
        Input::Tick => "tick".to_owned(),
    }
}

fn found_in_words(found: &Found) -> String {
    match found {
        Found::Instance { head, .. } => format!("#{} {:?} to row {}", head.no.0, head.status, head.last.0),
        Found::Damaged { head, damage } => format!("#{} {damage}", head.no.0),
        Found::Nothing => "nothing".to_owned(),
        Found::Unreadable(why) => format!("unreadable: {why}"),
    }
}

fn key_in_words(key: &Key) -> String {
    match key {
        Key::Id(id) => id.to_string(),
        Key::No(no) => format!("#{}", no.0),
    }
}

/// An effect in a line.
pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Play { no, work: Work::First { start, .. } } => format!("play #{} first as {}", no.0, start.instance),
        Effect::Play { no, work: Work::Next { turns, turn, .. } } => {
            format!("play #{} turn {} with {:?}", no.0, turns + 1, turn.events)
        }
        Effect::Run(run) => format!("run #{} task {} attempt {}", run.no.0, run.task.0, run.attempt),
        Effect::Commit(no, batch) => {
            let rows: Vec<_> = batch.rows.iter().map(|row| format!("#{}@{}", row.no.0, row.seq.0)).collect();
            let drops: String = batch.drops.iter().map(|dropped| format!(" without #{}", dropped.no.0)).collect();
            format!("commit {} of {}{drops}", no.0, rows.join(" "))
        }
        Effect::Hold { id, held } => format!("hold {id}: {held}"),
        Effect::Load(key, load) => format!("load {} of {}", load.0, key_in_words(key)),
        Effect::Cancel(no) => format!("cancel tasks of #{}", no.0),
        Effect::Reply(to, reply) => format!("reply to {}: {reply:?}", to.0),
        Effect::Forget(no) => format!("forget session of #{}", no.0),
        Effect::Release(id) => format!("release {id}"),
    }
}
