//! What happened, one line each, for people and for comparing two runs.

use kernel::codec::open_letter;
use kernel::model::{
    Afresh, Attempted, Decision, Entity, EntityEffect, EntityState, Holder, Letter, NewState, Operation, Reach,
};
use kernel::orchestration::Answer;
use kernel::partition::{Applied, Depth, Effect, Found, Input, Op, Played, Work};
use kernel::port::Batch;
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
        Input::Request { reply, op } => format!("request {}: {}", reply.0, op_in_words(op)),
        Input::Loaded { key, load, found } => {
            format!("load {} of {}: {}", load.0, key_in_words(key), found_in_words(found))
        }
        Input::Played { no, played } => match played {
            Played::First { component, answer } => {
                format!("played #{} first by {component:?}: {}", no.0, answered(answer))
            }
            Played::Next(answer) => format!("played #{}: {}", no.0, answered(answer)),
            Played::NoFunction(failure) => format!("not played #{}: {failure}", no.0),
            Played::Fits(component) => format!("{component:?} fits #{}", no.0),
            Played::Held(held) => format!("not played #{}: {held}", no.0),
        },
        Input::Applied { id, applied } => format!("applied {id}: {}", applied_in_words(applied)),
        Input::TaskDone { no, of, outcome } => format!("done #{} {}: {outcome:?}", no.0, attempt_in_words(*of)),
        Input::Left { id, reply } => format!("request {} for {id} left", reply.0),
        Input::Committed(no) => format!("commit {} is durable", no.0),
        Input::Refused(no) => format!("commit {} found no space", no.0),
        Input::Deployed(functions) => {
            let served = functions.iter().map(|(name, by)| format!(" {name} by {}", by.0[0]));
            format!("deployed:{}", served.collect::<String>())
        }
        Input::Retry => "retry".to_owned(),
        Input::Tick => "tick".to_owned(),
    }
}

fn op_in_words(op: &Op) -> String {
    match op {
        Op::Start { new, watch } => {
            let watched = watch.map_or(String::new(), |to| format!(" watched by {}", to.0));
            let at = new.spec.start_at.map_or(String::new(), |at| format!(" at {}", at.0));
            format!("start {} as {}{at}{watched}", new.id.as_id(), new.spec.name)
        }
        Op::Wait { id } => format!("wait for {id}"),
        Op::Raise { id, event } => format!("raise {} {} for {id}", event.name, event.input.shown()),
        Op::Suspend { id, .. } => format!("suspend {id}"),
        Op::Resume { id, .. } => format!("resume {id}"),
        Op::Terminate { id, reach: Reach::Alone, .. } => format!("terminate {id}"),
        Op::Terminate { id, reach: Reach::Children, .. } => format!("terminate {id} and its children"),
        Op::Rewind { id, .. } => format!("rewind {id}"),
        Op::Signal { to, operation, due } => {
            let due = due.map_or(String::new(), |due| format!(" at {}", due.0));
            format!("signal {to} {}{due}", operation_in_words(operation))
        }
        Op::Unlock { id, holder } => format!("unlock {id} for {}", holder_in_words(*holder)),
        Op::Post { letters, marks } => {
            let letters: Vec<_> = letters.iter().map(letter_in_words).collect();
            let marks: Vec<_> = marks.iter().map(|mark| format!("{} {}", mark.source, mark.seq)).collect();
            format!("post {} of {}", letters.join(", "), marks.join(", "))
        }
        Op::Purge { id } => format!("purge {id}"),
    }
}

/// An answer without what is empty.
fn answered(answer: &Answer) -> String {
    let Answer::Step(step) = answer else { return format!("{answer:?}") };
    let mut text = format!("{:?}", step.status);
    for decision in &step.decisions {
        text.push_str(", ");
        text.push_str(&match decision {
            Decision::ScheduleActivity { name, input, .. } => format!("{name}({})", input.shown()),
            Decision::StartChild { name, options, .. } => match &options.instance {
                Some(id) => format!("child {name} as {id}"),
                None => format!("child {name}"),
            },
            Decision::CreateTimer { fire_at } => format!("timer {}", fire_at.0),
            Decision::CallEntity { to, name, input } => format!("call {to} {name}({})", input.shown().trim()),
            Decision::SignalEntity { to, name, input, .. } => format!("signal {to} {name}({})", input.shown().trim()),
            Decision::LockEntities { set } => {
                format!("lock{}", set.entities().iter().map(|id| format!(" {id}")).collect::<String>())
            }
            Decision::ReleaseLock { lock } => format!("release {}", lock.0),
            Decision::Cancel { target } => format!("cancel {}", target.0),
            Decision::SendEvent { to, event } => format!("send {} {} to {to}", event.name, event.input.shown()),
        });
    }
    text
}

fn operation_in_words(operation: &Operation) -> String {
    format!("{}({})", operation.name, operation.input.shown().trim())
}

fn holder_in_words(holder: Holder) -> String {
    format!("#{} {}/{}", holder.no.0, holder.execution.0, holder.task.0)
}

fn state_in_words(state: &EntityState) -> String {
    format!("{} v{}", state.data.shown().trim(), state.version)
}

fn effect_in_words(effect: &EntityEffect) -> String {
    match effect {
        EntityEffect::Signal { to, name, .. } => format!("{name} for {to}"),
        EntityEffect::Start { name, instance, .. } => {
            format!("start {} as {name}", instance.as_ref().map_or("one", |id| id.as_str()))
        }
    }
}

fn entity_in_words(entity: &Entity) -> String {
    let state = entity.state.as_ref().map_or("nothing".to_owned(), state_in_words);
    let lock = entity.lock.map(|lock| format!(" locked by {}", holder_in_words(lock))).unwrap_or_default();
    format!("{state}{lock}")
}

fn applied_in_words(applied: &Applied) -> String {
    match applied {
        Applied::Ran { outcome, .. } => {
            let state = match &outcome.state {
                NewState::Unchanged => "as it was".to_owned(),
                NewState::Set(state) => format!("= {}", state_in_words(state)),
                NewState::Deleted => "gone".to_owned(),
            };
            let results = outcome.results.iter().map(|result| match result {
                Ok(done) => {
                    let effects = done.effects.iter().map(|effect| format!(" and {}", effect_in_words(effect)));
                    format!("{}{}", done.output.shown().trim(), effects.collect::<String>())
                }
                Err(failure) => failure.kind.clone(),
            });
            format!("{state}, with {}", results.collect::<Vec<_>>().join(", "))
        }
        Applied::NoFunction(failure) => failure.to_string(),
        Applied::Held(held) => format!("not run: {held}"),
    }
}

fn attempt_in_words(of: Attempted) -> String {
    format!("{}/{}/{}", of.execution.0, of.task.0, of.attempt)
}

fn found_in_words(found: &Found) -> String {
    match found {
        Found::Instance { head, .. } => format!("#{} {:?} to row {}", head.no.0, head.status, head.last.0),
        Found::Entity { head, entity } => format!("#{} {}", head.no.0, entity_in_words(entity)),
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
        Effect::Play { no, work: Work::First { start, component, pick } } => {
            format!("play #{} first as {} by {component:?} ({pick:?})", no.0, start.instance)
        }
        Effect::Play { no, work: Work::Next { at, turn, .. } } => {
            format!("play #{} turn {} with {:?}", no.0, at.turns + 1, turn.events)
        }
        Effect::Play { no, work: Work::Try { component, .. } } => format!("try #{} with {component:?}", no.0),
        Effect::Apply { no, batch, .. } => {
            let asked = batch.operations.iter().map(|asked| operation_in_words(&asked.operation));
            format!("apply {} (#{}) {}", batch.id, no.0, asked.collect::<Vec<_>>().join(", "))
        }
        Effect::SignalFailed { id, failed } => format!("signal {} of {id} failed: {}", failed.name, failed.failure),
        Effect::Lost(what) => format!("lost: {what}"),
        Effect::Run(run) => format!("run #{} {}", run.no.0, attempt_in_words(run.of)),
        Effect::Commit(no, batch) => format!("commit {}: {}", no.0, batch_in_words(batch)),
        Effect::Hold { id, held } => format!("hold {id}: {held}"),
        Effect::Load(key, load, Depth::Status) => format!("load {} of {}", load.0, key_in_words(key)),
        Effect::Load(key, load, Depth::History) => format!("load {} of {} with history", load.0, key_in_words(key)),
        Effect::Stop(no, of) => format!("stop #{} {}", no.0, attempt_in_words(*of)),
        Effect::StopAll(no) => format!("stop all of #{}", no.0),
        Effect::Reply(to, reply) => format!("reply to {}: {reply:?}", to.0),
        Effect::Forget(no) => format!("forget session of #{}", no.0),
        Effect::Release(id) => format!("release {id}"),
        Effect::Warn(id, warning) => format!("warn of {id}: {warning}"),
        Effect::BadLetter(why) => format!("bad letter: {why}"),
    }
}

fn batch_in_words(batch: &Batch) -> String {
    let rows = batch.rows.iter().map(|row| format!("#{}@{}", row.no.0, row.seq.0));
    let drops = batch.drops.iter().map(|dropped| format!("without #{}", dropped.no.0));
    let trims = batch.trims.iter().map(|trimmed| format!("#{} anew", trimmed.no.0));
    let posts = batch.posts.iter().map(|sealed| match open_letter(sealed) {
        Ok(letter) => format!("post {} {}", sealed.no.0, letter_in_words(&letter)),
        Err(why) => why,
    });
    let takes = batch.takes.iter().map(|no| format!("take {}", no.0));
    let marks = batch.marks.iter().map(|mark| format!("mark {} {}", mark.source, mark.seq));
    rows.chain(drops).chain(trims).chain(posts).chain(takes).chain(marks).collect::<Vec<_>>().join(", ")
}

fn letter_in_words(letter: &Letter) -> String {
    match letter {
        Letter::Start { id, spec, after, .. } => {
            let again = if *after == Afresh::Always { "" } else { " again" };
            format!("(start {id} as {}{again})", spec.name)
        }
        Letter::Raise { to, event } => format!("({} {} for {to})", event.name, event.input.shown()),
        Letter::TaskDone { to, of, outcome } => {
            let how = if outcome.is_ok() { "done" } else { "failed" };
            format!("(task {} of #{} {how})", attempt_in_words(*of), to.0)
        }
        Letter::Terminate { to, .. } => format!("(terminate {to})"),
        Letter::Operate { to, operation, caller, due } => {
            let by = caller.map_or(String::new(), |by| format!(" for #{} {}", by.no.0, attempt_in_words(by.of)));
            let due = due.map_or(String::new(), |due| format!(" at {}", due.0));
            format!("({} {to}{by}{due})", operation_in_words(operation))
        }
        Letter::Lock { set, at, holder } => {
            format!("(lock {} for {})", set.entities()[*at], holder_in_words(*holder))
        }
        Letter::Unlock { set, at, holder, hops } => {
            format!("(unlock {} for {}, {hops:?})", set.entities()[*at], holder_in_words(*holder))
        }
    }
}
